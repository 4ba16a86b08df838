//! What in an expression a server takes only since a version, only before one, or only with a feature flag. Decides nothing of a server; the
//! versions are those of Prometheus' changelog.

use crate::promql::ast::{
    AggregateOp, At, Binary, DurationExpr, DurationKind, Expr, ExprKind, Extended, Extreme, MatchOp, Matcher,
    Modifiers, Name, Selector,
};
use crate::promql::functions::{OLDEST, Release, Status};
use crate::promql::literal;
use crate::promql::re2;
use crate::promql::span::Span;

/// A part that not every server takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// Where it stands.
    pub span: Span,
    /// What it is, in words.
    pub what: String,
    /// The first version that takes it.
    pub since: Release,
    /// What goes behind `--enable-feature=`.
    pub flag: Option<Flag>,
    /// The first version that doesn't take it any more, and how that calls it.
    pub renamed: Option<(Release, &'static str)>,
}

/// A flag of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag {
    /// What goes behind `--enable-feature=`.
    pub name: &'static str,
    /// The first version that needs no flag.
    pub until: Option<Release>,
}

const fn flag(name: &'static str, until: Option<Release>) -> Option<Flag> {
    Some(Flag { name, until })
}

const FUNCTIONS_FLAG: &str = "promql-experimental-functions";
/// #16249; on by default since 3.14.
const DURATIONS: Option<Flag> = flag("promql-duration-expr", Some((3, 14)));
/// #16457; stable since 3.16.
const RANGES: Option<Flag> = flag("promql-extended-range-selectors", Some((3, 16)));
/// #17644.
const FILL: Option<Flag> = flag("promql-binop-fill-modifiers", None);
/// `time() > 10m` and `x[300]` (#9138), and `1_000` (#12821).
const NUMBERS: Release = (2, 54);
/// Names of any characters, in quotes.
const QUOTED_NAMES: Release = (3, 0);
/// `(?<name>…)` came with Go 1.22, with which this version is built.
const GO_GROUPS: Release = (2, 51);
/// `limitk` and `limit_ratio` (#12503).
const LIMITS: Release = (2, 54);
/// Computed durations, and a `+` before one.
const COMPUTED: Release = (3, 4);
/// `step()`, `min()` and `max()` in durations (#16777).
const COMPUTED_STEP: Release = (3, 6);
/// `range()` in durations (#17670).
const COMPUTED_RANGE: Release = (3, 10);
/// `min_of()` and `max_of()`.
const COMPUTED_EXTREME: Release = (3, 13);
const EXTENDED: Release = (3, 7);
const FILLED: Release = (3, 10);

/// Lists what in an expression not every server takes, in the order of the text that it was read from.
pub fn features(expr: &Expr, text: &str) -> Vec<Feature> {
    let mut finder = Finder { text, found: Vec::new() };
    expr.walk(&mut |expr| finder.expr(expr));
    finder.found.sort_by_key(|feature| feature.span);
    finder.found
}

struct Finder<'a> {
    text: &'a str,
    found: Vec<Feature>,
}

