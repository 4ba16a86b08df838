//! The tree of an expression. Every part knows its place in the text. Decides nothing; the parser builds it, `types` checks it, `analysis`
//! reads it.

mod operators;

pub use operators::{AggregateOp, BinaryOp};

use super::functions::Function;
use super::span::Span;

/// A part of an expression that has a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// Its place in the text, with parentheses of its own.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// Kinds of expressions.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A number, or a duration as a number of seconds.
    Number(Number),
    /// A string.
    Text(String),
    /// Series, at an instant or over a range.
    Selector(Box<Selector>),
    /// An expression evaluated again and again over a range.
    Subquery(Box<Subquery>),
    /// `sum`, `topk` and the like.
    Aggregation(Box<Aggregation>),
    /// A function with its arguments.
    Call(Call),
    /// Two expressions and an operator.
    Binary(Box<Binary>),
    /// A sign before an expression.
    Unary {
        /// `-`, not `+`.
        negative: bool,
        /// What the sign stands before.
        of: Box<Expr>,
    },
    /// An expression in parentheses.
    Paren(Box<Expr>),
}

/// A number as it was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number {
    /// The value; seconds for a duration.
    pub value: f64,
    /// The milliseconds, when it was written as a duration (Prometheus 3).
    pub duration_ms: Option<i64>,
}

/// Series, by name and labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Selector {
    /// The metric name before the braces, or in quotes in them.
    pub name: Option<Name>,
    /// The matchers in braces, in their order.
    pub matchers: Vec<Matcher>,
    /// The range in square brackets.
    pub range: Option<DurationExpr>,
    /// `offset`, `@` and the like.
    pub modifiers: Modifiers,
}

/// A metric name or label, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    /// The name without quotes.
    pub text: String,
    /// Its place, with quotes.
    pub span: Span,
    /// It stands in quotes: as a metric name, it stands in the braces (Prometheus 3).
    pub quoted: bool,
}

/// One condition on a label.
#[derive(Debug, Clone, PartialEq)]
pub struct Matcher {
    /// The label.
    pub label: Name,
    /// How it is compared.
    pub op: MatchOp,
    /// The value or regular expression, without quotes.
    pub value: String,
    /// The place of the value, with quotes.
    pub value_span: Span,
}

impl Matcher {
    /// Returns the place of the whole condition.
    pub fn span(&self) -> Span {
        self.label.span.to(self.value_span)
    }
}

/// How a label is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Matches,
    /// `!~`
    NotMatches,
}

/// What shifts or pins the time of series and subqueries.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Modifiers {
    /// How far back; negative values look ahead.
    pub offset: Option<DurationExpr>,
    /// A fixed time.
    pub at: Option<At>,
    /// How the ends of the range are found (experimental).
    pub extended: Option<(Extended, Span)>,
}

/// A fixed time behind `@`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum At {
    /// Unix time in seconds.
    Seconds(f64),
    /// The start of the query's range.
    Start,
    /// The end of the query's range.
    End,
}

/// How values at the ends of a range are found (experimental, `promql-extended-range-selectors`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extended {
    /// The last sample before each end.
    Anchored,
    /// A value between the samples around each end.
    Smoothed,
}

/// A length of time that may have to be computed (experimental, `promql-duration-expr`).
#[derive(Debug, Clone, PartialEq)]
pub struct DurationExpr {
    /// Its place in the text.
    pub span: Span,
    /// What it is.
    pub kind: DurationKind,
}

/// Kinds of lengths of time.
#[derive(Debug, Clone, PartialEq)]
pub enum DurationKind {
    /// A number of seconds or a duration.
    Literal(Number),
    /// The step of the query.
    Step,
    /// The range of the query.
    Range,
    /// A sign before a length; with `true` for `-`.
    Signed(bool, Box<DurationExpr>),
    /// In parentheses.
    Paren(Box<DurationExpr>),
    /// Two lengths and one of `+ - * / % ^`.
    Binary(BinaryOp, Box<DurationExpr>, Box<DurationExpr>),
    /// The shorter or the longer of two.
    Extreme(Extreme, Box<DurationExpr>, Box<DurationExpr>),
}

