//! A lease in Kubernetes: a Lease of `coordination.k8s.io/v1`, for controllers on any machines that reach one API server.
//!
//! A write is guarded by the object's `resourceVersion`: the API server takes it if nothing has changed since, else it answers 409. What has
//! changed is looked at then, since a label or an annotation of somebody else is no reason to lose the lease.
//!
//! There is no fence: no lock reaches from the API server to a socket of another machine. What keeps a writer out whose lease was taken is its
//! own clock at the gate. Nor does a store that far away know that a holder's process has ended, or whether a Lease that is not there has
//! never been there: somebody may have removed it while its holder leads.

use std::time::{Duration, Instant};

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::jiff::Timestamp;
use kube::Api;
use kube::api::PostParams;

use super::kubernetes_record::{read, written};
use crate::control::{LeaseRecord, LeaseStore, LeaseVersion, Seen, Written};
use crate::kube_port::{Cluster, KubeError};

/// A write whose object has changed, but not the lease in it, is tried again at once; more often than that, a busy hand is at work.
const TRIES: u32 = 3;

/// Credentials that are not accepted are looked for anew so often: a program may bring them.
const NEW_CREDENTIALS: Duration = Duration::from_secs(10);

/// A lease in Kubernetes.
pub struct KubernetesLease {
    cluster: Cluster,
    api: Api<Lease>,
    namespace: String,
    name: String,
    /// When credentials were looked for anew.
    found_again: Option<Instant>,
    /// The object as it was seen last, with its `resourceVersion`.
    seen: Option<Lease>,
}

impl KubernetesLease {
    /// Makes the store of a Lease. Nothing is asked yet.
    pub fn new(cluster: Cluster, namespace: &str, name: &str) -> KubernetesLease {
        let api = Api::namespaced(cluster.client.clone(), namespace);
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        KubernetesLease { cluster, api, namespace, name, found_again: None, seen: None }
    }

    /// Finds out whether the lease can be kept: all that will be asked for is tried, and nothing changes.
    ///
    /// # Errors
    /// When the API server can't be reached, the namespace is not there, or a right is missing.
    pub async fn try_out(&mut self) -> Result<(), KubeError> {
        let found = self.get().await?;
        let trial = PostParams { dry_run: true, ..PostParams::default() };
        // without a change: only the right to do it is asked for
        let outcome = match &found {
            Some(lease) => self.api.replace(&self.name, &trial, lease).await,
            None => {
                let empty = written(&LeaseRecord::default(), None, &self.name, Timestamp::now());
                self.api.create(&trial, &empty).await
            }
        };
        match outcome.map_err(|error| self.cluster.explain(error)) {
            // the one that leads was faster
            Ok(_) | Err(KubeError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Returns the error of a server that has not answered for that long.
    pub fn silent(&self, waited: Duration) -> KubeError {
        let reason = format!("no answer within {} s", waited.as_secs());
        KubeError::Unreachable { server: self.cluster.server.clone(), reason }
    }

    async fn get(&self) -> Result<Option<Lease>, KubeError> {
        self.api.get_opt(&self.name).await.map_err(|error| self.cluster.explain(error))
    }

    async fn see(&mut self) -> Result<Option<LeaseRecord>, KubeError> {
        let found = self.get().await;
        if matches!(found, Err(KubeError::Unauthorized { .. })) {
            self.find_again().await;
        }
        self.seen = found?;
        Ok(self.seen.as_ref().map(read))
    }

    /// Takes the credentials that the kubeconfig holds by now, for the next request: certificates run out, and are replaced.
    async fn find_again(&mut self) {
        if self.found_again.is_some_and(|at| at.elapsed() < NEW_CREDENTIALS) {
            return;
        }
        self.found_again = Some(Instant::now());
        match self.cluster.again().await {
            Ok(cluster) => {
                self.api = Api::namespaced(cluster.client.clone(), &self.namespace);
                self.cluster = cluster;
            }
            Err(error) => tracing::warn!(%error, "no new credentials for the lease"),
        }
    }

    async fn write(
        &mut self,
        record: &LeaseRecord,
        expected: Option<&LeaseVersion>,
    ) -> Result<Written, KubeError> {
        for _ in 0..TRIES {
            let there = self.seen.as_ref().map(|lease| read(lease).version());
            if there.as_ref() != expected {
                return Ok(Written::Conflict);
            }
            let lease = written(record, self.seen.as_ref(), &self.name, Timestamp::now());
            let outcome = match expected {
                Some(_) => self.api.replace(&self.name, &PostParams::default(), &lease).await,
                None => self.api.create(&PostParams::default(), &lease).await,
            };
            match outcome.map_err(|error| self.cluster.explain(error)) {
                Ok(lease) => {
                    self.seen = Some(lease);
                    return Ok(Written::Yes);
                }
                Err(KubeError::Conflict { .. } | KubeError::NotFound { .. }) => {
                    self.see().await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Written::Conflict)
    }
}

impl LeaseStore for KubernetesLease {
    async fn look(&mut self) -> Result<Seen, String> {
        let record = self.see().await.map_err(|error| error.to_string())?;
        Ok(Seen { may_be_lost: record.is_none(), record, holder_is_dead: false })
    }

    async fn put(
        &mut self,
        record: &LeaseRecord,
        expected: Option<&LeaseVersion>,
    ) -> Result<Written, String> {
        self.write(record, expected).await.map_err(|error| error.to_string())
    }
}
