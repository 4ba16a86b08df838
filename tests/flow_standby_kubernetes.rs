//! Two real controllers of one site, with a lease on a real API server of Kubernetes: one writes, the other follows, and there is never a moment
//! with two writers.
//!
//! The random part takes the same settings as that of `flow_standby`, with 12 faults in all when none is given.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod flows;
mod kubernetes;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use enmon::control::SiteStatus;
use enmon::sim::Truth;
use flows::about;
use flows::controller::charger;
use flows::standby::{Shelf, Site, leads, live_through_all};
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::Api;
use kubernetes::ControlPlane;
use kubernetes::way::{Token, Way};
use rustix::process::Signal;
use tempfile::TempDir;

/// What the documentation promises for the usual lease time.
const TAKE_OVER: Duration = Duration::from_secs(2);
/// The usual lease time.
const LEASE: Duration = Duration::from_millis(800);
/// The longest request of the site.
const FLIGHT: Duration = Duration::from_millis(400);

/// A Lease, straight over TLS with the rights of the documented Role.
struct Straight(PathBuf);

impl Shelf for Straight {
    fn flags(&self, _: usize) -> Vec<String> {
        let kubeconfig = self.0.display().to_string();
        ["--lease", "kubernetes:energy/garage", "--kubeconfig", &kubeconfig].map(str::to_owned).into()
    }

    fn connect(&self, _: usize) {}

    fn disconnect(&self, _: usize) {}

    fn token(&self) -> Arc<dyn Fn() -> u64 + Send + Sync> {
        // nobody watches these ways
        Arc::new(|| 0)
    }
}

/// A Lease of its own, with a way to it for each controller.
struct Ways {
    ways: [Way; 2],
    token: Token,
    name: String,
    _folder: TempDir,
}

impl Ways {
    /// Makes ways to a namespace of their own.
    async fn new(plane: &ControlPlane) -> Ways {
        let (token, folder) = (Token::default(), TempDir::new().unwrap());
        let ways = [Way::to(plane, &token, folder.path()).await, Way::to(plane, &token, folder.path()).await];
        let name = format!("test-{:08x}", fastrand::u32(..));
        plane.make_namespace(&name).await;
        Ways { ways, token, name, _folder: folder }
    }
}

impl Shelf for Ways {
    fn flags(&self, who: usize) -> Vec<String> {
        let kubeconfig = self.ways[who].kubeconfig().display().to_string();
        vec!["--lease".into(), format!("kubernetes:{}/garage", self.name), "--kubeconfig".into(), kubeconfig]
    }

    fn connect(&self, who: usize) {
        self.ways[who].cut(false);
    }

    fn disconnect(&self, who: usize) {
        self.ways[who].cut(true);
    }

