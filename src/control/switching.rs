//! Commands for remote breakers: from people, and by the rules of the site file. Nothing is switched silently: each command goes into the
//! journal, and a breaker that a rule has opened is an alarm until somebody has closed it.
//!
//! Decides when a command goes out and who is told of its end; the rules themselves are beside it.

use std::collections::BTreeMap;

use super::breaker_rule::BreakerRules;
use super::{
    Alarm, BreakerState, Decision, Event, LoadState, OrderError, Severity, Snapshot, SwitchRequest, Time,
    fresh,
};
use crate::site::{Period, Site};

/// A command that a breaker has not done is sent again after so long.
const AGAIN: Period = Period::from_secs(3);

/// A command on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Position of the breaker.
    pub breaker: usize,
    /// Close it, or open it?
    pub close: bool,
    /// Who, and why, for the journal.
    pub words: String,
}

/// What was switched, and who waits for it.
#[derive(Debug, Default)]
pub struct Switching {
    rules: BreakerRules,
    /// People that wait for a breaker.
    waiting: Vec<(usize, SwitchRequest)>,
    /// Breakers that a rule has opened: when the command last went out, and why.
    opened: BTreeMap<usize, (Time, String)>,
    /// Loads that are being cut or given back: when the command last went out.
    loads: BTreeMap<usize, (Time, bool)>,
    alarms: Vec<Alarm>,
}

impl Switching {
    /// Takes a command from a person; returns it when it is to go out.
    pub fn take(&mut self, site: &Site, request: SwitchRequest) -> Option<Command> {
        let Some(breaker) = site.breakers.iter().position(|breaker| breaker.name == request.breaker) else {
            refuse(request, OrderError::UnknownBreaker);
            return None;
        };
        if !site.breakers[breaker].remote {
            refuse(request, OrderError::NotRemote);
            return None;
        }
        if request.close {
            self.opened.remove(&breaker);
        }
        let words = format!(
            "{} {} by {}: {}",
            request.breaker,
            if request.close { "closed" } else { "opened" },
            request.who,
            request.why
        );
        let command = Command { breaker, close: request.close, words };
        self.waiting.push((breaker, request));
        Some(command)
    }

    /// Finds the breakers that are to be opened now by their rules, and what there is to warn of.
    pub fn judge(&mut self, site: &Site, snapshot: &Snapshot, decision: &Decision) -> Vec<Command> {
        let now = decision.at;
        self.alarms.clear();
        let mut commands = Vec::new();
        for trespass in self.rules.judge(site, snapshot, decision) {
            let name = &site.breakers[trespass.breaker].name;
            let why = trespass.text(site);
            if trespass.in_ms > 0 {
                let text =
                    format!("breaker {name} will be opened in {} s: {why}", trespass.in_ms.div_ceil(1000));
                self.alarms.push(alarm(name, "breaker-opens", text));
                continue;
            }
            let sent = self.opened.get(&trespass.breaker).map(|(sent, _)| *sent);
            if sent.is_none_or(|sent| now.since(sent) >= AGAIN) {
                let words = format!("{name} opened by its rule: {why}");
                commands.push(Command { breaker: trespass.breaker, close: false, words });
                self.opened.insert(trespass.breaker, (now, why));
            }
        }
        for (&breaker, (sent, why)) in &self.opened {
            let name = &site.breakers[breaker].name;
            let text = format!("breaker {name} was opened: {why}; close it with: enmon breaker close {name}");
            let reading = fresh(snapshot.breakers.get(breaker), now, site.control.stale_after);
            let is_on = reading.is_some_and(|reading| reading.value.state == BreakerState::On);
            // what is on long after it was opened was closed by hand
            if !is_on || now.since(*sent) <= AGAIN {
                self.alarms.push(alarm(name, "breaker-opened", text));
            }
        }
        let closed = |breaker: usize, sent: Time| {
            let reading = fresh(snapshot.breakers.get(breaker), now, site.control.stale_after);
            reading.is_some_and(|reading| reading.value.state == BreakerState::On) && now.since(sent) > AGAIN
        };
        self.opened.retain(|&breaker, (sent, _)| !closed(breaker, *sent));
        self.shed(site, snapshot, decision, &mut commands);
        commands
    }

    /// Cuts loads and gives them back, until their breakers say that they have done it.
    fn shed(&mut self, site: &Site, snapshot: &Snapshot, decision: &Decision, commands: &mut Vec<Command>) {
        let now = decision.at;
        for (load, wanted) in site.loads.iter().zip(&decision.shedding) {
            if matches!(wanted.state, LoadState::Cut | LoadState::Returning) {
                let text = format!("load {} is cut: a circuit above it was over its limit", load.name);
                let severity = Severity::Warning;
                let (subject, code) = (load.name.clone(), "load-shed".into());
                self.alarms.push(Alarm { severity, subject, code, text });
            }
            let reading = fresh(snapshot.breakers.get(load.breaker), now, site.control.stale_after);
            let is_closed = reading.map(|reading| reading.value.state == BreakerState::On);
            let Some(close) = wanted.close.filter(|close| is_closed != Some(*close)) else {
                self.loads.remove(&load.breaker);
                continue;
            };
            let known = self.loads.get(&load.breaker);
            if known.is_some_and(|(sent, before)| *before == close && now.since(*sent) < AGAIN) {
                continue;
            }
            self.loads.insert(load.breaker, (now, close));
            let what = if close { "gives back" } else { "cuts" };
            let words = format!("{} {what} the load {}", site.breakers[load.breaker].name, load.name);
            commands.push(Command { breaker: load.breaker, close, words });
        }
    }

    /// Returns what there is to warn of.
    pub fn alarms(&self) -> &[Alarm] {
        &self.alarms
    }

    /// Hears how a command ended; returns what the journal is to know.
    pub fn hear(&mut self, site: &Site, event: &Event) -> Option<(&'static str, String)> {
        let (breaker, close, failure) = match event {
            Event::Switched { breaker, close } => (*breaker, *close, None),
            Event::NotSwitched { breaker, close, error, .. } => (*breaker, *close, Some(error.clone())),
            _ => return None,
        };
        let name = site.breakers.get(breaker)?.name.clone();
        let (done, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(at, request)| *at == breaker && request.close == close);
        self.waiting = rest;
        for (_, request) in done {
            let outcome = match &failure {
                None => Ok(()),
                Some(why) => Err(OrderError::NotSwitched { breaker: name.clone(), why: why.clone() }),
            };
            // whoever asked may have hung up
            let _ = request.reply.send(outcome);
        }
        Some(match failure {
            None if close => ("breaker-closed", name),
            None => ("breaker-opened", name),
            Some(why) => ("breaker-not-switched", format!("{name}: {why}")),
        })
    }

    /// Begins anew for a changed site: positions mean other breakers now.
    pub fn reset(&mut self) {
        *self = Switching::default();
    }
}

fn refuse(request: SwitchRequest, error: impl Fn(String) -> OrderError) {
    // whoever asked may have hung up
    let _ = request.reply.send(Err(error(request.breaker)));
}

fn alarm(name: &str, code: &str, text: String) -> Alarm {
    Alarm { severity: Severity::Critical, subject: name.into(), code: code.into(), text }
}
