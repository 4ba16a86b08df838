//! The rule files that a command is about: named, or those that the configuration names.

use std::path::{Path, PathBuf};

use crate::cli::Context;
use crate::cli::scrape::{ConfigFile, Place, TargetArgs, rule_files, unusable};
use crate::document::{Content, Draft, Finding, Severity};
use crate::error::{Error, Kind, Result};
use crate::kube_port::is_object_name;
use crate::prometheus::config::{self, FileKind, Surroundings};
use crate::prometheus::{Store, StoreError, Target, is_key, looks_like_rules};

/// A rule file as it was read.
pub(super) struct RuleFile {
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) text: String,
    pub(super) draft: Draft,
}

impl RuleFile {
    pub(super) fn read(place: &Place, path: &Path) -> Result<Self> {
        let text = place.wait(place.store.read(path)).map_err(|error| match &error {
            StoreError::Files(cause) => {
                let message = format!("the rule file {} can't be read", place.store.name(path));
                Error::from_source(Kind::Invalid, message, cause)
                    .hint("is its path right? those that the configuration names: enmon rule list")
            }
            _ => unusable(&error),
        })?;
        Ok(Self::of(place, path, text))
    }

    /// Says whether it is empty, or has keys as a rule file has.
    pub(super) fn is_mapping(&self) -> bool {
        let root = self.draft.source.as_ref().map(|source| &source.root().content);
        root.is_none_or(|root| matches!(root, Content::Map(_) | Content::Null))
    }

    /// Returns the mistakes for which it can't be understood as a file of rules; its expressions and templates are not looked at.
    pub(super) fn form_mistakes(&self) -> Vec<Finding> {
        let around = Surroundings::default();
        let mut findings = match &self.draft.source {
            // it has been read already
            Some(source) if !self.draft.has_errors() => config::check(source, FileKind::Rules, &around),
            _ => config::check_text(&self.name, &self.text, FileKind::Rules, &around),
        };
        findings.retain(|finding| finding.severity == Severity::Error);
        findings
    }

    /// Reads a file; one that is not there is empty.
    pub(super) fn read_or_begin(place: &Place, path: &Path) -> Result<Self> {
        let is_there = place.ask(place.store.has(path))?;
        if is_there { Self::read(place, path) } else { Ok(Self::of(place, path, String::new())) }
    }

    fn of(place: &Place, path: &Path, text: String) -> Self {
        let name = place.store.name(path);
        let draft = Draft::read(&name, &text);
        RuleFile { path: path.to_owned(), name, text, draft }
    }
}

/// Reads the named files, or those of the configuration. Named files are keys or objects where `--target` names a ConfigMap or
/// the operator.
pub(super) fn read_all(
    named: &[PathBuf],
    target: &TargetArgs,
    context: &Context,
) -> Result<(Place, Vec<RuleFile>)> {
    let in_cluster = matches!(target.target, Some(Target::ConfigMap(_) | Target::Operator(_)));
    let (place, paths) = if named.is_empty() {
        of_configuration(Place::find(target, context)?)?
    } else if in_cluster {
        (Place::find(target, context)?, named.to_vec())
    } else {
        (Place::disk()?, named.to_vec())
    };
    let files = paths.iter().map(|path| RuleFile::read(&place, path)).collect::<Result<_>>()?;
    Ok((place, files))
}

/// Returns the rule files of a place: all PrometheusRules of a namespace, or those that a configuration names; a key with rules that the target names is the only one.
fn of_configuration(place: Place) -> Result<(Place, Vec<PathBuf>)> {
    if let Store::Operator(objects) = &place.store {
        let all = place.ask(objects.list())?;
        return Ok((place, all.into_iter().map(|object| PathBuf::from(object.name)).collect()));
    }
    if let Some(key) = place.named_key() {
        let text = place.ask(place.store.read(&key))?;
        if looks_like_rules(&key.to_string_lossy(), &text) {
            return Ok((place, vec![key]));
        }
    }
    let file = ConfigFile::read(place)?;
    let files = rule_files(&file)?;
    Ok((file.into_place(), files))
}

/// Returns the file that a rule is to be edited in: the named one, or the only one that the configuration names. In a ConfigMap it is a
/// key, with the operator a PrometheusRule.
pub(super) fn the_one(
    named: Option<&PathBuf>,
    target: &TargetArgs,
    context: &Context,
) -> Result<(Place, PathBuf)> {
    if let Some(path) = named {
        let resolved = target.resolved(context);
        if !matches!(resolved, Ok(Target::ConfigMap(_) | Target::Operator(_))) {
            return Ok((Place::disk()?, path.clone()));
        }
        if matches!(resolved, Ok(Target::Operator(_))) && !is_object_name(&path.to_string_lossy()) {
            return Err(Error::new(
                Kind::Usage,
                format!("`{}` can't be the name of an object", path.display()),
            )
            .hint(
                "take lower case letters, digits, `-` and `.`; for a file on disk say --target file:PATH",
            ));
        }
        if !is_key(&path.to_string_lossy()) {
            return Err(Error::new(Kind::Usage, format!("`{}` is no key of a ConfigMap", path.display()))
                .hint("keys are of letters, digits, `-`, `_` and `.`; for a file on disk say --target file:PATH"));
        }
        return Ok((Place::find(target, context)?, path.clone()));
    }
    let place = Place::find(target, context)?;
    if let (Some(key), Store::ConfigMap(_)) = (place.named_key(), &place.store)
        && !place.ask(place.store.has(&key))?
    {
        return Ok((place, key));
    }
    let (place, files) = of_configuration(place)?;
    match files.as_slice() {
        [path] => Ok((place, path.clone())),
        [] => Err(Error::new(Kind::Usage, "there is no rule file yet").hint("name one with --file FILE")),
        files => {
            let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
            Err(Error::new(Kind::Usage, "there are several rule files")
                .cause(names.join(", "))
                .hint("name one with --file FILE"))
        }
    }
}
