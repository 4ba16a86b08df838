//! What a person says of a rule, and edits of rule files: a rule is added to a group, changed or taken out.
//!
//! Which rule is meant is left to [`super::rule_choice`].

use super::config::{Fields, RuleKind, RuleView, rule_groups, rules};
use super::rule_choice::{Candidate, RuleChoice, lines};
use crate::document::{Edit, EditError, Node, Source, Step, Value, begun, edited};

/// What is said of a rule. What is not said stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleSettings {
    /// The expression.
    pub expr: Option<String>,
    /// How long the expression must hold before the alert fires.
    pub hold: Option<String>,
    /// How long the alert stays on after that.
    pub keep_firing_for: Option<String>,
    /// Labels that are added; empty ones go.
    pub labels: Vec<(String, String)>,
    /// Annotations; empty ones go.
    pub annotations: Vec<(String, String)>,
}

/// Why a rule can't be edited.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RuleError {
    /// The same rule is in the group.
    #[error("there is such a rule `{name}` in the group `{group}` already, on line {line}")]
    IsThere {
        /// The rule.
        name: String,
        /// The group.
        group: String,
        /// The line on which it begins, from 1.
        line: usize,
    },
    /// No rule of this name is there.
    #[error("there is no rule `{0}`")]
    Missing(String),
    /// Rules of this name are there, but not the one that is meant.
    #[error("there is no such rule `{name}`")]
    NoneFits {
        /// The rule.
        name: String,
        /// Those that are there.
        candidates: Vec<Candidate>,
    },
    /// Several rules may be meant.
    #[error("there are {} rules `{name}`", candidates.len())]
    Several {
        /// The rule.
        name: String,
        /// The rules.
        candidates: Vec<Candidate>,
    },
    /// The file is written in a way that can't be edited in place.
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl RuleSettings {
    /// Says whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == RuleSettings::default()
    }

    /// Makes a new rule.
    pub fn rule(&self, kind: RuleKind, name: &str) -> Value {
        let key = match kind {
            RuleKind::Record => "record",
            RuleKind::Alert => "alert",
        };
        let mut rule = Value::map([(key, Value::from(name))]);
        self.apply(&mut rule);
        rule
    }

    /// Changes a rule.
    pub fn apply(&self, rule: &mut Value) {
        let words = [("expr", &self.expr), ("for", &self.hold), ("keep_firing_for", &self.keep_firing_for)];
        for (key, word) in words {
            if let Some(word) = word {
                rule.set(key, word.as_str());
            }
        }
        for (key, pairs) in [("labels", &self.labels), ("annotations", &self.annotations)] {
            if pairs.is_empty() {
                continue;
            }
            let mut texts = rule
                .get(key)
                .cloned()
                .filter(|texts| *texts != Value::Null)
                .unwrap_or(Value::Map(Vec::new()));
            for (name, text) in pairs {
                if text.is_empty() {
                    texts.remove(name);
                } else {
                    texts.set(name, text.as_str());
                }
            }
            if texts == Value::Map(Vec::new()) {
                rule.remove(key);
            } else {
                rule.set(key, texts);
            }
        }
    }
}

fn path(rule: &RuleView) -> [Step<'static>; 4] {
    [Step::Key("groups"), Step::At(rule.group_index), Step::Key("rules"), Step::At(rule.index)]
}

