//! Device profiles: what a device's registers mean. A new device is a YAML file, not code.
//!
//! This room decides what a valid profile is and where a value stands; it leaves reading and writing to `modbus` and `plant`.

mod built_in;
mod catalogue;
mod check;
mod endpoint;
mod file;
mod identify;
mod sections;

pub use catalogue::Catalogue;
pub use check::{read, state_key};
pub use endpoint::*;
pub use file::*;
pub use identify::*;
pub use sections::*;
