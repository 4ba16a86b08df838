//! Who gets the surplus of the sun: which cars start and stop, and how much of it each may take.
//!
//! ```text
//!           surplus for the least current, for startAfter
//!   waits ──────────────────────────────────────────────▶ runs: takes its share, and at least its least current
//!     ▲       no longer that much, for stopAfter; or its turn is over and another one starts in its place
//!     └──────────────────────────────────────────────────────┘
//! ```
//!
//! It lowers wishes, and nothing else: circuits, fail-safe currents and turns hold as they do without the sun. What a car may take from the grid
//! all the same (it leaves soon, energy is cheap) is said by `foresight`, and comes off the surplus before that of others.

use serde::{Deserialize, Serialize};

use super::super::network::{Network, Phasor, Term};
use super::super::wish::{Wish, possible};
use super::super::{
    ChargerMemory, ChargerReading, ChargerState, Demand, Reason, Snapshot, State, Time, fresh, share,
};
use super::phase_choice::PhaseChoice;
use super::sunshine::{Surplus, look};
use crate::site::{Amps, Charger, CircuitId, Period, Rule, Site, SunSettings};

/// How a car follows the sun.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Follower {
    /// It has current.
    pub runs: bool,
    /// When it last started, stopped, or came.
    pub changed_at: Time,
    /// Since when it could start, or should stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// On how many phases it charges, as far as it has shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phases: Option<u8>,
    /// How its charger is switched between one phase and three, where it may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<PhaseChoice>,
}

/// A car that draws less than this on a phase does not charge on it, amperes; one that draws more than the other is believed.
const PHASE_IN_USE: f64 = 1.0;
const CHARGES: f64 = 3.0;
/// Less than this is no difference, W.
const ROUNDING: f64 = 1e-6;

/// A car that wants current.
struct Candidate {
    index: usize,
    least: Amps,
    /// Voltage of a phase.
    volts: f64,
    /// On how many phases it charges now.
    phases: u8,
    /// On how many it would charge if its charger were switched over now; the same where that can't be.
    other_phases: u8,
    /// What it may take from the grid.
    grid: Amps,
    /// It may take all that it wants from the grid: the sun is none of its business.
    is_free: bool,
    /// It has current on offer and draws nothing: it needs no surplus until it does.
    is_idle: bool,
    /// It has had its turn, and makes room for those that wait.
    is_served: bool,
    /// Surplus that was left when others before it had theirs, W.
    left: f64,
    runs: bool,
    /// It has no current because its charger is being switched to so many phases.
    switches_to: Option<u8>,
}

impl Candidate {
    fn watts_per_amp(&self) -> f64 {
        self.volts * f64::from(self.phases)
    }

    /// Returns what its least current takes on so many phases, W.
    fn least_watts(&self, phases: u8) -> f64 {
        self.least.0 * self.volts * f64::from(phases)
    }
}

/// Lowers wishes to what the sun leaves over. `grid` says how much each car may take beside the sun.
pub(super) fn follow_sun(
    now: Time,
    (site, sun): (&Site, &SunSettings),
    snapshot: &Snapshot,
    (network, limits): (&Network, &[f64]),
    (wishes, grid): (&mut [Wish], &[Amps]),
    state: &mut State,
) {
    let behind = behind(site, sun);
    remember_cars(now, site, snapshot, &behind, state);
    let is_free = |index: usize| grid[index] > Amps::ZERO && grid[index] >= wishes[index].most;
    let follows: Vec<bool> = (0..wishes.len())
        .map(|index| behind[index] && wishes[index].takes.is_none() && !is_free(index))
        .collect();
    switch_over(now, site, snapshot, state);
    let surplus = look(now, site, snapshot, sun.meter, &follows, &mut state.surplus);
    let volts = surplus.as_ref().map_or(site.grid.voltage.0, |surplus| surplus.volts);
    let mut candidates = Vec::new();
    for index in (0..wishes.len()).filter(|&index| behind[index] && wishes[index].takes.is_none()) {
        let memory = &mut state.chargers[index];
        if wishes[index].most > Amps::ZERO {
            let one = candidate((now, sun), (index, &site.chargers[index]), memory, volts);
            candidates.push(Candidate { grid: grid[index], is_free: is_free(index), ..one });
        } else if let Some(follower) = &mut memory.sun {
            // it may have nothing for another reason: the sun starts it anew
            follower.turn(false, now);
        }
    }
    in_turn(now, (site, sun), &mut candidates, state);
    let watts = surplus.as_ref().map_or(0.0, |surplus| surplus.watts);
    start_and_stop(now, sun, watts, &mut candidates, state);
    let shares = shares(site, (network, limits), wishes, &candidates, watts);
    for one in &candidates {
        if let Some(phases) = one.switches_to {
            let wish = &mut wishes[one.index];
            (wish.most, wish.reason) = (Amps::ZERO, Reason::SwitchesPhases { phases });
        }
    }
    for (one, &amps) in candidates.iter().zip(&shares).filter(|(one, _)| !one.is_free) {
        lower(&mut wishes[one.index], &site.chargers[one.index], one, amps, surplus.as_ref(), sun);
    }
}

