//! The hand on a running simulation: sets what happens, reads what is so.

use std::sync::Arc;

use super::car::CarSpec;
use super::command::{Command, CommandError, Fault};
use super::model::Model;
use super::readout::SimDevice;
use super::shared::Shared;
use super::truth::Truth;
use crate::site::{ChargerId, CircuitId, Site};

/// The hand on a running simulation; copies share it.
#[derive(Debug, Clone)]
pub struct SimHandle {
    shared: Arc<Shared>,
}

impl SimHandle {
    pub(super) fn new(shared: Arc<Shared>) -> SimHandle {
        SimHandle { shared }
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Works on the model while nothing else does; keep it short.
    pub fn with_model<T>(&self, work: impl FnOnce(&mut Model) -> T) -> T {
        work(&mut self.shared.model())
    }

    /// Returns everything that is so now.
    pub fn truth(&self) -> Truth {
        self.with_model(|model| model.truth())
    }

    /// Lets the witnesses begin anew.
    pub fn mark(&self) {
        self.with_model(Model::mark);
    }

    /// Makes a device misbehave, or behave again.
    pub fn set_fault(&self, device: SimDevice, fault: Option<Fault>) {
        self.shared.set_fault(device, fault);
    }

    /// Plugs a car in at a charger of that name.
    ///
    /// # Errors
    /// When the site has no such charger.
    pub fn plug(&self, charger: &str, car: CarSpec) -> Result<(), CommandError> {
        self.apply(&Command::Plug { charger: charger.to_owned(), car }).map(drop)
    }

    /// Does what a line says; returns the ground truth when it asks for it. An empty line says nothing.
    ///
    /// # Errors
    /// When the line is not understood, or names something that the site does not have.
    pub fn tell(&self, line: &str) -> Result<Option<Truth>, CommandError> {
        match Command::parse(line)? {
            Some(command) => self.apply(&command),
            None => Ok(None),
        }
    }

    /// Does what a command says; returns the ground truth when it asks for it.
    ///
    /// # Errors
    /// When it names something that the site does not have.
    pub fn apply(&self, command: &Command) -> Result<Option<Truth>, CommandError> {
        let site = Arc::clone(self.shared.model().site());
        if let Command::Fault { device, fault } = command {
            let found = SimDevice::all(&site).into_iter().find(|one| one.name(&site) == device);
            // without the model's lock: a device that becomes stale looks at the model
            self.shared.set_fault(found.ok_or_else(|| no_such("device", device))?, *fault);
            return Ok(None);
        }
        let mut model = self.shared.model();
        match command {
            Command::Base { circuit, amps } => model.hold_base_load(circuit_named(&site, circuit)?, *amps),
            Command::Sun { solar, amps } => {
                model.hold_sun(position("solar input", solar, &site.solar, |entry| &entry.name)?, *amps);
            }
            Command::Plug { charger, car } => model.plug(charger_named(&site, charger)?, *car),
            Command::Unplug { charger } => model.unplug(charger_named(&site, charger)?),
            Command::Pilot { charger, fault } => {
                model.change_station(charger_named(&site, charger)?, |station| station.set_fault(*fault));
            }
            Command::NoMoreCars => model.set_traffic(None),
            Command::Fault { .. } => {}
            Command::Breaker { name, position } => model.put_breaker(broken_by(&site, name)?, *position),
            Command::Smoke { cabinet, smoke } => {
                model.set_smoke(position("cabinet", cabinet, &site.cabinets, |entry| &entry.name)?, *smoke);
            }
            Command::Temperature { cabinet, celsius } => {
                let cabinet = position("cabinet", cabinet, &site.cabinets, |entry| &entry.name)?;
                model.hold_temperature(cabinet, *celsius);
            }
            Command::Mark => model.mark(),
            Command::Truth => return Ok(Some(model.truth())),
        }
        Ok(None)
    }

    /// Waits until the ground truth fulfils a condition; looks after every step. Bound the wait where the condition may never come.
    pub async fn until(&self, mut condition: impl FnMut(&Truth) -> bool) -> Truth {
        let mut steps = self.shared.steps();
        loop {
            let truth = self.truth();
            if condition(&truth) {
                return truth;
            }
            if steps.changed().await.is_err() {
                return truth;
            }
        }
    }
}

fn no_such(what: &'static str, name: &str) -> CommandError {
    CommandError::NoSuch { what, name: name.to_owned() }
}

fn position<T>(
    what: &'static str,
    name: &str,
    entries: &[T],
    name_of: impl Fn(&T) -> &String,
) -> Result<usize, CommandError> {
    entries.iter().position(|entry| name_of(entry) == name).ok_or_else(|| no_such(what, name))
}

fn circuit_named(site: &Site, name: &str) -> Result<CircuitId, CommandError> {
    position("circuit", name, &site.circuits, |entry| &entry.name).map(CircuitId)
}

fn charger_named(site: &Site, name: &str) -> Result<ChargerId, CommandError> {
    position("charger", name, &site.chargers, |entry| &entry.name).map(ChargerId)
}

/// Returns the circuit that a breaker of that name protects, or the circuit of that name.
fn broken_by(site: &Site, name: &str) -> Result<CircuitId, CommandError> {
    let named = site.breakers.iter().find(|breaker| breaker.name == name);
    match named.and_then(|breaker| breaker.circuit) {
        Some(circuit) => Ok(circuit),
        None => circuit_named(site, name).map_err(|_| no_such("breaker or circuit", name)),
    }
}
