//! The policy of a site: keeps account of the visits at its chargers, and plans for them when the site file gives departures or prices a weight.
//!
//! A plan is made when the cars that want current are others than before, and every minute: between, limits change with what else draws,
//! not with the policy.

use super::super::network::Network;
use super::super::wish::Wish;
use super::super::{
    ChargerMemory, ChargerReading, ChargerState, Demand, Reason, Snapshot, State, Time, fresh, share,
};
use super::surplus::follow_sun;
use super::{Habits, Horizon, Need, Preference, Visit, prefer};
use crate::site::{Amps, Charger, Period, PolicySettings, Rule, Site};

/// How long a plan holds.
const PLAN_HOLDS: Period = Period::from_secs(60);
/// Length of the plan's first block, hours: what is decided now lasts about so long.
const STEP_HOURS: f64 = 1.0 / 12.0;
/// With more cars than this a plan takes longer than a decision may: the fair rule has to do.
const MOST_CARS: usize = 300;
/// Visits that are remembered of each charger.
const VISITS: usize = 20;
/// What was there for less was no visit.
const SHORTEST_VISIT_HOURS: f64 = 0.05;
/// A gap between readings that is longer than this counts as this, hours: nothing is known of what was drawn in it.
const LONGEST_GAP_HOURS: f64 = 0.01;
/// The least that a plan assumes of a visit that goes on longer than was expected.
const LEAST_HOURS_LEFT: f64 = 0.25;
const LEAST_KWH_LEFT: f64 = 0.5;
/// The most that energy can cost, as a share of its worth: below 1, so that a car that can't wait is charged at any price.
const DEAREST: f64 = 0.9;
/// Which part of its time a car may still need when it stops waiting for the sun, at the most: the rest is for ramps, for cars that come,
/// and for what else will draw.
const LATEST: f64 = 0.8;
/// How far ahead cheaper hours are worth waiting for when nobody has said how long the car stays.
const HALF_A_DAY: f64 = 12.0;
/// A car that has stopped waiting does not begin again when it leaves sooner than this, hours.
const LAST_HOURS: f64 = 1.0;

const HOUR_MS: f64 = 3_600_000.0;
const DAY_MINUTES: f64 = 1440.0;

/// Keeps account of visits, and returns what the policy would like each charger to have. Wishes are lowered where the tariff lets cars wait,
/// and to what the sun leaves over where cars follow it.
pub fn foresee(
    now: Time,
    site: &Site,
    snapshot: &Snapshot,
    (network, limits): (&Network, &[f64]),
    wishes: &mut [Wish],
    state: &mut State,
) -> Vec<Option<Preference>> {
    let sun = site.policy.sun.as_ref().filter(|_| site.control.rules.hold(Rule::FollowsSun));
    if site.policy.plans() {
        keep_accounts(now, site, snapshot, state);
        let is_known = |(wish, memory): (&Wish, &ChargerMemory)| wants(wish) == memory.preference.is_some();
        let as_planned = wishes.iter().zip(&state.chargers).all(is_known);
        let holds = state.planned_at.is_some_and(|at| at <= now && now.since(at) < PLAN_HOLDS);
        if !(as_planned && holds) {
            plan(now, site, (network, limits), wishes, state);
        }
    }
    let preferences: Vec<Option<Preference>> = if site.policy.plans() {
        state.chargers.iter().map(|memory| memory.preference).collect()
    } else {
        vec![None; wishes.len()]
    };
    if let Some(sun) = sun {
        let grid = from_grid(now, site, wishes, &preferences, state);
        follow_sun(now, (site, sun), snapshot, (network, limits), (wishes, &grid), state);
        return preferences;
    }
    // a site file that no longer speaks of the sun leaves nothing of it
    state.surplus = None;
    state.chargers.iter_mut().for_each(|memory| memory.sun = None);
    if site.policy.price > 0.0 {
        for (index, (wish, charger)) in wishes.iter_mut().zip(&site.chargers).enumerate() {
            let planned = put_off(wish, charger, preferences[index]);
            if let Some(planned) = planned.filter(|_| gets_cheaper(now, site, index, &state.chargers[index]))
            {
                (wish.most, wish.reason) = (planned, Reason::Cheaper);
            }
        }
    }
    preferences
}

