//! Files of recording and alerting rules.
//!
//! Expressions and templates are judged by functions of the caller; here their mistakes get their places in the file.

use std::borrow::Cow;
use std::collections::HashSet;

use super::ages;
use super::fields::{Fields, is_empty};
use super::inner_place::inner_span;
use super::shape::{Field, Kind, Section, duration, int, text};
use super::walk::Walk;
use super::words;
use super::{ExprCheck, ExprMistake};
use crate::document::{Content, Entry, Node, Severity};

/// The file.
pub(super) static FILE: Section = Section {
    title: "a file of rules",
    fields: &[Field::new("groups", Kind::List(&Kind::Section(&GROUP)))],
    shared: &[],
    rule: Some(|walk, fields| {
        let mut names = HashSet::new();
        let groups = fields.get("groups").map_or(&[] as &[_], |entry| entry.value.elements());
        for group in groups {
            let Some((group, _)) = Fields::of(group) else { continue };
            let Some(entry) = group.filled("name") else { continue };
            let Some(name) = walk.word(&entry.value) else { continue };
            if !names.insert(name.clone()) {
                let message = format!("a group named `{name}` exists already in this file");
                walk.error("duplicate-name", entry.value.span, message);
            }
        }
    }),
};

static GROUP: Section = Section {
    title: "a group of rules",
    fields: &[
        duration("interval"),
        Field::new("labels", Kind::Judged(labels)).since(3, 0),
        int("limit"),
        text("name").required(),
        duration("query_offset").since(2, 53),
        Field::new("rules", Kind::List(&Kind::Section(&RULE))),
    ],
    shared: &[],
    rule: Some(repetitions),
};

static RULE: Section = Section {
    title: "a rule",
    fields: &[
        text("alert"),
        Field::new("annotations", Kind::Judged(annotations)),
        text("expr").required(),
        duration("for"),
        duration("keep_firing_for"),
        Field::new("labels", Kind::Judged(labels)),
        text("record"),
    ],
    shared: &[],
    rule: Some(rule),
};

fn rule<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) {
    match (fields.filled("record"), fields.filled("alert")) {
        (Some(record), Some(alert)) => {
            let message = "a rule is either `record` or `alert`, not both";
            walk.error("both-set", record.key_span.max(alert.key_span), message);
        }
        (None, None) => {
            walk.error("missing-key", fields.span(), "a rule needs `record` or `alert`");
        }
        (Some(record), None) => recording(walk, fields, record),
        (None, Some(_)) => templates(walk, fields),
    }
    if let Some(entry) = fields.filled("expr")
        && let Some(expr) = walk.word(&entry.value)
        && let Some(check) = walk.surroundings.expr
    {
        match check(&expr) {
            Some(mistake) => inner_mistake(walk, &entry.value, mistake),
            None => ages::expression(walk, &entry.value, &expr),
        }
    }
}

fn recording<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>, record: &'a Entry) {
    if let Some(name) = walk.word(&record.value) {
        let is_right = words::is_metric_name(&name);
        if !is_right && (walk.server_is_before(3, 0) || name.contains(['{', '}'])) {
            let message = format!("`{name}` is no name for a metric");
            let hint = "use letters, digits, `_` and `:`, no digit first";
            walk.error_hint("wrong-label", record.value.span, message, hint);
        } else if !is_right && !walk.server_is(3, 0) {
            let message = format!("`{name}` is a metric name for Prometheus 3 only");
            let hint = "use letters, digits, `_` and `:`, no digit first";
            walk.warn("utf8-label", record.value.span, message, hint);
        }
    }
    for name in ["for", "keep_firing_for", "annotations"] {
        let Some(entry) = fields.filled(name) else { continue };
        let is_zero = entry.value.text().is_some_and(|word| words::duration(word) == Ok(0))
            || matches!(&entry.value.content, Content::Number(number) if number.as_f64() == Some(0.0));
        if !is_zero {
            let message = format!("a recording rule takes no `{name}`");
            walk.error_hint("not-needed", entry.key_span, message, "remove it, or make it an alert");
        }
    }
}

