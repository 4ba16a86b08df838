//! What is known of the plant at one moment: values, each with the time at which it was measured.

use serde::{Deserialize, Serialize};

use super::Time;
use crate::site::{Amps, Period, Site};

/// A value and when it was measured. `at` is the moment before the request went out, so that age is never underestimated.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reading<T> {
    /// When.
    pub at: Time,
    /// What.
    pub value: T,
}

/// What is known of all devices; positions are those of the site's vectors. `None`: never heard.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Snapshot {
    /// Meters.
    pub meters: Vec<Option<Reading<MeterReading>>>,
    /// Chargers.
    pub chargers: Vec<Option<Reading<ChargerReading>>>,
    /// Breakers.
    pub breakers: Vec<Option<Reading<BreakerReading>>>,
    /// Cabinets.
    pub cabinets: Vec<Option<Reading<CabinetReading>>>,
    /// Solar inputs.
    pub solar: Vec<Option<Reading<SolarReading>>>,
    /// ESP nodes.
    pub endpoints: Vec<Option<Reading<EndpointReading>>>,
    /// The most that each charger may be offering now, by its [`OfferLedger`](super::OfferLedger); `None`: what its reading says, or all it
    /// has where there is none.
    pub ceilings: Vec<Option<Amps>>,
}

impl Snapshot {
    /// Makes a snapshot of a site of which nothing has been heard.
    pub fn empty(site: &Site) -> Self {
        Snapshot {
            meters: vec![None; site.meters.len()],
            chargers: vec![None; site.chargers.len()],
            breakers: vec![None; site.breakers.len()],
            cabinets: vec![None; site.cabinets.len()],
            solar: vec![None; site.solar.len()],
            endpoints: vec![None; site.endpoints.len()],
            ceilings: vec![None; site.chargers.len()],
        }
    }
}

/// Returns the reading if it is not older than `stale_after`.
pub fn fresh<T>(reading: Option<&Option<Reading<T>>>, now: Time, stale_after: Period) -> Option<&Reading<T>> {
    reading?.as_ref().filter(|reading| now.since(reading.at) <= stale_after)
}

/// What a meter says, by terminal. Currents carry no sign unless the device gives one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeterReading {
    /// Current on terminals 1, 2, 3; `None` where the device has none.
    pub currents: [Option<Amps>; 3],
    /// Voltage on terminals 1, 2, 3.
    #[serde(default)]
    pub voltages: [Option<f64>; 3],
    /// Active power in W, positive for import.
    #[serde(default)]
    pub power: Option<f64>,
    /// Energy imported, kWh.
    #[serde(default)]
    pub energy_import: Option<f64>,
}

/// State of a charger, in the words of REFERENCE A2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChargerState {
    /// No car (state A of IEC 61851-1).
    Unplugged,
    /// A car that does not draw (B).
    PluggedIn,
    /// A car that may draw (C, D).
    Charging,
    /// Station or pilot fault (E, F).
    Fault,
}

/// What a charger says.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChargerReading {
    /// Its state.
    pub state: ChargerState,
    /// Current drawn on terminals 1, 2, 3; terminals that the charger does not have are 0.
    pub drawn: [Amps; 3],
    /// What it offers now, read back; per phase.
    pub offered: Amps,
    /// On how many phases it can charge now, where it can be switched and says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phases: Option<u8>,
}

/// What a breaker says (REFERENCE A2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BreakerReading {
    /// On, off or tripped.
    pub state: BreakerState,
    /// Current per phase.
    pub currents: [Option<Amps>; 3],
    /// Fault signal.
    pub fault: bool,
    /// Overload warning.
    pub overload: bool,
}

/// Position of a breaker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BreakerState {
    /// Closed.
    #[default]
    On,
    /// Opened by hand or command.
    Off,
    /// Opened by itself.
    Tripped,
}

/// What a cabinet says (REFERENCE A2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CabinetReading {
    /// Temperature in °C.
    pub temperature: Option<f64>,
    /// Smoke or gas found.
    pub smoke: Option<bool>,
}

/// What a solar input says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SolarReading {
    /// Current per phase (REFERENCE A4, `solar_input_current_amplitude`).
    pub current: Amps,
}

/// What an ESP node says (REFERENCE A1).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointReading {
    /// Value of `esp8266_current0`, `esp8266_current1`, …
    pub currents: Vec<Amps>,
    /// Value of `esp8266_connection`.
    pub connected: bool,
}
