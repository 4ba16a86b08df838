//! The journal: an SQLite file that a thread of its own writes. Whatever happens to the file, control goes on; what is wrong is said.
//!
//! ```text
//!            ┌─────────── retry, 0.25 s … 10 s ───────────┐
//!            ▼                                            │
//!   writing ──locked, full, gone, read-only──▶ trouble ───┘──works──▶ writing
//!      └──corrupt──▶ moved aside as …corrupt-TIME ──▶ writing a new file
//! ```

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::journal_queue::Queue;
use super::journal_writer::{self, Writer};
use super::{Entry, JournalPort, Memory, Receipt};
use crate::site::Period;

/// How long entries are kept when nobody says otherwise.
const KEEP: Period = Period::from_secs(90 * 86_400);

/// How large the file may grow when nobody says otherwise.
const MAX_BYTES: u64 = 1 << 30;

/// How long the end may take.
const CLOSE: Duration = Duration::from_secs(1);

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Entries older than this are deleted.
    pub keep: Period,
    /// When the file uses more than this, its oldest decisions are deleted.
    pub max_bytes: u64,
}

impl Default for Retention {
    /// 90 days, 1 GiB.
    fn default() -> Self {
        Retention { keep: KEEP, max_bytes: MAX_BYTES }
    }
}

/// The journal of a controller. Cheap to clone; the last clone that is dropped closes it.
#[derive(Debug, Clone)]
pub struct Journal {
    handle: Arc<Handle>,
}

#[derive(Debug)]
struct Handle {
    queue: Arc<Queue>,
}

impl Journal {
    /// Opens a journal. Never fails and never waits: what is wrong with the file shows in [`trouble`](JournalPort::trouble).
    pub fn open(path: &Path, retention: Retention) -> Journal {
        let queue = Arc::new(Queue::default());
        let writer = Writer::new(path, retention, queue.clone());
        let thread = std::thread::Builder::new().name("journal".into()).spawn(move || writer.run());
        if let Err(error) = thread {
            queue.note_trouble(&format!("{}: no thread for the journal: {error}", path.display()), 0, 0);
            queue.note_end();
        }
        Journal { handle: Arc::new(Handle { queue }) }
    }

    /// Reads what the last controller remembered, and the orders given since. `None` when there is nothing or it can't be read; the log
    /// says why. Waits for a locked file no longer than a second.
    pub fn restore(path: &Path) -> Option<Memory> {
        journal_writer::restore(path)
    }

    /// Writes what waits and ends, within a second.
    ///
    /// # Errors
    /// Why something is lost, in words.
    pub fn close(&self) -> Result<(), String> {
        self.handle.close()
    }
}

impl JournalPort for Journal {
    fn record(&mut self, entry: Entry) {
        self.handle.queue.push(entry);
    }

    fn flush(&mut self) -> Receipt {
        let (word, receipt) = Receipt::pending();
        self.handle.queue.flush(word);
        receipt
    }

    fn trouble(&self) -> Option<String> {
        self.handle.queue.trouble()
    }
}

impl Handle {
    fn close(&self) -> Result<(), String> {
        self.queue.close();
        if !self.queue.wait_end(CLOSE) {
            return Err(self.queue.trouble().unwrap_or_else(|| "the disk does not answer".into()));
        }
        self.queue.trouble().map_or(Ok(()), Err)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let Err(why) = self.close() {
            tracing::error!("entries of the journal are lost: {why}");
        }
    }
}
