//! Sections: that the points they refer to are there, can be read or written, and have the right unit.

use super::Check;
use crate::document::{Step, nearest};
use crate::profile::{
    Access, ChargerSection, Expected, Feed, PhaseSwitchSection, Preset, SwitchSection, Table, ValueType,
    WatchdogSection, ZeroLimit,
};
use crate::site::Period;

/// What sections must know of a point, be it a register, a metric, or a field.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    access: Access,
    unit: String,
    values: u16,
    pub(super) kind: Kind,
    wears: bool,
    scale: f64,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number with so many bits when it is whole (`None`: any).
    Number(Option<u32>),
    Text,
    /// A field of JSON may be either.
    Either,
}

/// What is done with a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Read,
    Write,
}

/// Checks the sections.
pub(super) fn check_roles(check: &mut Check<'_>) {
    if let Some(charger) = check.profile.charger.clone() {
        check_charger(check, &charger);
    }
    if let Some(meter) = check.profile.meter.clone() {
        let at = |key| [Step::Key("meter"), Step::Key(key)];
        terminals(check, &at("currents"), &meter.currents, &["A"]);
        terminals(check, &at("voltages"), &meter.voltages, &["V"]);
        terminals(check, &at("powers"), &meter.powers, &["W"]);
        optional(check, &at("power"), &meter.power, &["W"]);
        optional(check, &at("energyImport"), &meter.energy_import, &["kWh"]);
        optional(check, &at("energyExport"), &meter.energy_export, &["kWh"]);
    }
    if let Some(breaker) = check.profile.breaker.clone() {
        let at = |key| [Step::Key("breaker"), Step::Key(key)];
        let state = refer(check, &at("state"), &breaker.state, Use::Read, &[]);
        let keys: Vec<&str> = breaker.map.keys().map(String::as_str).collect();
        state_keys(check, &at("map"), &keys, state.as_ref());
        terminals(check, &at("currents"), &breaker.currents, &["A"]);
        optional(check, &at("fault"), &breaker.fault, &[]);
        optional(check, &at("overload"), &breaker.overload, &[]);
        if let Some(switch) = &breaker.switch {
            check_switch(check, switch);
        }
    }
    if let Some(cabinet) = check.profile.cabinet.clone() {
        let at = |key| [Step::Key("cabinet"), Step::Key(key)];
        optional(check, &at("temperature"), &cabinet.temperature, &["°C"]);
        optional(check, &at("smoke"), &cabinet.smoke, &[]);
        if cabinet.temperature.is_none() && cabinet.smoke.is_none() {
            check.error(
                &["cabinet".into()],
                "missing-key",
                "a cabinet has `temperature` or `smoke`, or both",
            );
        }
    }
    if let Some(solar) = check.profile.solar.clone() {
        refer(check, &["solar".into(), "current".into()], &solar.current, Use::Read, &["A"]);
    }
    if let Some(node) = check.profile.node.clone() {
        for (index, point) in node.currents.iter().enumerate() {
            refer(check, &["node".into(), "currents".into(), index.into()], point, Use::Read, &["A"]);
        }
        optional(check, &["node".into(), "connection".into()], &node.connection, &[]);
    }
}

