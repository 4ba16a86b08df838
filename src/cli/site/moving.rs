//! The name that a command of `enmon site` is about: the site file's entry, its checker, and what goes wrong with them.

use std::path::Path;

use serde::Deserialize;

use crate::cli::{Context, site_input};
use crate::error::{Error, Kind, Result};
use crate::failover::{Checker, MoverError, RecordError};
use crate::runtime;
use crate::site::FailoverEntry;

/// The part of a site file that says it.
#[derive(Debug, Deserialize)]
struct SitePart {
    #[serde(default)]
    failover: Option<FailoverEntry>,
}

/// A name that moves.
pub(super) struct Moving {
    /// Name of the site, which names its state folder.
    pub(super) site: String,
    /// What the site file says.
    pub(super) entry: FailoverEntry,
    /// Asks the places and moves the name.
    pub(super) checker: Checker,
}

impl Moving {
    /// Reads the site file, all of which must be right, and makes the checker.
    pub(super) async fn open(context: &Context) -> Result<Moving> {
        let loaded = site_input::load(context)?;
        let part: SitePart = serde_saphyr::from_str(&loaded.text)
            .map_err(|error| Error::from_source(Kind::Bug, "the site file is read in two ways", &error))?;
        let entry = part.failover.ok_or_else(|| {
            let message =
                format!("{} does not say what moves: it has no `failover`", context.global.site.display());
            Error::new(Kind::Invalid, message).hint("docs/failover.md tells how to write it")
        })?;
        let folder = loaded.path.parent().unwrap_or(Path::new("/"));
        let checker = Checker::new(&entry, folder)
            .await
            .map_err(|error| mover_failed("the name can't be watched", &error))?;
        Ok(Moving { site: loaded.site.name, entry, checker })
    }
}

/// Runs a command's work.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    runtime::block_on(Some(1), work)
        .map_err(|error| Error::from_source(Kind::Failed, "the runtime can't be made", &error))?
}

pub(super) fn mover_failed(message: &str, error: &MoverError) -> Error {
    let kind = match error {
        MoverError::Settings(_) | MoverError::Key(_) => Kind::Invalid,
        MoverError::Unreachable { .. } | MoverError::Unsure { .. } => Kind::Unreachable,
        MoverError::Refused { .. } => Kind::Refused,
        MoverError::Changed(_) => Kind::Failed,
    };
    let failure = Error::new(kind, message).cause(error.to_string());
    match error {
        MoverError::Changed(_) => failure.hint("look where it points now: enmon site status"),
        MoverError::Unsure { .. } => failure.hint("look whether it was moved: enmon site status"),
        _ => failure,
    }
}

pub(super) fn record_failed(error: &RecordError) -> Error {
    let failure = Error::from_source(Kind::Failed, "what is remembered of the name can't be kept", error);
    match error {
        RecordError::Broken { path, .. } => {
            failure.hint(format!("move {} away; counting begins anew then", path.display()))
        }
        _ => failure,
    }
}
