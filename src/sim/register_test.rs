//! Registers against what the profiles say: the words that a controller would see on the wire.

use super::register_bench::{Bench, car};
use super::*;
use crate::modbus::Exception;
use crate::profile::{self, Catalogue, Profile, Table};
use crate::site::{Amps, ChargerId, CircuitId, PerPhase};

fn built_in(name: &str) -> Profile {
    Catalogue::built_in().get(name).unwrap().clone()
}

fn own(text: &str) -> Profile {
    let (profile, findings) = profile::read("own.yaml", text);
    let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
    profile.unwrap_or_else(|| panic!("{findings:?}"))
}

fn f32_of(words: &[u16]) -> f32 {
    f32::from_bits(u32::from(words[0]) << 16 | u32::from(words[1]))
}

#[test]
fn an_abb_terra_ac_takes_limits_in_milliamperes_and_shows_what_flows() {
    let mut bench = Bench::new(&built_in("abb-terra-ac"), SimDevice::Charger(0));
    assert_eq!(bench.read(Table::Holding, 0x400C, 2).unwrap(), [0, 0], "state A");
    bench.model.plug(ChargerId(0), car());
    bench.write(0x4100, &[0, 16_000]).unwrap();
    bench.charge(1);
    let words = bench.read(Table::Holding, 0x400C, 10).unwrap();
    assert_eq!(words[..4], [0, 0x0400, 0, 16_000], "state C in the third byte, offered");
    assert_eq!(words[4..10], [0, 16_000, 0, 16_000, 0, 16_000], "drawn");
    assert_eq!(bench.read(Table::Holding, 0x4016, 2).unwrap(), [0, 2_300]);
    bench.write(0x4100, &[1, 0]).unwrap();
    assert_eq!(bench.offered(), Amps(32.0), "65.536 A is more than the station has");
}

#[test]
fn an_abb_terra_ac_refuses_what_the_real_one_refuses() {
    let mut bench = Bench::new(&built_in("abb-terra-ac"), SimDevice::Charger(0));
    assert_eq!(bench.write(0x4100, &[0]), Err(Exception::IllegalDataAddress), "half a limit");
    assert_eq!(bench.write(0x4101, &[0]), Err(Exception::IllegalDataAddress), "the other half");
    assert_eq!(bench.write(0x4010, &[0, 0]), Err(Exception::IllegalDataAddress), "read only");
    assert_eq!(bench.write(0x4100, &[2, 0]), Err(Exception::IllegalDataValue), "131 A is not plausible");
    assert_eq!(
        bench.read(Table::Holding, 0x4000, 2),
        Err(Exception::IllegalDataAddress),
        "before the first register"
    );
    assert_eq!(bench.read(Table::Input, 0x4010, 2), Err(Exception::IllegalDataAddress), "another table");
    assert_eq!(
        bench.read(Table::Holding, 0x400C, 41),
        Err(Exception::IllegalDataValue),
        "more than 40 registers"
    );
}

#[test]
fn its_watchdog_takes_a_time_shows_it_and_is_fed_by_any_request() {
    let mut bench = Bench::new(&built_in("abb-terra-ac"), SimDevice::Charger(0));
    assert_eq!(
        bench.read(Table::Holding, 0x4020, 1).unwrap(),
        [60],
        "the maker's default until it is written"
    );
    bench.write(0x4106, &[5]).unwrap();
    assert_eq!(bench.read(Table::Holding, 0x4020, 1).unwrap(), [5]);
    bench.write(0x4100, &[0, 20_000]).unwrap();
    for _ in 0..3 {
        bench.charge(4);
        bench.registers.heard(&mut bench.model);
    }
    assert_eq!(bench.offered(), Amps(20.0), "it heard something every 4 s");
    bench.charge(6);
    assert_eq!(bench.offered(), Amps(6.0));
    assert_eq!(bench.read(Table::Holding, 0x400E, 2).unwrap(), [0, 6_000], "and says so");
}

#[test]
fn a_go_e_is_switched_to_one_phase_and_shows_it() {
    let mut bench = Bench::new(&built_in("go-e"), SimDevice::Charger(0));
    assert_eq!(bench.read(Table::Holding, 332, 1).unwrap(), [2]);
    bench.model.plug(ChargerId(0), car());
    bench.write(332, &[1]).unwrap();
    assert_eq!(bench.read(Table::Holding, 332, 1).unwrap(), [1]);
    bench.write(299, &[16]).unwrap();
    bench.charge(30);
    let currents = bench.read(Table::Input, 114, 6).unwrap();
    assert!(currents[1] > 0 && currents[3] == 0 && currents[5] == 0, "{currents:?}");
    bench.write(332, &[2]).unwrap();
    assert_eq!(bench.read(Table::Input, 100, 1).unwrap(), [0], "a fault: current flowed");
}

#[test]
fn an_sdm630_shows_floats_of_the_circuit() {
    let mut bench = Bench::new(&built_in("eastron-sdm630"), SimDevice::Meter(0));
    let base = PerPhase { l1: Amps(10.0), l2: Amps(0.5), l3: Amps(0.0) };
    bench.model.hold_base_load(CircuitId(0), Some(base));
    bench.model.hold_sun(0, Some(Amps(2.0)));
    bench.charge(36);
    let currents = bench.read(Table::Input, 6, 6).unwrap();
    assert_eq!([f32_of(&currents), f32_of(&currents[2..]), f32_of(&currents[4..])], [8.0, 1.5, 2.0]);
    let all = bench.read(Table::Input, 0, 76).unwrap();
    assert_eq!(f32_of(&all), 230.0);
    assert_eq!(f32_of(&all[14..]), -345.0, "power keeps its sign");
    assert_eq!(f32_of(&all[52..]), 1035.0);
    assert!((f32_of(&all[72..]) - 0.010_35).abs() < 1e-5, "imported kWh");
    assert_eq!(bench.read(Table::Input, 0, 81), Err(Exception::IllegalDataValue));
}

