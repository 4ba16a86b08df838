//! Times at which routes are mute or active: says whether a moment lies in an interval. The moment is passed in.
//!
//! All conditions of an interval must hold, each of them in one of its ranges. Source: Alertmanager, "Configuration", section
//! `time_interval`; names of places are those of the IANA time zone database, which the program brings along.

use jiff::civil::Weekday;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, Zoned};

use crate::document::{Node, Source};
use crate::prometheus::config::{self, Fields};

/// A moment in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(Timestamp);

/// Why a text is no moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no moment: write it as 2026-11-03T07:05:00Z or 2026-11-03T08:05:00+01:00")]
pub struct MomentError(String);

impl Moment {
    /// Makes a moment from milliseconds since the Unix epoch.
    pub fn from_unix_ms(ms: u64) -> Self {
        Moment(
            i64::try_from(ms)
                .ok()
                .and_then(|ms| Timestamp::from_millisecond(ms).ok())
                .unwrap_or(Timestamp::MAX),
        )
    }

    /// Returns the seconds since an earlier moment; negative: it is later.
    pub fn seconds_since(self, earlier: Moment) -> i64 {
        self.0.as_second().saturating_sub(earlier.0.as_second())
    }
}

impl std::str::FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, MomentError> {
        text.parse().map(Moment).map_err(|_| MomentError(text.to_owned()))
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(out)
    }
}

/// A named interval: any of its parts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TimeInterval {
    pub(super) name: String,
    parts: Vec<Part>,
}

/// From and to, both of them included.
type Range = (i64, i64);

/// Conditions that must all hold; a list that is not written always does.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    /// Minutes of the day; the last one is not included.
    times: Option<Vec<Range>>,
    /// 0: Sunday.
    weekdays: Option<Vec<Range>>,
    /// Negative ones count from the end of the month.
    days_of_month: Option<Vec<Range>>,
    months: Option<Vec<Range>>,
    years: Option<Vec<Range>>,
    /// Where the clock stands; `None`: UTC.
    location: Option<String>,
}

impl TimeInterval {
    /// Reads an entry of `time_intervals`; `None`: it has no name, or something in it can't be read.
    pub(super) fn read(source: &Source, node: &Node) -> Option<Self> {
        let (fields, _) = Fields::of(node)?;
        let name = config::word(source, &fields.get("name")?.value)?;
        let parts = fields.get("time_intervals").map_or(&[][..], |entry| entry.value.elements());
        let parts = parts.iter().map(|part| Part::read(source, part)).collect::<Option<_>>()?;
        Some(TimeInterval { name, parts })
    }

    /// Says whether a moment lies in it; `None`: that can't be told, for want of the place that it names.
    pub(super) fn contains(&self, moment: Moment) -> Option<bool> {
        let mut is_known = true;
        for part in &self.parts {
            match part.contains(moment) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => is_known = false,
            }
        }
        is_known.then_some(false)
    }
}

impl Part {
    fn read(source: &Source, node: &Node) -> Option<Self> {
        let (fields, _) = Fields::of(node)?;
        let list = |name: &str, read: &dyn Fn(&Node) -> Option<Range>| -> Option<Option<Vec<Range>>> {
            let Some(entry) = fields.get(name) else { return Some(None) };
            entry.value.elements().iter().map(read).collect::<Option<Vec<_>>>().map(Some)
        };
        let ranges = |name: &str, position: fn(&str) -> Option<i64>| {
            list(name, &|node| {
                let word = config::word(source, node)?;
                let (first, last) = word.split_once(':').unwrap_or((&word, &word));
                Some((position(first)?, position(last)?))
            })
        };
        let minutes = |fields: &Fields<'_>, name: &str| {
            config::minutes_of_day(&config::word(source, &fields.get(name)?.value)?).map(i64::from)
        };
        Some(Part {
            times: list("times", &|node| {
                let (fields, _) = Fields::of(node)?;
                Some((minutes(&fields, "start_time")?, minutes(&fields, "end_time")?))
            })?,
            weekdays: ranges("weekdays", config::weekday)?,
            days_of_month: ranges("days_of_month", |word| word.parse().ok())?,
            months: ranges("months", config::month)?,
            years: ranges("years", |word| word.parse().ok())?,
            location: fields.get("location").and_then(|entry| config::word(source, &entry.value)),
        })
    }

    fn contains(&self, moment: Moment) -> Option<bool> {
        let zone = match self.location.as_deref() {
            None | Some("" | "UTC") => TimeZone::UTC,
            // the clock of the server's machine is not known here
            Some("Local") => return None,
            Some(name) => TimeZoneDatabase::bundled().get(name).ok()?,
        };
        let at = moment.0.to_zoned(zone);
        let minute = i64::from(at.hour()) * 60 + i64::from(at.minute());
        let within = |ranges: &Option<Vec<Range>>, value: i64| {
            ranges
                .as_ref()
                .is_none_or(|all| all.iter().any(|(first, last)| (*first..=*last).contains(&value)))
        };
        let in_times = self
            .times
            .as_ref()
            .is_none_or(|all| all.iter().any(|(first, end)| (*first..*end).contains(&minute)));
        let in_days =
            self.days_of_month.as_ref().is_none_or(|all| all.iter().any(|range| has_day(*range, &at)));
        Some(
            in_times
                && in_days
                && within(&self.weekdays, weekday(at.weekday()))
                && within(&self.months, i64::from(at.month()))
                && within(&self.years, i64::from(at.year())),
        )
    }
}