impl DurationExpr {
    /// Returns the length in seconds; nothing when it depends on the query.
    pub fn seconds(&self) -> Option<f64> {
        Some(match &self.kind {
            DurationKind::Literal(number) => number.value,
            DurationKind::Step | DurationKind::Range => return None,
            DurationKind::Signed(true, of) => -of.seconds()?,
            DurationKind::Signed(false, of) | DurationKind::Paren(of) => of.seconds()?,
            DurationKind::Extreme(extreme, left, right) => {
                let (left, right) = (left.seconds()?, right.seconds()?);
                if matches!(extreme, Extreme::Min | Extreme::MinOf) {
                    left.min(right)
                } else {
                    left.max(right)
                }
            }
            DurationKind::Binary(op, left, right) => op.of_numbers(left.seconds()?, right.seconds()?),
        })
    }
}

/// Which of two lengths is taken. Older servers take `min`, newer ones `min_of`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "named like their words")]
pub enum Extreme {
    Min,
    Max,
    MinOf,
    MaxOf,
}

impl Extreme {
    /// Returns the word that it is written as.
    pub fn as_str(self) -> &'static str {
        match self {
            Extreme::Min => "min",
            Extreme::Max => "max",
            Extreme::MinOf => "min_of",
            Extreme::MaxOf => "max_of",
        }
    }
}

/// An expression evaluated again and again over a range.
#[derive(Debug, Clone, PartialEq)]
pub struct Subquery {
    /// What is evaluated.
    pub of: Expr,
    /// How far back.
    pub range: DurationExpr,
    /// How often; the server's evaluation interval when it is left out.
    pub step: Option<DurationExpr>,
    /// `offset` and `@`.
    pub modifiers: Modifiers,
}

/// Many series made into fewer.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregation {
    /// The operator.
    pub op: AggregateOp,
    /// The place of the operator's name.
    pub op_span: Span,
    /// `by` or `without`.
    pub grouping: Option<Grouping>,
    /// How many, which quantile, or which label.
    pub parameter: Option<Expr>,
    /// What is aggregated.
    pub of: Expr,
}

/// The labels by which series are grouped.
#[derive(Debug, Clone, PartialEq)]
pub struct Grouping {
    /// `without`, not `by`.
    pub without: bool,
    /// The labels.
    pub labels: Vec<Name>,
    /// The place of the keyword and its labels.
    pub span: Span,
}

/// A function with its arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The function.
    pub function: &'static Function,
    /// The place of its name.
    pub name_span: Span,
    /// The arguments.
    pub arguments: Vec<Expr>,
}

/// Two expressions and an operator.
#[derive(Debug, Clone, PartialEq)]
pub struct Binary {
    /// The operator.
    pub op: BinaryOp,
    /// The place of the operator.
    pub op_span: Span,
    /// `bool`, and where it stands.
    pub bool_span: Option<Span>,
    /// `on`, `ignoring` and what follows them.
    pub matching: Option<Matching>,
    /// Values for series without a partner (experimental).
    pub fill: Fill,
    /// The left side.
    pub left: Expr,
    /// The right side.
    pub right: Expr,
}

/// How series on both sides find each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Matching {
    /// `on`, not `ignoring`.
    pub on: bool,
    /// The labels.
    pub labels: Vec<Name>,
    /// `group_left` or `group_right`.
    pub group: Option<Group>,
    /// The place of the whole clause.
    pub span: Span,
}

/// Many series on one side may match one on the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// `group_left`: the left side has many.
    pub left: bool,
    /// Labels that the result takes from the side that has one.
    pub include: Vec<Name>,
    /// The place of the clause.
    pub span: Span,
}

/// Values for series without a partner (experimental, `promql-binop-fill-modifiers`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fill {
    /// For series that the left side lacks.
    pub left: Option<f64>,
    /// For series that the right side lacks.
    pub right: Option<f64>,
    /// The place of the clauses.
    pub span: Option<Span>,
}
