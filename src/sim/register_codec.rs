//! How what a point holds becomes registers, and back.

use super::quantity::{Held, per_base_unit};
use super::register_map::{RegisterMap, Slot, value_span};
use crate::profile::{ByteOrder, ValueType};

/// Returns the words of one value of a slot; nothing held gives what the device uses for "no value".
pub(super) fn encode(slot: &Slot, map: &RegisterMap, held: Option<&Held>) -> Vec<u16> {
    let point = &slot.point;
    let span = usize::from(value_span(point));
    let raw = match held {
        Some(Held::Text(text)) => return text_words(text, span, map.settings.byte_order),
        Some(Held::Raw(raw)) => *raw,
        Some(Held::Number(number)) => {
            let scale = point.scale * 10f64.powi(slot.exponent);
            raw_of(point.value_type, number * per_base_unit(&point.unit) / scale)
        }
        None => point.absent.first().copied().unwrap_or_else(|| match point.value_type {
            ValueType::F32 => u64::from(f32::NAN.to_bits()),
            ValueType::F64 => f64::NAN.to_bits(),
            _ => 0,
        }),
    };
    let shifted = raw << point.shift.unwrap_or(0);
    words_of(shifted & point.mask.unwrap_or(u64::MAX), span, slot, map)
}

/// Returns the value of a slot's words in its unit; `None` for text.
pub(super) fn decode(slot: &Slot, map: &RegisterMap, words: &[u16]) -> Option<f64> {
    let point = &slot.point;
    if point.value_type == ValueType::String {
        return None;
    }
    let raw = (raw_of_words(words, slot, map) & point.mask.unwrap_or(u64::MAX)) >> point.shift.unwrap_or(0);
    let number = match point.value_type {
        ValueType::I16 => f64::from((raw as u16).cast_signed()),
        ValueType::I32 => f64::from((raw as u32).cast_signed()),
        ValueType::I64 => raw.cast_signed() as f64,
        ValueType::F32 => f64::from(f32::from_bits(raw as u32)),
        ValueType::F64 => f64::from_bits(raw),
        ValueType::Bcd => {
            f64::from((0..4).rev().fold(0u32, |sum, digit| sum * 10 + (raw >> (4 * digit) & 0xF) as u32))
        }
        _ => raw as f64,
    };
    Some(number * point.scale * 10f64.powi(slot.exponent))
}

/// Returns the raw integer of a number; what does not fit becomes the nearest that does, as in a device's own firmware.
fn raw_of(value_type: ValueType, number: f64) -> u64 {
    let rounded = number.round();
    match value_type {
        ValueType::Bool => u64::from(number != 0.0),
        ValueType::U16 | ValueType::Bits | ValueType::String => u64::from(rounded as u16),
        ValueType::I16 => u64::from((rounded as i16).cast_unsigned()),
        ValueType::U32 => u64::from(rounded as u32),
        ValueType::I32 => u64::from((rounded as i32).cast_unsigned()),
        ValueType::U64 => rounded as u64,
        ValueType::I64 => (rounded as i64).cast_unsigned(),
        ValueType::F32 => u64::from((number as f32).to_bits()),
        ValueType::F64 => number.to_bits(),
        ValueType::Bcd => {
            let decimal = (rounded as u16).min(9999);
            (0..4).fold(0, |bcd, digit| bcd | u64::from(decimal / 10u16.pow(digit) % 10) << (4 * digit))
        }
    }
}

fn words_of(raw: u64, span: usize, slot: &Slot, map: &RegisterMap) -> Vec<u16> {
    let mut words: Vec<u16> = (0..span).rev().map(|word| (raw >> (16 * word)) as u16).collect();
    if map.is_little(slot) {
        words.reverse();
    }
    swap_bytes(&mut words, map.settings.byte_order);
    words
}

fn raw_of_words(words: &[u16], slot: &Slot, map: &RegisterMap) -> u64 {
    let mut words = words.to_vec();
    swap_bytes(&mut words, map.settings.byte_order);
    if map.is_little(slot) {
        words.reverse();
    }
    words.into_iter().fold(0, |raw, word| raw << 16 | u64::from(word))
}

fn text_words(text: &str, span: usize, order: ByteOrder) -> Vec<u16> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(span * 2, 0);
    let mut words: Vec<u16> =
        bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    swap_bytes(&mut words, order);
    words
}

fn swap_bytes(words: &mut [u16], order: ByteOrder) {
    if order == ByteOrder::Little {
        words.iter_mut().for_each(|word| *word = word.swap_bytes());
    }
}
