//! `enmon charger`: what the chargers do, and orders for them, through the running controller.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

use super::api_client::ApiClient;
use super::charger_commission::{self, CommissionArgs};
use super::charger_needs::{self, NeedsArgs, needs_words};
use super::site_view::{charger_tone, charger_words, order_words, plug_state};
use super::{Context, charger_direct};
use crate::control::{ChargerStatus, Override, Time};
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::server::{API_VERSION, ChargerOverride, Item, List, OverrideRequest};
use crate::site::{Amps, Period, Phase};
use crate::ui::{Cell, Column, Report, Table, Tone};

/// Flags of `enmon charger`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon charger list
  enmon charger set-limit ev1 10 --for 2h --why 'works on the cable'
  enmon charger resume ev1
  enmon charger list --direct")]
pub struct ChargerArgs {
    /// Go straight to the devices; for when no controller runs
    #[arg(long, global = true)]
    direct: bool,
    #[command(subcommand)]
    command: ChargerCommand,
}

#[derive(Debug, Subcommand)]
enum ChargerCommand {
    /// List all chargers with what they offer and why
    #[command(
        after_help = "Examples:\n  enmon charger list\n  enmon charger list -o json | jq '.items[].name'"
    )]
    List,
    /// Show one charger
    #[command(after_help = "Examples:\n  enmon charger show ev1\n  enmon charger show ev1 -o yaml")]
    Show {
        /// Name of the charger
        name: String,
    },
    /// Order that a charger offers at most so much
    #[command(after_help = "Examples:
  enmon charger set-limit ev1 10
  enmon charger set-limit ev1 16A --for 2h --why 'works on the cable'
  enmon charger set-limit ev1 10 --dry-run

