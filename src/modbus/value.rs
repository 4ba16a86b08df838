//! Typed values in registers.

use std::fmt;

use crate::profile::{ByteOrder, ModbusSettings, Point, ValueType, WordOrder};

/// A value as it is read or written.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number in the point's unit.
    Number(f64),
    /// An integer that is not scaled; keeps all 64 bits.
    Integer(i128),
    /// A text.
    Text(String),
    /// The device says that it has no value (NaN, 0xFFFF).
    Absent,
}

impl Value {
    /// Returns it as a number.
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            Value::Integer(integer) => Some(*integer as f64),
            Value::Text(_) | Value::Absent => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) => write!(out, "{number}"),
            Value::Integer(integer) => write!(out, "{integer}"),
            Value::Text(text) => out.write_str(text),
            Value::Absent => out.write_str("-"),
        }
    }
}

/// How values stand in registers.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Type of a value.
    pub value_type: ValueType,
    /// Order of the registers.
    pub word_order: WordOrder,
    /// Order of the bytes in a register.
    pub byte_order: ByteOrder,
    /// What a raw value is multiplied with.
    pub scale: f64,
    /// Bits that count.
    pub mask: Option<u64>,
    /// How far the masked integer is shifted to the right.
    pub shift: u8,
    /// Raw integers that mean "no value".
    pub absent: Vec<u64>,
}

impl Layout {
    /// Makes the plain layout of a type: high word and byte first, not scaled.
    pub fn plain(value_type: ValueType) -> Self {
        Layout {
            value_type,
            word_order: WordOrder::Big,
            byte_order: ByteOrder::Big,
            scale: 1.0,
            mask: None,
            shift: 0,
            absent: Vec::new(),
        }
    }

    /// Takes the layout of a profile's point.
    pub fn of(point: &Point, device: &ModbusSettings) -> Self {
        Layout {
            value_type: point.value_type,
            word_order: point.word_order.unwrap_or(device.word_order),
            byte_order: device.byte_order,
            scale: point.scale,
            mask: point.mask,
            shift: point.shift.unwrap_or(0),
            absent: point.absent.clone(),
        }
    }
}

/// Why a value does not fit registers.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ValueError {
    /// The number of registers is no multiple of what a value takes.
    #[error("{registers} registers are no whole number of values of {each}")]
    Length {
        /// What there is.
        registers: usize,
        /// What one value takes.
        each: u16,
    },
    /// The value is outside the type.
    #[error("{value} does not fit {value_type:?}: {least} to {most}")]
    Range {
        /// The value before scaling was undone.
        value: f64,
        /// The type.
        value_type: ValueType,
        /// Least value.
        least: f64,
        /// Largest value.
        most: f64,
    },
    /// A digit is above 9.
    #[error("{0:#06X} is no binary coded decimal")]
    Bcd(u16),
    /// It is not written as a number.
    #[error("`{0}` is no number")]
    NotANumber(String),
}

/// Reads all values that stand in these words; a string takes them all.
///
/// # Errors
/// When the words are no whole number of values, or no BCD digits.
pub fn decode(words: &[u16], layout: &Layout) -> Result<Vec<Value>, ValueError> {
    if layout.value_type == ValueType::String {
        return Ok(vec![text(words, layout.byte_order)]);
    }
    let each = layout.value_type.registers();
    if words.is_empty() || !words.len().is_multiple_of(usize::from(each)) {
        return Err(ValueError::Length { registers: words.len(), each });
    }
    words.chunks_exact(usize::from(each)).map(|words| decode_one(words, layout)).collect()
}

fn decode_one(words: &[u16], layout: &Layout) -> Result<Value, ValueError> {
    let raw = gather(words, layout);
    if layout.absent.contains(&raw) {
        return Ok(Value::Absent);
    }
    let raw = (raw & layout.mask.unwrap_or(u64::MAX)) >> layout.shift;
    let integer = match layout.value_type {
        ValueType::I16 => i128::from((raw as u16).cast_signed()),
        ValueType::I32 => i128::from((raw as u32).cast_signed()),
        ValueType::I64 => i128::from(raw.cast_signed()),
        ValueType::Bcd => i128::from(bcd(raw as u16)?),
        ValueType::F32 => return Ok(float(widened(f32::from_bits(raw as u32)), layout.scale)),
        ValueType::F64 => return Ok(float(f64::from_bits(raw), layout.scale)),
        _ => i128::from(raw),
    };
    Ok(if layout.scale == 1.0 {
        Value::Integer(integer)
    } else {
        Value::Number(scaled(integer as f64, layout.scale))
    })
}

/// Multiplies, without the digits that binary fractions leave behind: 16000 · 0.001 is 16.
fn scaled(raw: f64, scale: f64) -> f64 {
    let inverse = (1.0 / scale).round();
    if inverse >= 1.0 && (inverse * scale - 1.0).abs() < 1e-12 { raw / inverse } else { raw * scale }
}

