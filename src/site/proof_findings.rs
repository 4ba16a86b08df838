//! What the proof found, in words and with places in the site file.

use std::collections::HashMap;

use super::proof::{CircuitProof, Proof, WatchdogGap};
use super::proof_timeouts::{Loss, TimeoutProof, Verdict};
use super::{Amps, Phase};
use crate::document::{Finding, Node, Severity, Source, Step};

/// Chargers that are named one by one; the rest is counted.
const MOST_NAMED: usize = 4;

/// Says what the proof found about a site that was read from this source: errors where it is not safe, warnings where something
/// was assumed.
pub fn proof_findings(proof: &Proof, source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, circuit) in proof.circuits.iter().enumerate() {
        if !circuit.is_within() {
            findings.push(over_limit(circuit, index, source));
        }
    }
    let chargers = positions(source, "chargers");
    for gap in &proof.watchdogs {
        let index = chargers.get(gap.charger.as_str()).copied().unwrap_or(0);
        findings.push(watchdog_too_short(gap, index, source));
    }
    let circuits = positions(source, "circuits");
    for opens in worst_openings(proof) {
        let index = circuits.get(opens.circuit.as_str()).copied().unwrap_or(0);
        findings.push(opens_before_fallback(opens, index, source));
    }
    for name in &proof.assumed {
        let index = circuits.get(name.as_str()).copied().unwrap_or(0);
        let span = source.span(&["circuits".into(), index.into(), "name".into()]);
        let message = format!("circuit `{name}` states no baseLoad: 0 A assumed");
        findings.push(source.finding(Severity::Warning, "base-load-assumed", span, message, None));
    }
    findings
}

fn over_limit(circuit: &CircuitProof, index: usize, source: &Source) -> Finding {
    let over: Vec<_> = circuit.phases.iter().filter(|phase| phase.over > 0.0).collect();
    let mut sums: Vec<(String, Vec<String>)> = Vec::new();
    for phase in &over {
        let sum = phase.failsafe + phase.base_load;
        let words = format!("{} (limit {}, over by {})", Amps(sum), Amps(phase.limit), Amps(phase.over));
        match sums.iter_mut().find(|(other, _)| *other == words) {
            Some((_, phases)) => phases.push(phase.phase.to_string()),
            None => sums.push((words, vec![phase.phase.to_string()])),
        }
    }
    let sums: Vec<String> =
        sums.into_iter().map(|(words, phases)| format!("{words} on {}", phases.join(", "))).collect();
    let phases: Vec<Phase> = over.iter().map(|phase| phase.phase).collect();
    let message = format!(
        "when the chargers hear nothing, circuit `{}` may carry {}",
        circuit.circuit,
        sums.join(", ")
    );
    let mut hint = contributors(circuit, &phases);
    if circuit.contributors.iter().any(|contributor| contributor.unwatched) {
        hint.push_str("; a charger without a watchdog keeps its last limit, so its max counts");
    }
    let span = source.span(&["circuits".into(), index.into(), "limit".into()]);
    source.finding(Severity::Error, "failsafe-over-limit", span, message, Some(hint))
}

/// Names who contributes on the phases that are over, largest first.
fn contributors(circuit: &CircuitProof, phases: &[Phase]) -> String {
    let mut there: Vec<_> = circuit
        .contributors
        .iter()
        .filter(|contributor| contributor.phases.iter().any(|phase| phases.contains(phase)))
        .collect();
    there.sort_by(|a, b| b.current.total_cmp(&a.current));
    if there.is_empty() {
        return "its base load alone is above the limit".into();
    }
    let mut names: Vec<String> = there
        .iter()
        .take(MOST_NAMED)
        .map(|contributor| format!("{} {}", contributor.charger, Amps(contributor.current)))
        .collect();
    if there.len() > MOST_NAMED {
        names.push(format!("{} more", there.len() - MOST_NAMED));
    }
    format!("lower the failsafe of some of: {}", names.join(", "))
}

fn watchdog_too_short(gap: &WatchdogGap, index: usize, source: &Source) -> Finding {
    let entry = [Step::Key("chargers"), Step::At(index)];
    let written = [entry[0], entry[1], Step::Key("watchdog")];
    let span = match source.node(&written) {
        Some(node) => node.span,
        None => source.span(&[entry[0], entry[1], Step::Key("name")]),
    };
    let message = format!(
        "the watchdog of `{}` ({}) is shorter than two control intervals ({})",
        gap.charger, gap.watchdog, gap.needed
    );
    let hint = Some("lengthen the watchdog, or shorten control.interval".into());
    source.finding(Severity::Error, "watchdog-too-short", span, message, hint)
}

/// Returns for each loss and circuit the worst phase on which every breaker opens before the chargers have fallen back.
fn worst_openings(proof: &Proof) -> Vec<&TimeoutProof> {
    let mut worst: Vec<&TimeoutProof> = Vec::new();
    for opens in proof.timeouts.iter().filter(|timeout| timeout.verdict == Verdict::Opens) {
        match worst.iter_mut().find(|known| known.loss == opens.loss && known.circuit == opens.circuit) {
            Some(known) if known.worst < opens.worst => *known = opens,
            Some(_) => {}
            None => worst.push(opens),
        }
    }
    worst
}

fn opens_before_fallback(opens: &TimeoutProof, index: usize, source: &Source) -> Finding {
    let lost = match opens.loss {
        Loss::Controller => "the controller".to_owned(),
        Loss::Bus => format!("the bus {}", opens.of),
        Loss::Meter => format!("the meter `{}`", opens.of),
    };
    let until = opens.falls_back.map_or_else(|| "for ever".to_owned(), |after| format!("for up to {after}"));
    let message = format!(
        "when {lost} is gone, circuit `{}` may carry {} on {} {until}: its breaker {}",
        opens.circuit,
        Amps(opens.worst),
        opens.phase,
        opens.trips.words().unwrap_or_default()
    );
    let entry = [Step::Key("circuits"), Step::At(index)];
    let written = [entry[0], entry[1], Step::Key("breaker")];
    let span = match source.node(&written) {
        Some(node) => node.span,
        None => source.span(&[entry[0], entry[1], Step::Key("limit")]),
    };
    let hint = "shorten the watchdogs of its chargers, bring their fail-safe currents down, or lower the circuit's limit";
    source.finding(Severity::Warning, "opens-before-fallback", span, message, Some(hint.into()))
}

/// Where each name of a list stands in it.
fn positions<'a>(source: &'a Source, list: &str) -> HashMap<&'a str, usize> {
    let elements = source.node(&[list.into()]).map(|node| node.elements()).unwrap_or_default();
    let name = |element: &'a Node| element.entry("name").and_then(|entry| entry.value.text());
    elements.iter().enumerate().filter_map(|(index, element)| Some((name(element)?, index))).collect()
}
