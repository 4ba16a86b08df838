//! Raw words, written down by hand from data sheets and from recorded replies: what a simulated device shows in a known situation, and
//! what its words mean.

use std::sync::Arc;

use super::bus::{Bus, RegisterMaps};
use super::model_test::garage;
use super::register_bench::{Bench, car};
use super::shared::Shared;
use super::*;
use crate::modbus::{Exception, Layout, Registers, Value, decode};
use crate::profile::{Catalogue, PilotState, Profile, Table, state_key};
use crate::site::{Amps, ChargerId, CircuitId, PerPhase};

use crate::profile::PilotState::{A, B, C, D, E, F};
use Table::{Coil, Holding, Input};

/// A three-phase station, and one on a single phase.
const WIDE: ChargerId = ChargerId(0);
const NARROW: ChargerId = ChargerId(3);

/// A device on its bench, whose words are compared.
struct Words {
    bench: Bench,
}

impl Words {
    fn of(profile: &str, device: SimDevice, connector: u16) -> Words {
        Words { bench: Bench::of_connector(&built_in(profile), device, connector) }
    }

    /// A station with a car that takes all it is offered, 32 A at the most.
    fn with_car(profile: &str, charger: ChargerId) -> Words {
        let mut words = Words::of(profile, SimDevice::Charger(charger.0), 1);
        words.bench.model.plug(charger, car());
        words
    }

    #[track_caller]
    fn at(&self, table: Table, address: u16, count: u16) -> Vec<u16> {
        let words = self.bench.read(table, address, count);
        words.unwrap_or_else(|error| panic!("{table:?} {address:#06X}: {error:?}"))
    }

    /// Writes, and lets a second pass.
    #[track_caller]
    fn set(&mut self, table: Table, address: u16, words: &[u16]) {
        let outcome = self.bench.write_to(table, address, words);
        outcome.unwrap_or_else(|error| panic!("{table:?} {address:#06X}: {error:?}"));
        self.bench.charge(1);
    }

    fn refuses(&mut self, address: u16, words: &[u16]) -> bool {
        self.bench.write_to(Holding, address, words) == Err(Exception::IllegalDataValue)
    }

    fn offered(&self) -> Amps {
        self.bench.offered()
    }
}

fn built_in(name: &str) -> Profile {
    Catalogue::built_in().get(name).unwrap_or_else(|| panic!("{name}")).clone()
}

/// Reads words that stand at a point as the program does.
fn values(profile: &Profile, point: &str, words: &[u16]) -> Vec<Value> {
    decode(words, &Layout::of(&profile.points[point], profile.modbus.as_ref().unwrap())).unwrap()
}

/// Returns the state that words at the state's point mean; nothing when the table does not know them.
fn pilot(profile: &Profile, words: &[u16]) -> Option<PilotState> {
    let section = &profile.charger.as_ref().unwrap().state;
    match &values(profile, &section.point, words)[0] {
        Value::Text(text) => {
            let fits = section.map.iter().filter(|(key, _)| text.starts_with(key.as_str()));
            fits.max_by_key(|(key, _)| key.len()).map(|(_, state)| *state)
        }
        value => {
            let number = value.number()?;
            let mut fits = section.map.iter().filter(|(key, _)| state_key(key) == Some(number as u64));
            fits.next().map(|(_, state)| *state)
        }
    }
}

fn near(value: &Value, expected: f64) -> bool {
    value.number().is_some_and(|number| (number - expected).abs() < 1e-6)
}

/// "A1" as it stands in one register.
const fn letters(text: &[u8; 2]) -> u16 {
    (text[0] as u16) << 8 | text[1] as u16
}

