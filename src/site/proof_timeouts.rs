//! The proof for every time-out: what each circuit and phase may carry from the moment at which something is lost until the chargers have
//! fallen back, for how long, and whether its breaker holds until then.
//!
//! | lost | what happens |
//! |---|---|
//! | the controller | every charger keeps its last limit until its watchdog has run out, at a moment of its own: one falls (or rises!) to its fail-safe current while another still has its last limit |
//! | a bus | the same for the chargers of that bus; the controller takes what it can from the others |
//! | a meter | until that is noticed the base load may rise; then the declared base load counts, and no charger has more than its fail-safe current |
//!
//! Last limits are bounded by what the controller ever gives: on no circuit more than its limit less the reserve, less what else must be
//! drawing there (nothing behind a meter, the declared base load elsewhere). Among all last limits that fit, those count that are worst: a few
//! chargers with all they can have, the others waiting. That is a linear programme on a tree; its bound is never too low, and too high by
//! part of a charger at the most.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::proof::ROUNDING;
use super::{Amps, Charger, CircuitId, Heat, Period, Phase, Site, TripTimes, TrippingCurve};

/// A car has so long to follow a lower limit (IEC 61851-1).
pub const CAR_FOLLOWS: Period = Period::from_secs(5);

/// What is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// The controller.
    Controller,
    /// A bus: all that is reached over one address or line.
    Bus,
    /// A meter.
    Meter,
}

/// How a circuit's phase stands until the chargers have fallen back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is never above its limit.
    WithinLimit,
    /// It is above its limit for a while, and every breaker of its rating holds.
    Holds,
    /// A breaker of its rating may open before the chargers have fallen back; the slowest holds.
    MayOpen,
    /// Every breaker of its rating opens before.
    Opens,
    /// It is above its limit for a while, and the file states no breaker.
    OverLimit,
}

/// What a loss means for a phase of a circuit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TimeoutProof {
    /// What is lost.
    pub loss: Loss,
    /// The bus or the meter that is worst for this phase; empty for the controller.
    pub of: String,
    /// The circuit.
    pub circuit: String,
    /// The phase.
    pub phase: Phase,
    /// Limit of the circuit, amperes.
    pub limit: f64,
    /// The most that it may carry, amperes; for a bus without what the controller can take back.
    pub worst: f64,
    /// After this it is within its limit again; `None`: never.
    pub falls_back: Option<Period>,
    /// Whether that can be borne.
    pub verdict: Verdict,
    /// When its breaker opens, if it does not hold.
    #[serde(flatten)]
    pub trips: TripTimes,
}

/// Proves every time-out of a site: for each circuit and phase the controller, its worst bus and its meter.
pub fn prove_timeouts(site: &Site) -> Vec<TimeoutProof> {
    let tree = Tree::new(site);
    let everybody: Vec<usize> = (0..site.chargers.len()).collect();
    let mut found = Vec::new();
    for &phase in site.grid.phases() {
        for (circuit, course) in tree.courses(&everybody, phase) {
            found.push((circuit, tree.judge(Loss::Controller, "", circuit, phase, &course)));
        }
        let mut worst: BTreeMap<CircuitId, TimeoutProof> = BTreeMap::new();
        for (bus, chargers) in buses(site) {
            for (circuit, course) in tree.courses(&chargers, phase) {
                let proof = tree.judge(Loss::Bus, &bus, circuit, phase, &course);
                let known = worst.get(&circuit);
                if known.is_none_or(|known| (proof.verdict, proof.worst) > (known.verdict, known.worst)) {
                    worst.insert(circuit, proof);
                }
            }
        }
        found.extend(worst);
        for (circuit, course) in tree.meter_courses(phase) {
            let of = site.circuits[circuit.0].meter.map_or("", |meter| &site.meters[meter.0].name);
            found.push((circuit, tree.judge(Loss::Meter, of, circuit, phase, &course)));
        }
    }
    found.sort_by_key(|(circuit, proof)| (proof.loss, *circuit, proof.phase));
    found.into_iter().map(|(_, proof)| proof).collect()
}

/// Returns the chargers of each bus.
fn buses(site: &Site) -> BTreeMap<String, Vec<usize>> {
    let mut buses: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, charger) in site.chargers.iter().enumerate() {
        buses.entry(charger.device.address.bus()).or_default().push(index);
    }
    buses
}

/// What a phase of a circuit may carry: from each time on, until the next.
type Course = Vec<(Period, f64)>;

/// Chargers that may have so much, each ampere of which adds `gain` to the worst case.
#[derive(Debug, Clone, Copy)]
struct Share {
    gain: f64,
    amps: f64,
}

