//! Reads a text again after an edit, and of it no more than can have become another tree.
//!
//! Applies where elements of a list change that is the value of a key of the root, and both are written on lines: `scrape_configs`, `groups`.
//! A reader of YAML goes from left to right. When it comes to the dash of an element it is where it was at the dash before, whatever that
//! element held: in a mapping at column 0, and in a list at the dash's column. So
//!
//! - elements stay as they are whose successor has its dash before the change: no word of theirs can go on behind it;
//! - from the first element on that begins behind the change, and is found again as an element of the same list, all stays and moves.
//!
//! What is between is read below a key at column 0, as in the file. Anchors reach further than that; a file with one is read as a whole.

use std::ops::Range;

use super::layout::{Form, Layout};
use super::{Step, hold};
use crate::document::source::Source;
use crate::document::tree::{self, Content, Entry, MOST_NODES, Node, Reading, Span};

/// Returns the file with a new text, when less than all of it has to be read for that.
pub(super) fn reread(before: &Source, text: &str) -> Option<Source> {
    if !before.is_plain() {
        return None;
    }
    let changed = Changed::between(before.text(), text)?;
    let list = List::around(before, &changed.old)?;
    let reading = tree::read_elements(text, list.start..changed.moved(list.end)?)?;
    let nodes = before.nodes() + reading.nodes;
    let root = list.with(before.root(), reading, &changed)?;
    // what was read twice counts twice: near the bound the whole file decides
    (nodes <= MOST_NODES).then(|| before.with(text.to_owned(), root, nodes))
}

/// What differs between two texts.
#[derive(Debug)]
struct Changed {
    /// In the old one.
    old: Range<usize>,
    /// How much longer the new one is.
    longer: isize,
}

impl Changed {
    fn between(old: &str, new: &str) -> Option<Self> {
        let (old, new) = (old.as_bytes(), new.as_bytes());
        let start = old.iter().zip(new).take_while(|(one, other)| one == other).count();
        let most = old.len().min(new.len()) - start;
        let same = old.iter().rev().zip(new.iter().rev()).take(most);
        let behind = same.take_while(|(one, other)| one == other).count();
        let longer = isize::try_from(new.len()).ok()? - isize::try_from(old.len()).ok()?;
        Some(Changed { old: start..old.len() - behind, longer })
    }

    fn moved(&self, at: usize) -> Option<usize> {
        at.checked_add_signed(self.longer)
    }

    fn moved_span(&self, span: Span) -> Option<Span> {
        Some(Span { start: self.moved(span.start)?, end: self.moved(span.end)? })
    }
}

/// A list of which a part is read again.
#[derive(Debug)]
struct List {
    /// Which entry of the root it is the value of.
    entry: usize,
    /// The first element that is read again, and where its line begins.
    first: usize,
    start: usize,
    /// The element by which it is seen that all is well again. `None`: the rest of the file is read.
    sentinel: Option<usize>,
    /// Where reading ends, in the old text.
    end: usize,
}

impl List {
    fn around(source: &Source, changed: &Range<usize>) -> Option<Self> {
        let layout = Layout { text: source.text() };
        let Content::Map(entries) = &source.root().content else { return None };
        let entry = entries.partition_point(|entry| entry.key_span.end <= changed.start).checked_sub(1)?;
        let Entry { key, key_span, value } = entries.get(entry)?;
        let behind = hold(layout, source, &[Step::Key(key)]).ok()?.behind;
        let (begin, form) = layout.begin(behind, value);
        if layout.column(key_span.start) != 0 || form != Form::Block {
            return None;
        }
        let elements = layout.elements(begin, value.elements());
        let dashes: Vec<usize> = elements.map(|(dash, _)| dash).collect();
        let first = dashes.partition_point(|dash| *dash < changed.start).checked_sub(1)?;
        let start = layout.line_start(*dashes.get(first)?);
        let behind = dashes.partition_point(|dash| layout.line_start(*dash) < changed.end);
        let next = dashes.get(behind + 1).map(|dash| layout.line_start(*dash));
        let end = next.unwrap_or(source.text().len());
        Some(List { entry, first, start, sentinel: next.map(|_| behind), end })
    }

