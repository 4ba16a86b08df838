//! What is measured, as every client takes it: `MODE KIND SECONDS` as arguments, the devices' ports on stdin, one line of JSON as outcome.

use serde::{Deserialize, Serialize};

/// A request that is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Function 03 for so many registers.
    Read(u16),
    /// Function 16 for so many registers.
    Write(u16),
}

impl Kind {
    /// Reads `read10`, `write10`.
    pub fn from_word(word: &str) -> Option<Kind> {
        let (make, count): (fn(u16) -> Kind, &str) = match word.strip_prefix("read") {
            Some(count) => (Kind::Read, count),
            None => (Kind::Write, word.strip_prefix("write")?),
        };
        count.parse().ok().map(make)
    }
}

/// What a client has done in its time.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Outcome {
    /// Requests that were answered as they should be.
    pub transactions: u64,
    /// How long it took.
    pub seconds: f64,
    /// Processor time of the client's process in it, user and system.
    #[serde(rename = "cpuSeconds")]
    pub cpu_seconds: f64,
}

impl Outcome {
    pub fn per_second(&self) -> f64 {
        self.transactions as f64 / self.seconds
    }

    /// Milliseconds of processor time.
    pub fn cpu_ms_per_thousand(&self) -> f64 {
        self.cpu_seconds * 1e6 / self.transactions as f64
    }
}
