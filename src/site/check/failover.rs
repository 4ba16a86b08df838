//! The name that moves between places: that each check and the mover have what they need, and that places can be told apart.

use std::collections::HashMap;
use std::net::IpAddr;

use super::Check;
use crate::document::Step;
use crate::site::Period;
use crate::site::failover::{
    FailoverEntry, HealthCheckEntry, HealthCheckKind, MoverEntry, MoverKind, PlaceEntry,
};

/// The shortest time between two rounds.
const SHORTEST_ROUND: Period = Period::from_millis(100);

/// Says whether a text is `host:port`; IPv6 addresses stand in brackets.
fn is_host_and_port(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let is_host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => host.parse::<std::net::Ipv4Addr>().is_ok() || is_host_name(host),
    };
    is_host && port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Says whether a text is a host name (RFC 1123, 2.1), with or without the root's dot; an underscore is let through, as name servers do.
fn is_host_name(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let ends_in_number =
        text.rsplit('.').next().is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
    text.len() <= 253 && text.split('.').all(is_label) && !ends_in_number
}

fn is_below(name: &str, zone: &str) -> bool {
    let plain = |text: &str| text.trim_end_matches('.').to_ascii_lowercase();
    let (name, zone) = (plain(name), plain(zone));
    name == zone || name.strip_suffix(&zone).is_some_and(|rest| rest.ends_with('.'))
}

/// Checks the name that moves.
pub(super) fn failover(check: &mut Check<'_>, entry: &FailoverEntry) {
    let at = |key| [Step::Key("failover"), Step::Key(key)];
    if !is_host_name(&entry.name) {
        let message = format!("`{}` is no name of a host", entry.name);
        check.error(check.at(&at("name")), "wrong-form", message, Some("such as metrics.example.org".into()));
    }
    if entry.every < SHORTEST_ROUND {
        let message = format!("rounds every {} leave no time to answer", entry.every);
        let hint = format!("at least {SHORTEST_ROUND}; 10s suits most sites");
        check.error(check.at(&at("every")), "out-of-range", message, Some(hint));
    }
    for (index, witness) in entry.witness.iter().enumerate() {
        if !is_host_and_port(witness) {
            let place = [&at("witness")[..], &[Step::At(index)]].concat();
            let message = format!("`{witness}` is no host and port");
            check.error(check.at(&place), "wrong-form", message, Some("such as 192.0.2.1:443".into()));
        }
    }
    let mut names = HashMap::new();
    let mut owners: HashMap<String, &str> = HashMap::new();
    for (index, place) in entry.places.iter().enumerate() {
        let path = [&at("places")[..], &[Step::At(index)]].concat();
        if names.insert(place.name.as_str(), index).is_some() {
            let message = format!("two places are called `{}`", place.name);
            let span = check.at(&[&path[..], &[Step::Key("name")]].concat());
            check.error(span, "duplicate-name", message, Some("give each its own name".into()));
        }
        addresses(check, place, entry.mover.kind, &path, &mut owners);
        for (number, health) in place.checks.iter().enumerate() {
            health_check(check, health, &[&path[..], &[Step::Key("checks"), Step::At(number)]].concat());
        }
    }
    mover(check, &entry.mover, &entry.name);
}

fn addresses<'e>(
    check: &mut Check<'_>,
    place: &'e PlaceEntry,
    mover: MoverKind,
    path: &[Step<'_>],
    owners: &mut HashMap<String, &'e str>,
) {
    let has_name = place.addresses.iter().any(|address| address.parse::<IpAddr>().is_err());
    for (index, address) in place.addresses.iter().enumerate() {
        let span = check.at(&[path, &[Step::Key("addresses"), Step::At(index)]].concat());
        let is_name = address.parse::<IpAddr>().is_err();
        if is_name && !is_host_name(address) {
            let message = format!("`{address}` is neither an IP address nor a host name");
            check.error(span, "wrong-form", message, None);
        } else if is_name && mover == MoverKind::Service {
            let message = format!("a Service can't point to a name such as `{address}`");
            check.error(span, "wrong-form", message, Some("give IP addresses".into()));
        } else if has_name && place.addresses.len() > 1 {
            let message = format!("`{}` has a host name beside other addresses", place.name);
            let hint = "a name points to IP addresses, or to one other name (RFC 1034, 3.6.2)";
            check.error(span, "mixed-addresses", message, Some(hint.into()));
        } else if let Some(owner) = owners.insert(address.to_ascii_lowercase(), &place.name) {
            let message = format!("`{address}` is an address of `{owner}` already");
            check.error(
                span,
                "duplicate-address",
                message,
                Some("places must be told apart by their addresses".into()),
            );
        }
    }
}

