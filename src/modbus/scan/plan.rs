//! What is to be scanned: units in the order in which they are likely, or registers of one unit.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::profile::{Catalogue, Table};
use crate::site::Address;

/// What is scanned, and where. A scan goes on only with the same plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScanPlan {
    /// The device or bus.
    pub address: Address,
    /// What is looked for.
    pub task: ScanTask,
}

/// What a scan looks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "find", deny_unknown_fields)]
pub enum ScanTask {
    /// Which of these units are there, and what they are.
    Units {
        /// Unit ids, in the order in which they are asked.
        units: Vec<u8>,
    },
    /// Which registers of a unit answer.
    Registers {
        /// Unit id.
        unit: u8,
        /// Where to look.
        spans: Vec<Span>,
        /// Least registers that are read at once: 2 for devices that refuse half a value.
        each: u16,
    },
}

/// Addresses of a table, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Span {
    /// Table.
    pub table: Table,
    /// First address.
    pub first: u16,
    /// Last address.
    pub last: u16,
}

impl Span {
    /// Returns how many addresses it has.
    pub fn count(&self) -> u32 {
        u32::from(self.last) - u32::from(self.first) + 1
    }
}

/// Why a text names no units or no registers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PlanError(String);

fn refuse<T>(text: impl fmt::Display, rule: &str) -> Result<T, PlanError> {
    Err(PlanError(format!("`{text}`: {rule}")))
}

fn number(text: &str) -> Option<u16> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u16::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Reads `7` or `3-9`.
fn ends(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some((number(first.trim())?, number(last.trim())?)).filter(|(first, last)| first <= last)
}

/// Unit ids as a person writes them: `1-20,255`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitList(Vec<u8>);

impl UnitList {
    /// Returns the ids, each once, in the order in which they were written.
    pub fn ids(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for UnitList {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        let rule = "unit ids are 0 to 255, for example 1-20,255";
        let mut ids = Vec::new();
        for part in text.split(',') {
            let Some((first, last)) = ends(part) else { return refuse(part, rule) };
            let (Ok(first), Ok(last)) = (u8::try_from(first), u8::try_from(last)) else {
                return refuse(part, rule);
            };
            ids.extend(first..=last);
        }
        Ok(UnitList(each_once(ids)))
    }
}

/// Registers as a person writes them: `holding:0-2000,input:0-100`; a table counts for all that follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanList(Vec<Span>);

impl SpanList {
    /// Returns the spans, in the order in which they were written.
    pub fn spans(&self) -> &[Span] {
        &self.0
    }
}

impl FromStr for SpanList {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        let rule =
            "registers are written as holding:0-2000,input:0-100; tables are coil, discrete, holding, input";
        let mut spans: Vec<Span> = Vec::new();
        for part in text.split(',') {
            let (table, range) = match part.split_once(':') {
                Some((word, range)) => match serde_json::from_value(word.trim().into()) {
                    Ok(table) => (table, range),
                    Err(_) => return refuse(part, rule),
                },
                None => match spans.last() {
                    Some(before) => (before.table, part),
                    None => return refuse(part, rule),
                },
            };
            let Some((first, last)) = ends(range) else { return refuse(part, rule) };
            let span = Span { table, first, last };
            let meets = |other: &&Span| other.table == table && first <= other.last && other.first <= last;
            if let Some(other) = spans.iter().find(meets) {
                return refuse(part, &format!("{}-{} has some of it already", other.first, other.last));
            }
            spans.push(span);
        }
        Ok(SpanList(spans))
    }
}

/// Returns the units that are looked for when nobody says which. On a serial line: all that there can be. Over TCP: those that devices
/// use, what profiles name among them, and with `all` the rest after them.
pub fn likely_units(address: &Address, all: bool, catalogue: &Catalogue) -> Vec<u8> {
    if is_serial(address) {
        return (1..=247).collect();
    }
    // 255: the device itself (Modbus Messaging on TCP/IP 1.0b, 4.4.1.1); 2 and 200: a second socket and the station of some chargers
    let mut units = vec![1, 255];
    units.extend(catalogue.iter().filter_map(|profile| profile.modbus.as_ref()).map(|modbus| modbus.unit));
    units.extend([2, 180, 200]);
    if !has_gateway(address) {
        units.push(0);
    }
    if all {
        units.extend(1..=247);
    }
    each_once(units)
}

/// Says whether units share a line on which 0 is a broadcast.
pub fn broadcasts_on_zero(address: &Address) -> bool {
    is_serial(address) || has_gateway(address)
}

fn is_serial(address: &Address) -> bool {
    matches!(address, Address::ModbusRtu(_) | Address::ModbusAscii(_))
}

fn has_gateway(address: &Address) -> bool {
    matches!(address, Address::ModbusRtuTcp { .. })
}

fn each_once(ids: Vec<u8>) -> Vec<u8> {
    let mut seen = [false; 256];
    ids.into_iter().filter(|&id| !std::mem::replace(&mut seen[usize::from(id)], true)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_as_people_write_them() {
        let ids = |text: &str| text.parse::<UnitList>().map(|list| list.0);
        assert_eq!(ids("3,1-2, 2-4,0xFF"), Ok(vec![3, 1, 2, 4, 255]));
        for wrong in ["", "1,", "256", "4-2", "a", "1-300", "-1"] {
            assert!(ids(wrong).unwrap_err().to_string().contains("1-20,255"), "{wrong}");
        }
    }

    #[test]
    fn registers_are_read_as_people_write_them() {
        let spans = |text: &str| text.parse::<SpanList>().map(|list| list.0);
        let span = |table, first, last| Span { table, first, last };
        assert_eq!(
            spans("holding:0-2000,0x1000,input:5"),
            Ok(vec![
                span(Table::Holding, 0, 2000),
                span(Table::Holding, 0x1000, 0x1000),
                span(Table::Input, 5, 5)
            ])
        );
        for wrong in
            ["0-10", "relay:0", "holding:", "holding:9-1", "holding:0-70000", "holding:0-9,9-20", "input"]
        {
            assert!(spans(wrong).is_err(), "{wrong}");
        }
        assert!(spans("holding:0-9,input:0-9").is_ok(), "tables do not share addresses");
    }

    #[test]
    fn a_serial_line_has_all_units_and_tcp_the_likely_ones_first() {
        let catalogue = Catalogue::built_in();
        let units = |address: &str, all| likely_units(&address.parse().unwrap(), all, &catalogue);
        assert_eq!(units("modbus+rtu:///dev/ttyUSB0", false), (1..=247).collect::<Vec<u8>>());
        let likely = units("modbus+tcp://10.0.0.5", false);
        assert_eq!(likely[..2], [1, 255]);
        assert!(likely.contains(&180) && likely.contains(&0) && likely.len() < 20, "{likely:?}");
        for profile in catalogue.iter().filter_map(|profile| profile.modbus.as_ref()) {
            assert!(likely.contains(&profile.unit));
        }
        let all = units("modbus+tcp://10.0.0.5", true);
        assert!(all.starts_with(&likely) && all.len() == 249, "{}", all.len());
        assert!(!units("modbus+rtu-tcp://10.0.0.5", true).contains(&0), "0 is a broadcast behind a gateway");
    }
}
