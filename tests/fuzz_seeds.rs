//! Every seed of the fuzz targets goes through its target without libFuzzer, and so does every profile that comes with the program.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test that can't go on fails"
)]

#[path = "../fuzz/bodies/mod.rs"]
mod bodies;

use std::fs;
use std::path::Path;

/// Feeds a target with each file of a folder; returns how many there were.
fn feed(folder: &str, target: fn(&[u8])) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut fed = 0;
    for file in files {
        let path = file.unwrap().path();
        // shown only when the target fails
        println!("{}", path.display());
        target(&fs::read(&path).unwrap());
        fed += 1;
    }
    fed
}

#[test]
fn frames_of_tcp() {
    assert!(feed("fuzz/seeds/frame_tcp", bodies::frame::tcp) > 30);
}

#[test]
fn frames_of_rtu() {
    assert!(feed("fuzz/seeds/frame_rtu", bodies::frame::rtu) > 30);
}

#[test]
fn frames_of_ascii() {
    assert!(feed("fuzz/seeds/frame_ascii", bodies::frame::ascii) > 30);
}

#[test]
fn profiles() {
    assert!(feed("fuzz/seeds/profile", bodies::profile::profile) > 3);
    assert!(feed("templates/profiles", bodies::profile::profile) >= 3);
}

/// A valid seed leads deeper than one that is refused.
#[test]
fn valid_profiles_are_valid() {
    for name in ["everything-at-once", "sunspec", "endpoint"] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fuzz/seeds/profile/{name}.yaml"));
        let (_, findings) = enmon::profile::read(name, &fs::read_to_string(file).unwrap());
        assert!(findings.is_empty(), "{findings:?}");
    }
}
