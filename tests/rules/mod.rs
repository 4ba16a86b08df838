//! The shipped rule files and their unit tests as data, and the names of metrics in an expression.

pub mod runbook;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Returns a path in the repository.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Reads a file of the repository.
pub fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(path(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|file| file.extension().is_some_and(|found| found == extension)).collect();
    files.sort();
    files
}

/// Returns the shipped rule files.
pub fn rule_files() -> Vec<PathBuf> {
    files("templates/rules", "yml")
}

/// Returns their unit tests, files of promtool.
pub fn test_files() -> Vec<PathBuf> {
    files("templates/rules/tests", "yml")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    #[allow(dead_code, reason = "it must be there")]
    name: String,
    #[allow(dead_code, reason = "it must be there")]
    interval: String,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    alert: Option<String>,
    record: Option<String>,
    expr: String,
    #[serde(rename = "for")]
    for_time: Option<String>,
    keep_firing_for: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

/// An alert, by one of its rules.
#[derive(Debug)]
pub struct Alert {
    pub name: String,
    pub expr: String,
    pub for_time: Option<String>,
    pub keep_firing_for: Option<String>,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
}

/// A recording rule.
#[derive(Debug)]
pub struct Record {
    pub name: String,
    pub expr: String,
}

fn parsed<T: serde::de::DeserializeOwned>(file: &Path) -> T {
    let text = fs::read_to_string(file).unwrap();
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn shipped() -> Vec<Rule> {
    let groups = rule_files().into_iter().flat_map(|file| parsed::<RuleFile>(&file).groups);
    groups.flat_map(|group| group.rules).collect()
}

/// Returns all shipped alerts; one that two rules raise is there twice.
pub fn alerts() -> Vec<Alert> {
    let alert = |rule: Rule| {
        Some(Alert {
            name: rule.alert?,
            expr: rule.expr,
            for_time: rule.for_time,
            keep_firing_for: rule.keep_firing_for,
            labels: rule.labels,
            annotations: rule.annotations,
        })
    };
    shipped().into_iter().filter_map(alert).collect()
}

/// Returns all shipped recording rules.
pub fn records() -> Vec<Record> {
    shipped().into_iter().filter_map(|rule| Some(Record { name: rule.record?, expr: rule.expr })).collect()
}

#[derive(Deserialize)]
struct TestFile {
    tests: Vec<TestGroup>,
}

#[derive(Deserialize)]
struct TestGroup {
    alert_rule_test: Vec<Case>,
}

/// What a unit test wants of an alert at a moment.
#[derive(Debug, Deserialize)]
pub struct Case {
    pub alertname: String,
    pub exp_alerts: Vec<Fired>,
}

/// An alert that fires.
#[derive(Debug, Deserialize)]
pub struct Fired {
    pub exp_labels: BTreeMap<String, String>,
}

/// Returns what all unit tests want.
pub fn cases() -> Vec<Case> {
    let groups = test_files().into_iter().flat_map(|file| parsed::<TestFile>(&file).tests);
    groups.flat_map(|group| group.alert_rule_test).collect()
}

/// Words that are followed by a list of labels.
const LABEL_LISTS: &[&str] = &["by", "without", "on", "ignoring", "group_left", "group_right"];
/// Words that are no metrics though they may stand without a parenthesis; aggregations do when their labels come first.
const NO_METRICS: [&[&str]; 3] = [
    LABEL_LISTS,
    &["and", "or", "unless", "bool", "offset"],
    &["sum", "min", "max", "avg", "count", "group", "topk"],
];

/// Returns the names of metrics in an expression. What is in quotes, braces and brackets, and lists of labels, is passed over.
pub fn metric_names(expression: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut rest = expression;
    while let Some(letter) = rest.chars().next() {
        rest = match letter {
            '"' => behind(&rest[1..], '"'),
            '{' => behind_braces(&rest[1..]),
            '[' => behind(&rest[1..], ']'),
            _ if letter.is_ascii_digit() => {
                rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '.')
            }
            _ if letter.is_ascii_alphabetic() || letter == '_' || letter == ':' => {
                let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
                let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                let is_call = after.trim_start().starts_with('(');
                if LABEL_LISTS.contains(&word) && is_call {
                    behind(after, ')')
                } else {
                    if !is_call && !NO_METRICS.iter().any(|words| words.contains(&word)) {
                        names.insert(word.to_owned());
                    }
                    after
                }
            }
            _ => &rest[letter.len_utf8()..],
        };
    }
    names
}

fn behind(text: &str, end: char) -> &str {
    text.find(end).map_or("", |at| &text[at + end.len_utf8()..])
}

/// Passes over matchers; their values may hold braces.
fn behind_braces(mut text: &str) -> &str {
    while let Some(at) = text.find(['"', '}']) {
        if text[at..].starts_with('}') {
            return &text[at + 1..];
        }
        text = behind(&text[at + 1..], '"');
    }
    ""
}
