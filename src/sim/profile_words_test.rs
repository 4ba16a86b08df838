//! The words on the wire, written down by hand from the makers' documents: a car charges with 16 A, and then some.

use super::register_bench::{Bench, car};
use super::*;
use crate::modbus::Exception;
use crate::profile::{Catalogue, Table};
use crate::site::ChargerId;

fn bench(name: &str) -> Bench {
    let mut bench = Bench::new(Catalogue::built_in().get(name).unwrap(), SimDevice::Charger(0));
    bench.model.plug(ChargerId(0), car());
    bench
}

impl Bench {
    #[track_caller]
    fn holding(&self, address: u16, words: &[u16]) {
        let count = u16::try_from(words.len()).unwrap();
        assert_eq!(self.read(Table::Holding, address, count).as_deref(), Ok(words), "holding {address}");
    }

    #[track_caller]
    fn input(&self, address: u16, words: &[u16]) {
        let count = u16::try_from(words.len()).unwrap();
        assert_eq!(self.read(Table::Input, address, count).as_deref(), Ok(words), "input {address}");
    }
}

/// Alfen, Modbus Slave TCP/IP 2.3, chapter 3.4: singles with the high word first, states as text, a countdown.
#[test]
fn alfen_eve() {
    let mut alfen = bench("alfen-eve");
    alfen.holding(1201, &[0x4232, 0, 0, 0, 0]); // "B2"
    alfen.holding(1206, &[0x40C0, 0]); // 6.0, the safe current
    alfen.holding(1212, &[0x40C0, 0]);
    alfen.holding(1214, &[0]);
    assert_eq!(alfen.write(1210, &[0x4180]), Err(Exception::IllegalDataAddress), "half a limit");
    alfen.write(1210, &[0x4180, 0x0000]).unwrap(); // 16.0
    alfen.charge(2);
    alfen.holding(1201, &[0x4332, 0, 0, 0, 0]); // "C2"
    alfen.holding(1206, &[0x4180, 0]);
    alfen.holding(1208, &[0, 8]); // seconds of the ten of this bench
    alfen.holding(1214, &[1]);
    alfen.holding(306, &[0x4366, 0, 0x4366, 0, 0x4366, 0]); // 230.0
    alfen.holding(320, &[0x4180, 0, 0x4180, 0, 0x4180, 0]);
    alfen.holding(344, &[0x462C, 0x8000]); // 11040.0
    alfen.write(1210, &[0, 0]).unwrap();
    alfen.holding(1206, &[0, 0]);
    assert_eq!(
        alfen.write(1212, &[0x4100, 0]),
        Err(Exception::IllegalDataAddress),
        "set on the station only"
    );
}

/// KEBA, KeContact P30 Modbus TCP Programmers Guide 1.02, chapters 3 and 4: mA, mW, one value a request, function 06.
#[test]
fn keba_p30() {
    let mut keba = bench("keba-p30");
    keba.holding(1000, &[0, 2]);
    keba.holding(1004, &[0, 7]); // the cable is in the car, and locked
    keba.write(5004, &[16_000]).unwrap();
    keba.charge(1);
    keba.holding(1000, &[0, 3]);
    keba.holding(1008, &[0, 16_000]);
    keba.holding(1020, &[0x00A8, 0x7500]); // 11,040,000 mW
    keba.holding(1040, &[0, 230]);
    keba.holding(1100, &[0, 16_000]);
    assert_eq!(keba.read(Table::Holding, 1008, 4), Err(Exception::IllegalDataValue), "two values at once");
    assert_eq!(keba.write(5004, &[0]), Err(Exception::IllegalDataValue), "6000 to 63000");
    assert!(keba.registers.knows(6) && !keba.registers.knows(16));
    keba.write(5014, &[0]).unwrap();
    keba.holding(1100, &[0, 0]);
    keba.write(5014, &[1]).unwrap();
    keba.write(5016, &[8_000]).unwrap();
    keba.write(5018, &[60]).unwrap();
    keba.holding(1600, &[0, 8_000]);
    keba.holding(1602, &[0, 60]);
    assert_eq!(keba.write(5018, &[601]), Err(Exception::IllegalDataValue));
    keba.model.unplug(ChargerId(0));
    keba.holding(1000, &[0, 1]);
    keba.holding(1004, &[0, 0]);
}

/// KEBA, KeContact P40 Modbus TCP Programmers Guide 1.02, chapters 3 and 4: 0 mA suspends, 32 A at most.
#[test]
fn keba_p40() {
    let mut keba = bench("keba-p40");
    keba.write(5004, &[16_000]).unwrap();
    keba.charge(1);
    keba.holding(1012, &[0, 16_000]);
    keba.write(5004, &[0]).unwrap();
    keba.holding(1100, &[0, 0]);
    assert_eq!(keba.write(5004, &[32_001]), Err(Exception::IllegalDataValue));
    assert_eq!(keba.write(5014, &[0]), Err(Exception::IllegalDataAddress), "not on a P40");
    keba.write(5018, &[5]).unwrap();
    keba.holding(1602, &[0, 5]);
}

