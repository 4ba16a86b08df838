//! A lease in a file, for controllers on one machine or on a shared folder.
//!
//! | file | what it is |
//! |---|---|
//! | `PATH` | the record, replaced in one step |
//! | `PATH.gate` | the fence: locked by all writes of the holder together while their bytes go out, and by a taker alone while it takes; it holds the newest token |
//! | `PATH.alive` | locked by the holder for life: free again, its process has ended |
//!
//! A process that was stopped in the middle of a write holds the gate, so nobody can take the lease before the write is out; one that was
//! stopped elsewhere finds another token in the gate when it goes on. That a holder is dead is believed on its own machine only: elsewhere
//! a lock that is free may only be one that was forgotten.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::control::{Fence, LeaseRecord, LeaseStore, LeaseVersion, Pass, Seen, Written};
use crate::fsio::{self, FileError, LockFile, LockOutcome, SharedLock};

/// The gate is held for as long as it takes to hand a few bytes to the system: a taker tries again so often and so long.
const TRIES: (u32, Duration) = (20, Duration::from_millis(5));

/// Why a lease can't be kept in a file.
#[derive(Debug, thiserror::Error)]
pub enum FileLeaseError {
    /// A file can't be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The folder is not the one that it was.
    #[error("{path}: the lease's files were removed or replaced, or the folder can't be reached")]
    Gone {
        /// The file.
        path: PathBuf,
    },
    /// The record is none.
    #[error("{path}: it holds something else than a lease")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
}

/// The record as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FileRecord {
    api_version: String,
    kind: String,
    #[serde(flatten)]
    record: LeaseRecord,
    /// The holder's machine since its last boot.
    boot: String,
    /// Does the holder have `PATH.alive` locked?
    locks_alive: bool,
}

/// A lease in a file. Clones are the same one.
#[derive(Debug, Clone)]
pub struct FileLease {
    files: Arc<Files>,
}

#[derive(Debug)]
struct Files {
    path: PathBuf,
    boot: String,
    fence: FileFence,
    /// Held from the taking on, with the name under which that was.
    alive: Mutex<Option<(LockFile, String)>>,
}

impl FileLease {
    /// Opens the lease; the folder must be there.
    ///
    /// # Errors
    /// When the files beside it can't be made.
    pub fn open(path: &Path) -> Result<FileLease, FileLeaseError> {
        let gate = Arc::new(SharedLock::open(&beside(path, "gate"))?);
        let boot = fsio::read_text(Path::new("/proc/sys/kernel/random/boot_id")).unwrap_or_default();
        let fence = FileFence { gate, inside: Arc::new(Mutex::new(0)) };
        let files = Files { path: path.to_owned(), boot: boot.trim().into(), fence, alive: Mutex::new(None) };
        Ok(FileLease { files: Arc::new(files) })
    }

    /// Returns its fence.
    pub fn fence(&self) -> Arc<dyn Fence> {
        Arc::new(self.files.fence.clone())
    }
}

fn beside(path: &Path, what: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{name}.{what}"))
}

