//! `enmon rule`: alerting and recording rules, edited in their own files, checked to the column, tested, and brought into the server.

mod check;
mod edit;
mod files;
mod list;
mod test;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Context;
use super::scrape::{ApplyArgs, TargetArgs, apply};
use crate::error::Result;

/// Flags of `enmon rule`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon rule list
  enmon rule check templates/rules/*.yml
  enmon rule add HallHot --group hall --expr 'hall_temperature_celsius > 40' --for 5m --severity warning --file rules/hall.yml
  enmon rule apply")]
pub struct RuleArgs {
    #[command(flatten)]
    target: TargetArgs,
    #[command(subcommand)]
    command: RuleCommand,
}

#[derive(Debug, Subcommand)]
enum RuleCommand {
    /// List alerts and recording rules
    List(list::ListArgs),
    /// Add a rule to a group
    Add(edit::AddArgs),
    /// Change a rule
    Edit(edit::EditArgs),
    /// Take a rule out
    Delete(edit::DeleteArgs),
    /// Check rule files, and say what is doubtful about them
    Check(check::CheckArgs),
    /// Run promtool's unit tests of rules
    Test(test::TestArgs),
    /// Make the running server go by the rules
    #[command(after_help = "Examples:
  enmon rule apply
  enmon rule apply --server http://127.0.0.1:9090 --dry-run

This is `enmon scrape apply`: a server reads its configuration and its rules together.")]
    Apply(ApplyArgs),
}

/// Which rule files a command is about.
#[derive(Debug, Args)]
struct FileArgs {
    /// Rule files; without any, those that the configuration names
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Runs `enmon rule`.
pub fn run(args: RuleArgs, context: &Context) -> Result<()> {
    let target = &args.target;
    match args.command {
        RuleCommand::List(args) => list::run(&args, target, context),
        RuleCommand::Add(args) => edit::add(&args, target, context),
        RuleCommand::Edit(args) => edit::edit(&args, target, context),
        RuleCommand::Delete(args) => edit::delete(&args, target, context),
        RuleCommand::Check(args) => check::run(&args, target, context),
        RuleCommand::Test(args) => test::run(&args, context),
        RuleCommand::Apply(args) => apply(&args, target, context),
    }
}
