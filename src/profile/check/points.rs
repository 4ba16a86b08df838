//! Points: that each can be read and written the way it is described.

use super::Check;
use crate::document::Step;
use crate::profile::{Access, ModbusSettings, Point, Table, ValueType, WriteFunctions};

/// Checks every point by itself.
pub(super) fn check_points(check: &mut Check<'_>) {
    let Some(modbus) = check.profile.modbus.clone() else {
        check_endpoint_names(check);
        return;
    };
    for (name, point) in &check.profile.points {
        let point_check = PointCheck { name, point, modbus: &modbus };
        point_check.name(check);
        point_check.table(check);
        point_check.integer_parts(check);
        point_check.scale(check);
        point_check.place(check);
        point_check.block(check);
        point_check.connector_and_model(check);
        point_check.write(check);
    }
}

/// Names of points are unique over metrics and fields, since the sections refer to both alike.
fn check_endpoint_names(check: &mut Check<'_>) {
    let Some(endpoint) = &check.profile.endpoint else { return };
    for name in endpoint.json.keys().filter(|name| endpoint.metrics.contains_key(*name)) {
        let path = ["endpoint".into(), "json".into(), Step::Key(name)];
        check.error_at_key(
            &path,
            "duplicate-name",
            format!("`{name}` is the name of a metric's point already"),
        );
    }
    for name in endpoint.metrics.keys().filter(|name| !is_point_name(name)) {
        bad_name(check, &["endpoint".into(), "metrics".into(), Step::Key(name)], name);
    }
    for name in endpoint.json.keys().filter(|name| !is_point_name(name)) {
        bad_name(check, &["endpoint".into(), "json".into(), Step::Key(name)], name);
    }
    if !endpoint.json.is_empty() && endpoint.json_path.is_none() {
        check.error_at_key(&["endpoint".into(), "json".into()], "missing-key", "`jsonPath` is missing");
    }
}

fn is_point_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !name.ends_with('-')
        && name.len() <= 63
}

fn bad_name(check: &mut Check<'_>, path: &[Step<'_>], name: &str) {
    let message =
        format!("`{name}` can't be the name of a point: use small letters, digits and `-`, a letter first");
    check.error_at_key(path, "wrong-form", message);
}

struct PointCheck<'a> {
    name: &'a str,
    point: &'a Point,
    modbus: &'a ModbusSettings,
}

