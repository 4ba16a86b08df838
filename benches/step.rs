//! How long a decision takes, from 10 to 10,000 chargers: `cargo bench --bench step`.
//!
//! *plenty*: every row of four can have its 40 A, so each charger is limited by its row. *scarce*: 3 A for each charger, so that half of them
//! wait for their turn. In both a third of the cars draw less than they are offered, and a decision follows the one before it.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod big_site;

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use big_site::{BigSite, Supply};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use enmon::control::{ChargerReading, ChargerState, MeterReading, Reading, Snapshot, State, Time, step};
use enmon::profile::Catalogue;
use enmon::site::{Amps, Period, Site, load};

/// Decisions before the one that is measured: turns have begun, appetites are known.
const WARM_UP: u64 = 40;

fn site(chargers: usize, supply: Supply) -> Site {
    let text =
        BigSite { chargers, supply }.text("127.0.0.1:0", |name| format!("modbus+tcp://{name}.local:502"));
    load(&text, "big.yaml", Path::new("/"), &Catalogue::built_in()).unwrap().site
}

/// What the devices say when every charger offers what was decided.
fn observe(now: Time, site: &Site, state: &State) -> Snapshot {
    let mut snapshot = Snapshot::empty(site);
    let mut flows = vec![[0.0; 3]; site.circuits.len()];
    for (index, charger) in site.chargers.iter().enumerate() {
        let offered = state.chargers[index].setpoint.unwrap_or(Amps::ZERO);
        let share = if index % 3 == 0 { 0.6 } else { 1.0 };
        let mut drawn = [Amps::ZERO; 3];
        drawn[..charger.phases.len()].fill(Amps(offered.0 * share));
        for circuit in site.ancestry(charger.circuit) {
            for (phase, amps) in charger.phases.iter().zip(drawn) {
                flows[circuit.0][phase.index()] += amps.0;
            }
        }
        let value = ChargerReading { state: ChargerState::Charging, drawn, offered, phases: None };
        snapshot.chargers[index] = Some(Reading { at: now, value });
        snapshot.ceilings[index] = Some(offered);
    }
    for (circuit, flow) in site.circuits.iter().zip(flows) {
        let Some(meter) = circuit.meter else { continue };
        // a twentieth of the limit goes elsewhere
        let currents = flow.map(|amps| Some(Amps(amps + circuit.limit.l1.0 * 0.05)));
        let value = MeterReading { currents, ..MeterReading::default() };
        snapshot.meters[meter.0] = Some(Reading { at: now, value });
    }
    snapshot
}

fn deciding(criterion: &mut Criterion) {
    for (supply, name) in [(Supply::Plenty, "step, plenty"), (Supply::Scarce, "step, scarce")] {
        let mut group = criterion.benchmark_group(name);
        group.warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(4)).sample_size(30);
        for chargers in [10, 100, 1_000, 10_000] {
            let site = site(chargers, supply);
            let mut state = State::empty(&site);
            let mut now = Time(1_700_000_000_000);
            for _ in 0..WARM_UP {
                now = now + Period::from_secs(1);
                state = step(now, &site, &observe(now, &site, &state), &state).state;
            }
            now = now + Period::from_secs(1);
            let snapshot = observe(now, &site, &state);
            let waiting = step(now, &site, &snapshot, &state);
            let waiting = waiting.setpoints.iter().filter(|setpoint| setpoint.amps == Amps::ZERO).count();
            assert_eq!(waiting > 0, supply == Supply::Scarce, "{waiting} of {chargers} wait");
            group.throughput(Throughput::Elements(chargers as u64));
            group.bench_function(BenchmarkId::from_parameter(chargers), |bencher| {
                bencher.iter(|| step(now, black_box(&site), black_box(&snapshot), black_box(&state)));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, deciding);
criterion_main!(benches);
