//! `enmon alert silence`: keeps alerts quiet for a while, after it was shown which ones.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::list::{AlertItem, shown, table};
use super::place::{ServerOptions, wait_for, wrong_matcher};
use crate::cli::Context;
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::prometheus::alerts::{
    AlertQuery, NewSilence, SilenceMatcher, fit_almost_everything, matchers_of_words,
};
use crate::runtime::{rfc3339, wall_clock_ms};
use crate::site::Period;
use crate::ui::Report;

/// Flags of `enmon alert silence`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon alert silence circuit=row-1 --for 2h --comment 'new cable'
  enmon alert silence EnmonDeviceStale 'device=~\"c-0.*\"' --for 1d --comment 'chargers are replaced' --yes
  enmon alert silence severity=warning --for 30m --comment 'drill' --dry-run

All matchers must fit: NAME=VALUE, NAME!=VALUE, NAME=~EXPRESSION, NAME!~EXPRESSION; a bare word is the name of an alert. The alerts that it
hits now are shown before you are asked. A silence that would keep nearly every alert quiet needs --everything.

Exit codes:
  0  the silence is there, or with --dry-run: could be
  1  you said no
  2  the matchers are wrong, or would hit nearly everything
  4  Alertmanager can't be reached
  5  Alertmanager refused it")]
pub(super) struct SilenceArgs {
    /// Which alerts: matchers, or the name of an alert
    #[arg(required = true, value_name = "MATCHERS")]
    matchers: Vec<String>,
    /// How long
    #[arg(long = "for", value_name = "TIME")]
    lasts: Period,
    /// Why
    #[arg(long, value_name = "TEXT")]
    comment: String,
    /// Who keeps them quiet; by default the user's name
    #[arg(long, value_name = "NAME")]
    author: Option<String>,
    /// Take matchers that nearly every alert fits
    #[arg(long)]
    everything: bool,
    /// Show which alerts it would hit, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SilenceReport {
    api_version: &'static str,
    kind: &'static str,
    dry_run: bool,
    server: String,
    /// Missing with a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(flatten)]
    silence: NewSilence,
    /// The alerts that it hits now.
    hits: Vec<AlertItem>,
    #[serde(skip)]
    lasts: Period,
    /// Have the alerts been shown on stderr already?
    #[serde(skip)]
    was_asked: bool,
}

pub(super) fn run(args: &SilenceArgs, server: &ServerOptions, context: &Context) -> Result<()> {
    let matchers = matchers_of_words(&args.matchers).map_err(|error| wrong_matcher(&error))?;
    if fit_almost_everything(&matchers) && !args.everything {
        return Err(Error::new(Kind::Usage, "nearly every alert would fit these matchers")
            .hint("add one that says which alerts, such as circuit=row-1")
            .hint("or say --everything, when all of them shall be quiet"));
    }
    if args.lasts.as_millis() == 0 || args.comment.trim().is_empty() {
        return Err(Error::new(Kind::Usage, "a silence needs a time above zero and a comment that says why"));
    }
    let (alertmanager, url) = server.alertmanager(context)?;
    let query = AlertQuery { matchers: matchers.clone(), silenced: true, inhibited: true };
    let hits = shown(wait_for(alertmanager.alerts(&query))?);
    let was_asked = !args.dry_run && !context.global.yes;
    if was_asked && !asked(&hits, args, context)? {
        return Err(Error::new(Kind::Failed, "nothing was changed"));
    }
    let now = wall_clock_ms();
    let silence = NewSilence {
        matchers: matchers.iter().map(SilenceMatcher::from).collect(),
        starts_at: rfc3339(now),
        ends_at: rfc3339(now.saturating_add(args.lasts.as_millis())),
        created_by: args.author.clone().or_else(|| fsio::env("USER")).unwrap_or_else(|| "enmon".to_owned()),
        comment: args.comment.clone(),
    };
    let id = if args.dry_run { None } else { Some(wait_for(alertmanager.silence(&silence))?) };
    context.ui.print(&SilenceReport {
        api_version: "enmon/v1",
        kind: "AlertSilence",
        dry_run: args.dry_run,
        server: url,
        id,
        silence,
        hits,
        lasts: args.lasts,
        was_asked,
    })
}

/// Shows what would be quiet, and asks.
fn asked(hits: &[AlertItem], args: &SilenceArgs, context: &Context) -> Result<bool> {
    let mut lines = Vec::new();
    // a table into memory can't fail
    let _ = shown_hits(hits, &mut lines);
    context.ui.say(String::from_utf8_lossy(&lines).trim_end());
    let what = if hits.is_empty() { "them" } else { "these and all that come" };
    context.ui.confirm(&format!("Keep {what} quiet for {}?", args.lasts))
}

fn shown_hits(hits: &[AlertItem], out: &mut dyn Write) -> io::Result<()> {
    match hits.len() {
        0 => writeln!(out, "it hits no alert that there is now"),
        1 => writeln!(out, "it hits 1 alert now:"),
        many => writeln!(out, "it hits {many} alerts now:"),
    }?;
    if hits.is_empty() { Ok(()) } else { table(hits, out) }
}

impl Report for SilenceReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        if !self.was_asked {
            shown_hits(&self.hits, out)?;
        }
        match &self.id {
            None => writeln!(out, "it would last {}; nothing was changed", self.lasts),
            Some(id) => writeln!(
                out,
                "silence {id} lasts {}, until {}; end it with: enmon alert expire {id}",
                self.lasts, self.silence.ends_at
            ),
        }
    }
}
