//! Items read from a device: few requests, no value torn, and what came back as people and scripts want it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::failure::failure;
use super::item::{Item, table_name};
use super::target::Target;
use crate::error::{Error, Kind};
use crate::modbus::{Layout, MAX_READ_BITS, ModbusError, Value, decode};
use crate::profile::{Access, ModbusSettings, Table, ValueType};
use crate::ui::{Cell, Column, Table as Grid, Tone};

/// A value and the registers that it stands in.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RegisterValue {
    /// The point's name, when it was read by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) point: Option<String>,
    /// Which of the point's values it is, from 1, when there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) table: Option<Table>,
    /// First register, counted from 0.
    pub(super) register: u16,
    /// The registers as they came; for bits 0 or 1.
    pub(super) raw: Vec<u16>,
    /// A number, a text, the numbers of the bits that are set, or null when the device has no value.
    #[serde(serialize_with = "serialize_shown")]
    pub(super) value: Shown,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) unit: String,
    /// Why there is no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

/// A value as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shown {
    Value(Value),
    /// The bits that are set.
    Bits(Vec<u8>),
}

impl Shown {
    fn of(value: Value, layout: &Layout) -> Shown {
        match value {
            Value::Integer(integer) if layout.value_type == ValueType::Bits && layout.scale == 1.0 => {
                Shown::Bits((0..64).filter(|bit| integer >> bit & 1 == 1).collect())
            }
            value => Shown::Value(value),
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Shown::Value(value) => value.number(),
            Shown::Bits(_) => None,
        }
    }

    pub(super) fn json(&self) -> serde_json::Value {
        match self {
            Shown::Value(Value::Integer(integer)) => {
                match (u64::try_from(*integer), i64::try_from(*integer)) {
                    (Ok(unsigned), _) => unsigned.into(),
                    (_, Ok(signed)) => signed.into(),
                    _ => integer.to_string().into(),
                }
            }
            Shown::Value(Value::Number(number)) => (*number).into(),
            Shown::Value(Value::Text(text)) => text.as_str().into(),
            Shown::Value(Value::Absent) => serde_json::Value::Null,
            Shown::Bits(bits) => bits.clone().into(),
        }
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            // control characters of a device must not reach the terminal
            Shown::Value(Value::Text(text)) => out.write_str(&text.replace(char::is_control, "\u{fffd}")),
            Shown::Value(value) => value.fmt(out),
            Shown::Bits(bits) if bits.is_empty() => out.write_str("no bit"),
            Shown::Bits(bits) => {
                let bits: Vec<String> = bits.iter().map(ToString::to_string).collect();
                write!(out, "bit {}", bits.join(" "))
            }
        }
    }
}

fn serialize_shown<S: serde::Serializer>(value: &Shown, serializer: S) -> Result<S::Ok, S::Error> {
    value.json().serialize(serializer)
}

/// Writes words as they are in the registers, in hexadecimal.
pub(super) fn hex_words(words: &[u16]) -> String {
    words.iter().map(|word| format!("{word:04X}")).collect::<Vec<_>>().join(" ")
}

/// Says what words mean that stand at an item.
///
/// # Errors
/// When they hold no value of the type.
pub(super) fn values(item: &Item, words: &[u16]) -> Result<Vec<RegisterValue>, String> {
    let each = match item.layout.value_type {
        ValueType::String => words.len(),
        value_type => usize::from(value_type.registers()),
    };
    let several = words.len() > each;
    let values = words.chunks(each.max(1)).enumerate().map(|(at, words)| {
        let register = item.register.wrapping_add((at * each) as u16);
        let mut values = decode(words, &item.layout).map_err(|error| error.to_string())?;
        let value = values.pop().unwrap_or(Value::Absent);
        Ok(RegisterValue {
            index: (several && item.point.is_some()).then_some(at + 1),
            register,
            raw: words.to_vec(),
            value: Shown::of(value, &item.layout),
            ..empty(item)
        })
    });
    values.collect()
}

fn empty(item: &Item) -> RegisterValue {
    RegisterValue {
        point: item.point.clone(),
        index: None,
        table: item.point.is_some().then_some(item.table),
        register: item.register,
        raw: Vec::new(),
        value: Shown::Value(Value::Absent),
        unit: item.unit.clone(),
        error: None,
    }
}

