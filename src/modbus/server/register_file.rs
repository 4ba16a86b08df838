//! Registers written down in a file: reads and checks it, and lays the values out. What may be written to them is kept in memory only.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::memory::Memory;
use super::wear::WearingRange;
use crate::document::{Draft, Finding, Format, Severity, Source, Step};
use crate::modbus::value::{Layout, Value, encode};
use crate::profile::{Access, ByteOrder, Table, ValueType, WordOrder};
use crate::site::WORDINGS;

/// A file of registers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "enmon registers")]
struct RegisterFile {
    /// Version of the file format.
    api_version: RegistersApiVersion,
    /// What the file describes.
    kind: RegistersKind,
    /// The units by their ids.
    units: BTreeMap<String, UnitEntry>,
}

/// Version of the file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
enum RegistersApiVersion {
    /// The first version.
    #[serde(rename = "enmon/v1")]
    V1,
}

/// Kind of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
enum RegistersKind {
    /// Registers.
    Registers,
}

/// The tables of a unit: address → what stands there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct UnitEntry {
    coil: BTreeMap<String, Cell>,
    discrete: BTreeMap<String, Cell>,
    holding: BTreeMap<String, Cell>,
    input: BTreeMap<String, Cell>,
}

/// What stands at an address: a value, values, or values with a type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Cell {
    /// Values that say more of themselves.
    Typed(TypedCell),
    /// Several registers or bits.
    Several(Vec<Datum>),
    /// One register or bit.
    One(Datum),
}

/// Values with a type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TypedCell {
    /// Type of each value; u16 in register tables and bool in bit tables unless said otherwise.
    #[serde(rename = "type", default)]
    value_type: Option<ValueType>,
    /// The values, one behind the other.
    #[schemars(length(min = 1))]
    values: Vec<Datum>,
    /// Order of the registers of a value.
    #[serde(default)]
    word_order: WordOrder,
    /// Order of the bytes in a register.
    #[serde(default)]
    byte_order: ByteOrder,
    /// What a raw number is multiplied with to give the value.
    #[serde(default)]
    scale: Option<f64>,
    /// May it be written?
    #[serde(default = "writable")]
    access: Access,
    /// Is it in memory that wears out? Its writes are counted.
    #[serde(default)]
    wears: bool,
    /// What it is called.
    #[serde(default)]
    name: Option<String>,
}

fn writable() -> Access {
    Access::Write
}

/// A value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Datum {
    /// A bit.
    Flag(bool),
    /// An integer.
    Integer(i64),
    /// A large integer.
    Large(u64),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

impl Datum {
    fn value(&self) -> Value {
        match self {
            Datum::Flag(flag) => Value::Integer(i128::from(*flag)),
            Datum::Integer(integer) => Value::Integer(i128::from(*integer)),
            Datum::Large(integer) => Value::Integer(i128::from(*integer)),
            Datum::Number(number) => Value::Number(*number),
            Datum::Text(text) => Value::Text(text.clone()),
        }
    }
}

/// Registers from a file.
#[derive(Debug)]
pub struct FileRegisters {
    /// What stands in them.
    pub memory: Memory,
    /// Those that wear out.
    pub wearing: Vec<WearingRange>,
}

static FORMAT: LazyLock<Format<RegisterFile>> = LazyLock::new(|| Format::new(WORDINGS));

