//! Pages into a running Grafana, by its HTTP API.

use serde_json::Value;

use super::apply::{Change, sorted_text};
use crate::cli::Context;
use crate::cli::site_server::{executor, server_failed};
use crate::error::{Error, Kind, Result};
use crate::prometheus::dashboard::{Dashboard, PageName};
use crate::prometheus::grafana::{Grafana, GrafanaError, Stored, with_plain_numbers};
use crate::prometheus::{ServerAddress, ServerError};

/// What the history of a page in Grafana says.
const MESSAGE: &str = "made from the site file by enmon";
/// The tag of pages that are made here.
const TAG: &str = "enmon";

/// A Grafana, and a folder in it.
pub(super) struct GrafanaPlace<'a> {
    pub address: ServerAddress,
    /// Title of the folder; `None`: a page stays where it is, and a new one goes to the top.
    pub folder: Option<&'a str>,
}

/// Looks at all pages, asks about those of others, and writes what differs.
pub(super) fn put<'a>(
    pages: &'a [(PageName, Dashboard)],
    place: &GrafanaPlace<'_>,
    dry_run: bool,
    context: &Context,
) -> Result<Vec<Change<'a>>> {
    let grafana = Grafana::new(&place.address).map_err(|error| failed(&error))?;
    let executor = executor()?;
    // the folder's uid, where it is named and there
    let mut folder = match place.folder {
        Some(title) => executor.block_on(grafana.folder(title)).map_err(|error| failed(&error))?,
        None => None,
    };
    let mut found = Vec::new();
    for (_, dashboard) in pages {
        let stored = executor.block_on(grafana.dashboard(&dashboard.uid)).map_err(|error| failed(&error))?;
        let model = serde_json::to_value(dashboard)
            .map(with_plain_numbers)
            .map_err(|error| Error::from_source(Kind::Bug, "a dashboard can't be written as JSON", &error))?;
        if let Some(stored) = stored.as_ref().filter(|stored| !dry_run && !is_ours(stored)) {
            let title = stored.model.get("title").and_then(Value::as_str).unwrap_or(&dashboard.uid);
            if !context.ui.confirm(&format!("Write over the page `{title}`, which enmon has not made?"))? {
                return Err(Error::new(Kind::Failed, "nothing was changed"));
            }
        }
        found.push((dashboard, stored, model));
    }
    if !dry_run {
        if let (None, Some(title)) = (&folder, place.folder) {
            folder = Some(executor.block_on(grafana.make_folder(title)).map_err(|error| failed(&error))?);
        }
        for (dashboard, stored, model) in &found {
            let there = stored.as_ref().map_or("", |stored| stored.folder_uid.as_str());
            let wanted = folder.as_deref().unwrap_or(there);
            if stored.as_ref().is_some_and(|stored| stored.model == *model) && there == wanted {
                continue;
            }
            let over = stored.as_ref().map(|stored| stored.version);
            executor
                .block_on(grafana.save(model.clone(), over, wanted, MESSAGE))
                .map_err(|error| failed(&error).cause(format!("page {}", dashboard.title)))?;
        }
    }
    let changes = found.into_iter().map(|(dashboard, stored, model)| Change {
        dashboard,
        before: stored.map(|stored| sorted_text(&stored.model)),
        after: sorted_text(&model),
    });
    Ok(changes.collect())
}

fn is_ours(stored: &Stored) -> bool {
    let tags = stored.model.get("tags").and_then(Value::as_array);
    tags.is_some_and(|tags| tags.iter().any(|tag| tag == TAG))
}

fn failed(error: &GrafanaError) -> Error {
    let message = "Grafana does not have the pages".to_owned();
    match error {
        GrafanaError::Conflict(_) => {
            Error::from_source(Kind::Refused, message, error).hint("look at it, and apply again")
        }
        GrafanaError::Server(error @ ServerError::Refused { status: 401 | 403, .. }) => {
            Error { message, ..server_failed(error) }
                .hint("the service account of --token-file needs the role Editor")
        }
        GrafanaError::Server(error) => Error { message, ..server_failed(error) },
    }
}
