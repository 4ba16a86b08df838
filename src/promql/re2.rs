//! Regular expressions as Prometheus takes them: the syntax of RE2. Decides whether one is valid, where a mistake in it is, and whether
//! it matches the empty text; matches nothing else.
//!
//! The crates `regex` and `regex-syntax` have another syntax: they take `a**`, `[a&&b]` and `x{2000}`, which Prometheus refuses, and
//! refuse `\Q…\E`, `{,3}` and `\101`, which it takes. Source: RE2 wiki, "Syntax"; Go, package regexp/syntax.
//! The names of scripts behind `\p{…}` are not looked up.

mod characters;

/// What is known about a valid regular expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Regex {
    /// It matches the empty text, and so series without the label.
    pub matches_empty: bool,
    /// A group in it is named as in `(?<name>…)`, which is not read by what is built with a Go before 1.22.
    pub has_go_group: bool,
}

/// A mistake in a regular expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RegexMistake {
    /// Where it begins, in bytes of the expression.
    pub at: usize,
    /// What is wrong; a sentence without a full stop.
    pub message: &'static str,
}

/// Checks a regular expression.
///
/// # Errors
///
/// Says where Prometheus would refuse it, and why.
pub fn check(pattern: &str) -> Result<Regex, RegexMistake> {
    let mut reader = Reader { text: pattern, at: 0, depth: 0, has_go_group: false };
    let node = reader.alternatives()?;
    match reader.peek() {
        Some(_) => Err(RegexMistake { at: reader.at, message: "this `)` has no `(` before it" }),
        None => Ok(Regex { matches_empty: node.empty, has_go_group: reader.has_go_group }),
    }
}

/// Groups within each other; Go takes 1,000.
const DEEPEST: usize = 200;
/// The most that anything may be repeated.
const MOST_REPEATS: u32 = 1000;

/// What is known about a part.
#[derive(Clone, Copy)]
struct Part {
    /// It matches the empty text.
    empty: bool,
    /// How often it stands for a part of itself, by counted repetitions.
    repeats: u32,
}

const CHARACTER: Part = Part { empty: false, repeats: 1 };
const NOTHING: Part = Part { empty: true, repeats: 1 };

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    has_go_group: bool,
}

