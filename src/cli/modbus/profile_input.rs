//! The profile that a command works with: one of the program's or the user's own by name, or a file.

use std::path::Path;

use super::target::usage;
use crate::cli::{Context, site_input};
use crate::document::{Finding, Severity};
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::profile::{self, Catalogue, Profile};

/// A profile and where it comes from.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) profile: Profile,
    pub(super) origin: Origin,
    /// The file.
    pub(super) file: String,
}

/// Where a profile comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Origin {
    /// It comes with the program.
    BuiltIn,
    /// It is in the user's folder.
    Own,
    /// A file was named.
    File,
}

/// All profiles that have a name, and what is wrong with the user's own files.
pub(super) struct Shelf {
    pub(super) catalogue: Catalogue,
    pub(super) findings: Vec<Finding>,
    texts: Vec<(String, String)>,
}

impl Shelf {
    pub(super) fn read() -> Result<Shelf> {
        let texts = site_input::own_profiles()?;
        let (catalogue, findings) = Catalogue::with_own(texts.iter().map(|(file, text)| (file, text)));
        Ok(Shelf { catalogue, findings, texts })
    }

    /// Returns the files of the user's own that can't be used.
    pub(super) fn broken(&self) -> Vec<&str> {
        let is_broken = |file: &str| {
            self.findings.iter().any(|finding| finding.severity == Severity::Error && finding.file == file)
        };
        self.texts.iter().map(|(file, _)| file.as_str()).filter(|file| is_broken(file)).collect()
    }

    pub(super) fn held(&self) -> impl Iterator<Item = Held> {
        self.catalogue.iter().map(|profile| {
            let file = self.catalogue.origin(&profile.name).unwrap_or_default().to_owned();
            let is_own = self.texts.iter().any(|(own, _)| *own == file);
            let origin = if is_own { Origin::Own } else { Origin::BuiltIn };
            Held { profile: profile.clone(), origin, file }
        })
    }
}

/// Warns of files of the user's own that can't be used: one of the program's may stand in for them.
pub(super) fn warn_of_broken(shelf: &Shelf, context: &Context) {
    for file in shelf.broken() {
        context.ui.warn(&format!("{file} can't be used; see: enmon modbus profile check {file}"));
    }
}

/// Finds a profile by its name, or reads a file: what has a slash in it, or ends in .yaml or .yml.
///
/// # Errors
/// When there is none of that name, or the file is invalid.
pub(super) fn find(word: &str, context: &Context) -> Result<Held> {
    if word.contains('/') || word.ends_with(".yaml") || word.ends_with(".yml") {
        return read_file(Path::new(word));
    }
    let shelf = Shelf::read()?;
    if let Some(broken) = shelf.broken().into_iter().find(|file| is_named(file, word)) {
        return read_file(Path::new(broken));
    }
    match shelf.held().find(|held| held.profile.name == word) {
        Some(held) => {
            warn_of_broken(&shelf, context);
            Ok(held)
        }
        None => {
            let names: Vec<&str> = shelf.catalogue.iter().map(|profile| profile.name.as_str()).collect();
            Err(usage(format!("there is no profile `{word}`")).hint(format!(
                "there are {}; a file is named with its path: ./{word}.yaml",
                names.join(", ")
            )))
        }
    }
}

fn is_named(file: &str, name: &str) -> bool {
    Path::new(file).file_stem().is_some_and(|stem| stem == name)
}

fn read_file(path: &Path) -> Result<Held> {
    let file = path.display().to_string();
    let text = read_text(path)?;
    let (profile, findings) = profile::read(&file, &text);
    match profile {
        Some(profile) => Ok(Held { profile, origin: Origin::File, file }),
        None => Err(Error::new(Kind::Invalid, format!("{file} is no valid profile"))
            .details(site_input::render_findings(&findings, |_| &text))),
    }
}

pub(super) fn read_text(path: &Path) -> Result<String> {
    fsio::read_text(path)
        .map_err(|error| Error::from_source(Kind::Invalid, "the profile can't be read", &error))
}
