//! A file of Prometheus that is to become another one: checked as a whole, shown as a diff, written with the text before kept.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::config_file::refusal;
use super::place::{Edited, Place, unusable};
use crate::cli::{Context, site_input};
use crate::document::Finding;
use crate::error::{Error, Kind, Result};
use crate::prometheus::StoreError;
use crate::prometheus::config::{FileKind, excuse_missing_files, is_missing_file, is_refused};
use crate::ui::{OutputFormat, Report, unified_difference};

/// What is to become of a file.
pub(in crate::cli) struct Change<'a> {
    pub(in crate::cli) place: &'a Place,
    pub(in crate::cli) path: &'a Path,
    /// The file as it was named.
    pub(in crate::cli) name: &'a str,
    pub(in crate::cli) before: &'a str,
    pub(in crate::cli) after: &'a str,
    /// Jobs or rules that are added, changed or taken out.
    pub(in crate::cli) what: Vec<String>,
}

/// What became of the file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangeReport {
    api_version: &'static str,
    kind: &'static str,
    dry_run: bool,
    file: String,
    /// Jobs or rules that were added, changed or taken out.
    names: Vec<String>,
    /// Is the file another one now, or would it be?
    changed: bool,
    /// The text before; missing when nothing was written, or the file is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<String>,
    /// What changes, as a unified diff.
    diff: String,
    /// Doubts about the file.
    findings: Vec<Finding>,
    #[serde(skip)]
    rendered: String,
    #[serde(skip)]
    next: String,
}

/// Writes a file unless its findings say that Prometheus would refuse it or somebody else has changed it meanwhile, and reports; `next`: the command that makes a server go by it.
/// Files that were missing before the edit are no reason to refuse it.
pub(in crate::cli) fn finish(
    kind: &'static str,
    next: &str,
    change: Change<'_>,
    mut findings: Vec<Finding>,
    dry_run: bool,
    context: &Context,
) -> Result<Edited> {
    excuse(change.place, change.path, change.before, &mut findings);
    if is_refused(&findings) {
        return Err(refusal(change.name, change.after, &findings).hint("nothing was written"));
    }
    let changed = change.after != change.before;
    let mut backup = None;
    if changed && !dry_run {
        match write(&change)? {
            Ok(kept) => backup = kept,
            Err(error) => return Ok(Edited::Overtaken(error)),
        }
    }
    let rendered = site_input::render_findings(&findings, |_| change.after);
    // who wants to hear only what went wrong gets the doubts; what would be done is shown to whoever asks for nothing else
    if context.global.quiet && !dry_run && context.ui.format() == OutputFormat::Table {
        context.ui.print_text(rendered.as_bytes())?;
        return Ok(Edited::Yes);
    }
    context.ui.print(&ChangeReport {
        api_version: "enmon/v1",
        kind,
        dry_run,
        file: change.name.to_owned(),
        names: change.what,
        changed,
        backup,
        diff: unified_difference(change.name, change.before, change.after),
        rendered,
        findings,
        next: next.to_owned(),
    })?;
    Ok(Edited::Yes)
}

/// Lets files be missing that were missing before an edit.
pub(in crate::cli) fn excuse(place: &Place, path: &Path, before: &str, findings: &mut [Finding]) {
    // a check of the text before costs as much as the one of the text after, so only when it can matter
    if findings.iter().any(is_missing_file) {
        let before = place.check_text(path, before, FileKind::Prometheus, None);
        excuse_missing_files(findings, &before);
    }
}

/// Reports that a file stays as it is, since nothing else was wanted.
pub(in crate::cli) fn unchanged(
    kind: &'static str,
    name: &str,
    what: Vec<String>,
    dry_run: bool,
    context: &Context,
) -> Result<()> {
    context.ui.print(&ChangeReport {
        api_version: "enmon/v1",
        kind,
        dry_run,
        file: name.to_owned(),
        names: what,
        changed: false,
        backup: None,
        diff: String::new(),
        findings: Vec::new(),
        rendered: String::new(),
        next: String::new(),
    })
}

/// Writes the text, and returns where the text before is; an error inside, when somebody else has changed it meanwhile.
pub(in crate::cli) fn write(change: &Change<'_>) -> Result<std::result::Result<Option<String>, StoreError>> {
    let place = change.place;
    match place.wait(place.store.write(change.path, change.before, change.after)) {
        Ok(kept) => Ok(Ok(kept)),
        Err(error @ StoreError::Changed(_)) => Ok(Err(error)),
        Err(StoreError::Files(error)) => {
            let message = format!("{} can't be written", change.name);
            Err(Error::from_source(Kind::Failed, message, &error))
        }
        Err(error) => Err(unusable(&error)),
    }
}

impl Report for ChangeReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.rendered.as_bytes())?;
        if !self.changed {
            return writeln!(out, "nothing was changed; {} is so already", self.file);
        }
        out.write_all(self.diff.as_bytes())?;
        if self.dry_run {
            return writeln!(out, "\nnothing was written");
        }
        writeln!(out, "\n{} is written; a running server goes by it after: {}", self.file, self.next)?;
        match &self.backup {
            Some(backup) => writeln!(out, "the text before is in {backup}"),
            None => Ok(()),
        }
    }
}