/// Labels of rules: `__name__` is the rule's own.
fn labels<'a>(walk: &mut Walk<'a>, name: &str, node: &'a Node) {
    if node.content == Content::Null {
        return;
    }
    walk.labels(name, node);
    let Some((fields, _)) = Fields::of(node) else { return };
    if let Some(entry) = fields.entry("__name__") {
        let message = "the label `__name__` can't be set by a rule";
        walk.error("wrong-label", entry.key_span, message);
    }
}

/// Annotations have names like labels, also in Prometheus 3.
fn annotations<'a>(walk: &mut Walk<'a>, name: &str, node: &'a Node) {
    if node.content == Content::Null {
        return;
    }
    let Some((fields, _)) = Fields::of(node) else {
        return walk.wrong_type(name, "a mapping of annotations", node);
    };
    for entry in fields.iter() {
        walk.label_name(&entry.key, entry.key_span);
        walk.value(&entry.key, &Kind::Text, &entry.value);
    }
}

fn templates<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) {
    let Some(check): Option<&ExprCheck<'_>> = walk.surroundings.template else { return };
    for name in ["labels", "annotations"] {
        let Some((texts, _)) = fields.get(name).and_then(|entry| Fields::of(&entry.value)) else { continue };
        for entry in texts.iter() {
            let Some(text) = entry.value.text() else { continue };
            match check(text) {
                Some(mistake) => inner_mistake(walk, &entry.value, mistake),
                None => ages::template(walk, &entry.value, text),
            }
        }
    }
}

fn inner_mistake(walk: &mut Walk<'_>, node: &Node, mistake: ExprMistake) {
    let span = inner_span(walk.source.text(), node, mistake.start, mistake.end);
    let ExprMistake { code, message, hint, late, .. } = mistake;
    let severity = if late { Severity::Warning } else { Severity::Error };
    walk.findings.push(walk.source.finding(severity, &code, span, message, hint));
}

/// What is said of a file of the format before Prometheus 2.
pub(super) const OLD_FORMAT: &str = "this is the format of Prometheus before 2.0; promtool of Prometheus 2.0 converts it: promtool update rules FILE";

/// Says whether a text begins as files of rules did before Prometheus 2: `ALERT name IF …`, or `name{labels} = expression`.
pub(super) fn is_of_prometheus_1(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let Some(first) = lines.next() else { return false };
    if first.strip_prefix("ALERT").is_some_and(|rest| rest.starts_with(char::is_whitespace)) {
        return true;
    }
    let Some((left, _)) = first.split_once(" =") else { return false };
    let name = left.split_once('{').map_or(left, |(name, _)| name);
    words::is_metric_name(name.trim_end())
}

/// Labels with their values.
type Labels<'a> = Vec<(&'a str, Cow<'a, str>)>;

/// Rules of a group that write the same series, and alerts that are wholly the same: the server takes them, and then keeps the sample of one
/// of them.
fn repetitions<'a>(walk: &mut Walk<'a>, group: &Fields<'a>) {
    let mut seen: HashSet<(Cow<'a, str>, Option<Cow<'a, str>>, Labels<'a>)> = HashSet::new();
    let rules = group.get("rules").map_or(&[] as &[_], |entry| entry.value.elements());
    for rule in rules {
        let Some((fields, _)) = Fields::of(rule) else { continue };
        let record = fields.filled("record");
        let Some(entry) = record.or_else(|| fields.filled("alert")) else { continue };
        let Some(name) = walk.word(&entry.value) else { continue };
        // alerts of one name and other expressions are those of a pair
        let expr = match record {
            Some(_) => None,
            None => Some(fields.get("expr").and_then(|expr| walk.word(&expr.value)).unwrap_or_default()),
        };
        let mut labels: Labels<'a> = Vec::new();
        if let Some((own, _)) = fields.get("labels").and_then(|entry| Fields::of(&entry.value)) {
            labels.extend(own.iter().filter_map(|label| {
                Some((label.key.as_str(), walk.word(&label.value).filter(|_| !is_empty(&label.value))?))
            }));
        }
        labels.sort();
        if !seen.insert((name.clone(), expr, labels)) {
            let (message, hint) = match record {
                Some(_) => (
                    format!("`{name}` is recorded twice with the same labels"),
                    "give one of them another name or another label",
                ),
                None => (
                    format!("the alert `{name}` is there twice with the same labels and expression"),
                    "remove one of them, or give it another label",
                ),
            };
            walk.warn("duplicate-name", entry.value.span, message, hint);
        }
    }
}
