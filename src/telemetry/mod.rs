//! Telemetry that comes in and goes out: the Prometheus exposition format.
//!
//! Decides how values are written and read as text. It leaves to others which values there are, and how the text travels.

pub mod exposition;