#[test]
fn every_code_of_a_state_register_means_what_its_sheet_says() {
    let letter_and_digit: &[(u16, PilotState)] = &[
        (letters(b"A1"), A),
        (letters(b"A2"), A),
        (letters(b"B1"), B),
        (letters(b"B2"), B),
        (letters(b"C1"), B),
        (letters(b"C2"), C),
        (letters(b"D1"), B),
        (letters(b"D2"), D),
        (letters(b"E0"), E),
        (letters(b"F0"), F),
        (letters(b"E\0"), E),
        (letters(b"F\0"), F),
    ];
    let low_letter: &[(u16, PilotState)] =
        &[(0x0041, A), (0x0042, B), (0x0043, C), (0x0044, D), (0x0045, E), (0x0046, F), (0x2043, C)];
    // the high byte is the number of the block
    let abl: &[(u16, PilotState)] = &[
        (0x2EA1, A),
        (0x2EB1, B),
        (0x2EB2, B),
        (0x2EC2, C),
        (0x2EC3, C),
        (0x2EC4, C),
        (0x2EE0, E),
        (0x2EE1, E),
        (0x2EE2, E),
        (0x2EE3, E),
        (0x2EF1, F),
        (0x2EF2, F),
        (0x2EF3, F),
        (0x2EF4, F),
        (0x2EF5, F),
        (0x2EF6, F),
        (0x2EF7, F),
        (0x2EF8, F),
        (0x2EF9, F),
        (0x2EFA, F),
        (0x2EFB, F),
        (0x2EFE, F),
    ];
    for (name, codes, unknown) in [
        ("abl-emh1", abl, 0x2E00),
        ("phoenix-charx", letter_and_digit, letters(b"X1")),
        ("phoenix-ev-ser", letter_and_digit, letters(b"X1")),
        ("phoenix-ev-eth", low_letter, 0x0047),
        ("phoenix-em-eth", low_letter, 0x0047),
        ("mennekes-compact", &[(0, E), (1, A), (2, B), (3, B), (4, B), (5, C), (6, F), (7, E)], 8),
        ("evse-din", &[(1, A), (2, B), (3, C), (4, D), (5, F)], 0),
        ("bender-cc613", &[(1, A), (2, B), (3, C), (4, D), (5, E)], 6),
    ] {
        let profile = built_in(name);
        for &(word, state) in codes {
            assert_eq!(pilot(&profile, &[word]), Some(state), "{name}: {word:#06X}");
        }
        assert_eq!(pilot(&profile, &[unknown]), None, "{name}: {unknown:#06X} is no state");
    }
}

#[test]
fn replies_that_were_recorded_from_real_devices_are_read_right() {
    // > 01 03 0A 2EB2 910B 03E8 03E8 03E8: a car waits, 16 A, nothing measured
    let abl = built_in("abl-emh1");
    assert_eq!(pilot(&abl, &[0x2EB2]), Some(B));
    assert!(near(&values(&abl, "offered", &[0x910B])[0], 16.02));
    assert_eq!(values(&abl, "currents", &[0x03E8; 3]), vec![Value::Absent; 3]);
    // > 01 03 0A 2EC2 9100 0001 0001 0096: charging on L1, which stands last
    let drawn = values(&abl, "currents", &[0x0001, 0x0001, 0x0096]);
    assert!(near(&drawn[0], 0.1) && near(&drawn[1], 0.1) && near(&drawn[2], 15.0));
    assert!(abl.charger.as_ref().unwrap().reversed);
    // > 01 03 04 0141 50BE: firmware 4.1
    assert_eq!(values(&abl, "firmware", &[0x0141, 0x50BE]), [Value::Integer(0x41_50BE)]);

    // b4 04 02 0043, b4 04 04 022D 0000, b4 04 04 D702 0017: charging with 5570 W, 15623.7 kWh
    let em = built_in("phoenix-em-eth");
    assert_eq!(em.modbus.as_ref().unwrap().unit, 0xB4);
    assert_eq!(pilot(&em, &[0x0043]), Some(C));
    assert!(near(&values(&em, "power", &[0x022D, 0x0000])[0], 5_570.0));
    assert!(near(&values(&em, "energy", &[0xD702, 0x0017])[0], 15_623.7));

    // 01 03 0C 0000 00EF 0000 00EF 0000 00F0, 01 03 04 0021 E5AB: 239, 239, 240 V; 2221.483 kWh
    let bender = built_in("bender-cc613");
    let volts = values(&bender, "voltages", &[0, 0x00EF, 0, 0x00EF, 0, 0x00F0]);
    assert_eq!(volts, [239, 239, 240].map(Value::Integer));
    assert!(near(&values(&bender, "energy", &[0x0021, 0xE5AB])[0], 2_221.483));
    assert_eq!(values(&bender, "power", &[0xFFFF, 0xFFFF]), [Value::Absent]);
    assert_eq!(values(&bender, "protocol", &[0x302E, 0x3600]), [Value::Text("0.6".into())]);

    // the watchdog of a CHARX that nobody has set
    let charx = built_in("phoenix-charx");
    assert_eq!(values(&charx, "watchdog-time", &[0xFFFF]), [Value::Integer(65_535)]);
    assert_eq!(values(&charx, "currents", &[0xFFFF; 6]), vec![Value::Absent; 3], "phase unknown");
}

