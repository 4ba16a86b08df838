//! What was seen while a scenario was played: the ground truth of the model, and what the controller told its journal. It judges nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::file::Measure;
use crate::control::{Alarm, Entry, JournalPort, Memory};
use crate::sim::{Model, Position};
use crate::site::{Amps, ChargerId, CircuitId, PerPhase, Phase, Site};

/// What is above a limit by less than this is a rounding error, in amperes.
const ROUNDING: f64 = 0.01;

/// Between two samples that are kept for plots, in milliseconds.
pub(super) const SAMPLE_MS: u64 = 1000;

/// All that was seen.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub length_ms: u64,
    pub circuits: Vec<CircuitTrack>,
    pub chargers: Vec<ChargerTrack>,
    pub stays: Vec<Stay>,
    pub alarms: Vec<AlarmSpan>,
    pub notes: Vec<Note>,
    pub trips: Vec<(u64, CircuitId)>,
    pub decisions: u64,
    pub limit_changes: u64,
    pub energy_kwh: f64,
    pub cost: f64,
    price: f64,
    /// How much faster than time batteries fill up.
    speed: f64,
    tripped: Vec<bool>,
    sampled_ms: Option<u64>,
    observed_ms: u64,
}

/// A circuit over time.
#[derive(Debug, Default, Clone)]
pub(super) struct CircuitTrack {
    pub samples: Vec<Sample>,
    /// Times above the limit.
    pub excesses: Vec<Excess>,
    pub most_drawn: PerPhase<f64>,
    pub most_offered: PerPhase<f64>,
    /// Energy that has come from above until a time, kWh; one for each sample.
    pub imported: Vec<(u64, f64)>,
    imported_kwh: f64,
    open: BTreeMap<(Measure, Phase), usize>,
    since: (PerPhase<f64>, PerPhase<f64>),
}

/// Drawn and offered on each phase of a circuit, in amperes: the most since the sample before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample {
    pub at_ms: u64,
    pub drawn: PerPhase<f64>,
    pub offered: PerPhase<f64>,
}

/// A time for which something was above a limit without a break.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Excess {
    pub measure: Measure,
    pub phase: Phase,
    pub from_ms: u64,
    pub until_ms: u64,
    pub most: f64,
}

/// A charger over time.
#[derive(Debug, Default, Clone)]
pub(super) struct ChargerTrack {
    /// What it offers, from a time on.
    pub offers: Vec<(u64, f64)>,
    /// The most that is drawn on one of its terminals, every second.
    pub drawn: Vec<(u64, f64)>,
    pub energy_kwh: f64,
}

/// A car at a charger.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stay {
    pub charger: ChargerId,
    pub from_ms: u64,
    /// When it left; `None`: it is there at the end.
    pub until_ms: Option<u64>,
    pub wanted_kwh: f64,
    pub delivered_kwh: f64,
}

/// An alarm over time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct AlarmSpan {
    pub alarm: Alarm,
    pub raised_ms: u64,
    pub cleared_ms: Option<u64>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Note {
    pub at_ms: u64,
    pub text: String,
    /// Did the scenario bring it about?
    pub is_script: bool,
}

impl Record {
    pub fn new(site: &Site, speed: f64) -> Record {
        Record {
            circuits: vec![CircuitTrack::default(); site.circuits.len()],
            chargers: vec![ChargerTrack::default(); site.chargers.len()],
            tripped: vec![false; site.circuits.len()],
            speed,
            ..Record::default()
        }
    }

    pub fn note(&mut self, at_ms: u64, text: String, is_script: bool) {
        self.notes.push(Note { at_ms, text, is_script });
    }

    pub fn set_price(&mut self, price: f64) {
        self.price = price;
    }

    pub fn came(&mut self, charger: ChargerId, at_ms: u64, wanted_kwh: f64) {
        self.left(charger, at_ms);
        self.stays.push(Stay { charger, from_ms: at_ms, until_ms: None, wanted_kwh, delivered_kwh: 0.0 });
    }

