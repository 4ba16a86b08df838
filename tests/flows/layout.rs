//! The site file of the flow tests: a main circuit with a meter, and a row of equal three-phase chargers whose phases are rotated.

use std::collections::BTreeMap;

/// Ports of the devices by name; a name without a port gets one that stands for nothing.
pub type Ports = BTreeMap<String, u16>;

/// What differs between the tests' sites.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Chargers in the row.
    pub chargers: usize,
    /// Limit of the main circuit, A.
    pub main: u32,
    /// Limit of the row, A.
    pub row: u32,
    /// What else draws on the main circuit at the worst, as the file declares it, A.
    pub declared: u32,
    /// Fail-safe current of each charger, A.
    pub failsafe: u32,
    /// Watchdog time of each charger.
    pub watchdog: &'static str,
    /// Interval of the controller.
    pub interval: &'static str,
    /// How long more must have been possible before a charger is raised.
    pub raise_after: &'static str,
}

impl Default for Layout {
    fn default() -> Self {
        Layout {
            chargers: 4,
            main: 63,
            row: 40,
            declared: 35,
            failsafe: 6,
            watchdog: "10s",
            interval: "200ms",
            raise_after: "1s",
        }
    }
}

impl Layout {
    /// Writes the site file.
    pub fn text(&self, ports: &Ports) -> String {
        let port = |name: &str, instead: usize| ports.get(name).map_or(instead, |&port| usize::from(port));
        let Layout { main, row, declared, failsafe, watchdog, interval, raise_after, .. } = self;
        let meter = port("main-meter", 9100);
        let mut text = format!(
            "apiVersion: enmon/v1
kind: Site
name: garage
circuits:
  - {{name: main, limit: {main}, breaker: {{rating: 63, curve: C}}, meter: main-meter, baseLoad: {declared}}}
  - {{name: row-1, parent: main, limit: {row}, baseLoad: 0}}
meters:
  - {{name: main-meter, profile: eastron-sdm630, address: \"modbus+tcp://127.0.0.1:{meter}\", unit: 1}}
control: {{interval: {interval}, staleAfter: 1s, raiseAfter: {raise_after}, followTime: 2s}}
api: {{listen: \"127.0.0.1:0\"}}
chargers:
"
        );
        for number in 1..=self.chargers {
            let name = format!("ev{number}");
            let phases = ["L1, L2, L3", "L2, L3, L1", "L3, L1, L2"][(number - 1) % 3];
            let port = port(&name, 9100 + number);
            text.push_str(&format!(
                "  - {{name: {name}, circuit: row-1, phases: [{phases}], min: 6, max: 32, failsafe: {failsafe}, watchdog: {watchdog}, \
                 profile: abb-terra-ac, address: \"modbus+tcp://127.0.0.1:{port}\", unit: 1}}\n"
            ));
        }
        text
    }
}
