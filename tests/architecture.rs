//! Holds `src/` to ARCHITECTURE.md: which room may use which, who alone may use a door to the outside, how long files are.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

#[path = "architecture/rules.rs"]
mod rules;
#[path = "architecture/source.rs"]
mod source;

use std::fs;
use std::path::Path;

use rules::Rules;

/// Returns every Rust file below a folder, as path below it and text.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

#[test]
fn the_house_is_as_the_document_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rules = Rules::from_document(&fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap());
    let faults = rules.faults(&sources(&root.join("src")));
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

const DOCUMENT: &str = "
## Rooms
| room | lives there | may use |
|---|---|---|
| `main.rs` | start | `cli` |
| `cli/` | flags | every room |
| `site/` | model | – |
| `plant/` | devices | `site` |
| `fsio.rs` | files | – |

## Doors
| path | what it is | only in |
|---|---|---|
| `std::fs`, `tokio::fs` | files | `fsio` |
| `std::process` | processes | `fsio` |
| `std::process::ExitCode` | how it ends | `main`, `cli` |
";

/// A house without faults, with one file replaced or added.
fn faults_with(path: &str, text: &str) -> Vec<String> {
    let mut files: Vec<(String, String)> = [
        ("lib.rs", "//! Lib.\npub mod cli;"),
        ("main.rs", "//! Main.\nuse std::process::ExitCode;\nfn main() { enmon::cli::main() }"),
        ("cli/mod.rs", "//! Cli.\nuse crate::plant::Plant;\nuse std::process::ExitCode;"),
        ("site/mod.rs", "//! Site.\n#[cfg(test)]\nmod proofs;"),
        ("site/proofs.rs", "//! Proofs.\nuse crate::cli::main;"),
        ("plant/mod.rs", "//! Plant.\nuse super::site::Amps;\n#[cfg(test)]\nmod tests { use std::fs; }"),
        ("fsio.rs", "//! Files.\nuse std::{fs, process::Command};"),
    ]
    .map(|(path, text)| (path.to_owned(), text.to_owned()))
    .into();
    files.retain(|(old, _)| old != path);
    files.push((path.to_owned(), text.to_owned()));
    Rules::from_document(DOCUMENT).faults(&files)
}

#[test]
fn a_house_without_faults_passes() {
    assert_eq!(faults_with("site/units.rs", "//! Units."), Vec::<String>::new());
}

#[test]
fn each_kind_of_fault_is_found() {
    let long = format!("//! Long.\n{}", "// line\n".repeat(600));
    for (path, text, expected) in [
        ("site/a.rs", "//! A.\nuse crate::plant::Plant;", "src/site/a.rs:2: `site` must not use `plant`"),
        ("site/a.rs", "//! A.\nuse crate::{site::Amps, plant};", "`site` must not use `plant`"),
        ("site/a.rs", "//! A.\nuse super::super::plant::Plant;", "`site` must not use `plant`"),
        ("plant/a.rs", "//! A.\nfn f() { crate::cli::main() }", "`plant` must not use `cli`"),
        ("plant/a.rs", "//! A.\nuse std::{io, fs::File};", "`plant` must not use `std::fs`"),
        ("plant/a.rs", "//! A.\nuse tokio::fs;", "`plant` must not use `tokio::fs`"),
        ("plant/a.rs", "//! A.\nuse std::process::ExitCode;", "must not use `std::process::ExitCode`"),
        ("cli/a.rs", "//! A.\nuse std::process::Command;", "`cli` must not use `std::process`"),
        ("main.rs", "//! Main.\nuse enmon::plant::go;", "`main` must not use `plant`"),
        ("main.rs", &"//! Main.\n".repeat(41), "src/main.rs has 41 lines"),
        ("site/a.rs", &long, "src/site/a.rs has 601 lines"),
        ("site/a.rs", "use std::fmt;", "src/site/a.rs does not open with"),
        ("attic/mod.rs", "//! Attic.", "src/attic is not in the table"),
    ] {
        let faults = faults_with(path, text);
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{text}: {faults:?}");
    }
    let faults = Rules::from_document(DOCUMENT).faults(&[]);
    assert!(faults.iter().any(|fault| fault == "the table of rooms has `plant`, src/ has not"), "{faults:?}");
}
