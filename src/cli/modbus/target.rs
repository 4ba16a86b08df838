//! What all three commands have in common: which registers of which device, how values stand in them, and what failures mean.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::wire_log::WireLog;
use crate::error::{Error, Kind, Result};
use crate::modbus::{Client, ClientSettings, Exception, Layout, ModbusError, Value, decode};
use crate::profile::{ByteOrder, Table, ValueType, WordOrder};
use crate::site::{Address, Period};

/// Which registers of which device.
#[derive(Debug, Args)]
pub(super) struct TargetArgs {
    /// Where the device is, for example modbus+tcp://10.0.0.5:502
    #[arg(value_name = "ADDRESS")]
    address: Address,
    /// Unit id
    #[arg(long, value_name = "N", default_value_t = 1)]
    unit: u8,
    /// Table
    #[arg(value_name = "TABLE", value_parser = word_of::<Table>(&["coil", "discrete", "holding", "input"]))]
    table: Table,
    /// First register or bit, as it goes over the wire: counted from 0, decimal or 0x
    #[arg(value_name = "REGISTER", value_parser = register)]
    register: u16,
    /// Type of the values; u16 unless said otherwise, bool in bit tables
    #[arg(long = "type", value_name = "TYPE", value_parser = word_of::<ValueType>(&TYPES))]
    value_type: Option<ValueType>,
    /// Order of the registers of a value: big is high word first
    #[arg(long, value_name = "ORDER", default_value = "big", value_parser = word_of::<WordOrder>(&["big", "little"]))]
    word_order: WordOrder,
    /// Order of the bytes in a register; Modbus says big
    #[arg(long, value_name = "ORDER", default_value = "big", value_parser = word_of::<ByteOrder>(&["big", "little"]))]
    byte_order: ByteOrder,
    /// What a raw number is multiplied with: 0.001 shows mA as A
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = scale)]
    scale: f64,
    /// How long an answer may take
    #[arg(long, value_name = "TIME", default_value_t = Period::from_secs(1), value_parser = timeout)]
    timeout: Period,
    /// Show the bytes on the wire in both directions, and what they mean
    #[arg(long)]
    raw: bool,
}

const TYPES: [&str; 12] =
    ["bool", "u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "string", "bits", "bcd"];

/// Takes one of the words with which profiles name the same thing.
fn word_of<T: DeserializeOwned + Clone + Send + Sync + 'static>(
    words: &'static [&'static str],
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(words).try_map(|word| serde_json::from_value::<T>(word.into()))
}

fn register(text: &str) -> Result<u16, String> {
    let parsed = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u16::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| "registers are 0 to 65535, or 0x0 to 0xFFFF".into())
}

fn scale(text: &str) -> Result<f64, String> {
    let scale = text.parse().ok().filter(|scale: &f64| scale.is_finite() && *scale != 0.0);
    scale.ok_or_else(|| "a factor is a number other than 0".into())
}

fn timeout(text: &str) -> Result<Period, String> {
    let period: Period = text.parse().map_err(|error: crate::site::PeriodError| error.to_string())?;
    if period == Period::default() { Err("no device answers in no time".into()) } else { Ok(period) }
}

/// A device that is about to be asked.
pub(super) struct Target {
    pub(super) client: Client,
    pub(super) wire: WireLog,
    pub(super) place: TargetPlace,
    pub(super) layout: Layout,
}

/// Where the registers are; part of each report.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TargetPlace {
    pub(super) address: Address,
    pub(super) unit: u8,
    pub(super) table: Table,
    /// First register or bit, counted from 0.
    pub(super) register: u16,
    #[serde(rename = "type")]
    pub(super) value_type: ValueType,
}

impl TargetArgs {
    pub(super) fn open(self) -> Result<Target> {
        let bits = matches!(self.table, Table::Coil | Table::Discrete);
        let value_type = match self.value_type {
            None if bits => ValueType::Bool,
            None => ValueType::U16,
            Some(ValueType::Bool) if bits => ValueType::Bool,
            Some(_) if bits => return Err(usage("coils and discrete inputs hold bits: leave --type out")),
            Some(ValueType::Bool) => {
                return Err(usage("a register holds no bool: take --type bits, or the table coil"));
            }
            Some(value_type) => value_type,
        };
        let settings = ClientSettings {
            timeout: self.timeout.0,
            connect_timeout: self.timeout.0.max(Period::from_secs(1).0),
            ..ClientSettings::default()
        };
        let mut client = Client::new(self.address.clone(), settings);
        let wire = WireLog::attach(self.raw, &mut client);
        let (word_order, byte_order, scale) = (self.word_order, self.byte_order, self.scale);
        Ok(Target {
            client,
            wire,
            place: TargetPlace {
                address: self.address,
                unit: self.unit,
                table: self.table,
                register: self.register,
                value_type,
            },
            layout: Layout { word_order, byte_order, scale, ..Layout::plain(value_type) },
        })
    }
}

