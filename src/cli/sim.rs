//! `enmon sim`: the simulated devices of a site, and scenarios that are played on them.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

use super::Context;
use super::sim_test;
use super::site_input::{self, LoadedSite};
use crate::error::{Error, Kind, Result};
use crate::runtime;
use crate::sim::{self, CertificateError, Running, Scene, SimError, SimHandle, SimOptions};
use crate::site::{Address, Period};
use crate::ui::{Cell, Column, OutputFormat, Report, Table};

/// The longest command that is read from stdin.
const LONGEST_COMMAND: u64 = 4096;

/// Flags of `enmon sim`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon sim run --site garage.yaml
  enmon sim run --site garage.yaml --scene still --commands
  enmon sim list
  enmon sim test full-garage")]
pub struct SimArgs {
    #[command(subcommand)]
    command: SimCommand,
}

#[derive(Debug, Subcommand)]
enum SimCommand {
    /// Start every device of a site on its address, with cars, base load and sun
    Run(SimRunArgs),
    /// Play scenarios, and say what held and what did not
    Test(sim_test::SimTestArgs),
    /// List the scenarios that come with the program
    List(sim_test::SimListArgs),
}

/// What goes on at the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SceneChoice {
    /// Nothing moves unless a command says so
    Still,
    /// Cars come and go within minutes, the base load jumps, clouds pass
    Lively,
    /// A working day that begins at seven in the morning
    Day,
}

/// Flags of `enmon sim run`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon sim run --site garage.yaml
  enmon sim run --site garage.yaml --seed 7 --for 60s --any-port -o json
  enmon sim run --site garage.yaml --scene day --speed 60
  echo 'base main 30 30 30' | enmon sim run --site garage.yaml --scene still --commands

Commands on stdin (with --commands), one a line:
  base CIRCUIT AMPS [AMPS AMPS]   what else draws there; `base CIRCUIT auto` lets it go its own way
  sun NAME AMPS                   a solar input; `sun NAME auto` lets it go its own way
  plug CHARGER [kwh=20] [max=16] [phases=3] [delay=1] [ramp=8] [share=1] [stay=SECONDS]
  unplug CHARGER
  pilot CHARGER fault|ok
  cars off
  fault DEVICE silent|slow MS|late MS|reset|close|exception|garbage|ignore-writes|stale|none
  fault DEVICE wrong-transaction|truncated|bad-checksum
  trip NAME, open NAME, close NAME   a breaker, or a circuit's
  smoke CABINET on|off
  temperature CABINET CELSIUS
  mark                            the witnesses begin anew
  truth                           one line of JSON with what is really so

A serial port that the site names and that is not there becomes a link to a new pseudo-terminal, and is removed at the end; one that is
there is opened: let it be the other end of the cable.

Exit codes:
  0  ended by Ctrl-C, SIGTERM or --for
  1  a port can't be had
  3  the site file is invalid, or what it names can't be simulated")]
struct SimRunArgs {
    /// Seed of all chance: the same seed gives the same cars and loads
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How much faster than the devices the world goes: batteries, stays, base load, sun
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// What goes on
    #[arg(long, value_enum, value_name = "SCENE", default_value_t = SceneChoice::Lively)]
    scene: SceneChoice,
    /// Stop after this time, for example 60s; without it, at Ctrl-C or SIGTERM
    #[arg(long = "for", value_name = "TIME")]
    time: Option<Period>,
    /// Take free ports instead of those of the site file, and pseudo-terminals instead of serial ports
    #[arg(long)]
    any_port: bool,
    /// Let devices answer at once, also where real ones sleep, or need pauses between requests
    #[arg(long)]
    lenient: bool,
    /// Print name and address of every device when all of them listen; JSON prints them always
    #[arg(long)]
    print_ports: bool,
    /// Make missing certificates of devices over TLS; for devices that name none, ca.pem beside the site file
    #[arg(long)]
    make_certs: bool,
    /// Obey commands on stdin
    #[arg(long)]
    commands: bool,
}

fn speed(text: &str) -> std::result::Result<f64, String> {
    let speed = text.parse().ok().filter(|speed| (0.001..=100_000.0).contains(speed));
    speed.ok_or_else(|| "a number from 0.001 to 100000".to_owned())
}

/// The devices and where they listen.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SimReady {
    api_version: &'static str,
    kind: &'static str,
    devices: Vec<DeviceAddress>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DeviceAddress {
    name: String,
    address: String,
    /// What is trusted when it is reached over TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    ca: Option<PathBuf>,
}

impl SimReady {
    fn of(running: &Running) -> SimReady {
        let devices = sim::SimDevice::all(&running.site).into_iter().map(|device| {
            let link = device.link(&running.site);
            DeviceAddress {
                name: device.name(&running.site).to_owned(),
                address: link.address.to_string(),
                ca: link.ca.clone().filter(|_| is_tls(&link.address)),
            }
        });
        SimReady { api_version: "enmon/v1", kind: "SimReady", devices: devices.collect() }
    }
}

fn is_tls(address: &Address) -> bool {
    matches!(address, Address::Https { .. } | Address::ModbusTls { .. })
}

impl Report for SimReady {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = Table::new([Column::text("device"), Column::text("address")]);
        for device in &self.devices {
            table.row([Cell::new(&device.name), Cell::new(&device.address)]);
        }
        table.render(out)
    }
}

