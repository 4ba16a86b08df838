//! What can be learnt of a charger by stepping it through its currents: which site phase is on its first terminal, how many phases its car has,
//! in which steps it can be set, how fast it follows.
//!
//! Pure; whoever steps the charger hands in what was seen. What can't be told is a doubt, and no guess.

use super::{ChargerReading, Time};
use crate::site::{Amps, Charger, PerPhase, Period, Phase, Site};

/// What was seen while a charger offered so much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// When.
    pub at: Time,
    /// What the charger said.
    pub charger: ChargerReading,
    /// What the meter above it measured by site phase, where there is one.
    pub metered: Option<PerPhase<Amps>>,
}

/// What was learnt.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Learnt {
    /// Phases on which the car draws.
    pub car_phases: usize,
    /// Site phase on terminals 1, 2, 3; `None`: it could not be told.
    pub phases: Option<Vec<Phase>>,
    /// Why something could not be told.
    pub doubts: Vec<String>,
}

/// A terminal that carries less than this carries nothing, in amperes.
const NOTHING: f64 = 1.0;

/// A phase rises with a terminal when it rises by this share of it at least; it stands still below the other share.
const RISES: f64 = 0.6;
const STANDS: f64 = 0.3;

/// Learns from a look while nothing was offered and one while the car drew.
pub fn learn(charger: &Charger, idle: &Look, loaded: &Look) -> Learnt {
    let terminals = charger.phases.len();
    let drawn: Vec<f64> = loaded.charger.drawn[..terminals].iter().map(|amps| amps.0).collect();
    let car_phases = drawn.iter().filter(|amps| **amps >= NOTHING).count();
    let mut learnt = Learnt { car_phases, ..Learnt::default() };
    if car_phases == 0 {
        learnt.doubts.push("the car drew nothing: is it full?".into());
        return learnt;
    }
    let (Some(before), Some(after)) = (idle.metered, loaded.metered) else {
        learnt.doubts.push("no meter above the charger: its phases can't be told".into());
        return learnt;
    };
    if car_phases == 3 {
        learnt
            .doubts
            .push("the car draws on three phases: their rotation shows with a car of one phase only".into());
        return learnt;
    }
    let mean = drawn.iter().filter(|amps| **amps >= NOTHING).sum::<f64>() / car_phases as f64;
    let share = |phase: Phase| (after[phase] - before[phase]).0 / mean;
    let rising: Vec<Phase> = Phase::ALL.into_iter().filter(|&phase| share(phase) >= RISES).collect();
    let standing = Phase::ALL.into_iter().filter(|&phase| share(phase).abs() <= STANDS).count();
    if rising.len() != car_phases || standing != 3 - car_phases {
        let seen =
            Phase::ALL.map(|phase| format!("{phase} {:+.1}", (after[phase] - before[phase]).0)).join(", ");
        learnt
            .doubts
            .push(format!("the meter shows no clear rise ({seen} A): something else changed meanwhile"));
        return learnt;
    }
    let first = drawn.iter().position(|amps| *amps >= NOTHING).unwrap_or(0);
    // the field must turn the right way round, so phases follow each other: L1, L2, L3
    let begins = match rising[..] {
        [one] => one,
        [Phase::L1, Phase::L3] => Phase::L3,
        [one, ..] => one,
        [] => return learnt,
    };
    learnt.phases = Some(rotation(begins, first, terminals));
    learnt
}

/// Returns the site phases of terminals 1, 2, 3 when this terminal (counted from 0) has this phase.
fn rotation(phase: Phase, terminal: usize, terminals: usize) -> Vec<Phase> {
    (0..terminals).map(|at| Phase::ALL[(phase.index() + 3 + at - terminal) % 3]).collect()
}

/// Returns the most that a charger may be set to while no controller runs: what its circuits have left beside the fail-safe currents of all
/// others and the base load.
pub fn safe_most(site: &Site, charger: &Charger) -> Amps {
    let mut most = charger.max;
    for circuit in site.ancestry(charger.circuit) {
        let is_below = |other: &crate::site::CircuitId| site.ancestry(*other).any(|above| above == circuit);
        for &phase in &charger.phases {
            let others = site.chargers.iter().filter(|other| other.name != charger.name);
            let others = others.filter(|other| other.phases.contains(&phase) && is_below(&other.circuit));
            let failsafe: Amps = others.map(Charger::unattended).sum();
            let below = (0..site.circuits.len()).map(crate::site::CircuitId).filter(|id| is_below(id));
            let base: Amps =
                below.map(|id| site.circuits[id.0].base_load.map_or(Amps::ZERO, |load| load[phase])).sum();
            most = most.min(site.circuits[circuit.0].limit[phase] - base - failsafe - site.control.reserve);
        }
    }
    most.max(Amps::ZERO)
}

/// Returns how long a car took to follow a lower limit: from the command to the first look with no more than that.
pub fn reaction(told: Time, limit: Amps, looks: &[Look]) -> Option<Period> {
    let follows = |look: &&Look| look.charger.drawn.iter().all(|amps| amps.0 <= limit.0 * 1.05 + 0.5);
    looks.iter().filter(|look| look.at >= told).find(follows).map(|look| look.at.since(told))
}

