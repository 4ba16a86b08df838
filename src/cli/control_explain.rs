//! `enmon control explain`: why a charger has its limit, now or at a moment that the journal knows.

use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use serde::Serialize;

use super::api_client::ApiClient;
use super::site_view::order_words;
use super::{Context, site_input};
use crate::control::{self, Explanation, Past, SiteStatus, Time};
use crate::error::{Error, Kind, Result};
use crate::runtime::{StateFolder, calendar};
use crate::site::{Amps, Period, Site};
use crate::ui::{Cell, Column, Report, Table, Tone};

/// Flags of `enmon control explain`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon control explain ev1 --site garage.yaml
  enmon control explain ev1 --site garage.yaml -o json | jq '.links[] | select(.decides)'
  enmon control explain ev1 --site garage.yaml --at 10m
  enmon control explain ev1 --site garage.yaml --at 2026-11-03T07:05:09Z

Without --at the running controller is asked. With it the journal is read: it has what changed, not each decision with all of its
constraints.")]
pub(super) struct ExplainArgs {
    /// Name of the charger
    name: String,
    /// The moment that is meant: a time in UTC as in the examples, or how long ago
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    at: Option<Moment>,
}

/// A moment as a person says it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Moment {
    At(Time),
    Ago(Period),
}

fn parse_moment(text: &str) -> std::result::Result<Moment, String> {
    if let Ok(ago) = text.parse::<Period>() {
        return Ok(Moment::Ago(ago));
    }
    calendar::parse_rfc3339(text)
        .map(|ms| Moment::At(Time(ms)))
        .ok_or_else(|| "write a time as 2026-11-03T07:05:09Z, or how long ago as 10m".to_owned())
}

/// Runs `enmon control explain`.
pub(super) fn run(args: &ExplainArgs, context: &Context) -> Result<()> {
    let Some(moment) = args.at else {
        let client = ApiClient::of_site_file(&context.global.site)?;
        let status: SiteStatus = client.get(&["api", "v1", "status"])?;
        let found = control::explain(&status, &args.name).ok_or_else(|| unknown(&args.name))?;
        return context.ui.print(&ExplainReport(found));
    };
    let site = site_input::load(context)?.site;
    let id = site.charger_named(&args.name).ok_or_else(|| unknown(&args.name))?;
    let related: Vec<String> = circuits(&site, id);
    let at = match moment {
        Moment::At(at) => at,
        Moment::Ago(ago) => now() - ago,
    };
    let journal = site.journal.path.clone().unwrap_or_else(|| StateFolder::of_site(&site.name).journal());
    let past = control::past(&journal, &args.name, &related, at)
        .map_err(|error| Error::from_source(Kind::Failed, "the past can't be told", &error))?;
    context.ui.print(&PastReport {
        api_version: "enmon/v1",
        kind: "PastExplanation",
        charger: args.name.clone(),
        at: at.0,
        past,
    })
}

fn unknown(name: &str) -> Error {
    Error::new(Kind::Usage, format!("no charger is named `{name}`"))
        .hint("see their names with: enmon charger list")
}

fn circuits(site: &Site, charger: crate::site::ChargerId) -> Vec<String> {
    site.ancestry(site.chargers[charger.0].circuit).map(|id| site.circuits[id.0].name.clone()).collect()
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct ExplainReport(Explanation);

impl Report for ExplainReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let found = &self.0;
        writeln!(out, "\x1b[1m{}\x1b[0m is told {}: {}", found.charger, Amps(found.setpoint), found.reason)?;
        writeln!(out)?;
        let mut table = Table::new([
            Column::text("rule"),
            Column::number("at most", "A"),
            Column::text(""),
            Column::text("because"),
        ]);
        for link in &found.links {
            let tone = if link.decides { Tone::Warning } else { Tone::Plain };
            let mark = if link.decides { Cell::new("decides").tone(tone) } else { Cell::new("") };
            let at_most = link.at_most.map_or_else(|| Cell::new(""), |amps| Cell::number(amps, 1));
            table.row([Cell::new(&link.rule), at_most, mark, Cell::new(&link.text)]);
        }
        table.render(out)
    }
}

/// What the journal knows of a moment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PastReport {
    api_version: &'static str,
    kind: &'static str,
    charger: String,
    /// The moment, milliseconds since the Unix epoch.
    at: u64,
    #[serde(flatten)]
    past: Past,
}

impl Report for PastReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let since = |ms: u64| calendar::rfc3339(ms);
        let mut table = Table::new([Column::text("what"), Column::text("since"), Column::text("then")]);
        let mut row = |what: &str, from: String, then: String| {
            table.row([Cell::new(what), Cell::new(from), Cell::new(then)]);
        };
        if let Some(controller) = &self.past.controller {
            row("controller", since(controller.since), controller.word.clone());
        }
        if let Some(state) = &self.past.state {
            row("state", since(state.since), state.word.clone());
        }
        if let Some(order) = &self.past.order {
            row("order", String::new(), order_words(order, self.at));
        }
        match &self.past.decision {
            Some(limit) => {
                row("limit", since(limit.since), format!("{}: {}", Amps(limit.setpoint), limit.reason))
            }
            None => row("limit", String::new(), "the journal knows of none".to_owned()),
        }
        for alarm in &self.past.alarms {
            row(&alarm.subject, since(alarm.since), alarm.text.clone());
        }
        writeln!(out, "\x1b[1m{}\x1b[0m at {}", self.charger, calendar::rfc3339(self.at))?;
        writeln!(out)?;
        table.render(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_times_or_ages() {
        assert_eq!(parse_moment("10m"), Ok(Moment::Ago(Period::from_secs(600))));
        assert_eq!(parse_moment("1970-01-01T00:00:01Z"), Ok(Moment::At(Time(1000))));
        assert!(parse_moment("yesterday").is_err());
    }
}
