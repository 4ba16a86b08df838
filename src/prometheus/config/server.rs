//! The main file of Prometheus: its sections, those that belong to no job, and what holds between sections.

use super::MISSING_FILE;
use super::discovery::DISCOVERIES;
use super::fields::{Fields, heading};
use super::http::{CLIENT, TLS, client};
use super::relabel::RULES;
use super::remote;
use super::scrape::{self, ESCAPING, SCRAPE, Times, VALIDATION, file_to_write, protocols, scheme};
use super::shape::{Field, Kind, Section, duration, flag, int, one_of, section, text, texts, uint};
use super::targets;
use super::walk::Walk;
use super::words::Number;
use crate::document::{Content, Node, Severity};

/// The file.
pub(super) static CONFIG: Section = Section {
    title: "Prometheus' configuration",
    fields: &[
        section("alerting", &ALERTING),
        section("global", &GLOBAL),
        section("otlp", &OTLP).since(2, 55),
        Field::new("remote_read", Kind::List(&Kind::Section(&remote::READ))),
        Field::new("remote_write", Kind::List(&Kind::Section(&remote::WRITE))),
        Field::new("rule_files", Kind::Judged(rule_files)),
        section("runtime", &RUNTIME).since(2, 53),
        Field::new("scrape_config_files", Kind::Judged(scrape_config_files)).since(2, 43),
        Field::new("scrape_configs", Kind::List(&Kind::Section(&SCRAPE))),
        section("storage", &STORAGE),
        section("tracing", &TRACING),
    ],
    shared: &[],
    rule: Some(config),
};

/// A file of scrape jobs alone.
pub(super) static SCRAPE_CONFIG_FILE: Section = Section {
    title: "a file of scrape jobs",
    fields: &[Field::new("scrape_configs", Kind::List(&Kind::Section(&SCRAPE)))],
    shared: &[],
    rule: Some(|walk, fields| {
        let jobs = fields.get("scrape_configs").map_or(&[] as &[_], |entry| entry.value.elements());
        // the global section stands in another file, so only times that are both in the job can be compared
        scrape::jobs(walk, jobs, Times { interval_ms: u64::MAX, timeout_ms: 10_000 });
    }),
};

