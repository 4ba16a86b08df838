//! Which servers take an expression or a template that is right: since which version, and with which feature flag.
//!
//! Whether it is right at all is judged by functions of the caller, as [`super::rules`] has it.

use super::inner_place::inner_span;
use super::shape::Version;
use super::walk::Walk;
use crate::document::{Node, Severity};
use crate::promql::analysis::{Feature, features};
use crate::promql::{self, Release, Span, template};

/// Says what in an expression is not for the server, and what needs a flag of it.
pub(super) fn expression(walk: &mut Walk<'_>, node: &Node, text: &str) {
    let Ok(expr) = promql::parse(text) else { return };
    for feature in features(&expr, text) {
        if newer(walk, node, feature.span, &feature.what, feature.since) || gone(walk, node, &feature) {
            continue;
        }
        let Some(flag) = feature.flag else { continue };
        if flag.until.is_some_and(|(major, minor)| walk.server_is(major, minor)) {
            continue;
        }
        let message = format!("{} needs a feature flag of Prometheus", feature.what);
        let without =
            flag.until.map(|(major, minor)| format!("; Prometheus {major}.{minor} takes it without"));
        let hint =
            format!("start the server with `--enable-feature={}`{}", flag.name, without.unwrap_or_default());
        tell(walk, node, feature.span, Severity::Warning, "needs-feature", message, Some(hint));
    }
}

/// Says what in a template is not for the server.
pub(super) fn template(walk: &mut Walk<'_>, node: &Node, text: &str) {
    let Ok(template) = template::read(text) else { return };
    for part in template.newer {
        newer(walk, node, part.span, &part.what, part.since);
    }
}

/// Says that the server is older than a part; returns whether it is.
fn newer(walk: &mut Walk<'_>, node: &Node, span: Span, what: &str, (major, minor): Release) -> bool {
    let since = Version::new(major, minor);
    let Some(server) = walk.surroundings.server.filter(|server| *server < since) else { return false };
    let message = format!("{what} exists since Prometheus {since}; the server is {server}");
    tell(walk, node, span, Severity::Error, "newer-key", message, None);
    true
}

/// Says that the server calls a part otherwise; returns whether it does.
fn gone(walk: &mut Walk<'_>, node: &Node, feature: &Feature) -> bool {
    let Some(((major, minor), name)) = feature.renamed else { return false };
    let until = Version::new(major, minor);
    let Some(server) = walk.surroundings.server.filter(|server| *server >= until) else { return false };
    let message = format!("{} is gone since Prometheus {until}; the server is {server}", feature.what);
    let hint =
        format!("it is called `{name}` now, and needs `--enable-feature=promql-experimental-functions`");
    tell(walk, node, feature.span, Severity::Error, "gone-key", message, Some(hint));
    true
}

