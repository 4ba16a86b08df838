//! The witness of a run: how near every circuit and phase came to its limit, looked at in every step and at every write.
//!
//! Three sums are watched, each together with what else draws there: what the stations *offer* on all their terminals, what the
//! cars that are there *could draw* of it at once, and what they *draw*. It judges nothing; tests and scenarios do.

use serde::Serialize;

use crate::site::{Amps, CircuitId, PerPhase, Phase, Site};

/// What rounding may add before a sum counts as over its limit.
const ROUNDING: f64 = 1e-6;

/// Sums of one circuit, per phase, in amperes; each includes what else than chargers draws there, sun subtracted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sums {
    /// With what the stations offer.
    pub offered: PerPhase<Amps>,
    /// With what the cars that are there could draw of the offers.
    pub drawable: PerPhase<Amps>,
    /// With what the cars draw.
    pub drawn: PerPhase<Amps>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    offered: f64,
    drawable: f64,
    drawn: f64,
    most: Amps,
    over_since: Option<u64>,
    longest_ms: u64,
}

/// How near one circuit came to its limit on one phase.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Witness {
    /// The circuit.
    pub circuit: String,
    /// The phase.
    pub phase: Phase,
    /// Largest ratio of what was offered, and what else drew, to the limit.
    pub offered: f64,
    /// The same with what the cars could draw of it.
    pub drawable: f64,
    /// The same with what they drew.
    pub drawn: f64,
    /// Most that was offered together with what else drew, in amperes.
    pub most_offered: Amps,
    /// Longest time for which the offered sum was over the limit without a break, in milliseconds.
    pub over_ms: u64,
}

/// Watches every circuit and phase since a mark.
#[derive(Debug, Clone)]
pub struct Monitor {
    since_ms: u64,
    cells: Vec<PerPhase<Cell>>,
}

impl Monitor {
    pub(super) fn new(circuits: usize, now_ms: u64) -> Monitor {
        Monitor { since_ms: now_ms, cells: vec![PerPhase::default(); circuits] }
    }

    /// Takes note of a circuit's sums.
    pub(super) fn observe(&mut self, circuit: CircuitId, limit: PerPhase<Amps>, sums: &Sums, now_ms: u64) {
        for phase in Phase::ALL {
            let cell = &mut self.cells[circuit.0][phase];
            let ratio = |amps: Amps| {
                if limit[phase] > Amps::ZERO {
                    amps.0 / limit[phase].0
                } else if amps.0 > ROUNDING {
                    f64::INFINITY
                } else {
                    0.0
                }
            };
            let offered = ratio(sums.offered[phase]);
            cell.offered = cell.offered.max(offered);
            cell.drawable = cell.drawable.max(ratio(sums.drawable[phase]));
            cell.drawn = cell.drawn.max(ratio(sums.drawn[phase]));
            cell.most = cell.most.max(sums.offered[phase]);
            if offered > 1.0 + ROUNDING {
                let since = *cell.over_since.get_or_insert(now_ms);
                cell.longest_ms = cell.longest_ms.max(now_ms - since);
            } else if let Some(since) = cell.over_since.take() {
                cell.longest_ms = cell.longest_ms.max(now_ms - since);
            }
        }
    }

    /// Returns the time of the mark, in milliseconds since the start.
    pub fn since_ms(&self) -> u64 {
        self.since_ms
    }

    /// Returns what was seen on every circuit and phase.
    pub fn witnesses(&self, site: &Site) -> Vec<Witness> {
        let of = |(index, cells): (usize, &PerPhase<Cell>)| {
            Phase::ALL.map(|phase| {
                let cell = cells[phase];
                Witness {
                    circuit: site.circuits[index].name.clone(),
                    phase,
                    offered: cell.offered,
                    drawable: cell.drawable,
                    drawn: cell.drawn,
                    most_offered: cell.most,
                    over_ms: cell.longest_ms,
                }
            })
        };
        self.cells.iter().enumerate().flat_map(of).collect()
    }
}
