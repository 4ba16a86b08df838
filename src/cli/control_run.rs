//! What surrounds the controller of `enmon control run`: daemon mode, the lock, signals, the journal, the service manager, the orderly end.
//!
//! ```text
//!   load the site ─▶ [--daemon: start once more, wait, report] ─▶ lock ─▶ restore the memory ─▶ controller ─▶ close the journal
//! ```
//!
//! What the controller does between is in `control_loop`; this file knows it only as a function of a [`RunScope`].

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::control_lease::LeaseSettings;
use super::control_start::{failure_of, start_daemon};
use super::site_input::{self, LoadedSite};
use super::{Context, control_loop};
use crate::control::{Journal, Memory, Retention};
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::runtime::{
    self, Instance, InstanceError, InstanceFacts, LogFormat, LogSettings, LogTarget, ReloadOutcome,
    ServiceManager, StartFailure, Starter, StateFolder,
};
use crate::site::Period;

/// A controller that was told to stop has this long; its own drain takes 5 s.
const END: Duration = Duration::from_secs(6);

/// How to run.
#[derive(Debug)]
pub(super) struct RunSettings {
    pub daemon: bool,
    pub detached: bool,
    pub accept_unproven: bool,
    pub log_file: Option<PathBuf>,
    pub log_format: LogFormat,
    pub pid_file: Option<PathBuf>,
    pub ready_timeout: Period,
    pub listen: Option<std::net::SocketAddr>,
    pub lease: Option<LeaseSettings>,
}

/// What the controller gets.
pub(super) struct RunScope {
    /// The site, proven or accepted as it is.
    pub site: LoadedSite,
    /// Makes another site of the file when a reload is asked for.
    pub source: SiteSource,
    /// Where its files are.
    pub state_folder: StateFolder,
    /// The journal.
    pub journal: Journal,
    /// What the controller before this one remembered.
    pub memory: Option<Memory>,
    /// Cancelled when the controller is to end; it has 6 s then.
    pub stop: CancellationToken,
    /// Requests to read the site file again.
    pub reloads: mpsc::Receiver<ReloadRequest>,
    /// Must advance with every decision, or the service manager takes the controller for stuck.
    pub heartbeat: watch::Sender<u64>,
    /// To be told when all is up.
    pub ready: Ready,
    /// The lease that it takes part in.
    pub lease: Option<LeaseSettings>,
}

/// A request to read the site file again.
pub(super) struct ReloadRequest {
    reply: oneshot::Sender<Option<StartFailure>>,
}

impl ReloadRequest {
    /// Says what came of it: the new site is in force, or why it is not.
    pub fn answer(self, outcome: Result<(), &Error>) {
        // only a process that ends has nobody to tell
        let _ = self.reply.send(outcome.err().map(failure_of));
    }
}

/// Where the site comes from, and what is accepted from there.
#[derive(Debug, Clone)]
pub(super) struct SiteSource {
    path: PathBuf,
    accept_unproven: bool,
    /// Where the control server listens, in place of what the file says.
    listen: Option<std::net::SocketAddr>,
}

impl SiteSource {
    /// Reads the site file.
    ///
    /// # Errors
    /// When it is invalid, or its fail-safe is not proven and that has not been accepted.
    pub fn load(&self) -> Result<LoadedSite> {
        let mut loaded = site_input::load_file(&self.path)?;
        if let Some(listen) = self.listen {
            loaded.site.api.listen = listen;
        }
        if loaded.proof.proven || self.accept_unproven {
            return Ok(loaded);
        }
        let message = format!("the fail-safe of {} is not proven", self.path.display());
        Err(Error::new(Kind::Invalid, message)
            .hint("see what is missing with: enmon check")
            .hint("run it as it is with: --accept-unproven"))
    }

    /// Reads the site file again for a controller of the site `name`.
    ///
    /// # Errors
    /// As for [`load`](Self::load); also when the file is of another site now.
    pub fn load_again(&self, name: &str) -> Result<LoadedSite> {
        let loaded = self.load()?;
        if loaded.site.name == name {
            return Ok(loaded);
        }
        let message = format!("the site file is of the site {} now, not {name}", loaded.site.name);
        Err(Error::new(Kind::Invalid, message).hint("stop this controller and start another one"))
    }
}

/// The way to say that all is up. Clones say it together: the first word counts.
#[derive(Clone)]
pub(super) struct Ready {
    instance: Arc<Mutex<Instance>>,
    starter: Arc<Mutex<Option<Starter>>>,
    service: ServiceManager,
    status: String,
    said: watch::Sender<bool>,
}

