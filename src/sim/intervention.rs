//! What may be done to the model from outside between two steps: limits written, cars plugged in, loads held, breakers put.

use super::breaker::{BreakerState, Position};
use super::car::{Car, CarSpec};
use super::model::{Model, default_rating};
use super::monitor::Monitor;
use super::station::Station;
use super::traffic::Traffic;
use crate::site::{Amps, ChargerId, CircuitId, PerPhase};

impl Model {
    /// Feeds a station's watchdog.
    pub fn feed(&mut self, charger: ChargerId) {
        self.bays[charger.0].station.feed();
    }

    /// Changes a station, and lets the monitor see at once what it offers now.
    pub fn change_station(&mut self, charger: ChargerId, change: impl FnOnce(&mut Station)) {
        let before = self.contribution(charger);
        change(&mut self.bays[charger.0].station);
        let after = self.contribution(charger);
        if before.0 == after.0 {
            return;
        }
        let entry = &self.site.chargers[charger.0];
        for circuit in self.site.ancestry(entry.circuit) {
            let sums = &mut self.sums[circuit.0];
            for (terminal, &phase) in entry.phases.iter().enumerate() {
                sums.offered[phase] += after.0 - before.0;
                sums.drawable[phase] += after.1[terminal] - before.1[terminal];
            }
            self.monitor.observe(circuit, self.site.circuits[circuit.0].limit, sums, self.now_ms);
        }
    }

    /// Plugs a car in; one that is there leaves.
    pub fn plug(&mut self, charger: ChargerId, spec: CarSpec) {
        self.bays[charger.0].car = Some(Car::new(spec));
        self.add_up();
    }

    /// Unplugs the car, if one is there.
    pub fn unplug(&mut self, charger: ChargerId) {
        self.bays[charger.0].car = None;
        self.add_up();
    }

    /// Lets cars come and go by themselves, or stops that.
    pub fn set_traffic(&mut self, traffic: Option<Traffic>) {
        self.traffic = traffic;
    }

    /// Holds what else draws on a circuit; `None`: lets it go its own way.
    pub fn hold_base_load(&mut self, circuit: CircuitId, amps: Option<PerPhase<Amps>>) {
        self.loads[circuit.0].hold(amps);
        self.add_up();
        self.observe_all();
    }

    /// Holds what a solar input gives; `None`: lets it go its own way.
    pub fn hold_sun(&mut self, solar: usize, amps: Option<Amps>) {
        self.suns[solar].hold(amps);
        self.add_up();
        self.observe_all();
    }

    /// Puts a circuit's breaker into a position; one is made where the site names none. A breaker that is closed starts from the
    /// heat that it has.
    pub fn put_breaker(&mut self, circuit: CircuitId, position: Position) {
        let rating = default_rating(&self.site, circuit);
        self.breakers[circuit.0].get_or_insert_with(|| BreakerState::new(rating)).put(position);
        self.cut();
    }

    /// Puts a device that is a breaker into a position; one that protects no circuit is a relay of a load.
    pub fn switch_breaker(&mut self, breaker: usize, position: Position) {
        match self.site.breakers[breaker].circuit {
            Some(circuit) => self.put_breaker(circuit, position),
            None => {
                self.relays[breaker] = position;
                self.add_up();
                self.observe_all();
            }
        }
    }

    /// Sets smoke in a cabinet.
    pub fn set_smoke(&mut self, cabinet: usize, smoke: bool) {
        self.airs[cabinet].smoke = smoke;
    }

    /// Holds a cabinet's temperature, in °C.
    pub fn hold_temperature(&mut self, cabinet: usize, celsius: f64) {
        self.airs[cabinet].hold(celsius);
    }

    /// Lets a meter show so much too much on each terminal, or too little; 0: it shows what is so.
    pub fn skew_meter(&mut self, meter: usize, amps: Amps) {
        self.skews[meter] = amps;
    }

    /// Switches a station off and on: it has heard nothing yet.
    pub fn restart_station(&mut self, charger: ChargerId) {
        let fresh = Station::new(&self.site.chargers[charger.0]);
        self.change_station(charger, |station| *station = fresh);
    }

    /// Lets the monitor begin anew.
    pub fn mark(&mut self) {
        self.monitor = Monitor::new(self.site.circuits.len(), self.now_ms);
        self.observe_all();
    }
}