fn wants(wish: &Wish) -> bool {
    wish.takes.is_none() && wish.most > Amps::ZERO
}

/// Returns what is planned now for a car that wants more: the rest is cheaper later.
fn put_off(wish: &Wish, charger: &Charger, preference: Option<Preference>) -> Option<Amps> {
    let preference = preference.filter(|_| wants(wish))?;
    let planned = if preference.planned < charger.min.0 / 2.0 {
        Amps::ZERO
    } else {
        Amps(preference.planned).max(charger.min)
    };
    (planned < wish.most).then_some(planned)
}

/// Says how much each car may take from the grid, sun or not: all that it wants when it leaves soon, and what is planned while energy is
/// cheap.
fn from_grid(
    now: Time,
    site: &Site,
    wishes: &mut [Wish],
    preferences: &[Option<Preference>],
    state: &State,
) -> Vec<Amps> {
    let is_cheap = is_cheap(now, &site.policy);
    let cars = wishes.iter_mut().zip(&site.chargers).zip(&state.chargers).zip(preferences).enumerate();
    cars.map(|(index, (((wish, charger), memory), preference))| {
        if wants(wish) && memory.is_due {
            if wish.reason == Reason::Full {
                wish.reason = Reason::LeavesSoon;
            }
            return wish.most;
        }
        if preference.is_none() || !is_cheap {
            return Amps::ZERO;
        }
        let planned = put_off(wish, charger, *preference);
        planned.filter(|_| gets_cheaper(now, site, index, memory)).unwrap_or(wish.most)
    })
    .collect()
}

/// Says whether there is anything to wait for: a lower price before the car leaves, or within half a day where that is not told.
fn gets_cheaper(now: Time, site: &Site, charger: usize, memory: &ChargerMemory) -> bool {
    let hours = told(now, site, charger, memory).hours.unwrap_or(HALF_A_DAY);
    let costs = costs(now, &site.policy);
    let (Some(present), later) = (costs.first(), costs.iter().filter(|cost| cost.0 < hours)) else {
        return false;
    };
    later.into_iter().any(|cost| cost.1 < present.1)
}

/// Says whether the price that holds now is among the lower ones of the day.
fn is_cheap(now: Time, policy: &PolicySettings) -> bool {
    let costs = costs(now, policy);
    let dearest = costs.iter().fold(0.0, |most: f64, cost| most.max(cost.1));
    costs.first().is_some_and(|now| now.1 < dearest / 2.0)
}

/// Finds the cars that can't wait for the sun any longer: what they still want takes a good part of the time that they have, at the current
/// that they can count on when all that want current get it. Once found, a car stays so until that part is half as large, and in its last hour.
fn mark_due(
    now: Time,
    site: &Site,
    (network, limits): (&Network, &[f64]),
    wishes: &[Wish],
    needs: &[Need],
    state: &mut State,
) {
    let Some(sun) = site.policy.sun.filter(|_| site.control.rules.hold(Rule::DepartureBeforeSun)) else {
        return;
    };
    let latest = LATEST * sun.weight / (sun.weight + site.policy.deadline);
    let demands: Vec<Demand> = wishes
        .iter()
        .zip(&site.chargers)
        .map(|(wish, charger)| match wish.takes {
            Some(takes) => Demand::fixed(takes.0),
            None => Demand { floor: 0.0, ceiling: wish.most.0, weight: charger.priority },
        })
        .collect();
    let shares = share(network, limits, &demands);
    for need in needs {
        let (charger, memory) = (&site.chargers[need.current], &mut state.chargers[need.current]);
        // a car that charges on one phase of three takes three times as long
        let phases = memory.sun.and_then(|follower| follower.phases);
        let part_of_phases = phases.map_or(1.0, |phases| f64::from(phases) / charger.phases.len() as f64);
        let kilowatts = shares.amps[need.current] * need.kw_per_amp * part_of_phases.min(1.0);
        // what is told counts as it is, down to the last minute
        let told = told(now, site, need.current, memory);
        let kwh = told.kwh.unwrap_or_else(|| need.expected_kwh());
        let hours = told.hours.unwrap_or_else(|| need.expected_hours());
        let part = kwh / (kilowatts * hours).max(1e-6);
        let stays = memory.is_due && (part >= latest / 2.0 || hours < LAST_HOURS);
        memory.is_due = stays || part >= latest;
    }
}

