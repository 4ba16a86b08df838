//! Opens what devices listen on: network ports, serial ports, pseudo-terminals where a serial port is missing. Nothing is served here.

use std::path::{Path, PathBuf};

use tokio::net::TcpListener;

use super::readout::SimDevice;
use super::running::{SimError, SimOptions, profile_of};
use super::socket::{Place, Socket, Speech, with_path, with_port};
use crate::fsio;
use crate::modbus::{LineSettings, SerialPort};
use crate::profile::{Catalogue, SerialDefaults};
use crate::site::{Address, SerialLine, Site};

/// What has been opened.
pub(super) enum Opened {
    /// A network port.
    Network(TcpListener),
    /// A serial line.
    Line(SerialPort, LineSettings),
}

/// A link to a pseudo-terminal, under the name of a serial port that is not there; goes when it is dropped.
#[derive(Debug)]
pub(super) struct LinkToTerminal {
    path: PathBuf,
    terminal: PathBuf,
}

impl Drop for LinkToTerminal {
    fn drop(&mut self) {
        fsio::remove_link(&self.path, &self.terminal);
    }
}

/// Opens one place, and changes the addresses of its devices to those under which they are reached.
pub(super) async fn open(
    site: &Site,
    catalogue: &Catalogue,
    socket: &Socket,
    options: &SimOptions,
    (served, links): (&mut Site, &mut Vec<LinkToTerminal>),
) -> Result<Opened, SimError> {
    let mut readdress = |change: &dyn Fn(&Address) -> Address| {
        for &device in &socket.devices {
            let link = device.link_mut(served);
            link.address = change(&link.address);
        }
    };
    match &socket.place {
        Place::Network { host, port } => {
            let port = if options.any_port { 0 } else { *port };
            let listener = TcpListener::bind((host.as_str(), port)).await.map_err(|source| {
                SimError::Bind { device: first(site, socket), host: host.clone(), port, source }
            })?;
            let port = listener.local_addr().map_or(port, |address| address.port());
            readdress(&|address| with_port(address, port));
            Ok(Opened::Network(listener))
        }
        Place::Line(line) => {
            let defaults = serial_defaults(site, catalogue, socket.devices[0])?;
            let settings = LineSettings::of(line, defaults.as_ref(), socket.speech.framing());
            let port = open_line(line, settings, options.any_port, links, &mut |terminal| {
                readdress(&|address| with_path(address, terminal));
            });
            let port = port.map_err(|source| SimError::Line {
                device: first(site, socket),
                path: line.path.clone(),
                source,
            })?;
            Ok(Opened::Line(port, settings))
        }
    }
}

fn first(site: &Site, socket: &Socket) -> String {
    socket.devices[0].name(site).to_owned()
}

fn serial_defaults(
    site: &Site,
    catalogue: &Catalogue,
    device: SimDevice,
) -> Result<Option<SerialDefaults>, SimError> {
    Ok(profile_of(site, catalogue, device)?.modbus.as_ref().and_then(|modbus| modbus.serial))
}

/// Opens a serial port, or makes a pseudo-terminal: where any will do, and where nothing has the port's name, which then leads to it.
fn open_line(
    line: &SerialLine,
    settings: LineSettings,
    any: bool,
    links: &mut Vec<LinkToTerminal>,
    readdress: &mut dyn FnMut(&str),
) -> std::io::Result<SerialPort> {
    let path = Path::new(&line.path);
    if any {
        let (port, terminal) = SerialPort::pseudo_terminal()?;
        readdress(&terminal.to_string_lossy());
        return Ok(port);
    }
    if fsio::identity(path).is_some() {
        return SerialPort::open(line, settings);
    }
    let (port, terminal) = SerialPort::pseudo_terminal()?;
    fsio::make_link(path, &terminal).map_err(|error| error.source)?;
    links.push(LinkToTerminal { path: path.to_owned(), terminal });
    Ok(port)
}

impl Socket {
    /// Says whether Modbus is spoken there.
    pub(super) fn is_modbus(&self) -> bool {
        !matches!(self.speech, Speech::Http | Speech::Https)
    }
}
