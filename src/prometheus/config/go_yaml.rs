//! What the YAML reader of the servers refuses in a text, though YAML 1.2 has it: tabs before tokens of block style, directives of
//! another version, the escape `\/`, and the line breaks of YAML 1.1 where they would end a scalar or a comment.
//!
//! It goes by the text and the places of what was read from it; what the values mean is left to the walk. Where it can't be sure it
//! says nothing: a right file that is refused is worse than a wrong one that the server refuses.

use super::walk::Walk;
use crate::document::{Content, Node, Span};

/// Finds what the server's reader refuses in a whole text.
pub(super) fn check(walk: &mut Walk<'_>) {
    let text = walk.source.text();
    directives(walk, text);
    let has_breaks = text.contains(BREAKS);
    if text.contains('\t') || has_breaks {
        let scalars = Scalars::of(text, walk.source.root());
        tabs(walk, &scalars);
        if has_breaks {
            line_breaks(walk, &scalars);
        }
    }
    if text.contains("\\/") {
        let mut found = Vec::new();
        escapes(text, walk.source.root(), &mut found);
        for at in found {
            let span = Span { start: at, end: at + 2 };
            walk.error_hint("syntax", span, "the escape `\\/` is not known to the server", "write `/`");
        }
    }
}

/// Line breaks in YAML 1.1, texts in YAML 1.2.
const BREAKS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

/// Lines with `%` before the first document.
fn directives(walk: &mut Walk<'_>, text: &str) {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let words = line.trim_start_matches('\u{feff}').trim_end();
        let Some(directive) = words.strip_prefix('%') else {
            if words.is_empty() || words.starts_with('#') {
                start += line.len();
                continue;
            }
            return;
        };
        let mut parts = directive.split_whitespace();
        let wrong = match (parts.next(), parts.next()) {
            (Some("YAML"), Some("1.1")) | (Some("TAG"), _) => None,
            (Some("YAML"), _) => Some("the server reads YAML 1.1 only"),
            _ => Some("this directive is not known to the server"),
        };
        if let Some(wrong) = wrong {
            let span = Span { start, end: start + line.trim_end().len() };
            walk.error_hint("syntax", span, wrong, "leave the line out");
        }
        start += line.len();
    }
}

/// How far a tab may go in or behind a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// In quotes or brackets anything goes up to the end.
    Closed,
    /// From this column on a tab belongs to the scalar, or to the blanks behind it.
    Open(usize),
}

/// A scalar, or a collection in brackets.
struct Part {
    span: Span,
    style: Style,
}

/// The scalars of a text in their order.
struct Scalars<'a> {
    text: &'a str,
    parts: Vec<Part>,
}

impl<'a> Scalars<'a> {
    fn of(text: &'a str, root: &Node) -> Self {
        let mut scalars = Scalars { text, parts: Vec::new() };
        scalars.add(root, None, false);
        scalars.parts.sort_by_key(|part| part.span.start);
        // nothing behind the end of the document is read
        let mut ends = text.match_indices("\n...").map(|(at, _)| at + 1);
        if let Some(end) = ends.find(|at| !scalars.is_inside(*at)) {
            scalars.text = text.get(..end).unwrap_or(text);
        }
        scalars
    }

    fn column(&self, at: usize) -> usize {
        let line = self.text.get(..at).unwrap_or_default();
        line.len() - line.rfind('\n').map_or(0, |end| end + 1)
    }

    /// Says whether only blanks stand before a place on its line.
    fn is_first(&self, at: usize) -> bool {
        let line = self.text.get(at - self.column(at)..at).unwrap_or_default();
        line.trim().is_empty()
    }

    /// Adds a value; `block` is the column of the collection of block style that it is in, and `is_value` says that this is a mapping.
    fn add(&mut self, node: &Node, block: Option<usize>, is_value: bool) {
        let first = self.text.as_bytes().get(node.span.start);
        match (&node.content, first) {
            // behind an alias stands what is added where it is written
            (_, Some(b'*') | None) => {}
            (Content::Map(_) | Content::List(_), Some(b'{' | b'[')) => {
                self.parts.push(Part { span: node.span, style: Style::Closed });
            }
            (Content::Map(entries), _) => {
                let column = entries.first().map(|entry| self.column(entry.key_span.start));
                for entry in entries {
                    self.scalar(entry.key_span, column.max(block));
                    self.add(&entry.value, column.max(block), true);
                }
            }
            (Content::List(elements), _) => {
                // a list whose dashes stand under the key above begins behind its first dash, and has the column of the mapping
                let column = match is_value && !self.is_first(node.span.start) {
                    true => block,
                    false => Some(self.column(node.span.start)).max(block),
                };
                for element in elements {
                    self.add(element, column, false);
                }
            }
            _ => self.scalar(node.span, block),
        }
    }

