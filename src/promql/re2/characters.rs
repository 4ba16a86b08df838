//! Single characters and classes of them: escapes, `[a-z]`, `\p{Greek}`.

use super::{CHARACTER, Checked, NOTHING, Part, Reader};

impl Reader<'_> {
    /// Reads an escape outside of a class, behind the backslash.
    pub(super) fn escape(&mut self, start: usize) -> Checked<Part> {
        match self.peek() {
            Some('A' | 'z' | 'B') => {
                self.at += 1;
                Ok(NOTHING)
            }
            Some('b') => {
                self.at += 1;
                Ok(CHARACTER)
            }
            Some('d' | 'D' | 's' | 'S' | 'w' | 'W') => {
                self.at += 1;
                Ok(CHARACTER)
            }
            Some('p' | 'P') => self.unicode_class(start).map(|()| CHARACTER),
            _ => self.character_escape(start).map(|_| CHARACTER),
        }
    }

    /// Reads `\pL` or `\p{Greek}`, behind the backslash.
    pub(super) fn unicode_class(&mut self, start: usize) -> Checked<()> {
        self.at += 1;
        let name = match self.skip("{") {
            true => match self.rest().split_once('}') {
                Some((name, _)) => {
                    self.at += name.len() + 1;
                    name.strip_prefix('^').unwrap_or(name)
                }
                None => return Self::wrong(start, "this class of characters has no `}` behind it"),
            },
            false => {
                let from = self.at;
                self.take();
                self.text.get(from..self.at).unwrap_or_default()
            }
        };
        let known = name.len() > 2 && name.starts_with(|first: char| first.is_ascii_uppercase())
            || CATEGORIES.split(' ').any(|category| category == name);
        match known && !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        {
            true => Ok(()),
            false => Self::wrong(start, "there is no such class of characters"),
        }
    }

    /// Reads an escape that stands for one character, behind the backslash.
    pub(super) fn character_escape(&mut self, start: usize) -> Checked<u32> {
        let unknown = "there is no such escape in Prometheus' regular expressions";
        let digits = |text: &str, most: usize| {
            text.bytes().take(most).take_while(|byte| (b'0'..=b'7').contains(byte)).count()
        };
        let value = |text: &str, radix: u32| u32::from_str_radix(text, radix).ok();
        match self.take() {
            None => Self::wrong(start, "a backslash at the end escapes nothing"),
            Some('1'..='7') if digits(self.rest(), 1) == 0 => {
                Self::wrong(start, "there are no references to groups in Prometheus' regular expressions")
            }
            Some(first @ '0'..='7') => {
                let more = digits(self.rest(), 2);
                let text = self.rest().get(..more).unwrap_or_default();
                self.at += more;
                Ok(value(&format!("{first}{text}"), 8).unwrap_or_default())
            }
            Some('x') => {
                let hex = match self.rest().strip_prefix('{') {
                    Some(braced) => braced.split_once('}').map(|(hex, _)| (hex, hex.len() + 2)),
                    None => self.rest().get(..2).map(|hex| (hex, 2)),
                };
                let Some((hex, length)) =
                    hex.filter(|(hex, _)| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
                else {
                    return Self::wrong(
                        start,
                        "behind `\\x` stand two hexadecimal digits, or more in braces",
                    );
                };
                self.at += length;
                match value(hex, 16).filter(|code| *code <= 0x10_ffff) {
                    Some(code) => Ok(code),
                    None => Self::wrong(start, "there is no character with this number"),
                }
            }
            Some('a') => Ok(0x07),
            Some('f') => Ok(0x0c),
            Some('n') => Ok(0x0a),
            Some('r') => Ok(0x0d),
            Some('t') => Ok(0x09),
            Some('v') => Ok(0x0b),
            Some(other) if other.is_ascii() && !other.is_ascii_alphanumeric() => Ok(other as u32),
            Some(_) => Self::wrong(start, unknown),
        }
    }

    /// Reads a class behind `[`.
    pub(super) fn class(&mut self, start: usize) -> Checked<Part> {
        self.skip("^");
        let mut first = true;
        while first || !self.rest().starts_with(']') {
            first = false;
            let from = self.at;
            if let Some(name) = self.posix_name() {
                if !POSIX.split(' ').any(|posix| posix == name.strip_prefix('^').unwrap_or(name)) {
                    return Self::wrong(from, "there is no such class of characters");
                }
                self.at += name.len() + 4;
                continue;
            }
            if self.rest().starts_with("\\p") || self.rest().starts_with("\\P") {
                self.at += 1;
                self.unicode_class(from)?;
                continue;
            }
            if let [b'\\', b'd' | b'D' | b's' | b'S' | b'w' | b'W', ..] = self.rest().as_bytes() {
                self.at += 2;
                continue;
            }
            let low = self.class_character(start)?;
            if let [b'-', end, ..] = self.rest().as_bytes()
                && *end != b']'
            {
                self.at += 1;
                if self.class_character(start)? < low {
                    return Self::wrong(from, "this range goes from the larger character to the smaller");
                }
            }
        }
        self.at += 1;
        Ok(CHARACTER)
    }

    /// Returns the name in `[:name:]`, when that stands next.
    fn posix_name(&self) -> Option<&str> {
        let inner = self.rest().strip_prefix("[:")?;
        // looking further for the end of a name would take time in proportion to the square of the length
        let end = inner.as_bytes().windows(2).take(20).position(|pair| pair == b":]")?;
        inner.get(..end)
    }

    fn class_character(&mut self, class_start: usize) -> Checked<u32> {
        let start = self.at;
        match self.take() {
            None => Self::wrong(class_start, "this `[` has no `]` behind it"),
            Some('\\') => self.character_escape(start),
            Some(character) => Ok(character as u32),
        }
    }
}

/// Categories of Unicode.
const CATEGORIES: &str =
    "C Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs Yi";
/// Classes of POSIX.
const POSIX: &str = "alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit";
