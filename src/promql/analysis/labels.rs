//! Which labels the result of an expression can carry. Decides by the rules of each operator and function; what it can't tell, it allows, so
//! that a label it refuses is never there.

use std::collections::BTreeSet;

use crate::promql::ast::{AggregateOp, Aggregation, Binary, Call, Expr, ExprKind, MatchOp, Name, Selector};
use crate::promql::functions::ValueType;
use crate::promql::re2;

/// The labels that a result can carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelSet {
    /// With it, any label but the listed ones; without it, the listed ones only.
    any: bool,
    listed: BTreeSet<String>,
}

impl LabelSet {
    /// No labels at all.
    fn none() -> LabelSet {
        LabelSet { any: false, listed: BTreeSet::new() }
    }

    /// Any labels.
    fn all() -> LabelSet {
        LabelSet { any: true, listed: BTreeSet::new() }
    }

    /// Tells whether the result may carry a label.
    pub fn may_have(&self, label: &str) -> bool {
        self.listed.contains(label) != self.any
    }

    /// Returns the labels that the result may carry, when they are known one by one.
    pub fn known(&self) -> Option<&BTreeSet<String>> {
        (!self.any).then_some(&self.listed)
    }

    /// Returns the labels that the result lost, when it may carry any other.
    pub fn lost(&self) -> Option<&BTreeSet<String>> {
        self.any.then_some(&self.listed)
    }

    fn add(&mut self, label: &str) {
        match self.any {
            true => _ = self.listed.remove(label),
            false => _ = self.listed.insert(label.to_owned()),
        }
    }

    fn drop(&mut self, label: &str) {
        match self.any {
            true => _ = self.listed.insert(label.to_owned()),
            false => _ = self.listed.remove(label),
        }
    }

    fn keep(&self, labels: &[Name]) -> LabelSet {
        let kept = labels.iter().filter(|label| self.may_have(&label.text)).map(|label| label.text.clone());
        LabelSet { any: false, listed: kept.collect() }
    }

    fn union(self, other: LabelSet) -> LabelSet {
        match (self.any, other.any) {
            (true, true) => {
                LabelSet { any: true, listed: self.listed.intersection(&other.listed).cloned().collect() }
            }
            (true, false) => {
                LabelSet { any: true, listed: self.listed.difference(&other.listed).cloned().collect() }
            }
            (false, true) => {
                LabelSet { any: true, listed: other.listed.difference(&self.listed).cloned().collect() }
            }
            (false, false) => {
                LabelSet { any: false, listed: self.listed.union(&other.listed).cloned().collect() }
            }
        }
    }
}

const NAME: &str = "__name__";

/// Finds which labels the result of an expression can carry. A scalar or string carries none.
pub fn labels(expr: &Expr) -> LabelSet {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::Text(_) => LabelSet::none(),
        ExprKind::Selector(selector) => of_selector(selector),
        ExprKind::Subquery(subquery) => labels(&subquery.of),
        ExprKind::Aggregation(aggregation) => of_aggregation(aggregation),
        ExprKind::Call(call) => of_call(call),
        ExprKind::Binary(binary) => of_binary(binary),
        ExprKind::Paren(of) => labels(of),
        ExprKind::Unary { negative, of } => {
            let mut set = labels(of);
            if *negative {
                set.drop(NAME);
            }
            set
        }
    }
}

/// A selector gives all labels but those that it wants to be empty.
fn of_selector(selector: &Selector) -> LabelSet {
    let mut set = LabelSet::all();
    for matcher in
        selector.matchers.iter().filter(|matcher| matcher.op == MatchOp::Equal && matcher.value.is_empty())
    {
        set.drop(&matcher.label.text);
    }
    set
}

fn of_aggregation(aggregation: &Aggregation) -> LabelSet {
    let inner = labels(&aggregation.of);
    if aggregation.op.picks() {
        return inner;
    }
    let mut set = match &aggregation.grouping {
        None => LabelSet::none(),
        Some(grouping) if grouping.without => {
            let mut set = inner;
            grouping.labels.iter().for_each(|label| set.drop(&label.text));
            set.drop(NAME);
            set
        }
        Some(grouping) => inner.keep(&grouping.labels),
    };
    if let (AggregateOp::CountValues, Some(label)) = (aggregation.op, text(aggregation.parameter.as_ref())) {
        set.add(label);
    }
    set
}

/// Returns the value of a string.
fn text(expr: Option<&Expr>) -> Option<&str> {
    match expr.map(|expr| &expr.without_parens().kind) {
        Some(ExprKind::Text(text)) => Some(text),
        _ => None,
    }
}

