//! The site with its names resolved: what every other room works on.
//!
//! Devices and circuits keep the order of the file; ids are positions in the vectors.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use super::{Address, Amps, BreakerCurve, PerPhase, Period, Phase, PolicySettings, Rules, Volts};

macro_rules! id {
    ($name:ident, $of:literal) => {
        #[doc = concat!("Position of a ", $of, " in [`Site`].")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub struct $name(pub usize);
    };
}

id!(CircuitId, "circuit");
id!(MeterId, "meter");
id!(ChargerId, "charger");

/// A valid site.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Name of the site.
    pub name: String,
    /// The grid connection.
    pub grid: Grid,
    /// The circuits, in the order of the file.
    pub circuits: Vec<Circuit>,
    /// The circuits, every parent before its children.
    pub parents_first: Vec<CircuitId>,
    /// The meters.
    pub meters: Vec<Meter>,
    /// The chargers.
    pub chargers: Vec<Charger>,
    /// The breakers.
    pub breakers: Vec<Breaker>,
    /// The loads that may be cut.
    pub loads: Vec<Load>,
    /// The cabinets.
    pub cabinets: Vec<Cabinet>,
    /// The solar inputs.
    pub solar: Vec<Solar>,
    /// The ESP nodes.
    pub endpoints: Vec<Endpoint>,
    /// The control loop's settings.
    pub control: ControlSettings,
    /// Who gets more than others when current is scarce.
    pub policy: PolicySettings,
    /// The control server's settings.
    pub api: ApiSettings,
    /// The journal's settings.
    pub journal: JournalSettings,
}

/// The grid connection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// Voltage between a phase and neutral.
    pub voltage: Volts,
    /// Number of phases, 1 or 3.
    pub phases: u8,
}

impl Grid {
    /// Returns the phases that the connection has.
    pub fn phases(&self) -> &'static [Phase] {
        if self.phases == 1 { &Phase::ALL[..1] } else { &Phase::ALL }
    }
}

/// A circuit.
#[derive(Debug, Clone, PartialEq)]
pub struct Circuit {
    /// Name.
    pub name: String,
    /// The circuit that feeds it.
    pub parent: Option<CircuitId>,
    /// Limit per phase.
    pub limit: PerPhase<Amps>,
    /// The breaker that protects it.
    pub breaker: Option<BreakerRating>,
    /// The meter that measures all of it.
    pub meter: Option<MeterId>,
    /// What else than chargers draws here at the worst, sub-circuits not counted; `None` when the file does not say (taken as 0).
    pub base_load: Option<PerPhase<Amps>>,
}

/// Rating of a breaker.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BreakerRating {
    /// Rated current In.
    pub rating: Amps,
    /// Magnetic curve.
    pub curve: BreakerCurve,
}

/// Where a device is and what it is.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceLink {
    /// Name of its profile.
    pub profile: String,
    /// Where it is reached.
    pub address: Address,
    /// Modbus unit id (the profile's default is filled in); 0 for devices that are not Modbus.
    pub unit: u8,
    /// Connector of a station that has several behind one unit id, counted from 1.
    pub connector: u16,
    /// How long a request may take; `None`: the profile's.
    pub timeout: Option<Period>,
    /// PEM file with what is trusted over TLS, resolved against the site file's folder.
    pub ca: Option<PathBuf>,
    /// PEM files with our own certificate chain and its key, for devices that want to know who asks; resolved against the site file's
    /// folder.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// File with the device's token, resolved against the site file's folder.
    pub token_file: Option<PathBuf>,
}

/// A meter.
#[derive(Debug, Clone, PartialEq)]
pub struct Meter {
    /// Name.
    pub name: String,
    /// Site phase on terminals 1, 2, 3.
    pub phases: Vec<Phase>,
    /// Where it is.
    pub device: DeviceLink,
}

