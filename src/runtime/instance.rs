//! One controller for a site: the lock, the pid, and the small files through which other commands find and steer it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use super::StartFailure;
use super::state_folder::StateFolder;
use crate::fsio::{self, FileError, LockFile, LockOutcome};

/// Why a controller can't take its place.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// Another one runs.
    #[error("already running, pid {}", .pid.map_or_else(|| "unknown".to_owned(), |pid| pid.to_string()))]
    AlreadyRunning {
        /// Its process id.
        pid: Option<u32>,
    },
    /// The state folder can't be used.
    #[error(transparent)]
    File(#[from] FileError),
}

/// What is known of a running controller; the content of `runtime.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceFacts {
    /// Process id.
    pub pid: u32,
    /// When it started, milliseconds since the Unix epoch.
    pub started_at: u64,
    /// Name of the site.
    pub site: String,
    /// Absolute path of the site file.
    pub site_file: PathBuf,
    /// URL of the control server, once it listens.
    pub api: Option<String>,
    /// Where it logs to, unless that is stderr.
    pub log_file: Option<PathBuf>,
    /// Version of enmon.
    pub version: String,
    /// Its part in a lease; `None`: it stands alone.
    #[serde(default)]
    pub lease: Option<LeaseFacts>,
}

/// A controller's part in a lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaseFacts {
    /// Where the lease is kept.
    pub place: String,
    /// The controller's name there.
    pub identity: String,
    /// Does it write?
    pub leads: bool,
    /// The name of the one that leads.
    pub holder: Option<String>,
    /// Its control server.
    pub api: Option<String>,
}

/// The outcome of a reload; the content of `reload.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReloadOutcome {
    /// When the request was taken up, before the site file was read; milliseconds since the Unix epoch.
    pub asked_at: u64,
    /// Why the file was refused; `None` when it is in force.
    pub failure: Option<StartFailure>,
}

/// The place of a running controller. Dropping it frees the place.
#[derive(Debug)]
pub struct Instance {
    lock: LockFile,
    folder: StateFolder,
    facts: InstanceFacts,
    copy: Option<PathBuf>,
    after_crash: bool,
    orderly: bool,
}

impl Instance {
    /// Takes the place: locks `controller.pid`, writes the pid into it and, when asked, into a file elsewhere. What a controller that was
    /// killed left behind is taken over.
    ///
    /// # Errors
    /// When another controller of this site runs, or the state folder can't be written.
    pub fn take(
        folder: StateFolder,
        facts: InstanceFacts,
        copy: Option<PathBuf>,
    ) -> Result<Self, InstanceError> {
        folder.make()?;
        let path = folder.pid_file();
        let mut lock = lock(&path)?;
        let after_crash = fsio::read_text(&path).is_ok_and(|left| !left.trim().is_empty());
        let pid = format!("{}\n", facts.pid);
        lock.write(&pid)?;
        fsio::remove_file(&folder.reload())?;
        if let Some(copy) = &copy {
            fsio::write_atomically(copy, pid.as_bytes(), 0o644)?;
        }
        let instance = Instance { lock, folder, facts, copy, after_crash, orderly: false };
        instance.write_facts()?;
        Ok(instance)
    }

    /// Says whether the controller before this one was killed, so that what it wrote last may not be what it did last.
    pub fn is_after_crash(&self) -> bool {
        self.after_crash
    }

    /// Notes that all has been done that belongs to an orderly end.
    pub fn note_orderly_end(&mut self) {
        self.orderly = true;
    }

    /// Tells other commands where the control server listens.
    ///
    /// # Errors
    /// When `runtime.json` can't be written.
    pub fn announce(&mut self, api: Option<String>) -> Result<(), FileError> {
        self.facts.api = api;
        self.write_facts()
    }

    /// Tells other commands who leads.
    ///
    /// # Errors
    /// When `runtime.json` can't be written.
    pub fn takes_part(&mut self, lease: LeaseFacts) -> Result<(), FileError> {
        self.facts.lease = Some(lease);
        self.write_facts()
    }

    /// Tells whoever asked for a reload what came of it.
    ///
    /// # Errors
    /// When `reload.json` can't be written.
    pub fn reloaded(&self, outcome: &ReloadOutcome) -> Result<(), FileError> {
        write_json(&self.folder.reload(), outcome)
    }

    fn write_facts(&self) -> Result<(), FileError> {
        write_json(&self.folder.runtime(), &self.facts)
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // the lock is what counts; files that stay behind are taken over. The pid file itself stays: removing a locked file would let two
        // controllers hold "the" lock
        let _ = fsio::remove_file(&self.folder.runtime());
        if let Some(copy) = &self.copy {
            let _ = fsio::remove_file(copy);
        }
        if self.orderly {
            let _ = self.lock.write("");
        }
    }
}

