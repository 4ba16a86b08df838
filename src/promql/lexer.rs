//! Cuts an expression into tokens. Decides where each begins and ends, and what can't be a token; leaves order and meaning to the parser.
//!
//! What a sign means depends on the bracket it stands in: in braces there are no keywords and no colons in names, in square brackets a
//! colon parts range and step.

use super::literal;
use super::mistake::{Code, ParseError};
use super::span::Span;
use super::token::{Kind, Sign, Token};

/// Cuts an expression into tokens. The last one is `End` or `Bad`: what can't be read counts only when the parser comes to it.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0, place: Place::Open, tokens: Vec::new() };
    loop {
        let start = lexer.at;
        let (kind, last) = match lexer.token() {
            Ok(Some(Kind::End)) => (Kind::End, true),
            Ok(Some(kind)) => (kind, false),
            Ok(None) => continue,
            Err(error) => (Kind::Bad(error), true),
        };
        let span = Span::new(start, lexer.at.max(start));
        lexer.tokens.push(Token { kind, span });
        if last {
            return lexer.tokens;
        }
    }
}

/// The bracket that decides how a text is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Open,
    Braces,
    Brackets,
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    place: Place,
    tokens: Vec<Token>,
}

type Lexed<T> = Result<T, ParseError>;

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Reads one token; `None` when it was space or a comment.
    fn token(&mut self) -> Lexed<Option<Kind>> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(Some(Kind::End));
        };
        match first {
            ' ' | '\t' | '\n' | '\r' => {
                self.at += 1;
                Ok(None)
            }
            '#' => {
                self.at += rest.find(['\n', '\r']).unwrap_or(rest.len());
                Ok(None)
            }
            '"' | '\'' | '`' => self.string(first).map(Some),
            'a'..='z' | 'A'..='Z' | '_' => Ok(Some(self.word())),
            ':' if self.place == Place::Open => Ok(Some(self.word())),
            '0'..='9' => self.number().map(Some),
            '.' if rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit) => self.number().map(Some),
            _ => self.sign(first).map(Some),
        }
    }

    /// Reads a name or keyword. `Inf` and `NaN` are numbers wherever keywords are.
    fn word(&mut self) -> Kind {
        let colons = self.place == Place::Open;
        let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || colons && *byte == b':';
        let length = self.rest().bytes().take_while(in_word).count();
        let word = self.rest().get(..length).unwrap_or_default();
        let kind = match self.place {
            Place::Braces => Kind::Word,
            _ if word.eq_ignore_ascii_case("inf") => Kind::Number(f64::INFINITY),
            _ if word.eq_ignore_ascii_case("nan") => Kind::Number(f64::NAN),
            _ => Kind::Word,
        };
        self.at += length;
        kind
    }

    /// Reads a number or a duration: everything that hangs together, so that a mistake is shown whole.
    fn number(&mut self) -> Lexed<Kind> {
        let bytes = self.rest().as_bytes();
        let hex = bytes.len() > 1 && bytes[0] == b'0' && bytes[1].eq_ignore_ascii_case(&b'x');
        let mut length = 0;
        while let Some(byte) = bytes.get(length) {
            let exponent_sign = matches!(byte, b'+' | b'-')
                && !hex
                && length > 0
                && bytes[length - 1].eq_ignore_ascii_case(&b'e')
                && bytes[..length - 1]
                    .iter()
                    .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'_'));
            if !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.') || exponent_sign) {
                break;
            }
            length += 1;
        }
        let span = Span::new(self.at, self.at + length);
        let literal = span.of(self.text);
        let kind = if let Some(number) = literal::number(literal) {
            Kind::Number(number)
        } else if self.place == Place::Braces {
            return Err(unexpected_in_braces(span, literal));
        } else {
            let digits = literal.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
            let unit = literal.as_bytes().get(digits).is_some_and(|byte| b"smhdwy".contains(byte));
            match literal::duration(literal) {
                Ok(milliseconds) => Kind::Duration(milliseconds),
                Err(why) if unit || self.place == Place::Brackets => {
                    let error = ParseError::new(
                        span,
                        Code::BadDuration,
                        format!("`{literal}` is no duration: {why}"),
                    );
                    return Err(error.maybe_hint(duration_hint(literal)));
                }
                Err(_) => {
                    let error = ParseError::new(span, Code::BadNumber, format!("`{literal}` is no number"));
                    return Err(error.maybe_hint(number_hint(literal)));
                }
            }
        };
        if self.place == Place::Braces {
            return Err(unexpected_in_braces(span, literal));
        }
        self.at += length;
        Ok(kind)
    }

    /// Reads a quoted string with its escapes.
    fn string(&mut self, quote: char) -> Lexed<Kind> {
        let start = self.at;
        let mut escaped = false;
        let mut end = None;
        for (at, character) in self.rest().char_indices().skip(1) {
            match character {
                _ if escaped => escaped = false,
                '\\' if quote != '`' => escaped = true,
                '\n' if quote != '`' => break,
                _ if character == quote => {
                    end = Some(at);
                    break;
                }
                _ => {}
            }
        }
        let Some(length) = end else {
            let line = self.rest().split('\n').next().map_or(0, str::len);
            let span = Span::new(start, start + line.max(1));
            let error =
                ParseError::new(span, Code::UnclosedString, format!("the string has no closing {quote}"));
            return Err(error.hint(match quote == '`' || self.rest().len() == line {
                true => format!("put {quote} at its end"),
                false => format!("put {quote} at its end; only strings in `…` may go over several lines"),
            }));
        };
        let inner = self.text.get(start + 1..start + length).unwrap_or_default();
        if let Some(at) = inner.find('\u{fffd}') {
            let span = Span::new(start + 1 + at, start + 1 + at + '\u{fffd}'.len_utf8());
            let error = ParseError::new(
                span,
                Code::BadEscape,
                "the string holds U+FFFD, the sign of text that was lost",
            );
            return Err(error.hint("write `\\ufffd` if it is meant"));
        }
        let value = literal::unquote(inner, quote).map_err(|mistake| {
            let at = start + 1 + mistake.at;
            let span = Span::new(at, (at + mistake.len).min(start + length));
            ParseError::new(span, Code::BadEscape, mistake.message)
                .hint("write `\\\\` for a backslash, or put the string in backquotes: `…`")
        })?;
        self.at = start + length + 1;
        Ok(Kind::Text(value))
    }

    /// Reads a bracket, comma or operator.
    fn sign(&mut self, first: char) -> Lexed<Kind> {
        let two = self.rest().get(..2).unwrap_or_default();
        if let Some(error) = self.foreign(first, two) {
            return Err(error);
        }
        let braces = self.place == Place::Braces;
        let (sign, length) = match (first, two) {
            ('=', "==") if !braces => (Sign::EqualTo, 2),
            ('=', "=~") => (Sign::Matches, 2),
            ('!', "!~") => (Sign::NotMatches, 2),
            ('!', "!=") => (Sign::NotEqual, 2),
            ('=', _) => (Sign::Equal, 1),
            ('<', "<=") if !braces => (Sign::LessOrEqual, 2),
            ('>', ">=") if !braces => (Sign::GreaterOrEqual, 2),
            ('{', _) if !braces => (Sign::OpenBrace, 1),
            ('}', _) => (Sign::CloseBrace, 1),
            (',', _) => (Sign::Comma, 1),
            _ if braces => {
                return Err(unexpected_in_braces(
                    Span::new(self.at, self.at + first.len_utf8()),
                    self.rest(),
                ));
            }
            ('<', _) => (Sign::Less, 1),
            ('>', _) => (Sign::Greater, 1),
            ('(', _) => (Sign::OpenParen, 1),
            (')', _) => (Sign::CloseParen, 1),
            ('[', _) => (Sign::OpenBracket, 1),
            (']', _) => (Sign::CloseBracket, 1),
            (':', _) => (Sign::Colon, 1),
            ('+', _) => (Sign::Plus, 1),
            ('-', _) => (Sign::Minus, 1),
            ('*', _) => (Sign::Times, 1),
            ('/', _) => (Sign::Divide, 1),
            ('%', _) => (Sign::Modulo, 1),
            ('^', _) => (Sign::Power, 1),
            ('@', _) => (Sign::At, 1),
            _ => return Err(self.unexpected(first)),
        };
        match sign {
            Sign::OpenBrace => self.place = Place::Braces,
            Sign::OpenBracket => self.place = Place::Brackets,
            Sign::CloseBrace | Sign::CloseBracket => self.place = Place::Open,
            _ => {}
        }
        self.at += length;
        Ok(Kind::Sign(sign))
    }

    /// Finds operators of other languages, outside of braces.
    fn foreign(&self, first: char, two: &str) -> Option<ParseError> {
        if self.place == Place::Braces {
            return None;
        }
        let (length, hint) = match (first, two) {
            (_, "&&") => (2, "write `and`"),
            (_, "||") => (2, "write `or`"),
            (_, "=>") => (2, "write `>=`"),
            (_, "=<") => (2, "write `<=`"),
            (_, "<>") => (2, "write `!=`"),
            (_, "**") => (2, "write `^` for powers"),
            (_, "//") => (2, "write `/`, and `floor(…)` around it to round down; comments begin with `#`"),
            (_, "=~" | "!~") => (2, "labels are matched in braces: `metric{label=~\"regex\"}`"),
            (_, "==" | "!=") => return None,
            ('=', _) => (1, "write `==` to compare; `=` stands in braces: `metric{label=\"value\"}`"),
            ('&', _) => (1, "write `and`"),
            ('|', _) => (1, "write `or`"),
            ('!', _) => (1, "PromQL has no `not`: write `!=`, `unless` or `== 0`"),
            _ => return None,
        };
        let span = Span::new(self.at, self.at + length);
        let operator = span.of(self.text);
        Some(
            ParseError::new(span, Code::UnknownOperator, format!("there is no operator `{operator}` here"))
                .hint(hint),
        )
    }

    /// Says what is wrong about a character outside of braces.
    fn unexpected(&self, character: char) -> ParseError {
        let span = Span::new(self.at, self.at + character.len_utf8());
        let hint = character_hint(character).or_else(|| match character {
            '}' => Some("there is no `{` before it".to_owned()),
            '.' => {
                Some("a name with dots is written in braces and quotes: `{\"name.with.dots\"}`".to_owned())
            }
            _ if character.is_alphabetic() => {
                Some("a name with such letters is written in braces and quotes: `{\"größe\"}`".to_owned())
            }
            _ => None,
        });
        ParseError::new(span, Code::UnexpectedCharacter, format!("unexpected character {}", shown(character)))
            .maybe_hint(hint)
    }
}

