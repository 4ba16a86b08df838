//! `enmon modbus` with profiles, as scripts and people use it: points by name, wear, plausibility, `profile list|show|check|test`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod modbus;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use enmon::modbus::Behaviour;
use enmon::profile::Table;
use modbus::device::{Device, Memory};
use modbus::peer::{mbpoll, pymodbus_client, pymodbus_server};
use modbus::{enmon, enmon_json};
use serde_json::{Value, json};

/// A charger that has one of everything: a state, masks, low word first, wear, bounds, a text, several connectors.
const PROFILE: &str = r"apiVersion: enmon/v1
kind: Profile
name: own-charger
vendor: Own
model: Charger
sources: [{document: made up for a test}]
doubts: [Everything.]
modbus: {unit: 7, wordOrder: little, timeout: 500ms, connectors: 2}
points:
  state: {table: input, address: 100, type: u16, about: State}
  flags: {table: holding, address: 5, type: bits, access: write}
  currents: {table: input, address: 110, type: u32, count: 3, scale: 0.001, unit: A, plausible: [0, 63]}
  title: {table: holding, address: 20, type: string, count: 4, access: write}
  part: {table: holding, address: 30, type: u16, mask: 0x0FF0, shift: 4, access: write}
  limit: {table: holding, address: 299, type: u16, unit: A, access: write, plausible: [0, 32], stride: 1000}
  limit-stored: {table: holding, address: 300, type: u16, unit: A, access: write, wears: true, stride: 1000}
  reset: {table: holding, address: 400, type: u16, access: only}
charger:
  currents: [currents]
  state: {point: state, map: {1: A, 2: C}}
  limit: {point: limit}
";

struct Bench {
    device: Device,
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Bench {
        let memory = Memory::default()
            .with(7, Table::Input, 100, &[2])
            .with(7, Table::Input, 110, &[16_000, 0, 15_000, 0, 4464, 1])
            .with(7, Table::Holding, 5, &[0b101])
            .with(7, Table::Holding, 20, &[0x4142, 0x4300, 0, 0])
            .with(7, Table::Holding, 30, &[0xA12B])
            .with(7, Table::Holding, 299, &[16, 10])
            .with(7, Table::Holding, 1299, &[13, 11]);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("own.yaml"), PROFILE).unwrap();
        Bench { device: Device::start(memory), folder }
    }

    fn profile(&self) -> String {
        self.path().display().to_string()
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("own.yaml")
    }

    fn run(&self, verb: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
        let address = self.device.address();
        said(&enmon(&[&["modbus", verb, &address, "--profile", &self.profile()], arguments].concat()))
    }

    fn json(&self, verb: &str, arguments: &[&str]) -> Value {
        let (_, shown, talk) = self.run(verb, &[arguments, &["-o", "json"]].concat());
        serde_json::from_str(&shown).unwrap_or_else(|_| panic!("{shown}{talk}"))
    }

    fn holding(&self, address: u16) -> u16 {
        self.device.memory.words(7, Table::Holding, address, 1)[0]
    }
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn points_are_read_by_name_and_all_without_names() {
    let bench = Bench::new();
    let report = bench.json("read", &["state", "currents", "flags", "title", "part"]);
    assert_eq!((&report["unit"], &report["profile"]), (&json!(7), &json!("own-charger")));
    let values: Vec<Value> =
        report["values"].as_array().unwrap().iter().map(|value| value["value"].clone()).collect();
    assert_eq!(values, json!([2, 16.0, 15.0, 70.0, [0, 2], "ABC", 0x12]).as_array().unwrap().clone());
    assert_eq!(report["values"][2]["index"], 2);
    assert_eq!(report["values"][2]["register"], 112);
    assert_eq!(report["values"][2]["unit"], "A");
    let (code, shown, talk) = bench.run("read", &[]);
    assert_eq!(code, Some(0), "{talk}");
    assert!(!shown.contains("reset"), "a point that can only be written was read: {shown}");
    assert!(shown.contains("currents 3") && shown.contains("bit 0 2"), "{shown}");
    let other = bench.json("read", &["limit", "--connector", "2"]);
    assert_eq!(other["values"][0]["value"], 13);
}

