//! A folder of target files (`file_sd_configs`): each file is a job of its own, with its targets and their labels.
//!
//! Which file is which job, how one is made and changed, and what a server that watches the folder still lacks. Reading and writing is left to
//! others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::job_settings::{JobSettings, SettingsError};
use super::server::FoundTarget;
use crate::document::{Edit, EditError, Node, Source, Step, Value, begun, edited};

/// What the names of target files end with (Prometheus' documentation, "file_sd_config").
pub const EXTENSIONS: [&str; 3] = ["yml", "yaml", "json"];
/// Where a job lists its targets, in the words of a configuration.
const GROUPS: &str = "static_configs";

/// Why a target file can't be made or changed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TargetFileError {
    /// It is not clear what is meant.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// It is written in a way that can't be edited in place.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// Something is said that such a file can't hold.
    #[error("a target file holds targets and labels, and no {0}")]
    Inexpressible(&'static str),
}

/// A group of targets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetGroup {
    /// `host:port` of each target.
    pub targets: Vec<String>,
    /// Labels of all of them.
    pub labels: BTreeMap<String, String>,
}

/// Returns the job of a file: its name without what it ends with. `None`: it is no target file.
pub fn job_of(path: &Path) -> Option<&str> {
    let extension = path.extension()?.to_str()?;
    let name = path.file_stem()?.to_str()?;
    (EXTENSIONS.contains(&extension) && !name.starts_with('.')).then_some(name)
}

/// Returns the groups of a target file.
pub fn groups(source: &Source) -> Vec<TargetGroup> {
    let group = |node: &Node| {
        let targets = node.entry("targets").map_or(&[][..], |entry| entry.value.elements());
        let labels = match node.entry("labels").map(|entry| Value::from(&entry.value)) {
            Some(Value::Map(labels)) => labels,
            _ => Vec::new(),
        };
        TargetGroup {
            targets: targets.iter().filter_map(|target| target.text().map(str::to_owned)).collect(),
            labels: labels
                .into_iter()
                .filter_map(|(name, value)| match value {
                    Value::Text(text) => Some((name, text)),
                    _ => None,
                })
                .collect(),
        }
    };
    source.root().elements().iter().map(group).collect()
}

/// Refuses what a target file can't hold: all but targets and labels.
///
/// # Errors
/// With the name of what it can't.
pub fn demand_expressible(settings: &JobSettings) -> Result<(), TargetFileError> {
    let said = [
        ("interval", settings.interval.is_some()),
        ("timeout", settings.timeout.is_some()),
        ("path", settings.path.is_some()),
        ("scheme", settings.scheme.is_some()),
        ("TLS settings", settings.tls_ca.is_some() || settings.tls_server_name.is_some()),
        ("credentials", settings.credentials.is_some()),
        ("discovery in Kubernetes", settings.kubernetes.is_some()),
    ];
    let wrong = said.iter().find(|(_, is_said)| *is_said);
    wrong.map_or(Ok(()), |(what, _)| Err(TargetFileError::Inexpressible(what)))
}

/// Makes a new target file.
///
/// # Errors
/// When more is said than it can hold.
pub fn new_file(file: &str, settings: &JobSettings) -> Result<Source, TargetFileError> {
    demand_expressible(settings)?;
    let mut job = Value::Map(Vec::new());
    settings.apply(&mut job)?;
    let groups = job.get(GROUPS).cloned().unwrap_or(Value::List(Vec::new()));
    Ok(begun(file, "", &groups)?)
}

/// Returns a target file with other targets or labels; `None`: it has them already.
///
/// # Errors
/// When it is not clear which group is meant, or it can't be edited in place.
pub fn changed(source: &Source, settings: &JobSettings) -> Result<Option<Source>, TargetFileError> {
    demand_expressible(settings)?;
    let mut job = Value::map([(GROUPS, Value::from(source.root()))]);
    settings.apply(&mut job)?;
    let Some(Value::List(groups)) = job.get(GROUPS) else {
        return Err(SettingsError::NoTargets.into());
    };
    let there = source.root().elements();
    let mut after: Option<Source> = None;
    for (index, group) in groups.iter().enumerate() {
        let change = match there.get(index) {
            Some(node) if Value::from(node) == *group => continue,
            Some(_) => Edit::Set(group.clone()),
            None => Edit::Insert(group.clone()),
        };
        after = Some(edited(after.as_ref().unwrap_or(source), &[Step::At(index)], &change)?);
    }
    Ok(after)
}