/// Registers that nobody asked for are read along when they are no more than so many.
const MOST_GAP: u32 = 8;

/// Items that one request reads.
#[derive(Debug, Clone, PartialEq)]
struct Group {
    table: Table,
    register: u16,
    count: u16,
    /// Places of the items in their list.
    items: Vec<usize>,
}

impl Group {
    fn alone(at: usize, item: &Item) -> Group {
        let (register, count) =
            item.block.map_or((item.register, item.count), |block| (block.address, block.count));
        Group { table: item.table, register, count, items: vec![at] }
    }

    /// Takes another in, when one request can read both. The items come sorted by table and register.
    fn join(&mut self, other: &Group, most: u16) -> bool {
        let end = u32::from(self.register) + u32::from(self.count);
        let other_end = u32::from(other.register) + u32::from(other.count);
        let joined = end.max(other_end) - u32::from(self.register);
        let fits = self.table == other.table
            && u32::from(other.register) <= end + MOST_GAP
            && joined <= u32::from(most);
        if fits {
            self.count = joined as u16;
            self.items.extend(&other.items);
        }
        fits
    }
}

/// Joins what stands close together into few requests, as far as the device lets it.
fn groups(items: &[Item], settings: &ModbusSettings) -> Vec<Group> {
    let mut order: Vec<usize> = (0..items.len()).filter(|&at| items[at].missing.is_none()).collect();
    order.sort_by_key(|&at| (items[at].table, items[at].register));
    let mut groups: Vec<Group> = Vec::new();
    let mut is_open = false;
    for at in order {
        let item = &items[at];
        let group = Group::alone(at, item);
        let may_join = settings.block_reads && item.block.is_none() && item.access != Access::Only;
        let same_block = item.block.is_some()
            && groups.last().is_some_and(|last| {
                (last.table, last.register, last.count) == (group.table, group.register, group.count)
            });
        let joined = groups.last_mut().is_some_and(|last| {
            if same_block {
                last.items.push(at);
            }
            same_block || may_join && is_open && last.join(&group, settings.max_read)
        });
        if !joined {
            groups.push(group);
        }
        is_open = may_join;
    }
    groups
}

impl Target {
    /// Reads items. A device that refuses one of them may still show the others: each has its own outcome, in their order.
    ///
    /// # Errors
    /// When the device can't be reached or does not answer: the rest would not be answered either.
    pub(super) async fn read(&mut self, items: &[Item]) -> Result<Vec<Outcome>, ModbusError> {
        let mut found: BTreeMap<usize, Outcome> = BTreeMap::new();
        let mut waiting: Vec<Group> = groups(items, &self.settings);
        waiting.reverse();
        while let Some(group) = waiting.pop() {
            match self.read_group(&group, items).await {
                Ok(words) => {
                    for &at in &group.items {
                        let from = usize::from(items[at].register - group.register);
                        let words = words.get(from..from + usize::from(items[at].count)).unwrap_or_default();
                        found.insert(at, Ok(words.to_vec()));
                    }
                }
                // one register in it may be missing: each item is asked for on its own
                Err(error)
                    if error.is_refusal()
                        && group.items.len() > 1
                        && items[group.items[0]].block.is_none() =>
                {
                    waiting.extend(group.items.iter().rev().map(|&at| Group::alone(at, &items[at])));
                }
                Err(error) if error.is_refusal() => {
                    let refusal = Arc::new(error);
                    found.extend(group.items.iter().map(|&at| (at, Err(Arc::clone(&refusal)))));
                }
                Err(error) => return Err(error),
            }
        }
        for (at, item) in items.iter().enumerate() {
            if let Some(why) = &item.missing {
                found.insert(at, Err(Arc::new(ModbusError::Invalid { what: why.clone() })));
            }
        }
        Ok(found.into_values().collect())
    }

