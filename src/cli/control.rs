//! `enmon control`: runs the controller of a site, and steers the one that runs.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

use super::control_explain::{self, ExplainArgs};
use super::control_lease::{LeasePlace, LeaseSettings};
use super::control_plan::{self, PlanArgs};
use super::control_replay::{self, ReplayArgs};
use super::control_run::{self, RunSettings};
use super::{Context, control_start, site_input};
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::kube_port::ClusterChoice;
use crate::runtime::{self, Holder, LeaseFacts, LogFormat, Signal, StateFolder};
use crate::site::Period;
use crate::ui::Report;

/// Flags of `enmon control`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon control run --site garage.yaml
  enmon control run --site garage.yaml --daemon
  enmon control explain ev1 --site garage.yaml
  enmon control status --site garage.yaml
  enmon control reload --site garage.yaml
  enmon control stop --site garage.yaml")]
pub struct ControlArgs {
    #[command(subcommand)]
    command: ControlCommand,
}

#[derive(Debug, Subcommand)]
enum ControlCommand {
    /// Run the control loop until it is stopped
    Run(RunArgs),
    /// Print the decision for a snapshot, and touch nothing
    Plan(PlanArgs),
    /// Make recorded decisions again: the same ones, or those of another site file
    Replay(ReplayArgs),
    /// Say why a charger has its limit, now or at a moment in the past
    Explain(ExplainArgs),
    /// Say whether a controller runs for the site
    Status(StatusArgs),
    /// Let the running controller read the site file again
    Reload(ReloadArgs),
    /// Stop the running controller; chargers are left at their fail-safe currents
    Stop(StopArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon control run --site garage.yaml
  enmon control run --site garage.yaml --daemon --log-file /var/log/enmon.log
  enmon control run --site garage.yaml --log-format json
  enmon control run --site garage.yaml --lease file:/run/enmon/garage.lease
  enmon control run --site garage.yaml --lease kubernetes:energy/garage

With --lease several controllers of one site may run. One writes; the others observe, decide and write nothing, and the
first of them takes over when the one that writes has ended (at once with a file on one machine) or has not renewed
for the lease time. Each needs a state folder of its own: on one machine another XDG_STATE_HOME, and --listen.

  file:PATH                  a file and two beside it, on one machine or a shared folder; PATH.gate keeps a writer out
                             whose lease was taken, however long it was paused
  kubernetes:NAMESPACE/NAME  a Lease (coordination.k8s.io/v1), with the verbs get, create and update on leases

Signals:
  SIGTERM, SIGINT  write the safe currents, then end
  SIGHUP           read the site file again

Exit codes:
  0  stopped in order
  3  the site file is invalid, or its fail-safe is not proven; the kubeconfig can't be used
  4  the API server of Kubernetes can't be reached
  5  a controller runs for this site already; Kubernetes refuses the lease")]
struct RunArgs {
    /// Run in the background; returns when the controller is ready
    #[arg(long)]
    daemon: bool,
    /// This is the process in the background
    #[arg(long, hide = true, conflicts_with = "daemon")]
    detached: bool,
    /// Run although the fail-safe is not proven
    #[arg(long)]
    accept_unproven: bool,
    /// Log to the end of this file; without it, to stderr or, with --daemon, to controller.log in the state folder
    #[arg(long, value_name = "FILE")]
    log_file: Option<PathBuf>,
    /// Form of the log
    #[arg(long, value_enum, value_name = "FORM", default_value_t = LogForm::Text)]
    log_format: LogForm,
    /// Write the process id into this file too
    #[arg(long, value_name = "FILE")]
    pid_file: Option<PathBuf>,
    /// With --daemon: how long the controller may take until it is ready
    #[arg(long, value_name = "TIME", default_value_t = Period::from_secs(30))]
    ready_timeout: Period,
    /// Where the control server listens, in place of what the site file says
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<std::net::SocketAddr>,
    /// Take part in a lease: one controller writes, the others follow and are ready
    #[arg(long, value_name = "LEASE")]
    lease: Option<LeasePlace>,
    /// How long a renewal of the lease holds; the same for all that take part [default: 3s with a file; with Kubernetes 1.6s less the longest request to a device, but 500ms to 800ms]
    #[arg(long, value_name = "TIME", requires = "lease")]
    lease_time: Option<Period>,
    /// Name in the lease, in place of the machine's
    #[arg(long, value_name = "NAME", requires = "lease")]
    identity: Option<String>,
    /// Where the cluster of the lease is; without it KUBECONFIG, ~/.kube/config, or the service account of the pod
    #[arg(long, value_name = "FILE", requires = "lease")]
    kubeconfig: Option<PathBuf>,
    /// Context in the kubeconfig, in place of its current one
    #[arg(long, value_name = "NAME", requires = "lease")]
    context: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogForm {
    /// A line for people
    Text,
    /// An object for programs, one a line
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon control status --site garage.yaml
  enmon control status --site garage.yaml -o json

Exit codes:
  0  a controller runs
  1  no controller runs")]
struct StatusArgs {}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon control reload --site garage.yaml

Exit codes:
  0  the new site file is in force
  3  the new site file is invalid; the old one stays in force")]
struct ReloadArgs {
    /// How long to wait for the outcome
    #[arg(long, value_name = "TIME", default_value_t = Period::from_secs(10))]
    timeout: Period,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon control stop --site garage.yaml
  enmon control stop --site garage.yaml --timeout 1m")]
struct StopArgs {
    /// How long to wait for its end
    #[arg(long, value_name = "TIME", default_value_t = Period::from_secs(10))]
    timeout: Period,
}

/// Runs `enmon control`.
pub fn run(args: ControlArgs, context: &Context) -> Result<()> {
    match args.command {
        ControlCommand::Run(args) => {
            let settings = RunSettings {
                daemon: args.daemon,
                detached: args.detached,
                accept_unproven: args.accept_unproven,
                log_file: args.log_file,
                log_format: match args.log_format {
                    LogForm::Text => LogFormat::Text,
                    LogForm::Json => LogFormat::Json,
                },
                pid_file: args.pid_file,
                ready_timeout: args.ready_timeout,
                listen: args.listen,
                lease: args.lease.map(|place| LeaseSettings {
                    place,
                    cluster: ClusterChoice { kubeconfig: args.kubeconfig, context: args.context },
                    time: args.lease_time,
                    identity: args.identity,
                }),
            };
            control_run::run(settings, context)
        }
        ControlCommand::Explain(args) => control_explain::run(&args, context),
        ControlCommand::Plan(args) => control_plan::run(&args, context),
        ControlCommand::Replay(args) => control_replay::run(&args, context),
        ControlCommand::Status(StatusArgs {}) => status(context),
        ControlCommand::Reload(args) => reload(args.timeout, context),
        ControlCommand::Stop(args) => stop(args.timeout, context),
    }
}

/// A site whose controller is meant.
struct Target {
    site: String,
    folder: StateFolder,
    holder: Option<Holder>,
}

impl Target {
    /// Finds the controller that the site file stands for, also when that file has been broken since: first by the path with which a
    /// running one was started, then by the name in the file.
    fn find(context: &Context) -> Result<Target> {
        let path = fsio::absolute(&context.global.site).unwrap_or_else(|_| context.global.site.clone());
        for folder in StateFolder::all() {
            let Ok(Some(holder)) = runtime::holder(&folder) else { continue };
            if let Some(facts) = holder.facts.as_ref().filter(|facts| facts.site_file == path) {
                return Ok(Target { site: facts.site.clone(), folder, holder: Some(holder) });
            }
        }
        let site = site_name(context)?;
        let folder = StateFolder::of_site(&site);
        let holder = runtime::holder(&folder).map_err(|error| {
            Error::from_source(Kind::Failed, "it can't be told whether a controller runs", &error)
        })?;
        Ok(Target { site, folder, holder })
    }

    fn running(self) -> Result<(Holder, StateFolder, String)> {
        match self.holder {
            Some(holder) => Ok((holder, self.folder, self.site)),
            None => Err(not_running(&self.site)),
        }
    }
}

fn not_running(site: &str) -> Error {
    Error::new(Kind::Failed, format!("no controller runs for the site {site}"))
        .hint("start one with: enmon control run --daemon; a controller of another user is not seen")
}

/// Reads the name of the site; a file with mistakes elsewhere will do.
fn site_name(context: &Context) -> Result<String> {
    #[derive(Deserialize)]
    struct NameAlone {
        name: String,
    }
    let path = &context.global.site;
    let named = fsio::read_text(path).ok().and_then(|text| serde_saphyr::from_str::<NameAlone>(&text).ok());
    match named {
        Some(NameAlone { name }) if !name.is_empty() && !name.contains('/') && !name.starts_with('.') => {
            Ok(name)
        }
        // the whole check says best what is wrong with it
        _ => site_input::load(context).map(|loaded| loaded.site.name),
    }
}

/// What is known of the controller of a site.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct InstanceReport {
    api_version: &'static str,
    kind: &'static str,
    site: String,
    running: bool,
    pid: Option<u32>,
    started_at: Option<u64>,
    since: Option<String>,
    site_file: Option<PathBuf>,
    api: Option<String>,
    log_file: Option<PathBuf>,
    version: Option<String>,
    lease: Option<LeaseFacts>,
}

impl InstanceReport {
    fn new(target: &Target) -> Self {
        let facts = target.holder.as_ref().and_then(|holder| holder.facts.clone());
        InstanceReport {
            api_version: "enmon/v1",
            kind: "ControllerInstance",
            site: target.site.clone(),
            running: target.holder.is_some(),
            pid: target.holder.as_ref().map(|holder| holder.pid),
            started_at: facts.as_ref().map(|facts| facts.started_at),
            since: facts.as_ref().map(|facts| runtime::rfc3339(facts.started_at)),
            site_file: facts.as_ref().map(|facts| facts.site_file.clone()),
            api: facts.as_ref().and_then(|facts| facts.api.clone()),
            log_file: facts.as_ref().and_then(|facts| facts.log_file.clone()),
            version: facts.as_ref().map(|facts| facts.version.clone()),
            lease: facts.and_then(|facts| facts.lease),
        }
    }
}

impl Report for InstanceReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(pid) = self.pid else { return writeln!(out, "{}: not running", self.site) };
        writeln!(out, "{}: running, pid {pid}", self.site)?;
        let mut line = |name: &str, value: Option<String>| match value {
            Some(value) => writeln!(out, "  {name:<10} {value}"),
            None => Ok(()),
        };
        let shown = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        line("since", self.since.clone())?;
        line("site file", shown(&self.site_file))?;
        line("API", self.api.clone())?;
        line("log", shown(&self.log_file))?;
        line("version", self.version.clone())?;
        let Some(lease) = &self.lease else { return Ok(()) };
        line("lease", Some(format!("{} as {}", lease.place, lease.identity)))?;
        line("role", Some(if lease.leads { "leads" } else { "follows" }.to_owned()))?;
        let elsewhere = lease.holder.as_ref().filter(|_| !lease.leads);
        line(
            "leader",
            elsewhere.map(|holder| match &lease.api {
                Some(api) => format!("{holder} at {api}"),
                None => holder.clone(),
            }),
        )
    }
}

fn status(context: &Context) -> Result<()> {
    let target = Target::find(context)?;
    context.ui.print(&InstanceReport::new(&target))?;
    target.running().map(|_| ())
}

/// What an order to the controller has done.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SteerReport {
    api_version: &'static str,
    kind: &'static str,
    site: String,
    pid: Option<u32>,
    done: bool,
    #[serde(skip)]
    text: String,
}

impl Report for SteerReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}: {}", self.site, self.text)
    }
}

