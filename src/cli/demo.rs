//! `enmon demo`: a simulated garage, the controller on it, and a live view, with nothing but this program.
//!
//! The devices listen on loopback and speak their real protocols; the controller can't tell them from real ones.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::site_input::{self, LoadedSite};
use super::status::StatusReport;
use super::{Context, control_loop, site_view};
use crate::control::{self, Ending, Journal, Parts, Retention, SiteStatus, State, WriteGate, hub};
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::runtime;
use crate::sim::{self, Scene, SimOptions};
use crate::site::Period;
use crate::ui::OutputFormat;
use crate::ui::live::{LiveKey, View, plain};

/// The garage of the demo, compiled in.
const GARAGE: &str = include_str!("../../templates/sites/garage.yaml");

/// Flags of `enmon demo`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon demo
  enmon demo --seconds 60
  enmon demo --seconds 10 -o json

Keys:
  q, Ctrl-C  end; every charger is left at its fail-safe current")]
pub struct DemoArgs {
    /// End after so many seconds; without it, at q or Ctrl-C
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    seconds: Option<u64>,
    /// Seed of the cars, the base load and the sun
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Runs `enmon demo`.
pub fn run(args: DemoArgs, context: &Context) -> Result<()> {
    let folder = fsio::temporary_folder()
        .map_err(|error| Error::from_source(Kind::Failed, "the demo has no folder", &error))?;
    let site = site_input::load_text(GARAGE.to_owned(), &folder.path().join("garage.yaml"))?;
    let executor = tokio::runtime::Runtime::new()
        .map_err(|error| Error::from_source(Kind::Failed, "the demo can't be started", &error))?;
    let demo = executor.block_on(Demo::start(site, folder.path(), args.seed))?;
    let shown = demo.show(args.seconds.map(Duration::from_secs), context);
    let ended = executor.block_on(demo.end(context));
    executor.shutdown_timeout(Duration::from_secs(1));
    shown.and(ended)
}

/// A running demo.
struct Demo {
    status: watch::Receiver<Option<Arc<SiteStatus>>>,
    controller: JoinHandle<Ending>,
    journal: Journal,
    devices: sim::Running,
    url: String,
    /// Ends the controller, at a signal too.
    stop: CancellationToken,
    /// Ends what the controller needs until its end.
    stop_rest: CancellationToken,
}

impl Demo {
    async fn start(mut site: LoadedSite, folder: &Path, seed: u64) -> Result<Demo> {
        let signals = runtime::listen()
            .map_err(|error| Error::from_source(Kind::Failed, "signals can't be received", &error))?;
        let stop_rest = CancellationToken::new();
        let options = SimOptions {
            seed,
            speed: 1.0,
            scene: Scene::Lively,
            any_port: true,
            certs: Some(folder.to_owned()),
            lenient: false,
        };
        let devices =
            sim::run(&site.site, &site.catalogue, &options, stop_rest.clone()).await.map_err(|error| {
                Error::from_source(Kind::Failed, "the simulated devices can't be started", &error)
            })?;
        site.site = devices.site.clone();
        site.site.api.listen.set_port(0);
        // whoever looks at a demo does not want to wait for ten seconds
        site.site.control.raise_after = Period::from_secs(3);
        let model = Arc::new(site.site.clone());
        let clock = control_loop::clock();
        let (callers, port) = hub();
        let status = callers.status.clone();
        let token = folder.join("api-token");
        let server = control_loop::api(&site, &token, callers, Arc::clone(&clock), stop_rest.clone()).await?;
        let journal = Journal::open(&folder.join("journal.sqlite"), Retention::default());
        let parts = Parts {
            plant: control_loop::plant(&WriteGate::open(), &site, &model, &clock)?,
            state: State::empty(&model),
            site: model,
            // the demo's site is not as its text says: ports and delays are its own
            file: None,
            journal: journal.clone(),
            hub: port,
            reloads: mpsc::channel(1).1,
            clock,
            stop: signals.stop.clone(),
            ready: None,
            heartbeat: watch::Sender::new(0),
            standby: None,
        };
        Ok(Demo {
            status,
            controller: tokio::spawn(control::run(parts)),
            journal,
            devices,
            url: format!("http://{}", server.local_addr),
            stop: signals.stop,
            stop_rest,
        })
    }

