//! `enmon completions`: the completion script of a shell, made from the command line itself.

use clap::Args;
use clap_complete::Shell;

use super::Context;
use crate::error::Result;

/// Flags of `enmon completions`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon completions bash > ~/.local/share/bash-completion/completions/enmon
  enmon completions zsh > ~/.zfunc/_enmon
  enmon completions fish > ~/.config/fish/completions/enmon.fish")]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Runs `enmon completions`.
pub fn run(args: CompletionsArgs, context: &Context) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "enmon", &mut script);
    context.ui.print_text(&script)
}
