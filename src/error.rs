//! The error that reaches a person: what failed, why, what to do next, and the exit code it means.
//!
//! Rooms return their own `thiserror` enums; `cli` turns them into this type. It decides exit codes and leaves rendering to `ui`.

use std::error::Error as StdError;
use std::fmt;

/// Kinds of failure, each with a documented exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something failed that no other kind describes. Exit code 1.
    Failed,
    /// The command line makes no sense. Exit code 2.
    Usage,
    /// The site file or another input is invalid. Exit code 3.
    Invalid,
    /// A device or server can't be reached. Exit code 4.
    Unreachable,
    /// A device or server refused. Exit code 5.
    Refused,
    /// A bug in enmon. Exit code 70 (`EX_SOFTWARE` of sysexits).
    Bug,
}

impl Kind {
    /// Returns the process exit code of this kind.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Failed => 1,
            Kind::Usage => 2,
            Kind::Invalid => 3,
            Kind::Unreachable => 4,
            Kind::Refused => 5,
            Kind::Bug => 70,
        }
    }

    /// Returns the kind with that exit code; for errors that come from another process.
    pub fn of_exit_code(code: u8) -> Option<Kind> {
        use Kind::{Bug, Failed, Invalid, Refused, Unreachable, Usage};
        [Failed, Usage, Invalid, Unreachable, Refused, Bug].into_iter().find(|kind| kind.exit_code() == code)
    }

    /// Returns the word that `--output json` uses for this kind.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Failed => "failed",
            Kind::Usage => "usage",
            Kind::Invalid => "invalid",
            Kind::Unreachable => "unreachable",
            Kind::Refused => "refused",
            Kind::Bug => "bug",
        }
    }
}

/// An error on its way to the terminal.
#[derive(Debug)]
pub struct Error {
    /// What kind of failure it is; decides the exit code.
    pub kind: Kind,
    /// One line: what failed.
    pub message: String,
    /// Why, outermost first; one `caused by:` line each.
    pub causes: Vec<String>,
    /// What to do next; one `hint:` line each.
    pub hints: Vec<String>,
    /// Text that has been rendered already (findings with file, line and column) and goes before the message.
    pub details: Option<String>,
}

/// What most of `cli` returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Makes an error without causes or hints.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), causes: Vec::new(), hints: Vec::new(), details: None }
    }

    /// Makes an error from another one: its text becomes the cause, and its sources further causes.
    pub fn from_source(kind: Kind, message: impl Into<String>, source: &(dyn StdError + 'static)) -> Self {
        let mut error = Error::new(kind, message);
        let mut next = Some(source);
        while let Some(cause) = next {
            error.causes.push(cause.to_string());
            next = cause.source();
        }
        error
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds a cause.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Adds rendered findings, shown before the message.
    #[must_use]
    pub fn details(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl StdError for Error {}
