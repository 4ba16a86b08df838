//! What goes over the wire besides the structs of [`crate::control::SiteStatus`]: envelopes, orders, errors.
//!
//! Shared by the server, its OpenAPI document and the command line. These structs are a promise: fields are added, never renamed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::control::{ChargerState, ChargingNeeds, Override, Time};
use crate::site::Amps;

/// Version of the interface, in every answer.
pub const API_VERSION: &str = "enmon/v1";

/// One thing of the site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Item<T> {
    /// `enmon/v1`.
    pub api_version: String,
    /// What it is, for example `Charger`.
    pub kind: String,
    /// When the decision behind it was made, milliseconds since the Unix epoch.
    pub at: u64,
    /// The thing itself.
    #[serde(flatten)]
    pub item: T,
}

/// All things of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct List<T> {
    /// `enmon/v1`.
    pub api_version: String,
    /// What it lists, for example `ChargerList`.
    pub kind: String,
    /// When the decision behind it was made, milliseconds since the Unix epoch.
    pub at: u64,
    /// The things, in the order of the site file.
    pub items: Vec<T>,
}

/// An order in force, with the charger that it is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChargerOverride {
    /// The charger.
    pub charger: String,
    /// The order.
    #[serde(flatten)]
    pub order: Override,
}

/// An order as it is handed in. It lowers a charger's limit, it never lifts a circuit's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OverrideRequest {
    /// The most that the charger may offer, amperes: 0 pauses it, else at least its least current.
    #[schemars(range(min = 0))]
    pub limit: f64,
    /// How long it holds, in seconds; not together with `until`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub for_seconds: Option<u64>,
    /// When it ends, milliseconds since the Unix epoch; not together with `forSeconds`. Neither: when somebody ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
    /// Who orders it.
    #[schemars(length(min = 1, max = 100))]
    pub who: String,
    /// Why.
    #[schemars(length(max = 500))]
    pub why: String,
}

impl OverrideRequest {
    /// Turns the request into an order.
    ///
    /// # Errors
    /// Says in words what can't be.
    pub(super) fn into_order(self, now: Time) -> Result<Override, String> {
        if !self.limit.is_finite() || self.limit < 0.0 {
            return Err(format!("the limit {} A is below 0", self.limit));
        }
        let until = match (self.for_seconds, self.until) {
            (Some(_), Some(_)) => return Err("forSeconds and until exclude each other".into()),
            (Some(0), None) => return Err("forSeconds is 0".into()),
            (Some(seconds), None) => Some(Time(now.0.saturating_add(seconds.saturating_mul(1000)))),
            (None, Some(until)) if until <= now.0 => return Err("until lies in the past".into()),
            (None, until) => until.map(Time),
        };
        words(&self.who, &self.why)?;
        Ok(Override { limit: Amps(self.limit), until, who: self.who, why: self.why })
    }
}

/// What a car needs, with the charger that it is at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChargerNeeds {
    /// The charger.
    pub charger: String,
    /// What the car needs.
    #[serde(flatten)]
    pub needs: ChargingNeeds,
}

/// What a car needs, as it is handed in: at least one of energy and departure. It holds until the car leaves; without a car there, for the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NeedsRequest {
    /// Energy that it wants from now on, kWh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub energy: Option<f64>,
    /// When it leaves, milliseconds since the Unix epoch; not together with `inSeconds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departure: Option<u64>,
    /// In how many seconds it leaves; not together with `departure`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub in_seconds: Option<u64>,
    /// Who says so.
    #[schemars(length(min = 1, max = 100))]
    pub who: String,
}

/// No car takes more, kWh.
const MOST_ENERGY: f64 = 1000.0;

impl NeedsRequest {
    /// Turns the request into what the controller takes.
    ///
    /// # Errors
    /// Says in words what can't be.
    pub(super) fn into_needs(self, now: Time) -> Result<ChargingNeeds, String> {
        if let Some(energy) = self.energy
            && !(0.0..=MOST_ENERGY).contains(&energy)
        {
            return Err(format!("energy {energy} kWh is not between 0 and {MOST_ENERGY}"));
        }
        let departure = match (self.departure, self.in_seconds) {
            (Some(_), Some(_)) => return Err("departure and inSeconds exclude each other".into()),
            (None, Some(0)) => return Err("inSeconds is 0".into()),
            (None, Some(seconds)) => Some(Time(now.0.saturating_add(seconds.saturating_mul(1000)))),
            (Some(departure), None) if departure <= now.0 => return Err("departure lies in the past".into()),
            (departure, None) => departure.map(Time),
        };
        if self.energy.is_none() && departure.is_none() {
            return Err("neither energy nor departure is given".into());
        }
        words(&self.who, "")?;
        Ok(ChargingNeeds { energy: self.energy, departure, who: self.who, had: 0.0 })
    }
}

