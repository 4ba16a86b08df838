//! What the tasks of a running simulation share: one model behind one lock that is held for microseconds, and who misbehaves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::bus;
use super::command::Fault;
use super::model::Model;
use super::readout::SimDevice;
use crate::modbus::Conduct;

/// The shared state.
#[derive(Debug)]
pub(super) struct Shared {
    model: Mutex<Model>,
    faults: HashMap<SimDevice, Mutex<Option<Fault>>>,
    /// Modbus devices: the server that they are behind, and their unit id there.
    behaviours: Mutex<HashMap<SimDevice, (Arc<Conduct>, u8)>>,
    stepped: watch::Sender<u64>,
}

impl Shared {
    pub fn new(model: Model) -> Arc<Shared> {
        let devices = SimDevice::all(model.site());
        Arc::new(Shared {
            model: Mutex::new(model),
            faults: devices.into_iter().map(|device| (device, Mutex::new(None))).collect(),
            behaviours: Mutex::new(HashMap::new()),
            stepped: watch::Sender::new(0),
        })
    }

    /// Locks the model. A task that panicked left it whole: no step is taken back half-way.
    pub fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how a device misbehaves.
    pub fn fault(&self, device: SimDevice) -> Option<Fault> {
        *self.faults.get(&device)?.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a device misbehave, or behave again.
    pub fn set_fault(&self, device: SimDevice, fault: Option<Fault>) {
        if let Some(cell) = self.faults.get(&device) {
            *cell.lock().unwrap_or_else(PoisonError::into_inner) = fault;
        }
        let behaviours = self.behaviours.lock().unwrap_or_else(PoisonError::into_inner);
        let found = behaviours.get(&device).cloned();
        // a device that becomes stale looks at the model
        drop(behaviours);
        if let Some((conduct, unit)) = found {
            conduct.set_unit(unit, bus::behaviour(fault));
        }
    }

    /// Lets faults of a device change how its unit behaves.
    pub fn misbehave_through(&self, device: SimDevice, conduct: &Arc<Conduct>, unit: u8) {
        let mut behaviours = self.behaviours.lock().unwrap_or_else(PoisonError::into_inner);
        behaviours.insert(device, (Arc::clone(conduct), unit));
    }

    /// Tells those who wait that steps were taken.
    pub fn announce(&self, steps: u64) {
        self.stepped.send_replace(steps);
    }

    /// Returns what tells when steps are taken.
    pub fn steps(&self) -> watch::Receiver<u64> {
        self.stepped.subscribe()
    }
}
