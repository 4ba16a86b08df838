//! The functions of Prometheus 3: what they take and what they give. Decides which exist and which name is nearest to one that doesn't;
//! leaves checking of arguments to `types`. Source: Prometheus documentation, "Query functions" and "Feature flags".

use super::ast::AggregateOp;

/// What an expression gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// One number.
    Scalar,
    /// A value for each series.
    Vector,
    /// Values over a range of time for each series.
    Matrix,
    /// A string.
    Text,
}

impl ValueType {
    /// Returns its name in Prometheus' documentation, with an article.
    pub fn as_str(self) -> &'static str {
        match self {
            ValueType::Scalar => "a scalar",
            ValueType::Vector => "an instant vector",
            ValueType::Matrix => "a range vector",
            ValueType::Text => "a string",
        }
    }
}

/// A version of Prometheus: the numbers before and behind its first dot.
pub type Release = (u16, u16);

/// The oldest version that anything is known of.
pub(super) const OLDEST: Release = (2, 42);

/// A function of PromQL.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// What each argument has to be; further ones are like the last.
    pub arguments: &'static [ValueType],
    /// How many it needs.
    pub least: usize,
    /// How many it takes; nothing for any number.
    pub most: Option<usize>,
    /// What it gives.
    pub returns: ValueType,
    /// Where it exists.
    pub status: Status,
    /// The first version that has it; the oldest that is supported for those that were always there.
    pub since: Release,
}

/// Where a function exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// In every version 3.
    Stable,
    /// Only with `--enable-feature=promql-experimental-functions`, before a version that takes it without.
    Experimental(Option<Release>),
    /// Only in version 2; the name is that in version 3.
    Renamed(&'static str),
}

use ValueType::{Matrix as M, Scalar as S, Text as T, Vector as V};

const fn f(name: &'static str, arguments: &'static [ValueType], returns: ValueType) -> Function {
    let count = arguments.len();
    Function {
        name,
        arguments,
        least: count,
        most: Some(count),
        returns,
        status: Status::Stable,
        since: OLDEST,
    }
}

const fn takes(mut function: Function, least: usize, most: Option<usize>) -> Function {
    function.least = least;
    function.most = most;
    function
}

const fn since(mut function: Function, since: Release) -> Function {
    function.since = since;
    function
}

const fn experimental(mut function: Function, since: Release) -> Function {
    function.status = Status::Experimental(None);
    function.since = since;
    function
}

const fn stable(mut function: Function, since: Release) -> Function {
    function.status = Status::Experimental(Some(since));
    function
}

const fn renamed(mut function: Function, name: &'static str) -> Function {
    function.status = Status::Renamed(name);
    function
}

