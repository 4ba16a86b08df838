//! Modbus on serial lines and behind RTU gateways: our client and our server with each other, with pymodbus and with mbpoll, and what
//! such a line does to both. The lines are pseudo-terminals.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod modbus;

use std::time::{Duration, Instant};

use enmon::modbus::{Behaviour, Client, ClientSettings, Exception, Framing, Memory, ModbusError, SerialPort};
use enmon::profile::Table;
use enmon::site::Address;
use modbus::peer::{mbpoll, pymodbus_client, pymodbus_server_on};
use modbus::served::{Cable, LINE, Served, Way};
use modbus::{enmon_json, values};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

const LINES: [Way; 3] = [Way::Rtu, Way::Ascii, Way::RtuTcp];

/// Longer than any answer takes, also on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(5);

fn memory() -> Memory {
    Memory::default()
        .with(1, Table::Holding, 0x4010, &[0, 16000, 0, 15999, 1, 2])
        .with(1, Table::Holding, 100, &[0xFFFB, 0x4142, 0x4300])
        .with(1, Table::Input, 6, &[0x4180, 0xCCCD, 0x4188, 0x8000])
        .with(1, Table::Coil, 3, &[1, 0, 1, 1, 0, 0, 0, 1, 1, 0])
        .with(1, Table::Discrete, 0, &[0, 1, 1])
        .with(5, Table::Holding, 0, &[50, 51])
        .with(6, Table::Holding, 0, &[60, 61])
}

/// The same for pymodbus.
fn registers() -> Value {
    json!({
        "1": {
            "holding": {"0x4010": [0, 16000, 0, 15999, 1, 2], "100": [0xFFFB, 0x4142, 0x4300]},
            "input": {"6": [0x4180, 0xCCCD, 0x4188, 0x8000]},
            "coil": {"3": [1, 0, 1, 1, 0, 0, 0, 1, 1, 0]},
            "discrete": {"0": [0, 1, 1]}
        },
        "5": {"holding": {"0": [50, 51]}}
    })
}

fn client(served: &Served, timeout: Duration) -> Client {
    Client::new(served.site_address(), ClientSettings { timeout, ..ClientSettings::default() })
}

/// What the devices above must show, whoever serves them.
fn assert_enmon_reads_all(address: &str) {
    let read = |arguments: &[&str]| {
        values(&enmon_json(&[&["modbus", "read", address, "--timeout", "5s"], arguments].concat()))
    };
    assert_eq!(read(&["holding", "0x4010", "--count", "6", "--type", "u32"]), [16000, 15999, 65538]);
    assert_eq!(read(&["holding", "100", "--type", "i16"]), [-5]);
    assert_eq!(read(&["holding", "101", "--count", "2", "--type", "string"]), ["ABC"]);
    assert_eq!(read(&["input", "6", "--count", "4", "--type", "f32"]), [16.1, 17.0625]);
    assert_eq!(read(&["coil", "3", "--count", "10"]), [1, 0, 1, 1, 0, 0, 0, 1, 1, 0]);
    assert_eq!(read(&["discrete", "0", "--count", "3"]), [0, 1, 1]);
    assert_eq!(read(&["--unit", "5", "holding", "0", "--count", "2"]), [50, 51]);
}

#[test]
fn enmon_reads_its_own_server_on_every_way() {
    for way in LINES {
        assert_enmon_reads_all(&Served::start(way, memory()).address);
    }
}

#[test]
fn enmon_reads_and_writes_what_pymodbus_serves() {
    for scheme in ["rtu", "ascii"] {
        let cable = Cable::new();
        let [theirs, ours] = &cable.ends;
        let _server = pymodbus_server_on(&format!("{scheme}:{theirs}"), &registers());
        let address = format!("modbus+{scheme}://{ours}");
        assert_enmon_reads_all(&address);
        let write = |arguments: &[&str]| {
            enmon_json(&[&["modbus", "write", &address, "--timeout", "5s", "--yes"], arguments].concat())
        };
        let report = write(&["holding", "0x4010", "--type", "u32", "1", "70000"]);
        assert_eq!(report["changes"][1]["readBack"], 70000);
        assert_eq!(write(&["holding", "100", "--type", "i16", "-7"])["changes"][0]["readBack"], -7);
        assert_eq!(write(&["coil", "4", "on"])["changes"][0]["readBack"], 1);
    }
}

