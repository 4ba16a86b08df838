//! Daemon mode without fork: the program starts itself once more, and the parent stays until the child says `ready` or why it is not.
//!
//! ```text
//!   parent: start ──spawn──▶ child: detach (setsid) … Starter::ready ──▶ goes on
//!        ▲                                          └ Starter::failed ─▶ ends
//!        └────────────── one line of JSON on the child's stdout ◀───────┘
//! ```

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use rustix::process::{Signal, setsid};
use serde::{Deserialize, Serialize};

use crate::fsio;

/// Why a start or a reload failed, in a form that goes from one process to another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartFailure {
    /// Exit code that it means.
    pub exit_code: u8,
    /// What failed.
    pub message: String,
    /// Why, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
    /// Findings, rendered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
}

impl fmt::Display for StartFailure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

/// Why there is no daemon.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The log file can't be opened.
    #[error(transparent)]
    Log(#[from] fsio::FileError),
    /// The child can't be started.
    #[error("the program can't be started in the background")]
    Spawn(#[source] io::Error),
    /// The child said why it can't run.
    #[error("{0}")]
    Failed(StartFailure),
    /// The child ended without a word.
    #[error("the controller ended before it was ready ({status})")]
    Ended {
        /// How it ended.
        status: String,
    },
    /// The child took too long and was told to stop.
    #[error("the controller (pid {pid}) was not ready within {} s and was told to stop", .after.as_secs_f64())]
    NotReady {
        /// Its process id.
        pid: u32,
        /// How long it was waited for.
        after: Duration,
    },
}

/// What the child says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Word {
    Ready,
    Failed(StartFailure),
}

/// Starts this program once more in the background and waits until it says that it is ready; returns its process id. Its stderr goes to the
/// end of the log file (mode 0640).
///
/// # Errors
/// When it can't be started, says why it can't run, ends, or takes longer than `at_most`; it does not run on then.
pub fn start(arguments: &[OsString], log: &Path, at_most: Duration) -> Result<u32, DaemonError> {
    let log = fsio::open_append(log, 0o640)?;
    let mut child = fsio::respawn(arguments, log).map_err(DaemonError::Spawn)?;
    let pid = child.id();
    let Some(line) = child.first_line(at_most) else {
        // it may end by itself at this very moment
        let _ = super::tell(pid, Signal::TERM);
        return Err(DaemonError::NotReady { pid, after: at_most });
    };
    match serde_json::from_str(&line) {
        Ok(Word::Ready) => Ok(pid),
        Ok(Word::Failed(failure)) => {
            // it ends by itself after that word; its status says nothing more
            let _ = child.wait();
            Err(DaemonError::Failed(failure))
        }
        Err(_) => {
            let status = child.wait().unwrap_or_else(|error| error.to_string());
            Err(DaemonError::Ended { status })
        }
    }
}

/// The child's way to tell its parent how the start went.
#[derive(Debug)]
pub struct Starter(());

/// Leaves the terminal and the session of whoever started this process; for the child of [`start`].
///
/// # Errors
/// When the process leads a process group already, so was not started by [`start`].
pub fn detach() -> io::Result<Starter> {
    setsid()?;
    Ok(Starter(()))
}

impl Starter {
    /// Tells the parent that all is well, and lets go of the pipe to it.
    pub fn ready(self) {
        say(&Word::Ready);
        // from now on nothing that writes to stdout may meet a closed pipe
        let swallowed = fsio::open_null().map_err(io::Error::other);
        if let Err(error) = swallowed.and_then(|null| Ok(rustix::stdio::dup2_stdout(null)?)) {
            tracing::warn!(%error, "stdout could not be redirected to /dev/null");
        }
    }

    /// Tells the parent why there will be no controller.
    pub fn failed(self, failure: StartFailure) {
        say(&Word::Failed(failure));
    }
}

fn say(word: &Word) {
    let mut stdout = io::stdout().lock();
    let said = serde_json::to_string(word)
        .map_err(io::Error::other)
        .and_then(|line| writeln!(stdout, "{line}"))
        .and_then(|()| stdout.flush());
    if let Err(error) = said {
        // the parent gave up or was ended; the daemon does not depend on it
        tracing::warn!(%error, "the starting process is gone");
    }
}
