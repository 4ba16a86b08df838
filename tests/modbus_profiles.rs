//! Every profile, with programs that nobody here wrote: pymodbus and mbpoll see of its simulated device what enmon sees, byte for byte,
//! and write to it what enmon writes; and enmon sees the same of a pymodbus server with the same registers. The profiles are those of the
//! catalogue: a new one is tried here without a change.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod modbus;

use std::sync::atomic::{AtomicUsize, Ordering};

use enmon::modbus::{Layout, decode};
use enmon::profile::{Access, Catalogue, Profile, Table, WriteFunctions};
use modbus::peer::{PymodbusClient, PymodbusServer, try_mbpoll};
use modbus::profiles::{HASTE, Shown, Simulated, read_all};
use modbus::served::{Cable, Way};
use modbus::{enmon, enmon_json};
use serde_json::{Value, json};

/// Devices are waited for more than anything is computed.
const AT_ONCE: usize = 4;

/// Does something for each profile of devices that are reached so, several at a time.
fn for_each_profile<P>(
    way: Way,
    start: impl Fn() -> P + Sync,
    work: impl Fn(&Profile, &Catalogue, &mut P) + Sync,
) {
    let catalogue = Catalogue::built_in();
    let profiles: Vec<&Profile> = catalogue.iter().filter(|profile| is_reached(profile, way)).collect();
    assert!(!profiles.is_empty());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(profiles.len()) {
            scope.spawn(|| {
                let mut peer = start();
                while let Some(profile) = profiles.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(profile, &catalogue, &mut peer);
                }
            });
        }
    });
}

/// Says whether devices of a profile are reached on a way. All speak TCP: those on a serial line behind a gateway. A line is RTU, or
/// ASCII where the maker says so.
fn is_reached(profile: &Profile, way: Way) -> bool {
    let Some(modbus) = &profile.modbus else { return false };
    let is_ascii = profile.name == "abl-emh1";
    match way {
        Way::Tcp | Way::RtuTcp => true,
        Way::Rtu => modbus.serial.is_some() && !is_ascii,
        Way::Ascii => is_ascii,
    }
}

fn peers_see_what_enmon_sees(way: Way) {
    for_each_profile(way, PymodbusClient::start, |profile, catalogue, pymodbus| {
        let device = Simulated::start(profile, catalogue, way);
        let shown = device.read(&[]);
        assert!(!shown.is_empty(), "{}", profile.name);
        let steps: Vec<Value> =
            shown.iter().map(|one| json!(["read", one.table, one.from, one.count])).collect();
        let answers = pymodbus.ask(&device.way(), device.unit, &steps);
        for (one, answer) in shown.iter().zip(answers) {
            let range: Vec<u16> = serde_json::from_value(answer.clone())
                .unwrap_or_else(|_| panic!("{} {}: {answer}", profile.name, one.point));
            assert_eq!(one.words_in(&range), one.words, "{} {}: pymodbus", profile.name, one.point);
            // mbpoll speaks no ASCII
            if way != Way::Ascii {
                let range = mbpoll_reads(&device, one);
                assert_eq!(one.words_in(&range), one.words, "{} {}: mbpoll", profile.name, one.point);
            }
        }
        assert_eq!(device.read(&[]), shown, "{}: it stands still", profile.name);
    });
}

fn mbpoll_reads(device: &Simulated, one: &Shown) -> Vec<u16> {
    let kind = match one.table.as_str() {
        "coil" => "0",
        "discrete" => "1",
        "input" => "3:hex",
        _ => "4:hex",
    };
    let arguments = ["-t", kind, "-r", &one.from.to_string(), "-c", &one.count.to_string()];
    let values = try_mbpoll(&device.address, device.unit, &arguments);
    let values = values.unwrap_or_else(|talk| panic!("{} {}: {talk}", device.profile.name, one.point));
    let word = |text: &String| match text.strip_prefix("0x") {
        Some(hex) => u16::from_str_radix(hex, 16).unwrap(),
        None => text.parse().unwrap(),
    };
    values.iter().map(word).collect()
}

#[test]
fn pymodbus_and_mbpoll_read_every_profile_over_tcp_as_enmon_does() {
    peers_see_what_enmon_sees(Way::Tcp);
}

#[test]
fn pymodbus_and_mbpoll_read_every_serial_profile_over_rtu_as_enmon_does() {
    peers_see_what_enmon_sees(Way::Rtu);
}

