//! Checks of the files of Prometheus and Alertmanager, as their servers would check them: unknown fields, wrong kinds, and what must
//! hold between fields. Each finding has a place, a stable code, and where it can a hint.
//!
//! It decides whether a server would take a file, and what an administrator should look at. Reading YAML is left to `document`;
//! expressions and templates are judged by functions that the caller passes in, and here only for the versions that take them; whether a file exists is asked through [`Files`].
//! What each field means was taken from the documentation of Prometheus 3 (configuration, recording and alerting rules) and
//! Alertmanager 0.28, and tried against promtool 2.42.
//!
//! `Error` is what the server would refuse or break on; `Warning` is what it takes, and what will most likely not do what was meant.

mod ages;
mod alertmanager;
mod chats;
mod clouds;
mod discovery;
mod fields;
mod go_yaml;
mod http;
mod inner_place;
mod integrations;
mod jobs;
mod matchers;
mod merges;
mod mistaken_file;
mod relabel;
mod remote;
mod routes;
mod rule_views;
mod rules;
mod scrape;
mod selectors;
mod server;
mod shape;
mod targets;
mod time_intervals;
mod urls;
mod walk;
mod words;

pub(in crate::prometheus) use fields::Fields;
pub(in crate::prometheus) use inner_place::inner_span;
pub use jobs::{Auth, Interval, JobView, TargetsView, jobs};
pub(in crate::prometheus) use matchers::{read as read_matchers, unescaped};
pub use rule_views::{GroupView, RuleKind, RuleView, rule_groups, rules};
pub use shape::{KnownField, Version};
pub(in crate::prometheus) use time_intervals::{minutes as minutes_of_day, month, weekday};
pub(in crate::prometheus) use walk::word;
pub(in crate::prometheus) use words::duration;

use std::collections::HashSet;

use crate::document::{Draft, Finding, Severity, Source, in_order};
use shape::{Kind, Section};
use walk::{THIS_FILE, Walk};

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// The main file of Prometheus, `prometheus.yml`.
    Prometheus,
    /// A file that `scrape_config_files` names: scrape jobs only.
    ScrapeConfigs,
    /// A file that `rule_files` names: groups of rules.
    Rules,
    /// A file of targets for `file_sd_configs`, YAML or JSON.
    FileSd,
    /// The file of Alertmanager, `alertmanager.yml`.
    Alertmanager,
}

impl FileKind {
    fn root(self) -> &'static Kind {
        match self {
            FileKind::Prometheus => &PROMETHEUS,
            FileKind::ScrapeConfigs => &SCRAPE_CONFIGS,
            FileKind::Rules => &RULES,
            FileKind::FileSd => &targets::FILE,
            FileKind::Alertmanager => &ALERTMANAGER,
        }
    }

    fn section(self) -> Option<&'static Section> {
        match self.root() {
            Kind::Section(section) => Some(section),
            Kind::List(Kind::Section(section)) => Some(section),
            _ => None,
        }
    }
}

static PROMETHEUS: Kind = Kind::Section(&server::CONFIG);
static SCRAPE_CONFIGS: Kind = Kind::Section(&server::SCRAPE_CONFIG_FILE);
static RULES: Kind = Kind::Section(&rules::FILE);
static ALERTMANAGER: Kind = Kind::Section(&alertmanager::CONFIG);

/// Other files, as the server would find them. Paths are as they are written: relative ones count from the folder of the file that is
/// checked.
pub trait Files {
    /// Says whether there is a file at a path.
    fn exists(&self, path: &str) -> bool;
    /// Says whether a pattern (`rules/*.yml`) fits any file.
    fn any_match(&self, pattern: &str) -> bool;
}

/// Files that can't be looked at, such as those of a pod: all of them count as there.
#[derive(Debug, Clone, Copy, Default)]
pub struct UnseenFiles;

