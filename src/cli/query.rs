//! `enmon query`: asks a Prometheus, and shows the answer as a table, JSON, CSV, a plot in the terminal or an SVG file.

mod report;

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;

use self::report::QueryReport;
use super::site_server::{ServerOptions, executor, server_failed};
use super::{Context, site_input};
use crate::document::{Finding, Place, Severity};
use crate::error::{Error, Kind, Result};
use crate::prometheus::{RangeError, TimeRange};
use crate::site::Period;
use crate::{fsio, promql, runtime};

/// Height of a plot in a pipe, in lines.
const PLOT_HEIGHT: usize = 20;
/// Width of a plot where there is no terminal, in columns.
const PLOT_WIDTH: usize = 80;

/// Flags of `enmon query`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon query 'max by (charger) (ev_charger_current)'
  enmon query enmon_alarms --at 2026-11-03T07:00:00Z
  enmon query 'enmon_circuit_headroom_amperes{circuit=\"main\"}' --range 6h --plot
  enmon query 'rate(enmon_cycles_total[5m])' --range 1d --step 5m --csv > cycles.csv
  enmon query solar_input_current_amplitude --range 12h --svg solar.svg --server http://127.0.0.1:9090

Labels that all series share are shown above the table, those that differ are its columns. With --range the table sums up each series;
--csv and -o json give every point. Without --step, one is chosen that gives at most 240 points. Times are those of UTC.

Exit codes:
  0  the server answered, perhaps with nothing
  2  a range that the server would refuse
  3  the expression is wrong; it was not sent
  4  the server can't be reached
  5  the server refused")]
pub struct QueryArgs {
    /// The expression, in PromQL
    #[arg(value_name = "PROMQL")]
    expression: String,
    /// Moment to look at, or where the range ends: `now`, 2026-11-03T07:00:00Z, seconds since 1970, or 90m for so long ago
    #[arg(long, value_name = "TIME", default_value = "now", value_parser = moment)]
    at: Moment,
    /// Look at so much time up to then, instead of a moment
    #[arg(long, value_name = "TIME")]
    range: Option<Period>,
    /// Time between two points of the range
    #[arg(long, value_name = "TIME", requires = "range")]
    step: Option<Period>,
    /// Show the range as a plot
    #[arg(long, requires = "range", conflicts_with = "csv")]
    plot: bool,
    /// Write the range as a plot into an SVG file
    #[arg(long, value_name = "FILE", requires = "range")]
    svg: Option<PathBuf>,
    /// Print every point as comma-separated values (RFC 4180)
    #[arg(long)]
    csv: bool,
    #[command(flatten)]
    server: ServerOptions,
}

/// A moment that a person named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Now,
    /// Milliseconds since the Unix epoch.
    At(u64),
    Ago(Period),
}

fn moment(text: &str) -> std::result::Result<Moment, String> {
    if text == "now" {
        return Ok(Moment::Now);
    }
    if let Some(ms) = runtime::parse_rfc3339(text) {
        return Ok(Moment::At(ms));
    }
    if let Ok(seconds) = text.parse::<f64>() {
        // up to the year 9999, as RFC 3339 can say it
        if (0.0..253_402_300_800.0).contains(&seconds) {
            return Ok(Moment::At((seconds * 1_000.0).round() as u64));
        }
    }
    let ago = text.parse::<Period>().map(Moment::Ago);
    ago.map_err(|_| {
        "write now, 2026-11-03T07:00:00Z, seconds since 1970, or how long ago, for example 90m".to_owned()
    })
}

impl Moment {
    fn as_millis(self, now_ms: u64) -> u64 {
        match self {
            Moment::Now => now_ms,
            Moment::At(ms) => ms,
            Moment::Ago(period) => now_ms.saturating_sub(period.as_millis()),
        }
    }
}

/// Runs `enmon query`.
pub fn run(args: &QueryArgs, context: &Context) -> Result<()> {
    promql::parse(&args.expression).map_err(|error| wrong(&args.expression, error))?;
    let (server, url) = args.server.server(context)?;
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_millis() as u64);
    let at_ms = args.at.as_millis(now_ms);
    let range = args.range.map(|length| {
        TimeRange::ending(at_ms, length.0, args.step.map(|step| step.0)).map_err(|error| unusable(&error))
    });
    let range = range.transpose()?;
    let executor = executor()?;
    let answer = match &range {
        Some(range) => executor.block_on(server.query_range(&args.expression, range)),
        None => executor.block_on(server.query(&args.expression, Some(at_ms))),
    };
    let answer = answer.map_err(|error| server_failed(&error))?;
    for warning in &answer.warnings {
        context.ui.warn(warning);
    }
    if answer.histograms > 0 {
        context.ui.warn(&format!("{} native histograms are left out", answer.histograms));
    }
    let report = QueryReport::new(&args.expression, url, at_ms, range, answer);
    if let Some(path) = &args.svg {
        fsio::write_atomically(path, report.chart().svg().as_bytes(), 0o644)
            .map_err(|error| Error::from_source(Kind::Failed, "the plot can't be written", &error))?;
        context.ui.say(&format!("the plot is in {}", path.display()));
    }
    if args.csv {
        return context.ui.print_text(report.csv().as_bytes());
    }
    if args.plot {
        let width = context.ui.width().unwrap_or(PLOT_WIDTH);
        let plot = report.chart().plain(width, PLOT_HEIGHT, context.ui.has_color());
        return context.ui.print_text(plot.as_bytes());
    }
    context.ui.print(&report)
}

fn unusable(error: &RangeError) -> Error {
    let told = Error::new(Kind::Usage, error.to_string());
    match error {
        RangeError::TooManyPoints { least_step_s, .. } => {
            told.hint(format!("a step of {} is long enough", Period::from_secs(*least_step_s)))
        }
        RangeError::NoStep | RangeError::Empty => told,
    }
}

/// Shows the place of a mistake in an expression.
pub(super) fn wrong(expression: &str, error: promql::ParseError) -> Error {
    let position = promql::Position::of(expression, error.span.start);
    let finding = Finding {
        severity: Severity::Error,
        code: error.code.as_str().into(),
        message: error.message,
        file: "expression".into(),
        place: Some(Place {
            line: position.line,
            column: position.column,
            start: error.span.start,
            end: error.span.end,
        }),
        hint: error.hint,
    };
    Error::new(Kind::Invalid, "the expression is wrong; it was not sent")
        .details(site_input::render_findings(&[finding], |_| expression))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_people_write_them() {
        for (text, ms) in [
            ("now", 1_000_000_000),
            ("2026-11-03T07:00:00Z", 1_793_689_200_000),
            ("1793689200", 1_793_689_200_000),
            ("1793689200.5", 1_793_689_200_500),
            ("90m", 1_000_000_000 - 5_400_000),
        ] {
            assert_eq!(moment(text).unwrap().as_millis(1_000_000_000), ms, "{text}");
        }
        for text in ["", "-1", "soon", "1e30", "NaN", "2026-11-03"] {
            assert!(moment(text).is_err(), "{text}");
        }
    }
}
