//! `enmon site failover`: one decision by the rules, a move by hand, or the loop.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::moving::{Moving, block_on, mover_failed, record_failed};
use super::{rounds, words};
use crate::cli::Context;
use crate::error::{Error, Kind, Result};
use crate::failover::{Moved, Record, Refusal, Seen, decide, permit};
use crate::runtime;
use crate::ui::Report;

/// Flags of `enmon site failover`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon site failover --dry-run
  enmon site failover --to cloud
  enmon site failover --yes
  enmon site failover --run -o json

Without --to and --run it asks everybody once, counts that round beside those before, and moves the name if the rules say so: for a timer.
With --run it does so round by round until SIGTERM or SIGINT, and says what changes, one line for each event.

Exit codes:
  0  done, also when the name stays where it is
  3  the site file, the key or the kubeconfig can't be used
  4  who keeps the name can't be reached
  5  refused: the place is not healthy, or who keeps the name does not take the move")]
pub(super) struct FailoverArgs {
    /// Move the name to this place, whatever the rules say; they leave it there until it fails
    #[arg(long, value_name = "PLACE", conflicts_with = "run")]
    to: Option<String>,
    /// Also to a place that is not healthy, or while too few witnesses answer
    #[arg(long, requires = "to")]
    force: bool,
    /// Go on round by round
    #[arg(long)]
    run: bool,
    /// Show what would be done, and change nothing
    #[arg(long, conflicts_with = "run")]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FailoverReport {
    api_version: &'static str,
    kind: &'static str,
    dry_run: bool,
    name: String,
    /// The place that it pointed to.
    from: Option<String>,
    /// The place that it was or would be moved to; none: it stays.
    to: Option<String>,
    /// Why.
    reason: String,
    /// What is changed, one line each.
    plan: Vec<String>,
    /// A place that clients should see by now, and do not.
    unconfirmed: Option<String>,
}

pub(super) fn run(args: &FailoverArgs, context: &Context) -> Result<()> {
    block_on(async {
        let moving = Moving::open(context).await?;
        match &args.to {
            Some(to) => by_hand(args, to, &moving, context).await,
            None if args.run => rounds::run(&moving, context).await,
            None => once(args, &moving, context).await,
        }
    })
}

/// Returns what the name points to; without that nothing can be moved.
fn addresses(seen: &Seen) -> Result<&[String]> {
    match &seen.addresses {
        Ok(addresses) => Ok(addresses),
        Err(error) => Err(mover_failed("it can't be found out where the name points", error)),
    }
}

async fn by_hand(args: &FailoverArgs, to: &str, moving: &Moving, context: &Context) -> Result<()> {
    let (checker, names) = (&moving.checker, &moving.checker.names);
    let place = names.iter().position(|name| name == to).ok_or_else(|| {
        Error::new(Kind::Usage, format!("there is no place `{to}`"))
            .hint(format!("there are: {}", names.join(", ")))
    })?;
    let seen = checker.look().await;
    let from = words::place_of(&seen.round.points_to, names);
    let expected = addresses(&seen)?;
    let mut report = FailoverReport {
        api_version: "enmon/v1",
        kind: "Failover",
        dry_run: args.dry_run,
        name: moving.entry.name.clone(),
        from,
        to: Some(to.to_owned()),
        reason: "asked for by hand".into(),
        plan: checker.plan(expected, place),
        unconfirmed: None,
    };
    if report.from == report.to {
        report.to = None;
        report.plan.clear();
        report.reason = "it points there already".into();
        return context.ui.print(&report);
    }
    if let Err(refusal) = permit(place, &seen.round) {
        let bad = seen.places.get(place).into_iter().flat_map(|place| &place.checks);
        let bad = bad.filter_map(|check| Some(format!("{}: {}", check.target, check.failure.as_ref()?)));
        let error = match refusal {
            Refusal::Unhealthy => {
                bad.fold(Error::new(Kind::Refused, format!("{to} is not healthy")), Error::cause)
            }
            Refusal::CutOff => {
                Error::new(Kind::Refused, "too few witnesses answer: this machine seems cut off")
            }
        };
        if !args.force {
            return Err(error.hint("--force moves the name all the same"));
        }
        context.ui.warn(&error.message);
    }
    if args.dry_run {
        return context.ui.print(&report);
    }
    report.plan.iter().for_each(|line| context.ui.say(line));
    if !context.ui.confirm(&format!("Move {} to {to}?", report.name))? {
        return Err(Error::new(Kind::Failed, "nothing was changed"));
    }
    let record = open(moving).await?;
    let mut memory = record.load().map_err(|error| record_failed(&error))?;
    let at = (runtime::wall_clock_ms(), true);
    let moved = checker.move_to(expected, place, at, &mut memory, &record).await;
    told(moved.map_err(|error| record_failed(&error))?)?;
    context.ui.print(&report)
}

