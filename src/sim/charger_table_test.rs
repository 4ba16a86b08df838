//! One table for the simulator of every built-in charger: what a controller does with a charger, through the profile's own points.

use super::register_bench::{Bench, car};
use super::*;
use crate::profile::{Catalogue, ChargerSection, Condition, Feed, PilotState, Preset, Profile};
use crate::site::{Amps, ChargerId};

/// A built-in charger on its bench.
struct Tried {
    name: String,
    profile: Profile,
    charger: ChargerSection,
    bench: Bench,
}

impl Tried {
    fn all() -> Vec<Tried> {
        let catalogue = Catalogue::built_in();
        let chargers = catalogue.iter().filter(|profile| profile.modbus.is_some());
        let tried: Vec<Tried> = chargers
            .filter_map(|profile| {
                let charger = profile.charger.clone()?;
                let bench = Bench::new(profile, SimDevice::Charger(0));
                Some(Tried { name: profile.name.clone(), profile: profile.clone(), charger, bench })
            })
            .collect();
        assert!(tried.len() >= 8, "only {} chargers", tried.len());
        tried
    }

    /// Makes every built-in charger ready to obey.
    fn all_enabled() -> Vec<Tried> {
        let mut all = Tried::all();
        all.iter_mut().for_each(Tried::enable);
        all
    }

    fn enable(&mut self) {
        self.presets(&self.charger.enable.clone());
    }

    fn presets(&mut self, presets: &[Preset]) {
        for preset in presets {
            self.write(&preset.point, preset.value);
        }
    }

    fn write(&mut self, point: &str, value: f64) {
        let outcome = self.bench.write_point(&self.profile, point, value);
        assert_eq!(outcome, Ok(()), "{}: {point} = {value}", self.name);
    }

    fn number(&self, point: &str) -> f64 {
        self.bench.number(&self.profile, point)
    }

    fn limit(&mut self, amps: f64) {
        let point = self.charger.limit.point.clone();
        self.write(&point, amps);
    }

    /// Sets 0 A the way the device wants it.
    fn pause(&mut self) {
        let pause = self.charger.limit.pause.clone();
        if pause.is_empty() { self.limit(0.0) } else { self.presets(&pause) }
    }

    /// Ends a pause, and sets a limit.
    fn resume(&mut self, amps: f64) {
        self.presets(&self.charger.limit.resume.clone());
        self.limit(amps);
    }

    /// Checks what the station offers, and what it says that it offers.
    #[track_caller]
    fn offers(&self, amps: f64, when: &str) {
        let name = &self.name;
        let (offered, near) = (self.bench.offered(), self.charger.limit.resolution + 1e-6);
        assert!((offered.0 - amps).abs() <= near, "{name}, {when}: offers {offered}, not {amps} A");
        let point = self.charger.offered.as_ref().unwrap_or(&self.charger.limit.point);
        let is_paused = amps == 0.0 && !self.charger.limit.pause.is_empty();
        // a device that is paused by other means may still show its limit
        if self.charger.offered.is_some() || !is_paused {
            let said = self.charger.offer(self.number(point));
            assert!((said - amps).abs() <= near, "{name}, {when}: {point} says {said}, not {amps} A");
        }
    }

    /// Reads the state as a controller does.
    fn state(&self) -> PilotState {
        let section = &self.charger.state;
        let state = self.bench.state(&self.profile, &section.point, &section.map);
        let plugged = section.plugged.as_ref().map(|plugged| {
            let bits = self.number(&plugged.point) as u64;
            bits & plugged.mask == plugged.mask
        });
        match (state, plugged) {
            (PilotState::A, Some(true)) => PilotState::B,
            (PilotState::B, Some(false)) => PilotState::A,
            (state, _) => state,
        }
    }

    /// Feeds the watchdog the way the profile says.
    fn feed(&mut self, limit: f64, time: f64) {
        let watchdog = self.charger.watchdog.clone().unwrap();
        match &watchdog.feed {
            Feed::Request => self.bench.hear(),
            Feed::Limit => self.limit(limit),
            Feed::Timeout => self.write(&watchdog.timeout.unwrap(), time),
            Feed::LifeBit { point, value, .. } => self.write(point, *value),
        }
    }

