//! `enmon.yaml` as it is written: the keys, their types and defaults. The JSON Schema is made from these types.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Address, Amps, FailoverEntry, Period, Phase, PolicyEntry};

/// The whole site file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "enmon site file")]
pub struct SiteFile {
    /// Version of the file format.
    pub api_version: SiteApiVersion,
    /// What the file describes.
    pub kind: SiteKind,
    /// Name of the site; also names its journal and its pid file.
    #[schemars(regex(pattern = r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$"))]
    pub name: String,
    /// The grid connection.
    #[serde(default)]
    pub grid: GridEntry,
    /// The tree of circuits. A circuit without a parent hangs on the grid connection.
    #[schemars(length(min = 1))]
    pub circuits: Vec<CircuitEntry>,
    /// Meters.
    #[serde(default)]
    pub meters: Vec<MeterEntry>,
    /// Chargers.
    #[serde(default)]
    pub chargers: Vec<ChargerEntry>,
    /// Breakers that report their state (REFERENCE A2).
    #[serde(default)]
    pub breakers: Vec<BreakerEntry>,
    /// Loads beside the chargers that may be cut for a while, by a breaker or a relay (REFERENCE A9).
    #[serde(default)]
    pub loads: Vec<LoadEntry>,
    /// Cabinets that report temperature and smoke (REFERENCE A2).
    #[serde(default)]
    pub cabinets: Vec<CabinetEntry>,
    /// Solar inputs.
    #[serde(default)]
    pub solar: Vec<SolarEntry>,
    /// ESP nodes that serve `/metrics` over HTTPS (REFERENCE A1).
    #[serde(default)]
    pub endpoints: Vec<EndpointEntry>,
    /// The control loop.
    #[serde(default)]
    pub control: ControlEntry,
    /// Who gets more than others when current is scarce.
    #[serde(default)]
    pub policy: PolicyEntry,
    /// The control server.
    #[serde(default)]
    pub api: ApiEntry,
    /// The journal of decisions, overrides and faults.
    #[serde(default)]
    pub journal: JournalEntry,
    /// The Prometheus of the site, which `enmon scrape` works on.
    #[serde(default)]
    pub prometheus: PrometheusEntry,
    /// A name that moves to another place when its own fails: `enmon site`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failover: Option<FailoverEntry>,
    /// The Alertmanager of the site, which `enmon alert` works with.
    #[serde(default)]
    pub alertmanager: AlertmanagerEntry,
}

/// Version of the site file's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SiteApiVersion {
    /// The first version.
    #[serde(rename = "enmon/v1")]
    V1,
}

/// Kind of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SiteKind {
    /// A site.
    Site,
}

/// The grid connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct GridEntry {
    /// Voltage between a phase and neutral, in volts.
    #[schemars(range(min = 50, max = 1000))]
    pub voltage: f64,
    /// Number of phases, 1 or 3.
    #[schemars(extend("enum" = [1, 3]))]
    pub phases: u8,
}

impl Default for GridEntry {
    fn default() -> Self {
        GridEntry { voltage: 230.0, phases: 3 }
    }
}

/// Amperes on each phase: one number for all, or `{L1: 40, L2: 40, L3: 32}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PhaseAmps {
    /// The same on each phase.
    All(#[schemars(range(min = 0, max = 100_000))] f64),
    /// Phase by phase; a phase that is left out has 0 A.
    Each(EachPhase),
}

/// Amperes phase by phase.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EachPhase {
    /// Amperes on L1.
    #[serde(rename = "L1")]
    #[schemars(range(min = 0, max = 100_000))]
    pub l1: f64,
    /// Amperes on L2.
    #[serde(rename = "L2")]
    #[schemars(range(min = 0, max = 100_000))]
    pub l2: f64,
    /// Amperes on L3.
    #[serde(rename = "L3")]
    #[schemars(range(min = 0, max = 100_000))]
    pub l3: f64,
}

/// A circuit: what a breaker or a cable limits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CircuitEntry {
    /// Name of the circuit.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// The circuit that feeds this one; none: the grid connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Limit in amperes per phase, or `{L1: 40, L2: 40, L3: 32}`.
    pub limit: PhaseAmps,
    /// The breaker that protects it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breaker: Option<BreakerRatingEntry>,
    /// Name of the meter that measures the whole circuit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meter: Option<String>,
    /// What else than chargers draws here at the worst, amperes per phase. Without a meter it is taken as drawn all the time;
    /// with one it serves the fail-safe proof, and stands in while the meter is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_load: Option<PhaseAmps>,
}

