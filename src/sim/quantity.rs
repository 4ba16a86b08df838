//! What each point of a profile holds, turned round: the controller reads points into quantities, a simulated device writes
//! quantities into points. Registers and metric pages share this.

use std::collections::BTreeMap;

use super::breaker::Position;
use super::readout::{Readout, SimDevice};
use crate::profile::{BreakerPosition, BreakerSection, ChargerSection, MeterSection, PilotState, Profile};

/// What a point holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Quantity {
    /// Current on terminal `first` (from 0) and those that follow.
    Current { first: usize, reversed: bool },
    /// Voltage on terminal `first` and those that follow.
    Voltage { first: usize },
    /// Active power on terminal `first` and those that follow.
    Power { first: usize },
    /// Active power of all terminals.
    TotalPower,
    /// Energy imported, or delivered to the car.
    Import,
    /// Energy exported.
    Export,
    /// State of the control pilot: words for it, the typical ones first.
    Pilot(Vec<(String, PilotState)>),
    /// Bits that are set when a car is there.
    Plugged(u64),
    /// What is offered.
    Offered,
    /// What is offered; nothing shows as so many amperes.
    OfferedOr(f64),
    /// The limit register.
    Limit,
    /// The watchdog's time.
    WatchdogTime,
    /// The fail-safe current.
    Failsafe,
    /// What is left of the watchdog's time.
    Remaining,
    /// Phases on which a car can charge: the values for one and for three.
    Phases { one: f64, three: f64 },
    /// Does the limit decide what is offered?
    Accepted,
    /// Position of a breaker.
    BreakerPosition(BTreeMap<String, BreakerPosition>),
    /// Switch of a breaker: the values that open and close it.
    Switch { open: f64, close: f64 },
    /// Fault signal.
    Fault,
    /// Overload warning.
    Overload,
    /// Temperature in °C.
    Temperature,
    /// Smoke or gas.
    Smoke,
    /// Link of a node.
    Connection,
}

/// What a quantity is at one moment.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Held {
    /// A number in A, V, W, kWh, s or °C.
    Number(f64),
    /// A raw integer, before mask, shift and scale.
    Raw(u64),
    /// A text.
    Text(String),
}

/// Returns what the points of a profile hold for one kind of device, by name of the point.
pub(super) fn quantities(profile: &Profile, device: SimDevice) -> BTreeMap<String, Vec<Quantity>> {
    let mut bound = Bound { profile, quantities: BTreeMap::new() };
    match device {
        SimDevice::Meter(_) => profile.meter.iter().for_each(|section| bound.meter(section)),
        SimDevice::Charger(_) => profile.charger.iter().for_each(|section| bound.charger(section)),
        SimDevice::Breaker(_) => profile.breaker.iter().for_each(|section| bound.breaker(section)),
        SimDevice::Cabinet(_) => {
            if let Some(section) = &profile.cabinet {
                bound.maybe(section.temperature.as_ref(), Quantity::Temperature);
                bound.maybe(section.smoke.as_ref(), Quantity::Smoke);
            }
        }
        SimDevice::Solar(_) => {
            if let Some(section) = &profile.solar {
                bound.one(&section.current, Quantity::Current { first: 0, reversed: false });
            }
        }
        SimDevice::Endpoint(_) => {
            if let Some(section) = &profile.node {
                bound.terminals(&section.currents, |first| Quantity::Current { first, reversed: false });
                bound.maybe(section.connection.as_ref(), Quantity::Connection);
            }
        }
    }
    bound.quantities
}

struct Bound<'p> {
    profile: &'p Profile,
    quantities: BTreeMap<String, Vec<Quantity>>,
}

