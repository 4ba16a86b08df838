//! Simulated Modbus devices over real sockets, with the project's own client: what a charger draws shows on the meter, watchdogs,
//! breakers, faults, repeatability.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod sim;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use enmon::modbus::ModbusError;
use enmon::profile::Table;
use enmon::sim::{CarSpec, Fault, Scene, SimDevice, Truth};
use enmon::site::{Amps, Phase};

use sim::{Bench, garage, patiently};

fn quick() -> CarSpec {
    CarSpec { delay_ms: 0, ramp: 1e6, energy_kwh: 1e6, max: Amps(32.0), ..CarSpec::default() }
}

#[tokio::test]
async fn a_limit_is_followed_after_the_cars_delay_and_shows_on_the_meter() {
    let bench = Bench::start(&garage(), |_| {}).await;
    let (mut ev1, mut meter) = (bench.registers("ev1"), bench.registers("main-meter"));
    bench.handle().plug("ev1", CarSpec { delay_ms: 600, ..quick() }).unwrap();
    bench.handle().plug("ev2", CarSpec { phases: 1, ..quick() }).unwrap();
    bench.handle().tell("base main 3 2 1").unwrap();
    ev1.set_limit(6).await;
    patiently(bench.handle().until(|truth| truth.chargers[0].drawn == [Amps(6.0); 3])).await;
    let written = bench.handle().truth().at_ms;
    ev1.set_limit(16).await;
    assert_eq!(ev1.offered().await, 16_000, "offered at once");
    let followed = patiently(bench.handle().until(|truth| truth.chargers[0].drawn == [Amps(16.0); 3])).await;
    assert!(followed.at_ms - written >= 600, "after {} ms", followed.at_ms - written);
    assert_eq!(ev1.read(Table::Holding, 0x4010, 6).await.unwrap(), [0, 16_000, 0, 16_000, 0, 16_000]);
    // ev2's car is on one phase, and its terminal 1 on L2
    assert_eq!(meter.meter_currents().await, [19.0, 24.0, 17.0]);
    bench.stop().await;
}

#[tokio::test]
async fn a_charger_that_hears_nothing_falls_back_and_says_so() {
    let bench = Bench::start(&garage(), |_| {}).await;
    let (mut ev1, mut ev2) = (bench.registers("ev1"), bench.registers("ev2"));
    bench.handle().plug("ev1", quick()).unwrap();
    for charger in [&mut ev1, &mut ev2] {
        charger.write(0x4106, &[1]).await.unwrap();
        charger.set_limit(20).await;
    }
    // ev2 is asked all the time, ev1 hears nothing
    let until = Instant::now() + Duration::from_secs(20);
    while bench.handle().truth().chargers[0].offered != Amps(6.0) {
        assert_eq!(ev2.offered().await, 20_000);
        assert!(Instant::now() < until, "it does not fall back");
        tokio::task::yield_now().await;
    }
    patiently(bench.handle().until(|truth| truth.chargers[0].drawn == [Amps(6.0); 3])).await;
    assert_eq!(ev1.offered().await, 6_000);
    assert_eq!(ev1.offered().await, 6_000, "hearing something does not bring the old limit back");
    ev1.set_limit(10).await;
    assert_eq!(ev1.offered().await, 10_000);
    bench.stop().await;
}

#[tokio::test]
async fn a_tripped_breaker_cuts_its_row() {
    let bench = Bench::start(&garage(), |_| {}).await;
    let mut meter = bench.registers("main-meter");
    for charger in ["ev1", "ev3"] {
        bench.handle().plug(charger, quick()).unwrap();
        bench.registers(charger).set_limit(12).await;
    }
    patiently(bench.handle().until(|truth| {
        truth.chargers[2].drawn == [Amps(12.0); 3] && truth.chargers[0].drawn[0] == Amps(12.0)
    }))
    .await;
    assert_eq!(meter.meter_currents().await, [24.0; 3]);
    bench.handle().tell("trip q1").unwrap();
    assert_eq!(meter.meter_currents().await, [12.0; 3]);
    assert_eq!(bench.registers("ev1").read(Table::Holding, 0x4010, 2).await.unwrap(), [0, 0]);
    bench.handle().tell("close q1").unwrap();
    patiently(bench.handle().until(|truth| truth.circuits[0].drawn.l1 == Amps(24.0))).await;
    bench.stop().await;
}

