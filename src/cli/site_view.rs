//! Turns a site's status into what people look at: the picture of the live view, and the words that tables share with it.

use crate::control::{
    BreakerState, BreakerStatus, ChargerState, ChargerStatus, CircuitStatus, Override, RunState, Severity,
    SiteStatus,
};
use crate::site::Period;
use crate::ui::live::{AlarmRow, ChargerRow, CircuitRow, ExtraRow, PhaseBar, PlugState, View};
use crate::ui::{Cell, Tone};

/// Makes the picture of a site for the live view.
pub(super) fn view(status: &SiteStatus, title: String, footer: String) -> View {
    let controller = &status.controller;
    let state = match controller.state {
        RunState::Starting => "starting · ",
        RunState::Running => "",
        RunState::Stopping => "stopping · ",
    };
    let mut alarms: Vec<_> = status.alarms.iter().collect();
    // the worst first, otherwise in the controller's order
    alarms.sort_by_key(|alarm| std::cmp::Reverse(alarm.severity));
    View {
        title,
        clock: clock(status.at),
        subtitle: format!(
            "{state}cycle {} · read {:.0} ms · decided {:.1} ms",
            controller.cycles, controller.observe_ms, controller.step_ms
        ),
        circuits: status.circuits.iter().map(circuit_row).collect(),
        chargers: status.chargers.iter().map(|charger| charger_row(charger, status.at)).collect(),
        alarms: alarms
            .into_iter()
            .map(|alarm| AlarmRow {
                critical: alarm.severity == Severity::Critical,
                text: alarm.text.clone(),
            })
            .collect(),
        extras: extras(status),
        footer,
    }
}

