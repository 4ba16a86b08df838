//! `enmon demo`.

use clap::Args;

use super::Context;
use crate::error::{Error, Kind, Result};

/// Flags of `enmon demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {}

/// Runs `enmon demo`.
pub fn run(_args: DemoArgs, _context: &Context) -> Result<()> {
    Err(Error::new(Kind::Bug, "not there yet"))
}
