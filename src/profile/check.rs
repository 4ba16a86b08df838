//! What makes a profile valid beyond its form.

use std::sync::LazyLock;

use serde::Deserialize;

use super::Profile;
use crate::site::document::{Draft, Finding, Format, Severity, Source};

static FORMAT: LazyLock<Format<Profile>> = LazyLock::new(Format::new);

/// Reads a profile. It is missing when one of the findings is an error.
pub fn read(file: &str, text: &str) -> (Option<Profile>, Vec<Finding>) {
    let mut draft = Draft::read(file, text);
    let Some(json) = FORMAT.check(&mut draft) else { return (None, draft.into_findings()) };
    if draft.has_errors() {
        return (None, draft.into_findings());
    }
    let Some(source) = draft.source.clone() else { return (None, draft.into_findings()) };
    match Profile::deserialize(&json) {
        Ok(profile) => {
            draft.findings.extend(meaning(&profile, &source));
            let profile = (!draft.has_errors()).then_some(profile);
            (profile, draft.into_findings())
        }
        Err(error) => {
            let whole = source.span(&[]);
            let message = format!("this profile can't be used: {error}");
            draft.findings.push(source.finding(Severity::Error, "wrong-form", whole, message, None));
            (None, draft.into_findings())
        }
    }
}

fn meaning(_profile: &Profile, _source: &Source) -> Vec<Finding> {
    Vec::new()
}
