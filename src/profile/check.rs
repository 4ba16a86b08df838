//! What makes a profile valid beyond its form.

mod identify;
mod points;
mod roles;

pub use roles::state_key;

use std::sync::LazyLock;

use serde::Deserialize;

use super::Profile;
use crate::document::{Draft, Finding, Format, Severity, Source, Step};
use crate::site::WORDINGS;

static FORMAT: LazyLock<Format<Profile>> = LazyLock::new(|| Format::new(WORDINGS));

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

fn meaning(profile: &Profile, source: &Source) -> Vec<Finding> {
    let mut check = Check { profile, source, findings: Vec::new() };
    check.shape();
    points::check_points(&mut check);
    roles::check_roles(&mut check);
    identify::check_identify(&mut check);
    check.findings
}

/// A check in progress.
struct Check<'a> {
    profile: &'a Profile,
    source: &'a Source,
    findings: Vec<Finding>,
}

impl Check<'_> {
    fn error(&mut self, path: &[Step<'_>], code: &str, message: impl Into<String>) {
        self.findings.push(self.source.finding(Severity::Error, code, self.source.span(path), message, None));
    }

    fn error_at_key(&mut self, path: &[Step<'_>], code: &str, message: impl Into<String>) {
        let span = self.source.key_span(path);
        self.findings.push(self.source.finding(Severity::Error, code, span, message, None));
    }

    fn error_with_hint(&mut self, path: &[Step<'_>], code: &str, message: String, hint: String) {
        let span = self.source.span(path);
        self.findings.push(self.source.finding(Severity::Error, code, span, message, Some(hint)));
    }

    /// Checks which sections are there together.
    fn shape(&mut self) {
        let profile = self.profile;
        match (&profile.modbus, &profile.endpoint) {
            (Some(_), Some(_)) => {
                self.error_at_key(
                    &["endpoint".into()],
                    "two-protocols",
                    "a profile has `modbus` or `endpoint`, not both",
                );
            }
            (None, None) => {
                self.error(&[], "missing-key", "neither `modbus` nor `endpoint` says how the device is read");
            }
            (None, Some(_)) if !profile.points.is_empty() => {
                let message = "registers are read over Modbus: `modbus` is missing";
                self.error_at_key(&["points".into()], "missing-key", message);
            }
            _ => {}
        }
        if profile.roles().is_empty() {
            let message = "nothing says what the device is: charger, meter, breaker, cabinet, solar or node";
            self.error(&[], "missing-key", message);
        }
        // an endpoint serves whatever it has; a Modbus device is one thing, so that two entries never speak for it
        if profile.modbus.is_some() && profile.charger.is_some() && profile.meter.is_some() {
            let message = "a device is a charger or a meter, not both";
            self.error_at_key(&["meter".into()], "two-roles", message);
        }
    }
}
