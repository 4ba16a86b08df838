//! Two real controllers of one site, with a lease in a file: one writes, the other follows, and there is never a moment with two writers.
//!
//! The random part takes `ENMON_LEASE_EVENTS` (20) faults in all, from `ENMON_LEASE_SEED` (1) on; `make lease` runs a thousand.
//! Requests to devices last `ENMON_LEASE_REQUEST` (400ms) at the most.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod flows;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use enmon::control::SiteStatus;
use flows::about;
use flows::controller::charger;
use flows::standby::{Shelf, Site, leads, live_through_all};
use rustix::process::Signal;
use tempfile::TempDir;

/// A folder with the lease, and a link to it for each controller.
struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = Folder(TempDir::new().unwrap());
        std::fs::create_dir(folder.shared()).unwrap();
        folder
    }

    fn shared(&self) -> PathBuf {
        self.0.path().join("shared")
    }

    fn way(&self, who: usize) -> PathBuf {
        self.0.path().join(format!("way-{who}"))
    }
}

impl Shelf for Folder {
    fn flags(&self, who: usize) -> Vec<String> {
        vec!["--lease".into(), format!("file:{}/lease", self.way(who).display())]
    }

    fn connect(&self, who: usize) {
        // it may be there already
        let _ = std::os::unix::fs::symlink(self.shared(), self.way(who));
    }

    fn disconnect(&self, who: usize) {
        // it may be gone already
        let _ = std::fs::remove_file(self.way(who));
    }

    fn token(&self) -> Arc<dyn Fn() -> u64 + Send + Sync> {
        let gate = self.shared().join("lease.gate");
        Arc::new(move || {
            std::fs::read_to_string(&gate).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_one_that_follows_takes_over_with_the_orders_when_the_leader_is_killed() {
    let site = Site::new(Folder::new(), Some("10s")).await;
    let first = site.start(0).await;
    first.until("it leads", |status| leads(status) && about(charger(status, "ev1").setpoint, 10.0)).await;
    let second = site.start(1).await;
    let status = second.until("it follows, warm", |status| {
        !leads(status)
            && status.chargers.iter().all(|charger| charger.offered.is_some_and(|amps| about(amps, 10.0)))
    });
    let lease = status.await.controller.lease.unwrap();
    assert!(lease.holder.unwrap().starts_with("a-"));
    let shown = site.homes[1].run(&["control", "status"]).await;
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("follows") && shown.contains("a-") && shown.contains("http://"), "{shown}");

    let set = ["charger", "set-limit", "ev2", "7", "--for", "1h"];
    let refused = site.homes[1].run(&set).await;
    assert_eq!(refused.status.code(), Some(5), "{refused:?}");
    let taken = site.homes[0].run(&set).await;
    assert_eq!(taken.status.code(), Some(0), "{taken:?}");
    let orders = |status: &SiteStatus| charger(status, "ev2").order.is_some();
    second.until("it knows the order", |status| !leads(status) && orders(status)).await;
    assert!(site.book.notes().await.iter().all(|note| note.who == 0), "the one that follows writes nothing");

    let (written, killed_at) = (site.book.count(), Instant::now());
    first.signal(Signal::KILL);
    let note = site.book.next(written, |note| note.who == 1).await.expect("the other one writes");
    // the lease time is not over: the death itself was noticed
    assert!(note.at - killed_at < Duration::from_secs(10), "after {:?}", note.at - killed_at);
    first.ended().await;
    let third =
        |status: &SiteStatus| leads(status) && orders(status) && about(charger(status, "ev1").setpoint, 11.0);
    second.until("it leads with the order in force", third).await;
    let journal = rusqlite::Connection::open(site.homes[1].state("journal.sqlite")).unwrap();
    let told = "SELECT count(*) FROM life WHERE what = 'leading' AND details = 'token 2'";
    flows::look_for(async || {
        journal.query_row(told, [], |row| row.get::<_, i64>(0)).ok().filter(|&count| count == 1)
    })
    .await
    .expect("the journal tells of it");

    let first = site.start(0).await;
    first.until("it follows now", |status| !leads(status) && orders(status)).await;
    second.signal(Signal::TERM);
    second.ended().await;
    first.until("it leads again", leads).await;
    assert_eq!(site.book.two_writers().await, None);
    site.garage.assert_within_limits();
    drop(first);
    site.garage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_stopped_for_longer_than_the_lease_writes_nothing_when_it_goes_on() {
    let site = Site::new(Folder::new(), Some("500ms")).await;
    let first = site.start(0).await;
    first.until("it leads", leads).await;
    let second = site.start(1).await;
    let written = site.book.count();
    first.signal(Signal::STOP);
    site.book.next(written, |note| note.who == 1).await.expect("the other one writes");
    let written = site.book.count();
    first.signal(Signal::CONT);
    first.until("it knows that it follows", |status| !leads(status)).await;
    let by_first = site.book.notes().await[written..].iter().filter(|note| note.who == 0).count();
    assert_eq!(by_first, 0);
    second.until("the other one leads on", leads).await;
    assert_eq!(site.book.two_writers().await, None);
    drop((first, second));
    site.garage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_pauses_kills_and_partitions_never_make_two_writers() {
    live_through_all(async || Folder::new(), Some("400ms"), 20).await;
}
