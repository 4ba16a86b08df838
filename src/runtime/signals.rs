//! Signals become values: SIGTERM and SIGINT stop, SIGHUP reloads.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What the process is told from outside.
#[derive(Debug)]
pub struct Signals {
    /// Cancelled by the first SIGTERM or SIGINT. Further ones change nothing: the orderly end is bounded in time, and cutting it short would
    /// leave chargers at a limit that nobody watches.
    pub stop: CancellationToken,
    /// One message for each SIGHUP; those that come while one waits are the same request.
    pub reload: mpsc::Receiver<()>,
}

/// Takes over SIGTERM, SIGINT and SIGHUP for the rest of the process's life. Must be called inside a tokio runtime.
///
/// # Errors
/// When the kernel refuses a handler.
pub fn listen() -> io::Result<Signals> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let stop = CancellationToken::new();
    let (send, reload) = mpsc::channel(1);
    let told = stop.clone();
    tokio::spawn(async move {
        loop {
            let name = tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
                _ = hang_up.recv() => {
                    tracing::info!("SIGHUP: the site file is read again");
                    // full: a request waits already, and will see the newest file
                    let _ = send.try_send(());
                    continue;
                }
            };
            if told.is_cancelled() {
                tracing::info!("{name} again: already stopping");
            } else {
                tracing::info!("{name}: stopping");
                told.cancel();
            }
        }
    });
    Ok(Signals { stop, reload })
}
