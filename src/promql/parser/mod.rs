//! Builds the tree of an expression from its tokens: operators by how tightly they bind, everything else by descent. Decides what may follow
//! what, and says so in words where it doesn't; leaves types to `types`.

mod aggregation;
mod complaint;
mod duration;
mod operation;
mod selector;

use super::ast::{Binary, BinaryOp, Call, Expr, ExprKind, Number};
use super::functions;
use super::lexer;
use super::mistake::{Code, ParseError};
use super::span::Span;
use super::token::{Keyword, Kind, Sign, Token};

/// How many expressions may stand within each other. What people and generators write stays below 30.
pub(super) const DEEPEST: usize = 100;
/// How high a tree may be: a chain of operators makes it higher without nesting, and whoever walks it needs stack for each step.
pub(super) const HIGHEST: usize = 500;

type Parsed<T> = Result<T, ParseError>;

/// Builds the tree of an expression; its types are not checked.
pub(super) fn tree(text: &str) -> Parsed<Expr> {
    let mut parser =
        Parser { text, tokens: lexer::tokens(text), next: 0, depth: 0, height: 0, open: Vec::new() };
    if parser.peek().kind == Kind::End {
        return Err(ParseError::new(Span::at(0), Code::Empty, "there is no expression")
            .hint("write one, like `up == 0`"));
    }
    let expr = parser.expression(0)?;
    match parser.peek().kind {
        Kind::End => Ok(expr),
        _ => Err(parser.unexpected_after(&expr, "an operator or the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    next: usize,
    /// Expressions around the one that is read.
    depth: usize,
    /// The height of the tree that was read last.
    height: usize,
    /// Brackets that wait for their partners.
    open: Vec<Span>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> &Token {
        // the last token is `End` or `Bad`, and is never taken
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn span(&self) -> Span {
        self.peek().span
    }

    fn at(&self, sign: Sign) -> bool {
        self.peek().kind == Kind::Sign(sign)
    }

    fn follows(&self, sign: Sign) -> bool {
        self.tokens.get(self.next + 1).is_some_and(|token| token.kind == Kind::Sign(sign))
    }

    /// Takes the next token's place, unless it is the end.
    fn take(&mut self) -> Span {
        let span = self.span();
        if self.next + 1 < self.tokens.len() {
            self.next += 1;
        }
        span
    }

    fn take_sign(&mut self, sign: Sign) -> Option<Span> {
        self.at(sign).then(|| self.take())
    }

    fn word(&self) -> Option<&'a str> {
        (self.peek().kind == Kind::Word).then(|| self.span().of(self.text))
    }

    fn keyword(&self) -> Option<Keyword> {
        self.word().and_then(Keyword::of)
    }

    fn take_keyword(&mut self, keyword: Keyword) -> Option<Span> {
        (self.keyword() == Some(keyword)).then(|| self.take())
    }

    /// Takes the bracket that closes the innermost open one.
    fn close(&mut self, sign: Sign, expected: &str) -> Parsed<Span> {
        if let Some(span) = self.take_sign(sign) {
            self.open.pop();
            return Ok(span);
        }
        match (&self.peek().kind, self.open.last()) {
            (Kind::End, Some(opened)) => {
                let bracket = opened.of(self.text);
                let message = format!("this `{bracket}` is not closed: `{}` is missing", sign.as_str());
                Err(ParseError::new(*opened, Code::Unclosed, message))
            }
            _ => Err(self.unexpected(expected)),
        }
    }

    fn open(&mut self, sign: Sign, expected: &str) -> Parsed<Span> {
        match self.take_sign(sign) {
            Some(span) => {
                self.open.push(span);
                Ok(span)
            }
            None => Err(self.unexpected(expected)),
        }
    }

    fn open_behind(&mut self, name: &str) -> Parsed<Span> {
        match self.at(Sign::OpenParen) {
            true => self.open(Sign::OpenParen, ""),
            false => Err(self.unexpected(&format!("`(` behind `{name}`"))),
        }
    }

    /// Counts a step down; refuses to go deeper than anybody writes.
    fn enter(&mut self) -> Parsed<()> {
        self.depth += 1;
        match self.depth > DEEPEST {
            true => Err(self.too_deep(DEEPEST)),
            false => Ok(()),
        }
    }

    /// Sets the height of the tree that was just built.
    fn grow(&mut self, below: usize) -> Parsed<()> {
        self.height = below + 1;
        match self.height > HIGHEST {
            true => Err(self.too_deep(HIGHEST)),
            false => Ok(()),
        }
    }

    fn too_deep(&self, most: usize) -> ParseError {
        let message = format!("the expression has more than {most} parts within each other");
        ParseError::new(self.span(), Code::TooDeep, message)
            .hint("record parts of it with rules of their own")
    }

    /// Reads an expression whose operators bind at least so tightly.
    fn expression(&mut self, least: u8) -> Parsed<Expr> {
        self.enter()?;
        let mut left = self.operand()?;
        while let Some(op) = self.binary_op().filter(|op| op.binding() >= least) {
            left = self.operation(left, op)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// Reads an operator and its right side. Apart from `expression`, which is on the stack many times.
    fn operation(&mut self, left: Expr, op: BinaryOp) -> Parsed<Expr> {
        let height = self.height;
        let op_span = self.take();
        let operation::Modifiers { bool_span, matching, fill } = self.operation_modifiers()?;
        let right = self.expression(operation::right_binding(op))?;
        self.grow(height.max(self.height))?;
        let span = left.span.to(right.span);
        let binary = Binary { op, op_span, bool_span, matching, fill, left, right };
        Ok(Expr { span, kind: ExprKind::Binary(Box::new(binary)) })
    }

    /// Reads what stands between operators: with signs before and modifiers behind.
    fn operand(&mut self) -> Parsed<Expr> {
        let negative = self.at(Sign::Minus);
        if negative || self.at(Sign::Plus) {
            let sign = self.take();
            // only `^` binds tighter than a sign
            let of = self.expression(operation::TIGHTER_THAN_SIGNS)?;
            self.grow(self.height)?;
            let span = sign.to(of.span);
            return Ok(Expr { span, kind: ExprKind::Unary { negative, of: Box::new(of) } });
        }
        let primary = self.primary()?;
        self.modified(primary)
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let span = self.span();
        self.height = 1;
        let kind = match &self.peek().kind {
            Kind::Number(value) => ExprKind::Number(Number { value: *value, duration_ms: None }),
            Kind::Duration(ms) => {
                ExprKind::Number(Number { value: *ms as f64 / 1000.0, duration_ms: Some(*ms) })
            }
            Kind::Text(text) => ExprKind::Text(text.clone()),
            Kind::Sign(Sign::OpenParen) => return self.parenthesized(),
            Kind::Sign(Sign::OpenBrace) => return self.selector(),
            Kind::Word => return self.named(),
            _ => return Err(self.expected_operand()),
        };
        self.take();
        Ok(Expr { span, kind })
    }

    fn parenthesized(&mut self) -> Parsed<Expr> {
        let start = self.open(Sign::OpenParen, "`(`")?;
        let of = self.expression(0)?;
        self.grow(self.height)?;
        if !self.at(Sign::CloseParen) && self.peek().kind != Kind::End {
            return Err(self.unexpected_after(&of, "an operator or `)`"));
        }
        let end = self.close(Sign::CloseParen, "`)`")?;
        Ok(Expr { span: start.to(end), kind: ExprKind::Paren(Box::new(of)) })
    }

    /// Reads what begins with a word: an aggregation, a call or a selector.
    fn named(&mut self) -> Parsed<Expr> {
        let word = self.word().unwrap_or_default();
        let keyword = Keyword::of(word);
        let called = self.follows(Sign::OpenParen);
        match keyword {
            Some(Keyword::Aggregation) if called || self.grouping_follows() => self.aggregation(),
            Some(keyword) if called && keyword.may_name_a_function() => self.call(word),
            None if called && !word.contains(':') => self.call(word),
            Some(keyword) if !keyword.may_name_a_metric() => Err(self.keyword_as_name(keyword)),
            _ => self.selector(),
        }
    }

    fn call(&mut self, name: &str) -> Parsed<Expr> {
        let name_span = self.take();
        let (arguments, end) = self.arguments(name)?;
        let Some(function) = functions::function(name) else {
            return Err(self.unknown_function(name_span));
        };
        let span = name_span.to(end);
        Ok(Expr { span, kind: ExprKind::Call(Call { function, name_span, arguments }) })
    }

    /// Reads arguments in parentheses.
    fn arguments(&mut self, of: &str) -> Parsed<(Vec<Expr>, Span)> {
        self.open_behind(of)?;
        let mut arguments = Vec::new();
        let mut height = 0;
        while !self.at(Sign::CloseParen) || !arguments.is_empty() {
            let argument = self.expression(0)?;
            height = height.max(self.height);
            if let Some(comma) = self.take_sign(Sign::Comma) {
                if self.at(Sign::CloseParen) {
                    return Err(trailing_comma(comma));
                }
                arguments.push(argument);
                continue;
            }
            if !self.at(Sign::CloseParen) && self.peek().kind != Kind::End {
                return Err(self.unexpected_after(&argument, "an operator, `,` or `)`"));
            }
            arguments.push(argument);
            break;
        }
        let end = self.close(Sign::CloseParen, "`,` or `)`")?;
        self.grow(height)?;
        Ok((arguments, end))
    }
}

fn trailing_comma(comma: Span) -> ParseError {
    ParseError::new(comma, Code::TrailingComma, "no argument follows this comma").hint("take the comma out")
}
