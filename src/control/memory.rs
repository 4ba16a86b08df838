//! What a controller that starts takes over from the one before it. Pure; the journal keeps it.

use super::{ChargerMemory, Order, State, Time};
use crate::site::{Amps, Rule, Site};

/// The memory of a controller, with the names that its positions stand for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Memory {
    /// When it was taken.
    pub at: Time,
    /// Names of the chargers in the order of `state.chargers`.
    pub chargers: Vec<String>,
    /// The memory.
    pub state: State,
    /// Did that controller come to its orderly end, so that nothing was sent to a charger after this was written?
    pub complete: bool,
}

impl Memory {
    /// Takes an order into the memory; a charger that is not in it is added.
    pub fn apply_order(&mut self, at: Time, charger: &str, order: &Order) {
        self.at = self.at.max(at);
        let position = self.chargers.iter().position(|name| name == charger).unwrap_or_else(|| {
            self.chargers.push(charger.to_owned());
            self.chargers.len() - 1
        });
        if self.state.chargers.len() < self.chargers.len() {
            self.state.chargers.resize(self.chargers.len(), ChargerMemory::default());
        }
        self.state.chargers[position].take_order(order);
    }

    /// Makes the state with which a controller of this site starts. By name of the charger it takes over the order, and the turn and the
    /// service that the turns go by.
    ///
    /// The ceiling (how much may be on offer) is taken over after an orderly end only, and counts as no less than the fail-safe current,
    /// which is what such an end writes. A controller that was killed may have raised a charger after it last wrote its memory: nothing
    /// is known of the ceiling then, which counts as the charger's all until it is heard.
    ///
    /// What was seen without a break until then (a car that was idle, room that was free) has been broken and starts anew. A charger that is
    /// new to the site joins the turns level with the one that has had the least; otherwise it would go first until it had caught up with
    /// months of service.
    #[must_use]
    pub fn resumed(&self, site: &Site) -> State {
        let mut state = self.state.fitted(&self.chargers, site);
        let known = |name: &str| self.chargers.iter().position(|known| known == name);
        let least = site
            .chargers
            .iter()
            .filter_map(|charger| self.state.chargers.get(known(&charger.name)?))
            .map(|memory| memory.served)
            .min_by(f64::total_cmp)
            .unwrap_or(0.0);
        let believed = self.complete || !site.control.rules.hold(Rule::UnknownAfterKill);
        for (memory, charger) in state.chargers.iter_mut().zip(&site.chargers) {
            if known(&charger.name).is_none() {
                memory.served = least;
            }
            memory.ceiling = memory.ceiling.filter(|_| believed).map(|ceiling| ceiling.max(charger.failsafe));
            memory.raisable_since = None;
            memory.idle_since = None;
            memory.idle_peak = Amps::ZERO;
            memory.appetite = None;
            memory.excess_since = None;
            if let Some(follower) = &mut memory.sun {
                follower.interrupt();
            }
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{Override, fixture};

    fn order(limit: f64) -> Override {
        Override { limit: Amps(limit), until: Some(Time(99)), who: "ada".into(), why: "works".into() }
    }

    fn seen(ceiling: f64, served: f64) -> ChargerMemory {
        ChargerMemory {
            setpoint: Some(Amps(ceiling)),
            ceiling: Some(Amps(ceiling)),
            raisable_since: Some(Time(1)),
            idle_since: Some(Time(2)),
            idle_peak: Amps(3.0),
            appetite: Some(Amps(4.0)),
            excess_since: Some(Time(5)),
            turn_since: Some(Time(6)),
            served,
            waiting_since: Some(Time(7)),
            order: Some(order(8.0)),
            ..ChargerMemory::default()
        }
    }

    fn memory(complete: bool) -> Memory {
        let chargers = vec![seen(16.0, 500.0), seen(32.0, 300.0), seen(0.0, 100.0)];
        let state = State { at: Some(Time(10)), chargers, ..State::default() };
        Memory { at: Time(10), chargers: ["a", "b", "gone"].map(String::from).into(), state, complete }
    }

    fn site() -> Site {
        let chargers = ["new", "b", "a"].map(|name| fixture::charger(name, 0));
        fixture::site(vec![fixture::circuit("main", None, 63.0)], chargers.into())
    }

    #[test]
    fn a_memory_follows_the_names() {
        let state = memory(true).resumed(&site());
        let [new, b, a] = &state.chargers[..] else { panic!("{state:?}") };
        assert_eq!((a.served, b.served), (500.0, 300.0));
        assert_eq!(a.order, Some(order(8.0)));
        assert_eq!((a.turn_since, a.waiting_since), (Some(Time(6)), Some(Time(7))));
        assert_eq!((a.ceiling, b.ceiling), (Some(Amps(16.0)), Some(Amps(32.0))));
        assert_eq!(new, &ChargerMemory { served: 300.0, ..ChargerMemory::default() });
        assert_eq!(state.circuits.len(), 1);
    }

    #[test]
    fn what_was_seen_without_a_break_starts_anew() {
        for memory in memory(true).resumed(&site()).chargers {
            assert_eq!(
                (memory.raisable_since, memory.idle_since, memory.appetite, memory.excess_since),
                (None, None, None, None)
            );
            assert_eq!(memory.idle_peak, Amps::ZERO);
        }
    }

    #[test]
    fn a_ceiling_is_believed_after_an_orderly_end_only() {
        let killed = memory(false).resumed(&site());
        assert!(killed.chargers.iter().all(|memory| memory.ceiling.is_none()), "{killed:?}");
        let mut low = memory(true);
        low.state.chargers[0].ceiling = Some(Amps::ZERO);
        assert_eq!(
            low.resumed(&site()).chargers[2].ceiling,
            Some(Amps(6.0)),
            "the end writes the fail-safe current"
        );
    }

    #[test]
    fn a_later_order_is_part_of_the_memory() {
        let mut memory = memory(true);
        memory.apply_order(Time(20), "b", &Order::Limit(None));
        memory.apply_order(Time(21), "later", &Order::Limit(Some(order(0.0))));
        assert_eq!(memory.at, Time(21));
        assert_eq!(memory.state.chargers[1].order, None);
        assert_eq!(memory.chargers[3], "later");
        assert_eq!(memory.state.chargers[3].order, Some(order(0.0)));
        assert_eq!(Memory::default().resumed(&site()), State::empty(&site()));
    }
}
