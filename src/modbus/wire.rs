//! Bytes on the wire, explained field by field for a person. Decides nothing about them: what is broken, or only a part, is shown so.

use super::client::Direction;
use super::frame::{Expected, FrameError, Framing, MBAP_HEADER, lrc};
use super::pdu::{Exception, function_name};

/// A part of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its bytes as they are on the wire, in hexadecimal: `00 1F`. Of ASCII frames these are the characters.
    pub bytes: String,
    /// What they mean.
    pub meaning: String,
}

fn field(bytes: &[u8], meaning: impl Into<String>) -> Field {
    Field { bytes: hex(bytes), meaning: meaning.into() }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

fn word(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |word, byte| word << 8 | u16::from(*byte))
}

/// Explains bytes that went one way. Several frames may follow each other; what is no frame is shown as such, and no byte is left out.
pub fn annotate(framing: Framing, direction: Direction, bytes: &[u8]) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let size = match framing {
            Framing::Tcp => tcp(direction, rest, &mut fields),
            Framing::Rtu => rtu(direction, rest, &mut fields),
            Framing::Ascii => ascii(direction, rest, &mut fields),
        };
        rest = rest.get(size..).unwrap_or_default();
    }
    fields
}

fn expected(direction: Direction) -> Expected {
    match direction {
        Direction::Out => Expected::Request,
        Direction::In => Expected::Answer,
    }
}

/// Explains the first frame, and returns how many bytes it takes.
fn tcp(direction: Direction, bytes: &[u8], fields: &mut Vec<Field>) -> usize {
    let (size, is_whole) = match Framing::Tcp.decode(expected(direction), bytes) {
        Ok(Some(frame)) => (frame.size, true),
        Ok(None) => (bytes.len(), false),
        Err(error) => {
            fields.push(field(bytes, format!("no Modbus TCP: {error}")));
            return bytes.len();
        }
    };
    if !is_whole && size <= MBAP_HEADER {
        fields.push(field(bytes, "part of a frame: the header is not whole"));
        return size;
    }
    fields.push(field(&bytes[..2], format!("transaction {}", word(&bytes[..2]))));
    fields.push(field(&bytes[2..4], "protocol 0, Modbus"));
    let length = word(&bytes[4..6]);
    let missing = usize::from(length) + MBAP_HEADER - 1;
    let cut = if is_whole { String::new() } else { format!(", {} of them are missing", missing - size) };
    fields.push(field(&bytes[4..6], format!("length {length}{cut}")));
    fields.push(field(&bytes[6..MBAP_HEADER], format!("unit {}", bytes[6])));
    lay(&bytes[MBAP_HEADER..size], 1, pdu_parts(direction, &bytes[MBAP_HEADER..size], is_whole), fields);
    size
}

/// Explains the first frame, and returns how many bytes it takes.
fn rtu(direction: Direction, bytes: &[u8], fields: &mut Vec<Field>) -> usize {
    let way = expected(direction);
    // the first end at which it is a frame, or can't be one any more
    let end = (1..=bytes.len()).find(|&end| Framing::Rtu.decode(way, &bytes[..end]) != Ok(None));
    let size = end.unwrap_or(bytes.len());
    let outcome = match end {
        None if Framing::Rtu.ends_with_silence(way, bytes) => Framing::Rtu.decode_ended(way, bytes).map(Some),
        _ => Framing::Rtu.decode(way, &bytes[..size]),
    };
    let verdict = match outcome {
        Ok(Some(_)) => "CRC, right".to_owned(),
        Err(FrameError::Crc { got, expected }) => {
            format!("CRC {got:#06X}, wrong: the bytes before it give {expected:#06X}")
        }
        Ok(None) => {
            let parts = [unit_part(bytes[0]), pdu_parts(direction, &bytes[1..], false)].concat();
            lay(bytes, 1, parts, fields);
            return size;
        }
        Err(error) => {
            fields.push(field(&bytes[..size], format!("no Modbus RTU: {error}")));
            return size;
        }
    };
    let body = &bytes[1..size - 2];
    let parts = [unit_part(bytes[0]), pdu_parts(direction, body, true), vec![(2, verdict)]].concat();
    lay(&bytes[..size], 1, parts, fields);
    size
}

