//! A name that moves to another place when its own fails (REFERENCE A7): health checks from outside, a pure decision, and what moves the name.
//!
//! `decision` is pure. `probe` asks the places, a `Mover` keeps the name, `checker` brings them together round by round, and `record` keeps what
//! must outlive a restart. How things look and who is asked first is left to `cli`.

mod checker;
mod decision;
mod dns;
mod dns_key;
mod external_dns;
mod mover;
mod probe;
mod record;
mod service;

pub use checker::{Checker, Moved, PlaceSeen, Seen, pointing};
pub use decision::{
    Action, Decision, Failback, Memory, Pending, Pointing, Refusal, Round, Row, Rules, Stay, decide, permit,
};
pub use dns::DnsMover;
pub use dns_key::{DnsKey, KeyError};
pub use external_dns::ExternalDnsMover;
pub use mover::{AnyMover, Mover, MoverError};
pub use probe::{Probe, ProbeReport};
pub use record::{Record, RecordError};
pub use service::ServiceMover;
