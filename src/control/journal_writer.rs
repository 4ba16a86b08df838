//! The thread that writes the journal: when to write, what to do when it fails, when to begin a new file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::journal_queue::{Batch, Queue};
use super::journal_schema::{self, RecallError, SchemaError};
use super::journal_tape;
use super::tape::Recorder;
use super::{Entry, Memory, Retention, Time};
use crate::fsio::{self, FileError};
use crate::site::Period;

/// Entries wait so long for others to share a transaction with.
const GATHER: Duration = Duration::from_millis(250);

/// An idle writer looks around this often.
const IDLE: Duration = Duration::from_secs(60);

/// First and longest pause before a failed batch is tried again.
const RETRY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));

/// How long a lock that another program holds is waited for.
const BUSY: Duration = Duration::from_millis(100);

/// Old rows are looked for this often, on the clock of the entries.
const TIDY_EVERY: Period = Period::from_secs(3600);

/// Corrupt files that are kept beside the journal.
const KEPT_CORRUPT: usize = 3;

/// Why a batch could not be written.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Schema(#[from] SchemaError),
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
}

impl WriteError {
    fn code(&self) -> Option<ErrorCode> {
        match self {
            WriteError::Sql(error) | WriteError::Schema(SchemaError::Sql(error)) => error.sqlite_error_code(),
            _ => None,
        }
    }

    fn is_corruption(&self) -> bool {
        matches!(self.code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
    }

    /// Says it so that a person knows what to look for.
    fn in_words(&self) -> String {
        match (self.code(), self) {
            (Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked), _) => {
                "locked by another program".into()
            }
            (Some(ErrorCode::DiskFull), _) => "the disk is full".into(),
            (Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied), _) => "it can't be written to".into(),
            (_, WriteError::File(error)) => format!("{error}: {}", error.source),
            _ => self.to_string(),
        }
    }
}

/// An open file, and which file that is.
struct Open {
    db: Connection,
    identity: Option<(u64, u64)>,
}

/// The writer; lives in a thread of its own.
pub(super) struct Writer {
    path: PathBuf,
    retention: Retention,
    queue: Arc<Queue>,
    open: Option<Open>,
    /// What was written of the memory, and into which file: another file must begin with it.
    memory: Option<Memory>,
    home: Option<(u64, u64)>,
    recorder: Recorder,
    /// Time of the newest entry.
    now: Time,
    tidied_at: Option<Time>,
}

impl Writer {
    pub fn new(path: &Path, retention: Retention, queue: Arc<Queue>) -> Self {
        Writer {
            path: path.to_owned(),
            retention,
            queue,
            open: None,
            memory: None,
            home: None,
            recorder: Recorder::default(),
            now: Time(0),
            tidied_at: None,
        }
    }

    /// Writes until the queue is closed.
    pub fn run(mut self) {
        // so that trouble shows before the first entry comes
        let mut closing = !self.write_until_done(Batch::default(), false);
        while !closing {
            let patience = if self.tidy() { GATHER } else { IDLE };
            let (batch, end) = self.queue.take(patience, GATHER);
            closing = end;
            if !batch.is_empty() || !batch.words.is_empty() {
                closing |= !self.write_until_done(batch, end);
            }
        }
        self.open = None;
        self.queue.note_end();
    }

    /// Writes a batch, again and again until it is written. At the end there is no again: returns false when it was given up.
    fn write_until_done(&mut self, mut batch: Batch, mut closing: bool) -> bool {
        let mut pause = RETRY.0;
        let mut fresh_start = true;
        loop {
            let error = match self.write(&batch) {
                Ok(()) => {
                    self.written(batch);
                    return true;
                }
                Err(error) => error,
            };
            self.open = None;
            self.recorder.restart();
            if error.is_corruption() && fresh_start && self.move_aside() {
                fresh_start = false;
                continue;
            }
            let why = format!("{}: {}", self.path.display(), error.in_words());
            let news = self.queue.note_trouble(&why, batch.entries.len(), std::mem::take(&mut batch.dropped));
            if news {
                tracing::warn!("the journal can't be written, control goes on: {why}");
            }
            let full = self.queue.trouble().unwrap_or(why);
            for word in batch.words.drain(..) {
                // whoever waited may have gone
                let _ = word.send(Err(full.clone()));
            }
            if closing {
                return false;
            }
            closing = self.queue.pause(pause);
            pause = (pause * 2).min(RETRY.1);
        }
    }

    fn written(&mut self, batch: Batch) {
        let taped = batch.taped.iter().map(|taped| taped.decision.at);
        self.now = batch.entries.iter().map(time_of).chain(taped).fold(self.now, Time::max);
        for entry in &batch.entries {
            if let (Entry::Order { at, charger, order }, Some(memory)) = (entry, &mut self.memory) {
                memory.apply_order(*at, charger, order);
            }
        }
        self.memory = batch.memory.or(self.memory.take());
        if self.queue.note_success() {
            tracing::info!(path = %self.path.display(), "the journal can be written again");
        }
        for word in batch.words {
            // whoever waited may have gone
            let _ = word.send(Ok(()));
        }
    }