impl Files for UnseenFiles {
    fn exists(&self, _: &str) -> bool {
        true
    }

    fn any_match(&self, _: &str) -> bool {
        true
    }
}

/// A mistake in an expression or a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExprMistake {
    /// First byte in the expression.
    pub start: usize,
    /// The byte behind the last one.
    pub end: usize,
    /// A stable word for scripts.
    pub code: String,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// Does the server take it, and stumble on it only when it fills the template in?
    pub late: bool,
}

/// Finds the first mistake in an expression or a template; `None`: there is none.
pub type ExprCheck<'a> = dyn Fn(&str) -> Option<ExprMistake> + 'a;

/// What a file is checked against.
pub struct Surroundings<'a> {
    /// The other files.
    pub files: &'a dyn Files,
    /// The server's version. Without it, what any supported server takes is taken.
    pub server: Option<Version>,
    /// How the expressions of rules are judged; `None`: not at all.
    pub expr: Option<&'a ExprCheck<'a>>,
    /// How templates in labels and annotations of alerts are judged; `None`: not at all.
    pub template: Option<&'a ExprCheck<'a>>,
}

impl Default for Surroundings<'_> {
    fn default() -> Self {
        Surroundings { files: &UnseenFiles, server: None, expr: None, template: None }
    }
}

/// Checks a file that has been read. The findings are in the order of their places.
pub fn check(source: &Source, kind: FileKind, surroundings: &Surroundings<'_>) -> Vec<Finding> {
    if let Some(finding) = mistaken_file::check(source, kind) {
        return vec![finding];
    }
    let mut walk = Walk::new(source, kind, surroundings);
    go_yaml::check(&mut walk);
    walk.value(THIS_FILE, kind.root(), source.root());
    let mut findings = walk.findings;
    in_order(&mut findings);
    name_format(source.text(), kind, &mut findings);
    findings
}

/// Says of a file of rules that nothing could be made of when it is of the format before Prometheus 2.
fn name_format(text: &str, kind: FileKind, findings: &mut [Finding]) {
    let first = findings.iter_mut().find(|finding| finding.severity == Severity::Error);
    if let Some(first) = first
        && kind == FileKind::Rules
        && rules::is_of_prometheus_1(text)
    {
        first.hint = Some(rules::OLD_FORMAT.to_owned());
    }
}

/// Reads and checks a text. `file` is what findings call it. An empty text is right for Prometheus: everything has a default.
pub fn check_text(file: &str, text: &str, kind: FileKind, surroundings: &Surroundings<'_>) -> Vec<Finding> {
    let mut draft = Draft::read(file, text);
    if let Some(source) = &draft.source {
        draft.findings.extend(check(source, kind, surroundings));
    } else if kind != FileKind::Alertmanager {
        draft.findings.retain(|finding| finding.code != "empty");
    }
    name_format(text, kind, &mut draft.findings);
    draft.into_findings()
}

/// The code of findings about files that are not there.
const MISSING_FILE: &str = "missing-file";

/// Says whether a finding is the mistake that a file is not there which has to be.
pub fn is_missing_file(finding: &Finding) -> bool {
    finding.severity == Severity::Error && finding.code == MISSING_FILE
}

/// Makes warnings of the files that were missing before an edit as well: the edit has not taken them away, and a running server has
/// loaded the text without them. `before` are the findings about the text before.
pub fn excuse_missing_files(findings: &mut [Finding], before: &[Finding]) {
    let was_missing: HashSet<&str> = before
        .iter()
        .filter(|finding| is_missing_file(finding))
        .map(|finding| finding.message.as_str())
        .collect();
    for finding in findings.iter_mut().filter(|finding| is_missing_file(finding)) {
        if was_missing.contains(finding.message.as_str()) {
            finding.severity = Severity::Warning;
        }
    }
}

