//! What the scrape jobs of a file are, for lists. Secrets stay in the file.
//!
//! A file with mistakes is shown as far as it can be understood.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::fields::Fields;
use super::rule_views::word;
use super::scrape::{Times, read};
use crate::document::{Node, Source, Span};

/// How a job proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// Not at all.
    None,
    /// With a name and a password.
    Basic,
    /// With a token or another header.
    Authorization,
    /// With a token that it fetches by OAuth 2.0.
    OAuth2,
    /// With a certificate.
    Certificate,
}

/// How often a job is scraped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// The time from one scrape to the next, in milliseconds.
    pub milliseconds: u64,
    /// Whether the job says it itself; otherwise it is that of the global section, or Prometheus' default.
    pub is_own: bool,
}

/// Targets that are written in a job together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetsView {
    /// `host:port` of each target.
    pub targets: Vec<String>,
    /// Labels of all of them.
    pub labels: BTreeMap<String, String>,
}

/// A scrape job.
#[derive(Debug, Clone, PartialEq)]
pub struct JobView {
    /// Its name; empty when it has none.
    pub name: String,
    /// Where the name stands.
    pub name_span: Option<Span>,
    /// Its place in the file, from 0.
    pub index: usize,
    /// The whole job.
    pub span: Span,
    /// `http` or `https`.
    pub scheme: String,
    /// The path of the metrics.
    pub path: String,
    /// How often it is scraped.
    pub interval: Interval,
    /// How long it may take, in milliseconds.
    pub timeout_ms: u64,
    /// The targets that are written in the job, in their groups.
    pub groups: Vec<TargetsView>,
    /// Its discoveries: kind (`kubernetes`, `file`) and how many of it.
    pub discoveries: Vec<(String, usize)>,
    /// How it proves who it is.
    pub auth: Auth,
    /// Whether targets or samples are relabelled.
    pub relabels: bool,
}

/// Returns the scrape jobs of a file of Prometheus.
pub fn jobs(source: &Source) -> Vec<JobView> {
    let Some((root, _)) = Fields::of(source.root()) else { return Vec::new() };
    let global = root.get("global").and_then(|entry| Fields::of(&entry.value));
    let times = Times::of(global.as_ref().map(|(fields, _)| fields));
    let jobs = root.get("scrape_configs").map_or(&[] as &[_], |entry| entry.value.elements());
    jobs.iter().enumerate().filter_map(|(index, node)| job(index, node, times)).collect()
}

fn job(index: usize, node: &Node, times: Times) -> Option<JobView> {
    let (fields, _) = Fields::of(node)?;
    let text = |name: &str, default: &str| match fields.filled(name) {
        Some(entry) => word(&entry.value),
        None => default.to_owned(),
    };
    let own = read(Some(&fields), "scrape_interval");
    let interval = Interval { milliseconds: own.unwrap_or(times.interval_ms), is_own: own.is_some() };
    let timeout = read(Some(&fields), "scrape_timeout");
    Some(JobView {
        name: text("job_name", ""),
        name_span: fields.get("job_name").map(|entry| entry.value.span),
        index,
        span: node.span,
        scheme: text("scheme", "http"),
        path: text("metrics_path", "/metrics"),
        interval,
        timeout_ms: timeout.unwrap_or(times.timeout_ms.min(interval.milliseconds)),
        groups: groups(&fields),
        discoveries: discoveries(&fields),
        auth: auth(&fields),
        relabels: fields.filled("relabel_configs").is_some()
            || fields.filled("metric_relabel_configs").is_some(),
    })
}

