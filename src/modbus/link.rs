//! The way to a device: a TCP socket, TLS over one, or a serial port. Opens it and says whether it can still be trusted; what is said
//! on it is the client's matter.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::sockopt::set_tcp_user_timeout;
use rustix::net::{RecvFlags, recv};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Framing;
use super::serial::{LineSettings, SerialPort};
use crate::profile::SerialDefaults;
use crate::site::Address;

/// An open way.
#[derive(Debug)]
pub(super) enum Link {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Serial(SerialPort),
}

/// Returns how frames look there; nothing where Modbus is not spoken.
pub(super) fn framing(address: &Address) -> Option<Framing> {
    match address {
        Address::ModbusTcp { .. } | Address::ModbusTls { .. } => Some(Framing::Tcp),
        Address::ModbusRtu(_) | Address::ModbusRtuTcp { .. } => Some(Framing::Rtu),
        Address::ModbusAscii(_) => Some(Framing::Ascii),
        Address::Http { .. } | Address::Https { .. } => None,
    }
}

/// Returns the settings of a serial line; nothing where there is none.
pub(super) fn line_settings(address: &Address, defaults: Option<&SerialDefaults>) -> Option<LineSettings> {
    match address {
        Address::ModbusRtu(line) => Some(LineSettings::of(line, defaults, Framing::Rtu)),
        Address::ModbusAscii(line) => Some(LineSettings::of(line, defaults, Framing::Ascii)),
        _ => None,
    }
}

impl Link {
    /// Opens the way to an address; how long that may take is the caller's matter.
    pub(super) async fn open(
        address: &Address,
        line: Option<LineSettings>,
        tls: Option<&Arc<ClientConfig>>,
    ) -> io::Result<Link> {
        match (address, line) {
            (Address::ModbusRtu(path) | Address::ModbusAscii(path), Some(line)) => {
                let port = SerialPort::open(path, line)?;
                port.discard_input()?;
                Ok(Link::Serial(port))
            }
            (Address::ModbusTls { host, port }, _) => {
                let tls = tls.ok_or_else(|| {
                    io::Error::new(
                        io::ErrorKind::InvalidInput,
                        "TLS needs to know which certificate to trust",
                    )
                })?;
                let host = bare(host);
                let name = ServerName::try_from(host.to_owned())
                    .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
                let stream = tcp(host, *port).await?;
                let stream = TlsConnector::from(Arc::clone(tls)).connect(name, stream).await?;
                Ok(Link::Tls(Box::new(stream)))
            }
            (address, _) => {
                let (host, port) = address.host_port().ok_or(io::ErrorKind::InvalidInput)?;
                tcp(bare(host), port).await.map(Link::Tcp)
            }
        }
    }

    /// Lets the system throw away what the other side has not taken within this time, and the connection with it. So nothing arrives long
    /// after it was sent, not even when the cable is plugged in again, and also when this process is stopped or gone (RFC 5482).
    pub(super) fn give_up_after(&self, time: Duration) {
        let stream = match self {
            Link::Tcp(stream) => stream,
            Link::Tls(stream) => stream.get_ref().0,
            Link::Serial(_) => return,
        };
        let time_ms = u32::try_from(time.as_millis()).unwrap_or(u32::MAX).max(1);
        // a system without it only gives up later
        let _ = set_tcp_user_timeout(stream, time_ms);
    }

    /// Sends bytes.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Link::Tcp(stream) => stream.write_all(bytes).await,
            Link::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
            Link::Serial(port) => port.write_all(bytes).await,
        }
    }

    /// Takes in what has come, or waits until something does; 0 when the other side has closed.
    pub(super) async fn take_in(&mut self, input: &mut Vec<u8>) -> io::Result<usize> {
        match self {
            Link::Tcp(stream) => stream.read_buf(input).await,
            Link::Tls(stream) => stream.read_buf(input).await,
            Link::Serial(port) => port.read_buf(input).await,
        }
    }

    /// Says whether the way is open and nothing unasked has come on it: many devices close a connection that was idle, and what was
    /// said unasked answers nothing. On a serial line such bytes are noise, and are thrown away.
    pub(super) async fn is_fit(&mut self) -> bool {
        match self {
            // asks the kernel, since the runtime may not have looked since
            Link::Tcp(stream) => peek(stream) == Err(Errno::AGAIN),
            Link::Tls(stream) => match peek(stream.get_ref().0) {
                Err(Errno::AGAIN) => true,
                // TLS has words of its own: only it knows whether these are data, or the end
                Ok(1..) => stream.get_ref().0.readable().await.is_ok() && is_pending(&mut **stream).await,
                _ => false,
            },
            Link::Serial(port) => port.discard_input().is_ok(),
        }
    }
}

async fn tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((host, port)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

fn peek(stream: &TcpStream) -> Result<usize, Errno> {
    recv(stream, &mut [0_u8; 1], RecvFlags::PEEK | RecvFlags::DONTWAIT).map(|(read, _)| read)
}

/// Says whether reading would have to wait.
async fn is_pending(stream: &mut (impl AsyncRead + Unpin)) -> bool {
    let mut byte = [0_u8; 1];
    tokio::select! {
        biased;
        _ = stream.read(&mut byte) => false,
        () = std::future::ready(()) => true,
    }
}
