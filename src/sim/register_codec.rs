//! How what a point holds becomes registers, and back: the codec of real devices, with what a device's firmware does at the edges.

use super::quantity::{Held, per_base_unit};
use super::register_map::{RegisterMap, Slot, value_span};
use crate::modbus::{self, Layout, Value, ValueError};
use crate::profile::ValueType;

/// Returns the words of one value of a slot; nothing held gives what the device uses for "no value".
pub(super) fn encode(slot: &Slot, map: &RegisterMap, held: Option<&Held>) -> Vec<u16> {
    let layout = Layout::of(&slot.point, &map.settings);
    let plain = Layout { scale: 1.0, ..layout.clone() };
    let mut words = match held {
        Some(Held::Text(text)) => written(&Value::Text(text.clone()), &plain),
        Some(Held::Raw(raw)) => written(&Value::Integer(i128::from(*raw)), &plain),
        Some(Held::Number(number)) => {
            let number = number * per_base_unit(&slot.point.unit) / 10f64.powi(slot.exponent);
            written(&Value::Number(number), &layout)
        }
        None => absent(slot, plain),
    };
    words.resize(usize::from(value_span(&slot.point)), 0);
    words
}

/// Encodes; what does not fit becomes the nearest that does, as in a device's own firmware.
fn written(value: &Value, layout: &Layout) -> Vec<u16> {
    match modbus::encode(value, layout) {
        Ok(words) => words,
        Err(ValueError::Range { value, least, most, .. }) => {
            let nearest = Value::Number(value.clamp(least, most));
            modbus::encode(&nearest, &Layout { scale: 1.0, ..layout.clone() }).unwrap_or_default()
        }
        Err(_) => Vec::new(),
    }
}

fn absent(slot: &Slot, plain: Layout) -> Vec<u16> {
    let bare = Layout { mask: None, shift: 0, ..plain };
    let Some(&raw) = slot.point.absent.first() else {
        let is_float = matches!(slot.point.value_type, ValueType::F32 | ValueType::F64);
        return written(&if is_float { Value::Number(f64::NAN) } else { Value::Integer(0) }, &bare);
    };
    // "no value" is what stands there before anything is made of it
    let value_type = match slot.point.value_type.registers() {
        1 => ValueType::U16,
        2 => ValueType::U32,
        _ => ValueType::U64,
    };
    written(&Value::Integer(i128::from(raw)), &Layout { value_type, ..bare })
}

/// Returns the value of a slot's words in its unit; `None` for text and for "no value".
pub(super) fn decode(slot: &Slot, map: &RegisterMap, words: &[u16]) -> Option<f64> {
    let values = modbus::decode(words, &Layout::of(&slot.point, &map.settings)).ok()?;
    values.first()?.number().map(|number| number * 10f64.powi(slot.exponent))
}
