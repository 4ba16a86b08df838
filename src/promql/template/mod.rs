//! The templates of alerts: `{{ $labels.job }} has {{ $value | humanize }}`. Decides whether Prometheus would take one, where a mistake in it is,
//! which labels of the alert it uses and which queries it makes; fills in nothing. Source: Prometheus documentation, "Template reference"; Go,
//! package text/template.

mod action;
mod blocks;
mod scan;

use super::functions::Release;
use super::span::Span;

/// A mistake in a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// Where a person would look for it, in bytes of the template.
    pub span: Span,
    /// What kind of mistake it is.
    pub code: TemplateCode,
    /// What is wrong; one sentence without a full stop.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
    /// Does Prometheus find it only when it fills the template in? It loads such a rule.
    pub late: bool,
}

impl TemplateError {
    fn new(span: Span, code: TemplateCode, message: impl Into<String>) -> TemplateError {
        TemplateError { span, code, message: message.into(), hint: None, late: false }
    }

    fn hint(mut self, hint: impl Into<String>) -> TemplateError {
        self.hint = Some(hint.into());
        self
    }
}

/// Kinds of mistakes in a template; each has a name that stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TemplateCode {
    /// `{{` without `}}`, or a comment without its end.
    UnclosedAction,
    /// A string without its closing quote.
    UnclosedString,
    /// `if`, `range`, `with`, `define` or `block` without `end`.
    MissingEnd,
    /// `end` or `else` without what it belongs to.
    UnexpectedEnd,
    /// A function that templates don't have.
    UnknownFunction,
    /// A variable that is not defined here.
    UnknownVariable,
    /// A field that the data of alerts don't have; Prometheus finds it when the alert fires.
    UnknownField,
    /// A parenthesis without its partner.
    Parenthesis,
    /// Something that can't stand where it stands.
    Unexpected,
}

impl TemplateCode {
    /// Returns the name for scripts and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            TemplateCode::UnclosedAction => "unclosed-action",
            TemplateCode::UnclosedString => "unclosed-string",
            TemplateCode::MissingEnd => "missing-end",
            TemplateCode::UnexpectedEnd => "unexpected-end",
            TemplateCode::UnknownFunction => "unknown-function",
            TemplateCode::UnknownVariable => "unknown-variable",
            TemplateCode::UnknownField => "unknown-field",
            TemplateCode::Parenthesis => "parenthesis",
            TemplateCode::Unexpected => "unexpected",
        }
    }
}

/// What is known about a valid template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Template {
    /// Labels of the alert's series that it uses, with the place of each name.
    pub labels: Vec<(String, Span)>,
    /// Queries that it makes and that stand in it as strings, with the place of each string.
    pub queries: Vec<(String, Span)>,
    /// Parts that not every server takes.
    pub newer: Vec<Newer>,
}

/// A part of a template that only newer servers take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newer {
    /// Where it stands.
    pub span: Span,
    /// What it is, in words.
    pub what: String,
    /// The first version that takes it.
    pub since: Release,
}

/// Reads the template of an alert's label or annotation.
///
/// # Errors
///
/// Says where the first mistake is and what kind it is; one that Prometheus finds late, only when there is no other.
pub fn read(text: &str) -> Result<Template, TemplateError> {
    blocks::read(text)
}

/// Lists the labels of the alert's series that a template uses; none when it can't be read.
pub fn labels_used(text: &str) -> Vec<(String, Span)> {
    read(text).map(|template| template.labels).unwrap_or_default()
}

/// Functions of Prometheus, then those of Go.
const FUNCTIONS: [&str; 49] = [
    "args",
    "externalURL",
    "first",
    "graphLink",
    "humanize",
    "humanize1024",
    "humanizeDuration",
    "humanizePercentage",
    "humanizeTimestamp",
    "label",
    "match",
    "now",
    "parseDuration",
    "pathPrefix",
    "query",
    "reReplaceAll",
    "safeHtml",
    "sortByLabel",
    "stripDomain",
    "stripPort",
    "strvalue",
    "tableLink",
    "title",
    "tmpl",
    "toDuration",
    "toLower",
    "toTime",
    "toUpper",
    "urlQueryEscape",
    "value",
    "and",
    "call",
    "eq",
    "ge",
    "gt",
    "html",
    "index",
    "js",
    "le",
    "len",
    "lt",
    "ne",
    "not",
    "or",
    "print",
    "printf",
    "println",
    "slice",
    "urlquery",
];

/// Functions that older servers lack (Prometheus' changelog: #16619, #17403).
const NEWER: [(&str, Release); 3] = [("now", (3, 6)), ("toDuration", (3, 6)), ("urlQueryEscape", (3, 8))];

/// `{{ else with … }}` came with Go 1.23, with which this version is built.
const ELSE_WITH: Release = (2, 55);

/// What the data of an alert's template hold.
const FIELDS: [&str; 4] = ["Labels", "ExternalLabels", "ExternalURL", "Value"];

/// Finds the known name that somebody who wrote `name` may have meant.
fn nearest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    if name.len() > 40 {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&lower, &known.to_ascii_lowercase()), *known))
        .filter(|(distance, _)| *distance <= 2)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests;
