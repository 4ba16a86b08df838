//! Where alerts go: the tree of routes of an Alertmanager's file, and the way of an alert through it.
//!
//! An alert enters at the root. At each node it goes into every child whose matchers fit, up to the first that does not continue; where no
//! child fits, the node itself takes it. Options that a node does not have are its parent's, but for times and matchers.
//! Source: Alertmanager, "Configuration", section `route`. Whether the file is right is decided by `config`.

use std::collections::BTreeMap;

use super::matcher::{Labels, Matcher, MatcherError, all_fit, matchers};
use super::time_interval::{Moment, TimeInterval};
use crate::document::{Node, Severity, Source};
use crate::prometheus::config::{self, Fields};

/// Deepest tree that is followed.
const DEEPEST: usize = 100;

/// Labels by which alerts are put into one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupBy {
    /// All that have the same values of these.
    Labels(Vec<String>),
    /// Each alert for itself: `...`.
    All,
}

/// What holds for the messages of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteOptions {
    /// Who gets them.
    pub receiver: String,
    /// What is put together.
    pub group_by: GroupBy,
    /// Time before the first message of a group, in milliseconds.
    pub group_wait_ms: u64,
    /// Time between messages of a group that has changed, in milliseconds.
    pub group_interval_ms: u64,
    /// Time between messages of a group that has not, in milliseconds.
    pub repeat_interval_ms: u64,
}

/// A node of the tree.
#[derive(Debug, Clone)]
pub struct Route {
    /// Line of the file on which it begins, from 1.
    pub line: usize,
    /// Conditions; the root has none.
    pub matchers: Vec<Matcher>,
    /// Do alerts that it takes go on to the nodes behind it?
    pub continues: bool,
    /// Its options, those of its parents included.
    pub options: RouteOptions,
    /// Names of the times at which it is mute.
    pub mute_times: Vec<String>,
    /// Names of the only times at which it is not; none: always.
    pub active_times: Vec<String>,
    routes: Vec<Route>,
}

/// The whole tree.
#[derive(Debug, Clone)]
pub struct RouteTree {
    root: Route,
    intervals: BTreeMap<String, TimeInterval>,
}

/// A node that an alert ends at, with those above it from the root on.
#[derive(Debug, Clone)]
pub struct Hit<'a> {
    /// From the root to the node.
    pub path: Vec<&'a Route>,
}

/// Why messages are held back at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Muted {
    /// They are not.
    No,
    /// By a time that is named in `mute_time_intervals`.
    By(String),
    /// It is none of the times in `active_time_intervals`.
    NotActive,
    /// That can't be told: this time counts at a place whose clock is not known here.
    Unknown(String),
}

/// Why a tree can't be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// There is none.
    #[error("there is no `route` in it")]
    Missing,
    /// A matcher can't be read.
    #[error("line {line}: {error}")]
    Matcher {
        /// Where.
        line: usize,
        /// Why.
        error: MatcherError,
    },
    /// A field can't be read.
    #[error("line {line}: the route has a field that can't be read")]
    Field {
        /// Where.
        line: usize,
    },
    /// A time can't be read.
    #[error("line {line}: the time interval can't be read")]
    Interval {
        /// Where.
        line: usize,
    },
    /// It is too deep.
    #[error("the tree of routes is deeper than 100 nodes")]
    TooDeep,
}

