//! A YAML text as a tree in which each key and each value knows where it stands.
//!
//! Depth and size are bounded, also behind aliases, so that no file can make the reader grow without end.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Tag};
use serde_json::{Map, Number, Value};

use super::scalar;

/// What is said of an alias without an anchor.
pub(super) const UNKNOWN_ALIAS: &str = "this alias names nothing";
/// Deepest nesting that is read; our deepest file needs seven.
const MOST_DEPTH: usize = 64;
/// Most values in one file, those behind aliases counted each time. A site of 10,000 chargers has about 150,000.
pub(super) const MOST_NODES: usize = 2_000_000;

/// A range of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// The byte behind the last one.
    pub end: usize,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub content: Content,
    /// Where it stands.
    pub span: Span,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A finite number.
    Number(Number),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Keys with values, in the order of the file; no key occurs twice.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key as text.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// Returns the entry of a key, when the node is a mapping that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.content {
            Content::Map(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// Returns the elements of a list; none for anything else.
    pub fn elements(&self) -> &[Node] {
        match &self.content {
            Content::List(elements) => elements,
            _ => &[],
        }
    }

    /// Returns the text of a text.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the same value without places.
    pub fn to_json(&self) -> Value {
        match &self.content {
            Content::Null => Value::Null,
            Content::Bool(value) => Value::Bool(*value),
            Content::Number(number) => Value::Number(number.clone()),
            Content::Text(text) => Value::String(text.clone()),
            Content::List(elements) => elements.iter().map(Node::to_json).collect(),
            Content::Map(entries) => Value::Object(
                entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect::<Map<_, _>>(),
            ),
        }
    }
}

