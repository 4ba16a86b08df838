//! What holds for any text: no panic, places inside the text, and a tree that is the same after it was written and read again.

use enmon::promql::{self, Expr, ParseError, Span, analysis, re2, template};
use proptest::prelude::*;

/// Pieces that expressions are made of, right and wrong.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "foo", "a:b", "up", "sum", "topk", "count_values", "limitk", "rate", "absent", "label_replace", "histogram_quantile", "clamp", "time", "vector", "scalar",
    "info", "step", "range", "start", "end", "min", "max", "by", "without", "on", "ignoring", "group_left", "group_right", "bool",
    "and", "or", "unless", "atan2", "offset", "@", "anchored", "smoothed", "fill", "fill_left", "fill_right",
    "(", ")", "{", "}", "[", "]", ",", ":", "=", "!=", "=~", "!~", "==", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "^", "!", "&&", "=>",
    "1", "0", "5m", "1h30m", "0x1F", "1e3", "1e", "1.5h", "Inf", "NaN", "017", ".5", "1_0", "300y",
    "\"a\"", "'b'", "`c`", "\"", "'", "`", "\"\\q\"", "\"\\xff\"", "\"(\"", "\".*\"", "\"\\ufffd\"", "\"é\\n\"",
    "# c\n", "\n", " ", "\t", "é", "€", "$x", ".", "\u{a0}", "\u{fffd}", "\\", ";",
    "foo{a=\"b\"}", "foo[5m]", "{\"x.y\"}", "(foo)", "sum by (a) (foo)", "rate(foo[5m])", "foo[5m:1m]", "[5m]", "{a=~\"", "by (a)", "on (a)",
];

fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        20 => proptest::sample::select(PIECES).prop_map(str::to_owned),
        1 => "\\PC{0,3}",
    ];
    proptest::collection::vec((piece, prop_oneof![Just(""), Just(" ")]), 0..30)
        .prop_map(|pieces| pieces.into_iter().map(|(piece, space)| piece + space).collect())
}

/// Instant vectors that are right, of all kinds of parts.
fn vector() -> impl Strategy<Value = String> {
    let labels = || proptest::sample::select(&["job", "on, by", "a,", "\"x.y\"", ""][..]);
    let offset = || {
        proptest::sample::select(
            &["", "", " offset 5m", " offset -1h @ 5", " @ end()", " offset (step() * 2)"][..],
        )
    };
    let range = || {
        proptest::sample::select(
            &["[5m]", "[90]", "[5m + step()]", "[max(1m, range() / 2)]", "[1h:]", "[1h:5m]"][..],
        )
    };
    let name = proptest::sample::select(&["foo", "a:b", "sum", "offset", "and", "fill", "start"][..]);
    let matchers = proptest::sample::select(
        &[
            "",
            "{}",
            "{job=\"a\"}",
            "{on!~\"b+\", a='\\x41\"'}",
            "{\"a.b\"=`\\d`,}",
            "{b=\"größe\\n\\\\\", c=~\".*\"}",
        ][..],
    );
    let leaf = prop_oneof![
        4 => (name, matchers, offset()).prop_map(|(name, matchers, offset)| format!("{name}{matchers}{offset}")),
        1 => Just("{\"foo.bar\", a=\"b\"}".to_owned()),
        1 => Just("{__name__=~\"x.+\"} smoothed".to_owned()),
        1 => Just("vector(1e300 - 5m * -Inf ^ NaN + 0.0000001)".to_owned()),
        1 => Just("hour()".to_owned()),
    ];
    leaf.prop_recursive(6, 60, 3, move |inner| {
        let operator = proptest::sample::select(
            &["+", "-", "*", "/", "%", "^", "atan2", "==", "!= bool", ">", "<=", "> bool"][..],
        );
        let matching = proptest::sample::select(
            &[
                "",
                "on (job)",
                "ignoring (a, b)",
                "on () group_left ()",
                "on(x) group_right(\"y.z\", w)",
                "fill(0)",
                "on(a) fill_right(-1e20)",
            ][..],
        );
        let sets = proptest::sample::select(&["and", "or", "unless on(job)", "AND ignoring()"][..]);
        prop_oneof![
            (inner.clone(), operator.clone(), matching, inner.clone())
                .prop_map(|(left, op, matching, right)| format!("{left} {op} {matching} {right}")),
            (inner.clone(), operator).prop_map(|(left, op)| format!("({left} {op} 2.5)")),
            (inner.clone(), sets, inner.clone()).prop_map(|(left, op, right)| format!("{left} {op} {right}")),
            (labels(), inner.clone()).prop_map(|(labels, of)| format!("sum without ({labels}) ({of})")),
            (labels(), inner.clone()).prop_map(|(labels, of)| format!("TOPK(3 + 2, {of}) by ({labels})")),
            inner.clone().prop_map(|of| format!("count_values(\"v\", {of})")),
            inner.clone().prop_map(|of| format!("-({of})")),
            inner.clone().prop_map(|of| format!("- +{of}")),
            (inner.clone(), range(), offset()).prop_map(|(of, range, offset)| {
                let range = if range.contains(':') { range.to_owned() } else { range.replace(']', ":]") };
                format!("max_over_time(({of}){range}{offset})")
            }),
            (inner.clone()).prop_map(|of| format!("label_replace({of}, 'a', \"$1\", `b`, \"(.*)\")")),
            (inner, range()).prop_map(|(of, range)| format!("(rate(foo{range}) * scalar({of}))")),
        ]
    })
}

