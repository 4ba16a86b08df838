//! Weighted max-min fair sharing of current under a network's constraints.
//!
//! A level rises from zero; each current follows it as `weight · level`, from its floor to its ceiling, until a constraint that it would
//! push further is full. Each current starts once and stops once, so the work is that of a sort: `O((currents · terms) log)`.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::network::{Network, Phasor};

/// What a current starts from, and how far it may go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Demand {
    /// It has this much in any case, amperes.
    pub floor: f64,
    /// It takes no more than this; below the floor, the floor counts.
    pub ceiling: f64,
    /// Its share of the level; above 0.
    pub weight: f64,
}

impl Demand {
    /// Makes a demand that stays where it is.
    pub fn fixed(amps: f64) -> Self {
        Demand { floor: amps, ceiling: amps, weight: 1.0 }
    }
}

/// Why a current did not rise further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It has all that it asked for.
    Ceiling,
    /// This constraint is full.
    Constraint(u32),
}

/// The result of sharing.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    /// Amperes of each current.
    pub amps: Vec<f64>,
    /// Why it stopped there.
    pub stops: Vec<Stop>,
}

/// Rounding in the sums: a constraint that is fuller than its limit by less than this is full, not broken. Amperes.
pub const TOLERANCE: f64 = 1e-9;

