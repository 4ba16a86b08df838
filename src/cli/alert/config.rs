//! `enmon alert config`: Alertmanager's file, checked as it would, and brought into the running server.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::place::{ServerOptions, config_path, failed};
use crate::cli::scrape::{check_file, refusal, told};
use crate::cli::site_server::executor;
use crate::cli::{Context, site_input};
use crate::document::{Draft, Finding};
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::prometheus::ApplyError;
use crate::prometheus::alerts::{self, AlertmanagerConfig};
use crate::prometheus::config::{FileKind, Version, is_refused};
use crate::site::Period;
use crate::ui::Report;

/// Flags of `enmon alert config`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon alert config check /etc/alertmanager/alertmanager.yml
  enmon alert config apply --server http://127.0.0.1:9093")]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Check Alertmanager's file as it would
    Check(CheckArgs),
    /// Make the running Alertmanager go by its file
    Apply(ApplyArgs),
}

/// Flags of `enmon alert config check`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon alert config check
  enmon alert config check /etc/alertmanager/alertmanager.yml --server-version 0.25
  enmon alert config check -o json | jq '.findings[] | {line, column, message}'

Exit codes:
  0  Alertmanager would take it
  3  it has mistakes")]
struct CheckArgs {
    /// Alertmanager's file; by default alertmanager.config of the site file
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Version of the server; without it, what any version from 0.25 on takes is right
    #[arg(long, value_name = "VERSION")]
    server_version: Option<Version>,
}

/// Flags of `enmon alert config apply`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon alert config apply
  enmon alert config apply /etc/alertmanager/alertmanager.yml --server http://127.0.0.1:9093
  enmon alert config apply --dry-run

The file is checked for the version of the server, the server reads it, and says what it goes by. When it refuses, the file gets the text
back that was applied last, and the refused text stays beside it as NAME.refused.

Exit codes:
  0  the server goes by the file
  3  the file has mistakes; the server was not touched
  4  the server can't be reached; the file stays as it is
  5  the server refused the file; the old text is back")]
struct ApplyArgs {
    /// Alertmanager's file; by default alertmanager.config of the site file
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// How long to wait until the server goes by the file
    #[arg(long, value_name = "TIME", default_value = "30s")]
    wait: Period,
    /// Check the file for the version of the server, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CheckReport {
    api_version: &'static str,
    kind: &'static str,
    file: String,
    valid: bool,
    findings: Vec<Finding>,
    #[serde(skip)]
    rendered: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ApplyReport {
    api_version: &'static str,
    kind: &'static str,
    dry_run: bool,
    file: String,
    server: String,
    server_version: String,
    receivers: usize,
    routes: usize,
}

pub(super) fn run(args: ConfigArgs, server: &ServerOptions, context: &Context) -> Result<()> {
    match args.command {
        ConfigCommand::Check(args) => check(&args, context),
        ConfigCommand::Apply(args) => apply(&args, server, context),
    }
}

/// Alertmanager's file as it is.
pub(super) struct ConfigFile {
    path: PathBuf,
    pub(super) name: String,
    text: String,
}

impl ConfigFile {
    pub(super) fn open(named: Option<&PathBuf>, context: &Context) -> Result<Self> {
        let path = config_path(named, context)?;
        let text = fsio::read_text(&path).map_err(|error| {
            Error::from_source(Kind::Invalid, "Alertmanager's file can't be read", &error)
        })?;
        Ok(ConfigFile { name: path.display().to_string(), path, text })
    }

    fn findings(&self, server: Option<Version>) -> Vec<Finding> {
        check_file(&self.name, &self.path, &self.text, FileKind::Alertmanager, server)
    }

    /// Returns what was read, unless Alertmanager would refuse it.
    pub(super) fn valid(&self, server: Option<Version>) -> Result<Draft> {
        let findings = self.findings(server);
        if is_refused(&findings) {
            return Err(refusal(&self.name, &self.text, &findings));
        }
        Ok(Draft::read(&self.name, &self.text))
    }
}

fn check(args: &CheckArgs, context: &Context) -> Result<()> {
    let file = ConfigFile::open(args.file.as_ref(), context)?;
    let findings = file.findings(args.server_version);
    let valid = !is_refused(&findings);
    context.ui.print(&CheckReport {
        api_version: "enmon/v1",
        kind: "AlertConfigCheck",
        file: file.name.clone(),
        valid,
        rendered: site_input::render_findings(&findings, |_| &file.text),
        findings,
    })?;
    if valid {
        Ok(())
    } else {
        Err(Error::new(Kind::Invalid, format!("Alertmanager would refuse {}", file.name)))
    }
}

fn apply(args: &ApplyArgs, server: &ServerOptions, context: &Context) -> Result<()> {
    let file = ConfigFile::open(args.file.as_ref(), context)?;
    let (alertmanager, url) = server.alertmanager(context)?;
    let runtime = executor()?;
    // a file with mistakes is said to have them even when the server is away
    let status = runtime.block_on(alertmanager.status());
    let version = status.as_ref().ok().and_then(|(version, _)| version.parse().ok());
    let draft = file.valid(version)?;
    let (server_version, _) = status.map_err(|error| failed(&error))?;
    if !args.dry_run {
        let applied = runtime.block_on(alerts::apply(&file.path, &alertmanager, args.wait.0));
        applied.map_err(|error| not_applied(&error, &file.name))?;
    }
    let counted = draft.source.as_ref().map(AlertmanagerConfig::of);
    context.ui.print(&ApplyReport {
        api_version: "enmon/v1",
        kind: "AlertConfigApply",
        dry_run: args.dry_run,
        file: file.name,
        server: url,
        server_version,
        receivers: counted.map_or(0, |counted| counted.receivers),
        routes: counted.map_or(0, |counted| counted.routes),
    })
}

fn not_applied(error: &ApplyError, file: &str) -> Error {
    match error {
        ApplyError::Store(error) => {
            Error::from_source(Kind::Failed, "Alertmanager's file can't be applied", error)
        }
        ApplyError::Server(error) => {
            failed(error).hint(format!("{file} stays as it is; apply it again later"))
        }
        ApplyError::NoLifecycle(reason) => {
            Error::new(Kind::Refused, "Alertmanager was not told to read the file").cause(reason.trim())
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

impl Report for CheckReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.rendered.as_bytes())?;
        if self.valid { writeln!(out, "{} is right", self.file) } else { Ok(()) }
    }
}

impl Report for ApplyReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let ApplyReport { file, server, server_version, .. } = self;
        let count =
            |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
        let what = format!("{}, {}", count(self.receivers, "receiver"), count(self.routes, "route"));
        if self.dry_run {
            let words = format!("is right for Alertmanager {server_version} at {server}");
            return writeln!(out, "{file} {words} ({what}); nothing was changed");
        }
        writeln!(out, "Alertmanager {server_version} at {server} goes by {file} ({what})")
    }
}
