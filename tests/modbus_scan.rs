//! `enmon modbus scan` against devices on sockets: what it finds, what it sends, how it goes on.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod modbus;

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use modbus::peer::pymodbus_server;
use modbus::script::Script;
use modbus::{enmon, enmon_json};
use serde_json::{Value, json};

/// What a unit does with a read: table function, address, count → words, exception, or silence.
enum Reply {
    Words(Vec<u16>),
    Bytes(Vec<u8>),
    Refuse(u8),
    Silence,
    HangUp,
}

/// A bus whose every request is written down.
struct Bus {
    script: Script,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Bus {
    fn start(reply: impl Fn(u8, u8, u16, u16) -> Reply + Send + 'static) -> Bus {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        let script = Script::start(move |_, request, stream| {
            log.lock().unwrap().push(request.to_vec());
            let word =
                |at: usize| request.get(at..at + 2).map_or(0, |pair| u16::from_be_bytes([pair[0], pair[1]]));
            let body = match reply(request[6], request[7], word(8), word(10)) {
                Reply::Silence => return true,
                Reply::HangUp => return false,
                Reply::Bytes(bytes) => [&[request[7]][..], &bytes].concat(),
                Reply::Refuse(code) => vec![request[7] | 0x80, code],
                Reply::Words(words) if request[7] <= 2 => {
                    let mut bytes = vec![0_u8; words.len().div_ceil(8)];
                    words.iter().enumerate().for_each(|(at, bit)| bytes[at / 8] |= (*bit as u8) << (at % 8));
                    [&[request[7], bytes.len() as u8][..], &bytes].concat()
                }
                Reply::Words(words) => {
                    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
                    [&[request[7], bytes.len() as u8][..], &bytes].concat()
                }
            };
            let head = [request[0], request[1], 0, 0, 0, body.len() as u8 + 1, request[6]];
            stream.write_all(&[&head[..], &body].concat()).is_ok()
        });
        Bus { script, requests }
    }

    fn address(&self) -> String {
        format!("modbus+tcp://127.0.0.1:{}", self.script.port)
    }

    fn requests(&self) -> Vec<Vec<u8>> {
        self.requests.lock().unwrap().clone()
    }

    fn scan(&self, arguments: &[&str]) -> Value {
        enmon_json(&[&["modbus", "scan", &self.address(), "--rate", "1000"], arguments].concat())
    }
}

/// Holding registers of a set, each with its address as its value.
fn holding(there: &BTreeSet<u16>, function: u8, address: u16, count: u16, most: u16) -> Reply {
    if function != 3 {
        return Reply::Refuse(1);
    }
    if count > most {
        return Reply::Refuse(3);
    }
    let all: Vec<u16> = (address..address.saturating_add(count)).collect();
    if all.iter().all(|at| there.contains(at)) { Reply::Words(all) } else { Reply::Refuse(2) }
}

fn ids(report: &Value) -> Vec<u64> {
    report["units"].as_array().unwrap().iter().map(|unit| unit["unit"].as_u64().unwrap()).collect()
}

fn ranges(found: &Value) -> Vec<(u64, u64)> {
    let ranges = found["ranges"].as_array().unwrap().iter();
    ranges.map(|range| (range["address"].as_u64().unwrap(), range["count"].as_u64().unwrap())).collect()
}

#[test]
fn any_answer_is_a_unit_and_silence_or_a_gateways_word_is_none() {
    let bus = Bus::start(|unit, function, _, _| match unit {
        // 43/14, the basic texts
        3 if function == 0x2B => Reply::Bytes(b"\x0E\x01\x01\x00\x00\x02\x00\x04Acme\x01\x05Box 7".to_vec()),
        3 if function == 0x11 => Reply::Bytes(b"\x09\x07Acme 77\xFF".to_vec()),
        3 => Reply::Refuse(2),
        4 => Reply::Refuse(1),
        // silent about the table that it does not have
        5 if function == 4 => Reply::Words(vec![7]),
        6 => Reply::Refuse(0x0A),
        7 => Reply::Refuse(0x0B),
        8 => Reply::HangUp,
        _ => Reply::Silence,
    });
    let report = bus.scan(&["--units", "2-9", "--timeout", "50ms"]);
    assert_eq!(report["kind"], "ModbusScan");
    assert_eq!(report["apiVersion"], "enmon/v1");
    assert_eq!(ids(&report), [3, 4, 5]);
    assert_eq!(report["units"][0]["identification"], json!(["Acme", "Box 7", "Acme 77"]));
    assert!(
        bus.requests().iter().all(|request| [1, 2, 3, 4, 0x11, 0x2B].contains(&request[7])),
        "a scan only reads"
    );
}

