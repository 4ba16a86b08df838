//! Every command explains itself with examples, and every example is right.

#[path = "program/example.rs"]
mod example;

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
