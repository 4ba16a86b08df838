//! The state of a site as everybody outside sees it: the control server, `enmon status`, the live view, `--output json`.
//!
//! These structs are a promise: fields are added, never renamed or removed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BreakerState, ChargerState, ChargingNeeds, LoadState, Override};
use crate::site::Phase;

/// All of a site at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SiteStatus {
    /// `enmon/v1`.
    pub api_version: String,
    /// `SiteStatus`.
    pub kind: String,
    /// Name of the site.
    pub site: String,
    /// When the decision was made, milliseconds since the Unix epoch.
    pub at: u64,
    /// The controller itself.
    pub controller: ControllerStatus,
    /// Circuits in the order of the site file.
    pub circuits: Vec<CircuitStatus>,
    /// Chargers in the order of the site file.
    pub chargers: Vec<ChargerStatus>,
    /// Meters.
    pub meters: Vec<MeterStatus>,
    /// Breakers.
    pub breakers: Vec<BreakerStatus>,
    /// Loads that may be cut.
    #[serde(default)]
    pub loads: Vec<LoadStatus>,
    /// Cabinets.
    pub cabinets: Vec<CabinetStatus>,
    /// Solar inputs.
    pub solar: Vec<SolarStatus>,
    /// ESP nodes.
    pub endpoints: Vec<EndpointStatus>,
    /// What needs somebody's attention.
    pub alarms: Vec<Alarm>,
}

/// Where the controller stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// Not every device has been asked yet.
    Starting,
    /// Deciding every interval.
    Running,
    /// Writing the safe currents before it ends.
    Stopping,
}

/// The controller itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ControllerStatus {
    /// Where it stands.
    pub state: RunState,
    /// Version of enmon.
    pub version: String,
    /// When it started, milliseconds since the Unix epoch.
    pub started_at: u64,
    /// Decisions made.
    pub cycles: u64,
    /// Time that the last decision took, in milliseconds.
    pub step_ms: f64,
    /// Time from the start of the last cycle until its observations were in, in milliseconds.
    pub observe_ms: f64,
    /// Time from the observations until the last limit of that cycle was acknowledged, in milliseconds.
    pub write_ms: Option<f64>,
    /// Time from the request of the oldest meter sample of the last cycle until its last limit was acknowledged, in milliseconds.
    #[serde(default)]
    pub reaction_ms: Option<f64>,
    /// Cycles that began late by more than one interval.
    pub late_cycles: u64,
    /// Times the site file was read again with success.
    pub reloads: u64,
    /// Why the last reload was refused, if it was.
    pub reload_error: Option<String>,
    /// Why the journal can't be written, if it can't.
    pub journal_error: Option<String>,
    /// Its part in the lease; `None`: it stands alone.
    #[serde(default)]
    pub lease: Option<LeaseStatus>,
}

impl ControllerStatus {
    /// Makes the status behind which no controller stands: a decision was only tried.
    pub fn of_nobody() -> ControllerStatus {
        ControllerStatus {
            state: RunState::Starting,
            version: env!("CARGO_PKG_VERSION").into(),
            started_at: 0,
            cycles: 0,
            step_ms: 0.0,
            observe_ms: 0.0,
            write_ms: None,
            reaction_ms: None,
            late_cycles: 0,
            reloads: 0,
            reload_error: None,
            journal_error: None,
            lease: None,
        }
    }
}

/// Who writes, among several controllers of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeaseStatus {
    /// Does this controller write, or does it follow?
    pub role: LeaseRole,
    /// Who leads, as far as is known.
    pub holder: Option<String>,
    /// The control server of the one that leads.
    pub api: Option<String>,
    /// The fencing token of this controller, while it leads.
    pub generation: Option<u64>,
    /// Since when it has had its role, milliseconds since the Unix epoch.
    pub since: u64,
    /// Why the lease can't be kept, if it can't.
    pub error: Option<String>,
}

/// A controller's part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LeaseRole {
    /// It writes.
    Leading,
    /// It only observes, and is ready.
    Following,
}

/// A circuit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CircuitStatus {
    /// Name.
    pub name: String,
    /// The circuit that feeds it.
    pub parent: Option<String>,
    /// How many circuits are above it.
    pub depth: usize,
    /// Is its meter unknown, so that its chargers get their fail-safe currents?
    pub meter_unknown: bool,
    /// Phase by phase.
    pub phases: Vec<CircuitPhaseStatus>,
    /// Its breaker, by what flows through it; `None` where the site file knows of none.
    #[serde(default)]
    pub breaker: Option<BreakerTwinStatus>,
}

/// The breaker of a circuit, reckoned from the current through it by IEC 60898-1, table 7.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BreakerTwinStatus {
    /// Rated current In, amperes.
    pub rating: f64,
    /// Tripping curve: `B`, `C`, `D`.
    pub curve: String,
    /// Is the rating assumed from the circuit's limit?
    pub assumed: bool,
    /// Share of its operating cycles that is used up, as far as its openings were seen; 1: all.
    pub wear: f64,
    /// Seconds for which more than its rated current has flowed.
    pub overload_seconds: f64,
    /// Phase by phase.
    pub phases: Vec<BreakerPhaseStatus>,
}

