//! Breakers: told to open or to close.

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