const HEAD: &str =
    "apiVersion: enmon/v1\nkind: Profile\nname: own\nvendor: Own\nmodel: Own\nsources: [{document: own}]\n";

#[test]
fn modes_pauses_life_bits_and_odd_word_orders_are_obeyed() {
    let text = format!(
        "{HEAD}{}",
        "
modbus: {unit: 255, wordOrder: little, blockReads: false, writes: single}
points:
  state: {table: holding, address: 10, type: u16}
  cable: {table: holding, address: 11, type: bits}
  a: {table: holding, address: 20, type: u32, scale: 0.001, unit: A}
  b: {table: holding, address: 22, type: u32, scale: 0.001, unit: A}
  c: {table: holding, address: 24, type: u32, scale: 0.001, unit: A}
  mode: {table: holding, address: 30, type: u16, access: write}
  limit: {table: holding, address: 31, type: u16, scale: 0.06, unit: A, access: write}
  life: {table: holding, address: 32, type: u16, access: write}
  safe: {table: holding, address: 33, type: u16, scale: 0.1, unit: A, access: write}
  time: {table: holding, address: 34, type: u16, unit: ms, access: write}
charger:
  currents: [a, b, c]
  reversed: true
  state: {point: state, map: {1: A, 0xB1: B, 0xC2: C}, plugged: {point: cable, mask: 0x6}}
  limit:
    point: limit
    resolution: 0.06
    pause: [{point: limit, value: 60}]
  enable: [{point: mode, value: 4}]
  watchdog:
    default: 10s
    timeout: time
    failsafe: safe
    feed: {lifeBit: {point: life, value: 1, every: 2s}}
"
    );
    let mut bench = Bench::new(&own(&text), SimDevice::Charger(3));
    let offered = |bench: &Bench| bench.model.bay(ChargerId(3)).station.offered();
    bench.model.plug(ChargerId(3), car());
    bench.write(31, &[200]).unwrap();
    assert_eq!(offered(&bench), Amps(6.0), "the mode is off: taken and ignored");
    assert_eq!(bench.read(Table::Holding, 31, 1).unwrap(), [200]);
    bench.write(30, &[4]).unwrap();
    assert!((offered(&bench).0 - 12.0).abs() < 1e-9);
    bench.charge(1);
    assert_eq!(
        bench.read(Table::Holding, 24, 2).unwrap(),
        [12_000, 0],
        "terminal 1 stands last, low word first"
    );
    assert_eq!(bench.read(Table::Holding, 20, 2).unwrap(), [0, 0]);
    assert_eq!(bench.read(Table::Holding, 10, 1).unwrap(), [0xC2]);
    assert_eq!(bench.read(Table::Holding, 11, 1).unwrap(), [6]);
    assert_eq!(
        bench.read(Table::Holding, 20, 4),
        Err(Exception::IllegalDataAddress),
        "no reads over several points"
    );
    bench.write(31, &[1000]).unwrap();
    assert_eq!(offered(&bench), Amps::ZERO, "1000 means off");
    assert_eq!(bench.read(Table::Holding, 31, 1).unwrap(), [1000]);
    bench.write(31, &[150]).unwrap();
    assert_eq!(offered(&bench), Amps(9.0));
    bench.write(33, &[70]).unwrap();
    bench.write(34, &[3_000]).unwrap();
    bench.charge(2);
    bench.write(31, &[200]).unwrap();
    bench.write(32, &[1]).unwrap();
    bench.charge(2);
    assert_eq!(offered(&bench), Amps(12.0), "the life bit fed it");
    bench.write(31, &[200]).unwrap();
    bench.charge(2);
    assert_eq!(offered(&bench), Amps(7.0), "the limit does not feed it");
    assert!(bench.registers.knows(6) && !bench.registers.knows(16), "it writes single registers only");
}

#[test]
fn a_sunspec_device_has_its_marker_its_chain_and_its_scale_factors() {
    let text = format!(
        "{HEAD}{}",
        "
modbus: {unit: 1, sunspec: [40000, 0]}
points:
  amps: {table: holding, address: 3, type: u16, count: 3, unit: A, model: 103, scaleFrom: amps-sf}
  amps-sf: {table: holding, address: 6, type: i16, model: 103}
meter:
  currents: [amps]
"
    );
    let mut bench = Bench::new(&own(&text), SimDevice::Meter(0));
    bench.model.hold_base_load(CircuitId(0), Some(PerPhase::all(Amps(12.34))));
    let words = bench.read(Table::Holding, 40_000, 11).unwrap();
    assert_eq!(words, [0x5375, 0x6E53, 103, 5, 0, 1234, 1234, 1234, 0xFFFE, 0xFFFF, 0]);
}

/// EVSE-DIN 1006 (control pilot) is 1 to 3, CHARX 114 tells how many points there are: a device with 0 there is another one.
#[test]
fn what_nothing_fills_holds_what_is_plausible() {
    let evse = Bench::new(&built_in("evse-din"), SimDevice::Charger(0));
    assert_eq!(evse.number(&built_in("evse-din"), "pilot"), 1.0);
    let charx = Bench::new(&built_in("phoenix-charx"), SimDevice::Charger(0));
    assert_eq!(charx.read(Table::Holding, 114, 1).unwrap(), [1]);
    let meter = Bench::new(&built_in("eastron-sdm72"), SimDevice::Meter(0));
    assert_eq!(f32_of(&meter.read(Table::Input, 0x46, 2).unwrap()), 50.0, "Hz");
}
