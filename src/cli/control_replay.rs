//! `enmon control replay`: recorded decisions made again, from the journal alone or at another site file.

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use serde::Serialize;

use super::Context;
use super::site_input::{self, LoadedSite};
use crate::control::{
    Difference, Differing, Frame, Outcome, OutcomeSum, Prices, RecordedSite, Replay, Stays, Tape, TapeError,
    Time, WhatIf,
};
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::runtime;
use crate::site::{Period, Site};
use crate::ui::{Cell, Column, Report, Table};

/// Flags of `enmon control replay`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon control replay ~/.local/state/enmon/garage/journal.sqlite
  enmon control replay journal.sqlite --last 1d --price 0.31
  enmon control replay journal.sqlite --site larger-fuse.yaml --prices day-ahead.csv
  enmon control replay journal.sqlite -o json

The journal holds the site file that was in force: with the same one, or without --site, every decision must come
out bit by bit as it was. With another one the day is imagined: the same cars come and go, and take what the other
site would have offered them.

A file of prices has a line for each change, oldest or newest first: 2026-11-03T07:00:00Z,0.29

Exit codes:
  0  every decision is as it was, or another site file was tried
  1  a decision differs; the first one is named
  3  the journal, the site file or the prices can't be read")]
pub(super) struct ReplayArgs {
    /// Journal of a controller
    #[arg(value_name = "JOURNAL")]
    journal: PathBuf,
    /// Only the last so long a time of the record
    #[arg(long, value_name = "TIME")]
    last: Option<Period>,
    /// Price of a kilowatt-hour, in any currency
    #[arg(long, value_name = "PRICE", conflicts_with = "prices")]
    price: Option<f64>,
    /// File with prices of a kilowatt-hour and when they begin
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
}