impl Finder<'_> {
    fn add(&mut self, span: Span, what: impl Into<String>, since: Release, flag: Option<Flag>) {
        self.found.push(Feature { span, what: what.into(), since, flag, renamed: None });
    }

    fn has(&self, span: Span) -> bool {
        self.found.iter().any(|feature| feature.span == span)
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Number(number) => self.number(expr.span, number.duration_ms.is_some()),
            ExprKind::Selector(selector) => {
                self.selector(selector);
                self.time(expr.span, selector.modifiers.at);
            }
            ExprKind::Subquery(subquery) => {
                self.time(expr.span, subquery.modifiers.at);
                self.duration(&subquery.range);
                subquery.step.iter().for_each(|step| self.duration(step));
                self.modifiers(&subquery.modifiers);
            }
            ExprKind::Aggregation(aggregation) => {
                if aggregation.op.experimental() {
                    let what = format!("`{}`", aggregation.op.as_str());
                    self.add(aggregation.op_span, what, since_of(aggregation.op), flag(FUNCTIONS_FLAG, None));
                }
                aggregation.grouping.iter().for_each(|grouping| self.names(&grouping.labels));
            }
            ExprKind::Call(call) => {
                let function = call.function;
                let (flag, renamed) = match function.status {
                    Status::Stable => (None, None),
                    Status::Experimental(until) => (flag(FUNCTIONS_FLAG, until), None),
                    Status::Renamed(name) => (None, Some(((3, 0), name))),
                };
                if flag.is_some() || renamed.is_some() || function.since > OLDEST {
                    let (what, since) = (format!("`{}`", function.name), function.since);
                    self.found.push(Feature { span: call.name_span, what, since, flag, renamed });
                }
            }
            ExprKind::Binary(binary) => self.binary(binary),
            ExprKind::Text(_) | ExprKind::Unary { .. } | ExprKind::Paren(_) => {}
        }
    }

    fn binary(&mut self, binary: &Binary) {
        if let Some(span) = binary.fill.span {
            self.add(span, "`fill`", FILLED, FILL);
        }
        let Some(matching) = &binary.matching else { return };
        self.names(&matching.labels);
        matching.group.iter().for_each(|group| self.names(&group.include));
    }

    fn number(&mut self, span: Span, is_duration: bool) {
        if is_duration {
            self.add(span, "a duration as a number", NUMBERS, None);
        } else {
            self.underscores(span);
        }
    }

    fn underscores(&mut self, span: Span) {
        if span.of(self.text).contains('_') {
            self.add(span, "`_` in a number", NUMBERS, None);
        }
    }

    fn names(&mut self, names: &[Name]) {
        names.iter().for_each(|name| self.name(name));
    }

    fn name(&mut self, name: &Name) {
        if name.quoted {
            self.add(name.span, "a name in quotes", QUOTED_NAMES, None);
        }
    }

    fn selector(&mut self, selector: &Selector) {
        selector.name.iter().for_each(|name| self.name(name));
        selector.matchers.iter().for_each(|matcher| self.matcher(matcher));
        selector.range.iter().for_each(|range| self.duration(range));
        self.modifiers(&selector.modifiers);
    }

    fn matcher(&mut self, matcher: &Matcher) {
        self.name(&matcher.label);
        let is_regex = matches!(matcher.op, MatchOp::Matches | MatchOp::NotMatches);
        if is_regex && re2::check(&matcher.value).is_ok_and(|regex| regex.has_go_group) {
            self.add(matcher.value_span, "`(?<name>…)` in a regular expression", GO_GROUPS, None);
        }
    }

    /// A time behind `@` is the last one in its expression; it can be written as a duration.
    fn time(&mut self, span: Span, at: Option<At>) {
        let Some((Some(At::Seconds(_)), sign)) = span.of(self.text).rfind('@').map(|sign| (at, sign)) else {
            return;
        };
        let behind = &span.of(self.text)[sign + 1..];
        let start =
            behind.len() - behind.trim_start_matches(|c: char| c.is_whitespace() || "+-".contains(c)).len();
        let word = behind[start..].split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        if !word.is_empty() && literal::duration(word).is_ok() {
            let start = span.start + sign + 1 + start;
            self.add(Span::new(start, start + word.len()), "a duration as a number", NUMBERS, None);
        }
    }

    fn modifiers(&mut self, modifiers: &Modifiers) {
        if let Some(offset) = &modifiers.offset {
            self.duration(offset);
            if offset.seconds() == Some(0.0) && !self.has(offset.span) {
                self.add(offset.span, "an `offset` of nothing", NUMBERS, None);
            }
        }
        if let Some((extended, span)) = modifiers.extended {
            let what = match extended {
                Extended::Anchored => "`anchored`",
                Extended::Smoothed => "`smoothed`",
            };
            self.add(span, what, EXTENDED, RANGES);
        }
    }

    fn duration(&mut self, duration: &DurationExpr) {
        let literal = match &duration.kind {
            DurationKind::Signed(negative, of) if matches!(of.kind, DurationKind::Literal(_)) => {
                if !negative {
                    self.add(duration.span, "a duration with `+`", COMPUTED, None);
                }
                of
            }
            DurationKind::Literal(_) => duration,
            _ => return self.add(duration.span, "a computed duration", since_duration(duration), DURATIONS),
        };
        if let DurationKind::Literal(number) = &literal.kind
            && number.duration_ms.is_none()
        {
            self.add(literal.span, "a number as a duration", NUMBERS, None);
        }
    }
}

fn since_of(op: AggregateOp) -> Release {
    if op.experimental() { LIMITS } else { OLDEST }
}

