//! `enmon modbus serve` as a script and a person meet it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod modbus;

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use modbus::peer::{mbpoll, pymodbus_client};
use modbus::{enmon, enmon_json, values};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

const REGISTERS: &str = "\
apiVersion: enmon/v1
kind: Registers
units:
  1:
    holding:
      0x4010: {type: u32, values: [16000, 15999, 0]}
      100: 513
      300: {values: [16], wears: true, name: limit}
    coil: {0: [true, false]}
  2:
    input: {6: {type: f32, values: [16.1]}}
";

/// A running `enmon modbus serve`.
struct Serve {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    address: String,
    _folder: TempDir,
}

impl Serve {
    fn start(arguments: &[&str]) -> Serve {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("r.yaml"), REGISTERS).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_enmon"))
            .args([&["modbus", "serve", "-o", "json", "--commands"], arguments].concat())
            .env_clear()
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let Some(line) = lines.next() else {
            let mut talk = String::new();
            child.stderr.take().unwrap().read_to_string(&mut talk).unwrap();
            panic!("{arguments:?}: {talk}");
        };
        let ready: Value = serde_json::from_str(&line.unwrap()).unwrap();
        assert_eq!((&ready["apiVersion"], &ready["kind"]), (&json!("enmon/v1"), &json!("ModbusServer")));
        let address = ready["address"].as_str().unwrap().to_owned();
        Serve { child, lines, address, _folder: folder }
    }

    fn of_file(more: &[&str]) -> Serve {
        let listen = ["--registers", "r.yaml", "--listen", "modbus+tcp://127.0.0.1:0"];
        Serve::start(&[&listen[..], more].concat())
    }

    fn next(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().expect("it has ended").unwrap()).unwrap()
    }

    /// Gives it orders, and waits until they have been obeyed.
    fn tell(&mut self, orders: &[&str]) {
        let input = self.child.stdin.as_mut().unwrap();
        for order in orders {
            writeln!(input, "{order}").unwrap();
        }
        // lines are obeyed in their order, and this one is answered
        writeln!(input, "wear").unwrap();
        assert_eq!(self.next()["kind"], "ModbusWear");
    }

    fn read(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let command = ["modbus", "read", &self.address, "--timeout", "300ms"];
        let output = enmon(&[&command[..], arguments].concat());
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr),
        )
    }

    /// Ends it, and returns its exit code, what it printed at last and all that it said on stderr.
    fn end(mut self, signal: Signal) -> (Option<i32>, Vec<Value>, String) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let rest = self.lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
        let mut talk = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut talk).unwrap();
        (self.child.wait().unwrap().code(), rest, talk)
    }
}

#[test]
fn registers_of_a_file_are_served_and_misbehave_as_they_are_told() {
    let mut serve = Serve::of_file(&[]);
    let read = |serve: &Serve, arguments: &[&str]| {
        values(&enmon_json(&[&["modbus", "read", &serve.address], arguments].concat()))
    };
    assert_eq!(read(&serve, &["holding", "0x4010", "--count", "6", "--type", "u32"]), [16000, 15999, 0]);
    assert_eq!(read(&serve, &["--unit", "2", "input", "6", "--type", "f32"]), [16.1]);
    for (order, code, word) in [
        ("drop", Some(4), "no answer"),
        ("exception 6", Some(5), "busy"),
        ("garbage", Some(4), "makes no sense"),
        ("close", Some(4), "lost"),
        ("reset", Some(4), "lost"),
        ("truncated", Some(4), "does not end"),
        ("wrong-transaction", Some(4), "transaction"),
        ("delay 5s", Some(4), "no answer"),
        ("late 5s", Some(4), "no answer"),
        ("unit 1 drop", Some(4), "no answer"),
        ("normal", Some(0), "513"),
        ("unit 2 drop", Some(0), "513"),
        ("delay 10ms", Some(0), "513"),
        ("normal", Some(0), "513"),
    ] {
        serve.tell(&[order]);
        let (exit, talk) = serve.read(&["holding", "100"]);
        assert_eq!(exit, code, "{order}: {talk}");
        assert!(talk.contains(word), "{order}: {talk}");
    }
    serve.tell(&["once drop"]);
    assert_eq!(serve.read(&["holding", "100"]).0, Some(4));
    assert_eq!(serve.read(&["holding", "100"]).0, Some(0), "once is once");
    serve.tell(&["stale", "dizzy", "unit 400 drop"]);
    let write = ["modbus", "write", &serve.address, "holding", "100", "7", "--yes"];
    assert!(enmon(&write).status.success());
    assert_eq!(read(&serve, &["holding", "100"]), [513]);
    serve.tell(&["normal"]);
    assert_eq!(read(&serve, &["holding", "100"]), [7]);
    let (code, _, talk) = serve.end(Signal::TERM);
    assert_eq!(code, Some(0), "{talk}");
    assert!(talk.contains("`dizzy` is none of") && talk.contains("`400` is no unit id"), "{talk}");
}

