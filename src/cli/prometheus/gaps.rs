//! `enmon prometheus gaps`: what a second server lacks of the first, and its filling.

use std::collections::BTreeMap;
use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::moment::Moment;
use super::servers::{ServerArgs, of_copy, of_source, stopped};
use crate::cli::{Context, online};
use crate::error::{Error, Kind, Result};
use crate::prometheus::remote::{self, Comparison, Fill, Finding, Intake, LabelMatcher, Pair, settings};
use crate::promql;
use crate::promql::ast::{ExprKind, MatchOp, Modifiers};
use crate::runtime::{rfc3339, wall_clock_ms};
use crate::ui::{Column, Report, Table};

/// Ranges that are shown in the table; the rest is counted.
const MOST_SHOWN: usize = 20;
/// A queue that is no further behind has nothing that is looked at by default.
const LONGEST_LAG_SECONDS: f64 = 60.0;

/// Flags of `enmon prometheus gaps`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon prometheus gaps --from http://127.0.0.1:9090 --to http://10.0.1.5:9090
  enmon prometheus gaps --to http://10.0.1.5:9090 --since 7d --match '{job=\"hall\"}' -o json
  enmon prometheus gaps --to http://10.0.1.5:9090 --since 36h --fill --yes

A gap is a sample of the first server that the second has none of, for the same series at the same time: values, markers of staleness and
native histograms. Samples are read through remote read and written through remote write; nothing else is changed, and a run that was
interrupted is gone on with by the next one.

Exit codes:
  0  nothing is missing, or all of it is filled
  1  something is missing, or is left
  4  a server can't be reached
  5  the second server takes none of what is missing; nothing was written")]
