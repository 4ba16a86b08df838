//! Which loads beside the chargers are cut, and when they come back.
//!
//! ```text
//!           a circuit above it is over its limit though the chargers give way, and it has been on for minOn
//!    on ──────────────────────────────────────────────────────────────────────────────────────────────────▶ cut
//!     ▲                                                                                                      │
//!     │  its current fits beside what the chargers                                         it has been off   │
//!     │  may be offering, for as long as raiseAfter                                        for minOff        ▼
//!     └───────────────────────────────────────────────────────────────────────────────────────────────── returning
//! ```
//!
//! Chargers give way to loads, both when a circuit is over its limit and when a load wants to come back: while it returns, its current counts
//! as drawn already, so that the chargers make room. Who matters least is cut first, one at a time, and comes back last. Pure.

use super::loads::CircuitLoad;
use super::{BreakerState, LoadMemory, Snapshot, State, Time, fresh};
use crate::site::{Amps, Load, PerPhase, Period, Phase, Rule, Site};

/// Where a load stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LoadState {
    /// It may draw.
    On,
    /// It is cut, because a circuit was over its limit.
    Cut,
    /// It comes back as soon as the chargers have made room.
    Returning,
    /// Its breaker is open, and not by the controller.
    Off,
}

/// What is decided of a load.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct LoadDecision {
    /// Where it stands.
    pub state: LoadState,
    /// Whether its breaker is to be closed, where the controller has a say in that.
    pub close: Option<bool>,
}

/// A circuit must have been over its limit for so long before a load is cut: chargers are faster, and a motor that starts is no overload.
const OVER_FOR: Period = Period::from_secs(3);

/// After one load has been cut, the meter gets so long to show it before the next one is.
const SHOWS_AFTER: Period = Period::from_secs(5);

/// What counts as over a limit, in amperes.
const OVER: f64 = 0.05;

/// Lets loads that return count as drawn already, where there would be room for them without chargers. Returns which do.
pub fn make_room(now: Time, site: &Site, state: &State, loads: &mut [CircuitLoad]) -> Vec<bool> {
    let mut counted = vec![false; site.loads.len()];
    for index in by_priority(site).into_iter().rev() {
        let load = &site.loads[index];
        if !may_return(now, load, &state.loads[index]) {
            continue;
        }
        let fits = site.ancestry(load.circuit).all(|circuit| {
            let limit = site.circuits[circuit.0].limit;
            Phase::ALL.into_iter().all(|phase| {
                load.current[phase] == Amps::ZERO
                    || loads[circuit.0].other[phase] + load.current[phase] <= limit[phase]
            })
        });
        if fits {
            add(site, load, loads);
            counted[index] = true;
        }
    }
    counted
}

fn add(site: &Site, load: &Load, loads: &mut [CircuitLoad]) {
    for circuit in site.ancestry(load.circuit) {
        for phase in Phase::ALL {
            loads[circuit.0].other[phase] += load.current[phase];
        }
    }
}

fn may_return(now: Time, load: &Load, memory: &LoadMemory) -> bool {
    memory.cut_since.is_some_and(|since| now.since(since) >= load.min_off)
}

/// Positions of the loads, who matters least first.
fn by_priority(site: &Site) -> Vec<usize> {
    let mut order: Vec<usize> = (0..site.loads.len()).collect();
    order.sort_by(|&a, &b| site.loads[a].priority.total_cmp(&site.loads[b].priority).then(a.cmp(&b)));
    order
}