impl RouteTree {
    /// Reads the tree of a file.
    ///
    /// # Errors
    /// When there is none, or something in it can't be read.
    pub fn read(source: &Source) -> Result<Self, TreeError> {
        let (fields, _) = Fields::of(source.root()).ok_or(TreeError::Missing)?;
        let route = fields.get("route").ok_or(TreeError::Missing)?;
        let begin = RouteOptions {
            receiver: String::new(),
            group_by: GroupBy::Labels(Vec::new()),
            group_wait_ms: 30_000,
            group_interval_ms: 300_000,
            repeat_interval_ms: 4 * 3_600_000,
        };
        let root = Route::read(source, &route.value, &begin, DEEPEST)?;
        let mut intervals = BTreeMap::new();
        for list in ["time_intervals", "mute_time_intervals"] {
            for node in fields.get(list).map_or(&[][..], |entry| entry.value.elements()) {
                let interval = TimeInterval::read(source, node)
                    .ok_or_else(|| TreeError::Interval { line: line(source, node) })?;
                intervals.insert(interval.name.clone(), interval);
            }
        }
        Ok(RouteTree { root, intervals })
    }

    /// Returns the nodes at which an alert with these labels ends, in the order of the file. It is never none.
    pub fn hits(&self, labels: &Labels) -> Vec<Hit<'_>> {
        let mut hits = Vec::new();
        let mut path = vec![&self.root];
        descend(&mut path, labels, &mut hits);
        hits
    }

    /// Says whether a node's messages are held back at a moment.
    pub fn muted(&self, route: &Route, moment: Moment) -> Muted {
        let mut unknown = None;
        for name in &route.mute_times {
            match self.contains(name, moment) {
                Some(true) => return Muted::By(name.clone()),
                Some(false) => {}
                None => unknown = Some(name),
            }
        }
        let active = || route.active_times.iter().map(|name| (name, self.contains(name, moment)));
        if !route.active_times.is_empty() && !active().any(|(_, inside)| inside == Some(true)) {
            match active().find(|(_, inside)| inside.is_none()) {
                Some((name, _)) => unknown = unknown.or(Some(name)),
                None => return Muted::NotActive,
            }
        }
        unknown.map_or(Muted::No, |name| Muted::Unknown(name.clone()))
    }

    fn contains(&self, name: &str, moment: Moment) -> Option<bool> {
        self.intervals.get(name).and_then(|interval| interval.contains(moment))
    }

    /// Returns the first difference between two trees, in words; `None`: there is none.
    pub(super) fn difference(&self, other: &RouteTree) -> Option<String> {
        different(&self.root, &other.root).or_else(|| {
            (self.intervals != other.intervals).then(|| "other time intervals are loaded".to_owned())
        })
    }
}

fn descend<'a>(path: &mut Vec<&'a Route>, labels: &Labels, hits: &mut Vec<Hit<'a>>) {
    let Some(node) = path.last().copied() else { return };
    let before = hits.len();
    for child in node.routes.iter().filter(|child| all_fit(&child.matchers, labels)) {
        path.push(child);
        descend(path, labels, hits);
        path.pop();
        if !child.continues {
            break;
        }
    }
    if hits.len() == before {
        hits.push(Hit { path: path.clone() });
    }
}

impl Hit<'_> {
    /// Returns the node itself.
    pub fn route(&self) -> Option<&Route> {
        self.path.last().copied()
    }
}

fn different(wanted: &Route, loaded: &Route) -> Option<String> {
    let words = |route: &Route| {
        let mut all: Vec<String> = route.matchers.iter().map(ToString::to_string).collect();
        all.sort();
        all
    };
    let sorted = |group_by: &GroupBy| match group_by {
        GroupBy::All => None,
        GroupBy::Labels(labels) => {
            let mut labels = labels.clone();
            labels.sort();
            Some(labels)
        }
    };
    let what = if words(wanted) != words(loaded) {
        "matchers"
    } else if wanted.options.receiver != loaded.options.receiver {
        "receiver"
    } else if sorted(&wanted.options.group_by) != sorted(&loaded.options.group_by) {
        "group_by"
    } else if wanted.continues != loaded.continues {
        "continue"
    } else if (&wanted.mute_times, &wanted.active_times) != (&loaded.mute_times, &loaded.active_times) {
        "times"
    } else if times(wanted) != times(loaded) {
        "group_wait, group_interval or repeat_interval"
    } else if wanted.routes.len() != loaded.routes.len() {
        "number of routes below"
    } else {
        return wanted
            .routes
            .iter()
            .zip(&loaded.routes)
            .find_map(|(wanted, loaded)| different(wanted, loaded));
    };
    Some(format!("the route of line {} is loaded with another {what}", wanted.line))
}

