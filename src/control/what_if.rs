//! A recorded day at another site file: what the same cars would have taken. Pure.
//!
//! The record says what a car took of what it was offered, so its wish is a guess:
//!
//! - A car that took all it was offered would have taken more, up to what its charger can give. One that for a while took clearly less would
//!   never have taken more than that.
//! - A car that was full before it left needs what it took and no more. One that was not full at its departure would have gone on.
//! - Cars come and go as recorded, and obey at once. What else draws at a meter is as recorded.

use std::collections::HashMap;

use super::{ChargerReading, ChargerState, Decision, Reading, Snapshot, State, Time, fresh, step};
use crate::site::{Amps, CircuitId, Period, Phase, Site};

/// A car that takes less than it is offered by more than this has a limit of its own. Amperes.
const CLEARLY_LESS: f64 = 1.5;

/// How long a car takes clearly less than it is offered, without taking more by and by, until that is a limit of its own and no slow
/// start. IEC 61851-1, annex A, lets a car be up to 5 s late with a change; some rise for half a minute.
const OWN_LIMIT_AFTER: Period = Period::from_secs(30);

/// A car that draws less than this does not charge. Amperes.
const IDLE: f64 = 0.5;

/// Longest time for which a reading stands, in hours: a gap in the record charges no car.
const LONGEST_HOURS: f64 = 10.0 / 3600.0;

/// A car's stay at a charger.
#[derive(Debug, Clone, PartialEq)]
struct Stay {
    until: Time,
    /// What it took, in ampere-hours over all phases.
    took: f64,
    /// The most that it ever drew on a phase.
    most: f64,
    /// Does it have a limit of its own, and is that `most`?
    has_limit: bool,
    /// Since when it has taken clearly less than it was offered, and never more than then.
    less_since: Option<Time>,
    /// Was it full at its departure?
    is_full: bool,
    /// Which terminals it draws on.
    terminals: [bool; 3],
}

impl Stay {
    fn begun() -> Self {
        Stay {
            until: Time(u64::MAX),
            took: 0.0,
            most: 0.0,
            has_limit: false,
            less_since: None,
            is_full: false,
            terminals: [false; 3],
        }
    }
}

/// The stays of a recorded day by charger: found in a first pass over the tape.
#[derive(Debug, Default)]
pub struct Stays {
    by_charger: HashMap<String, Vec<Stay>>,
    open: HashMap<String, (Stay, Time)>,
}

impl Stays {
    /// Learns from a decision's snapshot.
    pub fn learn(&mut self, now: Time, site: &Site, snapshot: &Snapshot) {
        for (index, charger) in site.chargers.iter().enumerate() {
            let Some(reading) = fresh(snapshot.chargers.get(index), now, site.control.stale_after) else {
                continue;
            };
            let value = &reading.value;
            if value.state == ChargerState::Unplugged {
                self.end(&charger.name, now);
                continue;
            }
            let (stay, seen) = self.open.entry(charger.name.clone()).or_insert_with(|| (Stay::begun(), now));
            let hours = hours_between(*seen, now);
            *seen = now;
            let most = value.drawn.iter().map(|amps| amps.0).fold(0.0, f64::max);
            stay.took += value.drawn.iter().map(|amps| amps.0.max(0.0)).sum::<f64>() * hours;
            let rises = most > stay.most;
            stay.most = stay.most.max(most);
            for (seen, drawn) in stay.terminals.iter_mut().zip(value.drawn) {
                *seen |= drawn.0 > IDLE;
            }
            let could = value.offered >= charger.min;
            stay.is_full = if could && most < IDLE { stay.took > 0.0 } else { stay.is_full && most < IDLE };
            let takes_less = could && most > IDLE && value.offered.0 - most > CLEARLY_LESS;
            stay.less_since = match stay.less_since {
                Some(since) if takes_less && !rises => Some(since),
                _ => takes_less.then_some(now),
            };
            stay.has_limit |= stay.less_since.is_some_and(|since| now.since(since) >= OWN_LIMIT_AFTER);
        }
    }

