//! Between which numbers the values of an expression lie, where its form says so: a count is at least 1, a rate at least 0. Decides by
//! functions and operators alone; values that are no number are left out.

use std::f64::consts::PI;

use crate::promql::ast::{AggregateOp, Aggregation, Binary, BinaryOp, Call, Expr, ExprKind};

/// Numbers from `low` to `high`, both included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    pub low: f64,
    pub high: f64,
}

/// How a comparison comes out for all values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    Always,
    Never,
    Sometimes,
}

const ANY: Bounds = Bounds { low: f64::NEG_INFINITY, high: f64::INFINITY };
const NOT_NEGATIVE: Bounds = Bounds { low: 0.0, high: f64::INFINITY };
const AT_LEAST_ONE: Bounds = Bounds { low: 1.0, high: f64::INFINITY };
const ONE: Bounds = Bounds { low: 1.0, high: 1.0 };

fn between(low: f64, high: f64) -> Bounds {
    match low.is_nan() || high.is_nan() {
        true => ANY,
        false => Bounds { low, high },
    }
}

impl Bounds {
    /// Tells how a comparison with other numbers comes out.
    pub fn compare(self, op: BinaryOp, other: Bounds) -> Truth {
        let (always, never) = match op {
            BinaryOp::Less => (self.high < other.low, self.low >= other.high),
            BinaryOp::LessOrEqual => (self.high <= other.low, self.low > other.high),
            BinaryOp::Greater => (self.low > other.high, self.high <= other.low),
            BinaryOp::GreaterOrEqual => (self.low >= other.high, self.high < other.low),
            BinaryOp::Equal => (self.is_point(other), self.apart(other)),
            BinaryOp::NotEqual => (self.apart(other), self.is_point(other)),
            _ => (false, false),
        };
        match (always, never) {
            (true, _) => Truth::Always,
            (_, true) => Truth::Never,
            _ => Truth::Sometimes,
        }
    }

    fn is_point(self, other: Bounds) -> bool {
        self.low == self.high && self == other
    }

    fn apart(self, other: Bounds) -> bool {
        self.high < other.low || self.low > other.high
    }

    fn narrowed(self, op: BinaryOp, limit: f64) -> Bounds {
        match op {
            BinaryOp::Less | BinaryOp::LessOrEqual => between(self.low, self.high.min(limit)),
            BinaryOp::Greater | BinaryOp::GreaterOrEqual => between(self.low.max(limit), self.high),
            BinaryOp::Equal => between(limit, limit),
            _ => self,
        }
    }
}

/// What is known about the values of an expression.
#[derive(Clone, Copy)]
struct Facts {
    bounds: Bounds,
    /// The number that it always is.
    constant: Option<f64>,
}

impl From<Bounds> for Facts {
    fn from(bounds: Bounds) -> Facts {
        Facts { bounds, constant: None }
    }
}

fn number(value: f64) -> Facts {
    Facts { bounds: between(value, value), constant: Some(value) }
}

/// Returns the number that an expression is, when it is the same always.
pub(super) fn constant(expr: &Expr) -> Option<f64> {
    facts(expr).constant
}

/// Finds between which numbers the values of an expression lie.
pub(super) fn bounds(expr: &Expr) -> Bounds {
    facts(expr).bounds
}

fn facts(expr: &Expr) -> Facts {
    match &expr.kind {
        ExprKind::Number(literal) => number(literal.value),
        ExprKind::Text(_) => ANY.into(),
        ExprKind::Paren(of) | ExprKind::Unary { negative: false, of } => facts(of),
        ExprKind::Unary { negative: true, of } => {
            let Facts { bounds, constant } = facts(of);
            Facts { bounds: between(-bounds.high, -bounds.low), constant: constant.map(|value| -value) }
        }
        ExprKind::Selector(selector) => match selector.metric_name() {
            Some("up" | "probe_success") => between(0.0, 1.0).into(),
            Some("ALERTS") => ONE.into(),
            _ => ANY.into(),
        },
        ExprKind::Subquery(subquery) => facts(&subquery.of).bounds.into(),
        ExprKind::Aggregation(aggregation) => of_aggregation(aggregation).into(),
        ExprKind::Call(call) => of_call(call),
        ExprKind::Binary(binary) => of_binary(binary),
    }
}

