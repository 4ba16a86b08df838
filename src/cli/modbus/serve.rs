//! `enmon modbus serve`: a Modbus device that behaves, or misbehaves, as it is told.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Stdin};
use tokio::sync::mpsc;

use super::serve_device::{DeviceArgs, Served};
use super::serve_listen::ListenArgs;
use super::serve_words::{Order, OrderError};
use crate::cli::Context;
use crate::error::{Error, Kind, Result};
use crate::modbus::{Behaviour, Framing, Handled, RequestLog, ServerLimits, WearCounter, serve_on};
use crate::profile::Table as RegisterTable;
use crate::runtime;
use crate::site::{Address, Period};
use crate::ui::{Cell, Column, OutputFormat, Report, Table};

/// The longest order that is read from stdin.
const LONGEST_ORDER: u64 = 4096;
/// Most requests that wait to be shown; a reader that is slower misses some, and no client waits for it.
const MOST_NEWS: usize = 1024;

/// Flags of `enmon modbus serve`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon modbus serve --profile abb-terra-ac --listen modbus+tcp://127.0.0.1:5031 --commands
  enmon modbus serve --profile eastron-sdm630 --listen modbus+rtu:pty --link /tmp/meter
  enmon modbus serve --registers registers.yaml --listen modbus+tcp://127.0.0.1:0 -o json --log
  enmon modbus serve --profile abb-terra-ac --behave 'exception 6' --every 3
  enmon modbus serve --profile abb-terra-ac --listen modbus+tls://0.0.0.0:802 --cert s.pem --key s.key --clients-ca ca.pem

A file of registers (type is one of u16 i16 u32 i32 u64 i64 f32 f64 string bits bcd; without it, u16):
  apiVersion: enmon/v1
  kind: Registers
  units:
    1:
      holding:
        0x4010: {type: u32, values: [16000, 15999, 0]}
        100: 513
        101: [1, 2, 3]
        300: {values: [16], wears: true, name: limit}
        310: {type: i16, scale: 0.1, wordOrder: big, byteOrder: big, access: read, values: [-2.5]}
      input: {6: {type: f32, values: [16.1, 16.2, 16]}}
      coil: {0: [true, false]}
      discrete: {0: true}

Behaviours, for --behave and for stdin (with --commands, one a line; `once` is for the next request, `unit N` for one unit):
  [unit N] [once] normal|drop|garbage|ignore-writes|stale|reset|close
  [unit N] [once] delay TIME|late TIME|exception CODE
  [unit N] [once] wrong-transaction|truncated|bad-checksum
  every N        from now on only every Nth request is treated so
  wear           how often registers were written that wear out
With --profile also what `enmon sim run --commands` takes: plug charger max=16, base main 30 30 30, truth.

Without TLS and --clients-ca nothing but loopback and serial ports is served, unless --beyond-loopback says so. A real serial port takes
parity and data bits as they are said, or is refused; a pseudo-terminal has neither.

Exit codes:
  0  ended by Ctrl-C, SIGTERM or --for
  1  the port can't be had, or was lost
  2  the flags make no sense, or would let everybody in
  3  the registers, the profile or a certificate can't be used")]
pub(super) struct ServeArgs {
    #[command(flatten)]
    device: DeviceArgs,
    #[command(flatten)]
    listen: ListenArgs,
    /// Behave so, for example drop or 'delay 300ms'
    #[arg(long, value_name = "BEHAVIOUR", default_value = "normal")]
    behave: Behaviour,
    /// Behave so for every Nth request only
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    every: u32,
    /// Most connections at a time; further ones are closed
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..))]
    most_connections: u16,
    /// Close a connection on which nothing has come for so long
    #[arg(long, value_name = "TIME")]
    idle: Option<Period>,
    /// Warn when a register that wears out has been written so often
    #[arg(long, value_name = "N", default_value_t = 100)]
    wear_limit: u64,
    /// Show every request
    #[arg(long)]
    log: bool,
    /// Obey behaviours and commands on stdin
    #[arg(long)]
    commands: bool,
    /// Stop after this time; without it, at Ctrl-C or SIGTERM
    #[arg(long = "for", value_name = "TIME")]
    time: Option<Period>,
}

/// Where the device is reached.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ServeReady {
    api_version: &'static str,
    kind: &'static str,
    address: Address,
    units: Vec<u8>,
    /// The link to the pseudo-terminal.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<PathBuf>,
    /// Name of the simulated device in commands.
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
}

