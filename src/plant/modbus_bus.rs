//! A Modbus bus: all devices behind one host, read and written one request at a time. Limits go before readings.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::interpret::{interpret, offered_point, points};
use super::{Device, Line};
use crate::control::{DeviceRef, Event, Failure, Reading, link};
use crate::modbus::{
    Block, Client, ClientSettings, DeviceMap, ModbusError, Value, plan_reads, read_points, write_point,
};
use crate::profile::{Feed, Preset, WatchdogSection};
use crate::site::{Address, Amps, Charger, ChargerId};

/// A unit that does not answer is asked less and less often, up to this, so that it does not hold up its neighbours.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A device on the bus and how it fares.
struct Station {
    device: Device,
    /// The profile, fitted to the device on this connection, and what is read of it in each cycle.
    map: Option<(Arc<DeviceMap>, Vec<Block>)>,
    settings: ClientSettings,
    /// The last cycle that was answered.
    cycle: u64,
    /// Watchdog and modes have been set on this connection.
    armed: bool,
    paused: bool,
    failures: u32,
    not_before: Option<Instant>,
    last_error: String,
    fed_at: Option<Instant>,
}

/// Serves the bus until the plant is dropped.
pub(super) async fn run(address: Address, devices: Vec<Device>, mut line: Line) {
    let mut stations: Vec<Station> = devices.into_iter().map(Station::new).collect();
    let settings = stations.first().map(|station| station.settings.clone()).unwrap_or_default();
    let mut client = Client::new(address, settings);
    let alone = stations.len() == 1;
    loop {
        let cycle = *line.cycles.borrow_and_update();
        if let Some((seat, limit)) = line.inbox.take() {
            let event = stations[seat].set_limit(&mut client, &line, limit).await;
            if line.events.send(event).await.is_err() {
                return;
            }
        } else if let Some(station) = stations.iter_mut().find(|station| station.cycle < cycle) {
            station.cycle = cycle;
            let event = station.observe(&mut client, &line, alone).await;
            if line.events.send(event).await.is_err() {
                return;
            }
        } else {
            tokio::select! {
                () = line.stop.cancelled() => return,
                () = line.inbox.arrival() => {}
                changed = line.cycles.changed() => if changed.is_err() { return },
            }
        }
    }
}

