//! What a car really draws: a station that offers more than its car takes keeps that from others.

use serde::{Deserialize, Serialize};

/// A car that draws this much less than it is offered, as a share, draws all that it can.
const CLEARLY_LESS: f64 = 0.03;

/// Below this, amperes, a car is pausing or about to be full; that says nothing of what it can draw.
const PAUSING: f64 = 1.0;

/// What is known of the most that the car at a station draws.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct DrawMemory {
    /// The most that it draws, amperes; `None`: all that it gets, as far as is known.
    pub most: Option<f64>,
}

impl DrawMemory {
    /// Learns from a period in which `offered` was on offer and `drawn` was drawn, amperes.
    pub fn seen(&mut self, offered: f64, drawn: f64) {
        if offered <= 0.0 || drawn < PAUSING {
            return;
        }
        if drawn < offered * (1.0 - CLEARLY_LESS) {
            self.most = Some(drawn);
        } else if self.most.is_some_and(|most| drawn > most + 0.01) {
            // it takes more than was thought: let it show how much
            self.most = if drawn + 0.01 < offered { Some(drawn) } else { Some(drawn * 1.25) };
        }
    }

    /// Returns the most that is worth offering where a station has `most`, amperes.
    pub fn worth_offering(&self, most: f64) -> f64 {
        self.most.map_or(most, |known| known.min(most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_car_that_draws_half_is_offered_half() {
        let mut draw = DrawMemory::default();
        draw.seen(32.0, 15.94);
        assert_eq!(draw.worth_offering(32.0), 15.94);
        draw.seen(16.0, 15.94);
        assert_eq!(draw.worth_offering(32.0), 15.94, "a rounded offer is no news");
        draw.seen(8.0, 8.0);
        draw.seen(16.0, 0.2);
        assert_eq!(draw.worth_offering(32.0), 15.94, "nor is a pause");
    }

    #[test]
    fn a_car_that_takes_more_is_given_more_in_steps() {
        let mut draw = DrawMemory { most: Some(10.0) };
        let mut offered = 10.0;
        for _ in 0..20 {
            offered = f64::min(draw.worth_offering(32.0) + 0.5, 32.0);
            draw.seen(offered, offered.min(31.7));
        }
        assert!(offered > 31.0, "{offered}");
    }
}
