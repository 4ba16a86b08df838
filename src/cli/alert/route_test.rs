//! `enmon alert route-test`: who gets an alert, by which routes, and whether anything is mute then.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::config::ConfigFile;
use super::route_tests;
use crate::cli::Context;
use crate::error::{Error, Kind, Result};
use crate::prometheus::alerts::{GroupBy, Hit, Labels, Moment, Muted, Route, RouteTree};
use crate::runtime::wall_clock_ms;
use crate::site::Period;
use crate::ui::Report;

/// Flags of `enmon alert route-test`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon alert route-test --labels severity=critical circuit=row-1
  enmon alert route-test --labels alertname=EnmonDeviceStale --at 2026-12-24T20:00:00+01:00 --config alertmanager.yml
  enmon alert route-test --labels severity=critical --expect on-call --expect everybody
  enmon alert route-test --tests routes-test.yml

A file of tests is YAML:

  tests:
    - name: critical alerts wake somebody
      labels: {severity: critical}
      at: 2026-12-24T20:00:00+01:00
      receivers: [on-call]
      muted: []

Receivers that are mute at that time count among `receivers`; with `muted` those that are must be exactly these.

Exit codes:
  0  done, and as expected
  1  not as expected
  3  the file has mistakes")]
pub(super) struct RouteTestArgs {
    /// Labels of the alert
    #[arg(long, value_name = "NAME=VALUE", num_args = 1.., required_unless_present = "tests")]
    labels: Vec<String>,
    /// Alertmanager's file; by default alertmanager.config of the site file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The moment for which times are looked up; by default now
    #[arg(long, value_name = "TIME")]
    at: Option<Moment>,
    /// A receiver that must get it, and no other but these; may be repeated
    #[arg(long, value_name = "RECEIVER")]
    expect: Vec<String>,
    /// YAML file with labels and their receivers
    #[arg(long, value_name = "FILE", conflicts_with_all = ["labels", "expect"])]
    tests: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RouteReport {
    api_version: &'static str,
    kind: &'static str,
    file: String,
    labels: Labels,
    at: String,
    /// Who gets it, mute or not, each once, in the order of the routes.
    receivers: Vec<String>,
    /// Those that were expected; none: nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Vec<String>>,
    as_expected: bool,
    routes: Vec<RouteItem>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RouteItem {
    receiver: String,
    /// From the root to the route that takes it.
    path: Vec<StepItem>,
    /// Labels with their values by which it is put together with others; of all labels with `...`.
    group: BTreeMap<String, String>,
    group_wait_seconds: f64,
    group_interval_seconds: f64,
    repeat_interval_seconds: f64,
    /// Is it held back at that time? Missing: that can't be told.
    muted: Option<bool>,
    /// Why it is, or why that can't be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    muted_because: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StepItem {
    /// Line of the file, from 1.
    line: usize,
    matchers: Vec<String>,
    #[serde(rename = "continue")]
    continues: bool,
}

pub(super) fn run(args: &RouteTestArgs, context: &Context) -> Result<()> {
    let file = ConfigFile::open(args.config.as_ref(), context)?;
    let draft = file.valid(None)?;
    let tree = draft.source.as_ref().map(RouteTree::read).transpose();
    let tree = tree.map_err(|error| {
        Error::from_source(Kind::Invalid, format!("the routes of {} can't be followed", file.name), &error)
    })?;
    let Some(tree) = tree else { return Err(Error::new(Kind::Invalid, format!("{} is empty", file.name))) };
    let at = args.at.unwrap_or_else(|| Moment::from_unix_ms(wall_clock_ms()));
    if let Some(tests) = &args.tests {
        return route_tests::run(tests, &tree, at, &file.name, context);
    }
    let labels = labels(&args.labels)?;
    let hits = tree.hits(&labels);
    let receivers = receivers(&hits);
    let as_expected = args.expect.is_empty() || same(&args.expect, &receivers);
    context.ui.print(&RouteReport {
        api_version: "enmon/v1",
        kind: "AlertRouteTest",
        file: file.name,
        at: at.to_string(),
        expected: (!args.expect.is_empty()).then(|| args.expect.clone()),
        as_expected,
        routes: hits.iter().filter_map(|hit| item(&tree, hit, &labels, at)).collect(),
        labels,
        receivers: receivers.clone(),
    })?;
    if as_expected {
        return Ok(());
    }
    Err(Error::new(Kind::Failed, "the alert does not go where it was expected")
        .cause(format!("it goes to {}", receivers.join(", ")))
        .cause(format!("expected was {}", args.expect.join(", "))))
}

fn labels(words: &[String]) -> Result<Labels> {
    let mut labels = Labels::new();
    for word in words {
        let (name, value) = word.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
            Error::new(Kind::Usage, format!("`{word}` is no label"))
                .hint("write NAME=VALUE, such as severity=critical")
        })?;
        if labels.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(Error::new(Kind::Usage, format!("the label `{name}` is there twice")));
        }
    }
    Ok(labels)
}

