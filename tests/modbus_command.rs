//! `enmon modbus` as scripts and people use it: what it shows, asks, refuses.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod modbus;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use enmon::profile::Table;
use modbus::device::{Device, Memory};
use modbus::enmon;

fn device() -> Device {
    Device::start(Memory::default().with(1, Table::Holding, 0x4100, &[0, 6000, 7]).with(
        1,
        Table::Coil,
        0,
        &[0],
    ))
}

fn run(device: &Device, verb: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = enmon(&[&["modbus", verb, &device.address()], arguments].concat());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_write_shows_the_change_and_does_nothing_unasked() {
    let device = device();
    let limit = ["--unit", "1", "holding", "0x4100", "--type", "u32", "16000"];
    let (code, shown, talk) = run(&device, "write", &limit);
    assert_eq!((code, shown.as_str()), (Some(2), ""));
    assert!(talk.contains("0x4100: 6000 → 16000") && talk.contains("--yes"), "{talk}");
    let (code, shown, talk) = run(&device, "write", &[&limit[..], &["--dry-run"]].concat());
    assert_eq!(code, Some(0), "{talk}");
    assert!(shown.contains("16000") && talk.contains("6000 → 16000"), "{shown}{talk}");
    assert_eq!(device.memory.words(1, Table::Holding, 0x4100, 2), [0, 6000], "nothing was written");
    let (code, _, talk) = run(&device, "write", &[&limit[..], &["--yes"]].concat());
    assert_eq!(code, Some(0), "{talk}");
    assert_eq!(device.memory.words(1, Table::Holding, 0x4100, 2), [0, 16000]);
}

#[test]
fn a_write_that_the_device_ignores_is_told() {
    let device = device();
    device.behave(enmon::modbus::Behaviour::IgnoreWrites);
    let (code, _, talk) = run(&device, "write", &["holding", "0x4102", "9", "--yes"]);
    assert_eq!(code, Some(0));
    assert!(talk.contains("holds 7, not 9"), "{talk}");
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_sent() {
    let device = device();
    for (verb, arguments, word) in [
        ("read", &["holding", "0x4100", "--count", "3", "--type", "u32"][..], "whole number"),
        ("read", &["holding", "70000"], "0 to 65535"),
        ("read", &["relays", "0"], "holding"),
        ("read", &["holding", "0", "--timeout", "0s"], "no time"),
        ("read", &["coil", "0", "--type", "u16"], "--type"),
        ("write", &["input", "0", "1", "--yes"], "read only"),
        ("write", &["holding", "0", "70000", "--yes"], "0 to 65535"),
        ("write", &["holding", "0", "1.5", "--yes"], "whole number"),
        ("write", &["holding", "0", "--type", "f32", "nan", "--yes"], "no number"),
        ("write", &["coil", "0", "2", "--yes"], "neither on nor off"),
        ("write", &["holding", "65535", "1", "2", "--yes"], "65535"),
        ("write", &["holding", "0", "--yes"], "VALUE"),
        ("watch", &["holding", "0", "--every", "0s"], "above 0"),
    ] {
        let (code, _, talk) = run(&device, verb, arguments);
        assert_eq!(code, Some(2), "{verb} {arguments:?}: {talk}");
        assert!(talk.contains(word), "{verb} {arguments:?}: {talk}");
    }
    assert_eq!(device.memory.words(1, Table::Holding, 0x4100, 3), [0, 6000, 7]);
}

#[test]
fn raw_shows_every_byte_with_its_meaning() {
    let device = device();
    let (_, shown, talk) = run(&device, "read", &["holding", "0x4100", "--type", "u32", "--raw"]);
    assert!(shown.contains("6000"));
    for line in ["sent:", "41 00        register 0x4100 (16640)", "received:", "17 70        value 6000"] {
        assert!(talk.contains(line), "{talk}");
    }
}

#[test]
fn watch_prints_an_object_a_line_and_survives_a_failure() {
    let device = device();
    let address = device.address();
    let mut child = Command::new(env!("CARGO_BIN_EXE_enmon"))
        .args([
            "modbus",
            "watch",
            &address,
            "holding",
            "0x4102",
            "--every",
            "50ms",
            "--changes",
            "-o",
            "json",
        ])
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<serde_json::Value>(&lines.next().unwrap().unwrap()).unwrap();
    let first = next();
    assert_eq!(first["kind"], "ModbusSample");
    assert_eq!(first["values"][0]["value"], 7);
    device.behave(enmon::modbus::Behaviour::Reset);
    let failed = next();
    assert!(failed["error"].as_str().unwrap().contains("lost"), "{failed}");
    assert_eq!(failed["values"], serde_json::Value::Null);
    enmon::modbus::Registers::write(&*device.memory, 1, Table::Holding, 0x4102, &[8]).unwrap();
    device.behave(enmon::modbus::Behaviour::Normal);
    let changed = std::iter::repeat_with(next).find(|sample| sample["error"].is_null()).unwrap();
    assert_eq!(changed["values"][0]["value"], 8);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "Ctrl-C is an end in order");
}

#[test]
fn watch_ends_after_its_samples() {
    let device = device();
    let (code, shown, _) = run(&device, "watch", &["holding", "0x4102", "--every", "10ms", "--samples", "3"]);
    assert_eq!(code, Some(0));
    assert_eq!(shown.lines().filter(|line| line.ends_with("0x4102 7")).count(), 3, "{shown}");
    let (code, _, talk) = run(&device, "watch", &["holding", "0x5000", "--every", "10ms"]);
    assert_eq!(code, Some(5), "{talk}");
}

#[test]
fn a_broadcast_is_meant_and_nobody_is_waited_for() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("modbus+rtu-tcp://{}", listener.local_addr().unwrap());
    let line = std::thread::spawn(move || {
        let mut sent = Vec::new();
        let (mut stream, _) = listener.accept().unwrap();
        std::io::Read::read_to_end(&mut stream, &mut sent).unwrap();
        sent
    });
    let write = |more: &[&str]| {
        let output =
            enmon(&[&["modbus", "write", &address, "holding", "257", "15000", "--yes"], more].concat());
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, talk) = write(&["--unit", "0"]);
    assert_eq!(code, Some(2), "{talk}");
    assert!(talk.contains("--broadcast"), "{talk}");
    let (code, talk) = write(&["--unit", "3", "--broadcast"]);
    assert_eq!(code, Some(2), "{talk}");
    let read = enmon(&["modbus", "read", &address, "holding", "257", "--unit", "0"]);
    assert_eq!(read.status.code(), Some(2));
    let (code, talk) = write(&["--broadcast", "--raw"]);
    assert_eq!(code, Some(0), "{talk}");
    for word in ["No device answers", "unit 0, every device on the line", "CRC, right"] {
        assert!(talk.contains(word), "{word}: {talk}");
    }
    // the first and only connection: what was refused was refused before
    let sent = line.join().unwrap();
    assert_eq!(sent[..6], [0, 6, 1, 1, 0x3A, 0x98]);
    assert_eq!(sent.len(), 8);
}