fn check_charger(check: &mut Check<'_>, charger: &ChargerSection) {
    let at = |key| [Step::Key("charger"), Step::Key(key)];
    terminals(check, &at("currents"), &charger.currents, &["A"]);
    terminals(check, &at("voltages"), &charger.voltages, &["V"]);
    optional(check, &at("power"), &charger.power, &["W"]);
    optional(check, &at("energy"), &charger.energy, &["kWh"]);
    let in_state = |key| [Step::Key("charger"), Step::Key("state"), Step::Key(key)];
    let state = refer(check, &in_state("point"), &charger.state.point, Use::Read, &[]);
    let keys: Vec<&str> = charger.state.map.keys().map(String::as_str).collect();
    state_keys(check, &in_state("map"), &keys, state.as_ref());
    for (index, typical) in charger.state.typical.iter().enumerate() {
        let is_there = charger.state.map.keys().any(|key| match typical {
            Expected::Number(number) => state_key(key).map(|key| key as f64) == Some(*number),
            Expected::Text(text) => text == key,
        });
        if !is_there {
            let path = ["charger".into(), "state".into(), "typical".into(), Step::At(index)];
            check.error(&path, "unknown-state", "this is not in the state's `map`");
        }
    }
    if let Some(plugged) = &charger.state.plugged {
        let in_plugged =
            |key| [Step::Key("charger"), Step::Key("state"), Step::Key("plugged"), Step::Key(key)];
        let facts = refer(check, &in_plugged("point"), &plugged.point, Use::Read, &[]);
        if plugged.mask == 0 {
            check.error(&in_plugged("mask"), "out-of-range", "a mask of 0 says nothing");
        } else if plugged.typical.is_some_and(|typical| typical & plugged.mask != plugged.mask) {
            check.error(&in_plugged("typical"), "out-of-range", "this lacks bits of the mask");
        } else if facts.is_some_and(|facts| facts.kind == Kind::Text) {
            check.error(&in_plugged("point"), "wrong-type", format!("`{}` has no bits", plugged.point));
        }
    }
    check_limit(check, charger);
    if let Some(switch) = &charger.phase_switch {
        check_phase_switch(check, switch);
    }
    for (index, preset) in charger.enable.iter().enumerate() {
        check_preset(check, &["charger".into(), "enable".into(), index.into()], preset);
    }
    if let Some(watchdog) = &charger.watchdog {
        check_watchdog(check, watchdog);
    }
}

fn check_limit(check: &mut Check<'_>, charger: &ChargerSection) {
    let at = |key| [Step::Key("charger"), Step::Key("limit"), Step::Key(key)];
    let limit = &charger.limit;
    if let Some(facts) = refer(check, &at("point"), &limit.point, Use::Write, &["A"]) {
        if facts.wears {
            let message = format!("`{}` wears out: it can't take a limit every few seconds", limit.point);
            check.error(&at("point"), "wears-out", message);
        }
        if facts.access == Access::Only && charger.offered.is_none() {
            let message =
                format!("`{}` can't be read, and `offered` names no other point to read back", limit.point);
            check.error(&at("point"), "no-read-back", message);
        }
        if facts.values != 1 {
            check.error(&at("point"), "wrong-type", format!("`{}` is more than one value", limit.point));
        }
        if matches!(facts.kind, Kind::Number(Some(_))) && limit.resolution < facts.scale.abs() * 0.999 {
            let message =
                format!("steps of {} A are finer than the register's {} A", limit.resolution, facts.scale);
            check.error(&at("resolution"), "out-of-range", message);
        }
    }
    optional(check, &["charger".into(), "offered".into()], &charger.offered, &["A"]);
    if limit.zero != ZeroLimit::Pauses && limit.pause.is_empty() {
        check.error(&at("zero"), "no-pause", "0 A does not pause the charger, and `pause` says no other way");
    }
    optional(check, &at("accepted"), &limit.accepted, &[]);
    for (key, presets) in [("pause", &limit.pause), ("resume", &limit.resume)] {
        for (index, preset) in presets.iter().enumerate() {
            let path = ["charger".into(), "limit".into(), key.into(), index.into()];
            let facts = check_preset(check, &path, preset);
            refuse_wear(check, &path, &preset.point, facts.as_ref());
        }
    }
}

fn check_phase_switch(check: &mut Check<'_>, switch: &PhaseSwitchSection) {
    let at = |key| [Step::Key("charger"), Step::Key("phaseSwitch"), Step::Key(key)];
    refer(check, &at("point"), &switch.point, Use::Write, &[]);
    refer(check, &at("point"), &switch.point, Use::Read, &[]);
    if (switch.one - switch.three).abs() < 1e-9 {
        check.error(&at("three"), "out-of-range", "the same value can't mean one phase and three");
    }
}

fn check_switch(check: &mut Check<'_>, switch: &SwitchSection) {
    let at = |key| [Step::Key("breaker"), Step::Key("switch"), Step::Key(key)];
    refer(check, &at("point"), &switch.point, Use::Write, &[]);
    if (switch.open - switch.close).abs() < 1e-9 {
        check.error(&at("close"), "out-of-range", "the same value can't open and close a breaker");
    }
    let endpoint = check.profile.endpoint.as_ref();
    if endpoint.is_some_and(|endpoint| endpoint.breaker_path.is_none()) {
        check.error(&at("point"), "missing-key", "`endpoint.breakerPath` is missing");
    }
}

