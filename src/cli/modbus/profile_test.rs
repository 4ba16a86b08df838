//! `enmon modbus profile test`: is a device what its profile says? Reads, and never writes.

use std::io::{self, Write};
use std::time::Instant;

use clap::Args;
use serde::Serialize;

use super::failure::failure;
use super::item::Item;
use super::profile_input;
use super::reading::{RegisterValue, hex_words, shown};
use super::target::{LineArgs, Target, TargetPlace, usage};
use super::wire_log::WireRecord;
use crate::cli::Context;
use crate::error::{Error, Kind, Result};
use crate::modbus::ModbusError;
use crate::profile::{Access, Point, Profile, state_key};
use crate::site::Address;
use crate::ui::{Cell, Column, OutputFormat, Report, Table, Tone};

/// A device that has been silent for so many points, and has answered none, is not asked for the rest.
const MOST_SILENT: usize = 3;

/// Flags of `enmon modbus profile test`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon modbus profile test abb-terra-ac --address modbus+tcp://127.0.0.1:5031
  enmon modbus profile test ./my-charger.yaml --address modbus+rtu:///dev/ttyUSB0?baud=19200 --unit 2
  enmon modbus profile test --profile eastron-sdm630 --address modbus+tcp://127.0.0.1:5021 -o json

Each point that can be read is read on its own, so that one which fails does not hide the others. Nothing is
written. A value is plausible when it lies between the profile's bounds, and a state when the profile knows it;
a point without bounds is shown, for you to judge.

Exit codes:
  0  every point was read, and nothing is implausible
  1  a point failed, or a value is not plausible
  2  the request makes no sense
  3  the profile is invalid
  4  the device can't be reached, or answers nothing")]
