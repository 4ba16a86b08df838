//! One simulated device without a site file: the model of a small site around it, and its registers for whoever serves them.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::bus::{Bus, RegisterMaps};
use super::handle::SimHandle;
use super::model::Model;
use super::running::{SimError, keep_stepping};
use super::shared::Shared;
use super::surroundings::Scene;
use crate::modbus::{Conduct, Habits, Registers};
use crate::profile::{Catalogue, Profile};
use crate::site::{
    Address, Amps, ApiSettings, Breaker, BreakerCurve, BreakerRating, Cabinet, Charger, Circuit, CircuitId,
    ControlSettings, DeviceLink, Endpoint, Grid, JournalSettings, Meter, MeterId, PerPhase, Period, Phase,
    Role, Site, Solar, Volts,
};

/// Amperes on each phase of the circuit that a simulated meter measures.
const BASE_LOAD: Amps = Amps(10.0);
/// Most amperes of a simulated charger.
const MOST: Amps = Amps(32.0);

/// A simulated device.
#[derive(Debug)]
pub struct SingleDevice {
    /// What it is, which is also its name in commands: `charger`, `meter`, `breaker`, `cabinet`, `solar`, `endpoint`.
    pub name: String,
    /// Unit id.
    pub unit: u8,
    /// The hand on it and on what surrounds it: a circuit `main`.
    pub handle: SimHandle,
    shared: Arc<Shared>,
    bus: Bus,
}

impl SingleDevice {
    /// Makes a device of a profile that nobody has written to; `unit` replaces the profile's.
    ///
    /// # Errors
    /// When the profile is not of a Modbus device.
    pub fn new(profile: &Profile, catalogue: &Catalogue, unit: Option<u8>) -> Result<SingleDevice, SimError> {
        let (site, name, unit) = site_around(profile, unit)?;
        let devices = super::SimDevice::all(&site);
        let shared = Shared::new(Model::new(Arc::new(site.clone()), Scene::Still, 1));
        let bus = Bus::new(&site, catalogue, &mut RegisterMaps::default(), &devices, &shared)?;
        let handle = SimHandle::new(Arc::clone(&shared));
        Ok(SingleDevice { name, unit, handle, shared, bus })
    }

    /// Takes it apart: its registers, what it needs from those who ask it, and the hand on it. Time passes for it until it is stopped.
    /// Needs a tokio runtime.
    pub fn start(self, stop: CancellationToken) -> (Arc<dyn Registers>, Habits, SimHandle) {
        tokio::spawn(keep_stepping(Arc::clone(&self.shared), 1.0, stop));
        self.stand_still()
    }

    /// Takes it apart as [`SingleDevice::start`] does, but no time passes for it except by [`Model::step`] through the hand on it: what
    /// it shows stays the same until somebody writes.
    pub fn stand_still(self) -> (Arc<dyn Registers>, Habits, SimHandle) {
        let habits = self.bus.habits(self.unit);
        (Arc::new(self.bus), habits, self.handle)
    }
}

impl SimHandle {
    /// Lets `fault NAME …` change how a device of [`SingleDevice`] behaves.
    pub fn misbehave_through(&self, conduct: &Arc<Conduct>, unit: u8) {
        for device in self.with_model(|model| super::SimDevice::all(model.site())) {
            self.shared().misbehave_through(device, conduct, unit);
        }
    }
}

fn site_around(profile: &Profile, unit: Option<u8>) -> Result<(Site, String, u8), SimError> {
    let facts = profile.device_facts();
    let unfit = |reason: &str| SimError::Unfit { device: profile.name.clone(), reason: reason.to_owned() };
    if !facts.modbus {
        return Err(unfit("it is read over HTTP; `enmon sim run` simulates such devices"));
    }
    let role = *facts.roles.first().ok_or_else(|| unfit("nothing says what it is"))?;
    let unit = unit.unwrap_or(facts.unit);
    let device = DeviceLink {
        connector: 1,
        identity: None,
        profile: profile.name.clone(),
        address: Address::ModbusTcp { host: "127.0.0.1".to_owned(), port: 502 },
        unit,
        timeout: None,
        ca: None,
        token_file: None,
    };
    let mut site = empty_site();
    let phases = Phase::ALL.to_vec();
    let name = match role {
        Role::Charger => "charger",
        Role::Meter => "meter",
        Role::Breaker => "breaker",
        Role::Cabinet => "cabinet",
        Role::Solar => "solar",
        Role::Endpoint => "endpoint",
    };
    let (name, circuit) = (name.to_owned(), CircuitId(0));
    let named = name.clone();
    match role {
        Role::Charger => site.chargers.push(Charger {
            name: named,
            circuit,
            phases,
            min: Amps(6.0),
            max: facts.limit_range.map_or(MOST, |[_, most]| Amps(most.0.min(MOST.0))),
            failsafe: Amps(6.0),
            priority: 1.0,
            resolution: facts.resolution,
            switches_phases: false,
            reaction: None,
            watchdog: facts.watchdog.map(|watchdog| watchdog.default),
            device,
        }),
        Role::Meter => {
            site.circuits[0].meter = Some(MeterId(0));
            site.circuits[0].base_load = Some(PerPhase::all(BASE_LOAD));
            site.meters.push(Meter { name: named, phases, device });
        }
        Role::Breaker => site.breakers.push(Breaker {
            name: named,
            circuit: Some(circuit),
            remote: false,
            opens_after: None,
            device,
        }),
        Role::Cabinet => site.cabinets.push(Cabinet { name: named, max_temperature: None, device }),
        Role::Solar => {
            site.solar.push(Solar { name: named, circuit: Some(circuit), peak: Some(MOST), device });
        }
        Role::Endpoint => site.endpoints.push(Endpoint { name: named, labels: Default::default(), device }),
    }
    Ok((site, name, unit))
}

fn empty_site() -> Site {
    let main = Circuit {
        name: "main".to_owned(),
        parent: None,
        limit: PerPhase::all(Amps(63.0)),
        breaker: Some(BreakerRating { rating: Amps(63.0), curve: BreakerCurve::C }),
        meter: None,
        base_load: Some(PerPhase::default()),
    };
    Site {
        name: "serve".to_owned(),
        grid: Grid { voltage: Volts(230.0), phases: 3 },
        circuits: vec![main],
        parents_first: vec![CircuitId(0)],
        meters: Vec::new(),
        chargers: Vec::new(),
        breakers: Vec::new(),
        loads: Vec::new(),
        cabinets: Vec::new(),
        solar: Vec::new(),
        endpoints: Vec::new(),
        control: ControlSettings {
            interval: Period::from_secs(1),
            stale_after: Period::from_secs(5),
            raise_after: Period::from_secs(10),
            follow_time: Period::from_secs(15),
            turn: Period::from_secs(900),
            reserve: Amps::ZERO,
            rules: crate::site::Rules::default(),
        },
        api: ApiSettings { listen: ([127, 0, 0, 1], 0).into(), tls: None, token_file: None },
        policy: crate::site::PolicySettings::default(),
        journal: JournalSettings { path: None, keep: Period::from_secs(1) },
    }
}
