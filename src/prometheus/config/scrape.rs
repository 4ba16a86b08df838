//! Scrape jobs: their fields, and what holds between them and the global section.

use std::borrow::Cow;
use std::collections::HashMap;

use super::discovery::DISCOVERIES;
use super::fields::{Fields, heading};
use super::http::{CLIENT, client};
use super::relabel::RULES;
use super::shape::{Field, Kind, Section, duration, flag, text, uint};
use super::targets;
use super::walk::Walk;
use super::words;
use crate::document::{Content, Node, Severity, Span};
use crate::promql::duration_text;

/// A scrape job.
pub(super) static SCRAPE: Section = Section {
    title: "a scrape job",
    fields: &[
        flag("always_scrape_classic_histograms").since(3, 0),
        Field::new("body_size_limit", Kind::Size),
        flag("convert_classic_histograms_to_nhcb").since(3, 0),
        flag("enable_compression").since(2, 49),
        flag("extra_scrape_metrics").since(3, 9),
        Field::new("fallback_scrape_protocol", PROTOCOL).since(3, 0),
        flag("honor_labels"),
        flag("honor_timestamps"),
        text("job_name").required(),
        uint("keep_dropped_targets").since(2, 47),
        uint("label_limit"),
        uint("label_name_length_limit"),
        uint("label_value_length_limit"),
        Field::new("metric_name_escaping_scheme", ESCAPING).since(3, 4),
        Field::new("metric_name_validation_scheme", VALIDATION).since(2, 55),
        Field::new("metric_relabel_configs", RULES),
        Field::new("metrics_path", Kind::Judged(metrics_path)),
        uint("native_histogram_bucket_limit").since(2, 45),
        Field::new("native_histogram_min_bucket_factor", Kind::Float).since(2, 50),
        Field::new("params", Kind::Map(&Kind::List(&Kind::Text))),
        Field::new("relabel_configs", RULES),
        uint("sample_limit"),
        Field::new("scheme", Kind::Judged(scheme)),
        flag("scrape_classic_histograms").since(2, 45).until(3, 0),
        file_to_write("scrape_failure_log_file").since(2, 55),
        duration("scrape_interval"),
        flag("scrape_native_histograms").since(3, 8),
        Field::new("scrape_protocols", Kind::Judged(protocols)).since(2, 49),
        duration("scrape_timeout"),
        uint("target_limit"),
        flag("track_timestamps_staleness").since(2, 48),
    ],
    shared: &[CLIENT, DISCOVERIES],
    rule: Some(scrape),
};

pub(super) const ESCAPING: Kind = Kind::OneOf(&["", "allow-utf-8", "underscores", "dots", "values"]);
pub(super) const VALIDATION: Kind = Kind::OneOf(&["", "legacy", "utf8"]);

const PROTOCOLS: &[&str] = &[
    "PrometheusProto",
    "OpenMetricsText1.0.0",
    "OpenMetricsText0.0.1",
    "PrometheusText1.0.0",
    "PrometheusText0.0.4",
];
const PROTOCOL: Kind = Kind::OneOf(PROTOCOLS);

/// A file that the server writes itself.
pub(super) const fn file_to_write(name: &'static str) -> Field {
    text(name)
}

/// Checks the list of protocols of a job or of all.
pub(super) fn protocols<'a>(walk: &mut Walk<'a>, name: &str, node: &'a Node) {
    walk.value(name, &Kind::List(&PROTOCOL), node);
    let elements = node.elements();
    if matches!(&node.content, Content::List(elements) if elements.is_empty()) {
        walk.error("missing-key", heading(node), format!("`{name}` is empty"));
    }
    for (at, element) in elements.iter().enumerate().take(2 * PROTOCOLS.len()) {
        let Some(word) = element.text() else { continue };
        if elements[..at].iter().any(|other| other.text().is_some_and(|o| o.eq_ignore_ascii_case(word))) {
            walk.error("duplicate-name", element.span, format!("`{word}` stands in `{name}` twice"));
        }
    }
}

