//! Reads the tables of expressions and templates.

use std::fs;

/// An expression with a mistake.
pub struct Broken {
    pub text: String,
    /// The byte that the caret stands under.
    pub at: usize,
    pub code: String,
    /// Where promtool's caret stands, when it is another place.
    pub promtool: Option<Other>,
}

/// Another place, and why ours is better.
pub struct Other {
    pub place: (usize, usize),
    pub reason: String,
}

/// An expression that is right.
pub struct Valid {
    pub text: String,
    /// Its syntax is newer than promtool 2.42.
    pub newer: bool,
}

/// A template.
pub struct Template {
    pub text: String,
    /// `= label label` or `^ byte code`.
    pub outcome: String,
    /// Prometheus finds the mistake only when the alert fires.
    pub late: bool,
}

fn table(name: &str) -> Vec<String> {
    let path = format!("{}/tests/promql/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// Finds a caret, and what stands behind it.
fn caret(line: &str) -> Option<(usize, &str)> {
    let column = line.find(|character| character != ' ')?;
    line[column..].strip_prefix("^ ").map(|rest| (column, rest))
}

/// Turns the column of a line into a byte of the text that it shows.
fn byte(shown: &str, column: usize) -> usize {
    shown.chars().take(column).map(|character| if character == '⏎' { 1 } else { character.len_utf8() }).sum()
}

fn text(shown: &str) -> String {
    shown.replace('⏎', "\n")
}

/// Pairs of an expression and the line with its caret.
fn with_carets(lines: &[String]) -> Vec<(&str, usize, &str)> {
    lines
        .windows(2)
        .filter_map(|pair| {
            let (column, rest) = caret(&pair[1])?;
            Some((pair[0].as_str(), byte(&pair[0], column), rest))
        })
        .collect()
}

pub fn broken() -> Vec<Broken> {
    let lines = table("broken.txt");
    let mut cases = Vec::new();
    for (shown, at, rest) in with_carets(&lines) {
        let (code, other) = match rest.split_once(" (promtool ") {
            None => (rest, None),
            Some((code, other)) => {
                let (line, column_and_reason) = other.strip_suffix(')').unwrap().split_once(':').unwrap();
                let (column, reason) = column_and_reason.split_once(": ").unwrap();
                let place = (line.parse().unwrap(), column.parse().unwrap());
                (code, Some(Other { place, reason: reason.to_owned() }))
            }
        };
        cases.push(Broken { text: text(shown), at, code: code.to_owned(), promtool: other });
    }
    // every line is an expression, its caret, a heading or empty
    let blank = lines
        .iter()
        .filter(|line| line.is_empty() || line.starts_with("# ") || line.starts_with("## "))
        .count();
    let comments = cases.iter().filter(|case| case.text.starts_with('#')).count();
    assert_eq!(lines.len(), 2 * cases.len() + blank - comments, "a line in broken.txt is none of these");
    cases
}

pub fn valid() -> Vec<Valid> {
    let lines = table("valid.txt");
    let (heading, lines) = lines.split_at(2);
    assert!(heading.iter().all(|line| line.starts_with("# ")));
    let cases = lines.iter().filter(|line| !line.is_empty() && !line.starts_with("## "));
    cases
        .map(|line| match line.strip_prefix("new: ") {
            Some(newer) => Valid { text: text(newer), newer: true },
            None => Valid { text: text(line), newer: false },
        })
        .collect()
}

pub fn templates() -> Vec<Template> {
    let lines = table("templates.txt");
    let mut cases: Vec<Template> = with_carets(&lines)
        .into_iter()
        .map(|(shown, at, rest)| {
            let (code, late) = match rest.split_once(" (late)") {
                Some((code, _)) => (code, true),
                None => (rest, false),
            };
            Template { text: text(shown), outcome: format!("^ {at} {code}"), late }
        })
        .collect();
    for pair in lines.windows(2).filter(|pair| pair[1].starts_with('=')) {
        cases.push(Template { text: text(&pair[0]), outcome: pair[1].clone(), late: false });
    }
    let blank = lines.iter().filter(|line| line.is_empty() || line.starts_with("# ")).count();
    assert_eq!(lines.len(), 2 * cases.len() + blank, "a line in templates.txt is none of these");
    cases
}
