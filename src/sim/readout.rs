//! What a device would measure now, whatever protocol it speaks: the model's side of registers and metric pages.

use super::breaker::Position;
use super::model::Model;
use crate::profile::PilotState;
use crate::site::{Amps, ChargerId, CircuitId, DeviceLink, MeterId, Phase, Site};

/// One device of the site, by position in its vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SimDevice {
    /// A meter.
    Meter(usize),
    /// A charger.
    Charger(usize),
    /// A breaker.
    Breaker(usize),
    /// A cabinet.
    Cabinet(usize),
    /// A solar input.
    Solar(usize),
    /// An ESP node.
    Endpoint(usize),
}

impl SimDevice {
    /// Returns every device of a site, in the order of the file.
    pub fn all(site: &Site) -> Vec<SimDevice> {
        let meters = (0..site.meters.len()).map(SimDevice::Meter);
        let chargers = (0..site.chargers.len()).map(SimDevice::Charger);
        let breakers = (0..site.breakers.len()).map(SimDevice::Breaker);
        let cabinets = (0..site.cabinets.len()).map(SimDevice::Cabinet);
        let solar = (0..site.solar.len()).map(SimDevice::Solar);
        let endpoints = (0..site.endpoints.len()).map(SimDevice::Endpoint);
        meters.chain(chargers).chain(breakers).chain(cabinets).chain(solar).chain(endpoints).collect()
    }

    /// Returns the device's name.
    pub fn name(self, site: &Site) -> &str {
        match self {
            SimDevice::Meter(index) => &site.meters[index].name,
            SimDevice::Charger(index) => &site.chargers[index].name,
            SimDevice::Breaker(index) => &site.breakers[index].name,
            SimDevice::Cabinet(index) => &site.cabinets[index].name,
            SimDevice::Solar(index) => &site.solar[index].name,
            SimDevice::Endpoint(index) => &site.endpoints[index].name,
        }
    }

    /// Returns where the device is and what it is.
    pub fn link(self, site: &Site) -> &DeviceLink {
        match self {
            SimDevice::Meter(index) => &site.meters[index].device,
            SimDevice::Charger(index) => &site.chargers[index].device,
            SimDevice::Breaker(index) => &site.breakers[index].device,
            SimDevice::Cabinet(index) => &site.cabinets[index].device,
            SimDevice::Solar(index) => &site.solar[index].device,
            SimDevice::Endpoint(index) => &site.endpoints[index].device,
        }
    }

    /// Returns the same for changing it.
    pub fn link_mut(self, site: &mut Site) -> &mut DeviceLink {
        match self {
            SimDevice::Meter(index) => &mut site.meters[index].device,
            SimDevice::Charger(index) => &mut site.chargers[index].device,
            SimDevice::Breaker(index) => &mut site.breakers[index].device,
            SimDevice::Cabinet(index) => &mut site.cabinets[index].device,
            SimDevice::Solar(index) => &mut site.solar[index].device,
            SimDevice::Endpoint(index) => &mut site.endpoints[index].device,
        }
    }
}

/// What a device measures. What it can't measure is 0, off or nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Readout {
    /// Magnitude of the current on terminals 1, 2, 3.
    pub currents: [Amps; 3],
    /// Voltage on terminals 1, 2, 3.
    pub voltages: [f64; 3],
    /// Active power on terminals 1, 2, 3 in W, positive for import.
    pub powers: [f64; 3],
    /// Energy imported, kWh.
    pub import_kwh: f64,
    /// Energy exported, kWh.
    pub export_kwh: f64,
    /// A charger's.
    pub station: Option<StationReadout>,
    /// A breaker's.
    pub breaker: Option<BreakerReadout>,
    /// A cabinet's.
    pub cabinet: Option<CabinetReadout>,
}

/// What a station says of itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StationReadout {
    /// State of the control pilot.
    pub pilot: PilotState,
    /// Is a car there?
    pub plugged: bool,
    /// What it offers per phase.
    pub offered: Amps,
    /// Content of its limit register.
    pub limit: Amps,
    /// Fail-safe current.
    pub failsafe: Amps,
    /// Time of its watchdog in ms, 0 when it has none.
    pub watchdog_ms: u64,
    /// What is left of it in ms.
    pub remaining_ms: u64,
    /// Does the limit decide what is offered?
    pub obeys_limit: bool,
    /// On how many phases it lets a car charge.
    pub phases: u8,
}

/// What a breaker says of itself (REFERENCE A2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerReadout {
    /// Position.
    pub position: Position,
    /// Overload warning.
    pub overload: bool,
    /// Fault signal.
    pub fault: bool,
}

