//! The loop around the decision: observe, decide, write, read back, every interval.
//!
//! ```text
//!             tick                 all answered, or the grace is over
//!   idle ────────────▶ observing ───────────────────────────────────▶ idle, while limits are on their way
//!
//!   any state ── stop ──▶ lowering to the fail-safe currents ──▶ raising to them ──▶ ended
//! ```

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;

use super::chronicle::Chronicle;
use super::following::{Standby, Standing};
use super::report::{faults_of, site_status};
use super::switching::{Command, Switching};
use super::view::PlantView;
use super::{
    BreakerTwins, ControllerStatus, Decision, DeviceRef, HubPort, JournalPort, Order, OrderError,
    OrderRequest, Plant, RunState, SiteStatus, SiteText, State, SwitchRequest, Taped, Time, alarms, step,
};
use crate::site::{Amps, ChargerId, Rule, Site};

/// A clock that never jumps.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// A changed site on its way into the running controller.
pub struct Reload<P> {
    /// The new site and its plant, or why the file was refused.
    pub outcome: Result<(Arc<Site>, P), String>,
    /// Its file, for the tape.
    pub file: Option<Arc<SiteText>>,
    /// Told when it is in force.
    pub done: oneshot::Sender<()>,
}

/// What the driver needs to run.
pub struct Parts<P, J> {
    /// The site.
    pub site: Arc<Site>,
    /// Its file; without it no decision goes onto the tape.
    pub file: Option<Arc<SiteText>>,
    /// Its plant.
    pub plant: P,
    /// Its journal.
    pub journal: J,
    /// What an earlier run remembered, fitted to this site.
    pub state: State,
    /// Callers.
    pub hub: HubPort,
    /// Changed site files.
    pub reloads: mpsc::Receiver<Reload<P>>,
    /// The clock.
    pub clock: Clock,
    /// Ends the loop.
    pub stop: CancellationToken,
    /// Told after the first decision.
    pub ready: Option<oneshot::Sender<()>>,
    /// Advances with every decision.
    pub heartbeat: watch::Sender<u64>,
    /// Its ends of the lease; `None`: it stands alone.
    pub standby: Option<Standby>,
}

/// How the loop ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Chargers that have not confirmed their fail-safe current.
    pub unconfirmed: Vec<String>,
}

/// The safe currents must be written within this time.
const DRAIN: Duration = Duration::from_secs(5);

/// An order is answered when it is in the journal, or after this time.
const ORDER_WRITTEN: Duration = Duration::from_millis(200);

/// A cycle waits no longer for answers than this share of the interval.
const GRACE: f64 = 0.5;

/// The memory goes into the journal this often, in cycles, and after each order.
const REMEMBER_EVERY: u64 = 60;

/// Runs the control loop until it is stopped, then leaves every charger at its fail-safe current.
pub async fn run<P: Plant, J: JournalPort>(parts: Parts<P, J>) -> Ending {
    let started_at = (parts.clock)();
    let view = PlantView::new(&parts.site, &parts.state, started_at);
    let mut state = parts.state;
    let twins = BreakerTwins::new(&parts.site, &std::mem::take(&mut state.breakers));
    let driver = Driver {
        site: parts.site,
        file: parts.file,
        plant: parts.plant,
        chronicle: Chronicle::new(parts.journal),
        state,
        twins,
        switching: Switching::default(),
        hub: parts.hub,
        clock: parts.clock,
        ready: parts.ready,
        heartbeat: parts.heartbeat,
        view,
        started_at,
        phase: Phase::Idle,
        writing: None,
        tally: Tally::default(),
        last: None,
        standing: Standing::new(parts.standby, started_at),
    };
    driver.run(parts.reloads, parts.stop).await
}

/// Where a cycle stands.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    Idle,
    Observing { since: Instant, until: Instant },
}

/// Limits on their way.
#[derive(Debug)]
struct Writing {
    since: Instant,
    /// When the oldest meter reading was taken that they rest on.
    sampled: Time,
    /// Chargers that have not answered. Who could not be read before is not among them: it counts with the worst anyway.
    awaited: HashSet<usize>,
    limits: usize,
    lowered: usize,
}

/// Counters and durations for the status.
#[derive(Debug, Default)]
struct Tally {
    cycles: u64,
    late: u64,
    reloads: u64,
    reload_error: Option<String>,
    step_ms: f64,
    observe_ms: f64,
    write_ms: Option<f64>,
    reaction_ms: Option<f64>,
}

