//! Whether an alert of an expression can begin and end. Decides by what an expression can filter away: an alert fires for every series of its
//! result, whatever the value. Says nothing when it can't tell.

mod conditions;

use super::bounds::{Truth, bounds, constant};
use crate::promql::ast::{Binary, BinaryOp, Call, Expr, ExprKind};
use crate::promql::functions::ValueType;
use crate::promql::span::Span;
use conditions::{covers_everything, nothing_passes};

/// A reason why an alert can't end, or can't begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The part of the expression that is the reason.
    pub span: Span,
    /// What kind of reason it is.
    pub kind: DoubtKind,
    /// The reason, in a sentence.
    pub message: String,
}

/// Kinds of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DoubtKind {
    /// Nothing in it takes series away.
    NoCondition,
    /// `bool` gives 0 or 1 where a series should be taken away.
    BoolOutermost,
    /// It is a number or the like, which is always there.
    Constant,
    /// `or vector(0)` gives a value whenever the rest gives none.
    OrConstant,
    /// Its condition is met by every value.
    AlwaysTrue,
    /// Its condition is met by no value.
    NeverTrue,
}

impl DoubtKind {
    /// Returns the name for scripts and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            DoubtKind::NoCondition => "no-condition",
            DoubtKind::BoolOutermost => "bool-outermost",
            DoubtKind::Constant => "constant",
            DoubtKind::OrConstant => "or-constant",
            DoubtKind::AlwaysTrue => "always-true",
            DoubtKind::NeverTrue => "never-true",
        }
    }
}

fn doubt(span: Span, kind: DoubtKind, message: impl Into<String>) -> Option<Doubt> {
    Some(Doubt { span, kind, message: message.into() })
}

/// Finds why an alert of this expression would not end once it fires, or would always fire.
///
/// An alert that is meant to fire always, a dead man's switch like `vector(1)`, is found too: whoever asks decides. Series of recording rules
/// (with a colon in their name) and `ALERTS` may be there only while something holds, so they count as conditions.
pub fn never_resolves(expr: &Expr) -> Option<Doubt> {
    stays(expr)
}

/// Finds why the result of an expression is there for as long as its series are.
fn stays(expr: &Expr) -> Option<Doubt> {
    if expr.value_type() == ValueType::Scalar {
        let message = match constant(expr) {
            Some(_) => "a number is always there, so the alert always fires",
            None => {
                "a scalar always has a value, so the alert always fires: compare a vector, without `bool`"
            }
        };
        return doubt(expr.span, DoubtKind::Constant, message);
    }
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::Text(_) => None,
        ExprKind::Paren(of) | ExprKind::Unary { of, .. } => stays(of),
        ExprKind::Selector(selector) => match selector.metric_name() {
            Some("ALERTS" | "ALERTS_FOR_STATE") => None,
            Some(recorded) if recorded.contains(':') => None,
            _ => no_condition(expr.span),
        },
        ExprKind::Subquery(subquery) => stays(&subquery.of),
        ExprKind::Aggregation(aggregation) => widened(stays(&aggregation.of), expr.span),
        ExprKind::Call(call) => call_stays(expr, call),
        ExprKind::Binary(binary) => binary_stays(expr, binary),
    }
}

fn no_condition(span: Span) -> Option<Doubt> {
    let message = "nothing here takes series away, so the alert fires while they exist, whatever their value";
    doubt(span, DoubtKind::NoCondition, message)
}

/// Shows the largest part that has no condition, rather than the series in it.
fn widened(doubt: Option<Doubt>, span: Span) -> Option<Doubt> {
    doubt.map(|doubt| match doubt.kind {
        DoubtKind::NoCondition => Doubt { span, ..doubt },
        _ => doubt,
    })
}

fn call_stays(expr: &Expr, call: &Call) -> Option<Doubt> {
    let name = call.function.name;
    let series = |argument: &&Expr| matches!(argument.value_type(), ValueType::Vector | ValueType::Matrix);
    match call.arguments.iter().find(series) {
        _ if matches!(name, "absent" | "absent_over_time") => None,
        Some(series) => widened(stays(series), expr.span),
        None if name == "vector" => doubt(
            expr.span,
            DoubtKind::Constant,
            "`vector(…)` always has a value, so the alert always fires; right for a dead man's switch only",
        ),
        None => doubt(
            expr.span,
            DoubtKind::Constant,
            format!("`{name}()` always has a value, so the alert always fires: compare it"),
        ),
    }
}

