//! The file of a Prometheus on its way in and out: read strictly, checked as a whole, written only when it is right.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::cli::{Context, site_input};
use crate::document::{Draft, Finding, Source};
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::prometheus::Target;
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

/// A configuration file as it is.
pub(in crate::cli) struct ConfigFile {
    pub(in crate::cli) path: PathBuf,
    pub(in crate::cli) name: String,
    pub(in crate::cli) text: String,
    pub(super) draft: Draft,
}

impl ConfigFile {
    /// Finds and reads the file that a command is about.
    pub(in crate::cli) fn open(target: Option<&Target>, context: &Context) -> Result<Self> {
        let path = path_of(target, context)?;
        let name = path.display().to_string();
        let text = fsio::read_text(&path).map_err(|error| {
            Error::from_source(Kind::Invalid, "the configuration can't be read", &error)
                .hint("name it with --target file:PATH, or as prometheus.config in the site file")
        })?;
        let draft = Draft::read(&name, &text);
        Ok(ConfigFile { path, name, text, draft })
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

/// Returns the path of the file that a command is about.
pub(super) fn path_of(target: Option<&Target>, context: &Context) -> Result<PathBuf> {
    if let Some(Target::File(path)) = target {
        return Ok(path.clone());
    }
    let entry = site_entry(context)?;
    let Some(words) = entry.config else {
        return Err(Error::new(Kind::Usage, "it is not said where the configuration is")
            .hint("name it with --target file:PATH, or as prometheus.config in the site file"));
    };
    let Target::File(path) = words
        .parse()
        .map_err(|error| Error::from_source(Kind::Invalid, "prometheus.config in the site file", &error))?;
    // as all paths in the site file
    Ok(context.global.site.parent().unwrap_or(Path::new("")).join(path))
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

fn surroundings<'a>(files: &'a DiskFiles<'_>, server: Option<Version>) -> Surroundings<'a> {
    Surroundings { files, server, expr: Some(&expression_mistake), template: Some(&template_mistake) }
}

fn expression_mistake(text: &str) -> Option<ExprMistake> {
    let error = promql::parse(text).err()?;
    Some(mistake(error.span, error.code.as_str(), error.message, error.hint))
}

fn template_mistake(text: &str) -> Option<ExprMistake> {
    let error = promql::template::read(text).err()?;
    Some(mistake(error.span, error.code.as_str(), error.message, error.hint))
}

fn mistake(span: promql::Span, code: &str, message: String, hint: Option<String>) -> ExprMistake {
    ExprMistake { start: span.start, end: span.end, code: code.to_owned(), message, hint }
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
