//! Whether ranges are long enough for the samples that their functions need. Decides by the interval between scrapes that is passed in.

use crate::promql::ast::{Call, Expr, ExprKind};
use crate::promql::literal::duration_text;
use crate::promql::span::Span;

/// A range that is short for its function.
#[derive(Debug, Clone, PartialEq)]
pub struct ShortWindow {
    /// The range, without brackets.
    pub span: Span,
    /// The function that reads it.
    pub function: &'static str,
    /// It can lack the samples that the function needs at any time; otherwise only when a scrape fails.
    pub too_short: bool,
    /// What is wrong, in a sentence.
    pub message: String,
}

/// Finds ranges that hold fewer samples than their function needs, or only just as many.
///
/// `scrape_interval_s` is the time between two samples in seconds. A function that compares samples needs two of them: a range of less than
/// two intervals can miss that at any time, one of less than four when a scrape fails or is late.
pub fn windows(expr: &Expr, scrape_interval_s: f64) -> Vec<ShortWindow> {
    let mut found = Vec::new();
    expr.walk(&mut |expr| {
        if let ExprKind::Call(call) = &expr.kind {
            found.extend(of_call(call, scrape_interval_s));
        }
    });
    found
}

fn of_call(call: &Call, interval_s: f64) -> Option<ShortWindow> {
    let range = call.arguments.iter().find_map(|argument| match &argument.without_parens().kind {
        ExprKind::Selector(selector) => selector.range.as_ref(),
        _ => None,
    })?;
    let seconds = range.seconds()?;
    let function = call.function.name;
    let compares = matches!(
        function,
        "rate"
            | "irate"
            | "increase"
            | "delta"
            | "idelta"
            | "deriv"
            | "predict_linear"
            | "changes"
            | "resets"
            | "holt_winters"
            | "double_exponential_smoothing"
    );
    let needed = if compares { 2.0 } else { 1.0 };
    let too_short = seconds < needed * interval_s;
    if !(too_short || compares && seconds < 4.0 * interval_s) {
        return None;
    }
    let text = |seconds: f64| duration_text((seconds * 1000.0).round() as i64);
    let (range_text, interval) = (text(seconds), text(interval_s));
    let message = match (compares, too_short) {
        (true, true) => format!(
            "`{function}` needs two samples, and {range_text} can hold fewer with one every {interval}: \
             write {} or more",
            text(4.0 * interval_s)
        ),
        (true, false) => format!(
            "with samples every {interval}, {range_text} leave `{function}` without a result when a scrape \
             fails: {} is safer",
            text(4.0 * interval_s)
        ),
        _ => format!("a range of {range_text} can hold no sample at all when they come every {interval}"),
    };
    Some(ShortWindow { span: range.span, function, too_short, message })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::parse;

    #[test]
    fn ranges_are_held_against_the_interval() {
        let cases = [
            ("rate(x[5m])", 15.0, None),
            ("rate(x[1m])", 15.0, None),
            ("rate(x[59s])", 15.0, Some(false)),
            ("rate(x[30s])", 15.0, Some(false)),
            ("rate(x[29s])", 15.0, Some(true)),
            ("max_over_time(x[15s])", 15.0, None),
            ("max_over_time(x[14s])", 15.0, Some(true)),
            ("rate(x[5m:10s])", 600.0, None),
            ("rate(x[step()])", 15.0, None),
            ("sum(rate(x[1m])) / 3", 60.0, Some(true)),
            ("absent_over_time(x[10s])", 15.0, Some(true)),
        ];
        for (text, interval_s, expected) in cases {
            let found = windows(&parse(text).unwrap(), interval_s);
            assert_eq!(found.first().map(|window| window.too_short), expected, "{text}");
            for window in found {
                assert!(!window.span.of(text).contains('['), "{text}");
            }
        }
    }
}
