//! What went wrong between the program and a device, as a person can do something about it.

use crate::error::{Error, Kind};
use crate::modbus::{Exception, ModbusError};
use crate::site::Address;

/// Turns what went wrong into what a person can do about it.
pub(super) fn failure(error: &ModbusError) -> Error {
    let kind = match error {
        ModbusError::Exception { .. } => Kind::Refused,
        ModbusError::Invalid { .. } => Kind::Usage,
        _ => Kind::Unreachable,
    };
    let message = error.to_string();
    let failure = match std::error::Error::source(error) {
        Some(source) => Error::from_source(kind, message, source),
        None => Error::new(kind, message),
    };
    match hint(error) {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn hint(error: &ModbusError) -> Option<&'static str> {
    Some(match error {
        ModbusError::Unreachable { address: Address::ModbusRtu(_) | Address::ModbusAscii(_), .. } => {
            "check the port's name, that no other program uses it, and that you may open it (group dialout)"
        }
        ModbusError::Unreachable { .. } => "check that the device is on, and its host and port",
        ModbusError::TimedOut { .. } => {
            "check --unit (many devices take 1, some 255 or 180), or give it more time with --timeout 3s"
        }
        ModbusError::ConnectionLost { .. } => {
            "some devices take only one or two connections: end other programs that talk to it"
        }
        ModbusError::Garbage { .. } => {
            "see the bytes with --raw; maybe another protocol is spoken on this port"
        }
        ModbusError::Exception { exception: Exception::IllegalDataAddress, .. } => {
            "registers are counted from 0 here; documents that count from 1, or from 40001, are off by that"
        }
        ModbusError::Exception { exception: Exception::IllegalFunction, .. } => {
            "try another table (holding, input), or --writes single or multiple"
        }
        _ => return None,
    })
}