#[test]
fn a_device_that_answers_for_every_unit_is_listed_once() {
    let there: BTreeSet<u16> = (0..100).collect();
    let bus = Bus::start(move |_, function, address, count| holding(&there, function, address, count, 125));
    let report = bus.scan(&["--all"]);
    assert_eq!(ids(&report), [1]);
    assert_eq!(report["answersForEveryUnit"], true);
    assert!(report["notes"][0].as_str().unwrap().contains("every unit id"), "{report}");
    let asked: BTreeSet<u8> = bus.requests().iter().map(|request| request[6]).collect();
    assert!(asked.len() <= 4, "{asked:?}");
}

#[test]
fn a_unit_with_values_is_told_from_those_that_are_only_refused() {
    // a gateway that knows no 0B: for nobody it says 02, as it does for register 0 of the one that is there
    let there: BTreeSet<u16> = (1000..1020).collect();
    let bus = Bus::start(move |unit, function, address, count| match unit {
        255 => holding(&there, function, address, count, 125),
        _ => Reply::Refuse(2),
    });
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("enmon/profiles");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("box.yaml"), PROFILE).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_enmon"))
        .args(["modbus", "scan", &bus.address(), "--rate", "1000", "-o", "json"])
        .env_clear()
        .env("XDG_CONFIG_HOME", folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(ids(&report), [255], "{report}");
    // a profile of one's own is guessed like the program's
    let guess = &report["units"][0]["guesses"][0];
    assert_eq!((&guess["profile"], &guess["identified"]), (&json!("box"), &json!(true)), "{report}");
    let why = guess["why"].to_string();
    assert!(why.contains("2 of 2 points read and plausible") && why.contains("kind is 1000"), "{why}");
}

const PROFILE: &str = "\
apiVersion: enmon/v1
kind: Profile
name: box
vendor: Box
model: One
sources: [{document: made up}]
identify: [{point: kind, equals: 1000}]
modbus: {unit: 255}
points:
  kind: {table: holding, address: 1000, type: u16}
  current: {table: holding, address: 1002, type: u16, unit: A, count: 3, plausible: [0, 2000]}
meter: {currents: [current]}
";

#[test]
fn registers_are_found_with_their_gaps_and_the_longest_read() {
    let there: BTreeSet<u16> = (0..40).chain(100..300).chain([311]).collect();
    let bus = Bus::start(move |_, function, address, count| holding(&there, function, address, count, 60));
    let report = bus.scan(&["--unit", "9", "--registers", "holding:0-320,input:0-1000"]);
    assert_eq!(ids(&report), [9]);
    let tables = &report["units"][0]["registers"];
    assert_eq!(ranges(&tables[0]), [(0, 40), (100, 200), (311, 1)]);
    assert_eq!(tables[0]["ranges"][1]["words"][199], 299);
    assert_eq!(tables[0]["longestRead"], 60);
    assert_eq!((&tables[1]["supported"], ranges(&tables[1]).len()), (&json!(false), 0));
    let requests = bus.requests();
    // 80 registers are not there; each is asked for alone
    assert!(requests.len() < 80 + 45, "{} requests", requests.len());
    assert!(requests.iter().all(|request| [3, 4].contains(&request[7])));
    assert_eq!(report["requests"], requests.len());
}

#[test]
fn bits_are_found_like_registers() {
    let bus = Bus::start(|_, function, address, count| match function {
        1 if address >= 16 && address + count <= 48 => {
            Reply::Words((address..address + count).map(|at| at % 2).collect())
        }
        1 => Reply::Refuse(2),
        _ => Reply::Refuse(1),
    });
    let report = bus.scan(&["--registers", "coil:0-63,discrete:0-63"]);
    let tables = &report["units"][0]["registers"];
    assert_eq!(ranges(&tables[0]), [(16, 32)]);
    assert_eq!(tables[0]["ranges"][0]["words"][1], 1);
    assert_eq!(tables[1]["supported"], false);
}

#[test]
fn a_lost_answer_is_no_gap() {
    let asked = Mutex::new(BTreeSet::new());
    let there: BTreeSet<u16> = (0..30).collect();
    let bus = Bus::start(move |_, function, address, count| {
        // each question gets its answer the second time only
        match asked.lock().unwrap().insert((function, address, count)) {
            true => Reply::Silence,
            false => holding(&there, function, address, count, 125),
        }
    });
    let report = bus.scan(&["--registers", "holding:0-35", "--timeout", "50ms"]);
    assert_eq!(ranges(&report["units"][0]["registers"][0]), [(0, 30)]);
}

#[test]
fn a_unit_that_is_silent_is_given_up() {
    let bus = Bus::start(|_, _, _, _| Reply::Silence);
    let report = bus.scan(&["--registers", "holding:0-65535", "--timeout", "20ms"]);
    assert_eq!(ids(&report), [] as [u64; 0]);
    assert!(report["notes"][0].as_str().unwrap().contains("no answer at all"), "{report}");
    assert!(bus.requests().len() <= 20);
}