/// Returns the step in which a charger can be set, from what it offered for limits a little above a full ampere: the finest that it took.
pub fn step_size(tried: &[(Amps, Amps)]) -> Option<Amps> {
    let taken = tried.iter().filter(|(told, offered)| (*told - *offered).abs().0 < 0.04);
    let fraction = |amps: Amps| Amps(((amps.0 - amps.0.floor()) * 100.0).round() / 100.0);
    let finest = taken.map(|(told, _)| fraction(*told)).filter(|part| part.0 > 0.0);
    let finest = finest.reduce(Amps::min);
    // one that takes whole amperes only says so with every other answer
    finest.or_else(|| tried.iter().all(|(_, offered)| fraction(*offered).0 == 0.0).then_some(Amps(1.0)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::control::{ChargerState, fixture};

    fn look(at: u64, drawn: [f64; 3], metered: Option<[f64; 3]>) -> Look {
        let charger = ChargerReading {
            state: ChargerState::Charging,
            drawn: drawn.map(Amps),
            offered: Amps(16.0),
            phases: None,
        };
        let per_phase = |amps: [f64; 3]| PerPhase { l1: Amps(amps[0]), l2: Amps(amps[1]), l3: Amps(amps[2]) };
        Look { at: Time(at), charger, metered: metered.map(per_phase) }
    }

    proptest! {
        /// Cars of one and two phases tell the rotation, whatever else draws.
        #[test]
        fn the_rotation_is_found(
            turn in 0..3_usize,
            car in 1..3_usize,
            amps in 6.0..32.0_f64,
            base in prop::array::uniform3(0.0..40.0_f64),
            noise in prop::array::uniform3(-0.8..0.8_f64),
        ) {
            let mut charger = fixture::charger("ev", 0);
            charger.phases = (0..3).map(|at| Phase::ALL[(at + turn) % 3]).collect();
            let drawn = [0, 1, 2].map(|terminal| if terminal < car { amps } else { 0.0 });
            let mut metered = base;
            for terminal in 0..3 {
                metered[charger.phases[terminal].index()] += drawn[terminal];
            }
            let metered = [0, 1, 2].map(|phase| metered[phase] + noise[phase]);
            let learnt = learn(&charger, &look(0, [0.0; 3], Some(base)), &look(1, drawn, Some(metered)));
            prop_assert_eq!(learnt.car_phases, car);
            prop_assert_eq!(learnt.phases, Some(charger.phases));
        }
    }

    #[test]
    fn what_can_not_be_told_is_a_doubt() {
        let charger = fixture::charger("ev", 0);
        let idle = look(0, [0.0; 3], Some([5.0; 3]));
        for (loaded, word) in [
            (look(1, [0.0; 3], Some([5.0; 3])), "drew nothing"),
            (look(1, [16.0, 0.0, 0.0], None), "no meter"),
            (look(1, [16.0; 3], Some([21.0; 3])), "three phases"),
            (look(1, [16.0, 0.0, 0.0], Some([21.0, 15.0, 5.0])), "no clear rise"),
            (look(1, [16.0, 0.0, 0.0], Some([5.0; 3])), "no clear rise"),
        ] {
            let learnt = learn(&charger, &idle, &loaded);
            assert_eq!(learnt.phases, None);
            assert!(learnt.doubts[0].contains(word), "{:?}", learnt.doubts);
        }
    }

    #[test]
    fn it_is_never_set_higher_than_the_others_leave() {
        let circuits = vec![fixture::circuit("main", None, 40.0), fixture::circuit("row", Some(0), 20.0)];
        let mut site = fixture::site(circuits, vec![fixture::charger("a", 1), fixture::charger("b", 0)]);
        assert_eq!(safe_most(&site, &site.chargers[0]), Amps(20.0));
        assert_eq!(safe_most(&site, &site.chargers[1]), Amps(32.0));
        site.circuits[1].base_load = Some(PerPhase::all(Amps(10.0)));
        assert_eq!(safe_most(&site, &site.chargers[1]), Amps(24.0));
        site.chargers[1].watchdog = None;
        assert_eq!(safe_most(&site, &site.chargers[0]), Amps::ZERO);
    }

    #[test]
    fn steps_and_reactions_are_measured() {
        let tried = |offers: [f64; 3]| {
            let told = [6.5, 6.2, 6.1].map(Amps);
            step_size(&told.into_iter().zip(offers.map(Amps)).collect::<Vec<_>>())
        };
        assert_eq!(tried([6.5, 6.2, 6.1]), Some(Amps(0.1)));
        assert_eq!(tried([6.5, 6.0, 6.0]), Some(Amps(0.5)));
        assert_eq!(tried([6.0, 6.0, 6.0]), Some(Amps(1.0)));
        assert_eq!(tried([6.3, 6.3, 6.3]), None);
        let looks = [look(900, [6.0; 3], None), look(1500, [16.0; 3], None), look(3250, [6.1; 3], None)];
        assert_eq!(reaction(Time(1000), Amps(6.0), &looks), Some(Period::from_millis(2250)));
        assert_eq!(reaction(Time(4000), Amps(6.0), &looks), None);
    }
}
