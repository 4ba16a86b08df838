//! The queries of a dashboard as a server can answer them: with values in place of Grafana's variables.

use std::collections::BTreeMap;

use super::model::Dashboard;

/// A query of a panel or an annotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelQuery {
    /// The heading above the panel.
    pub row: String,
    /// The panel's title; the annotation's name.
    pub panel: String,
    /// The query's letter; empty for an annotation.
    pub ref_id: String,
    /// The expression with variables in it.
    pub expr: String,
    /// Is it asked for the last moment alone?
    pub is_instant: bool,
    /// An annotation has data only when something is wrong.
    pub may_be_empty: bool,
    /// Variables that it uses.
    pub variables: Vec<&'static str>,
}

/// A variable, and where its values come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelVariable {
    /// Its name, without `$`.
    pub name: &'static str,
    /// The series that are looked at.
    pub selector: String,
    /// Their label whose values it takes.
    pub label: &'static str,
}

/// Returns the variables that take the values of labels.
pub fn variables(dashboard: &Dashboard) -> Vec<LabelVariable> {
    let with_values = dashboard.templating.list.iter().filter_map(|variable| {
        let (selector, label) = variable.values_of.clone()?;
        Some(LabelVariable { name: variable.name, selector, label })
    });
    with_values.collect()
}

/// Returns every query of a dashboard, in the order of its panels; annotations come last.
pub fn queries(dashboard: &Dashboard) -> Vec<PanelQuery> {
    let names: Vec<&'static str> = variables(dashboard).into_iter().map(|variable| variable.name).collect();
    let used = |expr: &str| names.iter().copied().filter(|name| uses(expr, name)).collect();
    let mut found = Vec::new();
    let mut row = "";
    for panel in &dashboard.panels {
        if panel.collapsed.is_some() {
            row = &panel.title;
        }
        found.extend(panel.targets.iter().map(|query| PanelQuery {
            row: row.to_owned(),
            panel: panel.title.clone(),
            ref_id: query.ref_id.clone(),
            expr: query.expr.clone(),
            is_instant: query.instant,
            may_be_empty: false,
            variables: used(&query.expr),
        }));
    }
    found.extend(dashboard.annotations.list.iter().map(|annotation| {
        let (name, expr) = annotation.expr();
        PanelQuery {
            row: "annotations".to_owned(),
            panel: name.to_owned(),
            ref_id: String::new(),
            expr: expr.to_owned(),
            is_instant: false,
            may_be_empty: true,
            variables: used(expr),
        }
    }));
    found
}

fn uses(expr: &str, name: &str) -> bool {
    expr.match_indices('$').any(|(at, _)| {
        let rest = &expr[at + 1..];
        rest.strip_prefix(name).is_some_and(|behind| !behind.starts_with(is_word))
    })
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// Stretches of time that Grafana puts into expressions, as PromQL writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intervals {
    /// Time between two points: `$__interval`.
    pub step: String,
    /// Long enough for a rate: `$__rate_interval`.
    pub rate: String,
}

/// Puts values in place of variables; a value is escaped as a text in quotes needs it.
pub fn substituted(expr: &str, values: &BTreeMap<&str, &str>, intervals: &Intervals) -> String {
    let mut text = String::with_capacity(expr.len());
    let mut rest = expr;
    while let Some((before, behind)) = rest.split_once('$') {
        text.push_str(before);
        let length = behind.find(|letter| !is_word(letter)).unwrap_or(behind.len());
        let (name, next) = behind.split_at(length);
        match (name, values.get(name)) {
            ("__rate_interval", _) => text.push_str(&intervals.rate),
            ("__interval", _) => text.push_str(&intervals.step),
            (_, Some(value)) => text.push_str(&value.replace('\\', "\\\\").replace('"', "\\\"")),
            (_, None) => {
                text.push('$');
                text.push_str(name);
            }
        }
        rest = next;
    }
    text.push_str(rest);
    text
}
