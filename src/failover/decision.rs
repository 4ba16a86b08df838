//! Where the name should point: what several rounds of checks mean, and whether it moves now.
//!
//! Pure: time and what was seen come in, a decision and a memory go out. Whoever calls it asks the places, keeps the memory and moves the
//! name. The rules, in the order in which they are asked:
//!
//! 1. Without more than half of the witnesses the checker may be the one that is cut off: nothing moves, and what it saw counts for nothing.
//! 2. A name that points to none of the places, or can't be looked up, is left alone.
//! 3. A place has failed after `fail_after` rounds in a row, over at least `fail_for`.
//! 4. A name moves only to a place that is healthy in this round, never sooner than `dwell` after the last move, and so often in an hour.
//! 5. It goes back to an earlier place by itself only with `Failback::Auto`, after `recover_after` good rounds, and never from a place that
//!    was chosen by hand.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What counts as an hour for the bound on moves, in milliseconds.
const HOUR_MS: u64 = 3_600_000;

/// Who lets the name go back to an earlier place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failback {
    /// A person: `enmon site failover --to PLACE`.
    Manual,
    /// The rules.
    Auto,
}

/// How patient the decision is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Bad rounds in a row before a place has failed; 1 at least.
    pub fail_after: u32,
    /// How long they must last from the first to the last, in milliseconds.
    pub fail_for_ms: u64,
    /// Good rounds in a row before the name goes back; 1 at least.
    pub recover_after: u32,
    /// Shortest time between two moves, in milliseconds.
    pub dwell_ms: u64,
    /// Most moves by itself in an hour.
    pub moves_per_hour: u32,
    /// Who lets the name go back.
    pub failback: Failback,
    /// How long clients may take to see a move before that is reported, in milliseconds.
    pub confirm_ms: u64,
    /// Longest pause between two rounds of one row, in milliseconds: after a longer one counting begins anew.
    pub row_gap_ms: u64,
}

/// Where a name points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pointing {
    /// To a place, by its position in the list of places.
    Place(usize),
    /// To something that is none of the places.
    Elsewhere(String),
    /// To nothing: there is no such record.
    Nowhere,
    /// That could not be found out.
    Unknown(String),
}

/// What one round of checks has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// Is each place healthy? In the order of the places; the first is the one to be preferred.
    pub healthy: Vec<bool>,
    /// Witnesses that answered.
    pub witnesses_up: usize,
    /// Witnesses that were asked.
    pub witnesses: usize,
    /// Where the name points, by who keeps it.
    pub points_to: Pointing,
    /// Where clients are sent, when that can be asked apart from who keeps the name.
    pub seen_by_clients: Option<Pointing>,
}

/// Rounds in a row that were alike.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Good rounds in a row.
    pub good: u32,
    /// Bad rounds in a row.
    pub bad: u32,
    /// When the first of the bad ones was, milliseconds since 1970.
    pub bad_since_ms: Option<u64>,
}

/// A move that clients have not been seen to follow yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pending {
    /// The place.
    pub to: String,
    /// When the name was moved, milliseconds since 1970.
    pub since_ms: u64,
}

/// What is remembered from round to round, also over a restart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Memory {
    /// Rows of rounds, by name of the place.
    pub rows: BTreeMap<String, Row>,
    /// When the last round was, milliseconds since 1970.
    pub round_at_ms: Option<u64>,
    /// When the name was moved, by hand or not, within the last hour, milliseconds since 1970; the last move stays for as long as it matters.
    pub moves_ms: Vec<u64>,
    /// A move that is not confirmed.
    pub pending: Option<Pending>,
    /// The place that a person has chosen last; the rules don't go back from it by themselves.
    pub chosen_by_hand: Option<String>,
}

/// Why the name stays where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stay {
    /// All is well.
    Healthy,
    /// Too few witnesses answer: the checker itself seems cut off.
    CutOff,
    /// It can't be found out where the name points.
    Unknown(String),
    /// The name points to none of the places.
    NotOurs(String),
    /// The place is bad, but not for long enough.
    Failing {
        /// Bad rounds in a row.
        bad: u32,
        /// For how long, in milliseconds.
        for_ms: u64,
    },
    /// The place has failed, and no other is healthy.
    AllDown,
    /// It was moved too short a time ago.
    Dwell {
        /// Milliseconds until it may move again.
        left_ms: u64,
    },
    /// It was moved as often as it may be in an hour.
    TooManyMoves,
    /// An earlier place is healthy, but not for long enough.
    Recovering {
        /// The earlier place.
        place: usize,
        /// Good rounds in a row.
        good: u32,
    },
    /// An earlier place is healthy; a person decides.
    ByHand {
        /// The earlier place.
        place: usize,
    },
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Nothing.
    Stay(Stay),
    /// The name moves because its place has failed.
    FailOver {
        /// From here.
        from: usize,
        /// To there.
        to: usize,
    },
    /// The name goes back to an earlier place.
    FailBack {
        /// From here.
        from: usize,
        /// To there.
        to: usize,
    },
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What is to be done.
    pub action: Action,
    /// A move that clients should have followed by now, and have not: its place.
    pub unconfirmed: Option<String>,
}

/// Why a person's wish is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The place is not healthy.
    Unhealthy,
    /// The checker itself seems cut off.
    CutOff,
}

impl Round {
    /// Says whether more than half of the witnesses answer.
    pub fn has_quorum(&self) -> bool {
        self.witnesses_up * 2 > self.witnesses
    }
}

impl Memory {
    /// Notes that the name was moved to a place.
    pub fn moved(&mut self, now_ms: u64, to: &str, by_hand: bool) {
        self.moves_ms.push(now_ms);
        self.pending = Some(Pending { to: to.to_owned(), since_ms: now_ms });
        self.chosen_by_hand = by_hand.then(|| to.to_owned());
    }

