//! A profile as it is written. The JSON Schema of profiles is made from these types.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// SunSpec model that it belongs to; `address` then counts from the model's id register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<u16>,
    /// Point with the power of ten that the value is multiplied with as well (a SunSpec scale factor).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_from: Option<String>,
    /// What it is, in a few words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
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

fn unity() -> f64 {
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

/// States of the control pilot (IEC 61851-1, Annex A).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum PilotState {
    /// No car.
    A,
    /// Car connected, not ready for energy.
    B,
    /// Car connected and charging.
    C,
    /// Car connected and charging, ventilation required.
    D,
    /// Control pilot at zero volts: the station is off or shorted.
    E,
    /// Fault of the station.
    F,
}

/// What makes a device a charger. Points are named by their key under `points` (or metric under `endpoint.metrics`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChargerSection {
    /// Currents on terminals 1, 2, 3: one point with three values, or up to three points. None: the device does not measure, and
    /// counts as drawing what it is offered.
    #[serde(default)]
    #[schemars(length(max = 3))]
    pub currents: Vec<String>,
    /// Voltages on terminals 1, 2, 3.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 3))]
    pub voltages: Vec<String>,
    /// Active power in W.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power: Option<String>,
    /// Energy delivered in kWh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy: Option<String>,
    /// The terminals are counted 3, 2, 1.
    #[serde(default)]
    pub reversed: bool,
    /// Its state.
    pub state: StateSection,
    /// How its limit is set.
    pub limit: LimitSection,
    /// Point that says what is offered now, in amperes; absent where the device has none and the limit's own register is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<String>,
    /// Points and values that are written once before limits are obeyed (modes, release).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enable: Vec<Preset>,
    /// What it does when it hears nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watchdog: Option<WatchdogSection>,
}

/// How the state is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StateSection {
    /// Point that holds it.
    pub point: String,
    /// Raw value (`2` or `0xA1`), or text, → state of the control pilot. Of a text, the longest key that it begins with counts.
    pub map: BTreeMap<String, PilotState>,
    /// A second point that tells whether a car is there, for devices whose state does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugged: Option<PluggedSection>,
}

/// A point that tells whether a car is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PluggedSection {
    /// Point that holds it.
    pub point: String,
    /// Bits that are all set when a car is there.
    pub mask: u64,
}

/// How the limit is set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LimitSection {
    /// Point that takes amperes.
    pub point: String,
    /// Step in which it can be set, in amperes.
    #[serde(default = "unity")]
    #[schemars(range(min = 0.001, max = 10))]
    pub resolution: f64,
    /// Writes that pause the charger, when 0 A in the limit point does not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pause: Vec<Preset>,
    /// Writes that end the pause, before the limit is written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resume: Vec<Preset>,
}

/// A value for a point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Preset {
    /// The point.
    pub point: String,
    /// The value, in the point's unit.
    pub value: f64,
}

/// What a charger does when it hears nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WatchdogSection {
    /// Time-out when nothing else is set.
    pub default: Period,
    /// Point that takes the time-out, in its own unit (s or ms).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    /// Point from which the time-out is read back, when it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_read: Option<String>,
    /// Point that takes the fail-safe current, in amperes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failsafe: Option<String>,
    /// What feeds it.
    pub feed: Feed,
}

/// What feeds a watchdog.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Feed {
    /// Any request.
    Request,
    /// Writing the limit again.
    Limit,
    /// Writing a value to a point every so often.
    LifeBit {
        /// The point.
        point: String,
        /// The value.
        value: f64,
        /// How often at least.
        every: Period,
    },
}

/// What makes a device a meter: the points of its quantities, in amperes, volts, watts and kilowatt-hours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MeterSection {
    /// Currents on terminals 1, 2, 3: one point with three values, or up to three points.
    #[schemars(length(min = 1, max = 3))]
    pub currents: Vec<String>,
    /// Voltages on terminals 1, 2, 3.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub voltages: Vec<String>,
    /// Active powers on terminals 1, 2, 3; the sign is positive for import.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub powers: Vec<String>,
    /// Total active power.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power: Option<String>,
    /// Energy imported, kWh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy_import: Option<String>,
    /// Energy exported, kWh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy_export: Option<String>,
}

/// Position of a breaker (REFERENCE A2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BreakerPosition {
    /// Closed.
    On,
    /// Opened by hand or command.
    Off,
    /// Opened by itself.
    Tripped,
}

/// What makes a device a breaker that reports its state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BreakerSection {
    /// Point that holds its position.
    pub state: String,
    /// Raw value, or text, → position.
    pub map: BTreeMap<String, BreakerPosition>,
    /// Currents per phase: one point with three values, or up to three points.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 3))]
    pub currents: Vec<String>,
    /// Fault signal: anything but 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Overload warning: anything but 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overload: Option<String>,
}

/// What makes a device a cabinet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CabinetSection {
    /// Temperature in °C.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<String>,
    /// Smoke or gas found: anything but 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smoke: Option<String>,
}

/// What makes a device a solar input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SolarSection {
    /// Current per phase in A.
    pub current: String,
}

/// What makes a device an ESP node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeSection {
    /// Points of its current sensors, first channel first; a node serves as many as it has.
    #[schemars(length(min = 1))]
    pub currents: Vec<String>,
    /// State of its own link: anything but 0 is up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
}

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
