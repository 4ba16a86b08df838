//! Which profile a device may be of: read the points of each, and see how many are there and make sense. Reading stops early where a
//! device has not what the profile says.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::ScanError;
use super::journal::{Answer, Question};
use super::probe::Probe;
use crate::modbus::sunspec::Chain;
use crate::modbus::{Block, DeviceMap, Exception, Value, decode, plan_reads};
use crate::profile::{Access, Condition, Expected, Known, PilotState, Point, Profile, state_key};

/// A profile that a unit may be of.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Guess {
    /// Name of the profile.
    pub profile: String,
    /// Maker.
    pub vendor: String,
    /// Model.
    pub model: String,
    /// Do all conditions hold by which the profile tells its device? `false` also when it has none.
    pub identified: bool,
    /// Is one of them a value, such as a maker's code, and not only a range? An Eastron SDM72 has the registers of an SDM630 and a code
    /// beside: it is told by the code.
    #[serde(skip)]
    pub by_value: bool,
    /// How well it fits, 0 to 1.
    pub score: f64,
    /// Points that can be read, as the profile says.
    pub points: usize,
    /// Points that were read.
    pub read: usize,
    /// Points that were read and make sense.
    pub plausible: usize,
    /// Why.
    pub why: Vec<String>,
}

/// Points that have been asked for; `None`: they can't be read.
pub(super) type Found = BTreeMap<String, Option<Vec<u16>>>;

/// Says which profiles may fit, the best first.
pub(super) fn rank(mut guesses: Vec<(Guess, bool)>) -> Vec<Guess> {
    // of profiles that fit equally well, the one whose device comes with this unit id
    guesses.sort_by(|(a, a_unit), (b, b_unit)| {
        let better = |one: &Guess| (one.identified, one.by_value, one.score);
        better(b)
            .partial_cmp(&better(a))
            .unwrap_or(std::cmp::Ordering::Equal)
            .then(b_unit.cmp(a_unit))
            .then(a.profile.cmp(&b.profile))
    });
    guesses.into_iter().map(|(guess, _)| guess).collect()
}

/// Fits a profile to a device with these SunSpec models. `None`: it has nothing of what the profile is about.
pub(super) fn fit(profile: &Profile, chain: Option<&Chain>) -> Option<DeviceMap> {
    let map = DeviceMap::new(Arc::new(profile.clone()), 1, chain).ok()?;
    let is_something = readable(&map).next().is_some();
    is_something.then_some(map)
}

/// The points that can be read on a device, as far as the profile knows.
pub(super) fn readable(map: &DeviceMap) -> impl Iterator<Item = (&str, &Point)> {
    let points = map.profile().points.iter();
    points
        .filter(|(name, point)| point.access != Access::Only && map.missing(name).is_none())
        .map(|(name, point)| (name.as_str(), point))
}

/// Reads the points of a profile, as long as it may still fit.
pub(super) async fn read(probe: &mut Probe<'_>, unit: u8, map: &DeviceMap) -> Result<Found, ScanError> {
    let points = readable(map).count();
    let mut found = Found::new();
    let mut blocks = plan_reads(map, readable(map).map(|(name, _)| name));
    // what tells the device comes first: most profiles are done with after one read
    let tells = |block: &Block| {
        map.profile().identify.iter().any(|condition| block.points.contains(&condition.point))
    };
    blocks.reverse();
    blocks.sort_by_key(tells);
    while let Some(block) = blocks.pop() {
        if is_hopeless(&found, points) || is_another(map, &found) {
            break;
        }
        let question = Question { unit, table: block.table, address: block.address, count: block.count };
        match probe.ask(question).await? {
            Answer::Refused(Exception::IllegalDataAddress | Exception::IllegalDataValue)
                if block.points.len() > 1 && !block.whole =>
            {
                blocks.extend(alone(&block, map));
            }
            answer => take(&mut found, &block, map, answer.words()),
        }
    }
    Ok(found)
}

/// Takes a block apart: each point gets a read of its own.
fn alone(block: &Block, map: &DeviceMap) -> Vec<Block> {
    let points = block.points.iter().rev().filter_map(|name| Some((name, map.point(name)?)));
    points
        .map(|(name, point)| Block {
            table: point.table,
            address: point.address,
            count: point.span(),
            points: vec![name.clone()],
            whole: false,
        })
        .collect()
}

fn take(found: &mut Found, block: &Block, map: &DeviceMap, words: Option<&[u16]>) {
    for name in &block.points {
        let words = words.and_then(|words| {
            let point = map.point(name)?;
            let from = usize::from(point.address.checked_sub(block.address)?);
            words.get(from..from + usize::from(point.span())).map(<[u16]>::to_vec)
        });
        found.insert(name.clone(), words);
    }
}

/// More than half of the points are not there: whatever the rest is, it is another device.
fn is_hopeless(found: &Found, points: usize) -> bool {
    found.values().filter(|words| words.is_none()).count() * 2 > points
}

/// A condition by which the profile tells its device does not hold, or can't be looked at.
fn is_another(map: &DeviceMap, found: &Found) -> bool {
    map.profile().identify.iter().any(|condition| match found.get(&condition.point) {
        None => false,
        Some(None) => true,
        // a scale factor may still be to come
        Some(Some(words)) => {
            decoded(map, &condition.point, words, found).is_some_and(|values| !holds(condition, &values))
        }
    })
}

fn holds(condition: &Condition, values: &[Value]) -> bool {
    !values.is_empty() && values.iter().all(|value| known(value).is_some_and(|is| condition.holds(is)))
}