    /// Ends the pass.
    pub fn finish(&mut self) {
        let names: Vec<String> = self.open.keys().cloned().collect();
        for name in names {
            self.end(&name, Time(u64::MAX));
        }
    }

    fn end(&mut self, charger: &str, now: Time) {
        if let Some((mut stay, _)) = self.open.remove(charger) {
            stay.until = now;
            self.by_charger.entry(charger.to_owned()).or_default().push(stay);
        }
    }

    fn at(&self, charger: &str, now: Time) -> Option<&Stay> {
        let stays = self.by_charger.get(charger)?;
        stays.get(stays.partition_point(|stay| stay.until <= now))
    }
}

fn hours_between(from: Time, to: Time) -> f64 {
    (to.since(from).as_millis() as f64 / 3_600_000.0).min(LONGEST_HOURS)
}

/// What a charger does in the other day.
#[derive(Debug, Clone, Copy, Default)]
struct Imagined {
    setpoint: Amps,
    /// What its car has taken, ampere-hours.
    took: f64,
    drawn: [Amps; 3],
    /// On how many phases it can charge, since it was switched; `None`: as it was recorded.
    phases: Option<u8>,
    seen: Option<Time>,
}

/// The day at another site file.
#[derive(Debug)]
pub struct WhatIf {
    stays: Stays,
    state: Option<State>,
    imagined: Vec<Imagined>,
}

impl WhatIf {
    /// Begins, with what a first pass has learnt.
    pub fn new(mut stays: Stays) -> Self {
        stays.finish();
        WhatIf { stays, state: None, imagined: Vec::new() }
    }

    /// Decides for the other site what was decided for the recorded one; `recorded` is that site and its snapshot.
    pub fn decide(
        &mut self,
        now: Time,
        other: &Site,
        recorded: (&Site, &Snapshot),
        memory: Option<&State>,
    ) -> (Snapshot, Decision) {
        let (site, _) = recorded;
        let names: Vec<&str> = site.chargers.iter().map(|charger| charger.name.as_str()).collect();
        let mut state = match (self.state.take(), memory) {
            (Some(state), None) => state,
            (None, memory) => {
                memory.map_or_else(|| State::empty(other), |memory| memory.fitted(&names, other))
            }
            (Some(mut state), Some(memory)) => {
                // what people ordered then, they would have ordered at the other site too
                let fitted = memory.fitted(&names, other);
                for (mine, ordered) in state.chargers.iter_mut().zip(fitted.chargers) {
                    mine.order = ordered.order;
                    mine.needs = ordered.needs;
                }
                state
            }
        };
        state.chargers.resize_with(other.chargers.len(), Default::default);
        if self.imagined.len() != other.chargers.len() {
            self.imagined = state
                .chargers
                .iter()
                .map(|memory| Imagined {
                    setpoint: memory.setpoint.unwrap_or_default(),
                    ..Imagined::default()
                })
                .collect();
        }
        let snapshot = self.imagine(now, other, recorded);
        let decision = step(now, other, &snapshot, &state);
        for (imagined, setpoint) in self.imagined.iter_mut().zip(&decision.setpoints) {
            imagined.setpoint = setpoint.amps;
            imagined.phases = setpoint.phases.or(imagined.phases);
        }
        self.state = Some(decision.state.clone());
        (snapshot, decision)
    }

    /// Makes the snapshot that the other site would have seen.
    fn imagine(&mut self, now: Time, other: &Site, (site, recorded): (&Site, &Snapshot)) -> Snapshot {
        let mut snapshot = Snapshot::empty(other);
        for (index, charger) in other.chargers.iter().enumerate() {
            let Some(before) = site.charger_named(&charger.name) else { continue };
            let Some(reading) = recorded.chargers.get(before.0).and_then(Option::as_ref) else { continue };
            let terminals = charger.phases.len();
            let value =
                self.imagined_reading(now, index, &charger.name, reading.value, charger.max, terminals);
            snapshot.chargers[index] = Some(Reading { at: reading.at, value });
            snapshot.ceilings[index] = Some(self.imagined[index].setpoint);
        }
        for (index, meter) in other.meters.iter().enumerate() {
            let Some(before) = site.meters.iter().position(|known| known.name == meter.name) else {
                continue;
            };
            let Some(mut reading) = recorded.meters.get(before).cloned().flatten() else { continue };
            let then = behind(site, before, |charger| drawn(recorded, charger));
            let now = behind(other, index, |charger| drawn(&snapshot, charger));
            for (terminal, current) in reading.value.currents.iter_mut().enumerate() {
                let (Some(amps), Some(phase)) = (current, meter.phases.get(terminal)) else { continue };
                amps.0 = (amps.0 - then[phase.index()] + now[phase.index()]).max(0.0);
            }
            let more = now.iter().sum::<f64>() - then.iter().sum::<f64>();
            reading.value.power = reading.value.power.map(|power| power + more * other.grid.voltage.0);
            snapshot.meters[index] = Some(reading);
        }
        snapshot
    }

