//! The lines of a list's element on their way through an editor: what comes back is read alone, so that a mistake is shown where it was
//! typed; on the way out again mistakes stand above the lines as comments, which are taken out when they come back.
//!
//! What the element means, and whether it fits into the file, is left to whoever puts it there.

use super::layout::{Form, Layout};
use super::{Span, UNKNOWN_ALIAS};
use crate::document::source::{Draft, Source, heading};
use crate::document::tree::{Content, Node};
use crate::document::{Finding, Severity};

/// Begins each comment that tells of a mistake.
const MARK: &str = "# enmon: ";
/// Mistakes that are told above the lines; the rest is counted.
const MOST_TOLD: usize = 10;

/// Returns what lines that were typed are called in findings.
pub fn typed_name(noun: &str) -> String {
    format!("the {noun} as you wrote it")
}

/// Reads typed lines alone: they must be a list of one element, which is a mapping. `noun`: what the element is, such as `job`. An alias
/// may name an anchor of the file around.
///
/// # Errors
/// With what is wrong, by its place in the lines.
pub fn read_typed(noun: &str, lines: &str) -> Result<(), Vec<Finding>> {
    let name = typed_name(noun);
    let mut text = lines.to_owned();
    // a reader stops at an alias that names nothing; each one is read as an empty mapping of the same length
    let draft = loop {
        let draft = Draft::read(&name, &text);
        match unknown_alias(&draft, &text) {
            Some((at, length)) => {
                text.replace_range(at..at + length, &format!("{{{}}}", " ".repeat(length - 2)))
            }
            None => break draft,
        }
    };
    let Some(source) = draft.source.as_ref().filter(|_| !draft.has_errors()) else {
        let is_empty = draft.findings.iter().all(|finding| finding.code == "empty");
        return Err(if is_empty { vec![nothing(noun, &name)] } else { draft.into_findings() });
    };
    wrong_form(noun, source).map_or(Ok(()), |finding| Err(vec![finding]))
}

/// Returns where an alias without an anchor begins, and its length.
fn unknown_alias(draft: &Draft, text: &str) -> Option<(usize, usize)> {
    let finding = draft.findings.iter().find(|finding| finding.message.contains(UNKNOWN_ALIAS))?;
    let at = finding.place?.start;
    let length = super::word_at(text, at).len();
    (length >= 2 && text.get(at..)?.starts_with('*')).then_some((at, length))
}

fn nothing(noun: &str, name: &str) -> Finding {
    Finding {
        severity: Severity::Error,
        code: "empty".to_owned(),
        message: format!("there is no {noun} in it"),
        file: name.to_owned(),
        place: None,
        hint: Some(format!("a {noun} is taken out of the file with `delete`, not in the editor")),
    }
}

/// Says what lines are that are not one mapping behind a dash.
fn wrong_form(noun: &str, source: &Source) -> Option<Finding> {
    let root = source.root();
    let wrong = |code: &str, node: &Node, message: String, hint: String| {
        Some(source.finding(Severity::Error, code, heading(node), message, Some(hint)))
    };
    let dash = format!("put `- ` before its first key, and two spaces before each other line of the {noun}");
    let elements = match &root.content {
        Content::List(elements) => elements,
        Content::Map(_) => return wrong("no-dash", root, format!("the {noun} has lost its dash"), dash),
        _ => return wrong("no-mapping", root, format!("this is no {noun}"), dash),
    };
    let Some(element) = elements.first() else { return Some(nothing(noun, source.file())) };
    if let Some(other) = elements.get(1) {
        let message = format!("a second {noun} begins here");
        return wrong(
            "several",
            other,
            message,
            format!("one {noun} is edited here; others are made with `add`"),
        );
    }
    if !matches!(element.content, Content::Map(_)) {
        return wrong(
            "no-mapping",
            element,
            format!("this is no {noun}"),
            format!("a {noun} has keys with values"),
        );
    }
    // the margin of the file's list comes before each line
    let layout = Layout { text: source.text() };
    let (start, form) = layout.begin(0, root);
    let dash = layout.elements(start, elements).next().filter(|_| form == Form::Block);
    let Some((at, _)) = dash else {
        let hint = format!("write `- ` and the keys of the {noun} on lines of their own");
        return wrong("no-dash", root, format!("the {noun} stands in brackets"), hint);
    };
    let hint =
        format!("move the whole {noun} to the left; it gets the margin of the file when it is written");
    (layout.column(at) > 0).then(|| {
        let dash = Span { start: at, end: at + 1 };
        let message = "the dash does not begin its line".to_owned();
        source.finding(Severity::Error, "margin", dash, message, Some(hint))
    })
}

