//! Checks that the parts of an expression fit together, as Prometheus does before it evaluates anything: types of arguments and operands,
//! `bool`, matching of labels, selectors of everything. Decides what does not fit; leaves form to the parser.

use std::collections::BTreeSet;

use super::ast::{
    AggregateOp, Aggregation, Binary, Call, Expr, ExprKind, Group, MatchOp, Matcher, Matching, Name,
    Selector, Subquery,
};
use super::functions::ValueType;
use super::mistake::{Code, ParseError};
use super::re2;
use super::span::Span;

type Checked<T> = Result<T, ParseError>;

impl Expr {
    /// Returns what the expression gives.
    pub fn value_type(&self) -> ValueType {
        match &self.kind {
            ExprKind::Number(_) => ValueType::Scalar,
            ExprKind::Text(_) => ValueType::Text,
            ExprKind::Selector(selector) if selector.range.is_some() => ValueType::Matrix,
            ExprKind::Subquery(_) => ValueType::Matrix,
            ExprKind::Selector(_) | ExprKind::Aggregation(_) => ValueType::Vector,
            ExprKind::Call(call) => call.function.returns,
            ExprKind::Unary { of, .. } | ExprKind::Paren(of) => of.value_type(),
            ExprKind::Binary(binary) => match scalar(&binary.left) && scalar(&binary.right) {
                true => ValueType::Scalar,
                false => ValueType::Vector,
            },
        }
    }
}

/// Tells whether an expression gives one number.
fn scalar(expr: &Expr) -> bool {
    expr.value_type() == ValueType::Scalar
}

/// Checks an expression and everything in it.
pub(super) fn check(expr: &Expr) -> Checked<ValueType> {
    match &expr.kind {
        ExprKind::Number(_) => Ok(ValueType::Scalar),
        ExprKind::Text(_) => Ok(ValueType::Text),
        ExprKind::Selector(selector) => check_selector(expr, selector),
        ExprKind::Subquery(subquery) => check_subquery(subquery),
        ExprKind::Aggregation(aggregation) => check_aggregation(aggregation),
        ExprKind::Call(call) => check_call(expr, call),
        ExprKind::Binary(_) => check_chain(expr),
        ExprKind::Paren(of) => check(of),
        ExprKind::Unary { of, .. } => match check(of)? {
            kind @ (ValueType::Scalar | ValueType::Vector) => Ok(kind),
            kind => {
                let message =
                    format!("a sign stands before a scalar or an instant vector, found {}", kind.as_str());
                Err(wrong_type(expr.span, message, kind, ValueType::Vector))
            }
        },
    }
}

fn check_selector(expr: &Expr, selector: &Selector) -> Checked<ValueType> {
    if let Some(name) = &selector.name {
        let second = selector.matchers.iter().find(|matcher| matcher.label.text == "__name__");
        if let Some(second) = second.filter(|_| !name.quoted) {
            let message = format!("the metric has a name already: `{}`", name.text);
            return Err(ParseError::new(second.span(), Code::NameTwice, message)
                .hint("write the name once, before the braces or as `__name__` in them"));
        }
    } else if selector.matchers.iter().all(matches_nothing) {
        let message = match selector.matchers.is_empty() {
            true => "these braces select every series",
            false => "every matcher here matches series without the label too, so this selects every series",
        };
        return Err(ParseError::new(expr.span, Code::EmptySelector, message)
            .hint("write a metric name, or a matcher that needs a value: `{job=~\".+\"}`"));
    }
    Ok(expr.value_type())
}

/// Tells whether a matcher lets series without the label through.
fn matches_nothing(matcher: &Matcher) -> bool {
    let regex = |value| re2::check(value).is_ok_and(|regex| regex.matches_empty);
    match matcher.op {
        MatchOp::Equal => matcher.value.is_empty(),
        MatchOp::NotEqual => !matcher.value.is_empty(),
        MatchOp::Matches => regex(&matcher.value),
        MatchOp::NotMatches => !regex(&matcher.value),
    }
}

