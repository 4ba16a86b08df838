//! The lease under lost messages, pauses, kills and clocks that run apart: never two writers at once, and never nobody for good.
//!
//! A world of three controllers and one store, in steps of 5 ms. What a controller writes to a device arrives within the bound of a flight.
//! Two writers at once would be a write of an older holder that arrives after one of a newer holder. Stores are of two kinds: one that may know of
//! deaths, and one that knows of none, whose record may be removed at any moment, as in Kubernetes.

use super::lease::*;
use crate::site::Period;

const STEP_MS: u64 = 5;
const TIMES: LeaseTimes = LeaseTimes {
    lease: Period::from_millis(600),
    margin: Period::from_millis(60),
    flight: Period::from_millis(200),
};

/// What a controller waits for.
enum Errand {
    Look { at_store: u64, answer: u64, seen: Option<Seen> },
    Put { id: u64, answer: u64, give_up: u64, written: Option<Written> },
}

/// A record on its way to the store; it arrives whatever becomes of its sender.
struct Letter {
    at_store: u64,
    sender: usize,
    id: u64,
    bid: Bid,
}

struct Node {
    lease: Lease,
    /// Its clock is `true · rate + offset`.
    rate: f64,
    offset: u64,
    errand: Option<Errand>,
    next_turn: u64,
    paused_until: u64,
    cut_until: u64,
    is_dead: bool,
    lives: u32,
}

struct World {
    random: fastrand::Rng,
    now: u64,
    record: Option<LeaseRecord>,
    /// Who has held it, and with which token, in the order of the store. A removed record may let tokens begin anew.
    reigns: Vec<(String, u64)>,
    nodes: Vec<Node>,
    mail: Vec<Letter>,
    letters: u64,
    /// When it arrives, in which reign it was written, by whom.
    in_flight: Vec<(u64, usize, usize)>,
    /// The newest reign in which each has written.
    newest: [usize; 3],
    arrivals: u64,
    tells_deaths: bool,
    /// Its record may be removed.
    is_remote: bool,
    /// One message in so many is lost, and one in so many is late.
    one_in: u32,
    /// How often a controller takes its turn, and how long a message takes, milliseconds.
    pace: u64,
}

impl Node {
    fn new(index: usize, random: &mut fastrand::Rng) -> Node {
        Node {
            lease: Lease::new(format!("node-{index}.0"), TIMES),
            // the worst that the margin allows for, and nothing between
            rate: [0.96, 1.0, 1.04][random.usize(..3)],
            offset: random.u64(1_000..1_000_000),
            errand: None,
            next_turn: random.u64(0..100),
            paused_until: 0,
            cut_until: 0,
            is_dead: false,
            lives: 0,
        }
    }

    /// A process that ended has another name when it is started again.
    fn begin_anew(&mut self, index: usize) {
        self.is_dead = false;
        self.lives += 1;
        self.lease = Lease::new(format!("node-{index}.{}", self.lives), TIMES);
    }

    fn clock(&self, now: u64) -> BootTime {
        BootTime((now as f64 * self.rate) as u64 + self.offset)
    }
}

impl World {
    fn new(seed: u64) -> World {
        let mut random = fastrand::Rng::with_seed(seed);
        let nodes = (0..3).map(|index| Node::new(index, &mut random)).collect();
        let pace = [5, 40][random.usize(..2)];
        let (tells_deaths, one_in) = (random.bool(), [4, 12, 50][random.usize(..3)]);
        let is_remote = !tells_deaths && random.bool();
        World {
            random,
            now: 0,
            record: None,
            // nobody's
            reigns: vec![(String::new(), 0)],
            nodes,
            mail: Vec::new(),
            letters: 0,
            in_flight: Vec::new(),
            newest: [0; 3],
            arrivals: 0,
            tells_deaths,
            is_remote,
            one_in,
            pace,
        }
    }

