//! The plant as the controller sees it: adapters that read real devices and set their limits.
//!
//! One task for each bus (host or line): one connection and one request at a time there, and no bus waits for another. What values mean is
//! said by the profiles; what to do about them is decided in `control`.

mod endpoint;
mod gate;
mod inbox;
mod interpret;
mod modbus_bus;

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::control::{Clock, DeviceRef, Event, Plant, WriteGate, devices, link, name};
use crate::profile::{Catalogue, Profile};
use crate::site::{Amps, ChargerId, Period, Site};

use inbox::{Errand, Inbox};
pub use interpret::{InterpretError, charger_state};
use modbus_bus::Bus;

/// Why a plant can't be built.
#[derive(Debug, thiserror::Error)]
pub enum PlantError {
    /// A device names a profile that is not there; a checked site has none of these.
    #[error("{device}: no profile is named `{profile}`")]
    NoProfile {
        /// The device.
        device: String,
        /// The profile.
        profile: String,
    },
    /// A profile would write all the time to memory that wears out; a checked profile never does.
    #[error("{device}: point {point} of its profile wears out, and can't be written again and again")]
    WearsOut {
        /// The device.
        device: String,
        /// The point.
        point: String,
    },
    /// What is trusted over TLS, or a token, can't be read.
    #[error("{device}: {what}")]
    Secret {
        /// The device.
        device: String,
        /// What went wrong.
        what: String,
    },
}

/// A device with all that an adapter needs to know.
#[derive(Debug, Clone)]
struct Device {
    reference: DeviceRef,
    name: String,
    unit: u8,
    /// Connector of a station, counted from 1.
    connector: u16,
    profile: Arc<Profile>,
    site: Arc<Site>,
}

/// A bus has this many events on their way at most, for each of its devices.
const EVENTS_PER_DEVICE: usize = 4;

/// The plant of a site.
#[derive(Debug)]
pub struct SitePlant {
    gate: WriteGate,
    cycle: watch::Sender<u64>,
    inboxes: Vec<Arc<Inbox>>,
    /// For each charger its bus and its place there.
    seats: Vec<(usize, usize)>,
    /// The same for each breaker.
    breakers: Vec<(usize, usize)>,
    events: mpsc::Receiver<Event>,
    _stop: DropGuard,
}

impl SitePlant {
    /// Starts a task for each bus of the site. Nothing is connected before the first cycle. Needs a tokio runtime.
    ///
    /// # Errors
    /// When a profile or a file with a secret is missing.
    pub fn start(site: &Arc<Site>, catalogue: &Catalogue, clock: &Clock) -> Result<SitePlant, PlantError> {
        SitePlant::begin(site, catalogue, clock, &Manners { gate: WriteGate::open(), only_looks: false })
    }

    /// Starts a plant whose every write passes a gate: while that is shut the devices are only read, and nobody's watchdog is fed. Needs a
    /// tokio runtime.
    ///
    /// # Errors
    /// When a profile or a file with a secret is missing.
    pub fn start_behind(
        gate: &WriteGate,
        site: &Arc<Site>,
        catalogue: &Catalogue,
        clock: &Clock,
    ) -> Result<SitePlant, PlantError> {
        SitePlant::begin(site, catalogue, clock, &Manners { gate: gate.clone(), only_looks: false })
    }

    /// Starts a plant whose devices are only read: nothing is written to them but what [`Plant::command`] says, so that another
    /// controller is not disturbed. Needs a tokio runtime.
    ///
    /// # Errors
    /// When a profile or a file with a secret is missing.
    pub fn look(site: &Arc<Site>, catalogue: &Catalogue, clock: &Clock) -> Result<SitePlant, PlantError> {
        SitePlant::begin(site, catalogue, clock, &Manners { gate: WriteGate::open(), only_looks: true })
    }

