//! `enmon status`: what the controller of a site knows, once or again and again.

use std::io::{self, Write};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Args;
use serde::Serialize;

use super::Context;
use super::api_client::ApiClient;
use super::charger::charger_table;
use super::site_view::{self, breaker_words, fault_cell};
use crate::control::{BreakerTwinStatus, LeaseRole, LoadState, RunState, Severity, SiteStatus};
use crate::error::{Error, Kind, Result};
use crate::site::TripTimes;
use crate::ui::live::{LiveKey, View, plain};
use crate::ui::{Cell, Column, OutputFormat, Report, Table, Tone};

/// Flags of `enmon status`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon status
  enmon status --watch
  enmon status -o json | jq '.circuits[].phases[].headroom'
  enmon status --watch -o json >> status.jsonl")]
pub struct StatusArgs {
    /// Show it again after each decision: a live view on a terminal, otherwise one line for each change, or one JSON object a line
    #[arg(long, short = 'w')]
    watch: bool,
}

/// Runs `enmon status`.
pub fn run(args: StatusArgs, context: &Context) -> Result<()> {
    let client = ApiClient::of_site_file(&context.global.site)?;
    let status = fetch(&client)?;
    if !args.watch {
        return context.ui.print(&StatusReport { status, now_ms: wall_clock_ms() });
    }
    if context.ui.is_live() {
        watch_live(&client, status, context)
    } else {
        watch_lines(&client, status, context)
    }
}

fn fetch(client: &ApiClient) -> Result<SiteStatus> {
    client.get(&["api", "v1", "status"])
}

fn wall_clock_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Asks again often enough to see each decision.
fn pace(client: &ApiClient) -> Duration {
    client.interval().clamp(Duration::from_millis(100), Duration::from_secs(10))
}

fn picture(status: &SiteStatus, footer: String) -> View {
    site_view::view(status, format!("enmon status · {}", status.site), footer)
}

fn watch_live(client: &ApiClient, first: SiteStatus, context: &Context) -> Result<()> {
    let failed = |error: io::Error| Error::from_source(Kind::Failed, "the live view failed", &error);
    let mut screen = context.ui.live_screen()?;
    let mut status = first;
    let mut footer = String::new();
    loop {
        screen.draw(&picture(&status, footer)).map_err(failed)?;
        let next = Instant::now() + pace(client);
        while let Some(wait) = next.checked_duration_since(Instant::now()) {
            if screen.next_key(wait).map_err(failed)? == Some(LiveKey::Quit) {
                return Ok(());
            }
        }
        footer = match fetch(client) {
            Ok(newer) => {
                status = newer;
                String::new()
            }
            // the last picture stays, and says that it is old
            Err(error) => format!("{error}; this is how it was at {}", picture(&status, String::new()).clock),
        };
    }
}

fn watch_lines(client: &ApiClient, first: SiteStatus, context: &Context) -> Result<()> {
    let mut earlier: Option<View> = None;
    let mut last_at = None;
    let mut is_lost = false;
    let mut fetched = Ok(first);
    while !context.ui.is_stdout_gone() {
        match fetched {
            Ok(status) if last_at != Some(status.at) => {
                is_lost = false;
                last_at = Some(status.at);
                show_again(status, &mut earlier, context)?;
            }
            Ok(_) => is_lost = false,
            Err(error) => {
                if !is_lost {
                    context.ui.warn(&format!("{error}; still trying"));
                }
                is_lost = true;
            }
        }
        client.pause(pace(client));
        fetched = fetch(client);
    }
    Ok(())
}

fn show_again(status: SiteStatus, earlier: &mut Option<View>, context: &Context) -> Result<()> {
    match context.ui.format() {
        OutputFormat::Json => context.ui.print_json_line(&status),
        OutputFormat::Yaml => {
            context.ui.print_text(b"---\n")?;
            context.ui.print(&StatusReport { status, now_ms: wall_clock_ms() })
        }
        OutputFormat::Table => {
            let view = picture(&status, String::new());
            context.ui.print_text(plain(&view, earlier.as_ref()).as_bytes())?;
            *earlier = Some(view);
            Ok(())
        }
    }
}

