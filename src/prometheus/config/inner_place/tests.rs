//! Places in texts of all forms, to the byte.

use proptest::prelude::*;

use super::*;
use crate::document::{Draft, Source, Step};

fn source(file: &str) -> Source {
    let draft = Draft::read("f", file);
    draft.source.unwrap_or_else(|| panic!("{file:?}: {:?}", draft.findings))
}

/// The part of a file that a part of the value of `k` stands at.
fn found<'a>(file: &'a str, part: &str) -> &'a str {
    let source = source(file);
    let node = source.node(&[Step::Key("k")]).unwrap();
    let value = node.text().unwrap();
    let start = value.find(part).unwrap_or_else(|| panic!("{file:?} has no {part} in {value:?}"));
    let span = inner_span(source.text(), node, start, start + part.len());
    &file[span.start..span.end]
}

#[test]
fn parts_are_found_however_a_text_is_written() {
    for file in [
        "k: foo by (bar)\n",
        "k: 'foo by (bar)'\n",
        "k: \"foo by (bar)\"\n",
        "k: &a foo by (bar)\n",
        "k: !!str \"foo by (bar)\"\n",
        "k: \"a\\\"\\n foo by (bar)\"\n",
        "k: 'it''s foo by bar'\n",
        "k:\n  foo by\n  (bar)\n",
        "# all of it >\nk:\n  # all of it >\n  foo by\n  (bar)\n",
        "k: foo
  by (bar)
",
        "k: foo \t\n\n\n  by\n \n  (bar)\n",
        "k: 'foo\n\n  by \n\n\n  (bar)'\n",
        "k: 'foo\n\n  by\n  (bar)\n  '\n",
        "k: \"foo  \n  by (bar)\"\n",
        "k: \"foo\n\n  by \n \t\n\n  (bar)\"\n",
        "k: \"foo\\\n  \\ by\\\n  \\ (bar)\"\n",
        "k: \"foo \\\n  by \\\n\n  (bar)\"\n",
        "k: \"\\xe4\\u20ac\\U0001F600\\0\\a\\b\\t\\n\\v\\f\\r\\e\\ \\\"\\/\\\\\\N\\_\\L\\P\\\tfoo by bar\"\n",
        "k: |\n  foo\n  by (bar)\n",
        "k: |-\n\n    foo\n      by (bar)\n",
        "k: |2\n    foo\n\n  by (bar)\n",
        "k: |2-\n\n      foo\n  by (bar)\n",
        "k: |+ # foo\n  foo\n \n  by (bar)\n\n\n",
        "k: |\r\n  foo\r\n  by (bar)\r\n",
        "k: >\n  foo\n  by (bar)\n",
        "k: >-\n  foo\n  by\n  (bar)",
        "k: >\n\n  foo\n\n  by\n\n\n  (bar)\n",
        "k: >\n  foo\n    > 1\n\n     by\n  (bar)\nl: 1\n",
        "k: >4-\n    foo\n     \n    by\n\n    (bar)\n",
        "k: >-1\n     foo\n\n by (bar)\n",
        "k: >\r\n  foo\r\n\r\n  by\r\n  (bar)\r\n",
        "k: > \n  > foo\n  | by\n\n  (bar)\n",
        "k: äöü foo €\n  by (bar)\n",
    ] {
        for part in ["foo", "by", "bar"] {
            assert_eq!(found(file, part), part, "{file:?}");
        }
    }
}

#[test]
fn blocks_below_other_things_are_found() {
    for file in [
        "- - x: |2\n       a\n\n      b )\n",
        "- - x: >1\n     a\n\n      b\n\n     c )\n",
        "- - x: >\n     a\n\n     c )\n     ",
    ] {
        let source = source(file);
        let node = &source.root().elements()[0].elements()[0].entry("x").unwrap().value;
        let at = node.text().unwrap().find(')').unwrap();
        let span = inner_span(source.text(), node, at, at + 1);
        assert_eq!(&file[span.start..span.end], ")", "{file:?}");
    }
}

#[test]
fn spelled_characters_are_underlined_whole() {
    for (file, part, written) in [
        ("k: \"a \\u20ac b\"\n", "€", "\\u20ac"),
        ("k: \"a \\x28 b\"\n", "(", "\\x28"),
        ("k: \"\\ud83d\\ude00\"\n", "😀", "\\ud83d\\ude00"),
        ("k: 'it''s'\n", "'", "''"),
        ("k: \"a\\\n  \\ b\"\n", " ", "\\ "),
        ("k: a\n  b\n", " ", "\n  "),
    ] {
        assert_eq!(found(file, part), written, "{file:?}");
    }
}

