//! A name that external-dns keeps: the annotations of a Service say what it is to point to.
//!
//! Source: external-dns, "Annotations": `external-dns.alpha.kubernetes.io/hostname` and `/target`. external-dns writes the records when it looks
//! next (a minute by default), so what it was told is not yet what clients see.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Service;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use super::{Mover, MoverError};
use crate::kube_port::{Cluster, KubeError};

const HOSTNAME: &str = "external-dns.alpha.kubernetes.io/hostname";
const TARGET: &str = "external-dns.alpha.kubernetes.io/target";
/// A write whose object has changed, but not what it points to, is tried again at once.
const TRIES: u32 = 3;

/// A name that external-dns keeps.
#[derive(Debug)]
pub struct ExternalDnsMover {
    cluster: Cluster,
    namespace: String,
    service: String,
    hostname: String,
}

/// Returns the addresses that an annotation names.
fn addresses(annotations: Option<&BTreeMap<String, String>>) -> Vec<String> {
    let target = annotations.and_then(|all| all.get(TARGET)).map(String::as_str).unwrap_or_default();
    target.split(',').map(str::trim).filter(|address| !address.is_empty()).map(str::to_owned).collect()
}

/// Says whether two lists hold the same addresses.
pub(super) fn are_same(one: &[String], other: &[String]) -> bool {
    let sorted = |list: &[String]| {
        let mut list = list.to_vec();
        list.sort();
        list
    };
    sorted(one) == sorted(other)
}

impl ExternalDnsMover {
    /// Makes it. Nothing is asked yet.
    pub fn new(cluster: Cluster, namespace: &str, service: &str, hostname: &str) -> ExternalDnsMover {
        let (namespace, service) = (namespace.to_owned(), service.to_owned());
        ExternalDnsMover { cluster, namespace, service, hostname: hostname.to_owned() }
    }

    fn api(&self) -> Api<Service> {
        Api::namespaced(self.cluster.client.clone(), &self.namespace)
    }

    async fn get(&self) -> Result<Service, MoverError> {
        Ok(self.api().get(&self.service).await.map_err(|error| self.cluster.explain(error))?)
    }
}

impl Mover for ExternalDnsMover {
    async fn where_now(&self) -> Result<Vec<String>, MoverError> {
        Ok(addresses(self.get().await?.metadata.annotations.as_ref()))
    }

    async fn seen_by_clients(&self) -> Result<Option<Vec<String>>, MoverError> {
        Ok(None)
    }

    async fn move_to(&self, expected: &[String], to: &[String]) -> Result<(), MoverError> {
        for _ in 0..TRIES {
            let seen = self.get().await?;
            if !are_same(&addresses(seen.metadata.annotations.as_ref()), expected) {
                break;
            }
            let patch = json!({"metadata": {
                "resourceVersion": seen.metadata.resource_version,
                "annotations": {HOSTNAME: self.hostname, TARGET: to.join(",")},
            }});
            let outcome =
                self.api().patch(&self.service, &PatchParams::default(), &Patch::Merge(patch)).await;
            match outcome.map_err(|error| self.cluster.explain(error)) {
                Ok(_) => return Ok(()),
                Err(KubeError::Conflict { .. }) => {}
                Err(KubeError::Unreachable { server, reason }) => {
                    return Err(MoverError::Unsure { server, reason });
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(MoverError::Changed(format!("Service {}/{}", self.namespace, self.service)))
    }

    fn plan(&self, expected: &[String], to: &[String]) -> Vec<String> {
        vec![
            format!("annotate Service {}/{} at {}", self.namespace, self.service, self.cluster.server),
            format!("- {TARGET}: {}", expected.join(",")),
            format!("+ {TARGET}: {}", to.join(",")),
        ]
    }
}
