//! A site with one device of every Modbus profile: over TCP, TLS, RTU and ASCII on serial lines, RTU behind a gateway.
//!
//! Four rows of chargers behind 12 A for each of them: with a car at every one, each charger gets 12 A. Chargers without a watchdog may
//! have 16 A at the most, so that a row is safe when nobody speaks to it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use enmon::control::SiteStatus;
use enmon::sim::Truth;

use super::about;
use super::controller::{Controller, charger};
use super::garage::Garage;
use super::home::Home;

/// Time between two decisions: some devices take almost a second to be asked all that is to be known.
pub const MIXED_INTERVAL: Duration = Duration::from_millis(500);
/// Age from which a value counts as unknown on this site.
pub const STALE_AFTER: Duration = Duration::from_secs(5);
/// What each charger has when a car is at every one.
pub const FAIR: f64 = 12.0;
/// What each charger offers when it hears nothing, where it has a watchdog, and what it is left at.
pub const SAFE: f64 = 6.0;

/// A charger of the site.
#[derive(Debug, Clone, Copy)]
pub struct Post {
    /// Name, which begins with its profile's.
    pub name: &'static str,
    pub profile: &'static str,
    /// Row, counted from 1.
    pub row: usize,
    /// Address before the simulation has given it a port or a terminal.
    address: &'static str,
    /// Unit id and connector, where they are not the profile's own.
    more: &'static str,
    /// What the site says of its watchdog; `None`: it has none.
    pub watchdog: Option<&'static str>,
}

const fn post(
    name: &'static str,
    profile: &'static str,
    row: usize,
    address: &'static str,
    more: &'static str,
    watchdog: Option<&'static str>,
) -> Post {
    Post { name, profile, row, address, more, watchdog }
}

/// The chargers. Every other one is in the same half when faults are spread: in each row, and on each line that is shared, some are well.
pub const POSTS: [Post; 17] = [
    post("abb", "abb-terra-ac", 1, "modbus+rtu-tcp://127.0.0.1:9201", "", Some("5s")),
    post("heidelberg", "heidelberg-energy-control", 1, "modbus+rtu:///dev/enmon-19200-8e1", "", Some("4s")),
    post("go-e", "go-e", 1, "modbus+tcp://127.0.0.1:9203", "", None),
    post("alfen", "alfen-eve", 1, "modbus+tcp://127.0.0.1:9204", "", Some("10s")),
    post("evse-din", "evse-din", 2, "modbus+rtu:///dev/enmon-9600-8n1", ", unit: 11", None),
    post("ev-ser", "phoenix-ev-ser", 2, "modbus+rtu:///dev/enmon-9600-8n1", ", unit: 12", None),
    post("keba-p30", "keba-p30", 2, "modbus+tcp://127.0.0.1:9207", "", Some("6s")),
    post("mennekes", "mennekes-compact", 2, "modbus+rtu:///dev/enmon-57600-8n2", "", Some("10s")),
    post("ev-eth", "phoenix-ev-eth", 3, "modbus+tcp://127.0.0.1:9209", "", None),
    post("bender", "bender-cc613", 3, "modbus+tls://127.0.0.1:9210", ", TLS", Some("5s")),
    post("keba-p40", "keba-p40", 3, "modbus+tcp://127.0.0.1:9211", "", Some("6s")),
    post("em-eth", "phoenix-em-eth", 3, "modbus+tcp://127.0.0.1:9212", "", None),
    post("charx-1", "phoenix-charx", 4, "modbus+tcp://127.0.0.1:9213", ", connector: 1", Some("6s")),
    post("abl", "abl-emh1", 4, "modbus+ascii:///dev/enmon-38400-8e1", "", None),
    post("charx-2", "phoenix-charx", 4, "modbus+tcp://127.0.0.1:9213", ", connector: 2", Some("6s")),
    post("webasto", "webasto-next", 4, "modbus+rtu-tcp://127.0.0.1:9216", "", Some("5s")),
    post("schneider", "schneider-evlink", 4, "modbus+tcp://127.0.0.1:9217", "", Some("10s")),
];

/// Meters: name, profile, circuit, address, unit id. Two share a line.
const METERS: [(&str, &str, &str, &str, u8); 4] = [
    ("main-meter", "eastron-sdm630", "main", "modbus+rtu:///dev/enmon-meters", 1),
    ("row-1-meter", "eastron-sdm72", "row-1", "modbus+rtu:///dev/enmon-meters", 2),
    ("row-2-meter", "sunspec-meter", "row-2", "modbus+tcp://127.0.0.1:9302", 1),
    ("hall-meter", "sunspec-meter-float", "hall", "modbus+tcp://127.0.0.1:9303", 1),
];
const SOLAR: (&str, &str, &str) = ("roof", "sunspec-inverter", "modbus+tcp://127.0.0.1:9401");

/// Where devices are, by name.
pub type Addresses = BTreeMap<String, String>;

