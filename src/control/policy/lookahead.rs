//! The look-ahead: what each car should have now, so that as much energy as possible gets into all of them before they leave.
//!
//! Time is cut into blocks at the departures; within a block currents are constant. What a car brings in a block is worth the less the longer
//! it has to wait and the less likely the car is still there. `primal_dual` finds the currents; those of the first block are the plan. What
//! comes out is a wish: sharing under the limits comes after it.

use super::super::network::Network;
use super::primal_dual::{Car, Program};

/// A car that is to be charged.
#[derive(Debug, Clone, PartialEq)]
pub struct Need {
    /// Its current in the network.
    pub current: usize,
    /// The most that it draws, amperes; above 0.
    pub most: f64,
    /// Power that an ampere brings, kW; above 0.
    pub kw_per_amp: f64,
    /// Energy that it still wants, kWh: values that are equally likely, rising; one where it is known.
    pub kwh: Vec<f64>,
    /// Time until it leaves, hours: values that are equally likely, rising; one where it is known.
    pub hours: Vec<f64>,
    /// What its energy is worth beside that of others; above 0.
    pub weight: f64,
}

impl Need {
    /// Returns the energy that it wants, kWh.
    pub fn expected_kwh(&self) -> f64 {
        mean(&self.kwh)
    }

    /// Returns the time that it has, hours.
    pub fn expected_hours(&self) -> f64 {
        mean(&self.hours)
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// How far and how closely the look-ahead looks.
#[derive(Debug, Clone, PartialEq)]
pub struct Horizon {
    /// Length of the first block, hours: how long what is decided now will last.
    pub step_hours: f64,
    /// What energy costs from so many hours on, as a share of what it is worth to a car: 0 to below 1; rising times. Empty: nothing.
    pub costs: Vec<(f64, f64)>,
}

impl Horizon {
    /// Makes a horizon without costs.
    pub fn of_steps(step_hours: f64) -> Horizon {
        Horizon { step_hours, costs: Vec::new() }
    }

    /// Returns the mean cost between two times.
    fn cost(&self, from: f64, to: f64) -> f64 {
        let mut sum = 0.0;
        for (index, &(start, cost)) in self.costs.iter().enumerate() {
            let end = self.costs.get(index + 1).map_or(f64::INFINITY, |next| next.0);
            sum += cost * (to.min(end) - from.max(start)).max(0.0);
        }
        sum / (to - from).max(1e-9)
    }
}

/// Blocks after the first, at the most; departures that are closer together than others are joined.
const BLOCKS: usize = 12;
/// Rounds of the method when there is time; with fewer than the least a plan is worth nothing.
const ROUNDS: usize = 400;
const LEAST_ROUNDS: usize = 80;
/// Work that a plan may take: rounds · blocks · terms. Some 10 ms of a small computer.
const WORK: usize = 4_000_000;
/// What an hour of waiting takes from the worth of energy, as a share of it: who comes later will want what is left for later.
const IMPATIENCE: f64 = 0.02;
/// How much a car's charging is spread over its time, as a share of the worth of energy. It leaves a car something for later, so that
/// it can take what others can't, and gives the plan one answer where many are as good.
const SPREAD: f64 = 0.05;

/// Plans the currents of all blocks and returns those of the first, amperes, in the order of the needs; `None` when it takes too much work.
pub fn look_ahead(network: &Network, limits: &[f64], needs: &[Need], horizon: &Horizon) -> Option<Vec<f64>> {
    if needs.is_empty() {
        return Some(Vec::new());
    }
    let lengths = blocks(needs, horizon);
    let terms: usize = needs.iter().map(|need| network.terms(need.current).len() + 4).sum();
    let rounds = (WORK / (terms * lengths.len())).min(ROUNDS);
    if rounds < LEAST_ROUNDS {
        return None;
    }
    let unit = needs.iter().map(|need| need.kw_per_amp * need.weight).sum::<f64>() / needs.len() as f64;
    let cars = needs.iter().map(|need| car(need, unit, &lengths, horizon)).collect();
    let mut program = Program::new(network, limits, lengths, cars);
    program.solve(rounds);
    Some(program.first_block())
}

/// Says what a car's current is worth, and how much of it there can be, in each block.
fn car(need: &Need, unit: f64, lengths: &[f64], horizon: &Horizon) -> Car {
    let value = need.kw_per_amp * need.weight / unit;
    let (mut worth, mut most) = (Vec::with_capacity(lengths.len()), Vec::with_capacity(lengths.len()));
    let mut start = 0.0;
    for &length in lengths {
        let there = |hours: &f64| (hours - start).clamp(0.0, length);
        let longest = need.hours.last().map_or(0.0, there);
        let likely = mean(&need.hours.iter().map(there).collect::<Vec<_>>());
        let patience = 1.0 + IMPATIENCE * (start + longest / 2.0);
        let left = 1.0 - horizon.cost(start, start + length);
        worth.push(value * left * likely / (longest.max(1e-9) * patience));
        most.push(need.most * longest / length);
        start += length;
    }
    Car {
        current: need.current,
        reach: need.most,
        worth,
        most,
        amp_hours: need.kwh.iter().map(|kwh| kwh / need.kw_per_amp).collect(),
        spread: SPREAD * value / need.most,
    }
}

/// Cuts the time until the last departure into blocks, hours: the step that is decided now, then at departures and changes of cost.
fn blocks(needs: &[Need], horizon: &Horizon) -> Vec<f64> {
    let step = horizon.step_hours;
    let last = needs.iter().filter_map(|need| need.hours.last().copied()).fold(0.0, f64::max);
    let departures = needs.iter().flat_map(|need| need.hours.iter().copied());
    let changes = horizon.costs.iter().map(|cost| cost.0).filter(|&at| at < last);
    let mut ends: Vec<f64> = departures.chain(changes).filter(|&hours| hours > step * 1.01).collect();
    ends.sort_by(f64::total_cmp);
    ends.dedup_by(|a, b| *a - *b < 1e-6);
    while ends.len() > BLOCKS {
        // join the two whose gap is the smallest part of the time until then
        let gap = |at: usize| (ends[at + 1] - ends[at]) / ends[at + 1];
        let closest = (0..ends.len() - 1).min_by(|&a, &b| gap(a).total_cmp(&gap(b))).unwrap_or(0);
        ends[closest] = f64::midpoint(ends[closest], ends[closest + 1]);
        ends.remove(closest + 1);
    }
    let mut lengths = vec![step];
    let mut at = step;
    for end in ends {
        if end > at {
            lengths.push(end - at);
            at = end;
        }
    }
    lengths
}
