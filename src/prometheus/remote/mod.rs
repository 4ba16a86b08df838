//! Two servers that are to have the same samples: what the second one lacks of the first, and how it gets it.
//!
//! ```text
//! source ──remote read──▶ missing ──▶ ranges                 (find: window by window, newest first)
//! copy   ──remote read──▶   │
//!                           └──▶ batches ──remote write──▶ copy, read again   (fill: range by range, oldest first)
//! ```
//!
//! `wire`, `missing`, `ranges`, `intake`, `batches`, `settings`, `relabel`, `replication` and `queues` decide and know no server; `client` and `gaps`
//! ask and write.

mod batches;
mod client;
mod gaps;
mod intake;
mod missing;
mod queues;
mod ranges;
mod relabel;
pub mod replication;
pub mod settings;
mod wire;

pub use gaps::{Fill, Finding, GapError, Pair, fill, find};
pub use intake::Intake;
pub use queues::{Queue, queues};
pub use ranges::Range;
pub use relabel::Selection;
pub use wire::{Comparison, LabelMatcher};