fn of_call(call: &Call) -> LabelSet {
    let name = call.function.name;
    let series = call
        .arguments
        .iter()
        .find(|argument| matches!(argument.value_type(), ValueType::Vector | ValueType::Matrix));
    let Some(series) = series.filter(|_| call.function.returns == ValueType::Vector) else {
        return LabelSet::none();
    };
    match name {
        "absent" | "absent_over_time" => return of_absent(series),
        "info" => return LabelSet::all(),
        _ => {}
    }
    let mut set = labels(series);
    match name {
        "label_replace" => replaced(call, &mut set),
        "label_join" => match text(call.arguments.get(1)) {
            Some(label) => set.add(label),
            None => set = LabelSet::all(),
        },
        "sort" | "sort_desc" | "sort_by_label" | "sort_by_label_desc" | "last_over_time"
        | "first_over_time" => {}
        "histogram_quantile" | "histogram_fraction" => {
            set.drop(NAME);
            set.drop("le");
        }
        "histogram_quantiles" => {
            set.drop(NAME);
            set.drop("le");
            if let Some(label) = text(call.arguments.get(1)) {
                set.add(label);
            }
        }
        _ => set.drop(NAME),
    }
    set
}

/// `label_replace` adds its label, or takes it away when it always replaces by nothing.
fn replaced(call: &Call, set: &mut LabelSet) {
    let argument = |place: usize| text(call.arguments.get(place));
    let Some(label) = argument(1) else {
        *set = LabelSet::all();
        return;
    };
    let matches_empty =
        argument(4).is_some_and(|regex| re2::check(regex).is_ok_and(|regex| regex.matches_empty));
    let always = argument(4) == Some(".*") || argument(3) == Some("") && matches_empty;
    match always && argument(2) == Some("") {
        true => set.drop(label),
        false => set.add(label),
    }
}

/// `absent` gives the labels that its selector compares with one value.
fn of_absent(argument: &Expr) -> LabelSet {
    let ExprKind::Selector(selector) = &argument.without_parens().kind else {
        return LabelSet::none();
    };
    let mut set = LabelSet::none();
    let mut seen = BTreeSet::new();
    for matcher in selector.matchers.iter().filter(|matcher| matcher.label.text != NAME) {
        let label = matcher.label.text.as_str();
        match seen.insert(label) && matcher.op == MatchOp::Equal && !matcher.value.is_empty() {
            true => set.add(label),
            // a label that is matched twice has no one value
            false => set.drop(label),
        }
    }
    set
}

fn of_binary(binary: &Binary) -> LabelSet {
    let (left, right) = (&binary.left, &binary.right);
    let vector = |expr: &Expr| expr.value_type() == ValueType::Vector;
    let mut set = match (vector(left), vector(right)) {
        (false, false) => return LabelSet::none(),
        (true, false) => labels(left),
        (false, true) => labels(right),
        (true, true) => match binary.op {
            crate::promql::ast::BinaryOp::Or => return labels(left).union(labels(right)),
            _ if binary.op.joins_sets() => return labels(left),
            _ => of_matched(binary),
        },
    };
    if !binary.op.compares() || binary.bool_span.is_some() {
        set.drop(NAME);
    }
    set
}

