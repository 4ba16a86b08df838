//! `enmon site failover --run`: round by round until it is told to stop, with one line for each thing that changes.

use serde::Serialize;
use tokio::time::{MissedTickBehavior, interval};

use super::moving::{Moving, record_failed};
use super::words::{self, Told};
use crate::cli::Context;
use crate::error::{Error, Kind, Result};
use crate::failover::{Action, Moved, Record, RecordError, Seen, decide};
use crate::runtime;
use crate::ui::OutputFormat;

/// One thing that has changed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    api_version: &'static str,
    kind: &'static str,
    at: String,
    event: &'static str,
    name: &'a str,
    /// The place that the name points to, as far as it is known.
    place: Option<String>,
    /// Places that are healthy.
    healthy: Vec<&'a str>,
    /// The place that the name moves to.
    to: Option<String>,
    reason: Option<String>,
}

/// What a round looked like, to see what has changed. How long something lasts is no change.
#[derive(Debug, PartialEq)]
struct Look {
    round: crate::failover::Round,
    kind: std::mem::Discriminant<crate::failover::Action>,
    stay: Option<std::mem::Discriminant<crate::failover::Stay>>,
}

impl Look {
    fn of(seen: &Seen, action: &Action) -> Look {
        let stay = match action {
            Action::Stay(stay) => Some(std::mem::discriminant(stay)),
            _ => None,
        };
        Look { round: seen.round.clone(), kind: std::mem::discriminant(action), stay }
    }
}

struct Loop<'a> {
    moving: &'a Moving,
    context: &'a Context,
    last: Option<Look>,
    unconfirmed: Option<String>,
    failure: Option<String>,
}

/// Runs the loop.
pub(super) async fn run(moving: &Moving, context: &Context) -> Result<()> {
    let _only = Record::only_loop(&moving.site).map_err(|error| match error {
        RecordError::Busy(_) => Error::from_source(Kind::Refused, "the name is watched already", &error),
        error => record_failed(&error),
    })?;
    let signals = runtime::listen()
        .map_err(|error| Error::from_source(Kind::Failed, "signals can't be taken over", &error))?;
    let mut rounds = interval(moving.entry.every.0);
    rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut state = Loop { moving, context, last: None, unconfirmed: None, failure: None };
    state.tell("started", None, None, None)?;
    loop {
        tokio::select! {
            () = signals.stop.cancelled() => break,
            _ = rounds.tick() => {}
        }
        if context.ui.is_stdout_gone() {
            break;
        }
        // a round is not cut short: a move that is under way comes to its end, and all of it is bounded in time
        state.round().await?;
    }
    state.tell("stopped", None, None, None)
}

impl Loop<'_> {
    async fn round(&mut self) -> Result<()> {
        match self.look_and_move().await {
            Ok(()) => self.failure = None,
            Err(error) => {
                let reason = error.to_string();
                if self.failure.as_ref() != Some(&reason) {
                    self.tell("recordFailed", None, None, Some(reason.clone()))?;
                }
                self.failure = Some(reason);
            }
        }
        Ok(())
    }

    /// # Errors
    /// When the memory can't be kept; nothing moves then.
    async fn look_and_move(&mut self) -> Result<(), RecordError> {
        let checker = &self.moving.checker;
        let seen = checker.look().await;
        let record = Record::to_move(&self.moving.site, &self.moving.entry.name).await?;
        let memory = record.load()?;
        let now_ms = runtime::wall_clock_ms();
        let (decision, mut memory) = decide(now_ms, &checker.rules, &checker.names, &seen.round, &memory);
        record.save(&memory)?;
        let told = words::told(&decision.action, &checker.names);
        let look = Look::of(&seen, &decision.action);
        let is_news = self.last.as_ref() != Some(&look);
        self.last = Some(look);
        if decision.unconfirmed.is_some() && decision.unconfirmed != self.unconfirmed {
            let reason = "clients should have followed by now, and have not".to_owned();
            self.heard(self.tell("unconfirmed", Some(&seen), decision.unconfirmed.clone(), Some(reason)));
        }
        self.unconfirmed = decision.unconfirmed;
        let (Action::FailOver { to, .. } | Action::FailBack { to, .. }) = decision.action else {
            if is_news {
                self.heard(self.tell("seen", Some(&seen), None, Some(told.reason)));
            }
            return Ok(());
        };
        let Ok(expected) = &seen.addresses else { return Ok(()) };
        let Told { to: place, reason, .. } = told;
        match checker.move_to(expected, to, (now_ms, false), &mut memory, &record).await? {
            Moved::Yes => self.heard(self.tell("moved", Some(&seen), place, Some(reason))),
            Moved::No(error) if is_news => {
                self.heard(self.tell("moveFailed", Some(&seen), place, Some(error.to_string())));
            }
            Moved::No(_) => {}
        }
        Ok(())
    }

    /// An event that nobody could be told is no reason to leave the name alone.
    fn heard(&self, told: Result<()>) {
        if let Err(error) = told {
            tracing::warn!(error = error.message, "an event was not told");
        }
    }

    fn tell(
        &self,
        event: &'static str,
        seen: Option<&Seen>,
        to: Option<String>,
        reason: Option<String>,
    ) -> Result<()> {
        let names = &self.moving.checker.names;
        let event = Event {
            api_version: "enmon/v1",
            kind: "FailoverEvent",
            at: runtime::rfc3339(runtime::wall_clock_ms()),
            event,
            name: &self.moving.entry.name,
            place: seen.and_then(|seen| words::place_of(&seen.round.points_to, names)),
            healthy: seen.map(healthy).unwrap_or_default(),
            to,
            reason,
        };
        match self.context.ui.format() {
            OutputFormat::Table => self.context.ui.print_text(format!("{}\n", event.line()).as_bytes()),
            _ => self.context.ui.print_json_line(&event),
        }
    }
}

fn healthy(seen: &Seen) -> Vec<&str> {
    seen.places.iter().filter(|place| place.is_healthy()).map(|place| place.name.as_str()).collect()
}

impl Event<'_> {
    fn line(&self) -> String {
        let mut line = format!("{} {} {}", self.at, self.event, self.name);
        if let Some(place) = &self.place {
            line.push_str(&format!(" at {place}"));
        }
        if let Some(to) = &self.to {
            line.push_str(&format!(" to {to}"));
        }
        if let Some(reason) = &self.reason {
            line.push_str(&format!(": {reason}"));
        }
        line
    }
}
