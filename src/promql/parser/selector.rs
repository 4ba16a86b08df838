//! Selectors and what may stand behind them: matchers in braces, a range, `offset`, `@`. Decides their form and order, and which regular
//! expressions are none.

use super::{Parsed, Parser};
use crate::promql::ast::{
    At, Expr, ExprKind, Extended, MatchOp, Matcher, Modifiers, Name, Selector, Subquery,
};
use crate::promql::literal;
use crate::promql::mistake::{Code, ParseError};
use crate::promql::re2;
use crate::promql::span::Span;
use crate::promql::token::{Keyword, Kind, Sign};

impl Parser<'_> {
    /// Reads a name, matchers in braces, or both.
    pub(super) fn selector(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let mut end = start;
        let mut name = None;
        if let Some(text) = self.word() {
            name = Some(Name { text: text.to_owned(), span: self.take(), quoted: false });
        }
        let mut matchers = Vec::new();
        if self.at(Sign::OpenBrace) {
            end = self.matchers(&mut name, &mut matchers)?;
        }
        let selector = Selector { name, matchers, range: None, modifiers: Modifiers::default() };
        Ok(Expr { span: start.to(end), kind: ExprKind::Selector(Box::new(selector)) })
    }

    fn matchers(&mut self, name: &mut Option<Name>, matchers: &mut Vec<Matcher>) -> Parsed<Span> {
        self.open(Sign::OpenBrace, "`{`")?;
        let mut any = false;
        loop {
            if self.at(Sign::CloseBrace) || any && self.peek().kind == Kind::End {
                return self.close(Sign::CloseBrace, "`}`");
            }
            self.matcher(name, matchers)?;
            any = true;
            if self.take_sign(Sign::Comma).is_none()
                && !self.at(Sign::CloseBrace)
                && self.peek().kind != Kind::End
            {
                return Err(self.unexpected_in_matchers());
            }
        }
    }

    fn unexpected_in_matchers(&self) -> ParseError {
        let error = self.unexpected("`,` or `}` behind a matcher");
        match self.keyword() {
            _ if error.code != Code::UnexpectedToken => error,
            Some(Keyword::And | Keyword::Or) => error
                .hint("commas part matchers, and all have to match; `a=~\"x|y\"` matches one of two values"),
            _ if self.word().is_some() => error.hint("matchers are parted by commas: `{a=\"1\", b=\"2\"}`"),
            _ => error,
        }
    }

    /// Reads one matcher, or the metric's name in quotes.
    fn matcher(&mut self, name: &mut Option<Name>, matchers: &mut Vec<Matcher>) -> Parsed<()> {
        let span = self.span();
        let label = match &self.peek().kind {
            Kind::Word => Name { text: span.of(self.text).to_owned(), span, quoted: false },
            Kind::Text(text) => Name { text: text.clone(), span, quoted: true },
            _ => return Err(self.unexpected("a label name or `}`")),
        };
        self.take();
        let op = match self.peek().kind {
            Kind::Sign(Sign::Equal) => MatchOp::Equal,
            Kind::Sign(Sign::NotEqual) => MatchOp::NotEqual,
            Kind::Sign(Sign::Matches) => MatchOp::Matches,
            Kind::Sign(Sign::NotMatches) => MatchOp::NotMatches,
            Kind::Sign(Sign::Comma | Sign::CloseBrace) if label.quoted => return set_name(name, label),
            _ => {
                let error = self.unexpected("`=`, `!=`, `=~` or `!~` behind a label name");
                return Err(match error.code {
                    Code::UnexpectedToken => {
                        error.hint("a matcher is a label, an operator and a string: `job=\"node\"`")
                    }
                    _ => error,
                });
            }
        };
        self.take();
        let value_span = self.span();
        let Kind::Text(value) = &self.peek().kind else {
            return Err(self.expected_value());
        };
        let value = value.clone();
        if matches!(op, MatchOp::Matches | MatchOp::NotMatches) {
            re2::check(&value).map_err(|mistake| regex_error(&mistake, value_span, self.text))?;
        }
        self.take();
        matchers.push(Matcher { label, op, value, value_span });
        Ok(())
    }

    fn expected_value(&self) -> ParseError {
        let error = self.unexpected("a string in quotes");
        match &self.peek().kind {
            Kind::Word => error.hint(format!("write \"{}\"", self.span().of(self.text))),
            Kind::Sign(Sign::Equal) => error.hint("one `=` is enough in braces"),
            _ => error,
        }
    }

    /// Reads ranges, `offset`, `@` and the like behind an expression.
    pub(super) fn modified(&mut self, mut expr: Expr) -> Parsed<Expr> {
        loop {
            let keyword = self.keyword();
            if self.at(Sign::OpenBracket) {
                expr = self.range(expr)?;
            } else if keyword == Some(Keyword::Offset) {
                let start = self.take();
                let offset = self.offset_duration()?;
                let end = offset.span;
                let modifiers = modifiers(&mut expr, "offset", start)?;
                if modifiers.offset.replace(offset).is_some() {
                    return Err(twice("offset", start));
                }
                expr.span = expr.span.to(end);
            } else if self.at(Sign::At) {
                let start = self.take();
                let (at, end) = self.timestamp()?;
                let modifiers = modifiers(&mut expr, "@", start)?;
                if modifiers.at.replace(at).is_some() {
                    return Err(twice("@", start));
                }
                expr.span = expr.span.to(end);
            } else if let Some(Keyword::Anchored | Keyword::Smoothed) = keyword {
                self.extended(&mut expr, keyword == Some(Keyword::Anchored))?;
            } else {
                return Ok(expr);
            }
        }
    }

    fn extended(&mut self, expr: &mut Expr, anchored: bool) -> Parsed<()> {
        let span = self.take();
        let (extended, word) =
            if anchored { (Extended::Anchored, "anchored") } else { (Extended::Smoothed, "smoothed") };
        let ExprKind::Selector(selector) = &mut expr.kind else {
            let message = format!("`{word}` stands behind a selector only");
            return Err(ParseError::new(span, Code::MisplacedModifier, message));
        };
        if selector.modifiers.extended.replace((extended, span)).is_some_and(|(other, _)| other != extended) {
            let message = "`anchored` and `smoothed` exclude each other";
            return Err(ParseError::new(span, Code::ModifierTwice, message));
        }
        expr.span = expr.span.to(span);
        Ok(())
    }

    /// Reads a range or a subquery in square brackets.
    fn range(&mut self, of: Expr) -> Parsed<Expr> {
        let height = self.height;
        let start = self.open(Sign::OpenBracket, "`[`")?;
        let range = self.positive_duration("range", "a duration like `5m`")?;
        let sub = self.take_sign(Sign::Colon).is_some();
        let mut step = None;
        if sub && !self.at(Sign::CloseBracket) && self.peek().kind != Kind::End {
            step = Some(self.positive_duration("step", "a duration or `]` behind `:`")?);
        }
        let end = self.close(Sign::CloseBracket, if sub { "`]`" } else { "`:` or `]`" })?;
        let span = of.span.to(end);
        if sub {
            self.grow(height.max(self.height))?;
            let subquery = Subquery { of, range, step, modifiers: Modifiers::default() };
            return Ok(Expr { span, kind: ExprKind::Subquery(Box::new(subquery)) });
        }
        self.height = height;
        let misplaced = |message: &str, hint: &str| {
            Err(ParseError::new(start.to(end), Code::MisplacedModifier, message).hint(hint))
        };
        match of.kind {
            ExprKind::Selector(mut selector) if selector.range.is_none() => {
                // Prometheus looks for a time of its own here, and doesn't see `start()` and `end()`
                let at = selector.modifiers.at.filter(|at| matches!(at, At::Start | At::End));
                if selector.modifiers != (Modifiers { at, ..Modifiers::default() }) {
                    return misplaced(
                        "the range stands before `offset` and `@`",
                        "write `metric[5m] offset 1h`",
                    );
                }
                selector.range = Some(range);
                Ok(Expr { span, kind: ExprKind::Selector(selector) })
            }
            ExprKind::Selector(_) => misplaced("there is a range already", "a selector has one range"),
            _ => misplaced(
                "only a selector can have a range",
                "write a subquery for ranges of anything else: `(…)[5m:]`, with its step behind the colon",
            ),
        }
    }

    /// Reads a time behind `@`.
    fn timestamp(&mut self) -> Parsed<(At, Span)> {
        let start = self.span();
        let at = match self.keyword() {
            Some(Keyword::Start) => At::Start,
            Some(Keyword::End) => At::End,
            _ => {
                let seconds =
                    self.signed_number("a Unix time in seconds, `start()` or `end()` behind `@`")?;
                let end = self.tokens[self.next.saturating_sub(1)].span;
                if seconds.is_nan() || seconds.abs() >= i64::MAX as f64 {
                    let message = "this is no time that `@` can stand before";
                    return Err(ParseError::new(start.to(end), Code::BadTimestamp, message)
                        .hint("write Unix time in seconds, like 1700000000"));
                }
                return Ok((At::Seconds(seconds), end));
            }
        };
        let word = self.word().unwrap_or_default();
        self.take();
        self.open(Sign::OpenParen, &format!("`()` behind `{word}`"))?;
        let end = self.close(Sign::CloseParen, "`)`")?;
        Ok((at, end))
    }
}

