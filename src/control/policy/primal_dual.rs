//! Finds the currents of all cars in all blocks of time that are worth most together.
//!
//! A first-order primal-dual method (Chambolle, Pock: A first-order primal-dual algorithm for convex problems, 2011; the steps of each
//! variable as in Pock, Chambolle: Diagonal preconditioning, 2011): cars take current where it is worth more than the prices of the
//! constraints, and prices rise where constraints are over their limits. It needs no factorization and knows vector sums as they are; its
//! work is linear, and it can be stopped after any number of rounds.

use super::super::network::{Network, Phasor};

/// A car, in the terms of the program.
#[derive(Debug, Clone, PartialEq)]
pub struct Car {
    /// Its current in the network.
    pub current: usize,
    /// The most that it draws, amperes.
    pub reach: f64,
    /// Worth of an ampere-hour in each block.
    pub worth: Vec<f64>,
    /// The most that it draws in each block, amperes.
    pub most: Vec<f64>,
    /// Ampere-hours that it may want, equally likely, rising.
    pub amp_hours: Vec<f64>,
    /// Worth that an ampere-hour loses for each ampere of the current that brings it.
    pub spread: f64,
}

/// Balance of the steps: amperes for one unit of worth.
const BALANCE: f64 = 30.0;

/// What one ampere of a car adds to a row; a row is a constraint that can be full.
#[derive(Debug, Clone, Copy)]
struct Pull {
    row: usize,
    phasor: Phasor,
}

/// The program and the state of its solution. Vectors over blocks are flat: `row · blocks + block`.
pub struct Program {
    lengths: Vec<f64>,
    cars: Vec<Car>,
    pulls: Vec<Vec<Pull>>,
    limits: Vec<f64>,
    car_steps: Vec<f64>,
    row_steps: Vec<f64>,
    amps: Vec<f64>,
    /// The currents, moved on as far again as they have just moved.
    leading: Vec<f64>,
    prices: Vec<Phasor>,
    sums: Vec<Phasor>,
    gains: Vec<f64>,
}

impl Program {
    /// Sets up a program; all currents are 0.
    pub fn new(network: &Network, limits: &[f64], lengths: Vec<f64>, cars: Vec<Car>) -> Program {
        let (rows, row_limits) = rows(network, limits, &cars);
        let mut loads = vec![0.0; row_limits.len()];
        let mut car_steps = Vec::with_capacity(cars.len());
        let mut pulls = Vec::with_capacity(cars.len());
        for car in &cars {
            let terms = network.terms(car.current).iter();
            let mine: Vec<Pull> = terms
                .filter_map(|term| {
                    rows[term.constraint as usize].map(|row| Pull { row, phasor: term.phasor })
                })
                .collect();
            let load: f64 = mine.iter().map(|pull| pull.phasor.magnitude()).sum();
            for pull in &mine {
                loads[pull.row] += pull.phasor.magnitude();
            }
            car_steps.push(BALANCE / load.max(0.1));
            pulls.push(mine);
        }
        let blocks = lengths.len();
        Program {
            pulls,
            car_steps,
            row_steps: loads.iter().map(|load| 1.0 / (BALANCE * load.max(0.1))).collect(),
            amps: vec![0.0; cars.len() * blocks],
            leading: vec![0.0; cars.len() * blocks],
            prices: vec![Phasor::default(); row_limits.len() * blocks],
            sums: vec![Phasor::default(); row_limits.len() * blocks],
            gains: vec![0.0; blocks],
            limits: row_limits,
            lengths,
            cars,
        }
    }

    /// Goes so many rounds.
    pub fn solve(&mut self, rounds: usize) {
        for _ in 0..rounds {
            self.move_prices();
            self.move_currents();
        }
    }

    /// Returns the currents of the first block, amperes.
    pub fn first_block(&self) -> Vec<f64> {
        self.amps.chunks(self.lengths.len()).filter_map(|amps| amps.first().copied()).collect()
    }

    /// Raises prices where the leading currents are over a limit, lowers them where they are under it.
    fn move_prices(&mut self) {
        let blocks = self.lengths.len();
        self.sums.fill(Phasor::default());
        for (leading, pulls) in self.leading.chunks(blocks).zip(&self.pulls) {
            for pull in pulls {
                let sums = &mut self.sums[pull.row * blocks..][..blocks];
                for (sum, &amps) in sums.iter_mut().zip(leading) {
                    *sum = sum.plus(pull.phasor, amps);
                }
            }
        }
        for (row, (&limit, &step)) in self.limits.iter().zip(&self.row_steps).enumerate() {
            let prices = &mut self.prices[row * blocks..][..blocks];
            for (price, sum) in prices.iter_mut().zip(&self.sums[row * blocks..][..blocks]) {
                let moved = price.plus(*sum, step);
                let (size, free) = (moved.magnitude(), step * limit);
                *price = if size <= free {
                    Phasor::default()
                } else {
                    Phasor::default().plus(moved, 1.0 - free / size)
                };
            }
        }
    }

