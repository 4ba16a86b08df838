//! A simulated garage on real sockets: every device on a free port of its own, with a witness of what was offered at any moment.

use std::path::Path;
use std::time::Duration;

use enmon::profile::Catalogue;
use enmon::sim::{self, CarSpec, Running, SimHandle, SimOptions, Truth};
use enmon::site::{self, Address, Amps};
use tokio_util::sync::CancellationToken;

use super::layout::{Layout, Ports};
use super::mixed::Addresses;
use super::{DEADLINE, INTERVAL, SAMPLE};

/// A running simulation of a [`Layout`].
pub struct Garage {
    running: Running,
    stop: CancellationToken,
    /// The ports of its devices.
    pub ports: Ports,
    /// Where its devices are.
    pub addresses: Addresses,
}

impl Garage {
    /// Starts every device.
    pub async fn start(layout: &Layout) -> Garage {
        Garage::serve(&layout.text(&Ports::new()), Path::new("/")).await
    }

    /// Starts every device of a site file; certificates are looked for in the folder, and made where they are missing.
    pub async fn serve(text: &str, folder: &Path) -> Garage {
        let catalogue = Catalogue::built_in();
        let loaded = site::load(text, "garage.yaml", folder, &catalogue);
        let site = loaded.unwrap_or_else(|findings| panic!("{}", findings[0])).site;
        let certs = Some(folder.to_owned());
        let options = SimOptions { any_port: true, certs, ..SimOptions::default() };
        let stop = CancellationToken::new();
        let running = sim::run(&site, &catalogue, &options, stop.clone()).await.unwrap();
        let found = running.addresses();
        let port = |address: &Address| address.host_port().map(|(_, port)| port);
        let ports = found.iter().filter_map(|(name, address)| Some((name.clone(), port(address)?))).collect();
        let addresses = found.into_iter().map(|(name, address)| (name, address.to_string())).collect();
        Garage { running, stop, ports, addresses }
    }

    /// Returns the hand on it, for tasks beside the test.
    pub fn handle(&self) -> SimHandle {
        self.running.handle.clone()
    }

    /// Does what a line says, in the words of `enmon sim run --commands`.
    pub fn tell(&self, line: &str) {
        self.running.handle.tell(line).unwrap();
    }

    /// Plugs cars in that take all they get, at once.
    pub fn plug(&self, chargers: &[&str]) {
        let car = CarSpec { delay_ms: 0, ramp: 1e6, energy_kwh: 1e6, max: Amps(32.0), ..CarSpec::default() };
        for charger in chargers {
            self.running.handle.plug(charger, car).unwrap();
        }
    }

    pub fn truth(&self) -> Truth {
        self.running.handle.truth()
    }

    /// What each charger offers, in the order of the site.
    pub fn offers(&self) -> Vec<f64> {
        self.truth().chargers.iter().map(|charger| charger.offered.0).collect()
    }

    /// Waits until the truth fulfils a condition.
    pub async fn until(&self, what: &str, condition: impl FnMut(&Truth) -> bool) -> Truth {
        match tokio::time::timeout(DEADLINE, self.running.handle.until(condition)).await {
            Ok(truth) => truth,
            Err(_) => panic!("not within {DEADLINE:?}: {what}\n{:?}", self.truth().chargers),
        }
    }

    /// Lets the witnesses begin anew.
    pub fn mark(&self) {
        self.running.handle.mark();
    }

    /// Holds it against the witnesses that since the mark no circuit was asked for more than its limit on any phase, at any moment.
    pub fn assert_within_limits(&self) {
        for witness in self.truth().witnesses {
            assert!(witness.offered <= 1.0 + 1e-6, "over the limit: {witness:?}");
        }
    }

    /// The same with a jump of the base load since the mark: that is answered within an interval and a sample, and so many intervals
    /// more in which the controller finds out who does not do as it is told.
    pub fn assert_answered_in_time(&self, more: u32) {
        let longest = u64::try_from((INTERVAL * (1 + more) + SAMPLE).as_millis()).unwrap();
        let witnesses = self.truth().witnesses;
        assert!(witnesses.iter().any(|witness| witness.offered > 1.0), "nothing has jumped");
        for witness in witnesses {
            assert!(witness.over_ms <= longest, "over the limit for too long: {witness:?}");
        }
    }

    /// Ends all devices and waits for that.
    pub async fn stop(self) {
        self.stop.cancel();
        let stopped = tokio::time::timeout(Duration::from_secs(5), self.running.stopped()).await;
        stopped.expect("the simulation ends");
    }
}
