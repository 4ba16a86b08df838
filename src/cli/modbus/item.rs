//! What is read or written: points of a profile by name, or a table and a register.

use clap::Args;

use super::target::{Target, usage, word_of};
use crate::error::{Error, Result};
use crate::modbus::Layout;
use crate::profile::{Access, Block, ModbusSettings, Point, Profile, Table, ValueType};

/// How registers that are named by number are to be understood.
#[derive(Debug, Args)]
pub(super) struct RegisterArgs {
    /// Type of the values; u16 unless said otherwise, bool in bit tables
    #[arg(long = "type", value_name = "TYPE", value_parser = word_of::<ValueType>(&TYPES))]
    value_type: Option<ValueType>,
    /// What a raw number is multiplied with: 0.001 shows mA as A
    #[arg(long, value_name = "FACTOR", value_parser = scale)]
    scale: Option<f64>,
    /// Physical unit that is shown beside the values: A, V, kWh
    #[arg(long = "in", value_name = "UNIT")]
    physical: Option<String>,
    /// Bits of the raw integer that count, for example 0xFF00
    #[arg(long, value_name = "BITS", value_parser = mask)]
    mask: Option<u64>,
    /// How far the masked integer is shifted to the right
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=63))]
    shift: Option<u8>,
}

const TYPES: [&str; 12] =
    ["bool", "u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "string", "bits", "bcd"];
const TABLES: [(&str, Table); 4] = [
    ("coil", Table::Coil),
    ("discrete", Table::Discrete),
    ("holding", Table::Holding),
    ("input", Table::Input),
];

/// Returns the word for a type, as in profiles and flags.
pub(super) fn type_name(value_type: ValueType) -> &'static str {
    TYPES[value_type as usize]
}

/// Returns the word for a table, as in profiles and flags.
pub(super) fn table_name(table: Table) -> &'static str {
    TABLES[table as usize].0
}

fn scale(text: &str) -> Result<f64, String> {
    let scale = text.parse().ok().filter(|scale: &f64| scale.is_finite() && *scale != 0.0);
    scale.ok_or_else(|| "a factor is a number other than 0".into())
}

fn mask(text: &str) -> Result<u64, String> {
    integer(text)
        .and_then(|mask| u64::try_from(mask).ok())
        .filter(|mask| *mask != 0)
        .ok_or_else(|| "a mask is a number above 0, best written as 0xFF00 or 0b1100".into())
}

/// Reads an integer: decimal, `0x…` or `0b…`.
pub(super) fn integer(text: &str) -> Option<i128> {
    let lower = text.to_ascii_lowercase();
    match (lower.strip_prefix("0x"), lower.strip_prefix("0b")) {
        (Some(digits), _) => i128::from_str_radix(digits, 16).ok(),
        (_, Some(digits)) => i128::from_str_radix(digits, 2).ok(),
        _ => text.parse().ok(),
    }
}

/// One thing that is read or written: values of one type that stand in a row.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// The point's name; none when it was named by number.
    pub(super) point: Option<String>,
    pub(super) table: Table,
    /// First register or bit, counted from 0.
    pub(super) register: u16,
    /// How many registers or bits.
    pub(super) count: u16,
    pub(super) layout: Layout,
    /// Physical unit; empty for none.
    pub(super) unit: String,
    pub(super) plausible: Option<[f64; 2]>,
    pub(super) access: Access,
    /// Names of the points in it that are kept in memory that wears out.
    pub(super) wearing: Vec<String>,
    /// The read that has to be sent to get it.
    pub(super) block: Option<Block>,
    /// Why the device has no such point.
    pub(super) missing: Option<String>,
}

/// What the words behind the address name, and the words behind that.
pub(super) struct Selection<'a> {
    pub(super) items: Vec<Item>,
    pub(super) rest: &'a [String],
}

/// How many points the words may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Most {
    /// One; what follows are values.
    One,
    /// All words are names.
    All,
}

