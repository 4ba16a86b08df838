//! Which registers of a table answer. Pure: it says what to read next and takes what came back.
//!
//! A refused read says only that it can't be had as a whole: some register in it is not there, or the device does not read so many at
//! once, or not across this place. So:
//!
//! ```text
//!           answered                        refused
//!        ┌───────────┐                 ┌──────────────────┐
//!        ▼           │                 │                  ▼
//!      Leap (longest read) ────────────┘       Narrow (halves: how far does it go?)
//!        ▲        ▲                                       │ up to here, and no further
//!        │        │ answered                              ▼
//!        │        └───────────────────────────── Step (the next one alone) ──┐
//!        │                                                │        ▲          │ refused: a gap
//!        │ a border, or the longest read is known         │        └──────────┘
//!        └──────────────────────────── Confirm ◀──────────┘ answered, though the read up to it was refused
//! ```
//!
//! Each register ends up in a read that was answered, or was refused alone. A gap costs a request for each register: less can't prove
//! it. A run costs its length divided by the longest read, and the halving at its end.

use super::journal::Answer;
use super::plan::Span;
use crate::modbus::{Exception, MAX_READ_BITS, MAX_READ_REGISTERS};
use crate::profile::Table;

/// So many full reads in a row, and a longer one is tried: what looked like the longest may have been a border.
const PATIENCE: u32 = 16;

/// Registers that follow each other and answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    /// First address.
    pub(super) address: u16,
    /// What stands there.
    pub(super) words: Vec<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Read as much as may be read at once.
    Leap,
    /// `good` registers from here on can be read, `bad` can't.
    Narrow { good: u16, bad: u16 },
    /// Read as little as makes sense. `after`: the read before this one went so far and was refused with this register.
    Step { after: Option<u16> },
    /// This register answers alone, but not at the end of a read of `good` registers before it: is one more too many, or is a border
    /// here?
    Confirm { good: u16 },
}

/// A search for the registers of one table that answer.
#[derive(Debug)]
pub(super) struct RegisterSearch {
    table: Table,
    /// Everything before is settled.
    at: u32,
    end: u32,
    each: u16,
    /// Most registers that a request may ask for.
    most: u16,
    /// Most that this device has been found to answer, as far as known.
    longest: u16,
    is_longest_known: bool,
    mode: Mode,
    /// What the longest answered read from `at` has brought, while it is narrowed down.
    held: Vec<u16>,
    full_reads: u32,
    patience: u32,
    runs: Vec<Run>,
    is_unsupported: bool,
}

impl RegisterSearch {
    /// Starts a search; `each` is the least that is read at once.
    pub(super) fn new(span: Span, each: u16) -> RegisterSearch {
        let bits = matches!(span.table, Table::Coil | Table::Discrete);
        let most = if bits { MAX_READ_BITS } else { MAX_READ_REGISTERS };
        let each = each.clamp(1, most);
        RegisterSearch {
            table: span.table,
            at: u32::from(span.first),
            end: u32::from(span.last) + 1,
            each,
            most: most - most % each,
            longest: most - most % each,
            is_longest_known: false,
            mode: Mode::Leap,
            held: Vec::new(),
            full_reads: 0,
            patience: PATIENCE,
            runs: Vec::new(),
            is_unsupported: false,
        }
    }

    /// Returns what to read next: address and count. `None`: done.
    pub(super) fn next(&self) -> Option<(u16, u16)> {
        let room = u16::try_from(self.end.saturating_sub(self.at)).unwrap_or(u16::MAX);
        if room < self.each || self.is_unsupported {
            return None;
        }
        let count = match self.mode {
            Mode::Leap => self.leap().min(room - room % self.each),
            Mode::Narrow { good, bad } => self.middle(good, bad),
            Mode::Step { .. } => self.each,
            Mode::Confirm { good } => good + self.each,
        };
        u16::try_from(self.at).ok().map(|address| (address, count))
    }

    fn leap(&self) -> u16 {
        let is_time_to_grow = self.full_reads >= self.patience && self.longest < self.most;
        if is_time_to_grow { (self.longest * 2).min(self.most) } else { self.longest }
    }

    /// The middle of two lengths, in whole values; `good` is below `bad` by more than one value.
    fn middle(&self, good: u16, bad: u16) -> u16 {
        let values = (good / self.each + bad / self.each) / 2;
        values * self.each
    }

    /// Takes what came back for [`next`](Self::next).
    pub(super) fn take(&mut self, answer: &Answer) {
        let Some((_, count)) = self.next() else { return };
        match answer.words().filter(|words| words.len() == usize::from(count)) {
            Some(words) => self.answered(count, words),
            None => {
                let knows_not = matches!(answer, Answer::Refused(Exception::IllegalFunction));
                self.refused(count, knows_not);
            }
        }
    }

