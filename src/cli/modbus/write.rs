//! `enmon modbus write`: shows the change, asks, writes, reads back. A write that is repeated goes on in [`super::write_loop`].

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::failure::failure;
use super::item::{Most, RegisterArgs};
use super::read::Range;
use super::reading::{RegisterValue, values};
use super::target::{Target, TargetArgs, TargetPlace, usage};
use super::wire_log::WireRecord;
use super::write_loop;
use super::write_plan::{WritePlan, plan};
use crate::cli::Context;
use crate::error::{Error, Kind, Result};
use crate::modbus::{ModbusError, overlay};
use crate::profile::{Table, WriteFunctions};
use crate::site::Period;
use crate::ui::{Cell, Column, OutputFormat, Report};

/// Flags of `enmon modbus write`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon modbus write modbus+tcp://127.0.0.1:5031 --profile abb-terra-ac limit 16
  enmon modbus write modbus+tcp://127.0.0.1:5031 --unit 1 holding 0x4100 --type u32 16000
  enmon modbus write modbus+tcp://127.0.0.1:5031 holding 0x4100 --type u32 --scale 0.001 16 --dry-run
  enmon modbus write modbus+tcp://127.0.0.1:5031 holding 100 --type i16 -5 7 --yes
  enmon modbus write modbus+tcp://127.0.0.1:5031 holding 6000 1 --every 5s --yes
  enmon modbus write modbus+rtu:///dev/ttyUSB0?baud=19200 --broadcast holding 257 15000
  enmon modbus write modbus+tcp://127.0.0.1:5031 coil 0 on off on --yes

WHAT is TABLE REGISTER VALUE…, or with --profile POINT VALUE…. The old values are read first and shown beside the
new ones; then it asks, unless --yes. All values go in one request. Afterwards the registers are read back, where
the device lets them be read. With --mask, the other bits keep what they hold.

A value outside what the profile holds for plausible is written only after a person has said yes, or with --force.
With --every the write is repeated, for feeding a watchdog by hand; registers that wear out by the profile (EEPROM)
are refused then, also when they are named by number.

Exit codes:
  0  written, or shown with --dry-run; with --every: ended by --times or Ctrl-C
  1  the answer was no
  2  the request makes no sense, or nobody can be asked and --yes is missing
  3  the profile is invalid
  4  the device can't be reached, or does not answer
  5  the device refuses")]
pub(super) struct WriteArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// TABLE REGISTER VALUE…, or with --profile POINT VALUE…; values are numbers, 0x…, 0b…, a text, on and off for coils
    #[arg(value_name = "WHAT", required = true, num_args = 1.., allow_negative_numbers = true)]
    what: Vec<String>,
    #[command(flatten)]
    registers: RegisterArgs,
    /// Show what would change, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Functions that the device knows: 06 and 16 (05 and 15 for coils), only single, only multiple; without it, as the
    /// profile says, or both
    #[arg(long, value_enum, value_name = "KIND")]
    writes: Option<Writes>,
    /// Write values, too, that are not plausible by the profile
    #[arg(long)]
    force: bool,
    /// Write to all devices on a line at once (unit 0); none of them answers
    #[arg(long)]
    broadcast: bool,
    /// Write again and again, with this time from one write to the next
    #[arg(long, value_name = "TIME", conflicts_with = "dry_run")]
    every: Option<Period>,
    /// With --every: end after so many writes
    #[arg(long, value_name = "N", requires = "every", value_parser = clap::value_parser!(u64).range(1..))]
    times: Option<u64>,
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
    #[serde(flatten)]
    range: Option<Range>,
    /// Has the device taken it? `false` with `--dry-run`. Nobody says so of a broadcast.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    point: Option<String>,
    #[serde(skip)]
    name: String,
    /// Old, new and read back, as people read them.
    #[serde(skip)]
    shown: [Option<String>; 3],
    /// First register, counted from 0.
    register: u16,
    old: Option<serde_json::Value>,
    new: serde_json::Value,
    /// What stood there after the write.
    read_back: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "String::is_empty")]
    unit: String,
}

pub(super) async fn run(args: WriteArgs, context: &Context) -> Result<()> {
    if args.every == Some(Period::default()) {
        return Err(usage("--every takes a time above 0"));
    }
    let mut target = args.target.open(context)?;
    settle_broadcast(&args, &mut target)?;
    if let Some(writes) = args.writes {
        target.settings.writes = match writes {
            Writes::Both => WriteFunctions::Both,
            Writes::Single => WriteFunctions::Single,
            Writes::Multiple => WriteFunctions::Multiple,
        };
    }
    let mut plan = planned(&args, &target)?;
    if target.fit(context).await? {
        plan = planned(&args, &target)?;
    }
    if let Some(why) = &plan.item.missing {
        return Err(Error::new(Kind::Refused, format!("{} can't be written: {why}", plan.item.label())));
    }
    warn_of_the_plan(&plan, &args, &target, context)?;
    let outcome = change(&mut target, &mut plan, &args, context).await;
    let wire = match (&outcome, context.ui.format()) {
        (Ok(_), OutputFormat::Json | OutputFormat::Yaml) if args.every.is_none() => target.wire.take(),
        _ => {
            target.wire.show(&context.ui);
            None
        }
    };
    let Some(changes) = outcome? else { return Ok(()) };
    context.ui.print(&WriteReport {
        api_version: "enmon/v1",
        kind: "ModbusWrite",
        place: target.place,
        range: Range::of(std::slice::from_ref(&plan.item)),
        written: !args.dry_run,
        changes,
        wire,
    })
}

