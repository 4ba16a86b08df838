//! A made-up site for the tests of the live view.

use super::view::{AlarmRow, ChargerRow, CircuitRow, ExtraRow, PhaseBar, PlugState, View};
use crate::ui::Tone;

fn circuit(name: &str, depth: usize, limit: f64, loads: [(f64, f64, f64); 3]) -> CircuitRow {
    let phases = ["L1", "L2", "L3"]
        .into_iter()
        .zip(loads)
        .map(|(label, (other, drawn, offered))| PhaseBar {
            label: label.into(),
            limit,
            other,
            drawn,
            offered,
        })
        .collect();
    CircuitRow { name: name.into(), depth, meter_unknown: false, phases }
}

fn charger(number: usize, state: PlugState, offered: f64, drawn: f64, reason: &str) -> ChargerRow {
    ChargerRow {
        name: format!("ev{number}"),
        circuit: if number.is_multiple_of(2) { "row-2" } else { "row-1" }.into(),
        state,
        phases: if number.is_multiple_of(3) { "L2" } else { "L1 L2 L3" }.into(),
        offered: Some(offered),
        drawn: vec![drawn; if number.is_multiple_of(3) { 1 } else { 3 }],
        max: 32.0,
        reason: reason.into(),
        ..ChargerRow::default()
    }
}

/// Returns a site with `chargers` chargers, one circuit over its limit, a silent meter, a silent charger, an order and alarms.
pub(super) fn garage(chargers: usize) -> View {
    let mut rows: Vec<ChargerRow> = (1..=chargers)
        .map(|number| match number % 4 {
            1 => charger(
                number,
                PlugState::Charging,
                16.0,
                15.6,
                "limited by row-1 L2: 40 A, 3 chargers share",
            ),
            2 => charger(number, PlugState::PluggedIn, 6.0, 0.0, "the car does not draw"),
            3 => charger(number, PlugState::Unplugged, 0.0, 0.0, "no car"),
            _ => {
                charger(number, PlugState::Charging, 6.0, 5.9, "meter of row-2 is silent: fail-safe current")
            }
        })
        .collect();
    if let Some(row) = rows.get_mut(4) {
        row.order = Some("at most 10 A until 16:00, ordered by anna".into());
    }
    if let Some(row) = rows.get_mut(5) {
        *row = ChargerRow {
            fault: Some("no answer from 127.0.0.1:5036, unit 1".into()),
            state: PlugState::Unknown,
            offered: None,
            drawn: Vec::new(),
            ..row.clone()
        };
    }
    let mut row_2 = circuit("row-2", 1, 32.0, [(4.0, 10.0, 18.0), (2.0, 0.0, 0.0), (30.0, 4.0, 6.0)]);
    row_2.meter_unknown = true;
    View {
        title: "enmon demo · garage".into(),
        clock: "14:03:27".into(),
        subtitle: "cycle 207 · read 4 ms · decided 0.1 ms".into(),
        circuits: vec![
            circuit("main", 0, 63.0, [(14.0, 26.0, 45.0), (11.0, 30.0, 52.0), (12.0, 0.0, 12.0)]),
            circuit("row-1", 1, 40.0, [(0.0, 16.0, 28.0), (8.0, 12.0, 36.0), (3.0, 12.0, 28.0)]),
            row_2,
        ],
        chargers: rows,
        alarms: vec![
            AlarmRow { critical: true, text: "row-2 L3: 34.0 A flow, 32 A are allowed".into() },
            AlarmRow { critical: false, text: "row-2-meter: silent for 7 s".into() },
            AlarmRow { critical: false, text: "ev6: silent for 9 s".into() },
        ],
        extras: [
            ("solar", "12.4 A", Tone::Good),
            ("cabinet-1", "31.5 °C", Tone::Plain),
            ("main-breaker", "on 41.0 A", Tone::Plain),
            ("row-2-breaker", "tripped", Tone::Bad),
        ]
        .map(|(label, value, tone)| ExtraRow { label: label.into(), value: value.into(), tone })
        .into(),
        footer: "Ctrl-C leaves every charger at its safe current".into(),
    }
}
