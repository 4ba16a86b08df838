//! A recorded day once more: each taped decision is made again and held against what was decided then. Pure.

use super::tape::{Frame, Player, digest};
use super::{Decision, Snapshot, State, Time, step};
use crate::site::{Amps, Site};

/// The first decision that came out otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// When it was made.
    pub at: Time,
    /// Number of the cycle.
    pub cycle: u64,
    /// What differs.
    pub what: Differing,
}

/// What differs.
#[derive(Debug, Clone, PartialEq)]
pub enum Differing {
    /// A charger's limit.
    Limit {
        /// The charger.
        charger: String,
        /// What was decided then.
        recorded: Amps,
        /// What is decided now.
        replayed: Amps,
    },
    /// What a charger is to have in the end.
    Target {
        /// The charger.
        charger: String,
        /// What was decided then.
        recorded: Amps,
        /// What is decided now.
        replayed: Amps,
    },
    /// The limits are the same; reasons, loads, or what is remembered for the next decision are not.
    Rest,
}

/// Makes decisions again.
#[derive(Debug, Default)]
pub struct Replay {
    player: Player,
    state: State,
    /// Decisions made again.
    pub decisions: u64,
    /// Of them those that differ from the record.
    pub differing: u64,
    /// The first that differs.
    pub first: Option<Difference>,
    /// Frames that could not be understood, since what they build on is gone.
    pub skipped: u64,
    /// When the first and the last decision was made.
    pub span: Option<(Time, Time)>,
}

impl Replay {
    /// Takes a frame in without deciding; returns the snapshot and the memory that the frame brings along, unless it can't be understood.
    pub fn see(&mut self, mut frame: Frame) -> Option<(&Snapshot, Option<State>)> {
        self.player.play(&mut frame).then_some((&self.player.snapshot, frame.state))
    }

    /// Makes the decision of a frame again; returns it with the snapshot on which it rests.
    pub fn decide(&mut self, site: &Site, mut frame: Frame) -> Option<(&Snapshot, Decision)> {
        if !self.player.play(&mut frame) {
            self.skipped += 1;
            return None;
        }
        let state = frame.state.take().unwrap_or_else(|| std::mem::take(&mut self.state));
        let decision = step(frame.at, site, &self.player.snapshot, &state);
        self.decisions += 1;
        self.span = Some((self.span.map_or(frame.at, |(first, _)| first), frame.at));
        if let Some(what) = self.difference(site, &frame, &decision) {
            self.differing += 1;
            self.first.get_or_insert(Difference { at: frame.at, cycle: frame.cycle, what });
        }
        self.state = decision.state.clone();
        Some((&self.player.snapshot, decision))
    }

    fn difference(&self, site: &Site, frame: &Frame, decision: &Decision) -> Option<Differing> {
        if digest(decision) == frame.digest {
            return None;
        }
        let differs = |a: Amps, b: Amps| a.0.to_bits() != b.0.to_bits();
        let pairs = decision.setpoints.iter().zip(&self.player.limits).zip(&site.chargers);
        for ((now, then), charger) in pairs {
            let charger = charger.name.clone();
            if differs(now.amps, then.amps) {
                return Some(Differing::Limit { charger, recorded: then.amps, replayed: now.amps });
            }
            if differs(now.target, then.target) {
                return Some(Differing::Target { charger, recorded: then.target, replayed: now.target });
            }
        }
        Some(Differing::Rest)
    }
}
