//! Asks the real promtool what it says to expressions and templates: one rules file for all of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

/// What promtool says.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    Accepted,
    /// Line and byte in it, both from 1, where it says so, and the message.
    Refused {
        place: Option<(usize, usize)>,
        message: String,
    },
}

/// Judges expressions, each as a recording rule.
pub fn expressions(texts: &[&str]) -> Vec<Verdict> {
    let mut rules = String::from("groups:\n- name: table\n  rules:\n");
    for (number, text) in texts.iter().enumerate() {
        writeln!(rules, "  - record: rule{number}\n    expr: {}", quoted(text)).unwrap();
    }
    let refusals = refusals(&rules, "could not parse expression: ");
    verdicts(texts.len(), &refusals, |message| {
        let (line, rest) = message.split_once(':')?;
        let (column, rest) = rest.split_once(':')?;
        rest.starts_with(" parse error").then_some((line.parse().ok()?, column.parse().ok()?))
    })
}

/// Judges templates, each as an annotation of an alert.
pub fn templates(texts: &[&str]) -> Vec<Verdict> {
    let mut rules = String::from("groups:\n- name: table\n  rules:\n");
    for (number, text) in texts.iter().enumerate() {
        writeln!(rules, "  - alert: rule{number}\n    expr: up\n    annotations: {{x: {}}}", quoted(text))
            .unwrap();
    }
    verdicts(texts.len(), &refusals(&rules, "annotation \"x\": "), |_| None)
}

fn verdicts(
    count: usize,
    refusals: &BTreeMap<usize, String>,
    place: impl Fn(&str) -> Option<(usize, usize)>,
) -> Vec<Verdict> {
    (0..count)
        .map(|number| match refusals.get(&number) {
            None => Verdict::Accepted,
            Some(message) => Verdict::Refused { place: place(message), message: message.clone() },
        })
        .collect()
}

/// Runs promtool and gathers, for each rule, what stands behind a word of its complaint.
fn refusals(rules: &str, behind: &str) -> BTreeMap<usize, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.yml");
    fs::write(&path, rules).unwrap();
    let outcome = Command::new("promtool").arg("check").arg("rules").arg(&path).output();
    let outcome = outcome.expect("promtool is missing; run: make setup");
    let said =
        String::from_utf8_lossy(&outcome.stdout).into_owned() + &String::from_utf8_lossy(&outcome.stderr);
    let mut refusals = BTreeMap::new();
    for line in said.lines() {
        let Some((before, message)) = line.split_once(behind) else {
            continue;
        };
        let number = before.rsplit_once("\"rule").and_then(|(_, rest)| rest.split('"').next()?.parse().ok());
        refusals.insert(number.unwrap_or_else(|| panic!("which rule is this? {line}")), message.to_owned());
    }
    // a file that it can't read at all would look like one without mistakes
    assert!(outcome.status.success() || !refusals.is_empty(), "promtool can't read the rules:\n{said}");
    refusals
}

/// Makes sure that both expressions of each pair have the same value for promtool.
pub fn equal(pairs: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.yml");
    let mut test = String::from("tests:\n- interval: 1m\n  promql_expr_test:\n");
    for (left, right) in pairs {
        let expr = quoted(&format!("vector(({left}) == bool ({right}))"));
        writeln!(
            test,
            "  - expr: {expr}\n    eval_time: 1m\n    exp_samples: [{{labels: '{{}}', value: 1}}]"
        )
        .unwrap();
    }
    fs::write(&path, test).unwrap();
    let outcome = Command::new("promtool").arg("test").arg("rules").arg(&path).output();
    let outcome = outcome.expect("promtool is missing; run: make setup");
    let said =
        String::from_utf8_lossy(&outcome.stdout).into_owned() + &String::from_utf8_lossy(&outcome.stderr);
    assert!(outcome.status.success(), "{said}");
}

/// Quotes a text for YAML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => write!(quoted, "\\{character}").unwrap(),
            '\n' => quoted.push_str("\\n"),
            _ => quoted.push(character),
        }
    }
    quoted + "\""
}
