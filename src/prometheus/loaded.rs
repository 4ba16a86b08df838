//! Compares a file with the configuration that a server says it goes by.
//!
//! The server writes its configuration anew: with all defaults, durations in its own form, secrets hidden. So not the texts are compared,
//! but what an edit is about: which jobs there are, what they scrape and where, and which rule files are read.

use std::collections::{BTreeMap, BTreeSet};

use super::config;
use crate::document::{Node, Source};

/// What is compared of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Facts {
    targets: BTreeSet<String>,
    path: String,
    scheme: String,
    interval: Option<String>,
}

/// Says how a server's configuration differs from a file; `None`: it does not.
pub fn difference(file: &Source, loaded: &Source) -> Option<String> {
    let (wanted, there) = (jobs(file), jobs(loaded));
    if let Some(name) = wanted.keys().find(|name| !there.contains_key(*name)) {
        return Some(format!("the job `{name}` is not loaded"));
    }
    let more = there.keys().find(|name| !wanted.contains_key(*name));
    // jobs of other files are loaded as well, and are none of ours
    if let Some(name) = more.filter(|_| file.root().entry("scrape_config_files").is_none()) {
        return Some(format!("the job `{name}` is still loaded"));
    }
    for (name, facts) in &wanted {
        let Some(other) = there.get(name) else { continue };
        if facts.targets != other.targets {
            return Some(format!("the job `{name}` is loaded with other targets"));
        }
        if (&facts.path, &facts.scheme) != (&other.path, &other.scheme) {
            return Some(format!("the job `{name}` is loaded with another path or scheme"));
        }
        // an interval that only the file's global section gives is filled in by the server
        if facts.interval.is_some() && milliseconds(&facts.interval) != milliseconds(&other.interval) {
            return Some(format!("the job `{name}` is loaded with another interval"));
        }
    }
    let rules =
        |source: &Source| source.root().entry("rule_files").map_or(0, |entry| entry.value.elements().len());
    (rules(file) != rules(loaded)).then(|| "other rule files are loaded".to_owned())
}

/// Returns the groups of a rule file: their names, and how many rules they have. None for files of another kind.
pub fn groups(source: &Source) -> Vec<(String, usize)> {
    config::rule_groups(source).into_iter().map(|group| (group.name, group.rules.len())).collect()
}

/// Says which group of rules a server does not have as it is wanted. Groups of other files may have the same name.
pub fn missing_group(wanted: &[(String, usize)], loaded: &[(String, usize)]) -> Option<String> {
    let missing = wanted.iter().find(|group| !loaded.contains(group));
    missing.map(|(name, rules)| format!("the group `{name}` with its {rules} rules is not loaded"))
}

fn jobs(source: &Source) -> BTreeMap<String, Facts> {
    let list = source.root().entry("scrape_configs").map_or(&[][..], |entry| entry.value.elements());
    list.iter().filter_map(|job| Some((word(source, job, "job_name")?, facts(source, job)))).collect()
}

fn facts(source: &Source, job: &Node) -> Facts {
    let lists = value(job, "static_configs").map_or(&[][..], Node::elements);
    let targets = lists.iter().filter_map(|list| value(list, "targets")).flat_map(Node::elements);
    Facts {
        targets: targets.filter_map(|target| target.text().map(str::to_owned)).collect(),
        path: word(source, job, "metrics_path").unwrap_or_else(|| "/metrics".to_owned()),
        scheme: word(source, job, "scheme").unwrap_or_else(|| "http".to_owned()),
        interval: word(source, job, "scrape_interval"),
    }
}

/// Returns the value of a key, its own or one that is merged in.
fn value<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    if let Some(entry) = node.entry(key) {
        return Some(&entry.value);
    }
    let merged = &node.entry("<<")?.value;
    merged
        .entry(key)
        .map(|entry| &entry.value)
        .or_else(|| merged.elements().iter().find_map(|one| value(one, key)))
}

fn word(source: &Source, node: &Node, key: &str) -> Option<String> {
    let value = value(node, key)?;
    let bare = || source.text().get(value.span.start..value.span.end);
    value.text().or_else(bare).map(str::to_owned)
}

/// Returns a duration in milliseconds, however it is written.
fn milliseconds(text: &Option<String>) -> Option<u64> {
    text.as_deref().and_then(|text| config::duration(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Draft;

    fn compared(file: &str, loaded: &str) -> Option<String> {
        let source = |text| Draft::read("p.yml", text).source.unwrap();
        difference(&source(file), &source(loaded))
    }

    #[test]
    fn what_a_server_fills_in_is_no_difference() {
        let loaded = "global: {scrape_interval: 15s}\nscrape_configs:\n- job_name: a\n  scrape_interval: 1m30s\n  scrape_timeout: 10s\n  metrics_path: /metrics\n  scheme: http\n  static_configs:\n  - targets:\n    - b:1\n    - a:1\n";
        let job = "scrape_configs: [{job_name: a, scrape_interval: 90s, static_configs: [{targets: [a:1]}, {targets: ['b:1']}]}]";
        assert_eq!(compared(job, loaded), None);
        for (wrong, part) in [
            (job.replace("job_name: a", "job_name: b"), "`b` is not loaded"),
            ("scrape_configs: []".to_owned(), "`a` is still loaded"),
            (job.replace("'b:1'", ""), "other targets"),
            (job.replace("90s", "60s"), "another interval"),
            (job.replace("90s", "90s, metrics_path: /m"), "another path"),
            (format!("{job}\nrule_files: [a.yml]"), "rule files"),
        ] {
            assert!(compared(&wrong, loaded).is_some_and(|said| said.contains(part)), "{wrong}");
        }
    }

    #[test]
    fn merged_keys_are_keys() {
        let file = "x: &d {scheme: https}\nscrape_configs:\n- <<: *d\n  job_name: a\n";
        assert_eq!(compared(file, "scrape_configs: [{job_name: a, scheme: https}]"), None);
    }
}
