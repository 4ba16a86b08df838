//! Strings, numbers and durations as PromQL writes them. Decides what each means and where in it a mistake is; leaves finding
//! them in a text to `lexer`.

/// A mistake in a literal: the byte in it where it is, how many bytes it takes, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LiteralMistake {
    pub at: usize,
    pub len: usize,
    pub message: String,
}

fn mistake<T>(at: usize, len: usize, message: impl Into<String>) -> Result<T, LiteralMistake> {
    Err(LiteralMistake { at, len, message: message.into() })
}

/// Reads what stands between the quotes of a string. Go's escapes count, except between backquotes.
///
/// Bytes given as `\x` or octal that make no UTF-8 become U+FFFD.
pub(super) fn unquote(inner: &str, quote: char) -> Result<String, LiteralMistake> {
    if quote == '`' || !inner.contains('\\') {
        return Ok(inner.to_owned());
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut at = 0;
    while let Some(rest) = inner.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(escape) = rest.strip_prefix('\\') else {
            let plain = rest.find('\\').unwrap_or(rest.len());
            bytes.extend_from_slice(&rest.as_bytes()[..plain]);
            at += plain;
            continue;
        };
        let kind = escape.chars().next().unwrap_or('\0');
        at += match kind {
            'a' => push(&mut bytes, 0x07),
            'b' => push(&mut bytes, 0x08),
            'f' => push(&mut bytes, 0x0c),
            'n' => push(&mut bytes, b'\n'),
            'r' => push(&mut bytes, b'\r'),
            't' => push(&mut bytes, b'\t'),
            'v' => push(&mut bytes, 0x0b),
            '\\' => push(&mut bytes, b'\\'),
            _ if kind == quote => push(&mut bytes, quote as u8),
            '0'..='7' => 1 + byte_escape(&mut bytes, escape, at, 0, 3, 8)?,
            'x' => 1 + byte_escape(&mut bytes, escape, at, 1, 2, 16)?,
            'u' => 1 + character_escape(&mut bytes, escape, at, 4)?,
            'U' => 1 + character_escape(&mut bytes, escape, at, 8)?,
            _ => {
                return mistake(at, 1 + kind.len_utf8(), format!("there is no escape `\\{kind}` in strings"));
            }
        };
    }
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

fn push(bytes: &mut Vec<u8>, byte: u8) -> usize {
    bytes.push(byte);
    2
}

/// Reads `digits` digits of an escape after `skip` letters; returns the number and the bytes read.
fn escape_digits(
    escape: &str,
    at: usize,
    skip: usize,
    digits: usize,
    radix: u32,
) -> Result<(u32, usize), LiteralMistake> {
    let text = escape.get(skip..skip + digits).unwrap_or_default();
    match u32::from_str_radix(text, radix) {
        Ok(number) if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) => Ok((number, skip + digits)),
        _ => {
            let kind = if radix == 8 { "octal" } else { "hexadecimal" };
            let shown: String = escape.chars().take(skip + digits).collect();
            mistake(at, 1 + shown.len(), format!("the escape `\\{shown}` needs {digits} {kind} digits"))
        }
    }
}

fn byte_escape(
    bytes: &mut Vec<u8>,
    escape: &str,
    at: usize,
    skip: usize,
    digits: usize,
    radix: u32,
) -> Result<usize, LiteralMistake> {
    let (number, read) = escape_digits(escape, at, skip, digits, radix)?;
    match u8::try_from(number) {
        Ok(byte) => bytes.push(byte),
        Err(_) => return mistake(at, 1 + read, "an octal escape ends at `\\377`"),
    }
    Ok(read)
}

fn character_escape(
    bytes: &mut Vec<u8>,
    escape: &str,
    at: usize,
    digits: usize,
) -> Result<usize, LiteralMistake> {
    let (number, read) = escape_digits(escape, at, 1, digits, 16)?;
    match char::from_u32(number) {
        Some(character) => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        None => return mistake(at, 1 + read, format!("`\\{}` is no character", &escape[..read])),
    }
    Ok(read)
}

/// Finds the byte between the quotes of a valid string from which the byte `at` of its value comes.
pub(super) fn place_in_source(inner: &str, quote: char, at: usize) -> usize {
    if quote == '`' {
        return at.min(inner.len());
    }
    let (mut source, mut value) = (0, 0);
    while source < inner.len() {
        let rest = &inner[source..];
        let length = match rest.as_bytes() {
            [b'\\', b'x' | b'0'..=b'7', ..] => 4,
            [b'\\', b'u', ..] => 6,
            [b'\\', b'U', ..] => 10,
            [b'\\', ..] => 2,
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        let part = rest.get(..length).unwrap_or(rest);
        value += unquote(part, quote).map_or(1, |read| read.len());
        if value > at {
            break;
        }
        source += length;
    }
    source.min(inner.len())
}

/// Reads a number: decimal, octal with a leading zero, hexadecimal with `0x`, an exponent, underscores between digits.
pub(super) fn number(text: &str) -> Option<f64> {
    let plain = without_underscores(text)?;
    let lower = plain.to_ascii_lowercase();
    if let Some(hex) = lower.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16)
            .ok()
            .filter(|_| !hex.starts_with(['+', '-']))
            .map(|number| number as f64);
    }
    let octal =
        lower.len() > 1 && lower.starts_with('0') && lower.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    if let Some(number) = octal.then(|| i64::from_str_radix(&lower, 8).ok()).flatten() {
        return Some(number as f64);
    }
    let digits = lower.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'+' | b'-'));
    lower.parse().ok().filter(|number: &f64| digits && number.is_finite())
}

