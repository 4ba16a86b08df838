//! `enmon alert silences`: which silences there are, and until when.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::list::{time, visible};
use super::place::{ServerOptions, wait_for};
use crate::cli::Context;
use crate::error::Result;
use crate::prometheus::alerts::{Moment, Silence, SilenceMatcher};
use crate::runtime::wall_clock_ms;
use crate::ui::{Cell, Column, Report, Table};

/// Flags of `enmon alert silences`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon alert silences
  enmon alert silences --expired
  enmon alert silences -o json | jq -r '.items[].id'")]
pub(super) struct SilencesArgs {
    /// Those that are over as well, as far as Alertmanager still knows them
    #[arg(long)]
    expired: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SilencesReport {
    api_version: &'static str,
    kind: &'static str,
    server: String,
    items: Vec<SilenceItem>,
}

/// A silence as it is shown.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SilenceItem {
    pub(super) id: String,
    /// active, pending or expired.
    pub(super) state: String,
    matchers: Vec<SilenceMatcher>,
    starts_at: String,
    ends_at: String,
    /// What is left of it, in seconds; negative: it is over.
    left_seconds: Option<i64>,
    created_by: String,
    comment: String,
    /// The matchers as they are written.
    #[serde(skip)]
    pub(super) words: Vec<String>,
}

pub(super) fn run(args: &SilencesArgs, server: &ServerOptions, context: &Context) -> Result<()> {
    let (alertmanager, url) = server.alertmanager(context)?;
    let mut items = shown(wait_for(alertmanager.silences())?);
    items.retain(|item| args.expired || item.state != "expired");
    context.ui.print(&SilencesReport {
        api_version: "enmon/v1",
        kind: "AlertSilenceList",
        server: url,
        items,
    })
}

/// Returns silences as they are shown, those that end first first.
pub(super) fn shown(silences: Vec<Silence>) -> Vec<SilenceItem> {
    let now = Moment::from_unix_ms(wall_clock_ms());
    let mut items: Vec<SilenceItem> = silences.into_iter().map(|silence| item(silence, now)).collect();
    items.sort_by(|one, other| (one.left_seconds, &one.id).cmp(&(other.left_seconds, &other.id)));
    items
}

fn item(silence: Silence, now: Moment) -> SilenceItem {
    let word = |matcher: &SilenceMatcher| match matcher.matcher() {
        Ok(matcher) => matcher.to_string(),
        Err(_) => format!("{}: {}", matcher.name, matcher.value),
    };
    let end: Option<Moment> = silence.ends_at.parse().ok();
    SilenceItem {
        words: silence.matchers.iter().map(word).collect(),
        id: silence.id,
        state: silence.status.state,
        matchers: silence.matchers,
        starts_at: silence.starts_at,
        left_seconds: end.map(|end| end.seconds_since(now)),
        ends_at: silence.ends_at,
        created_by: silence.created_by,
        comment: silence.comment,
    }
}

/// Writes silences as a table.
pub(super) fn table(items: &[SilenceItem], out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::new([
        Column::name("silence"),
        Column::text("matchers"),
        Column::text("state"),
        Column::text("left"),
        Column::text("by"),
        Column::text("why"),
    ]);
    for item in items {
        let left = item.left_seconds.filter(|left| *left > 0);
        table.row([
            Cell::new(visible(&item.id)),
            Cell::new(visible(&item.words.join(" "))),
            Cell::new(&item.state),
            Cell::new(left.map(time).unwrap_or_default()),
            Cell::new(visible(&item.created_by)),
            Cell::new(visible(&item.comment)),
        ]);
    }
    table.render(out)
}

impl Report for SilencesReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.items.is_empty() {
            return writeln!(out, "no silences");
        }
        table(&self.items, out)
    }
}
