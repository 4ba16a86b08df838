//! Lengths of time in square brackets and behind `offset`: literals, and sums of them that newer servers compute. Decides their form; leaves
//! their value to `ast`.

use super::operation::{TIGHTER_THAN_SIGNS, right_binding};
use super::{Parsed, Parser};
use crate::promql::ast::{BinaryOp, DurationExpr, DurationKind, Extreme, Number};
use crate::promql::mistake::{Code, ParseError};
use crate::promql::token::{Kind, Sign};

impl Parser<'_> {
    /// Reads a range or step, which has to be longer than nothing.
    pub(super) fn positive_duration(&mut self, what: &str, expected: &str) -> Parsed<DurationExpr> {
        let duration = self.duration(0, expected)?;
        match duration.seconds() {
            Some(seconds) if seconds <= 0.0 || seconds.is_nan() => {
                let message = format!("a {what} has to be longer than nothing");
                Err(ParseError::new(duration.span, Code::DurationNotPositive, message)
                    .hint("`offset` moves a range back, a negative `offset` ahead"))
            }
            Some(seconds) => in_range(&duration, seconds).map(|()| duration),
            None => Ok(duration),
        }
    }

    /// Reads a length behind `offset`. Only parentheses hold a sum: `x offset 5m + 3` adds 3 to x.
    pub(super) fn offset_duration(&mut self) -> Parsed<DurationExpr> {
        let negative = self.at(Sign::Minus);
        let expected = "a duration like `5m` behind `offset`";
        let duration = if negative || self.at(Sign::Plus) {
            let sign = self.take();
            let of = self.duration_primary(expected)?;
            DurationExpr { span: sign.to(of.span), kind: DurationKind::Signed(negative, Box::new(of)) }
        } else {
            self.duration_primary(expected)?
        };
        let seconds = duration.seconds().unwrap_or_default();
        in_range(&duration, seconds).map(|()| duration)
    }

    fn duration(&mut self, least: u8, expected: &str) -> Parsed<DurationExpr> {
        self.enter()?;
        let negative = self.at(Sign::Minus);
        let mut left = if negative || self.at(Sign::Plus) {
            let sign = self.take();
            let of = self.duration(TIGHTER_THAN_SIGNS, expected)?;
            self.grow(self.height)?;
            DurationExpr { span: sign.to(of.span), kind: DurationKind::Signed(negative, Box::new(of)) }
        } else {
            self.duration_primary(expected)?
        };
        while let Some(op) = self.duration_op().filter(|op| op.binding() >= least) {
            let height = self.height;
            self.take();
            let right = self.duration(right_binding(op), "a duration")?;
            self.grow(height.max(self.height))?;
            if matches!(op, BinaryOp::Divide | BinaryOp::Modulo) && right.seconds() == Some(0.0) {
                return Err(ParseError::new(
                    right.span,
                    Code::BadDuration,
                    "a duration can't be divided by nothing",
                ));
            }
            let span = left.span.to(right.span);
            left = DurationExpr { span, kind: DurationKind::Binary(op, Box::new(left), Box::new(right)) };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn duration_op(&self) -> Option<BinaryOp> {
        self.binary_op().filter(|op| {
            matches!(
                op,
                BinaryOp::Add
                    | BinaryOp::Subtract
                    | BinaryOp::Multiply
                    | BinaryOp::Divide
                    | BinaryOp::Modulo
                    | BinaryOp::Power
            )
        })
    }

    fn duration_primary(&mut self, expected: &str) -> Parsed<DurationExpr> {
        self.height = 1;
        let start = self.span();
        let word = self.word().map(str::to_ascii_lowercase);
        let kind = match &self.peek().kind {
            Kind::Number(value) => DurationKind::Literal(Number { value: *value, duration_ms: None }),
            Kind::Duration(ms) => {
                DurationKind::Literal(Number { value: *ms as f64 / 1000.0, duration_ms: Some(*ms) })
            }
            Kind::Sign(Sign::OpenParen) => {
                self.open(Sign::OpenParen, "`(`")?;
                let of = self.duration(0, "a duration")?;
                self.grow(self.height)?;
                let end = self.close(Sign::CloseParen, "`)`")?;
                return Ok(DurationExpr { span: start.to(end), kind: DurationKind::Paren(Box::new(of)) });
            }
            Kind::Word if self.follows(Sign::OpenParen) => match word.as_deref() {
                Some("step") => return self.query_duration(DurationKind::Step),
                Some("range") => return self.query_duration(DurationKind::Range),
                Some("min") => return self.extreme_duration(Extreme::Min),
                Some("min_of") => return self.extreme_duration(Extreme::MinOf),
                Some("max_of") => return self.extreme_duration(Extreme::MaxOf),
                Some("max") => return self.extreme_duration(Extreme::Max),
                _ => return Err(self.unexpected(expected)),
            },
            _ => return Err(self.unexpected(expected)),
        };
        self.take();
        Ok(DurationExpr { span: start, kind })
    }

    fn query_duration(&mut self, kind: DurationKind) -> Parsed<DurationExpr> {
        let start = self.take();
        self.open(Sign::OpenParen, "`(`")?;
        let end = self.close(Sign::CloseParen, "`)`")?;
        Ok(DurationExpr { span: start.to(end), kind })
    }

    fn extreme_duration(&mut self, extreme: Extreme) -> Parsed<DurationExpr> {
        let start = self.take();
        self.open(Sign::OpenParen, "`(`")?;
        let left = self.duration(0, "a duration")?;
        let height = self.height;
        if self.take_sign(Sign::Comma).is_none() {
            return Err(self.unexpected("`,` between two durations"));
        }
        let right = self.duration(0, "a duration")?;
        self.grow(height.max(self.height))?;
        let end = self.close(Sign::CloseParen, "`)`")?;
        Ok(DurationExpr {
            span: start.to(end),
            kind: DurationKind::Extreme(extreme, Box::new(left), Box::new(right)),
        })
    }
}

/// Refuses lengths that Prometheus can't count.
fn in_range(duration: &DurationExpr, seconds: f64) -> Parsed<()> {
    match seconds.abs() <= crate::promql::literal::LONGEST_DURATION_MS as f64 / 1000.0 {
        true => Ok(()),
        false => {
            Err(ParseError::new(duration.span, Code::BadDuration, "the duration is longer than 292 years"))
        }
    }
}
