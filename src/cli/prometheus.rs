//! `enmon prometheus`: two servers that are to have the same samples.

mod gaps;
mod moment;
mod replicate;
mod servers;
mod status;

use clap::{Args, Subcommand};

use super::Context;
use crate::error::Result;

/// Flags of `enmon prometheus`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon prometheus replicate --from file:/etc/prometheus/prometheus.yml --to http://10.0.1.5:9090
  enmon prometheus status --from http://127.0.0.1:9090 --to http://10.0.1.5:9090
  enmon prometheus gaps --from http://127.0.0.1:9090 --to http://10.0.1.5:9090 --fill")]
pub struct PrometheusArgs {
    #[command(subcommand)]
    command: PrometheusCommand,
}

#[derive(Debug, Subcommand)]
enum PrometheusCommand {
    /// Have a server send its samples to a second one
    Replicate(Box<replicate::ReplicateArgs>),
    /// Show how far the second server is behind
    Status(status::StatusArgs),
    /// Find what the second server lacks of the first, and fill it
    Gaps(Box<gaps::GapsArgs>),
}

/// Runs `enmon prometheus`.
pub fn run(args: PrometheusArgs, context: &Context) -> Result<()> {
    match args.command {
        PrometheusCommand::Replicate(args) => replicate::run(&args, context),
        PrometheusCommand::Status(args) => status::run(&args, context),
        PrometheusCommand::Gaps(args) => gaps::run(&args, context),
    }
}
