//! What must outlive a restart, in a file of the site's state folder, and the lock that lets one checker move the name.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::Memory;
use crate::fsio::{self, FileError, LockFile, LockOutcome};
use crate::runtime::StateFolder;

/// How long a checker waits for another one's round or move.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The file's form.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    api_version: String,
    kind: String,
    /// The name that it is about.
    name: String,
    memory: Memory,
}

/// Why the memory can't be kept.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A file can't be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another checker is at work.
    #[error("another checker of this site is at work (process {0})")]
    Busy(String),
    /// What is in the file is something else.
    #[error("{} is no memory of a failover: {reason}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// The memory's file.
#[derive(Debug)]
pub struct Record {
    path: PathBuf,
    name: String,
    /// Held as long as this lives, by one that may move the name.
    lock: Option<LockFile>,
}

impl Record {
    /// Opens the memory of a site to look at it.
    pub fn to_read(site: &str, name: &str) -> Record {
        let path = StateFolder::of_site(site).path().join("failover.json");
        Record { path, name: name.to_owned(), lock: None }
    }

    /// Opens it to move the name: nobody else does until this is dropped. Waits for one that does.
    ///
    /// # Errors
    /// [`RecordError::Busy`] when somebody else does for a minute.
    pub async fn to_move(site: &str, name: &str) -> Result<Record, RecordError> {
        StateFolder::of_site(site).make()?;
        let mut record = Record::to_read(site, name);
        let begun = Instant::now();
        loop {
            match take(&record.path.with_extension("lock")) {
                Ok(lock) => {
                    record.lock = Some(lock);
                    return Ok(record);
                }
                Err(RecordError::Busy(_)) if begun.elapsed() < LONGEST_WAIT => sleep(LOOK_AGAIN).await,
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes what one loop of a site alone may hold.
    ///
    /// # Errors
    /// [`RecordError::Busy`] when another one does.
    pub fn only_loop(site: &str) -> Result<LockFile, RecordError> {
        let folder = StateFolder::of_site(site);
        folder.make()?;
        take(&folder.path().join("failover-loop.lock"))
    }

    /// Returns the memory; an empty one when there is none, or it is about another name.
    ///
    /// # Errors
    /// When the file can't be read, or is something else.
    pub fn load(&self) -> Result<Memory, RecordError> {
        let text = match fsio::read_text(&self.path) {
            Ok(text) => text,
            Err(error) if error.source.kind() == std::io::ErrorKind::NotFound => return Ok(Memory::default()),
            Err(error) => return Err(error.into()),
        };
        let document: Document = serde_json::from_str(&text)
            .map_err(|error| RecordError::Broken { path: self.path.clone(), reason: error.to_string() })?;
        Ok(if document.name == self.name { document.memory } else { Memory::default() })
    }

    /// Keeps the memory, in one step.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn save(&self, memory: &Memory) -> Result<(), RecordError> {
        let document = Document {
            api_version: "enmon/v1".into(),
            kind: "FailoverMemory".into(),
            name: self.name.clone(),
            memory: memory.clone(),
        };
        let mut text = serde_json::to_string_pretty(&document)
            .map_err(|error| RecordError::Broken { path: self.path.clone(), reason: error.to_string() })?;
        text.push('\n');
        Ok(fsio::write_atomically(&self.path, text.as_bytes(), 0o600)?)
    }
}

fn take(path: &Path) -> Result<LockFile, RecordError> {
    match LockFile::try_take(path)? {
        LockOutcome::Held(process) => Err(RecordError::Busy(process.trim().to_owned())),
        LockOutcome::Taken(mut lock) => {
            lock.write(&format!("{}\n", fsio::process_id()))?;
            Ok(lock)
        }
    }
}
