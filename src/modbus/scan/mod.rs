//! Finding out what is on a bus: units, what they are, which of their registers answer. It only reads, and never faster than it may.
//!
//! What to ask is decided by pure parts ([`plan`], `registers`, `guess`, `pace`); `probe` asks, and keeps each answer in a
//! [`Journal`]; `survey` is the order of things. Where the journal is kept, and how the report is shown, is left to the caller.

mod guess;
mod journal;
mod pace;
mod plan;
mod probe;
mod registers;
mod report;
mod sunspec_walk;
mod survey;

pub use guess::Guess;
pub use journal::{Answer, Journal, Question};
pub use plan::{PlanError, ScanPlan, ScanTask, Span, SpanList, UnitList, broadcasts_on_zero, likely_units};
pub use probe::{ScanObserver, ScanSettings};
pub use report::{FoundRegisters, FoundRun, FoundSunSpec, FoundUnit, ScanFindings};
pub use survey::scan;

use super::ModbusError;

/// Why a scan did not come to its end. The journal holds what was found until then.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The observer ended it.
    #[error("the scan was stopped")]
    Stopped,
    /// The device or bus can't be used any more.
    #[error(transparent)]
    Modbus(#[from] ModbusError),
}