    /// One step; returns what is wrong.
    fn step(&mut self, faults: bool) -> Result<(), String> {
        self.now += STEP_MS;
        self.deliver();
        if faults && self.is_remote && self.random.u32(..1_000) == 0 {
            self.record = None;
        }
        for index in 0..self.nodes.len() {
            if faults {
                self.misfortune(index);
            }
            self.serve(index);
            let node = &self.nodes[index];
            if !node.is_dead && node.paused_until <= self.now {
                self.live(index);
            }
        }
        let now = self.now;
        let (mut landed, in_flight): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.in_flight).into_iter().partition(|&(at, ..)| at <= now);
        self.in_flight = in_flight;
        landed.sort_unstable();
        for (at, reign, who) in landed {
            self.arrivals += 1;
            // what one has written itself in an older reign goes out in order
            let later = (0..3).filter(|&other| other != who).map(|other| self.newest[other]).max();
            if later > Some(reign) {
                return Err(format!("at {at} a write of {who} in {reign} arrived after {:?}", self.newest));
            }
            self.newest[who] = self.newest[who].max(reign);
        }
        Ok(())
    }

    fn misfortune(&mut self, index: usize) {
        let node = &mut self.nodes[index];
        match self.random.u32(..2_000) {
            0 => node.paused_until = self.now + self.random.u64(10..3_000),
            1 => node.cut_until = self.now + self.random.u64(10..3_000),
            2 if !node.is_dead => (node.is_dead, node.errand) = (true, None),
            3 | 4 if node.is_dead => node.begin_anew(index),
            _ => {}
        }
    }

    /// The store's side of an errand: it goes on whatever happens to the controller.
    fn serve(&mut self, index: usize) {
        let is_dead = |holder: &str| {
            let is_alive = |(index, node): (usize, &Node)| {
                !node.is_dead && holder == format!("node-{index}.{}", node.lives)
            };
            !holder.is_empty() && !self.nodes.iter().enumerate().any(is_alive)
        };
        let holder_is_dead =
            self.tells_deaths && self.record.as_ref().is_some_and(|record| is_dead(&record.holder));
        if let Some(Errand::Look { at_store, seen, .. }) = &mut self.nodes[index].errand
            && *at_store <= self.now
            && seen.is_none()
        {
            let may_be_lost = self.is_remote && self.record.is_none();
            *seen = Some(Seen { record: self.record.clone(), may_be_lost, holder_is_dead });
        }
    }

    fn deliver(&mut self) {
        let (arrived, mail) = std::mem::take(&mut self.mail)
            .into_iter()
            .partition(|letter: &Letter| letter.at_store <= self.now);
        self.mail = mail;
        for letter in arrived {
            let fits = self.record.as_ref().map(LeaseRecord::version) == letter.bid.expected;
            if fits {
                let reign = (letter.bid.record.holder.clone(), letter.bid.record.generation);
                if !reign.0.is_empty() && self.reigns.last() != Some(&reign) {
                    self.reigns.push(reign);
                }
                self.record = Some(letter.bid.record);
            }
            if let Some(Errand::Put { id, written, .. }) = &mut self.nodes[letter.sender].errand
                && *id == letter.id
            {
                *written = Some(if fits { Written::Yes } else { Written::Conflict });
            }
        }
    }

    fn live(&mut self, index: usize) {
        let now = self.now;
        let late = if self.random.u32(..self.one_in) == 0 { 500 } else { self.pace };
        let (there, back) = (self.random.u64(0..late), self.random.u64(0..late));
        let is_lost = self.random.u32(..self.one_in) == 0;
        let node = &mut self.nodes[index];
        let (clock, is_cut) = (node.clock(now), node.cut_until > now);
        let mut may_bid = false;
        match node.errand.take() {
            Some(Errand::Look { answer, seen: Some(seen), .. }) if answer <= now && !is_cut => {
                node.lease.saw(seen, clock);
                may_bid = true;
            }
            Some(Errand::Look { at_store, answer, seen }) if now < at_store + 150 => {
                node.errand = Some(Errand::Look { at_store, answer, seen });
            }
            Some(Errand::Put { answer, written: Some(written), .. }) if answer <= now && !is_cut => {
                node.lease.outcome(written, clock);
            }
            Some(Errand::Put { id, answer, give_up, written }) if now < give_up => {
                node.errand = Some(Errand::Put { id, answer, give_up, written });
            }
            Some(Errand::Put { .. }) => node.lease.outcome(Written::Unknown, clock),
            Some(Errand::Look { .. }) => {}
            None if node.next_turn <= now => {
                node.next_turn = now + self.pace;
                if !node.lease.must_look(clock) {
                    may_bid = true;
                } else if !is_lost && !is_cut {
                    let answer = now + there + back;
                    node.errand = Some(Errand::Look { at_store: now + there, answer, seen: None });
                }
            }
            None => {}
        }
        if may_bid && let Some(bid) = node.lease.bid(clock, None, "") {
            self.letters += 1;
            let id = self.letters;
            let answer = if self.random.u32(..self.one_in) == 0 { u64::MAX } else { now + there + back };
            node.errand = Some(Errand::Put { id, answer, give_up: now + 150, written: None });
            if !is_lost && !is_cut {
                self.mail.push(Letter { at_store: now + there, sender: index, id, bid });
            }
        }
        let node = &self.nodes[index];
        if let Some(leading) = node.lease.leading(node.clock(now)) {
            // a write passes the gate in this step, and arrives within the bound
            let flight = if self.random.bool() { (TIMES.flight.as_millis() as f64 / 1.05) as u64 } else { 0 };
            let reign = (format!("node-{index}.{}", node.lives), leading.generation);
            let reign = self.reigns.iter().rposition(|known| *known == reign).unwrap();
            self.in_flight.push((now + flight, reign, index));
        }
    }
}