    /// Returns when the car came that is at a charger.
    pub fn here_since(&self, charger: ChargerId) -> Option<u64> {
        self.open_stay(charger).map(|at| self.stays[at].from_ms)
    }

    pub fn left(&mut self, charger: ChargerId, at_ms: u64) {
        if let Some(at) = self.open_stay(charger) {
            self.stays[at].until_ms = Some(at_ms);
        }
    }

    fn open_stay(&self, charger: ChargerId) -> Option<usize> {
        self.stays.iter().rposition(|stay| stay.charger == charger && stay.until_ms.is_none())
    }

    /// Looks at the model.
    pub fn observe(&mut self, at_ms: u64, model: &Model) {
        let site = Arc::clone(model.site());
        let volts = site.grid.voltage.0;
        let passed_s = at_ms.saturating_sub(self.observed_ms) as f64 / 1000.0;
        let samples = self.sampled_ms.is_none_or(|before| at_ms >= before + SAMPLE_MS);
        for (index, circuit) in site.circuits.iter().enumerate() {
            let sums = model.sums(CircuitId(index));
            let track = &mut self.circuits[index];
            for (measure, amps) in [
                (Measure::Drawn, sums.drawn),
                (Measure::Drawable, sums.drawable),
                (Measure::Offered, sums.offered),
            ] {
                for phase in Phase::ALL {
                    track.hold(at_ms, measure, phase, amps[phase], circuit.limit[phase]);
                }
            }
            let watts = Phase::ALL.iter().map(|&phase| sums.drawn[phase].0).sum::<f64>() * volts;
            track.imported_kwh += watts.max(0.0) * passed_s * self.speed / 3.6e6;
            if samples {
                track.imported.push((at_ms, track.imported_kwh));
            }
            track.sample(at_ms, samples, sums.drawn.map(|amps| amps.0), sums.offered.map(|amps| amps.0));
            let tripped = model
                .breaker(CircuitId(index))
                .is_some_and(|breaker| breaker.position() == Position::Tripped);
            if tripped && !self.tripped[index] {
                self.trips.push((at_ms, CircuitId(index)));
                self.notes.push(Note {
                    at_ms,
                    text: format!("the breaker of {} trips", circuit.name),
                    is_script: false,
                });
            }
            self.tripped[index] = tripped;
        }
        let mut kwh = 0.0;
        for index in 0..site.chargers.len() {
            let (bay, drawn) = (model.bay(ChargerId(index)), model.drawn(ChargerId(index)));
            let track = &mut self.chargers[index];
            let offered = bay.station.offered().0;
            if track.offers.last().is_none_or(|(_, before)| *before != offered) {
                track.offers.push((at_ms, offered));
            }
            if samples {
                track.drawn.push((at_ms, drawn.iter().fold(0.0, |most, amps| amps.0.max(most))));
            }
            kwh += drawn.iter().map(|amps| amps.0).sum::<f64>() * volts * passed_s * self.speed / 3.6e6;
            if let (Some(car), Some(stay)) = (&bay.car, self.open_stay(ChargerId(index))) {
                let more = car.delivered_kwh - self.stays[stay].delivered_kwh;
                self.stays[stay].delivered_kwh = car.delivered_kwh;
                self.chargers[index].energy_kwh += more.max(0.0);
            }
        }
        self.energy_kwh += kwh;
        self.cost += kwh * self.price;
        self.observed_ms = at_ms;
        self.length_ms = at_ms;
        if samples {
            self.sampled_ms = Some(at_ms);
        }
    }

    /// The controller has gone, and tells of no alarm any more.
    pub fn silence(&mut self, at_ms: u64) {
        for span in self.alarms.iter_mut().filter(|span| span.cleared_ms.is_none()) {
            span.cleared_ms = Some(at_ms);
        }
    }

