//! Simulated devices on serial lines, behind RTU gateways and over TLS: a site file's addresses are served as they are written.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod sim;

use std::path::Path;
use std::time::Duration;

use enmon::modbus::{Client, ClientSettings, LineSettings, ModbusError, SerialPort};
use enmon::profile::{Catalogue, Table};
use enmon::runtime::tls;
use enmon::sim::{self as simulation, Fault, Running, SimDevice, SimOptions};
use enmon::site::{self, Address, Parity, Site};
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio_util::sync::CancellationToken;

use sim::patiently;

/// A charger that sleeps, and needs pauses. No real one.
const SLEEPER: &str = "\
apiVersion: enmon/v1
kind: Profile
name: sleeper
vendor: none
model: none
sources: [{document: this test}]
modbus: {unit: 3, wake: true, gap: 100ms, timeout: 500ms, serial: {baud: 38400, parity: none, stopBits: 1}}
points:
  state: {table: holding, address: 0, type: u16}
  limit: {table: holding, address: 1, type: u16, unit: A, access: write, plausible: [0, 32]}
charger:
  state: {point: state, map: {0: A, 1: B, 2: C}}
  limit: {point: limit}
";

/// A profile whose devices need a pause after connecting.
fn slow_starter() -> String {
    SLEEPER.replace("sleeper", "slow-starter").replace("wake: true, gap: 100ms", "afterConnect: 1500ms")
}

fn site_with(chargers: &str) -> (Site, Catalogue) {
    let text = format!(
        "apiVersion: enmon/v1\nkind: Site\nname: test\ncircuits:\n  - {{name: main, limit: 63, baseLoad: 0}}\nchargers:\n{chargers}"
    );
    let (catalogue, findings) =
        Catalogue::with_own([("sleeper.yaml", SLEEPER), ("slow.yaml", slow_starter().as_str())]);
    assert_eq!(findings, []);
    match site::load(&text, "test.yaml", Path::new("/"), &catalogue) {
        Ok(loaded) => (loaded.site, catalogue),
        Err(findings) => panic!("{:?}", findings.iter().map(ToString::to_string).collect::<Vec<_>>()),
    }
}

fn charger(name: &str, profile: &str, address: &str, unit: u8) -> String {
    format!(
        "  - {{name: {name}, circuit: main, phases: [L1, L2, L3], max: 16, profile: {profile}, address: \"{address}\", unit: {unit}}}\n"
    )
}

struct Bench {
    running: Running,
    catalogue: Catalogue,
    stop: CancellationToken,
}

impl Bench {
    async fn start(chargers: &str, options: SimOptions) -> Bench {
        let (site, catalogue) = site_with(chargers);
        let stop = CancellationToken::new();
        let running = simulation::run(&site, &catalogue, &options, stop.clone()).await.unwrap();
        Bench { running, catalogue, stop }
    }

    fn address(&self, index: usize) -> Address {
        SimDevice::Charger(index).link(&self.running.site).address.clone()
    }

    /// A client that keeps to what the charger's profile says.
    fn client(&self, index: usize) -> Client {
        let profile = &SimDevice::Charger(index).link(&self.running.site).profile;
        let modbus = self.catalogue.get(profile).unwrap().modbus.clone().unwrap();
        Client::new(self.address(index), ClientSettings::of(&modbus, None))
    }

    async fn stop(self) {
        self.stop.cancel();
        patiently(self.running.stopped()).await;
    }
}

fn any_port() -> SimOptions {
    SimOptions { any_port: true, ..SimOptions::default() }
}

async fn offered(client: &mut Client, unit: u8) -> Result<u16, ModbusError> {
    client.read(unit, Table::Holding, 0x400E, 2).await.map(|words| words[1])
}