/// Runs a world for a minute with faults and then without, and returns what is wrong.
fn run(seed: u64) -> Result<(), String> {
    let mut world = World::new(seed);
    for _ in 0..12_000 {
        world.step(true).map_err(|why| format!("seed {seed}: {why}"))?;
    }
    for index in 0..world.nodes.len() {
        let node = &mut world.nodes[index];
        (node.paused_until, node.cut_until) = (0, 0);
        if node.is_dead {
            node.begin_anew(index);
        }
    }
    let before = world.arrivals;
    for _ in 0..1_000 {
        world.step(false).map_err(|why| format!("seed {seed}: {why}"))?;
    }
    if world.arrivals == before || world.newest.iter().filter(|reign| **reign > 0).count() < 2 {
        return Err(format!("seed {seed}: {:?}, and nobody writes when all is well again", world.newest));
    }
    Ok(())
}

#[test]
fn there_are_never_two_writers() {
    for seed in 0..40 {
        run(seed).unwrap();
    }
}

#[test]
fn a_thousand_worlds_have_no_two_writers_for_the_million() {
    for seed in 1_000..2_000 {
        run(seed).unwrap();
    }
}

fn record(holder: &str, generation: u64, renewal: u64) -> LeaseRecord {
    LeaseRecord { holder: holder.into(), generation, renewal, lease_ms: 600, ..LeaseRecord::default() }
}

fn seen(record: LeaseRecord, holder_is_dead: bool) -> Seen {
    Seen { record: Some(record), holder_is_dead, ..Seen::default() }
}

#[test]
fn a_lease_is_taken_when_nobody_can_hold_it_any_more() {
    let taken_at = |first: Seen, later: Seen| {
        let mut lease = Lease::new("me".into(), TIMES);
        lease.saw(first, BootTime(1_000));
        (1_000..3_000).find(|&now| {
            lease.saw(later.clone(), BootTime(now));
            lease.bid(BootTime(now), None, "").is_some()
        })
    };
    let other = || seen(record("other", 4, 9), false);
    assert_eq!(taken_at(other(), other()), Some(1_800), "lease time and flight");
    assert_eq!(
        taken_at(other(), seen(record("other", 4, 9), true)),
        Some(1_200),
        "the flight of a dead one's write"
    );
    assert_eq!(taken_at(other(), seen(record("", 4, 10), false)), Some(1_000), "given back");
    assert_eq!(taken_at(other(), seen(record("me", 4, 10), false)), Some(1_000), "one's own");
    assert_eq!(taken_at(Seen::default(), Seen::default()), Some(1_000), "nobody's");
}

