//! Random trees, phases, loads, losses: what must hold for every decision.
//!
//! The small run goes with every test run; the million goes with `make test` in the optimized profile. A failure names its seed; the same
//! seed gives the same case.

use super::fixture::{charger, circuit, site, with_meter};
use super::step::site_network;
use super::*;
use crate::site::{
    Amps, CircuitId, Expectation, MeterId, PerPhase, Period, Phase, PolicySettings, Site, SunSettings,
};

const T0: Time = Time(1_700_000_000_000);
const ROUNDING: f64 = 1e-6;
const STEPS: u64 = 5;
/// The sun's surplus counts when it has lasted; a plan beside it takes its time.
const STEPS_WITH_SUN: u64 = 25;
const STEPS_WITH_SUN_AND_PLAN: u64 = 10;
const SITES_WITH_POLICY: u64 = 1000;

#[test]
fn ten_thousand_random_sites_stay_within_their_limits() {
    run(0..10_000);
}

/// Every thousandth seed is a site with a policy: planning takes its time.
#[test]
fn random_sites_with_policies_stay_within_their_limits() {
    run((5_000_000..5_070_000).step_by(SITES_WITH_POLICY as usize));
}

#[test]
fn a_million_random_sites_stay_within_their_limits() {
    let half = 500_000;
    std::thread::scope(|scope| {
        scope.spawn(|| run(1_000_000..1_000_000 + half));
        run(2_000_000..2_000_000 + half);
    });
}

fn run(seeds: impl Iterator<Item = u64>) {
    for seed in seeds {
        let outcome = std::panic::catch_unwind(|| World::new(seed).live());
        assert!(outcome.is_ok(), "seed {seed} breaks a rule");
    }
}

/// A site with what is really so, which the controller sees only in part.
struct World {
    rng: fastrand::Rng,
    site: Site,
    network: Network,
    /// What really draws beside the chargers, per circuit, sub-circuits not counted.
    base: Vec<PerPhase<f64>>,
    /// What each charger really offers.
    offered: Vec<f64>,
    /// Share of the offer that each car draws.
    thirst: Vec<f64>,
    plugged: Vec<bool>,
    /// On how many phases each charger can charge now.
    phases: Vec<u8>,
    /// What the sun gives behind every meter, W.
    sun: f64,
    ledgers: Vec<OfferLedger>,
    snapshot: Snapshot,
    state: State,
    now: Time,
}

impl World {
    fn new(seed: u64) -> World {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut site = random_site(&mut rng);
        if seed.is_multiple_of(SITES_WITH_POLICY) {
            site.policy = random_policy(&mut rng, &site);
        }
        let network = site_network(&site);
        let count = site.chargers.len();
        let base = site
            .circuits
            .iter()
            .map(|circuit| circuit.base_load.unwrap_or_default().map(|amps| amps.0 * rng.f64()))
            .collect();
        let offered = site
            .chargers
            .iter()
            .map(|charger| if rng.bool() { charger.failsafe.0 } else { charger.min.0 })
            .collect();
        World {
            base,
            offered,
            sun: 0.0,
            phases: vec![3; count],
            thirst: (0..count).map(|_| if rng.bool() { 1.0 } else { rng.f64() }).collect(),
            plugged: (0..count).map(|_| rng.u8(0..5) > 0).collect(),
            ledgers: (0..count).map(|_| OfferLedger::new(T0, None)).collect(),
            snapshot: Snapshot::empty(&site),
            state: State::empty(&site),
            now: T0,
            rng,
            network,
            site,
        }
    }

    fn live(mut self) {
        let steps = match (self.site.policy.sun, self.site.policy.plans()) {
            (None, _) => STEPS,
            (Some(_), false) => STEPS_WITH_SUN,
            (Some(_), true) => STEPS_WITH_SUN_AND_PLAN,
        };
        for _ in 0..steps {
            self.now = self.now + Period::from_millis(self.rng.u64(500..8_000));
            self.weather();
            self.observe();
            for (index, ledger) in self.ledgers.iter().enumerate() {
                let ceiling = ledger.ceiling(self.now, &self.site.chargers[index]);
                assert!(
                    self.offered[index] <= ceiling.0 + ROUNDING,
                    "the ledger of charger {index} is too low"
                );
                self.snapshot.ceilings[index] = Some(ceiling);
            }
            let decision = step(self.now, &self.site, &self.snapshot, &self.state);
            self.check_currents(&decision);
            self.check_limits(&decision);
            self.check_old_data(&decision);
            self.check_sun(&decision);
            self.carry_out(&decision);
            self.state = decision.state;
        }
    }

