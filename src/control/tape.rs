//! The tape: every decision with all that it was made of, small enough to be kept for months.
//!
//! ```text
//!   reel:  key frame ─▶ frame ─▶ frame ─▶ …      a key frame holds everything, a frame what has changed since the one before
//! ```
//!
//! A frame holds the memory only where it is not the one that the decision before left behind: at a start, after an order, after a reload.
//! What was decided is kept as the limits that changed and a digest of all of it. When frames are written and deleted is decided in
//! `journal_writer`; what they are good for, in `replay`.

use std::io::{self, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Decision, Reading, Snapshot, State, Time};
use crate::site::Amps;

/// A reel has so many frames at most: five minutes at one decision a second.
const FRAMES: usize = 300;

/// A reel that has grown to this many bytes is followed by another one.
const REEL_BYTES: usize = 1 << 20;

/// The site file in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteText {
    /// Its path, as it was when it was read.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl SiteText {
    /// Returns the digest of the text: tells two files apart, and is no proof against somebody who wants them to look alike.
    pub fn fingerprint(&self) -> String {
        let mut fnv = Fnv::new();
        fnv.add(self.text.as_bytes());
        format!("{:016x}", fnv.0)
    }
}

/// A decision with all that it was made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Taped {
    /// Number of the cycle.
    pub cycle: u64,
    /// The site file in force; another file is another `Arc`.
    pub file: Arc<SiteText>,
    /// What was known of the plant.
    pub snapshot: Snapshot,
    /// The memory that it began with.
    pub before: State,
    /// What was decided.
    pub decision: Arc<Decision>,
}

/// A limit as it was decided.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TapedLimit {
    /// Amperes.
    pub amps: Amps,
    /// What it is to become.
    pub target: Amps,
}

/// One decision on the tape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// When it was made.
    pub at: Time,
    /// Number of the cycle.
    pub cycle: u64,
    /// Does it hold everything?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_key: bool,
    /// The memory, where it is not what the decision before left behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// What has changed in the snapshot.
    changes: SnapshotChanges,
    /// Limits that have changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    limits: Vec<(u32, TapedLimit)>,
    /// Digest of the decision.
    pub digest: u64,
}

/// What has become of a reading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Change<T> {
    /// There is none any more.
    #[serde(rename = "g")]
    Gone(u32),
    /// The device said the same again.
    #[serde(rename = "a")]
    Again(u32, Time),
    /// It said something else.
    #[serde(rename = "n")]
    New(u32, Reading<T>),
}

/// What has changed from one snapshot to the next.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct SnapshotChanges {
    /// How many there are of each; of a key frame only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sizes: Vec<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    meters: Vec<Change<super::MeterReading>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    chargers: Vec<Change<super::ChargerReading>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    breakers: Vec<Change<super::BreakerReading>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cabinets: Vec<Change<super::CabinetReading>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    solar: Vec<Change<super::SolarReading>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    endpoints: Vec<Change<super::EndpointReading>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ceilings: Vec<(u32, Option<Amps>)>,
}

impl SnapshotChanges {
    fn between(before: &Snapshot, after: &Snapshot, is_key: bool) -> Self {
        // whoever adds a field to the snapshot adds it to the tape
        let Snapshot { meters, chargers, breakers, cabinets, solar, endpoints, ceilings } = after;
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let sizes = [
            meters.len(),
            chargers.len(),
            breakers.len(),
            cabinets.len(),
            solar.len(),
            endpoints.len(),
            ceilings.len(),
        ];
        let ceilings = ceilings.iter().enumerate().filter(|(index, ceiling)| {
            before.ceilings.get(*index).copied().flatten().map(bits) != ceiling.map(bits)
        });
        SnapshotChanges {
            sizes: if is_key { sizes.map(count).to_vec() } else { Vec::new() },
            meters: changes(&before.meters, meters),
            chargers: changes(&before.chargers, chargers),
            breakers: changes(&before.breakers, breakers),
            cabinets: changes(&before.cabinets, cabinets),
            solar: changes(&before.solar, solar),
            endpoints: changes(&before.endpoints, endpoints),
            ceilings: ceilings.map(|(index, &ceiling)| (count(index), ceiling)).collect(),
        }
    }