async fn once(args: &FailoverArgs, moving: &Moving, context: &Context) -> Result<()> {
    let checker = &moving.checker;
    let record =
        if args.dry_run { Record::to_read(&moving.site, &moving.entry.name) } else { open(moving).await? };
    let memory = record.load().map_err(|error| record_failed(&error))?;
    let seen = checker.look().await;
    let now_ms = runtime::wall_clock_ms();
    let (decision, memory) = decide(now_ms, &checker.rules, &checker.names, &seen.round, &memory);
    let decided = words::told(&decision.action, &checker.names);
    let to = decided.to.as_ref().and_then(|to| checker.names.iter().position(|name| name == to));
    let report = FailoverReport {
        api_version: "enmon/v1",
        kind: "Failover",
        dry_run: args.dry_run,
        name: moving.entry.name.clone(),
        from: words::place_of(&seen.round.points_to, &checker.names),
        to: decided.to,
        reason: decided.reason,
        plan: match (to, &seen.addresses) {
            (Some(to), Ok(addresses)) => checker.plan(addresses, to),
            _ => Vec::new(),
        },
        unconfirmed: decision.unconfirmed,
    };
    if !args.dry_run {
        record.save(&memory).map_err(|error| record_failed(&error))?;
        // while a person thinks, the loop may go on
        drop(record);
        if let Some(to) = to {
            let expected = addresses(&seen)?;
            report.plan.iter().for_each(|line| context.ui.say(line));
            let place = report.to.as_deref().unwrap_or_default();
            if !context.ui.confirm(&format!("{}. Move {} to {place}?", report.reason, report.name))? {
                return Err(Error::new(Kind::Failed, "nothing was changed"));
            }
            let record = open(moving).await?;
            let mut memory = record.load().map_err(|error| record_failed(&error))?;
            let at = (runtime::wall_clock_ms(), false);
            let moved = checker.move_to(expected, to, at, &mut memory, &record).await;
            told(moved.map_err(|error| record_failed(&error))?)?;
        } else if seen.addresses.is_err() {
            addresses(&seen)?;
        }
    }
    context.ui.print(&report)
}

async fn open(moving: &Moving) -> Result<Record> {
    Record::to_move(&moving.site, &moving.entry.name).await.map_err(|error| record_failed(&error))
}

fn told(moved: Moved) -> Result<()> {
    match moved {
        Moved::Yes => Ok(()),
        Moved::No(error) => Err(mover_failed("the name was not moved", &error)),
    }
}

impl Report for FailoverReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let from = self.from.as_deref().unwrap_or("none of the places");
        match &self.to {
            None => writeln!(out, "{} stays at {from}: {}", self.name, self.reason)?,
            Some(to) if self.dry_run => {
                writeln!(out, "{} would move from {from} to {to}: {}", self.name, self.reason)?;
                self.plan.iter().try_for_each(|line| writeln!(out, "  {line}"))?;
                writeln!(out, "nothing was changed")?;
            }
            Some(to) => writeln!(out, "{} has moved from {from} to {to}: {}", self.name, self.reason)?,
        }
        match &self.unconfirmed {
            Some(place) => writeln!(out, "clients should have followed to {place} by now, and have not"),
            None => Ok(()),
        }
    }
}
