//! Makes a running server go by a file, and the file be one that the server goes by: what is refused is taken back.
//!
//! ```text
//! file ──▶ reload ──▶ accepted? ──▶ loaded as in the file? ──▶ kept as NAME.applied
//!             ▲           │ no                │ not in time
//!             └── later ──┼───────────────────┤
//!                         ▼                   ▼
//!             the last good text comes back, the refused one stays as NAME.refused, and the server reads again
//! ```
//!
//! Each step leaves a state from which the next run goes on: a text that was written and never loaded is loaded by it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::loaded;
use super::server::{Server, ServerError};
use crate::document::{Draft, Source};
use crate::fsio::{self, FileError};

/// Time between two looks at a server that has not seen a file yet.
const PACE: Duration = Duration::from_millis(500);

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Jobs of the file.
    pub jobs: usize,
    /// How often the server was told to read it.
    pub reloads: usize,
}

/// What became of a file that the server did not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restored {
    /// The file has its old text again, and the server goes by it.
    Yes {
        /// Where the old text was kept.
        from: PathBuf,
        /// Where the refused text is now.
        refused: PathBuf,
    },
    /// No older text is known; the server goes on with what it had.
    NothingKept,
    /// The old text is back, but the server does not take that either.
    NotTaken {
        /// Where the old text was kept.
        from: PathBuf,
        /// Why the server does not take it.
        reason: String,
    },
}

/// Why a file could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A file can't be read or written.
    #[error(transparent)]
    Files(#[from] FileError),
    /// The server can't be asked; the file stays as it is.
    #[error(transparent)]
    Server(ServerError),
    /// The server takes no orders.
    #[error("the server takes no reloads over HTTP: {0}")]
    NoLifecycle(String),
    /// The server does not take the file.
    #[error("the server refused the file")]
    Refused {
        /// What it said.
        reason: String,
        /// What was done about it.
        restored: Restored,
    },
    /// The server takes its files, but not this one: it reads another, or does not see the new text.
    #[error("the server does not go by this file")]
    NotSeen {
        /// How what it goes by differs.
        difference: String,
        /// What was done about it.
        restored: Restored,
    },
}

/// Has a server read a file, until it goes by it or the time is over.
///
/// # Errors
/// When the server can't be asked, or does not take the file; then the last good text is back.
pub async fn apply(path: &Path, server: &Server, at_most: Duration) -> Result<Applied, ApplyError> {
    let path = fsio::followed(path);
    let text = fsio::read_text(&path)?;
    let name = path.display().to_string();
    let file = Draft::read(&name, &text).source;
    let deadline = Instant::now() + at_most;
    let mut reloads = 0;
    loop {
        reloads += 1;
        match server.reload().await {
            Ok(()) => {}
            Err(ServerError::Refused { status: 403 | 405, reason }) => return Err(ApplyError::NoLifecycle(reason)),
            Err(ServerError::Refused { reason, .. }) => {
                let restored = restore(&path, &text, server).await?;
                return Err(ApplyError::Refused { reason, restored });
            }
            Err(error) => return Err(ApplyError::Server(error)),
        }
        match missing(file.as_ref(), server).await.map_err(ApplyError::Server)? {
            None => break,
            Some(difference) if Instant::now() + PACE > deadline => {
                let restored = restore(&path, &text, server).await?;
                return Err(ApplyError::NotSeen { difference, restored });
            }
            Some(_) => sleep(PACE).await,
        }
    }
    fsio::write_atomically(&fsio::beside(&path, "applied"), text.as_bytes(), fsio::mode(&path))?;
    Ok(Applied { jobs: file.as_ref().map_or(0, |file| super::job_list::names(file).len()), reloads })
}

/// Says what is still missing; `None`: the server goes by the file.
async fn missing(file: Option<&Source>, server: &Server) -> Result<Option<String>, ServerError> {
    if !server.reload_state().await?.successful {
        return Ok(Some("its last reload has failed".to_owned()));
    }
    let configuration = server.configuration().await?;
    let loaded = Draft::read("configuration of the server", &configuration).source;
    Ok(match (file, loaded.as_ref()) {
        (Some(file), Some(loaded)) => loaded::difference(file, loaded),
        (None, _) => None,
        (Some(_), None) => Some("it has no configuration that can be read".to_owned()),
    })
}

/// Brings the last good text back: the one that was applied last, or the one before the last edit.
async fn restore(path: &Path, refused: &str, server: &Server) -> Result<Restored, ApplyError> {
    let kept = ["applied", "bak"].map(|extension| fsio::beside(path, extension));
    let good = kept.into_iter().find_map(|from| {
        let text = fsio::read_text(&from).ok()?;
        (text != refused).then_some((from, text))
    });
    let Some((from, text)) = good else { return Ok(Restored::NothingKept) };
    let mode = fsio::mode(path);
    let kept = fsio::beside(path, "refused");
    fsio::write_atomically(&kept, refused.as_bytes(), mode)?;
    fsio::write_atomically(path, text.as_bytes(), mode)?;
    match server.reload().await {
        Ok(()) => Ok(Restored::Yes { from, refused: kept }),
        Err(ServerError::Refused { reason, .. }) => Ok(Restored::NotTaken { from, reason }),
        Err(error) => Ok(Restored::NotTaken { from, reason: error.to_string() }),
    }
}
