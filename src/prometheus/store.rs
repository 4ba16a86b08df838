//! Where the texts of a configuration are read and written, be it a folder or a ConfigMap: a write is guarded by the text that was read,
//! and the text before is kept.
//!
//! A file of a store is named by a path; in a ConfigMap that is its key. What a text means is left to others.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::config::FileKind;
use super::config_map::ConfigMapStore;
use super::config_map_keys::KeyError;
use super::operator_objects::OperatorObjects;
use crate::fsio::{self, FileError};
use crate::kube_port::KubeError;

/// Texts that are kept beside those that are in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// What was there before the last edit.
    Before,
    /// What a server has taken last.
    Applied,
    /// What a server has refused last.
    Refused,
}

/// A kept text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptText {
    /// Where it is, in words for a person.
    pub place: String,
    /// The text.
    pub text: String,
}

/// Why a text can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file can't be read or written.
    #[error(transparent)]
    Files(#[from] FileError),
    /// Kubernetes does not do it.
    #[error("{place}")]
    Kubernetes {
        /// The ConfigMap.
        place: String,
        /// Why.
        #[source]
        error: KubeError,
    },
    /// Somebody else has changed the text.
    #[error("{0} has been changed by somebody else meanwhile")]
    Changed(String),
    /// Others write all the time.
    #[error("{0} is written by others again and again")]
    Busy(String),
    /// It can't ever be changed.
    #[error("{0} is immutable")]
    Immutable(String),
    /// It does not fit.
    #[error("{place} would have {bytes} bytes, and Kubernetes takes {most}")]
    TooLarge {
        /// The ConfigMap.
        place: String,
        /// What it would have.
        bytes: usize,
        /// What it may have.
        most: usize,
    },
    /// The ConfigMap has no such key.
    #[error("{place} has no key `{key}`: {keys}")]
    NoKey {
        /// The ConfigMap.
        place: String,
        /// What was looked for.
        key: String,
        /// Those that it has.
        keys: String,
    },
    /// There is no such object.
    #[error("there is no {0}")]
    NoObject(String),
    /// The operator's kinds are not known to the cluster.
    #[error("the cluster does not know the kind {kind}")]
    NoOperator {
        /// The kind and its version.
        kind: String,
    },
    /// It is not known which key is meant.
    #[error("{place}: {error}")]
    WhichKey {
        /// The ConfigMap.
        place: String,
        /// Why.
        #[source]
        error: KeyError,
    },
}

/// What the pods that mount a ConfigMap were told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hurry {
    /// Pods whose annotation was changed, so that their kubelet looks at once.
    pub pods: usize,
    /// Pods that mount it by `subPath`, and never see a change.
    pub deaf: Vec<String>,
    /// Why pods could not be told.
    pub reason: Option<String>,
}

/// Where the texts of a configuration are.
#[derive(Debug)]
pub enum Store {
    /// Files of this machine.
    Disk,
    /// Keys of a ConfigMap.
    ConfigMap(ConfigMapStore),
    /// The `spec` of objects of the Prometheus Operator, written as YAML. Nothing is kept: the operator applies them.
    Operator(OperatorObjects),
}

impl Store {
    /// Returns what a person calls a text.
    pub fn name(&self, path: &Path) -> String {
        match self {
            Store::Disk => path.display().to_string(),
            Store::ConfigMap(map) => map.name(path),
            Store::Operator(objects) => objects.name(&path.to_string_lossy()),
        }
    }

    /// Reads a text.
    ///
    /// # Errors
    /// When it is not there, or can't be read.
    pub async fn read(&self, path: &Path) -> Result<String, StoreError> {
        match self {
            Store::Disk => Ok(fsio::read_text(&fsio::followed(path))?),
            Store::ConfigMap(map) => map.read(path).await,
            Store::Operator(objects) => objects.read(&path.to_string_lossy()).await,
        }
    }

    /// Says whether a text is there.
    ///
    /// # Errors
    /// When Kubernetes does not say.
    pub async fn has(&self, path: &Path) -> Result<bool, StoreError> {
        match self {
            Store::Disk => Ok(fsio::is_file(path)),
            Store::ConfigMap(map) => map.has(path).await,
            Store::Operator(objects) => Ok(objects.get(&path.to_string_lossy()).await?.is_some()),
        }
    }

