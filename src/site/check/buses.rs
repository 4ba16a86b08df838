//! Buses: that no two devices are the same one, and that those which share a connection or a line agree on it.

use std::collections::HashMap;

use super::Check;
use super::devices::Subject;
use crate::document::Span;
use crate::site::facts::{DeviceFacts, LineFacts, Role};
use crate::site::file::{DeviceEntry, DeviceTlsEntry};
use crate::site::{Address, Parity, Rs485, SerialLine};

/// What is known of the addresses so far.
#[derive(Debug, Default)]
pub(super) struct Buses {
    /// Who is at a bus and unit (Modbus), or at an address in a role (HTTP).
    taken: HashMap<(String, u8, Option<Role>), Vec<Occupant>>,
    /// How a network address is spoken to, and by whom.
    schemes: HashMap<(String, u16), (&'static str, String)>,
    /// What is trusted where one connection is shared, and by whom.
    trusted: HashMap<String, (Option<DeviceTlsEntry>, String)>,
    /// How a serial port is set up, and by whom.
    lines: HashMap<String, (&'static str, LineSettings, String)>,
}

/// A device that has a place already.
#[derive(Debug)]
struct Occupant {
    who: String,
    profile: String,
    /// Its connector, where the station has several.
    connector: Option<u16>,
}

/// A device that wants a place.
pub(super) struct Newcomer<'a> {
    pub(super) entry: &'a DeviceEntry,
    pub(super) unit: Option<u8>,
    /// Its connector, where the station has several.
    pub(super) connector: Option<u16>,
    pub(super) facts: Option<&'a DeviceFacts>,
}

/// How a serial port is set up, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq)]
struct LineSettings {
    baud: Option<u32>,
    parity: Option<Parity>,
    stop_bits: Option<u8>,
    data_bits: Option<u8>,
    rs485: Option<Rs485>,
}

impl LineSettings {
    /// What an address leaves out comes from the profile; without one it is not known.
    fn of(line: &SerialLine, facts: Option<&DeviceFacts>) -> LineSettings {
        let usual = facts.map(|facts| facts.line.unwrap_or_default());
        LineSettings {
            baud: line.baud.or(usual.map(|line| line.baud)),
            parity: line.parity.or(usual.map(|line| line.parity)),
            stop_bits: line.stop_bits.or(usual.map(|line| line.stop_bits)),
            data_bits: line.data_bits.or(usual.and_then(|line: LineFacts| line.data_bits)),
            rs485: line.rs485,
        }
    }

    /// Returns the keys of an address in which they differ.
    fn differences(&self, other: &LineSettings) -> Vec<&'static str> {
        let differs = [
            ("baud", differs(self.baud, other.baud)),
            ("parity", differs(self.parity, other.parity)),
            ("stop", differs(self.stop_bits, other.stop_bits)),
            ("data", differs(self.data_bits, other.data_bits)),
            ("rs485", self.rs485 != other.rs485),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key).collect()
    }
}

/// What is not known is no contradiction.
fn differs<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
    one.is_some() && other.is_some() && one != other
}

fn scheme(address: &Address) -> &'static str {
    match address {
        Address::ModbusTcp { .. } => "modbus+tcp",
        Address::ModbusRtuTcp { .. } => "modbus+rtu-tcp",
        Address::ModbusTls { .. } => "modbus+tls",
        Address::ModbusRtu(_) => "modbus+rtu",
        Address::ModbusAscii(_) => "modbus+ascii",
        Address::Http { .. } => "http",
        Address::Https { .. } => "https",
    }
}

