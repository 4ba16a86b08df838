//! What has come in and was not taken yet: finds the requests in a stream of bytes, and throws away what is none.
//!
//! On TCP bytes that are no frame end the connection. On a line they are noise: silence ends it, and the next frame begins. What others
//! on the same line answer is passed over.

use super::super::frame::{Expected, FrameError, Framing};

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Incoming {
    pub(super) transaction: u16,
    pub(super) unit: u8,
    pub(super) pdu: Vec<u8>,
}

/// Bytes that have come in.
#[derive(Debug)]
pub(super) struct Intake {
    framing: Framing,
    pub(super) bytes: Vec<u8>,
    /// Noise: nothing counts until there is silence.
    is_noise: bool,
}

impl Intake {
    pub(super) fn new(framing: Framing) -> Intake {
        Intake { framing, bytes: Vec::with_capacity(framing.longest()), is_noise: false }
    }

    /// Says whether silence now would mean something.
    pub(super) fn awaits_silence(&self) -> bool {
        self.framing != Framing::Tcp && (self.is_noise || !self.bytes.is_empty())
    }

    /// Takes the next request out; nothing when more bytes are needed. `is_here` says which units are behind this server.
    ///
    /// # Errors
    /// On TCP, when the bytes are no frame: nobody can know where the next one begins.
    pub(super) fn take(&mut self, is_here: impl Fn(u8) -> bool) -> Result<Option<Incoming>, FrameError> {
        while !self.is_noise && !self.bytes.is_empty() {
            let outcome = match self.framing.decode(Expected::Request, &self.bytes) {
                Ok(Some(frame)) => {
                    let (size, pdu) = (frame.size, frame.pdu.to_vec());
                    let taken = Incoming { transaction: frame.transaction, unit: frame.unit, pdu };
                    self.bytes.drain(..size);
                    return Ok(Some(taken));
                }
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            match (self.framing, outcome) {
                (Framing::Tcp, outcome) => return outcome.map(|()| None),
                (Framing::Rtu, outcome) => {
                    if let Some(size) = self.others_answer(&is_here) {
                        self.bytes.drain(..size);
                    } else if outcome.is_err() {
                        self.is_noise = true;
                    } else {
                        return Ok(None);
                    }
                }
                (Framing::Ascii, Ok(())) => return Ok(None),
                (Framing::Ascii, Err(_)) => {
                    let end = self.bytes.iter().position(|&byte| byte == b'\n');
                    self.bytes.drain(..end.map_or(self.bytes.len(), |end| end + 1));
                }
            }
        }
        if self.is_noise {
            self.bytes.clear();
        }
        Ok(None)
    }

    /// Returns the length of the answer of a unit that is not here.
    fn others_answer(&self, is_here: &impl Fn(u8) -> bool) -> Option<usize> {
        let frame = self.framing.decode(Expected::Answer, &self.bytes).ok()??;
        (!is_here(frame.unit)).then_some(frame.size)
    }

    /// There was silence: what has come is a frame that only silence can end, or is thrown away.
    pub(super) fn end_with_silence(&mut self) -> Option<Incoming> {
        let is_ended = !self.is_noise && self.framing.ends_with_silence(Expected::Request, &self.bytes);
        let frame =
            is_ended.then(|| self.framing.decode_ended(Expected::Request, &self.bytes).ok()).flatten();
        let taken = frame.map(|frame| Incoming {
            transaction: frame.transaction,
            unit: frame.unit,
            pdu: frame.pdu.to_vec(),
        });
        self.is_noise = false;
        self.bytes.clear();
        taken
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const READ: [u8; 5] = [3, 0, 5, 0, 1];

    fn frame(framing: Framing, unit: u8, pdu: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        framing.encode(7, unit, &mut bytes, |out| out.extend_from_slice(pdu));
        bytes
    }

    /// Takes all requests from bytes that come in one piece.
    fn taken(intake: &mut Intake, bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
        intake.bytes.extend_from_slice(bytes);
        let next = || intake.take(|unit| unit == 1).unwrap();
        std::iter::from_fn(next).map(|one| (one.unit, one.pdu)).collect()
    }

    #[test]
    fn what_others_answer_is_passed_over() {
        for framing in [Framing::Rtu, Framing::Ascii] {
            for answer in [
                &[3, 4, 0, 1, 0, 2][..],
                &[6, 0, 5, 0, 7],
                &[16, 0, 5, 0, 2],
                &[15, 0, 5, 0, 2],
                &[0x83, 2],
                &[1, 3, 1, 2, 3],
                &[1, 1, 3],
            ] {
                let mut intake = Intake::new(framing);
                let bytes = [frame(framing, 2, answer), frame(framing, 1, &READ)].concat();
                let requests = taken(&mut intake, &bytes);
                assert_eq!(requests.last(), Some(&(1, READ.to_vec())), "{framing:?} {answer:?}");
                assert!(requests.iter().all(|(unit, pdu)| *unit == 2 || *pdu == READ), "{answer:?}");
            }
        }
    }

    #[test]
    fn a_damaged_frame_is_noise_until_there_is_silence() {
        let mut intake = Intake::new(Framing::Rtu);
        let good = frame(Framing::Rtu, 1, &READ);
        let mut bad = good.clone();
        bad[3] ^= 1;
        assert_eq!(taken(&mut intake, &bad), []);
        assert_eq!(taken(&mut intake, &good), [], "no silence yet");
        assert!(intake.awaits_silence());
        assert_eq!(intake.end_with_silence(), None);
        assert_eq!(taken(&mut intake, &good), [(1, READ.to_vec())]);
        assert!(!intake.awaits_silence());
    }

    #[test]
    fn silence_throws_half_a_frame_away_and_ends_one_of_an_unknown_function() {
        let mut intake = Intake::new(Framing::Rtu);
        let good = frame(Framing::Rtu, 1, &READ);
        assert_eq!(taken(&mut intake, &good[..5]), []);
        assert_eq!(intake.end_with_silence(), None);
        assert_eq!(taken(&mut intake, &good), [(1, READ.to_vec())]);
        assert_eq!(taken(&mut intake, &frame(Framing::Rtu, 1, &[0x41, 1, 2, 3])), []);
        assert_eq!(intake.end_with_silence().map(|one| one.pdu), Some(vec![0x41, 1, 2, 3]));
        let mut damaged = frame(Framing::Rtu, 1, &[0x41, 1, 2, 3]);
        damaged[2] ^= 1;
        assert_eq!(taken(&mut intake, &damaged), []);
        assert_eq!(intake.end_with_silence(), None);
    }

    #[test]
    fn a_damaged_line_of_ascii_does_not_hide_the_next() {
        let mut intake = Intake::new(Framing::Ascii);
        let good = frame(Framing::Ascii, 1, &READ);
        let mut bad = good.clone();
        bad[5] ^= 1;
        assert_eq!(taken(&mut intake, &[&b"\xFF\x00"[..], &bad, &good].concat()), [(1, READ.to_vec())]);
    }

    #[test]
    fn nonsense_ends_a_tcp_connection() {
        let mut intake = Intake::new(Framing::Tcp);
        intake.bytes.extend_from_slice(b"GET / HTTP/1.1\r\n");
        assert!(intake.take(|_| true).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_are_kept_for_ever(framing in prop::sample::select(vec![Framing::Rtu, Framing::Ascii]), bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let mut intake = Intake::new(framing);
            for piece in bytes.chunks(7) {
                intake.bytes.extend_from_slice(piece);
                while intake.take(|unit| unit == 1).unwrap().is_some() {}
                prop_assert!(intake.bytes.len() < framing.longest());
            }
            let _ = intake.end_with_silence();
            let good = frame(framing, 1, &READ);
            prop_assert_eq!(taken(&mut intake, &good), [(1, READ.to_vec())]);
        }
    }
}
