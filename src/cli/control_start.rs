//! `enmon control run --daemon` as its caller sees it: the start of another process, and the errors that come from there.

use std::io::{self, Write};
use std::path::PathBuf;

use serde::Serialize;

use super::Context;
use super::control_run::RunSettings;
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::runtime::{self, DaemonError, StartFailure, StateFolder};
use crate::ui::Report;

/// What `--daemon` has started.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StartedReport {
    api_version: &'static str,
    kind: &'static str,
    site: String,
    pid: u32,
    log_file: PathBuf,
}

impl Report for StartedReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "started, pid {}, log {}", self.pid, self.log_file.display())
    }
}

/// Starts the controller in the background and reports it, or why it did not start.
pub(super) fn start_daemon(
    settings: &RunSettings,
    context: &Context,
    site: &str,
    folder: &StateFolder,
    log_file: Option<PathBuf>,
) -> Result<()> {
    folder
        .make()
        .map_err(|error| Error::from_source(Kind::Failed, "the state folder can't be made", &error))?;
    let log_file = log_file.unwrap_or_else(|| folder.log_file());
    let mut arguments = fsio::arguments();
    for argument in &mut arguments {
        if argument == "--daemon" {
            *argument = "--detached".into();
        }
    }
    let pid = runtime::start(&arguments, &log_file, settings.ready_timeout.0).map_err(|error| {
        let see_log = format!("see {}", log_file.display());
        match error {
            DaemonError::Failed(failure) => error_of(failure),
            DaemonError::Log(error) => {
                Error::from_source(Kind::Failed, "the log file can't be opened", &error)
            }
            other => Error::from_source(Kind::Failed, "the controller did not start", &other).hint(see_log),
        }
    })?;
    context.ui.print(&StartedReport {
        api_version: "enmon/v1",
        kind: "ControllerStart",
        site: site.to_owned(),
        pid,
        log_file,
    })
}

/// Makes an error fit to go to another process.
pub(super) fn failure_of(error: &Error) -> StartFailure {
    StartFailure {
        exit_code: error.kind.exit_code(),
        message: error.message.clone(),
        causes: error.causes.clone(),
        hints: error.hints.clone(),
        details: error.details.clone(),
    }
}

/// Makes the error again that [`failure_of`] took apart.
pub(super) fn error_of(failure: StartFailure) -> Error {
    Error {
        kind: Kind::of_exit_code(failure.exit_code).unwrap_or(Kind::Bug),
        message: failure.message,
        causes: failure.causes,
        hints: failure.hints,
        details: failure.details,
    }
}
