//! `enmon scrape apply`: the running server goes by the file, or the file is what the server goes by.

use std::io::{self, Write};
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::check::{demand_valid, other_files};
use super::config_file::ConfigFile;
use super::place::{Place, TargetArgs, unusable};
use crate::cli::Context;
use crate::cli::site_server::{ServerOptions, server_failed};
use crate::error::{Error, Kind, Result};
use crate::prometheus::{self, ApplyError, Restored, Store, StoreError};
use crate::site::Period;
use crate::ui::Report;

/// How long a server of this machine may take to go by a file.
const FILES_WAIT: Duration = Duration::from_secs(30);
/// How long a pod may take: a kubelet brings it what is new within one or two minutes.
const CONFIG_MAP_WAIT: Duration = Duration::from_secs(180);

/// Flags of `enmon scrape apply`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon scrape apply
  enmon scrape apply --target file:/etc/prometheus/prometheus.yml --server http://127.0.0.1:9090
  enmon scrape apply --target configmap:monitoring/prometheus-config --server https://prometheus.example
  enmon scrape apply --dry-run

The file is checked for the version of the server, the server reads it, and says what it goes by. When it refuses, the file gets the text
back that was applied last (or the one before the last edit), and the refused text stays beside it as NAME.refused.
A ConfigMap gets to the server with the next look of its kubelet, which is waited for.

Exit codes:
  0  the server goes by the file
  3  the file has mistakes; the server was not touched
  4  the server can't be reached; the file stays as it is
  5  the server refused the file; the old text is back")]
pub(in crate::cli) struct ApplyArgs {
    #[command(flatten)]
    pub(super) server: ServerOptions,
    /// How long to wait until the server goes by the file; without it 30s, for a ConfigMap 3m
    #[arg(long, value_name = "TIME")]
    pub(super) wait: Option<Period>,
    /// Check the file for the version of the server, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApplyReport {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    pub(super) dry_run: bool,
    pub(super) file: String,
    pub(super) server: String,
    pub(super) server_version: String,
    /// Jobs of the file.
    pub(super) jobs: usize,
}

pub(in crate::cli) fn run(args: &ApplyArgs, target: &TargetArgs, context: &Context) -> Result<()> {
    let file = ConfigFile::open(target, context)?;
    let (server, address) = args.server.server(context)?;
    let place = &file.place;
    // a file with mistakes is said to have them even when the server is away
    let version = place.wait(server.version());
    demand_valid(&file, version.as_ref().ok().and_then(|version| version.parse().ok()))?;
    let server_version = version.map_err(|error| server_failed(&error))?;
    let jobs = if args.dry_run {
        file.source()?.map_or(0, |source| prometheus::job_list::names(source).len())
    } else {
        hurry(place, &file.name, context)?;
        let usual = if matches!(place.store, Store::Disk) { FILES_WAIT } else { CONFIG_MAP_WAIT };
        let wait = args.wait.map_or(usual, |wait| wait.0);
        let others = other_files(&file)?;
        let applied = place.wait(prometheus::apply(&place.store, &file.path, &others, &server, wait));
        applied.map_err(|error| not_applied(&error, &file.name))?.jobs
    };
    context.ui.print(&ApplyReport {
        api_version: "enmon/v1",
        kind: "ScrapeApply",
        dry_run: args.dry_run,
        file: file.name.clone(),
        server: address,
        server_version,
        jobs,
    })
}

/// Has the pods that mount a ConfigMap look at it now, and says what can be expected of them.
fn hurry(place: &Place, name: &str, context: &Context) -> Result<()> {
    if matches!(place.store, Store::Disk) {
        return Ok(());
    }
    let hurry = place.wait(place.store.hurry());
    if hurry.pods == 0 && !hurry.deaf.is_empty() {
        let message = format!("{name} is mounted by subPath, where a change is never seen");
        return Err(Error::new(Kind::Failed, message)
            .cause(format!("pods: {}", hurry.deaf.join(", ")))
            .hint("nothing was applied; start the pods anew, or mount the whole ConfigMap as a folder"));
    }
    match (&hurry.reason, hurry.pods) {
        (Some(reason), _) => {
            context.ui.say(&format!("the pods can't be told, so a minute or two may pass: {reason}"))
        }
        (None, 0) => context.ui.say("no pod is known that mounts it; waiting until the server sees it"),
        (None, pods) => {
            context.ui.say(&format!("{pods} pods were told that it is new; waiting until the server sees it"))
        }
    }
    for pod in &hurry.deaf {
        context
            .ui
            .warn(&format!("the pod {pod} mounts it by subPath, and won't see it before it is started anew"));
    }
    Ok(())
}

fn not_applied(error: &ApplyError, file: &str) -> Error {
    match error {
        ApplyError::Store(StoreError::Files(error)) => {
            Error::from_source(Kind::Failed, "the configuration can't be applied", error)
        }
        ApplyError::Store(error) => unusable(error),
        ApplyError::Server(error) => {
            server_failed(error).hint(format!("{file} stays as it is; apply it again later"))
        }
        ApplyError::NoLifecycle(_) => {
            Error::from_source(Kind::Refused, "Prometheus was not told to read the file", error)
                .hint("start it with --web.enable-lifecycle")
        }
        ApplyError::Refused { reason, restored } => {
            told(Error::new(Kind::Refused, error.to_string()).cause(reason.trim()), restored, file)
        }
        ApplyError::NotSeen { difference, restored } => {
            let error = Error::new(Kind::Failed, error.to_string()).cause(difference.as_str());
            told(error, restored, file).hint("does it read this file? --wait gives it more time")
        }
    }
}

pub(in crate::cli) fn told(error: Error, restored: &Restored, file: &str) -> Error {
    match restored {
        Restored::Yes { from, refused } => error
            .hint(format!("{file} has the text of {from} again, and the server goes by it"))
            .hint(format!("the refused text is in {refused}")),
        Restored::NothingKept => error.hint(format!(
            "no other text is known to have been good; {file} stays as it is, and the server goes on with what it had"
        )),
        Restored::Overtaken(name) => error.hint(format!(
            "{name} has been written by somebody else meanwhile, and stays; the server goes on with what it had"
        )),
        Restored::NotTaken { from, reason } => error
            .cause(format!("the text of {from} was not taken either: {reason}"))
            .hint("the server goes on with what it had"),
    }
}

impl Report for ApplyReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let jobs = format!("{} job{}", self.jobs, if self.jobs == 1 { "" } else { "s" });
        if self.dry_run {
            return writeln!(
                out,
                "{} is right for Prometheus {} at {} ({jobs}); nothing was changed",
                self.file, self.server_version, self.server
            );
        }
        writeln!(out, "Prometheus {} at {} goes by {} ({jobs})", self.server_version, self.server, self.file)
    }
}
