//! A mistake or a doubt in a file, with its place.

use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file can't be used.
    Error,
    /// The file can be used; somebody should look at it.
    Warning,
}

/// Where something stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// First byte.
    #[serde(skip)]
    pub start: usize,
    /// The byte behind the last one, on the same line.
    #[serde(skip)]
    pub end: usize,
}

/// A mistake or a doubt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// A stable word for scripts, for example `unknown-key`.
    pub code: String,
    /// What is wrong, in one line.
    pub message: String,
    /// The file, as it was named.
    pub file: String,
    /// Where in the file; `None` for the file as a whole.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl std::fmt::Display for Finding {
    /// Writes `garage.yaml:12:5: unknown key `fuse`; did you mean `phase`?`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}:", self.file)?;
        if let Some(place) = self.place {
            write!(out, "{}:{}:", place.line, place.column)?;
        }
        if self.severity == Severity::Warning {
            write!(out, " warning:")?;
        }
        write!(out, " {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(out, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// Sorts findings by place, errors first where the place is the same, and drops repetitions.
pub fn in_order(findings: &mut Vec<Finding>) {
    findings.sort_by(|a, b| {
        (a.place.map(|place| place.start), a.severity).cmp(&(b.place.map(|place| place.start), b.severity))
    });
    findings.dedup();
}
