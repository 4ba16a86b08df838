//! Why a charger has the limit that it has: the chain of rules and constraints, from what it could do down to what it is told.
//!
//! Works on a status alone, so that it explains a running controller from afar, and a status that was kept. Pure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ChargerState, ChargerStatus, CircuitStatus, SiteStatus};
use crate::site::Amps;

/// Why a charger has its limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// `enmon/v1`.
    pub api_version: String,
    /// `Explanation`.
    pub kind: String,
    /// The charger.
    pub charger: String,
    /// When it was decided, milliseconds since the Unix epoch.
    pub at: u64,
    /// What it is told, amperes.
    pub setpoint: f64,
    /// What it is to have in the end, amperes.
    pub target: f64,
    /// Why, in the controller's words.
    pub reason: String,
    /// Why, as a stable word.
    pub reason_code: String,
    /// The chain, in the order in which it is gone through.
    pub links: Vec<Link>,
}

/// A rule or a constraint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// A stable word: `rating`, `state`, `order`, `car`, `policy`, `meter`, `circuit`, `turn`, `silence`, `obedience`, `raise`.
    pub rule: String,
    /// The most that it leaves for the charger, amperes; `None`: it sets no bound of its own.
    pub at_most: Option<f64>,
    /// Is it what decides?
    pub decides: bool,
    /// In words.
    pub text: String,
}

/// Explains a charger's limit; `None` when the status has no such charger.
pub fn explain(status: &SiteStatus, name: &str) -> Option<Explanation> {
    let charger = status.chargers.iter().find(|charger| charger.name == name)?;
    let mut links = vec![rating(charger)];
    links.extend(state(charger));
    links.extend(order(charger));
    links.extend(car(charger));
    links.extend(policy(charger));
    links.extend(conduct(charger));
    for circuit in way_up(status, &charger.circuit) {
        if circuit.meter_unknown {
            links.push(Link {
                rule: "meter".into(),
                at_most: None,
                decides: charger.reason_code == "meter-unknown",
                text: format!("the meter of {} is unknown: no more than the fail-safe current", circuit.name),
            });
        }
        links.extend(circuit_links(charger, circuit));
    }
    links.extend(turn(charger));
    mark_the_circuit(charger, &mut links);
    links.extend(raise(charger));
    Some(Explanation {
        api_version: "enmon/v1".into(),
        kind: "Explanation".into(),
        charger: charger.name.clone(),
        at: status.at,
        setpoint: charger.setpoint,
        target: charger.target,
        reason: charger.reason.clone(),
        reason_code: charger.reason_code.clone(),
        links,
    })
}

fn link(rule: &str, at_most: Option<f64>, decides: bool, text: String) -> Link {
    Link { rule: rule.into(), at_most, decides, text }
}

fn rating(charger: &ChargerStatus) -> Link {
    let text = format!("the charger may offer {} at the most", Amps(charger.max));
    link("rating", Some(charger.max), charger.reason_code == "full", text)
}

fn state(charger: &ChargerStatus) -> Option<Link> {
    Some(match charger.state? {
        ChargerState::Unplugged => link(
            "state",
            Some(0.0),
            charger.reason_code == "no-car",
            "no car is there: it gets nothing".into(),
        ),
        ChargerState::Fault => link(
            "state",
            Some(0.0),
            charger.reason_code == "fault",
            "the station reports a fault: it gets nothing".into(),
        ),
        ChargerState::PluggedIn => link("state", None, false, "a car is there and does not draw".into()),
        ChargerState::Charging => link("state", None, false, "a car is there and may draw".into()),
    })
}

fn order(charger: &ChargerStatus) -> Option<Link> {
    let order = charger.order.as_ref()?;
    let decides = matches!(charger.reason_code.as_str(), "ordered" | "paused");
    let why = if order.why.is_empty() { String::new() } else { format!(": {}", order.why) };
    let text = format!("{} ordered {} at the most{why}", order.who, order.limit);
    Some(link("order", Some(order.limit.0), decides, text))
}

fn car(charger: &ChargerStatus) -> Option<Link> {
    let drawn = charger.drawn.as_ref()?.iter().copied().fold(0.0, f64::max);
    (charger.reason_code == "appetite").then(|| {
        let text = format!("the car draws {} of what it is offered; the rest goes to others", Amps(drawn));
        link("car", Some(charger.target), true, text)
    })
}

/// What the policy lets the car have: the sun's surplus, or what is planned while energy is dear.
fn policy(charger: &ChargerStatus) -> Option<Link> {
    if charger.reason_code == "switches-phases" {
        return Some(link("policy", Some(0.0), true, charger.reason.clone()));
    }
    let codes = ["follows-sun", "waits-for-sun", "surplus-unknown", "leaves-soon", "cheaper"];
    let bound = (charger.reason_code != "leaves-soon").then_some(charger.target);
    codes
        .contains(&charger.reason_code.as_str())
        .then(|| link("policy", bound, true, format!("the car {}", charger.reason)))
}

/// A charger that does not answer or does not obey counts with what it takes.
fn conduct(charger: &ChargerStatus) -> Option<Link> {
    let rule = match charger.reason_code.as_str() {
        "silent" => "silence",
        "disobeys" => "obedience",
        _ => return None,
    };
    Some(link(rule, None, true, charger.reason.clone()))
}

