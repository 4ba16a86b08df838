//! The plant of a scenario in virtual time: the controller's driver runs on it as it runs on real devices, with no sockets between.
//!
//! It keeps to what the real adapters do, for the rules of the driver depend on it: devices of one bus are asked one after the other,
//! limits go before readings and lower ones first, a request takes time, a device that does not answer costs its bus a time-out and is
//! then left in peace for a while, and what may have arrived is told from what can't have.

use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::script::Fault;
use super::world::{SharedWorld, World};
use crate::control::{Clock, DeviceRef, Event, Failure, Plant, Reading, Time, devices, link};
use crate::site::{Amps, ChargerId, Site};

/// How long a device takes to answer.
const ANSWER: Duration = Duration::from_millis(20);
/// How long a limit takes until it is written and read back.
const WRITE: Duration = Duration::from_millis(40);
/// How long a request may take where the site does not say.
const TIMEOUT: Duration = Duration::from_secs(1);
/// A device that did not answer is left in peace so long at first, and no longer than this.
const LONGEST_REST: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Work {
    Limit(Amps),
    /// Closes a breaker, or opens it.
    Switch(bool),
    /// Switches a charger to one phase, or to three.
    Phases(u8),
    Observe(u64),
}

/// A request on its way.
#[derive(Debug)]
struct Job {
    seat: usize,
    work: Work,
    asked_at: Time,
    due: Instant,
    /// How it will fail; `None`: it will not.
    failure: Option<(Failure, &'static str)>,
    /// The device does what is asked only when this is due.
    is_late: bool,
}

/// A device on its bus.
#[derive(Debug)]
struct Seat {
    device: DeviceRef,
    timeout: Duration,
    limit: Option<Amps>,
    switch: Option<bool>,
    phases: Option<u8>,
    /// The last cycle for which it was asked.
    cycle: u64,
    is_connected: bool,
    failures: u32,
    rests_until: Option<Instant>,
}

#[derive(Debug, Default)]
struct Bus {
    seats: Vec<Seat>,
    job: Option<Job>,
}

/// The plant.
pub(super) struct VirtualPlant {
    world: SharedWorld,
    clock: Clock,
    buses: Vec<Bus>,
    /// For each charger its bus and its place there.
    places: Vec<(usize, usize)>,
    events: VecDeque<Event>,
    cycle: u64,
}

impl VirtualPlant {
    /// Makes the plant of a site.
    pub fn new(site: &Site, world: SharedWorld, clock: Clock) -> Self {
        let mut by_address: BTreeMap<String, Bus> = BTreeMap::new();
        for device in devices(site) {
            let link = link(site, device);
            by_address.entry(link.address.bus()).or_default().seats.push(Seat {
                device,
                timeout: link.timeout.map_or(TIMEOUT, |timeout| timeout.0),
                limit: None,
                switch: None,
                phases: None,
                cycle: 0,
                is_connected: true,
                failures: 0,
                rests_until: None,
            });
        }
        let buses: Vec<Bus> = by_address.into_values().collect();
        let mut places = vec![(0, 0); site.chargers.len()];
        for (at, bus) in buses.iter().enumerate() {
            for (seat, one) in bus.seats.iter().enumerate() {
                if let DeviceRef::Charger(index) = one.device {
                    places[index] = (at, seat);
                }
            }
        }
        VirtualPlant { world, clock, buses, places, events: VecDeque::new(), cycle: 0 }
    }

    /// Ends what is due, and begins what can begin; returns when something is due next.
    fn go_on(&mut self) -> Option<Instant> {
        let now = Instant::now();
        for index in 0..self.buses.len() {
            if let Some(job) = self.buses[index].job.take_if(|job| job.due <= now) {
                let event = self.end(index, &job, now);
                self.events.push_back(event);
            }
            while self.buses[index].job.is_none() {
                let Some((seat, work)) = self.buses[index].next_work(self.cycle) else { break };
                self.begin(index, seat, work, now);
            }
        }
        self.buses.iter().filter_map(|bus| Some(bus.job.as_ref()?.due)).min()
    }

    fn begin(&mut self, bus: usize, seat: usize, work: Work, now: Instant) {
        let alone = self.buses[bus].seats.len() == 1;
        let asked_at = (self.clock)();
        let one = &mut self.buses[bus].seats[seat];
        match work {
            Work::Limit(_) => one.limit = None,
            Work::Switch(_) => one.switch = None,
            Work::Phases(_) => one.phases = None,
            Work::Observe(cycle) => one.cycle = cycle,
        }
        let device = one.device;
        if let (Work::Observe(cycle), false, true) =
            (work, alone, one.rests_until.is_some_and(|until| until > now))
        {
            let error = "it did not answer; asked again later".to_owned();
            self.events.push_back(Event::Failed { device, cycle, error, failure: Failure::NotReached });
            return;
        }
        let usual = if matches!(work, Work::Observe(_)) { ANSWER } else { WRITE };
        let mut world = self.world.lock();
        let no_answer = Some((Failure::NoAnswer, "no answer in time"));
        let fault = world.fault(device);
        let is_late = matches!(fault, Some(Fault::Slow(_)));
        let (takes, failure, hears) = match fault {
            Some(Fault::Cut) if one.is_connected => (one.timeout, no_answer, false),
            Some(Fault::Cut) => (one.timeout, Some((Failure::NotReached, "no connection in time")), false),
            Some(Fault::Silent) => (one.timeout, no_answer, false),
            Some(Fault::LostAnswers) => (one.timeout, no_answer, true),
            Some(Fault::Slow(by) | Fault::Late(by)) if by + usual > one.timeout => {
                (one.timeout, no_answer, true)
            }
            Some(Fault::Slow(by) | Fault::Late(by)) => (by + usual, None, true),
            Some(Fault::Refuses) => (usual, Some((Failure::Refused, "the device refuses")), true),
            _ => (usual, None, true),
        };
        if hears && !is_late {
            world.hears(device);
            world.takes(device, work);
        }
        self.buses[bus].job = Some(Job { seat, work, asked_at, due: now + takes, failure, is_late });
    }

