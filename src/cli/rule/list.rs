//! `enmon rule list`: what is recorded, and what alerts.

use std::collections::BTreeMap;
use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::{FileArgs, files};
use crate::cli::scrape::TargetArgs;
use crate::cli::{Context, site_input};
use crate::error::{Error, Kind, Result};
use crate::prometheus::config::{self, RuleKind};
use crate::ui::{Cell, Column, Report, Table};

/// Flags of `enmon rule list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon rule list
  enmon rule list rules/*.yml
  enmon rule list -o json | jq -r '.items[] | select(.labels.severity == \"critical\") | .name'

Exit codes:
  0  all rules are listed
  3  a file can't be understood; what can be is listed all the same")]
pub(super) struct ListArgs {
    #[command(flatten)]
    files: FileArgs,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ListReport {
    api_version: &'static str,
    kind: &'static str,
    items: Vec<RuleItem>,
    /// Are there several files?
    #[serde(skip)]
    has_several_files: bool,
    /// Can a file not be understood?
    #[serde(skip)]
    is_partial: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RuleItem {
    file: String,
    group: String,
    /// alert or record
    kind: &'static str,
    name: String,
    expr: String,
    /// How long the expression must hold before the alert fires.
    for_seconds: f64,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

pub(super) fn run(args: &ListArgs, target: &TargetArgs, context: &Context) -> Result<()> {
    let mut items = Vec::new();
    let files = files::read_all(&args.files.files, target, context)?.1;
    let mut wrong: Vec<&str> = Vec::new();
    let mut details = String::new();
    for file in &files {
        let mistakes = file.form_mistakes();
        if !mistakes.is_empty() {
            wrong.push(&file.name);
            details.push_str(&site_input::render_findings(&mistakes, |_| &file.text));
        }
        let rules = file.draft.source.as_ref().map(config::rules).unwrap_or_default();
        items.extend(rules.into_iter().map(|rule| RuleItem {
            file: file.name.clone(),
            group: rule.group,
            kind: match rule.kind {
                RuleKind::Alert => "alert",
                RuleKind::Record => "record",
            },
            name: rule.name,
            expr: rule.expr.trim().to_owned(),
            for_seconds: rule.for_ms.unwrap_or(0) as f64 / 1_000.0,
            labels: rule.labels.into_iter().collect(),
            annotations: rule.annotations.into_iter().collect(),
        }));
    }
    context.ui.print(&ListReport {
        api_version: "enmon/v1",
        kind: "RuleList",
        items,
        has_several_files: files.len() > 1,
        is_partial: !wrong.is_empty(),
    })?;
    match wrong.as_slice() {
        [] => Ok(()),
        [file] => Err(Error::new(Kind::Invalid, format!("{file} can't be understood")).details(details)),
        wrong => Err(Error::new(Kind::Invalid, format!("{} rule files can't be understood", wrong.len()))
            .cause(wrong.join(", "))
            .details(details)),
    }
}

impl Report for ListReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.items.is_empty() {
            return if self.is_partial { Ok(()) } else { writeln!(out, "there are no rules") };
        }
        let file = self.has_several_files.then(|| Column::text("file"));
        let mut table = Table::new(file.into_iter().chain([
            Column::text("group"),
            Column::name("rule"),
            Column::text("severity"),
            Column::number("for", "s"),
            Column::text("expression"),
        ]));
        for rule in &self.items {
            let words: Vec<&str> = rule.expr.split_whitespace().collect();
            let is_alert = rule.kind == "alert";
            let file = self.has_several_files.then(|| Cell::new(&rule.file));
            table.row(file.into_iter().chain([
                Cell::new(&rule.group),
                Cell::new(&rule.name),
                Cell::new(rule.labels.get("severity").map_or("", String::as_str)),
                if is_alert { Cell::number(rule.for_seconds, 0) } else { Cell::new("") },
                Cell::new(words.join(" ")),
            ]));
        }
        table.render(out)
    }
}