    fn apply(self, snapshot: &mut Snapshot) {
        if let [meters, chargers, breakers, cabinets, solar, endpoints, ceilings, ..] = self.sizes[..] {
            snapshot.meters.resize_with(meters as usize, || None);
            snapshot.chargers.resize_with(chargers as usize, || None);
            snapshot.breakers.resize_with(breakers as usize, || None);
            snapshot.cabinets.resize_with(cabinets as usize, || None);
            snapshot.solar.resize_with(solar as usize, || None);
            snapshot.endpoints.resize_with(endpoints as usize, || None);
            snapshot.ceilings.resize_with(ceilings as usize, || None);
        }
        put(self.meters, &mut snapshot.meters);
        put(self.chargers, &mut snapshot.chargers);
        put(self.breakers, &mut snapshot.breakers);
        put(self.cabinets, &mut snapshot.cabinets);
        put(self.solar, &mut snapshot.solar);
        put(self.endpoints, &mut snapshot.endpoints);
        for (index, ceiling) in self.ceilings {
            if let Some(place) = snapshot.ceilings.get_mut(index as usize) {
                *place = ceiling;
            }
        }
    }
}

fn bits(amps: Amps) -> u64 {
    amps.0.to_bits()
}

fn changes<T: Clone + PartialEq>(
    before: &[Option<Reading<T>>],
    after: &[Option<Reading<T>>],
) -> Vec<Change<T>> {
    let mut changes = Vec::new();
    for (index, now) in after.iter().enumerate() {
        let was = before.get(index).and_then(Option::as_ref);
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        match (was, now) {
            (None, None) => {}
            (Some(_), None) => changes.push(Change::Gone(index)),
            (Some(was), Some(now)) if was.value == now.value => {
                if was.at != now.at {
                    changes.push(Change::Again(index, now.at));
                }
            }
            (_, Some(now)) => changes.push(Change::New(index, now.clone())),
        }
    }
    changes
}

fn put<T>(changes: Vec<Change<T>>, readings: &mut [Option<Reading<T>>]) {
    for change in changes {
        let index = match &change {
            Change::Gone(index) | Change::Again(index, _) | Change::New(index, _) => *index as usize,
        };
        let Some(place) = readings.get_mut(index) else { continue };
        match (change, place) {
            (Change::Gone(_), place) => *place = None,
            (Change::Again(_, at), Some(reading)) => reading.at = at,
            (Change::Again(..), None) => {}
            (Change::New(_, reading), place) => *place = Some(reading),
        }
    }
}

/// Makes frames of decisions.
#[derive(Debug, Default)]
pub struct Recorder {
    last: Option<Last>,
    frames: usize,
    bytes: usize,
}

#[derive(Debug)]
struct Last {
    file: Arc<SiteText>,
    snapshot: Snapshot,
    decision: Arc<Decision>,
}

/// A frame as it is written.
#[derive(Debug)]
pub struct Record {
    /// Does a reel begin with it?
    pub is_key: bool,
    /// The frame.
    pub data: Vec<u8>,
}

