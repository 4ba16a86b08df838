//! The committed completions and man pages are those of the code. `ENMON_BLESS=1` writes them anew.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use program::Program;

fn committed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(name)
}

fn files_in(folder: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeMap::new() };
    entries
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
        .collect()
}

fn is_bless() -> bool {
    std::env::var_os("ENMON_BLESS").is_some()
}

#[test]
fn completions_are_those_of_the_code() {
    let program = Program::new();
    for (shell, name) in [("bash", "enmon.bash"), ("zsh", "_enmon"), ("fish", "enmon.fish")] {
        let output = program.with(&["completions", shell]).output().unwrap();
        assert!(output.status.success(), "{shell}");
        let script = String::from_utf8(output.stdout).unwrap();
        if is_bless() {
            fs::create_dir_all(committed("man")).unwrap();
            fs::write(committed(name), &script).unwrap();
        }
        let old = fs::read_to_string(committed(name)).unwrap_or_default();
        assert!(old == script, "completions/{name} is out of date; run: make bless");
    }
}

#[test]
fn every_shell_has_completions() {
    let program = Program::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        program.with(&["completions", shell]).assert().success().stderr("");
    }
}

#[test]
fn man_pages_are_those_of_the_code() {
    let program = Program::new();
    let folder = tempfile::tempdir().unwrap();
    program.with(&["man", folder.path().to_str().unwrap()]).assert().success().stderr("");
    let pages = files_in(folder.path());
    assert!(pages.contains_key("enmon.1"));
    if is_bless() {
        let _ = fs::remove_dir_all(committed("man"));
        fs::create_dir_all(committed("man")).unwrap();
        for (name, page) in &pages {
            fs::write(committed("man").join(name), page).unwrap();
        }
    }
    let old = files_in(&committed("man"));
    let names = |pages: &BTreeMap<String, String>| pages.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&old), names(&pages), "completions/man is out of date; run: make bless");
    for (name, page) in &pages {
        assert!(&old[name] == page, "completions/man/{name} is out of date; run: make bless");
    }
}
