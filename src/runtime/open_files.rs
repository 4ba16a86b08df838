//! How many files and sockets this process may have open: the soft limit is raised to the hard one, and a start that needs more is refused
//! before it fails half way.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More files are needed than may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{needed} files and sockets must be open at once, and this process may open {allowed}")]
pub struct TooFewFiles {
    /// So many are needed.
    pub needed: u64,
    /// So many are allowed, even by the hard limit.
    pub allowed: u64,
}

/// Sees to it that this process may have `needed` files and sockets open.
///
/// # Errors
/// When the hard limit is lower: only the administrator can raise that.
pub fn allow_open_files(needed: u64) -> Result<(), TooFewFiles> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        // where this is refused the soft limit counts
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    }
    match getrlimit(Resource::Nofile).current {
        Some(allowed) if allowed < needed => Err(TooFewFiles { needed, allowed }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_rises_to_the_hard_one_and_no_further() {
        // each test has a process of its own
        let limit = Rlimit { current: Some(64), maximum: Some(200) };
        setrlimit(Resource::Nofile, limit).unwrap();
        assert_eq!(allow_open_files(200), Ok(()));
        assert_eq!(getrlimit(Resource::Nofile).current, Some(200));
        assert_eq!(allow_open_files(201), Err(TooFewFiles { needed: 201, allowed: 200 }));
    }
}
