//! PromQL: tables of expressions and templates that are right or broken, judged by the room and by the real promtool, and properties that hold
//! for any text.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

#[path = "promql/promtool.rs"]
mod promtool;
#[path = "promql/properties.rs"]
mod properties;
#[path = "promql/tables.rs"]
mod tables;

use enmon::promql::{self, Position, template};
use promtool::Verdict;

#[test]
fn broken_expressions_are_told_at_their_place() {
    let table = tables::broken();
    assert!(table.len() >= 130, "the table has {} expressions", table.len());
    let mut faults = Vec::new();
    for case in &table {
        match promql::parse(&case.text) {
            Ok(_) => faults.push(format!("{:?} was taken", case.text)),
            Err(error) => {
                let found = (error.span.start, error.code.as_str());
                if found != (case.at, case.code.as_str()) {
                    faults.push(format!(
                        "{:?}: {found:?} in place of {:?}",
                        case.text,
                        (case.at, &case.code)
                    ));
                }
                let message = &error.message;
                if message.is_empty() || message.ends_with('.') || error.hint.as_deref() == Some("") {
                    faults.push(format!("{:?}: no sentence without a full stop: {message:?}", case.text));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// What promtool 2.42 refuses of what is right has a version from which on it is taken, and nothing else has.
#[test]
fn newer_syntax_has_its_version() {
    let mut faults = Vec::new();
    for case in tables::valid() {
        let expr = promql::parse(&case.text).unwrap();
        let features = promql::analysis::features(&expr, &case.text);
        let is_newer = features.iter().any(|feature| feature.since > (2, 42));
        if is_newer != case.newer {
            faults.push(format!("{:?}: {features:?}", case.text));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_kind_of_mistake_is_in_the_table_or_newer() {
    use promql::Code;
    let table = tables::broken();
    // promtool takes deeper expressions than we do; properties.rs has those
    let elsewhere = [Code::TooDeep];
    let all = [
        Code::Empty,
        Code::UnexpectedToken,
        Code::UnexpectedCharacter,
        Code::UnexpectedEnd,
        Code::UnknownOperator,
        Code::Unclosed,
        Code::Unopened,
        Code::UnclosedString,
        Code::BadEscape,
        Code::BadNumber,
        Code::BadDuration,
        Code::DurationNotPositive,
        Code::BadLabel,
        Code::KeywordAsName,
        Code::TrailingComma,
        Code::BadRegex,
        Code::EmptySelector,
        Code::NameTwice,
        Code::UnknownFunction,
        Code::ArgumentCount,
        Code::WrongType,
        Code::MissingBool,
        Code::MisplacedBool,
        Code::MisplacedMatching,
        Code::LabelInBoth,
        Code::MisplacedGrouping,
        Code::MisplacedModifier,
        Code::ModifierTwice,
        Code::BadTimestamp,
        Code::TooDeep,
    ];
    for code in all {
        let there = table.iter().any(|case| case.code == code.as_str());
        assert_eq!(there, !elsewhere.contains(&code), "{}", code.as_str());
    }
}

#[test]
fn right_expressions_are_taken() {
    let table = tables::valid();
    assert!(table.len() >= 250, "the table has {} expressions", table.len());
    for case in &table {
        if let Err(error) = promql::parse(&case.text) {
            panic!("{:?}: {error} at {:?}", case.text, error.span);
        }
    }
}

#[test]
fn promtool_refuses_what_is_broken() {
    let table = tables::broken();
    let texts: Vec<&str> = table.iter().map(|case| case.text.as_str()).collect();
    let mut faults = Vec::new();
    for (case, verdict) in table.iter().zip(promtool::expressions(&texts)) {
        let ours = place(&case.text, case.at);
        match (verdict, &case.promtool) {
            (Verdict::Accepted, _) => faults.push(format!("{:?} is right for promtool", case.text)),
            (Verdict::Refused { place, .. }, None) if place == Some(ours) => {}
            (Verdict::Refused { place, .. }, Some(other))
                if place == Some(other.place) && other.place != ours =>
            {
                if other.reason.is_empty() {
                    faults.push(format!("{:?}: why does the caret stand elsewhere?", case.text));
                }
            }
            (Verdict::Refused { place, message }, other) => {
                let expected = other.as_ref().map_or(ours, |other| other.place);
                faults.push(format!(
                    "{:?}: promtool says {place:?}, expected {expected:?}: {message}",
                    case.text
                ));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Line and byte in the line, both from 1, as promtool counts.
fn place(text: &str, at: usize) -> (usize, usize) {
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    (Position::of(text, at).line, at - line_start + 1)
}

#[test]
fn promtool_takes_what_is_right() {
    let table = tables::valid();
    let texts: Vec<&str> = table.iter().map(|case| case.text.as_str()).collect();
    let mut faults = Vec::new();
    for (case, verdict) in table.iter().zip(promtool::expressions(&texts)) {
        if (verdict == Verdict::Accepted) == case.newer {
            faults.push(format!("{:?} is marked newer: {}; promtool: {verdict:?}", case.text, case.newer));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Mistakes that a server finds only when it evaluates the expression, every time.
#[rustfmt::skip]
const LATE: &[(&str, usize, &str)] = &[
    ("count_values(\"\", foo)", 13, "bad-label"),
    ("label_replace(foo, \"\", \"b\", \"c\", \"d\")", 19, "bad-label"),
    ("label_join(foo, \"\", \",\", \"c\")", 16, "bad-label"),
    ("label_replace(foo, \"a\", \"b\", \"c\", \"(\")", 34, "bad-regex"),
];

#[test]
fn mistakes_are_found_that_promtool_leaves_to_the_server() {
    let texts: Vec<&str> = LATE.iter().map(|(text, ..)| *text).collect();
    for ((text, at, code), verdict) in LATE.iter().zip(promtool::expressions(&texts)) {
        let error = promql::parse(text).unwrap_err();
        assert_eq!((error.span.start, error.code.as_str()), (*at, *code), "{text}: {error}");
        assert_eq!(verdict, Verdict::Accepted, "{text} belongs into broken.txt");
    }
}

#[test]
fn a_space_that_is_none_is_named() {
    // it can't be seen in a table
    let error = promql::parse("foo\u{a0}> 1").unwrap_err();
    assert_eq!((error.span.start, error.code.as_str()), (3, "unexpected-character"));
    assert!(error.message.contains("U+00A0"), "{error}");
}

/// Expressions of numbers, and the same with parentheses where they group.
#[rustfmt::skip]
const GROUPING: &[(&str, &str)] = &[
    ("2 ^ 3 ^ 2", "2 ^ (3 ^ 2)"),
    ("-2 ^ 2", "-(2 ^ 2)"),
    ("2 ^ -1", "2 ^ (-1)"),
    ("2 ^ -2 ^ 2", "2 ^ (-(2 ^ 2))"),
    ("-2 * 3", "(-2) * 3"),
    ("2 * -3 + 1", "(2 * (-3)) + 1"),
    ("-2 + 3", "(-2) + 3"),
    ("1 - 2 - 3", "(1 - 2) - 3"),
    ("1 + 2 * 3", "1 + (2 * 3)"),
    ("1 * 2 + 3", "(1 * 2) + 3"),
    ("8 / 4 / 2", "(8 / 4) / 2"),
    ("8 / 4 * 2", "(8 / 4) * 2"),
    ("7 % 4 * 3", "(7 % 4) * 3"),
    ("2 * 3 ^ 2", "2 * (3 ^ 2)"),
    ("1 atan2 2 * 3", "(1 atan2 2) * 3"),
    ("1 + 2 atan2 3", "1 + (2 atan2 3)"),
    ("1 + 2 > bool 2", "(1 + 2) > bool 2"),
    ("3 > bool 2 == bool 2", "(3 > bool 2) == bool 2"),
    ("2 == bool 2 + 1", "2 == bool (2 + 1)"),
    ("1 < bool 2 ^ 2 * 3 - 4", "1 < bool (((2 ^ 2) * 3) - 4)"),
    ("--2 ^ 2", "-(-(2 ^ 2))"),
    ("1 - -1", "1 - (-1)"),
    ("017 + 0x1F + 1e1 + .5 + 5.", "15 + 31 + 10 + 0.5 + 5"),
];

/// The same with series.
#[rustfmt::skip]
const GROUPING_OF_SERIES: &[(&str, &str)] = &[
    ("a or b and c", "a or (b and c)"),
    ("a and b or c unless d", "(a and b) or (c unless d)"),
    ("a and b unless c", "(a and b) unless c"),
    ("a > 1 and b < 2", "(a > 1) and (b < 2)"),
    ("a + b > c or d", "((a + b) > c) or d"),
    ("-a offset 5m", "-(a offset 5m)"),
    ("-a ^ b offset 5m", "-(a ^ (b offset 5m))"),
    ("a ^ b offset 5m", "a ^ (b offset 5m)"),
    ("max_over_time(a[5m:1m] offset 5m)", "max_over_time((a[5m:1m] offset 5m))"),
    ("a + on(x) b * on(y) c", "a + on(x) (b * on(y) c)"),
    ("a offset 5m + 3", "(a offset 5m) + 3"),
    ("a offset -5m ^ 2", "(a offset -5m) ^ 2"),
    ("a offset 5m > 3", "(a offset 5m) > 3"),
    ("a @ 5 offset 1h - b", "(a @ 5 offset 1h) - b"),
];

/// Writes a tree with parentheses around every operator, and none of its own.
fn grouped(expr: &promql::Expr) -> String {
    use promql::ast::ExprKind;
    match &expr.kind {
        ExprKind::Paren(of) => grouped(of),
        ExprKind::Unary { negative, of } => format!("({}{})", if *negative { "-" } else { "+" }, grouped(of)),
        ExprKind::Binary(binary) => {
            let of = (grouped(&binary.left), binary.op.as_str(), grouped(&binary.right));
            let matching = binary.matching.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("({} {} {} {matching} {})", of.0, of.1, binary.bool_span.is_some(), of.2)
        }
        ExprKind::Call(call) => call.arguments.iter().map(grouped).collect(),
        _ => expr.to_string(),
    }
}

#[test]
fn operators_group_as_in_prometheus() {
    for (text, expected) in GROUPING.iter().chain(GROUPING_OF_SERIES) {
        let [text_tree, expected_tree] = [text, expected].map(|text| promql::parse(text).unwrap());
        assert_eq!(grouped(&text_tree), grouped(&expected_tree), "{text}");
    }
    promtool::equal(GROUPING);
}

#[test]
fn templates_are_judged_as_promtool_does() {
    let table = tables::templates();
    let texts: Vec<&str> = table.iter().map(|case| case.text.as_str()).collect();
    let mut faults = Vec::new();
    for (case, verdict) in table.iter().zip(promtool::templates(&texts)) {
        let found = match template::read(&case.text) {
            Ok(read) => {
                let labels: Vec<&str> = read.labels.iter().map(|(name, _)| name.as_str()).collect();
                format!("= {}", labels.join(" ")).trim_end().to_owned()
            }
            Err(error) => format!("^ {} {}", error.span.start, error.code.as_str()),
        };
        if found != case.outcome {
            faults.push(format!("{:?}: {found:?} in place of {:?}", case.text, case.outcome));
        }
        if template::read(&case.text).is_err_and(|error| error.late) != case.late {
            faults.push(format!("{:?}: late: {}", case.text, !case.late));
        }
        if (verdict == Verdict::Accepted) != (case.late || case.outcome.starts_with('=')) {
            faults.push(format!("{:?}: promtool: {verdict:?}", case.text));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
