//! `enmon control plan --jsonl` on the real program: lines in, limits out.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use serde_json::{Value, json};

/// Two stations behind 20 A, one of which has whole currents only.
fn garage() -> Value {
    json!({"type": "init", "period_min": 5, "stations": [
        {"id": "E0", "voltage": 230.0, "angle": 0.0, "max": 32.0, "min": 0.0, "pilots": null},
        {"id": "E1", "voltage": 230.0, "angle": 0.0, "max": 32.0, "min": 6.0, "pilots": [0.0, 6.0, 8.0, 10.0, 12.0, 16.0]},
    ], "constraints": [{"id": "main", "limit": 20.0, "terms": {"E0": 1.0, "E1": 1.0}}]})
}

fn session(station: &str, kwh: Option<f64>, departure: Option<i64>) -> Value {
    json!({"station": station, "session": format!("{station}-1"), "remaining_kwh": kwh, "arrival": 0,
        "departure": departure, "last_pilot": 0.0, "last_actual": 0.0})
}

fn step(t: i64, sessions: &[Value]) -> Value {
    json!({"type": "step", "t": t, "sessions": sessions})
}

struct Program {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Program {
    fn start(flags: &[&str]) -> Program {
        let mut command = Command::new(env!("CARGO_BIN_EXE_enmon"));
        command.args(["control", "plan", "--jsonl"]).args(flags).env_clear();
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Program { child, input, output: BufReader::new(output) }
    }

    fn tell(&mut self, line: &Value) {
        writeln!(self.input, "{line}").unwrap();
    }

    fn ask(&mut self, line: &Value) -> Value {
        self.tell(line);
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    fn end(self) -> Output {
        drop(self.input);
        self.child.wait_with_output().unwrap()
    }
}

fn amps(answer: &Value, station: &str) -> f64 {
    answer["limits"][station].as_f64().unwrap()
}

#[test]
fn who_leaves_soon_is_planned_first_and_the_rest_is_used() {
    let mut program = Program::start(&[]);
    program.tell(&garage());
    // 3 kWh in an hour is 13 A: 16 A is the first current that brings it
    let sessions = [session("E0", Some(20.0), Some(120)), session("E1", Some(3.0), Some(12))];
    let answer = program.ask(&step(0, &sessions));
    assert!(amps(&answer, "E1") >= 12.0, "{answer}");
    assert!((amps(&answer, "E0") + amps(&answer, "E1") - 20.0).abs() < 1e-6, "{answer}");
    // the car at E1 has left
    let answer = program.ask(&step(1, &sessions[..1]));
    assert_eq!(answer, json!({"limits": {"E0": 20.0}}));
    program.tell(&json!({"type": "end"}));
    let output = program.end();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn cars_that_tell_nothing_are_planned_for_too() {
    for flags in [&[][..], &["--policy", "fair"]] {
        let mut program = Program::start(flags);
        program.tell(&garage());
        for t in 0..20 {
            let sessions = [session("E0", None, None), session("E1", None, None)];
            let answer = program.ask(&step(t, &sessions));
            let sum = amps(&answer, "E0") + amps(&answer, "E1");
            assert!(sum <= 20.0 + 1e-6 && sum > 18.0, "{flags:?}: {answer}");
        }
        assert!(program.end().status.success(), "the end of the input is an end");
    }
}

#[test]
fn a_line_that_is_wrong_is_named() {
    let lone = step(0, &[session("E7", None, None)]);
    for (lines, said) in [
        (vec![garage(), lone], "error: line 2: there is no station `E7`"),
        (vec![step(0, &[])], "error: line 1: a step before the stations are known"),
        (vec![json!({"type": "stop"})], "error: line 1: this can't be understood"),
    ] {
        let mut program = Program::start(&[]);
        for line in &lines {
            program.tell(line);
        }
        let output = program.end();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{stderr}");
        assert!(stderr.starts_with(said), "{stderr}");
    }
}
