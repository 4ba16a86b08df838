//! Every command explains itself with examples, and every example is right, in help texts and in documents.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

#[path = "program/example.rs"]
mod example;

use std::fs;
use std::path::Path;

use clap::Command;

/// Goes through a command and all below it, and returns what is wrong.
fn faults(root: &Command, command: &Command, path: &str, found: &mut Vec<String>) {
    let notes = command.get_after_long_help().or_else(|| command.get_after_help());
    let notes = notes.map(ToString::to_string).unwrap_or_default();
    let examples = example::examples_in(&notes);
    if examples.is_empty() {
        found.push(format!("{path} --help has no `Examples:` section with lines that start with `  enmon `"));
    }
    if command.get_about().is_none() {
        found.push(format!("{path} does not say what it does"));
    }
    found.extend(examples.iter().filter_map(|line| example::check(root, line).err()));
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        faults(root, inner, &format!("{path} {}", inner.get_name()), found);
    }
}

fn faults_of(root: &Command) -> Vec<String> {
    let mut found = Vec::new();
    faults(root, root, root.get_name(), &mut found);
    found
}

#[test]
fn every_command_has_examples_that_parse() {
    let found = faults_of(&enmon::cli::command());
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn the_check_finds_what_is_wrong() {
    let root = || Command::new("enmon").about("x").after_help("Examples:\n  enmon list");
    let good =
        root().subcommand(Command::new("list").about("x").after_help("Examples:\n  enmon list | head"));
    assert_eq!(faults_of(&good), Vec::<String>::new());
    let silent = root().subcommand(Command::new("list").about("x"));
    assert!(faults_of(&silent)[0].contains("enmon list --help has no"));
    let wrong =
        root().subcommand(Command::new("list").about("x").after_help("Examples:\n  enmon list --all"));
    assert!(faults_of(&wrong)[0].contains("--all"));
    let mute = root().subcommand(Command::new("list").after_help("Examples:\n  enmon list"));
    assert!(faults_of(&mute)[0].contains("does not say"));
}

#[test]
fn commands_in_the_documents_parse() {
    let command = enmon::cli::command();
    let mut faults = Vec::new();
    for name in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/README.md"] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
        // indented or in backquotes; what has an ellipsis or a choice in it is a pattern, not a command
        let indented = text.lines().filter_map(|line| line.strip_prefix("    ")).map(str::to_owned);
        let quoted = text.split('`').skip(1).step_by(2).map(str::to_owned);
        let lines =
            indented.chain(quoted).filter(|line| line.starts_with("enmon ") && !line.contains(['…', '\n']));
        let is_group = |line: &str| {
            let name = line.trim_start_matches("enmon ");
            command.find_subcommand(name).is_some()
        };
        faults.extend(lines.filter(|line| !is_group(line)).filter_map(|line| {
            example::check(&command, &line).err().map(|fault| format!("{name}: {fault}"))
        }));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