    fn begin(
        site: &Arc<Site>,
        catalogue: &Catalogue,
        clock: &Clock,
        manners: &Manners,
    ) -> Result<SitePlant, PlantError> {
        let mut buses: BTreeMap<String, Vec<Device>> = BTreeMap::new();
        // a thousand devices of one kind share one profile
        let mut profiles = BTreeMap::new();
        for reference in devices(site) {
            let device = device(site, catalogue, &mut profiles, reference)?;
            buses.entry(link(site, reference).address.bus()).or_default().push(device);
        }
        let total: usize = buses.values().map(Vec::len).sum();
        let (cycle, cycles) = watch::channel(0);
        let (event_in, events) = mpsc::channel((total * EVENTS_PER_DEVICE).max(16));
        let stop = CancellationToken::new();
        let mut inboxes = Vec::new();
        let mut seats = vec![(0, 0); site.chargers.len()];
        let mut breakers = vec![(0, 0); site.breakers.len()];
        for (bus, devices) in buses.into_values().enumerate() {
            for (seat, device) in devices.iter().enumerate() {
                match device.reference {
                    DeviceRef::Charger(index) => seats[index] = (bus, seat),
                    DeviceRef::Breaker(index) => breakers[index] = (bus, seat),
                    _ => {}
                }
            }
            let inbox = Arc::new(Inbox::new(devices.len()));
            inboxes.push(Arc::clone(&inbox));
            let line = Line {
                inbox,
                cycles: cycles.clone(),
                events: event_in.clone(),
                clock: Arc::clone(clock),
                stop: stop.clone(),
            };
            start_bus(site, devices, line, manners)?;
        }
        let gate = manners.gate.clone();
        Ok(SitePlant { gate, cycle, inboxes, seats, breakers, events, _stop: stop.drop_guard() })
    }
}

/// What a plant may do to its devices.
#[derive(Debug, Clone)]
struct Manners {
    gate: WriteGate,
    /// Nothing is written but what the driver says.
    only_looks: bool,
}

/// Returns the longest time for which a request to a device of the site may be under way: what has been sent by then has arrived, or never
/// will.
pub fn longest_request(site: &Site, catalogue: &Catalogue) -> Period {
    let times = devices(site).into_iter().map(|reference| {
        let link = link(site, reference);
        let profile = catalogue.get(&link.profile);
        let own = profile.map(|profile| match &profile.endpoint {
            Some(endpoint) if !link.address.is_modbus() => endpoint.timeout,
            _ => profile.modbus.as_ref().map_or(Period::from_secs(1), |modbus| modbus.timeout),
        });
        link.timeout.or(own).unwrap_or(Period::from_secs(1))
    });
    times.max().unwrap_or_default()
}

/// What connects a bus task with the driver.
struct Line {
    inbox: Arc<Inbox>,
    cycles: watch::Receiver<u64>,
    events: mpsc::Sender<Event>,
    clock: Clock,
    stop: CancellationToken,
}

fn device<'a>(
    site: &'a Arc<Site>,
    catalogue: &Catalogue,
    profiles: &mut BTreeMap<&'a str, Arc<Profile>>,
    reference: DeviceRef,
) -> Result<Device, PlantError> {
    let (link, device) = (link(site, reference), name(site, reference));
    let profile = match profiles.get(link.profile.as_str()) {
        Some(profile) => Arc::clone(profile),
        None => {
            let found = catalogue.get(&link.profile).ok_or_else(|| PlantError::NoProfile {
                device: device.to_owned(),
                profile: link.profile.clone(),
            })?;
            let profile = Arc::new(found.clone());
            profiles.insert(&link.profile, Arc::clone(&profile));
            profile
        }
    };
    Ok(Device {
        reference,
        name: device.to_owned(),
        unit: link.unit,
        connector: link.connector,
        profile,
        site: Arc::clone(site),
    })
}

fn start_bus(site: &Site, devices: Vec<Device>, line: Line, manners: &Manners) -> Result<(), PlantError> {
    let Some(first) = devices.first() else { return Ok(()) };
    let address = link(site, first.reference).address.clone();
    if address.is_modbus() {
        tokio::spawn(Bus::new(address, devices, manners)?.run(line));
    } else {
        let endpoints: Result<Vec<_>, _> =
            devices.into_iter().map(|device| endpoint::Endpoint::new(device, manners)).collect();
        tokio::spawn(endpoint::run(endpoints?, manners.gate.clone(), line));
    }
    Ok(())
}

impl Plant for SitePlant {
    fn observe(&mut self, cycle: u64) {
        self.cycle.send_replace(cycle);
    }

    fn command(&mut self, charger: ChargerId, setpoint: Amps) {
        let (bus, seat) = self.seats[charger.0];
        // while another one leads there is nothing to say
        if let Some(token) = self.gate.generation() {
            self.inboxes[bus].put(seat, Errand::Limit(setpoint), token);
        }
    }

    fn switch(&mut self, breaker: usize, close: bool) {
        let (bus, seat) = self.breakers[breaker];
        if let Some(token) = self.gate.generation() {
            self.inboxes[bus].put(seat, Errand::Switch { close }, token);
        }
    }

    fn switch_phases(&mut self, charger: ChargerId, phases: u8) {
        let (bus, seat) = self.seats[charger.0];
        if let Some(token) = self.gate.generation() {
            self.inboxes[bus].put(seat, Errand::Phases(phases), token);
        }
    }

    async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }
}
