//! Outcomes as one HTML file that needs nothing else: what was expected, what was seen, and plots of every circuit and charger.

use std::fmt::Write as _;

use super::judge::{Check, Outcome, Verdict};
use super::junit::escaped;
use super::plot::{Bar, Curve, Level, bars, plot};
use super::record::Sample;
use super::script::clock_text;
use crate::control::Severity;
use crate::site::{PerPhase, Period};

const STYLE: &str = include_str!("report.css");

/// Writes the report.
pub fn html_report(outcomes: &[Outcome]) -> String {
    let failed = outcomes.iter().filter(|outcome| !outcome.verdict.passed).count();
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Scenarios: {}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<h1>Scenarios</h1>\n",
        summary(outcomes.len(), failed)
    );
    // writing into a String can't fail
    let _ = writeln!(
        html,
        "<p>{}, played by enmon {}.</p>",
        summary(outcomes.len(), failed),
        env!("CARGO_PKG_VERSION")
    );
    if outcomes.len() > 1 {
        index(&mut html, outcomes);
    }
    for outcome in outcomes {
        section(&mut html, outcome);
    }
    html.push_str("</body>\n</html>\n");
    html
}

fn summary(all: usize, failed: usize) -> String {
    match (all, failed) {
        (1, 0) => "1 scenario passed".into(),
        (all, 0) => format!("all {all} scenarios passed"),
        (all, failed) => format!("{failed} of {all} failed"),
    }
}

fn badge(passed: bool) -> &'static str {
    if passed {
        "<span class=\"badge good\">passed</span>"
    } else {
        "<span class=\"badge bad\">failed</span>"
    }
}

fn index(html: &mut String, outcomes: &[Outcome]) {
    html.push_str("<table class=\"index\">\n");
    for Verdict { name, title, passed, .. } in outcomes.iter().map(|outcome| &outcome.verdict) {
        let (name, title) = (escaped(name), escaped(title));
        let _ = writeln!(
            html,
            "<tr><td>{}</td><td><a href=\"#{name}\">{name}</a></td><td>{title}</td></tr>",
            badge(*passed)
        );
    }
    html.push_str("</table>\n");
}

fn section(html: &mut String, outcome: &Outcome) {
    let verdict = &outcome.verdict;
    let name = escaped(&verdict.name);
    let _ = writeln!(html, "<section id=\"{name}\">\n<h2>{name} {}</h2>", badge(verdict.passed));
    let _ = writeln!(html, "<p class=\"title\">{}</p>", escaped(&verdict.title));
    let mut facts = vec![
        format!("site {}", escaped(&verdict.site)),
        Period::from_millis(verdict.length_ms).to_string(),
        format!("{:.1} kWh into cars", verdict.energy_kwh),
        format!("{} limits changed", verdict.limit_changes),
    ];
    if verdict.cost != 0.0 {
        facts.push(format!("cost {:.2}", verdict.cost));
    }
    if verdict.realtime {
        facts.push("over real sockets".into());
    }
    let _ = writeln!(html, "<p class=\"facts\">{}</p>", facts.join(" · "));
    checks(html, &verdict.checks);
    html.push_str("<h3>What happened, and alarms</h3>\n");
    html.push_str(&happenings(outcome));
    circuits(html, outcome);
    chargers(html, outcome);
    html.push_str("</section>\n");
}

fn checks(html: &mut String, checks: &[Check]) {
    html.push_str("<table class=\"checks\">\n");
    for Check { name, passed, details } in checks {
        let _ = writeln!(
            html,
            "<tr><td>{}</td><td>{}</td><td class=\"details\">{}</td></tr>",
            badge(*passed),
            escaped(name),
            escaped(details)
        );
    }
    html.push_str("</table>\n");
}

