//! The metrics: valid by promtool, complete, and silent about what is unknown.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod server_site;

use std::collections::HashSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;

use enmon::control::Time;
use enmon::server::render_metrics;
use enmon::site::Period;
use enmon::telemetry::exposition::{CONTENT_TYPE, Sample, parse, parse_families, write_families};
use server_site::{AT, ODD_NAME, large_status, start, status};

const STALE: Period = Period::from_secs(5);

fn samples(now: u64) -> Vec<Sample> {
    parse(&render_metrics(Some(&status()), Time(now), STALE)).unwrap()
}

fn value(samples: &[Sample], name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let fits = |sample: &&Sample| {
        sample.name == name && labels.iter().all(|(label, wanted)| sample.label(label) == Some(wanted))
    };
    samples.iter().find(fits).map(|sample| sample.value)
}

#[tokio::test]
async fn promtool_accepts_a_scrape() {
    let site = start().await;
    let scrape = site.get("/metrics").await;
    assert_eq!((scrape.code, scrape.headers["content-type"].to_str().unwrap()), (200, CONTENT_TYPE));
    let started = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut promtool = started.expect("promtool is missing; run: apt-get install -y prometheus");
    promtool.stdin.take().unwrap().write_all(scrape.text.as_bytes()).unwrap();
    let outcome = promtool.wait_with_output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&outcome.stdout), String::from_utf8_lossy(&outcome.stderr));
    // promtool takes the `b` in phase_b for bytes; the names are fixed, and the remark is the only one
    let remarks: Vec<_> = said.lines().collect();
    let wanted = ["equipment_current_phase_b_amplitude", "ev_charger_current_phase_b_amplitude"]
        .map(|name| format!("{name} metric names should not contain abbreviated units"));
    assert_eq!(remarks, wanted);
    assert_eq!(outcome.status.code(), Some(3), "3 says: valid, with remarks");
}

#[test]
fn values_stand_under_the_names_of_the_reference() {
    let samples = samples(AT + 500);
    let of = |name: &str, labels: &[(&str, &str)]| value(&samples, name, labels);
    // terminals 1, 2, 3 of ev1 are on L2, L3, L1 and draw 1, 2, 3 A
    assert_eq!(of("ev_charger_current", &[("charger", "ev1")]), Some(3.0));
    assert_eq!(of("ev_charger_current_phase_a_amplitude", &[("charger", "ev1")]), Some(3.0));
    assert_eq!(of("ev_charger_current_phase_b_amplitude", &[("charger", "ev1")]), Some(1.0));
    assert_eq!(of("ev_charger_current_phase_c_amplitude", &[("charger", "ev1")]), Some(2.0));
    assert_eq!(of("ev_charger_current_phase_a_amplitude", &[("charger", ODD_NAME)]), None);
    assert_eq!(of("ev_charger_current_phase_c_amplitude", &[("charger", ODD_NAME)]), Some(9.0));
    assert_eq!(of("equipment_current_phase_b_amplitude", &[("device", "main-meter")]), Some(20.5));
    assert_eq!(of("equipment_current_phase_c_amplitude", &[("device", "q1")]), Some(20.0));
    assert_eq!(of("solar_input_current_amplitude", &[]), Some(7.5));
    assert_eq!(of("esp8266_total_current", &[]), Some(4.0));
    assert_eq!(of("enmon_circuit_limit_amperes", &[("circuit", "row-1"), ("phase", "L2")]), Some(40.0));
    assert_eq!(of("enmon_circuit_headroom_amperes", &[("circuit", "main"), ("phase", "L1")]), Some(42.5));
    assert_eq!(of("enmon_charger_state", &[("charger", "ev1"), ("state", "charging")]), Some(1.0));
    assert_eq!(of("enmon_charger_state", &[("charger", "ev1"), ("state", "fault")]), Some(0.0));
    assert_eq!(of("enmon_breaker_state", &[("breaker", "q1"), ("state", "on")]), Some(1.0));
    assert_eq!(of("enmon_reading_age_seconds", &[("device", "ev1")]), Some(0.7));
    assert_eq!(of("enmon_device_fault", &[("device", "silent")]), Some(1.0));
    assert_eq!(of("enmon_cabinet_temperature_celsius", &[("cabinet", "k1")]), Some(31.5));
    assert_eq!(of("enmon_cycles_total", &[]), Some(60.0));
    assert_eq!(of("enmon_cycle_seconds", &[]), Some(0.03275));
    assert_eq!(of("enmon_alarms", &[("severity", "warning")]), Some(1.0));
}

