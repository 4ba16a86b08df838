//! Finds the actions of a template and cuts them into words and signs. Decides where each begins and ends; leaves their order to `action`.

use super::{TemplateCode, TemplateError};
use crate::promql::literal::unquote;
use crate::promql::span::Span;

/// What stands between `{{` and `}}`.
#[derive(Debug)]
pub(super) struct Action {
    /// Its place, with the braces.
    pub span: Span,
    pub tokens: Vec<Token>,
}

/// A word or sign of an action.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub kind: Kind,
    pub span: Span,
    /// There is space before it.
    pub spaced: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A function or keyword.
    Word,
    /// `.name`
    Field,
    /// `$name`, or `$` alone
    Variable,
    Dot,
    Text(String),
    Number,
    Open,
    Close,
    Pipe,
    Comma,
    /// `:=`
    Declare,
    /// `=`
    Assign,
}

type Scanned<T> = Result<T, TemplateError>;

/// Finds the actions of a template, without comments.
pub(super) fn actions(text: &str) -> Scanned<Vec<Action>> {
    let mut actions = Vec::new();
    let mut at = 0;
    while let Some(open) = text.get(at..).and_then(|rest| rest.find("{{")) {
        let start = at + open;
        let mut scanner = Scanner { text, start, at: start + 2 };
        scanner.skip_trim_marker();
        if scanner.rest().starts_with("/*") {
            at = scanner.comment()?;
            continue;
        }
        let tokens = scanner.tokens()?;
        at = scanner.at;
        actions.push(Action { span: Span::new(start, at), tokens });
    }
    Ok(actions)
}

