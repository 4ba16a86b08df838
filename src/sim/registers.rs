//! The registers of one simulated Modbus device: reads show the model, writes change the station. What stands where is the
//! [`RegisterMap`]'s matter, how a value becomes registers the codec's.

use std::collections::HashMap;
use std::sync::Arc;

use super::breaker::Position;
use super::model::Model;
use super::quantity::{Held, Quantity, per_base_unit};
use super::readout::{Readout, SimDevice};
use super::register_codec::{decode, encode};
use super::register_map::{MapFeed, RegisterMap, Slot, value_span};
use crate::modbus::Exception;
use crate::profile::{Access, Table, ValueType, WriteFunctions};
use crate::site::{Amps, ChargerId};

/// The registers of one device.
#[derive(Debug, Clone)]
pub(super) struct Registers {
    device: SimDevice,
    map: Arc<RegisterMap>,
    written: HashMap<(Table, u16), u16>,
}

impl Registers {
    /// Makes the registers of a device that nobody has written to, and brings its station into that state.
    pub fn new(device: SimDevice, map: Arc<RegisterMap>, model: &mut Model) -> Registers {
        let registers = Registers { device, map, written: HashMap::new() };
        if let Some(ms) = registers.map.first_watchdog_ms {
            registers.change(model, |station| station.set_watchdog(ms));
        }
        registers.apply_modes(model);
        registers
    }

    fn change(&self, model: &mut Model, change: impl FnOnce(&mut super::Station)) {
        if let SimDevice::Charger(index) = self.device {
            model.change_station(ChargerId(index), change);
        }
    }

    /// Hears a request of any kind.
    pub fn heard(&self, model: &mut Model) {
        if let (SimDevice::Charger(index), Some(MapFeed::Request)) = (self.device, self.map.feed) {
            model.feed(ChargerId(index));
        }
    }

    /// Reads registers, or bits as 0 and 1.
    pub fn read(
        &self,
        table: Table,
        address: u16,
        count: u16,
        readout: &Readout,
    ) -> Result<Vec<u16>, Exception> {
        let is_bit = matches!(table, Table::Coil | Table::Discrete);
        if !is_bit && count > self.map.settings.max_read {
            return Err(Exception::IllegalDataValue);
        }
        let length = usize::from(count);
        let touched: Vec<&Slot> =
            self.map.slots.iter().filter(|slot| slot.touches(table, address, length)).collect();
        let is_fixed = self.map.fixed.contains_key(&(table, address));
        if !self.map.reaches(table, address, length) || (touched.is_empty() && !is_fixed) {
            return Err(Exception::IllegalDataAddress);
        }
        self.check_block(&touched, address, count)?;
        let mut words: Vec<u16> =
            (0..count).map(|step| self.rest(table, address.saturating_add(step))).collect();
        for slot in touched {
            self.overlay(slot, readout, address, &mut words);
        }
        Ok(words)
    }

    /// Refuses reads that a device with odd habits refuses.
    fn check_block(&self, touched: &[&Slot], address: u16, count: u16) -> Result<(), Exception> {
        let blocks = touched.iter().filter_map(|slot| slot.point.block);
        let in_blocks = blocks.into_iter().all(|block| (block.address, block.count) == (address, count));
        let end = u32::from(address) + u32::from(count);
        let within_one = touched.iter().any(|slot| address >= slot.point.address && end <= slot.end());
        let may_span = self.map.settings.block_reads
            || within_one
            || touched.iter().any(|slot| slot.point.block.is_some());
        if in_blocks && may_span { Ok(()) } else { Err(Exception::IllegalDataAddress) }
    }

    /// Returns what stands in a register that no quantity fills.
    fn rest(&self, table: Table, address: u16) -> u16 {
        let key = (table, address);
        self.written.get(&key).or_else(|| self.map.fixed.get(&key)).copied().unwrap_or(0)
    }

