//! Frames of Modbus ASCII (MODBUS over Serial Line V1.02, 2.5.2): a colon, two hexadecimal digits for each byte of unit, PDU and LRC,
//! CR LF. What stands before the colon is noise; a second colon begins the frame anew. Answers may begin with `>` as well: ABL's eMH1
//! sends them so.

use std::borrow::Cow;

use super::{Frame, FrameError};

/// Longest frame, in characters.
const LONGEST: usize = 513;

/// Returns the LRC of bytes (MODBUS over Serial Line V1.02, 6.2.1): the two's complement of their sum.
pub fn lrc(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_sub(*byte))
}

/// Appends a frame.
pub(super) fn encode(unit: u8, out: &mut Vec<u8>, pdu: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = vec![unit];
    pdu(&mut bytes);
    bytes.push(lrc(&bytes));
    out.push(b':');
    for byte in bytes {
        out.extend(
            [byte >> 4, byte & 0xF].map(|digit| if digit < 10 { b'0' + digit } else { b'A' + digit - 10 }),
        );
    }
    out.extend_from_slice(b"\r\n");
}

/// Reads the frame at the beginning of the bytes.
pub(super) fn decode(bytes: &[u8]) -> Result<Option<Frame<'_>>, FrameError> {
    let long = || if bytes.len() >= LONGEST { Err(FrameError::Long(bytes.len())) } else { Ok(None) };
    let Some(end) = bytes.iter().take(LONGEST).position(|&byte| byte == b'\n') else { return long() };
    let Some(start) = bytes[..end].iter().rposition(|&byte| matches!(byte, b':' | b'>')) else {
        return Err(FrameError::Digit(bytes[0]));
    };
    let digits = &bytes[start + 1..end];
    // CR may be missing: some devices send LF alone
    let digits = digits.strip_suffix(b"\r").unwrap_or(digits);
    if digits.len() > LONGEST - 3 {
        return Err(FrameError::Long(digits.len()));
    }
    if !digits.len().is_multiple_of(2) || digits.len() < 6 {
        return Err(FrameError::Short(digits.len()));
    }
    let whole = digits.chunks_exact(2).map(|pair| Ok(digit(pair[0])? << 4 | digit(pair[1])?));
    let whole = whole.collect::<Result<Vec<u8>, FrameError>>()?;
    let (&got, body) = whole.split_last().ok_or(FrameError::Short(0))?;
    let expected = lrc(body);
    if got != expected {
        return Err(FrameError::Lrc { got, expected });
    }
    Ok(Some(Frame { transaction: 0, unit: body[0], pdu: Cow::Owned(body[1..].to_vec()), size: end + 1 }))
}

fn digit(character: u8) -> Result<u8, FrameError> {
    let value = char::from(character).to_digit(16).ok_or(FrameError::Digit(character))?;
    // a hexadecimal digit is below 16
    Ok(value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_written_as_the_specification_says() {
        let mut bytes = Vec::new();
        encode(1, &mut bytes, |out| out.extend_from_slice(&[3, 0, 0x2E, 0, 5]));
        assert_eq!(bytes, b":0103002E0005C9\r\n");
        let frame = decode(&bytes).unwrap().unwrap();
        assert_eq!((frame.unit, &*frame.pdu, frame.size), (1, &[3, 0, 0x2E, 0, 5][..], bytes.len()));
        for cut in 0..bytes.len() {
            assert_eq!(decode(&bytes[..cut]), Ok(None));
        }
    }

    #[test]
    fn noise_before_the_colon_and_small_digits_are_no_matter() {
        let frame = decode(b"\xFF\x00:01:0103002e0005c9\n:01").unwrap().unwrap();
        assert_eq!((&*frame.pdu, frame.size), (&[3, 0, 0x2E, 0, 5][..], 21));
    }

    /// As recorded from an ABL eMH1 (profile abl-emh1, sources).
    #[test]
    fn an_answer_may_begin_with_another_sign() {
        let frame = decode(b">01030A2EC2910B03E803E803E8A5\r\n").unwrap().unwrap();
        assert_eq!((frame.unit, frame.pdu[..2].to_vec()), (1, vec![3, 10]));
    }

    #[test]
    fn damage_is_named() {
        assert_eq!(decode(b":0103002E0005C8\r\n"), Err(FrameError::Lrc { got: 0xC8, expected: 0xC9 }));
        assert_eq!(decode(b":0103002E000GC9\r\n"), Err(FrameError::Digit(b'G')));
        assert_eq!(decode(b":01C9\r\n"), Err(FrameError::Short(4)));
        assert_eq!(decode(b"HTTP/1.1\r\n"), Err(FrameError::Digit(b'H')));
        assert_eq!(decode(&[b':'; 513]), Err(FrameError::Long(513)));
        // whoever takes it in piece by piece has given up by the first 513
        let late = [&[0xFF; 513][..], b":0103002E0005C9\r\n"].concat();
        assert_eq!(decode(&late), Err(FrameError::Long(late.len())));
    }
}
