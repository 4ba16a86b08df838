//! The world of a scenario in virtual time: the electrical model, and who misbehaves how. It plays no protocol; what a device would answer
//! is said in values.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::script::Fault;
use crate::control::{
    BreakerReading, BreakerState, CabinetReading, ChargerReading, ChargerState, DeviceRef, EndpointReading,
    MeterReading, SolarReading, Values,
};
use crate::profile::PilotState;
use crate::sim::{Model, Position, Readout, SimDevice};
use crate::site::{Amps, ChargerId};

/// A device that misbehaves.
#[derive(Debug, Clone)]
struct Misfit {
    fault: Fault,
    /// What it showed when this began.
    kept: Readout,
}

/// The model and the faults.
#[derive(Debug)]
pub(super) struct World {
    pub model: Model,
    misfits: HashMap<SimDevice, Misfit>,
    /// What liars say that they offer.
    claimed: HashMap<usize, Amps>,
    /// Chargers whose watchdogs are fed by limits alone.
    fed_by_limits: Vec<bool>,
}

/// A world that several hold.
#[derive(Debug, Clone)]
pub(super) struct SharedWorld(Arc<Mutex<World>>);

impl SharedWorld {
    pub fn new(model: Model, fed_by_limits: Vec<bool>) -> Self {
        let world = World { model, misfits: HashMap::new(), claimed: HashMap::new(), fed_by_limits };
        SharedWorld(Arc::new(Mutex::new(world)))
    }

    /// Takes the world for a moment.
    pub fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    /// Lets a device misbehave; a fault that is but a moment is over at once.
    pub fn misbehave(&mut self, device: SimDevice, fault: Fault) {
        if let (Fault::Restarted, SimDevice::Charger(index)) = (fault, device) {
            self.model.restart_station(ChargerId(index));
            return;
        }
        if let (Fault::Offset(amps), SimDevice::Meter(index)) = (fault, device) {
            self.model.skew_meter(index, amps);
            return;
        }
        let kept = self.model.readout(device);
        self.misfits.insert(device, Misfit { fault, kept });
    }

    /// Lets a device behave again.
    pub fn heal(&mut self, device: SimDevice) {
        self.misfits.remove(&device);
        match device {
            SimDevice::Meter(index) => self.model.skew_meter(index, Amps::ZERO),
            SimDevice::Charger(index) => drop(self.claimed.remove(&index)),
            _ => {}
        }
    }

    /// Returns how a device misbehaves.
    pub fn fault(&self, device: DeviceRef) -> Option<Fault> {
        self.misfits.get(&sim_device(device)).map(|misfit| misfit.fault)
    }

    /// A request has reached a device.
    pub fn hears(&mut self, device: DeviceRef) {
        if let DeviceRef::Charger(index) = device
            && !self.fed_by_limits[index]
        {
            self.model.feed(ChargerId(index));
        }
    }

    /// A limit has reached a charger.
    pub fn takes_limit(&mut self, charger: ChargerId, limit: Amps) {
        self.model.feed(charger);
        match self.fault(DeviceRef::Charger(charger.0)) {
            Some(Fault::Lying) => drop(self.claimed.insert(charger.0, limit)),
            Some(Fault::IgnoresLimits | Fault::Refuses) => {}
            _ => self.model.change_station(charger, |station| station.set_limit(limit)),
        }
    }

    /// A command has reached a breaker.
    pub fn switches(&mut self, breaker: usize, close: bool) {
        self.model.switch_breaker(breaker, if close { Position::On } else { Position::Off });
    }

    /// Returns what a device says.
    pub fn values(&self, device: DeviceRef) -> Values {
        let one = sim_device(device);
        let readout = match self.misfits.get(&one) {
            Some(Misfit { fault: Fault::Frozen, kept }) => kept.clone(),
            _ => self.model.readout(one),
        };
        match device {
            DeviceRef::Meter(_) => Values::Meter(MeterReading {
                currents: readout.currents.map(Some),
                voltages: readout.voltages.map(Some),
                power: Some(readout.powers.iter().sum()),
                energy_import: Some(readout.import_kwh),
            }),
            DeviceRef::Charger(index) => Values::Charger(self.charger(index, &readout)),
            DeviceRef::Breaker(_) => Values::Breaker(BreakerReading {
                state: match readout.breaker.map(|breaker| breaker.position) {
                    Some(Position::Off) => BreakerState::Off,
                    Some(Position::Tripped) => BreakerState::Tripped,
                    _ => BreakerState::On,
                },
                currents: readout.currents.map(Some),
                fault: readout.breaker.is_some_and(|breaker| breaker.fault),
                overload: readout.breaker.is_some_and(|breaker| breaker.overload),
            }),
            DeviceRef::Cabinet(_) => Values::Cabinet(CabinetReading {
                temperature: readout.cabinet.map(|cabinet| cabinet.temperature),
                smoke: readout.cabinet.map(|cabinet| cabinet.smoke),
            }),
            DeviceRef::Solar(_) => Values::Solar(SolarReading { current: readout.currents[0] }),
            DeviceRef::Endpoint(_) => {
                Values::Endpoint(EndpointReading { currents: readout.currents.to_vec(), connected: true })
            }
        }
    }

    fn charger(&self, index: usize, readout: &Readout) -> ChargerReading {
        let station = readout.station;
        let offered = station.map_or(Amps::ZERO, |station| station.offered);
        ChargerReading {
            state: station.map_or(ChargerState::Unplugged, |station| state_of(station.pilot)),
            drawn: readout.currents,
            offered: self.claimed.get(&index).copied().unwrap_or(offered),
            phases: station.map(|station| station.phases),
        }
    }
}

fn state_of(pilot: PilotState) -> ChargerState {
    match pilot {
        PilotState::A => ChargerState::Unplugged,
        PilotState::B => ChargerState::PluggedIn,
        PilotState::C | PilotState::D => ChargerState::Charging,
        PilotState::E | PilotState::F => ChargerState::Fault,
    }
}

/// Returns the simulated device behind one that the controller knows.
pub(super) fn sim_device(device: DeviceRef) -> SimDevice {
    match device {
        DeviceRef::Meter(index) => SimDevice::Meter(index),
        DeviceRef::Charger(index) => SimDevice::Charger(index),
        DeviceRef::Breaker(index) => SimDevice::Breaker(index),
        DeviceRef::Cabinet(index) => SimDevice::Cabinet(index),
        DeviceRef::Solar(index) => SimDevice::Solar(index),
        DeviceRef::Endpoint(index) => SimDevice::Endpoint(index),
    }
}
