//! `enmon modbus scan`.

use std::ops::ControlFlow;

use tokio::signal::unix::{SignalKind, signal};

use super::failure::failure;
use super::profile_input::{Shelf, warn_of_broken};
use super::scan_args::ScanArgs;
use super::scan_report::ScanReport;
use super::scan_state::StateFile;
use crate::cli::Context;
use crate::error::{Error, Kind, Result};
use crate::modbus::scan::{Journal, ScanError, ScanFindings, ScanObserver, ScanSettings, scan};
use crate::modbus::{Client, ClientSettings};
use crate::profile::Catalogue;
use crate::ui::{Progress, Ui};

pub(super) async fn run(args: ScanArgs, context: &Context) -> Result<()> {
    let shelf = Shelf::read()?;
    warn_of_broken(&shelf, context);
    let plan = args.plan(&shelf.catalogue)?;
    let settings = args.settings()?;
    let client = Client::new(args.address.clone(), ClientSettings::default());
    let mut client = args.tls.arm(client, &args.address, context)?;
    let (mut file, mut journal) = StateFile::open(args.resume.as_deref(), plan)?;
    if !journal.is_empty() {
        context.ui.say(&format!("going on after {} requests", journal.len()));
    }
    let outcome =
        until_interrupted(&mut client, &settings, &shelf.catalogue, &mut journal, &mut file, context).await;
    match outcome {
        Ok(findings) => {
            context.ui.print(&ScanReport::new(journal.plan(), findings))?;
            file.remove()
        }
        Err(error) => {
            // what was found is worth more than the order of two errors
            let kept = file.save(&journal)?;
            Err(match kept {
                Some(path) => error.hint(format!(
                    "{} answers are kept in {}: the same command goes on from there",
                    journal.len(),
                    path.display()
                )),
                None => error,
            })
        }
    }
}

async fn until_interrupted(
    client: &mut Client,
    settings: &ScanSettings,
    catalogue: &Catalogue,
    journal: &mut Journal,
    file: &mut StateFile,
    context: &Context,
) -> Result<ScanFindings> {
    let listen = |kind| {
        signal(kind).map_err(|error| Error::from_source(Kind::Failed, "signals can't be caught", &error))
    };
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let mut watcher = Watcher { ui: &context.ui, file, progress: None, failure: None };
    // the request that is under way is given up with the scan: its connection is dropped, its answer is not awaited
    let outcome = tokio::select! {
        outcome = scan(client, settings, catalogue, journal, &mut watcher) => Some(outcome),
        _ = interrupt.recv() => None,
        _ = terminate.recv() => None,
    };
    match (watcher.failure, outcome) {
        (Some(error), _) => Err(error),
        (None, Some(Ok(findings))) => Ok(findings),
        (None, Some(Err(ScanError::Modbus(error)))) => Err(failure(&error)),
        (None, None | Some(Err(ScanError::Stopped))) => {
            let error = Error::new(Kind::Failed, "the scan was interrupted");
            let hint = "with --resume FILE a scan goes on where it was interrupted";
            Err(if watcher.file.is_kept() { error } else { error.hint(hint) })
        }
    }
}

/// Shows how far the scan has come, and keeps what it has found.
struct Watcher<'a> {
    ui: &'a Ui,
    file: &'a mut StateFile,
    progress: Option<Progress>,
    failure: Option<Error>,
}

impl ScanObserver for Watcher<'_> {
    fn begins(&mut self, what: &str, total: Option<u64>) {
        self.progress = Some(self.ui.progress(what, total));
    }

    fn advanced(&mut self, steps: u64) {
        if let Some(progress) = &mut self.progress {
            progress.advance(steps);
        }
    }

    fn answered(&mut self, journal: &Journal) -> ControlFlow<()> {
        match self.file.keep(journal) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failure = Some(error);
                ControlFlow::Break(())
            }
        }
    }
}