struct Driver<P, J> {
    site: Arc<Site>,
    file: Option<Arc<SiteText>>,
    plant: P,
    chronicle: Chronicle<J>,
    state: State,
    twins: BreakerTwins,
    switching: Switching,
    hub: HubPort,
    clock: Clock,
    ready: Option<oneshot::Sender<()>>,
    heartbeat: watch::Sender<u64>,
    view: PlantView,
    started_at: Time,
    phase: Phase,
    writing: Option<Writing>,
    tally: Tally,
    last: Option<Arc<Decision>>,
    standing: Standing,
}

impl<P: Plant, J: JournalPort> Driver<P, J> {
    async fn run(mut self, mut reloads: mpsc::Receiver<Reload<P>>, stop: CancellationToken) -> Ending {
        self.chronicle.life(self.now(), "started", format!("site {}", self.site.name));
        self.take_role();
        let mut ticker = self.ticker();
        let (mut orders_open, mut switches_open) = (true, true);
        let mut reloads_open = true;
        loop {
            let grace = match self.phase {
                Phase::Observing { until, .. } if self.site.control.rules.hold(Rule::TimelyDecision) => {
                    Some(until)
                }
                _ => None,
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                tick = ticker.tick() => self.begin_cycle(tick),
                event = self.plant.next() => match event {
                    Some(event) => self.take(event),
                    None => break,
                },
                () = self.standing.changed() => self.take_role(),
                () = sleep_until(grace.unwrap_or_else(Instant::now)), if grace.is_some() => self.decide(),
                order = self.hub.orders.recv(), if orders_open => match order {
                    Some(order) => self.take_order(order),
                    None => orders_open = false,
                },
                request = self.hub.switches.recv(), if switches_open => match request {
                    Some(request) => self.take_switch(request),
                    None => switches_open = false,
                },
                reload = reloads.recv(), if reloads_open => match reload {
                    Some(reload) => {
                        let interval = self.site.control.interval;
                        self.reload(reload);
                        if self.site.control.interval != interval {
                            ticker = self.ticker();
                        }
                    }
                    None => reloads_open = false,
                },
            }
        }
        self.finish().await
    }

    fn now(&self) -> Time {
        (self.clock)()
    }

    fn ticker(&self) -> tokio::time::Interval {
        let mut ticker = interval_at(Instant::now(), self.site.control.interval.0);
        ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticker
    }

    fn begin_cycle(&mut self, due: Instant) {
        if due.elapsed() > self.site.control.interval.0 {
            self.tally.late += 1;
        }
        let decides = self.site.control.rules.hold(Rule::TimelyDecision);
        if matches!(self.phase, Phase::Observing { .. }) && decides {
            // the grace is shorter than the interval, so this is a loop that was held up: decide on what is there
            self.decide();
        }
        self.tally.cycles += 1;
        self.view.begin_cycle(self.tally.cycles);
        self.plant.observe(self.tally.cycles);
        let since = Instant::now();
        self.phase = Phase::Observing { since, until: since + self.site.control.interval.0.mul_f64(GRACE) };
        if self.view.is_complete() {
            self.decide();
        }
    }

    fn take(&mut self, event: super::Event) {
        let answers = match &event {
            super::Event::Acknowledged { charger, .. } | super::Event::NotAcknowledged { charger, .. } => {
                Some(charger.0)
            }
            _ => None,
        };
        let now = self.now();
        if let Some((what, details)) = self.switching.hear(&self.site, &event) {
            self.chronicle.life(now, what, details);
        }
        self.view.apply(event, now);
        if let Some(index) = answers.filter(|&index| !self.view.is_on_its_way(index)) {
            self.settled(index, now);
        }
        if matches!(self.phase, Phase::Observing { .. }) && self.view.is_complete() {
            self.decide();
        }
    }

    /// A charger has answered to its limit; the last one ends the reaction.
    fn settled(&mut self, index: usize, now: Time) {
        let Some(writing) = &mut self.writing else { return };
        if writing.awaited.remove(&index) && writing.awaited.is_empty() {
            self.reacted(now);
        }
    }

