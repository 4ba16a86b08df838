//! What the documents say is true: the table of commands, exit codes, the site file, links.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod program;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use enmon::error::Kind;

const DOCUMENTS: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/README.md",
    "docs/add-a-device.md",
    "docs/failover.md",
    "docs/alertmanager.md",
    "docs/dashboards.md",
    "docs/prometheus.md",
    "docs/runbooks/README.md",
    "docs/scenarios.md",
    "docs/standby.md",
    "docs/two-prometheus-servers.md",
];

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// Returns the first cells of a document's table rows below a heading.
fn first_cells(document: &str, heading: &str) -> Vec<String> {
    let mut lines = document.lines().skip_while(|line| *line != format!("## {heading}"));
    lines.next().unwrap_or_else(|| panic!("README.md has no `## {heading}`"));
    lines
        .take_while(|line| !line.starts_with("## "))
        .filter_map(|line| line.strip_prefix("| "))
        .filter_map(|line| line.split(" | ").next())
        .map(|cell| cell.trim_matches('`').to_owned())
        .skip(1)
        .collect()
}

#[test]
fn the_command_table_has_every_command_and_no_other() {
    let listed: BTreeSet<String> = first_cells(&read("README.md"), "Commands").into_iter().collect();
    let there: BTreeSet<String> = enmon::cli::command()
        .get_subcommands()
        .filter(|command| command.get_name() != "help" && !command.is_hide_set())
        .map(|command| format!("enmon {}", command.get_name()))
        .collect();
    assert_eq!(listed, there);
}

#[test]
fn the_exit_codes_are_all_there() {
    let listed = first_cells(&read("README.md"), "Exit codes");
    let kinds = [Kind::Failed, Kind::Usage, Kind::Invalid, Kind::Unreachable, Kind::Refused, Kind::Bug];
    let codes: Vec<String> =
        std::iter::once(0).chain(kinds.map(Kind::exit_code)).map(|code| code.to_string()).collect();
    assert_eq!(listed, codes);
}

#[test]
fn the_site_in_the_readme_is_valid() {
    let text = read("README.md");
    let site = text.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let program = program::Program::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("enmon.yaml");
    fs::write(&file, site).unwrap();
    program.with(&["check", "--site", file.to_str().unwrap()]).assert().success();
}

#[test]
fn links_lead_somewhere() {
    for name in DOCUMENTS {
        let text = read(name);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(name).parent().unwrap().to_owned();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if !target.contains("://") && !target.starts_with('#') {
                let path = target.split('#').next().unwrap();
                assert!(folder.join(path).exists(), "{name} links to {target}, which is not there");
            }
        }
    }
}
