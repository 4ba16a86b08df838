//! Matchers of alerts: `severity=~"warning|critical"`, alone or several with commas, in braces or without.
//!
//! Alertmanager has two readers of them: the classic one and, since 0.27, one for UTF-8 names; a server that has both takes what one of
//! them takes. So does this one, which tells them apart by the name of the label only.

use super::fields::Fields;
use super::inner_place::inner_span;
use super::merges;
use super::shape::Kind;
use super::walk::Walk;
use super::words;
use crate::document::{Content, Node};
use crate::promql::re2;

/// A matcher as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::prometheus) struct Matcher<'a> {
    pub(in crate::prometheus) name: &'a str,
    /// Where it begins: the name, or its quote.
    name_at: usize,
    /// `=`, `!=`, `=~` or `!~`.
    pub(in crate::prometheus) operator: &'static str,
    /// The value without its quotes; escapes stay.
    pub(in crate::prometheus) value: &'a str,
    /// Where the value begins.
    value_at: usize,
}

/// What is wrong with a matcher, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::prometheus) struct Mistake {
    pub(in crate::prometheus) start: usize,
    pub(in crate::prometheus) end: usize,
    pub(in crate::prometheus) message: String,
}

fn mistake(start: usize, end: usize, message: impl Into<String>) -> Mistake {
    Mistake { start, end: end.max(start), message: message.into() }
}

/// Reads the matchers of a text.
pub(in crate::prometheus) fn read(text: &str) -> Result<Vec<Matcher<'_>>, Mistake> {
    let trimmed = text.trim();
    let begin = text.len() - text.trim_start().len();
    let (begin, body) = match trimmed.strip_prefix('{') {
        Some(inner) => (begin + 1, inner.strip_suffix('}').unwrap_or(inner)),
        None => (begin, trimmed),
    };
    let mut matchers = Vec::new();
    let parts = split(body);
    let count = parts.len();
    for (index, (at, part)) in parts.into_iter().enumerate() {
        if part.trim().is_empty() && index + 1 == count && (index > 0 || body.trim().is_empty()) {
            continue;
        }
        matchers.push(one(begin + at, part)?);
    }
    Ok(matchers)
}

/// Splits at commas outside of quotes.
fn split(body: &str) -> Vec<(usize, &str)> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push((start, &body[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push((start, &body[start..]));
    parts
}

fn one(at: usize, part: &str) -> Result<Matcher<'_>, Mistake> {
    let end = at + part.trim_end().len();
    let lead = part.len() - part.trim_start().len();
    let rest = part.trim();
    let begin = at + lead;
    if rest.is_empty() {
        return Err(mistake(at, at + part.len(), "a matcher is missing here"));
    }
    let (name, after) = name(rest).map_err(|message| mistake(begin, end, message))?;
    let blanks = after.len() - after.trim_start().len();
    let operator_at = begin + rest.len() - after.len() + blanks;
    let after = after.trim_start();
    let operator = ["=~", "!~", "!=", "="].into_iter().find(|operator| after.starts_with(operator));
    let Some(operator) = operator else {
        let message = format!("one of `=`, `!=`, `=~` and `!~` is missing behind `{name}`");
        return Err(mistake(operator_at.min(end), end, message));
    };
    let value = after[operator.len()..].trim_start();
    let value_at = end - value.len();
    let value = quoted(value).map_err(|(offset, message)| mistake(value_at + offset, end, message))?;
    Ok(Matcher { name, name_at: begin, operator, value, value_at })
}

fn name(text: &str) -> Result<(&str, &str), String> {
    if let Some(inner) = text.strip_prefix('"') {
        let close = closing_quote(inner).ok_or("the quote of the label is never closed")?;
        return Ok((&inner[..close], &inner[close + 1..]));
    }
    let reserved = |c: char| c.is_whitespace() || "{}!=~,\\\"'`".contains(c);
    let length = text.find(reserved).unwrap_or(text.len());
    if length == 0 {
        return Err("the name of a label is missing".to_owned());
    }
    Ok(text.split_at(length))
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at),
            _ => {}
        }
    }
    None
}

/// Takes the quotes off a value.
fn quoted(value: &str) -> Result<&str, (usize, String)> {
    let Some(inner) = value.strip_prefix('"') else {
        return match value.find('"') {
            Some(at) => Err((at, "a quote stands inside of the value; put all of it in quotes".to_owned())),
            None => Ok(value),
        };
    };
    match closing_quote(inner) {
        None => Err((0, "the quote that opens here is never closed".to_owned())),
        Some(at) if at + 1 == inner.len() => Ok(&inner[..at]),
        Some(at) => Err((at + 2, "something stands behind the closing quote".to_owned())),
    }
}

