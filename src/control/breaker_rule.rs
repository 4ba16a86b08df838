//! When a breaker is opened because a charger behind it does not obey.
//!
//! ```text
//!             a charger disobeys, and a circuit above it is over its limit though the others make room
//!   watching ──────────────────────────────────────────────────────────────────────────────────────────▶ warning
//!      ▲                                                                                                    │
//!      └──── it obeys, or there is room ────────────────────────────────────────────────────────────────────┤
//!                                                                       that has lasted for `after`         ▼
//!                                                                                                         open!
//! ```
//!
//! Pure. The site file states the rule: `openOn: disobedience` at a remote breaker. Of those on the way up the nearest one is taken, so that
//! as few others as possible lose their current. Nothing here closes a breaker; that is for people.

use std::collections::BTreeMap;

use super::{BreakerState, Decision, Reason, Snapshot, Time, fresh};
use crate::site::{Amps, Charger, ChargerId, CircuitId, Phase, Rule, Site};

/// Why a breaker is to be opened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trespass {
    /// Position of the breaker.
    pub breaker: usize,
    /// The charger that does not obey.
    pub charger: ChargerId,
    /// What it takes.
    pub takes: Amps,
    /// The circuit that is over its limit.
    pub circuit: CircuitId,
    /// The phase.
    pub phase: Phase,
    /// By how much.
    pub over: Amps,
    /// The rule holds in so many milliseconds; 0: now.
    pub in_ms: u64,
}

impl Trespass {
    /// Says it in words.
    pub fn text(&self, site: &Site) -> String {
        format!(
            "charger {} takes {:.1} and does not obey, {} {} is over its limit by {:.1}",
            site.chargers[self.charger.0].name,
            self.takes,
            site.circuits[self.circuit.0].name,
            self.phase,
            self.over
        )
    }
}

/// What counts as over a limit, in amperes: less is rounding.
const OVER: f64 = 0.05;

/// Since when each breaker's rule has been fulfilled.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BreakerRules {
    since: BTreeMap<usize, Time>,
}

impl BreakerRules {
    /// Finds the breakers whose rule is fulfilled, or will be when this goes on.
    pub fn judge(&mut self, site: &Site, snapshot: &Snapshot, decision: &Decision) -> Vec<Trespass> {
        let mut found: BTreeMap<usize, Trespass> = BTreeMap::new();
        let is_kept = site.control.rules.hold(Rule::OpensBreakers);
        for (index, charger) in site.chargers.iter().enumerate().filter(|_| is_kept) {
            let Reason::Disobeys { actual } = decision.setpoints[index].reason else { continue };
            let Some((circuit, phase, over)) = overfull(site, decision, charger) else { continue };
            let Some((breaker, _)) = nearest(site, charger) else { continue };
            let stale_after = site.control.stale_after;
            let reading = fresh(snapshot.breakers.get(breaker), decision.at, stale_after);
            if reading.is_some_and(|reading| reading.value.state != BreakerState::On) {
                continue;
            }
            let trespass = Trespass {
                breaker,
                charger: ChargerId(index),
                takes: actual,
                circuit,
                phase,
                over,
                in_ms: 0,
            };
            found.entry(breaker).or_insert(trespass);
        }
        self.since.retain(|breaker, _| found.contains_key(breaker));
        for (breaker, trespass) in &mut found {
            let since = *self.since.entry(*breaker).or_insert(decision.at);
            let after = site.breakers[*breaker].opens_after.unwrap_or_default();
            trespass.in_ms = after.as_millis().saturating_sub(decision.at.since(since).as_millis());
        }
        found.into_values().collect()
    }
}

/// Finds a phase of a circuit above a charger that is over its limit by what may be drawn there, worst first.
fn overfull(site: &Site, decision: &Decision, charger: &Charger) -> Option<(CircuitId, Phase, Amps)> {
    let places = site
        .ancestry(charger.circuit)
        .flat_map(|circuit| charger.phases.iter().map(move |&phase| (circuit, phase)));
    let overs = places.map(|(circuit, phase)| {
        let total = decision.loads[circuit.0].other[phase] + decision.offered[circuit.0][phase];
        (circuit, phase, total - site.circuits[circuit.0].limit[phase])
    });
    overs.filter(|(_, _, over)| over.0 > OVER).reduce(|worst, one| if one.2 > worst.2 { one } else { worst })
}