#[test]
fn a_point_that_is_refused_hides_no_other() {
    let bench = Bench::new();
    let (code, shown, talk) = bench.run("read", &["state", "limit", "reset"]);
    assert_eq!(code, Some(0), "a point that can only be written may be refused: {talk}");
    assert!(shown.contains("no such register") && shown.contains("16"), "{shown}");
    let (code, ..) = bench.run("read", &["reset"]);
    assert_eq!(code, Some(5), "when it is all that was asked for, it is a refusal");
    let strange = bench.folder.path().join("strange.yaml");
    fs::write(&strange, PROFILE.replace("address: 5,", "address: 6,")).unwrap();
    let address = bench.device.address();
    let strange = strange.display().to_string();
    let (code, shown, talk) =
        said(&enmon(&["modbus", "read", &address, "--profile", &strange, "flags", "title"]));
    assert_eq!(code, Some(5), "{talk}");
    assert!(shown.contains("ABC"), "{shown}");
}

#[test]
fn what_makes_no_sense_with_points_is_refused() {
    let bench = Bench::new();
    for (verb, arguments, word) in [
        ("read", &["stat"][..], "its points are currents"),
        ("read", &["state", "--type", "u32"], "--type goes with"),
        ("read", &["state", "--count", "2"], "--count goes with"),
        ("read", &["state", "--connector", "3"], "no connector 3"),
        ("write", &["state", "1", "--yes"], "can't be written"),
        ("write", &["limit", "--yes"], "VALUE is missing"),
        ("write", &["limit", "1", "2", "--yes"], "takes 1 value, not 2"),
        ("write", &["title", "much too long", "--yes"], "8 bytes"),
        ("write", &["part", "256", "--yes"], "0 to 255"),
        ("write", &["limit", "1", "--times", "2", "--yes"], "--every"),
        ("write", &["limit", "1", "--broadcast", "--yes"], "no line"),
        ("watch", &["nothing"], "no point `nothing`"),
    ] {
        let (code, _, talk) = bench.run(verb, arguments);
        assert_eq!(code, Some(2), "{verb} {arguments:?}: {talk}");
        assert!(talk.contains(word), "{verb} {arguments:?}: {talk}");
    }
}

#[test]
fn a_masked_point_leaves_the_other_bits_alone() {
    let bench = Bench::new();
    let report = bench.json("write", &["part", "0x34", "--yes"]);
    assert_eq!(
        report["changes"][0],
        json!({"point": "part", "register": 30, "old": 0x12, "new": 0x34, "readBack": 0x34})
    );
    assert_eq!(bench.holding(30), 0xA34B);
    let (code, ..) = bench.run("write", &["title", "Z", "--yes"]);
    assert_eq!(code, Some(0));
    assert_eq!(bench.device.memory.words(7, Table::Holding, 20, 4), [0x5A00, 0, 0, 0]);
}

#[test]
fn what_is_not_plausible_needs_force() {
    let bench = Bench::new();
    let (code, _, talk) = bench.run("write", &["limit", "33", "--yes"]);
    assert_eq!(code, Some(2));
    assert!(talk.contains("0 to 32 A") && talk.contains("--force"), "{talk}");
    assert_eq!(bench.holding(299), 16, "it was written all the same");
    let (code, _, talk) = bench.run("write", &["limit", "33", "--yes", "--force"]);
    assert_eq!(code, Some(0), "{talk}");
    assert!(talk.contains("warning") && talk.contains("16 → 33 A"), "{talk}");
    assert_eq!(bench.holding(299), 33);
}

#[test]
fn wearing_registers_are_never_written_in_a_loop() {
    let bench = Bench::new();
    let endless = ["--every", "10ms", "--times", "2", "--yes"];
    for what in [
        &["limit-stored", "6"][..],
        &["limit-stored", "6", "--connector", "2"],
        &["holding", "300", "6"],
        &["holding", "1300", "6"],
        &["holding", "299", "6", "6"],
        &["holding", "299", "6", "--type", "u32"],
    ] {
        let (code, _, talk) = bench.run("write", &[what, &endless].concat());
        assert_eq!(code, Some(2), "{what:?}: {talk}");
        assert!(talk.contains("limit-stored") && talk.contains("EEPROM"), "{what:?}: {talk}");
    }
    assert_eq!((bench.holding(299), bench.holding(300), bench.holding(1300)), (16, 10, 11));
    let (code, _, talk) = bench.run("write", &["limit-stored", "6", "--yes"]);
    assert_eq!(code, Some(0));
    assert!(talk.contains("wears out"), "{talk}");
    assert_eq!(bench.holding(300), 6);
    let (code, shown, _) = bench.run("write", &["limit", "9", "--every", "10ms", "--times", "3", "--yes"]);
    assert_eq!(code, Some(0));
    assert_eq!(shown.lines().filter(|line| line.ends_with("limit written")).count(), 3, "{shown}");
    assert_eq!(bench.holding(299), 9);
}

