//! enmon: one tool for the administrator of an energy site.
//!
//! The library holds every room of the program; `main.rs` only calls [`cli::main`]. Which room may import which is a table in
//! ARCHITECTURE.md, and a test holds the code to it.

pub mod cli;
pub mod control;
pub mod document;
pub mod error;
pub mod failover;
pub mod fsio;
pub mod kube_port;
pub mod lease;
pub mod modbus;
pub mod plant;
pub mod profile;
pub mod prometheus;
pub mod promql;
pub mod runtime;
pub mod scenario;
pub mod server;
pub mod sim;
pub mod site;
pub mod telemetry;
pub mod ui;