/// Rating of a circuit breaker.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BreakerRatingEntry {
    /// Rated current In in amperes.
    #[schemars(range(min = 0.1, max = 100_000))]
    pub rating: f64,
    /// Tripping curve (IEC 60898-1).
    pub curve: BreakerCurve,
}

/// Magnetic tripping curve of a miniature breaker (IEC 60898-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum BreakerCurve {
    /// 3 to 5 times In.
    B,
    /// 5 to 10 times In.
    C,
    /// 10 to 20 times In.
    D,
}

/// What every device entry has: where it is and what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceEntry {
    /// Name of the device profile.
    pub profile: String,
    /// Where the device is reached.
    pub address: Address,
    /// Modbus unit id; none: the profile's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<u8>,
    /// Connector of a station that has several behind one unit id, counted from 1; none: the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 64))]
    pub connector: Option<u16>,
    /// How long one request may take; none: the profile's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Period>,
    /// What is trusted when the device is reached over TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<DeviceTlsEntry>,
    /// File with the token that the device asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<String>,
}

/// What is trusted when a device is reached over TLS, and who we are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeviceTlsEntry {
    /// PEM file with the certificate authority, or the device's own certificate.
    pub ca: String,
    /// PEM file with our own certificate chain, for devices that want to know who asks (MODBUS/TCP Security Protocol Specification V36).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert: Option<String>,
    /// PEM file with the private key of our own certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// A meter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeterEntry {
    /// Name of the meter.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// Site phase on the meter's terminals 1, 2, 3; none: L1, L2, L3 (or L1 alone on a single-phase grid).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 3))]
    pub phases: Option<Vec<Phase>>,
    /// Where and what it is.
    #[serde(flatten)]
    pub device: DeviceEntry,
}

/// A charger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChargerEntry {
    /// Name of the charger.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// The circuit that feeds it.
    pub circuit: String,
    /// Site phase on the charger's terminals 1, 2, 3; one entry: a single-phase charger.
    #[schemars(length(min = 1, max = 3))]
    pub phases: Vec<Phase>,
    /// The least current it can offer, in amperes; 6 A by IEC 61851-1.
    #[serde(default = "six")]
    #[schemars(range(min = 6, max = 1000))]
    pub min: f64,
    /// The most current it may offer, in amperes per phase.
    #[schemars(range(min = 6, max = 1000))]
    pub max: f64,
    /// What it offers when it hears nothing, in amperes: 0, or at least `min`.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1000))]
    pub failsafe: f64,
    /// Its weight when current is scarce: a charger of priority 2 gets twice the current of one of priority 1.
    #[serde(default = "one")]
    #[schemars(range(min = 0.01, max = 100))]
    pub priority: f64,
    /// Step in which its limit can be set, in amperes, where that is coarser than its profile says; `enmon charger commission` finds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.01, max = 10))]
    pub step: Option<f64>,
    /// May it be switched between one phase and three, where cars follow the sun? Its profile must say how; look there for what the device needs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub switch_phases: bool,
    /// How long cars at it take to follow a lower limit, as `enmon charger commission` measured it; so long, and at most 8s, is waited before
    /// a car that draws more is taken to disobey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reaction: Option<Period>,
    /// How long it may hear nothing before it falls back to `failsafe`; none: the profile's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watchdog: Option<Period>,
    /// Where and what it is.
    #[serde(flatten)]
    pub device: DeviceEntry,
}

fn six() -> f64 {
    6.0
}

fn one() -> f64 {
    1.0
}

/// A breaker that reports its state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BreakerEntry {
    /// Name of the breaker.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// The circuit that it protects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circuit: Option<String>,
    /// May it be opened and closed from afar? By people who say so, and by the rule in `openOn`.
    #[serde(default)]
    pub remote: bool,
    /// What the controller opens it for; none: nothing. It never closes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_on: Option<OpenOn>,
    /// How long that must last, beside the time in which it is found; none: 10s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Period>,
    /// Where and what it is.
    #[serde(flatten)]
    pub device: DeviceEntry,
}

/// What the controller opens a breaker for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OpenOn {
    /// A charger behind it offers or draws more than it was told, and a circuit above it is over its limit though the others make room.
    Disobedience,
}

