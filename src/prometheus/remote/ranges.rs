//! Times at which something is missing, drawn together into ranges, and how large the next window of a walk through time is.

use std::collections::HashSet;

use super::missing::SeriesKey;

/// Missing values that are no further apart belong to one range: what a server looks back for a value.
pub const APART_MS: i64 = 300_000;
/// Most ranges that are told apart; more than that become one with their neighbour.
const MOST_RANGES: usize = 1_000;

/// A time in which something is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Range {
    /// The first missing value, milliseconds since the Unix epoch.
    pub from_ms: i64,
    /// The last one.
    pub until_ms: i64,
    /// How many values are missing.
    pub values: u64,
    /// The series that miss any.
    pub series: HashSet<SeriesKey>,
}

/// Ranges, gathered from the newest window to the oldest one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ranges {
    /// Newest first.
    all: Vec<Range>,
}

impl Ranges {
    /// Adds what is missing in the window before all others.
    pub fn add(&mut self, mut missing: Vec<(i64, SeriesKey)>) {
        missing.sort_unstable_by_key(|(timestamp_ms, _)| std::cmp::Reverse(*timestamp_ms));
        for (timestamp_ms, series) in missing {
            let is_full = self.all.len() >= MOST_RANGES;
            let near = |range: &&mut Range| is_full || range.from_ms - timestamp_ms <= APART_MS;
            match self.all.last_mut().filter(near) {
                Some(range) => {
                    range.from_ms = timestamp_ms;
                    range.values += 1;
                    range.series.insert(series);
                }
                None => self.all.push(Range {
                    from_ms: timestamp_ms,
                    until_ms: timestamp_ms,
                    values: 1,
                    series: HashSet::from([series]),
                }),
            }
        }
    }

    /// Returns the ranges, oldest first.
    pub fn in_order(mut self) -> Vec<Range> {
        self.all.reverse();
        self.all
    }
}

/// How large windows are, so that about the same number of values comes with each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowSize {
    ms: i64,
}

/// Values that a window is to have.
const AIM: u64 = 400_000;
/// The first window.
const FIRST_MS: i64 = 300_000;
/// Bounds of a window.
const SHORTEST_MS: i64 = 1_000;
const LONGEST_MS: i64 = 6 * 3_600_000;

impl Default for WindowSize {
    fn default() -> Self {
        WindowSize { ms: FIRST_MS }
    }
}

impl WindowSize {
    /// Returns the length of the next window in milliseconds.
    pub fn ms(self) -> i64 {
        self.ms
    }

    /// Goes by what a window of `ms` had: larger at the most by four times, since what comes next may be another thing.
    pub fn seen(&mut self, ms: i64, values: u64) {
        let fitting = i128::from(ms) * i128::from(AIM) / i128::from(values.max(1));
        let most = ms.saturating_mul(4).clamp(SHORTEST_MS, LONGEST_MS);
        self.ms = i64::try_from(fitting).unwrap_or(most).clamp(SHORTEST_MS, most);
    }

    /// Goes by an answer that was too large; `false`: windows can't be smaller.
    pub fn too_large(&mut self, ms: i64) -> bool {
        self.ms = (ms / 4).max(SHORTEST_MS);
        self.ms < ms
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn near_values_are_one_range_also_over_windows() {
        let mut ranges = Ranges::default();
        ranges.add(vec![(1_000_000, 1), (1_000_010, 2), (1_900_000, 1)]);
        ranges.add(vec![(700_000, 3), (399_999, 1), (700_000, 1)]);
        let found: Vec<(i64, i64, u64, usize)> = ranges
            .in_order()
            .iter()
            .map(|range| (range.from_ms, range.until_ms, range.values, range.series.len()))
            .collect();
        assert_eq!(
            found,
            [(399_999, 399_999, 1, 1), (700_000, 1_000_010, 4, 3), (1_900_000, 1_900_000, 1, 1)]
        );
    }

    proptest! {
        #[test]
        fn ranges_hold_every_value_and_stand_apart(windows in vec(vec(0_i64..10_000_000, 0..30), 0..5)) {
            let mut ranges = Ranges::default();
            let mut all = Vec::new();
            for (index, window) in windows.iter().enumerate() {
                let begin = -(index as i64) * 10_000_000;
                let missing: Vec<_> = window.iter().map(|time| (begin + time, *time as u64 % 5)).collect();
                all.extend(missing.iter().map(|(time, _)| *time));
                ranges.add(missing);
            }
            let ranges = ranges.in_order();
            prop_assert_eq!(ranges.iter().map(|range| range.values).sum::<u64>(), all.len() as u64);
            let inside = |time: &i64| ranges.iter().any(|range| (range.from_ms..=range.until_ms).contains(time));
            prop_assert!(all.iter().all(inside));
            prop_assert!(ranges.windows(2).all(|two| two[1].from_ms - two[0].until_ms > APART_MS));
        }

        #[test]
        fn windows_come_to_the_aim_and_never_stand_still(per_second in 0_u64..10_000_000) {
            let mut size = WindowSize::default();
            let mut values = 0;
            for _ in 0..20 {
                let ms = size.ms();
                prop_assert!((SHORTEST_MS..=LONGEST_MS).contains(&ms));
                values = per_second * ms as u64 / 1_000;
                size.seen(ms, values);
            }
            prop_assert!(values <= AIM || size.ms() == SHORTEST_MS);
            prop_assert!(values >= AIM / 2 || size.ms() == LONGEST_MS || size.ms() == SHORTEST_MS);
            let mut steps = 0;
            while size.too_large(size.ms()) {
                steps += 1;
            }
            prop_assert!(steps < 20 && size.ms() == SHORTEST_MS);
        }
    }
}