fn metrics_path<'a>(walk: &mut Walk<'a>, name: &str, node: &'a Node) {
    walk.value(name, &Kind::Text, node);
    let Some(path) = node.text().filter(|path| !path.is_empty()) else { return };
    if !path.starts_with('/') {
        let message = format!("`{name}` does not begin with `/`");
        walk.warn("wrong-form", node.span, message, format!("write `/{path}`"));
    } else if path.contains('?') {
        let message = format!("`{name}` has a `?` in it, which is sent as a part of the path");
        walk.warn("wrong-form", node.span, message, "write what follows it as `params`");
    }
}

/// A server loads a job with another scheme, and then drops each of its targets.
pub(super) fn scheme<'a>(walk: &mut Walk<'a>, name: &str, node: &'a Node) {
    walk.value(name, &Kind::Text, node);
    let Some(scheme) = walk.word(node) else { return };
    if !matches!(&*scheme, "http" | "https" | "") {
        let message = format!("`{scheme}` is no scheme that can be used here");
        walk.error_hint("unknown-word", node.span, message, "write `http` or `https`");
    }
}

fn scrape<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) {
    client(walk, fields);
    let relabels = fields.filled("relabel_configs").is_some();
    let groups = fields.get("static_configs").map_or(&[] as &[_], |entry| entry.value.elements());
    if !relabels {
        for group in groups {
            targets::check_targets(walk, group, Severity::Error);
        }
    }
    // a discovery whose name is misspelt has its own finding
    let has_targets =
        fields.iter().any(|entry| entry.key.contains("_sd_config") || entry.key.starts_with("static_config"));
    if !has_targets {
        let message = "the job has no targets";
        walk.warn("no-targets", fields.span(), message, "add `static_configs` or a discovery");
    }
}

/// The times of the global section, with the defaults of Prometheus.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub(super) interval_ms: u64,
    pub(super) timeout_ms: u64,
}

impl Times {
    /// Reads them; what can't be read counts as not written.
    pub(super) fn of(global: Option<&Fields<'_>>) -> Times {
        let interval_ms = read(global, "scrape_interval").unwrap_or(60_000);
        let timeout_ms = read(global, "scrape_timeout").unwrap_or(interval_ms.min(10_000));
        Times { interval_ms, timeout_ms }
    }
}

/// Returns a duration in milliseconds, when one is written that is not zero.
pub(super) fn read(fields: Option<&Fields<'_>>, name: &str) -> Option<u64> {
    words::duration(fields?.text(name)?).ok().filter(|milliseconds| *milliseconds > 0)
}

/// Checks what holds between jobs: names that differ, time-outs within intervals.
pub(super) fn jobs<'a>(walk: &mut Walk<'a>, jobs: &'a [Node], times: Times) {
    let mut names: HashMap<Cow<'a, str>, Span> = HashMap::with_capacity(jobs.len());
    for job in jobs {
        let Some((fields, _)) = Fields::of(job) else { continue };
        timeout(walk, &fields, times);
        let Some(entry) = fields.filled("job_name") else { continue };
        let Some(name) = walk.word(&entry.value) else { continue };
        if let Some(first) = names.get(&name) {
            let line = walk.source.finding(Severity::Error, "", *first, "", None).place;
            let message = format!("a job named `{name}` exists already");
            let hint = format!("the first stands in line {}", line.map_or(0, |place| place.line));
            walk.error_hint("duplicate-name", entry.value.span, message, hint);
        } else {
            names.insert(name, entry.value.span);
        }
    }
}

fn timeout<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>, times: Times) {
    let interval = read(Some(fields), "scrape_interval").unwrap_or(times.interval_ms);
    let Some(timeout) = read(Some(fields), "scrape_timeout") else { return };
    if timeout <= interval {
        return;
    }
    let span = fields.get("scrape_timeout").map_or(fields.span(), |entry| entry.value.span);
    let own = if fields.get("scrape_interval").is_some() { "raise" } else { "give the job its own" };
    let interval = i64::try_from(interval).map_or_else(|_| String::new(), duration_text);
    let hint = format!(
        "lower it to {interval} at the most (--timeout {interval}), or {own} `scrape_interval` (--interval)"
    );
    let message = format!("`scrape_timeout` is longer than `scrape_interval`, which is {interval}");
    walk.error_hint("timeout-above-interval", span, message, hint);
}
