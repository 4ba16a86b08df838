//! Forms of the output: what scripts and people can ask for, and what every report offers.

use std::io::{self, Write};

use serde::Serialize;

/// Form of the data on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputFormat {
    /// For people
    Table,
    /// For scripts
    Json,
    /// For scripts and people
    Yaml,
}

/// When colour is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl ColorChoice {
    pub(super) fn for_stream(self) -> anstream::ColorChoice {
        match self {
            ColorChoice::Auto => anstream::ColorChoice::Auto,
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        }
    }
}

/// What a command has found or done, ready to be shown.
pub trait Report: Serialize {
    /// Writes the form for people; may use ANSI styles, which are stripped where colour is off.
    fn render(&self, out: &mut dyn Write) -> io::Result<()>;
}