/// A pole of a breaker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BreakerPhaseStatus {
    /// The phase.
    pub phase: Phase,
    /// The current that counts, amperes.
    pub current: f64,
    /// Is it measured? Otherwise it is the worst case.
    pub measured: bool,
    /// How close it is to opening by heat: 0 cold, 1 open.
    pub heat: f64,
    /// At this current it opens not before so many seconds; `None`: it holds.
    pub trips_after: Option<f64>,
    /// At this current it opens within so many seconds; `None`: it may hold for ever.
    pub trips_within: Option<f64>,
}

/// A phase of a circuit; all in amperes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CircuitPhaseStatus {
    /// The phase.
    pub phase: Phase,
    /// Limit.
    pub limit: f64,
    /// What the meter says; `None` without a fresh meter.
    pub measured: Option<f64>,
    /// What the chargers draw, as far as known.
    pub drawn: f64,
    /// What else draws there, or is assumed to.
    pub other: f64,
    /// What the chargers may be offering now at the most.
    pub offered: f64,
    /// Limit − other − offered.
    pub headroom: f64,
}

/// A charger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChargerStatus {
    /// Name.
    pub name: String,
    /// Its circuit.
    pub circuit: String,
    /// Site phases on terminals 1, 2, 3.
    pub phases: Vec<Phase>,
    /// Its state at the last fresh reading; `None`: unknown.
    pub state: Option<ChargerState>,
    /// Age of the last reading in milliseconds; `None`: never heard.
    pub age_ms: Option<u64>,
    /// What it says it offers, amperes.
    pub offered: Option<f64>,
    /// What it draws on terminals 1, 2, 3, amperes.
    pub drawn: Option<Vec<f64>>,
    /// What the controller decided, amperes.
    pub setpoint: f64,
    /// What it is to have in the end, when holds are over and others have let go, amperes.
    #[serde(default)]
    pub target: f64,
    /// Why, in words.
    pub reason: String,
    /// Why, as a stable word: `no-car`, `fault`, `silent`, `meter-unknown`, `paused`, `ordered`, `limited`, `waits`, `appetite`, `full`,
    /// `cheaper`, `follows-sun`, `waits-for-sun`, `surplus-unknown`, `switches-phases`, `leaves-soon`, `holds`, `awaits-others`, `disobeys`.
    #[serde(default)]
    pub reason_code: String,
    /// An order that is in force.
    pub order: Option<Override>,
    /// What somebody said of the car there, or of the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<ChargingNeeds>,
    /// What went wrong last, if it still does.
    pub fault: Option<String>,
    /// Rated current, amperes.
    pub max: f64,
}

/// A meter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeterStatus {
    /// Name.
    pub name: String,
    /// Age of the last reading in milliseconds.
    pub age_ms: Option<u64>,
    /// Is the reading fresh?
    pub known: bool,
    /// Currents on terminals 1, 2, 3.
    pub currents: Vec<Option<f64>>,
    /// Active power in W.
    pub power: Option<f64>,
    /// What went wrong last, if it still does.
    pub fault: Option<String>,
}

/// A breaker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BreakerStatus {
    /// Name.
    pub name: String,
    /// The circuit that it protects.
    pub circuit: Option<String>,
    /// Age of the last reading in milliseconds.
    pub age_ms: Option<u64>,
    /// Its position; `None`: unknown.
    pub state: Option<BreakerState>,
    /// Current per phase.
    pub currents: Vec<Option<f64>>,
    /// Fault signal.
    pub fault_signal: bool,
    /// Overload warning.
    pub overload: bool,
    /// What went wrong last, if it still does.
    pub fault: Option<String>,
}

/// A load that may be cut for a while.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoadStatus {
    /// Name.
    pub name: String,
    /// The circuit that it draws on.
    pub circuit: String,
    /// The breaker that cuts it.
    pub breaker: String,
    /// Where it stands: `on`, `cut`, `returning` (as soon as the chargers have made room), `off` (by somebody else).
    pub state: LoadState,
    /// Since when it has been cut, milliseconds since the Unix epoch; `None`: it is not.
    pub cut_since: Option<u64>,
}

/// A cabinet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CabinetStatus {
    /// Name.
    pub name: String,
    /// Age of the last reading in milliseconds.
    pub age_ms: Option<u64>,
    /// Temperature in °C.
    pub temperature: Option<f64>,
    /// Smoke or gas found.
    pub smoke: Option<bool>,
    /// What went wrong last, if it still does.
    pub fault: Option<String>,
}

/// A solar input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SolarStatus {
    /// Name.
    pub name: String,
    /// Age of the last reading in milliseconds.
    pub age_ms: Option<u64>,
    /// Current per phase.
    pub current: Option<f64>,
    /// What went wrong last, if it still does.
    pub fault: Option<String>,
}

/// An ESP node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndpointStatus {
    /// Name.
    pub name: String,
    /// Age of the last reading in milliseconds.
    pub age_ms: Option<u64>,
    /// Its currents.
    pub currents: Vec<f64>,
    /// Is its own link up?
    pub connected: bool,
    /// What went wrong last, if it still does.
    pub fault: Option<String>,
}

/// How bad an alarm is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Warning,
    /// Somebody must act.
    Critical,
}

/// Something that needs attention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Alarm {
    /// How bad.
    pub severity: Severity,
    /// Circuit or device that it is about.
    pub subject: String,
    /// A stable word for scripts, for example `device-silent`, `over-limit`, `breaker-tripped`, `smoke`.
    pub code: String,
    /// In words.
    pub text: String,
}