/// A broadcast reaches more devices than anybody looks at, so it is never meant by accident.
fn settle_broadcast(args: &WriteArgs, target: &mut Target) -> Result<()> {
    if !args.broadcast {
        if target.is_broadcast() {
            return Err(usage("unit 0 means every device on the line")
                .hint("to write to all of them say --broadcast; to one, name it with --unit"));
        }
        return Ok(());
    }
    if let Some(unit) = args.target.line.unit.filter(|unit| *unit != 0) {
        return Err(usage(format!(
            "--broadcast goes to every device, --unit {unit} to one: say one of them"
        )));
    }
    target.place.unit = 0;
    if target.is_broadcast() {
        return Ok(());
    }
    Err(usage(format!("{} is no line with several devices", target.place.address))
        .hint("broadcasts go over modbus+rtu, modbus+ascii and modbus+rtu-tcp"))
}

fn planned(args: &WriteArgs, target: &Target) -> Result<WritePlan> {
    let mut selection = args.registers.select(&args.what, target, Most::One)?;
    let Some(item) = selection.items.pop() else { return Err(usage("what is to be written?")) };
    let mut plan = plan(item, selection.rest)?;
    plan.item.find_wear(target);
    Ok(plan)
}

/// Says what speaks against the write, and refuses what nobody should do unasked.
fn warn_of_the_plan(plan: &WritePlan, args: &WriteArgs, target: &Target, context: &Context) -> Result<()> {
    let ui = &context.ui;
    let wearing = plan.item.wearing.join(", ");
    if args.every.is_some() && !wearing.is_empty() {
        return Err(usage(format!("{wearing} is kept in memory that wears out with each write (EEPROM)"))
            .cause("such registers are never written in a loop")
            .hint("write it once without --every; or write the point that is meant for it, see enmon modbus profile show"));
    }
    if args.every.is_some() && plan.item.layout.mask.is_some() {
        return Err(usage(
            "--every can't keep the other bits of a masked register as the device changes them",
        ));
    }
    if target.settings.writes == WriteFunctions::Single && plan.item.layout.value_type.registers() > 1 {
        if args.writes.is_none() {
            return Err(usage(
                "by its profile the device writes one register at a time, and this value takes several",
            )
            .hint("it would be another value for a moment; if that does no harm, say --writes single"));
        }
        ui.warn("with function 06 alone a value arrives in pieces, and is another one for a moment");
    }
    if !wearing.is_empty() {
        ui.warn(&format!("{wearing} is kept in memory that wears out with each write (EEPROM)"));
    }
    if args.every.is_some() && args.broadcast {
        ui.warn("every device on the line gets this again and again, and none of them answers");
    }
    for doubt in &plan.implausible {
        ui.warn(doubt);
    }
    match plan.implausible.first() {
        Some(doubt) if context.global.yes && !args.force && !args.dry_run => {
            Err(usage(format!("nothing was written: {doubt}")).hint("if it is meant, say --force as well"))
        }
        _ => Ok(()),
    }
}

/// Reads the old values, shows and asks, writes, reads back. `None` when the writes of a loop have been shown one by one.
async fn change(
    target: &mut Target,
    plan: &mut WritePlan,
    args: &WriteArgs,
    context: &Context,
) -> Result<Option<Vec<Change>>> {
    let old_words = if args.broadcast { None } else { words_there(target, plan).await? };
    if plan.item.layout.mask.is_some() {
        let Some(old) = &old_words else {
            let what = format!("{} can't be read, so its other bits can't be kept", plan.item.label());
            return Err(Error::new(Kind::Refused, what).hint("write the whole register, without --mask"));
        };
        plan.words = overlay(&plan.words, old, &plan.item.layout);
    }
    let new = values(&plan.item, &plan.words).map_err(usage)?;
    let old = old_words.and_then(|words| values(&plan.item, &words).ok());
    for (at, value) in new.iter().enumerate() {
        let before = old.as_ref().map_or("unreadable".into(), |old| old[at].value.to_string());
        let before = if args.broadcast { "whatever is there".into() } else { before };
        let unit = if value.unit.is_empty() { String::new() } else { format!(" {}", value.unit) };
        context.ui.say(&format!("{}: {before} → {}{unit}", value.name(), value.value));
    }
    if args.dry_run {
        return Ok(Some(changes(&new, old.as_deref(), None)));
    }
    if !context.ui.confirm(&question(target, plan, args))? {
        return Err(Error::new(Kind::Failed, "nothing was written"));
    }
    if let Some(every) = args.every {
        return write_loop::run(target, plan, every, args.times, context).await.map(|()| None);
    }
    write(target, plan).await.map_err(|error| failure(&error))?;
    if args.broadcast {
        context.ui.say("Sent. No device answers a broadcast: nothing says whether it has arrived.");
        return Ok(Some(changes(&new, None, None)));
    }
    let read_back = match &old {
        Some(_) => words_there(target, plan).await?.and_then(|words| values(&plan.item, &words).ok()),
        None => None,
    };
    warn_of_differences(&new, read_back.as_deref(), context);
    Ok(Some(changes(&new, old.as_deref(), read_back.as_deref())))
}

