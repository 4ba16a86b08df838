//! What is learnt from past visits: how long cars stay and how much energy they take.
//!
//! A guess is a few values that are equally likely, each what is left of a past visit that was longer (took more) than the present one
//! already is. Visits to the same station count more than those to others; where few have been seen, visits as they are anywhere count too.

use serde::{Deserialize, Serialize};

/// A visit that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// How long the car was there, hours.
    pub hours: f64,
    /// What it took, kWh.
    pub kwh: f64,
}

/// Past visits, by station.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Habits {
    visits: Vec<(usize, Visit)>,
}

/// Visits that are remembered in all; older ones are forgotten first.
const REMEMBERED: usize = 500;
/// How many visits to other stations one to the same station counts for.
const OWN: f64 = 4.0;
/// Stays as they are anywhere, hours, and energies, kWh; each counts as half a visit.
const ANY_HOURS: [f64; 6] = [1.0, 3.0, 5.0, 7.0, 9.0, 12.0];
const ANY_KWH: [f64; 6] = [4.0, 8.0, 14.0, 20.0, 30.0, 45.0];
const ANY: f64 = 0.5;
/// Values of a guess.
const VALUES: usize = 8;
/// When a visit is longer than all others: what is left, as a share of what has been.
const BEYOND_ALL: f64 = 0.1;

impl Habits {
    /// Remembers a visit.
    pub fn remember(&mut self, station: usize, visit: Visit) {
        if self.visits.len() >= REMEMBERED {
            self.visits.remove(0);
        }
        self.visits.push((station, visit));
    }

    /// Guesses how much longer a car stays that has been there for `so_far` hours: equally likely values, rising.
    pub fn hours_left(&self, station: usize, so_far: f64) -> Vec<f64> {
        self.left(station, so_far, &ANY_HOURS, |visit| visit.hours)
    }

    /// Guesses how much more energy a car takes that has taken `so_far` kWh: equally likely values, rising.
    pub fn kwh_left(&self, station: usize, so_far: f64) -> Vec<f64> {
        self.left(station, so_far, &ANY_KWH, |visit| visit.kwh)
    }

    fn left(&self, station: usize, so_far: f64, any: &[f64], of: impl Fn(&Visit) -> f64) -> Vec<f64> {
        let seen = self.visits.iter().map(|(at, visit)| (of(visit), if *at == station { OWN } else { 1.0 }));
        let anywhere = any.iter().map(|&value| (value, ANY));
        let mut beyond: Vec<(f64, f64)> = seen.chain(anywhere).filter(|(value, _)| *value > so_far).collect();
        if beyond.is_empty() {
            return vec![so_far * BEYOND_ALL];
        }
        beyond.sort_by(|a, b| a.0.total_cmp(&b.0));
        let total: f64 = beyond.iter().map(|(_, weight)| weight).sum();
        let (mut passed, mut at) = (0.0, 0);
        let guess = (0..VALUES).map(|index| {
            let wanted = total * (index as f64 + 0.5) / VALUES as f64;
            while at + 1 < beyond.len() && passed + beyond[at].1 < wanted {
                passed += beyond[at].1;
                at += 1;
            }
            beyond[at].0 - so_far
        });
        guess.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guess_is_what_is_left_of_longer_visits() {
        let mut habits = Habits::default();
        for hours in [7.9, 8.0, 8.1] {
            for _ in 0..20 {
                habits.remember(3, Visit { hours, kwh: 20.0 });
            }
        }
        let early = habits.hours_left(3, 1.0);
        assert!(early.iter().all(|&hours| (hours - 7.0).abs() < 0.2), "{early:?}");
        let late = habits.hours_left(3, 8.05);
        assert!((late[0] - 0.05).abs() < 1e-9, "{late:?}");
        assert_eq!(habits.hours_left(3, 40.0), [4.0], "longer than all");
    }

    #[test]
    fn a_station_knows_its_own_visitors_best() {
        let mut habits = Habits::default();
        for _ in 0..30 {
            habits.remember(0, Visit { hours: 8.0, kwh: 8.0 });
            habits.remember(1, Visit { hours: 8.0, kwh: 40.0 });
        }
        let middle = |station| habits.kwh_left(station, 0.0)[VALUES / 2];
        assert_eq!((middle(0), middle(1)), (8.0, 40.0));
    }

    #[test]
    fn nothing_seen_is_guessed_as_anywhere() {
        let guess = Habits::default().hours_left(0, 0.0);
        assert!(guess[0] >= 1.0 && guess[VALUES - 1] <= 12.0 && guess.is_sorted(), "{guess:?}");
    }
}
