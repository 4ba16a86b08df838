//! Objects of the Prometheus Operator in a namespace: ScrapeConfig (`monitoring.coreos.com/v1alpha1`) and PrometheusRule (`v1`).
//!
//! They are had as they are, without a type of ours: what is not understood stays. A change is guarded by the `resourceVersion` that was read. What
//! their `spec` means is left to others.

use std::collections::BTreeMap;
use std::time::Duration;

use kube::Api;
use kube::api::{
    ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, PostParams, Preconditions,
};
use serde_json::{Value, json};

use super::operator_jobs::from_json;
use super::store::StoreError;
use crate::document::{Draft, written};
use crate::kube_port::{Cluster, ClusterChoice, KubeError};

/// Who writes, as `managedFields` tell.
const MANAGER: &str = "enmon";
/// How long the API server may take for a connection, and for an answer.
const CONNECT: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(15);
/// Most objects that are listed at once.
const PAGE: u32 = 500;

/// What the operator knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorKind {
    /// A scrape job.
    ScrapeConfig,
    /// Groups of rules.
    PrometheusRule,
}

impl OperatorKind {
    fn resource(self) -> ApiResource {
        let (version, kind, plural) = match self {
            OperatorKind::ScrapeConfig => ("v1alpha1", "ScrapeConfig", "scrapeconfigs"),
            OperatorKind::PrometheusRule => ("v1", "PrometheusRule", "prometheusrules"),
        };
        let kind = GroupVersionKind::gvk("monitoring.coreos.com", version, kind);
        ApiResource::from_gvk_with_plural(&kind, plural)
    }
}

/// An object with its `spec`.
#[derive(Debug, Clone)]
pub struct OperatorObject {
    /// Its name.
    pub name: String,
    /// What it says.
    pub spec: Value,
    object: DynamicObject,
}

/// The objects of a kind in a namespace.
#[derive(Debug)]
pub struct OperatorObjects {
    cluster: Cluster,
    api: Api<DynamicObject>,
    resource: ApiResource,
    namespace: String,
}

impl OperatorObjects {
    /// Finds the cluster. Nothing is asked yet.
    ///
    /// # Errors
    /// When there is no kubeconfig, or it can't be used.
    pub async fn open(
        choice: &ClusterChoice,
        namespace: &str,
        kind: OperatorKind,
    ) -> Result<Self, StoreError> {
        let unusable = |error| StoreError::Kubernetes { place: format!("operator:{namespace}"), error };
        let cluster = Cluster::find(choice, CONNECT).await.map_err(unusable)?;
        let resource = kind.resource();
        let api = Api::namespaced_with(cluster.client.clone(), namespace, &resource);
        Ok(OperatorObjects { cluster, api, resource, namespace: namespace.to_owned() })
    }

    /// Returns what a person calls an object.
    pub fn name(&self, object: &str) -> String {
        format!("operator:{}/{}/{object}", self.namespace, self.resource.plural)
    }

    /// Says what went wrong: the operator may not be there at all.
    fn failed(&self, error: KubeError) -> StoreError {
        match error {
            // one of an object names it: `scrapeconfigs.monitoring.coreos.com "x" not found`
            KubeError::NotFound { reason, .. } if !reason.contains('"') => StoreError::NoOperator {
                kind: format!("{} ({})", self.resource.kind, self.resource.api_version),
            },
            error => StoreError::Kubernetes { place: format!("operator:{}", self.namespace), error },
        }
    }

    async fn asked<T>(&self, request: impl Future<Output = kube::Result<T>>) -> Result<T, KubeError> {
        match tokio::time::timeout(ANSWER, request).await {
            Ok(answer) => answer.map_err(|error| self.cluster.explain(error)),
            Err(_) => Err(KubeError::Unreachable {
                server: self.cluster.server.clone(),
                reason: format!("no answer within {} s", ANSWER.as_secs()),
            }),
        }
    }

