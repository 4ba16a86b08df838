//! What a Modbus master in this field must survive, a test for each, on real sockets: the plant as the controller uses it, against
//! devices that write down all they hear.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod modbus;

use std::sync::Arc;
use std::time::{Duration, Instant};

use enmon::control::{DeviceRef, Event, Failure, Plant, Time, Values};
use enmon::modbus::{Client, ClientSettings, ModbusError};
use enmon::plant::SitePlant;
use enmon::profile::{Catalogue, Table, read};
use enmon::site::{self, Amps, ChargerId};
use modbus::enmon;
use modbus::recorder::{Answer, Heard, Recorder};

/// What must come has come within this time.
const DEADLINE: Duration = Duration::from_secs(20);

/// A charger of one's own: limit and what is offered in registers 10 and 11, state in 12.
fn charger_profile(name: &str, modbus: &str, more_points: &str, charger: &str) -> String {
    format!(
        "apiVersion: enmon/v1
kind: Profile
name: {name}
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
  limit: {{point: limit}}
  offered: offered
{charger}
"
    )
}

/// A plant of chargers: profile, address and what else its entry says.
fn plant(profiles: &[String], chargers: &[(&str, String, &str)]) -> SitePlant {
    let own: Vec<_> =
        profiles.iter().enumerate().map(|(at, text)| (format!("{at}.yaml"), text.clone())).collect();
    let (catalogue, findings) = Catalogue::with_own(own);
    assert!(findings.is_empty(), "{:?}", findings.iter().map(ToString::to_string).collect::<Vec<_>>());
    let mut text = String::from(
        "apiVersion: enmon/v1\nkind: Site\nname: s\ncircuits: [{name: main, limit: 63, baseLoad: 0}]\nchargers:\n",
    );
    for (at, (profile, address, more)) in chargers.iter().enumerate() {
        text.push_str(&format!(
            "  - {{name: ev{at}, circuit: main, phases: [L1, L2, L3], min: 6, max: 16, failsafe: 0, profile: {profile}, address: \"{address}\"{more}}}\n"
        ));
    }
    let loaded = site::load(&text, "s.yaml", std::path::Path::new("/"), &catalogue);
    let site = loaded.unwrap_or_else(|findings| panic!("{}", findings[0])).site;
    let begun = Instant::now();
    let clock: enmon::control::Clock = Arc::new(move || Time(begun.elapsed().as_millis() as u64));
    SitePlant::start(&Arc::new(site), &catalogue, &clock).unwrap()
}

async fn next(plant: &mut SitePlant) -> Event {
    tokio::time::timeout(DEADLINE, plant.next())
        .await
        .expect("no event in time")
        .expect("the plant has ended")
}

/// Asks all devices once and returns what they said, in the order in which it came.
async fn observe(plant: &mut SitePlant, cycle: u64, devices: usize) -> Vec<Event> {
    plant.observe(cycle);
    let mut events = Vec::new();
    for _ in 0..devices {
        events.push(next(plant).await);
    }
    events
}

/// Sets a limit and returns what came of it.
async fn command(plant: &mut SitePlant, charger: usize, limit: f64) -> Event {
    plant.command(ChargerId(charger), Amps(limit));
    loop {
        if let event @ (Event::Acknowledged { .. } | Event::NotAcknowledged { .. }) = next(plant).await {
            return event;
        }
    }
}

fn tcp(device: &Recorder) -> String {
    format!("modbus+tcp://127.0.0.1:{}", device.port)
}

fn is_reading(event: &Event) -> bool {
    matches!(event, Event::Observed { reading, .. } if matches!(reading.value, Values::Charger(_)))
}

fn limits(device: &Recorder) -> Vec<Heard> {
    device.writes().into_iter().filter(|heard| heard.address == 10).collect()
}

#[tokio::test]
async fn unit_ids_of_255_and_180_are_asked_as_such() {
    let device = Recorder::start();
    for unit in [255, 180] {
        device.put(unit, 12, &[1]);
    }
    let profiles =
        [charger_profile("high", "unit: 255", "", ""), charger_profile("odd", "unit: 180", "", "")];
    let mut plant = plant(&profiles, &[("high", tcp(&device), ""), ("odd", tcp(&device), "")]);
    assert!(observe(&mut plant, 1, 2).await.iter().all(is_reading));
    let units: Vec<u8> = device.heard().iter().map(|heard| heard.unit).collect();
    assert!(units.contains(&255) && units.contains(&180) && units.len() == 2, "{units:?}");
}

