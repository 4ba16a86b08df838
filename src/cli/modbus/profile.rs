//! `enmon modbus profile`: what device profiles say, whether they are right, and whether a device is what its profile says.

use clap::{Args, Subcommand};

use super::{profile_check, profile_list, profile_show, profile_test};
use crate::cli::Context;
use crate::error::Result;

/// Flags of `enmon modbus profile`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon modbus profile list
  enmon modbus profile show abb-terra-ac
  enmon modbus profile check my-charger.yaml
  enmon modbus profile test ./my-charger.yaml --address modbus+tcp://127.0.0.1:5031

Your own profiles are the files ~/.config/enmon/profiles/*.yaml ($XDG_CONFIG_HOME); one with the name of a profile
of the program goes before it.")]
pub(super) struct ProfileArgs {
    #[command(subcommand)]
    command: ProfileCommand,
}

#[derive(Debug, Subcommand)]
enum ProfileCommand {
    /// List the profiles that devices can have
    List(profile_list::ListArgs),
    /// Show what a profile says
    Show(profile_show::ShowArgs),
    /// Check profile files, and show every mistake with its place
    Check(profile_check::CheckArgs),
    /// Read every point of a real device, and say what is plausible; nothing is written
    Test(Box<profile_test::TestArgs>),
}

/// Runs `enmon modbus profile`.
pub(super) async fn run(args: ProfileArgs, context: &Context) -> Result<()> {
    match args.command {
        ProfileCommand::List(_) => profile_list::run(context),
        ProfileCommand::Show(args) => profile_show::run(&args, context),
        ProfileCommand::Check(args) => profile_check::run(&args, context),
        ProfileCommand::Test(args) => profile_test::run(*args, context).await,
    }
}