impl Report for ServeReady {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let units: Vec<String> = self.units.iter().map(ToString::to_string).collect();
        let mut table = Table::new([Column::text("address"), Column::text("units")]);
        table.row([Cell::new(&self.address), Cell::new(units.join(", "))]);
        table.render(out)
    }
}

/// A request that was handled.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestReport {
    api_version: &'static str,
    kind: &'static str,
    unit: u8,
    request: String,
    behaviour: String,
    /// The frame that went back, in hexadecimal; `null`: none.
    answer: Option<String>,
}

impl Report for RequestReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let answer = self.answer.as_deref().unwrap_or("no answer");
        writeln!(out, "unit {}: {} ({}) → {answer}", self.unit, self.request, self.behaviour)
    }
}

/// How often registers were written that wear out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WearReport {
    api_version: &'static str,
    kind: &'static str,
    registers: Vec<WearEntry>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WearEntry {
    name: String,
    unit: u8,
    table: RegisterTable,
    /// First register, counted from 0.
    register: u16,
    writes: u64,
}

impl WearReport {
    fn of(wear: &WearCounter) -> WearReport {
        let registers = wear.counts().into_iter().map(|(range, writes)| WearEntry {
            name: range.name,
            unit: range.unit,
            table: range.table,
            register: range.address,
            writes,
        });
        WearReport { api_version: "enmon/v1", kind: "ModbusWear", registers: registers.collect() }
    }
}

impl Report for WearReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table =
            Table::new([Column::text("wears"), Column::text("register"), Column::count("writes")]);
        for entry in &self.registers {
            let place = format!("unit {} {:#06X}", entry.unit, entry.register);
            table.row([Cell::new(&entry.name), Cell::new(place), Cell::new(entry.writes)]);
        }
        table.render(out)
    }
}

/// What a server has to tell.
enum News {
    Handled(Handled),
    Worn(String),
}

/// Runs `enmon modbus serve`.
pub(super) async fn run(args: ServeArgs, context: &Context) -> Result<()> {
    let signals = runtime::listen()
        .map_err(|error| Error::from_source(Kind::Failed, "signals can't be caught", &error))?;
    let stop = signals.stop;
    let served = args.device.make(context, &stop)?;
    let entrance = args.listen.open(served.serial.as_ref()).await?;
    served.conduct.set(args.behave);
    served.conduct.set_every(args.every);
    let (tell, news) = mpsc::channel(MOST_NEWS);
    warn_of_wear(&served.wear, args.wear_limit, tell.clone());
    let limits = ServerLimits {
        most_connections: usize::from(args.most_connections),
        idle: args.idle.map(|idle| idle.0).filter(|idle| *idle > Duration::ZERO),
    };
    let log = args.log.then(|| log_to(tell.clone()));
    let framing = entrance.framing;
    let ready = ServeReady {
        api_version: "enmon/v1",
        kind: "ModbusServer",
        address: entrance.address,
        units: served.units.clone(),
        link: entrance.link.as_ref().map(|link| link.path.clone()),
        device: served.simulated.as_ref().map(|(name, _)| name.clone()),
    };
    let server = serve_on(entrance.listener, Arc::clone(&served.conduct), limits, log, stop.clone());
    let server = tokio::spawn(server);
    print(context, &ready)?;
    context.ui.say("Ctrl-C ends the server");
    let mut desk = Desk { context, served, framing, input: BufReader::new(tokio::io::stdin()) };
    desk.check_checksum(args.behave);
    let lost = "the port was lost";
    let outcome = tokio::select! {
        () = stop.cancelled() => Ok(()),
        () = after(args.time) => Ok(()),
        outcome = desk.attend(args.commands, news) => outcome,
        ended = server => match ended {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Error::from_source(Kind::Failed, lost, &error)),
            Err(error) => Err(Error::from_source(Kind::Bug, lost, &error)),
        },
    };
    stop.cancel();
    desk.show_wear_at_the_end()?;
    outcome
}

async fn after(time: Option<Period>) {
    match time {
        Some(time) => tokio::time::sleep(time.0).await,
        None => std::future::pending().await,
    }
}

fn log_to(tell: mpsc::Sender<News>) -> RequestLog {
    Arc::new(move |handled| {
        // a reader that is slow misses some; no client waits for it
        let _ = tell.try_send(News::Handled(handled));
    })
}

