//! How the plant keeps watchdogs quiet, sets chargers up and believes only what they show, on real sockets: against devices that write
//! down all they hear.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod modbus;

use std::sync::Arc;
use std::time::{Duration, Instant};

use enmon::control::{Event, Plant, Time};
use enmon::plant::SitePlant;
use enmon::profile::Catalogue;
use enmon::site::{self, Amps, ChargerId};
use modbus::recorder::{Answer, Heard, Recorder};

/// What must come has come within this time.
const DEADLINE: Duration = Duration::from_secs(20);

/// Time of the watchdogs here.
const WATCHDOG: Duration = Duration::from_millis(1000);

/// A charger of one's own: limit and what is offered in registers 10 and 11, state in 12.
fn profile(modbus: &str, more_points: &str, charger: &str) -> String {
    format!(
        "apiVersion: enmon/v1
kind: Profile
name: own
vendor: v
model: m
sources: [{{document: made for a test}}]
modbus: {{timeout: 200ms, {modbus}}}
points:
  limit: {{table: holding, address: 10, type: u16, unit: A, access: write, plausible: [0, 32]}}
  offered: {{table: holding, address: 11, type: u16, unit: A}}
  state: {{table: holding, address: 12, type: u16}}
{more_points}
charger:
  state: {{point: state, map: {{1: A, 2: B, 3: C}}}}
{charger}
"
    )
}

const LIMIT: &str = "  limit: {point: limit}\n  offered: offered\n";

/// A plant of chargers: address and what else an entry says. The controller decides every ten seconds.
fn plant(profile: &str, chargers: &[(String, &str)]) -> SitePlant {
    let (catalogue, findings) = Catalogue::with_own([("own.yaml", profile)]);
    assert!(findings.is_empty(), "{:?}", findings.iter().map(ToString::to_string).collect::<Vec<_>>());
    let mut text = String::from(
        "apiVersion: enmon/v1\nkind: Site\nname: s\ncircuits: [{name: main, limit: 63, baseLoad: 0}]\n\
         control: {interval: 10s, staleAfter: 30s}\nchargers:\n",
    );
    for (at, (address, more)) in chargers.iter().enumerate() {
        text.push_str(&format!(
            "  - {{name: ev{at}, circuit: main, phases: [L1, L2, L3], max: 16, failsafe: 6, profile: own, address: \"{address}\"{more}}}\n"
        ));
    }
    let loaded = site::load(&text, "s.yaml", std::path::Path::new("/"), &catalogue);
    let site = loaded.unwrap_or_else(|findings| panic!("{}", findings[0])).site;
    let begun = Instant::now();
    let clock: enmon::control::Clock = Arc::new(move || Time(begun.elapsed().as_millis() as u64));
    SitePlant::start(&Arc::new(site), &catalogue, &clock).unwrap()
}

fn tcp(device: &Recorder) -> String {
    format!("modbus+tcp://127.0.0.1:{}", device.port)
}

async fn next(plant: &mut SitePlant) -> Event {
    tokio::time::timeout(DEADLINE, plant.next())
        .await
        .expect("no event in time")
        .expect("the plant has ended")
}

/// Sets a limit and returns what came of it.
async fn command(plant: &mut SitePlant, charger: usize, limit: f64) -> Event {
    plant.command(ChargerId(charger), Amps(limit));
    loop {
        let event = next(plant).await;
        if matches!(event, Event::Acknowledged { .. } | Event::NotAcknowledged { .. }) {
            return event;
        }
    }
}

