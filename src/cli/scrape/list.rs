//! `enmon scrape list`: the jobs of a configuration.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::config_file::ConfigFile;
use super::place::TargetArgs;
use crate::cli::Context;
use crate::error::Result;
use crate::prometheus::config::{self, Auth, JobView};
use crate::ui::{Cell, Column, Report, Table};

/// Targets of a job that are shown in the table; the rest is counted.
const MOST_SHOWN: usize = 3;

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
    labels: std::collections::BTreeMap<String, String>,
    /// How the server says who it is: none, basic, authorization, oauth2, certificate.
    auth: &'static str,
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
    JobItem {
        name: job.name.clone(),
        line,
        scheme: job.scheme.clone(),
        path: job.path.clone(),
        interval_seconds: job.interval.milliseconds as f64 / 1_000.0,
        timeout_seconds: job.timeout_ms as f64 / 1_000.0,
        targets: job.targets.clone(),
        discoveries: job.discoveries.iter().map(|(kind, _)| kind.clone()).collect(),
        labels: job.labels.iter().cloned().collect(),
        auth: match job.auth {
            Auth::None => "none",
            Auth::Basic => "basic",
            Auth::Authorization => "authorization",
            Auth::OAuth2 => "oauth2",
            Auth::Certificate => "certificate",
        },
    }
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
            let labels: Vec<String> =
                job.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let path = if job.scheme == "https" { format!("https {}", job.path) } else { job.path.clone() };
            table.row([
                Cell::new(&job.name),
                Cell::new(job.what()),
                Cell::number(job.interval_seconds, 0),
                Cell::new(path),
                Cell::new(if job.auth == "none" { "" } else { job.auth }),
                Cell::new(labels.join(" ")),
            ]);
        }
        table.render(out)
    }
}