/// Explains the first frame, and returns how many characters it takes.
fn ascii(direction: Direction, bytes: &[u8], fields: &mut Vec<Field>) -> usize {
    let end = bytes.iter().position(|&byte| byte == b'\n').map(|at| at + 1);
    let line = &bytes[..end.unwrap_or(bytes.len())];
    let Some(colon) = line.iter().rposition(|&byte| matches!(byte, b':' | b'>')) else {
        fields.push(field(line, "no Modbus ASCII: there is no colon"));
        return line.len();
    };
    if colon > 0 {
        fields.push(field(&line[..colon], "noise before the frame"));
    }
    let begins = if line[colon] == b':' {
        "colon: the frame begins"
    } else {
        "the frame begins; the standard has a colon"
    };
    fields.push(field(&line[colon..=colon], begins));
    let after = &line[colon + 1..];
    let ending = if after.ends_with(b"\r\n") { 2 } else { usize::from(end.is_some()) };
    let (digits, ending) = after.split_at(after.len() - ending);
    if end.is_some() {
        ascii_whole(direction, digits, fields);
    } else {
        ascii_part(direction, digits, fields);
    }
    match ending {
        [] => {}
        b"\r\n" => fields.push(field(ending, "CR LF: the frame ends")),
        _ => fields.push(field(ending, "LF without CR: the frame ends")),
    }
    line.len()
}

fn ascii_whole(direction: Direction, digits: &[u8], fields: &mut Vec<Field>) {
    let Some(body) = pairs(digits) else {
        fields.push(field(digits, "these are no pairs of hexadecimal digits"));
        return;
    };
    let Some((&got, content @ [unit, pdu @ ..])) =
        body.split_last().filter(|(_, content)| content.len() >= 2)
    else {
        fields.push(field(digits, "shorter than any frame"));
        return;
    };
    let right = lrc(content);
    let verdict = match got == right {
        true => "LRC, right".to_owned(),
        false => format!("LRC {got:#04X}, wrong: the bytes before it give {right:#04X}"),
    };
    let parts = [unit_part(*unit), pdu_parts(direction, pdu, true), vec![(1, verdict)]].concat();
    lay(digits, 2, parts, fields);
}

fn ascii_part(direction: Direction, digits: &[u8], fields: &mut Vec<Field>) {
    let (whole, half) = digits.split_at(digits.len() - digits.len() % 2);
    match pairs(whole) {
        None => fields.push(field(whole, "these are no pairs of hexadecimal digits")),
        Some(body) => {
            let parts = body
                .split_first()
                .map(|(unit, pdu)| [unit_part(*unit), pdu_parts(direction, pdu, false)].concat());
            lay(whole, 2, parts.unwrap_or_else(|| pdu_parts(direction, &[], false)), fields);
        }
    }
    if !half.is_empty() {
        fields.push(field(half, "half of a byte"));
    }
}

/// Reads pairs of hexadecimal digits.
fn pairs(digits: &[u8]) -> Option<Vec<u8>> {
    let value = |digit: u8| char::from(digit).to_digit(16);
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some((value(*high)? << 4 | value(*low)?) as u8),
        _ => None,
    };
    digits.chunks(2).map(pair).collect()
}

/// So many bytes, and what they mean.
type Part = (usize, String);

/// Lays parts over bytes of which `each` stand for one; shows what the parts leave over as well.
fn lay(bytes: &[u8], each: usize, parts: Vec<Part>, fields: &mut Vec<Field>) {
    let mut rest = bytes;
    for (count, meaning) in parts {
        let (these, behind) = rest.split_at((count * each).min(rest.len()));
        rest = behind;
        if these.is_empty() {
            // an empty list of bits has no bytes; that something is missing is said all the same
            if count == 0 && !meaning.is_empty() {
                fields.push(field(these, meaning));
            }
        } else if each == 1 {
            fields.push(field(these, meaning));
        } else {
            fields.push(field(these, format!("{}: {meaning}", String::from_utf8_lossy(these))));
        }
    }
    if !rest.is_empty() {
        fields.push(field(rest, "more bytes"));
    }
}

fn unit_part(unit: u8) -> Vec<Part> {
    let all = if unit == 0 { ", every device on the line" } else { "" };
    vec![(1, format!("unit {unit}{all}"))]
}

/// Explains a PDU; one that is not whole as far as it goes.
fn pdu_parts(direction: Direction, pdu: &[u8], is_whole: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    if let Some((&function, rest)) = pdu.split_first() {
        parts.push((1, describe_function(function)));
        if is_whole {
            parts.extend(data_parts(direction, function, rest));
        } else if !rest.is_empty() {
            parts.push((rest.len(), "data".into()));
        }
    }
    if !is_whole {
        parts.push((0, "part of a frame: the rest did not come".into()));
    }
    parts
}

