//! ConfigMaps: read, and changed only in the version that was read.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, ObjectMeta, Patch, PatchParams, PostParams};
use serde_json::json;

use super::{Cluster, KubeError};

/// Texts and labels of a ConfigMap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigMapText {
    /// Its version; `None`: it is not there yet.
    pub version: Option<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its texts by their keys.
    pub data: BTreeMap<String, String>,
}

impl Cluster {
    /// Returns a ConfigMap; one that is not there has no version.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn config_map(&self, namespace: &str, name: &str) -> Result<ConfigMapText, KubeError> {
        let api: Api<ConfigMap> = Api::namespaced(self.client.clone(), namespace);
        let found = api.get_opt(name).await.map_err(|error| self.explain(error))?;
        Ok(found.map_or_else(ConfigMapText::default, |map| ConfigMapText {
            version: map.metadata.resource_version,
            labels: map.metadata.labels.unwrap_or_default(),
            data: map.data.unwrap_or_default(),
        }))
    }

    /// Puts these labels and texts into a ConfigMap in the version that was read, beside what else is in it; makes it when it was not there.
    ///
    /// # Errors
    /// [`KubeError::Conflict`] when it is there in another version by now.
    pub async fn put_config_map(
        &self,
        namespace: &str,
        name: &str,
        put: &ConfigMapText,
    ) -> Result<(), KubeError> {
        let api: Api<ConfigMap> = Api::namespaced(self.client.clone(), namespace);
        let outcome = match &put.version {
            None => {
                let metadata = ObjectMeta {
                    name: Some(name.to_owned()),
                    labels: Some(put.labels.clone()),
                    ..ObjectMeta::default()
                };
                let map = ConfigMap { metadata, data: Some(put.data.clone()), ..ConfigMap::default() };
                api.create(&PostParams::default(), &map).await
            }
            Some(version) => {
                // a patch with a version is refused when another one is there
                let patch = json!({
                    "metadata": {"resourceVersion": version, "labels": put.labels},
                    "data": put.data,
                });
                api.patch(name, &PatchParams::default(), &Patch::Merge(&patch)).await
            }
        };
        outcome.map(|_| ()).map_err(|error| self.explain(error))
    }
}
