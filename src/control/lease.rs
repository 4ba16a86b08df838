//! Who may write: the rules of the lease. Pure: no clock, no I/O; times come in, and what to do comes out.
//!
//! ```text
//!              record free, run out, or its holder dead; then written
//!   following ────────────────────────────────────────────────────────▶ leading ──┐ written again in time
//!       ▲                                                                  │ ▲     │
//!       └──── time over, or the record is somebody else's ─────────────────┘ └─────┘
//! ```
//!
//! Times are those of one machine's clock since its boot, suspension included; clocks of two machines are never compared. A holder leads until
//! it *began* its last renewal + lease time − margin. A taker waits from when it *saw* the record change last: lease time + the bound of a
//! write in flight. The margin is larger than what two clocks drift apart in a lease time, so the first time ends before the second.

use serde::{Deserialize, Serialize};

use crate::site::Period;

/// Milliseconds since this machine's boot, suspension included (`CLOCK_BOOTTIME`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct BootTime(pub u64);

impl std::ops::Add<Period> for BootTime {
    type Output = BootTime;
    fn add(self, length: Period) -> BootTime {
        BootTime(self.0.saturating_add(length.as_millis()))
    }
}

/// The lengths that the rules rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseTimes {
    /// How long a renewal holds.
    pub lease: Period,
    /// What a holder gives up of it: more than clocks drift apart in that time, and than a thread may be late.
    pub margin: Period,
    /// A write that has been handed to the system arrives within this time, or never.
    pub flight: Period,
}

impl LeaseTimes {
    /// Makes the lengths for a lease time: a tenth of it, but no less than 50 ms, is the margin.
    pub fn of(lease: Period, flight: Period) -> Self {
        let margin = Period::from_millis((lease.as_millis() / 10).max(50));
        LeaseTimes { lease, margin, flight }
    }

    /// Returns how often a holder renews: four times in a lease time.
    pub fn renewal(&self) -> Period {
        Period::from_millis((self.lease.as_millis() / 4).max(10))
    }

    /// Returns how often a follower looks.
    pub fn look(&self) -> Period {
        Period::from_millis((self.lease.as_millis() / 10).clamp(10, 100))
    }
}

/// What the store of a lease holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LeaseRecord {
    /// Who leads; empty: nobody, it has been given back.
    pub holder: String,
    /// Grows with every change of the holder: the fencing token.
    pub generation: u64,
    /// Grows with every renewal.
    pub renewal: u64,
    /// How long a renewal holds, milliseconds.
    pub lease_ms: u64,
    /// Where its control server is.
    pub api: Option<String>,
    /// What the next one must know: orders in force.
    pub memo: String,
}

/// Which version of a record is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseVersion {
    /// Its holder.
    pub holder: String,
    /// Its generation.
    pub generation: u64,
    /// Its renewal.
    pub renewal: u64,
}

impl LeaseRecord {
    /// Returns its version.
    pub fn version(&self) -> LeaseVersion {
        LeaseVersion { holder: self.holder.clone(), generation: self.generation, renewal: self.renewal }
    }
}

/// What a look at the store has shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The record; `None`: there is none.
    pub record: Option<LeaseRecord>,
    /// There is no record, but there may have been one: the store can't tell, and whoever wrote it may lead still.
    pub may_be_lost: bool,
    /// The store knows for sure that the holder's process has ended.
    pub holder_is_dead: bool,
}

/// What came of writing a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is in the store.
    Yes,
    /// The store holds another version than was expected: nothing was written.
    Conflict,
    /// It may be in the store, or not.
    Unknown,
}

/// A record that wants to be written in place of a certain version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bid {
    /// The record.
    pub record: LeaseRecord,
    /// What must be there; `None`: nothing.
    pub expected: Option<LeaseVersion>,
}

