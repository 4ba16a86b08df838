//! What the driver knows of the plant: the newest readings, what went wrong, and what each charger may be offering.
//!
//! Events go in, a [`Snapshot`] comes out. No I/O and no clock: times come with the events.

use std::collections::{HashMap, HashSet};

use super::{DeviceRef, Event, Failure, OfferLedger, Reading, Snapshot, State, Time, Values};
use crate::site::{Amps, ChargerId, DeviceLink, Period, Rule, Rules, Site};

/// A limit that was sent to a charger.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Sent {
    setpoint: Amps,
    at: Time,
    /// What came of it.
    outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome {
    OnItsWay,
    /// The charger says it offers this.
    Offered(Amps),
    Failed,
}

/// The plant as far as it is known.
#[derive(Debug)]
pub struct PlantView {
    snapshot: Snapshot,
    ledgers: Vec<OfferLedger>,
    sent: Vec<Option<Sent>>,
    faults: HashMap<DeviceRef, String>,
    /// What is not set up as it should be.
    remarks: HashMap<DeviceRef, String>,
    /// Devices that have not answered for the present cycle.
    missing: HashSet<DeviceRef>,
    /// Devices that let the last cycle wait in vain: this one does not wait for them.
    slow: HashSet<DeviceRef>,
    devices: Vec<DeviceRef>,
    cycle: u64,
    /// What was read before this counts for nothing: another controller may have written since.
    not_before: Time,
    rules: Rules,
}

/// A limit that the charger does not confirm is sent again after so long.
const RESEND: Period = Period::from_secs(3);

/// A charger without a watchdog is told its limit again this often.
const REFRESH: Period = Period::from_secs(60);

impl PlantView {
    /// Begins with nothing heard; `state` tells what an earlier run knew the chargers to offer.
    pub fn new(site: &Site, state: &State, start: Time) -> Self {
        let remembered = |index: usize| state.chargers.get(index).and_then(|memory| memory.ceiling);
        PlantView {
            snapshot: Snapshot::empty(site),
            ledgers: (0..site.chargers.len())
                .map(|index| OfferLedger::new(start, remembered(index)))
                .collect(),
            sent: vec![None; site.chargers.len()],
            faults: HashMap::new(),
            remarks: HashMap::new(),
            missing: HashSet::new(),
            slow: HashSet::new(),
            devices: devices(site),
            cycle: 0,
            not_before: Time(0),
            rules: site.control.rules,
        }
    }

    /// Begins the view of a changed site, and takes over what is known of the devices that are still there.
    pub fn carried_over(&self, old: &Site, new: &Site, state: &State, now: Time) -> PlantView {
        let mut view = PlantView::new(new, state, now);
        view.cycle = self.cycle;
        let known: HashMap<(&str, &str), DeviceRef> =
            self.devices.iter().map(|&device| ((kind(device), name(old, device)), device)).collect();
        for &device in &view.devices.clone() {
            let Some(&before) = known.get(&(kind(device), name(new, device))) else { continue };
            if link(old, before) != link(new, device) {
                continue;
            }
            match (before, device) {
                (DeviceRef::Charger(from), DeviceRef::Charger(to)) => {
                    view.snapshot.chargers[to] = self.snapshot.chargers[from];
                    view.ledgers[to] = self.ledgers[from].clone();
                }
                (DeviceRef::Meter(from), DeviceRef::Meter(to)) => {
                    view.snapshot.meters[to] = self.snapshot.meters[from];
                }
                _ => {}
            }
            if let Some(fault) = self.faults.get(&before) {
                view.faults.insert(device, fault.clone());
            }
        }
        view
    }

    /// A cycle begins: every device is asked.
    pub fn begin_cycle(&mut self, cycle: u64) {
        self.cycle = cycle;
        self.slow = std::mem::take(&mut self.missing);
        self.missing = self.devices.iter().copied().collect();
    }

    /// Says whether all devices have answered that can be expected to.
    pub fn is_complete(&self) -> bool {
        let waits_for_nobody = self.rules.hold(Rule::TimelyDecision);
        self.missing.is_empty()
            || (waits_for_nobody
                && self.missing.len() <= self.slow.len()
                && self.missing.is_subset(&self.slow))
    }

