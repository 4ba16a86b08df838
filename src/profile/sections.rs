//! What makes a device a charger, a meter, a breaker, a cabinet, a solar input or an ESP node: sections of a profile that refer to its
//! points by name.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Expected;
use super::check::state_key;
use super::file::unity;
use crate::site::Period;

/// States of the control pilot (IEC 61851-1, Annex A).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum PilotState {
    /// No car.
    A,
    /// Car connected, not ready for energy.
    B,
    /// Car connected and charging.
    C,
    /// Car connected and charging, ventilation required.
    D,
    /// Control pilot at zero volts: the station is off or shorted.
    E,
    /// Fault of the station.
    F,
}

/// What makes a device a charger. Points are named by their key under `points` (or metric under `endpoint.metrics`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChargerSection {
    /// Currents on terminals 1, 2, 3: one point with three values, or up to three points. None: the device does not measure, and
    /// counts as drawing what it is offered.
    #[serde(default)]
    #[schemars(length(max = 3))]
    pub currents: Vec<String>,
    /// Voltages on terminals 1, 2, 3.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 3))]
    pub voltages: Vec<String>,
    /// Active power in W.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power: Option<String>,
    /// Energy delivered in kWh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy: Option<String>,
    /// The terminals are counted 3, 2, 1.
    #[serde(default)]
    pub reversed: bool,
    /// Its state.
    pub state: StateSection,
    /// How its limit is set.
    pub limit: LimitSection,
    /// Point that says what is offered now, in amperes; absent where the device has none and the limit's own register is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<String>,
    /// What the point above shows while nothing is offered, in amperes, where that is not 0: 60 for a duty cycle of 100 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub nothing_offered: Option<f64>,
    /// Points and values that are written once before limits are obeyed (modes, release).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enable: Vec<Preset>,
    /// How it is switched between one phase and three, where it can be while a car is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase_switch: Option<PhaseSwitchSection>,
    /// What it does when it hears nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watchdog: Option<WatchdogSection>,
}

/// How a charger is switched between one phase and three. It is switched without current only, and what it shows is read back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PhaseSwitchSection {
    /// Point that takes the command, and shows it.
    pub point: String,
    /// Value for one phase: terminal 1.
    pub one: f64,
    /// Value for three phases.
    pub three: f64,
}

impl ChargerSection {
    /// Returns the point that says what is offered: its own, or the limit's, which is read back then.
    pub fn offered_point(&self) -> &str {
        self.offered.as_ref().unwrap_or(&self.limit.point)
    }

    /// Returns what is offered, in amperes, when the point that says so reads `amps`.
    pub fn offer(&self, amps: f64) -> f64 {
        // registers are scaled: 1000 · 0.06 is not the very number that was written down
        let is_nothing = self.nothing_offered.is_some_and(|nothing| (amps - nothing).abs() < 1e-6);
        if is_nothing { 0.0 } else { amps.max(0.0) }
    }
}

/// How the state is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StateSection {
    /// Point that holds it.
    pub point: String,
    /// Raw value (`2` or `0xA1`), or text, → state of the control pilot. Of a text, the longest key that it begins with counts.
    pub map: BTreeMap<String, PilotState>,
    /// Raw values or texts that the device shows as a rule, where several of them mean the same state. Simulated devices show these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub typical: Vec<Expected>,
    /// A second point that tells whether a car is there, for devices whose state does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugged: Option<PluggedSection>,
}

impl StateSection {
    /// Goes through the table, what is typical first.
    pub fn by_rule(&self) -> impl Iterator<Item = (&str, PilotState)> {
        let entries = |typical: bool| {
            let chosen = self.map.iter().filter(move |(key, _)| self.is_typical(key) == typical);
            chosen.map(|(key, state)| (key.as_str(), *state))
        };
        entries(true).chain(entries(false))
    }

    fn is_typical(&self, key: &str) -> bool {
        self.typical.iter().any(|typical| match typical {
            Expected::Number(number) => state_key(key).map(|key| key as f64) == Some(*number),
            Expected::Text(text) => text == key,
        })
    }
}

/// A point that tells whether a car is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PluggedSection {
    /// Point that holds it.
    pub point: String,
    /// Bits that are all set when a car is there.
    pub mask: u64,
    /// What it reads as a rule while a car is there: these bits and others. Simulated devices show this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typical: Option<u64>,
}