#[test]
fn an_abl_emh1_takes_a_duty_cycle_and_gives_whole_blocks() {
    let mut words = Words::with_car("abl-emh1", NARROW);
    assert_eq!(words.at(Holding, 0x2E, 5)[0], 0x2EB1, "a car that has seen no offer");
    words.set(Holding, 0x14, &[0x010B]);
    // 26.7 % · 0.6 A = 16.02 A, on L1: last of three
    assert_eq!(words.at(Holding, 0x2E, 5), [0x2EC2, 0x010B, 0, 0, 0x00A0]);
    words.set(Holding, 0x14, &[0x0064]);
    assert_eq!(words.at(Holding, 0x2E, 5), [0x2EC2, 0x0064, 0, 0, 0x003C]);
    words.set(Holding, 0x14, &[0x03E8]);
    assert_eq!(words.offered(), Amps::ZERO);
    assert_eq!(words.at(Holding, 0x2E, 5)[1..], [0x03E8, 0, 0, 0], "off is 100 %, not 60 A");
    for refused in [0, 0x0032, 0x0063] {
        assert!(words.refuses(0x14, &[refused]), "{refused}");
    }
    for (address, count) in [(0x2E, 1), (0x2E, 4), (0x2E, 6), (0x2F, 1), (0x30, 3), (0x01, 1)] {
        let answer = words.bench.read(Holding, address, count);
        assert_eq!(answer, Err(Exception::IllegalDataAddress), "{address:#04X}, {count}");
    }
    assert!(words.bench.registers.knows(16) && !words.bench.registers.knows(6));
}

#[test]
fn the_second_connector_of_a_charx_stands_a_thousand_further() {
    let profile = built_in("phoenix-charx");
    for (point, first, second, last) in [
        ("state", 1299, 2299, 48_299),
        ("limit", 1301, 2301, 48_301),
        ("currents", 1238, 2238, 48_238),
        ("designation", 100, 100, 100),
    ] {
        let point = &profile.points[point];
        let places = [1, 2, 48].map(|connector| point.address_on(connector));
        assert_eq!(places, [Some(first), Some(second), Some(last)]);
    }
    let mut words = Words::of("phoenix-charx", SimDevice::Charger(WIDE.0), 2);
    words.bench.model.plug(WIDE, car());
    words.set(Holding, 2301, &[16]);
    assert_eq!(words.at(Holding, 2297, 3), [16, 0, letters(b"C2")]);
    assert_eq!(words.at(Holding, 2232, 6), [0x0003, 0x8270, 0x0003, 0x8270, 0x0003, 0x8270], "230 000 mV");
    assert_eq!(words.at(Holding, 2238, 6), [0, 0x3E80, 0, 0x3E80, 0, 0x3E80], "16 000 mA");
    assert_eq!(words.at(Holding, 2244, 2), [0x00A8, 0x7500], "11 040 000 mW");
    assert_eq!(
        words.bench.read(Holding, 1299, 1),
        Err(Exception::IllegalDataAddress),
        "that is the first one's"
    );
    assert_eq!(words.at(Holding, 100, 3), [letters(b"CH"), letters(b"AR"), letters(b"X\0")], "both have");
    words.set(Holding, 2300, &[0]);
    assert_eq!(words.at(Holding, 2297, 1), [0], "no release, no offer");
    words.set(Holding, 2300, &[1]);
    assert_eq!(words.at(Holding, 2297, 1), [16]);
    assert!(words.refuses(2301, &[0]), "6 to 80 A");
}