/// Takes out underscores, which may only stand between digits or behind `0x`.
fn without_underscores(text: &str) -> Option<String> {
    if !text.contains('_') {
        return Some(text.to_owned());
    }
    let bytes = text.as_bytes();
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'_') {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at)).copied();
        let after = bytes.get(at + 1).copied();
        let hex = text.get(..2).is_some_and(|prefix| prefix.eq_ignore_ascii_case("0x"));
        let digit = |byte: Option<u8>| {
            byte.is_some_and(|byte| if hex { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() })
        };
        if !(digit(before) || hex && at == 2) || !digit(after) {
            return None;
        }
    }
    Some(text.replace('_', ""))
}

/// The units of durations, longest first, with their milliseconds.
const UNITS: [(&str, i64); 7] = [
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// The longest duration, in milliseconds: Prometheus counts nanoseconds in 64 bits, 292 years.
pub(super) const LONGEST_DURATION_MS: i64 = i64::MAX / 1_000_000;

/// Reads a duration like `1h30m` into milliseconds. `Err` says what is wrong with one that begins like a duration.
pub(super) fn duration(text: &str) -> Result<i64, String> {
    let mut total: i64 = 0;
    let mut rest = text;
    let mut units = &UNITS[..];
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let letters = rest.bytes().skip(digits).take_while(u8::is_ascii_alphabetic).count();
        let (count, unit) = (&rest[..digits], &rest[digits..digits + letters]);
        if digits == 0 || letters == 0 {
            return Err("a duration is whole numbers with units, like `1h30m`".to_owned());
        }
        let Some(place) = units.iter().position(|(name, _)| *name == unit) else {
            return Err(match UNITS.iter().any(|(name, _)| *name == unit) {
                true => format!("`{unit}` comes too late: units go from large to small, each once"),
                false => format!("`{unit}` is no unit of time; there are y, w, d, h, m, s, ms"),
            });
        };
        let part = count.parse::<i64>().ok().and_then(|count| count.checked_mul(units[place].1));
        total = match part.and_then(|part| total.checked_add(part)) {
            Some(sum) if sum <= LONGEST_DURATION_MS => sum,
            _ => return Err("the duration is longer than 292 years".to_owned()),
        };
        units = &units[place + 1..];
        rest = &rest[digits + letters..];
    }
    Ok(total)
}

/// Writes milliseconds as a duration, `0s` when there are none.
pub fn duration_text(milliseconds: i64) -> String {
    if milliseconds == 0 {
        return "0s".to_owned();
    }
    let mut rest = milliseconds.unsigned_abs();
    let mut text = if milliseconds < 0 { "-".to_owned() } else { String::new() };
    // years and weeks are left out: `10d` reads better than `1w3d`
    for (unit, length) in &UNITS[2..] {
        let count = rest / length.unsigned_abs();
        if count > 0 {
            text.push_str(&format!("{count}{unit}"));
            rest -= count * length.unsigned_abs();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_have_the_escapes_of_go() {
        let cases = [
            (r"plain", '"', "plain"),
            (r"a\n\t\\", '"', "a\n\t\\"),
            (r#"\""#, '"', "\""),
            (r"\'", '\'', "'"),
            (r"\x41\101\u00e9\U0001F600", '"', "AAé😀"),
            (r"\n", '`', r"\n"),
            (r"\xff", '"', "\u{fffd}"),
            (r"\xc3\xa9", '"', "é"),
        ];
        for (inner, quote, value) in cases {
            assert_eq!(unquote(inner, quote).as_deref(), Ok(value), "{inner}");
        }
        let broken = [
            (r"ab\q", 2),
            (r"\xZZ", 0),
            (r"a\x4", 1),
            (r"\400", 0),
            (r"\ud800", 0),
            (r"\'", 0),
            ("\\xö1", 0),
            (r"\x+1", 0),
        ];
        for (inner, at) in broken {
            assert_eq!(unquote(inner, '"').unwrap_err().at, at, "{inner}");
        }
    }

    #[test]
    fn numbers_are_read_as_go_reads_them() {
        let cases = [
            ("1", 1.0),
            ("017", 15.0),
            ("019", 19.0),
            ("0x1F", 31.0),
            ("0X_1f", 31.0),
            ("1_000", 1000.0),
            ("5.", 5.0),
            (".5", 0.5),
            ("1.e3", 1000.0),
            ("1e-3", 0.001),
        ];
        for (text, value) in cases {
            assert_eq!(number(text), Some(value), "{text}");
        }
        for text in
            ["1e", "1__0", "1_", "1_.5", "1._5", "1e_3", "0x", "0x1.5", "1..2", "1e999", "inf", "0x-1", "0b1"]
        {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn durations_go_from_large_units_to_small() {
        assert_eq!(duration("1h30m"), Ok(5_400_000));
        assert_eq!(duration("1y2w3d4h5m6s7ms"), Ok(33_019_506_007));
        assert_eq!(duration("0s"), Ok(0));
        assert_eq!(duration("292y"), Ok(292 * 365 * 86_400_000));
        for text in ["1d1w", "1h1h", "1hs", "1.5h", "300y", "5x", "1m5", "99999999999999999999s"] {
            assert!(duration(text).is_err(), "{text}");
        }
        for milliseconds in [0, 1, 999, 1_000, 61_001, 86_400_000, 694_861_001, LONGEST_DURATION_MS] {
            assert_eq!(duration(&duration_text(milliseconds)), Ok(milliseconds));
        }
    }
}
