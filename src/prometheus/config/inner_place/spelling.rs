//! Reads a YAML text byte by byte and keeps where each byte of its value is written. Decides how lines are folded and what escapes mean;
//! leaves finding the text in the file to its caller.

use crate::document::Span;

/// A value that is read again from the file.
pub(super) struct Spelling<'a> {
    file: &'a [u8],
    /// What has to come out.
    value: &'a [u8],
    read: Vec<u8>,
    places: Vec<Span>,
}

/// A line of a block.
struct Line {
    /// Where it begins, behind its indentation.
    start: usize,
    /// Where its break begins.
    end: usize,
    /// Where the next line begins.
    next: usize,
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

impl<'a> Spelling<'a> {
    pub(super) fn new(file: &'a [u8], value: &'a [u8]) -> Self {
        Spelling {
            file,
            value,
            read: Vec::with_capacity(value.len()),
            places: Vec::with_capacity(value.len()),
        }
    }

    /// Returns the place of each byte, when the value is what was read.
    pub(super) fn places(self) -> Option<Vec<Span>> {
        self.read.starts_with(self.value).then_some(self.places)
    }

    /// Reads an unquoted text.
    pub(super) fn plain(&mut self, mut at: usize) {
        while let Some(byte) = self.next_byte(at) {
            at = match self.fold(at) {
                Some(behind) => behind,
                None => self.push(byte, at, at + 1),
            };
        }
    }

    /// Reads a text in `'`, from behind the quote.
    pub(super) fn single(&mut self, mut at: usize) {
        while let Some(byte) = self.next_byte(at) {
            at = match self.fold(at) {
                Some(behind) => behind,
                None if byte == b'\'' && self.byte(at + 1) != Some(b'\'') => return,
                None => self.push(byte, at, at + 1 + usize::from(byte == b'\'')),
            };
        }
    }

    /// Reads a text in `"`, from behind the quote.
    pub(super) fn double(&mut self, mut at: usize) {
        while let Some(byte) = self.next_byte(at) {
            at = match (self.fold(at), byte) {
                (Some(behind), _) => behind,
                (None, b'"') => return,
                (None, b'\\') => match self.escape(at) {
                    Some(behind) => behind,
                    None => return,
                },
                (None, _) => self.push(byte, at, at + 1),
            };
        }
    }

    /// Reads a block from the break behind its header.
    pub(super) fn block(&mut self, header_end: usize, is_folded: bool) {
        let Some(mut at) = self.line_break(header_end) else { return };
        let Some(indent) = self.indent(at) else { return };
        let mut breaks: Vec<(usize, usize)> = Vec::new();
        let mut was_text = None;
        while self.read.len() < self.value.len() {
            let Some(line) = self.line(at, indent) else { break };
            let first = (line.start < line.end).then(|| self.file[line.start]);
            if let Some(first) = first {
                let is_text = is_folded && !is_blank(first);
                if is_text && was_text == Some(true) {
                    self.folded(&breaks);
                } else {
                    self.kept(&breaks);
                }
                breaks.clear();
                was_text = Some(is_text);
                for place in line.start..line.end {
                    self.push(self.file[place], place, place + 1);
                }
            }
            if line.next > line.end {
                breaks.push((line.end, line.next));
            }
            at = line.next;
        }
        self.kept(&breaks);
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.file.get(at).copied()
    }

    /// Returns the byte at a place; nothing when the value is complete, or when another one is read.
    fn next_byte(&self, at: usize) -> Option<u8> {
        if self.read.len() >= self.value.len() {
            return None;
        }
        self.byte(at)
    }

    /// Adds a byte that is written in the bytes `start..end`; returns the end.
    fn push(&mut self, byte: u8, start: usize, end: usize) -> usize {
        self.read.push(byte);
        self.places.push(Span { start, end });
        end
    }

    /// Returns what is behind a line break, when one begins at the place.
    fn line_break(&self, at: usize) -> Option<usize> {
        match self.byte(at)? {
            b'\r' if self.byte(at + 1) == Some(b'\n') => Some(at + 2),
            b'\n' | b'\r' => Some(at + 1),
            _ => None,
        }
    }

    fn past(&self, at: usize, wanted: impl Fn(u8) -> bool) -> usize {
        let rest = self.file.get(at..).unwrap_or_default();
        at + rest.iter().take_while(|byte| wanted(**byte)).count()
    }