#[test]
fn two_connectors_of_a_charx_live_behind_one_unit_id() {
    let mut site = garage();
    for (connector, charger) in (1..).zip(&mut site.chargers[..2]) {
        charger.device.profile = "phoenix-charx".into();
        charger.device.connector = connector;
    }
    let chargers =
        |indices: &[usize]| indices.iter().map(|&index| SimDevice::Charger(index)).collect::<Vec<_>>();
    let shared = Shared::new(Model::new(Arc::new(site.clone()), Scene::Still, 1));
    let mut maps = RegisterMaps::default();
    let bus = Bus::new(&site, &Catalogue::built_in(), &mut maps, &chargers(&[0, 1]), &shared).unwrap();
    for (address, amps) in [(1301, 16), (2301, 10)] {
        bus.write(1, Holding, address, &[amps]).unwrap();
    }
    let offered = [0, 1].map(|index| shared.model().bay(ChargerId(index)).station.offered());
    assert_eq!(offered, [Amps(16.0), Amps(10.0)]);
    assert_eq!(bus.read(1, Holding, 1297, 1), Ok(vec![16]));
    assert_eq!(bus.read(1, Holding, 2297, 1), Ok(vec![10]));
    assert_eq!(bus.read(1, Holding, 3297, 1), Err(Exception::IllegalDataAddress), "there is no third one");
    assert_eq!(bus.read(2, Holding, 1297, 1), Err(Exception::GatewayTargetFailedToRespond));
    // the profile of the others has one connector only
    let error = Bus::new(&site, &Catalogue::built_in(), &mut maps, &chargers(&[2, 3]), &shared).unwrap_err();
    assert!(error.to_string().contains("another device has unit id 1"), "{error}");
}

#[test]
fn the_ethernet_controllers_of_phoenix_contact_put_the_low_word_first() {
    for (name, limit) in [("phoenix-ev-eth", 528), ("phoenix-em-eth", 300)] {
        let mut words = Words::with_car(name, WIDE);
        words.set(Coil, 400, &[1]);
        words.set(Holding, limit, &[16]);
        assert_eq!(words.at(Input, 100, 1), [0x0043], "{name}: C");
        assert_eq!(words.at(Input, 108, 6), [230, 0, 230, 0, 230, 0], "{name}");
        assert_eq!(words.at(Input, 114, 6), [16, 0, 16, 0, 16, 0], "{name}");
        words.set(Coil, 400, &[0]);
        assert_eq!((words.offered(), words.at(Input, 100, 1)), (Amps::ZERO, vec![0x0042]), "{name}");
        assert_eq!(words.at(Holding, limit, 1), [16], "{name}: the limit stays where it was");
        assert!(words.refuses(limit, &[0]), "{name}");
        assert!(words.bench.registers.knows(5) && !words.bench.registers.knows(16), "{name}");
    }
    let ev = Words::with_car("phoenix-ev-eth", WIDE);
    assert_eq!(ev.at(Input, 120, 2), [0, 0]);
    let mut em = Words::with_car("phoenix-em-eth", WIDE);
    em.set(Holding, 300, &[16]);
    assert_eq!(em.at(Input, 120, 2), [0x0450, 0], "11 040 W in steps of 10 W");
}

#[test]
fn the_serial_controllers_of_phoenix_contact_tell_what_the_pilot_says() {
    let mut words = Words::with_car("phoenix-ev-ser", WIDE);
    words.set(Holding, 22_000, &[13]);
    assert_eq!(words.at(Input, 24_000, 1), [0x4332], "C2");
    assert_eq!(words.at(Input, 24_003, 1), [13]);
    words.set(Coil, 20_000, &[0]);
    assert_eq!(words.at(Input, 24_000, 1), [0x4231], "B1");
    assert_eq!(words.at(Input, 24_003, 1), [0]);
    words.set(Coil, 20_000, &[1]);
    assert_eq!(words.at(Input, 24_003, 1), [13]);
    assert!(words.refuses(22_000, &[64]), "6 to 63 A");
    assert_eq!(words.at(Input, 1000, 2), [letters(b"EV"), letters(b"-C")]);
}

