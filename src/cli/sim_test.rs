//! `enmon sim test`, `enmon sim list`: scenarios as tests.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::Context;
use super::site_input::{own_profiles, render_findings};
use crate::document::Severity;
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::profile::Catalogue;
use crate::runtime;
use crate::scenario::{self, Invalid, Outcome, PlayError, SHIPPED, Scenario, Verdict};
use crate::site::{Period, Rule};
use crate::ui::{Cell, Column, OutputFormat, Report, Table, Tone};

/// Form of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReportForm {
    /// XML for build servers: a suite for each scenario, a case for each expectation
    Junit,
    /// The same as -o json
    Json,
    /// One file with plots
    Html,
}

/// Flags of `enmon sim test`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon sim test full-garage
  enmon sim test night.yaml morning.yaml
  enmon sim test --all --report junit > scenarios.xml
  enmon sim test meter-silent --report html > scenarios.html
  enmon sim test full-garage -o json | jq '.scenarios[].checks[] | select(.passed | not)'
  enmon sim test site-check.yaml --realtime

Time is virtual: the controller and the electrical model run as fast as they can, and always in the same way. With --realtime every
device listens on a port of its own on this machine, and everything takes as long as it takes.

How to write a scenario: docs/scenarios.md; its schema: templates/schemas/scenario.schema.json

Exit codes:
  0  everything held
  1  something that was expected did not hold
  3  a scenario is invalid")]
pub struct SimTestArgs {
    /// Scenarios: files, or names of those that come with the program (see: enmon sim list)
    #[arg(value_name = "SCENARIO", required_unless_present = "all")]
    scenarios: Vec<PathBuf>,
    /// Every scenario that comes with the program
    #[arg(long)]
    all: bool,
    /// Form of the report on stdout; without it, a table or what -o says
    #[arg(long, value_enum, value_name = "FORM")]
    report: Option<ReportForm>,
    /// Play over real sockets and protocols, in real time
    #[arg(long)]
    realtime: bool,
}

/// Flags of `enmon sim list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon sim list
  enmon sim list -o json | jq -r '.scenarios[].name'
  enmon sim list --print meter-silent > mine.yaml")]
pub struct SimListArgs {
    /// Print the file of one of them, to start from
    #[arg(long, value_name = "NAME")]
    print: Option<String>,
}

/// What came of all scenarios.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ScenarioReport<'a> {
    api_version: &'static str,
    kind: &'static str,
    /// Did everything hold?
    passed: bool,
    scenarios: Vec<&'a Verdict>,
}

impl Report for ScenarioReport<'_> {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table =
            Table::new([Column::text("scenario"), Column::text("outcome"), Column::text("what it is about")]);
        for verdict in &self.scenarios {
            let (word, tone) = if verdict.passed { ("passed", Tone::Good) } else { ("FAILED", Tone::Bad) };
            table.row([Cell::new(&verdict.name), Cell::new(word).tone(tone), Cell::new(&verdict.title)]);
        }
        table.render(out)?;
        for verdict in self.scenarios.iter().filter(|verdict| !verdict.passed) {
            for check in verdict.checks.iter().filter(|check| !check.passed) {
                writeln!(out, "{}: not so: {}: {}", verdict.name, check.name, check.details)?;
            }
        }
        Ok(())
    }
}

/// Runs `enmon sim test`.
pub(super) fn run(args: SimTestArgs, context: &Context) -> Result<()> {
    let catalogue = catalogue()?;
    let mut scenarios = Vec::new();
    if args.all {
        for shipped in SHIPPED {
            scenarios.push(load(Path::new(shipped.name), &catalogue)?);
        }
    }
    for path in &args.scenarios {
        scenarios.push(load(path, &catalogue)?);
    }
    let mut progress = context.ui.progress("scenarios", Some(scenarios.len() as u64));
    let mut outcomes = Vec::new();
    for scenario in &scenarios {
        progress.message(&scenario.name);
        outcomes.push(play(scenario, &catalogue, args.realtime)?);
        progress.advance(1);
    }
    progress.finish("played");
    show(&outcomes, args.report, context)?;
    let failed = outcomes.iter().filter(|outcome| !outcome.verdict.passed).count();
    if failed == 0 {
        return Ok(());
    }
    Err(Error::new(Kind::Failed, format!("{failed} of {} scenarios failed", outcomes.len()))
        .hint("look at it with: --report html > scenarios.html"))
}

fn catalogue() -> Result<Catalogue> {
    let own = own_profiles()?;
    let (catalogue, findings) = Catalogue::with_own(own.iter().map(|(file, text)| (file, text)));
    let errors: Vec<_> = findings.into_iter().filter(|finding| finding.severity == Severity::Error).collect();
    if errors.is_empty() {
        return Ok(catalogue);
    }
    let text_of =
        |file: &str| own.iter().find(|(name, _)| name == file).map_or("", |(_, text)| text.as_str());
    Err(Error::new(Kind::Invalid, "your own profiles have mistakes")
        .details(render_findings(&errors, text_of)))
}

