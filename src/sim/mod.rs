//! A simulated plant that can't be told from a real one: every device of a site on its own address, speaking its real protocol,
//! over one electrical model.
//!
//! This room decides how cars, breakers and loads behave. It shares codecs, register maps and metric names with the rest of the
//! program, and knows nothing of the controller.

mod breaker;
mod bus;
mod car;
mod certificates;
mod command;
mod endpoint;
mod handle;
mod intervention;
mod model;
mod monitor;
mod opening;
mod quantity;
mod readout;
mod register_codec;
mod register_map;
mod registers;
mod running;
mod shared;
mod single;
mod socket;
mod station;
mod surroundings;
mod traffic;
mod truth;

pub use breaker::{BreakerState, Position};
pub use car::{Car, CarPause, CarSpec, LEAST_OFFER, LONGEST_DELAY_MS};
pub use certificates::CertificateError;
pub use command::{Command, CommandError, Fault};
pub use handle::SimHandle;
pub use model::{Bay, Counted, Model};
pub use monitor::{Monitor, Sums, Witness};
pub use readout::{BreakerReadout, CabinetReadout, Readout, SimDevice, StationReadout};
pub use running::{Running, SimError, SimOptions, run};
pub use single::SingleDevice;
pub use socket::SocketError;
pub use station::Station;
pub use surroundings::Scene;
pub use traffic::{Traffic, day_cars, demo_cars};
pub use truth::{CabinetTruth, CarTruth, ChargerTruth, CircuitTruth, SolarTruth, Truth};

#[cfg(test)]
mod charger_table_test;
#[cfg(test)]
mod golden_test;
#[cfg(test)]
mod model_test;
#[cfg(test)]
mod profile_words_test;
#[cfg(test)]
mod register_bench;
#[cfg(test)]
mod register_test;
