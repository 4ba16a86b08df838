//! runtime

mod http_listener;
pub mod tls;

pub use http_listener::{ListenerBounds, serve_router, serve_router_within};
