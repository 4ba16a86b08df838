//! Starts every device of a site on its address, steps the model in real time, and stops everything again.
//!
//! One task steps the model for all devices; each socket has one task that accepts. Steps have a fixed length, so that a run with
//! the same seed and the same commands at the same steps is the same run.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::bus::{Bus, RegisterMaps};
use super::certificates::{self, CertificateError};
use super::endpoint::EndpointPages;
use super::handle::SimHandle;
use super::model::Model;
use super::readout::SimDevice;
use super::shared::Shared;
use super::socket::{Socket, SocketError, Speech, hosts_by_authority, sockets, with_port};
use super::surroundings::Scene;
use crate::profile::{Catalogue, Profile};
use crate::runtime;
use crate::site::{Address, Site};

/// Length of a step.
const STEP: Duration = Duration::from_millis(100);
/// The most steps that are made up for when the machine was busy; what lies further back is left out.
const MOST_STEPS_AT_ONCE: u128 = 600;

/// How a simulation runs.
#[derive(Debug, Clone, PartialEq)]
pub struct SimOptions {
    /// Seed of all chance.
    pub seed: u64,
    /// How much faster than devices the world goes (batteries, stays, base load, sun); above 0.
    pub speed: f64,
    /// What goes on.
    pub scene: Scene,
    /// Take free ports in place of those that the site names.
    pub any_port: bool,
    /// Folder for certificates. With it, files that the site names under `tls.ca` and that are missing are made where they are
    /// named, and HTTPS devices that name none are trusted through `ca.pem` in the folder. Without it, the files must exist.
    pub certs: Option<PathBuf>,
}

impl Default for SimOptions {
    /// A still scene at normal speed on the ports of the site.
    fn default() -> Self {
        SimOptions { seed: 1, speed: 1.0, scene: Scene::Still, any_port: false, certs: None }
    }
}