fn tell(
    walk: &mut Walk<'_>,
    node: &Node,
    span: Span,
    severity: Severity,
    code: &str,
    message: String,
    hint: Option<String>,
) {
    let place = inner_span(walk.source.text(), node, span.start, span.end);
    walk.findings.push(walk.source.finding(severity, code, place, message, hint));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Finding;
    use crate::prometheus::config::{FileKind, Surroundings, check_text};

    fn findings(expr: &str, text: &str, server: Option<Version>) -> Vec<(String, Finding)> {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let file = format!(
            "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: {}\n    annotations:\n      b: {}\n",
            quoted(expr),
            quoted(text)
        );
        let surroundings = Surroundings {
            server,
            expr: Some(&|_| None),
            template: Some(&|_| None),
            ..Surroundings::default()
        };
        let findings = check_text("f", &file, FileKind::Rules, &surroundings);
        let shown = |finding: &Finding| {
            let hint = finding.hint.clone().unwrap_or_default();
            format!("{} {}: {}", finding.code, finding.message, hint)
        };
        findings.into_iter().map(|finding| (shown(&finding), finding)).collect()
    }

    #[test]
    fn what_an_older_server_refuses_is_an_error() {
        for (expr, since) in [
            ("{\"a.b\"} > 5", "3.0"),
            ("time() - x > 5m", "2.54"),
            ("rate(x[5])", "2.54"),
            ("sort_by_label(x, \"a\")", "2.49"),
            ("limitk(1, x)", "2.54"),
            ("info(x)", "3.0"),
            ("x{a=~\"(?<n>x)\"}", "2.51"),
            ("rate(x[1m * 2])", "3.4"),
            ("rate(x[1m] smoothed)", "3.7"),
            ("x + fill(0) y", "3.10"),
        ] {
            let found = findings(expr, "", Some(Version::new(2, 42)));
            assert_eq!(found.len(), 1, "{expr}: {found:?}");
            assert_eq!((found[0].1.severity, &*found[0].1.code), (Severity::Error, "newer-key"), "{expr}");
            assert!(
                found[0].0.contains(&format!("since Prometheus {since}; the server is 2.42")),
                "{found:?}"
            );
            assert!(findings(expr, "", Some(Version::new(3, 16))).iter().all(|(_, finding)| {
                finding.code == "needs-feature" && finding.severity == Severity::Warning
            }));
        }
        for (text, since) in [("{{ now }}", "3.6"), ("{{ with 1 }}{{ else with 2 }}{{ end }}", "2.55")] {
            let found = findings("x > 1", text, Some(Version::new(2, 42)));
            assert!(found[0].0.contains(&format!("since Prometheus {since}")), "{found:?}");
            assert!(findings("x > 1", text, Some(Version::new(3, 6))).is_empty());
            assert!(findings("x > 1", text, None).is_empty());
        }
    }

    #[test]
    fn flags_are_named_as_long_as_they_are_needed() {
        let flagged = |expr: &str, server| match &*findings(expr, "", server) {
            [] => String::new(),
            [(shown, _)] => shown.clone(),
            more => panic!("{more:?}"),
        };
        for (expr, flag) in [
            ("limitk(1, x)", "promql-experimental-functions"),
            ("sort_by_label(x, \"a\")", "promql-experimental-functions"),
            ("info(x)", "promql-experimental-functions"),
            ("rate(x[1m * 2])", "promql-duration-expr"),
            ("rate(x[1m] anchored)", "promql-extended-range-selectors"),
            ("x + fill(0) y", "promql-binop-fill-modifiers"),
        ] {
            let wanted = format!("--enable-feature={flag}`");
            assert!(flagged(expr, None).contains(&wanted), "{expr}");
            assert!(flagged(expr, Some(Version::new(3, 10))).contains(&wanted), "{expr}");
        }
        assert_eq!(flagged("rate(x[1m * 2])", Some(Version::new(3, 14))), "");
        assert_eq!(flagged("rate(x[1m] anchored)", Some(Version::new(3, 16))), "");
        assert_eq!(flagged("rate(x[5m] offset 1h) > 1", None), "");
    }

    #[test]
    fn what_was_renamed_is_gone() {
        let expr = "holt_winters(x[5m], .5, .5)";
        assert!(findings(expr, "", None).is_empty());
        assert!(findings(expr, "", Some(Version::new(2, 55))).is_empty());
        let found = findings(expr, "", Some(Version::new(3, 4)));
        assert!(found[0].0.starts_with("gone-key `holt_winters` is gone since Prometheus 3.0"), "{found:?}");
        assert!(found[0].0.contains("double_exponential_smoothing"), "{found:?}");
    }

    #[test]
    fn places_are_those_in_the_file() {
        let file =
            "groups:\n- name: a\n  rules:\n  - record: a:b\n    expr: >\n      sum(x)\n\n      / info(y)\n";
        let surroundings = Surroundings { expr: Some(&|_| None), ..Surroundings::default() };
        let found = check_text("f", file, FileKind::Rules, &surroundings);
        let places: Vec<_> = found
            .iter()
            .filter_map(|finding| finding.place)
            .map(|place| (place.line, place.column))
            .collect();
        assert_eq!(places, [(8, 9)]);
    }
}
