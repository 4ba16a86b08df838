//! `enmon check`: every mistake of a site file with its place, and the proof of its fail-safe.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::Context;
use super::check_online::{self, DeviceAnswer};
use super::check_timeouts;
use super::site_input::{self, Inquiry};
use crate::document::Finding;
use crate::error::{Error, Kind, Result};
use crate::site::{CircuitProof, PhaseProof, Proof, Site};
use crate::ui::{Cell, Column, Report, Table, Tone};

/// Largest site whose circuits are all shown; of larger ones, those over their limit are.
const MOST_CIRCUITS: usize = 24;

/// Flags of `enmon check`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon check
  enmon check garage.yaml
  enmon check garage.yaml --online
  enmon check garage.yaml -o json | jq '.findings[] | {line, column, message}'

Exit codes:
  0  the file is valid and its fail-safe is proven
  3  the file has mistakes, or its fail-safe is not proven
  4  with --online: a device can't be reached
  5  with --online: a device refuses to be read")]
pub struct CheckArgs {
    /// Ask every device once, too
    #[arg(long)]
    online: bool,
    /// The site file; without it, that of --site
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

/// What was found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CheckReport {
    api_version: &'static str,
    kind: &'static str,
    /// The file as it was named.
    file: String,
    /// Has the file no mistakes?
    valid: bool,
    /// Mistakes and warnings; those of the proof too.
    findings: Vec<Finding>,
    /// The proof of the fail-safe; missing when the file has mistakes.
    proof: Option<Proof>,
    /// What the devices answered; missing without --online.
    #[serde(skip_serializing_if = "Option::is_none")]
    devices: Option<Vec<DeviceAnswer>>,
    #[serde(skip)]
    rendered: String,
    #[serde(skip)]
    summary: String,
}

/// Runs `enmon check`.
pub fn run(args: CheckArgs, context: &Context) -> Result<()> {
    let file = args.file.as_deref().unwrap_or(&context.global.site);
    let inquiry = Inquiry::of_file(file)?;
    let mut refusal = if !inquiry.is_valid() { Some(inquiry.refusal()) } else { unproven(&inquiry) };
    let mut devices = None;
    if args.online && inquiry.is_valid() {
        let answers = check_online::ask(&site_input::load_file(file)?)?;
        refusal = refusal.or_else(|| check_online::refusal(&answers));
        devices = Some(answers);
    }
    let report = CheckReport {
        api_version: "enmon/v1",
        kind: "CheckReport",
        file: inquiry.file.clone(),
        valid: inquiry.is_valid(),
        rendered: inquiry.render(),
        summary: inquiry.outcome.as_ref().map(|(site, _)| summary(site)).unwrap_or_default(),
        findings: inquiry.findings,
        proof: inquiry.outcome.map(|(_, proof)| proof),
        devices,
    };
    context.ui.print(&report)?;
    refusal.map_or(Ok(()), Err)
}

/// A site that is not proven can't be run without saying so; a check that passes must mean that it can.
fn unproven(inquiry: &Inquiry) -> Option<Error> {
    let (_, proof) = inquiry.outcome.as_ref().filter(|(_, proof)| !proof.proven)?;
    let over = proof.circuits.iter().filter(|circuit| !circuit.is_within()).count();
    let mut reasons = Vec::new();
    if over > 0 {
        reasons.push(format!("{over} circuit{} over the limit", if over == 1 { "" } else { "s" }));
    }
    if !proof.watchdogs.is_empty() {
        let count = proof.watchdogs.len();
        reasons.push(format!("{count} watchdog{} too short", if count == 1 { "" } else { "s" }));
    }
    let message = format!("the fail-safe of {} is not proven: {}", inquiry.file, reasons.join(", "));
    Some(Error::new(Kind::Invalid, message).hint("enmon control run refuses such a site"))
}

fn summary(site: &Site) -> String {
    let count = |count: usize, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {many}")),
    };
    [
        count(site.circuits.len(), "circuit", "circuits"),
        count(site.meters.len(), "meter", "meters"),
        count(site.chargers.len(), "charger", "chargers"),
        count(site.breakers.len(), "breaker", "breakers"),
        count(site.cabinets.len(), "cabinet", "cabinets"),
        count(site.solar.len(), "solar input", "solar inputs"),
        count(site.endpoints.len(), "endpoint", "endpoints"),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join(", ")
}

impl Report for CheckReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.rendered.as_bytes())?;
        let Some(proof) = self.proof.as_ref().filter(|_| self.valid) else { return Ok(()) };
        if self.rendered.lines().last().is_some_and(|line| !line.is_empty()) {
            writeln!(out)?;
        }
        render_proof(proof, out)?;
        check_timeouts::render(proof, out)?;
        if let Some(devices) = &self.devices {
            writeln!(out)?;
            check_online::render(devices, out)?;
        }
        if proof.proven {
            writeln!(out, "\n{} is valid: {}", self.file, self.summary)?;
            writeln!(
                out,
                "\x1b[1;32mFail-safe proven\x1b[0m: when no charger hears anything, every circuit is within its limit."
            )?;
        }
        Ok(())
    }
}

fn render_proof(proof: &Proof, out: &mut dyn Write) -> io::Result<()> {
    let shows_all = proof.circuits.len() <= MOST_CIRCUITS;
    let shown: Vec<&CircuitProof> =
        proof.circuits.iter().filter(|circuit| shows_all || !circuit.is_within()).collect();
    if shown.is_empty() {
        return Ok(());
    }
    let mut table = Table::new([
        Column::text("circuit"),
        Column::text("phase"),
        Column::number("limit", "A"),
        Column::number("fail-safe", "A"),
        Column::number("base load", "A"),
        Column::number("spare", "A"),
    ]);
    for circuit in shown.into_iter().take(MOST_CIRCUITS) {
        for (index, phase) in circuit.phases.iter().enumerate() {
            table.row(cells(if index == 0 { &circuit.circuit } else { "" }, phase));
        }
    }
    table.render(out)
}

fn cells(name: &str, phase: &PhaseProof) -> [Cell; 6] {
    let spare = phase.limit - phase.failsafe - phase.base_load;
    let tone = if phase.over > 0.0 { Tone::Bad } else { Tone::Plain };
    [
        Cell::new(name),
        Cell::new(phase.phase),
        Cell::number(phase.limit, 1),
        Cell::number(phase.failsafe, 1),
        Cell::number(phase.base_load, 1),
        Cell::number(spare, 1).tone(tone),
    ]
}
