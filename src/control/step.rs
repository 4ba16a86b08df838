//! The decision: what each charger may offer from now on, and why.
//!
//! ```text
//!  snapshot ─▶ loads ─▶ wishes ─▶ turns (who gets the least current) ─▶ share (fair target) ─▶ raise (safe part of it) ─▶ decision
//! ```
//!
//! A target that is lower is taken at once. One that is higher is taken when it has been possible for `raiseAfter`, and only as far as it fits
//! beside what every other charger may still be offering: current is given only after it has been given back.

use serde::Serialize;

use super::loads::{CircuitLoad, circuit_loads};
use super::network::{Network, Phasor, Term};
use super::policy::{Preference, fill, foresee};
use super::reason::Reason;
use super::shedding::{LoadDecision, make_room, shed};
use super::turns::{Admission, add, admit, first_full};
use super::wish::{Wish, wishes};
use super::{ChargerMemory, Demand, Shares, Snapshot, State, Stop, TOLERANCE, Time, share};
use crate::site::{Amps, Charger, CircuitId, PerPhase, Phase, Rule, Site};

/// A charger's new limit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Setpoint {
    /// Amperes per phase: 0, or between the charger's `min` and `max`.
    pub amps: Amps,
    /// What it is to have in the end, when holds are over and others have let go.
    pub target: Amps,
    /// Why.
    pub reason: Reason,
    /// What the charger is to be switched to now: one phase, or three. Only while it has no current.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phases: Option<u8>,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// When.
    pub at: Time,
    /// The limit of each charger.
    pub setpoints: Vec<Setpoint>,
    /// The load of each circuit as it was taken.
    pub loads: Vec<CircuitLoad>,
    /// What the chargers of each circuit may be offering at the most while this decision is carried out.
    pub offered: Vec<PerPhase<Amps>>,
    /// Whether each load that may be cut is to be on, and why.
    pub shedding: Vec<LoadDecision>,
    /// What to remember for the next decision.
    pub state: State,
}

/// A rise by less than this is not worth a write, unless it reaches the target. Amperes.
const WORTH_RAISING: f64 = 0.5;

/// Returns the constraints of a site: one for each circuit and phase, number `circuit · 3 + phase`.
pub fn site_network(site: &Site) -> Network {
    let currents = site.chargers.iter().map(|charger| {
        site.ancestry(charger.circuit).flat_map(|circuit| {
            charger.phases.iter().map(move |phase| Term {
                constraint: (circuit.0 * 3 + phase.index()) as u32,
                phasor: Phasor { re: 1.0, im: 0.0 },
            })
        })
    });
    Network::new(site.circuits.len() * 3, currents)
}

/// Decides. Pure: the same arguments give the same decision.
pub fn step(now: Time, site: &Site, snapshot: &Snapshot, state: &State) -> Decision {
    let network = site_network(site);
    let mut state = sized(state, site);
    let mut loads = circuit_loads(now, site, snapshot, &mut state);
    let returning = make_room(now, site, &state, &mut loads);
    let mut wishes = wishes(now, site, snapshot, &loads, &mut state);
    let limits = headroom(site, &loads);
    let preferences = foresee(now, site, snapshot, (&network, &limits), &mut wishes, &mut state);
    let room = Room { now, site, network: &network, limits: &limits, preferences: &preferences };
    let laggards_pay = site.control.rules.hold(Rule::LaggardsPay);
    let before = wishes.iter().any(|wish| wish.lags && laggards_pay).then(|| state.clone());
    let mut setpoints = plan(&room, &wishes, &mut state);
    if let Some(mut again) = before
        && count_laggards(&network, &limits, &mut wishes, &setpoints)
    {
        setpoints = plan(&room, &wishes, &mut again);
        keep_turns(&wishes, &state, &mut again);
        state = again;
    }
    let offered = worst_case(&network, site, &wishes, &setpoints);
    for ((memory, setpoint), wish) in state.chargers.iter_mut().zip(&setpoints).zip(&wishes) {
        memory.setpoint = Some(setpoint.amps);
        memory.ceiling = Some(wish.ceiling.max(setpoint.amps));
    }
    let shedding = shed(now, site, snapshot, &loads, &offered, &returning, &mut state);
    state.at = Some(now);
    Decision { at: now, setpoints, loads, offered, shedding, state }
}

