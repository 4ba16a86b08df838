//! Points of a device: read in few requests, written as the device wants it.
//!
//! Where points stand is said by the [`DeviceMap`]; this decides which are read together and which function writes them.

use std::collections::BTreeMap;

use super::error::Place;
use super::value::{Layout, Value, ValueError, decode, encode};
use super::{Client, DeviceMap, Exception, ModbusError, Request};
use crate::profile::{Access, ModbusSettings, Point, Table, ValueType, WriteFunctions};

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
    /// The device answers this block only as a whole.
    pub whole: bool,
}

impl Block {
    fn end(&self) -> u32 {
        u32::from(self.address) + u32::from(self.count)
    }
}

/// A point that a plan has to read, or that is read along when it is near.
struct Item<'a> {
    name: &'a str,
    point: &'a Point,
    wanted: bool,
}

/// Joins points that stand close together into few requests. A point is never split over two requests, and points that share
/// registers are always read in one. Scale factors are read along where they are near their values, so that both belong together.
/// Points that the device lacks are left out.
pub fn plan_reads<'a>(map: &DeviceMap, points: impl IntoIterator<Item = &'a str>) -> Vec<Block> {
    plan(map, points, map.settings())
}

fn plan<'a>(
    map: &DeviceMap,
    points: impl IntoIterator<Item = &'a str>,
    settings: &ModbusSettings,
) -> Vec<Block> {
    let mut items: BTreeMap<(Table, u16, &str), Item<'_>> = BTreeMap::new();
    let wanted: Vec<&str> = points.into_iter().collect();
    let factor = |name: &&str| map.point(name)?.scale_from.as_deref();
    let along: Vec<&str> = wanted.iter().filter_map(factor).collect();
    for (name, is_wanted) in
        along.iter().map(|name| (*name, false)).chain(wanted.iter().map(|name| (*name, true)))
    {
        let Some((name, point)) =
            map.profile().points.get_key_value(name).filter(|_| map.missing(name).is_none())
        else {
            continue;
        };
        items.insert((point.table, point.address, name), Item { name, point, wanted: is_wanted });
    }
    let mut blocks: Vec<Block> = Vec::new();
    for item in items.into_values() {
        add(&mut blocks, &item, settings);
    }
    blocks.retain(|block| !block.points.is_empty());
    blocks
}

/// Adds a point to the block that it can be read with, or makes one for it.
fn add(blocks: &mut Vec<Block>, item: &Item<'_>, device: &ModbusSettings) {
    let Item { name, point, wanted } = *item;
    let named = wanted.then(|| name.to_owned());
    if let Some(block) = point.block {
        let is_same = |one: &&mut Block| {
            one.whole && (one.table, one.address, one.count) == (point.table, block.address, block.count)
        };
        match blocks.iter_mut().find(is_same) {
            Some(block) => block.points.extend(named),
            None => blocks.push(Block {
                table: point.table,
                address: block.address,
                count: block.count,
                points: named.into_iter().collect(),
                whole: true,
            }),
        }
        return;
    }
    let end = u32::from(point.address) + u32::from(point.span());
    let last = blocks.iter_mut().rfind(|block| !block.whole);
    if let Some(block) = last.filter(|block| block.table == point.table) {
        let joined = end.max(block.end()) - u32::from(block.address);
        let near = u32::from(point.address) <= block.end() + u32::from(MOST_GAP);
        // what shares its registers is read with it, or two parts of one register would be of two moments
        let shares = end <= block.end();
        if shares || (device.block_reads && near && joined <= u32::from(device.max_read)) {
            // no more than `max_read`, or what it was
            block.count = joined as u16;
            block.points.extend(named);
            return;
        }
    }
    blocks.push(Block {
        table: point.table,
        address: point.address,
        count: point.span(),
        points: named.into_iter().collect(),
        whole: false,
    });
}

fn invalid(what: String) -> ModbusError {
    ModbusError::Invalid { what }
}

