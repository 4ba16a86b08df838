//! Bytes as frames: whatever comes in, in whatever pieces, is a frame, an error or too short; and what is a frame goes through the decoders
//! behind.

use enmon::modbus::{
    Asked, Direction, Expected, Frame, FrameError, Framing, Layout, Request, Response, annotate, decode,
    encode,
};
use enmon::profile::{ByteOrder, Table, ValueType, WordOrder};

pub fn tcp(bytes: &[u8]) {
    frame(Framing::Tcp, bytes);
}

pub fn rtu(bytes: &[u8]) {
    frame(Framing::Rtu, bytes);
}

pub fn ascii(bytes: &[u8]) {
    frame(Framing::Ascii, bytes);
}

fn frame(framing: Framing, bytes: &[u8]) {
    for expected in [Expected::Request, Expected::Answer] {
        in_any_pieces(framing, expected, bytes);
        if let Ok(frame) = framing.decode_ended(expected, bytes) {
            same_again(framing, expected, &frame, bytes);
            behind(&frame.pdu);
        }
        // whatever the bytes are as a PDU, it gets through
        if !bytes.is_empty() {
            let pdu = &bytes[..bytes.len().min(253)];
            let sent = written(framing, 7, bytes[0], pdu);
            assert!(sent.len() <= framing.longest());
            let frame = framing.decode_ended(expected, &sent).expect("what was encoded is a frame");
            assert_eq!((frame.unit, &*frame.pdu, frame.size), (bytes[0], pdu, sent.len()));
        }
    }
    behind(bytes);
    for direction in [Direction::In, Direction::Out] {
        all_is_shown(framing, direction, bytes);
    }
}

/// What a reader makes of the bytes does not depend on how they come, and it does not wait for ever.
fn in_any_pieces(framing: Framing, expected: Expected, bytes: &[u8]) {
    let mut first: Option<Result<Frame<'_>, FrameError>> = None;
    for cut in 0..=bytes.len() {
        let now = framing.decode(expected, &bytes[..cut]);
        let is_silence_awaited = framing.ends_with_silence(expected, &bytes[..cut]);
        match (&first, now) {
            (None, Ok(None)) => assert!(cut < framing.longest(), "waits for ever"),
            (None, Ok(Some(frame))) => {
                assert!(!is_silence_awaited, "a frame that is there needs no silence");
                same_again(framing, expected, &frame, &bytes[..cut]);
                behind(&frame.pdu);
                first = Some(Ok(frame));
            }
            (None, Err(error)) => first = Some(Err(error)),
            (Some(Ok(frame)), now) => {
                assert_eq!(now, Ok(Some(frame.clone())), "other bytes behind a frame change it")
            }
            (Some(Err(_)), now) => assert!(now.is_err(), "no frame in pieces, and one as a whole: {now:?}"),
        }
        if framing != Framing::Rtu {
            assert!(!is_silence_awaited);
        }
    }
}

fn written(framing: Framing, transaction: u16, unit: u8, pdu: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    framing.encode(transaction, unit, &mut out, |out| out.extend_from_slice(pdu));
    out
}

/// A frame that was decoded is encoded to the bytes it came from.
fn same_again(framing: Framing, expected: Expected, frame: &Frame<'_>, bytes: &[u8]) {
    assert!((1..=253).contains(&frame.pdu.len()) && (1..=bytes.len()).contains(&frame.size), "{frame:?}");
    let again = written(framing, frame.transaction, frame.unit, &frame.pdu);
    if framing == Framing::Ascii {
        // which may have had small digits, no CR, and something before the colon
        let twice =
            framing.decode(expected, &again).expect("what was encoded is a frame").expect("a whole one");
        assert_eq!((twice.unit, twice.pdu), (frame.unit, frame.pdu.clone()));
    } else {
        assert_eq!(again, bytes[..frame.size]);
    }
}