    /// Moves the currents towards where they are worth more than they cost.
    fn move_currents(&mut self) {
        let blocks = self.lengths.len();
        for (index, car) in self.cars.iter().enumerate() {
            let amps = &mut self.amps[index * blocks..][..blocks];
            let wanted = match &car.amp_hours[..] {
                [_] => 1.0,
                guesses => {
                    let brought = amps.iter().zip(&self.lengths).map(|(amps, length)| amps * length).sum();
                    likely_beyond(guesses, brought)
                }
            };
            for (gain, worth) in self.gains.iter_mut().zip(&car.worth) {
                *gain = worth * wanted;
            }
            for pull in &self.pulls[index] {
                let prices = &self.prices[pull.row * blocks..][..blocks];
                for (gain, price) in self.gains.iter_mut().zip(prices) {
                    *gain -= pull.phasor.dot(*price);
                }
            }
            let step = self.car_steps[index];
            let shrink = 1.0 / (1.0 + step * car.spread);
            for (gain, &amps) in self.gains.iter_mut().zip(amps.iter()) {
                *gain = (amps + step * *gain) * shrink;
            }
            let most_ah = car.amp_hours.last().copied().unwrap_or(0.0);
            let over = excess(&self.gains, &car.most, &self.lengths, most_ah);
            let leading = &mut self.leading[index * blocks..][..blocks];
            for (block, (amps, leading)) in amps.iter_mut().zip(leading).enumerate() {
                let next = (self.gains[block] - over).clamp(0.0, car.most[block]);
                *leading = 2.0 * next - *amps;
                *amps = next;
            }
        }
    }
}

/// Gives a row to each constraint that these cars can fill; returns the row of each constraint, and the limits of the rows.
fn rows(network: &Network, limits: &[f64], cars: &[Car]) -> (Vec<Option<usize>>, Vec<f64>) {
    let mut reach = vec![0.0; network.constraints()];
    for car in cars {
        for term in network.terms(car.current) {
            reach[term.constraint as usize] += term.phasor.magnitude() * car.reach;
        }
    }
    let mut row_limits = Vec::new();
    let rows = reach.iter().zip(limits).map(|(&reach, &limit)| {
        (reach > limit).then(|| {
            row_limits.push(limit.max(0.0));
            row_limits.len() - 1
        })
    });
    (rows.collect(), row_limits)
}

/// Returns how likely it is that a car wants more than `brought`: straight lines between the guesses, each in the middle of its share.
fn likely_beyond(guesses: &[f64], brought: f64) -> f64 {
    let (mut before, mut passed) = (0.0, 0.0);
    for (index, &guess) in guesses.iter().enumerate() {
        let share = if index == 0 { 0.5 } else { 1.0 };
        if brought < guess {
            let part = (brought - before) / (guess - before);
            return 1.0 - (passed + share * part) / guesses.len() as f64;
        }
        passed += share;
        before = guess;
    }
    0.0
}

/// Returns by how much currents must be lowered together so that they bring no more than `most_ah` ampere-hours.
fn excess(amps: &[f64], most: &[f64], lengths: &[f64], most_ah: f64) -> f64 {
    // what is brought falls as `over` rises, in pieces of straight lines: Newton's steps, kept within what is known of the root
    let (mut low, mut high, mut over) = (0.0, f64::INFINITY, 0.0);
    for _ in 0..40 {
        let (mut brought, mut slope, mut top) = (0.0, 0.0, 0.0_f64);
        for ((&amps, &most), &length) in amps.iter().zip(most).zip(lengths) {
            let lowered = amps - over;
            top = top.max(amps);
            brought += length * lowered.clamp(0.0, most);
            if lowered > 0.0 && lowered < most {
                slope += length;
            }
        }
        let missing = brought - most_ah;
        if missing.abs() <= 1e-9 * (1.0 + most_ah) || (missing <= 0.0 && over == 0.0) {
            break;
        }
        if missing > 0.0 {
            low = over;
        } else {
            high = over;
        }
        high = high.min(top);
        let newton = over + missing / slope;
        over = if newton > low && newton < high { newton } else { f64::midpoint(low, high) };
    }
    over
}
