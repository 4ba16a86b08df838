//! What a device's values mean, by its profile. Pure; the same for Modbus and HTTP.

use std::collections::BTreeMap;

use crate::control::{
    BreakerReading, BreakerState, CabinetReading, ChargerReading, ChargerState, DeviceRef, EndpointReading,
    MeterReading, SolarReading, Values,
};
use crate::modbus::{Readings, Value};
use crate::profile::{Access, BreakerPosition, ChargerSection, PilotState, Profile, StateSection};
use crate::site::Amps;

/// Why values make no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InterpretError {
    /// The profile does not say how such a device is read.
    #[error("profile {profile} does not describe a {role}")]
    Role {
        /// The profile.
        profile: String,
        /// What the site file takes the device for.
        role: &'static str,
    },
    /// A value is missing.
    #[error("point {0} has no value")]
    Missing(String),
    /// A state is not in the profile's table.
    #[error("state `{0}` is not in the profile's table")]
    UnknownState(String),
}

/// Returns the points that are read in every cycle.
pub(super) fn points(profile: &Profile, role: DeviceRef) -> Vec<&str> {
    let mut points: Vec<&str> = Vec::new();
    match role {
        DeviceRef::Charger(_) => {
            if let Some(charger) = &profile.charger {
                points.extend(charger.currents.iter().map(String::as_str));
                points.push(&charger.state.point);
                points.extend(charger.state.plugged.iter().map(|plugged| plugged.point.as_str()));
                points.extend(offered_points(profile, charger));
            }
        }
        DeviceRef::Meter(_) => {
            if let Some(meter) = &profile.meter {
                points.extend(meter.currents.iter().chain(&meter.voltages).map(String::as_str));
                points.extend([&meter.power, &meter.energy_import].into_iter().flatten().map(String::as_str));
                if meter.power.is_none() {
                    points.extend(meter.powers.iter().map(String::as_str));
                }
            }
        }
        DeviceRef::Breaker(_) => {
            if let Some(breaker) = &profile.breaker {
                points.push(&breaker.state);
                points.extend(breaker.currents.iter().map(String::as_str));
                points.extend([&breaker.fault, &breaker.overload].into_iter().flatten().map(String::as_str));
            }
        }
        DeviceRef::Cabinet(_) => {
            if let Some(cabinet) = &profile.cabinet {
                points
                    .extend([&cabinet.temperature, &cabinet.smoke].into_iter().flatten().map(String::as_str));
            }
        }
        DeviceRef::Solar(_) => points.extend(profile.solar.iter().map(|solar| solar.current.as_str())),
        DeviceRef::Endpoint(_) => {
            if let Some(node) = &profile.node {
                points.extend(node.currents.iter().chain(&node.connection).map(String::as_str));
            }
        }
    }
    points.sort_unstable();
    points.dedup();
    points
}

/// Returns the point that tells what a charger offers: its own, or that of the limit.
pub(super) fn offered_point(charger: &ChargerSection) -> &str {
    charger.offered.as_deref().unwrap_or(&charger.limit.point)
}

/// Returns the points that tell what a charger offers. One that has no point for it shows by its limit, unless it is paused.
pub(super) fn offered_points<'a>(profile: &Profile, charger: &'a ChargerSection) -> Vec<&'a str> {
    let mut points = vec![offered_point(charger)];
    if !says_what_it_offers(charger) {
        let can_be_read =
            |point: &&str| profile.points.get(*point).is_some_and(|point| point.access != Access::Only);
        points.extend(charger.limit.pause.iter().map(|preset| preset.point.as_str()).filter(can_be_read));
    }
    points
}

/// Says whether the device has a point of its own for what it offers.
fn says_what_it_offers(charger: &ChargerSection) -> bool {
    charger.offered.as_ref().is_some_and(|point| *point != charger.limit.point)
}

/// Returns what a charger offers.
///
/// # Errors
/// When no value says so.
pub(super) fn offered(charger: &ChargerSection, readings: &Readings) -> Result<Amps, InterpretError> {
    let point = offered_point(charger);
    let amps = number(readings, point).ok_or_else(|| InterpretError::Missing(point.to_owned()))?;
    let is_nothing = charger.nothing_offered.is_some_and(|nothing| (nothing - amps).abs() < 1e-6);
    if is_nothing || (!says_what_it_offers(charger) && holds_pause(charger, readings)) {
        return Ok(Amps::ZERO);
    }
    Ok(Amps(amps).max(Amps::ZERO))
}

/// Says whether every pausing point that was read holds its value.
fn holds_pause(charger: &ChargerSection, readings: &Readings) -> bool {
    let held: Vec<bool> = charger
        .limit
        .pause
        .iter()
        .filter_map(|preset| Some((number(readings, &preset.point)? - preset.value).abs() < 1e-6))
        .collect();
    !held.is_empty() && held.into_iter().all(|held| held)
}

