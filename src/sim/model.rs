//! The electrical model of a site: state and a time step go in, the next state comes out. No I/O, no clock, no other chance than
//! that of the seed.
//!
//! A step goes: cars come and leave → watchdogs → base load and sun → cars draw → sums up the tree (Kirchhoff's current law for
//! each phase, currents taken as in phase with their voltage) → breakers heat up and may open → sums again where one did → meters
//! count, cabinets warm, the monitor looks. Its cost is linear in chargers and circuits.
//!
//! Two clocks run: devices (watchdogs, reaction of cars, breakers) go by the time of whoever controls them; the world (batteries,
//! stays, base load, sun) may go faster.

use std::sync::Arc;

use super::breaker::{BreakerState, Position};
use super::car::{Car, Supply};
use super::monitor::{Monitor, Sums};
use super::station::Station;
use super::surroundings::{BaseLoad, CabinetAir, DAY_BEGINS_S, Scene, Sun};
use super::traffic::Traffic;
use crate::site::{Amps, BreakerRating, ChargerId, CircuitId, MeterId, PerPhase, Phase, Site};

/// A station and the car at it.
#[derive(Debug, Clone)]
pub struct Bay {
    /// The station.
    pub station: Station,
    /// The car, if one is there.
    pub car: Option<Car>,
}

/// Energy counted by a meter, in kWh.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Counted {
    /// Drawn from the side of the grid.
    pub import_kwh: f64,
    /// Given to it.
    pub export_kwh: f64,
}

/// The model.
#[derive(Debug, Clone)]
pub struct Model {
    pub(super) site: Arc<Site>,
    pub(super) scene: Scene,
    pub(super) now_ms: u64,
    steps: u64,
    world_s: f64,
    elapsed_s: f64,
    pub(super) bays: Vec<Bay>,
    pub(super) loads: Vec<BaseLoad>,
    pub(super) suns: Vec<Sun>,
    pub(super) airs: Vec<CabinetAir>,
    pub(super) breakers: Vec<Option<BreakerState>>,
    /// Positions of the breakers and relays that protect no circuit, by position in the site.
    pub(super) relays: Vec<Position>,
    live: Vec<bool>,
    pub(super) sums: Vec<Sums>,
    counted: Vec<Counted>,
    /// What meters show too much, by meter.
    pub(super) skews: Vec<Amps>,
    metered: Vec<Option<CircuitId>>,
    pub(super) monitor: Monitor,
    pub(super) traffic: Option<Traffic>,
}

impl Model {
    /// Makes the model of a site at time 0.
    pub fn new(site: Arc<Site>, scene: Scene, seed: u64) -> Model {
        let mut rng = fastrand::Rng::with_seed(seed);
        let loads = site
            .circuits
            .iter()
            .map(|circuit| BaseLoad::new(circuit.base_load.unwrap_or_default(), rng.fork()));
        let loads = loads.collect();
        let suns = site.solar.iter().map(|solar| Sun::new(solar.peak.unwrap_or(Amps(16.0)), rng.fork()));
        let suns = suns.collect();
        let mut model = Model {
            scene,
            now_ms: 0,
            steps: 0,
            world_s: if scene == Scene::Day { DAY_BEGINS_S } else { 0.0 },
            elapsed_s: 0.0,
            bays: site
                .chargers
                .iter()
                .map(|charger| Bay { station: Station::new(charger), car: None })
                .collect(),
            loads,
            suns,
            airs: site.cabinets.iter().map(|_| CabinetAir::new()).collect(),
            breakers: (0..site.circuits.len()).map(|index| breaker_of(&site, index)).collect(),
            relays: vec![Position::On; site.breakers.len()],
            live: vec![true; site.circuits.len()],
            sums: vec![Sums::default(); site.circuits.len()],
            counted: vec![Counted::default(); site.meters.len()],
            skews: vec![Amps::ZERO; site.meters.len()],
            metered: (0..site.meters.len()).map(|index| circuit_of_meter(&site, index)).collect(),
            monitor: Monitor::new(site.circuits.len(), 0),
            traffic: Traffic::of(scene, site.chargers.len(), seed),
            site,
        };
        model.add_up();
        model
    }

    /// Returns the site.
    pub fn site(&self) -> &Arc<Site> {
        &self.site
    }

    /// Returns the time of the devices since the start, in milliseconds.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Returns how many steps were taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Returns a station and its car.
    pub fn bay(&self, charger: ChargerId) -> &Bay {
        &self.bays[charger.0]
    }

    /// Returns a circuit's sums.
    pub fn sums(&self, circuit: CircuitId) -> &Sums {
        &self.sums[circuit.0]
    }

    /// Returns what else than chargers draws on a circuit itself, sub-circuits and sun not counted.
    pub fn base_load(&self, circuit: CircuitId) -> PerPhase<Amps> {
        if self.live[circuit.0] { self.loads[circuit.0].amps() } else { PerPhase::default() }
    }

