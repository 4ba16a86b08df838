//! What the look-ahead makes of cars: a plan and an urgency for each.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::super::network::Network;
use super::{Horizon, Need, look_ahead};

/// What the policy would like a car to have.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Preference {
    /// What the plan gives it now, amperes.
    pub planned: f64,
    /// How urgent more is; above 0.
    pub urgency: f64,
}

impl Preference {
    /// Compares by who goes first when turns are given: plans that are worth a turn, the fuller ones before the others, then urgency.
    pub fn first(&self, least: f64, other: &Preference, other_least: f64) -> Ordering {
        let part = |planned: f64, least: f64| (planned / least.max(0.1)).min(1.0);
        let (mine, others) = (part(self.planned, least), part(other.planned, other_least));
        others.total_cmp(&mine).then(other.urgency.total_cmp(&self.urgency))
    }
}

/// How much more the energy of a car is worth that wants little, at the most: a car that can be made full is, before another gets half.
const SMALL_FIRST: f64 = 0.3;

/// Plans, and returns a preference for each need; `None` when there are too many of them for the work that a decision may take, so that the
/// fair rule has to do.
pub fn prefer(
    network: &Network,
    limits: &[f64],
    needs: &[Need],
    horizon: &Horizon,
) -> Option<Vec<Preference>> {
    let mut needs = needs.to_vec();
    let mean = needs.iter().map(Need::expected_kwh).sum::<f64>() / needs.len().max(1) as f64;
    for need in &mut needs {
        need.weight *= 1.0 + SMALL_FIRST / (1.0 + need.expected_kwh() / mean.max(0.001));
    }
    let planned = look_ahead(network, limits, &needs, horizon)?;
    let preferences = needs.iter().zip(planned);
    Some(preferences.map(|(need, planned)| Preference { planned, urgency: urgency(need) }).collect())
}

/// Returns which part of its time a car has to charge at its full current.
fn urgency(need: &Need) -> f64 {
    let full = need.most * need.kw_per_amp * need.expected_hours();
    (need.expected_kwh() / full.max(1e-6)).clamp(0.0, 10.0) + 0.01
}