#[test]
fn every_third_request_fails_and_all_are_logged() {
    let mut serve = Serve::of_file(&["--behave", "exception 4", "--every", "3", "--log"]);
    let seen = pymodbus_client(
        serve.address.rsplit(':').next().unwrap(),
        1,
        &json!([
            ["read", "holding", 100, 1],
            ["read", "holding", 100, 1],
            ["read", "holding", 100, 1],
            ["read", "coil", 0, 2]
        ]),
    );
    assert_eq!(seen, json!([[513], [513], {"exception": 4}, [1, 0]]));
    let logged: Vec<Value> = (0..4).map(|_| serve.next()).collect();
    assert!(logged.iter().all(|line| line["kind"] == "ModbusRequest" && line["unit"] == 1), "{logged:?}");
    assert_eq!(logged[0]["request"], "read 1 holding register from 0x0064");
    assert_eq!(logged[2]["behaviour"], "exception 4");
    assert!(logged[0]["answer"].as_str().unwrap().ends_with("03 02 02 01"), "{logged:?}");
    assert_eq!(serve.end(Signal::INT).0, Some(0));
}

#[test]
fn what_wears_out_is_counted_and_told() {
    let serve = Serve::of_file(&["--wear-limit", "3"]);
    for value in ["10", "11", "12", "13"] {
        assert!(
            enmon(&["modbus", "write", &serve.address, "holding", "300", value, "--yes"]).status.success()
        );
    }
    let (code, rest, talk) = serve.end(Signal::TERM);
    assert_eq!(code, Some(0));
    let last = rest.last().unwrap();
    assert_eq!((&last["kind"], &last["registers"][0]["name"]), (&json!("ModbusWear"), &json!("limit")));
    assert_eq!(last["registers"][0]["writes"], 4);
    assert!(talk.contains("limit (unit 1 register 0x012C) wears out, and was written 3 times"), "{talk}");
}

#[test]
fn a_simulated_device_is_served_on_a_terminal_under_the_name_of_a_link() {
    let folder = TempDir::new().unwrap();
    let link = folder.path().join("ev");
    let name = link.to_str().unwrap();
    let mut serve = Serve::start(&[
        "--profile",
        "abb-terra-ac",
        "--listen",
        "modbus+rtu:pty",
        "--link",
        name,
        "--unit",
        "7",
    ]);
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    let address = format!("modbus+rtu://{}", link.display());
    serve.tell(&["plug charger max=16 delay=0 ramp=1000", "plug nobody"]);
    let write =
        ["modbus", "write", &address, "--unit", "7", "holding", "0x4100", "--type", "u32", "10000", "--yes"];
    assert!(enmon(&write).status.success());
    // the offered limit, by two programs
    let read = ["modbus", "read", &address, "--unit", "7", "holding", "0x400E", "--type", "u32"];
    assert_eq!(values(&enmon_json(&read)), [10000]);
    assert_eq!(mbpoll(&address, 7, &["-t", "4:int", "-r", "16398", "-c", "1"]), ["10000"]);
    writeln!(serve.child.stdin.as_mut().unwrap(), "truth").unwrap();
    let truth = serve.next();
    assert_eq!(truth["chargers"][0]["offered"], 10.0, "{truth}");
    let (code, _, talk) = serve.end(Signal::TERM);
    assert_eq!(code, Some(0));
    assert!(talk.contains("no charger named `nobody`"), "{talk}");
    assert!(std::fs::symlink_metadata(&link).is_err(), "the link was left behind");
    assert!(folder.path().exists());
}

