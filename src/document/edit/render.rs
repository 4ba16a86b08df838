//! Writes values as YAML that means the same to readers of YAML 1.1 (Prometheus and Alertmanager use go-yaml) and 1.2.

use super::style::Style;
use crate::document::scalar;
use crate::document::tree::Content;
use crate::document::value::Value;

/// Longest line that a list of words is put on.
const MOST_COLUMNS: usize = 100;

/// Where a word stands: in brackets more signs have a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// Behind a colon or a dash.
    Block,
    /// In brackets or braces.
    Flow,
}

impl Style {
    /// Writes a value into brackets, on one line.
    pub(super) fn flow(&self, value: &Value) -> String {
        match value {
            Value::List(elements) => {
                let parts: Vec<String> = elements.iter().map(|element| self.flow(element)).collect();
                format!("[{}]", parts.join(", "))
            }
            Value::Map(entries) => {
                let part = |(key, value): &(String, Value)| match self.flow(value) {
                    word if word.is_empty() => format!("{}: null", self.word(key, Context::Flow)),
                    word => format!("{}: {word}", self.word(key, Context::Flow)),
                };
                format!("{{{}}}", entries.iter().map(part).collect::<Vec<_>>().join(", "))
            }
            Value::Text(text) if !self.json && !is_name(text) => self.quoted(text, self.quote),
            scalar => self.scalar(scalar, Context::Flow),
        }
    }

    /// Writes a scalar on one line.
    pub(super) fn scalar(&self, value: &Value, context: Context) -> String {
        match value {
            Value::Bool(yes) => yes.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Text(text) => self.word(text, context),
            _ if context == Context::Flow => "null".to_owned(),
            _ => String::new(),
        }
    }

    fn word(&self, text: &str, context: Context) -> String {
        if self.json {
            return self.quoted(text, '"');
        }
        if is_plain(text, context) { text.to_owned() } else { self.quoted(text, self.quote) }
    }