#[tokio::test]
async fn registers_count_from_zero_and_a_document_that_counts_from_one_gets_a_hint() {
    let device =
        Recorder::that(|heard| if heard.address == 1 { Answer::Exception(2) } else { Answer::Normal });
    device.put(1, 0, &[42]);
    let address = tcp(&device);
    let output = tokio::task::spawn_blocking(move || {
        let right = enmon(&["modbus", "read", &address, "holding", "0"]);
        assert!(String::from_utf8_lossy(&right.stdout).contains("42"));
        enmon(&["modbus", "read", &address, "holding", "1"])
    });
    let output = output.await.unwrap();
    assert_eq!(output.status.code(), Some(5));
    let talk = String::from_utf8(output.stderr).unwrap();
    assert!(talk.contains("count from 1"), "{talk}");
    assert_eq!(device.heard().iter().map(|heard| heard.address).collect::<Vec<_>>(), [0, 1]);
}

#[tokio::test]
async fn devices_behind_one_host_share_a_connection_and_one_request_is_on_its_way_at_a_time() {
    let device = Recorder::start();
    let units: Vec<u8> = (1..=8).collect();
    for unit in &units {
        device.put(*unit, 12, &[1]);
    }
    let profiles: Vec<_> = units
        .iter()
        .map(|unit| charger_profile(&format!("u{unit}"), &format!("unit: {unit}"), "", ""))
        .collect();
    let names: Vec<_> = units.iter().map(|unit| format!("u{unit}")).collect();
    let chargers: Vec<_> = names.iter().map(|name| (name.as_str(), tcp(&device), "")).collect();
    let mut plant = plant(&profiles, &chargers);
    for cycle in 1..=3 {
        plant.command(ChargerId(3), Amps(6.0 + cycle as f64));
        plant.observe(cycle);
        let mut acknowledged = false;
        let mut observed = 0;
        while observed < 8 || !acknowledged {
            match next(&mut plant).await {
                Event::Acknowledged { .. } => acknowledged = true,
                event => observed += usize::from(is_reading(&event)),
            }
        }
    }
    assert_eq!(device.connections(), (1, 1));
    assert!(!device.has_overlapped());
}

#[tokio::test]
async fn the_pause_between_requests_is_kept_for_limits_too() {
    let device = Recorder::start();
    device.put(1, 12, &[1]);
    let mut plant = plant(&[charger_profile("slow", "gap: 100ms", "", "")], &[("slow", tcp(&device), "")]);
    observe(&mut plant, 1, 1).await;
    command(&mut plant, 0, 10.0).await;
    observe(&mut plant, 2, 1).await;
    let heard = device.heard();
    assert!(heard.len() >= 4, "{heard:?}");
    for pair in heard.windows(2) {
        let pause = pair[1].at - pair[0].at;
        assert!(pause >= Duration::from_millis(100), "{pause:?} between {:?}", &pair);
    }
}

#[tokio::test]
async fn a_device_that_needs_time_after_a_connection_gets_it() {
    let device = Recorder::start();
    device.put(1, 12, &[1]);
    let profile = charger_profile("sleepy", "afterConnect: 1200ms", "", "");
    let mut plant = plant(&[profile], &[("sleepy", tcp(&device), "")]);
    let begun = Instant::now();
    assert!(is_reading(&observe(&mut plant, 1, 1).await[0]));
    let pause = device.heard()[0].at - begun;
    assert!(pause >= Duration::from_millis(1200), "{pause:?}");
}

#[tokio::test]
async fn after_a_timeout_the_socket_is_dropped_and_the_late_answer_with_it() {
    // the first request is answered when its patience is over: with another value than the second
    let device = Recorder::that(|heard| {
        if heard.connection == 0 {
            std::thread::sleep(Duration::from_millis(300));
        }
        Answer::Normal
    });
    device.put(1, 5, &[1, 2]);
    let address = tcp(&device).parse().unwrap();
    let patience = Duration::from_millis(200);
    let mut client = Client::new(address, ClientSettings { timeout: patience, ..ClientSettings::default() });
    let error = client.read(1, Table::Holding, 5, 1).await.unwrap_err();
    assert!(matches!(error, ModbusError::TimedOut { .. }), "{error}");
    assert_eq!(client.read(1, Table::Holding, 6, 1).await.unwrap(), [2]);
    let connections: Vec<usize> = device.heard().iter().map(|heard| heard.connection).collect();
    assert!(connections.contains(&1), "{connections:?}");
}

