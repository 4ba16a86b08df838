//! Modbus with programs that nobody here wrote, in both directions: pymodbus and mbpoll against us, we against pymodbus.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod modbus;

use enmon::profile::Table;
use modbus::device::{Device, Memory};
use modbus::peer::{Peer, mbpoll, pymodbus_client, pymodbus_server};
use modbus::{enmon, enmon_json, values};
use serde_json::{Value, json};

/// Three u32 in mA as an ABB Terra AC has them, a single, a negative number, a text, bits.
fn registers() -> Value {
    json!({
        "1": {
            "holding": {"0x4010": [0, 16000, 0, 15999, 1, 2], "100": [0xFFFB, 0x4142, 0x4300], "0x4100": [0, 6000]},
            "input": {"6": [0x4180, 0xCCCD, 0x4188, 0x8000]},
            "coil": {"3": [1, 0, 1, 1, 0, 0, 0, 1, 1, 0]},
            "discrete": {"0": [0, 1, 1]}
        },
        "180": {"holding": {"0": [7]}}
    })
}

fn the_same_in_memory() -> Memory {
    Memory::default()
        .with(1, Table::Holding, 0x4010, &[0, 16000, 0, 15999, 1, 2])
        .with(1, Table::Holding, 100, &[0xFFFB, 0x4142, 0x4300])
        .with(1, Table::Holding, 0x4100, &[0, 6000])
        .with(1, Table::Input, 6, &[0x4180, 0xCCCD, 0x4188, 0x8000])
        .with(1, Table::Coil, 3, &[1, 0, 1, 1, 0, 0, 0, 1, 1, 0])
        .with(1, Table::Discrete, 0, &[0, 1, 1])
        .with(180, Table::Holding, 0, &[7])
}

/// What both devices above must show, whoever serves them.
fn assert_enmon_reads_all(address: &str) {
    let read = |arguments: &[&str]| values(&enmon_json(&[&["modbus", "read", address], arguments].concat()));
    assert_eq!(
        read(&["--unit", "1", "holding", "0x4010", "--count", "6", "--type", "u32"]),
        [16000, 15999, 65538]
    );
    assert_eq!(read(&["holding", "0x4010", "--count", "2", "--type", "u32", "--scale", "0.001"]), [16.0]);
    assert_eq!(read(&["holding", "0x4012", "--type", "u32", "--word-order", "little"]), [15999_u32 << 16]);
    assert_eq!(read(&["holding", "100", "--type", "i16"]), [-5]);
    assert_eq!(read(&["holding", "101", "--count", "2", "--type", "string"]), ["ABC"]);
    assert_eq!(
        read(&["holding", "101", "--count", "2", "--type", "string", "--byte-order", "little"]),
        ["BA"]
    );
    assert_eq!(read(&["input", "6", "--count", "4", "--type", "f32"]), [16.1, 17.0625]);
    assert_eq!(read(&["coil", "3", "--count", "10"]), [1, 0, 1, 1, 0, 0, 0, 1, 1, 0]);
    assert_eq!(read(&["discrete", "0", "--count", "3"]), [0, 1, 1]);
    assert_eq!(read(&["--unit", "180", "holding", "0"]), [7]);
}

#[test]
fn enmon_reads_what_pymodbus_serves() {
    let (_server, address) = pymodbus_server(&registers());
    assert_enmon_reads_all(&address);
    let refused = enmon(&["modbus", "read", &address, "holding", "0x5000"]);
    assert_eq!(refused.status.code(), Some(5));
    let talk = String::from_utf8(refused.stderr).unwrap();
    assert!(
        talk.contains("0x5000") && talk.contains("unit 1") && talk.contains("no such register"),
        "{talk}"
    );
}

#[test]
fn enmon_reads_the_same_from_its_own_server() {
    let device = Device::start(the_same_in_memory());
    assert_enmon_reads_all(&device.address());
}