/// Takes the lock. Others take it for an instant when they look who holds it, so one refusal is not believed.
fn lock(path: &Path) -> Result<LockFile, InstanceError> {
    for attempt in 1..=5 {
        match LockFile::try_take(path)? {
            LockOutcome::Taken(lock) => return Ok(lock),
            LockOutcome::Held(text) if attempt == 5 => {
                return Err(InstanceError::AlreadyRunning { pid: text.trim().parse().ok() });
            }
            LockOutcome::Held(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
    Err(InstanceError::AlreadyRunning { pid: None })
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<(), FileError> {
    // these structs hold only numbers, texts and paths; a path that is no UTF-8 is the one thing that can't be written
    let text = serde_json::to_vec_pretty(value).map_err(|error| FileError {
        path: path.to_owned(),
        verb: "writing",
        source: io::Error::other(error),
    })?;
    fsio::write_atomically(path, &text, 0o644)
}

/// A controller that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its process id.
    pub pid: u32,
    /// What it says of itself; `None` in the moment of its start.
    pub facts: Option<InstanceFacts>,
}

/// Finds the running controller of a site.
///
/// # Errors
/// When the pid file is there and can't be used.
pub fn holder(folder: &StateFolder) -> Result<Option<Holder>, FileError> {
    // between lock and pid the file is empty
    for _ in 0..10 {
        let Some(text) = LockFile::holder(&folder.pid_file())? else { return Ok(None) };
        if let Ok(pid) = text.trim().parse::<u32>() {
            let facts = fsio::read_text(&folder.runtime()).ok();
            let facts = facts.and_then(|text| serde_json::from_str::<InstanceFacts>(&text).ok());
            return Ok(Some(Holder { pid, facts: facts.filter(|facts| facts.pid == pid) }));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(FileError {
        path: folder.pid_file(),
        verb: "reading the pid",
        source: io::Error::other("it is locked and holds no pid"),
    })
}

/// Reads the outcome of the last reload of the running controller.
pub fn last_reload(folder: &StateFolder) -> Option<ReloadOutcome> {
    serde_json::from_str(&fsio::read_text(&folder.reload()).ok()?).ok()
}

/// Sends a signal to a process.
///
/// # Errors
/// When it is gone, or belongs to another user.
pub fn tell(pid: u32, signal: Signal) -> io::Result<()> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidInput)?;
    Ok(kill_process(pid, signal)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(pid: u32) -> InstanceFacts {
        InstanceFacts {
            pid,
            started_at: 1,
            site: "garage".into(),
            site_file: "/etc/enmon/garage.yaml".into(),
            api: None,
            log_file: None,
            version: "0".into(),
            lease: None,
        }
    }

    #[test]
    fn one_controller_for_a_site() {
        let home = tempfile::tempdir().unwrap();
        let folder = StateFolder::at(home.path().join("garage"));
        let copy = home.path().join("copy.pid");
        assert_eq!(holder(&folder).unwrap(), None);

        let mut first = Instance::take(folder.clone(), facts(11), Some(copy.clone())).unwrap();
        first.announce(Some("http://127.0.0.1:5000".into())).unwrap();
        let found = holder(&folder).unwrap().unwrap();
        assert_eq!(found.pid, 11);
        assert_eq!(found.facts.unwrap().api.as_deref(), Some("http://127.0.0.1:5000"));
        assert_eq!(fsio::read_text(&copy).unwrap(), "11\n");

        let second = Instance::take(folder.clone(), facts(12), None).unwrap_err();
        assert_eq!(second.to_string(), "already running, pid 11");
        assert_eq!(holder(&folder).unwrap().unwrap().pid, 11);

        first.note_orderly_end();
        drop(first);
        assert_eq!(holder(&folder).unwrap(), None);
        assert_eq!(fsio::identity(&copy), None);
        assert_eq!(fsio::identity(&folder.runtime()), None);

        // this one ends as if it were killed
        let third = Instance::take(folder.clone(), facts(13), None).unwrap();
        assert!(!third.is_after_crash());
        drop(third);
        assert_eq!(holder(&folder).unwrap(), None);
        assert!(Instance::take(folder, facts(14), None).unwrap().is_after_crash());
    }

    #[test]
    fn what_a_killed_controller_left_is_taken_over() {
        let home = tempfile::tempdir().unwrap();
        let folder = StateFolder::at(home.path());
        fsio::write_atomically(&folder.pid_file(), b"1\n", 0o644).unwrap();
        fsio::write_atomically(&folder.runtime(), b"{}", 0o644).unwrap();
        fsio::write_atomically(&folder.reload(), b"{}", 0o644).unwrap();
        assert_eq!(holder(&folder).unwrap(), None);
        let instance = Instance::take(folder.clone(), facts(12), None).unwrap();
        assert_eq!(last_reload(&folder), None);
        assert_eq!(holder(&folder).unwrap().unwrap().pid, 12);
        let outcome = ReloadOutcome { asked_at: 5, failure: None };
        instance.reloaded(&outcome).unwrap();
        assert_eq!(last_reload(&folder), Some(outcome));
    }

    #[test]
    fn no_signal_goes_to_a_group_of_processes() {
        assert!(tell(0, Signal::CONT).is_err());
        assert!(tell(u32::MAX, Signal::CONT).is_err());
    }
}
