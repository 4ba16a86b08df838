//! A bench for registers in tests: one device of the garage, read and written as a controller would, with the profile's own codec.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::model_test::garage;
use super::register_map::RegisterMap;
use super::registers::Registers;
use super::*;
use crate::modbus::{self, Exception, Layout, Value};
use crate::profile::{Condition, Known, PilotState, Point, Profile, Table, state_key};
use crate::site::{Amps, ChargerId};

/// One device and the model behind it.
pub(super) struct Bench {
    pub model: Model,
    pub registers: Registers,
    device: SimDevice,
}

impl Bench {
    pub fn new(profile: &Profile, device: SimDevice) -> Bench {
        Bench::of_connector(profile, device, 1)
    }

    /// One connector of a station that has several.
    pub fn of_connector(profile: &Profile, device: SimDevice, connector: u16) -> Bench {
        let mut model = Model::new(Arc::new(garage()), Scene::Still, 1);
        let map = Arc::new(RegisterMap::of_connector(profile, device, connector).unwrap());
        let registers = Registers::new(device, map, &mut model);
        Bench { model, registers, device }
    }

    pub fn read(&self, table: Table, address: u16, count: u16) -> Result<Vec<u16>, Exception> {
        self.registers.read(table, address, count, &self.model.readout(self.device))
    }

    pub fn write(&mut self, address: u16, words: &[u16]) -> Result<(), Exception> {
        self.write_to(Table::Holding, address, words)
    }

    /// Writes to any table.
    pub fn write_to(&mut self, table: Table, address: u16, words: &[u16]) -> Result<(), Exception> {
        self.hear();
        self.registers.write(table, address, words, &mut self.model)
    }

    /// Hears a request of no consequence.
    pub fn hear(&mut self) {
        self.registers.heard(&mut self.model);
    }

    pub fn offered(&self) -> Amps {
        let SimDevice::Charger(index) = self.device else { panic!("{:?} offers nothing", self.device) };
        self.model.bay(ChargerId(index)).station.offered()
    }

    /// Lets time pass.
    pub fn charge(&mut self, seconds: u64) {
        for _ in 0..seconds * 10 {
            self.model.step(100, 1.0);
        }
    }

    /// Writes a value to a point the way the device wants it: with the function and the registers of its profile.
    pub fn write_point(&mut self, profile: &Profile, name: &str, value: f64) -> Result<(), Exception> {
        let point = &profile.points[name];
        let settings = profile.modbus.clone().unwrap();
        let words = modbus::encode(&Value::Number(value), &Layout::of(point, &settings))
            .map_err(|_| Exception::IllegalDataValue)?;
        let address = point.address_on(1).unwrap();
        let function = match (point.table, words.len()) {
            (Table::Coil, _) => 5,
            (_, 1) => 6,
            _ => 16,
        };
        assert!(
            self.registers.knows(function) || self.registers.knows(16),
            "{}: {name}: function {function}",
            profile.name
        );
        self.write_to(point.table, address, &words)
    }

    /// Reads a point, with the block around it where the device answers whole blocks only.
    pub fn values(&self, profile: &Profile, name: &str) -> Result<Vec<Value>, Exception> {
        let point: &Point = &profile.points[name];
        let (address, span) = (point.address_on(1).unwrap(), point.span());
        let (from, count) = point.block.map_or((address, span), |block| (block.address, block.count));
        let words = self.read(point.table, from, count)?;
        let first = usize::from(address - from);
        let words = &words[first..first + usize::from(span)];
        let settings = profile.modbus.clone().unwrap();
        Ok(modbus::decode(words, &Layout::of(point, &settings)).unwrap())
    }

    /// Reads the numbers of a point.
    pub fn numbers(&self, profile: &Profile, name: &str) -> Vec<f64> {
        let values = self.values(profile, name);
        let values = values.unwrap_or_else(|refused| panic!("{}: {name}: {refused:?}", profile.name));
        values.iter().map(|value| value.number().unwrap_or(f64::NAN)).collect()
    }

    /// Reads the first number of a point.
    pub fn number(&self, profile: &Profile, name: &str) -> f64 {
        self.numbers(profile, name)[0]
    }

    /// Reads a state by its table.
    pub fn state(&self, profile: &Profile, name: &str, map: &BTreeMap<String, PilotState>) -> PilotState {
        let value = self.values(profile, name).unwrap().remove(0);
        let entry = match &value {
            Value::Text(text) => {
                map.iter().filter(|(key, _)| text.starts_with(key.as_str())).max_by_key(|(key, _)| key.len())
            }
            _ => map.iter().find(|(key, _)| state_key(key).map(|key| key as f64) == value.number()),
        };
        *entry.unwrap_or_else(|| panic!("{}: {value:?} is no state", profile.name)).1
    }

    /// Says whether the device answers as one of a profile would.
    pub fn is_taken_for(&self, profile: &Profile) -> bool {
        let holds = |condition: &Condition| {
            let values = self.values(profile, &condition.point).unwrap_or_default();
            !values.is_empty()
                && values.iter().all(|value| match value {
                    Value::Text(text) => condition.holds(Known::Text(text)),
                    _ => value.number().is_some_and(|number| condition.holds(Known::Number(number))),
                })
        };
        profile.identify.iter().all(holds)
    }
}

/// A car that follows at once and never gets enough.
pub(super) fn car() -> CarSpec {
    CarSpec { max: Amps(32.0), delay_ms: 0, ramp: 1e6, energy_kwh: 1e6, ..CarSpec::default() }
}
