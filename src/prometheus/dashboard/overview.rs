//! The page of a site: alarms and the controller's health, circuits with load, limit and headroom, breakers, cabinets, devices.

use super::layout::{Draft, Look, Page, Row};
use super::model::Variable;
use super::selector::Selector;
use crate::site::{CircuitId, Site};

/// Circuits that get a panel of their own, from the grid connection downwards; all are in the bars of headroom.
const MOST_CIRCUITS: usize = 24;
/// Series that bars show at the most.
const MOST_BARS: usize = 30;

pub(super) fn page(site: &Site, selector: &Selector) -> Page {
    let circuits = site.parents_first.iter().take(MOST_CIRCUITS);
    let mut rows = vec![
        Row::new("Now", now(selector)),
        Row::new("Circuits", circuits.map(|id| circuit(site, *id, selector)).collect()),
        Row::new("Room", vec![headroom(selector), worst(selector)]),
    ];
    if !site.chargers.is_empty() {
        rows.push(Row::new("Chargers", chargers(selector)));
    }
    if !site.breakers.is_empty() {
        rows.push(Row::new("Breakers", vec![breakers(selector)]));
    }
    if !site.cabinets.is_empty() {
        rows.push(Row::new("Cabinets", cabinets(selector)));
    }
    rows.push(Row::new("Devices", devices(selector)));
    Page {
        title: "site",
        description: "Alarms, circuits with load, limit and headroom, breakers, cabinets, and the health of the controller.",
        variables: vec![Variable::datasource()],
        rows,
    }
}

fn number(title: &str, unit: &'static str, expr: String) -> Draft {
    Draft::new(title, Look::Number, unit).query(expr, "")
}

fn now(selector: &Selector) -> Vec<Draft> {
    let alarms = |severity| format!("max({})", selector.with("enmon_alarms", &[("severity", severity)]));
    let running = selector.with("enmon_controller_state", &[("state", "running")]);
    vec![
        number("Critical alarms", "none", alarms("critical"))
            .thresholds(&[(1.0, "red")])
            .runbooks(&["CriticalAlarmRaised"]),
        number("Warnings", "none", alarms("warning")).thresholds(&[(1.0, "yellow")]),
        number("Controller", "none", format!("max({running})"))
            .words(&[("0", "not running", "red"), ("1", "running", "green")])
            .runbooks(&["ControllerDown", "ControllerMissing"]),
        number("Last decision", "s", format!("min({})", selector.of("enmon_decision_age_seconds")))
            .thresholds(&[(5.0, "yellow"), (15.0, "red")])
            .runbooks(&["ControllerNotDeciding"]),
        number("Devices at fault", "none", format!("sum({})", selector.of("enmon_device_fault")))
            .thresholds(&[(1.0, "red")])
            .runbooks(&["DeviceFault"]),
        number("Current of chargers", "amp", format!("sum({})", selector.of("ev_charger_current")))
            .decimals(1)
            .about("Sum over all chargers of the current on their highest phase."),
    ]
}

fn circuit(site: &Site, id: CircuitId, selector: &Selector) -> Draft {
    let name = site.circuits[id.0].name.as_str();
    let of = |metric| selector.with(metric, &[("circuit", name)]);
    let load = format!("{} + {}", of("enmon_circuit_other_amperes"), of("enmon_circuit_drawn_amperes"));
    Draft::new(format!("Circuit {name}"), Look::Lines, "amp")
        .size(8, 8)
        .starting_at_zero()
        .about("Load: what the chargers draw and what else does, per phase. Offered: the most that the chargers may draw, \
                with what else draws.")
        .runbooks(&["CircuitNearLimit", "CircuitOverLimit", "CircuitOverOffered"])
        .query(load, "load {{phase}}")
        .query(
            format!("{} + {}", of("enmon_circuit_other_amperes"), of("enmon_circuit_offered_amperes")),
            "offered {{phase}}",
        )
        .query(of("enmon_circuit_limit_amperes"), "limit {{phase}}")
        .dashed("^limit", "red")
        .dashed("^offered", "blue")
}

