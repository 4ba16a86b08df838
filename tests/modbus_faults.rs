//! What a Modbus client must survive, on real sockets: silence, slowness, resets, garbage, answers to something else.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod modbus;

use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use enmon::modbus::{
    Behaviour, Client, ClientSettings, DeviceMap, Exception, ModbusError, Value, plan_reads, read_points,
};
use enmon::profile::{Profile, Table};
use enmon::site::Address;
use modbus::device::{Device, Memory};
use modbus::enmon;
use modbus::script::{Script, answer};

const TIMEOUT: Duration = Duration::from_millis(200);

fn client(port: u16) -> Client {
    let address = Address::ModbusTcp { host: "127.0.0.1".into(), port };
    Client::new(address, ClientSettings { timeout: TIMEOUT, ..ClientSettings::default() })
}

async fn read(client: &mut Client) -> Result<Vec<u16>, ModbusError> {
    client.read(1, Table::Holding, 5, 1).await
}

fn device() -> Device {
    Device::start(Memory::default().with(1, Table::Holding, 5, &[42, 43]))
}

/// Lets a device misbehave, and checks the failure and that the client reads right values afterwards.
async fn assert_survives(behaviour: Behaviour, is_expected: fn(&ModbusError) -> bool) {
    let device = device();
    let mut client = client(device.port);
    assert_eq!(read(&mut client).await.unwrap(), [42]);
    device.behave(behaviour);
    let begun = Instant::now();
    let error = read(&mut client).await.unwrap_err();
    assert!(is_expected(&error), "{error:?}");
    assert!(begun.elapsed() < TIMEOUT * 5, "took {:?}", begun.elapsed());
    let text = error.to_string();
    assert!(text.contains(&device.address()) && text.contains("unit 1") && text.contains("0x0005"), "{text}");
    device.behave(Behaviour::Normal);
    assert_eq!(client.read(1, Table::Holding, 6, 1).await.unwrap(), [43], "after {error}");
}

#[tokio::test]
async fn silence_ends_with_the_timeout() {
    assert_survives(Behaviour::Silent, |error| matches!(error, ModbusError::TimedOut { .. })).await;
}

#[tokio::test]
async fn a_late_answer_is_not_taken_for_the_next() {
    let late = Behaviour::Slow(TIMEOUT + TIMEOUT / 2);
    assert_survives(late, |error| matches!(error, ModbusError::TimedOut { .. })).await;
}

#[tokio::test]
async fn an_answer_in_time_is_taken_however_slow() {
    let device = device();
    device.behave(Behaviour::Slow(TIMEOUT / 4));
    assert_eq!(read(&mut client(device.port)).await.unwrap(), [42]);
}

#[tokio::test]
async fn a_reset_is_a_lost_connection() {
    assert_survives(Behaviour::Reset, |error| matches!(error, ModbusError::ConnectionLost { .. })).await;
}

#[tokio::test]
async fn garbage_is_told_at_once() {
    assert_survives(Behaviour::Garbage, |error| matches!(error, ModbusError::Garbage { .. })).await;
}

#[tokio::test]
async fn a_refusal_is_no_failure_of_the_connection() {
    let device = device();
    let mut client = client(device.port);
    device.behave(Behaviour::Exception(Exception::ServerDeviceBusy));
    let error = read(&mut client).await.unwrap_err();
    assert!(error.is_refusal(), "{error:?}");
    assert!(client.is_connected());
    device.behave(Behaviour::Normal);
    assert_eq!(read(&mut client).await.unwrap(), [42]);
}

#[tokio::test]
async fn ignored_writes_show_when_they_are_read_back() {
    let device = device();
    let mut client = client(device.port);
    device.behave(Behaviour::IgnoreWrites);
    client.write_register(1, 5, 7).await.unwrap();
    assert_eq!(read(&mut client).await.unwrap(), [42]);
    device.behave(Behaviour::Normal);
    client.write_registers(1, 5, &[7, 8]).await.unwrap();
    assert_eq!(client.read(1, Table::Holding, 5, 2).await.unwrap(), [7, 8]);
}

