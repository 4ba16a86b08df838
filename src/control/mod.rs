//! The control of a site: what each charger may offer, and why.
//!
//! [`step`](step()) decides, purely: no clock, no I/O. The driver around it observes through a [`Plant`], writes what was decided, and keeps the
//! journal. This room knows nothing of Modbus, HTTP or Kubernetes.

mod alarms;
mod allocate;
mod breaker_rule;
mod breaker_twin;
#[cfg(test)]
mod broken_rules;
mod chronicle;
mod commission;
mod driver;
mod explain;
#[cfg(test)]
mod fixture;
mod following;
mod hub;
mod journal;
mod journal_past;
mod journal_port;
mod journal_queue;
mod journal_schema;
mod journal_tape;
#[cfg(test)]
mod journal_tests;
mod journal_writer;
mod lease;
mod lease_keeper;
#[cfg(test)]
mod lease_tests;
mod ledger;
mod loads;
mod memory;
mod network;
mod order;
mod outcome;
mod plant_port;
mod policy;
#[cfg(test)]
mod random_site_tests;
mod reason;
mod replay;
mod report;
mod shedding;
mod situation;
mod snapshot;
mod state;
mod status;
mod step;
#[cfg(test)]
mod step_tests;
mod switching;
mod tape;
#[cfg(test)]
mod tape_tests;
mod time;
mod turns;
mod view;
mod what_if;
mod wish;
mod write_gate;

pub use alarms::alarms;
pub use allocate::{Demand, Shares, Stop, TOLERANCE, share};
pub use breaker_twin::{BreakerMemory, BreakerTwins};
#[cfg(test)]
pub(crate) use broken_rules::without_rule;
pub use commission::{Learnt, Look, learn, reaction, safe_most, step_size};
pub use driver::{Clock, Ending, Parts, Reload, run};
pub use explain::{Explanation, Link, explain};
pub use following::Standby;
pub use hub::*;
pub use journal::{Journal, Retention};
pub use journal_past::{Past, PastAlarm, PastDecision, PastError, PastState, past};
pub use journal_port::*;
pub use journal_tape::{RecordedSite, Tape, TapeError};
pub use lease::*;
pub use lease_keeper::{KeeperEnds, Leadership, LeaseStore, keep_lease};
pub use ledger::OfferLedger;
pub use loads::CircuitLoad;
pub use memory::Memory;
pub use network::{Network, Phasor, Term};
pub use order::{ChargingNeeds, Order, Override};
pub use outcome::{ChargerOutcome, Outcome, OutcomeSum, Prices};
pub use plant_port::*;
pub use policy::{Garage, Limits, PlanRule, Planner, PlannerError, Session, Told};
pub use reason::Reason;
pub use replay::{Difference, Differing, Replay};
pub use report::site_status;
pub use shedding::{LoadDecision, LoadState};
pub use situation::{ChargerSituation, MeterSituation, Situation, SituationError};
pub use snapshot::*;
pub use state::*;
pub use status::*;
pub use step::{Decision, Setpoint, site_network, step};
pub use tape::{Frame, SiteText, Taped};
pub use time::Time;
pub use view::{devices, kind, link, name};
pub use what_if::{Stays, WhatIf};
pub use write_gate::{BootClock, Fence, Pass, WriteGate};
