//! The messages of remote read and remote write, as bytes: series with their samples, and the question for them.
//!
//! Labels stay the bytes that they came as, so that series are compared and sent on without being taken apart; native histograms too.
//! What a message means to anybody is left to the others. Source: Prometheus, `prompb/remote.proto` and `prompb/types.proto` (versions
//! 2.42 to 3); encoding: "Protocol Buffers Encoding".

/// One value of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When it was measured, milliseconds since the Unix epoch.
    pub timestamp_ms: i64,
    /// The bits of the value. Markers of staleness are NaNs that only their bits tell from others.
    pub bits: u64,
}

/// A native histogram, as its message; only its time is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    /// When it was measured, milliseconds since the Unix epoch.
    pub timestamp_ms: i64,
    /// Its message.
    pub message: Vec<u8>,
}

/// A series, or a part of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Series {
    /// Its labels, sorted by name, as the fields of their message.
    pub labels: Vec<u8>,
    /// Its values by time.
    pub samples: Vec<Sample>,
    /// Its native histograms by time.
    pub histograms: Vec<Histogram>,
}

impl Series {
    /// Returns how many values it has.
    pub fn len(&self) -> usize {
        self.samples.len() + self.histograms.len()
    }

    /// Says whether it has no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the times of all its values: those of numbers, then those of histograms.
    pub fn times(&self) -> impl Iterator<Item = i64> {
        let samples = self.samples.iter().map(|sample| sample.timestamp_ms);
        samples.chain(self.histograms.iter().map(|histogram| histogram.timestamp_ms))
    }
}

/// How a label is compared; the numbers are those of `LabelMatcher.Type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal = 0,
    /// `!=`
    NotEqual = 1,
    /// `=~`
    Matches = 2,
    /// `!~`
    NotMatches = 3,
}

/// A condition on a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelMatcher {
    /// The label.
    pub name: String,
    /// How it is compared.
    pub how: Comparison,
    /// The value or regular expression.
    pub value: String,
}

/// Why bytes are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its samples are no message of remote read (at byte {0} from its end)")]
pub struct WireError(usize);

/// A field's content.
enum Content<'a> {
    Number(u64),
    Fixed(u64),
    Bytes(&'a [u8]),
    /// A width that none of these messages uses.
    Other,
}

/// The fields of a message, one after the other.
struct Fields<'a> {
    rest: &'a [u8],
}

/// A field: its number, its content, and all its bytes.
type Field<'a> = (u64, Content<'a>, &'a [u8]);

impl<'a> Fields<'a> {
    fn number(&mut self) -> Result<u64, WireError> {
        let mut value = 0_u64;
        for (index, byte) in self.rest.iter().enumerate().take(10) {
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                self.rest = &self.rest[index + 1..];
                return Ok(value);
            }
        }
        Err(WireError(self.rest.len()))
    }

    fn bytes(&mut self, count: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(WireError(self.rest.len()))?;
        self.rest = rest;
        Ok(taken)
    }

    /// Returns the next field; `None`: there are no more.
    fn next(&mut self) -> Result<Option<Field<'a>>, WireError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let whole = self.rest;
        let tag = self.number()?;
        let content = match tag & 7 {
            0 => Content::Number(self.number()?),
            1 => {
                let bytes = self.bytes(8)?;
                Content::Fixed(bytes.try_into().map(u64::from_le_bytes).map_err(|_| WireError(0))?)
            }
            2 => {
                let count = usize::try_from(self.number()?).map_err(|_| WireError(self.rest.len()))?;
                Content::Bytes(self.bytes(count)?)
            }
            5 => {
                self.bytes(4)?;
                Content::Other
            }
            _ => return Err(WireError(whole.len())),
        };
        Ok(Some((tag >> 3, content, &whole[..whole.len() - self.rest.len()])))
    }
}

/// Reads a `ReadResponse` with samples: all series of all its results.
///
/// # Errors
/// When the bytes are something else.
pub fn read_response(message: &[u8]) -> Result<Vec<Series>, WireError> {
    let mut all = Vec::new();
    let mut results = Fields { rest: message };
    while let Some((number, content, _)) = results.next()? {
        let (1, Content::Bytes(result)) = (number, content) else { continue };
        all.append(&mut series_in(result)?);
    }
    Ok(all)
}

