//! What can go wrong between a Modbus client and a device, said so that the place can be found.

use std::fmt;
use std::io;

use super::pdu::{Exception, Request};
use crate::profile::Table;
use crate::site::Address;

/// Where something went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Address of the device or bus.
    pub address: Address,
    /// Unit id.
    pub unit: u8,
    /// What was asked.
    pub request: String,
}

impl Place {
    pub(super) fn new(address: &Address, unit: u8, request: &Request<'_>) -> Place {
        let table = |table| match table {
            Table::Coil => "coil",
            Table::Discrete => "discrete input",
            Table::Holding => "holding register",
            Table::Input => "input register",
        };
        let at = request.address();
        let request = match *request {
            Request::Read { table: kind, count: 1, .. } => format!("reading {} {at:#06X}", table(kind)),
            Request::Read { table: kind, count, .. } => {
                format!("reading {count} {}s from {at:#06X}", table(kind))
            }
            Request::WriteCoil { .. } => format!("writing coil {at:#06X}"),
            Request::WriteRegister { .. } => format!("writing holding register {at:#06X}"),
            Request::WriteCoils { bits, .. } => format!("writing {} coils from {at:#06X}", bits.len()),
            Request::Identify(_) => "asking what it is".to_owned(),
            Request::WriteRegisters { words, .. } => {
                format!("writing {} holding registers from {at:#06X}", words.len())
            }
        };
        Place { address: address.clone(), unit, request }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} unit {}: {}", self.address, self.unit, self.request)
    }
}

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum ModbusError {
    /// No connection came about.
    #[error("{address} can't be reached")]
    Unreachable {
        /// Where.
        address: Address,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The last attempts to connect failed, and it is too early for another.
    #[error("{address} could not be reached; the next attempt is in {wait_ms} ms")]
    BackingOff {
        /// Where.
        address: Address,
        /// Milliseconds until the next attempt.
        wait_ms: u64,
    },
    /// No answer came in time.
    #[error("{place}: no answer within {timeout_ms} ms")]
    TimedOut {
        /// Where.
        place: Place,
        /// The time-out.
        timeout_ms: u64,
    },
    /// The connection broke while the answer was awaited.
    #[error("{place}: the connection was lost")]
    ConnectionLost {
        /// Where.
        place: Place,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The answer is no answer to the request.
    #[error("{place}: the answer makes no sense: {what}")]
    Garbage {
        /// Where.
        place: Place,
        /// What is wrong with it.
        what: String,
    },
    /// The device refuses.
    #[error("{place}: refused, {exception}")]
    Exception {
        /// Where.
        place: Place,
        /// Why.
        exception: Exception,
    },
    /// Nothing may be written at present: it was not sent.
    #[error("{place}: not written, {why}")]
    Withheld {
        /// Where.
        place: Place,
        /// Why not.
        why: String,
    },
    /// The transport or the request can't be used.
    #[error("{what}")]
    Invalid {
        /// What is wrong.
        what: String,
    },
}

impl ModbusError {
    /// Says whether the device answered, and refused.
    pub fn is_refusal(&self) -> bool {
        matches!(self, ModbusError::Exception { .. })
    }

    /// Says whether the request may have reached the device.
    pub fn may_have_arrived(&self) -> bool {
        !matches!(
            self,
            ModbusError::Unreachable { .. }
                | ModbusError::BackingOff { .. }
                | ModbusError::Withheld { .. }
                | ModbusError::Invalid { .. }
        )
    }
}
