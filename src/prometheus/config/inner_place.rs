//! Where a part of a text stands in the file: texts are written plain, in quotes, as blocks, and over several lines.
//!
//! The text is read again as it is written (YAML 1.2, chapters 6.5, 7.3 and 8.1), and each byte of its value keeps the place of its
//! spelling. Where what was read is not the value (behind an alias, for example) the place is that of the whole text.

mod spelling;

use crate::document::{Node, Span};
use spelling::Spelling;

/// Returns where the bytes `start..end` of a text's value stand in the file.
pub(in crate::prometheus) fn inner_span(file: &str, node: &Node, start: usize, end: usize) -> Span {
    let Some(value) = node.text() else {
        // a number stands as it is written
        return Span { start: node.span.start, end: node.span.end };
    };
    let Some(places) = places(file, node.span, value) else { return node.span };
    let end = end.max(start).min(value.len());
    let start = start.min(end);
    match (places.get(start), places.get(end.saturating_sub(1))) {
        (Some(first), Some(last)) if start < end => {
            Span { start: first.start, end: last.end.max(first.start) }
        }
        (Some(only), _) => *only,
        // the end of a text is behind what is seen of it, and not on a line behind the text
        (None, _) => {
            let seen = value.trim_end_matches('\n').len();
            let at = seen
                .checked_sub(1)
                .and_then(|last| places.get(last))
                .map_or(node.span.start, |last| last.end);
            Span { start: at, end: at }
        }
    }
}

/// Returns the place of each byte of a text's value; `None`: what stands there is not how the value is written.
fn places(file: &str, span: Span, value: &str) -> Option<Vec<Span>> {
    let mut spelling = Spelling::new(file.as_bytes(), value.as_bytes());
    if let Some(header) = block_header(file, span.start) {
        let is_folded = file.as_bytes().get(header) == Some(&b'>');
        let begin = header + file.get(header..)?.find(['\n', '\r'])?;
        spelling.block(begin, is_folded);
    } else {
        match file.as_bytes().get(span.start)? {
            b'\'' => spelling.single(span.start + 1),
            b'"' => spelling.double(span.start + 1),
            _ => spelling.plain(span.start),
        }
    }
    spelling.places()
}

/// Returns where the `|` or `>` stands that a text at this place follows: a block's place is that of its first line.
fn block_header(file: &str, at: usize) -> Option<usize> {
    let is_break = |c: char| matches!(c, '\n' | '\r');
    let line = file.get(..at)?.rfind(is_break)?;
    if !file[line..at].trim().is_empty() {
        return None;
    }
    let above = file[..line].trim_end();
    let start = above.rfind(is_break).map_or(0, |at| at + 1);
    let above = &above[start..];
    if above.trim_start().starts_with('#') {
        return None;
    }
    let header = above.split(" #").next().unwrap_or(above).trim_end();
    let bare = header.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'));
    let indicator = bare.ends_with(['|', '>']).then(|| bare.len() - 1)?;
    let before = bare[..indicator].chars().last();
    before.is_none_or(char::is_whitespace).then_some(start + indicator)
}

#[cfg(test)]
mod tests;
