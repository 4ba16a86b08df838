//! From preferences to currents: shares under a network's limits so that plans come first, then urgency, and nothing is left over.
//!
//! [`fill`] is the controller's way of sharing too; [`apportion`] puts turns before it and stations' own currents after it.

use super::super::allocate::{Demand, Shares, TOLERANCE, share};
use super::super::network::{Network, Phasor};
use super::super::turns::{add, first_full};
use super::{Pilots, Preference};

/// A part of its least current from which a plan is worth a turn.
const WORTH_A_TURN: f64 = 0.75;

/// What a current is lowered by at the least where a limit is broken, amperes: so there is an end to it.
const LEAST_RELIEF: f64 = 1e-6;

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
        let planned =
            preference.map_or(0.0, |preference| preference.planned).clamp(0.0, demand.ceiling.max(0.0));
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
    let mut amps: Vec<f64> =
        claims.iter().map(|claim| claim.pilots.down(shares.amps[claim.current])).collect();
    use_up(network, limits, claims, &shares.amps, &mut amps);
    relieve(network, limits, claims, &mut amps);
    amps
}

/// Orders claims by whose turn it is.
fn in_turn(claims: &[Claim]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..claims.len()).collect();
    order.sort_by(|&a, &b| {
        let (one, other) = (&claims[a], &claims[b]);
        let first = one.preference.first(one.pilots.least(), &other.preference, other.pilots.least());
        first.then(a.cmp(&b))
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
    top_up(network, limits, claims, amps);
}

/// Gives what is less than a step of one station to those that can offer any current.
fn top_up(network: &Network, limits: &[f64], claims: &[Claim], amps: &mut [f64]) {
    let mut demands = vec![Demand::fixed(0.0); network.currents()];
    for (claim, &floor) in claims.iter().zip(amps.iter()) {
        demands[claim.current] = match claim.pilots {
            Pilots::Between(least, most) if floor > 0.0 || least <= 0.0 => {
                Demand { floor, ceiling: claim.most.min(most), weight: claim.preference.urgency }
            }
            _ => Demand::fixed(floor),
        };
    }
    let shares = share(network, limits, &demands);
    for (claim, amps) in claims.iter().zip(amps) {
        *amps = amps.max(shares.amps[claim.current]);
    }
}

/// Lowers currents until no limit is broken. Where loads are opposed to each other, less of one can be more of a sum, so that rounding down
/// is not safe by itself.
fn relieve(network: &Network, limits: &[f64], claims: &[Claim], amps: &mut [f64]) {
    let mut all = vec![0.0; network.currents()];
    for (claim, &amps) in claims.iter().zip(amps.iter()) {
        all[claim.current] = amps;
    }
    loop {
        // exact sums each time: what is decided here is what flows
        let sums = network.sums(&all);
        let over = |constraint: &usize| sums[*constraint].magnitude() > limits[*constraint] + TOLERANCE;
        let Some(constraint) = (0..network.constraints()).find(over) else { return };
        let sum = sums[constraint];
        let excess = sum.magnitude() - limits[constraint].max(0.0);
        let pull = |index: usize| {
            let terms = network.terms(claims[index].current).iter();
            let mine = terms.filter(|term| term.constraint as usize == constraint);
            mine.map(|term| term.phasor.dot(sum)).sum::<f64>() / sum.magnitude()
        };
        let pushes = (0..claims.len()).filter(|&index| amps[index] > 0.0 && pull(index) > 1e-9);
        let urgency = |index: usize| claims[index].preference.urgency;
        let Some(index) = pushes.min_by(|&a, &b| urgency(a).total_cmp(&urgency(b)).then(b.cmp(&a))) else {
            return;
        };
        let wanted = amps[index] - (excess / pull(index)).max(LEAST_RELIEF);
        amps[index] = claims[index].pilots.down(wanted.max(0.0)).min(amps[index]);
        all[claims[index].current] = amps[index];
    }
}