/// Reads the series of a `QueryResult` or a `WriteRequest`: both have them as their first field.
///
/// # Errors
/// When the bytes are something else.
pub fn series_in(message: &[u8]) -> Result<Vec<Series>, WireError> {
    let mut all = Vec::new();
    let mut fields = Fields { rest: message };
    while let Some((number, content, _)) = fields.next()? {
        if let (1, Content::Bytes(series)) = (number, content) {
            all.push(one_series(series)?);
        }
    }
    Ok(all)
}

fn one_series(message: &[u8]) -> Result<Series, WireError> {
    let mut series = Series::default();
    let mut fields = Fields { rest: message };
    while let Some((number, content, whole)) = fields.next()? {
        match (number, content) {
            (1, Content::Bytes(_)) => series.labels.extend_from_slice(whole),
            (2, Content::Bytes(sample)) => series.samples.push(one_sample(sample)?),
            (4, Content::Bytes(histogram)) => series.histograms.push(one_histogram(histogram)?),
            _ => {}
        }
    }
    Ok(series)
}

fn one_sample(message: &[u8]) -> Result<Sample, WireError> {
    // what is 0 is not written
    let mut sample = Sample { timestamp_ms: 0, bits: 0 };
    let mut fields = Fields { rest: message };
    while let Some((number, content, _)) = fields.next()? {
        match (number, content) {
            (1, Content::Fixed(bits)) => sample.bits = bits,
            (2, Content::Number(timestamp)) => sample.timestamp_ms = timestamp.cast_signed(),
            _ => {}
        }
    }
    Ok(sample)
}

fn one_histogram(message: &[u8]) -> Result<Histogram, WireError> {
    let mut timestamp_ms = 0;
    let mut fields = Fields { rest: message };
    while let Some((number, content, _)) = fields.next()? {
        if let (15, Content::Number(timestamp)) = (number, content) {
            timestamp_ms = timestamp.cast_signed();
        }
    }
    Ok(Histogram { timestamp_ms, message: message.to_vec() })
}

/// Returns labels as names and values; bytes that are none count as `�`.
pub fn label_pairs(labels: &[u8]) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut fields = Fields { rest: labels };
    while let Ok(Some((_, content, _))) = fields.next() {
        let Content::Bytes(label) = content else { continue };
        let (mut name, mut value) = (String::new(), String::new());
        let mut parts = Fields { rest: label };
        while let Ok(Some((number, content, _))) = parts.next() {
            let Content::Bytes(text) = content else { continue };
            let text = String::from_utf8_lossy(text).into_owned();
            match number {
                1 => name = text,
                2 => value = text,
                _ => {}
            }
        }
        pairs.push((name, value));
    }
    pairs
}

/// Writes labels as the fields of a series, sorted by name.
pub fn labels(pairs: &[(String, String)]) -> Vec<u8> {
    let mut sorted: Vec<_> = pairs.iter().collect();
    sorted.sort();
    let mut out = Vec::new();
    for (name, value) in sorted {
        let mut label = Vec::with_capacity(name.len() + value.len() + 6);
        put_bytes(&mut label, 1, name.as_bytes());
        put_bytes(&mut label, 2, value.as_bytes());
        put_bytes(&mut out, 1, &label);
    }
    out
}

/// Writes a `ReadRequest` for the samples of series between two times, both included.
pub fn read_request(from_ms: i64, until_ms: i64, matchers: &[LabelMatcher]) -> Vec<u8> {
    let mut query = Vec::new();
    put_number(&mut query, 1, from_ms.cast_unsigned());
    put_number(&mut query, 2, until_ms.cast_unsigned());
    for matcher in matchers {
        let mut condition = Vec::new();
        put_number(&mut condition, 1, matcher.how as u64);
        put_bytes(&mut condition, 2, matcher.name.as_bytes());
        put_bytes(&mut condition, 3, matcher.value.as_bytes());
        put_bytes(&mut query, 3, &condition);
    }
    let mut request = Vec::new();
    put_bytes(&mut request, 1, &query);
    // kinds of answers are not named: samples are what every server gives then
    request
}

