//! A device on a bus: how it fares, what is read of it, and when it is left in peace.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::feeding::Feeding;
use super::with_causes;
use crate::control::{DeviceRef, Event, Failure, Reading, link};
use crate::modbus::{
    Block, Client, ClientSettings, DeviceMap, Exception, Framing, ModbusError, Readings, plan_reads,
    read_points,
};
use crate::plant::interpret::{interpret, points};
use crate::plant::{Device, Line, Manners, PlantError};
use crate::profile::{ChargerSection, Feed};
use crate::site::{Amps, Charger};

/// A unit that does not answer is asked less and less often, up to this, so that it does not hold up its neighbours.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A limit goes out all the same, until so many failures follow each other.
const FAILURES_THAT_HOLD_LIMITS: u32 = 2;
/// The same where frames bear no transaction: a unit that has just been silent is not asked again before its late answer could have
/// come, and the line would stand still for its neighbours so long.
const FAILURES_THAT_HOLD_LIMITS_ON_A_LINE: u32 = 1;
/// The shortest pause after a failure; never shorter than the time in which a late answer may come.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// A device on the bus.
pub(super) struct Station {
    pub(super) device: Device,
    settings: ClientSettings,
    /// The profile as it fits the device, with the connection on which that was found out.
    fitted: Option<(u64, Fitted)>,
    /// The connection on which it has been told what to do when it hears nothing, and the token with which that was.
    armed_on: Option<(u64, u64)>,
    manners: Manners,
    /// The last cycle for which it was asked.
    cycle: u64,
    pub(super) feeding: Option<Feeding>,
    /// The limit that it was sent last, and with which token.
    pub(super) last_limit: Option<(Amps, Option<u64>)>,
    /// Whether it is paused is not known for sure.
    pub(super) may_be_paused: bool,
    failures: u32,
    not_before: Option<Instant>,
    last_error: String,
    remark: Option<String>,
    told_remark: Option<String>,
}

/// A profile as it fits the device.
#[derive(Clone)]
pub(super) struct Fitted {
    pub(super) map: Arc<DeviceMap>,
    /// What is read in each cycle.
    blocks: Arc<[Block]>,
}

