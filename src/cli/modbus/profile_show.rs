//! `enmon modbus profile show`: a profile as a page for people, or as data.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{self, Write};

use clap::Args;
use serde::{Serialize, Serializer};

use super::item::{table_name, type_name};
use super::profile_input::{self, Held, Origin};
use super::profile_list::{connection, serial_words};
use crate::cli::Context;
use crate::error::Result;
use crate::profile::{
    Access, ByteOrder, ChargerSection, Feed, MeterSection, ModbusSettings, Point, Preset, Profile,
    WatchdogSection, WordOrder, WriteFunctions,
};
use crate::site::Period;
use crate::ui::{Cell, Column, Report, Table, Tone};

/// Flags of `enmon modbus profile show`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon modbus profile show abb-terra-ac
  enmon modbus profile show ./my-charger.yaml
  enmon modbus profile show abb-terra-ac -o json | jq '.points | keys'
  enmon modbus profile show abb-terra-ac -o yaml > my-charger.yaml

With -o json or yaml it is the profile as data, in the form of a profile file.

Exit codes:
  0  shown
  2  there is no such profile
  3  the profile is invalid")]
pub(super) struct ShowArgs {
    /// Profile, by name or file
    #[arg(value_name = "PROFILE")]
    profile: String,
}

/// A profile on its way to the terminal.
struct ShowReport(Held);

impl Serialize for ShowReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.profile.serialize(serializer)
    }
}

pub(super) fn run(args: &ShowArgs, context: &Context) -> Result<()> {
    context.ui.print(&ShowReport(profile_input::find(&args.profile, context)?))
}

impl Report for ShowReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let Held { profile, origin, file } = &self.0;
        let Profile { name, vendor, model, .. } = profile;
        let roles: Vec<&str> = profile.roles().into_iter().map(|role| role.word()).collect();
        writeln!(out, "\x1b[1m{name}\x1b[0m: {vendor} {model}, {}", roles.join(", "))?;
        match origin {
            Origin::BuiltIn => writeln!(out, "comes with enmon")?,
            Origin::Own | Origin::File => writeln!(out, "from {file}")?,
        }
        heading(out, "How it is spoken to")?;
        facts(out, &settings(profile))?;
        if !profile.points.is_empty() {
            heading(out, "Points")?;
            points(profile).render(out)?;
        }
        if let Some(endpoint) = &profile.endpoint {
            heading(out, "Metrics")?;
            metrics(endpoint, out)?;
        }
        if let Some(charger) = &profile.charger {
            heading(out, "As a charger")?;
            facts(out, &charger_facts(charger))?;
        }
        if let Some(meter) = &profile.meter {
            heading(out, "As a meter")?;
            facts(out, &meter_facts(meter))?;
        }
        heading(out, "Sources")?;
        for source in &profile.sources {
            let place = source.place.as_deref().map(|place| format!(": {place}")).unwrap_or_default();
            writeln!(out, "  - {}{place}", source.document)?;
        }
        if !profile.doubts.is_empty() {
            heading(out, "Doubts")?;
        }
        for doubt in &profile.doubts {
            writeln!(out, "  - {doubt}")?;
        }
        Ok(())
    }
}

fn heading(out: &mut dyn Write, title: &str) -> io::Result<()> {
    writeln!(out, "\n\x1b[1m{title}\x1b[0m")
}