    /// Puts the values of a point over a range of words.
    fn overlay(&self, slot: &Slot, readout: &Readout, address: u16, words: &mut [u16]) {
        if slot.point.access == Access::Only || self.holds_pause(slot) {
            return;
        }
        let span = value_span(&slot.point);
        let values = if slot.point.value_type == ValueType::String { 1 } else { slot.point.count };
        for index in 0..values {
            for quantity in &slot.quantities {
                let held = quantity.held(readout, usize::from(index));
                let encoded = encode(slot, &self.map, held.as_ref());
                let masked = slot.point.mask.is_some() || matches!(held, Some(Held::Raw(_)));
                for (step, word) in (0u16..).zip(encoded) {
                    let at = u32::from(slot.point.address) + u32::from(index * span + step);
                    let place =
                        at.checked_sub(u32::from(address)).and_then(|place| usize::try_from(place).ok());
                    if let Some(place) = place.and_then(|place| words.get_mut(place)) {
                        // points that are some bits of a register leave the others alone
                        *place = if masked { *place | word } else { word };
                    }
                }
            }
        }
    }

    /// Says whether it knows a function code: some devices write with 06 (05 for coils) only, others with 16 (15) only.
    pub fn knows(&self, function: u8) -> bool {
        match self.map.settings.writes {
            WriteFunctions::Both => true,
            WriteFunctions::Single => !matches!(function, 15 | 16),
            WriteFunctions::Multiple => !matches!(function, 5 | 6),
        }
    }

    /// Writes registers, or bits as 0 and 1.
    pub fn write(
        &mut self,
        table: Table,
        address: u16,
        words: &[u16],
        model: &mut Model,
    ) -> Result<(), Exception> {
        let map = Arc::clone(&self.map);
        let touched: Vec<usize> = (0..map.slots.len())
            .filter(|&index| {
                map.slots[index].is_writable() && map.slots[index].touches(table, address, words.len())
            })
            .collect();
        let covered = |at: u32| {
            touched.iter().any(|&index| {
                (u32::from(map.slots[index].point.address)..map.slots[index].end()).contains(&at)
            })
        };
        let range = u32::from(address)..u32::from(address) + u32::try_from(words.len()).unwrap_or(0);
        if touched.is_empty() || !range.into_iter().all(covered) {
            return Err(Exception::IllegalDataAddress);
        }
        let mut values = Vec::with_capacity(touched.len());
        for &index in &touched {
            values.extend(written_values(&map, &map.slots[index], index, address, words)?);
        }
        for (step, &word) in (0u16..).zip(words) {
            self.written.insert((table, address.saturating_add(step)), word);
        }
        for (index, value) in values {
            self.obey(index, value, model);
            self.take_life_bit(index);
        }
        self.apply_modes(model);
        Ok(())
    }

    /// Does what a value that was written asks for.
    fn obey(&self, index: usize, value: f64, model: &mut Model) {
        let slot = &self.map.slots[index];
        let base = value / per_base_unit(&slot.point.unit);
        for quantity in &slot.quantities {
            match quantity {
                Quantity::Limit if !self.is_preset(&self.map.pause, index) => {
                    let lifts = self.map.zero_lifts && base == 0.0;
                    self.change(model, |station| {
                        if lifts { station.lift_limit() } else { station.set_limit(Amps(base)) }
                    });
                    if self.map.feed == Some(MapFeed::Limit) {
                        self.change(model, super::Station::feed);
                    }
                }
                Quantity::WatchdogTime => {
                    // seconds, never negative, and bounded by the register's own width
                    self.change(model, |station| {
                        station.set_watchdog((base.max(0.0) * 1000.0).round() as u64)
                    });
                    if self.map.feed == Some(MapFeed::Timeout) {
                        self.change(model, super::Station::feed);
                    }
                }
                Quantity::Switch { open, close } => {
                    let order = [(*open, Position::Off), (*close, Position::On)];
                    let order = order.into_iter().find(|(wanted, _)| (wanted - value).abs() < 1e-9);
                    if let (SimDevice::Breaker(breaker), Some((_, position))) = (self.device, order) {
                        model.switch_breaker(breaker, position);
                    }
                }
                Quantity::Phases { one, three } => {
                    let choices = [(*one, 1), (*three, 3)];
                    let chosen = choices.into_iter().find(|(wanted, _)| (wanted - value).abs() < 1e-9);
                    if let (SimDevice::Charger(charger), Some((_, phases))) = (self.device, chosen) {
                        model.switch_phases(ChargerId(charger), phases);
                    }
                }
                Quantity::Failsafe => self.change(model, |station| station.set_failsafe(Amps(base.max(0.0)))),
                _ => {}
            }
        }
        if let Some(MapFeed::LifeBit(slot, wanted)) = self.map.feed
            && slot == index
            && (value - wanted).abs() < 1e-9
        {
            self.change(model, super::Station::feed);
        }
    }

