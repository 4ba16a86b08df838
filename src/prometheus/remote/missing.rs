//! What one server lacks of what another one has, within one window of time: exactly, by series, time and bits.
//!
//! Both windows are held in memory; how large they are, and where they come from, is left to the caller.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::wire::{self, Histogram, Sample, Series};

/// A series by its labels, in eight bytes: for sets of many of them.
pub type SeriesKey = u64;

/// Returns the key of labels as the source has them.
pub fn key(labels: &[u8]) -> SeriesKey {
    let mut hasher = DefaultHasher::new();
    labels.hash(&mut hasher);
    hasher.finish()
}

/// What came of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Missing {
    /// What the second server lacks, with the labels of the first.
    pub series: Vec<Series>,
    /// Values of the first server that were compared.
    pub compared: u64,
    /// Values that both have at the same time, and that are not the same.
    pub different: u64,
    /// Series that can't be told from others at the second server, because it adds labels that they have there already.
    pub unclear: u64,
    /// The newest time that the second server has of a series of the first.
    pub newest: HashMap<SeriesKey, i64>,
}

impl Missing {
    /// Returns how many values are missing.
    pub fn count(&self) -> u64 {
        self.series.iter().map(|series| series.len() as u64).sum()
    }
}

/// Compares two windows. `added`: labels that the second server adds to the series that it gives and that have none of that name.
pub fn compare(source: Vec<Series>, copy: Vec<Series>, added: &[(String, String)]) -> Missing {
    let mut there: HashMap<Vec<u8>, Series> = HashMap::with_capacity(copy.len());
    for series in copy {
        match there.get_mut(&series.labels) {
            Some(same) => *same = joined(std::mem::take(same), series),
            None => {
                there.insert(series.labels.clone(), series);
            }
        }
    }
    let mut missing = Missing::default();
    let names: Vec<Vec<u8>> = source.iter().map(|series| as_given(&series.labels, added)).collect();
    let mut owners: HashMap<&[u8], u32> = HashMap::new();
    if !added.is_empty() {
        names.iter().for_each(|name| *owners.entry(name).or_default() += 1);
    }
    for (series, name) in source.into_iter().zip(&names) {
        missing.compared += series.len() as u64;
        if owners.get(name.as_slice()).is_some_and(|owners| *owners > 1) {
            missing.unclear += 1;
            continue;
        }
        let same = there.get(name);
        if let Some(newest) = same.and_then(|same| same.times().max()) {
            missing.newest.insert(key(&series.labels), newest);
        }
        let (lacking, different) = lacking(series, same);
        missing.different += different;
        if !lacking.is_empty() {
            missing.series.push(lacking);
        }
    }
    missing
}

/// Returns labels as a server gives them that adds its own.
fn as_given(labels: &[u8], added: &[(String, String)]) -> Vec<u8> {
    if added.is_empty() {
        return labels.to_vec();
    }
    let mut pairs = wire::label_pairs(labels);
    for (name, value) in added {
        if pairs.iter().all(|(there, _)| there != name) {
            pairs.push((name.clone(), value.clone()));
        }
    }
    wire::labels(&pairs)
}

fn joined(mut one: Series, other: Series) -> Series {
    one.samples.extend(other.samples);
    one.samples.sort_by_key(|sample| sample.timestamp_ms);
    one.histograms.extend(other.histograms);
    one.histograms.sort_by_key(|histogram| histogram.timestamp_ms);
    one
}

/// Returns what of a series is not there, and how many values are others there.
fn lacking(series: Series, there: Option<&Series>) -> (Series, u64) {
    let Some(there) = there else { return (series, 0) };
    let mut different = 0;
    let mut rest = there.samples.as_slice();
    let samples: Vec<Sample> = series
        .samples
        .into_iter()
        .filter(|sample| {
            rest = past(rest, |other| other.timestamp_ms < sample.timestamp_ms);
            let same = rest.first().filter(|other| other.timestamp_ms == sample.timestamp_ms);
            different += u64::from(same.is_some_and(|other| other.bits != sample.bits));
            same.is_none()
        })
        .collect();
    let mut rest = there.histograms.as_slice();
    let histograms: Vec<Histogram> = series
        .histograms
        .into_iter()
        .filter(|histogram| {
            rest = past(rest, |other| other.timestamp_ms < histogram.timestamp_ms);
            // the same histogram may be written in several ways, so only its time is compared
            rest.first().is_none_or(|other| other.timestamp_ms != histogram.timestamp_ms)
        })
        .collect();
    (Series { labels: series.labels, samples, histograms }, different)
}

