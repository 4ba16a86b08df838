//! The tokio runtime: built in one place, with named threads, and never left hanging on a blocking task at the end.

use std::future::Future;
use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::Builder;

/// Runs a future to its end; `threads` workers, or one for each core when `None`.
///
/// # Errors
/// When the runtime can't be started (no threads or file descriptors left).
pub fn block_on<F: Future>(threads: Option<usize>, future: F) -> io::Result<F::Output> {
    let mut builder = Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(threads.max(1));
    }
    let runtime = builder.thread_name("enmon").enable_all().build()?;
    let output = runtime.block_on(future);
    // a blocking task (a name look-up) that hangs must not hang the end
    runtime.shutdown_timeout(Duration::from_millis(200));
    Ok(output)
}

/// Returns the wall clock in milliseconds since the Unix epoch; 0 for a clock before it.
pub fn wall_clock_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Runs a future on one thread in virtual time: whenever nothing can go on, time jumps to the next moment for which something waits. So
/// hours pass in moments, and always in the same order. Nothing in it may wait for a socket, a file or another thread.
///
/// # Errors
/// When the runtime can't be started (no file descriptors left).
pub fn block_on_virtual_time<F: Future>(future: F) -> io::Result<F::Output> {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build()?;
    Ok(runtime.block_on(future))
}

/// Returns a clock in milliseconds since the Unix epoch that never jumps: the wall clock now, plus the time that will have passed.
pub fn steady_clock() -> impl Fn() -> u64 + Send + Sync + 'static {
    steady_clock_from(wall_clock_ms())
}

/// Returns the same clock for a wall clock that says so now.
pub fn steady_clock_from(wall_ms: u64) -> impl Fn() -> u64 + Send + Sync + 'static {
    // in virtual time this is virtual, too
    let begun = tokio::time::Instant::now();
    move || wall_ms.saturating_add(u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX))
}

/// Returns the milliseconds since this machine's boot, the time of suspensions included.
pub fn boot_clock_ms() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    u64::try_from(now.tv_sec).unwrap_or(0) * 1000 + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000_000
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_blocking_task_does_not_hold_up_the_end() {
        let begun = Instant::now();
        let (release, held) = std::sync::mpsc::channel::<()>();
        let seven = block_on(Some(1), async move {
            tokio::task::spawn_blocking(move || held.recv());
            7
        });
        assert_eq!(seven.unwrap(), 7);
        assert!(begun.elapsed() < Duration::from_secs(10), "took {:?}", begun.elapsed());
        drop(release);
    }

    #[test]
    fn hours_of_virtual_time_pass_at_once_and_the_steady_clock_goes_with_them() {
        let begun = Instant::now();
        let passed = block_on_virtual_time(async {
            let clock = steady_clock_from(1_000);
            tokio::time::sleep(Duration::from_secs(7200)).await;
            clock()
        });
        assert_eq!(passed.unwrap(), 7_201_000);
        assert!(begun.elapsed() < Duration::from_secs(60), "took {:?}", begun.elapsed());
    }
}
