//! An answer of Prometheus as people and scripts get it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::{Serialize, Serializer};

use crate::prometheus::{QueryAnswer, Series, TimeRange};
use crate::runtime;
use crate::ui::chart::{Chart, ChartLine};
use crate::ui::{Cell, Column, Report, Table};

/// The label that holds the name of a metric.
const NAME: &str = "__name__";

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct QueryReport {
    api_version: &'static str,
    kind: &'static str,
    expression: String,
    server: String,
    /// `vector`, `matrix`, `scalar` or `string`, as Prometheus calls it.
    result_type: &'static str,
    /// The moment, or the end of the range.
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step_seconds: Option<f64>,
    series: Vec<SeriesReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    warnings: Vec<String>,
    #[serde(skip)]
    range: Option<TimeRange>,
}

#[derive(Debug, Serialize)]
struct SeriesReport {
    labels: BTreeMap<String, String>,
    points: Vec<Point>,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Point {
    /// Seconds since the Unix epoch.
    time: f64,
    /// A number; `"NaN"`, `"+Inf"` or `"-Inf"` where it is none.
    #[serde(serialize_with = "number")]
    value: f64,
}

fn number<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.is_finite() {
        serializer.serialize_f64(*value)
    } else {
        serializer.serialize_str(&shown(*value))
    }
}

/// Writes a value as Prometheus does.
fn shown(value: f64) -> String {
    match value {
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        value => value.to_string(),
    }
}

/// Writes a value for people: six digits say enough.
fn rounded(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() || value.fract() == 0.0 && size < 1e15 {
        return shown(value);
    }
    if !(1e-4..1e15).contains(&size) {
        return format!("{value:.5e}");
    }
    let decimals = (5.0 - size.log10().floor()).clamp(0.0, 9.0) as usize;
    format!("{value:.decimals$}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl QueryReport {
    pub(super) fn new(
        expression: &str,
        server: String,
        at_ms: u64,
        range: Option<TimeRange>,
        answer: QueryAnswer,
    ) -> Self {
        let series = answer.series.into_iter().map(|Series { labels, points }| SeriesReport {
            labels,
            points: points.into_iter().map(|(time, value)| Point { time, value }).collect(),
        });
        QueryReport {
            api_version: "enmon/v1",
            kind: "Query",
            expression: expression.to_owned(),
            server,
            result_type: answer.kind.as_str(),
            at: runtime::rfc3339(at_ms),
            from: range.map(|range| runtime::rfc3339(range.from_ms)),
            step_seconds: range.map(|range| range.step.as_secs_f64()),
            series: series.collect(),
            text: answer.text,
            warnings: answer.warnings,
            range,
        }
    }

    /// Returns the labels that all series have with one value, and the names of the others.
    fn labels(&self) -> (BTreeMap<&str, &str>, BTreeSet<&str>) {
        let mut names: BTreeSet<&str> = BTreeSet::new();
        names.extend(self.series.iter().flat_map(|series| series.labels.keys().map(String::as_str)));
        let mut shared = BTreeMap::new();
        if let Some(first) = self.series.first() {
            for name in &names {
                let value = first.labels.get(*name);
                if self.series.iter().all(|series| series.labels.get(*name) == value) {
                    shared.extend(value.map(|value| (*name, value.as_str())));
                }
            }
        }
        names.retain(|name| !shared.contains_key(name));
        (shared, names)
    }

    /// Makes every point a line of comma-separated values: labels, time, value (RFC 4180; lines end with CRLF there).
    pub(super) fn csv(&self) -> String {
        let names: BTreeSet<&str> =
            self.series.iter().flat_map(|series| series.labels.keys().map(String::as_str)).collect();
        let mut csv = String::new();
        line(&mut csv, names.iter().copied().chain(["time", "value"]));
        for series in &self.series {
            for point in &series.points {
                let labels = names.iter().map(|name| series.labels.get(*name).map_or("", String::as_str));
                let time = runtime::rfc3339((point.time * 1_000.0).round() as u64);
                line(&mut csv, labels.chain([time.as_str(), shown(point.value).as_str()]));
            }
        }
        if let Some(text) = &self.text {
            line(&mut csv, [self.at.as_str(), text.as_str()].into_iter());
        }
        csv
    }

    /// Makes a chart of it.
    pub(super) fn chart(&self) -> Chart {
        let (shared, differing) = self.labels();
        let lines = self.series.iter().map(|series| {
            let kept = differing.iter().filter_map(|name| Some((*name, series.labels.get(*name)?.as_str())));
            let name = match selector(kept) {
                name if name.is_empty() => selector(shared.iter().map(|(name, value)| (*name, *value))),
                name => name,
            };
            let name = if name.is_empty() { self.expression.clone() } else { name };
            ChartLine { name, points: series.points.iter().map(|point| (point.time, point.value)).collect() }
        });
        let lines = lines.collect();
        let seconds = |ms: u64| ms as f64 / 1_000.0;
        let (from_s, until_s, step_s) = self.range.map_or((0.0, 1.0, 1.0), |range| {
            (seconds(range.from_ms), seconds(range.until_ms), range.step.as_secs_f64())
        });
        let title = format!("{}  ({} to {})", self.expression, self.from.as_deref().unwrap_or(""), self.at);
        Chart { title, from_s, until_s, gap_s: step_s * 1.5, lines, time_text: runtime::rfc3339 }
    }

    fn table(&self) -> Table {
        let (_, names) = self.labels();
        let mut columns: Vec<Column> =
            names.iter().map(|name| Column::name(if *name == NAME { "metric" } else { name })).collect();
        let is_summed_up = self.result_type == "matrix";
        let numbers: &[&str] =
            if is_summed_up { &["last", "least", "mean", "most", "points"] } else { &["value"] };
        columns.extend(numbers.iter().map(|title| Column::count(title)));
        let mut table = Table::new(columns);
        for series in &self.series {
            let labels =
                names.iter().map(|name| series.labels.get(*name).map_or_else(Cell::unknown, Cell::new));
            let last = series.points.last().map_or(f64::NAN, |point| point.value);
            let mut cells: Vec<Cell> = labels.chain([Cell::new(rounded(last))]).collect();
            if is_summed_up {
                cells.extend(summary(&series.points));
            }
            table.row(cells);
        }
        table
    }
}

/// Returns the least, the mean and the greatest value, and the number of points.
fn summary(points: &[Point]) -> [Cell; 4] {
    let values = || points.iter().map(|point| point.value).filter(|value| !value.is_nan());
    let count = values().count();
    let cell = |value: f64| if count == 0 { Cell::unknown() } else { Cell::new(rounded(value)) };
    [
        cell(values().fold(f64::INFINITY, f64::min)),
        cell(values().sum::<f64>() / count as f64),
        cell(values().fold(f64::NEG_INFINITY, f64::max)),
        Cell::new(points.len()),
    ]
}

/// Writes labels as PromQL does: `name{label="value"}`.
fn selector<'a>(labels: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let (mut name, mut matchers) = (String::new(), Vec::new());
    for (label, value) in labels {
        if label == NAME { name = value.to_owned() } else { matchers.push(format!("{label}={value:?}")) }
    }
    if matchers.is_empty() { name } else { format!("{name}{{{}}}", matchers.join(", ")) }
}

