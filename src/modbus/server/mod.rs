//! A Modbus server for simulated devices, on sockets and serial lines, with the misbehaviours that real devices show.
//!
//! Decides who is answered, how and when. What stands in the registers is its user's matter.

mod behaviour;
mod conduct;
mod conversation;
mod intake;
mod listener;
mod memory;
mod register_file;
mod reply;
mod wear;

use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use behaviour::{Behaviour, BehaviourError};
pub use conduct::{Conduct, Habits};
pub use listener::{Listener, ServerLimits};
pub use memory::Memory;
pub use register_file::{FileRegisters, read_register_file};
pub use wear::{WearCounter, WearingRange};

use super::pdu::Exception;
use crate::profile::Table;
use conversation::Desk;

/// The registers behind a server.
pub trait Registers: Send + Sync {
    /// Says whether there is such a unit. On a serial line one that is not there is silent.
    fn has(&self, _unit: u8) -> bool {
        true
    }

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

    /// Returns registers that show for ever what these show now, for [`Behaviour::Stale`]; nothing when they can't.
    fn snapshot(&self) -> Option<Arc<dyn Registers>> {
        None
    }
}

/// A request that was handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handled {
    /// The unit that was meant; 0: all on the line.
    pub unit: u8,
    /// What was asked, in a few words.
    pub request: String,
    /// How the unit behaved.
    pub behaviour: Behaviour,
    /// The frame that goes back; empty: none.
    pub answer: Vec<u8>,
}

/// Is told of every request. Must return soon.
pub type RequestLog = Arc<dyn Fn(Handled) + Send + Sync>;

/// Serves Modbus TCP until it is stopped; all units behave as `behaviour` says.
///
/// # Errors
/// None at present; a server that can't go on would say so here.
pub async fn serve(
    listener: TcpListener,
    registers: Arc<dyn Registers>,
    behaviour: watch::Receiver<Behaviour>,
    stop: CancellationToken,
) -> io::Result<()> {
    let conduct = Conduct::following(registers, behaviour);
    serve_on(Listener::Tcp(listener), conduct, ServerLimits::default(), None, stop).await
}

/// Serves units on a socket or a serial line until it is stopped; returns when all connections have ended.
///
/// # Errors
/// When a serial port fails, such as one that is pulled out.
pub async fn serve_on(
    listener: Listener,
    conduct: Arc<Conduct>,
    limits: ServerLimits,
    log: Option<RequestLog>,
    stop: CancellationToken,
) -> io::Result<()> {
    listener::listen(listener, Desk { conduct, log }, limits, stop).await
}
