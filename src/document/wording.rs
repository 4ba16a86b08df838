//! Mistakes of form in words that people understand.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::{Location, LocationSegment};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use super::schema::Wording;
use super::source::{Source, heading};
use super::spelling::nearest;
use super::tree::{Content, Node, Problem};

/// What the words are taken from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms<'a> {
    pub(super) schema: &'a Value,
    pub(super) wordings: &'a [Wording],
}

impl Terms<'_> {
    fn wording(&self, format: &str) -> Option<&Wording> {
        self.wordings.iter().find(|wording| wording.format == format)
    }
}

/// Turns one of the validator's errors into problems; returns the paths of the values that are wrong.
pub(super) fn explain(
    error: &ValidationError<'_>,
    terms: Terms<'_>,
    source: &Source,
    problems: &mut Vec<Problem>,
) -> Vec<Vec<String>> {
    let path = segments(error.instance_path());
    let Some(node) = node_at(source.root(), &path) else { return Vec::new() };
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let known = keys_of(owner(terms.schema, error.schema_path()));
            for key in unexpected {
                problems.push(unknown_key(node, key, &known));
            }
            unexpected.iter().map(|key| [path.clone(), vec![key.clone()]].concat()).collect()
        }
        ValidationErrorKind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            problems.push(missing_key(node, key, path.is_empty()));
            // what lacks a key can't be used as a whole
            vec![path]
        }
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            explain_choice(error, context, terms, source, problems);
            vec![path]
        }
        _ => {
            problems.extend(value_problem(error, node, terms, &path));
            vec![path]
        }
    }
}

/// Of several forms that a value may have, speaks of the one that was meant: the one whose type is right.
fn explain_choice(
    error: &ValidationError<'_>,
    branches: &[Vec<ValidationError<'static>>],
    terms: Terms<'_>,
    source: &Source,
    problems: &mut Vec<Problem>,
) {
    let path = segments(error.instance_path());
    let Some(node) = node_at(source.root(), &path) else { return };
    let is_other_type = |branch: &&Vec<ValidationError<'static>>| {
        branch.iter().any(|inner| {
            matches!(inner.kind(), ValidationErrorKind::Type { .. })
                && inner.instance_path().as_str() == error.instance_path().as_str()
        })
    };
    let words: Vec<&str> = branches.iter().flatten().flat_map(words_of).collect();
    let meant: Vec<_> = branches.iter().filter(|branch| !is_other_type(branch)).collect();
    let only_words = meant.iter().all(|branch| branch.iter().all(|inner| !words_of(inner).is_empty()));
    match meant.as_slice() {
        _ if !words.is_empty() && only_words && node.text().is_some() => {
            problems.push(wrong_word(node, &words));
        }
        [] => {
            let expected = branches
                .iter()
                .flatten()
                .filter_map(|inner| expected_type_of(inner, terms))
                .collect::<Vec<_>>();
            problems.push(wrong_type(node, &either(&expected)));
        }
        [branch, ..] => {
            for inner in *branch {
                explain(inner, terms, source, problems);
            }
        }
    }
}

/// Returns the words that a value may be, when the error is about words.
fn words_of<'a>(error: &'a ValidationError<'static>) -> Vec<&'a str> {
    match error.kind() {
        ValidationErrorKind::Constant { expected_value } => expected_value.as_str().into_iter().collect(),
        ValidationErrorKind::Enum { options } => {
            options.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
        }
        _ => Vec::new(),
    }
}

