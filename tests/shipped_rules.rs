//! The shipped alert rules: valid and tested by the real promtool, complete (severity, texts, runbook), and made of metrics that exist.
//!
//! What an alert does is told by its unit tests under `templates/rules/tests`; this holds that none is missing.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

#[allow(dead_code, reason = "help texts are not looked at here")]
#[path = "program/example.rs"]
mod example;
mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use rules::runbook::{self, HEADINGS};
use rules::{Alert, Case, alerts, cases, metric_names, path, read, records, rule_files, test_files};

/// Metrics of others that rules and runbooks may use, and whose they are.
const OTHERS: [(&str, &str); 31] = [
    ("up", "Prometheus, of each target"),
    ("ALERTS", "Prometheus, of its alerts"),
    ("process_start_time_seconds", "the client library's, of Prometheus itself"),
    ("prometheus_config_last_reload_successful", "Prometheus 2.42 to 3.x"),
    ("prometheus_rule_evaluation_failures_total", "Prometheus 2.42 to 3.x"),
    ("prometheus_notifications_alertmanagers_discovered", "Prometheus 2.42 to 3.x"),
    ("prometheus_notifications_errors_total", "Prometheus 2.42 to 3.x"),
    ("prometheus_notifications_queue_length", "Prometheus 2.42 to 3.x"),
    ("prometheus_remote_storage_highest_timestamp_in_seconds", "Prometheus 2.42 to 3.x, deprecated there"),
    ("prometheus_remote_storage_queue_highest_timestamp_seconds", "Prometheus 3.x"),
    ("prometheus_remote_storage_queue_highest_sent_timestamp_seconds", "Prometheus 2.42 to 3.x"),
    ("prometheus_remote_storage_samples_total", "Prometheus 2.42 to 3.x"),
    ("prometheus_remote_storage_samples_failed_total", "Prometheus 2.42 to 3.x"),
    ("prometheus_remote_storage_samples_retried_total", "Prometheus 2.42 to 3.x"),
    ("prometheus_remote_storage_samples_dropped_total", "Prometheus 2.42 to 3.x; a reason from 2.5x on"),
    ("prometheus_remote_storage_sent_batch_duration_seconds_bucket", "Prometheus 2.42 to 3.x"),
    ("prometheus_remote_storage_shards", "Prometheus 2.42 to 3.x"),
    ("prometheus_remote_storage_shards_desired", "Prometheus 2.42 to 3.x"),
    ("prometheus_remote_storage_shards_max", "Prometheus 2.42 to 3.x"),
    ("prometheus_target_scrapes_sample_out_of_order_total", "Prometheus 2.42 to 3.x"),
    ("prometheus_tsdb_wal_segment_current", "Prometheus 2.42 to 3.x"),
    ("prometheus_wal_watcher_current_segment", "Prometheus 2.42 to 3.x"),
    ("alertmanager_notifications_failed_total", "Alertmanager 0.25 and newer"),
    ("ev_charger_current", "REFERENCE A4"),
    ("ev_charger_current_phase_a_amplitude", "REFERENCE A4"),
    ("equipment_current_phase_a_amplitude", "REFERENCE A4"),
    ("equipment_current_phase_b_amplitude", "REFERENCE A4"),
    ("equipment_current_phase_c_amplitude", "REFERENCE A4"),
    ("solar_input_current_amplitude", "REFERENCE A4"),
    ("temperature", "REFERENCE E5, the DHT11 program"),
    ("humidity", "REFERENCE E5, the DHT11 program"),
];

/// Alerts that have no series of their own, so no label to name.
const WITHOUT_LABELS: [&str; 2] = ["ControllerMissing", "Watchdog"];

/// The dead man's switch fires always: nothing can be quiet about it.
const NEVER_QUIET: &str = "Watchdog";

/// Runs promtool and returns what it says when it refuses.
fn promtool(arguments: &[&str]) -> Result<(), String> {
    let outcome = Command::new("promtool").args(arguments).current_dir(path("")).output();
    let outcome = outcome.expect("promtool is missing; run: make setup");
    let said = [outcome.stdout, outcome.stderr].concat();
    if outcome.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&said).into_owned()) }
}

fn words(files: &[PathBuf]) -> Vec<&str> {
    files.iter().map(|file| file.to_str().unwrap()).collect()
}

