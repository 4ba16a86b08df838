//! Points in time as the decision sees them.

use std::fmt;
use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

use crate::site::Period;

/// Milliseconds since the Unix epoch, on a clock that never jumps while the controller runs: the wall clock at its start plus
/// the time that has passed since.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub u64);

impl Time {
    /// Returns how long ago `earlier` was, or nothing when it lies ahead.
    #[must_use]
    pub fn since(self, earlier: Time) -> Period {
        Period::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Period> for Time {
    type Output = Time;
    fn add(self, length: Period) -> Time {
        Time(self.0.saturating_add(length.as_millis()))
    }
}

impl Sub<Period> for Time {
    type Output = Time;
    fn sub(self, length: Period) -> Time {
        Time(self.0.saturating_sub(length.as_millis()))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}