impl Follower {
    /// Forgets what was seen without a break until then.
    pub fn interrupt(&mut self) {
        self.since = None;
        if let Some(choice) = &mut self.choice {
            choice.interrupt();
        }
    }

    /// Counts how long something has lasted without a break; `None`: it is not so now.
    fn lasts(&mut self, is_so: bool, now: Time) -> Option<Period> {
        self.since = is_so.then(|| self.since.unwrap_or(now));
        self.since.map(|since| now.since(since))
    }

    /// Begins to switch its charger over.
    fn switch(&mut self, phases: u8, now: Time) {
        self.since = None;
        if let Some(choice) = &mut self.choice {
            choice.begin(if phases == 1 { 1 } else { 3 }, now);
        }
    }

    /// Begins to switch its charger to more phases when there has been surplus for them for long enough.
    fn switch_up(&mut self, phases: Option<u8>, sun: &SunSettings, now: Time) {
        let Some(choice) = &mut self.choice else { return };
        match phases {
            None => choice.more_since = None,
            Some(phases) => {
                if now.since(*choice.more_since.get_or_insert(now)) >= sun.start_after {
                    self.switch(phases, now);
                }
            }
        }
    }

    /// Starts the car or stops it, unless that is so already.
    fn turn(&mut self, runs: bool, now: Time) {
        if self.runs != runs {
            (self.runs, self.changed_at) = (runs, now);
        }
        self.since = None;
    }
}

/// Finds the chargers that the grid's meter sees: all, when it measures no circuit of the site.
fn behind(site: &Site, sun: &SunSettings) -> Vec<bool> {
    let measured: Vec<usize> =
        (0..site.circuits.len()).filter(|&at| site.circuits[at].meter == Some(sun.meter)).collect();
    let is_behind = |circuit| site.ancestry(circuit).any(|at: CircuitId| measured.contains(&at.0));
    site.chargers.iter().map(|charger| measured.is_empty() || is_behind(charger.circuit)).collect()
}

/// Remembers which cars are there, and on how many phases they charge. An old reading changes nothing.
fn remember_cars(now: Time, site: &Site, snapshot: &Snapshot, behind: &[bool], state: &mut State) {
    for (index, memory) in state.chargers.iter_mut().enumerate() {
        if !behind[index] {
            memory.sun = None;
            continue;
        }
        let Some(reading) = fresh(snapshot.chargers.get(index), now, site.control.stale_after) else {
            if let Some(follower) = &mut memory.sun {
                follower.since = None;
            }
            continue;
        };
        if reading.value.state == ChargerState::Unplugged {
            memory.sun = None;
            continue;
        }
        let new = Follower { runs: false, changed_at: now, since: None, phases: None, choice: None };
        let follower = memory.sun.get_or_insert(new);
        // at one phase a car shows nothing of what it could at three
        if reading.value.phases != Some(1) {
            follower.phases = phases_in_use(&reading.value).or(follower.phases);
        }
        if site.chargers[index].switches_phases && site.control.rules.hold(Rule::ChoosesPhases) {
            let shown = reading.value.phases;
            follower.choice.get_or_insert_default().shown = shown.unwrap_or(3);
        } else {
            follower.choice = None;
        }
    }
}

