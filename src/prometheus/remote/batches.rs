//! Cuts series into requests: bounded in values and bytes, and so that the values of each series go out in time order.
//!
//! Requests are put into lanes. Lanes go side by side, the requests of a lane one after the other; a series is in one lane only.

use super::wire::{Histogram, Series};

/// Bounds of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchLimits {
    /// Most values.
    pub values: usize,
    /// Most bytes; a single value that is larger goes alone.
    pub bytes: usize,
}

/// Bytes of a sample in a request, at the most.
const SAMPLE_BYTES: usize = 22;
/// Bytes around a histogram or a series.
const FRAME_BYTES: usize = 12;

/// Spreads series over lanes of requests.
pub fn lanes(series: Vec<Series>, lanes: usize, limits: BatchLimits) -> Vec<Vec<Vec<Series>>> {
    let mut filled: Vec<Lane> = (0..lanes.max(1)).map(|_| Lane::default()).collect();
    for one in series {
        // the one with the least to do; there are few of them
        if let Some(lane) = filled.iter_mut().min_by_key(|lane| lane.all) {
            parts(one, limits).into_iter().for_each(|part| lane.put(part, limits));
        }
    }
    filled.into_iter().map(|lane| lane.requests).filter(|requests| !requests.is_empty()).collect()
}

/// Cuts a request in two, for finding out which part of it is refused; none: it is one value.
pub fn halves(mut request: Vec<Series>) -> Option<(Vec<Series>, Vec<Series>)> {
    if request.len() > 1 {
        let second = request.split_off(request.len() / 2);
        return Some((request, second));
    }
    let mut first = request.pop().filter(|series| series.len() > 1)?;
    let mut second = Series { labels: first.labels.clone(), ..Series::default() };
    let middle = first.len() / 2;
    if middle < first.samples.len() {
        second.samples = first.samples.split_off(middle);
    } else {
        second.histograms = first.histograms.split_off(middle - first.samples.len());
    }
    Some((vec![first], vec![second]))
}

#[derive(Default)]
struct Lane {
    requests: Vec<Vec<Series>>,
    /// Values in all requests.
    all: usize,
    /// Values and bytes in the last request.
    values: usize,
    bytes: usize,
}

impl Lane {
    fn put(&mut self, part: Series, limits: BatchLimits) {
        let (values, bytes) = (part.len(), bytes_of(&part));
        let fits = self.values + values <= limits.values && self.bytes + bytes <= limits.bytes;
        self.all += values;
        match self.requests.last_mut().filter(|_| fits) {
            Some(request) => {
                request.push(part);
                self.values += values;
                self.bytes += bytes;
            }
            None => {
                self.requests.push(vec![part]);
                (self.values, self.bytes) = (values, bytes);
            }
        }
    }
}

/// Cuts a series into parts that each fit into a request.
fn parts(series: Series, limits: BatchLimits) -> Vec<Series> {
    let room = limits.bytes.saturating_sub(series.labels.len() + FRAME_BYTES);
    let most = (room / SAMPLE_BYTES).min(limits.values).max(1);
    let labels = series.labels;
    let mut parts: Vec<Series> = series
        .samples
        .chunks(most)
        .map(|samples| Series { labels: labels.clone(), samples: samples.to_vec(), ..Series::default() })
        .collect();
    let mut group: Vec<Histogram> = Vec::new();
    let mut bytes = 0;
    for histogram in series.histograms {
        let more = histogram.message.len() + FRAME_BYTES;
        if !group.is_empty() && (group.len() >= limits.values || bytes + more > room) {
            let histograms = std::mem::take(&mut group);
            parts.push(Series { labels: labels.clone(), histograms, ..Series::default() });
            bytes = 0;
        }
        bytes += more;
        group.push(histogram);
    }
    if !group.is_empty() {
        parts.push(Series { labels, histograms: group, ..Series::default() });
    }
    parts
}

fn bytes_of(series: &Series) -> usize {
    let histograms = series.histograms.iter().map(|histogram| histogram.message.len() + FRAME_BYTES);
    series.labels.len() + FRAME_BYTES + series.samples.len() * SAMPLE_BYTES + histograms.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::wire::{Sample, labels, write_request};
    use super::*;

    fn series(number: usize, samples: usize, histograms: &[usize]) -> Series {
        let sample = |index: usize| Sample { timestamp_ms: 1_700_000_000_000 + index as i64, bits: u64::MAX };
        let histogram = |(index, size): (usize, &usize)| Histogram {
            timestamp_ms: 1_700_000_000_000 + index as i64,
            message: vec![7; *size],
        };
        Series {
            labels: labels(&[("series".to_owned(), number.to_string())]),
            samples: (0..samples).map(sample).collect(),
            histograms: histograms.iter().enumerate().map(histogram).collect(),
        }
    }

    fn again(requests: &[Vec<Series>]) -> BTreeMap<Vec<u8>, Series> {
        let mut whole: BTreeMap<Vec<u8>, Series> = BTreeMap::new();
        for part in requests.iter().flatten().cloned() {
            let all = whole.entry(part.labels.clone()).or_default();
            all.labels = part.labels;
            all.samples.extend(part.samples);
            all.histograms.extend(part.histograms);
        }
        whole
    }

    proptest! {
        #[test]
        fn all_goes_out_once_in_order_within_bounds(
            shapes in vec((0_usize..60, vec(1_usize..300, 0..6)), 1..12),
            count in 1_usize..5, values in 1_usize..50, bytes in 60_usize..2_000,
        ) {
            let all: Vec<Series> = shapes.iter().enumerate().map(|(n, (s, h))| series(n, *s, h)).collect();
            let lanes = lanes(all.clone(), count, BatchLimits { values, bytes });
            prop_assert!(lanes.len() <= count);
            let mut found = BTreeMap::new();
            for lane in &lanes {
                for (labels, part) in again(lane) {
                    // in one lane only
                    prop_assert!(found.insert(labels, part).is_none());
                }
                for request in lane {
                    let length: usize = request.iter().map(Series::len).sum();
                    prop_assert!(length <= values && length > 0);
                    prop_assert!(length == 1 || write_request(request).len() <= bytes, "{}", request.len());
                }
            }
            let wanted: BTreeMap<Vec<u8>, Series> =
                all.into_iter().filter(|one| !one.is_empty()).map(|one| (one.labels.clone(), one)).collect();
            prop_assert_eq!(found, wanted);
        }

        #[test]
        fn halves_hold_what_the_whole_held(shapes in vec((0_usize..9, vec(1_usize..9, 0..4)), 1..4)) {
            let request: Vec<Series> = shapes.iter().enumerate().map(|(n, (s, h))| series(n, *s, h))
                .filter(|one| !one.is_empty()).collect();
            let length = |part: &[Series]| part.iter().map(Series::len).sum::<usize>();
            match halves(request.clone()) {
                None => prop_assert!(length(&request) <= 1),
                Some((first, second)) => {
                    prop_assert!(length(&first) > 0 && length(&second) > 0);
                    prop_assert_eq!(again(&[first, second]), again(&[request]));
                }
            }
        }
    }
}