    /// Shows each decision until the time is over, somebody ends it, or nobody looks any more.
    fn show(&self, time: Option<Duration>, context: &Context) -> Result<()> {
        let end = time.map(|time| Instant::now() + time);
        if context.ui.is_live() { self.show_live(end, context) } else { self.show_lines(end, context) }
    }

    fn is_over(&self, end: Option<Instant>) -> bool {
        self.stop.is_cancelled() || end.is_some_and(|end| Instant::now() >= end)
    }

    /// Returns the newest status if it is newer than the one at `after`.
    fn newer(&self, after: Option<u64>) -> Option<Arc<SiteStatus>> {
        self.status.borrow().clone().filter(|status| after.is_none_or(|after| status.at > after))
    }

    fn picture(&self, status: &SiteStatus) -> View {
        let footer = format!("simulated devices on loopback · metrics and API at {} · q ends", self.url);
        site_view::view(status, format!("enmon demo · {}", status.site), footer)
    }

    fn show_live(&self, end: Option<Instant>, context: &Context) -> Result<()> {
        let failed = |error: std::io::Error| Error::from_source(Kind::Failed, "the live view failed", &error);
        let mut screen = context.ui.live_screen()?;
        let mut shown = None;
        let mut view = View { title: "enmon demo".into(), subtitle: "starting".into(), ..View::default() };
        screen.draw(&view).map_err(failed)?;
        while !self.is_over(end) {
            if let Some(status) = self.newer(shown) {
                shown = Some(status.at);
                view = self.picture(&status);
                screen.draw(&view).map_err(failed)?;
            }
            match screen.next_key(Duration::from_millis(50)).map_err(failed)? {
                Some(LiveKey::Quit) => break,
                Some(_) => screen.draw(&view).map_err(failed)?,
                None => {}
            }
        }
        Ok(())
    }

    fn show_lines(&self, end: Option<Instant>, context: &Context) -> Result<()> {
        let mut earlier: Option<View> = None;
        let mut shown = None;
        while !self.is_over(end) && !context.ui.is_stdout_gone() {
            let Some(status) = self.newer(shown) else {
                // a pipe is no animation: a twentieth of a second is soon enough
                std::thread::sleep(Duration::from_millis(50));
                continue;
            };
            shown = Some(status.at);
            match context.ui.format() {
                OutputFormat::Json => context.ui.print_json_line(&*status)?,
                OutputFormat::Yaml => {
                    context.ui.print_text(b"---\n")?;
                    let now_ms = status.at;
                    context.ui.print(&StatusReport { status: SiteStatus::clone(&status), now_ms })?;
                }
                OutputFormat::Table => {
                    let view = self.picture(&status);
                    context.ui.print_text(plain(&view, earlier.as_ref()).as_bytes())?;
                    earlier = Some(view);
                }
            }
        }
        Ok(())
    }

    /// Ends the controller, looks at what it has left behind, and ends the rest.
    async fn end(self, context: &Context) -> Result<()> {
        self.stop.cancel();
        let ending = self.controller.await;
        let truth = self.devices.handle.truth();
        self.stop_rest.cancel();
        self.devices.stopped().await;
        if let Err(why) = self.journal.close() {
            context.ui.warn(&format!("entries of the journal are lost: {why}"));
        }
        let ending = ending
            .map_err(|error| Error::from_source(Kind::Bug, "the controller ended by itself", &error))?;
        let left: Vec<String> =
            truth.chargers.iter().map(|charger| format!("{} {}", charger.name, charger.offered)).collect();
        if !ending.unconfirmed.is_empty() {
            let names = ending.unconfirmed.join(", ");
            return Err(Error::new(
                Kind::Failed,
                format!("these chargers have not confirmed their safe current: {names}"),
            ));
        }
        context.ui.say(&format!("ended; every charger offers its safe current: {}", left.join(", ")));
        Ok(())
    }
}
