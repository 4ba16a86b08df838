//! What the flow tests share: a home with a site file, the real program in it, a simulated garage on real sockets.
//!
//! Everything is awaited on a condition with a deadline. Processes are ended by their ids when their guards are dropped, also when a test
//! fails.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

pub mod controller;
pub mod garage;
pub mod home;
pub mod layout;
pub mod mixed;
pub mod spy;
pub mod standby;

use std::time::{Duration, Instant};

/// Time between two decisions of the controllers under test.
pub const INTERVAL: Duration = Duration::from_millis(200);
/// Time that a sample takes from the meter to the last limit written, on a machine that is busy with other tests.
pub const SAMPLE: Duration = Duration::from_millis(300);
/// What must come has come within this time.
pub const DEADLINE: Duration = Duration::from_secs(25);

/// Looks again and again until there is something; `None` when the time is over.
pub async fn look_for<T>(mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + DEADLINE;
    while Instant::now() < deadline {
        if let Some(found) = look().await {
            return Some(found);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    None
}

/// Says whether two currents are the same for all that a charger can be set to.
pub fn about(one: f64, other: f64) -> bool {
    (one - other).abs() < 0.05
}
