//! The lines that `enmon control plan --jsonl` reads and writes: one JSON object a line, as docs/policies.md describes them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What is told to the planner.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Told {
    /// The stations and the limits; first of all.
    Init(Garage),
    /// A moment: an answer with limits is wanted.
    Step {
        /// Number of the period.
        t: i64,
        /// The cars that want energy.
        sessions: Vec<Session>,
    },
    /// There will be nothing more.
    End,
}

/// Stations and limits.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Garage {
    /// Length of a period, minutes.
    pub period_min: f64,
    /// The stations.
    pub stations: Vec<Station>,
    /// The limits.
    pub constraints: Vec<Constraint>,
}

/// A station.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Station {
    /// Its name.
    pub id: String,
    /// Volts for which its amperes count: power is volts · amperes.
    pub voltage: f64,
    /// Angle of its current, degrees.
    pub angle: f64,
    /// The most that it offers, amperes.
    pub max: f64,
    /// The least that it offers, amperes.
    pub min: f64,
    /// The only currents that it can offer, amperes; none: any.
    #[serde(default)]
    pub pilots: Option<Vec<f64>>,
}

/// A limit: `|Σ term · I · e^(j·angle)| ≤ limit`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Constraint {
    /// Its name.
    pub id: String,
    /// Amperes.
    pub limit: f64,
    /// Coefficient of each station's current.
    pub terms: BTreeMap<String, f64>,
}

/// A car that wants energy.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Session {
    /// Name of its station.
    pub station: String,
    /// Name of its visit.
    pub session: String,
    /// Energy that it still wants, kWh; none: unknown.
    #[serde(default)]
    pub remaining_kwh: Option<f64>,
    /// Period in which it came.
    pub arrival: i64,
    /// Period in which it leaves; none: unknown.
    #[serde(default)]
    pub departure: Option<i64>,
    /// What it was offered in the last period, amperes.
    #[serde(default)]
    pub last_pilot: f64,
    /// What it drew in the last period, amperes.
    #[serde(default)]
    pub last_actual: f64,
}

/// The answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Amperes by station; a station that is left out gets 0.
    pub limits: BTreeMap<String, f64>,
}
