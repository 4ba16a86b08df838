//! Edits of files in all the styles that occur: the value is as intended, the lines that change are the ones that must, and comments stay.
//!
//! What a text means is asked of another reader of YAML than the one that made the edit.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

#[path = "document_edits/looks.rs"]
mod looks;
#[path = "document_edits/styles.rs"]
mod styles;

use std::collections::BTreeMap;

use enmon::document::{Draft, Edit, Source, Step, Value, edited};
use serde_json::{Value as Json, json};
use styles::{Styled, Way};

/// An edit of a list's surroundings, and what it may do to the text.
struct Case {
    what: &'static str,
    path: Vec<Way>,
    edit: Edit,
    /// The same edit on the value.
    intended: Box<dyn Fn(&mut Json)>,
    lines: Lines,
}

/// Lines that may change in a text written on lines.
#[derive(Debug, Clone, Copy)]
enum Lines {
    /// Some are added, none goes.
    Added,
    /// This many change into as many.
    Changed(usize),
    /// Some go, none is added; what goes is this part, with what is about it.
    Gone,
}

fn source(text: &str) -> Source {
    let draft = Draft::read("a.yml", text);
    draft.source.unwrap_or_else(|| panic!("{:?}\n{text}", draft.findings))
}

fn meaning(text: &str) -> Json {
    serde_saphyr::from_str(text.trim_start_matches('\u{feff}'))
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn steps(path: &[Way]) -> Vec<Step<'_>> {
    path.iter()
        .map(|way| match way {
            Way::Key(key) => Step::Key(key),
            Way::At(index) => Step::At(*index),
        })
        .collect()
}

fn at<'a>(json: &'a mut Json, path: &[Way]) -> &'a mut Json {
    path.iter().fold(json, |json, way| match way {
        Way::Key(key) => &mut json[*key],
        Way::At(index) => &mut json[*index],
    })
}

fn joined(path: &[Way], more: &[Way]) -> Vec<Way> {
    [path, more].concat()
}

/// The entry that is added, as our value and as JSON.
fn addition() -> (Value, Json) {
    let value = Value::map([
        ("job_name", Value::from("new: job")),
        ("scrape_interval", Value::from("1m")),
        ("honor_labels", Value::from(true)),
        ("sample_limit", Value::from(100)),
        (
            "static_configs",
            Value::List(vec![Value::map([
                ("targets", Value::list(["new1:9100", "new2:9100"])),
                ("labels", Value::map([("on", Value::from("yes")), ("version", Value::from("1.10"))])),
            ])]),
        ),
        ("note", Value::from("two\nlines\n")),
    ]);
    let json = json!({
        "job_name": "new: job", "scrape_interval": "1m", "honor_labels": true, "sample_limit": 100,
        "static_configs": [{"targets": ["new1:9100", "new2:9100"], "labels": {"on": "yes", "version": "1.10"}}],
        "note": "two\nlines\n",
    });
    (value, json)
}

/// Makes the edits that suit a text.
fn cases(style: &Styled) -> Vec<Case> {
    let mut before = meaning(&style.text);
    let entries = at(&mut before, &style.list).as_array().unwrap().clone();
    let count = entries.len();
    let mut cases = Vec::new();
    for (what, index) in [("added first", 0), ("added in the middle", count / 2), ("added last", count)] {
        let (value, json) = addition();
        let list = style.list.clone();
        cases.push(Case {
            what,
            path: joined(&style.list, &[Way::At(index)]),
            edit: Edit::Insert(value),
            intended: Box::new(move |whole| {
                at(whole, &list).as_array_mut().unwrap().insert(index, json.clone())
            }),
            lines: Lines::Added,
        });
    }
    for (what, index) in [("first removed", 0), ("middle removed", count / 2), ("last removed", count - 1)] {
        let list = style.list.clone();
        cases.push(Case {
            what,
            path: joined(&style.list, &[Way::At(index)]),
            edit: Edit::Remove,
            intended: Box::new(move |whole| {
                at(whole, &list).as_array_mut().unwrap().remove(index);
            }),
            lines: Lines::Gone,
        });
    }
    for index in [0, 1] {
        for (what, key, value, json) in [
            ("a word of a key changed or added", "scrape_interval", Value::from("45s"), json!("45s")),
            ("a key with a word added", "metrics_path2", Value::from("a b: c"), json!("a b: c")),
            ("a key with a mapping added", "extra", Value::map([("k", Value::from("v"))]), json!({"k": "v"})),
            (
                "a key with words added",
                "words",
                Value::list(["a", "b, c", "null"]),
                json!(["a", "b, c", "null"]),
            ),
            (
                "a key with lines added",
                "text",
                Value::from("one\n  two\n\nthree"),
                json!("one\n  two\n\nthree"),
            ),
            ("a key with an empty list added", "nothing", Value::List(vec![]), json!([])),
        ] {
            let path = joined(&style.list, &[Way::At(index)]);
            let changed = entries[index].get(key).is_some();
            let (target, key_path) = (path.clone(), joined(&path, &[Way::Key(key)]));
            cases.push(Case {
                what,
                path: key_path,
                edit: Edit::Set(value),
                intended: Box::new(move |whole| {
                    at(whole, &target).as_object_mut().unwrap().insert(key.to_owned(), json.clone());
                }),
                lines: if changed { Lines::Changed(1) } else { Lines::Added },
            });
        }
    }
    let last_key = entries[1].as_object().unwrap().keys().next_back().unwrap().clone();
    let key: &'static str = Box::leak(last_key.into_boxed_str());
    let target = joined(&style.list, &[Way::At(1)]);
    let owner = target.clone();
    cases.push(Case {
        what: "a key removed",
        path: joined(&target, &[Way::Key(key)]),
        edit: Edit::Remove,
        intended: Box::new(move |whole| {
            at(whole, &owner).as_object_mut().unwrap().remove(key);
        }),
        lines: Lines::Gone,
    });
    cases.extend(target_cases(style, &entries));
    let (value, json) = (Value::map([("send", Value::list(["x"]))]), json!({"send": ["x"]}));
    cases.push(Case {
        what: "a section added",
        path: vec![Way::Key("section")],
        edit: Edit::Set(value),
        intended: Box::new(move |whole| whole["section"] = json.clone()),
        lines: Lines::Added,
    });
    cases
}

