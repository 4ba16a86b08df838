//! The units behind a server, and how each of them behaves at this moment: what tests and people change while it runs.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::Registers;
use super::behaviour::Behaviour;

/// A device that sleeps does so after this time without a request.
const FALLS_ASLEEP: Duration = Duration::from_secs(10);

/// What a device needs from those who ask it; who does not keep to it gets no answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Habits {
    /// On a serial line: sleeps after ten seconds, and the first request only wakes it.
    pub sleeps: bool,
    /// On a serial line: pause between its answer and the next request.
    pub gap: Duration,
    /// On a connection: pause after it has come about; a request in its first half is not heard.
    pub after_connect: Duration,
}

/// What a unit remembers of those who asked it.
#[derive(Debug, Default)]
struct Acquaintance {
    habits: Habits,
    heard: Option<Instant>,
    answered: Option<Instant>,
}

/// How a unit behaves, or all of them.
#[derive(Clone, Default)]
struct Rule {
    behaviour: Behaviour,
    /// For one request; then as it should.
    is_once: bool,
    /// What it showed when it became stale.
    kept: Option<Arc<dyn Registers>>,
}

#[derive(Default)]
struct State {
    all: Rule,
    units: HashMap<u8, Rule>,
    habits: HashMap<u8, Acquaintance>,
    every: u32,
    asked: u32,
}

/// The units behind a server and how they behave; may be changed at any time, and holds from the next request on.
pub struct Conduct {
    registers: Arc<dyn Registers>,
    /// Another's decision for all units.
    followed: Option<watch::Receiver<Behaviour>>,
    state: Mutex<State>,
}

impl fmt::Debug for Conduct {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Conduct").field("all", &self.state().all.behaviour).finish_non_exhaustive()
    }
}

impl Conduct {
    /// Lets all units behave as they should.
    pub fn new(registers: Arc<dyn Registers>) -> Arc<Conduct> {
        Arc::new(Conduct { registers, followed: None, state: Mutex::default() })
    }

