//! Limits and commands on their way to a bus: one place for each device, so that a newer one replaces one that has not gone out.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::site::Amps;

/// What a device is to be told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Errand {
    /// A charger: its limit.
    Limit(Amps),
    /// A breaker: to close, or to open.
    Switch { close: bool },
    /// A charger: to charge on one phase, or on three.
    Phases(u8),
}

impl Errand {
    /// What takes current away goes first.
    fn rank(self) -> f64 {
        match self {
            Errand::Switch { close: false } => -1.0,
            Errand::Limit(amps) => amps.0,
            Errand::Switch { close: true } | Errand::Phases(_) => f64::INFINITY,
        }
    }
}

/// The errands that wait for a bus.
#[derive(Debug)]
pub(super) struct Inbox {
    /// With the token of the one that sent it.
    waiting: Mutex<Vec<Option<(Errand, u64)>>>,
    /// Those that have to wait for the limit of their device.
    phases: Mutex<Vec<Option<(u8, u64)>>>,
    arrived: Notify,
}

impl Inbox {
    /// Makes an inbox with so many seats.
    pub(super) fn new(seats: usize) -> Self {
        let (waiting, phases) = (Mutex::new(vec![None; seats]), Mutex::new(vec![None; seats]));
        Inbox { waiting, phases, arrived: Notify::new() }
    }

    /// Leaves an errand for a device, in the name of the one that leads with this token.
    pub(super) fn put(&self, seat: usize, errand: Errand, token: u64) {
        match errand {
            // a limit that waits must not be lost over it
            Errand::Phases(phases) => {
                self.phases.lock().unwrap_or_else(PoisonError::into_inner)[seat] = Some((phases, token));
            }
            _ => {
                self.waiting.lock().unwrap_or_else(PoisonError::into_inner)[seat] = Some((errand, token));
            }
        }
        self.arrived.notify_one();
    }

    /// Takes the lowest limit that waits: who must come down goes first. Breakers that open go before all, those that close after. What was
    /// left with another token is thrown away: in between another controller has led.
    pub(super) fn take(&self, token: Option<u64>) -> Option<(usize, Errand)> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for errand in waiting.iter_mut().filter(|errand| errand.is_some_and(|(_, of)| Some(of) != token)) {
            *errand = None;
        }
        let all =
            waiting.iter().enumerate().filter_map(|(seat, errand)| errand.map(|(errand, _)| (seat, errand)));
        let Some((seat, errand)) = all.min_by(|a, b| a.1.rank().total_cmp(&b.1.rank())) else {
            drop(waiting);
            return self.take_phases(token);
        };
        waiting[seat] = None;
        Some((seat, errand))
    }

    /// Takes a switch of phases, when no limit waits any more.
    fn take_phases(&self, token: Option<u64>) -> Option<(usize, Errand)> {
        let mut phases = self.phases.lock().unwrap_or_else(PoisonError::into_inner);
        for one in phases.iter_mut().filter(|one| one.is_some_and(|(_, of)| Some(of) != token)) {
            *one = None;
        }
        let seat = phases.iter().position(Option::is_some)?;
        phases[seat].take().map(|(phases, _)| (seat, Errand::Phases(phases)))
    }

    /// Waits until something has been left.
    pub(super) async fn arrival(&self) {
        self.arrived.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_limits_replace_older_ones_and_lower_ones_go_first() {
        let inbox = Inbox::new(5);
        let limit = |amps| Errand::Limit(Amps(amps));
        inbox.put(3, Errand::Switch { close: true }, 3);
        inbox.put(0, limit(16.0), 3);
        inbox.put(1, limit(10.0), 3);
        inbox.put(0, limit(20.0), 3);
        inbox.put(2, limit(0.0), 3);
        inbox.put(4, Errand::Switch { close: false }, 3);
        let order: Vec<_> = std::iter::from_fn(|| inbox.take(Some(3))).collect();
        assert_eq!(order[0], (4, Errand::Switch { close: false }));
        assert_eq!(order[1..4], [(2, limit(0.0)), (1, limit(10.0)), (0, limit(20.0))]);
        assert_eq!(order[4], (3, Errand::Switch { close: true }));
    }

    #[test]
    fn phases_wait_for_every_limit_and_replace_none() {
        let inbox = Inbox::new(2);
        inbox.put(0, Errand::Phases(1), 3);
        inbox.put(0, Errand::Limit(Amps::ZERO), 3);
        inbox.put(0, Errand::Phases(3), 3);
        inbox.put(1, Errand::Limit(Amps(16.0)), 3);
        let order: Vec<_> = std::iter::from_fn(|| inbox.take(Some(3))).collect();
        let limits = [(0, Errand::Limit(Amps::ZERO)), (1, Errand::Limit(Amps(16.0)))];
        assert_eq!(order, [limits[0], limits[1], (0, Errand::Phases(3))]);
        inbox.put(0, Errand::Phases(1), 3);
        assert_eq!(inbox.take(Some(4)), None);
    }

    #[test]
    fn what_was_left_before_another_one_led_is_thrown_away() {
        let inbox = Inbox::new(2);
        inbox.put(0, Errand::Limit(Amps(16.0)), 3);
        assert_eq!(inbox.take(Some(5)), None);
        assert_eq!(inbox.take(Some(3)), None);
        inbox.put(0, Errand::Limit(Amps(16.0)), 5);
        assert_eq!(inbox.take(None), None);
    }
}