/// What is gathered of a circuit on the way up.
#[derive(Debug, Default)]
struct Gathered {
    /// Fail-safe currents.
    floor: f64,
    shares: Vec<Share>,
}

struct Tree<'a> {
    site: &'a Site,
    /// Position of each circuit, parents first.
    position: Vec<usize>,
    /// Base load of each circuit and all below it.
    base: Vec<[f64; 3]>,
    /// What the controller may give on each circuit at the most.
    budget: Vec<[f64; 3]>,
}

impl<'a> Tree<'a> {
    fn new(site: &'a Site) -> Tree<'a> {
        let count = site.circuits.len();
        let mut position = vec![0; count];
        for (at, id) in site.parents_first.iter().enumerate() {
            position[id.0] = at;
        }
        let own = |index: usize| {
            let load = site.circuits[index].base_load.unwrap_or_default();
            Phase::ALL.map(|phase| load[phase].0)
        };
        let mut base: Vec<[f64; 3]> = (0..count).map(own).collect();
        // what must be drawing there while the controller gives current out
        let mut least = base.clone();
        for id in site.parents_first.iter().rev() {
            let circuit = &site.circuits[id.0];
            if circuit.meter.is_some() {
                least[id.0] = [0.0; 3];
            }
            if let Some(parent) = circuit.parent {
                for phase in 0..3 {
                    base[parent.0][phase] += base[id.0][phase];
                    least[parent.0][phase] += least[id.0][phase];
                }
            }
        }
        let budget = (0..count).map(|index| {
            Phase::ALL.map(|phase| {
                let limit = site.circuits[index].limit[phase] - site.control.reserve;
                (limit.0 - least[index][phase.index()]).max(0.0)
            })
        });
        Tree { site, position, base, budget: budget.collect() }
    }

    /// Returns for each circuit above these chargers what it may carry when they hear nothing any more.
    fn courses(&self, chargers: &[usize], phase: Phase) -> BTreeMap<CircuitId, Course> {
        let watchdogs = chargers.iter().filter_map(|&index| self.site.chargers[index].watchdog);
        let ends: BTreeSet<Period> = watchdogs.collect();
        let mut courses: BTreeMap<CircuitId, Course> = BTreeMap::new();
        let mut begin = Period::default();
        for end in [None].into_iter().chain(ends.into_iter().map(Some)) {
            // from here on those have fallen back whose watchdog has run out
            let keeps = |charger: &Charger| charger.watchdog.is_none_or(|watchdog| Some(watchdog) > end);
            if let Some(end) = end {
                begin = Period(end.0 + CAR_FOLLOWS.0);
            }
            for (circuit, amps) in self.worst(chargers, phase, keeps) {
                courses.entry(circuit).or_default().push((begin, amps));
            }
        }
        courses
    }

    /// Returns for each circuit above these chargers the most that it may carry, while some of them may keep their last limit and all with
    /// a watchdog may have fallen back.
    fn worst(
        &self,
        chargers: &[usize],
        phase: Phase,
        keeps: impl Fn(&Charger) -> bool,
    ) -> Vec<(CircuitId, f64)> {
        let there = chargers.iter().map(|&index| &self.site.chargers[index]);
        let there = there.filter(|charger| charger.phases.contains(&phase));
        let shares = there.map(|charger| {
            let failsafe = if charger.watchdog.is_some() { charger.failsafe.0 } else { 0.0 };
            let amps = if keeps(charger) { charger.max.0 } else { 0.0 };
            let gain = if amps > 0.0 { (amps - failsafe).max(0.0) / amps } else { 0.0 };
            (charger.circuit, failsafe, Share { gain, amps })
        });
        self.gathered(shares, phase)
    }

    /// Carries shares up the tree, on each circuit no more than its budget, the worst first.
    fn gathered(
        &self,
        shares: impl Iterator<Item = (CircuitId, f64, Share)>,
        phase: Phase,
    ) -> Vec<(CircuitId, f64)> {
        let mut open: BTreeMap<usize, Gathered> = BTreeMap::new();
        for (circuit, failsafe, share) in shares {
            let gathered = open.entry(self.position[circuit.0]).or_default();
            gathered.floor += failsafe;
            gathered.shares.push(share);
        }
        let mut sums = Vec::new();
        // the last in the order has nothing below it that is still open
        while let Some((position, mut gathered)) = open.pop_last() {
            let id = self.site.parents_first[position];
            gathered.shares.sort_by(|a, b| b.gain.total_cmp(&a.gain));
            let mut left = self.budget[id.0][phase.index()];
            for share in &mut gathered.shares {
                share.amps = share.amps.min(left);
                left -= share.amps;
            }
            gathered.shares.retain(|share| share.amps > 0.0 && share.gain > 0.0);
            let gain: f64 = gathered.shares.iter().map(|share| share.gain * share.amps).sum();
            sums.push((id, self.base[id.0][phase.index()] + gathered.floor + gain));
            if let Some(parent) = self.site.circuits[id.0].parent {
                let above = open.entry(self.position[parent.0]).or_default();
                above.floor += gathered.floor;
                above.shares.append(&mut gathered.shares);
            }
        }
        sums
    }

    /// Returns for each circuit with a meter what it may carry until the loss of the meter is noticed and has been answered.
    fn meter_courses(&self, phase: Phase) -> Vec<(CircuitId, Course)> {
        let there = self.site.chargers.iter().filter(|charger| charger.phases.contains(&phase));
        let kept = there.map(|charger| (charger.circuit, 0.0, Share { gain: 1.0, amps: charger.max.0 }));
        let before = self.gathered(kept, phase);
        let everybody: Vec<usize> = (0..self.site.chargers.len()).collect();
        // nobody keeps a last limit: all are told their fail-safe current, as far as that fits
        let after: BTreeMap<CircuitId, f64> = self.worst(&everybody, phase, |_| false).into_iter().collect();
        let control = &self.site.control;
        let noticed = Period(control.stale_after.0 + control.interval.0 + CAR_FOLLOWS.0);
        let has_meter = |id: &CircuitId| self.site.circuits[id.0].meter.is_some();
        let metered = before.into_iter().filter(|(id, _)| has_meter(id));
        metered
            .map(|(id, amps)| {
                (id, vec![(Period::default(), amps), (noticed, after.get(&id).copied().unwrap_or(0.0))])
            })
            .collect()
    }

    fn judge(&self, loss: Loss, of: &str, circuit: CircuitId, phase: Phase, course: &Course) -> TimeoutProof {
        let entry = &self.site.circuits[circuit.0];
        let limit = entry.limit[phase];
        let is_over = |amps: f64| amps > limit.0 + ROUNDING;
        let worst = course.iter().map(|(_, amps)| *amps).fold(0.0, f64::max);
        let last_over = course.iter().rposition(|(_, amps)| is_over(*amps));
        let falls_back = match last_over {
            None => Some(Period::default()),
            Some(at) => course.get(at + 1).map(|(from, _)| *from),
        };
        let (verdict, trips) = match (last_over, self.site.breaker_rating(circuit)) {
            (None, _) => (Verdict::WithinLimit, TripTimes::default()),
            (Some(_), None) => (Verdict::OverLimit, TripTimes::default()),
            (Some(_), Some(rating)) => {
                let trips = trips(&TrippingCurve::new(rating), limit, course);
                match (trips.earliest_s, trips.latest_s) {
                    (None, _) => (Verdict::Holds, trips),
                    (Some(_), None) => (Verdict::MayOpen, trips),
                    (Some(_), Some(_)) => (Verdict::Opens, trips),
                }
            }
        };
        TimeoutProof {
            loss,
            of: of.to_owned(),
            circuit: entry.name.clone(),
            phase,
            limit: limit.0,
            worst,
            falls_back,
            verdict,
            trips,
        }
    }
}

/// Returns when a breaker opens that has carried the circuit's limit for long and then carries this course: the fastest from that heat, the
/// slowest from cold.
fn trips(curve: &TrippingCurve, limit: Amps, course: &Course) -> TripTimes {
    let soaked = curve.multiple(limit).powi(2).min(curve.earliest.opens_at);
    let mut heat = Heat { earliest: soaked, typical: 0.0, latest: 0.0 };
    let mut found = TripTimes::default();
    for (index, (from, amps)) in course.iter().enumerate() {
        let length = course.get(index + 1).map(|(to, _)| to.0.saturating_sub(from.0).as_secs_f64());
        let times = curve.trip_times(heat, Amps(*amps));
        let from_s = from.0.as_secs_f64();
        let within = |after: Option<f64>| {
            after.filter(|after| length.is_none_or(|length| *after < length)).map(|after| from_s + after)
        };
        found.earliest_s = found.earliest_s.or(within(times.earliest_s));
        found.latest_s = found.latest_s.or(within(times.latest_s));
        heat = curve.after(heat, Amps(*amps), Amps(*amps), length.unwrap_or_default());
    }
    found
}

#[cfg(test)]
#[path = "proof_timeouts_tests.rs"]
mod tests;