#[test]
fn pymodbus_reads_and_writes_our_server_byte_for_byte_as_enmon_does() {
    for (way, scheme) in [(Way::Rtu, "rtu"), (Way::Ascii, "ascii")] {
        let served = Served::start(way, memory());
        let seen = pymodbus_client(
            format!("{scheme}:{}", served.path()),
            1,
            &json!([
                ["read", "holding", 0x4010, 6],
                ["read", "input", 6, 4],
                ["read", "coil", 3, 10],
                ["read", "discrete", 0, 3],
                ["write", "holding", 100, 513],
                ["write", "holding", 0x4010, [0, 12345]],
                ["write", "coil", 4, true],
                ["write", "coil", 5, [false, false, true]],
                ["read", "holding", 0x5000, 1],
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
                [1, 1, 0, 0, 1, 0, 0, 1, 1, 0]
            ]),
            "{scheme}"
        );
        let report = enmon_json(&["modbus", "read", &served.address, "holding", "0x4010", "--count", "2"]);
        assert_eq!(values(&report), [0, 12345]);
    }
}

#[test]
fn mbpoll_reads_and_writes_our_server() {
    let served = Served::start(Way::Rtu, memory());
    let ask = |arguments: &[&str]| mbpoll(&served.address, 1, arguments);
    assert_eq!(ask(&["-t", "4:int", "-r", "16400", "-c", "3"]), ["16000", "15999", "65538"]);
    assert_eq!(ask(&["-t", "3:float", "-r", "6", "-c", "2"]), ["16.1", "17.0625"]);
    assert_eq!(ask(&["-t", "0", "-r", "3", "-c", "4"]), ["1", "0", "1", "1"]);
    ask(&["-t", "4", "-r", "16400", "--", "1", "2", "3"]);
    ask(&["-t", "4", "-r", "100", "--", "77"]);
    assert_eq!(served.words(1, 0x4010, 4), [1, 2, 3, 15999]);
    assert_eq!(served.words(1, 100, 1), [77]);
}

/// Bytes on a line that the test itself writes.
struct Raw {
    port: SerialPort,
    framing: Framing,
}

impl Raw {
    fn open(served: &Served) -> Raw {
        let (Address::ModbusRtu(line) | Address::ModbusAscii(line)) = served.site_address() else {
            panic!("{} is no line", served.address)
        };
        let framing = if served.address.contains("ascii") { Framing::Ascii } else { Framing::Rtu };
        Raw { port: SerialPort::open(&line, LINE).unwrap(), framing }
    }

    fn frame(&self, unit: u8, pdu: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.framing.encode(0, unit, &mut bytes, |out| out.extend_from_slice(pdu));
        bytes
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.port.write_all(bytes).await.unwrap();
    }

    /// Waits for these bytes and no others.
    async fn expect(&mut self, bytes: &[u8], why: &str) {
        let mut came = vec![0; bytes.len()];
        timeout(PATIENCE, self.port.read_exact(&mut came)).await.expect(why).unwrap();
        assert_eq!(came, bytes, "{why}");
    }

    /// Asks until there is an answer, which must be this one: nothing else may have been answered before.
    async fn expect_next(&mut self, request: &[u8], answer: &[u8], why: &str) {
        let mut came = vec![0; answer.len()];
        loop {
            self.send(request).await;
            // noise ends with silence, so that the first request may be lost in it
            if let Ok(read) = timeout(Duration::from_millis(500), self.port.read_exact(&mut came)).await {
                read.unwrap();
                assert_eq!(came, answer, "{why}");
                return;
            }
        }
    }
}

