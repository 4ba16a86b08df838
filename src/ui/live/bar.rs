//! Stacked bars: what else draws, what chargers draw, what they are offered, the room up to the limit, and what is above it.

use ratatui::style::Style;
use ratatui::text::Span;

use super::theme::{Segment, Theme};

/// The share of a bar up to its limit, in percent; the rest is there so that an excess can be seen.
const UP_TO_LIMIT: usize = 89;

const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// The values of a bar, in amperes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// What else draws.
    pub other: f64,
    /// What chargers draw.
    pub drawn: f64,
    /// What chargers may draw at the most.
    pub offered: f64,
    /// The limit, or a charger's rated current.
    pub limit: f64,
}

/// Draws a bar that goes on beyond its limit, with a mark at the limit.
pub(super) fn with_limit_mark(load: Load, width: usize, theme: Theme) -> Vec<Span<'static>> {
    let mark = width * UP_TO_LIMIT / 100;
    Stack::new(load, mark, width).spans(Some(mark), theme)
}

/// Draws a bar whose end is its limit.
pub(super) fn up_to_limit(load: Load, width: usize, theme: Theme) -> Vec<Span<'static>> {
    Stack::new(load, width, width).spans(None, theme)
}

/// Segments with their ends, in eighths of a cell.
struct Stack {
    ends: [(Segment, usize); 6],
    width: usize,
}

impl Stack {
    /// `full`: the cells that stand for the limit.
    fn new(load: Load, full: usize, width: usize) -> Self {
        let eighths = |amps: f64| -> usize {
            let share = if load.limit > 0.0 { amps.max(0.0) / load.limit } else { 0.0 };
            // saturating: a wild or missing value never leaves the bar
            ((share * (full * 8) as f64).round() as usize).min(width * 8)
        };
        let limit = full * 8;
        let other = eighths(load.other);
        let drawn = eighths(load.other + load.drawn).max(other);
        let offered = eighths(load.other + load.offered).max(drawn);
        Stack {
            ends: [
                (Segment::Other, other.min(limit)),
                (Segment::Drawn, drawn.min(limit)),
                (Segment::Offered, offered.min(limit)),
                (Segment::Free, limit),
                (Segment::Over, offered.max(limit)),
                (Segment::Beyond, width * 8),
            ],
            width,
        }
    }

    fn at(&self, eighth: usize) -> Segment {
        self.ends.iter().find(|(_, end)| eighth < *end).map_or(Segment::Beyond, |(segment, _)| *segment)
    }

    fn spans(&self, mark: Option<usize>, theme: Theme) -> Vec<Span<'static>> {
        let mut spans: Vec<Span<'static>> = Vec::new();
        for cell in 0..self.width {
            let (glyph, style) = if mark == Some(cell) {
                ('│', self.mark_style(cell, theme))
            } else if theme.has_color() {
                self.colored(cell, theme)
            } else {
                (mono_glyph(self.at(cell * 8 + 3)), Style::new())
            };
            match spans.last_mut() {
                Some(last) if last.style == style => last.content.to_mut().push(glyph),
                _ => spans.push(Span::styled(glyph.to_string(), style)),
            }
        }
        spans
    }

    fn mark_style(&self, cell: usize, theme: Theme) -> Style {
        let style = theme.limit_mark();
        match theme.segment(self.at(cell * 8)) {
            Some(color) if theme.has_color() => style.bg(color),
            _ => style,
        }
    }

    /// A cell in which one segment ends and another begins shows both: a partial block on the next one's colour.
    fn colored(&self, cell: usize, theme: Theme) -> (char, Style) {
        let start = cell * 8;
        let (first, last) = (self.at(start), self.at(start + 7));
        let paint = |segment: Segment| theme.segment(segment);
        let back = |style: Style, segment| match paint(segment) {
            Some(color) => style.bg(color),
            None => style,
        };
        if first == last {
            return (' ', back(Style::new(), first));
        }
        let filled = (1..8).find(|eighth| self.at(start + eighth) != first).unwrap_or(0);
        let style = back(Style::new(), last);
        match paint(first) {
            Some(color) => (EIGHTHS[filled], style.fg(color)),
            None => (' ', style),
        }
    }
}

fn mono_glyph(segment: Segment) -> char {
    match segment {
        Segment::Other => '█',
        Segment::Drawn => '▓',
        Segment::Offered => '░',
        Segment::Free => '·',
        Segment::Over => '!',
        Segment::Beyond => ' ',
    }
}

/// Explains the bars.
pub(super) fn legend(theme: Theme) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    for (segment, word) in [
        (Segment::Other, "other"),
        (Segment::Drawn, "drawn by cars"),
        (Segment::Offered, "offered"),
        (Segment::Free, "free"),
    ] {
        spans.push(match theme.segment(segment) {
            Some(color) if theme.has_color() => Span::styled("  ", Style::new().bg(color)),
            _ => Span::raw(mono_glyph(segment).to_string().repeat(2)),
        });
        spans.push(Span::styled(format!(" {word}  "), theme.faint()));
    }
    spans.push(Span::styled("│", theme.limit_mark()));
    spans.push(Span::styled(" limit", theme.faint()));
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mono(load: Load, width: usize) -> String {
        with_limit_mark(load, width, Theme::mono()).iter().map(|span| span.content.as_ref()).collect()
    }

    #[test]
    fn segments_are_stacked_in_order() {
        let load = Load { other: 10.0, drawn: 10.0, offered: 20.0, limit: 50.0 };
        assert_eq!(mono(load, 29), "█████▓▓▓▓▓░░░░░··········│   ");
    }

    #[test]
    fn an_excess_goes_beyond_the_mark() {
        let load = Load { other: 40.0, drawn: 5.0, offered: 14.0, limit: 50.0 };
        assert_eq!(mono(load, 29), "████████████████████▓▓▓░░│!  ");
    }

    #[test]
    fn wild_values_stay_inside() {
        for wild in [f64::NAN, f64::INFINITY, -5.0, 1e300] {
            let load = Load { other: wild, drawn: wild, offered: wild, limit: 16.0 };
            assert_eq!(mono(load, 10).chars().count(), 10, "{wild}");
            let load = Load { other: 1.0, drawn: 1.0, offered: 1.0, limit: wild };
            assert_eq!(mono(load, 10).chars().count(), 10, "limit {wild}");
        }
        assert_eq!(mono(Load { other: 1.0, drawn: 0.0, offered: 0.0, limit: 1.0 }, 0), "");
    }

    #[test]
    fn a_shared_cell_shows_both_colours() {
        let theme = Theme::color();
        let load = Load { other: 0.0, drawn: 4.5, offered: 8.0, limit: 8.0 };
        let spans = up_to_limit(load, 8, theme);
        let shared = spans.iter().find(|span| span.content == "▌").unwrap();
        assert_eq!(shared.style.fg, theme.segment(Segment::Drawn));
        assert_eq!(shared.style.bg, theme.segment(Segment::Offered));
    }
}
