//! Points in time as text.

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

/// Reads `2026-11-03T07:05:09Z` or `2026-11-03T07:05:09.120Z` as milliseconds since the Unix epoch; `None`: it is no such time, or before
/// the epoch.
pub fn parse_rfc3339(text: &str) -> Option<u64> {
    let text = text.strip_suffix(['Z', 'z'])?;
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let number = |text: &str, most: u64| {
        let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u64>().ok().filter(|value| is_digits && *value <= most)
    };
    let [year, month, day] = three(date, '-')?;
    let [hour, minute, second] = three(time, ':')?;
    let (second, fraction) = second.split_once('.').unwrap_or((second, "0"));
    let (year, month, day) = (number(year, 9999)?, number(month, 12)?, number(day, 31)?);
    let (hour, minute, second) = (number(hour, 23)?, number(minute, 59)?, number(second, 59)?);
    let ms = number(format!("{fraction:0<3}").get(..3)?, 999)?;
    // counted from the other side: the day whose date is this one
    let guess = (year.checked_sub(1970)? * 3_652_425).div_ceil(10_000) + (month.max(1) - 1) * 30;
    let days = (guess.saturating_sub(40)..guess + 80).find(|&days| civil_date(days) == (year, month, day))?;
    Some(days * 86_400_000 + hour * 3_600_000 + minute * 60_000 + second * 1000 + ms)
}

fn three(text: &str, separator: char) -> Option<[&str; 3]> {
    let mut parts = text.split(separator);
    let three = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(three)
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
            assert_eq!(parse_rfc3339(text), Some(ms), "{text}");
        }
        assert_eq!(parse_rfc3339("2026-11-03T07:05:09Z"), parse_rfc3339("2026-11-03T07:05:09.000Z"));
        for day in 0..40_000 {
            let ms = day * 86_400_000 + 12_345;
            assert_eq!(parse_rfc3339(&rfc3339(ms)), Some(ms), "day {day}");
        }
        for text in [
            "",
            "now",
            "2026-02-30T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-11-03T24:00:00Z",
            "2026-11-03",
            "1969-12-31T00:00:00Z",
        ] {
            assert_eq!(parse_rfc3339(text), None, "{text}");
        }
    }
}
