//! For tests alone: the site as a controller knows it that lacks one of its rules. Most rules are switched off where they are kept; one that
//! is made of a number is off when the number is such that it changes nothing.

use crate::site::{Amps, PerPhase, Period, Phase, Rule, Rules, Site};

/// A time that never passes.
const NEVER: Period = Period::from_secs(100 * 365 * 86_400);

/// Returns what a controller without a rule knows of a site.
pub fn without_rule(site: &Site, rule: Rule) -> Site {
    let mut known = site.clone();
    known.control.rules = Rules::without(rule);
    let control = &mut known.control;
    match rule {
        Rule::AgeMakesUnknown => control.stale_after = NEVER,
        Rule::RaiseSlowly => control.raise_after = Period::from_millis(0),
        Rule::Turns => control.turn = NEVER,
        Rule::Reserve => control.reserve = Amps::ZERO,
        Rule::CircuitLimits => {
            for circuit in &mut known.circuits {
                circuit.limit = PerPhase::all(Amps(10_000.0));
            }
        }
        Rule::UpperCircuits => {
            for circuit in known.circuits.iter_mut().filter(|circuit| circuit.parent.is_none()) {
                circuit.limit = PerPhase::all(Amps(10_000.0));
            }
        }
        Rule::BaseLoadStandsIn => {
            for circuit in &mut known.circuits {
                circuit.base_load = None;
            }
        }
        Rule::PhaseWiring => {
            for charger in &mut known.chargers {
                charger.phases = Phase::ALL[..charger.phases.len()].to_vec();
            }
        }
        Rule::FallbackCounts => {
            for charger in &mut known.chargers {
                charger.watchdog = None;
            }
        }
        Rule::LeastCurrent => {
            for charger in &mut known.chargers {
                charger.min = Amps(0.1);
            }
        }
        Rule::Priority => {
            for charger in &mut known.chargers {
                charger.priority = 1.0;
            }
        }
        Rule::SunDelays => {
            if let Some(sun) = &mut known.policy.sun {
                (sun.start_after, sun.stop_after) = Default::default();
            }
        }
        Rule::CheapHours => known.policy.price = 0.0,
        Rule::Deadlines => known.policy.deadline = 0.0,
        _ => {}
    }
    known
}
