//! What figures need beside themselves: the machine, its load, percentiles.

#![allow(dead_code)] // each bench uses a part

use std::fs;
use std::path::Path;
use std::time::Duration;

/// Returns the value at a share of the sorted samples, by the nearest rank.
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

pub fn sorted(mut samples: Vec<f64>) -> Vec<f64> {
    samples.sort_by(f64::total_cmp);
    samples
}

fn word(path: &str, index: usize) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().nth(index).unwrap_or("?").to_owned()
}

/// Describes the machine and how busy it is.
pub fn machine() -> serde_json::Value {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory_kb: f64 = word("/proc/meminfo", 1).parse().unwrap_or(0.0);
    serde_json::json!({
        "cores": cores,
        "memoryGiB": (memory_kb / 1024.0 / 1024.0).round(),
        "kernel": word("/proc/sys/kernel/osrelease", 0),
        "load1": word("/proc/loadavg", 0),
    })
}

/// What the kernel knows of a process.
#[derive(Debug, Clone, Copy)]
pub struct Process {
    pub id: u32,
}

impl Process {
    /// A line of `/proc/ID/status` in kB, as MB of 10⁶ bytes.
    pub fn memory_mb(self, line: &str) -> f64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.id)).unwrap_or_default();
        let found = text.lines().find_map(|row| row.strip_prefix(line)?.strip_prefix(':'));
        let kb: f64 = found.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(f64::NAN);
        kb * 1024.0 / 1e6
    }

    /// Processor time that it has used, of all its threads.
    pub fn processor_time(self) -> Duration {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.id)).unwrap_or_default();
        // behind the name in brackets, which may hold spaces, utime and stime are the 12th and 13th
        let behind = text.rsplit_once(')').map_or("", |(_, behind)| behind);
        let ticks = behind.split_whitespace().skip(11).take(2).filter_map(|word| word.parse::<u64>().ok());
        // Linux counts in hundredths of a second here, whatever its own clock does
        Duration::from_millis(ticks.sum::<u64>() * 10)
    }

    pub fn open_files(self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.id)).map_or(0, Iterator::count)
    }
}

/// Keeps figures beside the build, so that they can be compared.
pub fn keep(name: &str, figures: &serde_json::Value) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("figures");
    let written = fs::create_dir_all(&folder)
        .and_then(|()| fs::write(folder.join(format!("{name}.json")), format!("{figures:#}\n")));
    if let Err(error) = written {
        println!("the figures can't be kept in {}: {error}", folder.display());
    }
    println!("{figures}");
}
