//! Devices: their profiles, and that their addresses and settings suit these.

use super::buses::{Buses, Newcomer};
use super::{Check, phases_are_right};
use crate::document::Step;
use crate::site::facts::{DeviceFacts, Role};
use crate::site::file::{BreakerEntry, CabinetEntry, DeviceEntry, EndpointEntry, MeterEntry, SolarEntry};
use crate::site::model::{Breaker, Cabinet, CircuitId, DeviceLink, Endpoint, Meter, Solar};
use crate::site::{Address, Amps, Grid, Period};

/// A rule that opens a breaker waits so long when the file does not say.
const OPENS_AFTER: Period = Period::from_secs(10);

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
    let connector = connector(check, subject, entry, facts.as_ref());
    buses.place(check, subject, &Newcomer { entry, unit, connector, facts: facts.as_ref() });
    let identity = entry.tls.as_ref().and_then(|tls| tls.cert.as_deref().zip(tls.key.as_deref()));
    let link = DeviceLink {
        profile: entry.profile.clone(),
        address: entry.address.clone(),
        unit: unit.unwrap_or(0),
        connector: connector.unwrap_or(1),
        timeout: entry.timeout,
        ca: entry.tls.as_ref().map(|tls| check.path(&tls.ca)),
        identity: identity.map(|(cert, key)| (check.path(cert), check.path(key))),
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

/// Returns the connector, for stations that have several; checks that it is there.
fn connector(
    check: &mut Check<'_>,
    subject: &Subject<'_>,
    entry: &DeviceEntry,
    facts: Option<&DeviceFacts>,
) -> Option<u16> {
    let facts = facts?;
    let span = check.at(&subject.at("connector"));
    if let Some(connector) = entry.connector.filter(|connector| *connector > facts.connectors) {
        let has = if facts.connectors == 1 {
            "one connector".to_owned()
        } else {
            format!("{} connectors", facts.connectors)
        };
        let message =
            format!("there is no connector {connector}: a device of profile `{}` has {has}", entry.profile);
        check.error(span, "out-of-range", message, None);
        return None;
    }
    (facts.connectors > 1).then(|| entry.connector.unwrap_or(1))
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
    tls_fits(check, subject, entry);
    if entry.token_file.is_some() && entry.address.is_modbus() {
        let span = check.source.key_span(&subject.at("tokenFile"));
        check.warning(span, "no-use", "`tokenFile` has no use: Modbus knows no tokens", None);
    } else if entry.token_file.is_some() && !has_tls {
        let span = check.source.key_span(&subject.at("tokenFile"));
        let hint = Some("use https://".into());
        check.warning(span, "token-in-clear", "the token goes over the network in clear text", hint);
    }
}

/// Checks that what is trusted is known, and that a certificate has its key.
fn tls_fits(check: &mut Check<'_>, subject: &Subject<'_>, entry: &DeviceEntry) {
    let is_modbus_tls = matches!(entry.address, Address::ModbusTls { .. });
    let Some(tls) = &entry.tls else {
        if is_modbus_tls {
            let message = "nothing says which certificate is trusted there";
            let hint =
                "write tls: {ca: FILE}, with the certificate authority or the device's own certificate";
            check.error(check.at(&subject.at("address")), "missing-key", message, Some(hint.into()));
        }
        return;
    };
    let written = match (&tls.cert, &tls.key) {
        (Some(_), Some(_)) if !matches!(entry.address, Address::Https { .. }) => return,
        (Some(_), Some(_)) => {
            let span = check.source.key_span(&[&subject.at("tls")[..], &["cert".into()]].concat());
            let message = "`cert` and `key` have no use: only modbus+tls:// shows who we are";
            check.warning(span, "no-use", message, None);
            return;
        }
        (Some(_), None) => "cert",
        (None, Some(_)) => "key",
        (None, None) => return,
    };
    let missing = if written == "cert" { "key" } else { "cert" };
    let span = check.source.key_span(&[&subject.at("tls")[..], &[written.into()]].concat());
    check.error(span, "missing-key", format!("`{written}` needs `{missing}` beside it"), None);
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
        let (device, facts) = link(check, buses, &subject, &entry.device);
        if entry.remote && facts.is_some_and(|facts| !facts.switchable) {
            let message = format!("the profile `{}` does not say how a breaker is opened", device.profile);
            let hint = "its section `breaker` needs `switch`".to_owned();
            check.error(check.at(&subject.at("remote")), "not-switchable", message, Some(hint));
        }
        open_rule(check, &subject, &entry);
        let opens_after = entry.open_on.map(|_| entry.after.unwrap_or(OPENS_AFTER));
        Breaker { name: entry.name, circuit, remote: entry.remote, opens_after, device }
    })
}

/// Checks that a rule has all that it needs.
fn open_rule(check: &mut Check<'_>, subject: &Subject<'_>, entry: &BreakerEntry) {
    if entry.open_on.is_some() {
        let at = check.at(&subject.at("openOn"));
        if !entry.remote {
            let message = format!("`{}` can't be opened by a rule: it is not `remote`", entry.name);
            check.error(at, "missing-key", message, Some("say `remote: true`".into()));
        }
        if entry.circuit.is_none() {
            let message = format!("`{}` can't be opened by a rule: it names no `circuit`", entry.name);
            check.error(at, "missing-key", message, None);
        }
    } else if entry.after.is_some() {
        let at = check.at(&subject.at("after"));
        check.warning(at, "no-use", "`after` has no meaning without `openOn`", None);
    }
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
