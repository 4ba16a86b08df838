//! Reads the exposition format, line by line.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{Family, FamilyKind, Sample};

/// Length from which a line is refused, in bytes.
pub const MAX_LINE: usize = 64 * 1024;
/// The most labels that a sample may have.
pub const MAX_LABELS: usize = 128;

/// Why a text is not in the exposition format, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct ParseError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong in a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A line is too long.
    #[error("the line is longer than {MAX_LINE} bytes")]
    LongLine,
    /// The bytes are not UTF-8.
    #[error("this is not UTF-8")]
    NotUtf8,
    /// No metric name where one must be.
    #[error("a metric name is expected")]
    MetricName,
    /// No label name where one must be.
    #[error("a label name or `}}` is expected")]
    LabelName,
    /// A label stands twice.
    #[error("the label `{0}` is there twice")]
    LabelTwice(String),
    /// Too many labels.
    #[error("there are more than {MAX_LABELS} labels")]
    ManyLabels,
    /// Something else must stand here.
    #[error("{0} is expected")]
    Expected(&'static str),
    /// A quoted text does not end.
    #[error("the quoted text is not closed")]
    Unclosed,
    /// No number where one must be.
    #[error("`{0}` is no number")]
    Number(String),
    /// No time where one must be.
    #[error("`{0}` is no time stamp")]
    Timestamp(String),
    /// Something stands behind the sample.
    #[error("nothing more is expected on this line")]
    Trailing,
}

/// Reads all samples of a text, in its order. A text that ends with `# EOF` is OpenMetrics, whose times are in seconds.
///
/// # Errors
/// When a line is no sample, comment or metadata; says where.
pub fn parse(text: &str) -> Result<Vec<Sample>, ParseError> {
    let mut samples = Vec::new();
    for_each_line(text, |line| {
        if let Line::Sample(sample) = line {
            samples.push(sample);
        }
    })?;
    Ok(samples)
}

/// Reads all samples from bytes that may not be UTF-8.
///
/// # Errors
/// As [`parse`], and when the bytes are not UTF-8.
pub fn parse_bytes(bytes: &[u8]) -> Result<Vec<Sample>, ParseError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        ParseError { line, column, problem: Problem::NotUtf8 }
    })?;
    parse(text)
}

/// Reads a text with its families; a sample without metadata makes a family of its own name.
///
/// # Errors
/// As [`parse`].
pub fn parse_families(text: &str) -> Result<Vec<Family>, ParseError> {
    let mut families = Families::default();
    for_each_line(text, |line| families.take(line))?;
    Ok(families.list)
}

#[derive(Default)]
struct Families {
    list: Vec<Family>,
    by_name: HashMap<String, usize>,
    /// The family of the last line: most samples belong to it.
    current: usize,
}

impl Families {
    fn named(&mut self, name: &str) -> &mut Family {
        self.current = match self.by_name.get(name) {
            Some(&known) => known,
            None => {
                self.list.push(Family { name: name.to_owned(), ..Family::default() });
                self.by_name.insert(name.to_owned(), self.list.len() - 1);
                self.list.len() - 1
            }
        };
        &mut self.list[self.current]
    }

    fn take(&mut self, line: Line<'_>) {
        match line {
            Line::Help(name, help) => self.named(&name).help = Some(help),
            Line::Type(name, kind) => self.named(&name).kind = kind,
            Line::Unit(name, unit) => self.named(&name).unit = Some(unit),
            Line::Sample(sample) => match self.list.get_mut(self.current) {
                Some(family) if family.owns(&sample.name) => family.samples.push(sample),
                _ => {
                    let name = self.family_of(&sample.name).to_owned();
                    self.named(&name).samples.push(sample);
                }
            },
            Line::Nothing => {}
        }
    }