    fn answered(&mut self, count: u16, words: &[u16]) {
        match self.mode {
            Mode::Leap => {
                self.full_reads = if count >= self.longest { self.full_reads + 1 } else { 0 };
                self.longest = self.longest.max(count);
                self.settle(words);
            }
            Mode::Narrow { bad, .. } => {
                self.held = words.to_vec();
                self.narrow(count, bad);
            }
            Mode::Step { after: Some(good) } if self.room_for(good + self.each) => {
                self.mode = Mode::Confirm { good };
                self.held = words.to_vec();
            }
            Mode::Step { after } => {
                self.settle(words);
                if let Some(good) = after {
                    self.limit(good);
                }
                self.mode = Mode::Leap;
            }
            Mode::Confirm { .. } => {
                // a border is behind us, and reads of this length are fine
                self.settle(words);
                self.mode = Mode::Leap;
            }
        }
    }

    fn refused(&mut self, count: u16, knows_not: bool) {
        match self.mode {
            Mode::Leap if count > self.longest => {
                // it was too much to hope for
                self.full_reads = 0;
                self.patience = self.patience.saturating_mul(2);
                self.narrow(0, count);
            }
            Mode::Leap | Mode::Narrow { .. } if knows_not && self.runs.is_empty() && count > self.each => {
                // the function is not known, whatever the registers: one small read makes sure
                self.mode = Mode::Step { after: None };
            }
            Mode::Leap => self.narrow(0, count),
            Mode::Narrow { good, .. } => self.narrow(good, count),
            Mode::Step { .. } if knows_not && self.runs.is_empty() => self.is_unsupported = true,
            Mode::Step { .. } => self.gap(),
            Mode::Confirm { good } => {
                let held = std::mem::take(&mut self.held);
                self.settle(&held);
                self.limit(good);
                self.mode = Mode::Leap;
            }
        }
    }

    /// Goes on with what is known of a read from here: `good` registers can be had, `bad` can't.
    fn narrow(&mut self, good: u16, bad: u16) {
        if bad - good > self.each {
            self.mode = Mode::Narrow { good, bad };
        } else if good == 0 {
            self.gap();
        } else {
            let held = std::mem::take(&mut self.held);
            self.settle(&held);
            self.longest = self.longest.max(good);
            self.mode = Mode::Step { after: Some(good) };
        }
    }

    /// This register can't be had.
    fn gap(&mut self) {
        self.at += 1;
        self.mode = Mode::Step { after: None };
    }

    /// More than `good` at once can't be had.
    fn limit(&mut self, good: u16) {
        self.longest = good;
        self.is_longest_known = true;
        self.full_reads = 0;
    }

    fn room_for(&self, count: u16) -> bool {
        self.at + u32::from(count) <= self.end
    }

    fn settle(&mut self, words: &[u16]) {
        let address = self.at as u16;
        self.at += words.len() as u32;
        match self.runs.last_mut() {
            Some(run) if usize::from(run.address) + run.words.len() == usize::from(address) => {
                run.words.extend_from_slice(words);
            }
            _ => self.runs.push(Run { address, words: words.to_vec() }),
        }
    }

    /// Returns the address of the first register that is not settled yet.
    pub(super) fn position(&self) -> u32 {
        if self.next().is_none() { self.end } else { self.at }
    }

    /// Returns the table.
    pub(super) fn table(&self) -> Table {
        self.table
    }

    /// Returns the longest read that the device takes, when it was found to take no longer one.
    pub(super) fn longest(&self) -> Option<u16> {
        self.is_longest_known.then_some(self.longest)
    }

    /// Says whether the device does not know the function that reads the table.
    pub(super) fn is_unsupported(&self) -> bool {
        self.is_unsupported
    }

