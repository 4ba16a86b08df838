//! A scenario as it is written: the keys, their types and defaults. The JSON Schema is made from these types.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::site::{Period, PhaseAmps, Rule, SiteApiVersion, SiteFile};

/// The whole scenario file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "enmon scenario")]
pub struct ScenarioFile {
    /// Version of the file format.
    pub api_version: SiteApiVersion,
    /// What the file describes.
    pub kind: ScenarioKind,
    /// Name of the scenario.
    #[schemars(regex(pattern = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"))]
    pub name: String,
    /// What happens and what must hold, in one line.
    #[schemars(length(min = 1, max = 200))]
    pub title: String,
    /// The rule of the controller without which the scenario fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guards: Option<Rule>,
    /// The site, as a site file has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteFile>,
    /// In place of `site`: path of a site file, relative to the folder of this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_file: Option<String>,
    /// How long it goes on; at most a day.
    pub duration: Period,
    /// How much faster than time batteries fill up and cabinets warm: with 60, an hour of charging takes a minute.
    #[serde(default = "one")]
    #[schemars(range(min = 0.1, max = 3600))]
    pub speed: f64,
    /// What is so when it begins.
    #[serde(default)]
    pub start: MomentEntry,
    /// What changes on the way.
    #[serde(default)]
    pub steps: Vec<StepEntry>,
    /// What must hold.
    pub expect: ExpectEntry,
}

fn one() -> f64 {
    1.0
}

/// Kind of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ScenarioKind {
    /// A scenario.
    Scenario,
}

/// A change at a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepEntry {
    /// When, counted from the beginning.
    pub at: Period,
    /// What changes.
    #[serde(flatten)]
    pub moment: MomentEntry,
}

/// What is so from a moment on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct MomentEntry {
    /// What else than chargers draws on circuits, in amperes per phase, by name of the circuit; sub-circuits not counted.
    pub base: BTreeMap<String, PhaseAmps>,
    /// What solar inputs give, in amperes per phase, by name.
    pub sun: BTreeMap<String, f64>,
    /// Cars that are plugged in, by name of the charger.
    pub plug: BTreeMap<String, CarEntry>,
    /// Chargers whose cars are unplugged.
    pub unplug: Vec<String>,
    /// Devices that begin to misbehave.
    pub faults: Vec<FaultEntry>,
    /// Devices that behave again.
    pub heal: Vec<String>,
    /// Stations that report a fault (`true`) or are well again (`false`), by name of the charger.
    pub stations: BTreeMap<String, StationEntry>,
    /// Breakers that are put into a position, by name of the breaker or of the circuit.
    pub breakers: BTreeMap<String, BreakerMove>,
    /// The air in cabinets, by name.
    pub cabinets: BTreeMap<String, AirEntry>,
    /// Orders of a person, by name of the charger.
    pub orders: BTreeMap<String, OrderEntry>,
    /// Chargers whose orders end.
    pub end_orders: Vec<String>,
    /// What becomes of the controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controller: Option<ControllerMove>,
    /// A jump of the machine's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockEntry>,
    /// Price of energy from here on, per kWh; it only counts in the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -100, max = 100))]
    pub price: Option<f64>,
}

/// A car.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CarEntry {
    /// Energy that it wants, in kWh.
    #[schemars(range(min = 0, max = 1000))]
    pub energy: f64,
    /// The most that it takes per phase, in amperes.
    #[serde(default = "sixteen")]
    #[schemars(range(min = 0, max = 1000))]
    pub max: f64,
    /// On how many phases it charges.
    #[serde(default = "three")]
    #[schemars(range(min = 1, max = 3))]
    pub phases: u8,
    /// How long it stays; none: until the end, or until it is unplugged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stay: Option<Period>,
    /// How long it takes until it begins to follow a new offer; at most 5s (IEC 61851-1).
    #[serde(default = "second")]
    pub delay: Period,
    /// How fast its current changes then, in amperes per second.
    #[serde(default = "eight")]
    #[schemars(range(min = 0.1, max = 1000))]
    pub ramp: f64,
    /// Share of the offer that it draws.
    #[serde(default = "one")]
    #[schemars(range(min = 0, max = 1))]
    pub share: f64,
    /// Share of its energy from which it draws less and less; 1: never.
    #[serde(default = "one")]
    #[schemars(range(min = 0, max = 1))]
    pub taper_from: f64,
}

fn sixteen() -> f64 {
    16.0
}

fn three() -> u8 {
    3
}

fn eight() -> f64 {
    8.0
}

fn second() -> Period {
    Period::from_secs(1)
}

/// Devices that misbehave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FaultEntry {
    /// Names of the devices.
    #[schemars(length(min = 1))]
    pub devices: Vec<String>,
    /// What is wrong with them.
    pub fault: FaultKind,
    /// How long it lasts; none: until they heal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Period>,
    /// For `slow` and `late`: by how much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Period>,
    /// For `offset`: what a meter shows too much, in amperes per phase; negative: too little.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -100_000, max = 100_000))]
    pub amps: Option<f64>,
}

