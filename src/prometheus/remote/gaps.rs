//! Walks through the samples of two servers and finds what the second one lacks; writes it there, and looks whether it has arrived.
//!
//! A window of time of both is in memory, never more. Nothing is kept between runs: what is missing is found anew, so that a run that was
//! interrupted is gone on with by the next one.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::sleep;

use super::batches::{BatchLimits, halves, lanes};
use super::client::{ReadAnswer, WriteAnswer};
use super::intake::{Fit, Intake};
use super::missing::{Missing, SeriesKey, compare, key};
use super::ranges::{Range, Ranges, WindowSize};
use super::relabel::Selection;
use super::wire::{LabelMatcher, Series, label_pairs};
use crate::prometheus::server::{Server, ServerError};

/// Before its newest sample, what a copy has of each series is looked at this far: milliseconds.
const NEWEST_LOOK_MS: i64 = 600_000;
/// Bounds of a request. Prometheus itself sends 500 samples (2,000 from 3.0 on) unless told otherwise.
const LIMITS: BatchLimits = BatchLimits { values: 2_000, bytes: 1024 * 1024 };
/// Requests that are under way together.
const LANES: usize = 4;
/// How often a request is sent before a server counts as away, and the first and the longest pause between two attempts.
const ATTEMPTS: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How often requests are cut in two to find what of them is refused; after that, a refused request is left as a whole.
const MOST_CUTS: u32 = 2_000;
/// Most reasons of refusals that are told apart.
const MOST_REASONS: usize = 10;

/// Two servers, and the series that are looked at.
#[derive(Debug)]
pub struct Pair {
    /// Has the samples.
    pub source: Server,
    /// Is to have them too.
    pub copy: Server,
    /// Labels that the copy adds to what is read from it.
    pub copy_adds: Vec<(String, String)>,
    /// Conditions on the series.
    pub matchers: Vec<LabelMatcher>,
    /// Which series the source sends at all; none: all of them.
    pub selection: Option<Selection>,
}

