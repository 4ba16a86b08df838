//! Changes values in a site file's text and leaves all else as its owner wrote it: comments, order, blanks.

use crate::document::{Content, Source, Step};

/// Returns the text with these keys of a mapping set to these values, written as YAML. A key that is there keeps its place; a new one
/// stands behind the mapping's first. `None`: there is no such mapping.
///
/// The result must be checked again: a value can be written in ways that this does not know.
pub fn with_values(
    text: &str,
    source: &Source,
    path: &[Step<'_>],
    values: &[(&str, String)],
) -> Option<String> {
    let node = source.node(path)?;
    let Content::Map(entries) = &node.content else { return None };
    let first = entries.first()?;
    let is_flow = text.get(node.span.start..)?.starts_with('{');
    let line_start = text.get(..first.key_span.start)?.rfind('\n').map_or(0, |at| at + 1);
    let indent = " ".repeat(text.get(line_start..first.key_span.start)?.chars().count());
    let mut changes: Vec<(usize, usize, String)> = Vec::new();
    for (key, value) in values {
        if let Some(entry) = node.entry(key) {
            changes.push((entry.value.span.start, entry.value.span.end, value.clone()));
            continue;
        }
        let behind = first.value.span.end;
        if is_flow {
            changes.push((behind, behind, format!(", {key}: {value}")));
        } else {
            // behind the whole line, so that a comment stays with its key
            let end = text.get(behind..)?.find('\n').map_or(text.len(), |at| behind + at);
            changes.push((end, end, format!("\n{indent}{key}: {value}")));
        }
    }
    // from the end on, so that places further up stay right; what is put at one place keeps its order
    changes.reverse();
    changes.sort_by_key(|(start, ..)| std::cmp::Reverse(*start));
    let mut edited = text.to_owned();
    for (start, end, new) in changes {
        edited.get(start..end)?;
        edited.replace_range(start..end, &new);
    }
    Some(edited)
}

/// Returns the lines that differ between two texts, `-` before the old and `+` before the new ones.
pub fn difference(old: &str, new: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut lines = Vec::new();
    let (mut at, mut to) = (0, 0);
    while at < old.len() || to < new.len() {
        match (old.get(at), new.get(to)) {
            (Some(one), Some(other)) if one == other => (at, to) = (at + 1, to + 1),
            (one, other) => {
                // the nearest line that both have again
                let again = (0..=(old.len() - at) + (new.len() - to)).find_map(|sum| {
                    (0..=sum).find_map(|skipped| {
                        let (one, other) = (old.get(at + skipped), new.get(to + sum - skipped));
                        let is_same = one.is_some() && one == other;
                        let is_end = at + skipped == old.len() && to + sum - skipped == new.len();
                        (is_same || is_end).then_some((skipped, sum - skipped))
                    })
                });
                let (gone, come) =
                    again.unwrap_or((usize::from(one.is_some()), usize::from(other.is_some())));
                lines.extend(old[at..at + gone].iter().map(|line| format!("-{line}")));
                lines.extend(new[to..to + come].iter().map(|line| format!("+{line}")));
                (at, to) = (at + gone, to + come);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::site::{Amps, DeviceFacts, Phase, ProfileFacts, Role, load};

    /// One profile that suits everything here.
    struct Facts;

    impl ProfileFacts for Facts {
        fn facts(&self, _: &str) -> Option<DeviceFacts> {
            Some(DeviceFacts {
                roles: vec![Role::Charger],
                modbus: true,
                unit: 1,
                connectors: 1,
                line: None,
                watchdog: None,
                resolution: Amps(0.1),
                switchable: false,
                switches_phases: false,
                signed: false,
                limit_range: None,
            })
        }

        fn names(&self) -> Vec<&str> {
            vec!["abb-terra-ac"]
        }
    }

    const TEXT: &str = "apiVersion: enmon/v1
kind: Site
name: s
circuits:
  - {name: main, limit: 63, baseLoad: 0}
chargers:
  - name: ev1 # the first
    circuit: main
    phases: # as found
      - L1
      - L2
      - L3
    max: 32 # rated
    failsafe: 6
    profile: abb-terra-ac
    address: modbus+tcp://10.0.0.11
  - {name: ev2, circuit: main, phases: [L1], max: 16, profile: abb-terra-ac, address: \"modbus+tcp://10.0.0.12\"}
";

    fn edited(index: usize, values: &[(&str, String)]) -> String {
        let loaded = load(TEXT, "s.yaml", Path::new("/"), &Facts).unwrap();
        with_values(TEXT, &loaded.source, &["chargers".into(), index.into()], values).unwrap()
    }

    #[test]
    fn comments_and_all_else_stay() {
        let values = [("max", "20".to_owned()), ("step", "0.5".to_owned()), ("reaction", "4s".to_owned())];
        let text = edited(0, &values);
        assert_eq!(
            difference(TEXT, &text),
            ["+    step: 0.5", "+    reaction: 4s", "-    max: 32 # rated", "+    max: 20 # rated"]
        );
        let site = load(&text, "s.yaml", Path::new("/"), &Facts).unwrap().site;
        assert_eq!((site.chargers[0].max, site.chargers[0].resolution), (Amps(20.0), Amps(0.5)));
    }

    #[test]
    fn flow_mappings_are_edited_in_their_line() {
        let text = edited(1, &[("phases", "[L2]".to_owned()), ("step", "1".to_owned())]);
        assert!(text.contains("{name: ev2, step: 1, circuit: main, phases: [L2], max: 16"), "{text}");
        let site = load(&text, "s.yaml", Path::new("/"), &Facts).unwrap().site;
        assert_eq!(site.chargers[1].phases, [Phase::L2]);
    }

    #[test]
    fn differences_are_shown_line_by_line() {
        assert_eq!(difference("a\nb\nc\n", "a\nx\nb\nc\ny\n"), ["+x", "+y"]);
        assert_eq!(difference("a\nb\n", "a\n"), ["-b"]);
        assert_eq!(difference("a\n", "a\n"), Vec::<String>::new());
    }
}