#[tokio::test]
async fn a_value_of_several_registers_is_written_in_one_request() {
    let device = Recorder::start();
    // state C, 16 A offered
    device.put(1, 0x400C, &[0, 0x0400, 0, 16_000]);
    let mut plant = plant(&[], &[("abb-terra-ac", tcp(&device), "")]);
    assert!(is_reading(&observe(&mut plant, 1, 1).await[0]));
    command(&mut plant, 0, 10.0).await;
    let writes: Vec<_> = device.writes().into_iter().filter(|heard| heard.address >= 0x4100).collect();
    let limit: Vec<_> = writes.iter().filter(|heard| heard.address <= 0x4101).collect();
    assert_eq!(limit.len(), 1, "{writes:?}");
    assert_eq!(
        (limit[0].function, limit[0].address, limit[0].words.as_slice()),
        (16, 0x4100, &[0, 10_000][..])
    );
}

#[tokio::test]
async fn devices_that_know_one_writing_function_hear_no_other() {
    for (writes, function) in [("single", 6), ("multiple", 16)] {
        let only = move |heard: &Heard| match heard.function {
            3 => Answer::Normal,
            known if known == function => Answer::Normal,
            _ => Answer::Exception(1),
        };
        let device = Recorder::that(only);
        device.put(1, 12, &[1]);
        let profile = charger_profile("picky", &format!("writes: {writes}"), "", "");
        let mut plant = plant(&[profile], &[("picky", tcp(&device), "")]);
        let event = command(&mut plant, 0, 10.0).await;
        assert!(matches!(event, Event::Acknowledged { .. }), "{writes}: {event:?}");
        assert_eq!(limits(&device).iter().map(|heard| heard.function).collect::<Vec<_>>(), [function]);
        assert_eq!(device.word(1, 10), Some(10));
    }
}

#[tokio::test]
async fn absent_values_are_no_readings() {
    let points = "  current: {table: holding, address: 20, type: f32, count: 3, unit: A}
  energy: {table: holding, address: 30, type: u16, unit: kWh, absent: [0xFFFF]}
  temperature: {table: holding, address: 31, type: i16, absent: [0x8000]}";
    let mut profile = charger_profile("absent", "unit: 1", points, "  currents: [current]");
    profile =
        profile.replace("type: u16, unit: A}\n  state", "type: u16, unit: A, absent: [0xFFFF]}\n  state");
    let device = Recorder::start();
    device.put(1, 12, &[3]);
    device.put(1, 20, &[0x7FC0, 0, 0x4120, 0, 0x7FC0, 0]);
    device.put(1, 30, &[0xFFFF, 0x8000]);
    device.put(1, 11, &[16]);
    let mut plant = plant(&[profile], &[("absent", tcp(&device), "")]);
    let events = observe(&mut plant, 1, 1).await;
    let Event::Observed { reading, .. } = &events[0] else { panic!("{events:?}") };
    let Values::Charger(charger) = &reading.value else { panic!("{events:?}") };
    assert_eq!(charger.offered, Amps(16.0));
    assert!(charger.drawn.iter().all(|amps| amps.0.is_finite()), "{charger:?}");
    assert_eq!(charger.drawn[1], Amps(10.0));
    // a charger that does not say what it offers has said nothing
    device.put(1, 11, &[0xFFFF]);
    let events = observe(&mut plant, 2, 1).await;
    assert!(matches!(&events[0], Event::Failed { error, .. } if error.contains("offered")), "{events:?}");
}

