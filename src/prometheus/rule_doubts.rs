//! What is doubtful about rules that a server would take: alerts that never end or never begin, labels that a template uses and the
//! expression drops, series that nobody has.
//!
//! Whether a server takes them at all is left to [`super::config`].

use std::collections::BTreeSet;

use super::config::{RuleKind, RuleView, inner_span, rules};
use crate::document::{Finding, Node, Severity, Source, Span, Step};
use crate::promql::{self, Expr, analysis, template};

/// Series that Prometheus itself makes, whether they are there at the moment or not.
const OWN_SERIES: [&str; 2] = ["ALERTS", "ALERTS_FOR_STATE"];

/// Which metrics there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownSeries {
    /// Names of metrics that a server has series of.
    pub metrics: BTreeSet<String>,
}

impl KnownSeries {
    /// Adds what the recording rules of a file make.
    pub fn add_recorded(&mut self, source: &Source) {
        let recorded = rules(source).into_iter().filter(|rule| rule.kind == RuleKind::Record);
        self.metrics.extend(recorded.map(|rule| rule.name));
    }

    fn has(&self, name: &str) -> bool {
        OWN_SERIES.contains(&name) || self.metrics.contains(name)
    }
}

/// Returns the doubts about the rules of a file, by place. Without known series nothing is said of series. Rules with mistakes are passed
/// over.
pub fn doubts(source: &Source, known: Option<&KnownSeries>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in rules(source) {
        let at = |key: &str| node(source, &rule, key);
        let (Some(node), Ok(expr)) = (at("expr"), promql::parse(&rule.expr)) else { continue };
        let place = |span: promql::Span| inner_span(source.text(), node, span.start, span.end);
        if rule.kind == RuleKind::Alert {
            endless(source, &rule, &expr, place, &mut findings);
            lost_labels(source, &rule, &expr, &mut findings);
        }
        if let Some(known) = known {
            missing_series(source, &expr, known, place, &mut findings);
        }
    }
    findings
}

fn node<'a>(source: &'a Source, rule: &RuleView, key: &str) -> Option<&'a Node> {
    let path = [
        Step::Key("groups"),
        Step::At(rule.group_index),
        Step::Key("rules"),
        Step::At(rule.index),
        Step::Key(key),
    ];
    source.node(&path)
}

fn doubt(source: &Source, code: &str, span: Span, message: String, hint: &str) -> Finding {
    let hint = (!hint.is_empty()).then(|| hint.to_owned());
    source.finding(Severity::Warning, code, span, message, hint)
}

fn endless(
    source: &Source,
    rule: &RuleView,
    expr: &Expr,
    place: impl Fn(promql::Span) -> Span,
    findings: &mut Vec<Finding>,
) {
    if let Some(why) = analysis::never_resolves(expr) {
        let message = format!("the alert `{}` never ends: {}", rule.name, why.message);
        let hint = "a dead man's switch is meant so; anything else needs a condition that can stop being met";
        findings.push(doubt(source, "never-resolves", place(why.span), message, hint));
    }
    if let Some(why) = analysis::never_fires(expr) {
        let message = format!("the alert `{}` never fires: {}", rule.name, why.message);
        findings.push(doubt(source, "never-fires", place(why.span), message, ""));
    }
}

/// A label that the expression drops is empty in a text; nobody notices before the alert fires.
fn lost_labels(source: &Source, rule: &RuleView, expr: &Expr, findings: &mut Vec<Finding>) {
    let there = analysis::labels(expr);
    for key in ["labels", "annotations"] {
        let Some(texts) = node(source, rule, key) else { continue };
        let crate::document::Content::Map(entries) = &texts.content else { continue };
        for entry in entries {
            let Some(text) = entry.value.text() else { continue };
            for (label, span) in template::labels_used(text) {
                if there.may_have(&label) {
                    continue;
                }
                let span = inner_span(source.text(), &entry.value, span.start, span.end);
                let message =
                    format!("the label `{label}` is not there: the expression of `{}` drops it", rule.name);
                let hint = match there.known() {
                    Some(kept) if !kept.is_empty() => {
                        format!("it keeps {}", kept.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
                    }
                    _ => "keep it with `by (…)`, or leave it out of the text".to_owned(),
                };
                findings.push(doubt(source, "dropped-label", span, message, &hint));
            }
        }
    }
}

fn missing_series(
    source: &Source,
    expr: &Expr,
    known: &KnownSeries,
    place: impl Fn(promql::Span) -> Span,
    findings: &mut Vec<Finding>,
) {
    for series in analysis::selectors(expr) {
        let Some(name) = series.selector.metric_name() else { continue };
        if series.may_lack || known.has(name) {
            continue;
        }
        let near = crate::document::nearest(name, known.metrics.iter().map(String::as_str));
        let hint = near.map(|near| format!("did you mean `{near}`?")).unwrap_or_default();
        let message = format!("the server has no series of `{name}`");
        findings.push(doubt(source, "missing-series", place(series.span), message, &hint));
    }
}
