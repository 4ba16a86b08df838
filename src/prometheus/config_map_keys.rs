//! The keys of a ConfigMap as the files of a folder: which one is the configuration, which ones it names, and whether all of it fits.
//!
//! A ConfigMap is mounted as a folder whose name is not known here. So a pattern in a configuration means the keys that fit its last part;
//! where it has a wildcard, only those that look like what is meant.

use std::collections::BTreeMap;

use super::config::FileKind;
use crate::document::{Content, Draft};
use crate::fsio;

/// The largest ConfigMap that Kubernetes takes: 1 MiB over all values (Kubernetes' documentation, "ConfigMaps").
pub const LARGEST: usize = 1 << 20;

/// Sections that only a configuration of Prometheus has.
const SECTIONS: [&str; 7] = [
    "scrape_configs",
    "scrape_config_files",
    "rule_files",
    "alerting",
    "remote_write",
    "remote_read",
    "storage",
];

/// Why the key of the configuration is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No text looks like a configuration.
    #[error("none of its keys looks like a configuration of Prometheus: {0}")]
    None(String),
    /// Several do.
    #[error("several of its keys look like a configuration of Prometheus: {0}")]
    Several(String),
}

/// Finds the key of the configuration: the only YAML text with a section that only Prometheus has.
///
/// # Errors
/// When there is none, or more than one.
pub fn configuration_key(texts: &BTreeMap<String, String>) -> Result<String, KeyError> {
    let yaml = || texts.iter().filter(|(key, _)| key.ends_with(".yml") || key.ends_with(".yaml"));
    let mut found: Vec<&str> =
        yaml().filter(|(key, text)| has_section(key, text, &SECTIONS)).map(|(key, _)| key.as_str()).collect();
    if found.is_empty() {
        // one that is empty or broken is known by its usual name
        found.extend(
            yaml()
                .map(|(key, _)| key.as_str())
                .filter(|key| matches!(*key, "prometheus.yml" | "prometheus.yaml")),
        );
    }
    match found.as_slice() {
        [key] => Ok((*key).to_owned()),
        [] => Err(KeyError::None(listed(texts.keys().map(String::as_str)))),
        keys => Err(KeyError::Several(keys.join(", "))),
    }
}

/// Lists keys for a person.
pub fn listed<'a>(keys: impl Iterator<Item = &'a str>) -> String {
    let keys: Vec<&str> = keys.collect();
    if keys.is_empty() { "it has none".to_owned() } else { keys.join(", ") }
}

fn has_section(key: &str, text: &str, sections: &[&str]) -> bool {
    let source = Draft::read(key, text).source;
    source.is_some_and(|source| sections.iter().any(|section| source.root().entry(section).is_some()))
}

/// Says whether a text looks like a rule file.
pub fn looks_like_rules(key: &str, text: &str) -> bool {
    has_section(key, text, &["groups"])
}

/// Returns the keys that a pattern of a configuration means; never the configuration itself.
pub fn meant(texts: &BTreeMap<String, String>, own: &str, pattern: &str, kind: FileKind) -> Vec<String> {
    let last = pattern.rsplit('/').next().unwrap_or(pattern);
    let is_wild = last.contains(['*', '?', '[']);
    let fits = |key: &str, text: &str| {
        key != own && fsio::fits(last, key) && (!is_wild || looks_like(key, text, kind))
    };
    texts.iter().filter(|(key, text)| fits(key, text)).map(|(key, _)| key.clone()).collect()
}

/// Says whether a text is what is meant, or can't be read at all, which is to be told.
fn looks_like(key: &str, text: &str, kind: FileKind) -> bool {
    let draft = Draft::read(key, text);
    let Some(source) = &draft.source else { return draft.has_errors() };
    match kind {
        FileKind::Rules => source.root().entry("groups").is_some(),
        FileKind::ScrapeConfigs => source.root().entry("scrape_configs").is_some(),
        FileKind::FileSd => matches!(source.root().content, Content::List(_)),
        FileKind::Prometheus | FileKind::Alertmanager => true,
    }
}

/// Returns the bytes of all values with one of them replaced.
pub fn size_with(sizes: impl Iterator<Item = (String, usize)>, key: &str, text: &str) -> usize {
    sizes.filter(|(other, _)| other != key).map(|(_, size)| size).sum::<usize>() + text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
        entries.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn the_configuration_is_the_only_text_that_looks_like_one() {
        let rules = ("rules.yml", "groups: []\n");
        let alerts = ("alertmanager.yml", "global: {}\nroute: {receiver: a}\nreceivers: [{name: a}]\n");
        let one = ("conf.yaml", "global: {}\nscrape_configs: []\n");
        assert_eq!(configuration_key(&texts(&[rules, alerts, one])).unwrap(), "conf.yaml");
        let readme = ("notes.txt", "scrape_configs: []\n");
        assert_eq!(configuration_key(&texts(&[rules, readme, one])).unwrap(), "conf.yaml");
        // a broken one is still the one that is meant
        assert_eq!(
            configuration_key(&texts(&[rules, ("prometheus.yml", "scrape_configs: [\n")])).unwrap(),
            "prometheus.yml"
        );
        let several = texts(&[one, ("prometheus.yml", "rule_files: []\n")]);
        assert_eq!(
            configuration_key(&several).unwrap_err(),
            KeyError::Several("conf.yaml, prometheus.yml".into())
        );
        assert_eq!(configuration_key(&texts(&[rules])).unwrap_err(), KeyError::None("rules.yml".into()));
        assert_eq!(configuration_key(&texts(&[])).unwrap_err(), KeyError::None("it has none".into()));
    }

    #[test]
    fn patterns_mean_the_keys_that_fit_their_last_part() {
        let all = texts(&[
            ("prometheus.yml", "groups: []\n"),
            ("hall.yml", "groups: []\n"),
            ("broken.yml", "groups: [\n"),
            ("alertmanager.yml", "route: {}\n"),
            ("targets.yml", "- targets: [a:1]\n"),
            ("alerting_rules", "route: {}\n"),
        ]);
        let meant = |pattern: &str, kind| meant(&all, "prometheus.yml", pattern, kind);
        assert_eq!(meant("/etc/prometheus/*.yml", FileKind::Rules), ["broken.yml", "hall.yml"]);
        assert_eq!(meant("*.yml", FileKind::FileSd), ["broken.yml", "targets.yml"]);
        // what is named is meant, whatever it looks like
        assert_eq!(meant("/etc/config/alerting_rules", FileKind::Rules), ["alerting_rules"]);
        assert!(meant("prometheus.yml", FileKind::Rules).is_empty());
        assert!(meant("rules/[", FileKind::Rules).is_empty());
    }

    #[test]
    fn the_size_is_that_of_all_values() {
        let sizes = || [("a".to_owned(), 10), ("b".to_owned(), 5)].into_iter();
        assert_eq!(size_with(sizes(), "a", "xyz"), 8);
        assert_eq!(size_with(sizes(), "c", "xyz"), 18);
    }
}
