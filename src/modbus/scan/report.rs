//! What a scan has found.

use serde::Serialize;

use super::guess::Guess;
use crate::profile::Table;

/// What a scan has found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScanFindings {
    /// How many questions were answered, or left unanswered for good.
    pub requests: usize,
    /// Does the device answer for unit ids that nobody has? Then units that answer no differently are not listed.
    pub answers_for_every_unit: bool,
    /// The units, by id.
    pub units: Vec<FoundUnit>,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// A unit that answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundUnit {
    /// Unit id.
    pub unit: u8,
    /// How it showed that it is there.
    pub answered: String,
    /// What it says of itself: maker, model, version, serial number.
    pub identification: Vec<String>,
    /// Its SunSpec models, when it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sunspec: Option<FoundSunSpec>,
    /// Profiles that fit, the best first.
    pub guesses: Vec<Guess>,
    /// Registers that answer, when they were looked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub registers: Vec<FoundRegisters>,
}

/// A chain of SunSpec models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundSunSpec {
    /// Address of the marker.
    pub base: u16,
    /// The models.
    pub models: Vec<FoundModel>,
    /// Why the chain was not walked to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
}

/// A SunSpec model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundModel {
    /// Id.
    pub id: u16,
    /// Address of the register that holds the id.
    pub address: u16,
    /// Registers behind id and length.
    pub length: u16,
}

/// What a search in a table has found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundRegisters {
    /// Table.
    pub table: Table,
    /// First address that was looked at.
    pub first: u16,
    /// Last address that was looked at.
    pub last: u16,
    /// Does the device know the function that reads the table?
    pub supported: bool,
    /// Most registers that it takes in one read; absent when it refused none that was only long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_read: Option<u16>,
    /// Registers that follow each other and answer.
    pub ranges: Vec<FoundRun>,
}

/// Registers that follow each other and answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundRun {
    /// First address.
    pub address: u16,
    /// How many.
    pub count: usize,
    /// What stood there; bits as 0 and 1.
    pub words: Vec<u16>,
}