/// Reads a file of registers. `file` is what findings call it.
///
/// # Errors
/// All findings by place, when one of them is an error.
pub fn read_register_file(file: &str, text: &str) -> Result<FileRegisters, Vec<Finding>> {
    let mut draft = Draft::read(file, text);
    let Some(json) = FORMAT.check(&mut draft) else { return Err(draft.into_findings()) };
    if draft.has_errors() {
        return Err(draft.into_findings());
    }
    let Some(source) = draft.source.take() else { return Err(draft.into_findings()) };
    let parsed = match RegisterFile::deserialize(&json) {
        Ok(parsed) => parsed,
        Err(error) => {
            let message = format!("this file can't be used: {error}");
            draft.findings.push(source.finding(
                Severity::Error,
                "wrong-form",
                source.span(&[]),
                message,
                None,
            ));
            return Err(draft.into_findings());
        }
    };
    let mut layout = Laying {
        source: &source,
        words: BTreeMap::new(),
        fixed: Vec::new(),
        wearing: Vec::new(),
        findings: Vec::new(),
    };
    for (unit, entry) in &parsed.units {
        layout.unit(unit, entry);
    }
    let Laying { words, fixed, wearing, findings, .. } = layout;
    draft.findings.extend(findings);
    if draft.has_errors() {
        return Err(draft.into_findings());
    }
    let mut memory = words
        .into_iter()
        .fold(Memory::default(), |memory, ((unit, table, at), word)| memory.with(unit, table, at, &[word]));
    for (unit, table, address, count) in fixed {
        memory = memory.with_fixed(unit, table, address, count);
    }
    Ok(FileRegisters { memory, wearing })
}

/// Values on their way to their places.
struct Laying<'a> {
    source: &'a Source,
    words: BTreeMap<(u8, Table, u16), u16>,
    fixed: Vec<(u8, Table, u16, u16)>,
    wearing: Vec<WearingRange>,
    findings: Vec<Finding>,
}