/// Says whether a server would refuse the file for one of these.
pub fn is_refused(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// Says whether this is about a template that the server takes, and that fails each time that it is filled in.
pub fn is_late(finding: &Finding) -> bool {
    let is_of_template = matches!(finding.code.as_str(), "unknown-field" | "unknown-variable" | "unexpected");
    is_of_template && finding.severity == Severity::Warning
}

/// Makes errors of those late mistakes that were not there before an edit: what is being written can be mended at once.
pub fn refuse_new_late(before: &[Finding], after: &mut [Finding]) {
    let mut known: Vec<&str> =
        before.iter().filter(|finding| is_late(finding)).map(|finding| finding.message.as_str()).collect();
    for finding in after.iter_mut().filter(|finding| is_late(finding)) {
        match known.iter().position(|message| *message == finding.message) {
            Some(at) => {
                known.swap_remove(at);
            }
            None => finding.severity = Severity::Error,
        }
    }
}

/// Returns all fields that are known for a kind of file, each with its path and the versions that have it.
///
/// Lists are `[]` and mappings with free keys `{}` in a path: `scrape_configs[].static_configs[].labels{}`.
pub fn known_fields(kind: FileKind) -> Vec<KnownField> {
    let mut known = Vec::new();
    if let Some(section) = kind.section() {
        shape::list_fields(kind, section, "", &mut Vec::new(), &mut known);
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fields are looked up by bisection, so a table that is not in order hides some of its own.
    fn every_field_is_found(section: &'static Section, seen: &mut HashSet<*const Section>) {
        if !seen.insert(section) {
            return;
        }
        for field in section.all_fields() {
            let found = section.field(field.name).is_some_and(|found| std::ptr::eq(found, field));
            assert!(found, "`{}` of {} is out of order, or there twice", field.name, section.title);
            let mut kind = &field.kind;
            while let Kind::List(inner) | Kind::Map(inner) = kind {
                kind = inner;
            }
            if let Kind::Section(inner) = kind {
                every_field_is_found(inner, seen);
            }
        }
    }

    #[test]
    fn tables_are_in_order() {
        let mut seen = HashSet::new();
        for kind in [
            FileKind::Prometheus,
            FileKind::ScrapeConfigs,
            FileKind::Rules,
            FileKind::FileSd,
            FileKind::Alertmanager,
        ] {
            every_field_is_found(kind.section().unwrap(), &mut seen);
        }
        assert!(seen.len() > 80, "{} sections", seen.len());
    }

    struct NoFiles;

    impl Files for NoFiles {
        fn exists(&self, _: &str) -> bool {
            false
        }

        fn any_match(&self, _: &str) -> bool {
            false
        }
    }

    #[test]
    fn only_files_that_an_edit_brings_in_must_be_there() {
        let check = |text: &str| {
            let around = Surroundings { files: &NoFiles, ..Surroundings::default() };
            check_text("f", text, FileKind::Prometheus, &around)
        };
        let before = "rule_files: [a.rules]\nscrape_configs:\n- job_name: a\n  bearer_token_file: /run/t\n";
        for (after, refused) in [
            (before.to_owned(), false),
            (format!("# above\n{before}- job_name: b\n"), false),
            (format!("{before}- job_name: b\n  bearer_token_file: /run/t\n"), false),
            (format!("{before}- job_name: b\n  bearer_token_file: /run/u\n"), true),
            (before.replace("a.rules", "b.rules"), true),
            (before.replace("a.rules", "\"a[.rules\""), true),
        ] {
            let mut findings = check(&after);
            assert!(is_refused(&findings), "{after}");
            let hints = findings.iter().filter(|finding| is_missing_file(finding));
            for hint in hints.map(|finding| finding.hint.as_deref().unwrap_or_default()) {
                assert!(hint.contains("--files-elsewhere"), "{hint}");
            }
            excuse_missing_files(&mut findings, &check(before));
            assert_eq!(is_refused(&findings), refused, "{after}: {findings:#?}");
        }
    }
}