/// Shares what `limits` allow (amperes for each constraint; may be negative, then nothing in it rises).
///
/// The floors are taken as given: where they are above a limit already, nothing of that constraint rises above its floor.
pub fn share(network: &Network, limits: &[f64], demands: &[Demand]) -> Shares {
    let floors: Vec<f64> = demands.iter().map(|demand| demand.floor).collect();
    let mut filling = Filling {
        network,
        limits,
        demands,
        fixed: network.sums(&floors),
        rate: vec![Phasor::default(); network.constraints()],
        rising: vec![0; network.constraints()],
        full_at: vec![f64::INFINITY; network.constraints()],
        queue: BinaryHeap::new(),
        moving: vec![Moving::NotYet; demands.len()],
        dirty: Vec::new(),
        shares: Shares { stops: vec![Stop::Ceiling; demands.len()], amps: floors },
    };
    filling.run();
    filling.shares
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moving {
    NotYet,
    Rising,
    Stopped,
}

/// A constraint that is full at a level; the lowest level comes first.
#[derive(Debug, PartialEq)]
struct Full {
    level: f64,
    constraint: u32,
}

impl Eq for Full {}

impl PartialOrd for Full {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Full {
    fn cmp(&self, other: &Self) -> Ordering {
        other.level.total_cmp(&self.level).then(other.constraint.cmp(&self.constraint))
    }
}

struct Filling<'a> {
    network: &'a Network,
    limits: &'a [f64],
    demands: &'a [Demand],
    /// Sum of what does not rise, for each constraint.
    fixed: Vec<Phasor>,
    /// What one unit of level adds, for each constraint.
    rate: Vec<Phasor>,
    /// How many currents rise in each constraint.
    rising: Vec<u32>,
    /// The lowest level that is queued for each constraint.
    full_at: Vec<f64>,
    queue: BinaryHeap<Full>,
    moving: Vec<Moving>,
    dirty: Vec<u32>,
    shares: Shares,
}

impl Filling<'_> {
    /// Goes through the levels at which a current starts or reaches its ceiling, and those at which a constraint is full, in order.
    fn run(&mut self) {
        let mut marks: Vec<(f64, u32)> = Vec::with_capacity(self.demands.len() * 2);
        for (current, demand) in self.demands.iter().enumerate() {
            if demand.ceiling > demand.floor {
                marks.push((demand.floor / demand.weight, current as u32));
                marks.push((demand.ceiling / demand.weight, current as u32));
            } else {
                self.moving[current] = Moving::Stopped;
            }
        }
        marks.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut next = 0;
        while next < marks.len() {
            let level = marks[next].0;
            self.fill_up_to(level);
            while next < marks.len() && marks[next].0 == level {
                let current = marks[next].1 as usize;
                match self.moving[current] {
                    Moving::NotYet => self.start(current),
                    Moving::Rising => self.stop(current, self.demands[current].ceiling, Stop::Ceiling),
                    Moving::Stopped => {}
                }
                next += 1;
            }
            self.requeue(level);
        }
    }

    /// Stops what the constraints that are full below this level stop.
    fn fill_up_to(&mut self, level: f64) {
        while let Some(top) = self.queue.peek() {
            if top.level > level {
                return;
            }
            let Some(Full { level: queued, constraint }) = self.queue.pop() else { return };
            if queued != self.full_at[constraint as usize] {
                continue; // a lower level was queued later and has been dealt with
            }
            self.full_at[constraint as usize] = f64::INFINITY;
            let actual = self.full_level(constraint as usize, queued);
            if actual > queued {
                // others have stopped meanwhile, so that it fills later
                self.queue_at(constraint, actual);
                continue;
            }
            self.stop_members(constraint, queued);
            self.requeue(queued);
        }
    }

    /// Stops the currents that would push a full constraint further.
    fn stop_members(&mut self, constraint: u32, level: f64) {
        let sum = self.fixed[constraint as usize].plus(self.rate[constraint as usize], level);
        let members = self.network.members(constraint as usize);
        for &member in members {
            let current = member as usize;
            if self.moving[current] != Moving::Rising {
                continue;
            }
            let pushes = self.network.terms(current).iter().any(|term| {
                term.constraint == constraint && (sum.magnitude() <= TOLERANCE || term.phasor.dot(sum) > 0.0)
            });
            if pushes {
                let demand = self.demands[current];
                let amps = (demand.weight * level).clamp(demand.floor, demand.ceiling);
                self.stop(current, amps, Stop::Constraint(constraint));
            }
        }
    }

    fn start(&mut self, current: usize) {
        let demand = self.demands[current];
        // a constraint that is full already stops it before it moves
        for term in self.network.terms(current) {
            let constraint = term.constraint as usize;
            let level = demand.floor / demand.weight;
            let sum = self.fixed[constraint].plus(self.rate[constraint], level);
            let full = sum.magnitude() >= self.limits[constraint] - TOLERANCE;
            if full && (sum.magnitude() <= TOLERANCE || term.phasor.dot(sum) > 0.0) {
                self.moving[current] = Moving::Stopped;
                self.shares.stops[current] = Stop::Constraint(term.constraint);
                return;
            }
        }
        self.moving[current] = Moving::Rising;
        for term in self.network.terms(current) {
            let constraint = term.constraint as usize;
            self.fixed[constraint] = self.fixed[constraint].plus(term.phasor, -demand.floor);
            self.rate[constraint] = self.rate[constraint].plus(term.phasor, demand.weight);
            self.rising[constraint] += 1;
            self.dirty.push(term.constraint);
        }
    }

    fn stop(&mut self, current: usize, amps: f64, why: Stop) {
        let demand = self.demands[current];
        self.moving[current] = Moving::Stopped;
        self.shares.amps[current] = amps;
        self.shares.stops[current] = why;
        for term in self.network.terms(current) {
            let constraint = term.constraint as usize;
            self.fixed[constraint] = self.fixed[constraint].plus(term.phasor, amps);
            self.rate[constraint] = self.rate[constraint].plus(term.phasor, -demand.weight);
            self.rising[constraint] -= 1;
            if self.rising[constraint] == 0 {
                self.rate[constraint] = Phasor::default();
            }
            self.dirty.push(term.constraint);
        }
    }

    /// Queues the constraints whose sums changed, where they fill earlier than was known.
    fn requeue(&mut self, level: f64) {
        while let Some(constraint) = self.dirty.pop() {
            let full_level = self.full_level(constraint as usize, level);
            if full_level < self.full_at[constraint as usize] {
                self.queue_at(constraint, full_level);
            }
        }
    }

    fn queue_at(&mut self, constraint: u32, level: f64) {
        if level.is_finite() {
            self.full_at[constraint as usize] = level;
            self.queue.push(Full { level, constraint });
        }
    }

    /// Returns the level, not below `now`, at which the constraint is full if nothing else starts or stops.
    fn full_level(&self, constraint: usize, now: f64) -> f64 {
        let (fixed, rate, limit) = (self.fixed[constraint], self.rate[constraint], self.limits[constraint]);
        if self.rising[constraint] == 0 {
            return f64::INFINITY;
        }
        if limit <= 0.0 {
            return now;
        }
        let level = if fixed.im == 0.0 && rate.im == 0.0 {
            match rate.re.partial_cmp(&0.0) {
                Some(Ordering::Greater) => (limit - fixed.re) / rate.re,
                Some(Ordering::Less) => (-limit - fixed.re) / rate.re,
                _ => f64::INFINITY,
            }
        } else {
            // |fixed + rate · level| = limit: the larger root of a parabola that opens upward
            let (a, half_b, c) = (rate.dot(rate), fixed.dot(rate), fixed.dot(fixed) - limit * limit);
            let root = half_b * half_b - a * c;
            if a <= f64::EPSILON {
                f64::INFINITY
            } else if root < 0.0 {
                now
            } else {
                (root.sqrt() - half_b) / a
            }
        };
        level.max(now)
    }
}

