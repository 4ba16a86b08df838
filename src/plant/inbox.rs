//! Limits on their way to a bus: one place for each device, so that a newer limit replaces one that has not gone out.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::site::Amps;

/// The limits that wait for a bus.
#[derive(Debug)]
pub(super) struct Inbox {
    /// With the token of the one that sent it.
    waiting: Mutex<Vec<Option<(Amps, u64)>>>,
    arrived: Notify,
}

impl Inbox {
    /// Makes an inbox with so many seats.
    pub(super) fn new(seats: usize) -> Self {
        Inbox { waiting: Mutex::new(vec![None; seats]), arrived: Notify::new() }
    }

    /// Leaves a limit for a device, in the name of the one that leads with this token.
    pub(super) fn put(&self, seat: usize, limit: Amps, token: u64) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)[seat] = Some((limit, token));
        self.arrived.notify_one();
    }

    /// Takes the lowest limit that waits: who must come down goes first. One that was left with another token is thrown away: in between
    /// another controller has led.
    pub(super) fn take(&self, token: Option<u64>) -> Option<(usize, Amps)> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for limit in waiting.iter_mut().filter(|limit| limit.is_some_and(|(_, of)| Some(of) != token)) {
            *limit = None;
        }
        let lowest =
            waiting.iter().enumerate().filter_map(|(seat, limit)| limit.map(|(limit, _)| (seat, limit)));
        let (seat, limit) = lowest.min_by(|a, b| a.1.0.total_cmp(&b.1.0))?;
        waiting[seat] = None;
        Some((seat, limit))
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
        let inbox = Inbox::new(3);
        inbox.put(0, Amps(16.0), 3);
        inbox.put(1, Amps(10.0), 3);
        inbox.put(0, Amps(20.0), 3);
        inbox.put(2, Amps(0.0), 3);
        let order: Vec<_> = std::iter::from_fn(|| inbox.take(Some(3))).collect();
        assert_eq!(order, [(2, Amps(0.0)), (1, Amps(10.0)), (0, Amps(20.0))]);
    }

    #[test]
    fn what_was_left_before_another_one_led_is_thrown_away() {
        let inbox = Inbox::new(2);
        inbox.put(0, Amps(16.0), 3);
        assert_eq!(inbox.take(Some(5)), None);
        assert_eq!(inbox.take(Some(3)), None);
        inbox.put(0, Amps(16.0), 5);
        assert_eq!(inbox.take(None), None);
    }
}
