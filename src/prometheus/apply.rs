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

use super::server::{Server, ServerError};
use super::{job_list, loaded};
use crate::document::{Draft, Source};
use crate::fsio::{self, FileError};

/// What the name of a text that a server has taken ends with.
const APPLIED: &str = "applied";
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

/// What a server has to do so that files can be applied to it.
pub(super) trait Reader {
    /// Has it read its files again. It answers when it has.
    async fn reload(&self) -> Result<(), ServerError>;

    /// Says how it still does not go by its files; `None`: it does.
    async fn missing(&self, written: &Written) -> Result<Option<String>, ServerError>;
}

impl Reader for Server {
    async fn reload(&self) -> Result<(), ServerError> {
        Server::reload(self).await
    }

    async fn missing(&self, written: &Written) -> Result<Option<String>, ServerError> {
        written.missing_in(self).await
    }
}

/// Has Prometheus read a configuration, until it goes by it or the time is over. `others`: the rule files and job files that it names.
///
/// # Errors
/// When the server can't be asked, or does not take the files; then the last good texts are back.
pub async fn apply(
    path: &Path,
    others: &[PathBuf],
    server: &Server,
    at_most: Duration,
) -> Result<Applied, ApplyError> {
    apply_to(path, others, server, at_most).await
}

/// Has a server read its configuration, as [`apply`] does.
pub(super) async fn apply_to(
    path: &Path,
    others: &[PathBuf],
    server: &impl Reader,
    at_most: Duration,
) -> Result<Applied, ApplyError> {
    let written = Written::read(path, others)?;
    let deadline = Instant::now() + at_most;
    let mut reloads = 0;
    loop {
        reloads += 1;
        match server.reload().await {
            Ok(()) => {}
            Err(ServerError::Refused { status: 403 | 405, reason, .. }) => {
                return Err(ApplyError::NoLifecycle(reason));
            }
            Err(ServerError::Refused { reason, .. }) => {
                let restored = restore(&written, server).await?;
                return Err(ApplyError::Refused { reason, restored });
            }
            Err(error) => return Err(ApplyError::Server(error)),
        }
        match server.missing(&written).await.map_err(ApplyError::Server)? {
            None => break,
            Some(difference) if Instant::now() + PACE > deadline => {
                let restored = restore(&written, server).await?;
                return Err(ApplyError::NotSeen { difference, restored });
            }
            Some(_) => sleep(PACE).await,
        }
    }
    for file in written.all() {
        fsio::write_atomically(
            &fsio::beside(&file.path, APPLIED),
            file.text.as_bytes(),
            fsio::mode(&file.path),
        )?;
    }
    Ok(Applied { jobs: written.main.source.as_ref().map_or(0, |file| job_list::names(file).len()), reloads })
}

/// A file with its text.
pub(super) struct WrittenFile {
    path: PathBuf,
    pub(super) text: String,
    pub(super) source: Option<Source>,
}

/// All files of a configuration, as they are now.
pub(super) struct Written {
    pub(super) main: WrittenFile,
    others: Vec<WrittenFile>,
}

impl WrittenFile {
    fn read(path: &Path) -> Result<Self, FileError> {
        let path = fsio::followed(path);
        let text = fsio::read_text(&path)?;
        let source = Draft::read(&path.display().to_string(), &text).source;
        Ok(WrittenFile { path, text, source })
    }

    /// Returns what is known to be good and is not what is there: the text that was applied last; when none was, the one before the last edit.
    fn good(&self) -> Option<(PathBuf, String)> {
        let kept = if self.was_applied() { APPLIED } else { "bak" };
        let from = fsio::beside(&self.path, kept);
        let text = fsio::read_text(&from).ok()?;
        (text != self.text).then_some((from, text))
    }

    fn was_applied(&self) -> bool {
        fsio::is_file(&fsio::beside(&self.path, APPLIED))
    }

    fn keep_refused(&self) -> Result<PathBuf, FileError> {
        let kept = fsio::beside(&self.path, "refused");
        fsio::write_atomically(&kept, self.text.as_bytes(), fsio::mode(&self.path))?;
        Ok(kept)
    }
}

impl Written {
    fn read(path: &Path, others: &[PathBuf]) -> Result<Self, FileError> {
        let main = WrittenFile::read(path)?;
        let others = others.iter().map(|path| WrittenFile::read(path)).collect::<Result<_, _>>()?;
        Ok(Written { main, others })
    }

    fn all(&self) -> impl Iterator<Item = &WrittenFile> {
        std::iter::once(&self.main).chain(&self.others)
    }

    /// Says what is still missing; `None`: the server goes by the files.
    async fn missing_in(&self, server: &Server) -> Result<Option<String>, ServerError> {
        if !server.reload_state().await?.successful {
            return Ok(Some("its last reload has failed".to_owned()));
        }
        let configuration = server.configuration().await?;
        let loaded = Draft::read("configuration of the server", &configuration).source;
        let difference = match (&self.main.source, loaded.as_ref()) {
            (Some(file), Some(loaded)) => loaded::difference(file, loaded),
            (None, _) => None,
            (Some(_), None) => Some("it has no configuration that can be read".to_owned()),
        };
        if difference.is_some() {
            return Ok(difference);
        }
        let wanted: Vec<(String, usize)> =
            self.others.iter().filter_map(|file| file.source.as_ref()).flat_map(loaded::groups).collect();
        Ok(loaded::missing_group(&wanted, &server.rule_groups().await?))
    }
}

/// Brings the last good texts back.
async fn restore(written: &Written, server: &impl Reader) -> Result<Restored, ApplyError> {
    let mut restored = Vec::new();
    let knows_others = written.main.was_applied();
    for file in written.all() {
        if let Some((from, text)) = file.good() {
            let refused = file.keep_refused()?;
            fsio::write_atomically(&file.path, text.as_bytes(), fsio::mode(&file.path))?;
            restored.push((from, refused));
        } else if knows_others && !file.was_applied() {
            // it has come since the last time that all was well
            let refused = file.keep_refused()?;
            fsio::remove_file(&file.path)?;
            restored.push((refused.clone(), refused));
        }
    }
    let Some((from, refused)) = restored.into_iter().next() else { return Ok(Restored::NothingKept) };
    match server.reload().await {
        Ok(()) => Ok(Restored::Yes { from, refused }),
        Err(ServerError::Refused { reason, .. }) => Ok(Restored::NotTaken { from, reason }),
        Err(error) => Ok(Restored::NotTaken { from, reason: error.to_string() }),
    }
}
