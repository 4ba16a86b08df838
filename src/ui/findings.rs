//! Mistakes in a file, shown as a compiler shows them: what, where, the line itself with the place marked, what to do.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// Most findings that are shown with their lines; the rest is counted.
const MOST_SHOWN: usize = 50;

/// Something to say about a file.
#[derive(Debug, Clone)]
pub struct Remark<'a> {
    /// Is it a mistake, or only a doubt?
    pub is_error: bool,
    /// A stable word for scripts.
    pub code: &'a str,
    /// What is wrong.
    pub message: &'a str,
    /// The file, as it was named.
    pub file: &'a str,
    /// The file's text; empty when it is not at hand.
    pub text: &'a str,
    /// Where.
    pub place: Option<RemarkPlace>,
    /// What to do.
    pub hint: Option<&'a str>,
    /// Is one line enough to say it?
    pub in_brief: bool,
}

/// Where a remark belongs.
#[derive(Debug, Clone, Copy)]
pub struct RemarkPlace {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// First byte of the text that is marked.
    pub start: usize,
    /// The byte behind the last one that is marked, on the same line.
    pub end: usize,
}

/// Writes remarks with their lines, styled; the styles are stripped where colour is off.
pub fn render_remarks(remarks: &[Remark<'_>]) -> String {
    let mut out = String::new();
    for remark in remarks.iter().take(MOST_SHOWN) {
        if remark.in_brief {
            brief(&mut out, remark);
        } else {
            out.push_str(&in_full(remark));
            out.push_str("\n\n");
        }
    }
    if remarks.len() > MOST_SHOWN {
        let _ = writeln!(out, "… and {} more; --output json lists all of them", remarks.len() - MOST_SHOWN);
    }
    out
}

fn brief(out: &mut String, remark: &Remark<'_>) {
    let (style, word) = if remark.is_error { ("\x1b[1;91m", "error") } else { ("\x1b[1;93m", "warning") };
    let _ = write!(out, "{style}{word}\x1b[0m: {}", remark.file);
    if let Some(place) = remark.place {
        let _ = write!(out, ":{}:{}", place.line, place.column);
    }
    let _ = writeln!(out, ": {}", remark.message);
}

fn in_full(remark: &Remark<'_>) -> String {
    let level = if remark.is_error { Level::ERROR } else { Level::WARNING };
    let title = level.primary_title(remark.message).id(remark.code);
    let mut group = match remark.place.and_then(|place| line_of(remark.text, place).map(|line| (place, line)))
    {
        Some((place, (line, line_start))) => {
            let shown = place.start - line_start..place.end.max(place.start) - line_start;
            title.element(
                Snippet::source(line)
                    .path(remark.file)
                    .line_start(place.line)
                    .annotation(AnnotationKind::Primary.span(shown)),
            )
        }
        None => {
            let origin = Origin::path(remark.file);
            let origin = match remark.place {
                Some(place) => origin.line(place.line).char_column(place.column),
                None => origin,
            };
            Group::with_title(title).element(origin)
        }
    };
    if let Some(hint) = remark.hint {
        group = group.element(Level::HELP.message(hint));
    }
    Renderer::styled().render(&[group])
}

/// Returns the line that a place is on, and its first byte; one line is all that the renderer needs to see of a large file.
fn line_of(text: &str, place: RemarkPlace) -> Option<(&str, usize)> {
    let before = text.get(..place.start)?;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let length = text[start..].find(['\n', '\r']).unwrap_or(text.len() - start);
    (place.end <= start + length).then(|| (&text[start..start + length], start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(remarks: &[Remark<'_>]) -> String {
        anstream::adapter::strip_str(&render_remarks(remarks)).to_string()
    }

    #[test]
    fn the_line_is_shown_and_the_place_marked() {
        let text = "a: 1\nü: fuse\n";
        let remark = Remark {
            is_error: true,
            code: "unknown-word",
            message: "`fuse` is none of a, b",
            file: "site.yaml",
            text,
            place: Some(RemarkPlace { line: 2, column: 4, start: 9, end: 13 }),
            hint: Some("write a or b"),
            in_brief: false,
        };
        insta::assert_snapshot!(plain(&[remark]), @r"
        error[unknown-word]: `fuse` is none of a, b
         --> site.yaml:2:4
          |
        2 | ü: fuse
          |    ^^^^
          |
          = help: write a or b
        ");
    }

    #[test]
    fn places_that_do_not_fit_the_text_are_still_named() {
        let remark = Remark {
            is_error: false,
            code: "x",
            message: "m",
            file: "site.yaml",
            text: "short",
            place: Some(RemarkPlace { line: 7, column: 3, start: 100, end: 110 }),
            hint: None,
            in_brief: false,
        };
        assert!(plain(&[remark]).contains("site.yaml:7:3"));
    }

    #[test]
    fn a_flood_is_cut() {
        let remark = Remark {
            is_error: true,
            code: "x",
            message: "m",
            file: "f",
            text: "",
            place: None,
            hint: None,
            in_brief: true,
        };
        let shown = plain(&vec![remark; 70]);
        assert_eq!(shown.lines().count(), 51);
        assert!(shown.ends_with("… and 20 more; --output json lists all of them\n"));
    }
}
