//! Every profile's simulator is guessed as what it is, from its registers alone.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod sim;

use std::ops::ControlFlow;
use std::time::Duration;

use enmon::modbus::scan::{
    FoundUnit, Journal, ScanFindings, ScanObserver, ScanPlan, ScanSettings, ScanTask, scan,
};
use enmon::modbus::{Client, ClientSettings};
use enmon::profile::{Catalogue, Profile};
use enmon::site::Role;
use sim::{Bench, patiently};

struct Nobody;

impl ScanObserver for Nobody {
    fn begins(&mut self, _: &str, _: Option<u64>) {}

    fn advanced(&mut self, _: u64) {}

    fn answered(&mut self, _: &Journal) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// A site with one device of a profile, called `it`.
fn site(profile: &Profile) -> String {
    let name = &profile.name;
    let unit = profile.modbus.as_ref().unwrap().unit;
    let link = format!("profile: {name}, address: \"modbus+tcp://127.0.0.1:9101\", unit: {unit}");
    let device = match profile.roles().first().unwrap() {
        Role::Charger => {
            let max = charger_max(profile);
            format!(
                "chargers:\n  - {{name: it, circuit: main, phases: [L1, L2, L3], min: 6, max: {max}, failsafe: 0, watchdog: 60s, {link}}}\n"
            )
        }
        Role::Meter => format!("meters:\n  - {{name: it, {link}}}\n"),
        Role::Breaker => format!("breakers:\n  - {{name: it, circuit: main, {link}}}\n"),
        Role::Cabinet => format!("cabinets:\n  - {{name: it, {link}}}\n"),
        Role::Solar => format!("solar:\n  - {{name: it, circuit: main, peak: 12, {link}}}\n"),
        Role::Endpoint => format!("endpoints:\n  - {{name: it, {link}}}\n"),
    };
    let meter = if device.starts_with("meters") { ", meter: it" } else { "" };
    format!(
        "apiVersion: enmon/v1\nkind: Site\nname: test\ncircuits:\n  - {{name: main, limit: 63, breaker: {{rating: 63, curve: C}}{meter}, \
         baseLoad: 10}}\n{device}"
    )
}

/// No more than the charger's limit can be set to.
fn charger_max(profile: &Profile) -> f64 {
    let most = profile.device_facts().limit_range.map_or(16.0, |[_, most]| most.0);
    most.min(16.0)
}

async fn scanned(profile: &Profile, catalogue: &Catalogue) -> (ScanFindings, FoundUnit) {
    let bench = Bench::start(&site(profile), |_| {}).await;
    let address: enmon::site::Address = bench.url("it", "").parse().unwrap();
    let unit = profile.modbus.as_ref().unwrap().unit;
    let mut journal =
        Journal::new(ScanPlan { address: address.clone(), task: ScanTask::Units { units: vec![unit] } });
    let settings =
        ScanSettings { rate: 1000, search_timeout: Duration::from_secs(2), timeout: Duration::from_secs(2) };
    let mut client = Client::new(address, ClientSettings::default());
    let found = patiently(scan(&mut client, &settings, catalogue, &mut journal, &mut Nobody)).await.unwrap();
    bench.stop().await;
    assert_eq!(found.units.len(), 1, "{}: {found:?}", profile.name);
    let unit = found.units[0].clone();
    (found, unit)
}

/// Devices whose registers are the same as far as their profiles go, and why. The right one is among the first.
const ALIKE: &[(&[&str], &str)] = &[];

#[tokio::test]
async fn every_profiles_simulator_is_guessed_as_itself() {
    let catalogue = Catalogue::built_in();
    let mut wrong = Vec::new();
    for profile in catalogue.iter().filter(|profile| profile.modbus.is_some()) {
        let (findings, unit) = scanned(profile, &catalogue).await;
        let names: Vec<&str> = unit.guesses.iter().map(|guess| guess.profile.as_str()).collect();
        let family = ALIKE.iter().find(|(names, _)| names.contains(&profile.name.as_str()));
        let place = names.iter().position(|name| *name == profile.name);
        // whoever stands before it must be of the family
        let is_right = place.is_some_and(|place| {
            names[..place].iter().all(|name| family.is_some_and(|(names, _)| names.contains(name)))
        });
        if !is_right {
            wrong.push(format!("{}: {:#?}", profile.name, unit.guesses));
        }
        // bounded: what a device is takes no more than some hundred reads
        assert!(findings.requests < 200, "{}: {} requests", profile.name, findings.requests);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