fn check_preset(check: &mut Check<'_>, path: &[Step<'_>], preset: &Preset) -> Option<Facts> {
    refer(check, &[path, &[Step::Key("point")]].concat(), &preset.point, Use::Write, &[])
}

/// Refuses a point in memory that wears out where the controller writes again and again.
fn refuse_wear(check: &mut Check<'_>, path: &[Step<'_>], point: &str, facts: Option<&Facts>) {
    if facts.is_some_and(|facts| facts.wears) {
        let message = format!("`{point}` wears out: it can't be written again and again");
        check.error(&[path, &[Step::Key("point")]].concat(), "wears-out", message);
    }
}

fn check_watchdog(check: &mut Check<'_>, watchdog: &WatchdogSection) {
    let at = |key| [Step::Key("charger"), Step::Key("watchdog"), Step::Key(key)];
    if watchdog.default == Period::from_millis(0) {
        check.error(&at("default"), "out-of-range", "a watchdog of 0 would bite all the time");
    }
    let times: &[&str] = &["s", "ms"];
    if let Some(point) = &watchdog.timeout {
        let facts = refer(check, &at("timeout"), point, Use::Write, times);
        if facts.is_some_and(|facts| facts.access == Access::Only) && watchdog.timeout_read.is_none() {
            let message =
                format!("`{point}` can't be read, and `timeoutRead` names no other point to read back");
            check.error(&at("timeout"), "no-read-back", message);
        }
    }
    optional(check, &at("timeoutRead"), &watchdog.timeout_read, times);
    if let Some(point) = &watchdog.failsafe {
        refer(check, &at("failsafe"), point, Use::Write, &["A"]);
    }
    optional(check, &at("failsafeRead"), &watchdog.failsafe_read, &["A"]);
    optional(check, &at("remaining"), &watchdog.remaining, times);
    if watchdog.feed == Feed::Timeout && watchdog.timeout.is_none() {
        check.error(&at("feed"), "missing-key", "`timeout` must name the point that is written again");
    }
    if let (Feed::Timeout, Some(point)) = (&watchdog.feed, &watchdog.timeout)
        && check.profile.points.get(point).is_some_and(|point| point.wears)
    {
        let message = format!("`{point}` wears out: it can't be written again every few seconds");
        check.error(&at("timeout"), "wears-out", message);
    }
    if let Feed::LifeBit { point, every, .. } = &watchdog.feed {
        let in_feed = |key| {
            [
                Step::Key("charger"),
                Step::Key("watchdog"),
                Step::Key("feed"),
                Step::Key("lifeBit"),
                Step::Key(key),
            ]
        };
        let facts = refer(check, &in_feed("point"), point, Use::Write, &[]);
        refuse_wear(check, &in_feed("point")[..4], point, facts.as_ref());
        if *every == Period::from_millis(0) || *every > watchdog.default {
            let message = format!("every {every} does not keep a watchdog of {} quiet", watchdog.default);
            check.error(&in_feed("every"), "out-of-range", message);
        }
    }
}

fn optional(check: &mut Check<'_>, path: &[Step<'_>], point: &Option<String>, units: &[&str]) {
    if let Some(point) = point {
        refer(check, path, point, Use::Read, units);
    }
}

/// Checks the points of terminals 1, 2, 3: up to three values in all.
fn terminals(check: &mut Check<'_>, path: &[Step<'_>], points: &[String], units: &[&str]) {
    let mut values = 0;
    let mut is_known = true;
    for (index, point) in points.iter().enumerate() {
        match refer(check, &[path, &[Step::At(index)]].concat(), point, Use::Read, units) {
            Some(facts) => values += facts.values,
            None => is_known = false,
        }
    }
    if is_known && values > 3 {
        check.error(path, "out-of-range", format!("these are {values} values; there are three terminals"));
    }
}