/// Heidelberg, ModBus Register Table of 2021-02-22: 0.1 A, V, VA; time-out in ms; asleep and locked until told otherwise.
#[test]
fn heidelberg_energy_control() {
    let mut box_ = bench("heidelberg-energy-control");
    box_.holding(257, &[15_000]);
    box_.write(261, &[160]).unwrap();
    box_.charge(1);
    box_.input(6, &[60, 60, 60]); // still the fail-safe
    box_.write(258, &[4]).unwrap();
    box_.write(259, &[1]).unwrap();
    box_.charge(1);
    box_.input(5, &[7, 160, 160, 160]); // C2
    box_.input(10, &[230, 230, 230]);
    box_.input(14, &[11_040]);
    box_.holding(261, &[160]);
    assert_eq!(box_.write(261, &[161]), Err(Exception::IllegalDataValue));
    box_.write(261, &[0]).unwrap();
    box_.charge(1);
    box_.input(5, &[5, 0, 0, 0]); // B2
    box_.write(257, &[0x0BB8]).unwrap(); // 3 s
    box_.write(262, &[80]).unwrap();
    box_.write(261, &[160]).unwrap();
    box_.charge(4);
    box_.input(6, &[80, 80, 80]);
    assert!(box_.registers.knows(6) && box_.registers.knows(16));
}

/// go-e, API v2, modbus-en.md: whole amperes into 299, 0.1 A and 0.01 kW out of input registers, function 16 only, no watchdog.
#[test]
fn go_e() {
    let mut go_e = bench("go-e");
    go_e.input(100, &[3]); // waiting for the car
    go_e.write(299, &[16]).unwrap();
    go_e.charge(1);
    go_e.input(100, &[2]);
    go_e.input(108, &[0, 230, 0, 230, 0, 230]);
    go_e.input(114, &[0, 160, 0, 160, 0, 160]);
    go_e.input(120, &[0, 1_104]); // 11.04 kW
    go_e.holding(299, &[16]);
    assert_eq!(go_e.write(299, &[5]), Err(Exception::IllegalDataValue), "6 to 32 A");
    assert!(go_e.registers.knows(16) && !go_e.registers.knows(6));
    go_e.write(337, &[1]).unwrap(); // force state off
    go_e.charge(1);
    go_e.input(100, &[3]);
    go_e.write(337, &[2]).unwrap();
    go_e.charge(3_600);
    go_e.input(114, &[0, 160]);
    go_e.model.unplug(ChargerId(0));
    go_e.input(100, &[1]);
}

/// Webasto, Modbus Specification Webasto NEXT 3.00: amperes into 5004, mA out, a life bit that the station takes back.
#[test]
fn webasto_next() {
    let mut webasto = bench("webasto-next");
    webasto.holding(1000, &[1]);
    webasto.write(5004, &[16]).unwrap();
    webasto.charge(1);
    webasto.holding(1000, &[3]);
    webasto.holding(1010, &[16_000]);
    webasto.holding(1020, &[0, 11_040]);
    webasto.holding(1100, &[16]);
    webasto.write(2000, &[8]).unwrap();
    webasto.write(2002, &[6]).unwrap();
    webasto.holding(2000, &[8]);
    webasto.charge(4);
    webasto.write(6000, &[1]).unwrap();
    webasto.holding(6000, &[0]);
    webasto.charge(4);
    webasto.holding(1100, &[16]);
    webasto.charge(3);
    webasto.holding(1100, &[8]);
}

/// Schneider, EVlink Pro AC Modbus interface, GEX1969300: low word first (a reading of 10.94 kW on a real one was fe c6 41 2e).
#[test]
fn schneider_evlink() {
    let mut evlink = bench("schneider-evlink");
    evlink.holding(1, &[3]);
    evlink.write(4004, &[16]).unwrap();
    evlink.charge(1);
    evlink.holding(1, &[8]);
    evlink.holding(2999, &[0, 0x4180, 0, 0x4180, 0, 0x4180]);
    evlink.holding(3027, &[0, 0x4366]);
    evlink.holding(3059, &[0xA3D7, 0x4130]); // 11.04 kW
    evlink.holding(4004, &[16]);
    evlink.holding(4006, &[6]);
    evlink.holding(4060, &[0x4556, 0x4233]); // "EVB3"
    for _ in 0..10 {
        evlink.charge(2);
        evlink.write(4000, &[1]).unwrap();
    }
    evlink.holding(4004, &[16]);
    evlink.charge(10);
    evlink.holding(4004, &[6]);
    assert_eq!(evlink.write(4004, &[33]), Err(Exception::IllegalDataValue));
}