/// Says how what a server has found differs from the files of a folder; `None`: it does not. `folder`: the last part of its path, since a
/// server may see it elsewhere.
pub fn difference(
    folder: &str,
    wanted: &BTreeMap<String, BTreeSet<String>>,
    found: &[FoundTarget],
) -> Option<String> {
    let mut there: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for target in found {
        let mut parts = target.file.rsplit('/');
        let (file, parent) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if parent == folder {
            there.entry(file).or_default().insert(&target.address);
        }
    }
    for (file, targets) in wanted {
        let has = there.remove(file.as_str()).unwrap_or_default();
        if let Some(missing) = targets.iter().find(|target| !has.contains(target.as_str())) {
            return Some(format!("the target `{missing}` of {file} is not found"));
        }
        if let Some(more) = has.iter().find(|target| !targets.contains(**target)) {
            return Some(format!("the target `{more}` of {file} is still found"));
        }
    }
    there.keys().next().map(|file| format!("the targets of {file} are still found"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Draft;

    fn settings(targets: &[&str], labels: &[(&str, &str)]) -> JobSettings {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let targets =
            (!targets.is_empty()).then(|| targets.iter().map(|target| (*target).to_owned()).collect());
        JobSettings { targets, labels, ..JobSettings::default() }
    }

    fn source(text: &str) -> Source {
        Draft::read("t.yml", text).source.unwrap()
    }

    #[test]
    fn files_are_made_and_changed_in_place() {
        let new = new_file("t.yml", &settings(&["a:1", "b:1"], &[("row", "1")])).unwrap();
        let group = &groups(&new)[0];
        assert_eq!(
            (group.targets.as_slice(), group.labels["row"].as_str()),
            (&["a:1".into(), "b:1".into()][..], "1")
        );
        let text = "# hall\n- targets: ['a:1'] # one\n  labels:\n    row: one # ours\n";
        let changed_to = |from: &str, by: &JobSettings| {
            changed(&source(from), by).map(|to| to.map_or(from.to_owned(), |to| to.text().to_owned()))
        };
        assert_eq!(changed_to(text, &settings(&["c:1"], &[])).unwrap(), text.replace("a:1", "c:1"));
        assert_eq!(
            changed_to(text, &settings(&[], &[("row", "two")])).unwrap(),
            text.replace("one # ours", "two # ours")
        );
        assert_eq!(
            changed_to(r#"[{"targets": ["a:1"]}]"#, &settings(&["c:1"], &[])).unwrap(),
            r#"[{"targets": ["c:1"]}]"#
        );
        let two = "- targets: [a:1]\n- targets: [b:1]\n";
        assert_eq!(
            changed_to(two, &settings(&["c:1"], &[])).unwrap_err(),
            SettingsError::SeveralLists(2).into()
        );
        // a label is for all of them, and a group that bears it stays as it is
        let two = "- targets: [a:1]\n  labels:\n    row: one # ours\n- targets: [b:1] # new\n";
        assert_eq!(
            changed_to(two, &settings(&[], &[("row", "one")])).unwrap(),
            "- targets: [a:1]\n  labels:\n    row: one # ours\n- targets: [b:1] # new\n  labels:\n    row: one\n"
        );
    }

    #[test]
    fn what_a_file_cannot_hold_is_refused() {
        let with = |change: fn(&mut JobSettings)| {
            let mut settings = settings(&["a:1"], &[]);
            change(&mut settings);
            (
                new_file("t.yml", &settings).is_err(),
                changed(&source("- targets: [a:1]\n"), &settings).is_err(),
            )
        };
        assert_eq!(with(|_| {}), (false, false));
        assert_eq!(with(|settings| settings.interval = Some("5s".into())), (true, true));
        assert_eq!(with(|settings| settings.timeout = Some("5s".into())), (true, true));
        assert_eq!(with(|settings| settings.path = Some("/m".into())), (true, true));
        assert_eq!(with(|settings| settings.scheme = Some("https".into())), (true, true));
        assert_eq!(with(|settings| settings.tls_ca = Some("ca".into())), (true, true));
    }

    #[test]
    fn jobs_are_named_by_their_files() {
        for (path, job) in [
            ("f/hall.yml", Some("hall")),
            ("hall.json", Some("hall")),
            ("a.b.yaml", Some("a.b")),
            ("hall.yml.bak", None),
            (".hall.yml", None),
            ("hall", None),
        ] {
            assert_eq!(job_of(Path::new(path)), job, "{path}");
        }
    }

    #[test]
    fn a_server_has_what_the_folder_says() {
        let wanted = BTreeMap::from([("a.yml".to_owned(), BTreeSet::from(["x:1".to_owned()]))]);
        let found = |all: &[(&str, &str)]| -> Vec<FoundTarget> {
            let target = |(file, address): &(&str, &str)| FoundTarget {
                file: (*file).to_owned(),
                address: (*address).to_owned(),
            };
            all.iter().map(target).collect()
        };
        let said = |all| difference("targets", &wanted, &found(all));
        assert_eq!(said(&[("/p/targets/a.yml", "x:1"), ("/p/others/a.yml", "z:1")]), None);
        for (all, part) in [
            (&[("/p/others/a.yml", "x:1")][..], "`x:1` of a.yml is not found"),
            (&[("targets/a.yml", "x:1"), ("targets/a.yml", "y:1")][..], "`y:1` of a.yml is still found"),
            (&[("targets/a.yml", "x:1"), ("targets/b.yml", "x:1")][..], "of b.yml are still found"),
        ] {
            assert!(said(all).is_some_and(|said| said.contains(part)), "{part}");
        }
    }
}