#[test]
fn a_loop_survives_a_failure_but_not_at_its_start() {
    let bench = Bench::new();
    let (code, ..) = bench.run("write", &["reset", "1", "--every", "10ms", "--yes"]);
    assert_eq!(code, Some(5), "the first write was refused");
    bench.device.behave(Behaviour::Reset);
    let (code, ..) = bench.run("write", &["limit", "1", "--every", "10ms", "--yes"]);
    assert_eq!(code, Some(4));
}

#[test]
fn watching_points_names_them_once() {
    let bench = Bench::new();
    let (code, shown, _) = bench.run("watch", &["state", "currents", "--every", "10ms", "--samples", "2"]);
    assert_eq!(code, Some(0));
    assert_eq!(
        shown.lines().filter(|line| line.ends_with("state 2  currents 16 15 70 A")).count(),
        2,
        "{shown}"
    );
}

#[test]
fn a_test_of_a_device_says_what_is_not_plausible_and_writes_nothing() {
    let bench = Bench::new();
    let address = bench.device.address();
    let arguments = ["modbus", "profile", "test", &bench.profile(), "--address", &address, "-o", "json"];
    let output = enmon(&arguments);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let verdict = |name: &str| {
        let points = report["points"].as_array().unwrap();
        points.iter().find(|point| point["point"] == name).unwrap()["verdict"].clone()
    };
    assert_eq!(report["passed"], false);
    assert_eq!(verdict("currents"), "implausible", "70 A");
    assert_eq!(verdict("state"), "plausible", "the profile knows 2");
    assert_eq!(verdict("title"), "unjudged");
    assert_eq!(report["writeOnly"], json!(["reset"]));
    let memory = &bench.device.memory;
    enmon::modbus::Registers::write(&**memory, 7, Table::Input, 110, &[1, 0, 2, 0, 3, 0]).unwrap();
    enmon::modbus::Registers::write(&**memory, 7, Table::Input, 100, &[9]).unwrap();
    let (code, shown, talk) = said(&enmon(&arguments[..6]));
    assert_eq!(code, Some(1), "{talk}");
    assert!(shown.contains("state: no state that the profile knows"), "{shown}");
    enmon::modbus::Registers::write(&**memory, 7, Table::Input, 100, &[1]).unwrap();
    let (code, shown, talk) = said(&enmon(&arguments[..6]));
    assert_eq!(code, Some(0), "{shown}{talk}");
    let nobody =
        enmon(&["modbus", "profile", "test", &bench.profile(), "--address", "modbus+tcp://127.0.0.1:1"]);
    assert_eq!(nobody.status.code(), Some(4));
    // a unit that nobody has is refused at every point, and every point is listed
    let (code, shown, _) = said(&enmon(&[&arguments[..6], &["--unit", "8"]].concat()));
    assert_eq!(code, Some(1));
    assert!(shown.matches("failed").count() >= 7, "{shown}");
    // a device that is silent is not asked for everything
    bench.device.behave(Behaviour::Silent);
    let (code, _, talk) = said(&enmon(&[&arguments[..6], &["--timeout", "50ms"]].concat()));
    assert_eq!(code, Some(4), "{talk}");
}

