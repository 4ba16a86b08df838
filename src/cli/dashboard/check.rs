//! `enmon dashboard check`: every query of the pages, asked of a Prometheus.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use serde::Serialize;

use super::PageOptions;
use crate::cli::Context;
use crate::cli::site_server::{ServerOptions, executor, server_failed};
use crate::error::{Error, Kind, Result};
use crate::prometheus::dashboard::queries::{Intervals, PanelQuery, queries, substituted, variables};
use crate::prometheus::dashboard::{Dashboard, PageName};
use crate::prometheus::{QueryAnswer, Server, ServerError, TimeRange};
use crate::site::Period;
use crate::ui::{Cell, Column, Report, Table, Tone};

/// Values of a variable that are put into a query; more say no more.
const MOST_VALUES: usize = 200;

/// Flags of `enmon dashboard check`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon dashboard check
  enmon dashboard check --page site --page chargers --server http://127.0.0.1:9090
  enmon dashboard check --range 1h -o json | jq '.queries[] | select(.hasData | not)'

Each query is asked as its panel would ask it, with each value of its variables. A query has data when it has some for one of the
values; for which it has none is in -o json. Annotations have data only when something is wrong, so they only have to be right.

Exit codes:
  0  every query has data
  1  one has none, or is refused by the server
  4  the server can't be reached")]
pub(super) struct CheckArgs {
    #[command(flatten)]
    pages: PageOptions,
    /// How far back panels over time look
    #[arg(long, value_name = "TIME", default_value = "15m")]
    range: Period,
    /// What stands for $__rate_interval: four times the interval of scrapes
    #[arg(long, value_name = "TIME", default_value = "1m")]
    rate_interval: Period,
    #[command(flatten)]
    server: ServerOptions,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CheckReport {
    api_version: &'static str,
    kind: &'static str,
    server: String,
    /// Has every query data?
    complete: bool,
    variables: Vec<VariableReport>,
    queries: Vec<QueryReport>,
}

#[derive(Debug, Serialize)]
struct VariableReport {
    page: &'static str,
    name: &'static str,
    values: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct QueryReport {
    page: &'static str,
    row: String,
    panel: String,
    ref_id: String,
    expression: String,
    has_data: bool,
    may_be_empty: bool,
    /// Series that it found, over all values of its variables.
    series: usize,
    /// Values of its variable for which it found nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values_without_data: Vec<String>,
    /// Why the server refused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
}

/// What queries are asked with.
struct Asker<'a> {
    server: &'a Server,
    range: TimeRange,
    intervals: Intervals,
}

pub(super) fn run(args: &CheckArgs, context: &Context) -> Result<()> {
    let pages = args.pages.dashboards(context)?;
    let (server, url) = args.server.server(context)?;
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_millis() as u64);
    let range = TimeRange::ending(now_ms, args.range.0, None)
        .map_err(|error| Error::from_source(Kind::Usage, "--range can't be looked at", &error))?;
    let step = Period(range.step).to_string();
    let intervals = Intervals { step, rate: args.rate_interval.to_string() };
    let asker = Asker { server: &server, range, intervals };
    let executor = executor()?;
    let mut report = CheckReport {
        api_version: "enmon/v1",
        kind: "DashboardCheck",
        server: url,
        complete: true,
        variables: Vec::new(),
        queries: Vec::new(),
    };
    let mut progress = context.ui.progress("asking", Some(pages.len() as u64));
    for (page, dashboard) in &pages {
        executor
            .block_on(asker.page(*page, dashboard, &mut report))
            .map_err(|error| server_failed(&error))?;
        progress.advance(1);
    }
    drop(progress);
    report.complete = report.queries.iter().all(|query| query.is_right());
    context.ui.print(&report)?;
    if report.complete {
        return Ok(());
    }
    let without = report.queries.iter().filter(|query| !query.is_right()).count();
    Err(Error::new(Kind::Failed, format!("{without} of {} queries have no data", report.queries.len()))
        .hint("are the jobs there, and scraped? see: enmon scrape list"))
}

