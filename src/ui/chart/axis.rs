//! Where the axes of a chart have their marks, and how these are written.

/// Steps that people count time in, in seconds.
const TIME_STEPS_S: [f64; 19] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 10_800.0,
    21_600.0, 43_200.0, 86_400.0, 604_800.0,
];
const DAY_S: f64 = 86_400.0;
/// Most marks that are ever made, whatever the numbers are.
const MOST_MARKS: usize = 100;

/// The marks of values: from at or below the least to at or above the greatest.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ValueAxis {
    pub least: f64,
    pub most: f64,
    /// Values and their texts, ascending.
    pub marks: Vec<(f64, String)>,
}

/// Makes marks at round numbers, about `count` of them.
pub(super) fn values(least: f64, most: f64, count: usize) -> ValueAxis {
    let rough = ((most - least) / count.max(1) as f64).max(f64::MIN_POSITIVE);
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|step| step * power).into_iter().find(|step| *step >= rough);
    let step = step.unwrap_or(10.0 * power);
    let (first, last) = ((least / step).floor(), (most / step).ceil());
    if !(first.is_finite() && last.is_finite()) || first == last {
        // no room between the numbers that a float can tell apart
        return ValueAxis { least, most, marks: vec![(least, shown(least, 0)), (most, shown(most, 0))] };
    }
    let decimals = (-step.log10().floor()).clamp(0.0, 12.0) as usize;
    let marks = (0..=MOST_MARKS).map(|number| (first + number as f64) * step);
    let marks = marks.take_while(|value| *value <= (last + 0.5) * step);
    let marks = marks.map(|value| (value, shown(value, decimals))).collect();
    ValueAxis { least: first * step, most: last * step, marks }
}

/// Writes a value with the decimals that its neighbours need; large ones with k, M, G, T.
fn shown(value: f64, decimals: usize) -> String {
    let size = value.abs();
    if size >= 1e15 || (size > 0.0 && decimals > 6) {
        return format!("{value:.3e}");
    }
    for (unit, factor) in [("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e4)] {
        let by = if unit == "k" { 1e3 } else { factor };
        if size >= factor {
            return format!("{}{unit}", trimmed(&format!("{:.3}", value / by)));
        }
    }
    let text = format!("{value:.decimals$}");
    if text.trim_start_matches(['-', '0', '.']).is_empty() { "0".to_owned() } else { text }
}

fn trimmed(text: &str) -> &str {
    text.trim_end_matches('0').trim_end_matches('.')
}

/// Makes marks at round times, at most `count` of them: seconds since the Unix epoch and their texts.
pub(super) fn times(from_s: f64, until_s: f64, count: usize, text: fn(u64) -> String) -> Vec<(f64, String)> {
    let rough = (until_s - from_s) / count.max(1) as f64;
    let step = TIME_STEPS_S.into_iter().find(|step| *step >= rough);
    let step = step.unwrap_or_else(|| (rough / DAY_S).ceil() * DAY_S);
    let first = (from_s / step).ceil();
    let marks = (0..=MOST_MARKS.min(count)).map(|number| (first + number as f64) * step);
    let written = |at: f64| {
        let text = text((at * 1_000.0) as u64);
        let (date, clock) = (text.get(5..10).unwrap_or_default(), text.get(11..19).unwrap_or_default());
        let minutes = clock.get(..5).unwrap_or_default();
        if step >= DAY_S || (clock == "00:00:00" && until_s - from_s > DAY_S) {
            date.to_owned()
        } else if step < 60.0 {
            clock.to_owned()
        } else {
            minutes.to_owned()
        }
    };
    marks.take_while(|at| *at <= until_s).map(|at| (at, written(at))).collect()
}