impl Post {
    /// Posts in every other place.
    pub fn half(which: usize) -> Vec<&'static Post> {
        POSTS.iter().skip(which).step_by(2).collect()
    }

    pub fn names(posts: &[&Post]) -> Vec<&'static str> {
        posts.iter().map(|post| post.name).collect()
    }

    fn text(&self, address: &str) -> String {
        let number = POSTS.iter().position(|post| post.name == self.name).unwrap();
        let phases = match self.name {
            "go-e" => "L1",
            _ => ["L1, L2, L3", "L2, L3, L1", "L3, L1, L2"][number % 3],
        };
        let watchdog = self.watchdog.map_or(String::new(), |time| format!(", watchdog: {time}"));
        let most = if self.watchdog.is_none() || self.name == "heidelberg" { 16 } else { 32 };
        let tls = ", tls: {ca: ca.pem, cert: ca.client.pem, key: ca.client.key}";
        let more = self.more.replace(", TLS", tls);
        let Post { name, profile, row, .. } = self;
        format!(
            "  - {{name: {name}, circuit: row-{row}, phases: [{phases}], max: {most}, failsafe: {SAFE}{watchdog}, profile: {profile}, \
             address: \"{address}\"{more}}}\n"
        )
    }
}

/// Returns the profiles of all devices.
pub fn profiles() -> BTreeSet<&'static str> {
    let meters = METERS.iter().map(|meter| meter.1);
    POSTS.iter().map(|post| post.profile).chain(meters).chain([SOLAR.1]).collect()
}

/// Writes the site file; devices whose address is not given have one that stands for nothing.
pub fn text(addresses: &Addresses) -> String {
    let at = |name: &str, instead: &str| addresses.get(name).map_or(instead.to_owned(), String::clone);
    let mut text = String::from(
        "apiVersion: enmon/v1
kind: Site
name: garage
control: {interval: 500ms, staleAfter: 5s, raiseAfter: 1s, followTime: 5s}
api: {listen: \"127.0.0.1:0\"}
circuits:
  - {name: main, limit: 260, baseLoad: 35, meter: main-meter}
",
    );
    for row in 1..=4 {
        let posts = POSTS.iter().filter(|post| post.row == row).count();
        let meter = METERS.iter().find(|meter| meter.2 == format!("row-{row}"));
        let meter = meter.map_or(String::new(), |meter| format!(", meter: {}", meter.0));
        text.push_str(&format!(
            "  - {{name: row-{row}, parent: main, limit: {}, baseLoad: 0{meter}}}\n",
            12 * posts
        ));
    }
    text.push_str("  - {name: hall, parent: main, limit: 40, baseLoad: 10, meter: hall-meter}\n");
    text.push_str("meters:\n");
    for (name, profile, _, address, unit) in METERS {
        let address = at(name, address);
        text.push_str(&format!(
            "  - {{name: {name}, profile: {profile}, address: \"{address}\", unit: {unit}}}\n"
        ));
    }
    let (name, profile, address) = SOLAR;
    let address = at(name, address);
    text.push_str(&format!(
        "solar:\n  - {{name: {name}, circuit: main, peak: 4, profile: {profile}, address: \"{address}\"}}\nchargers:\n"
    ));
    for post in &POSTS {
        text.push_str(&post.text(&at(post.name, post.address)));
    }
    text
}

/// Starts all devices, and a home with the site file that leads to them.
pub async fn mixed() -> (Garage, Home) {
    let home = Home::with_site("");
    let garage = Garage::serve(&text(&Addresses::new()), home.path()).await;
    home.write_site(&text(&garage.addresses));
    garage.tell("base main 5");
    garage.mark();
    (garage, home)
}

/// Plugs a car in at every charger, starts the controller, and waits until each has its fair share.
pub async fn shared<'a>(garage: &Garage, home: &'a Home) -> Controller<'a> {
    garage.plug(&Post::names(&POSTS.iter().collect::<Vec<_>>()));
    let controller = Controller::start(home).await;
    all_fair(&controller, garage).await;
    controller
}

/// Waits until each charger has its fair share, and nothing is wrong.
pub async fn all_fair(controller: &Controller<'_>, garage: &Garage) -> SiteStatus {
    controller
        .until("12 A for all", |status| {
            let truth = garage.truth();
            status.alarms.is_empty()
                && POSTS.iter().all(|post| {
                    is_fair(charger(status, post.name).setpoint, FAIR) && obeys(status, &truth, post.name)
                })
        })
        .await
}

/// Says whether this is a fair share: some chargers are set in whole amperes, a rise by less than half an ampere is not worth a write, and
/// what was read of a meter a moment earlier or later than of its chargers counts as another load until it is gone by half an ampere.
pub fn is_fair(amps: f64, share: f64) -> bool {
    (share - 1.01..=share + 1e-6).contains(&amps)
}

/// Says whether a charger really offers what it was told, and the controller knows.
pub fn obeys(status: &SiteStatus, truth: &Truth, name: &str) -> bool {
    let (said, real) = (charger(status, name), truth.charger(name).unwrap());
    about(real.offered.0, said.setpoint) && said.offered.is_some_and(|offered| about(offered, said.setpoint))
}

/// Returns what a charger really offers.
pub fn offer(truth: &Truth, name: &str) -> f64 {
    truth.charger(name).unwrap().offered.0
}
