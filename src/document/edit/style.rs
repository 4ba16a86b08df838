//! How the owner of a text writes YAML, so that what is added looks like the rest.
//!
//! Asked is the next of kin: values under the same key in the parts around the place, the nearest part first, then all values.

use super::habits::{Habits, Kin, Quoting, Votes};
use super::layout::Layout;
use crate::document::source::Step;
use crate::document::tree::{Content, Node};

/// Habits of a text, as they show around a place in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Style {
    /// The line break.
    pub(super) newline: &'static str,
    /// Is the whole text in brackets, with quotes around its keys? Then it may be read as JSON.
    pub(super) json: bool,
    /// The habits of the parts around the place: the nearest one first, the whole text last.
    pub(super) parts: Vec<Habits>,
}

impl Default for Style {
    fn default() -> Self {
        Style { newline: "\n", json: false, parts: Vec::new() }
    }
}

impl Style {
    /// Finds the habits of a text around a place.
    pub(super) fn of(layout: Layout<'_>, root: &Node, path: &[Step<'_>]) -> Style {
        let mut parts = vec![Habits::of(layout, root, Kin::default())];
        let (mut node, mut kin) = (root, Kin::default());
        for step in path {
            let next = match step {
                Step::Key(key) => node.entry(key).map(|entry| {
                    kin = kin.under(&entry.key);
                    &entry.value
                }),
                Step::At(index) => node.elements().get(*index),
            };
            let Some(next) = next else { break };
            node = next;
            if matches!(node.content, Content::List(_) | Content::Map(_)) {
                parts.push(Habits::of(layout, node, kin));
            }
        }
        parts.reverse();
        let returns = layout.text.matches("\r\n").take(1).count();
        Style { newline: if returns > 0 { "\r\n" } else { "\n" }, json: is_json(layout, root), parts }
    }

    /// Says how a text is written that could do without quotes.
    pub(super) fn quoting(&self, kin: Kin<'_>, text: &str) -> Quoting {
        self.under(kin.key, Votes::quoting).unwrap_or_else(|| {
            let beside = self.parts.iter().filter_map(|part| part.under_all_of(kin.above));
            // a single job is too little to say how a file is written
            let whole = || self.parts.last().and_then(|whole| whole.all.quoting_of(text));
            match beside.into_iter().find_map(|votes| votes.quoting_of(text)).or_else(whole) {
                Some(Quoting::Quoted) => Quoting::Quoted,
                _ => Quoting::Mixed,
            }
        })
    }

    /// Returns the quotation mark.
    pub(super) fn mark(&self, kin: Kin<'_>) -> char {
        self.under(kin.key, Votes::mark)
            .or_else(|| self.parts.last().and_then(|whole| whole.all.mark()))
            .unwrap_or('"')
    }

    /// Returns how much deeper a mapping stands than its key.
    pub(super) fn map_indent(&self, kin: Kin<'_>) -> usize {
        self.shown(kin.key, Votes::map_indent).unwrap_or(2)
    }

    /// Returns how much deeper the dashes of a list stand than its key.
    pub(super) fn list_indent(&self, kin: Kin<'_>) -> usize {
        self.shown(kin.key, Votes::list_indent).unwrap_or(2)
    }

    /// Are lists of words written on one line?
    pub(super) fn has_flow_lists(&self, kin: Kin<'_>) -> bool {
        let whole = || self.parts.last().and_then(|whole| whole.all.has_flow_lists());
        self.under(kin.key, Votes::has_flow_lists).or_else(whole).unwrap_or(true)
    }

    /// Returns what stands inside of brackets before the first element, and behind the last.
    pub(super) fn in_brackets(&self, kin: Kin<'_>) -> &'static str {
        if self.shown(kin.key, Votes::has_wide_brackets).unwrap_or(false) { " " } else { "" }
    }

    /// Returns what stands inside of braces before the first key, and behind the last value.
    pub(super) fn in_braces(&self, kin: Kin<'_>) -> &'static str {
        if self.shown(kin.key, Votes::has_wide_braces).unwrap_or(false) { " " } else { "" }
    }

    fn under<T>(&self, key: &str, says: impl Fn(&Votes) -> Option<T>) -> Option<T> {
        self.parts.iter().filter_map(|part| part.under(key)).find_map(says)
    }

    /// What shows under the key, or else under any, the nearest part first.
    fn shown<T>(&self, key: &str, says: impl Fn(&Votes) -> Option<T>) -> Option<T> {
        self.under(key, &says).or_else(|| self.parts.iter().find_map(|part| says(&part.all)))
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
