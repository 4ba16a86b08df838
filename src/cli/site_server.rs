//! Which server a command asks: the one that is named, or that of the site file.
//!
//! What the site file says of its server — what is trusted there, the token — is for that server alone: one that is named may be another.

use std::path::{Path, PathBuf};

use clap::Args;
use tokio::runtime::{Builder, Runtime};

use super::Context;
use super::scrape::site_entry;
use crate::error::{Error, Kind, Result};
use crate::prometheus::{Server, ServerAddress, ServerError};
use crate::site::{AlertmanagerEntry, PrometheusEntry};

/// Flags that name a Prometheus.
#[derive(Debug, Args)]
pub(super) struct ServerOptions {
    /// Address of the server; by default prometheus.url of the site file
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// PEM file with what is trusted over TLS; at the site's server by default prometheus.ca of the site file
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// File with a bearer token, mode 0600; for the site's server by default prometheus.tokenFile of the site file
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl ServerOptions {
    /// Says whether a server is named.
    pub(super) fn is_named(&self) -> bool {
        self.server.is_some()
    }

    /// Returns a client and where it asks.
    ///
    /// # Errors
    /// When no server is known, or a file can't be used.
    pub(super) fn server(&self, context: &Context) -> Result<(Server, String)> {
        self.known(context)?.ok_or_else(|| {
            Error::new(Kind::Usage, "it is not said where the server is")
                .hint("say --server URL, such as http://127.0.0.1:9090, or prometheus.url in the site file")
        })
    }

    /// Returns a client and where it asks; `None`: no server is named, and the site file has none.
    ///
    /// # Errors
    /// When a file can't be used.
    pub(super) fn known(&self, context: &Context) -> Result<Option<(Server, String)>> {
        let named =
            Named { url: self.server.as_deref(), ca: self.ca.as_deref(), token: self.token_file.as_deref() };
        let Some(address) = named.or_of_site(context, || site_entry(context).map(SiteServer::from))? else {
            return Ok(None);
        };
        let server = Server::new(&address).map_err(|error| server_failed(&error))?;
        Ok(Some((server, address.url)))
    }
}

/// Returns a client of the site's Prometheus, and where it asks.
///
/// # Errors
/// When the site file names none, or a file can't be used.
pub(super) fn of_site(context: &Context) -> Result<(Server, String)> {
    ServerOptions { server: None, ca: None, token_file: None }.server(context)
}

/// What was named on the command line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) url: Option<&'a str>,
    pub(super) ca: Option<&'a Path>,
    pub(super) token: Option<&'a Path>,
}

/// What the site file says of a server; paths as they are written there.
#[derive(Debug, Default)]
pub(super) struct SiteServer {
    url: Option<String>,
    ca: Option<String>,
    token_file: Option<String>,
}

impl From<PrometheusEntry> for SiteServer {
    fn from(entry: PrometheusEntry) -> Self {
        SiteServer { url: entry.url, ca: entry.ca, token_file: entry.token_file }
    }
}

impl From<AlertmanagerEntry> for SiteServer {
    fn from(entry: AlertmanagerEntry) -> Self {
        SiteServer { url: entry.url, ca: entry.ca, token_file: entry.token_file }
    }
}

impl Named<'_> {
    /// Returns which server it is, by the site file where nothing is named; `None`: neither says so.
    ///
    /// # Errors
    /// When no server is named, and the site file can't be read. For a named one the site file is of no importance.
    pub(super) fn or_of_site(
        self,
        context: &Context,
        of_site: impl FnOnce() -> Result<SiteServer>,
    ) -> Result<Option<ServerAddress>> {
        let of_site = match self.url {
            Some(_) => of_site().unwrap_or_default(),
            None => of_site()?,
        };
        Ok(self.or(of_site, context.global.site.parent().unwrap_or(Path::new(""))))
    }

    fn or(self, of_site: SiteServer, folder: &Path) -> Option<ServerAddress> {
        let address = |url: &str| url.trim_end_matches('/').to_owned();
        let is_of_site = self.url.is_none_or(|url| of_site.url.as_deref().map(address) == Some(address(url)));
        let of_site_alone = |path: Option<String>| path.filter(|_| is_of_site).map(|path| folder.join(path));
        Some(ServerAddress {
            ca: self.ca.map(Path::to_owned).or_else(|| of_site_alone(of_site.ca)),
            token_file: self.token.map(Path::to_owned).or_else(|| of_site_alone(of_site.token_file)),
            url: self.url.map(str::to_owned).or(of_site.url)?,
        })
    }
}

/// Makes the error for a Prometheus that could not be asked.
pub(super) fn server_failed(error: &ServerError) -> Error {
    let kind = match error {
        ServerError::Address(_) => Kind::Usage,
        ServerError::Files(_) => Kind::Invalid,
        ServerError::Unreachable { .. } => Kind::Unreachable,
        ServerError::Refused { .. } => Kind::Refused,
        ServerError::Foreign { .. } => Kind::Failed,
    };
    Error::from_source(kind, "Prometheus can't be asked", error)
}

/// Makes what runs requests one after the other.
///
/// # Errors
/// When the system gives none.
pub(super) fn executor() -> Result<Runtime> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Error::from_source(Kind::Bug, "the runtime can't be made", &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_site_trusts_and_its_token_are_for_its_own_server() {
        let site = || SiteServer {
            url: Some("https://own:9090".into()),
            ca: Some("ca.pem".into()),
            token_file: Some("/secret/token".into()),
        };
        let (own, other) = ("https://own:9090", "https://other:9090");
        let (given_ca, given_token) = (Path::new("given.pem"), Path::new("given.token"));
        let none = Named { url: None, ca: None, token: None };
        for (named, url, ca, token) in [
            (none, own, Some("site/ca.pem"), Some("/secret/token")),
            (
                Named { url: Some("https://own:9090/"), ..none },
                "https://own:9090/",
                Some("site/ca.pem"),
                Some("/secret/token"),
            ),
            (Named { url: Some(other), ..none }, other, None, None),
            (Named { url: Some("https://own:9091"), ..none }, "https://own:9091", None, None),
            (Named { url: Some("http://own:9090"), ..none }, "http://own:9090", None, None),
            (
                Named { url: Some(other), ca: Some(given_ca), token: Some(given_token) },
                other,
                Some("given.pem"),
                Some("given.token"),
            ),
            (Named { ca: Some(given_ca), ..none }, own, Some("given.pem"), Some("/secret/token")),
        ] {
            let chosen = named.or(site(), Path::new("site"));
            let wanted = ServerAddress {
                url: url.into(),
                ca: ca.map(PathBuf::from),
                token_file: token.map(PathBuf::from),
            };
            assert_eq!(chosen, Some(wanted), "{named:?}");
        }
        assert_eq!(none.or(SiteServer::default(), Path::new("site")), None);
    }
}