/// A tree without places, to compare two.
fn shape(expr: &Expr) -> String {
    let debug = format!("{expr:?}");
    let mut shape = String::new();
    let mut parts = debug.split('@');
    shape.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.trim_start_matches(|character: char| character.is_ascii_digit());
        let rest = digits.strip_prefix("..").filter(|_| digits.len() < part.len());
        shape.push_str(
            rest.map_or(part, |rest| rest.trim_start_matches(|character: char| character.is_ascii_digit())),
        );
    }
    shape
}

fn lies_in(span: Span, text: &str) -> bool {
    span.start <= span.end && text.get(span.start..span.end).is_some()
}

/// Checks everything that holds for any text.
fn judge(text: &str) -> Result<Option<Expr>, TestCaseError> {
    let expr = match promql::parse(text) {
        Ok(expr) => expr,
        Err(ParseError { span, message, .. }) => {
            prop_assert!(lies_in(span, text), "{text:?}: {message} at {span:?}");
            return Ok(None);
        }
    };
    let mut spans = Vec::new();
    expr.walk(&mut |part| spans.push(part.span));
    spans.extend(analysis::selectors(&expr).iter().map(|series| series.span));
    spans.extend(analysis::features(&expr, text).iter().map(|feature| feature.span));
    spans.extend(analysis::windows(&expr, 15.0).iter().map(|window| window.span));
    spans.extend(
        analysis::never_resolves(&expr).iter().chain(&analysis::never_fires(&expr)).map(|doubt| doubt.span),
    );
    for span in spans {
        prop_assert!(lies_in(span, text), "{text:?}: {span:?}");
    }
    let _ = analysis::labels(&expr).may_have("job");
    let written = expr.to_string();
    match promql::parse(&written) {
        Ok(again) => prop_assert_eq!(shape(&expr), shape(&again), "{:?} was written as {:?}", text, written),
        Err(error) => prop_assert!(false, "{text:?} was written as {written:?}, which is refused: {error}"),
    }
    Ok(Some(expr))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn soups_of_pieces_are_read_or_refused(text in soup()) {
        judge(&text)?;
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,40}|[a-z(){}\\[\\]\"'=~!0-9 .,:+*@#\n-]{0,40}") {
        judge(&text)?;
        let _ = re2::check(&text);
    }

    #[test]
    fn right_expressions_are_written_as_they_are_read(text in vector()) {
        let expr = judge(&text)?;
        prop_assert!(expr.is_some(), "{text:?} is refused: {:?}", promql::parse(&text).err());
    }

    #[test]
    fn any_template_is_read_or_refused(
        pieces in proptest::collection::vec(proptest::sample::select(TEMPLATE_PIECES), 0..20),
        rest in "\\PC{0,5}",
    ) {
        let text = pieces.concat() + &rest;
        match template::read(&text) {
            Ok(read) => {
                for (_, span) in read.labels.iter().chain(&read.queries) {
                    prop_assert!(lies_in(*span, &text), "{text:?}: {span:?}");
                }
            }
            Err(error) => prop_assert!(lies_in(error.span, &text), "{text:?}: {error} at {:?}", error.span),
        }
    }

    #[test]
    fn any_regular_expression_is_taken_or_refused(text in "([a-c(){}|*+?\\[\\]^$.,:<>=!0-9é-]|\\\\.|\\(\\?|\\[:|:\\]){0,20}") {
        if let Err(mistake) = re2::check(&text) {
            prop_assert!(text.is_char_boundary(mistake.at), "{text:?}: {mistake} at {}", mistake.at);
        }
    }
}

