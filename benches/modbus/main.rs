//! Modbus beside its peers: enmon's client, libmodbus's and pymodbus's ask the same devices, side by side in one run: `make bench-modbus`.
//!
//! Each client is a process of its own that is started anew for each measurement, and so are the devices. A round measures every client once,
//! beginning with another one each time; what is compared are the rounds, since a busy machine slows all clients of a round alike.
//!
//! - one connection, one request after the other: on enmon's server and on libmodbus's, which knows nothing of enmon;
//! - many devices at once, each on a connection and a port of its own: one task (pymodbus: of asyncio) or thread (libmodbus) for each.
//!
//! The ratios are medians over the rounds: how many times as fast enmon is as this client, and how many times the processor time this client
//! takes.
//!
//! `ENMON_BENCH_ROUNDS=7`, `ENMON_BENCH_SECONDS=1` and `ENMON_BENCH_DEVICES=1,10,50,200,1000` say how often, how long, how many;
//! `ENMON_BENCH_ONLY=read10` or `concurrent` leaves the rest out.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr)]

mod client;
mod load;
#[path = "../measured/mod.rs"]
mod measured;
mod peer;
mod server;

use std::env;
use std::process::ExitCode;

use load::Outcome;
use measured::{keep, machine, percentile, sorted};
use peer::{Devices, Peers, Who};
use serde_json::{Value, json};

fn setting(name: &str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.to_owned())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["devices", number] => server::main(number),
        ["client", mode, kind, seconds] => client::main(mode, kind, seconds),
        _ => {
            measure();
            ExitCode::SUCCESS
        }
    }
}

/// How much is measured.
struct Plan {
    rounds: usize,
    seconds: String,
    only: Option<String>,
}

impl Plan {
    fn has(&self, what: &str) -> bool {
        self.only.as_deref().is_none_or(|only| what.contains(only))
    }
}

fn measure() {
    let plan = Plan {
        rounds: setting("ENMON_BENCH_ROUNDS", "7").parse().expect("a number of rounds"),
        seconds: setting("ENMON_BENCH_SECONDS", "1"),
        only: env::var("ENMON_BENCH_ONLY").ok(),
    };
    let before = machine();
    println!("{before}");
    let peers = Peers::build();
    let mut figures = Vec::new();
    println!(
        "{:<40} {:<15} {:>24} {:>7} {:>16} {:>7}",
        "what", "client", "transactions/s", "ratio", "CPU ms per 1,000", "ratio"
    );
    for devices in ["enmon's server", "libmodbus's server"] {
        for kind in ["read10", "read1", "read125", "write10"] {
            let what = format!("sequential {kind}, {devices}");
            if !plan.has(&what) {
                continue;
            }
            let started = if devices.starts_with("enmon") {
                Devices::of_enmon(1)
            } else {
                Devices::of_libmodbus(&peers)
            };
            let clients = [Who::Enmon, Who::Libmodbus, Who::Pymodbus("-sync"), Who::Pymodbus("-async")];
            figures.push(compare(&plan, &peers, &started, &what, "sequential", kind, &clients));
        }
    }
    let sizes = setting("ENMON_BENCH_DEVICES", "1,10,50,200,1000");
    let sizes = sizes.split(',').map(|number| number.trim().parse().expect("a number of devices"));
    // what grows with the devices, and with what is read of each
    let mut loads: Vec<(&str, usize)> = sizes.map(|number| ("read10", number)).collect();
    loads.push(("read125", 200));
    for (kind, number) in loads {
        let what = format!("concurrent {kind}, {number} devices");
        if !plan.has(&what) {
            continue;
        }
        let started = Devices::of_enmon(number);
        let clients = [Who::Enmon, Who::Libmodbus, Who::Pymodbus("")];
        figures.push(compare(&plan, &peers, &started, &what, "concurrent", kind, &clients));
    }
    keep(
        "modbus",
        &json!({ "machine": before, "rounds": plan.rounds, "seconds": plan.seconds, "runs": figures }),
    );
}

/// Measures all clients in each round, and shows them beside the first, enmon.
fn compare(
    plan: &Plan,
    peers: &Peers,
    devices: &Devices,
    what: &str,
    mode: &str,
    kind: &str,
    clients: &[Who],
) -> Value {
    let mut outcomes: Vec<Vec<Outcome>> = vec![Vec::new(); clients.len()];
    for round in 0..plan.rounds {
        for turn in 0..clients.len() {
            let at = (round + turn) % clients.len();
            outcomes[at].push(peers.run(clients[at], mode, kind, &plan.seconds, devices));
        }
    }
    let rows: Vec<Value> =
        clients.iter().zip(&outcomes).map(|(who, own)| row(what, *who, own, &outcomes[0])).collect();
    json!({ "what": what, "clients": rows })
}

fn row(what: &str, who: Who, own: &[Outcome], enmon: &[Outcome]) -> Value {
    let rates = sorted(own.iter().map(Outcome::per_second).collect());
    let cpu = sorted(own.iter().map(Outcome::cpu_ms_per_thousand).collect());
    // of each round by itself: enmon's rate to this client's
    let ratios =
        sorted(enmon.iter().zip(own).map(|(enmon, own)| enmon.per_second() / own.per_second()).collect());
    let (least, median, most) = (rates[0], percentile(&rates, 0.5), rates[rates.len() - 1]);
    let cpu_ratios =
        enmon.iter().zip(own).map(|(enmon, own)| own.cpu_ms_per_thousand() / enmon.cpu_ms_per_thousand());
    let (ratio, cpu_ms) = (percentile(&ratios, 0.5), percentile(&cpu, 0.5));
    let cpu_ratio = percentile(&sorted(cpu_ratios.collect()), 0.5);
    println!(
        "{what:<40} {:<15} {median:>8.0} ({least:>5.0}-{most:>6.0}) {ratio:>7.2} {cpu_ms:>16.2} {cpu_ratio:>7.2}",
        who.name()
    );
    json!({
        "client": who.name(), "perSecond": median, "least": least, "most": most,
        "enmonToThis": ratio, "enmonToThisLeast": ratios[0], "enmonToThisMost": ratios[ratios.len() - 1],
        "cpuMsPerThousand": cpu_ms, "cpuOfThisToEnmon": cpu_ratio,
    })
}
