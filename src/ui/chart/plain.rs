//! A chart as text: axes with their marks, lines, a legend. Never wider than it may be.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::canvas::Canvas;
use super::{Chart, axis};

/// The narrowest and lowest chart that makes sense.
const LEAST: (usize, usize) = (30, 6);
/// Most lines that the legend lists.
const MOST_IN_LEGEND: usize = 20;
/// Colours of lines in turn: cyan, yellow, magenta, green, blue, red (ECMA-48 SGR).
const COLORS: [u8; 6] = [36, 33, 35, 32, 34, 31];
/// What lines are drawn with where there is no colour.
const GLYPHS: [char; 12] = ['*', '+', 'o', 'x', '#', '@', '%', '&', '=', '~', '$', '?'];

pub(super) fn draw(chart: &Chart, width: usize, height: usize, has_color: bool) -> String {
    let (width, height) = (width.max(LEAST.0), height.max(LEAST.1));
    let mut text = String::new();
    let _ = writeln!(text, "{}", cut(&chart.title, width));
    let Some((least, most)) = chart.bounds() else {
        text.push_str("nothing to draw\n");
        return text;
    };
    let rows = height - 2;
    let axis = axis::values(least, most, (rows / 3).clamp(2, 8));
    let label_width = axis.marks.iter().map(|(_, mark)| mark.len()).max().unwrap_or(1).min(width / 2);
    let columns = width - label_width - 2;
    let mut canvas = Canvas::new(columns, rows);
    let length_s = (chart.until_s - chart.from_s).max(f64::MIN_POSITIVE);
    let height_of = |value: f64| (value - axis.least) / (axis.most - axis.least);
    for (number, line) in chart.lines.iter().enumerate() {
        for stroke in chart.strokes(line) {
            let points = stroke.iter().map(|(at, value)| ((at - chart.from_s) / length_s, height_of(*value)));
            canvas.stroke(number, points);
        }
    }
    let is_told_by_glyph = !has_color && chart.lines.len() > 1;
    let row_of = |value: f64| ((1.0 - height_of(value)) * (rows - 1) as f64).round() as usize;
    let mut labels = vec![None; rows];
    for (value, mark) in &axis.marks {
        if let Some(label) = labels.get_mut(row_of(*value)) {
            *label = Some(mark.as_str());
        }
    }
    for (row, label) in labels.iter().enumerate() {
        let sign = if label.is_some() { '┤' } else { '│' };
        let _ = write!(text, "{:>label_width$} {sign}", label.unwrap_or_default());
        row_text(&mut text, canvas.row(row), has_color, is_told_by_glyph);
        text.push('\n');
    }
    times(&mut text, chart, label_width + 1, columns);
    legend(&mut text, chart, width, has_color, is_told_by_glyph);
    text
}

fn row_text(
    text: &mut String,
    row: impl Iterator<Item = (Option<usize>, char)>,
    has_color: bool,
    is_told_by_glyph: bool,
) {
    let mut blanks = 0;
    for (line, dots) in row {
        let Some(line) = line else {
            blanks += 1;
            continue;
        };
        // nothing but spaces at the end of a row is not written
        text.extend(std::iter::repeat_n(' ', std::mem::take(&mut blanks)));
        if is_told_by_glyph {
            text.push(GLYPHS[line % GLYPHS.len()]);
        } else if has_color {
            let _ = write!(text, "\x1b[{}m{dots}\x1b[0m", COLORS[line % COLORS.len()]);
        } else {
            text.push(dots);
        }
    }
}

/// Writes the time axis: a line with its marks, and their texts below it where they do not touch.
fn times(text: &mut String, chart: &Chart, left: usize, columns: usize) {
    let marks = axis::times(chart.from_s, chart.until_s, (columns / 12).max(2), chart.time_text);
    let length_s = (chart.until_s - chart.from_s).max(f64::MIN_POSITIVE);
    let mut rule = vec!['─'; columns];
    let mut words = vec![' '; left + 1 + columns];
    let mut free_from = 0;
    for (at, mark) in &marks {
        let column = ((at - chart.from_s) / length_s * (columns - 1) as f64).round() as usize;
        if let Some(square) = rule.get_mut(column) {
            *square = '┬';
        }
        let begin = (left + 1 + column).saturating_sub(mark.len() / 2);
        if begin >= free_from && begin + mark.len() <= words.len() {
            for (square, letter) in words[begin..].iter_mut().zip(mark.chars()) {
                *square = letter;
            }
            free_from = begin + mark.len() + 1;
        }
    }
    // times are those of UTC, wherever the reader is
    if words[..left + 1].iter().all(|letter| *letter == ' ') && left >= 3 {
        words.splice(..3, "UTC".chars());
    }
    let _ = writeln!(text, "{}└{}", " ".repeat(left), rule.iter().collect::<String>());
    let _ = writeln!(text, "{}", words.iter().collect::<String>().trim_end());
}

fn legend(text: &mut String, chart: &Chart, width: usize, has_color: bool, is_told_by_glyph: bool) {
    for (number, line) in chart.lines.iter().take(MOST_IN_LEGEND).enumerate() {
        let name = cut(&line.name, width - 2);
        let _ = match (has_color, is_told_by_glyph) {
            (true, _) => writeln!(text, "\x1b[{}m━\x1b[0m {name}", COLORS[number % COLORS.len()]),
            (false, true) => writeln!(text, "{} {name}", GLYPHS[number % GLYPHS.len()]),
            (false, false) => writeln!(text, "⠒ {name}"),
        };
    }
    if let Some(more) = chart.lines.len().checked_sub(MOST_IN_LEGEND).filter(|more| *more > 0) {
        let _ = writeln!(text, "… and {more} more");
    }
}

/// Cuts a text to a width in columns; control characters are left out.
fn cut(text: &str, width: usize) -> String {
    // letters that take no room are no reason to read on for ever
    let letters = || text.chars().filter(|letter| !letter.is_control());
    let mut kept: String = letters().take(4 * width).collect();
    if kept.width() <= width && letters().nth(4 * width).is_none() {
        return kept;
    }
    // signs in a row may be wider or narrower than each alone, so the whole is measured
    kept.push('…');
    while kept.width() > width && kept.chars().count() > 1 {
        kept.pop();
        kept.pop();
        kept.push('…');
    }
    kept
}
