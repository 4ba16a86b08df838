//! Conditions on one and the same thing, compared with constants: whether all of them can be met, and whether one of two always is.

use crate::promql::analysis::bounds::constant;
use crate::promql::ast::{Binary, BinaryOp, Expr, ExprKind};

/// Something, and what its values have to meet.
struct Filtered {
    subject: String,
    allowed: Allowed,
}

/// Values between two ends, without some.
#[derive(Debug, Clone, PartialEq)]
struct Allowed {
    low: f64,
    /// The low end itself is not allowed.
    low_open: bool,
    high: f64,
    high_open: bool,
    not: Vec<f64>,
}

impl Allowed {
    fn all() -> Allowed {
        Allowed {
            low: f64::NEG_INFINITY,
            low_open: false,
            high: f64::INFINITY,
            high_open: false,
            not: Vec::new(),
        }
    }

    fn meet(&mut self, op: BinaryOp, limit: f64) {
        match op {
            BinaryOp::Equal => {
                self.raise(limit, false);
                self.lower(limit, false);
            }
            BinaryOp::NotEqual => self.not.push(limit),
            BinaryOp::Greater | BinaryOp::GreaterOrEqual => self.raise(limit, op == BinaryOp::Greater),
            _ => self.lower(limit, op == BinaryOp::Less),
        }
    }

    fn raise(&mut self, low: f64, open: bool) {
        if low > self.low || low == self.low && open {
            (self.low, self.low_open) = (low, open);
        }
    }

    fn lower(&mut self, high: f64, open: bool) {
        if high < self.high || high == self.high && open {
            (self.high, self.high_open) = (high, open);
        }
    }

    fn intersect(&mut self, other: Allowed) {
        self.raise(other.low, other.low_open);
        self.lower(other.high, other.high_open);
        self.not.extend(other.not);
    }

    fn is_empty(&self) -> bool {
        self.low > self.high
            || self.low == self.high && (self.low_open || self.high_open || self.not.contains(&self.low))
    }

    fn has(&self, value: f64) -> bool {
        let above = value > self.low || value == self.low && !self.low_open;
        let below = value < self.high || value == self.high && !self.high_open;
        above && below && !self.not.contains(&value)
    }

    /// Tells whether every value of this one is allowed by the other.
    fn within(&self, other: &Allowed) -> bool {
        let low = self.low > other.low || self.low == other.low && (self.low_open || !other.low_open);
        let high = self.high < other.high || self.high == other.high && (self.high_open || !other.high_open);
        low && high && other.not.iter().all(|value| !self.has(*value))
    }

    /// Tells whether every value is allowed by this one or the other.
    fn covers_with(&self, other: &Allowed) -> bool {
        let (lower, upper) = if self.low <= other.low { (self, other) } else { (other, self) };
        let whole = |allowed: &Allowed| allowed.low == f64::NEG_INFINITY && allowed.high == f64::INFINITY;
        let ends = lower.low == f64::NEG_INFINITY && lower.high.max(upper.high) == f64::INFINITY;
        let touch = lower.high > upper.low || lower.high == upper.low && !(lower.high_open && upper.low_open);
        let holes = lower.not.iter().all(|value| upper.has(*value))
            && upper.not.iter().all(|value| lower.has(*value));
        // what has neither ends nor holes has no condition, and is judged elsewhere
        let conditions = [lower, upper].iter().all(|side| !whole(side) || !side.not.is_empty());
        ends && (touch || whole(lower)) && holes && conditions
    }
}

/// Takes an expression apart into a thing and the conditions on it.
fn filtered(expr: &Expr) -> Filtered {
    match &expr.kind {
        ExprKind::Paren(of) => filtered(of),
        ExprKind::Binary(binary) if binary.op.compares() && binary.bool_span.is_none() => {
            let (subject, op, limit) = match (constant(&binary.left), constant(&binary.right)) {
                (None, Some(limit)) => (&binary.left, binary.op, limit),
                (Some(limit), None) => (&binary.right, mirrored(binary.op), limit),
                _ => return Filtered { subject: expr.to_string(), allowed: Allowed::all() },
            };
            let mut filtered = filtered(subject);
            filtered.allowed.meet(op, limit);
            filtered
        }
        ExprKind::Binary(binary) if binary.op == BinaryOp::And && binary.matching.is_none() => {
            let (mut left, right) = (filtered(&binary.left), filtered(&binary.right));
            if left.subject == right.subject {
                left.allowed.intersect(right.allowed);
            }
            left
        }
        _ => Filtered { subject: expr.to_string(), allowed: Allowed::all() },
    }
}

/// Returns the operator with its sides exchanged.
fn mirrored(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Less => BinaryOp::Greater,
        BinaryOp::LessOrEqual => BinaryOp::GreaterOrEqual,
        BinaryOp::Greater => BinaryOp::Less,
        BinaryOp::GreaterOrEqual => BinaryOp::LessOrEqual,
        other => other,
    }
}

/// Tells whether no value meets all conditions of an expression.
pub(super) fn nothing_passes(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Binary(binary) if binary.op == BinaryOp::Unless => {
            let (left, right) = (filtered(&binary.left), filtered(&binary.right));
            binary.matching.is_none() && left.subject == right.subject && left.allowed.within(&right.allowed)
        }
        _ => filtered(expr).allowed.is_empty(),
    }
}

/// Tells whether the sides of an `or` ask the same thing, and one of them is met by any value.
pub(super) fn covers_everything(binary: &Binary) -> bool {
    let (left, right) = (filtered(&binary.left), filtered(&binary.right));
    binary.matching.is_none() && left.subject == right.subject && left.allowed.covers_with(&right.allowed)
}
