//! Finds out what changed from one decision to the next, and tells the journal only that.

use std::collections::BTreeMap;

use super::{
    Alarm, BreakerState, ChargerState, Decision, Entry, JournalPort, Order, Receipt, Snapshot, State, Taped,
    Time,
};
use crate::site::{Amps, Site};

/// The state of a device that has states.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Position {
    Charger(ChargerState),
    Breaker(BreakerState),
}

impl Position {
    fn word(self) -> String {
        let word = match self {
            Position::Charger(ChargerState::Unplugged) => "unplugged",
            Position::Charger(ChargerState::PluggedIn) => "plugged-in",
            Position::Charger(ChargerState::Charging) => "charging",
            Position::Charger(ChargerState::Fault) => "fault",
            Position::Breaker(BreakerState::On) => "on",
            Position::Breaker(BreakerState::Off) => "off",
            Position::Breaker(BreakerState::Tripped) => "tripped",
        };
        word.to_owned()
    }
}

/// Writes the story of the controller.
#[derive(Debug)]
pub struct Chronicle<J> {
    journal: J,
    setpoints: Vec<Option<Amps>>,
    states: Vec<Option<Position>>,
    /// By subject and code.
    alarms: BTreeMap<(String, String), Alarm>,
}

impl<J: JournalPort> Chronicle<J> {
    /// Begins a story.
    pub fn new(journal: J) -> Self {
        Chronicle { journal, setpoints: Vec::new(), states: Vec::new(), alarms: BTreeMap::new() }
    }

    /// Returns why the journal can't be written.
    pub fn trouble(&self) -> Option<String> {
        self.journal.trouble()
    }

    /// Asks that all is written now.
    pub fn flush(&mut self) -> Receipt {
        self.journal.flush()
    }

    /// The controller started, was reloaded, or ends.
    pub fn life(&mut self, at: Time, what: &'static str, details: String) {
        if what == "reloaded" {
            self.setpoints.clear();
            self.states.clear();
        }
        tracing::info!(what, details, "controller");
        self.journal.record(Entry::Life { at, what, details });
    }

    /// An order was given or ended.
    pub fn order(&mut self, at: Time, charger: &str, order: Order) {
        tracing::info!(charger, ?order, "order");
        self.journal.record(Entry::Order { at, charger: charger.into(), order });
    }

    /// The memory is to be kept.
    pub fn remember(&mut self, at: Time, site: &Site, state: &State) {
        let chargers = site.chargers.iter().map(|charger| charger.name.clone()).collect();
        self.journal.record(Entry::Memory { at, chargers, state: Box::new(state.clone()) });
    }

    /// A decision is to be kept with all that it was made of.
    pub fn tape(&mut self, taped: Taped) {
        self.journal.record(Entry::Taped(Box::new(taped)));
    }

    /// A decision was made.
    pub fn decision(
        &mut self,
        site: &Site,
        snapshot: &Snapshot,
        decision: &Decision,
        alarms: &[Alarm],
        cycle: u64,
    ) {
        self.limits(site, decision, cycle);
        self.changes(site, snapshot, decision.at);
        self.alarms(alarms, decision.at);
    }

    fn limits(&mut self, site: &Site, decision: &Decision, cycle: u64) {
        self.setpoints.resize(decision.setpoints.len(), None);
        let mut changes = Vec::new();
        for ((before, setpoint), charger) in
            self.setpoints.iter_mut().zip(&decision.setpoints).zip(&site.chargers)
        {
            if *before != Some(setpoint.amps) {
                *before = Some(setpoint.amps);
                changes.push((charger.name.clone(), setpoint.amps.0, setpoint.reason.text(site)));
            }
        }
        if !changes.is_empty() {
            self.journal.record(Entry::Decision { at: decision.at, cycle, changes });
        }
    }

    fn changes(&mut self, site: &Site, snapshot: &Snapshot, at: Time) {
        let chargers = site.chargers.iter().zip(&snapshot.chargers).map(|(charger, reading)| {
            let state = reading.as_ref().map(|reading| Position::Charger(reading.value.state));
            (&charger.name, state)
        });
        let breakers = site.breakers.iter().zip(&snapshot.breakers).map(|(breaker, reading)| {
            let state = reading.as_ref().map(|reading| Position::Breaker(reading.value.state));
            (&breaker.name, state)
        });
        self.states.resize(site.chargers.len() + site.breakers.len(), None);
        for (before, (device, now)) in self.states.iter_mut().zip(chargers.chain(breakers)) {
            let Some(position) = now.filter(|_| *before != now) else { continue };
            let from = before.replace(position).map_or_else(String::new, Position::word);
            self.journal.record(Entry::Change { at, device: device.clone(), from, to: position.word() });
        }
    }

    fn alarms(&mut self, alarms: &[Alarm], at: Time) {
        let key = |alarm: &Alarm| (alarm.subject.clone(), alarm.code.clone());
        let now: BTreeMap<_, _> = alarms.iter().map(|alarm| (key(alarm), alarm.clone())).collect();
        for (_, alarm) in now.iter().filter(|(key, _)| !self.alarms.contains_key(*key)) {
            tracing::warn!(subject = alarm.subject, code = alarm.code, "{}", alarm.text);
            self.journal.record(Entry::Alarm { at, alarm: alarm.clone(), raised: true });
        }
        for (_, alarm) in self.alarms.iter().filter(|(key, _)| !now.contains_key(*key)) {
            tracing::info!(subject = alarm.subject, code = alarm.code, "cleared");
            self.journal.record(Entry::Alarm { at, alarm: alarm.clone(), raised: false });
        }
        self.alarms = now;
    }
}
