//! What has changed between two texts, line by line.

use std::fmt::Write as _;

use similar::{ChangeTag, TextDiff};

/// What `diff` and `patch` say below a last line that has no line break.
const NO_LINE_BREAK: &str = "\\ No newline at end of file\n";
/// Lines around a change that are shown with it.
const CONTEXT: usize = 3;

/// Returns a unified diff, as `patch` takes it; nothing, when the texts are the same. Line breaks are shown as `\n`, whatever they are.
///
/// Most edits are local: only what lies between the common beginning and the common end is compared, so the cost is that of reading both.
pub fn unified_difference(file: &str, old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (lines(old), lines(new));
    let head = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    if head == old.len() && head == new.len() {
        return String::new();
    }
    let skipped = head.saturating_sub(CONTEXT);
    let tails = old[head..].iter().rev().zip(new[head..].iter().rev());
    let tail = tails.take_while(|(one, other)| one == other).count().saturating_sub(CONTEXT);
    let (old, new) = (&old[skipped..old.len() - tail], &new[skipped..new.len() - tail]);
    let mut text = format!("--- {file}\n+++ {file}\n");
    let difference = TextDiff::from_slices(old, new);
    for group in difference.grouped_ops(CONTEXT) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let old_lines = range(skipped, first.old_range().start, last.old_range().end);
        let new_lines = range(skipped, first.new_range().start, last.new_range().end);
        // writing into a string can't fail
        let _ = writeln!(text, "@@ -{old_lines} +{new_lines} @@");
        for change in group.iter().flat_map(|op| difference.iter_changes(op)) {
            let line = change.value().trim_end_matches(['\r', '\n']);
            let _ = writeln!(text, "{}{line}", change.tag());
            if !change.value().ends_with('\n') {
                text.push_str(NO_LINE_BREAK);
            }
        }
    }
    text
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// Writes a range of lines: the number of its first, and how many; an empty one stands behind the line before.
fn range(skipped: usize, start: usize, end: usize) -> String {
    match end - start {
        0 => format!("{},0", skipped + start),
        1 => format!("{}", skipped + start + 1),
        count => format!("{},{count}", skipped + start + 1),
    }
}

/// Returns the lines that differ, `-` before the old and `+` before the new ones.
pub fn changed_lines(old: &str, new: &str) -> Vec<String> {
    let difference = TextDiff::from_lines(old, new);
    let changes = difference.iter_all_changes().filter(|change| change.tag() != ChangeTag::Equal);
    changes
        .map(|change| format!("{}{}", change.tag(), change.value().trim_end_matches(['\r', '\n'])))
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
    }

    #[test]
    fn unified_differences_have_the_numbers_of_the_whole_text() {
        assert_eq!(unified_difference("f", "a\n", "a\n"), "");
        assert_eq!(
            unified_difference("f", "a\r\nb\r\n", "a\r\nc\r\n"),
            "--- f\n+++ f\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"
        );
        assert_eq!(unified_difference("f", "", "a\n"), "--- f\n+++ f\n@@ -0,0 +1 @@\n+a\n");
        assert_eq!(
            unified_difference("f", "a", "a\nb"),
            "--- f\n+++ f\n@@ -1 +1,2 @@\n-a\n\\ No newline at end of file\n+a\n+b\n\\ No newline at end of file\n"
        );
        let old: String = (1..=100).map(|line| format!("{line}\n")).collect();
        let new = old.replace("\n50\n", "\nfifty\n").replace("\n90\n", "\n");
        let wanted = "--- f\n+++ f\n@@ -47,7 +47,7 @@\n 47\n 48\n 49\n-50\n+fifty\n 51\n 52\n 53\n@@ -87,7 +87,6 @@\n 87\n 88\n 89\n-90\n 91\n 92\n 93\n";
        assert_eq!(unified_difference("f", &old, &new), wanted);
    }
}
