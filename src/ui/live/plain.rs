//! The live view in lines, for pipes and logs.

use std::collections::HashMap;
use std::fmt::Write;

use super::text;
use super::view::{ChargerRow, CircuitRow, View};

/// Writes a view as lines: one for each circuit, and one for each charger and alarm that has changed since `earlier`.
pub fn plain(view: &View, earlier: Option<&View>) -> String {
    let names = view.circuits.iter().map(|circuit| &circuit.name);
    let names = names.chain(view.chargers.iter().map(|charger| &charger.name));
    let width = names.map(|name| text::width(name)).max().unwrap_or(0).clamp(8, 24);
    let mut lines = String::new();
    // writing to a String can't fail
    for circuit in &view.circuits {
        let _ =
            writeln!(lines, "{} {} {}", view.clock, text::left(&circuit.name, width), circuit_words(circuit));
    }
    let before: HashMap<&str, String> = earlier
        .map(|view| {
            view.chargers.iter().map(|charger| (charger.name.as_str(), charger_words(charger))).collect()
        })
        .unwrap_or_default();
    for charger in &view.chargers {
        let words = charger_words(charger);
        if before.get(charger.name.as_str()) != Some(&words) {
            let _ = writeln!(lines, "{} {} {words}", view.clock, text::left(&charger.name, width));
        }
    }
    let alarms_before = earlier.map(|view| view.alarms.as_slice()).unwrap_or_default();
    for alarm in view.alarms.iter().filter(|alarm| !alarms_before.contains(alarm)) {
        let word = if alarm.critical { "critical" } else { "warning" };
        let _ = writeln!(lines, "{} {} {}", view.clock, text::left(word, width), alarm.text);
    }
    for alarm in alarms_before.iter().filter(|alarm| !view.alarms.contains(alarm)) {
        let _ = writeln!(lines, "{} {} {}", view.clock, text::left("cleared", width), alarm.text);
    }
    lines
}

fn circuit_words(circuit: &CircuitRow) -> String {
    let mut words: Vec<String> = circuit
        .phases
        .iter()
        .map(|phase| {
            format!(
                "{} {:.1}/{:.0} A (other {:.1}, offered {:.1})",
                phase.label,
                phase.load(),
                phase.limit,
                phase.other,
                phase.offered
            )
        })
        .collect();
    if circuit.meter_unknown {
        words.push("meter silent".to_owned());
    }
    words.join("  ")
}

/// What a charger drew is left out: it changes all the time.
fn charger_words(charger: &ChargerRow) -> String {
    let offered = charger.offered.map_or_else(|| "?".to_owned(), |amps| format!("{amps:.1} A"));
    format!("{}, offered {offered}: {}", charger.state.word(), charger.words())
}

#[cfg(test)]
mod tests {
    use super::super::sample::garage;
    use super::*;

    #[test]
    fn the_first_time_everything_is_said() {
        insta::assert_snapshot!(plain(&garage(6), None));
    }

    #[test]
    fn later_only_changes_are_said() {
        let earlier = garage(6);
        let mut view = earlier.clone();
        view.clock = "14:03:28".into();
        view.chargers[0].drawn = vec![12.0; 3];
        view.chargers[2].offered = Some(6.0);
        view.alarms.remove(1);
        insta::assert_snapshot!(plain(&view, Some(&earlier)));
    }
}
