//! Chargers: their currents, their phases, and whether any current can reach them.

use super::buses::Buses;
use super::circuits::Tree;
use super::devices::{Subject, each, link};
use super::{Check, phases_are_right};
use crate::site::facts::{DeviceFacts, Role};
use crate::site::file::ChargerEntry;
use crate::site::model::{Charger, CircuitId};
use crate::site::{Amps, Grid, Period};

/// Checks the chargers.
pub(super) fn chargers(
    check: &mut Check<'_>,
    buses: &mut Buses,
    entries: Vec<Option<ChargerEntry>>,
    grid: Grid,
    tree: &Tree,
) -> Vec<Option<Charger>> {
    let built = each(entries, |index, entry: ChargerEntry| {
        let subject = Subject { list: "chargers", index, role: Role::Charger, name: &entry.name };
        currents_are_right(check, &subject, &entry);
        let circuit = check.resolve("circuits", &entry.circuit);
        if phases_are_right(check, &entry.phases, grid, &subject.at("phases"))
            && let Some(circuit) = circuit
        {
            current_reaches(check, &subject, &entry, tree, CircuitId(circuit));
        }
        let (device, facts) = link(check, buses, &subject, &entry.device);
        let watchdog = watchdog(check, &subject, &entry, facts.as_ref());
        if let Some(facts) = &facts {
            profile_takes(check, &subject, &entry, facts);
            phases_can_be_switched(check, &subject, &entry, facts);
        }
        Some(Charger {
            circuit: CircuitId(circuit?),
            phases: entry.phases,
            min: Amps(entry.min),
            max: Amps(entry.max),
            failsafe: Amps(entry.failsafe),
            priority: entry.priority,
            resolution: facts
                .map_or(Amps(1.0), |facts| facts.resolution)
                .max(Amps(entry.step.unwrap_or(0.0))),
            switches_phases: entry.switch_phases,
            reaction: entry.reaction,
            watchdog,
            device,
            name: entry.name,
        })
    });
    built.into_iter().map(Option::flatten).collect()
}

fn currents_are_right(check: &mut Check<'_>, subject: &Subject<'_>, entry: &ChargerEntry) {
    let ChargerEntry { name, min, max, failsafe, .. } = entry;
    let (min, max, failsafe) = (Amps(*min), Amps(*max), Amps(*failsafe));
    if min > max {
        // whichever of the two is written is the one to look at
        let key = if check.is_written(&subject.at("min")) { "min" } else { "max" };
        let span = check.at(&subject.at(key));
        check.error(span, "min-above-max", format!("`{name}` has min {min} above max {max}"), None);
    }
    let span = check.at(&subject.at("failsafe"));
    if failsafe > max {
        let message = format!("`{name}` has failsafe {failsafe} above max {max}");
        check.error(span, "failsafe-out-of-range", message, None);
    } else if failsafe > Amps::ZERO && failsafe < min {
        let message = format!("`{name}` has failsafe {failsafe} between 0 A and min {min}");
        let hint = "no charger can offer that; write 0 (no charging) or at least `min`";
        check.error(span, "failsafe-out-of-range", message, Some(hint.into()));
    }
}

/// Reports a charger that can never charge, because a circuit on its way to the grid is too small.
fn current_reaches(
    check: &mut Check<'_>,
    subject: &Subject<'_>,
    entry: &ChargerEntry,
    tree: &Tree,
    circuit: CircuitId,
) {
    let Some(narrowest) = tree.narrowest.get(circuit.0).copied().flatten() else { return };
    for phase in &entry.phases {
        let (limit, at) = narrowest[*phase];
        let name = tree.circuits[at.0].as_ref().map_or("?", |circuit| &circuit.name);
        let span = check.at(&subject.at("circuit"));
        if limit <= Amps::ZERO {
            let message = format!("`{}` can't charge: the limit of `{name}` on {phase} is 0 A", entry.name);
            check.error(span, "no-current", message, None);
            return;
        }
        if limit < Amps(entry.min) {
            let message = format!(
                "`{}` can never charge: the limit of `{name}` on {phase} is {limit}, below its min {}",
                entry.name,
                Amps(entry.min)
            );
            check.warning(span, "no-current", message, None);
            return;
        }
    }
}

fn watchdog(
    check: &mut Check<'_>,
    subject: &Subject<'_>,
    entry: &ChargerEntry,
    facts: Option<&DeviceFacts>,
) -> Option<Period> {
    let default = facts.and_then(|facts| facts.watchdog);
    let Some(written) = entry.watchdog else { return default.map(|watchdog| watchdog.default) };
    let span = check.at(&subject.at("watchdog"));
    if written == Period::from_millis(0) {
        check.error(span, "out-of-range", "a watchdog time of 0 would never let the charger charge", None);
    } else if facts.is_some() {
        match default {
            Some(watchdog) if watchdog.settable || watchdog.default == written => {}
            _ => {
                let message = format!(
                    "`{}` can't set this watchdog time: the profile knows no register for it",
                    entry.name
                );
                let hint = format!("make sure that {written} is set on the charger itself");
                check.warning(span, "watchdog-by-hand", message, Some(hint));
            }
        }
    }
    Some(written)
}

fn phases_can_be_switched(
    check: &mut Check<'_>,
    subject: &Subject<'_>,
    entry: &ChargerEntry,
    facts: &DeviceFacts,
) {
    if !entry.switch_phases {
        return;
    }
    let span = check.at(&subject.at("switchPhases"));
    if !facts.switches_phases {
        let message = format!("the profile `{}` does not say how phases are switched", entry.device.profile);
        let hint = "its section `charger` needs `phaseSwitch`".to_owned();
        check.error(span, "not-switchable", message, Some(hint));
    } else if entry.phases.len() != 3 {
        let message = format!("`{}` is wired to {} of three phases", entry.name, entry.phases.len());
        check.error(span, "not-switchable", message, None);
    }
}

fn profile_takes(check: &mut Check<'_>, subject: &Subject<'_>, entry: &ChargerEntry, facts: &DeviceFacts) {
    let Some([_, most]) = facts.limit_range else { return };
    if Amps(entry.max) > most {
        let message = format!(
            "`{}` has max {}, but a device of profile `{}` takes at most {most}",
            entry.name,
            Amps(entry.max),
            entry.device.profile
        );
        check.error(check.at(&subject.at("max")), "out-of-range", message, None);
    }
}
