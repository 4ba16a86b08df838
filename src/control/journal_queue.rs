//! What waits between the control loop and the journal's writer: bounded, and never a reason to wait.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::{Entry, Memory, Taped};

/// Entries that may wait.
const ENTRIES: usize = 1024;

/// Rows that may wait; an entry with the limits of a thousand chargers has a thousand.
const ROWS: usize = 20_000;

/// Told when a batch is written, or why it is not.
pub(super) type Word = oneshot::Sender<Result<(), String>>;

/// What is written in one transaction. The memory is as new as the newest entry.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub entries: Vec<Entry>,
    pub taped: Vec<Taped>,
    pub memory: Option<Memory>,
    pub words: Vec<Word>,
    /// Entries that were dropped before these.
    pub dropped: u64,
}

impl Batch {
    /// Is there nothing to write?
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.taped.is_empty() && self.memory.is_none() && self.dropped == 0
    }
}

/// The queue; shared by the loop's end and the writer.
#[derive(Debug, Default)]
pub(super) struct Queue {
    inner: Mutex<Inner>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    entries: VecDeque<Entry>,
    rows: usize,
    /// Decisions for the tape. They have bounds of their own, so that they crowd nothing out.
    taped: VecDeque<Taped>,
    taped_rows: usize,
    /// The newest memory; each one replaces the one before.
    memory: Option<Memory>,
    words: Vec<Word>,
    dropped: u64,
    urgent: bool,
    closing: bool,
    ended: bool,
    /// Why nothing can be written, while that is so.
    trouble: Option<String>,
    /// Entries in the batch that could not be written.
    stuck: usize,
}

impl Queue {
    /// Takes an entry, or drops and counts it when too much waits.
    pub fn push(&self, entry: Entry) {
        let mut inner = self.lock();
        match entry {
            Entry::Memory { at, chargers, state } => {
                inner.memory = Some(Memory { at, chargers, state: *state, complete: false });
            }
            Entry::Taped(taped) => inner.push_taped(*taped),
            entry => inner.push(entry),
        }
        drop(inner);
        self.wake.notify_all();
    }

    /// Asks that all that waits is written now.
    pub fn flush(&self, word: Word) {
        let mut inner = self.lock();
        if let Some(trouble) = inner.trouble() {
            // nobody waits for a disk that is full
            let _ = word.send(Err(trouble));
        } else if inner.ended {
            let _ = word.send(Err("the journal is closed".into()));
        } else {
            inner.urgent = true;
            inner.words.push(word);
        }
        drop(inner);
        self.wake.notify_all();
    }

    /// Says why nothing can be written, and what that has cost so far.
    pub fn trouble(&self) -> Option<String> {
        self.lock().trouble()
    }

    /// Waits for something to write, then a moment for more of it unless it is urgent. Returns early, with what there is, when the queue is
    /// closing or `at_most` is over.
    pub fn take(&self, at_most: Duration, gather: Duration) -> (Batch, bool) {
        let deadline = Instant::now() + at_most;
        let mut inner = self.lock();
        while inner.is_idle() && !inner.closing {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { break };
            inner = self.wait(inner, left);
        }
        let deadline = Instant::now() + gather;
        while !inner.is_idle()
            && !inner.urgent
            && !inner.closing
            && inner.rows.max(inner.taped_rows) < ROWS / 2
        {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { break };
            inner = self.wait(inner, left);
        }
        inner.urgent = false;
        (inner.rows, inner.taped_rows) = (0, 0);
        let batch = Batch {
            entries: std::mem::take(&mut inner.entries).into(),
            taped: std::mem::take(&mut inner.taped).into(),
            memory: inner.memory.take(),
            words: std::mem::take(&mut inner.words),
            dropped: std::mem::take(&mut inner.dropped),
        };
        (batch, inner.closing)
    }

    /// Waits so long, less when the queue is closing; returns whether it is.
    pub fn pause(&self, length: Duration) -> bool {
        let deadline = Instant::now() + length;
        let mut inner = self.lock();
        while !inner.closing {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { break };
            inner = self.wait(inner, left);
        }
        inner.closing
    }

    /// Notes why writing failed, with so many entries in hand; returns whether that is news.
    pub fn note_trouble(&self, why: &str, stuck: usize, dropped: u64) -> bool {
        let mut inner = self.lock();
        let news = inner.trouble.as_deref() != Some(why);
        inner.trouble = Some(why.to_owned());
        inner.stuck = stuck;
        inner.dropped += dropped;
        let full = inner.trouble().unwrap_or_default();
        for word in inner.words.drain(..) {
            // whoever waited may have gone
            let _ = word.send(Err(full.clone()));
        }
        news
    }

    /// Notes that writing works; returns whether that is news.
    pub fn note_success(&self) -> bool {
        let mut inner = self.lock();
        inner.stuck = 0;
        inner.trouble.take().is_some()
    }

    /// Begins the end: nothing waits for company any more.
    pub fn close(&self) {
        self.lock().closing = true;
        self.wake.notify_all();
    }

