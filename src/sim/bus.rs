//! Modbus sockets: which device a unit id means, and how its faults look on the wire.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::command::Fault;
use super::readout::SimDevice;
use super::register_map::RegisterMap;
use super::registers::Registers;
use super::running::{SimError, profile_of};
use super::shared::Shared;
use super::socket::Socket;
use crate::modbus::{self, Behaviour, Exception};
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

/// The devices behind one socket, by unit id. A station with several connectors is several devices behind one unit id.
#[derive(Debug)]
pub(super) struct Bus {
    shared: Arc<Shared>,
    units: HashMap<u8, Vec<(SimDevice, Mutex<Registers>)>>,
}

impl Bus {
    /// Puts a socket's devices on their unit ids.
    pub fn new(
        site: &Site,
        catalogue: &Catalogue,
        maps: &mut RegisterMaps,
        socket: &Socket,
        shared: &Arc<Shared>,
    ) -> Result<Bus, SimError> {
        let mut units: HashMap<u8, Vec<(SimDevice, Mutex<Registers>)>> = HashMap::new();
        for &device in &socket.devices {
            let unit = device.link(site).unit;
            let on_unit = units.entry(unit).or_default();
            let connectors =
                profile_of(site, catalogue, device)?.modbus.as_ref().map_or(1, |it| it.connectors);
            // connectors behind one unit id are counted in the order of the site file
            let connector = u16::try_from(on_unit.len() + 1).unwrap_or(u16::MAX);
            if connector > connectors {
                let reason = format!("another device has unit id {unit} at the same address");
                return Err(SimError::Unfit { device: device.name(site).to_owned(), reason });
            }
            let map = maps.of(site, catalogue, device, connector)?;
            let registers = Registers::new(device, map, &mut shared.model());
            on_unit.push((device, Mutex::new(registers)));
        }
        Ok(Bus { shared: Arc::clone(shared), units })
    }

    /// Serves the bus until it is stopped.
    pub fn serve(
        self,
        socket: &Socket,
        listener: TcpListener,
        tasks: &mut JoinSet<()>,
        stop: CancellationToken,
    ) {
        let behaviour = watch::Sender::new(Behaviour::Normal);
        let seen = behaviour.subscribe();
        self.shared.misbehave_through(&socket.devices, &behaviour);
        tasks.spawn(async move {
            if let Err(error) = modbus::serve(listener, Arc::new(self), seen, stop).await {
                tracing::error!(%error, "a simulated device can't be reached any more");
            }
        });
    }

    fn unit(&self, unit: u8) -> Result<&[(SimDevice, Mutex<Registers>)], Exception> {
        self.units.get(&unit).map(Vec::as_slice).ok_or(Exception::GatewayTargetFailedToRespond)
    }
}

/// Asks the connectors of a unit one after the other; the first that has the registers answers.
fn first_that_has<T>(
    connectors: &[(SimDevice, Mutex<Registers>)],
    mut ask: impl FnMut(SimDevice, &mut Registers) -> Result<T, Exception>,
) -> Result<T, Exception> {
    let mut refused = Exception::GatewayTargetFailedToRespond;
    for (device, registers) in connectors {
        match ask(*device, &mut registers.lock().unwrap_or_else(PoisonError::into_inner)) {
            Err(exception @ Exception::IllegalDataAddress) => refused = exception,
            answer => return answer,
        }
    }
    Err(refused)
}

impl modbus::Registers for Bus {
    fn knows(&self, unit: u8, function: u8) -> bool {
        // of a unit that is not there, reading and writing say so
        let first = self.unit(unit).ok().and_then(<[_]>::first);
        first.is_none_or(|(_, registers)| {
            registers.lock().unwrap_or_else(PoisonError::into_inner).knows(function)
        })
    }

    fn read(&self, unit: u8, table: Table, address: u16, count: u16) -> Result<Vec<u16>, Exception> {
        first_that_has(self.unit(unit)?, |device, registers| {
            let readout = {
                let mut model = self.shared.model();
                registers.heard(&mut model);
                model.readout(device)
            };
            registers.read(table, address, count, &readout)
        })
    }

    fn write(&self, unit: u8, table: Table, address: u16, words: &[u16]) -> Result<(), Exception> {
        first_that_has(self.unit(unit)?, |_, registers| {
            let mut model = self.shared.model();
            registers.heard(&mut model);
            registers.write(table, address, words, &mut model)
        })
    }
}

/// Returns how a fault looks on the wire.
pub(super) fn behaviour(fault: Option<Fault>) -> Behaviour {
    match fault {
        None => Behaviour::Normal,
        Some(Fault::Silent) => Behaviour::Silent,
        Some(Fault::Slow(time)) => Behaviour::Slow(time),
        Some(Fault::Reset) => Behaviour::Reset,
        Some(Fault::Exception) => Behaviour::Exception(Exception::ServerDeviceFailure),
        Some(Fault::Garbage) => Behaviour::Garbage,
        Some(Fault::IgnoreWrites) => Behaviour::IgnoreWrites,
    }
}