fn value_problem(
    error: &ValidationError<'_>,
    node: &Node,
    terms: Terms<'_>,
    path: &[String],
) -> Option<Problem> {
    let span = heading(node);
    let shown = written(node);
    let problem = |code, message: String| Some(Problem::new(code, span, message));
    match error.kind() {
        ValidationErrorKind::Type { .. } => Some(wrong_type(node, &expected_type_of(error, terms)?)),
        ValidationErrorKind::Enum { options } => {
            let words: Vec<String> = options.as_array().into_iter().flatten().map(plain).collect();
            Some(wrong_word(node, &words.iter().map(String::as_str).collect::<Vec<_>>()))
        }
        ValidationErrorKind::Constant { expected_value } => {
            Some(wrong_word(node, &[plain(expected_value).as_str()]))
        }
        ValidationErrorKind::Minimum { limit } => {
            problem("out-of-range", format!("{shown} is too small: at least {}", plain(limit)))
        }
        ValidationErrorKind::Maximum { limit } => {
            problem("out-of-range", format!("{shown} is too large: at most {}", plain(limit)))
        }
        ValidationErrorKind::ExclusiveMinimum { limit } => {
            problem("out-of-range", format!("{shown} is too small: more than {}", plain(limit)))
        }
        ValidationErrorKind::ExclusiveMaximum { limit } => {
            problem("out-of-range", format!("{shown} is too large: less than {}", plain(limit)))
        }
        ValidationErrorKind::MinLength { limit: 0 | 1 } => problem("empty", "this text is empty".into()),
        ValidationErrorKind::MinLength { limit } => {
            problem("out-of-range", format!("{shown} is too short: at least {limit} characters"))
        }
        ValidationErrorKind::MaxLength { limit } => {
            problem("out-of-range", format!("this text is too long: at most {limit} characters"))
        }
        ValidationErrorKind::MinItems { limit: 0 | 1 } => problem("empty", "this list is empty".into()),
        ValidationErrorKind::MinItems { limit } => {
            problem("out-of-range", format!("this list is too short: at least {limit} elements"))
        }
        ValidationErrorKind::MaxItems { limit } => {
            problem("out-of-range", format!("this list is too long: at most {limit} elements"))
        }
        ValidationErrorKind::MinProperties { .. } => problem("empty", "this mapping is empty".into()),
        ValidationErrorKind::Format { format } => {
            problem("wrong-form", reason_of(format, node, &shown, terms))
        }
        ValidationErrorKind::Pattern { .. }
            if owner(terms.schema, error.schema_path()).get("format").is_some() =>
        {
            // the format says more, and says it in words
            None
        }
        ValidationErrorKind::Pattern { pattern } => Some(wrong_pattern(node, pattern, path)),
        _ => problem("wrong-form", format!("not valid here: {error}")),
    }
}

/// What a parser of ours says of a text that has not the form it needs.
fn reason_of(format: &str, node: &Node, shown: &str, terms: Terms<'_>) -> String {
    let text = node.text().unwrap_or_default();
    let reason = terms.wording(format).and_then(|wording| (wording.refusal)(text));
    reason.unwrap_or_else(|| format!("{shown} is no {format}"))
}

fn wrong_pattern(node: &Node, pattern: &str, path: &[String]) -> Problem {
    let shown = written(node);
    if path.last().is_some_and(|key| key == "name") {
        return Problem::new("wrong-form", node.span, format!("{shown} can't be used as this name")).hint(
            if pattern.contains("A-Z") {
                "use letters, digits, `.`, `_` and `-`, with a letter or digit at both ends, at most 63"
            } else {
                "use small letters, digits and `-`, with a letter or digit at both ends, at most 63"
            },
        );
    }
    Problem::new("wrong-form", node.span, format!("{shown} does not have the form {pattern}"))
}

fn unknown_key(node: &Node, key: &str, known: &[&str]) -> Problem {
    let span = node.entry(key).map_or(node.span, |entry| entry.key_span);
    let problem = Problem::new("unknown-key", span, format!("unknown key `{key}`"));
    match nearest(key, known.iter().copied()) {
        Some(word) => problem.hint(format!("did you mean `{word}`?")),
        None if known.is_empty() || known.len() > 16 => problem,
        None => problem.hint(format!("known here: {}", known.join(", "))),
    }
}

fn missing_key(node: &Node, key: &str, is_whole_file: bool) -> Problem {
    let of = node.entry("name").filter(|_| !is_whole_file).and_then(|entry| entry.value.text());
    let message = match of {
        Some(name) => format!("`{name}` has no `{key}`"),
        None => format!("the key `{key}` is missing"),
    };
    Problem::new("missing-key", heading(node), message)
}

