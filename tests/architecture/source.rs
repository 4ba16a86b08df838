//! Reads Rust source as far as the rules need it: which paths does code that is not a test name, and on which line.

/// A path in the code, such as `crate::site::Amps`, with groups spelt out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub line: usize,
    pub segments: Vec<String>,
}

/// Code without its tests.
#[derive(Debug, Default)]
pub struct Code {
    pub paths: Vec<Named>,
    /// Modules that are there for tests only and have a file of their own.
    pub test_modules: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Colons,
    Sign(char),
}

/// Reads a source text.
pub fn read(text: &str) -> Code {
    let mut test_modules = Vec::new();
    let tokens = without_tests(&tokens_of(&without_text(text)), &mut test_modules);
    let mut paths = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let starts = matches!(tokens[at].1, Token::Word(_))
            && !matches!(at.checked_sub(1).map(|before| &tokens[before].1), Some(Token::Sign('.')));
        at = if starts { collect(&tokens, at, &[], &mut paths) } else { at + 1 };
    }
    paths.retain(|path| path.segments.len() > 1);
    Code { paths, test_modules }
}

/// Collects the path that starts at `at` below `prefix`, and returns where it ends.
fn collect(tokens: &[(usize, Token)], mut at: usize, prefix: &[String], found: &mut Vec<Named>) -> usize {
    let line = tokens.get(at).map_or(0, |(line, _)| *line);
    let mut segments = prefix.to_vec();
    loop {
        match tokens.get(at).map(|(_, token)| token) {
            Some(Token::Word(word)) => segments.push(word.clone()),
            Some(Token::Sign('*')) if !segments.is_empty() => segments.push("*".into()),
            Some(Token::Sign('{')) if !segments.is_empty() => return group(tokens, at + 1, &segments, found),
            _ => break,
        }
        at += 1;
        if tokens.get(at).map(|(_, token)| token) != Some(&Token::Colons) {
            break;
        }
        at += 1;
    }
    if segments.len() > prefix.len() {
        found.push(Named { line, segments });
    }
    at
}

/// Collects the members of `prefix::{…}`; `at` is behind the opening brace.
fn group(tokens: &[(usize, Token)], mut at: usize, prefix: &[String], found: &mut Vec<Named>) -> usize {
    while let Some((_, token)) = tokens.get(at) {
        at = match token {
            Token::Sign('}') => return at + 1,
            Token::Word(word) if word == "as" => at + 2,
            Token::Word(_) | Token::Sign('*') => collect(tokens, at, prefix, found).max(at + 1),
            _ => at + 1,
        };
    }
    at
}

