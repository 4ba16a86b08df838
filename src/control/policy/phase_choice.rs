//! One phase or three: when a charger is switched over, and that no current flows meanwhile.
//!
//! ```text
//!  goal ─▶ 0 A is decided ─▶ nothing offered, nothing drawn, for a pause ─▶ command, again until the charger shows it ─▶ a pause ─▶ current
//! ```
//!
//! What a car sees is a station that takes its offer back, and later makes one anew (IEC 61851-1, states C2 → C1/B1 → C2). No circuit counts on the
//! switch: a charger counts with all its phases at any time.

use serde::{Deserialize, Serialize};

use super::super::{ChargerReading, Reading, Time};
use crate::site::{Amps, Charger, Period, Rule, Site, SunSettings};

/// How a charger is being switched between one phase and three.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PhaseChoice {
    /// On how many phases its charger can charge now.
    pub shown: u8,
    /// What it is to be switched to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goal: Option<u8>,
    /// When it was last switched, or that was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub switched_at: Option<Time>,
    /// Since when there has been surplus for three phases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_since: Option<Time>,
    /// Since when there has been a goal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begun_at: Option<Time>,
    /// Since when no current has been offered or drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub still_since: Option<Time>,
    /// Since when the charger has shown that it has switched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown_since: Option<Time>,
    /// What the charger is to be told now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<u8>,
}

/// A car has up to 5 s to let go (IEC 61851-1), a contactor some tenths.
const PAUSE: Period = Period::from_secs(6);
/// Who has not switched after so long won't.
const PATIENCE: Period = Period::from_secs(120);
/// Less than this is no current, amperes.
const NOTHING: Amps = Amps(0.5);

impl PhaseChoice {
    /// Says whether it may be switched now.
    pub(super) fn may_begin(&self, now: Time, sun: &SunSettings) -> bool {
        self.goal.is_none() && self.switched_at.is_none_or(|at| now.since(at) >= sun.switch_every)
    }

    /// Forgets what was seen without a break until then, and a switch that had begun.
    pub(super) fn interrupt(&mut self) {
        *self = PhaseChoice { shown: self.shown, switched_at: self.switched_at, ..PhaseChoice::default() };
    }

    /// Begins to switch.
    pub(super) fn begin(&mut self, phases: u8, now: Time) {
        *self = PhaseChoice {
            shown: self.shown,
            goal: Some(phases),
            begun_at: Some(now),
            switched_at: self.switched_at,
            ..PhaseChoice::default()
        };
    }

    /// Goes on with a switch that has begun. `ceiling` is the most that the charger may be offering, `None`: what it says.
    pub(super) fn go_on(
        &mut self,
        now: Time,
        site: &Site,
        charger: &Charger,
        reading: &Reading<ChargerReading>,
        ceiling: Option<Amps>,
    ) {
        self.told = None;
        let (Some(goal), Some(begun_at)) = (self.goal, self.begun_at) else { return };
        if now.since(begun_at) >= PATIENCE {
            self.end(now);
            return;
        }
        let Reading { at, value: ChargerReading { drawn, offered, phases, .. } } = reading;
        // what was read before the limit went down says nothing, and a limit whose answer was lost may still come
        let may_offer = ceiling.unwrap_or(*offered).max(*offered);
        let is_off = may_offer < charger.min && drawn.iter().all(|&amps| amps < NOTHING);
        let waits = site.control.rules.hold(Rule::SwitchesWithoutCurrent);
        if waits && (*at <= begun_at || !is_off) {
            (self.still_since, self.shown_since) = (None, None);
            return;
        }
        let lasts = |since: &mut Option<Time>| now.since(*since.get_or_insert(now)) >= PAUSE;
        if *phases == Some(goal) {
            if lasts(&mut self.shown_since) {
                self.end(now);
            }
        } else if lasts(&mut self.still_since) || !waits {
            self.told = Some(goal);
        }
    }

    fn end(&mut self, now: Time) {
        *self = PhaseChoice { shown: self.shown, switched_at: Some(now), ..PhaseChoice::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{ChargerState, fixture};
    use super::*;

    /// Says when, in seconds after it was decided, the charger is told; it reads so in each of them.
    fn told_at(seconds: u64, read: impl Fn(u64) -> (f64, f64, Option<f64>)) -> Option<u64> {
        let site = fixture::site(vec![fixture::circuit("main", None, 40.0)], vec![fixture::charger("a", 0)]);
        let mut choice = PhaseChoice { shown: 3, ..PhaseChoice::default() };
        choice.begin(1, Time(1_000_000));
        (0..seconds).find(|&second| {
            let now = Time(1_000_000 + second * 1000);
            let (offered, drawn, ceiling) = read(second);
            let drawn = [Amps(drawn); 3];
            let value = ChargerReading {
                state: ChargerState::Charging,
                drawn,
                offered: Amps(offered),
                phases: Some(3),
            };
            let reading = Reading { at: now, value };
            choice.go_on(now, &site, &site.chargers[0], &reading, ceiling.map(Amps));
            choice.told.is_some()
        })
    }

    #[test]
    fn nothing_is_switched_before_no_current_has_flowed_for_a_while() {
        let falls = |at: u64| move |second: u64| (0.0, if second < at { 16.0 } else { 0.0 }, None);
        assert_eq!(told_at(60, falls(0)), Some(7), "what was read when it was decided does not count");
        assert_eq!(told_at(60, falls(20)), Some(26), "a slow car is waited for");
        assert_eq!(told_at(60, falls(60)), None);
        assert_eq!(told_at(60, |_| (6.0, 0.0, None)), None, "it still offers current");
        assert_eq!(told_at(60, |_| (0.0, 0.0, Some(16.0))), None, "a limit may still be on its way");
        assert_eq!(
            told_at(60, |second| (0.0, f64::from(second == 5), None)),
            Some(12),
            "a pulse begins it anew"
        );
    }

    #[test]
    fn who_never_switches_is_given_up() {
        assert_eq!(told_at(300, |second| (0.0, if second < 121 { 16.0 } else { 0.0 }, None)), None);
    }
}
