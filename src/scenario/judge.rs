//! Holds what was seen against what is expected. Pure.

use serde::Serialize;

use super::record::{AlarmSpan, Excess, Record};
use super::script::{Bound, Expectation, Scenario, clock_text};
use crate::site::{ChargerId, Period, Phase, Rule};

/// A car is full with so much less than it wanted, in kWh: what a step of the world can't resolve.
const NEARLY_KWH: f64 = 0.005;

/// Between what is offered and what was asked for, in amperes.
const ROUNDING: f64 = 0.051;

/// What came of a scenario.
#[derive(Debug)]
pub struct Outcome {
    /// What scripts see.
    pub verdict: Verdict,
    pub(super) record: Record,
    pub(super) scenario: Scenario,
}

/// What came of a scenario, for scripts.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Name of the scenario.
    pub name: String,
    /// What it is about.
    pub title: String,
    /// Its file.
    pub file: String,
    /// Name of the site.
    pub site: String,
    /// The rule that it guards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guards: Option<Rule>,
    /// How long it went on, in milliseconds.
    pub length_ms: u64,
    /// Was it played over real sockets?
    pub realtime: bool,
    /// Did everything hold?
    pub passed: bool,
    /// What was expected, one by one.
    pub checks: Vec<Check>,
    /// Energy that cars got, kWh.
    pub energy_kwh: f64,
    /// What it cost, where the scenario has a price.
    pub cost: f64,
    /// Decisions that changed limits.
    pub decisions: u64,
    /// Limits that were changed.
    pub limit_changes: u64,
    /// How near circuits came to their limits.
    pub circuits: Vec<CircuitSummary>,
    /// Alarms that were raised.
    pub alarms: Vec<AlarmSummary>,
    /// What happened.
    pub events: Vec<EventSummary>,
}

/// Something that was expected.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// What must hold.
    pub name: String,
    /// Did it?
    pub passed: bool,
    /// What was seen instead, or how near it came.
    pub details: String,
}

/// How near a circuit came to its limit on a phase.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CircuitSummary {
    /// Name.
    pub name: String,
    /// Phase.
    pub phase: Phase,
    /// Limit, A.
    pub limit: f64,
    /// Most that was drawn, A.
    pub most_drawn: f64,
    /// Most that was offered together with what else drew, A.
    pub most_offered: f64,
}

/// An alarm that was raised.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlarmSummary {
    /// Code.
    pub code: String,
    /// Subject.
    pub subject: String,
    /// Text.
    pub text: String,
    /// When it was raised, in milliseconds since the beginning.
    pub raised_ms: u64,
    /// When it cleared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cleared_ms: Option<u64>,
}

/// Something that happened.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventSummary {
    /// When, in milliseconds since the beginning.
    pub at_ms: u64,
    /// What.
    pub text: String,
}

