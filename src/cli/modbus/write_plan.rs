//! What a write would put into which registers, and what speaks against it. Nothing is sent here.

use super::item::{Item, integer, table_name};
use super::target::usage;
use crate::error::Result;
use crate::modbus::{Value, encode};
use crate::profile::{Access, Table, ValueType};

/// A write that has been thought through.
#[derive(Debug, Clone)]
pub(super) struct WritePlan {
    pub(super) item: Item,
    /// What goes into the registers; for bits 0 or 1.
    pub(super) words: Vec<u16>,
    /// Values that the profile does not hold for plausible, and why.
    pub(super) implausible: Vec<String>,
}

/// Turns what was typed into words.
///
/// # Errors
/// When the place can't be written, or the values don't fit it.
pub(super) fn plan(mut item: Item, typed_values: &[String]) -> Result<WritePlan> {
    refuse_read_only(&item)?;
    if typed_values.is_empty() {
        return Err(usage(format!("VALUE is missing: what is to be written to {}?", item.label())));
    }
    let mut words = Vec::new();
    let mut implausible = Vec::new();
    for text in typed_values {
        let value = typed(text, item.layout.value_type, item.layout.scale).map_err(usage)?;
        implausible.extend(implausibility(&item, &value));
        let encoded = encode(&value, &item.layout).map_err(|error| usage(format!("{text}: {error}")))?;
        words.extend(encoded);
    }
    match item.point {
        Some(_) => fit_point(&item, typed_values.len(), &mut words)?,
        None => {
            if words.is_empty() || usize::from(item.register) + words.len() > 0x1_0000 {
                let what = "there are no registers above 65535, and a text of no characters needs none";
                return Err(usage(what));
            }
            item.count = words.len() as u16;
        }
    }
    Ok(WritePlan { item, words, implausible })
}

fn refuse_read_only(item: &Item) -> Result<()> {
    if !matches!(item.table, Table::Coil | Table::Holding) {
        let what = format!(
            "the table {} can't be written: only coils and holding registers can, the others are read only",
            table_name(item.table)
        );
        return Err(usage(what));
    }
    if item.access == Access::Read {
        let what = format!("{} is read only, as the profile says", item.label());
        return Err(usage(what).hint(format!(
            "if the profile is wrong there, name the register: {} {:#06X}",
            table_name(item.table),
            item.register
        )));
    }
    Ok(())
}

/// A point is written whole, with all its values; a short text is filled up with zeros.
fn fit_point(item: &Item, values: usize, words: &mut Vec<u16>) -> Result<()> {
    let label = item.label();
    if item.layout.value_type == ValueType::String {
        if values > 1 || words.len() > usize::from(item.count) {
            let most = 2 * item.count;
            return Err(usage(format!("{label} takes one text of {most} bytes at the most")));
        }
        words.resize(usize::from(item.count), 0);
        return Ok(());
    }
    let wanted = usize::from(item.count / item.layout.value_type.registers());
    if values != wanted {
        let s = if wanted == 1 { "" } else { "s" };
        return Err(usage(format!("{label} takes {wanted} value{s}, not {values}")));
    }
    Ok(())
}

fn implausibility(item: &Item, value: &Value) -> Option<String> {
    let ([least, most], number) = (item.plausible?, value.number()?);
    let unit = if item.unit.is_empty() { String::new() } else { format!(" {}", item.unit) };
    (!(least..=most).contains(&number)).then(|| {
        format!(
            "{} {number}{unit} is outside what is plausible for it: {least} to {most}{unit}",
            item.label()
        )
    })
}

fn typed(text: &str, value_type: ValueType, scale: f64) -> Result<Value, String> {
    let whole = || integer(text);
    let number = || text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::Number);
    match value_type {
        ValueType::String => Ok(Value::Text(text.to_owned())),
        ValueType::Bool => match text {
            "1" | "on" | "true" => Ok(Value::Integer(1)),
            "0" | "off" | "false" => Ok(Value::Integer(0)),
            _ => Err(format!("`{text}` is neither on nor off")),
        },
        ValueType::F32 | ValueType::F64 => number().ok_or_else(|| format!("`{text}` is no number")),
        // without a scale, a fraction would be lost unseen
        _ if scale == 1.0 => whole()
            .map(Value::Integer)
            .ok_or_else(|| format!("`{text}` is no whole number; is a --scale missing?")),
        _ => whole().map(Value::Integer).or_else(number).ok_or_else(|| format!("`{text}` is no number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_taken_as_the_type_means_it() {
        assert_eq!(typed("0x10", ValueType::U16, 1.0), Ok(Value::Integer(16)));
        assert_eq!(typed("0b101", ValueType::Bits, 1.0), Ok(Value::Integer(5)));
        assert_eq!(typed("-5", ValueType::I16, 1.0), Ok(Value::Integer(-5)));
        assert_eq!(typed("16", ValueType::U32, 0.001), Ok(Value::Integer(16)));
        assert_eq!(typed("16.5", ValueType::U32, 0.001), Ok(Value::Number(16.5)));
        assert_eq!(typed("-1.5e3", ValueType::F32, 1.0), Ok(Value::Number(-1500.0)));
        assert_eq!(typed("off", ValueType::Bool, 1.0), Ok(Value::Integer(0)));
        assert_eq!(typed("off", ValueType::String, 1.0), Ok(Value::Text("off".into())));
        for (text, value_type) in
            [("16.5", ValueType::U16), ("nan", ValueType::F32), ("x", ValueType::U16), ("2", ValueType::Bool)]
        {
            assert!(typed(text, value_type, 1.0).is_err(), "{text} was taken as {value_type:?}");
        }
    }
}
