//! Two real controllers of one site, with a lease in a file: one writes, the other follows, and there is never a moment with two writers.
//!
//! The random part takes `ENMON_LEASE_EVENTS` (20) faults in all, from `ENMON_LEASE_SEED` (1) on; `make lease` runs a thousand.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod flows;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use enmon::control::{LeaseRole, SiteStatus};
use flows::about;
use flows::controller::{Controller, charger};
use flows::garage::Garage;
use flows::home::Home;
use flows::layout::Layout;
use flows::spy::{Book, Wires};
use rustix::process::Signal;
use tempfile::TempDir;

/// A site with two homes for controllers and a lease between them.
struct Site {
    garage: Garage,
    wires: [Wires; 2],
    homes: [Home; 2],
    book: Book,
    folder: TempDir,
    lease_time: &'static str,
}

impl Site {
    async fn new(lease_time: &'static str) -> Site {
        let layout = Layout::default();
        let garage = Garage::start(&layout).await;
        garage.tell("base main 5");
        let folder = TempDir::new().unwrap();
        std::fs::create_dir(folder.path().join("shared")).unwrap();
        let book = Book::new(&folder.path().join("shared/lease"));
        let [one, two] = [0, 1].map(|who| Wires::lay(who, &garage.ports, &book));
        let wires = [one.await, two.await];
        let homes = [0, 1].map(|who: usize| {
            // requests that last long would make the bound of a flight, and so each take-over, longer
            let text = layout.text(&wires[who].ports).replace("unit: 1}", "unit: 1, timeout: 400ms}");
            Home::with_site(&text)
        });
        let site = Site { garage, wires, homes, book, folder, lease_time };
        site.connect(0);
        site.connect(1);
        site.garage.plug(&["ev1", "ev2", "ev3", "ev4"]);
        site.garage.mark();
        site
    }

    fn way(&self, who: usize) -> PathBuf {
        self.folder.path().join(format!("way-{who}"))
    }

    /// Lets a controller reach the lease.
    fn connect(&self, who: usize) {
        // it may be there already
        let _ = std::os::unix::fs::symlink(self.folder.path().join("shared"), self.way(who));
    }

    fn disconnect(&self, who: usize) {
        // it may be gone already
        let _ = std::fs::remove_file(self.way(who));
    }

    async fn start(&self, who: usize) -> Controller<'_> {
        let lease = format!("file:{}/lease", self.way(who).display());
        let flags = ["--lease", &lease, "--lease-time", self.lease_time, "--identity", ["a", "b"][who]];
        Controller::start_with(&self.homes[who], &flags).await
    }
}

fn role(status: &SiteStatus) -> LeaseRole {
    status.controller.lease.as_ref().unwrap().role
}

fn leads(status: &SiteStatus) -> bool {
    role(status) == LeaseRole::Leading
}

#[tokio::test(flavor = "multi_thread")]
async fn the_one_that_follows_takes_over_with_the_orders_when_the_leader_is_killed() {
    let site = Site::new("10s").await;
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
    let site = Site::new("500ms").await;
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

/// What happens to one of the controllers.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Killed,
    Ended,
    Paused,
    CutFromLease,
    CutFromDevices,
    CutFromBoth,
}

/// Lets random fates befall two controllers; returns how long it took from each kill of a leader to the other one's first write.
async fn live_through(seed: u64, events: usize) -> Vec<Duration> {
    let mut random = fastrand::Rng::with_seed(seed);
    let site = Site::new("400ms").await;
    let mut controllers = vec![Some(site.start(0).await), Some(site.start(1).await)];
    let mut take_overs = Vec::new();
    for event in 0..events {
        let who = random.usize(..2);
        let fates = [
            Fate::Killed,
            Fate::Killed,
            Fate::Ended,
            Fate::Paused,
            Fate::Paused,
            Fate::CutFromLease,
            Fate::CutFromDevices,
            Fate::CutFromBoth,
        ];
        let fate = *random.choice(&fates).unwrap();
        let length = Duration::from_millis(random.u64(5..1_600));
        let (written, begun) = (site.book.count(), Instant::now());
        let was_leading = site.book.notes().await.last().is_some_and(|note| note.who == who);
        let controller = controllers[who].as_ref().unwrap();
        match fate {
            Fate::Killed | Fate::Ended => {
                let signal = if matches!(fate, Fate::Killed) { Signal::KILL } else { Signal::TERM };
                controller.signal(signal);
                if was_leading {
                    let note = site.book.next(written, |note| note.who != who).await;
                    let note =
                        note.unwrap_or_else(|| panic!("seed {seed}, event {event}: nobody takes over"));
                    if matches!(fate, Fate::Killed) {
                        take_overs.push(note.at - begun);
                    }
                }
                controllers[who].take().unwrap().ended().await;
                controllers[who] = Some(site.start(who).await);
            }
            Fate::Paused => {
                controller.signal(Signal::STOP);
                tokio::time::sleep(length).await;
                controller.signal(Signal::CONT);
            }
            Fate::CutFromLease | Fate::CutFromDevices | Fate::CutFromBoth => {
                let (lease, devices) =
                    (!matches!(fate, Fate::CutFromDevices), !matches!(fate, Fate::CutFromLease));
                if lease {
                    site.disconnect(who);
                }
                site.wires[who].cut(devices);
                tokio::time::sleep(length).await;
                site.connect(who);
                site.wires[who].cut(false);
            }
        }
        let healed = site.book.count();
        if site.book.next(healed, |_| true).await.is_none() {
            let logs = [0, 1].map(|who: usize| site.homes[who].log());
            panic!(
                "seed {seed}, event {event}, {fate:?} of {who}: nobody writes any more\n{}\n{}",
                logs[0], logs[1]
            );
        }
        if let Some(wrong) = site.book.two_writers().await {
            panic!("seed {seed}, event {event}, {fate:?} of {who} for {length:?}: two writers: {wrong}");
        }
    }
    drop(controllers);
    site.garage.stop().await;
    take_overs
}

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

#[tokio::test(flavor = "multi_thread")]
async fn random_pauses_kills_and_partitions_never_make_two_writers() {
    let (events, seed) = (setting("ENMON_LEASE_EVENTS", 20), setting("ENMON_LEASE_SEED", 1));
    let worlds = setting("ENMON_LEASE_WORLDS", 2);
    let each = usize::try_from(events.div_ceil(worlds)).unwrap();
    let begun = Instant::now();
    let lives = (0..worlds).map(|world| live_through(seed + world, each));
    let mut take_overs = futures_util::future::join_all(lives).await.concat();
    take_overs.sort();
    let at = |share: f64| take_overs.get(((take_overs.len() as f64 - 1.0) * share).round() as usize);
    eprintln!(
        "{} events from seed {seed} in {worlds} worlds, {:.0} s; {} leaders killed, taken over after {:?} (median), {:?} (most)",
        each * worlds as usize,
        begun.elapsed().as_secs_f64(),
        take_overs.len(),
        at(0.5),
        at(1.0),
    );
}
