//! What a running Prometheus answers to an expression, at a moment or over a range of time.
//!
//! Decides which step a range gets when none is said, and which ranges the server would refuse. How answers look is left to `cli`.
//! Source: Prometheus, "HTTP API", "Expression queries".

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use super::server::{Server, ServerError};

/// Most points of a series that a server gives: it refuses when the range is more than so many steps long.
pub const MOST_POINTS: u64 = 11_000;
/// Points of a series that are enough to see its course.
const ENOUGH_POINTS: u64 = 240;
/// Steps that people count in, in seconds.
const STEPS_S: [u64; 16] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200];
const DAY_S: u64 = 86_400;

/// A range of time that is looked at in steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    /// First moment, milliseconds since the Unix epoch.
    pub from_ms: u64,
    /// Last moment, milliseconds since the Unix epoch.
    pub until_ms: u64,
    /// Time between two points, above 0.
    pub step: Duration,
}

/// Why a range can't be asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// It is empty, or begins before 1970.
    #[error("the range has no length, or begins before 1970")]
    Empty,
    /// The step is 0.
    #[error("a step has to be longer than nothing")]
    NoStep,
    /// It has more points than a server gives.
    #[error(
        "the range is {steps} steps long, and Prometheus gives {MOST_POINTS} points of a series at the most"
    )]
    TooManyPoints {
        /// How many steps.
        steps: u64,
        /// The shortest step in whole seconds that it takes.
        least_step_s: u64,
    },
}

impl TimeRange {
    /// Makes the range of a length that ends at a moment. Without a step one is chosen that gives at most 240 points.
    ///
    /// # Errors
    /// When the server would refuse it.
    pub fn ending(until_ms: u64, length: Duration, step: Option<Duration>) -> Result<Self, RangeError> {
        let length_ms = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        let from_ms = until_ms.checked_sub(length_ms).filter(|_| length_ms > 0).ok_or(RangeError::Empty)?;
        let step = step.unwrap_or_else(|| chosen_step(length_ms));
        let step_ms = u64::try_from(step.as_millis()).unwrap_or(u64::MAX);
        let steps = length_ms.checked_div(step_ms).ok_or(RangeError::NoStep)?;
        if steps > MOST_POINTS {
            let least_step_s = length_ms.div_ceil(MOST_POINTS * 1_000);
            return Err(RangeError::TooManyPoints { steps, least_step_s });
        }
        Ok(TimeRange { from_ms, until_ms, step })
    }
}

fn chosen_step(length_ms: u64) -> Duration {
    let least_s = length_ms.div_ceil(ENOUGH_POINTS * 1_000);
    let round = STEPS_S.into_iter().find(|step| *step >= least_s);
    Duration::from_secs(round.unwrap_or_else(|| least_s.div_ceil(DAY_S) * DAY_S))
}

/// A series: its labels, and values by time.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The labels; the name is `__name__`.
    pub labels: BTreeMap<String, String>,
    /// Seconds since the Unix epoch, and the value then. A value may be NaN or infinite.
    pub points: Vec<(f64, f64)>,
}

/// What kind of answer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerKind {
    /// A value for each series.
    Vector,
    /// Values by time for each series.
    Matrix,
    /// One value without labels.
    Scalar,
    /// A text.
    Text,
}

impl AnswerKind {
    /// Returns the name that Prometheus gives it.
    pub fn as_str(self) -> &'static str {
        match self {
            AnswerKind::Vector => "vector",
            AnswerKind::Matrix => "matrix",
            AnswerKind::Scalar => "scalar",
            AnswerKind::Text => "string",
        }
    }
}

/// What the server answers.
#[derive(Debug, Clone, PartialEq)]
pub struct QueryAnswer {
    /// What kind of answer it is.
    pub kind: AnswerKind,
    /// The series, by their labels; a scalar is one without labels.
    pub series: Vec<Series>,
    /// The text, when it is one.
    pub text: Option<String>,
    /// What the server warns of and remarks.
    pub warnings: Vec<String>,
    /// Series with native histograms, which are left out.
    pub histograms: usize,
}

