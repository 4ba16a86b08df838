//! The orderly end of a set of tasks.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Tasks that had not ended in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{left} tasks had not ended after {} ms", .after.as_millis())]
pub struct Undrained {
    /// How many.
    pub left: usize,
    /// How long they were waited for.
    pub after: Duration,
}

/// Tells tasks to stop and waits until all have ended, at most so long.
///
/// # Errors
/// When some have not ended; they go on until the runtime ends.
pub async fn drain(
    stop: &CancellationToken,
    tasks: &TaskTracker,
    at_most: Duration,
) -> Result<(), Undrained> {
    stop.cancel();
    tasks.close();
    tokio::time::timeout(at_most, tasks.wait())
        .await
        .map_err(|_| Undrained { left: tasks.len(), after: at_most })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn those_that_listen_end_and_the_others_are_counted() {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        for _ in 0..3 {
            let stop = stop.clone();
            tasks.spawn(async move { stop.cancelled().await });
        }
        assert_eq!(drain(&stop, &tasks, Duration::from_secs(5)).await, Ok(()));

        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(std::future::pending::<()>());
        let after = Duration::from_millis(20);
        assert_eq!(drain(&stop, &tasks, after).await, Err(Undrained { left: 1, after }));
    }
}