#[tokio::test]
async fn noise_strangers_and_broadcasts_are_never_answered() {
    for way in [Way::Rtu, Way::Ascii] {
        let served = Served::start(way, memory());
        let mut raw = Raw::open(&served);
        let (question, answer) = (raw.frame(5, &[3, 0, 0, 0, 2]), raw.frame(5, &[3, 4, 0, 50, 0, 51]));
        raw.send(&question).await;
        raw.expect(&answer, "a good request").await;
        let mut damaged = question.clone();
        damaged[4] ^= 1;
        for (why, bytes) in [
            ("a wrong checksum", damaged),
            ("half a frame", question[..5].to_vec()),
            ("a unit that is not there", raw.frame(9, &[3, 0, 0, 0, 2])),
            ("what another answers", raw.frame(9, &[3, 4, 0, 1, 0, 2])),
            ("what another answers to a write", raw.frame(9, &[16, 0, 0, 0, 2])),
            ("nothing that means anything", b"\x05\x03\x00\xFF".to_vec()),
            ("a broadcast", raw.frame(0, &[6, 0, 1, 0, 99])),
        ] {
            raw.send(&bytes).await;
            let expected = if served.words(5, 1, 1) == [99] {
                raw.frame(5, &[3, 4, 0, 50, 0, 99])
            } else {
                answer.clone()
            };
            if why == "a broadcast" {
                // it is carried out before what comes after it
                let now = raw.frame(5, &[3, 4, 0, 50, 0, 99]);
                raw.expect_next(&question, &now, why).await;
            } else {
                raw.expect_next(&question, &expected, why).await;
            }
        }
        assert_eq!(
            (served.words(5, 1, 1), served.words(6, 1, 1)),
            (vec![99], vec![99]),
            "all units heard it"
        );
        raw.send(&raw.frame(5, &[0x41, 1, 2, 3])).await;
        let refused = raw.frame(5, &[0xC1, 1]);
        raw.expect(&refused, "an unknown function").await;
    }
}

#[tokio::test]
async fn a_request_may_come_right_behind_what_another_answered() {
    for way in [Way::Rtu, Way::Ascii] {
        let served = Served::start(way, memory());
        let mut raw = Raw::open(&served);
        let (question, answer) = (raw.frame(5, &[3, 0, 0, 0, 1]), raw.frame(5, &[3, 2, 0, 50]));
        for others in [&[3, 4, 0, 1, 0, 2][..], &[16, 0, 0, 0, 2], &[1, 3, 1, 2, 3], &[0x83, 2]] {
            let bytes = [raw.frame(9, others), question.clone()].concat();
            raw.send(&bytes).await;
            raw.expect(&answer, "the request behind it").await;
        }
    }
}

#[tokio::test]
async fn enmon_broadcasts_to_all_units_of_a_line() {
    for way in LINES {
        let served = Served::start(way, memory());
        let mut client = client(&served, PATIENCE);
        client.write_registers(0, 0, &[7, 8]).await.unwrap();
        // what is asked later is answered later: the broadcast has been heard
        assert_eq!(client.read(6, Table::Holding, 0, 2).await.unwrap(), [7, 8], "{way:?}");
        assert_eq!(served.words(5, 0, 2), [7, 8]);
        let asked = client.read(0, Table::Holding, 0, 1).await.unwrap_err();
        assert!(matches!(asked, ModbusError::Invalid { .. }), "{asked:?}");
    }
}

#[tokio::test]
async fn one_unit_misbehaves_and_the_others_on_its_line_do_not() {
    for way in LINES {
        let served = Served::start(way, memory());
        let mut client = client(&served, Duration::from_millis(300));
        for behaviour in [
            Behaviour::Silent,
            Behaviour::Garbage,
            Behaviour::BadChecksum,
            Behaviour::Truncated,
            Behaviour::WrongTransaction,
            Behaviour::Exception(Exception::ServerDeviceBusy),
        ] {
            served.conduct.set_unit(5, behaviour);
            let error = client.read(5, Table::Holding, 0, 1).await.unwrap_err();
            let is_expected = match behaviour {
                Behaviour::Silent => matches!(error, ModbusError::TimedOut { .. }),
                Behaviour::Exception(_) => matches!(error, ModbusError::Exception { .. }),
                _ => matches!(error, ModbusError::Garbage { .. }),
            };
            assert!(is_expected, "{way:?} {behaviour}: {error}");
            assert_eq!(client.read(6, Table::Holding, 0, 1).await.unwrap(), [60], "{way:?} {behaviour}");
            served.conduct.set_unit(5, Behaviour::Normal);
            assert_eq!(client.read(5, Table::Holding, 1, 1).await.unwrap(), [51], "{way:?} {behaviour}");
        }
        served.conduct.set_unit(5, Behaviour::Stale);
        client.write_register(5, 0, 99).await.unwrap();
        assert_eq!(client.read(5, Table::Holding, 0, 1).await.unwrap(), [50], "{way:?}: what was before");
        served.conduct.set_unit(5, Behaviour::Normal);
        assert_eq!(client.read(5, Table::Holding, 0, 1).await.unwrap(), [99], "{way:?}");
    }
}