fn past<T>(values: &[T], is_before: impl Fn(&T) -> bool) -> &[T] {
    let count = values.iter().take_while(|value| is_before(value)).count();
    &values[count..]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::btree_map;
    use proptest::prelude::*;

    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        let pair = |part: &str| part.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        text.split(',').filter_map(pair).collect()
    }

    fn series(labels: &str, samples: &[(i64, u64)]) -> Series {
        let samples = samples.iter().map(|&(timestamp_ms, bits)| Sample { timestamp_ms, bits }).collect();
        Series { labels: wire::labels(&pairs(labels)), samples, histograms: Vec::new() }
    }

    #[test]
    fn each_case_of_a_window() {
        let stale = 0x7ff0_0000_0000_0002;
        let source = vec![
            series("a=1", &[(10, 1), (20, stale), (30, 3)]),
            series("a=2", &[(10, 1)]),
            series("a=3", &[(10, 1), (20, 2)]),
        ];
        let copy = vec![
            series("a=1", &[(10, 1), (30, 3), (40, 4)]),
            series("a=3", &[(10, 9), (20, 2)]),
            series("a=4", &[(5, 5)]),
        ];
        let found = compare(source, copy, &[]);
        assert_eq!(found.series, [series("a=1", &[(20, stale)]), series("a=2", &[(10, 1)])]);
        assert_eq!((found.compared, found.different, found.count(), found.unclear), (6, 1, 2, 0));
        assert_eq!(found.newest[&key(&series("a=1", &[]).labels)], 40);
        assert_eq!(found.newest.len(), 2);
    }

    #[test]
    fn labels_that_the_copy_adds_are_no_difference() {
        let source = vec![series("a=1", &[(1, 1)]), series("a=2,site=x", &[(1, 1)])];
        let copy = vec![series("a=1,site=b", &[(1, 1)]), series("a=2,site=x", &[(1, 1)])];
        assert_eq!(compare(source.clone(), copy, &pairs("site=b")).series, []);
        assert_eq!(compare(source.clone(), Vec::new(), &pairs("site=b")).series, source);
        // one of both is there, and nobody can say which
        let twins = vec![series("a=1", &[(1, 1)]), series("a=1,site=b", &[(1, 1)])];
        let found = compare(twins, vec![series("a=1,site=b", &[(1, 1)])], &pairs("site=b"));
        assert_eq!((found.series.len(), found.unclear), (0, 2));
    }

    #[test]
    fn histograms_are_found_by_their_time() {
        let histogram = |timestamp_ms, byte| Histogram { timestamp_ms, message: vec![byte] };
        let with = |histograms| Series { histograms, ..series("a=1", &[]) };
        let source = with(vec![histogram(1, 1), histogram(2, 2), histogram(3, 3)]);
        let found = compare(vec![source], vec![with(vec![histogram(2, 9)])], &[]);
        assert_eq!(found.series, [with(vec![histogram(1, 1), histogram(3, 3)])]);
    }

    proptest! {
        /// What is missing is what a set of (time, value) says, and with it written the copy lacks nothing.
        #[test]
        fn written_once_nothing_is_missing(
            one in btree_map(0_i64..60, 0_u64..3, 0..40), other in btree_map(0_i64..60, 0_u64..3, 0..40),
        ) {
            let list = |map: &BTreeMap<i64, u64>| map.iter().map(|(time, bits)| (*time, *bits)).collect::<Vec<_>>();
            let found = compare(vec![series("a=1", &list(&one))], vec![series("a=1", &list(&other))], &[]);
            let lacking: Vec<i64> = found.series.iter().flat_map(Series::times).collect();
            let wanted: Vec<i64> = one.keys().filter(|time| !other.contains_key(time)).copied().collect();
            prop_assert_eq!(&lacking, &wanted);
            let unlike = one.iter().filter(|(time, bits)| other.get(time).is_some_and(|there| there != *bits));
            prop_assert_eq!(found.different, unlike.count() as u64);
            let copy = vec![series("a=1", &list(&other)), found.series.into_iter().next().unwrap_or_default()];
            prop_assert_eq!(compare(vec![series("a=1", &list(&one))], copy, &[]).count(), 0);
        }
    }
}
