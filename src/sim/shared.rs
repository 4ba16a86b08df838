//! What the tasks of a running simulation share: one model behind one lock that is held for microseconds, and who misbehaves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::bus;
use super::command::Fault;
use super::model::Model;
use super::readout::SimDevice;
use crate::modbus::Behaviour;

/// The shared state.
#[derive(Debug)]
pub(super) struct Shared {
    model: Mutex<Model>,
    faults: HashMap<SimDevice, Mutex<Option<Fault>>>,
    /// Modbus devices; those behind one socket share what happens to it.
    behaviours: Mutex<HashMap<SimDevice, watch::Sender<Behaviour>>>,
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
        if let Some(sender) = behaviours.get(&device) {
            sender.send_replace(bus::behaviour(fault));
        }
    }

    /// Lets faults of these devices change the behaviour of their socket.
    pub fn misbehave_through(&self, devices: &[SimDevice], behaviour: &watch::Sender<Behaviour>) {
        let mut behaviours = self.behaviours.lock().unwrap_or_else(PoisonError::into_inner);
        behaviours.extend(devices.iter().map(|&device| (device, behaviour.clone())));
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
