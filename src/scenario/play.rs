//! Plays a scenario: lets happen what it says, runs the controller's own driver beside it, and records what is so.
//!
//! In virtual time hours pass in seconds, and always in the same way; in real time everything goes through real sockets and the protocols
//! of the devices. What happens and what is recorded is the same code.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::file::ControllerMove;
use super::record::{Diary, Record, SharedRecord};
use super::script::{Action, Fault, Scenario};
use crate::control::{self, Clock, Ending, Hub, Memory, Order, Override, Parts, Plant, State, Time, hub};
use crate::runtime;
use crate::sim::{Model, SimDevice};
use crate::site::{Amps, Period, Rule, Site};

/// Length of a step of the world, in milliseconds.
pub(super) const STEP_MS: u64 = 100;

/// What the machine's clock says when a scenario begins: 2026-01-05, 08:00 UTC.
const BEGINS_MS: u64 = 1_767_600_000_000;

/// Where a scenario is played.
pub(super) trait Stage {
    /// The plant that the controller sees.
    type Plant: Plant + 'static;
    /// Works on the model while nothing else does.
    fn with_model<T>(&self, work: impl FnOnce(&mut Model) -> T) -> T;
    /// Lets a device misbehave.
    fn misbehave(&self, device: SimDevice, fault: Fault);
    /// Lets a device behave again.
    fn heal(&self, device: SimDevice);
    /// Makes the plant for a controller that starts.
    fn plant(&self, site: &Arc<Site>, clock: &Clock) -> Result<Self::Plant, String>;
    /// Lets a step pass, where time does not pass by itself.
    fn advance(&self, step_ms: u64, speed: f64);
}

/// A controller that runs.
struct Running {
    task: JoinHandle<Ending>,
    stop: CancellationToken,
    hub: Hub,
    clock: Clock,
}

/// A scenario that is being played.
pub(super) struct Performance<'s, S> {
    scenario: &'s Scenario,
    stage: S,
    /// The site as the controller knows it.
    known: Arc<Site>,
    record: SharedRecord,
    memory: Arc<Mutex<Option<Memory>>>,
    controller: Option<Running>,
    began: Instant,
    /// How far the machine's clock has jumped, in milliseconds.
    jumped_ms: Arc<AtomicI64>,
}

impl<'s, S: Stage> Performance<'s, S> {
    pub fn new(scenario: &'s Scenario, stage: S, known: Arc<Site>) -> Self {
        Performance {
            scenario,
            stage,
            known,
            record: SharedRecord::new(Record::new(&scenario.site, scenario.speed)),
            memory: Arc::default(),
            controller: None,
            began: Instant::now(),
            jumped_ms: Arc::default(),
        }
    }

    /// Plays it to its end.
    ///
    /// # Errors
    /// When the controller can't be started; in words.
    pub async fn play(mut self) -> Result<Record, String> {
        let mut events = self.scenario.events.iter().peekable();
        let is_due = |at_ms: u64| move |event: &&super::script::Event| event.at_ms <= at_ms;
        // orders of the beginning need somebody who takes them
        self.start()?;
        while let Some(event) = events.next_if(is_due(0)) {
            self.act(0, &event.action)?;
        }
        self.observe(0);
        for tick in 1..=self.scenario.length_ms / STEP_MS {
            sleep_until(self.began + Duration::from_millis(tick * STEP_MS)).await;
            let at_ms = elapsed_ms(self.began);
            self.stage.advance(STEP_MS, self.scenario.speed);
            while let Some(event) = events.next_if(is_due(at_ms)) {
                self.act(at_ms, &event.action)?;
            }
            self.observe(at_ms);
        }
        if let Some(running) = self.controller.take() {
            running.task.abort();
        }
        let record = std::mem::take(&mut *self.record.lock());
        Ok(record)
    }

    fn observe(&mut self, at_ms: u64) {
        let record = self.record.clone();
        self.stage.with_model(|model| record.lock().observe(at_ms, model));
    }

