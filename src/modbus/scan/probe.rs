//! The loop's hand on the bus: asks one question at a time, no faster than it may, and writes the answer into the journal.

use std::ops::ControlFlow;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::ScanError;
use super::journal::{Answer, IDENTITIES, Journal, Question};
use super::pace::Pace;
use crate::modbus::{Client, ClientSettings, Exception, ModbusError};
use crate::profile::ModbusSettings;

/// How often a device that says that it is busy is asked.
const BUSY_TRIES: u32 = 4;
/// How long a device that says that it is busy is left alone.
const BUSY_PAUSE: Duration = Duration::from_millis(500);
/// How often a device that was there and can't be connected to any more is tried.
const CONNECT_TRIES: u32 = 6;

/// Sees how a scan goes on.
pub trait ScanObserver {
    /// The scan comes to something else; `total` is the number of steps to the end of it.
    fn begins(&mut self, what: &str, total: Option<u64>);

    /// So many steps were done.
    fn advanced(&mut self, steps: u64);

    /// A question was answered: time to keep the journal. `Break` ends the scan.
    fn answered(&mut self, journal: &Journal) -> ControlFlow<()>;
}

/// How a scan asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanSettings {
    /// Most requests a second, at least 1.
    pub rate: u32,
    /// How long an answer may take while units are looked for.
    pub search_timeout: Duration,
    /// How long an answer may take of a unit that is there.
    pub timeout: Duration,
}

/// Asks.
pub(super) struct Probe<'a> {
    client: &'a mut Client,
    settings: &'a ScanSettings,
    journal: &'a mut Journal,
    pub(super) observer: &'a mut dyn ScanObserver,
    pace: Pace,
    tries: u32,
    has_connected: bool,
}

impl<'a> Probe<'a> {
    pub(super) fn new(
        client: &'a mut Client,
        settings: &'a ScanSettings,
        journal: &'a mut Journal,
        observer: &'a mut dyn ScanObserver,
    ) -> Probe<'a> {
        let pace = Pace::new(settings.rate);
        Probe { client, settings, journal, observer, pace, tries: 1, has_connected: false }
    }

    /// Asks units that may not be there: briefly, and once.
    pub(super) fn look_for_units(&mut self) {
        self.tries = 1;
        self.speak(&ModbusSettings::default(), self.settings.search_timeout);
    }

    /// Asks a unit that is there: with patience, and a second time when an answer is lost. `device` says how it wants to be asked.
    pub(super) fn talk_to(&mut self, device: &ModbusSettings) {
        self.tries = 2;
        self.speak(device, self.settings.timeout);
    }

    fn speak(&mut self, device: &ModbusSettings, timeout: Duration) {
        // a device that must be woken is asked a second time anyway, and so at the pace of the scan
        // and a serial line keeps the settings that it was opened with
        let settings =
            ClientSettings { wake: false, serial: None, ..ClientSettings::of(device, Some(timeout)) };
        let connect_timeout = timeout.max(Duration::from_secs(2));
        self.client.set_settings(ClientSettings { connect_timeout, ..settings });
    }

    /// Returns what is scanned.
    pub(super) fn journal(&self) -> &Journal {
        self.journal
    }

    /// Asks, unless the journal knows the answer.
    pub(super) async fn ask(&mut self, question: Question) -> Result<Answer, ScanError> {
        if let Some(answer) = self.journal.get(&question) {
            return Ok(answer.clone());
        }
        let answer = self.insist(&question).await?;
        self.journal.add(question, answer.clone());
        self.keep().map(|()| answer)
    }

    async fn insist(&mut self, question: &Question) -> Result<Answer, ScanError> {
        let (mut lost, mut busy, mut unreachable) = (0, 0, 0);
        loop {
            match self.once(question).await {
                Ok(words) => {
                    self.heed(lost);
                    return Ok(Answer::Words(words));
                }
                Err(ModbusError::Exception {
                    exception: Exception::Acknowledge | Exception::ServerDeviceBusy,
                    ..
                }) if busy + 1 < BUSY_TRIES => {
                    busy += 1;
                    sleep(BUSY_PAUSE).await;
                }
                Err(ModbusError::Exception { exception, .. }) => {
                    self.heed(lost);
                    return Ok(Answer::Refused(exception));
                }
                Err(
                    ModbusError::TimedOut { .. }
                    | ModbusError::ConnectionLost { .. }
                    | ModbusError::Garbage { .. },
                ) if lost + 1 < self.tries => lost += 1,
                Err(ModbusError::TimedOut { .. } | ModbusError::ConnectionLost { .. }) => {
                    return Ok(Answer::Silent);
                }
                Err(ModbusError::Garbage { what, .. }) => return Ok(Answer::Nonsense(what)),
                Err(ModbusError::BackingOff { wait_ms, .. }) => sleep(Duration::from_millis(wait_ms)).await,
                // a device that has just been left may need a moment before it takes another connection
                Err(ModbusError::Unreachable { .. })
                    if self.has_connected && unreachable + 1 < CONNECT_TRIES =>
                {
                    unreachable += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Asks a unit what it is, unless the journal knows.
    pub(super) async fn identify(&mut self, unit: u8) -> Result<Vec<String>, ScanError> {
        if let Some(said) = self.journal.said(unit) {
            return Ok(said.clone());
        }
        let mut texts = Vec::new();
        for how in IDENTITIES {
            sleep_until(self.pace.slot(Instant::now())).await;
            let started = Instant::now();
            let outcome = self.client.identify(unit, how).await;
            self.note(started, &outcome);
            // most devices know neither function, and some say nothing to that: then there is nothing to tell
            for text in outcome.unwrap_or_default() {
                if !texts.contains(&text) {
                    texts.push(text);
                }
            }
        }
        self.journal.hear(unit, texts.clone());
        self.keep().map(|()| texts)
    }

    /// Lets the observer keep the journal.
    fn keep(&mut self) -> Result<(), ScanError> {
        match self.observer.answered(self.journal) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(ScanError::Stopped),
        }
    }

    fn heed(&mut self, lost: u32) {
        if lost > 0 {
            self.pace.slow_down();
        }
    }

    async fn once(&mut self, question: &Question) -> Result<Vec<u16>, ModbusError> {
        sleep_until(self.pace.slot(Instant::now())).await;
        let started = Instant::now();
        let Question { unit, table, address, count } = *question;
        let outcome = self.client.read(unit, table, address, count).await;
        self.note(started, &outcome);
        outcome
    }

    /// Takes note of how a request went.
    fn note<T>(&mut self, started: Instant, outcome: &Result<T, ModbusError>) {
        let was_answered = matches!(outcome, Ok(_) | Err(ModbusError::Exception { .. }));
        // some devices end the connection instead of an answer that they have not; the pace is kept all the same
        if matches!(outcome, Err(ModbusError::ConnectionLost { .. })) {
            self.client.forget_failures();
        }
        self.has_connected |= outcome.as_ref().map_or_else(ModbusError::may_have_arrived, |_| true);
        self.pace.done(started, Instant::now(), was_answered);
    }
}
