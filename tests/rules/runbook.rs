//! The pages of docs/runbooks: their form, and the commands and queries in them.

use std::collections::BTreeMap;
use std::fs;

use super::{files, read};

/// The headings of each page, in this order.
pub const HEADINGS: [&str; 7] = [
    "What it means",
    "What enmon does by itself",
    "How bad is it",
    "Look",
    "Mend",
    "When it is a false alarm",
    "Why these numbers",
];

/// Returns the pages by the name of their alert, without the index.
pub fn pages() -> BTreeMap<String, String> {
    let pages = files("docs/runbooks", "md").into_iter().map(|file| {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(&file).unwrap())
    });
    pages.filter(|(name, _)| name != "README").collect()
}

/// Returns what stands below a heading of the second level.
pub fn section(text: &str, heading: &str) -> String {
    let lines = text.lines().skip_while(|line| line.strip_prefix("## ") != Some(heading)).skip(1);
    lines.take_while(|line| !line.starts_with("## ")).map(|line| format!("{line}\n")).collect()
}

/// Returns the files that a page links to.
pub fn links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets
        .filter(|target| !target.contains("://"))
        .map(|target| target.split('#').next().unwrap().to_owned())
        .collect()
}

/// Returns the commands of enmon in a page: lines of code, and words in backquotes.
pub fn commands(text: &str) -> Vec<String> {
    let (code, prose): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with("    "));
    let prose = prose.join(" ");
    let quoted = prose.split('`').skip(1).step_by(2);
    let all = code.into_iter().map(str::trim).chain(quoted);
    all.filter(|command| command.starts_with("enmon ")).map(str::to_owned).collect()
}

/// Returns the queries in a page: lines of code that are no commands.
pub fn queries(text: &str) -> Vec<String> {
    let mut for_prometheus = false;
    let mut queries = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix("    ") {
            Some(code) if for_prometheus => queries.push(code.to_owned()),
            Some(_) => {}
            None => for_prometheus = line == "In Prometheus:",
        }
    }
    queries
}

#[test]
fn commands_and_queries_are_told_apart() {
    let page = "See `enmon status`.\n\n    enmon check\n    curl x\n\nIn Prometheus:\n\n    up == 0\n\nAnd:\n\n    top\n";
    assert_eq!(commands(page), ["enmon check", "enmon status"]);
    assert_eq!(queries(page), ["up == 0"]);
    assert_eq!(section("## A\nx\n## B\ny\n", "A"), "x\n");
    assert!(read("docs/runbooks/README.md").contains("| alert |"));
}
