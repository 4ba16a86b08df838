//! `enmon breaker`: where the breakers stand, as the running controller sees them.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::Context;
use super::api_client::ApiClient;
use super::site_view::{breaker_words, fault_cell};
use crate::control::BreakerStatus;
use crate::error::Result;
use crate::server::{Item, List};
use crate::ui::{Cell, Column, Report, Table, Tone};

/// Flags of `enmon breaker`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon breaker list
  enmon breaker show main-breaker -o json")]
pub struct BreakerArgs {
    #[command(subcommand)]
    command: BreakerCommand,
}

#[derive(Debug, Subcommand)]
enum BreakerCommand {
    /// List all breakers with their state and currents
    #[command(
        after_help = "Examples:\n  enmon breaker list\n  enmon breaker list -o json | jq '.items[].state'"
    )]
    List,
    /// Show one breaker
    #[command(after_help = "Examples:\n  enmon breaker show main-breaker")]
    Show {
        /// Name of the breaker
        name: String,
    },
}

/// Runs `enmon breaker`.
pub fn run(args: BreakerArgs, context: &Context) -> Result<()> {
    let client = ApiClient::of_site_file(&context.global.site)?;
    match args.command {
        BreakerCommand::List => context.ui.print(&ListReport(client.get(&["api", "v1", "breakers"])?)),
        BreakerCommand::Show { name } => {
            context.ui.print(&ShowReport(client.get(&["api", "v1", "breakers", &name])?))
        }
    }
}

fn breaker_table<'a>(breakers: impl IntoIterator<Item = &'a BreakerStatus>) -> Table {
    let mut table = Table::new([
        Column::text("breaker"),
        Column::text("circuit"),
        Column::text("state"),
        Column::number("L1", "A"),
        Column::number("L2", "A"),
        Column::number("L3", "A"),
        Column::text("signals"),
        Column::text("fault"),
    ]);
    for breaker in breakers {
        let (word, tone) = breaker_words(breaker);
        let current = |phase: usize| Cell::maybe(breaker.currents.get(phase).copied().flatten(), 1);
        table.row([
            Cell::new(&breaker.name),
            Cell::new(breaker.circuit.as_deref().unwrap_or_default()),
            Cell::new(word).tone(tone),
            current(0),
            current(1),
            current(2),
            signal_cell(breaker),
            fault_cell(breaker.fault.as_deref()),
        ]);
    }
    table
}

fn signal_cell(breaker: &BreakerStatus) -> Cell {
    match (breaker.fault_signal, breaker.overload) {
        (false, false) => Cell::new(""),
        (true, false) => Cell::new("fault").tone(Tone::Bad),
        (false, true) => Cell::new("overload").tone(Tone::Warning),
        (true, true) => Cell::new("fault, overload").tone(Tone::Bad),
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct ListReport(List<BreakerStatus>);

impl Report for ListReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        breaker_table(&self.0.items).render(out)
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct ShowReport(Item<BreakerStatus>);

impl Report for ShowReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        breaker_table([&self.0.item]).render(out)
    }
}