fn describe_function(code: u8) -> String {
    let refused = if code & 0x80 == 0 { "" } else { ", refused" };
    format!("function {:02}, {}{refused}", code & 0x7F, function_name(code))
}

fn data_parts(direction: Direction, function: u8, rest: &[u8]) -> Vec<Part> {
    match (direction, function, rest) {
        (_, 0x80.., [code]) => vec![(1, Exception::from_code(*code).to_string())],
        (Direction::In, 0x01..=0x04, [count, data @ ..]) => {
            let mut parts = vec![(1, following(*count))];
            parts.extend(values(function <= 0x02, data));
            parts
        }
        (_, 0x01..=0x04, [_, _, count @ ..]) if count.len() == 2 => {
            vec![address(rest), (2, format!("count {}", word(count)))]
        }
        (_, 0x05, [_, _, value, _]) => {
            vec![address(rest), (2, if *value == 0xFF { "on".into() } else { "off".into() })]
        }
        (_, 0x06, [_, _, value @ ..]) if value.len() == 2 => vec![address(rest), register(value)],
        (_, 0x0F | 0x10, [_, _, high, low, data @ ..]) => {
            let mut parts = vec![address(rest), (2, format!("count {}", word(&[*high, *low])))];
            if let [count, data @ ..] = data {
                parts.push((1, following(*count)));
                parts.extend(values(function == 0x0F, data));
            }
            parts
        }
        (_, _, []) => Vec::new(),
        _ => vec![(rest.len(), "data".into())],
    }
}

fn values(are_bits: bool, data: &[u8]) -> Vec<Part> {
    match (are_bits, data) {
        (_, []) => Vec::new(),
        (true, _) => vec![(data.len(), "bits, lowest first".into())],
        (false, _) => data.chunks(2).map(register).collect(),
    }
}

fn following(count: u8) -> String {
    if count == 1 { "1 byte follows".into() } else { format!("{count} bytes follow") }
}

fn address(rest: &[u8]) -> Part {
    (2, format!("register {:#06X} ({})", word(&rest[..2]), word(&rest[..2])))
}

