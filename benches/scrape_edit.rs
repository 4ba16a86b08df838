//! How long an edit of one scrape job takes in files of 100, 1,000 and 10,000 jobs, checks and the write to disk included, beside promtool's
//! check of the same file: `cargo bench --bench scrape_edit`.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod measured;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use measured::{keep, machine, percentile, sorted};

const PROGRAM: &str = env!("CARGO_BIN_EXE_enmon");
const RUNS: usize = 9;

/// A file as people write it: comments, labels, quotes; eight lines for each job.
fn configuration(jobs: usize) -> String {
    let mut text = String::from("global:\n  scrape_interval: 15s\n\nscrape_configs:\n");
    for job in 0..jobs {
        let (row, place) = (job / 250, job % 250);
        text.push_str(&format!(
            "  # hall {job}\n  - job_name: hall-{job}\n    scrape_interval: 30s # slow\n    static_configs:\n      \
             - targets: ['10.0.{row}.{place}:9100', 'spare-{job}:9100']\n        labels:\n          hall: 'h{job}'\n\n"
        ));
    }
    text
}

fn ms(command: &mut Command) -> f64 {
    let begun = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    let ms = begun.elapsed().as_secs_f64() * 1000.0;
    assert!(status.success(), "{command:?}");
    ms
}

fn edit(file: &Path, job: &str, interval: usize) -> f64 {
    let target = format!("file:{}", file.display());
    let interval = format!("{interval}s");
    ms(Command::new(PROGRAM).args(["scrape", "edit", job, "--interval", &interval, "--target", &target]))
}

fn main() {
    let load = machine();
    let folder = tempfile::tempdir().unwrap();
    let mut rows = Vec::new();
    println!("{:>8} {:>10} {:>12} {:>16} {:>8}", "jobs", "MB", "edit ms", "promtool ms", "ratio");
    for jobs in [100, 1_000, 10_000] {
        let file = folder.path().join("prometheus.yml");
        let text = configuration(jobs);
        fs::write(&file, &text).unwrap();
        let middle = format!("hall-{}", jobs / 2);
        // each edit changes the file: an interval that no other run has
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for run in 0..RUNS {
            ours.push(edit(&file, &middle, 31 + run));
            theirs.push(ms(Command::new("promtool").args(["check", "config"]).arg(&file)));
        }
        let after = fs::read_to_string(&file).unwrap();
        let changed = after.lines().zip(text.lines()).filter(|(one, other)| one != other).count();
        assert_eq!(changed, 1, "one line was to change");
        let (ours, theirs) = (percentile(&sorted(ours), 0.5), percentile(&sorted(theirs), 0.5));
        let megabytes = text.len() as f64 / 1e6;
        println!("{jobs:>8} {megabytes:>10.2} {ours:>12.1} {theirs:>16.1} {:>8.2}", ours / theirs);
        rows.push(
            serde_json::json!({"jobs": jobs, "bytes": text.len(), "editMs": ours, "promtoolMs": theirs}),
        );
    }
    keep("scrape_edit", &serde_json::json!({"machine": load, "runs": RUNS, "sizes": rows}));
}
