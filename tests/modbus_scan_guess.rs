//! Every profile's simulator is guessed as what it is, from its registers alone.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod sim;

use std::ops::ControlFlow;
use std::time::Duration;

use enmon::modbus::scan::{Journal, ScanFindings, ScanObserver, ScanPlan, ScanSettings, ScanTask, scan};
use enmon::modbus::{Client, ClientSettings};
use enmon::profile::{Catalogue, Profile};
use enmon::site::Role;
use futures_util::future::join_all;
use sim::Bench;
use tokio::time::timeout;

/// All simulators run at once, some at a gap of 200 ms between requests, and machines may be busy.
const LONGEST: Duration = Duration::from_secs(120);

struct Nobody;

impl ScanObserver for Nobody {
    fn begins(&mut self, _: &str, _: Option<u64>) {}

    fn advanced(&mut self, _: u64) {}

    fn answered(&mut self, _: &Journal) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// The bench makes certificates for it, and wants some.
const CABINET: &str =
    "cabinets:\n  - {name: cab, profile: enmon-endpoint, address: \"https://127.0.0.1:9004\"}\n";

/// A site with one device of a profile, called `it`.
fn site(profile: &Profile) -> String {
    let name = &profile.name;
    let unit = profile.modbus.as_ref().unwrap().unit;
    let link = format!("profile: {name}, address: \"modbus+tcp://127.0.0.1:9101\", unit: {unit}");
    let device = match profile.roles().first().unwrap() {
        Role::Charger => {
            let max = charger_max(profile);
            format!(
                "chargers:\n  - {{name: it, circuit: main, phases: [L1, L2, L3], min: 6, max: {max}, failsafe: 6, watchdog: 60s, {link}}}\n"
            )
        }
        Role::Meter => format!("meters:\n  - {{name: it, {link}}}\n"),
        Role::Breaker => format!("breakers:\n  - {{name: it, circuit: main, {link}}}\n"),
        Role::Cabinet => unreachable!("{name}: no cabinet speaks Modbus yet"),
        Role::Solar => format!("solar:\n  - {{name: it, circuit: main, peak: 12, {link}}}\n"),
        Role::Endpoint => format!("endpoints:\n  - {{name: it, {link}}}\n"),
    };
    let meter = if device.starts_with("meters") { ", meter: it" } else { "" };
    format!(
        "apiVersion: enmon/v1\nkind: Site\nname: test\ncircuits:\n  - {{name: main, limit: 63, breaker: {{rating: 63, curve: C}}{meter}, \
         baseLoad: 10}}\n{device}{CABINET}"
    )
}

/// No more than the charger's limit can be set to.
fn charger_max(profile: &Profile) -> f64 {
    let most = profile.device_facts().limit_range.map_or(16.0, |[_, most]| most.0);
    most.min(16.0)
}

async fn scanned(profile: Profile, catalogue: Catalogue) -> (Profile, ScanFindings) {
    let bench = Bench::start(&site(&profile), |_| {}).await;
    let address: enmon::site::Address = bench.url("it", "").parse().unwrap();
    let unit = profile.modbus.as_ref().unwrap().unit;
    let task = ScanTask::Units { units: vec![unit] };
    let mut journal = Journal::new(ScanPlan { address: address.clone(), task });
    let patience = Duration::from_secs(5);
    let settings = ScanSettings { rate: 1000, search_timeout: patience, timeout: patience };
    let mut client = Client::new(address, ClientSettings::default());
    let findings =
        timeout(LONGEST, scan(&mut client, &settings, &catalogue, &mut journal, &mut Nobody)).await;
    bench.stop().await;
    (profile, findings.expect("it did not end").unwrap())
}

/// Scans a simulator of each profile, and returns those that do not come before all that are not of their family.
async fn misjudged(catalogue: &Catalogue, families: &[&[&str]], most: usize) -> Vec<String> {
    let profiles = Catalogue::built_in();
    let profiles = profiles.iter().filter(|profile| profile.modbus.is_some());
    let scans = profiles.map(|profile| scanned(profile.clone(), catalogue.clone()));
    let mut wrong = Vec::new();
    for (profile, findings) in join_all(scans).await {
        let name = profile.name.as_str();
        assert_eq!(findings.units.len(), 1, "{name}: {findings:?}");
        assert!(findings.requests <= most, "{name}: {} requests", findings.requests);
        let family: Vec<&str> = families
            .iter()
            .filter(|names| names.contains(&name))
            .flat_map(|names| names.iter().copied())
            .collect();
        let guesses = &findings.units[0].guesses;
        let first = guesses
            .iter()
            .map(|guess| guess.profile.as_str())
            .find(|guess| *guess == name || !family.contains(guess));
        if first != Some(name) {
            wrong.push(format!("{name}: {guesses:#?}"));
        }
    }
    wrong
}

#[tokio::test]
async fn every_profiles_simulator_is_guessed_as_itself() {
    let wrong = misjudged(&Catalogue::built_in(), &[], 80).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Devices that more than one profile fits when the condition that tells them is left out. KEBA's P40 has the registers of the P30; only
/// the product code says which it is.
const FAMILIES: &[&[&str]] = &[&["keba-p30", "keba-p40"]];

#[tokio::test]
async fn without_conditions_the_points_alone_lead_to_the_family() {
    let bare = Catalogue::built_in();
    let bare = bare.iter().map(|profile| {
        let profile = Profile { identify: Vec::new(), ..profile.clone() };
        (format!("{}.yaml", profile.name), serde_json::to_string(&profile).unwrap())
    });
    let (catalogue, findings) = Catalogue::with_own(bare);
    assert!(findings.is_empty(), "{findings:?}");
    let wrong = misjudged(&catalogue, FAMILIES, 200).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