/// Each is an answer to something else than was asked.
#[tokio::test]
async fn answers_that_do_not_belong_to_the_request_drop_the_connection() {
    type Spoil = fn(&mut Vec<u8>);
    let spoils: [(&str, Spoil); 8] = [
        ("transaction", |bytes| bytes[1] ^= 1),
        ("protocol", |bytes| bytes[3] = 1),
        ("unit", |bytes| bytes[6] = 2),
        ("function", |bytes| bytes[7] = 4),
        ("too many values", |bytes| bytes[8] = 4),
        ("too few values", |bytes| {
            bytes[5] = 3;
            bytes.truncate(9);
            bytes[8] = 0;
        }),
        ("a byte too many", |bytes| bytes.push(0)),
        ("endless length", |bytes| bytes[4] = 0xFF),
    ];
    for (name, spoil) in spoils {
        let script = Script::start(move |number, request, stream| {
            let mut bytes = answer(request, 42);
            if number == 0 {
                spoil(&mut bytes);
            }
            stream.write_all(&bytes).is_ok()
        });
        let mut client = client(script.port);
        let error = read(&mut client).await.unwrap_err();
        assert!(matches!(error, ModbusError::Garbage { .. }), "{name}: {error:?}");
        assert!(!client.is_connected(), "{name}");
        assert_eq!(read(&mut client).await.unwrap(), [42], "{name}");
        assert_eq!(script.connections(), 2, "{name}");
    }
}

#[tokio::test]
async fn a_socket_is_never_used_again_after_a_timeout() {
    let (late, when_late) = std::sync::mpsc::channel::<()>();
    let script = Script::start(move |number, request, stream| {
        if number == 0 {
            // the answer is sent when the client has given up: its socket is gone by then, or must not be read
            when_late.recv().unwrap();
        }
        stream.write_all(&answer(request, 100 + number as u16)).is_ok()
    });
    let mut client = client(script.port);
    assert!(matches!(read(&mut client).await.unwrap_err(), ModbusError::TimedOut { .. }));
    late.send(()).unwrap();
    assert_eq!(read(&mut client).await.unwrap(), [101]);
    assert_eq!(script.connections(), 2);
}

#[tokio::test]
async fn a_caller_that_gives_up_leaves_no_answer_behind() {
    let (late, when_late) = std::sync::mpsc::channel::<()>();
    let script = Script::start(move |number, request, stream| {
        if number == 0 {
            when_late.recv().unwrap();
        }
        stream.write_all(&answer(request, 100 + number as u16)).is_ok()
    });
    let mut client = client(script.port);
    let gave_up = tokio::time::timeout(TIMEOUT / 4, read(&mut client)).await;
    assert!(gave_up.is_err());
    assert!(!client.is_connected());
    late.send(()).unwrap();
    assert_eq!(read(&mut client).await.unwrap(), [101]);
}

#[tokio::test]
async fn an_answer_may_come_byte_by_byte() {
    let script = Script::start(|_, request, stream| {
        stream.set_nodelay(true).unwrap();
        answer(request, 4242).chunks(1).all(|byte| stream.write_all(byte).is_ok())
    });
    assert_eq!(read(&mut client(script.port)).await.unwrap(), [4242]);
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_is_renewed_unnoticed() {
    let (closed, when_closed) = tokio::sync::mpsc::unbounded_channel();
    let script = Script::start(move |number, request, stream| {
        stream.write_all(&answer(request, 42)).unwrap();
        if number == 0 {
            stream.shutdown(std::net::Shutdown::Both).unwrap();
            closed.send(()).unwrap();
        }
        number > 0
    });
    let (mut client, mut when_closed) = (client(script.port), when_closed);
    assert_eq!(read(&mut client).await.unwrap(), [42]);
    when_closed.recv().await.unwrap();
    assert_eq!(read(&mut client).await.unwrap(), [42]);
    assert_eq!(script.connections(), 2);
}

#[tokio::test]
async fn a_dead_device_fails_at_once_and_comes_back_by_itself() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut client = client(port);
    assert!(matches!(read(&mut client).await.unwrap_err(), ModbusError::Unreachable { .. }));
    let begun = Instant::now();
    assert!(matches!(read(&mut client).await.unwrap_err(), ModbusError::BackingOff { .. }));
    assert!(begun.elapsed() < Duration::from_millis(50), "took {:?}", begun.elapsed());

    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 12];
        while std::io::Read::read_exact(&mut stream, &mut request).is_ok() {
            stream.write_all(&answer(&request, 42)).unwrap();
        }
    });
    let back = async {
        loop {
            match read(&mut client).await {
                Ok(words) => return words,
                Err(ModbusError::BackingOff { wait_ms, .. }) => {
                    tokio::time::sleep(Duration::from_millis(wait_ms + 1)).await;
                }
                Err(error) => panic!("{error:?}"),
            }
        }
    };
    assert_eq!(tokio::time::timeout(Duration::from_secs(5), back).await.unwrap(), [42]);
}