/// The record as it was seen last.
#[derive(Debug, Clone, PartialEq)]
struct Watched {
    record: LeaseRecord,
    /// When this version was seen first.
    since: BootTime,
    dead_since: Option<BootTime>,
    /// It is not in the store: somebody has removed it, or it has never been there. `record` is what is known of it.
    is_lost: bool,
}

/// The right to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leading {
    /// The fencing token.
    pub generation: u64,
    /// It ends here.
    pub until: BootTime,
}

/// One controller's part in the lease.
#[derive(Debug)]
pub struct Lease {
    me: String,
    times: LeaseTimes,
    watched: Option<Watched>,
    has_looked: bool,
    leading: Option<Leading>,
    /// The last renewal's number: no two attempts bear the same, so that one that arrives late is not taken for a later one.
    renewal: u64,
    /// What was written and not answered, and when that began.
    pending: Option<(LeaseRecord, BootTime)>,
}

impl Lease {
    /// Makes the part of a controller whose name nobody else has, nor had.
    pub fn new(me: String, times: LeaseTimes) -> Self {
        Lease { me, times, watched: None, has_looked: false, leading: None, renewal: 0, pending: None }
    }

    /// Returns the lengths.
    pub fn times(&self) -> LeaseTimes {
        self.times
    }

    /// Returns the right to write at this moment.
    pub fn leading(&self, now: BootTime) -> Option<Leading> {
        self.leading.filter(|leading| now < leading.until)
    }

    /// Returns the record as it was seen last.
    pub fn record(&self) -> Option<&LeaseRecord> {
        self.watched.as_ref().map(|watched| &watched.record)
    }

    /// Says until when somebody, as far as is known, leads.
    pub fn led_until(&self) -> Option<BootTime> {
        let held = |watched: &&Watched| watched.is_lost || !watched.record.holder.is_empty();
        let watched = self.watched.as_ref().filter(held)?;
        Some(watched.since + self.length_of(&watched.record))
    }

    fn length_of(&self, record: &LeaseRecord) -> Period {
        Period::from_millis(record.lease_ms).max(self.times.lease)
    }

    /// Takes in what a look has shown that ended at `now`.
    pub fn saw(&mut self, seen: Seen, now: BootTime) {
        self.has_looked = true;
        if let (Some((record, begun)), Some(found)) = (&self.pending, &seen.record)
            && record.version() == found.version()
        {
            // the answer was lost, the record was not
            self.leading = (record.holder == self.me)
                .then(|| Leading { generation: record.generation, until: self.until(*begun) });
        }
        self.pending = None;
        let lost = seen.may_be_lost && seen.record.is_none();
        let mine = |record: &LeaseRecord| {
            record.holder == self.me
                && self.leading.is_some_and(|leading| leading.generation == record.generation)
        };
        if !seen.record.as_ref().is_some_and(mine) {
            self.leading = None;
        }
        if lost {
            self.watched = Some(self.without_record(now));
            return;
        }
        let dead = seen.holder_is_dead.then_some(now);
        self.watched = seen.record.map(|record| match self.watched.take() {
            Some(watched) if !watched.is_lost && watched.record.version() == record.version() => {
                Watched { dead_since: dead.map(|now| watched.dead_since.unwrap_or(now)), ..watched }
            }
            _ => Watched { record, since: now, dead_since: dead, is_lost: false },
        });
    }

    /// What is known of a record that is not there: its token and its orders still count, and its holder may lead still.
    fn without_record(&mut self, now: BootTime) -> Watched {
        match self.watched.take() {
            Some(watched) if watched.is_lost => watched,
            known => {
                let record = known.map(|watched| watched.record).unwrap_or_default();
                Watched { record, since: now, dead_since: None, is_lost: true }
            }
        }
    }

    fn until(&self, begun: BootTime) -> BootTime {
        let length = self.times.lease.as_millis().saturating_sub(self.times.margin.as_millis());
        begun + Period::from_millis(length)
    }