An order lowers a charger's limit; it never lifts a circuit's. It holds until its end, or until `enmon charger resume`.")]
    SetLimit {
        /// Name of the charger
        name: String,
        /// The most that it may offer on each phase, in amperes: 0, or at least 6
        #[arg(value_parser = parse_limit)]
        amps: f64,
        #[command(flatten)]
        order: OrderArgs,
    },
    /// Order that a charger offers nothing
    #[command(
        after_help = "Examples:\n  enmon charger pause ev1\n  enmon charger pause ev1 --for 30m --why 'fire drill'"
    )]
    Pause {
        /// Name of the charger
        name: String,
        #[command(flatten)]
        order: OrderArgs,
    },
    /// Tell the policy what the car at a charger needs: energy, departure
    Needs(NeedsArgs),
    /// Step a charger through its currents and write what was learnt into the site file
    Commission(CommissionArgs),
    /// End the order that is in force for a charger
    #[command(after_help = "Examples:\n  enmon charger resume ev1\n  enmon charger resume ev1 --dry-run")]
    Resume {
        /// Name of the charger
        name: String,
        /// Show what would change, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Args)]
struct OrderArgs {
    /// How long it holds, for example 30m or 2h; none: until somebody ends it
    #[arg(long = "for", value_name = "TIME")]
    length: Option<Period>,
    /// Why, for the journal and for others who wonder
    #[arg(long, value_name = "TEXT", default_value = "")]
    why: String,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Reads `16`, `16A` or `6.5 A`.
fn parse_limit(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches(['A', 'a']).trim_end();
    let amps: f64 = number.parse().map_err(|_| "write amperes, for example 16".to_owned())?;
    if amps == 0.0 || (6.0..=1000.0).contains(&amps) {
        Ok(amps)
    } else {
        Err("a charger can offer 0 A, or at least 6 A (IEC 61851-1)".to_owned())
    }
}

/// Runs `enmon charger`.
pub fn run(args: ChargerArgs, context: &Context) -> Result<()> {
    if let ChargerCommand::Commission(args) = &args.command {
        // it always goes straight to the device
        return charger_commission::run(args, context);
    }
    if args.direct {
        return run_direct(args.command, context);
    }
    let client = ApiClient::of_site_file(&context.global.site)?;
    match args.command {
        ChargerCommand::List => context.ui.print(&ListReport(client.get(&["api", "v1", "chargers"])?)),
        ChargerCommand::Show { name } => context.ui.print(&ShowReport(fetch(&client, &name)?)),
        ChargerCommand::SetLimit { name, amps, order } => give_order(&client, &name, amps, order, context),
        ChargerCommand::Pause { name, order } => give_order(&client, &name, 0.0, order, context),
        ChargerCommand::Needs(args) => charger_needs::run(&args, context),
        ChargerCommand::Resume { name, dry_run } => end_order(&client, &name, dry_run, context),
        ChargerCommand::Commission(args) => charger_commission::run(&args, context),
    }
}

fn run_direct(command: ChargerCommand, context: &Context) -> Result<()> {
    let limit = |name: &str, amps, order: &OrderArgs| {
        if order.length.is_some() || !order.why.is_empty() {
            context.ui.warn("--for and --why are for the controller; a charger knows neither");
        }
        charger_direct::set_limit(name, amps, order.dry_run, context)
    };
    match command {
        ChargerCommand::List => charger_direct::show(None, context),
        ChargerCommand::Show { name } => charger_direct::show(Some(&name), context),
        ChargerCommand::SetLimit { name, amps, order } => limit(&name, amps, &order),
        ChargerCommand::Pause { name, order } => limit(&name, 0.0, &order),
        ChargerCommand::Commission(args) => charger_commission::run(&args, context),
        ChargerCommand::Needs(_) => {
            Err(Error::new(Kind::Usage, "a charger does not know what its car needs")
                .hint("leave --direct away: the controller does"))
        }
        ChargerCommand::Resume { name, .. } => {
            Err(Error::new(Kind::Usage, format!("{name} has no orders of its own that could end"))
                .hint(format!("set its limit: enmon charger set-limit {name} 16 --direct")))
        }
    }
}

pub(super) fn fetch(client: &ApiClient, name: &str) -> Result<Item<ChargerStatus>> {
    client.get(&["api", "v1", "chargers", name])
}

pub(super) fn who() -> String {
    fsio::env("USER").or_else(|| fsio::env("LOGNAME")).unwrap_or_else(|| "unknown".to_owned())
}

fn give_order(client: &ApiClient, name: &str, amps: f64, args: OrderArgs, context: &Context) -> Result<()> {
    let charger = fetch(client, name)?;
    if amps > charger.item.max {
        context.ui.warn(&format!("{name} never offers more than {}", Amps(charger.item.max)));
    }
    let request = OverrideRequest {
        limit: amps,
        // part of a second is a second
        for_seconds: args.length.map(|length| length.as_millis().div_ceil(1000)),
        until: None,
        who: who(),
        why: args.why,
    };
    let after = if args.dry_run {
        let until = request.for_seconds.map(|seconds| Time(charger.at) + Period::from_secs(seconds));
        Override { limit: Amps(amps), until, who: request.who, why: request.why }
    } else {
        let path = ["api", "v1", "chargers", name, "override"];
        let taken: Item<ChargerOverride> = client.put(&path, &request)?;
        taken.item.order
    };
    context.ui.print(&ChangeReport::new(charger, Some(after), args.dry_run))
}

fn end_order(client: &ApiClient, name: &str, dry_run: bool, context: &Context) -> Result<()> {
    let charger = fetch(client, name)?;
    if !dry_run {
        client.delete(&["api", "v1", "chargers", name, "override"])?;
    }
    context.ui.print(&ChangeReport::new(charger, None, dry_run))
}

/// Makes the table of chargers that `status` and `charger list` show.
pub(super) fn charger_table(chargers: &[ChargerStatus], now_ms: u64) -> Table {
    let mut table = Table::new([
        Column::text("charger"),
        Column::text("circuit"),
        Column::text("state"),
        Column::number("L1", "A"),
        Column::number("L2", "A"),
        Column::number("L3", "A"),
        Column::number("offers", "A"),
        Column::number("set", "A"),
        Column::text("why"),
    ]);
    for charger in chargers {
        let drawn = Phase::ALL.map(|phase| match (terminal(charger, phase), &charger.drawn) {
            (None, _) => Cell::new(""),
            (Some(terminal), drawn) => {
                Cell::maybe(drawn.as_ref().and_then(|drawn| drawn.get(terminal).copied()), 1)
            }
        });
        let [l1, l2, l3] = drawn;
        let why_tone = if charger.fault.is_some() { Tone::Bad } else { Tone::Plain };
        table.row([
            Cell::new(&charger.name),
            Cell::new(&charger.circuit),
            Cell::new(plug_state(charger.state).word()).tone(charger_tone(charger.state)),
            l1,
            l2,
            l3,
            Cell::maybe(charger.offered, 1),
            Cell::number(charger.setpoint, 1),
            Cell::new(charger_words(charger, now_ms)).tone(why_tone),
        ]);
    }
    table
}

fn terminal(charger: &ChargerStatus, phase: Phase) -> Option<usize> {
    charger.phases.iter().position(|&connected| connected == phase)
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct ListReport(List<ChargerStatus>);

impl Report for ListReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        charger_table(&self.0.items, self.0.at).render(out)
    }
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct ShowReport(Item<ChargerStatus>);

impl Report for ShowReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let (charger, now_ms) = (&self.0.item, self.0.at);
        let unknown = || Cell::unknown();
        let amps = |value: Option<f64>| value.map_or_else(unknown, |value| Cell::new(Amps(value)));
        let phases: Vec<_> = charger.phases.iter().map(ToString::to_string).collect();
        let drawn = charger.drawn.as_ref().map_or_else(unknown, |drawn| {
            let each =
                charger.phases.iter().zip(drawn).map(|(phase, value)| format!("{phase} {}", Amps(*value)));
            Cell::new(each.collect::<Vec<_>>().join(", "))
        });
        let heard = charger.age_ms.map_or_else(
            || Cell::new("never").tone(Tone::Bad),
            |age| Cell::new(format!("{:.1} s before the last decision", age as f64 / 1000.0)),
        );
        let state = Cell::new(plug_state(charger.state).word()).tone(charger_tone(charger.state));
        let mut table = Table::new([Column::text("what"), Column::text("value")]);
        for (what, value) in [
            ("charger", Cell::new(&charger.name)),
            ("circuit", Cell::new(&charger.circuit)),
            ("phases", Cell::new(phases.join(" "))),
            ("state", state),
            ("draws", drawn),
            ("offers", amps(charger.offered)),
            ("set to", amps(Some(charger.setpoint))),
            ("why", Cell::new(&charger.reason)),
            (
                "order",
                charger
                    .order
                    .as_ref()
                    .map_or_else(|| Cell::new("none"), |order| Cell::new(order_words(order, now_ms))),
            ),
            (
                "car needs",
                charger.needs.as_ref().map_or_else(
                    || Cell::new("nothing was said"),
                    |needs| Cell::new(needs_words(needs, now_ms)),
                ),
            ),
            ("never more than", amps(Some(charger.max))),
            ("heard", heard),
            (
                "fault",
                charger
                    .fault
                    .as_ref()
                    .map_or_else(|| Cell::new("none"), |fault| Cell::new(fault).tone(Tone::Bad)),
            ),
        ] {
            table.row([Cell::new(what), value]);
        }
        table.render(out)
    }
}

