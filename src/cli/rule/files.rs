//! The rule files that a command is about: named, or those that the configuration names.

use std::path::{Path, PathBuf};

use crate::cli::Context;
use crate::cli::scrape::{ConfigFile, rule_files};
use crate::document::Draft;
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::prometheus::Target;

/// A rule file as it was read.
pub(super) struct RuleFile {
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) text: String,
    pub(super) draft: Draft,
}

impl RuleFile {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = fsio::read_text(path)
            .map_err(|error| Error::from_source(Kind::Invalid, "a rule file can't be read", &error))?;
        let name = path.display().to_string();
        let draft = Draft::read(&name, &text);
        Ok(RuleFile { path: path.to_owned(), name, text, draft })
    }
}

/// Reads the named files, or those of the configuration.
pub(super) fn read_all(
    named: &[PathBuf],
    target: Option<&Target>,
    context: &Context,
) -> Result<Vec<RuleFile>> {
    let paths =
        if named.is_empty() { rule_files(&ConfigFile::open(target, context)?) } else { named.to_vec() };
    paths.iter().map(|path| RuleFile::read(path)).collect()
}

/// Returns the file that a rule is to be edited in: the named one, or the only one that the configuration names.
pub(super) fn the_one(
    named: Option<&PathBuf>,
    target: Option<&Target>,
    context: &Context,
) -> Result<PathBuf> {
    if let Some(path) = named {
        return Ok(path.clone());
    }
    match rule_files(&ConfigFile::open(target, context)?).as_slice() {
        [path] => Ok(path.clone()),
        [] => {
            Err(Error::new(Kind::Usage, "the configuration names no rule file")
                .hint("name one with --file FILE"))
        }
        files => {
            let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
            Err(Error::new(Kind::Usage, "there are several rule files")
                .cause(names.join(", "))
                .hint("name one with --file FILE"))
        }
    }
}