impl Target {
    /// Returns how many registers to read: `count`, or those of one value.
    pub(super) fn registers(&self, count: Option<u16>) -> Result<u16> {
        let each = self.layout.value_type.registers();
        match count {
            None => Ok(each),
            Some(0) => Err(usage("--count is at least 1")),
            Some(count) if !count.is_multiple_of(each) => {
                let name = TYPES[self.layout.value_type as usize];
                let fitting = (count / each + 1).saturating_mul(each);
                Err(usage(format!(
                    "--count {count} holds no whole number of {name}, which take {each} registers each"
                ))
                .hint(format!(
                    "--count counts registers, not values: {fitting} registers hold {} values",
                    fitting / each
                )))
            }
            Some(count) => Ok(count),
        }
    }

    /// Reads registers and says what stands in them.
    pub(super) async fn read(&mut self, count: u16) -> Result<Vec<RegisterValue>, ModbusError> {
        let TargetPlace { unit, table, register, value_type, .. } = self.place;
        let words = self.client.read_values(unit, table, register, count, value_type.registers()).await?;
        self.values(&words)
    }

    /// Says what words mean that start at the first register.
    pub(super) fn values(&self, words: &[u16]) -> Result<Vec<RegisterValue>, ModbusError> {
        let place = &self.place;
        let each = match place.value_type {
            ValueType::String => words.len(),
            value_type => usize::from(value_type.registers()),
        };
        let values = words.chunks(each.max(1)).enumerate().map(|(at, words)| {
            let register = place.register.wrapping_add((at * each) as u16);
            let mut values = decode(words, &self.layout).map_err(|error| ModbusError::Invalid {
                what: format!("{} unit {} register {register:#06X}: {error}", place.address, place.unit),
            })?;
            let value = values.pop().unwrap_or(Value::Absent);
            Ok(RegisterValue { register, raw: words.to_vec(), value })
        });
        values.collect()
    }
}

/// A value and the registers that it stands in.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RegisterValue {
    /// First register, counted from 0.
    pub(super) register: u16,
    /// The registers as they came; for bits 0 or 1.
    pub(super) raw: Vec<u16>,
    #[serde(serialize_with = "serialize_value")]
    pub(super) value: Value,
}

/// Writes a value as a number, a text, or null when the device has none.
fn serialize_value<S: serde::Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    json_of(value).serialize(serializer)
}

pub(super) fn json_of(value: &Value) -> serde_json::Value {
    match value {
        Value::Integer(integer) => match (u64::try_from(*integer), i64::try_from(*integer)) {
            (Ok(unsigned), _) => unsigned.into(),
            (_, Ok(signed)) => signed.into(),
            _ => integer.to_string().into(),
        },
        Value::Number(number) => (*number).into(),
        Value::Text(text) => text.as_str().into(),
        Value::Absent => serde_json::Value::Null,
    }
}

/// Writes words as they are in the registers, in hexadecimal.
pub(super) fn hex_words(words: &[u16]) -> String {
    words.iter().map(|word| format!("{word:04X}")).collect::<Vec<_>>().join(" ")
}

pub(super) fn usage(message: impl Into<String>) -> Error {
    Error::new(Kind::Usage, message)
}

/// Turns what went wrong into what a person can do about it.
pub(super) fn failure(error: &ModbusError) -> Error {
    let kind = match error {
        ModbusError::Exception { .. } => Kind::Refused,
        ModbusError::Invalid { .. } => Kind::Usage,
        _ => Kind::Unreachable,
    };
    let message = error.to_string();
    let failure = match std::error::Error::source(error) {
        Some(source) => Error::from_source(kind, message, source),
        None => Error::new(kind, message),
    };
    match hint(error) {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn hint(error: &ModbusError) -> Option<&'static str> {
    Some(match error {
        ModbusError::Unreachable { .. } => "check that the device is on, and its host and port",
        ModbusError::TimedOut { .. } => {
            "check --unit (many devices take 1, some 255 or 180), or give it more time with --timeout 3s"
        }
        ModbusError::ConnectionLost { .. } => {
            "some devices take only one or two connections: end other programs that talk to it"
        }
        ModbusError::Garbage { .. } => {
            "see the bytes with --raw; maybe another protocol is spoken on this port"
        }
        ModbusError::Exception { exception: Exception::IllegalDataAddress, .. } => {
            "registers are counted from 0 here; documents that count from 1, or from 40001, are off by that"
        }
        ModbusError::Exception { exception: Exception::IllegalFunction, .. } => {
            "try another table (holding, input), or --writes single or multiple"
        }
        _ => return None,
    })
}
