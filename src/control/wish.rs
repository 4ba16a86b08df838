//! What each charger wants, and what it takes whether anybody likes it or not.
//!
//! ```text
//!              offers or draws clearly more than told, for longer than a car needs to follow
//!   wants ────────────────────────────────────────────────────────────────────────────────▶ takes (disobeys)
//!     │ no answer for longer than staleAfter
//!     └──────────────────────────────────────────────────────────────────────────────────▶ takes (silent)
//! ```

use super::loads::CircuitLoad;
use super::reason::Reason;
use super::{ChargerMemory, ChargerReading, ChargerState, Reading, Snapshot, State, Time, fresh};
use crate::site::{Amps, Charger, ChargerId, MeterId, Period, Rule, Rules, Site};

/// What a charger wants or takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wish {
    /// The most it should get: 0, or at least its `min`.
    pub most: Amps,
    /// Why not more than that.
    pub reason: Reason,
    /// It counts with this much whatever is decided; then `most` is what it is told.
    pub takes: Option<Amps>,
    /// The most that it may be offering now.
    pub ceiling: Amps,
    /// It offers more than it was told, and has had its time to answer: where there is no room for that, others pay until it obeys.
    pub lags: bool,
}

/// A station that has been told twice or three times and still offers more does not obey.
const OBEY_STATION: Period = Period::from_secs(3);

/// A car has up to 5 s to follow a lower limit (IEC 61851-1); what it draws above the limit after that is disobedience.
const OBEY_CAR: Period = Period::from_secs(6);

/// No car is waited for any longer, however slow it was when it was measured: so disobedience is found within `staleAfter`, two intervals and
/// this, 15 s with the default settings.
const SLOWEST_CAR: Period = Period::from_secs(8);

/// Works out every charger's wish and remembers how its car behaves.
pub fn wishes(
    now: Time,
    site: &Site,
    snapshot: &Snapshot,
    loads: &[CircuitLoad],
    state: &mut State,
) -> Vec<Wish> {
    let blind = blind_meters(site, loads);
    let state_at = state.at;
    let rules = site.control.rules;
    let chargers = site.chargers.iter().enumerate();
    chargers
        .map(|(index, charger)| {
            let memory = &mut state.chargers[index];
            if memory.order.as_ref().is_some_and(|order| order.until.is_some_and(|until| until <= now)) {
                memory.order = None;
            }
            let heard = snapshot.chargers.get(index).and_then(Option::as_ref);
            let ceiling = ceiling(snapshot, ChargerId(index), charger);
            let Some(reading) = fresh(snapshot.chargers.get(index), now, site.control.stale_after) else {
                memory.idle_since = None;
                memory.raisable_since = None;
                let counts = ceiling.max(charger.failsafe);
                let (counts, ceiling) =
                    if rules.hold(Rule::SilentCounts) { (counts, ceiling) } else { Default::default() };
                let age_ms = heard.map(|reading| now.since(reading.at).as_millis());
                let reason = Reason::Silent { age_ms, counts };
                return Wish { most: charger.failsafe, reason, takes: Some(counts), ceiling, lags: false };
            };
            watch_car(now, site, charger, &reading.value, memory);
            let (most, reason) = wanted(rules, charger, &reading.value, memory, blind[charger.circuit.0]);
            let excess = excess(now, charger, &reading.value, ceiling, memory);
            if let Some(actual) = excess.filter(|_| rules.hold(Rule::Disobedience)) {
                let told = memory.setpoint.unwrap_or(charger.failsafe).min(most);
                let reason = Reason::Disobeys { actual };
                let most = possible(charger, told);
                return Wish { most, reason, takes: Some(actual), ceiling: actual, lags: false };
            }
            let lags = lags(now, site, charger, reading, state_at, memory);
            Wish { most: possible(charger, most), reason, takes: None, ceiling, lags }
        })
        .collect()
}

/// Returns the most that a charger may be offering now.
fn ceiling(snapshot: &Snapshot, id: ChargerId, charger: &Charger) -> Amps {
    let account = snapshot.ceilings.get(id.0).copied().flatten();
    let said = snapshot.chargers.get(id.0).and_then(Option::as_ref).map(|reading| reading.value.offered);
    account.or(said).unwrap_or(charger.max).max(Amps::ZERO)
}

/// Finds for each circuit a meter on the way up that is unknown.
fn blind_meters(site: &Site, loads: &[CircuitLoad]) -> Vec<Option<MeterId>> {
    let mut blind = vec![None; site.circuits.len()];
    for &id in &site.parents_first {
        let circuit = &site.circuits[id.0];
        let above = circuit.parent.and_then(|parent| blind[parent.0]);
        blind[id.0] = if loads[id.0].meter_unknown { circuit.meter } else { above };
    }
    blind
}

