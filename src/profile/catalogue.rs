//! All profiles that a site file may name: those that come with the program, and a user's own, which go before them.

use std::collections::BTreeMap;

use super::{Profile, built_in, check};
use crate::document::{Finding, Severity};
use crate::site::{Amps, DeviceFacts, LineFacts, ProfileFacts, Role, WatchdogFacts};

/// A profile and where it comes from.
#[derive(Debug, Clone)]
struct Held {
    profile: Profile,
    origin: String,
    built_in: bool,
}

/// Profiles by name.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    held: BTreeMap<String, Held>,
}

impl Catalogue {
    /// Returns the profiles that come with the program.
    pub fn built_in() -> Catalogue {
        Catalogue::with_own(std::iter::empty::<(String, String)>()).0
    }

    /// Returns the profiles that come with the program and a user's own: pairs of file name and text. One of the user's replaces one
    /// of the program's. Findings are about the files; one with errors is left out.
    pub fn with_own<F, T>(own: impl IntoIterator<Item = (F, T)>) -> (Catalogue, Vec<Finding>)
    where
        F: AsRef<str>,
        T: AsRef<str>,
    {
        let mut catalogue = Catalogue::default();
        let mut findings = Vec::new();
        for &(file, text) in built_in::FILES {
            catalogue.add(file, text, true, &mut findings);
        }
        for (file, text) in own {
            catalogue.add(file.as_ref(), text.as_ref(), false, &mut findings);
        }
        (catalogue, findings)
    }

    fn add(&mut self, file: &str, text: &str, built_in: bool, findings: &mut Vec<Finding>) {
        let (profile, found) = check::read(file, text);
        findings.extend(found);
        let Some(profile) = profile else { return };
        if let Some(other) = self.held.get(&profile.name).filter(|other| !other.built_in) {
            findings.push(Finding {
                severity: Severity::Error,
                code: "duplicate-name".into(),
                message: format!("the profile `{}` is in {} as well", profile.name, other.origin),
                file: file.to_owned(),
                place: None,
                hint: Some("remove one of them, or give it another name".into()),
            });
            return;
        }
        self.held.insert(profile.name.clone(), Held { profile, origin: file.to_owned(), built_in });
    }

    /// Returns the profile of that name.
    pub fn get(&self, name: &str) -> Option<&Profile> {
        self.held.get(name).map(|held| &held.profile)
    }

    /// Returns the name of the file that the profile comes from.
    pub fn origin(&self, name: &str) -> Option<&str> {
        self.held.get(name).map(|held| held.origin.as_str())
    }

    /// Goes through the profiles by name.
    pub fn iter(&self) -> impl Iterator<Item = &Profile> {
        self.held.values().map(|held| &held.profile)
    }
}

impl Profile {
    /// Returns what a device of this profile can be.
    pub fn roles(&self) -> Vec<Role> {
        let sections = [
            (Role::Charger, self.charger.is_some()),
            (Role::Meter, self.meter.is_some()),
            (Role::Breaker, self.breaker.is_some()),
            (Role::Cabinet, self.cabinet.is_some()),
            (Role::Solar, self.solar.is_some()),
            (Role::Endpoint, self.node.is_some()),
        ];
        sections.into_iter().filter(|(_, is_there)| *is_there).map(|(role, _)| role).collect()
    }

    /// Returns what a site must know.
    pub fn device_facts(&self) -> DeviceFacts {
        let charger = self.charger.as_ref();
        let limit = charger.and_then(|charger| self.points.get(&charger.limit.point));
        DeviceFacts {
            roles: self.roles(),
            modbus: self.modbus.is_some(),
            unit: self.modbus.as_ref().map_or(0, |modbus| modbus.unit),
            connectors: self.modbus.as_ref().map_or(1, |modbus| modbus.connectors),
            line: self.modbus.as_ref().and_then(|modbus| modbus.serial).map(|serial| LineFacts {
                baud: serial.baud,
                parity: serial.parity,
                stop_bits: serial.stop_bits,
                data_bits: serial.data_bits,
            }),
            watchdog: charger.and_then(|charger| charger.watchdog.as_ref()).map(|watchdog| WatchdogFacts {
                default: watchdog.default,
                settable: watchdog.timeout.is_some(),
            }),
            resolution: charger.map_or(Amps(1.0), |charger| Amps(charger.limit.resolution)),
            switchable: self.breaker.as_ref().is_some_and(|breaker| breaker.switch.is_some()),
            switches_phases: charger.is_some_and(|charger| charger.phase_switch.is_some()),
            signed: self.meter.as_ref().is_some_and(|meter| {
                let mut points = meter.power.iter().chain(&meter.powers);
                // a metric of a page is a float
                points.any(|name| self.points.get(name).is_none_or(|point| point.value_type.is_signed()))
            }),
            limit_range: limit
                .and_then(|limit| limit.plausible)
                .map(|[least, most]| [Amps(least), Amps(most)]),
        }
    }
}

impl ProfileFacts for Catalogue {
    fn facts(&self, profile: &str) -> Option<DeviceFacts> {
        self.get(profile).map(Profile::device_facts)
    }

    fn names(&self) -> Vec<&str> {
        self.held.keys().map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_profiles_are_valid() {
        let (catalogue, findings) = Catalogue::with_own(std::iter::empty::<(String, String)>());
        let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(findings, Vec::<String>::new());
        assert_eq!(catalogue.names().len(), built_in::FILES.len());
        assert!(built_in::FILES.is_sorted_by_key(|(file, _)| file), "sorted by name");
        for (file, _) in built_in::FILES {
            assert!(
                catalogue.get(file.strip_suffix(".yaml").unwrap()).is_some(),
                "{file} has another name inside"
            );
        }
    }
}
