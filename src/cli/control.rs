//! `enmon control`.

use clap::Args;

use super::Context;
use crate::error::{Error, Kind, Result};

/// Flags of `enmon control`.
#[derive(Debug, Args)]
pub struct ControlArgs {}

/// Runs `enmon control`.
pub fn run(_args: ControlArgs, _context: &Context) -> Result<()> {
    Err(Error::new(Kind::Bug, "not there yet"))
}