/// Returns the receivers of hits, each once.
pub(super) fn receivers(hits: &[Hit<'_>]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let all = hits.iter().filter_map(Hit::route).map(|route| route.options.receiver.clone());
    all.filter(|receiver| seen.insert(receiver.clone())).collect()
}

/// Says whether two lists have the same entries, in any order.
pub(super) fn same(one: &[String], other: &[String]) -> bool {
    one.iter().collect::<BTreeSet<_>>() == other.iter().collect::<BTreeSet<_>>()
}

/// Says whether a route is mute, and why; `None`: that can't be told.
pub(super) fn mute(tree: &RouteTree, route: &Route, at: Moment) -> (Option<bool>, Option<String>) {
    match tree.muted(route, at) {
        Muted::No => (Some(false), None),
        Muted::By(name) => (Some(true), Some(format!("muted by the time interval `{name}`"))),
        Muted::NotActive => (Some(true), Some(format!("active only at {}", route.active_times.join(", ")))),
        Muted::Unknown(name) => {
            (None, Some(format!("`{name}` counts at a place whose clock is not known here")))
        }
    }
}

fn item(tree: &RouteTree, hit: &Hit<'_>, labels: &Labels, at: Moment) -> Option<RouteItem> {
    let route = hit.route()?;
    let options = &route.options;
    let is_grouped = |name: &str| match &options.group_by {
        GroupBy::All => true,
        GroupBy::Labels(names) => names.iter().any(|label| label == name),
    };
    let (muted, muted_because) = mute(tree, route, at);
    let seconds = |ms: u64| ms as f64 / 1_000.0;
    Some(RouteItem {
        receiver: options.receiver.clone(),
        path: hit.path.iter().map(|step| StepItem::of(step)).collect(),
        group: labels
            .iter()
            .filter(|(name, _)| is_grouped(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        group_wait_seconds: seconds(options.group_wait_ms),
        group_interval_seconds: seconds(options.group_interval_ms),
        repeat_interval_seconds: seconds(options.repeat_interval_ms),
        muted,
        muted_because,
    })
}

impl StepItem {
    fn of(route: &Route) -> Self {
        StepItem {
            line: route.line,
            matchers: route.matchers.iter().map(ToString::to_string).collect(),
            continues: route.continues,
        }
    }
}

impl Report for RouteReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        for route in &self.routes {
            writeln!(out, "\x1b[1m{}\x1b[0m", route.receiver)?;
            for (depth, step) in route.path.iter().enumerate() {
                let matchers = match (depth, step.matchers.as_slice()) {
                    (0, _) => "the first route".to_owned(),
                    (_, []) => "any alert".to_owned(),
                    (_, matchers) => matchers.join(" "),
                };
                let goes_on = if step.continues { ", continues" } else { "" };
                writeln!(out, "  {}{matchers} (line {}{goes_on})", "  ".repeat(depth), step.line)?;
            }
            let group: Vec<String> =
                route.group.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let group = if group.is_empty() {
                "with all others of this route".to_owned()
            } else {
                format!("by {}", group.join(" "))
            };
            writeln!(out, "  grouped {group}; {}", times(route))?;
            match (route.muted, &route.muted_because) {
                (Some(true), Some(why)) => writeln!(out, "  \x1b[33mmute\x1b[0m at {}: {why}", self.at)?,
                (None, Some(why)) => writeln!(out, "  mute at {}? not known: {why}", self.at)?,
                _ => {}
            }
        }
        Ok(())
    }
}

fn times(route: &RouteItem) -> String {
    let [wait, interval, repeat] =
        [route.group_wait_seconds, route.group_interval_seconds, route.repeat_interval_seconds]
            .map(|seconds| Period::from_millis((seconds * 1_000.0) as u64));
    format!("first after {wait}, changes after {interval}, again after {repeat}")
}