/// All functions, by name.
///
/// The versions are those of Prometheus' changelog: 2.48 (#12614), 2.49 (`sort_by_label` #11299, `mad_over_time` #13059), 2.51 (#13467), 3.0
/// (`info` #14495, `double_exponential_smoothing`), 3.5 (`ts_of_…` #16722), 3.7 (`first_over_time` #16963, stable in 3.14), 3.11
/// (`histogram_quantiles` #17285), 3.12 (`start()` and the like #17877), 3.16 (`integral`).
pub(super) static FUNCTIONS: &[Function] = &[
    f("abs", &[V], V),
    f("absent", &[V], V),
    f("absent_over_time", &[M], V),
    f("acos", &[V], V),
    f("acosh", &[V], V),
    f("asin", &[V], V),
    f("asinh", &[V], V),
    f("atan", &[V], V),
    f("atanh", &[V], V),
    f("avg_over_time", &[M], V),
    f("ceil", &[V], V),
    f("changes", &[M], V),
    f("clamp", &[V, S, S], V),
    f("clamp_max", &[V, S], V),
    f("clamp_min", &[V, S], V),
    f("cos", &[V], V),
    f("cosh", &[V], V),
    f("count_over_time", &[M], V),
    takes(f("day_of_month", &[V], V), 0, Some(1)),
    takes(f("day_of_week", &[V], V), 0, Some(1)),
    takes(f("day_of_year", &[V], V), 0, Some(1)),
    takes(f("days_in_month", &[V], V), 0, Some(1)),
    f("deg", &[V], V),
    f("delta", &[M], V),
    f("deriv", &[M], V),
    experimental(f("double_exponential_smoothing", &[M, S, S], V), (3, 0)),
    experimental(f("end", &[], S), (3, 12)),
    f("exp", &[V], V),
    stable(experimental(f("first_over_time", &[M], V), (3, 7)), (3, 14)),
    f("floor", &[V], V),
    since(f("histogram_avg", &[V], V), (2, 51)),
    f("histogram_count", &[V], V),
    f("histogram_fraction", &[S, S, V], V),
    f("histogram_quantile", &[S, V], V),
    experimental(takes(f("histogram_quantiles", &[V, T, S, S], V), 3, Some(12)), (3, 11)),
    since(f("histogram_stddev", &[V], V), (2, 48)),
    since(f("histogram_stdvar", &[V], V), (2, 48)),
    f("histogram_sum", &[V], V),
    renamed(f("holt_winters", &[M, S, S], V), "double_exponential_smoothing"),
    takes(f("hour", &[V], V), 0, Some(1)),
    f("idelta", &[M], V),
    f("increase", &[M], V),
    experimental(takes(f("info", &[V, V], V), 1, Some(2)), (3, 0)),
    experimental(takes(f("integral", &[M, S], V), 1, Some(2)), (3, 16)),
    f("irate", &[M], V),
    takes(f("label_join", &[V, T, T, T], V), 3, None),
    f("label_replace", &[V, T, T, T, T], V),
    f("last_over_time", &[M], V),
    f("ln", &[V], V),
    f("log10", &[V], V),
    f("log2", &[V], V),
    experimental(f("mad_over_time", &[M], V), (2, 49)),
    f("max_over_time", &[M], V),
    f("min_over_time", &[M], V),
    takes(f("minute", &[V], V), 0, Some(1)),
    takes(f("month", &[V], V), 0, Some(1)),
    f("pi", &[], S),
    f("predict_linear", &[M, S], V),
    f("present_over_time", &[M], V),
    f("quantile_over_time", &[S, M], V),
    f("rad", &[V], V),
    experimental(f("range", &[], S), (3, 12)),
    f("rate", &[M], V),
    f("resets", &[M], V),
    takes(f("round", &[V, S], V), 1, Some(2)),
    f("scalar", &[V], S),
    f("sgn", &[V], V),
    f("sin", &[V], V),
    f("sinh", &[V], V),
    f("sort", &[V], V),
    experimental(takes(f("sort_by_label", &[V, T], V), 1, None), (2, 49)),
    experimental(takes(f("sort_by_label_desc", &[V, T], V), 1, None), (2, 49)),
    f("sort_desc", &[V], V),
    f("sqrt", &[V], V),
    experimental(f("start", &[], S), (3, 12)),
    f("stddev_over_time", &[M], V),
    f("stdvar_over_time", &[M], V),
    experimental(f("step", &[], S), (3, 12)),
    f("sum_over_time", &[M], V),
    f("tan", &[V], V),
    f("tanh", &[V], V),
    f("time", &[], S),
    f("timestamp", &[V], V),
    experimental(f("ts_of_first_over_time", &[M], V), (3, 7)),
    experimental(f("ts_of_last_over_time", &[M], V), (3, 5)),
    experimental(f("ts_of_max_over_time", &[M], V), (3, 5)),
    experimental(f("ts_of_min_over_time", &[M], V), (3, 5)),
    f("vector", &[S], V),
    takes(f("year", &[V], V), 0, Some(1)),
];

/// Names from other languages, and what PromQL calls it.
const ELSEWHERE: [(&str, &str); 12] = [
    ("average", "avg"),
    ("mean", "avg"),
    ("median", "quantile"),
    ("percentile", "quantile"),
    ("now", "time"),
    ("log", "ln"),
    ("pow", "^"),
    ("last", "last_over_time"),
    ("derivative", "deriv"),
    ("isnan", "!="),
    ("exists", "present_over_time"),
    ("moving_average", "avg_over_time"),
];

/// Finds a function by its name; upper and lower case differ.
pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.binary_search_by(|function| function.name.cmp(name)).ok().map(|place| &FUNCTIONS[place])
}

/// Finds the function or aggregation that somebody who wrote `name` may have meant.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    if let Some((_, here)) = ELSEWHERE.iter().find(|(there, _)| *there == lower) {
        return Some(here);
    }
    // beyond 40 letters nothing is near, and the distance costs time
    if lower.len() > 40 {
        return None;
    }
    let names = FUNCTIONS.iter().map(|function| function.name).chain(AggregateOp::ALL.map(|(_, name)| name));
    let far = match lower.len() {
        0..=4 => 1,
        5..=8 => 2,
        _ => 3,
    };
    names
        .map(|known| (strsim::damerau_levenshtein(&lower, known), known))
        .filter(|(distance, _)| *distance <= far)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_by_name() {
        assert!(FUNCTIONS.is_sorted_by_key(|function| function.name));
        for known in FUNCTIONS {
            assert_eq!(function(known.name), Some(known));
        }
        assert_eq!(function("Rate"), None);
    }

    #[test]
    fn misspelt_names_are_near_to_one() {
        let cases = [
            ("Rate", Some("rate")),
            ("inrease", Some("increase")),
            ("histogram_quantil", Some("histogram_quantile")),
            ("average", Some("avg")),
            ("sumn", Some("sum")),
            ("length", None),
            ("foo", None),
            ("something_else_entirely", None),
        ];
        for (name, near) in cases {
            assert_eq!(nearest(name), near, "{name}");
        }
    }
}