#[tokio::test]
async fn a_limit_that_is_taken_and_ignored_shows_in_what_is_offered() {
    let device = Recorder::start();
    device.put(1, 11, &[16, 3]);
    let mut plant =
        plant(&[charger_profile("stubborn", "unit: 1", "", "")], &[("stubborn", tcp(&device), "")]);
    let event = command(&mut plant, 0, 6.0).await;
    let Event::Acknowledged { setpoint, offered, .. } = event else { panic!("{event:?}") };
    assert_eq!((setpoint, offered), (Amps(6.0), Amps(16.0)));
    let heard = device.heard();
    let written = heard.iter().position(|heard| heard.address == 10).unwrap();
    let read_back = heard
        .iter()
        .skip(written)
        .any(|heard| heard.function == 3 && (heard.address..heard.address + heard.count).contains(&11));
    assert!(read_back, "{heard:?}");
}

#[tokio::test]
async fn registers_that_wear_out_take_no_limit_and_no_life_bit() {
    let wearing = |point: &str, charger: &str| {
        let text = charger_profile("w", "unit: 1", point, charger);
        let (profile, findings) = read("w.yaml", &text);
        assert!(profile.is_none());
        findings.iter().map(ToString::to_string).collect::<String>()
    };
    let limit = charger_profile("w", "unit: 1", "", "")
        .replace("access: write, plausible", "access: write, wears: true, plausible");
    let (profile, findings) = read("w.yaml", &limit);
    assert!(profile.is_none() && findings[0].to_string().contains("wears out"), "{}", findings[0]);
    let alive = "  alive: {table: holding, address: 40, type: u16, access: write, wears: true}";
    let feed = "  watchdog: {default: 10s, feed: {lifeBit: {point: alive, value: 1, every: 5s}}}";
    assert!(wearing(alive, feed).contains("wears out"), "{}", wearing(alive, feed));
}

/// Silent at first, silent later, refusing, or not there at all: neighbours on the same bus and on others go on.
#[tokio::test]
async fn a_charger_that_is_off_holds_up_neither_the_others_nor_the_start() {
    let bus = Recorder::that(|heard| match heard.unit {
        2 => Answer::None,
        3 => Answer::Exception(11),
        _ => Answer::Normal,
    });
    for unit in [1, 4] {
        bus.put(unit, 12, &[1]);
    }
    let alone = Recorder::start();
    alone.put(1, 12, &[1]);
    // a port that is taken, and nobody listens
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let profiles = [charger_profile("c", "unit: 1", "", "")];
    let chargers = [
        ("c", tcp(&bus), ", unit: 2"),
        ("c", tcp(&bus), ", unit: 3"),
        ("c", tcp(&bus), ", unit: 1"),
        ("c", tcp(&bus), ", unit: 4"),
        ("c", tcp(&alone), ""),
        ("c", format!("modbus+tcp://127.0.0.1:{port}"), ""),
    ];
    let mut plant = plant(&profiles, &chargers);
    let answered = |events: &[Event]| -> Vec<usize> {
        let mut answered: Vec<usize> = events
            .iter()
            .filter_map(|event| match event {
                Event::Observed { device: DeviceRef::Charger(index), .. } => Some(*index),
                _ => None,
            })
            .collect();
        answered.sort_unstable();
        answered
    };
    let first = observe(&mut plant, 1, chargers.len()).await;
    assert_eq!(answered(&first), [2, 3, 4]);
    // the one on a bus of its own waits for nobody
    let own =
        first.iter().position(|event| matches!(event, Event::Observed { device: DeviceRef::Charger(4), .. }));
    let silent =
        first.iter().position(|event| matches!(event, Event::Failed { device: DeviceRef::Charger(0), .. }));
    assert!(own < silent, "{first:?}");
    // the silent one is asked less often: its time-out is not paid in each cycle
    let asked = |device: &Recorder| device.heard().iter().filter(|heard| heard.unit == 2).count();
    let before = asked(&bus);
    for cycle in 2..=6 {
        assert_eq!(answered(&observe(&mut plant, cycle, chargers.len()).await), [2, 3, 4]);
    }
    assert!(asked(&bus) - before <= 2, "{} requests to a silent unit", asked(&bus) - before);
    let event = command(&mut plant, 2, 10.0).await;
    assert!(matches!(event, Event::Acknowledged { .. }), "{event:?}");
    let event = command(&mut plant, 5, 10.0).await;
    assert!(matches!(event, Event::NotAcknowledged { failure: Failure::NotReached, .. }), "{event:?}");
}
