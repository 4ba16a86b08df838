//! A scenario with its names resolved: what happens when, and what must hold.

use std::sync::Arc;
use std::time::Duration;

use super::file::{ControllerMove, Measure};
use crate::sim::{CarSpec, Position, SimDevice};
use crate::site::{Amps, ChargerId, CircuitId, PerPhase, Period, Rule, Site};

/// A scenario that can be played.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What it is about, in one line.
    pub title: String,
    /// Its file, as it was named.
    pub file: String,
    /// The rule of the controller without which it fails.
    pub guards: Option<Rule>,
    /// The site.
    pub site: Arc<Site>,
    /// How long it goes on, in milliseconds.
    pub length_ms: u64,
    /// How much faster than time batteries fill up.
    pub speed: f64,
    /// What happens, by time.
    pub(super) events: Vec<Event>,
    /// What must hold.
    pub(super) expectations: Vec<Expectation>,
}

/// Something that happens.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    /// When, in milliseconds since the beginning.
    pub at_ms: u64,
    pub action: Action,
}

/// What happens.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Action {
    Base(CircuitId, PerPhase<Amps>),
    Sun(usize, Amps),
    Plug(ChargerId, CarSpec),
    Unplug(ChargerId),
    /// The car that came at a time leaves.
    Leave(ChargerId, u64),
    Fault(SimDevice, Fault),
    Heal(SimDevice),
    Station(ChargerId, bool),
    Breaker(CircuitId, Position),
    Temperature(usize, f64),
    Smoke(usize, bool),
    Order(ChargerId, Option<(Amps, Option<Period>)>),
    Controller(ControllerMove),
    /// The machine's clock jumps by so many milliseconds.
    Clock(i64),
    Price(f64),
}

/// How a device misbehaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Fault {
    Silent,
    Cut,
    LostAnswers,
    Slow(Duration),
    Late(Duration),
    Frozen,
    IgnoresLimits,
    Lying,
    Refuses,
    Offset(Amps),
    Restarted,
}

/// What must hold.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expectation {
    NoTrips,
    Within {
        circuit: CircuitId,
        measure: Measure,
        longest_ms: u64,
    },
    Full {
        charger: ChargerId,
    },
    Energy {
        charger: ChargerId,
        kwh: f64,
    },
    Alarm {
        code: String,
        subject: Option<String>,
        after_ms: u64,
        within_ms: u64,
        cleared_by_ms: Option<u64>,
    },
    /// `None`: no alarm at all.
    NoAlarm {
        code: Option<String>,
    },
    Offers {
        charger: ChargerId,
        from_ms: u64,
        until_ms: u64,
        bound: Bound,
    },
    Changes {
        charger: ChargerId,
        most: u32,
    },
    Starts {
        charger: ChargerId,
        most: u32,
    },
    Imports {
        circuit: CircuitId,
        from_ms: u64,
        until_ms: u64,
        kwh: f64,
    },
}

/// A bound of what a charger offers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Bound {
    AtLeast(f64),
    AtMost(f64),
    Reaches(f64),
}

/// Writes a time of a scenario: `1:05`, `1:02:03.5`.
pub(super) fn clock_text(ms: u64) -> String {
    let (hours, minutes, seconds, tenths) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms / 100 % 10);
    let tail = if tenths > 0 { format!(".{tenths}") } else { String::new() };
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}{tail}")
    } else {
        format!("{minutes}:{seconds:02}{tail}")
    }
}

impl Action {
    /// Says what happens; nothing for what needs no mention.
    pub fn text(&self, site: &Site) -> String {
        let charger = |id: &ChargerId| site.chargers[id.0].name.as_str();
        match self {
            Action::Base(circuit, amps) => {
                let (name, PerPhase { l1, l2, l3 }) = (&site.circuits[circuit.0].name, *amps);
                if l1 == l2 && l2 == l3 {
                    format!("base load of {name}: {l1}")
                } else {
                    format!("base load of {name}: {:.1}, {:.1}, {:.1} A", l1.0, l2.0, l3.0)
                }
            }
            Action::Sun(index, amps) => format!("{} gives {amps}", site.solar[*index].name),
            Action::Plug(id, car) => {
                let phases =
                    if car.phases == 1 { "1 phase".into() } else { format!("{} phases", car.phases) };
                format!(
                    "a car for {} kWh, {} A on {phases} comes to {}",
                    car.energy_kwh,
                    car.max.0,
                    charger(id)
                )
            }
            Action::Unplug(id) | Action::Leave(id, _) => format!("the car at {} leaves", charger(id)),
            Action::Fault(device, fault) => format!("{} {}", device.name(site), fault.text()),
            Action::Heal(device) => format!("{} is well again", device.name(site)),
            Action::Station(id, true) => format!("{} has a fault", charger(id)),
            Action::Station(id, false) => format!("{} has no fault any more", charger(id)),
            Action::Breaker(circuit, position) => {
                let word = match position {
                    Position::On => "is closed",
                    Position::Off => "is opened",
                    Position::Tripped => "opens by itself",
                };
                format!("the breaker of {} {word}", site.circuits[circuit.0].name)
            }
            Action::Temperature(index, celsius) => {
                format!("{} is at {celsius} °C", site.cabinets[*index].name)
            }
            Action::Smoke(index, true) => format!("smoke in {}", site.cabinets[*index].name),
            Action::Smoke(index, false) => format!("no smoke in {} any more", site.cabinets[*index].name),
            Action::Order(id, Some((limit, _))) => format!("somebody orders {limit} for {}", charger(id)),
            Action::Order(id, None) => format!("the order for {} is ended", charger(id)),
            Action::Controller(ControllerMove::Killed) => "the controller is killed".into(),
            Action::Controller(ControllerMove::Stopped) => "the controller is stopped".into(),
            Action::Controller(ControllerMove::Started) => "the controller is started".into(),
            Action::Clock(ms) => {
                let by = Period::from_millis(ms.unsigned_abs());
                format!("the machine's clock jumps {by} {}", if *ms < 0 { "back" } else { "ahead" })
            }
            Action::Price(price) => format!("energy costs {price} per kWh"),
        }
    }
}