    fn act(&mut self, at_ms: u64, action: &Action) -> Result<(), String> {
        match action {
            Action::Leave(charger, since) if self.record.lock().here_since(*charger) != Some(*since) => {
                return Ok(());
            }
            Action::Controller(ControllerMove::Started) if self.controller.is_some() => return Ok(()),
            _ => {}
        }
        self.record.lock().note(at_ms, action.text(&self.scenario.site), true);
        match action {
            Action::Base(circuit, amps) => {
                self.stage.with_model(|model| model.hold_base_load(*circuit, Some(*amps)));
            }
            Action::Sun(solar, amps) => self.stage.with_model(|model| model.hold_sun(*solar, Some(*amps))),
            Action::Plug(charger, car) => {
                self.record.lock().came(*charger, at_ms, car.energy_kwh);
                self.stage.with_model(|model| model.plug(*charger, *car));
            }
            Action::Unplug(charger) | Action::Leave(charger, _) => {
                self.record.lock().left(*charger, at_ms);
                self.stage.with_model(|model| model.unplug(*charger));
            }
            Action::Fault(device, fault) => self.stage.misbehave(*device, *fault),
            Action::Heal(device) => self.stage.heal(*device),
            Action::Station(charger, fault) => self.stage.with_model(|model| {
                model.change_station(*charger, |station| station.set_fault(*fault));
            }),
            Action::Breaker(circuit, position) => {
                self.stage.with_model(|model| model.put_breaker(*circuit, *position));
            }
            Action::Temperature(cabinet, celsius) => {
                self.stage.with_model(|model| model.hold_temperature(*cabinet, *celsius));
            }
            Action::Smoke(cabinet, smoke) => self.stage.with_model(|model| model.set_smoke(*cabinet, *smoke)),
            Action::Order(charger, order) => self.order(charger.0, *order),
            Action::Controller(ControllerMove::Started) => self.start()?,
            Action::Controller(ControllerMove::Stopped) => {
                if let Some(running) = self.controller.take() {
                    running.stop.cancel();
                }
            }
            Action::Controller(ControllerMove::Killed) => {
                if let Some(running) = self.controller.take() {
                    running.task.abort();
                }
                self.record.lock().silence(at_ms);
            }
            Action::Clock(by_ms) => drop(self.jumped_ms.fetch_add(*by_ms, Ordering::Relaxed)),
            Action::Price(price) => self.record.lock().set_price(*price),
        }
        Ok(())
    }

    fn order(&self, charger: usize, order: Option<(Amps, Option<Period>)>) {
        let Some(running) = &self.controller else { return };
        let now = (running.clock)();
        let order = order.map(|(limit, lasts)| Override {
            limit,
            until: lasts.map(|lasts| now + lasts),
            who: "scenario".into(),
            why: self.scenario.name.clone(),
        });
        let (hub, name) = (running.hub.clone(), self.known.chargers[charger].name.clone());
        tokio::spawn(async move {
            if let Err(error) = hub.order(name, Order::Limit(order)).await {
                tracing::warn!(%error, "the order was refused");
            }
        });
    }

    fn start(&mut self) -> Result<(), String> {
        let clock = self.clock();
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let state = memory.map_or_else(|| State::empty(&self.known), |memory| memory.resumed(&self.known));
        let plant = self.stage.plant(&self.known, &clock)?;
        let (callers, port) = hub();
        let (_reload, reloads) = mpsc::channel(1);
        let (ready, _) = oneshot::channel();
        let stop = CancellationToken::new();
        let began = self.began;
        let parts = Parts {
            site: Arc::clone(&self.known),
            // a scenario is a record already
            file: None,
            plant,
            journal: Diary {
                record: self.record.clone(),
                memory: Arc::clone(&self.memory),
                now_ms: Arc::new(move || elapsed_ms(began)),
            },
            state,
            hub: port,
            reloads,
            clock: Arc::clone(&clock),
            stop: stop.clone(),
            ready: Some(ready),
            heartbeat: watch::Sender::new(0),
            standby: None,
        };
        let task = tokio::spawn(control::run(parts));
        self.controller = Some(Running { task, stop, hub: callers, clock });
        Ok(())
    }

    /// Returns the clock of a controller that starts now: by rule one that does not follow the jumps of the machine's.
    fn clock(&self) -> Clock {
        let (began, jumped_ms) = (self.began, Arc::clone(&self.jumped_ms));
        let wall =
            move || BEGINS_MS.saturating_add_signed(jumped_ms.load(Ordering::Relaxed)) + elapsed_ms(began);
        if !self.known.control.rules.hold(Rule::SteadyClock) {
            return Arc::new(move || Time(wall()));
        }
        let steady = runtime::steady_clock_from(wall());
        Arc::new(move || Time(steady()))
    }
}

fn elapsed_ms(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX)
}