/// What is wrong with a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// Hears nothing, and does not answer.
    Silent,
    /// Its network is cut: nothing reaches it, nothing comes back.
    Cut,
    /// Does what it is told, and its answers are lost.
    LostAnswers,
    /// Does what it is asked after the time `by`, and answers then.
    Slow,
    /// Does what it is asked at once, and answers after the time `by`.
    Late,
    /// Shows what was so when this began.
    Frozen,
    /// Acknowledges limits and does not follow them; shows what it really offers.
    IgnoresLimits,
    /// Acknowledges limits, does not follow them, and shows that it had.
    Lying,
    /// Refuses everything.
    Refuses,
    /// A meter that shows `amps` too much or too little.
    Offset,
    /// Was off for a moment: a station that has forgotten its limit.
    Restarted,
}

/// How a station is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StationEntry {
    /// It reports a fault, and offers nothing.
    Fault,
    /// It is well.
    Well,
}

/// What becomes of a breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BreakerMove {
    /// It is opened by hand.
    Open,
    /// It is closed.
    Close,
    /// It opens by itself.
    Trip,
}

/// The air in a cabinet.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AirEntry {
    /// Its temperature, in °C.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -40, max = 150))]
    pub temperature: Option<f64>,
    /// Is there smoke?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smoke: Option<bool>,
}

/// An order of a person.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderEntry {
    /// The most that the charger may offer, in amperes; 0 pauses it.
    #[schemars(range(min = 0, max = 1000))]
    pub limit: f64,
    /// How long it holds; none: until it is ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Period>,
}

/// What becomes of the controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ControllerMove {
    /// It is killed.
    Killed,
    /// It is stopped in order.
    Stopped,
    /// It is started, with what its journal remembers.
    Started,
}

/// A jump of the machine's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClockEntry {
    /// So much ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ahead: Option<Period>,
    /// So much back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<Period>,
}

/// What must hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ExpectEntry {
    /// May breakers trip? `hold`: none may.
    pub breakers: BreakerExpectation,
    /// Circuits that must not be above their limits for long.
    pub circuits: Vec<CircuitExpectation>,
    /// Chargers whose cars must all be full when they leave; `all`: every charger.
    pub full: Vec<String>,
    /// Energy that cars must get at chargers, in kWh, by name of the charger.
    pub energy: BTreeMap<String, f64>,
    /// Alarms that must come.
    pub alarms: Vec<AlarmExpectation>,
    /// Codes of alarms that must not come; `any`: none at all.
    pub no_alarms: Vec<String>,
    /// What chargers must offer.
    pub offers: Vec<OfferExpectation>,
    /// How often the offer of a charger may change, by name; `all`: of each.
    pub changes: BTreeMap<String, u32>,
    /// How often a charger may begin to offer current, by name; `all`: each.
    pub starts: BTreeMap<String, u32>,
    /// How much energy may come from the grid.
    pub imports: Vec<ImportExpectation>,
}

/// May breakers trip?
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BreakerExpectation {
    /// None may.
    #[default]
    Hold,
    /// They may.
    MayTrip,
}

/// A circuit that must not be above its limit for long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CircuitExpectation {
    /// Name of the circuit; `all`: each.
    pub circuit: String,
    /// What is held against the limit.
    #[serde(default)]
    pub measure: Measure,
    /// How long it may be above the limit without a break.
    #[serde(default)]
    pub longest: Period,
}

/// What is held against a circuit's limit; what else draws there is part of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// What cars draw.
    #[default]
    Drawn,
    /// What the cars that are there could draw of what they are offered.
    Drawable,
    /// What stations offer.
    Offered,
}

/// An alarm that must come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AlarmExpectation {
    /// Its code, for example `device-silent`.
    pub code: String,
    /// Circuit or device that it is about; none: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Not before this time, counted from the beginning.
    #[serde(default)]
    pub after: Period,
    /// Within this time from there.
    pub within: Period,
    /// When it must have cleared at the latest, counted from the beginning; none: it need not clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleared_by: Option<Period>,
}

/// What a charger must offer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OfferExpectation {
    /// Name of the charger; `all`: each.
    pub charger: String,
    /// From this time on, counted from the beginning.
    #[serde(default)]
    pub from: Period,
    /// Until this time; none: until the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Period>,
    /// No less than so many amperes all the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub at_least: Option<f64>,
    /// No more than so many amperes at any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub at_most: Option<f64>,
    /// So many amperes or more at least once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub reaches: Option<f64>,
}

/// How much energy may flow into a circuit from above.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportExpectation {
    /// Name of the circuit.
    pub circuit: String,
    /// From this time on, counted from the beginning.
    #[serde(default)]
    pub from: Period,
    /// Until this time; none: until the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Period>,
    /// No more than so many kWh, all phases together; what flows back does not count.
    #[schemars(range(min = 0, max = 100_000))]
    pub at_most: f64,
}
