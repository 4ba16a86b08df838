//! A garage that is planned from outside, period by period: keeps account of its visits, and decides with the controller's own policy.
//!
//! What is not told of a car is guessed from past visits. What a car draws is learnt from what it drew.

use std::collections::BTreeMap;

use super::super::network::{Network, Phasor, Term};
use super::{
    Claim, DrawMemory, Garage, Habits, Horizon, Limits, Need, Pilots, Preference, Session, Station, Visit,
    apportion, prefer,
};

/// Whom the planner prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanRule {
    /// Who has had the least energy for the time that it has been there.
    Fair,
    /// By a plan over energies and departures.
    Deadline,
}

/// What is wrong with what the planner was told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlannerError {
    /// A name that no station has.
    #[error("there is no station `{0}`")]
    UnknownStation(String),
    /// Two stations of one name.
    #[error("there are two stations `{0}`")]
    TwiceStation(String),
    /// Two cars at one station.
    #[error("station `{0}` has two sessions")]
    TwiceSession(String),
    /// A number that can't be.
    #[error("{name}: {what}")]
    Number {
        /// Of what.
        name: String,
        /// What is wrong with it.
        what: &'static str,
    },
}

/// A visit that goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stay {
    station: usize,
    since: i64,
    kwh: f64,
}

/// The planner of a garage.
#[derive(Debug, Clone)]
pub struct Planner {
    rule: PlanRule,
    hours: f64,
    stations: Vec<Station>,
    pilots: Vec<Pilots>,
    index: BTreeMap<String, usize>,
    network: Network,
    limits: Vec<f64>,
    stays: BTreeMap<String, Stay>,
    draws: Vec<DrawMemory>,
    habits: Habits,
}

