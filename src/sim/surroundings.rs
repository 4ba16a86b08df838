//! What changes by itself around the chargers: base load, sun, the air in a cabinet. Each has a generator of its own, so that what
//! one of them draws by lot never shifts another.

use std::f64::consts::TAU;

use super::car::between;
use crate::site::{Amps, PerPhase, Phase};

/// What goes on at the site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scene {
    /// Nothing moves unless it is told to: no cars, no base load, no sun.
    #[default]
    Still,
    /// Much happens within minutes: cars come and go, the base load jumps, clouds pass.
    Lively,
    /// A working day, beginning at seven in the morning.
    Day,
}

/// Second of the day at which [`Scene::Day`] begins.
pub(super) const DAY_BEGINS_S: f64 = 7.0 * 3600.0;

/// Share of the worst base load by hour of the day, 0 to 24.
const DAILY_SHAPE: [f64; 25] = [
    0.18, 0.16, 0.15, 0.15, 0.16, 0.20, 0.32, 0.50, 0.62, 0.66, 0.68, 0.70, 0.74, 0.70, 0.66, 0.64, 0.62,
    0.66, 0.78, 0.80, 0.68, 0.52, 0.38, 0.26, 0.18,
];

fn daily_share(world_s: f64) -> f64 {
    let hour = (world_s / 3600.0).rem_euclid(24.0);
    let (at, part) = (hour.floor(), hour.fract());
    let index = (at as usize).min(23);
    DAILY_SHAPE[index] * (1.0 - part) + DAILY_SHAPE[index + 1] * part
}

/// A value that wanders about zero and comes back to it.
#[derive(Debug, Clone, Copy, Default)]
struct Wander(f64);

impl Wander {
    /// Goes on by `world_s` seconds with a time constant and a spread (about one standard deviation).
    fn step(&mut self, rng: &mut fastrand::Rng, world_s: f64, constant_s: f64, spread: f64) -> f64 {
        let follow = 1.0 - (-world_s / constant_s).exp();
        // uniform noise of variance 1/3 · 3 = 1
        let noise = between(rng, -1.0, 1.0) * 3f64.sqrt();
        self.0 += -self.0 * follow + spread * (2.0 * follow).sqrt() * noise;
        self.0
    }
}

/// What else than chargers draws on a circuit.
#[derive(Debug, Clone)]
pub(super) struct BaseLoad {
    worst: PerPhase<Amps>,
    fixed: Option<PerPhase<Amps>>,
    wander: PerPhase<Wander>,
    jump: f64,
    jump_left_s: f64,
    next_jump_s: f64,
    rng: fastrand::Rng,
    now: PerPhase<Amps>,
}

impl BaseLoad {
    /// Makes a base load that never exceeds what the site file says of its worst.
    pub fn new(worst: PerPhase<Amps>, mut rng: fastrand::Rng) -> BaseLoad {
        let next_jump_s = between(&mut rng, 10.0, 40.0);
        BaseLoad {
            worst,
            fixed: None,
            wander: PerPhase::default(),
            jump: 0.0,
            jump_left_s: 0.0,
            next_jump_s,
            rng,
            now: PerPhase::default(),
        }
    }

    /// Holds it at a value, which may exceed the worst; `None`: lets it go its own way again.
    pub fn hold(&mut self, amps: Option<PerPhase<Amps>>) {
        self.fixed = amps;
        if let Some(amps) = amps {
            self.now = amps;
        }
    }

    pub fn amps(&self) -> PerPhase<Amps> {
        self.now
    }

    pub fn step(&mut self, scene: Scene, world_s: f64, length_s: f64) {
        let share = match scene {
            Scene::Still => 0.0,
            Scene::Lively => 0.35 + 0.15 * (world_s * TAU / 180.0).sin() + self.jumps(length_s, 30.0),
            Scene::Day => daily_share(world_s) + self.jumps(length_s, 1200.0),
        };
        let spread = if scene == Scene::Still { 0.0 } else { 0.04 };
        for phase in Phase::ALL {
            let wander = self.wander[phase].step(&mut self.rng, length_s, 20.0, spread);
            self.now[phase] = self.worst[phase] * (share + wander).clamp(0.0, 1.0);
        }
        if let Some(fixed) = self.fixed {
            self.now = fixed;
        }
    }

    /// A machine that starts now and then.
    fn jumps(&mut self, length_s: f64, mean_s: f64) -> f64 {
        self.jump_left_s -= length_s;
        self.next_jump_s -= length_s;
        if self.next_jump_s <= 0.0 {
            self.jump = between(&mut self.rng, 0.2, 0.5);
            self.jump_left_s = between(&mut self.rng, 0.3, 1.2) * mean_s;
            self.next_jump_s = self.jump_left_s + between(&mut self.rng, 0.4, 1.6) * mean_s;
        }
        if self.jump_left_s > 0.0 { self.jump } else { 0.0 }
    }
}

