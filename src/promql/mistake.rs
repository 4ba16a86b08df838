//! What is wrong with an expression: a place, a code that stays, a sentence, and what to write instead. Leaves the caret to `ui`.

use super::span::Span;

/// A mistake in an expression, as a person would want it told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// Where a person would look for it, in bytes of the expression.
    pub span: Span,
    /// What kind of mistake it is.
    pub code: Code,
    /// What was expected and what is there; one sentence without a full stop.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl ParseError {
    /// Makes a mistake without a hint.
    pub(super) fn new(span: Span, code: Code, message: impl Into<String>) -> ParseError {
        ParseError { span, code, message: message.into(), hint: None }
    }

    /// Adds what to write instead.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> ParseError {
        self.hint = Some(hint.into());
        self
    }

    /// Adds what to write instead, when that is known.
    pub(super) fn maybe_hint(mut self, hint: Option<String>) -> ParseError {
        self.hint = hint;
        self
    }
}

/// Kinds of mistakes in an expression; each has a name that stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// There is no expression.
    Empty,
    /// Something else was expected here.
    UnexpectedToken,
    /// A character that PromQL does not use.
    UnexpectedCharacter,
    /// The expression ends too early.
    UnexpectedEnd,
    /// An operator of another language.
    UnknownOperator,
    /// A bracket without its partner behind it.
    Unclosed,
    /// A bracket without its partner before it.
    Unopened,
    /// A string without its closing quote.
    UnclosedString,
    /// An escape in a string that does not exist.
    BadEscape,
    /// A number that is none.
    BadNumber,
    /// A duration that is none, or that is too long.
    BadDuration,
    /// A range or step that is not longer than nothing.
    DurationNotPositive,
    /// A label name that is not allowed where it stands.
    BadLabel,
    /// A keyword where a metric name would have to stand.
    KeywordAsName,
    /// A comma with nothing behind it.
    TrailingComma,
    /// A regular expression that Prometheus refuses.
    BadRegex,
    /// A selector that would select every series.
    EmptySelector,
    /// A metric name before the braces and in them.
    NameTwice,
    /// A function that Prometheus doesn't have.
    UnknownFunction,
    /// Too few or too many arguments.
    ArgumentCount,
    /// A scalar, vector, range or string where another is needed.
    WrongType,
    /// A comparison between scalars without `bool`.
    MissingBool,
    /// `bool` where nothing is compared, or in the wrong place.
    MisplacedBool,
    /// `on`, `ignoring`, `group_…` or `fill` where they make no sense.
    MisplacedMatching,
    /// A label in `on` and in `group_…`.
    LabelInBoth,
    /// `by` or `without` in the wrong place.
    MisplacedGrouping,
    /// `offset`, `@`, or a range on something that can't have it.
    MisplacedModifier,
    /// `offset` or `@` twice.
    ModifierTwice,
    /// A time that `@` can't have.
    BadTimestamp,
    /// More parts within each other than anybody writes.
    TooDeep,
}

impl Code {
    /// Returns the name for scripts and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::Empty => "empty",
            Code::UnexpectedToken => "unexpected-token",
            Code::UnexpectedCharacter => "unexpected-character",
            Code::UnexpectedEnd => "unexpected-end",
            Code::UnknownOperator => "unknown-operator",
            Code::Unclosed => "unclosed",
            Code::Unopened => "unopened",
            Code::UnclosedString => "unclosed-string",
            Code::BadEscape => "bad-escape",
            Code::BadNumber => "bad-number",
            Code::BadDuration => "bad-duration",
            Code::DurationNotPositive => "duration-not-positive",
            Code::BadLabel => "bad-label",
            Code::KeywordAsName => "keyword-as-name",
            Code::TrailingComma => "trailing-comma",
            Code::BadRegex => "bad-regex",
            Code::EmptySelector => "empty-selector",
            Code::NameTwice => "name-twice",
            Code::UnknownFunction => "unknown-function",
            Code::ArgumentCount => "argument-count",
            Code::WrongType => "wrong-type",
            Code::MissingBool => "missing-bool",
            Code::MisplacedBool => "misplaced-bool",
            Code::MisplacedMatching => "misplaced-matching",
            Code::LabelInBoth => "label-in-both",
            Code::MisplacedGrouping => "misplaced-grouping",
            Code::MisplacedModifier => "misplaced-modifier",
            Code::ModifierTwice => "modifier-twice",
            Code::BadTimestamp => "bad-timestamp",
            Code::TooDeep => "too-deep",
        }
    }
}
