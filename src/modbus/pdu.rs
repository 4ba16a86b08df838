//! Protocol data units: function codes, their arguments and answers (MODBUS Application Protocol Specification V1.1b3, clause 6).

use std::fmt;

use super::identity::Identify;
use crate::profile::Table;

/// Most registers in one read (6.3).
pub const MAX_READ_REGISTERS: u16 = 125;
/// Most coils or discrete inputs in one read (6.1).
pub const MAX_READ_BITS: u16 = 2000;
/// Most registers in one write (6.12).
pub const MAX_WRITE_REGISTERS: u16 = 123;
/// Most coils in one write (6.11).
pub const MAX_WRITE_BITS: u16 = 1968;

/// Why a device refuses (clause 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exception {
    /// 01.
    IllegalFunction,
    /// 02.
    IllegalDataAddress,
    /// 03.
    IllegalDataValue,
    /// 04.
    ServerDeviceFailure,
    /// 05.
    Acknowledge,
    /// 06.
    ServerDeviceBusy,
    /// 08.
    MemoryParityError,
    /// 0A.
    GatewayPathUnavailable,
    /// 0B.
    GatewayTargetFailedToRespond,
    /// A code that the specification does not know.
    Other(u8),
}

impl Exception {
    /// Returns the code on the wire.
    pub fn code(self) -> u8 {
        match self {
            Exception::IllegalFunction => 1,
            Exception::IllegalDataAddress => 2,
            Exception::IllegalDataValue => 3,
            Exception::ServerDeviceFailure => 4,
            Exception::Acknowledge => 5,
            Exception::ServerDeviceBusy => 6,
            Exception::MemoryParityError => 8,
            Exception::GatewayPathUnavailable => 10,
            Exception::GatewayTargetFailedToRespond => 11,
            Exception::Other(code) => code,
        }
    }

    /// Reads a code from the wire.
    pub fn from_code(code: u8) -> Self {
        match code {
            1 => Exception::IllegalFunction,
            2 => Exception::IllegalDataAddress,
            3 => Exception::IllegalDataValue,
            4 => Exception::ServerDeviceFailure,
            5 => Exception::Acknowledge,
            6 => Exception::ServerDeviceBusy,
            8 => Exception::MemoryParityError,
            10 => Exception::GatewayPathUnavailable,
            11 => Exception::GatewayTargetFailedToRespond,
            other => Exception::Other(other),
        }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Exception::IllegalFunction => "illegal function: the device does not know this request",
            Exception::IllegalDataAddress => "illegal data address: the device has no such register",
            Exception::IllegalDataValue => "illegal data value: the device does not take this value or count",
            Exception::ServerDeviceFailure => "server device failure: the device could not do it",
            Exception::Acknowledge => "acknowledge: the device needs more time",
            Exception::ServerDeviceBusy => "server device busy",
            Exception::MemoryParityError => "memory parity error in the device",
            Exception::GatewayPathUnavailable => {
                "gateway path unavailable: the gateway has no way to this unit"
            }
            Exception::GatewayTargetFailedToRespond => "gateway target failed to respond: the unit is silent",
            Exception::Other(_) => "a code that the specification does not know",
        };
        write!(out, "exception {:02X}, {words}", self.code())
    }
}

/// Returns the name of a function (clause 6); the bit that marks an exception does not count.
pub(super) fn function_name(code: u8) -> &'static str {
    match code & 0x7F {
        1 => "read coils",
        2 => "read discrete inputs",
        3 => "read holding registers",
        4 => "read input registers",
        5 => "write single coil",
        6 => "write single register",
        15 => "write multiple coils",
        16 => "write multiple registers",
        17 => "report server id",
        43 => "read device identification",
        _ => "unknown function",
    }
}

/// A request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request<'a> {
    /// 01, 02, 03, 04: reads so many bits or registers.
    Read {
        /// From this table.
        table: Table,
        /// From this address on.
        address: u16,
        /// So many.
        count: u16,
    },
    /// 05: writes one coil.
    WriteCoil {
        /// Where.
        address: u16,
        /// What.
        on: bool,
    },
    /// 06: writes one register.
    WriteRegister {
        /// Where.
        address: u16,
        /// What.
        word: u16,
    },
    /// 15: writes coils; words are 0 or 1.
    WriteCoils {
        /// From here on.
        address: u16,
        /// What.
        bits: &'a [u16],
    },
    /// 16: writes registers.
    WriteRegisters {
        /// From here on.
        address: u16,
        /// What.
        words: &'a [u16],
    },
    /// 43/14, 17: asks a device what it is.
    Identify(Identify),
}