#[test]
fn mbpoll_reads_what_enmon_reads_from_both_servers() {
    let (_server, theirs) = pymodbus_server(&registers());
    let device = Device::start(the_same_in_memory());
    for address in [theirs, device.address()] {
        let read = |arguments: &[&str]| {
            values(&enmon_json(&[&["modbus", "read", &address], arguments].concat()))
                .iter()
                .map(|value| value.to_string())
                .collect::<Vec<_>>()
        };
        let same = |theirs: &[&str], ours: &[&str]| {
            let theirs = mbpoll(&address, 1, theirs);
            assert!(!theirs.is_empty());
            assert_eq!(theirs, read(ours), "{address} {ours:?}");
        };
        same(
            &["-t", "4:int", "-r", "16400", "-c", "3"],
            &["holding", "0x4010", "--count", "6", "--type", "u32"],
        );
        same(&["-t", "4", "-r", "16400", "-c", "6"], &["holding", "0x4010", "--count", "6"]);
        same(&["-t", "3:float", "-r", "6", "-c", "2"], &["input", "6", "--count", "4", "--type", "f32"]);
        same(&["-t", "0", "-r", "3", "-c", "10"], &["coil", "3", "--count", "10"]);
        same(&["-t", "1", "-r", "0", "-c", "3"], &["discrete", "0", "--count", "3"]);
    }
}

#[test]
fn what_enmon_writes_pymodbus_holds() {
    let (_server, address) = pymodbus_server(&registers());
    let write =
        |arguments: &[&str]| enmon_json(&[&["modbus", "write", &address, "--yes"], arguments].concat());
    let report = write(&["--unit", "1", "holding", "0x4100", "--type", "u32", "16000"]);
    assert_eq!(
        report["changes"],
        json!([{"register": 0x4100, "old": 6000, "new": 16000, "readBack": 16000}])
    );
    assert_eq!(report["written"], true);
    assert_eq!(mbpoll(&address, 1, &["-t", "4:int", "-r", "16640", "-c", "1"]), ["16000"]);
    // function 06, a negative number, several values, coils one and several, a scaled single
    write(&["holding", "100", "--type", "i16", "-7"]);
    write(&["holding", "0x4010", "--type", "u32", "1", "70000", "3"]);
    write(&["coil", "4", "on"]);
    write(&["coil", "5", "off", "off", "1"]);
    write(&["holding", "0x4100", "--type", "f32", "--scale", "0.1", "1.25"]);
    let port: u16 = address.rsplit(':').next().unwrap().parse().unwrap();
    let seen = pymodbus_client(
        port,
        1,
        &json!([
            ["read", "holding", 100, 1],
            ["read", "holding", 0x4010, 6],
            ["read", "coil", 3, 10],
            ["read", "holding", 0x4100, 2]
        ]),
    );
    // 12.5 as a single is 0x41480000
    assert_eq!(seen, json!([[0xFFF9], [0, 1, 1, 4464, 0, 3], [1, 1, 0, 0, 1, 0, 0, 1, 1, 0], [0x4148, 0]]));
}

#[test]
fn pymodbus_reads_and_writes_our_server() {
    let device = Device::start(the_same_in_memory());
    let seen = pymodbus_client(
        device.port,
        1,
        &json!([
            ["read", "holding", 0x4010, 6],
            ["read", "input", 6, 4],
            ["read", "coil", 3, 10],
            ["read", "discrete", 0, 3],
            ["write", "holding", 100, 513],
            ["write", "holding", 0x4100, [0, 12345]],
            ["write", "coil", 4, true],
            ["write", "coil", 5, [false, false, true]],
            ["read", "holding", 0x5000, 1],
            ["write", "holding", 0x5000, [1, 2]],
            ["read", "holding", 100, 1],
            ["read", "coil", 3, 10]
        ]),
    );
    assert_eq!(
        seen,
        json!([
            [0, 16000, 0, 15999, 1, 2],
            [0x4180, 0xCCCD, 0x4188, 0x8000],
            [1, 0, 1, 1, 0, 0, 0, 1, 1, 0],
            [0, 1, 1],
            "written",
            "written",
            "written",
            "written",
            {"exception": 2},
            {"exception": 2},
            [513],
            [1, 1, 0, 0, 1, 0, 0, 1, 1, 0]
        ])
    );
    assert_eq!(device.memory.words(1, Table::Holding, 0x4100, 2), [0, 12345]);
}

#[test]
fn mbpoll_writes_our_server() {
    let device = Device::start(the_same_in_memory());
    mbpoll(&device.address(), 1, &["-t", "4", "-r", "100", "--", "77"]);
    mbpoll(&device.address(), 1, &["-t", "4", "-r", "16400", "--", "1", "2", "3"]);
    mbpoll(&device.address(), 1, &["-t", "0", "-r", "3", "--", "0", "1"]);
    assert_eq!(device.memory.words(1, Table::Holding, 100, 1), [77]);
    assert_eq!(device.memory.words(1, Table::Holding, 0x4010, 4), [1, 2, 3, 15999]);
    assert_eq!(device.memory.words(1, Table::Coil, 3, 3), [0, 1, 1]);
}

