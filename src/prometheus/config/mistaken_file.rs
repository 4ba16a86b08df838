//! Files of another kind than the one they were named as: a manifest of Kubernetes, a file of rules, a configuration of Alertmanager.
//!
//! One word about that helps more than each of their keys as an unknown one. Whether the file is right as what it is, is not looked at.

use super::FileKind;
use crate::document::{Content, Finding, Node, Severity, Source};

/// Says what a file is, when its first keys show that it is of another kind.
pub(super) fn check(source: &Source, kind: FileKind) -> Option<Finding> {
    let root = source.root();
    let Content::Map(entries) = &root.content else { return None };
    let (what, hint) = match manifest(root) {
        Some(manifest) => manifest,
        None => other_kind(root, kind)?,
    };
    let message = format!("this is {what}, not {}", described(kind));
    let span = entries.first().map_or(root.span, |entry| entry.key_span);
    Some(source.finding(Severity::Error, "wrong-file", span, message, Some(hint)))
}

fn manifest(root: &Node) -> Option<(String, String)> {
    root.entry("apiVersion")?;
    let kind = root.entry("kind")?.value.text()?;
    let word = |key| {
        let metadata = &root.entry("metadata")?.value;
        metadata.entry(key)?.value.text()
    };
    let (namespace, name) = (word("namespace").unwrap_or("NAMESPACE"), word("name").unwrap_or("NAME"));
    let hint = match kind {
        "ConfigMap" => {
            format!(
                "name the object in the cluster, --target configmap:{namespace}/{name}, or put its text into a file"
            )
        }
        "PrometheusRule" | "ScrapeConfig" => {
            format!("name the objects in the cluster: --target operator:{namespace}")
        }
        _ => "put the text that is in it into a file, and name that".to_owned(),
    };
    Some((format!("a manifest of Kubernetes ({kind})"), hint))
}

fn other_kind(root: &Node, kind: FileKind) -> Option<(String, String)> {
    let has = |kind| keys(kind).iter().any(|key| root.entry(key).is_some());
    if has(kind) {
        return None;
    }
    let kinds = [FileKind::Prometheus, FileKind::Rules, FileKind::Alertmanager];
    let is = kinds.into_iter().find(|other| *other != kind && has(*other))?;
    let hint = match is {
        FileKind::Rules => "`enmon rule check FILE` checks it; a configuration names it in `rule_files`",
        FileKind::Alertmanager => "`enmon alert` is for it",
        _ => "`enmon scrape check --target file:FILE` checks it",
    };
    Some((described(is).to_owned(), hint.to_owned()))
}

/// The keys by which a file shows what it is.
fn keys(kind: FileKind) -> &'static [&'static str] {
    match kind {
        FileKind::Prometheus => &[
            "scrape_configs",
            "scrape_config_files",
            "rule_files",
            "alerting",
            "remote_write",
            "remote_read",
        ],
        FileKind::ScrapeConfigs => &["scrape_configs"],
        FileKind::Rules => &["groups"],
        FileKind::Alertmanager => &["route", "receivers"],
        FileKind::FileSd => &[],
    }
}

fn described(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Prometheus => "a configuration of Prometheus",
        FileKind::ScrapeConfigs => "a file of scrape jobs",
        FileKind::Rules => "a file of rules",
        FileKind::FileSd => "a file of targets",
        FileKind::Alertmanager => "a configuration of Alertmanager",
    }
}

#[cfg(test)]
mod tests {
    use crate::prometheus::config::{FileKind, Surroundings, check_text};

    #[test]
    fn a_file_of_another_kind_gets_one_word_about_that() {
        use FileKind::{Alertmanager, FileSd, Prometheus, Rules};
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: m, name: p}\ndata: {a: b}\n";
        for (text, kind, part) in [
            (map, Prometheus, "(ConfigMap), not a configuration of Prometheus"),
            (map, Rules, "--target configmap:m/p"),
            ("apiVersion: apps/v1\nkind: Deployment\n", Prometheus, "(Deployment)"),
            ("groups: []\n", Prometheus, "this is a file of rules"),
            ("groups: []\n", FileSd, "this is a file of rules"),
            ("global: {}\nroute: {receiver: a}\n", Prometheus, "this is a configuration of Alertmanager"),
            ("global: {}\nscrape_configs: []\n", Rules, "this is a configuration of Prometheus"),
            ("rule_files: []\n", Alertmanager, "this is a configuration of Prometheus"),
        ] {
            let findings = check_text("f", text, kind, &Surroundings::default());
            let [only] = findings.as_slice() else { panic!("{text}: {findings:#?}") };
            assert_eq!(only.code, "wrong-file");
            assert!(only.to_string().contains(part), "{only}");
        }
        // a key that is wrong in a file of the right kind is nothing but that
        for (text, kind) in
            [("scrape_configs: []\ngroups: []\n", Prometheus), ("groups: []\nroute: {}\n", Rules)]
        {
            let findings = check_text("f", text, kind, &Surroundings::default());
            assert_eq!(findings[0].code, "unknown-key", "{findings:#?}");
        }
    }
}
