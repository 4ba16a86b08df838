//! `--lease` of `enmon control run`: where the lease is, and what a controller needs to take part in it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::control_run::Ready;
use crate::control::{
    BootClock, BootTime, Fence, KeeperEnds, Leadership, Lease, LeaseStore, LeaseTimes, Standby, WriteGate,
    keep_lease,
};
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::kube_port::{Cluster, ClusterChoice, KubeError, is_object_name};
use crate::lease::{FileLease, KubernetesLease};
use crate::runtime::{self, LeaseFacts};
use crate::site::Period;

/// The shortest lease time: a busy machine must be able to renew in it.
const SHORTEST: Period = Period::from_millis(300);

/// How long Kubernetes may take for a request at the start.
const FIRST_ANSWER: Duration = Duration::from_secs(5);

/// Where a lease is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LeasePlace {
    /// In a file.
    File(PathBuf),
    /// In Kubernetes.
    Kubernetes {
        /// The namespace of the Lease.
        namespace: String,
        /// Its name.
        name: String,
    },
}

impl LeasePlace {
    /// Returns the lease time when none is given. A file tells of a leader's end at once, so it can take its time. Kubernetes does not, and the
    /// other one shall write within 2 s: what is left after the time that a request to a device may be under way, and 0.4 s to look, take and write.
    fn usual_time(&self, flight: Period) -> Period {
        match self {
            LeasePlace::File(_) => Period::from_secs(3),
            LeasePlace::Kubernetes { .. } => {
                Period::from_millis(1_600_u64.saturating_sub(flight.as_millis()).clamp(500, 800))
            }
        }
    }
}

impl fmt::Display for LeasePlace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LeasePlace::File(path) => write!(out, "file:{}", path.display()),
            LeasePlace::Kubernetes { namespace, name } => write!(out, "kubernetes:{namespace}/{name}"),
        }
    }
}

impl FromStr for LeasePlace {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(LeasePlace::File(path.into())),
            Some(("kubernetes", object)) => match object.split_once('/') {
                Some((namespace, name)) if is_object_name(namespace) && !namespace.contains('.') && is_object_name(name) => {
                    Ok(LeasePlace::Kubernetes { namespace: namespace.into(), name: name.into() })
                }
                _ => Err("write kubernetes:NAMESPACE/NAME, for example kubernetes:energy/garage; names are of lower \
                          case letters, digits, `-` and, in NAME, `.`"
                    .into()),
            },
            _ => Err("write file:PATH or kubernetes:NAMESPACE/NAME, for example file:/run/enmon/garage.lease or \
                      kubernetes:energy/garage"
                .into()),
        }
    }
}

/// The lease that a controller takes part in.
#[derive(Debug, Clone)]
pub(super) struct LeaseSettings {
    pub place: LeasePlace,
    /// How to find the cluster, for a lease in Kubernetes.
    pub cluster: ClusterChoice,
    /// `None`: what is usual for the place.
    pub time: Option<Period>,
    pub identity: Option<String>,
}

/// A controller's part in a lease.
pub(super) struct Membership {
    pub gate: WriteGate,
    pub standby: Standby,
    /// To be told where the control server is.
    pub api: watch::Sender<Option<String>>,
    stop: CancellationToken,
    keeper: JoinHandle<()>,
}

impl Membership {
    /// Joins. `flight` is how long a request to a device may be under way.
    ///
    /// # Errors
    /// When the lease can't be used at all.
    pub async fn join(settings: &LeaseSettings, flight: Period, ready: &Ready) -> Result<Membership> {
        let time = settings.time.unwrap_or_else(|| settings.place.usual_time(flight));
        if time < SHORTEST {
            let message = format!("a lease time of {time} is too short: {SHORTEST} at least");
            return Err(Error::new(Kind::Usage, message));
        }
        if matches!(settings.place, LeasePlace::File(_)) && settings.cluster != ClusterChoice::default() {
            let message = "--kubeconfig and --context are for a lease in Kubernetes";
            return Err(Error::new(Kind::Usage, message));
        }
        let entry =
            Entry { times: LeaseTimes::of(time, flight), identity: settings.identity.as_deref(), ready };
        match &settings.place {
            LeasePlace::File(path) => {
                let unusable = |error: &(dyn std::error::Error + 'static)| {
                    let message = format!("the lease {} can't be used", path.display());
                    Error::from_source(Kind::Failed, message, error)
                        .hint("its folder must be there, and be writable")
                };
                let path = fsio::absolute(path).map_err(|error| unusable(&error))?;
                let store = FileLease::open(&path).map_err(|error| unusable(&error))?;
                let fence = store.fence();
                Ok(entry.enter(store, Some(fence), &LeasePlace::File(path)))
            }
            place @ LeasePlace::Kubernetes { namespace, name } => {
                let unusable = |error| unusable_in_kubernetes(place, namespace, error);
                let cluster = Cluster::find(&settings.cluster, time.0).await.map_err(unusable)?;
                let mut store = KubernetesLease::new(cluster, namespace, name);
                let trial = tokio::time::timeout(FIRST_ANSWER, store.try_out()).await;
                trial.unwrap_or_else(|_| Err(store.silent(FIRST_ANSWER))).map_err(unusable)?;
                Ok(entry.enter(store, None, place))
            }
        }
    }
}

/// What a part in a lease is made of, wherever the lease is.
struct Entry<'a> {
    times: LeaseTimes,
    identity: Option<&'a str>,
    ready: &'a Ready,
}

