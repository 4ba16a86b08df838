//! A file that one process at a time holds, with a word about the holder in it. The kernel lets go when the holder ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::{FileError, failed};

/// A lock that is held until this value is dropped or the process ends.
#[derive(Debug)]
pub struct LockFile {
    file: File,
    path: PathBuf,
}

/// What came of the attempt to take a lock.
#[derive(Debug)]
pub enum LockOutcome {
    /// It is held now.
    Taken(LockFile),
    /// Another process holds it; what that one wrote into the file (empty in the moment before it does).
    Held(String),
}

/// Opens a file to lock it; it is made when it is not there, and what is in it stays.
pub(super) fn open_to_lock(path: &Path) -> Result<File, FileError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o644)
        .open(path)
        .map_err(failed(path, "opening the lock file"))
}

impl LockFile {
    /// Tries to take the lock; the file is made when it is not there.
    ///
    /// # Errors
    /// When the file can't be opened or locked at all.
    pub fn try_take(path: &Path) -> Result<LockOutcome, FileError> {
        let mut file = open_to_lock(path)?;
        match file.try_lock() {
            Ok(()) => Ok(LockOutcome::Taken(LockFile { file, path: path.to_owned() })),
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                file.read_to_string(&mut text).map_err(failed(path, "reading the lock file"))?;
                Ok(LockOutcome::Held(text))
            }
            Err(TryLockError::Error(error)) => Err(failed(path, "locking")(error)),
        }
    }

    /// Looks who holds the lock: `None` when nobody does or the file is not there.
    ///
    /// A free lock is taken for a moment in doing so, so whoever wants to hold it tries more than once.
    ///
    /// # Errors
    /// When the file is there and can't be opened or locked at all.
    pub fn holder(path: &Path) -> Result<Option<String>, FileError> {
        let mut file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(failed(path, "opening the lock file"))?,
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                file.read_to_string(&mut text).map_err(failed(path, "reading the lock file"))?;
                Ok(Some(text))
            }
            Err(TryLockError::Error(error)) => Err(failed(path, "locking")(error)),
        }
    }

    /// Replaces what the file says.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write(&mut self, text: &str) -> Result<(), FileError> {
        let written = (|| {
            self.file.set_len(0)?;
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(text.as_bytes())?;
            self.file.sync_data()
        })();
        written.map_err(failed(&self.path, "writing the lock file"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_sees_who_is_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        assert_eq!(LockFile::holder(&path).unwrap(), None);
        let LockOutcome::Taken(mut first) = LockFile::try_take(&path).unwrap() else { panic!("held") };
        first.write("a longer text").unwrap();
        first.write("41\n").unwrap();
        assert!(
            matches!(LockFile::try_take(&path).unwrap(), LockOutcome::Held(text) if text == "41\n"),
            "taken twice"
        );
        assert_eq!(LockFile::holder(&path).unwrap().as_deref(), Some("41\n"));
        drop(first);
        assert_eq!(LockFile::holder(&path).unwrap(), None);
        assert!(matches!(LockFile::try_take(&path).unwrap(), LockOutcome::Taken(_)));
    }

    #[test]
    fn a_folder_is_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        assert!(LockFile::try_take(folder.path()).is_err());
    }
}
