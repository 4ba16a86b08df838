//! The door through which the driver sees the plant. Adapters live in `plant`.

use std::future::Future;

use super::{
    BreakerReading, CabinetReading, ChargerReading, EndpointReading, MeterReading, Reading, SolarReading,
    Time,
};
use crate::site::{Amps, ChargerId};

/// One device of the site, by position in its vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeviceRef {
    /// A meter.
    Meter(usize),
    /// A charger.
    Charger(usize),
    /// A breaker.
    Breaker(usize),
    /// A cabinet.
    Cabinet(usize),
    /// A solar input.
    Solar(usize),
    /// An ESP node.
    Endpoint(usize),
}

/// What a device said.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// A meter's.
    Meter(MeterReading),
    /// A charger's.
    Charger(ChargerReading),
    /// A breaker's.
    Breaker(BreakerReading),
    /// A cabinet's.
    Cabinet(CabinetReading),
    /// A solar input's.
    Solar(SolarReading),
    /// An ESP node's.
    Endpoint(EndpointReading),
}

/// How a request to a device failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No connection came about: the device has heard nothing.
    NotReached,
    /// The device may have heard it, and did not answer in a way that makes sense.
    NoAnswer,
    /// The device answered, and refused.
    Refused,
}

/// What comes back from the plant.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A device was read.
    Observed {
        /// Which one.
        device: DeviceRef,
        /// The cycle for which it was read.
        cycle: u64,
        /// What it said, and when it was asked.
        reading: Reading<Values>,
    },
    /// A device could not be read in this cycle.
    Failed {
        /// Which one.
        device: DeviceRef,
        /// The cycle for which it was asked.
        cycle: u64,
        /// Why, with host, unit and register.
        error: String,
        /// How it failed.
        failure: Failure,
    },
    /// A limit was written and read back.
    Acknowledged {
        /// Which charger.
        charger: ChargerId,
        /// The limit that was written.
        setpoint: Amps,
        /// What the charger says it offers.
        offered: Amps,
        /// When it was read back.
        at: Time,
    },
    /// A limit could not be written, or not be read back: it may have arrived all the same.
    NotAcknowledged {
        /// Which charger.
        charger: ChargerId,
        /// The limit.
        setpoint: Amps,
        /// Why.
        error: String,
        /// How it failed.
        failure: Failure,
    },
    /// A breaker was told to open or to close, and says that it did.
    Switched {
        /// Position of the breaker in the site.
        breaker: usize,
        /// Closed or open?
        close: bool,
    },
    /// A breaker could not be told, or did not do it.
    NotSwitched {
        /// Position of the breaker in the site.
        breaker: usize,
        /// Was it to close?
        close: bool,
        /// Why.
        error: String,
        /// How it failed.
        failure: Failure,
    },
    /// A device works, but is not set up as it should be; or, without a text, it is again.
    Remarked {
        /// Which one.
        device: DeviceRef,
        /// What is wrong.
        text: Option<String>,
    },
}

/// The plant as the driver sees it. All methods but [`next`](Plant::next) return at once.
pub trait Plant: Send {
    /// Asks every device for its values; each answers with one [`Event::Observed`] or [`Event::Failed`] of that cycle. A device that
    /// is still busy with an earlier cycle answers for the newest one when it can.
    fn observe(&mut self, cycle: u64);

    /// Sends a limit to a charger. A newer limit replaces one that has not gone out yet.
    fn command(&mut self, charger: ChargerId, setpoint: Amps);

    /// Opens or closes a remote breaker; comes back as [`Event::Switched`] or [`Event::NotSwitched`]. A newer command replaces one that has
    /// not gone out yet. A plant without such breakers leaves it at that.
    fn switch(&mut self, breaker: usize, close: bool) {
        tracing::warn!(breaker, close, "this plant switches nothing");
    }

    /// Switches a charger to one phase or to three; shows in its readings. A newer command replaces one that has not gone out yet. A plant
    /// without such chargers leaves it at that.
    fn switch_phases(&mut self, charger: ChargerId, phases: u8) {
        tracing::warn!(charger = charger.0, phases, "this plant switches no phases");
    }

    /// Waits for the next event; `None` when the plant is gone.
    fn next(&mut self) -> impl Future<Output = Option<Event>> + Send;
}