impl Entry<'_> {
    fn enter(
        self,
        store: impl LeaseStore + 'static,
        fence: Option<Arc<dyn Fence>>,
        place: &LeasePlace,
    ) -> Membership {
        let identity = identity(self.identity);
        let clock: BootClock = Arc::new(|| BootTime(runtime::boot_clock_ms()));
        let gate = WriteGate::shut(Arc::clone(&clock), fence);
        let lease = Lease::new(identity.clone(), self.times);
        let (leadership_in, leadership) = watch::channel(Leadership::default());
        let (memo, memo_out) = watch::channel(String::new());
        let (api, api_out) = watch::channel(None);
        let stop = CancellationToken::new();
        let ends = KeeperEnds { leadership: leadership_in, memo: memo_out, api: api_out, stop: stop.clone() };
        tokio::spawn(publish(leadership.clone(), place.to_string(), identity, self.ready.clone()));
        let keeper = tokio::spawn(keep_lease(lease, store, gate.clone(), clock, ends));
        Membership { gate, standby: Standby { leadership, memo }, api, stop, keeper }
    }
}

/// Says why a lease in Kubernetes can't be used, and what would help.
fn unusable_in_kubernetes(place: &LeasePlace, namespace: &str, error: KubeError) -> Error {
    let kind = match &error {
        KubeError::NoCluster(_) | KubeError::Config { .. } => Kind::Invalid,
        KubeError::Unreachable { .. } => Kind::Unreachable,
        _ => Kind::Refused,
    };
    let hint = match &error {
        KubeError::NoCluster(_) => {
            "name one with --kubeconfig or KUBECONFIG, or run in a pod with a service account".into()
        }
        KubeError::Config { .. } => "see whether `kubectl get leases` works with it".into(),
        KubeError::Unreachable { .. } => {
            "see whether the API server runs, and whether this machine reaches it".into()
        }
        KubeError::Unauthorized { .. } => "see whether the credentials are still valid".into(),
        KubeError::Forbidden { .. } => format!(
            "it takes the verbs get, create and update on leases.coordination.k8s.io in {namespace}; docs/standby.md has a Role"
        ),
        KubeError::NotFound { .. } => format!("make the namespace: kubectl create namespace {namespace}"),
        KubeError::Conflict { .. } | KubeError::Refused { .. } => "see the log of the API server".into(),
    };
    Error::from_source(kind, format!("the lease {place} can't be used"), &error).hint(hint)
}

/// What is left to do when the controller has ended.
pub(super) struct Leaving {
    stop: CancellationToken,
    keeper: JoinHandle<()>,
}

impl Leaving {
    /// Gives the lease back.
    pub async fn leave(self) {
        self.stop.cancel();
        // a keeper that panicked holds nothing: the lease runs out
        let _ = self.keeper.await;
    }
}

impl Membership {
    /// Parts with what the driver needs.
    pub fn split(self) -> (Standby, watch::Sender<Option<String>>, Leaving) {
        (self.standby, self.api, Leaving { stop: self.stop, keeper: self.keeper })
    }
}

/// Returns a name that no other controller has, nor had.
fn identity(name: Option<&str>) -> String {
    let host = || {
        let text = fsio::read_text(Path::new("/proc/sys/kernel/hostname")).unwrap_or_default();
        format!("{}-{}", text.trim(), fsio::process_id())
    };
    let name = name.map_or_else(host, str::to_owned);
    format!("{name}-{:06x}", fastrand::u32(..0x0100_0000))
}

/// Tells other commands who leads, whenever that changes.
async fn publish(mut leadership: watch::Receiver<Leadership>, place: String, identity: String, ready: Ready) {
    loop {
        let news = leadership.borrow_and_update().clone();
        ready.takes_part(LeaseFacts {
            place: place.clone(),
            identity: identity.clone(),
            leads: news.generation.is_some(),
            holder: news.holder,
            api: news.api,
        });
        if leadership.changed().await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_lease_is() {
        assert_eq!("file:/a:b".parse(), Ok(LeasePlace::File("/a:b".into())));
        let place = LeasePlace::Kubernetes { namespace: "energy".into(), name: "garage.a-1".into() };
        assert_eq!(place.to_string().parse(), Ok(place));
        let long = format!("kubernetes:a/{}", "x".repeat(254));
        for text in [
            "",
            "/run/lease",
            "file:",
            "etcd:x",
            "kubernetes:",
            "kubernetes:a",
            "kubernetes:a/",
            "kubernetes:/b",
            "kubernetes:a.b/c",
            "kubernetes:A/b",
            "kubernetes:a/b/c",
            "kubernetes:a/-b",
            "kubernetes:a/b..c",
            &long,
        ] {
            assert!(text.parse::<LeasePlace>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_usual_lease_time_leaves_room_for_requests_under_way() {
        let place: LeasePlace = "kubernetes:energy/garage".parse().unwrap();
        for (flight, time) in [(200, 800), (800, 800), (1_000, 600), (1_100, 500), (5_000, 500)] {
            assert_eq!(place.usual_time(Period::from_millis(flight)), Period::from_millis(time));
        }
    }

    #[test]
    fn names_are_never_the_same() {
        assert_ne!(identity(Some("a")), identity(Some("a")));
        assert!(identity(Some("a")).starts_with("a-"));
    }
}