    /// Reads a group; what is longer than the device lets be read at once is split between two values.
    async fn read_group(&mut self, group: &Group, items: &[Item]) -> Result<Vec<u16>, ModbusError> {
        let (most, each) = match (group.table, group.items.as_slice()) {
            (Table::Coil | Table::Discrete, _) => (MAX_READ_BITS, 1),
            (_, [at]) => (self.settings.max_read, items[*at].layout.value_type.registers()),
            _ => (self.settings.max_read, 1),
        };
        let most = (most - most % each.clamp(1, most)).max(1);
        if group.count == 0 || u32::from(group.register) + u32::from(group.count) > 0x1_0000 {
            let what = format!(
                "{} from {:#06X} is no range of addresses: they end at 0xFFFF",
                group.count, group.register
            );
            return Err(ModbusError::Invalid { what });
        }
        let mut words = Vec::with_capacity(usize::from(group.count));
        while words.len() < usize::from(group.count) {
            let done = words.len() as u16;
            let count = most.min(group.count - done);
            let part = self.client.read(self.place.unit, group.table, group.register + done, count).await?;
            words.extend(part);
        }
        Ok(words)
    }
}

/// The words of an item, or how the device refused to show them.
pub(super) type Outcome = Result<Vec<u16>, Arc<ModbusError>>;

/// Returns the error that a command ends with although it may have shown something: what can be read was refused, or makes no sense
/// in its type. That a point which can only be written, or that the device lacks, is not shown beside others is as it should be.
pub(super) fn verdict(items: &[Item], outcomes: &[Outcome]) -> Option<Error> {
    let nothing = outcomes.iter().all(Result::is_err);
    let counts = |item: &Item| nothing || item.access != Access::Only && item.missing.is_none();
    let mut pairs = items.iter().zip(outcomes).filter(|(item, _)| counts(item));
    if let Some(refusal) = pairs.clone().find_map(|(_, outcome)| outcome.as_ref().err()) {
        return Some(failure(refusal));
    }
    pairs.find_map(|(item, outcome)| {
        let error = values(item, outcome.as_ref().ok()?).err()?;
        Some(Error::new(Kind::Failed, format!("{}: {error}", item.label())))
    })
}

/// Says what came back. What was refused, or makes no sense, has a line too.
pub(super) fn shown(items: &[Item], outcomes: &[Outcome]) -> Vec<RegisterValue> {
    let lines = items.iter().zip(outcomes).flat_map(|(item, outcome)| {
        let failed = |words: &[u16], error: String| {
            vec![RegisterValue { raw: words.to_vec(), error: Some(error), ..empty(item) }]
        };
        match outcome {
            Ok(words) => values(item, words).unwrap_or_else(|error| failed(words, error)),
            Err(refusal) => match refusal.as_ref() {
                ModbusError::Exception { exception, .. } => failed(&[], exception.to_string()),
                other => failed(&[], other.to_string()),
            },
        }
    });
    lines.collect()
}

/// Writes values as a table.
pub(super) fn grid(values: &[RegisterValue]) -> Grid {
    let by_name = values.iter().any(|value| value.point.is_some());
    let has_unit = values.iter().any(|value| !value.unit.is_empty());
    let mut columns = Vec::new();
    if by_name {
        columns.extend([Column::name("point"), Column::text("table")]);
    }
    columns.extend([Column::name("register"), Column::count("value")]);
    if has_unit {
        columns.push(Column::text("unit"));
    }
    columns.push(Column::text("raw"));
    let mut grid = Grid::new(columns);
    for value in values {
        let mut cells = Vec::new();
        if by_name {
            cells.push(Cell::new(value.name()));
            cells.push(Cell::new(value.table.map_or("", table_name)));
        }
        cells.push(Cell::new(format!("{:#06X}", value.register)));
        cells.push(match &value.value {
            Shown::Value(Value::Absent) => Cell::unknown(),
            shown => Cell::new(shown),
        });
        if has_unit {
            cells.push(Cell::new(&value.unit));
        }
        cells.push(match &value.error {
            Some(error) => Cell::new(error).tone(Tone::Bad),
            None => Cell::new(hex_words(&value.raw)),
        });
        grid.row(cells);
    }
    grid
}

impl RegisterValue {
    /// Returns what its item is called: the point's name, or the register's number.
    pub(super) fn label(&self) -> String {
        self.point.clone().unwrap_or_else(|| format!("{:#06X}", self.register))
    }

    /// Returns what it is called: the point and which of its values, or the register's number.
    pub(super) fn name(&self) -> String {
        match (&self.point, self.index) {
            (Some(point), Some(index)) => format!("{point} {index}"),
            (Some(point), None) => point.clone(),
            (None, _) => format!("{:#06X}", self.register),
        }
    }
}