    /// Lists all objects, by name.
    ///
    /// # Errors
    /// When the operator is not there, or they can't be had.
    pub async fn list(&self) -> Result<Vec<OperatorObject>, StoreError> {
        let mut objects = Vec::new();
        let mut params = ListParams::default().limit(PAGE);
        loop {
            let page = self.asked(self.api.list(&params)).await.map_err(|error| self.failed(error))?;
            objects.extend(page.items.into_iter().map(OperatorObject::of));
            match page.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => params = params.continue_token(&token),
                None => break,
            }
        }
        objects.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(objects)
    }

    /// Returns an object; `None`: it is not there.
    ///
    /// # Errors
    /// When it can't be had.
    pub async fn get(&self, name: &str) -> Result<Option<OperatorObject>, StoreError> {
        match self.asked(self.api.get(name)).await {
            Ok(object) => Ok(Some(OperatorObject::of(object))),
            Err(KubeError::NotFound { reason, .. }) if reason.contains('"') => Ok(None),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Makes an object, or gives one that was read another `spec`.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when somebody else was faster.
    async fn put(&self, name: &str, there: Option<&OperatorObject>, spec: Value) -> Result<(), StoreError> {
        let params = PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() };
        let outcome = match there {
            Some(there) => {
                let mut object = there.object.clone();
                set_spec(&mut object, spec);
                self.asked(self.api.replace(name, &params, &object)).await
            }
            None => {
                let mut object = DynamicObject::new(name, &self.resource);
                let label = ("app.kubernetes.io/managed-by".to_owned(), MANAGER.to_owned());
                object.metadata.labels = Some(BTreeMap::from([label]));
                set_spec(&mut object, spec);
                self.asked(self.api.create(&params, &object)).await
            }
        };
        outcome.map(|_| ()).map_err(|error| self.not_written(name, error))
    }

    /// Returns the `spec` of an object as a text.
    ///
    /// # Errors
    /// When it is not there, or can't be had.
    pub async fn read(&self, name: &str) -> Result<String, StoreError> {
        match self.get(name).await? {
            Some(object) => Ok(object.text()),
            None => Err(StoreError::NoObject(self.name(name))),
        }
    }

    /// Replaces a `spec` that an edit was made from, as a text; an empty one is an object that is not there.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when it is another one by now.
    pub async fn write(&self, name: &str, before: &str, after: &str) -> Result<(), StoreError> {
        let there = self.get(name).await?;
        if there.as_ref().map(OperatorObject::text).unwrap_or_default() != before {
            return Err(StoreError::Changed(self.name(name)));
        }
        // the caller has read and checked it
        let spec = Draft::read(name, after).source.map_or(Value::Null, |source| source.root().to_json());
        self.put(name, there.as_ref(), spec).await
    }

    /// Removes an object, if it is still as it was read.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when it is not.
    pub async fn delete(&self, object: &OperatorObject) -> Result<(), StoreError> {
        let metadata = &object.object.metadata;
        let preconditions =
            Preconditions { resource_version: metadata.resource_version.clone(), uid: metadata.uid.clone() };
        let params = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
        let outcome = self.asked(self.api.delete(&object.name, &params)).await;
        outcome.map(|_| ()).map_err(|error| self.not_written(&object.name, error))
    }

    fn not_written(&self, name: &str, error: KubeError) -> StoreError {
        match error {
            KubeError::Conflict { .. } => StoreError::Changed(self.name(name)),
            error => self.failed(error),
        }
    }
}

impl OperatorObject {
    /// Returns its `spec` as a text.
    pub fn text(&self) -> String {
        written(&from_json(&self.spec), "\n")
    }

    fn of(object: DynamicObject) -> Self {
        let spec = object.data.get("spec").cloned().unwrap_or(Value::Null);
        OperatorObject { name: object.metadata.name.clone().unwrap_or_default(), spec, object }
    }
}

fn set_spec(object: &mut DynamicObject, spec: Value) {
    match object.data.as_object_mut() {
        Some(data) => {
            data.insert("spec".to_owned(), spec);
        }
        None => object.data = json!({"spec": spec}),
    }
}