    fn scalar(&mut self, span: Span, block: Option<usize>) {
        if span.end == span.start {
            return;
        }
        let least = block.map_or(0, |column| column + 1);
        let first = self.text.as_bytes().get(span.start);
        let style = match self.block_header(span.start) {
            // while the column is still to be found no tab may be there
            Some(header) if first == Some(&b'\t') && !has_digit(header) => Style::Open(usize::MAX),
            Some(_) => Style::Open(self.column(span.start)),
            None if matches!(first, Some(b'\'' | b'"')) => Style::Closed,
            None => Style::Open(least),
        };
        self.parts.push(Part { span, style });
    }

    /// Returns the `|` or `>` with its indicators, when a scalar is a block: those begin behind their first blanks.
    fn block_header(&self, start: usize) -> Option<&'a str> {
        let (above, blanks) = self.text.get(..start)?.rsplit_once('\n')?;
        let line = above.trim_end().rsplit('\n').next().filter(|_| blanks.trim().is_empty())?;
        let code = line.split(" #").next().unwrap_or(line).trim_end();
        let header = &code[code.rfind(['|', '>'])?..];
        let is_header = header.bytes().skip(1).all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-'));
        (is_header && !line.trim_start().starts_with('#')).then_some(header)
    }

    /// Returns the last part that begins at a place or before it.
    fn before(&self, at: usize) -> Option<&Part> {
        let behind = self.parts.partition_point(|part| part.span.start <= at);
        self.parts.get(behind.checked_sub(1)?)
    }

    /// Says whether a place is inside of a scalar, behind its first character.
    fn is_inside(&self, at: usize) -> bool {
        self.before(at).is_some_and(|part| part.span.start < at && at < part.span.end)
    }

    /// Says whether a tab among the first blanks of a line is where the server takes none.
    fn is_wrong_tab(&self, at: usize) -> bool {
        let Some(part) = self.before(at) else { return true };
        match part.style {
            Style::Closed => at >= part.span.end,
            Style::Open(column) => {
                let between = self.text.get(part.span.end..at).unwrap_or_default();
                !between.trim().is_empty() || self.column(at) < column
            }
        }
    }
}

fn tabs(walk: &mut Walk<'_>, scalars: &Scalars<'_>) {
    let mut start = 0;
    for line in scalars.text.split_inclusive('\n') {
        let blanks = leading_blanks(line);
        match line[..blanks].find('\t').map(|tab| start + tab) {
            Some(tab) if scalars.is_wrong_tab(tab) => {
                tell_tab(walk, tab, "a tab is used for indentation", "indent with spaces");
            }
            Some(_) => {}
            None if scalars.is_inside(start + blanks) => {}
            None => {
                if let Some(tab) = tab_behind_dash(&line[blanks..]) {
                    let message = "a tab stands where the server takes spaces only";
                    tell_tab(walk, start + blanks + tab, message, "write a space in its place");
                }
            }
        }
        start += line.len();
    }
}

fn tell_tab(walk: &mut Walk<'_>, at: usize, message: &str, hint: &str) {
    walk.error_hint("tab", Span { start: at, end: at + 1 }, message, hint);
}