/// Takes the escapes out of a value, in quotes or not: `\"`, `\\` and `\n`; before anything else a backslash is one.
pub(in crate::prometheus) fn unescaped(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        match (c, rest.clone().next()) {
            ('\\', Some('n')) => plain.push('\n'),
            ('\\', Some(escaped @ ('"' | '\\'))) => plain.push(escaped),
            _ => {
                plain.push(c);
                continue;
            }
        }
        rest.next();
    }
    plain
}

/// Checks a list of matchers.
pub(super) fn matchers<'a>(walk: &mut Walk<'a>, name: &str, node: &'a Node) {
    if node.content == Content::Null {
        return;
    }
    let Content::List(elements) = &node.content else {
        return walk.wrong_type(name, "a list of matchers", node);
    };
    for element in elements {
        let Content::Text(text) = &element.content else {
            walk.wrong_type(name, "a list of matchers such as `severity=\"critical\"`", element);
            continue;
        };
        let found = read(text).and_then(|matchers| {
            let body = text.trim();
            let has_blanks = body.starts_with('{') && body.len() < text.len();
            if has_blanks && walk.server_is_before(0, 27) {
                let message =
                    "blanks and line breaks around the braces are passed over since Alertmanager 0.27 only";
                return Err(mistake(0, text.len(), message));
            }
            judge(walk, matchers)
        });
        if let Err(Mistake { start, end, message }) = found {
            let span = inner_span(walk.source.text(), element, start, end);
            walk.error_hint("wrong-matcher", span, message, "write it as `severity=\"critical\"`");
        }
    }
}

fn judge(walk: &Walk<'_>, matchers: Vec<Matcher<'_>>) -> Result<(), Mistake> {
    for matcher in matchers {
        let Matcher { name, name_at, operator, value, value_at } = matcher;
        let is_classic = words::is_label_name(&name.replace(':', "_"));
        if !is_classic && walk.server_is_before(0, 27) {
            let message = format!("`{name}` is a label name since Alertmanager 0.27 only");
            return Err(mistake(name_at, name_at + name.len(), message));
        }
        if operator.contains('~')
            && let Err(wrong) = re2::check(&unescaped(value))
        {
            let message = format!("`{value}` is no regular expression: {wrong}");
            return Err(mistake(value_at, value_at + value.len(), message));
        }
    }
    Ok(())
}

/// Checks `match`: labels with the texts that they must be.
pub(super) fn equalities<'a>(walk: &mut Walk<'a>, name: &str, node: &'a Node) {
    pairs(walk, name, node, &Kind::Text);
}

/// Checks `match_re`: labels with expressions that they must match.
pub(super) fn expressions<'a>(walk: &mut Walk<'a>, name: &str, node: &'a Node) {
    pairs(walk, name, node, &Kind::Regex);
}

fn pairs<'a>(walk: &mut Walk<'a>, name: &str, node: &'a Node, kind: &'static Kind) {
    if node.content == Content::Null {
        return;
    }
    let Some((fields, _)) = Fields::of(node) else {
        return walk.wrong_type(name, "a mapping of labels", node);
    };
    merges::in_map(walk, &fields);
    for entry in fields.iter() {
        walk.classic_label_name(&entry.key, entry.key_span);
        // Alertmanager takes nothing at all for an empty text, but for no expression
        if entry.value.content == Content::Null && matches!(kind, Kind::Regex) {
            let message = format!("the expression that `{}` must match is missing", entry.key);
            walk.error_hint(
                "missing-key",
                entry.key_span,
                message,
                "write one, or `''` for a label that is not there",
            );
            continue;
        }
        walk.value(&entry.key, kind, &entry.value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_are_read_as_alertmanager_reads_them() {
        for (text, names) in [
            ("foo = bar", vec!["foo"]),
            ("{foo=\"bar\", dings!=\"bums\"}", vec!["foo", "dings"]),
            ("foo=\"a,b\",bar=~\"x|y\",", vec!["foo", "bar"]),
            ("foo=", vec!["foo"]),
            ("\"a b\"=\"c\"", vec!["a b"]),
            ("foo=\"a \\\"b\\\"\"", vec!["foo"]),
            ("{}", vec![]),
            ("", vec![]),
        ] {
            let read: Vec<_> = read(text).unwrap().into_iter().map(|matcher| matcher.name).collect();
            assert_eq!(read, names, "{text}");
        }
    }

    #[test]
    fn mistakes_have_their_places() {
        for (text, start) in [
            ("foo", 3),
            ("foo bar", 4),
            ("=bar", 0),
            ("foo=\"bar", 4),
            ("foo=\"bar\"x", 9),
            ("a=b, =c", 5),
            ("foo=b\"r", 5),
            ("a=b,,c=d", 4),
        ] {
            assert_eq!(read(text).unwrap_err().start, start, "{text}");
        }
    }
}
