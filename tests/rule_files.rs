//! `enmon rule` on files of one's own: rules of one name, files that can't be understood, and what is merged in.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod program;

use std::fs;
use std::process::Output;

use program::Program;
use serde_json::Value;

const PAIR: &str = "groups:
  - name: g
    rules:
      - alert: Hot # soon
        expr: t > 40
        for: 5m
        labels: {severity: warning}
      - alert: Hot # now
        expr: t > 60
        for: 5m
        labels: {severity: critical}
";

/// Runs `enmon rule …` and returns its exit code, what is on stdout and what is on stderr.
fn rule(program: &Program, arguments: &[&str]) -> (i32, String, String) {
    let mut all = vec!["rule"];
    all.extend(arguments);
    let Output { status, stdout, stderr } =
        program.with(&all).current_dir(program.folder()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn with_file(text: &str) -> Program {
    let program = Program::new();
    write(&program, "r.yml", text);
    program
}

fn write(program: &Program, name: &str, text: &str) {
    fs::write(program.folder().join(name), text).unwrap();
}

fn read(program: &Program) -> String {
    fs::read_to_string(program.folder().join("r.yml")).unwrap()
}

#[test]
fn rules_of_one_name_are_told_from_each_other() {
    let program = with_file(PAIR);
    let edit = ["edit", "Hot", "--group", "g", "--for", "9m", "--file", "r.yml"];
    let (code, _, said) = rule(&program, &edit);
    assert_eq!(code, 2, "{said}");
    for part in [
        "line 4, group g: severity=warning",
        "line 8, group g: severity=critical",
        "--where severity=warning or --where severity=critical",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(read(&program), PAIR);

    let (code, _, said) = rule(&program, &[&edit[..], &["--where", "severity=critical"]].concat());
    assert_eq!(code, 0, "{said}");
    let (head, tail) = PAIR.split_once("# now").unwrap();
    let edited = format!("{head}# now{}", tail.replace("5m", "9m"));
    assert_eq!(read(&program), edited);

    let (code, _, said) = rule(&program, &[&edit[..], &["--where", "severity=page"]].concat());
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("no such rule `Hot`") && said.contains("severity=critical"), "{said}");

    let add = ["add", "Hot", "--group", "g", "--file", "r.yml", "--expr"];
    let (code, _, said) = rule(&program, &[&add[..], &["t > 60", "--severity", "critical"]].concat());
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("enmon rule edit Hot --line 8"), "{said}");
    assert_eq!(read(&program), edited);
    let (code, _, said) = rule(&program, &[&add[..], &["t > 90", "--severity", "page"]].concat());
    assert_eq!(code, 0, "{said}");

    let (code, _, said) = rule(&program, &["delete", "Hot", "--line", "8", "--file", "r.yml", "--yes"]);
    assert_eq!(code, 0, "{said}");
    let left = read(&program);
    assert!(left.contains("# soon") && left.contains("page") && !left.contains("# now"), "{left}");
}

#[test]
fn files_that_cant_be_understood_are_named_beside_the_others() {
    let program = with_file(PAIR);
    write(&program, "old.yml", "ALERT Down\n  IF up == 0\n");
    write(&program, "route.yml", "route:\n  receiver: everybody\n");
    let (code, out, said) = rule(&program, &["list", "r.yml", "old.yml", "route.yml", "-o", "json"]);
    assert_eq!(code, 3, "{said}");
    let listed: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2, "{out}");

    let (code, out, said) = rule(&program, &["list", "r.yml", "old.yml", "route.yml"]);
    assert_eq!(code, 3, "{said}");
    assert!(out.contains("r.yml") && out.starts_with("FILE ") && out.contains("Hot"), "{out}");
    assert!(said.contains("before 2.0") && said.contains("route.yml:1:1"), "{said}");

    let (code, out, _) = rule(&program, &["list", "route.yml"]);
    assert_eq!((code, out.as_str()), (3, ""));
    let (code, out, _) = rule(&program, &["list", "r.yml"]);
    assert!(code == 0 && !out.contains("r.yml"), "{out}");
    for command in ["list", "check"] {
        let (code, _, said) = rule(&program, &[command, "none.yml"]);
        assert_eq!(code, 3, "{said}");
        assert!(said.contains("the rule file none.yml can't be read"), "{said}");
        assert!(!said.contains("--target"), "{said}");
    }
}

#[test]
fn a_template_that_fails_later_stands_in_the_way_of_no_other_edit() {
    let text = format!("{PAIR}        annotations: {{summary: '{{{{ $.labels.hall }}}}'}}\n");
    let program = with_file(&text);
    let (code, out, said) = rule(&program, &["check", "r.yml"]);
    assert_eq!(code, 0, "{said}");
    assert!(out.contains("no field `labels`"), "{out}");
    let edit = ["edit", "Hot", "--where", "severity=warning", "--file", "r.yml"];
    let (code, _, said) = rule(&program, &[&edit[..], &["--for", "9m"]].concat());
    assert_eq!(code, 0, "{said}");
    let edited = read(&program);
    assert_eq!(edited, text.replacen("5m", "9m", 1));
    let (code, _, said) = rule(&program, &[&edit[..], &["--summary", "{{ .job }} is hot"]].concat());
    assert_eq!(code, 3, "{said}");
    assert_eq!(read(&program), edited);
}

#[test]
fn what_is_merged_in_is_not_said_to_be_gone() {
    let text = "groups:
  - name: g
    rules:
      - alert: One
        expr: up == 0
        annotations: &a
          summary: it is down
      - alert: Two
        expr: up == 1
        annotations:
          <<: *a
          more: also
";
    let program = with_file(text);
    let (code, _, said) = rule(&program, &["edit", "Two", "--annotation", "summary=", "--file", "r.yml"]);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("`summary` comes from what `*a` names") && said.contains("r.yml:11:"), "{said}");
    assert_eq!(read(&program), text);
}