#[rustfmt::skip]
const TEMPLATE_PIECES: &[&str] = &[
    "{{", "}}", "{{-", "-}}", " ", "\n", "{{/*", "*/}}", "if ", "else ", "end", "range ", "with ", "define ", "block ", "template ", "break",
    "$labels", ".job", ".Labels", "$", ".", "$value", "$x := ", "$i, $x := ", "index ", "query ", "printf ", "humanize", "unknown", "|", "(", ")", ",", "=",
    "\"a\"", "\"", "`b`", "'c'", "1.5", "-3", "true", "nil", "é", "{{ $labels.job }}", "{{ end }}", "{{ if true }}", "{{ else }}", "text",
];

/// Texts that would break a reader without bounds.
#[test]
fn deep_expressions_are_refused_and_long_ones_read() {
    let deep = 20_000;
    for piece in [
        "(",
        "-",
        "- ",
        "sum(",
        "foo[(",
        "rate(",
        "foo + (",
        "2 ^ ",
        "foo > -",
        "a{",
        "[",
        "sum by (",
        "foo[5m:",
        "foo offset (",
    ] {
        assert!(promql::parse(&piece.repeat(deep)).is_err(), "{piece}");
    }
    let chains = [
        ("foo", " + foo"),
        ("foo", "[5m:]"),
        ("foo", " and foo"),
        ("1", " ^ 1"),
        ("foo > 1", " > 1"),
        ("foo[5m", " + 5m"),
    ];
    for (first, next) in chains {
        let code =
            promql::parse(&(first.to_owned() + &next.repeat(deep))).map_err(|error| error.code.as_str());
        assert!(code.is_err(), "{first}{next}");
    }
    let nested = |depth: usize| format!("{}foo{}", "sum(".repeat(depth), ")".repeat(depth));
    let refused = promql::parse(&nested(300)).map_err(|error| error.code.as_str());
    assert_eq!(refused.err(), Some("too-deep"));
    let chained = |length: usize| "foo".to_owned() + &" or foo".repeat(length);
    let refused = promql::parse(&chained(500)).map_err(|error| error.code.as_str());
    assert_eq!(refused.err(), Some("too-deep"));
    // what is just not too deep goes through everything that walks trees
    for text in [
        nested(99),
        chained(499),
        format!("foo{}", " > 1".repeat(499)),
        format!("foo{}", " > 1 + 1".repeat(249)),
    ] {
        assert!(judge(&text).unwrap().is_some());
    }
    let wide = format!("foo{{{}}}", "a=\"b\",".repeat(20_000));
    assert!(promql::parse(&wide).is_ok());
    let many = format!("label_join(foo, \"a\", \",\"{})", ", \"b\"".repeat(20_000));
    assert!(promql::parse(&many).is_ok());
}