impl Station {
    /// Prepares a device. One that only is looked at is told nothing.
    ///
    /// # Errors
    /// When its profile would wear it out.
    pub(super) fn new(device: Device, manners: &Manners) -> Result<Station, PlantError> {
        let modbus = device.profile.modbus.clone().unwrap_or_default();
        let timeout = link(&device.site, device.reference).timeout.map(|period| period.0);
        let mut settings = ClientSettings::of(&modbus, timeout);
        // devices differ in their seeds, so that they are not all tried again in the same moment
        settings.seed =
            device.name.bytes().fold(0, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let mut station = Station {
            device,
            settings,
            fitted: None,
            armed_on: None,
            manners: manners.clone(),
            cycle: 0,
            feeding: None,
            last_limit: None,
            may_be_paused: true,
            failures: 0,
            not_before: None,
            last_error: String::new(),
            remark: None,
            told_remark: None,
        };
        let own = Arc::clone(&station.device.profile);
        if let (Some(charger), Some(section)) = (station.charger(), &own.charger) {
            refuse_wear(&station.device, section)?;
            let watchdog = section.watchdog.as_ref();
            station.feeding = watchdog.map(|watchdog| Feeding::of(watchdog, charger.watchdog));
        }
        Ok(station)
    }

    pub(super) fn settings(&self) -> &ClientSettings {
        &self.settings
    }

    pub(super) fn cycle(&self) -> u64 {
        self.cycle
    }

    pub(super) fn charger(&self) -> Option<&Charger> {
        match self.device.reference {
            DeviceRef::Charger(index) => self.device.site.chargers.get(index),
            _ => None,
        }
    }

    /// Reads it for a cycle.
    pub(super) async fn observe(
        &mut self,
        client: &mut Client,
        line: &Line,
        cycle: u64,
        alone: bool,
    ) -> Event {
        self.cycle = cycle;
        let device = self.device.reference;
        if let Some(wait) = self.rest().filter(|_| !alone) {
            let error = format!("{}; asked again in {} ms", self.last_error, wait.as_millis());
            return Event::Failed { device, cycle, error, failure: Failure::NotReached };
        }
        if self.must_be_left_alone() {
            let error = "nobody leads: it is left alone, since every request feeds its watchdog".to_owned();
            return Event::Failed { device, cycle, error, failure: Failure::NotReached };
        }
        let at = (line.clock)();
        match self.read(client).await {
            Ok(readings) => match interpret(&self.device.profile, device, &readings) {
                Ok(value) => Event::Observed { device, cycle, reading: Reading { at, value } },
                Err(error) => {
                    let error = format!("{}: {error}", self.device.name);
                    Event::Failed { device, cycle, error, failure: Failure::NoAnswer }
                }
            },
            Err(error) => {
                self.failed(&error);
                Event::Failed { device, cycle, failure: failure(&error), error: with_causes(&error) }
            }
        }
    }

    /// Says whether it must not even be read: it takes every request for a sign of life, and nobody is there to live for.
    fn must_be_left_alone(&self) -> bool {
        let is_fed_by_requests =
            self.feeding.as_ref().is_some_and(|feeding| *feeding.feed() == Feed::Request);
        is_fed_by_requests && !self.manners.gate.is_led()
    }

    /// Returns the token with which it is written to; nothing while it is only looked at.
    pub(super) fn token(&self) -> Option<u64> {
        self.manners.gate.generation().filter(|_| !self.manners.only_looks)
    }

    async fn read(&mut self, client: &mut Client) -> Result<Readings, ModbusError> {
        let fitted = self.ready(client).await?;
        let begun = Instant::now();
        let readings = read_points(client, self.device.unit, &fitted.map, &fitted.blocks).await?;
        self.answered(begun);
        Ok(readings)
    }

    /// Sees to it that there is a connection, that the profile fits the device, and that the device is set up; on each new connection
    /// again, since it may have been switched off in between, or be another one.
    pub(super) async fn ready(&mut self, client: &mut Client) -> Result<Fitted, ModbusError> {
        client.set_settings(self.settings.clone());
        client.connect().await?;
        let connection = client.connections();
        let fitted = match self.fitted.take().filter(|(on, _)| *on == connection) {
            Some((_, fitted)) => fitted,
            None => self.fit(client).await?,
        };
        self.fitted = Some((connection, fitted.clone()));
        if let Some(token) = self.token()
            && self.armed_on != Some((connection, token))
        {
            self.may_be_paused = true;
            self.arm(client, &fitted.map).await?;
            self.armed_on = Some((connection, token));
        }
        Ok(fitted)
    }

    async fn fit(&self, client: &mut Client) -> Result<Fitted, ModbusError> {
        let device = &self.device;
        let profile = Arc::clone(&device.profile);
        let map = Arc::new(DeviceMap::resolve(client, device.unit, profile, device.connector).await?);
        let mut wanted = points(&device.profile, device.reference);
        // where nobody switches phases a device need not know of it
        if self.charger().is_some_and(|charger| charger.switches_phases) {
            let switch = device.profile.charger.as_ref().and_then(|charger| charger.phase_switch.as_ref());
            wanted.extend(switch.map(|switch| switch.point.as_str()).filter(|point| !wanted.contains(point)));
        }
        let blocks = plan_reads(&map, wanted);
        if blocks.is_empty() {
            let what = format!("{}: profile {} has nothing to read there", device.name, device.profile.name);
            return Err(ModbusError::Invalid { what });
        }
        Ok(Fitted { map, blocks: blocks.into() })
    }

    /// Returns when its watchdog must be fed.
    pub(super) fn feed_due(&self, alone: bool) -> Option<Instant> {
        let due = self.feeding.as_ref().filter(|_| self.token().is_some())?.due()?;
        Some(self.not_before.filter(|_| !alone).map_or(due, |at| at.max(due)))
    }

    /// Feeds its watchdog.
    pub(super) async fn feed(&mut self, client: &mut Client) {
        let Some(feed) = self.feeding.as_ref().map(|feeding| feeding.feed().clone()) else { return };
        let outcome = self.fed(client, &feed).await;
        if let (Err(error), Some(feeding)) = (&outcome, &mut self.feeding) {
            feeding.failed(Instant::now());
            if with_causes(error) != self.last_error {
                tracing::warn!(
                    device = self.device.name,
                    error = with_causes(error),
                    "the watchdog was not fed"
                );
            }
            self.failed(error);
        }
    }

    async fn fed(&mut self, client: &mut Client, feed: &Feed) -> Result<(), ModbusError> {
        let fitted = self.ready(client).await?;
        match feed {
            Feed::Request => {
                let begun = Instant::now();
                read_points(client, self.device.unit, &fitted.map, &fitted.blocks[..1]).await?;
                self.answered(begun);
                Ok(())
            }
            Feed::Limit => match self.last_limit {
                // what was said before another controller led must not be said again
                Some((limit, token)) if token == self.token() => {
                    self.put_limit(client, &fitted.map, limit).await
                }
                _ => Ok(()),
            },
            Feed::LifeBit { point, value, .. } => self.feed_with(client, &fitted.map, point, *value).await,
            Feed::Timeout => self.feed_timeout(client, &fitted.map).await,
        }
    }

    /// The device has answered what was asked at this time.
    pub(super) fn answered(&mut self, sent_at: Instant) {
        self.failures = 0;
        self.not_before = None;
        if let Some(feeding) = &mut self.feeding {
            feeding.answered(sent_at);
        }
    }

    /// Returns how long it is left in peace yet.
    fn rest(&self) -> Option<Duration> {
        let wait = self.not_before?.saturating_duration_since(Instant::now());
        (!wait.is_zero()).then_some(wait)
    }

    /// Says whether limits wait, too.
    pub(super) fn rests_from_limits(&self, alone: bool, framing: Framing) -> Option<String> {
        let most = match framing {
            Framing::Tcp => FAILURES_THAT_HOLD_LIMITS,
            Framing::Rtu | Framing::Ascii => FAILURES_THAT_HOLD_LIMITS_ON_A_LINE,
        };
        let wait = self.rest().filter(|_| !alone && self.failures >= most)?;
        Some(format!("{}; tried again in {} ms", self.last_error, wait.as_millis()))
    }

    /// Something went wrong.
    pub(super) fn failed(&mut self, error: &ModbusError) {
        self.last_error = with_causes(error);
        if !error.is_refusal() {
            self.armed_on = None;
        }
        if takes_long(error) {
            let shortest = SHORTEST_PAUSE.max(self.settings.timeout);
            let pause = shortest.saturating_mul(1 << self.failures.min(6)).min(LONGEST_PAUSE.max(shortest));
            self.failures += 1;
            self.not_before = Some(Instant::now() + pause);
        }
    }

    /// Notes what is not set up as it should be.
    pub(super) fn remarked(&mut self, doubts: Vec<String>) {
        self.remark = (!doubts.is_empty()).then(|| doubts.join("; "));
    }

    /// Returns a remark that is new, or that there is none any more.
    pub(super) fn news(&mut self) -> Option<Event> {
        if self.remark == self.told_remark {
            return None;
        }
        self.told_remark.clone_from(&self.remark);
        if let Some(text) = &self.remark {
            tracing::warn!(device = self.device.name, text, "not set up as it should be");
        }
        Some(Event::remark(&self.device, self.remark.clone()))
    }
}

/// Says whether a failure costs time that neighbours would need: a gateway may wait itself before it says that a unit is silent, or
/// hang up, so that a new connection must be made.
fn takes_long(error: &ModbusError) -> bool {
    match error {
        ModbusError::TimedOut { .. } | ModbusError::Garbage { .. } | ModbusError::ConnectionLost { .. } => {
            true
        }
        ModbusError::Exception { exception, .. } => {
            matches!(exception, Exception::GatewayPathUnavailable | Exception::GatewayTargetFailedToRespond)
        }
        _ => false,
    }
}

/// Limits and life bits are written all the time: a point that wears out can't take them.
fn refuse_wear(device: &Device, section: &ChargerSection) -> Result<(), PlantError> {
    let life = section.watchdog.iter().filter_map(|watchdog| match &watchdog.feed {
        Feed::LifeBit { point, .. } => Some(point),
        Feed::Timeout => watchdog.timeout.as_ref(),
        Feed::Request | Feed::Limit => None,
    });
    let presets = section.limit.pause.iter().chain(&section.limit.resume).map(|preset| &preset.point);
    let mut written = std::iter::once(&section.limit.point).chain(presets).chain(life);
    match written.find(|point| device.profile.points.get(*point).is_some_and(|point| point.wears)) {
        Some(point) => Err(PlantError::WearsOut { device: device.name.clone(), point: point.clone() }),
        None => Ok(()),
    }
}

/// Says how a request failed.
pub(super) fn failure(error: &ModbusError) -> Failure {
    if error.is_refusal() {
        Failure::Refused
    } else if error.may_have_arrived() {
        Failure::NoAnswer
    } else {
        Failure::NotReached
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;
    use crate::site::{Site, load};

    /// A charger whose profile was made past the check of profiles.
    fn station(wearing: &str) -> Result<Station, PlantError> {
        let mut points = serde_json::json!({
            "limit": {"table": "holding", "address": 1, "type": "u16", "unit": "A", "access": "write"},
            "mode": {"table": "holding", "address": 2, "type": "u16", "access": "write"},
            "life": {"table": "holding", "address": 3, "type": "u16", "access": "write"},
            "time": {"table": "holding", "address": 4, "type": "u16", "access": "write", "unit": "s"}
        });
        points[wearing]["wears"] = true.into();
        let profile: Profile = serde_json::from_value(serde_json::json!({
            "apiVersion": "enmon/v1", "kind": "Profile", "name": "own", "vendor": "v", "model": "m",
            "sources": [{"document": "d"}], "modbus": {}, "points": points,
            "charger": {
                "state": {"point": "mode", "map": {"1": "A"}},
                "limit": {"point": "limit", "pause": [{"point": "mode", "value": 4}]},
                "watchdog": {
                    "default": "10s", "timeout": "time",
                    "feed": {"lifeBit": {"point": "life", "value": 1, "every": "5s"}}
                }
            }
        }))
        .unwrap();
        let text = "apiVersion: enmon/v1\nkind: Site\nname: s\ncircuits: [{name: main, limit: 63}]\nchargers: [{name: ev, circuit: main, \
                    phases: [L1], max: 16, profile: abb-terra-ac, address: \"modbus+tcp://127.0.0.1\"}]\n";
        let catalogue = crate::profile::Catalogue::built_in();
        let site: Site = load(text, "s.yaml", std::path::Path::new("/"), &catalogue).unwrap().site;
        let device = Device {
            reference: DeviceRef::Charger(0),
            name: "ev".into(),
            unit: 1,
            connector: 1,
            profile: Arc::new(profile),
            site: Arc::new(site),
        };
        Station::new(device, &Manners { gate: crate::control::WriteGate::open(), only_looks: false })
    }

    #[test]
    fn a_unit_that_was_silent_does_not_hold_up_its_line_for_the_next_limit() {
        let mut station = station("time").unwrap();
        let place = crate::modbus::Place {
            address: "modbus+rtu:///dev/ttyUSB0".parse().unwrap(),
            unit: 1,
            request: "reading".into(),
        };
        station.failed(&ModbusError::TimedOut { place, timeout_ms: 1000 });
        assert!(station.rests_from_limits(false, Framing::Rtu).is_some());
        assert!(station.rests_from_limits(true, Framing::Rtu).is_none(), "there are no neighbours");
        assert!(station.rests_from_limits(false, Framing::Tcp).is_none(), "a new connection costs nothing");
        station.answered(Instant::now());
        assert!(station.rests_from_limits(false, Framing::Rtu).is_none());
    }

    #[test]
    fn what_is_written_again_and_again_must_not_wear_out() {
        for wearing in ["limit", "mode", "life"] {
            let refused = station(wearing).err().map(|error| error.to_string());
            let said =
                format!("ev: point {wearing} of its profile wears out, and can't be written again and again");
            assert_eq!(refused, Some(said));
        }
        assert!(station("time").is_ok(), "once for each connection, and only when it differs");
    }
}
