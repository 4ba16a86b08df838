//! Where leases are kept: implementations of the store that `control` asks for. What a lease means is decided there.

mod file;
mod kubernetes;
mod kubernetes_record;

pub use file::{FileLease, FileLeaseError};
pub use kubernetes::KubernetesLease;