fn check_subquery(subquery: &Subquery) -> Checked<ValueType> {
    match check(&subquery.of)? {
        ValueType::Vector => Ok(ValueType::Matrix),
        kind => {
            let message = format!("a subquery needs an instant vector, found {}", kind.as_str());
            Err(wrong_type(subquery.of.span, message, kind, ValueType::Vector))
        }
    }
}

fn check_aggregation(aggregation: &Aggregation) -> Checked<ValueType> {
    let name = aggregation.op.as_str();
    if let Some(error) = swapped(aggregation) {
        return Err(error);
    }
    expect(&aggregation.of, ValueType::Vector, || format!("`{name}` aggregates an instant vector"))?;
    if let Some(parameter) = &aggregation.parameter {
        let wanted = match aggregation.op {
            AggregateOp::CountValues => ValueType::Text,
            _ => ValueType::Scalar,
        };
        expect(parameter, wanted, || format!("the first argument of `{name}` is {}", wanted.as_str()))?;
        if matches!(&parameter.kind, ExprKind::Text(label) if label.is_empty()) {
            return Err(ParseError::new(parameter.span, Code::BadLabel, "a label name can't be empty"));
        }
    }
    Ok(ValueType::Vector)
}

/// Finds the two arguments of an aggregation in the wrong order.
fn swapped(aggregation: &Aggregation) -> Option<ParseError> {
    let parameter = aggregation.parameter.as_ref()?;
    let kind = aggregation.of.value_type();
    let swapped =
        parameter.value_type() == ValueType::Vector && matches!(kind, ValueType::Scalar | ValueType::Text);
    let message =
        format!("`{}` aggregates an instant vector, found {}", aggregation.op.as_str(), kind.as_str());
    let error = ParseError::new(aggregation.of.span, Code::WrongType, message);
    swapped.then(|| error.hint("the arguments stand in the other order"))
}

fn expect(expr: &Expr, wanted: ValueType, what: impl Fn() -> String) -> Checked<()> {
    let kind = check(expr)?;
    match kind == wanted {
        true => Ok(()),
        false => Err(wrong_type(expr.span, format!("{}, found {}", what(), kind.as_str()), kind, wanted)),
    }
}

/// Says that a type does not fit, and how to get from one to the other.
fn wrong_type(span: Span, message: String, found: ValueType, wanted: ValueType) -> ParseError {
    let hint = match (found, wanted) {
        (ValueType::Vector, ValueType::Matrix) => {
            Some("add a range: `metric[5m]`, or `(…)[5m:]` for anything but a selector")
        }
        (ValueType::Matrix, ValueType::Vector | ValueType::Scalar) => {
            Some("take the range away, or make one value of it: `rate(x[5m])`, `max_over_time(x[5m])`")
        }
        (ValueType::Scalar, ValueType::Vector) => Some("`vector(…)` makes a vector of a number"),
        (ValueType::Scalar, ValueType::Matrix) => Some("a range belongs to series: `metric[5m]`"),
        (ValueType::Vector, ValueType::Scalar) => {
            Some("`scalar(…)` makes a number of a vector with one series")
        }
        (ValueType::Text, ValueType::Scalar | ValueType::Matrix) => Some("take the quotes away"),
        (ValueType::Text, ValueType::Vector) => {
            Some("take the quotes away; labels are compared in braces: `metric{label=\"value\"}`")
        }
        (_, ValueType::Text) => Some("put it in quotes"),
        _ => None,
    };
    ParseError::new(span, Code::WrongType, message).maybe_hint(hint.map(str::to_owned))
}

