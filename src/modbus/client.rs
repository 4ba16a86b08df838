//! A Modbus client: what can be asked of a device. How a request and its answer travel is in `exchange`.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use tokio::time::Instant;

use super::backoff::Backoff;
use super::deadline::Deadline;
use super::identity::Identify;
use super::link::{self, Link};
use super::pdu::{MAX_READ_BITS, MAX_READ_REGISTERS, MAX_WRITE_BITS, MAX_WRITE_REGISTERS, Request, Response};
use super::{Framing, ModbusError};
use crate::profile::{ModbusSettings, SerialDefaults, Table};
use crate::site::Address;

/// How a client speaks.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientSettings {
    /// How long an answer may take.
    pub timeout: Duration,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// Pause between an answer and the next request.
    pub gap: Duration,
    /// Pause after the connection is up.
    pub after_connect: Duration,
    /// Pause after a broadcast on a serial line.
    pub turnaround: Duration,
    /// Ask once more, at once, when there is no answer: the first request only woke the device.
    pub wake: bool,
    /// Settings of a serial line, where the address leaves them out.
    pub serial: Option<SerialDefaults>,
    /// Decides how the waits after failed connections are spread.
    pub seed: u64,
}

impl Default for ClientSettings {
    fn default() -> Self {
        ClientSettings {
            timeout: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(1),
            gap: Duration::ZERO,
            after_connect: Duration::ZERO,
            turnaround: Duration::from_millis(100),
            wake: false,
            serial: None,
            seed: 0,
        }
    }
}

impl ClientSettings {
    /// Takes the settings of a profile; `timeout` replaces the profile's.
    pub fn of(profile: &ModbusSettings, timeout: Option<Duration>) -> Self {
        let timeout = timeout.unwrap_or(profile.timeout.0);
        ClientSettings {
            timeout,
            connect_timeout: timeout.max(Duration::from_millis(500)),
            gap: profile.gap.0,
            after_connect: profile.after_connect.0,
            turnaround: profile.turnaround.0,
            wake: profile.wake,
            serial: profile.serial,
            seed: 0,
        }
    }
}

/// Sees the bytes that go over the wire.
pub type Wire = Box<dyn FnMut(Direction, &[u8]) + Send>;

/// Says at the last moment whether something may be written to a device.
pub trait WritePermit: Send + Sync {
    /// Enters; what is returned is kept until the bytes are with the system.
    ///
    /// # Errors
    /// Why nothing may be written, in words.
    fn enter(&self) -> Result<Box<dyn Send + Sync>, String>;
}

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the device.
    Out,
    /// From the device.
    In,
}

