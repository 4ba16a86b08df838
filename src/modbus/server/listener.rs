//! Where requests come from: sockets with bounded connections, TLS with bounded handshakes, serial lines.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::super::Framing;
use super::super::serial::{LineSettings, SerialPort};
use super::conversation::{Desk, End, Way, converse};

/// How long a TLS handshake may take.
const HANDSHAKE_TIME: Duration = Duration::from_secs(5);
/// Most TLS handshakes at a time; who has not proved who it is takes no place of those who have.
const MOST_HANDSHAKES: usize = 16;
/// Silence that ends noise on a serial line, at the least: USB adapters pass bytes on every 16 ms.
const LEAST_SILENCE: Duration = Duration::from_millis(20);
/// Characters of an ASCII frame may be so far apart (MODBUS over Serial Line V1.02, 2.5.2.1).
const ASCII_SILENCE: Duration = Duration::from_secs(1);
/// Silence that ends noise from a gateway: a network may hold parts of a frame back.
const GATEWAY_SILENCE: Duration = Duration::from_millis(100);

/// Where a server listens.
#[derive(Debug)]
pub enum Listener {
    /// Modbus TCP.
    Tcp(TcpListener),
    /// RTU frames over TCP, as behind a gateway.
    RtuTcp(TcpListener),
    /// Modbus TCP inside TLS (MODBUS/TCP Security Protocol Specification V36).
    Tls(TcpListener, Arc<ServerConfig>),
    /// RTU or ASCII on a serial port or a pseudo-terminal.
    Serial {
        /// The port.
        port: SerialPort,
        /// RTU or ASCII.
        framing: Framing,
        /// The line's settings; they decide which silence ends a frame.
        settings: LineSettings,
    },
}

/// What a server allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerLimits {
    /// Most connections at a time; further ones are closed at once.
    pub most_connections: usize,
    /// A connection on which nothing has come for so long is closed.
    pub idle: Option<Duration>,
}

impl Default for ServerLimits {
    /// 32 connections, for as long as they like.
    fn default() -> Self {
        ServerLimits { most_connections: 32, idle: None }
    }
}

pub(super) async fn listen(
    listener: Listener,
    desk: Desk,
    limits: ServerLimits,
    stop: CancellationToken,
) -> io::Result<()> {
    match listener {
        Listener::Tcp(listener) => sockets(listener, None, Framing::Tcp, &desk, limits, &stop).await,
        Listener::RtuTcp(listener) => sockets(listener, None, Framing::Rtu, &desk, limits, &stop).await,
        Listener::Tls(listener, config) => {
            sockets(listener, Some(TlsAcceptor::from(config)), Framing::Tcp, &desk, limits, &stop).await
        }
        Listener::Serial { mut port, framing, settings } => {
            let silence = match framing {
                Framing::Ascii => ASCII_SILENCE,
                _ => settings.silence().max(LEAST_SILENCE),
            };
            let way = Way { framing, silence, idle: None, connected: None };
            tokio::select! {
                () = stop.cancelled() => Ok(()),
                ended = converse(&mut port, &desk, way) => match ended? {
                    End::Closed | End::Reset => Err(io::ErrorKind::UnexpectedEof.into()),
                },
            }
        }
    }
}

/// What connections of one listener share.
#[derive(Clone)]
struct Door {
    tls: Option<TlsAcceptor>,
    framing: Framing,
    idle: Option<Duration>,
    places: Arc<Semaphore>,
    handshakes: Arc<Semaphore>,
    desk: Desk,
}

async fn sockets(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    framing: Framing,
    desk: &Desk,
    limits: ServerLimits,
    stop: &CancellationToken,
) -> io::Result<()> {
    let door = Door {
        tls,
        framing,
        idle: limits.idle,
        places: Arc::new(Semaphore::new(limits.most_connections.min(Semaphore::MAX_PERMITS))),
        handshakes: Arc::new(Semaphore::new(MOST_HANDSHAKES)),
        desk: desk.clone(),
    };
    let guests = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            // a client that hung up before it was accepted is no reason to end, nor are file descriptors that ran out for a while
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let permits = if door.tls.is_some() { &door.handshakes } else { &door.places };
        let Ok(permit) = Arc::clone(permits).try_acquire_owned() else { continue };
        let (door, stop) = (door.clone(), stop.clone());
        guests.spawn(async move {
            // what breaks a client's connection is the client's to find out
            let _ = tokio::select! {
                () = stop.cancelled() => Ok(()),
                ended = door.welcome(stream, permit) => ended,
            };
        });
    }
    guests.close();
    guests.wait().await;
    Ok(())
}

impl Door {
    /// Serves one connection until it ends. The permit is that of a handshake where there is one, else that of a connection.
    async fn welcome(self, mut stream: TcpStream, permit: OwnedSemaphorePermit) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let Some(acceptor) = &self.tls else {
            let end = converse(&mut stream, &self.desk, self.way()).await?;
            drop(permit);
            return if end == End::Reset { stream.set_zero_linger() } else { stream.shutdown().await };
        };
        let mut stream = timeout(HANDSHAKE_TIME, acceptor.accept(stream)).await??;
        drop(permit);
        let Ok(_place) = self.places.try_acquire() else { return stream.shutdown().await };
        match converse(&mut stream, &self.desk, self.way()).await? {
            End::Reset => stream.get_ref().0.set_zero_linger(),
            End::Closed => stream.shutdown().await,
        }
    }

    fn way(&self) -> Way {
        let (framing, idle) = (self.framing, self.idle);
        Way { framing, silence: GATEWAY_SILENCE, idle, connected: Some(Instant::now()) }
    }
}
