//! The site that a command works on: the file that `--site` names, the profiles that it refers to, and the proof of its fail-safe.

use std::path::{Path, PathBuf};

use super::Context;
use super::site_files::missing_files;
use crate::document::{Finding, Severity, in_order};
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::profile::Catalogue;
use crate::runtime;
use crate::site::{self, Proof, Site};
use crate::ui::{Remark, RemarkPlace, render_remarks};

/// A site that can be worked on. It need not be proven: see `proof`.
#[derive(Debug, Clone)]
pub struct LoadedSite {
    /// The site.
    pub site: Site,
    /// The text of its file.
    pub text: String,
    /// The file, absolute.
    pub path: PathBuf,
    /// The profiles: the program's and the user's own.
    pub catalogue: Catalogue,
    /// Is it safe when every charger hears nothing?
    pub proof: Proof,
    /// What should be looked at, the proof's findings (also those of severity error) included.
    pub findings: Vec<Finding>,
}

/// Loads the site that the global flags name.
///
/// # Errors
/// When the file can't be read or is invalid; all findings are in the error's details.
pub fn load(context: &Context) -> Result<LoadedSite> {
    load_file(&context.global.site)
}

/// Loads a site file.
///
/// # Errors
/// When the file can't be read or is invalid; all findings are in the error's details.
pub fn load_file(path: &Path) -> Result<LoadedSite> {
    Inquiry::of_file(path)?.into_site()
}

/// Loads a site from a text that is no file, such as the built-in garage. `name` is what findings call it.
///
/// # Errors
/// When the text is invalid; all findings are in the error's details.
pub fn load_text(text: String, name: &Path) -> Result<LoadedSite> {
    Inquiry::of_text(text, name)?.into_site()
}

/// Sees to it that this process may have so many files and sockets open.
///
/// # Errors
/// When the administrator allows fewer.
pub(super) fn allow_open_files(needed: usize) -> Result<()> {
    runtime::allow_open_files(needed as u64).map_err(|error| {
        Error::from_source(Kind::Failed, "the site has too many devices for this process", &error).hint(
            format!("allow more with: ulimit -Hn {needed}, or LimitNOFILE={needed} of a systemd service"),
        )
    })
}

/// All that can be said about a site file, valid or not.
#[derive(Debug)]
pub(super) struct Inquiry {
    /// The file as it was named.
    pub(super) file: String,
    /// The file, absolute.
    pub(super) path: PathBuf,
    /// Its text.
    pub(super) text: String,
    /// The profiles.
    pub(super) catalogue: Catalogue,
    /// The user's own profiles: file and text.
    own_profiles: Vec<(String, String)>,
    /// The site and its proof, when the file is valid.
    pub(super) outcome: Option<(Site, Proof)>,
    /// What was found, in the profiles and in the site file, the proof's findings included.
    pub(super) findings: Vec<Finding>,
}

impl Inquiry {
    pub(super) fn of_file(path: &Path) -> Result<Inquiry> {
        let text = fsio::read_text(path).map_err(|error| {
            let is_missing = error.source.kind() == std::io::ErrorKind::NotFound;
            let failure = Error::from_source(Kind::Invalid, "the site file can't be read", &error);
            if is_missing {
                failure.hint("make one with: enmon init, or name it with --site FILE")
            } else {
                failure
            }
        })?;
        Inquiry::of_text(text, path)
    }

    fn of_text(text: String, path: &Path) -> Result<Inquiry> {
        let absolute = fsio::absolute(path)
            .map_err(|error| Error::from_source(Kind::Failed, "the site file can't be placed", &error))?;
        let own_profiles = own_profiles()?;
        let (catalogue, mut findings) =
            Catalogue::with_own(own_profiles.iter().map(|(file, text)| (file, text)));
        let base = absolute.parent().unwrap_or(Path::new("/")).to_owned();
        let file = path.display().to_string();
        let outcome = match site::load(&text, &file, &base, &catalogue) {
            Ok(loaded) => {
                let proof = site::prove(&loaded.site);
                let mut found = loaded.warnings;
                found.extend(site::proof_findings(&proof, &loaded.source));
                found.extend(missing_files(&loaded.site, &loaded.source, &base));
                in_order(&mut found);
                findings.extend(found);
                Some((loaded.site, proof))
            }
            Err(found) => {
                findings.extend(found);
                None
            }
        };
        Ok(Inquiry { file, path: absolute, text, catalogue, own_profiles, outcome, findings })
    }

    /// Says whether the site file, and the user's own profiles, are without mistakes. The proof is another matter.
    pub(super) fn is_valid(&self) -> bool {
        self.outcome.is_some() && !self.has_broken_profile()
    }

    /// A broken profile of the user's own is no mistake of the site file, but would silently give way to the program's.
    fn has_broken_profile(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error && finding.file != self.file)
    }

    /// Renders findings with their lines.
    pub(super) fn render(&self) -> String {
        let text_of = |file: &str| {
            let own = self.own_profiles.iter().find(|(name, _)| name == file).map(|(_, text)| text.as_str());
            own.unwrap_or(if file == self.file { &self.text } else { "" })
        };
        render_findings(&self.findings, text_of)
    }

    /// Returns the error of a file that can't be used.
    pub(super) fn refusal(&self) -> Error {
        let errors = self.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        let count = if errors == 1 { "1 mistake".to_owned() } else { format!("{errors} mistakes") };
        Error::new(Kind::Invalid, format!("{} is invalid: {count}", self.file))
    }

    fn into_site(self) -> Result<LoadedSite> {
        if !self.is_valid() {
            return Err(self.refusal().details(self.render()));
        }
        match self.outcome {
            Some((site, proof)) => Ok(LoadedSite {
                site,
                text: self.text,
                path: self.path,
                catalogue: self.catalogue,
                proof,
                findings: self.findings,
            }),
            None => Err(Error::new(Kind::Bug, format!("{} was lost while it was checked", self.file))),
        }
    }
}

/// Renders findings with their lines; `text_of` gives the text of a file.
pub(super) fn render_findings<'a>(findings: &'a [Finding], text_of: impl Fn(&str) -> &'a str) -> String {
    let remarks: Vec<Remark<'_>> = findings
        .iter()
        .map(|finding| Remark {
            is_error: finding.severity == Severity::Error,
            code: &finding.code,
            message: &finding.message,
            file: &finding.file,
            text: text_of(&finding.file),
            place: finding.place.map(|place| RemarkPlace {
                line: place.line,
                column: place.column,
                start: place.start,
                end: place.end,
            }),
            hint: finding.hint.as_deref(),
            in_brief: finding.code == "base-load-assumed",
        })
        .collect();
    render_remarks(&remarks)
}

/// Reads the user's own profiles: file and text.
///
/// # Errors
/// When the folder or one of the files can't be read.
pub(super) fn own_profiles() -> Result<Vec<(String, String)>> {
    let folder = fsio::config_folder().join("profiles");
    let texts = fsio::read_texts_in(&folder, &["yaml", "yml"])
        .map_err(|error| Error::from_source(Kind::Invalid, "your own profiles can't be read", &error))?;
    Ok(texts.into_iter().map(|(path, text)| (path.display().to_string(), text)).collect())
}
