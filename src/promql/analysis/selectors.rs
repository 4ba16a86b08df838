//! Which series an expression needs. Decides nothing about whether a server has them.

use crate::promql::ast::{Expr, ExprKind, MatchOp, Modifiers, Selector};
use crate::promql::span::Span;

/// A selector in an expression.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeriesUse<'e> {
    /// Its place, with range and modifiers.
    pub span: Span,
    /// The selector.
    pub selector: &'e Selector,
    /// It stands in `absent(…)` or behind `unless`: the expression works without these series.
    pub may_lack: bool,
}

impl Selector {
    /// Returns the metric's name, when it is one name.
    pub fn metric_name(&self) -> Option<&str> {
        let by_label = || {
            let named = |matcher: &&super::super::ast::Matcher| {
                matcher.label.text == "__name__" && matcher.op == MatchOp::Equal
            };
            self.matchers.iter().find(named).map(|matcher| matcher.value.as_str())
        };
        self.name.as_ref().map(|name| name.text.as_str()).or_else(by_label)
    }

    /// Writes name and matchers without range and modifiers, as the API's `match[]` takes them.
    pub fn series_text(&self) -> String {
        let bare = Selector { range: None, modifiers: Modifiers::default(), ..self.clone() };
        bare.to_string()
    }
}

/// Lists the selectors of an expression in the order of its text.
///
/// The matchers of `info(x, {…})` are left out: they choose labels, not series.
pub fn selectors(expr: &Expr) -> Vec<SeriesUse<'_>> {
    let mut found = Vec::new();
    let mut waiting = vec![(expr, false)];
    while let Some((expr, may_lack)) = waiting.pop() {
        let mut children: Vec<(&Expr, bool)> =
            expr.children().into_iter().map(|child| (child, may_lack)).collect();
        match &expr.kind {
            ExprKind::Selector(selector) => found.push(SeriesUse { span: expr.span, selector, may_lack }),
            ExprKind::Call(call) if call.function.name == "info" => children.truncate(1),
            ExprKind::Call(call) if matches!(call.function.name, "absent" | "absent_over_time") => {
                children.iter_mut().for_each(|child| child.1 = true);
            }
            ExprKind::Binary(binary) if binary.op == crate::promql::ast::BinaryOp::Unless => {
                children.iter_mut().skip(1).for_each(|child| child.1 = true);
            }
            _ => {}
        }
        waiting.extend(children.into_iter().rev());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::parse;

    #[test]
    fn series_are_listed_in_order() {
        let cases = [
            ("up", vec![("up", Some("up"), false)]),
            (
                "rate(a{b=\"c\"}[5m] offset 1h) / on(x) {__name__=\"d\"}",
                vec![("a{b=\"c\"}", Some("a"), false), ("{__name__=\"d\"}", Some("d"), false)],
            ),
            (
                "absent(a) or b unless c",
                vec![("a", Some("a"), true), ("b", Some("b"), false), ("c", Some("c"), true)],
            ),
            ("sum({__name__=~\"x.+\"})[1h:]", vec![("{__name__=~\"x.+\"}", None, false)]),
            ("info(a, {version=~\".+\"})", vec![("a", Some("a"), false)]),
            ("topk(scalar(k), v)", vec![("k", Some("k"), false), ("v", Some("v"), false)]),
            ("1 + 2", vec![]),
        ];
        for (text, expected) in cases {
            let expr = parse(text).unwrap();
            let found = selectors(&expr);
            let found: Vec<(String, Option<&str>, bool)> = found
                .iter()
                .map(|series| (series.selector.series_text(), series.selector.metric_name(), series.may_lack))
                .collect();
            let expected: Vec<(String, Option<&str>, bool)> =
                expected.into_iter().map(|(text, name, lack)| (text.to_owned(), name, lack)).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
