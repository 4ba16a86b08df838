//! Fitting words into columns of a terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Returns the columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// Cuts a text to at most `columns`, with `…` where something is missing. Control characters never reach the terminal.
pub(super) fn cut(text: &str, columns: usize) -> String {
    let clean: String = text.chars().filter(|letter| !letter.is_control()).collect();
    if width(&clean) <= columns {
        return clean;
    }
    let mut taken = String::new();
    let mut used = 0;
    for letter in clean.chars() {
        let letter_width = letter.width().unwrap_or(0);
        if used + letter_width + 1 > columns {
            break;
        }
        used += letter_width;
        taken.push(letter);
    }
    if columns > 0 {
        taken.truncate(taken.trim_end().len());
        taken.push('…');
    }
    taken
}

/// Leaves out what is too much from the end of a text with parts between ` · `; a part is shown as a whole or not at all.
pub(super) fn whole_parts(text: &str, columns: usize) -> &str {
    let mut shown = text;
    while width(shown) > columns {
        shown = shown.rsplit_once(" · ").map_or("", |(before, _)| before);
    }
    shown
}

/// Makes a text exactly `columns` wide, aligned to the left.
pub(super) fn left(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    let missing = columns - width(&text).min(columns);
    text + &" ".repeat(missing)
}

/// Makes a text exactly `columns` wide, aligned to the right.
pub(super) fn right(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    " ".repeat(columns - width(&text).min(columns)) + &text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_left_out_as_a_whole() {
        for (columns, expected) in [(20, "cycle 7 · read 4 ms"), (18, "cycle 7"), (6, "")] {
            assert_eq!(whole_parts("cycle 7 · read 4 ms", columns), expected);
        }
    }

    #[test]
    fn texts_are_cut_to_the_column() {
        for (text, columns, expected) in [
            ("row-1", 8, "row-1"),
            ("row-1", 5, "row-1"),
            ("row-1", 4, "row…"),
            ("row 1", 5, "row 1"),
            ("row 12", 5, "row…"),
            ("a", 0, ""),
            ("充電器", 5, "充電…"),
            ("充電器", 4, "充…"),
            ("red\x1b[31m", 20, "red[31m"),
        ] {
            assert_eq!(cut(text, columns), expected, "{text:?} in {columns}");
        }
        assert_eq!(right("6.0", 5), "  6.0");
        assert_eq!(left("充電器", 4), "充… ");
    }
}
