//! Edits with the text before and after, to the byte.

use super::render::{Context, is_plain};
use super::*;

const JOBS: &str = "scrape_configs: # jobs
  # first
  - job_name: a # name
    scheme: http

  # second
  - job_name: b
    static_configs:
      - targets: ['h:1', 'i:1']

  - job_name: c
";

fn after(text: &str, path: &[Step<'_>], edit: &Edit) -> String {
    let source = Draft::read("a.yml", text).source.unwrap();
    edited(&source, path, edit).unwrap_or_else(|error| panic!("{error}\n{text}")).text().to_owned()
}

fn job(index: usize) -> [Step<'static>; 2] {
    [Step::Key("scrape_configs"), Step::At(index)]
}

fn named(name: &str) -> Value {
    Value::map([("job_name", Value::from(name))])
}

#[test]
fn what_goes_takes_its_comment_and_one_gap_along() {
    let first = JOBS.replace("  # first\n  - job_name: a # name\n    scheme: http\n\n", "");
    assert_eq!(after(JOBS, &job(0), &Edit::Remove), first);
    let second = "  # second\n  - job_name: b\n    static_configs:\n      - targets: ['h:1', 'i:1']\n\n";
    assert_eq!(after(JOBS, &job(1), &Edit::Remove), JOBS.replace(second, ""));
    assert_eq!(after(JOBS, &job(2), &Edit::Remove), JOBS.replace("\n  - job_name: c\n", ""));
    // the last line has no break before, and the new last one has none after
    assert_eq!(
        after("scrape_configs:\n- job_name: a\n- job_name: b", &job(1), &Edit::Remove),
        "scrape_configs:\n- job_name: a"
    );
    let commented = "scrape_configs:\n  - job_name: a\n    # why\n    scheme: http\n    x: 1\n";
    let scheme = [&job(0)[..], &[Step::Key("scheme")]].concat();
    assert_eq!(after(commented, &scheme, &Edit::Remove), "scrape_configs:\n  - job_name: a\n    x: 1\n");
}

#[test]
fn the_last_one_that_goes_leaves_an_empty_list() {
    for (before, wanted) in [
        ("scrape_configs: # none\n  - job_name: a\nx: 1\n", "scrape_configs: [] # none\nx: 1\n"),
        ("scrape_configs:\n- job_name: a", "scrape_configs: []"),
        ("scrape_configs: [{job_name: a}] # c\n", "scrape_configs: [] # c\n"),
    ] {
        assert_eq!(after(before, &job(0), &Edit::Remove), wanted);
    }
}

#[test]
fn a_list_that_is_empty_or_not_there_takes_its_first_one() {
    let new = Edit::Insert(named("new"));
    for (before, wanted) in [
        ("scrape_configs: [] # none\nx: 1\n", "scrape_configs: # none\n  - job_name: new\nx: 1\n"),
        ("scrape_configs:   # none\nx: 1\n", "scrape_configs:   # none\n  - job_name: new\nx: 1\n"),
        ("scrape_configs: ~\n", "scrape_configs:\n  - job_name: new\n"),
        ("scrape_configs:", "scrape_configs:\n  - job_name: new"),
        ("x: 1\n", "x: 1\nscrape_configs:\n  - job_name: new\n"),
        ("x: 1\n\ny: 2\n", "x: 1\n\ny: 2\n\nscrape_configs:\n  - job_name: new\n"),
    ] {
        assert_eq!(after(before, &job(0), &new), wanted);
    }
}

#[test]
fn a_key_without_a_value_takes_one_before_its_comment() {
    for (before, wanted) in
        [("a:\nb: 1\n", "a: x\nb: 1\n"), ("a: # c\nb: 1\n", "a: x # c\nb: 1\n"), ("b: 1\na:", "b: 1\na: x")]
    {
        assert_eq!(after(before, &[Step::Key("a")], &Edit::Set(Value::from("x"))), wanted);
    }
}

#[test]
fn what_comes_looks_like_what_is_there() {
    let list = Value::map([
        ("job_name", Value::from("new")),
        ("static_configs", Value::List(vec![Value::map([("targets", Value::list(["j:1"]))])])),
    ]);
    for (before, wanted) in [
        // dashes under the key, and in the other habit
        ("scrape_configs:\n- job_name: a\n", "- job_name: new\n  static_configs:\n  - targets: [\"j:1\"]\n"),
        (
            "scrape_configs:\n    - job_name: 'a'\n",
            "    - job_name: 'new'\n      static_configs:\n          - targets: ['j:1']\n",
        ),
        // a mark at the beginning is no indentation
        (
            "\u{feff}scrape_configs:\n  - job_name: a\n",
            "  - job_name: new\n    static_configs:\n      - targets: [\"j:1\"]\n",
        ),
        (
            "scrape_configs:\n  - a: [x]\n    job_name: a\n    b:\n      - 'y'\n      - 'z'\n    c:\n      - v\n",
            "  - job_name: new\n    static_configs:\n      - targets:\n          - j:1\n",
        ),
    ] {
        assert_eq!(after(before, &job(1), &Edit::Insert(list.clone())), format!("{before}{wanted}"));
    }
    let json = "{\"scrape_configs\": [{\"job_name\": \"a\"}]}\n";
    let wanted = "{\"scrape_configs\": [{\"job_name\": \"a\"}, {\"job_name\": \"new\"}]}\n";
    assert_eq!(after(json, &job(1), &Edit::Insert(named("new"))), wanted);
}

#[test]
fn brackets_keep_their_commas_and_lines() {
    let list = |before: &str, words: &[&str]| {
        after(before, &[Step::Key("a")], &Edit::Set(Value::list(words.iter().copied())))
    };
    for (before, words, wanted) in [
        ("a: [x, 'y', z] # c\n", &["x", "z"][..], "a: [x, z] # c\n"),
        ("a: [x, y, z]\n", &["x"], "a: [x]\n"),
        ("a: [x, y, z]\n", &["z"], "a: [z]\n"),
        ("a: [ x, y ]\n", &["x", "y", "z"], "a: [ x, y, z ]\n"),
        ("a: ['x']\n", &["x", "y"], "a: ['x', 'y']\n"),
        ("a: [\n  x, # one\n  y # two\n]\n", &["x", "y", "z"], "a: [\n  x, # one\n  y, # two\n  z\n]\n"),
        ("a: [\n  x,\n  y,\n]\n", &["x", "y", "z"], "a: [\n  x,\n  y,\n  z,\n]\n"),
        ("a: [\n  x, # one\n  y, # two\n]\n", &["y"], "a: [\n  y, # two\n]\n"),
        ("a: [x, y]\n", &[], "a: []\n"),
    ] {
        assert_eq!(list(before, words), wanted);
    }
}

#[test]
fn words_that_yaml_1_1_reads_otherwise_get_quotes() {
    for (word, wanted) in [
        ("h:9100", "h:9100"),
        ("15s", "15s"),
        ("10:30", "\"10:30\""),
        ("1_000", "\"1_000\""),
        ("0b11", "\"0b11\""),
        ("2026-11-28", "\"2026-11-28\""),
        ("1.10", "\"1.10\""),
        ("on", "\"on\""),
        ("No", "\"No\""),
        ("~", "\"~\""),
        ("", "\"\""),
        ("- x", "\"- x\""),
        ("a: b", "\"a: b\""),
        ("a #b", "\"a #b\""),
        ("a#b", "a#b"),
        ("^[a-z]+\\.x$", "^[a-z]+\\.x$"),
        ("[a-z]+\\.x", "'[a-z]+\\.x'"),
        ("a\tb\u{1}", "\"a\\tb\\u0001\""),
        ("x\n", "|\n  x"),
    ] {
        let text = after("a: 1\n", &[Step::Key("b")], &Edit::Set(Value::from(word)));
        assert_eq!(text, format!("a: 1\nb: {wanted}\n"));
    }
}

#[test]
fn only_what_some_reader_takes_for_a_number_or_a_time_gets_quotes() {
    for word in [
        "0",
        "-1",
        "+12",
        "1_000",
        "+_1",
        "017",
        "08",
        "0o17",
        "0x1F",
        "-0xff",
        "0b1",
        "0B1_0",
        "1.",
        ".5",
        "-.5",
        "1.10",
        "1e3",
        "1E+3",
        "1.5e-3",
        "1_0.5_0",
        "._5",
        ".",
        "1:30",
        "190:20:30",
        "+1:30",
        "190:20:30.15",
        "1:99",
        "10:20:30:40:50:60",
        ".inf",
        "-.Inf",
        "+.INF",
        ".nan",
        ".NaN",
        "2001-12-14",
        "2001-1-4",
        "2001-12-14T21:59:43.10-05:00",
        "2001-12-14t21:59:43Z",
        "2001-12-14 21:59:43.10 -5",
        "=",
        "<<",
        "y",
        "N",
        "On",
        "null",
        "~",
    ] {
        assert!(!is_plain(word, Context::Block), "{word}");
    }
    for word in [
        "10.0.0.3:9100",
        "10.0.0.3",
        "1.2.3",
        "1-2",
        "2001-12",
        "2001-12-14-old",
        "2001-12-141",
        "20011-12-14",
        "1:30x",
        "9100:",
        "1:",
        ":1",
        "1::2",
        "e5",
        "1e",
        "1e3e4",
        "1.5.e3",
        "_1",
        "15s",
        "10.0.0.0/8",
        "h:1",
        "+h",
        ".x",
        "v1.2",
        "inf",
    ] {
        let is_key = word.ends_with(':');
        assert_eq!(is_plain(word, Context::Block), !is_key, "{word}");
    }
}

#[test]
fn keys_with_a_question_mark_are_left_alone() {
    let source = Draft::read("a.yml", "? a\n: 1\nb: 2\n").source.unwrap();
    let error = edited(&source, &[Step::Key("c")], &Edit::Set(Value::from(3))).unwrap_err();
    assert_eq!(error.reason, "its keys are written with `?`");
}

#[test]
fn what_comes_last_stands_before_the_end_of_the_document() {
    for end in ["---\n", "...\n", "# end\n---\n# nothing\n"] {
        let text = format!("a:\n  - x\n{end}");
        let insert = Edit::Insert(Value::from("z"));
        assert_eq!(after(&text, &[Step::Key("a"), Step::At(1)], &insert), format!("a:\n  - x\n  - z\n{end}"));
        assert_eq!(after(&text, &[Step::Key("a"), Step::At(0)], &Edit::Remove), format!("a: []\n{end}"));
    }
}
