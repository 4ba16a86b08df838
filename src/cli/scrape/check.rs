//! `enmon scrape check`: a configuration and the files that it names, checked as Prometheus would.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::config_file::ConfigFile;
use super::place::TargetArgs;
use crate::cli::{Context, site_input};
use crate::document::{Finding, Node, Source};
use crate::error::{Error, Kind, Result};
use crate::prometheus::config::{FileKind, Version, is_refused};
use crate::ui::Report;

/// Flags of `enmon scrape check`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon scrape check
  enmon scrape check --target file:/etc/prometheus/prometheus.yml --server-version 2.42
  enmon scrape check -o json | jq '.files[].findings[] | {file, line, column, message}'

The rule files and target files that it names are checked too, unless --files-elsewhere says that they are on another machine.

Exit codes:
  0  Prometheus would take it
  3  it has mistakes")]
pub(super) struct CheckArgs {
    /// Version of the server; without it, what any version from 2.42 on takes is right
    #[arg(long, value_name = "VERSION")]
    pub(super) server_version: Option<Version>,
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
pub(super) struct FileReport {
    file: String,
    valid: bool,
    findings: Vec<Finding>,
    #[serde(skip)]
    rendered: String,
}

pub(super) fn run(args: &CheckArgs, target: &TargetArgs, context: &Context) -> Result<()> {
    let file = ConfigFile::open(target, context)?;
    finish(check_all(&file, args.server_version)?, context)
}

/// Reports files that were checked, and fails when one has a mistake.
pub(super) fn finish(files: Vec<FileReport>, context: &Context) -> Result<()> {
    let invalid: Vec<String> =
        files.iter().filter(|file| !file.valid).map(|file| file.file.clone()).collect();
    let valid = invalid.is_empty();
    context.ui.print(&CheckReport { api_version: "enmon/v1", kind: "ScrapeCheck", valid, files })?;
    match invalid.as_slice() {
        [] => Ok(()),
        [file] => Err(Error::new(Kind::Invalid, format!("Prometheus would refuse {file}"))),
        files => Err(Error::new(Kind::Invalid, format!("Prometheus would refuse {} files", files.len()))
            .cause(files.join(", "))),
    }
}

/// Returns the rule files and job files that a configuration names; none when they are on another machine.
pub(super) fn other_files(file: &ConfigFile) -> Result<Vec<PathBuf>> {
    if file.place.files_elsewhere {
        return Ok(Vec::new());
    }
    files_of(file, |kind| kind != FileKind::FileSd)
}

/// Returns the rule files that a configuration names.
pub(in crate::cli) fn rule_files(file: &ConfigFile) -> Result<Vec<PathBuf>> {
    files_of(file, |kind| kind == FileKind::Rules)
}

fn files_of(file: &ConfigFile, is_wanted: impl Fn(FileKind) -> bool) -> Result<Vec<PathBuf>> {
    let Some(source) = &file.draft.source else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for (pattern, kind) in named_files(source).into_iter().filter(|(_, kind)| is_wanted(*kind)) {
        files.extend(file.place.ask(file.place.store.meant(&file.path, &pattern, kind))?);
    }
    Ok(files)
}

/// Refuses a configuration that Prometheus would refuse, with all findings.
pub(super) fn demand_valid(file: &ConfigFile, server: Option<Version>) -> Result<()> {
    demand_right(&check_all(file, server)?)
}

/// Refuses files with mistakes, with all findings.
pub(super) fn demand_right(files: &[FileReport]) -> Result<()> {
    let invalid: Vec<&FileReport> = files.iter().filter(|file| !file.valid).collect();
    let Some(first) = invalid.first() else { return Ok(()) };
    let details: String = invalid.iter().map(|file| file.rendered.as_str()).collect();
    Err(Error::new(Kind::Invalid, format!("Prometheus would refuse {}", first.file)).details(details))
}

fn check_all(file: &ConfigFile, server: Option<Version>) -> Result<Vec<FileReport>> {
    let place = &file.place;
    let Some(source) = file.draft.source.as_ref().filter(|_| !file.draft.has_errors()) else {
        let findings = place.check_text(&file.path, &file.text, FileKind::Prometheus, server);
        return Ok(vec![reported(&file.name, &file.text, findings)]);
    };
    // it has been read already, and large ones take their time
    let findings = place.check_source(source, &file.path, FileKind::Prometheus, server);
    let mut files = vec![reported(&file.name, &file.text, findings)];
    if place.files_elsewhere {
        return Ok(files);
    }
    for (pattern, kind) in named_files(source) {
        for path in place.ask(place.store.meant(&file.path, &pattern, kind))? {
            let text = place.ask(place.store.read(&path))?;
            let findings = place.check_text(&path, &text, kind, server);
            files.push(reported(&place.store.name(&path), &text, findings));
        }
    }
    Ok(files)
}

/// Says what was found in a file.
pub(super) fn reported(name: &str, text: &str, findings: Vec<Finding>) -> FileReport {
    FileReport {
        file: name.to_owned(),
        valid: !is_refused(&findings),
        rendered: site_input::render_findings(&findings, |_| text),
        findings,
    }
}

/// Returns the patterns of the files that a configuration names, and what they hold.
fn named_files(source: &Source) -> Vec<(String, FileKind)> {
    let root = source.root();
    let mut named = Vec::new();
    let mut add = |owner: &Node, key: &str, kind: FileKind| {
        let patterns = elements(owner, key).iter().filter_map(Node::text);
        named.extend(patterns.map(|pattern| (pattern.to_owned(), kind)));
    };
    add(root, "rule_files", FileKind::Rules);
    add(root, "scrape_config_files", FileKind::ScrapeConfigs);
    for job in elements(root, "scrape_configs") {
        for discovery in elements(job, "file_sd_configs") {
            add(discovery, "files", FileKind::FileSd);
        }
    }
    named
}

fn elements<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.entry(key).map_or(&[], |entry| entry.value.elements())
}

impl Report for CheckReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        for file in &self.files {
            out.write_all(file.rendered.as_bytes())?;
            if file.valid {
                writeln!(out, "{} is right", file.file)?;
            }
        }
        Ok(())
    }
}
