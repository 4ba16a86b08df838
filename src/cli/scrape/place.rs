//! Where the files of a Prometheus are, as the flags or the site file say: on disk or in a ConfigMap; and the way there.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;
use tokio::runtime::Runtime;

use super::config_file::{check_file, check_source, site_entry};
use crate::cli::Context;
use crate::cli::site_server::executor;
use crate::document::{Finding, Source};
use crate::error::{Error, Kind, Result};
use crate::kube_port::{ClusterChoice, KubeError};
use crate::prometheus::config::{self, FileKind, Version};
use crate::prometheus::{ConfigMapStore, OperatorKind, OperatorObjects, Store, StoreError, Target};

/// An edit whose text was changed by somebody else is made anew so often.
const TRIES: usize = 5;

/// Flags that say where a configuration is.
#[derive(Debug, Args)]
pub(in crate::cli) struct TargetArgs {
    /// Where the configuration is: file:PATH, configmap:NAMESPACE/NAME[/KEY], file_sd:FOLDER or operator:NAMESPACE; by
    /// default prometheus.config of the site file
    #[arg(long, global = true, value_name = "WHERE")]
    pub(in crate::cli) target: Option<Target>,
    /// Where the cluster is; without it KUBECONFIG, ~/.kube/config, or the service account of the pod
    #[arg(long, global = true, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Context in the kubeconfig, in place of its current one
    #[arg(long, global = true, value_name = "NAME")]
    context: Option<String>,
    /// The files that the configuration names are on another machine: do not look for them
    #[arg(long, global = true)]
    files_elsewhere: bool,
}

impl TargetArgs {
    /// Makes what only `target` says.
    pub(in crate::cli) fn of(target: Option<Target>) -> Self {
        TargetArgs { target, kubeconfig: None, context: None, files_elsewhere: false }
    }

    /// Returns what a command that is named in a hint needs to be about the same configuration: a blank and the flags that were given, for a shell.
    pub(in crate::cli) fn words(&self, context: &Context) -> String {
        let path = |path: &PathBuf| path.display().to_string();
        let site = context.site_is_named.then(|| path(&context.global.site));
        let given = [
            ("--target", self.target.as_ref().map(Target::to_string)),
            ("--kubeconfig", self.kubeconfig.as_ref().map(path)),
            ("--context", self.context.clone()),
            ("--site", site),
        ];
        let words = given.into_iter().filter_map(|(flag, value)| Some((flag, value?)));
        words.map(|(flag, value)| format!(" {flag} {}", shell_word(&value))).collect()
    }

    fn cluster(&self) -> ClusterChoice {
        ClusterChoice { kubeconfig: self.kubeconfig.clone(), context: self.context.clone() }
    }

    /// Returns what the flags say, or else the site file, whose paths count from its folder.
    pub(in crate::cli) fn resolved(&self, context: &Context) -> Result<Target> {
        if let Some(target) = &self.target {
            return Ok(target.clone());
        }
        let Some(words) = site_entry(context)?.config else {
            return Err(Error::new(Kind::Usage, "it is not said where the configuration is").hint(
                "name it with --target file:PATH (or configmap:NAMESPACE/NAME), or as prometheus.config in the site file",
            ));
        };
        let target = words.parse().map_err(|error| {
            Error::from_source(Kind::Invalid, "prometheus.config in the site file", &error)
        })?;
        let folder = context.global.site.parent().unwrap_or(Path::new(""));
        Ok(match target {
            Target::File(path) => Target::File(folder.join(path)),
            Target::FileSd(path) => Target::FileSd(folder.join(path)),
            elsewhere => elsewhere,
        })
    }
}

