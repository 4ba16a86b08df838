//! Plots of a scenario as SVG: time goes from left to right, amperes go up. Pure text; no script, no font, nothing from elsewhere.

use std::fmt::Write as _;

use super::junit::escaped;
use super::script::clock_text;

/// Width of the drawing in units of the SVG; the plots themselves leave room for labels left and right.
pub(super) const WIDTH: f64 = 960.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 20.0;

/// A line of a plot.
pub(super) struct Curve<'a> {
    /// CSS class, which gives its colour.
    pub class: &'a str,
    /// Time in milliseconds, and amperes from then on.
    pub points: Vec<(u64, f64)>,
    /// Does it keep each value until the next?
    pub is_step: bool,
}

/// A level that should not be passed.
pub(super) struct Level<'a> {
    pub class: &'a str,
    pub value: f64,
}

/// A bar on the time axis.
pub(super) struct Bar<'a> {
    pub class: &'a str,
    pub from_ms: u64,
    pub until_ms: u64,
    pub label: String,
    /// Shown when a pointer rests on it.
    pub title: String,
}

fn x(at_ms: u64, length_ms: u64) -> f64 {
    LEFT + (WIDTH - LEFT - RIGHT) * at_ms as f64 / length_ms.max(1) as f64
}

/// Returns a step that cuts a range into four to eight parts at round numbers.
fn round_step(range: f64) -> f64 {
    let rough = (range / 5.0).max(1e-6);
    let power = 10f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
    steps.into_iter().find(|step| *step >= rough).unwrap_or(10.0 * power)
}

/// Returns a step that cuts a time into parts that people count in.
fn time_step(length_ms: u64) -> u64 {
    const STEPS_S: [u64; 13] = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400];
    let most = length_ms / 12_000;
    STEPS_S.into_iter().find(|step| *step >= most).unwrap_or(14_400) * 1000
}

/// Draws curves against levels; `marks` are times with a thin line.
pub(super) fn plot(
    height: f64,
    length_ms: u64,
    curves: &[Curve<'_>],
    levels: &[Level<'_>],
    marks: &[u64],
) -> String {
    let values = curves.iter().flat_map(|curve| curve.points.iter().map(|(_, value)| *value));
    let (mut least, mut most) = (0.0_f64, 1.0_f64);
    for value in values.chain(levels.iter().map(|level| level.value)) {
        (least, most) = (least.min(value), most.max(value));
    }
    let step = round_step(most - least);
    most = (most * 1.04 / step).ceil() * step;
    least = (least / step).floor() * step;
    let y = |value: f64| TOP + (height - TOP - BOTTOM) * (1.0 - (value - least) / (most - least));
    let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">");
    let mut tick = least;
    while tick <= most + step / 2.0 {
        let at = y(tick);
        // writing into a String can't fail
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
             <text class=\"axis\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 6.0,
            at + 3.5,
            short(tick)
        );
        tick += step;
    }
    times(&mut svg, length_ms, TOP, height - BOTTOM);
    for &at_ms in marks {
        let at = x(at_ms, length_ms);
        let _ = write!(
            svg,
            "<line class=\"mark\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{TOP}\" y2=\"{:.1}\"/>",
            height - BOTTOM
        );
    }
    for level in levels {
        let at = y(level.value);
        let _ = write!(
            svg,
            "<line class=\"level {}\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>",
            level.class,
            WIDTH - RIGHT
        );
    }
    for curve in curves.iter().filter(|curve| !curve.points.is_empty()) {
        let _ = write!(svg, "<polyline class=\"curve {}\" points=\"", curve.class);
        let mut before = None;
        for &(at_ms, value) in &thinned(&curve.points, curve.is_step) {
            let (at, up) = (x(at_ms, length_ms), y(value));
            if let Some(before) = before.filter(|_| curve.is_step) {
                let _ = write!(svg, "{at:.1},{before:.1} ");
            }
            let _ = write!(svg, "{at:.1},{up:.1} ");
            before = Some(up);
        }
        if let Some(last) = before.filter(|_| curve.is_step) {
            let _ = write!(svg, "{:.1},{last:.1}", x(length_ms, length_ms));
        }
        svg.push_str("\"/>");
    }
    svg.push_str("</svg>");
    svg
}

fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

