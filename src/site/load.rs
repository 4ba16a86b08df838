//! From the text of a site file to a valid site.

use std::path::Path;
use std::sync::LazyLock;

use super::check;
use super::entries::Entries;
use super::facts::ProfileFacts;
use super::file::SiteFile;
use super::model::Site;
use super::wordings::WORDINGS;
use crate::document::{Draft, Finding, Format, Severity, Source};

static FORMAT: LazyLock<Format<SiteFile>> = LazyLock::new(|| Format::new(WORDINGS));

/// A valid site, and what somebody should look at all the same.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The site.
    pub site: Site,
    /// Warnings, by place.
    pub warnings: Vec<Finding>,
    /// The file, for findings that come later.
    pub source: Source,
}

/// Reads a site file. `file` is what findings call it; paths in it are relative to `base`.
///
/// # Errors
/// All findings by place, when one of them is an error.
pub fn load(text: &str, file: &str, base: &Path, facts: &dyn ProfileFacts) -> Result<Loaded, Vec<Finding>> {
    load_draft(Draft::read(file, text), base, facts)
}

/// Reads a site that stands inside of another file, such as a scenario. Paths in it are relative to `base`.
///
/// # Errors
/// All findings by place, when one of them is an error.
pub fn load_draft(mut draft: Draft, base: &Path, facts: &dyn ProfileFacts) -> Result<Loaded, Vec<Finding>> {
    let Some(json) = FORMAT.check(&mut draft) else { return Err(draft.into_findings()) };
    let Some(source) = draft.source.take() else { return Err(draft.into_findings()) };
    let (site, findings) = check::site(Entries::new(&json), &source, facts, base);
    draft.findings.extend(findings);
    if draft.has_errors() {
        return Err(draft.into_findings());
    }
    match site {
        Some(site) => Ok(Loaded { site, warnings: draft.into_findings(), source }),
        // the schema and the types disagree; a site with a part missing must never run
        None => {
            let message = "this file can't be used, though no mistake was found in it; please report it";
            let whole = source.span(&[]);
            draft.findings.push(source.finding(Severity::Error, "internal", whole, message, None));
            Err(draft.into_findings())
        }
    }
}