    fn token(&self) -> Arc<dyn Fn() -> u64 + Send + Sync> {
        let token = self.token.clone();
        Arc::new(move || token.now())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_one_that_follows_writes_within_two_seconds_when_the_leader_is_killed() {
    let plane = ControlPlane::start().await;
    plane.apply(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/kubernetes-lease.yaml")).await;
    let site = Site::new(Straight(plane.kubeconfig("account")), None).await;
    let first = site.start(0).await;
    first.until("it leads", |status| leads(status) && about(charger(status, "ev1").setpoint, 10.0)).await;
    let second = site.start(1).await;
    let status = second.until("it follows, warm", |status| {
        !leads(status)
            && status.chargers.iter().all(|charger| charger.offered.is_some_and(|amps| about(amps, 10.0)))
    });
    assert!(status.await.controller.lease.unwrap().holder.unwrap().starts_with("a-"));
    let taken = site.homes[0].run(&["charger", "set-limit", "ev2", "7", "--for", "1h"]).await;
    assert_eq!(taken.status.code(), Some(0), "{taken:?}");
    let orders = |status: &SiteStatus| charger(status, "ev2").order.is_some();
    second.until("it knows the order", |status| !leads(status) && orders(status)).await;
    assert!(site.book.notes().await.iter().all(|note| note.who == 0), "the one that follows writes nothing");
    let lease: Api<Lease> = Api::namespaced(plane.client().await, "energy");
    let spec = lease.get("garage").await.unwrap().spec.unwrap();
    assert!(spec.holder_identity.unwrap().starts_with("a-"));
    assert_eq!((spec.lease_duration_seconds, spec.lease_transitions), (Some(1), Some(1)));

    let (written, killed_at) = (site.book.count(), Instant::now());
    first.signal(Signal::KILL);
    let note = site.book.next(written, |note| note.who == 1).await.expect("the other one writes");
    let took = note.at - killed_at;
    eprintln!("taken over after {took:?}");
    assert!(took < TAKE_OVER, "after {took:?}");
    first.ended().await;
    let third =
        |status: &SiteStatus| leads(status) && orders(status) && about(charger(status, "ev1").setpoint, 11.0);
    second.until("it leads with the order in force", third).await;

    let first = site.start(0).await;
    first.until("it follows now", |status| !leads(status) && orders(status)).await;
    let written = site.book.count();
    second.signal(Signal::TERM);
    second.ended().await;
    let note = site.book.next(written, |note| note.who == 0).await.expect("the first one writes again");
    let last = site.book.notes().await.iter().filter(|note| note.who == 1).map(|note| note.at).max().unwrap();
    let took = note.at - last;
    eprintln!("given back and taken after {took:?}");
    assert!(took < LEASE + FLIGHT, "what was given back is not waited for: {took:?}");
    first.until("it leads", leads).await;
    site.garage.assert_within_limits();
    drop(first);
    site.garage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_paused_or_cut_off_beyond_its_lease_writes_nothing_until_it_leads_anew() {
    let plane = ControlPlane::start().await;
    let site = Site::new(Ways::new(&plane).await, None).await;
    let first = site.start(0).await;
    first.until("it leads", leads).await;
    let second = site.start(1).await;
    second.until("it follows", |status| !leads(status)).await;

    let written = site.book.count();
    first.signal(Signal::STOP);
    site.book.next(written, |note| note.who == 1).await.expect("the other one writes");
    let written = site.book.count();
    first.signal(Signal::CONT);
    first.until("it knows that it follows", |status| !leads(status)).await;
    let by_first = site.book.notes().await[written..].iter().filter(|note| note.who == 0).count();
    assert_eq!(by_first, 0, "after it was paused");

    let (written, cut_at) = (site.book.count(), Instant::now());
    site.shelf.disconnect(1);
    site.book.next(written, |note| note.who == 0).await.expect("the first one takes over");
    let notes = site.book.notes().await;
    let last = notes.iter().filter(|note| note.who == 1).map(|note| note.at).max().unwrap();
    assert!(last < cut_at + LEASE, "it wrote for {:?} after it was cut off", last - cut_at);
    let cut_off =
        |status: &SiteStatus| !leads(status) && status.controller.lease.as_ref().unwrap().error.is_some();
    second.until("it says that it can't reach the lease", cut_off).await;
    site.shelf.connect(1);
    let mended =
        |status: &SiteStatus| !leads(status) && status.controller.lease.as_ref().unwrap().error.is_none();
    second.until("it follows", mended).await;
    first.until("the first one leads on", leads).await;
    assert_eq!(site.book.two_writers().await, None);
    drop((first, second));
    site.garage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_writes_while_the_api_server_stands_still_and_one_does_when_it_goes_on() {
    let plane = ControlPlane::start().await;
    let site = Site::new(Ways::new(&plane).await, None).await;
    let first = site.start(0).await;
    first.until("it leads", leads).await;
    let second = site.start(1).await;
    second.until("it follows", |status| !leads(status)).await;

    plane.signal(Signal::STOP);
    let still_at = Instant::now();
    let cut_off =
        |status: &SiteStatus| !leads(status) && status.controller.lease.as_ref().unwrap().error.is_some();
    first.until("the first one stops", cut_off).await;
    second.until("the other one does not begin", cut_off).await;
    let fallen_back = |truth: &Truth| truth.chargers.iter().all(|charger| about(charger.offered.0, 6.0));
    site.garage.until("the chargers fall back by their own watchdogs", fallen_back).await;
    let last = site.book.notes().await.last().unwrap().clone();
    assert!(last.who == 0 && last.at < still_at + LEASE, "{last:?}, still since {still_at:?}");
    plane.signal(Signal::CONT);
    let written = site.book.count();
    site.book.next(written, |_| true).await.expect("somebody writes again");
    assert_eq!(site.book.two_writers().await, None);
    site.garage.assert_within_limits();
    drop((first, second));
    site.garage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_pauses_kills_and_partitions_never_make_two_writers() {
    let plane = ControlPlane::start().await;
    live_through_all(async || Ways::new(&plane).await, None, 12).await;
}