fn warn_of_wear(wear: &WearCounter, limit: u64, tell: mpsc::Sender<News>) {
    wear.on_write(move |range, count| {
        // at the limit, and each time that ten times as much has come together
        let is_due = count == limit || (count > limit && count.is_multiple_of(limit.max(1) * 10));
        if is_due {
            let place = format!("unit {} register {:#06X}", range.unit, range.address);
            let text = format!(
                "{} ({place}) wears out, and was written {count} times: a real one lasts about 100000 writes",
                range.name
            );
            let _ = tell.try_send(News::Worn(text));
        }
    });
}

/// Prints an object of a stream: a line of JSON, a document of YAML, or text.
fn print(context: &Context, report: &impl Report) -> Result<()> {
    match context.ui.format() {
        OutputFormat::Json => context.ui.print_json_line(report),
        OutputFormat::Yaml => context.ui.print_text(b"---\n").and_then(|()| context.ui.print(report)),
        OutputFormat::Table => context.ui.print(report),
    }
}

/// What listens to the person in front of the server.
struct Desk<'a> {
    context: &'a Context,
    served: Served,
    framing: Framing,
    input: BufReader<Stdin>,
}

impl Desk<'_> {
    /// Shows news and obeys orders; a stdin that is closed changes nothing.
    async fn attend(&mut self, mut obeys: bool, mut news: mpsc::Receiver<News>) -> Result<()> {
        let mut line = Vec::new();
        loop {
            let input = &mut self.input;
            let read = async { input.take(LONGEST_ORDER).read_until(b'\n', &mut line).await };
            tokio::select! {
                biased;
                Some(told) = news.recv() => self.show(told)?,
                read = read, if obeys => match read {
                    Ok(0) => obeys = false,
                    Ok(_) => {
                        self.obey(&String::from_utf8_lossy(&line))?;
                        line.clear();
                    }
                    Err(error) => {
                        self.context.ui.warn(&format!("stdin can't be read any more: {error}"));
                        obeys = false;
                    }
                },
            }
        }
    }

    fn show(&self, news: News) -> Result<()> {
        let handled = match news {
            News::Handled(handled) => handled,
            News::Worn(text) => {
                self.context.ui.warn(&text);
                return Ok(());
            }
        };
        let hex: Vec<String> = handled.answer.iter().map(|byte| format!("{byte:02X}")).collect();
        let report = RequestReport {
            api_version: "enmon/v1",
            kind: "ModbusRequest",
            unit: handled.unit,
            request: handled.request,
            behaviour: handled.behaviour.to_string(),
            answer: (!hex.is_empty()).then(|| hex.join(" ")),
        };
        print(self.context, &report)
    }

    fn obey(&self, line: &str) -> Result<()> {
        let conduct = &self.served.conduct;
        match line.parse::<Order>() {
            Ok(Order::Nothing) => {}
            Ok(Order::Behave { unit, is_once, behaviour }) => {
                self.check_checksum(behaviour);
                match (unit, is_once) {
                    (unit, true) => conduct.set_once(unit, behaviour),
                    (Some(unit), false) => conduct.set_unit(unit, behaviour),
                    (None, false) => conduct.set(behaviour),
                }
            }
            Ok(Order::Every(every)) => conduct.set_every(every),
            Ok(Order::Wear) => print(self.context, &WearReport::of(&self.served.wear))?,
            Err(OrderError::Unknown(error)) => return self.tell_simulation(line, &error.to_string()),
            // a slip of the pen does not end the server
            Err(OrderError::Wrong(text)) => self.context.ui.warn(&text),
        }
        Ok(())
    }

    /// Passes a line on to the simulated device.
    fn tell_simulation(&self, line: &str, unknown: &str) -> Result<()> {
        let Some((_, handle)) = &self.served.simulated else {
            self.context.ui.warn(unknown);
            return Ok(());
        };
        match handle.tell(line) {
            Ok(Some(truth)) => return self.context.ui.print_json_line(&truth),
            Ok(None) => {}
            Err(crate::sim::CommandError::Unknown(_)) => self.context.ui.warn(unknown),
            Err(error) => self.context.ui.warn(&error.to_string()),
        }
        Ok(())
    }

    fn check_checksum(&self, behaviour: Behaviour) {
        if behaviour == Behaviour::BadChecksum && self.framing == Framing::Tcp {
            self.context.ui.warn("frames over TCP have no checksum: bad-checksum changes nothing here");
        }
    }

    fn show_wear_at_the_end(&self) -> Result<()> {
        let report = WearReport::of(&self.served.wear);
        if report.registers.is_empty() { Ok(()) } else { print(self.context, &report) }
    }
}