#[test]
fn only_so_many_connections_are_served_and_idle_ones_are_closed() {
    let serve = Serve::of_file(&["--most-connections", "2", "--idle", "300ms"]);
    let at = serve.address.trim_start_matches("modbus+tcp://").to_owned();
    let ask = |stream: &mut std::net::TcpStream| {
        let mut reply = [0; 11];
        stream.write_all(&[0, 1, 0, 0, 0, 6, 1, 3, 0, 100, 0, 1]).is_ok()
            && stream.read_exact(&mut reply).is_ok()
    };
    let connect = || std::net::TcpStream::connect(&at).unwrap();
    let (mut one, mut two) = (connect(), connect());
    assert!(ask(&mut one) && ask(&mut two));
    assert!(!ask(&mut connect()), "a third connection was served");
    assert_eq!(one.read(&mut [0]).unwrap(), 0, "closed when it was idle");
    assert_eq!(serve.end(Signal::TERM).0, Some(0));
}

#[test]
fn what_makes_no_sense_or_lets_everybody_in_is_refused() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let good = file("good.yaml", REGISTERS);
    let bad = file("bad.yaml", &REGISTERS.replace("100: 513", "100: 70000"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let occupied = format!("modbus+tcp://{}", taken.local_addr().unwrap());
    for (arguments, code, word) in [
        (vec!["--registers", &good, "--listen", "modbus+tcp://0.0.0.0:0"], 2, "reached from other machines"),
        (vec!["--registers", &good, "--listen", "modbus+rtu-tcp://0.0.0.0:0"], 2, "--beyond-loopback"),
        (vec!["--registers", &good, "--listen", "modbus+tls://127.0.0.1:0"], 2, "--cert"),
        (vec!["--registers", &good, "--listen", "https://127.0.0.1:0"], 2, "not spoken"),
        (vec!["--registers", &good, "--link", "/tmp/x"], 2, "pseudo-terminal"),
        (vec!["--registers", &good, "--behave", "dizzy"], 2, "wrong-transaction"),
        (vec!["--registers", &good, "--profile", "abb-terra-ac"], 2, "--profile"),
        (vec![], 2, "--profile"),
        (vec!["--registers", &bad], 3, "7:7"),
        (vec!["--registers", "/missing.yaml"], 3, "/missing.yaml"),
        (vec!["--profile", "abb-terra"], 3, "did you mean `abb-terra-ac`"),
        (vec!["--profile", "enmon-endpoint"], 3, "over HTTP"),
        (vec!["--registers", &good, "--listen", &occupied], 1, "port 0 takes a free one"),
        (
            vec!["--registers", &good, "--listen", "modbus+rtu:///missing/tty"],
            1,
            "/missing/tty can't be opened",
        ),
    ] {
        let output = enmon(&[&["modbus", "serve", "--for", "1ms"], &arguments[..]].concat());
        let talk = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {talk}");
        assert!(talk.contains(word), "{arguments:?}: {talk}");
    }
    let open = ["modbus", "serve", "--for", "1ms", "--beyond-loopback", "--registers", &good];
    let output = enmon(&[&open[..], &["--listen", "modbus+tcp://0.0.0.0:0"]].concat());
    assert_eq!(output.status.code(), Some(0));
}
