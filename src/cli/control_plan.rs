//! `enmon control plan`: the decision for a snapshot, without touching anything.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::control_plan_jsonl::{self, PolicyName};
use super::{Context, site_input};
use crate::control::{self, CircuitStatus, ControllerStatus, SiteStatus, Situation};
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::ui::{Cell, Column, Report, Table};

/// Flags of `enmon control plan`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon control plan --site garage.yaml --snapshot snapshot.json
  enmon control plan --site garage.yaml --snapshot snapshot.json -o json
  enmon control plan --site tomorrow.yaml --snapshot status.json
  enmon control plan --jsonl < periods.jsonl
  enmon control plan --jsonl --policy fair

The snapshot is JSON, devices by name; what is left out is unknown:
  {\"meters\": {\"main-meter\": {\"currents\": [30, 12.5, 8]}},
   \"chargers\": {\"ev1\": {\"state\": \"charging\", \"offered\": 16, \"drawn\": [15.8, 15.8, 15.7], \"ageMs\": 400}}}
What `enmon status -o json` prints is a snapshot too.

With --jsonl no site file is read: the stations, the limits and the cars of each period come on stdin,
one JSON object a line, and each period is answered with {\"limits\": {STATION: AMPERES}}.")]
pub(super) struct PlanArgs {
    /// Snapshot of the plant, as JSON; - is stdin
    #[arg(long, value_name = "FILE", required_unless_present = "jsonl")]
    snapshot: Option<PathBuf>,
    /// Plan for another program: periods on stdin, limits on stdout, one JSON object a line
    #[arg(long, conflicts_with = "snapshot")]
    jsonl: bool,
    /// With --jsonl: whom the plan prefers
    #[arg(long, value_enum, value_name = "POLICY", default_value_t = PolicyName::Deadline, requires = "jsonl")]
    policy: PolicyName,
}

/// What would be decided.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PlanReport {
    api_version: &'static str,
    kind: &'static str,
    site: String,
    chargers: Vec<PlannedCharger>,
    circuits: Vec<CircuitStatus>,
    alarms: Vec<control::Alarm>,
}

/// A charger's part of the plan.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PlannedCharger {
    name: String,
    /// What it is told now, amperes.
    setpoint: f64,
    /// What it is to have in the end, amperes.
    target: f64,
    reason: String,
    reason_code: String,
}

/// Runs `enmon control plan`.
pub(super) fn run(args: &PlanArgs, context: &Context) -> Result<()> {
    let Some(path) = &args.snapshot else { return control_plan_jsonl::run(args.policy) };
    let site = site_input::load(context)?.site;
    let situation = read(path)?;
    let (now, snapshot, state) = situation.resolve(&site).map_err(|errors| {
        let details: Vec<String> =
            errors.iter().map(|error| format!("{}: {error}", path.display())).collect();
        Error::new(Kind::Invalid, "the snapshot does not fit the site").details(details.join("\n"))
    })?;
    let decision = control::step(now, &site, &snapshot, &state);
    let alarms = control::alarms(&site, &snapshot, &decision);
    let status =
        control::site_status(&site, &snapshot, &decision, ControllerStatus::of_nobody(), alarms, &|_| None);
    context.ui.print(&PlanReport::of(status))
}

fn read(path: &Path) -> Result<Situation> {
    let unreadable = |error: &(dyn std::error::Error + 'static)| {
        Error::from_source(Kind::Invalid, "the snapshot can't be read", error)
    };
    let text = if path == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map_err(|error| unreadable(&error))?;
        text
    } else {
        fsio::read_text(path).map_err(|error| unreadable(&error))?
    };
    let wrong = |error: serde_json::Error| {
        let place = format!("{}:{}:{}", path.display(), error.line(), error.column());
        Error::from_source(Kind::Invalid, format!("{place}: this is no snapshot"), &error)
            .hint("see what one looks like with: enmon control plan --help")
    };
    let is_status = serde_json::from_str::<serde_json::Value>(&text)
        .map_err(wrong)?
        .get("kind")
        .is_some_and(|kind| kind == "SiteStatus");
    if is_status {
        return Ok(Situation::of_status(&serde_json::from_str::<SiteStatus>(&text).map_err(wrong)?));
    }
    serde_json::from_str(&text).map_err(wrong)
}

impl PlanReport {
    fn of(status: SiteStatus) -> PlanReport {
        let chargers = status.chargers.into_iter().map(|charger| PlannedCharger {
            name: charger.name,
            setpoint: charger.setpoint,
            target: charger.target,
            reason: charger.reason,
            reason_code: charger.reason_code,
        });
        PlanReport {
            api_version: "enmon/v1",
            kind: "ControlPlan",
            site: status.site,
            chargers: chargers.collect(),
            circuits: status.circuits,
            alarms: status.alarms,
        }
    }
}

impl Report for PlanReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = Table::new([
            Column::text("charger"),
            Column::number("set", "A"),
            Column::number("target", "A"),
            Column::text("why"),
        ]);
        for charger in &self.chargers {
            table.row([
                Cell::new(&charger.name),
                Cell::number(charger.setpoint, 1),
                Cell::number(charger.target, 1),
                Cell::new(&charger.reason),
            ]);
        }
        table.render(out)?;
        for alarm in &self.alarms {
            writeln!(out, "{}: {}", alarm.code, alarm.text)?;
        }
        Ok(())
    }
}
