//! Frames of Modbus TCP: the MBAP header (MODBUS Messaging on TCP/IP Implementation Guide V1.0b, 3.1.3).

use std::borrow::Cow;

use super::{Frame, FrameError};

/// Bytes of the header: transaction (2), protocol (2), length (2), unit (1).
pub const MBAP_HEADER: usize = 7;

/// Appends a header for a PDU that `pdu` appends, and that PDU.
pub(super) fn encode(transaction: u16, unit: u8, out: &mut Vec<u8>, pdu: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&transaction.to_be_bytes());
    out.extend_from_slice(&[0, 0, 0, 0, unit]);
    pdu(out);
    let length = (out.len() - start - MBAP_HEADER + 1) as u16;
    out[start + 4..start + 6].copy_from_slice(&length.to_be_bytes());
}

/// Reads the frame at the beginning of the bytes.
pub(super) fn decode(bytes: &[u8]) -> Result<Option<Frame<'_>>, FrameError> {
    if bytes.len() >= 4 {
        let protocol = u16::from_be_bytes([bytes[2], bytes[3]]);
        if protocol != 0 {
            return Err(FrameError::Protocol(protocol));
        }
    }
    if bytes.len() < MBAP_HEADER {
        return Ok(None);
    }
    let length = u16::from_be_bytes([bytes[4], bytes[5]]);
    if !(2..=254).contains(&length) {
        return Err(FrameError::Length(length));
    }
    let size = usize::from(length) + MBAP_HEADER - 1;
    if bytes.len() < size {
        return Ok(None);
    }
    let transaction = u16::from_be_bytes([bytes[0], bytes[1]]);
    Ok(Some(Frame { transaction, unit: bytes[6], pdu: Cow::Borrowed(&bytes[MBAP_HEADER..size]), size }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn frames_survive_a_round_trip_in_any_pieces(transaction: u16, unit: u8, pdu in prop::collection::vec(any::<u8>(), 1..=253), cut in 0usize..260) {
            let mut bytes = Vec::new();
            encode(transaction, unit, &mut bytes, |out| out.extend_from_slice(&pdu));
            let size = bytes.len();
            if cut < size {
                prop_assert_eq!(decode(&bytes[..cut]), Ok(None));
            }
            bytes.extend_from_slice(&[1, 2, 3]);
            prop_assert_eq!(decode(&bytes), Ok(Some(Frame { transaction, unit, pdu: Cow::Borrowed(&pdu), size })));
        }
    }
}