    /// Says whether asking for something feeds the watchdog as well.
    fn is_fed_by_reading(&self) -> bool {
        matches!(&self.charger.watchdog, Some(watchdog) if watchdog.feed == Feed::Request)
    }

    /// Writes a time into the watchdog where that goes; returns its time in seconds.
    fn set_watchdog(&mut self) -> Option<u64> {
        let watchdog = self.charger.watchdog.clone()?;
        let Some(point) = &watchdog.timeout else {
            // set by hand: the site of the bench says 10 s
            return Some(10);
        };
        let per_second = if self.profile.points[point].unit == "ms" { 1000.0 } else { 1.0 };
        self.write(point, 20.0 * per_second);
        let read = watchdog.timeout_read.as_ref().unwrap_or(point);
        let per_second = if self.profile.points[read].unit == "ms" { 1000.0 } else { 1.0 };
        assert_eq!(self.number(read), 20.0 * per_second, "{}: {read}", self.name);
        Some(20)
    }
}

#[test]
fn every_charger_starts_at_its_fail_safe() {
    for mut tried in Tried::all() {
        tried.offers(6.0, "at the start");
        assert_eq!(tried.state(), PilotState::A, "{}", tried.name);
        if tried.charger.enable.is_empty() {
            continue;
        }
        tried.limit(16.0);
        assert_eq!(tried.bench.offered(), Amps(6.0), "{}: its modes are off", tried.name);
        tried.enable();
        tried.offers(16.0, "its modes are on");
    }
}

#[test]
fn every_charger_obeys_a_limit_and_says_so() {
    for mut tried in Tried::all_enabled() {
        for amps in [16.0, 6.0, 10.0] {
            tried.limit(amps);
            tried.offers(amps, "told so");
        }
        if let Some(accepted) = tried.charger.limit.accepted.clone() {
            assert_ne!(tried.number(&accepted), 0.0, "{}", tried.name);
        }
    }
}

#[test]
fn every_charger_shows_its_car_come_charge_and_go() {
    for mut tried in Tried::all_enabled() {
        tried.pause();
        tried.bench.model.plug(ChargerId(0), car());
        tried.bench.charge(1);
        assert_eq!(tried.state(), PilotState::B, "{}: plugged in, nothing offered", tried.name);
        tried.resume(16.0);
        tried.bench.charge(2);
        assert_eq!(tried.state(), PilotState::C, "{}: charging", tried.name);
        for point in &tried.charger.currents {
            for amps in tried.bench.numbers(&tried.profile, point) {
                let near = tried.charger.limit.resolution + 0.1;
                assert!((amps - 16.0).abs() <= near, "{}: {point} {amps}", tried.name);
            }
        }
        for point in &tried.charger.voltages {
            assert!(tried.bench.numbers(&tried.profile, point).iter().all(|volts| *volts == 230.0));
        }
        if let Some(power) = &tried.charger.power {
            let watts = tried.number(power);
            assert!((watts - 3.0 * 230.0 * 16.0).abs() < 100.0, "{}: {watts} W", tried.name);
        }
        if let Some(energy) = tried.charger.energy.clone() {
            let before = tried.number(&energy);
            tried.limit(16.0);
            for _ in 0..120 {
                tried.bench.hear();
                if let (Some(_), false) = (&tried.charger.watchdog, tried.is_fed_by_reading()) {
                    tried.feed(16.0, 20.0);
                }
                tried.bench.charge(5);
            }
            let kwh = tried.number(&energy) - before;
            assert!((kwh - 1.84).abs() < 0.15, "{}: {kwh} kWh in ten minutes", tried.name);
        }
        tried.bench.model.unplug(ChargerId(0));
        tried.bench.charge(1);
        assert_eq!(tried.state(), PilotState::A, "{}: gone", tried.name);
    }
}

#[test]
fn every_charger_can_be_paused_and_resumed() {
    for mut tried in Tried::all_enabled() {
        tried.limit(16.0);
        tried.bench.model.plug(ChargerId(0), car());
        tried.bench.charge(2);
        tried.pause();
        tried.offers(0.0, "paused");
        tried.bench.charge(1);
        assert_eq!(tried.state(), PilotState::B, "{}: paused", tried.name);
        tried.resume(10.0);
        tried.offers(10.0, "resumed");
        tried.bench.charge(2);
        assert_eq!(tried.state(), PilotState::C, "{}: resumed", tried.name);
    }
}

