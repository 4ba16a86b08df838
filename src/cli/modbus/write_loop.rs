//! `enmon modbus write --every`: the same write again and again, as a watchdog wants it.

use std::io::{self, Write};

use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::failure::failure;
use super::target::{Target, TargetPlace};
use super::watch::milliseconds_now;
use super::wire_log::WireRecord;
use super::write::write;
use super::write_plan::WritePlan;
use crate::cli::Context;
use crate::error::{Error, Kind, Result};
use crate::site::Period;
use crate::ui::{OutputFormat, Report, Ui};

/// One of the writes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WriteSample {
    api_version: &'static str,
    kind: &'static str,
    /// Milliseconds since the Unix epoch.
    at: u64,
    /// Milliseconds from the first write.
    elapsed_ms: u64,
    #[serde(flatten)]
    place: TargetPlace,
    #[serde(skip_serializing_if = "Option::is_none")]
    point: Option<String>,
    /// First register, counted from 0.
    register: u16,
    raw: Vec<u16>,
    written: bool,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// With `--raw`: the bytes on the wire.
    #[serde(skip_serializing_if = "Option::is_none")]
    wire: Option<Vec<WireRecord>>,
}

/// Writes until `times` are done or Ctrl-C comes. A failure after the first write is shown, and the next one is tried in its turn.
///
/// # Errors
/// When the first or the last write fails.
pub(super) async fn run(
    target: &mut Target,
    plan: &WritePlan,
    every: Period,
    times: Option<u64>,
    context: &Context,
) -> Result<()> {
    let mut ticks = interval(every.0);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut interrupts = signal(SignalKind::interrupt())
        .map_err(|error| Error::from_source(Kind::Failed, "signals can't be caught", &error))?;
    let begun = Instant::now();
    let mut done = 0;
    loop {
        // Ctrl-C waits for the answer to a write that is under way: half a write helps nobody
        tokio::select! {
            biased;
            _ = interrupts.recv() => return Ok(()),
            _ = ticks.tick() => {}
        }
        let outcome = write(target, plan).await.map_err(|error| failure(&error));
        done += 1;
        show(target, plan, begun, outcome.as_ref().err(), &context.ui)?;
        match outcome {
            Err(error) if done == 1 || Some(done) == times => return Err(error),
            Err(error) => context.ui.warn(&error.message),
            Ok(()) => {}
        }
        if Some(done) == times || context.ui.is_stdout_gone() {
            return Ok(());
        }
    }
}

fn show(target: &Target, plan: &WritePlan, begun: Instant, error: Option<&Error>, ui: &Ui) -> Result<()> {
    let format = ui.format();
    let wire = if format == OutputFormat::Table {
        target.wire.show(ui);
        None
    } else {
        target.wire.take()
    };
    let sample = WriteSample {
        api_version: "enmon/v1",
        kind: "ModbusWriteSample",
        at: milliseconds_now(),
        elapsed_ms: begun.elapsed().as_millis() as u64,
        place: target.place.clone(),
        point: plan.item.point.clone(),
        register: plan.item.register,
        raw: plan.words.clone(),
        written: error.is_none(),
        error: error.map(|error| error.message.clone()),
        wire,
    };
    match format {
        OutputFormat::Json => ui.print_json_line(&sample),
        OutputFormat::Yaml => ui.print_text(b"---\n").and_then(|()| ui.print(&sample)),
        OutputFormat::Table if sample.written => ui.print(&sample),
        OutputFormat::Table => Ok(()),
    }
}

impl Report for WriteSample {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let label = self.point.clone().unwrap_or_else(|| format!("{:#06X}", self.register));
        let s = if self.place.unit == 0 { "sent" } else { "written" };
        writeln!(out, "{:>8.1} s   {label} {s}", self.elapsed_ms as f64 / 1000.0)
    }
}