/// What a frame holds that makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PduError {
    /// It ends too early or goes on too long.
    #[error("the length does not fit the function")]
    Length,
    /// It answers another function.
    #[error("it answers function {0:02X}, which was not asked")]
    Function(u8),
    /// It echoes another address or value.
    #[error("it echoes another address, count or value than was written")]
    Echo,
}

impl Request<'_> {
    /// Returns the function code.
    pub fn function(&self) -> u8 {
        match self {
            Request::Read { table: Table::Coil, .. } => 1,
            Request::Read { table: Table::Discrete, .. } => 2,
            Request::Read { table: Table::Holding, .. } => 3,
            Request::Read { table: Table::Input, .. } => 4,
            Request::WriteCoil { .. } => 5,
            Request::WriteRegister { .. } => 6,
            Request::WriteCoils { .. } => 15,
            Request::WriteRegisters { .. } => 16,
            Request::Identify(how) => how.function(),
        }
    }

    /// Says whether it changes something.
    pub fn writes(&self) -> bool {
        !matches!(self, Request::Read { .. } | Request::Identify(_))
    }

    /// Returns the first address; 0 for a request that has none.
    pub fn address(&self) -> u16 {
        match *self {
            Request::Read { address, .. }
            | Request::WriteCoil { address, .. }
            | Request::WriteRegister { address, .. }
            | Request::WriteCoils { address, .. }
            | Request::WriteRegisters { address, .. } => address,
            Request::Identify(_) => 0,
        }
    }

    /// Appends the bytes of the request.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.function());
        if let Request::Identify(how) = self {
            return how.encode(out);
        }
        out.extend_from_slice(&self.address().to_be_bytes());
        match *self {
            Request::Identify(_) => {}
            Request::Read { count, .. } => out.extend_from_slice(&count.to_be_bytes()),
            Request::WriteCoil { on, .. } => out.extend_from_slice(&[if on { 0xFF } else { 0 }, 0]),
            Request::WriteRegister { word, .. } => out.extend_from_slice(&word.to_be_bytes()),
            Request::WriteCoils { bits, .. } => {
                out.extend_from_slice(&(bits.len() as u16).to_be_bytes());
                out.push(bits.len().div_ceil(8) as u8);
                pack_bits(bits, out);
            }
            Request::WriteRegisters { words, .. } => {
                out.extend_from_slice(&(words.len() as u16).to_be_bytes());
                out.push((words.len() * 2) as u8);
                words.iter().for_each(|word| out.extend_from_slice(&word.to_be_bytes()));
            }
        }
    }
}

fn pack_bits(bits: &[u16], out: &mut Vec<u8>) {
    for eight in bits.chunks(8) {
        out.push(eight.iter().enumerate().fold(0, |byte, (at, &bit)| byte | (u8::from(bit != 0) << at)));
    }
}

fn unpack_bits(bytes: &[u8], count: usize) -> Vec<u16> {
    (0..count).map(|at| u16::from(bytes[at / 8] >> (at % 8) & 1)).collect()
}

fn word(bytes: &[u8]) -> u16 {
    u16::from_be_bytes([bytes[0], bytes[1]])
}

/// What a device answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// The words that were read (bits as 0 or 1).
    Words(Vec<u16>),
    /// What was to be written has been written.
    Written,
    /// What the device says that it is.
    Texts(Vec<String>),
    /// The device refuses.
    Exception(Exception),
}

