//! Where leases are kept: implementations of the store that `control` asks for. What a lease means is decided there.

mod file;

pub use file::{FileLease, FileLeaseError};