/// Two vectors matched by labels: one to one, or many to one.
fn of_matched(binary: &Binary) -> LabelSet {
    let Some(matching) = &binary.matching else {
        return labels(&binary.left);
    };
    let Some(group) = &matching.group else {
        let sides = match binary.fill.span {
            Some(_) => labels(&binary.left).union(labels(&binary.right)),
            None => labels(&binary.left),
        };
        if matching.on {
            return sides.keep(&matching.labels);
        }
        let mut set = sides;
        matching.labels.iter().for_each(|label| set.drop(&label.text));
        return set;
    };
    let (many, one) = match group.left {
        true => (&binary.left, &binary.right),
        false => (&binary.right, &binary.left),
    };
    let (mut set, one) = (labels(many), labels(one));
    for label in &group.include {
        match one.may_have(&label.text) {
            true => set.add(&label.text),
            false => set.drop(&label.text),
        }
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::parse;

    /// Each expression with labels that its result may have, and labels that it can't have.
    #[rustfmt::skip]
    const TABLE: &[(&str, &str, &str)] = &[
        ("up", "job instance __name__ x", ""),
        ("up == 0", "job instance __name__", ""),
        ("up{job=\"\"}", "instance", "job"),
        ("up == bool 0", "job", "__name__"),
        ("rate(x[5m])", "job", "__name__"),
        ("-x", "job", "__name__"),
        ("x * 2", "job", "__name__"),
        ("2 > x", "job __name__", ""),
        ("1 + 2", "", "job"),
        ("time()", "", "job"),
        ("scalar(x)", "", "job"),
        ("vector(1)", "", "job"),
        ("hour()", "", "job"),
        ("hour(x)", "job", "__name__"),
        ("sum(x)", "", "job"),
        ("sum by (job) (x)", "job", "instance __name__"),
        ("sum without (instance) (x)", "job", "instance __name__"),
        ("sum by (job) (sum by (instance) (x))", "", "job instance"),
        ("sum without (a) (sum without (b) (x))", "c", "a b"),
        ("sum by (a, b) (x) > 3", "a b", "c"),
        ("topk(3, x)", "job", ""),
        ("topk by (a) (3, x)", "job a", ""),
        ("topk(3, sum by (a) (x))", "a", "job"),
        ("quantile by (a) (0.9, x)", "a", "job"),
        ("count_values(\"v\", x)", "v", "job"),
        ("count_values by (a) (\"v\", x)", "v a", "job"),
        ("count_values without (a) (\"v\", x)", "v job", "a"),
        ("a / b", "job", "__name__"),
        ("a / on(job) b", "job", "instance"),
        ("a > on(job) b", "job", "instance __name__"),
        ("a / ignoring(job) b", "instance", "job"),
        ("a * on(job) group_left(version) b", "job instance version", "__name__"),
        ("sum by (job) (a) * on(job) group_left(version) b", "job version", "instance"),
        ("a * on(job) group_left(version) sum by (job) (b)", "job instance", "version"),
        ("b * on(job) group_right(version) sum by (job, pod) (a)", "job pod version", "instance"),
        ("sum by (a) (x) and y", "a", "job"),
        ("sum by (a) (x) unless on() y", "a", "job"),
        ("sum by (a) (x) or sum by (b) (y)", "a b", "job"),
        ("x or sum by (b) (y)", "job", ""),
        ("sum without (a) (x) or sum by (a) (y)", "a job", "__name__"),
        ("sum without (a, c) (x) or sum without (a) (y)", "c", "a"),
        ("absent(up{job=\"a\", instance=~\"b\"})", "job", "instance __name__ x"),
        ("absent(up{job=\"a\", job=\"b\"})", "", "job"),
        ("absent(up{job!=\"a\"})", "", "job"),
        ("absent(sum(up{job=\"a\"}))", "", "job"),
        ("absent_over_time(up{job=\"a\"}[5m])", "job", "instance"),
        ("label_replace(sum by (a) (x), \"b\", \"$1\", \"a\", \"(.*)\")", "a b", "c"),
        ("label_replace(x, \"b\", \"\", \"\", \"\")", "a", "b"),
        ("label_replace(x, \"b\", \"\", \"a\", \".*\")", "a", "b"),
        ("label_join(sum by (a) (x), \"b\", \"-\", \"a\")", "a b", "c"),
        ("histogram_quantile(0.9, sum by (le, job) (rate(x_bucket[5m])))", "job", "le instance"),
        ("histogram_quantile(0.9, rate(x_bucket[5m]))", "job", "le __name__"),
        ("last_over_time(x[5m])", "__name__ job", ""),
        ("max_over_time(x[5m])", "job", "__name__"),
        ("max_over_time(sum by (a) (x)[5m:1m])", "a", "job"),
        ("sort_desc(sum by (a) (x))", "a", "job"),
        ("clamp_max(sum by (a) (x), 3)", "a", "job"),
        ("((sum by (a) ((x))))", "a", "job"),
        ("info(sum by (a) (x))", "a version", ""),
        ("a / on(job) fill(0) b", "job", "instance"),
        ("sum by (a) (x) * ignoring(b) fill(0) sum by (b) (y)", "a", "b c"),
        ("histogram_quantiles(x, \"q\", 0.5, 0.9)", "job q", "le"),
    ];

    #[test]
    fn results_carry_what_operators_leave() {
        for (text, may, lost) in TABLE {
            let set = labels(&parse(text).unwrap());
            for label in may.split_whitespace() {
                assert!(set.may_have(label), "{text}: {label} may be there");
            }
            for label in lost.split_whitespace() {
                assert!(!set.may_have(label), "{text}: {label} can't be there");
            }
        }
    }
}
