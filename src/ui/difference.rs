//! What has changed between two texts, line by line.

use std::fmt::Write as _;

use similar::{ChangeTag, TextDiff};

/// Lines around a change that are shown with it.
const CONTEXT: usize = 3;

/// Returns a unified diff, as `patch` takes it; nothing, when the texts are the same. Line breaks are shown as `\n`, whatever they are.
pub fn unified_difference(file: &str, old: &str, new: &str) -> String {
    let difference = TextDiff::from_lines(old, new);
    let mut text = difference.unified_diff().context_radius(CONTEXT).header(file, file).to_string();
    if text.contains('\r') {
        text = text.replace("\r\n", "\n");
    }
    text
}

/// Returns the lines that differ, `-` before the old and `+` before the new ones.
pub fn changed_lines(old: &str, new: &str) -> Vec<String> {
    let difference = TextDiff::from_lines(old, new);
    let changes = difference.iter_all_changes().filter(|change| change.tag() != ChangeTag::Equal);
    changes
        .map(|change| {
            let mut line = String::new();
            // writing into a string can't fail
            let _ = write!(line, "{}{}", change.tag(), change.value().trim_end_matches(['\r', '\n']));
            line
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_shown_line_by_line() {
        assert_eq!(changed_lines("a\nb\nc\n", "a\nx\nb\nc\ny\n"), ["+x", "+y"]);
        assert_eq!(changed_lines("a\nb\n", "a\n"), ["-b"]);
        assert_eq!(changed_lines("a\n", "a\n"), Vec::<String>::new());
        let unified = unified_difference("f", "a\r\nb\r\n", "a\r\nc\r\n");
        assert_eq!(unified, "--- f\n+++ f\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
        assert_eq!(unified_difference("f", "a\n", "a\n"), "");
    }
}