impl Response {
    /// Reads the answer to a request.
    ///
    /// # Errors
    /// When the bytes are no answer to this request.
    pub fn decode(request: &Request<'_>, pdu: &[u8]) -> Result<Response, PduError> {
        let (&function, body) = pdu.split_first().ok_or(PduError::Length)?;
        if function == request.function() | 0x80 {
            return match body {
                [code] => Ok(Response::Exception(Exception::from_code(*code))),
                _ => Err(PduError::Length),
            };
        }
        if function != request.function() {
            return Err(PduError::Function(function));
        }
        let echo = |expected: [u8; 2]| match body {
            [a, b, c, d] if [*a, *b] == request.address().to_be_bytes() && [*c, *d] == expected => {
                Ok(Response::Written)
            }
            [_, _, _, _] => Err(PduError::Echo),
            _ => Err(PduError::Length),
        };
        match *request {
            Request::Read { table, count, .. } => {
                let bits = matches!(table, Table::Coil | Table::Discrete);
                let expected = if bits { usize::from(count).div_ceil(8) } else { usize::from(count) * 2 };
                match body.split_first() {
                    Some((&length, data)) if usize::from(length) == expected && data.len() == expected => {
                        Ok(Response::Words(if bits {
                            unpack_bits(data, usize::from(count))
                        } else {
                            data.chunks_exact(2).map(word).collect()
                        }))
                    }
                    _ => Err(PduError::Length),
                }
            }
            Request::Identify(how) => how.decode(body).map(Response::Texts).ok_or(PduError::Length),
            Request::WriteCoil { on, .. } => echo([if on { 0xFF } else { 0 }, 0]),
            Request::WriteRegister { word, .. } => echo(word.to_be_bytes()),
            Request::WriteCoils { bits, .. } => echo((bits.len() as u16).to_be_bytes()),
            Request::WriteRegisters { words, .. } => echo((words.len() as u16).to_be_bytes()),
        }
    }
}

/// A request as a server takes it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// To read.
    Read {
        /// From this table.
        table: Table,
        /// From here on.
        address: u16,
        /// So many.
        count: u16,
    },
    /// To write.
    Write {
        /// Into this table.
        table: Table,
        /// From here on.
        address: u16,
        /// These words (bits as 0 or 1).
        words: Vec<u16>,
    },
}

impl Asked {
    /// Reads a request.
    ///
    /// # Errors
    /// With the exception that the specification's state diagrams demand.
    pub fn decode(pdu: &[u8]) -> Result<Asked, Exception> {
        let (&function, body) = pdu.split_first().ok_or(Exception::IllegalFunction)?;
        let table = match function {
            1 | 5 | 15 => Table::Coil,
            2 => Table::Discrete,
            3 | 6 | 16 => Table::Holding,
            4 => Table::Input,
            _ => return Err(Exception::IllegalFunction),
        };
        if body.len() < 4 {
            return Err(Exception::IllegalDataValue);
        }
        let (address, argument) = (word(body), word(&body[2..]));
        let asked = match function {
            1..=4 => {
                let most = if function <= 2 { MAX_READ_BITS } else { MAX_READ_REGISTERS };
                (body.len() == 4 && (1..=most).contains(&argument)).then_some(Asked::Read {
                    table,
                    address,
                    count: argument,
                })
            }
            5 => match (body.len(), argument) {
                (4, 0) => Some(Asked::Write { table, address, words: vec![0] }),
                (4, 0xFF00) => Some(Asked::Write { table, address, words: vec![1] }),
                _ => None,
            },
            6 => (body.len() == 4).then(|| Asked::Write { table, address, words: vec![argument] }),
            _ => Self::many(function, table, address, argument, &body[4..]),
        };
        let asked = asked.ok_or(Exception::IllegalDataValue)?;
        let count = match &asked {
            Asked::Read { count, .. } => u32::from(*count),
            Asked::Write { words, .. } => words.len() as u32,
        };
        if u32::from(address) + count > 0x1_0000 {
            return Err(Exception::IllegalDataAddress);
        }
        Ok(asked)
    }

    fn many(function: u8, table: Table, address: u16, count: u16, rest: &[u8]) -> Option<Asked> {
        let (&length, data) = rest.split_first()?;
        let bits = function == 15;
        let most = if bits { MAX_WRITE_BITS } else { MAX_WRITE_REGISTERS };
        let expected = if bits { usize::from(count).div_ceil(8) } else { usize::from(count) * 2 };
        if !(1..=most).contains(&count) || usize::from(length) != expected || data.len() != expected {
            return None;
        }
        let words = if bits {
            unpack_bits(data, usize::from(count))
        } else {
            data.chunks_exact(2).map(word).collect()
        };
        Some(Asked::Write { table, address, words })
    }

