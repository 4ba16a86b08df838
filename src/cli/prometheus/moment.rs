//! A moment as a person writes it: how long ago (`24h`), or a time (`2026-11-28T06:00:00Z`).

use std::str::FromStr;

use crate::runtime::parse_rfc3339;
use crate::site::Period;

/// A moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// So many milliseconds ago.
    Ago(u64),
    /// Milliseconds since the Unix epoch.
    At(u64),
}

/// Why a text is no moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no moment; write how long ago, such as 24h or 90m, or a time, such as 2026-11-28T06:00:00Z"
)]
pub(super) struct MomentError(String);

impl FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, MomentError> {
        if let Some(at) = parse_rfc3339(text) {
            return Ok(Moment::At(at));
        }
        let ago = text.parse::<Period>().map_err(|_| MomentError(text.to_owned()))?;
        Ok(Moment::Ago(ago.as_millis()))
    }
}

impl Moment {
    /// Returns the moment in milliseconds since the Unix epoch.
    pub(super) fn ms(self, now_ms: u64) -> i64 {
        let ms = match self {
            Moment::Ago(ago) => now_ms.saturating_sub(ago),
            Moment::At(at) => at,
        };
        i64::try_from(ms).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_times_or_how_long_ago() {
        let ms = |text: &str| text.parse::<Moment>().unwrap().ms(10_000_000);
        assert_eq!(ms("1h30m"), 4_600_000);
        assert_eq!(ms("1970-01-01T00:00:01.500Z"), 1_500);
        assert_eq!(ms("1d"), 0);
        assert!("yesterday".parse::<Moment>().is_err());
    }
}
