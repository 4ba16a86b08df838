//! What the controller remembers from one decision to the next.

use serde::{Deserialize, Serialize};

use super::Time;
use crate::site::{Amps, PerPhase};

/// The controller's memory. Everything in it can be written to the journal and read back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct State {
    /// One for each charger of the site.
    pub chargers: Vec<ChargerMemory>,
    /// One for each circuit of the site.
    pub circuits: Vec<CircuitMemory>,
}

/// What is remembered of a charger.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ChargerMemory {
    /// The most that it may be offering now: what it said it offers, or what has been sent to it since and may have arrived.
    /// `None`: never heard and nothing sent.
    pub ceiling: Option<Amps>,
    /// When the last limit was sent to it.
    pub sent_at: Option<Time>,
    /// The last limit that was decided.
    pub setpoint: Option<Amps>,
    /// Since when a higher limit has been possible without a break.
    pub raisable_since: Option<Time>,
    /// Since when the car has drawn clearly less than it is offered.
    pub idle_since: Option<Time>,
    /// What the car is thought to want; `None`: all it can get.
    pub appetite: Option<Amps>,
    /// Since when it has had current in its present turn.
    pub turn_since: Option<Time>,
    /// Service it has had, in weighted milliseconds: who has had the least goes first.
    pub served: f64,
    /// Since when it has wanted current in vain.
    pub waiting_since: Option<Time>,
    /// What somebody ordered for it.
    pub order: Option<Override>,
}

/// What is remembered of a circuit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CircuitMemory {
    /// What else drew there at the last fresh sample of its meter.
    pub other: Option<PerPhase<Amps>>,
    /// When that sample was taken.
    pub sampled_at: Option<Time>,
}

/// An order from a person: it lowers a charger's limit, it never lifts a circuit's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Override {
    /// The most that the charger may offer, in amperes; 0 pauses it.
    #[schemars(with = "f64", range(min = 0))]
    pub limit: Amps,
    /// When it ends, milliseconds since the Unix epoch; `None`: when somebody ends it.
    #[schemars(with = "Option<u64>")]
    pub until: Option<Time>,
    /// Who ordered it.
    pub who: String,
    /// Why.
    pub why: String,
}
