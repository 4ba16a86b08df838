//! Plays every shipped scenario as it is, and with the rule that it guards switched off. The table of what breaks then is part of the
//! documents: `ENMON_BLESS=1` writes it anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::judge::Outcome;
use super::stages::play_with;
use super::{SHIPPED, Scenario, load, play};
use crate::control::without_rule;
use crate::profile::Catalogue;
use crate::site::Rule;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn folder() -> PathBuf {
    root().join("templates/scenarios")
}

/// Returns the name of every scenario in the folder: those of the index in its order, then those that it lacks.
fn names() -> Vec<String> {
    let mut names: Vec<String> = SHIPPED.iter().map(|shipped| shipped.name.to_owned()).collect();
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut there: Vec<String> =
        files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    there.sort();
    names.extend(there.iter().filter(|name| !SHIPPED.iter().any(|one| one.name == **name)).cloned());
    names.retain(|name| there.contains(name));
    names
}

fn scenario(name: &str, catalogue: &Catalogue) -> Scenario {
    let text = fs::read_to_string(folder().join(name).with_extension("yaml")).unwrap();
    let read = |path: &Path| fs::read_to_string(path).map_err(|error| error.to_string());
    let loaded = load(&text, name, &folder(), catalogue, &read);
    let loaded = loaded.unwrap_or_else(|invalid| {
        let findings: Vec<String> = invalid.findings.iter().map(ToString::to_string).collect();
        panic!("{name} is invalid:\n{}", findings.join("\n"))
    });
    assert_eq!(loaded.name, name, "a scenario is named as its file");
    loaded
}

fn broken(outcome: &Outcome) -> Vec<String> {
    let checks = outcome.verdict.checks.iter().filter(|check| !check.passed);
    checks.map(|check| format!("{}: {}", check.name, check.details)).collect()
}

#[test]
fn the_index_has_every_scenario() {
    let shipped: Vec<&str> = SHIPPED.iter().map(|shipped| shipped.name).collect();
    assert_eq!(names(), shipped);
    assert!(shipped.len() >= 20);
    assert_eq!(shipped.iter().collect::<BTreeSet<_>>().len(), shipped.len());
}

#[test]
fn every_shipped_scenario_passes_and_always_in_the_same_way() {
    let catalogue = Catalogue::built_in();
    let mut failures = Vec::new();
    for name in names() {
        let scenario = scenario(&name, &catalogue);
        let outcome = play(&scenario, &catalogue).unwrap();
        failures.extend(broken(&outcome).iter().map(|what| format!("{name}: {what}")));
        if name == "full-garage" {
            let again = play(&scenario, &catalogue).unwrap();
            let json = |outcome: &Outcome| serde_json::to_string(&outcome.verdict).unwrap();
            assert_eq!(json(&outcome), json(&again));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

const BEGIN: &str = "<!-- rules: written by a test -->";
const END: &str = "<!-- end of rules -->";

#[test]
fn every_shipped_scenario_fails_without_the_rule_that_it_guards() {
    let catalogue = Catalogue::built_in();
    let mut rows =
        vec!["| scenario | rule switched off | what breaks then |".to_owned(), "|---|---|---|".to_owned()];
    let mut passing = Vec::new();
    let mut guarded: BTreeSet<Rule> = BTreeSet::new();
    for name in names() {
        let scenario = scenario(&name, &catalogue);
        let rule = scenario.guards.unwrap_or_else(|| panic!("{name} guards no rule"));
        guarded.insert(rule);
        let known = Arc::new(without_rule(&scenario.site, rule));
        let outcome = play_with(&scenario, &catalogue, known).unwrap();
        let broken = broken(&outcome);
        let word = serde_json::to_value(rule).unwrap();
        let word = word.as_str().unwrap();
        match broken.first() {
            Some(first) => {
                let more =
                    if broken.len() > 1 { format!(", and {} more", broken.len() - 1) } else { String::new() };
                rows.push(format!("| `{name}` | `{word}` | {first}{more} |"));
            }
            None => passing.push(format!("{name} passes without {word}")),
        }
    }
    assert!(passing.is_empty(), "\n{}", passing.join("\n"));
    let path = root().join("docs/scenarios.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let written = format!("{before}{BEGIN}\n{}\n{END}{after}", rows.join("\n"));
    if std::env::var_os("ENMON_BLESS").is_some() {
        fs::write(&path, &written).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap() == written,
        "docs/scenarios.md is out of date; run: make bless"
    );
}
