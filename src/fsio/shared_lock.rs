//! A file that many may lock together or one alone, with a text in it. The kernel lets go when a process ends, however it ends.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::lock_file::open_to_lock;
use super::{FileError, failed};

/// An open file to lock. Locks belong to it: another one of the same file, in this process too, is somebody else.
#[derive(Debug)]
pub struct SharedLock {
    file: File,
    path: PathBuf,
}

impl SharedLock {
    /// Opens the file; it is made when it is not there.
    ///
    /// # Errors
    /// When it can't be opened.
    pub fn open(path: &Path) -> Result<SharedLock, FileError> {
        let file = open_to_lock(path)?;
        Ok(SharedLock { file, path: path.to_owned() })
    }

    /// Says whether it is still the file that others find under its path.
    pub fn is_at_its_path(&self) -> bool {
        use std::os::unix::fs::MetadataExt;
        let identity = self.file.metadata().ok().map(|data| (data.dev(), data.ino()));
        identity.is_some() && identity == super::identity(&self.path)
    }

    /// Locks it together with others; returns whether that was possible at once.
    ///
    /// # Errors
    /// When it can't be locked at all.
    pub fn try_shared(&self) -> Result<bool, FileError> {
        self.said(self.file.try_lock_shared())
    }

    /// Locks it alone; returns whether that was possible at once.
    ///
    /// # Errors
    /// When it can't be locked at all.
    pub fn try_alone(&self) -> Result<bool, FileError> {
        self.said(self.file.try_lock())
    }

    fn said(&self, outcome: Result<(), TryLockError>) -> Result<bool, FileError> {
        match outcome {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(failed(&self.path, "locking")(error)),
        }
    }

    /// Lets go.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn unlock(&self) -> Result<(), FileError> {
        self.file.unlock().map_err(failed(&self.path, "unlocking"))
    }

    /// Reads the number in it; 0 when there is none.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn number(&self) -> Result<u64, FileError> {
        let mut text = [0; 20];
        let length = self.file.read_at(&mut text, 0).map_err(failed(&self.path, "reading"))?;
        Ok(String::from_utf8_lossy(&text[..length]).trim().parse().unwrap_or(0))
    }

    /// Writes a number into it, in one step of always the same length.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn set_number(&self, number: u64) -> Result<(), FileError> {
        let write = || -> io::Result<()> {
            self.file.write_all_at(format!("{number:>20}").as_bytes(), 0)?;
            self.file.sync_data()
        };
        write().map_err(failed(&self.path, "writing"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_together_or_one_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gate");
        let [one, two, three] = [(); 3].map(|()| SharedLock::open(&path).unwrap());
        assert!(one.try_shared().unwrap() && two.try_shared().unwrap());
        assert!(!three.try_alone().unwrap());
        one.unlock().unwrap();
        assert!(!three.try_alone().unwrap());
        drop(two);
        assert!(three.try_alone().unwrap());
        assert!(!one.try_shared().unwrap());
        assert_eq!(one.number().unwrap(), 0);
        three.set_number(u64::MAX).unwrap();
        three.set_number(12).unwrap();
        assert_eq!(one.number().unwrap(), 12);
    }
}