#[test]
fn the_end_of_a_text_is_behind_its_last_character() {
    for file in ["k: |\n  a +\nl: 1\n", "k: >+\n  a +\n\n\nl: 1\n", "k: a\n  +\n", "k: 'a +'\n"] {
        let source = source(file);
        let node = source.node(&[Step::Key("k")]).unwrap();
        let end = node.text().unwrap().len();
        let span = inner_span(source.text(), node, end, end);
        assert_eq!((span.start, span.end), (file.rfind('+').unwrap() + 1, span.start), "{file:?}");
    }
}

#[test]
fn behind_an_alias_the_place_is_the_alias() {
    assert_eq!(found("x: &x foo bar\nk: *x\n", "bar"), "*x");
}

/// How a text can be written.
#[derive(Debug, Clone, Copy)]
enum Form {
    Plain,
    Single,
    Double,
    Literal,
    Folded,
}

/// Writes words, each with how many line breaks stand before it, in one of the forms: with `width` spaces before each line.
fn write(form: Form, words: &[(String, usize)], width: usize, is_counted: bool, line_end: &str) -> String {
    let indent = " ".repeat(width);
    let header = match form {
        Form::Literal | Form::Folded => {
            let sign = if matches!(form, Form::Literal) { '|' } else { '>' };
            let count = if is_counted { width.to_string() } else { String::new() };
            format!("{sign}{count}{line_end}{indent}")
        }
        Form::Plain => String::new(),
        Form::Single => "'".to_owned(),
        Form::Double => "\"".to_owned(),
    };
    let mut text = format!("k: {header}");
    for (place, (word, breaks)) in words.iter().enumerate() {
        if place > 0 && *breaks == 0 {
            text.push(' ');
        } else if place > 0 {
            text.push_str(&line_end.repeat(*breaks));
            text.push_str(&indent);
        }
        match form {
            Form::Single => text.push_str(&word.replace('\'', "''")),
            Form::Double => text.extend(word.chars().map(|c| match c {
                '"' => "\\\"".to_owned(),
                '\\' => "\\\\".to_owned(),
                '(' => "\\x28".to_owned(),
                '€' => "\\u20AC".to_owned(),
                ')' => format!(")\\{line_end}{indent}"),
                c => c.to_string(),
            })),
            _ => text.push_str(word),
        }
    }
    text.push_str(match form {
        Form::Single => "'",
        Form::Double => "\"",
        _ => "",
    });
    text + line_end + "l: 1" + line_end
}

proptest! {
    /// Each character of a value has a place at which it, its escape, or the break that it was folded from stands.
    #[test]
    fn each_character_has_its_place(
        words in prop::collection::vec(("[a-z][a-z0-9()+*/äé€\"'\\\\]{0,6}", 0..4_usize), 1..12),
        form in prop::sample::select(vec![Form::Plain, Form::Single, Form::Double, Form::Literal, Form::Folded]),
        width in 1..5_usize,
        is_counted: bool,
        line_end in prop::sample::select(vec!["\n", "\r\n"]),
    ) {
        let file = write(form, &words, width, is_counted, line_end);
        let source = source(&file);
        let node = source.node(&[Step::Key("k")]).unwrap();
        let value = node.text().unwrap();
        let places = places(source.text(), node.span, value);
        prop_assert!(places.is_some(), "{:?} is not {:?}", file, value);
        let mut last = 0;
        for (at, character) in value.char_indices() {
            let span = inner_span(source.text(), node, at, at + character.len_utf8());
            let written = &file[span.start..span.end];
            let is_right = match (character, written) {
                (' ' | '\n', written) if written.contains(['\n', '\r']) => written.trim().is_empty(),
                ('\'', "''") | ('"', "\\\"") | ('\\', "\\\\") | ('(', "\\x28") | ('€', "\\u20AC") => true,
                (character, written) => written == character.to_string(),
            };
            prop_assert!(is_right, "{:?} at {} of {:?} is {:?}", character, at, file, written);
            prop_assert!(span.start >= last, "{:?}", file);
            last = span.end;
        }
    }
}