    /// Loads behind meters change as they like; what is only declared stays within its declaration.
    fn weather(&mut self) {
        for (index, circuit) in self.site.circuits.iter().enumerate() {
            let metered =
                self.site.ancestry(CircuitId(index)).any(|at| self.site.circuits[at.0].meter.is_some());
            if self.rng.u8(0..3) == 0 && metered {
                let declared = circuit.base_load.unwrap_or_default();
                let rng = &mut self.rng;
                self.base[index] = declared.map(|amps| amps.0 * rng.f64());
            }
        }
        if self.rng.u8(0..12) == 0 {
            self.sun = if self.rng.bool() { self.rng.f64() * 30_000.0 } else { 0.0 };
        }
        for index in 0..self.plugged.len() {
            if self.rng.u8(0..20) == 0 {
                self.plugged[index] = !self.plugged[index];
            }
        }
    }

    fn drawn(&self, index: usize) -> f64 {
        if self.plugged[index] { self.offered[index] * self.thirst[index] } else { 0.0 }
    }

    /// What really flows in a circuit.
    fn flow(&self, circuit: usize) -> PerPhase<f64> {
        let inside = |at: CircuitId| self.site.ancestry(at).any(|above| above.0 == circuit);
        let mut flow = PerPhase::all(0.0);
        for other in (0..self.site.circuits.len()).filter(|&other| inside(CircuitId(other))) {
            for phase in Phase::ALL {
                flow[phase] += self.base[other][phase];
            }
        }
        for (index, charger) in
            self.site.chargers.iter().enumerate().filter(|(_, charger)| inside(charger.circuit))
        {
            for &phase in &charger.phases {
                flow[phase] += self.drawn(index);
            }
        }
        flow
    }

    /// Most devices answer, some don't.
    fn observe(&mut self) {
        for index in 0..self.site.chargers.len() {
            if self.rng.u8(0..6) == 0 {
                if self.rng.bool() {
                    self.ledgers[index].may_have_heard(self.now);
                }
                continue;
            }
            let state = match (self.plugged[index], self.rng.u8(0..30)) {
                (_, 0) => ChargerState::Fault,
                (true, _) => ChargerState::Charging,
                (false, _) => ChargerState::Unplugged,
            };
            let mut drawn = [Amps::ZERO; 3];
            drawn[..self.site.chargers[index].phases.len()].fill(Amps(self.drawn(index)));
            let offered = Amps(self.offered[index]);
            let phases = self.site.chargers[index].switches_phases.then_some(self.phases[index]);
            self.ledgers[index].observed(offered, self.now);
            self.snapshot.chargers[index] =
                Some(Reading { at: self.now, value: ChargerReading { state, drawn, offered, phases } });
        }
        for (index, circuit) in self.site.circuits.iter().enumerate() {
            let Some(meter) = circuit.meter else { continue };
            if self.rng.u8(0..6) > 0 {
                let flow = self.flow(index);
                let currents = Phase::ALL.map(|phase| Some(Amps(flow[phase])));
                self.snapshot.meters[meter.0] = Some(Reading {
                    at: self.now,
                    value: MeterReading {
                        currents,
                        power: Some(
                            Phase::ALL.iter().map(|&phase| flow[phase]).sum::<f64>() * 230.0 - self.sun,
                        ),
                        ..MeterReading::default()
                    },
                });
            }
        }
    }

    /// 0, or from `min` to `max`.
    fn check_currents(&self, decision: &Decision) {
        for (charger, setpoint) in self.site.chargers.iter().zip(&decision.setpoints) {
            let amps = setpoint.amps;
            assert!(
                amps == Amps::ZERO || (amps >= charger.min && amps <= charger.max),
                "{setpoint:?} for {charger:?}"
            );
        }
    }

    fn stale(&self, index: usize) -> bool {
        fresh(Some(&self.snapshot.chargers[index]), self.now, self.site.control.stale_after).is_none()
    }

