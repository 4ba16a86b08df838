//! Which rule of a file is meant: by its name, its group, labels that it has, or a line on which it stands. Rules of one name in one group
//! are usual, for a warning and a critical alert of one thing.
//!
//! What is done with the rule is left to [`super::rule_settings`].

use super::config::{RuleView, rules};
use super::rule_settings::RuleError;
use crate::document::Source;

/// What is said of the rule that is meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleChoice {
    /// Its name.
    pub name: String,
    /// Its group.
    pub group: Option<String>,
    /// Labels that it has; an empty value: that it doesn't have.
    pub labels: Vec<(String, String)>,
    /// A line on which it stands, from 1.
    pub line: Option<usize>,
}

/// A rule that may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The line on which it begins, from 1.
    pub line: usize,
    /// Its group.
    pub group: String,
    /// Its labels.
    pub labels: Vec<(String, String)>,
}

impl std::fmt::Display for Candidate {
    /// Writes `line 12, group hall: severity=warning, team=site`.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let labels: Vec<String> = self.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let labels = if labels.is_empty() { "no labels".to_owned() } else { labels.join(", ") };
        write!(out, "line {}, group {}: {labels}", self.line, self.group)
    }
}

impl Candidate {
    fn of(source: &Source, rule: RuleView) -> Self {
        let line = lines(source.text(), &rule).0;
        Candidate { line, group: rule.group, labels: rule.labels }
    }

    /// Returns what tells it from all candidates: its group, a label, or else its line.
    pub fn told_by(&self, all: &[Candidate]) -> Telling<'_> {
        let others = || all.iter().filter(|other| *other != self);
        if others().all(|other| other.group != self.group) {
            return Telling::Group(&self.group);
        }
        let mut own = self.labels.iter().filter(|label| {
            !label.0.is_empty() && !label.1.is_empty() && others().all(|other| !other.labels.contains(label))
        });
        // of several the usual one
        let usual = own.clone().find(|label| label.0 == "severity");
        match usual.or_else(|| own.next()) {
            Some((name, value)) => Telling::Label(name, value),
            None => Telling::Line(self.line),
        }
    }
}

/// What tells a rule from others of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling<'a> {
    /// Its group.
    Group(&'a str),
    /// A label with its value.
    Label(&'a str, &'a str),
    /// The line on which it begins.
    Line(usize),
}

/// Returns the first and the last line of a rule, from 1.
pub(super) fn lines(text: &str, rule: &RuleView) -> (usize, usize) {
    let line = |at: usize| 1 + text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count();
    let written = text.get(rule.span.start..rule.span.end).unwrap_or_default().trim_end();
    (line(rule.span.start), line(rule.span.start + written.len()))
}

impl RuleChoice {
    /// Finds the one rule that is meant.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn find(&self, source: &Source) -> Result<RuleView, RuleError> {
        let named: Vec<RuleView> = rules(source).into_iter().filter(|rule| rule.name == self.name).collect();
        if named.is_empty() {
            return Err(RuleError::Missing(self.name.clone()));
        }
        let (mut meant, others): (Vec<RuleView>, Vec<RuleView>) =
            named.into_iter().partition(|rule| self.fits(source.text(), rule));
        let candidates = |rules: Vec<RuleView>| -> Vec<Candidate> {
            rules.into_iter().map(|rule| Candidate::of(source, rule)).collect()
        };
        match meant.len() {
            0 => Err(RuleError::NoneFits { name: self.name.clone(), candidates: candidates(others) }),
            1 => Ok(meant.swap_remove(0)),
            _ => Err(RuleError::Several { name: self.name.clone(), candidates: candidates(meant) }),
        }
    }

    fn fits(&self, text: &str, rule: &RuleView) -> bool {
        let value_of =
            |name: &str| rule.labels.iter().find(|label| label.0 == name).map_or("", |label| &label.1);
        self.group.as_ref().is_none_or(|group| rule.group == *group)
            && self.labels.iter().all(|(name, value)| value_of(name) == value)
            && self.line.is_none_or(|line| {
                let (first, last) = lines(text, rule);
                (first..=last).contains(&line)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Draft;

    const TEXT: &str = "groups:
  - name: a
    rules:
      - alert: Hot
        expr: t > 40
        labels: {severity: warning, team: hall}

      - alert: Hot
        expr: t > 60
        labels: {severity: critical, team: hall}
      - alert: Hot
        expr: t > 60
      - alert: Two
        expr: up == 0
  - name: b
    rules:
      - {alert: Hot, expr: t > 9, labels: {team: hall}}
";

    fn choice(group: Option<&str>, labels: &[(&str, &str)], line: Option<usize>) -> RuleChoice {
        let labels = labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        RuleChoice { name: "Hot".into(), group: group.map(str::to_owned), labels, line }
    }

    #[test]
    fn a_rule_is_told_from_others_of_its_name() {
        let source = Draft::read("r.yml", TEXT).source.unwrap();
        for (said, index) in [
            (choice(None, &[("severity", "warning")], None), Ok(("a", 0))),
            (choice(Some("a"), &[("severity", "critical")], None), Ok(("a", 1))),
            (choice(Some("a"), &[("severity", "")], None), Ok(("a", 2))),
            (choice(Some("b"), &[], None), Ok(("b", 0))),
            (choice(None, &[], Some(4)), Ok(("a", 0))),
            (choice(None, &[], Some(6)), Ok(("a", 0))),
            (choice(None, &[], Some(8)), Ok(("a", 1))),
            (choice(None, &[], Some(10)), Ok(("a", 1))),
            (choice(None, &[], Some(12)), Ok(("a", 2))),
            (choice(None, &[], Some(17)), Ok(("b", 0))),
            // the blank line between two, and a rule of another name
            (choice(None, &[], Some(7)), Err(0)),
            (choice(None, &[], Some(13)), Err(0)),
            (choice(Some("c"), &[], None), Err(0)),
            (choice(None, &[("severity", "page")], None), Err(0)),
            (choice(None, &[("severity", "warning"), ("team", "yard")], None), Err(0)),
            (choice(None, &[("team", "hall")], None), Err(3)),
            (choice(Some("a"), &[], None), Err(3)),
        ] {
            let found = match said.find(&source) {
                Ok(rule) => Ok((rule.group, rule.index)),
                Err(RuleError::Several { candidates, .. }) => Err(candidates.len()),
                Err(RuleError::NoneFits { candidates, .. }) => {
                    assert_eq!(candidates.len(), 4);
                    Err(0)
                }
                Err(other) => panic!("{other}"),
            };
            assert_eq!(found, index.map(|(group, index)| (group.to_owned(), index)), "{said:?}");
        }
        let missing = RuleChoice { name: "Cold".into(), ..RuleChoice::default() };
        assert_eq!(missing.find(&source), Err(RuleError::Missing("Cold".into())));
    }

    #[test]
    fn what_tells_a_candidate_finds_it() {
        let source = Draft::read("r.yml", TEXT).source.unwrap();
        let Err(RuleError::Several { candidates, .. }) = choice(None, &[], None).find(&source) else {
            panic!("one")
        };
        let told: Vec<Telling<'_>> = candidates.iter().map(|one| one.told_by(&candidates)).collect();
        assert_eq!(
            told,
            [
                Telling::Label("severity", "warning"),
                Telling::Label("severity", "critical"),
                Telling::Line(11),
                Telling::Group("b"),
            ]
        );
        assert_eq!(candidates[0].to_string(), "line 4, group a: severity=warning, team=hall");
        assert_eq!(candidates[2].to_string(), "line 11, group a: no labels");
    }
}
