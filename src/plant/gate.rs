//! The gate as the Modbus client asks for it.

use crate::control::WriteGate;
use crate::modbus::WritePermit;

impl WritePermit for WriteGate {
    fn enter(&self) -> Result<Box<dyn Send + Sync>, String> {
        WriteGate::enter(self)
    }
}
