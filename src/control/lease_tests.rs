//! The lease under lost messages, pauses, kills and clocks that run apart: never two writers at once, and never nobody for good.
//!
//! A world of three controllers and one store, in steps of 5 ms. What a controller writes to a device arrives within the bound of a flight.
//! Two writers at once would be a write of an older token that arrives after one of a newer token.

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
    nodes: Vec<Node>,
    mail: Vec<Letter>,
    letters: u64,
    /// When it arrives, its token, who wrote it.
    in_flight: Vec<(u64, u64, usize)>,
    /// The newest token with which each has written.
    newest: [u64; 3],
    arrivals: u64,
    tells_deaths: bool,
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
        World {
            random,
            now: 0,
            record: None,
            nodes,
            mail: Vec::new(),
            letters: 0,
            in_flight: Vec::new(),
            newest: [0; 3],
            arrivals: 0,
            tells_deaths,
            one_in,
            pace,
        }
    }

    /// One step; returns what is wrong.
    fn step(&mut self, faults: bool) -> Result<(), String> {
        self.now += STEP_MS;
        self.deliver();
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
        for (at, token, who) in landed {
            self.arrivals += 1;
            // what one has written itself with an older token goes out in order
            let later = (0..3).filter(|&other| other != who).map(|other| self.newest[other]).max();
            if later > Some(token) {
                return Err(format!("at {at} a write of {who} with {token} arrived after {:?}", self.newest));
            }
            self.newest[who] = self.newest[who].max(token);
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
            *seen = Some(Seen { record: self.record.clone(), holder_is_dead });
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
            self.in_flight.push((now + flight, leading.generation, index));
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
    if world.arrivals == before || world.newest.iter().filter(|token| **token > 0).count() < 2 {
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
    Seen { record: Some(record), holder_is_dead }
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
