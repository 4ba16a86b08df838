//! The command line: flags become settings, a room does the work, its report goes to `ui`. A file for each command group.

mod alert;
mod api_client;
mod breaker;
mod charger;
mod charger_commission;
mod charger_direct;
mod charger_needs;
mod check;
mod check_online;
mod check_timeouts;
mod completions;
mod context;
mod control;
mod control_explain;
mod control_lease;
mod control_loop;
mod control_plan;
mod control_plan_jsonl;
mod control_replay;
mod control_run;
mod control_start;
mod dashboard;
mod demo;
mod init;
mod man;
mod modbus;
mod online;
mod prometheus;
mod query;
mod rule;
mod scrape;
mod sim;
mod sim_test;
mod site;
mod site_files;
pub mod site_input;
mod site_server;
mod site_view;
mod status;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};

pub use context::{Context, GlobalArgs};

use crate::error::{Error, Kind, Result};
use crate::ui;

/// One tool for the administrator of an energy site.
#[derive(Debug, Parser)]
#[command(name = "enmon", version, about, long_about = None, propagate_version = true, max_term_width = 110)]
#[command(after_help = "Examples:
  enmon demo
  enmon init
  enmon check --site enmon.yaml
  enmon status --watch

Exit codes:
  0   done
  1   failed
  2   wrong usage
  3   site file or other input invalid
  4   device or server not reachable
  5   refused by the device or server
  70  bug in enmon")]
pub struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a simulated garage and the controller on it, and show it live
    Demo(demo::DemoArgs),
    /// Write a commented site file to start from
    Init(init::InitArgs),
    /// Check a site file, and prove its fail-safe
    Check(check::CheckArgs),
    /// Show the state of a running site
    Status(status::StatusArgs),
    /// Run, plan and steer the control loop
    Control(control::ControlArgs),
    /// List chargers and set their limits
    Charger(charger::ChargerArgs),
    /// List breakers
    Breaker(breaker::BreakerArgs),
    /// Read and write Modbus registers
    Modbus(modbus::ModbusArgs),
    /// Ask a Prometheus: a table, CSV, or a plot
    Query(query::QueryArgs),
    /// Make Grafana's dashboards from the site file
    Dashboard(dashboard::DashboardArgs),
    /// Edit the scrape jobs of a Prometheus
    Scrape(scrape::ScrapeArgs),
    /// Edit, check and test alerting and recording rules
    Rule(rule::RuleArgs),
    /// Watch the places of the site's name, and move it when its place fails
    Site(site::SiteArgs),
    /// Keep a second Prometheus that has the same samples
    Prometheus(prometheus::PrometheusArgs),
    /// See and silence alerts, test where they go, check and apply Alertmanager's file
    Alert(alert::AlertArgs),
    /// Start the simulated devices of a site
    Sim(sim::SimArgs),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArgs),
    /// Write the man pages into a folder
    Man(man::ManArgs),
}

/// Returns the whole command, for completions, man pages and tests.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Parses the arguments, runs the command, renders what went wrong, and returns the exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let parsed = command()
        .try_get_matches_from(arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches).map(|cli| (cli, names_site(&matches))));
    let (cli, site_is_named) = match parsed {
        Ok(parsed) => parsed,
        // clap prints help and version on stdout with exit code 0, and usage errors on stderr with 2
        Err(error) => return ExitCode::from(ui::print_clap_error(&error)),
    };
    let context = Context::new(cli.global, site_is_named);
    match guarded(|| run(cli.command, &context)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            context.ui.error(&error);
            ExitCode::from(error.kind.exit_code())
        }
    }
}

/// Says whether `--site` is on the command line, before or after the command.
fn names_site(matches: &ArgMatches) -> bool {
    let deeper = matches.subcommand().is_some_and(|(_, matches)| names_site(matches));
    deeper || matches.value_source("site") == Some(ValueSource::CommandLine)
}

/// Turns a panic into an error of its own kind; where it happened has been said on stderr by then.
fn guarded(work: impl FnOnce() -> Result<()>) -> Result<()> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Error::new(Kind::Bug, "this is a bug in enmon").hint("please report it, with the lines above"))
    })
}

fn run(command: Command, context: &Context) -> Result<()> {
    match command {
        Command::Demo(args) => demo::run(args, context),
        Command::Init(args) => init::run(args, context),
        Command::Check(args) => check::run(args, context),
        Command::Status(args) => status::run(args, context),
        Command::Control(args) => control::run(args, context),
        Command::Charger(args) => charger::run(args, context),
        Command::Breaker(args) => breaker::run(args, context),
        Command::Modbus(args) => modbus::run(args, context),
        Command::Query(args) => query::run(&args, context),
        Command::Dashboard(args) => dashboard::run(&args, context),
        Command::Scrape(args) => scrape::run(args, context),
        Command::Rule(args) => rule::run(args, context),
        Command::Site(args) => site::run(args, context),
        Command::Prometheus(args) => prometheus::run(args, context),
        Command::Alert(args) => alert::run(args, context),
        Command::Sim(args) => sim::run(args, context),
        Command::Completions(args) => completions::run(args, context),
        Command::Man(args) => man::run(args, context),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_bug_with_its_own_exit_code() {
        let error = guarded(|| panic!("made up")).unwrap_err();
        assert_eq!(error.kind, Kind::Bug);
        assert_eq!(error.kind.exit_code(), 70);
    }

    #[test]
    fn the_command_line_is_well_formed() {
        command().debug_assert();
    }
}
