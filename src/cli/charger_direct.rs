//! `enmon charger … --direct`: straight to the devices, for when no controller runs.

use std::io::{self, Write};

use serde::Serialize;

use super::Context;
use super::online;
use super::site_input::{self, LoadedSite};
use super::site_view::{charger_tone, plug_state};
use crate::control::{ChargerReading, ChargerState, Values, name};
use crate::error::{Error, Kind, Result};
use crate::runtime::{self, StateFolder};
use crate::site::{Amps, ChargerId};
use crate::ui::{Cell, Column, Report, Table, Tone};

/// What the chargers themselves say.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ReadingsReport {
    api_version: &'static str,
    kind: &'static str,
    items: Vec<ChargerSays>,
}

/// What a charger itself says.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ChargerSays {
    name: String,
    state: Option<ChargerState>,
    offered: Option<f64>,
    drawn: Option<Vec<f64>>,
    fault: Option<String>,
}

/// A limit that was written to a charger, or would be.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LimitReport {
    api_version: &'static str,
    kind: &'static str,
    dry_run: bool,
    charger: String,
    /// What it offered before, amperes.
    before: Option<f64>,
    /// What it offers now, read back, amperes.
    after: f64,
}

/// Reads all chargers, or one.
pub(super) fn show(only: Option<&str>, context: &Context) -> Result<()> {
    let site = site_input::load(context)?;
    let items = read(&site, only)?;
    let silent = items.iter().filter(|charger| charger.fault.is_some()).count();
    let count = items.len();
    context.ui.print(&ReadingsReport { api_version: "enmon/v1", kind: "ChargerReadings", items })?;
    if silent > 0 {
        return Err(Error::new(Kind::Unreachable, format!("{silent} of {count} chargers can't be read")));
    }
    Ok(())
}

fn read(site: &LoadedSite, only: Option<&str>) -> Result<Vec<ChargerSays>> {
    let mut chargers = match only {
        Some(name) => online::only(site, named(site, name)?),
        None => online::only(site, ChargerId(0)),
    };
    if only.is_none() {
        chargers.site.chargers.clone_from(&site.site.chargers);
    }
    let answers = online::look(&chargers)?;
    Ok(answers
        .into_iter()
        .map(|answer| {
            let (reading, fault): (Option<ChargerReading>, Option<String>) = match answer.outcome {
                Ok(Values::Charger(reading)) => (Some(reading), None),
                Ok(_) => (None, None),
                Err((error, _)) => (None, Some(error)),
            };
            ChargerSays {
                name: name(&chargers.site, answer.device).to_owned(),
                state: reading.map(|reading| reading.state),
                offered: reading.map(|reading| reading.offered.0),
                drawn: reading.map(|reading| reading.drawn.iter().map(|amps| amps.0).collect()),
                fault,
            }
        })
        .collect())
}

pub(super) fn named(site: &LoadedSite, name: &str) -> Result<ChargerId> {
    site.site.charger_named(name).ok_or_else(|| {
        Error::new(Kind::Usage, format!("no charger is named `{name}`"))
            .hint("see their names with: enmon charger list")
    })
}

/// Refuses to go straight to a charger while a controller runs.
pub(super) fn refuse_beside_a_controller(site: &LoadedSite) -> Result<()> {
    refuse_beside(site, "stop it first: enmon control stop")
}

fn refuse_beside(site: &LoadedSite, hint: &str) -> Result<()> {
    let running = runtime::holder(&StateFolder::of_site(&site.site.name))
        .map_err(|error| Error::from_source(Kind::Failed, "the state folder can't be read", &error))?;
    if running.is_none() {
        return Ok(());
    }
    let message = format!("a controller runs for {}, and would write its own limit", site.site.name);
    Err(Error::new(Kind::Refused, message).hint(hint))
}

/// Writes a limit and reads back what is offered.
pub(super) fn set_limit(name: &str, amps: f64, dry_run: bool, context: &Context) -> Result<()> {
    let site = site_input::load(context)?;
    let id = named(&site, name)?;
    let charger = &site.site.chargers[id.0];
    let limit = Amps(amps);
    if limit > charger.max || (limit > Amps::ZERO && limit < charger.min) {
        let range = format!("{name} takes 0 A, or {} to {}", charger.min, charger.max);
        return Err(Error::new(Kind::Usage, format!("{limit} is no limit for {name}")).cause(range));
    }
    refuse_beside(&site, &format!("give it an order instead: enmon charger set-limit {name} {amps}"))?;
    let before = read(&site, Some(name))?.pop().and_then(|charger| charger.offered);
    let after = if dry_run { limit } else { online::set_limit(&site, id, limit)? };
    context.ui.print(&LimitReport {
        api_version: "enmon/v1",
        kind: "ChargerLimit",
        dry_run,
        charger: name.to_owned(),
        before,
        after: after.0,
    })?;
    if (after - limit).abs() > charger.resolution {
        let message = format!("{name} took the limit of {limit} and offers {after}");
        return Err(Error::new(Kind::Refused, message).hint("it may be in a mode in which it does not obey"));
    }
    Ok(())
}

impl Report for ReadingsReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = Table::new([
            Column::text("charger"),
            Column::text("state"),
            Column::number("offers", "A"),
            Column::number("draws", "A"),
            Column::text("fault"),
        ]);
        for charger in &self.items {
            let most = charger.drawn.as_ref().map(|drawn| drawn.iter().copied().fold(0.0, f64::max));
            table.row([
                Cell::new(&charger.name),
                Cell::new(plug_state(charger.state).word()).tone(charger_tone(charger.state)),
                Cell::maybe(charger.offered, 1),
                Cell::maybe(most, 1),
                charger
                    .fault
                    .as_ref()
                    .map_or_else(|| Cell::new(""), |fault| Cell::new(fault).tone(Tone::Bad)),
            ]);
        }
        table.render(out)
    }
}

impl Report for LimitReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let before = self.before.map_or_else(|| "unknown".to_owned(), |amps| Amps(amps).to_string());
        let note = if self.dry_run { " (dry run: nothing was changed)" } else { "" };
        writeln!(out, "{}: {before} → {}{note}", self.charger, Amps(self.after))
    }
}
