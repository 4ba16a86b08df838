//! Lengths of time as a person writes them: `500ms`, `15s`, `1m30s`, `2h`, `1d`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time with the written form `1m30s`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period(pub Duration);

/// Why a text is no [`Period`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no duration; write a number and a unit (ms, s, m, h, d), for example 500ms, 15s, 1m30s")]
pub struct PeriodError {
    text: String,
}

impl Period {
    /// Makes a period of so many milliseconds.
    pub const fn from_millis(ms: u64) -> Self {
        Period(Duration::from_millis(ms))
    }

    /// Makes a period of so many seconds.
    pub const fn from_secs(s: u64) -> Self {
        Period(Duration::from_secs(s))
    }

    /// Returns the length in whole milliseconds.
    pub fn as_millis(self) -> u64 {
        u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX)
    }
}

const UNITS: [(&str, u64); 5] = [("ms", 1), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let refuse = || PeriodError { text: text.to_owned() };
        let mut rest = text.trim();
        let mut total_ms: u64 = 0;
        if rest.is_empty() {
            return Err(refuse());
        }
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(refuse)?;
            let count: u64 = rest[..digits].parse().map_err(|_| refuse())?;
            rest = &rest[digits..];
            let (unit, ms) = UNITS.iter().find(|(unit, _)| rest.starts_with(unit)).ok_or_else(refuse)?;
            rest = &rest[unit.len()..];
            total_ms =
                count.checked_mul(*ms).and_then(|part| total_ms.checked_add(part)).ok_or_else(refuse)?;
        }
        Ok(Period::from_millis(total_ms))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.as_millis();
        if rest == 0 {
            return out.write_str("0s");
        }
        for (unit, ms) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
            if rest >= ms {
                write!(out, "{}{unit}", rest / ms)?;
                rest %= ms;
            }
        }
        Ok(())
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Period {
    fn schema_name() -> Cow<'static, str> {
        "Period".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "period",
            "description": "A length of time: numbers with units ms, s, m, h, d, for example 500ms, 15s, 1m30s.",
            "pattern": "^([0-9]+(ms|s|m|h|d))+$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_forms_survive_a_round_trip() {
        for text in ["500ms", "1s", "1m30s", "2h", "1d", "0s", "1d2h3m4s5ms"] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in
            ["", "5", "s", "1.5s", "-1s", "5 s", "1w", "99999999999999999999s", "18446744073709551615d"]
        {
            assert!(text.parse::<Period>().is_err(), "{text} was taken");
        }
    }
}