/// Says whether a rule has this name, and the labels and the expression of a new one.
fn is_same(rule: &RuleView, name: &str, new: &Value) -> bool {
    let mut labels: Vec<(&str, &str)> =
        rule.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    // an empty label is none
    labels.retain(|(_, value)| !value.is_empty());
    labels.sort_unstable();
    let mut wanted: Vec<(&str, &str)> = match new.get("labels") {
        Some(Value::Map(entries)) => {
            entries.iter().filter_map(|(name, value)| Some((name.as_str(), text(value)?))).collect()
        }
        _ => Vec::new(),
    };
    wanted.sort_unstable();
    let expr = new.get("expr").and_then(text).unwrap_or_default();
    rule.name == name && rule.expr.split_whitespace().eq(expr.split_whitespace()) && labels == wanted
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// Returns the text with a rule added at the end of a group; the group is made when it is not there.
///
/// # Errors
/// When the group has a rule of this name, these labels and this expression, or can't be edited in place.
pub fn with_rule(
    file: &str,
    text: &str,
    source: Option<&Source>,
    group: &str,
    name: &str,
    rule: Value,
) -> Result<Source, RuleError> {
    let new_group = |rule| Value::map([("name", Value::from(group)), ("rules", Value::List(vec![rule]))]);
    let Some(source) = source else {
        let groups = Value::map([("groups", Value::List(vec![new_group(rule)]))]);
        return Ok(begun(file, text, &groups)?);
    };
    let groups = rule_groups(source);
    let Some(there) = groups.iter().find(|there| there.name == group) else {
        let end = [Step::Key("groups"), Step::At(groups.len())];
        return Ok(edited(source, &end, &Edit::Insert(new_group(rule)))?);
    };
    if let Some(same) = there.rules.iter().find(|there| is_same(there, name, &rule)) {
        let line = lines(source.text(), same).0;
        return Err(RuleError::IsThere { name: name.to_owned(), group: group.to_owned(), line });
    }
    let end = [Step::Key("groups"), Step::At(there.index), Step::Key("rules"), Step::At(there.rules.len())];
    Ok(edited(source, &end, &Edit::Insert(rule))?)
}

/// Returns the text with a rule changed.
///
/// # Errors
/// When there is not one such rule, or it can't be edited in place.
pub fn with_changed_rule(
    source: &Source,
    choice: &RuleChoice,
    settings: &RuleSettings,
) -> Result<Source, RuleError> {
    let view = choice.find(source)?;
    let path = path(&view);
    let node = source.node(&path).ok_or_else(|| RuleError::Missing(choice.name.clone()))?;
    let mut rule = Value::from(node);
    settings.take_over(node, &mut rule);
    settings.apply(&mut rule);
    let after = edited(source, &path, &Edit::Set(rule))?;
    settings.demand_gone(source, node, &view, &after)?;
    Ok(after)
}

/// Returns the text without a rule.
///
/// # Errors
/// When there is not one such rule, or it can't be edited in place.
pub fn without_rule(source: &Source, choice: &RuleChoice) -> Result<Source, RuleError> {
    Ok(edited(source, &path(&choice.find(source)?), &Edit::Remove)?)
}

impl RuleSettings {
    /// Labels and annotations that are merged into the rule as a whole become its own before one of them changes: those of its own would hide
    /// all others.
    fn take_over(&self, node: &Node, rule: &mut Value) {
        let Some((fields, _)) = Fields::of(node) else { return };
        for (key, pairs) in [("labels", &self.labels), ("annotations", &self.annotations)] {
            if let (false, None, Some(merged)) = (pairs.is_empty(), node.entry(key), fields.get(key)) {
                rule.set(key, Value::from(&merged.value));
            }
        }
    }

    /// Refuses an edit after which a label or annotation is there that was to go: it is merged in, and only what the alias names could
    /// change that.
    fn demand_gone(
        &self,
        source: &Source,
        node: &Node,
        before: &RuleView,
        after: &Source,
    ) -> Result<(), RuleError> {
        let is_meant = |rule: &RuleView| (rule.group_index, rule.index) == (before.group_index, before.index);
        let Some(rule) = rules(after).into_iter().find(is_meant) else { return Ok(()) };
        for (key, pairs, there) in
            [("labels", &self.labels, &rule.labels), ("annotations", &self.annotations, &rule.annotations)]
        {
            let is_last = |at: usize, name: &str| pairs[at + 1..].iter().all(|later| later.0 != name);
            let gone =
                pairs.iter().enumerate().filter(|(at, pair)| pair.1.is_empty() && is_last(*at, &pair.0));
            for (_, (name, _)) in gone {
                if !there.iter().any(|pair| pair.0 == *name) {
                    continue;
                }
                let merge = node.entry(key).and_then(|entry| entry.value.entry("<<"));
                let merge = merge.or_else(|| node.entry("<<"));
                let at = merge.map_or(before.span, |merge| merge.key_span);
                let alias = source.text().get(at.end..).and_then(alias_behind);
                let from = match alias {
                    Some(alias) if merge.is_some() => format!("what `{alias}` names"),
                    _ => "what is merged in".to_owned(),
                };
                return Err(EditError { at, reason: format!("`{name}` comes from {from}") }.into());
            }
        }
        Ok(())
    }
}

/// Returns the alias that stands behind a merge key.
fn alias_behind(rest: &str) -> Option<&str> {
    let word = rest.trim_start_matches(['"', '\'']).trim_start().strip_prefix(':')?.trim_start();
    let end = word.find(|sign: char| sign.is_whitespace() || ",[]{}".contains(sign)).unwrap_or(word.len());
    word.get(..end).filter(|word| word.starts_with('*'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Draft;

    fn source(text: &str) -> Source {
        Draft::read("r.yml", text).source.unwrap()
    }

    const TEXT: &str = "groups:\n  - name: a\n    rules:\n      # why\n      - alert: One\n        expr: up == 0 # down\n        for: 5m\n";

    #[test]
    fn rules_are_added_changed_and_taken_out() {
        let from = source(TEXT);
        let settings = RuleSettings {
            expr: Some("up{job=\"b\"} == 0".into()),
            labels: vec![("severity".into(), "warning".into())],
            ..RuleSettings::default()
        };
        let rule = settings.rule(RuleKind::Alert, "Two");
        let more = with_rule("r.yml", TEXT, Some(&from), "a", "Two", rule.clone()).unwrap();
        let added = "      - alert: Two\n        expr: up{job=\"b\"} == 0\n        labels:\n          severity: warning\n";
        assert_eq!(more.text(), format!("{TEXT}{added}"));
        let other = with_rule("r.yml", TEXT, Some(&from), "b", "Two", rule.clone()).unwrap();
        assert_eq!(rules(&other)[1].group, "b");
        let change = RuleSettings { hold: Some("1m".into()), ..RuleSettings::default() };
        let changed = with_changed_rule(&from, &named("One"), &change).unwrap();
        assert_eq!(changed.text(), TEXT.replace("5m", "1m"));
        let choice = RuleChoice { group: Some("a".into()), ..named("One") };
        assert_eq!(
            without_rule(&more, &choice).unwrap().text(),
            format!("groups:\n  - name: a\n    rules:\n{added}")
        );
        assert_eq!(without_rule(&from, &named("Two")).unwrap_err(), RuleError::Missing("Two".into()));
    }

    fn named(name: &str) -> RuleChoice {
        RuleChoice { name: name.to_owned(), ..RuleChoice::default() }
    }

    fn said(labels: &[(&str, &str)], expr: Option<&str>) -> RuleSettings {
        let labels = labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        RuleSettings { expr: expr.map(str::to_owned), labels, ..RuleSettings::default() }
    }

    #[test]
    fn only_a_rule_that_is_the_same_is_not_added_again() {
        let text = "groups:\n  - name: a\n    rules:\n      - alert: One\n        expr: up ==  0\n        labels: {b: x, a: '1', c: ''}\n";
        let from = source(text);
        for (kind, group, labels, expr, line) in [
            (RuleKind::Alert, "a", &[("a", "1"), ("b", "x")][..], "up == 0", Some(4)),
            (RuleKind::Alert, "b", &[("a", "1"), ("b", "x")], "up == 0", None),
            (RuleKind::Alert, "a", &[("a", "1"), ("b", "y")], "up == 0", None),
            (RuleKind::Alert, "a", &[("a", "1")], "up == 0", None),
            (RuleKind::Alert, "a", &[], "up == 0", None),
            (RuleKind::Record, "a", &[("a", "1"), ("b", "x")], "up == 1", None),
        ] {
            let rule = said(labels, Some(expr)).rule(kind, "One");
            let added = with_rule("r.yml", text, Some(&from), group, "One", rule);
            match (added, line) {
                (Ok(added), None) => assert_eq!(rules(&added).len(), 2, "{labels:?} {expr}"),
                (Err(RuleError::IsThere { line, .. }), Some(wanted)) => assert_eq!(line, wanted),
                (other, _) => panic!("{labels:?} {expr}: {other:?}"),
            }
        }
    }

    const PAIR: &str = "groups:
  - name: a
    rules:
      - record: x # one
        expr: sum(y)
        labels: {of: a}
      - record: x # two
        expr: sum(y)
        labels: {of: b}
";

    #[test]
    fn of_rules_of_one_name_the_meant_one_changes() {
        let choice = RuleChoice { labels: vec![("of".into(), "b".into())], ..named("x") };
        let change = said(&[], Some("sum(z)"));
        let changed = with_changed_rule(&source(PAIR), &choice, &change).unwrap();
        let (head, tail) = PAIR.split_once("# two").unwrap();
        assert_eq!(changed.text(), format!("{head}# two{}", tail.replace("sum(y)", "sum(z)")));
        let left = without_rule(&source(PAIR), &choice).unwrap();
        assert_eq!(left.text(), PAIR.split_once("      - record: x # two").unwrap().0);
    }

    const MERGED: &str = "groups:
  - name: a
    rules:
      - alert: One
        expr: up == 0
        labels: &l
          severity: page
          team: hall
      - &two
        alert: Two
        expr: up == 0
        labels:
          <<: *l
          of: b
      - <<: *two
        alert: Three
      - alert: Four
        expr: up == 0
        labels: {<<: *l, team: yard}
";

    #[test]
    fn what_is_merged_in_is_not_said_to_be_gone() {
        let from = source(MERGED);
        for (name, label, line) in [("Two", "severity", 13), ("Four", "team", 19), ("Four", "severity", 19)] {
            let Err(RuleError::Edit(error)) =
                with_changed_rule(&from, &named(name), &said(&[(label, "")], None))
            else {
                panic!("{name} {label}")
            };
            assert_eq!(error.reason, format!("`{label}` comes from what `*l` names"));
            assert_eq!(error.finding(&from).place.unwrap().line, line, "{name} {label}");
        }
        // what is the rule's own goes, and what is said last counts
        let own =
            with_changed_rule(&from, &named("Four"), &said(&[("severity", ""), ("severity", "x")], None));
        assert_eq!(own.unwrap().text(), MERGED.replace("team: yard}", "team: yard, severity: x}"));
        let own = with_changed_rule(&from, &named("Four"), &said(&[("none", "")], None)).unwrap();
        assert_eq!(own.text(), MERGED);
    }

    #[test]
    fn a_label_beside_labels_that_are_merged_in_hides_none_of_them() {
        let after =
            with_changed_rule(&source(MERGED), &named("Three"), &said(&[("new", "1")], None)).unwrap();
        let mut labels = rules(&after)[2].labels.clone();
        labels.sort();
        let wanted = [("new", "1"), ("of", "b"), ("severity", "page"), ("team", "hall")];
        assert_eq!(labels, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
