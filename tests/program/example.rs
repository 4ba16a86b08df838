//! Examples in help texts and documents: do they mean something to the real command line?

use clap::error::ErrorKind;

/// Returns the lines of an `Examples:` section, or nothing when there is none.
pub fn examples_in(notes: &str) -> Vec<&str> {
    let mut lines = notes.lines();
    if !lines.any(|line| line == "Examples:") {
        return Vec::new();
    }
    lines.map_while(|line| line.strip_prefix("  ")).filter(|line| line.starts_with("enmon ")).collect()
}

/// Parses an example as a shell and enmon would; nothing is run.
pub fn check(command: &clap::Command, example: &str) -> Result<(), String> {
    match command.clone().try_get_matches_from(words(example)) {
        Ok(_) => Ok(()),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => Ok(()),
        Err(error) => Err(format!("{example}\n{error}")),
    }
}

/// Splits a line into the words of its first command: quotes hold words together, and a pipe, a redirection or a comment ends it.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (Some(_), _) => word.get_or_insert_default().push(letter),
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, '|' | '>' | '<' | '&' | ';' | '#') if word.is_none() => return words,
            (None, _) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

#[test]
fn shell_syntax_is_no_argument() {
    for (line, expected) in [
        ("enmon a 'b c' | head -1", vec!["enmon", "a", "b c"]),
        ("enmon a > file", vec!["enmon", "a"]),
        ("enmon a \"\" # why", vec!["enmon", "a", ""]),
        ("enmon a b#c & wait", vec!["enmon", "a", "b#c"]),
    ] {
        assert_eq!(words(line), expected, "{line}");
    }
}
