//! `enmon sim test` and `enmon sim list` as a person and a build server meet them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod program;

use std::fs;
use std::path::Path;

use program::Program;
use serde_json::Value;

fn run(program: &Program, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = program.with(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn write(program: &Program, name: &str, text: &str) {
    fs::write(program.folder().join(name), text).unwrap();
}

const SITE: &str = "apiVersion: enmon/v1
kind: Site
name: yard
circuits: [{name: main, limit: 40, breaker: {rating: 40, curve: C}, meter: meter, baseLoad: 10}]
meters: [{name: meter, profile: eastron-sdm630, address: \"modbus+tcp://127.0.0.1:5021\"}]
chargers:
  - {name: ev1, circuit: main, phases: [L1, L2, L3], max: 32, failsafe: 6, profile: abb-terra-ac, address: \"modbus+tcp://127.0.0.1:5031\"}
  - {name: ev2, circuit: main, phases: [L1, L2, L3], max: 32, failsafe: 6, profile: abb-terra-ac, address: \"modbus+tcp://127.0.0.1:5032\"}
";

/// A scenario that can't hold: the cars are to be full at once.
const HOPELESS: &str = "apiVersion: enmon/v1
kind: Scenario
name: hopeless
title: Cars that can't be full <in> time
siteFile: site.yaml
duration: 30s
start:
  plug: {ev1: {energy: 50}}
expect:
  circuits: [{circuit: main, measure: offered}]
  full: [ev1]
";

#[test]
fn all_that_come_with_the_program_pass_in_one_go() {
    let program = Program::new();
    let (code, stdout, stderr) = run(&program, &["sim", "test", "--all", "--report", "json"]);
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((report["kind"].as_str(), report["passed"].as_bool()), (Some("ScenarioReport"), Some(true)));
    let (_, list, _) = run(&program, &["sim", "list", "-o", "json"]);
    let list: Value = serde_json::from_str(&list).unwrap();
    let names = |value: &Value| -> Vec<String> {
        let entries = value["scenarios"].as_array().unwrap().iter();
        entries.map(|entry| entry["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&report), names(&list));
    assert!(names(&list).len() >= 20);
}

#[test]
fn what_does_not_hold_is_said_in_every_form() {
    let program = Program::new();
    write(&program, "site.yaml", SITE);
    write(&program, "hopeless.yaml", HOPELESS);
    let (code, table, stderr) = run(&program, &["sim", "test", "hopeless.yaml", "full-garage"]);
    assert_eq!(code, Some(1), "{table}{stderr}");
    assert!(table.contains("hopeless: not so: every car at ev1 is full when it leaves: 0."), "{table}");
    assert!(stderr.contains("1 of 2 scenarios failed"), "{stderr}");
    let (code, json, _) = run(&program, &["sim", "test", "hopeless.yaml", "-o", "json"]);
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((code, report["passed"].as_bool()), (Some(1), Some(false)));
    let (_, junit, _) = run(&program, &["sim", "test", "hopeless.yaml", "--report", "junit"]);
    assert!(junit.starts_with("<?xml"), "{junit}");
    assert!(junit.contains("<testsuite name=\"hopeless\" tests=\"3\" failures=\"1\""), "{junit}");
    let (_, html, _) = run(&program, &["sim", "test", "hopeless.yaml", "--report", "html"]);
    assert!(
        html.contains("Cars that can&#39;t be full &lt;in&gt; time") && html.contains("<polyline"),
        "{html}"
    );
    assert!(!html.contains("http"), "it is a file that needs nothing else");
}

#[test]
fn mistakes_have_their_places_in_the_scenario_and_in_its_site() {
    let program = Program::new();
    write(&program, "site.yaml", SITE);
    let edited = |from: &str, to: &str| {
        assert!(HOPELESS.contains(from));
        HOPELESS.replace(from, to)
    };
    for (text, place, message) in [
        (edited("duration:", "durations:"), "6:1", "unknown key `durations`"),
        (edited("ev1: {energy", "ev3: {energy"), "8:10", "the site has no charger `ev3`"),
        (edited("full: [ev1]", "full: [ev2]"), "11:10", "no car comes to ev2"),
        (edited("30s", "0s"), "6:11", "a scenario lasts from 1s to 1d"),
        (edited("siteFile: site.yaml", "title2: x"), "5:1", "unknown key `title2`"),
        (edited("siteFile: site.yaml\n", ""), "1:1", "a scenario needs a site"),
        (edited("siteFile: site.yaml", "siteFile: other.yaml"), "5:1", "other.yaml"),
        (edited("expect:", "steps: [{at: 31s, unplug: [ev1]}]\nexpect:"), "9:14", "after the end"),
        (
            edited("expect:", "steps: [{at: 1s, faults: [{devices: [meter], fault: lying}]}]\nexpect:"),
            "9:38",
            "only chargers can do this",
        ),
        (
            edited("expect:", "steps: [{at: 1s, faults: [{devices: [ev1], fault: slow}]}]\nexpect:"),
            "9:27",
            "needs `by`",
        ),
    ] {
        write(&program, "wrong.yaml", &text);
        let (code, _, stderr) = run(&program, &["sim", "test", "wrong.yaml", "--color", "never"]);
        assert_eq!(code, Some(3), "{text}{stderr}");
        assert!(
            stderr.contains(message) && stderr.contains(&format!("wrong.yaml:{place}")),
            "{place} {message}:\n{stderr}"
        );
    }
    write(&program, "site.yaml", &SITE.replace("limit: 40", "limit: forty"));
    write(&program, "right.yaml", HOPELESS);
    let (code, _, stderr) = run(&program, &["sim", "test", "right.yaml", "--color", "never"]);
    assert_eq!(code, Some(3));
    assert!(stderr.contains("site.yaml:4:"), "{stderr}");
}

#[test]
fn the_same_scenario_runs_over_real_sockets() {
    let program = Program::new();
    write(&program, "site.yaml", SITE);
    let text = "apiVersion: enmon/v1
kind: Scenario
name: short
title: A charger that is silent is noticed on real sockets, too
siteFile: site.yaml
duration: 10s
start:
  base: {main: 5}
  plug: {ev1: {energy: 50}}
steps:
  - {at: 1s, faults: [{devices: [ev2], fault: silent}]}
expect:
  circuits: [{circuit: main, measure: offered}]
  alarms: [{code: device-silent, subject: ev2, after: 1s, within: 8s}]
  offers: [{charger: ev1, reaches: 6}]
";
    write(&program, "short.yaml", text);
    let (code, stdout, stderr) = run(&program, &["sim", "test", "short.yaml", "--realtime", "-o", "json"]);
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["scenarios"][0]["realtime"].as_bool(), Some(true));
    let lying = text.replace("[ev2], fault: silent", "[ev2], fault: lying");
    write(&program, "lying.yaml", &lying);
    let (code, _, stderr) = run(&program, &["sim", "test", "lying.yaml", "--realtime"]);
    assert_eq!(code, Some(3), "{stderr}");
    assert!(stderr.contains("can't be shown on real sockets"), "{stderr}");
}

/// A weak sun over real registers: the grid's signed power is read, the charger is switched to one phase, shows it, and charges.
#[test]
fn a_car_follows_the_sun_over_real_sockets() {
    let program = Program::new();
    let site = r#"apiVersion: enmon/v1
kind: Site
name: yard
circuits:
  - {name: main, limit: 40, meter: meter, baseLoad: 5}
meters:
  - {name: meter, profile: eastron-sdm630, address: "modbus+tcp://127.0.0.1:5021"}
chargers:
  - {name: ev1, circuit: main, phases: [L1, L2, L3], max: 16, failsafe: 0, switchPhases: true,
     profile: go-e, address: "modbus+tcp://127.0.0.1:5031"}
solar:
  - {name: roof, circuit: main, peak: 16, profile: sunspec-inverter, address: "modbus+tcp://127.0.0.1:5071"}
policy: {solar: 1, surplus: {startAfter: 10s, stopAfter: 10s}}
control: {raiseAfter: 2s}
"#;
    write(&program, "site.yaml", site);
    let text = "apiVersion: enmon/v1
kind: Scenario
name: weak
title: A weak sun on one phase
siteFile: site.yaml
duration: 80s
start:
  sun: {roof: 3}
  plug: {ev1: {energy: 50}}
expect:
  offers: [{charger: ev1, until: 20s, atMost: 0}, {charger: ev1, reaches: 8}]
  imports: [{circuit: main, atMost: 0.002}]
  starts: {ev1: 1}
";
    write(&program, "weak.yaml", text);
    let (code, stdout, stderr) = run(&program, &["sim", "test", "weak.yaml", "--realtime"]);
    assert_eq!(code, Some(0), "{stdout}{stderr}");
}

#[test]
fn a_scenario_that_comes_with_the_program_can_be_printed_to_start_from() {
    let program = Program::new();
    let (code, text, _) = run(&program, &["sim", "list", "--print", "meter-silent"]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/scenarios");
    assert_eq!((code, text), (Some(0), fs::read_to_string(folder.join("meter-silent.yaml")).unwrap()));
    assert_eq!(run(&program, &["sim", "list", "--print", "none"]).0, Some(2));
}