#[test]
fn a_scan_that_was_ended_goes_on_and_reports_what_one_in_one_go_does() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("scan.json");
    let there: BTreeSet<u16> = (10..90).chain(95..260).collect();
    let set = there.clone();
    let (passed, counted) = std::sync::mpsc::channel();
    let bus = Bus::start(move |_, function, address, count| {
        passed.send(()).unwrap();
        holding(&set, function, address, count, 50)
    });
    let what = ["--registers", "holding:0-400"];
    let address = bus.address();
    let whole = bus.scan(&what);
    let in_one_go = bus.requests().len();
    while counted.try_recv().is_ok() {}

    let resumed = [&what[..], &["--resume", state.to_str().unwrap()]].concat();
    // slow enough to be ended in the middle
    let mut child = Command::new(env!("CARGO_BIN_EXE_enmon"))
        .args([&["modbus", "scan", &address, "--rate", "50"], &resumed[..]].concat())
        .env_clear()
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    for _ in 0..60 {
        counted.recv().unwrap();
    }
    interrupt(&child);
    let ended = std::time::Instant::now();
    let status = child.wait().unwrap();
    assert!(ended.elapsed() < std::time::Duration::from_secs(1), "it took {:?}", ended.elapsed());
    assert_eq!(status.code(), Some(1));
    let mut talk = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut talk).unwrap();
    assert!(talk.contains("interrupted") && talk.contains("goes on from there"), "{talk}");

    // another scan does not touch it
    let other = enmon(&["modbus", "scan", &address, "--units", "1", "--resume", state.to_str().unwrap()]);
    assert_eq!(other.status.code(), Some(3));
    let talk = String::from_utf8(other.stderr).unwrap();
    assert!(talk.contains("another scan") && talk.contains("hint"), "{talk}");

    let report = bus.scan(&resumed);
    assert_eq!(report, whole);
    // at most the one request that was under way was asked again
    let both = bus.requests().len() - in_one_go;
    assert!(both <= in_one_go + 1, "{both} requests instead of {in_one_go}");
    assert!(!state.exists(), "a complete scan leaves no file");
}

fn interrupt(child: &std::process::Child) {
    let pid = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
}

#[test]
fn a_file_that_is_no_state_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "buy milk").unwrap();
    let output = enmon(&["modbus", "scan", "modbus+tcp://127.0.0.1:1", "--resume", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "buy milk");
}

#[test]
fn nobody_to_talk_to_is_an_error_of_its_own() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let output = enmon(&["modbus", "scan", &format!("modbus+tcp://127.0.0.1:{free}")]);
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
    for (arguments, word) in [
        (&["--units", "0-300"][..], "0 to 255"),
        (&["--registers", "0-100"], "holding:0-2000"),
        (&["--unit", "1"], "--registers"),
        (&["--rate", "0"], "1..=1000"),
        (&["--timeout", "0s"], "no time"),
    ] {
        let address = format!("modbus+tcp://127.0.0.1:{free}");
        let output = enmon(&[&["modbus", "scan", &address], arguments].concat());
        let talk = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {talk}");
        assert!(talk.contains(word), "{arguments:?}: {talk}");
    }
}

#[test]
fn a_sunspec_device_of_others_is_found_with_its_models() {
    let text = |text: &str, registers: usize| -> Vec<u16> {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(2 * registers, 0);
        bytes.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
    };
    let mut words = vec![0x5375, 0x6E53, 1, 66];
    words.extend(text("Sunny Ltd", 16));
    words.extend(text("Roof 5000", 16));
    words.extend(text("", 8));
    words.extend(text("1.2", 8));
    words.extend(text("SN-77", 16));
    words.extend([1, 0, 103, 4, 1, 2, 3, 4, 0xFFFF, 0]);
    let (_peer, address) =
        pymodbus_server(&json!({"1": {"holding": {"40000": words}}, "3": {"input": {"10": [1, 2, 3]}}}));
    let report = enmon_json(&["modbus", "scan", &address, "--units", "1-4", "--rate", "200"]);
    assert_eq!(ids(&report), [1, 3], "{report}");
    let unit = &report["units"][0];
    // pymodbus says who it is with function 17; the rest stands in the common model
    assert_eq!(unit["identification"], json!(["Pymodbus", "Sunny Ltd", "Roof 5000", "1.2", "SN-77"]));
    assert_eq!(
        unit["sunspec"],
        json!({"base": 40000, "models": [{"id": 1, "address": 40002, "length": 66}, {"id": 103, "address": 40070, "length": 4}]})
    );
    let report = enmon_json(&[
        "modbus",
        "scan",
        &address,
        "--unit",
        "3",
        "--registers",
        "input:0-20,holding:0-20",
        "--rate",
        "200",
    ]);
    let tables = &report["units"][0]["registers"];
    assert_eq!(ranges(&tables[0]), [(10, 3)]);
    assert_eq!(ranges(&tables[1]), []);
}
