//! The constraints of an electrical network, and nothing else: no circuits, no chargers, no time.
//!
//! A constraint holds when `|Σ coefficient · I · e^(jθ)| ≤ limit`. With every angle equal this is a sum of currents (the phases of a tree of
//! circuits); with others it is the vector sum of a three-phase network with loads between phases.

/// A complex number: a coefficient turned by its angle.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Phasor {
    /// Real part.
    pub re: f64,
    /// Imaginary part.
    pub im: f64,
}

impl Phasor {
    /// Makes `coefficient · e^(jθ)`; the angle is in degrees. Multiples of 360° give an exactly real phasor.
    pub fn new(coefficient: f64, degrees: f64) -> Self {
        let turn = degrees.rem_euclid(360.0);
        if turn == 0.0 {
            return Phasor { re: coefficient, im: 0.0 };
        }
        let (sin, cos) = turn.to_radians().sin_cos();
        Phasor { re: coefficient * cos, im: coefficient * sin }
    }

    /// Returns the magnitude.
    pub fn magnitude(self) -> f64 {
        if self.im == 0.0 { self.re.abs() } else { self.re.hypot(self.im) }
    }

    pub(super) fn plus(self, other: Phasor, factor: f64) -> Phasor {
        Phasor { re: self.re + other.re * factor, im: self.im + other.im * factor }
    }

    pub(super) fn dot(self, other: Phasor) -> f64 {
        self.re * other.re + self.im * other.im
    }
}

/// What one current adds to one constraint.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Term {
    /// The constraint.
    pub constraint: u32,
    /// What one ampere adds.
    pub phasor: Phasor,
}

/// Constraints over a number of currents. Both directions are kept in flat arrays: a site of 10,000 chargers has some 90,000 terms.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    constraints: usize,
    /// `terms[starts[i]..starts[i + 1]]` are those of current `i`.
    starts: Vec<u32>,
    terms: Vec<Term>,
    /// `members[member_starts[c]..member_starts[c + 1]]` are the currents of constraint `c`.
    member_starts: Vec<u32>,
    members: Vec<u32>,
}

impl Network {
    /// Builds a network from the terms of each current.
    pub fn new(
        constraints: usize,
        currents: impl IntoIterator<Item = impl IntoIterator<Item = Term>>,
    ) -> Self {
        let mut starts = vec![0];
        let mut terms = Vec::new();
        for current in currents {
            terms.extend(current);
            starts.push(terms.len() as u32);
        }
        let mut member_starts = vec![0_u32; constraints + 1];
        for term in &terms {
            member_starts[term.constraint as usize + 1] += 1;
        }
        for constraint in 0..constraints {
            member_starts[constraint + 1] += member_starts[constraint];
        }
        let mut fill = member_starts.clone();
        let mut members = vec![0; terms.len()];
        for current in 0..starts.len() - 1 {
            for term in &terms[starts[current] as usize..starts[current + 1] as usize] {
                let at = &mut fill[term.constraint as usize];
                members[*at as usize] = current as u32;
                *at += 1;
            }
        }
        Network { constraints, starts, terms, member_starts, members }
    }

    /// Returns the number of currents.
    pub fn currents(&self) -> usize {
        self.starts.len() - 1
    }

    /// Returns the number of constraints.
    pub fn constraints(&self) -> usize {
        self.constraints
    }

    /// Returns the terms of a current.
    pub fn terms(&self, current: usize) -> &[Term] {
        &self.terms[self.starts[current] as usize..self.starts[current + 1] as usize]
    }

    /// Returns the currents of a constraint.
    pub fn members(&self, constraint: usize) -> &[u32] {
        &self.members[self.member_starts[constraint] as usize..self.member_starts[constraint + 1] as usize]
    }

    /// Returns the vector sum of each constraint for these currents.
    pub fn sums(&self, amps: &[f64]) -> Vec<Phasor> {
        let mut sums = vec![Phasor::default(); self.constraints];
        for (current, &value) in amps.iter().enumerate() {
            if value != 0.0 {
                for term in self.terms(current) {
                    let sum = &mut sums[term.constraint as usize];
                    *sum = sum.plus(term.phasor, value);
                }
            }
        }
        sums
    }
}