#[test]
fn promtool_takes_every_rule_file() {
    let files = rule_files();
    assert!(files.len() >= 9, "{files:?}");
    let arguments = [vec!["check", "rules", "--lint=all", "--lint-fatal"], words(&files)].concat();
    promtool(&arguments).unwrap_or_else(|said| panic!("{said}"));
}

#[test]
fn promtool_passes_every_unit_test() {
    let files = test_files();
    // each file takes promtool some seconds, and one core
    let said = std::thread::scope(|scope| {
        let runs: Vec<_> = words(&files)
            .into_iter()
            .map(|file| scope.spawn(move || promtool(&["test", "rules", file])))
            .collect();
        runs.into_iter().filter_map(|run| run.join().unwrap().err()).collect::<Vec<_>>()
    });
    assert!(said.is_empty(), "{}", said.join("\n"));
}

#[test]
fn every_alert_is_seen_to_fire_and_to_stay_quiet() {
    let cases = cases();
    let alerts = alerts();
    for alert in &alerts {
        let own: Vec<&Case> = cases.iter().filter(|case| case.alertname == alert.name).collect();
        // an alert that two rules raise has a label that says which
        let is_its = |labels: &BTreeMap<String, String>| {
            alert.labels.iter().all(|(label, value)| labels.get(label) == Some(value))
        };
        let fires = own.iter().any(|case| case.exp_alerts.iter().any(|fired| is_its(&fired.exp_labels)));
        assert!(fires, "no unit test in which {} fires with {:?}", alert.name, alert.labels);
        let quiet = own.iter().any(|case| case.exp_alerts.is_empty());
        assert!(quiet || alert.name == NEVER_QUIET, "no unit test in which {} is quiet", alert.name);
    }
    let known: BTreeSet<&str> = alerts.iter().map(|alert| alert.name.as_str()).collect();
    let strange: Vec<_> = cases.iter().filter(|case| !known.contains(case.alertname.as_str())).collect();
    assert!(strange.is_empty(), "unit tests of alerts that are not there: {strange:?}");
}

/// Finds what an alert lacks.
fn faults_of(alert: &Alert) -> Vec<String> {
    let mut faults = Vec::new();
    let severity = alert.labels.get("severity").map(String::as_str);
    if !matches!(severity, Some("critical" | "warning" | "info" | "none")) {
        faults.push(format!("{}: severity is {severity:?}", alert.name));
    }
    let text = |name: &str| alert.annotations.get(name).map(String::as_str).unwrap_or_default();
    let summary = text("summary");
    if summary.is_empty() || !(summary.contains("$labels.") || WITHOUT_LABELS.contains(&alert.name.as_str()))
    {
        faults.push(format!("{}: its summary does not name what it is about: {summary:?}", alert.name));
    }
    if text("description").len() < 60 {
        faults.push(format!("{}: its description says too little", alert.name));
    }
    let page = format!("docs/runbooks/{}.md", alert.name);
    if text("runbook") != page || !path(&page).exists() {
        faults.push(format!(
            "{}: its annotation runbook is {:?}, its page {page}",
            alert.name,
            text("runbook")
        ));
    }
    // what comes and goes must not be told each time, unless it starts late or never ends by itself
    if alert.for_time.is_none() && alert.keep_firing_for.is_none() && alert.name != NEVER_QUIET {
        faults.push(format!("{}: it has neither for nor keep_firing_for", alert.name));
    }
    faults
}