#[test]
fn a_mennekes_lives_on_its_heartbeat_and_takes_zero_for_no_limit() {
    let mut words = Words::with_car("mennekes-compact", WIDE);
    words.set(Holding, 0x0302, &[0x4180, 0]);
    assert_eq!(words.offered(), Amps(6.0), "without release it offers what it falls back to");
    words.set(Holding, 0x0D05, &[1]);
    assert_eq!(words.at(Holding, 0x0114, 2), [0x4180, 0], "16.0");
    assert_eq!(words.at(Holding, 0x0100, 1), [5]);
    assert_eq!(words.at(Holding, 0x0500, 6), [0x4180, 0, 0x4180, 0, 0x4180, 0]);
    assert_eq!(words.at(Holding, 0x0506, 2), [0x4366, 0], "230.0");
    assert_eq!(words.at(Holding, 0x0512, 2), [0x462C, 0x8000], "11 040.0");
    words.set(Holding, 0x0302, &[0x3F80, 0]);
    assert_eq!(words.at(Holding, 0x0114, 2), [0, 0], "1.0 A pauses");
    assert_eq!(words.at(Holding, 0x0302, 2), [0x3F80, 0]);
    words.set(Holding, 0x0302, &[0, 0]);
    assert_eq!(words.at(Holding, 0x0114, 2), [0x4200, 0], "0 lifts the limit: 32.0");
    words.set(Holding, 0x0302, &[0x4180, 0]);
    for _ in 0..4 {
        words.set(Holding, 0x0D00, &[0x55AA]);
        words.bench.charge(4);
    }
    assert_eq!(words.offered(), Amps(16.0), "heard every 5 s");
    words.set(Holding, 0x0D00, &[0x55AB]);
    words.bench.charge(6);
    assert_eq!(words.offered(), Amps(6.0), "another word is no heartbeat");
}

#[test]
fn an_evse_din_takes_whole_amperes_and_zero_for_off() {
    let mut words = Words::with_car("evse-din", WIDE);
    words.set(Holding, 1000, &[16]);
    assert_eq!(words.at(Holding, 1000, 3), [16, 16, 3], "set, told, charging");
    words.set(Holding, 1000, &[0]);
    assert_eq!(words.at(Holding, 1000, 3), [0, 0, 2], "off, and the car is still there");
    assert!(words.bench.registers.knows(16) && !words.bench.registers.knows(6));
    let profile = built_in("evse-din");
    for (name, point) in profile.points.iter().filter(|(_, point)| point.address >= 2000) {
        assert!(point.wears, "{name} is in EEPROM");
    }
    assert!(!profile.points["limit"].wears);
}

#[test]
fn a_bender_shows_milliamperes_and_falls_back_by_itself() {
    let mut words = Words::with_car("bender-cc613", WIDE);
    words.set(Holding, 1000, &[16]);
    assert_eq!(words.at(Holding, 122, 1), [3], "C");
    assert_eq!(words.at(Holding, 120, 1), [0x302E], "0.");
    assert_eq!(words.at(Holding, 212, 6), [0, 0x3E80, 0, 0x3E80, 0, 0x3E80], "16 000 mA");
    assert_eq!(words.at(Holding, 220, 2), [0, 0x2B20], "11 040 W");
    assert_eq!(words.at(Holding, 222, 6), [0, 230, 0, 230, 0, 230]);
    assert_eq!(words.at(Holding, 706, 1), [16]);
    words.set(Holding, 131, &[8]);
    words.set(Holding, 132, &[10]);
    words.bench.charge(8);
    assert_eq!(words.at(Holding, 706, 1), [16]);
    words.bench.charge(3);
    assert_eq!(words.at(Holding, 706, 1), [8], "nothing heard for 10 s");
    words.set(Holding, 1000, &[0]);
    assert_eq!(words.at(Holding, 706, 1), [0]);
}

#[test]
fn an_sdm72_shows_floats_and_its_code() {
    let mut words = Words::of("eastron-sdm72", SimDevice::Meter(0), 1);
    let base = PerPhase { l1: Amps(10.0), l2: Amps(0.5), l3: Amps(0.0) };
    words.bench.model.hold_base_load(CircuitId(0), Some(base));
    words.bench.model.hold_sun(0, Some(Amps(0.0)));
    words.bench.charge(1);
    assert_eq!(words.at(Input, 0x0000, 2), [0x4366, 0], "230.0");
    assert_eq!(words.at(Input, 0x0006, 6), [0x4120, 0, 0x3F00, 0, 0, 0], "10.0, 0.5, 0.0");
    assert_eq!(words.at(Input, 0x0034, 2), [0x4516, 0xF000], "2 415.0");
    assert_eq!(words.at(Holding, 0xFC02, 1), [0x0089]);
    assert_eq!(words.bench.read(Input, 0, 61), Err(Exception::IllegalDataValue), "30 parameters at the most");
}