/// A client of one device or bus. Connects when it is first used.
pub struct Client {
    pub(super) address: Address,
    pub(super) settings: ClientSettings,
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) link: Option<Link>,
    /// How many connections have been made.
    pub(super) connections: u64,
    /// How many requests have been answered on this connection.
    pub(super) answers: u64,
    /// When the last one was.
    pub(super) answered_at: Option<Instant>,
    pub(super) deadline: Deadline,
    pub(super) transaction: u16,
    pub(super) backoff: Backoff,
    /// No attempt to connect before this.
    pub(super) not_before: Option<Instant>,
    /// No request before this.
    pub(super) quiet_until: Option<Instant>,
    /// Units whose answer to a request that was given up may still come, and until when. Frames without a transaction only.
    pub(super) late: Vec<(u8, Instant)>,
    pub(super) out: Vec<u8>,
    pub(super) input: Vec<u8>,
    pub(super) wire: Option<Wire>,
    pub(super) permit: Option<Arc<dyn WritePermit>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Client")
            .field("address", &self.address)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Makes a client; nothing is connected yet.
    pub fn new(address: Address, settings: ClientSettings) -> Self {
        let backoff = Backoff::new(settings.seed);
        Client {
            address,
            settings,
            tls: None,
            link: None,
            connections: 0,
            answers: 0,
            answered_at: None,
            deadline: Deadline::default(),
            transaction: 0,
            backoff,
            not_before: None,
            quiet_until: None,
            late: Vec::new(),
            out: Vec::with_capacity(Framing::Tcp.longest()),
            input: Vec::with_capacity(Framing::Tcp.longest()),
            wire: None,
            permit: None,
        }
    }

    /// Says whom to trust, and who it is itself, where the address asks for TLS (MODBUS/TCP Security Protocol Specification V36).
    #[must_use]
    pub fn with_tls(mut self, tls: Arc<ClientConfig>) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Asks for permission before each write; without this everything may be written.
    #[must_use]
    pub fn with_permit(mut self, permit: Arc<dyn WritePermit>) -> Self {
        self.permit = Some(permit);
        self
    }

    /// Returns how frames look on its way.
    pub fn framing(&self) -> Framing {
        link::framing(&self.address).unwrap_or(Framing::Tcp)
    }

    /// Shows every frame that goes out or comes in.
    pub fn on_wire(&mut self, wire: Wire) {
        self.wire = Some(wire);
    }

    /// Returns where it connects to.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Says whether a connection is up.
    pub fn is_connected(&self) -> bool {
        self.link.is_some()
    }

    /// Returns how many connections have been made so far: what a device was told on one may be forgotten on the next.
    pub fn connections(&self) -> u64 {
        self.connections
    }

    /// Changes how it speaks, for the next request: devices of several kinds may share a bus.
    pub fn set_settings(&mut self, settings: ClientSettings) {
        self.settings = settings;
    }

    /// Connects at once, whatever has failed before: for one who keeps a pace of its own, and knows that a device may hang up on
    /// questions that are none of its own.
    pub fn forget_failures(&mut self) {
        self.backoff.succeeded();
        self.not_before = None;
    }

    /// Reads `count` registers, or bits as 0 and 1; what is longer than one request may be is split.
    ///
    /// # Errors
    /// Says where and why: not reachable, no answer, nonsense, refused.
    pub async fn read(
        &mut self,
        unit: u8,
        table: Table,
        address: u16,
        count: u16,
    ) -> Result<Vec<u16>, ModbusError> {
        self.read_values(unit, table, address, count, 1).await
    }

    /// Reads as [`read`](Self::read) does, for values of `each` registers: where it splits, no value is torn.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub async fn read_values(
        &mut self,
        unit: u8,
        table: Table,
        address: u16,
        count: u16,
        each: u16,
    ) -> Result<Vec<u16>, ModbusError> {
        let most = match table {
            Table::Coil | Table::Discrete => MAX_READ_BITS,
            Table::Holding | Table::Input => MAX_READ_REGISTERS,
        };
        let most = most - most % each.clamp(1, most);
        if count == 0 || u32::from(address) + u32::from(count) > 0x1_0000 {
            let what = format!("{count} from {address:#06X} is no range of addresses: they end at 0xFFFF");
            return Err(ModbusError::Invalid { what });
        }
        let mut words = Vec::new();
        while words.len() < usize::from(count) {
            let done = words.len() as u16;
            let request = Request::Read { table, address: address + done, count: most.min(count - done) };
            match self.ask(unit, &request).await? {
                Response::Words(part) if words.is_empty() => words = part,
                Response::Words(mut part) => words.append(&mut part),
                _ => {}
            }
        }
        Ok(words)
    }

    /// Asks a device what it is, and returns the texts in its answer.
    ///
    /// # Errors
    /// As [`read`](Self::read); many devices refuse.
    pub async fn identify(&mut self, unit: u8, how: Identify) -> Result<Vec<String>, ModbusError> {
        match self.ask(unit, &Request::Identify(how)).await? {
            Response::Texts(texts) => Ok(texts),
            _ => Ok(Vec::new()),
        }
    }

    /// Writes one register with function 06.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub async fn write_register(&mut self, unit: u8, address: u16, word: u16) -> Result<(), ModbusError> {
        self.ask(unit, &Request::WriteRegister { address, word }).await.map(drop)
    }

    /// Writes registers with one function 16.
    ///
    /// # Errors
    /// As [`read`](Self::read), and for more than 123 registers.
    pub async fn write_registers(
        &mut self,
        unit: u8,
        address: u16,
        words: &[u16],
    ) -> Result<(), ModbusError> {
        limit(words.len(), MAX_WRITE_REGISTERS, "registers")?;
        self.ask(unit, &Request::WriteRegisters { address, words }).await.map(drop)
    }

    /// Writes one coil with function 05.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub async fn write_coil(&mut self, unit: u8, address: u16, on: bool) -> Result<(), ModbusError> {
        self.ask(unit, &Request::WriteCoil { address, on }).await.map(drop)
    }

    /// Writes coils with one function 15; words are 0 or 1.
    ///
    /// # Errors
    /// As [`read`](Self::read), and for more than 1968 coils.
    pub async fn write_coils(&mut self, unit: u8, address: u16, bits: &[u16]) -> Result<(), ModbusError> {
        limit(bits.len(), MAX_WRITE_BITS, "coils")?;
        self.ask(unit, &Request::WriteCoils { address, bits }).await.map(drop)
    }
}

fn limit(count: usize, most: u16, what: &str) -> Result<(), ModbusError> {
    if count == 0 || count > usize::from(most) {
        let what = format!("{count} {what} can't be written in one request: 1 to {most} can");
        return Err(ModbusError::Invalid { what });
    }
    Ok(())
}