fn question(target: &Target, plan: &WritePlan, args: &WriteArgs) -> String {
    let TargetPlace { address, unit, .. } = &target.place;
    let what = match (plan.item.table, plan.words.len()) {
        (Table::Coil, 1) => "1 coil".to_owned(),
        (Table::Coil, count) => format!("{count} coils"),
        (_, 1) => "1 register".to_owned(),
        (_, count) => format!("{count} registers"),
    };
    let whom =
        if args.broadcast { format!("every device on {address}") } else { format!("{address} unit {unit}") };
    let when = match (args.every, args.times) {
        (Some(every), Some(times)) => format!(", {times} times, every {every}"),
        (Some(every), None) => format!(", every {every} until Ctrl-C"),
        _ => String::new(),
    };
    format!("Write {what} of {whom}{when}?")
}

fn changes(
    new: &[RegisterValue],
    old: Option<&[RegisterValue]>,
    read_back: Option<&[RegisterValue]>,
) -> Vec<Change> {
    let value_of = |values: Option<&[RegisterValue]>, at: usize| {
        values.and_then(|values| values.get(at)).map(|value| value.value.json())
    };
    let text_of = |values: Option<&[RegisterValue]>, at: usize| {
        values.and_then(|values| values.get(at)).map(|value| value.value.to_string())
    };
    let change = |(at, value): (usize, &RegisterValue)| Change {
        point: value.point.clone(),
        name: value.name(),
        shown: [text_of(old, at), Some(value.value.to_string()), text_of(read_back, at)],
        register: value.register,
        old: value_of(old, at),
        new: value.value.json(),
        read_back: value_of(read_back, at),
        unit: value.unit.clone(),
    };
    new.iter().enumerate().map(change).collect()
}

/// Reads what stands there. A device that refuses to show a register may still take a write: such registers are not rare.
async fn words_there(target: &mut Target, plan: &WritePlan) -> Result<Option<Vec<u16>>> {
    let outcomes = target.read(std::slice::from_ref(&plan.item)).await.map_err(|error| failure(&error))?;
    Ok(outcomes.into_iter().next().and_then(Result::ok))
}

fn warn_of_differences(new: &[RegisterValue], read_back: Option<&[RegisterValue]>, context: &Context) {
    for (wanted, found) in new.iter().zip(read_back.unwrap_or_default()) {
        if wanted.raw != found.raw {
            context.ui.warn(&format!(
                "the device accepted the write, and {} holds {}, not {}",
                wanted.name(),
                found.value,
                wanted.value
            ));
        }
    }
}

/// Sends a write with the functions that the device knows.
///
/// # Errors
/// As the client's.
pub(super) async fn write(target: &mut Target, plan: &WritePlan) -> Result<(), ModbusError> {
    let (unit, register, words) = (target.place.unit, plan.item.register, &plan.words);
    let (client, functions) = (&mut target.client, target.settings.writes);
    if functions == WriteFunctions::Multiple || functions == WriteFunctions::Both && words.len() > 1 {
        return match plan.item.table {
            Table::Coil => client.write_coils(unit, register, words).await,
            _ => client.write_registers(unit, register, words).await,
        };
    }
    for (at, word) in words.iter().enumerate() {
        let register = register.wrapping_add(at as u16);
        match plan.item.table {
            Table::Coil => client.write_coil(unit, register, *word != 0).await?,
            _ => client.write_register(unit, register, *word).await?,
        }
    }
    Ok(())
}

impl Report for WriteReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let has_unit = self.changes.iter().any(|change| !change.unit.is_empty());
        let by_name = self.range.is_none();
        let mut columns = vec![Column::text(if by_name { "point" } else { "register" })];
        columns.extend([Column::count("old"), Column::count("new"), Column::count("read back")]);
        if has_unit {
            columns.push(Column::text("unit"));
        }
        let mut table = crate::ui::Table::new(columns);
        for change in &self.changes {
            let mut cells = vec![Cell::new(&change.name)];
            cells.extend(change.shown.iter().map(|text| text.as_ref().map_or_else(Cell::unknown, Cell::new)));
            if has_unit {
                cells.push(Cell::new(&change.unit));
            }
            table.row(cells);
        }
        table.render(out)
    }
}