#[test]
fn pymodbus_reads_every_ascii_profile_over_ascii_as_enmon_does() {
    peers_see_what_enmon_sees(Way::Ascii);
}

/// libmodbus, and so mbpoll, asks for the parity that it is told and does not look whether it got it; a pseudo-terminal takes none. A
/// real port has what both ends were told, and then all three of these differ.
#[test]
fn mbpoll_may_ask_a_pseudo_terminal_for_any_parity() {
    let catalogue = Catalogue::built_in();
    let device = Simulated::start(catalogue.get("heidelberg-energy-control").unwrap(), &catalogue, Way::Rtu);
    for parity in ["none", "even", "odd"] {
        let arguments = ["-P", parity, "-t", "4:hex", "-r", "261", "-c", "1"];
        assert_eq!(try_mbpoll(&device.address, 1, &arguments), Ok(vec!["0x0064".to_owned()]), "{parity}");
    }
    for parity in ["none", "even", "odd"] {
        let address = format!("{}?parity={parity}", device.address);
        assert_eq!(
            read_all(&address, &device.profile, &["limit"])["values"][0]["raw"],
            json!([100]),
            "{parity}"
        );
    }
}

/// What becomes of a write.
#[derive(Debug, PartialEq)]
enum Outcome {
    Written,
    Refused,
}

/// A value that is written to a point.
struct Given<'a> {
    device: &'a Simulated,
    point: &'a str,
    table: Table,
    address: u16,
    words: Vec<u16>,
}

impl Given<'_> {
    fn functions(&self) -> WriteFunctions {
        self.device.profile.modbus.as_ref().unwrap().writes
    }

    /// Says whether the device takes it with one of the two functions: 06 and 05, or 16 and 15.
    fn is_known(&self, is_single: bool) -> bool {
        match self.functions() {
            WriteFunctions::Both => true,
            WriteFunctions::Single => is_single,
            WriteFunctions::Multiple => !is_single,
        }
    }

    fn by_pymodbus(&self, pymodbus: &mut PymodbusClient, is_single: bool) -> Outcome {
        let what = if is_single { json!(self.words[0]) } else { json!(self.words) };
        let table = if self.table == Table::Coil { "coil" } else { "holding" };
        let answer = pymodbus.ask(
            &self.device.way(),
            self.device.unit,
            &[json!(["write", table, self.address, what])],
        );
        if answer[0] == json!("written") {
            return Outcome::Written;
        }
        let is_unknown = answer[0] == json!({"exception": 1});
        assert_eq!(is_unknown, !self.is_known(is_single), "{}: {answer:?}", self.label());
        Outcome::Refused
    }

    /// mbpoll writes one value with function 06 or 05 and several with 16 or 15, and can't be told otherwise.
    fn by_mbpoll(&self) -> Outcome {
        let kind = if self.table == Table::Coil { "0" } else { "4" };
        let values: Vec<String> = self.words.iter().map(ToString::to_string).collect();
        let register = self.address.to_string();
        let mut arguments = vec!["-t", kind, "-r", &register, "--"];
        arguments.extend(values.iter().map(String::as_str));
        match try_mbpoll(&self.device.address, self.device.unit, &arguments) {
            Ok(_) => Outcome::Written,
            Err(talk) => {
                assert!(talk.contains("Illegal"), "{}: {talk}", self.label());
                Outcome::Refused
            }
        }
    }

    fn by_enmon(&self, value: &str) -> Outcome {
        let device = self.device;
        let write =
            ["modbus", "write", &device.address, "--profile", &device.profile.name, self.point, value];
        let output = enmon(&[&write[..], &["--yes", "--force"], &HASTE].concat());
        match output.status.code() {
            Some(0) => Outcome::Written,
            Some(5) => Outcome::Refused,
            code => panic!("{}: {code:?}: {}", self.label(), String::from_utf8_lossy(&output.stderr)),
        }
    }

    fn label(&self) -> String {
        format!("{} {}", self.device.profile.name, self.point)
    }

    /// Says that the device has taken it: a charger offers it, and enmon and pymodbus read it where it can be read.
    fn assert_taken(&self, by: &str, pymodbus: &mut PymodbusClient) {
        let (device, label) = (self.device, self.label());
        let point = &device.profile.points[self.point];
        let layout = Layout::of(point, device.profile.modbus.as_ref().unwrap());
        let amps = decode(&self.words, &layout).unwrap()[0].number().unwrap();
        let offered = device.offered();
        assert!((offered - amps).abs() < 1e-4, "{label}: {by} wrote {amps} A, and {offered} A are offered");
        if point.access == Access::Only {
            return;
        }
        assert_eq!(device.read(&[self.point])[0].words, self.words, "{label}: {by}, read by enmon");
        let read = json!(["read", "holding", self.address, self.words.len()]);
        let answer = pymodbus.ask(&device.way(), device.unit, &[read]);
        assert_eq!(answer[0], json!(self.words), "{label}: {by}, read by pymodbus");
    }
}