fn config<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) {
    let global = fields.get("global").and_then(|entry| Fields::of(&entry.value));
    let times = Times::of(global.as_ref().map(|(fields, _)| fields));
    let elements = |name| fields.get(name).map_or(&[] as &'a [Node], |entry| entry.value.elements());
    scrape::jobs(walk, elements("scrape_configs"), times);
    remote::names(walk, "remote_write", elements("remote_write"));
    remote::names(walk, "remote_read", elements("remote_read"));
    let legacy = global.as_ref().and_then(|(global, _)| global.text("metric_name_validation_scheme"));
    let otlp = fields.get("otlp").and_then(|entry| Fields::of(&entry.value));
    if let Some(entry) = otlp.as_ref().and_then(|(otlp, _)| otlp.get("translation_strategy"))
        && matches!(entry.value.text(), Some("NoTranslation" | "NoUTF8EscapingWithSuffixes"))
        && legacy == Some("legacy")
    {
        let message = "this strategy needs UTF-8 names, and `metric_name_validation_scheme` is `legacy`";
        walk.error("both-set", entry.value.span, message);
    }
}

static GLOBAL: Section = Section {
    title: "the global section",
    fields: &[
        flag("always_scrape_classic_histograms").since(3, 4),
        Field::new("body_size_limit", Kind::Size).since(2, 45),
        flag("convert_classic_histograms_to_nhcb").since(3, 4),
        duration("evaluation_interval"),
        Field::new("external_labels", Kind::Labels),
        flag("extra_scrape_metrics").since(3, 9),
        uint("keep_dropped_targets").since(2, 47),
        uint("label_limit").since(2, 45),
        uint("label_name_length_limit").since(2, 45),
        uint("label_value_length_limit").since(2, 45),
        Field::new("metric_name_escaping_scheme", ESCAPING).since(3, 4),
        Field::new("metric_name_validation_scheme", VALIDATION).since(2, 55),
        file_to_write("query_log_file"),
        duration("rule_query_offset").since(2, 53),
        uint("sample_limit").since(2, 45),
        file_to_write("scrape_failure_log_file").since(2, 55),
        duration("scrape_interval"),
        flag("scrape_native_histograms").since(3, 8),
        Field::new("scrape_protocols", Kind::Judged(protocols)).since(2, 49),
        duration("scrape_timeout"),
        uint("target_limit").since(2, 45),
    ],
    shared: &[],
    rule: Some(|walk, fields| {
        let interval = scrape::read(Some(fields), "scrape_interval").unwrap_or(60_000);
        let timeout = scrape::read(Some(fields), "scrape_timeout");
        if timeout.is_some_and(|timeout| timeout > interval) {
            let span = fields.get("scrape_timeout").map_or(fields.span(), |entry| entry.value.span);
            let message = "`scrape_timeout` is longer than `scrape_interval`";
            walk.error("timeout-above-interval", span, message);
        }
    }),
};

static RUNTIME: Section = Section { title: "`runtime`", fields: &[int("gogc")], shared: &[], rule: None };

static STORAGE: Section = Section {
    title: "`storage`",
    fields: &[section("exemplars", &EXEMPLARS), section("tsdb", &TSDB)],
    shared: &[],
    rule: None,
};

static EXEMPLARS: Section =
    Section { title: "`exemplars`", fields: &[int("max_exemplars")], shared: &[], rule: None };

static TSDB: Section = Section {
    title: "`tsdb`",
    fields: &[duration("out_of_order_time_window"), section("retention", &RETENTION).since(3, 9)],
    shared: &[],
    rule: None,
};

static RETENTION: Section = Section {
    title: "`retention`",
    fields: &[Field::new("size", Kind::Size), duration("time")],
    shared: &[],
    rule: None,
};

static TRACING: Section = Section {
    title: "`tracing`",
    fields: &[
        one_of("client_type", &["grpc", "http"]),
        one_of("compression", &["", "gzip"]),
        text("endpoint").required(),
        Field::new("headers", Kind::Map(&Kind::Text)),
        flag("insecure"),
        Field::new("sampling_fraction", Kind::Float),
        duration("timeout"),
        section("tls_config", &TLS),
    ],
    shared: &[],
    rule: Some(|walk, fields| {
        remote::headers(walk, fields);
        let Some(entry) = fields.get("sampling_fraction") else { return };
        let Content::Number(number) = &entry.value.content else { return };
        if Number::of(number).is_some_and(|number| number.is_negative() || number.is_above(1.0)) {
            let message = "`sampling_fraction` is a part of 1";
            walk.warn("out-of-range", entry.value.span, message, "write a number from 0 to 1");
        }
    }),
};

const STRATEGIES: &[&str] = &[
    "",
    "UnderscoreEscapingWithSuffixes",
    "UnderscoreEscapingWithoutSuffixes",
    "NoUTF8EscapingWithSuffixes",
    "NoTranslation",
];

static OTLP: Section = Section {
    title: "`otlp`",
    fields: &[
        flag("convert_histograms_to_nhcb").since(3, 4),
        texts("ignore_resource_attributes").since(3, 5),
        flag("keep_identifying_resource_attributes").since(3, 1),
        flag("label_name_preserve_multiple_underscores").since(3, 8),
        flag("label_name_underscore_sanitization").since(3, 8),
        flag("promote_all_resource_attributes").since(3, 5),
        texts("promote_resource_attributes"),
        flag("promote_scope_metadata").since(3, 6),
        one_of("translation_strategy", STRATEGIES).since(3, 0),
    ],
    shared: &[],
    rule: Some(otlp),
};

fn otlp<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) {
    let all = fields.get("promote_all_resource_attributes");
    let all = all.is_some_and(|entry| entry.value.content == Content::Bool(true));
    match (all, fields.filled("promote_resource_attributes"), fields.filled("ignore_resource_attributes")) {
        (true, Some(entry), _) => {
            let message =
                "`promote_resource_attributes` can't be set beside `promote_all_resource_attributes`";
            walk.error("both-set", entry.key_span, message);
        }
        (false, _, Some(entry)) => {
            let message = "`ignore_resource_attributes` needs `promote_all_resource_attributes: true`";
            walk.error("missing-key", entry.key_span, message);
        }
        _ => {}
    }
    for name in ["promote_resource_attributes", "ignore_resource_attributes"] {
        let elements = fields.get(name).map_or(&[] as &[_], |entry| entry.value.elements());
        let mut seen = std::collections::HashSet::new();
        for element in elements {
            let Some(word) = walk.word(element) else { continue };
            if word.trim().is_empty() {
                walk.error("empty-entry", heading(element), format!("an entry of `{name}` is empty"));
            } else if !seen.insert(word.trim().to_owned()) {
                let message = format!("`{}` stands in `{name}` twice", word.trim());
                walk.error("duplicate-name", element.span, message);
            }
        }
    }
}

