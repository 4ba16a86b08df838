//! What a part of a text shows of its owner's habits, counted by key: quotation marks, indentation, lists in brackets.
//!
//! Which part is asked first, and what is written where nothing shows, is left to the style.

use std::collections::BTreeMap;

use super::layout::Layout;
use super::render::{Context, is_plain};
use crate::document::tree::{Content, Node};

/// Values that are looked at; the habits of a file show in its first pages.
const MOST_LOOKED_AT: usize = 2_000;
/// So many quoted texts to a bare one count as nearly all.
const NEARLY_ALL: usize = 4;

/// Whose kin a value is: the key that it stands under (elements stand under the key of their list), and the key above that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Kin<'k> {
    /// The key.
    pub(super) key: &'k str,
    /// The key of the mapping, or of the list of mappings, in which the key is.
    pub(super) above: &'k str,
}

impl<'k> Kin<'k> {
    /// Returns the kin of what stands under a key of this.
    pub(super) fn under(self, key: &'k str) -> Kin<'k> {
        Kin { key, above: self.key }
    }
}

/// Texts that could do without quotes, as they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Quotes {
    bare: usize,
    quoted: usize,
}

/// How texts are written that could do without quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    /// In quotes, at least nearly all.
    Quoted,
    /// Bare; in brackets, too.
    Bare,
    /// Now so, now so, or it doesn't show.
    Mixed,
}

impl Quotes {
    fn says(self) -> Option<Quoting> {
        match self {
            Quotes { bare: 0, quoted: 0 } => None,
            Quotes { bare, quoted } if bare * NEARLY_ALL <= quoted => Some(Quoting::Quoted),
            Quotes { bare, quoted } if quoted <= bare => Some(Quoting::Bare),
            _ => Some(Quoting::Mixed),
        }
    }
}

/// Brackets or braces that are not empty: with blanks inside, or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Blanks {
    with: usize,
    without: usize,
}

impl Blanks {
    fn says(self) -> Option<bool> {
        (self.with + self.without > 0).then_some(self.with > self.without)
    }
}

/// What speaks for one habit, and what for the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Votes {
    words: Quotes,
    /// `15s`, `10MB`: many leave these bare who quote all words.
    measures: Quotes,
    single: usize,
    double: usize,
    map_indent: Vec<usize>,
    list_indent: Vec<usize>,
    flow_lists: usize,
    block_lists: usize,
    brackets: Blanks,
    braces: Blanks,
}

impl Votes {
    /// Says how texts like this one are written.
    pub(super) fn quoting_of(&self, text: &str) -> Option<Quoting> {
        if is_measure(text) { self.measures.says() } else { self.words.says() }
    }

    /// Says how texts are written, whatever they are.
    pub(super) fn quoting(&self) -> Option<Quoting> {
        let (one, other) = (self.words, self.measures);
        Quotes { bare: one.bare + other.bare, quoted: one.quoted + other.quoted }.says()
    }

    /// Returns the quotation mark.
    pub(super) fn mark(&self) -> Option<char> {
        (self.single + self.double > 0).then_some(if self.single > self.double { '\'' } else { '"' })
    }

    /// Returns how much deeper a mapping stands than its key.
    pub(super) fn map_indent(&self) -> Option<usize> {
        most(&self.map_indent)
    }

    /// Returns how much deeper the dashes of a list stand than its key.
    pub(super) fn list_indent(&self) -> Option<usize> {
        most(&self.list_indent)
    }

    /// Says whether lists of words are written on one line.
    pub(super) fn has_flow_lists(&self) -> Option<bool> {
        (self.flow_lists + self.block_lists > 0).then_some(self.flow_lists >= self.block_lists)
    }

    /// Says whether blanks stand inside of brackets.
    pub(super) fn has_wide_brackets(&self) -> Option<bool> {
        self.brackets.says()
    }

    /// Says whether blanks stand inside of braces.
    pub(super) fn has_wide_braces(&self) -> Option<bool> {
        self.braces.says()
    }
}

/// The habits that show in a part of a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Habits {
    /// Of all values.
    pub(super) all: Votes,
    by_key: BTreeMap<String, Votes>,
    by_key_above: BTreeMap<String, Votes>,
    looked_at: usize,
}

impl Habits {
    /// Finds the habits in a node.
    pub(super) fn of(layout: Layout<'_>, node: &Node, kin: Kin<'_>) -> Habits {
        let mut habits = Habits::default();
        habits.look(layout, node, kin);
        habits
    }

    /// Returns what speaks for the values under a key.
    pub(super) fn under(&self, key: &str) -> Option<&Votes> {
        self.by_key.get(key)
    }

    /// Returns what speaks for the values of all keys that stand under this one.
    pub(super) fn under_all_of(&self, key: &str) -> Option<&Votes> {
        self.by_key_above.get(key)
    }

