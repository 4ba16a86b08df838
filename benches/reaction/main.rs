//! From an overload to the last acknowledged limit, at 100 and 1,000 simulated chargers: `cargo bench --bench reaction`.
//!
//! The release program twice, as two processes on loopback: `enmon sim run` with a socket for each device, and `enmon control run` on it. Each
//! row of four chargers has its 40 A and the main circuit is full; then the base load jumps again and again, at moments that have nothing to
//! do with the controller's clock, each time so that every charger must come down. The controller's own log says how long it took from the
//! meter's sample to the last limit that was read back; the time from the jump itself is measured from outside and holds the wait for the next
//! sample. All devices are read every second meanwhile, and somebody fetches `/metrics` every 5 s.
//!
//! `ENMON_BENCH_CHARGERS=100,1000` and `ENMON_BENCH_JUMPS=60` change the sizes and the number of jumps.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

#[path = "../big_site/mod.rs"]
mod big_site;
#[path = "../measured/mod.rs"]
mod measured;
mod run;

use std::env;

use measured::{keep, machine, percentile, sorted};
use run::{Outcome, run};

fn setting(name: &str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.to_owned())
}

fn main() {
    let jumps: usize = setting("ENMON_BENCH_JUMPS", "60").parse().expect("a number of jumps");
    let sizes = setting("ENMON_BENCH_CHARGERS", "100,1000");
    println!(
        "{:>8} {:>7} {:>5} | {:>22} | {:>15} | {:>14} | {:>13} | {:>7}",
        "chargers",
        "sockets",
        "jumps",
        "sample to ack, ms",
        "from jump, ms",
        "memory, MB",
        "processor, %",
        "load"
    );
    println!(
        "{:>8} {:>7} {:>5} | {:>6} {:>7} {:>7} | {:>7} {:>7} | {:>6} {:>7} | {:>5} {:>7} |",
        "", "", "", "p50", "p99", "most", "p50", "p99", "now", "most", "enmon", "devices"
    );
    let mut figures = Vec::new();
    for chargers in sizes.split(',').map(|size| size.trim().parse().expect("a number of chargers")) {
        let before = machine();
        let outcome = run(chargers, jumps);
        figures.push(show(chargers, &outcome, &before));
    }
    keep("reaction", &serde_json::json!({ "runs": figures }));
}

fn show(chargers: usize, outcome: &Outcome, before: &serde_json::Value) -> serde_json::Value {
    let reactions = sorted(outcome.reactions_ms.clone());
    let from_jump = sorted(outcome.from_jump_ms.clone());
    let most = *reactions.last().expect("there were jumps");
    println!(
        "{chargers:>8} {:>7} {:>5} | {:>6.0} {:>7.0} {most:>7.0} | {:>7.0} {:>7.0} | {:>6.1} {:>7.1} | {:>5.1} {:>7.1} | {:>7}",
        outcome.open_files,
        reactions.len(),
        percentile(&reactions, 0.5),
        percentile(&reactions, 0.99),
        percentile(&from_jump, 0.5),
        percentile(&from_jump, 0.99),
        outcome.memory_mb,
        outcome.most_memory_mb,
        outcome.processor_percent,
        outcome.devices_processor_percent,
        before["load1"].as_str().unwrap_or("?"),
    );
    println!(
        "         quiet: {:.1} % processor · decision {:.2} ms · observation {:.0} ms (median) · /metrics {:.1} ms, {:.0} kB · all at fail-safe {:.0} ms after SIGTERM",
        outcome.quiet_processor_percent,
        percentile(&sorted(outcome.steps_ms.clone()), 0.5),
        percentile(&sorted(outcome.observes_ms.clone()), 0.5),
        outcome.metrics_ms,
        outcome.metrics_kb,
        outcome.end_ms,
    );
    serde_json::json!({
        "chargers": chargers,
        "machine": before,
        "loadAfter": machine()["load1"],
        "jumps": reactions.len(),
        "reactionMs": {"p50": percentile(&reactions, 0.5), "p99": percentile(&reactions, 0.99), "max": most},
        "fromJumpMs": {"p50": percentile(&from_jump, 0.5), "p99": percentile(&from_jump, 0.99)},
        "stepMsMedian": percentile(&sorted(outcome.steps_ms.clone()), 0.5),
        "observeMsMedian": percentile(&sorted(outcome.observes_ms.clone()), 0.5),
        "memoryMb": outcome.memory_mb,
        "mostMemoryMb": outcome.most_memory_mb,
        "processorPercent": outcome.processor_percent,
        "quietProcessorPercent": outcome.quiet_processor_percent,
        "devicesProcessorPercent": outcome.devices_processor_percent,
        "openFiles": outcome.open_files,
        "metricsMs": outcome.metrics_ms,
        "metricsKb": outcome.metrics_kb,
        "endMs": outcome.end_ms,
    })
}