impl Recorder {
    /// Makes the next frame.
    ///
    /// # Errors
    /// When a value can't be written, which no value of these types is.
    pub fn record(&mut self, taped: &Taped) -> Result<Record, rmp_serde::encode::Error> {
        let same_file = self.last.take().filter(|last| Arc::ptr_eq(&last.file, &taped.file));
        let last = same_file.filter(|_| self.frames < FRAMES && self.bytes < REEL_BYTES);
        let is_key = last.is_none();
        if is_key {
            (self.frames, self.bytes) = (0, 0);
        }
        let follows = last.as_ref().is_some_and(|last| last.decision.state == taped.before);
        let nothing = Snapshot::default();
        let before = last.as_ref().map_or(&nothing, |last| &last.snapshot);
        let known = |index: usize| last.as_ref().and_then(|last| last.decision.setpoints.get(index));
        let limits = taped.decision.setpoints.iter().enumerate().filter(|(index, setpoint)| {
            known(*index).is_none_or(|known| {
                (bits(known.amps), bits(known.target)) != (bits(setpoint.amps), bits(setpoint.target))
            })
        });
        let frame = Frame {
            at: taped.decision.at,
            cycle: taped.cycle,
            is_key,
            state: (!follows).then(|| taped.before.clone()),
            changes: SnapshotChanges::between(before, &taped.snapshot, is_key),
            limits: limits
                .map(|(index, setpoint)| {
                    let limit = TapedLimit { amps: setpoint.amps, target: setpoint.target };
                    (u32::try_from(index).unwrap_or(u32::MAX), limit)
                })
                .collect(),
            digest: digest(&taped.decision),
        };
        let data = rmp_serde::to_vec_named(&frame)?;
        self.frames += 1;
        self.bytes += data.len();
        self.last = Some(Last {
            file: Arc::clone(&taped.file),
            snapshot: taped.snapshot.clone(),
            decision: Arc::clone(&taped.decision),
        });
        Ok(Record { is_key, data })
    }

    /// Lets the next frame be a key frame: what was recorded last may not have been kept.
    pub fn restart(&mut self) {
        self.last = None;
    }
}

impl Frame {
    /// Reads a frame.
    ///
    /// # Errors
    /// When the bytes are none.
    pub fn read(bytes: &[u8]) -> Result<Frame, rmp_serde::decode::Error> {
        rmp_serde::from_slice(bytes)
    }
}

/// What the frames so far say together.
#[derive(Debug, Default)]
pub struct Player {
    /// What was known of the plant.
    pub snapshot: Snapshot,
    /// What was decided.
    pub limits: Vec<TapedLimit>,
    is_on: bool,
}

impl Player {
    /// Takes the next frame in; returns whether it can be understood: what comes before the first key frame can't.
    pub fn play(&mut self, frame: &mut Frame) -> bool {
        if frame.is_key {
            self.snapshot = Snapshot::default();
            self.limits.clear();
            self.is_on = true;
        }
        if !self.is_on {
            return false;
        }
        std::mem::take(&mut frame.changes).apply(&mut self.snapshot);
        for &(index, limit) in &frame.limits {
            match self.limits.get_mut(index as usize) {
                Some(place) => *place = limit,
                None => self.limits.push(limit),
            }
        }
        true
    }
}

/// Returns the digest of all that was decided, bit by bit.
pub fn digest(decision: &Decision) -> u64 {
    let mut fnv = Fnv::new();
    // these structs hold only what can be written, and the digest takes every byte
    let _ = rmp_serde::encode::write(&mut fnv, decision);
    fnv.0
}

/// Puts the frames of a reel into one block.
pub fn pack<'a>(frames: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut plain = Vec::new();
    for frame in frames {
        plain.extend(u32::try_from(frame.len()).unwrap_or(u32::MAX).to_le_bytes());
        plain.extend(frame);
    }
    miniz_oxide::deflate::compress_to_vec(&plain, 6)
}

/// A reel is never larger than this when it is unpacked: what claims to be is no reel.
const LARGEST_REEL: usize = 1 << 28;

/// Takes a block apart again; `None` when it is none.
pub fn unpack(block: &[u8]) -> Option<Vec<Vec<u8>>> {
    let plain = miniz_oxide::inflate::decompress_to_vec_with_limit(block, LARGEST_REEL).ok()?;
    let mut rest = &plain[..];
    let mut frames = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        let (frame, after) = after.split_at_checked(length)?;
        frames.push(frame.to_vec());
        rest = after;
    }
    rest.is_empty().then_some(frames)
}

/// The 64-bit hash FNV-1a.
struct Fnv(u64);

impl Fnv {
    fn new() -> Self {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl Write for Fnv {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
