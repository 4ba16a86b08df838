//! A snapshot as a person or a script writes it: devices by name, ages instead of times. Also what a status tells of one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    ChargerReading, ChargerState, MeterReading, Override, Reading, SiteStatus, Snapshot, State, Time,
};
use crate::site::{Amps, Period, Site};

/// A moment of a site. What is left out is unknown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Situation {
    /// `enmon/v1`.
    #[serde(default)]
    pub api_version: String,
    /// `Snapshot`.
    #[serde(default)]
    pub kind: String,
    /// When, milliseconds since the Unix epoch; 0: now is of no importance.
    #[serde(default)]
    pub at: u64,
    /// Meters by name.
    #[serde(default)]
    pub meters: BTreeMap<String, MeterSituation>,
    /// Chargers by name.
    #[serde(default)]
    pub chargers: BTreeMap<String, ChargerSituation>,
}

/// What a meter said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MeterSituation {
    /// How long ago, in milliseconds.
    #[serde(default)]
    pub age_ms: u64,
    /// Amperes on terminals 1, 2, 3; `null` where there is no value.
    pub currents: Vec<Option<f64>>,
}

/// What a charger said, and what it was told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChargerSituation {
    /// How long ago, in milliseconds.
    #[serde(default)]
    pub age_ms: u64,
    /// Its state: `unplugged`, `plugged-in`, `charging`, `fault`.
    pub state: ChargerState,
    /// Amperes on terminals 1, 2, 3.
    #[serde(default)]
    pub drawn: Vec<f64>,
    /// What it offers, amperes.
    pub offered: f64,
    /// The limit that it was told last, amperes; absent: what it offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setpoint: Option<f64>,
    /// An order that is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Override>,
}

/// What is wrong with a situation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SituationError {
    /// The site has no such device.
    #[error("the site has no {kind} `{name}`")]
    Unknown {
        /// Kind of the device.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// More terminals than a device can have, or a value that is no number.
    #[error("{name}: {what}")]
    Value {
        /// Name of the device.
        name: String,
        /// What is wrong.
        what: &'static str,
    },
}

/// Ages are counted back from here when the situation has no time of its own: a year after the epoch.
const SOME_TIME: u64 = 31_536_000_000;

impl Situation {
    /// Takes from a status what it tells of the moment. What was unknown then stays unknown.
    pub fn of_status(status: &SiteStatus) -> Situation {
        let meters = status.meters.iter().filter(|meter| meter.known).map(|meter| {
            let age_ms = meter.age_ms.unwrap_or(0);
            (meter.name.clone(), MeterSituation { age_ms, currents: meter.currents.clone() })
        });
        let chargers = status.chargers.iter().filter_map(|charger| {
            let situation = ChargerSituation {
                age_ms: charger.age_ms?,
                state: charger.state?,
                drawn: charger.drawn.clone()?,
                offered: charger.offered?,
                setpoint: Some(charger.setpoint),
                order: charger.order.clone(),
            };
            Some((charger.name.clone(), situation))
        });
        Situation {
            api_version: "enmon/v1".into(),
            kind: "Snapshot".into(),
            at: status.at,
            meters: meters.collect(),
            chargers: chargers.collect(),
        }
    }

    /// Returns the moment, the snapshot and the memory that a decision works on.
    ///
    /// # Errors
    /// All that does not fit the site.
    pub fn resolve(&self, site: &Site) -> Result<(Time, Snapshot, State), Vec<SituationError>> {
        let now = Time(if self.at == 0 { SOME_TIME } else { self.at });
        let (mut snapshot, mut state, mut errors) = (Snapshot::empty(site), State::empty(site), Vec::new());
        for (name, meter) in &self.meters {
            let Some(index) = site.meters.iter().position(|known| known.name == *name) else {
                errors.push(SituationError::Unknown { kind: "meter", name: name.clone() });
                continue;
            };
            match terminals(name, &meter.currents) {
                Ok(currents) => {
                    let currents = currents.map(|amps| amps.map(Amps));
                    let value = MeterReading { currents, ..MeterReading::default() };
                    let at = now - Period::from_millis(meter.age_ms);
                    snapshot.meters[index] = Some(Reading { at, value });
                }
                Err(error) => errors.push(error),
            }
        }
        for (name, charger) in &self.chargers {
            let Some(id) = site.charger_named(name) else {
                errors.push(SituationError::Unknown { kind: "charger", name: name.clone() });
                continue;
            };
            let drawn: Vec<Option<f64>> = charger.drawn.iter().copied().map(Some).collect();
            match terminals(name, &drawn)
                .and_then(|drawn| amps(name, charger.offered).map(|offered| (drawn, offered)))
            {
                Ok((drawn, offered)) => {
                    let drawn = drawn.map(|amps| Amps(amps.unwrap_or(0.0)));
                    let at = now - Period::from_millis(charger.age_ms);
                    let value = ChargerReading { state: charger.state, drawn, offered, phases: None };
                    snapshot.chargers[id.0] = Some(Reading { at, value });
                    state.chargers[id.0].setpoint = charger.setpoint.map(Amps);
                    state.chargers[id.0].order.clone_from(&charger.order);
                }
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok((now, snapshot, state)) } else { Err(errors) }
    }
}

fn amps(name: &str, value: f64) -> Result<Amps, SituationError> {
    let fits = value.is_finite() && (0.0..=100_000.0).contains(&value);
    let what = "a current must lie between 0 and 100000 A";
    fits.then_some(Amps(value)).ok_or(SituationError::Value { name: name.to_owned(), what })
}

fn terminals(name: &str, values: &[Option<f64>]) -> Result<[Option<f64>; 3], SituationError> {
    if values.len() > 3 {
        let what = "a device has at most three terminals";
        return Err(SituationError::Value { name: name.to_owned(), what });
    }
    let mut terminals = [None; 3];
    for (terminal, value) in terminals.iter_mut().zip(values) {
        *terminal = value.map(|value| amps(name, value)).transpose()?.map(|amps| amps.0);
    }
    Ok(terminals)
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn names_and_values_that_do_not_fit_are_all_said() {
        let site = fixture::site(vec![fixture::circuit("main", None, 40.0)], vec![fixture::charger("a", 0)]);
        let text = r#"{"meters": {"m": {"currents": [1]}}, "chargers": {"b": {"state": "charging", "offered": 6},
            "a": {"state": "charging", "offered": -6}}}"#;
        let situation: Situation = serde_json::from_str(text).unwrap();
        let errors: Vec<_> = situation.resolve(&site).unwrap_err().iter().map(ToString::to_string).collect();
        let range = "a: a current must lie between 0 and 100000 A";
        assert_eq!(errors, ["the site has no meter `m`", range, "the site has no charger `b`"]);
    }

    #[test]
    fn ages_become_times() {
        let site = fixture::site(vec![fixture::circuit("main", None, 40.0)], vec![fixture::charger("a", 0)]);
        let text = r#"{"at": 5000, "chargers": {"a": {"state": "plugged-in", "ageMs": 1200, "offered": 6, "drawn": [5]}}}"#;
        let situation: Situation = serde_json::from_str(text).unwrap();
        let (now, snapshot, _) = situation.resolve(&site).unwrap();
        assert_eq!(now, Time(5000));
        let reading = snapshot.chargers[0].unwrap();
        assert_eq!((reading.at, reading.value.drawn[0]), (Time(3800), Amps(5.0)));
    }
}