/// Goes through the circuits from the charger's own up to the grid connection.
fn way_up<'a>(status: &'a SiteStatus, from: &str) -> Vec<&'a CircuitStatus> {
    let named = |name: &str| status.circuits.iter().find(|circuit| circuit.name == name);
    let mut way: Vec<&CircuitStatus> = Vec::new();
    let mut at = named(from);
    // a status from elsewhere may have a circle in it
    while let Some(circuit) = at.filter(|circuit| !way.iter().any(|known| known.name == circuit.name)) {
        way.push(circuit);
        at = circuit.parent.as_deref().and_then(named);
    }
    way
}

fn circuit_links(charger: &ChargerStatus, circuit: &CircuitStatus) -> Vec<Link> {
    // what it may be offering itself is not taken from it
    let own = charger.offered.unwrap_or(charger.setpoint).max(charger.setpoint);
    let phases = circuit.phases.iter().filter(|phase| charger.phases.contains(&phase.phase));
    phases
        .map(|phase| {
            let others = (phase.offered - own).max(0.0);
            let room = phase.limit - phase.other - others;
            let text = format!(
                "{} {}: {}, less {} that else draws, less {} that other chargers may offer, leaves {}",
                circuit.name,
                phase.phase,
                Amps(phase.limit),
                Amps(phase.other),
                Amps(others),
                Amps(room.max(0.0))
            );
            link("circuit", Some(room.max(0.0)), false, text)
        })
        .collect()
}

fn turn(charger: &ChargerStatus) -> Option<Link> {
    (charger.reason_code == "waits").then(|| link("turn", Some(0.0), true, charger.reason.clone()))
}

/// Of the circuits, the one that the reason names decides, on the phase that it names.
fn mark_the_circuit(charger: &ChargerStatus, links: &mut [Link]) {
    if charger.reason_code != "limited" {
        return;
    }
    let named = |link: &Link| {
        let place = link.text.split(':').next().unwrap_or_default();
        link.rule == "circuit" && charger.reason.contains(&format!("by {place}:"))
    };
    if let Some(link) = links.iter_mut().find(|link| named(link)) {
        link.decides = true;
        let how = charger.reason.split_once(": ").map_or("", |(_, how)| how);
        if let Some((_, sharing)) = how.split_once(", ") {
            link.text = format!("{} ({sharing})", link.text);
        }
    }
}

fn raise(charger: &ChargerStatus) -> Option<Link> {
    let decides = matches!(charger.reason_code.as_str(), "holds" | "awaits-others");
    decides.then(|| link("raise", Some(charger.setpoint), true, charger.reason.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{ControllerStatus, Snapshot, State, Time, alarms, fixture, site_status, step};
    use crate::site::{Phase, Site};

    fn status(site: &Site, snapshot: &Snapshot, state: &State) -> SiteStatus {
        let decision = step(Time(1_000_000), site, snapshot, state);
        let controller = ControllerStatus::of_nobody();
        let alarms = alarms(site, snapshot, &decision);
        site_status(site, snapshot, &decision, controller, alarms, &|_| None)
    }

    #[test]
    fn a_full_circuit_decides_and_says_what_it_leaves() {
        let circuits = vec![fixture::circuit("main", None, 63.0), fixture::circuit("row: 1", Some(0), 20.0)];
        let mut single = fixture::charger("b", 1);
        single.phases = vec![Phase::L2];
        let site = fixture::site(circuits, vec![fixture::charger("a", 1), single]);
        let snapshot = fixture::all_charging(Time(1_000_000), &site, 10.0);
        let status = status(&site, &snapshot, &State::empty(&site));
        let found = explain(&status, "b").unwrap();
        assert_eq!((found.reason_code.as_str(), found.setpoint), ("limited", 10.0));
        let rules: Vec<&str> = found.links.iter().map(|link| link.rule.as_str()).collect();
        assert_eq!(rules, ["rating", "state", "circuit", "circuit"]);
        let row = &found.links[2];
        assert_eq!(row.at_most, Some(10.0));
        assert!(
            row.text.starts_with("row: 1 L2: 20 A, less 0 A that else draws, less 10 A that other"),
            "{}",
            row.text
        );
        assert_eq!(explain(&status, "nobody"), None);
    }

    #[test]
    fn whatever_is_told_is_no_more_than_a_link_leaves() {
        let site = fixture::site(
            vec![fixture::circuit("main", None, 30.0)],
            (0..3).map(|index| fixture::charger(&format!("ev{index}"), 0)).collect(),
        );
        let mut state = State::empty(&site);
        state.chargers[1].order = Some(crate::control::Override {
            limit: Amps(8.0),
            until: None,
            who: "ada".into(),
            why: "works".into(),
        });
        let mut snapshot = fixture::all_charging(Time(1_000_000), &site, 10.0);
        snapshot.chargers[2].as_mut().unwrap().value.state = ChargerState::Unplugged;
        let status = status(&site, &snapshot, &state);
        for charger in &status.chargers {
            let found = explain(&status, &charger.name).unwrap();
            assert!(found.links.iter().any(|link| link.decides), "{found:?}");
            for link in &found.links {
                assert!(link.at_most.is_none_or(|most| found.setpoint <= most + 1e-9), "{link:?} {found:?}");
            }
        }
        let ordered = explain(&status, "ev1").unwrap();
        let order = ordered.links.iter().find(|link| link.rule == "order").unwrap();
        assert_eq!((order.text.as_str(), order.decides), ("ada ordered 8 A at the most: works", true));
    }
}
