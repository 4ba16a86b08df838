//! What the driver tells the journal. Writing must never hold up control, so every call returns at once.

use super::{Alarm, Override, State, Time};

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// The controller started, was reloaded, stopped: a word and details.
    Life {
        /// When.
        at: Time,
        /// `started`, `reloaded`, `reload-refused`, `stopping`, `stopped`.
        what: &'static str,
        /// Details in words.
        details: String,
    },
    /// The limits that a decision changed.
    Decision {
        /// When.
        at: Time,
        /// Number of the cycle.
        cycle: u64,
        /// Charger, new limit in amperes, reason.
        changes: Vec<(String, f64, String)>,
    },
    /// An order was given or ended.
    Order {
        /// When.
        at: Time,
        /// Charger.
        charger: String,
        /// The order; `None`: the one in force ended.
        order: Option<Override>,
    },
    /// A device changed its state (a car came, a breaker tripped).
    Change {
        /// When.
        at: Time,
        /// Device.
        device: String,
        /// Old state, in words.
        from: String,
        /// New state, in words.
        to: String,
    },
    /// An alarm was raised (`true`) or has cleared.
    Alarm {
        /// When.
        at: Time,
        /// The alarm.
        alarm: Alarm,
        /// Raised or cleared?
        raised: bool,
    },
    /// The controller's memory, with the names of the chargers in the order of `state.chargers`; only the newest one is kept.
    Memory {
        /// When.
        at: Time,
        /// Names of the chargers.
        chargers: Vec<String>,
        /// The memory.
        state: Box<State>,
    },
}

/// The journal as the driver sees it.
pub trait JournalPort: Send {
    /// Takes an entry. Returns at once; when the journal can't keep up, entries are dropped and counted.
    fn record(&mut self, entry: Entry);

    /// Says why the journal can't be written at present, if it can't.
    fn trouble(&self) -> Option<String>;
}
