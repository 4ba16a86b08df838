//! A file that has been read: its tree, its lines, and what was found wrong with it so far.

use super::finding::{Finding, Place, Severity, in_order};
use super::tree::{self, Content, Node, Problem, Reading, Span};

/// Largest file that is read, in bytes.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// One step on the way from the root of a file to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// Into the value of a key.
    Key(&'a str),
    /// Into an element of a list.
    At(usize),
}

impl<'a> From<&'a str> for Step<'a> {
    fn from(key: &'a str) -> Self {
        Step::Key(key)
    }
}

impl From<usize> for Step<'_> {
    fn from(index: usize) -> Self {
        Step::At(index)
    }
}

/// A file's tree with its name and its lines.
#[derive(Debug, Clone)]
pub struct Source {
    file: String,
    text: String,
    line_starts: Vec<usize>,
    root: Node,
    /// Values in the file that was read.
    nodes: usize,
    /// Was nothing wrong with the file, and is there no anchor in it?
    is_plain: bool,
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

impl Source {
    /// Returns the text that was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns what the file is called in findings.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Returns the root of the tree.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// Returns the value at the end of a path.
    pub fn node(&self, path: &[Step<'_>]) -> Option<&Node> {
        path.iter().try_fold(&self.root, |node, step| match step {
            Step::Key(key) => node.entry(key).map(|entry| &entry.value),
            Step::At(index) => node.elements().get(*index),
        })
    }

    /// Returns where a value stands; when it is not written, where its nearest ancestor begins.
    pub fn span(&self, path: &[Step<'_>]) -> Span {
        if let Some(node) = self.node(path) {
            return if matches!(node.content, Content::Map(_) | Content::List(_)) {
                heading(node)
            } else {
                node.span
            };
        }
        match path.split_last() {
            Some((_, above)) => self.span(above),
            None => self.root.span,
        }
    }

    /// Returns where a key stands; when it is not written, where its mapping begins.
    pub fn key_span(&self, path: &[Step<'_>]) -> Span {
        if let Some((Step::Key(key), above)) = path.split_last()
            && let Some(entry) = self.node(above).and_then(|node| node.entry(key))
        {
            return entry.key_span;
        }
        self.span(path)
    }

    /// Makes a finding with its place.
    pub fn finding(
        &self,
        severity: Severity,
        code: &str,
        span: Span,
        message: impl Into<String>,
        hint: Option<String>,
    ) -> Finding {
        Finding {
            severity,
            code: code.to_owned(),
            message: message.into(),
            file: self.file.clone(),
            place: Some(place(&self.text, &self.line_starts, span)),
            hint,
        }
    }

    /// Returns how many values the file has; those behind aliases count each time.
    pub(super) fn nodes(&self) -> usize {
        self.nodes
    }

    /// Says whether nothing was wrong with the file, and no value in it has an anchor.
    pub(super) fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Makes the file that has another text, and this tree of it: a plain one.
    pub(super) fn with(&self, text: String, root: Node, nodes: usize) -> Source {
        let line_starts = line_starts(&text);
        Source { file: self.file.clone(), text, line_starts, root, nodes, is_plain: true }
    }

    pub(super) fn problem(&self, problem: Problem) -> Finding {
        self.finding(Severity::Error, problem.code, problem.span, problem.message, problem.hint)
    }
}

/// Returns the part of a mapping or list by which it is pointed out: its first key, or its opening bracket.
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

/// Counts lines and columns, and cuts the range at the end of its first line.
fn place(text: &str, line_starts: &[usize], span: Span) -> Place {
    let start = floor_char(text, span.start.min(text.len()));
    let line = line_starts.partition_point(|&at| at <= start).max(1);
    let line_start = line_starts.get(line - 1).copied().unwrap_or(0);
    let rest = &text[start..];
    let line_length = rest.find(['\n', '\r']).unwrap_or(rest.len());
    let wanted = span.end.saturating_sub(start).min(line_length);
    let end = floor_char(text, start + wanted);
    let end = start + text[start..end].trim_end().len();
    Place { line, column: text[line_start..start].chars().count() + 1, start, end }
}

fn floor_char(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A file on its way to a typed value: the tree, and the findings so far.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The file; `None` when it is no YAML at all.
    pub source: Option<Source>,
    /// What was found so far.
    pub findings: Vec<Finding>,
}

impl Draft {
    /// Begins with a part of a file that has been read; places stay those of the file.
    pub fn part(source: &Source, key: &str) -> Option<Draft> {
        let root = source.root.entry(key)?.value.clone();
        let source = Source { root, ..source.clone() };
        Some(Draft { source: Some(source), findings: Vec::new() })
    }

    /// Reads a text as YAML. `file` is what findings call it.
    pub fn read(file: &str, text: &str) -> Draft {
        if text.len() > MOST_BYTES {
            return Draft {
                source: None,
                findings: vec![whole_file(file, "too-large", "larger than 32 MiB")],
            };
        }
        let Reading { root, problems, nodes, has_anchors } = tree::read(text);
        let empty = root.is_none() && problems.is_empty();
        let placeholder = Node { content: Content::Null, span: Span { start: 0, end: 0 } };
        let found = root.is_some();
        let source = Source {
            file: file.to_owned(),
            text: text.to_owned(),
            line_starts: line_starts(text),
            root: root.unwrap_or(placeholder),
            nodes,
            is_plain: problems.is_empty() && !has_anchors,
        };
        let mut findings: Vec<Finding> =
            problems.into_iter().map(|problem| source.problem(problem)).collect();
        if empty {
            findings.push(whole_file(file, "empty", "nothing is in this file"));
        }
        Draft { source: found.then_some(source), findings }
    }

    /// Says whether one of the findings is an error.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// Returns the findings by place.
    pub fn into_findings(mut self) -> Vec<Finding> {
        in_order(&mut self.findings);
        self.findings
    }
}

fn whole_file(file: &str, code: &str, message: &str) -> Finding {
    Finding {
        severity: Severity::Error,
        code: code.to_owned(),
        message: message.to_owned(),
        file: file.to_owned(),
        place: None,
        hint: None,
    }
}