/// Blanks comments, strings and character literals; lines stay where they are.
fn without_text(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut plain = String::with_capacity(text.len());
    let mut at = 0;
    while at < letters.len() {
        let end = match (letters[at], letters.get(at + 1)) {
            ('/', Some('/')) => line_end(&letters, at),
            ('/', Some('*')) => block_end(&letters, at),
            ('r', Some('"' | '#')) if !is_word_before(&letters, at) => raw_end(&letters, at),
            ('"', _) => quoted_end(&letters, at, '"'),
            ('\'', _) if is_character(&letters, at) => quoted_end(&letters, at, '\''),
            _ => at,
        };
        if end == at {
            plain.push(letters[at]);
            at += 1;
        } else {
            plain.extend(letters[at..end].iter().map(|letter| if *letter == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    plain
}

fn is_word_before(letters: &[char], at: usize) -> bool {
    at > 0 && (letters[at - 1].is_alphanumeric() || letters[at - 1] == '_')
}

fn line_end(letters: &[char], at: usize) -> usize {
    (at..letters.len()).find(|index| letters[*index] == '\n').unwrap_or(letters.len())
}

fn block_end(letters: &[char], at: usize) -> usize {
    let mut depth = 0;
    let mut index = at;
    while index < letters.len() {
        match (letters[index], letters.get(index + 1)) {
            ('/', Some('*')) => (depth, index) = (depth + 1, index + 1),
            ('*', Some('/')) => (depth, index) = (depth - 1, index + 1),
            _ => {}
        }
        index += 1;
        if depth == 0 {
            break;
        }
    }
    index.min(letters.len())
}

/// `r"…"` and `r#"…"#`; a raw word such as `r#type` is no string.
fn raw_end(letters: &[char], at: usize) -> usize {
    let hashes = letters[at + 1..].iter().take_while(|letter| **letter == '#').count();
    if letters.get(at + 1 + hashes) != Some(&'"') {
        return at;
    }
    let is_end = |index: &usize| {
        letters[*index] == '"'
            && letters[index + 1..].iter().take(hashes).filter(|letter| **letter == '#').count() == hashes
    };
    (at + 2 + hashes..letters.len()).find(is_end).map_or(letters.len(), |index| index + 1 + hashes)
}

fn quoted_end(letters: &[char], at: usize, quote: char) -> usize {
    let mut index = at + 1;
    while index < letters.len() && letters[index] != quote {
        index += if letters[index] == '\\' { 2 } else { 1 };
    }
    (index + 1).min(letters.len())
}

/// Tells `'x'` from the lifetime `'x`.
fn is_character(letters: &[char], at: usize) -> bool {
    letters.get(at + 1) == Some(&'\\') || letters.get(at + 2) == Some(&'\'')
}

fn tokens_of(text: &str) -> Vec<(usize, Token)> {
    let mut tokens = Vec::new();
    for (line, content) in text.lines().enumerate().map(|(index, content)| (index + 1, content)) {
        let mut letters = content.chars().peekable();
        while let Some(letter) = letters.next() {
            if letter.is_alphanumeric() || letter == '_' {
                let mut word = String::from(letter);
                while let Some(next) = letters.next_if(|next| next.is_alphanumeric() || *next == '_') {
                    word.push(next);
                }
                tokens.push((line, Token::Word(word)));
            } else if letter == ':' && letters.next_if_eq(&':').is_some() {
                tokens.push((line, Token::Colons));
            } else if !letter.is_whitespace() {
                tokens.push((line, Token::Sign(letter)));
            }
        }
    }
    tokens
}

/// Leaves out each item behind `#[cfg(test)]`, and notes modules whose code is in another file.
fn without_tests(tokens: &[(usize, Token)], test_modules: &mut Vec<String>) -> Vec<(usize, Token)> {
    let mark = [
        Token::Sign('#'),
        Token::Sign('['),
        Token::Word("cfg".into()),
        Token::Sign('('),
        Token::Word("test".into()),
        Token::Sign(')'),
        Token::Sign(']'),
    ];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let is_mark = tokens[at..].len() >= mark.len()
            && mark.iter().zip(&tokens[at..]).all(|(expected, (_, token))| expected == token);
        if !is_mark {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        at += mark.len();
        let item = at;
        at = item_end(tokens, at);
        let words: Vec<&Token> = tokens[item..at].iter().map(|(_, token)| token).collect();
        if let [.., Token::Word(module), Token::Word(name), Token::Sign(';')] = words[..]
            && module == "mod"
        {
            test_modules.push(name.clone());
        }
    }
    kept
}

/// An item ends with its first semicolon or its closing brace.
fn item_end(tokens: &[(usize, Token)], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some((_, token)) = tokens.get(at) {
        at += 1;
        match token {
            Token::Sign('{') => depth += 1,
            Token::Sign('}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            Token::Sign(';') if depth == 0 => break,
            _ => {}
        }
    }
    at
}

#[test]
fn paths_are_found_with_groups_and_without_text_and_tests() {
    let code = read(
        "//! crate::comment\nuse crate::{site::{Amps, Volts as V}, ui};\nfn f<'a>(x: &'a str) { crate::plant::go(\"crate::text\"); }\n\
         #[cfg(test)]\nmod proofs;\n#[cfg(test)]\nmod tests { use crate::cli; fn g() { if true { } } }\nuse std::fs;\n\
         const C: char = '\"'; fn h() { self.crate_; r#\"crate::raw\"#; super::super::modbus::x(); }",
    );
    let found: Vec<String> =
        code.paths.iter().map(|path| format!("{} {}", path.line, path.segments.join("::"))).collect();
    assert_eq!(
        found,
        [
            "2 crate::site::Amps",
            "2 crate::site::Volts",
            "2 crate::ui",
            "3 crate::plant::go",
            "8 std::fs",
            "9 super::super::modbus::x",
        ]
    );
    assert_eq!(code.test_modules, ["proofs"]);
}
