//! Keys that are both written and merged (`<<`), as the servers' reader takes them: it sets each key of a mapping with free keys once.
//!
//! In a section with known fields a key that is written counts before one that is merged, and nothing is wrong; a mapping with free
//! keys in it is filled by both. Rule files are read by a later reader, which has no such limit.

use super::FileKind;
use super::fields::Fields;
use super::shape::{Kind, Section};
use super::walk::Walk;

/// Checks a mapping with free keys.
pub(super) fn in_map<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) {
    if walk.kind == FileKind::Rules {
        return;
    }
    for entry in fields.hidden() {
        let span = fields.written_span(&entry.key);
        let message = format!("`{}` is set twice here: `<<` brings it as well", entry.key);
        walk.error_hint(
            "merged-twice",
            span,
            message,
            "the server takes it once only; leave one of them out",
        );
    }
}

/// Checks the mappings with free keys of a section, which come from it and from what is merged into it.
pub(super) fn in_section<'a>(walk: &mut Walk<'a>, section: &'static Section, fields: &Fields<'a>) {
    if walk.kind == FileKind::Rules {
        return;
    }
    for hidden in fields.hidden() {
        let is_map = section.field(&hidden.key).is_some_and(|field| {
            // the labels of all series are read anew each time
            matches!(field.kind, Kind::Map(_) | Kind::Labels) && field.name != "external_labels"
        });
        if !is_map {
            continue;
        }
        let map = fields.entry(&hidden.key).and_then(|entry| Fields::of(&entry.value));
        let (Some((map, _)), Some((other, _))) = (map, Fields::of(&hidden.value)) else { continue };
        if let Some(twice) = other.iter().find(|entry| map.entry(&entry.key).is_some()) {
            let span = fields.written_span(&hidden.key);
            let message = format!("`{}` of `{}` is set twice: `<<` brings it as well", twice.key, hidden.key);
            let hint = "the server puts both mappings together, and takes each key once only";
            walk.error_hint("merged-twice", span, message, hint);
        }
    }
}