impl Bound<'_> {
    fn one(&mut self, point: &str, quantity: Quantity) {
        self.quantities.entry(point.to_owned()).or_default().push(quantity);
    }

    fn maybe(&mut self, point: Option<&String>, quantity: Quantity) {
        if let Some(point) = point {
            self.one(point, quantity);
        }
    }

    /// One point may hold several terminals; the next one goes on where it ends.
    fn terminals(&mut self, points: &[String], quantity: impl Fn(usize) -> Quantity) {
        let mut first = 0;
        for point in points {
            self.one(point, quantity(first));
            first += self.profile.points.get(point).map_or(1, |point| usize::from(point.count));
        }
    }

    fn meter(&mut self, section: &MeterSection) {
        self.terminals(&section.currents, |first| Quantity::Current { first, reversed: false });
        self.terminals(&section.voltages, |first| Quantity::Voltage { first });
        self.terminals(&section.powers, |first| Quantity::Power { first });
        self.maybe(section.power.as_ref(), Quantity::TotalPower);
        self.maybe(section.energy_import.as_ref(), Quantity::Import);
        self.maybe(section.energy_export.as_ref(), Quantity::Export);
    }

    fn charger(&mut self, section: &ChargerSection) {
        let reversed = section.reversed;
        self.terminals(&section.currents, |first| Quantity::Current { first, reversed });
        self.terminals(&section.voltages, |first| Quantity::Voltage { first });
        self.maybe(section.power.as_ref(), Quantity::TotalPower);
        self.maybe(section.energy.as_ref(), Quantity::Import);
        let words = section.state.by_rule().map(|(word, state)| (word.to_owned(), state)).collect();
        self.one(&section.state.point, Quantity::Pilot(words));
        if let Some(plugged) = &section.state.plugged {
            self.one(&plugged.point, Quantity::Plugged(plugged.typical.unwrap_or(plugged.mask)));
        }
        self.one(&section.limit.point, Quantity::Limit);
        self.maybe(
            section.offered.as_ref().filter(|&point| point != &section.limit.point),
            section.nothing_offered.map_or(Quantity::Offered, Quantity::OfferedOr),
        );
        if let Some(switch) = &section.phase_switch {
            self.one(&switch.point, Quantity::Phases { one: switch.one, three: switch.three });
        }
        if let Some(watchdog) = &section.watchdog {
            self.maybe(watchdog.timeout.as_ref(), Quantity::WatchdogTime);
            let other =
                watchdog.timeout_read.as_ref().filter(|&point| Some(point) != watchdog.timeout.as_ref());
            self.maybe(other, Quantity::WatchdogTime);
            self.maybe(watchdog.failsafe.as_ref(), Quantity::Failsafe);
            let other =
                watchdog.failsafe_read.as_ref().filter(|&point| Some(point) != watchdog.failsafe.as_ref());
            self.maybe(other, Quantity::Failsafe);
            self.maybe(watchdog.remaining.as_ref(), Quantity::Remaining);
        }
        self.maybe(section.limit.accepted.as_ref(), Quantity::Accepted);
    }

    fn breaker(&mut self, section: &BreakerSection) {
        self.one(&section.state, Quantity::BreakerPosition(section.map.clone()));
        self.terminals(&section.currents, |first| Quantity::Current { first, reversed: false });
        self.maybe(section.fault.as_ref(), Quantity::Fault);
        self.maybe(section.overload.as_ref(), Quantity::Overload);
        if let Some(switch) = section.switch.as_ref().filter(|switch| switch.point != section.state) {
            self.one(&switch.point, Quantity::Switch { open: switch.open, close: switch.close });
        }
    }
}

impl Quantity {
    /// Returns what it is now; `index` counts the values of a point that has several.
    pub fn held(&self, readout: &Readout, index: usize) -> Option<Held> {
        let flag = |is: bool| Held::Number(f64::from(u8::from(is)));
        let terminal = |first: usize| Some(first + index).filter(|&terminal| terminal < 3);
        Some(match self {
            Quantity::Current { first, reversed } => {
                let terminal = terminal(*first)?;
                Held::Number(readout.currents[if *reversed { 2 - terminal } else { terminal }].0)
            }
            Quantity::Voltage { first } => Held::Number(readout.voltages[terminal(*first)?]),
            Quantity::Power { first } => Held::Number(readout.powers[terminal(*first)?]),
            Quantity::TotalPower => Held::Number(readout.powers.iter().sum()),
            Quantity::Import => Held::Number(readout.import_kwh),
            Quantity::Export => Held::Number(readout.export_kwh),
            Quantity::Pilot(map) => pilot(map, readout.station?.pilot)?,
            Quantity::Plugged(mask) => Held::Raw(if readout.station?.plugged { *mask } else { 0 }),
            Quantity::Offered => Held::Number(readout.station?.offered.0),
            Quantity::OfferedOr(nothing) => {
                let offered = readout.station?.offered.0;
                Held::Number(if offered > 0.0 { offered } else { *nothing })
            }
            Quantity::Limit => Held::Number(readout.station?.limit.0),
            Quantity::WatchdogTime => Held::Number(readout.station?.watchdog_ms as f64 / 1000.0),
            Quantity::Failsafe => Held::Number(readout.station?.failsafe.0),
            Quantity::Remaining => Held::Number(readout.station?.remaining_ms as f64 / 1000.0),
            Quantity::Phases { one, three } => {
                Held::Number(if readout.station?.phases == 1 { *one } else { *three })
            }
            Quantity::Accepted => flag(readout.station?.obeys_limit),
            Quantity::Switch { open, close } => {
                Held::Number(if readout.breaker?.position == Position::On { *close } else { *open })
            }
            Quantity::BreakerPosition(map) => position(map, readout.breaker?.position)?,
            Quantity::Fault => flag(readout.breaker?.fault),
            Quantity::Overload => flag(readout.breaker?.overload),
            Quantity::Temperature => Held::Number(readout.cabinet?.temperature),
            Quantity::Smoke => flag(readout.cabinet?.smoke),
            Quantity::Connection => flag(true),
        })
    }
}

