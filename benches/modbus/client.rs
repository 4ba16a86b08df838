//! enmon's client, as a process of its own: one connection on a runtime of one thread, or one task for each device on the runtime that the
//! program has.

use std::io::Read;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use enmon::modbus::{Client, ClientSettings, ModbusError};
use enmon::profile::Table;
use enmon::runtime;
use enmon::site::Address;
use rustix::time::{ClockId, clock_gettime};

use crate::load::{Kind, Outcome};

/// Not measured: connections come up, caches fill.
const WARM_UP: Duration = Duration::from_millis(200);
const WORDS: [u16; 123] = [0x1234; 123];

/// Processor time of this process, all its threads.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn client(port: u16) -> Client {
    let settings = ClientSettings { timeout: Duration::from_secs(10), ..ClientSettings::default() };
    Client::new(Address::ModbusTcp { host: "127.0.0.1".into(), port }, settings)
}

async fn ask(client: &mut Client, kind: Kind) -> Result<(), ModbusError> {
    match kind {
        Kind::Read(count) => {
            let words = client.read(1, Table::Holding, 0, count).await?;
            assert_eq!(words.len(), usize::from(count));
            Ok(())
        }
        Kind::Write(count) => client.write_registers(1, 0, &WORDS[..usize::from(count)]).await,
    }
}

async fn sequential(port: u16, kind: Kind, time: Duration) -> Result<Outcome, ModbusError> {
    let mut client = client(port);
    let begun = Instant::now();
    while begun.elapsed() < WARM_UP {
        ask(&mut client, kind).await?;
    }
    let (begun, cpu) = (Instant::now(), cpu_seconds());
    let mut transactions = 0;
    while begun.elapsed() < time {
        ask(&mut client, kind).await?;
        transactions += 1;
    }
    Ok(Outcome { transactions, seconds: begun.elapsed().as_secs_f64(), cpu_seconds: cpu_seconds() - cpu })
}

async fn concurrent(ports: Vec<u16>, kind: Kind, time: Duration) -> Result<Outcome, ModbusError> {
    let transactions = Arc::new(AtomicU64::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for port in ports {
        let mut client = client(port);
        // connected one after the other: a server's queue of connections is short
        ask(&mut client, kind).await?;
        let transactions = Arc::clone(&transactions);
        tasks.spawn(async move {
            loop {
                if let Err(error) = ask(&mut client, kind).await {
                    return error;
                }
                transactions.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    tokio::time::sleep(WARM_UP).await;
    let (begun, cpu, before) = (Instant::now(), cpu_seconds(), transactions.load(Ordering::Relaxed));
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        Some(Ok(error)) = tasks.join_next() => return Err(error),
    }
    let transactions = transactions.load(Ordering::Relaxed) - before;
    Ok(Outcome { transactions, seconds: begun.elapsed().as_secs_f64(), cpu_seconds: cpu_seconds() - cpu })
}

/// Does what the arguments say.
pub fn main(mode: &str, kind: &str, seconds: &str) -> ExitCode {
    let kind = Kind::from_word(kind).expect("a kind");
    let time = Duration::from_secs_f64(seconds.parse().expect("seconds"));
    let mut ports = String::new();
    std::io::stdin().read_to_string(&mut ports).expect("ports on stdin");
    let ports: Vec<u16> = ports.split_whitespace().map(|port| port.parse().expect("a port")).collect();
    let outcome = match mode {
        "sequential" => {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(sequential(ports[0], kind, time))
        }
        _ => runtime::block_on(None, concurrent(ports, kind, time)).expect("a runtime"),
    };
    match outcome {
        Ok(outcome) => {
            println!("{}", serde_json::to_string(&outcome).expect("JSON"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
