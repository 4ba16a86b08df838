//! One connection, or one serial line: takes requests in as they come, and sends answers out when they are due.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, sleep, sleep_until};

use super::super::deadline::Deadline;
use super::super::frame::Framing;
use super::behaviour::Behaviour;
use super::intake::{Incoming, Intake};
use super::reply::{Manner, broadcast, describe, reply};
use super::{Conduct, Handled, Registers, RequestLog};

/// Most answers of one connection that wait to be sent late.
const MOST_LATE: usize = 32;

/// What all connections of a server share.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) conduct: Arc<Conduct>,
    pub(super) log: Option<RequestLog>,
}

/// How the other side is connected.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) framing: Framing,
    /// Silence that ends a frame where bytes may be noise.
    pub(super) silence: Duration,
    /// A connection without a request for so long is closed.
    pub(super) idle: Option<Duration>,
    /// Since when there is a connection, where there is one.
    pub(super) connected: Option<Instant>,
}

/// How a conversation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// In order.
    Closed,
    /// It is to be reset.
    Reset,
}

/// What happened while nothing was to be done.
enum Event {
    Bytes(usize),
    Silence,
    Idle,
    Due,
    Ready,
}

struct Conversation<'a, S> {
    stream: &'a mut S,
    desk: &'a Desk,
    way: Way,
    intake: Intake,
    out: Vec<u8>,
    /// On a line: units that take their time, until when, and what they were asked. Meanwhile others are heard, and they hear nothing.
    busy: Vec<(Instant, Incoming, Behaviour)>,
    /// Answers that are sent later, the next one first.
    late: Vec<(Instant, Vec<u8>)>,
    heard: Instant,
    idle: Deadline,
}

/// Serves one stream until it ends, or is to be ended.
pub(super) async fn converse<S>(stream: &mut S, desk: &Desk, way: Way) -> io::Result<End>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let intake = Intake::new(way.framing);
    let out = Vec::with_capacity(way.framing.longest());
    let heard = Instant::now();
    let (busy, late, idle) = (Vec::new(), Vec::new(), Deadline::default());
    Conversation { stream, desk, way, intake, out, busy, late, heard, idle }.run().await
}

impl<S: AsyncRead + AsyncWrite + Unpin> Conversation<'_, S> {
    async fn run(&mut self) -> io::Result<End> {
        loop {
            let registers = self.desk.conduct.registers();
            while let Some(request) =
                self.intake.take(|unit| registers.has(unit)).map_err(io::Error::other)?
            {
                if let Some(end) = self.handle(&request).await? {
                    return Ok(end);
                }
            }
            match self.wait().await? {
                Event::Bytes(0) | Event::Idle => return Ok(End::Closed),
                Event::Bytes(_) => self.heard = Instant::now(),
                Event::Silence => {
                    if let Some(request) = self.intake.end_with_silence()
                        && let Some(end) = self.handle(&request).await?
                    {
                        return Ok(end);
                    }
                }
                Event::Ready => {
                    let at = (0..self.busy.len()).min_by_key(|&at| self.busy[at].0).unwrap_or_default();
                    let (_, request, behaviour) = self.busy.swap_remove(at);
                    self.answer(&request, (behaviour, None)).await?;
                }
                Event::Due => {
                    let (_, frame) = self.late.remove(0);
                    self.stream.write_all(&frame).await?;
                    self.stream.flush().await?;
                }
            }
        }
    }

    async fn wait(&mut self) -> io::Result<Event> {
        let silence = self.intake.awaits_silence().then(|| Instant::now() + self.way.silence);
        let ends = self.way.idle.map(|idle| self.heard + idle);
        let idle = async {
            match ends {
                Some(ends) => self.idle.passed(ends).await,
                None => std::future::pending().await,
            }
        };
        let due = self.late.first().map(|(due, _)| *due);
        let ready = self.busy.iter().map(|(ready, ..)| *ready).min();
        tokio::select! {
            read = self.stream.read_buf(&mut self.intake.bytes) => read.map(Event::Bytes),
            () = at(silence) => Ok(Event::Silence),
            () = at(due) => Ok(Event::Due),
            () = at(ready) => Ok(Event::Ready),
            () = idle => Ok(Event::Idle),
        }
    }

    async fn handle(&mut self, request: &Incoming) -> io::Result<Option<End>> {
        let Desk { conduct, .. } = self.desk;
        let is_line = self.way.framing != Framing::Tcp;
        if is_line && request.unit == 0 {
            broadcast(conduct, &request.pdu);
            self.log(request, Behaviour::Normal, false);
            return Ok(None);
        }
        if is_line && !conduct.registers().has(request.unit) {
            return Ok(None);
        }
        let is_busy = self.busy.iter().any(|(_, other, _)| other.unit == request.unit);
        if is_busy || !conduct.hears(request.unit, Instant::now(), self.way.connected, is_line) {
            self.log(request, Behaviour::Silent, false);
            return Ok(None);
        }
        let (behaviour, kept) = conduct.next(request.unit);
        if let Behaviour::Slow(time) = behaviour {
            if self.way.connected.is_none() {
                self.busy.push((Instant::now() + time, request.clone(), behaviour));
                return Ok(None);
            }
            sleep(time).await;
        }
        self.answer(request, (behaviour, kept)).await
    }

    async fn answer(
        &mut self,
        request: &Incoming,
        (behaviour, kept): (Behaviour, Option<Arc<dyn Registers>>),
    ) -> io::Result<Option<End>> {
        let Desk { conduct, .. } = self.desk;
        self.out.clear();
        let registers = &**conduct.registers();
        let manner = reply(request, self.way.framing, registers, (behaviour, kept.as_deref()), &mut self.out);
        self.log(request, behaviour, matches!(manner, Manner::Now | Manner::Later(_)));
        match manner {
            Manner::Now => {
                // before it goes out: who asks again counts from when it has come, and that is later
                conduct.answered(request.unit, Instant::now());
                self.stream.write_all(&self.out).await?;
                self.stream.flush().await?;
            }
            Manner::Later(time) if self.late.len() < MOST_LATE => {
                let due = Instant::now() + time;
                let place = self.late.partition_point(|(other, _)| *other <= due);
                self.late.insert(place, (due, self.out.clone()));
            }
            Manner::Reset if self.way.connected.is_some() => return Ok(Some(End::Reset)),
            Manner::Close if self.way.connected.is_some() => return Ok(Some(End::Closed)),
            _ => {}
        }
        Ok(None)
    }

    fn log(&self, request: &Incoming, behaviour: Behaviour, is_answered: bool) {
        if let Some(log) = &self.desk.log {
            let request_text = describe(&request.pdu);
            let answer = if is_answered { self.out.clone() } else { Vec::new() };
            log(Handled { unit: request.unit, request: request_text, behaviour, answer });
        }
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