/// All of a site, once.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct StatusReport {
    pub(super) status: SiteStatus,
    #[serde(skip)]
    pub(super) now_ms: u64,
}

impl Report for StatusReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let status = &self.status;
        self.headline(out)?;
        writeln!(out)?;
        circuit_table(status).render(out)?;
        if !status.chargers.is_empty() {
            writeln!(out)?;
            charger_table(&status.chargers, status.at).render(out)?;
        }
        let devices = device_table(status);
        if !devices.is_empty() {
            writeln!(out)?;
            devices.render(out)?;
        }
        let alarms = alarm_table(status);
        if !alarms.is_empty() {
            writeln!(out)?;
            alarms.render(out)?;
        }
        Ok(())
    }
}

impl StatusReport {
    fn headline(&self, out: &mut dyn Write) -> io::Result<()> {
        let controller = &self.status.controller;
        let state = match controller.state {
            RunState::Starting => "starting",
            RunState::Running => "running",
            RunState::Stopping => "stopping",
        };
        let age_ms = self.now_ms.saturating_sub(self.status.at);
        writeln!(
            out,
            "\x1b[1m{}\x1b[0m  {state}, {} decisions, the last {:.1} s ago (read {:.0} ms, decided {:.1} ms)",
            self.status.site,
            controller.cycles,
            age_ms as f64 / 1000.0,
            controller.observe_ms,
            controller.step_ms,
        )?;
        if let Some(lease) = &controller.lease {
            match (lease.role, lease.holder.as_deref(), lease.api.as_deref()) {
                (LeaseRole::Leading, ..) => {
                    writeln!(out, "leads, with token {}", lease.generation.unwrap_or_default())?
                }
                (LeaseRole::Following, None, _) => writeln!(out, "follows; nobody leads")?,
                (LeaseRole::Following, Some(holder), None) => writeln!(out, "follows; {holder} leads")?,
                (LeaseRole::Following, Some(holder), Some(api)) => {
                    writeln!(out, "follows; {holder} at {api} leads")?
                }
            }
            if let Some(trouble) = &lease.error {
                writeln!(out, "\x1b[33mlease: {trouble}\x1b[0m")?;
            }
        }
        let troubles = [("reload refused", &controller.reload_error), ("journal", &controller.journal_error)];
        for (what, trouble) in troubles {
            if let Some(trouble) = trouble {
                writeln!(out, "\x1b[33m{what}: {trouble}\x1b[0m")?;
            }
        }
        Ok(())
    }
}

fn circuit_table(status: &SiteStatus) -> Table {
    let mut columns = vec![
        Column::text("circuit"),
        Column::text("phase"),
        Column::number("limit", "A"),
        Column::number("measured", "A"),
        Column::number("cars", "A"),
        Column::number("other", "A"),
        Column::number("offered", "A"),
        Column::number("headroom", "A"),
    ];
    let has_breakers = status.circuits.iter().any(|circuit| circuit.breaker.is_some());
    if has_breakers {
        columns.extend([Column::number("heat", "%"), Column::text("breaker")]);
    }
    let mut table = Table::new(columns);
    for circuit in &status.circuits {
        for (index, phase) in circuit.phases.iter().enumerate() {
            let name = if index == 0 {
                format!("{}{}", "  ".repeat(circuit.depth), circuit.name)
            } else {
                String::new()
            };
            let measured = match phase.measured {
                None if circuit.meter_unknown => Cell::new("silent").tone(Tone::Bad),
                measured => Cell::maybe(measured, 1),
            };
            // what has been rounded to nothing is nothing
            let headroom_tone = if phase.headroom < -0.05 { Tone::Bad } else { Tone::Plain };
            let mut cells = vec![
                Cell::new(name),
                Cell::new(phase.phase),
                Cell::number(phase.limit, 1),
                measured,
                Cell::number(phase.drawn, 1),
                Cell::number(phase.other, 1),
                Cell::number(phase.offered, 1),
                Cell::number(phase.headroom, 1).tone(headroom_tone),
            ];
            if has_breakers {
                cells.extend(breaker_cells(circuit.breaker.as_ref(), index));
            }
            table.row(cells);
        }
    }
    table
}

