//! Bytes as frames: whatever comes in, in whatever pieces, is a frame, an error or too short; and what is a frame goes through the decoders
//! behind.

use enmon::modbus::{Asked, Direction, MAX_ADU, Request, Response, annotate, decode_frame, encode_frame};
use enmon::profile::Table;

pub fn tcp(bytes: &[u8]) {
    let whole = decode_frame(bytes);
    assert!(bytes.len() < MAX_ADU || whole != Ok(None), "waits for ever: {bytes:02X?}");
    if let Ok(Some(frame)) = whole {
        assert!((1..=bytes.len()).contains(&frame.size));
        let mut again = Vec::new();
        encode_frame(frame.transaction, frame.unit, &mut again, |out| out.extend_from_slice(frame.pdu));
        assert_eq!(again, bytes[..frame.size]);
        behind(frame.pdu);
    }
    for direction in [Direction::In, Direction::Out] {
        let shown: Vec<String> = annotate(direction, bytes)
            .into_iter()
            .map(|field| field.bytes)
            .filter(|bytes| !bytes.is_empty())
            .collect();
        let all: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(shown.join(" "), all.join(" "));
    }
}

fn behind(pdu: &[u8]) {
    let words = [0x1234; 3];
    let bits = [1, 0, 1];
    let requests = [
        Request::Read { table: Table::Holding, address: 0, count: 2 },
        Request::Read { table: Table::Coil, address: 0, count: 9 },
        Request::WriteCoil { address: 1, on: true },
        Request::WriteRegister { address: 1, word: 2 },
        Request::WriteCoils { address: 1, bits: &bits },
        Request::WriteRegisters { address: 1, words: &words },
    ];
    for request in &requests {
        let _ = Response::decode(request, pdu);
    }
    let _ = Asked::decode(pdu);
}
