//! Scenarios as tests: a site, what happens to it, and what must hold. The controller that runs in them is the real one, its driver and
//! its decision; only time and the devices may be virtual.
//!
//! This room plays and judges. What a device does when it misbehaves is the business of `sim`, what the controller does about it that of
//! `control`.

mod check;
pub mod file;
#[cfg(test)]
mod guard_test;
mod html;
mod judge;
#[cfg(test)]
mod judge_test;
mod junit;
mod load;
mod play;
mod plot;
mod record;
mod script;
mod shipped;
mod stages;
mod virtual_plant;
mod world;

pub use file::ScenarioFile;
pub use html::html_report;
pub use judge::{AlarmSummary, Check, CircuitSummary, EventSummary, Outcome, Verdict};
pub use junit::{escaped, junit_report};
pub use load::{Invalid, ReadText, load};
pub use script::Scenario;
pub use shipped::{SHIPPED, Shipped};
pub use stages::{PlayError, play, play_in_real_time};
