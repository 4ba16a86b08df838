//! A running simulation on free ports, and clients for it.

#![allow(dead_code, reason = "each test file uses some of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

use std::future::Future;
use std::path::Path;
use std::time::Duration;

use enmon::modbus::{Client, ClientSettings, ModbusError};
use enmon::profile::{Catalogue, Table};
use enmon::runtime::tls;
use enmon::sim::{self, Running, SimDevice, SimHandle, SimOptions};
use enmon::site::{self, Site};
use tokio_util::sync::CancellationToken;

/// Reads a site from a text.
pub fn site_of(text: &str) -> Site {
    match site::load(text, "test.yaml", Path::new("/"), &Catalogue::built_in()) {
        Ok(loaded) => loaded.site,
        Err(findings) => panic!("{:?}", findings.iter().map(ToString::to_string).collect::<Vec<_>>()),
    }
}

/// Two rows with four Modbus chargers, a meter, and one of each other device over HTTPS.
pub fn garage() -> String {
    let charger = |name: &str, circuit: &str, phases: &str, port: u16| {
        format!(
            "  - {{name: {name}, circuit: {circuit}, phases: [{phases}], min: 6, max: 32, failsafe: 6, watchdog: 60s, \
             profile: abb-terra-ac, address: \"modbus+tcp://127.0.0.1:{port}\", unit: 1}}\n"
        )
    };
    let mut text = HEAD.to_owned();
    text.push_str(
        "meters:\n  - {name: main-meter, profile: eastron-sdm630, address: \"modbus+tcp://127.0.0.1:9100\", unit: 1}\nchargers:\n",
    );
    text.push_str(&charger("ev1", "row-1", "L1, L2, L3", 9101));
    text.push_str(&charger("ev2", "row-1", "L2, L3, L1", 9102));
    text.push_str(&charger("ev3", "row-2", "L3, L1, L2", 9103));
    text.push_str(&charger("ev4", "row-2", "L2", 9104));
    text.push_str(TAIL);
    text
}

/// One of each device over HTTPS.
pub fn https_site() -> String {
    let mut text = HEAD.replace(", meter: main-meter", "");
    text.push_str(
        "chargers:\n  - {name: ev1, circuit: row-1, phases: [L1, L2, L3], min: 6, max: 32, failsafe: 6, profile: enmon-endpoint, address: \
         \"https://127.0.0.1:9001\"}\n",
    );
    text.push_str(TAIL);
    text
}

const HEAD: &str = "\
apiVersion: enmon/v1
kind: Site
name: test
circuits:
  - {name: main, limit: 63, breaker: {rating: 63, curve: C}, meter: main-meter, baseLoad: 20}
  - {name: row-1, parent: main, limit: 40, breaker: {rating: 40, curve: C}, baseLoad: 0}
  - {name: row-2, parent: main, limit: 32, baseLoad: 0}
";

const TAIL: &str = "\
breakers:
  - {name: q1, circuit: row-1, profile: enmon-endpoint, address: \"https://127.0.0.1:9003\"}
cabinets:
  - {name: cab, profile: enmon-endpoint, address: \"https://127.0.0.1:9004\"}
solar:
  - {name: roof, circuit: main, peak: 12, profile: enmon-endpoint, address: \"https://127.0.0.1:9005\"}
endpoints:
  - {name: node, labels: {circuit: main}, profile: enmon-endpoint, address: \"https://127.0.0.1:9006\"}
";

/// A running simulation.
pub struct Bench {
    pub running: Running,
    pub client: reqwest::Client,
    stop: CancellationToken,
    _folder: tempfile::TempDir,
}

impl Bench {
    /// Starts every device of a site on a free port.
    pub async fn start(text: &str, change: impl FnOnce(&mut SimOptions)) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let mut options =
            SimOptions { any_port: true, certs: Some(folder.path().to_owned()), ..SimOptions::default() };
        change(&mut options);
        let stop = CancellationToken::new();
        let running = sim::run(&site_of(text), &Catalogue::built_in(), &options, stop.clone()).await.unwrap();
        let trust = tls::client_config(&folder.path().join("ca.pem")).unwrap();
        let client = reqwest::Client::builder().tls_backend_preconfigured(trust).no_proxy().build().unwrap();
        Bench { running, client, stop, _folder: folder }
    }

    pub fn handle(&self) -> &SimHandle {
        &self.running.handle
    }

    /// Returns the address of a device, with a path behind it.
    pub fn url(&self, device: &str, path: &str) -> String {
        let site = &self.running.site;
        let found = SimDevice::all(site).into_iter().find(|one| one.name(site) == device).unwrap();
        format!("{}{path}", found.link(site).address)
    }

    /// Stops it, and waits until everything has stopped.
    pub async fn stop(self) {
        self.stop.cancel();
        patiently(self.running.stopped()).await;
    }
}

/// Waits for what must come, and fails when it doesn't.
pub async fn patiently<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("it did not come within 20 s")
}

/// A Modbus client of one device.
pub struct Registers {
    client: Client,
    unit: u8,
}

impl Bench {
    /// Connects to a Modbus device.
    pub fn registers(&self, device: &str) -> Registers {
        let site = &self.running.site;
        let found = SimDevice::all(site).into_iter().find(|one| one.name(site) == device).unwrap();
        let link = found.link(site);
        Registers { client: Client::new(link.address.clone(), ClientSettings::default()), unit: link.unit }
    }
}

impl Registers {
    pub async fn read(&mut self, table: Table, address: u16, count: u16) -> Result<Vec<u16>, ModbusError> {
        self.client.read(self.unit, table, address, count).await
    }

    pub async fn write(&mut self, address: u16, words: &[u16]) -> Result<(), ModbusError> {
        self.client.write_registers(self.unit, address, words).await
    }

    /// Writes one register with function 06.
    pub async fn write_single(&mut self, address: u16, word: u16) -> Result<(), ModbusError> {
        self.client.write_register(self.unit, address, word).await
    }

    /// Sets the limit of an ABB Terra AC.
    pub async fn set_limit(&mut self, amps: u16) {
        self.write(0x4100, &[0, amps * 1000]).await.unwrap();
    }

    /// Returns what an ABB Terra AC offers, in mA.
    pub async fn offered(&mut self) -> u16 {
        self.read(Table::Holding, 0x400E, 2).await.unwrap()[1]
    }

    /// Returns the currents of an Eastron SDM630, in A.
    pub async fn meter_currents(&mut self) -> [f32; 3] {
        let words = self.read(Table::Input, 6, 6).await.unwrap();
        [0, 2, 4].map(|at| f32::from_bits(u32::from(words[at]) << 16 | u32::from(words[at + 1])))
    }
}
