//! A Modbus client: one connection, one request at a time.
//!
//! A socket on which anything went wrong is dropped, never used again: a late answer must not be taken for the answer to the next request.

use std::io;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::ModbusError;
use super::backoff::Backoff;
use super::error::Place;
use super::frame::{self, MAX_ADU};
use super::pdu::{MAX_READ_BITS, MAX_READ_REGISTERS, MAX_WRITE_BITS, MAX_WRITE_REGISTERS, Request, Response};
use crate::profile::{ModbusSettings, Table};
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
    /// Send each request twice: the first only wakes the device.
    pub wake: bool,
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
            wake: false,
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
            wake: profile.wake,
            seed: 0,
        }
    }
}

/// Sees the bytes that go over the wire.
pub type Wire = Box<dyn FnMut(Direction, &[u8]) + Send>;

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
    address: Address,
    settings: ClientSettings,
    connection: Option<TcpStream>,
    transaction: u16,
    backoff: Backoff,
    /// No attempt to connect before this.
    not_before: Option<Instant>,
    /// No request before this.
    quiet_until: Option<Instant>,
    out: Vec<u8>,
    input: Vec<u8>,
    wire: Option<Wire>,
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
            connection: None,
            transaction: 0,
            backoff,
            not_before: None,
            quiet_until: None,
            out: Vec::with_capacity(MAX_ADU),
            input: Vec::with_capacity(MAX_ADU),
            wire: None,
        }
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
        self.connection.is_some()
    }

    /// Changes how it speaks, for the next request: devices of several kinds may share a bus.
    pub fn set_settings(&mut self, settings: ClientSettings) {
        self.settings = settings;
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
        let mut words = Vec::with_capacity(usize::from(count));
        while words.len() < usize::from(count) {
            let done = words.len() as u16;
            let request = Request::Read { table, address: address + done, count: most.min(count - done) };
            if let Response::Words(mut part) = self.ask(unit, &request).await? {
                words.append(&mut part);
            }
        }
        Ok(words)
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

    async fn ask(&mut self, unit: u8, request: &Request<'_>) -> Result<Response, ModbusError> {
        self.connect().await?;
        if let Some(quiet_until) = self.quiet_until.take() {
            sleep_until(quiet_until).await;
        }
        if self.settings.wake {
            // the first request only wakes the device; what it answers, if it does, is of no interest
            let _ = self.exchange(unit, request).await;
            self.connect().await?;
        }
        let outcome = self.exchange(unit, request).await;
        if !self.settings.gap.is_zero() {
            self.quiet_until = Some(Instant::now() + self.settings.gap);
        }
        match outcome {
            Ok(Response::Exception(exception)) => {
                Err(ModbusError::Exception { place: Place::new(&self.address, unit, request), exception })
            }
            outcome => outcome,
        }
    }

    async fn connect(&mut self) -> Result<(), ModbusError> {
        self.connection = self.connection.take().filter(is_quiet);
        if self.connection.is_some() {
            return Ok(());
        }
        let Address::ModbusTcp { host, port } = &self.address else {
            let what = format!("{}: this transport is not built yet; modbus+tcp is", self.address);
            return Err(ModbusError::Invalid { what });
        };
        let now = Instant::now();
        if let Some(not_before) = self.not_before.filter(|&not_before| not_before > now) {
            let wait_ms = (not_before - now).as_millis() as u64;
            return Err(ModbusError::BackingOff { address: self.address.clone(), wait_ms });
        }
        let target = (host.trim_start_matches('[').trim_end_matches(']').to_owned(), *port);
        let attempt = timeout_at(now + self.settings.connect_timeout, TcpStream::connect(target)).await;
        let attempt =
            attempt.unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time")));
        match attempt.and_then(|stream| stream.set_nodelay(true).map(|()| stream)) {
            Ok(stream) => {
                self.connection = Some(stream);
                self.input.clear();
                self.not_before = None;
                self.backoff.succeeded();
                if !self.settings.after_connect.is_zero() {
                    sleep(self.settings.after_connect).await;
                }
                Ok(())
            }
            Err(source) => {
                self.not_before = Some(Instant::now() + self.backoff.failed());
                Err(ModbusError::Unreachable { address: self.address.clone(), source })
            }
        }
    }

    /// Sends one request and awaits its answer. The connection is taken out until the answer is whole, so that it is dropped on any
    /// error, and also when the caller gives up on this future.
    async fn exchange(&mut self, unit: u8, request: &Request<'_>) -> Result<Response, ModbusError> {
        let Some(mut stream) = self.connection.take() else {
            let what = "no connection".to_owned();
            return Err(ModbusError::Invalid { what });
        };
        self.transaction = self.transaction.wrapping_add(1);
        self.out.clear();
        frame::encode(self.transaction, unit, &mut self.out, |out| request.encode(out));
        if let Some(wire) = &mut self.wire {
            wire(Direction::Out, &self.out);
        }
        self.input.clear();
        let deadline = Instant::now() + self.settings.timeout;
        let outcome = timeout_at(deadline, self.converse(&mut stream, unit, request)).await;
        if let Some(wire) = self.wire.as_mut().filter(|_| !self.input.is_empty()) {
            wire(Direction::In, &self.input);
        }
        let response = outcome.unwrap_or_else(|_| {
            let timeout_ms = self.settings.timeout.as_millis() as u64;
            Err(ModbusError::TimedOut { place: Place::new(&self.address, unit, request), timeout_ms })
        })?;
        self.connection = Some(stream);
        Ok(response)
    }

    async fn converse(
        &mut self,
        stream: &mut TcpStream,
        unit: u8,
        request: &Request<'_>,
    ) -> Result<Response, ModbusError> {
        let place = || Place::new(&self.address, unit, request);
        let lost = |source| ModbusError::ConnectionLost { place: place(), source };
        stream.write_all(&self.out).await.map_err(lost)?;
        loop {
            let garbage = |what: String| ModbusError::Garbage { place: place(), what };
            match frame::decode(&self.input) {
                Err(error) => return Err(garbage(format!("{error}; {}", hex(&self.input)))),
                Ok(Some(adu)) => {
                    let whole = adu.size == self.input.len();
                    if adu.transaction != self.transaction || adu.unit != unit || !whole {
                        let what = format!(
                            "transaction {} of unit {} instead of {} of unit {unit}; {}",
                            adu.transaction,
                            adu.unit,
                            self.transaction,
                            hex(&self.input)
                        );
                        return Err(garbage(what));
                    }
                    return Response::decode(request, adu.pdu)
                        .map_err(|error| garbage(format!("{error}; {}", hex(&self.input))));
                }
                Ok(None) => {}
            }
            if stream.read_buf(&mut self.input).await.map_err(lost)? == 0 {
                return Err(lost(io::ErrorKind::UnexpectedEof.into()));
            }
        }
    }
}

/// Says whether a connection is open and nothing has come in on it. Many devices close a connection that was idle, and what was said
/// unasked answers nothing. Asks the kernel, since the runtime may not have looked since.
fn is_quiet(stream: &TcpStream) -> bool {
    let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
    matches!(recv(stream, &mut [0_u8; 1], flags), Err(Errno::AGAIN))
}

fn limit(count: usize, most: u16, what: &str) -> Result<(), ModbusError> {
    if count == 0 || count > usize::from(most) {
        let what = format!("{count} {what} can't be written in one request: 1 to {most} can");
        return Err(ModbusError::Invalid { what });
    }
    Ok(())
}

/// Writes the first bytes of a frame for an error text.
fn hex(bytes: &[u8]) -> String {
    let shown: Vec<String> = bytes.iter().take(16).map(|byte| format!("{byte:02X}")).collect();
    let more = if bytes.len() > 16 { " …" } else { "" };
    format!("bytes {}{more}", shown.join(" "))
}
