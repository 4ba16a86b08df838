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
}

impl Errand {
    /// What takes current away goes first.
    fn rank(self) -> f64 {
        match self {
            Errand::Switch { close: false } => -1.0,
            Errand::Limit(amps) => amps.0,
            Errand::Switch { close: true } => f64::INFINITY,
        }
    }
}

/// The errands that wait for a bus.
#[derive(Debug)]
pub(super) struct Inbox {
    waiting: Mutex<Vec<Option<Errand>>>,
    arrived: Notify,
}

impl Inbox {
    /// Makes an inbox with so many seats.
    pub(super) fn new(seats: usize) -> Self {
        Inbox { waiting: Mutex::new(vec![None; seats]), arrived: Notify::new() }
    }

    /// Leaves an errand for a device.
    pub(super) fn put(&self, seat: usize, errand: Errand) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)[seat] = Some(errand);
        self.arrived.notify_one();
    }

    /// Takes the lowest limit that waits: who must come down goes first. Breakers that open go before all, those that close after.
    pub(super) fn take(&self) -> Option<(usize, Errand)> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let all = waiting.iter().enumerate().filter_map(|(seat, errand)| errand.map(|errand| (seat, errand)));
        let (seat, errand) = all.min_by(|a, b| a.1.rank().total_cmp(&b.1.rank()))?;
        waiting[seat] = None;
        Some((seat, errand))
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
        inbox.put(3, Errand::Switch { close: true });
        inbox.put(0, limit(16.0));
        inbox.put(1, limit(10.0));
        inbox.put(0, limit(20.0));
        inbox.put(2, limit(0.0));
        inbox.put(4, Errand::Switch { close: false });
        let order: Vec<_> = std::iter::from_fn(|| inbox.take()).collect();
        assert_eq!(order[0], (4, Errand::Switch { close: false }));
        assert_eq!(order[1..4], [(2, limit(0.0)), (1, limit(10.0)), (0, limit(20.0))]);
        assert_eq!(order[4], (3, Errand::Switch { close: true }));
    }
}