/// Judges.
pub(super) fn judge(scenario: &Scenario, record: Record, realtime: bool) -> Outcome {
    let checks: Vec<Check> = scenario
        .expectations
        .iter()
        .map(|expectation| {
            let (passed, details) = holds(expectation, scenario, &record);
            Check { name: expectation.text(&scenario.site), passed, details }
        })
        .collect();
    let verdict = Verdict {
        name: scenario.name.clone(),
        title: scenario.title.clone(),
        file: scenario.file.clone(),
        site: scenario.site.name.clone(),
        guards: scenario.guards,
        length_ms: record.length_ms,
        realtime,
        passed: checks.iter().all(|check| check.passed),
        checks,
        energy_kwh: rounded(record.energy_kwh),
        cost: rounded(record.cost),
        decisions: record.decisions,
        limit_changes: record.limit_changes,
        circuits: circuits(scenario, &record),
        alarms: record.alarms.iter().map(summary).collect(),
        events: record
            .notes
            .iter()
            .map(|note| EventSummary { at_ms: note.at_ms, text: note.text.clone() })
            .collect(),
    };
    Outcome { verdict, record, scenario: scenario.clone() }
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

fn circuits(scenario: &Scenario, record: &Record) -> Vec<CircuitSummary> {
    let phases = scenario.site.grid.phases();
    let circuits = scenario.site.circuits.iter().zip(&record.circuits);
    circuits
        .flat_map(|(circuit, track)| {
            phases.iter().map(move |&phase| CircuitSummary {
                name: circuit.name.clone(),
                phase,
                limit: circuit.limit[phase].0,
                most_drawn: rounded(track.most_drawn[phase]),
                most_offered: rounded(track.most_offered[phase]),
            })
        })
        .collect()
}

fn summary(span: &AlarmSpan) -> AlarmSummary {
    AlarmSummary {
        code: span.alarm.code.clone(),
        subject: span.alarm.subject.clone(),
        text: span.alarm.text.clone(),
        raised_ms: span.raised_ms,
        cleared_ms: span.cleared_ms,
    }
}

fn holds(expectation: &Expectation, scenario: &Scenario, record: &Record) -> (bool, String) {
    let site = &scenario.site;
    match expectation {
        Expectation::NoTrips => match record.trips.first() {
            None => (true, String::new()),
            Some((at_ms, circuit)) => (
                false,
                format!("the breaker of {} tripped at {}", site.circuits[circuit.0].name, clock_text(*at_ms)),
            ),
        },
        Expectation::Within { circuit, measure, longest_ms } => {
            let excesses = record.circuits[circuit.0].excesses.iter();
            let excesses = excesses.filter(|excess| excess.measure == *measure);
            let longest = excesses.max_by_key(|excess| excess.until_ms - excess.from_ms);
            match longest {
                None => (true, String::new()),
                Some(excess) => {
                    let lasted_ms = excess.until_ms - excess.from_ms;
                    (*longest_ms > 0 && lasted_ms <= *longest_ms, above(excess))
                }
            }
        }
        Expectation::Full { charger } => full(*charger, record),
        Expectation::Energy { charger, kwh } => {
            let got = record.chargers[charger.0].energy_kwh;
            (got + NEARLY_KWH >= *kwh, format!("{got:.2} kWh"))
        }
        Expectation::Alarm { code, subject, after_ms, within_ms, cleared_by_ms } => {
            let is_meant = |span: &&AlarmSpan| {
                span.alarm.code == *code
                    && subject.as_ref().is_none_or(|subject| *subject == span.alarm.subject)
            };
            let times = *after_ms..=after_ms + within_ms;
            let all: Vec<&AlarmSpan> = record.alarms.iter().filter(is_meant).collect();
            let Some(span) = all.iter().find(|span| times.contains(&span.raised_ms)) else {
                let raised = all.first().map(|span| format!("it came at {}", clock_text(span.raised_ms)));
                return (false, raised.unwrap_or_else(|| "it never came".into()));
            };
            let raised = format!("raised at {}", clock_text(span.raised_ms));
            match (cleared_by_ms, span.cleared_ms) {
                (None, _) => (true, raised),
                (Some(by), Some(cleared)) => {
                    (cleared <= *by, format!("{raised}, cleared at {}", clock_text(cleared)))
                }
                (Some(_), None) => (false, format!("{raised}, never cleared")),
            }
        }
        Expectation::NoAlarm { code } => {
            let found =
                record.alarms.iter().find(|span| code.as_ref().is_none_or(|code| *code == span.alarm.code));
            match found {
                None => (true, String::new()),
                Some(span) => (false, format!("at {}: {}", clock_text(span.raised_ms), span.alarm.text)),
            }
        }
        Expectation::Offers { charger, from_ms, until_ms, bound } => {
            offers(*charger, *from_ms, *until_ms, *bound, record)
        }
        Expectation::Changes { charger, most } => {
            let changes = record.chargers[charger.0].offers.len().saturating_sub(1);
            (changes <= *most as usize, format!("{changes} changes"))
        }
        Expectation::Starts { charger, most } => {
            let offers = &record.chargers[charger.0].offers;
            let starts = offers.windows(2).filter(|pair| pair[0].1 <= 0.0 && pair[1].1 > 0.0);
            let starts: Vec<String> = starts.map(|pair| clock_text(pair[1].0)).collect();
            (starts.len() <= *most as usize, format!("{} starts: {}", starts.len(), starts.join(", ")))
        }
        Expectation::Imports { circuit, from_ms, until_ms, kwh } => {
            let track = &record.circuits[circuit.0].imported;
            let until = |ms: u64| track.iter().take_while(|one| one.0 <= ms).last().map_or(0.0, |one| one.1);
            let taken = until(*until_ms) - until(*from_ms);
            (taken <= *kwh + NEARLY_KWH, format!("{taken:.3} kWh"))
        }
    }
}

fn above(excess: &Excess) -> String {
    let lasted = Period::from_millis(excess.until_ms - excess.from_ms);
    format!(
        "{}: up to {:.1} A from {} on, for {lasted}",
        excess.phase,
        excess.most,
        clock_text(excess.from_ms)
    )
}

fn full(charger: ChargerId, record: &Record) -> (bool, String) {
    let stays = record.stays.iter().filter(|stay| stay.charger == charger);
    let mut details = Vec::new();
    let mut passed = true;
    for stay in stays {
        passed &= stay.delivered_kwh + NEARLY_KWH >= stay.wanted_kwh;
        details.push(format!("{:.2} of {:.2} kWh", stay.delivered_kwh, stay.wanted_kwh));
    }
    (passed && !details.is_empty(), details.join(", "))
}

fn offers(charger: ChargerId, from_ms: u64, until_ms: u64, bound: Bound, record: &Record) -> (bool, String) {
    let offers = &record.chargers[charger.0].offers;
    let ends = offers.iter().skip(1).map(|(at_ms, _)| *at_ms).chain(std::iter::once(u64::MAX));
    // what is offered at some time of the range
    let mut within = offers
        .iter()
        .zip(ends)
        .filter(|((begins, _), ends)| *begins < until_ms && *ends > from_ms)
        .map(|((begins, amps), _)| (from_ms.max(*begins), *amps));
    let found = match bound {
        Bound::AtLeast(least) => within.find(|(_, amps)| amps + ROUNDING < least),
        Bound::AtMost(most) => within.find(|(_, amps)| *amps > most + ROUNDING),
        Bound::Reaches(amps) => {
            let most =
                within.fold((from_ms, 0.0), |most: (u64, f64), one| if one.1 > most.1 { one } else { most });
            return (
                most.1 + ROUNDING >= amps,
                format!("at most {:.1} A, at {}", most.1, clock_text(most.0)),
            );
        }
    };
    match found {
        None => (true, String::new()),
        Some((at_ms, amps)) => (false, format!("{amps:.1} A at {}", clock_text(at_ms))),
    }
}
