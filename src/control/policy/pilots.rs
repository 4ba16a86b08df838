//! The currents that a station can offer.

/// Rounding in currents, amperes.
const ROUNDING: f64 = 1e-9;

/// The currents that a station can offer beside 0.
#[derive(Debug, Clone, PartialEq)]
pub enum Pilots {
    /// Any current between these, amperes.
    Between(f64, f64),
    /// These alone, amperes, rising, above 0.
    Only(Vec<f64>),
}

impl Pilots {
    /// Returns the least current that is not 0, amperes.
    pub fn least(&self) -> f64 {
        match self {
            Pilots::Between(least, _) => *least,
            Pilots::Only(steps) => steps.first().copied().unwrap_or(f64::INFINITY),
        }
    }

    /// Returns the most current, amperes.
    pub fn most(&self) -> f64 {
        match self {
            Pilots::Between(_, most) => *most,
            Pilots::Only(steps) => steps.last().copied().unwrap_or(0.0),
        }
    }

    /// Returns the most that can be offered and is no more than `amps`.
    pub fn down(&self, amps: f64) -> f64 {
        match self {
            Pilots::Between(least, _) if amps + ROUNDING < *least => 0.0,
            Pilots::Between(_, most) => amps.min(*most).max(0.0),
            Pilots::Only(steps) => {
                steps.iter().rev().copied().find(|&step| step <= amps + ROUNDING).unwrap_or(0.0)
            }
        }
    }

    /// Returns the next current above `amps` on the way to `wanted`; `None` when there is none, or `amps` is enough.
    pub fn up(&self, amps: f64, wanted: f64) -> Option<f64> {
        if amps + ROUNDING >= wanted {
            return None;
        }
        match self {
            Pilots::Between(least, most) => {
                let next = if amps < *least { *least } else { wanted.min(*most) };
                (next > amps + ROUNDING).then_some(next)
            }
            Pilots::Only(steps) => steps.iter().copied().find(|&step| step > amps + ROUNDING),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currents_go_down_and_up_to_what_can_be_offered() {
        let only = Pilots::Only(vec![6.0, 7.0, 8.0]);
        for (amps, down, up) in [(0.0, 0.0, Some(6.0)), (6.5, 6.0, Some(7.0)), (8.0, 8.0, None)] {
            assert_eq!((only.down(amps), only.up(amps, 32.0)), (down, up), "{amps}");
        }
        let between = Pilots::Between(6.0, 32.0);
        assert_eq!((between.down(5.9), between.down(6.0), between.down(40.0)), (0.0, 6.0, 32.0));
        assert_eq!(
            (between.up(0.0, 2.0), between.up(7.0, 9.5), between.up(9.5, 9.5)),
            (Some(6.0), Some(9.5), None)
        );
        assert_eq!(Pilots::Only(Vec::new()).up(0.0, 32.0), None);
    }
}