/// Makes a plan for those that want current, and remembers it.
fn plan(now: Time, site: &Site, network: (&Network, &[f64]), wishes: &[Wish], state: &mut State) {
    for memory in &mut state.chargers {
        memory.preference = None;
    }
    state.planned_at = Some(now);
    let is_too_much = wishes.iter().filter(|wish| wants(wish)).count() > MOST_CARS;
    if is_too_much && site.policy.sun.is_none() {
        return;
    }
    let habits = habits(state);
    let mut needs = Vec::new();
    for (index, (wish, charger)) in wishes.iter().zip(&site.chargers).enumerate() {
        if wants(wish) {
            let weight = charger.priority;
            let kw_per_amp = site.grid.voltage.0 * charger.phases.len() as f64 / 1000.0;
            let (kwh, hours) = outlook(now, site, index, &state.chargers[index], &habits);
            needs.push(Need { current: index, most: wish.most.0, kw_per_amp, kwh, hours, weight });
        }
    }
    mark_due(now, site, network, wishes, &needs, state);
    if is_too_much {
        return;
    }
    let horizon = Horizon { step_hours: STEP_HOURS, costs: costs(now, &site.policy) };
    let planned = prefer(network.0, network.1, &needs, &horizon);
    for (need, preference) in needs.iter().zip(planned.into_iter().flatten()) {
        state.chargers[need.current].preference = Some(preference);
    }
}

/// What is told of a car and its visit: by somebody for this visit, else in the site file.
struct Told {
    /// Energy that it still wants, kWh.
    kwh: Option<f64>,
    /// Until it leaves, hours; 0 when it should have.
    hours: Option<f64>,
}

fn told(now: Time, site: &Site, charger: usize, memory: &ChargerMemory) -> Told {
    let expected = site.policy.expected.get(charger).copied().unwrap_or_default();
    let said = memory.needs.as_ref();
    let kwh = said.and_then(|needs| needs.kwh_left(memory.visit_kwh));
    let departure = said.and_then(|needs| needs.departure);
    let hours = departure.map(|departure| departure.since(now).as_millis() as f64 / HOUR_MS);
    Told {
        kwh: kwh.or_else(|| expected.energy.map(|energy| (energy - memory.visit_kwh).max(0.0))),
        hours: hours.or_else(|| expected.ready_by.map(|minute| minutes_until(now, minute) / 60.0)),
    }
}

/// Says what energy a car may still want, and how long it may stay.
fn outlook(
    now: Time,
    site: &Site,
    index: usize,
    memory: &ChargerMemory,
    habits: &Habits,
) -> (Vec<f64>, Vec<f64>) {
    let since = memory.plugged_since.unwrap_or(now);
    let so_far = now.since(since).as_millis() as f64 / HOUR_MS;
    let told = told(now, site, index, memory);
    let mut kwh = told.kwh.map_or_else(|| habits.kwh_left(index, memory.visit_kwh), |kwh| vec![kwh]);
    let hours = match told.hours {
        // what is told counts down to the last minutes, and a plan aims at a step before, for it is never carried out to the ampere
        Some(hours) => vec![(hours - STEP_HOURS).max(STEP_HOURS)],
        None => {
            let left = habits.hours_left(index, so_far);
            left.into_iter().map(|hours| hours.max(LEAST_HOURS_LEFT)).collect()
        }
    };
    kwh.iter_mut().for_each(|kwh| *kwh = kwh.max(LEAST_KWH_LEFT));
    (kwh, hours)
}

