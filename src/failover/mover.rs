//! What moves a name, as this room sees it: it says where the name points, and points it elsewhere unless somebody else was faster.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{DnsMover, ExternalDnsMover, KeyError, ServiceMover};
use crate::kube_port::{Cluster, ClusterChoice, KubeError};
use crate::site::{FailoverEntry, MoverKind};

/// How long one request of a mover may take.
pub(super) const LONGEST_REQUEST: Duration = Duration::from_secs(5);

/// Why a name could not be looked up or moved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoverError {
    /// What it needs is missing or wrong.
    #[error("{0}")]
    Settings(String),
    /// The key can't be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Who keeps the name can't be reached; nothing was asked of it.
    #[error("{server} does not answer: {reason}")]
    Unreachable {
        /// Where it should be.
        server: String,
        /// Why.
        reason: String,
    },
    /// The move was asked for, and no answer came: it may have been made.
    #[error("{server} was told, and has not answered: {reason}")]
    Unsure {
        /// Who was told.
        server: String,
        /// Why.
        reason: String,
    },
    /// Who keeps the name refuses.
    #[error("{server} refuses: {reason}")]
    Refused {
        /// Who refuses.
        server: String,
        /// Why.
        reason: String,
    },
    /// Somebody else has changed it since it was looked at.
    #[error("{0} was changed by somebody else at the same time; nothing was moved")]
    Changed(String),
}

impl From<KubeError> for MoverError {
    fn from(error: KubeError) -> Self {
        match error {
            KubeError::NoCluster(_) | KubeError::Config { .. } => MoverError::Settings(error.to_string()),
            KubeError::Unreachable { server, reason } => MoverError::Unreachable { server, reason },
            KubeError::Unauthorized { server, reason }
            | KubeError::Forbidden { server, reason }
            | KubeError::NotFound { server, reason }
            | KubeError::Conflict { server, reason } => MoverError::Refused { server, reason },
            KubeError::Refused { server, code, reason } => {
                MoverError::Refused { server, reason: format!("{code}: {reason}") }
            }
        }
    }
}

/// Moves a name. Addresses are IP addresses or one host name, in no particular order.
pub trait Mover {
    /// Returns the addresses that the name has now, by who keeps it; none: there is no such name.
    ///
    /// # Errors
    /// When that can't be found out.
    fn where_now(&self) -> impl Future<Output = Result<Vec<String>, MoverError>> + Send;

    /// Returns the addresses that clients are given, where they may be told other ones for a while; `None`: they see what `where_now` says.
    ///
    /// # Errors
    /// When that can't be found out.
    fn seen_by_clients(&self) -> impl Future<Output = Result<Option<Vec<String>>, MoverError>> + Send;

    /// Gives the name other addresses, if it still has those that are expected.
    ///
    /// # Errors
    /// [`MoverError::Changed`] when it has not; [`MoverError::Unsure`] when the outcome is not known.
    fn move_to(
        &self,
        expected: &[String],
        to: &[String],
    ) -> impl Future<Output = Result<(), MoverError>> + Send;

    /// Returns what `move_to` would do, in words; one line each.
    fn plan(&self, expected: &[String], to: &[String]) -> Vec<String>;
}

/// A mover of any kind.
#[derive(Debug)]
pub enum AnyMover {
    /// By an update of a name server.
    Dns(DnsMover),
    /// By the endpoints of a Service.
    Service(ServiceMover),
    /// By the annotations of a Service.
    ExternalDns(ExternalDnsMover),
}

impl AnyMover {
    /// Makes the mover that a site file names; its paths are relative to `folder`. Nothing is asked yet.
    ///
    /// # Errors
    /// When the key or the kubeconfig can't be used, or a setting is missing.
    pub async fn of(entry: &FailoverEntry, folder: &Path) -> Result<AnyMover, MoverError> {
        let mover = &entry.mover;
        let needed = |value: &Option<String>, key: &str| {
            value.clone().ok_or_else(|| MoverError::Settings(format!("failover.mover.{key} is missing")))
        };
        if mover.kind == MoverKind::Dns {
            let key_file = folder.join(needed(&mover.key_file, "keyFile")?);
            let (server, zone) = (needed(&mover.server, "server")?, needed(&mover.zone, "zone")?);
            let seconds = u32::try_from(mover.ttl.as_millis() / 1_000).unwrap_or(u32::MAX);
            let dns = DnsMover::new(&entry.name, &server, &zone, &key_file, seconds, mover.resolver.clone())?;
            return Ok(AnyMover::Dns(dns));
        }
        let (namespace, service) =
            (needed(&mover.namespace, "namespace")?, needed(&mover.service, "service")?);
        let kubeconfig = mover.kubeconfig.as_ref().map(|path| -> PathBuf { folder.join(path) });
        let choice = ClusterChoice { kubeconfig, context: mover.context.clone() };
        let cluster = Cluster::find(&choice, LONGEST_REQUEST).await?;
        Ok(match mover.kind {
            MoverKind::Service => AnyMover::Service(ServiceMover::new(cluster, &namespace, &service)),
            _ => AnyMover::ExternalDns(ExternalDnsMover::new(cluster, &namespace, &service, &entry.name)),
        })
    }
}

impl Mover for AnyMover {
    async fn where_now(&self) -> Result<Vec<String>, MoverError> {
        match self {
            AnyMover::Dns(mover) => mover.where_now().await,
            AnyMover::Service(mover) => mover.where_now().await,
            AnyMover::ExternalDns(mover) => mover.where_now().await,
        }
    }

    async fn seen_by_clients(&self) -> Result<Option<Vec<String>>, MoverError> {
        match self {
            AnyMover::Dns(mover) => mover.seen_by_clients().await,
            AnyMover::Service(mover) => mover.seen_by_clients().await,
            AnyMover::ExternalDns(mover) => mover.seen_by_clients().await,
        }
    }

    async fn move_to(&self, expected: &[String], to: &[String]) -> Result<(), MoverError> {
        match self {
            AnyMover::Dns(mover) => mover.move_to(expected, to).await,
            AnyMover::Service(mover) => mover.move_to(expected, to).await,
            AnyMover::ExternalDns(mover) => mover.move_to(expected, to).await,
        }
    }

    fn plan(&self, expected: &[String], to: &[String]) -> Vec<String> {
        match self {
            AnyMover::Dns(mover) => mover.plan(expected, to),
            AnyMover::Service(mover) => mover.plan(expected, to),
            AnyMover::ExternalDns(mover) => mover.plan(expected, to),
        }
    }
}
