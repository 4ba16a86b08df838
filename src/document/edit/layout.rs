//! Where the parts of a value stand in the text: what is before it (dash, key, anchor), where it ends, whose the comments around it are.
//!
//! The parser tells where scalars and brackets stand. Blocks have no end of their own: theirs is that of their last part.

use crate::document::tree::{Content, Entry, Node};

/// May stand before the first line; it is no column.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Not written at all: `key:`.
    Absent,
    /// A word, with or without quotes.
    Scalar,
    /// A text below `|` or `>`.
    BlockScalar,
    /// `*name`.
    Alias,
    /// In brackets or braces.
    Flow,
    /// On lines of its own, by indentation.
    Block,
}

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    /// First byte of the value, behind an anchor and a tag.
    pub(super) start: usize,
    /// The byte behind its last one that means something.
    pub(super) end: usize,
    /// How it is written.
    pub(super) form: Form,
}

/// A text that is looked at from places in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout<'a> {
    pub(super) text: &'a str,
}

impl<'a> Layout<'a> {
    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(b'\n')
    }

    /// Returns the next place that is neither blank nor comment.
    pub(super) fn skip(&self, mut at: usize) -> usize {
        let bytes = self.text.as_bytes();
        while at < bytes.len() {
            match bytes[at] {
                b' ' | b'\t' | b'\n' | b'\r' => at += 1,
                b'#' => at = self.line_end(at),
                _ => break,
            }
        }
        at
    }

    /// Returns the end of the line, before its line break.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        let end = rest.find('\n').map_or(self.text.len(), |found| at + found);
        if end > at && self.byte(end - 1) == b'\r' { end - 1 } else { end }
    }

    /// Returns where the line begins.
    pub(super) fn line_start(&self, at: usize) -> usize {
        self.text.get(..at).unwrap_or_default().rfind('\n').map_or(0, |found| found + 1)
    }

    /// Returns where the next line begins, or the end of the text.
    pub(super) fn next_line(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        rest.find('\n').map_or(self.text.len(), |found| at + found + 1)
    }

    /// Returns how far from the beginning of its line a place is; indentation is of spaces, so bytes are columns there.
    pub(super) fn column(&self, at: usize) -> usize {
        let start = self.line_start(at);
        let mark =
            if start == 0 && self.text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
        (at - start).saturating_sub(mark)
    }

    /// Says whether only blanks are before it on its line.
    pub(super) fn begins_line(&self, at: usize) -> bool {
        self.text
            .get(self.line_start(at)..at)
            .is_some_and(|before| before.trim_start_matches(BYTE_ORDER_MARK).trim().is_empty())
    }

    /// Returns where a value begins that follows a colon, a dash, a comma or a bracket, and how it is written.
    pub(super) fn begin(&self, behind: usize, node: &Node) -> (usize, Form) {
        if node.content == Content::Null && node.span.start == node.span.end {
            return (behind, Form::Absent);
        }
        let start = self.first(behind);
        let is_block = matches!(node.content, Content::Map(_) | Content::List(_));
        let form = match self.byte(start) {
            b'*' => Form::Alias,
            b'[' | b'{' => Form::Flow,
            b'"' | b'\'' if !is_block => Form::Scalar,
            b'|' | b'>' => Form::BlockScalar,
            _ if is_block => Form::Block,
            _ => Form::Scalar,
        };
        (start, form)
    }

    /// Returns where a value stands that follows a colon, a dash, a comma or a bracket. The end of a block costs a walk through it.
    pub(super) fn spot(&self, behind: usize, node: &Node) -> Spot {
        let (start, form) = self.begin(behind, node);
        let end = match form {
            Form::Absent => self.behind_properties(behind),
            Form::Alias | Form::Flow | Form::Scalar => node.span.end,
            Form::BlockScalar => self.block_scalar_end(start, node.span.end),
            Form::Block => match &node.content {
                Content::Map(entries) => entries.last().map_or(start, |entry| self.entry(entry).end),
                _ => self.elements(start, node.elements()).last().map_or(start, |(_, spot)| spot.end),
            },
        };
        Spot { start, end, form }
    }

    /// Passes over comments, anchors and tags.
    fn first(&self, behind: usize) -> usize {
        let mut at = self.skip(behind);
        while matches!(self.byte(at), b'&' | b'!') {
            at = self.skip(self.word_end(at));
        }
        at
    }

    /// Passes over anchors and tags on the same line, when there is no value behind them.
    pub(super) fn behind_properties(&self, behind: usize) -> usize {
        let mut end = behind;
        loop {
            let rest = self.text.get(end..).unwrap_or_default();
            let at = end + (rest.len() - rest.trim_start_matches([' ', '\t']).len());
            if !matches!(self.byte(at), b'&' | b'!') {
                return end;
            }
            end = self.word_end(at);
        }
    }

    fn word_end(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        let length = rest.find(|c: char| c.is_whitespace() || ",[]{}".contains(c)).unwrap_or(rest.len());
        at + length.max(1)
    }

    /// Lines at the end that are blank mean something only where the header keeps them (`|+`).
    fn block_scalar_end(&self, header: usize, end: usize) -> usize {
        let header_end = self.line_end(header);
        let words = self.text.get(header..header_end).unwrap_or_default();
        let keeps = words.split('#').next().is_some_and(|indicators| indicators.contains('+'));
        let end = end.max(header_end);
        let body = self.text.get(header_end..end).unwrap_or_default();
        let body = if keeps {
            // the blanks before the next key belong to that line
            let line = body.trim_end_matches([' ', '\t']);
            line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line))
        } else {
            body.trim_end()
        };
        header_end + body.len()
    }

    /// Returns where an entry's value stands.
    pub(super) fn entry(&self, entry: &Entry) -> Spot {
        self.spot(self.colon(entry) + 1, &entry.value)
    }

    /// Returns where the colon behind a key is.
    pub(super) fn colon(&self, entry: &Entry) -> usize {
        self.skip(entry.key_span.end)
    }

    /// Says whether an entry is written with `?`, or without a key.
    pub(super) fn is_explicit(&self, entry: &Entry) -> bool {
        let before = self.text.get(self.line_start(entry.key_span.start)..entry.key_span.start);
        let before = before.unwrap_or_default().trim_end();
        before.ends_with('?') || self.byte(self.colon(entry)) != b':'
    }

    /// Returns where an entry begins: at its key, or at the anchor or tag of the key.
    pub(super) fn key_start(&self, entry: &Entry) -> usize {
        let line_start = self.line_start(entry.key_span.start);
        let before = self.text.get(line_start..entry.key_span.start).unwrap_or_default();
        match before.find(['&', '!']) {
            Some(at) if before[..at].trim_matches([' ', '-']).is_empty() => line_start + at,
            _ => entry.key_span.start,
        }
    }

    /// Returns for each element of a block list its dash, and where its value stands.
    pub(super) fn elements<'n>(
        self,
        start: usize,
        elements: &'n [Node],
    ) -> impl Iterator<Item = (usize, Spot)> + use<'a, 'n> {
        let mut at = start;
        elements.iter().map(move |element| {
            let dash = self.skip(at);
            let spot = self.spot(dash + 1, element);
            at = spot.end.max(dash + 1);
            (dash, spot)
        })
    }

    /// Returns for each part of a flow list or mapping where it begins, and where it ends.
    pub(super) fn flow_parts(&self, node: &Node) -> Vec<(usize, usize)> {
        match &node.content {
            Content::List(elements) => {
                let mut at = node.span.start + 1;
                let parts = elements.iter().map(|element| {
                    let begin = self.skip_comma(at);
                    let spot = self.spot(begin, element);
                    at = spot.end;
                    (begin, spot.end)
                });
                parts.collect()
            }
            Content::Map(entries) => {
                let part = |entry: &Entry| {
                    let end = match self.byte(self.colon(entry)) {
                        b':' => self.entry(entry).end,
                        // a key alone
                        _ => entry.key_span.end,
                    };
                    (self.key_start(entry), end)
                };
                entries.iter().map(part).collect()
            }
            _ => Vec::new(),
        }
    }

    fn skip_comma(&self, at: usize) -> usize {
        let at = self.skip(at);
        if self.byte(at) == b',' { self.skip(at + 1) } else { at }
    }

    /// Returns where the comment begins that stands directly above a line, at a column; the line's own beginning, when there is none.
    pub(super) fn comment_above(&self, line_start: usize, column: usize) -> usize {
        let mut begin = line_start;
        while begin > 0 {
            let above = self.line_start(begin - 1);
            let line = self.text.get(above..begin).unwrap_or_default();
            let is_comment = line.trim_start_matches(' ').starts_with('#');
            if !is_comment || line.len() - line.trim_start_matches(' ').len() != column {
                break;
            }
            begin = above;
        }
        begin
    }

    /// Returns where the lines of a list's element begin: at the comment directly above it that speaks of it. An element above that is
    /// commented out (`# - name: x`) is none of its own.
    pub(super) fn element_begin(&self, dash: usize, column: usize) -> usize {
        let line = self.line_start(dash);
        let begin = self.comment_above(line, column);
        let (mut own, mut at) = (begin, begin);
        // how far the dash of the one that is commented out stands behind its `#`, while its lines last
        let mut out = None;
        while at < line {
            let comment = self.text.get(at..self.line_end(at)).unwrap_or_default().trim_start_matches(' ');
            let words = comment.trim_start_matches('#');
            let depth = words.len() - words.trim_start_matches(' ').len();
            let is_dash = depth <= 1 && words.trim_start().starts_with("- ");
            let is_out = match out {
                Some(dash) if depth > dash || words.trim().is_empty() => true,
                _ if is_dash && (at == own || begins_with_key(words)) => {
                    out = Some(depth);
                    true
                }
                _ => false,
            };
            at = self.next_line(at);
            if is_out {
                own = at;
            } else {
                out = None;
            }
        }
        own.min(line)
    }

    /// Returns the end of the last comment line that follows, and is indented deeper than a column; blank lines may be between.
    pub(super) fn comments_below(&self, line_end: usize, column: usize) -> usize {
        let mut end = line_end;
        let mut at = self.next_line(line_end);
        while at < self.text.len() {
            let stop = self.line_end(at);
            let line = self.text.get(at..stop).unwrap_or_default();
            let word = line.trim_start_matches(' ');
            if word.starts_with('#') && line.len() - word.len() > column {
                end = stop;
            } else if !word.trim().is_empty() {
                break;
            }
            let next = self.next_line(at);
            if next == at {
                break;
            }
            at = next;
        }
        end
    }

    /// Says whether the line that ends before a place is blank.
    pub(super) fn is_blank_above(&self, line_start: usize) -> bool {
        line_start > 0
            && self
                .text
                .get(self.line_start(line_start - 1)..line_start)
                .is_some_and(|line| line.trim().is_empty())
    }
}

/// Says whether the first word behind a dash is a key.
fn begins_with_key(words: &str) -> bool {
    let word = words.trim_start().trim_start_matches('-').split_whitespace().next();
    word.is_some_and(|word| word.len() > 1 && word.ends_with(':'))
}
