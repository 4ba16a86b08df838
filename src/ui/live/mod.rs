//! The live view of a site: circuits with a bar for each phase, chargers with what they offer and why, alarms.
//!
//! It shows plain structs that the caller fills in and knows nothing of a site's model. [`LiveScreen`] is for a terminal, [`plain`]
//! says the same in lines for a pipe.

mod bar;
mod chargers;
mod circuits;
mod page;
mod plain;
#[cfg(test)]
mod sample;
mod screen;
mod text;
mod theme;
mod view;

pub use page::render;
pub use plain::plain;
pub use screen::{LiveKey, LiveScreen};
pub use theme::Theme;
pub use view::{AlarmRow, ChargerRow, CircuitRow, ExtraRow, PhaseBar, PlugState, View};
