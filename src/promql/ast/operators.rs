//! The operators: their names, how tightly they bind, what kind each is.

/// Operators between two expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "named like their signs")]
pub enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Atan2,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
    Unless,
}

impl BinaryOp {
    /// Returns the operator as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
            BinaryOp::Modulo => "%",
            BinaryOp::Power => "^",
            BinaryOp::Atan2 => "atan2",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::Less => "<",
            BinaryOp::LessOrEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterOrEqual => ">=",
            BinaryOp::And => "and",
            BinaryOp::Or => "or",
            BinaryOp::Unless => "unless",
        }
    }

    /// Returns how tightly it binds: more binds tighter. All but `^` group from the left.
    pub(in crate::promql) fn binding(self) -> u8 {
        match self {
            BinaryOp::Or => 1,
            BinaryOp::And | BinaryOp::Unless => 2,
            _ if self.compares() => 3,
            BinaryOp::Add | BinaryOp::Subtract => 4,
            BinaryOp::Power => 6,
            _ => 5,
        }
    }

    /// Tells whether it compares.
    pub fn compares(self) -> bool {
        matches!(
            self,
            BinaryOp::Equal
                | BinaryOp::NotEqual
                | BinaryOp::Less
                | BinaryOp::LessOrEqual
                | BinaryOp::Greater
                | BinaryOp::GreaterOrEqual
        )
    }

    /// Tells whether it joins sets of series.
    pub fn joins_sets(self) -> bool {
        matches!(self, BinaryOp::And | BinaryOp::Or | BinaryOp::Unless)
    }

    /// Computes with two numbers; comparisons give 1 or 0.
    pub fn of_numbers(self, left: f64, right: f64) -> f64 {
        let truth = |truth: bool| if truth { 1.0 } else { 0.0 };
        match self {
            BinaryOp::Add => left + right,
            BinaryOp::Subtract => left - right,
            BinaryOp::Multiply => left * right,
            BinaryOp::Divide => left / right,
            BinaryOp::Modulo => left % right,
            BinaryOp::Power => left.powf(right),
            BinaryOp::Atan2 => left.atan2(right),
            BinaryOp::Equal => truth(left == right),
            BinaryOp::NotEqual => truth(left != right),
            BinaryOp::Less => truth(left < right),
            BinaryOp::LessOrEqual => truth(left <= right),
            BinaryOp::Greater => truth(left > right),
            BinaryOp::GreaterOrEqual => truth(left >= right),
            BinaryOp::And | BinaryOp::Or | BinaryOp::Unless => f64::NAN,
        }
    }
}

/// Operators that make many series into fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "named like their words")]
pub enum AggregateOp {
    Sum,
    Avg,
    Count,
    Min,
    Max,
    Group,
    Stddev,
    Stdvar,
    Topk,
    Bottomk,
    CountValues,
    Quantile,
    Limitk,
    LimitRatio,
}

impl AggregateOp {
    /// All of them, with their names.
    pub(in crate::promql) const ALL: [(AggregateOp, &'static str); 14] = [
        (AggregateOp::Sum, "sum"),
        (AggregateOp::Avg, "avg"),
        (AggregateOp::Count, "count"),
        (AggregateOp::Min, "min"),
        (AggregateOp::Max, "max"),
        (AggregateOp::Group, "group"),
        (AggregateOp::Stddev, "stddev"),
        (AggregateOp::Stdvar, "stdvar"),
        (AggregateOp::Topk, "topk"),
        (AggregateOp::Bottomk, "bottomk"),
        (AggregateOp::CountValues, "count_values"),
        (AggregateOp::Quantile, "quantile"),
        (AggregateOp::Limitk, "limitk"),
        (AggregateOp::LimitRatio, "limit_ratio"),
    ];

    /// Returns the operator with that name, in upper or lower case.
    pub fn of(word: &str) -> Option<AggregateOp> {
        AggregateOp::ALL.iter().find(|(_, name)| name.eq_ignore_ascii_case(word)).map(|(op, _)| *op)
    }

    /// Returns its name.
    pub fn as_str(self) -> &'static str {
        AggregateOp::ALL.iter().find(|(op, _)| *op == self).map_or("", |(_, name)| name)
    }

    /// Tells whether it has a parameter before the expression.
    pub fn has_parameter(self) -> bool {
        self.picks() || matches!(self, AggregateOp::CountValues | AggregateOp::Quantile)
    }

    /// Tells whether it gives some of its series with all their labels, rather than new ones.
    pub fn picks(self) -> bool {
        matches!(
            self,
            AggregateOp::Topk | AggregateOp::Bottomk | AggregateOp::Limitk | AggregateOp::LimitRatio
        )
    }

    /// Tells whether a server needs `promql-experimental-functions` for it.
    pub fn experimental(self) -> bool {
        matches!(self, AggregateOp::Limitk | AggregateOp::LimitRatio)
    }
}
