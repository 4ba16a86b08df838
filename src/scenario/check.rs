//! What makes a scenario valid beyond its form: names that the site has, times within its length, values that make sense.

use std::time::Duration;

use super::file::{
    AlarmExpectation, BreakerExpectation, BreakerMove, CarEntry, ClockEntry, ExpectEntry, FaultEntry,
    FaultKind, ImportExpectation, MomentEntry, OfferExpectation, ScenarioFile, StationEntry,
};
use super::script::{Action, Bound, Event, Expectation, Fault};
use crate::document::{Finding, Severity, Source, Span, Step, nearest};
use crate::sim::{CarSpec, LONGEST_DELAY_MS, Position, SimDevice};
use crate::site::{Amps, ChargerId, CircuitId, PerPhase, Period, PhaseAmps, Site};

/// Stands for every charger, circuit or alarm.
const ALL: &str = "all";

/// A check in progress.
pub(super) struct Check<'a> {
    source: &'a Source,
    site: &'a Site,
    length_ms: u64,
    pub findings: Vec<Finding>,
}

type Path<'p> = Vec<Step<'p>>;

fn under<'p>(above: &[Step<'p>], more: &[Step<'p>]) -> Path<'p> {
    [above, more].concat()
}

impl<'a> Check<'a> {
    pub fn new(source: &'a Source, site: &'a Site, length_ms: u64) -> Self {
        Check { source, site, length_ms, findings: Vec::new() }
    }

    pub fn error(&mut self, span: Span, code: &str, message: impl Into<String>, hint: Option<String>) {
        self.findings.push(self.source.finding(Severity::Error, code, span, message, hint));
    }

    fn value_error(&mut self, path: &[Step<'_>], message: impl Into<String>) {
        let span = self.source.span(path);
        self.error(span, "out-of-range", message, None);
    }

    /// Finds a name in a list of names; what is not there is reported.
    fn find<'n>(
        &mut self,
        what: &str,
        name: &str,
        names: impl Iterator<Item = &'n str> + Clone,
        span: Span,
    ) -> Option<usize> {
        let found = names.clone().position(|known| known == name);
        if found.is_none() {
            let known: Vec<&str> = names.collect();
            let hint = nearest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
            self.error(span, "unknown-name", format!("the site has no {what} `{name}`"), hint);
        }
        found
    }

    fn charger(&mut self, name: &str, span: Span) -> Option<ChargerId> {
        let site = self.site;
        let names = site.chargers.iter().map(|charger| charger.name.as_str());
        self.find("charger", name, names, span).map(ChargerId)
    }

    fn chargers(&mut self, name: &str, span: Span) -> Vec<ChargerId> {
        if name == ALL {
            return (0..self.site.chargers.len()).map(ChargerId).collect();
        }
        self.charger(name, span).into_iter().collect()
    }

    fn circuit(&mut self, name: &str, span: Span) -> Option<CircuitId> {
        let site = self.site;
        let names = site.circuits.iter().map(|circuit| circuit.name.as_str());
        self.find("circuit", name, names, span).map(CircuitId)
    }

    fn device(&mut self, name: &str, span: Span) -> Option<SimDevice> {
        let devices = SimDevice::all(self.site);
        let site = self.site;
        let index = self.find("device", name, devices.iter().map(|device| device.name(site)), span)?;
        devices.get(index).copied()
    }

    /// Returns what happens, by time.
    pub fn events(&mut self, written: &ScenarioFile) -> Vec<Event> {
        let mut events = Vec::new();
        self.moment(&["start".into()], 0, &written.start, &mut events);
        for (index, step) in written.steps.iter().enumerate() {
            let path: Path<'_> = vec!["steps".into(), index.into()];
            let at_ms = step.at.as_millis();
            if at_ms >= self.length_ms {
                self.value_error(&under(&path, &["at".into()]), "this is after the end");
            }
            self.moment(&path, at_ms, &step.moment, &mut events);
        }
        events.sort_by_key(|event| event.at_ms);
        events
    }

    fn moment(&mut self, path: &[Step<'_>], at_ms: u64, moment: &MomentEntry, events: &mut Vec<Event>) {
        let mut push = |at_ms, action| events.push(Event { at_ms, action });
        macro_rules! key_span {
            ($key:literal, $name:expr) => {
                self.source.key_span(&under(path, &[$key.into(), $name.as_str().into()]))
            };
        }
        macro_rules! at_span {
            ($key:literal, $index:expr) => {
                self.source.span(&under(path, &[$key.into(), $index.into()]))
            };
        }
        for (name, amps) in &moment.base {
            let span = key_span!("base", name);
            if let Some(circuit) = self.circuit(name, span) {
                push(at_ms, Action::Base(circuit, per_phase(amps)));
            }
        }
        for (name, amps) in &moment.sun {
            let site = self.site;
            let span = key_span!("sun", name);
            let names = site.solar.iter().map(|solar| solar.name.as_str());
            if let Some(solar) = self.find("solar input", name, names, span) {
                push(at_ms, Action::Sun(solar, Amps(*amps)));
            }
        }
        for (name, car) in &moment.plug {
            let span = key_span!("plug", name);
            if car.delay.as_millis() > LONGEST_DELAY_MS {
                self.error(span, "out-of-range", "a car follows within 5s (IEC 61851-1)", None);
            }
            if let Some(charger) = self.charger(name, span) {
                push(at_ms, Action::Plug(charger, spec(car)));
                if let Some(stay) = car.stay {
                    push(at_ms + stay.as_millis(), Action::Leave(charger, at_ms));
                }
            }
        }
        for (index, name) in moment.unplug.iter().enumerate() {
            let span = at_span!("unplug", index);
            if let Some(charger) = self.charger(name, span) {
                push(at_ms, Action::Unplug(charger));
            }
        }
        for (index, entry) in moment.faults.iter().enumerate() {
            let at = under(path, &["faults".into(), index.into()]);
            let Some(fault) = self.fault(entry, &at) else { continue };
            for (place, name) in entry.devices.iter().enumerate() {
                let span = self.source.span(&under(&at, &["devices".into(), place.into()]));
                let Some(device) = self.device(name, span) else { continue };
                self.fault_fits(fault, device, span);
                push(at_ms, Action::Fault(device, fault));
                if let Some(lasts) = entry.lasts {
                    push(at_ms + lasts.as_millis(), Action::Heal(device));
                }
            }
        }
        for (index, name) in moment.heal.iter().enumerate() {
            let span = at_span!("heal", index);
            if let Some(device) = self.device(name, span) {
                push(at_ms, Action::Heal(device));
            }
        }
        for (name, state) in &moment.stations {
            let span = key_span!("stations", name);
            if let Some(charger) = self.charger(name, span) {
                push(at_ms, Action::Station(charger, *state == StationEntry::Fault));
            }
        }
        for (name, change) in &moment.breakers {
            let span = key_span!("breakers", name);
            let named = self.site.breakers.iter().find(|breaker| breaker.name == *name);
            let circuit = named.and_then(|breaker| breaker.circuit);
            let position = match change {
                BreakerMove::Open => Position::Off,
                BreakerMove::Close => Position::On,
                BreakerMove::Trip => Position::Tripped,
            };
            if let Some(circuit) = circuit.or_else(|| self.circuit(name, span)) {
                push(at_ms, Action::Breaker(circuit, position));
            }
        }
        for (name, air) in &moment.cabinets {
            let site = self.site;
            let span = key_span!("cabinets", name);
            let names = site.cabinets.iter().map(|cabinet| cabinet.name.as_str());
            let Some(cabinet) = self.find("cabinet", name, names, span) else { continue };
            if let Some(celsius) = air.temperature {
                push(at_ms, Action::Temperature(cabinet, celsius));
            }
            if let Some(smoke) = air.smoke {
                push(at_ms, Action::Smoke(cabinet, smoke));
            }
        }
        for (name, order) in &moment.orders {
            let span = key_span!("orders", name);
            let Some(charger) = self.charger(name, span) else { continue };
            let min = self.site.chargers[charger.0].min;
            if order.limit > 0.0 && order.limit < min.0 {
                self.error(span, "out-of-range", format!("{name} can offer 0, or at least {min}"), None);
            }
            push(at_ms, Action::Order(charger, Some((Amps(order.limit), order.lasts))));
        }
        for (index, name) in moment.end_orders.iter().enumerate() {
            let span = at_span!("endOrders", index);
            if let Some(charger) = self.charger(name, span) {
                push(at_ms, Action::Order(charger, None));
            }
        }
        if let Some(change) = moment.controller {
            push(at_ms, Action::Controller(change));
        }
        if let Some(ClockEntry { ahead, back }) = moment.clock {
            match (ahead, back) {
                (Some(by), None) => push(at_ms, Action::Clock(signed(by.as_millis()))),
                (None, Some(by)) => push(at_ms, Action::Clock(-signed(by.as_millis()))),
                _ => self.value_error(&under(path, &["clock".into()]), "either `ahead` or `back`"),
            }
        }
        if let Some(price) = moment.price {
            push(at_ms, Action::Price(price));
        }
    }

    fn fault(&mut self, entry: &FaultEntry, path: &[Step<'_>]) -> Option<Fault> {
        let by = entry.by.map(|by| by.0);
        let fault = match (entry.fault, by, entry.amps) {
            (FaultKind::Slow, Some(by), None) => Fault::Slow(by),
            (FaultKind::Late, Some(by), None) => Fault::Late(by),
            (FaultKind::Offset, None, Some(amps)) => Fault::Offset(Amps(amps)),
            (FaultKind::Slow | FaultKind::Late, ..) => {
                self.value_error(path, "this fault needs `by`, the time that it takes, and nothing else");
                return None;
            }
            (FaultKind::Offset, ..) => {
                self.value_error(
                    path,
                    "this fault needs `amps`, what the meter shows too much, and nothing else",
                );
                return None;
            }
            (_, Some(Duration { .. }), _) | (_, _, Some(_)) => {
                self.value_error(path, "`by` and `amps` belong to other faults");
                return None;
            }
            (FaultKind::Silent, ..) => Fault::Silent,
            (FaultKind::Cut, ..) => Fault::Cut,
            (FaultKind::LostAnswers, ..) => Fault::LostAnswers,
            (FaultKind::Frozen, ..) => Fault::Frozen,
            (FaultKind::IgnoresLimits, ..) => Fault::IgnoresLimits,
            (FaultKind::Lying, ..) => Fault::Lying,
            (FaultKind::Refuses, ..) => Fault::Refuses,
            (FaultKind::Restarted, ..) => Fault::Restarted,
        };
        Some(fault)
    }

    fn fault_fits(&mut self, fault: Fault, device: SimDevice, span: Span) {
        let message = match (fault, device) {
            (Fault::IgnoresLimits | Fault::Lying | Fault::Restarted, SimDevice::Charger(_)) => return,
            (Fault::IgnoresLimits | Fault::Lying | Fault::Restarted, _) => "only chargers can do this",
            (Fault::Offset(_), SimDevice::Meter(_)) => return,
            (Fault::Offset(_), _) => "only meters can do this",
            _ => return,
        };
        self.error(span, "wrong-device", message, None);
    }

    /// Returns what must hold.
    pub fn expectations(&mut self, written: &ExpectEntry, events: &[Event]) -> Vec<Expectation> {
        let mut all = Vec::new();
        if written.breakers == BreakerExpectation::Hold {
            all.push(Expectation::NoTrips);
        }
        for (index, entry) in written.circuits.iter().enumerate() {
            let span =
                self.source.span(&["expect".into(), "circuits".into(), index.into(), "circuit".into()]);
            let circuits: Vec<CircuitId> = if entry.circuit == ALL {
                (0..self.site.circuits.len()).map(CircuitId).collect()
            } else {
                self.circuit(&entry.circuit, span).into_iter().collect()
            };
            all.extend(circuits.into_iter().map(|circuit| Expectation::Within {
                circuit,
                measure: entry.measure,
                longest_ms: entry.longest.as_millis(),
            }));
        }
        let has_car = |id: &ChargerId| {
            events.iter().any(|event| matches!(&event.action, Action::Plug(charger, _) if charger == id))
        };
        for (index, name) in written.full.iter().enumerate() {
            let span = self.source.span(&["expect".into(), "full".into(), index.into()]);
            for charger in self.chargers(name, span) {
                if has_car(&charger) {
                    all.push(Expectation::Full { charger });
                } else if name != ALL {
                    self.error(span, "no-car", format!("no car comes to {name}"), None);
                }
            }
        }
        for (name, kwh) in &written.energy {
            let span = self.source.key_span(&["expect".into(), "energy".into(), name.as_str().into()]);
            if let Some(charger) = self.charger(name, span) {
                all.push(Expectation::Energy { charger, kwh: *kwh });
            }
        }
        for (index, entry) in written.alarms.iter().enumerate() {
            all.push(self.alarm(entry, &["expect".into(), "alarms".into(), index.into()]));
        }
        for code in &written.no_alarms {
            all.push(Expectation::NoAlarm { code: (code != "any").then(|| code.clone()) });
        }
        for (index, entry) in written.offers.iter().enumerate() {
            self.offers(entry, &["expect".into(), "offers".into(), index.into()], &mut all);
        }
        for (name, most) in &written.changes {
            let span = self.source.key_span(&["expect".into(), "changes".into(), name.as_str().into()]);
            let chargers = self.chargers(name, span);
            all.extend(chargers.into_iter().map(|charger| Expectation::Changes { charger, most: *most }));
        }
        for (name, most) in &written.starts {
            let span = self.source.key_span(&["expect".into(), "starts".into(), name.as_str().into()]);
            let chargers = self.chargers(name, span);
            all.extend(chargers.into_iter().map(|charger| Expectation::Starts { charger, most: *most }));
        }
        for (index, entry) in written.imports.iter().enumerate() {
            all.extend(self.imports(entry, &["expect".into(), "imports".into(), index.into()]));
        }
        if all.is_empty() {
            let span = self.source.key_span(&["expect".into()]);
            self.error(span, "nothing-expected", "nothing is expected: such a scenario can't fail", None);
        }
        all
    }

    fn alarm(&mut self, entry: &AlarmExpectation, path: &[Step<'_>]) -> Expectation {
        let site = self.site;
        if let Some(subject) = &entry.subject {
            let devices = SimDevice::all(site);
            let known = devices.iter().map(|device| device.name(site));
            let known = known.chain(site.circuits.iter().map(|circuit| circuit.name.as_str()));
            let known = known.chain(site.loads.iter().map(|load| load.name.as_str()));
            let span = self.source.span(&under(path, &["subject".into()]));
            self.find("circuit, device or load", subject, known, span);
        }
        if entry.after.as_millis() >= self.length_ms {
            self.value_error(&under(path, &["after".into()]), "this is after the end");
        }
        Expectation::Alarm {
            code: entry.code.clone(),
            subject: entry.subject.clone(),
            after_ms: entry.after.as_millis(),
            within_ms: entry.within.as_millis(),
            cleared_by_ms: entry.cleared_by.map(|by| by.as_millis()),
        }
    }

    fn imports(&mut self, entry: &ImportExpectation, path: &[Step<'_>]) -> Option<Expectation> {
        let span = self.source.span(&under(path, &["circuit".into()]));
        let (from_ms, until_ms) = self.times(entry.from, entry.until, path);
        let circuit = self.circuit(&entry.circuit, span)?;
        Some(Expectation::Imports { circuit, from_ms, until_ms, kwh: entry.at_most })
    }

    /// Returns a range of time in milliseconds; one that can't be is reported.
    fn times(&mut self, from: Period, until: Option<Period>, path: &[Step<'_>]) -> (u64, u64) {
        let times = (from.as_millis(), until.map_or(self.length_ms, Period::as_millis));
        if times.0 >= times.1 || times.1 > self.length_ms {
            self.value_error(path, "`from` must come before `until`, and `until` not after the end");
        }
        times
    }

    fn offers(&mut self, entry: &OfferExpectation, path: &[Step<'_>], all: &mut Vec<Expectation>) {
        let span = self.source.span(&under(path, &["charger".into()]));
        let (from_ms, until_ms) = self.times(entry.from, entry.until, path);
        let bounds = [
            entry.at_least.map(Bound::AtLeast),
            entry.at_most.map(Bound::AtMost),
            entry.reaches.map(Bound::Reaches),
        ];
        if bounds.iter().all(Option::is_none) {
            self.value_error(path, "`atLeast`, `atMost` or `reaches` is missing");
        }
        for charger in self.chargers(&entry.charger, span) {
            let bounds = bounds.iter().flatten();
            all.extend(bounds.map(|&bound| Expectation::Offers { charger, from_ms, until_ms, bound }));
        }
    }
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

fn per_phase(amps: &PhaseAmps) -> PerPhase<Amps> {
    match amps {
        PhaseAmps::All(all) => PerPhase::all(Amps(*all)),
        PhaseAmps::Each(each) => PerPhase { l1: Amps(each.l1), l2: Amps(each.l2), l3: Amps(each.l3) },
    }
}

fn spec(car: &CarEntry) -> CarSpec {
    CarSpec {
        energy_kwh: car.energy,
        phases: car.phases,
        max: Amps(car.max),
        delay_ms: car.delay.as_millis(),
        ramp: car.ramp,
        taper_from: car.taper_from,
        share: car.share,
        pause: None,
        stay_s: None,
    }
}
