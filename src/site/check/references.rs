//! What entries refer to by name: circuits, meters, profiles. Looked at in the tree itself, so that an entry with a mistake of form
//! is no hiding place for a wrong name.

use super::Check;
use crate::document::{Node, Step, nearest};
use crate::site::entries::LISTS;
use crate::site::facts::{DeviceFacts, Role};

/// Which key of which list names an entry of which other list.
const REFERENCES: [(&str, &str, &str); 7] = [
    ("circuits", "parent", "circuits"),
    ("circuits", "meter", "meters"),
    ("chargers", "circuit", "circuits"),
    ("breakers", "circuit", "circuits"),
    ("loads", "circuit", "circuits"),
    ("loads", "breaker", "breakers"),
    ("solar", "circuit", "circuits"),
];

/// Which list has devices of which role.
const ROLES: [(&str, Role); 6] = [
    ("meters", Role::Meter),
    ("chargers", Role::Charger),
    ("breakers", Role::Breaker),
    ("cabinets", Role::Cabinet),
    ("solar", Role::Solar),
    ("endpoints", Role::Endpoint),
];

/// Findings after which no more suggestions are made.
const MOST_SUGGESTIONS: usize = 200;

/// Reports every name that refers to nothing, and every profile that is unknown or of another role.
pub(super) fn check_references(check: &mut Check<'_>) {
    for (list, key, target) in REFERENCES {
        for value in values(check, list, key) {
            if let Some(name) = value.text() {
                refer(check, target, name, value);
            }
        }
    }
    for (list, role) in ROLES {
        for value in values(check, list, "profile") {
            if let Some(profile) = value.text() {
                refer_to_profile(check, profile, role, value);
            }
        }
    }
}

fn values<'a>(check: &Check<'a>, list: &str, key: &str) -> Vec<&'a Node> {
    let source = check.source;
    let elements = source.node(&[Step::Key(list)]).map(Node::elements).unwrap_or_default();
    elements.iter().filter_map(|element| element.entry(key)).map(|entry| &entry.value).collect()
}

fn refer(check: &mut Check<'_>, target: &'static str, name: &str, value: &Node) {
    let Some(names) = check.names.get(target).filter(|names| !names.contains_key(name)) else { return };
    let word = LISTS.iter().find(|(key, _)| *key == target).map_or(target, |(_, word)| word);
    // a file with hundreds of wrong names has one cause, and looking for what each meant would take long
    let near =
        if check.findings.len() < MOST_SUGGESTIONS { nearest(name, names.keys().copied()) } else { None };
    let hint = match near {
        Some(meant) => Some(format!("did you mean `{meant}`?")),
        None if names.is_empty() => Some(format!("the site has no {target}")),
        None => None,
    };
    check.error(value.span, "unknown-name", format!("no {word} is called `{name}`"), hint);
}

fn refer_to_profile(check: &mut Check<'_>, profile: &str, role: Role, value: &Node) {
    let Some(facts) = check.facts_of(profile) else {
        let names = check.facts.names();
        let hint = match nearest(profile, names.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known profiles: {}", names.join(", ")),
        };
        check.error(value.span, "unknown-profile", format!("no profile is called `{profile}`"), Some(hint));
        return;
    };
    if !facts.roles.contains(&role) {
        let is: Vec<&str> = facts.roles.iter().map(|role| role.word()).collect();
        let message =
            format!("the profile `{profile}` is for a {}, not for a {}", is.join(" or "), role.word());
        check.error(value.span, "wrong-role", message, None);
    }
}

impl Check<'_> {
    /// Asks for a profile once, however many devices have it.
    pub(super) fn facts_of(&mut self, profile: &str) -> Option<DeviceFacts> {
        if let Some(known) = self.known_profiles.get(profile) {
            return known.clone();
        }
        let facts = self.facts.facts(profile);
        self.known_profiles.insert(profile.to_owned(), facts.clone());
        facts
    }
}
