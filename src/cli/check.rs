//! `enmon check`.

use clap::Args;

use super::Context;
use crate::error::{Error, Kind, Result};

/// Flags of `enmon check`.
#[derive(Debug, Args)]
pub struct CheckArgs {}

/// Runs `enmon check`.
pub fn run(_args: CheckArgs, _context: &Context) -> Result<()> {
    Err(Error::new(Kind::Bug, "not there yet"))
}