impl Files {
    fn read(&self) -> Result<Option<FileRecord>, FileLeaseError> {
        let text = match fsio::read_text(&self.path) {
            Ok(text) => text,
            Err(error) if error.source.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let foreign = |source| FileLeaseError::Foreign { path: self.path.clone(), source };
        serde_json::from_str(&text).map(Some).map_err(foreign)
    }

    fn look(&self) -> Result<Seen, FileLeaseError> {
        if !self.fence.gate.is_at_its_path() {
            // an empty folder where the shared one was mounted is no free lease
            return Err(FileLeaseError::Gone { path: self.path.clone() });
        }
        let token = self.fence.gate.number()?;
        let Some(mut found) = self.read()? else {
            // somebody removed the record; the tokens that were given out count all the same
            let lost = (token > 0).then(|| LeaseRecord { generation: token, ..LeaseRecord::default() });
            let record = lost.filter(|_| self.is_free_of_life());
            return Ok(Seen { record, ..Seen::default() });
        };
        let holder_is_dead = found.locks_alive
            && !found.boot.is_empty()
            && found.boot == self.boot
            && !found.record.holder.is_empty()
            && self.is_free_of_life();
        let mut alive = self.alive.lock().unwrap_or_else(PoisonError::into_inner);
        if alive.as_ref().is_some_and(|(_, holder)| *holder != found.record.holder) {
            // another one leads, and shall be able to say that it lives
            *alive = None;
        }
        // a taker that was ended between token and record
        found.record.generation = found.record.generation.max(token);
        Ok(Seen { record: Some(found.record), holder_is_dead, ..Seen::default() })
    }

    /// Says whether nobody holds the lock for life.
    fn is_free_of_life(&self) -> bool {
        let mine = self.alive.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        !mine && LockFile::holder(&beside(&self.path, "alive")).is_ok_and(|holder| holder.is_none())
    }

    fn put(&self, record: &LeaseRecord, expected: Option<&LeaseVersion>) -> Result<Written, FileLeaseError> {
        let is_renewal = expected.is_some_and(|expected| {
            expected.generation == record.generation
                && (expected.holder == record.holder || record.holder.is_empty())
        });
        if is_renewal {
            // while this pass is held nobody can take the lease
            let Ok(_pass) = self.fence.enter(record.generation) else { return Ok(Written::Conflict) };
            return self.write(record, expected);
        }
        let gate = SharedLock::open(&beside(&self.path, "gate"))?;
        let mut is_alone = false;
        for _ in 0..TRIES.0 {
            is_alone = gate.try_alone()?;
            if is_alone {
                break;
            }
            std::thread::sleep(TRIES.1);
        }
        if !is_alone {
            return Ok(Written::Conflict);
        }
        // from here on no write of the one before can go out
        if self.version()? != expected.cloned() {
            return Ok(Written::Conflict);
        }
        gate.set_number(record.generation)?;
        self.write_record(record)
    }

    fn version(&self) -> Result<Option<LeaseVersion>, FileLeaseError> {
        Ok(self.look()?.record.map(|record| record.version()))
    }

    fn write(
        &self,
        record: &LeaseRecord,
        expected: Option<&LeaseVersion>,
    ) -> Result<Written, FileLeaseError> {
        if self.version()?.as_ref() != expected { Ok(Written::Conflict) } else { self.write_record(record) }
    }

    fn write_record(&self, record: &LeaseRecord) -> Result<Written, FileLeaseError> {
        let mut alive = self.alive.lock().unwrap_or_else(PoisonError::into_inner);
        if record.holder.is_empty() {
            *alive = None;
        } else if alive.is_none()
            && let LockOutcome::Taken(mut lock) = LockFile::try_take(&beside(&self.path, "alive"))?
        {
            lock.write(&record.holder)?;
            *alive = Some((lock, record.holder.clone()));
        }
        let text = FileRecord {
            api_version: "enmon/v1".into(),
            kind: "Lease".into(),
            record: record.clone(),
            boot: self.boot.clone(),
            locks_alive: alive.is_some(),
        };
        let foreign = |source| FileLeaseError::Foreign { path: self.path.clone(), source };
        let text = serde_json::to_vec_pretty(&text).map_err(foreign)?;
        fsio::write_atomically(&self.path, &text, 0o644)?;
        Ok(Written::Yes)
    }
}

impl LeaseStore for FileLease {
    async fn look(&mut self) -> Result<Seen, String> {
        let files = Arc::clone(&self.files);
        in_words(tokio::task::spawn_blocking(move || files.look()).await)
    }