fn line<'a>(csv: &mut String, fields: impl Iterator<Item = &'a str>) {
    for (number, field) in fields.enumerate() {
        if number > 0 {
            csv.push(',');
        }
        if field.contains([',', '"', '\r', '\n']) {
            csv.push('"');
            csv.push_str(&field.replace('"', "\"\""));
            csv.push('"');
        } else {
            csv.push_str(field);
        }
    }
    csv.push_str("\r\n");
}

impl Report for QueryReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(text) = &self.text {
            return writeln!(out, "{text}");
        }
        if self.series.is_empty() {
            return writeln!(out, "no series");
        }
        let (shared, _) = self.labels();
        let shared = selector(shared.into_iter());
        if !shared.is_empty() {
            writeln!(out, "{shared}\n")?;
        }
        self.table().render(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prometheus::AnswerKind;

    fn report(series: &[(&[(&str, &str)], f64)]) -> QueryReport {
        let series = series.iter().map(|(labels, value)| Series {
            labels: labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            points: vec![(1.5, *value)],
        });
        let answer = QueryAnswer {
            kind: AnswerKind::Vector,
            series: series.collect(),
            text: None,
            warnings: Vec::new(),
            histograms: 0,
        };
        QueryReport::new("x", "http://h".into(), 1_500, None, answer)
    }

    fn table(report: &QueryReport) -> String {
        let mut text = Vec::new();
        report.render(&mut text).unwrap();
        anstream::adapter::strip_str(&String::from_utf8(text).unwrap()).to_string()
    }

    #[test]
    fn labels_that_differ_are_columns_and_the_others_a_line() {
        let two = report(&[
            (&[(NAME, "up"), ("job", "a"), ("instance", "h:1")], 1.0),
            (&[(NAME, "up"), ("job", "b"), ("instance", "h:1"), ("phase", "L1")], 0.125),
        ]);
        let lines = table(&two);
        let lines: Vec<&str> = lines.lines().collect();
        assert_eq!(lines[0], "up{instance=\"h:1\"}");
        assert_eq!(lines[2].split_whitespace().collect::<Vec<_>>(), ["JOB", "PHASE", "VALUE"]);
        assert_eq!(lines[3].split_whitespace().collect::<Vec<_>>(), ["a", "-", "1"]);
        assert_eq!(lines[4].split_whitespace().collect::<Vec<_>>(), ["b", "L1", "0.125"]);
        assert_eq!(table(&report(&[])), "no series\n");
    }

    #[test]
    fn comma_separated_values_hold_whatever_labels_do() {
        let csv = report(&[(&[("a", "x,\"y\"\n")], f64::INFINITY), (&[("b", "z")], f64::NAN)]).csv();
        assert_eq!(
            csv,
            "a,b,time,value\r\n\"x,\"\"y\"\"\n\",,1970-01-01T00:00:01.500Z,+Inf\r\n,z,1970-01-01T00:00:01.500Z,NaN\r\n"
        );
    }

    #[test]
    fn values_for_people_have_six_digits() {
        for (value, text) in [
            (0.0, "0"),
            (-12.0, "-12"),
            (1.0 / 3.0, "0.333333"),
            (12_345.678_9, "12345.7"),
            (1e-9, "1.00000e-9"),
            (2.0e15, "2.00000e15"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(rounded(value), text);
        }
    }
}
