//! What a site must know of its devices' profiles. The catalogue of profiles gives the answers; this room only asks.

use super::{Amps, Parity, Period};

/// What a device is to a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Measures a circuit.
    Meter,
    /// Charges a car.
    Charger,
    /// Reports the position of a breaker.
    Breaker,
    /// Reports temperature and smoke.
    Cabinet,
    /// Reports a solar current.
    Solar,
    /// ESP node with current sensors.
    Endpoint,
}

impl Role {
    /// Returns the word that people use.
    pub fn word(self) -> &'static str {
        match self {
            Role::Meter => "meter",
            Role::Charger => "charger",
            Role::Breaker => "breaker",
            Role::Cabinet => "cabinet",
            Role::Solar => "solar input",
            Role::Endpoint => "endpoint",
        }
    }
}

/// What a profile says of a device's silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchdogFacts {
    /// Time-out when nothing else is set.
    pub default: Period,
    /// Has the device a register for the time-out?
    pub settable: bool,
}

/// How a serial line is set up where the address does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineFacts {
    /// Bits per second.
    pub baud: u32,
    /// Parity.
    pub parity: Parity,
    /// Stop bits, 1 or 2.
    pub stop_bits: u8,
    /// Data bits; `None`: those that the protocol asks for.
    pub data_bits: Option<u8>,
}

impl Default for LineFacts {
    /// What Modbus says (MODBUS over Serial Line V1.02, 2.5.1).
    fn default() -> Self {
        LineFacts { baud: 19_200, parity: Parity::Even, stop_bits: 1, data_bits: None }
    }
}

/// What a site must know of a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceFacts {
    /// What the device can be.
    pub roles: Vec<Role>,
    /// Is it read over Modbus (else over HTTP)?
    pub modbus: bool,
    /// Its unit id when the site file names none.
    pub unit: u8,
    /// How many connectors a station has behind one unit id.
    pub connectors: u16,
    /// How its serial line is set up when the address does not say it.
    pub line: Option<LineFacts>,
    /// What happens when it hears nothing; `None`: it keeps its last limit.
    pub watchdog: Option<WatchdogFacts>,
    /// Step in which its limit can be set.
    pub resolution: Amps,
    /// Can it be opened and closed from afar, as a breaker?
    pub switchable: bool,
    /// Can it be switched between one phase and three, as a charger?
    pub switches_phases: bool,
    /// Does it tell as a meter which way power flows?
    pub signed: bool,
    /// Least and largest limit that it takes, where known.
    pub limit_range: Option<[Amps; 2]>,
}

/// Where facts about profiles come from.
pub trait ProfileFacts {
    /// Returns what is known of a profile; `None` when there is none of that name.
    fn facts(&self, profile: &str) -> Option<DeviceFacts>;

    /// Returns the names of all profiles, for suggestions.
    fn names(&self) -> Vec<&str>;
}