/// Goes on with switches that have begun; a charger that is not heard is told nothing.
fn switch_over(now: Time, site: &Site, snapshot: &Snapshot, state: &mut State) {
    for (index, memory) in state.chargers.iter_mut().enumerate() {
        let Some(choice) = memory.sun.as_mut().and_then(|follower| follower.choice.as_mut()) else {
            continue;
        };
        match fresh(snapshot.chargers.get(index), now, site.control.stale_after) {
            Some(reading) => {
                let ceiling = snapshot.ceilings.get(index).copied().flatten();
                choice.go_on(now, site, &site.chargers[index], reading, ceiling);
            }
            None => (choice.told, choice.still_since) = (None, None),
        }
    }
}

fn phases_in_use(reading: &ChargerReading) -> Option<u8> {
    let most = reading.drawn.iter().fold(Amps::ZERO, |most, &amps| most.max(amps));
    let in_use = reading.drawn.iter().filter(|amps| amps.0 > PHASE_IN_USE).count();
    (most.0 >= CHARGES).then(|| u8::try_from(in_use).unwrap_or(3))
}

fn candidate(
    (now, sun): (Time, &SunSettings),
    (index, charger): (usize, &Charger),
    memory: &ChargerMemory,
    volts: f64,
) -> Candidate {
    let wired = u8::try_from(charger.phases.len()).unwrap_or(3);
    let (car, choice) = memory.sun.map_or((None, None), |follower| (follower.phases, follower.choice));
    // of a car that has not charged yet it is assumed that it takes all phases
    let can = car.unwrap_or(wired).clamp(1, wired);
    let phases = can.min(choice.map_or(wired, |choice| choice.shown.clamp(1, 3)));
    let other_phases = match choice {
        Some(choice) if can > 1 && choice.may_begin(now, sun) => {
            if phases == 1 {
                can
            } else {
                1
            }
        }
        _ => phases,
    };
    let draws_nothing = memory.idle_since.is_some() && memory.idle_peak.0 < PHASE_IN_USE;
    Candidate {
        index,
        least: charger.min,
        volts,
        phases,
        other_phases,
        grid: Amps::ZERO,
        is_free: false,
        is_idle: memory.appetite.is_some() && draws_nothing,
        is_served: false,
        left: 0.0,
        runs: false,
        switches_to: choice.and_then(|choice| choice.goal),
    }
}

/// Puts those first that may take from the grid, then those whose turn is not over, those that wait (the longest first), and the others.
fn in_turn(now: Time, (site, sun): (&Site, &SunSettings), candidates: &mut [Candidate], state: &State) {
    let turn = site.control.turn.max(sun.start_after).max(sun.stop_after);
    let follower = |one: &Candidate| state.chargers[one.index].sun;
    for one in candidates.iter_mut() {
        one.is_served = follower(one).is_some_and(|car| car.runs && now.since(car.changed_at) >= turn);
    }
    candidates.sort_by_key(|one| {
        let runs = follower(one).is_some_and(|car| car.runs);
        let rank = match (one.grid > Amps::ZERO, runs) {
            (true, _) => 0,
            (false, true) if !one.is_served => 1,
            (false, false) => 2,
            (false, true) => 3,
        };
        (rank, follower(one).map_or(now, |car| car.changed_at), one.index)
    });
}

