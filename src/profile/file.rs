//! A profile as it is written. The JSON Schema of profiles is made from these types.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    BreakerSection, CabinetSection, ChargerSection, Condition, EndpointSettings, MeterSection, NodeSection,
    SolarSection,
};
use crate::site::{Parity, Period};

/// A device profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "enmon device profile")]
pub struct Profile {
    /// Version of the file format.
    pub api_version: ProfileApiVersion,
    /// What the file describes.
    pub kind: ProfileKind,
    /// Name by which site files refer to it.
    #[schemars(regex(pattern = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"))]
    pub name: String,
    /// Maker of the device.
    pub vendor: String,
    /// Model of the device.
    pub model: String,
    /// Where the facts come from.
    #[schemars(length(min = 1))]
    pub sources: Vec<Source>,
    /// What has not been confirmed by the vendor's own text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<String>,
    /// What tells that a device is one of this profile; all conditions must hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identify: Vec<Condition>,
    /// How Modbus is spoken to it; absent for devices that are read over HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modbus: Option<ModbusSettings>,
    /// Points that are registers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub points: BTreeMap<String, Point>,
    /// How the HTTP endpoint is read; absent for Modbus devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<EndpointSettings>,
    /// What makes it a charger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charger: Option<ChargerSection>,
    /// What makes it a meter: quantity → point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meter: Option<MeterSection>,
    /// What makes it a breaker that reports its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breaker: Option<BreakerSection>,
    /// What makes it a cabinet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cabinet: Option<CabinetSection>,
    /// What makes it a solar input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solar: Option<SolarSection>,
    /// What makes it an ESP node with current sensors (REFERENCE A1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeSection>,
}

/// Version of the profile format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ProfileApiVersion {
    /// The first version.
    #[serde(rename = "enmon/v1")]
    V1,
}

/// Kind of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ProfileKind {
    /// A device profile.
    Profile,
}

/// Where facts come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Source {
    /// Title and version of the document.
    pub document: String,
    /// Chapter, table or page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// How Modbus is spoken to a device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ModbusSettings {
    /// Unit id when the site file names none.
    pub unit: u8,
    /// Order of the registers of a value that takes several.
    pub word_order: WordOrder,
    /// Order of the two bytes in a register; Modbus says big.
    pub byte_order: ByteOrder,
    /// Pause between a reply and the next request.
    pub gap: Period,
    /// Pause after the connection is up.
    pub after_connect: Period,
    /// Pause after a broadcast on a serial line, in which all devices do what was said (MODBUS over Serial Line V1.02, 2.4.1:
    /// 100 to 200 ms).
    pub turnaround: Period,
    /// How long a reply may take.
    pub timeout: Period,
    /// Most registers in one read (specification V1.1b3, 6.3: at most 125).
    #[schemars(range(min = 1, max = 125))]
    pub max_read: u16,
    /// May one read span several points?
    pub block_reads: bool,
    /// Function codes that write single and several registers.
    pub writes: WriteFunctions,
    /// Send each request twice, because the first one only wakes the device.
    pub wake: bool,
    /// Settings of a serial line when the address names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<SerialDefaults>,
    /// Most connectors that one station has behind one unit id; points with a `stride` exist once for each.
    #[schemars(range(min = 1, max = 64))]
    pub connectors: u16,
    /// Where a SunSpec device may keep its marker `SunS`, in the order in which the places are tried (usually 40000, 0, 50000).
    /// Points with a `model` stand behind it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sunspec: Vec<u16>,
}

impl Default for ModbusSettings {
    fn default() -> Self {
        ModbusSettings {
            unit: 1,
            word_order: WordOrder::Big,
            byte_order: ByteOrder::Big,
            gap: Period::from_millis(0),
            after_connect: Period::from_millis(0),
            turnaround: Period::from_millis(100),
            timeout: Period::from_secs(1),
            max_read: 125,
            block_reads: true,
            writes: WriteFunctions::Both,
            wake: false,
            serial: None,
            connectors: 1,
            sunspec: Vec::new(),
        }
    }
}

/// Settings of a serial line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SerialDefaults {
    /// Bits per second.
    #[schemars(range(min = 50, max = 4_000_000))]
    pub baud: u32,
    /// Parity.
    pub parity: Parity,
    /// Stop bits, 1 or 2.
    #[schemars(range(min = 1, max = 2))]
    pub stop_bits: u8,
    /// Data bits, 7 or 8; without it 8 for RTU and 7 for ASCII (MODBUS over Serial Line V1.02, 2.5.1 and 2.5.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 7, max = 8))]
    pub data_bits: Option<u8>,
}

/// Order of registers in a value of several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WordOrder {
    /// High word first.
    #[default]
    Big,
    /// Low word first.
    Little,
}

/// Order of bytes in a register.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ByteOrder {
    /// High byte first, as the Modbus specification says.
    #[default]
    Big,
    /// Low byte first.
    Little,
}

/// Which writing functions the device knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WriteFunctions {
    /// 06 for one register, 16 for several.
    #[default]
    Both,
    /// Only 06, Write Single Register.
    Single,
    /// Only 16, Write Multiple Registers.
    Multiple,
}

