//! `enmon site status`: the places and their health, where the name points, and what would be done now.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::moving::{Moving, block_on, record_failed};
use super::words;
use crate::cli::Context;
use crate::error::Result;
use crate::failover::{Decision, Memory, Pointing, ProbeReport, Record, Seen, decide};
use crate::runtime;
use crate::ui::{Cell, Column, Report, Table, Tone};

/// Flags of `enmon site status`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon site status
  enmon site status -o json | jq -r .decision.reason

It asks once and changes nothing. What it says would be done counts this round beside those that `enmon site failover` remembers.")]
pub(super) struct StatusArgs {}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusReport {
    api_version: &'static str,
    kind: &'static str,
    name: String,
    /// The place that the name points to; none: none of them.
    place: Option<String>,
    /// What it points to.
    addresses: Vec<String>,
    /// Why that is not known.
    error: Option<String>,
    /// The place that clients are sent to, where a resolver was asked.
    seen_by_clients: Option<String>,
    places: Vec<PlaceItem>,
    witnesses: Vec<CheckItem>,
    /// Do more than half of the witnesses answer?
    quorum: bool,
    decision: DecisionItem,
    /// A place that the name was moved to, and that clients should see by now.
    unconfirmed: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PlaceItem {
    name: String,
    addresses: Vec<String>,
    healthy: bool,
    /// Good rounds in a row, this one included.
    good_rounds: u32,
    /// Bad rounds in a row, this one included.
    bad_rounds: u32,
    checks: Vec<CheckItem>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CheckItem {
    target: String,
    healthy: bool,
    latency_ms: Option<f64>,
    reason: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DecisionItem {
    action: &'static str,
    to: Option<String>,
    reason: String,
}

pub(super) fn run(_: &StatusArgs, context: &Context) -> Result<()> {
    block_on(async {
        let moving = Moving::open(context).await?;
        let record = Record::to_read(&moving.site, &moving.entry.name);
        let memory = record.load().map_err(|error| record_failed(&error))?;
        let seen = moving.checker.look().await;
        let now_ms = runtime::wall_clock_ms();
        let (decision, memory) =
            decide(now_ms, &moving.checker.rules, &moving.checker.names, &seen.round, &memory);
        context.ui.print(&report(&moving, &seen, decision, &memory))
    })
}

fn report(moving: &Moving, seen: &Seen, decision: Decision, memory: &Memory) -> StatusReport {
    let names = &moving.checker.names;
    let told = words::told(&decision.action, names);
    let places = seen.places.iter().map(|place| {
        let row = memory.rows.get(&place.name).cloned().unwrap_or_default();
        PlaceItem {
            name: place.name.clone(),
            addresses: place.addresses.clone(),
            healthy: place.is_healthy(),
            good_rounds: row.good,
            bad_rounds: row.bad,
            checks: place.checks.iter().map(CheckItem::of).collect(),
        }
    });
    let error = match &seen.round.points_to {
        Pointing::Unknown(reason) => Some(reason.clone()),
        _ => None,
    };
    StatusReport {
        api_version: "enmon/v1",
        kind: "FailoverStatus",
        name: moving.entry.name.clone(),
        place: words::place_of(&seen.round.points_to, names),
        addresses: seen.addresses.clone().unwrap_or_default(),
        error,
        seen_by_clients: seen.round.seen_by_clients.as_ref().and_then(|seen| words::place_of(seen, names)),
        places: places.collect(),
        witnesses: seen.witnesses.iter().map(CheckItem::of).collect(),
        quorum: seen.round.has_quorum(),
        decision: DecisionItem { action: told.action, to: told.to, reason: told.reason },
        unconfirmed: decision.unconfirmed,
    }
}

impl CheckItem {
    fn of(report: &ProbeReport) -> CheckItem {
        CheckItem {
            target: report.target.clone(),
            healthy: report.is_well(),
            latency_ms: report.latency_ms.map(|ms| (ms * 10.0).round() / 10.0),
            reason: report.failure.clone(),
        }
    }

    fn row(&self, place: &str, here: &str, table: &mut Table) {
        let state = if self.healthy { Cell::new("well") } else { Cell::new("bad").tone(Tone::Bad) };
        table.row([
            Cell::new(place),
            Cell::new(here),
            Cell::new(&self.target),
            state,
            Cell::maybe(self.latency_ms, 1),
            Cell::new(self.reason.as_deref().unwrap_or_default()),
        ]);
    }
}

impl Report for StatusReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        match (&self.place, &self.error) {
            (Some(place), _) => {
                writeln!(out, "{} points to {place} ({})", self.name, self.addresses.join(", "))?
            }
            (None, Some(_)) => writeln!(out, "{}: it is not known where it points", self.name)?,
            (None, None) if self.addresses.is_empty() => writeln!(out, "{} points to nothing", self.name)?,
            (None, None) => {
                writeln!(
                    out,
                    "{} points to {}, which is none of the places",
                    self.name,
                    self.addresses.join(", ")
                )?;
            }
        }
        let mut table = Table::new([
            Column::name("place"),
            Column::text("here"),
            Column::text("check"),
            Column::text("state"),
            Column::number("took", "ms"),
            Column::text("reason"),
        ]);
        for place in &self.places {
            let here = if self.place.as_ref() == Some(&place.name) { "yes" } else { "" };
            for check in &place.checks {
                check.row(&place.name, here, &mut table);
            }
        }
        for witness in &self.witnesses {
            witness.row("(witness)", "", &mut table);
        }
        table.render(out)?;
        let reason = &self.decision.reason;
        match &self.decision.to {
            Some(to) => writeln!(out, "would move to {to}: {reason}")?,
            None => writeln!(out, "would stay: {reason}")?,
        }
        match &self.unconfirmed {
            Some(place) => writeln!(out, "clients should have followed to {place} by now, and have not"),
            None => Ok(()),
        }
    }
}
