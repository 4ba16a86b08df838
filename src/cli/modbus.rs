//! `enmon modbus`: registers of a device, read and written by hand.

mod failure;
mod item;
mod profile;
mod profile_check;
mod profile_input;
mod profile_list;
mod profile_show;
mod profile_test;
mod read;
mod reading;
mod scan;
mod scan_args;
mod scan_report;
mod scan_state;
mod serve;
mod serve_device;
mod serve_listen;
mod serve_words;
mod target;
mod tls;
mod watch;
mod wire_log;
mod write;
mod write_loop;
mod write_plan;

use std::future::Future;

use clap::{Args, Subcommand};

use super::Context;
use crate::error::{Error, Kind, Result};
use crate::runtime;

/// Flags of `enmon modbus`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon modbus read modbus+tcp://127.0.0.1:5031 --unit 1 holding 0x4010 --count 6 --type u32
  enmon modbus write modbus+tcp://127.0.0.1:5031 --unit 1 holding 0x4100 --type u32 16000
  enmon modbus watch modbus+tcp://127.0.0.1:5021 --unit 1 input 6 --count 6 --type f32 --every 1s
  enmon modbus read modbus+tcp://127.0.0.1:5031 --profile abb-terra-ac
  enmon modbus scan modbus+tcp://127.0.0.1:5031
  enmon modbus profile list")]
pub struct ModbusArgs {
    #[command(subcommand)]
    command: ModbusCommand,
}

#[derive(Debug, Subcommand)]
enum ModbusCommand {
    /// Read registers or bits
    Read(Box<read::ReadArgs>),
    /// Write registers or coils, after showing what will change
    Write(Box<write::WriteArgs>),
    /// Read the same registers again and again
    Watch(Box<watch::WatchArgs>),
    /// Find units on a bus, what they are, and which of their registers answer
    Scan(Box<scan_args::ScanArgs>),
    /// List, show and check device profiles, and try them on devices
    Profile(Box<profile::ProfileArgs>),
    /// Serve a simulated device, or registers from a file
    Serve(Box<serve::ServeArgs>),
}

/// Runs `enmon modbus`.
pub fn run(args: ModbusArgs, context: &Context) -> Result<()> {
    match args.command {
        ModbusCommand::Read(args) => block_on(read::run(*args, context)),
        ModbusCommand::Write(args) => block_on(write::run(*args, context)),
        ModbusCommand::Watch(args) => block_on(watch::run(*args, context)),
        ModbusCommand::Scan(args) => block_on(scan::run(*args, context)),
        ModbusCommand::Profile(args) => block_on(profile::run(*args, context)),
        ModbusCommand::Serve(args) => block_on(serve::run(*args, context)),
    }
}

/// One thread is enough for one connection.
fn block_on(work: impl Future<Output = Result<()>>) -> Result<()> {
    runtime::block_on(Some(1), work)
        .map_err(|error| Error::from_source(Kind::Failed, "the program can't start its work", &error))?
}
