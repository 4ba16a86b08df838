//! One request and its answer.
//!
//! A connection on which anything went wrong is dropped, never used again: a late answer must not be taken for the answer to the next
//! request. A serial line can't be dropped, and its frames bear no transaction: there a unit that did not answer is not asked again
//! before its late answer could have come, and such an answer is passed over while others are asked.

use std::time::Duration;
use std::{io, mem};

use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

use super::client::{Client, Direction};
use super::error::Place;
use super::link::{self, Link};
use super::pdu::{Request, Response};
use super::{Expected, FrameError, Framing, ModbusError};
use crate::profile::Table;
use crate::site::Address;

/// Silence that ends what is left of a broken answer on a serial line: USB adapters pass bytes on every 16 ms.
const SETTLED: Duration = Duration::from_millis(20);
/// Longest PDU (V1.1b3, 4.1).
const MAX_PDU: usize = 253;
/// How long a device that may be asleep gets for its first answer.
const LONGEST_WAKE: Duration = Duration::from_millis(300);
/// A connection that has answered so shortly ago is used again without a look at it.
const AMID_TALK: Duration = Duration::from_millis(1);

impl Client {
    /// Asks a unit, and waits for its answer.
    pub(super) async fn ask(&mut self, unit: u8, request: &Request<'_>) -> Result<Response, ModbusError> {
        let is_broadcast = unit == 0 && self.framing() != Framing::Tcp;
        if is_broadcast && matches!(request, Request::Read { .. }) {
            let what =
                format!("{}: unit 0 means all devices, and none answers: it can't be read", self.address);
            return Err(ModbusError::Invalid { what });
        }
        self.connect().await?;
        self.await_turn(unit).await;
        let outcome = if is_broadcast {
            self.broadcast(unit, request).await
        } else if self.settings.wake {
            self.wake_and_ask(unit, request).await
        } else {
            self.exchange(unit, request, self.settings.timeout).await
        };
        let silence =
            link::line_settings(&self.address, self.settings.serial.as_ref()).map(|line| line.silence());
        let pause = self.settings.gap.max(silence.unwrap_or_default());
        if !pause.is_zero() {
            self.quiet_until = Some(Instant::now() + pause);
        }
        match outcome {
            Ok(Response::Exception(exception)) => {
                Err(ModbusError::Exception { place: Place::new(&self.address, unit, request), exception })
            }
            outcome => outcome,
        }
    }

    /// Asks twice where the first request only wakes the device: one that is awake answers the first.
    async fn wake_and_ask(&mut self, unit: u8, request: &Request<'_>) -> Result<Response, ModbusError> {
        let first = self.settings.timeout.min(LONGEST_WAKE);
        match self.exchange(unit, request, first).await {
            Err(ModbusError::TimedOut { .. } | ModbusError::Garbage { .. }) => {
                // a late answer to the first is an answer to the same question
                self.late.retain(|(late, _)| *late != unit);
                self.connect().await?;
                let answer = self.exchange(unit, request, self.settings.timeout).await;
                if answer.is_ok() && self.framing() != Framing::Tcp {
                    self.late.push((unit, Instant::now() + first));
                }
                answer
            }
            outcome => outcome,
        }
    }