    /// Puts the tree together, unless what was read does not fit in.
    fn with(&self, root: &Node, reading: Reading, changed: &Changed) -> Option<Node> {
        let Content::Map(old) = &root.content else { return None };
        let entry = old.get(self.entry)?;
        let new = reading.root.filter(|_| reading.problems.is_empty() && !reading.has_anchors)?;
        let Content::Map(mut read) = new.content else { return None };
        let behind = read.split_off(1.min(read.len()));
        let list = read.pop()?;
        let Content::List(mut middle) = list.value.content else { return None };
        let elements = entry.value.elements();
        let mut whole: Vec<Node> = Vec::with_capacity(elements.len() + middle.len());
        whole.extend_from_slice(elements.get(..self.first)?);
        let mut following: Vec<Entry> = Vec::new();
        let (list_end, root_end);
        match self.sentinel {
            Some(sentinel) => {
                let seen = middle.pop()?;
                if seen.span.start != changed.moved(elements.get(sentinel)?.span.start)? {
                    return None;
                }
                whole.append(&mut middle);
                for node in elements.get(sentinel..)? {
                    whole.push(moved(node, &|span| changed.moved_span(span))?);
                }
                for entry in old.get(self.entry + 1..)? {
                    following.push(moved_entry(entry, &|span| changed.moved_span(span))?);
                }
                list_end = changed.moved(entry.value.span.end)?;
                root_end = changed.moved(root.span.end)?;
            }
            None => {
                let old = old.get(self.entry + 1..)?;
                if behind.len() != old.len() || behind.iter().zip(old).any(|(new, old)| new.key != old.key) {
                    return None;
                }
                whole.append(&mut middle);
                following = behind;
                list_end = list.value.span.end;
                root_end = new.span.end;
            }
        }
        let span = Span { start: entry.value.span.start, end: list_end };
        let value = Node { content: Content::List(whole), span };
        let mut entries = old.get(..self.entry)?.to_vec();
        entries.push(Entry { key: entry.key.clone(), key_span: entry.key_span, value });
        entries.append(&mut following);
        let span = Span { start: root.span.start, end: root_end };
        Some(Node { content: Content::Map(entries), span })
    }
}

/// Copies a part of the tree to where it stands now.
fn moved(node: &Node, place: &impl Fn(Span) -> Option<Span>) -> Option<Node> {
    let content = match &node.content {
        Content::List(elements) => Content::List(all_moved(elements, place)?),
        Content::Map(entries) => {
            let mut moved = Vec::with_capacity(entries.len());
            for entry in entries {
                moved.push(moved_entry(entry, place)?);
            }
            Content::Map(moved)
        }
        word => word.clone(),
    };
    Some(Node { content, span: place(node.span)? })
}

fn all_moved(nodes: &[Node], place: &impl Fn(Span) -> Option<Span>) -> Option<Vec<Node>> {
    let mut all = Vec::with_capacity(nodes.len());
    for node in nodes {
        all.push(moved(node, place)?);
    }
    Some(all)
}

