//! `enmon modbus watch`.

use std::io::{self, Write};
use std::time::SystemTime;

use clap::Args;
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::failure::failure;
use super::item::{Item, RegisterArgs};
use super::read::{Range, selected};
use super::reading::{Outcome, RegisterValue, shown, verdict};
use super::target::{Target, TargetArgs, TargetPlace, usage};
use super::wire_log::WireRecord;
use crate::cli::Context;
use crate::error::{Error, Kind, Result};
use crate::site::Period;
use crate::ui::{OutputFormat, Report};

/// Flags of `enmon modbus watch`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon modbus watch modbus+tcp://127.0.0.1:5031 --profile abb-terra-ac state currents
  enmon modbus watch modbus+tcp://127.0.0.1:5021 --unit 1 input 6 --count 6 --type f32
  enmon modbus watch modbus+tcp://127.0.0.1:5031 holding 0x400C --type u32 --every 200ms --changes
  enmon modbus watch modbus+tcp://127.0.0.1:5031 holding 0x4010 --count 6 --type u32 --samples 10 -o json

What is watched is said as with enmon modbus read: TABLE REGISTER, or with --profile names of points.
With -o json, one object a line for each sample. A failure after the first sample is shown, and watching goes on;
the first one ends it. Ctrl-C ends it with exit code 0.

Exit codes:
  0  ended by --samples or Ctrl-C
  1  the first or the last sample makes no sense in its type
  2  the request makes no sense
  3  the profile is invalid
  4  the device can't be reached, or did not answer the first or the last sample
  5  the device refused the first or the last sample")]
pub(super) struct WatchArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// TABLE REGISTER, or with --profile names of points
    #[arg(value_name = "WHAT")]
    what: Vec<String>,
    #[command(flatten)]
    registers: RegisterArgs,
    /// How many registers or bits; without it, those of one value
    #[arg(long, value_name = "N")]
    count: Option<u16>,
    /// Time from one sample to the next
    #[arg(long, value_name = "TIME", default_value_t = Period::from_secs(1))]
    every: Period,
    /// End after so many samples
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    samples: Option<u64>,
    /// Show a sample only when a value has changed
    #[arg(long)]
    changes: bool,
}

/// What was read at one moment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SampleReport {
    api_version: &'static str,
    kind: &'static str,
    /// Milliseconds since the Unix epoch.
    at: u64,
    /// Milliseconds from the start of the watch.
    elapsed_ms: u64,
    #[serde(flatten)]
    place: TargetPlace,
    #[serde(flatten)]
    range: Option<Range>,
    /// `null` when the sample failed.
    values: Option<Vec<RegisterValue>>,
    /// Why the sample failed.
    error: Option<String>,
    /// With `--raw`: the bytes on the wire.
    #[serde(skip_serializing_if = "Option::is_none")]
    wire: Option<Vec<WireRecord>>,
}

pub(super) async fn run(args: WatchArgs, context: &Context) -> Result<()> {
    if args.every == Period::default() {
        return Err(usage("--every takes a time above 0"));
    }
    let mut target = args.target.open(context)?;
    let items = selected(&args.what, &args.registers, args.count, &mut target, context).await?;
    let mut ticks = interval(args.every.0);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut watch =
        Watch { context, range: Range::of(&items), begun: Instant::now(), changes: args.changes, last: None };
    let mut taken = 0;
    // one listener for all samples: a Ctrl-C while a sample is shown must not be lost
    let mut interrupts = signal(SignalKind::interrupt())
        .map_err(|error| Error::from_source(Kind::Failed, "signals can't be caught", &error))?;
    loop {
        let outcome = tokio::select! {
            _ = interrupts.recv() => return Ok(()),
            outcome = async { ticks.tick().await; target.read(&items).await } => outcome,
        };
        let outcome = outcome.map_err(|error| failure(&error)).and_then(|outcomes| sample(&items, &outcomes));
        taken += 1;
        match watch.show(&target, outcome)? {
            Some(error) if taken == 1 || Some(taken) == args.samples => return Err(error),
            Some(error) => context.ui.warn(&error.message),
            None => {}
        }
        if Some(taken) == args.samples {
            return Ok(());
        }
    }
}

/// A sample is a failure when nothing in it is of use; a point that is refused beside others is shown so.
fn sample(items: &[Item], outcomes: &[Outcome]) -> Result<Vec<RegisterValue>> {
    let values = shown(items, outcomes);
    match verdict(items, outcomes) {
        Some(error) if values.iter().all(|value| value.error.is_some()) => Err(error),
        _ => Ok(values),
    }
}

/// What has been shown so far.
struct Watch<'a> {
    context: &'a Context,
    range: Option<Range>,
    begun: Instant,
    changes: bool,
    last: Option<Vec<RegisterValue>>,
}

impl Watch<'_> {
    /// Shows a sample, and returns its failure.
    fn show(&mut self, target: &Target, outcome: Result<Vec<RegisterValue>>) -> Result<Option<Error>> {
        let format = self.context.ui.format();
        let (values, error) = match outcome {
            Ok(values) => (Some(values), None),
            Err(error) => (None, Some(error)),
        };
        let is_news = !self.changes || error.is_some() || values != self.last;
        if format == OutputFormat::Table {
            target.wire.show(&self.context.ui);
        }
        if is_news && (error.is_none() || format != OutputFormat::Table) {
            let report = SampleReport {
                api_version: "enmon/v1",
                kind: "ModbusSample",
                at: milliseconds_now(),
                elapsed_ms: self.begun.elapsed().as_millis() as u64,
                place: target.place.clone(),
                range: self.range.clone(),
                values: values.clone(),
                error: error.as_ref().map(|error| error.message.clone()),
                wire: target.wire.take(),
            };
            self.print(&report)?;
        }
        if values.is_some() {
            self.last = values;
        }
        Ok(error)
    }

    fn print(&self, report: &SampleReport) -> Result<()> {
        let ui = &self.context.ui;
        match ui.format() {
            OutputFormat::Json => ui.print_json_line(report),
            OutputFormat::Yaml => ui.print_text(b"---\n").and_then(|()| ui.print(report)),
            OutputFormat::Table => ui.print(report),
        }
    }
}

/// Returns the time in milliseconds since the Unix epoch.
pub(super) fn milliseconds_now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.as_millis() as u64
}

impl Report for SampleReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{:>8.1} s ", self.elapsed_ms as f64 / 1000.0)?;
        let mut last: Option<&RegisterValue> = None;
        for value in self.values.iter().flatten() {
            let goes_on = last.is_some_and(|last| last.point.is_some() && last.point == value.point);
            if !goes_on {
                end_of_point(out, last)?;
                write!(out, "  {}", value.label())?;
            }
            match &value.error {
                Some(error) => write!(out, " \x1b[31m{error}\x1b[0m")?,
                None => write!(out, " {}", value.value)?,
            }
            last = Some(value);
        }
        end_of_point(out, last)?;
        writeln!(out)
    }
}

/// Writes the unit behind the last value of a point.
fn end_of_point(out: &mut dyn Write, last: Option<&RegisterValue>) -> io::Result<()> {
    match last.filter(|last| !last.unit.is_empty() && last.error.is_none()) {
        Some(last) => write!(out, " {}", last.unit),
        None => Ok(()),
    }
}