#[test]
fn every_alert_is_complete() {
    let alerts = alerts();
    assert!(alerts.len() >= 55, "{} alerts", alerts.len());
    let faults: Vec<String> = alerts.iter().flat_map(faults_of).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Returns all names of metrics that may be used: documented, recorded by a rule, or another program's.
fn known_metrics() -> BTreeSet<String> {
    let documented = read("docs/metrics.md");
    let rows = documented.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    rows.map(str::to_owned)
        .chain(records().into_iter().map(|record| record.name))
        .chain(OTHERS.iter().map(|(name, _)| (*name).to_owned()))
        .collect()
}

#[test]
fn every_metric_in_a_rule_exists() {
    let known = known_metrics();
    let mut used = BTreeSet::new();
    let expressions = alerts().into_iter().map(|alert| (alert.name, alert.expr));
    let expressions = expressions.chain(records().into_iter().map(|record| (record.name, record.expr)));
    for (rule, expression) in expressions {
        for metric in metric_names(&expression) {
            assert!(known.contains(&metric), "{rule} uses {metric}, which nobody serves");
            used.insert(metric);
        }
    }
    let own = used.iter().filter(|name| name.starts_with("enmon_")).count();
    assert!(own >= 25, "the rules use {own} metrics of enmon only");
}

#[test]
fn metric_names_are_told_from_all_else() {
    for (expression, expected) in [
        ("max by (site, job) (rate(a_total{b=\"c_d\"}[5m])) > 0", vec!["a_total"]),
        ("a - on (x) group_right () (b > bool 0) or c:d:e unless absent(f)", vec!["a", "b", "c:d:e", "f"]),
        ("label_replace(a, \"x\", \"$1\", \"y\", \"(b)\") and time() - b offset 5m > 1.5e3", vec!["a", "b"]),
        ("vector(1)", vec![]),
    ] {
        assert_eq!(metric_names(expression).into_iter().collect::<Vec<_>>(), expected, "{expression}");
    }
}

#[test]
fn every_runbook_belongs_to_an_alert_and_has_the_common_form() {
    let alerts = alerts();
    let pages = runbook::pages();
    let names: BTreeSet<&String> = alerts.iter().map(|alert| &alert.name).collect();
    assert_eq!(pages.keys().collect::<BTreeSet<_>>(), names);
    for (name, text) in &pages {
        assert_eq!(text.lines().next(), Some(format!("# {name}").as_str()), "{name}");
        let about = text.lines().nth(2).unwrap_or_default();
        for alert in alerts.iter().filter(|alert| alert.name == *name) {
            let severity = format!("`{}`", alert.labels["severity"]);
            let when = alert.for_time.as_ref().map_or("at once".to_owned(), |time| format!("after {time}"));
            assert!(about.contains(&severity) && about.contains(&when), "{name}: its page says {about}");
        }
        let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(headings, HEADINGS, "{name}");
        let empty = HEADINGS.iter().find(|heading| runbook::section(text, heading).trim().is_empty());
        assert_eq!(empty, None, "{name}: nothing below it");
        for target in runbook::links(text) {
            assert!(
                path("docs/runbooks").join(&target).exists(),
                "{name} links to {target}, which is not there"
            );
        }
    }
}

#[test]
fn the_index_lists_every_page_below_its_severity() {
    let index = read("docs/runbooks/README.md");
    let headings = BTreeMap::from([
        ("critical", "Critical: somebody is called, at night too"),
        ("warning", "Warning: the next working day"),
        ("info", "Information: for dashboards"),
        ("none", "Always there"),
    ]);
    let mut listed = 0;
    for (severity, heading) in headings {
        let wanted: BTreeSet<String> = alerts()
            .into_iter()
            .filter(|alert| alert.labels.get("severity").is_some_and(|own| own == severity))
            .map(|alert| alert.name)
            .collect();
        let rows = runbook::section(&index, heading);
        let found: Vec<String> = rows
            .lines()
            .filter_map(|line| line.strip_prefix("| [")?.split(']').next())
            .map(str::to_owned)
            .collect();
        assert_eq!(found.iter().cloned().collect::<BTreeSet<_>>(), wanted, "below {heading}");
        listed += found.len();
    }
    assert_eq!(listed, runbook::pages().len(), "a page is listed twice");
}

#[test]
fn commands_in_runbooks_are_real() {
    let command = enmon::cli::command();
    let mut faults = Vec::new();
    for (name, text) in runbook::pages() {
        let commands = runbook::commands(&text);
        faults.extend(
            commands.iter().filter_map(|line| {
                example::check(&command, line).err().map(|said| format!("{name}: {said}"))
            }),
        );
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn queries_in_runbooks_are_real() {
    let known = known_metrics();
    let mut rules = Vec::new();
    for (name, text) in runbook::pages() {
        let queries = runbook::queries(&text);
        assert!(!queries.is_empty(), "{name} has no query");
        for query in queries {
            let strange: Vec<String> =
                metric_names(&query).into_iter().filter(|metric| !known.contains(metric)).collect();
            assert!(strange.is_empty(), "{name}: {query}: nobody serves {strange:?}");
            let record = format!("{name}:{}", rules.len());
            rules.push(serde_json::json!({"record": record, "expr": query}));
        }
    }
    // JSON is YAML: all of them as recording rules are what promtool can parse
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queries.yml");
    let group = serde_json::json!({"groups": [{"name": "queries", "rules": rules}]});
    std::fs::write(&file, group.to_string()).unwrap();
    promtool(&["check", "rules", file.to_str().unwrap()]).unwrap_or_else(|said| panic!("{said}"));
}
