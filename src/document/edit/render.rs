//! Writes values as YAML that means the same to readers of YAML 1.1 (Prometheus and Alertmanager use go-yaml) and 1.2.

use super::habits::{Kin, Quoting};
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
    pub(super) fn flow(&self, value: &Value, kin: Kin<'_>) -> String {
        match value {
            Value::List(elements) => {
                let parts: Vec<String> = elements.iter().map(|element| self.flow(element, kin)).collect();
                let blank = if parts.is_empty() { "" } else { self.in_brackets(kin) };
                format!("[{blank}{}{blank}]", parts.join(", "))
            }
            Value::Map(entries) => {
                let parts: Vec<String> =
                    entries.iter().map(|(key, value)| self.flow_entry(key, value, kin)).collect();
                let blank = if parts.is_empty() { "" } else { self.in_braces(kin) };
                format!("{{{blank}{}{blank}}}", parts.join(", "))
            }
            scalar => self.scalar(scalar, Context::Flow, kin),
        }
    }

    /// Writes a key with its value into braces.
    pub(super) fn flow_entry(&self, key: &str, value: &Value, kin: Kin<'_>) -> String {
        match self.flow(value, kin.under(key)) {
            word if word.is_empty() => format!("{}: null", self.key(key, Context::Flow)),
            word => format!("{}: {word}", self.key(key, Context::Flow)),
        }
    }

    /// Writes a scalar on one line.
    fn scalar(&self, value: &Value, context: Context, kin: Kin<'_>) -> String {
        match value {
            Value::Bool(yes) => yes.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Text(text) => self.word(text, context, kin),
            _ if context == Context::Flow => "null".to_owned(),
            _ => String::new(),
        }
    }

    fn word(&self, text: &str, context: Context, kin: Kin<'_>) -> String {
        if self.json {
            return self.quoted(text, '"');
        }
        let is_bare = match (self.quoting(kin, text), context) {
            (Quoting::Quoted, _) => false,
            (_, Context::Block) => is_plain(text, context),
            // `[h:1]` only where others have it
            (Quoting::Bare, Context::Flow) => is_plain(text, context) || is_bare_in_brackets(text),
            (Quoting::Mixed, Context::Flow) => is_name(text),
        };
        if is_bare { text.to_owned() } else { self.quoted(text, self.mark(kin)) }
    }

    fn key(&self, key: &str, context: Context) -> String {
        let is_bare = !self.json && is_plain(key, context);
        if is_bare { key.to_owned() } else { self.quoted(key, self.mark(Kin::default())) }
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
    pub(super) fn lines(&self, indent: usize, prefix: &str, value: &Value, kin: Kin<'_>) -> Vec<String> {
        let margin = " ".repeat(indent);
        if let Value::Text(text) = value
            && let Some((header, body)) = literal(text)
        {
            let mut lines = vec![format!("{margin}{prefix} {header}")];
            let inner = " ".repeat(indent + self.map_indent(kin));
            lines.extend(
                body.map(|line| if line.is_empty() { String::new() } else { format!("{inner}{line}") }),
            );
            return lines;
        }
        if let Some(inline) = self.inline(indent + prefix.len(), value, kin) {
            let gap = if inline.is_empty() { "" } else { " " };
            return vec![format!("{margin}{prefix}{gap}{inline}")];
        }
        let is_dash = prefix == "-";
        let inner = match value {
            _ if is_dash => indent + 2,
            Value::List(_) => indent + self.list_indent(kin),
            _ => indent + self.map_indent(kin),
        };
        let body = self.body(inner, value, kin);
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
    pub(super) fn body(&self, indent: usize, value: &Value, kin: Kin<'_>) -> Vec<String> {
        match value {
            Value::List(elements) => {
                elements.iter().flat_map(|element| self.lines(indent, "-", element, kin)).collect()
            }
            Value::Map(entries) => {
                entries.iter().flat_map(|(key, value)| self.key_lines(indent, key, value, kin)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Writes a key with its value as lines.
    pub(super) fn key_lines(&self, indent: usize, key: &str, value: &Value, kin: Kin<'_>) -> Vec<String> {
        self.lines(indent, &format!("{}:", self.key(key, Context::Block)), value, kin.under(key))
    }

    /// Writes a value behind a colon or a dash on the same line, when it belongs there.
    pub(super) fn inline(&self, column: usize, value: &Value, kin: Kin<'_>) -> Option<String> {
        match value {
            Value::List(elements) if elements.is_empty() => Some("[]".to_owned()),
            Value::Map(entries) if entries.is_empty() => Some("{}".to_owned()),
            Value::List(elements) if self.has_flow_lists(kin) && elements.iter().all(Value::is_scalar) => {
                Some(self.flow(value, kin)).filter(|line| column + line.len() < MOST_COLUMNS)
            }
            Value::List(_) | Value::Map(_) => None,
            scalar => Some(self.scalar(scalar, Context::Block, kin)),
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

/// Says whether a text like `h:1` means itself in brackets; some old readers stumble over the colon.
fn is_bare_in_brackets(text: &str) -> bool {
    is_plain(text, Context::Block)
        && !text.starts_with(['-', '?', ':'])
        && !text.contains([',', '[', ']', '{', '}', '#'])
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

/// Numbers and times of YAML 1.1, as wide as any of its readers takes them: `1_000`, `0b1`, `1e3`, `10:30` (base 60), `2001-12-14`.
fn looks_like_number(text: &str) -> bool {
    let unsigned: String =
        text.strip_prefix(['+', '-']).unwrap_or(text).chars().filter(|sign| *sign != '_').collect();
    // only digits and dots can begin one; a leading `_` is a letter, but not behind a sign
    if !text.starts_with(|sign: char| sign.is_ascii_digit() || "+-.".contains(sign)) {
        return false;
    }
    let lower = unsigned.to_ascii_lowercase();
    ["0x", "0o", "0b"].iter().any(|radix| lower.starts_with(radix))
        || matches!(lower.as_str(), ".inf" | ".nan")
        || is_decimal(&lower)
        || is_sexagesimal(&lower)
        || is_date(text)
}

/// Digits with at most one dot, and with an exponent or without.
fn is_decimal(lower: &str) -> bool {
    let (mantissa, exponent) = lower.split_once('e').unwrap_or((lower, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    !mantissa.is_empty()
        && mantissa.chars().all(|sign| sign.is_ascii_digit() || sign == '.')
        && mantissa.matches('.').count() <= 1
        && !exponent.is_empty()
        && is_digits(exponent)
}

/// Digits between colons, and a fraction behind them or none.
fn is_sexagesimal(lower: &str) -> bool {
    let (whole, fraction) = lower.split_once('.').unwrap_or((lower, ""));
    whole.contains(':')
        && whole.split(':').all(|part| !part.is_empty() && is_digits(part))
        && is_digits(fraction)
}

/// Year, month and day, and a time behind them or none.
fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let day = rest.len() - rest.trim_start_matches(|sign: char| sign.is_ascii_digit()).len();
    year.len() == 4
        && is_digits(year)
        && matches!(month.len(), 1..=2)
        && is_digits(month)
        && matches!(day, 1..=2)
        && rest.chars().nth(day).is_none_or(|sign| matches!(sign, 'T' | 't' | ' ' | '\t'))
}

fn is_digits(text: &str) -> bool {
    text.chars().all(|sign| sign.is_ascii_digit())
}
