//! `enmon modbus profile check`: every mistake of a profile file with its place.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::profile_input::read_text;
use crate::cli::{Context, site_input};
use crate::document::Finding;
use crate::error::{Error, Kind, Result};
use crate::profile::{self, Access, Profile};
use crate::ui::Report;

/// Flags of `enmon modbus profile check`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon modbus profile check my-charger.yaml
  enmon modbus profile check templates/profiles/*.yaml -o json | jq '.files[].findings[] | {line, column, message}'

Exit codes:
  0  all files are valid
  3  a file has mistakes, or can't be read")]
pub(super) struct CheckArgs {
    /// Profile files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
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
    /// Name of the profile; missing when the file has mistakes.
    name: Option<String>,
    valid: bool,
    findings: Vec<Finding>,
    #[serde(skip)]
    rendered: String,
    #[serde(skip)]
    summary: String,
}

pub(super) fn run(args: &CheckArgs, context: &Context) -> Result<()> {
    let mut files = Vec::new();
    for path in &args.files {
        let (file, text) = (path.display().to_string(), read_text(path)?);
        let (profile, findings) = profile::read(&file, &text);
        files.push(FileReport {
            rendered: site_input::render_findings(&findings, |_| &text),
            summary: profile.as_ref().map(summary).unwrap_or_default(),
            valid: profile.is_some(),
            name: profile.map(|profile| profile.name),
            file,
            findings,
        });
    }
    let invalid: Vec<String> =
        files.iter().filter(|file| !file.valid).map(|file| file.file.clone()).collect();
    let valid = invalid.is_empty();
    context.ui.print(&CheckReport { api_version: "enmon/v1", kind: "ProfileCheck", valid, files })?;
    match invalid.as_slice() {
        [] => Ok(()),
        [file] => Err(Error::new(Kind::Invalid, format!("{file} is no valid profile"))),
        files => Err(Error::new(Kind::Invalid, format!("{} files are no valid profiles", files.len()))
            .cause(files.join(", "))),
    }
}

fn summary(profile: &Profile) -> String {
    let count = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let roles: Vec<&str> = profile.roles().into_iter().map(|role| role.word()).collect();
    let mut parts = vec![roles.join(", ")];
    if !profile.points.is_empty() {
        let written = profile.points.values().filter(|point| point.access != Access::Read).count();
        parts.push(format!("{}, {written} of them can be written", count(profile.points.len(), "point")));
    }
    parts.push(count(profile.sources.len(), "source"));
    parts.push(count(profile.doubts.len(), "doubt"));
    parts.join("; ")
}

impl Report for CheckReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        for file in &self.files {
            out.write_all(file.rendered.as_bytes())?;
            if let Some(name) = &file.name {
                writeln!(out, "{} is valid: {name}, {}", file.file, file.summary)?;
            }
        }
        Ok(())
    }
}
