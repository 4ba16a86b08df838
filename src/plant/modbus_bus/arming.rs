//! Setting a charger up on each new connection: that it obeys, how long it may hear nothing, and what it does then.

use tokio::time::Instant;

use super::station::Station;
use crate::modbus::{Client, DeviceMap, ModbusError, Value, plan_reads, read_points, write_point};
use crate::profile::{Access, Feed, Point};
use crate::site::Period;

/// Returns a time in the unit of a point: seconds, or milliseconds.
fn in_unit_of(point: &Point, time: Period) -> f64 {
    let ms = time.as_millis() as f64;
    if point.unit == "ms" { ms } else { ms / 1000.0 }
}

/// What is written to a point, and where it is read back.
struct Setting<'a> {
    point: &'a str,
    /// The point itself, or another one; `None`: it is not looked at again.
    read_from: Option<&'a str>,
    /// The value in the unit of a point.
    value: &'a (dyn Fn(&Point) -> f64 + Sync),
}

impl Station {
    /// Sets the charger up. What it refuses, or takes and does not show, is remarked; it is read and given limits all the same.
    pub(super) async fn arm(&mut self, client: &mut Client, map: &DeviceMap) -> Result<(), ModbusError> {
        let profile = std::sync::Arc::clone(&self.device.profile);
        let (Some(charger), Some(section)) = (self.charger().cloned(), &profile.charger) else {
            return Ok(());
        };
        let begun = Instant::now();
        let mut doubts = Vec::new();
        for preset in &section.enable {
            let setting = Setting { point: &preset.point, read_from: None, value: &|_| preset.value };
            doubts.extend(self.establish(client, map, &setting).await?);
        }
        let watchdog = section.watchdog.as_ref();
        if let Some(watchdog) = watchdog {
            let read_from = watchdog.failsafe_read.as_deref().or(watchdog.failsafe.as_deref());
            let value = |_: &Point| charger.failsafe.0;
            match (watchdog.failsafe.as_deref(), read_from) {
                (Some(point), _) => {
                    let setting = Setting { point, read_from, value: &value };
                    doubts.extend(self.establish(client, map, &setting).await?);
                }
                // set on the charger itself
                (None, Some(point)) => {
                    let setting = Setting { point, read_from, value: &value };
                    if let Some(shown) = map.point(point) {
                        doubts.extend(self.differs(client, map, (point, shown), &setting).await?);
                    }
                }
                (None, None) => {}
            }
        }
        if let (Some(watchdog), Some(time)) = (watchdog, charger.watchdog)
            && let Some(point) = watchdog.timeout.as_deref()
        {
            let value = |point: &Point| in_unit_of(point, time);
            let read_from = Some(watchdog.timeout_read.as_deref().unwrap_or(point));
            doubts.extend(self.establish(client, map, &Setting { point, read_from, value: &value }).await?);
        }
        self.remarked(doubts);
        match watchdog.map(|watchdog| &watchdog.feed) {
            Some(Feed::LifeBit { point, value, .. }) => self.feed_with(client, map, point, *value).await?,
            // it has just been written
            Some(Feed::Timeout) => self.fed_at(begun),
            _ => {}
        }
        Ok(())
    }

    fn fed_at(&mut self, sent_at: Instant) {
        if let Some(feeding) = &mut self.feeding {
            feeding.fed(sent_at);
        }
    }

    /// Writes the time-out again.
    pub(super) async fn feed_timeout(
        &mut self,
        client: &mut Client,
        map: &DeviceMap,
    ) -> Result<(), ModbusError> {
        let profile = std::sync::Arc::clone(&self.device.profile);
        let watchdog = profile.charger.as_ref().and_then(|charger| charger.watchdog.as_ref());
        let point = watchdog.and_then(|watchdog| watchdog.timeout.as_deref());
        let time = self.charger().and_then(|charger| charger.watchdog);
        match (point.and_then(|name| Some((name, map.point(name)?))), time) {
            (Some((name, point)), Some(time)) => {
                self.feed_with(client, map, name, in_unit_of(point, time)).await
            }
            _ => Ok(()),
        }
    }

    /// Writes what feeds the watchdog.
    pub(super) async fn feed_with(
        &mut self,
        client: &mut Client,
        map: &DeviceMap,
        point: &str,
        value: f64,
    ) -> Result<(), ModbusError> {
        let begun = Instant::now();
        write_point(client, self.device.unit, map, point, &Value::Number(value)).await?;
        self.answered(begun);
        self.fed_at(begun);
        Ok(())
    }

    /// Brings a point to its value, and reads it back; returns what is in doubt afterwards. What wears out is written only when it
    /// differs.
    async fn establish(
        &self,
        client: &mut Client,
        map: &DeviceMap,
        setting: &Setting<'_>,
    ) -> Result<Option<String>, ModbusError> {
        let name = setting.point;
        let Some(point) = map.point(name) else {
            return Ok(Some(format!("{name} can't be written: {}", map.missing(name).unwrap_or("unknown"))));
        };
        let shown = setting.read_from.unwrap_or(name);
        let shown = map.point(shown).filter(|point| point.access != Access::Only).map(|point| (shown, point));
        if point.wears {
            let Some(shown) = shown else {
                return Ok(Some(format!("{name} wears out and can't be read, so it is not written")));
            };
            if self.differs(client, map, shown, setting).await?.is_none() {
                return Ok(None);
            }
        }
        let value = Value::Number((setting.value)(point));
        match write_point(client, self.device.unit, map, name, &value).await {
            Ok(()) => {}
            Err(error @ (ModbusError::Exception { .. } | ModbusError::Invalid { .. })) => {
                return Ok(Some(format!("{name} could not be set to {value}: {error}")));
            }
            Err(error) => return Err(error),
        }
        match shown.filter(|_| setting.read_from.is_some()) {
            Some(shown) => self.differs(client, map, shown, setting).await,
            None => Ok(None),
        }
    }

    /// Says how what a point shows differs from what it should.
    async fn differs(
        &self,
        client: &mut Client,
        map: &DeviceMap,
        (name, point): (&str, &Point),
        setting: &Setting<'_>,
    ) -> Result<Option<String>, ModbusError> {
        let wanted = (setting.value)(point);
        let readings = match read_points(client, self.device.unit, map, &plan_reads(map, [name])).await {
            Ok(readings) => readings,
            Err(error @ ModbusError::Exception { .. }) => {
                return Ok(Some(format!(
                    "{} was set to {wanted}, and can't be read back: {error}",
                    setting.point
                )));
            }
            Err(error) => return Err(error),
        };
        let held = readings.get(name).and_then(|values| values.first()).and_then(Value::number);
        // half a step of the register is rounding
        let step = (point.scale.abs() / 2.0).max(1e-6);
        Ok(match held {
            Some(held) if (held - wanted).abs() <= step + wanted.abs() * 1e-6 => None,
            Some(held) => {
                Some(format!("{} was set to {wanted} {}, but {name} is {held}", setting.point, point.unit))
            }
            None => Some(format!(
                "{} was set to {wanted} {}, but {name} shows nothing",
                setting.point, point.unit
            )),
        })
    }
}
