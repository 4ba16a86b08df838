//! The two servers that a command is about: the one that has the samples, and the one that is to have them too.

use std::path::PathBuf;

use clap::Args;

use crate::cli::{Context, site_server};
use crate::error::{Error, Result};
use crate::prometheus::remote::GapError;
use crate::prometheus::{Server, ServerAddress, ServerError};

/// Flags that name two servers.
#[derive(Debug, Args)]
pub(super) struct ServerArgs {
    /// Address of the server that has the samples; by default prometheus.url of the site file
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// Address of the server that is to have them too
    #[arg(long, value_name = "URL")]
    pub(super) to: String,
    /// PEM file with what is trusted at --from
    #[arg(long, value_name = "FILE", requires = "from")]
    from_ca: Option<PathBuf>,
    /// File with a bearer token for --from
    #[arg(long, value_name = "FILE", requires = "from")]
    from_token_file: Option<PathBuf>,
    /// PEM file with what is trusted at --to
    #[arg(long, value_name = "FILE")]
    to_ca: Option<PathBuf>,
    /// File with a bearer token for --to
    #[arg(long, value_name = "FILE")]
    to_token_file: Option<PathBuf>,
}

impl ServerArgs {
    /// Returns clients of both, and the address of the first.
    pub(super) fn both(&self, context: &Context) -> Result<(Server, Server, String)> {
        let (source, url) = match &self.from {
            Some(url) => {
                let address = ServerAddress {
                    url: url.clone(),
                    ca: self.from_ca.clone(),
                    token_file: self.from_token_file.clone(),
                };
                (Server::new(&address).map_err(|error| of_source(&error))?, url.clone())
            }
            None => site_server::of_site(context).map_err(|error| error.hint("or say --from URL here"))?,
        };
        let address = ServerAddress {
            url: self.to.clone(),
            ca: self.to_ca.clone(),
            token_file: self.to_token_file.clone(),
        };
        let copy = Server::new(&address).map_err(|error| of_copy(&error))?;
        Ok((source, copy, url))
    }
}

/// Makes the error for a server that has the samples.
pub(super) fn of_source(error: &ServerError) -> Error {
    named(error, "the server that has the samples (--from) can't be asked")
}

/// Makes the error for a server that is to have the samples.
pub(super) fn of_copy(error: &ServerError) -> Error {
    named(error, "the server that is to have the samples (--to) can't be asked")
}

fn named(error: &ServerError, message: &str) -> Error {
    Error { message: message.to_owned(), ..site_server::server_failed(error) }
}

/// Makes the error for work that could not go on.
pub(super) fn stopped(error: &GapError) -> Error {
    match error {
        GapError::Source(error) => of_source(error),
        GapError::Copy(error) => of_copy(error),
        GapError::TooManySeries => Error::new(crate::error::Kind::Failed, error.to_string())
            .hint("go through them in parts: --match '{job=\"…\"}'"),
    }
}
