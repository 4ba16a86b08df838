//! Single words of the files: durations, sizes, numbers, truth values, names of labels and metrics.
//!
//! They are read as the Go programs read them, which is not always as YAML 1.2 has it.

/// Longest duration that Go can hold, in milliseconds: 2⁶³ nanoseconds.
const MOST_MILLISECONDS: u64 = i64::MAX as u64 / 1_000_000;

/// Reads a duration as Prometheus writes it and returns its milliseconds: `1h30m`, `15s`, `0`.
///
/// # Errors
/// What is wrong with it, in words.
pub(in crate::prometheus) fn duration(word: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 7] = [
        ("y", 365 * 86_400_000),
        ("w", 7 * 86_400_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ];
    if word == "0" {
        return Ok(0);
    }
    let wrong = || format!("`{word}` is no duration");
    if word.is_empty() {
        return Err("a duration is empty".to_owned());
    }
    let (mut rest, mut units, mut sum) = (word, UNITS.as_slice(), 0u64);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().map_err(|_| wrong())?;
        rest = &rest[digits..];
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        // units stand from the largest to the smallest, each once
        let at = units.iter().position(|(unit, _)| *unit == &rest[..letters]).ok_or_else(wrong)?;
        let part = number.checked_mul(units[at].1);
        sum = part
            .and_then(|part| sum.checked_add(part))
            .filter(|sum| *sum <= MOST_MILLISECONDS)
            .ok_or_else(|| format!("`{word}` is longer than a duration can be (292 years)"))?;
        units = &units[at + 1..];
        rest = &rest[letters..];
    }
    Ok(sum)
}

/// Checks a duration as Go writes it: `1m30s`, `1.5h`, `0`.
pub(super) fn go_duration(word: &str) -> Result<(), String> {
    let wrong = || format!("`{word}` is no duration; write it as `90s` or `1m30s`");
    let mut rest = word.strip_prefix(['-', '+']).unwrap_or(word);
    if rest == "0" {
        return Ok(());
    }
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let number = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        if rest[..number].parse::<f64>().is_err() {
            return Err(wrong());
        }
        rest = &rest[number..];
        let unit = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        if !["ns", "us", "µs", "μs", "ms", "s", "m", "h"].contains(&&rest[..unit]) {
            return Err(wrong());
        }
        rest = &rest[unit..];
    }
    Ok(())
}

/// Checks a size: `512MB`, `1.5GiB`, `1MB500KB`, `0`. Units are powers of 1024 either way.
pub(super) fn size(word: &str) -> Result<(), String> {
    let fits = |units: &[&str]| {
        let mut rest = word.strip_prefix(['-', '+']).unwrap_or(word);
        let mut parts = 0;
        while !rest.is_empty() {
            let number = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
            if rest[..number].parse::<f64>().is_err() {
                return false;
            }
            rest = &rest[number..];
            let unit = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
            if !units.contains(&&rest[..unit]) {
                return false;
            }
            rest = &rest[unit..];
            parts += 1;
        }
        parts > 0
    };
    const BINARY: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    const SHORT: [&str; 7] = ["B", "KB", "MB", "GB", "TB", "PB", "EB"];
    if matches!(word, "0" | "-0" | "+0") || fits(&BINARY) || fits(&SHORT) {
        return Ok(());
    }
    Err(format!("`{word}` is no size; write it with its unit: `512KB`, `10MB`"))
}

/// Says whether a plain word is a truth value of YAML 1.1, which Go's reader takes.
pub(super) fn is_bool(word: &str) -> bool {
    const WORDS: [&str; 22] = [
        "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF",
        "true", "True", "TRUE", "false", "False", "FALSE",
    ];
    WORDS.contains(&word)
}

/// A number of YAML.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Number(f64);

impl Number {
    pub(super) fn of(number: &serde_json::Number) -> Option<Number> {
        number.as_f64().map(Number)
    }

    /// Reads the forms that only YAML 1.1 has: `1_000`, `0b101`.
    pub(super) fn read(word: &str) -> Option<Number> {
        let plain = word.replace('_', "");
        if let Some(digits) = plain.strip_prefix("0b") {
            return u64::from_str_radix(digits, 2).ok().map(|number| Number(number as f64));
        }
        if !plain.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) {
            return None;
        }
        plain.parse().ok().map(Number)
    }

    pub(super) fn is_negative(self) -> bool {
        self.0 < 0.0
    }

    pub(super) fn is_whole(self) -> bool {
        self.0.fract() == 0.0
    }

    pub(super) fn is_above(self, most: f64) -> bool {
        self.0 > most
    }

    pub(super) fn is_zero(self) -> bool {
        self.0 == 0.0
    }
}

/// Says whether a text is a label name of the classic kind.
pub(super) fn is_label_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Says whether a text is a metric name of the classic kind.
pub(super) fn is_metric_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == ':')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':')
}

/// Writes words as a list for people.
pub(super) fn listed(words: &[&str]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", ")
}

/// Writes a word of a file for people, one that is empty as well.
pub(super) fn quoted(word: &str) -> String {
    if word.is_empty() { "`\"\"`".to_owned() } else { format!("`{word}`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_prometheus_reads_them() {
        for (word, milliseconds) in [
            ("0", Some(0)),
            ("0s", Some(0)),
            ("15s", Some(15_000)),
            ("1h30m", Some(5_400_000)),
            ("1d2h3m4s5ms", Some(93_784_005)),
            ("1y", Some(31_536_000_000)),
            ("", None),
            ("5", None),
            ("5 m", None),
            ("1.5h", None),
            ("-5m", None),
            ("30m1h", None),
            ("1h1h", None),
            ("1ms1s", None),
            ("300y", None),
            ("99999999999999999999s", None),
            ("m", None),
            ("5µs", None),
        ] {
            assert_eq!(duration(word).ok(), milliseconds, "{word}");
        }
    }

    #[test]
    fn sizes_need_units() {
        for (word, right) in [
            ("0", true),
            ("10MB", true),
            ("1.5GiB", true),
            ("1MB500KB", true),
            ("1MB500KiB", false),
            ("10", false),
            ("10mb", false),
            ("MB", false),
            ("", false),
        ] {
            assert_eq!(size(word).is_ok(), right, "{word}");
        }
    }

    #[test]
    fn go_durations_may_have_fractions() {
        for (word, right) in [
            ("1m30s", true),
            ("1.5h", true),
            ("0", true),
            ("-5s", true),
            ("5", false),
            ("1d", false),
            ("", false),
        ] {
            assert_eq!(go_duration(word).is_ok(), right, "{word}");
        }
    }
}
