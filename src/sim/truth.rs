//! The ground truth of a run, as one object for tests, scripts and people.

use serde::Serialize;

use super::breaker::Position;
use super::model::Model;
use super::monitor::Witness;
use crate::profile::PilotState;
use crate::site::{Amps, ChargerId, CircuitId, PerPhase};

/// Everything that is so at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Truth {
    /// Version of the form.
    pub api_version: &'static str,
    /// What it is.
    pub kind: &'static str,
    /// Time since the start, in milliseconds.
    pub at_ms: u64,
    /// Steps taken.
    pub steps: u64,
    /// Circuits, in the order of the site.
    pub circuits: Vec<CircuitTruth>,
    /// Chargers, in the order of the site.
    pub chargers: Vec<ChargerTruth>,
    /// Solar inputs, in the order of the site.
    pub solar: Vec<SolarTruth>,
    /// Cabinets, in the order of the site.
    pub cabinets: Vec<CabinetTruth>,
    /// Since when the witnesses look, in milliseconds since the start.
    pub watched_since_ms: u64,
    /// How near every circuit and phase came to its limit.
    pub witnesses: Vec<Witness>,
}

/// A circuit. All sums include what else draws there; sun is subtracted.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CircuitTruth {
    /// Name.
    pub name: String,
    /// Has it voltage?
    pub live: bool,
    /// Its breaker, if it has one.
    pub breaker: Option<Position>,
    /// Limit per phase.
    pub limit: PerPhase<Amps>,
    /// What else draws on it, sub-circuits not counted.
    pub base_load: PerPhase<Amps>,
    /// What flows, signed: negative is given to the grid.
    pub drawn: PerPhase<Amps>,
    /// What would flow if every station's offer were drawn on all its terminals.
    pub offered: PerPhase<Amps>,
    /// What would flow if the cars that are there drew all they can of their offers.
    pub drawable: PerPhase<Amps>,
}

/// A charger.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargerTruth {
    /// Name.
    pub name: String,
    /// State of the control pilot.
    pub pilot: PilotState,
    /// What it offers per phase.
    pub offered: Amps,
    /// What is drawn on terminals 1, 2, 3.
    pub drawn: [Amps; 3],
    /// Has it fallen back to its fail-safe current?
    pub fallen_back: bool,
    /// The car, if one is there.
    pub car: Option<CarTruth>,
}

/// A car.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CarTruth {
    /// Energy that it wants, kWh.
    pub wanted_kwh: f64,
    /// Energy that it got, kWh.
    pub delivered_kwh: f64,
    /// Phases of its onboard charger.
    pub phases: u8,
    /// The most it takes per phase.
    pub max: Amps,
    /// Would it draw if it were offered current?
    pub wants: bool,
}

/// A solar input.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SolarTruth {
    /// Name.
    pub name: String,
    /// What it gives per phase.
    pub current: Amps,
}

/// A cabinet.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CabinetTruth {
    /// Name.
    pub name: String,
    /// In °C.
    pub temperature: f64,
    /// Smoke or gas.
    pub smoke: bool,
}

impl Truth {
    /// Returns the charger of that name.
    pub fn charger(&self, name: &str) -> Option<&ChargerTruth> {
        self.chargers.iter().find(|charger| charger.name == name)
    }

    /// Returns the circuit of that name.
    pub fn circuit(&self, name: &str) -> Option<&CircuitTruth> {
        self.circuits.iter().find(|circuit| circuit.name == name)
    }

    /// Returns the witness that saw the largest ratio of offered current to limit.
    pub fn nearest(&self) -> Option<&Witness> {
        self.witnesses.iter().max_by(|one, other| one.offered.total_cmp(&other.offered))
    }
}

impl Model {
    /// Returns everything that is so now.
    pub fn truth(&self) -> Truth {
        let site = &self.site;
        Truth {
            api_version: "enmon/v1",
            kind: "SimTruth",
            at_ms: self.now_ms(),
            steps: self.steps(),
            circuits: (0..site.circuits.len()).map(|index| self.circuit_truth(CircuitId(index))).collect(),
            chargers: (0..site.chargers.len()).map(|index| self.charger_truth(ChargerId(index))).collect(),
            solar: (0..site.solar.len())
                .map(|index| SolarTruth { name: site.solar[index].name.clone(), current: self.sun(index) })
                .collect(),
            cabinets: (site.cabinets.iter().zip(&self.airs))
                .map(|(cabinet, air)| CabinetTruth {
                    name: cabinet.name.clone(),
                    temperature: air.temperature,
                    smoke: air.smoke,
                })
                .collect(),
            watched_since_ms: self.monitor().since_ms(),
            witnesses: self.monitor().witnesses(site),
        }
    }

    fn circuit_truth(&self, circuit: CircuitId) -> CircuitTruth {
        let (entry, sums) = (&self.site.circuits[circuit.0], self.sums(circuit));
        CircuitTruth {
            name: entry.name.clone(),
            live: self.is_live(circuit),
            breaker: self.breaker(circuit).map(|breaker| breaker.position()),
            limit: entry.limit,
            base_load: self.base_load(circuit),
            drawn: sums.drawn,
            offered: sums.offered,
            drawable: sums.drawable,
        }
    }

    fn charger_truth(&self, charger: ChargerId) -> ChargerTruth {
        let bay = self.bay(charger);
        ChargerTruth {
            name: self.site.chargers[charger.0].name.clone(),
            pilot: self.pilot(charger),
            offered: bay.station.offered(),
            drawn: self.drawn(charger),
            fallen_back: bay.station.has_fallen_back(),
            car: bay.car.as_ref().map(|car| CarTruth {
                wanted_kwh: car.spec.energy_kwh,
                delivered_kwh: car.delivered_kwh,
                phases: car.spec.phases,
                max: car.spec.max,
                wants: car.wants(),
            }),
        }
    }
}
