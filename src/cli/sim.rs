//! `enmon sim`.

use clap::Args;

use super::Context;
use crate::error::{Error, Kind, Result};

/// Flags of `enmon sim`.
#[derive(Debug, Args)]
pub struct SimArgs {}

/// Runs `enmon sim`.
pub fn run(_args: SimArgs, _context: &Context) -> Result<()> {
    Err(Error::new(Kind::Bug, "not there yet"))
}
