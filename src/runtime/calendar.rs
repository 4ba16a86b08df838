//! Points in time as text, and back.

/// Writes milliseconds since the Unix epoch as RFC 3339 in UTC, to the millisecond: `2026-11-03T07:05:09.120Z`.
pub fn rfc3339(ms: u64) -> String {
    let (days, rest) = (ms / 86_400_000, ms % 86_400_000);
    let (year, month, day) = civil_date(days);
    let (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", rest % 1000)
}

/// Turns days since 1970-01-01 into year, month and day of the Gregorian calendar (years begin in March while it counts, so that the
/// leap day is the last one).
fn civil_date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

/// Reads a point in time of RFC 3339 in UTC; seconds and their fraction may be left out: `2026-11-03T07:05Z`. Milliseconds since the Unix
/// epoch; `None` when the text is something else.
pub fn parse_rfc3339(text: &str) -> Option<u64> {
    let (date, clock) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut clock = clock.splitn(3, ':');
    let (hour, minute) = (clock.next()?.parse::<u64>().ok()?, clock.next()?.parse::<u64>().ok()?);
    let second: f64 = clock.next().map_or(Some(0.0), |part| part.parse().ok())?;
    let possible = (1970..10_000).contains(&year)
        && (1..=12).contains(&month)
        && hour < 24
        && minute < 60
        && (0.0..60.0).contains(&second);
    if !possible {
        return None;
    }
    let shifted = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (shifted.0 / 400, shifted.0 % 400);
    let day_of_year = (153 * shifted.1 + 2) / 5 + day.checked_sub(1)?;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = days.checked_sub(719_468)?;
    // there is no 30 February
    (civil_date(days) == (year, month, day)).then_some(())?;
    Some(days * 86_400_000 + hour * 3_600_000 + minute * 60_000 + (second * 1000.0).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_767_225_599_000, "2025-12-31T23:59:59.000Z"),
            (1_767_225_600_001, "2026-01-01T00:00:00.001Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(rfc3339(ms), text);
            assert_eq!(parse_rfc3339(text), Some(ms));
        }
    }

    #[test]
    fn what_is_no_moment() {
        assert_eq!(parse_rfc3339("1970-01-02T00:01Z"), Some(86_460_000));
        for text in [
            "",
            "yesterday",
            "2026-02-30T00:00Z",
            "2026-11-03T24:00Z",
            "2026-11-03T10:00",
            "2026-13-01T00:00Z",
        ] {
            assert_eq!(parse_rfc3339(text), None, "{text}");
        }
    }
}