#[test]
fn a_check_shows_the_line_and_the_column() {
    let bench = Bench::new();
    let (code, shown, _) = said(&enmon(&["modbus", "profile", "check", &bench.profile()]));
    assert_eq!(code, Some(0));
    assert!(shown.contains("is valid: own-charger, charger; 8 points, 6 of them can be written"), "{shown}");
    let broken = bench.folder.path().join("broken.yaml");
    fs::write(&broken, PROFILE.replace("type: bits", "type: bit")).unwrap();
    let broken = broken.display().to_string();
    let (code, shown, talk) = said(&enmon(&["modbus", "profile", "check", &bench.profile(), &broken]));
    assert_eq!(code, Some(3));
    assert!(shown.contains(&format!("{broken}:11:")) && shown.contains("^^^"), "{shown}");
    assert!(shown.contains("did you mean `bits`?") && talk.contains("is no valid profile"), "{shown}{talk}");
    let output = enmon(&["modbus", "profile", "check", &broken, "-o", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["files"][0]["findings"][0]["line"], 11);
    let (code, _, talk) = bench.run("read", &["state"]);
    assert_eq!(code, Some(0), "{talk}");
    let (code, _, talk) = said(&enmon(&["modbus", "read", "modbus+tcp://127.0.0.1:1", "--profile", &broken]));
    assert_eq!(code, Some(3), "{talk}");
}

/// Runs the program with a folder of profiles of the user's own.
fn with_own(config: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_enmon"));
    said(&command.args(arguments).env_clear().env("XDG_CONFIG_HOME", config).output().unwrap())
}

#[test]
fn profiles_are_listed_and_shown_the_users_own_too() {
    let bench = Bench::new();
    let config = bench.folder.path().join("config");
    let folder = config.join("enmon/profiles");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("own-charger.yaml"), PROFILE).unwrap();
    let (code, shown, _) = with_own(&config, &["modbus", "profile", "list", "-o", "json"]);
    assert_eq!(code, Some(0));
    let report: Value = serde_json::from_str(&shown).unwrap();
    let of = |name: &str| {
        report["profiles"].as_array().unwrap().iter().find(|line| line["name"] == name).unwrap().clone()
    };
    assert_eq!(of("abb-terra-ac")["origin"], "built-in");
    assert_eq!(
        (&of("own-charger")["origin"], &of("own-charger")["roles"]),
        (&json!("own"), &json!(["charger"]))
    );
    let (_, shown, _) = with_own(&config, &["modbus", "profile", "show", "own-charger"]);
    for word in ["unit id", "limit-stored", "wears", "2 is C", "Doubts", "up to 2"] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    let (_, data, _) = with_own(&config, &["modbus", "profile", "show", "own-charger", "-o", "yaml"]);
    fs::write(folder.join("own-charger.yaml"), &data).unwrap();
    let (code, again, talk) = with_own(&config, &["modbus", "profile", "show", "own-charger", "-o", "yaml"]);
    assert_eq!((code, &again), (Some(0), &data), "what is shown is a profile: {talk}");
    let (code, _, talk) = with_own(&config, &["modbus", "profile", "show", "nothing"]);
    assert_eq!(code, Some(2));
    assert!(talk.contains("own-charger") && talk.contains("eastron-sdm630"), "{talk}");
    // a broken file of that name is no reason to take another
    fs::write(folder.join("abb-terra-ac.yaml"), PROFILE.replace("type: bits", "type: bit")).unwrap();
    assert_eq!(with_own(&config, &["modbus", "profile", "show", "abb-terra-ac"]).0, Some(3));
    let (code, _, talk) = with_own(&config, &["modbus", "profile", "show", "own-charger"]);
    assert_eq!(code, Some(0));
    assert!(talk.contains("abb-terra-ac.yaml can't be used"), "{talk}");
}

#[test]
fn a_pymodbus_server_and_its_client_agree_with_points() {
    let units = json!({"7": {
        "input": {"100": [2], "110": [16_000, 0, 15_000, 0, 4464, 1]},
        "holding": {"5": [5], "20": [0x4142, 0x4300, 0, 0], "30": [0xA12B], "299": [16, 10]}
    }});
    let bench = Bench::new();
    let (_server, address) = pymodbus_server(&units);
    let profile = bench.profile();
    let read = |address: &str| {
        let names = ["state", "currents", "flags", "title", "part", "limit", "limit-stored"];
        enmon_json(&[&["modbus", "read", address, "--profile", &profile][..], &names].concat())["values"]
            .clone()
    };
    assert_eq!(read(&address), read(&bench.device.address()));
    enmon_json(&["modbus", "write", &address, "--profile", &profile, "--yes", "part", "0x34"]);
    enmon_json(&["modbus", "write", &address, "--profile", &profile, "--yes", "title", "Hello"]);
    let port: u16 = address.rsplit(':').next().unwrap().parse().unwrap();
    let seen = pymodbus_client(port, 7, &json!([["read", "holding", 30, 1], ["read", "holding", 20, 4]]));
    assert_eq!(seen, json!([[0xA34B], [0x4865, 0x6C6C, 0x6F00, 0]]));
    assert_eq!(mbpoll(&address, 7, &["-t", "4:hex", "-r", "30", "-c", "1"]), ["0xA34B"]);
}
