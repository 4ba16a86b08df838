//! The Prometheus text format 0.0.4 and the part of OpenMetrics 1.0 that scrapers meet, read and written.
//!
//! The reader takes what is met in the field: blank lines, comments, CRLF, families that are interleaved or have no metadata,
//! quoted UTF-8 names (Prometheus 3), exemplars (skipped). Histograms and summaries stay the plain samples that they are in the
//! text. Source: prometheus.io/docs/instrumenting/exposition_formats; OpenMetrics 1.0, "Text format".

mod reader;
mod writer;

pub use reader::{MAX_LABELS, MAX_LINE, ParseError, Problem, parse, parse_bytes, parse_families};
pub use writer::{Writer, write_families};

/// `Content-Type` of the text format 0.0.4.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// One value with its name and labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Name, for a histogram with its suffix (`…_bucket`).
    pub name: String,
    /// Labels in the order of the text; no name occurs twice.
    pub labels: Vec<(String, String)>,
    /// The value; NaN and infinities are values.
    pub value: f64,
    /// When it was measured, milliseconds since the Unix epoch, where the text says so.
    pub timestamp_ms: Option<i64>,
}

impl Sample {
    /// Returns the value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Type of a metric family.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FamilyKind {
    /// Only goes up, or starts again at 0.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Buckets, sum and count.
    Histogram,
    /// Quantiles, sum and count.
    Summary,
    /// Text in labels, value 1 (OpenMetrics).
    Info,
    /// States as labels, value 0 or 1 (OpenMetrics).
    StateSet,
    /// Buckets of values that come and go (OpenMetrics).
    GaugeHistogram,
    /// Not said, or a word that is not known.
    #[default]
    Unknown,
}

impl FamilyKind {
    const WORDS: [(FamilyKind, &'static str); 7] = [
        (FamilyKind::Counter, "counter"),
        (FamilyKind::Gauge, "gauge"),
        (FamilyKind::Histogram, "histogram"),
        (FamilyKind::Summary, "summary"),
        (FamilyKind::Info, "info"),
        (FamilyKind::StateSet, "stateset"),
        (FamilyKind::GaugeHistogram, "gaugehistogram"),
    ];

    /// Returns the word of the text format.
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(kind, _)| *kind == self).map_or("untyped", |(_, word)| word)
    }

    fn from_word(word: &str) -> Self {
        Self::WORDS.iter().find(|(_, known)| *known == word).map_or(FamilyKind::Unknown, |(kind, _)| *kind)
    }

    /// Returns the suffixes that the samples of such a family may bear.
    fn suffixes(self) -> &'static [&'static str] {
        match self {
            FamilyKind::Counter => &["_total", "_created"],
            FamilyKind::Histogram => &["_bucket", "_sum", "_count", "_created"],
            FamilyKind::GaugeHistogram => &["_bucket", "_gsum", "_gcount"],
            FamilyKind::Summary => &["_sum", "_count", "_created"],
            FamilyKind::Info => &["_info"],
            FamilyKind::Gauge | FamilyKind::StateSet | FamilyKind::Unknown => &[],
        }
    }
}

/// Samples that share a name and what is said of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Family {
    /// Name, without the suffixes of its samples.
    pub name: String,
    /// Type.
    pub kind: FamilyKind,
    /// What it means.
    pub help: Option<String>,
    /// Unit (OpenMetrics).
    pub unit: Option<String>,
    /// Its samples in the order of the text.
    pub samples: Vec<Sample>,
}

impl Family {
    /// Says whether a sample of that name belongs to the family.
    pub fn owns(&self, sample: &str) -> bool {
        sample
            .strip_prefix(&self.name)
            .is_some_and(|suffix| suffix.is_empty() || self.kind.suffixes().contains(&suffix))
    }
}

/// Says whether a metric name can stand without quotes.
fn is_plain_metric_name(name: &str) -> bool {
    is_plain(name, |c| c == ':')
}

/// Says whether a label name can stand without quotes.
fn is_plain_label_name(name: &str) -> bool {
    is_plain(name, |_| false)
}

fn is_plain(name: &str, also: impl Fn(char) -> bool) -> bool {
    let mut letters = name.chars();
    let first_fits = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || also(c));
    first_fits && letters.all(|c| c.is_ascii_alphanumeric() || c == '_' || also(c))
}

#[cfg(test)]
mod tests;
