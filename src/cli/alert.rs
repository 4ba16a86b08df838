//! `enmon alert`: what an Alertmanager has, silences, where its routes lead, and its file.

mod config;
mod expire;
mod list;
mod place;
mod route_test;
mod route_tests;
mod silence;
mod silences;

use clap::{Args, Subcommand};

use super::Context;
use crate::error::Result;

/// Flags of `enmon alert`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon alert list
  enmon alert silence circuit=row-1 --for 2h --comment 'new cable'
  enmon alert silences
  enmon alert route-test --labels severity=critical circuit=row-1 --expect on-call
  enmon alert config apply")]
pub struct AlertArgs {
    #[command(flatten)]
    server: place::ServerOptions,
    #[command(subcommand)]
    command: AlertCommand,
}

#[derive(Debug, Subcommand)]
enum AlertCommand {
    /// List the alerts that Alertmanager has
    List(list::ListArgs),
    /// Keep alerts quiet for a while
    Silence(silence::SilenceArgs),
    /// List the silences
    Silences(silences::SilencesArgs),
    /// End silences
    Expire(expire::ExpireArgs),
    /// Say who gets an alert with certain labels, and by which routes
    RouteTest(route_test::RouteTestArgs),
    /// Check Alertmanager's file, and make the running server go by it
    Config(config::ConfigArgs),
}

/// Runs `enmon alert`.
pub fn run(args: AlertArgs, context: &Context) -> Result<()> {
    let server = &args.server;
    match args.command {
        AlertCommand::List(args) => list::run(&args, server, context),
        AlertCommand::Silence(args) => silence::run(&args, server, context),
        AlertCommand::Silences(args) => silences::run(&args, server, context),
        AlertCommand::Expire(args) => expire::run(&args, server, context),
        AlertCommand::RouteTest(args) => route_test::run(&args, context),
        AlertCommand::Config(args) => config::run(args, server, context),
    }
}
