//! The entries of a site file as far as they can be used: one that has a mistake of form is missing, the others keep their positions.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::failover::FailoverEntry;
use super::file::{
    ApiEntry, BreakerEntry, CabinetEntry, ChargerEntry, CircuitEntry, ControlEntry, EndpointEntry, GridEntry,
    JournalEntry, LoadEntry, MeterEntry, SolarEntry,
};
use super::policy::PolicyEntry;

/// The lists of a site file, by key.
pub(super) const LISTS: [(&str, &str); 8] = [
    ("circuits", "circuit"),
    ("meters", "meter"),
    ("chargers", "charger"),
    ("breakers", "breaker"),
    ("loads", "load"),
    ("cabinets", "cabinet"),
    ("solar", "solar input"),
    ("endpoints", "endpoint"),
];

/// What a site file says.
#[derive(Debug)]
pub(super) struct Entries {
    pub(super) name: String,
    pub(super) grid: GridEntry,
    pub(super) circuits: Vec<Option<CircuitEntry>>,
    pub(super) meters: Vec<Option<MeterEntry>>,
    pub(super) chargers: Vec<Option<ChargerEntry>>,
    pub(super) breakers: Vec<Option<BreakerEntry>>,
    pub(super) loads: Vec<Option<LoadEntry>>,
    pub(super) cabinets: Vec<Option<CabinetEntry>>,
    pub(super) solar: Vec<Option<SolarEntry>>,
    pub(super) endpoints: Vec<Option<EndpointEntry>>,
    pub(super) control: ControlEntry,
    pub(super) policy: PolicyEntry,
    pub(super) api: ApiEntry,
    pub(super) journal: JournalEntry,
    pub(super) failover: Option<FailoverEntry>,
}

impl Entries {
    /// Takes what can be used out of the JSON of a file.
    pub(super) fn new(json: &Value) -> Entries {
        Entries {
            name: json.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            grid: section(json, "grid"),
            circuits: list(json, "circuits"),
            meters: list(json, "meters"),
            chargers: list(json, "chargers"),
            breakers: list(json, "breakers"),
            loads: list(json, "loads"),
            cabinets: list(json, "cabinets"),
            solar: list(json, "solar"),
            endpoints: list(json, "endpoints"),
            control: section(json, "control"),
            policy: section(json, "policy"),
            api: section(json, "api"),
            journal: section(json, "journal"),
            failover: section(json, "failover"),
        }
    }
}

fn section<T: DeserializeOwned + Default>(json: &Value, key: &str) -> T {
    json.get(key).and_then(|section| T::deserialize(section).ok()).unwrap_or_default()
}

fn list<T: DeserializeOwned>(json: &Value, key: &str) -> Vec<Option<T>> {
    let entries = json.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    entries.iter().map(|entry| T::deserialize(entry).ok()).collect()
}
