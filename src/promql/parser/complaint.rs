//! What the parser says when something can't stand where it stands: what was expected, what is there, and a guess at what was meant.

use super::Parser;
use crate::promql::ast::{Expr, ExprKind};
use crate::promql::functions;
use crate::promql::mistake::{Code, ParseError};
use crate::promql::span::Span;
use crate::promql::token::{Keyword, Kind, Sign, Token};

impl Parser<'_> {
    /// Says that something else was expected here.
    pub(super) fn unexpected(&self, expected: &str) -> ParseError {
        let token = self.peek();
        if let Kind::Bad(error) = &token.kind {
            return error.clone();
        }
        if token.kind == Kind::End {
            // behind the last thing that stands there, not behind spaces and comments
            let end = self.next.checked_sub(1).map_or(0, |last| self.tokens[last].span.end);
            let span = Span::at(end);
            let error = ParseError::new(
                span,
                Code::UnexpectedEnd,
                format!("the expression ends where {expected} was expected"),
            );
            let percent = self
                .next
                .checked_sub(1)
                .is_some_and(|last| self.tokens[last].kind == Kind::Sign(Sign::Modulo));
            return error
                .maybe_hint(percent.then(|| "a percentage is a plain number here: 0.05 or 5".to_owned()));
        }
        if let Kind::Sign(sign @ (Sign::CloseParen | Sign::CloseBracket | Sign::CloseBrace)) = token.kind
            && self.open.is_empty()
        {
            let message = format!("this `{}` has no partner before it", sign.as_str());
            return ParseError::new(token.span, Code::Unopened, message);
        }
        let found = describe(token, self.text);
        ParseError::new(token.span, Code::UnexpectedToken, format!("expected {expected}, found {found}"))
    }

    /// Says that an expression can't go on like this.
    pub(super) fn unexpected_after(&self, expr: &Expr, expected: &str) -> ParseError {
        let error = self.unexpected(expected);
        if error.code != Code::UnexpectedToken {
            return error;
        }
        let misplaced = |code: Code, hint: &str| ParseError { code, ..error.clone() }.hint(hint);
        match self.keyword() {
            Some(Keyword::By | Keyword::Without) => misplaced(
                Code::MisplacedGrouping,
                "the grouping stands once, before or behind an aggregation's parentheses: `sum by (job) (x)`",
            ),
            Some(Keyword::Bool) => misplaced(
                Code::MisplacedBool,
                "`bool` stands right behind the comparison: `a > bool on(job) b`",
            ),
            Some(Keyword::On | Keyword::Ignoring | Keyword::GroupLeft | Keyword::GroupRight) => misplaced(
                Code::MisplacedMatching,
                "labels to match stand right behind the operator: `a / on(job) group_left() b`",
            ),
            _ => {
                let hint = self.hint_after(expr);
                error.maybe_hint(hint)
            }
        }
    }

    /// Says that a keyword can't be a metric's name.
    pub(super) fn keyword_as_name(&self, keyword: Keyword) -> ParseError {
        let word = self.word().unwrap_or_default();
        let message = format!("expected an expression, found the keyword `{word}`");
        let error = ParseError::new(self.span(), Code::KeywordAsName, message);
        match keyword {
            Keyword::Bool => ParseError { code: Code::MisplacedBool, ..error }
                .hint("`bool` stands right behind a comparison: `a > bool on(job) b`"),
            Keyword::GroupLeft | Keyword::GroupRight => {
                error.hint(format!("`{word}` stands behind `on` or `ignoring`: `a / on(job) {word}() b`"))
            }
            _ => error.hint(format!("a metric of this name is selected by `{{__name__=\"{word}\"}}`")),
        }
    }

    /// Says that there is no such function.
    pub(super) fn unknown_function(&self, span: Span) -> ParseError {
        let name = span.of(self.text);
        let error = ParseError::new(span, Code::UnknownFunction, format!("there is no function `{name}`"));
        match functions::nearest(name) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint("a server newer than this program may have it"),
        }
    }

    /// Guesses what was meant by something behind an expression.
    fn hint_after(&self, expr: &Expr) -> Option<String> {
        let before = match &expr.kind {
            ExprKind::Binary(binary) => &binary.right,
            _ => expr,
        };
        let name = match &before.kind {
            ExprKind::Selector(selector) if selector.matchers.is_empty() => {
                selector.name.as_ref().filter(|name| !name.quoted).map(|name| name.text.as_str())
            }
            _ => None,
        };
        let missing = "an operator is missing between two expressions".to_owned();
        Some(match &self.peek().kind {
            Kind::Sign(Sign::OpenBrace) => {
                "a selector has one pair of braces: `metric{a=\"1\", b=\"2\"}`".to_owned()
            }
            Kind::Word if matches!(before.kind, ExprKind::Text(_)) => {
                "a comma or a quote is missing before it".to_owned()
            }
            Kind::Sign(Sign::OpenParen)
            | Kind::Word
            | Kind::Number(_)
            | Kind::Text(_)
            | Kind::Duration(_) => {
                let foreign = self.word().and_then(foreign_word);
                match name {
                    _ if foreign.is_some() => foreign.unwrap_or_default().to_owned(),
                    Some(name) if name.eq_ignore_ascii_case("not") => {
                        "PromQL has no `not`: write `!=`, `unless` or `== 0`".to_owned()
                    }
                    Some(name) if Keyword::of(name).is_some() => read_as_name(name),
                    Some(_) if self.at(Sign::OpenParen) => {
                        "only functions have parentheses behind their name".to_owned()
                    }
                    _ => missing,
                }
            }
            _ => return None,
        })
    }

    /// Says that an expression was expected, and guesses why it is missing.
    pub(super) fn expected_operand(&self) -> ParseError {
        let error = self.unexpected("an expression");
        if error.hint.is_some() {
            return error;
        }
        let hint = match self.peek().kind {
            Kind::Sign(Sign::OpenBracket) => "a range stands behind a selector: `metric[5m]`",
            Kind::Sign(Sign::CloseParen)
                if self.open.last().is_some_and(|open| open.end == self.span().start) =>
            {
                "there is nothing between the parentheses"
            }
            Kind::Sign(Sign::Comma) => "an argument is missing before the comma",
            Kind::Sign(Sign::At) => "`@` stands behind a selector: `metric @ 1700000000`",
            _ => return error,
        };
        error.hint(hint)
    }
}

