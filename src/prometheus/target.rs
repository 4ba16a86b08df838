//! Where a configuration is kept: a file, a ConfigMap, a folder of target files, objects of the Prometheus Operator.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::kube_port::is_object_name;

/// A ConfigMap, and maybe one of its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigMapPlace {
    /// The namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The key; without it, the one whose text looks like a configuration.
    pub key: Option<String>,
}

/// Where a configuration is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A file that a server of this machine reads.
    File(PathBuf),
    /// A ConfigMap that the pods of a server mount.
    ConfigMap(ConfigMapPlace),
    /// A folder of target files, which a server watches.
    FileSd(PathBuf),
    /// Objects of the Prometheus Operator in a namespace.
    Operator(String),
}

/// Why a text is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no place for a configuration: write file:PATH, configmap:NAMESPACE/NAME (or …/NAME/KEY), file_sd:FOLDER or \
     operator:NAMESPACE, for example file:/etc/prometheus/prometheus.yml"
)]
pub struct TargetError(String);

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let target = match text.split_once(':') {
            Some((_, "")) => None,
            Some(("file", path)) => Some(Target::File(path.into())),
            Some(("file_sd", folder)) => Some(Target::FileSd(folder.into())),
            Some(("operator", namespace)) if is_namespace(namespace) => {
                Some(Target::Operator(namespace.to_owned()))
            }
            Some(("configmap", place)) => config_map(place).map(Target::ConfigMap),
            _ => None,
        };
        target.ok_or_else(|| TargetError(text.to_owned()))
    }
}

fn config_map(text: &str) -> Option<ConfigMapPlace> {
    let (namespace, rest) = text.split_once('/')?;
    let (name, key) = match rest.split_once('/') {
        Some((name, key)) => (name, Some(key)),
        None => (rest, None),
    };
    let is_right = is_namespace(namespace) && is_object_name(name) && key.is_none_or(is_key);
    is_right.then(|| ConfigMapPlace {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        key: key.map(str::to_owned),
    })
}

fn is_namespace(text: &str) -> bool {
    is_object_name(text) && !text.contains('.') && text.len() <= 63
}

/// Says whether a text can be a key of a ConfigMap: letters, digits, `-`, `_` and `.` (Kubernetes' documentation, "ConfigMaps").
pub fn is_key(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !text.is_empty()
        && text.len() <= 253
        && text.bytes().all(is_plain)
        && text != "."
        && !text.starts_with("..")
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::File(path) => write!(out, "file:{}", path.display()),
            Target::FileSd(folder) => write!(out, "file_sd:{}", folder.display()),
            Target::Operator(namespace) => write!(out, "operator:{namespace}"),
            Target::ConfigMap(ConfigMapPlace { namespace, name, key }) => {
                write!(out, "configmap:{namespace}/{name}")?;
                key.as_ref().map_or(Ok(()), |key| write!(out, "/{key}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_as_they_are_written() {
        for text in [
            "file:/etc/p.yml",
            "configmap:monitoring/prometheus-config",
            "configmap:monitoring/prometheus.config/prometheus.yml",
            "file_sd:/etc/prometheus/targets",
            "operator:monitoring",
        ] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
        for wrong in [
            "",
            "p.yml",
            "file:",
            "http://x",
            "file_sd:",
            "operator:",
            "operator:A",
            "operator:a.b",
            "configmap:",
            "configmap:a",
            "configmap:a/",
            "configmap:/b",
            "configmap:A/b",
            "configmap:a.b/c",
            "configmap:a/b/",
            "configmap:a/b/c/d",
            "configmap:a/b/..",
            "configmap:a/b/ä",
        ] {
            assert!(wrong.parse::<Target>().is_err(), "{wrong}");
        }
    }
}
