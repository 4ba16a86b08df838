//! Where the site's Alertmanager and its file are: by options, else by `alertmanager` in the site file.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;

use crate::cli::Context;
use crate::cli::site_server::{Named, SiteServer, executor, server_failed};
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::prometheus::ServerError;
use crate::prometheus::alerts::{Alertmanager, MatcherError};
use crate::site::AlertmanagerEntry;

/// Where the server is, and with what it is asked.
#[derive(Debug, Args)]
pub(super) struct ServerOptions {
    /// Address of Alertmanager; by default alertmanager.url of the site file
    #[arg(long, visible_alias = "url", global = true, value_name = "URL")]
    server: Option<String>,
    /// PEM file with what is trusted over TLS; at the site's server by default alertmanager.ca of the site file
    #[arg(long, global = true, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// File with a bearer token, mode 0600; for the site's server by default alertmanager.tokenFile of the site file
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// What the site file says of its Alertmanager, however far an edit of its other parts has come.
#[derive(Debug, Default, Deserialize)]
struct SitePart {
    #[serde(default)]
    alertmanager: AlertmanagerEntry,
}

fn site_entry(context: &Context) -> Result<AlertmanagerEntry> {
    let path = &context.global.site;
    if !context.site_is_named && !fsio::is_file(path) {
        return Ok(AlertmanagerEntry::default());
    }
    let text = fsio::read_text(path)
        .map_err(|error| Error::from_source(Kind::Invalid, "the site file can't be read", &error))?;
    let part: SitePart = serde_saphyr::from_str(&text).map_err(|error| {
        let message = format!("{} does not say where Alertmanager is", path.display());
        Error::from_source(Kind::Invalid, message, &error)
            .hint(format!("see all mistakes: enmon check --site {}", path.display()))
    })?;
    Ok(part.alertmanager)
}

impl ServerOptions {
    /// Returns a client of the named server, or of that of the site file, and its address.
    pub(super) fn alertmanager(&self, context: &Context) -> Result<(Alertmanager, String)> {
        let named =
            Named { url: self.server.as_deref(), ca: self.ca.as_deref(), token: self.token_file.as_deref() };
        let address = named.or_of_site(context, || site_entry(context).map(SiteServer::from))?;
        let address = address.ok_or_else(|| {
            Error::new(Kind::Usage, "it is not said where Alertmanager is")
                .hint("say --server URL, such as http://127.0.0.1:9093, or alertmanager.url in the site file")
        })?;
        Ok((Alertmanager::new(&address).map_err(|error| failed(&error))?, address.url))
    }
}

/// Returns the path of Alertmanager's file.
pub(super) fn config_path(named: Option<&PathBuf>, context: &Context) -> Result<PathBuf> {
    if let Some(path) = named {
        return Ok(path.clone());
    }
    let Some(words) = site_entry(context)?.config else {
        return Err(Error::new(Kind::Usage, "it is not said where Alertmanager's file is").hint(
            "name it, or say alertmanager.config in the site file: file:/etc/alertmanager/alertmanager.yml",
        ));
    };
    let Some(path) = words.strip_prefix("file:").filter(|path| !path.is_empty()) else {
        let message = format!("alertmanager.config in the site file is `{words}`, which is no file:PATH");
        return Err(Error::new(Kind::Invalid, message));
    };
    // as all paths in the site file
    Ok(context.global.site.parent().unwrap_or(Path::new("")).join(path))
}

/// Waits for what a server answers.
pub(super) fn wait_for<T>(answer: impl Future<Output = Result<T, ServerError>>) -> Result<T> {
    executor()?.block_on(answer).map_err(|error| failed(&error))
}

pub(super) fn failed(error: &ServerError) -> Error {
    Error { message: "Alertmanager can't be asked".to_owned(), ..server_failed(error) }
}

pub(super) fn wrong_matcher(error: &MatcherError) -> Error {
    Error::new(Kind::Usage, error.to_string())
        .hint("write NAME=VALUE, NAME!=VALUE, NAME=~EXPRESSION or NAME!~EXPRESSION, or the name of an alert")
}
