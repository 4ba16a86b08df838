//! The model of a site: what `enmon.yaml` says, checked and with its names resolved.
//!
//! This room decides what a valid site is and proves its fail-safe. It does no I/O: texts come in, findings and models go out.

mod address;
mod breaker_curve;
mod check;
mod entries;
mod facts;
mod failover;
mod file;
mod load;
mod model;
mod period;
mod phase;
mod policy;
mod proof;
mod proof_findings;
mod proof_timeouts;
mod rules;
mod units;
mod wordings;

pub use address::{Address, AddressError, Parity, Rs485, SerialLine};
pub use breaker_curve::{Heat, Strip, TripTimes, TrippingCurve};
pub use facts::{DeviceFacts, LineFacts, ProfileFacts, Role, WatchdogFacts};
pub use failover::{
    FailbackChoice, FailoverEntry, HealthCheckEntry, HealthCheckKind, MoverEntry, MoverKind, PlaceEntry,
};
pub use file::*;
pub use load::{Loaded, load, load_draft};
pub use model::*;
pub use period::{Period, PeriodError};
pub use phase::{PerPhase, Phase};
pub use policy::{
    Expectation, ExpectedEntry, PolicyEntry, PolicySettings, SunSettings, SurplusEntry, TariffEntry,
    minute_of_day,
};
pub use proof::{CircuitProof, Contributor, PhaseProof, Proof, WatchdogGap, prove};
pub use proof_findings::proof_findings;
pub use proof_timeouts::{Loss, TimeoutProof, Verdict};
pub use rules::{Rule, Rules};
pub use units::{Amps, Volts, Watts};
pub use wordings::WORDINGS;
