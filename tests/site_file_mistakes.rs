//! Broken site files: each mistake is found, at its line and column, in words that say what to do.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;

use enmon::document::{Finding, Severity};
use enmon::profile::Catalogue;
use enmon::site::{Site, load, proof_findings, prove};
use proptest::prelude::*;

const BASE: &str = include_str!("site_file/base.yaml");
const CASES: &str = include_str!("site_file/mistakes.txt");

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(Catalogue::built_in);

/// Loads a text; returns what was found, the proof's findings included.
fn findings(text: &str) -> (Option<Site>, Vec<Finding>) {
    match load(text, "garage.yaml", Path::new("/etc/enmon"), &*CATALOGUE) {
        Ok(loaded) => {
            let mut findings = loaded.warnings;
            findings.extend(proof_findings(&prove(&loaded.site), &loaded.source));
            (Some(loaded.site), findings)
        }
        Err(findings) => (None, findings),
    }
}

/// The cases with the findings that come out now, in the form of the file.
fn cases_as_found() -> (String, usize) {
    let mut found = String::new();
    let mut count = 0;
    let mut blocks = CASES.split("\n\n");
    found.push_str(blocks.next().unwrap());
    for block in blocks {
        let mut lines = block.lines();
        let (from, to) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        let written = |line: &str| line.get(2..).unwrap_or_default().replace('⏎', "\n");
        let (old, new) = (written(from), written(to));
        assert!(from.starts_with("- ") && to.starts_with('+'), "not a case: {block}");
        assert_eq!(BASE.matches(&old).count().min(1), 1, "not in base.yaml: {old}");
        write!(found, "\n\n{from}\n{to}").unwrap();
        for finding in findings(&BASE.replacen(&old, &new, 1)).1 {
            write!(found, "\n{finding}").unwrap();
        }
        count += 1;
    }
    found.push('\n');
    (found, count)
}

#[test]
fn every_mistake_is_found_at_its_place() {
    let (found, count) = cases_as_found();
    assert!(count >= 40, "only {count} cases");
    for block in found.split("\n\n").skip(1) {
        assert!(block.lines().count() > 2, "nothing was found: {block}");
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/site_file/mistakes.txt");
    if std::env::var_os("ENMON_BLESS").is_some() {
        std::fs::write(path, &found).unwrap();
    }
    let now = std::fs::read_to_string(path).unwrap();
    for (is, should) in found.split("\n\n").zip(now.split("\n\n")) {
        assert_eq!(
            is.trim_end(),
            should.trim_end(),
            "to take what is found now: ENMON_BLESS=1 cargo nextest run"
        );
    }
}

/// The base file, cut and patched anywhere, with pieces that mean something to YAML.
fn patched() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "",
        " ",
        "\n",
        "\n  ",
        "\t",
        ":",
        ": ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "\"",
        "'",
        "#",
        "&a ",
        "*a",
        "!!str ",
        "|\n",
        ">",
        "? ",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "\u{feff}",
        "\r",
        "é",
        "\0",
        "L1",
        "0x",
        "-1",
        "1e999",
        ".nan",
        "null",
        "~",
        "main",
        "<<: ",
    ]);
    prop::collection::vec((0.0..1.0f64, 0usize..12, piece), 1..5).prop_map(|patches| {
        let mut text: Vec<char> = BASE.chars().collect();
        for (at, cut, piece) in patches {
            let from = ((text.len() as f64) * at) as usize;
            let to = (from + cut).min(text.len());
            text.splice(from..to, piece.chars());
        }
        text.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_reader_panic_or_lose_its_place(text in patched()) {
        let (site, findings) = findings(&text);
        prop_assert!(site.is_some() || findings.iter().any(|finding| finding.severity == Severity::Error));
        for place in findings.iter().filter_map(|finding| finding.place) {
            prop_assert!(text.get(place.start..place.end).is_some(), "{place:?} is no part of the text");
            let line = text.split('\n').nth(place.line - 1);
            prop_assert!(line.is_some_and(|line| place.column <= line.chars().count() + 1), "{place:?} is not in the text");
        }
    }

    #[test]
    fn any_text_at_all_is_read(text in "\\PC*") {
        findings(&text);
        enmon::profile::read("profile.yaml", &text);
    }
}

#[test]
fn the_shipped_site_files_are_valid_and_proven() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/sites");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let (site, findings) = findings(&text);
        assert_eq!(
            findings.iter().map(ToString::to_string).collect::<Vec<_>>(),
            Vec::<String>::new(),
            "{path:?}"
        );
        assert!(prove(&site.unwrap()).proven, "{path:?}");
        count += 1;
    }
    assert!(count >= 3);
}

#[test]
fn all_mistakes_of_a_file_are_found_at_once() {
    let text = BASE
        .replace("kind: Site", "kind: Sites")
        .replace("limit: 40", "limit: forty")
        .replace("profile: eastron-sdm630", "profile: eastron")
        .replace("failsafe: 6", "failsafe: 3")
        .replace("phases: [L2]", "phases: [L2, L2]")
        .replace("interval: 1s", "intervall: 1s")
        .replace("127.0.0.1:5000", "0.0.0.0:5000");
    let codes: Vec<String> = findings(&text).1.into_iter().map(|finding| finding.code).collect();
    assert_eq!(
        codes,
        [
            "unknown-word",
            "wrong-type",
            "unknown-profile",
            "failsafe-out-of-range",
            "duplicate-phase",
            "unknown-key",
            "api-unprotected"
        ]
    );
}

#[test]
fn aliases_and_comments_are_understood() {
    let text = BASE
        .replace(
            "profile: abb-terra-ac\n    address: modbus+tcp://10.0.0.11",
            "profile: &kind abb-terra-ac # ours\n    address: modbus+tcp://10.0.0.11",
        )
        .replace(
            "profile: abb-terra-ac\n    address: modbus+tcp://10.0.0.12",
            "profile: *kind\n    address: modbus+tcp://10.0.0.12",
        );
    let (site, findings) = findings(&text);
    assert_eq!(findings, []);
    assert_eq!(site.unwrap().chargers[1].device.profile, "abb-terra-ac");
}
