//! Stacked bars: what else draws, what chargers draw, what they are offered, the room up to the limit, and what is above it.

use ratatui::text::Span;

use super::theme::{Segment, Theme};

/// The share of a bar up to its limit, in percent; the rest is there so that an excess can be seen.
const UP_TO_LIMIT: usize = 89;

/// Three quarters high, so that the bars of neighbouring lines stay apart.
const BLOCK: char = '▆';

/// Half a tenth of an ampere is rounding in what is shown, not an excess.
pub(super) const ROUNDING: f64 = 0.05;

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

/// Segments with their ends, in cells.
struct Stack {
    ends: [(Segment, usize); 6],
    width: usize,
}

impl Stack {
    /// `full`: the cells that stand for the limit.
    fn new(load: Load, full: usize, width: usize) -> Self {
        let cells = |amps: f64| -> usize {
            let share = if load.limit > 0.0 { amps.max(0.0) / load.limit } else { 0.0 };
            // saturating: a wild or missing value never leaves the bar
            ((share * full as f64).round() as usize).min(width)
        };
        let other = cells(load.other);
        let drawn = cells(load.other + load.drawn).max(other);
        let offered = cells(load.other + load.offered).max(drawn);
        // an excess of less than half a cell is one too
        let is_over = load.other + load.offered.max(load.drawn) > load.limit + ROUNDING;
        let over = offered.max(full + usize::from(is_over && full < width) * 2).min(width);
        Stack {
            ends: [
                (Segment::Other, other.min(full)),
                (Segment::Drawn, drawn.min(full)),
                (Segment::Offered, offered.min(full)),
                (Segment::Free, full),
                (Segment::Over, over),
                (Segment::Beyond, width),
            ],
            width,
        }
    }

    fn at(&self, cell: usize) -> Segment {
        self.ends.iter().find(|(_, end)| cell < *end).map_or(Segment::Beyond, |(segment, _)| *segment)
    }

    fn spans(&self, mark: Option<usize>, theme: Theme) -> Vec<Span<'static>> {
        let mut spans: Vec<Span<'static>> = Vec::new();
        for cell in 0..self.width {
            let (glyph, style) = match (mark == Some(cell), self.at(cell)) {
                (true, _) => ('│', theme.limit_mark()),
                (false, segment) => (glyph(segment, theme), theme.segment(segment)),
            };
            match spans.last_mut() {
                Some(last) if last.style == style => last.content.to_mut().push(glyph),
                _ => spans.push(Span::styled(glyph.to_string(), style)),
            }
        }
        spans
    }
}

fn glyph(segment: Segment, theme: Theme) -> char {
    match segment {
        Segment::Beyond => ' ',
        _ if theme.has_color() => BLOCK,
        Segment::Other => '█',
        Segment::Drawn => '▓',
        Segment::Offered => '░',
        Segment::Free => '·',
        Segment::Over => '!',
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
        spans.push(Span::styled(glyph(segment, theme).to_string().repeat(2), theme.segment(segment)));
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
    fn the_least_excess_is_seen() {
        let load = Load { other: 40.0, drawn: 0.0, offered: 10.2, limit: 50.0 };
        assert!(mono(load, 29).contains("│!"));
        let load = Load { offered: 10.0, ..load };
        assert!(!mono(load, 29).contains('!'));
    }

    #[test]
    fn with_colour_segments_differ_by_it() {
        let theme = Theme::color();
        let load = Load { other: 0.0, drawn: 4.0, offered: 6.0, limit: 8.0 };
        let spans = up_to_limit(load, 8, theme);
        let colors: Vec<_> = spans.iter().map(|span| (span.content.as_ref(), span.style)).collect();
        let expected = [("▆▆▆▆", Segment::Drawn), ("▆▆", Segment::Offered), ("▆▆", Segment::Free)];
        assert_eq!(colors, expected.map(|(text, segment)| (text, theme.segment(segment))));
    }
}