impl Planner {
    /// Takes over a garage.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn new(garage: Garage, rule: PlanRule) -> Result<Planner, PlannerError> {
        let Garage { period_min, stations, constraints } = garage;
        positive("period_min", period_min)?;
        let mut index = BTreeMap::new();
        for (position, station) in stations.iter().enumerate() {
            positive(&station.id, station.voltage)?;
            number(
                &station.id,
                station.angle.is_finite() && station.min >= 0.0 && station.max >= station.min,
            )?;
            if index.insert(station.id.clone(), position).is_some() {
                return Err(PlannerError::TwiceStation(station.id.clone()));
            }
        }
        let mut terms: Vec<Vec<Term>> = vec![Vec::new(); stations.len()];
        for (constraint, entry) in constraints.iter().enumerate() {
            number(&entry.id, entry.limit.is_finite())?;
            for (name, &coefficient) in &entry.terms {
                let station = *index.get(name).ok_or_else(|| PlannerError::UnknownStation(name.clone()))?;
                number(&entry.id, coefficient.is_finite())?;
                let phasor = Phasor::new(coefficient, stations[station].angle);
                terms[station].push(Term { constraint: constraint as u32, phasor });
            }
        }
        Ok(Planner {
            rule,
            hours: period_min / 60.0,
            pilots: stations.iter().map(pilots).collect(),
            draws: vec![DrawMemory::default(); stations.len()],
            network: Network::new(constraints.len(), terms),
            limits: constraints.iter().map(|constraint| constraint.limit).collect(),
            stations,
            index,
            stays: BTreeMap::new(),
            habits: Habits::default(),
        })
    }

    /// Decides for a period.
    ///
    /// # Errors
    /// The first thing that is wrong with the sessions; nothing is decided then.
    pub fn step(&mut self, t: i64, sessions: &[Session]) -> Result<Limits, PlannerError> {
        let stations = self.check(sessions)?;
        self.keep_accounts(t, sessions, &stations);
        let needs: Vec<Need> = sessions
            .iter()
            .zip(&stations)
            .map(|(session, &station)| self.need(t, session, station))
            .collect();
        let claims: Vec<Claim> = needs
            .iter()
            .zip(self.preferences(t, sessions, &needs))
            .map(|(need, preference)| Claim {
                current: need.current,
                most: self.useful(need),
                preference,
                pilots: self.pilots[need.current].clone(),
            })
            .collect();
        let amps = apportion(&self.network, &self.limits, &claims);
        let limits = sessions.iter().zip(amps).map(|(session, amps)| (session.station.clone(), amps));
        Ok(Limits { limits: limits.collect() })
    }

    fn check(&self, sessions: &[Session]) -> Result<Vec<usize>, PlannerError> {
        let mut stations = Vec::with_capacity(sessions.len());
        for session in sessions {
            let name = &session.station;
            let station = *self.index.get(name).ok_or_else(|| PlannerError::UnknownStation(name.clone()))?;
            if stations.contains(&station) {
                return Err(PlannerError::TwiceSession(name.clone()));
            }
            let values = [session.last_pilot, session.last_actual, session.remaining_kwh.unwrap_or(0.0)];
            number(name, values.iter().all(|value| value.is_finite()))?;
            stations.push(station);
        }
        Ok(stations)
    }

    /// Counts what cars have taken, and remembers the visits of those that are no longer there.
    fn keep_accounts(&mut self, t: i64, sessions: &[Session], stations: &[usize]) {
        let mut before = std::mem::take(&mut self.stays);
        for (session, &station) in sessions.iter().zip(stations) {
            let fresh = Stay { station, since: session.arrival, kwh: 0.0 };
            let mut stay = before.remove(&session.session).unwrap_or(fresh);
            stay.kwh += session.last_actual * self.stations[station].voltage / 1000.0 * self.hours;
            self.draws[station].seen(session.last_pilot, session.last_actual);
            self.stays.insert(session.session.clone(), stay);
        }
        for stay in before.into_values() {
            let hours = (t - stay.since).max(0) as f64 * self.hours;
            self.habits.remember(stay.station, Visit { hours, kwh: stay.kwh });
        }
    }

    fn need(&self, t: i64, session: &Session, station: usize) -> Need {
        let stay = self.stays.get(&session.session);
        let so_far = (t - session.arrival).max(0) as f64 * self.hours;
        let kwh = match session.remaining_kwh {
            Some(kwh) => vec![kwh.max(0.0)],
            None => self.habits.kwh_left(station, stay.map_or(0.0, |stay| stay.kwh)),
        };
        let mut hours = match session.departure {
            Some(departure) => vec![(departure - t) as f64 * self.hours],
            None => self.habits.hours_left(station, so_far),
        };
        // it is there now, and what is decided lasts for a period
        hours.iter_mut().for_each(|hours| *hours = hours.max(self.hours));
        let most = self.draws[station].worth_offering(self.pilots[station].most());
        let kw_per_amp = self.stations[station].voltage / 1000.0;
        Need { current: station, most: most.max(0.1), kw_per_amp, kwh, hours, weight: 1.0 }
    }

    /// Returns the most that a car can use in this period, amperes.
    fn useful(&self, need: &Need) -> f64 {
        let most_kwh = need.kwh.last().copied().unwrap_or(0.0);
        need.most.min(most_kwh / need.kw_per_amp / self.hours)
    }

    fn preferences(&self, t: i64, sessions: &[Session], needs: &[Need]) -> Vec<Preference> {
        let planned = match self.rule {
            PlanRule::Fair => None,
            PlanRule::Deadline => prefer(&self.network, &self.limits, needs, &Horizon::of_steps(self.hours)),
        };
        planned.unwrap_or_else(|| {
            let fair = sessions.iter().zip(needs).map(|(session, need)| {
                let kwh = self.stays.get(&session.session).map_or(0.0, |stay| stay.kwh);
                let hours = (t - session.arrival).max(0) as f64 * self.hours;
                // all are worth a turn; who has had the least for its time goes first
                Preference {
                    planned: self.pilots[need.current].least(),
                    urgency: (1.0 + hours) / (0.5 + kwh),
                }
            });
            fair.collect()
        })
    }
}

fn pilots(station: &Station) -> Pilots {
    match &station.pilots {
        Some(steps) => {
            let mut steps: Vec<f64> =
                steps.iter().copied().filter(|&amps| amps > 0.0 && amps <= station.max).collect();
            steps.sort_by(f64::total_cmp);
            Pilots::Only(steps)
        }
        None => Pilots::Between(station.min, station.max),
    }
}

fn positive(name: &str, value: f64) -> Result<(), PlannerError> {
    number(name, value.is_finite() && value > 0.0)
}

fn number(name: &str, fits: bool) -> Result<(), PlannerError> {
    let what = "a number is out of its range";
    if fits { Ok(()) } else { Err(PlannerError::Number { name: name.to_owned(), what }) }
}
