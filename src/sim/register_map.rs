//! The registers of one kind of device, laid out from its profile once and shared by all devices of that kind: which point stands
//! where, what it holds, and what writing to it does.

use std::collections::BTreeMap;

use super::quantity::{Held, Quantity, per_base_unit, quantities};
use super::readout::SimDevice;
use super::register_codec;
use crate::profile::{
    Access, Condition, Expected, Feed, ModbusSettings, Point, Preset, Profile, Table, ValueType, ZeroLimit,
};

/// Frequency of the mains.
const MAINS_HERTZ: f64 = 50.0;

/// A point on its place.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    /// Name of the point.
    pub name: String,
    /// The point; its address is the resolved one.
    pub point: Point,
    /// What it holds; empty: what was written there last.
    pub quantities: Vec<Quantity>,
    /// Power of ten of its scale factor, from another point.
    pub exponent: i32,
}

impl Slot {
    /// Returns the first address behind it.
    pub fn end(&self) -> u32 {
        u32::from(self.point.address) + u32::from(self.point.span())
    }

    /// Says whether it shares a register or bit with a range.
    pub fn touches(&self, table: Table, address: u16, count: usize) -> bool {
        let end = u32::from(address) + u32::try_from(count).unwrap_or(u32::MAX / 2);
        self.point.table == table && u32::from(self.point.address) < end && u32::from(address) < self.end()
    }

    /// Says whether it may be written.
    pub fn is_writable(&self) -> bool {
        self.point.access != Access::Read
    }
}

/// The registers of one kind of device.
#[derive(Debug)]
pub(super) struct RegisterMap {
    /// How Modbus is spoken to it.
    pub settings: ModbusSettings,
    /// All points, by table and address.
    pub slots: Vec<Slot>,
    /// Registers that never change (SunSpec's markers and model headers), and what scale factors hold.
    pub fixed: BTreeMap<(Table, u16), u16>,
    /// Points and values that must be there before limits are obeyed.
    pub enable: Vec<(usize, f64)>,
    /// Points and values that pause it.
    pub pause: Vec<(usize, f64)>,
    /// Does 0 A in the limit register lift the limit?
    pub zero_lifts: bool,
    /// What feeds its watchdog.
    pub feed: Option<MapFeed>,
    /// The watchdog's time until somebody writes another one. A watchdog without a register has been set by hand, and the site says
    /// to what: then this is missing. 0 is none.
    pub first_watchdog_ms: Option<u64>,
}

/// What feeds a watchdog.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum MapFeed {
    /// Any request.
    Request,
    /// Writing the limit.
    Limit,
    /// Writing the watchdog's time.
    Timeout,
    /// Writing this value to this slot.
    LifeBit(usize, f64),
}

impl RegisterMap {
    /// Lays out a profile for one kind of device; nothing when it is not a Modbus profile.
    pub fn new(profile: &Profile, device: SimDevice) -> Option<RegisterMap> {
        let settings = profile.modbus.clone()?;
        let mut bound = quantities(profile, device);
        let models = Models::lay_out(profile, &settings);
        let mut slots: Vec<Slot> = profile
            .points
            .iter()
            .map(|(name, point)| Slot {
                name: name.clone(),
                point: Point { address: models.place(point), ..point.clone() },
                quantities: bound.remove(name).unwrap_or_default(),
                exponent: point.scale_from.as_ref().map_or(0, |from| exponent(profile, from)),
            })
            .collect();
        slots.sort_by_key(|slot| (slot.point.table, slot.point.address));
        let mut fixed = models.fixed;
        for slot in &slots {
            if profile.points.values().any(|point| point.scale_from.as_ref() == Some(&slot.name)) {
                let held = i16::try_from(exponent(profile, &slot.name)).unwrap_or(0);
                fixed.insert((slot.point.table, slot.point.address), held.cast_unsigned());
            }
        }
        let find = |name: &str| slots.iter().position(|slot| slot.name == name);
        let presets = |presets: &[Preset]| -> Vec<(usize, f64)> {
            presets.iter().filter_map(|preset| Some((find(&preset.point)?, preset.value))).collect()
        };
        let charger = profile.charger.as_ref().filter(|_| matches!(device, SimDevice::Charger(_)));
        let watchdog = charger.and_then(|charger| charger.watchdog.as_ref());
        let feed = watchdog.and_then(|watchdog| match &watchdog.feed {
            Feed::Request => Some(MapFeed::Request),
            Feed::Limit => Some(MapFeed::Limit),
            Feed::Timeout => Some(MapFeed::Timeout),
            Feed::LifeBit { point, value, .. } => Some(MapFeed::LifeBit(find(point)?, *value)),
        });
        let first_watchdog_ms = match watchdog {
            Some(watchdog) => watchdog.timeout.as_ref().map(|_| watchdog.default.as_millis()),
            None => Some(0),
        };
        let mut map = RegisterMap {
            enable: charger.map(|charger| presets(&charger.enable)).unwrap_or_default(),
            pause: charger.map(|charger| presets(&charger.limit.pause)).unwrap_or_default(),
            zero_lifts: charger.is_some_and(|charger| charger.limit.zero == ZeroLimit::Lifts),
            feed,
            first_watchdog_ms,
            settings,
            fixed,
            slots,
        };
        for condition in &profile.identify {
            map.identify_as(condition);
        }
        map.be_plausible();
        Some(map)
    }