    fn enter(&mut self, at_ms: u64, entry: &Entry) {
        match entry {
            Entry::Alarm { alarm, raised: true, .. } => {
                self.alarms.push(AlarmSpan { alarm: alarm.clone(), raised_ms: at_ms, cleared_ms: None });
            }
            Entry::Alarm { alarm, raised: false, .. } => {
                let is_same = |span: &&mut AlarmSpan| {
                    span.cleared_ms.is_none()
                        && span.alarm.code == alarm.code
                        && span.alarm.subject == alarm.subject
                };
                if let Some(span) = self.alarms.iter_mut().rfind(is_same) {
                    span.cleared_ms = Some(at_ms);
                }
            }
            Entry::Decision { changes, .. } => {
                self.decisions += 1;
                self.limit_changes += changes.len() as u64;
            }
            Entry::Life { what, .. } if matches!(*what, "started" | "stopped") => {
                self.note(at_ms, format!("the controller has {what}"), false);
            }
            _ => {}
        }
    }
}

impl CircuitTrack {
    fn hold(&mut self, at_ms: u64, measure: Measure, phase: Phase, amps: Amps, limit: Amps) {
        let key = (measure, phase);
        let open = self.open.get(&key).copied();
        if amps.0 <= limit.0 + ROUNDING {
            if let Some(at) = open {
                self.excesses[at].until_ms = at_ms;
                self.open.remove(&key);
            }
            return;
        }
        let at = open.unwrap_or_else(|| {
            let excess = Excess { measure, phase, from_ms: at_ms, until_ms: at_ms, most: amps.0 };
            self.excesses.push(excess);
            self.open.insert(key, self.excesses.len() - 1);
            self.excesses.len() - 1
        });
        let excess = &mut self.excesses[at];
        excess.until_ms = at_ms;
        excess.most = excess.most.max(amps.0);
    }

    fn sample(&mut self, at_ms: u64, keep: bool, drawn: PerPhase<f64>, offered: PerPhase<f64>) {
        for phase in Phase::ALL {
            let (most_drawn, most_offered) = (&mut self.since.0[phase], &mut self.since.1[phase]);
            *most_drawn = most_drawn.max(drawn[phase]);
            *most_offered = most_offered.max(offered[phase]);
            self.most_drawn[phase] = self.most_drawn[phase].max(drawn[phase]);
            self.most_offered[phase] = self.most_offered[phase].max(offered[phase]);
        }
        if keep {
            self.samples.push(Sample { at_ms, drawn: self.since.0, offered: self.since.1 });
            self.since = Default::default();
        }
    }
}

/// A record that several hold.
#[derive(Debug, Clone)]
pub(super) struct SharedRecord(Arc<Mutex<Record>>);

impl SharedRecord {
    pub fn new(record: Record) -> Self {
        SharedRecord(Arc::new(Mutex::new(record)))
    }

    pub fn lock(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The controller's journal: what it tells goes into the record, and its memory outlives it.
#[derive(Clone)]
pub(super) struct Diary {
    pub record: SharedRecord,
    pub memory: Arc<Mutex<Option<Memory>>>,
    /// Tells the time of the scenario, in milliseconds.
    pub now_ms: Arc<dyn Fn() -> u64 + Send + Sync>,
}

impl JournalPort for Diary {
    fn record(&mut self, entry: Entry) {
        self.record.lock().enter((self.now_ms)(), &entry);
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        match entry {
            Entry::Memory { at, chargers, state } => {
                *memory = Some(Memory { at, chargers, state: *state, complete: false });
            }
            Entry::Order { at, charger, order } => {
                memory.get_or_insert_default().apply_order(at, &charger, &order);
            }
            Entry::Life { what, .. } => {
                if let Some(memory) = memory.as_mut() {
                    memory.complete = what == "stopped";
                }
            }
            _ => {}
        }
    }

    fn trouble(&self) -> Option<String> {
        None
    }
}
