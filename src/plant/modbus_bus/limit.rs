//! Limits: written, and read back as what is *offered*. A device may take a limit and not obey it.

use tokio::time::Instant;

use super::station::{Station, failure};
use super::with_causes;
use crate::control::{DeviceRef, Event, Failure};
use crate::modbus::{Client, DeviceMap, ModbusError, Place, Value, plan_reads, read_points, write_point};
use crate::plant::Line;
use crate::plant::interpret::{offered, offered_points};
use crate::profile::{ChargerSection, Feed, Preset, ZeroLimit};
use crate::site::{Amps, ChargerId};

impl Station {
    /// Sets a limit and reads back what is offered.
    pub(super) async fn set_limit(
        &mut self,
        client: &mut Client,
        line: &Line,
        limit: Amps,
        alone: bool,
    ) -> Event {
        let charger = ChargerId(match self.device.reference {
            DeviceRef::Charger(index) => index,
            _ => usize::MAX,
        });
        self.last_limit = Some((limit, self.token()));
        if let Some(error) = self.rests_from_limits(alone, client.framing()) {
            return Event::NotAcknowledged { charger, setpoint: limit, error, failure: Failure::NotReached };
        }
        match self.write_limit(client, limit).await {
            Ok(offered) => Event::Acknowledged { charger, setpoint: limit, offered, at: (line.clock)() },
            Err(error) => {
                self.failed(&error);
                let (failure, error) = (failure(&error), with_causes(&error));
                Event::NotAcknowledged { charger, setpoint: limit, error, failure }
            }
        }
    }

    async fn write_limit(&mut self, client: &mut Client, limit: Amps) -> Result<Amps, ModbusError> {
        let fitted = self.ready(client).await?;
        self.put_limit(client, &fitted.map, limit).await?;
        self.read_offered(client, &fitted.map).await
    }

    /// Writes a limit, or what stands for it: 0 A may be a pause, and a pause must end before a limit counts.
    pub(super) async fn put_limit(
        &mut self,
        client: &mut Client,
        map: &DeviceMap,
        limit: Amps,
    ) -> Result<(), ModbusError> {
        let profile = std::sync::Arc::clone(&self.device.profile);
        let Some(section) = &profile.charger else {
            let what = format!("profile {} does not describe a charger", profile.name);
            return Err(ModbusError::Invalid { what });
        };
        let begun = Instant::now();
        let (point, pauses) = (&section.limit.point, !section.limit.pause.is_empty());
        if limit == Amps::ZERO && pauses {
            // from the first write on it may be paused, whatever becomes of the others
            self.may_be_paused = true;
            self.presets(client, map, &section.limit.pause).await?;
            if let Some(least) = self.least_while_paused(section) {
                // some devices refuse limits while they pause
                match self.write(client, map, point, least.0).await {
                    Ok(()) | Err(ModbusError::Exception { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
        } else if limit == Amps::ZERO && section.limit.zero != ZeroLimit::Pauses {
            let what =
                format!("{}: profile {} does not say how it is paused", self.device.name, profile.name);
            return Err(ModbusError::Invalid { what });
        } else {
            if self.may_be_paused && !section.limit.resume.is_empty() {
                // an old, higher limit must not come into force for a moment; some devices refuse limits while they pause
                match self.write(client, map, point, limit.0).await {
                    Ok(()) | Err(ModbusError::Exception { .. }) => {}
                    Err(error) => return Err(error),
                }
                self.presets(client, map, &section.limit.resume).await?;
            }
            self.write(client, map, point, limit.0).await?;
            self.may_be_paused = false;
        }
        self.answered(begun);
        if let Some(feeding) = &mut self.feeding {
            feeding.limited(begun);
        }
        Ok(())
    }

    /// Returns the limit that feeds the watchdog of a paused charger, where only limits do and its pause is none: its least, so that
    /// the pause may end at any time.
    fn least_while_paused(&self, section: &ChargerSection) -> Option<Amps> {
        let is_fed_by_limits = section.watchdog.as_ref().is_some_and(|watchdog| watchdog.feed == Feed::Limit);
        let is_limit = section.limit.pause.iter().any(|preset| preset.point == section.limit.point);
        self.charger().filter(|_| is_fed_by_limits && !is_limit).map(|charger| charger.min)
    }

    async fn read_offered(&self, client: &mut Client, map: &DeviceMap) -> Result<Amps, ModbusError> {
        let profile = &self.device.profile;
        let Some(section) = &profile.charger else { return Ok(Amps::ZERO) };
        let blocks = plan_reads(map, offered_points(profile, section));
        let readings = read_points(client, self.device.unit, map, &blocks).await?;
        offered(section, &readings).map_err(|error| ModbusError::Garbage {
            place: Place {
                address: client.address().clone(),
                unit: self.device.unit,
                request: "reading what is offered".into(),
            },
            what: error.to_string(),
        })
    }

    async fn write(
        &self,
        client: &mut Client,
        map: &DeviceMap,
        point: &str,
        value: f64,
    ) -> Result<(), ModbusError> {
        write_point(client, self.device.unit, map, point, &Value::Number(value)).await
    }

    async fn presets(
        &self,
        client: &mut Client,
        map: &DeviceMap,
        presets: &[Preset],
    ) -> Result<(), ModbusError> {
        for preset in presets {
            self.write(client, map, &preset.point, preset.value).await?;
        }
        Ok(())
    }
}