/// How much a point says for a profile.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Sense {
    /// It makes sense, and so much weight goes with it: 0 is found everywhere, and a number without a range may be anything.
    Makes(f64),
    MakesNone,
}

/// Judges what was read. `None`: it is another device.
pub(super) fn judge(map: &DeviceMap, found: &Found) -> Option<Guess> {
    let profile = map.profile();
    let points = readable(map).count();
    let values: BTreeMap<&str, Option<Vec<Value>>> = found
        .iter()
        .filter_map(|(name, words)| Some((name.as_str(), decoded(map, name, words.as_ref()?, found))))
        .collect();
    let mut why = Vec::new();
    for condition in &profile.identify {
        let of_point = values.get(condition.point.as_str()).and_then(Option::as_ref)?;
        if !holds(condition, of_point) {
            return None;
        }
        why.push(in_words(condition));
    }
    let mut weight = 0.0;
    let (mut plausible, mut odd) = (0, Vec::new());
    for (name, values) in &values {
        match values.as_ref().map_or(Sense::MakesNone, |values| sense(profile, name, values)) {
            Sense::Makes(part) => {
                weight += part;
                plausible += 1;
            }
            Sense::MakesNone => odd.push(*name),
        }
    }
    let identified = !profile.identify.is_empty();
    // a device of nothing but zeros is of any profile
    if plausible * 2 < points || points == 0 || (weight < 1.0 && !identified) {
        return None;
    }
    why.insert(0, format!("{plausible} of {points} points read and plausible"));
    if !odd.is_empty() {
        let more = if odd.len() > 3 { " …" } else { "" };
        odd.truncate(3);
        why.push(format!("implausible: {}{more}", odd.join(", ")));
    }
    // many points say more than few: two more that did not fit are thought of
    let score = (weight / (points as f64 + 2.0) * 100.0).round() / 100.0;
    Some(Guess {
        profile: profile.name.clone(),
        vendor: profile.vendor.clone(),
        model: profile.model.clone(),
        identified,
        by_value: profile.identify.iter().any(Condition::is_exact),
        score,
        points,
        read: values.len(),
        plausible,
        why,
    })
}

/// Reads the values of a point, with the scale factor that was read beside it. `None`: they make no sense in their type.
fn decoded(map: &DeviceMap, name: &str, words: &[u16], found: &Found) -> Option<Vec<Value>> {
    let point = map.point(name)?;
    let factor = point.scale_from.as_ref().and_then(|factor| {
        let words = found.get(factor)?.as_ref()?;
        decode(words, &map.layout(map.point(factor)?, None)?).ok()?.pop()
    });
    decode(words, &map.layout(point, factor.as_ref())?).ok()
}

fn known(value: &Value) -> Option<Known<'_>> {
    match value {
        Value::Text(text) => Some(Known::Text(text)),
        value => value.number().map(Known::Number),
    }
}

fn in_words(condition: &Condition) -> String {
    let point = &condition.point;
    match condition {
        Condition { equals: Some(Expected::Number(number)), .. } => format!("{point} is {number}"),
        Condition { equals: Some(Expected::Text(text)), .. } => format!("{point} is {text}"),
        Condition { starts_with: Some(text), .. } => format!("{point} begins with {text}"),
        Condition { within: Some([least, most]), .. } => format!("{point} is between {least} and {most}"),
        _ => point.clone(),
    }
}

fn sense(profile: &Profile, name: &str, values: &[Value]) -> Sense {
    let states = profile.charger.as_ref().filter(|charger| charger.state.point == name);
    let mut weight: f64 = 0.0;
    for value in values {
        let one = match (value, states) {
            (Value::Absent, _) => Sense::Makes(0.25),
            (value, Some(charger)) if !is_state(value, &charger.state.map) => Sense::MakesNone,
            (_, Some(_)) => Sense::Makes(1.0),
            (Value::Text(text), None) => sense_of_text(text),
            (value, None) => {
                let plausible = profile.points.get(name).and_then(|point| point.plausible);
                value.number().map_or(Sense::MakesNone, |number| sense_of_number(number, plausible))
            }
        };
        match one {
            Sense::Makes(part) => weight = weight.max(part),
            Sense::MakesNone => return Sense::MakesNone,
        }
    }
    Sense::Makes(weight)
}

fn is_state(value: &Value, map: &BTreeMap<String, PilotState>) -> bool {
    match value {
        Value::Text(text) => {
            let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
            map.keys().any(|key| !key.is_empty() && text.starts_with(key.as_str()))
        }
        value => value.number().is_some_and(|number| {
            map.keys().filter_map(|key| state_key(key)).any(|key| (number - key as f64).abs() < 1e-6)
        }),
    }
}

fn sense_of_text(text: &str) -> Sense {
    let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
    match text {
        "" => Sense::Makes(0.25),
        text if text.chars().any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER) => Sense::MakesNone,
        _ => Sense::Makes(1.0),
    }
}

fn sense_of_number(number: f64, plausible: Option<[f64; 2]>) -> Sense {
    match plausible {
        Some([least, most]) if !(least..=most).contains(&number) => Sense::MakesNone,
        // what words in the wrong order make of a float
        _ if !number.is_finite() || number.abs() > 1e12 || (number != 0.0 && number.abs() < 1e-9) => {
            Sense::MakesNone
        }
        Some(_) if number != 0.0 => Sense::Makes(1.0),
        None if number == 0.0 => Sense::Makes(0.25),
        _ => Sense::Makes(0.5),
    }
}
