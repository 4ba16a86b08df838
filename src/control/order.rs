//! What people and programs say of a charger: a lower limit, or what the car there needs. Pure.

use serde::{Deserialize, Serialize};

use super::{OrderError, Time};
use crate::site::{Amps, ChargerId, Site};

/// An order for a charger.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    /// A lower limit; `None` ends the one in force.
    Limit(Option<Override>),
    /// What the car needs; `None`: nothing is known of it any more.
    Needs(Option<ChargingNeeds>),
}

impl Order {
    /// Checks whether a charger of the site can do it.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, site: &Site, charger: ChargerId) -> Result<(), OrderError> {
        let charger = &site.chargers[charger.0];
        match self {
            Order::Limit(Some(Override { limit, .. }))
                if *limit != Amps::ZERO && !(limit.0.is_finite() && *limit >= charger.min) =>
            {
                Err(OrderError::NotPossible {
                    charger: charger.name.clone(),
                    amps: limit.0.to_string(),
                    min: charger.min.0.to_string(),
                })
            }
            Order::Needs(Some(ChargingNeeds { energy: Some(energy), .. }))
                if !energy.is_finite() || *energy < 0.0 =>
            {
                Err(OrderError::NoEnergy(energy.to_string()))
            }
            Order::Needs(Some(_)) if !site.policy.plans() => Err(OrderError::NoPolicy),
            _ => Ok(()),
        }
    }
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

/// What the car at a charger needs, as ISO 15118 calls it. It holds until that car leaves; without a car there, for the next one.
///
/// It goes before what the site file expects, and before what was learnt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChargingNeeds {
    /// Energy that it wanted at the time at which this was said, kWh; `None`: not known.
    #[schemars(range(min = 0))]
    pub energy: Option<f64>,
    /// When it leaves, milliseconds since the Unix epoch; `None`: not known.
    #[schemars(with = "Option<u64>")]
    pub departure: Option<Time>,
    /// Who says so.
    pub who: String,
    /// What it had taken by then in its visit, kWh; the controller notes that.
    #[serde(default)]
    pub had: f64,
}

impl ChargingNeeds {
    /// Returns the energy that it still wants when it has taken `visit_kwh` in its visit, kWh.
    pub fn kwh_left(&self, visit_kwh: f64) -> Option<f64> {
        self.energy.map(|energy| (energy - (visit_kwh - self.had)).max(0.0))
    }
}