impl Laying<'_> {
    fn error(&mut self, path: &[Step<'_>], code: &str, message: String) {
        let span = self.source.key_span(path);
        self.findings.push(self.source.finding(Severity::Error, code, span, message, None));
    }

    fn unit(&mut self, key: &str, entry: &UnitEntry) {
        let path = [Step::Key("units"), Step::Key(key)];
        let Some(unit) = number(key).and_then(|unit| u8::try_from(unit).ok()) else {
            return self.error(&path, "no-unit", format!("`{key}` is no unit id: those are 0 to 255"));
        };
        for (name, table, cells) in [
            ("coil", Table::Coil, &entry.coil),
            ("discrete", Table::Discrete, &entry.discrete),
            ("holding", Table::Holding, &entry.holding),
            ("input", Table::Input, &entry.input),
        ] {
            for (at, cell) in cells {
                let path = [path[0], path[1], Step::Key(name), Step::Key(at)];
                self.cell(&path, (unit, table), at, cell);
            }
        }
    }

    fn cell(&mut self, path: &[Step<'_>], (unit, table): (u8, Table), key: &str, cell: &Cell) {
        let Some(address) = number(key) else {
            let message = format!("`{key}` is no address: those are 0 to 65535, or 0x0 to 0xFFFF");
            return self.error(path, "no-address", message);
        };
        let words = match words_of(cell, matches!(table, Table::Coil | Table::Discrete)) {
            Ok(words) => words,
            Err(message) => return self.error(path, "wrong-value", message),
        };
        let count = u16::try_from(words.len()).unwrap_or(u16::MAX);
        if usize::from(address) + words.len() > 0x1_0000 {
            return self.error(path, "behind-the-end", "the values go on behind address 0xFFFF".to_owned());
        }
        for (at, word) in (address..=u16::MAX).zip(words) {
            if self.words.insert((unit, table, at), word).is_some() {
                let message = format!("two entries say what stands at {at:#06X}");
                return self.error(path, "overlap", message);
            }
        }
        if let Cell::Typed(typed) = cell {
            if typed.access == Access::Read {
                self.fixed.push((unit, table, address, count));
            }
            if typed.wears {
                let name = typed.name.clone().unwrap_or_else(|| format!("{address:#06X}"));
                self.wearing.push(WearingRange { name, unit, table, address, count });
            }
        }
    }
}

/// Reads a decimal or 0x number.
fn number(text: &str) -> Option<u16> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u16::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

fn words_of(cell: &Cell, bits: bool) -> Result<Vec<u16>, String> {
    let usual = if bits { ValueType::Bool } else { ValueType::U16 };
    let (values, layout) = match cell {
        Cell::One(datum) => (std::slice::from_ref(datum), Layout::plain(usual)),
        Cell::Several(values) => (&values[..], Layout::plain(usual)),
        Cell::Typed(typed) => {
            let layout = Layout {
                word_order: typed.word_order,
                byte_order: typed.byte_order,
                scale: typed.scale.unwrap_or(1.0),
                ..Layout::plain(typed.value_type.unwrap_or(usual))
            };
            (&typed.values[..], layout)
        }
    };
    if bits != (layout.value_type == ValueType::Bool) {
        let table = if bits { "bits" } else { "registers" };
        return Err(format!("this table holds {table}: another `type` belongs here"));
    }
    if values.is_empty() {
        return Err("no value stands here".to_owned());
    }
    if !(layout.scale.is_finite() && layout.scale != 0.0) {
        return Err("`scale` is a number other than 0".to_owned());
    }
    let mut words = Vec::new();
    for value in values {
        words.extend(encode(&value.value(), &layout).map_err(|error| error.to_string())?);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modbus::Registers;

    const GOOD: &str = "\
apiVersion: enmon/v1
kind: Registers
units:
  1:
    holding:
      0x4010: {type: u32, values: [16000, 15999, 0]}
      100: 513
      101: [1, 2, 3]
      200: {type: i16, values: [-5], access: read}
      201: {type: string, values: [ABC]}
      210: {type: f32, values: [16.1], wordOrder: little}
      220: {values: [42], wears: true, name: limit}
      230: {type: u64, values: [18446744073709551615]}
      240: {type: u16, scale: 0.1, values: [16.5]}
    coil: {3: [true, false, 1]}
  180:
    input: {0: 7}
";

    #[test]
    fn values_stand_where_the_file_says() {
        let FileRegisters { memory, wearing } = read_register_file("r.yaml", GOOD).unwrap();
        let words = |table, at, count| memory.read(1, table, at, count).unwrap();
        assert_eq!(words(Table::Holding, 0x4010, 6), [0, 16000, 0, 15999, 0, 0]);
        assert_eq!(words(Table::Holding, 100, 4), [513, 1, 2, 3]);
        assert_eq!(words(Table::Holding, 200, 3), [0xFFFB, 0x4142, 0x4300]);
        assert_eq!(words(Table::Holding, 210, 2), [0xCCCD, 0x4180]);
        assert_eq!(words(Table::Holding, 230, 4), [0xFFFF; 4]);
        assert_eq!(words(Table::Holding, 240, 1), [165]);
        assert_eq!(words(Table::Coil, 3, 3), [1, 0, 1]);
        assert_eq!(memory.read(180, Table::Input, 0, 1), Ok(vec![7]));
        assert!(memory.write(1, Table::Holding, 200, &[1]).is_err(), "read only");
        let expected =
            WearingRange { name: "limit".into(), unit: 1, table: Table::Holding, address: 220, count: 1 };
        assert_eq!(wearing, [expected]);
    }

    #[test]
    fn mistakes_are_shown_with_line_and_column() {
        for (change, to, place, word) in [
            ("100: 513", "100: 70000", (7, 7), "does not fit"),
            ("100: 513", "100: seven", (7, 7), "`seven` is no number"),
            ("100: 513", "1e2: 513", (7, 7), "no address"),
            ("100: 513", "102: 513", (7, 7), "two entries"),
            ("  180:", "  300:", (16, 3), "no unit id"),
            ("holding:", "holdings:", (5, 5), "holding"),
            ("values: [16.1]", "value: 16.1", (11, 12), "value"),
            ("coil: {3: [true", "coil: {3: [2", (15, 12), "does not fit"),
            ("0x4010:", "0xFFFE:", (6, 7), "behind"),
            ("type: i16", "type: bool", (9, 7), "holds registers"),
        ] {
            let text = GOOD.replacen(change, to, 1);
            let findings = read_register_file("r.yaml", &text).unwrap_err();
            let found: Vec<String> = findings.iter().map(ToString::to_string).collect();
            let at = findings[0].place.map(|place| (place.line, place.column));
            assert!(found[0].contains(word), "{to}: {found:?}");
            assert_eq!(at, Some(place), "{to}: {found:?}");
        }
    }
}
