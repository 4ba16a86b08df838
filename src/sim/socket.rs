//! Which devices of a site share a socket or a serial line, and what is spoken there. Pure: nothing is opened here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::readout::SimDevice;
use crate::modbus::Framing;
use crate::site::{Address, SerialLine, Site};

/// What is spoken on a socket or a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Speech {
    /// Modbus TCP.
    ModbusTcp,
    /// Modbus RTU frames over TCP.
    ModbusRtuTcp,
    /// Modbus TCP inside TLS.
    ModbusTls,
    /// Modbus RTU on a serial line.
    ModbusRtu,
    /// Modbus ASCII on a serial line.
    ModbusAscii,
    /// HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Speech {
    /// Returns how frames look, on a serial line RTU or ASCII.
    pub fn framing(self) -> Framing {
        match self {
            Speech::ModbusRtu | Speech::ModbusRtuTcp => Framing::Rtu,
            Speech::ModbusAscii => Framing::Ascii,
            _ => Framing::Tcp,
        }
    }
}

/// Where a socket or a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// On a network.
    Network {
        /// Host to listen on, without brackets.
        host: String,
        /// Port; 0: any.
        port: u16,
    },
    /// A serial port, or where a pseudo-terminal is found.
    Line(SerialLine),
}

/// A socket or a serial line, and the devices behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Socket {
    /// What is spoken there.
    pub speech: Speech,
    /// Where it is.
    pub place: Place,
    /// The devices, in the order of the site.
    pub devices: Vec<SimDevice>,
}

/// Why a site's devices can't be put on sockets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SocketError {
    /// Two devices want the same socket or line with different protocols.
    #[error("{first} and {second} are on the same port and speak different protocols")]
    Mixed {
        /// One device.
        first: String,
        /// The other one.
        second: String,
    },
}

/// Returns the sockets and lines that a site needs. A port of 0 is never shared.
pub(super) fn sockets(site: &Site) -> Result<Vec<Socket>, SocketError> {
    let mut sockets: Vec<Socket> = Vec::new();
    let mut known: BTreeMap<(String, u16), usize> = BTreeMap::new();
    for device in SimDevice::all(site) {
        let link = device.link(site);
        let (speech, place) = speech(&link.address);
        let key = match &place {
            Place::Network { port: 0, .. } => None,
            Place::Network { host, port } => Some((host.clone(), *port)),
            Place::Line(line) => Some((line.path.clone(), 0)),
        };
        let at = key.as_ref().and_then(|key| known.get(key)).copied();
        match at.map(|index| &mut sockets[index]) {
            Some(socket) if socket.speech == speech => socket.devices.push(device),
            Some(socket) => {
                return Err(SocketError::Mixed {
                    first: socket.devices[0].name(site).to_owned(),
                    second: device.name(site).to_owned(),
                });
            }
            None => {
                known.extend(key.map(|key| (key, sockets.len())));
                sockets.push(Socket { speech, place, devices: vec![device] });
            }
        }
    }
    Ok(sockets)
}

fn speech(address: &Address) -> (Speech, Place) {
    let network = |host: &str, port| Place::Network { host: host.trim_matches(['[', ']']).to_owned(), port };
    match address {
        Address::ModbusTcp { host, port } => (Speech::ModbusTcp, network(host, *port)),
        Address::ModbusRtuTcp { host, port } => (Speech::ModbusRtuTcp, network(host, *port)),
        Address::ModbusTls { host, port } => (Speech::ModbusTls, network(host, *port)),
        Address::Http { host, port, .. } => (Speech::Http, network(host, *port)),
        Address::Https { host, port, .. } => (Speech::Https, network(host, *port)),
        Address::ModbusRtu(line) => (Speech::ModbusRtu, Place::Line(line.clone())),
        Address::ModbusAscii(line) => (Speech::ModbusAscii, Place::Line(line.clone())),
    }
}