/// A command for a breaker as it is handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SwitchOrder {
    /// `off` opens it, `on` closes it.
    pub position: SwitchPosition,
    /// Who says so.
    #[schemars(length(min = 1, max = 100))]
    pub who: String,
    /// Why.
    #[schemars(length(max = 500))]
    pub why: String,
}

/// Where a breaker is to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SwitchPosition {
    /// Closed.
    On,
    /// Open.
    Off,
}

/// A command that a breaker has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SwitchDone {
    /// The breaker.
    pub breaker: String,
    /// The command.
    #[serde(flatten)]
    pub order: SwitchOrder,
}

impl SwitchOrder {
    /// Checks the words.
    ///
    /// # Errors
    /// Says in words what can't be.
    pub(super) fn check(&self) -> Result<(), String> {
        words(&self.who, &self.why)
    }
}

/// Checks who says something, and why.
fn words(who: &str, why: &str) -> Result<(), String> {
    for (field, text, longest) in [("who", who, 100), ("why", why, 500)] {
        if text.chars().count() > longest {
            return Err(format!("{field} has more than {longest} characters"));
        }
        if text.chars().any(char::is_control) {
            return Err(format!("{field} has control characters"));
        }
    }
    if who.trim().is_empty() {
        return Err("who is empty".into());
    }
    Ok(())
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// `enmon/v1`.
    pub api_version: String,
    /// `Error`.
    pub kind: String,
    /// A stable word for scripts, for example `unknown-charger`.
    pub code: String,
    /// In words.
    pub message: String,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// Whether the server lives or is ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// `enmon/v1`.
    pub api_version: String,
    /// `Health`.
    pub kind: String,
    /// `alive` or `ready`.
    pub status: String,
    /// Age of the last decision in milliseconds; absent from `/healthz`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_age_ms: Option<u64>,
}

/// A charger in the words of the older endpoints (REFERENCE A3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LegacyCharger {
    /// Name of the charger.
    pub simulator_id: String,
    /// What it draws, amperes, highest phase; null when that is unknown.
    pub current: Option<f64>,
    /// Whether a car is there; null when that is unknown or the charger has a fault.
    pub state: Option<LegacyState>,
    /// What it may offer, amperes.
    pub max_current: f64,
}

/// Whether a car is there, in the words of the older endpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LegacyState {
    /// A car is there.
    #[serde(rename = "plugged in")]
    PluggedIn,
    /// No car is there.
    #[serde(rename = "plugged out")]
    PluggedOut,
}

impl LegacyState {
    /// Returns the older word for a state; there is none for a fault, with which a car may be there or not.
    pub(super) fn of(state: ChargerState) -> Option<Self> {
        match state {
            ChargerState::PluggedIn | ChargerState::Charging => Some(LegacyState::PluggedIn),
            ChargerState::Unplugged => Some(LegacyState::PluggedOut),
            ChargerState::Fault => None,
        }
    }
}

/// The older control call.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LegacyControl {
    /// The most that the charger may offer, amperes.
    #[schemars(range(min = 0))]
    pub max_current: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> OverrideRequest {
        OverrideRequest { limit: 10.0, for_seconds: None, until: None, who: "ada".into(), why: String::new() }
    }

    #[test]
    fn ends_are_reckoned_from_now() {
        let now = Time(1_000);
        assert_eq!(request().into_order(now).unwrap().until, None);
        let timed = OverrideRequest { for_seconds: Some(2), ..request() };
        assert_eq!(timed.into_order(now).unwrap().until, Some(Time(3_000)));
        let endless = OverrideRequest { for_seconds: Some(u64::MAX), ..request() };
        assert_eq!(endless.into_order(now).unwrap().until, Some(Time(u64::MAX)));
        let dated = OverrideRequest { until: Some(1_001), ..request() };
        assert_eq!(dated.into_order(now).unwrap().until, Some(Time(1_001)));
    }

    #[test]
    fn what_can_not_be_is_refused() {
        let now = Time(1_000);
        for (wrong, word) in [
            (OverrideRequest { limit: -1.0, ..request() }, "below 0"),
            (OverrideRequest { limit: f64::NAN, ..request() }, "limit"),
            (OverrideRequest { for_seconds: Some(1), until: Some(2_000), ..request() }, "exclude"),
            (OverrideRequest { for_seconds: Some(0), ..request() }, "forSeconds"),
            (OverrideRequest { until: Some(1_000), ..request() }, "past"),
            (OverrideRequest { who: " ".into(), ..request() }, "who"),
            (OverrideRequest { who: "x".repeat(101), ..request() }, "who"),
            (OverrideRequest { why: "line\nline".into(), ..request() }, "control characters"),
        ] {
            let error = wrong.into_order(now).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }
}