    /// Makes a connection when none is up, or when the one that is can't be trusted any more. Requests do so by themselves.
    ///
    /// # Errors
    /// When none comes about, or it is too early for another attempt.
    pub async fn connect(&mut self) -> Result<(), ModbusError> {
        if let Some(mut link) = self.link.take()
            && (self.is_amid_talk() || link.is_fit().await)
        {
            self.link = Some(link);
            return Ok(());
        }
        if link::framing(&self.address).is_none() {
            let what = format!("{}: Modbus is not spoken there", self.address);
            return Err(ModbusError::Invalid { what });
        }
        if matches!(self.address, Address::ModbusTls { .. }) && self.tls.is_none() {
            let what = format!("{}: nothing says which certificate to trust", self.address);
            return Err(ModbusError::Invalid { what });
        }
        let now = Instant::now();
        if let Some(not_before) = self.not_before.filter(|&not_before| not_before > now) {
            let wait_ms = (not_before - now).as_millis() as u64;
            return Err(ModbusError::BackingOff { address: self.address.clone(), wait_ms });
        }
        let line = link::line_settings(&self.address, self.settings.serial.as_ref());
        let attempt = Link::open(&self.address, line, self.tls.as_ref());
        let attempt = timeout_at(now + self.settings.connect_timeout, attempt).await;
        match attempt.unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time"))) {
            Ok(link) => {
                link.give_up_after(self.settings.timeout);
                self.link = Some(link);
                self.connections += 1;
                self.answers = 0;
                self.answered_at = None;
                self.not_before = None;
                if !self.settings.after_connect.is_zero() {
                    sleep(self.settings.after_connect).await;
                }
                Ok(())
            }
            Err(source) => {
                self.back_off();
                Err(ModbusError::Unreachable { address: self.address.clone(), source })
            }
        }
    }

    /// Says whether the connection needs no look before the next request: it has just answered, has shown before that it does not end
    /// after an answer, and an answer to something else would be known by its transaction.
    fn is_amid_talk(&self) -> bool {
        let has_just_answered = || self.answered_at.is_some_and(|at| at.elapsed() < AMID_TALK);
        self.answers > 1 && self.framing() == Framing::Tcp && has_just_answered()
    }

    fn back_off(&mut self) {
        self.not_before = Some(Instant::now() + self.backoff.failed());
    }

    /// Waits until the line is free for a request to a unit.
    async fn await_turn(&mut self, unit: u8) {
        if let Some(quiet_until) = self.quiet_until.take() {
            sleep_until(quiet_until).await;
        }
        let now = Instant::now();
        self.late.retain(|(_, until)| *until > now);
        let Some(until) = self.late.iter().filter(|(late, _)| *late == unit).map(|(_, until)| *until).max()
        else {
            return;
        };
        self.late.retain(|(late, _)| *late != unit);
        if let Some(mut link) = self.link.take() {
            let mut passed = Vec::new();
            let listening = async {
                while link.take_in(&mut passed).await.is_ok_and(|count| count > 0) {
                    passed.clear();
                }
            };
            // an error shows again when the request is sent
            let _ = timeout_at(until, listening).await;
            self.link = Some(link);
        }
    }

    async fn broadcast(&mut self, unit: u8, request: &Request<'_>) -> Result<Response, ModbusError> {
        let Some(mut link) = self.link.take() else { return Err(self.nothing_open()) };
        let permit = match self.permitted(unit, request) {
            Ok(permit) => permit,
            Err(error) => {
                self.link = Some(link);
                return Err(error);
            }
        };
        self.put_out(unit, request);
        link.send(&self.out).await.map_err(|source| ModbusError::ConnectionLost {
            place: Place::new(&self.address, unit, request),
            source,
        })?;
        drop(permit);
        sleep(self.time_on_line(self.out.len()) + self.settings.turnaround).await;
        self.link = Some(link);
        Ok(Response::Written)
    }

    /// Asks whether this may be sent; whoever reads need not ask.
    fn permitted(
        &self,
        unit: u8,
        request: &Request<'_>,
    ) -> Result<Option<Box<dyn Send + Sync>>, ModbusError> {
        let Some(permit) = self.permit.as_ref().filter(|_| request.writes()) else { return Ok(None) };
        let withheld = |why| ModbusError::Withheld { place: Place::new(&self.address, unit, request), why };
        permit.enter().map(Some).map_err(withheld)
    }

    fn nothing_open(&self) -> ModbusError {
        ModbusError::Invalid { what: format!("{}: no connection", self.address) }
    }

    /// Writes the frame of a request, and shows it.
    fn put_out(&mut self, unit: u8, request: &Request<'_>) {
        self.transaction = self.transaction.wrapping_add(1);
        self.out.clear();
        self.framing().encode(self.transaction, unit, &mut self.out, |out| request.encode(out));
        if let Some(wire) = &mut self.wire {
            wire(Direction::Out, &self.out);
        }
        self.input.clear();
    }

    /// Returns how long bytes take on a serial line; nothing elsewhere.
    fn time_on_line(&self, bytes: usize) -> Duration {
        let line = link::line_settings(&self.address, self.settings.serial.as_ref());
        line.map_or(Duration::ZERO, |line| line.time_of(bytes))
    }

    /// Sends one request and awaits its answer. The connection is taken out until the answer is whole, so that it is dropped on any
    /// error, and also when the caller gives up on this future.
    async fn exchange(
        &mut self,
        unit: u8,
        request: &Request<'_>,
        patience: Duration,
    ) -> Result<Response, ModbusError> {
        let Some(mut link) = self.link.take() else { return Err(self.nothing_open()) };
        self.put_out(unit, request);
        let on_line = self.time_on_line(self.out.len() + self.longest_answer(request));
        let deadline = Instant::now() + on_line + patience;
        if self.framing() != Framing::Tcp {
            self.late.push((unit, deadline + patience));
        }
        let mut timer = mem::take(&mut self.deadline);
        let outcome = tokio::select! {
            biased;
            outcome = self.converse(&mut link, unit, request) => Some(outcome),
            () = timer.passed(deadline) => None,
        };
        self.deadline = timer;
        if let Some(wire) = self.wire.as_mut().filter(|_| !self.input.is_empty()) {
            wire(Direction::In, &self.input);
        }
        let outcome = outcome.unwrap_or_else(|| Err(self.out_of_patience(unit, request, patience)));
        match &outcome {
            Ok(_) => {
                self.late.retain(|(late, _)| *late != unit);
                self.link = Some(link);
                if self.answers == 0 {
                    self.backoff.succeeded();
                }
                self.answers += 1;
                self.answered_at = Some(Instant::now());
            }
            // a device that takes a connection and then ends it is no better than one that takes none
            Err(ModbusError::ConnectionLost { .. }) if self.answers == 0 => self.back_off(),
            // nothing was sent
            Err(ModbusError::Withheld { .. }) => {
                self.late.retain(|(late, _)| *late != unit);
                self.link = Some(link);
            }
            Err(ModbusError::TimedOut { .. } | ModbusError::Garbage { .. })
                if matches!(link, Link::Serial(_)) =>
            {
                self.settle(&mut link).await;
                self.link = Some(link);
            }
            Err(_) => {}
        }
        outcome
    }

    fn out_of_patience(&self, unit: u8, request: &Request<'_>, patience: Duration) -> ModbusError {
        let (place, timeout_ms) = (Place::new(&self.address, unit, request), patience.as_millis() as u64);
        if self.input.is_empty() {
            return ModbusError::TimedOut { place, timeout_ms };
        }
        let what = format!("it does not end within {timeout_ms} ms; {}", hex(&self.input));
        ModbusError::Garbage { place, what }
    }

    /// Returns the most bytes that an answer takes.
    fn longest_answer(&self, request: &Request<'_>) -> usize {
        let pdu = match *request {
            Request::Read { table: Table::Coil | Table::Discrete, count, .. } => {
                2 + usize::from(count).div_ceil(8)
            }
            Request::Read { count, .. } => 2 + 2 * usize::from(count),
            Request::Identify(_) => MAX_PDU,
            _ => 5,
        };
        if self.framing() == Framing::Ascii { 2 * pdu + 7 } else { pdu + 3 }
    }

    /// Lets what is left of a broken answer pass.
    async fn settle(&mut self, link: &mut Link) {
        let deadline = Instant::now() + self.settings.timeout;
        let mut passed = Vec::new();
        while Instant::now() < deadline {
            match timeout(SETTLED, link.take_in(&mut passed)).await {
                Ok(Ok(1..)) => passed.clear(),
                _ => return,
            }
        }
    }

    async fn converse(
        &mut self,
        link: &mut Link,
        unit: u8,
        request: &Request<'_>,
    ) -> Result<Response, ModbusError> {
        let framing = self.framing();
        let place = || Place::new(&self.address, unit, request);
        let lost = |source| ModbusError::ConnectionLost { place: place(), source };
        let garbage = |what: String| ModbusError::Garbage { place: place(), what };
        let permit = self.permitted(unit, request)?;
        link.send(&self.out).await.map_err(lost)?;
        drop(permit);
        let mut has_ended = false;
        loop {
            let decoded = match framing.decode(Expected::Answer, &self.input) {
                Ok(None) if has_ended => framing.decode_ended(Expected::Answer, &self.input).map(Some),
                decoded => decoded,
            };
            let error = |error: FrameError| garbage(format!("{error}; {}", hex(&self.input)));
            match decoded.map_err(error)? {
                Some(frame)
                    if frame.unit != unit && self.late.iter().any(|(late, _)| *late == frame.unit) =>
                {
                    let size = frame.size;
                    self.input.drain(..size);
                    continue;
                }
                Some(frame) => {
                    let is_paired = framing != Framing::Tcp || frame.transaction == self.transaction;
                    if !is_paired || frame.unit != unit || frame.size != self.input.len() {
                        let (got, asked) = (frame.transaction, self.transaction);
                        let what = if framing == Framing::Tcp {
                            format!(
                                "transaction {got} of unit {} instead of {asked} of unit {unit}",
                                frame.unit
                            )
                        } else {
                            format!("{} bytes of unit {} instead of {unit}", self.input.len(), frame.unit)
                        };
                        return Err(garbage(format!("{what}; {}", hex(&self.input))));
                    }
                    return Response::decode(request, &frame.pdu)
                        .map_err(|error| garbage(format!("{error}; {}", hex(&self.input))));
                }
                None => {}
            }
            let by_silence = framing.ends_with_silence(Expected::Answer, &self.input);
            let came = if by_silence {
                match timeout(SETTLED, link.take_in(&mut self.input)).await {
                    Ok(came) => came,
                    Err(_silence) => {
                        has_ended = true;
                        continue;
                    }
                }
            } else {
                link.take_in(&mut self.input).await
            };
            if came.map_err(lost)? == 0 {
                return Err(lost(io::ErrorKind::UnexpectedEof.into()));
            }
        }
    }
}

/// Writes the first bytes of a frame for an error text.
fn hex(bytes: &[u8]) -> String {
    let shown: Vec<String> = bytes.iter().take(16).map(|byte| format!("{byte:02X}")).collect();
    let more = if bytes.len() > 16 { " …" } else { "" };
    format!("bytes {}{more}", shown.join(" "))
}
