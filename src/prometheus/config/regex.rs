//! Regular expressions as Go takes them (RE2 syntax), always anchored at both ends.
//!
//! The parser is the one of Rust's `regex`; what Go writes differently is rewritten before, and what only Rust takes is refused.

/// Largest count that Go takes in `{n}`.
const MOST_REPEATS: u32 = 1000;

/// Checks a regular expression.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn check(pattern: &str) -> Result<(), String> {
    // most are plain words or alternatives of them
    if pattern.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'|' | b':' | b'/')) {
        return Ok(());
    }
    let rewritten = rewrite(pattern)?;
    let mut parser = regex_syntax::ParserBuilder::new().nest_limit(250).build();
    match parser.parse(&rewritten) {
        Ok(_) => Ok(()),
        Err(regex_syntax::Error::Parse(error)) => Err(error.kind().to_string()),
        Err(regex_syntax::Error::Translate(error)) => Err(error.kind().to_string()),
        Err(_) => Err("it can't be understood".to_owned()),
    }
}

/// Writes a Go expression as one of Rust.
fn rewrite(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    let mut after_repeat = false;
    while let Some(c) = rest.chars().next() {
        let was_repeat = std::mem::take(&mut after_repeat);
        match c {
            '\\' => rest = escape(rest, &mut out)?,
            '[' => rest = class(rest, &mut out),
            '(' if rest.starts_with("(?") => {
                flags(&rest[2..])?;
                out.push_str("(?");
                rest = &rest[2..];
            }
            '*' | '+' | '?' => {
                after_repeat = repeat(c, was_repeat, &mut out)?;
                out.push(c);
                rest = &rest[1..];
                rest = lazy(rest, &mut out);
            }
            '{' => match counts(rest)? {
                Some(length) => {
                    after_repeat = repeat(c, was_repeat, &mut out)?;
                    out.push_str(&rest[..length]);
                    rest = lazy(&rest[length..], &mut out);
                }
                // what is no count stands for itself
                None => {
                    out.push_str("\\{");
                    rest = &rest[1..];
                }
            },
            _ => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    Ok(out)
}

fn repeat(c: char, was_repeat: bool, out: &mut String) -> Result<bool, String> {
    if was_repeat {
        return Err(format!("`{c}` repeats a repetition; put what is repeated in brackets"));
    }
    if out.is_empty() {
        return Err(format!("there is nothing before `{c}` to repeat"));
    }
    Ok(true)
}

fn lazy<'a>(rest: &'a str, out: &mut String) -> &'a str {
    match rest.strip_prefix('?') {
        Some(after) => {
            out.push('?');
            after
        }
        None => rest,
    }
}

/// Copies an escape; `\Q…\E` becomes escapes of its characters.
fn escape<'a>(rest: &'a str, out: &mut String) -> Result<&'a str, String> {
    let Some(next) = rest[1..].chars().next() else {
        return Err("it ends with a backslash".to_owned());
    };
    if next == 'Q' {
        let quoted = &rest[2..];
        let (inside, after) = quoted.split_once("\\E").unwrap_or((quoted, ""));
        out.push_str(&regex_syntax::escape(inside));
        return Ok(after);
    }
    if matches!(next, 'u' | 'U' | '<' | '>') || (next == 'b' && rest[2..].starts_with('{')) {
        return Err(format!("`\\{next}` means nothing in RE2"));
    }
    if next.is_ascii_digit() && next != '0' {
        return Err("RE2 has no references to groups".to_owned());
    }
    if next == '0' {
        // octal
        out.push_str("\\x00");
    } else {
        out.push('\\');
        out.push(next);
    }
    let after = &rest[1 + next.len_utf8()..];
    // `\p{Greek}` and `\x{1F50B}`: the brackets belong to it
    match after.find('}').filter(|_| matches!(next, 'p' | 'P' | 'x') && after.starts_with('{')) {
        Some(end) => {
            out.push_str(&after[..=end]);
            Ok(&after[end + 1..])
        }
        None => Ok(after),
    }
}

/// Copies a class: in Go it holds no other classes and no operators.
fn class<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let mut at = 1;
    out.push('[');
    if rest[at..].starts_with('^') {
        out.push('^');
        at += 1;
    }
    if rest[at..].starts_with(']') {
        out.push_str("\\]");
        at += 1;
    }
    while let Some(c) = rest[at..].chars().next() {
        let tail = &rest[at..];
        match c {
            ']' => {
                out.push(']');
                return &rest[at + 1..];
            }
            '[' => match tail.strip_prefix("[:").and_then(|tail| tail.find(":]")) {
                Some(length) => {
                    out.push_str(&tail[..length + 4]);
                    at += length + 4;
                    continue;
                }
                None => out.push_str("\\["),
            },
            '\\' => {
                out.push('\\');
                if let Some(next) = tail[1..].chars().next() {
                    out.push(next);
                    at += next.len_utf8();
                }
            }
            '&' | '~' => {
                out.push('\\');
                out.push(c);
            }
            '-' if tail.starts_with("--") => out.push_str("\\-"),
            _ => out.push(c),
        }
        at += c.len_utf8();
    }
    ""
}

/// Checks the flags of `(?flags)`; names of groups are left to the parser.
fn flags(rest: &str) -> Result<(), String> {
    if rest.starts_with(['=', '!']) || rest.starts_with("<=") || rest.starts_with("<!") {
        return Err("RE2 can't look ahead or behind".to_owned());
    }
    let letters = rest.split([':', ')', 'P', '<']).next().unwrap_or_default();
    match letters.chars().find(|c| c.is_ascii_alphabetic() && !"imsU".contains(*c)) {
        Some(wrong) => Err(format!("`{wrong}` is no flag of RE2")),
        None => Ok(()),
    }
}

/// Returns the length of `{n}`, `{n,}` or `{n,m}` at the begin; `None`: the bracket is no count.
fn counts(rest: &str) -> Result<Option<usize>, String> {
    let Some(end) = rest.find('}') else { return Ok(None) };
    let inside = &rest[1..end];
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    let is_count = |word: &str| word.bytes().all(|b| b.is_ascii_digit());
    if least.is_empty() || !is_count(least) || !is_count(most) {
        return Ok(None);
    }
    for word in [least, most].into_iter().filter(|word| !word.is_empty()) {
        if word.parse::<u32>().map_or(true, |count| count > MOST_REPEATS) {
            return Err(format!("`{{{inside}}}` repeats more than {MOST_REPEATS} times"));
        }
    }
    Ok(Some(end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_taken_as_go_takes_them() {
        for pattern in [
            "", ".*", "(.+):\\d+", "a{2,3}", "{.*}", "a{,5}", "[[]", "[]a]", "[^]a]", "[a&&b]", "\\Qa.b*\\E+",
            "(?i)abc", "(?P<name>x)", "[[:alpha:]_]", "\\pL+", "\\p{Greek}", "a*?b", "^a$", "\\.", "\\x41", "a|",
            "()", "[--a]", "\\bfoo\\b", "(?:)", "[a\\]b]",
        ] {
            assert_eq!(check(pattern), Ok(()), "{pattern}");
        }
        for pattern in [
            "(", ")", "[a", "*", "a**", "a{2}{3}", "(?=a)", "(?!a)", "(?<=a)", "\\1", "\\", "a{1001}", "[z-a]",
            "(?x)a", "\\u0041", "\\p{Foo}", "\\Z", "x(?P<n>a)(?P<n>b)", "(?P<1>a)", "+a",
        ] {
            assert!(check(pattern).is_err(), "{pattern}");
        }
    }
}
