//! Why a charger has its limit, in words a person understands.

use serde::Serialize;

use crate::site::{Amps, CircuitId, MeterId, Phase, Site};

/// Why a charger has its limit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub enum Reason {
    /// No car is connected.
    NoCar,
    /// The station reports a fault.
    Fault,
    /// The charger is unknown.
    Silent {
        /// It was heard so many milliseconds ago; `None`: never.
        age_ms: Option<u64>,
        /// It counts with so much, because it could offer that.
        counts: Amps,
    },
    /// A meter above it is unknown.
    MeterUnknown(MeterId),
    /// An order pauses it.
    Paused,
    /// An order lowers it.
    Ordered(Amps),
    /// A circuit's phase is full.
    Limited {
        /// The circuit.
        circuit: CircuitId,
        /// The phase.
        phase: Phase,
        /// How many chargers share what it has.
        sharers: u32,
    },
    /// There is not enough for everybody's least current; it waits for its turn.
    Waits {
        /// The circuit without room.
        circuit: CircuitId,
        /// The phase.
        phase: Phase,
    },
    /// The car draws less than it could; the rest goes to others.
    Appetite,
    /// It has all it can take.
    Full,
    /// The car has time to wait for cheaper energy.
    Cheaper,
    /// The car takes what the sun leaves over, or keeps its least current until it stops.
    FollowsSun {
        /// Surplus that it could take, amperes on each of its phases.
        surplus: Amps,
    },
    /// There is not enough surplus for the car to start.
    WaitsForSun,
    /// Nothing is known of the surplus, because the grid's meter is unknown.
    SurplusUnknown(MeterId),
    /// Its charger is switched over, without current.
    SwitchesPhases {
        /// To so many phases.
        phases: u8,
    },
    /// The car leaves so soon that it can't wait for the sun.
    LeavesSoon,
    /// More is possible, and comes when it has been possible for long enough.
    Holds {
        /// What it may get.
        target: Amps,
        /// In so many milliseconds.
        in_ms: u64,
    },
    /// More is possible as soon as others have confirmed that they take less.
    AwaitsOthers {
        /// What it may get.
        target: Amps,
    },
    /// It offers, or lets through, more than it was told.
    Disobeys {
        /// What it offers or draws.
        actual: Amps,
    },
}

impl Reason {
    /// Says it in words.
    pub fn text(&self, site: &Site) -> String {
        let circuit_name = |id: CircuitId| site.circuits[id.0].name.as_str();
        match *self {
            Reason::NoCar => "no car".into(),
            Reason::Fault => "station fault".into(),
            Reason::Silent { age_ms: None, counts } => format!("never heard, counts with {counts}"),
            Reason::Silent { age_ms: Some(age), counts } => {
                format!("not heard for {} s, counts with {counts}", age / 1000)
            }
            Reason::MeterUnknown(meter) => {
                format!("meter {} unknown: fail-safe current", site.meters[meter.0].name)
            }
            Reason::Paused => "paused by order".into(),
            Reason::Ordered(limit) => format!("limited by order: {limit}"),
            Reason::Limited { circuit, phase, sharers } => {
                let limit = site.circuits[circuit.0].limit[phase];
                let name = circuit_name(circuit);
                match sharers {
                    0 | 1 => format!("limited by {name} {phase}: {limit}"),
                    _ => format!("limited by {name} {phase}: {limit}, {sharers} chargers share"),
                }
            }
            Reason::Waits { circuit, phase } => {
                format!("waits its turn: no room on {} {phase}", circuit_name(circuit))
            }
            Reason::Appetite => "the car draws no more".into(),
            Reason::Full => "all it can take".into(),
            Reason::Cheaper => "waits for cheaper energy".into(),
            Reason::FollowsSun { surplus } => format!("follows the sun: {surplus} of surplus"),
            Reason::WaitsForSun => "waits for the sun".into(),
            Reason::SurplusUnknown(meter) => {
                format!("waits for the sun: meter {} is unknown", site.meters[meter.0].name)
            }
            Reason::SwitchesPhases { phases: 1 } => "no current while it switches to 1 phase".into(),
            Reason::SwitchesPhases { phases } => format!("no current while it switches to {phases} phases"),
            Reason::LeavesSoon => "leaves soon: does not wait for the sun".into(),
            Reason::Holds { target, in_ms } => {
                format!("{target} possible, in {} s", in_ms.div_ceil(1000))
            }
            Reason::AwaitsOthers { target } => format!("{target} possible when others have let go"),
            Reason::Disobeys { actual } => format!("does not obey: takes {actual}"),
        }
    }

    /// Returns a stable word for scripts and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Reason::NoCar => "no-car",
            Reason::Fault => "fault",
            Reason::Silent { .. } => "silent",
            Reason::MeterUnknown(_) => "meter-unknown",
            Reason::Paused => "paused",
            Reason::Ordered(_) => "ordered",
            Reason::Limited { .. } => "limited",
            Reason::Waits { .. } => "waits",
            Reason::Appetite => "appetite",
            Reason::Full => "full",
            Reason::Cheaper => "cheaper",
            Reason::FollowsSun { .. } => "follows-sun",
            Reason::WaitsForSun => "waits-for-sun",
            Reason::SurplusUnknown(_) => "surplus-unknown",
            Reason::SwitchesPhases { .. } => "switches-phases",
            Reason::LeavesSoon => "leaves-soon",
            Reason::Holds { .. } => "holds",
            Reason::AwaitsOthers { .. } => "awaits-others",
            Reason::Disobeys { .. } => "disobeys",
        }
    }
}
