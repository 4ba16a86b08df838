//! Bytes on the wire, explained field by field for a person.

use super::client::Direction;
use super::frame::{Expected, Framing, MBAP_HEADER};
use super::pdu::{Exception, function_name};

/// A part of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its bytes, as `00 1F`.
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

/// Explains bytes of Modbus TCP. What is no frame is shown as such; nothing is left out.
pub fn annotate(direction: Direction, bytes: &[u8]) -> Vec<Field> {
    let frame = match Framing::Tcp.decode(Expected::Answer, bytes) {
        Ok(Some(frame)) => frame,
        Ok(None) => return vec![field(bytes, "part of a frame")],
        Err(error) => return vec![field(bytes, format!("no Modbus TCP: {error}"))],
    };
    let mut fields = vec![
        field(&bytes[..2], format!("transaction {}", frame.transaction)),
        field(&bytes[2..4], "protocol 0, Modbus"),
        field(&bytes[4..6], format!("length {}", word(&bytes[4..6]))),
        field(&bytes[6..MBAP_HEADER], format!("unit {}", frame.unit)),
    ];
    let (function, rest) = frame.pdu.split_at(1);
    fields.push(field(function, describe_function(function[0])));
    fields.extend(annotate_data(direction, function[0], rest));
    if bytes.len() > frame.size {
        fields.push(field(&bytes[frame.size..], "after the frame"));
    }
    fields
}

fn describe_function(code: u8) -> String {
    let refused = if code & 0x80 == 0 { "" } else { ", refused" };
    format!("function {:02}, {}{refused}", code & 0x7F, function_name(code))
}

fn annotate_data(direction: Direction, function: u8, rest: &[u8]) -> Vec<Field> {
    match (direction, function, rest) {
        (_, 0x80.., [code]) => vec![field(rest, Exception::from_code(*code).to_string())],
        (Direction::In, 0x01..=0x04, [count, data @ ..]) => {
            let mut fields = vec![field(&[*count], following(*count))];
            if function <= 0x02 {
                fields.push(field(data, "bits, lowest first"));
            } else {
                fields.extend(data.chunks(2).map(register));
            }
            fields
        }
        (_, 0x01..=0x04, [_, _, _, _]) => {
            vec![address(rest), field(&rest[2..], format!("count {}", word(&rest[2..])))]
        }
        (_, 0x05, [_, _, value, _]) => {
            vec![address(rest), field(&rest[2..], if *value == 0xFF { "on" } else { "off" })]
        }
        (_, 0x06, [_, _, _, _]) => vec![address(rest), register(&rest[2..])],
        (_, 0x0F | 0x10, [_, _, _, _, data @ ..]) => {
            let mut fields = vec![address(rest), field(&rest[2..4], format!("count {}", word(&rest[2..4])))];
            if let [count, data @ ..] = data {
                fields.push(field(&[*count], following(*count)));
                if function == 0x0F {
                    fields.push(field(data, "bits, lowest first"));
                } else {
                    fields.extend(data.chunks(2).map(register));
                }
            }
            fields
        }
        (_, _, []) => Vec::new(),
        _ => vec![field(rest, "data")],
    }
}

fn following(count: u8) -> String {
    if count == 1 { "1 byte follows".into() } else { format!("{count} bytes follow") }
}

fn address(rest: &[u8]) -> Field {
    field(&rest[..2], format!("register {:#06X} ({})", word(&rest[..2]), word(&rest[..2])))
}

fn register(pair: &[u8]) -> Field {
    field(pair, format!("value {}", word(pair)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(direction: Direction, bytes: &[u8]) -> Vec<String> {
        annotate(direction, bytes)
            .into_iter()
            .map(|field| format!("{} | {}", field.bytes, field.meaning))
            .collect()
    }

    #[test]
    fn a_read_is_explained_field_by_field() {
        assert_eq!(
            lines(Direction::Out, &[0, 7, 0, 0, 0, 6, 1, 3, 0x40, 0x10, 0, 2]),
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
        let reply = lines(Direction::In, &[0, 7, 0, 0, 0, 7, 1, 3, 4, 0, 0, 0x3E, 0x80]);
        assert_eq!(reply[5..], ["04 | 4 bytes follow", "00 00 | value 0", "3E 80 | value 16000"]);
        let refusal = lines(Direction::In, &[0, 7, 0, 0, 0, 3, 1, 0x83, 2]);
        assert!(refusal[5].contains("no such register"), "{refusal:?}");
    }

    proptest! {
        #[test]
        fn no_byte_is_left_out(bytes in prop::collection::vec(any::<u8>(), 1..40), framed: bool, sent: bool) {
            let mut all = vec![];
            if framed { Framing::Tcp.encode(1, 2, &mut all, |out| out.extend(&bytes)); } else { all = bytes; }
            let direction = if sent { Direction::Out } else { Direction::In };
            let shown: Vec<String> = annotate(direction, &all).into_iter().map(|field| field.bytes).filter(|bytes| !bytes.is_empty()).collect();
            prop_assert_eq!(shown.join(" "), hex(&all));
        }
    }
}
