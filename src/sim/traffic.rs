//! When which car comes to which station. Cars are drawn by lot from a seed; how they charge is `car`'s matter.

use super::car::{CarSpec, between};
use super::surroundings::Scene;

/// Cars that come and go.
#[derive(Debug, Clone)]
pub struct Traffic {
    rng: fastrand::Rng,
    /// Mean time between two arrivals, in seconds.
    gap_s: f64,
    stay_s: (f64, f64),
    energy_kwh: (f64, f64),
    next_s: f64,
    /// Cars that come within the first moments, so that the site is not empty for long.
    rush: usize,
}

/// Makes traffic for a demonstration: with twelve stations a car comes every 10 to 20 s and stays 1 to 5 minutes; about half of
/// them fill up before they leave.
pub fn demo_cars(stations: usize, seed: u64) -> Traffic {
    Traffic {
        rng: fastrand::Rng::with_seed(seed ^ 0x00ca_25ca_25ca_25ca),
        gap_s: 15.0 * 12.0 / stations.max(1) as f64,
        stay_s: (60.0, 300.0),
        energy_kwh: (0.1, 0.8),
        next_s: 0.5,
        rush: stations / 3,
    }
}

/// Makes traffic for a working day: about three cars per station, which stay for hours.
pub fn day_cars(stations: usize, seed: u64) -> Traffic {
    Traffic {
        rng: fastrand::Rng::with_seed(seed ^ 0x0da7_0da7_0da7_0da7),
        gap_s: 8.0 * 3600.0 / stations.max(1) as f64,
        stay_s: (3600.0, 9.0 * 3600.0),
        energy_kwh: (5.0, 45.0),
        next_s: 60.0,
        rush: stations / 4,
    }
}

impl Traffic {
    /// Returns the traffic of a scene, if it has any.
    pub(super) fn of(scene: Scene, stations: usize, seed: u64) -> Option<Traffic> {
        match scene {
            Scene::Still => None,
            Scene::Lively => Some(demo_cars(stations, seed)),
            Scene::Day => Some(day_cars(stations, seed)),
        }
    }

    /// Returns the car that has come by this time, if one has, and a number that picks its station. Ask until it says none.
    pub fn arrival(&mut self, elapsed_s: f64) -> Option<(usize, CarSpec)> {
        if elapsed_s < self.next_s {
            return None;
        }
        let gap_s = if self.rush > 0 { self.gap_s / 10.0 } else { self.gap_s };
        self.rush = self.rush.saturating_sub(1);
        self.next_s += between(&mut self.rng, 2.0 / 3.0, 4.0 / 3.0) * gap_s;
        let (stay_s, energy_kwh) = (
            between(&mut self.rng, self.stay_s.0, self.stay_s.1),
            between(&mut self.rng, self.energy_kwh.0, self.energy_kwh.1),
        );
        let pick = self.rng.usize(..);
        Some((pick, CarSpec::random(&mut self.rng, energy_kwh, stay_s)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(mut traffic: Traffic, seconds: u32) -> Vec<(u32, usize, CarSpec)> {
        let mut all = Vec::new();
        for second in 0..seconds {
            while let Some((pick, car)) = traffic.arrival(f64::from(second)) {
                all.push((second, pick, car));
            }
        }
        all
    }

    #[test]
    fn a_demonstration_with_twelve_stations_is_lively() {
        let all = arrivals(demo_cars(12, 1), 600);
        assert!((38..=60).contains(&all.len()), "{} cars in ten minutes", all.len());
        for pair in all[5..].windows(2) {
            assert!((9..=21).contains(&(pair[1].0 - pair[0].0)), "every 10 to 20 s");
        }
        for (_, _, car) in &all {
            assert_eq!(*car, car.sane(), "every number is in its range");
            assert!((60.0..=300.0).contains(&car.stay_s.unwrap()));
        }
        assert!(
            all.iter().any(|(_, _, car)| car.phases == 1) && all.iter().any(|(_, _, car)| car.phases == 3)
        );
    }

    #[test]
    fn the_same_seed_brings_the_same_cars_and_another_one_others() {
        assert_eq!(arrivals(demo_cars(12, 5), 300), arrivals(demo_cars(12, 5), 300));
        assert_ne!(arrivals(demo_cars(12, 5), 300), arrivals(demo_cars(12, 6), 300));
    }
}
