//! Who gets more than others when current is scarce: the `policy` section as it is written, and as the controller uses it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{MeterId, Period};

/// Who gets more than others when current is scarce. Without it everybody gets the same for their priority.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PolicyEntry {
    /// Weight of energies and departures: with more than 0 the controller plans so that as much energy as possible gets into all cars before
    /// they leave. What is not known of a car is guessed from past visits.
    #[schemars(range(min = 0, max = 100))]
    pub deadline: f64,
    /// Weight of the tariff: with more than 0 cars wait for cheaper hours as far as their time allows.
    #[schemars(range(min = 0, max = 100))]
    pub price: f64,
    /// Weight of the sun: with more than 0 cars take what would go into the grid, and from the grid only what `deadline`, `price` and
    /// `surplus.gridShare` let them.
    #[schemars(range(min = 0, max = 100))]
    pub solar: f64,
    /// How cars follow the sun.
    #[serde(skip_serializing_if = "SurplusEntry::is_default")]
    pub surplus: SurplusEntry,
    /// The prices of a day; each holds until the next one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 96))]
    pub tariff: Vec<TariffEntry>,
    /// What is known of the cars at chargers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expected: Vec<ExpectedEntry>,
}

/// How cars follow the sun.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SurplusEntry {
    /// The meter at the grid connection, which has to tell import from export; none: that of the circuit without a parent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meter: Option<String>,
    /// How long there must be surplus enough before a car starts.
    pub start_after: Period,
    /// How long a car keeps its least current when there is no longer surplus enough, before it stops.
    pub stop_after: Period,
    /// Which part of its least current a car may take from the grid: with 0 it starts when there is surplus for all of it, with 0.5 for half
    /// of it; with 1 it charges at its least current without any sun.
    #[schemars(range(min = 0, max = 1))]
    pub grid_share: f64,
    /// How long a charger with `switchPhases` stays at one phase, or at three, before it is switched again: contactors wear.
    pub switch_every: Period,
}

impl Default for SurplusEntry {
    /// The delays are those of evcc (`core/loadpoint.go`: enable after 1 min, disable after 3 min, both at 0 W).
    fn default() -> Self {
        SurplusEntry {
            meter: None,
            start_after: Period::from_secs(60),
            stop_after: Period::from_secs(180),
            grid_share: 0.0,
            switch_every: Period::from_secs(600),
        }
    }
}

impl SurplusEntry {
    fn is_default(&self) -> bool {
        *self == SurplusEntry::default()
    }
}

/// A price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TariffEntry {
    /// From when on it holds, every day: hours and minutes in UTC, as in `22:00`.
    #[schemars(regex(pattern = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub from: String,
    /// What a kWh costs, in any currency.
    #[schemars(range(min = -1000, max = 1000))]
    pub price: f64,
}

/// What is known of the cars at a charger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExpectedEntry {
    /// The charger.
    pub charger: String,
    /// Energy that a car takes in a visit, in kWh; none: guessed from past visits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.1, max = 10000))]
    pub energy: Option<f64>,
    /// When it leaves, every day: hours and minutes in UTC, as in `06:30`; none: guessed from past visits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub ready_by: Option<String>,
}

/// The policy's settings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PolicySettings {
    /// Weight of energies and departures.
    pub deadline: f64,
    /// Weight of the tariff.
    pub price: f64,
    /// How cars follow the sun; `None`: they don't.
    pub sun: Option<SunSettings>,
    /// Prices by the minute of the UTC day from which on they hold, rising.
    pub tariff: Vec<(u16, f64)>,
    /// What is known of the cars at each charger, by its position; chargers after the last are not known.
    pub expected: Vec<Expectation>,
}

/// How cars follow the sun.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SunSettings {
    /// Weight of the sun beside that of departures; above 0.
    pub weight: f64,
    /// The meter at the grid connection.
    pub meter: MeterId,
    /// How long there must be surplus enough before a car starts.
    pub start_after: Period,
    /// How long a car keeps its least current without surplus enough.
    pub stop_after: Period,
    /// Which part of its least current a car may take from the grid, 0 to 1.
    pub grid_share: f64,
    /// How long a charger stays at one phase, or at three, at the least.
    pub switch_every: Period,
}

/// What is known of the cars at a charger.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Expectation {
    /// Energy of a visit, kWh.
    pub energy: Option<f64>,
    /// Minute of the UTC day at which the car leaves.
    pub ready_by: Option<u16>,
}

impl PolicySettings {
    /// Says whether the controller has to plan.
    pub fn plans(&self) -> bool {
        self.deadline > 0.0 || (self.price > 0.0 && !self.tariff.is_empty())
    }
}

/// Reads `HH:MM` as a minute of the day.
pub fn minute_of_day(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60 && text.len() == 5).then_some(hours * 60 + minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_minutes() {
        for (text, minute) in [
            ("00:00", Some(0)),
            ("06:30", Some(390)),
            ("23:59", Some(1439)),
            ("24:00", None),
            ("6:30", None),
            ("06:60", None),
            ("0630", None),
        ] {
            assert_eq!(minute_of_day(text), minute, "{text}");
        }
    }
}
