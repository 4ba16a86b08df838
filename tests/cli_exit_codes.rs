//! Each documented exit code, with the real program, and what else scripts rely on: pipes, colour, the form of errors.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod program;
#[path = "program/terminal.rs"]
mod terminal;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;

use program::Program;

/// A command that fails everywhere: no folder can be made below a file.
const FAILING: [&str; 2] = ["man", "/dev/null/pages"];

#[test]
fn done_is_0() {
    let version = format!("enmon {}\n", env!("CARGO_PKG_VERSION"));
    Program::new().with(&["--version"]).assert().code(0).stdout(version).stderr("");
}

#[test]
fn failed_is_1() {
    let assert = Program::new().with(&FAILING).assert().code(1).stdout("");
    let talk = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert_eq!(
        talk,
        "error: the man pages can't be written\ncaused by: /dev/null/pages: making the folder failed\n\
         caused by: Not a directory (os error 20)\n"
    );
}

#[test]
fn wrong_usage_is_2() {
    for arguments in [&["--no-such-flag"][..], &["no-such-command"], &["man"], &["completions", "tcsh"], &[]]
    {
        let assert = Program::new().with(arguments).assert().code(2).stdout("");
        assert!(!assert.get_output().stderr.is_empty(), "{arguments:?} says nothing");
    }
}

#[test]
fn an_invalid_site_is_3() {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("site.yaml");
    std::fs::write(&site, "apiVersion: enmon/v1\nkind: Site\nname: x\nno-such-key: 1\n").unwrap();
    Program::new().with(&["check", "--site", site.to_str().unwrap()]).assert().code(3);
}

#[test]
fn a_device_that_is_not_there_is_4() {
    // the port was free a moment ago, and nobody listens on it
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    Program::new().with(&read_register(port).each_ref().map(String::as_str)).assert().code(4).stdout("");
}

#[test]
fn a_device_that_refuses_is_5() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // it may ask more than once, over one connection or several; the thread ends with the test
    std::thread::spawn(move || listener.incoming().flatten().for_each(refuse_all));
    let assert =
        Program::new().with(&read_register(port).each_ref().map(String::as_str)).assert().code(5).stdout("");
    let talk = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(talk.to_lowercase().contains("illegal data address"), "{talk}");
}

fn read_register(port: u16) -> [String; 7] {
    let address = format!("modbus+tcp://127.0.0.1:{port}");
    ["modbus", "read", &address, "--unit", "1", "holding", "0x4010"].map(str::to_owned)
}

/// A Modbus server that answers each request with exception 2 (illegal data address).
fn refuse_all(mut stream: TcpStream) {
    let mut request = [0; 12];
    while stream.read_exact(&mut request).is_ok() {
        // transaction, protocol 0, length 3, unit, function with the error bit, code
        let answer = [request[0], request[1], 0, 0, 0, 3, request[6], request[7] | 0x80, 2];
        if stream.write_all(&answer).is_err() {
            return;
        }
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    for arguments in [&["completions", "bash"][..], &["--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_enmon"))
            .args(arguments)
            .env_clear()
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {:?}", output.status);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    }
}

#[test]
fn errors_are_an_object_for_scripts() {
    let assert = Program::new().with(&["-o", "json"]).args(FAILING).assert().code(1).stdout("");
    let error: serde_json::Value = serde_json::from_slice(&assert.get_output().stderr).unwrap();
    assert_eq!(error["apiVersion"], "enmon/v1");
    assert_eq!(error["kind"], "Error");
    assert_eq!(error["code"], "failed");
    assert_eq!(error["exitCode"], 1);
    assert_eq!(error["causes"][1], "Not a directory (os error 20)");
}

#[test]
fn colour_is_for_terminals_unless_it_is_asked_for() {
    let has_style = |text: &[u8]| text.contains(&0x1b);
    let program = Program::new();
    let stderr = |arguments: &[&str]| program.with(arguments).args(FAILING).output().unwrap().stderr;
    assert!(!has_style(&stderr(&[])));
    assert!(has_style(&stderr(&["--color", "always"])));

    let shown = |arguments: &[&str], no_color: Option<&str>| {
        let mut all = arguments.to_vec();
        all.extend(FAILING);
        terminal::run(&all, no_color.map(|value| ("NO_COLOR", value)))
    };
    assert!(has_style(&shown(&[], None)));
    assert!(!has_style(&shown(&[], Some("1"))));
    assert!(!has_style(&shown(&["--color", "never"], None)));
    assert!(has_style(&shown(&["--color", "always"], Some("1"))));
}