/// Writes a `WriteRequest`.
pub fn write_request(series: &[Series]) -> Vec<u8> {
    let mut request = Vec::new();
    for one in series {
        let mut message = one.labels.clone();
        for sample in &one.samples {
            let mut fields = Vec::with_capacity(20);
            put_tag(&mut fields, 1, 1);
            fields.extend_from_slice(&sample.bits.to_le_bytes());
            put_number(&mut fields, 2, sample.timestamp_ms.cast_unsigned());
            put_bytes(&mut message, 2, &fields);
        }
        for histogram in &one.histograms {
            put_bytes(&mut message, 4, &histogram.message);
        }
        put_bytes(&mut request, 1, &message);
    }
    request
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn put_tag(out: &mut Vec<u8>, number: u64, width: u64) {
    put_varint(out, (number << 3) | width);
}

/// Writes a number, unless it is 0.
fn put_number(out: &mut Vec<u8>, number: u64, value: u64) {
    if value != 0 {
        put_tag(out, number, 0);
        put_varint(out, value);
    }
}

/// Writes bytes, unless there are none.
fn put_bytes(out: &mut Vec<u8>, number: u64, bytes: &[u8]) {
    if !bytes.is_empty() {
        put_tag(out, number, 2);
        put_varint(out, bytes.len() as u64);
        out.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn a_write_request_is_what_the_definition_says() {
        let series = Series {
            labels: labels(&[pair("job", "a"), pair("__name__", "up")]),
            samples: vec![Sample { timestamp_ms: 300, bits: 1.0_f64.to_bits() }],
            histograms: Vec::new(),
        };
        let label_name = b"\x0a\x0e\x0a\x08__name__\x12\x02up";
        let label_job = b"\x0a\x08\x0a\x03job\x12\x01a";
        let sample = b"\x12\x0c\x09\0\0\0\0\0\0\xf0\x3f\x10\xac\x02";
        let length = label_name.len() + label_job.len() + sample.len();
        let wanted = [&[0x0a, length as u8][..], label_name, label_job, sample].concat();
        assert_eq!(write_request(&[series]), wanted);
    }

    #[test]
    fn a_read_request_is_what_the_definition_says() {
        let matcher = LabelMatcher { name: "a".to_owned(), how: Comparison::Matches, value: ".+".to_owned() };
        let wanted = b"\x0a\x0f\x08\x01\x10\x02\x1a\x09\x08\x02\x12\x01a\x1a\x02.+";
        assert_eq!(read_request(1, 2, &[matcher]), wanted);
        // what is 0 is left out
        assert_eq!(read_request(0, 2, &[]), b"\x0a\x02\x10\x02");
    }

    #[test]
    fn broken_bytes_are_an_error_and_nothing_else() {
        let series = Series {
            labels: labels(&[pair("a", "b")]),
            samples: vec![Sample { timestamp_ms: 1_700_000_000_000, bits: 7 }],
            histograms: Vec::new(),
        };
        let whole = write_request(&[series]);
        for end in 1..whole.len() {
            assert!(series_in(&whole[..end]).is_err(), "{end}");
        }
        for wrong in [&[0x0b][..], &[0xff; 12], &[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]] {
            assert!(series_in(wrong).is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            times in vec(any::<(i64, u64)>(), 0..20),
            name in "[a-zé]{0,9}", value in "\\PC{0,200}", more in any::<(i64, u32)>(),
        ) {
            let mut histogram = Vec::new();
            put_number(&mut histogram, 1, u64::from(more.1));
            put_number(&mut histogram, 15, more.0.cast_unsigned());
            let series = Series {
                labels: labels(&[pair("a", ""), (name.clone(), value.clone())]),
                samples: times.iter().map(|&(timestamp_ms, bits)| Sample { timestamp_ms, bits }).collect(),
                histograms: vec![Histogram { timestamp_ms: more.0, message: histogram }],
            };
            // one without a value is not written, since nothing is no field
            let has_histogram = !series.histograms[0].message.is_empty();
            let message = write_request(&[series.clone(), series.clone()]);
            let again = series_in(&message).unwrap();
            prop_assert_eq!(again.len(), 2);
            prop_assert_eq!(&again[0].labels, &series.labels);
            prop_assert_eq!(&again[1].samples, &series.samples);
            prop_assert_eq!(again[0].histograms.len(), usize::from(has_histogram));
            let mut wanted = vec![pair("a", ""), (name, value)];
            wanted.sort();
            let pairs = label_pairs(&series.labels);
            prop_assert_eq!(labels(&pairs), labels(&wanted));
        }

        #[test]
        fn no_bytes_make_the_reader_fall(bytes in vec(any::<u8>(), 0..200)) {
            let _ = read_response(&bytes);
            let _ = label_pairs(&bytes);
        }
    }
}