fn wrong_type(node: &Node, expected: &str) -> Problem {
    let found = match &node.content {
        Content::Null => "nothing".to_owned(),
        Content::Bool(value) => format!("`{value}`"),
        Content::Number(number) => format!("the number {number}"),
        Content::Text(text) => format!("the text `{}`", shortened(text)),
        Content::List(_) => "a list".to_owned(),
        Content::Map(_) => "a mapping".to_owned(),
    };
    let problem = Problem::new("wrong-type", heading(node), format!("expected {expected}, found {found}"));
    match &node.content {
        Content::Number(_) | Content::Bool(_) if expected.contains("text") => {
            problem.hint("put it in quotes")
        }
        Content::Text(text) if expected.contains("number") && text.parse::<f64>().is_ok() => {
            problem.hint("remove the quotes")
        }
        Content::Text(text) if expected.contains("number") && starts_with_number(text) => {
            problem.hint("write the number without a unit")
        }
        _ => problem,
    }
}

fn starts_with_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

fn wrong_word(node: &Node, words: &[&str]) -> Problem {
    let shown = written(node);
    let message = match words {
        [word] => format!("{shown} is not `{word}`"),
        _ => format!("{shown} is none of {}", words.join(", ")),
    };
    let problem = Problem::new("unknown-word", heading(node), message);
    match node.text().and_then(|text| nearest(text, words.iter().copied())) {
        Some(word) if words.len() > 1 => problem.hint(format!("did you mean `{word}`?")),
        _ => problem,
    }
}

/// Returns what a value should be; `None` when it may be left out only.
fn expected_type_of(error: &ValidationError<'_>, terms: Terms<'_>) -> Option<String> {
    let format = owner(terms.schema, error.schema_path()).get("format").and_then(Value::as_str);
    if let Some(wording) = format.and_then(|format| terms.wording(format)) {
        return Some(wording.wanted.to_owned());
    }
    let name = |kind: JsonType| match kind {
        JsonType::Null => "nothing",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "a whole number",
        JsonType::Number => "a number",
        JsonType::String => "a text",
        JsonType::Array => "a list",
        JsonType::Object => "a mapping",
    };
    match error.kind() {
        ValidationErrorKind::Type { kind: TypeKind::Single(JsonType::Null) } => None,
        ValidationErrorKind::Type { kind: TypeKind::Single(kind) } => Some(name(*kind).to_owned()),
        ValidationErrorKind::Type { kind: TypeKind::Multiple(kinds) } => {
            let names: Vec<String> = kinds
                .iter()
                .filter(|kind| *kind != JsonType::Null)
                .map(|kind| name(kind).to_owned())
                .collect();
            Some(either(&names))
        }
        _ => None,
    }
}

fn either(names: &[String]) -> String {
    let mut distinct: Vec<&str> = Vec::new();
    for name in names {
        if !distinct.contains(&name.as_str()) {
            distinct.push(name);
        }
    }
    distinct.join(" or ")
}

/// Returns a value as it would be written, short enough for a line.
fn written(node: &Node) -> String {
    match &node.content {
        Content::Number(number) => number.to_string(),
        Content::Bool(value) => format!("`{value}`"),
        Content::Text(text) => format!("`{}`", shortened(text)),
        Content::Null => "nothing".into(),
        Content::List(_) => "this list".into(),
        Content::Map(_) => "this mapping".into(),
    }
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    short
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // a limit of 100000.0 is written 100000
        Value::Number(number) => {
            number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string())
        }
        other => other.to_string(),
    }
}

fn segments(location: &Location) -> Vec<String> {
    location
        .segments()
        .map(|segment| match segment {
            LocationSegment::Property(key) => key.into_owned(),
            LocationSegment::Index(index) => index.to_string(),
        })
        .collect()
}

fn node_at<'a>(root: &'a Node, path: &[String]) -> Option<&'a Node> {
    path.iter().try_fold(root, |node, segment| match &node.content {
        Content::List(elements) => elements.get(segment.parse::<usize>().ok()?),
        _ => node.entry(segment).map(|entry| &entry.value),
    })
}

/// Returns the part of the schema that a keyword stands in.
fn owner<'a>(schema: &'a Value, keyword: &Location) -> &'a Value {
    let pointer = keyword.as_str();
    let above = pointer.rsplit_once('/').map_or("", |(above, _)| above);
    schema.pointer(above).unwrap_or(&Value::Null)
}

fn keys_of(schema: &Value) -> Vec<&str> {
    let keys = schema.get("properties").and_then(Value::as_object);
    keys.into_iter().flat_map(|keys| keys.keys().map(String::as_str)).collect()
}