/// The heat of a breaker's pole, and when it opens; on the first phase of one that holds, its rating.
fn breaker_cells(breaker: Option<&BreakerTwinStatus>, phase: usize) -> [Cell; 2] {
    let pole = breaker.and_then(|breaker| Some((breaker, breaker.phases.get(phase)?)));
    let Some((breaker, pole)) = pole else { return [Cell::new(""), Cell::new("")] };
    let times = TripTimes { earliest_s: pole.trips_after, latest_s: pole.trips_within };
    let tone = match (times.earliest_s, times.latest_s) {
        (None, _) => Tone::Plain,
        (Some(_), None) => Tone::Warning,
        (Some(_), Some(_)) => Tone::Bad,
    };
    let rating = format!("{}{}", breaker.curve, breaker.rating);
    let words = times.words().unwrap_or_else(|| if phase == 0 { rating } else { String::new() });
    let words = if words.is_empty() { Cell::new("") } else { Cell::new(words).tone(tone) };
    [Cell::number(pole.heat * 100.0, 0).tone(tone), words]
}

fn device_table(status: &SiteStatus) -> Table {
    let mut table = Table::new([
        Column::text("device"),
        Column::text("kind"),
        Column::text("value"),
        Column::text("fault"),
    ]);
    let mut row = |name: &str, kind: &str, value: Cell, fault: &Option<String>| {
        table.row([Cell::new(name), Cell::new(kind), value, fault_cell(fault.as_deref())]);
    };
    for breaker in &status.breakers {
        let (word, tone) = breaker_words(breaker);
        row(&breaker.name, "breaker", Cell::new(word).tone(tone), &breaker.fault);
    }
    for load in &status.loads {
        let value = match load.state {
            LoadState::On => Cell::new("on").tone(Tone::Good),
            LoadState::Cut => Cell::new("cut").tone(Tone::Warning),
            LoadState::Returning => Cell::new("cut, returns").tone(Tone::Warning),
            LoadState::Off => Cell::new("off"),
        };
        row(&load.name, "load", value, &None);
    }
    for cabinet in &status.cabinets {
        let smoke = if cabinet.smoke == Some(true) { ", smoke" } else { "" };
        let value = cabinet.temperature.map_or_else(Cell::unknown, |celsius| {
            Cell::new(format!("{celsius:.1} °C{smoke}")).tone(if smoke.is_empty() {
                Tone::Plain
            } else {
                Tone::Bad
            })
        });
        row(&cabinet.name, "cabinet", value, &cabinet.fault);
    }
    for solar in &status.solar {
        let value = solar.current.map_or_else(Cell::unknown, |amps| Cell::new(format!("{amps:.1} A")));
        row(&solar.name, "solar", value, &solar.fault);
    }
    for node in &status.endpoints {
        let currents: Vec<_> = node.currents.iter().map(|amps| format!("{amps:.1}")).collect();
        let value = if currents.is_empty() {
            Cell::unknown()
        } else {
            Cell::new(format!("{} A", currents.join(" ")))
        };
        row(&node.name, "endpoint", value, &node.fault);
    }
    table
}

fn alarm_table(status: &SiteStatus) -> Table {
    let mut table = Table::new([Column::text("alarm"), Column::text("about"), Column::text("what")]);
    let mut alarms: Vec<_> = status.alarms.iter().collect();
    alarms.sort_by_key(|alarm| std::cmp::Reverse(alarm.severity));
    for alarm in alarms {
        let level = match alarm.severity {
            Severity::Warning => Cell::new("warning").tone(Tone::Warning),
            Severity::Critical => Cell::new("critical").tone(Tone::Bad),
        };
        table.row([level, Cell::new(&alarm.subject), Cell::new(&alarm.text)]);
    }
    table
}
