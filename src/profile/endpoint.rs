//! How a device that is read over HTTP serves its points.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Access;
use crate::site::Period;

/// How an HTTP endpoint is read: metric names of REFERENCE A4, and the legacy JSON of A3.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndpointSettings {
    /// Path of the metrics page, behind the path of the device's address.
    pub metrics_path: String,
    /// Path of the legacy JSON. A charger is read there with GET; its limit is set with POST of an object that has only the limit's
    /// field, and the answer is the whole object again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json_path: Option<String>,
    /// Path that takes commands for a breaker: POST of an object that has only the field of its switch; the answer has it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breaker_path: Option<String>,
    /// How long a reply may take.
    pub timeout: Period,
    /// Point → metric.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, MetricPoint>,
    /// Point → field of the legacy JSON.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub json: BTreeMap<String, JsonPoint>,
}

/// A metric that holds a point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetricPoint {
    /// Name of the metric.
    pub name: String,
    /// Labels that must match; others may be there. `$name` stands for the device's name in the site file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Unit: A, °C; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
}

/// A field of the legacy JSON that holds a point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JsonPoint {
    /// Name of the field.
    pub field: String,
    /// May it be written?
    #[serde(default)]
    pub access: Access,
    /// Unit: A; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
}