/// Edits of the first list of targets, where there is one that no other part shares.
fn target_cases(style: &Styled, entries: &[Json]) -> Vec<Case> {
    let shared = style.text.contains("*both");
    let found = entries.iter().position(|entry| {
        entry["static_configs"][0]["targets"].as_array().is_some_and(|list| list.len() > 1)
    });
    let Some(index) = found.filter(|_| !shared) else { return Vec::new() };
    let path =
        joined(&style.list, &[Way::At(index), Way::Key("static_configs"), Way::At(0), Way::Key("targets")]);
    let old: Vec<String> = entries[index]["static_configs"][0]["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| target.as_str().unwrap().to_owned())
        .collect();
    let mut more = old.clone();
    more.push("more:9100".to_owned());
    let other: Vec<String> =
        std::iter::once("other:1".to_owned()).chain(old.iter().skip(1).cloned()).collect();
    let fewer = old[..old.len() - 1].to_vec();
    [
        ("a target added", more, Lines::Added),
        ("a target changed", other, Lines::Changed(1)),
        ("a target removed", fewer, Lines::Gone),
    ]
    .into_iter()
    .map(|(what, targets, lines)| {
        let path = path.clone();
        let owner = path.clone();
        let json = json!(targets);
        Case {
            what,
            path,
            edit: Edit::Set(Value::list(targets)),
            intended: Box::new(move |whole| *at(whole, &owner) = json.clone()),
            lines,
        }
    })
    .collect()
}

/// Lines that are only in the one or the other text.
fn line_difference(old: &str, new: &str) -> (Vec<String>, Vec<String>) {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split('\n').collect(), new.split('\n').collect());
    // edits are local: what differs lies between a common beginning and a common end
    let head = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let tail = old[head..]
        .iter()
        .rev()
        .zip(new[head..].iter().rev())
        .take_while(|(one, other)| one == other)
        .count();
    let (old, new) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let mut count: BTreeMap<&str, i64> = BTreeMap::new();
    new.iter().for_each(|line| *count.entry(line).or_default() += 1);
    let mut gone = Vec::new();
    for line in old {
        match count.get_mut(line) {
            Some(left) if *left > 0 => *left -= 1,
            _ => gone.push((*line).to_owned()),
        }
    }
    let added = count.iter().flat_map(|(line, left)| std::iter::repeat_n((*line).to_owned(), *left as usize));
    (gone, added.collect())
}

fn comments(text: &str) -> Vec<String> {
    // a sign inside of quotes begins no comment; the texts have such only in lines that are named here
    text.lines()
        .filter(|line| !line.contains("no comment") && !line.contains("c # d"))
        .filter_map(|line| {
            let at = if line.trim_start().starts_with('#') {
                line.find('#')
            } else {
                line.find(" #").map(|at| at + 1)
            };
            at.map(|at| line[at..].trim_end().to_owned())
        })
        .collect()
}

