//! A car: when it draws how much of what it is offered. It decides nothing about the station, which only tells it what is
//! offered.
//!
//! ```text
//!              offer seen ≥ 6 A, wants energy
//!   waiting ────────────────────────────────────▶ drawing ──▶ (ramp towards the offer, taper near full)
//!      ▲  ▲                                          │  │
//!      │  └── offer seen = 0, pause, full ───────────┘  │
//!      └───────────── no supply: at once ───────────────┘
//! ```

use crate::site::Amps;

/// The least current that a control pilot can offer (IEC 61851-1, Annex A: 10 % duty).
pub const LEAST_OFFER: Amps = Amps(6.0);

/// The longest time that a car may take to follow a lower offer, in milliseconds (IEC 61851-1, Annex A).
pub const LONGEST_DELAY_MS: u64 = 5_000;

/// What a car is like and what it wants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CarSpec {
    /// Energy that it wants, in kWh.
    pub energy_kwh: f64,
    /// Phases of its onboard charger, 1 to 3.
    pub phases: u8,
    /// The most that its onboard charger takes per phase.
    pub max: Amps,
    /// Time from a change of the offer until it begins to follow, in milliseconds; at most [`LONGEST_DELAY_MS`].
    pub delay_ms: u64,
    /// How fast its current changes once it follows, in amperes per second; above 0.
    pub ramp: f64,
    /// Share of its energy, 0 to 1, from which it draws less and less.
    pub taper_from: f64,
    /// Share of the offer that it draws, 0 to 1.
    pub share: f64,
    /// Pauses that it makes by itself.
    pub pause: Option<CarPause>,
    /// How long it stays, in seconds; `None`: until it is unplugged.
    pub stay_s: Option<f64>,
}

/// Pauses that a car makes by itself (battery heating, its own timer).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CarPause {
    /// Seconds from one pause to the next.
    pub every_s: f64,
    /// Seconds that a pause lasts.
    pub for_s: f64,
}

impl Default for CarSpec {
    /// A car with an 11 kW charger that wants 20 kWh and follows well.
    fn default() -> Self {
        CarSpec {
            energy_kwh: 20.0,
            phases: 3,
            max: Amps(16.0),
            delay_ms: 1_000,
            ramp: 8.0,
            taper_from: 0.9,
            share: 1.0,
            pause: None,
            stay_s: None,
        }
    }
}

impl CarSpec {
    /// Makes a car like those that are on the road: a third on one phase, most with 16 A, some with 32 A, some that pause, some
    /// that draw less than they are offered.
    pub fn random(rng: &mut fastrand::Rng, energy_kwh: f64, stay_s: f64) -> CarSpec {
        let phases = match rng.u8(0..10) {
            0..3 => 1,
            3 => 2,
            _ => 3,
        };
        let max = match rng.u8(0..10) {
            0..5 => 16.0,
            5..9 => 32.0,
            _ => 20.0,
        };
        CarSpec {
            energy_kwh,
            phases,
            max: Amps(max),
            delay_ms: rng.u64(300..=LONGEST_DELAY_MS),
            ramp: between(rng, 1.0, 12.0),
            taper_from: between(rng, 0.75, 0.95),
            share: if rng.u8(0..4) == 0 { between(rng, 0.8, 0.98) } else { 1.0 },
            pause: (rng.u8(0..6) == 0)
                .then(|| CarPause { every_s: between(rng, 60.0, 180.0), for_s: between(rng, 10.0, 30.0) }),
            stay_s: Some(stay_s),
        }
    }

    /// Returns the same car with every number brought into its range.
    #[must_use]
    pub fn sane(mut self) -> CarSpec {
        let positive = |value: f64, least: f64| if value.is_finite() { value.max(least) } else { least };
        self.energy_kwh = positive(self.energy_kwh, 0.0);
        self.phases = self.phases.clamp(1, 3);
        self.max = Amps(positive(self.max.0, 0.0));
        self.delay_ms = self.delay_ms.min(LONGEST_DELAY_MS);
        self.ramp = positive(self.ramp, 0.1);
        self.taper_from = positive(self.taper_from, 0.0).min(1.0);
        self.share = positive(self.share, 0.0).min(1.0);
        self
    }
}

