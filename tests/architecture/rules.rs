//! The rules: the two tables of ARCHITECTURE.md, and the sizes of files.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{self, Code, Named};

/// Lines of a file at the most.
const LONGEST_FILE: usize = 600;
/// Lines of `main.rs` at the most.
const LONGEST_MAIN: usize = 40;
/// Stands in the table for a room that may use all others.
const EVERY_ROOM: &str = "every room";

/// What ARCHITECTURE.md allows.
#[derive(Debug, Default)]
pub struct Rules {
    /// Room → rooms that it may name.
    rooms: BTreeMap<String, BTreeSet<String>>,
    /// Path → rooms that alone may name it.
    doors: BTreeMap<String, BTreeSet<String>>,
}

impl Rules {
    /// Reads the tables under `## Rooms` and `## Doors`.
    pub fn from_document(text: &str) -> Self {
        let mut rules = Rules::default();
        let mut section = "";
        for line in text.lines() {
            if let Some(heading) = line.strip_prefix("## ") {
                section = heading;
            }
            let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
            if !line.starts_with('|') || cells.len() < 3 || !cells[0].starts_with('`') {
                continue;
            }
            for key in quoted(cells[0]) {
                let key = key.trim_end_matches('/').trim_end_matches(".rs").to_owned();
                let mut names: BTreeSet<String> = quoted(cells[2]).map(str::to_owned).collect();
                if cells[2].contains(EVERY_ROOM) {
                    names.insert(EVERY_ROOM.into());
                }
                match section {
                    "Rooms" => rules.rooms.insert(key, names),
                    "Doors" => rules.doors.insert(key, names),
                    _ => None,
                };
            }
        }
        rules
    }

    /// Returns what is wrong with the sources, given as path below `src/` and text.
    pub fn faults(&self, files: &[(String, String)]) -> Vec<String> {
        let codes: Vec<(Vec<String>, &String, Code)> =
            files.iter().map(|(path, text)| (module_of(path), path, source::read(text))).collect();
        let tests: BTreeSet<Vec<String>> = codes
            .iter()
            .flat_map(|(module, _, code)| {
                code.test_modules.iter().map(|name| [module.as_slice(), std::slice::from_ref(name)].concat())
            })
            .collect();
        let mut faults = self.room_faults(&codes);
        for (module, path, code) in &codes {
            if !tests.iter().any(|test| module.starts_with(test)) {
                faults.extend(code.paths.iter().filter_map(|named| self.path_fault(module, path, named)));
            }
        }
        faults.extend(files.iter().flat_map(|(path, text)| size_faults(path, text)));
        faults
    }

    fn room_faults(&self, codes: &[(Vec<String>, &String, Code)]) -> Vec<String> {
        let there: BTreeSet<&str> =
            codes.iter().filter_map(|(module, ..)| module.first().map(String::as_str)).collect();
        let listed: BTreeSet<&str> = self.rooms.keys().map(String::as_str).collect();
        let missing =
            there.difference(&listed).map(|room| format!("src/{room} is not in the table of rooms"));
        let gone =
            listed.difference(&there).map(|room| format!("the table of rooms has `{room}`, src/ has not"));
        missing.chain(gone).collect()
    }

    fn path_fault(&self, module: &[String], path: &str, named: &Named) -> Option<String> {
        let room = module.first().map_or("", String::as_str);
        let spelt = named.segments.join("::");
        if let Some(target) = room_named(module, &named.segments) {
            let may = self.rooms.get(room)?;
            let is_room = self.rooms.contains_key(target);
            let is_allowed =
                room.is_empty() || target == room || may.contains(target) || may.contains(EVERY_ROOM);
            return (is_room && !is_allowed)
                .then(|| format!("src/{path}:{}: `{room}` must not use `{target}` ({spelt})", named.line));
        }
        let (door, may) = self
            .doors
            .iter()
            .filter(|(door, _)| spelt == **door || spelt.starts_with(&format!("{door}::")))
            .max_by_key(|(door, _)| door.len())?;
        (!may.contains(room)).then(|| {
            format!(
                "src/{path}:{}: `{room}` must not use `{door}`; that is for {may:?} ({spelt})",
                named.line
            )
        })
    }
}

fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// `ui/live/mod.rs` → `[ui, live]`; `lib.rs` → nothing.
fn module_of(path: &str) -> Vec<String> {
    let path = path.trim_end_matches(".rs");
    let mut module: Vec<String> = path.split('/').map(str::to_owned).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
        module.pop();
    }
    module
}

/// Returns the room that a path leads into, seen from a module: through `crate`, the crate's name, or enough `super`s.
fn room_named<'a>(module: &[String], segments: &'a [String]) -> Option<&'a str> {
    let climbs = segments.iter().take_while(|segment| *segment == "super").count();
    let first = match segments[0].as_str() {
        "crate" | "enmon" => 1,
        _ if climbs > 0 && climbs == module.len() => climbs,
        _ => return None,
    };
    segments.get(first).map(String::as_str)
}

fn size_faults(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let most = if path == "main.rs" { LONGEST_MAIN } else { LONGEST_FILE };
    let lines = text.lines().count();
    if lines > most {
        faults.push(format!("src/{path} has {lines} lines; {most} are the most: split it by subject"));
    }
    if !text.starts_with("//! ") {
        faults.push(format!(
            "src/{path} does not open with `//!`: what does it decide, what does it leave to others?"
        ));
    }
    faults
}
