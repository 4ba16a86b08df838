//! Alertmanager's tree of routes: what a node may have, and that receivers and times exist.

use std::borrow::Cow;
use std::collections::HashSet;

use super::fields::{Fields, heading};
use super::matchers;
use super::shape::{Field, Kind, Section, duration, flag, text, texts};
use super::walk::Walk;
use crate::document::{Content, Node, nearest};

/// A node of the tree.
pub(super) static ROUTE: Section = Section {
    title: "a route",
    fields: &[
        texts("active_time_intervals"),
        flag("continue"),
        Field::new("group_by", Kind::Judged(group_by)),
        Field::new("group_interval", Kind::PositiveDuration),
        duration("group_wait"),
        Field::new("match", Kind::Judged(matchers::equalities)),
        Field::new("match_re", Kind::Judged(matchers::expressions)),
        Field::new("matchers", Kind::Judged(matchers::matchers)),
        texts("mute_time_intervals"),
        text("receiver"),
        Field::new("repeat_interval", Kind::PositiveDuration),
        Field::new("routes", Kind::List(&Kind::Section(&ROUTE))),
    ],
    shared: &[],
    rule: None,
};

/// Labels to group by, each once; `...` stands for all of them and alone.
fn group_by<'a>(walk: &mut Walk<'a>, name: &str, node: &'a Node) {
    if node.content == Content::Null {
        return;
    }
    let Content::List(elements) = &node.content else {
        return walk.wrong_type(name, "a list of labels", node);
    };
    let mut seen = HashSet::new();
    let is_mixed = elements.iter().any(|element| element.text() != Some("..."));
    for element in elements {
        let Some(label) = walk.word(element) else {
            walk.wrong_type(name, "a list of labels", element);
            continue;
        };
        if &*label == "..." {
            if is_mixed {
                let message = "`...` stands for all labels, so no other can stand beside it";
                walk.error("both-set", element.span, message);
            }
        } else {
            walk.label_name(&label, element.span);
            if !seen.insert(label.clone()) {
                let message = format!("`{label}` stands in `{name}` twice");
                walk.error("duplicate-name", element.span, message);
            }
        }
    }
}

/// Checks the whole tree from its root.
pub(super) fn root<'a>(
    walk: &mut Walk<'a>,
    node: &'a Node,
    receivers: &HashSet<Cow<'a, str>>,
    times: &HashSet<Cow<'a, str>>,
) {
    let Some((route, _)) = Fields::of(node) else { return };
    if route.filled("receiver").is_none() {
        let message = "the first route needs a `receiver`: it takes what no other does";
        walk.error("missing-key", route.span(), message);
    }
    for name in ["match", "match_re", "matchers", "mute_time_intervals", "active_time_intervals"] {
        if let Some(entry) = route.filled(name) {
            let message = format!("the first route takes no `{name}`: every alert goes through it");
            walk.error_hint("not-needed", entry.key_span, message, "put it into a route below `routes`");
        }
    }
    if let Some(entry) = route.get("continue").filter(|entry| entry.value.content == Content::Bool(true)) {
        let message = "the first route takes no `continue: true`: there is none beside it to go on with";
        walk.error_hint("not-needed", entry.key_span, message, "remove it");
    }
    branch(walk, &route, receivers, times, 64);
}

fn branch<'a>(
    walk: &mut Walk<'a>,
    route: &Fields<'a>,
    receivers: &HashSet<Cow<'a, str>>,
    times: &HashSet<Cow<'a, str>>,
    depth: usize,
) {
    if let Some(entry) = route.filled("receiver")
        && let Some(name) = walk.word(&entry.value)
        && !receivers.contains(&name)
    {
        let hint = near(&name, receivers);
        let message = format!("there is no receiver `{name}`");
        walk.error_hint("unknown-receiver", entry.value.span, message, hint);
    }
    for list in ["mute_time_intervals", "active_time_intervals"] {
        for element in route.get(list).map_or(&[] as &[_], |entry| entry.value.elements()) {
            let Some(name) = walk.word(element).filter(|name| !times.contains(name)) else { continue };
            let hint = near(&name, times);
            walk.error_hint(
                "unknown-time-interval",
                element.span,
                format!("there is no time interval `{name}`"),
                hint,
            );
        }
    }
    if depth == 0 {
        return;
    }
    for node in route.get("routes").map_or(&[] as &[_], |entry| entry.value.elements()) {
        let Some((child, _)) = Fields::of(node) else { continue };
        if !["match", "match_re", "matchers"].iter().any(|name| child.filled(name).is_some()) {
            let message = "a route without `matchers` takes every alert that comes to it";
            walk.warn("no-matchers", heading(node), message, "add `matchers`, or put it last");
        }
        branch(walk, &child, receivers, times, depth - 1);
    }
}

/// Most names that are compared with a wrong one: hints must not make a bad file slow.
const MOST_NAMES: usize = 200;

fn near(name: &str, known: &HashSet<Cow<'_, str>>) -> String {
    if known.len() > MOST_NAMES {
        return format!("{} others are defined", known.len());
    }
    let mut sorted: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
    sorted.sort_unstable();
    match nearest(name, sorted.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if sorted.is_empty() => "none is defined".to_owned(),
        None => format!("defined are {}", super::words::listed(&sorted[..sorted.len().min(8)])),
    }
}