#[tokio::test]
async fn devices_share_a_line_and_each_its_own_faults() {
    for scheme in ["modbus+rtu", "modbus+ascii"] {
        let address = format!("{scheme}:///dev/ttyNONE?baud=38400");
        let chargers =
            charger("ev1", "abb-terra-ac", &address, 1) + &charger("ev2", "abb-terra-ac", &address, 2);
        let bench = Bench::start(&chargers, any_port()).await;
        assert_eq!(bench.address(0), bench.address(1), "one line");
        assert!(bench.address(0).to_string().starts_with(&format!("{scheme}:///dev/pts/")));
        assert!(bench.address(0).to_string().ends_with("?baud=38400"), "the settings stay");
        let mut client = bench.client(0);
        client.write_registers(1, 0x4100, &[0, 10_000]).await.unwrap();
        client.write_registers(2, 0x4100, &[0, 14_000]).await.unwrap();
        assert_eq!(offered(&mut client, 1).await.unwrap(), 10_000);
        bench.running.handle.set_fault(SimDevice::Charger(0), Some(Fault::Exception));
        assert!(offered(&mut client, 1).await.is_err());
        assert_eq!(offered(&mut client, 2).await.unwrap(), 14_000, "{scheme}");
        for line in ["fault ev1 stale", "fault ev2 wrong-transaction"] {
            bench.running.handle.tell(line).unwrap();
        }
        client.write_registers(1, 0x4100, &[0, 6_000]).await.unwrap();
        assert_eq!(offered(&mut client, 1).await.unwrap(), 10_000, "what was");
        assert!(offered(&mut client, 2).await.is_err());
        bench.running.handle.tell("fault ev1 none").unwrap();
        assert_eq!(offered(&mut client, 1).await.unwrap(), 6_000, "what is");
        bench.stop().await;
    }
}

#[tokio::test]
async fn a_device_sleeps_and_needs_pauses_as_its_profile_says() {
    let bench = Bench::start(&charger("ev1", "sleeper", "modbus+rtu:///dev/ttyNONE", 3), any_port()).await;
    let mut client = bench.client(0);
    for limit in [6, 10] {
        client.write_register(3, 1, limit).await.unwrap();
        assert_eq!(client.read(3, Table::Holding, 1, 1).await.unwrap(), [limit]);
    }
    // whoever keeps to none of it is not heard
    drop(client);
    let settings = ClientSettings { timeout: Duration::from_millis(200), ..ClientSettings::default() };
    let mut hasty = Client::new(bench.address(0), settings);
    let mut outcomes = Vec::new();
    for _ in 0..4 {
        outcomes.push(hasty.read(3, Table::Holding, 1, 1).await.is_ok());
    }
    assert!(outcomes.contains(&false), "{outcomes:?}");
    bench.stop().await;
    let lenient = SimOptions { lenient: true, ..any_port() };
    let bench = Bench::start(&charger("ev1", "sleeper", "modbus+rtu:///dev/ttyNONE", 3), lenient).await;
    let mut hasty = Client::new(bench.address(0), ClientSettings::default());
    for _ in 0..4 {
        hasty.read(3, Table::Holding, 1, 1).await.unwrap();
    }
    bench.stop().await;
}

#[tokio::test]
async fn a_sleeping_device_does_not_answer_the_first_request() {
    let bench = Bench::start(&charger("ev1", "sleeper", "modbus+rtu:///dev/ttyNONE", 3), any_port()).await;
    let settings = ClientSettings { timeout: Duration::from_millis(200), ..ClientSettings::default() };
    let mut client = Client::new(bench.address(0), settings);
    let error = client.read(3, Table::Holding, 1, 1).await.unwrap_err();
    assert!(matches!(error, ModbusError::TimedOut { .. }), "{error}");
    client.read(3, Table::Holding, 1, 1).await.unwrap();
    bench.stop().await;
}

#[tokio::test]
async fn a_device_that_needs_time_after_connecting_gets_it_or_is_silent() {
    let bench =
        Bench::start(&charger("ev1", "slow-starter", "modbus+tcp://127.0.0.1:9000", 3), any_port()).await;
    assert!(bench.client(0).read(3, Table::Holding, 0, 1).await.is_ok());
    let settings = ClientSettings { timeout: Duration::from_millis(100), ..ClientSettings::default() };
    let error = Client::new(bench.address(0), settings).read(3, Table::Holding, 0, 1).await.unwrap_err();
    assert!(matches!(error, ModbusError::TimedOut { .. }), "{error}");
    bench.stop().await;
}

#[tokio::test]
async fn a_port_that_is_not_there_becomes_a_link_and_goes_at_the_end() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ttyEV");
    let address = format!("modbus+rtu://{}", path.display());
    let bench = Bench::start(&charger("ev1", "abb-terra-ac", &address, 1), SimOptions::default()).await;
    assert_eq!(bench.address(0).to_string(), address, "the site's own path");
    assert_eq!(offered(&mut bench.client(0), 1).await.unwrap(), 0);
    bench.stop().await;
    assert!(std::fs::symlink_metadata(&path).is_err(), "the link was left behind");
}