/// Decides which loads are on. `loads` and `offered` are those of the decision for the chargers; `counted` says which loads that return are
/// part of them.
pub fn shed(
    now: Time,
    site: &Site,
    snapshot: &Snapshot,
    loads: &[CircuitLoad],
    offered: &[PerPhase<Amps>],
    counted: &[bool],
    state: &mut State,
) -> Vec<LoadDecision> {
    for (memory, load) in state.loads.iter_mut().zip(&site.loads) {
        memory.name.clone_from(&load.name);
    }
    let over = over_places(site, loads, offered);
    let worst_since = note_overload(now, site, &over, state);
    let order = by_priority(site);
    let may_cut = site.control.rules.hold(Rule::ShedsLoads)
        && worst_since.is_some_and(|since| now.since(since) >= OVER_FOR)
        && state
            .loads
            .iter()
            .all(|memory| memory.cut_since.is_none_or(|since| now.since(since) >= SHOWS_AFTER));
    if may_cut
        && let Some(&index) = order.iter().find(|&&index| {
            let (load, memory) = (&site.loads[index], &state.loads[index]);
            let is_on =
                position(site, snapshot, now, load).is_none_or(|position| position == BreakerState::On);
            let has_rested = memory.on_since.is_none_or(|since| now.since(since) >= load.min_on);
            memory.cut_since.is_none() && is_on && has_rested && helps(site, load, &over)
        })
    {
        state.loads[index] = LoadMemory {
            cut_since: Some(now),
            on_since: None,
            room_since: None,
            ..state.loads[index].clone()
        };
    }
    restore(now, site, loads, offered, counted, &order, state);
    let decisions = site.loads.iter().zip(&state.loads).map(|(load, memory)| {
        let position = position(site, snapshot, now, load);
        let is_open = position.is_some_and(|position| position != BreakerState::On);
        match memory.cut_since {
            Some(_) if may_return(now, load, memory) => {
                LoadDecision { state: LoadState::Returning, close: Some(false) }
            }
            Some(_) => LoadDecision { state: LoadState::Cut, close: Some(false) },
            // what the controller has given back it closes until that is seen
            None if memory.on_since.is_some_and(|since| now.since(since) < load.min_on) => {
                LoadDecision { state: LoadState::On, close: Some(true) }
            }
            None if is_open => LoadDecision { state: LoadState::Off, close: None },
            None => LoadDecision { state: LoadState::On, close: None },
        }
    });
    decisions.collect()
}

/// Where circuits are over their limits by what draws and may be drawn.
fn over_places(site: &Site, loads: &[CircuitLoad], offered: &[PerPhase<Amps>]) -> Vec<PerPhase<bool>> {
    let circuits = site.circuits.iter().zip(loads).zip(offered);
    circuits
        .map(|((circuit, load), offered)| {
            PerPhase::from_fn(|phase| {
                let drawn = load.measured.map_or(Amps::ZERO, |measured| measured[phase]);
                let total = (load.other[phase] + offered[phase]).max(drawn);
                total.0 > circuit.limit[phase].0 + OVER
            })
        })
        .collect()
}

/// Remembers since when circuits have been over their limits; returns since when the one has been that has been longest.
fn note_overload(now: Time, site: &Site, over: &[PerPhase<bool>], state: &mut State) -> Option<Time> {
    if site.loads.is_empty() {
        return None;
    }
    let mut longest: Option<Time> = None;
    for (memory, over) in state.circuits.iter_mut().zip(over) {
        if over.iter().any(|(_, over)| *over) {
            let since = *memory.over_since.get_or_insert(now);
            longest = Some(longest.map_or(since, |longest| longest.min(since)));
        } else {
            memory.over_since = None;
        }
    }
    longest
}

/// Says whether cutting a load takes current from a place that is over its limit.
fn helps(site: &Site, load: &Load, over: &[PerPhase<bool>]) -> bool {
    site.ancestry(load.circuit).any(|circuit| {
        Phase::ALL.into_iter().any(|phase| over[circuit.0][phase] && load.current[phase] > Amps::ZERO)
    })
}

/// Gives loads back for which there has been room for long enough, who matters most first and one at a time.
fn restore(
    now: Time,
    site: &Site,
    loads: &[CircuitLoad],
    offered: &[PerPhase<Amps>],
    counted: &[bool],
    order: &[usize],
    state: &mut State,
) {
    let mut one_is_back = false;
    for &index in order.iter().rev() {
        let load = &site.loads[index];
        if !may_return(now, load, &state.loads[index]) {
            continue;
        }
        // what returns counts in `other` already; what does not fit at all does not
        let has_room = counted[index]
            && site.ancestry(load.circuit).all(|circuit| {
                Phase::ALL.into_iter().all(|phase| {
                    let total = loads[circuit.0].other[phase] + offered[circuit.0][phase];
                    load.current[phase] == Amps::ZERO
                        || total.0 <= site.circuits[circuit.0].limit[phase].0 + OVER
                })
            });
        let memory = &mut state.loads[index];
        if !has_room {
            memory.room_since = None;
            continue;
        }
        let since = *memory.room_since.get_or_insert(now);
        if !one_is_back && now.since(since) >= site.control.raise_after {
            *memory = LoadMemory { cut_since: None, on_since: Some(now), room_since: None, ..memory.clone() };
            one_is_back = true;
        }
    }
}

fn position(site: &Site, snapshot: &Snapshot, now: Time, load: &Load) -> Option<BreakerState> {
    fresh(snapshot.breakers.get(load.breaker), now, site.control.stale_after)
        .map(|reading| reading.value.state)
}

#[cfg(test)]
#[path = "shedding_tests.rs"]
mod tests;