#[tokio::test]
async fn the_pauses_that_a_device_needs_are_kept() {
    let device = device();
    let pause = Duration::from_millis(60);
    let address: Address = device.address().parse().unwrap();
    let settings = ClientSettings { gap: pause, after_connect: pause, ..ClientSettings::default() };
    let mut client = Client::new(address, settings);
    let begun = Instant::now();
    for _ in 0..3 {
        assert_eq!(read(&mut client).await.unwrap(), [42]);
    }
    // one after connecting, two between three requests
    assert!(begun.elapsed() >= pause * 3, "took {:?}", begun.elapsed());
}

#[tokio::test]
async fn requests_that_make_no_sense_are_not_sent() {
    let script = Script::start(|_, _, _| false);
    let mut client = client(script.port);
    for error in [
        client.read(1, Table::Holding, 0, 0).await.unwrap_err(),
        client.read(1, Table::Holding, 0xFFFF, 2).await.unwrap_err(),
        client.write_registers(1, 0, &[0; 124]).await.unwrap_err(),
        client.write_coils(1, 0, &[]).await.unwrap_err(),
    ] {
        assert!(matches!(error, ModbusError::Invalid { .. }), "{error:?}");
    }
    assert_eq!(script.connections(), 0);
}

#[tokio::test]
async fn a_hole_between_two_points_does_not_hide_them() {
    let memory = Memory::default().with(1, Table::Holding, 10, &[1]).with(1, Table::Holding, 14, &[2]);
    let device = Device::start(memory);
    let profile: Profile = serde_json::from_value(serde_json::json!({
        "apiVersion": "enmon/v1", "kind": "Profile", "name": "x", "vendor": "x", "model": "x",
        "sources": [{"document": "x"}], "modbus": {},
        "points": {
            "near": {"table": "holding", "address": 10, "type": "u16"},
            "far": {"table": "holding", "address": 14, "type": "u16"}
        }
    }))
    .unwrap();
    let map = DeviceMap::new(Arc::new(profile), 1, None).unwrap();
    let blocks = plan_reads(&map, ["far", "near"]);
    assert_eq!(blocks.len(), 1, "both in one read, over the hole");
    let readings = read_points(&mut client(device.port), 1, &map, &blocks).await.unwrap();
    assert_eq!(readings["near"], [Value::Integer(1)]);
    assert_eq!(readings["far"], [Value::Integer(2)]);
}

#[test]
fn a_server_takes_so_many_connections_and_no_more() {
    let device = device();
    let connect = || std::net::TcpStream::connect(("127.0.0.1", device.port)).unwrap();
    let request = [0, 1, 0, 0, 0, 6, 1, 3, 0, 5, 0, 1];
    let asks = |stream: &mut std::net::TcpStream| {
        let mut reply = [0; 11];
        stream.write_all(&request).is_ok() && std::io::Read::read_exact(stream, &mut reply).is_ok()
    };
    let mut streams: Vec<_> = (0..32).map(|_| connect()).collect();
    assert!(streams.iter_mut().all(asks));
    assert!(!asks(&mut connect()), "a 33rd connection was served");
}

#[test]
fn the_command_tells_failures_apart() {
    let device = device();
    let read = |arguments: &[&str]| {
        let address = device.address();
        let output =
            enmon(&[&["modbus", "read", &address, "holding", "5", "--timeout", "300ms"], arguments].concat());
        assert!(output.stdout.is_empty());
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for (behaviour, code, words) in [
        (Behaviour::Silent, 4, "no answer within 300 ms"),
        (Behaviour::Reset, 4, "connection was lost"),
        (Behaviour::Garbage, 4, "not Modbus TCP"),
        (Behaviour::Exception(Exception::GatewayTargetFailedToRespond), 5, "unit is silent"),
    ] {
        device.behave(behaviour);
        let (exit, talk) = read(&[]);
        assert_eq!(exit, Some(code), "{talk}");
        assert!(talk.contains(words) && talk.contains("hint") == (code == 4), "{talk}");
    }
    device.behave(Behaviour::Garbage);
    let (_, talk) = read(&["--raw"]);
    assert!(talk.contains("48 54 54 50") && talk.contains("no Modbus TCP"), "{talk}");
}

#[test]
fn a_way_that_can_not_be_gone_is_named() {
    for (address, code, words) in [
        ("modbus+tls://127.0.0.1", 2, "whom is to be trusted"),
        ("https://127.0.0.1", 2, "is no Modbus address"),
        ("modbus+rtu:///missing/ttyUSB0", 4, "/missing/ttyUSB0 can't be reached"),
    ] {
        let output = enmon(&["modbus", "read", address, "holding", "0"]);
        assert_eq!(output.status.code(), Some(code), "{address}");
        let talk = String::from_utf8(output.stderr).unwrap();
        assert!(talk.contains(words), "{talk}");
    }
}
