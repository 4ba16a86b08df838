//! The policies: who gets how much of what the limits leave, when cars have energy to take and a time to leave.
//!
//! ```text
//!  cars (known, or guessed from habits) ─▶ look-ahead ─▶ preferences (plan, urgency) ─▶ apportion: turns, shares ─▶ currents
//! ```
//!
//! A policy never touches a limit: it says what it would like and in which order; `turns` and `share` give what the limits allow. The
//! controller's `step` and `enmon control plan --jsonl` (through [`Planner`]) go by the same functions.

mod apportion;
mod draw;
mod foresight;
#[cfg(test)]
mod foresight_tests;
mod habits;
mod lookahead;
mod phase_choice;
mod pilots;
mod planner;
mod preference;
mod primal_dual;
mod protocol;
#[cfg(test)]
mod random_network_tests;
mod sunshine;
mod surplus;
#[cfg(test)]
mod surplus_tests;

pub use apportion::{Claim, apportion, fill};
pub use draw::DrawMemory;
pub use foresight::foresee;
pub use habits::{Habits, Visit};
pub use lookahead::{Horizon, Need, look_ahead};
pub use pilots::Pilots;
pub use planner::{PlanRule, Planner, PlannerError};
pub use preference::{Preference, prefer};
#[cfg(test)]
use protocol::Constraint;
pub use protocol::{Garage, Limits, Session, Station, Told};
pub use sunshine::Surplus;
pub use surplus::Follower;