/// What a cabinet says (REFERENCE A2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CabinetReadout {
    /// Temperature in °C.
    pub temperature: f64,
    /// Smoke or gas found.
    pub smoke: bool,
}

impl Model {
    /// Returns what a device measures now.
    pub fn readout(&self, device: SimDevice) -> Readout {
        let site = &self.site;
        match device {
            SimDevice::Meter(index) => self.meter_readout(index),
            SimDevice::Charger(index) => self.charger_readout(ChargerId(index)),
            SimDevice::Breaker(index) => self.breaker_readout(index),
            SimDevice::Cabinet(index) => {
                let air = &self.airs[index];
                let cabinet = CabinetReadout { temperature: air.temperature, smoke: air.smoke };
                Readout { cabinet: Some(cabinet), ..Readout::default() }
            }
            SimDevice::Solar(index) => {
                let amps = self.sun(index);
                self.measured(site.grid.phases(), |_| -amps, site.solar[index].circuit)
            }
            SimDevice::Endpoint(index) => {
                // the clamps of a node sit on the circuit that its label names, by default on the first one
                let named = site.endpoints[index].labels.get("circuit");
                let named =
                    named.and_then(|name| site.circuits.iter().position(|circuit| &circuit.name == name));
                self.circuit_readout(site.grid.phases(), Some(CircuitId(named.unwrap_or(0))))
            }
        }
    }

    fn meter_readout(&self, index: usize) -> Readout {
        let counted = self.counted(MeterId(index));
        let mut measured =
            self.circuit_readout(&self.site.meters[index].phases, self.metered(MeterId(index)));
        for current in measured.currents.iter_mut().take(self.site.meters[index].phases.len()) {
            *current = (*current + self.skews[index]).max(Amps::ZERO);
        }
        Readout { import_kwh: counted.import_kwh, export_kwh: counted.export_kwh, ..measured }
    }

    fn charger_readout(&self, charger: ChargerId) -> Readout {
        let (entry, bay) = (&self.site.chargers[charger.0], self.bay(charger));
        let drawn = self.drawn(charger);
        let station = StationReadout {
            pilot: self.pilot(charger),
            plugged: bay.car.is_some(),
            offered: bay.station.offered(),
            limit: bay.station.limit(),
            failsafe: bay.station.failsafe(),
            watchdog_ms: bay.station.watchdog_ms().unwrap_or(0),
            remaining_ms: bay.station.remaining_ms(),
            obeys_limit: bay.station.obeys_limit(),
            phases: bay.station.phases(),
        };
        let phases = &entry.phases;
        let of_phase = |phase| phases.iter().position(|&at| at == phase).map_or(Amps::ZERO, |at| drawn[at]);
        Readout {
            station: Some(station),
            import_kwh: bay.car.as_ref().map_or(0.0, |car| car.delivered_kwh),
            ..self.measured(phases, of_phase, Some(entry.circuit))
        }
    }

    /// Returns the state of a charger's control pilot.
    pub fn pilot(&self, charger: ChargerId) -> PilotState {
        let bay = self.bay(charger);
        match &bay.car {
            _ if bay.station.has_fault() => PilotState::F,
            None => PilotState::A,
            Some(car) if car.asks() => PilotState::C,
            Some(_) => PilotState::B,
        }
    }

    fn breaker_readout(&self, index: usize) -> Readout {
        let circuit = self.site.breakers[index].circuit;
        let state = circuit.and_then(|circuit| self.breaker(circuit));
        let breaker = BreakerReadout {
            position: state.map_or(self.relays[index], |state| state.position()),
            overload: state.is_some_and(|state| state.is_overloaded()),
            fault: state.is_some_and(|state| state.has_fault()),
        };
        Readout { breaker: Some(breaker), ..self.circuit_readout(self.site.grid.phases(), circuit) }
    }

    fn circuit_readout(&self, phases: &[Phase], circuit: Option<CircuitId>) -> Readout {
        let Some(circuit) = circuit else { return Readout::default() };
        let drawn = self.sums(circuit).drawn;
        self.measured(phases, |phase| drawn[phase], Some(circuit))
    }

    fn measured(
        &self,
        phases: &[Phase],
        amps: impl Fn(Phase) -> Amps,
        circuit: Option<CircuitId>,
    ) -> Readout {
        let live = circuit.is_none_or(|circuit| self.is_live(circuit));
        let volts = if live { self.site.grid.voltage.0 } else { 0.0 };
        let mut readout = Readout::default();
        for (terminal, &phase) in phases.iter().enumerate().take(3) {
            readout.currents[terminal] = amps(phase).abs();
            readout.voltages[terminal] = volts;
            readout.powers[terminal] = amps(phase).0 * volts;
        }
        readout
    }
}
