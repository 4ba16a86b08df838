//! Makes a running server go by a configuration, and the configuration be one that the server goes by: what is refused is taken back.
//!
//! ```text
//! text ──▶ reload ──▶ accepted? ──▶ loaded as in the text? ──▶ kept as applied
//!             ▲           │ no                │ not in time
//!             └── later ──┼───────────────────┤
//!                         ▼                   ▼
//!             the last good text comes back, the refused one is kept, and the server reads again
//! ```
//!
//! Each step leaves a state from which the next run goes on: a text that was written and never loaded is loaded by it. A server that sees its
//! texts late (those of a ConfigMap) may refuse one that is not there any more: a refusal counts when it must have seen the new one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::server::{Server, ServerError};
use super::store::{Kept, KeptText, Store, StoreError};
use super::{job_list, loaded};
use crate::document::{Draft, Source};

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
        from: String,
        /// Where the refused text is now.
        refused: String,
    },
    /// No older text is known; the server goes on with what it had.
    NothingKept,
    /// Somebody else has written another text meanwhile, which stays.
    Overtaken(String),
    /// The old text is back, but the server does not take that either.
    NotTaken {
        /// Where the old text was kept.
        from: String,
        /// Why the server does not take it.
        reason: String,
    },
}

/// Why a file could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A text can't be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
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
    async fn missing(&self, written: &Written<'_>) -> Result<Option<String>, ServerError>;
}

impl Reader for Server {
    async fn reload(&self) -> Result<(), ServerError> {
        Server::reload(self).await
    }

    async fn missing(&self, written: &Written<'_>) -> Result<Option<String>, ServerError> {
        written.missing_in(self).await
    }
}

/// Has Prometheus read a configuration, until it goes by it or the time is over. `others`: the rule files and job files that it names.
///
/// # Errors
/// When the server can't be asked, or does not take the files; then the last good texts are back.
pub async fn apply(
    store: &Store,
    path: &Path,
    others: &[PathBuf],
    server: &Server,
    at_most: Duration,
) -> Result<Applied, ApplyError> {
    apply_to(store, path, others, server, at_most).await
}

/// Has a server read its configuration, as [`apply`] does.
pub(super) async fn apply_to(
    store: &Store,
    path: &Path,
    others: &[PathBuf],
    server: &impl Reader,
    at_most: Duration,
) -> Result<Applied, ApplyError> {
    let written = Written::read(store, path, others).await?;
    let begin = Instant::now();
    let (deadline, settled) = (begin + at_most, begin + store.settling().await?);
    let is_late = || Instant::now() + store.pace() > deadline;
    let mut reloads = 0;
    loop {
        reloads += 1;
        match server.reload().await {
            Ok(()) => match server.missing(&written).await.map_err(ApplyError::Server)? {
                None => break,
                Some(difference) if is_late() => {
                    let restored = written.restore(server, at_most).await?;
                    return Err(ApplyError::NotSeen { difference, restored });
                }
                Some(_) => {}
            },
            Err(ServerError::Refused { status: 403 | 405, reason, .. }) => {
                return Err(ApplyError::NoLifecycle(reason));
            }
            Err(ServerError::Refused { reason, .. }) if is_late() || Instant::now() >= settled => {
                let restored = written.restore(server, at_most).await?;
                return Err(ApplyError::Refused { reason, restored });
            }
            // it may be an older text that it refuses
            Err(ServerError::Refused { .. }) => {}
            Err(error) => return Err(ApplyError::Server(error)),
        }
        sleep(store.pace()).await;
    }
    let texts: Vec<(&Path, &str)> =
        written.all().map(|file| (file.path.as_path(), file.text.as_str())).collect();
    store.keep(Kept::Applied, &texts).await?;
    Ok(Applied { jobs: written.main.source.as_ref().map_or(0, |file| job_list::names(file).len()), reloads })
}

/// A file with its text.
pub(super) struct WrittenFile {
    path: PathBuf,
    pub(super) text: String,
    pub(super) source: Option<Source>,
    /// The text that was applied last.
    applied: Option<KeptText>,
}

/// All files of a configuration, as they are now.
pub(super) struct Written<'a> {
    store: &'a Store,
    pub(super) main: WrittenFile,
    others: Vec<WrittenFile>,
}

impl WrittenFile {
    async fn read(store: &Store, path: &Path) -> Result<Self, StoreError> {
        let text = store.read(path).await?;
        let source = Draft::read(&store.name(path), &text).source;
        let applied = store.kept(path, Kept::Applied).await?;
        Ok(WrittenFile { path: path.to_owned(), text, source, applied })
    }

    /// Returns what is known to be good and is not what is there: the text that was applied last; when none was, the one before the last edit.
    async fn good(&self, store: &Store) -> Result<Option<KeptText>, StoreError> {
        let kept = match &self.applied {
            Some(applied) => Some(applied.clone()),
            None => store.kept(&self.path, Kept::Before).await?,
        };
        Ok(kept.filter(|kept| kept.text != self.text))
    }
}

impl<'a> Written<'a> {
    async fn read(store: &'a Store, path: &Path, others: &[PathBuf]) -> Result<Self, StoreError> {
        let main = WrittenFile::read(store, path).await?;
        let mut files = Vec::new();
        for path in others {
            files.push(WrittenFile::read(store, path).await?);
        }
        Ok(Written { store, main, others: files })
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

    /// Brings the last good texts back, and has the server read them; one that sees them late is asked for so long.
    async fn restore(&self, server: &impl Reader, at_most: Duration) -> Result<Restored, StoreError> {
        let mut back: Vec<(&WrittenFile, Option<KeptText>)> = Vec::new();
        for file in self.all() {
            if let Some(good) = file.good(self.store).await? {
                back.push((file, Some(good)));
            } else if self.main.applied.is_some() && file.applied.is_none() {
                // it has come since the last time that all was well
                back.push((file, None));
            }
        }
        let refused: Vec<(&Path, &str)> =
            back.iter().map(|(file, _)| (file.path.as_path(), file.text.as_str())).collect();
        let Some((_, first)) = back.first() else { return Ok(Restored::NothingKept) };
        let refused = self.store.keep(Kept::Refused, &refused).await?;
        let from = first.as_ref().map_or_else(|| refused.clone(), |good| good.place.clone());
        for (file, good) in &back {
            let good = good.as_ref().map(|good| good.text.as_str());
            match self.store.put_back(&file.path, &file.text, good).await {
                Ok(()) => {}
                Err(StoreError::Changed(name)) => return Ok(Restored::Overtaken(name)),
                Err(error) => return Err(error),
            }
        }
        self.store.hurry().await;
        let until = Instant::now() + self.store.settling().await?.min(at_most);
        loop {
            match server.reload().await {
                Ok(()) => return Ok(Restored::Yes { from, refused }),
                Err(ServerError::Refused { reason, .. }) if Instant::now() >= until => {
                    return Ok(Restored::NotTaken { from, reason });
                }
                Err(ServerError::Refused { .. }) => sleep(self.store.pace()).await,
                Err(error) => return Ok(Restored::NotTaken { from, reason: error.to_string() }),
            }
        }
    }
}