impl Ready {
    /// Tells whoever started this process, the service manager and other commands that all is up; `api` is the control server's URL.
    ///
    /// # Errors
    /// When the state folder can't be written.
    pub fn announce(&self, api: Option<String>) -> Result<()> {
        let announced = locked(&self.instance).announce(api.clone());
        announced.map_err(|error| Error::from_source(Kind::Failed, "the state can't be written", &error))?;
        if let Some(starter) = locked(&self.starter).take() {
            starter.ready();
        }
        self.service.ready(&self.status);
        self.said.send_replace(true);
        tracing::info!(api, "ready");
        Ok(())
    }
}

impl Ready {
    /// Tells other commands who leads.
    pub fn takes_part(&self, lease: runtime::LeaseFacts) {
        if let Err(error) = locked(&self.instance).takes_part(lease) {
            tracing::error!(%error, "the role can't be published");
        }
    }
}

/// Runs `enmon control run`.
pub(super) fn run(settings: RunSettings, context: &Context) -> Result<()> {
    let detached = settings.detached.then(runtime::detach).transpose().map_err(|error| {
        Error::from_source(Kind::Failed, "the process can't leave its session", &error)
            .hint("--detached is for enmon itself; use --daemon")
    })?;
    let starter = Arc::new(Mutex::new(detached));
    let outcome = attempt(&settings, context, &starter);
    if let (Err(error), Some(starter)) = (&outcome, locked(&starter).take()) {
        starter.failed(failure_of(error));
    }
    outcome
}

fn attempt(settings: &RunSettings, context: &Context, starter: &Arc<Mutex<Option<Starter>>>) -> Result<()> {
    let source = SiteSource {
        path: context.global.site.clone(),
        accept_unproven: settings.accept_unproven,
        listen: settings.listen,
    };
    let site = source.load()?;
    let folder = StateFolder::of_site(&site.site.name);
    let log_file = match &settings.log_file {
        None if settings.daemon || settings.detached => Some(folder.log_file()),
        other => other.as_deref().map(absolute).transpose()?,
    };
    if settings.daemon {
        return start_daemon(settings, context, &site.site.name, &folder, log_file);
    }
    let target = match &log_file {
        Some(path) if !settings.detached => LogTarget::File(path.clone()),
        // a daemon's stderr is its log file
        _ => LogTarget::Stderr,
    };
    let global = &context.global;
    let log =
        LogSettings { verbose: global.verbose, quiet: global.quiet, format: settings.log_format, target };
    runtime::init_logging(&log)
        .map_err(|error| Error::from_source(Kind::Failed, "the log can't be opened", &error))?;
    // a connection to each device; the control server, its callers, journal and log need few
    site_input::allow_open_files(site.site.device_count() + 256)?;
    let facts = InstanceFacts {
        pid: fsio::process_id(),
        started_at: runtime::wall_clock_ms(),
        site: site.site.name.clone(),
        site_file: site.path.clone(),
        api: None,
        log_file,
        version: env!("CARGO_PKG_VERSION").into(),
        lease: None,
    };
    let instance = take_place(&folder, facts, settings.pid_file.as_deref())?;
    let lease = settings.lease.clone();
    let launch = Launch { site, source, folder, instance, starter: starter.clone(), lease };
    launch.run(ServiceManager::from_environment(), control_loop::run)
}

fn absolute(path: &Path) -> Result<PathBuf> {
    fsio::absolute(path).map_err(|error| Error::from_source(Kind::Failed, "the path can't be used", &error))
}

fn take_place(folder: &StateFolder, facts: InstanceFacts, pid_file: Option<&Path>) -> Result<Instance> {
    let site = facts.site.clone();
    let pid_file = pid_file.map(absolute).transpose()?;
    Instance::take(folder.clone(), facts, pid_file).map_err(|error| match error {
        InstanceError::AlreadyRunning { .. } => {
            Error::new(Kind::Refused, format!("a controller for the site {site} is {error}"))
                .hint("stop it with: enmon control stop, or let it read the file again: enmon control reload")
        }
        InstanceError::File(error) => {
            Error::from_source(Kind::Failed, "the state folder can't be used", &error)
        }
    })
}

/// Everything that is needed before the first asynchronous step.
struct Launch {
    site: LoadedSite,
    source: SiteSource,
    folder: StateFolder,
    instance: Instance,
    starter: Arc<Mutex<Option<Starter>>>,
    lease: Option<LeaseSettings>,
}