/// What there is to share, and what the policy would like.
#[derive(Clone, Copy)]
struct Room<'a> {
    now: Time,
    site: &'a Site,
    network: &'a Network,
    limits: &'a [f64],
    preferences: &'a [Option<Preference>],
}

/// Shares the headroom and turns the shares into limits.
fn plan(room: &Room<'_>, wishes: &[Wish], state: &mut State) -> Vec<Setpoint> {
    let &Room { now, site, network, limits, preferences } = room;
    let taken: Vec<f64> = wishes.iter().map(|wish| wish.takes.map_or(0.0, |amps| amps.0)).collect();
    let admission = admit(now, site, (network, limits), (wishes, preferences), network.sums(&taken), state);
    let fair = fair_shares(room, wishes, &admission);
    Raise { now, site, network, limits, wishes, admission: &admission }.setpoints(&fair, state)
}

/// Lets chargers that have not followed a lower limit count with what they offer, where the plan has no room for that: the others pay
/// until they obey. Says whether there is such a charger.
fn count_laggards(network: &Network, limits: &[f64], wishes: &mut [Wish], setpoints: &[Setpoint]) -> bool {
    let real = wishes.iter().zip(setpoints).map(|(wish, setpoint)| match wish.takes {
        Some(takes) => takes.0,
        None if wish.lags => wish.ceiling.max(setpoint.amps).0,
        None => setpoint.amps.0,
    });
    let sums = network.sums(&real.collect::<Vec<_>>());
    let is_over = |term: &Term| {
        let constraint = term.constraint as usize;
        sums[constraint].magnitude() > limits[constraint] + TOLERANCE
    };
    let mut found = false;
    for (index, (wish, setpoint)) in wishes.iter_mut().zip(setpoints).enumerate() {
        if wish.lags && network.terms(index).iter().any(is_over) {
            // what it was told, and why, stays as it is
            (wish.most, wish.reason) = (setpoint.amps, setpoint.reason);
            wish.takes = Some(wish.ceiling.max(setpoint.amps));
            found = true;
        }
    }
    found
}

/// Lets those who count with what they offer keep the turns that they had.
fn keep_turns(wishes: &[Wish], from: &State, to: &mut State) {
    let memories = to.chargers.iter_mut().zip(&from.chargers).zip(wishes);
    for ((memory, known), _) in memories.filter(|(_, wish)| wish.lags && wish.takes.is_some()) {
        memory.turn_since = known.turn_since;
        memory.waiting_since = known.waiting_since;
        memory.served = known.served;
    }
}

/// Returns a state with a place for each charger and circuit.
fn sized(state: &State, site: &Site) -> State {
    let mut state = state.clone();
    state.chargers.resize_with(site.chargers.len(), Default::default);
    state.circuits.resize_with(site.circuits.len(), Default::default);
    state.loads.resize_with(site.loads.len(), Default::default);
    state
}

/// Returns what the chargers may have together, for each constraint.
fn headroom(site: &Site, loads: &[CircuitLoad]) -> Vec<f64> {
    let circuits = site.circuits.iter().zip(loads);
    circuits
        .flat_map(|(circuit, load)| {
            Phase::ALL.map(|phase| (circuit.limit[phase] - load.other[phase] - site.control.reserve).0)
        })
        .collect()
}

/// Shares the headroom among those who are in.
fn fair_shares(room: &Room<'_>, wishes: &[Wish], admission: &Admission) -> Shares {
    let chargers = room.site.chargers.iter().zip(wishes).zip(&admission.verdicts);
    let demands: Vec<Demand> = chargers
        .map(|((charger, wish), verdict)| match (wish.takes, verdict) {
            (Some(takes), _) => Demand::fixed(takes.0),
            (None, Ok(())) => Demand { floor: charger.min.0, ceiling: wish.most.0, weight: charger.priority },
            (None, Err(_)) => Demand::fixed(0.0),
        })
        .collect();
    fill(room.network, room.limits, &demands, room.preferences)
}