    async fn put(
        &mut self,
        record: &LeaseRecord,
        expected: Option<&LeaseVersion>,
    ) -> Result<Written, String> {
        let (files, record, expected) = (Arc::clone(&self.files), record.clone(), expected.cloned());
        in_words(tokio::task::spawn_blocking(move || files.put(&record, expected.as_ref())).await)
    }
}

fn in_words<T>(outcome: Result<Result<T, FileLeaseError>, tokio::task::JoinError>) -> Result<T, String> {
    match outcome {
        Ok(outcome) => outcome.map_err(|error| match &error {
            FileLeaseError::File(file) => format!("{file}: {}", file.source),
            FileLeaseError::Gone { .. } => error.to_string(),
            FileLeaseError::Foreign { source, .. } => format!("{error}: {source}"),
        }),
        Err(error) => Err(error.to_string()),
    }
}

/// The lock that all writes of a holder share. Clones are the same one.
#[derive(Debug, Clone)]
struct FileFence {
    gate: Arc<SharedLock>,
    /// How many writes are inside.
    inside: Arc<Mutex<u32>>,
}

/// A write that is inside. The lock is let go with the last one.
struct Inside(FileFence);

impl Drop for Inside {
    fn drop(&mut self) {
        let mut inside = self.0.inside.lock().unwrap_or_else(PoisonError::into_inner);
        *inside -= 1;
        if *inside == 0 {
            // a lock that can't be let go keeps takers out, which is the safe side
            let _ = self.0.gate.unlock();
        }
    }
}

impl Fence for FileFence {
    fn enter(&self, generation: u64) -> Result<Pass, String> {
        let in_words = |error: FileError| format!("{error}: {}", error.source);
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        if *inside == 0 && !self.gate.try_shared().map_err(in_words)? {
            return Err("the lease is being taken by another controller".into());
        }
        *inside += 1;
        drop(inside);
        let pass = Inside(self.clone());
        match self.gate.number().map_err(in_words)? {
            token if token == generation => Ok(Box::new(pass)),
            token => {
                Err(format!("the lease was taken by another controller (token {token}, not {generation})"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(holder: &str, generation: u64, renewal: u64) -> LeaseRecord {
        LeaseRecord { holder: holder.into(), generation, renewal, lease_ms: 600, ..LeaseRecord::default() }
    }

    fn opened(folder: &tempfile::TempDir) -> FileLease {
        FileLease::open(&folder.path().join("lease.json")).unwrap()
    }

    #[test]
    fn one_takes_the_other_sees_it_and_its_death() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (opened(&folder), opened(&folder));
        assert_eq!(two.files.look().unwrap(), Seen::default());
        let first = record("one", 1, 1);
        assert_eq!(one.files.put(&first, None).unwrap(), Written::Yes);
        assert_eq!(two.files.put(&record("two", 1, 1), None).unwrap(), Written::Conflict);
        let seen = two.files.look().unwrap();
        assert_eq!(seen, Seen { record: Some(first.clone()), ..Seen::default() });
        assert_eq!(one.files.put(&record("one", 1, 2), Some(&first.version())).unwrap(), Written::Yes);
        // a process that ends lets go of all its locks
        drop(one);
        assert!(two.files.look().unwrap().holder_is_dead);
        let taken = record("two", 2, 1);
        assert_eq!(two.files.put(&taken, Some(&record("one", 1, 2).version())).unwrap(), Written::Yes);
        assert!(!two.files.look().unwrap().holder_is_dead);
        let back = LeaseRecord { holder: String::new(), ..record("", 2, 2) };
        assert_eq!(two.files.put(&back, Some(&taken.version())).unwrap(), Written::Yes);
        assert_eq!(two.files.look().unwrap(), Seen { record: Some(back), ..Seen::default() });
    }

    #[test]
    fn nobody_takes_the_lease_in_the_middle_of_a_write_and_nobody_writes_after_it_was_taken() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (opened(&folder), opened(&folder));
        let first = record("one", 1, 1);
        one.files.put(&first, None).unwrap();
        let fence = one.fence();
        let (pass, another) = (fence.enter(1).unwrap(), fence.enter(1).unwrap());
        let taking = || two.files.put(&record("two", 2, 1), Some(&first.version())).unwrap();
        assert_eq!(taking(), Written::Conflict);
        drop(pass);
        assert_eq!(taking(), Written::Conflict, "another write is inside");
        drop(another);
        assert_eq!(taking(), Written::Yes);
        assert!(fence.enter(1).is_err_and(|why| why.contains("taken")));
        assert!(two.fence().enter(2).is_ok());
        // nor does its renewal go through
        assert_eq!(one.files.put(&record("one", 1, 2), Some(&first.version())).unwrap(), Written::Conflict);
    }

    #[test]
    fn a_taker_that_was_killed_half_way_leaves_a_token_that_counts() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (opened(&folder), opened(&folder));
        one.files.put(&record("one", 1, 1), None).unwrap();
        two.files.fence.gate.set_number(2).unwrap();
        assert!(one.fence().enter(1).is_err());
        assert_eq!(two.files.look().unwrap().record.unwrap().generation, 2);
        std::fs::remove_file(folder.path().join("lease.json")).unwrap();
        drop(one);
        assert_eq!(two.files.look().unwrap().record.unwrap().generation, 2);
    }

    #[test]
    fn an_empty_folder_in_its_place_is_no_free_lease() {
        let folder = tempfile::tempdir().unwrap();
        let one = opened(&folder);
        one.files.put(&record("one", 1, 1), None).unwrap();
        for name in ["lease.json", "lease.json.gate", "lease.json.alive"] {
            std::fs::remove_file(folder.path().join(name)).unwrap();
        }
        assert!(matches!(one.files.look(), Err(FileLeaseError::Gone { .. })));
        opened(&folder);
        assert!(matches!(one.files.look(), Err(FileLeaseError::Gone { .. })), "another file of that name");
    }

    #[test]
    fn another_file_is_no_lease() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("lease.json"), "name: garage\n").unwrap();
        assert!(opened(&folder).files.look().unwrap_err().to_string().contains("something else"));
    }
}
