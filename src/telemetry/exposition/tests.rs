//! Tables and properties of the exposition format.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn sample(name: &str, labels: &[(&str, &str)], value: f64, timestamp_ms: Option<i64>) -> Sample {
    let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Sample { name: name.to_owned(), labels, value, timestamp_ms }
}

#[test]
fn the_text_of_an_endpoint_is_read() {
    let text = "# HELP esp8266_current0 Current, A\r\n# TYPE esp8266_current0 gauge\r\nesp8266_current0 12.5\r\n\r\n\
                esp8266_connection 1 \n";
    assert_eq!(
        parse(text).unwrap(),
        [sample("esp8266_current0", &[], 12.5, None), sample("esp8266_connection", &[], 1.0, None)]
    );
}

#[test]
fn samples_of_the_specification_are_read() {
    for (line, wanted) in [
        (
            r#"http_requests_total{method="post",code="400"}    3   1395066363000"#,
            sample(
                "http_requests_total",
                &[("method", "post"), ("code", "400")],
                3.0,
                Some(1_395_066_363_000),
            ),
        ),
        (
            r#"files{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1.458255915e9"#,
            sample(
                "files",
                &[("path", "C:\\DIR\\FILE.TXT"), ("error", "Cannot find file:\n\"FILE.TXT\"")],
                1.458_255_915e9,
                None,
            ),
        ),
        (
            "metric_without_timestamp_and_labels 12.47",
            sample("metric_without_timestamp_and_labels", &[], 12.47, None),
        ),
        (
            "weird{problem=\"division by zero\"} +Inf -3982045",
            sample("weird", &[("problem", "division by zero")], f64::INFINITY, Some(-3_982_045)),
        ),
        (" \tspaced {\ta = \"b\" , } \t-Inf ", sample("spaced", &[("a", "b")], f64::NEG_INFINITY, None)),
        (r#"{"with.dots","a b"="c"} 1"#, sample("with.dots", &[("a b", "c")], 1.0, None)),
        (r#"kept{a="\d"} 1"#, sample("kept", &[("a", "\\d")], 1.0, None)),
    ] {
        assert_eq!(parse(line).unwrap(), [wanted], "{line}");
    }
    assert!(parse("nothing NaN").unwrap()[0].value.is_nan());
}

#[test]
fn open_metrics_counts_seconds_and_has_exemplars() {
    let text = "# TYPE foo counter\n# UNIT foo seconds\nfoo_total 17.0 1520879607.789 # {trace_id=\"x\"} 0.5\n# EOF\n";
    let families = parse_families(text).unwrap();
    assert_eq!(families.len(), 1);
    assert_eq!(families[0].unit.as_deref(), Some("seconds"));
    assert_eq!(families[0].samples, [sample("foo_total", &[], 17.0, Some(1_520_879_607_789))]);
}

#[test]
fn samples_find_their_family_also_when_interleaved() {
    let text = "# TYPE h histogram\n# HELP h Time\\nspent\nh_bucket{le=\"1\"} 1\n# a comment\n# HELP\n# TYPE g gauge\ng 1\n\
                h_bucket{le=\"+Inf\"} 2\nh_sum 1\nh_count 2\nlonely 3\ng_count 4\n";
    let families = parse_families(text).unwrap();
    let shape: Vec<_> = families.iter().map(|f| (f.name.as_str(), f.kind, f.samples.len())).collect();
    assert_eq!(
        shape,
        [
            ("h", FamilyKind::Histogram, 4),
            ("g", FamilyKind::Gauge, 1),
            ("lonely", FamilyKind::Unknown, 1),
            ("g_count", FamilyKind::Unknown, 1)
        ]
    );
    assert_eq!(families[0].help.as_deref(), Some("Time\nspent"));
}

#[test]
fn mistakes_are_shown_with_their_place() {
    for (text, place, words) in [
        ("a 1\n2b 3", (2, 1), "metric name"),
        ("a", (1, 2), "`` is no number"),
        ("a x", (1, 3), "`x` is no number"),
        ("a 1 1.5", (1, 5), "no time stamp"),
        ("a 1 2 3", (1, 7), "nothing more"),
        ("a{b} 1", (1, 4), "`=` is expected"),
        ("a{b=c} 1", (1, 5), "in quotes"),
        ("a{ä=\"c\"} 1", (1, 3), "label name"),
        ("a{b=\"ä\",b=\"d\"} 1", (1, 9), "`b` is there twice"),
        ("a{b=\"c} 1", (1, 5), "not closed"),
        ("a{b=\"c\\\"} 1", (1, 5), "not closed"),
        ("a{b=\"c\" d=\"e\"} 1", (1, 9), "`,` or `}` is expected"),
        ("a{b=\"c\"", (1, 8), "`,` or `}`"),
        ("{b=\"c\"} 1", (1, 8), "metric name"),
        ("a{\"b\"} 1", (1, 6), "`=` is expected"),
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!((error.line, error.column), place, "{text}: {error}");
        assert!(error.to_string().contains(words), "{text}: {error}");
    }
}

#[test]
fn lines_and_labels_are_bounded() {
    let long = format!("a{{b=\"{}\"}} 1", "x".repeat(MAX_LINE));
    assert_eq!(parse(&long).unwrap_err().problem, Problem::LongLine);
    let many: String = (0..=MAX_LABELS).map(|n| format!("l{n}=\"\",")).collect();
    assert_eq!(parse(&format!("a{{{many}}} 1")).unwrap_err().problem, Problem::ManyLabels);
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_place() {
    let error = parse_bytes(b"a 1\nb\xff 2").unwrap_err();
    assert_eq!(error, ParseError { line: 2, column: 2, problem: Problem::NotUtf8 });
}

#[test]
fn the_writer_keeps_the_form_of_the_specification() {
    let mut writer = Writer::new();
    writer.family("a", FamilyKind::Gauge, "Two\nlines \\");
    writer.sample("a", &[("l", "say \"x\"\n")], f64::NAN);
    writer.sample("a", &[], 1e300);
    writer.sample_at("a", &[], -0.5, 7);
    assert_eq!(
        writer.finish(),
        "# HELP a Two\\nlines \\\\\n# TYPE a gauge\na{l=\"say \\\"x\\\"\\n\"} NaN\na 1e300\na -0.5 7\n"
    );
}

/// NaN has many bit patterns and is not equal to itself; one stands for all.
fn comparable(families: Vec<Family>) -> Vec<(Family, Vec<u64>)> {
    let bits = |value: f64| if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() };
    families
        .into_iter()
        .map(|mut family| {
            let values = family.samples.iter().map(|sample| bits(sample.value)).collect();
            family.samples.iter_mut().for_each(|sample| sample.value = 0.0);
            (family, values)
        })
        .collect()
}

fn any_sample() -> impl Strategy<Value = (usize, Vec<(String, String)>, f64, Option<i64>)> {
    let label = ("[a-z_][a-z0-9_]{0,3}|.{1,4}", ".{0,6}|[\\\\\"\n,={} #]{0,6}");
    (any::<usize>(), vec(label, 0..4), proptest::num::f64::ANY, any::<Option<i64>>())
}

prop_compose! {
    fn any_families()(
        parts in vec((
            "[a-zA-Z_:][a-z0-9_:]{0,6}|.{1,6}",
            0..8_usize,
            proptest::option::of("[^\r]{0,8}"),
            proptest::option::of("[a-z]{1,8}"),
            vec(any_sample(), 1..4),
        ), 0..5)
    ) -> Vec<Family> {
        let kinds = [FamilyKind::Counter, FamilyKind::Gauge, FamilyKind::Histogram, FamilyKind::Summary, FamilyKind::Info,
            FamilyKind::StateSet, FamilyKind::GaugeHistogram, FamilyKind::Unknown];
        parts.into_iter().enumerate().map(|(index, (stem, kind, help, unit, samples))| {
            // distinct names, none of which is another's with a suffix
            let name = format!("{stem}:{index}");
            let kind = kinds[kind];
            let samples = samples.into_iter().map(|(pick, mut labels, value, timestamp_ms)| {
                let suffixes = kind.suffixes();
                let suffix = suffixes.get(pick % (suffixes.len() + 1)).copied().unwrap_or_default();
                let mut seen = Vec::new();
                labels.retain(|(label, _)| !seen.contains(label) && { seen.push(label.clone()); true });
                Sample { name: format!("{name}{suffix}"), labels, value, timestamp_ms }
            }).collect();
            Family { name, kind, help, unit, samples }
        }).collect()
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(families in any_families()) {
        let text = write_families(&families);
        let samples: usize = families.iter().map(|family| family.samples.len()).sum();
        prop_assert_eq!(parse(&text).map(|read| read.len()), Ok(samples));
        let read = parse_families(&text);
        prop_assert!(read.is_ok(), "{:?}\n{}", read, text);
        prop_assert_eq!(comparable(read.unwrap()), comparable(families), "{}", text);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in vec(any::<u8>(), 0..200)) {
        let _ = parse_bytes(&bytes);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "([a-z{}\"=,#\\\\ \t\r\n0-9.äTYPEHLNU]|# TYPE |# EOF){0,80}") {
        let _ = parse(&text);
        let _ = parse_families(&text);
    }
}
