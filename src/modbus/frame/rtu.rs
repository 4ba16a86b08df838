//! Frames of Modbus RTU (MODBUS over Serial Line V1.02, 2.5.1): unit, PDU, CRC with its low byte first.
//!
//! A frame does not tell its length. On a line silence ends it; here the function code tells how long the frame must be, so that an
//! answer is taken the moment it is whole, and nothing depends on how an adapter or a gateway cuts the stream.

use std::borrow::Cow;

use super::{Expected, Frame, FrameError};

/// Longest frame.
const LONGEST: usize = 256;

const TABLE: [u16; 256] = table();

const fn table() -> [u16; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u16;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xA001 } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
}

/// Returns the CRC of bytes (MODBUS over Serial Line V1.02, 6.2.2: polynomial 0xA001, start 0xFFFF).
pub fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| crc >> 8 ^ TABLE[usize::from(crc as u8 ^ byte)])
}

/// Appends a frame.
pub(super) fn encode(unit: u8, out: &mut Vec<u8>, pdu: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.push(unit);
    pdu(out);
    let crc = crc(&out[start..]);
    out.extend_from_slice(&crc.to_le_bytes());
}

/// Returns the length of a frame that begins so; `None` when that is not known yet, or never will be.
fn length(expected: Expected, bytes: &[u8]) -> Option<usize> {
    let counted = |at: usize| bytes.get(at).map(|&count| at + 1 + usize::from(count) + 2);
    match (expected, *bytes.get(1)?) {
        (Expected::Answer, 0x80..) => Some(5),
        (Expected::Answer, 0x01..=0x04 | 0x0C | 0x11 | 0x17) => counted(2),
        (Expected::Request, 0x01..=0x06) | (Expected::Answer, 0x05 | 0x06 | 0x0F | 0x10) => Some(8),
        (Expected::Answer, 0x07) => Some(5),
        (Expected::Request, 0x0F | 0x10) => counted(6),
        (Expected::Request, 0x07 | 0x0B | 0x0C | 0x11) => Some(4),
        (_, 0x16) => Some(10),
        (Expected::Request, 0x17) => counted(10),
        _ => None,
    }
}

/// Says whether the frame's function tells nothing about its length.
pub(super) fn is_of_unknown_length(expected: Expected, bytes: &[u8]) -> bool {
    // the longest part that a length can depend on
    bytes.len() > 10 && length(expected, bytes).is_none()
        || bytes.len() >= 4 && length(expected, &[&bytes[..2], &[0; 9]].concat()).is_none()
}

/// Reads the frame at the beginning of the bytes. One of an unknown function ends with silence: see [`decode_ended`].
pub(super) fn decode(expected: Expected, bytes: &[u8]) -> Result<Option<Frame<'_>>, FrameError> {
    match length(expected, bytes) {
        Some(length) if length > LONGEST => Err(FrameError::Long(length)),
        Some(length) if bytes.len() >= length => decode_ended(&bytes[..length]).map(Some),
        _ if bytes.len() >= LONGEST => Err(FrameError::Long(bytes.len())),
        _ => Ok(None),
    }
}

/// Reads bytes that are one frame.
pub(super) fn decode_ended(bytes: &[u8]) -> Result<Frame<'_>, FrameError> {
    let size = bytes.len();
    match bytes {
        _ if size > LONGEST => Err(FrameError::Long(size)),
        [unit, pdu @ .., low, high] if !pdu.is_empty() => {
            let (got, expected) = (u16::from_le_bytes([*low, *high]), crc(&bytes[..size - 2]));
            if got == expected {
                Ok(Frame { transaction: 0, unit: *unit, pdu: Cow::Borrowed(pdu), size })
            } else {
                Err(FrameError::Crc { got, expected })
            }
        }
        _ => Err(FrameError::Short(size)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::modbus::pdu::{Asked, Request};
    use crate::profile::Table;

    #[test]
    fn the_specifications_own_example_is_met() {
        // V1.02, 6.2.2: the frame 02 07 has the CRC 41 12
        assert_eq!(crc(&[0x02, 0x07]), 0x1241);
        let mut bytes = Vec::new();
        encode(2, &mut bytes, |out| out.push(7));
        assert_eq!(bytes, [0x02, 0x07, 0x41, 0x12]);
    }

    #[test]
    fn answers_end_where_their_function_says() {
        for pdu in [
            &[3, 4, 1, 2, 3, 4][..],
            &[1, 1, 5],
            &[6, 0, 1, 0, 2],
            &[16, 0, 1, 0, 2],
            &[0x83, 2],
            &[5, 0, 1, 255, 0],
        ] {
            let mut bytes = Vec::new();
            encode(9, &mut bytes, |out| out.extend_from_slice(pdu));
            for cut in 0..bytes.len() {
                assert_eq!(decode(Expected::Answer, &bytes[..cut]), Ok(None), "{pdu:?}");
            }
            let size = bytes.len();
            bytes.extend_from_slice(&[0xFF; 3]);
            let frame = decode(Expected::Answer, &bytes).unwrap().unwrap();
            assert_eq!((frame.unit, &*frame.pdu, frame.size), (9, pdu, size));
        }
    }

    proptest! {
        #[test]
        fn requests_end_where_their_function_says(address: u16, words in prop::collection::vec(any::<u16>(), 1..123), which in 0..5) {
            let address = address.min(0xFF00);
            let bits: Vec<u16> = words.iter().map(|word| word & 1).collect();
            let request = match which {
                0 => Request::Read { table: Table::Input, address, count: words.len() as u16 },
                1 => Request::WriteRegister { address, word: words[0] },
                2 => Request::WriteRegisters { address, words: &words },
                3 => Request::WriteCoils { address, bits: &bits },
                _ => Request::WriteCoil { address, on: true },
            };
            let mut bytes = Vec::new();
            encode(1, &mut bytes, |out| request.encode(out));
            for cut in 0..bytes.len() {
                prop_assert_eq!(decode(Expected::Request, &bytes[..cut]), Ok(None));
            }
            let size = bytes.len();
            bytes.push(0);
            let frame = decode(Expected::Request, &bytes).unwrap().unwrap();
            prop_assert_eq!(frame.size, size);
            prop_assert!(Asked::decode(&frame.pdu).is_ok());
        }
    }
}
