//! Circuits of the live view: one line for each phase where there is room, one line for each circuit elsewhere.

use ratatui::text::{Line, Span};

use super::bar::{self, Load, ROUNDING};
use super::text;
use super::theme::Theme;
use super::view::{CircuitRow, PhaseBar, View};
use crate::ui::Tone;

/// From this width on the values of a phase are shown one by one.
const WIDE: usize = 96;

/// Widths that all circuits of a view share.
#[derive(Debug, Clone, Copy)]
pub(super) struct CircuitColumns {
    width: usize,
    name: usize,
    /// Phases of the circuit that has most.
    phases: usize,
    /// `41/63`
    figure: usize,
}

impl CircuitColumns {
    pub(super) fn new(view: &View, width: usize) -> Self {
        let name = view.circuits.iter().map(|circuit| text::width(&label(circuit))).max().unwrap_or(0);
        let bars = || view.circuits.iter().flat_map(|circuit| &circuit.phases);
        CircuitColumns {
            width,
            name: name.clamp(8, (width / 4).clamp(8, 24)),
            phases: view.circuits.iter().map(|circuit| circuit.phases.len()).max().unwrap_or(1).max(1),
            figure: bars().map(|bar| text::width(&short_figure(bar))).max().unwrap_or(0),
        }
    }

    /// Says whether the phases of a circuit fit side by side with bars that can be read.
    pub(super) fn fit_side_by_side(&self) -> bool {
        self.flat_bar() >= 8
    }

    fn flat_bar(&self) -> usize {
        let each = self.width.saturating_sub(self.name + 1) / self.phases;
        // label, blank, bar, blank, figure, two blanks
        each.saturating_sub(3 + 1 + self.figure + 2)
    }

    /// Names the columns.
    pub(super) fn heading(&self, is_tall: bool, theme: Theme) -> Line<'static> {
        let mut spans = vec![Span::styled(text::left("CIRCUIT", self.name + 1), theme.heading())];
        let legend = bar::legend(theme);
        let legend_width: usize = legend.iter().map(Span::width).sum();
        let values = if is_tall && self.width >= WIDE {
            ["OTHER", "DRAWN", "OFFERED", "LIMIT"].map(|word| text::right(word, 9)).concat()
        } else {
            String::new()
        };
        let room = self.width.saturating_sub(self.name + 1 + values.len());
        if legend_width <= room {
            spans.extend(legend);
            spans.push(Span::raw(" ".repeat(room - legend_width)));
        } else {
            spans.push(Span::raw(" ".repeat(room)));
        }
        spans.push(Span::styled(values, theme.heading()));
        Line::from(spans)
    }

    /// A circuit on one line, its phases side by side.
    pub(super) fn flat(&self, circuit: &CircuitRow, theme: Theme) -> Line<'static> {
        let mut spans = vec![self.name_span(circuit, theme)];
        for phase in &circuit.phases {
            spans.push(Span::styled(text::left(&phase.label, 3), theme.faint()));
            spans.extend(bar::with_limit_mark(load_of(phase), self.flat_bar(), theme));
            spans.push(Span::styled(
                format!(" {}  ", text::right(&short_figure(phase), self.figure)),
                theme.tone(tone_of(phase)),
            ));
        }
        Line::from(spans)
    }

    /// One phase of a circuit on a line of its own.
    pub(super) fn tall(&self, circuit: &CircuitRow, index: usize, theme: Theme) -> Line<'static> {
        let Some(phase) = circuit.phases.get(index) else { return Line::default() };
        let mut spans = vec![match index {
            0 => self.name_span(circuit, theme),
            1 if circuit.meter_unknown && self.name > 12 => {
                Span::styled(text::left(" meter silent", self.name + 1), theme.tone(Tone::Warning))
            }
            _ => Span::raw(" ".repeat(self.name + 1)),
        }];
        spans.push(Span::styled(text::left(&phase.label, 3), theme.faint()));
        let figures = if self.width >= WIDE {
            long_figures(phase)
        } else {
            // a blank, a decimal more than in the short figure, and the unit
            text::right(&middle_figure(phase), self.figure + 5)
        };
        let room = self.width.saturating_sub(self.name + 1 + 3 + text::width(&figures));
        spans.extend(bar::with_limit_mark(load_of(phase), room, theme));
        spans.push(Span::styled(figures, theme.tone(tone_of(phase))));
        Line::from(spans)
    }

    fn name_span(&self, circuit: &CircuitRow, theme: Theme) -> Span<'static> {
        let style = if circuit.meter_unknown { theme.tone(Tone::Warning) } else { theme.strong() };
        Span::styled(text::left(&label(circuit), self.name) + " ", style)
    }
}

fn label(circuit: &CircuitRow) -> String {
    let indent = match circuit.depth {
        0 => String::new(),
        depth => "  ".repeat(depth - 1) + "└ ",
    };
    let mark = if circuit.meter_unknown { " ?" } else { "" };
    format!("{indent}{}{mark}", circuit.name)
}

fn load_of(phase: &PhaseBar) -> Load {
    Load { other: phase.other, drawn: phase.drawn, offered: phase.offered, limit: phase.limit }
}

/// Red: too much flows. Yellow: too much could.
fn tone_of(phase: &PhaseBar) -> Tone {
    if phase.load() > phase.limit + ROUNDING {
        Tone::Bad
    } else if phase.worst() > phase.limit + ROUNDING {
        Tone::Warning
    } else {
        Tone::Plain
    }
}

fn short_figure(phase: &PhaseBar) -> String {
    format!("{:.0}/{:.0}", phase.load(), phase.limit)
}

fn middle_figure(phase: &PhaseBar) -> String {
    format!("{:.1}/{:.0} A", phase.load(), phase.limit)
}

fn long_figures(phase: &PhaseBar) -> String {
    [phase.other, phase.drawn, phase.offered, phase.limit].map(|amps| format!("{amps:7.1} A")).concat()
}
