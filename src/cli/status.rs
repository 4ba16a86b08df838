//! `enmon status`.

use clap::Args;

use super::Context;
use crate::error::{Error, Kind, Result};

/// Flags of `enmon status`.
#[derive(Debug, Args)]
pub struct StatusArgs {}

/// Runs `enmon status`.
pub fn run(_args: StatusArgs, _context: &Context) -> Result<()> {
    Err(Error::new(Kind::Bug, "not there yet"))
}
