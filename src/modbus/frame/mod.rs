//! Frames: how a PDU travels over TCP, as RTU over a serial line, and as ASCII. Decides where a frame ends and whether it is whole;
//! what is in it is the PDU's matter.

mod ascii;
mod mbap;
mod rtu;

use std::borrow::Cow;

pub use ascii::lrc;
pub use mbap::MBAP_HEADER;
pub use rtu::crc;

/// How a PDU is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Framing {
    /// Header with transaction and length (MODBUS Messaging on TCP/IP Implementation Guide V1.0b, 3.1.3); also inside TLS.
    Tcp,
    /// Unit, PDU, CRC (MODBUS over Serial Line V1.02, 2.5.1); also over TCP gateways.
    Rtu,
    /// `:`, hexadecimal digits, LRC, CR LF (MODBUS over Serial Line V1.02, 2.5.2).
    Ascii,
}

/// What a frame is expected to be. RTU frames do not tell their length, so it follows from this and the function code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Expected {
    /// A request, as a server gets it.
    Request,
    /// An answer, as a client gets it.
    Answer,
}

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Pairs answers with requests on TCP; 0 elsewhere.
    pub transaction: u16,
    /// The unit that is meant, or that answers.
    pub unit: u8,
    /// Function and arguments.
    pub pdu: Cow<'a, [u8]>,
    /// How many bytes the frame takes, with what stands before its beginning.
    pub size: usize,
}

/// Why bytes are no frame. Nothing that follows them can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The protocol identifier is not 0.
    #[error("protocol identifier {0:#06X} instead of 0: this is not Modbus TCP")]
    Protocol(u16),
    /// The length field is outside 2 to 254.
    #[error("length field {0} is outside 2 to 254")]
    Length(u16),
    /// The checksum is wrong.
    #[error("CRC {got:#06X} instead of {expected:#06X}: bytes were lost or changed on the line")]
    Crc {
        /// What stands in the frame.
        got: u16,
        /// What its bytes give.
        expected: u16,
    },
    /// The checksum is wrong.
    #[error("LRC {got:#04X} instead of {expected:#04X}: characters were lost or changed on the line")]
    Lrc {
        /// What stands in the frame.
        got: u8,
        /// What its bytes give.
        expected: u8,
    },
    /// A character that is no hexadecimal digit.
    #[error("character {0:#04X} in the frame is no hexadecimal digit")]
    Digit(u8),
    /// The frame is shorter than any.
    #[error("{0} bytes are shorter than any frame")]
    Short(usize),
    /// The frame does not end where the longest one does.
    #[error("{0} bytes are longer than any frame")]
    Long(usize),
}

impl Framing {
    /// Returns the most bytes that a frame can have.
    pub fn longest(self) -> usize {
        match self {
            // header and a PDU of 253
            Framing::Tcp => 260,
            // unit, PDU, CRC
            Framing::Rtu => 256,
            // colon, two digits for each of unit, PDU and LRC, CR LF
            Framing::Ascii => 513,
        }
    }

    /// Appends a frame around a PDU of at most 253 bytes, which `pdu` appends.
    pub fn encode(self, transaction: u16, unit: u8, out: &mut Vec<u8>, pdu: impl FnOnce(&mut Vec<u8>)) {
        match self {
            Framing::Tcp => mbap::encode(transaction, unit, out, pdu),
            Framing::Rtu => rtu::encode(unit, out, pdu),
            Framing::Ascii => ascii::encode(unit, out, pdu),
        }
    }

    /// Reads the frame at the beginning of the bytes; `None`: more bytes are needed. Never `None` for [`longest`](Self::longest)
    /// bytes or more.
    ///
    /// # Errors
    /// When the bytes can't be the beginning of a frame, or the frame is damaged.
    pub fn decode(self, expected: Expected, bytes: &[u8]) -> Result<Option<Frame<'_>>, FrameError> {
        match self {
            Framing::Tcp => mbap::decode(bytes),
            Framing::Rtu => rtu::decode(expected, bytes),
            Framing::Ascii => ascii::decode(bytes),
        }
    }

    /// Says whether only silence can tell where this frame ends: RTU with a function whose length is not known.
    pub fn ends_with_silence(self, expected: Expected, bytes: &[u8]) -> bool {
        self == Framing::Rtu && rtu::is_of_unknown_length(expected, bytes)
    }

    /// Reads bytes that silence has ended as one frame, whatever its function: what [`decode`](Self::decode) can't delimit.
    ///
    /// # Errors
    /// When they are no whole frame.
    pub fn decode_ended(self, expected: Expected, bytes: &[u8]) -> Result<Frame<'_>, FrameError> {
        match self {
            Framing::Rtu => rtu::decode_ended(bytes),
            _ => self.decode(expected, bytes)?.ok_or(FrameError::Short(bytes.len())),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn framings() -> impl Strategy<Value = Framing> {
        prop::sample::select(vec![Framing::Tcp, Framing::Rtu, Framing::Ascii])
    }

    fn expectations() -> impl Strategy<Value = Expected> {
        prop::sample::select(vec![Expected::Request, Expected::Answer])
    }

    proptest! {
        #[test]
        fn whole_frames_survive_a_round_trip(framing in framings(), expected in expectations(), transaction: u16, unit: u8, pdu in prop::collection::vec(any::<u8>(), 1..=253)) {
            let mut bytes = Vec::new();
            framing.encode(transaction, unit, &mut bytes, |out| out.extend_from_slice(&pdu));
            prop_assert!(bytes.len() <= framing.longest());
            let frame = framing.decode_ended(expected, &bytes).unwrap();
            prop_assert_eq!(&*frame.pdu, &pdu[..]);
            prop_assert_eq!((frame.unit, frame.size), (unit, bytes.len()));
            prop_assert_eq!(frame.transaction, if framing == Framing::Tcp { transaction } else { 0 });
        }

        #[test]
        fn one_changed_bit_is_noticed_where_there_is_a_checksum(pdu in prop::collection::vec(any::<u8>(), 1..60), at: prop::sample::Index, bit in 0..8) {
            for framing in [Framing::Rtu, Framing::Ascii] {
                let mut bytes = Vec::new();
                framing.encode(0, 17, &mut bytes, |out| out.extend_from_slice(&pdu));
                let at = at.index(bytes.len());
                bytes[at] ^= 1_u8 << bit;
                // a digit may be written small as well
                if let Ok(frame) = framing.decode_ended(Expected::Answer, &bytes) {
                    prop_assert_eq!((frame.unit, &*frame.pdu), (17, &pdu[..]));
                }
            }
        }

        #[test]
        fn no_bytes_make_it_panic_or_wait_for_ever(framing in framings(), expected in expectations(), bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let decoded = framing.decode(expected, &bytes);
            if bytes.len() >= framing.longest() {
                prop_assert!(decoded != Ok(None));
            }
            if let Ok(Some(frame)) = decoded {
                prop_assert!(frame.size <= bytes.len() && !frame.pdu.is_empty() && frame.pdu.len() <= 253);
            }
            let _ = framing.decode_ended(expected, &bytes);
        }
    }
}
