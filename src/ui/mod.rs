//! What a person or a script sees: tables, JSON, YAML, errors, questions, progress, colour. Data goes to stdout, talk to stderr.
//!
//! This room knows how things look and nothing of what they mean; it imports no other room, and of clap only what turns words
//! into its own types and shows clap's own messages.

pub mod chart;
mod difference;
mod failure;
mod findings;
pub mod live;
mod output;
mod progress;
mod prompt;
mod table;
mod terminal;

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

pub use difference::{changed_lines, unified_difference};
pub use findings::{Remark, RemarkPlace, render_remarks};
pub use output::{ColorChoice, OutputFormat, Report};
pub use progress::Progress;
pub use table::{Cell, Column, Table, Tone};

use crate::error::{Error, Kind, Result};

/// The way to the terminal.
#[derive(Debug)]
pub struct Ui {
    format: OutputFormat,
    color: ColorChoice,
    quiet: bool,
    assume_yes: bool,
    /// Set when nobody reads stdout any more.
    is_stdout_gone: AtomicBool,
}

impl Ui {
    /// Sets up output.
    pub fn new(format: OutputFormat, color: ColorChoice, quiet: bool) -> Self {
        Ui { format, color, quiet, assume_yes: false, is_stdout_gone: AtomicBool::new(false) }
    }

    /// Answers every question with yes.
    #[must_use]
    pub fn assume_yes(mut self, yes: bool) -> Self {
        self.assume_yes = yes;
        self
    }

    /// Returns the form that was asked for.
    pub fn format(&self) -> OutputFormat {
        self.format
    }

    /// Says whether stdout is a terminal on which a live view makes sense.
    pub fn is_live(&self) -> bool {
        self.format == OutputFormat::Table && io::stdout().is_terminal()
    }

    /// Says whether stdout gets colour: as `--color` says, and by itself on a terminal without `NO_COLOR`.
    pub fn has_color(&self) -> bool {
        match self.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
        }
    }

    /// Returns the width of the terminal on stdout in columns; nothing in a pipe.
    pub fn width(&self) -> Option<usize> {
        terminal::stdout_width().map(usize::from)
    }

    /// Takes over the terminal for a live view.
    ///
    /// # Errors
    /// When the terminal can't be set up.
    pub fn live_screen(&self) -> Result<live::LiveScreen> {
        let theme = if self.has_color() { live::Theme::color() } else { live::Theme::mono() };
        live::LiveScreen::start(theme).map_err(|error| {
            Error::from_source(Kind::Failed, "the live view can't take the terminal", &error)
        })
    }

    /// Asks the person at the terminal; `--yes` answers for them.
    ///
    /// # Errors
    /// [`Kind::Usage`] when there is no terminal to ask on.
    pub fn confirm(&self, question: &str) -> Result<bool> {
        let mut input = io::stdin().lock();
        prompt::decide(question, self.assume_yes, terminal::can_ask(), &mut input, &mut |text| {
            self.write_stderr(text);
        })
    }

    /// Says whether somebody is there to be asked.
    pub fn can_ask(&self) -> bool {
        terminal::can_ask()
    }

    /// Asks the person at the terminal whether to go on with what they were at, which is the usual answer; `--yes` gives it for them.
    /// Without a terminal it is no.
    ///
    /// # Errors
    /// [`Kind::Failed`] when the answer can't be read.
    ///
    /// [`Kind::Failed`]: crate::error::Kind::Failed
    pub fn offer(&self, question: &str) -> Result<bool> {
        let mut input = io::stdin().lock();
        prompt::offer(question, self.assume_yes, terminal::can_ask(), &mut input, &mut |text| {
            self.write_stderr(text);
        })
    }

    /// Shows how far a job has come, on stderr: a bar on a terminal, JSON lines with `--output json`, else nothing. `total`: number
    /// of steps, where it is known.
    pub fn progress(&self, task: &str, total: Option<u64>) -> Progress {
        if self.quiet {
            Progress::silent(task, total)
        } else if self.format == OutputFormat::Json {
            Progress::lines(task, total)
        } else if io::stderr().is_terminal() {
            Progress::bar(task, total)
        } else {
            Progress::silent(task, total)
        }
    }

    /// Shows a report on stdout in the form that was asked for.
    ///
    /// # Errors
    /// When stdout can't be written; a broken pipe is no error.
    pub fn print(&self, report: &impl Report) -> Result<()> {
        self.print_as(report, self.format)
    }

    /// Shows a report on stdout in one form, whatever was asked for.
    ///
    /// # Errors
    /// When stdout can't be written; a broken pipe is no error.
    pub fn print_as(&self, report: &impl Report, format: OutputFormat) -> Result<()> {
        let mut text = Vec::new();
        match format {
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

    /// Shows a text on stdout as it is, whatever form was asked for: a script, a file.
    ///
    /// # Errors
    /// When stdout can't be written; a broken pipe is no error.
    pub fn print_text(&self, text: &[u8]) -> Result<()> {
        self.write_stdout(text)
    }

    fn write_stdout(&self, text: &[u8]) -> Result<()> {
        let mut out = anstream::AutoStream::new(io::stdout(), self.color.for_stream());
        match out.write_all(text).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_stdout_gone.store(true, Ordering::Relaxed);
                Ok(())
            }
            outcome => outcome.map_err(|error| output_failed(&error)),
        }
    }

    /// Says whether the last words on stdout met a closed pipe, so that a stream of them can end.
    pub fn is_stdout_gone(&self) -> bool {
        self.is_stdout_gone.load(Ordering::Relaxed)
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

    /// Shows what went wrong, on stderr; with `--output json` as one object on one line.
    pub fn error(&self, error: &Error) {
        self.write_stderr(&match self.format {
            OutputFormat::Json => failure::as_json(error),
            OutputFormat::Table | OutputFormat::Yaml => failure::as_text(error),
        });
    }

    fn write_stderr(&self, text: &str) {
        // nobody is left to tell when stderr is gone
        let _ = anstream::AutoStream::new(io::stderr(), self.color.for_stream()).write_all(text.as_bytes());
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
