//! Whose turn it is when not everybody can have the least current.
//!
//! Who has a turn keeps it for `control.turn`; then those go first who have had the least service for their weight (start-time fair
//! queueing). A car that draws nothing gives its turn away while others wait.

use super::network::{Network, Phasor};
use super::wish::Wish;
use super::{State, TOLERANCE, Time};
use crate::site::{Amps, Rule, Site};

/// A car that draws less than this with current on offer draws nothing, in amperes.
const NOTHING: Amps = Amps(1.0);

/// Who gets at least the least current.
#[derive(Debug, Clone, PartialEq)]
pub struct Admission {
    /// `Ok` for who is in; for others the constraint that has no room. Chargers that want nothing are not in either, without a constraint.
    pub verdicts: Vec<Result<(), Option<u32>>>,
    /// The chargers that want current, in the order in which they were asked in.
    pub order: Vec<u32>,
}

/// Admits chargers in order while their least current fits beside what `sums` holds already.
pub fn admit(
    now: Time,
    site: &Site,
    network: &Network,
    limits: &[f64],
    wishes: &[Wish],
    mut sums: Vec<Phasor>,
    state: &mut State,
) -> Admission {
    let order = order(now, site, wishes, state);
    let mut verdicts = vec![Err(None); wishes.len()];
    for &index in &order {
        let least = site.chargers[index as usize].min.0;
        verdicts[index as usize] = match first_full(network, limits, &sums, index as usize, least) {
            Some(constraint) => Err(Some(constraint)),
            None => {
                add(network, &mut sums, index as usize, least);
                Ok(())
            }
        };
    }
    keep_accounts(now, site, wishes, &verdicts, state);
    Admission { verdicts, order }
}

/// Returns the first constraint that has no room for so much more of a current.
pub fn first_full(
    network: &Network,
    limits: &[f64],
    sums: &[Phasor],
    current: usize,
    amps: f64,
) -> Option<u32> {
    let terms = network.terms(current).iter();
    let mut full = terms.filter(|term| {
        let constraint = term.constraint as usize;
        let sum = sums[constraint].plus(term.phasor, amps);
        sum.magnitude() > limits[constraint] + TOLERANCE && sum.magnitude() > sums[constraint].magnitude()
    });
    full.next().map(|term| term.constraint)
}

/// Adds a current to the sums.
pub fn add(network: &Network, sums: &mut [Phasor], current: usize, amps: f64) {
    for term in network.terms(current) {
        let sum = &mut sums[term.constraint as usize];
        *sum = sum.plus(term.phasor, amps);
    }
}

/// Sorts those that want current: unfinished turns, then by service, idle cars last.
fn order(now: Time, site: &Site, wishes: &[Wish], state: &mut State) -> Vec<u32> {
    let wants =
        |index: &u32| wishes[*index as usize].takes.is_none() && wishes[*index as usize].most > Amps::ZERO;
    let mut order: Vec<u32> = (0..wishes.len() as u32).filter(wants).collect();
    // who comes anew is owed nothing for the time before
    let known = |index: &u32| {
        let memory = &state.chargers[*index as usize];
        memory.turn_since.is_some() || memory.waiting_since.is_some()
    };
    let least_served =
        order.iter().filter(|index| known(index)).map(|&index| state.chargers[index as usize].served);
    let least_served = least_served.fold(f64::INFINITY, f64::min);
    let least_served = if least_served.is_finite() { least_served } else { 0.0 };
    for index in order.iter().filter(|index| !known(index)).copied().collect::<Vec<_>>() {
        let memory = &mut state.chargers[index as usize];
        memory.served = memory.served.max(least_served);
    }
    let tier = |index: u32| {
        let memory = &state.chargers[index as usize];
        let in_turn = memory.turn_since.is_some_and(|since| now.since(since) < site.control.turn);
        let idle = memory.appetite.is_some() && memory.idle_since.is_some() && memory.idle_peak < NOTHING;
        let gives_way = idle && site.control.rules.hold(Rule::IdleGivesTurn);
        match (memory.turn_since.is_some(), gives_way, in_turn) {
            (true, true, _) => 2_u8,
            (true, false, true) => 0,
            _ => 1,
        }
    };
    order.sort_by(|&a, &b| {
        let served = |index: u32| state.chargers[index as usize].served;
        tier(a).cmp(&tier(b)).then(served(a).total_cmp(&served(b))).then(a.cmp(&b))
    });
    order
}

/// Counts service while somebody waits, and begins and ends turns.
fn keep_accounts(
    now: Time,
    site: &Site,
    wishes: &[Wish],
    verdicts: &[Result<(), Option<u32>>],
    state: &mut State,
) {
    let somebody_waits = verdicts.iter().any(|verdict| matches!(verdict, Err(Some(_))));
    let passed = state.at.map_or(0.0, |at| now.since(at).as_millis() as f64);
    for (index, memory) in state.chargers.iter_mut().enumerate() {
        let weight = site.chargers[index].priority;
        match verdicts[index] {
            Ok(()) => {
                if memory.turn_since.is_some() && memory.setpoint.is_some_and(|amps| amps > Amps::ZERO) {
                    memory.served = if somebody_waits { memory.served + passed / weight } else { 0.0 };
                }
                memory.turn_since.get_or_insert(now);
                memory.waiting_since = None;
            }
            Err(Some(_)) => {
                if memory.turn_since.take().is_some()
                    && memory.idle_since.take().is_some()
                    && memory.appetite.is_some()
                {
                    // a turn that was not used is a turn all the same
                    memory.served += site.control.turn.as_millis() as f64 / weight;
                }
                memory.waiting_since.get_or_insert(now);
            }
            Err(None) => {
                memory.turn_since = None;
                memory.waiting_since = None;
                if wishes[index].takes.is_none() {
                    memory.served = 0.0;
                }
            }
        }
    }
}