fn register(value: &[u8]) -> Part {
    (value.len(), format!("value {}", word(value)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FRAMINGS: [Framing; 3] = [Framing::Tcp, Framing::Rtu, Framing::Ascii];

    fn lines(framing: Framing, direction: Direction, bytes: &[u8]) -> Vec<String> {
        annotate(framing, direction, bytes)
            .into_iter()
            .map(|field| format!("{} | {}", field.bytes, field.meaning))
            .collect()
    }

    #[test]
    fn a_read_is_explained_field_by_field() {
        assert_eq!(
            lines(Framing::Tcp, Direction::Out, &[0, 7, 0, 0, 0, 6, 1, 3, 0x40, 0x10, 0, 2]),
            [
                "00 07 | transaction 7",
                "00 00 | protocol 0, Modbus",
                "00 06 | length 6",
                "01 | unit 1",
                "03 | function 03, read holding registers",
                "40 10 | register 0x4010 (16400)",
                "00 02 | count 2",
            ]
        );
        let reply = lines(Framing::Tcp, Direction::In, &[0, 7, 0, 0, 0, 7, 1, 3, 4, 0, 0, 0x3E, 0x80]);
        assert_eq!(reply[5..], ["04 | 4 bytes follow", "00 00 | value 0", "3E 80 | value 16000"]);
        let refusal = lines(Framing::Tcp, Direction::In, &[0, 7, 0, 0, 0, 3, 1, 0x83, 2]);
        assert!(refusal[5].contains("no such register"), "{refusal:?}");
    }

    #[test]
    fn rtu_has_a_unit_and_a_checksum() {
        assert_eq!(
            lines(Framing::Rtu, Direction::Out, &[1, 3, 0, 0, 0, 1, 0x84, 0x0A]),
            [
                "01 | unit 1",
                "03 | function 03, read holding registers",
                "00 00 | register 0x0000 (0)",
                "00 01 | count 1",
                "84 0A | CRC, right",
            ]
        );
        let damaged = lines(Framing::Rtu, Direction::In, &[1, 3, 2, 0, 6, 0xFF, 0xFF]);
        assert_eq!(damaged[3], "00 06 | value 6");
        assert!(damaged[4].starts_with("FF FF | CRC 0xFFFF, wrong"), "{damaged:?}");
        let all = lines(Framing::Rtu, Direction::Out, &[0, 6, 1, 1, 0x3A, 0x98, 0, 0]);
        assert_eq!(all[0], "00 | unit 0, every device on the line");
    }

    #[test]
    fn ascii_is_shown_with_its_characters() {
        assert_eq!(
            lines(Framing::Ascii, Direction::Out, b":0103002E0005C9\r\n"),
            [
                "3A | colon: the frame begins",
                "30 31 | 01: unit 1",
                "30 33 | 03: function 03, read holding registers",
                "30 30 32 45 | 002E: register 0x002E (46)",
                "30 30 30 35 | 0005: count 5",
                "43 39 | C9: LRC, right",
                "0D 0A | CR LF: the frame ends",
            ]
        );
        let damaged = lines(Framing::Ascii, Direction::In, b"\xFF:01830200\n");
        assert_eq!(damaged[0], "FF | noise before the frame");
        assert!(damaged[4].starts_with("30 32 | 02: exception 02"), "{damaged:?}");
        assert_eq!(damaged[5], "30 30 | 00: LRC 0x00, wrong: the bytes before it give 0x7A");
        assert_eq!(damaged[6], "0A | LF without CR: the frame ends");
        let other_sign = lines(Framing::Ascii, Direction::In, b">01830279\r\n");
        assert_eq!(other_sign[0], "3E | the frame begins; the standard has a colon");
        let digits = lines(Framing::Ascii, Direction::In, b":01G3\r\n");
        assert_eq!(digits[1], "30 31 47 33 | these are no pairs of hexadecimal digits");
    }

    #[test]
    fn what_is_only_a_part_is_called_so() {
        let whole: [&[u8]; 3] = [
            &[0, 7, 0, 0, 0, 7, 1, 3, 4, 0, 0, 0x3E, 0x80],
            &[1, 3, 2, 0, 6, 0x38, 0x46],
            b":010302000 6F4\r\n",
        ];
        for (framing, bytes) in FRAMINGS.into_iter().zip(whole) {
            for cut in 3..6 {
                let shown = lines(framing, Direction::In, &bytes[..cut]).join("\n");
                assert!(shown.contains("part of a frame"), "{framing:?} {cut}: {shown}");
            }
        }
        let cut = lines(Framing::Tcp, Direction::In, &[0, 7, 0, 0, 0, 7, 1, 3, 4, 0]);
        assert_eq!(cut[2], "00 07 | length 7, 3 of them are missing");
        let other = lines(Framing::Tcp, Direction::In, b"HTTP/1.1 400");
        assert!(other[0].contains("no Modbus TCP"), "{other:?}");
    }

    #[test]
    fn frames_that_follow_each_other_are_all_explained() {
        for framing in FRAMINGS {
            let mut bytes = Vec::new();
            for value in [6, 7] {
                framing.encode(1, 9, &mut bytes, |out| out.extend_from_slice(&[3, 2, 0, value]));
            }
            let shown = lines(framing, Direction::In, &bytes).join("\n");
            assert!(shown.contains("value 6") && shown.contains("value 7"), "{framing:?}: {shown}");
            assert_eq!(shown.matches("unit 9").count(), 2);
        }
    }

    fn anything() -> impl Strategy<Value = Vec<u8>> {
        let characters = prop::sample::select(b":>0123456789ABCDEFabcdef\r\n\xFFG".to_vec());
        prop_oneof![
            prop::collection::vec(any::<u8>(), 1..300),
            prop::collection::vec(characters, 1..60),
            // functions and counts that say something
            prop::collection::vec(0_u8..20, 1..60),
        ]
    }

    proptest! {
        #[test]
        fn no_byte_is_left_out(bytes in anything(), framing in prop::sample::select(FRAMINGS.to_vec()), framed: bool, more in prop::collection::vec(any::<u8>(), 0..9), cut in 0usize..9, sent: bool) {
            let mut all = vec![];
            if framed {
                framing.encode(1, 2, &mut all, |out| out.extend(&bytes[..bytes.len().min(253)]));
                all.extend(&more);
                all.truncate(all.len().saturating_sub(cut).max(1));
            } else {
                all = bytes;
            }
            let direction = if sent { Direction::Out } else { Direction::In };
            let fields = annotate(framing, direction, &all);
            prop_assert!(fields.iter().all(|field| !field.meaning.is_empty()));
            let shown: Vec<String> = fields.into_iter().map(|field| field.bytes).filter(|bytes| !bytes.is_empty()).collect();
            prop_assert_eq!(shown.join(" "), hex(&all));
        }
    }
}