/// Returns what a charger can offer at the most without exceeding `amps`: 0, or at least its `min`.
pub fn possible(charger: &Charger, amps: Amps) -> Amps {
    if amps.0 + 1e-9 < charger.min.0 { Amps::ZERO } else { amps.min(charger.max) }
}

/// Returns what the charger really offers or draws, when that has been above its limit for too long.
fn excess(
    now: Time,
    charger: &Charger,
    reading: &ChargerReading,
    ceiling: Amps,
    memory: &mut ChargerMemory,
) -> Option<Amps> {
    let told = memory.setpoint?;
    let drawn = reading.drawn.iter().fold(Amps::ZERO, |most, &amps| most.max(amps));
    // meters in chargers are good for a few percent, cars for half an ampere
    let draws_more = drawn.0 > told.0 * 1.08 + 1.0;
    let offers_more = offers_more(charger, reading, told);
    if !draws_more && !offers_more {
        memory.excess_since = None;
        return None;
    }
    let since = *memory.excess_since.get_or_insert(now);
    let slow_car = charger.reaction.unwrap_or_default().min(SLOWEST_CAR);
    let patience = if offers_more { OBEY_STATION } else { OBEY_CAR.max(slow_car) };
    (now.since(since) > patience).then(|| ceiling.max(drawn))
}

/// Says whether a charger was asked after it was told, and offers more all the same, or has done so for an interval.
fn lags(
    now: Time,
    site: &Site,
    charger: &Charger,
    reading: &Reading<ChargerReading>,
    told_at: Option<Time>,
    memory: &ChargerMemory,
) -> bool {
    let asked_since = told_at.is_some_and(|told_at| reading.at > told_at);
    let waited = memory.excess_since.is_some_and(|since| now.since(since) >= site.control.interval);
    memory.setpoint.is_some_and(|told| offers_more(charger, &reading.value, told)) && (asked_since || waited)
}

/// Says whether a charger offers clearly more than it was told.
fn offers_more(charger: &Charger, reading: &ChargerReading, told: Amps) -> bool {
    reading.offered.0 > told.0 + charger.resolution.0.max(0.1)
}

/// Learns what the car wants from what it draws.
fn watch_car(
    now: Time,
    site: &Site,
    charger: &Charger,
    reading: &ChargerReading,
    memory: &mut ChargerMemory,
) {
    if matches!(reading.state, ChargerState::Unplugged | ChargerState::Fault) {
        memory.appetite = None;
        memory.idle_since = None;
        return;
    }
    if reading.offered < charger.min {
        memory.idle_since = None;
        return;
    }
    let drawn = reading.drawn.iter().fold(Amps::ZERO, |most, &amps| most.max(amps));
    if drawn.0 >= 0.92 * reading.offered.0 - 0.25 {
        memory.idle_since = None;
        memory.appetite = match memory.appetite {
            // it takes what it gets: let it have more, in steps, until it no longer does
            Some(appetite) if appetite < charger.max => Some(appetite.max(Amps(drawn.0 * 1.25 + 2.0))),
            _ => None,
        };
        return;
    }
    let since = *memory.idle_since.get_or_insert(now);
    memory.idle_peak = if since == now { drawn } else { memory.idle_peak.max(drawn) };
    if now.since(since) >= site.control.follow_time {
        memory.appetite = Some(Amps(memory.idle_peak.0 * 1.1 + 1.5).max(charger.min));
        // look again from here on, so that one peak does not count for ever
        memory.idle_since = Some(now);
        memory.idle_peak = drawn;
    }
}

fn wanted(
    rules: Rules,
    charger: &Charger,
    reading: &ChargerReading,
    memory: &ChargerMemory,
    blind: Option<MeterId>,
) -> (Amps, Reason) {
    match reading.state {
        ChargerState::Fault if rules.hold(Rule::FaultNoShare) => return (Amps::ZERO, Reason::Fault),
        ChargerState::Unplugged if rules.hold(Rule::NoCarNoShare) => return (Amps::ZERO, Reason::NoCar),
        _ => {}
    }
    let mut most = (charger.max, Reason::Full);
    let mut lower = |limit: Amps, reason| {
        if limit < most.0 {
            most = (limit, reason);
        }
    };
    if let Some(appetite) = memory.appetite.filter(|_| rules.hold(Rule::Appetite)) {
        lower(appetite, Reason::Appetite);
    }
    if let Some(order) = memory.order.as_ref().filter(|_| rules.hold(Rule::Orders)) {
        lower(
            order.limit,
            if order.limit <= Amps::ZERO { Reason::Paused } else { Reason::Ordered(order.limit) },
        );
    }
    if let Some(meter) = blind.filter(|_| rules.hold(Rule::BlindMeters)) {
        lower(charger.failsafe, Reason::MeterUnknown(meter));
    }
    most
}
