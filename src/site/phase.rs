//! The three phases of a grid connection, and values held once for each.

use std::fmt;
use std::ops::{Index, IndexMut};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A phase of the site's grid connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Phase {
    /// First phase.
    L1,
    /// Second phase.
    L2,
    /// Third phase.
    L3,
}

impl Phase {
    /// All phases in order.
    pub const ALL: [Phase; 3] = [Phase::L1, Phase::L2, Phase::L3];

    /// Returns 0, 1 or 2.
    pub fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Phase::L1 => "L1",
            Phase::L2 => "L2",
            Phase::L3 => "L3",
        })
    }
}

/// One value for each phase.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub struct PerPhase<T> {
    /// Value of L1.
    pub l1: T,
    /// Value of L2.
    pub l2: T,
    /// Value of L3.
    pub l3: T,
}

impl<T: Copy> PerPhase<T> {
    /// Makes a set with the same value on each phase.
    pub fn all(value: T) -> Self {
        PerPhase { l1: value, l2: value, l3: value }
    }
}

impl<T> PerPhase<T> {
    /// Makes a set from what a function says of each phase.
    pub fn from_fn(mut value_of: impl FnMut(Phase) -> T) -> Self {
        PerPhase { l1: value_of(Phase::L1), l2: value_of(Phase::L2), l3: value_of(Phase::L3) }
    }

    /// Turns each value into another.
    pub fn map<U>(self, mut change: impl FnMut(T) -> U) -> PerPhase<U> {
        PerPhase { l1: change(self.l1), l2: change(self.l2), l3: change(self.l3) }
    }

    /// Goes through the phases with their values.
    pub fn iter(&self) -> impl Iterator<Item = (Phase, &T)> {
        Phase::ALL.into_iter().map(move |phase| (phase, &self[phase]))
    }
}

impl<T> Index<Phase> for PerPhase<T> {
    type Output = T;
    fn index(&self, phase: Phase) -> &T {
        match phase {
            Phase::L1 => &self.l1,
            Phase::L2 => &self.l2,
            Phase::L3 => &self.l3,
        }
    }
}

impl<T> IndexMut<Phase> for PerPhase<T> {
    fn index_mut(&mut self, phase: Phase) -> &mut T {
        match phase {
            Phase::L1 => &mut self.l1,
            Phase::L2 => &mut self.l2,
            Phase::L3 => &mut self.l3,
        }
    }
}
