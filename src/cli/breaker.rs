//! `enmon breaker`: where the breakers stand, as the running controller sees them, and commands for those that can be switched from afar.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::Context;
use super::api_client::ApiClient;
use super::charger::who;
use super::site_view::{breaker_words, fault_cell, position_words};
use crate::control::{BreakerState, BreakerStatus};
use crate::error::{Error, Kind, Result};
use crate::server::{API_VERSION, Item, List, SwitchDone, SwitchOrder, SwitchPosition};
use crate::ui::{Cell, Column, Report, Table, Tone};

/// Flags of `enmon breaker`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon breaker list
  enmon breaker show main-breaker -o json
  enmon breaker open row-1-breaker --why 'works on the cable'")]
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
    /// Open a breaker: everything behind it loses its current
    #[command(after_help = "Examples:
  enmon breaker open row-1-breaker
  enmon breaker open row-1-breaker --yes --why 'smoke in the cabinet'
  enmon breaker open row-1-breaker --dry-run

The site file must call the breaker `remote`. The command waits until the breaker has done it.")]
    Open(SwitchArgs),
    /// Close a breaker: everything behind it gets current again
    #[command(after_help = "Examples:
  enmon breaker close row-1-breaker
  enmon breaker close row-1-breaker --yes --why 'works are over'
  enmon breaker close row-1-breaker --dry-run

Look first at why it is open: enmon breaker show NAME, enmon status.")]
    Close(SwitchArgs),
}

#[derive(Debug, Args)]
struct SwitchArgs {
    /// Name of the breaker
    name: String,
    /// Why, for the journal and for others who wonder
    #[arg(long, value_name = "TEXT", default_value = "")]
    why: String,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Runs `enmon breaker`.
pub fn run(args: BreakerArgs, context: &Context) -> Result<()> {
    let client = ApiClient::of_site_file(&context.global.site)?;
    match args.command {
        BreakerCommand::List => context.ui.print(&ListReport(client.get(&["api", "v1", "breakers"])?)),
        BreakerCommand::Show { name } => {
            context.ui.print(&ShowReport(client.get(&["api", "v1", "breakers", &name])?))
        }
        BreakerCommand::Open(args) => switch(&client, args, SwitchPosition::Off, context),
        BreakerCommand::Close(args) => switch(&client, args, SwitchPosition::On, context),
    }
}

fn switch(client: &ApiClient, args: SwitchArgs, position: SwitchPosition, context: &Context) -> Result<()> {
    let before: Item<BreakerStatus> = client.get(&["api", "v1", "breakers", &args.name])?;
    let circuit = before.item.circuit.as_deref().unwrap_or("no circuit that the site file knows");
    let question = match position {
        SwitchPosition::Off => {
            format!("Open {}? Everything behind it loses its current: {circuit}", args.name)
        }
        SwitchPosition::On => format!("Close {}? Everything behind it gets current: {circuit}", args.name),
    };
    if !args.dry_run {
        if !context.ui.confirm(&question)? {
            return Err(Error::new(Kind::Failed, format!("{} was left as it is", args.name)));
        }
        let order = SwitchOrder { position, who: who(), why: args.why };
        let path = ["api", "v1", "breakers", &args.name, "position"];
        let _done: Item<SwitchDone> = client.put(&path, &order)?;
    }
    context.ui.print(&SwitchReport {
        api_version: API_VERSION,
        kind: "BreakerChange",
        dry_run: args.dry_run,
        breaker: args.name,
        before: before.item.state,
        after: position,
    })
}

/// What a command changed, or would change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SwitchReport {
    api_version: &'static str,
    kind: &'static str,
    dry_run: bool,
    breaker: String,
    /// Where it stood before; null: unknown.
    before: Option<BreakerState>,
    /// Where it stands now.
    after: SwitchPosition,
}

impl Report for SwitchReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let note = if self.dry_run { " (dry run: nothing was changed)" } else { "" };
        let after = match self.after {
            SwitchPosition::On => "on",
            SwitchPosition::Off => "off",
        };
        writeln!(out, "{}: {after}{note}", self.breaker)?;
        writeln!(out, "  before: {}", position_words(self.before).0)
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
