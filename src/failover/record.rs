//! What must outlive a restart, in a file of the site's state folder, and the lock that lets one checker move the name.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Memory;
use crate::fsio::{self, FileError, LockFile, LockOutcome};
use crate::runtime::StateFolder;

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

    /// Opens it to move the name: nobody else does until this is dropped.
    ///
    /// # Errors
    /// [`RecordError::Busy`] when somebody else does already.
    pub fn to_move(site: &str, name: &str) -> Result<Record, RecordError> {
        StateFolder::of_site(site).make()?;
        let mut record = Record::to_read(site, name);
        match LockFile::try_take(&record.path.with_extension("lock"))? {
            LockOutcome::Held(process) => return Err(RecordError::Busy(process.trim().to_owned())),
            LockOutcome::Taken(mut lock) => {
                lock.write(&format!("{}\n", fsio::process_id()))?;
                record.lock = Some(lock);
            }
        }
        Ok(record)
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