#[derive(Deserialize)]
struct Reply {
    status: String,
    data: Option<Data>,
    error: Option<String>,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    infos: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: String,
    result: Value,
}

#[derive(Deserialize)]
struct RawSeries {
    metric: BTreeMap<String, String>,
    value: Option<(f64, String)>,
    values: Option<Vec<(f64, String)>>,
}

impl Server {
    /// Asks for the values at a moment (milliseconds since the Unix epoch; `None`: the server's now).
    ///
    /// # Errors
    /// When it can't be asked, or refuses the expression.
    pub async fn query(&self, expression: &str, at_ms: Option<u64>) -> Result<QueryAnswer, ServerError> {
        let mut form = vec![("query", expression.to_owned())];
        form.extend(at_ms.map(|at| ("time", seconds_text(at))));
        self.ask("api/v1/query", &form).await
    }

    /// Asks for the values over a range.
    ///
    /// # Errors
    /// When it can't be asked, or refuses the expression.
    pub async fn query_range(&self, expression: &str, range: &TimeRange) -> Result<QueryAnswer, ServerError> {
        let form = [
            ("query", expression.to_owned()),
            ("start", seconds_text(range.from_ms)),
            ("end", seconds_text(range.until_ms)),
            ("step", format!("{}", range.step.as_secs_f64())),
        ];
        self.ask("api/v1/query_range", &form).await
    }