/// Says how a keyword came to be a metric name.
fn read_as_name(word: &str) -> String {
    match Keyword::of(word) {
        Some(Keyword::Aggregation) => format!("an aggregation has parentheses: `{word}(x)`"),
        Some(Keyword::Offset) => "`offset` stands behind a selector: `metric offset 5m`".to_owned(),
        _ => format!("`{word}` was read as a metric name here: two operators in a row?"),
    }
}

/// Says how PromQL writes what another language has a word for.
fn foreign_word(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "in" | "like" => "values of labels are matched in braces: `metric{a=~\"x|y\"}`",
        "between" => "write two comparisons: `x > 1 < 5`",
        "for" => "`for` belongs to the alert beside the expression",
        "is" => "write `==`",
        "where" => "labels are matched in braces: `metric{a=\"b\"}`",
        "xor" | "not" => "there are `and`, `or` and `unless`",
        _ => return None,
    })
}

/// Names a token as a person would.
fn describe(token: &Token, text: &str) -> String {
    let shown = token.span.of(text);
    match &token.kind {
        Kind::End => "the end of the expression".to_owned(),
        Kind::Bad(error) => error.message.clone(),
        Kind::Number(_) => format!("the number `{shown}`"),
        Kind::Duration(_) => format!("the duration `{shown}`"),
        Kind::Text(_) => "a string".to_owned(),
        Kind::Sign(_) => format!("`{shown}`"),
        Kind::Word => match Keyword::of(shown) {
            Some(_) => format!("the keyword `{shown}`"),
            None => format!("the name `{shown}`"),
        },
    }
}