/// Patience of a client that gets late answers: long, so that a busy machine does not change which of two comes first.
const LATE: Duration = Duration::from_millis(600);

#[tokio::test]
async fn a_late_answer_on_a_line_is_not_taken_for_the_next_of_the_same_unit() {
    for way in [Way::Rtu, Way::Ascii] {
        let served = Served::start(way, memory());
        let mut client = client(&served, LATE);
        served.conduct.set_once(Some(5), Behaviour::Late(LATE * 3 / 2));
        let error = client.read(5, Table::Holding, 0, 1).await.unwrap_err();
        assert!(matches!(error, ModbusError::TimedOut { .. }), "{error}");
        // the right answer comes after the late one would
        served.conduct.set_once(Some(5), Behaviour::Late(LATE * 4 / 5));
        assert_eq!(client.read(5, Table::Holding, 1, 1).await.unwrap(), [51], "{way:?}");
        assert_eq!(client.read(5, Table::Holding, 0, 1).await.unwrap(), [50], "{way:?}");
    }
}

#[tokio::test]
async fn a_late_answer_on_a_line_is_passed_over_while_another_unit_is_asked() {
    for way in [Way::Rtu, Way::Ascii] {
        let served = Served::start(way, memory());
        let mut client = client(&served, LATE);
        served.conduct.set_once(Some(5), Behaviour::Late(LATE * 3 / 2));
        let error = client.read(5, Table::Holding, 0, 1).await.unwrap_err();
        assert!(matches!(error, ModbusError::TimedOut { .. }), "{error}");
        served.conduct.set_once(Some(6), Behaviour::Late(LATE * 4 / 5));
        let begun = Instant::now();
        assert_eq!(client.read(6, Table::Holding, 1, 1).await.unwrap(), [61], "{way:?}");
        assert!(begun.elapsed() < LATE * 2, "another unit was made to wait: {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn two_masters_do_not_share_a_port() {
    let served = Served::start(Way::Rtu, memory());
    let mut first = client(&served, PATIENCE);
    assert_eq!(first.read(5, Table::Holding, 0, 1).await.unwrap(), [50]);
    let error = client(&served, PATIENCE).read(5, Table::Holding, 0, 1).await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("another program uses the port"), "{error}: {cause}");
}

#[tokio::test]
async fn a_pseudo_terminal_takes_no_parity_and_is_used_without() {
    use rustix::termios::{ControlModes, OptionalActions, tcgetattr, tcsetattr};
    let served = Served::start(Way::Rtu, memory());
    let port = std::fs::OpenOptions::new().read(true).write(true).open(served.path()).unwrap();
    let mut modes = tcgetattr(&port).unwrap();
    modes.control_modes |= ControlModes::PARENB;
    modes.control_modes = (modes.control_modes - ControlModes::CS8) | ControlModes::CS7;
    tcsetattr(&port, OptionalActions::Now, &modes).unwrap();
    // drivers/tty/pty.c, pty_set_termios: says yes, and keeps 8 bits without parity
    let modes = tcgetattr(&port).unwrap().control_modes;
    assert!(!modes.contains(ControlModes::PARENB) && modes.contains(ControlModes::CS8), "{modes:?}");
    drop(port);
    let address = format!("{}?parity=even&data=7&stop=2&baud=9600", served.address).parse().unwrap();
    let mut client = Client::new(address, ClientSettings::default());
    assert_eq!(client.read(5, Table::Holding, 0, 1).await.unwrap(), [50]);
}