/// A load that may be cut for a while when chargers alone can't keep a circuit under its limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoadEntry {
    /// Name of the load.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// The circuit that it draws on; a meter there or above must measure it.
    pub circuit: String,
    /// The breaker or relay that cuts it; an entry of `breakers` that is `remote`.
    pub breaker: String,
    /// What it draws at the most, amperes per phase, or `{L1: 16, L2: 0, L3: 0}`. So much must be free before it comes back.
    pub current: PhaseAmps,
    /// Who matters least is cut first and comes back last: 1 is cut before 2.
    #[serde(default = "one")]
    #[schemars(range(min = 0.01, max = 100))]
    pub priority: f64,
    /// Once on, it is left on for so long at least; none: 1m.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_on: Option<Period>,
    /// Once cut, it is left off for so long at least; none: 5m.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_off: Option<Period>,
}

/// A cabinet that reports temperature and smoke.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CabinetEntry {
    /// Name of the cabinet.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// Temperature above which an alarm is raised, in °C.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -40, max = 150))]
    pub max_temperature: Option<f64>,
    /// Where and what it is.
    #[serde(flatten)]
    pub device: DeviceEntry,
}

/// A solar input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SolarEntry {
    /// Name of the solar input.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// The circuit that it feeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circuit: Option<String>,
    /// The most current it can give, in amperes per phase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100_000))]
    pub peak: Option<f64>,
    /// Where and what it is.
    #[serde(flatten)]
    pub device: DeviceEntry,
}

/// An ESP node with current sensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndpointEntry {
    /// Name of the node.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// Free labels that go out with its values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Where and what it is.
    #[serde(flatten)]
    pub device: DeviceEntry,
}

/// The control loop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ControlEntry {
    /// Time between two decisions.
    pub interval: Period,
    /// Age from which a value counts as unknown.
    pub stale_after: Period,
    /// How long more current must be there before a charger is raised.
    pub raise_after: Period,
    /// How long a car has to follow its limit before what it leaves is given to others.
    pub follow_time: Period,
    /// How long a charger keeps its turn while others wait for one.
    pub turn: Period,
    /// Kept free on every circuit and phase, in amperes.
    #[schemars(range(min = 0, max = 1000))]
    pub reserve: Amps,
}

impl Default for ControlEntry {
    fn default() -> Self {
        ControlEntry {
            interval: Period::from_secs(1),
            stale_after: Period::from_secs(5),
            raise_after: Period::from_secs(10),
            follow_time: Period::from_secs(15),
            turn: Period::from_secs(15 * 60),
            reserve: Amps::ZERO,
        }
    }
}

/// The control server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ApiEntry {
    /// Address and port to listen on; beyond loopback `tls` and `tokenFile` are required. Port 0 takes a free one.
    pub listen: String,
    /// Certificate and key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<ApiTlsEntry>,
    /// File with the token that writes need; none: one is made in the state folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_file: Option<String>,
}

impl Default for ApiEntry {
    fn default() -> Self {
        ApiEntry { listen: "127.0.0.1:5000".into(), tls: None, token_file: None }
    }
}

impl ApiEntry {
    /// Returns the address and port to listen on; `localhost` is understood without asking a resolver. `None`: it is no such thing.
    pub fn socket_address(&self) -> Option<SocketAddr> {
        match self.listen.strip_prefix("localhost:") {
            Some(port) => Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port.parse().ok()?)),
            None => self.listen.parse().ok(),
        }
    }
}

/// Certificate and key of the control server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApiTlsEntry {
    /// PEM file with the certificate chain.
    pub cert: String,
    /// PEM file with the private key.
    pub key: String,
}

/// The journal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct JournalEntry {
    /// Path of the SQLite file; none: `enmon/NAME/journal.sqlite` under the XDG state folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// How long entries are kept; none: 90 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<Period>,
}

/// The Prometheus of the site.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct PrometheusEntry {
    /// Where its configuration is: `file:PATH`, `configmap:NAMESPACE/NAME` (or `…/KEY`), `file_sd:FOLDER` or `operator:NAMESPACE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^(file|configmap|file_sd|operator):.+$"))]
    pub config: Option<String>,
    /// Address of the server, such as `http://127.0.0.1:9090`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^https?://.+$"))]
    pub url: Option<String>,
    /// PEM file with what is trusted over TLS; none: what the system trusts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// File with a bearer token for the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_file: Option<String>,
}

/// The Alertmanager of the site.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct AlertmanagerEntry {
    /// Where its configuration is: `file:PATH`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^file:.+$"))]
    pub config: Option<String>,
    /// Address of the server, such as `http://127.0.0.1:9093`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^https?://.+$"))]
    pub url: Option<String>,
    /// PEM file with what is trusted over TLS; none: what the system trusts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// File with a bearer token for the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_file: Option<String>,
}
