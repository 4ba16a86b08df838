//! What the controller remembers from one decision to the next.

use std::collections::BTreeMap;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::policy::{Follower, Preference, Surplus, Visit};
use super::{BreakerMemory, ChargingNeeds, Order, Override, Time};
use crate::site::{Amps, PerPhase, Site};

/// The controller's memory. Everything in it can be written to the journal and read back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct State {
    /// When the last decision was made.
    pub at: Option<Time>,
    /// One for each charger of the site.
    pub chargers: Vec<ChargerMemory>,
    /// One for each circuit of the site.
    pub circuits: Vec<CircuitMemory>,
    /// One for each load of the site that may be cut.
    pub loads: Vec<LoadMemory>,
    /// The breakers, by name of their circuit. Filled for the journal only: no decision rests on it.
    pub breakers: BTreeMap<String, BreakerMemory>,
    /// When the policy last made a plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned_at: Option<Time>,
    /// The surplus of the sun, where cars follow it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub surplus: Option<Surplus>,
}

/// What is remembered of a charger.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ChargerMemory {
    /// The last limit that was decided.
    pub setpoint: Option<Amps>,
    /// The most that it may have been offering at the last decision.
    pub ceiling: Option<Amps>,
    /// Since when a higher limit has been possible without a break.
    pub raisable_since: Option<Time>,
    /// Since when the car has drawn clearly less than it is offered.
    pub idle_since: Option<Time>,
    /// The most that it has drawn since then.
    pub idle_peak: Amps,
    /// What the car is thought to want; `None`: all it can get.
    pub appetite: Option<Amps>,
    /// Since when the charger has offered, or let through, more than it was told.
    pub excess_since: Option<Time>,
    /// Since when it has had current in its present turn.
    pub turn_since: Option<Time>,
    /// Service it has had while others waited, in milliseconds divided by its weight: who has had the least goes first.
    pub served: f64,
    /// Since when it has wanted current in vain.
    pub waiting_since: Option<Time>,
    /// What somebody ordered for it.
    pub order: Option<Override>,
    /// What somebody said of the car that is there, or of the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needs: Option<ChargingNeeds>,
    /// Since when a car has been there, where a policy wants to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugged_since: Option<Time>,
    /// What that car has drawn, kWh.
    #[serde(skip_serializing_if = "is_zero")]
    pub visit_kwh: f64,
    /// The visits before that one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub visits: Vec<Visit>,
    /// What the policy would like it to have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preference: Option<Preference>,
    /// Its car leaves so soon that it can't wait for the sun.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_due: bool,
    /// How its car follows the sun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sun: Option<Follower>,
}

impl ChargerMemory {
    /// Takes an order into the memory.
    pub fn take_order(&mut self, order: &Order) {
        match order {
            Order::Limit(limit) => self.order.clone_from(limit),
            Order::Needs(needs) => self.needs.clone_from(needs),
        }
    }
}

/// What is remembered of a circuit with a meter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CircuitMemory {
    /// What else than chargers is taken to draw there.
    pub other: Option<PerPhase<Amps>>,
    /// What the sample before the last one said of it.
    pub previous: Option<PerPhase<Amps>>,
    /// When the last sample was taken.
    pub sampled_at: Option<Time>,
    /// Since when it has been over its limit, while the site has loads that may be cut.
    pub over_since: Option<Time>,
}

/// What is remembered of a load that may be cut.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LoadMemory {
    /// Name of the load, so that a changed site finds it.
    pub name: String,
    /// Since when it has been cut; `None`: it is not, or not by the controller.
    pub cut_since: Option<Time>,
    /// Since when it has been on, as far as the controller had a hand in it.
    pub on_since: Option<Time>,
    /// Since when there has been room for it without a break.
    pub room_since: Option<Time>,
}

/// Says whether there is nothing to write down.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(kwh: &f64) -> bool {
    *kwh == 0.0
}

impl State {
    /// Makes the memory of a controller that has seen nothing.
    pub fn empty(site: &Site) -> Self {
        State {
            at: None,
            chargers: vec![ChargerMemory::default(); site.chargers.len()],
            circuits: vec![CircuitMemory::default(); site.circuits.len()],
            loads: vec![LoadMemory::default(); site.loads.len()],
            breakers: BTreeMap::new(),
            planned_at: None,
            surplus: None,
        }
    }
}

impl State {
    /// Fits a memory to a site whose chargers may have changed: what is remembered of a charger goes with its name. What belongs to
    /// circuits is learnt anew.
    #[must_use]
    pub fn fitted(&self, names: &[impl AsRef<str>], site: &Site) -> State {
        let mut fitted = State::empty(site);
        fitted.at = self.at;
        fitted.breakers.clone_from(&self.breakers);
        for (memory, load) in fitted.loads.iter_mut().zip(&site.loads) {
            if let Some(known) = self.loads.iter().find(|known| known.name == load.name) {
                memory.clone_from(known);
            }
        }
        let known: HashMap<&str, usize> =
            names.iter().enumerate().map(|(index, name)| (name.as_ref(), index)).collect();
        for (memory, charger) in fitted.chargers.iter_mut().zip(&site.chargers) {
            if let Some(before) = known.get(charger.name.as_str()).and_then(|&index| self.chargers.get(index))
            {
                memory.clone_from(before);
            }
        }
        fitted
    }
}