/// Finds a point, and reports one that is missing or can't be used so.
pub(super) fn refer(
    check: &mut Check<'_>,
    path: &[Step<'_>],
    name: &str,
    how: Use,
    units: &[&str],
) -> Option<Facts> {
    let Some(facts) = facts_of(check, name) else {
        let known = known_points(check);
        let hint = match nearest(name, known.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known points: {}", known.join(", ")),
        };
        check.error_with_hint(path, "unknown-point", format!("no point is called `{name}`"), hint);
        return None;
    };
    match how {
        Use::Write if facts.access == Access::Read => {
            check.error(path, "not-writable", format!("`{name}` can't be written: its access is read"));
        }
        Use::Read if facts.access == Access::Only => {
            check.error(path, "not-readable", format!("`{name}` can't be read: its access is only (write)"));
        }
        _ => {}
    }
    if !units.is_empty() && !units.contains(&facts.unit.as_str()) {
        let is =
            if facts.unit.is_empty() { "no unit".to_owned() } else { format!("the unit {}", facts.unit) };
        check.error(path, "wrong-unit", format!("`{name}` has {is}; it must be {}", units.join(" or ")));
    }
    Some(facts)
}

fn facts_of(check: &Check<'_>, name: &str) -> Option<Facts> {
    if let Some(point) = check.profile.points.get(name) {
        let kind = match point.value_type {
            ValueType::String => Kind::Text,
            ValueType::F32 | ValueType::F64 => Kind::Number(None),
            ValueType::Bool => Kind::Number(Some(1)),
            ValueType::U16 | ValueType::I16 | ValueType::Bits | ValueType::Bcd => Kind::Number(Some(16)),
            ValueType::U32 | ValueType::I32 => Kind::Number(Some(32)),
            ValueType::U64 | ValueType::I64 => Kind::Number(Some(64)),
        };
        let is_read_only = matches!(point.table, Table::Discrete | Table::Input);
        return Some(Facts {
            access: if is_read_only { Access::Read } else { point.access },
            unit: point.unit.clone(),
            values: if kind == Kind::Text { 1 } else { point.count },
            kind,
            wears: point.wears,
            scale: point.scale,
        });
    }
    let endpoint = check.profile.endpoint.as_ref()?;
    let plain = |access, unit: &str, kind| Facts {
        access,
        unit: unit.to_owned(),
        values: 1,
        kind,
        wears: false,
        scale: 1.0,
    };
    if let Some(metric) = endpoint.metrics.get(name) {
        return Some(plain(Access::Read, &metric.unit, Kind::Number(None)));
    }
    endpoint.json.get(name).map(|field| plain(field.access, &field.unit, Kind::Either))
}

fn known_points(check: &Check<'_>) -> Vec<String> {
    let endpoint = check.profile.endpoint.iter();
    let of_endpoint = endpoint.flat_map(|endpoint| endpoint.metrics.keys().chain(endpoint.json.keys()));
    check.profile.points.keys().chain(of_endpoint).cloned().collect()
}

/// Keys of a state map are whole numbers, decimal or `0x…`, unless the point is a text.
fn state_keys(check: &mut Check<'_>, path: &[Step<'_>], keys: &[&str], facts: Option<&Facts>) {
    if keys.is_empty() {
        check.error(path, "empty", "this table maps nothing");
    }
    let Some(facts) = facts else { return };
    let Kind::Number(bits) = facts.kind else { return };
    let mut seen: Vec<(u64, &str)> = Vec::new();
    for key in keys {
        let at = [path, &[Step::Key(key)]].concat();
        match state_key(key) {
            None => check.error_at_key(
                &at,
                "wrong-form",
                format!("`{key}` is no whole number, and the point is no text"),
            ),
            Some(value) if bits.is_some_and(|bits| bits < 64 && value >> bits != 0) => {
                check.error_at_key(&at, "out-of-range", format!("the point can't have the value {key}"));
            }
            Some(value) => match seen.iter().find(|(other, _)| *other == value) {
                Some((_, other)) => {
                    check.error_at_key(
                        &at,
                        "duplicate-key",
                        format!("`{key}` is the same value as `{other}`"),
                    );
                }
                None => seen.push((value, key)),
            },
        }
    }
}

/// Reads a key of a state map as a raw value: decimal, or hexadecimal with `0x`.
pub fn state_key(key: &str) -> Option<u64> {
    match key.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => key.parse().ok(),
    }
}