    /// Notes how long it took from the sample to here.
    fn reacted(&mut self, now: Time) {
        let Some(writing) = self.writing.take() else { return };
        let write_ms = writing.since.elapsed().as_secs_f64() * 1000.0;
        let reaction_ms = now.since(writing.sampled).as_millis();
        self.tally.write_ms = Some(write_ms);
        self.tally.reaction_ms = Some(reaction_ms as f64);
        tracing::debug!(
            cycle = self.tally.cycles,
            limits = writing.limits,
            lowered = writing.lowered,
            unanswered = writing.awaited.len(),
            observe_ms = self.tally.observe_ms,
            step_ms = self.tally.step_ms,
            write_ms,
            reaction_ms,
            "limits written"
        );
    }

    fn decide(&mut self) {
        let begun = Instant::now();
        if let Phase::Observing { since, .. } = self.phase {
            self.tally.observe_ms = since.elapsed().as_secs_f64() * 1000.0;
        }
        let now = self.now();
        let snapshot = self.view.snapshot(now, &self.site);
        let decision = Arc::new(step(now, &self.site, snapshot, &self.state));
        self.tally.step_ms = begun.elapsed().as_secs_f64() * 1000.0;
        let before = std::mem::replace(&mut self.state, decision.state.clone());
        if self.standing.leads() {
            self.send(now, &decision, begun);
        } else {
            self.phase = Phase::Idle;
            self.state.follow(self.view.snapshot(now, &self.site));
        }
        self.publish(&decision, before, RunState::Running);
        self.last = Some(decision);
        self.heartbeat.send_replace(self.tally.cycles);
        if let Some(ready) = self.ready.take() {
            // whoever waited may have given up
            let _ = ready.send(());
        }
    }

    /// Writes the limits that are new, lower ones first.
    fn send(&mut self, now: Time, decision: &Decision, begun: Instant) {
        let mut due: Vec<usize> = (0..decision.setpoints.len())
            .filter(|&index| self.view.must_send(now, index, decision.setpoints[index].amps, &self.site))
            .collect();
        due.sort_by(|&a, &b| decision.setpoints[a].amps.0.total_cmp(&decision.setpoints[b].amps.0));
        let before = |index: usize| self.last.as_ref().and_then(|last| last.setpoints.get(index));
        let is_lower =
            |index: &&usize| before(**index).is_some_and(|old| decision.setpoints[**index].amps < old.amps);
        let lowered = due.iter().filter(is_lower).count();
        for &index in &due {
            let amps = decision.setpoints[index].amps;
            self.view.sending(now, index, amps);
            self.plant.command(ChargerId(index), amps);
        }
        self.switch_phases(now, decision);
        self.phase = Phase::Idle;
        let is_heard = |index: &usize| self.view.fault(DeviceRef::Charger(*index)).is_none();
        let awaited: HashSet<usize> = due.iter().copied().filter(is_heard).collect();
        if awaited.is_empty() {
            return;
        }
        // what is still out from the cycle before has taken this long at the least
        self.reacted(now);
        let sampled = self.view.oldest_meter().unwrap_or(now);
        self.writing = Some(Writing { since: begun, sampled, awaited, limits: due.len(), lowered });
    }

    /// Tells chargers to switch phases, and tells the journal first; again in each cycle until they show it.
    fn switch_phases(&mut self, now: Time, decision: &Decision) {
        for (index, setpoint) in decision.setpoints.iter().enumerate() {
            let Some(phases) = setpoint.phases else { continue };
            let before = self.last.as_ref().and_then(|last| last.setpoints.get(index));
            if before.is_none_or(|before| before.phases != Some(phases)) {
                let words = format!("{} to {phases}", self.site.chargers[index].name);
                self.chronicle.life(now, "phases", words);
            }
            self.plant.switch_phases(ChargerId(index), phases);
        }
    }

