//! From preferences to currents: shares under a network's limits so that plans come first, then urgency, and nothing is left over.
//!
//! [`fill`] is the controller's way of sharing too; [`apportion`] puts turns before it and stations' own currents after it.

use super::super::allocate::{Demand, Shares, share};
use super::super::network::{Network, Phasor};
use super::super::turns::{add, first_full};
use super::{Pilots, Preference};

/// A part of its least current from which a plan is worth a turn.
const WORTH_A_TURN: f64 = 0.5;

/// What a station can offer, and what its car is to have.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Its current in the network.
    pub current: usize,
    /// The most that its car draws, amperes.
    pub most: f64,
    /// What the policy would like.
    pub preference: Preference,
    /// What the station can offer.
    pub pilots: Pilots,
}

/// Shares what the limits leave: each current first rises to what was planned for it, then as its demand says.
///
/// With no preference for anybody this is [`share`] alone.
pub fn fill(
    network: &Network,
    limits: &[f64],
    demands: &[Demand],
    preferences: &[Option<Preference>],
) -> Shares {
    if preferences.iter().all(Option::is_none) {
        return share(network, limits, demands);
    }
    let planned = |(demand, preference): (&Demand, &Option<Preference>)| {
        let planned = preference.map_or(0.0, |preference| preference.planned).clamp(0.0, demand.ceiling.max(0.0));
        Demand { floor: demand.floor, ceiling: planned.max(demand.floor), weight: planned.max(0.001) }
    };
    let first: Vec<Demand> = demands.iter().zip(preferences).map(planned).collect();
    let first = share(network, limits, &first);
    let rest = demands.iter().zip(preferences).zip(&first.amps);
    let rest: Vec<Demand> = rest
        .map(|((demand, preference), &floor)| {
            let urgency = preference.map_or(1.0, |preference| preference.urgency);
            Demand { floor, ceiling: demand.ceiling, weight: demand.weight * urgency }
        })
        .collect();
    share(network, limits, &rest)
}

/// Gives each claim a current that its station can offer; amperes, in the order of the claims. What is given is never over a limit.
pub fn apportion(network: &Network, limits: &[f64], claims: &[Claim]) -> Vec<f64> {
    let mut sums = vec![Phasor::default(); network.constraints()];
    let mut demands = vec![Demand::fixed(0.0); network.currents()];
    let mut preferences = vec![None; network.currents()];
    for index in in_turn(claims) {
        let Claim { current, most, preference, pilots } = &claims[index];
        let least = pilots.least();
        let wanted = preference.planned >= WORTH_A_TURN * least;
        if wanted && first_full(network, limits, &sums, *current, least).is_none() {
            add(network, &mut sums, *current, least);
            demands[*current] = Demand { floor: least, ceiling: most.max(least), weight: 1.0 };
            preferences[*current] = Some(*preference);
        }
    }
    let shares = fill(network, limits, &demands, &preferences);
    let mut amps: Vec<f64> = claims.iter().map(|claim| claim.pilots.down(shares.amps[claim.current])).collect();
    use_up(network, limits, claims, &shares.amps, &mut amps);
    amps
}

/// Orders claims: those whose plan is worth a turn first, the fuller ones before the others, then by urgency.
fn in_turn(claims: &[Claim]) -> Vec<usize> {
    let part = |index: usize| {
        let claim = &claims[index];
        (claim.preference.planned / claim.pilots.least().max(0.1)).min(1.0)
    };
    let urgency = |index: usize| claims[index].preference.urgency;
    let mut order: Vec<usize> = (0..claims.len()).collect();
    order.sort_by(|&a, &b| {
        part(b).total_cmp(&part(a)).then(urgency(b).total_cmp(&urgency(a))).then(a.cmp(&b))
    });
    order
}

/// Gives out what rounding and turns have left: first to those who lost most, then by urgency.
fn use_up(network: &Network, limits: &[f64], claims: &[Claim], shares: &[f64], amps: &mut [f64]) {
    let mut all = vec![0.0; network.currents()];
    for (claim, &amps) in claims.iter().zip(amps.iter()) {
        all[claim.current] = amps;
    }
    let mut sums = network.sums(&all);
    let lost: Vec<f64> =
        claims.iter().zip(amps.iter()).map(|(claim, amps)| shares[claim.current] - amps).collect();
    let mut order: Vec<usize> = (0..claims.len()).collect();
    order.sort_by(|&a, &b| {
        let urgency = |index: usize| claims[index].preference.urgency;
        lost[b].total_cmp(&lost[a]).then(urgency(b).total_cmp(&urgency(a))).then(a.cmp(&b))
    });
    for index in order {
        let claim = &claims[index];
        while let Some(next) = claim.pilots.up(amps[index], claim.most) {
            let more = next - amps[index];
            if first_full(network, limits, &sums, claim.current, more).is_some() {
                break;
            }
            add(network, &mut sums, claim.current, more);
            amps[index] = next;
        }
    }
}
