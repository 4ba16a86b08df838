//! Modbus: a client for real devices, a server for simulated ones, and the codec that both share.
//!
//! This room knows frames, registers and typed values. What a value means is said by `profile`; what to do about it is decided elsewhere.

mod backoff;
mod client;
mod deadline;
mod device_map;
mod error;
mod exchange;
mod frame;
mod identity;
mod link;
mod pdu;
mod point;
pub mod scan;
mod serial;
mod server;
mod sunspec;
mod value;
mod wire;

pub use client::{Client, ClientSettings, Direction, Wire, WritePermit};
pub use device_map::{DeviceMap, MapError};
pub use error::{ModbusError, Place};
pub use frame::{Expected, Frame, FrameError, Framing, MBAP_HEADER, crc, lrc};
pub use identity::Identify;
pub use pdu::{
    Asked, Exception, MAX_READ_BITS, MAX_READ_REGISTERS, MAX_WRITE_BITS, MAX_WRITE_REGISTERS, PduError,
    Request, Response,
};
pub use point::{Block, Readings, plan_reads, read_points, write_point};
pub use serial::{LineSettings, SerialPort};
pub use server::{
    Behaviour, BehaviourError, Conduct, FileRegisters, Habits, Handled, Listener, Memory, Registers,
    RequestLog, ServerLimits, WearCounter, WearingRange, read_register_file, serve, serve_on,
};
pub use sunspec::{Chain, ChainError, Model, SUNSPEC_BASES, SunSpecError, discover, not_implemented};
pub use value::{Layout, Value, ValueError, decode, encode, overlay};
pub use wire::{Field, annotate};