    /// Says whether a circuit has voltage.
    pub fn is_live(&self, circuit: CircuitId) -> bool {
        self.live[circuit.0]
    }

    /// Returns a circuit's breaker.
    pub fn breaker(&self, circuit: CircuitId) -> Option<&BreakerState> {
        self.breakers[circuit.0].as_ref()
    }

    /// Returns the circuit that a meter measures.
    pub fn metered(&self, meter: MeterId) -> Option<CircuitId> {
        self.metered[meter.0]
    }

    /// Returns the energy that a meter has counted.
    pub fn counted(&self, meter: MeterId) -> Counted {
        self.counted[meter.0]
    }

    /// Returns the monitor.
    pub fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    /// Returns what a solar input gives per phase now.
    pub fn sun(&self, solar: usize) -> Amps {
        match self.site.solar[solar].circuit {
            // without the grid an inverter stops
            Some(circuit) if !self.live[circuit.0] => Amps::ZERO,
            _ => self.suns[solar].amps(),
        }
    }

    /// Returns how many terminals of a charger have current now.
    fn terminals(&self, charger: ChargerId) -> usize {
        let wired = self.site.chargers[charger.0].phases.len();
        wired.min(usize::from(self.bays[charger.0].station.phases()))
    }

    /// Switches a charger to one phase or to three.
    pub fn switch_phases(&mut self, charger: ChargerId, phases: u8) {
        let most = self.drawn(charger).into_iter().fold(Amps::ZERO, Amps::max);
        self.change_station(charger, |station| station.set_phases(phases, most));
    }

    /// Returns what a charger's car draws on terminals 1, 2, 3.
    pub fn drawn(&self, charger: ChargerId) -> [Amps; 3] {
        let mut drawn = [Amps::ZERO; 3];
        if let Some(car) = &self.bays[charger.0].car {
            let terminals = car.terminals(self.terminals(charger));
            drawn[..terminals].fill(car.amps());
        }
        drawn
    }

    /// Goes one step further: `step_ms` for devices, `speed` times as much for the world.
    pub fn step(&mut self, step_ms: u64, speed: f64) {
        let length_s = step_ms as f64 / 1000.0 * speed;
        self.now_ms += step_ms;
        self.steps += 1;
        self.world_s += length_s;
        self.elapsed_s += length_s;
        self.cars_come_and_leave();
        for bay in &mut self.bays {
            bay.station.step(step_ms);
        }
        for load in &mut self.loads {
            load.step(self.scene, self.world_s, length_s);
        }
        for sun in &mut self.suns {
            sun.step(self.scene, self.world_s, length_s);
        }
        self.cars_draw(step_ms, length_s);
        self.add_up();
        if self.breakers_step(step_ms) {
            self.cut();
        }
        self.count(length_s);
        self.warm(length_s);
        self.observe_all();
    }

    fn cars_come_and_leave(&mut self) {
        for bay in &mut self.bays {
            bay.car.take_if(|car| car.leaves());
        }
        let Some(traffic) = &mut self.traffic else { return };
        while let Some((pick, spec)) = traffic.arrival(self.elapsed_s) {
            let stations = self.bays.len();
            let free = (0..stations)
                .map(|step| (pick % stations + step) % stations)
                .find(|&index| self.bays[index].car.is_none());
            // a car that finds no free station drives on
            if let Some(index) = free {
                self.bays[index].car = Some(Car::new(spec));
            }
        }
    }

    fn cars_draw(&mut self, step_ms: u64, world_s: f64) {
        let volts = self.site.grid.voltage.0;
        for (bay, charger) in self.bays.iter_mut().zip(&self.site.chargers) {
            let terminals = charger.phases.len().min(usize::from(bay.station.phases()));
            if let Some(car) = &mut bay.car {
                car.step(&Supply {
                    offered: bay.station.offered(),
                    live: self.live[charger.circuit.0],
                    terminals,
                    volts,
                    step_ms,
                    world_s,
                });
            }
        }
    }

