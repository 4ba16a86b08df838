//! What the driver tells the journal. Writing must never hold up control, so every call returns at once.

use std::time::Duration;

use tokio::sync::oneshot;

use super::{Alarm, Order, State, Taped, Time};

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
        /// The order.
        order: Order,
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
    /// A decision with all that it was made of.
    Taped(Box<Taped>),
}

/// Word from the journal that what was recorded is kept. Waiting for it is for whoever answers a caller, not for the control loop.
#[derive(Debug)]
pub struct Receipt(Option<oneshot::Receiver<Result<(), String>>>);

impl Receipt {
    /// Makes a receipt of a journal that has nothing to wait for.
    pub fn at_once() -> Self {
        Receipt(None)
    }

    /// Makes a receipt and the end through which the journal gives its word.
    pub fn pending() -> (oneshot::Sender<Result<(), String>>, Self) {
        let (word, receipt) = oneshot::channel();
        (word, Receipt(Some(receipt)))
    }

    /// Waits for the word, at most so long.
    ///
    /// # Errors
    /// Why what was recorded is not kept, in words: the journal is in trouble, too slow, or closed. It may be kept later all the same.
    pub async fn wait(self, at_most: Duration) -> Result<(), String> {
        let Some(word) = self.0 else { return Ok(()) };
        match tokio::time::timeout(at_most, word).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err("the journal is closed".into()),
            Err(_) => Err(format!("the journal has not been written within {} ms", at_most.as_millis())),
        }
    }
}

/// The journal as the driver sees it.
pub trait JournalPort: Send {
    /// Takes an entry. Returns at once; when the journal can't keep up, entries are dropped and counted.
    fn record(&mut self, entry: Entry);

    /// Asks that all that was recorded is written now. Returns at once; the receipt tells when it has been.
    fn flush(&mut self) -> Receipt {
        Receipt::at_once()
    }

    /// Says why the journal can't be written at present, if it can't.
    fn trouble(&self) -> Option<String>;
}