/// A PDU, for a client that has asked something and for a server.
fn behind(pdu: &[u8]) {
    let words = [0x1234; 123];
    let word = |at: usize| pdu.get(at..at + 2).map_or(0, |pair| u16::from_be_bytes([pair[0], pair[1]]));
    let (address, count) = (word(1), usize::from(word(3)));
    let registers = usize::from(pdu.get(1).copied().unwrap_or(0) / 2).clamp(1, 125) as u16;
    let bits = usize::from(pdu.get(1).copied().unwrap_or(0)).clamp(1, 250) as u16 * 8 - 3;
    let requests = [
        Request::Read { table: Table::Holding, address: 0, count: registers },
        Request::Read { table: Table::Input, address: 0, count: registers },
        Request::Read { table: Table::Coil, address: 0, count: bits },
        Request::Read { table: Table::Discrete, address: 0, count: bits },
        Request::WriteCoil { address, on: word(3) != 0 },
        Request::WriteRegister { address, word: word(3) },
        Request::WriteCoils { address, bits: &words[..count.clamp(1, 123)] },
        Request::WriteRegisters { address, words: &words[..count.clamp(1, 123)] },
    ];
    for request in &requests {
        if let Ok(Response::Words(words)) = Response::decode(request, pdu) {
            let Request::Read { table, count, .. } = *request else { panic!("{request:?} reads nothing") };
            assert_eq!(words.len(), usize::from(count));
            if matches!(table, Table::Coil | Table::Discrete) {
                assert!(words.iter().all(|&bit| bit <= 1));
            } else {
                values(&words);
            }
        }
    }
    if let Ok(asked) = Asked::decode(pdu) {
        answered(&asked, pdu);
    }
}

/// What a server answers is what a client of that request understands.
fn answered(asked: &Asked, pdu: &[u8]) {
    let mut answer = Vec::new();
    match asked {
        &Asked::Read { table, address, count } => {
            let is_bit = matches!(table, Table::Coil | Table::Discrete);
            let words: Vec<u16> = (0..count).map(|word| if is_bit { word & 1 } else { word }).collect();
            asked.answer(pdu, &words, &mut answer);
            let request = Request::Read { table, address, count };
            assert_eq!(Response::decode(&request, &answer), Ok(Response::Words(words)));
        }
        Asked::Write { address, words, .. } => {
            asked.answer(pdu, &[], &mut answer);
            let request = match pdu[0] {
                5 => Request::WriteCoil { address: *address, on: words[0] != 0 },
                6 => Request::WriteRegister { address: *address, word: words[0] },
                15 => Request::WriteCoils { address: *address, bits: words },
                _ => Request::WriteRegisters { address: *address, words },
            };
            assert_eq!(Response::decode(&request, &answer), Ok(Response::Written));
        }
    }
    assert!((1..=253).contains(&answer.len()));
}

/// Words as values of each type, and what is no absent value back again.
fn values(words: &[u16]) {
    const TYPES: [ValueType; 10] = [
        ValueType::U16,
        ValueType::I16,
        ValueType::U32,
        ValueType::I32,
        ValueType::U64,
        ValueType::I64,
        ValueType::F32,
        ValueType::F64,
        ValueType::Bits,
        ValueType::Bcd,
    ];
    let words = &words[..words.len().min(8)];
    for value_type in TYPES {
        for (word_order, byte_order) in
            [(WordOrder::Big, ByteOrder::Big), (WordOrder::Little, ByteOrder::Little)]
        {
            let layout = Layout { word_order, byte_order, ..Layout::plain(value_type) };
            for value in decode(words, &layout).unwrap_or_default() {
                let Ok(again) = encode(&value, &layout) else { continue };
                assert_eq!(decode(&again, &layout), Ok(vec![value]));
            }
        }
    }
    let text = decode(words, &Layout::plain(ValueType::String)).expect("all words are some text");
    assert_eq!(text.len(), 1);
}

fn all_is_shown(framing: Framing, direction: Direction, bytes: &[u8]) {
    let fields = annotate(framing, direction, bytes);
    let shown: Vec<&str> =
        fields.iter().map(|field| field.bytes.as_str()).filter(|bytes| !bytes.is_empty()).collect();
    let all: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    assert_eq!(shown.join(" "), all.join(" "));
}
