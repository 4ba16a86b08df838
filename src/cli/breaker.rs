//! `enmon breaker`.

use clap::Args;

use super::Context;
use crate::error::{Error, Kind, Result};

/// Flags of `enmon breaker`.
#[derive(Debug, Args)]
pub struct BreakerArgs {}

/// Runs `enmon breaker`.
pub fn run(_args: BreakerArgs, _context: &Context) -> Result<()> {
    Err(Error::new(Kind::Bug, "not there yet"))
}