fn moved_entry(entry: &Entry, place: &impl Fn(Span) -> Option<Span>) -> Option<Entry> {
    let Entry { key, key_span, value } = entry;
    Some(Entry { key: key.clone(), key_span: place(*key_span)?, value: moved(value, place)? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::document::{Draft, Severity};

    /// Elements in the styles that end in a way of their own.
    const ELEMENTS: [&str; 9] = [
        "  - a: 1\n    b: two\n",
        "  # about it\n  - a: 'q'  # why\n\n",
        "  - a: goes on\n      in a second line\n",
        "  - a: |+\n      kept\n\n\n",
        "  - a: >-\n      folded\n    b: [1, {c: 2}]\n",
        "  - - 1\n    - 2\n",
        "  -\n    a:\n      - ü\n",
        "  - plain\n",
        "  - \"two\n    lines\"\n",
    ];
    /// What comes into a text at any place.
    const PIECES: [&str; 22] = [
        "",
        "x",
        "\n",
        "\n\n",
        " ",
        "  ",
        "    more",
        "\n  - new: 1\n",
        "- ",
        "  - k: v\n",
        "# c\n",
        "\n---\n",
        "...\n",
        "[",
        "]",
        "\"",
        "'",
        "&a ",
        "*a",
        "|\n",
        "\t",
        ": ",
    ];

    fn read(text: &str) -> Draft {
        Draft::read("a.yml", text)
    }

    fn text(head: &str, elements: &[usize], tail: &str) -> String {
        let list: String = elements.iter().map(|&at| ELEMENTS[at % ELEMENTS.len()]).collect();
        format!("{head}jobs:\n{list}{tail}")
    }

    /// Asserts that reading in part gives what reading as a whole gives, or nothing; says whether it gave something.
    fn agrees(before: &str, after: &str) -> bool {
        let Some(source) = read(before).source else { return false };
        let Some(part) = reread(&source, after) else { return false };
        let whole = read(after);
        assert_eq!(whole.findings, [], "{before}\n=>\n{after}");
        assert_eq!(Some(part.root()), whole.source.as_ref().map(Source::root), "{before}\n=>\n{after}");
        let last = Span { start: after.len(), end: after.len() };
        let place = |source: &Source| source.finding(Severity::Error, "x", last, "", None);
        assert_eq!(Some(place(&part)), whole.source.as_ref().map(place), "its lines are counted");
        true
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn a_part_is_read_as_the_whole_would_be(
            elements in prop::collection::vec(0usize..9, 0..7),
            head in prop::sample::select(vec!["", "first: 1\n", "# c\n\nother: {a: [1]}\n", "---\n"]),
            tail in prop::sample::select(vec!["", "last: 1\n", "# end\n", "rules:\n  - x\n"]),
            from in 0.0f64..1.0,
            less in 0usize..12,
            piece in prop::sample::select(PIECES.to_vec()),
        ) {
            let before = text(head, &elements, tail);
            let at = |share: usize| {
                let mut at = share.min(before.len());
                while !before.is_char_boundary(at) { at += 1; }
                at
            };
            let start = at((from * before.len() as f64) as usize);
            let after = format!("{}{piece}{}", &before[..start], &before[at(start + less)..]);
            agrees(&before, &after);
        }
    }

    #[test]
    fn usual_edits_are_read_in_part() {
        let all: Vec<usize> = (0..ELEMENTS.len()).collect();
        for (tail, which) in [("", "end"), ("last: 1\n", "middle")] {
            let before = text("first: 1\n", &all, tail);
            for (old, new) in [
                ("b: two", "b: three"),
                ("  - plain\n", ""),
                ("  - plain\n", "  - plain\n  - k: v\n"),
                ("lines\"\n", "lines\"\n  - added\n"),
                ("ü", "much longer than it was"),
            ] {
                assert!(agrees(&before, &before.replacen(old, new, 1)), "{which}: {old}");
            }
        }
    }

    #[test]
    fn what_reaches_further_is_read_as_a_whole() {
        let list: String = (0..8).map(|at| format!("  - a: {at}\n")).collect();
        let jobs = format!("jobs:\n{list}");
        for (before, old, new) in [
            (jobs.replace("a: 2", "a: &x 2").replace("a: 7", "a: *x"), "a: &x 2", "a: 2"),
            (jobs.clone(), "a: 2", "a: &x 2"),
            (jobs.clone(), "a: 2", "a: *x"),
            (jobs.clone(), "a: 2", "a: \"2"),
            (jobs.clone(), "  - a: 2\n", "  - a: 2\nmore:\n"),
            (format!("{jobs}last: 1\n"), "  - a: 7\n", "  - a: 7\njobs: 2\n"),
            (format!("{jobs}last: 1\n"), "last", "jobs"),
            (jobs.clone(), "  - a: 7\n", "  - a: 7\njobs: 2\n"),
            (format!("jobs: 1\n{jobs}"), "a: 2", "a: 5"),
            (format!("more:\n  {}", jobs.replace('\n', "\n  ")), "a: 2", "a: 5"),
            (format!("  {}", jobs.trim_end().replace('\n', "\n  ")), "a: 2", "a: 5"),
            ("jobs: [\n  a,\n  b,\n  c]\n".to_owned(), "b", "d"),
        ] {
            assert!(!agrees(&before, &before.replacen(old, new, 1)), "{before}{old} -> {new}");
        }
    }
}
