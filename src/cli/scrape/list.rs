//! `enmon scrape list`: the jobs of a configuration.

use std::collections::BTreeMap;
use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::config_file::ConfigFile;
use super::place::TargetArgs;
use crate::cli::Context;
use crate::error::Result;
use crate::prometheus::config::{self, Auth, JobView, TargetsView};
use crate::ui::{Cell, Column, Report, Table};

/// Targets of a job that are shown in the table; the rest is counted.
const MOST_SHOWN: usize = 3;
/// Values of a label that are shown in the table, where it is not the same for all targets; the rest is counted.
const MOST_VALUES: usize = 4;

/// Flags of `enmon scrape list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon scrape list
  enmon scrape list --target file:/etc/prometheus/prometheus.yml
  enmon scrape list -o json | jq -r '.items[] | select(.scheme == \"http\") | .name'")]
pub(super) struct ListArgs {}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ListReport {
    api_version: &'static str,
    kind: &'static str,
    file: String,
    items: Vec<JobItem>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct JobItem {
    name: String,
    /// Line of the file on which it begins, from 1.
    line: usize,
    scheme: String,
    path: String,
    interval_seconds: f64,
    timeout_seconds: f64,
    /// Targets that are listed in the file.
    targets: Vec<String>,
    /// What finds more of them: kubernetes, file, dns …
    discoveries: Vec<String>,
    /// Labels that all these targets share.
    labels: BTreeMap<String, String>,
    /// The same targets as they are grouped in the file, with all their labels.
    groups: Vec<GroupItem>,
    /// How the server says who it is: none, basic, authorization, oauth2, certificate.
    auth: &'static str,
    /// The labels for the table.
    #[serde(skip)]
    shown_labels: String,
}

/// Targets that are listed together.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct GroupItem {
    targets: Vec<String>,
    labels: BTreeMap<String, String>,
}

pub(super) fn run(_: &ListArgs, target: &TargetArgs, context: &Context) -> Result<()> {
    let file = ConfigFile::open(target, context)?;
    let jobs = file.source()?.map(config::jobs).unwrap_or_default();
    // jobs stand in the order of the file, so that each line is counted once
    let (mut line, mut counted) = (1, 0);
    let mut items = Vec::new();
    for job in &jobs {
        line += file.text.get(counted..job.span.start).map_or(0, |between| between.matches('\n').count());
        counted = counted.max(job.span.start);
        items.push(item(job, line));
    }
    context.ui.print(&ListReport {
        api_version: "enmon/v1",
        kind: "ScrapeJobList",
        file: file.name.clone(),
        items,
    })
}

fn item(job: &JobView, line: usize) -> JobItem {
    let labels = job.labels();
    let shared = labels.iter().filter_map(|(name, values)| match values.as_slice() {
        [value] => Some(((*name).to_owned(), (*value).to_owned())),
        _ => None,
    });
    let group =
        |group: &TargetsView| GroupItem { targets: group.targets.clone(), labels: group.labels.clone() };
    JobItem {
        name: job.name.clone(),
        line,
        scheme: job.scheme.clone(),
        path: job.path.clone(),
        interval_seconds: job.interval.milliseconds as f64 / 1_000.0,
        timeout_seconds: job.timeout_ms as f64 / 1_000.0,
        targets: job.targets().map(str::to_owned).collect(),
        discoveries: job.discoveries.iter().map(|(kind, _)| kind.clone()).collect(),
        labels: shared.collect(),
        groups: job.groups.iter().map(group).collect(),
        shown_labels: shown(&labels),
        auth: match job.auth {
            Auth::None => "none",
            Auth::Basic => "basic",
            Auth::Authorization => "authorization",
            Auth::OAuth2 => "oauth2",
            Auth::Certificate => "certificate",
        },
    }
}

/// Writes labels as `dc=one,two`; `""` stands for targets without the label.
fn shown(labels: &BTreeMap<&str, Vec<&str>>) -> String {
    let one = |(name, values): (&&str, &Vec<&str>)| {
        let mut words: Vec<String> = values
            .iter()
            .take(MOST_VALUES)
            .map(|value| if value.is_empty() { "\"\"".to_owned() } else { (*value).to_owned() })
            .collect();
        if values.len() > MOST_VALUES {
            words.push(format!("… {} more", values.len() - MOST_VALUES));
        }
        format!("{name}={}", words.join(","))
    };
    labels.iter().map(one).collect::<Vec<_>>().join(" ")
}

impl JobItem {
    fn what(&self) -> String {
        let mut parts: Vec<String> = self.targets.iter().take(MOST_SHOWN).cloned().collect();
        if self.targets.len() > MOST_SHOWN {
            parts.push(format!("… {} more", self.targets.len() - MOST_SHOWN));
        }
        parts.extend(self.discoveries.iter().map(|kind| format!("by {kind}")));
        parts.join(" ")
    }
}

impl Report for ListReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.items.is_empty() {
            return writeln!(out, "{} has no scrape jobs", self.file);
        }
        let mut table = Table::new([
            Column::name("job"),
            Column::text("targets"),
            Column::number("every", "s"),
            Column::text("path"),
            Column::text("auth"),
            Column::text("labels"),
        ]);
        for job in &self.items {
            let path = if job.scheme == "https" { format!("https {}", job.path) } else { job.path.clone() };
            table.row([
                Cell::new(&job.name),
                Cell::new(job.what()),
                Cell::number(job.interval_seconds, 0),
                Cell::new(path),
                Cell::new(if job.auth == "none" { "" } else { job.auth }),
                Cell::new(&job.shown_labels),
            ]);
        }
        table.render(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_differ_show_their_values_as_far_as_there_is_room() {
        for (labels, wanted) in [
            (&[("dc", &["one"][..]), ("n", &["1", ""])][..], "dc=one n=1,\"\""),
            (&[("n", &["1", "2", "3", "4"])], "n=1,2,3,4"),
            (&[("n", &["1", "2", "3", "4", "5", "6"])], "n=1,2,3,4,… 2 more"),
            (&[], ""),
        ] {
            let labels = labels.iter().map(|(name, values)| (*name, values.to_vec())).collect();
            assert_eq!(shown(&labels), wanted);
        }
    }
}
