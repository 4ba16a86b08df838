//! `enmon init`.

use clap::Args;

use super::Context;
use crate::error::{Error, Kind, Result};

/// Flags of `enmon init`.
#[derive(Debug, Args)]
pub struct InitArgs {}

/// Runs `enmon init`.
pub fn run(_args: InitArgs, _context: &Context) -> Result<()> {
    Err(Error::new(Kind::Bug, "not there yet"))
}
