//! What is added looks like what is there, and what goes takes only its own along: the text before and after, to the byte.

use enmon::document::{Edit, Step, Value, edited};
use serde_json::json;

use super::{meaning, source};

/// Makes an edit, and asks the other reader whether all but the place is as it was meant.
fn after(text: &str, path: &[Step<'_>], edit: &Edit) -> String {
    let after = edited(&source(text), path, edit).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut wanted = meaning(text);
    let (last, above) = path.split_last().unwrap();
    let parent = above.iter().fold(&mut wanted, |json, step| match step {
        Step::Key(key) => &mut json[*key],
        Step::At(index) => &mut json[*index],
    });
    match (edit, last) {
        (Edit::Set(value), Step::Key(key)) => parent[*key] = json(value),
        (Edit::Set(value), Step::At(index)) => parent[*index] = json(value),
        (Edit::Insert(value), Step::At(index)) => parent.as_array_mut().unwrap().insert(*index, json(value)),
        (Edit::Remove, Step::At(index)) => drop(parent.as_array_mut().unwrap().remove(*index)),
        other => panic!("no case for {other:?}"),
    }
    assert_eq!(meaning(after.text()), wanted, "{}", after.text());
    after.text().to_owned()
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => json!(null),
        Value::Bool(yes) => json!(yes),
        Value::Number(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::List(elements) => elements.iter().map(json).collect(),
        Value::Map(entries) => entries.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
    }
}

fn job(index: usize) -> [Step<'static>; 2] {
    [Step::Key("scrape_configs"), Step::At(index)]
}

fn new_job() -> Value {
    Value::map([
        ("job_name", Value::from("new")),
        ("scrape_interval", Value::from("30s")),
        ("metrics_path", Value::from("/mx")),
        ("static_configs", Value::List(vec![Value::map([("targets", Value::list(["10.0.0.3:9100"]))])])),
    ])
}

/// Adds a job behind all that are there, and returns its lines.
fn added(text: &str, count: usize) -> String {
    let after = after(text, &job(count), &Edit::Insert(new_job()));
    after.strip_prefix(text).unwrap_or_else(|| panic!("not only added:\n{after}")).to_owned()
}

#[test]
fn texts_are_quoted_where_the_next_of_kin_are() {
    for (before, count, wanted) in [
        // all words are, durations are not
        (
            "global:\n  scrape_interval: 15s\nscrape_configs:\n  - job_name: 'a'\n    static_configs:\n      - targets: ['x:1']\n",
            1,
            "  - job_name: 'new'\n    scrape_interval: 30s\n    metrics_path: '/mx'\n    static_configs:\n      - targets: ['10.0.0.3:9100']\n",
        ),
        // none is
        (
            "scrape_configs:\n- job_name: a\n  static_configs:\n  - targets:\n    - 10.0.0.1:9100\n",
            1,
            "- job_name: new\n  scrape_interval: 30s\n  metrics_path: /mx\n  static_configs:\n  - targets:\n    - 10.0.0.3:9100\n",
        ),
        // each key has its own habit; brackets hold bare words with a colon where they do already
        (
            "scrape_configs:\n  - job_name: \"a\"\n    scrape_interval: \"5s\"\n    metrics_path: /m\n    static_configs:\n      - targets: [x:1, y:1]\n",
            1,
            "  - job_name: \"new\"\n    scrape_interval: \"30s\"\n    metrics_path: /mx\n    static_configs:\n      - targets: [10.0.0.3:9100]\n",
        ),
        // quotes that a text needs say nothing about those that need none
        (
            "scrape_configs:\n  - job_name: a\n    params: {q: ['*', '@x', '%']}\n",
            1,
            "  - job_name: new\n    scrape_interval: 30s\n    metrics_path: /mx\n    static_configs:\n      - targets: ['10.0.0.3:9100']\n",
        ),
        // in brackets most are in quotes, though not nearly all
        (
            "scrape_configs:\n- job_name: a\n  static_configs:\n  - targets: ['a:1', 'b:1', c:1]\n",
            1,
            "- job_name: new\n  scrape_interval: 30s\n  metrics_path: /mx\n  static_configs:\n  - targets: ['10.0.0.3:9100']\n",
        ),
        // one in five is too many to speak of all
        (
            "scrape_configs:\n- job_name: 'a'\n  static_configs:\n  - {}\n- job_name: 'b'\n- job_name: c\n- job_name: 'd'\n",
            4,
            "- job_name: new\n  scrape_interval: 30s\n  metrics_path: /mx\n  static_configs:\n  - targets: ['10.0.0.3:9100']\n",
        ),
    ] {
        assert_eq!(added(before, count), wanted);
    }
}

#[test]
fn a_key_that_is_added_is_quoted_as_the_keys_beside_it() {
    let text = "scrape_configs:\n  - job_name: a\n    static_configs:\n      - targets: [x]\n        labels:\n          hall: 'east'\n          row: 'two'\n";
    let labels = [&job(0)[..], &["static_configs".into(), 0.into(), "labels".into(), "rack".into()]].concat();
    let wanted = format!("{text}          rack: 'third'\n");
    assert_eq!(after(text, &labels, &Edit::Set(Value::from("third"))), wanted);
    let path = [&job(0)[..], &["metrics_path".into()]].concat();
    assert_eq!(after(text, &path, &Edit::Set(Value::from("/mx"))), format!("{text}    metrics_path: /mx\n"));
}

#[test]
fn elements_that_change_keep_their_quotes() {
    for (before, targets, wanted) in [
        ("t: ['a:1']\n", &["b:1"][..], "t: ['b:1']\n"),
        ("t: ['a:1']\n", &["b:1", "c"], "t: ['b:1', 'c']\n"),
        ("t:\n  - 'a:1'\n", &["b:1", "c:1"], "t:\n  - 'b:1'\n  - 'c:1'\n"),
        ("t:\n  - \"a:1\" # one\n  - 'b:1'\n", &["c:1", "b:1"], "t:\n  - \"c:1\" # one\n  - 'b:1'\n"),
        (
            "t:\n  - a:1\nu: ['x', 'y', 'z', 'v']\n",
            &["b:1", "c:1"],
            "t:\n  - b:1\n  - c:1\nu: ['x', 'y', 'z', 'v']\n",
        ),
        ("t: [a:1]\n", &["b:1", "c:1"], "t: [b:1, c:1]\n"),
    ] {
        assert_eq!(after(before, &["t".into()], &Edit::Set(Value::list(targets.iter().copied()))), wanted);
    }
}

#[test]
fn lists_in_brackets_keep_their_blanks_and_lines() {
    for (before, words, wanted) in [
        ("t: [ \"a\" ]\n", &["b", "c"][..], "t: [ \"b\", \"c\" ]\n"),
        ("t: [ \"a\", 'x' ]\n", &["b", "x"], "t: [ \"b\", 'x' ]\n"),
        ("t: [\n  'a', # one\n  'b', # two\n]\n", &["x", "b"], "t: [\n  'x', # one\n  'b', # two\n]\n"),
        // all go: a line for each that comes
        ("t: [\n  'a',\n  'b'\n]\n", &["x", "y", "z"], "t: [\n  'x',\n  'y',\n  'z'\n]\n"),
        ("t: [\n  'a',\n  'b',\n]\n", &["x"], "t: [\n  'x',\n]\n"),
        (
            "t: [ # all\n  # of a\n  'a', # one\n  'b', # two\n  ] # end\n",
            &["x"],
            "t: [ # all\n  'x',\n  ] # end\n",
        ),
        ("t: [\n  'a',\n  'b' ]\n", &["x", "y", "z"], "t: [\n  'x',\n  'y',\n  'z' ]\n"),
        ("t: [\n  'a',\n  'b'\n]\n", &["x", "a", "b"], "t: [\n  'x',\n  'a',\n  'b'\n]\n"),
        ("t: [a, # one\n    b]\n", &["x"], "t: [x]\n"),
        ("t: [ a, b ]\n", &[], "t: []\n"),
        ("t: [\n  a\n]\n", &[], "t: []\n"),
    ] {
        assert_eq!(after(before, &["t".into()], &Edit::Set(Value::list(words.iter().copied()))), wanted);
    }
    let text = "scrape_configs: [{ job_name: 'a', static_configs: [{ targets: ['x:1'] }] }]\n";
    let wanted = text.replace("]\n", ", { job_name: 'n', u: {}, static_configs: [{ targets: ['y:1'] }] }]\n");
    let list = Value::map([("targets", Value::list(["y:1"]))]);
    let new = [
        ("job_name", Value::from("n")),
        ("u", Value::Map(vec![])),
        ("static_configs", Value::List(vec![list])),
    ];
    assert_eq!(after(text, &job(1), &Edit::Insert(Value::map(new))), wanted);
    // a new list has the blanks of the others
    let text = "a:\n  t: [ x, y ]\nb:\n  u: 1\n";
    let wanted = "a:\n  t: [ x, y ]\nb:\n  u: 1\n  t: [ z ]\n";
    assert_eq!(after(text, &["b".into(), "t".into()], &Edit::Set(Value::list(["z"]))), wanted);
}

#[test]
fn what_is_added_to_a_list_is_indented_as_its_siblings() {
    // the rest of the file has another habit
    let text = "rule_files:\n - a.yml\nalerting:\n alertmanagers:\n  - scheme: http\n    static_configs:\n     - targets:\n        - am:1\nremote_write:\n - url: u\n   headers:\n    x: y\nscrape_configs:\n  - job_name: a\n    static_configs:\n      - targets:\n        - x:1\n        labels:\n            hall: one\n";
    let mut new = new_job();
    let list = Value::map([
        ("targets", Value::list(["y:1", "z:1"])),
        ("labels", Value::map([("hall", Value::from("two"))])),
    ]);
    new.set("static_configs", Value::List(vec![list]));
    let wanted = "  - job_name: new\n    scrape_interval: 30s\n    metrics_path: /mx\n    static_configs:\n      - targets:\n        - y:1\n        - z:1\n        labels:\n            hall: two\n";
    assert_eq!(after(text, &job(1), &Edit::Insert(new)), format!("{text}{wanted}"));
}

#[test]
fn the_only_element_takes_only_its_own_comments_along() {
    let head = "scrape_configs:\n  # --- my jobs ---\n\n  # - job_name: off1\n  #   scheme: http\n";
    let own = "\n  # mine\n  - job_name: a\n    # inside\n    static_configs:\n      - targets: ['a:1']  # trailing\n";
    for (text, wanted) in [
        (format!("{head}{own}"), head.replace("configs:", "configs: []")),
        (format!("{head}{own}\nx: 1\n"), format!("{}\nx: 1\n", head.replace("configs:", "configs: []"))),
        (
            format!("{head}{own}  # behind\n"),
            format!("{}  # behind\n", head.replace("configs:", "configs: []")),
        ),
        (
            "scrape_configs: # all\n\n- job_name: a # trailing".to_owned(),
            "scrape_configs: [] # all".to_owned(),
        ),
        ("scrape_configs: &jobs\n  - job_name: a\nx: *jobs\n".to_owned(), String::new()),
        (
            "scrape_configs:\r\n# off\r\n\r\n- job_name: a # t\r\nx: 1\r\n".to_owned(),
            "scrape_configs: []\r\n# off\r\nx: 1\r\n".to_owned(),
        ),
    ] {
        if wanted.is_empty() {
            assert!(edited(&source(&text), &job(0), &Edit::Remove).is_err(), "an alias would change");
            continue;
        }
        assert_eq!(after(&text, &job(0), &Edit::Remove), wanted);
        // the same, when the list is set to nothing
        assert_eq!(after(&text, &["scrape_configs".into()], &Edit::Set(Value::List(vec![]))), wanted);
    }
    let anchored = "scrape_configs: &jobs # all\n  - job_name: a\n";
    assert_eq!(after(anchored, &job(0), &Edit::Remove), "scrape_configs: &jobs [] # all\n");
}

#[test]
fn an_element_that_is_commented_out_belongs_to_none() {
    let first = "scrape_configs:\n  - job_name: a\n";
    let second = "  - job_name: b\n";
    for (between, left) in [
        ("  # - job_name: off\n  #   scheme: http\n", "  # - job_name: off\n  #   scheme: http\n"),
        ("  #- job_name: off\n  #  scheme: http\n", "  #- job_name: off\n  #  scheme: http\n"),
        ("  # - job_name: off\n  #   x: 1\n  # of b\n", "  # - job_name: off\n  #   x: 1\n"),
        ("  # of those below\n  # - job_name: off\n", "  # of those below\n  # - job_name: off\n"),
        // a comment with points is a comment
        ("  # of b:\n  # - this one\n  # - that one\n", ""),
        ("  # of b\n", ""),
    ] {
        assert_eq!(
            after(&format!("{first}{between}{second}"), &job(1), &Edit::Remove),
            format!("{first}{left}")
        );
        let text = format!("scrape_configs:\n{between}{second}{}", first.replace("scrape_configs:\n", ""));
        assert_eq!(
            after(&text, &job(0), &Edit::Remove),
            format!("scrape_configs:\n{left}{}", first.replace("scrape_configs:\n", ""))
        );
    }
}
