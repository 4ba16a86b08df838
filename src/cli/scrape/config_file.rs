//! The file of a Prometheus on its way in and out: read strictly, checked as a whole, written only when it is right.

use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::place::{Place, TargetArgs};
use crate::cli::{Context, site_input};
use crate::document::{Draft, Finding, Source};
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::prometheus::config::{self, ExprMistake, FileKind, Files, Surroundings, Version};
use crate::promql;
use crate::site::PrometheusEntry;

/// What the site file says of its Prometheus, however far an edit of its other parts has come.
#[derive(Debug, Default, Deserialize)]
struct SitePart {
    #[serde(default)]
    prometheus: PrometheusEntry,
}

/// Returns what the site file says of its Prometheus; nothing, when there is no site file and none was named.
pub(in crate::cli) fn site_entry(context: &Context) -> Result<PrometheusEntry> {
    let path = &context.global.site;
    if !context.site_is_named && !fsio::is_file(path) {
        return Ok(PrometheusEntry::default());
    }
    let text = fsio::read_text(path)
        .map_err(|error| Error::from_source(Kind::Invalid, "the site file can't be read", &error))?;
    let part: SitePart = serde_saphyr::from_str(&text).map_err(|error| {
        Error::from_source(
            Kind::Invalid,
            format!("{} does not say where Prometheus is", path.display()),
            &error,
        )
        .hint(format!("see all mistakes: enmon check --site {}", path.display()))
    })?;
    Ok(part.prometheus)
}

/// A configuration as it is.
pub(in crate::cli) struct ConfigFile {
    pub(in crate::cli) place: Place,
    pub(in crate::cli) path: PathBuf,
    pub(in crate::cli) name: String,
    pub(in crate::cli) text: String,
    /// Never given back: the program ends with the command, and ten thousand jobs, given back part by part, cost more than their check.
    pub(super) draft: ManuallyDrop<Draft>,
}

impl ConfigFile {
    /// Finds and reads the configuration that a command is about.
    pub(in crate::cli) fn open(target: &TargetArgs, context: &Context) -> Result<Self> {
        Self::read(Place::find(target, context)?)
    }

    /// Reads the configuration of a place.
    pub(in crate::cli) fn read(place: Place) -> Result<Self> {
        let path = place.configuration()?;
        let name = place.store.name(&path);
        let text = place.ask(place.store.read(&path))?;
        let draft = ManuallyDrop::new(Draft::read(&name, &text));
        Ok(ConfigFile { place, path, name, text, draft })
    }

    /// Returns the place that it was read from.
    pub(in crate::cli) fn into_place(self) -> Place {
        self.place
    }

    /// Returns what was read, when it is YAML at all; `None`: there is nothing in it.
    ///
    /// # Errors
    /// With all findings, when it can't be edited.
    pub(in crate::cli) fn source(&self) -> Result<Option<&Source>> {
        let is_empty = self.draft.findings.iter().all(|finding| finding.code == "empty");
        if self.draft.has_errors() && !(self.draft.source.is_none() && is_empty) {
            return Err(refusal(&self.name, &self.text, &self.draft.findings));
        }
        Ok(self.draft.source.as_ref())
    }
}

/// Checks a file's text; rule files with their expressions.
pub(in crate::cli) fn check_file(
    name: &str,
    path: &Path,
    text: &str,
    kind: FileKind,
    server: Option<Version>,
) -> Vec<Finding> {
    let files = DiskFiles { folder: path.parent().unwrap_or(Path::new("")) };
    config::check_text(name, text, kind, &surroundings(&files, server))
}

/// Checks a file that has been read.
pub(in crate::cli) fn check_source(
    source: &Source,
    path: &Path,
    kind: FileKind,
    server: Option<Version>,
) -> Vec<Finding> {
    let files = DiskFiles { folder: path.parent().unwrap_or(Path::new("")) };
    config::check(source, kind, &surroundings(&files, server))
}

pub(super) fn surroundings<'a>(files: &'a dyn Files, server: Option<Version>) -> Surroundings<'a> {
    Surroundings { files, server, expr: Some(&expression_mistake), template: Some(&template_mistake) }
}

fn expression_mistake(text: &str) -> Option<ExprMistake> {
    let error = promql::parse(text).err()?;
    Some(mistake(error.span, error.code.as_str(), error.message, error.hint, false))
}

fn template_mistake(text: &str) -> Option<ExprMistake> {
    let error = promql::template::read(text).err()?;
    Some(mistake(error.span, error.code.as_str(), error.message, error.hint, error.late))
}

fn mistake(span: promql::Span, code: &str, message: String, hint: Option<String>, late: bool) -> ExprMistake {
    ExprMistake { start: span.start, end: span.end, code: code.to_owned(), message, hint, late }
}

/// Makes the error for a text that Prometheus would refuse.
pub(in crate::cli) fn refusal(name: &str, text: &str, findings: &[Finding]) -> Error {
    let errors =
        findings.iter().filter(|finding| finding.severity == crate::document::Severity::Error).count();
    let message = format!("{name} has {errors} mistake{}", if errors == 1 { "" } else { "s" });
    Error::new(Kind::Invalid, message).details(site_input::render_findings(findings, |_| text))
}

/// The files beside a configuration.
struct DiskFiles<'a> {
    folder: &'a Path,
}

impl Files for DiskFiles<'_> {
    fn exists(&self, path: &str) -> bool {
        fsio::is_file(&self.folder.join(path))
    }

    fn any_match(&self, pattern: &str) -> bool {
        !fsio::matching(&self.folder.join(pattern)).is_empty()
    }
}