    /// Returns what is to be written now: a renewal, the taking of a lease that nobody can hold any more, or, where there is no record, one of
    /// somebody unknown. The outcome must be told before the next bid.
    pub fn bid(&mut self, now: BootTime, api: Option<&str>, memo: &str) -> Option<Bid> {
        if !self.has_looked || self.pending.is_some() {
            return None;
        }
        if self.watched.as_ref().is_some_and(|found| found.is_lost) {
            return self.restore(now);
        }
        let found = self.watched.as_ref();
        let leads = self.leading.filter(|leading| now < leading.until);
        let generation = match (leads, found) {
            (Some(leading), Some(_)) => leading.generation,
            (None, None) => 1,
            (None, Some(found)) if self.may_take(found, now) => found.record.generation + 1,
            _ => return None,
        };
        self.renewal += 1;
        let record = LeaseRecord {
            holder: self.me.clone(),
            generation,
            renewal: self.renewal,
            lease_ms: self.times.lease.as_millis(),
            api: api.map(str::to_owned),
            memo: if leads.is_some() { memo.to_owned() } else { self.memo_of(found, memo) },
        };
        let expected = found.map(|found| found.record.version());
        self.pending = Some((record.clone(), now));
        Some(Bid { record, expected })
    }

    /// A record that is not there can't be watched: somebody might write one, lead, and have it removed, and all between two looks. So one is put
    /// there whose holder is nobody's name, and waited for like one that is not renewed any more.
    fn restore(&mut self, now: BootTime) -> Option<Bid> {
        let known = self.watched.as_ref()?.record.clone();
        self.renewal += 1;
        let record = LeaseRecord {
            holder: format!("unknown, noted by {}", self.me),
            renewal: self.renewal,
            lease_ms: self.length_of(&known).as_millis(),
            api: None,
            ..known
        };
        self.pending = Some((record.clone(), now));
        Some(Bid { record, expected: None })
    }

    /// What the one before has noted goes on, since it is newer than what a follower knows.
    fn memo_of(&self, found: Option<&Watched>, memo: &str) -> String {
        found.map_or_else(|| memo.to_owned(), |found| found.record.memo.clone())
    }

    fn may_take(&self, found: &Watched, now: BootTime) -> bool {
        if found.record.holder.is_empty() || found.record.holder == self.me {
            return true;
        }
        let dead = found.dead_since.is_some_and(|since| now >= since + self.times.flight);
        dead || now >= found.since + self.length_of(&found.record) + self.times.flight
    }

    /// Returns the record that gives the lease back; nothing when it is not held. Nothing may be written by its holder any more.
    pub fn give_back(&mut self, now: BootTime) -> Option<Bid> {
        let leading = self.leading.take()?;
        let found = self.watched.as_ref()?;
        self.renewal += 1;
        let record = LeaseRecord {
            holder: String::new(),
            generation: leading.generation,
            renewal: self.renewal,
            ..found.record.clone()
        };
        self.pending = Some((record.clone(), now));
        Some(Bid { record, expected: Some(found.record.version()) })
    }

    /// Takes in what came of the last bid.
    pub fn outcome(&mut self, written: Written, now: BootTime) {
        match (written, self.pending.take()) {
            (Written::Yes, Some((record, begun))) => {
                self.leading = (record.holder == self.me)
                    .then(|| Leading { generation: record.generation, until: self.until(begun) });
                self.watched = Some(Watched { record, since: now, dead_since: None, is_lost: false });
            }
            (Written::Conflict, _) => {
                self.leading = None;
                self.has_looked = false;
            }
            (Written::Unknown, pending) => {
                self.pending = pending;
                self.has_looked = false;
            }
            (Written::Yes, None) => {}
        }
    }

    /// Says whether a look is needed before the next bid.
    pub fn must_look(&self, now: BootTime) -> bool {
        !self.has_looked || self.leading(now).is_none()
    }
}
