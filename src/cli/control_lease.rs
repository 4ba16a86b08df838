//! `--lease` of `enmon control run`: where the lease is, and what a controller needs to take part in it.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::control_run::Ready;
use crate::control::{
    BootClock, BootTime, KeeperEnds, Leadership, Lease, LeaseTimes, Standby, WriteGate, keep_lease,
};
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::lease::FileLease;
use crate::runtime::{self, LeaseFacts};
use crate::site::Period;

/// The shortest lease time: a busy machine must be able to renew in it.
const SHORTEST: Period = Period::from_millis(300);

/// Where a lease is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LeasePlace {
    /// In a file.
    File(PathBuf),
}

impl FromStr for LeasePlace {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(LeasePlace::File(path.into())),
            _ => Err("write file:PATH, for example file:/run/enmon/garage.lease".into()),
        }
    }
}

/// The lease that a controller takes part in.
#[derive(Debug, Clone)]
pub(super) struct LeaseSettings {
    pub place: LeasePlace,
    pub time: Period,
    pub identity: Option<String>,
}

/// A controller's part in a lease.
pub(super) struct Membership {
    pub gate: WriteGate,
    pub standby: Standby,
    /// To be told where the control server is.
    pub api: watch::Sender<Option<String>>,
    stop: CancellationToken,
    keeper: JoinHandle<()>,
}

impl Membership {
    /// Joins. `flight` is how long a request to a device may be under way.
    ///
    /// # Errors
    /// When the lease can't be used at all.
    pub fn join(settings: &LeaseSettings, flight: Period, ready: &Ready) -> Result<Membership> {
        if settings.time < SHORTEST {
            let message = format!("a lease time of {} is too short: {SHORTEST} at least", settings.time);
            return Err(Error::new(Kind::Usage, message));
        }
        let LeasePlace::File(path) = &settings.place;
        let unusable = |error: &(dyn std::error::Error + 'static)| {
            Error::from_source(Kind::Failed, format!("the lease {} can't be used", path.display()), error)
                .hint("its folder must be there, and be writable")
        };
        let path = fsio::absolute(path).map_err(|error| unusable(&error))?;
        let store = FileLease::open(&path).map_err(|error| unusable(&error))?;
        let identity = identity(settings.identity.as_deref());
        let clock: BootClock = Arc::new(|| BootTime(runtime::boot_clock_ms()));
        let gate = WriteGate::shut(Arc::clone(&clock), Some(store.fence()));
        let lease = Lease::new(identity.clone(), LeaseTimes::of(settings.time, flight));
        let (leadership_in, leadership) = watch::channel(Leadership::default());
        let (memo, memo_out) = watch::channel(String::new());
        let (api, api_out) = watch::channel(None);
        let stop = CancellationToken::new();
        let ends = KeeperEnds { leadership: leadership_in, memo: memo_out, api: api_out, stop: stop.clone() };
        let place = format!("file:{}", path.display());
        tokio::spawn(publish(leadership.clone(), place, identity, ready.clone()));
        let keeper = tokio::spawn(keep_lease(lease, store, gate.clone(), clock, ends));
        Ok(Membership { gate, standby: Standby { leadership, memo }, api, stop, keeper })
    }
}

/// What is left to do when the controller has ended.
pub(super) struct Leaving {
    stop: CancellationToken,
    keeper: JoinHandle<()>,
}

impl Leaving {
    /// Gives the lease back.
    pub async fn leave(self) {
        self.stop.cancel();
        // a keeper that panicked holds nothing: the lease runs out
        let _ = self.keeper.await;
    }
}

impl Membership {
    /// Parts with what the driver needs.
    pub fn split(self) -> (Standby, watch::Sender<Option<String>>, Leaving) {
        (self.standby, self.api, Leaving { stop: self.stop, keeper: self.keeper })
    }
}

/// Returns a name that no other controller has, nor had.
fn identity(name: Option<&str>) -> String {
    let host = || {
        let text = fsio::read_text(Path::new("/proc/sys/kernel/hostname")).unwrap_or_default();
        format!("{}-{}", text.trim(), fsio::process_id())
    };
    let name = name.map_or_else(host, str::to_owned);
    format!("{name}-{:06x}", fastrand::u32(..0x0100_0000))
}

/// Tells other commands who leads, whenever that changes.
async fn publish(mut leadership: watch::Receiver<Leadership>, place: String, identity: String, ready: Ready) {
    loop {
        let news = leadership.borrow_and_update().clone();
        ready.takes_part(LeaseFacts {
            place: place.clone(),
            identity: identity.clone(),
            leads: news.generation.is_some(),
            holder: news.holder,
            api: news.api,
        });
        if leadership.changed().await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_lease_is() {
        assert_eq!("file:/a:b".parse(), Ok(LeasePlace::File("/a:b".into())));
        for text in ["", "/run/lease", "file:", "etcd:x"] {
            assert!(text.parse::<LeasePlace>().is_err(), "{text}");
        }
    }

    #[test]
    fn names_are_never_the_same() {
        assert_ne!(identity(Some("a")), identity(Some("a")));
        assert!(identity(Some("a")).starts_with("a-"));
    }
}
