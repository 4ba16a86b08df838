//! `enmon scrape`: the scrape jobs of a Prometheus, edited in its own file and brought into the running server.

mod apply;
mod change;
mod check;
mod config_file;
mod edit;
mod editor;
mod list;
mod operator;
mod options;
mod place;
mod target_folder;

use clap::{Args, Subcommand};

pub(super) use apply::{ApplyArgs, run as apply, told};
pub(super) use change::{Change, finish, write as write_change};
pub(super) use check::rule_files;
pub(super) use config_file::{ConfigFile, check_file, refusal, site_entry};
pub(super) use place::{Edited, Place, TargetArgs, shell_word, until_written, unusable};

use super::Context;
use crate::error::Result;
use crate::prometheus::Target;
use operator::ScrapeConfigs;
use target_folder::TargetFolder;

/// Flags of `enmon scrape`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon scrape list
  enmon scrape add hall --targets 10.0.0.5:9100,10.0.0.6:9100 --label circuit=row-1
  enmon scrape apply --server http://127.0.0.1:9090
  enmon scrape list --target configmap:monitoring/prometheus-config
  enmon scrape add hall --targets 10.0.0.5:9100 --target operator:monitoring
  enmon scrape add hall --targets 10.0.0.5:9100 --target file_sd:/etc/prometheus/targets

An edit changes the lines that it must and no others. The whole file is checked before it is written, as Prometheus would; the text
before stays beside it as NAME.bak, or in the ConfigMap NAME-enmon-before. `apply` makes the running server go by it.")]
pub struct ScrapeArgs {
    #[command(flatten)]
    target: TargetArgs,
    #[command(subcommand)]
    command: ScrapeCommand,
}

#[derive(Debug, Subcommand)]
enum ScrapeCommand {
    /// List the scrape jobs
    List(list::ListArgs),
    /// Add a scrape job
    Add(edit::AddArgs),
    /// Change a scrape job, by options or in your editor
    Edit(edit::EditArgs),
    /// Take a scrape job out
    Delete(edit::DeleteArgs),
    /// Check the whole configuration as Prometheus would
    Check(check::CheckArgs),
    /// Make the running server go by the file
    Apply(ApplyArgs),
}

/// Runs `enmon scrape`.
pub fn run(args: ScrapeArgs, context: &Context) -> Result<()> {
    let target = &args.target;
    match target.resolved(context) {
        Ok(Target::FileSd(folder)) => return in_folder(args.command, &TargetFolder::new(folder)?, context),
        Ok(Target::Operator(namespace)) => {
            return in_operator(args.command, &ScrapeConfigs::new(target, &namespace)?, target, context);
        }
        // what is wrong is told by whoever needs it
        _ => {}
    }
    match args.command {
        ScrapeCommand::List(args) => list::run(&args, target, context),
        ScrapeCommand::Add(args) => edit::add(&args, target, context),
        ScrapeCommand::Edit(args) => edit::edit(&args, target, context),
        ScrapeCommand::Delete(args) => edit::delete(&args, target, context),
        ScrapeCommand::Check(args) => check::run(&args, target, context),
        ScrapeCommand::Apply(args) => apply(&args, target, context),
    }
}

fn in_folder(command: ScrapeCommand, folder: &TargetFolder, context: &Context) -> Result<()> {
    match command {
        ScrapeCommand::List(_) => folder.list(context),
        ScrapeCommand::Add(args) => folder.add(&args, context),
        ScrapeCommand::Edit(args) => folder.edit(&args, context),
        ScrapeCommand::Delete(args) => folder.delete(&args, context),
        ScrapeCommand::Check(args) => folder.check(&args, context),
        ScrapeCommand::Apply(args) => folder.apply(&args, context),
    }
}

fn in_operator(
    command: ScrapeCommand,
    objects: &ScrapeConfigs,
    target: &TargetArgs,
    context: &Context,
) -> Result<()> {
    match command {
        ScrapeCommand::List(_) => objects.list(context),
        ScrapeCommand::Add(args) => objects.add(&args, context),
        ScrapeCommand::Edit(args) => objects.edit(&args, context),
        ScrapeCommand::Delete(args) => objects.delete(&args, context),
        ScrapeCommand::Check(args) => objects.check(&args, context),
        ScrapeCommand::Apply(args) => apply(&args, target, context),
    }
}