    fn publish(&mut self, decision: &Arc<Decision>, before: State, run_state: RunState) {
        let controller = self.controller_status(run_state);
        let now = decision.at;
        let snapshot = self.view.snapshot(now, &self.site).clone();
        let leads = self.standing.leads();
        self.twins.observe(&self.site, &snapshot, decision);
        if leads {
            let commands = self.switching.judge(&self.site, &snapshot, decision);
            self.switch(commands);
        }
        let mut alarms = alarms(&self.site, &snapshot, decision);
        alarms.extend(self.twins.alarms(&self.site));
        alarms.extend_from_slice(self.switching.alarms());
        // the story is told by the one that writes it
        if leads {
            self.chronicle.decision(&self.site, &snapshot, decision, &alarms, self.tally.cycles);
        }
        if leads && self.tally.cycles % REMEMBER_EVERY == 1 {
            self.remember(now);
        }
        let mut status: SiteStatus =
            site_status(&self.site, &snapshot, decision, controller, alarms, &faults_of(&self.view));
        self.twins.tell(&self.site, &mut status);
        self.hub.status.send_replace(Some(Arc::new(status)));
        if let Some(file) = self.file.clone().filter(|_| leads) {
            let (cycle, decision) = (self.tally.cycles, Arc::clone(decision));
            self.chronicle.tape(Taped { cycle, file, snapshot, before, decision });
        }
    }

    /// Sends commands to breakers, and tells the journal first.
    fn switch(&mut self, commands: impl IntoIterator<Item = Command>) {
        let now = self.now();
        for Command { breaker, close, words } in commands {
            self.chronicle.life(now, if close { "breaker-close" } else { "breaker-open" }, words);
            self.plant.switch(breaker, close);
        }
    }

    /// Hands the memory to the journal.
    fn remember(&mut self, now: Time) {
        let state = State { breakers: self.twins.memories(&self.site), ..self.state.clone() };
        self.chronicle.remember(now, &self.site, &state);
    }

    fn controller_status(&self, state: RunState) -> ControllerStatus {
        ControllerStatus {
            state,
            version: env!("CARGO_PKG_VERSION").into(),
            started_at: self.started_at.0,
            cycles: self.tally.cycles,
            step_ms: self.tally.step_ms,
            observe_ms: self.tally.observe_ms,
            write_ms: self.tally.write_ms,
            reaction_ms: self.tally.reaction_ms,
            late_cycles: self.tally.late,
            reloads: self.tally.reloads,
            reload_error: self.tally.reload_error.clone(),
            journal_error: self.chronicle.trouble(),
            lease: self.standing.status(),
        }
    }

    fn take_order(&mut self, request: OrderRequest) {
        let outcome = self.checked_order(&request).map(|index| {
            let memory = &mut self.state.chargers[index];
            let mut order = request.order;
            if let Order::Needs(Some(needs)) = &mut order {
                // the energy is counted from here on
                needs.had = memory.visit_kwh;
            }
            memory.take_order(&order);
            // the policy has news of this car
            self.state.planned_at = None;
            let now = self.now();
            self.chronicle.order(now, &request.charger, order);
            self.remember(now);
            self.standing.note(&self.site, &self.state);
        });
        let written = self.chronicle.flush();
        tokio::spawn(async move {
            // an order is in force with or without the journal; whose trouble shows in the status
            if let Err(why) = written.wait(ORDER_WRITTEN).await {
                tracing::warn!(why, "an order is in force that may not survive a restart");
            }
            // the caller may have hung up
            let _ = request.reply.send(outcome);
        });
    }

    /// Switches a breaker for somebody, unless another controller leads.
    fn take_switch(&mut self, request: SwitchRequest) {
        match self.standing.may_order() {
            Ok(()) => {
                let command = self.switching.take(&self.site, request);
                self.switch(command);
            }
            // whoever asked may have gone
            Err(why) => drop(request.reply.send(Err(why))),
        }
    }

    fn checked_order(&self, request: &OrderRequest) -> Result<usize, OrderError> {
        self.standing.may_order()?;
        let name = &request.charger;
        let id = self.site.charger_named(name).ok_or_else(|| OrderError::UnknownCharger(name.clone()))?;
        request.order.check(&self.site, id)?;
        Ok(id.0)
    }

    fn reload(&mut self, reload: Reload<P>) {
        let now = self.now();
        match reload.outcome {
            Ok((site, plant)) => {
                let names: Vec<&str> =
                    self.site.chargers.iter().map(|charger| charger.name.as_str()).collect();
                self.state = self.state.fitted(&names, &site);
                self.twins = BreakerTwins::new(&site, &self.twins.memories(&self.site));
                self.view = self.view.carried_over(&self.site, &site, &self.state, now);
                self.switching.reset();
                self.plant = plant;
                self.site = site;
                self.file = reload.file;
                self.phase = Phase::Idle;
                self.writing = None;
                self.tally.reloads += 1;
                self.tally.reload_error = None;
                self.chronicle.life(now, "reloaded", format!("site {}", self.site.name));
            }
            Err(error) => {
                self.chronicle.life(now, "reload-refused", error.clone());
                self.tally.reload_error = Some(error);
            }
        }
        // whoever asked may have gone
        let _ = reload.done.send(());
    }

