//! What the Modbus tests share: a device of ours on a socket, pymodbus peers, mbpoll.
#![allow(dead_code, reason = "each test binary uses a part")]

pub mod device;
pub mod peer;
pub mod profiles;
pub mod recorder;
pub mod script;
pub mod served;

use std::process::{Command, Output};

/// Runs the program and returns what it said.
pub fn enmon(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_enmon")).args(arguments).env_clear().output().unwrap()
}

/// Runs the program, which must succeed, and returns the JSON that it printed.
pub fn enmon_json(arguments: &[&str]) -> serde_json::Value {
    let output = enmon(&[arguments, &["-o", "json"]].concat());
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "enmon {arguments:?}: {talk}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Returns the values of a report of `enmon modbus read`.
pub fn values(report: &serde_json::Value) -> Vec<serde_json::Value> {
    report["values"].as_array().unwrap().iter().map(|value| value["value"].clone()).collect()
}