/// Turns values into what the controller wants to know.
pub(super) fn interpret(
    profile: &Profile,
    role: DeviceRef,
    readings: &Readings,
) -> Result<Values, InterpretError> {
    let missing_role = |role| InterpretError::Role { profile: profile.name.clone(), role };
    Ok(match role {
        DeviceRef::Charger(_) => {
            let section = profile.charger.as_ref().ok_or_else(|| missing_role("charger"))?;
            Values::Charger(charger(section, readings)?)
        }
        DeviceRef::Meter(_) => {
            let section = profile.meter.as_ref().ok_or_else(|| missing_role("meter"))?;
            Values::Meter(MeterReading {
                currents: terminals(&section.currents, readings).map(|amps| amps.map(Amps)),
                voltages: terminals(&section.voltages, readings),
                power: match &section.power {
                    Some(point) => number(readings, point),
                    None => total(&section.powers, readings),
                },
                energy_import: section.energy_import.as_ref().and_then(|point| number(readings, point)),
            })
        }
        DeviceRef::Breaker(_) => {
            let section = profile.breaker.as_ref().ok_or_else(|| missing_role("breaker"))?;
            let flag = |point: &Option<String>| {
                point.as_ref().and_then(|point| number(readings, point)).is_some_and(|value| value != 0.0)
            };
            Values::Breaker(BreakerReading {
                state: match lookup(&section.map, first(readings, &section.state)?)? {
                    BreakerPosition::On => BreakerState::On,
                    BreakerPosition::Off => BreakerState::Off,
                    BreakerPosition::Tripped => BreakerState::Tripped,
                },
                currents: terminals(&section.currents, readings).map(|amps| amps.map(Amps)),
                fault: flag(&section.fault),
                overload: flag(&section.overload),
            })
        }
        DeviceRef::Cabinet(_) => {
            let section = profile.cabinet.as_ref().ok_or_else(|| missing_role("cabinet"))?;
            Values::Cabinet(CabinetReading {
                temperature: section.temperature.as_ref().and_then(|point| number(readings, point)),
                smoke: section
                    .smoke
                    .as_ref()
                    .and_then(|point| number(readings, point))
                    .map(|value| value != 0.0),
            })
        }
        DeviceRef::Solar(_) => {
            let section = profile.solar.as_ref().ok_or_else(|| missing_role("solar input"))?;
            let current = number(readings, &section.current)
                .ok_or_else(|| InterpretError::Missing(section.current.clone()))?;
            Values::Solar(SolarReading { current: Amps(current) })
        }
        DeviceRef::Endpoint(_) => {
            let section = profile.node.as_ref().ok_or_else(|| missing_role("node"))?;
            let connected = section.connection.as_ref().and_then(|point| number(readings, point));
            Values::Endpoint(EndpointReading {
                currents: section
                    .currents
                    .iter()
                    .filter_map(|point| number(readings, point).map(Amps))
                    .collect(),
                connected: connected.is_none_or(|value| value != 0.0),
            })
        }
    })
}

fn charger(section: &ChargerSection, readings: &Readings) -> Result<ChargerReading, InterpretError> {
    let state = charger_state(&section.state, readings)?;
    let offered = offered(section, readings)?;
    let mut drawn = if section.currents.is_empty() {
        // a device that does not measure counts as drawing what it offers
        [if state == ChargerState::Charging { offered } else { Amps::ZERO }; 3]
    } else {
        terminals(&section.currents, readings).map(|amps| Amps(amps.unwrap_or(0.0)))
    };
    if section.reversed {
        drawn.reverse();
    }
    let phases = section.phase_switch.as_ref().and_then(|switch| {
        let shown = number(readings, &switch.point)?;
        let choices = [(switch.one, 1), (switch.three, 3)];
        choices.into_iter().find(|(value, _)| (value - shown).abs() < 1e-6).map(|(_, phases)| phases)
    });
    Ok(ChargerReading { state, drawn, offered, phases })
}

/// Returns the state of a charger by its profile's table.
///
/// # Errors
/// When the state is missing or not in the table.
pub fn charger_state(section: &StateSection, readings: &Readings) -> Result<ChargerState, InterpretError> {
    let pilot = *lookup(&section.map, first(readings, &section.point)?)?;
    let plugged = section.plugged.as_ref().map(|plugged| {
        let bits = number(readings, &plugged.point).unwrap_or(0.0) as u64;
        bits & plugged.mask == plugged.mask
    });
    Ok(match (pilot, plugged) {
        (PilotState::E | PilotState::F, _) => ChargerState::Fault,
        (PilotState::C | PilotState::D, _) => ChargerState::Charging,
        (PilotState::A, Some(true)) | (PilotState::B, None | Some(true)) => ChargerState::PluggedIn,
        (PilotState::A, None | Some(false)) | (PilotState::B, Some(false)) => ChargerState::Unplugged,
    })
}

/// Finds a raw value in a table: integers by number, texts by the longest key that they begin with.
fn lookup<'a, T>(map: &'a BTreeMap<String, T>, value: &Value) -> Result<&'a T, InterpretError> {
    let unknown = || InterpretError::UnknownState(value.to_string());
    match value {
        Value::Text(text) => {
            let fits = map.iter().filter(|(key, _)| text.starts_with(key.as_str()));
            fits.max_by_key(|(key, _)| key.len()).map(|(_, state)| state).ok_or_else(unknown)
        }
        _ => {
            let number = value.number().ok_or_else(unknown)?;
            let entry = map.iter().find(|(key, _)| key_number(key) == Some(number));
            entry.map(|(_, state)| state).ok_or_else(unknown)
        }
    }
}