/// Returns a number between two others.
pub(super) fn between(rng: &mut fastrand::Rng, least: f64, most: f64) -> f64 {
    least + (most - least) * rng.f64()
}

/// What reaches a car in one step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Supply {
    /// What the station offers per phase: 0 or at least 6 A.
    pub offered: Amps,
    /// Is there voltage?
    pub live: bool,
    /// How many terminals the station has.
    pub terminals: usize,
    /// Voltage between phase and neutral.
    pub volts: f64,
    /// Length of the step for everything that reacts, in milliseconds.
    pub step_ms: u64,
    /// Length of the step for energy and stay, in seconds.
    pub world_s: f64,
}

/// A car at a station.
#[derive(Debug, Clone, PartialEq)]
pub struct Car {
    /// What it is like.
    pub spec: CarSpec,
    /// Energy that it got, in kWh.
    pub delivered_kwh: f64,
    /// Seconds since it came.
    pub here_s: f64,
    /// The offer that it follows; lags behind what the station offers.
    seen: Amps,
    /// How long the offer has differed from `seen`.
    differs_ms: u64,
    /// Current that it draws on each of its phases.
    amps: Amps,
}

impl Car {
    /// Makes a car that has just been plugged in.
    pub fn new(spec: CarSpec) -> Car {
        Car {
            spec: spec.sane(),
            delivered_kwh: 0.0,
            here_s: 0.0,
            seen: Amps::ZERO,
            differs_ms: 0,
            amps: Amps::ZERO,
        }
    }

    /// Says whether it would draw if it were offered current.
    pub fn wants(&self) -> bool {
        !self.is_full() && !self.is_pausing()
    }

    /// Says whether it has got what it wanted.
    pub fn is_full(&self) -> bool {
        self.delivered_kwh >= self.spec.energy_kwh
    }

    /// Says whether it asks the station for current (state C of IEC 61851-1): it wants energy and has seen an offer.
    pub fn asks(&self) -> bool {
        self.amps > Amps::ZERO || (self.wants() && self.seen >= LEAST_OFFER)
    }

    /// Says whether its stay is over.
    pub fn leaves(&self) -> bool {
        self.spec.stay_s.is_some_and(|stay_s| self.here_s >= stay_s)
    }

    /// Returns on how many of the station's terminals it draws.
    pub fn terminals(&self, of_station: usize) -> usize {
        of_station.min(usize::from(self.spec.phases))
    }

    /// Returns what it draws on each terminal that it uses.
    pub fn amps(&self) -> Amps {
        self.amps
    }

    fn is_pausing(&self) -> bool {
        let Some(pause) = self.spec.pause else { return false };
        pause.every_s > 0.0
            && self.here_s >= pause.every_s
            && self.here_s.rem_euclid(pause.every_s) < pause.for_s
    }

    /// Goes one step further.
    pub(super) fn step(&mut self, supply: &Supply) {
        self.here_s += supply.world_s;
        if !supply.live {
            // without voltage there is no pilot either: when it comes back, the car starts anew
            (self.amps, self.seen, self.differs_ms) = (Amps::ZERO, Amps::ZERO, 0);
            return;
        }
        self.notice(supply);
        self.follow(supply.step_ms);
        let phases = self.terminals(supply.terminals) as f64;
        self.delivered_kwh += self.amps.0 * supply.volts * phases * supply.world_s / 3.6e6;
    }

    /// Sees a changed offer after its delay; changes in between don't start the delay again.
    fn notice(&mut self, supply: &Supply) {
        if supply.offered == self.seen {
            self.differs_ms = 0;
            return;
        }
        self.differs_ms += supply.step_ms;
        if self.differs_ms >= self.spec.delay_ms {
            self.seen = supply.offered;
            self.differs_ms = 0;
        }
    }

    fn follow(&mut self, step_ms: u64) {
        let target = self.target();
        if target == Amps::ZERO {
            // the contactor opens: no ramp
            self.amps = Amps::ZERO;
            return;
        }
        let change = Amps(self.spec.ramp * step_ms as f64 / 1000.0);
        self.amps = if self.amps < target {
            (self.amps + change).min(target)
        } else {
            (self.amps - change).max(target)
        };
    }