/// Returns the double that is written like the single: 16.1, not 16.100000381469727.
fn widened(single: f32) -> f64 {
    if single.is_finite() {
        single.to_string().parse().unwrap_or(f64::from(single))
    } else {
        f64::from(single)
    }
}

fn float(raw: f64, scale: f64) -> Value {
    if raw.is_nan() { Value::Absent } else { Value::Number(scaled(raw, scale)) }
}

fn gather(words: &[u16], layout: &Layout) -> u64 {
    let put = |raw: u64, word: &u16| {
        let word = if layout.byte_order == ByteOrder::Little { word.swap_bytes() } else { *word };
        raw << 16 | u64::from(word)
    };
    match layout.word_order {
        WordOrder::Big => words.iter().fold(0, put),
        WordOrder::Little => words.iter().rev().fold(0, put),
    }
}

fn spread(raw: u64, layout: &Layout) -> Vec<u16> {
    let count = layout.value_type.registers();
    let mut words: Vec<u16> = (0..count).rev().map(|word| (raw >> (16 * word)) as u16).collect();
    if layout.word_order == WordOrder::Little {
        words.reverse();
    }
    if layout.byte_order == ByteOrder::Little {
        words.iter_mut().for_each(|word| *word = word.swap_bytes());
    }
    words
}

fn bcd(word: u16) -> Result<u16, ValueError> {
    (0..4).rev().try_fold(0_u16, |number, digit| match word >> (4 * digit) & 0xF {
        digit @ 0..=9 => Ok(number * 10 + digit),
        _ => Err(ValueError::Bcd(word)),
    })
}

fn text(words: &[u16], order: ByteOrder) -> Value {
    let bytes: Vec<u8> = words
        .iter()
        .flat_map(|word| if order == ByteOrder::Little { word.to_le_bytes() } else { word.to_be_bytes() })
        .collect();
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    Value::Text(String::from_utf8_lossy(&bytes[..end]).trim_end().to_owned())
}

/// Turns a value in its unit into the words of one value.
///
/// # Errors
/// When the value is outside the type, or is a text where a number belongs.
pub fn encode(value: &Value, layout: &Layout) -> Result<Vec<u16>, ValueError> {
    let number = match value {
        Value::Text(text) if layout.value_type == ValueType::String => {
            return Ok(text_words(text, layout.byte_order));
        }
        Value::Text(text) => return Err(ValueError::NotANumber(text.clone())),
        Value::Absent => return Err(ValueError::NotANumber("-".into())),
        Value::Integer(integer) if layout.scale == 1.0 => return encode_integer(*integer, layout),
        Value::Integer(integer) => *integer as f64,
        Value::Number(number) => *number,
    };
    let raw = scaled(number, 1.0 / layout.scale);
    match layout.value_type {
        ValueType::F32 => Ok(spread(u64::from((raw as f32).to_bits()), layout)),
        ValueType::F64 => Ok(spread(raw.to_bits(), layout)),
        _ if !raw.is_finite() => Err(ValueError::NotANumber(raw.to_string())),
        _ => encode_integer(raw.round() as i128, layout),
    }
}

fn encode_integer(integer: i128, layout: &Layout) -> Result<Vec<u16>, ValueError> {
    let (least, most) = match layout.value_type {
        ValueType::Bool => (0, 1),
        ValueType::U16 | ValueType::Bits | ValueType::String => (0, i128::from(u16::MAX)),
        ValueType::I16 => (i128::from(i16::MIN), i128::from(i16::MAX)),
        ValueType::U32 => (0, i128::from(u32::MAX)),
        ValueType::I32 => (i128::from(i32::MIN), i128::from(i32::MAX)),
        ValueType::U64 => (0, i128::from(u64::MAX)),
        ValueType::I64 => (i128::from(i64::MIN), i128::from(i64::MAX)),
        ValueType::Bcd => (0, 9999),
        ValueType::F32 => return Ok(spread(u64::from((integer as f32).to_bits()), layout)),
        ValueType::F64 => return Ok(spread((integer as f64).to_bits(), layout)),
    };
    // what the mask and the shift leave of the type; a negative number keeps the bits of its sign
    let bits = layout.mask.unwrap_or(u64::MAX) >> layout.shift;
    let most = if layout.value_type == ValueType::Bcd { most } else { most.min(i128::from(bits)) };
    let most = if layout.shift == 0 { most } else { most.min(whole_type(layout.value_type) >> layout.shift) };
    if !(least..=most).contains(&integer) {
        let (value, value_type) = (integer as f64, layout.value_type);
        return Err(ValueError::Range { value, value_type, least: least as f64, most: most as f64 });
    }
    let raw = if layout.value_type == ValueType::Bcd {
        (0..4).fold(0, |bcd, digit| bcd | ((integer as u64 / 10_u64.pow(digit) % 10) << (4 * digit)))
    } else {
        integer as u64
    };
    Ok(spread(raw << layout.shift, layout))
}

