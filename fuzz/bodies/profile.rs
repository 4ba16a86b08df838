//! A text as a profile: it is read or refused, each finding has its place in the text, and what was accepted can be worked with.

use std::collections::BTreeSet;
use std::sync::Arc;

use enmon::document::{Finding, Severity};
use enmon::modbus::{Chain, DeviceMap, Layout, Model, Value, decode, encode, plan_reads};
use enmon::profile::{Expected, Known, ModelIds, Profile, Table, ValueType, read};
use enmon::ui::{Remark, RemarkPlace, render_remarks};

/// Longest text that is tried; the longest profile that comes with the program has a quarter of it.
pub const MOST_BYTES: usize = 64 * 1024;
const FILE: &str = "fuzz.yaml";

pub fn profile(bytes: &[u8]) {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MOST_BYTES)]);
    let (profile, findings) = read(FILE, &text);
    let is_wrong = findings.iter().any(|finding| finding.severity == Severity::Error);
    assert_eq!(
        profile.is_none(),
        is_wrong,
        "a profile is missing exactly when something is wrong: {findings:?}"
    );
    findings.iter().for_each(|finding| stands_in(&text, finding));
    show(&text, &findings);
    if let Some(profile) = profile.map(Arc::new) {
        reads_are_planned(&profile, bytes);
        values_survive(&profile, bytes);
        facts_are_told(&profile);
    }
}

fn stands_in(text: &str, finding: &Finding) {
    assert!(!finding.message.is_empty() && finding.file == FILE, "{finding:?}");
    let Some(place) = finding.place else { return };
    assert!(place.start <= place.end && place.end <= text.len(), "{finding:?} in {} bytes", text.len());
    assert!(text.is_char_boundary(place.start) && text.is_char_boundary(place.end), "{finding:?}");
    assert!(place.line >= 1 && place.column >= 1, "{finding:?}");
    let breaks = text.bytes().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
    assert!(place.line <= breaks + 1, "{finding:?} in {breaks} lines");
}

fn show(text: &str, findings: &[Finding]) {
    let remarks: Vec<Remark<'_>> = findings
        .iter()
        .map(|finding| Remark {
            is_error: finding.severity == Severity::Error,
            code: &finding.code,
            message: &finding.message,
            file: &finding.file,
            text,
            place: finding.place.map(|place| RemarkPlace {
                line: place.line,
                column: place.column,
                start: place.start,
                end: place.end,
            }),
            hint: finding.hint.as_deref(),
            in_brief: false,
        })
        .collect();
    assert_eq!(render_remarks(&remarks).is_empty(), findings.is_empty());
}

/// On each connector, each point that is there is read in exactly one request, which covers it and asks for no more than the device gives.
fn reads_are_planned(profile: &Arc<Profile>, bytes: &[u8]) {
    let settings = profile.modbus.clone().unwrap_or_default();
    for connector in 1..=settings.connectors {
        let map =
            DeviceMap::new(Arc::clone(profile), connector, None).expect("a valid profile has its connectors");
        is_planned(&map);
    }
    // a device may have any models, anywhere
    let ids = profile.points.values().filter_map(|point| point.model.as_ref()).flat_map(ModelIds::ids);
    let mut noise = bytes.iter().cycle();
    let mut word =
        || [(); 2].into_iter().fold(0, |word, ()| word << 8 | u16::from(*noise.next().unwrap_or(&0)));
    let models = ids.map(|&id| Model { id, address: word(), length: word() }).collect();
    if let Ok(map) = DeviceMap::new(Arc::clone(profile), 1, Some(&Chain { base: 0, models })) {
        is_planned(&map);
    }
}

fn is_planned(map: &DeviceMap) {
    let points = &map.profile().points;
    let blocks = plan_reads(map, points.keys().map(String::as_str));
    let mut planned = BTreeSet::new();
    for block in &blocks {
        let end = u32::from(block.address) + u32::from(block.count);
        assert!(block.count >= 1 && end <= 0x1_0000, "{block:?}");
        let is_bit = matches!(block.table, Table::Coil | Table::Discrete);
        assert!(is_bit || block.count <= map.settings().max_read, "{block:?}");
        for name in &block.points {
            let point = map.point(name).expect("what is read is there");
            let point_end = u32::from(point.address) + u32::from(point.span());
            assert!(
                block.table == point.table && block.address <= point.address && point_end <= end,
                "{block:?}, {point:?}"
            );
            assert!(planned.insert(name.as_str()), "{name} is read twice");
        }
    }
    let there: BTreeSet<&str> =
        points.keys().map(String::as_str).filter(|name| map.missing(name).is_none()).collect();
    assert_eq!(planned, there, "{blocks:?}");
}

/// Whatever a device has in the registers of a point has a meaning or an error, and what it means can be written back or is out of range.
fn values_survive(profile: &Profile, bytes: &[u8]) {
    let device = profile.modbus.clone().unwrap_or_default();
    for point in profile.points.values() {
        let layout = Layout::of(point, &device);
        let span = usize::from(point.span());
        let noise = bytes.iter().cycle().take(2 * span).copied().collect::<Vec<u8>>();
        let noise = noise.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
        for words in [vec![0; span], vec![u16::MAX; span], vec![0x8000; span], noise] {
            for value in decode(&words, &layout).unwrap_or_default() {
                assert!(value.to_string().len() <= 1000, "{value:?} is written without end");
                written_back(&value, &layout);
            }
        }
    }
}

fn written_back(value: &Value, layout: &Layout) {
    let Ok(words) = encode(value, layout) else { return };
    let each = usize::from(layout.value_type.registers());
    assert!(layout.value_type == ValueType::String || words.len() == each, "{value:?}: {words:?}");
    let is_plain =
        layout.scale == 1.0 && layout.mask.is_none() && layout.shift == 0 && layout.absent.is_empty();
    if is_plain && layout.value_type != ValueType::String {
        assert_eq!(decode(&words, layout), Ok(vec![value.clone()]));
    }
}

fn facts_are_told(profile: &Profile) {
    assert!(!profile.roles().is_empty());
    let facts = profile.device_facts();
    assert_eq!(facts.modbus, profile.modbus.is_some());
    let connectors = profile.modbus.as_ref().map_or(1, |modbus| modbus.connectors);
    for point in profile.points.values() {
        for connector in 1..=connectors {
            let end = point.address_on(connector).map(|address| u32::from(address) + u32::from(point.span()));
            assert!(end.is_some_and(|end| end <= 0x1_0000), "connector {connector} has no {point:?}");
        }
        let tables = [Table::Coil, Table::Discrete];
        assert!(point.value_type == ValueType::Bool || !tables.contains(&point.table), "{point:?}");
    }
    for condition in &profile.identify {
        let example = condition.example().expect("a condition says something");
        let known = match &example {
            Expected::Number(number) => Known::Number(*number),
            Expected::Text(text) => Known::Text(text),
        };
        assert!(condition.holds(known), "{condition:?} does not hold for its own example");
    }
}