    fn target(&self) -> Amps {
        if self.seen < LEAST_OFFER || !self.wants() {
            return Amps::ZERO;
        }
        let done = self.delivered_kwh / self.spec.energy_kwh;
        let left = (1.0 - done) / (1.0 - self.spec.taper_from).max(1e-9);
        // a battery that is nearly full still takes a little
        let own = self.spec.max * left.clamp(0.05, 1.0);
        own.min(self.seen * self.spec.share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn supply(offered: f64) -> Supply {
        Supply { offered: Amps(offered), live: true, terminals: 3, volts: 230.0, step_ms: 100, world_s: 0.1 }
    }

    fn run(car: &mut Car, supply: &Supply, seconds: u64) {
        for _ in 0..seconds * 10 {
            car.step(supply);
        }
    }

    #[test]
    fn a_car_follows_after_its_delay_and_along_its_ramp() {
        let mut car = Car::new(CarSpec { delay_ms: 2_000, ramp: 2.0, ..CarSpec::default() });
        run(&mut car, &supply(16.0), 1);
        assert_eq!(car.amps(), Amps::ZERO, "it hasn't seen the offer yet");
        run(&mut car, &supply(16.0), 3);
        assert!(car.amps() > Amps(2.0) && car.amps() < Amps(8.0), "on its ramp: {}", car.amps());
        run(&mut car, &supply(16.0), 8);
        assert_eq!(car.amps(), Amps(16.0));
        run(&mut car, &supply(0.0), 1);
        assert_eq!(car.amps(), Amps(16.0), "still within its delay");
        run(&mut car, &supply(0.0), 2);
        assert_eq!(car.amps(), Amps::ZERO);
    }

    #[test]
    fn a_car_takes_no_more_than_it_can_and_no_more_than_its_share() {
        for (max, share, offered, expected) in
            [(16.0, 1.0, 32.0, 16.0), (32.0, 0.5, 20.0, 10.0), (32.0, 1.0, 6.0, 6.0), (32.0, 1.0, 5.9, 0.0)]
        {
            let mut car = Car::new(CarSpec { max: Amps(max), share, energy_kwh: 1e6, ..CarSpec::default() });
            run(&mut car, &supply(offered), 20);
            assert!((car.amps().0 - expected).abs() < 1e-9, "{max} {share} {offered}: {}", car.amps());
        }
    }

    #[test]
    fn an_offer_that_keeps_changing_is_seen_all_the_same() {
        let mut car = Car::new(CarSpec { delay_ms: 5_000, ramp: 100.0, ..CarSpec::default() });
        for step in 0..60 {
            car.step(&supply(6.0 + f64::from(step % 7)));
        }
        assert!(car.amps() >= LEAST_OFFER);
    }

    #[test]
    fn a_car_tapers_fills_up_and_stops() {
        let mut car = Car::new(CarSpec { energy_kwh: 0.1, taper_from: 0.5, ..CarSpec::default() });
        run(&mut car, &supply(16.0), 25);
        assert!(car.amps() < Amps(16.0) && car.amps() > Amps::ZERO, "tapering: {}", car.amps());
        run(&mut car, &supply(16.0), 120);
        assert!(car.is_full() && car.amps() == Amps::ZERO && !car.asks());
        assert!((car.delivered_kwh - 0.1).abs() < 0.001);
    }

    #[test]
    fn a_car_without_supply_draws_nothing_at_once() {
        let mut car = Car::new(CarSpec::default());
        run(&mut car, &supply(16.0), 10);
        car.step(&Supply { live: false, ..supply(16.0) });
        assert_eq!(car.amps(), Amps::ZERO);
    }

    #[test]
    fn a_car_pauses_by_itself() {
        let pause = Some(CarPause { every_s: 20.0, for_s: 5.0 });
        let mut car = Car::new(CarSpec { pause, ..CarSpec::default() });
        run(&mut car, &supply(16.0), 15);
        assert_eq!(car.amps(), Amps(16.0));
        run(&mut car, &supply(16.0), 7);
        assert_eq!(car.amps(), Amps::ZERO);
        run(&mut car, &supply(16.0), 8);
        assert_eq!(car.amps(), Amps(16.0));
    }
}
