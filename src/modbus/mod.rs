//! Modbus: a client for real devices, a server for simulated ones, and the codec that both share.
//!
//! This room knows frames, registers and typed values. What a value means is said by `profile`; what to do about it is decided elsewhere.

mod backoff;
mod client;
mod error;
mod exchange;
mod frame;
mod link;
mod pdu;
mod point;
mod serial;
mod server;
mod value;
mod wire;

pub use client::{Client, ClientSettings, Direction, Wire};
pub use error::{ModbusError, Place};
pub use frame::{Expected, Frame, FrameError, Framing, MBAP_HEADER, crc, lrc};
pub use pdu::{
    Asked, Exception, MAX_READ_BITS, MAX_READ_REGISTERS, MAX_WRITE_BITS, MAX_WRITE_REGISTERS, PduError,
    Request, Response,
};
pub use point::{Block, Readings, plan_reads, read_points, write_point};
pub use serial::{LineSettings, SerialPort};
pub use server::{Behaviour, Registers, serve};
pub use value::{Layout, Value, ValueError, decode, encode};
pub use wire::{Field, annotate};
