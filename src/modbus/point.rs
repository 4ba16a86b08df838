//! Points of a profile: read in few requests, written as the device wants it.

use std::collections::BTreeMap;

use super::value::{Layout, Value, decode, encode};
use super::{Client, Exception, ModbusError};
use crate::profile::{ModbusSettings, Point, Profile, Table, WriteFunctions};

/// The values of points, by name.
pub type Readings = BTreeMap<String, Vec<Value>>;

/// Registers that nobody asked for may be read along when they are no more than so many.
const MOST_GAP: u16 = 8;

/// One request that reads several points.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// From this table.
    pub table: Table,
    /// From this address on.
    pub address: u16,
    /// So many registers or bits.
    pub count: u16,
    /// The points in it.
    pub points: Vec<String>,
}

/// Joins points that stand close together into few requests.
pub fn plan_reads<'a>(
    points: impl IntoIterator<Item = (&'a str, &'a Point)>,
    device: &ModbusSettings,
) -> Vec<Block> {
    let mut sorted: Vec<(&str, &Point)> = points.into_iter().collect();
    sorted.sort_by_key(|(name, point)| (point.table, point.address, *name));
    let mut blocks: Vec<Block> = Vec::new();
    for (name, point) in sorted {
        let end = u32::from(point.address) + u32::from(point.span());
        if let Some(block) = blocks.last_mut() {
            let block_end = u32::from(block.address) + u32::from(block.count);
            let joined = end.max(block_end) - u32::from(block.address);
            let near = u32::from(point.address) <= block_end + u32::from(MOST_GAP);
            if device.block_reads
                && block.table == point.table
                && near
                && joined <= u32::from(device.max_read)
            {
                block.count = joined as u16;
                block.points.push(name.to_owned());
                continue;
            }
        }
        blocks.push(Block {
            table: point.table,
            address: point.address,
            count: point.span(),
            points: vec![name.to_owned()],
        });
    }
    blocks
}

fn invalid(what: String) -> ModbusError {
    ModbusError::Invalid { what }
}

/// Reads blocks and takes the points' values out of them. When a device refuses a block because not every register in it exists, its
/// points are read one by one.
///
/// # Errors
/// As the client's; and when a value makes no sense in its type.
pub async fn read_points(
    client: &mut Client,
    unit: u8,
    profile: &Profile,
    blocks: &[Block],
) -> Result<Readings, ModbusError> {
    let device = profile.modbus.clone().unwrap_or_default();
    let mut readings = Readings::new();
    for block in blocks {
        match read_block(client, unit, profile, &device, block, &mut readings).await {
            Err(ModbusError::Exception {
                exception: Exception::IllegalDataAddress | Exception::IllegalDataValue,
                ..
            }) if block.points.len() > 1 => {
                let apart = ModbusSettings { block_reads: false, ..device.clone() };
                let points = block.points.iter().map(|name| (name.as_str(), &profile.points[name]));
                for block in plan_reads(points, &apart) {
                    read_block(client, unit, profile, &device, &block, &mut readings).await?;
                }
            }
            outcome => outcome?,
        }
    }
    Ok(readings)
}

async fn read_block(
    client: &mut Client,
    unit: u8,
    profile: &Profile,
    device: &ModbusSettings,
    block: &Block,
    readings: &mut Readings,
) -> Result<(), ModbusError> {
    let words = client.read(unit, block.table, block.address, block.count).await?;
    for name in &block.points {
        let point = &profile.points[name];
        let from = usize::from(point.address - block.address);
        let words = words.get(from..from + usize::from(point.span())).unwrap_or_default();
        let values = decode(words, &Layout::of(point, device))
            .map_err(|error| invalid(format!("{} unit {unit}: point {name}: {error}", client.address())))?;
        readings.insert(name.clone(), values);
    }
    Ok(())
}

/// Writes one value to a point, with the function that the device knows; all registers of a value go in one request.
///
/// # Errors
/// As the client's; and when the value does not fit the point.
pub async fn write_point(
    client: &mut Client,
    unit: u8,
    profile: &Profile,
    name: &str,
    value: &Value,
) -> Result<(), ModbusError> {
    let Some(point) = profile.points.get(name) else {
        return Err(invalid(format!("profile {} has no point {name}", profile.name)));
    };
    let device = profile.modbus.clone().unwrap_or_default();
    let words = encode(value, &Layout::of(point, &device))
        .map_err(|error| invalid(format!("{} unit {unit}: point {name}: {error}", client.address())))?;
    match (point.table, words.as_slice(), device.writes) {
        (Table::Coil, [bit], _) => client.write_coil(unit, point.address, *bit != 0).await,
        (Table::Holding, [word], WriteFunctions::Both | WriteFunctions::Single) => {
            client.write_register(unit, point.address, *word).await
        }
        (Table::Holding, words, WriteFunctions::Single) => {
            for (offset, word) in words.iter().enumerate() {
                client.write_register(unit, point.address + offset as u16, *word).await?;
            }
            Ok(())
        }
        (Table::Holding, words, _) => client.write_registers(unit, point.address, words).await,
        _ => Err(invalid(format!("profile {}: point {name} can't be written", profile.name))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{Access, ValueType};

    fn point(table: Table, address: u16, value_type: ValueType, count: u16) -> Point {
        Point {
            table,
            address,
            value_type,
            count,
            scale: 1.0,
            unit: String::new(),
            access: Access::Read,
            word_order: None,
            mask: None,
            shift: None,
            absent: Vec::new(),
            wears: false,
            plausible: None,
            about: String::new(),
            stride: None,
            block: None,
            model: None,
            scale_from: None,
        }
    }

    #[test]
    fn near_points_are_read_together_and_far_ones_apart() {
        let points = [
            ("state", point(Table::Holding, 0x400C, ValueType::U32, 1)),
            ("offered", point(Table::Holding, 0x400E, ValueType::U32, 1)),
            ("current", point(Table::Holding, 0x4010, ValueType::U32, 3)),
            ("limit", point(Table::Holding, 0x4100, ValueType::U32, 1)),
            ("input", point(Table::Input, 0x4010, ValueType::U16, 1)),
        ];
        let named = || points.iter().map(|(name, point)| (*name, point));
        let blocks = plan_reads(named(), &ModbusSettings::default());
        let sizes: Vec<_> = blocks.iter().map(|block| (block.address, block.count)).collect();
        assert_eq!(sizes, [(0x400C, 10), (0x4100, 2), (0x4010, 1)]);
        let single = ModbusSettings { block_reads: false, ..ModbusSettings::default() };
        assert_eq!(plan_reads(named(), &single).len(), 5);
        let short = ModbusSettings { max_read: 4, ..ModbusSettings::default() };
        assert_eq!(plan_reads(named(), &short).len(), 4);
    }
}