    /// Begins to lead, or to follow, when that has changed.
    fn take_role(&mut self) {
        let now = self.now();
        let Some(turn) = self.standing.turn(now) else {
            if !self.standing.leads() {
                self.standing.take_orders(&self.site, &mut self.state);
            }
            return;
        };
        self.standing.take_orders(&self.site, &mut self.state);
        self.chronicle.life(now, turn.what, turn.details);
        self.view.distrust(now);
        self.switching.reset();
        self.writing = None;
        self.last = None;
        if self.standing.leads() {
            self.standing.note(&self.site, &self.state);
            self.remember(now);
            // the first limits need not wait for the next tick
            self.begin_cycle(Instant::now());
        }
    }

    /// Leaves every charger at its fail-safe current: first those that come down, then those that go up, so that no circuit is exceeded between.
    async fn finish(mut self) -> Ending {
        let deadline = Instant::now() + DRAIN - Duration::from_millis(500);
        let now = self.now();
        self.chronicle.life(now, "stopping", String::new());
        if !self.standing.leads() {
            self.chronicle.life(now, "stopped", "it followed".to_owned());
            return Ending { unconfirmed: Vec::new() };
        }
        if !self.site.control.rules.hold(Rule::FailsafeAtEnd) {
            return Ending { unconfirmed: Vec::new() };
        }
        let safe: Vec<Amps> = self.site.chargers.iter().map(|charger| charger.failsafe).collect();
        let above = |index: usize| self.view.ceiling(now, index, &self.site).0 > safe[index].0 + 1e-9;
        let (down, up): (Vec<usize>, Vec<usize>) = (0..safe.len()).partition(|&index| above(index));
        self.settle(&down, &safe, deadline).await;
        if down.iter().all(|&index| self.view.confirmed_at_most(index, safe[index])) {
            self.settle(&up, &safe, deadline).await;
        }
        let unconfirmed: Vec<String> = (0..safe.len())
            .filter(|&index| !self.view.confirmed_at_most(index, safe[index]))
            .map(|index| self.site.chargers[index].name.clone())
            .collect();
        let now = self.now();
        let ceilings = self.view.snapshot(now, &self.site).ceilings.clone();
        for ((memory, &amps), ceiling) in self.state.chargers.iter_mut().zip(&safe).zip(ceilings) {
            memory.setpoint = Some(amps);
            memory.ceiling = ceiling;
        }
        self.remember(now);
        self.chronicle.life(now, "stopped", format!("{} chargers unconfirmed", unconfirmed.len()));
        Ending { unconfirmed }
    }

    /// Writes the safe currents of these chargers and waits until each is confirmed or has failed, once more for those that failed.
    async fn settle(&mut self, chargers: &[usize], safe: &[Amps], deadline: Instant) {
        for _ in 0..2 {
            let open: Vec<usize> = chargers
                .iter()
                .copied()
                .filter(|&index| {
                    !self.view.confirmed_at_most(index, safe[index]) || !self.offers(index, safe[index])
                })
                .collect();
            let now = self.now();
            for &index in &open {
                self.view.sending(now, index, safe[index]);
                self.plant.command(ChargerId(index), safe[index]);
            }
            let mut awaited: HashSet<usize> = open.into_iter().collect();
            while !awaited.is_empty() {
                let Ok(Some(event)) = timeout_at(deadline, self.plant.next()).await else { return };
                let now = self.now();
                let about = match &event {
                    super::Event::Acknowledged { charger, .. }
                    | super::Event::NotAcknowledged { charger, .. } => Some(charger.0),
                    _ => None,
                };
                self.view.apply(event, now);
                if let Some(index) = about.filter(|&index| !self.view.is_on_its_way(index)) {
                    awaited.remove(&index);
                }
            }
        }
    }

    fn offers(&self, index: usize, amps: Amps) -> bool {
        let ceiling = self.view.ceiling(self.now(), index, &self.site);
        (ceiling - amps).abs().0 < 0.05
    }
}