    /// Returns the texts that a pattern in a configuration means.
    ///
    /// # Errors
    /// When Kubernetes does not say.
    pub async fn meant(
        &self,
        configuration: &Path,
        pattern: &str,
        kind: FileKind,
    ) -> Result<Vec<PathBuf>, StoreError> {
        match self {
            Store::Disk => {
                let folder = configuration.parent().unwrap_or(Path::new(""));
                let found = fsio::matching(&folder.join(pattern));
                Ok(found.into_iter().filter(|path| fsio::is_file(path)).collect())
            }
            Store::ConfigMap(map) => map.meant(configuration, pattern, kind).await,
            Store::Operator(_) => Ok(Vec::new()),
        }
    }

    /// Replaces a text that an edit was made from, and keeps it. An empty `before` is a text that is not there, too. Returns where it is kept.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when it is another one by now.
    pub async fn write(&self, path: &Path, before: &str, after: &str) -> Result<Option<String>, StoreError> {
        match self {
            Store::Disk => {
                let is_new = !fsio::is_file(path);
                let now = if is_new { String::new() } else { fsio::read_text(path)? };
                if now != before {
                    return Err(StoreError::Changed(self.name(path)));
                }
                let backup = fsio::replace_with_backup(path, after)?;
                Ok(backup.map(|path| path.display().to_string()))
            }
            Store::ConfigMap(map) => map.write(path, before, after).await,
            Store::Operator(objects) => {
                objects.write(&path.to_string_lossy(), before, after).await?;
                Ok(None)
            }
        }
    }

    /// Returns a text that was kept.
    ///
    /// # Errors
    /// When Kubernetes does not say.
    pub async fn kept(&self, path: &Path, which: Kept) -> Result<Option<KeptText>, StoreError> {
        match self {
            Store::Disk => {
                let from = fsio::beside(&fsio::followed(path), extension(which));
                let text = fsio::read_text(&from).ok();
                Ok(text.map(|text| KeptText { place: from.display().to_string(), text }))
            }
            Store::ConfigMap(map) => map.kept(path, which).await,
            Store::Operator(_) => Ok(None),
        }
    }

    /// Keeps texts. Returns where the first of them is.
    ///
    /// # Errors
    /// When they can't be written.
    pub async fn keep(&self, which: Kept, texts: &[(&Path, &str)]) -> Result<String, StoreError> {
        match self {
            Store::Disk => {
                let mut first = None;
                for (path, text) in texts {
                    let path = fsio::followed(path);
                    let kept = fsio::beside(&path, extension(which));
                    fsio::write_atomically(&kept, text.as_bytes(), fsio::mode(&path))?;
                    first.get_or_insert_with(|| kept.display().to_string());
                }
                Ok(first.unwrap_or_default())
            }
            Store::ConfigMap(map) => map.keep(which, texts).await,
            Store::Operator(_) => Ok(String::new()),
        }
    }

    /// Puts a text back in place of the one that was refused; without one, the text goes.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when it is another one by now.
    pub async fn put_back(&self, path: &Path, refused: &str, good: Option<&str>) -> Result<(), StoreError> {
        match self {
            Store::Disk => {
                let path = fsio::followed(path);
                if fsio::read_text(&path)? != refused {
                    return Err(StoreError::Changed(self.name(&path)));
                }
                match good {
                    Some(text) => fsio::write_atomically(&path, text.as_bytes(), fsio::mode(&path))?,
                    None => fsio::remove_file(&path)?,
                }
                Ok(())
            }
            Store::ConfigMap(map) => map.replace(path, Some(refused), good).await,
            Store::Operator(objects) => {
                objects.write(&path.to_string_lossy(), refused, good.unwrap_or_default()).await
            }
        }
    }

    /// Returns the time between two looks at a server that has not seen a text yet.
    pub fn pace(&self) -> Duration {
        match self {
            Store::Disk => Duration::from_millis(500),
            Store::ConfigMap(_) | Store::Operator(_) => Duration::from_secs(1),
        }
    }

    /// Returns how long a server may still see older texts than those that are here.
    ///
    /// # Errors
    /// When Kubernetes does not say.
    pub async fn settling(&self) -> Result<Duration, StoreError> {
        match self {
            Store::Disk | Store::Operator(_) => Ok(Duration::ZERO),
            Store::ConfigMap(map) => map.settling().await,
        }
    }

    /// Tells those who bring the texts to a server that there is news.
    pub async fn hurry(&self) -> Hurry {
        match self {
            Store::Disk | Store::Operator(_) => Hurry::default(),
            Store::ConfigMap(map) => map.hurry().await,
        }
    }
}

/// Returns what the name of a kept file ends with.
fn extension(which: Kept) -> &'static str {
    match which {
        Kept::Before => "bak",
        Kept::Applied => "applied",
        Kept::Refused => "refused",
    }
}
