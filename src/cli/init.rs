//! `enmon init`: writes a commented site file to start from.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::Context;
use crate::error::{Error, Kind, Result};
use crate::fsio::{self, Written};
use crate::ui::Report;

/// The file that is written.
const STARTER: &str = include_str!("../../templates/sites/starter.yaml");

/// Flags of `enmon init`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon init
  enmon init garage.yaml
  enmon init --dry-run | less")]
pub struct InitArgs {
    /// The file to write; without it, that of --site
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
    /// Print what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// What was written, or would be.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct InitReport {
    api_version: &'static str,
    kind: &'static str,
    /// The file.
    file: String,
    /// Is it there now?
    written: bool,
    /// Its text.
    text: &'static str,
}

impl Report for InitReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.written { writeln!(out, "{}", self.file) } else { out.write_all(self.text.as_bytes()) }
    }
}

/// Runs `enmon init`.
pub fn run(args: InitArgs, context: &Context) -> Result<()> {
    let path = args.file.unwrap_or_else(|| context.global.site.clone());
    let failed = |error| Error::from_source(Kind::Failed, "the site file can't be written", &error);
    if args.dry_run {
        // the text is all that a dry run of this command has to show
    } else if args.force {
        fsio::write_atomically(&path, STARTER.as_bytes(), 0o644).map_err(failed)?;
    } else if fsio::write_new(&path, STARTER.as_bytes(), 0o644).map_err(failed)? == Written::WasThere {
        let message = format!("{} is there already, and was left as it is", path.display());
        return Err(Error::new(Kind::Failed, message).hint("replace it with --force, or name another file"));
    }
    let file = path.display().to_string();
    context.ui.print(&InitReport {
        api_version: "enmon/v1",
        kind: "InitReport",
        file: file.clone(),
        written: !args.dry_run,
        text: STARTER,
    })?;
    if !args.dry_run {
        context.ui.say(&format!("Edit it for your site, then run: enmon check {file}"));
    }
    Ok(())
}
