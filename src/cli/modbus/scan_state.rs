//! The file in which a scan keeps what it has found, so that it can go on after it was interrupted.

use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::modbus::scan::{Journal, ScanPlan};

/// The file is written after so many answers: every few seconds at the usual pace.
const EVERY: usize = 20;

/// Where a journal is kept, if anywhere.
pub(super) struct StateFile {
    path: Option<PathBuf>,
    written: usize,
}

impl StateFile {
    /// Opens the file of a scan, and returns the journal that it holds, or a new one.
    pub(super) fn open(path: Option<&Path>, plan: ScanPlan) -> Result<(StateFile, Journal)> {
        let mut file = StateFile { path: path.map(Path::to_owned), written: 0 };
        let journal = match path {
            None => Journal::new(plan),
            Some(path) => match fsio::read_text(path) {
                Ok(text) => read(path, &text, &plan)?,
                Err(error) if error.source.kind() == std::io::ErrorKind::NotFound => {
                    let journal = Journal::new(plan);
                    // where it can't be written, that is better known before the scan than after it
                    file.save(&journal)?;
                    journal
                }
                Err(error) => {
                    return Err(Error::from_source(
                        Kind::Invalid,
                        "the state of the scan can't be read",
                        &error,
                    ));
                }
            },
        };
        file.written = journal.len();
        Ok((file, journal))
    }

    /// Says whether there is a file.
    pub(super) fn is_kept(&self) -> bool {
        self.path.is_some()
    }

    /// Writes the journal now and then.
    pub(super) fn keep(&mut self, journal: &Journal) -> Result<()> {
        if journal.len() >= self.written + EVERY {
            self.save(journal)?;
        }
        Ok(())
    }

    /// Writes the journal, and returns where.
    pub(super) fn save(&mut self, journal: &Journal) -> Result<Option<&Path>> {
        let Some(path) = &self.path else { return Ok(None) };
        let failed = |error: &(dyn std::error::Error + 'static)| {
            Error::from_source(Kind::Failed, "the state of the scan can't be written", error)
        };
        let text = serde_json::to_vec(journal).map_err(|error| failed(&error))?;
        fsio::write_atomically(path, &text, 0o644).map_err(|error| failed(&error))?;
        self.written = journal.len();
        Ok(Some(path))
    }

    /// Removes the file: the scan is complete.
    pub(super) fn remove(self) -> Result<()> {
        let Some(path) = self.path else { return Ok(()) };
        fsio::remove_file(&path).map_err(|error| {
            Error::from_source(Kind::Failed, "the state of the scan can't be removed", &error)
        })
    }
}

fn read(path: &Path, text: &str, plan: &ScanPlan) -> Result<Journal> {
    let file = path.display();
    let journal: Journal = serde_json::from_str(text).map_err(|error| {
        Error::from_source(Kind::Invalid, format!("{file} is no state of a scan"), &error)
            .hint("name a file that is not there yet with --resume")
    })?;
    if journal.plan() != plan {
        let what = format!("{file} is the state of another scan, of {}", journal.plan().address);
        return Err(Error::new(Kind::Invalid, what)
            .hint("give the same address, units and registers as before, or another file with --resume"));
    }
    Ok(journal)
}