    /// Puts a text in quotes: these, unless the other ones can do without escapes.
    pub(super) fn quoted(&self, text: &str, quote: char) -> String {
        let needs_double = text.chars().any(char::is_control);
        let is_single = !self.json
            && match quote {
                '\'' => !needs_double,
                _ => !needs_double && text.contains(['\\', '"']) && !text.contains('\''),
            };
        if is_single {
            return format!("'{}'", text.replace('\'', "''"));
        }
        let mut out = String::with_capacity(text.len() + 2);
        out.push('"');
        for sign in text.chars() {
            match sign {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\r' => out.push_str("\\r"),
                sign if sign.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(sign))),
                sign => out.push(sign),
            }
        }
        out.push('"');
        out
    }

    /// Writes `prefix value` (`key: …` or `- …`) as lines without breaks, the first one indented as the others.
    pub(super) fn lines(&self, indent: usize, prefix: &str, value: &Value) -> Vec<String> {
        let margin = " ".repeat(indent);
        if let Value::Text(text) = value
            && let Some((header, body)) = literal(text)
        {
            let mut lines = vec![format!("{margin}{prefix} {header}")];
            let inner = " ".repeat(indent + self.map_indent);
            lines.extend(
                body.map(|line| if line.is_empty() { String::new() } else { format!("{inner}{line}") }),
            );
            return lines;
        }
        if let Some(inline) = self.inline(indent + prefix.len(), value) {
            let gap = if inline.is_empty() { "" } else { " " };
            return vec![format!("{margin}{prefix}{gap}{inline}")];
        }
        let is_dash = prefix == "-";
        let inner = match value {
            _ if is_dash => indent + 2,
            Value::List(_) => indent + self.list_indent,
            _ => indent + self.map_indent,
        };
        let body = self.body(inner, value);
        if !is_dash {
            return std::iter::once(format!("{margin}{prefix}")).chain(body).collect();
        }
        let mut lines = body;
        if let Some(first) = lines.first_mut() {
            *first = format!("{margin}- {}", first.trim_start_matches(' '));
        }
        lines
    }

    /// Writes the parts of a list or a mapping as lines.
    pub(super) fn body(&self, indent: usize, value: &Value) -> Vec<String> {
        match value {
            Value::List(elements) => {
                elements.iter().flat_map(|element| self.lines(indent, "-", element)).collect()
            }
            Value::Map(entries) => {
                entries.iter().flat_map(|(key, value)| self.key_lines(indent, key, value)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Writes a key with its value as lines.
    pub(super) fn key_lines(&self, indent: usize, key: &str, value: &Value) -> Vec<String> {
        self.lines(indent, &format!("{}:", self.word(key, Context::Block)), value)
    }

    /// Writes a value behind a colon or a dash on the same line, when it belongs there.
    pub(super) fn inline(&self, column: usize, value: &Value) -> Option<String> {
        match value {
            Value::List(elements) if elements.is_empty() => Some("[]".to_owned()),
            Value::Map(entries) if entries.is_empty() => Some("{}".to_owned()),
            Value::List(elements) if self.flow_lists && elements.iter().all(Value::is_scalar) => {
                Some(self.flow(value)).filter(|line| column + line.len() < MOST_COLUMNS)
            }
            Value::List(_) | Value::Map(_) => None,
            scalar => Some(self.scalar(scalar, Context::Block)),
        }
    }
}

/// Returns the header and the lines with which a text of several lines is written below `|`.
pub(super) fn literal(text: &str) -> Option<(&'static str, std::str::Split<'_, char>)> {
    let can = text.contains('\n')
        && !text.starts_with([' ', '\n', '\t'])
        && !text.chars().any(|sign| sign.is_control() && sign != '\n' && sign != '\t')
        && !text.trim_end_matches('\n').is_empty();
    if !can {
        return None;
    }
    let body = text.trim_end_matches('\n');
    match text.len() - body.len() {
        0 => Some(("|-", body.split('\n'))),
        1 => Some(("|", body.split('\n'))),
        // the last break is the line's own
        _ => text.strip_suffix('\n').map(|body| ("|+", body.split('\n'))),
    }
}

/// Says whether a text is a word that nobody puts in quotes, not even in brackets.
fn is_name(text: &str) -> bool {
    is_plain(text, Context::Flow)
        && text.starts_with(|sign: char| sign.is_ascii_alphanumeric() || sign == '_')
        && text.chars().all(|sign| sign.is_ascii_alphanumeric() || "_-./".contains(sign))
}

/// Says whether a text means itself without quotes, to readers of YAML 1.1 as well.
pub(super) fn is_plain(text: &str, context: Context) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let second = text.chars().nth(1);
    let is_indicator = match first {
        '-' | '?' | ':' => second.is_none_or(char::is_whitespace) || context == Context::Flow,
        _ => ",[]{}#&*!|>'\"%@`=<~".contains(first),
    };
    let is_marker = text.starts_with("---") || text.starts_with("...");
    let breaks = text.contains(": ") || text.contains(" #") || text.ends_with(':') || text.trim() != text;
    let in_flow = context == Context::Flow && text.contains([',', '[', ']', '{', '}', ':', '#']);
    let odd = text
        .chars()
        .any(|sign| sign.is_control() || matches!(sign, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}'));
    !(is_indicator || is_marker || breaks || in_flow || odd || means_other(text))
}

/// Says whether a bare word would be read as something else than a text.
fn means_other(text: &str) -> bool {
    const WORDS: [&str; 10] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~"];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
        || !matches!(scalar::meaning(text), Some(Content::Text(_)))
        || looks_like_number(text)
}

/// Numbers of YAML 1.1 that 1.2 takes for text: `1_000`, `0b1`, `10:30` (base 60), dates, and what only looks like one.
fn looks_like_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    let Some(first) = digits.chars().next() else { return false };
    if !(first.is_ascii_digit() || first == '.') {
        return false;
    }
    let only = |signs: &str| digits.chars().all(|sign| sign.is_ascii_digit() || signs.contains(sign));
    only("_.:-")
        || only("_.eE+-")
        || digits.starts_with("0x")
        || digits.starts_with("0o")
        || digits.starts_with("0b")
        || digits.eq_ignore_ascii_case(".inf")
        || digits.eq_ignore_ascii_case(".nan")
}