/// A solar input.
#[derive(Debug, Clone)]
pub(super) struct Sun {
    peak: Amps,
    fixed: Option<Amps>,
    clouds: Wander,
    rng: fastrand::Rng,
    now: Amps,
}

impl Sun {
    pub fn new(peak: Amps, rng: fastrand::Rng) -> Sun {
        Sun { peak, fixed: None, clouds: Wander::default(), rng, now: Amps::ZERO }
    }

    /// Holds it at a value; `None`: lets it go its own way again.
    pub fn hold(&mut self, amps: Option<Amps>) {
        self.fixed = amps;
        if let Some(amps) = amps {
            self.now = amps;
        }
    }

    /// Returns what it gives on each phase when the grid is there.
    pub fn amps(&self) -> Amps {
        self.now
    }

    pub fn step(&mut self, scene: Scene, world_s: f64, length_s: f64) {
        let (clear, constant_s) = match scene {
            Scene::Still => (0.0, 30.0),
            Scene::Lively => (0.55 + 0.35 * (world_s * TAU / 240.0).sin(), 15.0),
            Scene::Day => {
                let hour = (world_s / 3600.0).rem_euclid(24.0);
                // up at six, down at twenty
                (
                    ((hour - 6.0) / 14.0 * TAU / 2.0).sin().max(0.0) * f64::from(hour > 6.0 && hour < 20.0),
                    300.0,
                )
            }
        };
        let clouds = self.clouds.step(&mut self.rng, length_s, constant_s, 0.25);
        self.now = self.fixed.unwrap_or(self.peak * (clear * (1.0 - clouds.abs())).clamp(0.0, 1.0));
    }
}

/// The air in a cabinet.
#[derive(Debug, Clone)]
pub(super) struct CabinetAir {
    /// In °C.
    pub temperature: f64,
    /// Smoke or gas.
    pub smoke: bool,
    held: bool,
}

impl CabinetAir {
    pub fn new() -> CabinetAir {
        CabinetAir { temperature: 24.0, smoke: false, held: false }
    }

    /// Holds the temperature at a value.
    pub fn hold(&mut self, temperature: f64) {
        (self.temperature, self.held) = (temperature, true);
    }

    /// Warms up with the square of the load (0 to 1): copper losses.
    pub fn step(&mut self, load: f64, length_s: f64) {
        if !self.held {
            let target = 24.0 + 22.0 * load.clamp(0.0, 2.0).powi(2);
            self.temperature += (target - self.temperature) * (1.0 - (-length_s / 600.0).exp());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_load_moves_and_stays_within_its_worst() {
        for scene in [Scene::Lively, Scene::Day] {
            let worst = PerPhase { l1: Amps(20.0), l2: Amps(10.0), l3: Amps::ZERO };
            let mut load = BaseLoad::new(worst, fastrand::Rng::with_seed(7));
            let (mut least, mut most) = (f64::MAX, f64::MIN);
            for step in 0..20_000 {
                load.step(scene, DAY_BEGINS_S + f64::from(step) * 0.5, 0.5);
                for phase in Phase::ALL {
                    assert!(load.amps()[phase] >= Amps::ZERO && load.amps()[phase] <= worst[phase]);
                }
                (least, most) = (least.min(load.amps().l1.0), most.max(load.amps().l1.0));
            }
            assert!(most - least > 6.0, "{scene:?}: {least} to {most}");
        }
    }

    #[test]
    fn what_is_held_stays() {
        let mut load = BaseLoad::new(PerPhase::default(), fastrand::Rng::with_seed(1));
        load.hold(Some(PerPhase::all(Amps(50.0))));
        load.step(Scene::Lively, 0.0, 1.0);
        assert_eq!(load.amps(), PerPhase::all(Amps(50.0)));
        let mut sun = Sun::new(Amps(10.0), fastrand::Rng::with_seed(1));
        sun.hold(Some(Amps(3.0)));
        sun.step(Scene::Lively, 0.0, 1.0);
        assert_eq!(sun.amps(), Amps(3.0));
    }

    #[test]
    fn the_sun_is_down_at_night() {
        let mut sun = Sun::new(Amps(10.0), fastrand::Rng::with_seed(3));
        sun.step(Scene::Day, 3.0 * 3600.0, 1.0);
        assert_eq!(sun.amps(), Amps::ZERO);
        sun.step(Scene::Day, 13.0 * 3600.0, 1.0);
        assert!(sun.amps() > Amps(3.0));
    }

    #[test]
    fn a_loaded_cabinet_warms_up() {
        let mut air = CabinetAir::new();
        for _ in 0..3600 {
            air.step(1.0, 1.0);
        }
        assert!((45.0..47.0).contains(&air.temperature));
    }
}
