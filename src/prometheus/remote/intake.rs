//! Which old samples a server takes, and what it has to be told so that it takes more.
//!
//! Source: Prometheus 2.42, `tsdb/head_append.go` (`appendable`, `appendableMinValidTime`) and its configuration's
//! `storage.tsdb.out_of_order_time_window`. The server has the last word; this is for saying things before they are tried.

/// How far behind its newest sample a server takes the next sample of a series without a window: half of the two hours of a head block.
pub const IN_ORDER_MS: i64 = 3_600_000;
/// Room that is added to a window that is proposed, since time goes on while an administrator sets it.
const ROOM_MS: i64 = 3_600_000;

/// What a server says of what it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intake {
    /// The time of its newest sample of any series; none: it is empty.
    pub newest_ms: Option<i64>,
    /// `storage.tsdb.out_of_order_time_window`; 0: samples come in order only.
    pub window_ms: i64,
}

/// Whether a sample is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It is newer than all others of its series.
    InOrder,
    /// It goes between others, or comes late.
    OutOfOrder,
    /// It is refused.
    TooOld,
}

impl Intake {
    /// Says whether a sample is taken, by the newest one of its series that the server has.
    pub fn fit(&self, timestamp_ms: i64, newest_of_series: Option<i64>) -> Fit {
        let Some(newest) = self.newest_ms else { return Fit::InOrder };
        let is_next = newest_of_series.is_none_or(|last| timestamp_ms > last);
        if is_next && timestamp_ms >= newest.saturating_sub(IN_ORDER_MS) {
            return Fit::InOrder;
        }
        if self.window_ms > 0 && timestamp_ms >= newest.saturating_sub(self.window_ms) {
            return Fit::OutOfOrder;
        }
        Fit::TooOld
    }

    /// Returns the window in whole hours that lets a sample in, with room for an hour.
    pub fn window_for(&self, oldest_ms: i64) -> i64 {
        let newest = self.newest_ms.unwrap_or(oldest_ms);
        let behind = newest.saturating_sub(oldest_ms).max(0).saturating_add(ROOM_MS);
        behind.saturating_add(3_599_999) / 3_600_000
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: i64 = 3_600_000;
    const NOW: i64 = 1_700_000_000_000;

    #[test]
    fn samples_fit_as_the_server_says() {
        let intake = |hours: i64| Intake { newest_ms: Some(NOW), window_ms: hours * HOUR };
        for (window, behind, series_behind, wanted) in [
            (0, 0, Some(1), Fit::InOrder),
            (0, HOUR, None, Fit::InOrder),
            (0, HOUR + 1, None, Fit::TooOld),
            (0, 10, Some(10), Fit::TooOld),
            (0, 10, Some(0), Fit::TooOld),
            (2, 10, Some(0), Fit::OutOfOrder),
            (2, 2 * HOUR, Some(0), Fit::OutOfOrder),
            (2, 2 * HOUR, None, Fit::OutOfOrder),
            (2, 2 * HOUR + 1, None, Fit::TooOld),
            (2, 10, None, Fit::InOrder),
        ] {
            let newest = series_behind.map(|behind| NOW - behind);
            assert_eq!(
                intake(window).fit(NOW - behind, newest),
                wanted,
                "{window} {behind} {series_behind:?}"
            );
        }
        let empty = Intake { newest_ms: None, window_ms: 0 };
        assert_eq!(empty.fit(0, None), Fit::InOrder);
    }

    proptest! {
        #[test]
        fn the_window_that_is_proposed_lets_the_sample_in(behind in 0_i64..1_000 * HOUR, later in 0_i64..HOUR) {
            let intake = Intake { newest_ms: Some(NOW), window_ms: 0 };
            let window_ms = intake.window_for(NOW - behind) * HOUR;
            let then = Intake { newest_ms: Some(NOW + later), window_ms };
            prop_assert_eq!(then.fit(NOW - behind, Some(NOW)), Fit::OutOfOrder);
        }
    }
}