/// Returns a word as a shell must read it.
pub(in crate::cli) fn shell_word(word: &str) -> String {
    let is_plain = |sign: char| sign.is_alphanumeric() || "-_./:,=@%+".contains(sign);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The way to the files of a configuration.
pub(in crate::cli) struct Place {
    pub(in crate::cli) store: Store,
    runtime: Runtime,
    target: Option<Target>,
    /// Do the files that a configuration names lie where they can't be looked for?
    pub(super) files_elsewhere: bool,
}

impl Place {
    /// Returns the way to files of this machine.
    pub(in crate::cli) fn disk() -> Result<Self> {
        Ok(Place { store: Store::Disk, runtime: executor()?, target: None, files_elsewhere: false })
    }

    /// Finds the place of a configuration. A cluster is not asked yet.
    pub(in crate::cli) fn find(args: &TargetArgs, context: &Context) -> Result<Self> {
        let target = args.resolved(context)?;
        let runtime = executor()?;
        let choice = args.cluster();
        let store = match &target {
            Target::File(_) => Store::Disk,
            Target::ConfigMap(place) => {
                let opened = runtime.block_on(ConfigMapStore::open(&choice, place));
                Store::ConfigMap(opened.map_err(|error| unusable(&error))?)
            }
            Target::Operator(namespace) => {
                let kind = OperatorKind::PrometheusRule;
                let opened = runtime.block_on(OperatorObjects::open(&choice, namespace, kind));
                Store::Operator(opened.map_err(|error| unusable(&error))?)
            }
            Target::FileSd(_) => {
                return Err(Error::new(Kind::Usage, format!("{target} can't be used for this"))
                    .hint("name a configuration: file:PATH or configmap:NAMESPACE/NAME"));
            }
        };
        Ok(Place { store, runtime, target: Some(target), files_elsewhere: args.files_elsewhere })
    }

    /// Finds the ScrapeConfigs of a namespace. The cluster is not asked yet.
    pub(super) fn scrape_configs(args: &TargetArgs, namespace: &str) -> Result<Self> {
        let runtime = executor()?;
        let kind = OperatorKind::ScrapeConfig;
        let opened = runtime.block_on(OperatorObjects::open(&args.cluster(), namespace, kind));
        let store = Store::Operator(opened.map_err(|error| unusable(&error))?);
        Ok(Place { store, runtime, target: None, files_elsewhere: args.files_elsewhere })
    }

    /// Waits for something that the network or the disk does.
    pub(in crate::cli) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Waits for the store.
    pub(in crate::cli) fn ask<T>(&self, work: impl Future<Output = Result<T, StoreError>>) -> Result<T> {
        self.wait(work).map_err(|error| unusable(&error))
    }

    /// Returns the path of the configuration itself.
    pub(in crate::cli) fn configuration(&self) -> Result<PathBuf> {
        if let Some(key) = self.named_key() {
            return Ok(key);
        }
        match (&self.target, &self.store) {
            (Some(Target::File(path)), _) => Ok(path.clone()),
            (_, Store::ConfigMap(map)) => self.ask(map.configuration()),
            (_, Store::Operator(_)) => Err(Error::new(
                Kind::Usage,
                "the operator makes the configuration, and brings it to its servers itself",
            )
            .hint("nothing is to be applied; see its log when a job or a rule does not arrive")),
            _ => Err(Error::new(Kind::Bug, "a place without a configuration")),
        }
    }

    /// Returns the key of a ConfigMap that the target names.
    pub(in crate::cli) fn named_key(&self) -> Option<PathBuf> {
        match &self.target {
            Some(Target::ConfigMap(place)) => place.key.as_ref().map(PathBuf::from),
            _ => None,
        }
    }

    /// Checks a text of this place.
    pub(in crate::cli) fn check_text(
        &self,
        path: &Path,
        text: &str,
        kind: FileKind,
        server: Option<Version>,
    ) -> Vec<Finding> {
        let name = self.store.name(path);
        match self.store {
            Store::Disk if !self.files_elsewhere => check_file(&name, path, text, kind, server),
            // what lies beside it in the pod can't be seen from here
            Store::Disk | Store::ConfigMap(_) | Store::Operator(_) => {
                let around = super::config_file::surroundings(&config::UnseenFiles, server);
                config::check_text(&name, text, kind, &around)
            }
        }
    }

    /// Checks a text of this place that has been read.
    pub(in crate::cli) fn check_source(
        &self,
        source: &Source,
        path: &Path,
        kind: FileKind,
        server: Option<Version>,
    ) -> Vec<Finding> {
        match self.store {
            Store::Disk if !self.files_elsewhere => check_source(source, path, kind, server),
            Store::Disk | Store::ConfigMap(_) | Store::Operator(_) => {
                let around = super::config_file::surroundings(&config::UnseenFiles, server);
                config::check(source, kind, &around)
            }
        }
    }
}

/// What became of an edit.
pub(in crate::cli) enum Edited {
    /// It is written, or shown.
    Yes,
    /// Somebody else has changed the text meanwhile; nothing was written.
    Overtaken(StoreError),
}

/// Makes an edit, anew when somebody else has changed the text meanwhile.
pub(in crate::cli) fn until_written(mut edit: impl FnMut() -> Result<Edited>) -> Result<()> {
    let mut tries = 1;
    loop {
        match edit()? {
            Edited::Yes => return Ok(()),
            Edited::Overtaken(error) if tries >= TRIES => return Err(unusable(&error)),
            Edited::Overtaken(_) => tries += 1,
        }
    }
}

/// Says why texts can't be read or written, and what would help.
pub(in crate::cli) fn unusable(error: &StoreError) -> Error {
    let what = "the configuration can't be used";
    match error {
        StoreError::Files(file) => {
            let error = Error::from_source(Kind::Invalid, "the configuration can't be read", file);
            match file.source.kind() {
                ErrorKind::NotFound => {
                    error.hint("name it with --target file:PATH, or as prometheus.config in the site file")
                }
                _ => error,
            }
        }
        StoreError::Kubernetes { place, error } => in_kubernetes(place, error),
        StoreError::Changed(_) | StoreError::Busy(_) => {
            Error::new(Kind::Failed, error.to_string()).hint("nothing was written; try again")
        }
        StoreError::Immutable(_) => Error::new(Kind::Refused, error.to_string()).hint(
            "Kubernetes takes no change of it, ever: make a ConfigMap of another name, and have the pods mount that",
        ),
        StoreError::TooLarge { .. } => Error::new(Kind::Invalid, error.to_string()).hint(
            "nothing was written; put rules or jobs into a ConfigMap of their own (rule_files, scrape_config_files)",
        ),
        StoreError::NoKey { place, .. } => {
            Error::from_source(Kind::Invalid, what, error).hint(format!("name a key: {place}/KEY"))
        }
        StoreError::NoObject(_) => Error::new(Kind::Invalid, error.to_string())
            .hint("see which there are: enmon scrape list, enmon rule list"),
        StoreError::NoOperator { .. } => Error::new(Kind::Refused, error.to_string())
            .hint("is the Prometheus Operator installed? see: kubectl get crd | grep monitoring.coreos.com"),
        StoreError::WhichKey { place, error } => {
            Error::from_source(Kind::Invalid, what, error).hint(format!("name the key: {place}/KEY"))
        }
    }
}

fn in_kubernetes(place: &str, error: &KubeError) -> Error {
    let kind = match error {
        KubeError::NoCluster(_) | KubeError::Config { .. } | KubeError::NotFound { .. } => Kind::Invalid,
        KubeError::Unreachable { .. } => Kind::Unreachable,
        _ => Kind::Refused,
    };
    let hint = match error {
        KubeError::NoCluster(_) => {
            "name one with --kubeconfig or KUBECONFIG, or run in a pod with a service account"
        }
        KubeError::Config { .. } => "see whether `kubectl get configmaps` works with it",
        KubeError::Unreachable { .. } => {
            "see whether the API server runs, and whether this machine reaches it"
        }
        KubeError::Unauthorized { .. } => "see whether the credentials are still valid",
        KubeError::Forbidden { .. } => "docs/prometheus.md has a Role that is enough",
        KubeError::NotFound { .. } => "see which there are: kubectl get configmaps --all-namespaces",
        KubeError::Conflict { .. } | KubeError::Refused { .. } => "see the log of the API server",
    };
    Error::from_source(kind, format!("{place} can't be used"), error).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        for (word, expected) in [
            ("file:/etc/p.yml", "file:/etc/p.yml"),
            ("configmap:a/b/c.yml", "configmap:a/b/c.yml"),
            ("", "''"),
            ("file:my files/p.yml", "'file:my files/p.yml'"),
            ("it's", r"'it'\''s'"),
            ("$HOME", "'$HOME'"),
            ("~/x", "'~/x'"),
        ] {
            assert_eq!(shell_word(word), expected);
        }
    }
}
