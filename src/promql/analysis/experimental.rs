//! What in an expression a server takes only with a feature flag, or only in another version.

use crate::promql::ast::{DurationExpr, DurationKind, Expr, ExprKind, Modifiers};
use crate::promql::functions::Status;
use crate::promql::span::Span;

/// A part that not every server takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// Where it stands.
    pub span: Span,
    /// What it is, as it is written.
    pub what: String,
    /// What goes behind `--enable-feature=`; nothing when no server of version 3 takes it.
    pub flag: Option<&'static str>,
    /// How it is called in version 3, when it was renamed.
    pub renamed: Option<&'static str>,
}

const FUNCTIONS_FLAG: &str = "promql-experimental-functions";
const DURATIONS_FLAG: &str = "promql-duration-expr";
const RANGES_FLAG: &str = "promql-extended-range-selectors";
const FILL_FLAG: &str = "promql-binop-fill-modifiers";

/// Lists what in an expression needs a feature flag, in the order of the text.
pub fn experimental(expr: &Expr) -> Vec<Feature> {
    let mut found = Vec::new();
    let mut add = |span: Span, what: &str, flag: &'static str| {
        found.push(Feature { span, what: what.to_owned(), flag: Some(flag), renamed: None });
    };
    let mut renamed = Vec::new();
    expr.walk(&mut |expr| match &expr.kind {
        ExprKind::Call(call) => match call.function.status {
            Status::Stable => {}
            Status::Experimental => add(call.name_span, call.function.name, FUNCTIONS_FLAG),
            Status::Renamed(name) => renamed.push(Feature {
                span: call.name_span,
                what: call.function.name.to_owned(),
                flag: None,
                renamed: Some(name),
            }),
        },
        ExprKind::Aggregation(aggregation) if aggregation.op.experimental() => {
            add(aggregation.op_span, aggregation.op.as_str(), FUNCTIONS_FLAG);
        }
        ExprKind::Binary(binary) => {
            if let Some(span) = binary.fill.span {
                add(span, "fill", FILL_FLAG);
            }
        }
        ExprKind::Selector(selector) => {
            of_durations(selector.range.iter().chain(&selector.modifiers.offset), &mut add);
            of_modifiers(&selector.modifiers, &mut add);
        }
        ExprKind::Subquery(subquery) => {
            let durations =
                [&subquery.range].into_iter().chain(&subquery.step).chain(&subquery.modifiers.offset);
            of_durations(durations, &mut add);
        }
        _ => {}
    });
    found.extend(renamed);
    found.sort_by_key(|feature| feature.span);
    found
}

fn of_durations<'e>(
    durations: impl Iterator<Item = &'e DurationExpr>,
    add: &mut impl FnMut(Span, &str, &'static str),
) {
    for duration in durations {
        let plain = match &duration.kind {
            DurationKind::Signed(_, of) => matches!(of.kind, DurationKind::Literal(_)),
            kind => matches!(kind, DurationKind::Literal(_)),
        };
        if !plain {
            add(duration.span, "a computed duration", DURATIONS_FLAG);
        }
    }
}

fn of_modifiers(modifiers: &Modifiers, add: &mut impl FnMut(Span, &str, &'static str)) {
    if let Some((extended, span)) = modifiers.extended {
        let what = match extended {
            crate::promql::ast::Extended::Anchored => "anchored",
            crate::promql::ast::Extended::Smoothed => "smoothed",
        };
        add(span, what, RANGES_FLAG);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::parse;

    #[test]
    fn features_are_found_with_their_flags() {
        let cases = [
            ("rate(x[5m] offset -5m)", vec![]),
            (
                "limitk(3, mad_over_time(x[5m]))",
                vec![("limitk", FUNCTIONS_FLAG), ("mad_over_time", FUNCTIONS_FLAG)],
            ),
            ("x[5m + 1m]", vec![("a computed duration", DURATIONS_FLAG)]),
            ("x offset (1h)", vec![("a computed duration", DURATIONS_FLAG)]),
            ("max_over_time(x[step()])", vec![("a computed duration", DURATIONS_FLAG)]),
            ("rate(x[5m] smoothed)", vec![("smoothed", RANGES_FLAG)]),
            ("a + fill(0) b", vec![("fill", FILL_FLAG)]),
            ("holt_winters(x[5m], 0.5, 0.5)", vec![("holt_winters", "double_exponential_smoothing")]),
        ];
        for (text, expected) in cases {
            let found = experimental(&parse(text).unwrap());
            let found: Vec<(&str, &str)> = found
                .iter()
                .map(|feature| (feature.what.as_str(), feature.flag.or(feature.renamed).unwrap_or_default()))
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
