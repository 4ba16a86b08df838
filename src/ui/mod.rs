//! What a person or a script sees: tables, JSON, YAML, errors, colour. Data goes to stdout, talk to stderr.
//!
//! This room knows how things look and nothing of what they mean; it imports no other room and no clap parsing.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::error::{Error, Kind, Result};

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

/// What a command has found or done, ready to be shown.
pub trait Report: Serialize {
    /// Writes the form for people; may use ANSI styles, which are stripped where colour is off.
    fn render(&self, out: &mut dyn Write) -> io::Result<()>;
}

/// The way to the terminal.
#[derive(Debug)]
pub struct Ui {
    format: OutputFormat,
    color: ColorChoice,
    quiet: bool,
}

impl Ui {
    /// Sets up output.
    pub fn new(format: OutputFormat, color: ColorChoice, quiet: bool) -> Self {
        Ui { format, color, quiet }
    }

    /// Returns the form that was asked for.
    pub fn format(&self) -> OutputFormat {
        self.format
    }

    /// Says whether stdout is a terminal on which a live view makes sense.
    pub fn is_live(&self) -> bool {
        self.format == OutputFormat::Table && io::stdout().is_terminal()
    }

    /// Shows a report on stdout in the form that was asked for.
    ///
    /// # Errors
    /// When stdout can't be written; a broken pipe is no error.
    pub fn print(&self, report: &impl Report) -> Result<()> {
        let mut text = Vec::new();
        match self.format {
            OutputFormat::Table => report.render(&mut text).map_err(|error| output_failed(&error))?,
            OutputFormat::Json => {
                serde_json::to_writer_pretty(&mut text, report).map_err(|error| {
                    Error::from_source(Kind::Bug, "a report can't be written as JSON", &error)
                })?;
                text.push(b'\n');
            }
            OutputFormat::Yaml => {
                let yaml = serde_saphyr::to_string(report).map_err(|error| {
                    Error::from_source(Kind::Bug, "a report can't be written as YAML", &error)
                })?;
                text.extend_from_slice(yaml.as_bytes());
            }
        }
        self.write_stdout(&text)
    }

    /// Shows one line of JSON on stdout, for streams of objects.
    ///
    /// # Errors
    /// When stdout can't be written; a broken pipe is no error.
    pub fn print_json_line(&self, value: &impl Serialize) -> Result<()> {
        let mut line = serde_json::to_vec(value)
            .map_err(|error| Error::from_source(Kind::Bug, "a value can't be written as JSON", &error))?;
        line.push(b'\n');
        self.write_stdout(&line)
    }

    fn write_stdout(&self, text: &[u8]) -> Result<()> {
        let mut out = anstream::AutoStream::new(io::stdout(), self.stream_choice());
        match out.write_all(text).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(output_failed(&error)),
            _ => Ok(()),
        }
    }

    /// Says something to the person at the terminal, on stderr.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            self.write_stderr(&format!("{text}\n"));
        }
    }

    /// Warns, on stderr.
    pub fn warn(&self, text: &str) {
        self.write_stderr(&format!("\x1b[1;33mwarning\x1b[0m: {text}\n"));
    }

    /// Shows what went wrong, on stderr.
    pub fn error(&self, error: &Error) {
        let mut text = String::new();
        if let Some(details) = &error.details {
            text.push_str(details);
            if !details.ends_with('\n') {
                text.push('\n');
            }
        }
        text.push_str(&format!("\x1b[1;31merror\x1b[0m: {}\n", error.message));
        for cause in &error.causes {
            text.push_str(&format!("caused by: {cause}\n"));
        }
        for hint in &error.hints {
            text.push_str(&format!("\x1b[1;36mhint\x1b[0m: {hint}\n"));
        }
        self.write_stderr(&text);
    }

    fn write_stderr(&self, text: &str) {
        // nobody is left to tell when stderr is gone
        let _ = anstream::AutoStream::new(io::stderr(), self.stream_choice()).write_all(text.as_bytes());
    }

    fn stream_choice(&self) -> anstream::ColorChoice {
        match self.color {
            ColorChoice::Auto => anstream::ColorChoice::Auto,
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        }
    }
}

fn output_failed(error: &io::Error) -> Error {
    Error::from_source(Kind::Failed, "the output can't be written", error)
}

/// Shows what clap has to say (help, version, a usage error) and returns the exit code.
pub fn print_clap_error(error: &clap::Error) -> u8 {
    // a closed pipe behind `enmon --help | head` is no error
    let _ = error.print();
    u8::try_from(error.exit_code()).unwrap_or(2)
}