fn peers_limit_what_enmon_limits(way: Way) {
    for_each_profile(way, PymodbusClient::start, |profile, catalogue, pymodbus| {
        let Some(charger) = &profile.charger else { return };
        let device = Simulated::start(profile, catalogue, way);
        let limit = &profile.points[&charger.limit.point];
        let given = |amps| Given {
            device: &device,
            point: &charger.limit.point,
            table: limit.table,
            address: limit.address,
            words: device.words_of(&charger.limit.point, amps),
        };
        for (amps, is_single) in [(8.0, false), (12.0, true)] {
            let given = given(amps);
            if is_single && given.words.len() > 1 {
                continue;
            }
            let outcome = given.by_pymodbus(pymodbus, is_single);
            assert_eq!(outcome == Outcome::Written, given.is_known(is_single), "{}", given.label());
            if outcome == Outcome::Written {
                given.assert_taken("pymodbus", pymodbus);
            }
        }
        let (ours, theirs) = (given(13.0), given(9.0));
        assert_eq!(ours.by_enmon("13"), Outcome::Written, "{}", ours.label());
        ours.assert_taken("enmon", pymodbus);
        if way != Way::Ascii {
            let outcome = theirs.by_mbpoll();
            let is_known = theirs.is_known(theirs.words.len() == 1);
            assert_eq!(outcome == Outcome::Written, is_known, "{}: mbpoll", theirs.label());
            let taken = if is_known { &theirs } else { &ours };
            taken.assert_taken("mbpoll", pymodbus);
        }
    });
}

#[test]
fn pymodbus_and_mbpoll_limit_every_charger_over_tcp_as_enmon_does() {
    peers_limit_what_enmon_limits(Way::Tcp);
}

#[test]
fn pymodbus_and_mbpoll_limit_every_serial_charger_over_rtu_as_enmon_does() {
    peers_limit_what_enmon_limits(Way::Rtu);
}

#[test]
fn pymodbus_limits_every_ascii_charger_over_ascii_as_enmon_does() {
    peers_limit_what_enmon_limits(Way::Ascii);
}

fn enmon_sees_the_same_of_a_pymodbus_server(way: Way) {
    for_each_profile(way, PymodbusServer::start, |profile, catalogue, pymodbus| {
        let device = Simulated::start(profile, catalogue, way);
        let simulated = read_all(&device.address, profile, &[]);
        let units = device.units(&Shown::of(&simulated, profile));
        let cable = Cable::new();
        let [theirs, ours] = &cable.ends;
        let address = match way {
            Way::Tcp | Way::RtuTcp => pymodbus.serve(&units),
            Way::Rtu | Way::Ascii => {
                let scheme = if way == Way::Rtu { "rtu" } else { "ascii" };
                pymodbus.serve_on(&format!("{scheme}:{theirs}"), &units);
                format!("modbus+{scheme}://{ours}")
            }
        };
        assert_eq!(read_all(&address, profile, &[])["values"], simulated["values"], "{}", profile.name);
        for place in [&device.address, &address] {
            let test = ["modbus", "profile", "test", &profile.name, "--address", place];
            let report = enmon_json(&[&test[..], &HASTE].concat());
            assert_eq!(report["passed"], true, "{} at {place}", profile.name);
        }
    });
}

#[test]
fn enmon_reads_every_profile_from_a_pymodbus_server_over_tcp() {
    enmon_sees_the_same_of_a_pymodbus_server(Way::Tcp);
}

#[test]
fn enmon_reads_every_serial_profile_from_a_pymodbus_server_over_rtu() {
    enmon_sees_the_same_of_a_pymodbus_server(Way::Rtu);
}

#[test]
fn enmon_reads_every_ascii_profile_from_a_pymodbus_server_over_ascii() {
    enmon_sees_the_same_of_a_pymodbus_server(Way::Ascii);
}
