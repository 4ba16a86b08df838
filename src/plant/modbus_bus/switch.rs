//! Breakers, told to open or to close; chargers, told to charge on one phase or on three.

use super::station::{Station, failure};
use super::with_causes;
use crate::control::{DeviceRef, Event};
use crate::modbus::{Client, ModbusError, Value, write_point};

impl Station {
    /// Opens or closes a breaker. What became of it shows with its next reading.
    pub(super) async fn switch(&mut self, client: &mut Client, close: bool) -> Event {
        let breaker = match self.device.reference {
            DeviceRef::Breaker(index) => index,
            _ => usize::MAX,
        };
        match self.write_switch(client, close).await {
            Ok(()) => Event::Switched { breaker, close },
            Err(error) => {
                self.failed(&error);
                let (failure, error) = (failure(&error), with_causes(&error));
                Event::NotSwitched { breaker, close, error, failure }
            }
        }
    }

    /// Switches a charger to one phase or to three. What became of it shows with its next reading; who sent it sends it again until then.
    pub(super) async fn switch_phases(&mut self, client: &mut Client, phases: u8) {
        if let Err(error) = self.write_phases(client, phases).await {
            tracing::warn!(
                device = self.device.name,
                phases,
                error = with_causes(&error),
                "phases not switched"
            );
            self.failed(&error);
        }
    }

    async fn write_phases(&mut self, client: &mut Client, phases: u8) -> Result<(), ModbusError> {
        let fitted = self.ready(client).await?;
        let profile = std::sync::Arc::clone(&self.device.profile);
        let Some(switch) = profile.charger.as_ref().and_then(|charger| charger.phase_switch.as_ref()) else {
            let what = format!("profile {} says no way to switch phases", profile.name);
            return Err(ModbusError::Invalid { what });
        };
        let value = Value::Number(if phases == 1 { switch.one } else { switch.three });
        write_point(client, self.device.unit, &fitted.map, &switch.point, &value).await
    }

    async fn write_switch(&mut self, client: &mut Client, close: bool) -> Result<(), ModbusError> {
        let fitted = self.ready(client).await?;
        let profile = std::sync::Arc::clone(&self.device.profile);
        let Some(switch) = profile.breaker.as_ref().and_then(|breaker| breaker.switch.as_ref()) else {
            let what = format!("profile {} says no way to switch a breaker", profile.name);
            return Err(ModbusError::Invalid { what });
        };
        let value = Value::Number(if close { switch.close } else { switch.open });
        write_point(client, self.device.unit, &fitted.map, &switch.point, &value).await
    }
}