#[cfg(test)]
mod tests {
    use super::super::network::Term;
    use super::*;

    fn line(constraint: u32) -> Term {
        Term { constraint, phasor: Phasor::new(1.0, 0.0) }
    }

    fn demand(floor: f64, ceiling: f64, weight: f64) -> Demand {
        Demand { floor, ceiling, weight }
    }

    #[test]
    fn equal_weights_share_equally_and_leave_what_others_do_not_want() {
        let network = Network::new(1, [[line(0)], [line(0)], [line(0)]]);
        let shares = share(
            &network,
            &[40.0],
            &[demand(6.0, 32.0, 1.0), demand(6.0, 32.0, 1.0), demand(6.0, 8.0, 1.0)],
        );
        assert_eq!(shares.amps, [16.0, 16.0, 8.0]);
        assert_eq!(shares.stops, [Stop::Constraint(0), Stop::Constraint(0), Stop::Ceiling]);
    }

    #[test]
    fn twice_the_weight_gets_twice_the_current_above_the_floors() {
        let network = Network::new(1, [[line(0)], [line(0)]]);
        let shares = share(&network, &[30.0], &[demand(6.0, 32.0, 2.0), demand(6.0, 32.0, 1.0)]);
        assert_eq!(shares.amps, [20.0, 10.0]);
    }

    #[test]
    fn a_full_branch_leaves_the_rest_of_the_trunk_to_the_others() {
        let network = Network::new(2, [vec![line(0), line(1)], vec![line(0), line(1)], vec![line(0)]]);
        let shares = share(&network, &[63.0, 20.0], &[demand(6.0, 32.0, 1.0); 3]);
        assert_eq!(shares.amps, [10.0, 10.0, 32.0]);
        assert_eq!(shares.stops, [Stop::Constraint(1), Stop::Constraint(1), Stop::Ceiling]);
    }

    #[test]
    fn floors_above_a_limit_stay_and_nothing_rises() {
        let network = Network::new(1, [[line(0)], [line(0)]]);
        let shares = share(&network, &[10.0], &[demand(8.0, 32.0, 1.0), demand(6.0, 32.0, 1.0)]);
        assert_eq!(shares.amps, [8.0, 6.0]);
        let shares = share(&network, &[-5.0], &[demand(0.0, 32.0, 1.0), demand(0.0, 32.0, 1.0)]);
        assert_eq!(shares.amps, [0.0, 0.0]);
    }

    #[test]
    fn loads_between_phases_fill_the_vector_sum() {
        // line a of a delta: I_ab at 30°, I_ca (negative) at 150°
        let a = |coefficient, angle| Term { constraint: 0, phasor: Phasor::new(coefficient, angle) };
        let network = Network::new(1, [[a(1.0, 30.0)], [a(-1.0, 150.0)]]);
        let shares = share(&network, &[30.0], &[demand(0.0, 80.0, 1.0); 2]);
        let expected = 30.0 / 3.0_f64.sqrt();
        assert!(shares.amps.iter().all(|amps| (amps - expected).abs() < 1e-9), "{:?}", shares.amps);
    }

    #[test]
    fn opposed_loads_may_rise_together_past_either_alone() {
        let term = |coefficient| Term { constraint: 0, phasor: Phasor::new(coefficient, 0.0) };
        let network = Network::new(1, [[term(1.0)], [term(-1.0)]]);
        let shares = share(&network, &[5.0], &[demand(0.0, 20.0, 1.0), demand(0.0, 10.0, 1.0)]);
        assert_eq!(shares.amps, [15.0, 10.0]);
    }
}
