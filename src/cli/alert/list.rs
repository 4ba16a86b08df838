//! `enmon alert list`: the alerts that Alertmanager has, the worst first.

use std::collections::BTreeMap;
use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::place::{ServerOptions, wait_for, wrong_matcher};
use crate::cli::Context;
use crate::error::Result;
use crate::prometheus::alerts::{Alert, AlertQuery, Labels, Moment, matchers_of_words};
use crate::runtime::wall_clock_ms;
use crate::site::Period;
use crate::ui::{Cell, Column, Report, Table, Tone};

/// Flags of `enmon alert list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon alert list
  enmon alert list --filter circuit=row-1 --filter 'severity=~\"warning|critical\"'
  enmon alert list --silenced --inhibited --receiver on-call
  enmon alert list -o json | jq -r '.items[] | select(.state == \"active\") | .labels.alertname'

Labels that all listed alerts have in common stand above the table.

Exit codes:
  0  listed
  4  Alertmanager can't be reached")]
pub(super) struct ListArgs {
    /// Only alerts that fit: NAME=VALUE, NAME=~EXPRESSION …, or the name of an alert; may be repeated
    #[arg(long = "filter", value_name = "MATCHERS")]
    filters: Vec<String>,
    /// Those that are silenced as well
    #[arg(long)]
    silenced: bool,
    /// Those that other alerts inhibit as well
    #[arg(long)]
    inhibited: bool,
    /// Only those of a receiver
    #[arg(long, value_name = "NAME")]
    receiver: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ListReport {
    api_version: &'static str,
    kind: &'static str,
    server: String,
    items: Vec<AlertItem>,
}

/// An alert as it is shown.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AlertItem {
    labels: Labels,
    annotations: Labels,
    /// When it began, RFC 3339.
    starts_at: String,
    /// How long ago that is, in seconds.
    age_seconds: Option<i64>,
    /// active, silenced, inhibited or unprocessed.
    state: &'static str,
    receivers: Vec<String>,
    /// Ids of the silences that hit it.
    silenced_by: Vec<String>,
    /// Fingerprints of the alerts that inhibit it.
    inhibited_by: Vec<String>,
    fingerprint: String,
}

pub(super) fn run(args: &ListArgs, server: &ServerOptions, context: &Context) -> Result<()> {
    let matchers = matchers_of_words(&args.filters).map_err(|error| wrong_matcher(&error))?;
    let (alertmanager, url) = server.alertmanager(context)?;
    let query = AlertQuery { matchers, silenced: args.silenced, inhibited: args.inhibited };
    let mut items = shown(wait_for(alertmanager.alerts(&query))?);
    if let Some(receiver) = &args.receiver {
        items.retain(|item| item.receivers.contains(receiver));
    }
    context.ui.print(&ListReport { api_version: "enmon/v1", kind: "AlertList", server: url, items })
}

/// Returns alerts as they are shown, the worst first, then by name and age.
pub(super) fn shown(alerts: Vec<Alert>) -> Vec<AlertItem> {
    let now = Moment::from_unix_ms(wall_clock_ms());
    let mut items: Vec<AlertItem> = alerts.into_iter().map(|alert| AlertItem::new(alert, now)).collect();
    items.sort_by(|one, other| one.order().cmp(&other.order()));
    items
}

impl AlertItem {
    fn new(alert: Alert, now: Moment) -> Self {
        let state = match alert.status.state.as_str() {
            "active" => "active",
            "suppressed" if alert.status.silenced_by.is_empty() => "inhibited",
            "suppressed" => "silenced",
            _ => "unprocessed",
        };
        AlertItem {
            age_seconds: alert.starts_at.parse().ok().map(|begin| now.seconds_since(begin)),
            labels: alert.labels,
            annotations: alert.annotations,
            starts_at: alert.starts_at,
            state,
            receivers: alert.receivers.into_iter().map(|receiver| receiver.name).collect(),
            silenced_by: alert.status.silenced_by,
            inhibited_by: alert.status.inhibited_by,
            fingerprint: alert.fingerprint,
        }
    }

    fn order(&self) -> (usize, &str, std::cmp::Reverse<Option<i64>>, &str) {
        let rank =
            ["critical", "error", "warning", "info"].iter().position(|word| *word == self.label("severity"));
        (rank.unwrap_or(4), self.label("alertname"), std::cmp::Reverse(self.age_seconds), &self.fingerprint)
    }

    fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

/// Writes what others have said so that it can't steer a terminal.
pub(super) fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Writes labels but for those that stand elsewhere.
pub(super) fn words(labels: &Labels, without: &BTreeMap<&str, &str>) -> String {
    let told = |name: &str| matches!(name, "alertname" | "severity") || without.contains_key(name);
    let words = labels.iter().filter(|(name, _)| !told(name)).map(|(name, value)| format!("{name}={value}"));
    visible(&words.collect::<Vec<_>>().join(" "))
}

/// Writes alerts as a table, and what they have in common above it.
pub(super) fn table(items: &[AlertItem], out: &mut dyn Write) -> io::Result<()> {
    let common = common(items);
    if !common.is_empty() {
        let words: Vec<String> = common.iter().map(|(name, value)| format!("{name}={value}")).collect();
        writeln!(out, "all of them: {}", visible(&words.join(" ")))?;
    }
    let mut table = Table::new([
        Column::text("severity"),
        Column::name("alert"),
        Column::text("labels"),
        Column::text("since"),
        Column::text("state"),
        Column::text("receiver"),
    ]);
    for item in items {
        let tone = match (item.state, item.label("severity")) {
            ("silenced" | "inhibited", _) => Tone::Faint,
            (_, "critical" | "error") => Tone::Bad,
            (_, "warning") => Tone::Warning,
            _ => Tone::Plain,
        };
        table.row([
            Cell::new(visible(item.label("severity"))).tone(tone),
            Cell::new(visible(item.label("alertname"))),
            Cell::new(words(&item.labels, &common)),
            item.age_seconds.map_or_else(Cell::unknown, |age| Cell::new(time(age))),
            Cell::new(item.state).tone(if item.state == "active" { Tone::Plain } else { Tone::Faint }),
            Cell::new(visible(&item.receivers.join(" "))),
        ]);
    }
    table.render(out)
}

/// Returns the labels that all of several alerts have, with the same values.
fn common(items: &[AlertItem]) -> BTreeMap<&str, &str> {
    let [first, others @ ..] = items else { return BTreeMap::new() };
    if others.is_empty() {
        return BTreeMap::new();
    }
    let labels = first.labels.iter().filter(|(name, _)| !matches!(name.as_str(), "alertname" | "severity"));
    labels
        .filter(|(name, value)| others.iter().all(|other| other.labels.get(*name) == Some(value)))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// Writes a time with its two largest units: `2h5m`.
pub(super) fn time(seconds: i64) -> String {
    let seconds = u64::try_from(seconds).unwrap_or(0);
    let unit = match seconds {
        0..3_600 => 1,
        3_600..86_400 => 60,
        _ => 3_600,
    };
    Period::from_secs(seconds / unit * unit).to_string()
}

impl Report for ListReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.items.is_empty() {
            return writeln!(out, "no alerts");
        }
        table(&self.items, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_two_units() {
        for (seconds, text) in
            [(-5, "0s"), (0, "0s"), (59, "59s"), (3_599, "59m59s"), (7_530, "2h5m"), (90_061, "1d1h")]
        {
            assert_eq!(time(seconds), text);
        }
    }
}
