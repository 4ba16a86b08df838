//! Operators between expressions and what may stand behind them: `bool`, `on`, `group_left`, `fill`. Decides their order and how operators
//! group; leaves whether they make sense between two types to `types`.

use super::{Parsed, Parser};
use crate::promql::ast::{BinaryOp, Fill, Group, Matching, Name};
use crate::promql::mistake::{Code, ParseError};
use crate::promql::token::{Keyword, Kind, Sign};

/// What a sign before an expression takes with it: only powers.
pub(super) const TIGHTER_THAN_SIGNS: u8 = 6;

/// Returns how tightly the right side of an operator has to bind.
pub(super) fn right_binding(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Power => op.binding(),
        _ => op.binding() + 1,
    }
}

/// What stands between an operator and its right side.
pub(super) struct Modifiers {
    pub bool_span: Option<crate::promql::span::Span>,
    pub matching: Option<Matching>,
    pub fill: Fill,
}

impl Parser<'_> {
    /// Returns the operator that stands next.
    pub(super) fn binary_op(&self) -> Option<BinaryOp> {
        Some(match &self.peek().kind {
            Kind::Sign(sign) => match sign {
                Sign::Plus => BinaryOp::Add,
                Sign::Minus => BinaryOp::Subtract,
                Sign::Times => BinaryOp::Multiply,
                Sign::Divide => BinaryOp::Divide,
                Sign::Modulo => BinaryOp::Modulo,
                Sign::Power => BinaryOp::Power,
                Sign::EqualTo => BinaryOp::Equal,
                Sign::NotEqual => BinaryOp::NotEqual,
                Sign::Less => BinaryOp::Less,
                Sign::LessOrEqual => BinaryOp::LessOrEqual,
                Sign::Greater => BinaryOp::Greater,
                Sign::GreaterOrEqual => BinaryOp::GreaterOrEqual,
                _ => return None,
            },
            Kind::Word => match self.keyword()? {
                Keyword::And => BinaryOp::And,
                Keyword::Or => BinaryOp::Or,
                Keyword::Unless => BinaryOp::Unless,
                Keyword::Atan2 => BinaryOp::Atan2,
                _ => return None,
            },
            _ => return None,
        })
    }

    /// Reads `bool`, `on(…) group_left(…)` and `fill(…)`, in this order.
    pub(super) fn operation_modifiers(&mut self) -> Parsed<Modifiers> {
        let bool_span = self.take_keyword(Keyword::Bool);
        let matching = self.matching()?;
        let fill = self.fill()?;
        Ok(Modifiers { bool_span, matching, fill })
    }

    fn matching(&mut self) -> Parsed<Option<Matching>> {
        let on = self.keyword() == Some(Keyword::On);
        if !on && self.keyword() != Some(Keyword::Ignoring) {
            return Ok(None);
        }
        let start = self.take();
        let word = if on { "on" } else { "ignoring" };
        let (labels, end) = self.labels(word)?;
        let left = self.keyword() == Some(Keyword::GroupLeft);
        if !left && self.keyword() != Some(Keyword::GroupRight) {
            return Ok(Some(Matching { on, labels, group: None, span: start.to(end) }));
        }
        let group_start = self.take();
        let (include, group_end) = match self.at(Sign::OpenParen) {
            true => self.labels(if left { "group_left" } else { "group_right" })?,
            false => (Vec::new(), group_start),
        };
        let group = Group { left, include, span: group_start.to(group_end) };
        Ok(Some(Matching { on, labels, group: Some(group), span: start.to(group_end) }))
    }

    /// Reads `fill(0)`, `fill_left(0)`, `fill_right(0)`. Without parentheses these are metric names.
    fn fill(&mut self) -> Parsed<Fill> {
        let mut fill = Fill::default();
        while let Some(keyword @ (Keyword::Fill | Keyword::FillLeft | Keyword::FillRight)) = self.keyword() {
            if !self.follows(Sign::OpenParen) {
                break;
            }
            let start = self.span();
            let (left, right) = (keyword != Keyword::FillRight, keyword != Keyword::FillLeft);
            if left && fill.left.is_some() || right && fill.right.is_some() {
                let error = ParseError::new(start, Code::MisplacedMatching, "a side can be filled once only");
                return Err(error.hint("write `fill(0)`, or `fill_left(0) fill_right(0)`"));
            }
            self.take();
            self.open(Sign::OpenParen, "`(`")?;
            let value = self.signed_number("a number")?;
            let end = self.close(Sign::CloseParen, "`)`")?;
            fill.left = if left { Some(value) } else { fill.left };
            fill.right = if right { Some(value) } else { fill.right };
            fill.span = Some(fill.span.unwrap_or(start).to(end));
        }
        Ok(fill)
    }

    /// Reads a number or duration with a sign before it, in seconds.
    pub(super) fn signed_number(&mut self, expected: &str) -> Parsed<f64> {
        let negative = self.at(Sign::Minus);
        if negative || self.at(Sign::Plus) {
            self.take();
        }
        let value = match self.peek().kind {
            Kind::Number(value) => value,
            Kind::Duration(milliseconds) => milliseconds as f64 / 1000.0,
            _ => return Err(self.unexpected(expected)),
        };
        self.take();
        Ok(if negative { -value } else { value })
    }

    /// Reads label names in parentheses.
    pub(super) fn labels(&mut self, behind: &str) -> Parsed<(Vec<Name>, crate::promql::span::Span)> {
        self.open(Sign::OpenParen, &format!("`(` and label names behind `{behind}`"))?;
        let mut labels = Vec::new();
        loop {
            if let Some(end) = self.take_sign(Sign::CloseParen) {
                self.open.pop();
                return Ok((labels, end));
            }
            if self.peek().kind == Kind::End && !labels.is_empty() {
                let end = self.close(Sign::CloseParen, "a label name or `)`")?;
                return Ok((labels, end));
            }
            labels.push(self.label(labels.is_empty())?);
            if self.take_sign(Sign::Comma).is_none()
                && !self.at(Sign::CloseParen)
                && self.peek().kind != Kind::End
            {
                let error = self.unexpected("`,` or `)` behind a label name");
                return Err(match behind {
                    "group_left" | "group_right" if error.hint.is_none() => error
                        .hint(format!("parentheses behind `{behind}` hold labels: write `{behind}() (…)`")),
                    _ => error,
                });
            }
        }
    }

    fn label(&mut self, first: bool) -> Parsed<Name> {
        let span = self.span();
        let (text, quoted) = match &self.peek().kind {
            Kind::Word => (span.of(self.text).to_owned(), false),
            Kind::Text(text) => (text.clone(), true),
            _ => return Err(self.unexpected(if first { "a label name or `)`" } else { "a label name" })),
        };
        if !quoted && text.contains(':') {
            let error =
                ParseError::new(span, Code::BadLabel, format!("a label name can't have a colon: `{text}`"));
            return Err(
                error.hint("colons belong to metric names; a label with one stands in quotes (Prometheus 3)")
            );
        }
        if text.is_empty() {
            return Err(ParseError::new(span, Code::BadLabel, "a label name can't be empty"));
        }
        self.take();
        Ok(Name { text, span, quoted })
    }
}