impl Asker<'_> {
    async fn page(
        &self,
        page: PageName,
        dashboard: &Dashboard,
        report: &mut CheckReport,
    ) -> std::result::Result<(), ServerError> {
        let mut values: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        for variable in variables(dashboard) {
            let answer = self.ask(&variable.selector, false).await?;
            let found = answer.series.iter().filter_map(|series| series.labels.get(variable.label).cloned());
            let found: BTreeSet<String> = found.collect();
            let found: Vec<String> = found.into_iter().collect();
            values.insert(variable.name, found.clone());
            report.variables.push(VariableReport { page: page.as_str(), name: variable.name, values: found });
        }
        for query in queries(dashboard) {
            report.queries.push(self.query(page, query, &values).await?);
        }
        Ok(())
    }

    /// Asks a query with each value of the variable that it uses; pages have no query with two.
    async fn query(
        &self,
        page: PageName,
        query: PanelQuery,
        values: &BTreeMap<&'static str, Vec<String>>,
    ) -> std::result::Result<QueryReport, ServerError> {
        let mut outcome = QueryReport {
            page: page.as_str(),
            row: query.row,
            panel: query.panel,
            ref_id: query.ref_id,
            expression: query.expr,
            has_data: false,
            may_be_empty: query.may_be_empty,
            series: 0,
            values_without_data: Vec::new(),
            refusal: None,
        };
        let variable = query.variables.first().copied();
        let of_variable = variable.and_then(|name| values.get(name));
        let chosen: Vec<Option<&String>> = match (variable, of_variable) {
            (Some(_), values) => values.into_iter().flatten().take(MOST_VALUES).map(Some).collect(),
            (None, _) => vec![None],
        };
        for value in chosen {
            let put: BTreeMap<&str, &str> = variable.zip(value.map(String::as_str)).into_iter().collect();
            let expr = substituted(&outcome.expression, &put, &self.intervals);
            let found = match self.ask(&expr, query.is_instant).await {
                Ok(answer) => answer.series.len() + answer.histograms,
                Err(ServerError::Refused { reason, .. }) => {
                    outcome.refusal = Some(reason);
                    return Ok(outcome);
                }
                Err(error) => return Err(error),
            };
            outcome.series += found;
            if found == 0 {
                outcome.values_without_data.extend(value.cloned());
            }
        }
        outcome.has_data = outcome.series > 0;
        Ok(outcome)
    }

    async fn ask(&self, expr: &str, is_instant: bool) -> std::result::Result<QueryAnswer, ServerError> {
        if is_instant {
            self.server.query(expr, Some(self.range.until_ms)).await
        } else {
            self.server.query_range(expr, &self.range).await
        }
    }
}

impl QueryReport {
    fn is_right(&self) -> bool {
        self.refusal.is_none() && (self.has_data || self.may_be_empty)
    }
}

impl Report for CheckReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        for variable in &self.variables {
            let (page, name, count) = (variable.page, variable.name, variable.values.len());
            writeln!(out, "{page}: ${name} has {count} value{}", if count == 1 { "" } else { "s" })?;
        }
        let wrong: Vec<&QueryReport> = self.queries.iter().filter(|query| !query.is_right()).collect();
        if wrong.is_empty() {
            return writeln!(out, "all {} queries have data", self.queries.len());
        }
        let mut table = Table::new([
            Column::name("page"),
            Column::name("panel"),
            Column::name("query"),
            Column::text("what"),
        ]);
        for query in wrong {
            let what = query.refusal.clone().unwrap_or_else(|| format!("no data: {}", query.expression));
            table.row([
                Cell::new(query.page),
                Cell::new(&query.panel),
                Cell::new(&query.ref_id),
                Cell::new(what).tone(Tone::Bad),
            ]);
        }
        table.render(out)
    }
}