fn binary_stays(expr: &Expr, binary: &Binary) -> Option<Doubt> {
    let vector = |side: &Expr| side.value_type() == ValueType::Vector;
    // a scalar is always there; what stays or goes are the vectors
    let operands = || {
        let sides = [&binary.left, &binary.right].into_iter().filter(|side| vector(side));
        let doubts: Option<Vec<Doubt>> = sides.map(stays).collect();
        doubts.and_then(|doubts| doubts.into_iter().next())
    };
    match binary.op {
        op if op.compares() => match binary.bool_span {
            Some(span) => operands().and_then(|_| {
                let message =
                    "`bool` gives 0 or 1 and takes no series away, so the alert fires for both: take it out";
                doubt(span, DoubtKind::BoolOutermost, message)
            }),
            None => always_true(expr, binary).filter(|_| operands().is_some()),
        },
        BinaryOp::Unless => None,
        BinaryOp::And => match (stays(&binary.left), stays(&binary.right)) {
            (Some(left), Some(right)) if right.kind == DoubtKind::Constant => Some(left),
            _ => None,
        },
        BinaryOp::Or => or_stays(expr, binary),
        _ => widened(operands(), expr.span),
    }
}

fn or_stays(expr: &Expr, binary: &Binary) -> Option<Doubt> {
    match (stays(&binary.left), stays(&binary.right)) {
        (None, Some(right)) if right.kind == DoubtKind::Constant => {
            let message =
                "this has a value whenever the rest has none, so the alert always fires: `(… or …) > 0`";
            doubt(binary.op_span.to(binary.right.span), DoubtKind::OrConstant, message)
        }
        (Some(left), _) => Some(left),
        (None, Some(right)) => Some(right),
        (None, None) => match covers_everything(binary) {
            true => doubt(
                expr.span,
                DoubtKind::AlwaysTrue,
                "one side or the other is met by every value, so the alert always fires",
            ),
            false => None,
        },
    }
}

/// Finds comparisons that every possible value meets. `count(x) > 0` is none of them: it asks whether there are any.
fn always_true(expr: &Expr, binary: &Binary) -> Option<Doubt> {
    let asks_for_any = |side: &Expr| matches!(bounds(side).low, 1.0) && constant(side).is_none();
    if asks_for_any(&binary.left) || asks_for_any(&binary.right) {
        return None;
    }
    match bounds(&binary.left).compare(binary.op, bounds(&binary.right)) {
        Truth::Always => doubt(
            expr.span,
            DoubtKind::AlwaysTrue,
            "every value that this can have meets the condition, so the alert fires while the series exist",
        ),
        _ => None,
    }
}

/// Finds why an alert of this expression could never fire.
pub fn never_fires(expr: &Expr) -> Option<Doubt> {
    is_empty(expr, false)
}

/// Finds why an expression has no result, ever. In a chain of conditions on one thing, only the outermost looks at all of them.
fn is_empty(expr: &Expr, in_chain: bool) -> Option<Doubt> {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::Selector(_) => None,
        ExprKind::Paren(of) => is_empty(of, in_chain),
        ExprKind::Unary { of, .. } => is_empty(of, false),
        ExprKind::Subquery(subquery) => is_empty(&subquery.of, false),
        ExprKind::Aggregation(aggregation) => is_empty(&aggregation.of, false),
        ExprKind::Call(call)
            if matches!(call.function.name, "absent" | "absent_over_time" | "scalar" | "vector") =>
        {
            None
        }
        ExprKind::Call(call) => call.arguments.iter().find_map(|argument| is_empty(argument, false)),
        ExprKind::Binary(binary) => binary_is_empty(expr, binary, in_chain),
    }
}

fn binary_is_empty(expr: &Expr, binary: &Binary, in_chain: bool) -> Option<Doubt> {
    let filters = binary.op.compares() && binary.bool_span.is_none();
    let vector = expr.value_type() == ValueType::Vector;
    if filters
        && vector
        && let Some(doubt) = never_true(expr, binary)
    {
        return Some(doubt);
    }
    let chains = filters || binary.op == BinaryOp::And;
    if !in_chain && (chains || binary.op == BinaryOp::Unless) && nothing_passes(expr) {
        return doubt(
            expr.span,
            DoubtKind::NeverTrue,
            "no value meets all of these conditions, so the alert never fires",
        );
    }
    let (left, right) = (is_empty(&binary.left, chains), is_empty(&binary.right, chains));
    match binary.op {
        BinaryOp::Or => left.and(right),
        BinaryOp::Unless => left,
        _ if binary.fill.span.is_some() => None,
        _ => left.or(right),
    }
}