    /// On every constraint: what is decided fits beside what can't be helped, and a rise fits beside all that may be offered.
    fn check_limits(&self, decision: &Decision) {
        for constraint in 0..self.network.constraints() {
            let (circuit, phase) = (constraint / 3, Phase::ALL[constraint % 3]);
            let headroom =
                self.site.circuits[circuit].limit[phase].0 - decision.loads[circuit].other[phase].0;
            let (mut decided, mut helpless, mut worst, mut rises) = (0.0, 0.0, 0.0, false);
            for &member in self.network.members(constraint) {
                let index = member as usize;
                let setpoint = decision.setpoints[index].amps.0;
                let ceiling =
                    self.snapshot.ceilings[index].map_or(self.site.chargers[index].max.0, |amps| amps.0);
                if self.stale(index) {
                    helpless += ceiling.max(self.site.chargers[index].failsafe.0);
                    worst += ceiling.max(self.site.chargers[index].failsafe.0);
                } else if matches!(decision.setpoints[index].reason, Reason::Disobeys { .. }) {
                    helpless += ceiling;
                    worst += ceiling.max(setpoint);
                } else {
                    decided += setpoint;
                    worst += ceiling.max(setpoint);
                    rises |= setpoint > ceiling + ROUNDING;
                }
            }
            assert!(
                decided <= (headroom - helpless).max(0.0) + ROUNDING,
                "constraint {constraint}: {decided} A decided, {headroom} A headroom, {helpless} A taken"
            );
            assert!(
                !rises || worst <= headroom + ROUNDING,
                "constraint {constraint}: a rise to {worst} A in {headroom} A"
            );
        }
    }

    /// Who is old, or behind an old meter, gets no more than its fail-safe current; and what an old value says changes nothing.
    fn check_old_data(&mut self, decision: &Decision) {
        for (index, charger) in self.site.chargers.iter().enumerate() {
            let blind =
                self.site.ancestry(charger.circuit).any(|circuit| decision.loads[circuit.0].meter_unknown);
            if blind || self.stale(index) {
                let amps = decision.setpoints[index].amps;
                assert!(amps <= charger.failsafe, "charger {index} has {amps} on old data");
            }
        }
        let mut other = self.snapshot.clone();
        let old = |at: Time| self.now.since(at) > self.site.control.stale_after;
        for reading in other.chargers.iter_mut().flatten().filter(|reading| old(reading.at)) {
            reading.value = ChargerReading {
                state: ChargerState::Charging,
                drawn: [Amps(self.rng.f64() * 99.0); 3],
                offered: Amps(self.rng.f64() * 99.0),
                phases: Some(self.rng.u8(1..4)),
            };
        }
        for reading in other.meters.iter_mut().flatten().filter(|reading| old(reading.at)) {
            reading.value.currents = [Some(Amps(self.rng.f64() * 99.0)); 3];
            reading.value.power = Some(self.rng.f64() * -99_000.0);
        }
        let again = step(self.now, &self.site, &other, &self.state);
        assert_eq!(again.setpoints, decision.setpoints, "an old value changed the decision");
    }

    /// With the sun alone, who does not run has nothing; and those together that have more than their least current take no more than the
    /// surplus.
    fn check_sun(&self, decision: &Decision) {
        if self.site.policy.sun.is_none() || self.site.policy.plans() {
            return;
        }
        let surplus = decision.state.surplus.clone().unwrap_or_default();
        let (mut taken, mut least) = (0.0, 0.0);
        for (index, charger) in self.site.chargers.iter().enumerate() {
            let (setpoint, memory) = (&decision.setpoints[index], &decision.state.chargers[index]);
            let is_told = !self.stale(index) && !matches!(setpoint.reason, Reason::Disobeys { .. });
            let Some(follower) = memory.sun.filter(|_| is_told) else { continue };
            assert!(
                follower.runs || setpoint.amps == Amps::ZERO,
                "charger {index} has {setpoint:?} without sun"
            );
            let phases = follower.phases.map_or(charger.phases.len(), usize::from) as f64;
            let kept = if follower.runs { charger.min.0 } else { 0.0 };
            least += kept * phases * surplus.volts;
            if setpoint.amps > charger.min {
                taken += setpoint.amps.0 * phases * surplus.volts;
            }
        }
        assert!(taken <= surplus.watts.max(least) + 1.0, "{taken} W of {} W and {least} W", surplus.watts);
    }

