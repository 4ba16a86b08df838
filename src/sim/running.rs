//! Starts every device of a site on its address, steps the model in real time, and stops everything again.
//!
//! One task steps the model for all devices; each socket has one task that accepts. Steps have a fixed length, so that a run with
//! the same seed and the same commands at the same steps is the same run.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::bus::{Bus, RegisterMaps};
use super::certificates::{self, CertificateError, ClientFiles, Identity};
use super::endpoint::EndpointPages;
use super::handle::SimHandle;
use super::model::Model;
use super::opening::{LinkToTerminal, Opened, open};
use super::readout::SimDevice;
use super::shared::Shared;
use super::socket::{Socket, SocketError, Speech, hosts_by_authority, sockets};
use super::surroundings::Scene;
use crate::modbus::{Listener, ServerLimits, serve_on};
use crate::profile::{Catalogue, Profile};
use crate::runtime;
use crate::runtime::tls::{self, TlsError};
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
    /// Take free ports in place of those that the site names, and pseudo-terminals in place of serial ports.
    pub any_port: bool,
    /// Folder for certificates. With it, files that the site names under `tls.ca` and that are missing are made where they are
    /// named, and devices over TLS that name none are trusted through `ca.pem` in the folder. Without it, the files must exist.
    pub certs: Option<PathBuf>,
    /// Devices answer at once, also where real ones sleep, or need a pause before a request or after a connection.
    pub lenient: bool,
}

impl Default for SimOptions {
    /// A still scene at normal speed on the ports of the site.
    fn default() -> Self {
        SimOptions { seed: 1, speed: 1.0, scene: Scene::Still, any_port: false, certs: None, lenient: false }
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
    /// A serial port can't be opened, or no pseudo-terminal made.
    #[error("{device}: {path} can't be used as a serial port")]
    Line {
        /// The first device on it.
        device: String,
        /// The port.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A device over TLS has no certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// Its certificate can't be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A running simulation. It stops when its token is cancelled.
#[derive(Debug)]
pub struct Running {
    /// The site with the ports that the devices really have.
    pub site: Site,
    /// The hand on it.
    pub handle: SimHandle,
    tasks: JoinSet<()>,
    _links: Vec<LinkToTerminal>,
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
    let mut links = Vec::new();
    for socket in &plan {
        let opened = open(site, catalogue, socket, options, (&mut served, &mut links)).await?;
        let tls = identity_of(site, socket, &certificates)?;
        match (opened, socket.is_modbus()) {
            (Opened::Network(listener), false) => {
                let tls = tls.map(|made| tls::server_config(&made.cert, &made.key)).transpose()?;
                let router = pages(site, catalogue, socket, &shared)?.into_router();
                tasks.spawn(runtime::serve_router(listener, tls, router, stop.clone()));
            }
            (opened, _) => {
                let clients = authority_of_clients(site, socket);
                let listener = modbus_listener(opened, socket.speech, tls, clients.as_deref())?;
                let bus = Bus::new(site, catalogue, &mut maps, &socket.devices, &shared)?;
                let (conduct, stop) = (bus.conduct(options.lenient), stop.clone());
                tasks.spawn(async move {
                    let served = serve_on(listener, conduct, ServerLimits::default(), None, stop).await;
                    if let Err(error) = served {
                        tracing::error!(%error, "a simulated device can't be reached any more");
                    }
                });
            }
        }
    }
    tasks.spawn(keep_stepping(Arc::clone(&shared), options.speed, stop));
    Ok(Running { site: served, handle: SimHandle::new(shared), tasks, _links: links })
}

fn modbus_listener(
    opened: Opened,
    speech: Speech,
    identity: Option<&Identity>,
    clients: Option<&Path>,
) -> Result<Listener, SimError> {
    Ok(match (opened, identity) {
        (Opened::Line(port, settings), _) => Listener::Serial { port, framing: speech.framing(), settings },
        (Opened::Network(listener), Some(made)) => {
            Listener::Tls(listener, tls::modbus_server_config(&made.cert, &made.key, clients)?)
        }
        (Opened::Network(listener), None) if speech == Speech::ModbusRtuTcp => Listener::RtuTcp(listener),
        (Opened::Network(listener), None) => Listener::Tcp(listener),
    })
}

/// Lets devices over TLS that name no trusted file be trusted through this one.
fn trust_through(site: &mut Site, ca: &Path) {
    for device in SimDevice::all(site) {
        let link = device.link_mut(site);
        if matches!(link.address, Address::Https { .. } | Address::ModbusTls { .. }) {
            link.ca.get_or_insert_with(|| ca.to_owned());
        }
    }
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

type Certificates = BTreeMap<PathBuf, Identity>;

fn certificates_of(site: &Site, make: bool) -> Result<Certificates, SimError> {
    let made = |(ca, hosts): (PathBuf, BTreeSet<String>)| {
        let identity = certificates::server_identity(&ca, &hosts, &clients_of(site, &ca), make)?;
        Ok((ca, identity))
    };
    hosts_by_authority(site).into_iter().map(made).collect()
}

/// Returns with what the devices' clients say who they are, where an authority's devices want to know.
fn clients_of(site: &Site, ca: &Path) -> ClientFiles {
    let links = SimDevice::all(site).into_iter().map(|device| device.link(site));
    links.filter(|link| link.ca.as_deref() == Some(ca)).filter_map(|link| link.identity.clone()).collect()
}

/// Returns the authority that vouches for a socket's clients, where a device there wants to know who asks.
fn authority_of_clients(site: &Site, socket: &Socket) -> Option<PathBuf> {
    let links = socket.devices.iter().map(|device| device.link(site));
    links.filter(|link| link.identity.is_some()).find_map(|link| link.ca.clone())
}

/// Returns what the devices of a socket present, where TLS is spoken.
fn identity_of<'c>(
    site: &Site,
    socket: &Socket,
    certificates: &'c Certificates,
) -> Result<Option<&'c Identity>, SimError> {
    if !matches!(socket.speech, Speech::Https | Speech::ModbusTls) {
        return Ok(None);
    }
    let device = socket.devices[0];
    let ca = device.link(site).ca.as_ref();
    let identity = ca.and_then(|ca| certificates.get(ca)).ok_or_else(|| SimError::Unfit {
        device: device.name(site).to_owned(),
        reason: "it is reached over TLS; say in the site file under `tls: {ca: …}` which file is trusted"
            .into(),
    })?;
    Ok(Some(identity))
}

pub(super) async fn keep_stepping(shared: Arc<Shared>, speed: f64, stop: CancellationToken) {
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
