//! Modbus sockets and serial lines: which device a unit id means, and how its faults look on the wire.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::command::Fault;
use super::readout::{Readout, SimDevice};
use super::register_map::RegisterMap;
use super::registers::Registers;
use super::running::{SimError, profile_of};
use super::shared::Shared;
use crate::modbus::{self, Behaviour, Conduct, Exception, Habits};
use crate::profile::{Catalogue, Table};
use crate::site::Site;

/// Register maps by profile, kind of device and connector: a thousand equal chargers share one.
#[derive(Debug, Default)]
pub(super) struct RegisterMaps {
    known: HashMap<(String, std::mem::Discriminant<SimDevice>, u16), Arc<RegisterMap>>,
}

impl RegisterMaps {
    fn of(
        &mut self,
        site: &Site,
        catalogue: &Catalogue,
        device: SimDevice,
        connector: u16,
    ) -> Result<Arc<RegisterMap>, SimError> {
        let profile = profile_of(site, catalogue, device)?;
        let key = (profile.name.clone(), std::mem::discriminant(&device), connector);
        if let Some(map) = self.known.get(&key) {
            return Ok(Arc::clone(map));
        }
        let map = RegisterMap::of_connector(profile, device, connector).ok_or_else(|| SimError::Unfit {
            device: device.name(site).to_owned(),
            reason: format!("its address is Modbus, and profile `{}` is not", profile.name),
        })?;
        let map = Arc::new(map);
        self.known.insert(key, Arc::clone(&map));
        Ok(map)
    }
}

/// A device of its own, or one connector of a station.
#[derive(Debug)]
struct Connector {
    device: SimDevice,
    registers: Mutex<Registers>,
}

impl Connector {
    fn registers(&self) -> MutexGuard<'_, Registers> {
        self.registers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hears a request, and returns what the device measures.
    fn hear(&self, registers: &Registers, shared: &Shared) -> Readout {
        let mut model = shared.model();
        registers.heard(&mut model);
        model.readout(self.device)
    }
}

/// What is behind a unit id. A station with several connectors is several devices.
#[derive(Debug, Default)]
struct Unit {
    connectors: Vec<Connector>,
    habits: Habits,
}

/// Asks one after the other; the first that has the registers answers.
fn first_that_has<C, T>(
    connectors: &[C],
    mut ask: impl FnMut(&C) -> Result<T, Exception>,
) -> Result<T, Exception> {
    let mut refused = Exception::GatewayTargetFailedToRespond;
    for connector in connectors {
        match ask(connector) {
            Err(exception @ Exception::IllegalDataAddress) => refused = exception,
            answer => return answer,
        }
    }
    Err(refused)
}

/// The devices behind one socket or on one serial line, by unit id.
#[derive(Debug)]
pub(super) struct Bus {
    shared: Arc<Shared>,
    units: HashMap<u8, Arc<Unit>>,
}

impl Bus {
    /// Puts a socket's devices on their unit ids.
    pub fn new(
        site: &Site,
        catalogue: &Catalogue,
        maps: &mut RegisterMaps,
        devices: &[SimDevice],
        shared: &Arc<Shared>,
    ) -> Result<Bus, SimError> {
        let mut units: HashMap<u8, Unit> = HashMap::new();
        for &device in devices {
            let unit = device.link(site).unit;
            let on_unit = units.entry(unit).or_default();
            let unfit = |reason| SimError::Unfit { device: device.name(site).to_owned(), reason };
            let connectors =
                profile_of(site, catalogue, device)?.modbus.as_ref().map_or(1, |it| it.connectors.max(1));
            let connector = device.link(site).connector;
            if !(1..=connectors).contains(&connector) {
                return Err(unfit(format!(
                    "its profile has {connectors} connectors, and no connector {connector}"
                )));
            }
            let is_same = |one: &Connector| connectors == 1 || one.device.link(site).connector == connector;
            if on_unit.connectors.iter().any(is_same) {
                return Err(unfit(format!("another device has unit id {unit} at the same address")));
            }
            let map = maps.of(site, catalogue, device, connector)?;
            let settings = &map.settings;
            on_unit.habits = Habits {
                sleeps: settings.wake,
                gap: settings.gap.0,
                after_connect: settings.after_connect.0,
            };
            let registers = Mutex::new(Registers::new(device, map, &mut shared.model()));
            on_unit.connectors.push(Connector { device, registers });
        }
        let units = units.into_iter().map(|(unit, one)| (unit, Arc::new(one))).collect();
        Ok(Bus { shared: Arc::clone(shared), units })
    }

