//! `enmon charger needs`: what the car at a charger needs, told to the running controller, whose policy plans with it.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::Context;
use super::api_client::ApiClient;
use super::charger::{fetch, who};
use crate::control::{ChargerStatus, ChargingNeeds, Time};
use crate::error::Result;
use crate::server::{API_VERSION, ChargerNeeds, Item, NeedsRequest};
use crate::site::{Period, minute_of_day};
use crate::ui::Report;

/// Flags of `enmon charger needs`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon charger needs ev1 --energy 20 --departs-in 3h
  enmon charger needs ev1 --departs-at 17:30
  enmon charger needs ev1 --clear --dry-run

What is said holds until the car leaves; when no car is there, for the next one. It goes before what the site file expects and before what
was learnt of earlier visits. It is for a policy that plans (see docs/policies.md): without one the controller refuses it.")]
pub(super) struct NeedsArgs {
    /// Name of the charger
    name: String,
    /// Energy that the car wants from now on, in kWh
    #[arg(long, value_name = "KWH", value_parser = parse_energy, required_unless_present_any = ["departs_in", "departs_at", "clear"])]
    energy: Option<f64>,
    /// In what time it leaves, for example 3h or 90m
    #[arg(long, value_name = "TIME", conflicts_with = "departs_at")]
    departs_in: Option<Period>,
    /// When it leaves: the next time that the clock shows this, in UTC
    #[arg(long, value_name = "HH:MM", value_parser = parse_minute)]
    departs_at: Option<u16>,
    /// Forget what was said of the car
    #[arg(long, conflicts_with_all = ["energy", "departs_in", "departs_at"])]
    clear: bool,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Reads `20`, `20kWh` or `7.5 kWh`.
fn parse_energy(text: &str) -> Result<f64, String> {
    let lower = text.to_lowercase();
    let number = lower.trim_end_matches("kwh").trim_end();
    match number.parse::<f64>() {
        Ok(energy) if (0.0..=1000.0).contains(&energy) => Ok(energy),
        Ok(_) => Err("a car wants between 0 and 1000 kWh".to_owned()),
        Err(_) => Err("write kilowatt-hours, for example 20".to_owned()),
    }
}

fn parse_minute(text: &str) -> Result<u16, String> {
    minute_of_day(text).ok_or_else(|| "write hours and minutes in UTC, for example 17:30".to_owned())
}

/// Returns when the clock shows a minute of the UTC day next.
fn next(minute: u16, now_ms: u64) -> u64 {
    const DAY_MS: u64 = 86_400_000;
    let today = now_ms - now_ms % DAY_MS + u64::from(minute) * 60_000;
    if today > now_ms { today } else { today + DAY_MS }
}

/// Runs `enmon charger needs`.
pub(super) fn run(args: &NeedsArgs, context: &Context) -> Result<()> {
    let client = ApiClient::of_site_file(&context.global.site)?;
    let charger = fetch(&client, &args.name)?;
    let path = ["api", "v1", "chargers", &args.name, "needs"];
    let after = if args.clear {
        if !args.dry_run {
            client.delete(&path)?;
        }
        None
    } else {
        let length = args.departs_in.map(|length| Time(charger.at) + length);
        let departure = length.or(args.departs_at.map(|minute| Time(next(minute, charger.at))));
        let request = NeedsRequest {
            energy: args.energy,
            departure: departure.map(|at| at.0),
            in_seconds: None,
            who: who(),
        };
        if args.dry_run {
            Some(ChargingNeeds { energy: args.energy, departure, who: request.who, had: 0.0 })
        } else {
            let taken: Item<ChargerNeeds> = client.put(&path, &request)?;
            Some(taken.item.needs)
        }
    };
    context.ui.print(&NeedsReport::new(charger, after, args.dry_run))
}

/// What was said of a car before, and now.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct NeedsReport {
    api_version: &'static str,
    kind: &'static str,
    dry_run: bool,
    charger: String,
    /// What was known before.
    before: Option<ChargingNeeds>,
    /// What is known now.
    after: Option<ChargingNeeds>,
    #[serde(skip)]
    now_ms: u64,
}

impl NeedsReport {
    fn new(charger: Item<ChargerStatus>, after: Option<ChargingNeeds>, dry_run: bool) -> Self {
        NeedsReport {
            api_version: API_VERSION,
            kind: "ChargingNeedsChange",
            dry_run,
            charger: charger.item.name,
            before: charger.item.needs,
            after,
            now_ms: charger.at,
        }
    }
}

impl Report for NeedsReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let words = |needs: &Option<ChargingNeeds>| {
            needs
                .as_ref()
                .map_or_else(|| "nothing was said".to_owned(), |needs| needs_words(needs, self.now_ms))
        };
        let note = if self.dry_run { " (dry run: nothing was changed)" } else { "" };
        writeln!(out, "{}: {}{note}", self.charger, words(&self.after))?;
        writeln!(out, "  before: {}", words(&self.before))
    }
}

/// Says needs in words: `20 kWh, leaves in 3h, said ada`.
pub(super) fn needs_words(needs: &ChargingNeeds, now_ms: u64) -> String {
    let energy = needs.energy.map(|energy| format!("{energy} kWh"));
    let departure = needs.departure.map(|at| match at.0.saturating_sub(now_ms) {
        0 => "should have left".to_owned(),
        // whole minutes are enough for people
        left => format!("leaves in {}", Period::from_secs(left.div_ceil(60_000) * 60)),
    });
    let parts: Vec<String> = energy.into_iter().chain(departure).collect();
    format!("{}, said {}", parts.join(", "), needs.who)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energies_are_kilowatt_hours() {
        for (text, energy) in [("20", 20.0), ("7.5kWh", 7.5), ("7.5 kWh", 7.5), ("0", 0.0)] {
            assert_eq!(parse_energy(text), Ok(energy), "{text}");
        }
        for text in ["", "-1", "20 A", "NaN", "inf", "1001"] {
            assert!(parse_energy(text).is_err(), "{text} was taken");
        }
    }

    #[test]
    fn a_time_of_day_is_the_next_one() {
        let ten = 20_000 * 86_400_000 + 10 * 3_600_000;
        assert_eq!(next(10 * 60 + 1, ten) - ten, 60_000);
        assert_eq!(next(10 * 60, ten) - ten, 86_400_000, "now is over");
        assert_eq!(next(9 * 60, ten) - ten, 23 * 3_600_000);
    }

    #[test]
    fn needs_are_said_in_words() {
        let needs = |energy, departure: Option<u64>| {
            let needs = ChargingNeeds { energy, departure: departure.map(Time), who: "ada".into(), had: 0.0 };
            needs_words(&needs, 1_000_000)
        };
        assert_eq!(needs(Some(20.0), Some(1_000_000 + 3 * 3_600_000)), "20 kWh, leaves in 3h, said ada");
        assert_eq!(needs(Some(7.5), None), "7.5 kWh, said ada");
        assert_eq!(needs(None, Some(900_000)), "should have left, said ada");
    }
}
