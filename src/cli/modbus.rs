//! `enmon modbus`.

use clap::Args;

use super::Context;
use crate::error::{Error, Kind, Result};

/// Flags of `enmon modbus`.
#[derive(Debug, Args)]
pub struct ModbusArgs {}

/// Runs `enmon modbus`.
pub fn run(_args: ModbusArgs, _context: &Context) -> Result<()> {
    Err(Error::new(Kind::Bug, "not there yet"))
}
