//! What makes a site valid beyond the form of its file: names that resolve, limits that fit, devices that don't collide.
//!
//! Every check goes on after a mistake, so that all of them are found; an entry with a mistake of form is left out, and what refers
//! to it by name is not blamed.

mod buses;
mod chargers;
mod circuits;
mod devices;
mod failover;
mod loads;
mod policy;
mod references;
mod settings;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::entries::{Entries, LISTS};
use super::facts::{DeviceFacts, ProfileFacts};
use super::file::{EachPhase, PhaseAmps};
use super::model::Site;
use super::{Amps, Grid, PerPhase, Phase, Volts};
use crate::document::{Finding, Severity, Source, Span, Step};

/// A check in progress.
pub(super) struct Check<'a> {
    source: &'a Source,
    facts: &'a dyn ProfileFacts,
    base: &'a Path,
    /// Position of each name in its list, by key of the list.
    names: HashMap<&'static str, BTreeMap<&'a str, usize>>,
    known_profiles: HashMap<String, Option<DeviceFacts>>,
    findings: Vec<Finding>,
}

impl<'a> Check<'a> {
    fn new(source: &'a Source, facts: &'a dyn ProfileFacts, base: &'a Path) -> Self {
        Check {
            source,
            facts,
            base,
            names: HashMap::new(),
            known_profiles: HashMap::new(),
            findings: Vec::new(),
        }
    }

    fn error(&mut self, span: Span, code: &str, message: impl Into<String>, hint: Option<String>) {
        self.findings.push(self.source.finding(Severity::Error, code, span, message, hint));
    }

    fn warning(&mut self, span: Span, code: &str, message: impl Into<String>, hint: Option<String>) {
        self.findings.push(self.source.finding(Severity::Warning, code, span, message, hint));
    }

    fn at(&self, path: &[Step<'_>]) -> Span {
        self.source.span(path)
    }

    /// Finds the names of every list, and those that stand there twice.
    fn collect_names(&mut self) {
        for (list, word) in LISTS {
            let mut names = BTreeMap::new();
            let elements = self.source.node(&[list.into()]).map(|node| node.elements()).unwrap_or_default();
            for (index, element) in elements.iter().enumerate() {
                let Some(entry) = element.entry("name") else { continue };
                let Some(name) = entry.value.text() else { continue };
                let span = entry.value.span;
                if name.chars().any(char::is_control) || name.trim() != name {
                    let message =
                        format!("the name of a {word} can't have control characters or outer spaces");
                    self.error(span, "wrong-form", message, None);
                }
                if names.contains_key(name) {
                    let message = format!("two {word}s are called `{name}`");
                    self.error(span, "duplicate-name", message, Some("give each its own name".into()));
                } else {
                    names.insert(name, index);
                }
            }
            self.names.insert(list, names);
        }
    }

    /// Finds what a name refers to; one that refers to nothing has been reported by then.
    fn resolve(&self, list: &str, name: &str) -> Option<usize> {
        self.names.get(list)?.get(name).copied()
    }

    /// Resolves a path of the file against its folder.
    fn path(&self, written: &str) -> PathBuf {
        self.base.join(written)
    }

    fn is_written(&self, path: &[Step<'_>]) -> bool {
        self.source.node(path).is_some()
    }
}

/// Checks what a file means. The site is there when no finding is an error and every entry could be used.
pub(super) fn site(
    entries: Entries,
    source: &Source,
    facts: &dyn ProfileFacts,
    base: &Path,
) -> (Option<Site>, Vec<Finding>) {
    let mut check = Check::new(source, facts, base);
    check.collect_names();
    references::check_references(&mut check);
    let grid = Grid { voltage: Volts(entries.grid.voltage), phases: entries.grid.phases };
    let tree = circuits::circuits(&mut check, &entries.circuits, grid);
    let mut buses = buses::Buses::default();
    let meters = devices::meters(&mut check, &mut buses, entries.meters, grid);
    let chargers = chargers::chargers(&mut check, &mut buses, entries.chargers, grid, &tree);
    let breakers = devices::breakers(&mut check, &mut buses, entries.breakers);
    let loads = loads::loads(&mut check, entries.loads, grid, &tree, &breakers);
    let cabinets = devices::cabinets(&mut check, &mut buses, entries.cabinets);
    let solar = devices::solar(&mut check, &mut buses, entries.solar);
    let endpoints = devices::endpoints(&mut check, &mut buses, entries.endpoints);
    let control = settings::control(&mut check, &entries.control);
    let policy = policy::policy(&mut check, &entries.policy, chargers.len(), (&tree, &meters));
    let api = settings::api(&mut check, entries.api);
    let journal = settings::journal(&mut check, entries.journal);
    if let Some(entry) = &entries.failover {
        failover::failover(&mut check, entry);
    }
    let is_valid = check.findings.iter().all(|finding| finding.severity != Severity::Error);
    let built = is_valid.then_some(()).and_then(|()| {
        Some(Site {
            name: entries.name,
            grid,
            circuits: all(tree.circuits)?,
            parents_first: tree.parents_first,
            meters: all(meters)?,
            chargers: all(chargers)?,
            breakers: all(breakers)?,
            loads: all(loads)?,
            cabinets: all(cabinets)?,
            solar: all(solar)?,
            endpoints: all(endpoints)?,
            control,
            policy,
            api: api?,
            journal,
        })
    });
    (built, check.findings)
}

fn all<T>(entries: Vec<Option<T>>) -> Option<Vec<T>> {
    entries.into_iter().collect()
}

/// Amperes on each phase that the grid has; the others have none.
fn per_phase(amps: &PhaseAmps, grid: Grid) -> PerPhase<Amps> {
    let EachPhase { l1, l2, l3 } = match amps {
        PhaseAmps::All(all) => EachPhase { l1: *all, l2: *all, l3: *all },
        PhaseAmps::Each(each) => *each,
    };
    let written = PerPhase { l1, l2, l3 };
    PerPhase::from_fn(|phase| if has_phase(grid, phase) { Amps(written[phase]) } else { Amps::ZERO })
}

fn has_phase(grid: Grid, phase: Phase) -> bool {
    grid.phases().contains(&phase)
}

/// Reports a value that is given for a phase that a single-phase grid has not.
fn refuse_missing_phases(check: &mut Check<'_>, amps: &PhaseAmps, grid: Grid, path: &[Step<'_>]) {
    let PhaseAmps::Each(EachPhase { l1: _, l2, l3 }) = amps else { return };
    for (phase, key, value) in [(Phase::L2, "L2", l2), (Phase::L3, "L3", l3)] {
        if *value > 0.0 && !has_phase(grid, phase) {
            let span = check.source.key_span(&[path, &[Step::Key(key)]].concat());
            check.error(span, "no-such-phase", format!("{phase} is given, but the grid has one phase"), None);
        }
    }
}

/// Reports phases that the grid has not, and those that are listed twice; says whether all are right.
fn phases_are_right(check: &mut Check<'_>, phases: &[Phase], grid: Grid, path: &[Step<'_>]) -> bool {
    let mut right = true;
    for (index, phase) in phases.iter().enumerate() {
        let span = check.at(&[path, &[Step::At(index)]].concat());
        if !has_phase(grid, *phase) {
            right = false;
            check.error(span, "no-such-phase", format!("{phase} is given, but the grid has one phase"), None);
        } else if phases[..index].contains(phase) {
            right = false;
            let message = format!("{phase} is listed twice");
            check.error(span, "duplicate-phase", message, Some("each terminal needs its own phase".into()));
        }
    }
    right
}
