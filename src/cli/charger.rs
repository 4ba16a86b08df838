//! `enmon charger`.

use clap::Args;

use super::Context;
use crate::error::{Error, Kind, Result};

/// Flags of `enmon charger`.
#[derive(Debug, Args)]
pub struct ChargerArgs {}

/// Runs `enmon charger`.
pub fn run(_args: ChargerArgs, _context: &Context) -> Result<()> {
    Err(Error::new(Kind::Bug, "not there yet"))
}
