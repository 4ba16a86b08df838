//! The control server: what the running controller knows, as REST and as metrics, and the way in for orders.
//!
//! Decides who may write, what the paths are, and how values are shown. It leaves the decisions to the controller behind the
//! [`Hub`](crate::control::Hub), and the sockets to [`crate::runtime`]. A value that is unknown is absent, never 0.

mod answer;
mod metrics;
mod openapi;
mod orders;
mod request;
mod resource;
mod route_table;
pub mod token;
mod views;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::control::{Clock, Hub, SiteStatus, Time};
use crate::runtime::{serve_router, tls};
use crate::site::Period;

pub use metrics::render as render_metrics;
pub use openapi::{document as openapi_document, text as openapi_text};
pub use resource::*;
pub use token::{Secret, TokenError};

use answer::RequestError;

/// What the control server needs to know.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// PEM files with the certificate chain and its key.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// What writes must bear.
    pub token: Secret,
    /// Time between two decisions.
    pub interval: Period,
    /// Age from which a reading is unknown.
    pub stale_after: Period,
}

/// Why the control server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Others could read and write what goes over the network.
    #[error("{0} is reachable from other machines, and there is no TLS certificate for it")]
    Plaintext(SocketAddr),
    /// Others could guess the token.
    #[error("the token has fewer than {} characters", token::MIN_TOKEN_LENGTH)]
    WeakToken,
    /// TLS can't be set up.
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
    /// The address can't be listened on.
    #[error("listening on {address} failed")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// A control server at work.
#[derive(Debug)]
pub struct Running {
    /// Where it listens, with the port that was taken.
    pub local_addr: SocketAddr,
    /// Ends when the server has drained after the stop.
    pub task: JoinHandle<()>,
}

/// What every request needs.
struct Shared {
    hub: Hub,
    clock: Clock,
    token: Secret,
    interval: Period,
    stale_after: Period,
}

impl Shared {
    /// Returns the newest status; nothing stays locked.
    fn status(&self) -> Result<Arc<SiteStatus>, RequestError> {
        self.hub.status.borrow().clone().ok_or(RequestError::Starting)
    }

    fn now(&self) -> Time {
        (self.clock)()
    }
}

/// Starts the control server; it serves until `stop` is cancelled, then drains for 2 s at the most.
///
/// # Errors
/// When the address can't be listened on, lies beyond loopback without TLS, or the certificate or token can't be used.
pub async fn start(
    settings: ServerSettings,
    hub: Hub,
    clock: Clock,
    stop: CancellationToken,
) -> Result<Running, ServerError> {
    let address = settings.listen;
    if settings.tls.is_none() && !address.ip().to_canonical().is_loopback() {
        return Err(ServerError::Plaintext(address));
    }
    if !settings.token.is_long_enough() {
        return Err(ServerError::WeakToken);
    }
    let config = settings.tls.as_ref().map(|(cert, key)| tls::server_config(cert, key)).transpose()?;
    let failed = |source| ServerError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let local_addr = listener.local_addr().map_err(failed)?;
    let ServerSettings { token, interval, stale_after, .. } = settings;
    let router = route_table::router(Arc::new(Shared { hub, clock, token, interval, stale_after }));
    let task = tokio::spawn(serve_router(listener, config, router, stop));
    Ok(Running { local_addr, task })
}
