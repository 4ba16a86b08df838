//! `enmon alert expire`: ends silences, by id or by their matchers.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::place::{ServerOptions, wait_for, wrong_matcher};
use super::silences::{SilenceItem, shown, table};
use crate::cli::Context;
use crate::error::{Error, Kind, Result};
use crate::prometheus::alerts::matchers_of_words;
use crate::ui::Report;

/// Flags of `enmon alert expire`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon alert expire 5f6ab0cf-1d3e-4d5b-8d6f-3f2b8e0d9c11
  enmon alert expire --matching circuit=row-1 --dry-run

With --matching, silences that have all of these matchers among their own are ended.

Exit codes:
  0  they are over, or with --dry-run: would be
  1  you said no
  2  there is no such silence
  4  Alertmanager can't be reached")]
pub(super) struct ExpireArgs {
    /// Ids of silences
    #[arg(value_name = "ID", required_unless_present = "matching")]
    ids: Vec<String>,
    /// Matchers that the silences have; may be repeated
    #[arg(long, value_name = "MATCHERS", conflicts_with = "ids")]
    matching: Vec<String>,
    /// Show which ones, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExpireReport {
    api_version: &'static str,
    kind: &'static str,
    dry_run: bool,
    server: String,
    /// The silences as they were.
    items: Vec<SilenceItem>,
}

pub(super) fn run(args: &ExpireArgs, server: &ServerOptions, context: &Context) -> Result<()> {
    let (alertmanager, url) = server.alertmanager(context)?;
    let mut there = shown(wait_for(alertmanager.silences())?);
    there.retain(|item| item.state != "expired");
    let items = chosen(args, there)?;
    if !args.dry_run {
        if !context.global.yes {
            let mut lines = Vec::new();
            // a table into memory can't fail
            let _ = table(&items, &mut lines);
            context.ui.say(String::from_utf8_lossy(&lines).trim_end());
            let what = if items.len() == 1 {
                "this silence".to_owned()
            } else {
                format!("these {} silences", items.len())
            };
            if !context.ui.confirm(&format!("End {what}?"))? {
                return Err(Error::new(Kind::Failed, "nothing was changed"));
            }
        }
        for item in &items {
            wait_for(alertmanager.expire(&item.id))?;
        }
    }
    context.ui.print(&ExpireReport {
        api_version: "enmon/v1",
        kind: "AlertExpire",
        dry_run: args.dry_run,
        server: url,
        items,
    })
}

fn chosen(args: &ExpireArgs, there: Vec<SilenceItem>) -> Result<Vec<SilenceItem>> {
    let none = |what: String| {
        Error::new(Kind::Usage, format!("no silence that is not over {what}"))
            .hint("see them all: enmon alert silences --expired")
    };
    if !args.matching.is_empty() {
        let wanted = matchers_of_words(&args.matching).map_err(|error| wrong_matcher(&error))?;
        let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        let has_all = |item: &SilenceItem| wanted.iter().all(|word| item.words.contains(word));
        let found: Vec<SilenceItem> = there.into_iter().filter(has_all).collect();
        return if found.is_empty() || wanted.is_empty() {
            Err(none(format!("has {}", args.matching.join(" "))))
        } else {
            Ok(found)
        };
    }
    if let Some(missing) = args.ids.iter().find(|id| !there.iter().any(|item| item.id == **id)) {
        return Err(none(format!("has the id {missing}")));
    }
    Ok(there.into_iter().filter(|item| args.ids.contains(&item.id)).collect())
}

impl Report for ExpireReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        table(&self.items, out)?;
        writeln!(out, "{}", if self.dry_run { "nothing was changed" } else { "ended" })
    }
}
