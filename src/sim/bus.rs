//! Modbus sockets: which device a unit id means.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::running::SimError;
use super::shared::Shared;
use super::socket::Socket;
use crate::profile::Catalogue;
use crate::site::Site;

pub(super) fn serve(
    _site: &Site,
    _catalogue: &Catalogue,
    _socket: &Socket,
    _shared: &Arc<Shared>,
    _listener: TcpListener,
    _tasks: &mut JoinSet<()>,
    _stop: &CancellationToken,
) -> Result<(), SimError> {
    Ok(())
}