/// Finds the nearest breaker above a charger that has a rule.
fn nearest(site: &Site, charger: &Charger) -> Option<(usize, CircuitId)> {
    site.ancestry(charger.circuit).find_map(|circuit| {
        let has_rule = |breaker: &crate::site::Breaker| {
            breaker.circuit == Some(circuit) && breaker.remote && breaker.opens_after.is_some()
        };
        site.breakers.iter().position(has_rule).map(|breaker| (breaker, circuit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{BreakerReading, ChargerReading, ChargerState, Reading, State, fixture, step};
    use crate::site::{Breaker, Period};

    /// A row of 20 A with a breaker that obeys the rule, below a main of 63 A; two chargers in the row, one beside it.
    fn site() -> Site {
        let circuits = vec![fixture::circuit("main", None, 63.0), fixture::circuit("row", Some(0), 20.0)];
        let chargers =
            vec![fixture::charger("bad", 1), fixture::charger("good", 1), fixture::charger("far", 0)];
        let mut site = fixture::site(circuits, chargers);
        for (name, circuit) in [("q-main", 0), ("q-row", 1)] {
            site.breakers.push(Breaker {
                name: name.into(),
                circuit: Some(CircuitId(circuit)),
                remote: true,
                opens_after: Some(Period::from_secs(10)),
                device: fixture::device("enmon-endpoint", 5050),
            });
        }
        site
    }

    /// Runs a controller for so many seconds; the first charger offers `offers` whatever it is told, the others obey. Returns for each
    /// second what the rules found and the limits of the three.
    fn run(site: &Site, seconds: u64, offers: f64, position: BreakerState) -> Vec<(Vec<Trespass>, Decision)> {
        let mut state = State::empty(site);
        let mut rules = BreakerRules::default();
        let mut told = [0.0; 3];
        let mut story = Vec::new();
        for second in 0..seconds {
            let at = Time(1_000_000 + second * 1000);
            let mut snapshot = Snapshot::empty(site);
            for (index, told) in told.iter().enumerate() {
                let offered = if index == 0 { offers } else { *told };
                let value = ChargerReading {
                    state: ChargerState::Charging,
                    drawn: [Amps(offered); 3],
                    offered: Amps(offered),
                    phases: None,
                };
                snapshot.chargers[index] = Some(Reading { at, value });
            }
            for breaker in &mut snapshot.breakers {
                *breaker =
                    Some(Reading { at, value: BreakerReading { state: position, ..Default::default() } });
            }
            let decision = step(at, site, &snapshot, &state);
            for (told, setpoint) in told.iter_mut().zip(&decision.setpoints) {
                *told = setpoint.amps.0;
            }
            state = decision.state.clone();
            story.push((rules.judge(site, &snapshot, &decision), decision));
        }
        story
    }

    #[test]
    fn what_a_disobedient_charger_takes_is_taken_from_the_others_within_15_s() {
        let site = site();
        // there is room for it when the other one pauses: no breaker opens
        let story = run(&site, 60, 18.0, BreakerState::On);
        let found = story
            .iter()
            .position(|(_, decision)| matches!(decision.setpoints[0].reason, Reason::Disobeys { .. }));
        assert!(found.is_some_and(|second| second <= 15), "{found:?}");
        for (trespasses, decision) in &story[15..] {
            assert!(decision.offered[1][Phase::L1].0 <= 20.0 + 1e-9);
            assert!(trespasses.is_empty(), "{trespasses:?}");
        }
    }

    #[test]
    fn when_that_is_not_enough_the_nearest_breaker_opens_after_the_time_of_its_rule() {
        let site = site();
        let story = run(&site, 60, 32.0, BreakerState::On);
        let first = story.iter().position(|(trespasses, _)| !trespasses.is_empty()).unwrap();
        let opens = story.iter().position(|(all, _)| all.iter().any(|one| one.in_ms == 0)).unwrap();
        assert!(first <= 15, "{first}");
        assert_eq!(opens - first, 10);
        let trespass = story[opens].0[0];
        assert_eq!((trespass.breaker, trespass.charger), (1, ChargerId(0)));
        assert_eq!(
            trespass.text(&site),
            "charger bad takes 32.0 A and does not obey, row L1 is over its limit by 12.0 A"
        );
    }

    #[test]
    fn an_open_breaker_is_not_opened_again_and_without_a_rule_none_is() {
        let mut site = site();
        assert!(run(&site, 40, 32.0, BreakerState::Off).iter().all(|(all, _)| all.is_empty()));
        site.breakers[1].opens_after = None;
        // the next one with a rule
        assert_eq!(run(&site, 40, 32.0, BreakerState::On).last().unwrap().0[0].breaker, 0);
        site.breakers[0].remote = false;
        assert!(run(&site, 40, 32.0, BreakerState::On).iter().all(|(all, _)| all.is_empty()));
    }
}