    /// The writer has ended; what is recorded from now on is lost.
    pub fn note_end(&self) {
        let mut inner = self.lock();
        inner.ended = true;
        inner.words.clear();
        drop(inner);
        self.wake.notify_all();
    }

    /// Waits until the writer has ended, at most so long; returns whether it has.
    pub fn wait_end(&self, at_most: Duration) -> bool {
        let deadline = Instant::now() + at_most;
        let mut inner = self.lock();
        while !inner.ended {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { break };
            inner = self.wait(inner, left);
        }
        inner.ended
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // every change below leaves the queue whole, so a panic elsewhere is no reason to stop journaling
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, inner: MutexGuard<'a, Inner>, at_most: Duration) -> MutexGuard<'a, Inner> {
        self.wake.wait_timeout(inner, at_most).unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Inner {
    fn push(&mut self, entry: Entry) {
        if let (Entry::Order { at, charger, order }, Some(memory)) = (&entry, &mut self.memory) {
            // the memory that waits is written after this order and would pass for newer
            memory.apply_order(*at, charger, order);
        }
        self.urgent |= matches!(entry, Entry::Order { .. });
        let rows = rows(&entry);
        let full = self.entries.len() >= ENTRIES || (self.rows + rows > ROWS && !self.entries.is_empty());
        if full || self.ended {
            self.dropped += 1;
        } else {
            self.rows += rows;
            self.entries.push_back(entry);
        }
    }

    fn push_taped(&mut self, taped: Taped) {
        let rows = taped.decision.setpoints.len() + taped.snapshot.meters.len();
        let full = self.taped.len() >= ENTRIES || self.taped_rows + rows > ROWS;
        if (full && !self.taped.is_empty()) || self.ended {
            self.dropped += 1;
        } else {
            self.taped_rows += rows;
            self.taped.push_back(taped);
        }
    }

    fn is_idle(&self) -> bool {
        self.entries.is_empty()
            && self.taped.is_empty()
            && self.memory.is_none()
            && self.words.is_empty()
            && self.dropped == 0
    }

    fn trouble(&self) -> Option<String> {
        let waiting = self.entries.len() + self.stuck;
        match (&self.trouble, self.dropped) {
            (None, 0) => None,
            (None, dropped) => Some(format!("too slow: {dropped} entries dropped")),
            (Some(why), 0) => Some(format!("{why}; {waiting} entries wait")),
            (Some(why), dropped) => Some(format!("{why}; {waiting} entries wait, {dropped} dropped")),
        }
    }
}

/// Returns how many rows an entry becomes.
fn rows(entry: &Entry) -> usize {
    match entry {
        Entry::Decision { changes, .. } => changes.len().max(1),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{ChargerMemory, Order, Override, Receipt, State, Time};
    use crate::site::Amps;

    const NOW: Duration = Duration::ZERO;

    fn life() -> Entry {
        Entry::Life { at: Time(1), what: "started", details: String::new() }
    }

    #[test]
    fn too_many_are_dropped_and_counted() {
        let queue = Queue::default();
        for _ in 0..ENTRIES + 5 {
            queue.push(life());
        }
        assert_eq!(queue.trouble().unwrap(), "too slow: 5 entries dropped");
        let (batch, _) = queue.take(NOW, NOW);
        assert_eq!((batch.entries.len(), batch.dropped), (ENTRIES, 5));
        assert_eq!(queue.trouble(), None);
    }

    #[test]
    fn wide_entries_are_bounded_by_their_rows() {
        let queue = Queue::default();
        let wide = |rows| Entry::Decision {
            at: Time(1),
            cycle: 1,
            changes: vec![("ev1".to_owned(), 6.0, "r".to_owned()); rows],
        };
        queue.push(wide(2 * ROWS));
        queue.push(wide(1));
        let (batch, _) = queue.take(NOW, NOW);
        assert_eq!(
            (batch.entries.len(), batch.dropped),
            (1, 1),
            "one that is too wide by itself must get through"
        );
    }

    #[test]
    fn an_order_is_in_the_memory_that_waits() {
        let queue = Queue::default();
        let state = State { chargers: vec![ChargerMemory::default()], ..State::default() };
        queue.push(Entry::Memory { at: Time(1), chargers: vec!["ev1".into()], state: Box::new(state) });
        let order = Override { limit: Amps::ZERO, until: None, who: "a".into(), why: "b".into() };
        queue.push(Entry::Order {
            at: Time(2),
            charger: "ev1".into(),
            order: Order::Limit(Some(order.clone())),
        });
        let (batch, _) = queue.take(NOW, Duration::from_secs(3600));
        assert_eq!(batch.memory.unwrap().state.chargers[0].order, Some(order));
    }

    #[tokio::test]
    async fn in_trouble_nobody_waits() {
        let queue = Queue::default();
        queue.note_trouble("disk full", 3, 0);
        let (word, receipt) = Receipt::pending();
        queue.flush(word);
        let refusal = receipt.wait(Duration::from_secs(60)).await.unwrap_err();
        assert_eq!(refusal, "disk full; 3 entries wait");
        assert!(queue.note_success());
        assert!(!queue.note_success());
    }
}