    /// Takes what a round has seen into account, and forgets what matters no longer.
    fn note(&mut self, now_ms: u64, rules: &Rules, names: &[String], round: &Round) {
        // after the clock was set back, what seems to be yet to come counts as just now
        for moved in &mut self.moves_ms {
            *moved = (*moved).min(now_ms);
        }
        let kept = HOUR_MS.max(rules.dwell_ms);
        self.moves_ms.retain(|moved| now_ms - moved < kept);
        let gap = self.round_at_ms.is_some_and(|at| at > now_ms || now_ms - at > rules.row_gap_ms);
        if gap || !round.has_quorum() {
            self.rows.clear();
        }
        self.round_at_ms = Some(now_ms);
        self.rows.retain(|name, _| names.contains(name));
        if round.has_quorum() {
            for (name, healthy) in names.iter().zip(&round.healthy) {
                let row = self.rows.entry(name.clone()).or_default();
                *row = if *healthy {
                    Row { good: row.good.saturating_add(1), ..Row::default() }
                } else {
                    let since = row.bad_since_ms.map_or(now_ms, |since| since.min(now_ms));
                    Row { good: 0, bad: row.bad.saturating_add(1), bad_since_ms: Some(since) }
                };
            }
        }
        let seen = round.seen_by_clients.as_ref().unwrap_or(&round.points_to);
        let seen = match seen {
            Pointing::Place(place) => names.get(*place),
            _ => None,
        };
        let mut pending = self.pending.take();
        if let Some(pending) = &mut pending {
            pending.since_ms = pending.since_ms.min(now_ms);
        }
        self.pending = pending.filter(|pending| seen != Some(&pending.to) && names.contains(&pending.to));
    }
}

/// Decides. Returns the memory with this round in it; a move is noted by [`Memory::moved`] once it was made.
pub fn decide(
    now_ms: u64,
    rules: &Rules,
    names: &[String],
    round: &Round,
    memory: &Memory,
) -> (Decision, Memory) {
    let mut memory = memory.clone();
    memory.note(now_ms, rules, names, round);
    let action = action(now_ms, rules, names, round, &memory);
    let late = |pending: &&Pending| now_ms - pending.since_ms > rules.confirm_ms;
    let unconfirmed = memory.pending.as_ref().filter(late).map(|pending| pending.to.clone());
    (Decision { action, unconfirmed }, memory)
}

fn action(now_ms: u64, rules: &Rules, names: &[String], round: &Round, memory: &Memory) -> Action {
    if !round.has_quorum() {
        return Action::Stay(Stay::CutOff);
    }
    let here = match &round.points_to {
        Pointing::Place(place) if *place < names.len() => *place,
        Pointing::Place(_) | Pointing::Nowhere => return Action::Stay(Stay::NotOurs("nothing".into())),
        Pointing::Elsewhere(where_to) => return Action::Stay(Stay::NotOurs(where_to.clone())),
        Pointing::Unknown(reason) => return Action::Stay(Stay::Unknown(reason.clone())),
    };
    let row = |place: usize| names.get(place).and_then(|name| memory.rows.get(name));
    let is_healthy = |place: usize| round.healthy.get(place).copied().unwrap_or(false);
    if !is_healthy(here) {
        let bad = row(here).map_or(0, |row| row.bad);
        let since = row(here).and_then(|row| row.bad_since_ms).unwrap_or(now_ms);
        let for_ms = now_ms - since;
        if bad < rules.fail_after || for_ms < rules.fail_for_ms {
            return Action::Stay(Stay::Failing { bad, for_ms });
        }
        let Some(to) = (0..names.len()).find(|place| *place != here && is_healthy(*place)) else {
            return Action::Stay(Stay::AllDown);
        };
        return bounded(now_ms, rules, memory).map_or(Action::FailOver { from: here, to }, Action::Stay);
    }
    let earlier: Vec<usize> = (0..here).filter(|place| is_healthy(*place)).collect();
    let Some(&first) = earlier.first() else { return Action::Stay(Stay::Healthy) };
    let is_chosen = memory.chosen_by_hand.as_ref() == names.get(here);
    if rules.failback == Failback::Manual || is_chosen {
        return Action::Stay(Stay::ByHand { place: first });
    }
    let good = |place: usize| row(place).map_or(0, |row| row.good);
    let Some(&to) = earlier.iter().find(|place| good(**place) >= rules.recover_after) else {
        return Action::Stay(Stay::Recovering { place: first, good: good(first) });
    };
    bounded(now_ms, rules, memory).map_or(Action::FailBack { from: here, to }, Action::Stay)
}

/// Says what keeps a name from moving that should move.
fn bounded(now_ms: u64, rules: &Rules, memory: &Memory) -> Option<Stay> {
    let last = memory.moves_ms.iter().max();
    let left_ms = last.map_or(0, |last| rules.dwell_ms.saturating_sub(now_ms - last));
    if left_ms > 0 {
        return Some(Stay::Dwell { left_ms });
    }
    let in_hour = memory.moves_ms.iter().filter(|moved| now_ms - **moved < HOUR_MS).count();
    (in_hour >= rules.moves_per_hour as usize).then_some(Stay::TooManyMoves)
}

/// Says whether a person's wish is to be refused. One who insists is not asked for this.
///
/// # Errors
/// With the reason.
pub fn permit(to: usize, round: &Round) -> Result<(), Refusal> {
    if !round.has_quorum() {
        return Err(Refusal::CutOff);
    }
    if round.healthy.get(to) == Some(&true) { Ok(()) } else { Err(Refusal::Unhealthy) }
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