    /// Takes an event in.
    pub fn apply(&mut self, event: Event, now: Time) {
        match event {
            Event::Observed { device, cycle, reading } => {
                self.answered(device, cycle);
                self.faults.remove(&device);
                self.observed(device, reading);
            }
            Event::Failed { device, cycle, error, failure } => {
                self.answered(device, cycle);
                self.faults.insert(device, error);
                if let (DeviceRef::Charger(index), true) = (device, failure != Failure::NotReached) {
                    self.ledgers[index].may_have_heard(now);
                }
            }
            Event::Acknowledged { charger: ChargerId(index), setpoint, offered, at } => {
                let newest = self.sent[index].is_some_and(|sent| sent.setpoint == setpoint);
                self.ledgers[index].acknowledged(offered, at, newest);
                if let Some(reading) = &mut self.snapshot.chargers[index] {
                    reading.value.offered = offered;
                }
                if let (true, Some(sent)) = (newest, &mut self.sent[index]) {
                    sent.outcome = Outcome::Offered(offered);
                }
            }
            Event::Switched { breaker, .. } => {
                self.faults.remove(&DeviceRef::Breaker(breaker));
            }
            Event::NotSwitched { breaker, error, .. } => {
                self.faults.insert(DeviceRef::Breaker(breaker), error);
            }
            Event::NotAcknowledged { charger: ChargerId(index), setpoint, error, failure } => {
                let may_count = self.rules.hold(Rule::LostAnswersCount);
                self.ledgers[index].not_acknowledged(now, failure != Failure::NotReached && may_count);
                self.faults.insert(DeviceRef::Charger(index), error);
                if let Some(sent) = self.sent[index].as_mut().filter(|sent| sent.setpoint == setpoint) {
                    sent.outcome = Outcome::Failed;
                }
            }
            Event::Remarked { device, text: Some(text) } => {
                self.remarks.insert(device, text);
            }
            Event::Remarked { device, text: None } => {
                self.remarks.remove(&device);
            }
        }
    }

    fn answered(&mut self, device: DeviceRef, cycle: u64) {
        if cycle == self.cycle {
            self.missing.remove(&device);
        }
    }

    fn observed(&mut self, device: DeviceRef, Reading { at, value }: Reading<Values>) {
        if at < self.not_before {
            return;
        }
        let snapshot = &mut self.snapshot;
        match (device, value) {
            (DeviceRef::Charger(index), Values::Charger(value)) => {
                self.ledgers[index].observed(value.offered, at);
                snapshot.chargers[index] = Some(Reading { at, value });
            }
            (DeviceRef::Meter(index), Values::Meter(value)) => {
                snapshot.meters[index] = Some(Reading { at, value });
            }
            (DeviceRef::Breaker(index), Values::Breaker(value)) => {
                snapshot.breakers[index] = Some(Reading { at, value });
            }
            (DeviceRef::Cabinet(index), Values::Cabinet(value)) => {
                snapshot.cabinets[index] = Some(Reading { at, value });
            }
            (DeviceRef::Solar(index), Values::Solar(value)) => {
                snapshot.solar[index] = Some(Reading { at, value });
            }
            (DeviceRef::Endpoint(index), Values::Endpoint(value)) => {
                snapshot.endpoints[index] = Some(Reading { at, value });
            }
            // an adapter that mixes up its devices is caught by its own tests
            _ => {}
        }
    }

    /// Forgets what chargers were told and offered: another controller wrote, or may have written, until now. Each counts with all that it
    /// has until it is heard again.
    pub fn distrust(&mut self, now: Time) {
        self.not_before = now;
        self.sent.fill(None);
        self.ledgers.fill(OfferLedger::new(now, None));
        self.snapshot.chargers.fill(None);
    }

    /// Returns the snapshot for a decision at this moment.
    pub fn snapshot(&mut self, now: Time, site: &Site) -> &Snapshot {
        for (index, charger) in site.chargers.iter().enumerate() {
            self.snapshot.ceilings[index] = Some(self.ledgers[index].ceiling(now, charger));
        }
        &self.snapshot
    }

    /// Returns the most that a charger may be offering at this moment.
    pub fn ceiling(&self, now: Time, index: usize, site: &Site) -> Amps {
        self.ledgers[index].ceiling(now, &site.chargers[index])
    }

    /// Returns when the oldest of the newest meter readings was taken.
    pub fn oldest_meter(&self) -> Option<Time> {
        self.snapshot.meters.iter().flatten().map(|reading| reading.at).min()
    }

    /// Returns what went wrong last with a device, if it still does.
    pub fn fault(&self, device: DeviceRef) -> Option<&str> {
        self.faults.get(&device).map(String::as_str)
    }

    /// Returns what somebody should know of a device: what went wrong last, or how it is not set up as it should be.
    pub fn remark(&self, device: DeviceRef) -> Option<&str> {
        self.fault(device).or_else(|| self.remarks.get(&device).map(String::as_str))
    }