struct Scanner<'a> {
    text: &'a str,
    /// Where the action begins.
    start: usize,
    at: usize,
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Skips the `- ` of `{{- `.
    fn skip_trim_marker(&mut self) {
        if let [b'-', space, ..] = self.rest().as_bytes()
            && space.is_ascii_whitespace()
        {
            self.at += 2;
        }
    }

    fn unclosed(&self, message: &str) -> TemplateError {
        TemplateError::new(Span::new(self.start, self.start + 2), TemplateCode::UnclosedAction, message)
            .hint("put `}}` at its end")
    }

    /// Reads a comment; returns where the text goes on.
    fn comment(&mut self) -> Scanned<usize> {
        let Some(end) = self.rest().find("*/") else {
            return Err(self.unclosed("this comment has no `*/` behind it"));
        };
        let after = self.at + end + 2;
        let rest = self.text.get(after..).unwrap_or_default();
        let trimmed = rest.strip_prefix([' ', '\t', '\r', '\n']).and_then(|rest| rest.strip_prefix("-}}"));
        if rest.starts_with("}}") {
            return Ok(after + 2);
        }
        match trimmed {
            Some(_) => Ok(after + 4),
            None => Err(self.unclosed("a comment fills its action: `}}` has to stand right behind `*/`")),
        }
    }

    /// Reads the tokens of an action, and its end.
    fn tokens(&mut self) -> Scanned<Vec<Token>> {
        let mut tokens: Vec<Token> = Vec::new();
        let mut spaced = true;
        loop {
            let rest = self.rest();
            let Some(first) = rest.chars().next() else {
                return Err(self.unclosed("this `{{` has no `}}` behind it"));
            };
            if rest.starts_with("}}") {
                self.at += 2;
                return Ok(tokens);
            }
            if spaced && rest.starts_with("-}}") {
                self.at += 3;
                return Ok(tokens);
            }
            if rest.starts_with("{{") {
                return Err(self.unclosed("this `{{` has no `}}` before the next one"));
            }
            if first.is_ascii_whitespace() {
                self.at += 1;
                spaced = true;
                continue;
            }
            let start = self.at;
            let kind = self.token(first)?;
            tokens.push(Token { kind, span: Span::new(start, self.at), spaced });
            spaced = false;
        }
    }

    fn token(&mut self, first: char) -> Scanned<Kind> {
        let second = self.rest().chars().nth(1).unwrap_or(' ');
        let in_word = |character: char| character.is_alphanumeric() || character == '_';
        let kind = match first {
            '"' | '`' | '\'' => return self.string(first),
            '.' if second.is_ascii_digit() => return self.number(),
            '.' if in_word(second) => Kind::Field,
            '$' => Kind::Variable,
            '+' | '-' if second.is_ascii_digit() || second == '.' => return self.number(),
            _ if first.is_ascii_digit() => return self.number(),
            _ if in_word(first) => Kind::Word,
            _ => return self.sign(first, second),
        };
        let skip = if kind == Kind::Word { 0 } else { 1 };
        let length: usize = self
            .rest()
            .chars()
            .skip(skip)
            .take_while(|character| in_word(*character))
            .map(char::len_utf8)
            .sum();
        self.at += skip + length;
        self.terminated(kind)
    }

    /// Makes sure that a name does not run into something else.
    fn terminated(&self, kind: Kind) -> Scanned<Kind> {
        let next = self.rest().chars().next().unwrap_or(' ');
        if next.is_whitespace() || ".,|:)(=}".contains(next) {
            return Ok(kind);
        }
        let span = Span::new(self.at, self.at + next.len_utf8());
        let error = TemplateError::new(
            span,
            TemplateCode::Unexpected,
            format!("`{next}` can't stand right behind a name"),
        );
        Err(match next {
            '-' => error.hint("a label with such a name is read by `index $labels \"name\"`"),
            '[' => error.hint("write `index $labels \"name\"`"),
            '"' | '`' | '\'' | '$' => error.hint("put a space between"),
            _ => error,
        })
    }

    fn sign(&mut self, first: char, second: char) -> Scanned<Kind> {
        let (kind, length) = match (first, second) {
            ('(', _) => (Kind::Open, 1),
            (')', _) => (Kind::Close, 1),
            ('|', '|') => (Kind::Pipe, 0),
            ('|', _) => (Kind::Pipe, 1),
            (',', _) => (Kind::Comma, 1),
            (':', '=') => (Kind::Declare, 2),
            ('=', '=') => (Kind::Assign, 0),
            ('=', _) => (Kind::Assign, 1),
            ('.', _) => (Kind::Dot, 1),
            _ => (Kind::Dot, 0),
        };
        if length > 0 {
            self.at += length;
            return Ok(kind);
        }
        let span = Span::new(self.at, self.at + first.len_utf8());
        let error = TemplateError::new(
            span,
            TemplateCode::Unexpected,
            format!("`{first}` means nothing in a template"),
        );
        Err(match first {
            '=' => error.hint("write `eq a b`"),
            '>' => error.hint("write `gt a b`"),
            '<' => error.hint("write `lt a b`"),
            '!' => error.hint("write `not a` or `ne a b`"),
            '&' => error.hint("write `and a b`"),
            '|' => error.hint("write `or a b`"),
            '/' if second == '*' => error.hint("a comment begins right behind the braces: `{{/* … */}}`"),
            '+' | '-' | '*' | '/' | '%' => {
                error.hint("templates don't compute: let the expression do it, or a `query`")
            }
            '“' | '”' => error.hint("write a straight quote: \""),
            _ => error,
        })
    }

    fn number(&mut self) -> Scanned<Kind> {
        let run = |character: &char| character.is_alphanumeric() || "._+-".contains(*character);
        let literal: String = self.rest().chars().take_while(run).collect();
        let plain = literal.trim_start_matches(['+', '-']).replace('_', "").to_ascii_lowercase();
        let prefixed = |prefix: &str, radix: u32| {
            plain.strip_prefix(prefix).is_some_and(|digits| i64::from_str_radix(digits, radix).is_ok())
        };
        let decimal = plain.starts_with(|first: char| first.is_ascii_digit() || first == '.')
            && plain.parse::<f64>().is_ok();
        let span = Span::new(self.at, self.at + literal.len());
        if !(decimal
            || is_hexadecimal_float(&plain)
            || prefixed("0x", 16)
            || prefixed("0b", 2)
            || prefixed("0o", 8))
        {
            return Err(TemplateError::new(
                span,
                TemplateCode::Unexpected,
                format!("`{literal}` is no number"),
            ));
        }
        self.at += literal.len();
        Ok(Kind::Number)
    }

    /// Reads a string, or a character in single quotes.
    fn string(&mut self, quote: char) -> Scanned<Kind> {
        let start = self.at;
        let mut escaped = false;
        for (at, character) in self.text.get(start + 1..).unwrap_or_default().char_indices() {
            match character {
                _ if escaped => escaped = false,
                '\\' if quote != '`' => escaped = true,
                '\n' if quote != '`' => break,
                _ if character == quote => {
                    let inner = self.text.get(start + 1..start + 1 + at).unwrap_or_default();
                    self.at = start + at + 2;
                    return self.unquoted(inner, quote, Span::new(start, start + at + 2));
                }
                _ => {}
            }
        }
        let span = Span::new(start, start + 1);
        Err(TemplateError::new(
            span,
            TemplateCode::UnclosedString,
            format!("this string has no closing {quote}"),
        ))
    }

    fn unquoted(&self, inner: &str, quote: char, span: Span) -> Scanned<Kind> {
        let value = unquote(inner, quote)
            .map_err(|mistake| TemplateError::new(span, TemplateCode::Unexpected, mistake.message))?;
        match quote {
            '\'' if value.chars().count() == 1 => Ok(Kind::Number),
            '\'' => {
                let error =
                    TemplateError::new(span, TemplateCode::Unexpected, "single quotes hold one character");
                Err(error.hint("write a string in \"…\" or `…`"))
            }
            _ => Ok(Kind::Text(value)),
        }
    }
}

/// Says whether a number is one of Go's such as `0x1.8p-4`: with an exponent of 2, which has to be there.
fn is_hexadecimal_float(plain: &str) -> bool {
    let Some((mantissa, exponent)) = plain.strip_prefix("0x").and_then(|rest| rest.split_once('p')) else {
        return false;
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_hexadecimal = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    is_hexadecimal(whole)
        && is_hexadecimal(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && !exponent.is_empty()
        && exponent.bytes().all(|digit| digit.is_ascii_digit())
}
