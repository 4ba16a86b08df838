//! `enmon dashboard list`: which pages there are.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::PageOptions;
use crate::cli::Context;
use crate::error::Result;
use crate::prometheus::dashboard::queries;
use crate::ui::{Cell, Column, Report, Table};

/// Flags of `enmon dashboard list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon dashboard list
  enmon dashboard list --with standby -o json")]
pub(super) struct ListArgs {
    #[command(flatten)]
    pages: PageOptions,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ListReport {
    api_version: &'static str,
    kind: &'static str,
    dashboards: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    page: &'static str,
    uid: String,
    title: String,
    panels: usize,
    queries: usize,
}

pub(super) fn run(args: &ListArgs, context: &Context) -> Result<()> {
    let dashboards = args.pages.dashboards(context)?.into_iter().map(|(page, dashboard)| Entry {
        page: page.as_str(),
        panels: dashboard.panels.iter().filter(|panel| !panel.targets.is_empty()).count(),
        queries: queries::queries(&dashboard).len(),
        uid: dashboard.uid,
        title: dashboard.title,
    });
    let dashboards = dashboards.collect();
    context.ui.print(&ListReport { api_version: "enmon/v1", kind: "DashboardList", dashboards })
}

impl Report for ListReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = Table::new([
            Column::name("page"),
            Column::name("uid"),
            Column::count("panels"),
            Column::count("queries"),
            Column::text("title"),
        ]);
        for entry in &self.dashboards {
            table.row([
                Cell::new(entry.page),
                Cell::new(&entry.uid),
                Cell::new(entry.panels),
                Cell::new(entry.queries),
                Cell::new(&entry.title),
            ]);
        }
        table.render(out)
    }
}