/// Why the work could not go on.
#[derive(Debug, thiserror::Error)]
pub enum GapError {
    /// The first server can't be asked.
    #[error("the server that has the samples")]
    Source(#[source] ServerError),
    /// The second server can't be asked, or written to.
    #[error("the server that is to have the samples")]
    Copy(#[source] ServerError),
    /// So many series that not even the smallest window can be held.
    #[error("one second of these series is more than can be held at once")]
    TooManySeries,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Finding {
    /// Values of the source that were compared.
    pub compared: u64,
    /// Values that the copy lacks.
    pub missing: u64,
    /// Of these: values that the copy does not take, as it is.
    pub too_old: u64,
    /// The oldest of those.
    pub oldest_too_old_ms: Option<i64>,
    /// Values that are others at the copy, at the same time.
    pub different: u64,
    /// Series that could not be compared, since the copy's own labels hide them.
    pub unclear: u64,
    /// Native histograms among what is missing.
    pub histograms: u64,
    /// Series that lack anything.
    pub series: HashSet<SeriesKey>,
    /// When, oldest first.
    pub ranges: Vec<Range>,
    /// The newest time that the copy has of each series, as far as it was looked at.
    newest: HashMap<SeriesKey, i64>,
}

/// What was filled.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Fill {
    /// Values that were missing and are there now.
    pub filled: u64,
    /// Values that are still missing.
    pub left: u64,
    /// What the copy said of values that it does not take, with their number.
    pub refusals: BTreeMap<String, u64>,
}

/// Finds what is missing between two times, both included. `step` hears how many milliseconds have been gone through.
///
/// # Errors
/// When a server can't be asked.
pub async fn find(
    pair: &Pair,
    (from_ms, until_ms): (i64, i64),
    intake: &Intake,
    step: &mut dyn FnMut(i64),
) -> Result<Finding, GapError> {
    let mut finding = Finding::default();
    let mut ranges = Ranges::default();
    let mut size = WindowSize::default();
    // what the copy has got since decides what it takes
    if let Some(newest) = intake.newest_ms.filter(|newest| *newest > until_ms) {
        let mut end = newest;
        let begin = until_ms.max(newest - NEWEST_LOOK_MS).saturating_add(1);
        while end >= begin {
            let (start, later) = window(pair, Edge::End(end), begin, &mut size).await?;
            finding.note_newest(&later);
            end = start - 1;
        }
    }
    let mut end = until_ms;
    while end >= from_ms {
        let (start, found) = window(pair, Edge::End(end), from_ms, &mut size).await?;
        finding.note_newest(&found);
        ranges.add(finding.take_in(&found, intake));
        step(end - start + 1);
        end = start - 1;
    }
    finding.ranges = ranges.in_order();
    Ok(finding)
}

impl Finding {
    fn note_newest(&mut self, found: &Missing) {
        for (series, newest) in &found.newest {
            let known = self.newest.entry(*series).or_insert(*newest);
            *known = (*known).max(*newest);
        }
    }

    /// Counts what is missing, and returns it by time.
    fn take_in(&mut self, found: &Missing, intake: &Intake) -> Vec<(i64, SeriesKey)> {
        self.compared += found.compared;
        self.different += found.different;
        self.unclear += found.unclear;
        let mut missing = Vec::new();
        for series in &found.series {
            let key = key(&series.labels);
            self.series.insert(key);
            self.missing += series.len() as u64;
            self.histograms += series.histograms.len() as u64;
            for timestamp_ms in series.times() {
                if intake.fit(timestamp_ms, self.newest.get(&key).copied()) == Fit::TooOld {
                    self.too_old += 1;
                    let oldest = self.oldest_too_old_ms.unwrap_or(timestamp_ms);
                    self.oldest_too_old_ms = Some(oldest.min(timestamp_ms));
                }
                missing.push((timestamp_ms, key));
            }
        }
        missing
    }
}

/// Writes what was found missing, and reads it again. `step` hears how many values have been dealt with.
///
/// # Errors
/// When a server can't be asked. What was written until then stays.
pub async fn fill(
    pair: &Pair,
    finding: &Finding,
    intake: &Intake,
    step: &mut dyn FnMut(u64),
) -> Result<Fill, GapError> {
    let mut outcome = Fill::default();
    let mut size = WindowSize::default();
    let cuts = Cell::new(MOST_CUTS);
    for range in &finding.ranges {
        let mut start = range.from_ms;
        while start <= range.until_ms {
            let (end, found) = window(pair, Edge::Start(start), range.until_ms, &mut size).await?;
            let missing = found.count();
            let fitting = fitting(&found.series, finding, intake);
            let there = written(pair, fitting, (start, end), &cuts, &mut outcome).await?;
            outcome.filled += there;
            outcome.left += missing - there;
            step(missing);
            start = end + 1;
        }
    }
    Ok(outcome)
}

/// Leaves out what the copy would refuse: one value that it does not take keeps others of its request away.
fn fitting(series: &[Series], finding: &Finding, intake: &Intake) -> Vec<Series> {
    let mut fitting = Vec::new();
    for one in series {
        let newest = finding.newest.get(&key(&one.labels)).copied();
        let fits = |timestamp_ms: i64| intake.fit(timestamp_ms, newest) != Fit::TooOld;
        let mut one = one.clone();
        one.samples.retain(|sample| fits(sample.timestamp_ms));
        one.histograms.retain(|histogram| fits(histogram.timestamp_ms));
        if !one.is_empty() {
            fitting.push(one);
        }
    }
    fitting
}

/// Writes series, and returns how many of their values are there afterwards.
async fn written(
    pair: &Pair,
    series: Vec<Series>,
    (start, end): (i64, i64),
    cuts: &Cell<u32>,
    outcome: &mut Fill,
) -> Result<u64, GapError> {
    if series.is_empty() {
        return Ok(0);
    }
    let lanes = lanes(series.clone(), LANES, LIMITS);
    for refusals in join_all(lanes.into_iter().map(|lane| sent(pair, lane, cuts))).await {
        for (reason, values) in refusals.map_err(GapError::Copy)? {
            let is_known = outcome.refusals.contains_key(&reason) || outcome.refusals.len() < MOST_REASONS;
            let reason = if is_known { reason } else { "other reasons".to_owned() };
            *outcome.refusals.entry(reason).or_default() += values;
        }
    }
    let sent: u64 = series.iter().map(|one| one.len() as u64).sum();
    // that a write is answered well does not say that all of it was kept
    let copy = match pair.copy.read_series(start, end, &pair.matchers).await.map_err(GapError::Copy)? {
        ReadAnswer::Series(copy) => copy,
        ReadAnswer::TooLarge => return Ok(0),
    };
    Ok(sent - compare(series, copy, &pair.copy_adds).count())
}

/// Sends the requests of a lane, one after the other, and returns what was refused.
async fn sent(
    pair: &Pair,
    lane: Vec<Vec<Series>>,
    cuts: &Cell<u32>,
) -> Result<Vec<(String, u64)>, ServerError> {
    let mut refusals = Vec::new();
    let mut waiting: Vec<Vec<Series>> = lane;
    waiting.reverse();
    while let Some(request) = waiting.pop() {
        let WriteAnswer::Refused(reason) = answer(&pair.copy, &request).await? else { continue };
        let values = request.iter().map(|one| one.len() as u64).sum();
        match halves(request).filter(|_| cuts.get() > 0) {
            Some((first, second)) => {
                cuts.set(cuts.get() - 1);
                waiting.push(second);
                waiting.push(first);
            }
            None => refusals.push((reason, values)),
        }
    }
    Ok(refusals)
}

/// Sends a request until it is taken or refused.
async fn answer(copy: &Server, request: &[Series]) -> Result<WriteAnswer, ServerError> {
    let mut pause = FIRST_PAUSE;
    let mut attempt = 1;
    loop {
        let failure = match copy.write_series(request).await {
            Ok(WriteAnswer::Later(reason)) => copy.refused(503, reason),
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        if attempt >= ATTEMPTS {
            return Err(failure);
        }
        tracing::debug!(%failure, attempt, "a write is tried again");
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        attempt += 1;
    }
}

/// The side of a window that is fixed.
#[derive(Clone, Copy)]
enum Edge {
    Start(i64),
    End(i64),
}

/// Compares a window that begins or ends at a time and goes to `limit` at the most. Returns its other side.
async fn window(
    pair: &Pair,
    edge: Edge,
    limit: i64,
    size: &mut WindowSize,
) -> Result<(i64, Missing), GapError> {
    loop {
        let (start, end) = match edge {
            Edge::Start(start) => (start, start.saturating_add(size.ms() - 1).min(limit)),
            Edge::End(end) => (end.saturating_sub(size.ms() - 1).max(limit), end),
        };
        let (source, copy) = tokio::join!(
            pair.source.read_series(start, end, &pair.matchers),
            pair.copy.read_series(start, end, &pair.matchers)
        );
        let answers = (source.map_err(GapError::Source)?, copy.map_err(GapError::Copy)?);
        let (ReadAnswer::Series(mut source), ReadAnswer::Series(copy)) = answers else {
            if !size.too_large(end - start + 1) {
                return Err(GapError::TooManySeries);
            }
            continue;
        };
        let most = source.iter().map(Series::len).sum::<usize>();
        let most = most.max(copy.iter().map(Series::len).sum());
        size.seen(end - start + 1, most as u64);
        if let Some(selection) = &pair.selection {
            source.retain(|series| selection.keeps(&label_pairs(&series.labels)));
        }
        let other = match edge {
            Edge::Start(_) => end,
            Edge::End(_) => start,
        };
        return Ok((other, compare(source, copy, &pair.copy_adds)));
    }
}
