//! Where `enmon modbus serve` listens: reads the address, keeps what is not protected on this machine, opens it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use tokio::net::{TcpListener, lookup_host};

use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::modbus::{Framing, LineSettings, Listener, SerialPort};
use crate::profile::SerialDefaults;
use crate::runtime::tls;
use crate::site::{Address, AddressError, SerialLine};

/// Flags about where to listen.
#[derive(Debug, Args)]
pub(super) struct ListenArgs {
    /// Where to listen: modbus+tcp, modbus+rtu-tcp or modbus+tls://HOST:PORT (port 0 is any), modbus+rtu or modbus+ascii://PORT, or
    /// modbus+rtu:pty or modbus+ascii:pty for a new pseudo-terminal
    #[arg(long, value_name = "ADDRESS", default_value = "modbus+tcp://127.0.0.1:5020")]
    pub(super) listen: ListenAt,
    /// With a pseudo-terminal: make a link to it under this name, and remove it at the end
    #[arg(long, value_name = "PATH")]
    pub(super) link: Option<PathBuf>,
    /// With modbus+tls: certificate chain, PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// With modbus+tls: private key, PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// With modbus+tls: let in only clients that this authority vouches for, PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    clients_ca: Option<PathBuf>,
    /// Let other machines in, though nothing tells who they are
    #[arg(long)]
    beyond_loopback: bool,
}

/// What `--listen` takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ListenAt {
    /// On a network or a serial port; `is_any_port`: the port is not meant.
    Place { address: Address, is_any_port: bool },
    /// On a pseudo-terminal that is made for it; the line has no path yet.
    Terminal { framing: Framing, line: SerialLine },
}

impl FromStr for ListenAt {
    type Err = AddressError;

    fn from_str(text: &str) -> std::result::Result<Self, AddressError> {
        for (word, scheme, framing) in [
            ("modbus+rtu:pty", "modbus+rtu", Framing::Rtu),
            ("modbus+ascii:pty", "modbus+ascii", Framing::Ascii),
        ] {
            let Some(settings) =
                text.strip_prefix(word).filter(|rest| rest.is_empty() || rest.starts_with('?'))
            else {
                continue;
            };
            // the settings are read as those of any port are
            if let Address::ModbusRtu(line) | Address::ModbusAscii(line) =
                format!("{scheme}:///pty{settings}").parse()?
            {
                return Ok(ListenAt::Terminal { framing, line });
            }
        }
        // no device is at port 0, so addresses do not know it
        match text.strip_suffix(":0").map(|place| format!("{place}:1").parse()) {
            Some(Ok(address)) => Ok(ListenAt::Place { address, is_any_port: true }),
            _ => Ok(ListenAt::Place { address: text.parse()?, is_any_port: false }),
        }
    }
}

/// An open way in.
pub(super) struct Entrance {
    pub(super) listener: Listener,
    /// Under which clients reach it.
    pub(super) address: Address,
    pub(super) framing: Framing,
    /// Goes when it is dropped.
    pub(super) link: Option<Link>,
}

/// A link to a pseudo-terminal.
pub(super) struct Link {
    pub(super) path: PathBuf,
    target: PathBuf,
}

impl Drop for Link {
    fn drop(&mut self) {
        fsio::remove_link(&self.path, &self.target);
    }
}

impl ListenArgs {
    /// Opens it; `defaults` are a serial line's settings where the address leaves them out.
    pub(super) async fn open(&self, defaults: Option<&SerialDefaults>) -> Result<Entrance> {
        if self.link.is_some() && !matches!(self.listen, ListenAt::Terminal { .. }) {
            return Err(usage("--link needs a pseudo-terminal: --listen modbus+rtu:pty or modbus+ascii:pty"));
        }
        let is_tls = matches!(self.listen, ListenAt::Place { address: Address::ModbusTls { .. }, .. });
        if is_tls != self.cert.is_some() {
            return Err(usage("modbus+tls needs --cert and --key, and only modbus+tls does"));
        }
        match &self.listen {
            ListenAt::Terminal { framing, line } => self.open_terminal(*framing, line, defaults),
            ListenAt::Place { address: address @ Address::ModbusRtu(line), .. } => {
                open_port(address, Framing::Rtu, line, defaults)
            }
            ListenAt::Place { address: address @ Address::ModbusAscii(line), .. } => {
                open_port(address, Framing::Ascii, line, defaults)
            }
            ListenAt::Place { address, is_any_port } => self.open_network(address, *is_any_port).await,
        }
    }

