//! `enmon modbus write`.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::target::{RegisterValue, Target, TargetArgs, TargetPlace, failure, json_of, usage};
use super::wire_log::WireRecord;
use crate::cli::Context;
use crate::error::{Error, Kind, Result};
use crate::modbus::{ModbusError, Value, encode};
use crate::profile::{Table, ValueType};
use crate::ui::{Cell, Column, OutputFormat, Report};

/// Flags of `enmon modbus write`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon modbus write modbus+tcp://127.0.0.1:5031 --unit 1 holding 0x4100 --type u32 16000
  enmon modbus write modbus+tcp://127.0.0.1:5031 holding 0x4100 --type u32 --scale 0.001 16 --dry-run
  enmon modbus write modbus+tcp://127.0.0.1:5031 holding 100 --type i16 -5 7 --yes
  enmon modbus write modbus+tcp://127.0.0.1:5031 coil 0 on off on --yes

The old values are read first and shown beside the new ones; then it asks, unless --yes. All values go in one
request. Afterwards the registers are read back, where the device lets them be read.

Exit codes:
  0  written, or shown with --dry-run
  1  the answer was no
  2  the request makes no sense, or nobody can be asked and --yes is missing
  4  the device can't be reached, or does not answer
  5  the device refuses")]
pub(super) struct WriteArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Values, for this and the following registers: numbers, 0x…, a text for --type string, on and off for coils
    #[arg(value_name = "VALUE", required = true, num_args = 1.., allow_negative_numbers = true)]
    values: Vec<String>,
    /// Show what would change, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Functions that the device knows: 06 and 16 (05 and 15 for coils), only single, only multiple
    #[arg(long, value_enum, value_name = "KIND", default_value_t = Writes::Both)]
    writes: Writes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Writes {
    /// Single for one register, multiple for several
    Both,
    /// Functions 06 and 05 alone; several registers are written one by one
    Single,
    /// Functions 16 and 15 alone
    Multiple,
}

/// What was written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WriteReport {
    api_version: &'static str,
    kind: &'static str,
    #[serde(flatten)]
    place: TargetPlace,
    /// Has the device taken it? `false` with `--dry-run`.
    written: bool,
    changes: Vec<Change>,
    /// With `--raw`: the bytes on the wire.
    #[serde(skip_serializing_if = "Option::is_none")]
    wire: Option<Vec<WireRecord>>,
}

/// What happens to one value; `null`: the registers can't be read.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    /// First register, counted from 0.
    register: u16,
    old: Option<serde_json::Value>,
    new: serde_json::Value,
    /// What stood there after the write.
    read_back: Option<serde_json::Value>,
}

pub(super) async fn run(args: WriteArgs, context: &Context) -> Result<()> {
    let mut target = args.target.open()?;
    let words = encode_all(&target, &args.values)?;
    let outcome = change(&mut target, &words, args.dry_run, args.writes, context).await;
    let wire = match (&outcome, context.ui.format()) {
        (Ok(_), OutputFormat::Json | OutputFormat::Yaml) => target.wire.take(),
        _ => {
            target.wire.show(&context.ui);
            None
        }
    };
    let changes = outcome?;
    let (place, written) = (target.place, !args.dry_run);
    context.ui.print(&WriteReport {
        api_version: "enmon/v1",
        kind: "ModbusWrite",
        place,
        written,
        changes,
        wire,
    })
}

/// Reads the old values, shows and asks, writes, reads back.
async fn change(
    target: &mut Target,
    words: &[u16],
    dry_run: bool,
    writes: Writes,
    context: &Context,
) -> Result<Vec<Change>> {
    let count = words.len() as u16;
    let new = target.values(words).map_err(|error| failure(&error))?;
    let old = readable(target.read(count).await)?;
    for (at, value) in new.iter().enumerate() {
        let before = old.as_ref().map_or("unreadable".into(), |old| old[at].value.to_string());
        context.ui.say(&format!("{:#06X}: {before} → {}", value.register, value.value));
    }
    let mut read_back = None;
    if !dry_run {
        let TargetPlace { address, unit, table, .. } = &target.place;
        let registers = if *table == Table::Coil { "coils" } else { "registers" };
        if !context.ui.confirm(&format!("Write {count} {registers} of {address} unit {unit}?"))? {
            return Err(Error::new(Kind::Failed, "nothing was written"));
        }
        write(target, words, writes).await.map_err(|error| failure(&error))?;
        if old.is_some() {
            read_back = readable(target.read(count).await)?;
        }
        warn_of_differences(&new, read_back.as_deref(), context);
    }
    let value_of = |values: &Option<Vec<RegisterValue>>, at: usize| {
        values.as_ref().and_then(|values| values.get(at)).map(|value| json_of(&value.value))
    };
    Ok(new
        .iter()
        .enumerate()
        .map(|(at, value)| Change {
            register: value.register,
            old: value_of(&old, at),
            new: json_of(&value.value),
            read_back: value_of(&read_back, at),
        })
        .collect())
}

