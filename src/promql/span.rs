//! Places in a text: spans in bytes, positions by line and column. Decides nothing; knows no PromQL.

use std::fmt;

/// A part of a text, in bytes from its start; both ends lie on character boundaries.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last one; `start` when the span is a place between two characters.
    pub end: usize,
}

impl Span {
    /// Makes a span of two offsets in bytes.
    pub fn new(start: usize, end: usize) -> Span {
        Span { start, end }
    }

    /// Makes the empty span before the byte `offset`.
    pub fn at(offset: usize) -> Span {
        Span { start: offset, end: offset }
    }

    /// Returns the span from the start of this one to the end of another.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start, end: other.end.max(self.start) }
    }

    /// Returns the same part of a text that begins `offset` bytes earlier.
    pub fn shifted(self, offset: usize) -> Span {
        Span { start: self.start + offset, end: self.end + offset }
    }

    /// Returns the part of `text`; nothing when it does not lie in it.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "@{}..{}", self.start, self.end)
    }
}

/// A place in a text as people count: both from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

impl Position {
    /// Finds the position of the byte `offset` of `text`; of its end when the offset lies behind it.
    pub fn of(text: &str, offset: usize) -> Position {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Position {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters() {
        let text = "a\nöb\n";
        let cases = [(0, 1, 1), (1, 1, 2), (2, 2, 1), (4, 2, 2), (6, 3, 1), (99, 3, 1)];
        for (offset, line, column) in cases {
            assert_eq!(Position::of(text, offset), Position { line, column }, "byte {offset}");
        }
    }
}
