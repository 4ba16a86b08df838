//! From the text of a scenario file to a scenario that can be played; every mistake has its place.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use super::check::Check;
use super::file::ScenarioFile;
use super::script::Scenario;
use crate::document::{Draft, Finding, Format, Severity, Source};
use crate::site::{self, Period, ProfileFacts, Site, WORDINGS};

static FORMAT: LazyLock<Format<ScenarioFile>> = LazyLock::new(|| Format::new(WORDINGS));

/// The longest scenario.
const LONGEST: Period = Period::from_secs(24 * 3600);

/// A scenario file that can't be used.
#[derive(Debug)]
pub struct Invalid {
    /// What is wrong, by place.
    pub findings: Vec<Finding>,
    /// The site file that it names, and its text, when that was read.
    pub site_file: Option<(String, String)>,
}

/// Reads a file that another one names; says why it can't.
pub type ReadText<'a> = &'a dyn Fn(&Path) -> Result<String, String>;

/// Reads a scenario. `file` is what findings call it; paths in it are relative to `base`.
///
/// # Errors
/// All findings, when one of them is an error.
pub fn load(
    text: &str,
    file: &str,
    base: &Path,
    facts: &dyn ProfileFacts,
    read: ReadText<'_>,
) -> Result<Scenario, Invalid> {
    let mut draft = Draft::read(file, text);
    let json = FORMAT.check(&mut draft);
    let (Some(json), Some(source)) = (json, draft.source.clone()) else {
        return Err(invalid(draft.findings));
    };
    if draft.has_errors() {
        return Err(invalid(draft.into_findings()));
    }
    let written: ScenarioFile = match serde_json::from_value(json) {
        Ok(written) => written,
        Err(error) => {
            // the schema has let something through that the types do not take
            let whole = source.span(&[]);
            return Err(invalid(vec![source.finding(
                Severity::Error,
                "wrong-form",
                whole,
                error.to_string(),
                None,
            )]));
        }
    };
    let site = site_of(&written, &source, base, facts, read)?;
    let length_ms = written.duration.as_millis();
    let mut check = Check::new(&source, &site, length_ms);
    if written.duration > LONGEST || length_ms < 1000 {
        let span = source.span(&["duration".into()]);
        check.error(span, "out-of-range", format!("a scenario lasts from 1s to {LONGEST}"), None);
    }
    let events = check.events(&written);
    let expectations = check.expectations(&written.expect, &events);
    if !check.findings.is_empty() {
        return Err(invalid(check.findings));
    }
    Ok(Scenario {
        name: written.name,
        title: written.title,
        file: file.to_owned(),
        guards: written.guards,
        site: Arc::new(site),
        length_ms,
        speed: written.speed,
        events,
        expectations,
    })
}

fn invalid(mut findings: Vec<Finding>) -> Invalid {
    crate::document::in_order(&mut findings);
    Invalid { findings, site_file: None }
}

fn site_of(
    written: &ScenarioFile,
    source: &Source,
    base: &Path,
    facts: &dyn ProfileFacts,
    read: ReadText<'_>,
) -> Result<Site, Invalid> {
    let refuse = |key: &'static str, message: String, hint: Option<&str>| {
        let span = source.key_span(&[key.into()]);
        let finding = source.finding(Severity::Error, "site", span, message, hint.map(str::to_owned));
        invalid(vec![finding])
    };
    match (&written.site, &written.site_file) {
        (Some(_), Some(_)) => {
            Err(refuse("siteFile", "there is a `site` as well".into(), Some("remove one of them")))
        }
        (None, None) => {
            let hint = "write it under `site`, or name its file under `siteFile`";
            Err(refuse("site", "a scenario needs a site".into(), Some(hint)))
        }
        (Some(_), None) => {
            let Some(draft) = Draft::part(source, "site") else {
                return Err(refuse("site", "a scenario needs a site".into(), None));
            };
            site::load_draft(draft, base, facts).map(|loaded| loaded.site).map_err(invalid)
        }
        (None, Some(path)) => {
            let path: PathBuf = base.join(path);
            let text = read(&path).map_err(|why| refuse("siteFile", why, None))?;
            let (file, folder) = (path.display().to_string(), path.parent().unwrap_or(base));
            match site::load(&text, &file, folder, facts) {
                Ok(loaded) => Ok(loaded.site),
                Err(findings) => Err(Invalid { findings, site_file: Some((file, text)) }),
            }
        }
    }
}