    fn look(&mut self, layout: Layout<'_>, node: &Node, kin: Kin<'_>) {
        self.looked_at += 1;
        if self.looked_at > MOST_LOOKED_AT {
            return;
        }
        self.blanks(layout, node, kin);
        match &node.content {
            Content::Text(text) => self.text(layout.text.as_bytes().get(node.span.start), text, kin),
            Content::List(elements) => {
                elements.iter().take(MOST_LOOKED_AT).for_each(|element| self.look(layout, element, kin));
            }
            Content::Map(entries) => {
                for entry in entries.iter().take(MOST_LOOKED_AT) {
                    if layout.is_explicit(entry) {
                        continue;
                    }
                    let kin = kin.under(&entry.key);
                    let column = layout.column(entry.key_span.start);
                    self.child(layout, column, layout.colon(entry) + 1, &entry.value, kin.key);
                    self.look(layout, &entry.value, kin);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, first: Option<&u8>, text: &str, kin: Kin<'_>) {
        let mark = match first {
            Some(mark @ (b'\'' | b'"')) => Some(*mark),
            // these have no choice: texts of many lines, aliases, what has an anchor or a tag before it
            Some(b'|' | b'>' | b'*' | b'&' | b'!') | None => return,
            _ => None,
        };
        let could_be_bare = is_plain(text, Context::Block);
        let is_measure = is_measure(text);
        let count = |votes: &mut Votes| {
            match mark {
                Some(b'\'') => votes.single += 1,
                Some(_) => votes.double += 1,
                None => {}
            }
            let quotes = if is_measure { &mut votes.measures } else { &mut votes.words };
            match mark {
                Some(_) if could_be_bare => quotes.quoted += 1,
                None => quotes.bare += 1,
                _ => {}
            }
        };
        count(&mut self.all);
        count(votes_of(&mut self.by_key, kin.key));
        count(votes_of(&mut self.by_key_above, kin.above));
    }

    fn blanks(&mut self, layout: Layout<'_>, node: &Node, kin: Kin<'_>) {
        let at = |place: usize| layout.text.as_bytes().get(place);
        let is_list = match (&node.content, at(node.span.start)) {
            (Content::List(elements), Some(b'[')) if !elements.is_empty() => true,
            (Content::Map(entries), Some(b'{')) if !entries.is_empty() => false,
            _ => return,
        };
        let is_with = match at(node.span.start + 1) {
            Some(b'\r' | b'\n') => return,
            first => first == Some(&b' '),
        };
        for votes in [&mut self.all, votes_of(&mut self.by_key, kin.key)] {
            let blanks = if is_list { &mut votes.brackets } else { &mut votes.braces };
            *(if is_with { &mut blanks.with } else { &mut blanks.without }) += 1;
        }
    }

    fn child(&mut self, layout: Layout<'_>, column: usize, behind: usize, value: &Node, key: &str) {
        let has_words = |elements: &[Node]| {
            !elements.is_empty()
                && elements.iter().all(|one| !matches!(one.content, Content::List(_) | Content::Map(_)))
        };
        // a spot is costly for what is large: the form shows in its first byte
        let bytes = layout.text.as_bytes();
        let start = layout.skip(behind);
        let first = bytes.get(start);
        let is_flow = matches!(first, Some(b'[' | b'{' | b'*'));
        let depth = layout.column(start).saturating_sub(column);
        let own_line = !is_flow && layout.begins_line(start);
        let mut count = |what: &dyn Fn(&mut Votes)| {
            what(&mut self.all);
            what(votes_of(&mut self.by_key, key));
        };
        match &value.content {
            Content::List(elements) => {
                if has_words(elements) {
                    count(&|votes| {
                        *(if is_flow { &mut votes.flow_lists } else { &mut votes.block_lists }) += 1
                    });
                }
                if own_line && first == Some(&b'-') {
                    count(&|votes| votes.list_indent.push(depth));
                }
            }
            Content::Map(_) if own_line => count(&|votes| votes.map_indent.push(depth.max(1))),
            _ => {}
        }
    }
}

fn votes_of<'v>(votes: &'v mut BTreeMap<String, Votes>, key: &str) -> &'v mut Votes {
    votes.entry(key.to_owned()).or_default()
}

/// Says whether a text is a number with its unit.
fn is_measure(text: &str) -> bool {
    text.starts_with(|sign: char| sign.is_ascii_digit())
        && text.ends_with(|sign: char| sign.is_ascii_alphabetic())
        && text.chars().all(|sign| sign.is_ascii_alphanumeric())
}

/// Returns the value that occurs most; the smaller one of two.
fn most(values: &[usize]) -> Option<usize> {
    let count = |value: usize| values.iter().filter(|&&other| other == value).count();
    values.iter().copied().take(64).max_by_key(|&value| (count(value), std::cmp::Reverse(value)))
}