/// Runs `enmon sim`.
pub fn run(args: SimArgs, context: &Context) -> Result<()> {
    match args.command {
        SimCommand::Run(args) => run_devices(args, context),
        SimCommand::Test(args) => sim_test::run(args, context),
        SimCommand::List(args) => sim_test::list(args, context),
    }
}

fn run_devices(args: SimRunArgs, context: &Context) -> Result<()> {
    let loaded = site_input::load(context)?;
    // each device listens, and a controller and somebody who looks may be connected
    site_input::allow_open_files(loaded.site.device_count() * 3 + 128)?;
    runtime::block_on(None, simulate(args, &loaded, context))
        .map_err(|error| Error::from_source(Kind::Failed, "the simulation can't be started", &error))?
}

async fn simulate(args: SimRunArgs, loaded: &LoadedSite, context: &Context) -> Result<()> {
    let signals = runtime::listen()
        .map_err(|error| Error::from_source(Kind::Failed, "signals can't be caught", &error))?;
    let options = SimOptions {
        seed: args.seed,
        speed: args.speed,
        scene: match args.scene {
            SceneChoice::Still => Scene::Still,
            SceneChoice::Lively => Scene::Lively,
            SceneChoice::Day => Scene::Day,
        },
        any_port: args.any_port,
        certs: args.make_certs.then(|| loaded.path.parent().unwrap_or(Path::new("/")).to_owned()),
        lenient: args.lenient,
    };
    let stop = signals.stop;
    let running =
        sim::run(&loaded.site, &loaded.catalogue, &options, stop.clone()).await.map_err(not_started)?;
    announce(&running, args.print_ports, context)?;
    let handle = running.handle.clone();
    let outcome = tokio::select! {
        () = stop.cancelled() => Ok(()),
        () = after(args.time) => Ok(()),
        outcome = obey(&handle, args.commands, context) => outcome,
        outcome = tell_each_minute(&handle, context) => outcome,
    };
    stop.cancel();
    running.stopped().await;
    outcome
}

async fn after(time: Option<Period>) {
    match time {
        Some(time) => tokio::time::sleep(time.0).await,
        None => std::future::pending().await,
    }
}

fn announce(running: &Running, print_ports: bool, context: &Context) -> Result<()> {
    let ready = SimReady::of(running);
    match context.ui.format() {
        OutputFormat::Json => context.ui.print_json_line(&ready)?,
        OutputFormat::Yaml => context.ui.print(&ready)?,
        OutputFormat::Table if print_ports => context.ui.print(&ready)?,
        OutputFormat::Table => {}
    }
    let (count, name) = (ready.devices.len(), &running.site.name);
    context.ui.say(&format!("{count} simulated devices of {name} listen; Ctrl-C ends the simulation"));
    Ok(())
}

/// Obeys commands from stdin; a stdin that is closed changes nothing.
async fn obey(handle: &SimHandle, wanted: bool, context: &Context) -> Result<()> {
    if wanted {
        let mut input = BufReader::new(tokio::io::stdin());
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = (&mut input).take(LONGEST_COMMAND).read_until(b'\n', &mut line).await;
            match read {
                Ok(0) => break,
                Ok(_) => answer(handle, &String::from_utf8_lossy(&line), context)?,
                Err(error) => {
                    context.ui.warn(&format!("stdin can't be read any more: {error}"));
                    break;
                }
            }
        }
    }
    std::future::pending().await
}

fn answer(handle: &SimHandle, line: &str, context: &Context) -> Result<()> {
    match handle.tell(line) {
        Ok(Some(truth)) => context.ui.print_json_line(&truth),
        Ok(None) => Ok(()),
        // a slip of the pen does not end the simulation
        Err(error) => {
            context.ui.warn(&error.to_string());
            Ok(())
        }
    }
}

/// Says on a terminal how it goes, once a minute.
async fn tell_each_minute(handle: &SimHandle, context: &Context) -> Result<()> {
    if !context.ui.is_live() {
        return std::future::pending().await;
    }
    let mut minute = tokio::time::interval(Duration::from_secs(60));
    minute.tick().await;
    loop {
        minute.tick().await;
        let truth = handle.truth();
        let cars = truth.chargers.iter().filter(|charger| charger.car.is_some()).count();
        let drawn: f64 = truth.chargers.iter().flat_map(|charger| charger.drawn).map(|amps| amps.0).sum();
        let nearest = truth.nearest().map_or_else(String::new, |witness| {
            format!(
                "; most offered so far: {:.0} % of {} {}",
                witness.offered * 100.0,
                witness.circuit,
                witness.phase
            )
        });
        context.ui.say(&format!("{} min: {cars} cars draw {drawn:.0} A{nearest}", truth.at_ms / 60_000));
    }
}

fn not_started(error: SimError) -> Error {
    let kind = match &error {
        SimError::NoProfile { .. } | SimError::Unfit { .. } | SimError::Socket(_) => Kind::Invalid,
        SimError::Bind { .. } | SimError::Line { .. } | SimError::Certificate(_) | SimError::Tls(_) => {
            Kind::Failed
        }
    };
    let failure = Error::from_source(kind, "the simulation can't be started", &error);
    match error {
        SimError::Bind { .. } => failure.hint("is another simulation running? --any-port takes free ports"),
        SimError::Certificate(CertificateError::Missing(_)) | SimError::Unfit { .. } => {
            failure.hint("--make-certs makes certificates that are missing")
        }
        SimError::Certificate(CertificateError::NoServer(_)) => {
            failure.hint("remove the certificate authority's file, and let --make-certs make both")
        }
        _ => failure,
    }
}