static ALERTING: Section = Section {
    title: "`alerting`",
    fields: &[
        Field::new("alert_relabel_configs", RULES),
        Field::new("alertmanagers", Kind::List(&Kind::Section(&ALERTMANAGER))),
    ],
    shared: &[],
    rule: None,
};

static ALERTMANAGER: Section = Section {
    title: "an Alertmanager",
    fields: &[
        Field::new("alert_relabel_configs", RULES).since(2, 51),
        one_of("api_version", &["v1", "v2"]),
        text("path_prefix"),
        Field::new("relabel_configs", RULES),
        Field::new("scheme", Kind::Judged(scheme)),
        section("sigv4", &remote::SIGV4).since(2, 48),
        duration("timeout"),
    ],
    shared: &[CLIENT, DISCOVERIES],
    rule: Some(alertmanager),
};

fn alertmanager<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) {
    client(walk, fields);
    remote::one_way_to_sign(walk, fields);
    if fields.filled("relabel_configs").is_none() {
        let groups = fields.get("static_configs").map_or(&[] as &[_], |entry| entry.value.elements());
        for group in groups {
            targets::check_targets(walk, group, Severity::Error);
        }
    }
    if let Some(entry) = fields.get("api_version").filter(|entry| entry.value.text() == Some("v1"))
        && walk.server_is(3, 0)
    {
        walk.error_hint("gone-key", entry.value.span, "`v1` is gone since Prometheus 3.0", "write `v2`");
    }
}

fn rule_files<'a>(walk: &mut Walk<'a>, name: &str, node: &'a Node) {
    globs(walk, name, node, true);
}

fn scrape_config_files<'a>(walk: &mut Walk<'a>, name: &str, node: &'a Node) {
    globs(walk, name, node, false);
}

/// Patterns of files: a star stands in the last part only. A plain name must exist when the checker of Prometheus says so.
fn globs<'a>(walk: &mut Walk<'a>, name: &str, node: &'a Node, must_exist: bool) {
    walk.value(name, &Kind::List(&Kind::Text), node);
    for element in node.elements() {
        let Some(path) = walk.word(element) else { continue };
        let is_pattern = path.contains(['*', '?', '[']);
        let after_star = path.split_once('*').map_or("", |(_, after)| after);
        if after_star.contains('/') {
            let message = format!("`{path}` has a star in a folder");
            walk.error_hint("wrong-form", element.span, message, "`*` may stand in the last part only");
        } else if has_open_bracket(&path) {
            walk.error("wrong-form", element.span, format!("the `[` in `{path}` is never closed"));
        } else if !walk.surroundings.files.any_match(&path) {
            let message = format!("no file fits `{path}` of `{name}`");
            if must_exist && !is_pattern {
                walk.missing_file(element.span, message);
            } else {
                walk.warn(MISSING_FILE, element.span, message, "nothing is loaded until there is one");
            }
        }
    }
}

fn has_open_bracket(pattern: &str) -> bool {
    let plain = pattern.replace("\\[", "");
    plain.rfind('[').is_some_and(|at| !plain[at..].contains(']'))
}