impl Launch {
    /// Runs a controller to its end.
    fn run<F, Fut>(self, service: ServiceManager, controller: F) -> Result<()>
    where
        F: FnOnce(RunScope) -> Fut,
        Fut: Future<Output = Result<()>>,
    {
        let journal_path = self.site.site.journal.path.clone().unwrap_or_else(|| self.folder.journal());
        let after_crash = self.instance.is_after_crash();
        if after_crash {
            tracing::warn!("the controller before this one did not come to an orderly end");
        }
        let memory = Journal::restore(&journal_path).map(|mut memory| {
            // a journal that could not be written may speak of an orderly end that was not the last one
            memory.complete &= !after_crash;
            memory
        });
        let retention = Retention { keep: self.site.site.journal.keep, ..Retention::default() };
        let journal = Journal::open(&journal_path, retention);
        let instance = Arc::new(Mutex::new(self.instance));
        let lease = self.lease;
        let supplies =
            Supplies { journal: journal.clone(), memory, instance: instance.clone(), service, lease };
        let served = runtime::block_on(
            None,
            serve(self.site, self.source, self.folder, self.starter, supplies, controller),
        );
        if let Err(why) = journal.close() {
            tracing::error!("entries of the journal are lost: {why}");
        }
        let outcome = served
            .map_err(|error| Error::from_source(Kind::Failed, "the runtime can't be started", &error))?;
        if outcome.is_ok() {
            locked(&instance).note_orderly_end();
        }
        outcome
    }
}

struct Supplies {
    journal: Journal,
    memory: Option<Memory>,
    instance: Arc<Mutex<Instance>>,
    service: ServiceManager,
    lease: Option<LeaseSettings>,
}

async fn serve<F, Fut>(
    site: LoadedSite,
    source: SiteSource,
    state_folder: StateFolder,
    starter: Arc<Mutex<Option<Starter>>>,
    supplies: Supplies,
    controller: F,
) -> Result<()>
where
    F: FnOnce(RunScope) -> Fut,
    Fut: Future<Output = Result<()>>,
{
    let Supplies { journal, memory, instance, service, lease } = supplies;
    let signals = runtime::listen()
        .map_err(|error| Error::from_source(Kind::Failed, "signals can't be received", &error))?;
    let (heartbeat, beats) = watch::channel(0);
    tokio::spawn(service.clone().keep_alive(beats, site.site.control.interval.0 * 3));
    let (requests, reloads) = mpsc::channel(1);
    let ready = Ready {
        instance,
        starter,
        service: service.clone(),
        status: format!("{}: {} chargers", site.site.name, site.site.chargers.len()),
        said: watch::Sender::new(false),
    };
    tokio::spawn(pass_reloads(signals.reload, requests, ready.clone()));
    let stop = CancellationToken::new();
    let scope = RunScope {
        site,
        source,
        state_folder,
        journal,
        memory,
        stop: stop.clone(),
        reloads,
        heartbeat,
        ready,
        lease,
    };
    let overdue = async {
        signals.stop.cancelled().await;
        // before the controller can have ended
        service.stopping();
        stop.cancel();
        tokio::time::sleep(END).await;
    };
    tokio::select! {
        () = overdue => {
            let message = format!("the controller had not ended {} s after it was told to", END.as_secs());
            Err(Error::new(Kind::Failed, message)
                .hint("chargers that were not reached fall back by their own watchdogs"))
        }
        outcome = controller(scope) => outcome,
    }
}

/// Hands each SIGHUP to the controller and publishes what came of it.
async fn pass_reloads(mut signals: mpsc::Receiver<()>, requests: mpsc::Sender<ReloadRequest>, ready: Ready) {
    let mut up = ready.said.subscribe();
    // one that comes during the start waits for its end: the service manager must not be told twice that all is up
    if up.wait_for(|&up| up).await.is_err() {
        return;
    }
    while signals.recv().await.is_some() {
        let asked_at = runtime::wall_clock_ms();
        ready.service.reloading();
        let (reply, answer) = oneshot::channel();
        if requests.send(ReloadRequest { reply }).await.is_err() {
            return;
        }
        let failure = answer.await.unwrap_or_else(|_| {
            Some(failure_of(&Error::new(Kind::Failed, "the controller did not take the request up")))
        });
        match &failure {
            Some(failure) => {
                let details = failure.details.as_deref().unwrap_or_default();
                tracing::error!(causes = ?failure.causes, "the site file is refused: {failure}\n{details}");
            }
            None => tracing::info!("the new site file is in force"),
        }
        let outcome = ReloadOutcome { asked_at, failure };
        if let Err(error) = locked(&ready.instance).reloaded(&outcome) {
            tracing::error!(%error, "the outcome of the reload can't be published");
        }
        let state = if outcome.failure.is_some() { "the last reload was refused" } else { "reloaded" };
        ready.service.ready(&format!("{}; {state}", ready.status));
    }
}

fn locked<T>(value: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
