//! A Modbus bus: all devices behind one host or line, asked one request at a time.
//!
//! Decides what is done next: limits go before everything, lower ones first; then watchdogs that are due; then readings, those that
//! have waited longest first. How each is done is in [`station`] and the parts beside it.

mod arming;
mod feeding;
mod limit;
mod station;
mod switch;

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use self::station::Station;
use super::inbox::Errand;
use super::{Device, Line, Manners, PlantError};
use crate::control::{Event, link};
use crate::modbus::Client;
use crate::runtime::tls;
use crate::site::{Address, Amps};

/// A bus and its devices, not yet started.
pub(super) struct Bus {
    client: Client,
    gate: crate::control::WriteGate,
    stations: Vec<Station>,
    /// Without a new cycle for so long the controller is taken to be gone: its chargers shall notice, so nothing is fed.
    patience: Duration,
    /// When the controller was heard last.
    heard: Instant,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Work {
    Limit(usize, Amps),
    Switch(usize, bool),
    Phases(usize, u8),
    Feed(usize),
    Observe(usize),
    Rest(Option<Instant>),
}

impl Bus {
    /// Prepares a bus; nothing is connected yet.
    ///
    /// # Errors
    /// When a certificate can't be read, or when a profile would wear a device out.
    pub(super) fn new(address: Address, devices: Vec<Device>, manners: &Manners) -> Result<Bus, PlantError> {
        let mut stations = Vec::with_capacity(devices.len());
        let mut secured = None;
        let mut patience = Duration::ZERO;
        for device in devices {
            if secured.is_none() && matches!(address, Address::ModbusTls { .. }) {
                secured = tls_config(&device)?;
            }
            let control = device.site.control;
            patience = patience.max(control.stale_after.0).max(control.interval.0.saturating_mul(3));
            stations.push(Station::new(device, manners)?);
        }
        let settings = stations.first().map(|station| station.settings().clone()).unwrap_or_default();
        let permit = std::sync::Arc::new(manners.gate.clone());
        let mut client = Client::new(address, settings).with_permit(permit);
        if let Some(config) = secured {
            client = client.with_tls(config);
        }
        Ok(Bus { client, gate: manners.gate.clone(), stations, patience, heard: Instant::now() })
    }

    /// Serves the bus until the plant is dropped.
    pub(super) async fn run(mut self, mut line: Line) {
        loop {
            let has_new_cycle = line.cycles.has_changed().unwrap_or_default();
            let cycle = *line.cycles.borrow_and_update();
            let errand = line.inbox.take(self.gate.generation());
            if has_new_cycle || errand.is_some() {
                self.heard = Instant::now();
            }
            let alone = self.stations.len() == 1;
            let (seat, event) = match self.next_work(errand, cycle, Instant::now()) {
                Work::Limit(seat, limit) => {
                    let event = self.stations[seat].set_limit(&mut self.client, &line, limit, alone).await;
                    (seat, Some(event))
                }
                Work::Switch(seat, close) => {
                    (seat, Some(self.stations[seat].switch(&mut self.client, close).await))
                }
                Work::Phases(seat, phases) => {
                    self.stations[seat].switch_phases(&mut self.client, phases).await;
                    (seat, None)
                }
                Work::Feed(seat) => {
                    self.stations[seat].feed(&mut self.client).await;
                    (seat, None)
                }
                Work::Observe(seat) => {
                    let event = self.stations[seat].observe(&mut self.client, &line, cycle, alone).await;
                    (seat, Some(event))
                }
                Work::Rest(until) => {
                    let far = Instant::now() + Duration::from_secs(3600);
                    tokio::select! {
                        () = line.stop.cancelled() => return,
                        () = line.inbox.arrival() => {}
                        changed = line.cycles.changed() => match changed {
                            Ok(()) => self.heard = Instant::now(),
                            Err(_) => return,
                        },
                        () = sleep_until(until.unwrap_or(far)) => {}
                    }
                    continue;
                }
            };
            let remark = self.stations[seat].news();
            for event in event.into_iter().chain(remark) {
                if line.events.send(event).await.is_err() {
                    return;
                }
            }
        }
    }

    fn next_work(&self, errand: Option<(usize, Errand)>, cycle: u64, now: Instant) -> Work {
        match errand {
            Some((seat, Errand::Limit(limit))) => return Work::Limit(seat, limit),
            Some((seat, Errand::Switch { close })) => return Work::Switch(seat, close),
            Some((seat, Errand::Phases(phases))) => return Work::Phases(seat, phases),
            None => {}
        }
        let is_led = now.saturating_duration_since(self.heard) <= self.patience;
        let alone = self.stations.len() == 1;
        let due = |(seat, station): (usize, &Station)| Some((station.feed_due(alone)?, seat));
        let next = self.stations.iter().enumerate().filter_map(due).min().filter(|_| is_led);
        if let Some((_, seat)) = next.filter(|(at, _)| *at <= now) {
            return Work::Feed(seat);
        }
        let longest = self.stations.iter().enumerate().filter(|(_, station)| station.cycle() < cycle);
        match longest.min_by_key(|(_, station)| station.cycle()) {
            Some((seat, _)) => Work::Observe(seat),
            None => Work::Rest(next.map(|(at, _)| at)),
        }
    }
}

/// Reads what is trusted over TLS, and who we are.
fn tls_config(device: &Device) -> Result<Option<std::sync::Arc<rustls::ClientConfig>>, PlantError> {
    let link = link(&device.site, device.reference);
    let Some(ca) = &link.ca else { return Ok(None) };
    let identity = link.identity.as_ref().map(|(cert, key)| (cert.as_path(), key.as_path()));
    tls::modbus_client_config(ca, identity)
        .map(Some)
        .map_err(|error| PlantError::Secret { device: device.name.clone(), what: with_causes(&error) })
}

/// Writes an error with its causes on one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text = format!("{text}: {deeper}");
        cause = deeper.source();
    }
    text
}

impl Event {
    /// Says that a device is not set up as it should be, or is again.
    fn remark(device: &Device, text: Option<String>) -> Event {
        Event::Remarked { device: device.reference, text }
    }
}