/// Returns what the chargers of each circuit may offer together while the decision is carried out.
fn worst_case(
    network: &Network,
    site: &Site,
    wishes: &[Wish],
    setpoints: &[Setpoint],
) -> Vec<PerPhase<Amps>> {
    let worst = wishes.iter().zip(setpoints);
    let worst: Vec<f64> = worst
        .map(|(wish, setpoint)| wish.takes.unwrap_or(Amps::ZERO).max(wish.ceiling).max(setpoint.amps).0)
        .collect();
    let sums = network.sums(&worst);
    (0..site.circuits.len())
        .map(|circuit| PerPhase::from_fn(|phase| Amps(sums[circuit * 3 + phase.index()].magnitude())))
        .collect()
}

/// Rounds down to what the charger can be set to.
fn settable(charger: &Charger, amps: f64) -> Amps {
    let step = charger.resolution.0;
    let rounded = ((amps + 1e-9) / step).floor() * step;
    if amps + 1e-9 < charger.min.0 { Amps::ZERO } else { Amps(rounded).max(charger.min) }
}

/// The step from fair targets to limits that are safe while they are carried out.
struct Raise<'a> {
    now: Time,
    site: &'a Site,
    network: &'a Network,
    limits: &'a [f64],
    wishes: &'a [Wish],
    admission: &'a Admission,
}