/// A mistake of form, before lines and columns are counted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Problem {
    pub(super) code: &'static str,
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Problem {
    pub(super) fn new(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Problem { code, span, message: message.into(), hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// What was read of a text.
pub(super) struct Reading {
    /// The tree; missing when the text is no YAML, has nothing in it, or is too large; the problems say so.
    pub(super) root: Option<Node>,
    pub(super) problems: Vec<Problem>,
    /// Values that were read, those behind aliases counted each time.
    pub(super) nodes: usize,
    /// Is there an anchor in it?
    pub(super) has_anchors: bool,
}

/// Stands for the key whose value a list is, when only a part of the list is read.
const HEADER: &str = "k:\n";

/// Reads a text.
pub(super) fn read(text: &str) -> Reading {
    at(text, 0, 0)
}

/// Reads elements of a list from a text, from the line of one on, and what is behind the list. The root has a key for the list, and those
/// behind it; places are those in the whole text.
pub(super) fn read_elements(text: &str, lines: Range<usize>) -> Option<Reading> {
    Some(at(&format!("{HEADER}{}", text.get(lines.clone())?), HEADER.len(), lines.start))
}

/// Reads a text that stands somewhere else: without its first bytes, behind others.
fn at(text: &str, without: usize, behind: usize) -> Reading {
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: MOST_DEPTH,
        block_nesting_limit: MOST_DEPTH,
    };
    let mut builder = Builder {
        events: Parser::new_from_str_with_options(text, options),
        anchors: HashMap::new(),
        nodes: 0,
        problems: Vec::new(),
        without,
        behind,
    };
    let root = builder.document().unwrap_or_else(|fatal| {
        builder.problems.push(if is_template(text, fatal.span.start) { fatal.hint(TEMPLATE) } else { fatal });
        None
    });
    let Builder { problems, nodes, anchors, .. } = builder;
    Reading { root, problems, nodes, has_anchors: !anchors.is_empty() }
}

/// A node with what aliases to it would cost.
#[derive(Debug, Clone)]
struct Built {
    node: Node,
    height: usize,
    size: usize,
}

struct Builder<'a> {
    events: Parser<'a, granit_parser::StrInput<'a>>,
    anchors: HashMap<usize, Built>,
    nodes: usize,
    problems: Vec<Problem>,
    without: usize,
    behind: usize,
}

impl<'a> Builder<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Problem> {
        match self.events.next_event() {
            Some(Ok((event, span))) => Ok((event, self.span_of(&span))),
            Some(Err(error)) => Err(syntax_problem(&error)),
            None => Ok((Event::StreamEnd, Span { start: 0, end: 0 })),
        }
    }

    fn span_of(&self, span: &granit_parser::Span) -> Span {
        let range = span.byte_range().unwrap_or(0..0);
        let place = |at: usize| (at + self.behind).saturating_sub(self.without);
        Span { start: place(range.start), end: place(range.end.max(range.start)) }
    }

    fn document(&mut self) -> Result<Option<Node>, Problem> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(root),
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                // `---` with nothing behind it
                Event::Scalar(_, ScalarStyle::Plain, 0, None) if root.is_some() && span.start == span.end => {
                }
                _ if root.is_some() => {
                    return Err(Problem::new("syntax", span, "a second document begins here")
                        .hint("keep one document in a file"));
                }
                event => root = Some(self.node(event, span, 0)?.node),
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Built, Problem> {
        self.count(1, depth, span)?;
        let (anchor, built) = match event {
            Event::Alias(id) => return self.alias(id, span, depth),
            Event::Scalar(word, style, anchor, tag) => {
                let content = self.scalar(word.into_owned(), style, tag.as_deref(), span);
                (anchor, Built { node: Node { content, span }, height: 1, size: 1 })
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), "seq", span);
                (anchor, self.list(span, depth)?)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), "map", span);
                (anchor, self.map(span, depth)?)
            }
            _ => return Err(Problem::new("syntax", span, "not valid YAML: a value is missing here")),
        };
        if anchor != 0 {
            // the copy that aliases are made from counts as well
            self.count(built.size, depth, span)?;
            self.anchors.insert(anchor, built.clone());
        }
        Ok(built)
    }

    /// Counts nodes before they are made: an alias to a large part costs what the part costs.
    fn count(&mut self, more: usize, depth: usize, span: Span) -> Result<(), Problem> {
        self.nodes = self.nodes.saturating_add(more);
        if depth > MOST_DEPTH {
            return Err(Problem::new("too-large", span, format!("nested deeper than {MOST_DEPTH} levels")));
        }
        if self.nodes > MOST_NODES {
            return Err(Problem::new(
                "too-large",
                span,
                format!("more than {MOST_NODES} values in one file"),
            ));
        }
        Ok(())
    }

    fn alias(&mut self, id: usize, span: Span, depth: usize) -> Result<Built, Problem> {
        let Some(target) = self.anchors.get(&id) else {
            return Err(Problem::new("syntax", span, "an alias can't stand inside of what it names"));
        };
        let (height, size) = (target.height, target.size);
        self.count(size, depth + height, span)?;
        // a mistake in there is shown where the alias stands: that is the place at which the value is wrong
        let node = self.anchors.get(&id).map(|built| built.node.clone());
        let content = node.map_or(Content::Null, |node| node.content);
        Ok(Built { node: Node { content, span }, height, size })
    }

    fn list(&mut self, start: Span, depth: usize) -> Result<Built, Problem> {
        let mut elements = Vec::new();
        let (mut height, mut size) = (1, 1);
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                elements.shrink_to_fit();
                let span = Span { start: start.start, end: span.end.max(start.end) };
                return Ok(Built { node: Node { content: Content::List(elements), span }, height, size });
            }
            let built = self.node(event, span, depth + 1)?;
            height = height.max(built.height + 1);
            size += built.size;
            elements.push(built.node);
        }
    }

    fn map(&mut self, start: Span, depth: usize) -> Result<Built, Problem> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut keys = Keys::default();
        let (mut height, mut size) = (1, 1);
        loop {
            let (event, key_span) = self.next()?;
            if event == Event::MappingEnd {
                entries.shrink_to_fit();
                let span = Span { start: start.start, end: key_span.end.max(start.end) };
                return Ok(Built { node: Node { content: Content::Map(entries), span }, height, size });
            }
            let key = self.key(event, key_span)?;
            let (event, span) = self.next()?;
            let built = self.node(event, span, depth + 1)?;
            height = height.max(built.height + 1);
            size += built.size;
            if keys.is_new(&key, &entries) {
                entries.push(Entry { key, key_span, value: built.node });
            } else {
                let message = format!("the key `{key}` stands here twice");
                self.problems
                    .push(Problem::new("duplicate-key", key_span, message).hint("remove one of them"));
            }
        }
    }

    fn key(&mut self, event: Event<'a>, span: Span) -> Result<String, Problem> {
        match event {
            Event::Scalar(word, ..) => Ok(word.into_owned()),
            Event::Alias(_) => Err(Problem::new("syntax", span, "an alias can't be a key")),
            _ => Err(Problem::new("syntax", span, "a key must be one word, not a list or a mapping")
                .hint("put a text that begins with `[` or `{` in quotes")),
        }
    }

    fn scalar(&mut self, word: String, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Content {
        self.refuse_tag(tag, "str", span);
        if style != ScalarStyle::Plain || tag.is_some() {
            return Content::Text(word);
        }
        scalar::meaning(&word).unwrap_or_else(|| {
            self.problems.push(Problem::new(
                "wrong-type",
                span,
                format!("`{word}` is no number that can be used here; it must be finite"),
            ));
            Content::Null
        })
    }

    /// Tags would make a value mean something else than it says; only the harmless ones are taken.
    fn refuse_tag(&mut self, tag: Option<&Tag>, harmless: &str, span: Span) {
        if let Some(tag) = tag.filter(|tag| tag.core_suffix() != Some(harmless)) {
            let message = format!("the tag `{tag}` is not understood");
            self.problems.push(Problem::new("syntax", span, message).hint("remove it"));
        }
    }
}

