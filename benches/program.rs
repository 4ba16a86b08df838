//! How long `enmon --version` takes from its start to its end, and how large the program is: `cargo bench --bench program`.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod measured;

use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;

use measured::{keep, machine, percentile, sorted};

const PROGRAM: &str = env!("CARGO_BIN_EXE_enmon");
const RUNS: usize = 300;

fn start_up_ms(program: &str, argument: &str) -> f64 {
    let begun = Instant::now();
    let status = Command::new(program).arg(argument).stdout(Stdio::null()).status().unwrap();
    let ms = begun.elapsed().as_secs_f64() * 1000.0;
    assert!(status.success());
    ms
}

fn main() {
    let load = machine();
    let ours = sorted((0..RUNS).map(|_| start_up_ms(PROGRAM, "--version")).collect());
    // what it costs to start anything at all here
    let least = sorted((0..RUNS).map(|_| start_up_ms("/bin/true", "--version")).collect());
    let bytes = fs::metadata(PROGRAM).unwrap().len();
    println!("{:<24} {:>8} {:>8} {:>8}", "start to end, ms", "min", "median", "p99");
    for (name, runs) in [("enmon --version", &ours), ("/bin/true", &least)] {
        let (min, median, p99) = (runs[0], percentile(runs, 0.5), percentile(runs, 0.99));
        println!("{name:<24} {min:>8.2} {median:>8.2} {p99:>8.2}");
    }
    println!("{:<24} {:>8.1} MB", "size", bytes as f64 / 1e6);
    keep(
        "program",
        &serde_json::json!({
            "machine": load,
            "versionMs": {"min": ours[0], "median": percentile(&ours, 0.5), "p99": percentile(&ours, 0.99)},
            "trueMs": {"min": least[0], "median": percentile(&least, 0.5), "p99": percentile(&least, 0.99)},
            "bytes": bytes,
        }),
    );
}
