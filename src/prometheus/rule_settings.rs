//! What a person says of a rule, and edits of rule files: a rule is added to a group, changed or taken out.

use super::config::{RuleKind, RuleView, rule_groups, rules};
use crate::document::{Edit, EditError, Source, Step, Value, begun, edited};

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
    /// A rule of this name is in the group.
    #[error("there is a rule `{name}` in the group `{group}` already")]
    IsThere {
        /// The rule.
        name: String,
        /// The group.
        group: String,
    },
    /// No rule of this name is there.
    #[error("there is no rule `{0}`")]
    Missing(String),
    /// Several rules have this name.
    #[error("there are {count} rules `{name}`, in {groups}")]
    Several {
        /// The rule.
        name: String,
        /// How many.
        count: usize,
        /// Their groups.
        groups: String,
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

/// Finds the one rule of a name, in a group where one is named.
///
/// # Errors
/// When there is none, or more than one.
pub fn find(source: &Source, name: &str, group: Option<&str>) -> Result<RuleView, RuleError> {
    let is_meant = |rule: &RuleView| rule.name == name && group.is_none_or(|group| rule.group == group);
    let mut found: Vec<RuleView> = rules(source).into_iter().filter(is_meant).collect();
    match found.len() {
        0 => Err(RuleError::Missing(name.to_owned())),
        1 => Ok(found.swap_remove(0)),
        count => {
            let groups: Vec<&str> = found.iter().map(|rule| rule.group.as_str()).collect();
            Err(RuleError::Several { name: name.to_owned(), count, groups: groups.join(", ") })
        }
    }
}

/// Returns the text with a rule added at the end of a group; the group is made when it is not there.
///
/// # Errors
/// When the group has a rule of this name, or can't be edited in place.
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
    if there.rules.iter().any(|rule| rule.name == name) {
        return Err(RuleError::IsThere { name: name.to_owned(), group: group.to_owned() });
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
    name: &str,
    group: Option<&str>,
    settings: &RuleSettings,
) -> Result<Source, RuleError> {
    let view = find(source, name, group)?;
    let path = path(&view);
    let mut rule = source.node(&path).map(Value::from).ok_or_else(|| RuleError::Missing(name.to_owned()))?;
    settings.apply(&mut rule);
    Ok(edited(source, &path, &Edit::Set(rule))?)
}

/// Returns the text without a rule.
///
/// # Errors
/// When there is not one such rule, or it can't be edited in place.
pub fn without_rule(source: &Source, name: &str, group: Option<&str>) -> Result<Source, RuleError> {
    Ok(edited(source, &path(&find(source, name, group)?), &Edit::Remove)?)
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
        assert!(matches!(
            with_rule("r.yml", TEXT, Some(&from), "a", "One", rule),
            Err(RuleError::IsThere { .. })
        ));
        let change = RuleSettings { hold: Some("1m".into()), ..RuleSettings::default() };
        let changed = with_changed_rule(&from, "One", None, &change).unwrap();
        assert_eq!(changed.text(), TEXT.replace("5m", "1m"));
        assert_eq!(
            without_rule(&more, "One", Some("a")).unwrap().text(),
            format!("groups:\n  - name: a\n    rules:\n{added}")
        );
        assert_eq!(without_rule(&from, "Two", None).unwrap_err(), RuleError::Missing("Two".into()));
    }
}