pub(super) struct TestArgs {
    /// Profile, by name or file
    #[arg(value_name = "PROFILE", required_unless_present = "profile")]
    named: Option<String>,
    /// Profile, by name or file; the same as PROFILE
    #[arg(long, value_name = "PROFILE", conflicts_with = "named")]
    profile: Option<String>,
    /// Where the device is, for example modbus+tcp://10.0.0.5:502
    #[arg(long, value_name = "ADDRESS")]
    address: Address,
    #[command(flatten)]
    line: LineArgs,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TestReport {
    api_version: &'static str,
    kind: &'static str,
    #[serde(flatten)]
    place: TargetPlace,
    /// Was every point read, and nothing implausible?
    passed: bool,
    points: Vec<PointResult>,
    /// Points that can only be written, and so were not looked at.
    write_only: Vec<String>,
    /// With `--raw`: the bytes on the wire.
    #[serde(skip_serializing_if = "Option::is_none")]
    wire: Option<Vec<WireRecord>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PointResult {
    point: String,
    verdict: Verdict,
    /// What is wrong, or what the value means.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// How long the answer took, in milliseconds.
    milliseconds: f64,
    values: Vec<RegisterValue>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    /// All values are within the profile's bounds.
    Plausible,
    /// The profile says nothing of what is plausible, or the device has no value just now.
    Unjudged,
    /// A value is not.
    Implausible,
    /// The point could not be read.
    Failed,
}

pub(super) async fn run(args: TestArgs, context: &Context) -> Result<()> {
    let word = args.named.or(args.profile).ok_or_else(|| usage("which profile?"))?;
    let held = profile_input::find(&word, context)?;
    let mut target = args.line.open(args.address, Some(held), context)?;
    if target.is_broadcast() {
        return Err(usage("unit 0 means every device on the line, and none of them answers"));
    }
    target.fit(context).await?;
    let map = target.map.clone().ok_or_else(|| usage("which profile?"))?;
    let profile = map.profile();
    let readable = profile.points.values().filter(|point| point.access != Access::Only).count();
    if readable == 0 {
        return Err(usage(format!("the profile {} has no point that can be read", profile.name)));
    }
    let mut progress = context.ui.progress("reading points", Some(readable as u64));
    let mut points = Vec::new();
    let mut order: Vec<(&String, &Point)> =
        profile.points.iter().filter(|(_, point)| point.access != Access::Only).collect();
    order.sort_by_key(|(_, point)| (point.table, point.address));
    for (name, point) in order {
        progress.message(name);
        let (result, error) = ask(&mut target, profile, name, point).await;
        points.push(result);
        progress.advance(1);
        if let Some(error) = error.filter(|error| is_hopeless(error, &points)) {
            drop(progress);
            target.wire.show(&context.ui);
            return Err(failure(&error));
        }
    }
    progress.finish("all points were asked for");
    let format = context.ui.format();
    if format == OutputFormat::Table {
        target.wire.show(&context.ui);
    }
    let wire = target.wire.take().filter(|records| !records.is_empty());
    let passed = points.iter().all(|point| matches!(point.verdict, Verdict::Plausible | Verdict::Unjudged));
    let only = profile.points.iter().filter(|(_, point)| point.access == Access::Only);
    let report = TestReport {
        api_version: "enmon/v1",
        kind: "ProfileTest",
        place: target.place,
        passed,
        points,
        write_only: only.map(|(name, _)| name.clone()).collect(),
        wire,
    };
    context.ui.print(&report)?;
    if passed { Ok(()) } else { Err(report.refusal()) }
}

/// Reads one point and judges it.
async fn ask(
    target: &mut Target,
    profile: &Profile,
    name: &str,
    point: &Point,
) -> (PointResult, Option<ModbusError>) {
    let failed = |why: String, milliseconds: f64| PointResult {
        point: name.to_owned(),
        verdict: Verdict::Failed,
        why: Some(why),
        milliseconds,
        values: Vec::new(),
    };
    let item = Item::of(name, point, target);
    if let Some(why) = &item.missing {
        let lacking = PointResult { verdict: Verdict::Unjudged, ..failed(why.clone(), 0.0) };
        return (lacking, None);
    }
    let begun = Instant::now();
    let outcome = target.read(std::slice::from_ref(&item)).await;
    let milliseconds = (begun.elapsed().as_secs_f64() * 1e5).round() / 100.0;
    match outcome {
        Ok(outcomes) => {
            let values = shown(std::slice::from_ref(&item), &outcomes);
            let (verdict, why) = judge(profile, name, point, &values);
            (PointResult { point: name.to_owned(), verdict, why, milliseconds, values }, None)
        }
        Err(error) => (failed(error.to_string(), milliseconds), Some(error)),
    }
}

/// Says whether asking on makes no sense: nobody is there, or nobody has answered anything yet.
fn is_hopeless(error: &ModbusError, points: &[PointResult]) -> bool {
    let never_answered =
        points.iter().all(|point| point.verdict == Verdict::Failed && point.values.is_empty());
    match error {
        ModbusError::Unreachable { .. } | ModbusError::Invalid { .. } => never_answered,
        _ => never_answered && points.len() >= MOST_SILENT,
    }
}

fn judge(
    profile: &Profile,
    name: &str,
    point: &Point,
    values: &[RegisterValue],
) -> (Verdict, Option<String>) {
    if let Some(error) = values.iter().find_map(|value| value.error.clone()) {
        return (Verdict::Failed, Some(error));
    }
    if let Some(judged) = judge_state(profile, name, values) {
        return judged;
    }
    let Some([least, most]) = point.plausible else { return (Verdict::Unjudged, None) };
    let numbers: Vec<f64> = values.iter().filter_map(|value| value.value.number()).collect();
    match numbers.iter().find(|number| !(least..=most).contains(*number)) {
        Some(_) => (Verdict::Implausible, Some(format!("should be {least} to {most}"))),
        None if numbers.is_empty() => (Verdict::Unjudged, Some("the device has no value now".into())),
        None => (Verdict::Plausible, None),
    }
}

/// A state is plausible when the profile's table knows it.
fn judge_state(profile: &Profile, name: &str, values: &[RegisterValue]) -> Option<(Verdict, Option<String>)> {
    let state = &profile.charger.as_ref()?.state;
    let value = values.first().filter(|_| state.point == name)?;
    let known = match value.value.number() {
        Some(number) => {
            state.map.iter().find(|(key, _)| state_key(key).is_some_and(|key| key as f64 == number))
        }
        None => {
            let text = value.value.to_string();
            let begins = state.map.iter().filter(|(key, _)| text.starts_with(key.as_str()));
            begins.max_by_key(|(key, _)| key.len())
        }
    };
    Some(match known {
        Some((_, state)) => (Verdict::Plausible, Some(format!("state {state:?}"))),
        None => (Verdict::Implausible, Some("no state that the profile knows".into())),
    })
}

impl TestReport {
    fn count(&self, verdict: Verdict) -> usize {
        self.points.iter().filter(|point| point.verdict == verdict).count()
    }

    fn refusal(&self) -> Error {
        let (failed, implausible) = (self.count(Verdict::Failed), self.count(Verdict::Implausible));
        let message = match (failed, implausible) {
            (failed, 0) => format!("{failed} of {} points failed", self.points.len()),
            (0, implausible) => format!("{implausible} of {} points are not plausible", self.points.len()),
            (failed, implausible) => {
                format!(
                    "of {} points, {failed} failed and {implausible} are not plausible",
                    self.points.len()
                )
            }
        };
        let hint = if failed == self.points.len() {
            "maybe it is another device, or another unit of the line: see --unit"
        } else {
            "a shifted table, or words in the other order, give such values; see the bytes with --raw"
        };
        Error::new(Kind::Failed, message).hint(hint)
    }
}

impl Report for TestReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = Table::new([
            Column::name("point"),
            Column::name("register"),
            Column::count("value"),
            Column::text("unit"),
            Column::text("raw"),
            Column::number("time", "ms"),
            Column::name("verdict"),
        ]);
        for point in &self.points {
            for (at, value) in point.values.iter().enumerate() {
                table.row(row(point, value, at));
            }
            if point.values.is_empty() {
                let mut cells = vec![Cell::new(&point.point)];
                cells.extend(std::iter::repeat_with(|| Cell::new("")).take(4));
                cells.extend([Cell::number(point.milliseconds, 1), verdict_cell(point)]);
                table.row(cells);
            }
        }
        table.render(out)?;
        let wrong = |point: &&PointResult| matches!(point.verdict, Verdict::Failed | Verdict::Implausible);
        for (at, point) in self.points.iter().filter(wrong).enumerate() {
            let space = if at == 0 { "\n" } else { "" };
            writeln!(
                out,
                "{space}\x1b[31m{}\x1b[0m: {}",
                point.point,
                point.why.as_deref().unwrap_or("failed")
            )?;
        }
        if !self.write_only.is_empty() {
            writeln!(out, "\nNot read, because they can only be written: {}", self.write_only.join(", "))?;
        }
        let plausible = self.count(Verdict::Plausible);
        let (unjudged, total) = (self.count(Verdict::Unjudged), self.points.len());
        write!(out, "\n{plausible} of {total} points are plausible")?;
        if unjudged > 0 {
            write!(out, ", {unjudged} have no bounds to judge by")?;
        }
        writeln!(out)
    }
}

fn row(point: &PointResult, value: &RegisterValue, at: usize) -> Vec<Cell> {
    let value_cell = if value.error.is_some() { Cell::unknown() } else { Cell::new(&value.value) };
    let mut cells = vec![
        Cell::new(value.name()),
        Cell::new(format!("{:#06X}", value.register)),
        value_cell,
        Cell::new(&value.unit),
        Cell::new(hex_words(&value.raw)),
    ];
    // one request has read them all
    if at == 0 {
        cells.extend([Cell::number(point.milliseconds, 1), verdict_cell(point)]);
    } else {
        cells.extend([Cell::new(""), Cell::new("")]);
    }
    cells
}

fn verdict_cell(point: &PointResult) -> Cell {
    let why = point.why.as_deref();
    match point.verdict {
        Verdict::Plausible => Cell::new(why.unwrap_or("plausible")).tone(Tone::Good),
        Verdict::Unjudged => Cell::new(why.unwrap_or("-")).tone(Tone::Faint),
        Verdict::Implausible => Cell::new("not plausible").tone(Tone::Bad),
        Verdict::Failed => Cell::new("failed").tone(Tone::Bad),
    }
}