type Checked<T> = Result<T, RegexMistake>;

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += character.len_utf8();
        Some(character)
    }

    fn skip(&mut self, prefix: &str) -> bool {
        let there = self.rest().starts_with(prefix);
        if there {
            self.at += prefix.len();
        }
        there
    }

    fn wrong<T>(at: usize, message: &'static str) -> Checked<T> {
        Err(RegexMistake { at, message })
    }

    fn alternatives(&mut self) -> Checked<Part> {
        let mut all = self.sequence()?;
        while self.skip("|") {
            let next = self.sequence()?;
            all = Part { empty: all.empty || next.empty, repeats: all.repeats.max(next.repeats) };
        }
        Ok(all)
    }

    fn sequence(&mut self) -> Checked<Part> {
        let mut all = NOTHING;
        // what a repetition would repeat, and what the sequence before it amounts to
        let mut last: Option<(Part, Part)> = None;
        let mut repeated = false;
        while let Some(next) = self.peek() {
            let start = self.at;
            match next {
                '|' | ')' => break,
                '*' | '+' | '?' => {
                    self.at += 1;
                    let part = self.repeat(start, last, repeated, next != '+', None)?;
                    (all, last, repeated) = self.repeated(last, part);
                    continue;
                }
                '{' => {
                    if let Some((least, most)) = self.counts() {
                        let part = self.repeat(start, last, repeated, least == 0, Some((least, most)))?;
                        (all, last, repeated) = self.repeated(last, part);
                        continue;
                    }
                }
                _ => {}
            }
            repeated = false;
            for part in self.atom()? {
                let before = all;
                all = Part { empty: all.empty && part.empty, repeats: all.repeats.max(part.repeats) };
                last = Some((part, before));
            }
        }
        Ok(all)
    }

    /// Replaces the last part of a sequence by its repetition.
    fn repeated(&self, last: Option<(Part, Part)>, part: Part) -> (Part, Option<(Part, Part)>, bool) {
        let before = last.map_or(NOTHING, |(_, before)| before);
        let all = Part { empty: before.empty && part.empty, repeats: before.repeats.max(part.repeats) };
        (all, Some((part, before)), true)
    }

    fn repeat(
        &mut self,
        start: usize,
        last: Option<(Part, Part)>,
        repeated: bool,
        maybe_none: bool,
        counts: Option<(u32, Option<u32>)>,
    ) -> Checked<Part> {
        let Some((part, _)) = last else {
            return Self::wrong(start, "there is nothing before it to repeat");
        };
        if counts.is_some_and(|(least, most)| most.is_some_and(|most| most < least)) {
            return Self::wrong(start, "a repetition goes from the smaller number to the larger");
        }
        // `?` behind a repetition makes it lazy
        self.skip("?");
        if repeated {
            return Self::wrong(start, "a repetition can't be repeated without parentheses");
        }
        let factor = counts.map_or(1, |(least, most)| most.unwrap_or(least).max(1));
        let repeats = part.repeats.saturating_mul(factor);
        if factor > 1 && repeats > MOST_REPEATS {
            return Self::wrong(start, "what is repeated comes to more than 1000 times");
        }
        Ok(Part { empty: part.empty || maybe_none, repeats })
    }

    /// Reads `{2}`, `{2,}` or `{2,5}`; anything else in braces stands for itself.
    fn counts(&mut self) -> Option<(u32, Option<u32>)> {
        let rest = self.rest().strip_prefix('{')?;
        let inner =
            rest.get(..rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b',').count())?;
        if rest.as_bytes().get(inner.len()) != Some(&b'}') {
            return None;
        }
        let count = |text: &str| {
            let number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let leading_zero = text.len() > 1 && text.starts_with('0');
            (number && !leading_zero).then(|| text.parse().unwrap_or(u32::MAX))
        };
        let counts = match inner.split_once(',') {
            None => {
                let exact = count(inner)?;
                (exact, Some(exact))
            }
            Some((least, "")) => (count(least)?, None),
            Some((least, most)) => (count(least)?, Some(count(most)?)),
        };
        self.at += inner.len() + 2;
        Some(counts)
    }

    /// Reads what may be repeated: often one part, none for flags, many for `\Q…\E`.
    fn atom(&mut self) -> Checked<Vec<Part>> {
        let start = self.at;
        let part = match self.take() {
            Some('(') => return Ok(self.group(start)?.into_iter().collect()),
            Some('[') => self.class(start)?,
            Some('^' | '$') => NOTHING,
            Some('\\') => {
                if self.skip("Q") {
                    // Prometheus puts `)$` behind the expression, which a quote without end would swallow
                    let Some((quoted, _)) = self.rest().split_once("\\E") else {
                        return Self::wrong(start, "this `\\Q` has no `\\E` behind it");
                    };
                    self.at += quoted.len() + 2;
                    return Ok(vec![CHARACTER; quoted.chars().count()]);
                }
                self.escape(start)?
            }
            _ => CHARACTER,
        };
        Ok(vec![part])
    }

    /// Reads a group or flags behind `(`.
    fn group(&mut self, start: usize) -> Checked<Option<Part>> {
        if self.skip("?") {
            let named_by_go =
                !self.rest().starts_with("<=") && !self.rest().starts_with("<!") && self.skip("<");
            self.has_go_group |= named_by_go;
            if named_by_go || self.skip("P<") {
                self.name(start)?;
            } else if !self.flags(start)? {
                return Ok(None);
            }
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return Self::wrong(start, "there are more than 200 groups within each other");
        }
        let part = self.alternatives()?;
        self.depth -= 1;
        match self.skip(")") {
            true => Ok(Some(part)),
            false => Self::wrong(start, "this `(` has no `)` behind it"),
        }
    }

    fn name(&mut self, start: usize) -> Checked<()> {
        let name = match self.rest().split_once('>') {
            Some((name, _))
                if !name.is_empty()
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') =>
            {
                name
            }
            _ => {
                return Self::wrong(
                    start,
                    "the name of a group is letters, digits and `_`, between `<` and `>`",
                );
            }
        };
        self.at += name.len() + 1;
        Ok(())
    }

    /// Reads flags behind `(?`; tells whether a group follows.
    fn flags(&mut self, start: usize) -> Checked<bool> {
        let mut negated = false;
        let mut flags = false;
        loop {
            match self.take() {
                Some('i' | 'm' | 's' | 'U') => flags = true,
                Some('-') if !negated => (negated, flags) = (true, false),
                Some(end @ (':' | ')')) if flags || !negated => return Ok(end == ':'),
                Some('=' | '!' | '<') => {
                    return Self::wrong(
                        start,
                        "there is no look-ahead or look-behind in Prometheus' regular expressions",
                    );
                }
                _ => {
                    return Self::wrong(
                        start,
                        "behind `(?` stands `:`, a name as in `P<name>`, or flags of `imsU`",
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