    fn imagined_reading(
        &mut self,
        now: Time,
        index: usize,
        name: &str,
        recorded: ChargerReading,
        max: Amps,
        terminals: usize,
    ) -> ChargerReading {
        let imagined = &mut self.imagined[index];
        let hours = imagined.seen.map_or(0.0, |seen| hours_between(seen, now));
        imagined.seen = Some(now);
        imagined.took += imagined.drawn.iter().map(|amps| amps.0).sum::<f64>() * hours;
        imagined.drawn = [Amps::ZERO; 3];
        let (offered, phases) = (imagined.setpoint, imagined.phases.or(recorded.phases));
        let terminals = terminals.min(phases.map_or(3, usize::from));
        let stay = self
            .stays
            .at(name, now)
            .filter(|_| matches!(recorded.state, ChargerState::PluggedIn | ChargerState::Charging));
        let Some(stay) = stay else {
            imagined.took = 0.0;
            return ChargerReading { drawn: [Amps::ZERO; 3], offered, phases, ..recorded };
        };
        let wants = !stay.is_full || imagined.took < stay.took;
        let most = if stay.has_limit { Amps(stay.most) } else { max };
        let knows_terminals = stay.terminals.contains(&true);
        for (terminal, amps) in imagined.drawn.iter_mut().enumerate().take(terminals) {
            if wants && stay.most > IDLE && (!knows_terminals || stay.terminals[terminal]) {
                *amps = offered.min(most);
            }
        }
        let state = if wants && offered > Amps::ZERO { recorded.state } else { ChargerState::PluggedIn };
        ChargerReading { state, drawn: imagined.drawn, offered, phases }
    }
}

fn drawn(snapshot: &Snapshot, charger: usize) -> [f64; 3] {
    let reading = snapshot.chargers.get(charger).and_then(Option::as_ref);
    reading.map_or([0.0; 3], |reading| reading.value.drawn.map(|amps| amps.0.max(0.0)))
}