fn check_call(expr: &Expr, call: &Call) -> Checked<ValueType> {
    let function = call.function;
    let name = function.name;
    let count = call.arguments.len();
    if count < function.least || function.most.is_some_and(|most| count > most) {
        return Err(argument_count(expr, call));
    }
    if name == "info" {
        check_info(call)?;
    }
    for (place, argument) in call.arguments.iter().enumerate() {
        let Some(wanted) = function.arguments.get(place).or(function.arguments.last()).copied() else {
            continue;
        };
        let kind = match name == "info" && place == 1 {
            true => argument.value_type(),
            false => check(argument)?,
        };
        if kind != wanted {
            let which = ["first", "second", "third", "fourth", "fifth"].get(place).copied().unwrap_or("next");
            let which = if function.most == Some(1) { "argument" } else { &format!("{which} argument") };
            let message =
                format!("the {which} of `{name}` has to be {}, found {}", wanted.as_str(), kind.as_str());
            return Err(wrong_type(argument.span, message, kind, wanted).maybe_swapped(call));
        }
    }
    check_text_arguments(call)?;
    Ok(function.returns)
}

impl ParseError {
    /// Says that arguments are in the wrong order, when another order would fit.
    fn maybe_swapped(self, call: &Call) -> ParseError {
        match (call.arguments.as_slice(), call.function.arguments) {
            ([first, second], [wanted_first, wanted_second])
                if first.value_type() == *wanted_second && second.value_type() == *wanted_first =>
            {
                self.hint("the arguments stand in the other order")
            }
            _ => self,
        }
    }
}

fn argument_count(expr: &Expr, call: &Call) -> ParseError {
    let function = call.function;
    let count = call.arguments.len();
    let plural =
        |count: usize| if count == 1 { "1 argument".to_owned() } else { format!("{count} arguments") };
    let wanted = match function.most {
        Some(0) => "no arguments".to_owned(),
        Some(most) if most == function.least => plural(most),
        Some(most) if function.least == 0 => format!("at most {}", plural(most)),
        Some(most) => format!("{} to {}", function.least, plural(most)),
        None => format!("at least {}", plural(function.least)),
    };
    let place = function.most.and_then(|most| call.arguments.get(most)).map_or(expr.span, |extra| extra.span);
    let kinds: Vec<&str> = function.arguments.iter().map(|kind| kind.as_str()).collect();
    let message = format!("`{}` has {wanted}, found {count}", function.name);
    let error = ParseError::new(place, Code::ArgumentCount, message);
    match kinds.is_empty() {
        true => error,
        false => error.hint(format!("it takes {}", kinds.join(", "))),
    }
}

/// Checks the second argument of `info`, which is matchers and no name.
fn check_info(call: &Call) -> Checked<()> {
    match call.arguments.get(1).map(|argument| (&argument.kind, argument.span)) {
        Some((ExprKind::Selector(selector), span)) if selector.name.is_some() => {
            let error = ParseError::new(
                span,
                Code::WrongType,
                "the second argument of `info` has matchers only, no name",
            );
            Err(error.hint("name the info metric as `{__name__=\"target_info\"}`"))
        }
        Some((ExprKind::Selector(_), _)) | None => Ok(()),
        Some((_, span)) => {
            Err(ParseError::new(span, Code::WrongType, "the second argument of `info` is matchers in braces"))
        }
    }
}

/// Checks strings that Prometheus would refuse only when it evaluates the expression.
fn check_text_arguments(call: &Call) -> Checked<()> {
    let text = |place: usize| match call.arguments.get(place).map(|argument| (&argument.kind, argument.span))
    {
        Some((ExprKind::Text(text), span)) => Some((text.as_str(), span)),
        _ => None,
    };
    if !matches!(call.function.name, "label_replace" | "label_join") {
        return Ok(());
    }
    if let Some(("", span)) = text(1) {
        return Err(ParseError::new(span, Code::BadLabel, "a label name can't be empty"));
    }
    match text(4).map(|(regex, span)| (re2::check(regex), span)) {
        Some((Err(mistake), span)) => {
            let message = format!("not a regular expression: {}", mistake.message);
            Err(ParseError::new(span, Code::BadRegex, message))
        }
        _ => Ok(()),
    }
}

/// Checks operators and their operands, from the left. A chain of operators is long rather than deep, and takes no stack.
fn check_chain(expr: &Expr) -> Checked<ValueType> {
    let mut chain = Vec::new();
    let mut first = expr;
    while let ExprKind::Binary(binary) = &first.kind {
        chain.push(binary);
        first = &binary.left;
    }
    let mut kind = check(first)?;
    while let Some(binary) = chain.pop() {
        kind = check_binary(binary, kind)?;
    }
    Ok(kind)
}