impl JobView {
    /// Returns all targets that are written in the job.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().flat_map(|group| &group.targets).map(String::as_str)
    }

    /// Returns the labels of these targets, each with all its values in the order of the file: one value, when all targets share it. Where
    /// some have no such label, one value is empty, which is the same to Prometheus. A group without targets labels nothing and counts only when
    /// there are no others.
    pub fn labels(&self) -> BTreeMap<&str, Vec<&str>> {
        let with_targets: Vec<_> = self.groups.iter().filter(|group| !group.targets.is_empty()).collect();
        let groups = if with_targets.is_empty() { self.groups.iter().collect() } else { with_targets };
        let names: BTreeSet<&String> = groups.iter().flat_map(|group| group.labels.keys()).collect();
        let values = |name: &String| {
            let mut seen = HashSet::new();
            let all = groups.iter().map(|group| group.labels.get(name).map_or("", String::as_str));
            all.filter(|value| seen.insert(*value)).collect()
        };
        names.into_iter().map(|name| (name.as_str(), values(name))).collect()
    }
}

fn groups(fields: &Fields<'_>) -> Vec<TargetsView> {
    let groups = fields.get("static_configs").map_or(&[] as &[_], |entry| entry.value.elements());
    let group = |(group, _): (Fields<'_>, _)| {
        let written = group.get("targets").map_or(&[] as &[_], |entry| entry.value.elements());
        let labels = group.get("labels").and_then(|entry| Fields::of(&entry.value));
        let labels =
            labels.map(|(own, _)| own.iter().map(|label| (label.key.clone(), word(&label.value))).collect());
        TargetsView { targets: written.iter().map(word).collect(), labels: labels.unwrap_or_default() }
    };
    groups.iter().filter_map(Fields::of).map(group).collect()
}

fn discoveries(fields: &Fields<'_>) -> Vec<(String, usize)> {
    let kinds = fields.iter().filter_map(|entry| {
        let kind = entry.key.strip_suffix("_sd_configs")?;
        Some((kind.to_owned(), entry.value.elements().len()))
    });
    kinds.filter(|(_, count)| *count > 0).collect()
}

fn auth(fields: &Fields<'_>) -> Auth {
    let tls = fields.get("tls_config").and_then(|entry| Fields::of(&entry.value));
    let certificate =
        tls.is_some_and(|(tls, _)| tls.filled("cert_file").or_else(|| tls.filled("cert")).is_some());
    let has = |name: &str| fields.get(name).is_some();
    if has("basic_auth") {
        Auth::Basic
    } else if has("oauth2") {
        Auth::OAuth2
    } else if has("authorization") || has("bearer_token") || has("bearer_token_file") {
        Auth::Authorization
    } else if certificate {
        Auth::Certificate
    } else {
        Auth::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Draft;

    #[test]
    fn labels_are_those_that_targets_have() {
        for (groups, wanted) in [
            (
                "[{targets: [a:1], labels: {dc: one, job: x}}, {targets: [b:1], labels: {dc: two, job: a}}]",
                &[("dc", &["one", "two"][..]), ("job", &["x", "a"])][..],
            ),
            (
                "[{targets: [a:1], labels: {dc: one, n: 1}}, {targets: [b:1], labels: {dc: one}}]",
                &[("dc", &["one"]), ("n", &["1", ""])],
            ),
            ("[{targets: [], labels: {dc: none}}, {targets: [b:1], labels: {dc: one}}]", &[("dc", &["one"])]),
            ("[{targets: [], labels: {dc: none}}]", &[("dc", &["none"])]),
            ("[{targets: [a:1], labels: {<<: {dc: one}, n: 1}}]", &[("dc", &["one"]), ("n", &["1"])]),
            ("[{targets: [a:1]}, {targets: [b:1], labels: }]", &[]),
            ("[]", &[]),
        ] {
            let text = format!("scrape_configs: [{{job_name: a, static_configs: {groups}}}]\n");
            let source = Draft::read("p.yml", &text).source.unwrap();
            let wanted: BTreeMap<&str, Vec<&str>> =
                wanted.iter().map(|(name, values)| (*name, values.to_vec())).collect();
            assert_eq!(jobs(&source)[0].labels(), wanted, "{groups}");
        }
    }
}