fn key_number(key: &str) -> Option<f64> {
    match key.strip_prefix("0x").or_else(|| key.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok().map(|number| number as f64),
        None => key.parse().ok(),
    }
}

fn first<'a>(readings: &'a Readings, point: &str) -> Result<&'a Value, InterpretError> {
    let value =
        readings.get(point).and_then(|values| values.first()).filter(|value| **value != Value::Absent);
    value.ok_or_else(|| InterpretError::Missing(point.to_owned()))
}

fn number(readings: &Readings, point: &str) -> Option<f64> {
    readings.get(point)?.first()?.number().filter(|number| number.is_finite())
}

/// Takes the values of terminals 1, 2, 3 from one point with three values or from up to three points.
fn terminals(points: &[String], readings: &Readings) -> [Option<f64>; 3] {
    let values = points.iter().flat_map(|point| readings.get(point).map(Vec::as_slice).unwrap_or_default());
    let mut terminals = [None; 3];
    for (terminal, value) in terminals.iter_mut().zip(values) {
        *terminal = value.number().filter(|number| number.is_finite());
    }
    terminals
}

/// Adds up the values of points; `None` when there are none, or one is no number: a sum that lacks a phase would be wrong.
fn total(points: &[String], readings: &Readings) -> Option<f64> {
    let values = points.iter().map(|point| readings.get(point).filter(|values| !values.is_empty()));
    let values: Option<Vec<&Vec<Value>>> = values.collect();
    let values = values.filter(|values| !values.is_empty())?;
    values.into_iter().flatten().map(|value| value.number().filter(|number| number.is_finite())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Catalogue;

    fn readings(values: &[(&str, Vec<Value>)]) -> Readings {
        values.iter().map(|(name, values)| ((*name).to_owned(), values.clone())).collect()
    }

    fn numbers(values: &[f64]) -> Vec<Value> {
        values.iter().map(|&value| Value::Number(value)).collect()
    }

    #[test]
    fn a_terra_ac_reads_as_its_sheet_says() {
        let catalogue = Catalogue::built_in();
        let profile = catalogue.get("abb-terra-ac").unwrap();
        let readings = readings(&[
            ("state", vec![Value::Integer(4)]),
            ("offered", numbers(&[16.0])),
            ("currents", numbers(&[15.5, 15.4, 0.0])),
        ]);
        let Values::Charger(reading) = interpret(profile, DeviceRef::Charger(0), &readings).unwrap() else {
            panic!()
        };
        assert_eq!(reading.state, ChargerState::Charging);
        assert_eq!(reading.drawn, [Amps(15.5), Amps(15.4), Amps(0.0)]);
        assert_eq!(reading.offered, Amps(16.0));
        assert_eq!(points(profile, DeviceRef::Charger(0)), ["currents", "offered", "state"]);
    }

    #[test]
    fn an_unknown_state_or_a_missing_offer_is_no_reading() {
        let catalogue = Catalogue::built_in();
        let profile = catalogue.get("abb-terra-ac").unwrap();
        let mut values = readings(&[("state", vec![Value::Integer(99)]), ("offered", numbers(&[16.0]))]);
        let error = interpret(profile, DeviceRef::Charger(0), &values).unwrap_err();
        assert_eq!(error, InterpretError::UnknownState("99".into()));
        values.insert("state".into(), vec![Value::Integer(4)]);
        values.insert("offered".into(), vec![Value::Absent]);
        let error = interpret(profile, DeviceRef::Charger(0), &values).unwrap_err();
        assert_eq!(error, InterpretError::Missing("offered".into()));
    }

    #[test]
    fn what_stands_for_nothing_is_no_offer() {
        let catalogue = Catalogue::built_in();
        let charger = catalogue.get("abl-emh1").unwrap().charger.as_ref().unwrap();
        assert_eq!(offered(charger, &readings(&[("offered", numbers(&[60.0]))])), Ok(Amps::ZERO));
        assert_eq!(offered(charger, &readings(&[("offered", numbers(&[16.02]))])), Ok(Amps(16.02)));
        let missing = Err(InterpretError::Missing("offered".into()));
        assert_eq!(offered(charger, &readings(&[("offered", vec![Value::Absent])])), missing);
    }

    #[test]
    fn texts_match_by_their_longest_beginning() {
        let map = BTreeMap::from([("C".to_owned(), 1), ("C2".to_owned(), 2), ("B".to_owned(), 3)]);
        assert_eq!(lookup(&map, &Value::Text("C21".into())), Ok(&2));
        assert_eq!(lookup(&map, &Value::Text("C1".into())), Ok(&1));
        assert!(lookup(&map, &Value::Text("X".into())).is_err());
        let hex = BTreeMap::from([("0xA1".to_owned(), 1)]);
        assert_eq!(lookup(&hex, &Value::Integer(0xA1)), Ok(&1));
    }
}
