//! Colours of the live view, and its look where there is no colour.

use ratatui::style::{Color, Modifier, Style};

use super::view::PlugState;
use crate::ui::Tone;

/// How the live view looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    has_color: bool,
}

/// Parts of a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Segment {
    /// What else draws.
    Other,
    /// What chargers draw.
    Drawn,
    /// What chargers are offered and don't draw.
    Offered,
    /// Room below the limit.
    Free,
    /// Load above the limit.
    Over,
    /// Nothing, above the limit.
    Beyond,
}

impl Theme {
    /// The look on a terminal with colour (256 colours).
    pub fn color() -> Self {
        Theme { has_color: true }
    }

    /// The look without colour: bars differ by their glyphs, words by weight.
    pub fn mono() -> Self {
        Theme { has_color: false }
    }

    pub(super) fn has_color(self) -> bool {
        self.has_color
    }

    pub(super) fn segment(self, segment: Segment) -> Style {
        self.fg(match segment {
            Segment::Other => Color::Indexed(67),
            Segment::Drawn => Color::Indexed(71),
            Segment::Offered => Color::Indexed(65),
            Segment::Free => Color::Indexed(237),
            Segment::Over => Color::Indexed(160),
            Segment::Beyond => Color::Reset,
        })
    }

    fn fg(self, color: Color) -> Style {
        if self.has_color { Style::new().fg(color) } else { Style::new() }
    }

    pub(super) fn title_bar(self) -> Style {
        if self.has_color {
            Style::new().bg(Color::Indexed(24)).fg(Color::Indexed(255))
        } else {
            Style::new().add_modifier(Modifier::REVERSED)
        }
    }

    pub(super) fn heading(self) -> Style {
        self.fg(Color::Indexed(110)).add_modifier(Modifier::BOLD)
    }

    pub(super) fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub(super) fn faint(self) -> Style {
        if self.has_color {
            Style::new().fg(Color::Indexed(245))
        } else {
            Style::new().add_modifier(Modifier::DIM)
        }
    }

    pub(super) fn limit_mark(self) -> Style {
        self.fg(Color::Indexed(255)).add_modifier(Modifier::BOLD)
    }

    pub(super) fn tone(self, tone: Tone) -> Style {
        match tone {
            Tone::Plain => Style::new(),
            Tone::Good => self.fg(Color::Indexed(71)),
            Tone::Warning => self.fg(Color::Indexed(178)).add_modifier(Modifier::BOLD),
            Tone::Bad => self.fg(Color::Indexed(203)).add_modifier(Modifier::BOLD),
            Tone::Faint => self.faint(),
        }
    }

    pub(super) fn order(self) -> Style {
        self.fg(Color::Indexed(80))
    }

    pub(super) fn plug(self, state: PlugState) -> Style {
        match state {
            PlugState::Unknown => self.tone(Tone::Warning),
            PlugState::Unplugged => self.faint(),
            PlugState::PluggedIn => self.fg(Color::Indexed(110)),
            PlugState::Charging => self.tone(Tone::Good),
            PlugState::Fault => self.tone(Tone::Bad),
        }
    }
}
