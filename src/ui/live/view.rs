//! What the live view shows, as plain values.

use crate::ui::Tone;

/// One picture of a site.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct View {
    /// What is shown: `enmon demo · garage`.
    pub title: String,
    /// Time of day.
    pub clock: String,
    /// A few words on the controller: cycle, times.
    pub subtitle: String,
    /// Circuits, parents before their children.
    pub circuits: Vec<CircuitRow>,
    /// Chargers in the order of the site.
    pub chargers: Vec<ChargerRow>,
    /// What needs attention, the worst first.
    pub alarms: Vec<AlarmRow>,
    /// Other devices: solar input, cabinets, breakers.
    pub extras: Vec<ExtraRow>,
    /// A line at the bottom.
    pub footer: String,
}

/// A circuit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CircuitRow {
    /// Name.
    pub name: String,
    /// How many circuits are above it.
    pub depth: usize,
    /// Is its meter silent?
    pub meter_unknown: bool,
    /// One for each phase that it has.
    pub phases: Vec<PhaseBar>,
}

/// A phase of a circuit; all in amperes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PhaseBar {
    /// Name of the phase: `L1`.
    pub label: String,
    /// Limit.
    pub limit: f64,
    /// What else draws there.
    pub other: f64,
    /// What the chargers draw.
    pub drawn: f64,
    /// What the chargers may draw at the most; what is drawn is part of it.
    pub offered: f64,
}

/// What a charger says of its car.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PlugState {
    /// Nothing has been heard.
    #[default]
    Unknown,
    /// No car.
    Unplugged,
    /// A car that does not charge.
    PluggedIn,
    /// A car that charges.
    Charging,
    /// A fault.
    Fault,
}

/// A charger.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChargerRow {
    /// Name.
    pub name: String,
    /// Its circuit.
    pub circuit: String,
    /// Its state.
    pub state: PlugState,
    /// Site phases that it uses: `L1 L2 L3`.
    pub phases: String,
    /// What it offers, amperes; nothing where that is not known.
    pub offered: Option<f64>,
    /// What the car draws on each phase, amperes; empty where that is not known.
    pub drawn: Vec<f64>,
    /// Its rated current, amperes.
    pub max: f64,
    /// Why it offers what it offers, in words.
    pub reason: String,
    /// What is wrong with it.
    pub fault: Option<String>,
    /// The order in force, in words.
    pub order: Option<String>,
}

/// Something that needs attention.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlarmRow {
    /// Does somebody have to act?
    pub critical: bool,
    /// In words, with the device or circuit.
    pub text: String,
}

/// A device that is neither circuit nor charger.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ExtraRow {
    /// Name.
    pub label: String,
    /// Its values in words.
    pub value: String,
    /// What the values mean.
    pub tone: Tone,
}

impl PhaseBar {
    /// Returns what flows now.
    pub fn load(&self) -> f64 {
        self.other + self.drawn
    }

    /// Returns what may flow at the most with what is offered now.
    pub fn worst(&self) -> f64 {
        self.other + self.offered.max(self.drawn)
    }
}

impl ChargerRow {
    /// Returns the current of the phase that draws most; nothing where it is not known.
    pub fn drawn_most(&self) -> Option<f64> {
        self.drawn.iter().copied().reduce(f64::max)
    }

    /// Returns what to say of it: its fault, else its order, else the reason for its limit.
    pub fn words(&self) -> String {
        match (&self.fault, &self.order) {
            (Some(fault), _) => fault.clone(),
            (None, Some(order)) => format!("{order}; {}", self.reason),
            (None, None) => self.reason.clone(),
        }
    }
}

impl PlugState {
    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            PlugState::Unknown => "unknown",
            PlugState::Unplugged => "unplugged",
            PlugState::PluggedIn => "plugged in",
            PlugState::Charging => "charging",
            PlugState::Fault => "fault",
        }
    }

    pub(super) fn glyph(self) -> &'static str {
        match self {
            PlugState::Unknown => "?",
            PlugState::Unplugged => "○",
            PlugState::PluggedIn => "◐",
            PlugState::Charging => "●",
            PlugState::Fault => "✖",
        }
    }
}