/// Adds up by phase what the chargers behind a meter draw: all of them, when it measures no circuit.
fn behind(site: &Site, meter: usize, drawn: impl Fn(usize) -> [f64; 3]) -> [f64; 3] {
    let has_meter = |circuit: CircuitId| site.circuits[circuit.0].meter.is_some_and(|id| id.0 == meter);
    let measures_none = site.circuits.iter().all(|circuit| circuit.meter.is_none_or(|id| id.0 != meter));
    let mut sum = [0.0; 3];
    for (index, charger) in site.chargers.iter().enumerate() {
        if measures_none || site.ancestry(charger.circuit).any(has_meter) {
            for (&phase, amps) in charger.phases.iter().zip(drawn(index)) {
                let phase: Phase = phase;
                sum[phase.index()] += amps;
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::fixture::{charger, circuit, site, with_meter};
    use crate::control::{MeterReading, OutcomeSum};

    fn garage(limit: f64) -> Site {
        let chargers = vec![charger("ev0", 0), charger("ev1", 0)];
        with_meter(site(vec![circuit("main", None, limit)], chargers), 0)
    }

    /// An hour in which both cars take what they get, and the first is full after half of it.
    fn hour(site: &Site) -> Vec<(Time, Snapshot)> {
        let moments = (0..3600).map(|second| {
            let now = Time(1_000_000 + second * 1000);
            let mut snapshot = Snapshot::empty(site);
            let first = if second < 1800 { 8.0 } else { 0.0 };
            for (index, (drawn, offered)) in [(first, 8.0), (8.0, 8.0)].into_iter().enumerate() {
                let state = if drawn > 0.0 { ChargerState::Charging } else { ChargerState::PluggedIn };
                let value =
                    ChargerReading { state, drawn: [Amps(drawn); 3], offered: Amps(offered), phases: None };
                snapshot.chargers[index] = Some(Reading { at: now, value });
            }
            let measured = first + 8.0 + 4.0;
            let (currents, power) = ([Some(Amps(measured)); 3], Some(measured * 690.0));
            let value = MeterReading { currents, power, ..MeterReading::default() };
            snapshot.meters[0] = Some(Reading { at: now, value });
            (now, snapshot)
        });
        moments.collect()
    }

    fn imagined(limit: f64) -> crate::control::Outcome {
        let (recorded, other) = (garage(20.0), garage(limit));
        let day = hour(&recorded);
        let mut stays = Stays::default();
        for (now, snapshot) in &day {
            stays.learn(*now, &recorded, snapshot);
        }
        let mut what_if = WhatIf::new(stays);
        let mut sum = OutcomeSum::new(None);
        for (now, snapshot) in &day {
            let (seen, decision) = what_if.decide(*now, &other, (&recorded, snapshot), None);
            let total = seen.chargers.iter().flatten().map(|reading| reading.value.drawn[0].0).sum::<f64>();
            let measured = seen.meters[0].as_ref().unwrap().value.currents[0].unwrap().0;
            assert!(
                (measured - total - 4.0).abs() < 1e-6,
                "the other load is as recorded: {measured} {total}"
            );
            assert!(measured <= limit + 1e-6, "{measured}");
            let power = seen.meters[0].as_ref().unwrap().value.power.unwrap();
            assert!(
                (power - measured * 690.0).abs() < 1e-3,
                "its power goes with its currents: {power} {measured}"
            );
            sum.add(&other, &seen, &decision);
        }
        sum.outcome()
    }

    #[test]
    fn more_room_gives_more_to_whom_was_not_full_and_no_more_to_whom_was() {
        let wide = imagined(68.0);
        // eight amperes for half an hour on three phases of 230 V
        assert!((wide.chargers[0].energy_kwh - 2.76).abs() < 0.02, "{wide:?}");
        // all that the charger has, after the first raise
        assert!(wide.chargers[1].energy_kwh > 20.0, "{wide:?}");
    }

    /// What a car is taken to want after a record of what it drew, second by second, at an offer of 16 A.
    fn learnt(drawn: &[f64]) -> (bool, f64) {
        let site = garage(40.0);
        let mut stays = Stays::default();
        for (second, amps) in drawn.iter().enumerate() {
            let now = Time(1_000_000 + second as u64 * 1000);
            let mut snapshot = Snapshot::empty(&site);
            let value = ChargerReading {
                state: ChargerState::Charging,
                drawn: [Amps(*amps); 3],
                offered: Amps(16.0),
                phases: None,
            };
            snapshot.chargers[0] = Some(Reading { at: now, value });
            stays.learn(now, &site, &snapshot);
        }
        stays.finish();
        let stay = stays.at("ev0", Time(1_000_000)).unwrap();
        (stay.has_limit, stay.most)
    }

    #[test]
    fn a_slow_start_is_no_limit_of_a_car_and_a_small_charger_in_it_is() {
        let rising: Vec<f64> = (0..30).map(|second| 16.0 * f64::from(second) / 29.0).collect();
        assert_eq!(learnt(&rising), (false, 16.0));
        assert!(!learnt(&rising[..10]).0, "it has left before it had all");
        let small: Vec<f64> = (0..60).map(|second| f64::from(second).min(10.0)).collect();
        assert_eq!(learnt(&small), (true, 10.0));
    }

    #[test]
    fn less_room_gives_less_to_both() {
        let narrow = imagined(18.0);
        assert!(narrow.energy_kwh < 8.28, "{narrow:?}");
        assert!(narrow.limited_minutes > 50.0, "{narrow:?}");
    }
}
