//! Loads that may be cut: that they can be, that it can be seen, and that nobody else hangs on their breaker.

use std::collections::HashMap;

use super::circuits::Tree;
use super::devices::each;
use super::{Check, per_phase, refuse_missing_phases};
use crate::document::Step;
use crate::site::file::LoadEntry;
use crate::site::model::{Breaker, CircuitId, Load};
use crate::site::{Grid, Period};

/// How long a load stays on or off when the file does not say.
const MIN_ON: Period = Period::from_secs(60);
const MIN_OFF: Period = Period::from_secs(300);

/// Checks the loads.
pub(super) fn loads(
    check: &mut Check<'_>,
    entries: Vec<Option<LoadEntry>>,
    grid: Grid,
    tree: &Tree,
    breakers: &[Option<Breaker>],
) -> Vec<Option<Load>> {
    let mut taken: HashMap<usize, String> = HashMap::new();
    let all = each(entries, |index, entry: LoadEntry| {
        let at = |key| [Step::Key("loads"), Step::At(index), Step::Key(key)];
        refuse_missing_phases(check, &entry.current, grid, &at("current"));
        let circuit = check.resolve("circuits", &entry.circuit);
        let breaker = check.resolve("breakers", &entry.breaker);
        if let Some(found) = breaker.and_then(|breaker| breakers.get(breaker)?.as_ref()) {
            breaker_fits(check, &entry, found, &at("breaker"));
        }
        if let Some(other) = breaker.and_then(|breaker| taken.insert(breaker, entry.name.clone())) {
            let message = format!("`{}` cuts `{other}` already", entry.breaker);
            check.error(check.at(&at("breaker")), "breaker-twice", message, None);
        }
        if circuit.is_some_and(|circuit| !is_measured(tree, circuit)) {
            let message = format!("no meter measures `{}`: nothing would be won by cutting it", entry.name);
            let hint = format!("give `{}`, or a circuit that feeds it, a meter", entry.circuit);
            check.warning(check.at(&at("circuit")), "not-measured", message, Some(hint));
        }
        Some(Load {
            name: entry.name,
            circuit: CircuitId(circuit?),
            breaker: breaker?,
            current: per_phase(&entry.current, grid),
            priority: entry.priority,
            min_on: entry.min_on.unwrap_or(MIN_ON),
            min_off: entry.min_off.unwrap_or(MIN_OFF),
        })
    });
    all.into_iter().map(Option::flatten).collect()
}

fn breaker_fits(check: &mut Check<'_>, entry: &LoadEntry, breaker: &Breaker, at: &[Step<'_>]) {
    if !breaker.remote {
        let message = format!("`{}` can't cut a load: it is not `remote`", breaker.name);
        check.error(check.at(at), "not-switchable", message, Some("say `remote: true` there".into()));
    }
    if breaker.circuit.is_some() {
        let message =
            format!("`{}` protects a circuit: cutting `{}` would cut all of it", breaker.name, entry.name);
        let hint = "leave out its `circuit` when nothing but the load hangs on it".to_owned();
        check.error(check.at(at), "breaker-of-a-circuit", message, Some(hint));
    }
}

fn is_measured(tree: &Tree, circuit: usize) -> bool {
    let mut at = Some(circuit);
    // a circle has been reported, and is not walked for ever
    for _ in 0..=tree.circuits.len() {
        let Some(found) = at.and_then(|at| tree.circuits[at].as_ref()) else { return false };
        if found.meter.is_some() {
            return true;
        }
        at = found.parent.map(|parent| parent.0);
    }
    false
}
