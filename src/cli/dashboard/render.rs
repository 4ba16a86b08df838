//! `enmon dashboard render`: the pages as JSON, in files or on stdout.

use std::path::{Path, PathBuf};

use clap::Args;

use super::PageOptions;
use super::apply::{self, Destination};
use crate::cli::Context;
use crate::error::{Error, Kind, Result};

/// Flags of `enmon dashboard render`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon dashboard render dashboards
  enmon dashboard render - --page chargers > chargers.json
  enmon dashboard render dashboards --label site=garage --runbooks https://wiki.example.org/runbooks

A file is named for the uid of its page, which stays as long as the site keeps its name.")]
pub(super) struct RenderArgs {
    /// Folder for the files; `-`: one page on stdout
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    pages: PageOptions,
}

pub(super) fn run(args: &RenderArgs, context: &Context) -> Result<()> {
    let pages = args.pages.dashboards(context)?;
    if args.folder != Path::new("-") {
        return apply::put(&pages, &Destination::Folder(&args.folder), false, context);
    }
    match pages.as_slice() {
        [(_, page)] => context.ui.print_text(page.json().as_bytes()),
        pages => {
            Err(Error::new(Kind::Usage, format!("stdout takes one page, and these are {}", pages.len()))
                .hint("name it with --page, for example --page chargers"))
        }
    }
}