/// Loads a scenario: a file, or one of those that come with the program.
fn load(path: &Path, catalogue: &Catalogue) -> Result<Scenario> {
    let name = path.display().to_string();
    let shipped = SHIPPED.iter().find(|shipped| shipped.name == name);
    let text = match shipped {
        Some(shipped) => shipped.text.to_owned(),
        None => fsio::read_text(path).map_err(|error| {
            Error::from_source(Kind::Invalid, "the scenario can't be read", &error)
                .hint("those that come with the program are listed by: enmon sim list")
        })?,
    };
    let absolute = fsio::absolute(path)
        .map_err(|error| Error::from_source(Kind::Failed, "the scenario can't be placed", &error))?;
    let base = absolute.parent().unwrap_or(Path::new("/"));
    let read = |path: &Path| fsio::read_text(path).map_err(|error| with_cause(&error));
    scenario::load(&text, &name, base, catalogue, &read).map_err(|invalid| refusal(&name, &text, &invalid))
}

fn with_cause(error: &fsio::FileError) -> String {
    let cause = std::error::Error::source(error).map_or_else(String::new, |cause| format!(": {cause}"));
    format!("{error}{cause}")
}

fn refusal(name: &str, text: &str, invalid: &Invalid) -> Error {
    let text_of = |file: &str| match &invalid.site_file {
        Some((site_file, site)) if site_file == file => site.as_str(),
        _ => text,
    };
    let errors = invalid.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let count = if errors == 1 { "1 mistake".to_owned() } else { format!("{errors} mistakes") };
    Error::new(Kind::Invalid, format!("{name} is invalid: {count}"))
        .details(render_findings(&invalid.findings, text_of))
}

fn play(scenario: &Scenario, catalogue: &Catalogue, realtime: bool) -> Result<Outcome> {
    let played = if realtime {
        runtime::block_on(None, scenario::play_in_real_time(scenario, catalogue)).map_err(PlayError::Runtime)
    } else {
        Ok(scenario::play(scenario, catalogue))
    };
    played.and_then(|outcome| outcome).map_err(|error| {
        let kind = if matches!(error, PlayError::OnlyVirtual(_)) { Kind::Invalid } else { Kind::Failed };
        Error::from_source(kind, format!("{} can't be played", scenario.name), &error)
    })
}

fn show(outcomes: &[Outcome], form: Option<ReportForm>, context: &Context) -> Result<()> {
    let verdicts: Vec<&Verdict> = outcomes.iter().map(|outcome| &outcome.verdict).collect();
    let report = ScenarioReport {
        api_version: "enmon/v1",
        kind: "ScenarioReport",
        passed: verdicts.iter().all(|verdict| verdict.passed),
        scenarios: verdicts,
    };
    match form {
        None => context.ui.print(&report),
        Some(ReportForm::Json) => context.ui.print_as(&report, OutputFormat::Json),
        Some(ReportForm::Junit) => context.ui.print_text(scenario::junit_report(outcomes).as_bytes()),
        Some(ReportForm::Html) => context.ui.print_text(scenario::html_report(outcomes).as_bytes()),
    }
}

/// The scenarios that come with the program.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ScenarioList {
    api_version: &'static str,
    kind: &'static str,
    scenarios: Vec<ScenarioEntry>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ScenarioEntry {
    name: String,
    title: String,
    guards: Option<Rule>,
    length_ms: u64,
}

impl Report for ScenarioList {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table =
            Table::new([Column::text("scenario"), Column::text("lasts"), Column::text("what it is about")]);
        for entry in &self.scenarios {
            let lasts = Period::from_millis(entry.length_ms).to_string();
            table.row([Cell::new(&entry.name), Cell::new(lasts), Cell::new(&entry.title)]);
        }
        table.render(out)
    }
}

/// Runs `enmon sim list`.
pub(super) fn list(args: SimListArgs, context: &Context) -> Result<()> {
    if let Some(name) = args.print {
        let shipped = SHIPPED.iter().find(|shipped| shipped.name == name);
        let shipped = shipped.ok_or_else(|| {
            Error::new(Kind::Usage, format!("no scenario is named `{name}`")).hint("see: enmon sim list")
        })?;
        return context.ui.print_text(shipped.text.as_bytes());
    }
    let catalogue = Catalogue::built_in();
    let mut scenarios = Vec::new();
    for shipped in SHIPPED {
        let scenario = load(Path::new(shipped.name), &catalogue)?;
        scenarios.push(ScenarioEntry {
            name: scenario.name,
            title: scenario.title,
            guards: scenario.guards,
            length_ms: scenario.length_ms,
        });
    }
    context.ui.print(&ScenarioList { api_version: "enmon/v1", kind: "ScenarioList", scenarios })
}