/// A device that refuses to show a register may still take a write: such registers are not rare.
fn readable(outcome: Result<Vec<RegisterValue>, ModbusError>) -> Result<Option<Vec<RegisterValue>>> {
    match outcome {
        Ok(values) => Ok(Some(values)),
        Err(error) if error.is_refusal() => Ok(None),
        // a register that holds no value of the type is about to get one
        Err(ModbusError::Invalid { .. }) => Ok(None),
        Err(error) => Err(failure(&error)),
    }
}

fn warn_of_differences(new: &[RegisterValue], read_back: Option<&[RegisterValue]>, context: &Context) {
    for (wanted, found) in new.iter().zip(read_back.unwrap_or_default()) {
        if wanted.raw != found.raw {
            context.ui.warn(&format!(
                "the device accepted the write, and {:#06X} holds {}, not {}",
                wanted.register, found.value, wanted.value
            ));
        }
    }
}

async fn write(target: &mut Target, words: &[u16], writes: Writes) -> Result<(), ModbusError> {
    let TargetPlace { unit, table, register, .. } = target.place;
    let client = &mut target.client;
    if writes == Writes::Multiple || writes == Writes::Both && words.len() > 1 {
        return match table {
            Table::Coil => client.write_coils(unit, register, words).await,
            _ => client.write_registers(unit, register, words).await,
        };
    }
    for (at, word) in words.iter().enumerate() {
        let register = register.wrapping_add(at as u16);
        match table {
            Table::Coil => client.write_coil(unit, register, *word != 0).await?,
            _ => client.write_register(unit, register, *word).await?,
        }
    }
    Ok(())
}

/// Turns what was typed into words.
fn encode_all(target: &Target, values: &[String]) -> Result<Vec<u16>> {
    let place = &target.place;
    if !matches!(place.table, Table::Coil | Table::Holding) {
        return Err(usage("only coils and holding registers can be written; the others are read only"));
    }
    let mut words = Vec::new();
    for text in values {
        let value = typed(text, place.value_type, target.layout.scale).map_err(usage)?;
        words.extend(encode(&value, &target.layout).map_err(|error| usage(format!("{text}: {error}")))?);
    }
    if words.is_empty() || usize::from(place.register) + words.len() > 0x1_0000 {
        return Err(usage("there are no registers above 65535, and a text of no characters needs none"));
    }
    Ok(words)
}

fn typed(text: &str, value_type: ValueType, scale: f64) -> Result<Value, String> {
    let integer = || match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => i128::from_str_radix(digits, 16).ok(),
        None => text.parse::<i128>().ok(),
    };
    let number = || text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::Number);
    match value_type {
        ValueType::String => Ok(Value::Text(text.to_owned())),
        ValueType::Bool => match text {
            "1" | "on" | "true" => Ok(Value::Integer(1)),
            "0" | "off" | "false" => Ok(Value::Integer(0)),
            _ => Err(format!("`{text}` is neither on nor off")),
        },
        ValueType::F32 | ValueType::F64 => number().ok_or_else(|| format!("`{text}` is no number")),
        // without a scale, a fraction would be lost unseen
        _ if scale == 1.0 => integer()
            .map(Value::Integer)
            .ok_or_else(|| format!("`{text}` is no whole number; is a --scale missing?")),
        _ => integer().map(Value::Integer).or_else(number).ok_or_else(|| format!("`{text}` is no number")),
    }
}

impl Report for WriteReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = crate::ui::Table::new([
            Column::text("register"),
            Column::count("old"),
            Column::count("new"),
            Column::count("read back"),
        ]);
        let cell = |value: Option<&serde_json::Value>| match value {
            Some(serde_json::Value::String(text)) => Cell::new(text),
            Some(value) => Cell::new(value),
            None => Cell::unknown(),
        };
        for change in &self.changes {
            table.row([
                Cell::new(format!("{:#06X}", change.register)),
                cell(change.old.as_ref()),
                cell(Some(&change.new)),
                cell(change.read_back.as_ref()),
            ]);
        }
        table.render(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_taken_as_the_type_means_it() {
        assert_eq!(typed("0x10", ValueType::U16, 1.0), Ok(Value::Integer(16)));
        assert_eq!(typed("-5", ValueType::I16, 1.0), Ok(Value::Integer(-5)));
        assert_eq!(typed("16", ValueType::U32, 0.001), Ok(Value::Integer(16)));
        assert_eq!(typed("16.5", ValueType::U32, 0.001), Ok(Value::Number(16.5)));
        assert_eq!(typed("-1.5e3", ValueType::F32, 1.0), Ok(Value::Number(-1500.0)));
        assert_eq!(typed("off", ValueType::Bool, 1.0), Ok(Value::Integer(0)));
        assert_eq!(typed("off", ValueType::String, 1.0), Ok(Value::Text("off".into())));
        for (text, value_type) in
            [("16.5", ValueType::U16), ("nan", ValueType::F32), ("x", ValueType::U16), ("2", ValueType::Bool)]
        {
            assert!(typed(text, value_type, 1.0).is_err(), "{text} was taken as {value_type:?}");
        }
    }
}