/// Lets cars start and stop, and chargers be switched over. In order, each takes its least current off what is left; one that does not run yet
/// only keeps it free from others that wait.
fn start_and_stop(now: Time, sun: &SunSettings, watts: f64, candidates: &mut [Candidate], state: &mut State) {
    let (mut left, mut kept, mut started) = (watts, 0.0, false);
    for one in candidates.iter_mut() {
        let memory = &mut state.chargers[one.index];
        let has_current = memory.setpoint.is_some_and(|amps| amps > Amps::ZERO);
        let Some(follower) = &mut memory.sun else { continue };
        one.left = left.max(0.0);
        let is_enough =
            |left: f64, phases: u8| left + ROUNDING >= one.least_watts(phases) * (1.0 - sun.grid_share);
        if one.switches_to.is_some() {
            follower.since = None;
        } else if one.grid > Amps::ZERO {
            follower.turn(true, now);
            if one.other_phases > one.phases {
                follower.switch(one.other_phases, now);
            }
        } else if follower.runs {
            let lasts = follower.lasts(!is_enough(left, one.phases), now);
            let can_go_on = one.other_phases < one.phases && is_enough(left, one.other_phases);
            let is_over = lasts
                .is_some_and(|lasts| !has_current || lasts >= sun.stop_after || (started && one.is_served));
            if is_over && can_go_on {
                follower.switch(one.other_phases, now);
            } else if is_over {
                follower.turn(false, now);
            } else if one.other_phases > one.phases {
                follower.switch_up(is_enough(left, one.other_phases).then_some(one.other_phases), sun, now);
            }
        } else {
            let least = one.phases.min(one.other_phases);
            let lasts = follower.lasts(is_enough(left - kept, least), now);
            if lasts.is_some_and(|lasts| lasts >= sun.start_after) {
                follower.turn(true, now);
                started = true;
                let best = one.phases.max(one.other_phases);
                let best = if is_enough(left - kept, best) { best } else { least };
                if best != one.phases {
                    follower.switch(best, now);
                }
            } else if lasts.is_some() {
                kept += one.least_watts(least);
            }
        }
        one.runs = follower.runs;
        one.switches_to = follower.choice.and_then(|choice| choice.goal);
        if one.runs && !one.is_idle && !one.is_free {
            let phases = one.switches_to.unwrap_or(one.phases);
            left -= one.least_watts(phases).max(one.grid.0 * one.watts_per_amp());
        }
    }
}

/// Shares the surplus among those that run, under the limits of the circuits: amperes for each candidate.
fn shares(
    site: &Site,
    (network, limits): (&Network, &[f64]),
    wishes: &[Wish],
    candidates: &[Candidate],
    watts: f64,
) -> Vec<f64> {
    let mut demands: Vec<Demand> =
        wishes.iter().map(|wish| Demand::fixed(wish.takes.map_or(0.0, |amps| amps.0))).collect();
    let mut kilowatts = vec![0.0; wishes.len()];
    let mut floors = 0.0;
    for one in candidates.iter().filter(|one| one.runs && one.switches_to.is_none()) {
        let (charger, most) = (&site.chargers[one.index], wishes[one.index].most);
        let floor = if one.is_free { charger.min } else { charger.min.max(one.grid) }.min(most);
        demands[one.index] = Demand { floor: floor.0, ceiling: most.0, weight: charger.priority };
        if !one.is_idle && !one.is_free {
            kilowatts[one.index] = one.watts_per_amp() / 1000.0;
            floors += floor.0 * kilowatts[one.index];
        }
    }
    // one constraint more than the circuits have: what the sun gives
    let surplus = u32::try_from(network.constraints()).unwrap_or(u32::MAX);
    let terms = kilowatts.iter().enumerate().map(|(current, &per_amp)| {
        let more = Term { constraint: surplus, phasor: Phasor { re: per_amp, im: 0.0 } };
        network.terms(current).iter().copied().chain((per_amp > 0.0).then_some(more))
    });
    let with_sun = Network::new(network.constraints() + 1, terms);
    let limits: Vec<f64> = limits.iter().copied().chain([floors.max(watts / 1000.0)]).collect();
    let shares = share(&with_sun, &limits, &demands);
    candidates.iter().map(|one| shares.amps[one.index]).collect()
}

/// Lowers a wish to the car's share.
fn lower(
    wish: &mut Wish,
    charger: &Charger,
    one: &Candidate,
    amps: f64,
    surplus: Option<&Surplus>,
    sun: &SunSettings,
) {
    let most = possible(charger, Amps(amps));
    if most >= wish.most {
        return;
    }
    let left = (one.left / one.watts_per_amp()).min(amps);
    wish.most = most;
    wish.reason = match (surplus, one.runs) {
        (None, _) => Reason::SurplusUnknown(sun.meter),
        (Some(_), false) => Reason::WaitsForSun,
        (Some(_), true) if one.grid > Amps::ZERO && amps <= one.grid.0 => Reason::Cheaper,
        (Some(_), true) => Reason::FollowsSun { surplus: Amps((left * 10.0).round() / 10.0) },
    };
}