/// Reads blocks and takes the points' values out of them. When a device refuses a block because not every register in it exists, its
/// points are read one by one. Points that the device lacks have no values.
///
/// # Errors
/// As the client's; and [`ModbusError::Garbage`] when a value makes no sense in its type.
pub async fn read_points(
    client: &mut Client,
    unit: u8,
    map: &DeviceMap,
    blocks: &[Block],
) -> Result<Readings, ModbusError> {
    let mut readings = Readings::new();
    for block in blocks {
        match read_block(client, unit, map, block, &mut readings).await {
            Err(ModbusError::Exception {
                exception: Exception::IllegalDataAddress | Exception::IllegalDataValue,
                ..
            }) if block.points.len() > 1 && !block.whole => {
                let apart = ModbusSettings { block_reads: false, ..map.settings().clone() };
                for block in plan(map, block.points.iter().map(String::as_str), &apart) {
                    read_block(client, unit, map, &block, &mut readings).await?;
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
    map: &DeviceMap,
    block: &Block,
    readings: &mut Readings,
) -> Result<(), ModbusError> {
    let words = client.read(unit, block.table, block.address, block.count).await?;
    let garbage = |client: &Client, name: &str, error: &ValueError| {
        let request = Request::Read { table: block.table, address: block.address, count: block.count };
        let place = Place::new(client.address(), unit, &request);
        ModbusError::Garbage { place, what: format!("point {name}: {error}") }
    };
    for name in &block.points {
        let Some(point) = map.point(name) else { continue };
        let fresh = match point.scale_from.as_ref().and_then(|factor| map.point(factor)) {
            Some(factor) => match words_of(block, &words, factor) {
                Some(words) => decode(words, &plain_layout(map, factor))
                    .map_err(|error| garbage(client, name, &error))?
                    .pop(),
                None => None,
            },
            None => None,
        };
        let values = match (map.layout(point, fresh.as_ref()), words_of(block, &words, point)) {
            (Some(layout), Some(words)) => {
                decode(words, &layout).map_err(|error| garbage(client, name, &error))?
            }
            // without its scale factor a number says nothing
            _ => vec![Value::Absent; usize::from(point.count)],
        };
        readings.insert(name.clone(), values);
    }
    Ok(())
}

/// Returns the layout of a scale factor, which has no scale factor itself.
fn plain_layout(map: &DeviceMap, factor: &Point) -> Layout {
    let absent = super::sunspec::not_implemented(factor.value_type).into_iter().collect();
    Layout { absent, ..Layout::of(factor, map.settings()) }
}

/// Returns the words of a point in what a block gave, when it stands in it.
fn words_of<'a>(block: &Block, words: &'a [u16], point: &Point) -> Option<&'a [u16]> {
    if block.table != point.table {
        return None;
    }
    let from = usize::from(point.address.checked_sub(block.address)?);
    words.get(from..from + usize::from(point.span()))
}

/// Writes one value to a point, with the function that the device knows; all registers of a value go in one request. A point that is
/// some bits of its registers leaves the others as they are: they are read first.
///
/// # Errors
/// As the client's; and [`ModbusError::Invalid`] when the value does not fit the point, the device lacks it, or it would take several
/// requests.
pub async fn write_point(
    client: &mut Client,
    unit: u8,
    map: &DeviceMap,
    name: &str,
    value: &Value,
) -> Result<(), ModbusError> {
    let profile = &map.profile().name;
    let Some(point) = map.point(name) else {
        let why =
            map.missing(name).map_or_else(|| format!("profile {profile} has no point {name}"), str::to_owned);
        return Err(invalid(format!(
            "{} unit {unit}: point {name} can't be written: {why}",
            client.address()
        )));
    };
    let refuse = |client: &Client, why: &dyn std::fmt::Display| {
        invalid(format!("{} unit {unit}: point {name}: {why}", client.address()))
    };
    let Some(layout) = map.layout(point, None) else {
        return Err(refuse(client, &"its scale factor is not known"));
    };
    let mut words = encode(value, &layout).map_err(|error| refuse(client, &error))?;
    if let Some(mask) = point.mask.filter(|_| point.table == Table::Holding) {
        if point.access == Access::Only {
            return Err(refuse(client, &"it is a part of a register that can't be read"));
        }
        let mask = mask_words(mask, &layout).map_err(|error| refuse(client, &error))?;
        if words.iter().zip(&mask).any(|(word, mask)| word & !mask != 0) {
            return Err(refuse(client, &format!("{value} does not fit its bits")));
        }
        let held = client.read(unit, point.table, point.address, words.len() as u16).await?;
        for ((word, mask), held) in words.iter_mut().zip(&mask).zip(held) {
            *word |= held & !mask;
        }
    }
    match (point.table, words.as_slice(), map.settings().writes) {
        (Table::Coil, [bit], WriteFunctions::Multiple) => {
            client.write_coils(unit, point.address, &[*bit]).await
        }
        (Table::Coil, [bit], _) => client.write_coil(unit, point.address, *bit != 0).await,
        (Table::Holding, [word], WriteFunctions::Both | WriteFunctions::Single) => {
            client.write_register(unit, point.address, *word).await
        }
        // a value that arrives in pieces is another value for a moment
        (Table::Holding, words, WriteFunctions::Single) => Err(refuse(
            client,
            &format!("it takes {} registers, and the device writes one at a time", words.len()),
        )),
        (Table::Holding, words, _) => client.write_registers(unit, point.address, words).await,
        _ => Err(invalid(format!("profile {profile}: point {name} can't be written"))),
    }
}

/// Returns the bits of a mask as they stand in a point's registers.
fn mask_words(mask: u64, layout: &Layout) -> Result<Vec<u16>, ValueError> {
    let value_type = match layout.value_type.registers() {
        1 => ValueType::U16,
        2 => ValueType::U32,
        _ => ValueType::U64,
    };
    let bits = Layout { value_type, scale: 1.0, shift: 0, mask: None, ..layout.clone() };
    encode(&Value::Integer(i128::from(mask)), &bits)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// Fits a profile whose points are given as YAML.
    fn map(modbus: &str, points: &str) -> DeviceMap {
        let text = format!(
            "{{apiVersion: enmon/v1, kind: Profile, name: own, vendor: Own, model: Own, sources: [{{document: own}}], \
             modbus: {modbus}, points: {points}, solar: {{current: amps}}}}"
        );
        let (profile, findings) = crate::profile::read("own.yaml", &text);
        let profile = profile.unwrap_or_else(|| panic!("{findings:?}"));
        DeviceMap::new(Arc::new(profile), 1, None).unwrap()
    }

    fn sizes(map: &DeviceMap, points: &[&str]) -> Vec<(u16, u16)> {
        plan_reads(map, points.iter().copied()).iter().map(|block| (block.address, block.count)).collect()
    }

    const POINTS: &str = "{
        amps: {table: input, address: 0x4010, type: u16, unit: A},
        state: {table: holding, address: 0x400C, type: u32},
        offered: {table: holding, address: 0x400E, type: u32},
        current: {table: holding, address: 0x4010, type: u32, count: 3},
        limit: {table: holding, address: 0x4100, type: u32}
    }";
    const ALL: [&str; 5] = ["amps", "state", "offered", "current", "limit"];

    #[test]
    fn near_points_are_read_together_and_far_ones_apart() {
        assert_eq!(sizes(&map("{}", POINTS), &ALL), [(0x400C, 10), (0x4100, 2), (0x4010, 1)]);
        assert_eq!(sizes(&map("{blockReads: false}", POINTS), &ALL).len(), 5);
        assert_eq!(sizes(&map("{maxRead: 6}", POINTS), &ALL).len(), 4);
    }

    #[test]
    fn a_device_that_answers_whole_blocks_is_asked_for_whole_blocks() {
        let points = "{
            amps: {table: input, address: 4, type: u16, unit: A},
            one: {table: holding, address: 0x2F, type: u16, block: {address: 0x2E, count: 5}},
            state: {table: holding, address: 0x31, type: u16},
            two: {table: holding, address: 0x32, type: u16, block: {address: 0x2E, count: 5}}
        }";
        let map = map("{}", points);
        let blocks = plan_reads(&map, ["one", "two", "state"]);
        assert_eq!(blocks[0].points, ["one", "two"]);
        assert_eq!((blocks[0].address, blocks[0].count, blocks[0].whole), (0x2E, 5, true));
        assert_eq!((blocks[1].address, blocks[1].count, blocks[1].whole), (0x31, 1, false));
    }

    #[test]
    fn points_of_one_register_are_read_in_one_request_whatever_the_device() {
        let points = "{
            amps: {table: holding, address: 11, type: u16, unit: A},
            both: {table: holding, address: 10, type: u16},
            low: {table: holding, address: 10, type: u16, mask: 0xFF}
        }";
        assert_eq!(sizes(&map("{blockReads: false}", points), &["both", "low", "amps"]), [(10, 1), (11, 1)]);
    }

    #[test]
    fn a_scale_factor_is_read_along_when_it_is_near() {
        let points = "{
            amps: {table: holding, address: 3, type: u16, count: 3, unit: A, scaleFrom: near},
            near: {table: holding, address: 6, type: i16},
            volts: {table: holding, address: 9, type: u16, scaleFrom: far},
            far: {table: holding, address: 99, type: i16}
        }";
        let map = map("{}", points);
        assert_eq!(sizes(&map, &["amps"]), [(3, 4)]);
        assert_eq!(plan_reads(&map, ["amps"])[0].points, ["amps"], "nobody asked for the factor");
        assert_eq!(sizes(&map, &["volts"]), [(9, 1)], "no request for the factor alone");
    }
}