    /// Writes a batch in one transaction, into a file that is still the one that others see.
    fn write(&mut self, batch: &Batch) -> Result<(), WriteError> {
        let open = match self.open.take() {
            Some(open) if open.identity.is_some() && open.identity == fsio::identity(&self.path) => open,
            Some(_) => {
                tracing::warn!(path = %self.path.display(), "the journal was removed or replaced");
                open_file(&self.path)?
            }
            None => open_file(&self.path)?,
        };
        let open = self.open.insert(open);
        if batch.is_empty() {
            return Ok(());
        }
        let has_orders = batch.entries.iter().any(|entry| matches!(entry, Entry::Order { .. }));
        // an order that was confirmed to a person outlives a power cut, the rest outlives the process
        open.db.pragma_update(None, "synchronous", if has_orders { "FULL" } else { "NORMAL" })?;
        let tx = open.db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        if let Some(memory) = self.memory.as_ref().filter(|_| self.home != open.identity) {
            journal_schema::remember(&tx, memory)?;
        }
        if batch.dropped > 0 {
            let at = batch.entries.first().map_or(self.now, time_of);
            let details = format!("{} entries could not be written and were dropped", batch.dropped);
            journal_schema::insert(&tx, &Entry::Life { at, what: "journal-gap", details })?;
        }
        for entry in &batch.entries {
            journal_schema::insert(&tx, entry)?;
        }
        if let Some(memory) = &batch.memory {
            journal_schema::remember(&tx, memory)?;
        }
        if self.home != open.identity {
            self.recorder.restart();
        }
        for taped in &batch.taped {
            journal_tape::insert(&tx, taped, &mut self.recorder)?;
        }
        tx.commit()?;
        self.home = open.identity;
        Ok(())
    }

    /// Deletes some of what is too old when it is time to; returns whether there is more to delete.
    fn tidy(&mut self) -> bool {
        let due = self.tidied_at.is_none_or(|at| self.now.since(at) >= TIDY_EVERY);
        let (true, Some(open)) = (due && self.now > Time(0), &mut self.open) else { return false };
        let outcome = (|| {
            let tx = open.db.transaction()?;
            let more = journal_schema::forget(&tx, self.now, self.retention.keep, self.retention.max_bytes)?;
            tx.commit()?;
            open.db.execute_batch("PRAGMA incremental_vacuum(1000)")?;
            Ok::<bool, rusqlite::Error>(more)
        })();
        match outcome {
            Ok(true) => true,
            Ok(false) => {
                self.tidied_at = Some(self.now);
                false
            }
            Err(error) => {
                // whatever is wrong, the next batch meets it and says so
                tracing::warn!(%error, "old entries of the journal can't be deleted");
                self.tidied_at = Some(self.now);
                false
            }
        }
    }

    /// Gives a corrupt file another name, so that a new one can be begun; of those kept the oldest go. Returns whether it worked.
    fn move_aside(&mut self) -> bool {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let stamp = crate::runtime::wall_clock_ms();
        let moved = ["", "-wal", "-shm"].iter().try_for_each(|suffix| {
            let from = self.path.with_file_name(format!("{name}{suffix}"));
            fsio::rename_file(&from, &self.path.with_file_name(format!("{name}.corrupt-{stamp}{suffix}")))
        });
        if let Err(error) = moved {
            tracing::error!(%error, "the corrupt journal can't be moved aside");
            return false;
        }
        tracing::error!(path = %self.path.display(), "the journal is corrupt; it is kept as {name}.corrupt-{stamp}, a new one begins");
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let corrupt: Vec<String> = fsio::names_in(folder)
            .into_iter()
            .filter(|other| {
                other.starts_with(&format!("{name}.corrupt-"))
                    && !other.ends_with("-wal")
                    && !other.ends_with("-shm")
            })
            .collect();
        for old in corrupt.iter().rev().skip(KEPT_CORRUPT) {
            for suffix in ["", "-wal", "-shm"] {
                // one that stays takes room, nothing more
                let _ = fsio::remove_file(&folder.join(format!("{old}{suffix}")));
            }
        }
        true
    }
}

fn open_file(path: &Path) -> Result<Open, WriteError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fsio::make_private_folder(folder)?;
    }
    if fsio::identity(path).is_none() {
        // SQLite would make it readable for everybody
        drop(fsio::open_append(path, 0o640)?);
    }
    let mut db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    db.busy_timeout(BUSY)?;
    journal_schema::prepare(&mut db)?;
    Ok(Open { db, identity: fsio::identity(path) })
}

fn time_of(entry: &Entry) -> Time {
    match entry {
        Entry::Life { at, .. }
        | Entry::Decision { at, .. }
        | Entry::Order { at, .. }
        | Entry::Change { at, .. }
        | Entry::Alarm { at, .. }
        | Entry::Memory { at, .. } => *at,
        Entry::Taped(taped) => taped.decision.at,
    }
}

/// Reads the memory of the last controller.
pub(super) fn restore(path: &Path) -> Option<Memory> {
    fsio::identity(path)?;
    let recalled = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .and_then(|db| db.busy_timeout(Duration::from_secs(1)).map(|()| db))
        .map_err(RecallError::from)
        .and_then(|db| journal_schema::recall(&db));
    match recalled {
        Ok(memory) => memory,
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "what the last controller remembered can't be read");
            None
        }
    }
}
