//! What the scrape jobs of a file are, for lists. Secrets stay in the file.
//!
//! A file with mistakes is shown as far as it can be understood.

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
    /// The targets that are written in the job.
    pub targets: Vec<String>,
    /// Labels of these targets, each once.
    pub labels: Vec<(String, String)>,
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
    let (targets, labels) = targets(&fields);
    Some(JobView {
        name: text("job_name", ""),
        name_span: fields.get("job_name").map(|entry| entry.value.span),
        index,
        span: node.span,
        scheme: text("scheme", "http"),
        path: text("metrics_path", "/metrics"),
        interval,
        timeout_ms: timeout.unwrap_or(times.timeout_ms.min(interval.milliseconds)),
        targets,
        labels,
        discoveries: discoveries(&fields),
        auth: auth(&fields),
        relabels: fields.filled("relabel_configs").is_some()
            || fields.filled("metric_relabel_configs").is_some(),
    })
}

fn targets(fields: &Fields<'_>) -> (Vec<String>, Vec<(String, String)>) {
    let (mut targets, mut labels) = (Vec::new(), Vec::new());
    let groups = fields.get("static_configs").map_or(&[] as &[_], |entry| entry.value.elements());
    for (group, _) in groups.iter().filter_map(Fields::of) {
        let written = group.get("targets").map_or(&[] as &[_], |entry| entry.value.elements());
        targets.extend(written.iter().map(word));
        if let Some((own, _)) = group.get("labels").and_then(|entry| Fields::of(&entry.value)) {
            labels.extend(own.iter().map(|label| (label.key.clone(), word(&label.value))));
        }
    }
    labels.sort();
    labels.dedup();
    (targets, labels)
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
