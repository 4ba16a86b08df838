//! Where a configuration is kept: `file:prometheus.yml`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a configuration is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A file that a server of this machine reads.
    File(PathBuf),
}

/// Why a text is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no place for a configuration: write file:PATH, for example file:/etc/prometheus/prometheus.yml"
)]
pub struct TargetError(String);

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(Target::File(path.into())),
            _ => Err(TargetError(text.to_owned())),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::File(path) => write!(out, "file:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_as_they_are_written() {
        let target: Target = "file:/etc/p.yml".parse().unwrap();
        assert_eq!(
            (target.clone(), target.to_string()),
            (Target::File("/etc/p.yml".into()), "file:/etc/p.yml".into())
        );
        for wrong in ["", "p.yml", "file:", "http://x"] {
            assert!(wrong.parse::<Target>().is_err(), "{wrong}");
        }
    }
}