/// A charger.
#[derive(Debug, Clone, PartialEq)]
pub struct Charger {
    /// Name.
    pub name: String,
    /// The circuit that feeds it.
    pub circuit: CircuitId,
    /// Site phase on terminals 1, 2, 3; one entry: single-phase. No phase occurs twice.
    pub phases: Vec<Phase>,
    /// The least it can offer, at least 6 A.
    pub min: Amps,
    /// The most it may offer.
    pub max: Amps,
    /// What it offers when it hears nothing: 0, or at least `min`.
    pub failsafe: Amps,
    /// Weight in the sharing, above 0.
    pub priority: f64,
    /// Step in which its limit can be set, from the profile or the file, whichever is coarser; above 0.
    pub resolution: Amps,
    /// May it be switched between one phase and three?
    pub switches_phases: bool,
    /// How long cars at it take to follow a lower limit, where that was measured.
    pub reaction: Option<Period>,
    /// How long it may hear nothing before it falls back by itself; `None` when it never does.
    pub watchdog: Option<Period>,
    /// Where it is.
    pub device: DeviceLink,
}

/// A breaker that reports its state.
#[derive(Debug, Clone, PartialEq)]
pub struct Breaker {
    /// Name.
    pub name: String,
    /// The circuit that it protects.
    pub circuit: Option<CircuitId>,
    /// May it be opened and closed from afar?
    pub remote: bool,
    /// It is opened when a charger behind it has not obeyed for so long after that was found, and no room can be made; `None`: never.
    pub opens_after: Option<Period>,
    /// Where it is.
    pub device: DeviceLink,
}

/// A load that may be cut for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct Load {
    /// Name.
    pub name: String,
    /// The circuit that it draws on.
    pub circuit: CircuitId,
    /// Position of the remote breaker that cuts it.
    pub breaker: usize,
    /// What it draws at the most.
    pub current: PerPhase<Amps>,
    /// The lowest is cut first.
    pub priority: f64,
    /// Once on, it is left on for so long at least.
    pub min_on: Period,
    /// Once cut, it is left off for so long at least.
    pub min_off: Period,
}

/// A cabinet.
#[derive(Debug, Clone, PartialEq)]
pub struct Cabinet {
    /// Name.
    pub name: String,
    /// Temperature above which an alarm is raised, in °C.
    pub max_temperature: Option<f64>,
    /// Where it is.
    pub device: DeviceLink,
}

/// A solar input.
#[derive(Debug, Clone, PartialEq)]
pub struct Solar {
    /// Name.
    pub name: String,
    /// The circuit that it feeds.
    pub circuit: Option<CircuitId>,
    /// The most it can give per phase.
    pub peak: Option<Amps>,
    /// Where it is.
    pub device: DeviceLink,
}

/// An ESP node.
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    /// Name.
    pub name: String,
    /// Free labels.
    pub labels: BTreeMap<String, String>,
    /// Where it is.
    pub device: DeviceLink,
}

/// The control loop's settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ControlSettings {
    /// Time between two decisions.
    pub interval: Period,
    /// Age from which a value is unknown.
    pub stale_after: Period,
    /// How long more current must be there before a charger is raised.
    pub raise_after: Period,
    /// How long a car has to follow.
    pub follow_time: Period,
    /// How long a turn lasts while others wait.
    pub turn: Period,
    /// Kept free on every circuit and phase.
    pub reserve: Amps,
    /// The rules that are in force: all of them; no file says otherwise.
    pub rules: Rules,
}

/// The control server's settings.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiSettings {
    /// Where it listens.
    pub listen: std::net::SocketAddr,
    /// Certificate chain and key, resolved against the site file's folder.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// The token's file, resolved against the site file's folder.
    pub token_file: Option<PathBuf>,
}

/// The journal's settings.
#[derive(Debug, Clone, PartialEq)]
pub struct JournalSettings {
    /// Path of the SQLite file, resolved against the site file's folder; `None`: the default under the state folder.
    pub path: Option<PathBuf>,
    /// How long entries are kept.
    pub keep: Period,
}

impl Site {
    /// Returns the circuits from this one up to the grid connection, itself first.
    pub fn ancestry(&self, circuit: CircuitId) -> impl Iterator<Item = CircuitId> + '_ {
        std::iter::successors(Some(circuit), |&at| self.circuits[at.0].parent)
    }

    /// Returns how many devices it has.
    pub fn device_count(&self) -> usize {
        self.meters.len()
            + self.chargers.len()
            + self.breakers.len()
            + self.cabinets.len()
            + self.solar.len()
            + self.endpoints.len()
    }

    /// Returns the charger of that name.
    pub fn charger_named(&self, name: &str) -> Option<ChargerId> {
        self.chargers.iter().position(|charger| charger.name == name).map(ChargerId)
    }
}