    /// Returns what answers.
    pub(super) fn into_runs(self) -> Vec<Run> {
        self.runs
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// A device: which registers it has, how many it reads at once, and where reads must not cross.
    struct Model {
        there: BTreeSet<u16>,
        most: u16,
        borders: BTreeSet<u16>,
    }

    impl Model {
        fn answer(&self, address: u16, count: u16) -> Answer {
            let all = (address..=u16::MAX).take(usize::from(count));
            let crosses = self.borders.range(address..).any(|&b| b > address && b - address < count);
            if count > self.most {
                Answer::Refused(Exception::IllegalDataValue)
            } else if all.clone().all(|at| self.there.contains(&at)) && !crosses {
                Answer::Words(all.map(|at| at ^ 0x5A5A).collect())
            } else {
                Answer::Refused(Exception::IllegalDataAddress)
            }
        }

        fn search(&self, first: u16, last: u16) -> (Vec<Run>, usize, Option<u16>) {
            let mut search = RegisterSearch::new(Span { table: Table::Holding, first, last }, 1);
            let mut requests = 0;
            while let Some((address, count)) = search.next() {
                requests += 1;
                assert!(requests < 200_000, "it does not end");
                assert!((1..=125).contains(&count) && address >= first);
                assert!(u32::from(address) + u32::from(count) <= u32::from(last) + 1, "asks beyond the end");
                search.take(&self.answer(address, count));
            }
            let longest = search.longest();
            (search.into_runs(), requests, longest)
        }
    }

    fn addresses(runs: &[Run]) -> BTreeSet<u16> {
        runs.iter().flat_map(|run| (run.address..).zip(&run.words).map(|(at, _)| at)).collect()
    }

    /// Registers in runs of random lengths with random gaps.
    fn sets() -> impl Strategy<Value = (u16, BTreeSet<u16>)> {
        (0u16..60_000, prop::collection::vec((0u16..40, 1u16..300), 0..12)).prop_map(|(first, parts)| {
            let mut set = BTreeSet::new();
            let mut at = first;
            for (gap, run) in parts {
                at += gap;
                set.extend(at..at + run);
                at += run;
            }
            (first, set)
        })
    }

    proptest! {
        #[test]
        fn exactly_what_answers_is_found_in_few_requests((first, there) in sets(), most in 1u16..=125, beyond in 0u16..40) {
            let last = there.last().copied().unwrap_or(first) + beyond;
            let model = Model { there: there.clone(), most, borders: BTreeSet::new() };
            let (runs, requests, longest) = model.search(first, last);
            prop_assert_eq!(addresses(&runs), there.clone());
            for run in &runs {
                prop_assert!((run.address..).zip(&run.words).all(|(at, &word)| word == at ^ 0x5A5A));
            }
            prop_assert!(longest.is_none_or(|longest| longest == most), "{:?} is not {}", longest, most);
            // a request for each gap register, full reads, and the halving (7 steps and 3 more) at each end; finding the longest read,
            // and trying for a longer one now and then, counts as 8 more ends
            let gaps = usize::from(last - first) + 1 - there.len();
            let bound = gaps + there.len() / usize::from(most) + (runs.len() + 8) * 10;
            prop_assert!(requests <= bound, "{} requests, at most {}", requests, bound);
        }

        #[test]
        fn borders_that_reads_must_not_cross_hide_nothing((first, there) in sets(), borders in prop::collection::btree_set(0u16..60_000, 0..200), most in 1u16..=125) {
            let last = there.last().copied().unwrap_or(first);
            let (runs, _, _) = Model { there: there.clone(), most, borders }.search(first, last);
            prop_assert_eq!(addresses(&runs), there);
        }
    }

    #[test]
    fn a_device_that_does_not_know_the_function_is_asked_twice() {
        let span = Span { table: Table::Input, first: 0, last: 9999 };
        let mut search = RegisterSearch::new(span, 1);
        let mut asked = Vec::new();
        while let Some(next) = search.next() {
            asked.push(next);
            search.take(&Answer::Refused(Exception::IllegalFunction));
        }
        assert_eq!(asked, [(0, 125), (0, 1)]);
        assert!(search.is_unsupported());
    }

    #[test]
    fn a_border_is_not_taken_for_the_longest_read() {
        let model = Model { there: (0..2000).collect(), most: 125, borders: [3].into() };
        let (runs, requests, longest) = model.search(0, 1999);
        assert_eq!((runs.len(), longest), (1, None));
        assert!(requests <= 30, "{requests}");
        // behind a border and a gap the longest read looks like 3, until a longer one is tried
        let there = (0..5).chain(6..2000).collect();
        let (_, requests, _) = Model { there, most: 125, borders: [3].into() }.search(0, 1999);
        assert!(requests <= 70, "{requests}");
    }

    #[test]
    fn values_that_can_only_be_read_whole_are_found_in_pairs() {
        let answer = |address: u16, count: u16| match (address, count) {
            (1000 | 1002 | 1010, 2) => Answer::Words(vec![1, 2]),
            _ => Answer::Refused(Exception::IllegalDataAddress),
        };
        let found = |each| {
            let mut search =
                RegisterSearch::new(Span { table: Table::Holding, first: 990, last: 1019 }, each);
            while let Some((address, count)) = search.next() {
                search.take(&answer(address, count));
            }
            addresses(&search.into_runs())
        };
        assert_eq!(found(2), [1000, 1001, 1002, 1003, 1010, 1011].into());
        assert_eq!(found(1), BTreeSet::new());
    }

    #[test]
    fn the_last_address_can_be_read() {
        let model = Model { there: (65_500..=65_535).collect(), most: 10, borders: BTreeSet::new() };
        let (runs, _, longest) = model.search(65_400, 65_535);
        assert_eq!((runs[0].words.len(), longest), (36, Some(10)));
    }
}
