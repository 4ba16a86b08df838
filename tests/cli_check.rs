//! `enmon check` and `enmon init`, with the real program: what they print, where, and with which exit code.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod program;

use std::fs;

use program::Program;
use serde_json::Value;

const GARAGE: &str = include_str!("../templates/sites/garage.yaml");

/// What a run of the program printed.
struct Said {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Said {
    /// Both streams and the exit code, as one text for a snapshot.
    fn all(&self) -> String {
        let code = self.code.unwrap_or(-1);
        format!("{}\n--- stderr\n{}\n--- exit code {code}", self.stdout.trim_end(), self.stderr.trim_end())
    }
}

fn run(program: &Program, arguments: &[&str]) -> Said {
    let output = program.with(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A program in whose folder there is a file.
fn beside(file: &str, text: &str) -> Program {
    let program = Program::new();
    fs::write(program.folder().join(file), text).unwrap();
    program
}

fn check(text: &str) -> Said {
    run(&beside("garage.yaml", text), &["check", "garage.yaml"])
}

#[test]
fn a_valid_site_is_shown_with_its_proof() {
    insta::assert_snapshot!(check(GARAGE).all());
}

#[test]
fn mistakes_are_shown_with_their_lines() {
    let text = GARAGE
        .replace("name: garage", "name: the garage")
        .replace("limit: 63, breaker", "limit: 80, fuse: 63, breaker")
        .replace("address: \"modbus+tcp://127.0.0.1:5032\"", "address: \"modbus+tcp://127.0.0.1:5031\"")
        .replace("interval: 1s", "interval: 1");
    insta::assert_snapshot!(check(&text).all());
}

#[test]
fn a_site_that_is_not_proven_says_which_circuit_is_over_by_how_much() {
    let text = GARAGE
        .replace("failsafe: 6", "failsafe: 10")
        .replace("parent: main, limit: 40", "parent: main, limit: 30");
    insta::assert_snapshot!(check(&text).all());
}

#[test]
fn a_base_load_that_is_not_stated_is_a_warning() {
    let text = GARAGE.replace(", baseLoad: 1}", "}");
    insta::assert_snapshot!(check(&text).all());
}

#[test]
fn a_text_that_is_no_yaml_is_shown_where_it_ends_to_be_one() {
    insta::assert_snapshot!(
        check("apiVersion: enmon/v1\nkind: Site\ncircuits: [{name: main\nname: x\n").all()
    );
}

#[test]
fn the_report_for_scripts_has_every_finding_with_its_place() {
    let program =
        beside("garage.yaml", &GARAGE.replace("limit: 63, breaker", "limit: 63, fuse: 63, breaker"));
    let said = run(&program, &["check", "garage.yaml", "-o", "json"]);
    assert_eq!(said.code, Some(3));
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(report["apiVersion"], "enmon/v1");
    assert_eq!(report["kind"], "CheckReport");
    assert_eq!(report["valid"], false);
    assert_eq!(report["proof"], Value::Null);
    let finding = &report["findings"][0];
    assert_eq!(finding["severity"], "error");
    assert_eq!(finding["code"], "unknown-key");
    assert_eq!(finding["message"], "unknown key `fuse`");
    assert_eq!(finding["file"], "garage.yaml");
    let line = GARAGE.lines().position(|line| line.contains("name: main")).unwrap() + 1;
    assert_eq!(finding["line"], line);
    assert_eq!(finding["column"], 29);
}

#[test]
fn the_report_for_scripts_has_the_proof() {
    let text = GARAGE.replace("failsafe: 6", "failsafe: 16");
    let said = run(&beside("garage.yaml", &text), &["check", "garage.yaml", "-o", "json"]);
    assert_eq!(said.code, Some(3));
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(report["valid"], true);
    assert_eq!(report["proof"]["proven"], false);
    let main = &report["proof"]["circuits"][0];
    assert_eq!(main["circuit"], "main");
    // six chargers of 16 A and 8 + 1 + 1 A of base load against 63 A
    assert_eq!(main["phases"][0]["over"], 43.0);
    assert_eq!(main["contributors"].as_array().unwrap().len(), 6);
    let proven = run(&beside("garage.yaml", GARAGE), &["check", "garage.yaml", "-o", "json"]);
    assert_eq!(proven.code, Some(0));
    assert_eq!(serde_json::from_str::<Value>(&proven.stdout).unwrap()["proof"]["proven"], true);
    assert_eq!(proven.stderr, "");
}

#[test]
fn a_site_file_that_is_not_there_is_invalid_input() {
    let said = run(&Program::new(), &["check"]);
    assert_eq!(said.code, Some(3));
    assert!(said.stderr.contains("enmon.yaml") && said.stderr.contains("enmon init"), "{}", said.stderr);
}

#[test]
fn profiles_of_ones_own_go_before_those_of_the_program() {
    let program = beside("garage.yaml", &GARAGE.replace("max: 32", "max: 90"));
    let folder = program.folder().join(".config/enmon/profiles");
    fs::create_dir_all(&folder).unwrap();
    assert_eq!(run(&program, &["check", "garage.yaml"]).code, Some(3));
    let own = include_str!("../templates/profiles/abb-terra-ac.yaml");
    fs::write(folder.join("abb.yaml"), own.replace("plausible: [0, 80]", "plausible: [0, 100]")).unwrap();
    assert_eq!(run(&program, &["check", "garage.yaml"]).code, Some(0));
    fs::write(folder.join("abb.yaml"), own.replace("unit: A", "unit: mA")).unwrap();
    let said = run(&program, &["check", "garage.yaml"]);
    assert_eq!(said.code, Some(3));
    assert!(said.stdout.contains("abb.yaml:") && said.stdout.contains("the unit mA"), "{}", said.stdout);
}

#[test]
fn init_writes_a_file_that_passes_the_check() {
    let program = Program::new();
    let said = run(&program, &["init"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(0), "enmon.yaml\n"));
    assert!(said.stderr.contains("enmon check enmon.yaml"), "{}", said.stderr);
    let checked = run(&program, &["check"]);
    assert_eq!(checked.code, Some(0), "{}", checked.all());
    assert_eq!(checked.stderr, "");
}

#[test]
fn init_leaves_a_file_that_is_there_alone() {
    let program = beside("enmon.yaml", "mine");
    let said = run(&program, &["init"]);
    assert_eq!(said.code, Some(1));
    assert!(said.stderr.contains("--force"), "{}", said.stderr);
    assert_eq!(fs::read_to_string(program.folder().join("enmon.yaml")).unwrap(), "mine");
    assert_eq!(run(&program, &["init", "--force"]).code, Some(0));
    assert_ne!(fs::read_to_string(program.folder().join("enmon.yaml")).unwrap(), "mine");
}

#[test]
fn a_dry_run_of_init_prints_and_writes_nothing() {
    let program = Program::new();
    let said = run(&program, &["init", "other.yaml", "--dry-run"]);
    assert_eq!(said.code, Some(0));
    assert_eq!(said.stdout, include_str!("../templates/sites/starter.yaml"));
    assert_eq!(fs::read_dir(program.folder()).unwrap().count(), 0);
}