impl Station {
    fn new(device: Device) -> Station {
        let modbus = device.profile.modbus.clone().unwrap_or_default();
        let timeout = link(&device.site, device.reference).timeout.map(|period| period.0);
        let mut settings = ClientSettings::of(&modbus, timeout);
        // devices differ in their seeds, so that they are not all tried again in the same moment
        settings.seed =
            device.name.bytes().fold(0, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
        Station {
            device,
            map: None,
            settings,
            cycle: 0,
            armed: false,
            paused: false,
            failures: 0,
            not_before: None,
            last_error: String::new(),
            fed_at: None,
        }
    }

    async fn observe(&mut self, client: &mut Client, line: &Line, alone: bool) -> Event {
        let (device, cycle) = (self.device.reference, self.cycle);
        if let Some(not_before) = self.not_before.filter(|&at| !alone && at > Instant::now()) {
            let wait = not_before.saturating_duration_since(Instant::now()).as_millis();
            let error = format!("{}; asked again in {wait} ms", self.last_error);
            return Event::Failed { device, cycle, error, failure: Failure::NotReached };
        }
        client.set_settings(self.settings.clone());
        let at = (line.clock)();
        match self.read(client).await {
            Ok(readings) => {
                self.failures = 0;
                self.not_before = None;
                match interpret(&self.device.profile, device, &readings) {
                    Ok(value) => Event::Observed { device, cycle, reading: Reading { at, value } },
                    Err(error) => {
                        let error = format!("{}: {error}", self.device.name);
                        Event::Failed { device, cycle, error, failure: Failure::NoAnswer }
                    }
                }
            }
            Err(error) => {
                self.failed(&error);
                Event::Failed { device, cycle, failure: failure(&error), error: error_text(&error) }
            }
        }
    }

    async fn read(&mut self, client: &mut Client) -> Result<crate::modbus::Readings, ModbusError> {
        if !client.is_connected() {
            self.armed = false;
        }
        if !self.armed {
            self.arm(client).await?;
        }
        self.feed(client).await?;
        let (map, blocks) = self.map(client).await?;
        read_points(client, self.device.unit, &map, &blocks).await
    }

    /// Returns the profile fitted to the device, and what is read of it in each cycle.
    async fn map(&mut self, client: &mut Client) -> Result<(Arc<DeviceMap>, Vec<Block>), ModbusError> {
        if let Some((map, blocks)) = &self.map {
            return Ok((Arc::clone(map), blocks.clone()));
        }
        let device = &self.device;
        let map = DeviceMap::resolve(client, device.unit, Arc::clone(&device.profile), 1).await?;
        let map = Arc::new(map);
        let blocks = plan_reads(&map, points(&device.profile, device.reference));
        self.map = Some((Arc::clone(&map), blocks.clone()));
        Ok((map, blocks))
    }

    fn failed(&mut self, error: &ModbusError) {
        self.last_error = error_text(error);
        self.armed = false;
        self.map = None;
        if matches!(error, ModbusError::TimedOut { .. } | ModbusError::Garbage { .. }) {
            let pause = Duration::from_secs(1).saturating_mul(1 << self.failures.min(6)).min(LONGEST_PAUSE);
            self.failures += 1;
            self.not_before = Some(Instant::now() + pause);
        }
    }

    fn charger(&self) -> Option<&Charger> {
        match self.device.reference {
            DeviceRef::Charger(index) => self.device.site.chargers.get(index),
            _ => None,
        }
    }

    /// Tells a charger once for each connection how long it may hear nothing, what it does then, and that it shall obey.
    async fn arm(&mut self, client: &mut Client) -> Result<(), ModbusError> {
        let device = self.device.clone();
        if let (Some(charger), Some(section)) = (self.charger().cloned(), &device.profile.charger) {
            for preset in &section.enable {
                self.write(client, &preset.point, preset.value).await?;
            }
            if let Some(watchdog) = &section.watchdog {
                self.set_watchdog(client, &charger, watchdog).await?;
            }
        }
        self.armed = true;
        Ok(())
    }

    async fn set_watchdog(
        &mut self,
        client: &mut Client,
        charger: &Charger,
        watchdog: &WatchdogSection,
    ) -> Result<(), ModbusError> {
        if let Some(point) = &watchdog.failsafe {
            self.write(client, point, charger.failsafe.0).await?;
        }
        if let (Some(point), Some(time)) = (&watchdog.timeout, charger.watchdog) {
            let unit = self.device.profile.points.get(point).map_or("s", |point| point.unit.as_str());
            let value = if unit == "ms" { time.as_millis() as f64 } else { time.as_millis() as f64 / 1000.0 };
            self.write(client, point, value).await?;
        }
        Ok(())
    }

    /// Feeds a watchdog that wants a life bit, at no more than half its time.
    async fn feed(&mut self, client: &mut Client) -> Result<(), ModbusError> {
        let device = self.device.clone();
        let section = device.profile.charger.as_ref().and_then(|charger| charger.watchdog.as_ref());
        let Some(Feed::LifeBit { point, value, every }) = section.map(|section| &section.feed) else {
            return Ok(());
        };
        if self.fed_at.is_none_or(|at| at.elapsed() >= every.0 / 2) {
            self.write(client, point, *value).await?;
            self.fed_at = Some(Instant::now());
        }
        Ok(())
    }

    async fn write(&mut self, client: &mut Client, point: &str, value: f64) -> Result<(), ModbusError> {
        let (map, _) = self.map(client).await?;
        write_point(client, self.device.unit, &map, point, &Value::Number(value)).await
    }

    async fn presets(&mut self, client: &mut Client, presets: &[Preset]) -> Result<(), ModbusError> {
        for preset in presets {
            self.write(client, &preset.point, preset.value).await?;
        }
        Ok(())
    }

    async fn set_limit(&mut self, client: &mut Client, line: &Line, limit: Amps) -> Event {
        let charger = ChargerId(match self.device.reference {
            DeviceRef::Charger(index) => index,
            _ => usize::MAX,
        });
        client.set_settings(self.settings.clone());
        match self.write_limit(client, limit).await {
            Ok(offered) => Event::Acknowledged { charger, setpoint: limit, offered, at: (line.clock)() },
            Err(error) => {
                self.failed(&error);
                let (failure, error) = (failure(&error), error_text(&error));
                Event::NotAcknowledged { charger, setpoint: limit, error, failure }
            }
        }
    }

    /// Writes a limit and reads back what is offered.
    async fn write_limit(&mut self, client: &mut Client, limit: Amps) -> Result<Amps, ModbusError> {
        let device = self.device.clone();
        let Some(section) = &device.profile.charger else {
            let what = format!("profile {} does not describe a charger", device.profile.name);
            return Err(ModbusError::Invalid { what });
        };
        if !client.is_connected() {
            self.armed = false;
        }
        if !self.armed {
            self.arm(client).await?;
        }
        if limit == Amps::ZERO && !section.limit.pause.is_empty() {
            self.presets(client, &section.limit.pause).await?;
            self.paused = true;
            return Ok(Amps::ZERO);
        }
        if self.paused {
            self.presets(client, &section.limit.resume).await?;
            self.paused = false;
        }
        self.write(client, &section.limit.point, limit.0).await?;
        let point = offered_point(section);
        let (map, _) = self.map(client).await?;
        let blocks = plan_reads(&map, [point]);
        let readings = read_points(client, device.unit, &map, &blocks).await?;
        let offered = readings.get(point).and_then(|values| values.first()).and_then(Value::number);
        offered.map(|amps| Amps(amps).max(Amps::ZERO)).ok_or_else(|| ModbusError::Invalid {
            what: format!("{}: point {point} has no value", device.name),
        })
    }
}

fn failure(error: &ModbusError) -> Failure {
    if error.is_refusal() {
        Failure::Refused
    } else if error.may_have_arrived() {
        Failure::NoAnswer
    } else {
        Failure::NotReached
    }
}

/// Writes an error with its causes on one line.
fn error_text(error: &ModbusError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