/// What happened and the alarms, as bars on one time axis; what happens at the beginning is listed before.
fn happenings(outcome: &Outcome) -> String {
    let record = &outcome.record;
    let mut shown = Vec::new();
    let mut first = Vec::new();
    for note in &record.notes {
        if note.at_ms == 0 {
            first.push(escaped(&note.text));
            continue;
        }
        let class = if note.is_script { "script" } else { "note" };
        let title = format!("{} {}", clock_text(note.at_ms), note.text);
        shown.push(Bar { class, from_ms: note.at_ms, until_ms: note.at_ms, label: note.text.clone(), title });
    }
    for span in &record.alarms {
        let class = if span.alarm.severity == Severity::Critical { "critical" } else { "warning" };
        let until_ms = span.cleared_ms.unwrap_or(record.length_ms);
        let times = format!("{} to {}", clock_text(span.raised_ms), clock_text(until_ms));
        shown.push(Bar {
            class,
            from_ms: span.raised_ms,
            until_ms,
            label: format!("{}: {}", span.alarm.subject, span.alarm.code),
            title: format!("{times} {}", span.alarm.text),
        });
    }
    let begins = if first.is_empty() {
        String::new()
    } else {
        format!("<p class=\"facts\">At the beginning: {}.</p>\n", first.join("; "))
    };
    format!("{begins}<figure>{}</figure>\n", bars(record.length_ms, &shown))
}

fn marks(outcome: &Outcome) -> Vec<u64> {
    let notes = outcome.record.notes.iter().filter(|note| note.at_ms > 0 && note.is_script);
    let mut marks: Vec<u64> = notes.map(|note| note.at_ms).collect();
    marks.dedup();
    // more would be a curtain
    if marks.len() > 24 { Vec::new() } else { marks }
}

fn circuits(html: &mut String, outcome: &Outcome) {
    const DRAWN: [&str; 3] = ["l1", "l2", "l3"];
    const OFFERED: [&str; 3] = ["l1 offered", "l2 offered", "l3 offered"];
    html.push_str(
        "<h3>Circuits, in amperes</h3>\n<p class=\"legend\"><span class=\"l1\">L1</span> <span class=\"l2\">L2</span> \
         <span class=\"l3\">L3</span> drawn; dashed: offered, with what else draws; <span class=\"limit\">limit</span></p>\n",
    );
    let site = &outcome.scenario.site;
    for (circuit, track) in site.circuits.iter().zip(&outcome.record.circuits) {
        let mut curves = Vec::new();
        for &phase in site.grid.phases() {
            let at = phase.index();
            let points = |amps: fn(&Sample) -> PerPhase<f64>| {
                let samples = track.samples.iter();
                samples.map(|sample| (sample.at_ms, amps(sample)[phase])).collect::<Vec<_>>()
            };
            let offered = points(|sample| sample.offered);
            curves.push(Curve { class: OFFERED[at], points: offered, is_step: false });
            curves.push(Curve { class: DRAWN[at], points: points(|sample| sample.drawn), is_step: false });
        }
        let mut levels: Vec<f64> = site.grid.phases().iter().map(|&phase| circuit.limit[phase].0).collect();
        levels.dedup();
        let levels: Vec<Level<'_>> =
            levels.into_iter().map(|value| Level { class: "limit", value }).collect();
        let drawing = plot(190.0, outcome.record.length_ms, &curves, &levels, &marks(outcome));
        let _ =
            writeln!(html, "<figure><figcaption>{}</figcaption>{drawing}</figure>", escaped(&circuit.name));
    }
}

fn chargers(html: &mut String, outcome: &Outcome) {
    html.push_str(
        "<h3>Chargers, in amperes</h3>\n<p class=\"legend\"><span class=\"offer\">offered</span> \
         <span class=\"draw\">drawn</span> on each phase</p>\n<div class=\"chargers\">\n",
    );
    let site = &outcome.scenario.site;
    for (charger, track) in site.chargers.iter().zip(&outcome.record.chargers) {
        let curves = [
            Curve { class: "offer", points: track.offers.clone(), is_step: true },
            Curve { class: "draw", points: track.drawn.clone(), is_step: false },
        ];
        let levels = [Level { class: "max", value: charger.max.0 }];
        let drawing = plot(130.0, outcome.record.length_ms, &curves, &levels, &marks(outcome));
        let _ = writeln!(
            html,
            "<figure><figcaption>{}, {:.1} kWh</figcaption>{drawing}</figure>",
            escaped(&charger.name),
            track.energy_kwh
        );
    }
    html.push_str("</div>\n");
}
