//! `enmon man`.

use clap::Args;

use super::Context;
use crate::error::{Error, Kind, Result};

/// Flags of `enmon man`.
#[derive(Debug, Args)]
pub struct ManArgs {}

/// Runs `enmon man`.
pub fn run(_args: ManArgs, _context: &Context) -> Result<()> {
    Err(Error::new(Kind::Bug, "not there yet"))
}