fn headroom(selector: &Selector) -> Draft {
    Draft::new("Headroom, least first", Look::BarGauge, "amp")
        .size(12, 12)
        .starting_at_zero()
        .about("Limit less what else draws and what chargers may draw.")
        .query(
            format!("sort(bottomk({MOST_BARS}, {}))", selector.of("enmon_circuit_headroom_amperes")),
            "{{circuit}} {{phase}}",
        )
}

fn worst(selector: &Selector) -> Draft {
    let load = format!(
        "{} + {}",
        selector.of("enmon_circuit_other_amperes"),
        selector.of("enmon_circuit_drawn_amperes")
    );
    Draft::new("Load, of the limit", Look::BarGauge, "percent")
        .size(12, 12)
        .between(0.0, 120.0)
        .decimals(0)
        .thresholds(&[(80.0, "yellow"), (100.0, "red")])
        .runbooks(&["CircuitNearLimit", "CircuitOverLimit"])
        .query(
            format!(
                "sort_desc(topk({MOST_BARS}, 100 * ({load}) / {}))",
                selector.of("enmon_circuit_limit_amperes")
            ),
            "{{circuit}} {{phase}}",
        )
}

fn chargers(selector: &Selector) -> Vec<Draft> {
    let states = selector.of("enmon_charger_state");
    vec![
        Draft::new("States of chargers", Look::Lines, "none")
            .starting_at_zero()
            .runbooks(&["ChargerFault"])
            .query(format!("sum by (state) ({states})"), "{{state}}"),
        Draft::new("Allowed and drawn", Look::Lines, "amp")
            .starting_at_zero()
            .runbooks(&["LimitNotObeyed"])
            .about("Sums over the highest phases of all chargers.")
            .query(format!("sum({})", selector.of("enmon_charger_setpoint_amperes")), "allowed")
            .query(format!("sum({})", selector.of("ev_charger_current")), "drawn")
            .dashed("^allowed$", "blue"),
    ]
}

fn breakers(selector: &Selector) -> Draft {
    let states = "enmon_breaker_state";
    let (off, tripped) =
        (selector.with(states, &[("state", "off")]), selector.with(states, &[("state", "tripped")]));
    Draft::new("States of breakers", Look::States, "none")
        .size(24, 8)
        .words(&[("0", "on", "green"), ("1", "off", "blue"), ("2", "tripped", "red")])
        .runbooks(&["BreakerTripped", "BreakerOverload", "BreakerFaultSignal"])
        .query(format!("max by (breaker) ({off}) + 2 * max by (breaker) ({tripped})"), "{{breaker}}")
}

fn cabinets(selector: &Selector) -> Vec<Draft> {
    vec![
        Draft::new("Temperature of cabinets", Look::Lines, "celsius")
            .runbooks(&["CabinetHot", "CabinetVeryHot"])
            .query(selector.of("enmon_cabinet_temperature_celsius"), "{{cabinet}}"),
        Draft::new("Smoke", Look::States, "none")
            .words(&[("0", "none", "green"), ("1", "smoke", "red")])
            .runbooks(&["CabinetSmoke"])
            .query(selector.of("enmon_cabinet_smoke"), "{{cabinet}}"),
    ]
}

fn devices(selector: &Selector) -> Vec<Draft> {
    vec![
        Draft::new("Oldest readings", Look::BarGauge, "s")
            .starting_at_zero()
            .thresholds(&[(5.0, "yellow"), (30.0, "red")])
            .runbooks(&["DeviceStale", "DeviceNeverHeard"])
            .query(
                format!("sort_desc(topk(15, {}))", selector.of("enmon_reading_age_seconds")),
                "{{device}}",
            ),
        Draft::new("Devices at fault", Look::Lines, "none")
            .starting_at_zero()
            .runbooks(&["DeviceFault"])
            .query(format!("sum by (kind) ({})", selector.of("enmon_device_fault")), "{{kind}}"),
    ]
}
