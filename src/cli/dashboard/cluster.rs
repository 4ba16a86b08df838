//! Pages into a ConfigMap that Grafana's sidecar watches.

use std::path::PathBuf;
use std::time::Duration;

use super::apply::Change;
use super::file_name;
use crate::cli::site_server::executor;
use crate::error::{Error, Kind, Result};
use crate::kube_port::{Cluster, ClusterChoice, ConfigMapText, KubeError};
use crate::prometheus::dashboard::{Dashboard, PageName};

/// How long a connection to the cluster may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an answer may take.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// The label by which the sidecar finds what it loads (Grafana's Helm chart, `sidecar.dashboards.label`).
const LABEL: (&str, &str) = ("grafana_dashboard", "1");
/// Times that a write is tried when somebody else writes at the same time.
const TRIES: usize = 5;
/// Largest ConfigMap, in bytes (Kubernetes, "ConfigMaps": 1 MiB).
const LARGEST: usize = 1_048_576;

/// A ConfigMap, and how its cluster is found.
pub(super) struct ConfigMapPlace<'a> {
    pub namespace: &'a str,
    pub name: &'a str,
    pub kubeconfig: Option<PathBuf>,
    pub context: Option<String>,
}

/// Reads `NAMESPACE/NAME`.
pub(super) fn object_name(text: &str) -> std::result::Result<(String, String), String> {
    match text.split_once('/') {
        Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() && !name.contains('/') => {
            Ok((namespace.to_owned(), name.to_owned()))
        }
        _ => Err("write NAMESPACE/NAME, such as monitoring/enmon-dashboards".to_owned()),
    }
}

/// Puts the pages beside what else is in the ConfigMap, unless they are there.
pub(super) fn put<'a>(
    pages: &'a [(PageName, Dashboard)],
    place: &ConfigMapPlace<'_>,
    dry_run: bool,
) -> Result<Vec<Change<'a>>> {
    let choice = ClusterChoice { kubeconfig: place.kubeconfig.clone(), context: place.context.clone() };
    executor()?.block_on(async {
        let cluster = Cluster::find(&choice, CONNECT).await.map_err(|error| failed(&error))?;
        let mut tries = TRIES;
        loop {
            let found = in_time(&cluster, cluster.config_map(place.namespace, place.name)).await;
            let (put, changes) = merged(&found.map_err(|error| failed(&error))?, pages)?;
            let Some(put) = put.filter(|_| !dry_run) else { return Ok(changes) };
            match in_time(&cluster, cluster.put_config_map(place.namespace, place.name, &put)).await {
                Ok(()) => return Ok(changes),
                // somebody else has written it since: what is there now counts
                Err(KubeError::Conflict { .. }) if tries > 1 => tries -= 1,
                Err(error) => return Err(failed(&error)),
            }
        }
    })
}

async fn in_time<T>(
    cluster: &Cluster,
    work: impl Future<Output = std::result::Result<T, KubeError>>,
) -> std::result::Result<T, KubeError> {
    tokio::time::timeout(LONGEST_WAIT, work).await.unwrap_or_else(|_| {
        let reason = format!("no answer within {} s", LONGEST_WAIT.as_secs());
        Err(KubeError::Unreachable { server: cluster.server.clone(), reason })
    })
}

/// Returns what has to be put into the map, if anything, and what becomes of each page.
fn merged<'a>(
    found: &ConfigMapText,
    pages: &'a [(PageName, Dashboard)],
) -> Result<(Option<ConfigMapText>, Vec<Change<'a>>)> {
    let mut put = ConfigMapText { version: found.version.clone(), ..ConfigMapText::default() };
    let mut changes = Vec::new();
    for (_, dashboard) in pages {
        let (name, after) = (file_name(dashboard), dashboard.json());
        let before = found.data.get(&name).cloned();
        if before.as_deref() != Some(after.as_str()) {
            put.data.insert(name, after.clone());
        }
        changes.push(Change { dashboard, before, after });
    }
    if found.labels.get(LABEL.0).map(String::as_str) != Some(LABEL.1) {
        put.labels.insert(LABEL.0.to_owned(), LABEL.1.to_owned());
    }
    let kept = found.data.iter().filter(|(name, _)| !put.data.contains_key(*name));
    let size: usize = kept.chain(&put.data).map(|(name, text)| name.len() + text.len()).sum();
    if size > LARGEST {
        return Err(Error::new(
            Kind::Failed,
            format!("a ConfigMap holds 1 MiB, and this would be {size} bytes"),
        )
        .hint("put the pages into several with --page"));
    }
    let is_new = found.version.is_none() || !put.data.is_empty() || !put.labels.is_empty();
    Ok((is_new.then_some(put), changes))
}

fn failed(error: &KubeError) -> Error {
    let kind = match error {
        KubeError::NoCluster(_) | KubeError::Config { .. } => Kind::Invalid,
        KubeError::Unreachable { .. } => Kind::Unreachable,
        _ => Kind::Refused,
    };
    Error::from_source(kind, "the ConfigMap does not have the pages", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_with_their_namespace() {
        assert_eq!(object_name("a/b"), Ok(("a".into(), "b".into())));
        for wrong in ["", "a", "/b", "a/", "a/b/c"] {
            assert!(object_name(wrong).is_err(), "{wrong}");
        }
    }
}
