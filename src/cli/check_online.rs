//! `enmon check --online`: asks every device of the site once and says what it answered.

use std::io::{self, Write};

use serde::Serialize;

use super::online::{self, Answer};
use super::site_input::LoadedSite;
use crate::control::{ChargerState, Failure, Values, kind, link, name};
use crate::error::{Error, Kind, Result};
use crate::site::{Amps, Site};
use crate::ui::{Cell, Column, Table, Tone};

/// A device and what it answered.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeviceAnswer {
    name: String,
    kind: &'static str,
    address: String,
    unit: Option<u8>,
    /// Connector of a station that has several; missing where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    connector: Option<u16>,
    profile: String,
    /// What it said, in words.
    said: Option<String>,
    /// Why it could not be read.
    fault: Option<String>,
    #[serde(skip)]
    refused: bool,
}

/// Asks all devices.
///
/// # Errors
/// When the devices can't be set up.
pub(super) fn ask(site: &LoadedSite) -> Result<Vec<DeviceAnswer>> {
    let has_connectors = |profile: &str| {
        site.catalogue
            .get(profile)
            .is_some_and(|profile| profile.modbus.as_ref().is_some_and(|modbus| modbus.connectors > 1))
    };
    let answers = online::look(site)?.into_iter();
    Ok(answers
        .map(|answer| {
            let link = link(&site.site, answer.device);
            DeviceAnswer::of(&site.site, answer, has_connectors(&link.profile))
        })
        .collect())
}

/// Returns the error that devices which did not answer are: unreachable, or refusing when all of them answered.
pub(super) fn refusal(answers: &[DeviceAnswer]) -> Option<Error> {
    let bad: Vec<&DeviceAnswer> = answers.iter().filter(|answer| answer.fault.is_some()).collect();
    let first = bad.first()?;
    let kind = if bad.iter().all(|answer| answer.refused) { Kind::Refused } else { Kind::Unreachable };
    let message = match bad.len() {
        1 => format!("{} {} can't be read", first.kind, first.name),
        count => format!("{count} of {} devices can't be read", answers.len()),
    };
    Some(Error::new(kind, message).hint("chargers that are not heard count with all that they could offer"))
}

impl DeviceAnswer {
    fn of(site: &Site, answer: Answer, has_connectors: bool) -> DeviceAnswer {
        let link = link(site, answer.device);
        let refused = matches!(answer.outcome, Err((_, Failure::Refused)));
        let (said, fault) = match &answer.outcome {
            Ok(values) => (Some(words(values)), None),
            Err((error, _)) => (None, Some(error.clone())),
        };
        DeviceAnswer {
            name: name(site, answer.device).to_owned(),
            kind: kind(answer.device),
            address: link.address.to_string(),
            unit: link.address.is_modbus().then_some(link.unit),
            connector: has_connectors.then_some(link.connector),
            profile: link.profile.clone(),
            said,
            fault,
            refused,
        }
    }
}

fn list(currents: &[Option<Amps>]) -> String {
    let known: Vec<String> = currents.iter().flatten().map(|amps| format!("{:.1}", amps.0)).collect();
    format!("{} A", known.join(" "))
}

/// Says what a device answered.
fn words(values: &Values) -> String {
    match values {
        Values::Meter(meter) => list(&meter.currents),
        Values::Charger(charger) => {
            let state = match charger.state {
                ChargerState::Unplugged => "unplugged",
                ChargerState::PluggedIn => "plugged in",
                ChargerState::Charging => "charging",
                ChargerState::Fault => "fault",
            };
            format!("{state}, offers {}, draws {}", charger.offered, list(&charger.drawn.map(Some)))
        }
        Values::Breaker(breaker) => {
            format!("{}, {}", format!("{:?}", breaker.state).to_lowercase(), list(&breaker.currents))
        }
        Values::Cabinet(cabinet) => {
            let temperature = cabinet.temperature.map(|degrees| format!("{degrees:.1} °C"));
            let smoke = cabinet.smoke.map(|smoke| if smoke { "smoke" } else { "no smoke" }.to_owned());
            [temperature, smoke].into_iter().flatten().collect::<Vec<_>>().join(", ")
        }
        Values::Solar(solar) => format!("{:.1}", solar.current),
        Values::Endpoint(node) => list(&node.currents.iter().copied().map(Some).collect::<Vec<_>>()),
    }
}

/// Writes unit and connector: `1`, or `1/2` for the second connector behind unit 1.
fn unit(answer: &DeviceAnswer) -> Cell {
    match (answer.unit, answer.connector) {
        (None, _) => Cell::new(""),
        (Some(unit), None) => Cell::new(unit),
        (Some(unit), Some(connector)) => Cell::new(format!("{unit}/{connector}")),
    }
}

/// Writes the answers as a table.
pub(super) fn render(answers: &[DeviceAnswer], out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new([
        Column::text("device"),
        Column::text("kind"),
        Column::text("address"),
        Column::count("unit"),
        Column::text("answer"),
    ]);
    for answer in answers {
        let (text, tone) = match (&answer.said, &answer.fault) {
            (Some(said), _) => (said.as_str(), Tone::Good),
            (None, fault) => (fault.as_deref().unwrap_or_default(), Tone::Bad),
        };
        table.row([
            Cell::new(&answer.name),
            Cell::new(answer.kind),
            Cell::new(&answer.address),
            unit(answer),
            Cell::new(text).tone(tone),
        ]);
    }
    table.render(out)
}