    /// Sums up the tree anew.
    pub(super) fn add_up(&mut self) {
        let site = Arc::clone(&self.site);
        for (index, sums) in self.sums.iter_mut().enumerate() {
            let other = if self.live[index] { self.loads[index].amps() } else { PerPhase::default() };
            *sums = Sums { offered: other, drawable: other, drawn: other };
        }
        for load in site.loads.iter().filter(|load| self.relays[load.breaker] == Position::On) {
            if !self.live[load.circuit.0] {
                continue;
            }
            let sums = &mut self.sums[load.circuit.0];
            for phase in Phase::ALL {
                sums.offered[phase] += load.current[phase];
                sums.drawable[phase] += load.current[phase];
                sums.drawn[phase] += load.current[phase];
            }
        }
        for (index, solar) in site.solar.iter().enumerate() {
            let Some(circuit) = solar.circuit else { continue };
            let amps = self.sun(index);
            let sums = &mut self.sums[circuit.0];
            for &phase in site.grid.phases() {
                sums.offered[phase] -= amps;
                sums.drawable[phase] -= amps;
                sums.drawn[phase] -= amps;
            }
        }
        for (index, charger) in site.chargers.iter().enumerate() {
            let (offered, drawable, drawn) = self.contribution(ChargerId(index));
            let sums = &mut self.sums[charger.circuit.0];
            for (terminal, &phase) in charger.phases.iter().enumerate() {
                sums.offered[phase] += offered;
                sums.drawable[phase] += drawable[terminal];
                sums.drawn[phase] += drawn[terminal];
            }
        }
        for &circuit in site.parents_first.iter().rev() {
            let Some(parent) = site.circuits[circuit.0].parent else { continue };
            let below = self.sums[circuit.0];
            let sums = &mut self.sums[parent.0];
            for phase in Phase::ALL {
                sums.offered[phase] += below.offered[phase];
                sums.drawable[phase] += below.drawable[phase];
                sums.drawn[phase] += below.drawn[phase];
            }
        }
    }

    /// Returns what a charger offers, and what its car could draw and draws on each terminal.
    pub(super) fn contribution(&self, charger: ChargerId) -> (Amps, [Amps; 3], [Amps; 3]) {
        let bay = &self.bays[charger.0];
        let offered = bay.station.offered();
        let mut drawable = [Amps::ZERO; 3];
        let entry = &self.site.chargers[charger.0];
        if let Some(car) = bay.car.as_ref().filter(|car| !car.is_full() && self.live[entry.circuit.0]) {
            drawable[..car.terminals(self.terminals(charger))].fill(offered.min(car.spec.max));
        }
        (offered, drawable, self.drawn(charger))
    }

    fn breakers_step(&mut self, step_ms: u64) -> bool {
        let mut opened = false;
        for (breaker, sums) in self.breakers.iter_mut().zip(&self.sums) {
            if let Some(breaker) = breaker {
                opened |= breaker.step(sums.drawn, step_ms);
            }
        }
        opened
    }

    /// Takes the voltage from everything behind an open breaker, and gives it back behind closed ones.
    pub(super) fn cut(&mut self) {
        let site = Arc::clone(&self.site);
        for &circuit in &site.parents_first {
            let fed = site.circuits[circuit.0].parent.is_none_or(|parent| self.live[parent.0]);
            let closed =
                self.breakers[circuit.0].as_ref().is_none_or(|breaker| breaker.position() == Position::On);
            self.live[circuit.0] = fed && closed;
        }
        self.cars_draw(0, 0.0);
        self.add_up();
        for (index, breaker) in self.breakers.iter_mut().enumerate() {
            if let Some(breaker) = breaker.as_mut().filter(|_| !self.live[index]) {
                breaker.cut();
            }
        }
    }

    fn count(&mut self, length_s: f64) {
        let volts = self.site.grid.voltage.0;
        for (counted, circuit) in self.counted.iter_mut().zip(&self.metered) {
            let Some(circuit) = circuit else { continue };
            let amps: Amps = self.sums[circuit.0].drawn.iter().map(|(_, &amps)| amps).sum();
            let kwh = amps.0 * volts * length_s / 3.6e6;
            counted.import_kwh += kwh.max(0.0);
            counted.export_kwh += (-kwh).max(0.0);
        }
    }

    fn warm(&mut self, length_s: f64) {
        let load =
            self.site.circuits.iter().zip(&self.sums).filter(|(circuit, _)| circuit.parent.is_none()).map(
                |(circuit, sums)| {
                    Phase::ALL
                        .map(|phase| sums.drawn[phase].abs().0 / circuit.limit[phase].0.max(1.0))
                        .into_iter()
                        .fold(0.0, f64::max)
                },
            );
        let load = load.fold(0.0, f64::max);
        for air in &mut self.airs {
            air.step(load, length_s);
        }
    }

    pub(super) fn observe_all(&mut self) {
        for (index, (circuit, sums)) in self.site.circuits.iter().zip(&self.sums).enumerate() {
            self.monitor.observe(CircuitId(index), circuit.limit, sums, self.now_ms);
        }
    }
}

pub(super) fn default_rating(site: &Site, circuit: CircuitId) -> BreakerRating {
    let entry = &site.circuits[circuit.0];
    entry.breaker.unwrap_or_else(|| BreakerRating::assumed(entry.limit))
}

fn breaker_of(site: &Site, index: usize) -> Option<BreakerState> {
    site.breaker_rating(CircuitId(index)).map(BreakerState::new)
}

fn circuit_of_meter(site: &Site, index: usize) -> Option<CircuitId> {
    site.circuits.iter().position(|circuit| circuit.meter == Some(MeterId(index))).map(CircuitId)
}