/// Why a simulation does not start.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// There is no such profile.
    #[error("{device}: there is no profile `{profile}`")]
    NoProfile {
        /// The device.
        device: String,
        /// Its profile.
        profile: String,
    },
    /// The profile does not fit the address, or another device has the same pages or the same unit id.
    #[error("{device}: {reason}")]
    Unfit {
        /// The device.
        device: String,
        /// Why.
        reason: String,
    },
    /// The devices can't be put on sockets.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// A socket can't be opened.
    #[error("{device}: {host}:{port} can't be listened on")]
    Bind {
        /// The first device behind it.
        device: String,
        /// Host.
        host: String,
        /// Port.
        port: u16,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// An HTTPS device has no certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// A running simulation. It stops when its token is cancelled.
#[derive(Debug)]
pub struct Running {
    /// The site with the ports that the devices really have.
    pub site: Site,
    /// The hand on it.
    pub handle: SimHandle,
    tasks: JoinSet<()>,
}

impl Running {
    /// Returns name and address of every device.
    pub fn addresses(&self) -> Vec<(String, Address)> {
        let devices = SimDevice::all(&self.site).into_iter();
        devices
            .map(|device| (device.name(&self.site).to_owned(), device.link(&self.site).address.clone()))
            .collect()
    }

    /// Waits until everything has stopped.
    pub async fn stopped(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Starts every device of a site; returns when all of them listen.
///
/// # Errors
/// When a profile is missing or does not fit, or a socket or certificate can't be had. Nothing goes on running then.
pub async fn run(
    site: &Site,
    catalogue: &Catalogue,
    options: &SimOptions,
    stop: CancellationToken,
) -> Result<Running, SimError> {
    let mut served = site.clone();
    if let Some(folder) = &options.certs {
        trust_through(&mut served, &folder.join("ca.pem"));
    }
    let site = &served.clone();
    let certificates = certificates_of(site, options.certs.is_some())?;
    let plan = sockets(site)?;
    let shared = Shared::new(Model::new(Arc::new(site.clone()), options.scene, options.seed));
    let (mut tasks, mut maps) = (JoinSet::new(), RegisterMaps::default());
    // what has started goes away with the set when a later device fails
    for socket in &plan {
        let listener = bind(site, socket, options.any_port).await?;
        let port = listener.local_addr().map_or(socket.port, |address| address.port());
        for &device in &socket.devices {
            let link = device.link_mut(&mut served);
            link.address = with_port(&link.address, port);
        }
        match socket.speech {
            Speech::Http | Speech::Https => {
                let tls = tls_of(site, socket, &certificates)?;
                let router = pages(site, catalogue, socket, &shared)?.into_router();
                tasks.spawn(runtime::serve_router(listener, tls, router, stop.clone()));
            }
            Speech::ModbusTcp => {
                let bus = Bus::new(site, catalogue, &mut maps, socket, &shared)?;
                bus.serve(socket, listener, &mut tasks, stop.clone());
            }
        }
    }
    tasks.spawn(keep_stepping(Arc::clone(&shared), options.speed, stop));
    Ok(Running { site: served, handle: SimHandle::new(shared), tasks })
}

/// Lets HTTPS devices that name no trusted file be trusted through this one.
fn trust_through(site: &mut Site, ca: &Path) {
    for device in SimDevice::all(site) {
        let link = device.link_mut(site);
        if matches!(link.address, Address::Https { .. }) {
            link.ca.get_or_insert_with(|| ca.to_owned());
        }
    }
}

async fn bind(site: &Site, socket: &Socket, any_port: bool) -> Result<TcpListener, SimError> {
    let port = if any_port { 0 } else { socket.port };
    TcpListener::bind((socket.host.as_str(), port)).await.map_err(|source| SimError::Bind {
        device: socket.devices[0].name(site).to_owned(),
        host: socket.host.clone(),
        port,
        source,
    })
}

/// Finds a device's profile.
pub(super) fn profile_of<'c>(
    site: &Site,
    catalogue: &'c Catalogue,
    device: SimDevice,
) -> Result<&'c Profile, SimError> {
    let profile = &device.link(site).profile;
    catalogue
        .get(profile)
        .ok_or_else(|| SimError::NoProfile { device: device.name(site).to_owned(), profile: profile.clone() })
}

fn pages(
    site: &Site,
    catalogue: &Catalogue,
    socket: &Socket,
    shared: &Arc<Shared>,
) -> Result<EndpointPages, SimError> {
    let mut pages = EndpointPages::new(Arc::clone(shared));
    for &device in &socket.devices {
        let profile = profile_of(site, catalogue, device)?;
        let path = match &device.link(site).address {
            Address::Http { path, .. } | Address::Https { path, .. } => path.as_str(),
            _ => "",
        };
        if !pages.add(site, device, path, profile) {
            let reason = if profile.endpoint.is_some() {
                "another device on the same port serves the same pages; give them different paths".to_owned()
            } else {
                format!("its address is HTTP, and profile `{}` is not", profile.name)
            };
            return Err(SimError::Unfit { device: device.name(site).to_owned(), reason });
        }
    }
    Ok(pages)
}

type Certificates = BTreeMap<PathBuf, Arc<rustls::ServerConfig>>;

fn certificates_of(site: &Site, make: bool) -> Result<Certificates, SimError> {
    let settings = |(ca, hosts): (PathBuf, BTreeSet<String>)| {
        let settings = certificates::server_settings(&ca, &hosts, make)?;
        Ok((ca, settings))
    };
    hosts_by_authority(site).into_iter().map(settings).collect()
}

fn tls_of(
    site: &Site,
    socket: &Socket,
    certificates: &Certificates,
) -> Result<Option<Arc<rustls::ServerConfig>>, SimError> {
    if socket.speech != Speech::Https {
        return Ok(None);
    }
    let device = socket.devices[0];
    let ca = device.link(site).ca.as_ref();
    let settings = ca.and_then(|ca| certificates.get(ca)).cloned().ok_or_else(|| SimError::Unfit {
        device: device.name(site).to_owned(),
        reason: "it is reached over HTTPS; say in the site file under `tls: {ca: …}` which file is trusted"
            .into(),
    })?;
    Ok(Some(settings))
}

async fn keep_stepping(shared: Arc<Shared>, speed: f64, stop: CancellationToken) {
    let mut ticker = tokio::time::interval(STEP);
    ticker.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let began = Instant::now();
    // counted in steps since the start; grows by what was left out
    let mut done: u128 = 0;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticker.tick() => {}
        }
        let due = began.elapsed().as_millis() / STEP.as_millis();
        let owed = due.saturating_sub(done);
        done = due.max(done);
        if owed == 0 {
            continue;
        }
        let mut steps = 0;
        for _ in 0..owed.min(MOST_STEPS_AT_ONCE) {
            // the lock is let go between steps, so that no request waits for all of them
            let mut model = shared.model();
            model.step(u64::try_from(STEP.as_millis()).unwrap_or(100), speed);
            steps = model.steps();
        }
        shared.announce(steps);
    }
}