impl Raise<'_> {
    fn holds(&self, rule: Rule) -> bool {
        self.site.control.rules.hold(rule)
    }

    fn setpoints(&self, fair: &Shares, state: &mut State) -> Vec<Setpoint> {
        let targets: Vec<Amps> = self.targets(fair);
        let kept: Vec<Amps> = self.kept(&targets, state);
        let aims = self.aims(&targets, &kept, state);
        let raised = self.raised(&kept, &aims);
        let sharers = self.sharers(fair);
        (0..targets.len())
            .map(|index| {
                let memory = &mut state.chargers[index];
                let reason = self.reason(index, fair, &sharers, targets[index], raised[index], memory);
                if raised[index] >= targets[index] {
                    // the next rise has to earn its own wait
                    memory.raisable_since = None;
                }
                let told = memory.sun.and_then(|follower| follower.choice).and_then(|choice| choice.told);
                let is_off = raised[index] <= Amps::ZERO || !self.holds(Rule::SwitchesWithoutCurrent);
                let phases = told.filter(|_| is_off);
                Setpoint { amps: raised[index], target: targets[index], reason, phases }
            })
            .collect()
    }

    /// What each charger is to have in the end, as it can be set.
    fn targets(&self, fair: &Shares) -> Vec<Amps> {
        let chargers = self.site.chargers.iter().enumerate();
        chargers
            .map(|(index, charger)| match (self.wishes[index].takes, &self.admission.verdicts[index]) {
                (Some(_), _) => settable(charger, self.wishes[index].most.0),
                (None, Ok(())) => settable(charger, fair.amps[index]),
                (None, Err(_)) => Amps::ZERO,
            })
            .collect()
    }

    /// What each charger keeps at least for now: no more than its target, than it was told, and than it may be offering already.
    fn kept(&self, targets: &[Amps], state: &State) -> Vec<Amps> {
        let chargers = self.site.chargers.iter().enumerate();
        chargers
            .map(|(index, charger)| {
                let ceiling = self.wishes[index].ceiling;
                let has = state.chargers[index].setpoint.unwrap_or(ceiling).min(ceiling).min(charger.max);
                let most = if self.holds(Rule::LowerAtOnce) { targets[index] } else { charger.max };
                settable(charger, has.0).min(most)
            })
            .collect()
    }

    /// How far each charger may be raised now, if there is room: to its target when that has been possible for long enough, otherwise
    /// back to what it was told before.
    fn aims(&self, targets: &[Amps], kept: &[Amps], state: &mut State) -> Vec<Option<Amps>> {
        let memories = state.chargers.iter_mut().enumerate();
        memories
            .map(|(index, memory)| {
                let (target, charger) = (targets[index], &self.site.chargers[index]);
                if self.wishes[index].takes.is_some() {
                    memory.raisable_since = None;
                    return None;
                }
                let told = memory.setpoint.map_or(kept[index], |told| told.min(target)).max(kept[index]);
                let gain = (target - told).0;
                let to_the_top = target >= settable(charger, self.wishes[index].most.0);
                if gain >= WORTH_RAISING || (gain > 1e-9 && to_the_top) {
                    let since = *memory.raisable_since.get_or_insert(self.now);
                    if self.now.since(since) >= self.site.control.raise_after {
                        return Some(target);
                    }
                } else {
                    memory.raisable_since = None;
                }
                (told > kept[index]).then_some(told)
            })
            .collect()
    }

    /// Raises those who may be as far as it fits beside what everybody may be offering now.
    fn raised(&self, kept: &[Amps], aims: &[Option<Amps>]) -> Vec<Amps> {
        if aims.iter().all(Option::is_none) {
            return kept.to_vec();
        }
        let may_be_offering = |(wish, &kept): (&Wish, &Amps)| match wish.takes {
            Some(takes) => takes.max(wish.ceiling).0,
            None if self.holds(Rule::GivenBackFirst) => wish.ceiling.0,
            None => kept.0,
        };
        let mut base: Vec<f64> = self.wishes.iter().zip(kept).map(may_be_offering).collect();
        let mut sums = self.network.sums(&base);
        let mut aims = aims.to_vec();
        for &index in &self.admission.order {
            let index = index as usize;
            let missing = self.site.chargers[index].min.0 - base[index];
            if aims[index].is_none() || missing <= 0.0 {
                continue;
            }
            if first_full(self.network, self.limits, &sums, index, missing).is_some() {
                aims[index] = None;
            } else {
                add(self.network, &mut sums, index, missing);
                base[index] += missing;
            }
        }
        let demands: Vec<Demand> = (0..kept.len())
            .map(|index| {
                let ceiling = aims[index].map_or(base[index], |aim| aim.0);
                Demand { floor: base[index], ceiling, weight: self.site.chargers[index].priority }
            })
            .collect();
        let shares = share(self.network, self.limits, &demands);
        (0..kept.len())
            .map(|index| match aims[index] {
                Some(aim) => {
                    let amps = shares.amps[index].min(aim.0);
                    settable(&self.site.chargers[index], amps).max(kept[index])
                }
                None => kept[index],
            })
            .collect()
    }

    fn reason(
        &self,
        index: usize,
        fair: &Shares,
        sharers: &[u32],
        target: Amps,
        amps: Amps,
        memory: &ChargerMemory,
    ) -> Reason {
        let wish = &self.wishes[index];
        match (wish.takes, self.admission.verdicts[index]) {
            (Some(_), _) | (None, Err(None)) => return wish.reason,
            (None, Err(Some(constraint))) => {
                let (circuit, phase) = place(constraint);
                return Reason::Waits { circuit, phase };
            }
            (None, Ok(())) => {}
        }
        if target.0 - amps.0 >= WORTH_RAISING {
            let passed = self.now.since(memory.raisable_since.unwrap_or(self.now)).as_millis();
            let in_ms = self.site.control.raise_after.as_millis().saturating_sub(passed);
            return if in_ms > 0 { Reason::Holds { target, in_ms } } else { Reason::AwaitsOthers { target } };
        }
        match fair.stops[index] {
            Stop::Ceiling => wish.reason,
            Stop::Constraint(constraint) => {
                let (circuit, phase) = place(constraint);
                Reason::Limited { circuit, phase, sharers: sharers[constraint as usize] }
            }
        }
    }

    /// Counts for each constraint who has current on it.
    fn sharers(&self, fair: &Shares) -> Vec<u32> {
        let mut sharers = vec![0; self.network.constraints()];
        for (index, _) in fair.amps.iter().enumerate().filter(|(_, amps)| **amps > 0.0) {
            for term in self.network.terms(index) {
                sharers[term.constraint as usize] += 1;
            }
        }
        sharers
    }
}

fn place(constraint: u32) -> (CircuitId, Phase) {
    (CircuitId(constraint as usize / 3), Phase::ALL[constraint as usize % 3])
}