    /// Sets a life bit back, so that who wrote it sees that it was taken.
    fn take_life_bit(&mut self, index: usize) {
        if !matches!(self.map.feed, Some(MapFeed::LifeBit(slot, _)) if slot == index) {
            return;
        }
        let point = &self.map.slots[index].point;
        for step in 0..point.span() {
            self.written.remove(&(point.table, point.address.saturating_add(step)));
        }
    }

    /// Brings modes that were written into effect: released when every enabling point holds its value, paused when every pausing
    /// one does.
    fn apply_modes(&self, model: &mut Model) {
        let released = self.map.enable.iter().all(|&(slot, value)| self.holds(slot, value));
        let paused =
            !self.map.pause.is_empty() && self.map.pause.iter().all(|&(slot, value)| self.holds(slot, value));
        self.change(model, |station| {
            station.set_released(released);
            station.set_paused(paused);
        });
    }

    /// Says whether what was written to a slot is the value.
    fn holds(&self, index: usize, value: f64) -> bool {
        let slot = &self.map.slots[index];
        let table = slot.point.table;
        let words: Option<Vec<u16>> = (0..value_span(&slot.point))
            .map(|step| self.written.get(&(table, slot.point.address.saturating_add(step))).copied())
            .collect();
        let held = words.and_then(|words| decode(slot, &self.map, &words));
        held.is_some_and(|held| (held - value).abs() <= slot.point.scale.abs() * 0.5)
    }

    fn is_preset(&self, presets: &[(usize, f64)], index: usize) -> bool {
        presets.iter().any(|&(slot, value)| slot == index && self.holds(slot, value))
    }

    /// Says whether a limit register holds the value that means "pause": then that is what it shows.
    fn holds_pause(&self, slot: &Slot) -> bool {
        let index = self.map.slots.iter().position(|one| std::ptr::eq(one, slot));
        index.is_some_and(|index| self.is_preset(&self.map.pause, index))
    }
}

/// Returns the values that a write puts into a slot. Half a value can't be written, nor a limit that the device does not take.
fn written_values(
    map: &RegisterMap,
    slot: &Slot,
    index: usize,
    address: u16,
    words: &[u16],
) -> Result<Vec<(usize, f64)>, Exception> {
    let span = usize::from(value_span(&slot.point));
    let end = usize::from(address) + words.len();
    let (first, last) = (usize::from(slot.point.address), slot.end() as usize);
    let (from, to) = (first.max(usize::from(address)), last.min(end));
    if !(from - first).is_multiple_of(span) || !(to - first).is_multiple_of(span) {
        return Err(Exception::IllegalDataAddress);
    }
    let mut values = Vec::new();
    for start in (from..to).step_by(span) {
        let at = start - usize::from(address);
        let value = decode(slot, map, &words[at..at + span]);
        let is_checked = slot.quantities.iter().any(|quantity| {
            matches!(quantity, Quantity::Limit | Quantity::Failsafe | Quantity::WatchdogTime)
        });
        let fits = |value: f64| {
            let pauses = map.pause.iter().any(|&(slot, pause)| slot == index && (pause - value).abs() < 1e-9);
            let plausible = slot.point.plausible.is_none_or(|[least, most]| (least..=most).contains(&value));
            !is_checked || pauses || plausible
        };
        match value {
            Some(value) if value.is_finite() && fits(value) => values.push((index, value)),
            // text is taken as it is
            None if slot.point.value_type == ValueType::String => {}
            _ => return Err(Exception::IllegalDataValue),
        }
    }
    Ok(values)
}
