//! The words and signs of PromQL. Decides what is a keyword, and which keywords may also be names; leaves cutting a text into tokens
//! to `lexer`.

use super::mistake::ParseError;
use super::span::Span;

/// A word or sign of an expression.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub kind: Kind,
    pub span: Span,
}

/// Kinds of tokens.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A name or a keyword; with colons only outside of braces.
    Word,
    /// A number, `Inf` and `NaN` among them.
    Number(f64),
    /// A duration, in milliseconds.
    Duration(i64),
    /// A quoted string, without quotes and escapes.
    Text(String),
    /// A bracket, comma or operator.
    Sign(Sign),
    /// The end of the expression.
    End,
    /// What can't be read; nothing follows.
    Bad(ParseError),
}

/// Brackets, commas and operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    OpenParen,
    CloseParen,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    Comma,
    Colon,
    Equal,
    NotEqual,
    Matches,
    NotMatches,
    EqualTo,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Times,
    Divide,
    Modulo,
    Power,
    At,
}

impl Sign {
    /// Returns the sign as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Sign::OpenParen => "(",
            Sign::CloseParen => ")",
            Sign::OpenBrace => "{",
            Sign::CloseBrace => "}",
            Sign::OpenBracket => "[",
            Sign::CloseBracket => "]",
            Sign::Comma => ",",
            Sign::Colon => ":",
            Sign::Equal => "=",
            Sign::NotEqual => "!=",
            Sign::Matches => "=~",
            Sign::NotMatches => "!~",
            Sign::EqualTo => "==",
            Sign::Less => "<",
            Sign::LessOrEqual => "<=",
            Sign::Greater => ">",
            Sign::GreaterOrEqual => ">=",
            Sign::Plus => "+",
            Sign::Minus => "-",
            Sign::Times => "*",
            Sign::Divide => "/",
            Sign::Modulo => "%",
            Sign::Power => "^",
            Sign::At => "@",
        }
    }
}

/// Words with a meaning of their own; upper and lower case are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    And,
    Or,
    Unless,
    Atan2,
    Aggregation,
    Offset,
    Anchored,
    Smoothed,
    By,
    Without,
    On,
    Ignoring,
    GroupLeft,
    GroupRight,
    Fill,
    FillLeft,
    FillRight,
    Bool,
    Start,
    End,
    Step,
    Range,
}

impl Keyword {
    /// Returns the keyword that a word is.
    pub fn of(word: &str) -> Option<Keyword> {
        // the longest keyword has 12 letters: longer words need no lower case of their own
        if word.len() > 12 {
            return None;
        }
        Some(match word.to_ascii_lowercase().as_str() {
            "and" => Keyword::And,
            "or" => Keyword::Or,
            "unless" => Keyword::Unless,
            "atan2" => Keyword::Atan2,
            "sum" | "avg" | "count" | "min" | "max" | "group" | "stddev" | "stdvar" | "topk" | "bottomk"
            | "count_values" | "quantile" | "limitk" | "limit_ratio" => Keyword::Aggregation,
            "offset" => Keyword::Offset,
            "anchored" => Keyword::Anchored,
            "smoothed" => Keyword::Smoothed,
            "by" => Keyword::By,
            "without" => Keyword::Without,
            "on" => Keyword::On,
            "ignoring" => Keyword::Ignoring,
            "group_left" => Keyword::GroupLeft,
            "group_right" => Keyword::GroupRight,
            "fill" => Keyword::Fill,
            "fill_left" => Keyword::FillLeft,
            "fill_right" => Keyword::FillRight,
            "bool" => Keyword::Bool,
            "start" => Keyword::Start,
            "end" => Keyword::End,
            "step" => Keyword::Step,
            "range" => Keyword::Range,
            _ => return None,
        })
    }

    /// Tells whether a metric may have this name without quotes.
    pub fn may_name_a_metric(self) -> bool {
        !matches!(
            self,
            Keyword::Atan2
                | Keyword::On
                | Keyword::Ignoring
                | Keyword::GroupLeft
                | Keyword::GroupRight
                | Keyword::Bool
        )
    }

    /// Tells whether it is a function when a parenthesis follows.
    pub fn may_name_a_function(self) -> bool {
        matches!(self, Keyword::Start | Keyword::End | Keyword::Step | Keyword::Range)
    }
}
