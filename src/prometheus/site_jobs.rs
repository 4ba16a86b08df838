//! The scrape jobs of a site: its control server, and each device that serves metrics itself.
//!
//! What is read over Modbus is served by the control server, with labels of its own (docs/metrics.md); it needs no job.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use crate::document::Value;
use crate::site::{Address, Circuit, CircuitId, DeviceLink, Phase, Site};

/// A device that may serve metrics.
struct Served<'a> {
    name: &'a str,
    role: &'static str,
    circuit: Option<CircuitId>,
    phases: &'a [Phase],
    link: &'a DeviceLink,
}

/// Makes the jobs of a site: names and values.
///
/// Files are named as the controller's machine has them. Targets bear the labels `site` and `role`, and `device`, `circuit` and
/// `phases` where the site file says so.
pub fn site_jobs(site: &Site) -> Vec<(String, Value)> {
    let mut jobs = vec![controller(site)];
    jobs.extend(devices(site).iter().filter_map(|device| job(site, device)));
    jobs
}

fn devices(site: &Site) -> Vec<Served<'_>> {
    let mut served = Vec::new();
    for meter in &site.meters {
        // a meter belongs to the circuit that names it
        let measures =
            |circuit: &Circuit| circuit.meter.is_some_and(|id| site.meters[id.0].name == meter.name);
        let circuit = site.circuits.iter().position(measures).map(CircuitId);
        served.push(Served {
            name: &meter.name,
            role: "meter",
            circuit,
            phases: &meter.phases,
            link: &meter.device,
        });
    }
    for charger in &site.chargers {
        let (circuit, phases) = (Some(charger.circuit), charger.phases.as_slice());
        served.push(Served { name: &charger.name, role: "charger", circuit, phases, link: &charger.device });
    }
    for breaker in &site.breakers {
        let circuit = breaker.circuit;
        served.push(Served {
            name: &breaker.name,
            role: "breaker",
            circuit,
            phases: &[],
            link: &breaker.device,
        });
    }
    for cabinet in &site.cabinets {
        let link = &cabinet.device;
        served.push(Served { name: &cabinet.name, role: "cabinet", circuit: None, phases: &[], link });
    }
    for solar in &site.solar {
        let circuit = solar.circuit;
        served.push(Served { name: &solar.name, role: "solar", circuit, phases: &[], link: &solar.device });
    }
    for endpoint in &site.endpoints {
        let link = &endpoint.device;
        served.push(Served { name: &endpoint.name, role: "endpoint", circuit: None, phases: &[], link });
    }
    served
}

fn controller(site: &Site) -> (String, Value) {
    let name = format!("enmon-{}", site.name);
    let mut job = Value::map([("job_name", Value::from(name.as_str()))]);
    if let Some((certificate, _)) = &site.api.tls {
        job.set("scheme", "https");
        job.set("tls_config", trust(certificate));
    }
    let target = reachable(site.api.listen).to_string();
    let labels = [("site", Value::from(site.name.as_str())), ("role", "controller".into())];
    set_target(&mut job, target, labels.to_vec());
    (name, job)
}

/// One that listens everywhere is reached on loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn job(site: &Site, device: &Served<'_>) -> Option<(String, Value)> {
    let (scheme, host, port, path) = match &device.link.address {
        Address::Http { host, port, path } => ("http", host, port, path),
        Address::Https { host, port, path } => ("https", host, port, path),
        _ => return None,
    };
    let name = format!("{}-{}", site.name, device.name);
    let mut job = Value::map([("job_name", Value::from(name.as_str()))]);
    if !path.is_empty() {
        job.set("metrics_path", format!("{path}/metrics"));
    }
    if scheme == "https" {
        job.set("scheme", scheme);
        if let Some(ca) = &device.link.ca {
            job.set("tls_config", trust(ca));
        }
    }
    if let Some(token) = &device.link.token_file {
        job.set("authorization", Value::map([("credentials_file", Value::from(shown(token)))]));
    }
    let mut labels = vec![
        ("site", Value::from(site.name.as_str())),
        ("role", device.role.into()),
        ("device", device.name.into()),
    ];
    if let Some(circuit) = device.circuit {
        labels.push(("circuit", Value::from(site.circuits[circuit.0].name.as_str())));
    }
    if !device.phases.is_empty() {
        let phases: Vec<String> = device.phases.iter().map(ToString::to_string).collect();
        labels.push(("phases", Value::from(phases.join("-"))));
    }
    let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.clone() };
    set_target(&mut job, format!("{host}:{port}"), labels);
    Some((name, job))
}

fn trust(ca: &Path) -> Value {
    Value::map([("ca_file", Value::from(shown(ca)))])
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn set_target(job: &mut Value, target: String, labels: Vec<(&str, Value)>) {
    let list = Value::map([("targets", Value::list([target])), ("labels", Value::map(labels))]);
    job.set("static_configs", Value::List(vec![list]));
}
