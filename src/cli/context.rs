//! What every command gets: the global flags and the way to the terminal.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use crate::ui::{ColorChoice, OutputFormat, Ui};

/// Flags that every command takes.
#[derive(Debug, Clone, Args)]
pub struct GlobalArgs {
    /// Site file
    #[arg(long, global = true, env = "ENMON_SITE", value_name = "FILE", default_value = "enmon.yaml")]
    pub site: PathBuf,
    /// Form of the output on stdout
    #[arg(long, short = 'o', global = true, value_enum, value_name = "FORM", default_value_t = OutputFormat::Table)]
    pub output: OutputFormat,
    /// Answer every question with yes
    #[arg(long, short = 'y', global = true)]
    pub yes: bool,
    /// Say more on stderr; twice: still more
    #[arg(long, short = 'v', global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Say only what went wrong
    #[arg(long, short = 'q', global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// When to use colour
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
}

/// What every command gets.
#[derive(Debug)]
pub struct Context {
    /// The global flags.
    pub global: GlobalArgs,
    /// Was the site file named on the command line?
    pub site_is_named: bool,
    /// The way to the terminal.
    pub ui: Ui,
}

impl Context {
    /// Sets up output as the flags say.
    pub fn new(global: GlobalArgs, site_is_named: bool) -> Self {
        let ui = Ui::new(global.output, global.color, global.quiet).assume_yes(global.yes);
        Context { global, site_is_named, ui }
    }
}