    /// Limits arrive, or not, or arrive without an answer.
    fn carry_out(&mut self, decision: &Decision) {
        for (index, setpoint) in decision.setpoints.iter().enumerate() {
            if let Some(phases) = setpoint.phases {
                let (charger, offered) = (&self.site.chargers[index], self.offered[index]);
                assert!(charger.switches_phases && !self.stale(index), "charger {index} is switched unheard");
                assert!(offered < charger.min.0 && setpoint.amps == Amps::ZERO, "switched at {offered} A");
                self.phases[index] = if self.rng.bool() { phases } else { self.phases[index] };
            }
            let ledger = &mut self.ledgers[index];
            ledger.sent(setpoint.amps);
            match self.rng.u8(0..8) {
                0 => ledger.not_acknowledged(self.now, false),
                1 => ledger.not_acknowledged(self.now, true),
                2 => {
                    self.offered[index] = setpoint.amps.0;
                    ledger.not_acknowledged(self.now, true);
                }
                _ => {
                    self.offered[index] = setpoint.amps.0;
                    ledger.acknowledged(setpoint.amps, self.now, true);
                    if let Some(reading) = &mut self.snapshot.chargers[index] {
                        reading.value.offered = setpoint.amps;
                    }
                }
            }
        }
    }
}

fn random_policy(rng: &mut fastrand::Rng, site: &Site) -> PolicySettings {
    let chargers = site.chargers.len();
    let expectation = |rng: &mut fastrand::Rng| Expectation {
        energy: rng.bool().then(|| rng.f64() * 30.0),
        ready_by: rng.bool().then(|| rng.u16(0..1440)),
    };
    let sun = SunSettings {
        weight: 0.1 + rng.f64(),
        meter: MeterId(rng.usize(0..site.meters.len().max(1))),
        start_after: Period::from_secs(rng.u64(0..20)),
        stop_after: Period::from_secs(rng.u64(0..20)),
        grid_share: [0.0, rng.f64()][rng.usize(0..2)],
        switch_every: Period::from_secs(rng.u64(0..40)),
    };
    let sun_alone = rng.u8(0..3) == 0;
    PolicySettings {
        deadline: if sun_alone { 0.0 } else { rng.f64() },
        price: if sun_alone { 0.0 } else { [0.0, rng.f64()][rng.usize(0..2)] },
        sun: Some(sun).filter(|_| !site.meters.is_empty() && (sun_alone || rng.bool())),
        tariff: vec![(0, rng.f64()), (600, rng.f64()), (1200, rng.f64())],
        expected: (0..rng.usize(0..=chargers)).map(|_| expectation(rng)).collect(),
    }
}

fn random_site(rng: &mut fastrand::Rng) -> Site {
    let circuits = (0..rng.usize(1..6)).map(|index| {
        let parent = (index > 0 && rng.u8(0..8) > 0).then(|| rng.usize(0..index));
        let mut made = circuit(&format!("c{index}"), parent, 6.0 + rng.f64() * 80.0);
        if rng.u8(0..4) == 0 {
            made.limit = PerPhase::from_fn(|_| Amps(rng.f64() * 60.0));
        }
        if rng.bool() {
            made.base_load = Some(PerPhase::from_fn(|_| Amps(rng.f64() * 20.0)));
        }
        made
    });
    let circuits: Vec<_> = circuits.collect();
    let chargers = (0..rng.usize(1..9)).map(|index| {
        let mut made = charger(&format!("ev{index}"), rng.usize(0..circuits.len()));
        let mut phases = Phase::ALL.to_vec();
        rng.shuffle(&mut phases);
        phases.truncate([1, 2, 3, 3][rng.usize(0..4)]);
        made.phases = phases;
        made.min = Amps(6.0 + f64::from(rng.u8(0..3)));
        made.max = made.min + Amps(f64::from(rng.u8(0..40)));
        made.failsafe = if rng.bool() { Amps::ZERO } else { made.min };
        made.switches_phases = made.phases.len() == 3 && rng.bool();
        made.priority = [0.5, 1.0, 1.0, 2.0][rng.usize(0..4)];
        made.resolution = Amps([0.001, 0.1, 0.5, 1.0][rng.usize(0..4)]);
        made.watchdog = (rng.u8(0..4) > 0).then(|| Period::from_secs(600));
        made
    });
    let chargers: Vec<_> = chargers.collect();
    let metered: Vec<usize> = (0..circuits.len()).filter(|_| rng.bool()).collect();
    let mut made = metered.into_iter().fold(site(circuits, chargers), with_meter);
    made.control.raise_after = Period::from_secs(rng.u64(0..6));
    made.control.turn = Period::from_secs(rng.u64(1..20));
    made.control.follow_time = Period::from_secs(rng.u64(1..10));
    made
}