    /// Lets the device be what it is taken for: points that nothing else fills hold what the profile tells it by.
    fn identify_as(&mut self, condition: &Condition) {
        let Some(at) = self.slots.iter().position(|slot| slot.name == condition.point) else { return };
        match condition.example() {
            Some(Expected::Text(text)) => self.let_hold(at, Held::Text(text)),
            Some(Expected::Number(number)) => self.let_hold_number(at, number),
            None => {}
        }
    }

    /// Lets points that nothing else fills hold what is plausible, where 0 is not: a device that shows 0 Hz, or a state that it has
    /// not, is taken for another one.
    fn be_plausible(&mut self) {
        for at in 0..self.slots.len() {
            let point = &self.slots[at].point;
            let is_filled = self.fixed.get(&(point.table, point.address)).is_some_and(|word| *word != 0);
            let Some([least, most]) = point.plausible.filter(|_| !is_filled) else { continue };
            if !(least..=most).contains(&0.0) {
                self.let_hold_number(at, if least > 0.0 { least } else { most });
            }
        }
    }

    fn let_hold_number(&mut self, at: usize, number: f64) {
        let unit = &self.slots[at].point.unit;
        // a mains frequency is the one quantity of this kind that is the same on every site
        let held = if unit == "Hz" { MAINS_HERTZ } else { number / per_base_unit(unit) };
        self.let_hold(at, Held::Number(held));
    }

    /// Puts something for ever into a point that can be read, unless something else fills it.
    fn let_hold(&mut self, at: usize, held: Held) {
        let slot = &self.slots[at];
        if !slot.quantities.is_empty() || slot.point.access == Access::Only {
            return;
        }
        let table = slot.point.table;
        let values = if slot.point.value_type == ValueType::String { 1 } else { slot.point.count };
        let one = register_codec::encode(slot, self, Some(&held));
        let words: Vec<u16> = one.iter().copied().cycle().take(one.len() * usize::from(values)).collect();
        let first = slot.point.address;
        for (step, word) in (0u16..).zip(words) {
            self.fixed.insert((table, first.saturating_add(step)), word);
        }
    }

    /// Lays out a profile for what one connector of a station sees: points that every connector has, and those of its own on their
    /// places. Nothing when a point has no place there.
    pub fn of_connector(profile: &Profile, device: SimDevice, connector: u16) -> Option<RegisterMap> {
        let mut own = profile.clone();
        for point in own.points.values_mut() {
            point.address = point.address_on(connector)?;
            point.stride = None;
        }
        RegisterMap::new(&own, device)
    }

    /// Says whether a range lies between the first and the last register of its table; gaps between points read as 0, as they do
    /// on many devices.
    pub fn reaches(&self, table: Table, address: u16, count: usize) -> bool {
        let end = u32::from(address) + u32::try_from(count).unwrap_or(u32::MAX / 2);
        let starts = self.slots.iter().filter(|slot| slot.point.table == table);
        let fixed = self.fixed.keys().filter(|(of, _)| *of == table);
        let first = starts.clone().map(|slot| u32::from(slot.point.address));
        let first = first.chain(fixed.clone().map(|(_, at)| u32::from(*at))).min();
        let last = starts.map(Slot::end).chain(fixed.map(|(_, at)| u32::from(*at) + 1)).max();
        first.is_some_and(|first| u32::from(address) >= first) && last.is_some_and(|last| end <= last)
    }
}

/// Returns the power of ten that a scale factor holds: hundredths where currents, voltages or percents depend on it.
fn exponent(profile: &Profile, scale_factor: &str) -> i32 {
    let depends = profile.points.values().filter(|point| point.scale_from.as_deref() == Some(scale_factor));
    let fine = depends.into_iter().any(|point| matches!(point.unit.as_str(), "A" | "V" | "%"));
    if fine { -2 } else { 0 }
}

/// SunSpec's chain of models.
struct Models {
    places: BTreeMap<u16, u16>,
    fixed: BTreeMap<(Table, u16), u16>,
}

impl Models {
    fn lay_out(profile: &Profile, settings: &ModbusSettings) -> Models {
        let mut models = Models { places: BTreeMap::new(), fixed: BTreeMap::new() };
        let Some(&base) = settings.sunspec.first() else { return models };
        let mut lengths: BTreeMap<u16, u16> = BTreeMap::new();
        for point in profile.points.values() {
            let Some(model) = preferred(point) else { continue };
            let end = point.address.saturating_add(point.span());
            let length = lengths.entry(model).or_default();
            *length = (*length).max(end.saturating_sub(2));
        }
        let mut chain = vec![0x5375, 0x6E53]; // "SunS"
        for (model, length) in lengths {
            models.places.insert(model, base.saturating_add(u16::try_from(chain.len()).unwrap_or(u16::MAX)));
            chain.extend([model, length]);
            chain.resize(chain.len() + usize::from(length), 0);
        }
        chain.extend([0xFFFF, 0]);
        for (at, held) in chain.into_iter().enumerate() {
            let address = base.saturating_add(u16::try_from(at).unwrap_or(u16::MAX));
            models.fixed.insert((Table::Holding, address), held);
        }
        models
    }

    fn place(&self, point: &Point) -> u16 {
        let start = preferred(point).and_then(|model| self.places.get(&model)).copied().unwrap_or(0);
        start.saturating_add(point.address)
    }
}

/// Returns the model that a simulated device has of those that a point may belong to.
fn preferred(point: &Point) -> Option<u16> {
    point.model.as_ref().and_then(|models| models.ids().first()).copied()
}

/// Returns how many registers (or bits) one value of a point takes.
pub(super) fn value_span(point: &Point) -> u16 {
    if point.value_type == ValueType::String { point.count.max(1) } else { point.value_type.registers() }
}