fn leading_blanks(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

fn has_digit(header: &str) -> bool {
    header.bytes().any(|b| b.is_ascii_digit())
}

/// Finds a tab behind the `-`, `?` or `:` with which a line begins.
fn tab_behind_dash(line: &str) -> Option<usize> {
    let mut at = 0;
    while matches!(line.as_bytes().get(at), Some(b'-' | b'?' | b':')) {
        at += 1;
        let blanks = leading_blanks(&line[at..]);
        if let Some(tab) = line[at..at + blanks].find('\t') {
            return Some(at + tab);
        }
        if blanks == 0 {
            return None;
        }
        at += blanks;
    }
    None
}

/// Says where a line break of YAML 1.1 ends a scalar or a comment, and something follows it.
fn line_breaks(walk: &mut Walk<'_>, scalars: &Scalars<'_>) {
    for (at, found) in scalars.text.match_indices(BREAKS) {
        let rest = &scalars.text[at + found.len()..];
        let rest = rest.split(['\n', '\r']).next().unwrap_or_default();
        let blanks = rest.len() - rest.trim_start_matches(' ').len();
        let is_wrong = match scalars.before(at) {
            Some(part) if at < part.span.end => match part.style {
                Style::Closed => false,
                Style::Open(column) => blanks < column,
            },
            // in a comment
            _ => !rest.trim_start().starts_with('#'),
        };
        if is_wrong && !rest.trim().is_empty() {
            let code = found.chars().next().map_or(0, u32::from);
            let message = format!("the character U+{code:04X} ends the line for the server");
            let span = Span { start: at, end: at + found.len() };
            walk.error_hint("syntax", span, message, "remove it, or put the text in quotes");
        }
    }
}

/// Finds `\/` in texts in double quotes.
fn escapes(text: &str, node: &Node, found: &mut Vec<usize>) {
    let mut scalar = |span: Span| {
        let written = text.get(span.start..span.end).filter(|written| written.starts_with('"'));
        let bytes = written.unwrap_or_default().as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if *byte == b'\\' && bytes.get(at + 1) == Some(&b'/') {
                found.push(span.start + at);
            }
            at += if *byte == b'\\' { 2 } else { 1 };
        }
    };
    match &node.content {
        Content::Text(_) => scalar(node.span),
        Content::List(elements) => elements.iter().for_each(|element| escapes(text, element, found)),
        Content::Map(entries) => {
            for entry in entries {
                scalar(entry.key_span);
            }
            entries.iter().for_each(|entry| escapes(text, &entry.value, found));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::prometheus::config::{FileKind, Surroundings, check_text};

    /// Returns the places of what the server's reader refuses.
    fn refused(text: &str) -> Vec<String> {
        let findings = check_text("f", text, FileKind::Prometheus, &Surroundings::default());
        let of_reader = findings.iter().filter(|finding| matches!(finding.code.as_str(), "tab" | "syntax"));
        of_reader
            .filter_map(|finding| finding.place.map(|place| format!("{}:{}", place.line, place.column)))
            .collect()
    }

    #[test]
    fn tabs_are_refused_before_tokens_of_block_style_only() {
        for (text, wanted) in [
            ("\t\nglobal: {}\n", "1:1"),
            ("global:\n  scrape_interval: 5s\n  \t\nrule_files: []\n", "3:3"),
            ("global:\n  scrape_interval: 5s\n     \t\nrule_files: []\n", ""),
            ("global:\n  scrape_interval: 5s # x\n     \t\nrule_files: []\n", "3:6"),
            ("global: {}\n\t# x\n", "2:1"),
            ("global: {}\n...\n\t# x\n", ""),
            ("rule_files:\n-\ta\n", "2:2"),
            ("rule_files:\n- a\n \t\n- b\n", ""),
            ("rule_files:\n- |\n  a\n  -\tb\n  \t-\tc\n", ""),
            ("rule_files:\n- |\n  a\n\t\n- b\n", "4:1"),
            ("rule_files:\n- |\n  \ta\n", "3:3"),
            ("rule_files:\n- |2\n  \ta\n", ""),
            ("rule_files: ['a\n\t-\tb']\n", ""),
            ("rule_files:\t[a,\tb]\t# c\n", ""),
            ("{\n\t\"global\": {}\n}\n", ""),
            ("?\tglobal\n: {}\n", "1:2"),
        ] {
            assert_eq!(refused(text).join(" "), wanted, "{text:?}");
        }
    }

    #[test]
    fn directives_escapes_and_old_line_breaks_are_refused() {
        for (text, wanted) in [
            ("%YAML 1.1\n---\nglobal: {}\n", ""),
            ("%YAML 1.2\n---\nglobal: {}\n", "1:1"),
            ("# x\n\n%FOO x\n---\nglobal: {}\n", "3:1"),
            ("%TAG ! tag:x,2000:\n---\nglobal: {}\n", ""),
            ("rule_files: [\"a\\/b\"]\n", "1:16"),
            ("rule_files: ['a\\/b', \"a\\\\/b\", a\\/b]\n", ""),
            ("rule_files:\n- a\u{2028}b\n", "2:4"),
            ("rule_files:\n- a\u{2028}  b\n- 'a\u{2029}b'\n- a\u{85}\n", ""),
            ("# a\u{85}b\nglobal: {}\n", "1:4"),
            ("# a\u{85}# b\nglobal: {} # \u{2028}\n", ""),
        ] {
            assert_eq!(refused(text).join(" "), wanted, "{text:?}");
        }
    }
}