#[tokio::test]
async fn the_witness_sees_a_write_that_lasts_no_step() {
    let bench = Bench::start(&garage(), |_| {}).await;
    let (mut ev1, mut ev2) = (bench.registers("ev1"), bench.registers("ev2"));
    bench.handle().mark();
    for (first, second) in [(32, 32), (6, 6)] {
        ev1.set_limit(first).await;
        ev2.set_limit(second).await;
    }
    let truth = bench.handle().truth();
    let row = truth
        .witnesses
        .iter()
        .find(|witness| witness.circuit == "row-1" && witness.phase == Phase::L3)
        .unwrap();
    assert!((row.offered - 1.6).abs() < 1e-9, "64 A on 40 A: {}", row.offered);
    assert_eq!(truth.circuit("row-1").unwrap().offered.l3, Amps(12.0));
    bench.stop().await;
}

#[tokio::test]
async fn devices_misbehave_when_told_to_and_others_do_not_care() {
    let bench = Bench::start(&garage(), |_| {}).await;
    let ev1 = SimDevice::Charger(0);
    for fault in
        [Fault::Silent, Fault::Reset, Fault::Exception, Fault::Garbage, Fault::Slow(Duration::from_secs(30))]
    {
        bench.handle().set_fault(ev1, Some(fault));
        let refused = bench.registers("ev1").read(Table::Holding, 0x400E, 2).await;
        assert!(refused.is_err(), "{fault:?}: {refused:?}");
        assert_eq!(bench.registers("ev2").offered().await, 6_000);
    }
    bench.handle().set_fault(ev1, Some(Fault::IgnoreWrites));
    let mut registers = bench.registers("ev1");
    registers.set_limit(20).await;
    assert_eq!(registers.offered().await, 6_000, "acknowledged and ignored");
    bench.handle().set_fault(ev1, None);
    registers.set_limit(20).await;
    assert_eq!(registers.offered().await, 20_000);
    bench.stop().await;
}

#[tokio::test]
async fn devices_behind_one_address_are_told_apart_by_their_unit_id() {
    let site = garage().replace("127.0.0.1:9102\", unit: 1", "127.0.0.1:9101\", unit: 2");
    let bench = Bench::start(&site, |_| {}).await;
    let (mut ev1, mut ev2) = (bench.registers("ev1"), bench.registers("ev2"));
    ev1.set_limit(10).await;
    ev2.set_limit(14).await;
    assert_eq!((ev1.offered().await, ev2.offered().await), (10_000, 14_000));
    bench.stop().await;
}

#[tokio::test]
async fn what_a_real_device_refuses_is_refused() {
    let bench = Bench::start(&garage(), |_| {}).await;
    let mut ev1 = bench.registers("ev1");
    for (attempt, refused) in [
        ("function 06, which an ABB Terra AC does not know", ev1.write_single(0x4106, 30).await),
        ("half a limit", ev1.write(0x4100, &[0]).await),
        ("an implausible limit", ev1.write(0x4100, &[2, 0]).await),
        ("a register that is read only", ev1.write(0x4010, &[0, 0]).await),
        ("a register that is not there", ev1.read(Table::Holding, 0x1000, 1).await.map(drop)),
    ] {
        assert!(matches!(refused, Err(ModbusError::Exception { .. })), "{attempt}: {refused:?}");
    }
    assert_eq!(ev1.offered().await, 6_000);
    bench.stop().await;
}

/// Returns the truths of a lively run by step, without what depends on when somebody looked.
async fn watch(seed: u64) -> BTreeMap<u64, String> {
    let bench = Bench::start(&garage(), |options| {
        (options.seed, options.scene, options.speed) = (seed, Scene::Lively, 30.0);
    })
    .await;
    let mut truths = BTreeMap::new();
    let look = |truth: &Truth| {
        truths.insert(truth.steps, serde_json::to_string(truth).unwrap());
        truth.steps >= 25
    };
    patiently(bench.handle().until(look)).await;
    bench.stop().await;
    truths
}

#[tokio::test]
async fn a_seed_makes_a_run_repeatable() {
    let (one, same, other) = tokio::join!(watch(5), watch(5), watch(6));
    let common: Vec<u64> =
        one.keys().filter(|step| same.contains_key(step) && other.contains_key(step)).copied().collect();
    assert!(common.len() >= 3, "steps seen by all: {common:?}");
    assert!(common.iter().all(|step| one[step] == same[step]));
    assert!(common.last().is_some_and(|step| one[step] != other[step]));
}
