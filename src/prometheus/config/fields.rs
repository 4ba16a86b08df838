//! The entries of a mapping as a server sees them: those behind merge keys (`<<`) as well.
//!
//! What is written in the mapping itself counts before what is merged into it, as YAML's merge key type says.

use std::collections::HashSet;

use crate::document::{Content, Entry, Node, Span};

/// The entries of a mapping.
pub(in crate::prometheus) struct Fields<'a> {
    pub(super) node: &'a Node,
    own: &'a [Entry],
    merged: Vec<&'a Entry>,
    /// What is merged in, and does not count because its key was there.
    hidden: Vec<&'a Entry>,
}

/// Deepest nesting of merges that is followed.
const MOST_MERGES: usize = 16;

impl<'a> Fields<'a> {
    /// Looks at a mapping; `None` for anything else. The second part says where a merge key has no mapping.
    pub(in crate::prometheus) fn of(node: &'a Node) -> Option<(Self, Option<Span>)> {
        let Content::Map(own) = &node.content else { return None };
        let mut fields = Fields { node, own, merged: Vec::new(), hidden: Vec::new() };
        let mut wrong = None;
        let mut merges = own.iter().filter(|entry| entry.key == "<<").peekable();
        if merges.peek().is_some() {
            let mut seen = own.iter().map(|entry| entry.key.as_str()).collect();
            for entry in merges {
                fields.merge(&entry.value, MOST_MERGES, &mut seen, &mut wrong);
            }
        }
        Some((fields, wrong))
    }

    fn merge(&mut self, node: &'a Node, depth: usize, seen: &mut HashSet<&'a str>, wrong: &mut Option<Span>) {
        match &node.content {
            Content::Map(entries) if depth > 0 => {
                for entry in entries {
                    if entry.key == "<<" {
                        self.merge(&entry.value, depth - 1, seen, wrong);
                    } else if seen.insert(&entry.key) {
                        self.merged.push(entry);
                    } else {
                        self.hidden.push(entry);
                    }
                }
            }
            Content::List(elements) if depth > 0 => {
                for element in elements {
                    self.merge(element, depth - 1, seen, wrong);
                }
            }
            _ => *wrong = Some(node.span),
        }
    }

    /// Returns all entries, those that are merged in last.
    pub(in crate::prometheus) fn iter(&self) -> impl Iterator<Item = &'a Entry> + '_ {
        self.own.iter().filter(|entry| entry.key != "<<").chain(self.merged.iter().copied())
    }

    /// Returns what is merged in and does not count because its key was there.
    pub(super) fn hidden(&self) -> impl Iterator<Item = &'a Entry> + '_ {
        self.hidden.iter().copied()
    }

    /// Returns where a key stands in this mapping itself, or else what is merged into it.
    pub(super) fn written_span(&self, key: &str) -> Span {
        let own = self.own.iter().find(|entry| entry.key == key).map(|entry| entry.key_span);
        let merge = || self.own.iter().find(|entry| entry.key == "<<").map(|entry| entry.value.span);
        own.or_else(merge).unwrap_or_else(|| self.span())
    }

    /// Returns the entry of a key, whatever its value.
    pub(super) fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.iter().find(|entry| entry.key == key)
    }

    /// Returns the entry of a key when it has a value.
    pub(in crate::prometheus) fn get(&self, key: &str) -> Option<&'a Entry> {
        self.entry(key).filter(|entry| entry.value.content != Content::Null)
    }

    /// Returns the entry of a key when its value is neither nothing nor empty.
    pub(in crate::prometheus) fn filled(&self, key: &str) -> Option<&'a Entry> {
        self.get(key).filter(|entry| !is_empty(&entry.value))
    }

    /// Returns the value of a key, when it is a text.
    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.entry(key).and_then(|entry| entry.value.text())
    }

    /// Returns where the mapping is pointed out: its first key, or its opening bracket.
    pub(super) fn span(&self) -> Span {
        heading(self.node)
    }
}

/// Says whether a value is nothing, an empty text, or a list or mapping without elements.
pub(super) fn is_empty(node: &Node) -> bool {
    match &node.content {
        Content::Null => true,
        Content::Text(text) => text.is_empty(),
        Content::List(elements) => elements.is_empty(),
        Content::Map(entries) => entries.is_empty(),
        Content::Bool(_) | Content::Number(_) => false,
    }
}

/// Returns the part of a value by which it is pointed out.
pub(super) fn heading(node: &Node) -> Span {
    match &node.content {
        Content::Map(entries) => match entries.first() {
            Some(entry) if entry.key_span.start == node.span.start => entry.key_span,
            _ => Span { start: node.span.start, end: node.span.start + 1 },
        },
        Content::List(_) => Span { start: node.span.start, end: node.span.start + 1 },
        _ => node.span,
    }
}