impl RegisterArgs {
    /// Understands `TABLE REGISTER`, or, with a profile, names of points. Without words, all points that can be read.
    pub(super) fn select<'a>(
        &self,
        words: &'a [String],
        target: &Target,
        most: Most,
    ) -> Result<Selection<'a>> {
        let profile = target.profile();
        let is_point = |word: &str| profile.is_some_and(|profile| profile.points.contains_key(word));
        let table = words.first().and_then(|word| TABLES.iter().find(|(name, _)| name == word));
        match (words, table, profile) {
            ([first, register, rest @ ..], Some((_, table)), _) if !is_point(first) => {
                let item = self.by_number(*table, register, target)?;
                Ok(Selection { items: vec![item], rest })
            }
            ([first], Some(_), _) if !is_point(first) => {
                Err(usage(format!("which register of the table {first}?"))
                    .hint(format!("say its number, counted from 0: {first} 0x4010")))
            }
            (_, _, Some(profile)) => {
                self.refuse_with_points()?;
                points(words, profile, target, most)
            }
            ([], _, None) => Err(usage("what is to be read? Say TABLE REGISTER, or name a --profile")),
            ([first, ..], _, None) => {
                Err(usage(format!("`{first}` is no table: they are coil, discrete, holding, input"))
                    .hint("points have names with --profile PROFILE; see: enmon modbus profile list"))
            }
        }
    }

    fn refuse_with_points(&self) -> Result<()> {
        let given = [
            ("--type", self.value_type.is_some()),
            ("--scale", self.scale.is_some()),
            ("--in", self.physical.is_some()),
            ("--mask", self.mask.is_some()),
            ("--shift", self.shift.is_some()),
        ];
        match given.iter().find(|(_, given)| *given) {
            Some((flag, _)) => {
                Err(usage(format!("{flag} goes with TABLE REGISTER: of a point, the profile says it")))
            }
            None => Ok(()),
        }
    }

    fn by_number(&self, table: Table, register: &str, target: &Target) -> Result<Item> {
        let register = integer(register)
            .and_then(|register| u16::try_from(register).ok())
            .ok_or_else(|| usage(format!("`{register}`: registers are 0 to 65535, or 0x0 to 0xFFFF")))?;
        let value_type = self.type_in(table)?;
        let (mask, shift) = (self.mask, self.shift.unwrap_or(0));
        if mask.is_some() || shift > 0 {
            let bits = u32::from(value_type.registers()) * 16;
            if matches!(value_type, ValueType::F32 | ValueType::F64 | ValueType::String | ValueType::Bool) {
                return Err(usage("--mask and --shift go with integers"));
            }
            if u32::from(shift) >= bits || mask.is_some_and(|mask| bits < 64 && mask >> bits != 0) {
                return Err(usage(format!("{} has no more than {bits} bits", type_name(value_type))));
            }
        }
        let ModbusSettings { word_order, byte_order, .. } = target.settings;
        let layout = Layout {
            word_order,
            byte_order,
            scale: self.scale.unwrap_or(1.0),
            mask,
            shift,
            ..Layout::plain(value_type)
        };
        let writable = matches!(table, Table::Coil | Table::Holding);
        Ok(Item {
            point: None,
            table,
            register,
            count: value_type.registers(),
            layout,
            unit: self.physical.clone().unwrap_or_default(),
            plausible: None,
            access: if writable { Access::Write } else { Access::Read },
            wearing: Vec::new(),
            block: None,
            missing: None,
        })
    }

    fn type_in(&self, table: Table) -> Result<ValueType> {
        let bits = matches!(table, Table::Coil | Table::Discrete);
        match self.value_type {
            None if bits => Ok(ValueType::Bool),
            None => Ok(ValueType::U16),
            Some(ValueType::Bool) if bits => Ok(ValueType::Bool),
            Some(_) if bits => Err(usage("coils and discrete inputs hold bits: leave --type out")),
            Some(ValueType::Bool) => {
                Err(usage("a register holds no bool: take --type bits, or the table coil"))
            }
            Some(value_type) => Ok(value_type),
        }
    }
}