/// Most keys that are compared one by one; nearly all mappings have fewer, and need no table.
const FEW_KEYS: usize = 16;

/// The keys of a mapping so far.
#[derive(Default)]
struct Keys {
    table: HashSet<String>,
}

impl Keys {
    fn is_new(&mut self, key: &str, entries: &[Entry]) -> bool {
        if entries.len() < FEW_KEYS {
            return entries.iter().all(|entry| entry.key != key);
        }
        if self.table.is_empty() {
            self.table.extend(entries.iter().map(|entry| entry.key.clone()));
        }
        self.table.insert(key.to_owned())
    }
}

/// What is said of a text that a program has to fill in first.
const TEMPLATE: &str =
    "it is a template (`{{ … }}`), as Helm and Ansible have them: render it first, and name what comes out";

/// Says whether a line, or the one above it, has marks of a template where YAML has none.
fn is_template(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count();
    let near = text.lines().skip(line.saturating_sub(1)).take(line.min(1) + 1);
    near.filter(|line| !line.trim_start().starts_with('#')).any(|line| {
        let mark = ["{{", "{%"].iter().filter_map(|mark| line.find(mark)).min();
        mark.is_some_and(|mark| !line[..mark].contains(['\'', '"']))
    })
}

/// Says in our words what the parser found.
fn syntax_problem(error: &ScanError) -> Problem {
    let at = error.marker().byte_offset().unwrap_or(0);
    let span = Span { start: at, end: at };
    let say = |message: &str, hint: &str| Problem::new("syntax", span, message).hint(hint);
    match error.kind() {
        ErrorKind::UnknownAnchor => {
            say(UNKNOWN_ALIAS, "define the anchor (`&name`) before it is used, or quote the text")
        }
        ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation => {
            say("a tab is used for indentation", "indent with spaces")
        }
        ErrorKind::RecursionLimitExceeded => {
            Problem::new("too-large", span, format!("nested deeper than {MOST_DEPTH} levels"))
        }
        ErrorKind::UnclosedFlowCollection { open } => {
            say(&format!("the `{open}` that opens here is never closed"), "close it")
        }
        ErrorKind::UnclosedQuotedScalar => say("the quote that opens here is never closed", "close it"),
        ErrorKind::InvalidIndentation | ErrorKind::ExpectedBlockMappingKey => {
            say("not valid YAML: the indentation does not fit what is above", "line keys up under each other")
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            say("not valid YAML: a key without `:`", "write `key: value`")
        }
        kind => Problem::new("syntax", span, format!("not valid YAML: {kind}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Value {
        let Reading { root: node, problems, .. } = read(text);
        assert_eq!(problems, []);
        node.unwrap().to_json()
    }

    fn only_problem(text: &str) -> Problem {
        let mut problems = read(text).problems;
        assert_eq!(problems.len(), 1, "{problems:?}");
        problems.remove(0)
    }

    #[test]
    fn values_and_their_places_are_read() {
        let text = "a: [1, {b: x}]\nc: \"1\"\n";
        assert_eq!(json(text), serde_json::json!({"a": [1, {"b": "x"}], "c": "1"}));
        let node = read(text).root;
        let entry = node.unwrap();
        let entry = entry.entry("c").unwrap();
        assert_eq!(&text[entry.key_span.start..entry.key_span.end], "c");
        assert_eq!(&text[entry.value.span.start..entry.value.span.end], "\"1\"");
    }

    #[test]
    fn templates_are_called_so() {
        for (text, is_one) in [
            ("a: {{ x }}\n", true),
            ("{% if x %}\na: b\n{% endif %}\n", true),
            ("a:\n  {{- if .x }}\n  b: c\n  {{- end }}\n", true),
            ("a: [b\nc: d\n", false),
            ("# {{ x }}\na: [b\n", false),
            ("a: '{{ x }}'\nb: [c\n", false),
        ] {
            let hint = only_problem(text).hint.unwrap_or_default();
            assert_eq!(hint == TEMPLATE, is_one, "{text}: {hint}");
        }
    }

    #[test]
    fn aliases_are_followed() {
        assert_eq!(json("a: &x {k: 1}\nb: *x\n"), serde_json::json!({"a": {"k": 1}, "b": {"k": 1}}));
    }

    #[test]
    fn a_document_without_anything_may_follow() {
        for end in ["---\n", "---", "...\n", "...\n---\n# why\n"] {
            assert_eq!(json(&format!("a: 1\n{end}")), serde_json::json!({"a": 1}), "{end}");
        }
    }

    #[test]
    fn aliases_that_multiply_are_stopped() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..30 {
            let names = vec![format!("*a{}", level - 1); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{names}]\n"));
        }
        assert_eq!(only_problem(&text).code, "too-large");
    }

    #[test]
    fn deep_nesting_is_stopped_with_and_without_aliases() {
        assert_eq!(only_problem(&"[".repeat(100_000)).code, "too-large");
        let mut text = String::from("a0: &a0 [x]\n");
        for level in 1..1000 {
            text.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
        }
        assert_eq!(only_problem(&text).code, "too-large");
    }

    #[test]
    fn mistakes_of_form_are_named() {
        for (text, code, part) in [
            ("a: 1\na: 2\n", "duplicate-key", "`a` stands here twice"),
            ("a: *b\n", "syntax", "alias names nothing"),
            ("a: &b [*b]\n", "syntax", "inside of what it names"),
            ("a: !!binary x\n", "syntax", "tag"),
            ("a: .inf\n", "wrong-type", "finite"),
            ("[a]: 1\n", "syntax", "key"),
            ("a: 1\n---\nb: 2\n", "syntax", "second document"),
            ("a: 1\n---\n---\nb: 2\n", "syntax", "second document"),
            ("a: 1\n---\n''\n", "syntax", "second document"),
            ("a: [1\n", "syntax", "`[`"),
            ("a: \"x\n", "syntax", "quote"),
            ("a:\n\t- 1\n", "syntax", "tab"),
        ] {
            let problem = only_problem(text);
            assert_eq!(problem.code, code, "{problem:?}");
            assert!(problem.message.contains(part), "{problem:?}");
        }
    }
}
