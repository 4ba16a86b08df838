//! Writes a tree as text that gives the same tree when it is read again. Decides spaces and quotes; parentheses are in the tree.

use std::fmt::{self, Display, Formatter, Write as _};

use super::ast::{
    Aggregation, At, Binary, BinaryOp, DurationExpr, DurationKind, Expr, ExprKind, Extended, Fill, Grouping,
    MatchOp, Matching, Modifiers, Name, Number, Selector,
};
use super::literal::duration_text;

impl Display for Expr {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Number(number) => write!(out, "{number}"),
            ExprKind::Text(text) => quote(out, text),
            ExprKind::Selector(selector) => write!(out, "{selector}"),
            ExprKind::Subquery(subquery) => {
                write!(out, "{}[{}:", subquery.of, subquery.range)?;
                if let Some(step) = &subquery.step {
                    write!(out, "{step}")?;
                }
                write!(out, "]{}", subquery.modifiers)
            }
            ExprKind::Aggregation(aggregation) => write!(out, "{aggregation}"),
            ExprKind::Call(call) => {
                write!(out, "{}(", call.function.name)?;
                list(out, &call.arguments)?;
                out.write_char(')')
            }
            ExprKind::Binary(binary) => write!(out, "{binary}"),
            ExprKind::Unary { negative, of } => write!(out, "{}{of}", if *negative { '-' } else { '+' }),
            ExprKind::Paren(of) => write!(out, "({of})"),
        }
    }
}

fn list<T: Display>(out: &mut Formatter<'_>, items: &[T]) -> fmt::Result {
    for (place, item) in items.iter().enumerate() {
        let comma = if place > 0 { ", " } else { "" };
        write!(out, "{comma}{item}")?;
    }
    Ok(())
}

fn quote(out: &mut Formatter<'_>, text: &str) -> fmt::Result {
    out.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' | '\\' => write!(out, "\\{character}")?,
            '\n' => out.write_str("\\n")?,
            '\u{fffd}' => out.write_str("\\ufffd")?,
            _ if character.is_control() => write!(out, "\\u{:04x}", character as u32)?,
            _ => out.write_char(character)?,
        }
    }
    out.write_char('"')
}

/// Writes a number so that it is read as the same number.
fn number(out: &mut Formatter<'_>, value: f64) -> fmt::Result {
    let sign = if value.is_sign_negative() && !value.is_nan() { "-" } else { "" };
    let size = value.abs();
    match size {
        _ if value.is_nan() => out.write_str("NaN"),
        _ if value.is_infinite() => write!(out, "{sign}Inf"),
        _ if size >= 1e15 || size < 1e-6 && size > 0.0 => write!(out, "{sign}{size:e}"),
        _ => write!(out, "{sign}{size}"),
    }
}

impl Display for Number {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self.duration_ms {
            Some(milliseconds) => out.write_str(&duration_text(milliseconds)),
            None => number(out, self.value),
        }
    }
}

impl Display for Name {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self.quoted {
            true => quote(out, &self.text),
            false => out.write_str(&self.text),
        }
    }
}

impl Display for MatchOp {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            MatchOp::Equal => "=",
            MatchOp::NotEqual => "!=",
            MatchOp::Matches => "=~",
            MatchOp::NotMatches => "!~",
        })
    }
}

impl Display for Selector {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let inside = self.name.as_ref().filter(|name| name.quoted);
        if let Some(name) = self.name.as_ref().filter(|name| !name.quoted) {
            write!(out, "{name}")?;
        }
        if self.name.is_none() || inside.is_some() || !self.matchers.is_empty() {
            out.write_char('{')?;
            if let Some(name) = inside {
                write!(out, "{name}")?;
            }
            for (place, matcher) in self.matchers.iter().enumerate() {
                let comma = if place > 0 || inside.is_some() { ", " } else { "" };
                write!(out, "{comma}{}{}", matcher.label, matcher.op)?;
                quote(out, &matcher.value)?;
            }
            out.write_char('}')?;
        }
        if let Some(range) = &self.range {
            write!(out, "[{range}]")?;
        }
        write!(out, "{}", self.modifiers)
    }
}

impl Display for Modifiers {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self.extended {
            Some((Extended::Anchored, _)) => out.write_str(" anchored")?,
            Some((Extended::Smoothed, _)) => out.write_str(" smoothed")?,
            None => {}
        }
        match self.at {
            Some(At::Seconds(seconds)) => {
                out.write_str(" @ ")?;
                number(out, seconds)?;
            }
            Some(At::Start) => out.write_str(" @ start()")?,
            Some(At::End) => out.write_str(" @ end()")?,
            None => {}
        }
        match &self.offset {
            Some(offset) => write!(out, " offset {offset}"),
            None => Ok(()),
        }
    }
}

impl Display for DurationExpr {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            DurationKind::Literal(number) => write!(out, "{number}"),
            DurationKind::Step => out.write_str("step()"),
            DurationKind::Range => out.write_str("range()"),
            DurationKind::Signed(negative, of) => write!(out, "{}{of}", if *negative { '-' } else { '+' }),
            DurationKind::Paren(of) => write!(out, "({of})"),
            DurationKind::Binary(op, left, right) => write!(out, "{left} {op} {right}"),
            DurationKind::Extreme(extreme, left, right) => {
                write!(out, "{}({left}, {right})", extreme.as_str())
            }
        }
    }
}

impl Display for BinaryOp {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl Display for Aggregation {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(self.op.as_str())?;
        if let Some(grouping) = &self.grouping {
            write!(out, " {grouping} ")?;
        }
        out.write_char('(')?;
        if let Some(parameter) = &self.parameter {
            write!(out, "{parameter}, ")?;
        }
        write!(out, "{})", self.of)
    }
}

impl Display for Grouping {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(if self.without { "without (" } else { "by (" })?;
        list(out, &self.labels)?;
        out.write_char(')')
    }
}

impl Display for Binary {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{} {} ", self.left, self.op)?;
        if self.bool_span.is_some() {
            out.write_str("bool ")?;
        }
        if let Some(matching) = &self.matching {
            write!(out, "{matching} ")?;
        }
        write!(out, "{}{}", self.fill, self.right)
    }
}

impl Display for Matching {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(if self.on { "on (" } else { "ignoring (" })?;
        list(out, &self.labels)?;
        out.write_char(')')?;
        if let Some(group) = &self.group {
            out.write_str(if group.left { " group_left (" } else { " group_right (" })?;
            list(out, &group.include)?;
            out.write_char(')')?;
        }
        Ok(())
    }
}

impl Display for Fill {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for (word, value) in [("fill_left", self.left), ("fill_right", self.right)] {
            if let Some(value) = value {
                write!(out, "{word} (")?;
                number(out, value)?;
                out.write_str(") ")?;
            }
        }
        Ok(())
    }
}
