//! A chart as an SVG document: no script, no font, nothing from elsewhere.

use std::fmt::Write as _;

use super::{Chart, axis};

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 32.0;
const BOTTOM: f64 = 28.0;
/// Height of a line of the legend.
const LEGEND: f64 = 16.0;
/// Most lines that the legend lists.
const MOST_IN_LEGEND: usize = 40;
/// Colours of lines in turn, apart for those too who see no red and green (Okabe and Ito, "Color Universal Design").
const COLORS: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

pub(super) fn draw(chart: &Chart) -> String {
    let listed = chart.lines.len().min(MOST_IN_LEGEND);
    let height = HEIGHT + LEGEND * listed as f64 + 8.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"11\">\n<title>{0}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"{LEFT}\" y=\"20\" font-size=\"13\">{0}</text>\n",
        escaped(&chart.title)
    );
    match chart.bounds() {
        Some((least, most)) => plot(&mut svg, chart, least, most),
        None => {
            let _ = writeln!(svg, "<text x=\"{LEFT}\" y=\"{}\">nothing to draw</text>", HEIGHT / 2.0);
        }
    }
    for (number, line) in chart.lines.iter().take(listed).enumerate() {
        let y = HEIGHT + LEGEND * (number as f64 + 0.5);
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\" stroke=\"{}\" stroke-width=\"3\"/>\
             <text x=\"{}\" y=\"{}\">{}</text>",
            LEFT + 20.0,
            COLORS[number % COLORS.len()],
            LEFT + 28.0,
            y + 4.0,
            escaped(&line.name)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn plot(svg: &mut String, chart: &Chart, least: f64, most: f64) {
    let axis = axis::values(least, most, 6);
    let (right, low) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    let length_s = (chart.until_s - chart.from_s).max(f64::MIN_POSITIVE);
    let x = |at: f64| LEFT + (right - LEFT) * (at - chart.from_s) / length_s;
    let y = |value: f64| low - (low - TOP) * (value - axis.least) / (axis.most - axis.least);
    for (value, mark) in &axis.marks {
        let at = y(*value);
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{right}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"#dddddd\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{mark}</text>",
            LEFT - 6.0,
            at + 4.0
        );
    }
    for (at, mark) in axis::times(chart.from_s, chart.until_s, 10, chart.time_text) {
        let at = x(at);
        let _ = writeln!(
            svg,
            "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{TOP}\" y2=\"{low}\" stroke=\"#eeeeee\"/>\
             <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{mark}</text>",
            low + 16.0
        );
    }
    let _ = writeln!(svg, "<text x=\"6\" y=\"{:.1}\">UTC</text>", low + 16.0);
    for (number, line) in chart.lines.iter().enumerate() {
        let color = COLORS[number % COLORS.len()];
        for stroke in chart.strokes(line) {
            if let [(at, value)] = stroke {
                let _ = writeln!(
                    svg,
                    "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"2\" fill=\"{color}\"/>",
                    x(*at),
                    y(*value)
                );
                continue;
            }
            let _ = write!(svg, "<polyline fill=\"none\" stroke=\"{color}\" stroke-width=\"1.5\" points=\"");
            for (at, value) in stroke {
                let _ = write!(svg, "{:.1},{:.1} ", x(*at), y(*value));
            }
            svg.truncate(svg.trim_end().len());
            svg.push_str("\"/>\n");
        }
    }
}

/// Writes a text so that XML takes it; characters that XML can't hold are left out (XML 1.0, section 2.2).
fn escaped(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => kept.push_str("&amp;"),
            '<' => kept.push_str("&lt;"),
            '>' => kept.push_str("&gt;"),
            '"' => kept.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            letter if letter.is_control() && !matches!(letter, '\t' | '\n' | '\r') => {}
            letter => kept.push(letter),
        }
    }
    kept
}