/// How the limit is set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LimitSection {
    /// Point that takes amperes.
    pub point: String,
    /// Step in which it can be set, in amperes.
    #[serde(default = "unity")]
    #[schemars(range(min = 0.001, max = 10))]
    pub resolution: f64,
    /// What 0 A in the limit point does.
    #[serde(default)]
    pub zero: ZeroLimit,
    /// Writes that pause the charger, when 0 A in the limit point does not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pause: Vec<Preset>,
    /// Writes that end the pause, before the limit is written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resume: Vec<Preset>,
    /// Point that is 0 while something else than the limit that was written decides what is offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
}

/// What 0 A in a limit point does. Where it does not pause the charger, it is never written there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ZeroLimit {
    /// The charger pauses.
    #[default]
    Pauses,
    /// The charger refuses it, or takes it for something else than a limit.
    Refused,
    /// The limit is lifted: the charger offers all it has.
    Lifts,
}

/// A value for a point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Preset {
    /// The point.
    pub point: String,
    /// The value, in the point's unit.
    pub value: f64,
}

/// What a charger does when it hears nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WatchdogSection {
    /// Time-out when nothing else is set.
    pub default: Period,
    /// Point that takes the time-out, in its own unit (s or ms).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    /// Point from which the time-out is read back, when it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_read: Option<String>,
    /// Point that takes the fail-safe current, in amperes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failsafe: Option<String>,
    /// Point from which the fail-safe current is read back, when it is another one, or when it can't be written over Modbus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failsafe_read: Option<String>,
    /// Point that counts down to the fall back, in its own unit (s or ms).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<String>,
    /// What feeds it.
    pub feed: Feed,
}

/// What feeds a watchdog.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Feed {
    /// Any request.
    Request,
    /// Writing the limit again.
    Limit,
    /// Writing the time-out again.
    Timeout,
    /// Writing a value to a point every so often.
    LifeBit {
        /// The point.
        point: String,
        /// The value.
        value: f64,
        /// How often at least.
        every: Period,
    },
}

/// What makes a device a meter: the points of its quantities, in amperes, volts, watts and kilowatt-hours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MeterSection {
    /// Currents on terminals 1, 2, 3: one point with three values, or up to three points.
    #[schemars(length(min = 1, max = 3))]
    pub currents: Vec<String>,
    /// Voltages on terminals 1, 2, 3.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub voltages: Vec<String>,
    /// Active powers on terminals 1, 2, 3; the sign is positive for import.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub powers: Vec<String>,
    /// Total active power.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power: Option<String>,
    /// Energy imported, kWh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy_import: Option<String>,
    /// Energy exported, kWh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy_export: Option<String>,
}

/// Position of a breaker (REFERENCE A2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BreakerPosition {
    /// Closed.
    On,
    /// Opened by hand or command.
    Off,
    /// Opened by itself.
    Tripped,
}

/// What makes a device a breaker that reports its state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BreakerSection {
    /// Point that holds its position.
    pub state: String,
    /// Raw value, or text, → position.
    pub map: BTreeMap<String, BreakerPosition>,
    /// Currents per phase: one point with three values, or up to three points.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 3))]
    pub currents: Vec<String>,
    /// Fault signal: anything but 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Overload warning: anything but 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overload: Option<String>,
    /// How it is opened and closed from afar; absent when it can't be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub switch: Option<SwitchSection>,
}

/// How a breaker or a relay is opened and closed from afar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SwitchSection {
    /// Point that takes the command.
    pub point: String,
    /// Value that opens it.
    pub open: f64,
    /// Value that closes it.
    pub close: f64,
}

/// What makes a device a cabinet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CabinetSection {
    /// Temperature in °C.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<String>,
    /// Smoke or gas found: anything but 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smoke: Option<String>,
}

/// What makes a device a solar input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SolarSection {
    /// Current per phase in A.
    pub current: String,
}

/// What makes a device an ESP node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeSection {
    /// Points of its current sensors, first channel first; a node serves as many as it has.
    #[schemars(length(min = 1))]
    pub currents: Vec<String>,
    /// State of its own link: anything but 0 is up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
}