    /// Returns the name of the known family that a sample belongs to, or the sample's own name.
    fn family_of<'a>(&self, sample: &'a str) -> &'a str {
        let owner = |name: &'a str| {
            let family = self.by_name.get(name).and_then(|&at| self.list.get(at));
            family.filter(|family| family.owns(sample)).map(|_| name)
        };
        let stem = sample.rfind('_').map(|end| &sample[..end]);
        owner(sample).or_else(|| stem.and_then(owner)).unwrap_or(sample)
    }
}

/// What a line says.
enum Line<'a> {
    Help(Cow<'a, str>, String),
    Type(Cow<'a, str>, FamilyKind),
    Unit(Cow<'a, str>, String),
    Sample(Sample),
    Nothing,
}

fn for_each_line<'a>(text: &'a str, mut take: impl FnMut(Line<'a>)) -> Result<(), ParseError> {
    let open_metrics = text.trim_end().lines().next_back().is_some_and(|last| last.trim() == "# EOF");
    for (index, line) in text.lines().enumerate() {
        let mut cursor = Cursor { line, at: 0 };
        let parsed = if line.len() > MAX_LINE { Err(Problem::LongLine) } else { cursor.line(open_metrics) };
        take(parsed.map_err(|problem| {
            let column = line.get(..cursor.at).unwrap_or_default().chars().count() + 1;
            ParseError { line: index + 1, column, problem }
        })?);
    }
    Ok(())
}

/// A place in a line; always between two characters.
struct Cursor<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        &self.line[self.at..]
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(is_blank).len();
    }

    fn take(&mut self, letter: char) -> bool {
        let found = self.rest().starts_with(letter);
        if found {
            self.at += letter.len_utf8();
        }
        found
    }

    /// Takes letters as long as they fit.
    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|letter| !fits(letter)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    fn line(&mut self, open_metrics: bool) -> Result<Line<'a>, Problem> {
        self.skip_blanks();
        if self.rest().trim_end().is_empty() {
            Ok(Line::Nothing)
        } else if self.take('#') {
            Ok(self.comment())
        } else {
            self.sample(open_metrics).map(Line::Sample)
        }
    }

    /// A comment that is no proper metadata is just a comment.
    fn comment(&mut self) -> Line<'a> {
        self.skip_blanks();
        let word = self.take_while(|letter| !is_blank(letter));
        self.skip_blanks();
        if !matches!(word, "HELP" | "TYPE" | "UNIT") {
            return Line::Nothing;
        }
        let name = if self.rest().starts_with('"') {
            self.quoted().ok()
        } else {
            Some(Cow::Borrowed(self.take_while(|letter| !is_blank(letter)))).filter(|name| !name.is_empty())
        };
        let Some(name) = name else { return Line::Nothing };
        // one blank parts the name from the text; further ones belong to a help text
        let blank = self.rest().chars().next().filter(|&letter| is_blank(letter));
        self.at += blank.map_or(0, char::len_utf8);
        let rest = self.rest();
        match word {
            "HELP" => Line::Help(name, unescaped(rest)),
            "TYPE" => Line::Type(name, FamilyKind::from_word(rest.trim())),
            _ => Line::Unit(name, rest.trim().to_owned()),
        }
    }

    fn sample(&mut self, open_metrics: bool) -> Result<Sample, Problem> {
        let name = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':');
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            self.at -= name.len();
            return Err(Problem::MetricName);
        }
        self.skip_blanks();
        let mut name = name.to_owned();
        let mut labels = Vec::new();
        if self.take('{') {
            self.labels(&mut name, &mut labels)?;
        }
        if name.is_empty() {
            return Err(Problem::MetricName);
        }
        self.skip_blanks();
        let value = self.number()?;
        let timestamp_ms = self.timestamp(open_metrics)?;
        self.skip_blanks();
        // an exemplar (OpenMetrics) is not kept
        if self.rest().trim_end().is_empty() || self.rest().starts_with('#') {
            Ok(Sample { name, labels, value, timestamp_ms })
        } else {
            Err(Problem::Trailing)
        }
    }

    /// Reads up to the closing brace. A quoted text without `=` is the name of the metric (Prometheus 3).
    fn labels(&mut self, metric: &mut String, labels: &mut Vec<(String, String)>) -> Result<(), Problem> {
        loop {
            self.skip_blanks();
            if self.take('}') {
                return Ok(());
            }
            let start = self.at;
            let label = self.label_name()?;
            let is_quoted = self.line[start..].starts_with('"');
            self.skip_blanks();
            if self.take('=') {
                self.skip_blanks();
                let value = self.quoted()?.into_owned();
                if labels.iter().any(|(known, _)| *known == label) {
                    self.at = start;
                    return Err(Problem::LabelTwice(label.into_owned()));
                }
                labels.push((label.into_owned(), value));
                if labels.len() > MAX_LABELS {
                    return Err(Problem::ManyLabels);
                }
            } else if is_quoted && metric.is_empty() {
                *metric = label.into_owned();
            } else {
                return Err(Problem::Expected("`=`"));
            }
            self.skip_blanks();
            if !self.take(',') && !self.rest().starts_with('}') {
                return Err(Problem::Expected("`,` or `}`"));
            }
        }
    }

    fn label_name(&mut self) -> Result<Cow<'a, str>, Problem> {
        if self.rest().starts_with('"') {
            let start = self.at;
            let name = self.quoted()?;
            if name.is_empty() {
                self.at = start;
                return Err(Problem::LabelName);
            }
            return Ok(name);
        }
        let name = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            self.at -= name.len();
            return Err(Problem::LabelName);
        }
        Ok(Cow::Borrowed(name))
    }

    fn quoted(&mut self) -> Result<Cow<'a, str>, Problem> {
        let start = self.at;
        if !self.take('"') {
            return Err(Problem::Expected("a text in quotes"));
        }
        let rest = self.rest();
        let mut escape = false;
        for (offset, letter) in rest.char_indices() {
            match letter {
                _ if escape => escape = false,
                '\\' => escape = true,
                '"' => {
                    self.at += offset + 1;
                    let inner = &rest[..offset];
                    let has_escapes = inner.contains('\\');
                    return Ok(if has_escapes { unescaped(inner).into() } else { inner.into() });
                }
                _ => {}
            }
        }
        self.at = start;
        Err(Problem::Unclosed)
    }

    fn number(&mut self) -> Result<f64, Problem> {
        let start = self.at;
        let word = self.take_while(|letter| !is_blank(letter) && letter != '#');
        word.parse().map_err(|_| {
            self.at = start;
            Problem::Number(shortened(word))
        })
    }

    fn timestamp(&mut self, open_metrics: bool) -> Result<Option<i64>, Problem> {
        self.skip_blanks();
        let start = self.at;
        let word = self.take_while(|letter| !is_blank(letter) && letter != '#');
        if word.trim_end().is_empty() {
            return Ok(None);
        }
        let read = if open_metrics { seconds_as_ms(word) } else { word.parse().ok() };
        read.map(Some).ok_or_else(|| {
            self.at = start;
            Problem::Timestamp(shortened(word))
        })
    }
}

fn is_blank(letter: char) -> bool {
    // a lone carriage return before the end is of a CRLF that `lines` left
    matches!(letter, ' ' | '\t' | '\r')
}

fn shortened(word: &str) -> String {
    word.chars().take(40).collect()
}

/// Reads seconds; times outside ±292 million years are refused.
fn seconds_as_ms(word: &str) -> Option<i64> {
    let ms = word.parse::<f64>().ok()? * 1000.0;
    // the bounds are exact in f64, and the cast can't cut anything off within them
    (-9.2e18..=9.2e18).contains(&ms).then(|| ms.round() as i64)
}

/// Resolves `\\`, `\"` and `\n`; other escapes stay as they are.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => out.push('\n'),
            Some(escaped @ ('\\' | '"')) => out.push(escaped),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}