/// Finds comparisons that no possible value meets.
fn never_true(expr: &Expr, binary: &Binary) -> Option<Doubt> {
    let same = binary.matching.is_none()
        && matches!(binary.op, BinaryOp::Less | BinaryOp::Greater)
        && binary.left.without_parens().to_string() == binary.right.without_parens().to_string();
    if same {
        return doubt(
            expr.span,
            DoubtKind::NeverTrue,
            "both sides are the same, so neither is larger and the alert never fires",
        );
    }
    if bounds(&binary.left).compare(binary.op, bounds(&binary.right)) != Truth::Never {
        return None;
    }
    let counted = bounds(&binary.left).low == 1.0 && constant(&binary.left).is_none();
    let message = match counted {
        true => {
            "where there is nothing to count there is no result rather than 0, so the alert never fires: \
             ask with `absent(…)` or `(count(…) or vector(0)) == 0`"
        }
        false => "no value that this can have meets the condition, so the alert never fires",
    };
    doubt(expr.span, DoubtKind::NeverTrue, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::parse;

    #[test]
    fn usual_alerts_raise_no_doubt() {
        for text in USUAL.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let expr = parse(text).unwrap();
            assert_eq!(never_resolves(&expr), None, "{text}");
            assert_eq!(never_fires(&expr), None, "{text}");
        }
    }

    const USUAL: &str = include_str!("usual_alerts.txt");

    #[rustfmt::skip]
    const STUCK: &[(&str, DoubtKind, &str)] = &[
        ("up", DoubtKind::NoCondition, "up"),
        ("rate(x[5m])", DoubtKind::NoCondition, "rate(x[5m])"),
        ("sum by (job) (rate(x[5m]))", DoubtKind::NoCondition, "sum by (job) (rate(x[5m]))"),
        ("a / b", DoubtKind::NoCondition, "a / b"),
        ("a / on(x) group_left() b * 100", DoubtKind::NoCondition, "a / on(x) group_left() b * 100"),
        ("topk(5, x)", DoubtKind::NoCondition, "topk(5, x)"),
        ("changes(x[5m])", DoubtKind::NoCondition, "changes(x[5m])"),
        ("histogram_quantile(0.9, rate(x_bucket[5m]))", DoubtKind::NoCondition, "histogram_quantile(0.9, rate(x_bucket[5m]))"),
        ("x > 3 or y", DoubtKind::NoCondition, "y"),
        ("x > bool 3", DoubtKind::BoolOutermost, "bool"),
        ("sum(x > bool 3)", DoubtKind::BoolOutermost, "bool"),
        ("(x > bool 3) * 2", DoubtKind::BoolOutermost, "bool"),
        ("vector(1)", DoubtKind::Constant, "vector(1)"),
        ("1", DoubtKind::Constant, "1"),
        ("1 > bool 0", DoubtKind::Constant, "1 > bool 0"),
        ("time()", DoubtKind::Constant, "time()"),
        ("scalar(x) > bool 3", DoubtKind::Constant, "scalar(x) > bool 3"),
        ("hour()", DoubtKind::Constant, "hour()"),
        ("x > 3 or vector(0)", DoubtKind::OrConstant, "or vector(0)"),
        ("sum(x > 3) or on() vector(0)", DoubtKind::OrConstant, "or on() vector(0)"),
        ("vector(1) > 0", DoubtKind::AlwaysTrue, "vector(1) > 0"),
        ("rate(x[5m]) >= 0", DoubtKind::AlwaysTrue, "rate(x[5m]) >= 0"),
        ("up <= 1", DoubtKind::AlwaysTrue, "up <= 1"),
        ("abs(x) > -1", DoubtKind::AlwaysTrue, "abs(x) > -1"),
        ("x >= 0 or x < 0", DoubtKind::AlwaysTrue, "x >= 0 or x < 0"),
        ("x != 3 or x == 3", DoubtKind::AlwaysTrue, "x != 3 or x == 3"),
        ("x and on() vector(1)", DoubtKind::NoCondition, "x"),
    ];

    #[rustfmt::skip]
    const DEAD: &[(&str, &str)] = &[
        ("count(up == 1) == 0", "count(up == 1) == 0"),
        ("count(up) < 1", "count(up) < 1"),
        ("absent(up) == 0", "absent(up) == 0"),
        ("count_over_time(x[5m]) == 0", "count_over_time(x[5m]) == 0"),
        ("rate(x[5m]) < 0", "rate(x[5m]) < 0"),
        ("up > 1", "up > 1"),
        ("hour() > 24", "hour() > 24"),
        ("x > 5 and x < 3", "x > 5 and x < 3"),
        ("x > 5 < 3", "x > 5 < 3"),
        ("(x >= 5) and (x < 5)", "(x >= 5) and (x < 5)"),
        ("x == 3 and x != 3", "x == 3 and x != 3"),
        ("x > x", "x > x"),
        ("x > 3 unless x > 2", "x > 3 unless x > 2"),
        ("x > 3 unless x", "x > 3 unless x"),
        ("sum(x > 5 < 3) > 0", "x > 5 < 3"),
        ("vector(0) > 1", "vector(0) > 1"),
        ("y > 1 and count(x) == 0", "count(x) == 0"),
        ("count(x) == 0 or count(y) == 0", "count(y) == 0"),
    ];

    #[test]
    fn alerts_that_stay_are_found() {
        for (text, kind, part) in STUCK {
            let found = never_resolves(&parse(text).unwrap());
            assert_eq!(
                found.as_ref().map(|doubt| (doubt.kind, doubt.span.of(text))),
                Some((*kind, *part)),
                "{text}"
            );
        }
    }

    #[test]
    fn alerts_that_never_come_are_found() {
        for (text, part) in DEAD {
            let found = never_fires(&parse(text).unwrap());
            assert_eq!(found.as_ref().map(|doubt| doubt.span.of(text)), Some(*part), "{text}");
        }
    }
}
