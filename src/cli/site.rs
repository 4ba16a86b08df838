//! `enmon site`: where the site's name points, and where it moves when its place fails.

mod failover;
mod moving;
mod rounds;
mod status;
mod words;

use clap::{Args, Subcommand};

use super::Context;
use crate::error::Result;

/// Flags of `enmon site`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon site status
  enmon site failover --dry-run
  enmon site failover --to cloud
  enmon site failover --run

The site file says under `failover` which name moves, between which places, and by what.")]
pub struct SiteArgs {
    #[command(subcommand)]
    command: SiteCommand,
}

#[derive(Debug, Subcommand)]
enum SiteCommand {
    /// Show the places, their health, where the name points, and what would be done
    Status(status::StatusArgs),
    /// Move the name to another place, by the rules or by hand
    Failover(failover::FailoverArgs),
}

/// Runs `enmon site`.
pub fn run(args: SiteArgs, context: &Context) -> Result<()> {
    match args.command {
        SiteCommand::Status(args) => status::run(&args, context),
        SiteCommand::Failover(args) => failover::run(&args, context),
    }
}
