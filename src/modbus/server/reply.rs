//! What becomes of one request: what the registers say to it, and what a device that misbehaves makes of that. No I/O, no waiting.

use std::time::Duration;

use super::super::frame::Framing;
use super::super::pdu::{Asked, Exception};
use super::behaviour::Behaviour;
use super::intake::Incoming;
use super::{Conduct, Registers};
use crate::profile::Table;

/// What is done with the bytes of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// There are none.
    Nothing,
    /// They are sent at once.
    Now,
    /// They are sent after this time; other requests are heard meanwhile.
    Later(Duration),
    /// The connection is reset.
    Reset,
    /// The connection is closed in order.
    Close,
}

/// Does what a broadcast says on all units that are there (MODBUS over Serial Line V1.02, 2.1). Nobody answers.
pub(super) fn broadcast(conduct: &Conduct, pdu: &[u8]) {
    let Ok(Asked::Write { table, address, words }) = Asked::decode(pdu) else { return };
    let registers = conduct.registers();
    for unit in (1..=u8::MAX).filter(|&unit| registers.has(unit)) {
        let (behaviour, _) = conduct.next(unit);
        let is_deaf = matches!(behaviour, Behaviour::Silent | Behaviour::IgnoreWrites);
        if !is_deaf && pdu.first().is_some_and(|&function| registers.knows(unit, function)) {
            // a unit that refuses has nobody to tell
            let _ = registers.write(unit, table, address, &words);
        }
    }
}