fn minute_of_day(now: Time) -> f64 {
    (now.0 % 86_400_000) as f64 / 60_000.0
}

/// Returns the minutes until a minute of the UTC day comes next.
fn minutes_until(now: Time, minute: u16) -> f64 {
    (f64::from(minute) - minute_of_day(now)).rem_euclid(DAY_MINUTES)
}

/// Returns what energy costs from when on, hours from now, as a share of its worth: the dearest price of the day costs most.
pub(super) fn costs(now: Time, policy: &PolicySettings) -> Vec<(f64, f64)> {
    let prices = policy.tariff.iter().map(|price| price.1);
    let (cheapest, dearest) =
        (prices.clone().fold(f64::INFINITY, f64::min), prices.fold(-f64::INFINITY, f64::max));
    if policy.price <= 0.0 || dearest <= cheapest {
        return Vec::new();
    }
    let share = DEAREST * policy.price / (policy.price + policy.deadline);
    let cost = |price: f64| share * (price - cheapest) / (dearest - cheapest);
    let mut costs: Vec<(f64, f64)> = policy
        .tariff
        .iter()
        .map(|&(minute, price)| (minutes_until(now, minute) / 60.0, cost(price)))
        .collect();
    costs.sort_by(|a, b| a.0.total_cmp(&b.0));
    // what holds now began before now: it is what comes last before its time comes again
    if let Some(&(_, last)) = costs.last() {
        costs.insert(0, (0.0, last));
    }
    costs
}

/// Gathers the visits of all chargers.
fn habits(state: &State) -> Habits {
    let mut habits = Habits::default();
    for (index, memory) in state.chargers.iter().enumerate() {
        for &visit in &memory.visits {
            habits.remember(index, visit);
        }
    }
    habits
}

/// Counts time and energy of the visits that go on, and remembers those that have ended. An old reading ends and begins nothing.
fn keep_accounts(now: Time, site: &Site, snapshot: &Snapshot, state: &mut State) {
    let gap = state.at.map_or(0.0, |at| now.since(at).as_millis() as f64 / HOUR_MS).min(LONGEST_GAP_HOURS);
    for (index, memory) in state.chargers.iter_mut().enumerate() {
        let Some(reading) = fresh(snapshot.chargers.get(index), now, site.control.stale_after) else {
            continue;
        };
        match reading.value.state {
            ChargerState::PluggedIn | ChargerState::Charging => {
                memory.plugged_since.get_or_insert(now);
                memory.visit_kwh += kilowatts(site, &reading.value) * gap;
            }
            ChargerState::Unplugged => end_visit(now, memory),
            ChargerState::Fault => {}
        }
    }
}

fn kilowatts(site: &Site, reading: &ChargerReading) -> f64 {
    reading.drawn.iter().map(|amps| amps.0.max(0.0)).sum::<f64>() * site.grid.voltage.0 / 1000.0
}

fn end_visit(now: Time, memory: &mut ChargerMemory) {
    memory.is_due = false;
    let Some(since) = memory.plugged_since.take() else { return };
    memory.needs = None;
    let hours = now.since(since).as_millis() as f64 / HOUR_MS;
    let kwh = std::mem::take(&mut memory.visit_kwh);
    if hours >= SHORTEST_VISIT_HOURS {
        if memory.visits.len() >= VISITS {
            memory.visits.remove(0);
        }
        memory.visits.push(Visit { hours, kwh });
    }
}
