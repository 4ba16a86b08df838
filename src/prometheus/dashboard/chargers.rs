//! The page of chargers: one charger's phases against its rated current, one measured device, the sun.

use super::layout::{Draft, Look, Page, Row};
use super::model::Variable;
use super::selector::Selector;
use crate::site::Site;

/// Letters of phases in names of metrics, and the site's phases (docs/metrics.md).
const PHASES: [(&str, &str); 3] = [("a", "L1"), ("b", "L2"), ("c", "L3")];

pub(super) fn page(site: &Site, selector: &Selector) -> Page {
    let first_charger = site.chargers.first().map(|charger| charger.name.as_str());
    let first_device = site.meters.first().map(|meter| meter.name.as_str());
    let first_device = first_device.or_else(|| site.breakers.first().map(|breaker| breaker.name.as_str()));
    let has_devices = first_device.is_some();
    let mut variables = vec![
        Variable::datasource(),
        Variable::label_values(
            "charger",
            "Charger",
            selector.of("enmon_charger_rated_amperes"),
            "charger",
            first_charger,
        ),
    ];
    let mut rows = vec![Row::new("Charger $charger", charger(site, selector))];
    if has_devices {
        let measured = selector.of("equipment_current_phase_a_amplitude");
        variables.push(Variable::label_values("device", "Device", measured, "device", first_device));
        rows.push(Row::new("Device $device", vec![device(selector)]));
    }
    if !site.solar.is_empty() {
        let solar = Draft::new("Solar input", Look::Lines, "amp")
            .size(24, 8)
            .starting_at_zero()
            .runbooks(&["SolarSilent"])
            .about("What the solar inputs give per phase.")
            .query(selector.of("solar_input_current_amplitude"), "{{solar}}");
        rows.push(Row::new("Sun", vec![solar]));
    }
    Page {
        title: "chargers",
        description: "One charger's phases against its rated current, one measured device, the solar input.",
        variables,
        rows,
    }
}

fn charger(site: &Site, selector: &Selector) -> Vec<Draft> {
    let chosen = [("charger", "$charger")];
    let rated = selector.with("enmon_charger_rated_amperes", &chosen);
    let mut lines = Draft::new("Current of $charger", Look::Lines, "amp")
        .size(12, 8)
        .starting_at_zero()
        .runbooks(&["ChargerNearRated", "ChargerOverRated"])
        .about("Drawn on each phase of the site, with 80 % and 100 % of the rated current, and what the controller allows.");
    let mut gauges = Vec::new();
    for (letter, phase) in PHASES {
        // a phase that no charger is on has no series
        if !site.chargers.iter().any(|charger| charger.phases.iter().any(|one| one.to_string() == phase)) {
            continue;
        }
        let drawn = selector.with(&format!("ev_charger_current_phase_{letter}_amplitude"), &chosen);
        let gauge = Draft::new(format!("{phase}, of rated current"), Look::Gauge, "percent")
            .between(0.0, 120.0)
            .decimals(0)
            .thresholds(&[(80.0, "yellow"), (100.0, "red")])
            .runbooks(&["ChargerNearRated", "ChargerOverRated"])
            .query(format!("100 * {drawn} / on (charger) {rated}"), phase);
        lines = lines.query(drawn, phase);
        gauges.push(gauge);
    }
    let lines = lines
        .query(selector.with("enmon_charger_setpoint_amperes", &chosen), "limit")
        .query(format!("0.8 * {rated}"), "80 %")
        .query(rated, "rated")
        .dashed("^limit$", "blue")
        .dashed("^80 %$", "yellow")
        .dashed("^rated$", "red");
    std::iter::once(lines).chain(gauges).collect()
}

fn device(selector: &Selector) -> Draft {
    let mut bars = Draft::new("Highest current of $device in each minute", Look::GroupedBars, "amp")
        .size(24, 8)
        .starting_at_zero()
        .runbooks(&["CircuitNearLimit", "CircuitOverLimit"])
        .about("a, b, c are the device's own terminals 1, 2, 3.");
    for (letter, _) in PHASES {
        let metric = format!("equipment_current_phase_{letter}_amplitude");
        let measured = selector.with(&metric, &[("device", "$device")]);
        bars = bars.query(format!("max_over_time({measured}[1m])"), letter);
    }
    bars
}
