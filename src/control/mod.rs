//! The control of a site: what each charger may offer, and why.
//!
//! [`step`](step()) decides, purely: no clock, no I/O. The driver around it observes through a [`Plant`], writes what was decided, and keeps the
//! journal. This room knows nothing of Modbus, HTTP or Kubernetes.

mod allocate;
mod hub;
mod journal_port;
mod network;
mod plant_port;
mod snapshot;
mod state;
mod status;
mod time;

pub use allocate::{Demand, Shares, Stop, TOLERANCE, share};
pub use hub::*;
pub use journal_port::*;
pub use network::{Network, Phasor, Term};
pub use plant_port::*;
pub use snapshot::*;
pub use state::*;
pub use status::*;
pub use time::Time;
