//! Keeps a controller's part in a lease: looks, renews, takes, gives back, and tells the gate and the driver. The rules are in `lease`.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::lease::{Bid, BootTime, Lease, LeaseRecord, LeaseVersion, Seen, Written};
use super::write_gate::{BootClock, WriteGate};

/// Where a lease is kept. A room of its own implements it for files, another one for Kubernetes.
pub trait LeaseStore: Send {
    /// Looks.
    ///
    /// # Errors
    /// Why the store can't be read, in words.
    fn look(&mut self) -> impl Future<Output = Result<Seen, String>> + Send;

    /// Writes a record if the version that is expected is there; `None`: if there is no record.
    ///
    /// # Errors
    /// Why it is not known whether it was written, in words.
    fn put(
        &mut self,
        record: &LeaseRecord,
        expected: Option<&LeaseVersion>,
    ) -> impl Future<Output = Result<Written, String>> + Send;
}

/// Who leads, as the driver and everybody outside is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leadership {
    /// The token, while this controller leads.
    pub generation: Option<u64>,
    /// Who leads, as far as is known; this controller's own name when it does.
    pub holder: Option<String>,
    /// Where the control server of the one that leads is.
    pub api: Option<String>,
    /// What the one that leads, or led last, has noted for the next.
    pub memo: Option<String>,
    /// Why the store can't be used, if it can't.
    pub error: Option<String>,
}

/// The ends of a keeper.
#[derive(Debug)]
pub struct KeeperEnds {
    /// Told who leads.
    pub leadership: watch::Sender<Leadership>,
    /// What this controller notes for the next while it leads.
    pub memo: watch::Receiver<String>,
    /// Where its control server is, once it is known.
    pub api: watch::Receiver<Option<String>>,
    /// The lease is given back then.
    pub stop: CancellationToken,
}

/// Keeps the lease until it is stopped, then gives it back.
pub async fn keep_lease<S: LeaseStore>(
    mut lease: Lease,
    mut store: S,
    gate: WriteGate,
    clock: BootClock,
    mut ends: KeeperEnds,
) {
    let mut keeper = Keeper { error: None };
    loop {
        let pace = keeper.turn(&mut lease, &mut store, &clock, &ends).await;
        tell(&lease, &gate, &clock, &ends, keeper.error.as_deref());
        // a look that is late is no harm; the end of the time must be told when it comes
        let left = lease.leading(clock()).map(|leading| leading.until.0.saturating_sub(clock().0));
        let pace = left.map_or(pace, |left| pace.min(Duration::from_millis(left)));
        tokio::select! {
            () = ends.stop.cancelled() => break,
            () = sleep(pace) => {}
            // an order must be known to the next one before its caller forgets it
            changed = ends.memo.changed(), if lease.leading(clock()).is_some() => if changed.is_err() { break },
        }
    }
    // nothing is written any more by the one that gives back
    gate.set(None, None);
    if let Some(Bid { record, expected }) = lease.give_back(clock()) {
        let at_most = lease.times().lease.0;
        if !matches!(timeout(at_most, store.put(&record, expected.as_ref())).await, Ok(Ok(Written::Yes))) {
            tracing::warn!("the lease could not be given back; it runs out by itself");
        }
    }
}

struct Keeper {
    error: Option<String>,
}

impl Keeper {
    /// Looks if need be, and writes if it is time to; returns how long to wait for the next turn.
    async fn turn<S: LeaseStore>(
        &mut self,
        lease: &mut Lease,
        store: &mut S,
        clock: &BootClock,
        ends: &KeeperEnds,
    ) -> Duration {
        let times = lease.times();
        let at_most = times.renewal().0;
        if lease.must_look(clock()) {
            match timeout(at_most, store.look()).await {
                Ok(Ok(seen)) => {
                    self.error = None;
                    lease.saw(seen, clock());
                }
                Ok(Err(why)) => return self.failed(why, times.look().0),
                Err(_) => return self.failed("the lease does not answer".into(), times.look().0),
            }
        }
        let (api, memo) = (ends.api.borrow().clone(), ends.memo.borrow().clone());
        let Some(Bid { record, expected }) = lease.bid(clock(), api.as_deref(), &memo) else {
            return times.look().0;
        };
        let written = match timeout(at_most, store.put(&record, expected.as_ref())).await {
            Ok(Ok(written)) => {
                self.error = None;
                written
            }
            Ok(Err(why)) => {
                self.failed(why, at_most);
                Written::Unknown
            }
            Err(_) => {
                self.failed("the lease does not answer".into(), at_most);
                Written::Unknown
            }
        };
        lease.outcome(written, clock());
        if written == Written::Yes { times.renewal().0 } else { times.look().0 }
    }

    fn failed(&mut self, why: String, pace: Duration) -> Duration {
        if self.error.as_ref() != Some(&why) {
            tracing::warn!(why, "the lease can't be kept");
        }
        self.error = Some(why);
        pace
    }
}

/// Tells the gate first: it must not be open when the driver thinks that it follows.
fn tell(lease: &Lease, gate: &WriteGate, clock: &BootClock, ends: &KeeperEnds, error: Option<&str>) {
    let now: BootTime = clock();
    let leading = lease.leading(now);
    gate.set(leading, lease.led_until());
    let record = lease.record().filter(|record| !record.holder.is_empty());
    let news = Leadership {
        generation: leading.map(|leading| leading.generation),
        holder: record.map(|record| record.holder.clone()),
        api: record.and_then(|record| record.api.clone()),
        memo: lease.record().map(|record| record.memo.clone()),
        error: error.map(str::to_owned),
    };
    ends.leadership.send_if_modified(|known| {
        let changed = *known != news;
        *known = news;
        changed
    });
}