impl Buses {
    /// Gives a device its place, or reports who has it.
    pub(super) fn place(&mut self, check: &mut Check<'_>, subject: &Subject<'_>, newcomer: &Newcomer<'_>) {
        let address = &newcomer.entry.address;
        let who = format!("{} `{}`", subject.role.word(), subject.name);
        let span = check.at(&subject.at("address"));
        if let Some((host, port)) = address.host_port() {
            let place = (host.to_ascii_lowercase(), port);
            let (scheme_there, other) =
                self.schemes.entry(place).or_insert_with(|| (scheme(address), who.clone()));
            if *scheme_there != scheme(address) {
                let message = format!("{other} reaches {host}:{port} with {scheme_there}://");
                check.error(span, "bus-conflict", message, Some("one port speaks one protocol".into()));
                return;
            }
        }
        if let Address::ModbusRtu(line) | Address::ModbusAscii(line) = address {
            self.same_line(check, span, line, scheme(address), newcomer.facts, &who);
        }
        if matches!(address, Address::ModbusTls { .. }) {
            self.same_trust(check, subject, newcomer.entry, &who);
        }
        self.not_taken(check, span, subject.role, newcomer, who);
    }

    fn not_taken(
        &mut self,
        check: &mut Check<'_>,
        span: Span,
        role: Role,
        newcomer: &Newcomer<'_>,
        who: String,
    ) {
        let address = &newcomer.entry.address;
        let key = match (address.is_modbus(), newcomer.unit) {
            (true, Some(unit)) => (address.bus().to_ascii_lowercase(), unit, None),
            // a unit that is not known, since the profile is not: nothing can be said
            (true, None) => return,
            // one node may be, say, a breaker's sensor and an endpoint as well
            (false, _) => (address.bus().to_ascii_lowercase(), 0, Some(role)),
        };
        let Newcomer { connector, .. } = *newcomer;
        let profile = &newcomer.entry.profile;
        let beside = |other: &&Occupant| {
            connector.is_some()
                && other.connector.is_some()
                && other.connector != connector
                && other.profile == *profile
        };
        let there = self.taken.entry(key.clone()).or_default();
        if let Some(other) = there.iter().find(|other| !beside(other)) {
            let (where_, hint) = match (&key, connector) {
                ((_, unit, None), Some(connector)) if other.profile == *profile => (
                    format!("connector {connector} of unit {unit} of {}", address.bus()),
                    "write which connector of the station it is: `connector: 2`",
                ),
                ((_, unit, None), _) => {
                    (format!("unit {unit} of {}", address.bus()), "give each its own unit id or address")
                }
                _ => (address.to_string(), "give each its own address"),
            };
            let message = format!("{} is at {where_} already", other.who);
            check.error(span, "same-device", message, Some(hint.into()));
        } else {
            there.push(Occupant { who, profile: profile.clone(), connector });
        }
    }

    /// Devices on one serial port must agree on how it is set up.
    fn same_line(
        &mut self,
        check: &mut Check<'_>,
        span: Span,
        line: &SerialLine,
        scheme: &'static str,
        facts: Option<&DeviceFacts>,
        who: &str,
    ) {
        let settings = LineSettings::of(line, facts);
        let (scheme_there, there, other) =
            self.lines.entry(line.path.clone()).or_insert_with(|| (scheme, settings, who.to_owned()));
        if *scheme_there != scheme {
            let message = format!("{other} reaches {} with {scheme_there}://", line.path);
            check.error(span, "bus-conflict", message, Some("one line speaks one protocol".into()));
            return;
        }
        let differences = there.differences(&settings);
        if !differences.is_empty() {
            let message = format!("{other} sets {} up with another {}", line.path, differences.join(", "));
            let hint =
                "devices on one line share its settings; what an address leaves out comes from the profile";
            check.error(span, "bus-conflict", message, Some(hint.into()));
        }
    }

    /// Devices behind one connection must trust the same, and say that they are the same.
    fn same_trust(&mut self, check: &mut Check<'_>, subject: &Subject<'_>, entry: &DeviceEntry, who: &str) {
        let bus = entry.address.bus().to_ascii_lowercase();
        let (there, other) = self.trusted.entry(bus).or_insert_with(|| (entry.tls.clone(), who.to_owned()));
        if *there != entry.tls {
            let message = format!("{other} is behind the same connection and has another `tls`");
            let hint = "devices behind one connection share it";
            check.error(check.at(&subject.at("tls")), "bus-conflict", message, Some(hint.into()));
        }
    }
}