#[test]
fn bits_are_shown_as_bits_and_masks_count() {
    let device = device();
    let (_, shown, _) = run(&device, "read", &["holding", "0x4102", "--type", "bits", "-o", "json"]);
    let report: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(report["values"][0]["value"], serde_json::json!([0, 1, 2]));
    let (_, shown, _) =
        run(&device, "read", &["holding", "0x4102", "--mask", "0b110", "--shift", "1", "--in", "A"]);
    assert!(
        shown.lines().any(|line| line.split_whitespace().collect::<Vec<_>>() == ["0x4102", "3", "A", "0007"]),
        "{shown}"
    );
    let write = ["holding", "0x4102", "--mask", "0xF0", "--shift", "4", "9", "--yes"];
    assert_eq!(run(&device, "write", &write).0, Some(0));
    assert_eq!(device.memory.words(1, Table::Holding, 0x4102, 1), [0x97]);
    let (code, _, talk) = run(&device, "read", &["holding", "0x4102", "--type", "bcd"]);
    assert_eq!(code, Some(0), "{talk}");
    enmon::modbus::Registers::write(&*device.memory, 1, Table::Holding, 0x4102, &[0xA]).unwrap();
    let (code, shown, talk) = run(&device, "read", &["holding", "0x4102", "--type", "bcd"]);
    assert_eq!(code, Some(1), "{talk}");
    assert!(shown.contains("no binary coded decimal"), "{shown}");
}

#[test]
fn certificates_go_with_tls_alone() {
    let device = device();
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key.pem");
    std::fs::write(&key, "no key").unwrap();
    let key = key.to_str().unwrap();
    let (code, _, talk) = run(&device, "read", &["holding", "0x4100", "--ca", key]);
    assert_eq!(code, Some(2));
    assert!(talk.contains("modbus+tls"), "{talk}");
    let tls = |more: &[&str]| {
        let output = enmon(&[&["modbus", "read", "modbus+tls://127.0.0.1:1", "holding", "0"], more].concat());
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, talk) = tls(&[]);
    assert_eq!(code, Some(2));
    assert!(talk.contains("--ca"), "{talk}");
    let (code, talk) = tls(&["--ca", key, "--cert", key, "--key", key]);
    assert_eq!(code, Some(3), "{talk}");
    assert!(talk.contains("chmod 600") && talk.contains("no PEM certificate"), "{talk}");
}

#[test]
fn a_serial_port_that_is_not_there_is_no_question_of_host_and_port() {
    let output = enmon(&["modbus", "read", "modbus+rtu:///nowhere/port", "holding", "0"]);
    let talk = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{talk}");
    assert!(talk.contains("group dialout") && !talk.contains("its host"), "{talk}");
}
