//! Shows the live view with made-up values: `cargo run --example live_view [CHARGERS]`, to look at it without a site.

use std::time::Duration;

use enmon::ui::live::{
    AlarmRow, ChargerRow, CircuitRow, ExtraRow, LiveKey, LiveScreen, PhaseBar, PlugState, Theme, View, plain,
};
use enmon::ui::{ColorChoice, OutputFormat, Tone, Ui};

fn main() -> std::io::Result<()> {
    let count = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(12);
    let ui = Ui::new(OutputFormat::Table, ColorChoice::Auto, false);
    if !ui.is_live() {
        for tick in 0..3 {
            let earlier = (tick > 0).then(|| made_up(tick - 1, count));
            ui.say(plain(&made_up(tick, count), earlier.as_ref()).trim_end());
        }
        return Ok(());
    }
    let theme = if ui.has_color() { Theme::color() } else { Theme::mono() };
    let mut screen = LiveScreen::start(theme)?;
    for tick in 0.. {
        screen.draw(&made_up(tick, count))?;
        if screen.next_key(Duration::from_secs(1))? == Some(LiveKey::Quit) {
            break;
        }
    }
    Ok(())
}

fn made_up(tick: u32, count: usize) -> View {
    let wave = |phase: f64| 1.0 + 0.25 * (f64::from(tick) * 0.3 + phase).sin();
    let circuit = |name: &str, depth, limit, other: f64, drawn: f64, offered: f64| CircuitRow {
        name: name.into(),
        depth,
        meter_unknown: name == "row-2" && tick % 20 > 14,
        phases: ["L1", "L2", "L3"]
            .iter()
            .zip([0.0, 1.0, 2.0])
            .map(|(label, shift)| PhaseBar {
                label: (*label).into(),
                limit,
                other: other * wave(shift),
                drawn: drawn * wave(shift + 1.5),
                offered,
            })
            .collect(),
    };
    View {
        title: "enmon demo · garage".into(),
        clock: format!("14:{:02}:{:02}", tick / 60 % 60, tick % 60),
        subtitle: format!("cycle {tick} · read 4 ms · decided 0.1 ms · written 9 ms"),
        circuits: vec![
            circuit("main", 0, 63.0, 14.0, 26.0, 45.0),
            circuit("row-1", 1, 40.0, 0.0, 16.0, 28.0),
            circuit("row-2", 1, 32.0, 4.0, 10.0, 17.0),
        ],
        chargers: (1..=count).map(|number| charger(number, &wave)).collect(),
        alarms: if tick % 20 > 14 {
            vec![
                AlarmRow { critical: true, text: "cabinet-1: smoke".into() },
                AlarmRow {
                    critical: false,
                    text: "row-2-meter: silent for 7 s; row-2 gets its fail-safe currents".into(),
                },
            ]
        } else {
            Vec::new()
        },
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

fn charger(number: usize, wave: &dyn Fn(f64) -> f64) -> ChargerRow {
    let row = ChargerRow {
        name: format!("ev{number}"),
        circuit: if number.is_multiple_of(2) { "row-2" } else { "row-1" }.into(),
        phases: if number.is_multiple_of(3) { "L2" } else { "L1 L2 L3" }.into(),
        max: 32.0,
        ..ChargerRow::default()
    };
    match number % 6 {
        1 => ChargerRow {
            state: PlugState::Unplugged,
            offered: Some(0.0),
            drawn: vec![0.0; 3],
            reason: "no car".into(),
            ..row
        },
        2 => ChargerRow {
            state: PlugState::PluggedIn,
            offered: Some(6.0),
            drawn: vec![0.0; 3],
            reason: "the car does not draw; kept at the least current".into(),
            ..row
        },
        4 if number > 6 => ChargerRow { fault: Some("no answer from 127.0.0.1:5034, unit 1".into()), ..row },
        5 => ChargerRow {
            state: PlugState::Charging,
            offered: Some(10.0),
            drawn: vec![9.8, 9.7, 9.9],
            order: Some("at most 10 A until 16:00, ordered by anna".into()),
            reason: "as ordered".into(),
            ..row
        },
        _ => ChargerRow {
            state: PlugState::Charging,
            offered: Some(16.0),
            drawn: vec![12.0 * wave(number as f64); 3],
            reason: "limited by row-1 L2: 40 A, 3 chargers share".into(),
            ..row
        },
    }
}