/// Returns the first version that takes each part of a computed duration.
fn since_duration(duration: &DurationExpr) -> Release {
    match &duration.kind {
        DurationKind::Literal(_) => COMPUTED,
        DurationKind::Step => COMPUTED_STEP,
        DurationKind::Range => COMPUTED_RANGE,
        DurationKind::Signed(_, of) | DurationKind::Paren(of) => since_duration(of).max(COMPUTED),
        DurationKind::Binary(_, left, right) => since_duration(left).max(since_duration(right)),
        DurationKind::Extreme(extreme, left, right) => {
            let own = match extreme {
                Extreme::Min | Extreme::Max => COMPUTED_STEP,
                Extreme::MinOf | Extreme::MaxOf => COMPUTED_EXTREME,
            };
            own.max(since_duration(left)).max(since_duration(right))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::parse;

    fn found(text: &str) -> Vec<Feature> {
        features(&parse(text).unwrap_or_else(|error| panic!("{text}: {error}")), text)
    }

    #[test]
    fn parts_are_found_with_their_versions() {
        let cases: &[(&str, &[(&str, Release)])] = &[
            ("sum by (a) (rate(x{a=~\"(?P<n>b)\"}[5m] offset -5m)) > 1000", &[]),
            ("{\"a.b\"} > 5", &[("\"a.b\"", (3, 0))]),
            ("x{\"a\"=\"b\"}", &[("\"a\"", (3, 0))]),
            ("sum by (\"a.b\") (x)", &[("\"a.b\"", (3, 0))]),
            ("x * on (\"a\") group_left (\"b\") y", &[("\"a\"", (3, 0)), ("\"b\"", (3, 0))]),
            ("time() - x > 5m", &[("5m", (2, 54))]),
            ("rate(x[300])", &[("300", (2, 54))]),
            ("rate(x[5m:30] offset -60)", &[("30", (2, 54)), ("60", (2, 54))]),
            ("x @ .5", &[]),
            ("x offset 0s", &[("0s", (2, 54))]),
            ("x[5m:1m] @ -5m offset 1m", &[("5m", (2, 54))]),
            ("x{a=\"@ 5m\"} @ 0x5d", &[]),
            ("x offset +5m", &[("+5m", (3, 4))]),
            ("x > 1_000", &[("1_000", (2, 54))]),
            ("x{a=~\"(?<n>x)\"}", &[("\"(?<n>x)\"", (2, 51))]),
            ("x{a!~\"b|[(?<]c\"}", &[]),
            (
                "histogram_stddev(x) > histogram_avg(x)",
                &[("histogram_stddev", (2, 48)), ("histogram_avg", (2, 51))],
            ),
        ];
        for (text, expected) in cases {
            let found = found(text);
            let found: Vec<_> = found.iter().map(|feature| (feature.span.of(text), feature.since)).collect();
            assert_eq!(found, *expected, "{text}");
            assert!(features(&parse(text).unwrap(), text).iter().all(|feature| feature.flag.is_none()));
        }
    }

    #[test]
    fn parts_are_found_with_their_flags() {
        let ranges = "promql-extended-range-selectors";
        let durations = "promql-duration-expr";
        type Found = (&'static str, &'static str, Release);
        let cases: &[(&str, &[Found])] = &[
            (
                "limitk(3, mad_over_time(x[5m]))",
                &[("`limitk`", FUNCTIONS_FLAG, (2, 54)), ("`mad_over_time`", FUNCTIONS_FLAG, (2, 49))],
            ),
            ("sort_by_label(x, \"a\")", &[("`sort_by_label`", FUNCTIONS_FLAG, (2, 49))]),
            ("info(x)", &[("`info`", FUNCTIONS_FLAG, (3, 0))]),
            ("x[5m + 1m]", &[("a computed duration", durations, (3, 4))]),
            ("x offset (1h)", &[("a computed duration", durations, (3, 4))]),
            ("max_over_time(x[step()])", &[("a computed duration", durations, (3, 6))]),
            ("max_over_time(x[1m + range()])", &[("a computed duration", durations, (3, 10))]),
            ("max_over_time(x[min_of(1m, step())])", &[("a computed duration", durations, (3, 13))]),
            ("rate(x[5m] smoothed)", &[("`smoothed`", ranges, (3, 7))]),
            ("a + fill(0) b", &[("`fill`", "promql-binop-fill-modifiers", (3, 10))]),
        ];
        for (text, expected) in cases {
            let found = found(text);
            let found: Vec<_> = found
                .iter()
                .map(|feature| {
                    (feature.what.as_str(), feature.flag.map_or("", |flag| flag.name), feature.since)
                })
                .collect();
            assert_eq!(found, *expected, "{text}");
        }
        let stable = |text| found(text)[0].flag.unwrap().until;
        assert_eq!(stable("first_over_time(x[5m])"), Some((3, 14)));
        assert_eq!(stable("rate(x[5m] anchored)"), Some((3, 16)));
    }

    #[test]
    fn what_was_renamed_says_how_it_is_called() {
        let found = found("holt_winters(x[5m], 0.5, 0.5)");
        assert_eq!(found[0].renamed, Some(((3, 0), "double_exponential_smoothing")));
        assert_eq!(found[0].since, OLDEST);
    }
}
