//! The tree of circuits: parents, limits, breakers, meters.

use std::collections::HashMap;

use super::{Check, per_phase, refuse_missing_phases};
use crate::document::Step;
use crate::site::file::CircuitEntry;
use crate::site::model::{BreakerRating, Circuit, CircuitId, MeterId};
use crate::site::{Amps, Grid, PerPhase, Phase};

/// The circuits as far as they can be used.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) circuits: Vec<Option<Circuit>>,
    /// Every parent before its children; circuits on a cycle are not in it.
    pub(super) parents_first: Vec<CircuitId>,
    /// The least limit from a circuit up to the grid connection, and the circuit that has it; `None` where that is not known.
    pub(super) narrowest: Vec<Option<PerPhase<(Amps, CircuitId)>>>,
}

/// Checks the circuits.
pub(super) fn circuits(check: &mut Check<'_>, entries: &[Option<CircuitEntry>], grid: Grid) -> Tree {
    let mut measured: HashMap<usize, &str> = HashMap::new();
    let mut circuits: Vec<Option<Circuit>> = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        circuits.push(entry.as_ref().map(|entry| circuit(check, index, entry, grid)));
        let meter = circuits.last().and_then(Option::as_ref).and_then(|circuit| circuit.meter);
        if let (Some(meter), Some(entry)) = (meter, entry)
            && let Some(other) = measured.insert(meter.0, &entry.name)
        {
            let message = format!("the meter of `{}` is that of `{other}` already", entry.name);
            let hint = Some("a meter measures the whole of one circuit".into());
            let span = check.at(&["circuits".into(), index.into(), "meter".into()]);
            check.error(span, "meter-twice", message, hint);
        }
    }
    let parents_first = parents_first(check, &circuits);
    let narrowest = narrowest(check, &circuits, &parents_first, grid);
    Tree { circuits, parents_first, narrowest }
}

fn circuit(check: &mut Check<'_>, index: usize, entry: &CircuitEntry, grid: Grid) -> Circuit {
    let at = |key| [Step::Key("circuits"), Step::At(index), Step::Key(key)];
    let parent = entry.parent.as_ref().and_then(|parent| check.resolve("circuits", parent));
    let meter = entry.meter.as_ref().and_then(|meter| check.resolve("meters", meter));
    refuse_missing_phases(check, &entry.limit, grid, &at("limit"));
    if let Some(base_load) = &entry.base_load {
        refuse_missing_phases(check, base_load, grid, &at("baseLoad"));
    }
    let limit = per_phase(&entry.limit, grid);
    let breaker =
        entry.breaker.map(|breaker| BreakerRating { rating: Amps(breaker.rating), curve: breaker.curve });
    if let Some(rating) = breaker.map(|breaker| breaker.rating)
        && let Some((phase, above)) = limit.iter().find(|(_, limit)| **limit > rating)
    {
        let on = on_phase(phase, &limit, grid);
        let message = format!("the limit of `{}` is {above}{on}, above its breaker's {rating}", entry.name);
        check.error(check.at(&at("limit")), "limit-above-breaker", message, None);
    }
    Circuit {
        name: entry.name.clone(),
        parent: parent.map(CircuitId),
        limit,
        breaker,
        meter: meter.map(MeterId),
        base_load: entry.base_load.as_ref().map(|load| per_phase(load, grid)),
    }
}

/// Orders the circuits; each cycle is reported once, at the first of its circuits in the file.
fn parents_first(check: &mut Check<'_>, circuits: &[Option<Circuit>]) -> Vec<CircuitId> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        OnTheWay,
        Done,
    }
    let parent_of = |at: usize| circuits[at].as_ref().and_then(|circuit| circuit.parent).map(|id| id.0);
    let mut marks = vec![Mark::New; circuits.len()];
    let mut order = Vec::with_capacity(circuits.len());
    for start in 0..circuits.len() {
        let mut way = Vec::new();
        let mut next = Some(start);
        while let Some(at) = next.filter(|&at| marks[at] == Mark::New) {
            marks[at] = Mark::OnTheWay;
            way.push(at);
            next = parent_of(at);
        }
        if let Some(again) = next.filter(|&at| marks[at] == Mark::OnTheWay) {
            let from = way.iter().position(|&at| at == again).unwrap_or(0);
            report_cycle(check, circuits, &way[from..]);
            for at in way.drain(from..) {
                marks[at] = Mark::Done;
            }
        }
        for at in way.into_iter().rev() {
            marks[at] = Mark::Done;
            order.push(CircuitId(at));
        }
    }
    order
}

/// Names the phase, unless the limit is the same on all of them.
fn on_phase(phase: Phase, limit: &PerPhase<Amps>, grid: Grid) -> String {
    let is_same = grid.phases().iter().all(|other| limit[*other] == limit[phase]);
    if is_same { String::new() } else { format!(" on {phase}") }
}

fn report_cycle(check: &mut Check<'_>, circuits: &[Option<Circuit>], cycle: &[usize]) {
    let Some(first) = cycle.iter().copied().min() else { return };
    let turn = cycle.iter().position(|&at| at == first).unwrap_or(0);
    let name = |at: usize| circuits[at].as_ref().map_or("?", |circuit| &circuit.name);
    let around = cycle[turn..].iter().chain(&cycle[..turn]);
    let mut names: Vec<&str> = around.take(8).map(|&at| name(at)).collect();
    if cycle.len() > names.len() {
        names.push("…");
    }
    names.push(name(first));
    let message = match cycle {
        [_] => format!("the circuit `{}` is its own parent", name(first)),
        _ => format!("these circuits feed each other in a circle: {}", names.join(" → ")),
    };
    let span = check.at(&["circuits".into(), first.into(), "parent".into()]);
    check.error(span, "cycle", message, Some("one of them must hang on the grid connection".into()));
}

/// Finds the least limit on the way up, and warns where a circuit may take more than the one that feeds it.
fn narrowest(
    check: &mut Check<'_>,
    circuits: &[Option<Circuit>],
    parents_first: &[CircuitId],
    grid: Grid,
) -> Vec<Option<PerPhase<(Amps, CircuitId)>>> {
    let mut narrowest: Vec<Option<PerPhase<(Amps, CircuitId)>>> = vec![None; circuits.len()];
    for &id in parents_first {
        let Some(circuit) = &circuits[id.0] else { continue };
        let own = circuit.limit.map(|limit| (limit, id));
        let above = circuit.parent.map(|parent| narrowest[parent.0]);
        narrowest[id.0] =
            match above {
                None => Some(own),
                // an ancestor with a mistake of its own: nothing can be said
                Some(None) => None,
                Some(Some(above)) => Some(PerPhase::from_fn(|phase| {
                    if above[phase].0 < own[phase].0 { above[phase] } else { own[phase] }
                })),
            };
        let parent = circuit.parent.and_then(|parent| circuits[parent.0].as_ref());
        if let Some(parent) = parent
            && let Some((phase, limit)) =
                circuit.limit.iter().find(|(phase, limit)| **limit > parent.limit[*phase])
        {
            let on = on_phase(phase, &circuit.limit, grid);
            let message = format!(
                "the limit of `{}` is {limit}{on}, above the {} of `{}` that feeds it",
                circuit.name, parent.limit[phase], parent.name
            );
            let span = check.at(&["circuits".into(), id.0.into(), "limit".into()]);
            check.warning(span, "limit-above-parent", message, None);
        }
    }
    narrowest
}