#[test]
fn long_ranges_are_split_and_no_value_is_torn() {
    let words: Vec<u16> = (0..600).collect();
    let bits: Vec<u16> = (0..4100).map(|at| u16::from(at % 7 == 0)).collect();
    let (_server, address) = pymodbus_server(&json!({"1": {"holding": {"10": words}, "coil": {"0": bits}}}));
    let report = enmon_json(&["modbus", "read", &address, "holding", "10", "--count", "600", "--raw"]);
    assert_eq!(values(&report), (0..600).map(Value::from).collect::<Vec<_>>());
    assert_eq!(report["wire"].as_array().unwrap().len(), 10, "5 requests and 5 answers");
    let wide = enmon_json(&[
        "modbus", "read", &address, "holding", "10", "--count", "600", "--type", "u64", "--raw",
    ]);
    assert_eq!(wide["values"][149]["raw"], json!([596, 597, 598, 599]));
    for sent in wide["wire"].as_array().unwrap().iter().filter(|record| record["direction"] == "sent") {
        let count = sent["fields"][6]["meaning"].as_str().unwrap();
        assert!(["count 124", "count 104"].contains(&count), "{count}");
    }
    let coils = enmon_json(&["modbus", "read", &address, "coil", "0", "--count", "4100"]);
    assert_eq!(values(&coils).iter().filter(|bit| **bit == 1).count(), 586);
}

#[test]
fn the_site_of_peers_behaves_like_its_devices() {
    let mut site = Peer::start("site.py", &["--chargers", "2", "--max", "20", "--failsafe", "6"]);
    let ready = site.next();
    assert_eq!(ready["event"], "ready");
    let at = |port: &Value| format!("modbus+tcp://127.0.0.1:{port}");
    let (meter, first) = (at(&ready["meter"]), at(&ready["chargers"][0]));
    let read = |address: &str, arguments: &[&str]| {
        values(&enmon_json(&[&["modbus", "read", address, "--unit", "1"], arguments].concat()))
    };
    let meter_currents = || read(&meter, &["input", "6", "--count", "6", "--type", "f32"]);
    assert_eq!(meter_currents(), [12.0, 12.0, 12.0], "two cars at their fail-safe current");

    let limit =
        ["modbus", "write", &first, "--unit", "1", "--yes", "holding", "0x4100", "--type", "u32", "16000"];
    let report = enmon_json(&limit);
    assert_eq!(report["changes"][0]["old"], Value::Null, "the limit can only be written");
    let event = site.next();
    assert_eq!(
        (&event["event"], &event["charger"], &event["milliamperes"]),
        (&json!("limit"), &json!(1), &json!(16000))
    );
    assert_eq!(event["offered"], json!([16.0, 6.0]));
    assert_eq!(read(&first, &["holding", "0x400E", "--type", "u32"]), [16000]);
    assert_eq!(read(&first, &["holding", "0x4010", "--count", "6", "--type", "u32"]), [16000, 16000, 16000]);
    assert_eq!(meter_currents(), [22.0, 22.0, 22.0]);

    site.tell("base 30 0.5 1");
    assert_eq!(site.next()["event"], "base");
    assert_eq!(meter_currents(), [52.0, 22.5, 23.0]);
    // half a limit, and function 06, are refused as the device does
    let single = enmon(&["modbus", "write", &first, "--yes", "holding", "0x4100", "5"]);
    assert_eq!(single.status.code(), Some(5));
    // its watchdog falls back
    enmon_json(&["modbus", "write", &first, "--yes", "holding", "0x4106", "1"]);
    let event = std::iter::repeat_with(meter_currents).find(|currents| currents[2] == 13.0);
    assert!(event.is_some());
    assert_eq!(site.next()["event"], "fallback");
}

#[test]
fn a_peer_that_ends_is_noticed() {
    let (server, address) = pymodbus_server(&registers());
    drop(server);
    assert_eq!(enmon(&["modbus", "read", &address, "holding", "0"]).status.code(), Some(4));
}
