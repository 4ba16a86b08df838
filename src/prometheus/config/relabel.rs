//! Rules of relabelling: what each action needs, and what it must not have.

use super::fields::Fields;
use super::shape::{Field, Kind, Section, text};
use super::walk::Walk;
use super::words::{self, Number};
use crate::document::{Content, nearest};

pub(super) static RELABEL: Section = Section {
    title: "a relabelling rule",
    fields: &[
        text("action"),
        Field::new("modulus", Kind::Uint),
        Field::new("regex", Kind::Regex),
        text("replacement"),
        text("separator"),
        Field::new("source_labels", Kind::List(&Kind::LabelName)),
        text("target_label"),
    ],
    shared: &[],
    rule: Some(relabel),
};

/// A list of such rules.
pub(super) const RULES: Kind = Kind::List(&Kind::Section(&RELABEL));

const ACTIONS: [&str; 11] = [
    "replace",
    "keep",
    "drop",
    "keepequal",
    "dropequal",
    "hashmod",
    "labelmap",
    "labeldrop",
    "labelkeep",
    "lowercase",
    "uppercase",
];

fn relabel<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) {
    let written = fields.get("action").and_then(|entry| walk.word(&entry.value));
    let action = written.as_deref().unwrap_or("replace").to_ascii_lowercase();
    let Some(action) = ACTIONS.into_iter().find(|known| *known == action) else {
        let span = fields.get("action").map_or(fields.span(), |entry| entry.value.span);
        let message = format!("`{action}` is no action of relabelling");
        let hint = match nearest(&action, ACTIONS) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it is one of {}", words::listed(&ACTIONS)),
        };
        return walk.error_hint("unknown-word", span, message, hint);
    };
    let needs_target =
        matches!(action, "replace" | "hashmod" | "lowercase" | "uppercase" | "keepequal" | "dropequal");
    if needs_target && fields.filled("target_label").is_none() {
        let message = format!("`target_label` is missing: the action `{action}` needs it");
        walk.error("missing-key", fields.span(), message);
    }
    if action == "hashmod" && is_zero(fields) {
        let span = fields.get("modulus").map_or(fields.span(), |entry| entry.value.span);
        walk.error("missing-key", span, "the action `hashmod` needs a `modulus` that is not 0");
    }
    target_label(walk, fields, action);
    replacement(walk, fields, action);
    let spare: &[&str] = match action {
        "labeldrop" | "labelkeep" => {
            &["source_labels", "target_label", "modulus", "separator", "replacement"]
        }
        "keepequal" | "dropequal" => &["regex", "modulus", "separator", "replacement"],
        _ => &[],
    };
    for entry in spare.iter().filter_map(|name| fields.get(name)) {
        if !is_default(&entry.key, &entry.value.content) {
            let message = format!("the action `{action}` takes no `{}`", entry.key);
            walk.error_hint("not-needed", entry.key_span, message, "remove it");
        }
    }
    let keeps_by_source = matches!(action, "keep" | "drop" | "hashmod");
    if keeps_by_source && fields.filled("source_labels").is_none() {
        let message = format!("the action `{action}` has no `source_labels`: it always sees an empty text");
        walk.warn("no-source", fields.span(), message, "name the labels that it is to look at");
    }
}

fn is_zero(fields: &Fields<'_>) -> bool {
    match fields.get("modulus").map(|entry| &entry.value.content) {
        Some(Content::Number(number)) => Number::of(number).is_none_or(Number::is_zero),
        Some(_) => false,
        None => true,
    }
}

/// Servers don't mind a field that says what is the default anyway.
fn is_default(name: &str, content: &Content) -> bool {
    match (name, content) {
        ("regex", Content::Text(text)) => text == "(.*)",
        ("separator", Content::Text(text)) => text == ";",
        ("replacement", Content::Text(text)) => text == "$1",
        ("modulus", Content::Number(number)) => Number::of(number).is_some_and(Number::is_zero),
        ("target_label", Content::Text(text)) => text.is_empty(),
        ("source_labels", Content::List(labels)) => labels.is_empty(),
        (_, Content::Null) => true,
        _ => false,
    }
}

/// A label to write, for `replace` with references to groups in it: `${1}_total`.
fn target_label<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>, action: &str) {
    let Some(entry) = fields.filled("target_label") else { return };
    let Some(label) = walk.word(&entry.value) else { return };
    let is_right = match action {
        "replace" => is_label_template(&label),
        "hashmod" | "lowercase" | "uppercase" | "keepequal" | "dropequal" => words::is_label_name(&label),
        _ => return,
    };
    if is_right || (walk.server_is(3, 0) && action != "replace") {
        return;
    }
    if action == "replace" && !walk.server_is_before(3, 0) && !label.contains('$') {
        return walk.label_name(&label, entry.value.span);
    }
    let message = format!("`{label}` is no label that can be written");
    let hint = "use letters, digits and `_`, no digit first; groups of the expression are `${1}`";
    walk.error_hint("wrong-label", entry.value.span, message, hint);
}

fn replacement<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>, action: &str) {
    let Some(entry) = fields.get("replacement") else { return };
    let Some(text) = walk.word(&entry.value) else { return };
    match action {
        "lowercase" | "uppercase" if text != "$1" => {
            let message = format!("the action `{action}` takes no `replacement`");
            walk.error_hint("not-needed", entry.key_span, message, "remove it");
        }
        "labelmap" if !is_label_template(&text) && !walk.server_is(3, 0) => {
            let message = format!("`{text}` makes no label name");
            walk.error_hint("wrong-label", entry.value.span, message, "write it as `$1` or `prefix_$1`");
        }
        _ => {}
    }
}

/// Says whether a text makes a label name when its groups are put in: `^(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+$`.
fn is_label_template(text: &str) -> bool {
    let mut rest = text;
    let mut begins = true;
    while let Some(c) = rest.chars().next() {
        if c == '$' {
            let after = &rest[1..];
            let (name, end) = match after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
                Some((name, end)) => (name, end),
                None => {
                    let length =
                        after.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
                    after.split_at(length)
                }
            };
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                return false;
            }
            rest = end;
        } else if c.is_ascii_alphabetic() || c == '_' || (c.is_ascii_digit() && !begins) {
            rest = &rest[1..];
        } else {
            return false;
        }
        begins = false;
    }
    !text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_may_be_made_of_groups() {
        for (text, right) in [
            ("a", true),
            ("${1}_x", true),
            ("$1", true),
            ("a$1b", true),
            ("", false),
            ("1a", false),
            ("a-b", false),
            ("${a-b}", false),
            ("$", false),
            ("a ${1}", false),
        ] {
            assert_eq!(is_label_template(text), right, "{text}");
        }
    }
}
