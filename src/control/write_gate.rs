//! The gate that every write to a device passes at the last moment: it is open while this controller leads.
//!
//! The decision who leads is made in `lease`; the gate only holds it against the clock, and against a fence where the store has one. It is asked
//! in the task that sends, right before the bytes go out, so that a pause between the decision and the write changes nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::lease::{BootTime, Leading};

/// A clock that also counts the time for which the machine was suspended.
pub type BootClock = Arc<dyn Fn() -> BootTime + Send + Sync>;

/// Holds the door while something is written; dropped when the bytes are with the system.
pub type Pass = Box<dyn Send + Sync>;

/// What keeps a writer out whose lease was taken, whatever its clock says and however long it was paused.
pub trait Fence: Send + Sync + std::fmt::Debug {
    /// Enters with a token; nobody can take the lease until the pass is dropped.
    ///
    /// # Errors
    /// Why not, in words: the lease was taken, or is being taken.
    fn enter(&self, generation: u64) -> Result<Pass, String>;
}

/// The gate. Clones are the same gate.
#[derive(Clone)]
pub struct WriteGate {
    inner: Option<Arc<Inner>>,
}

struct Inner {
    clock: BootClock,
    fence: Option<Arc<dyn Fence>>,
    /// 0: nothing.
    generation: AtomicU64,
    /// The gate is open before this moment.
    until: AtomicU64,
    /// Somebody leads before this moment.
    led_until: AtomicU64,
}

impl std::fmt::Debug for WriteGate {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("WriteGate").field("generation", &self.generation()).finish_non_exhaustive()
    }
}

impl WriteGate {
    /// Makes a gate that is always open: for a controller that stands alone.
    pub fn open() -> Self {
        WriteGate { inner: None }
    }

    /// Makes a gate that is shut until the first grant.
    pub fn shut(clock: BootClock, fence: Option<Arc<dyn Fence>>) -> Self {
        let inner = Inner {
            clock,
            fence,
            generation: AtomicU64::new(0),
            until: AtomicU64::new(0),
            led_until: AtomicU64::new(0),
        };
        WriteGate { inner: Some(Arc::new(inner)) }
    }

    /// Opens it, or shuts it.
    pub fn set(&self, leading: Option<Leading>, led_until: Option<BootTime>) {
        let Some(inner) = &self.inner else { return };
        let until = leading.map_or(0, |leading| leading.until.0);
        if until == 0 {
            inner.until.store(0, Ordering::SeqCst);
        }
        inner.generation.store(leading.map_or(0, |leading| leading.generation), Ordering::SeqCst);
        inner.until.store(until, Ordering::SeqCst);
        inner.led_until.store(led_until.map_or(0, |until| until.0).max(until), Ordering::SeqCst);
    }

    /// Returns the token with which this controller leads now; 0 for one that stands alone, nothing for one that follows.
    pub fn generation(&self) -> Option<u64> {
        let Some(inner) = &self.inner else { return Some(0) };
        let is_open = (inner.clock)().0 < inner.until.load(Ordering::SeqCst);
        is_open.then(|| inner.generation.load(Ordering::SeqCst))
    }

    /// Says whether anybody leads, this controller or another one. When nobody does, nobody must feed a watchdog.
    pub fn is_led(&self) -> bool {
        self.inner.as_ref().is_none_or(|inner| (inner.clock)().0 < inner.led_until.load(Ordering::SeqCst))
    }

    /// Enters in order to write.
    ///
    /// # Errors
    /// Why not, in words.
    pub fn enter(&self) -> Result<Pass, String> {
        let Some(inner) = &self.inner else { return Ok(Box::new(())) };
        let generation = self.generation().ok_or("this controller does not hold the lease")?;
        let Some(fence) = &inner.fence else { return Ok(Box::new(())) };
        let pass = fence.enter(generation)?;
        // the way through the fence takes time, too
        if self.generation() == Some(generation) { Ok(pass) } else { Err("the lease has just ended".into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_is_held_against_the_clock_and_the_fence() {
        #[derive(Debug)]
        struct Only(u64);
        impl Fence for Only {
            fn enter(&self, generation: u64) -> Result<Pass, String> {
                if generation == self.0 { Ok(Box::new(())) } else { Err("taken".into()) }
            }
        }
        let now = Arc::new(AtomicU64::new(100));
        let hand = Arc::clone(&now);
        let clock: BootClock = Arc::new(move || BootTime(hand.load(Ordering::SeqCst)));
        let gate = WriteGate::shut(clock, Some(Arc::new(Only(7))));
        assert!(gate.enter().is_err());
        assert!(!gate.is_led());
        gate.set(Some(Leading { generation: 7, until: BootTime(200) }), None);
        assert!(gate.enter().is_ok() && gate.is_led());
        now.store(200, Ordering::SeqCst);
        assert!(gate.enter().is_err() && !gate.is_led(), "no renewal has come");
        gate.set(Some(Leading { generation: 6, until: BootTime(300) }), None);
        assert_eq!(gate.enter().err().as_deref(), Some("taken"));
        gate.set(None, Some(BootTime(250)));
        assert!(gate.enter().is_err() && gate.is_led(), "somebody else leads");
        assert!(WriteGate::open().enter().is_ok());
    }
}
