//! `enmon completions`.

use clap::Args;

use super::Context;
use crate::error::{Error, Kind, Result};

/// Flags of `enmon completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {}

/// Runs `enmon completions`.
pub fn run(_args: CompletionsArgs, _context: &Context) -> Result<()> {
    Err(Error::new(Kind::Bug, "not there yet"))
}