fn set_name(name: &mut Option<Name>, label: Name) -> Parsed<()> {
    if label.text.is_empty() {
        return Err(ParseError::new(label.span, Code::BadLabel, "a metric name can't be empty"));
    }
    match name {
        None => {
            *name = Some(label);
            Ok(())
        }
        Some(first) => {
            let message = format!("the metric has a name already: `{}`", first.text);
            Err(ParseError::new(label.span, Code::NameTwice, message)
                .hint("a label needs an operator and a value: `a=\"b\"`"))
        }
    }
}

/// Finds where `offset` and `@` of an expression are kept; only selectors and subqueries have them.
fn modifiers<'e>(expr: &'e mut Expr, word: &str, span: Span) -> Parsed<&'e mut Modifiers> {
    match &mut expr.kind {
        ExprKind::Selector(selector) => Ok(&mut selector.modifiers),
        ExprKind::Subquery(subquery) => Ok(&mut subquery.modifiers),
        _ => {
            let message = format!("`{word}` stands behind a selector or subquery only");
            let form = if word == "@" { "rate(x[5m] @ 1700000000)" } else { "sum(rate(x[5m] offset 1h))" };
            Err(ParseError::new(span, Code::MisplacedModifier, message)
                .hint(format!("write it inside: `{form}`")))
        }
    }
}

fn twice(word: &str, span: Span) -> ParseError {
    ParseError::new(span, Code::ModifierTwice, format!("there is an `{word}` already"))
        .hint("a selector or subquery has one of each")
}

/// Points into the string at the place where its regular expression is wrong.
fn regex_error(mistake: &re2::RegexMistake, value: Span, text: &str) -> ParseError {
    let quoted = value.of(text);
    let quote = quoted.chars().next().unwrap_or('"');
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    let at = value.start + 1 + literal::place_in_source(inner, quote, mistake.at);
    let length = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    ParseError::new(
        Span::new(at, at + length),
        Code::BadRegex,
        format!("not a regular expression: {}", mistake.message),
    )
    .hint("text that is meant as it stands is compared with `=` or `!=`")
}