impl PointCheck<'_> {
    fn at(&self, key: &'static str) -> [Step<'_>; 3] {
        ["points".into(), Step::Key(self.name), key.into()]
    }

    fn name(&self, check: &mut Check<'_>) {
        if !is_point_name(self.name) {
            bad_name(check, &["points".into(), Step::Key(self.name)], self.name);
        }
    }

    fn table(&self, check: &mut Check<'_>) {
        let is_bit = matches!(self.point.table, Table::Coil | Table::Discrete);
        if is_bit != (self.point.value_type == ValueType::Bool) {
            let message = if is_bit {
                "single bits have the type bool"
            } else {
                "registers have no type bool: use bits"
            };
            check.error(&self.at("type"), "wrong-type", message);
        }
        let is_read_only = matches!(self.point.table, Table::Discrete | Table::Input);
        if is_read_only && self.point.access != Access::Read {
            check.error(&self.at("access"), "not-writable", "Modbus has no writing in this table");
        }
        if self.point.word_order.is_some() && self.point.span() == 1 {
            check.error_at_key(&self.at("wordOrder"), "no-use", "one register has no word order");
        }
    }

    /// How many bits the raw integer has; `None` for what is no integer.
    fn bits(&self) -> Option<u32> {
        match self.point.value_type {
            ValueType::U16 | ValueType::I16 | ValueType::Bits | ValueType::Bcd => Some(16),
            ValueType::U32 | ValueType::I32 => Some(32),
            ValueType::U64 | ValueType::I64 => Some(64),
            ValueType::Bool | ValueType::F32 | ValueType::F64 | ValueType::String => None,
        }
    }

    fn integer_parts(&self, check: &mut Check<'_>) {
        let fits = |value: u64| self.bits().is_some_and(|bits| bits == 64 || value >> bits == 0);
        let no_integer = "only whole numbers have bits: the type is none";
        if let Some(mask) = self.point.mask
            && !(fits(mask) && mask != 0)
        {
            let message = match (self.bits(), mask) {
                (None, _) => no_integer.to_owned(),
                (_, 0) => "a mask of 0 leaves nothing".to_owned(),
                (Some(bits), _) => format!("the mask is longer than {bits} bits"),
            };
            check.error(&self.at("mask"), "out-of-range", message);
        } else if self.point.mask.is_some() && self.point.access == Access::Only {
            let message = "some bits of a register can't be written alone: the others must be read first, and `access` is only";
            check.error(&self.at("access"), "no-read-back", message);
        }
        if let Some(shift) = self.point.shift
            && self.bits().is_none_or(|bits| u32::from(shift) >= bits)
        {
            let message = self
                .bits()
                .map_or(no_integer.to_owned(), |bits| format!("a shift must be less than {bits} bits"));
            check.error(&self.at("shift"), "out-of-range", message);
        }
        for (index, value) in self.point.absent.iter().enumerate().filter(|(_, value)| !fits(**value)) {
            let message = format!("no value of this type can be {value:#x}");
            let path = ["points".into(), Step::Key(self.name), "absent".into(), Step::At(index)];
            check.error(&path, "out-of-range", message);
        }
    }

    fn scale(&self, check: &mut Check<'_>) {
        let scale = self.point.scale;
        let is_number =
            !matches!(self.point.value_type, ValueType::Bool | ValueType::String | ValueType::Bits);
        if scale == 0.0 {
            check.error(&self.at("scale"), "out-of-range", "a scale of 0 makes every value 0");
        } else if scale != 1.0 && !is_number {
            check.error(&self.at("scale"), "no-use", "only numbers can be scaled");
        }
        if let Some([least, most]) = self.point.plausible
            && least > most
        {
            check.error(&self.at("plausible"), "out-of-range", format!("{least} is above {most}"));
        }
    }

    fn place(&self, check: &mut Check<'_>) {
        let span = self.point.span();
        let connectors = self.modbus.connectors.max(1);
        let further = u32::from(self.point.stride.unwrap_or(0)) * u32::from(connectors - 1);
        if u32::from(self.point.address) + further + u32::from(span) > 65_536 {
            check.error(&self.at("address"), "out-of-range", "the point goes beyond the last address, 65535");
        }
        let is_register = matches!(self.point.table, Table::Holding | Table::Input);
        if is_register && span > self.modbus.max_read {
            let message = format!(
                "the point takes {span} registers, and the device gives {} in one read",
                self.modbus.max_read
            );
            check.error(&self.at("count"), "out-of-range", message);
        }
    }

    fn block(&self, check: &mut Check<'_>) {
        let Some(block) = self.point.block else { return };
        let (first, last) =
            (u32::from(self.point.address), u32::from(self.point.address) + u32::from(self.point.span()));
        let (from, to) = (u32::from(block.address), u32::from(block.address) + u32::from(block.count));
        if first < from || last > to {
            check.error(&self.at("block"), "out-of-range", "the point is not within its block");
        } else if block.count > self.modbus.max_read {
            let message = format!("the device gives {} registers in one read", self.modbus.max_read);
            check.error(&self.at("block"), "out-of-range", message);
        }
    }

    fn connector_and_model(&self, check: &mut Check<'_>) {
        if self.point.stride.is_some() && self.modbus.connectors <= 1 {
            let message = "`modbus.connectors` must say how many there are";
            check.error_at_key(&self.at("stride"), "missing-key", message);
        }
        if self.point.model.is_some() && self.modbus.sunspec.is_empty() {
            let message = "`modbus.sunspec` must say where the models begin";
            check.error_at_key(&self.at("model"), "missing-key", message);
        }
        if let Some(other) = &self.point.scale_from {
            match check.profile.points.get(other) {
                None => check.error(
                    &self.at("scaleFrom"),
                    "unknown-point",
                    format!("no point is called `{other}`"),
                ),
                Some(factor) if factor.value_type != ValueType::I16 => {
                    check.error(
                        &self.at("scaleFrom"),
                        "wrong-type",
                        format!("`{other}` is no scale factor: its type must be i16"),
                    );
                }
                Some(_) => {}
            }
        }
    }

    fn write(&self, check: &mut Check<'_>) {
        let is_written = self.point.access != Access::Read && self.point.table == Table::Holding;
        if is_written && self.modbus.writes == WriteFunctions::Single && self.point.span() > 1 {
            let message = format!(
                "the point takes {} registers, and the device writes one at a time (function 06)",
                self.point.span()
            );
            check.error(&self.at("access"), "not-writable", message);
        }
    }
}