#[test]
fn a_record_that_was_removed_may_still_have_a_holder() {
    let lost = || Seen { may_be_lost: true, ..Seen::default() };
    let mut lease = Lease::new("me".into(), TIMES);
    let before = LeaseRecord { memo: "theirs".into(), ..record("other", 4, 9) };
    lease.saw(seen(before, false), BootTime(0));
    lease.saw(lost(), BootTime(700));
    assert_eq!(lease.led_until(), Some(BootTime(1_300)), "it may have been renewed right before");
    // what is not there can't be watched: a record of somebody unknown is
    let noted = lease.bid(BootTime(710), None, "").unwrap();
    assert_eq!((noted.record.generation, noted.record.memo.as_str(), noted.expected), (4, "theirs", None));
    assert!(noted.record.holder.starts_with("unknown"));
    lease.outcome(Written::Yes, BootTime(720));
    assert_eq!(lease.leading(BootTime(720)), None, "it is nobody's");
    assert_eq!(lease.bid(BootTime(1_519), None, ""), None, "lease time and flight are not over");
    let taken = lease.bid(BootTime(1_520), None, "").unwrap();
    assert_eq!((taken.record.holder.as_str(), taken.record.generation), ("me", 5));
    assert_eq!((taken.record.memo.as_str(), taken.expected), ("theirs", Some(noted.record.version())));
    lease.outcome(Written::Yes, BootTime(1_530));
    assert!(lease.leading(BootTime(1_531)).is_some());
    // now its own is removed: it stops at once, since somebody may have taken it before that
    lease.saw(lost(), BootTime(1_600));
    assert_eq!(lease.leading(BootTime(1_600)), None);
    // the answer is lost: what was noted is waited for from when it is seen
    let noted = lease.bid(BootTime(1_610), None, "").unwrap();
    lease.outcome(Written::Unknown, BootTime(1_700));
    lease.saw(seen(noted.record, false), BootTime(1_800));
    assert_eq!(lease.leading(BootTime(1_800)), None);
    assert_eq!(lease.bid(BootTime(2_599), None, ""), None);
    assert_eq!(lease.bid(BootTime(2_600), None, "").unwrap().record.generation, 6);
}

/// What a world of many seeds has found: a record that is written and removed between two looks leaves no trace.
#[test]
fn a_record_that_came_and_went_between_two_looks_is_waited_for() {
    let lost = || Seen { may_be_lost: true, ..Seen::default() };
    let (mut one, mut two) = (Lease::new("one".into(), TIMES), Lease::new("two".into(), TIMES));
    one.saw(lost(), BootTime(0));
    two.saw(lost(), BootTime(0));
    let noted = one.bid(BootTime(1), None, "").unwrap().record;
    one.outcome(Written::Yes, BootTime(2));
    let bid = two.bid(BootTime(3), None, "").unwrap();
    assert_eq!(bid.expected, None);
    two.outcome(Written::Conflict, BootTime(4));
    assert!(one.bid(BootTime(900), None, "").is_some_and(|bid| bid.expected == Some(noted.version())));
    one.outcome(Written::Yes, BootTime(901));
    assert!(one.leading(BootTime(902)).is_some());
    // two has not looked for long, and the record was removed again
    two.saw(lost(), BootTime(910));
    let bid = two.bid(BootTime(911), None, "").unwrap();
    assert!(bid.record.holder.starts_with("unknown"), "it does not take what another one leads with");
}

#[test]
fn a_holder_counts_from_when_it_began_to_renew_and_stops_without_an_answer() {
    let mut lease = Lease::new("me".into(), TIMES);
    lease.saw(Seen::default(), BootTime(0));
    let bid = lease.bid(BootTime(10), None, "orders").unwrap();
    assert_eq!((bid.record.generation, bid.expected), (1, None));
    assert_eq!(lease.leading(BootTime(11)), None, "it is not written yet");
    lease.outcome(Written::Yes, BootTime(100));
    assert_eq!(lease.leading(BootTime(549)).unwrap().until, BootTime(550));
    assert_eq!(lease.leading(BootTime(550)), None);
    // the answer to a renewal is lost: the old time holds, and a look shows that it was written
    let renewal = lease.bid(BootTime(160), None, "orders").unwrap();
    lease.outcome(Written::Unknown, BootTime(300));
    assert_eq!(lease.leading(BootTime(301)).unwrap().until, BootTime(550));
    assert_eq!(lease.bid(BootTime(301), None, ""), None, "it must look first");
    lease.saw(seen(renewal.record, false), BootTime(310));
    assert_eq!(lease.leading(BootTime(311)).unwrap().until, BootTime(700));
    // somebody else has taken it
    lease.saw(seen(record("other", 2, 1), false), BootTime(320));
    assert_eq!(lease.leading(BootTime(321)), None);
}

#[test]
fn orders_go_from_one_to_the_next() {
    let mut lease = Lease::new("me".into(), TIMES);
    let before = LeaseRecord { memo: "theirs".into(), ..record("", 3, 1) };
    lease.saw(seen(before, false), BootTime(0));
    assert_eq!(lease.bid(BootTime(0), None, "mine").unwrap().record.memo, "theirs");
    lease.outcome(Written::Yes, BootTime(1));
    assert_eq!(lease.bid(BootTime(2), None, "mine").unwrap().record.memo, "mine");
}
