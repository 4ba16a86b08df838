//! The folder in which a running controller of one site keeps its files, and their names.

use std::path::{Path, PathBuf};

use crate::fsio::{self, FileError};

/// The state folder of one site: `$XDG_STATE_HOME/enmon/NAME`, for this user alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateFolder {
    root: PathBuf,
}

impl StateFolder {
    /// Names the folder of a site; nothing is made.
    pub fn of_site(name: &str) -> Self {
        StateFolder { root: fsio::state_folder(name) }
    }

    /// Names the folders of all sites that this user has had controllers for, sorted.
    pub fn all() -> Vec<Self> {
        let parent = fsio::state_folder("");
        fsio::names_in(&parent).into_iter().map(|name| Self::at(parent.join(name))).collect()
    }

    /// Names a folder.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        StateFolder { root: root.into() }
    }

    /// Makes the folder with mode 0700.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn make(&self) -> Result<(), FileError> {
        fsio::make_private_folder(&self.root)
    }

    /// Returns the folder itself.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Returns the lock and pid file.
    pub fn pid_file(&self) -> PathBuf {
        self.root.join("controller.pid")
    }

    /// Returns the log file of daemon mode.
    pub fn log_file(&self) -> PathBuf {
        self.root.join("controller.log")
    }

    /// Returns the journal's default place.
    pub fn journal(&self) -> PathBuf {
        self.root.join("journal.sqlite")
    }

    /// Returns the file with the token of the control server, when the site file names none.
    pub fn api_token(&self) -> PathBuf {
        self.root.join("api-token")
    }

    /// Returns the file that says how the running controller can be reached.
    pub fn runtime(&self) -> PathBuf {
        self.root.join("runtime.json")
    }

    /// Returns the file with the outcome of the last reload.
    pub fn reload(&self) -> PathBuf {
        self.root.join("reload.json")
    }
}