impl Item {
    /// Makes the item of a point.
    pub(super) fn of(name: &str, point: &Point, target: &Target) -> Item {
        let map = target.map.as_ref();
        let layout = map.and_then(|map| map.layout(point, None));
        let missing = map.and_then(|map| map.missing(name)).map(str::to_owned);
        let missing = missing.or_else(|| layout.is_none().then(|| "its scale factor is not known".into()));
        let mut layout = layout.unwrap_or_else(|| Layout::of(point, &target.settings));
        layout.word_order = target.word_order.unwrap_or(layout.word_order);
        Item {
            point: Some(name.to_owned()),
            table: point.table,
            register: point.address,
            count: point.span(),
            layout,
            unit: point.unit.clone(),
            plausible: point.plausible,
            access: point.access,
            wearing: Vec::new(),
            block: point.block,
            missing,
        }
    }

    /// Notes which wearing points of the profile the registers touch, on whatever connector.
    pub(super) fn find_wear(&mut self, target: &Target) {
        let Some(map) = &target.map else { return };
        let (from, to) = (u32::from(self.register), u32::from(self.register) + u32::from(self.count));
        let connectors = u32::from(map.settings().connectors);
        let touches = |point: &Point| {
            let stride = u32::from(point.stride.unwrap_or(0));
            // the point stands where this connector has it; the others are so many strides before and behind
            let first = i64::from(point.address) - i64::from(stride) * i64::from(map.connector() - 1);
            let at = |connector: u32| first + i64::from(stride) * i64::from(connector);
            (0..connectors)
                .map(at)
                .any(|address| address < i64::from(to) && address + i64::from(point.span()) > i64::from(from))
        };
        self.wearing = map
            .profile()
            .points
            .iter()
            .filter(|(name, point)| {
                point.wears && point.table == self.table && map.missing(name).is_none() && touches(point)
            })
            .map(|(name, _)| name.clone())
            .collect();
    }

    /// Returns what it is called: the point's name, or the register's number.
    pub(super) fn label(&self) -> String {
        self.point.clone().unwrap_or_else(|| format!("{:#06X}", self.register))
    }

    /// Sets how many registers are read from a register that was named by number.
    ///
    /// # Errors
    /// When they hold no whole number of values.
    pub(super) fn set_count(&mut self, count: u16) -> Result<()> {
        let each = self.layout.value_type.registers();
        if count == 0 {
            return Err(usage("--count is at least 1"));
        }
        if !count.is_multiple_of(each) {
            return Err(torn(count, each, type_name(self.layout.value_type)));
        }
        self.count = count;
        Ok(())
    }
}

fn torn(count: u16, each: u16, name: &str) -> Error {
    let fitting = (count / each + 1).saturating_mul(each);
    usage(format!("--count {count} holds no whole number of {name}, which take {each} registers each")).hint(
        format!("--count counts registers, not values: {fitting} registers hold {} values", fitting / each),
    )
}

fn points<'a>(words: &'a [String], profile: &Profile, target: &Target, most: Most) -> Result<Selection<'a>> {
    let (names, rest) = match most {
        Most::One => words.split_at(words.len().min(1)),
        Most::All => words.split_at(words.len()),
    };
    let items: Result<Vec<Item>> = if names.is_empty() {
        let readable = profile.points.iter().filter(|(_, point)| point.access != Access::Only);
        let mut items: Vec<Item> = readable.map(|(name, point)| Item::of(name, point, target)).collect();
        items.sort_by_key(|item| (item.table, item.register));
        Ok(items)
    } else {
        let find = |name: &String| {
            let point = profile.points.get(name).ok_or_else(|| unknown(name, profile))?;
            Ok(Item::of(name, point, target))
        };
        names.iter().map(find).collect()
    };
    let items = items?;
    if items.is_empty() {
        return Err(usage(format!("the profile {} has no points that can be read", profile.name)));
    }
    Ok(Selection { items, rest })
}

fn unknown(name: &str, profile: &Profile) -> Error {
    let names: Vec<&str> = profile.points.keys().map(String::as_str).collect();
    usage(format!("the profile {} has no point `{name}`", profile.name))
        .hint(format!("its points are {}", names.join(", ")))
}