fn of_aggregation(aggregation: &Aggregation) -> Bounds {
    match aggregation.op {
        AggregateOp::Count | AggregateOp::CountValues => AT_LEAST_ONE,
        AggregateOp::Group => ONE,
        AggregateOp::Stddev | AggregateOp::Stdvar => NOT_NEGATIVE,
        AggregateOp::Sum => of_sum(bounds(&aggregation.of)),
        AggregateOp::Quantile => ANY,
        _ => bounds(&aggregation.of),
    }
}

/// The sum of numbers that are not negative is at least the least of them.
fn of_sum(of: Bounds) -> Bounds {
    match of.low >= 0.0 {
        true => between(of.low, f64::INFINITY),
        false => ANY,
    }
}

fn of_call(call: &Call) -> Facts {
    let argument = |place: usize| call.arguments.get(place).map_or(ANY.into(), facts);
    let bounds = match call.function.name {
        "pi" => return number(PI),
        "vector" => return argument(0),
        "absent" | "absent_over_time" | "present_over_time" => ONE,
        "count_over_time" => AT_LEAST_ONE,
        "rate" | "irate" | "increase" | "changes" | "resets" | "abs" | "sqrt" | "exp"
        | "stddev_over_time" | "stdvar_over_time" | "mad_over_time" | "time" | "histogram_count"
        | "histogram_stddev" | "histogram_stdvar" => NOT_NEGATIVE,
        "histogram_fraction" => between(0.0, 1.0),
        "sgn" | "sin" | "cos" | "tanh" => between(-1.0, 1.0),
        "minute" => between(0.0, 59.0),
        "hour" => between(0.0, 23.0),
        "day_of_week" => between(0.0, 6.0),
        "day_of_month" => between(1.0, 31.0),
        "day_of_year" => between(1.0, 366.0),
        "days_in_month" => between(28.0, 31.0),
        "month" => between(1.0, 12.0),
        "sort" | "sort_desc" | "sort_by_label" | "sort_by_label_desc" | "label_replace" | "label_join"
        | "info" | "avg_over_time" | "min_over_time" | "max_over_time" | "last_over_time"
        | "first_over_time" => argument(0).bounds,
        "sum_over_time" => of_sum(argument(0).bounds),
        "floor" | "ceil" | "clamp" | "clamp_min" | "clamp_max" => of_rounding(call, argument(0).bounds),
        _ => ANY,
    };
    bounds.into()
}

/// Rounds and clamps.
fn of_rounding(call: &Call, of: Bounds) -> Bounds {
    let limit = |place: usize| call.arguments.get(place).and_then(constant);
    match (call.function.name, limit(1), limit(2)) {
        ("floor", ..) => between(of.low.floor(), of.high.floor()),
        ("ceil", ..) => between(of.low.ceil(), of.high.ceil()),
        ("clamp_min", Some(low), _) => between(of.low.max(low), of.high.max(low)),
        ("clamp_max", Some(high), _) => between(of.low.min(high), of.high.min(high)),
        ("clamp", Some(low), Some(high)) if low <= high => between(low, high),
        _ => ANY,
    }
}

fn of_binary(binary: &Binary) -> Facts {
    let op = binary.op;
    let (left, right) = (facts(&binary.left), facts(&binary.right));
    let filters = op.compares() && binary.bool_span.is_none();
    if let (Some(left), Some(right), false, false) = (left.constant, right.constant, filters, op.joins_sets())
    {
        return number(op.of_numbers(left, right));
    }
    let (low, high) = (left.bounds, right.bounds);
    let bounds = match op {
        _ if filters => match (left.constant, right.constant) {
            (_, Some(limit)) => low.narrowed(op, limit),
            (Some(_), None) => high,
            _ => low,
        },
        _ if op.compares() => between(0.0, 1.0),
        BinaryOp::And | BinaryOp::Unless => low,
        BinaryOp::Or => between(low.low.min(high.low), low.high.max(high.high)),
        BinaryOp::Add => between(low.low + high.low, low.high + high.high),
        BinaryOp::Subtract => between(low.low - high.high, low.high - high.low),
        // zero times infinity is not a number, and says nothing
        BinaryOp::Multiply if low.low >= 0.0 && high.low >= 0.0 => between(low.low * high.low, f64::INFINITY),
        BinaryOp::Divide if low.low >= 0.0 && high.low >= 0.0 => NOT_NEGATIVE,
        _ => ANY,
    };
    bounds.into()
}