fn weekday(day: Weekday) -> i64 {
    i64::from(day.to_sunday_zero_offset())
}

/// Says whether a range of days of the month has the day. A range that begins behind the month's end has none.
fn has_day((first, last): Range, at: &Zoned) -> bool {
    let length = i64::from(at.days_in_month());
    let from_begin = |day: i64| if day < 0 { length + day + 1 } else { day };
    (from_begin(first)..=from_begin(last)).contains(&i64::from(at.day()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Draft;

    fn contains(parts: &str, moment: &str) -> Option<bool> {
        let text = format!("name: n\ntime_intervals: [{parts}]\n");
        let source = Draft::read("t.yml", &text).source.unwrap();
        TimeInterval::read(&source, source.root()).unwrap().contains(moment.parse().unwrap())
    }

    #[test]
    fn moments_lie_in_intervals_or_not() {
        // 2026-11-28 is a Saturday
        for (parts, moment, inside) in [
            ("{}", "2026-11-28T10:00:00Z", true),
            ("", "2026-11-28T10:00:00Z", false),
            ("{times: [{start_time: 09:00, end_time: 17:00}]}", "2026-11-28T09:00:00Z", true),
            ("{times: [{start_time: 09:00, end_time: 17:00}]}", "2026-11-28T16:59:59Z", true),
            ("{times: [{start_time: 09:00, end_time: 17:00}]}", "2026-11-28T17:00:00Z", false),
            ("{times: [{start_time: '22:00', end_time: '24:00'}]}", "2026-11-28T23:59:00Z", true),
            ("{times: []}", "2026-11-28T10:00:00Z", false),
            ("{weekdays: ['monday:friday', Sunday]}", "2026-11-28T10:00:00Z", false),
            ("{weekdays: ['monday:friday', Sunday]}", "2026-11-29T10:00:00Z", true),
            ("{weekdays: [saturday]}", "2026-11-28T10:00:00Z", true),
            ("{days_of_month: ['1:5', '-3:-1']}", "2026-11-28T10:00:00Z", true),
            ("{days_of_month: ['1:5', '-3:-1']}", "2026-11-27T10:00:00Z", false),
            ("{days_of_month: ['30:31']}", "2027-02-28T10:00:00Z", false),
            ("{days_of_month: ['28:31']}", "2027-02-28T10:00:00Z", true),
            ("{days_of_month: ['-31:5']}", "2027-02-01T10:00:00Z", true),
            ("{months: ['october:12']}", "2026-11-28T10:00:00Z", true),
            ("{months: ['1:3', May]}", "2026-11-28T10:00:00Z", false),
            ("{years: ['2024:2026']}", "2026-11-28T10:00:00Z", true),
            ("{years: [2027]}", "2026-11-28T10:00:00Z", false),
            ("{weekdays: [saturday], months: [5]}", "2026-11-28T10:00:00Z", false),
            ("{weekdays: [saturday], months: [5]}, {months: [11]}", "2026-11-28T10:00:00Z", true),
            // 23:30 UTC is past midnight in Berlin, and 18:30 in New York
            ("{location: Europe/Berlin, weekdays: [sunday]}", "2026-11-28T23:30:00Z", true),
            ("{location: America/New_York, weekdays: [sunday]}", "2026-11-28T23:30:00Z", false),
            (
                "{location: Europe/Berlin, times: [{start_time: '12:00', end_time: '13:00'}]}",
                "2026-07-01T10:30:00Z",
                true,
            ),
            (
                "{location: Europe/Berlin, times: [{start_time: '12:00', end_time: '13:00'}]}",
                "2026-12-01T10:30:00Z",
                false,
            ),
            ("{weekdays: [sunday]}", "2026-11-29T00:30:00+01:00", false),
        ] {
            assert_eq!(contains(parts, moment), Some(inside), "{parts} {moment}");
        }
    }

    #[test]
    fn places_that_are_not_known_leave_it_open() {
        assert_eq!(contains("{location: Local}", "2026-11-28T10:00:00Z"), None);
        assert_eq!(contains("{location: Mars/Olympus}", "2026-11-28T10:00:00Z"), None);
        assert_eq!(contains("{location: Local}, {}", "2026-11-28T10:00:00Z"), Some(true));
    }
}