    /// Lets the devices behave as they should; with their habits, unless they are lenient.
    pub fn conduct(self, lenient: bool) -> Arc<Conduct> {
        let shared = Arc::clone(&self.shared);
        let units: Vec<(u8, Arc<Unit>)> =
            self.units.iter().map(|(&unit, one)| (unit, Arc::clone(one))).collect();
        let conduct = Conduct::new(Arc::new(self));
        for (unit, one) in units {
            if !lenient {
                conduct.set_habits(unit, one.habits);
            }
            for connector in &one.connectors {
                shared.misbehave_through(connector.device, &conduct, unit);
            }
        }
        conduct
    }

    /// Returns what a unit needs from those who ask it.
    pub fn habits(&self, unit: u8) -> Habits {
        self.units.get(&unit).map(|unit| unit.habits).unwrap_or_default()
    }

    fn unit(&self, unit: u8) -> Result<&Unit, Exception> {
        self.units.get(&unit).map(|unit| &**unit).ok_or(Exception::GatewayTargetFailedToRespond)
    }
}

impl modbus::Registers for Bus {
    fn has(&self, unit: u8) -> bool {
        self.units.contains_key(&unit)
    }

    fn knows(&self, unit: u8, function: u8) -> bool {
        // of a unit that is not there, reading and writing say so
        let first = self.unit(unit).ok().and_then(|one| one.connectors.first());
        first.is_none_or(|connector| connector.registers().knows(function))
    }

    fn read(&self, unit: u8, table: Table, address: u16, count: u16) -> Result<Vec<u16>, Exception> {
        first_that_has(&self.unit(unit)?.connectors, |connector| {
            let registers = connector.registers();
            let readout = connector.hear(&registers, &self.shared);
            registers.read(table, address, count, &readout)
        })
    }

    fn write(&self, unit: u8, table: Table, address: u16, words: &[u16]) -> Result<(), Exception> {
        first_that_has(&self.unit(unit)?.connectors, |connector| {
            let mut registers = connector.registers();
            let mut model = self.shared.model();
            registers.heard(&mut model);
            registers.write(table, address, words, &mut model)
        })
    }

    fn snapshot(&self) -> Option<Arc<dyn modbus::Registers>> {
        let mut units = HashMap::new();
        for (&unit, one) in &self.units {
            let keep = |connector: &Connector| {
                let registers = connector.registers().clone();
                (registers, self.shared.model().readout(connector.device))
            };
            units.insert(unit, (Arc::clone(one), one.connectors.iter().map(keep).collect()));
        }
        Some(Arc::new(Stale { shared: Arc::clone(&self.shared), units }))
    }
}

/// A unit, and what each of its connectors showed.
type KeptUnit = (Arc<Unit>, Vec<(Registers, Readout)>);

/// Devices that go on hearing what they are asked, and show what was so at one moment.
#[derive(Debug)]
struct Stale {
    shared: Arc<Shared>,
    units: HashMap<u8, KeptUnit>,
}

impl modbus::Registers for Stale {
    fn read(&self, unit: u8, table: Table, address: u16, count: u16) -> Result<Vec<u16>, Exception> {
        let (unit, kept) = self.units.get(&unit).ok_or(Exception::GatewayTargetFailedToRespond)?;
        for connector in &unit.connectors {
            connector.hear(&connector.registers(), &self.shared);
        }
        first_that_has(kept, |(registers, readout)| registers.read(table, address, count, readout))
    }

    fn write(&self, _: u8, _: Table, _: u16, _: &[u16]) -> Result<(), Exception> {
        Err(Exception::ServerDeviceFailure)
    }
}

/// Returns how a fault looks on the wire.
pub(super) fn behaviour(fault: Option<Fault>) -> Behaviour {
    match fault {
        None => Behaviour::Normal,
        Some(Fault::Silent) => Behaviour::Silent,
        Some(Fault::Slow(time)) => Behaviour::Slow(time),
        Some(Fault::Late(time)) => Behaviour::Late(time),
        Some(Fault::Reset) => Behaviour::Reset,
        Some(Fault::Close) => Behaviour::Close,
        Some(Fault::Exception) => Behaviour::Exception(Exception::ServerDeviceFailure),
        Some(Fault::Garbage) => Behaviour::Garbage,
        Some(Fault::IgnoreWrites) => Behaviour::IgnoreWrites,
        Some(Fault::Stale) => Behaviour::Stale,
        Some(Fault::WrongTransaction) => Behaviour::WrongTransaction,
        Some(Fault::Truncated) => Behaviour::Truncated,
        Some(Fault::BadChecksum) => Behaviour::BadChecksum,
    }
}