    /// Appends the answer to this request: what was read, or the echo of what was written.
    pub fn answer(&self, request: &[u8], words: &[u16], out: &mut Vec<u8>) {
        match self {
            Asked::Read { table: Table::Coil | Table::Discrete, .. } => {
                out.extend_from_slice(&[request[0], words.len().div_ceil(8) as u8]);
                pack_bits(words, out);
            }
            Asked::Read { .. } => {
                out.extend_from_slice(&[request[0], (words.len() * 2) as u8]);
                words.iter().for_each(|word| out.extend_from_slice(&word.to_be_bytes()));
            }
            Asked::Write { .. } => out.extend_from_slice(&request[..5]),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_specifications_own_examples_are_met() {
        // V1.1b3, 6.3: read holding registers 108..110
        let request = Request::Read { table: Table::Holding, address: 0x6B, count: 3 };
        let mut bytes = Vec::new();
        request.encode(&mut bytes);
        assert_eq!(bytes, [3, 0, 0x6B, 0, 3]);
        let answer = Response::decode(&request, &[3, 6, 2, 0x2B, 0, 0, 0, 0x64]);
        assert_eq!(answer, Ok(Response::Words(vec![0x22B, 0, 0x64])));
        // 6.1: read coils 20..38
        let request = Request::Read { table: Table::Coil, address: 0x13, count: 0x13 };
        let Ok(Response::Words(bits)) = Response::decode(&request, &[1, 3, 0xCD, 0x6B, 5]) else { panic!() };
        assert_eq!(bits[..8], [1, 0, 1, 1, 0, 0, 1, 1]);
        assert_eq!(bits.len(), 19);
        // 6.11: write coils 20..29
        let bits = [1, 0, 1, 1, 0, 0, 1, 1, 1, 0];
        let mut bytes = Vec::new();
        Request::WriteCoils { address: 0x13, bits: &bits }.encode(&mut bytes);
        assert_eq!(bytes, [0x0F, 0, 0x13, 0, 0x0A, 2, 0xCD, 1]);
        // 6.12: write registers 2 and 3
        let mut bytes = Vec::new();
        Request::WriteRegisters { address: 1, words: &[0x0A, 0x102] }.encode(&mut bytes);
        assert_eq!(bytes, [0x10, 0, 1, 0, 2, 4, 0, 0x0A, 1, 2]);
    }

    #[test]
    fn answers_to_something_else_are_refused() {
        let request = Request::Read { table: Table::Holding, address: 0, count: 2 };
        assert_eq!(Response::decode(&request, &[4, 4, 0, 0, 0, 0]), Err(PduError::Function(4)));
        assert_eq!(Response::decode(&request, &[3, 2, 0, 0]), Err(PduError::Length));
        assert_eq!(Response::decode(&request, &[3, 4, 0, 0, 0]), Err(PduError::Length));
        assert_eq!(Response::decode(&request, &[]), Err(PduError::Length));
        assert_eq!(
            Response::decode(&request, &[0x83, 2]),
            Ok(Response::Exception(Exception::IllegalDataAddress))
        );
        let write = Request::WriteRegister { address: 7, word: 9 };
        assert_eq!(Response::decode(&write, &[6, 0, 7, 0, 8]), Err(PduError::Echo));
    }

    proptest! {
        #[test]
        fn a_server_understands_what_a_client_asks(address: u16, words in prop::collection::vec(any::<u16>(), 1..123)) {
            let request = Request::WriteRegisters { address, words: &words };
            let mut bytes = Vec::new();
            request.encode(&mut bytes);
            match Asked::decode(&bytes) {
                Ok(asked) => {
                    prop_assert_eq!(&asked, &Asked::Write { table: Table::Holding, address, words: words.clone() });
                    let mut answer = Vec::new();
                    asked.answer(&bytes, &[], &mut answer);
                    prop_assert_eq!(Response::decode(&request, &answer), Ok(Response::Written));
                }
                Err(exception) => {
                    prop_assert_eq!(exception, Exception::IllegalDataAddress);
                    prop_assert!(usize::from(address) + words.len() > 0x1_0000);
                }
            }
        }

        #[test]
        fn no_bytes_make_it_panic(pdu in prop::collection::vec(any::<u8>(), 0..260), count in 1u16..125) {
            let _ = Asked::decode(&pdu);
            for table in [Table::Coil, Table::Holding] {
                let _ = Response::decode(&Request::Read { table, address: 0, count }, &pdu);
            }
        }
    }
}
