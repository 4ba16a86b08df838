//! What a long-running command stands on: the executor, signals, orderly ends, daemon mode, logging, the service manager.
//!
//! This room knows nothing of sites or chargers. It decides how a process starts and ends and leaves to its callers what it does between.

pub mod calendar;
mod daemon;
mod drain;
mod executor;
mod http_listener;
mod instance;
mod logging;
mod open_files;
mod service_manager;
mod signals;
mod state_folder;
pub mod tls;

pub use calendar::{parse_rfc3339, rfc3339};
pub use daemon::{DaemonError, StartFailure, Starter, detach, start};
pub use drain::{Undrained, drain};
pub use executor::{
    block_on, block_on_virtual_time, boot_clock_ms, steady_clock, steady_clock_from, wall_clock_ms,
};
pub use http_listener::{ListenerBounds, serve_router, serve_router_within};
pub use instance::{
    Holder, Instance, InstanceError, InstanceFacts, LeaseFacts, ReloadOutcome, holder, last_reload, tell,
};
pub use logging::{LogFormat, LogSettings, LogTarget, init_logging};
pub use open_files::{TooFewFiles, allow_open_files};
pub use rustix::process::Signal;
pub use service_manager::ServiceManager;
pub use signals::{Signals, listen};
pub use state_folder::StateFolder;