#[test]
fn every_watchdog_bites_in_silence_and_is_fed_in_its_own_way() {
    let mut watched = 0;
    for mut tried in Tried::all_enabled() {
        let Some(time) = tried.set_watchdog() else {
            tried.limit(16.0);
            tried.bench.charge(3600);
            tried.offers(16.0, "it has no watchdog");
            continue;
        };
        watched += 1;
        tried.limit(16.0);
        for _ in 0..6 {
            tried.bench.charge(time / 2);
            tried.feed(16.0, time as f64);
        }
        tried.offers(16.0, "fed at half its time");
        // what does not feed it does not keep it quiet
        for _ in 0..2 {
            tried.bench.charge(time / 2 + 1);
            if !tried.is_fed_by_reading() {
                tried.bench.hear();
            }
        }
        tried.offers(6.0, "in silence");
        if let Some(accepted) = tried.charger.limit.accepted.clone() {
            assert_eq!(tried.number(&accepted), 0.0, "{}", tried.name);
        }
        tried.feed(16.0, time as f64);
        let comes_back = tried.charger.watchdog.as_ref().unwrap().feed == Feed::Limit;
        tried.offers(if comes_back { 16.0 } else { 6.0 }, "only a new limit brings it back");
    }
    assert!(watched >= 6, "only {watched} have a watchdog");
}

#[test]
fn every_fail_safe_register_takes_a_current_and_shows_it() {
    let mut settable = 0;
    for mut tried in Tried::all_enabled() {
        let Some(watchdog) = tried.charger.watchdog.clone() else { continue };
        if let Some(read) = watchdog.failsafe_read.as_ref().or(watchdog.failsafe.as_ref())
            && tried.profile.points[read].access != crate::profile::Access::Only
        {
            assert_eq!(tried.number(read), 6.0, "{}: {read} at the start", tried.name);
        }
        let time = tried.set_watchdog().unwrap();
        if let Some(remaining) = &watchdog.remaining {
            tried.limit(16.0);
            tried.bench.charge(3);
            assert_eq!(tried.number(remaining), time as f64 - 3.0, "{}", tried.name);
        }
        let Some(point) = &watchdog.failsafe else { continue };
        settable += 1;
        tried.write(point, 8.0);
        if let Some(read) = &watchdog.failsafe_read {
            assert_eq!(tried.number(read), 8.0, "{}: {read}", tried.name);
        }
        tried.limit(16.0);
        tried.bench.charge(time + 1);
        tried.offers(8.0, "fallen back to what was written");
    }
    assert!(settable >= 3, "only {settable} have a register");
}

#[test]
fn every_charger_refuses_a_limit_outside_of_its_range() {
    for mut tried in Tried::all_enabled() {
        let point = tried.charger.limit.point.clone();
        let Some([_, most]) = tried.profile.points[&point].plausible else {
            panic!("{}: the range of {point} is missing", tried.name)
        };
        tried.limit(16.0);
        let outcome = tried.bench.write_point(&tried.profile, &point, most + 1.0);
        assert!(outcome.is_err(), "{}: {} A", tried.name, most + 1.0);
        tried.offers(16.0, "too much was refused");
    }
}

/// A device is told by what it answers: its own simulator is taken for it, and for nothing else.
#[test]
fn every_simulated_device_is_taken_for_its_own_profile_alone() {
    let catalogue = Catalogue::built_in();
    for profile in catalogue.iter().filter(|profile| profile.modbus.is_some() && !profile.identify.is_empty())
    {
        let device = if profile.charger.is_some() { SimDevice::Charger(0) } else { SimDevice::Meter(0) };
        let bench = Bench::new(profile, device);
        let mut taken_for: Vec<&Profile> = catalogue
            .iter()
            .filter(|other| !other.identify.is_empty() && bench.is_taken_for(other))
            .collect();
        // an SDM72 has the registers of an SDM630 and a code beside: a value says more than a range
        let is_told_by_value = |profile: &&Profile| profile.identify.iter().any(Condition::is_exact);
        if taken_for.iter().any(is_told_by_value) {
            taken_for.retain(is_told_by_value);
        }
        let taken_for: Vec<&str> = taken_for.iter().map(|other| other.name.as_str()).collect();
        assert_eq!(taken_for, [profile.name.as_str()]);
    }
}
