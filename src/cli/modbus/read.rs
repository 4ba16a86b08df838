//! `enmon modbus read`.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::target::{RegisterValue, TargetArgs, TargetPlace, failure, hex_words};
use super::wire_log::WireRecord;
use crate::cli::Context;
use crate::error::Result;
use crate::ui::{Cell, Column, OutputFormat, Report, Table};

/// Flags of `enmon modbus read`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon modbus read modbus+tcp://127.0.0.1:5031 --unit 1 holding 0x4010 --count 6 --type u32 -o json
  enmon modbus read modbus+tcp://127.0.0.1:5021 --unit 1 input 6 --count 6 --type f32
  enmon modbus read modbus+tcp://127.0.0.1:5031 holding 0x4010 --type u32 --scale 0.001 --raw
  enmon modbus read modbus+tcp://127.0.0.1:5031 coil 0 --count 16

--count counts registers, not values: 6 registers are 3 values of u32. Ranges longer than one request may be
(125 registers, 2000 bits) are read in several requests; no value is torn between two.

Exit codes:
  0  read
  2  the request makes no sense
  4  the device can't be reached, or does not answer
  5  the device refuses")]
pub(super) struct ReadArgs {
    #[command(flatten)]
    target: TargetArgs,
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
    /// How many registers or bits were read.
    count: u16,
    values: Vec<RegisterValue>,
    /// With `--raw`: the bytes on the wire.
    #[serde(skip_serializing_if = "Option::is_none")]
    wire: Option<Vec<WireRecord>>,
}

pub(super) async fn run(args: ReadArgs, context: &Context) -> Result<()> {
    let mut target = args.target.open()?;
    let count = target.registers(args.count)?;
    let outcome = target.read(count).await;
    if outcome.is_err() || context.ui.format() == OutputFormat::Table {
        target.wire.show(&context.ui);
    }
    let values = outcome.map_err(|error| failure(&error))?;
    let wire = target.wire.take().filter(|records| !records.is_empty());
    let place = target.place;
    context.ui.print(&ReadReport {
        api_version: "enmon/v1",
        kind: "ModbusReading",
        place,
        count,
        values,
        wire,
    })
}

impl Report for ReadReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = Table::new([Column::text("register"), Column::count("value"), Column::text("raw")]);
        for value in &self.values {
            table.row([
                Cell::new(format!("{:#06X}", value.register)),
                Cell::new(&value.value),
                Cell::new(hex_words(&value.raw)),
            ]);
        }
        table.render(out)
    }
}