/// Returns typed lines with what is wrong above them. `first_line`: on which line of the file that the findings are about the typed lines
/// begin, from 1. Lines are told as they are in the text that is returned.
pub fn with_mistakes(lines: &str, mistakes: &[Finding], first_line: usize) -> String {
    let errors: Vec<&Finding> =
        mistakes.iter().filter(|finding| finding.severity == Severity::Error).collect();
    let more = errors.len().saturating_sub(MOST_TOLD);
    let above = 2 + errors.len().min(MOST_TOLD) + usize::from(more > 0);
    let count = lines.lines().count();
    let mut told = vec!["What you saved has mistakes, and was not written:".to_owned()];
    for finding in errors.iter().take(MOST_TOLD) {
        let line = finding.place.and_then(|place| place.line.checked_sub(first_line));
        let hint = finding.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
        told.push(match line.filter(|line| *line < count) {
            Some(line) => format!("line {}: {}{hint}", line + 1 + above, finding.message),
            None if finding.place.is_none() => format!("{}{hint}", finding.message),
            None => finding.to_string(),
        });
    }
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    told.push("Mend and save; save it as it is to give up. These comments are taken out again.".to_owned());
    let remarks = told.iter().map(|line| format!("{MARK}{}\n", line.replace(['\n', '\r'], " ")));
    remarks.chain([lines.to_owned()]).collect()
}

/// Returns what came back without the comments that [`with_mistakes`] put above `before`.
pub fn without_mistakes(text: &str, before: &str) -> String {
    let is_ours = |line: &str| line.starts_with(MARK) && !before.lines().any(|old| old == line.trim_end());
    text.split_inclusive('\n').filter(|line| !is_ours(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(lines: &str) -> Vec<String> {
        let findings = read_typed("job", lines).err().unwrap_or_default();
        findings
            .iter()
            .map(|finding| {
                assert_eq!(finding.file, "the job as you wrote it");
                let place = finding.place.map(|place| format!("{}:{} ", place.line, place.column));
                format!("{}{} {}", place.unwrap_or_default(), finding.code, finding.message)
            })
            .collect()
    }

    #[test]
    fn mistakes_are_found_on_the_typed_lines() {
        for right in [
            "- job_name: a\n",
            "# about it\n- job_name: a\n  # why\n  scheme: http\n",
            "- job_name: a\r\n  scheme: http\r\n",
            "-\n  # a-b\n  job_name: a\n",
            "- {job_name: a}",
            "- &mine\n  job_name: a-b\n  labels: *mine-not\n",
            "- job_name: a\n  <<: *of-the-file\n  list: [*x, *yy]\n",
        ] {
            assert_eq!(said(right), [""; 0], "{right}");
        }
        for (wrong, expected) in [
            ("", "empty there is no job in it"),
            ("# only this\n\n", "empty there is no job in it"),
            ("[]\n", "empty there is no job in it"),
            ("- job_name: a\n- job_name: b\n", "2:3 several a second job begins here"),
            ("# c\njob_name: a\n", "2:1 no-dash the job has lost its dash"),
            ("self\n", "1:1 no-mapping this is no job"),
            ("- self\n", "1:3 no-mapping this is no job"),
            ("# c\n  - job_name: a\n", "2:3 margin the dash does not begin its line"),
            ("[{job_name: a}]\n", "1:1 no-dash the job stands in brackets"),
        ] {
            assert_eq!(said(wrong), [expected], "{wrong}");
        }
        for (wrong, place) in [
            ("- job_name: a\n  foo: [\n", "2:8 "),
            ("- job_name: a\n\tfoo: 1\n", "1:13 "),
            ("- job_name: a\n  job_name: b\n", "2:3 "),
            ("- job_name: a\n  <<: *base\n  foo: [\n", "3:8 "),
        ] {
            let said = said(wrong);
            assert!(said.len() == 1 && said[0].starts_with(place), "{wrong}: {said:?}");
        }
    }

    fn finding(line: usize, message: &str) -> Finding {
        let text = "\n".repeat(line - 1) + "x";
        let source = Draft::read("p.yml", &text).source.unwrap();
        let span = Span { start: line - 1, end: line };
        source.finding(Severity::Error, "x", span, message, Some("do it".to_owned()))
    }

    #[test]
    fn mistakes_stand_above_the_lines_and_are_taken_out_again() {
        let lines = "# enmon: mine\n- job_name: a\n  x: 1";
        let mistakes = [finding(9, "wrong"), finding(12, "elsewhere"), nothing("job", "n")];
        let offered = with_mistakes(lines, &mistakes, 7);
        let shown: Vec<&str> = offered.lines().collect();
        assert_eq!(shown[1], "# enmon: line 8: wrong; do it");
        assert_eq!(shown[7], "  x: 1");
        assert_eq!(shown[2], "# enmon: p.yml:12:1: elsewhere; do it");
        assert!(shown[3].starts_with("# enmon: there is no job in it; "), "{offered}");
        assert_eq!(without_mistakes(&offered, lines), lines);
        // an editor may change line breaks, and a person may write above
        let back = format!("# new\n{}\n", offered.replace('\n', "\r\n").replace("x: 1", "x: 2"));
        let expected = "# new\n# enmon: mine\r\n- job_name: a\r\n  x: 2\n";
        assert_eq!(without_mistakes(&back, lines), expected);
        let many: Vec<Finding> = (1..=13).map(|line| finding(line, "wrong")).collect();
        let offered = with_mistakes(lines, &many, 1);
        assert!(offered.contains("# enmon: line 14: wrong; do it\n"), "{offered}");
        assert_eq!(offered.lines().nth(11), Some("# enmon: and 3 more"));
        assert_eq!(without_mistakes(&offered, lines), lines);
    }
}
