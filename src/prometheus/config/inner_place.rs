//! Where a part of a text stands in the file: texts are written plain, in quotes, as blocks, and over several lines.
//!
//! The text is read again beside its value, byte by byte. Where the two can't be brought together (behind an alias, for example) the
//! place is that of the whole text.

use crate::document::{Node, Span};

/// How a text is written.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    Plain,
    Single,
    Double,
    /// `|`, with the width of its indentation.
    Literal(usize),
    /// `>`.
    Folded,
}

/// Returns where the bytes `start..end` of a text's value stand in the file.
pub(in crate::prometheus) fn inner_span(file: &str, node: &Node, start: usize, end: usize) -> Span {
    let Some(value) = node.text() else {
        // a number stands as it is written
        return Span { start: node.span.start, end: node.span.end };
    };
    let whole = node.span;
    let Some((style, begin)) = style(file, whole) else { return whole };
    let end = end.max(start).min(value.len());
    let Some((from, to)) = align(file.as_bytes(), begin, style, value.as_bytes(), start.min(end), end) else {
        return whole;
    };
    Span { start: from, end: to.max(from) }
}

fn style(file: &str, span: Span) -> Option<(Style, usize)> {
    if let Some(header) = block_header(file, span.start) {
        return block(file, header);
    }
    match file.as_bytes().get(span.start)? {
        b'\'' => Some((Style::Single, span.start + 1)),
        b'"' => Some((Style::Double, span.start + 1)),
        _ => Some((Style::Plain, span.start)),
    }
}

/// Returns where the `|` or `>` stands that a text at this place follows: a block's place is that of its first line.
fn block_header(file: &str, at: usize) -> Option<usize> {
    if let Some(b'|' | b'>') = file.as_bytes().get(at) {
        return Some(at);
    }
    let line = file[..at].rfind('\n')?;
    if !file[line..at].trim().is_empty() {
        return None;
    }
    let above = file[..line].trim_end();
    let above = &above[above.rfind('\n').map_or(0, |at| at + 1)..];
    let start = file[..line].trim_end().len() - above.len();
    let header = above.split(" #").next().unwrap_or(above).trim_end();
    let bare = header.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'));
    let indicator = bare.ends_with(['|', '>']).then(|| bare.len() - 1)?;
    let before = bare[..indicator].chars().last();
    before.is_none_or(|c| c.is_whitespace()).then_some(start + indicator)
}

fn block(file: &str, header: usize) -> Option<(Style, usize)> {
    let length = file[header..].find('\n')?;
    let is_literal = file.as_bytes().get(header) == Some(&b'|');
    // an indentation that is written counts from the parent, which is not known here
    if file[header..header + length].split(" #").next()?.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut at = header + length + 1;
    let text = file[at..].split_inclusive('\n').find(|line| !line.trim().is_empty())?;
    let indent = text.len() - text.trim_start_matches(' ').len();
    if !is_literal {
        at += file[at..]
            .split_inclusive('\n')
            .take_while(|line| line.trim().is_empty())
            .map(str::len)
            .sum::<usize>();
    }
    let begin = at + spaces(file.as_bytes(), at, indent);
    Some((if is_literal { Style::Literal(indent) } else { Style::Folded }, begin))
}

fn spaces(file: &[u8], at: usize, most: usize) -> usize {
    file[at.min(file.len())..].iter().take(most).take_while(|b| **b == b' ').count()
}

/// Goes through file and value together until both ends are found.
fn align(
    file: &[u8],
    begin: usize,
    style: Style,
    value: &[u8],
    start: usize,
    end: usize,
) -> Option<(usize, usize)> {
    let mut at = begin;
    let mut from = None;
    for index in 0..=value.len() {
        if index < value.len() || index == start {
            at = past_fold(file, at, style, value, index);
        }
        if index == start {
            from = Some(at);
        }
        if index == end && end > start {
            return Some((from?, at));
        }
        if index == value.len() {
            break;
        }
        at = step(file, at, style, value[index])?;
    }
    from.map(|from| (from, from + usize::from(start < value.len())))
}

/// Passes over the blanks and line ends that folding took away, when the value goes on with something else.
fn past_fold(file: &[u8], at: usize, style: Style, value: &[u8], index: usize) -> usize {
    let folds = !matches!(style, Style::Literal(_));
    let was_space = index > 0 && value[index - 1] == b' ';
    if !folds || !was_space || value.get(index).is_none_or(|b| b.is_ascii_whitespace()) {
        return at;
    }
    let blanks = file[at.min(file.len())..].iter().take_while(|b| b.is_ascii_whitespace()).count();
    at + blanks
}

/// Passes over what one byte of the value is written as.
fn step(file: &[u8], at: usize, style: Style, wanted: u8) -> Option<usize> {
    let found = *file.get(at)?;
    let next = file.get(at + 1).copied();
    match style {
        Style::Literal(indent) if wanted == b'\n' => {
            let line_end = at + usize::from(found == b'\r');
            (file.get(line_end) == Some(&b'\n')).then(|| line_end + 1 + spaces(file, line_end + 1, indent))
        }
        Style::Single if wanted == b'\'' => (found == b'\'' && next == Some(b'\'')).then_some(at + 2),
        Style::Double if found == b'\\' => {
            let means = match next? {
                b'n' => b'\n',
                b't' => b'\t',
                other @ (b'"' | b'\\' | b'/' | b' ') => other,
                _ => return None,
            };
            (means == wanted).then_some(at + 2)
        }
        _ if found == wanted => Some(at + 1),
        Style::Literal(_) => None,
        _ if wanted == b' ' && matches!(found, b'\n' | b'\r') => {
            let blanks = file[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
            Some(at + blanks)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::document::{Draft, Step};

    use super::*;

    /// The part of a file that a part of the value of `k` stands at.
    fn found<'a>(file: &'a str, part: &str) -> &'a str {
        let source = Draft::read("f", file).source.unwrap();
        let node = source.node(&[Step::Key("k")]).unwrap();
        let start = node.text().unwrap().find(part).unwrap();
        let span = inner_span(source.text(), node, start, start + part.len());
        &file[span.start..span.end]
    }

    #[test]
    fn parts_are_found_however_a_text_is_written() {
        for file in [
            "k: sum(foo) by (bar)\n",
            "k: 'sum(foo) by (bar)'\n",
            "k: \"sum(foo) by (bar)\"\n",
            "k: \"a\\\"\\n sum(foo) by (bar)\"\n",
            "k: 'it''s bar'\n",
            "k: |\n  sum(foo)\n  by (bar)\n",
            "k: |-\n\n    sum(foo)\n      by (bar)\n",
            "k: |\r\n  sum(foo)\r\n  by (bar)\r\n",
            "k: >\n  sum(foo)\n  by (bar)\n",
            "k: >-\n  sum(foo)\n  by\n  (bar)\n",
            "k: sum(foo)\n  by (bar)\n",
            "k: \"sum(foo)  \n  by (bar)\"\n",
        ] {
            assert_eq!(found(file, "bar"), "bar", "{file:?}");
        }
    }

    #[test]
    fn behind_an_alias_the_place_is_the_alias() {
        assert_eq!(found("x: &x foo bar\nk: *x\n", "bar"), "*x");
    }
}