/// Returns an address with another port.
pub(super) fn with_port(address: &Address, new: u16) -> Address {
    let mut changed = address.clone();
    match &mut changed {
        Address::ModbusTcp { port, .. }
        | Address::ModbusRtuTcp { port, .. }
        | Address::ModbusTls { port, .. }
        | Address::Http { port, .. }
        | Address::Https { port, .. } => *port = new,
        Address::ModbusRtu(_) | Address::ModbusAscii(_) => {}
    }
    changed
}

/// Returns an address with another path of its serial port.
pub(super) fn with_path(address: &Address, new: &str) -> Address {
    let mut changed = address.clone();
    if let Address::ModbusRtu(line) | Address::ModbusAscii(line) = &mut changed {
        new.clone_into(&mut line.path);
    }
    changed
}

/// Returns the hosts of all devices over TLS by the file through which they are trusted.
pub(super) fn hosts_by_authority(site: &Site) -> BTreeMap<PathBuf, BTreeSet<String>> {
    let mut hosts: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    for device in SimDevice::all(site) {
        let link = device.link(site);
        if let (Address::Https { host, .. } | Address::ModbusTls { host, .. }, Some(ca)) =
            (&link.address, &link.ca)
        {
            hosts.entry(ca.clone()).or_default().insert(host.clone());
        }
    }
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::model_test::garage;

    fn at(site: &mut Site, device: SimDevice, address: &str, port: u16) {
        device.link_mut(site).address = with_port(&address.parse().unwrap(), port);
    }

    #[test]
    fn devices_with_one_address_share_a_socket_and_port_0_is_never_shared() {
        let mut site = garage();
        at(&mut site, SimDevice::Charger(0), "modbus+tcp://127.0.0.1:1", 5031);
        at(&mut site, SimDevice::Charger(1), "modbus+tcp://127.0.0.1:1", 5031);
        at(&mut site, SimDevice::Cabinet(0), "https://[::1]:1/cab", 8663);
        let sockets = sockets(&site).unwrap();
        assert_eq!(sockets.len(), SimDevice::all(&site).len() - 1);
        let network = |host: &str, port| Place::Network { host: host.into(), port };
        let shared = sockets.iter().find(|one| one.place == network("127.0.0.1", 5031)).unwrap();
        assert_eq!(shared.devices, [SimDevice::Charger(0), SimDevice::Charger(1)]);
        let cabinet = sockets.iter().find(|one| one.place == network("::1", 8663)).unwrap();
        assert_eq!(cabinet.speech, Speech::Https);
    }

    #[test]
    fn devices_on_one_serial_line_share_it_and_speak_alike() {
        let mut site = garage();
        for (index, address) in [(0, "modbus+rtu:///dev/ttyUSB0?baud=9600"), (1, "modbus+rtu:///dev/ttyUSB0")]
        {
            SimDevice::Charger(index).link_mut(&mut site).address = address.parse().unwrap();
        }
        let shared = sockets(&site).unwrap().into_iter().find(|one| one.speech == Speech::ModbusRtu).unwrap();
        assert_eq!(shared.devices, [SimDevice::Charger(0), SimDevice::Charger(1)]);
        SimDevice::Charger(1).link_mut(&mut site).address = "modbus+ascii:///dev/ttyUSB0".parse().unwrap();
        let mixed = SocketError::Mixed { first: "ev1".into(), second: "ev2".into() };
        assert_eq!(sockets(&site), Err(mixed));
    }

    #[test]
    fn two_protocols_on_one_port_are_told() {
        let mut site = garage();
        at(&mut site, SimDevice::Charger(0), "http://127.0.0.1:1", 7000);
        at(&mut site, SimDevice::Charger(1), "modbus+tcp://127.0.0.1:1", 7000);
        let mixed = SocketError::Mixed { first: "ev1".into(), second: "ev2".into() };
        assert_eq!(sockets(&site), Err(mixed));
    }
}
