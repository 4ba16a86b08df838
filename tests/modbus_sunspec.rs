//! SunSpec devices on real sockets: the chain of models is found, scale factors are applied, nonsense ends.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod modbus;

use std::sync::Arc;
use std::time::Duration;

use enmon::modbus::{
    Client, ClientSettings, DeviceMap, ModbusError, SUNSPEC_BASES, SunSpecError, Value, discover, plan_reads,
    read_points, write_point,
};
use enmon::profile::{Catalogue, Profile, Table};
use modbus::device::{Device, Memory};
use modbus::recorder::{Answer, Recorder};

const MARKER: [u16; 2] = [0x5375, 0x6E53];

fn client(port: u16) -> Client {
    let settings = ClientSettings { timeout: Duration::from_millis(300), ..ClientSettings::default() };
    Client::new(format!("modbus+tcp://127.0.0.1:{port}").parse().unwrap(), settings)
}

fn built_in(name: &str) -> Arc<Profile> {
    Arc::new(Catalogue::built_in().get(name).unwrap().clone())
}

/// A model: id, length, and what stands at which place counted from the id.
type Model<'a> = (u16, u16, &'a [(usize, &'a [u16])]);

/// The registers of a device with these models.
fn registers(models: &[Model<'_>]) -> Vec<u16> {
    let mut words = MARKER.to_vec();
    for (id, length, points) in models {
        let start = words.len();
        words.extend([*id, *length]);
        words.resize(start + 2 + usize::from(*length), 0);
        for (at, values) in *points {
            words[start + at..start + at + values.len()].copy_from_slice(values);
        }
    }
    words.extend([0xFFFF, 0]);
    words
}

fn device(base: u16, words: &[u16]) -> Device {
    Device::start(Memory::default().with(1, Table::Holding, base, words))
}

async fn values(client: &mut Client, map: &DeviceMap, point: &str) -> Vec<Value> {
    let readings = read_points(client, 1, map, &plan_reads(map, [point])).await.unwrap();
    readings[point].clone()
}

#[tokio::test]
async fn the_models_are_found_at_any_of_the_usual_places() {
    let words = registers(&[(1, 66, &[]), (103, 50, &[]), (123, 24, &[])]);
    for base in SUNSPEC_BASES {
        let device = device(base, &words);
        let chain = discover(&mut client(device.port), 1, &SUNSPEC_BASES).await.unwrap();
        let found: Vec<_> = chain.models.iter().map(|model| (model.id, model.address - base)).collect();
        assert_eq!((chain.base, found), (base, vec![(1, 2), (103, 70), (123, 122)]));
    }
}

#[tokio::test]
async fn a_chain_without_an_end_ends_where_the_registers_do() {
    let words = registers(&[(1, 66, &[]), (203, 105, &[])]);
    let device = device(0, &words[..words.len() - 2]);
    let chain = discover(&mut client(device.port), 1, &[40_000, 0]).await.unwrap();
    assert_eq!(chain.models.len(), 2);
}

#[tokio::test]
async fn nonsense_is_said_and_never_walked_for_ever() {
    let endless = Recorder::start();
    endless.put(1, 40_000, &MARKER);
    for at in 0..12_000 {
        endless.put(1, 40_002 + 2 * at, &[1, 0]);
    }
    let error = discover(&mut client(endless.port), 1, &SUNSPEC_BASES).await.unwrap_err();
    assert!(
        matches!(error, SunSpecError::NoChain { .. }) && error.to_string().contains("not ended"),
        "{error}"
    );
    assert!(endless.heard().len() < 200, "{} requests", endless.heard().len());
    for (words, said) in [([0x0067, 60_000], "goes beyond the last address"), ([0, 0], "id 0 at 40002")] {
        let device = device(40_000, &[MARKER, words].concat());
        let error = discover(&mut client(device.port), 1, &SUNSPEC_BASES).await.unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
    let other = device(40_000, &[1, 2, 3, 4]);
    let error = discover(&mut client(other.port), 1, &SUNSPEC_BASES).await.unwrap_err();
    assert!(error.to_string().ends_with("no SunSpec marker at 40000, 0, 50000"), "{error}");
}

#[tokio::test]
async fn a_silent_device_is_asked_once_and_not_at_each_place() {
    let silent = Recorder::that(|_| Answer::None);
    let error = discover(&mut client(silent.port), 1, &SUNSPEC_BASES).await.unwrap_err();
    assert!(matches!(error, SunSpecError::Modbus(ModbusError::TimedOut { .. })), "{error}");
    assert_eq!(silent.heard().len(), 1);
}

#[tokio::test]
async fn a_meter_reads_in_its_units_with_the_scale_factors_of_the_moment() {
    let amps: &[(usize, &[u16])] =
        &[(3, &[1234, 0xFF85, 0x8000, 0xFFFE]), (15, &[0x8000]), (18, &[0xFF9C]), (22, &[1])];
    // a delta meter has the layout of a star meter
    let words = registers(&[(1, 66, &[]), (204, 105, amps)]);
    let device = device(40_000, &words);
    let mut client = client(device.port);
    let map = DeviceMap::resolve(&mut client, 1, built_in("sunspec-meter"), 1).await.unwrap();
    let number = Value::Number;
    assert_eq!(values(&mut client, &map, "currents").await, [number(12.34), number(-1.23), Value::Absent]);
    assert_eq!(values(&mut client, &map, "voltages").await, vec![Value::Absent; 3], "no scale factor");
    assert_eq!(values(&mut client, &map, "power").await, [number(-1000.0)]);
    // some devices change their scale factors while they run
    let write = client.write_registers(1, 40_070 + 3, &[123, 12, 0, 0xFFFF]).await;
    write.unwrap();
    assert_eq!(values(&mut client, &map, "currents").await, [number(12.3), number(1.2), number(0.0)]);
}

#[tokio::test]
async fn an_inverter_takes_a_limit_in_percent_and_one_without_controls_takes_none() {
    let with_controls = registers(&[(1, 66, &[]), (103, 50, &[]), (123, 24, &[(23, &[0xFFFF])])]);
    let device = device(40_000, &with_controls);
    let mut client = client(device.port);
    let map = DeviceMap::resolve(&mut client, 1, built_in("sunspec-inverter"), 1).await.unwrap();
    write_point(&mut client, 1, &map, "power-limit", &Value::Number(62.5)).await.unwrap();
    assert_eq!(device.memory.words(1, Table::Holding, 40_122 + 5, 1), [625]);

    let bare = self::device(40_000, &registers(&[(1, 66, &[]), (101, 50, &[])]));
    let mut client = self::client(bare.port);
    let map = DeviceMap::resolve(&mut client, 1, built_in("sunspec-inverter"), 1).await.unwrap();
    let error = write_point(&mut client, 1, &map, "power-limit", &Value::Number(50.0)).await.unwrap_err();
    assert!(error.to_string().contains("the device has no SunSpec model 123"), "{error}");
}

#[tokio::test]
async fn a_device_of_another_kind_is_named() {
    let device = device(40_000, &registers(&[(1, 66, &[]), (103, 50, &[])]));
    let error =
        DeviceMap::resolve(&mut client(device.port), 1, built_in("sunspec-meter"), 1).await.unwrap_err();
    let said = "it has none of the SunSpec models 201, 202, 203, 204 of profile sunspec-meter; it has 1, 103";
    assert!(error.to_string().contains(said), "{error}");
}
