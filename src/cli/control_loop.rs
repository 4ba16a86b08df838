//! The controller of `enmon control run`: site, plant, decision and control server put together.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::control_lease::Membership;
use super::control_run::{ReloadRequest, RunScope, SiteSource};
use super::site_input::LoadedSite;
use crate::control::{self, Clock, Parts, Reload, SiteText, State, Time, WriteGate, hub};
use crate::error::{Error, Kind, Result};
use crate::plant::{SitePlant, longest_request};
use crate::runtime;
use crate::server::{self, ServerSettings};

/// Returns the clock of a controller: the wall clock at its start plus the time that has passed since.
pub(super) fn clock() -> Clock {
    let steady = runtime::steady_clock();
    Arc::new(move || Time(steady()))
}

/// Starts the plant of a site.
pub(super) fn plant(
    gate: &WriteGate,
    site: &LoadedSite,
    model: &Arc<crate::site::Site>,
    clock: &Clock,
) -> Result<SitePlant> {
    SitePlant::start_behind(gate, model, &site.catalogue, clock)
        .map_err(|error| Error::from_source(Kind::Invalid, "the devices can't be set up", &error))
}

/// Starts a plant of a site that only looks at the devices.
pub(super) fn looking_plant(
    site: &LoadedSite,
    model: &Arc<crate::site::Site>,
    clock: &Clock,
) -> Result<SitePlant> {
    SitePlant::look(model, &site.catalogue, clock)
        .map_err(|error| Error::from_source(Kind::Invalid, "the devices can't be set up", &error))
}

/// Returns the site file as it goes onto the tape.
fn site_text(site: &LoadedSite) -> Arc<SiteText> {
    Arc::new(SiteText { path: site.path.display().to_string(), text: site.text.clone() })
}

/// Starts the control server of a site.
pub(super) async fn api(
    site: &LoadedSite,
    token_file: &std::path::Path,
    hub: control::Hub,
    clock: Clock,
    stop: tokio_util::sync::CancellationToken,
) -> Result<server::Running> {
    let token = server::token::load_or_create(token_file)
        .map_err(|error| Error::from_source(Kind::Failed, "the control server has no token", &error))?;
    let settings = ServerSettings {
        listen: site.site.api.listen,
        tls: site.site.api.tls.clone(),
        token,
        interval: site.site.control.interval,
        stale_after: site.site.control.stale_after,
    };
    server::start(settings, hub, clock, stop).await.map_err(|error| {
        Error::from_source(Kind::Failed, "the control server can't be started", &error)
            .hint("another program may use the port; choose another one with `api: {listen: …}`")
    })
}

/// Runs the controller until it is told to stop.
pub(super) async fn run(scope: RunScope) -> Result<()> {
    let clock = clock();
    let model = Arc::new(scope.site.site.clone());
    let state = scope.memory.as_ref().map_or_else(|| State::empty(&model), |memory| memory.resumed(&model));
    tracing::info!(site = model.name, remembered = scope.memory.is_some(), "starting");
    let flight = longest_request(&model, &scope.site.catalogue);
    let part = match &scope.lease {
        Some(lease) => Some(Membership::join(lease, flight, &scope.ready).await?),
        None => None,
    };
    let gate = part.as_ref().map_or_else(WriteGate::open, |part| part.gate.clone());
    let (standby, where_we_are, leaving) = match part.map(Membership::split) {
        Some((standby, api, leaving)) => (Some(standby), Some(api), Some(leaving)),
        None => (None, None, None),
    };
    let plant = plant(&gate, &scope.site, &model, &clock)?;
    let (callers, port) = hub();
    let token_file =
        model.api.token_file.clone().unwrap_or_else(|| scope.state_folder.path().join("api-token"));
    let server_stop = tokio_util::sync::CancellationToken::new();
    let server = api(&scope.site, &token_file, callers, Arc::clone(&clock), server_stop.clone()).await?;
    let scheme = if model.api.tls.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{}", server.local_addr);
    if let Some(api) = where_we_are {
        api.send_replace(Some(url.clone()));
    }
    let (ready, first_decision) = oneshot::channel();
    let announce = scope.ready.clone();
    tokio::spawn(async move {
        if first_decision.await.is_ok()
            && let Err(error) = announce.announce(Some(url))
        {
            tracing::error!(error = error.message, "the start can't be announced");
        }
    });
    let (reload_in, reloads) = mpsc::channel(1);
    tokio::spawn(pass_reloads(
        scope.reloads,
        scope.source,
        model.name.clone(),
        Arc::clone(&clock),
        gate,
        reload_in,
    ));
    let ending = control::run(Parts {
        site: model,
        file: Some(site_text(&scope.site)),
        plant,
        journal: scope.journal,
        state,
        hub: port,
        reloads,
        clock,
        stop: scope.stop,
        ready: Some(ready),
        heartbeat: scope.heartbeat,
        standby,
    })
    .await;
    if let Some(leaving) = leaving {
        leaving.leave().await;
    }
    server_stop.cancel();
    // a server that panicked has nothing more to drain
    let _ = server.task.await;
    for charger in &ending.unconfirmed {
        tracing::warn!(charger, "has not confirmed its fail-safe current");
    }
    Ok(())
}

/// Turns a request to reload into a new site and plant, or into the reason why not.
async fn pass_reloads(
    mut requests: mpsc::Receiver<ReloadRequest>,
    source: SiteSource,
    name: String,
    clock: Clock,
    gate: WriteGate,
    reloads: mpsc::Sender<Reload<SitePlant>>,
) {
    while let Some(request) = requests.recv().await {
        let (source, site_name) = (source.clone(), name.clone());
        // reading and checking a large file takes longer than a decision may wait
        let read = tokio::task::spawn_blocking(move || source.load_again(&site_name)).await;
        let read = read.unwrap_or_else(|_| Err(Error::new(Kind::Bug, "reading the site file again failed")));
        let loaded = read.and_then(|site| {
            let model = Arc::new(site.site.clone());
            plant(&gate, &site, &model, &clock).map(|plant| (model, plant, site_text(&site)))
        });
        let (done, in_force) = oneshot::channel();
        let (outcome, file, failure) = match loaded {
            Ok((model, plant, file)) => (Ok((model, plant)), Some(file), None),
            Err(error) => (Err(error.message.clone()), None, Some(error)),
        };
        if reloads.send(Reload { outcome, file, done }).await.is_err() || in_force.await.is_err() {
            return;
        }
        request.answer(failure.as_ref().map_or(Ok(()), Err));
    }
}