pub(super) struct GapsArgs {
    #[command(flatten)]
    servers: ServerArgs,
    /// Series to look at, as a selector of PromQL; by default all
    #[arg(long = "match", value_name = "SELECTOR")]
    selector: Option<String>,
    /// Begin: how long ago, or a time such as 2026-11-28T06:00:00Z
    #[arg(long, value_name = "MOMENT", default_value = "24h")]
    since: Moment,
    /// End: how long ago, or a time. What is newer may still be on its way
    #[arg(long, value_name = "MOMENT", default_value = "2m")]
    until: Moment,
    /// Write what is missing into the second server
    #[arg(long)]
    fill: bool,
    /// Show what would be filled, and change nothing
    #[arg(long, requires = "fill")]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct GapsReport {
    api_version: &'static str,
    kind: &'static str,
    dry_run: bool,
    from: String,
    to: String,
    since: String,
    until: String,
    /// Values of the first server that were compared.
    compared: u64,
    /// Values that the second server lacked.
    missing: u64,
    /// Series of these.
    series: usize,
    /// Native histograms among the missing values.
    histograms: u64,
    /// Missing values that the second server does not take as it is.
    too_old: u64,
    /// Hours of `storage.tsdb.out_of_order_time_window` with which it would take them.
    #[serde(skip_serializing_if = "Option::is_none")]
    needed_window_hours: Option<i64>,
    /// Values that both have at the same time, and that are not the same. They can't be written anew.
    different: u64,
    /// Series that could not be compared, since labels that the second server adds hide them.
    unclear: u64,
    ranges: Vec<RangeItem>,
    /// Values that were written, and are there now.
    filled: u64,
    /// Values that are still missing.
    left: u64,
    /// What the second server said of values that it does not take.
    refusals: BTreeMap<String, u64>,
    /// What else should be known.
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RangeItem {
    from: String,
    until: String,
    values: u64,
    series: usize,
}

/// What is known of the servers before anything is compared.
struct Ground {
    pair: Pair,
    intake: Intake,
    notes: Vec<String>,
}

pub(super) fn run(args: &GapsArgs, context: &Context) -> Result<()> {
    let matchers = matchers(args.selector.as_deref())?;
    let (source, copy, from) = args.servers.both(context)?;
    let now_ms = wall_clock_ms();
    let span = (args.since.ms(now_ms), args.until.ms(now_ms));
    if span.0 > span.1 {
        return Err(Error::new(Kind::Usage, "--since is after --until"));
    }
    let pair = Pair { source, copy, copy_adds: Vec::new(), matchers, selection: None };
    let ground = online::block_on(ground(pair, args))?;
    let finding = found(&ground, span, context)?;
    let mut report = report(args, from, span, &ground, &finding);
    let to_fill = finding.missing - finding.too_old;
    let goes_on = args.fill && !args.dry_run && to_fill > 0;
    if goes_on {
        for note in &ground.notes {
            context.ui.warn(note);
        }
        let question = format!("Write {to_fill} missing values into {}?", args.servers.to);
        if !context.ui.confirm(&question)? {
            return Err(Error::new(Kind::Failed, "nothing was written"));
        }
        let fill = filled(&ground, &finding, context)?;
        (report.filled, report.left, report.refusals) = (fill.filled, fill.left, fill.refusals);
    }
    context.ui.print(&report)?;
    verdict(args, &report, &finding, to_fill)
}

/// Says what the exit code is to say.
fn verdict(args: &GapsArgs, report: &GapsReport, finding: &Finding, to_fill: u64) -> Result<()> {
    if report.left == 0 {
        return Ok(());
    }
    let to = &args.servers.to;
    let none_is_taken = args.fill && to_fill == 0 && finding.too_old > 0;
    let error = if none_is_taken {
        Error::new(Kind::Refused, format!("{to} takes none of the {} missing values", finding.missing))
            .hint("nothing was written")
    } else if args.fill && !args.dry_run {
        Error::new(Kind::Failed, format!("{} values are still missing at {to}", report.left))
    } else {
        let error = Error::new(Kind::Failed, format!("{to} lacks {} values", report.left));
        if args.fill { error } else { error.hint("fill them: enmon prometheus gaps … --fill") }
    };
    Err(match report.needed_window_hours {
        Some(hours) => error.hint(format!(
            "values come in order only, or are too old; set this in its configuration, reload it, and fill again: storage: {{tsdb: {{out_of_order_time_window: {hours}h}}}}"
        )),
        None => error,
    })
}

/// Asks both servers what they go by.
async fn ground(mut pair: Pair, args: &GapsArgs) -> Result<Ground> {
    let source = pair.source.loaded_source().await.map_err(|error| of_source(&error))?;
    let copy = pair.copy.loaded_source().await.map_err(|error| of_copy(&error))?;
    pair.copy_adds = settings::external_labels(&copy);
    let intake = pair.copy.intake(&copy).await.map_err(|error| of_copy(&error))?;
    if args.fill && !pair.copy.takes_samples().await.map_err(|error| of_copy(&error))? {
        let message = format!("{} does not take samples from others", args.servers.to);
        return Err(
            Error::new(Kind::Refused, message).hint("start it with --web.enable-remote-write-receiver")
        );
    }
    let mut notes = Vec::new();
    let url = remote::replication::receiver_url(&args.servers.to);
    if let Some(write) = settings::remote_writes(&source).into_iter().find(|write| write.url == url) {
        match write.selection {
            Some(selection) if selection.is_empty() => {}
            Some(selection) => {
                notes.push("series that write_relabel_configs of the first server leaves out are not looked at".to_owned());
                pair.selection = Some(selection);
            }
            None => notes.push(
                "write_relabel_configs of the first server changes series, and is not applied: what it drops or renames counts as missing; narrow with --match"
                    .to_owned(),
            ),
        }
    }
    notes.extend(lag_note(&pair, args).await);
    Ok(Ground { pair, intake, notes })
}

/// Warns of a queue that will send what is missing by itself. A server that does not show its metrics has no say here.
async fn lag_note(pair: &Pair, args: &GapsArgs) -> Option<String> {
    let metrics = pair.source.own_metrics().await.ok()?;
    let url = remote::replication::receiver_url(&args.servers.to);
    let queue = remote::queues(&metrics).into_iter().find(|queue| queue.url == url)?;
    let behind = queue.behind_seconds.filter(|behind| *behind > LONGEST_LAG_SECONDS)?;
    Some(format!(
        "the first server's queue is {behind:.0} s behind: what is in it will still arrive; fill when it has caught up"
    ))
}

fn found(ground: &Ground, span: (i64, i64), context: &Context) -> Result<Finding> {
    let minutes = u64::try_from((span.1 - span.0) / 60_000).unwrap_or(0).max(1);
    let mut progress = context.ui.progress("comparing, minutes", Some(minutes));
    let (mut covered_ms, mut told) = (0, 0);
    let mut step = |ms: i64| {
        covered_ms += ms;
        let minutes = u64::try_from(covered_ms / 60_000).unwrap_or(0);
        progress.advance(minutes - told);
        told = minutes;
    };
    online::block_on(async {
        remote::find(&ground.pair, span, &ground.intake, &mut step).await.map_err(|error| stopped(&error))
    })
}

fn filled(ground: &Ground, finding: &Finding, context: &Context) -> Result<Fill> {
    let mut progress = context.ui.progress("filling, values", Some(finding.missing));
    let fill = online::block_on(async {
        let mut step = |values: u64| progress.advance(values);
        remote::fill(&ground.pair, finding, &ground.intake, &mut step)
            .await
            .map_err(|error| stopped(&error).hint("what was written stays; run it again to go on"))
    })?;
    progress.finish("all is read again");
    Ok(fill)
}

fn report(args: &GapsArgs, from: String, span: (i64, i64), ground: &Ground, finding: &Finding) -> GapsReport {
    let ranges = finding.ranges.iter().map(|range| RangeItem {
        from: time(range.from_ms),
        until: time(range.until_ms),
        values: range.values,
        series: range.series.len(),
    });
    GapsReport {
        api_version: "enmon/v1",
        kind: "PrometheusGaps",
        dry_run: args.dry_run,
        from,
        to: args.servers.to.clone(),
        since: time(span.0),
        until: time(span.1),
        compared: finding.compared,
        missing: finding.missing,
        series: finding.series.len(),
        histograms: finding.histograms,
        too_old: finding.too_old,
        needed_window_hours: finding.oldest_too_old_ms.map(|oldest| ground.intake.window_for(oldest)),
        different: finding.different,
        unclear: finding.unclear,
        ranges: ranges.collect(),
        filled: 0,
        left: finding.missing,
        refusals: BTreeMap::new(),
        notes: ground.notes.clone(),
    }
}

fn time(ms: i64) -> String {
    rfc3339(u64::try_from(ms).unwrap_or(0))
}

/// Reads a selector as conditions; without one, all series that have a name.
fn matchers(selector: Option<&str>) -> Result<Vec<LabelMatcher>> {
    let Some(text) = selector else {
        let name = "__name__".to_owned();
        return Ok(vec![LabelMatcher { name, how: Comparison::Matches, value: ".+".to_owned() }]);
    };
    let wrong = |why: String| {
        Error::new(Kind::Usage, format!("`{text}` is no selector of series"))
            .cause(why)
            .hint("write it as in PromQL: '{job=\"hall\",circuit!=\"\"}'")
    };
    let expr = promql::parse(text).map_err(|error| wrong(error.message))?;
    let ExprKind::Selector(selector) = expr.kind else {
        return Err(wrong("it is another expression".to_owned()));
    };
    if selector.range.is_some() || selector.modifiers != Modifiers::default() {
        return Err(wrong("--since and --until say when".to_owned()));
    }
    let name = selector.name.map(|name| LabelMatcher {
        name: "__name__".to_owned(),
        how: Comparison::Equal,
        value: name.text,
    });
    let others = selector.matchers.into_iter().map(|matcher| LabelMatcher {
        name: matcher.label.text,
        how: match matcher.op {
            MatchOp::Equal => Comparison::Equal,
            MatchOp::NotEqual => Comparison::NotEqual,
            MatchOp::Matches => Comparison::Matches,
            MatchOp::NotMatches => Comparison::NotMatches,
        },
        value: matcher.value,
    });
    Ok(name.into_iter().chain(others).collect())
}

impl Report for GapsReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        for note in &self.notes {
            writeln!(out, "note: {note}")?;
        }
        if self.different > 0 {
            writeln!(
                out,
                "{} values are others at {}, at the same time; a server does not let them be replaced",
                self.different, self.to
            )?;
        }
        if self.unclear > 0 {
            writeln!(
                out,
                "{} series could not be compared: labels that {} adds hide them",
                self.unclear, self.to
            )?;
        }
        if self.missing == 0 {
            return writeln!(
                out,
                "{} has all {} values that {} has from {} to {}",
                self.to, self.compared, self.from, self.since, self.until
            );
        }
        let mut table = Table::new([
            Column::name("from"),
            Column::name("until"),
            Column::count("series"),
            Column::count("missing values"),
        ]);
        for range in self.ranges.iter().take(MOST_SHOWN) {
            table.row([
                range.from.as_str().into(),
                range.until.as_str().into(),
                range.series.into(),
                range.values.into(),
            ]);
        }
        table.render(out)?;
        if self.ranges.len() > MOST_SHOWN {
            writeln!(out, "… {} more", self.ranges.len() - MOST_SHOWN)?;
        }
        for (reason, values) in &self.refusals {
            writeln!(out, "{values} values were refused: {reason}")?;
        }
        writeln!(
            out,
            "\n{} of {} values were missing, of {} series; {} are filled, {} are left",
            self.missing, self.compared, self.series, self.filled, self.left
        )
    }
}