/// Says what is wrong about something in braces.
fn unexpected_in_braces(span: Span, text: &str) -> ParseError {
    let first = text.chars().next().unwrap_or(' ');
    let (code, message) = match first {
        '0'..='9' => (Code::UnexpectedToken, format!("a number, `{text}`, can't stand in braces")),
        _ => (Code::UnexpectedCharacter, format!("unexpected character {} in braces", shown(first))),
    };
    let hint = match first {
        '0'..='9' => "label values are strings: put it in quotes; label names begin with a letter",
        ';' => "matchers are parted by commas",
        '~' => "write `=~` to match a regular expression, `!~` not to",
        '!' => "write `!=` or `!~`",
        '.' | '-' | ':' | '/' => "put a label name with such a character in quotes",
        '<' | '>' => "values are compared behind the braces: `metric{…} > 5`",
        ')' | ']' => "the braces are not closed: `}` is missing before it",
        '{' => "close the first braces before others open",
        '[' => "a range stands behind the braces; several values are a regular expression: `a=~\"x|y\"`",
        _ if first.is_alphabetic() => "put a label name with such a letter in quotes",
        _ => return ParseError::new(span, code, message).maybe_hint(character_hint(first)),
    };
    ParseError::new(span, code, message).hint(hint)
}

/// Names a character so that it can be told from others.
fn shown(character: char) -> String {
    match character.is_ascii_graphic() || character.is_alphanumeric() {
        true => format!("`{character}`"),
        false => format!("`{character}` (U+{:04X})", character as u32),
    }
}

