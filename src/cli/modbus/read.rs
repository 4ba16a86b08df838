//! `enmon modbus read`.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::failure::failure;
use super::item::{Item, Most, RegisterArgs, Selection, type_name};
use super::reading::{RegisterValue, grid, shown, verdict};
use super::target::{Target, TargetArgs, TargetPlace, usage};
use super::wire_log::WireRecord;
use crate::cli::Context;
use crate::error::Result;
use crate::profile::Table;
use crate::ui::{OutputFormat, Report};

/// Flags of `enmon modbus read`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon modbus read modbus+tcp://127.0.0.1:5031 --profile abb-terra-ac
  enmon modbus read modbus+tcp://127.0.0.1:5031 --profile abb-terra-ac state currents offered
  enmon modbus read modbus+tcp://127.0.0.1:5031 --profile ./my-charger.yaml --unit 2 state
  enmon modbus read modbus+tcp://127.0.0.1:5031 --unit 1 holding 0x4010 --count 6 --type u32 -o json
  enmon modbus read modbus+tcp://127.0.0.1:5021 --unit 1 input 6 --count 6 --type f32 --in A
  enmon modbus read modbus+tcp://127.0.0.1:5031 holding 0x400C --type u32 --mask 0x7F00 --shift 8
  enmon modbus read modbus+tcp://127.0.0.1:5031 holding 0x4010 --type u32 --scale 0.001 --raw
  enmon modbus read modbus+tcp://127.0.0.1:5031 coil 0 --count 16

TABLE is coil, discrete, holding or input; REGISTER is counted from 0, decimal or 0x, as it goes over the wire.
With --profile, unit id, pauses, time-outs, word order and serial settings are the profile's unless a flag says
otherwise. Names of points choose what is read; without any, all points that can be read are.

--count counts registers, not values: 6 registers are 3 values of u32. Ranges longer than one request may be
(125 registers, 2000 bits, or fewer by the profile) are read in several requests; no value is torn between two.

Exit codes:
  0  read
  1  a value makes no sense in its type
  2  the request makes no sense
  3  the profile is invalid
  4  the device can't be reached, or does not answer
  5  the device refuses; points that it did not refuse are shown")]
pub(super) struct ReadArgs {
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
}

/// What was read.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ReadReport {
    api_version: &'static str,
    kind: &'static str,
    #[serde(flatten)]
    place: TargetPlace,
    #[serde(flatten)]
    range: Option<Range>,
    values: Vec<RegisterValue>,
    /// With `--raw`: the bytes on the wire.
    #[serde(skip_serializing_if = "Option::is_none")]
    wire: Option<Vec<WireRecord>>,
}

/// Which registers were read, when they were named by number.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Range {
    table: Table,
    /// First register or bit, counted from 0.
    register: u16,
    #[serde(rename = "type")]
    value_type: &'static str,
    /// How many registers or bits.
    count: u16,
}

impl Range {
    /// `None` for points that were named.
    pub(super) fn of(items: &[Item]) -> Option<Range> {
        let item = items.iter().find(|item| item.point.is_none())?;
        let value_type = type_name(item.layout.value_type);
        Some(Range { table: item.table, register: item.register, value_type, count: item.count })
    }
}

/// Finds out what is to be read.
pub(super) async fn selected(
    what: &[String],
    registers: &RegisterArgs,
    count: Option<u16>,
    target: &mut Target,
    context: &Context,
) -> Result<Vec<Item>> {
    let items = select(what, registers, count, target)?;
    if target.fit(context).await? { select(what, registers, count, target) } else { Ok(items) }
}

fn select(
    what: &[String],
    registers: &RegisterArgs,
    count: Option<u16>,
    target: &Target,
) -> Result<Vec<Item>> {
    let Selection { mut items, rest } = registers.select(what, target, Most::All)?;
    if target.is_broadcast() {
        return Err(usage("unit 0 means every device on the line, and none of them answers")
            .hint("name the device with --unit"));
    }
    match (count, items.as_mut_slice()) {
        (Some(count), [item]) if item.point.is_none() => item.set_count(count)?,
        (Some(_), _) => {
            return Err(usage("--count goes with TABLE REGISTER: of a point, the profile says it"));
        }
        (None, _) => {}
    }
    match rest {
        [] => Ok(items),
        [surplus, ..] => Err(usage(format!("`{surplus}` is one word too many"))
            .hint("more registers are read with --count; points are read by name with --profile")),
    }
}

pub(super) async fn run(args: ReadArgs, context: &Context) -> Result<()> {
    let mut target = args.target.open(context)?;
    let items = selected(&args.what, &args.registers, args.count, &mut target, context).await?;
    let outcome = target.read(&items).await;
    if outcome.is_err() || context.ui.format() == OutputFormat::Table {
        target.wire.show(&context.ui);
    }
    let outcomes = outcome.map_err(|error| failure(&error))?;
    let verdict = verdict(&items, &outcomes);
    if let [Err(_)] = outcomes.as_slice()
        && verdict.is_some()
    {
        return verdict.map_or(Ok(()), Err);
    }
    let wire = target.wire.take().filter(|records| !records.is_empty());
    context.ui.print(&ReadReport {
        api_version: "enmon/v1",
        kind: "ModbusReading",
        place: target.place,
        range: Range::of(&items),
        values: shown(&items, &outcomes),
        wire,
    })?;
    verdict.map_or(Ok(()), Err)
}

impl Report for ReadReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        grid(&self.values).render(out)
    }
}
