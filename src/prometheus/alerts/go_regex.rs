//! Regular expressions of matchers: checked as RE2 reads them, and matched as Go does.
//!
//! `promql::re2` knows what is right; `regex` matches, in another syntax. What differs between the two is rewritten here: classes such as `\d`,
//! which are ASCII in RE2, `\Q…\E`, octal numbers, braces that count nothing, and operators that only `regex` has within brackets.
//! Source: RE2 wiki, "Syntax"; crate regex, "Syntax".

use regex::{Regex, RegexBuilder};

use crate::promql::re2;

/// Most memory of one compiled expression, in bytes.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Makes an expression that matches whole values, as those of matchers do.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn whole(pattern: &str) -> Result<Regex, String> {
    re2::check(pattern).map_err(|mistake| mistake.to_string())?;
    let rewritten = format!("^(?:{})$", rewritten(pattern));
    // the last line is enough: those before show the expression
    let last = |error: regex::Error| error.to_string().lines().last().unwrap_or_default().to_owned();
    RegexBuilder::new(&rewritten).size_limit(MOST_BYTES).build().map_err(last)
}

/// Writes an expression of RE2 in the syntax of `regex`.
fn rewritten(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    let mut class = None;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match (c, class) {
            ('\\', _) => rest = escape(rest, class.is_some(), &mut out),
            ('[', None) => {
                out.push('[');
                rest = match rest.strip_prefix('^') {
                    Some(rest) => {
                        out.push('^');
                        rest
                    }
                    None => rest,
                };
                class = Some(rest.len());
            }
            // the first one of a class is one of its characters
            (']', Some(begin)) if begin == rest.len() + 1 => out.push_str("\\]"),
            (']', Some(_)) => {
                out.push(']');
                class = None;
            }
            ('[', Some(_)) => match rest.strip_prefix(':').and_then(|name| name.split_once(":]")) {
                Some((name, behind)) if name.chars().all(|c| c == '^' || c.is_ascii_lowercase()) => {
                    out.push_str(&format!("[:{name}:]"));
                    rest = behind;
                }
                _ => out.push_str("\\["),
            },
            ('&' | '~', Some(_)) => out.extend(['\\', c]),
            // `--` takes away in the other syntax
            ('-', Some(begin)) if begin == rest.len() + 1 || rest.starts_with(']') => out.push_str("\\-"),
            ('-', Some(_)) if rest.starts_with('-') => {
                out.push_str("-\\-");
                rest = &rest[1..];
            }
            ('{', None) if !counts(rest) => out.push_str("\\{"),
            _ => out.push(c),
        }
    }
    out
}

/// Says whether braces that open before `rest` say how often: `{2}`, `{2,}` or `{2,5}`.
fn counts(rest: &str) -> bool {
    let Some((inside, _)) = rest.split_once('}') else { return false };
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && is_number(least) && is_number(most)
}

/// Rewrites what follows a backslash, and returns what is behind it.
fn escape<'a>(rest: &'a str, in_class: bool, out: &mut String) -> &'a str {
    let Some(c) = rest.chars().next() else {
        out.push('\\');
        return rest;
    };
    let behind = &rest[c.len_utf8()..];
    match c {
        'd' | 's' | 'w' => {
            let members = match c {
                'd' => "0-9",
                's' => "\\t\\n\\x0C\\r ",
                _ => "0-9A-Za-z_",
            };
            out.push_str(&if in_class { members.to_owned() } else { format!("[{members}]") });
        }
        'D' => out.push_str("[^0-9]"),
        'S' => out.push_str("[^\\t\\n\\x0C\\r ]"),
        'W' => out.push_str("[^0-9A-Za-z_]"),
        'b' => out.push_str("(?-u:\\b)"),
        // between the bytes of a character there is no place in the other syntax; RE2 stands between characters too
        'B' => out.push_str("\\B"),
        'Q' => {
            let (quoted, behind) = behind.split_once("\\E").unwrap_or((behind, ""));
            out.push_str(&regex::escape(quoted));
            return behind;
        }
        'E' => {}
        '0'..='7' => {
            let digits = rest.bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
            let number = u32::from_str_radix(&rest[..digits], 8).unwrap_or_default();
            out.push_str(&format!("\\x{{{number:X}}}"));
            return &rest[digits..];
        }
        _ if c.is_ascii_punctuation() => out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        _ => out.extend(['\\', c]),
    }
    behind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_matched_as_in_go() {
        for (pattern, fits, does_not) in [
            ("a|b", vec!["a", "b"], vec!["ab", "", "xa"]),
            (".*", vec!["", "x"], vec!["a\nb"]),
            ("(?s).*", vec!["a\nb"], vec![]),
            (r"\d+", vec!["12"], vec!["٣", "a"]),
            (r"[\d.]+", vec!["1.2"], vec!["٣", "a"]),
            (r"[^\w]", vec!["é", "-"], vec!["a", "_"]),
            (r"\Qa.b\E+", vec!["a.b", "a.bb"], vec!["axb"]),
            ("x{,3}", vec!["x{,3}"], vec!["x", "xxx"]),
            ("x{2,3}", vec!["xx", "xxx"], vec!["x"]),
            (r"\101", vec!["A"], vec!["101"]),
            ("[a&&b]", vec!["a", "&", "b"], vec!["c"]),
            ("[]a]", vec!["]", "a"], vec!["[]a]"]),
            ("[[a]", vec!["[", "a"], vec!["b"]),
            ("[+--]", vec!["+", ",", "-"], vec!["."]),
            ("[-a]", vec!["-", "a"], vec!["b"]),
            ("[[:alpha:]~]+", vec!["ab~"], vec!["1"]),
            (r"\<a\>", vec!["<a>"], vec!["a"]),
            (r"[\-\]a]", vec!["-", "]", "a"], vec!["b"]),
            ("(?i)warn", vec!["WARN"], vec!["wa"]),
            ("L[1-3]", vec!["L1"], vec!["L4"]),
        ] {
            let expression = whole(pattern).unwrap_or_else(|wrong| panic!("{pattern}: {wrong}"));
            for value in fits {
                assert!(expression.is_match(value), "{pattern} fits {value}");
            }
            for value in does_not {
                assert!(!expression.is_match(value), "{pattern} does not fit {value}");
            }
        }
        for wrong in ["(", "a**", r"\8", "x{2000}"] {
            assert!(whole(wrong).is_err(), "{wrong}");
        }
    }
}
