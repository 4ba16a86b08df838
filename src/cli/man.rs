//! `enmon man`: a man page for each command, made from the command line itself.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use clap_mangen::Man;
use serde::Serialize;

use super::Context;
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::ui::Report;

/// Flags of `enmon man`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon man ~/.local/share/man/man1
  enmon man /tmp/pages -o json")]
pub struct ManArgs {
    /// The folder; it is made if it is not there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// What was written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ManReport {
    api_version: &'static str,
    kind: &'static str,
    folder: PathBuf,
    files: Vec<String>,
}

impl Report for ManReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{} man pages in {}", self.files.len(), self.folder.display())
    }
}

/// Runs `enmon man`.
pub fn run(args: ManArgs, context: &Context) -> Result<()> {
    let pages =
        pages().map_err(|error| Error::from_source(Kind::Bug, "the man pages can't be made", &error))?;
    let failed =
        |error: fsio::FileError| Error::from_source(Kind::Failed, "the man pages can't be written", &error);
    fsio::make_folder(&args.folder).map_err(failed)?;
    for (name, page) in &pages {
        fsio::write_atomically(&args.folder.join(name), page, 0o644).map_err(failed)?;
    }
    let files = pages.into_iter().map(|(name, _)| name).collect();
    context.ui.print(&ManReport { api_version: "enmon/v1", kind: "ManPages", folder: args.folder, files })
}

/// Returns file names and texts of all man pages: `enmon.1`, `enmon-modbus-read.1`, …
fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut command = super::command().disable_help_subcommand(true);
    // sets the names with dashes by which pages refer to each other
    command.build();
    let mut pages = Vec::new();
    collect(&command, &mut pages)?;
    Ok(pages)
}

fn collect(command: &clap::Command, pages: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    let notes = command.get_after_long_help().or_else(|| command.get_after_help()).map(ToString::to_string);
    let bare = command.clone().after_help(None::<&str>).after_long_help(None::<&str>);
    let man = Man::new(bare).manual("enmon manual").source(concat!("enmon ", env!("CARGO_PKG_VERSION")));
    let mut page = Vec::new();
    man.render(&mut page)?;
    page.extend_from_slice(notes_section(&notes.unwrap_or_default()).as_bytes());
    pages.push((man.get_filename(), page));
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        collect(inner, pages)?;
    }
    Ok(())
}

/// Turns the text below a command's help (`Examples:` and indented lines) into sections whose lines stay as they are.
fn notes_section(notes: &str) -> String {
    let mut section = String::new();
    for line in notes.lines() {
        match line.strip_suffix(':') {
            Some(heading) if !line.starts_with(' ') => {
                section += &format!(".SH {}\n.nf\n", escaped(&heading.to_uppercase()));
            }
            _ => section += &format!("{}\n", escaped(line.strip_prefix("  ").unwrap_or(line))),
        }
    }
    section
}

/// Keeps roff from reading a backslash, a dash, or a dot or quote at the start of a line as its own.
fn escaped(line: &str) -> String {
    let line = line.replace('\\', "\\e").replace('-', "\\-");
    if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_become_sections_and_nothing_is_a_roff_request() {
        assert_eq!(
            notes_section("Examples:\n  enmon check --online\n  .hidden \\n"),
            ".SH EXAMPLES\n.nf\nenmon check \\-\\-online\n\\&.hidden \\en\n"
        );
    }

    #[test]
    fn every_command_has_a_page_named_after_it() {
        let names: Vec<String> = pages().unwrap().into_iter().map(|(name, _)| name).collect();
        assert!(names.contains(&"enmon.1".to_owned()), "{names:?}");
        assert!(names.contains(&"enmon-completions.1".to_owned()), "{names:?}");
        assert!(!names.iter().any(|name| name.contains("help")), "{names:?}");
    }
}