/// Leaves out points in the middle of level stretches, and of long records those that no screen can show.
fn thinned(points: &[(u64, f64)], is_step: bool) -> Vec<(u64, f64)> {
    let stride = if is_step { 1 } else { points.len() / 2000 + 1 };
    let mut kept: Vec<(u64, f64)> = Vec::new();
    for chunk in points.chunks(stride) {
        // the highest of each stretch: peaks must stay
        let Some(&point) = chunk.iter().max_by(|a, b| a.1.total_cmp(&b.1)) else { continue };
        let level = kept.len() >= 2 && kept[kept.len() - 2..].iter().all(|one| one.1 == point.1);
        if level {
            kept.pop();
        }
        kept.push(point);
    }
    kept
}

fn times(svg: &mut String, length_ms: u64, top: f64, bottom: f64) {
    let step = time_step(length_ms);
    let mut at_ms = 0;
    while at_ms <= length_ms {
        let at = x(at_ms, length_ms);
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{top}\" y2=\"{bottom:.1}\"/>\
             <text class=\"axis\" x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            bottom + 14.0,
            clock_text(at_ms)
        );
        at_ms += step;
    }
}

/// Draws bars on the time axis, each on the first line that has room for it and its label.
pub(super) fn bars(length_ms: u64, bars: &[Bar<'_>]) -> String {
    const LINE: f64 = 17.0;
    /// Width of a letter of a label.
    const LETTER: f64 = 6.3;
    let mut ends: Vec<f64> = Vec::new();
    let mut drawn = String::new();
    for bar in bars {
        let (from, until) = (x(bar.from_ms, length_ms), x(bar.until_ms.min(length_ms), length_ms));
        let wide = bar.label.chars().count() as f64 * LETTER + 8.0;
        // a label that would leave the drawing on the right goes to the left of its bar
        let is_left = until.max(from + 3.0) + wide > WIDTH && from - wide > 0.0;
        let (begins, ends_at) =
            if is_left { (from - wide, until.max(from + 3.0)) } else { (from, until.max(from + 3.0) + wide) };
        let line = ends.iter().position(|end| *end <= begins).unwrap_or(ends.len());
        if line == ends.len() {
            ends.push(0.0);
        }
        ends[line] = ends_at + 4.0;
        let top = TOP + line as f64 * LINE;
        let (at, anchor) = if is_left { (from - 4.0, "end") } else { (until.max(from + 3.0) + 4.0, "start") };
        let _ = write!(
            drawn,
            "<g><title>{}</title><rect class=\"bar {}\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"10\" rx=\"2\"/>\
             <text class=\"label\" x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text></g>",
            escaped(&bar.title),
            bar.class,
            top + 2.0,
            (until - from).max(3.0),
            top + 11.0,
            escaped(&bar.label)
        );
    }
    let height = TOP + ends.len().max(1) as f64 * LINE + BOTTOM;
    let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\">");
    times(&mut svg, length_ms, TOP, height - BOTTOM);
    svg.push_str(&drawn);
    svg.push_str("</svg>");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_steps() {
        for (range, step) in [(63.0, 20.0), (40.0, 10.0), (8.0, 2.0), (1.0, 0.2), (0.0, 1e-6)] {
            assert!((round_step(range) - step).abs() < 1e-9, "{range}: {}", round_step(range));
        }
        assert_eq!([60_000, 180_000, 86_400_000].map(time_step), [5_000, 15_000, 7_200_000]);
    }

    #[test]
    fn level_stretches_are_thinned_and_peaks_stay() {
        let flat: Vec<(u64, f64)> = (0..100).map(|at| (at, if at == 50 { 9.0 } else { 1.0 })).collect();
        assert_eq!(thinned(&flat, true), [(0, 1.0), (49, 1.0), (50, 9.0), (51, 1.0), (99, 1.0)]);
        let long: Vec<(u64, f64)> = (0..10_000).map(|at| (at, if at == 5_003 { 9.0 } else { 1.0 })).collect();
        assert!(thinned(&long, false).contains(&(5_003, 9.0)));
    }

    #[test]
    fn labels_that_would_meet_go_on_lines_of_their_own() {
        let bar = |from_ms| Bar {
            class: "alarm",
            from_ms,
            until_ms: from_ms,
            label: "a <label>".into(),
            title: String::new(),
        };
        let svg = bars(100_000, &[bar(0), bar(1_000), bar(90_000)]);
        assert!(svg.contains("a &lt;label&gt;"), "{svg}");
        assert_eq!(svg.matches("y=\"10.0\"").count(), 2, "the third fits on the first line: {svg}");
        assert_eq!(svg.matches("y=\"27.0\"").count(), 1);
    }
}
