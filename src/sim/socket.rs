//! Which devices of a site share a socket, and what is spoken there. Pure: nothing is opened here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::readout::SimDevice;
use crate::site::{Address, Site};

/// What is spoken on a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Speech {
    /// Modbus TCP.
    ModbusTcp,
    /// HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

/// A socket and the devices behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Socket {
    /// What is spoken there.
    pub speech: Speech,
    /// Host to listen on, without brackets.
    pub host: String,
    /// Port; 0: any.
    pub port: u16,
    /// The devices, in the order of the site.
    pub devices: Vec<SimDevice>,
}

/// Why a site's devices can't be put on sockets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SocketError {
    /// A device is not on a network, or speaks what is not simulated.
    #[error("{device}: {address} can't be simulated; simulated devices speak modbus+tcp, http and https")]
    Unsupported {
        /// The device.
        device: String,
        /// Its address.
        address: Address,
    },
    /// Two devices want the same socket with different protocols.
    #[error("{first} and {second} are on the same port and speak different protocols")]
    Mixed {
        /// One device.
        first: String,
        /// The other one.
        second: String,
    },
}

/// Returns the sockets that a site needs. A port of 0 is never shared.
pub(super) fn sockets(site: &Site) -> Result<Vec<Socket>, SocketError> {
    let mut sockets: Vec<Socket> = Vec::new();
    let mut known: BTreeMap<(String, u16), usize> = BTreeMap::new();
    for device in SimDevice::all(site) {
        let link = device.link(site);
        let name = || device.name(site).to_owned();
        let unsupported = || SocketError::Unsupported { device: name(), address: link.address.clone() };
        let speech = speech(&link.address).ok_or_else(unsupported)?;
        let (host, port) = link.address.host_port().ok_or_else(unsupported)?;
        let host = host.trim_matches(['[', ']']).to_owned();
        let at = known.get(&(host.clone(), port)).copied().filter(|_| port != 0);
        match at.map(|index| &mut sockets[index]) {
            Some(socket) if socket.speech == speech => socket.devices.push(device),
            Some(socket) => {
                return Err(SocketError::Mixed {
                    first: socket.devices[0].name(site).to_owned(),
                    second: name(),
                });
            }
            None => {
                known.insert((host.clone(), port), sockets.len());
                sockets.push(Socket { speech, host, port, devices: vec![device] });
            }
        }
    }
    Ok(sockets)
}

fn speech(address: &Address) -> Option<Speech> {
    match address {
        Address::ModbusTcp { .. } => Some(Speech::ModbusTcp),
        Address::Http { .. } => Some(Speech::Http),
        Address::Https { .. } => Some(Speech::Https),
        Address::ModbusRtuTcp { .. }
        | Address::ModbusTls { .. }
        | Address::ModbusRtu(_)
        | Address::ModbusAscii(_) => None,
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

/// Returns the hosts of all HTTPS devices by the file through which they are trusted.
pub(super) fn hosts_by_authority(site: &Site) -> BTreeMap<PathBuf, BTreeSet<String>> {
    let mut hosts: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    for device in SimDevice::all(site) {
        let link = device.link(site);
        if let (Address::Https { host, .. }, Some(ca)) = (&link.address, &link.ca) {
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
        let shared = sockets.iter().find(|socket| socket.port == 5031).unwrap();
        assert_eq!(shared.devices, [SimDevice::Charger(0), SimDevice::Charger(1)]);
        let cabinet = sockets.iter().find(|socket| socket.port == 8663).unwrap();
        assert_eq!((cabinet.host.as_str(), cabinet.speech), ("::1", Speech::Https));
    }

    #[test]
    fn what_cannot_be_simulated_is_named() {
        let mut site = garage();
        at(&mut site, SimDevice::Charger(0), "modbus+rtu:///dev/ttyUSB0", 0);
        assert!(matches!(sockets(&site), Err(SocketError::Unsupported { device, .. }) if device == "ev1"));
        at(&mut site, SimDevice::Charger(0), "http://127.0.0.1:1", 7000);
        at(&mut site, SimDevice::Charger(1), "modbus+tcp://127.0.0.1:1", 7000);
        let mixed = SocketError::Mixed { first: "ev1".into(), second: "ev2".into() };
        assert_eq!(sockets(&site), Err(mixed));
    }
}
