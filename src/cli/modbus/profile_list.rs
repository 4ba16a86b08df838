//! `enmon modbus profile list`.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::profile_input::{Held, Origin, Shelf, warn_of_broken};
use crate::cli::Context;
use crate::error::Result;
use crate::profile::{Profile, SerialDefaults};
use crate::site::Parity;
use crate::ui::{Cell, Column, Report, Table};

/// Flags of `enmon modbus profile list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon modbus profile list
  enmon modbus profile list -o json | jq -r '.profiles[].name'

Exit codes:
  0  listed
  3  your own profiles can't be read")]
pub(super) struct ListArgs {}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ListReport {
    api_version: &'static str,
    kind: &'static str,
    profiles: Vec<Line>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    name: String,
    vendor: String,
    model: String,
    /// What a device of it can be: charger, meter, …
    roles: Vec<&'static str>,
    /// `modbus`, or `https` for endpoints.
    protocol: &'static str,
    /// Settings of a serial line, when the device has one that is not left to the address.
    serial: Option<SerialDefaults>,
    /// Unit id when none is named; missing for endpoints.
    unit: Option<u8>,
    origin: Origin,
    file: String,
}

pub(super) fn run(context: &Context) -> Result<()> {
    let shelf = Shelf::read()?;
    warn_of_broken(&shelf, context);
    let profiles = shelf.held().map(line).collect();
    context.ui.print(&ListReport { api_version: "enmon/v1", kind: "ProfileList", profiles })
}

fn line(held: Held) -> Line {
    let Held { profile, origin, file } = held;
    let modbus = profile.modbus.as_ref();
    Line {
        roles: profile.roles().into_iter().map(|role| role.word()).collect(),
        protocol: if modbus.is_some() { "modbus" } else { "https" },
        serial: modbus.and_then(|modbus| modbus.serial),
        unit: modbus.map(|modbus| modbus.unit),
        name: profile.name,
        vendor: profile.vendor,
        model: profile.model,
        origin,
        file,
    }
}

/// Writes serial settings as people do: 19200 8E1.
pub(super) fn serial_words(serial: SerialDefaults) -> String {
    let parity = match serial.parity {
        Parity::None => 'N',
        Parity::Even => 'E',
        Parity::Odd => 'O',
    };
    format!("{} 8{parity}{}", serial.baud, serial.stop_bits)
}

/// Says how a device of the profile is connected.
pub(super) fn connection(profile: &Profile) -> String {
    match profile.modbus.as_ref().map(|modbus| modbus.serial) {
        None => "HTTPS".into(),
        Some(None) => "Modbus".into(),
        Some(Some(serial)) => format!("Modbus, serial {}", serial_words(serial)),
    }
}

impl Report for ListReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = Table::new([
            Column::name("profile"),
            Column::text("vendor"),
            Column::text("model"),
            Column::text("is a"),
            Column::count("unit"),
            Column::name("serial"),
            Column::text("from"),
        ]);
        for line in &self.profiles {
            table.row([
                Cell::new(&line.name),
                Cell::new(&line.vendor),
                Cell::new(&line.model),
                Cell::new(line.roles.join(", ")),
                line.unit.map_or_else(Cell::unknown, Cell::new),
                line.serial.map_or_else(Cell::unknown, |serial| Cell::new(serial_words(serial))),
                Cell::new(match line.origin {
                    Origin::BuiltIn => "enmon",
                    Origin::Own | Origin::File => &line.file,
                }),
            ]);
        }
        table.render(out)
    }
}