fn whole_type(value_type: ValueType) -> i128 {
    (1_i128 << (16 * value_type.registers())) - 1
}

/// Puts the bits that a layout's mask names from one value into another, for registers whose other bits must stay as they are.
/// Without a mask, all are taken from `new`.
pub fn overlay(new: &[u16], old: &[u16], layout: &Layout) -> Vec<u16> {
    let Some(mask) = layout.mask else { return new.to_vec() };
    let mask = spread(mask, layout);
    let each = mask.len().max(1);
    let merged = new.iter().zip(old).enumerate().map(|(at, (new, old))| {
        let mask = mask.get(at % each).copied().unwrap_or(u16::MAX);
        old & !mask | new & mask
    });
    merged.collect()
}

fn text_words(text: &str, order: ByteOrder) -> Vec<u16> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| {
            let pair = [pair[0], pair.get(1).copied().unwrap_or(0)];
            if order == ByteOrder::Little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn types() -> impl Strategy<Value = ValueType> {
        prop::sample::select(vec![
            ValueType::U16,
            ValueType::I16,
            ValueType::U32,
            ValueType::I32,
            ValueType::U64,
            ValueType::I64,
            ValueType::F32,
            ValueType::F64,
        ])
    }

    proptest! {
        #[test]
        fn words_survive_a_round_trip(value_type in types(), words in prop::collection::vec(any::<u16>(), 4), little: bool, swapped: bool) {
            let layout = Layout {
                word_order: if little { WordOrder::Little } else { WordOrder::Big },
                byte_order: if swapped { ByteOrder::Little } else { ByteOrder::Big },
                ..Layout::plain(value_type)
            };
            let words = &words[..usize::from(value_type.registers())];
            let values = decode(words, &layout).unwrap();
            prop_assert_eq!(values.len(), 1);
            if values[0] != Value::Absent {
                prop_assert_eq!(encode(&values[0], &layout).unwrap(), words);
            }
        }

        #[test]
        fn scaled_values_survive_a_round_trip(raw: u32, exponent in 0..4) {
            let layout = Layout { scale: 0.1_f64.powi(exponent), ..Layout::plain(ValueType::U32) };
            let words = [(raw >> 16) as u16, raw as u16];
            let values = decode(&words, &layout).unwrap();
            prop_assert_eq!(encode(&values[0], &layout).unwrap(), words);
        }
    }

    #[test]
    fn device_sheets_read_as_they_are_meant() {
        let milliamperes = Layout { scale: 0.001, ..Layout::plain(ValueType::U32) };
        assert_eq!(decode(&[0, 16_000], &milliamperes), Ok(vec![Value::Number(16.0)]));
        assert_eq!(encode(&Value::Number(16.0), &milliamperes), Ok(vec![0, 16_000]));
        // ABB Terra AC, 0x400C: the state is in the third byte, without its highest bit
        let state = Layout { mask: Some(0x7F00), shift: 8, ..Layout::plain(ValueType::U32) };
        assert_eq!(decode(&[0x0000, 0x8400], &state), Ok(vec![Value::Integer(4)]));
        let low_first = Layout { word_order: WordOrder::Little, ..Layout::plain(ValueType::F32) };
        assert_eq!(decode(&[0x0000, 0x4140], &low_first), Ok(vec![Value::Number(12.0)]));
        assert_eq!(decode(&[0x7FC0, 0], &Layout::plain(ValueType::F32)), Ok(vec![Value::Absent]));
        assert_eq!(decode(&[0x4180, 0xCCCD], &Layout::plain(ValueType::F32)), Ok(vec![Value::Number(16.1)]));
        let missing = Layout { absent: vec![0xFFFF], ..Layout::plain(ValueType::U16) };
        assert_eq!(decode(&[0xFFFF], &missing), Ok(vec![Value::Absent]));
        assert_eq!(decode(&[0x1234], &Layout::plain(ValueType::Bcd)), Ok(vec![Value::Integer(1234)]));
        assert!(decode(&[0x12A4], &Layout::plain(ValueType::Bcd)).is_err());
        assert_eq!(
            decode(&[0x4142, 0x4300], &Layout::plain(ValueType::String)),
            Ok(vec![Value::Text("ABC".into())])
        );
        assert!(encode(&Value::Integer(70_000), &Layout::plain(ValueType::U16)).is_err());
        assert!(decode(&[1, 2, 3], &Layout::plain(ValueType::U32)).is_err());
    }
}
