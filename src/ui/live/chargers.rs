//! Chargers of the live view: state, a bar of what is drawn and offered, and the reason in words.

use ratatui::text::{Line, Span};

use super::bar::{self, Load};
use super::text;
use super::theme::Theme;
use super::view::{ChargerRow, View};
use crate::ui::Tone;

/// Widths of the columns; 0: hidden.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChargerColumns {
    name: usize,
    circuit: usize,
    phases: usize,
    state: usize,
    bar: usize,
    drawn: usize,
    offered: usize,
    reason: usize,
}

impl ChargerColumns {
    pub(super) fn new(view: &View, width: usize) -> Self {
        let widest = |text_of: fn(&ChargerRow) -> &str, least: usize, most: usize| {
            view.chargers
                .iter()
                .map(|charger| text::width(text_of(charger)))
                .max()
                .unwrap_or(0)
                .clamp(least, most)
        };
        let mut columns = ChargerColumns {
            name: widest(|charger| &charger.name, 7, if width < 100 { 12 } else { 20 }),
            circuit: if width >= 92 { widest(|charger| &charger.circuit, 7, 16) } else { 0 },
            phases: if width >= 112 { 8 } else { 0 },
            state: if width >= 56 { 10 } else { 0 },
            bar: (width / 7).min(24),
            drawn: if width >= 44 { 6 } else { 0 },
            offered: 7,
            reason: 0,
        };
        columns.reason = width.saturating_sub(columns.used() + 1);
        if columns.reason < 8 {
            columns.reason = 0;
        }
        columns
    }

    fn used(&self) -> usize {
        let columns = [self.name, self.circuit, self.phases, self.state, self.bar, self.drawn, self.offered];
        // the glyph and its blank, then a blank after each column that is shown
        2 + columns.iter().filter(|width| **width > 0).map(|width| width + 1).sum::<usize>()
    }

    /// Names the columns.
    pub(super) fn heading(&self, theme: Theme) -> Line<'static> {
        let mut words = String::from("  ");
        for (word, width, is_number) in [
            ("CHARGER", self.name, false),
            ("CIRCUIT", self.circuit, false),
            ("PHASES", self.phases, false),
            ("STATE", self.state, false),
            ("", self.bar, false),
            ("DRAWN", self.drawn, true),
            ("OFFERED", self.offered, true),
            (" WHY", self.reason, false),
        ] {
            if width > 0 {
                words += &if is_number { text::right(word, width) } else { text::left(word, width) };
                words.push(' ');
            }
        }
        Line::styled(words.trim_end().to_owned(), theme.heading())
    }

    /// A charger.
    pub(super) fn line(&self, charger: &ChargerRow, theme: Theme) -> Line<'static> {
        let plug = theme.plug(charger.state);
        let mut spans = vec![Span::styled(format!("{} ", charger.state.glyph()), plug)];
        let mut put = |word: &str, width: usize, style| {
            if width > 0 {
                spans.push(Span::styled(text::left(word, width) + " ", style));
            }
        };
        put(&charger.name, self.name, theme.strong());
        put(&charger.circuit, self.circuit, theme.faint());
        put(&charger.phases, self.phases, theme.faint());
        put(charger.state.word(), self.state, plug);
        if self.bar > 0 {
            spans.extend(bar::up_to_limit(load_of(charger), self.bar, theme));
            spans.push(Span::raw(" "));
        }
        if self.drawn > 0 {
            spans.push(amps(charger.drawn_most(), self.drawn, theme));
        }
        spans.push(amps(charger.offered, self.offered, theme));
        if self.reason > 0 {
            let style = match (&charger.fault, &charger.order) {
                (Some(_), _) => theme.tone(Tone::Bad),
                (None, Some(_)) => theme.order(),
                (None, None) => theme.faint(),
            };
            spans.push(Span::styled(format!(" {}", text::cut(&charger.words(), self.reason)), style));
        }
        Line::from(spans)
    }
}

fn amps(value: Option<f64>, width: usize, theme: Theme) -> Span<'static> {
    match value {
        Some(value) => {
            let style = if value < 0.05 { theme.faint() } else { theme.tone(Tone::Plain) };
            Span::styled(text::right(&format!("{value:.1} A"), width) + " ", style)
        }
        None => Span::styled(text::right("?", width) + " ", theme.tone(Tone::Warning)),
    }
}

fn load_of(charger: &ChargerRow) -> Load {
    Load {
        other: 0.0,
        drawn: charger.drawn_most().unwrap_or(0.0),
        offered: charger.offered.unwrap_or(0.0),
        limit: charger.max,
    }
}
