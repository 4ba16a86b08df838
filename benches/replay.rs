//! How fast a recorded day is replayed, and how large it is: `cargo bench --bench replay`.
//!
//! The garage of `enmon demo`, a decision a second for 24 hours, cars that come, go and draw with some noise. The day is written by the
//! journal itself; what is measured is the program, `enmon control replay`, on the file.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod measured;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use enmon::control::{
    ChargerReading, ChargerState, Entry, Journal, JournalPort, MeterReading, Reading, Retention, SiteText,
    Snapshot, State, Taped, Time, step,
};
use enmon::profile::Catalogue;
use enmon::site::{Amps, Site, load};

const GARAGE: &str = include_str!("../templates/sites/garage.yaml");
const DAY: u64 = 86_400;

/// A car that comes and goes.
#[derive(Clone, Copy, Default)]
struct Car {
    until: u64,
    plugged: bool,
    most: f64,
    ah: f64,
}

/// What the devices say when every charger offers what was decided.
fn observe(
    now: Time,
    second: u64,
    site: &Site,
    state: &State,
    cars: &mut [Car],
    random: &mut fastrand::Rng,
) -> Snapshot {
    let mut snapshot = Snapshot::empty(site);
    let mut flows = vec![[0.0; 3]; site.circuits.len()];
    for (index, charger) in site.chargers.iter().enumerate() {
        let car = &mut cars[index];
        if second >= car.until {
            let plugged = !car.plugged;
            let stay = random.u64(1800..14_400);
            *car = Car {
                until: second + stay,
                plugged,
                most: random.f64() * 26.0 + 6.0,
                ah: random.f64() * 90.0,
            };
        }
        let offered = state.chargers[index].setpoint.unwrap_or(Amps::ZERO);
        let draws = car.plugged && car.ah > 0.0 && offered.0 >= 6.0;
        let amps = if draws { offered.0.min(car.most) - random.f64() * 0.2 } else { 0.0 };
        let amps = (amps * 1000.0).round() / 1000.0;
        car.ah -= amps / 3600.0;
        let mut drawn = [Amps::ZERO; 3];
        drawn[..charger.phases.len()].fill(Amps(amps));
        for circuit in site.ancestry(charger.circuit) {
            for phase in &charger.phases {
                flows[circuit.0][phase.index()] += amps;
            }
        }
        let charging = if draws { ChargerState::Charging } else { ChargerState::PluggedIn };
        let value = ChargerReading {
            state: if car.plugged { charging } else { ChargerState::Unplugged },
            drawn,
            offered,
            phases: None,
        };
        snapshot.chargers[index] = Some(Reading { at: now, value });
        snapshot.ceilings[index] = Some(offered);
    }
    for (circuit, flow) in site.circuits.iter().zip(flows) {
        let Some(meter) = circuit.meter else { continue };
        let currents = flow.map(|amps| Some(Amps(((amps + 4.0 + random.f64()) * 1000.0).round() / 1000.0)));
        let voltages = [Some(230.0 + random.f64()); 3];
        let value =
            MeterReading { currents, voltages, power: Some(random.f64() * 1e4), ..MeterReading::default() };
        snapshot.meters[meter.0] = Some(Reading { at: now, value });
    }
    snapshot
}

/// Records a day; returns how long the loop's part of it took for each decision, in microseconds.
fn record(path: &Path) -> f64 {
    let site = load(GARAGE, "garage.yaml", Path::new("/"), &Catalogue::built_in()).unwrap().site;
    let file = Arc::new(SiteText { path: "/garage.yaml".into(), text: GARAGE.into() });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut journal = Journal::open(path, Retention::default());
    let mut random = fastrand::Rng::with_seed(1);
    let mut cars = vec![Car::default(); site.chargers.len()];
    let mut state = State::empty(&site);
    let mut handing_over = Duration::ZERO;
    for second in 0..DAY {
        let now = Time(1_790_000_000_000 + second * 1000);
        let snapshot = observe(now, second, &site, &state, &mut cars, &mut random);
        let before = state;
        let decision = Arc::new(step(now, &site, &snapshot, &before));
        state = decision.state.clone();
        let begun = Instant::now();
        let taped = Taped { cycle: second, file: Arc::clone(&file), snapshot, before, decision };
        journal.record(Entry::Taped(Box::new(taped)));
        handing_over += begun.elapsed();
        if second % 400 == 399 {
            // a day in seconds is more than a queue for seconds holds
            runtime.block_on(journal.flush().wait(Duration::from_secs(60))).unwrap();
        }
    }
    journal.close().unwrap();
    handing_over.as_secs_f64() * 1e6 / DAY as f64
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.sqlite");
    let handed_over_us = record(&path);
    let bytes = std::fs::metadata(&path).unwrap().len();
    let mut seconds = Vec::new();
    let mut times = 0.0_f64;
    for _ in 0..5 {
        let begun = Instant::now();
        let output = Command::new(env!("CARGO_BIN_EXE_enmon"))
            .args(["control", "replay", path.to_str().unwrap(), "-o", "json"])
            .env("HOME", folder.path())
            .output()
            .unwrap();
        seconds.push(begun.elapsed().as_secs_f64());
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["identical"], true, "{report:#}");
        assert_eq!(report["decisions"], DAY);
        times = times.max(report["timesRealTime"].as_f64().unwrap());
    }
    let seconds = measured::sorted(seconds);
    let median = measured::percentile(&seconds, 0.5);
    println!(
        "{}",
        serde_json::json!({
            "machine": measured::machine(),
            "decisions": DAY,
            "fileMB": bytes as f64 / 1e6,
            "handedOverUs": handed_over_us,
            "secondsMedian": median,
            "seconds": seconds,
            "timesRealTime": DAY as f64 / median,
        })
    );
}
