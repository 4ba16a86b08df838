//! `enmon rule check`: mistakes with a caret, and what is doubtful about rules that a server would take.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::{FileArgs, files};
use crate::cli::scrape::TargetArgs;
use crate::cli::site_server::{ServerOptions, executor, server_failed};
use crate::cli::{Context, site_input};
use crate::document::{Finding, in_order};
use crate::error::{Error, Kind, Result};
use crate::prometheus::config::{FileKind, Version, is_refused};
use crate::prometheus::{KnownSeries, doubts};
use crate::ui::Report;

/// Flags of `enmon rule check`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon rule check
  enmon rule check rules/*.yml
  enmon rule check rules/*.yml --server http://127.0.0.1:9090

With --server the series that expressions need are looked up there. Doubts are warnings: alerts that never end, labels that a text uses and
the expression drops, series that nobody has.

Exit codes:
  0  Prometheus would take them
  3  a file has mistakes, or with --strict doubts
  4  the server can't be reached")]
pub(super) struct CheckArgs {
    #[command(flatten)]
    files: FileArgs,
    #[command(flatten)]
    server: ServerOptions,
    /// Version of the server; without it, what any version from 2.42 on takes is right
    #[arg(long, value_name = "VERSION")]
    server_version: Option<Version>,
    /// Doubts count as mistakes
    #[arg(long)]
    strict: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CheckReport {
    api_version: &'static str,
    kind: &'static str,
    /// Has no file a mistake?
    valid: bool,
    files: Vec<FileReport>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FileReport {
    file: String,
    valid: bool,
    /// Rules in the file.
    rules: usize,
    findings: Vec<Finding>,
    #[serde(skip)]
    rendered: String,
}

pub(super) fn run(args: &CheckArgs, target: &TargetArgs, context: &Context) -> Result<()> {
    let (place, files) = files::read_all(&args.files.files, target, context)?;
    let mut known = known_series(&args.server, context)?;
    for source in files.iter().filter_map(|file| file.draft.source.as_ref()) {
        if let Some(known) = &mut known {
            known.add_recorded(source);
        }
    }
    let mut reports = Vec::new();
    for file in &files {
        let mut findings = place.check_text(&file.path, &file.text, FileKind::Rules, args.server_version);
        let refused = is_refused(&findings);
        let source = file.draft.source.as_ref();
        findings.extend(source.map(|source| doubts(source, known.as_ref())).unwrap_or_default());
        in_order(&mut findings);
        reports.push(FileReport {
            file: file.name.clone(),
            valid: !refused && (!args.strict || findings.is_empty()),
            rules: source.map_or(0, |source| crate::prometheus::config::rules(source).len()),
            rendered: site_input::render_findings(&findings, |_| &file.text),
            findings,
        });
    }
    let invalid: Vec<String> =
        reports.iter().filter(|file| !file.valid).map(|file| file.file.clone()).collect();
    let valid = invalid.is_empty();
    context.ui.print(&CheckReport { api_version: "enmon/v1", kind: "RuleCheck", valid, files: reports })?;
    match invalid.as_slice() {
        [] => Ok(()),
        [file] => Err(Error::new(Kind::Invalid, format!("{file} is not right"))),
        files => Err(Error::new(Kind::Invalid, format!("{} rule files are not right", files.len()))
            .cause(files.join(", "))),
    }
}

fn known_series(options: &ServerOptions, context: &Context) -> Result<Option<KnownSeries>> {
    if !options.is_named() {
        return Ok(None);
    }
    let (server, _) = options.server(context)?;
    let metrics = executor()?.block_on(server.metric_names()).map_err(|error| server_failed(&error))?;
    Ok(Some(KnownSeries { metrics }))
}

impl Report for CheckReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        for file in &self.files {
            out.write_all(file.rendered.as_bytes())?;
            if file.valid {
                let doubts = match file.findings.len() {
                    0 => String::new(),
                    1 => ", 1 doubt".to_owned(),
                    count => format!(", {count} doubts"),
                };
                let plural = if file.rules == 1 { "" } else { "s" };
                writeln!(out, "{} is right: {} rule{plural}{doubts}", file.file, file.rules)?;
            }
        }
        Ok(())
    }
}
