//! `enmon sim run` as a person and a script meet it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod program;
mod sim;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use program::Program;

struct Simulation {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
    _folder: TempDir,
}

impl Simulation {
    fn start(arguments: &[&str]) -> Simulation {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("site.yaml"), sim::garage()).unwrap();
        let mut child = Command::new(assert_cmd::cargo::cargo_bin!("enmon"))
            .env_clear()
            .current_dir(folder.path())
            .args(["sim", "run", "--site", "site.yaml", "--any-port", "--make-certs", "-o", "json"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Simulation { child, lines, _folder: folder }
    }

    fn line(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().expect("it ended").unwrap()).unwrap()
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    fn end(mut self, signal: Signal) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        self.child.wait().unwrap().code()
    }
}

#[test]
fn it_says_where_everything_listens_obeys_commands_and_ends_orderly() {
    let mut simulation = Simulation::start(&["--commands", "--scene", "still"]);
    let ready = simulation.line();
    assert_eq!((&ready["kind"], &ready["apiVersion"]), (&Value::from("SimReady"), &Value::from("enmon/v1")));
    let devices = ready["devices"].as_array().unwrap();
    assert_eq!(devices.len(), 9);
    assert!(devices[0]["address"].as_str().unwrap().starts_with("modbus+tcp://127.0.0.1:"));
    assert!(devices[6]["ca"].as_str().unwrap().ends_with("/ca.pem"));
    for line in ["base main 30 20 10", "nonsense", "plug ev3 kwh=5 max=10", "", "truth"] {
        simulation.tell(line);
    }
    let truth = simulation.line();
    assert_eq!(truth["kind"], "SimTruth");
    assert_eq!(truth["circuits"][0]["baseLoad"]["L2"], 20.0);
    assert_eq!(truth["chargers"][2]["car"]["max"], 10.0);
    drop(simulation.child.stdin.take());
    assert_eq!(simulation.end(Signal::TERM), Some(0));
    let mut simulation = Simulation::start(&[]);
    simulation.line();
    assert_eq!(simulation.end(Signal::INT), Some(0));
}

#[test]
fn it_ends_by_itself_after_its_time() {
    let mut simulation = Simulation::start(&["--for", "200ms"]);
    simulation.line();
    assert!(simulation.lines.next().is_none());
    assert_eq!(simulation.child.wait().unwrap().code(), Some(0));
}

#[test]
fn what_is_missing_or_taken_is_said_with_a_hint() {
    let program = Program::new();
    let folder = TempDir::new().unwrap();
    let site = folder.path().join("site.yaml");
    let path = site.to_str().unwrap();
    fs::write(&site, sim::garage()).unwrap();
    let run = |more: &[&str]| {
        let arguments = [&["sim", "run", "--site", path, "--for", "1s"], more].concat();
        let output = program.with(&arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = run(&["--any-port"]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("q1: it is reached over TLS") && said.contains("--make-certs"), "{said}");
    let (code, said) = run(&["--speed", "0"]);
    assert_eq!(code, Some(2), "{said}");
    // somebody else has the port
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    fs::write(&site, sim::garage().replace("127.0.0.1:9100", &format!("127.0.0.1:{port}"))).unwrap();
    let (code, said) = run(&["--make-certs"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&format!("main-meter: 127.0.0.1:{port}")) && said.contains("--any-port"), "{said}");
}