#[test]
fn what_is_unknown_or_old_has_no_sample() {
    let fresh = samples(AT + 500);
    for name in ["ev_charger_current", "enmon_charger_offered_amperes", "enmon_charger_state"] {
        for charger in ["silent", "late"] {
            assert_eq!(value(&fresh, name, &[("charger", charger)]), None, "{name} of {charger}");
        }
    }
    assert_eq!(value(&fresh, "enmon_reading_age_seconds", &[("device", "silent")]), None);
    assert_eq!(value(&fresh, "enmon_reading_age_seconds", &[("device", "late")]), Some(60.5));
    assert_eq!(value(&fresh, "equipment_current_phase_c_amplitude", &[("device", "main-meter")]), None);
    assert_eq!(value(&fresh, "enmon_circuit_measured_amperes", &[("phase", "L3")]), None);
    assert_eq!(value(&fresh, "enmon_breaker_overload", &[("breaker", "q2")]), None);

    // a controller that hangs makes everything old
    let hung = samples(AT + 10_000);
    for name in [
        "ev_charger_current",
        "equipment_current_phase_a_amplitude",
        "solar_input_current_amplitude",
        "esp8266_total_current",
        "enmon_circuit_headroom_amperes",
        "enmon_cabinet_smoke",
        "enmon_breaker_state",
    ] {
        assert_eq!(value(&hung, name, &[]), None, "{name}");
    }
    assert_eq!(value(&hung, "enmon_decision_age_seconds", &[]), Some(10.0));
    assert_eq!(value(&hung, "enmon_circuit_limit_amperes", &[]), Some(63.0));
}

#[test]
fn a_total_with_a_part_missing_is_not_shown() {
    let mut status = status();
    status.endpoints.push(enmon::control::EndpointStatus {
        name: "esp2".to_owned(),
        age_ms: None,
        currents: Vec::new(),
        connected: false,
        fault: None,
    });
    let samples = parse(&render_metrics(Some(&status), Time(AT), STALE)).unwrap();
    assert_eq!(value(&samples, "esp8266_total_current", &[]), None);
    assert_eq!(
        value(&samples, "enmon_endpoint_current_amperes", &[("endpoint", "esp1"), ("sensor", "1")]),
        Some(2.5)
    );
}

#[test]
fn no_sample_is_there_twice_and_families_stand_together() {
    let text = render_metrics(Some(&status()), Time(AT), STALE);
    let mut seen = HashSet::new();
    for sample in parse(&text).unwrap() {
        assert!(seen.insert((sample.name.clone(), sample.labels.clone())), "{sample:?} is there twice");
    }
    // the text is read and written again without a change only when each family stands in one place
    assert_eq!(write_families(&parse_families(&text).unwrap()), text);
}

#[test]
fn every_metric_is_documented_with_its_type() {
    let documented =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/metrics.md")).unwrap();
    let mut status = status();
    let (limit, who, why) = (enmon::site::Amps(10.0), "ada".to_owned(), String::new());
    status.chargers[0].order = Some(enmon::control::Override { limit, until: None, who, why });
    let rendered = parse_families(&render_metrics(Some(&status), Time(AT), STALE)).unwrap();
    let table = |name: &str| {
        documented.lines().find(|line| line.starts_with(&format!("| `{name}`"))).map(str::to_owned)
    };
    for family in &rendered {
        let row =
            table(&family.name).unwrap_or_else(|| panic!("docs/metrics.md has no row for {}", family.name));
        assert!(row.contains(family.kind.as_str()), "{row}");
    }
    let rows = documented.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, rendered.len(), "docs/metrics.md has rows for metrics that are gone");
}

#[tokio::test]
async fn a_thousand_chargers_are_scraped_while_the_status_goes_on() {
    let site = start().await;
    site.status.send_replace(Some(std::sync::Arc::new(large_status(1_000))));
    site.now.store(AT, Ordering::Relaxed);
    let scrape = site.get("/metrics").await;
    let chargers =
        parse(&scrape.text).unwrap().iter().filter(|sample| sample.name == "ev_charger_current").count();
    assert_eq!(chargers, 1_000);
}
