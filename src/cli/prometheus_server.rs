//! Which Prometheus a command asks: the one that is named, or that of the site file.

use std::path::{Path, PathBuf};

use clap::Args;
use tokio::runtime::{Builder, Runtime};

use super::Context;
use super::scrape::{server_failed, site_entry};
use crate::error::{Error, Kind, Result};
use crate::prometheus::{Server, ServerAddress};

/// Flags that name a Prometheus.
#[derive(Debug, Args)]
pub(super) struct ServerOptions {
    /// Address of the server; by default prometheus.url of the site file, with its CA and token
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// PEM file with what is trusted of that server
    #[arg(long, value_name = "FILE", requires = "server")]
    ca: Option<PathBuf>,
    /// File with a bearer token for that server, mode 0600
    #[arg(long, value_name = "FILE", requires = "server")]
    token_file: Option<PathBuf>,
}

impl ServerOptions {
    /// Returns a client and where it asks. A server that is named gets no token of the site file: it may be another one.
    ///
    /// # Errors
    /// When no server is known, or a file can't be used.
    pub(super) fn server(&self, context: &Context) -> Result<(Server, String)> {
        let address = match &self.server {
            Some(url) => {
                ServerAddress { url: url.clone(), ca: self.ca.clone(), token_file: self.token_file.clone() }
            }
            None => of_site(context)?,
        };
        let server = Server::new(&address).map_err(|error| server_failed(&error))?;
        Ok((server, address.url))
    }
}

fn of_site(context: &Context) -> Result<ServerAddress> {
    let entry = site_entry(context)?;
    let folder = context.global.site.parent().unwrap_or(Path::new(""));
    let resolved = |path: &Option<String>| path.as_ref().map(|path| folder.join(path));
    let (ca, token_file) = (resolved(&entry.ca), resolved(&entry.token_file));
    let url = entry.url.ok_or_else(|| {
        Error::new(Kind::Usage, "it is not said where the server is")
            .hint("say --server URL, such as http://127.0.0.1:9090, or prometheus.url in the site file")
    })?;
    Ok(ServerAddress { url, ca, token_file })
}

/// Makes what runs requests one after the other.
///
/// # Errors
/// When the system gives none.
pub(super) fn executor() -> Result<Runtime> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Error::from_source(Kind::Bug, "the runtime can't be made", &error))
}