impl Fault {
    fn text(self) -> String {
        match self {
            Fault::Silent => "is silent".into(),
            Fault::Cut => "is cut off the network".into(),
            Fault::LostAnswers => "is heard no more, but hears".into(),
            Fault::Slow(by) => format!("answers {} late", Period(by)),
            Fault::Late(by) => format!("obeys at once and answers {} late", Period(by)),
            Fault::Frozen => "shows what was so now".into(),
            Fault::IgnoresLimits => "follows limits no more".into(),
            Fault::Lying => "follows limits no more, and says it does".into(),
            Fault::Refuses => "refuses everything".into(),
            Fault::Offset(amps) => format!("shows {:+.1} A too much", amps.0),
            Fault::Restarted => "has restarted and forgotten its limit".into(),
        }
    }
}

impl Expectation {
    /// Says what must hold.
    pub fn text(&self, site: &Site) -> String {
        let charger = |id: &ChargerId| site.chargers[id.0].name.as_str();
        match self {
            Expectation::NoTrips => "no breaker trips".into(),
            Expectation::Within { circuit, measure, longest_ms } => {
                let what = match measure {
                    Measure::Drawn => "what is drawn on",
                    Measure::Drawable => "what could be drawn on",
                    Measure::Offered => "what is offered on",
                };
                let name = &site.circuits[circuit.0].name;
                match longest_ms {
                    0 => format!("{what} {name} is never above its limit"),
                    ms => format!(
                        "{what} {name} is above its limit for {} at the most",
                        Period::from_millis(*ms)
                    ),
                }
            }
            Expectation::Full { charger: id } => {
                format!("every car at {} is full when it leaves", charger(id))
            }
            Expectation::Energy { charger: id, kwh } => format!("cars get {kwh} kWh at {}", charger(id)),
            Expectation::Alarm { code, subject, after_ms, within_ms, cleared_by_ms } => {
                let about = subject.as_ref().map_or_else(String::new, |subject| format!(" about {subject}"));
                let cleared =
                    cleared_by_ms.map_or_else(String::new, |ms| format!(", cleared by {}", clock_text(ms)));
                format!(
                    "alarm {code}{about} between {} and {}{cleared}",
                    clock_text(*after_ms),
                    clock_text(after_ms + within_ms)
                )
            }
            Expectation::NoAlarm { code: Some(code) } => format!("no alarm {code}"),
            Expectation::NoAlarm { code: None } => "no alarm at all".into(),
            Expectation::Offers { charger: id, from_ms, until_ms, bound } => {
                let what = match bound {
                    Bound::AtLeast(amps) => format!("no less than {amps} A"),
                    Bound::AtMost(amps) => format!("no more than {amps} A"),
                    Bound::Reaches(amps) => format!("{amps} A at least once"),
                };
                let (from, until) = (clock_text(*from_ms), clock_text(*until_ms));
                format!("{} offers {what} from {from} to {until}", charger(id))
            }
            Expectation::Changes { charger: id, most } => {
                format!("the offer of {} changes {most} times at the most", charger(id))
            }
            Expectation::Starts { charger: id, most } => {
                format!("{} begins to offer current {most} times at the most", charger(id))
            }
            Expectation::Imports { circuit, from_ms, until_ms, kwh } => {
                let (from, until) = (clock_text(*from_ms), clock_text(*until_ms));
                let name = &site.circuits[circuit.0].name;
                format!("{name} takes no more than {kwh} kWh from above from {from} to {until}")
            }
        }
    }
}
