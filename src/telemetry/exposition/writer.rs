//! Writes the exposition format.

use std::fmt::Write;

use super::{Family, FamilyKind, is_plain_label_name, is_plain_metric_name};

/// Writes families and samples of the text format 0.0.4, one after the other.
///
/// The caller keeps the samples of a family together and behind it, as the format asks; names that need quotes get them.
#[derive(Debug, Default)]
pub struct Writer {
    text: String,
}

impl Writer {
    /// Starts an empty text.
    pub fn new() -> Self {
        Writer::default()
    }

    /// Begins a family: its meaning and its type.
    pub fn family(&mut self, name: &str, kind: FamilyKind, help: &str) {
        self.metadata("HELP", name, &escaped_help(help));
        self.metadata("TYPE", name, kind.as_str());
    }

    /// Writes a sample without a time.
    pub fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        self.sample_line(name, labels.iter().copied(), value, None);
    }

    /// Writes a sample that was measured at `timestamp_ms`, milliseconds since the Unix epoch.
    pub fn sample_at(&mut self, name: &str, labels: &[(&str, &str)], value: f64, timestamp_ms: i64) {
        self.sample_line(name, labels.iter().copied(), value, Some(timestamp_ms));
    }

    /// Returns the text.
    pub fn finish(self) -> String {
        self.text
    }

    fn metadata(&mut self, word: &str, name: &str, value: &str) {
        self.text.push_str("# ");
        self.text.push_str(word);
        self.text.push(' ');
        if is_plain_metric_name(name) {
            self.text.push_str(name);
        } else {
            self.quoted(name);
        }
        self.text.push(' ');
        self.text.push_str(value);
        self.text.push('\n');
    }

    fn sample_line<'a>(
        &mut self,
        name: &str,
        labels: impl Iterator<Item = (&'a str, &'a str)>,
        value: f64,
        timestamp_ms: Option<i64>,
    ) {
        // what stands between the braces: a name that needs quotes comes first there
        let mut separator = "{";
        if is_plain_metric_name(name) {
            self.text.push_str(name);
        } else {
            self.text.push_str(separator);
            self.quoted(name);
            separator = ",";
        }
        for (label, content) in labels {
            self.text.push_str(separator);
            separator = ",";
            if is_plain_label_name(label) {
                self.text.push_str(label);
            } else {
                self.quoted(label);
            }
            self.text.push('=');
            self.quoted(content);
        }
        if separator == "," {
            self.text.push('}');
        }
        self.text.push(' ');
        self.number(value);
        if let Some(timestamp) = timestamp_ms {
            // a String takes everything
            let _ = write!(self.text, " {timestamp}");
        }
        self.text.push('\n');
    }

    fn quoted(&mut self, text: &str) {
        self.text.push('"');
        for letter in text.chars() {
            match letter {
                '\\' => self.text.push_str("\\\\"),
                '"' => self.text.push_str("\\\""),
                '\n' => self.text.push_str("\\n"),
                _ => self.text.push(letter),
            }
        }
        self.text.push('"');
    }

    fn number(&mut self, value: f64) {
        let size = value.abs();
        let _ = if value.is_nan() {
            self.text.write_str("NaN")
        } else if value.is_infinite() {
            self.text.write_str(if value > 0.0 { "+Inf" } else { "-Inf" })
        } else if value == 0.0 || (1e-5..1e15).contains(&size) {
            write!(self.text, "{value}")
        } else {
            write!(self.text, "{value:e}")
        };
    }
}

fn escaped_help(help: &str) -> String {
    help.replace('\\', "\\\\").replace('\n', "\\n")
}

/// Writes whole families, the inverse of [`super::parse_families`].
pub fn write_families(families: &[Family]) -> String {
    let mut writer = Writer::new();
    for family in families {
        if let Some(help) = &family.help {
            writer.metadata("HELP", &family.name, &escaped_help(help));
        }
        if family.kind != FamilyKind::Unknown {
            writer.metadata("TYPE", &family.name, family.kind.as_str());
        }
        if let Some(unit) = &family.unit {
            writer.metadata("UNIT", &family.name, unit);
        }
        for sample in &family.samples {
            let labels = sample.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            writer.sample_line(&sample.name, labels, sample.value, sample.timestamp_ms);
        }
    }
    writer.finish()
}