/// Writes the time of day of a point in time, in UTC.
fn clock(at_ms: u64) -> String {
    let second = at_ms / 1000 % 86_400;
    format!("{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

fn circuit_row(circuit: &CircuitStatus) -> CircuitRow {
    let phases = circuit.phases.iter().map(|phase| PhaseBar {
        label: phase.phase.to_string(),
        limit: phase.limit,
        other: phase.other,
        drawn: phase.drawn,
        offered: phase.offered,
    });
    CircuitRow {
        name: circuit.name.clone(),
        depth: circuit.depth,
        meter_unknown: circuit.meter_unknown,
        phases: phases.collect(),
    }
}

fn charger_row(charger: &ChargerStatus, now_ms: u64) -> ChargerRow {
    let phases: Vec<_> = charger.phases.iter().map(ToString::to_string).collect();
    ChargerRow {
        name: charger.name.clone(),
        circuit: charger.circuit.clone(),
        state: plug_state(charger.state),
        phases: phases.join(" "),
        offered: charger.offered,
        drawn: charger.drawn.clone().unwrap_or_default(),
        max: charger.max,
        reason: charger.reason.clone(),
        fault: charger.fault.clone(),
        order: charger.order.as_ref().map(|order| order_words(order, now_ms)),
    }
}

/// Returns the live view's word for a charger's state.
pub(super) fn plug_state(state: Option<ChargerState>) -> PlugState {
    match state {
        None => PlugState::Unknown,
        Some(ChargerState::Unplugged) => PlugState::Unplugged,
        Some(ChargerState::PluggedIn) => PlugState::PluggedIn,
        Some(ChargerState::Charging) => PlugState::Charging,
        Some(ChargerState::Fault) => PlugState::Fault,
    }
}

/// Returns what a charger's state means to the reader.
pub(super) fn charger_tone(state: Option<ChargerState>) -> Tone {
    match state {
        None | Some(ChargerState::Fault) => Tone::Bad,
        Some(ChargerState::Charging) => Tone::Good,
        Some(ChargerState::PluggedIn) => Tone::Plain,
        Some(ChargerState::Unplugged) => Tone::Faint,
    }
}

/// Shows what is wrong with a device; a cell without words stays without colour, so that nothing but blanks is at a line's end.
pub(super) fn fault_cell(fault: Option<&str>) -> Cell {
    fault.map_or_else(|| Cell::new(""), |fault| Cell::new(fault).tone(Tone::Bad))
}

/// Returns the word for a breaker's position, and what it means to the reader.
pub(super) fn breaker_words(breaker: &BreakerStatus) -> (&'static str, Tone) {
    position_words(breaker.state)
}

/// Returns the word for a position, and what it means to the reader.
pub(super) fn position_words(position: Option<BreakerState>) -> (&'static str, Tone) {
    match position {
        Some(BreakerState::On) => ("on", Tone::Good),
        Some(BreakerState::Off) => ("off", Tone::Warning),
        Some(BreakerState::Tripped) => ("tripped", Tone::Bad),
        None => ("unknown", Tone::Bad),
    }
}

/// Says an order in words: `at most 10 A for 2h more, ordered by ada: works on the cable`.
pub(super) fn order_words(order: &Override, now_ms: u64) -> String {
    let limit = if order.limit.0 == 0.0 { "paused".to_owned() } else { format!("at most {}", order.limit) };
    let end = order.until.map_or_else(String::new, |until| {
        // whole seconds are enough for people
        let left = until.0.saturating_sub(now_ms).div_ceil(1000);
        format!(" for {} more", Period::from_secs(left))
    });
    let why = if order.why.is_empty() { String::new() } else { format!(": {}", order.why) };
    format!("{limit}{end}, ordered by {}{why}", order.who)
}

/// Returns what to say of a charger: its fault, else its order, else the reason for its limit.
pub(super) fn charger_words(charger: &ChargerStatus, now_ms: u64) -> String {
    charger_row(charger, now_ms).words()
}

fn extras(status: &SiteStatus) -> Vec<ExtraRow> {
    let row = |label: &str, value: String, tone| ExtraRow { label: label.to_owned(), value, tone };
    let solar = status.solar.iter().map(|solar| match solar.current {
        Some(current) => row(&solar.name, format!("{current:.1} A"), Tone::Good),
        None => row(&solar.name, "?".to_owned(), Tone::Warning),
    });
    let cabinets = status.cabinets.iter().map(|cabinet| {
        let temperature =
            cabinet.temperature.map_or_else(|| "?".to_owned(), |celsius| format!("{celsius:.1} °C"));
        match cabinet.smoke {
            Some(true) => row(&cabinet.name, format!("{temperature}, smoke"), Tone::Bad),
            _ if cabinet.temperature.is_none() => row(&cabinet.name, temperature, Tone::Warning),
            _ => row(&cabinet.name, temperature, Tone::Plain),
        }
    });
    let breakers = status.breakers.iter().map(|breaker| {
        let (word, tone) = breaker_words(breaker);
        let highest = breaker.currents.iter().flatten().copied().reduce(f64::max);
        let current = highest.map_or_else(String::new, |amps| format!(" {amps:.1} A"));
        row(&breaker.name, format!("{word}{current}"), if tone == Tone::Good { Tone::Plain } else { tone })
    });
    solar.chain(cabinets).chain(breakers).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Time;
    use crate::site::Amps;

    #[test]
    fn the_time_of_day_is_that_of_utc() {
        assert_eq!(clock(0), "00:00:00Z");
        assert_eq!(clock(1_790_000_000_999), "14:13:20Z");
    }

    #[test]
    fn orders_are_said_in_words() {
        let order = |limit, until: Option<u64>, why: &str| Override {
            limit: Amps(limit),
            until: until.map(Time),
            who: "ada".to_owned(),
            why: why.to_owned(),
        };
        assert_eq!(order_words(&order(0.0, None, ""), 0), "paused, ordered by ada");
        assert_eq!(
            order_words(&order(10.0, Some(7_200_000), "works on the cable"), 500),
            "at most 10 A for 2h more, ordered by ada: works on the cable"
        );
        assert_eq!(order_words(&order(6.5, Some(100), ""), 500), "at most 6.5 A for 0s more, ordered by ada");
    }
}
