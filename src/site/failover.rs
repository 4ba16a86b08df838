//! What the site file says of a name that moves between places: the keys, their types and defaults.
//!
//! What it means for a name to move is decided in the room `failover`; which values make sense together is checked in `check/failover.rs`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Period;

/// A name that clients use, and the places that it may point to (REFERENCE A7).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FailoverEntry {
    /// The name that clients use, such as `metrics.example.org`.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Where it may point to; the first is the one to be preferred.
    #[schemars(length(min = 2, max = 8))]
    pub places: Vec<PlaceEntry>,
    /// Addresses `host:port` that stand at none of the places. When no more than half of them take a connection, the checker itself counts as
    /// cut off, and nothing moves.
    #[schemars(length(min = 1, max = 9))]
    pub witness: Vec<String>,
    /// Time between two rounds of checks.
    #[serde(default = "every")]
    pub every: Period,
    /// Bad rounds in a row before a place has failed.
    #[serde(default = "three")]
    #[schemars(range(min = 1, max = 1000))]
    pub fail_after: u32,
    /// How long they must last at least.
    #[serde(default = "fail_for")]
    pub fail_for: Period,
    /// Good rounds in a row before the name goes back to an earlier place.
    #[serde(default = "six")]
    #[schemars(range(min = 1, max = 1000))]
    pub recover_after: u32,
    /// Shortest time between two moves.
    #[serde(default = "dwell")]
    pub dwell: Period,
    /// Most moves in an hour.
    #[serde(default = "four")]
    #[schemars(range(min = 1, max = 60))]
    pub moves_per_hour: u32,
    /// Who lets the name go back to an earlier place: a person (`manual`), or the rules (`auto`).
    #[serde(default)]
    pub failback: FailbackChoice,
    /// How long clients may take to see a move before that is reported; none: twice the TTL, and 30s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<Period>,
    /// What moves the name.
    pub mover: MoverEntry,
}

/// Who lets the name go back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailbackChoice {
    /// A person.
    #[default]
    Manual,
    /// The rules.
    Auto,
}

/// A place that the name may point to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlaceEntry {
    /// Name of the place.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// What the name points to there: IP addresses, or one host name.
    #[schemars(length(min = 1, max = 16))]
    pub addresses: Vec<String>,
    /// What must be well for the place to be healthy: all of it.
    #[schemars(length(min = 1, max = 16))]
    pub checks: Vec<HealthCheckEntry>,
}

/// A health check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HealthCheckEntry {
    /// What is asked.
    pub kind: HealthCheckKind,
    /// Address to ask, such as `https://10.0.0.5:9090`; for all kinds but `tcp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^https?://.+$"))]
    pub url: Option<String>,
    /// Where to connect, `host:port`; for the kind `tcp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Status that must be answered; none: any from 200 to 299. For the kind `http`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 100, max = 599))]
    pub status: Option<u16>,
    /// Text that the answer must have in its first 64 KiB; for the kind `http`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1000))]
    pub contains: Option<String>,
    /// How long the answer may take before the place counts as bad.
    #[serde(default = "max_latency")]
    pub max_latency: Period,
    /// PEM file with what is trusted over TLS; none: what the system trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// File with a bearer token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<String>,
}

/// What is asked by a health check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HealthCheckKind {
    /// Any address over HTTP or HTTPS.
    Http,
    /// A port that takes connections.
    Tcp,
    /// A Prometheus that is ready (`/-/ready`).
    Prometheus,
    /// A Grafana that reaches its database (`/api/health`).
    Grafana,
    /// A control server of enmon whose controller is at work (`/readyz`).
    Enmon,
}

/// What moves the name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MoverEntry {
    /// How the name is moved.
    pub kind: MoverKind,
    /// Name server that takes updates, `host:port`; for the kind `dns`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Zone that the name is in; for the kind `dns`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// File with the key for updates, in BIND's form (`tsig-keygen`); for the kind `dns`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_file: Option<String>,
    /// How long clients may keep an answer; for the kind `dns`.
    #[serde(default = "ttl")]
    pub ttl: Period,
    /// Resolver that clients use, `host:port`, asked whether a move is seen; none: the name server. For the kind `dns`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolver: Option<String>,
    /// Namespace of the Service; for the kinds `service` and `external-dns`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Name of the Service; for the kinds `service` and `external-dns`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The kubeconfig; none: `$KUBECONFIG`, `~/.kube/config`, or what a pod is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubeconfig: Option<String>,
    /// A context in it; none: the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
}

/// How a name is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MoverKind {
    /// By an update of a name server (RFC 2136), signed with a key (RFC 8945).
    Dns,
    /// By the endpoints of a Kubernetes Service that has no selector.
    Service,
    /// By the annotations of a Kubernetes Service that external-dns goes by.
    ExternalDns,
}

fn every() -> Period {
    Period::from_secs(10)
}

fn fail_for() -> Period {
    Period::from_secs(30)
}

fn dwell() -> Period {
    Period::from_secs(600)
}

fn max_latency() -> Period {
    Period::from_secs(5)
}

fn ttl() -> Period {
    Period::from_secs(30)
}

fn three() -> u32 {
    3
}

fn four() -> u32 {
    4
}

fn six() -> u32 {
    6
}
