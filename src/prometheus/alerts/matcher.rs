//! Matchers of alerts at work: read from words, and held against labels. A label that an alert lacks counts as empty.
//!
//! How matchers are written is decided by `config::matchers`. Source: Alertmanager, "Configuration", section Matcher.

use std::collections::BTreeMap;
use std::fmt;

use regex::Regex;

use super::go_regex;
use crate::prometheus::config::{read_matchers, unescaped};

/// Labels of an alert.
pub type Labels = BTreeMap<String, String>;

/// One condition on a label.
#[derive(Debug, Clone)]
pub struct Matcher {
    /// The label.
    pub name: String,
    /// What it is compared with.
    pub value: String,
    /// Must it be so? Otherwise it must not.
    pub is_equal: bool,
    /// The value as an expression; `None`: it is a plain text.
    expression: Option<Regex>,
}

/// Why a text is no matcher.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no matcher: {reason}")]
pub struct MatcherError {
    text: String,
    reason: String,
}

/// Values that no alert has in common: a matcher that takes all of them narrows nothing down.
const PROBES: [&str; 6] = ["a", "Zz 9", "10.0.0.5:9100", "-", "ÄÖ 世", "https://[::1]/?x=%20#_"];

impl Matcher {
    /// Makes a matcher.
    ///
    /// # Errors
    /// When the value is to be an expression and is none.
    pub fn new(name: &str, operator: &str, value: &str) -> Result<Self, MatcherError> {
        let wrong = |reason| MatcherError { text: format!("{name}{operator}\"{value}\""), reason };
        let expression = operator.contains('~').then(|| go_regex::whole(value)).transpose().map_err(wrong)?;
        Ok(Matcher {
            name: name.to_owned(),
            value: value.to_owned(),
            is_equal: !operator.starts_with('!'),
            expression,
        })
    }

    /// Is the value an expression?
    pub fn is_regex(&self) -> bool {
        self.expression.is_some()
    }

    /// Says whether the labels are as it wants them.
    pub fn fits(&self, labels: &Labels) -> bool {
        self.takes(labels.get(&self.name).map_or("", String::as_str))
    }

    fn takes(&self, value: &str) -> bool {
        let is_so = match &self.expression {
            Some(expression) => expression.is_match(value),
            None => self.value == value,
        };
        is_so == self.is_equal
    }

    /// Says whether it takes alerts of any kind, apart perhaps from a few: `alertname=~".+"`, `severity!="none"`.
    fn narrows_nothing(&self) -> bool {
        PROBES.iter().all(|value| self.takes(value))
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = match (self.is_equal, self.is_regex()) {
            (true, false) => "=",
            (false, false) => "!=",
            (true, true) => "=~",
            (false, true) => "!~",
        };
        let value = self.value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        write!(out, "{}{operator}\"{value}\"", self.name)
    }
}

/// Says whether all of the matchers take the labels.
pub fn all_fit(matchers: &[Matcher], labels: &Labels) -> bool {
    matchers.iter().all(|matcher| matcher.fits(labels))
}

/// Says whether the matchers together take alerts of any kind, apart perhaps from a few.
pub fn fit_almost_everything(matchers: &[Matcher]) -> bool {
    matchers.iter().all(Matcher::narrows_nothing)
}

/// Reads matchers as a configuration has them: one, or several with commas, in braces or without.
///
/// # Errors
/// At the first that can't be read.
pub fn matchers(text: &str) -> Result<Vec<Matcher>, MatcherError> {
    let read = read_matchers(text)
        .map_err(|mistake| MatcherError { text: text.to_owned(), reason: mistake.message })?;
    read.iter().map(|one| Matcher::new(one.name, one.operator, &unescaped(one.value))).collect()
}

/// Reads the words of a command line: matchers, or a bare word, which is the name of an alert.
///
/// # Errors
/// At the first that can't be read.
pub fn matchers_of_words(words: &[String]) -> Result<Vec<Matcher>, MatcherError> {
    let mut all = Vec::new();
    for word in words {
        let is_name = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_' || c == ':');
        if is_name {
            all.push(Matcher::new("alertname", "=", word)?);
        } else {
            all.extend(matchers(word)?);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn labels_are_held_against_matchers() {
        let alert = labels(&[("alertname", "Hot"), ("circuit", "row-1"), ("quote", "say \"a\\b\"")]);
        for (text, fits) in [
            ("circuit=row-1", true),
            ("circuit = \"row-1\", alertname!=Cold", true),
            ("{circuit=~\"row-[12]\"}", true),
            ("circuit=~row", false),
            ("circuit!~\"row-.*\"", false),
            ("phase=", true),
            ("phase!=\"\"", false),
            ("phase!=L1", true),
            ("phase=~\".*\"", true),
            ("phase=~\".+\"", false),
            ("quote=\"say \\\"a\\\\b\\\"\"", true),
            ("", true),
        ] {
            let matchers = matchers(text).unwrap();
            assert_eq!(all_fit(&matchers, &alert), fits, "{text}");
            // what is shown means the same
            let shown: Vec<String> = matchers.iter().map(ToString::to_string).collect();
            let again = super::matchers(&shown.join(",")).unwrap();
            assert_eq!(all_fit(&again, &alert), fits, "{shown:?}");
        }
    }

    #[test]
    fn words_are_names_or_matchers() {
        let words = ["Hot".to_owned(), "circuit=~\"a|b\",phase=L1".to_owned()];
        let shown: Vec<String> = matchers_of_words(&words).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["alertname=\"Hot\"", "circuit=~\"a|b\"", "phase=\"L1\""]);
        for wrong in ["a b", "=x", "a=~\"(\""] {
            assert!(matchers_of_words(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_narrows_nothing_down_is_known() {
        for (text, everything) in [
            ("alertname=~\".+\"", true),
            ("alertname=~\".*\", severity!=\"none\"", true),
            ("instance!=\"\"", true),
            ("", true),
            ("alertname=~\".+\", circuit=row-1", false),
            ("circuit=~\"row-.*\"", false),
            ("severity=~\"[a-z]+\"", false),
        ] {
            assert_eq!(fit_almost_everything(&matchers(text).unwrap()), everything, "{text}");
        }
    }
}
