//! What a file of rules holds, for lists.
//!
//! A file with mistakes is shown as far as it can be understood.

use super::fields::Fields;
use super::words;
use crate::document::{Node, Source, Span};

/// What a rule makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleKind {
    /// A series.
    Record,
    /// An alert.
    Alert,
}

/// A rule of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleView {
    /// Which of the two it is.
    pub kind: RuleKind,
    /// The name of the series or of the alert.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// The whole rule.
    pub span: Span,
    /// The group's name.
    pub group: String,
    /// The group's place in the file, from 0.
    pub group_index: usize,
    /// The rule's place in its group, from 0.
    pub index: usize,
    /// The expression.
    pub expr: String,
    /// Where the expression stands.
    pub expr_span: Option<Span>,
    /// For how long the expression must hold, in milliseconds.
    pub for_ms: Option<u64>,
    /// For how long the alert stays on after that, in milliseconds.
    pub keep_firing_for_ms: Option<u64>,
    /// Labels that are added.
    pub labels: Vec<(String, String)>,
    /// Annotations, with their templates.
    pub annotations: Vec<(String, String)>,
}

/// A group of rules.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupView {
    /// Its name; empty when it has none.
    pub name: String,
    /// Its place in the file, from 0.
    pub index: usize,
    /// The whole group.
    pub span: Span,
    /// How often it is evaluated, in milliseconds; `None`: as often as the server says.
    pub interval_ms: Option<u64>,
    /// Its rules.
    pub rules: Vec<RuleView>,
}

/// Returns the groups of a file of rules.
pub fn rule_groups(source: &Source) -> Vec<GroupView> {
    let groups = source.root().entry("groups").map_or(&[] as &[_], |entry| entry.value.elements());
    groups.iter().enumerate().filter_map(|(index, node)| group(index, node)).collect()
}

/// Returns all rules of a file of rules.
pub fn rules(source: &Source) -> Vec<RuleView> {
    rule_groups(source).into_iter().flat_map(|group| group.rules).collect()
}

fn group(index: usize, node: &Node) -> Option<GroupView> {
    let (fields, _) = Fields::of(node)?;
    let name = fields.get("name").map(|entry| word(&entry.value)).unwrap_or_default();
    let rules = fields.get("rules").map_or(&[] as &[_], |entry| entry.value.elements());
    let rules = rules.iter().enumerate().filter_map(|(at, node)| rule(&name, index, at, node)).collect();
    let interval_ms = milliseconds(&fields, "interval");
    Some(GroupView { name, index, span: node.span, interval_ms, rules })
}

fn rule(group: &str, group_index: usize, index: usize, node: &Node) -> Option<RuleView> {
    let (fields, _) = Fields::of(node)?;
    let (kind, named) = match (fields.filled("record"), fields.filled("alert")) {
        (Some(entry), _) => (RuleKind::Record, entry),
        (None, Some(entry)) => (RuleKind::Alert, entry),
        (None, None) => return None,
    };
    let expr = fields.get("expr");
    Some(RuleView {
        kind,
        name: word(&named.value),
        name_span: named.value.span,
        span: node.span,
        group: group.to_owned(),
        group_index,
        index,
        expr: expr.map(|entry| word(&entry.value)).unwrap_or_default(),
        expr_span: expr.map(|entry| entry.value.span),
        for_ms: milliseconds(&fields, "for"),
        keep_firing_for_ms: milliseconds(&fields, "keep_firing_for"),
        labels: pairs(&fields, "labels"),
        annotations: pairs(&fields, "annotations"),
    })
}

fn milliseconds(fields: &Fields<'_>, name: &str) -> Option<u64> {
    words::duration(fields.text(name)?).ok()
}

fn pairs(fields: &Fields<'_>, name: &str) -> Vec<(String, String)> {
    let Some((inner, _)) = fields.get(name).and_then(|entry| Fields::of(&entry.value)) else {
        return Vec::new();
    };
    inner.iter().map(|entry| (entry.key.clone(), word(&entry.value))).collect()
}

/// A single value as a text; anything else is empty.
pub(super) fn word(node: &Node) -> String {
    match node.to_json() {
        serde_json::Value::String(text) => text,
        serde_json::Value::Number(number) => number.to_string(),
        serde_json::Value::Bool(yes) => yes.to_string(),
        _ => String::new(),
    }
}
