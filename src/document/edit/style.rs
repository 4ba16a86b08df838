//! How the owner of a text writes YAML, so that what is added looks like the rest.

use super::layout::Layout;
use crate::document::tree::{Content, Node};

/// Values that are looked at; the habits of a file show in its first pages.
const MOST_LOOKED_AT: usize = 2_000;

/// Habits of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Style {
    /// The line break.
    pub(super) newline: &'static str,
    /// How much deeper a mapping stands than its key.
    pub(super) map_indent: usize,
    /// How much deeper the dashes of a list stand than its key.
    pub(super) list_indent: usize,
    /// The quotation mark.
    pub(super) quote: char,
    /// Are lists of words written on one line?
    pub(super) flow_lists: bool,
    /// Is the whole text in brackets, with quotes around its keys? Then it may be read as JSON.
    pub(super) json: bool,
}

impl Default for Style {
    fn default() -> Self {
        Style { newline: "\n", map_indent: 2, list_indent: 2, quote: '"', flow_lists: true, json: false }
    }
}

/// What speaks for one habit, and what for the other.
#[derive(Debug, Default)]
struct Votes {
    looked_at: usize,
    map_indent: Vec<usize>,
    list_indent: Vec<usize>,
    single: usize,
    double: usize,
    flow_lists: usize,
    block_lists: usize,
}

impl Style {
    /// Finds the habits of a text.
    pub(super) fn of(layout: Layout<'_>, root: &Node) -> Style {
        let mut votes = Votes::default();
        votes.look(layout, root);
        let returns = layout.text.matches("\r\n").take(1).count();
        Style {
            newline: if returns > 0 { "\r\n" } else { "\n" },
            map_indent: most(&votes.map_indent).unwrap_or(2),
            list_indent: most(&votes.list_indent).unwrap_or(2),
            quote: if votes.single > votes.double { '\'' } else { '"' },
            flow_lists: votes.flow_lists >= votes.block_lists,
            json: is_json(layout, root),
        }
    }
}

impl Votes {
    fn look(&mut self, layout: Layout<'_>, node: &Node) {
        self.looked_at += 1;
        if self.looked_at > MOST_LOOKED_AT {
            return;
        }
        match &node.content {
            Content::Text(_) => match layout.text.as_bytes().get(node.span.start) {
                Some(b'\'') => self.single += 1,
                Some(b'"') => self.double += 1,
                _ => {}
            },
            Content::List(elements) => elements.iter().for_each(|element| self.look(layout, element)),
            Content::Map(entries) => {
                for entry in entries {
                    if layout.is_explicit(entry) {
                        continue;
                    }
                    self.child(
                        layout,
                        layout.column(entry.key_span.start),
                        layout.colon(entry) + 1,
                        &entry.value,
                    );
                    self.look(layout, &entry.value);
                }
            }
            _ => {}
        }
    }

    fn child(&mut self, layout: Layout<'_>, key: usize, behind: usize, value: &Node) {
        let scalars = |elements: &[Node]| {
            !elements.is_empty()
                && elements.iter().all(|one| !matches!(one.content, Content::List(_) | Content::Map(_)))
        };
        // a spot is costly for what is large: the form shows in its first byte
        let start = layout.skip(behind);
        let is_flow = matches!(layout.text.as_bytes().get(start), Some(b'[' | b'{' | b'*'));
        match &value.content {
            Content::List(elements) => {
                if scalars(elements) {
                    *(if is_flow { &mut self.flow_lists } else { &mut self.block_lists }) += 1;
                }
                if !is_flow && layout.text.as_bytes().get(start) == Some(&b'-') && layout.begins_line(start) {
                    self.list_indent.push(layout.column(start).saturating_sub(key));
                }
            }
            Content::Map(_) if !is_flow && layout.begins_line(start) => {
                self.map_indent.push(layout.column(start).saturating_sub(key).max(1));
            }
            _ => {}
        }
    }
}

/// Says whether the first key of a text in brackets is in double quotes.
fn is_json(layout: Layout<'_>, root: &Node) -> bool {
    let is_open = matches!(layout.text.as_bytes().get(root.span.start), Some(b'[' | b'{'));
    let quoted = |at: usize| layout.text.as_bytes().get(at) == Some(&b'"');
    match &root.content {
        Content::List(elements) => is_open && elements.first().is_none_or(|first| is_json(layout, first)),
        Content::Map(entries) => is_open && entries.first().is_none_or(|entry| quoted(entry.key_span.start)),
        _ => quoted(root.span.start),
    }
}

/// Returns the value that occurs most; the smaller one of two.
fn most(values: &[usize]) -> Option<usize> {
    let count = |value: usize| values.iter().filter(|&&other| other == value).count();
    values.iter().copied().take(64).max_by_key(|&value| (count(value), std::cmp::Reverse(value)))
}