/// The four tables of the Modbus data model (specification V1.1b3, 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Table {
    /// Single bits, read and write (functions 01, 05, 15).
    Coil,
    /// Single bits, read only (function 02).
    Discrete,
    /// Registers, read and write (functions 03, 06, 16).
    Holding,
    /// Registers, read only (function 04).
    Input,
}

/// How a value is kept in registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ValueType {
    /// One bit (coils and discrete inputs).
    Bool,
    /// Unsigned, one register.
    U16,
    /// Signed, one register.
    I16,
    /// Unsigned, two registers.
    U32,
    /// Signed, two registers.
    I32,
    /// Unsigned, four registers.
    U64,
    /// Signed, four registers.
    I64,
    /// IEEE 754 single, two registers.
    F32,
    /// IEEE 754 double, four registers.
    F64,
    /// Text, two characters a register.
    String,
    /// The bits of one register.
    Bits,
    /// Binary coded decimal, one register, four digits.
    Bcd,
}

impl ValueType {
    /// Returns how many registers one value takes; for a string, one per two characters.
    pub fn registers(self) -> u16 {
        match self {
            ValueType::Bool
            | ValueType::U16
            | ValueType::I16
            | ValueType::Bits
            | ValueType::Bcd
            | ValueType::String => 1,
            ValueType::U32 | ValueType::I32 | ValueType::F32 => 2,
            ValueType::U64 | ValueType::I64 | ValueType::F64 => 4,
        }
    }

    /// Says whether a value can be below zero.
    pub fn is_signed(self) -> bool {
        matches!(self, ValueType::I16 | ValueType::I32 | ValueType::I64 | ValueType::F32 | ValueType::F64)
    }
}

/// A point: where a value stands and what it means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Point {
    /// Table.
    pub table: Table,
    /// Zero-based protocol address of the first register or bit.
    pub address: u16,
    /// Type of each value.
    #[serde(rename = "type")]
    pub value_type: ValueType,
    /// How many values follow each other; for a string, how many registers.
    #[serde(default = "once")]
    #[schemars(range(min = 1, max = 125))]
    pub count: u16,
    /// What a raw value is multiplied with to give `unit`.
    #[serde(default = "unity")]
    pub scale: f64,
    /// Unit after scaling: A, V, W, kWh, s, °C; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// May it be written?
    #[serde(default)]
    pub access: Access,
    /// Word order when it differs from the device's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub word_order: Option<WordOrder>,
    /// Bits that count, applied to the raw integer before anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mask: Option<u64>,
    /// How far the masked integer is shifted to the right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 63))]
    pub shift: Option<u8>,
    /// Raw values (before scaling) that mean "no value": 0xFFFF, 0x8000. NaN always does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<u64>,
    /// Is it kept in memory that wears out (EEPROM)? Such a point is never written in a loop.
    #[serde(default)]
    pub wears: bool,
    /// Least and largest plausible value in `unit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plausible: Option<[f64; 2]>,
    /// How much further on the same point of the next connector stands, for stations with several behind one unit id
    /// (connector n is at `address + (n − 1) × stride`); absent: all connectors share the point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65_535))]
    pub stride: Option<u16>,
    /// The read that must be sent to get it, for devices that answer whole blocks only; the point stands within.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<Block>,
    /// SunSpec model that it belongs to, or several with the same layout, the preferred one first; `address` then counts from the
    /// model's id register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelIds>,
    /// Point with the power of ten that the value is multiplied with as well (a SunSpec scale factor).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_from: Option<String>,
    /// What it is, in a few words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
}

/// SunSpec models: one, or several that have the same layout, of which a device has one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ModelIds {
    /// This model.
    One(#[schemars(range(min = 1, max = 65_534))] u16),
    /// One of these, the preferred one first.
    Any(#[schemars(length(min = 1, max = 16), inner(range(min = 1, max = 65_534)))] Vec<u16>),
}

impl ModelIds {
    /// Returns the ids, the preferred one first.
    pub fn ids(&self) -> &[u16] {
        match self {
            ModelIds::One(id) => std::slice::from_ref(id),
            ModelIds::Any(ids) => ids,
        }
    }
}

/// Registers that are read together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Block {
    /// Zero-based address of the first register.
    pub address: u16,
    /// How many registers.
    #[schemars(range(min = 1, max = 125))]
    pub count: u16,
}

fn once() -> u16 {
    1
}

pub(super) fn unity() -> f64 {
    1.0
}

impl Point {
    /// Returns how many registers (or bits) the point takes.
    pub fn span(&self) -> u16 {
        self.count.saturating_mul(self.value_type.registers())
    }

    /// Returns the address of the point on a connector, counted from 1. `None` when there is no such register.
    pub fn address_on(&self, connector: u16) -> Option<u16> {
        let further = self.stride.unwrap_or(0).checked_mul(connector.checked_sub(1)?)?;
        self.address.checked_add(further)
    }
}

/// Whether a point is read or written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Read only.
    #[default]
    Read,
    /// Read and write.
    Write,
    /// Write only: reading gives nothing of use.
    Only,
}