/// Returns the raw value or text that says a state; a device that can't say it says the next best.
fn pilot(words: &[(String, PilotState)], state: PilotState) -> Option<Held> {
    use PilotState::{A, B, C, D, E, F};
    let next_best: &[PilotState] = match state {
        A => &[A, B],
        B => &[B, A],
        C | D => &[C, D, B],
        E | F => &[F, E, A, B],
    };
    let pairs = || words.iter().map(|(word, state)| (word, state));
    next_best.iter().find_map(|wanted| word(pairs(), wanted))
}

fn position(map: &BTreeMap<String, BreakerPosition>, position: Position) -> Option<Held> {
    use BreakerPosition::{Off, On, Tripped};
    let next_best: &[BreakerPosition] = match position {
        Position::On => &[On],
        Position::Off => &[Off, Tripped],
        Position::Tripped => &[Tripped, Off],
    };
    next_best.iter().find_map(|wanted| word(map, wanted))
}

fn word<'a, T: PartialEq + 'a>(
    pairs: impl IntoIterator<Item = (&'a String, &'a T)>,
    wanted: &T,
) -> Option<Held> {
    let (word, _) = pairs.into_iter().find(|(_, meaning)| *meaning == wanted)?;
    let raw = match word.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => word.parse().ok(),
    };
    Some(raw.map_or_else(|| Held::Text(word.clone()), Held::Raw))
}

/// Returns how many of a point's units one A, V, W, kWh or s is.
pub(super) fn per_base_unit(unit: &str) -> f64 {
    match unit {
        "mA" | "mV" | "mW" | "ms" | "Wh" => 1000.0,
        "kA" | "kV" | "kW" | "MWh" => 0.001,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Catalogue;
    use crate::sim::readout::StationReadout;
    use crate::site::Amps;

    #[test]
    fn a_state_that_a_device_cannot_say_becomes_the_next_best() {
        let map = [("0x0A".to_owned(), PilotState::A), ("3".to_owned(), PilotState::B)];
        assert_eq!(pilot(&map, PilotState::A), Some(Held::Raw(10)));
        assert_eq!(pilot(&map, PilotState::C), Some(Held::Raw(3)));
        let words = [("plugged out".to_owned(), PilotState::A)];
        assert_eq!(pilot(&words, PilotState::F), Some(Held::Text("plugged out".into())));
    }

    #[test]
    fn every_named_point_of_the_built_in_profiles_is_bound_and_held() {
        let readout = Readout {
            station: Some(StationReadout {
                pilot: PilotState::C,
                plugged: true,
                offered: Amps(10.0),
                limit: Amps(10.0),
                failsafe: Amps(6.0),
                watchdog_ms: 60_000,
                remaining_ms: 45_000,
                obeys_limit: true,
                phases: 3,
            }),
            breaker: Some(crate::sim::BreakerReadout {
                position: Position::Tripped,
                overload: false,
                fault: true,
            }),
            cabinet: Some(crate::sim::CabinetReadout { temperature: 30.0, smoke: false }),
            ..Readout::default()
        };
        let catalogue = Catalogue::built_in();
        for (profile, device, count) in [
            ("abb-terra-ac", SimDevice::Charger(0), 9),
            ("eastron-sdm630", SimDevice::Meter(0), 6),
            ("enmon-endpoint", SimDevice::Charger(0), 5),
            ("enmon-endpoint", SimDevice::Meter(0), 3),
            ("enmon-endpoint", SimDevice::Breaker(0), 7),
            ("enmon-endpoint", SimDevice::Cabinet(0), 2),
            ("enmon-endpoint", SimDevice::Solar(0), 1),
            ("enmon-endpoint", SimDevice::Endpoint(0), 5),
        ] {
            let bound = quantities(catalogue.get(profile).unwrap(), device);
            assert_eq!(bound.len(), count, "{profile} as {device:?}: {:?}", bound.keys());
            for (point, quantities) in &bound {
                // a node has three clamps, though the profile knows four
                let is_held = quantities.iter().all(|quantity| quantity.held(&readout, 0).is_some());
                assert!(is_held || point == "esp-current-3", "{profile}: {point}");
            }
        }
    }
}