    /// Says whether a charger must be told its limit: it is new, it was not confirmed, or its watchdog wants feeding.
    pub fn must_send(&self, now: Time, index: usize, setpoint: Amps, site: &Site) -> bool {
        let charger = &site.chargers[index];
        let Some(sent) = self.sent[index] else { return true };
        if sent.setpoint != setpoint {
            return true;
        }
        let age = now.since(sent.at);
        let half_the_watchdog =
            charger.watchdog.map_or(REFRESH, |time| Period::from_millis(time.as_millis() / 2));
        // one interval earlier, since the next chance comes an interval later
        let refresh = Period::from_millis(
            half_the_watchdog.min(REFRESH).as_millis().saturating_sub(site.control.interval.as_millis()),
        );
        let rules = site.control.rules;
        match sent.outcome {
            Outcome::Offered(_) if !rules.hold(Rule::Resend) => age >= refresh,
            _ if !rules.hold(Rule::Resend) => false,
            Outcome::Failed => true,
            Outcome::OnItsWay => age >= RESEND,
            Outcome::Offered(offered) => {
                let said = self.snapshot.chargers[index].map_or(offered, |reading| reading.value.offered);
                let differs = (said - setpoint).abs() > charger.resolution;
                (age >= refresh && rules.hold(Rule::Refresh)) || (differs && age >= RESEND)
            }
        }
    }

    /// A limit goes out.
    pub fn sending(&mut self, now: Time, index: usize, setpoint: Amps) {
        self.ledgers[index].sent(setpoint);
        self.sent[index] = Some(Sent { setpoint, at: now, outcome: Outcome::OnItsWay });
    }

    /// Says whether a limit that was sent is still on its way.
    pub fn is_on_its_way(&self, index: usize) -> bool {
        self.sent[index].is_some_and(|sent| sent.outcome == Outcome::OnItsWay)
    }

    /// Says whether a charger has confirmed that it offers no more than this.
    pub fn confirmed_at_most(&self, index: usize, amps: Amps) -> bool {
        let settled = self.ledgers[index].is_settled();
        let said = self.sent[index].map(|sent| sent.outcome);
        settled && matches!(said, Some(Outcome::Offered(offered)) if offered.0 <= amps.0 + 0.05)
    }
}

/// Lists all devices of a site.
pub fn devices(site: &Site) -> Vec<DeviceRef> {
    let mut devices = Vec::new();
    devices.extend((0..site.meters.len()).map(DeviceRef::Meter));
    devices.extend((0..site.chargers.len()).map(DeviceRef::Charger));
    devices.extend((0..site.breakers.len()).map(DeviceRef::Breaker));
    devices.extend((0..site.cabinets.len()).map(DeviceRef::Cabinet));
    devices.extend((0..site.solar.len()).map(DeviceRef::Solar));
    devices.extend((0..site.endpoints.len()).map(DeviceRef::Endpoint));
    devices
}

/// Returns the word for a device's kind.
pub fn kind(device: DeviceRef) -> &'static str {
    match device {
        DeviceRef::Meter(_) => "meter",
        DeviceRef::Charger(_) => "charger",
        DeviceRef::Breaker(_) => "breaker",
        DeviceRef::Cabinet(_) => "cabinet",
        DeviceRef::Solar(_) => "solar",
        DeviceRef::Endpoint(_) => "endpoint",
    }
}

/// Returns the name of a device.
pub fn name(site: &Site, device: DeviceRef) -> &str {
    match device {
        DeviceRef::Meter(index) => &site.meters[index].name,
        DeviceRef::Charger(index) => &site.chargers[index].name,
        DeviceRef::Breaker(index) => &site.breakers[index].name,
        DeviceRef::Cabinet(index) => &site.cabinets[index].name,
        DeviceRef::Solar(index) => &site.solar[index].name,
        DeviceRef::Endpoint(index) => &site.endpoints[index].name,
    }
}

/// Returns where a device is.
pub fn link(site: &Site, device: DeviceRef) -> &DeviceLink {
    match device {
        DeviceRef::Meter(index) => &site.meters[index].device,
        DeviceRef::Charger(index) => &site.chargers[index].device,
        DeviceRef::Breaker(index) => &site.breakers[index].device,
        DeviceRef::Cabinet(index) => &site.cabinets[index].device,
        DeviceRef::Solar(index) => &site.solar[index].device,
        DeviceRef::Endpoint(index) => &site.endpoints[index].device,
    }
}
