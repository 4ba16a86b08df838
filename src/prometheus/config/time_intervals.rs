//! Alertmanager's times at which routes are mute or active.

use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::shape::{Field, Kind, Section, text};
use super::walk::Walk;
use crate::document::{Node, nearest};

/// A named interval.
pub(super) static NAMED: Section = Section {
    title: "a time interval",
    fields: &[text("name").required(), Field::new("time_intervals", Kind::List(&Kind::Section(&INTERVAL)))],
    shared: &[],
    rule: None,
};

static INTERVAL: Section = Section {
    title: "the times of an interval",
    fields: &[
        Field::new("days_of_month", Kind::List(&Kind::Judged(days))),
        Field::new("location", Kind::Judged(location)),
        Field::new("months", Kind::List(&Kind::Judged(months))),
        Field::new("times", Kind::List(&Kind::Section(&TIMES))),
        Field::new("weekdays", Kind::List(&Kind::Judged(weekdays))),
        Field::new("years", Kind::List(&Kind::Judged(years))),
    ],
    shared: &[],
    rule: None,
};

static TIMES: Section = Section {
    title: "a range of times",
    fields: &[
        Field::new("end_time", Kind::Judged(time)).required(),
        Field::new("start_time", Kind::Judged(time)).required(),
    ],
    shared: &[],
    rule: Some(|walk, fields| {
        let minutes = |name: &str| minutes(fields.text(name)?);
        if let (Some(start), Some(end)) = (minutes("start_time"), minutes("end_time"))
            && start >= end
        {
            let span = fields.get("end_time").map_or(fields.span(), |entry| entry.value.span);
            let hint = "split a range that passes midnight in two";
            walk.error_hint("out-of-range", span, "`end_time` is not after `start_time`", hint);
        }
    }),
};

/// Checks the name of a place in the IANA time zone database; the case counts, as it does for files.
fn location<'a>(walk: &mut Walk<'a>, name: &str, node: &'a Node) {
    let zones = TimeZoneDatabase::bundled();
    match walk.word(node) {
        None => walk.wrong_type(name, "the name of a place such as `Europe/Berlin`", node),
        Some(word) if matches!(&*word, "" | "UTC" | "Local") || zone(&zones, &word).is_some() => {}
        Some(word) => {
            let message = format!("there is no time zone `{word}`");
            let names: Vec<String> = zones.available().map(|name| name.to_string()).collect();
            let hint = match nearest(&word, names.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "write it as `Europe/Berlin`, `UTC` or `Local`".to_owned(),
            };
            walk.error_hint("unknown-word", node.span, message, hint);
        }
    }
}

fn zone(zones: &TimeZoneDatabase, word: &str) -> Option<TimeZone> {
    // some systems have all zones a second time below `posix`
    let word = word.strip_prefix("posix/").unwrap_or(word);
    zones.get(word).ok().filter(|zone| zone.iana_name() == Some(word))
}

fn time<'a>(walk: &mut Walk<'a>, name: &str, node: &'a Node) {
    let is_time = walk.word(node).is_some_and(|word| minutes(&word).is_some());
    if !is_time {
        let message = format!("`{name}` must be a time from 00:00 to 24:00");
        walk.error_hint("wrong-form", node.span, message, "write it as `'09:00'`");
    }
}

/// Reads `HH:MM` as minutes of the day.
pub(in crate::prometheus) fn minutes(word: &str) -> Option<u32> {
    let (hours, minutes) = word.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 || !word.bytes().all(|b| b.is_ascii_digit() || b == b':') {
        return None;
    }
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((hours < 24 && minutes < 60) || (hours, minutes) == (24, 0)).then_some(hours * 60 + minutes)
}

const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

fn weekdays<'a>(walk: &mut Walk<'a>, name: &str, node: &'a Node) {
    range(walk, name, node, "a weekday such as `monday` or `monday:friday`", weekday);
}

/// Returns the number of a weekday; Sunday is 0.
pub(in crate::prometheus) fn weekday(word: &str) -> Option<i64> {
    WEEKDAYS.iter().position(|day| *day == word.to_ascii_lowercase()).map(|at| at as i64)
}

fn months<'a>(walk: &mut Walk<'a>, name: &str, node: &'a Node) {
    range(walk, name, node, "a month such as `may`, `5` or `may:august`", month);
}

/// Returns the number of a month, which may stand for itself; January is 1.
pub(in crate::prometheus) fn month(word: &str) -> Option<i64> {
    let named = MONTHS.iter().position(|month| *month == word.to_ascii_lowercase());
    let number = || word.parse::<i64>().ok().filter(|number| (1..=12).contains(number));
    named.map(|at| at as i64 + 1).or_else(number)
}

fn years<'a>(walk: &mut Walk<'a>, name: &str, node: &'a Node) {
    range(walk, name, node, "a year such as `2030` or `2030:2032`", |word| word.parse().ok());
}

/// Days count from 1, or from the end of the month with a minus sign.
fn days<'a>(walk: &mut Walk<'a>, name: &str, node: &'a Node) {
    if let Some((begin, end)) = walk.word(node).as_deref().and_then(|word| word.split_once(':'))
        && begin.starts_with('-')
        && !end.starts_with('-')
    {
        let message = format!("`{begin}:{end}` begins at the end of a month and ends at its begin");
        return walk.error("out-of-range", node.span, message);
    }
    range(walk, name, node, "a day such as `1`, `-1` or `1:5`", |word| {
        let day: i64 = word.parse().ok()?;
        (day != 0 && (-31..=31).contains(&day)).then_some(if day < 0 { 32 + day } else { day })
    });
}

/// Checks one value or a range `first:last`.
fn range<'a>(
    walk: &mut Walk<'a>,
    name: &str,
    node: &'a Node,
    wanted: &str,
    position: impl Fn(&str) -> Option<i64>,
) {
    let word = walk.word(node).unwrap_or_default();
    let (first, last) = word.split_once(':').unwrap_or((&word, &word));
    match (position(first), position(last)) {
        (Some(first), Some(last)) if first <= last => {}
        (Some(_), Some(_)) => {
            let message = format!("`{word}` of `{name}` ends before it begins");
            walk.error("out-of-range", node.span, message);
        }
        _ => walk.error("wrong-form", node.span, format!("`{word}` is no part of `{name}`: write {wanted}")),
    }
}