/// Waits until a device has heard so many requests of a kind, and returns them.
async fn heard(device: &Recorder, count: usize, wanted: impl Fn(&Heard) -> bool) -> Vec<Heard> {
    let begun = Instant::now();
    loop {
        let found: Vec<Heard> = device.heard().into_iter().filter(&wanted).collect();
        if found.len() >= count {
            return found;
        }
        assert!(begun.elapsed() < DEADLINE, "only {found:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn writes_to(address: u16) -> impl Fn(&Heard) -> bool {
    move |heard| matches!(heard.function, 6 | 16) && heard.address == address
}

/// The watchdog never bites, and half of its time is what the feeds aim at; a loaded machine may add some.
fn kept_quiet(feeds: &[Heard]) {
    let mut pauses: Vec<Duration> = feeds.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
    pauses.sort_unstable();
    assert!(pauses.last().is_some_and(|longest| *longest < WATCHDOG), "{pauses:?}");
    assert!(pauses[pauses.len() / 2] <= WATCHDOG / 2, "{pauses:?}");
}

fn watchdog(feed: &str) -> String {
    format!("{LIMIT}  watchdog: {{default: 1s, feed: {feed}}}\n")
}

fn started(device: &Recorder, units: &[u8]) {
    for unit in units {
        device.put(*unit, 12, &[1]);
    }
}

#[tokio::test]
async fn a_watchdog_that_wants_requests_hears_them_between_decisions() {
    let device = Recorder::start();
    started(&device, &[1]);
    let mut plant = plant(&profile("unit: 1", "", &watchdog("request")), &[(tcp(&device), "")]);
    plant.observe(1);
    next(&mut plant).await;
    kept_quiet(&heard(&device, 8, |_| true).await);
}

#[tokio::test]
async fn a_watchdog_that_wants_the_limit_gets_the_last_one_and_none_before_the_first() {
    let device = Recorder::start();
    started(&device, &[1]);
    let mut plant = plant(&profile("unit: 1", "", &watchdog("limit")), &[(tcp(&device), "")]);
    plant.observe(1);
    next(&mut plant).await;
    // nothing tells when something does not happen: several times of the watchdog must do
    tokio::time::sleep(WATCHDOG * 2).await;
    assert_eq!(device.writes(), [], "nobody has commanded anything");
    command(&mut plant, 0, 10.0).await;
    command(&mut plant, 0, 8.0).await;
    let feeds = heard(&device, 8, writes_to(10)).await;
    kept_quiet(&feeds[1..]);
    assert!(feeds[1..].iter().all(|heard| heard.words == [8]), "{feeds:?}");
}

#[tokio::test]
async fn a_life_bit_is_written_and_a_silent_neighbour_does_not_hold_it_up() {
    let device = Recorder::that(|heard| if heard.unit == 2 { Answer::None } else { Answer::Normal });
    started(&device, &[1]);
    let alive = "  alive: {table: holding, address: 40, type: u16, access: only}";
    let feed = "{lifeBit: {point: alive, value: 1, every: 1s}}";
    let profile = profile("unit: 1", alive, &watchdog(feed));
    let mut plant = plant(&profile, &[(tcp(&device), ", unit: 2"), (tcp(&device), ", unit: 1")]);
    plant.observe(1);
    next(&mut plant).await;
    next(&mut plant).await;
    kept_quiet(&heard(&device, 8, writes_to(40)).await);
}

#[tokio::test]
async fn a_time_out_is_written_again_where_that_feeds() {
    let device = Recorder::start();
    started(&device, &[1]);
    let time = "  time: {table: holding, address: 40, type: u16, unit: ms, access: only}
  time-read: {table: holding, address: 40, type: u16, unit: ms}";
    let charger = format!(
        "{LIMIT}  watchdog: {{default: 60s, timeout: time, timeoutRead: time-read, feed: timeout}}\n"
    );
    let mut plant = plant(&profile("unit: 1", time, &charger), &[(tcp(&device), ", watchdog: 1s")]);
    plant.observe(1);
    next(&mut plant).await;
    let feeds = heard(&device, 8, writes_to(40)).await;
    kept_quiet(&feeds);
    assert!(feeds.iter().all(|heard| heard.words == [1000]), "the site's time, not the profile's: {feeds:?}");
}

#[tokio::test]
async fn a_controller_that_has_stopped_deciding_feeds_nothing() {
    let device = Recorder::start();
    started(&device, &[1]);
    let (catalogue, _) = Catalogue::with_own([("own.yaml", profile("unit: 1", "", &watchdog("limit")))]);
    let text = format!(
        "apiVersion: enmon/v1\nkind: Site\nname: s\ncircuits: [{{name: main, limit: 63, baseLoad: 0}}]\n\
         control: {{interval: 100ms, staleAfter: 1s}}\nchargers:\n  - {{name: ev, circuit: main, phases: [L1], \
         max: 16, failsafe: 6, profile: own, address: \"{}\"}}\n",
        tcp(&device)
    );
    let site = site::load(&text, "s.yaml", std::path::Path::new("/"), &catalogue).unwrap().site;
    let begun = Instant::now();
    let clock: enmon::control::Clock = Arc::new(move || Time(begun.elapsed().as_millis() as u64));
    let mut plant = SitePlant::start(&Arc::new(site), &catalogue, &clock).unwrap();
    command(&mut plant, 0, 10.0).await;
    let commanded = Instant::now();
    heard(&device, 2, writes_to(10)).await;
    // as above: nothing tells when nothing comes any more
    tokio::time::sleep(WATCHDOG * 3).await;
    let last = device.writes().last().unwrap().at;
    assert!(last - commanded < Duration::from_millis(1500), "fed {:?} after the last word", last - commanded);
}

#[tokio::test]
async fn what_wears_out_is_written_only_when_it_differs() {
    let device = Recorder::start();
    started(&device, &[1]);
    device.put(1, 30, &[6]);
    device.put(1, 31, &[5]);
    let points = "  safe: {table: holding, address: 30, type: u16, unit: A, access: write, wears: true}
  time: {table: holding, address: 31, type: u16, unit: s, access: write, wears: true}";
    let charger =
        format!("{LIMIT}  watchdog: {{default: 60s, timeout: time, failsafe: safe, feed: request}}\n");
    let text = profile("unit: 1", points, &charger);
    for _ in 0..3 {
        let mut plant = plant(&text, &[(tcp(&device), "")]);
        plant.observe(1);
        assert!(matches!(next(&mut plant).await, Event::Observed { .. }));
    }
    let writes: Vec<_> = device.writes().iter().map(|heard| (heard.address, heard.words.clone())).collect();
    assert_eq!(
        writes,
        [(31, vec![60])],
        "the fail-safe was right, and the time-out was after the first time"
    );
}

#[tokio::test]
async fn a_fail_safe_that_is_not_taken_is_said() {
    let device = Recorder::that(|heard| {
        if heard.address == 30 && heard.function == 6 { Answer::Ignored } else { Answer::Normal }
    });
    started(&device, &[1]);
    device.put(1, 30, &[32]);
    let points = "  safe: {table: holding, address: 30, type: u16, unit: A, access: write}";
    let charger = format!("{LIMIT}  watchdog: {{default: 60s, failsafe: safe, feed: request}}\n");
    let mut plant = plant(&profile("unit: 1", points, &charger), &[(tcp(&device), "")]);
    plant.observe(1);
    assert!(matches!(next(&mut plant).await, Event::Observed { .. }), "it is read all the same");
    let remark = next(&mut plant).await;
    let Event::Remarked { text: Some(text), .. } = remark else { panic!("{remark:?}") };
    assert_eq!(text, "safe was set to 6 A, but safe is 32");
}

#[tokio::test]
async fn each_new_connection_sets_a_charger_up_again() {
    let device = Recorder::that(|heard| {
        if heard.connection == 0 && heard.address == 11 { Answer::None } else { Answer::Normal }
    });
    started(&device, &[1]);
    let points = "  safe: {table: holding, address: 30, type: u16, unit: A, access: only}";
    let charger = format!("{LIMIT}  watchdog: {{default: 60s, failsafe: safe, feed: request}}\n");
    let mut plant = plant(&profile("unit: 1", points, &charger), &[(tcp(&device), "")]);
    plant.observe(1);
    assert!(matches!(next(&mut plant).await, Event::Failed { .. }));
    plant.observe(2);
    assert!(matches!(next(&mut plant).await, Event::Observed { .. }));
    plant.observe(3);
    assert!(matches!(next(&mut plant).await, Event::Observed { .. }));
    let told: Vec<usize> =
        device.heard().into_iter().filter(writes_to(30)).map(|heard| heard.connection).collect();
    assert_eq!(told, [0, 1]);
}

#[tokio::test]
async fn a_pause_that_is_ignored_is_noticed_and_the_limit_is_lowered_before_it_ends() {
    let device = Recorder::start();
    device.put(1, 11, &[16, 3]);
    let points = "  mode: {table: holding, address: 20, type: u16, access: write}";
    let charger = "  limit:
    point: limit
    zero: refused
    pause: [{point: mode, value: 4}]
    resume: [{point: mode, value: 1}]
  offered: offered
";
    let mut plant = plant(&profile("unit: 1", points, charger), &[(tcp(&device), "")]);
    let event = command(&mut plant, 0, 0.0).await;
    let Event::Acknowledged { setpoint, offered, .. } = event else { panic!("{event:?}") };
    assert_eq!((setpoint, offered), (Amps(0.0), Amps(16.0)), "it was told, and offers on");
    device.put(1, 11, &[0]);
    let event = command(&mut plant, 0, 0.0).await;
    assert!(matches!(event, Event::Acknowledged { offered: Amps(0.0), .. }), "{event:?}");
    let before = device.writes().len();
    command(&mut plant, 0, 8.0).await;
    let resumed: Vec<_> =
        device.writes().into_iter().skip(before).map(|heard| (heard.address, heard.words)).collect();
    assert_eq!(resumed, [(10, vec![8]), (20, vec![1]), (10, vec![8])]);
}

#[tokio::test]
async fn a_pause_shows_where_only_the_written_registers_can_be_read() {
    let device = Recorder::start();
    started(&device, &[1]);
    let points = "  mode: {table: holding, address: 20, type: u16, access: write}";
    let charger = "  limit:
    point: limit
    pause: [{point: mode, value: 4}]
    resume: [{point: mode, value: 1}]
";
    let mut plant = plant(&profile("unit: 1", points, charger), &[(tcp(&device), "")]);
    let event = command(&mut plant, 0, 8.0).await;
    assert!(matches!(event, Event::Acknowledged { offered: Amps(8.0), .. }), "{event:?}");
    let event = command(&mut plant, 0, 0.0).await;
    assert!(matches!(event, Event::Acknowledged { offered: Amps(0.0), .. }), "{event:?}");
    assert_eq!(device.word(1, 10), Some(8), "the limit stands there as before");
}

#[tokio::test]
async fn a_part_of_a_register_leaves_the_other_bits_alone() {
    let device = Recorder::start();
    started(&device, &[1]);
    device.put(1, 20, &[0xAB01]);
    let points = "  low: {table: holding, address: 20, type: u16, mask: 0xFF, access: write}";
    let charger = format!("{LIMIT}  enable: [{{point: low, value: 5}}]\n");
    let mut plant = plant(&profile("unit: 1", points, &charger), &[(tcp(&device), "")]);
    plant.observe(1);
    assert!(matches!(next(&mut plant).await, Event::Observed { .. }));
    assert_eq!(device.word(1, 20), Some(0xAB05));
}

#[tokio::test]
async fn connectors_of_one_station_are_chargers_of_their_own_on_one_connection() {
    let device = Recorder::start();
    device.put(1, 12, &[1]);
    device.put(1, 112, &[1]);
    let text = profile("unit: 1, connectors: 2", "", LIMIT)
        .replace("address: 10,", "address: 10, stride: 100,")
        .replace("address: 11,", "address: 11, stride: 100,")
        .replace("address: 12,", "address: 12, stride: 100,");
    let mut plant = plant(&text, &[(tcp(&device), ""), (tcp(&device), ", connector: 2")]);
    plant.observe(1);
    for _ in 0..2 {
        assert!(matches!(next(&mut plant).await, Event::Observed { .. }));
    }
    command(&mut plant, 0, 10.0).await;
    command(&mut plant, 1, 12.0).await;
    assert_eq!((device.word(1, 10), device.word(1, 110)), (Some(10), Some(12)));
    assert_eq!(device.connections(), (1, 1));
}

#[tokio::test]
async fn a_state_or_a_digit_that_makes_no_sense_is_the_device_s_fault() {
    let device = Recorder::start();
    device.put(1, 12, &[0x00FA]);
    let text = profile("unit: 1", "", LIMIT).replace("address: 12, type: u16", "address: 12, type: bcd");
    let mut plant = plant(&text, &[(tcp(&device), "")]);
    plant.observe(1);
    let event = next(&mut plant).await;
    let Event::Failed { error, failure, .. } = &event else { panic!("{event:?}") };
    assert!(error.contains("the answer makes no sense") && error.contains("binary coded decimal"), "{error}");
    assert_eq!(*failure, enmon::control::Failure::NoAnswer);
}