fn times(route: &Route) -> [u64; 3] {
    [route.options.group_wait_ms, route.options.group_interval_ms, route.options.repeat_interval_ms]
}

fn line(source: &Source, node: &Node) -> usize {
    let finding = source.finding(Severity::Error, "", node.span, "", None);
    finding.place.map_or(1, |place| place.line)
}

impl Route {
    fn read(source: &Source, node: &Node, above: &RouteOptions, depth: usize) -> Result<Self, TreeError> {
        if depth == 0 {
            return Err(TreeError::TooDeep);
        }
        let line = line(source, node);
        let wrong = || TreeError::Field { line };
        let (fields, _) = Fields::of(node).ok_or_else(wrong)?;
        let word = |name: &str| fields.get(name).and_then(|entry| config::word(source, &entry.value));
        let words = |name: &str| -> Option<Vec<String>> {
            let Some(entry) = fields.get(name) else { return Some(Vec::new()) };
            entry.value.elements().iter().map(|node| config::word(source, node)).collect()
        };
        let time = |name: &str, above: u64| match word(name) {
            Some(text) => config::duration(&text).map_err(|_| wrong()),
            None => Ok(above),
        };
        let group_by = match fields.get("group_by") {
            None => above.group_by.clone(),
            Some(_) => match words("group_by").ok_or_else(wrong)? {
                all if all.iter().any(|label| label == "...") => GroupBy::All,
                labels => GroupBy::Labels(labels),
            },
        };
        let options = RouteOptions {
            receiver: word("receiver")
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| above.receiver.clone()),
            group_by,
            group_wait_ms: time("group_wait", above.group_wait_ms)?,
            group_interval_ms: time("group_interval", above.group_interval_ms)?,
            repeat_interval_ms: time("repeat_interval", above.repeat_interval_ms)?,
        };
        let below = fields.get("routes").map_or(&[][..], |entry| entry.value.elements());
        let routes = below
            .iter()
            .map(|node| Route::read(source, node, &options, depth - 1))
            .collect::<Result<_, _>>()?;
        Ok(Route {
            line,
            matchers: conditions(source, &fields, line)?,
            continues: word("continue").is_some_and(|word| is_yes(&word)),
            options,
            mute_times: words("mute_time_intervals").ok_or_else(wrong)?,
            active_times: words("active_time_intervals").ok_or_else(wrong)?,
            routes,
        })
    }
}

/// Says whether a word means yes to Go's reader of YAML 1.1.
fn is_yes(word: &str) -> bool {
    matches!(word.to_ascii_lowercase().as_str(), "y" | "yes" | "on" | "true")
}

/// Reads `match`, `match_re` and `matchers`.
fn conditions(source: &Source, fields: &Fields<'_>, line: usize) -> Result<Vec<Matcher>, TreeError> {
    let wrong = |error| TreeError::Matcher { line, error };
    let mut all = Vec::new();
    for (name, operator) in [("match", "="), ("match_re", "=~")] {
        let Some((pairs, _)) = fields.get(name).and_then(|entry| Fields::of(&entry.value)) else { continue };
        for pair in pairs.iter() {
            let value = config::word(source, &pair.value).ok_or(TreeError::Field { line })?;
            all.push(Matcher::new(&pair.key, operator, &value).map_err(wrong)?);
        }
    }
    for node in fields.get("matchers").map_or(&[][..], |entry| entry.value.elements()) {
        let text = config::word(source, node).ok_or(TreeError::Field { line })?;
        all.extend(matchers(&text).map_err(wrong)?);
    }
    Ok(all)
}