#[tokio::test]
async fn a_port_that_is_there_is_the_other_end_of_the_cable() {
    let (mut one, near) = SerialPort::pseudo_terminal().unwrap();
    let (mut other, far) = SerialPort::pseudo_terminal().unwrap();
    let cable = tokio::spawn(async move { copy_bidirectional(&mut one, &mut other).await });
    let address = format!("modbus+rtu://{}", near.display());
    let bench = Bench::start(&charger("ev1", "abb-terra-ac", &address, 1), SimOptions::default()).await;
    let address: Address = format!("modbus+rtu://{}", far.display()).parse().unwrap();
    let mut client = Client::new(address, ClientSettings::default());
    assert_eq!(offered(&mut client, 1).await.unwrap(), 0);
    bench.stop().await;
    cable.abort();
}

#[tokio::test]
async fn gateways_and_tls_are_served_too() {
    let folder = TempDir::new().unwrap();
    let ca = folder.path().join("devices.pem");
    let trust = format!("unit: 1, tls: {{ca: \"{}\"}}", ca.display());
    let chargers = charger("ev1", "abb-terra-ac", "modbus+rtu-tcp://127.0.0.1:9000", 1)
        + &charger("ev2", "abb-terra-ac", "modbus+rtu-tcp://127.0.0.1:9000", 2)
        + &charger("ev3", "abb-terra-ac", "modbus+tls://127.0.0.1:9001", 1).replace("unit: 1", &trust);
    let options = SimOptions { certs: Some(folder.path().to_owned()), ..any_port() };
    let bench = Bench::start(&chargers, options).await;
    let mut gateway = bench.client(0);
    gateway.write_registers(2, 0x4100, &[0, 12_000]).await.unwrap();
    assert_eq!(offered(&mut gateway, 1).await.unwrap(), 0);
    assert_eq!(offered(&mut gateway, 2).await.unwrap(), 12_000);
    assert_eq!(SimDevice::Charger(2).link(&bench.running.site).ca.as_ref(), Some(&ca));
    let (cert, key) = (folder.path().join("devices.client.pem"), folder.path().join("devices.client.key"));
    for identity in [None, Some((cert.as_path(), key.as_path()))] {
        let mut client = bench.client(2).with_tls(tls::modbus_client_config(&ca, identity).unwrap());
        assert_eq!(offered(&mut client, 1).await.unwrap(), 0);
    }
    bench.stop().await;
}

#[tokio::test]
async fn a_device_wants_to_know_who_asks_where_the_site_says_so() {
    let folder = TempDir::new().unwrap();
    let [ca, cert, key] = ["ca.pem", "me.pem", "me.key"].map(|name| folder.path().join(name));
    let (trusted, shown, secret) = (ca.display(), cert.display(), key.display());
    let known = format!("unit: 1, tls: {{ca: \"{trusted}\", cert: \"{shown}\", key: \"{secret}\"}}");
    let charger = charger("ev1", "abb-terra-ac", "modbus+tls://127.0.0.1:9001", 1).replace("unit: 1", &known);
    let options = SimOptions { certs: Some(folder.path().to_owned()), ..any_port() };
    let bench = Bench::start(&charger, options).await;
    let client = |identity| bench.client(0).with_tls(tls::modbus_client_config(&ca, identity).unwrap());
    assert_eq!(offered(&mut client(Some((cert.as_path(), key.as_path()))), 1).await.unwrap(), 0);
    assert!(offered(&mut client(None), 1).await.is_err(), "a stranger was let in");
    bench.stop().await;
}

#[test]
fn a_lines_settings_come_from_the_profile() {
    let (site, catalogue) = site_with(&charger("ev1", "sleeper", "modbus+rtu:///dev/ttyNONE", 3));
    let Address::ModbusRtu(line) = &site.chargers[0].device.address else { panic!("no line") };
    let defaults = catalogue.get("sleeper").unwrap().modbus.as_ref().unwrap().serial;
    let settings = LineSettings::of(line, defaults.as_ref(), enmon::modbus::Framing::Rtu);
    assert_eq!((settings.baud, settings.parity), (38_400, Parity::None));
}
