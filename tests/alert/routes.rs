//! Where routes lead: ours beside amtool's answer for random trees, and what the command says.

use std::fs;
use std::path::Path;
use std::process::Command;

use enmon::document::Draft;
use enmon::prometheus::alerts::{Labels, RouteTree};
use enmon::prometheus::config::{FileKind, Surroundings, check_text, is_refused};
use fastrand::Rng;

use super::alertmanager::program;
use super::program::Program;
use super::{done, refused};

const NAMES: [&str; 5] = ["alertname", "severity", "circuit", "phase", "site"];
const VALUES: [&str; 12] =
    ["", "a", "b", "ab", "row-1", "row-2", "L1", "1.5", "x y", "täg", "say \"a\"", "C:\\n"];
const EXPRESSIONS: [&str; 16] = [
    "a|b",
    "a.*",
    ".*",
    ".+",
    "row-[12]",
    "[^a]*",
    "(?i)A",
    "L\\d",
    "\\d+\\.\\d",
    "x\\sy",
    "\\w+",
    "t.g",
    "[[:alpha:]]+",
    "a{1,2}b?",
    "\\Qrow-1\\E",
    "C:\\\\n",
];

/// Writes a matcher in one of the ways that there are.
fn matcher(random: &mut Rng) -> String {
    let name = NAMES[random.usize(..NAMES.len())];
    let operator = ["=", "!=", "=~", "=~", "!~"][random.usize(..5)];
    let value = if operator.contains('~') {
        EXPRESSIONS[random.usize(..EXPRESSIONS.len())]
    } else {
        VALUES[random.usize(..VALUES.len())]
    };
    let is_plain = value.chars().all(|c| c.is_alphanumeric() || "-.|*+".contains(c));
    if is_plain && random.bool() {
        return format!("{name} {operator} {value}");
    }
    format!("{name}{operator}\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Writes a text as YAML in single quotes.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Writes a route and those below it, as a flow mapping on one line.
fn route(random: &mut Rng, depth: usize, is_root: bool) -> String {
    let mut parts = Vec::new();
    if is_root || random.u8(..4) > 0 {
        parts.push(format!("receiver: r{}", random.u8(..9)));
    }
    if !is_root {
        match random.u8(..6) {
            0 => parts.push(format!(
                "match: {{{}: {}}}",
                NAMES[random.usize(..5)],
                quoted(VALUES[random.usize(..VALUES.len())])
            )),
            1 => parts.push(format!(
                "match_re: {{{}: {}}}",
                NAMES[random.usize(..5)],
                quoted(EXPRESSIONS[random.usize(..EXPRESSIONS.len())])
            )),
            2 => {
                let both = format!("{{{}, {}}}", matcher(random), matcher(random));
                parts.push(format!("matchers: [{}]", quoted(&both)));
            }
            _ => {
                let all: Vec<String> =
                    (0..1 + random.usize(..5) / 4).map(|_| quoted(&matcher(random))).collect();
                parts.push(format!("matchers: [{}]", all.join(", ")));
            }
        }
        if random.bool() {
            parts.push(format!("continue: {}", ["true", "true", "yes", "false"][random.usize(..4)]));
        }
    }
    if depth > 0 {
        let below: Vec<String> =
            (0..random.usize(2 * usize::from(is_root)..6)).map(|_| route(random, depth - 1, false)).collect();
        parts.push(format!("routes: [{}]", below.join(", ")));
    }
    format!("{{{}}}", parts.join(", "))
}

fn some_labels(random: &mut Rng) -> Labels {
    let names = NAMES.iter().filter(|_| random.u8(..4) > 0).collect::<Vec<_>>();
    names
        .into_iter()
        .map(|name| ((*name).to_owned(), VALUES[random.usize(..VALUES.len())].to_owned()))
        .collect()
}

/// Asks amtool for the receivers of an alert.
fn amtool(file: &Path, labels: &Labels) -> String {
    let words = labels
        .iter()
        .map(|(name, value)| format!("{name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")));
    let output = Command::new(program("amtool"))
        .args(["config", "routes", "test", &format!("--config.file={}", file.display())])
        .args(words)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{}", fs::read_to_string(file).unwrap());
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn random_trees_lead_where_amtool_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alertmanager.yml");
    let mut random = Rng::with_seed(11);
    let receivers: Vec<String> = (0..9).map(|number| format!("{{name: r{number}}}")).collect();
    let (mut several, mut deep) = (0, 0);
    for tree in 0..200 {
        let text = format!("route: {}\nreceivers: [{}]\n", route(&mut random, 3, true), receivers.join(", "));
        fs::write(&file, &text).unwrap();
        let findings =
            check_text("alertmanager.yml", &text, FileKind::Alertmanager, &Surroundings::default());
        assert!(!is_refused(&findings), "{findings:#?}\n{text}");
        let routes =
            RouteTree::read(Draft::read("alertmanager.yml", &text).source.as_ref().unwrap()).unwrap();
        for _ in 0..2 {
            let labels = some_labels(&mut random);
            let hits = routes.hits(&labels);
            let ours: Vec<&str> =
                hits.iter().map(|hit| hit.route().unwrap().options.receiver.as_str()).collect();
            several += usize::from(ours.len() > 1);
            deep += usize::from(hits.iter().any(|hit| hit.path.len() > 1));
            assert_eq!(ours.join(","), amtool(&file, &labels), "tree {tree}: {labels:?}\n{text}");
        }
    }
    // the trees are worth asking about
    assert!(several > 50 && deep > 200, "{several} with several receivers, {deep} below the root");
}

const FILE: &str = "route:\n  receiver: everybody\n  group_by: [circuit]\n  routes:\n    - matchers: [severity=\"critical\"]\n      receiver: on-call\n      continue: true\n      mute_time_intervals: [night]\n      group_by: ['...']\n    - matchers: [team=site]\n      receiver: site\n      active_time_intervals: [work]\nreceivers: [{name: everybody}, {name: on-call}, {name: site}]\ntime_intervals:\n  - {name: night, time_intervals: [{times: [{start_time: '00:00', end_time: '06:00'}], location: Europe/Berlin}]}\n  - {name: work, time_intervals: [{weekdays: ['monday:friday']}]}\n";

fn route_test(arguments: &[&str]) -> std::process::Output {
    let program = Program::new();
    fs::write(program.folder().join("a.yml"), FILE).unwrap();
    fs::write(program.folder().join("t.yml"), "tests:\n- {name: night, labels: {severity: critical}, at: 2026-12-24T02:00:00+01:00, receivers: [on-call], muted: [on-call]}\n- {labels: {team: site, severity: 5}, receivers: [site]}\n").unwrap();
    fs::write(program.folder().join("w.yml"), "tests: [{name: day, labels: {team: site}, at: 2026-12-27T12:00:00Z, receivers: [site], muted: []}]\n").unwrap();
    let all: Vec<&str> =
        ["alert", "route-test", "--config", "a.yml"].into_iter().chain(arguments.iter().copied()).collect();
    program.with(&all).output().unwrap()
}

#[test]
fn the_way_of_an_alert_is_told() {
    let output = route_test(&[
        "--labels",
        "severity=critical",
        "team=site",
        "circuit=row-1",
        "--at",
        "2026-12-24T02:00:00+01:00",
        "-o",
        "json",
    ]);
    let told: serde_json::Value = serde_json::from_str(&done(&output)).unwrap();
    assert_eq!(told["receivers"], serde_json::json!(["on-call", "site"]));
    let [first, second] = told["routes"].as_array().unwrap().as_slice() else { panic!("two routes") };
    assert_eq!(first["path"][1]["line"], 5);
    assert_eq!((&first["path"][1]["continue"], &first["muted"]), (&true.into(), &true.into()));
    assert_eq!(first["mutedBecause"], "muted by the time interval `night`");
    assert_eq!(first["group"].as_object().unwrap().len(), 3);
    // a Thursday
    assert_eq!(
        (&second["muted"], &second["group"]),
        (&false.into(), &serde_json::json!({"circuit": "row-1"}))
    );
    let shown = done(&route_test(&["--labels", "team=site", "--at", "2026-12-26T12:00:00Z"]));
    assert!(shown.contains("team=\"site\" (line 10)") && shown.contains("active only at work"), "{shown}");
}

#[test]
fn what_is_expected_is_held_against_the_tree() {
    let critical = ["--labels", "severity=critical", "team=site"];
    let with = |more: &[&'static str]| route_test(&[&critical[..], more].concat());
    done(&with(&["--expect", "site", "--expect", "on-call"]));
    for wrong in
        [vec!["--expect", "site"], vec!["--expect", "site", "--expect", "on-call", "--expect", "everybody"]]
    {
        let said = refused(&with(&wrong), 1);
        assert!(said.contains("it goes to on-call, site"), "{said}");
    }
    let shown = done(&route_test(&["--tests", "t.yml"]));
    assert_eq!(shown.matches("passed").count(), 2, "{shown}");
    // a Sunday
    let output = route_test(&["--tests", "w.yml"]);
    let said = refused(&output, 1);
    assert!(said.contains("1 test has failed"), "{said}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("site (expected: )"), "{output:?}");
    refused(&route_test(&["--labels", "severity"]), 2);
    refused(&route_test(&["--tests", "a.yml"]), 3);
}