    /// Folds the line that ends at the place with the next one: one break is a space, further ones stay. Blanks around them go.
    fn fold(&mut self, at: usize) -> Option<usize> {
        let end = self.past(at, is_blank);
        let mut behind = self.line_break(end)?;
        let mut breaks = vec![(end, behind)];
        loop {
            let text = self.past(behind, is_blank);
            let Some(next) = self.line_break(text) else {
                if let [only] = breaks.as_mut_slice() {
                    // the indentation belongs to the space
                    only.1 = text;
                }
                self.folded(&breaks);
                return Some(text);
            };
            breaks.push((text, next));
            behind = next;
        }
    }

    /// Adds the breaks between two lines that are folded.
    fn folded(&mut self, breaks: &[(usize, usize)]) {
        match breaks {
            [(start, end)] => {
                self.push(b' ', *start, *end);
            }
            [_, more @ ..] => self.kept(more),
            [] => {}
        }
    }

    fn kept(&mut self, breaks: &[(usize, usize)]) {
        for (start, end) in breaks {
            self.push(b'\n', *start, *end);
        }
    }

    /// Reads an escape in `"`; returns what is behind it.
    fn escape(&mut self, at: usize) -> Option<usize> {
        if let Some(behind) = self.line_break(at + 1) {
            return Some(self.escaped_break(behind));
        }
        let (character, length) = match self.byte(at + 1)? {
            b'0' => ('\0', 2),
            b'a' => ('\x07', 2),
            b'b' => ('\x08', 2),
            b't' | b'\t' => ('\t', 2),
            b'n' => ('\n', 2),
            b'v' => ('\x0b', 2),
            b'f' => ('\x0c', 2),
            b'r' => ('\r', 2),
            b'e' => ('\x1b', 2),
            other @ (b' ' | b'"' | b'/' | b'\\') => (char::from(other), 2),
            b'N' => ('\u{85}', 2),
            b'_' => ('\u{a0}', 2),
            b'L' => ('\u{2028}', 2),
            b'P' => ('\u{2029}', 2),
            b'x' => (char::from_u32(self.digits(at + 2, 2)?)?, 4),
            b'u' => self.short_escape(at)?,
            b'U' => (char::from_u32(self.digits(at + 2, 8)?)?, 10),
            _ => return None,
        };
        for byte in character.encode_utf8(&mut [0; 4]).bytes() {
            self.push(byte, at, at + length);
        }
        Some(at + length)
    }

    /// Passes over the indentation behind an escaped break; empty lines stay.
    fn escaped_break(&mut self, mut behind: usize) -> usize {
        loop {
            let text = self.past(behind, is_blank);
            let Some(next) = self.line_break(text) else { return text };
            behind = self.push(b'\n', text, next);
        }
    }

    /// Reads `\u` with four digits; two of them, as JSON has it, for a character beyond.
    fn short_escape(&self, at: usize) -> Option<(char, usize)> {
        let high = self.digits(at + 2, 4)?;
        if let Some(character) = char::from_u32(high) {
            return Some((character, 6));
        }
        let low = self.digits(at + 8, 4).filter(|low| (0xdc00..0xe000).contains(low))?;
        let beyond = (high.checked_sub(0xd800)? << 10) + (low - 0xdc00);
        Some((char::from_u32(0x1_0000 + beyond)?, 12))
    }

    fn digits(&self, at: usize, count: usize) -> Option<u32> {
        let digits = std::str::from_utf8(self.file.get(at..at + count)?).ok()?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
    }

    /// Returns how far a block's lines are indented: by what its first line with something on it lacks in the value. So an indentation
    /// that is written, which counts from a parent that is not known here, needs no parent.
    fn indent(&self, mut at: usize) -> Option<usize> {
        let spaces = |line: &[u8]| line.iter().take_while(|byte| **byte == b' ').count();
        let is_seen = |line: &&[u8]| line.iter().any(|byte| *byte != b' ');
        let inner = spaces(self.value.split(|byte| *byte == b'\n').find(is_seen)?);
        loop {
            let line = self.line(at, 0)?;
            let text = &self.file[line.start..line.end];
            if is_seen(&text) {
                return spaces(text).checked_sub(inner);
            }
            if line.next == line.end {
                return None;
            }
            at = line.next;
        }
    }

    /// Returns the line of a block that begins at the place; nothing behind the block.
    fn line(&self, at: usize, indent: usize) -> Option<Line> {
        if at >= self.file.len() {
            return None;
        }
        let spaces = self.past(at, |byte| byte == b' ') - at;
        let start = at + spaces.min(indent);
        let end = self.past(start, |byte| !matches!(byte, b'\n' | b'\r'));
        if spaces < indent && start < end {
            return None;
        }
        Some(Line { start, end, next: self.line_break(end).unwrap_or(end) })
    }
}