fn stop(timeout: Period, context: &Context) -> Result<()> {
    let target = Target::find(context)?;
    let report = |site: String, pid: Option<u32>, text: &str| SteerReport {
        api_version: "enmon/v1",
        kind: "ControllerStop",
        site,
        pid,
        done: pid.is_some(),
        text: text.into(),
    };
    let Some(pid) = target.holder.as_ref().map(|holder| holder.pid) else {
        return context.ui.print(&report(target.site, None, "not running"));
    };
    send(pid, Signal::TERM)?;
    let gone = wait_until(timeout, || Ok((!is_held_by(&target.folder, pid)).then_some(())))?;
    if gone.is_none() {
        return Err(Error::new(Kind::Failed, format!("pid {pid} has not ended within {timeout}"))
            .hint("it may still be writing the safe currents: see its log, or wait longer with --timeout")
            .hint(format!(
                "kill -KILL {pid} ends it at once; chargers then fall back by their own watchdogs"
            )));
    }
    context.ui.print(&report(target.site, Some(pid), &format!("stopped, pid was {pid}")))
}

fn reload(timeout: Period, context: &Context) -> Result<()> {
    let (holder, folder, site) = Target::find(context)?.running()?;
    let asked_at = runtime::wall_clock_ms();
    send(holder.pid, Signal::HUP)?;
    let outcome = wait_until(timeout, || {
        if let Some(outcome) = runtime::last_reload(&folder).filter(|outcome| outcome.asked_at >= asked_at) {
            return Ok(Some(outcome));
        }
        if is_held_by(&folder, holder.pid) {
            Ok(None)
        } else {
            Err(Error::new(Kind::Failed, format!("the controller (pid {}) ended instead", holder.pid)))
        }
    })?;
    let Some(outcome) = outcome else {
        return Err(Error::new(Kind::Failed, format!("no outcome within {timeout}"))
            .hint("the signal has been sent; the controller's log will say what came of it"));
    };
    match outcome.failure {
        Some(failure) => {
            Err(control_start::error_of(failure)
                .hint("the site file that was in force before stays in force"))
        }
        None => context.ui.print(&SteerReport {
            api_version: "enmon/v1",
            kind: "ControllerReload",
            site,
            pid: Some(holder.pid),
            done: true,
            text: "the new site file is in force".into(),
        }),
    }
}

fn send(pid: u32, signal: Signal) -> Result<()> {
    match runtime::tell(pid, signal) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let failure = Error::from_source(Kind::Refused, format!("pid {pid} takes no signal"), &error);
            Err(failure.hint("run this as the user that runs the controller"))
        }
        // one that has just ended is found out by the waiting
        _ => Ok(()),
    }
}

fn is_held_by(folder: &StateFolder, pid: u32) -> bool {
    runtime::holder(folder).is_ok_and(|holder| holder.is_some_and(|holder| holder.pid == pid))
}

/// Asks again and again until there is an answer; `None` when the time is over.
fn wait_until<T>(at_most: Period, mut ask: impl FnMut() -> Result<Option<T>>) -> Result<Option<T>> {
    let deadline = Instant::now() + at_most.0;
    loop {
        if let Some(answer) = ask()? {
            return Ok(Some(answer));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(25));
    }
}