    fn end(&mut self, bus: usize, job: &Job, now: Instant) -> Event {
        let one = &mut self.buses[bus].seats[job.seat];
        match job.failure {
            Some((Failure::Refused, _)) | None => {
                (one.failures, one.rests_until, one.is_connected) = (0, None, true);
            }
            Some(_) => {
                // the socket is dropped; the next attempt needs a connection
                one.is_connected = false;
                let rest = Duration::from_secs(1).saturating_mul(1 << one.failures.min(6)).min(LONGEST_REST);
                one.failures += 1;
                one.rests_until = Some(now + rest);
            }
        }
        let device = one.device;
        let mut world = self.world.lock();
        if job.is_late {
            world.hears(device);
            world.takes(device, job.work);
        }
        match (job.work, job.failure, device) {
            (Work::Observe(cycle), None, _) => {
                let reading = Reading { at: job.asked_at, value: world.values(device) };
                Event::Observed { device, cycle, reading }
            }
            (Work::Observe(cycle), Some((failure, error)), _) => {
                Event::Failed { device, cycle, error: error.to_owned(), failure }
            }
            (Work::Limit(setpoint), None, DeviceRef::Charger(index)) => {
                let offered = match world.values(device) {
                    crate::control::Values::Charger(reading) => reading.offered,
                    _ => setpoint,
                };
                Event::Acknowledged { charger: ChargerId(index), setpoint, offered, at: (self.clock)() }
            }
            (Work::Limit(setpoint), Some((failure, error)), DeviceRef::Charger(index)) => {
                Event::NotAcknowledged {
                    charger: ChargerId(index),
                    setpoint,
                    error: error.to_owned(),
                    failure,
                }
            }
            (Work::Switch(close), None, DeviceRef::Breaker(breaker)) => Event::Switched { breaker, close },
            (Work::Switch(close), Some((failure, error)), DeviceRef::Breaker(breaker)) => {
                Event::NotSwitched { breaker, close, error: error.to_owned(), failure }
            }
            // only chargers are sent limits, and only breakers are switched
            (Work::Limit(_) | Work::Switch(_) | Work::Phases(_), ..) => {
                Event::Remarked { device, text: None }
            }
        }
    }
}

impl World {
    /// What is written has reached a device.
    fn takes(&mut self, device: DeviceRef, work: Work) {
        match (work, device) {
            (Work::Limit(limit), DeviceRef::Charger(index)) => self.takes_limit(ChargerId(index), limit),
            (Work::Switch(close), DeviceRef::Breaker(index)) => {
                self.switches(index, close);
            }
            (Work::Phases(phases), DeviceRef::Charger(index)) => {
                self.model.switch_phases(ChargerId(index), phases);
            }
            _ => {}
        }
    }
}

impl Bus {
    /// Returns what is done next: limits, lower ones first; then readings, those that have waited longest first.
    fn next_work(&self, cycle: u64) -> Option<(usize, Work)> {
        let limits = self.seats.iter().enumerate().filter_map(|(seat, one)| Some((seat, one.limit?)));
        if let Some((seat, limit)) = limits.min_by(|a, b| a.1.0.total_cmp(&b.1.0)) {
            return Some((seat, Work::Limit(limit)));
        }
        if let Some((seat, close)) =
            self.seats.iter().enumerate().find_map(|(seat, one)| Some((seat, one.switch?)))
        {
            return Some((seat, Work::Switch(close)));
        }
        let phases = self.seats.iter().enumerate().find_map(|(seat, one)| Some((seat, one.phases?)));
        if let Some((seat, phases)) = phases {
            return Some((seat, Work::Phases(phases)));
        }
        let waiting = self.seats.iter().enumerate().filter(|(_, one)| one.cycle < cycle);
        waiting.min_by_key(|(_, one)| one.cycle).map(|(seat, _)| (seat, Work::Observe(cycle)))
    }
}

impl Plant for VirtualPlant {
    fn observe(&mut self, cycle: u64) {
        self.cycle = cycle;
    }

    fn command(&mut self, charger: ChargerId, setpoint: Amps) {
        let (bus, seat) = self.places[charger.0];
        self.buses[bus].seats[seat].limit = Some(setpoint);
    }

    fn switch_phases(&mut self, charger: ChargerId, phases: u8) {
        let (bus, seat) = self.places[charger.0];
        self.buses[bus].seats[seat].phases = Some(phases);
    }

    fn switch(&mut self, breaker: usize, close: bool) {
        let seats = self.buses.iter_mut().flat_map(|bus| &mut bus.seats);
        for one in seats.filter(|one| one.device == DeviceRef::Breaker(breaker)) {
            one.switch = Some(close);
        }
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            // events come out in the order in which they came about, also when the driver was busy
            let due = self.go_on();
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            match due {
                Some(due) => sleep_until(due).await,
                None => pending().await,
            }
        }
    }
}
