//! `enmon prometheus status`: how far the second server is behind.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::servers::{ServerArgs, of_copy, of_source};
use crate::cli::{Context, online};
use crate::error::{Error, Kind, Result};
use crate::prometheus::remote::{Queue, queues, replication, settings};
use crate::site::Period;
use crate::ui::{Cell, Column, Report, Table, Tone};

/// Flags of `enmon prometheus status`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon prometheus status --from http://127.0.0.1:9090 --to http://10.0.1.5:9090
  enmon prometheus status --to http://10.0.1.5:9090 --max-lag 1m -o json

Exit codes:
  0  the first server sends to the second, and is not further behind than --max-lag
  1  it does not send, or is behind
  4  a server can't be reached
  5  the second server takes no samples from others")]
pub(super) struct StatusArgs {
    #[command(flatten)]
    servers: ServerArgs,
    /// Address at which the second server takes samples, where it is not URL/api/v1/write of --to
    #[arg(long, value_name = "URL")]
    receiver: Option<String>,
    /// How far the second server may be behind
    #[arg(long, value_name = "TIME", default_value = "2m")]
    max_lag: Period,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusReport {
    api_version: &'static str,
    kind: &'static str,
    from: String,
    to: String,
    /// Does the second server take samples from others?
    takes_samples: bool,
    /// How old samples may be that it takes out of order.
    out_of_order_window_seconds: i64,
    /// Its newest sample, milliseconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    newest_ms: Option<i64>,
    /// The queue to it; missing: the first server does not send to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<QueueItem>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct QueueItem {
    url: String,
    /// How much older the newest sample that was sent is than the newest one there is.
    behind_seconds: Option<f64>,
    /// Samples that wait.
    pending: f64,
    shards: f64,
    shards_desired: f64,
    /// Samples that were refused for good, since the start of the first server.
    failed: f64,
    /// Samples that were left out, since then.
    dropped: f64,
    /// Samples that were sent again, since then.
    retried: f64,
}

impl From<Queue> for QueueItem {
    fn from(queue: Queue) -> Self {
        QueueItem {
            url: queue.url,
            behind_seconds: queue.behind_seconds,
            pending: queue.pending,
            shards: queue.shards,
            shards_desired: queue.shards_desired,
            failed: queue.failed,
            dropped: queue.dropped,
            retried: queue.retried,
        }
    }
}

pub(super) fn run(args: &StatusArgs, context: &Context) -> Result<()> {
    let (source, copy, from) = args.servers.both(context)?;
    let url = args.receiver.clone().unwrap_or_else(|| replication::receiver_url(&args.servers.to));
    let report = online::block_on(async {
        let metrics = source.own_metrics().await.map_err(|error| of_source(&error))?;
        let loaded = copy.loaded_source().await.map_err(|error| of_copy(&error))?;
        let intake = copy.intake(&loaded).await.map_err(|error| of_copy(&error))?;
        let takes_samples = copy.takes_samples().await.map_err(|error| of_copy(&error))?;
        Ok(StatusReport {
            api_version: "enmon/v1",
            kind: "PrometheusPairStatus",
            from,
            to: args.servers.to.clone(),
            takes_samples,
            out_of_order_window_seconds: settings::out_of_order_window_ms(&loaded) / 1_000,
            newest_ms: intake.newest_ms,
            queue: queues(&metrics).into_iter().find(|queue| queue.url == url).map(QueueItem::from),
        })
    })?;
    context.ui.print(&report)?;
    verdict(args, &report, &url)
}

fn verdict(args: &StatusArgs, report: &StatusReport, url: &str) -> Result<()> {
    if !report.takes_samples {
        let message = format!("{} does not take samples from others", report.to);
        return Err(
            Error::new(Kind::Refused, message).hint("start it with --web.enable-remote-write-receiver")
        );
    }
    let Some(queue) = &report.queue else {
        let message = format!("{} does not send to {url}", report.from);
        return Err(Error::new(Kind::Failed, message)
            .hint("have it send: enmon prometheus replicate; another address of the receiver: --receiver"));
    };
    let most = args.max_lag.0.as_secs_f64();
    match queue.behind_seconds {
        Some(behind) if behind <= most => Ok(()),
        Some(behind) => Err(Error::new(Kind::Failed, format!("{} is {behind:.0} s behind", report.to))
            .hint("what it lacks in the end: enmon prometheus gaps")),
        None => Err(Error::new(Kind::Failed, format!("nothing was sent to {} yet", report.to))),
    }
}

impl Report for StatusReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let hours = self.out_of_order_window_seconds as f64 / 3_600.0;
        writeln!(
            out,
            "{} {}; samples out of order: {}",
            self.to,
            if self.takes_samples { "takes samples" } else { "takes no samples" },
            if hours > 0.0 { format!("up to {hours:.1} h old") } else { "none".to_owned() },
        )?;
        let Some(queue) = &self.queue else { return Ok(()) };
        let mut table = Table::new([
            Column::number("behind", "s"),
            Column::count("waiting"),
            Column::count("shards"),
            Column::count("wanted"),
            Column::count("refused"),
            Column::count("left out"),
            Column::count("sent again"),
        ]);
        let count = |value: f64| Cell::number(value, 0);
        let bad = |value: f64| count(value).tone(if value > 0.0 { Tone::Bad } else { Tone::Plain });
        table.row([
            Cell::maybe(queue.behind_seconds, 1),
            count(queue.pending),
            count(queue.shards),
            Cell::number(queue.shards_desired, 1),
            bad(queue.failed),
            count(queue.dropped),
            count(queue.retried),
        ]);
        table.render(out)
    }
}
