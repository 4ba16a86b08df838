//! A Modbus TCP server for simulated devices, with the misbehaviours that real ones show.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::frame::{Expected, Framing};
use super::pdu::{Asked, Exception};
use crate::profile::Table;

/// The registers behind a server.
pub trait Registers: Send + Sync {
    /// Says whether a unit knows a function code; some devices know only one of 06 and 16.
    fn knows(&self, _unit: u8, _function: u8) -> bool {
        true
    }

    /// Reads `count` words (bits as 0 or 1).
    ///
    /// # Errors
    /// With the exception that goes back to the client.
    fn read(&self, unit: u8, table: Table, address: u16, count: u16) -> Result<Vec<u16>, Exception>;

    /// Writes words (bits as 0 or 1).
    ///
    /// # Errors
    /// With the exception that goes back to the client.
    fn write(&self, unit: u8, table: Table, address: u16, words: &[u16]) -> Result<(), Exception>;
}

/// How a server behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// As it should.
    #[default]
    Normal,
    /// Takes requests and never answers; nothing that is written has an effect.
    Silent,
    /// Answers after this time.
    Slow(Duration),
    /// Closes the connection with a reset instead of answering.
    Reset,
    /// Refuses everything.
    Exception(Exception),
    /// Answers with bytes that are no frame.
    Garbage,
    /// Answers as if it had written, and does not.
    IgnoreWrites,
}

/// Most connections of one simulated device.
const MOST_CONNECTIONS: usize = 32;

/// Serves until it is stopped.
///
/// # Errors
/// None at present; a server that can't go on would say so here.
pub async fn serve(
    listener: TcpListener,
    registers: Arc<dyn Registers>,
    behaviour: watch::Receiver<Behaviour>,
    stop: CancellationToken,
) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            accepted = listener.accept() => accepted,
        };
        let (stream, _) = match accepted {
            Ok(accepted) => accepted,
            // a client that hung up before it was accepted is no reason to end, nor are file descriptors that ran out for a while
            Err(_) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let (registers, behaviour, stop) = (Arc::clone(&registers), behaviour.clone(), stop.clone());
        tokio::spawn(async move {
            let _place = place;
            // what breaks a client's connection is the client's to find out
            let _ = tokio::select! {
                () = stop.cancelled() => Ok(()),
                ended = converse(stream, &*registers, behaviour) => ended,
            };
        });
    }
}

async fn converse(
    mut stream: TcpStream,
    registers: &dyn Registers,
    behaviour: watch::Receiver<Behaviour>,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut input = Vec::with_capacity(Framing::Tcp.longest());
    let mut out = Vec::with_capacity(Framing::Tcp.longest());
    loop {
        while let Some(adu) = Framing::Tcp.decode(Expected::Request, &input).map_err(io::Error::other)? {
            let now = *behaviour.borrow();
            match now {
                Behaviour::Slow(time) => tokio::time::sleep(time).await,
                Behaviour::Reset => {
                    stream.set_zero_linger()?;
                    return Ok(());
                }
                _ => {}
            }
            out.clear();
            match now {
                Behaviour::Silent => {}
                Behaviour::Garbage => out.extend_from_slice(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
                _ => Framing::Tcp.encode(adu.transaction, adu.unit, &mut out, |out| {
                    answer(adu.unit, &adu.pdu, registers, now, out)
                }),
            }
            let size = adu.size;
            input.drain(..size);
            if !out.is_empty() {
                stream.write_all(&out).await?;
            }
        }
        if stream.read_buf(&mut input).await? == 0 {
            return Ok(());
        }
    }
}

fn answer(unit: u8, pdu: &[u8], registers: &dyn Registers, behaviour: Behaviour, out: &mut Vec<u8>) {
    let done = match behaviour {
        Behaviour::Exception(exception) => Err(exception),
        _ if pdu.first().is_some_and(|&function| !registers.knows(unit, function)) => {
            Err(Exception::IllegalFunction)
        }
        _ => Asked::decode(pdu).and_then(|asked| {
            let words = match &asked {
                Asked::Read { table, address, count } => registers.read(unit, *table, *address, *count)?,
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
            out.extend_from_slice(&[pdu.first().copied().unwrap_or(0) | 0x80, exception.code()])
        }
    }
}