/// Says what to write in place of a character that people paste by mistake.
fn character_hint(character: char) -> Option<String> {
    let hint = match character {
        '“' | '”' | '„' | '‟' | '«' | '»' => "write a straight quote: \"",
        '‘' | '’' | '‚' | '´' => "write a straight quote: '",
        '–' | '—' | '−' => "write a plain minus: -",
        '\u{a0}' | '\u{200b}' | '\u{feff}' | '\u{202f}' | '\u{2009}' => {
            "this space is no plain space: type it again"
        }
        '≥' => "write >=",
        '≤' => "write <=",
        '≠' => "write !=",
        '×' | '·' => "write *",
        '÷' => "write /",
        '$' => {
            "variables are filled in by dashboards before Prometheus sees the expression: put a value here"
        }
        ';' => "an expression ends without a sign",
        '~' => "regular expressions match labels in braces: `metric{label=~\"regex\"}`",
        '?' => "PromQL has no `?`: write a comparison, and `or` for a default",
        '\\' => "a backslash stands in strings only",
        _ => return None,
    };
    Some(hint.to_owned())
}

fn duration_hint(literal: &str) -> Option<String> {
    if literal.contains('.') {
        return Some("durations have no fractions: write `1h30m` for one and a half hours".to_owned());
    }
    if literal.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Some(format!("units are in lower case: `{}`", literal.to_ascii_lowercase()));
    }
    let digits: String = literal.chars().take_while(char::is_ascii_digit).collect();
    let unit = match literal.get(digits.len()..).unwrap_or_default() {
        "sec" | "secs" | "second" | "seconds" => "s",
        "min" | "mins" | "minute" | "minutes" => "m",
        "hr" | "hrs" | "hour" | "hours" => "h",
        "day" | "days" => "d",
        "week" | "weeks" => "w",
        "mo" | "month" | "months" => return Some("months have no unit: write `30d`".to_owned()),
        _ => return None,
    };
    Some(format!("write `{digits}{unit}`"))
}

fn number_hint(literal: &str) -> Option<String> {
    if literal.matches('.').count() > 1 {
        return Some("a number has one decimal point; put versions and addresses in quotes".to_owned());
    }
    let suffix = literal.bytes().last().unwrap_or_default();
    let plain = literal.get(..literal.len().saturating_sub(1)).and_then(literal::number).is_some();
    match suffix {
        b'k' | b'K' | b'M' | b'G' if plain => {
            let power = match suffix {
                b'M' => 6,
                b'G' => 9,
                _ => 3,
            };
            Some(format!("write `{}e{power}`", &literal[..literal.len() - 1]))
        }
        b'e' | b'E' if plain => Some("an exponent needs digits: `1e3`".to_owned()),
        _ => None,
    }
}