fn check_binary(binary: &Binary, left: ValueType) -> Checked<ValueType> {
    let right = check(&binary.right)?;
    let op = binary.op;
    let sign = op.as_str();
    if let Some(span) = binary.bool_span.filter(|_| !op.compares()) {
        let error = ParseError::new(
            span,
            Code::MisplacedBool,
            format!("`{sign}` compares nothing, so it has no `bool`"),
        );
        return Err(error.hint("take `bool` out"));
    }
    let scalars = left == ValueType::Scalar && right == ValueType::Scalar;
    if op.compares() && scalars && binary.bool_span.is_none() {
        let error =
            ParseError::new(binary.op_span, Code::MissingBool, "two scalars are compared with `bool`");
        return Err(error.hint(format!("write `{sign} bool`")));
    }
    if let Some(Matching { on: true, labels, group: Some(group), .. }) = &binary.matching {
        check_group_labels(labels, group)?;
    }
    for (side, kind) in [(&binary.left, left), (&binary.right, right)] {
        if !matches!(kind, ValueType::Scalar | ValueType::Vector) {
            let message =
                format!("`{sign}` stands between scalars and instant vectors, found {}", kind.as_str());
            return Err(wrong_type(side.span, message, kind, ValueType::Vector));
        }
    }
    match left == ValueType::Vector && right == ValueType::Vector {
        true => check_vectors(binary).map(|()| ValueType::Vector),
        false => check_with_scalar(binary, left)
            .map(|()| if scalars { ValueType::Scalar } else { ValueType::Vector }),
    }
}

fn check_group_labels(labels: &[Name], group: &Group) -> Checked<()> {
    let on: BTreeSet<&str> = labels.iter().map(|label| label.text.as_str()).collect();
    match group.include.iter().find(|label| on.contains(label.text.as_str())) {
        Some(both) => {
            let word = if group.left { "group_left" } else { "group_right" };
            let message = format!("`{}` stands in `on` and in `{word}`", both.text);
            Err(ParseError::new(both.span, Code::LabelInBoth, message)
                .hint("labels in `on` are in the result anyway: take it out here"))
        }
        None => Ok(()),
    }
}

fn check_with_scalar(binary: &Binary, left: ValueType) -> Checked<()> {
    if let Some(matching) = binary.matching.as_ref().filter(|matching| !matching.labels.is_empty()) {
        let message = "labels are matched between two instant vectors, one side is a scalar";
        return Err(ParseError::new(matching.span, Code::MisplacedMatching, message)
            .hint("take `on` or `ignoring` out, or make a vector of the number: `vector(1)`"));
    }
    if let Some(span) = binary.fill.span {
        let message = "series are filled in between two instant vectors, one side is a scalar";
        return Err(ParseError::new(span, Code::MisplacedMatching, message));
    }
    if binary.op.joins_sets() {
        let side = if left == ValueType::Scalar { &binary.left } else { &binary.right };
        let message = format!("`{}` joins instant vectors, found a scalar", binary.op.as_str());
        return Err(wrong_type(side.span, message, ValueType::Scalar, ValueType::Vector));
    }
    Ok(())
}

fn check_vectors(binary: &Binary) -> Checked<()> {
    let sign = binary.op.as_str();
    if !binary.op.joins_sets() {
        return Ok(());
    }
    if let Some(group) = binary.matching.as_ref().and_then(|matching| matching.group.as_ref()) {
        let word = if group.left { "group_left" } else { "group_right" };
        let message = format!("`{sign}` matches many with many, so it has no `{word}`");
        return Err(
            ParseError::new(group.span, Code::MisplacedMatching, message).hint(format!("take `{word}` out"))
        );
    }
    match binary.fill.span {
        Some(span) => Err(ParseError::new(
            span,
            Code::MisplacedMatching,
            format!("`{sign}` fills in no series: take `fill` out"),
        )),
        None => Ok(()),
    }
}
