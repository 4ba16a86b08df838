//! Devices: their profiles, their addresses, and that no two of them are the same one.

use std::collections::HashMap;

use super::{Check, phases_are_right};
use crate::site::document::{Span, Step};
use crate::site::facts::{DeviceFacts, Role};
use crate::site::file::{BreakerEntry, CabinetEntry, DeviceEntry, EndpointEntry, MeterEntry, SolarEntry};
use crate::site::model::{Breaker, Cabinet, CircuitId, DeviceLink, Endpoint, Meter, Solar};
use crate::site::{Address, Amps, Grid, Period, SerialLine};

/// What is known of the addresses so far.
#[derive(Debug, Default)]
pub(super) struct Buses {
    /// Who is at a bus and unit (Modbus), or at an address in a role (HTTP).
    taken: HashMap<(String, u8, Option<Role>), String>,
    /// How a network address is spoken to, and by whom.
    schemes: HashMap<(String, u16), (&'static str, String)>,
    /// How a serial port is set up, and by whom.
    lines: HashMap<String, (&'static str, SerialLine, String)>,
}

/// A device's entry, with what findings need to speak of it.
pub(super) struct Subject<'a> {
    pub(super) list: &'static str,
    pub(super) index: usize,
    pub(super) role: Role,
    pub(super) name: &'a str,
}

impl Subject<'_> {
    pub(super) fn at(&self, key: &'static str) -> [Step<'static>; 3] {
        [Step::Key(self.list), Step::At(self.index), Step::Key(key)]
    }
}

/// Checks where and what a device is.
pub(super) fn link(
    check: &mut Check<'_>,
    buses: &mut Buses,
    subject: &Subject<'_>,
    entry: &DeviceEntry,
) -> (DeviceLink, Option<DeviceFacts>) {
    let facts = check.facts_of(&entry.profile).filter(|facts| facts.roles.contains(&subject.role));
    let mut unit = entry.unit;
    if entry.address.is_modbus() {
        unit = unit.or(facts.as_ref().map(|facts| facts.unit));
    } else if unit.is_some() {
        let span = check.at(&subject.at("unit"));
        check.warning(span, "no-use", "a unit id has no meaning for a device that is read over HTTP", None);
        unit = None;
    }
    if let Some(facts) = &facts {
        protocol_fits(check, subject, entry, facts);
    }
    transport_fits(check, subject, entry, unit);
    not_taken(check, buses, subject, &entry.address, unit);
    let link = DeviceLink {
        profile: entry.profile.clone(),
        address: entry.address.clone(),
        unit: unit.unwrap_or(0),
        timeout: entry.timeout,
        ca: entry.tls.as_ref().map(|tls| check.path(&tls.ca)),
        token_file: entry.token_file.as_deref().map(|path| check.path(path)),
    };
    (link, facts)
}

fn protocol_fits(check: &mut Check<'_>, subject: &Subject<'_>, entry: &DeviceEntry, facts: &DeviceFacts) {
    let (is, needs) = match (entry.address.is_modbus(), facts.modbus) {
        (true, false) => ("Modbus", "https:// or http://"),
        (false, true) => ("HTTP", "modbus+tcp:// or another modbus+… address"),
        _ => return,
    };
    let message = format!("the profile `{}` is not read over {is}", entry.profile);
    let span = check.at(&subject.at("address"));
    check.error(span, "wrong-protocol", message, Some(format!("it needs {needs}")));
}

fn transport_fits(check: &mut Check<'_>, subject: &Subject<'_>, entry: &DeviceEntry, unit: Option<u8>) {
    let is_serial = matches!(entry.address, Address::ModbusRtu(_) | Address::ModbusAscii(_));
    if is_serial && unit == Some(0) {
        let span = check.source.span(&subject.at("unit"));
        let message = "unit 0 is the broadcast on a serial line, and no device answers it";
        check.error(span, "out-of-range", message, None);
    }
    if entry.timeout == Some(Period::from_millis(0)) {
        let span = check.at(&subject.at("timeout"));
        check.error(span, "out-of-range", "a time-out of 0 lets no request succeed", None);
    }
    let has_tls = matches!(entry.address, Address::Https { .. } | Address::ModbusTls { .. });
    if entry.tls.is_some() && !has_tls {
        let span = check.source.key_span(&subject.at("tls"));
        let message = "`tls` has no use: this address is not reached over TLS";
        check.warning(span, "no-use", message, Some("use https:// or modbus+tls://".into()));
    }
    if entry.token_file.is_some() && entry.address.is_modbus() {
        let span = check.source.key_span(&subject.at("tokenFile"));
        check.warning(span, "no-use", "`tokenFile` has no use: Modbus knows no tokens", None);
    } else if entry.token_file.is_some() && !has_tls {
        let span = check.source.key_span(&subject.at("tokenFile"));
        let hint = Some("use https://".into());
        check.warning(span, "token-in-clear", "the token goes over the network in clear text", hint);
    }
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

fn not_taken(
    check: &mut Check<'_>,
    buses: &mut Buses,
    subject: &Subject<'_>,
    address: &Address,
    unit: Option<u8>,
) {
    let who = format!("{} `{}`", subject.role.word(), subject.name);
    let span = check.at(&subject.at("address"));
    if let Some((host, port)) = address.host_port() {
        let place = (host.to_ascii_lowercase(), port);
        let (scheme_there, other) =
            buses.schemes.entry(place).or_insert_with(|| (scheme(address), who.clone()));
        if *scheme_there != scheme(address) {
            let message = format!("{other} reaches {host}:{port} with {scheme_there}://");
            check.error(span, "bus-conflict", message, Some("one port speaks one protocol".into()));
            return;
        }
    }
    if let Address::ModbusRtu(line) | Address::ModbusAscii(line) = address {
        same_line(check, buses, span, line, scheme(address), &who);
    }
    let key = match (address.is_modbus(), unit) {
        (true, Some(unit)) => (address.bus().to_ascii_lowercase(), unit, None),
        // a unit that is not known, since the profile is not: nothing can be said
        (true, None) => return,
        // one node may be, say, a breaker's sensor and an endpoint as well
        (false, _) => (address.bus().to_ascii_lowercase(), 0, Some(subject.role)),
    };
    if let Some(other) = buses.taken.get(&key) {
        let (where_, hint) = match key {
            (_, unit, None) => {
                (format!("unit {unit} of {}", address.bus()), "give each its own unit id or address")
            }
            _ => (address.to_string(), "give each its own address"),
        };
        check.error(span, "same-device", format!("{other} is at {where_} already"), Some(hint.into()));
    } else {
        buses.taken.insert(key, who);
    }
}

/// Devices on one serial port must agree on how it is set up.
fn same_line(
    check: &mut Check<'_>,
    buses: &mut Buses,
    span: Span,
    line: &SerialLine,
    scheme: &'static str,
    who: &str,
) {
    let (scheme_there, there, other) =
        buses.lines.entry(line.path.clone()).or_insert_with(|| (scheme, line.clone(), who.to_owned()));
    let differ = differs(there.baud, line.baud)
        || differs(there.parity, line.parity)
        || differs(there.stop_bits, line.stop_bits);
    if *scheme_there != scheme || differ {
        let message = format!("{other} sets {} up differently", line.path);
        check.error(span, "bus-conflict", message, Some("devices on one line share its settings".into()));
    }
}

/// What an address leaves out comes from the profile, and is no contradiction.
fn differs<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
    one.is_some() && other.is_some() && one != other
}