type Facts = Vec<(&'static str, String)>;

fn facts(out: &mut dyn Write, facts: &Facts) -> io::Result<()> {
    let width = facts.iter().map(|(what, _)| what.len()).max().unwrap_or(0);
    for (what, fact) in facts {
        writeln!(out, "  {what:<width$}  {fact}")?;
    }
    Ok(())
}

fn settings(profile: &Profile) -> Facts {
    let mut facts = vec![("over", connection(profile))];
    let Some(modbus) = &profile.modbus else { return facts };
    let ModbusSettings { unit, timeout, gap, after_connect, max_read, connectors, .. } = modbus;
    facts.push(("unit id", unit.to_string()));
    if let Some(serial) = modbus.serial {
        facts.push(("serial line", serial_words(serial)));
    }
    facts.push((
        "word order",
        match modbus.word_order {
            WordOrder::Big => "high word first".into(),
            WordOrder::Little => "low word first".into(),
        },
    ));
    if modbus.byte_order == ByteOrder::Little {
        facts.push(("byte order", "low byte first".into()));
    }
    facts.push(("time-out", timeout.to_string()));
    for (what, pause) in [("pause between requests", gap), ("pause after connecting", after_connect)] {
        if *pause != Period::default() {
            facts.push((what, pause.to_string()));
        }
    }
    let reads = if modbus.block_reads {
        format!("up to {max_read} registers at once")
    } else {
        "each point on its own".into()
    };
    facts.push(("reads", reads));
    facts.push((
        "writes",
        match modbus.writes {
            WriteFunctions::Both => "functions 06 and 16".into(),
            WriteFunctions::Single => "function 06 alone".into(),
            WriteFunctions::Multiple => "function 16 alone".into(),
        },
    ));
    if modbus.wake {
        facts.push(("waking", "each request is sent twice: the first wakes the device".into()));
    }
    if *connectors > 1 {
        facts.push(("connectors", format!("up to {connectors}")));
    }
    if !modbus.sunspec.is_empty() {
        facts.push(("SunSpec marker", format!("looked for at {}", joined(&modbus.sunspec, ", "))));
    }
    facts
}

fn joined<T: Display>(things: &[T], between: &str) -> String {
    things.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

fn points(profile: &Profile) -> Table {
    let mut table = Table::new([
        Column::name("point"),
        Column::text("table"),
        Column::name("register"),
        Column::text("type"),
        Column::text("scale"),
        Column::name("access"),
        Column::text("what it is"),
    ]);
    let mut points: Vec<(&String, &Point)> = profile.points.iter().collect();
    points.sort_by_key(|(name, point)| (&point.model, point.table, point.address, name.as_str()));
    for (name, point) in points {
        let access = match point.access {
            Access::Read => "read",
            Access::Write => "both",
            Access::Only => "write",
        };
        let access = if point.wears { format!("{access}, wears") } else { access.to_owned() };
        let plausible = point.plausible.map_or(String::new(), |[least, most]| format!(", {least} to {most}"));
        table.row([
            Cell::new(name),
            Cell::new(table_name(point.table)),
            Cell::new(register(point)),
            Cell::new(layout(point)),
            Cell::new(scale(point)),
            Cell::new(access).tone(if point.wears { Tone::Warning } else { Tone::Plain }),
            Cell::new(format!("{}{plausible}", point.about)),
        ]);
    }
    table
}

fn register(point: &Point) -> String {
    let further = point.stride.map_or(String::new(), |stride| format!(" +{stride} each connector"));
    match &point.model {
        Some(model) => format!("model {} +{}", joined(model.ids(), "/"), point.address),
        None => format!("{:#06X}{further}", point.address),
    }
}

fn layout(point: &Point) -> String {
    let name = type_name(point.value_type);
    let order = match point.word_order {
        Some(WordOrder::Little) => " low first",
        Some(WordOrder::Big) => " high first",
        None => "",
    };
    let mask = point.mask.map_or(String::new(), |mask| format!(" & {mask:#X}"));
    let shift = point.shift.filter(|shift| *shift > 0).map_or(String::new(), |shift| format!(" >> {shift}"));
    let count = if point.count > 1 { format!("{} × ", point.count) } else { String::new() };
    format!("{count}{name}{order}{mask}{shift}")
}

/// Writes factor and unit: `0.001 A`.
fn scale(point: &Point) -> String {
    let power = point.scale_from.as_ref().map(|other| format!("10^{other}"));
    let factor = (point.scale != 1.0).then(|| point.scale.to_string());
    let unit = (!point.unit.is_empty()).then(|| point.unit.clone());
    [factor, power, unit].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn metrics(endpoint: &crate::profile::EndpointSettings, out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<&String> = endpoint.metrics.keys().collect();
    writeln!(out, "  {}", joined(&names, ", "))
}

fn charger_facts(charger: &ChargerSection) -> Facts {
    let mut facts = vec![
        ("state", format!("{}: {}", charger.state.point, mapping(&charger.state.map))),
        ("limit", format!("{}, in steps of {} A", charger.limit.point, charger.limit.resolution)),
        (
            "offered now",
            charger.offered.clone().unwrap_or_else(|| format!("{}, read back", charger.limit.point)),
        ),
    ];
    let turned = if charger.reversed { ", terminals counted 3, 2, 1" } else { "" };
    let currents =
        if charger.currents.is_empty() { "not measured".into() } else { charger.currents.join(", ") };
    facts.push(("currents", currents + turned));
    let pause = match charger.limit.pause.as_slice() {
        [] => "0 A in the limit".into(),
        writes => format!("{}; ended with {}", presets(writes), presets(&charger.limit.resume)),
    };
    facts.push(("pause", pause));
    if let Some(plugged) = &charger.state.plugged {
        facts.push(("car is there", format!("{} & {:#X}", plugged.point, plugged.mask)));
    }
    if !charger.enable.is_empty() {
        facts.push(("written at the start", presets(&charger.enable)));
    }
    for (what, point) in [("power", &charger.power), ("energy", &charger.energy)] {
        facts.extend(point.clone().map(|point| (what, point)));
    }
    if let Some(switch) = &charger.phase_switch {
        let values = format!("{} for one, {} for three", switch.one, switch.three);
        facts.push(("phases", format!("{}: {values}", switch.point)));
    }
    match &charger.watchdog {
        None => facts.push(("watchdog", "none: it keeps its last limit when it hears nothing".into())),
        Some(watchdog) => watchdog_facts(watchdog, &mut facts),
    }
    facts
}

fn watchdog_facts(watchdog: &WatchdogSection, facts: &mut Facts) {
    let feed = match &watchdog.feed {
        Feed::Request => "any request".into(),
        Feed::Timeout => "writing the time-out again".into(),
        Feed::Limit => "writing the limit again".into(),
        Feed::LifeBit { point, value, every } => {
            format!("writing {value} to {point} every {every} at the latest")
        }
    };
    facts.push(("watchdog", format!("{}, fed by {feed}", watchdog.default)));
    if let Some(timeout) = &watchdog.timeout {
        let read =
            watchdog.timeout_read.as_ref().map_or(String::new(), |point| format!(", read back from {point}"));
        facts.push(("its time-out", format!("set with {timeout}{read}")));
    }
    let failsafe = match &watchdog.failsafe {
        Some(point) => format!("set with {point}"),
        None => "set on the charger itself".into(),
    };
    facts.push(("fail-safe current", failsafe));
}

fn meter_facts(meter: &MeterSection) -> Facts {
    let listed = [("currents", &meter.currents), ("voltages", &meter.voltages), ("powers", &meter.powers)];
    let single = [
        ("power", &meter.power),
        ("energy imported", &meter.energy_import),
        ("energy exported", &meter.energy_export),
    ];
    let listed = listed.into_iter().filter(|(_, points)| !points.is_empty());
    let mut facts: Facts = listed.map(|(what, points)| (what, points.join(", "))).collect();
    facts.extend(single.into_iter().filter_map(|(what, point)| Some((what, point.clone()?))));
    facts
}

fn mapping<T: std::fmt::Debug>(map: &BTreeMap<String, T>) -> String {
    let pairs: Vec<String> = map.iter().map(|(raw, state)| format!("{raw} is {state:?}")).collect();
    pairs.join(", ")
}

fn presets(presets: &[Preset]) -> String {
    let writes: Vec<String> =
        presets.iter().map(|preset| format!("{} ← {}", preset.point, preset.value)).collect();
    writes.join(", ")
}