fn problems(style: &Styled, case: &Case, after: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut wanted = meaning(&style.text);
    (case.intended)(&mut wanted);
    let got = meaning(after);
    if got != wanted {
        found.push(format!("means something else:\n  wanted {wanted}\n  got    {got}"));
    }
    let breaks = |text: &str| (text.matches("\r\n").count(), text.matches('\n').count());
    if style.text.contains("\r\n") && breaks(after).0 != breaks(after).1 {
        found.push("mixes line breaks".to_owned());
    }
    let is_flow = style.name.contains("flow style") || style.name.contains("JSON");
    if !matches!(case.lines, Lines::Gone) {
        let left = comments(after);
        let lost: Vec<String> =
            comments(&style.text).into_iter().filter(|comment| !left.contains(comment)).collect();
        if !lost.is_empty() {
            found.push(format!("lost comments: {lost:?}"));
        }
    }
    let (gone, added) = line_difference(&style.text, after);
    // the last line gets a break when something comes behind it
    let gone: Vec<&String> = gone.iter().filter(|line| !added.contains(&format!("{line}\r"))).collect();
    let is_inline = |lines: &[String]| lines.iter().any(|line| line.contains('[') || line.contains('{'));
    let fits = match case.lines {
        Lines::Added => gone.is_empty() || (gone.len() <= 2 && (is_flow || is_inline(&added))),
        Lines::Changed(count) => gone.len() == count && added.len() == count,
        Lines::Gone => {
            added.is_empty() || (added.len() == 1 && (is_flow || is_inline(&added))) || added.len() <= 1
        }
    };
    if !fits {
        found.push(format!("{:?}, but these lines went: {gone:#?}\nand these came: {added:#?}", case.lines));
    }
    if matches!(case.lines, Lines::Gone) {
        let kept = comments(after);
        let all = comments(&style.text);
        let went: Vec<&String> = all.iter().filter(|comment| !kept.contains(comment)).collect();
        let explained = |comment: &String| gone.iter().any(|line| line.contains(comment.as_str()));
        if !went.iter().all(|comment| explained(comment)) {
            found.push(format!("lost comments elsewhere: {went:?}"));
        }
        // comments of others that are kept stand in no line that went
        let far: Vec<&&String> =
            gone.iter().filter(|line| line.contains("far above") || line.contains("# head")).collect();
        if !far.is_empty() {
            found.push(format!("took comments of others: {far:?}"));
        }
    }
    found
}

#[test]
fn edits_in_all_styles_change_what_they_must_and_nothing_else() {
    let (mut made, mut refused, mut faults) = (0, 0, Vec::new());
    for style in styles::all() {
        let source = source(&style.text);
        // the long file costs most; a part of the edits will do there
        let step = if style.text.len() > 100_000 { 4 } else { 1 };
        for case in cases(&style).into_iter().step_by(step) {
            made += 1;
            let orphans =
                matches!(case.edit, Edit::Remove) && style.text.contains("*both") && case.path.len() == 2;
            match edited(&source, &steps(&case.path), &case.edit) {
                // two of its entries hold anchors that others use
                Err(error) if orphans && error.reason.contains("needs an anchor in it") => refused += 1,
                Err(error) => faults.push(format!("{} / {}: {error}", style.name, case.what)),
                Ok(after) => {
                    // read again in part, or as a whole: the places are the same
                    let whole = self::source(after.text());
                    assert_eq!(after.root(), whole.root(), "{} / {}", style.name, case.what);
                    faults.extend(
                        problems(&style, &case, after.text())
                            .into_iter()
                            .map(|problem| format!("{} / {}: {problem}", style.name, case.what)),
                    );
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} of {made} edits:\n\n{}", faults.len(), faults.join("\n\n"));
    assert_eq!(refused, 6);
    assert!(made >= 800, "only {made} edits");
}

#[test]
fn what_others_share_is_refused_with_the_reason() {
    let text = "a: &x {k: 1}\nb: *x\nc:\n  - &y one\n  - *y\nd: *x\n? e\n: 1\n";
    let source = source(text);
    let refusal = |path: &[Step<'_>], edit: &Edit| edited(&source, path, edit).unwrap_err();
    // the anchor's value is the alias' value as well
    let error = refusal(&["a".into(), "k".into()], &Edit::Set(Value::from(2)));
    assert!(error.reason.contains("other parts of the file would change"), "{error}");
    let error = refusal(&["b".into(), "k".into()], &Edit::Set(Value::from(2)));
    assert!(error.reason.contains("alias"), "{error}");
    // without its anchor the alias names nothing
    let error = refusal(&["c".into(), 0.into()], &Edit::Remove);
    assert!(error.reason.contains("`*y` elsewhere needs an anchor in it"), "{error}");
    let error = refusal(&["e".into()], &Edit::Set(Value::from(2)));
    assert!(error.reason.contains('?'), "{error}");
    let error = refusal(&["nowhere".into(), "k".into()], &Edit::Remove);
    assert!(error.reason.contains("no such"), "{error}");
    // an alias itself may be replaced: that is the value that was meant
    let changed = edited(&source, &["d".into()], &Edit::Set(Value::from("own"))).unwrap();
    assert_eq!(changed.text(), text.replace("d: *x", "d: own"));
}