/// Checks the meters.
pub(super) fn meters(
    check: &mut Check<'_>,
    buses: &mut Buses,
    entries: Vec<Option<MeterEntry>>,
    grid: Grid,
) -> Vec<Option<Meter>> {
    each(entries, |index, entry: MeterEntry| {
        let subject = Subject { list: "meters", index, role: Role::Meter, name: &entry.name };
        let phases = entry.phases.clone().unwrap_or_else(|| grid.phases().to_vec());
        phases_are_right(check, &phases, grid, &subject.at("phases"));
        let (device, _) = link(check, buses, &subject, &entry.device);
        Meter { name: entry.name, phases, device }
    })
}

/// Checks the breakers.
pub(super) fn breakers(
    check: &mut Check<'_>,
    buses: &mut Buses,
    entries: Vec<Option<BreakerEntry>>,
) -> Vec<Option<Breaker>> {
    each(entries, |index, entry: BreakerEntry| {
        let subject = Subject { list: "breakers", index, role: Role::Breaker, name: &entry.name };
        let circuit = circuit_of(check, entry.circuit.as_deref());
        let (device, _) = link(check, buses, &subject, &entry.device);
        Breaker { name: entry.name, circuit, device }
    })
}

/// Checks the cabinets.
pub(super) fn cabinets(
    check: &mut Check<'_>,
    buses: &mut Buses,
    entries: Vec<Option<CabinetEntry>>,
) -> Vec<Option<Cabinet>> {
    each(entries, |index, entry: CabinetEntry| {
        let subject = Subject { list: "cabinets", index, role: Role::Cabinet, name: &entry.name };
        let (device, _) = link(check, buses, &subject, &entry.device);
        Cabinet { name: entry.name, max_temperature: entry.max_temperature, device }
    })
}

/// Checks the solar inputs.
pub(super) fn solar(
    check: &mut Check<'_>,
    buses: &mut Buses,
    entries: Vec<Option<SolarEntry>>,
) -> Vec<Option<Solar>> {
    each(entries, |index, entry: SolarEntry| {
        let subject = Subject { list: "solar", index, role: Role::Solar, name: &entry.name };
        let circuit = circuit_of(check, entry.circuit.as_deref());
        let (device, _) = link(check, buses, &subject, &entry.device);
        Solar { name: entry.name, circuit, peak: entry.peak.map(Amps), device }
    })
}

/// Checks the ESP nodes.
pub(super) fn endpoints(
    check: &mut Check<'_>,
    buses: &mut Buses,
    entries: Vec<Option<EndpointEntry>>,
) -> Vec<Option<Endpoint>> {
    each(entries, |index, entry: EndpointEntry| {
        let subject = Subject { list: "endpoints", index, role: Role::Endpoint, name: &entry.name };
        for label in entry.labels.keys().filter(|label| !is_label(label)) {
            let path = [Step::Key("endpoints"), Step::At(index), Step::Key("labels"), Step::Key(label)];
            let message = format!("`{label}` can't be the name of a label");
            let hint = "use letters, digits and `_`, and no digit first";
            check.error(check.source.key_span(&path), "wrong-form", message, Some(hint.into()));
        }
        let (device, _) = link(check, buses, &subject, &entry.device);
        Endpoint { name: entry.name, labels: entry.labels, device }
    })
}

/// Label names as Prometheus takes them; those that begin with `__` are its own.
fn is_label(label: &str) -> bool {
    label.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !label.starts_with("__")
}

fn circuit_of(check: &Check<'_>, name: Option<&str>) -> Option<CircuitId> {
    check.resolve("circuits", name?).map(CircuitId)
}

/// Goes through the entries that can be used, and keeps the positions of the others.
pub(super) fn each<E, T>(entries: Vec<Option<E>>, mut build: impl FnMut(usize, E) -> T) -> Vec<Option<T>> {
    entries.into_iter().enumerate().map(|(index, entry)| entry.map(|entry| build(index, entry))).collect()
}