/// Appends the frame of an answer, and says what is to be done with it.
pub(super) fn reply(
    request: &Incoming,
    framing: Framing,
    registers: &dyn Registers,
    (behaviour, kept): (Behaviour, Option<&dyn Registers>),
    out: &mut Vec<u8>,
) -> Manner {
    match behaviour {
        Behaviour::Silent => return Manner::Nothing,
        // a line has no connection that could end
        Behaviour::Reset => return Manner::Reset,
        Behaviour::Close => return Manner::Close,
        Behaviour::Garbage => {
            out.extend_from_slice(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            return Manner::Now;
        }
        _ => {}
    }
    let (mut transaction, mut unit) = (request.transaction, request.unit);
    if behaviour == Behaviour::WrongTransaction {
        if framing == Framing::Tcp {
            transaction = transaction.wrapping_sub(1);
        } else {
            unit = unit % 247 + 1;
        }
    }
    framing.encode(transaction, unit, out, |out| answer(request, registers, (behaviour, kept), out));
    match behaviour {
        Behaviour::Truncated => out.truncate(out.len() / 2),
        Behaviour::BadChecksum => damage(framing, out),
        Behaviour::Late(time) => return Manner::Later(time),
        _ => {}
    }
    Manner::Now
}

/// Makes the checksum of a frame wrong, where it has one.
fn damage(framing: Framing, frame: &mut [u8]) {
    let at = match framing {
        Framing::Tcp => return,
        Framing::Rtu => 1,
        // the last digit stands before CR LF
        Framing::Ascii => 3,
    };
    if let Some(byte) = frame.len().checked_sub(at).and_then(|at| frame.get_mut(at)) {
        *byte = match (framing, *byte) {
            (Framing::Ascii, b'0') => b'1',
            (Framing::Ascii, _) => b'0',
            (_, byte) => !byte,
        };
    }
}

fn answer(
    request: &Incoming,
    registers: &dyn Registers,
    (behaviour, kept): (Behaviour, Option<&dyn Registers>),
    out: &mut Vec<u8>,
) {
    let (unit, pdu) = (request.unit, &request.pdu[..]);
    let done = match behaviour {
        // a gateway says so (MODBUS Messaging on TCP/IP Implementation Guide V1.0b, 4.4.2.1); on a line nobody is asked
        _ if !registers.has(unit) => Err(Exception::GatewayTargetFailedToRespond),
        Behaviour::Exception(exception) => Err(exception),
        _ if pdu.first().is_some_and(|&function| !registers.knows(unit, function)) => {
            Err(Exception::IllegalFunction)
        }
        _ => Asked::decode(pdu).and_then(|asked| {
            let words = match &asked {
                Asked::Read { table, address, count } => {
                    kept.unwrap_or(registers).read(unit, *table, *address, *count)?
                }
                Asked::Write { .. } if behaviour == Behaviour::IgnoreWrites => Vec::new(),
                Asked::Write { table, address, words } => {
                    registers.write(unit, *table, *address, words)?;
                    Vec::new()
                }
            };
            Ok((asked, words))
        }),
    };
    match done {
        Ok((asked, words)) => asked.answer(pdu, &words, out),
        Err(exception) => {
            out.extend_from_slice(&[pdu.first().copied().unwrap_or(0) | 0x80, exception.code()]);
        }
    }
}

/// Says in a few words what a request asks for.
pub(super) fn describe(pdu: &[u8]) -> String {
    let table = |table, count| match (table, count) {
        (Table::Coil, 1) => "coil",
        (Table::Coil, _) => "coils",
        (Table::Discrete, 1) => "discrete input",
        (Table::Discrete, _) => "discrete inputs",
        (Table::Holding, 1) => "holding register",
        (Table::Holding, _) => "holding registers",
        (Table::Input, 1) => "input register",
        (Table::Input, _) => "input registers",
    };
    match Asked::decode(pdu) {
        Ok(Asked::Read { table: of, address, count }) => {
            format!("read {count} {} from {address:#06X}", table(of, count))
        }
        Ok(Asked::Write { table: of, address, words }) => {
            let shown: Vec<String> = words.iter().take(8).map(|word| format!("{word:04X}")).collect();
            let more = if words.len() > 8 { " …" } else { "" };
            format!("write {} {address:#06X}: {}{more}", table(of, 1), shown.join(" "))
        }
        Err(exception) => format!("function {:02}: {exception}", pdu.first().copied().unwrap_or(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modbus::Memory;
    use crate::modbus::frame::Expected;

    fn replied(framing: Framing, behaviour: Behaviour) -> (Manner, Vec<u8>) {
        let memory = Memory::default().with(5, Table::Holding, 0, &[42]);
        let request = Incoming { transaction: 9, unit: 5, pdu: vec![3, 0, 0, 0, 1] };
        let mut out = Vec::new();
        let manner = reply(&request, framing, &memory, (behaviour, None), &mut out);
        (manner, out)
    }

    #[test]
    fn misbehaviour_is_what_it_says_on_every_way() {
        for framing in [Framing::Tcp, Framing::Rtu, Framing::Ascii] {
            let (_, good) = replied(framing, Behaviour::Normal);
            let frame = framing.decode(Expected::Answer, &good).unwrap().unwrap();
            assert_eq!((frame.unit, &*frame.pdu), (5, &[3, 2, 0, 42][..]));
            let (_, half) = replied(framing, Behaviour::Truncated);
            assert_eq!(half, good[..good.len() / 2]);
            let (_, damaged) = replied(framing, Behaviour::BadChecksum);
            let decoded = framing.decode(Expected::Answer, &damaged);
            assert_eq!(decoded.is_err(), framing != Framing::Tcp, "{framing:?}");
            let (_, other) = replied(framing, Behaviour::WrongTransaction);
            let frame = framing.decode(Expected::Answer, &other).unwrap().unwrap();
            let expected = if framing == Framing::Tcp { (8, 5) } else { (0, 6) };
            assert_eq!((frame.transaction, frame.unit), expected);
            let late = Duration::from_millis(7);
            assert_eq!(replied(framing, Behaviour::Late(late)), (Manner::Later(late), good.clone()));
            assert_eq!(replied(framing, Behaviour::Silent), (Manner::Nothing, vec![]));
            let (_, refused) = replied(framing, Behaviour::Exception(Exception::ServerDeviceBusy));
            let frame = framing.decode(Expected::Answer, &refused).unwrap().unwrap();
            assert_eq!(&*frame.pdu, [0x83, 6]);
        }
    }

    #[test]
    fn a_request_is_described() {
        assert_eq!(describe(&[3, 0x40, 0x10, 0, 6]), "read 6 holding registers from 0x4010");
        assert_eq!(describe(&[6, 0, 5, 0, 7]), "write holding register 0x0005: 0007");
        assert!(describe(&[0x41, 1]).contains("function 65: exception 01"));
    }
}