fn health_check(check: &mut Check<'_>, entry: &HealthCheckEntry, path: &[Step<'_>]) {
    let is_tcp = entry.kind == HealthCheckKind::Tcp;
    let kind = serde_json::to_value(entry.kind).unwrap_or_default();
    let kind = kind.as_str().unwrap_or_default().to_owned();
    let (wanted, is_there) =
        if is_tcp { ("address", entry.address.is_some()) } else { ("url", entry.url.is_some()) };
    if !is_there {
        let message = format!("a check of kind `{kind}` needs `{wanted}`");
        let example = if is_tcp { "address: 10.0.0.5:443" } else { "url: http://10.0.0.5:9090" };
        check.error(check.at(path), "missing-key", message, Some(format!("such as {example}")));
    }
    let strange = [
        ("url", is_tcp && entry.url.is_some()),
        ("address", !is_tcp && entry.address.is_some()),
        ("status", entry.kind != HealthCheckKind::Http && entry.status.is_some()),
        ("contains", entry.kind != HealthCheckKind::Http && entry.contains.is_some()),
        ("ca", is_tcp && entry.ca.is_some()),
        ("tokenFile", is_tcp && entry.token_file.is_some()),
    ];
    for (key, _) in strange.into_iter().filter(|(_, is_strange)| *is_strange) {
        let span = check.source.key_span(&[path, &[Step::Key(key)]].concat());
        check.error(span, "key-of-other-kind", format!("a check of kind `{kind}` has no `{key}`"), None);
    }
    if let Some(address) = entry.address.as_ref().filter(|address| is_tcp && !is_host_and_port(address)) {
        let span = check.at(&[path, &[Step::Key("address")]].concat());
        let message = format!("`{address}` is no host and port");
        check.error(span, "wrong-form", message, Some("such as 10.0.0.5:443".into()));
    }
}

fn mover(check: &mut Check<'_>, entry: &MoverEntry, name: &str) {
    let at = |key| [Step::Key("failover"), Step::Key("mover"), Step::Key(key)];
    let is_dns = entry.kind == MoverKind::Dns;
    let kind = serde_json::to_value(entry.kind).unwrap_or_default();
    let kind = kind.as_str().unwrap_or_default().to_owned();
    let keys = [
        ("server", true, true, entry.server.is_some()),
        ("zone", true, true, entry.zone.is_some()),
        ("keyFile", true, true, entry.key_file.is_some()),
        ("resolver", true, false, entry.resolver.is_some()),
        ("namespace", false, true, entry.namespace.is_some()),
        ("service", false, true, entry.service.is_some()),
        ("kubeconfig", false, false, entry.kubeconfig.is_some()),
        ("context", false, false, entry.context.is_some()),
    ];
    for (key, of_dns, is_needed, is_there) in keys {
        if is_there && of_dns != is_dns {
            let span = check.source.key_span(&at(key));
            check.error(span, "key-of-other-kind", format!("a mover of kind `{kind}` has no `{key}`"), None);
        } else if !is_there && is_needed && of_dns == is_dns {
            let span = check.at(&at(key)[..2]);
            check.error(span, "missing-key", format!("a mover of kind `{kind}` needs `{key}`"), None);
        }
    }
    for (key, value) in [("server", &entry.server), ("resolver", &entry.resolver)] {
        if let Some(value) = value.as_ref().filter(|value| !is_host_and_port(value)) {
            let message = format!("`{value}` is no host and port");
            check.error(check.at(&at(key)), "wrong-form", message, Some("such as 192.0.2.53:53".into()));
        }
    }
    if let Some(zone) = entry.zone.as_ref().filter(|zone| !is_below(name, zone)) {
        let message = format!("`{name}` is not in the zone `{zone}`");
        check.error(check.at(&at("zone")), "not-in-zone", message, None);
    }
}