/// What a replay has shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ReplayReport {
    api_version: &'static str,
    kind: &'static str,
    journal: PathBuf,
    site: String,
    /// The site files in force then: digest of the text, path, version of enmon.
    site_files: Vec<SiteFileReport>,
    from: Option<String>,
    to: Option<String>,
    decisions: u64,
    skipped: u64,
    /// Is every decision as it was?
    identical: bool,
    differing: u64,
    first_difference: Option<DifferenceReport>,
    /// How long the replay took, and how much faster than life that is.
    seconds: f64,
    times_real_time: f64,
    recorded: Outcome,
    /// The day at the other site file.
    what_if: Option<WhatIfReport>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SiteFileReport {
    fingerprint: String,
    path: String,
    version: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WhatIfReport {
    site_file: PathBuf,
    outcome: Outcome,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DifferenceReport {
    at: String,
    cycle: u64,
    what: &'static str,
    charger: Option<String>,
    recorded: Option<f64>,
    replayed: Option<f64>,
}

impl DifferenceReport {
    fn of(difference: &Difference) -> Self {
        let (what, charger, recorded, replayed) = match &difference.what {
            Differing::Limit { charger, recorded, replayed } => {
                ("limit", Some(charger), Some(recorded), Some(replayed))
            }
            Differing::Target { charger, recorded, replayed } => {
                ("target", Some(charger), Some(recorded), Some(replayed))
            }
            Differing::Rest => ("rest", None, None, None),
        };
        DifferenceReport {
            at: runtime::rfc3339(difference.at.0),
            cycle: difference.cycle,
            what,
            charger: charger.cloned(),
            recorded: recorded.map(|amps| amps.0),
            replayed: replayed.map(|amps| amps.0),
        }
    }

    fn text(&self) -> String {
        let place = format!("decision {} at {}", self.cycle, self.at);
        match (&self.charger, self.recorded, self.replayed) {
            (Some(charger), Some(recorded), Some(replayed)) => {
                format!("{place}: the {} of {charger} was {recorded} A, and is {replayed} A now", self.what)
            }
            _ => format!("{place}: the limits are as they were; reasons, loads or the memory are not"),
        }
    }
}

/// The site files of a tape, made into sites as they are needed.
struct Sites {
    recorded: HashMap<i64, RecordedSite>,
    loaded: HashMap<i64, Site>,
}

impl Sites {
    fn of(tape: &Tape) -> Result<Sites> {
        let recorded = tape.sites().map_err(unreadable)?;
        let recorded = recorded.into_iter().map(|site| (site.id, site)).collect();
        Ok(Sites { recorded, loaded: HashMap::new() })
    }

    fn get(&mut self, id: i64) -> Result<&Site> {
        if !self.loaded.contains_key(&id) {
            let Some(recorded) = self.recorded.get(&id) else {
                return Err(Error::new(Kind::Invalid, format!("the journal has lost site file {id}")));
            };
            let name = Path::new(&recorded.file.path);
            let loaded = site_input::load_text(recorded.file.text.clone(), name).map_err(|error| {
                error.hint("this is the site file as the journal has it, not the one on the disk")
            })?;
            self.loaded.insert(id, loaded.site);
        }
        self.loaded.get(&id).ok_or_else(|| Error::new(Kind::Bug, "a site was lost while it was read"))
    }

    fn reports(&self) -> Vec<SiteFileReport> {
        let mut sites: Vec<&RecordedSite> = self.recorded.values().collect();
        sites.sort_by_key(|site| site.id);
        let report = |site: &RecordedSite| SiteFileReport {
            fingerprint: site.file.fingerprint(),
            path: site.file.path.clone(),
            version: site.version.clone(),
        };
        sites.into_iter().map(report).collect()
    }
}

/// A failure of the tape, or of what is done with it.
struct Stop(Error);

impl From<TapeError> for Stop {
    fn from(error: TapeError) -> Self {
        Stop(unreadable(error))
    }
}

fn unreadable(error: TapeError) -> Error {
    Error::from_source(Kind::Invalid, "the journal can't be played", &error)
}

/// Runs `enmon control replay`.
pub(super) fn run(args: &ReplayArgs, context: &Context) -> Result<()> {
    let prices = prices(args)?;
    if fsio::identity(&args.journal).is_none() {
        return Err(Error::new(Kind::Invalid, format!("there is no journal {}", args.journal.display()))
            .hint(
                "the one of a site is journal.sqlite in its state folder, or where `journal: {path: …}` says",
            ));
    }
    let tape = Tape::open(&args.journal).map_err(unreadable)?;
    let mut sites = Sites::of(&tape)?;
    let other = if context.site_is_named { Some(site_input::load(context)?) } else { None };
    let other = other.filter(|other| sites.recorded.values().any(|site| site.file.text != other.text));

    let begun = Instant::now();
    let (replay, recorded, mut name) = play(&tape, args.last, &mut sites, prices.clone())?;
    let seconds = begun.elapsed().as_secs_f64();
    if replay.decisions == 0 {
        return Err(Error::new(Kind::Invalid, format!("{} holds no decision", args.journal.display())));
    }
    let what_if = match &other {
        Some(other) => {
            name.clone_from(&other.site.name);
            Some(imagine(&tape, args.last, &mut sites, other, prices)?)
        }
        None => None,
    };
    let real = replay.span.map_or(0.0, |(first, last)| last.since(first).0.as_secs_f64());
    let report = ReplayReport {
        api_version: "enmon/v1",
        kind: "ControlReplay",
        journal: args.journal.clone(),
        site: name,
        site_files: sites.reports(),
        from: replay.span.map(|(first, _)| runtime::rfc3339(first.0)),
        to: replay.span.map(|(_, last)| runtime::rfc3339(last.0)),
        decisions: replay.decisions,
        skipped: replay.skipped,
        identical: replay.differing == 0,
        differing: replay.differing,
        first_difference: replay.first.as_ref().map(DifferenceReport::of),
        seconds,
        times_real_time: real / seconds.max(1e-9),
        recorded,
        what_if,
    };
    context.ui.print(&report)?;
    match (&report.first_difference, &report.what_if) {
        (Some(first), None) => Err(Error::new(Kind::Failed, first.text())
            .hint("another version of enmon decides otherwise, or the record was changed")),
        _ => Ok(()),
    }
}

/// Makes the recorded decisions again.
fn play(
    tape: &Tape,
    last: Option<Period>,
    sites: &mut Sites,
    prices: Option<Prices>,
) -> Result<(Replay, Outcome, String)> {
    let mut replay = Replay::default();
    let mut sum = OutcomeSum::new(prices);
    let (mut playing, mut name) = (None, String::new());
    let played = tape.play(last, |id, frame| {
        let site = sites.get(id).map_err(Stop)?;
        if playing.replace(id) != Some(id) {
            sum.cut();
            name.clone_from(&site.name);
        }
        if let Some((snapshot, decision)) = replay.decide(site, frame) {
            sum.add(site, snapshot, &decision);
        }
        Ok::<(), Stop>(())
    });
    played.map_err(|Stop(error)| error)?;
    Ok((replay, sum.outcome(), name))
}

/// Makes the decisions of the day at another site file.
fn imagine(
    tape: &Tape,
    last: Option<Period>,
    sites: &mut Sites,
    other: &LoadedSite,
    prices: Option<Prices>,
) -> Result<WhatIfReport> {
    let (mut seen, mut stays) = (Replay::default(), Stays::default());
    let learnt = tape.play(last, |id, frame: Frame| {
        let site = sites.get(id).map_err(Stop)?;
        let at = frame.at;
        if let Some((snapshot, _)) = seen.see(frame) {
            stays.learn(at, site, snapshot);
        }
        Ok::<(), Stop>(())
    });
    learnt.map_err(|Stop(error)| error)?;
    let (mut seen, mut what_if, mut sum) = (Replay::default(), WhatIf::new(stays), OutcomeSum::new(prices));
    let imagined = tape.play(last, |id, frame: Frame| {
        let site = sites.get(id).map_err(Stop)?;
        let at = frame.at;
        if let Some((snapshot, memory)) = seen.see(frame) {
            let (imagined, decision) = what_if.decide(at, &other.site, (site, snapshot), memory.as_ref());
            sum.add(&other.site, &imagined, &decision);
        }
        Ok::<(), Stop>(())
    });
    imagined.map_err(|Stop(error)| error)?;
    Ok(WhatIfReport { site_file: other.path.clone(), outcome: sum.outcome() })
}

fn prices(args: &ReplayArgs) -> Result<Option<Prices>> {
    let Some(path) = &args.prices else { return Ok(args.price.map(Prices::flat)) };
    let text = fsio::read_text(path)
        .map_err(|error| Error::from_source(Kind::Invalid, "the prices can't be read", &error))?;
    let mut series = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let read = line.split_once(',').and_then(|(from, price)| {
            let from = runtime::parse_rfc3339(from.trim())?;
            Some((Time(from), price.trim().parse::<f64>().ok().filter(|price| price.is_finite())?))
        });
        let Some(read) = read else {
            let place = format!("{}:{}: `{line}` is no time and price", path.display(), index + 1);
            return Err(Error::new(Kind::Invalid, place).hint("write: 2026-11-03T07:00:00Z,0.29"));
        };
        series.push(read);
    }
    if series.is_empty() {
        return Err(Error::new(Kind::Invalid, format!("{} holds no price", path.display())));
    }
    Ok(Some(Prices::series(series)))
}

impl Report for ReplayReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let span = match (&self.from, &self.to) {
            (Some(from), Some(to)) => format!("{from} to {to}"),
            _ => "nothing".into(),
        };
        writeln!(out, "{}: {} decisions, {span}", self.site, self.decisions)?;
        writeln!(out, "replayed in {:.2} s, {:.0} times real time", self.seconds, self.times_real_time)?;
        if self.skipped > 0 {
            writeln!(out, "{} decisions could not be understood: what they build on is gone", self.skipped)?;
        }
        match &self.first_difference {
            None => writeln!(out, "every decision is bit by bit as it was")?,
            Some(first) => {
                writeln!(out, "{} of {} decisions differ; the first:", self.differing, self.decisions)?;
                writeln!(out, "  {}", first.text())?;
            }
        }
        writeln!(out)?;
        let mut columns = vec![Column::text("of the day"), Column::count("recorded")];
        if let Some(what_if) = &self.what_if {
            let name = what_if.site_file.file_name().unwrap_or_default().to_string_lossy();
            columns.extend([Column::count(&name), Column::count("difference")]);
        }
        let mut table = Table::new(columns);
        let other = self.what_if.as_ref().map(|what_if| &what_if.outcome);
        type Figure = fn(&Outcome) -> Option<f64>;
        let figures: [(&str, Figure); 5] = [
            ("energy, kWh", |outcome| Some(outcome.energy_kwh)),
            ("peak of a phase, A", |outcome| Some(outcome.peak_amps)),
            ("peak, kW", |outcome| Some(outcome.peak_kw)),
            ("minutes limited", |outcome| Some(outcome.limited_minutes)),
            ("cost", |outcome| outcome.cost),
        ];
        for (name, figure) in figures {
            let Some(was) = figure(&self.recorded) else { continue };
            let mut cells = vec![Cell::new(name), Cell::number(was, 2)];
            if let Some(would) = other.and_then(figure) {
                cells.extend([Cell::number(would, 2), Cell::number(would - was, 2)]);
            }
            table.row(cells);
        }
        table.render(out)
    }
}