    async fn ask(&self, path: &str, form: &[(&str, String)]) -> Result<QueryAnswer, ServerError> {
        // POST: an expression may be longer than an address can be
        let request = self.request(Method::POST, path).header("content-type", FORM).body(encoded(form));
        let (status, body) = self.send(request).await?;
        let reply: Reply = serde_json::from_slice(&body).map_err(|error| {
            self.foreign(if status.is_success() {
                error.to_string()
            } else {
                format!("HTTP status {}", status.as_u16())
            })
        })?;
        let Some(data) = reply.data.filter(|_| reply.status == "success") else {
            let reason = reply.error.unwrap_or_else(|| "it gives no reason".to_owned());
            return Err(self.refused(status.as_u16(), reason));
        };
        let mut answer = read(data).map_err(|reason| self.foreign(reason))?;
        answer.warnings = reply.warnings;
        answer.warnings.extend(reply.infos);
        Ok(answer)
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

/// Writes pairs as a form (WHATWG URL, `application/x-www-form-urlencoded`).
fn encoded(form: &[(&str, String)]) -> String {
    let mut url = reqwest::Url::parse("http://form/").ok();
    if let Some(url) = &mut url {
        url.query_pairs_mut().extend_pairs(form);
    }
    url.and_then(|url| url.query().map(str::to_owned)).unwrap_or_default()
}

fn seconds_text(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

fn read(data: Data) -> Result<QueryAnswer, String> {
    let mut answer = QueryAnswer {
        kind: AnswerKind::Vector,
        series: Vec::new(),
        text: None,
        warnings: Vec::new(),
        histograms: 0,
    };
    let unread = |error: serde_json::Error| error.to_string();
    match data.result_type.as_str() {
        "scalar" => {
            answer.kind = AnswerKind::Scalar;
            let point: (f64, String) = serde_json::from_value(data.result).map_err(unread)?;
            answer.series.push(Series { labels: BTreeMap::new(), points: vec![point_of(point)?] });
        }
        "string" => {
            answer.kind = AnswerKind::Text;
            let (_, text): (f64, String) = serde_json::from_value(data.result).map_err(unread)?;
            answer.text = Some(text);
        }
        kind @ ("vector" | "matrix") => {
            answer.kind = if kind == "vector" { AnswerKind::Vector } else { AnswerKind::Matrix };
            let all: Vec<RawSeries> = serde_json::from_value(data.result).map_err(unread)?;
            for raw in all {
                let points: Vec<_> = raw.value.into_iter().chain(raw.values.into_iter().flatten()).collect();
                if points.is_empty() {
                    answer.histograms += 1;
                    continue;
                }
                let points = points.into_iter().map(point_of).collect::<Result<_, _>>()?;
                answer.series.push(Series { labels: raw.metric, points });
            }
            // an expression that sorts is answered in its order, anything else in none
            if answer.kind == AnswerKind::Matrix {
                answer.series.sort_by(|one, other| one.labels.cmp(&other.labels));
            }
        }
        other => return Err(format!("its answer is of the type `{other}`")),
    }
    Ok(answer)
}

fn point_of((at, value): (f64, String)) -> Result<(f64, f64), String> {
    // Rust reads `+Inf`, `-Inf` and `NaN` as Prometheus writes them
    value.parse().map(|value| (at, value)).map_err(|_| format!("`{value}` is no value"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    #[test]
    fn a_step_is_chosen_that_people_count_in() {
        for (length_s, step_s) in [
            (1, 1),
            (240, 1),
            (241, 2),
            (3_600, 15),
            (21_600, 120),
            (86_400, 600),
            (604_800, 3_600),
            (2_592_000, 21_600),
            (31_536_000, 172_800),
        ] {
            let range = TimeRange::ending(2_000_000_000_000, seconds(length_s), None).unwrap();
            assert_eq!(range.step, seconds(step_s), "{length_s} s");
            assert_eq!(range.from_ms, 2_000_000_000_000 - length_s * 1_000);
        }
    }

    #[test]
    fn a_range_that_the_server_would_refuse_is_refused_before() {
        let range = |length: u64, step: u64| {
            TimeRange::ending(2_000_000_000_000, seconds(length), Some(seconds(step)))
        };
        assert!(range(11_000, 1).is_ok());
        assert_eq!(range(11_001, 1), Err(RangeError::TooManyPoints { steps: 11_001, least_step_s: 2 }));
        assert!(range(11_001, 2).is_ok());
        assert_eq!(range(60, 0), Err(RangeError::NoStep));
        assert_eq!(range(0, 1), Err(RangeError::Empty));
        assert_eq!(TimeRange::ending(1_000, seconds(2), None), Err(RangeError::Empty));
    }

    fn answer(kind: &str, result: &str) -> Result<QueryAnswer, String> {
        read(Data { result_type: kind.to_owned(), result: serde_json::from_str(result).unwrap() })
    }

    #[test]
    fn every_kind_of_answer_is_read() {
        let vector = answer("vector", r#"[{"metric":{"a":"b"},"value":[1.5,"+Inf"]}]"#).unwrap();
        assert_eq!(vector.series[0].points, [(1.5, f64::INFINITY)]);
        let matrix =
            r#"[{"metric":{"a":"c"},"values":[[1,"1"],[2,"NaN"]]},{"metric":{"a":"b"},"values":[[1,"2"]]}]"#;
        let matrix = answer("matrix", matrix).unwrap();
        assert_eq!((matrix.kind, matrix.series[0].labels["a"].as_str()), (AnswerKind::Matrix, "b"));
        assert!(matrix.series[1].points[1].1.is_nan());
        assert_eq!(answer("scalar", r#"[1,"-Inf"]"#).unwrap().series[0].points, [(1.0, f64::NEG_INFINITY)]);
        assert_eq!(answer("string", r#"[1,"x"]"#).unwrap().text.as_deref(), Some("x"));
        let histogram =
            answer("vector", r#"[{"metric":{},"histogram":[1,{"count":"1","sum":"2"}]}]"#).unwrap();
        assert_eq!((histogram.histograms, histogram.series.len()), (1, 0));
        for (kind, wrong) in [("vector", "{}"), ("scalar", r#"[1,"x"]"#), ("tensor", "[]")] {
            assert!(answer(kind, wrong).is_err(), "{kind} {wrong}");
        }
    }

    #[test]
    fn forms_are_written_so_that_they_are_read_as_meant() {
        let form = encoded(&[("query", "a{b=\"c&d\"} + 1 % 2".to_owned())]);
        assert_eq!(form, "query=a%7Bb%3D%22c%26d%22%7D+%2B+1+%25+2");
    }
}
