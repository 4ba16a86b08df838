//! A site with two controllers and a lease between them, wherever the lease is kept, and the faults that befall them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use enmon::control::{LeaseRole, SiteStatus};
use rustix::process::Signal;

use super::controller::Controller;
use super::garage::Garage;
use super::home::Home;
use super::layout::Layout;
use super::spy::{Book, Wires};

/// Where a lease is kept, with a way to it for each controller.
pub trait Shelf {
    /// Returns the flags with which a controller takes part.
    fn flags(&self, who: usize) -> Vec<String>;
    /// Lets a controller reach the lease.
    fn connect(&self, who: usize);
    /// Cuts a controller off from the lease.
    fn disconnect(&self, who: usize);
    /// Returns what tells the newest token at any moment.
    fn token(&self) -> Arc<dyn Fn() -> u64 + Send + Sync>;
}

/// A site with two homes for controllers.
pub struct Site<S> {
    pub garage: Garage,
    pub wires: [Wires; 2],
    pub homes: [Home; 2],
    pub book: Book,
    pub shelf: S,
    lease_time: Option<&'static str>,
}

impl<S: Shelf> Site<S> {
    /// Starts the devices. Without a lease time controllers take the usual one.
    pub async fn new(shelf: S, lease_time: Option<&'static str>) -> Site<S> {
        let layout = Layout::default();
        let garage = Garage::start(&layout).await;
        garage.tell("base main 5");
        let book = Book::new(shelf.token());
        let [one, two] = [0, 1].map(|who| Wires::lay(who, &garage.ports, &book));
        let wires = [one.await, two.await];
        // requests that last long would make the bound of a flight, and so each take-over, longer
        let request = std::env::var("ENMON_LEASE_REQUEST").unwrap_or_else(|_| "400ms".into());
        let homes = [0, 1].map(|who: usize| {
            let timeout = format!("unit: 1, timeout: {request}}}");
            let text = layout.text(&wires[who].ports).replace("unit: 1}", &timeout);
            Home::with_site(&text)
        });
        let site = Site { garage, wires, homes, book, shelf, lease_time };
        site.shelf.connect(0);
        site.shelf.connect(1);
        site.garage.plug(&["ev1", "ev2", "ev3", "ev4"]);
        site.garage.mark();
        site
    }

    pub async fn start(&self, who: usize) -> Controller<'_> {
        let mut flags = self.shelf.flags(who);
        flags.extend(["--identity".to_owned(), ["a", "b"][who].to_owned()]);
        flags.extend(self.lease_time.iter().flat_map(|time| ["--lease-time".to_owned(), (*time).to_owned()]));
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        Controller::start_with(&self.homes[who], &flags).await
    }
}

pub fn role(status: &SiteStatus) -> LeaseRole {
    status.controller.lease.as_ref().unwrap().role
}

pub fn leads(status: &SiteStatus) -> bool {
    role(status) == LeaseRole::Leading
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
async fn live_through<S: Shelf>(
    shelf: S,
    lease_time: Option<&'static str>,
    seed: u64,
    events: usize,
) -> Vec<Duration> {
    let mut random = fastrand::Rng::with_seed(seed);
    let site = Site::new(shelf, lease_time).await;
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
                    site.shelf.disconnect(who);
                }
                site.wires[who].cut(devices);
                tokio::time::sleep(length).await;
                site.shelf.connect(who);
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

/// Lets `ENMON_LEASE_EVENTS` faults befall controllers in `ENMON_LEASE_WORLDS` worlds at once, from `ENMON_LEASE_SEED` on, and tells how it went.
/// Returns how long each take-over from a leader that was killed took, the shortest first.
pub async fn live_through_all<S: Shelf>(
    shelves: impl AsyncFn() -> S,
    lease_time: Option<&'static str>,
    usual_events: u64,
) -> Vec<Duration> {
    let (events, seed) = (setting("ENMON_LEASE_EVENTS", usual_events), setting("ENMON_LEASE_SEED", 1));
    let worlds = setting("ENMON_LEASE_WORLDS", 2);
    let each = usize::try_from(events.div_ceil(worlds)).unwrap();
    let begun = Instant::now();
    let lives =
        (0..worlds).map(async |world| live_through(shelves().await, lease_time, seed + world, each).await);
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
    take_overs
}

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}