/// What an order changed, or would change.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChangeReport {
    api_version: String,
    kind: String,
    dry_run: bool,
    charger: String,
    /// The order in force before.
    before: Option<Override>,
    /// The order in force afterwards.
    after: Option<Override>,
    #[serde(skip)]
    now_ms: u64,
}

impl ChangeReport {
    fn new(charger: Item<ChargerStatus>, after: Option<Override>, dry_run: bool) -> Self {
        ChangeReport {
            api_version: API_VERSION.to_owned(),
            kind: "OverrideChange".to_owned(),
            dry_run,
            charger: charger.item.name,
            before: charger.item.order,
            after,
            now_ms: charger.at,
        }
    }
}

impl Report for ChangeReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let words = |order: &Option<Override>| {
            order.as_ref().map_or_else(|| "no order".to_owned(), |order| order_words(order, self.now_ms))
        };
        let note = if self.dry_run { " (dry run: nothing was changed)" } else { "" };
        writeln!(out, "{}: {}{note}", self.charger, words(&self.after))?;
        writeln!(out, "  before: {}", words(&self.before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_zero_or_at_least_six() {
        for (text, amps) in [("0", 0.0), ("6", 6.0), ("16A", 16.0), ("6.5 A", 6.5), ("32a", 32.0)] {
            assert_eq!(parse_limit(text), Ok(amps), "{text}");
        }
        for text in ["5.9", "-1", "NaN", "inf", "", "A", "ten", "1001"] {
            assert!(parse_limit(text).is_err(), "{text} was taken");
        }
    }
}