    fn open_terminal(
        &self,
        framing: Framing,
        line: &SerialLine,
        defaults: Option<&SerialDefaults>,
    ) -> Result<Entrance> {
        let settings = LineSettings::of(line, defaults, framing);
        let (port, path) = SerialPort::pseudo_terminal()
            .map_err(|error| Error::from_source(Kind::Failed, "no pseudo-terminal can be made", &error))?;
        let link = self.link.as_deref().map(|link| make_link(link, &path)).transpose()?;
        let line = SerialLine { path: path.to_string_lossy().into_owned(), ..line.clone() };
        let address = match framing {
            Framing::Ascii => Address::ModbusAscii(line),
            _ => Address::ModbusRtu(line),
        };
        Ok(Entrance { listener: Listener::Serial { port, framing, settings }, address, framing, link })
    }

    async fn open_network(&self, address: &Address, is_any_port: bool) -> Result<Entrance> {
        let not_modbus = || usage(format!("{address}: Modbus is not spoken there"));
        let (host, port) = address.host_port().filter(|_| address.is_modbus()).ok_or_else(not_modbus)?;
        let (host, port) = (host.trim_matches(['[', ']']), if is_any_port { 0 } else { port });
        let failed = |error: &std::io::Error| {
            Error::from_source(Kind::Failed, format!("{host}:{port} can't be listened on"), error)
                .hint("is something else there? port 0 takes a free one: --listen modbus+tcp://127.0.0.1:0")
        };
        let places: Vec<SocketAddr> =
            lookup_host((host, port)).await.map_err(|error| failed(&error))?.collect();
        let is_here = places.iter().all(|place| place.ip().is_loopback());
        if !is_here && !self.beyond_loopback && self.clients_ca.is_none() {
            return Err(usage(format!(
                "{host} can be reached from other machines, and nothing would tell who asks"
            ))
            .hint(
                "listen on 127.0.0.1, or on modbus+tls with --clients-ca; --beyond-loopback takes the risk",
            ));
        }
        let listener = TcpListener::bind(&places[..]).await.map_err(|error| failed(&error))?;
        let bound = listener.local_addr().map_err(|error| failed(&error))?.port();
        let mut address = address.clone();
        let (listener, framing) = match &mut address {
            Address::ModbusTls { port, .. } => {
                *port = bound;
                (Listener::Tls(listener, self.tls()?), Framing::Tcp)
            }
            Address::ModbusRtuTcp { port, .. } => {
                *port = bound;
                (Listener::RtuTcp(listener), Framing::Rtu)
            }
            Address::ModbusTcp { port, .. } => {
                *port = bound;
                (Listener::Tcp(listener), Framing::Tcp)
            }
            _ => return Err(usage("Modbus is not spoken there")),
        };
        Ok(Entrance { listener, address, framing, link: None })
    }

    fn tls(&self) -> Result<std::sync::Arc<rustls::ServerConfig>> {
        let (Some(cert), Some(key)) = (&self.cert, &self.key) else {
            return Err(usage("modbus+tls needs --cert and --key"));
        };
        tls::modbus_server_config(cert, key, self.clients_ca.as_deref())
            .map_err(|error| Error::from_source(Kind::Invalid, "TLS can't be set up", &error))
    }
}

fn open_port(
    address: &Address,
    framing: Framing,
    line: &SerialLine,
    defaults: Option<&SerialDefaults>,
) -> Result<Entrance> {
    let settings = LineSettings::of(line, defaults, framing);
    let port = SerialPort::open(line, settings).map_err(|error| {
        Error::from_source(Kind::Failed, format!("{} can't be opened", line.path), &error)
    })?;
    let (listener, address) = (Listener::Serial { port, framing, settings }, address.clone());
    Ok(Entrance { listener, address, framing, link: None })
}

fn make_link(path: &Path, target: &Path) -> Result<Link> {
    fsio::make_link(path, target)
        .map_err(|error| Error::from_source(Kind::Failed, "the link can't be made", &error))?;
    Ok(Link { path: path.to_owned(), target: target.to_owned() })
}

fn usage(message: impl Into<String>) -> Error {
    Error::new(Kind::Usage, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read() {
        for (text, expected) in [
            ("modbus+tcp://127.0.0.1:0", Some(true)),
            ("modbus+tcp://[::1]:0", Some(true)),
            ("modbus+tcp://127.0.0.1:5020", Some(false)),
            ("modbus+rtu:///dev/ttyUSB0?baud=9600", Some(false)),
            ("modbus+rtu:pty", None),
            ("modbus+ascii:pty?baud=9600&parity=none", None),
        ] {
            let any_port = match text.parse::<ListenAt>().unwrap() {
                ListenAt::Place { is_any_port, .. } => Some(is_any_port),
                ListenAt::Terminal { line, framing } => {
                    assert_eq!(line.baud, text.contains('?').then_some(9600));
                    assert_eq!(framing == Framing::Ascii, text.contains("ascii"));
                    None
                }
            };
            assert_eq!(any_port, expected, "{text}");
        }
        for text in
            ["modbus+rtu:ptys", "modbus+rtu:pty?baud=x", "127.0.0.1:0", "modbus+tcp://127.0.0.1:70000"]
        {
            assert!(text.parse::<ListenAt>().is_err(), "{text}");
        }
    }
}
