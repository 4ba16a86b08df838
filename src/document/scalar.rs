//! What a plain YAML word stands for: the core schema of YAML 1.2 (chapter 10.3.2). `yes`, `no`, `on` and `off` are texts.

use serde_json::Number;

use super::Content;

/// Returns the meaning of an unquoted scalar. `None`: a number that no file of ours can use (not finite).
pub(super) fn meaning(word: &str) -> Option<Content> {
    match word {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Content::Null),
        "true" | "True" | "TRUE" => return Some(Content::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Content::Bool(false)),
        _ => {}
    }
    let unsigned = word.strip_prefix(['-', '+']).unwrap_or(word);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(word, ".nan" | ".NaN" | ".NAN") {
        return None;
    }
    let radix = |digits: &str, radix| u64::from_str_radix(digits, radix).ok().map(Number::from);
    let prefixed = match (word.strip_prefix("0x"), word.strip_prefix("0o")) {
        (Some(digits), _) if is_all(digits, |c| c.is_ascii_hexdigit()) => radix(digits, 16),
        (_, Some(digits)) if is_all(digits, |c| matches!(c, '0'..='7')) => radix(digits, 8),
        _ => None,
    };
    if let Some(number) = prefixed {
        return Some(Content::Number(number));
    }
    if !is_number(unsigned) {
        return Some(Content::Text(word.to_owned()));
    }
    number(word).map(Content::Number)
}

fn is_all(digits: &str, test: impl Fn(char) -> bool) -> bool {
    !digits.is_empty() && digits.chars().all(test)
}

/// `[0-9]+(\.[0-9]*)?` or `\.[0-9]+`, each with an exponent or without.
fn is_number(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let exponent_is_right = exponent.is_none_or(|exponent| {
        is_all(exponent.strip_prefix(['+', '-']).unwrap_or(exponent), |c| c.is_ascii_digit())
    });
    digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty()) && exponent_is_right
}

/// A whole number stays one however it is written (`3.0`), since both the schema and the types take it as such.
fn number(word: &str) -> Option<Number> {
    let word = word.strip_prefix('+').unwrap_or(word);
    if let Ok(whole) = word.parse::<i64>() {
        return Some(whole.into());
    }
    if let Ok(whole) = word.parse::<u64>() {
        return Some(whole.into());
    }
    let value: f64 = word.parse().ok()?;
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT {
        return Some((value as i64).into());
    }
    Number::from_f64(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_what_yaml_says() {
        let number = |json: &str| Some(Content::Number(json.parse().unwrap()));
        let text = |word: &str| Some(Content::Text(word.to_owned()));
        for (word, meant) in [
            ("", Some(Content::Null)),
            ("~", Some(Content::Null)),
            ("true", Some(Content::Bool(true))),
            ("yes", text("yes")),
            ("off", text("off")),
            ("12", number("12")),
            ("+12", number("12")),
            ("-3", number("-3")),
            ("3.0", number("3")),
            ("12.5", number("12.5")),
            (".5", number("0.5")),
            ("1e3", number("1000")),
            ("0x4100", number("16640")),
            ("0o17", number("15")),
            ("1_000", text("1_000")),
            ("127.0.0.1", text("127.0.0.1")),
            ("1s", text("1s")),
            (".", text(".")),
            ("e5", text("e5")),
            ("1e+-3", text("1e+-3")),
            (".inf", None),
            ("-.Inf", None),
            (".nan", None),
            ("1e999", None),
        ] {
            assert_eq!(meaning(word), meant, "{word}");
        }
    }
}