    /// Lets all units behave as somebody else says.
    pub(super) fn following(
        registers: Arc<dyn Registers>,
        followed: watch::Receiver<Behaviour>,
    ) -> Arc<Conduct> {
        Arc::new(Conduct { registers, followed: Some(followed), state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // nothing in here is left half-way by a panic
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the registers.
    pub fn registers(&self) -> &Arc<dyn Registers> {
        &self.registers
    }

    fn rule(&self, behaviour: Behaviour, is_once: bool) -> Rule {
        let kept = if behaviour == Behaviour::Stale { self.registers.snapshot() } else { None };
        Rule { behaviour, is_once, kept }
    }

    /// Lets all units behave so, whatever was said of one before.
    pub fn set(&self, behaviour: Behaviour) {
        let rule = self.rule(behaviour, false);
        let mut state = self.state();
        state.units.clear();
        state.all = rule;
    }

    /// Lets one unit behave so.
    pub fn set_unit(&self, unit: u8, behaviour: Behaviour) {
        let rule = self.rule(behaviour, false);
        self.state().units.insert(unit, rule);
    }

    /// Lets the next request be treated so: that to one unit, or to any.
    pub fn set_once(&self, unit: Option<u8>, behaviour: Behaviour) {
        let rule = self.rule(behaviour, true);
        let mut state = self.state();
        match unit {
            Some(unit) => {
                state.units.insert(unit, rule);
            }
            None => state.all = rule,
        }
    }

    /// Lets only every so many-th request be treated as the behaviour says; 0 and 1: each.
    pub fn set_every(&self, every: u32) {
        let mut state = self.state();
        (state.every, state.asked) = (every, 0);
    }

    /// Says what a unit needs from those who ask it.
    pub fn set_habits(&self, unit: u8, habits: Habits) {
        self.state().habits.insert(unit, Acquaintance { habits, ..Acquaintance::default() });
    }

    /// Returns how the next request to a unit is treated, and what it shows when that is not what is so.
    pub(super) fn next(&self, unit: u8) -> (Behaviour, Option<Arc<dyn Registers>>) {
        let followed = self.followed.as_ref().map(|followed| *followed.borrow());
        let mut state = self.state();
        if let Some(behaviour) = followed
            && state.all.behaviour != behaviour
        {
            state.all = self.rule(behaviour, false);
        }
        state.asked = state.asked.wrapping_add(1);
        if state.every > 1 && !state.asked.is_multiple_of(state.every) {
            return (Behaviour::Normal, None);
        }
        let state = &mut *state;
        let rule = state.units.get_mut(&unit).unwrap_or(&mut state.all);
        let now = rule.clone();
        if rule.is_once {
            *rule = Rule::default();
        }
        (now.behaviour, now.kept)
    }

    /// Says whether a unit hears a request that has come now: it may sleep, or need a pause. `connected`: since when there is a
    /// connection, where there is one; `is_line`: frames come as on a serial line.
    pub(super) fn hears(&self, unit: u8, now: Instant, connected: Option<Instant>, is_line: bool) -> bool {
        let mut state = self.state();
        let Some(known) = state.habits.get_mut(&unit) else { return true };
        let habits = known.habits;
        // the system may tell of a connection later than the other side knows of it: who waited half the time did not mean to be early
        if connected.is_some_and(|since| now < since + habits.after_connect / 2) {
            return false;
        }
        if !is_line {
            return true;
        }
        let is_asleep = habits.sleeps && known.heard.is_none_or(|heard| now >= heard + FALLS_ASLEEP);
        known.heard = Some(now);
        let is_early = known.answered.is_some_and(|answered| now < answered + habits.gap);
        !is_asleep && !is_early
    }

    /// Notes that a unit has answered.
    pub(super) fn answered(&self, unit: u8, now: Instant) {
        if let Some(known) = self.state().habits.get_mut(&unit) {
            known.answered = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modbus::Memory;

    fn conduct() -> Arc<Conduct> {
        Conduct::new(Arc::new(Memory::default()))
    }

    #[test]
    fn one_unit_may_behave_differently() {
        let conduct = conduct();
        conduct.set(Behaviour::Garbage);
        conduct.set_unit(5, Behaviour::Silent);
        assert_eq!(conduct.next(5).0, Behaviour::Silent);
        assert_eq!(conduct.next(6).0, Behaviour::Garbage);
        conduct.set_once(Some(6), Behaviour::Close);
        assert_eq!(conduct.next(6).0, Behaviour::Close);
        assert_eq!(conduct.next(6).0, Behaviour::Normal);
        conduct.set(Behaviour::Normal);
        assert_eq!(conduct.next(5).0, Behaviour::Normal);
    }

    #[test]
    fn every_third_request_is_treated_so() {
        let conduct = conduct();
        conduct.set(Behaviour::Silent);
        conduct.set_every(3);
        let seen: Vec<bool> = (0..7).map(|_| conduct.next(1).0 == Behaviour::Silent).collect();
        assert_eq!(seen, [false, false, true, false, false, true, false]);
    }

    #[test]
    fn another_may_decide() {
        let (decide, followed) = watch::channel(Behaviour::Normal);
        let conduct = Conduct::following(Arc::new(Memory::default()), followed);
        assert_eq!(conduct.next(1).0, Behaviour::Normal);
        decide.send(Behaviour::Reset).unwrap();
        assert_eq!(conduct.next(1).0, Behaviour::Reset);
    }

    #[test]
    fn a_device_sleeps_and_needs_its_pauses() {
        let conduct = conduct();
        let ms = Duration::from_millis;
        conduct.set_habits(1, Habits { sleeps: true, gap: ms(100), after_connect: ms(500) });
        let start = Instant::now();
        let at = |time: u64| start + ms(time);
        assert!(!conduct.hears(1, at(0), None, true), "the first request wakes it");
        assert!(conduct.hears(1, at(1), None, true));
        conduct.answered(1, at(2));
        assert!(!conduct.hears(1, at(101), None, true), "too early");
        assert!(conduct.hears(1, at(102), None, true));
        assert!(conduct.hears(1, at(10_101), None, true));
        assert!(!conduct.hears(1, at(20_101), None, true), "it sleeps again");
        assert!(!conduct.hears(1, at(249), Some(start), false));
        assert!(conduct.hears(1, at(250), Some(start), false));
        assert!(conduct.hears(2, start, Some(start), true), "nobody said anything of this one");
    }
}
