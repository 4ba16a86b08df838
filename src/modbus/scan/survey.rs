//! The order of things: which units are there, then for each what it says of itself, its SunSpec models, and the profiles that fit;
//! or the registers of one unit.

use super::ScanError;
use super::guess::{self, Guess};
use super::journal::{Answer, Journal, Question};
use super::plan::{ScanTask, Span};
use super::probe::{Probe, ScanObserver, ScanSettings};
use super::registers::RegisterSearch;
use super::report::{FoundRegisters, FoundRun, FoundUnit, ScanFindings};
use super::sunspec_walk;
use crate::modbus::{Chain, Client, DeviceMap, SUNSPEC_BASES, plan_reads};
use crate::profile::{Catalogue, ModbusSettings, Profile, Table};

/// Unit ids that hardly any device has: who answers for these answers for all.
const DECOYS: [u8; 2] = [113, 229];
/// So many units that answer as nobody's does are looked at more closely.
const MOST_ALIKE: usize = 8;
/// So many guesses are told.
const MOST_GUESSES: usize = 5;
/// A unit that has never answered is given up after so many questions.
const MOST_SILENT: u32 = 10;

/// Scans as the journal's plan says, and goes on where the journal ends. Only reads are sent: functions 01 to 04,
/// and 43/14 and 17, which ask what a device is.
///
/// # Errors
/// When the address can't be reached, or no more, and when the observer stops it.
pub async fn scan(
    client: &mut Client,
    settings: &ScanSettings,
    catalogue: &Catalogue,
    journal: &mut Journal,
    observer: &mut dyn ScanObserver,
) -> Result<ScanFindings, ScanError> {
    let task = journal.plan().task.clone();
    let mut survey = Survey { probe: Probe::new(client, settings, journal, observer), catalogue };
    let mut findings = match task {
        ScanTask::Units { units } => survey.units(&units).await?,
        ScanTask::Registers { unit, spans, each } => survey.registers(unit, &spans, each).await?,
    };
    findings.requests = survey.probe.journal().len();
    Ok(findings)
}

struct Survey<'a> {
    probe: Probe<'a>,
    catalogue: &'a Catalogue,
}

/// Units that answered while they were looked for.
#[derive(Default)]
struct Search {
    found: Vec<(u8, Answer)>,
    /// How units answer that nobody has.
    nobody: Option<Answer>,
}

impl Survey<'_> {
    async fn units(&mut self, units: &[u8]) -> Result<ScanFindings, ScanError> {
        let search = self.search(units).await?;
        let mut findings = ScanFindings {
            requests: 0,
            answers_for_every_unit: search.nobody.is_some(),
            units: Vec::new(),
            notes: Vec::new(),
        };
        let mut there = self.real_units(search, &mut findings.notes).await?;
        there.sort_by_key(|(unit, _)| *unit);
        for (unit, answer) in there {
            findings.units.push(self.examine(unit, &answer).await?);
        }
        Ok(findings)
    }

    /// Asks each unit for one register, of one table and then of the other: some devices are silent about what they don't have, and
    /// some only wake up at the first request.
    async fn search(&mut self, units: &[u8]) -> Result<Search, ScanError> {
        let has_decoys = units.len() > 1 && self.probe.journal().plan().address.host_port().is_some();
        self.probe.observer.begins("looking for units", Some(units.len() as u64));
        self.probe.look_for_units();
        let mut search = Search::default();
        for &unit in units {
            let answer = self.call(unit).await?;
            if answer.is_from_a_unit() {
                search.found.push((unit, answer));
                if has_decoys && search.found.len() == 2 {
                    search.nobody = self.nobody().await?;
                }
            }
            self.probe.observer.advanced(1);
            // values for an id that nobody has: there is one device, whatever it is called
            if search.nobody.as_ref().is_some_and(|answer| answer.words().is_some()) {
                break;
            }
        }
        Ok(search)
    }

    async fn call(&mut self, unit: u8) -> Result<Answer, ScanError> {
        let question = |table| Question { unit, table, address: 0, count: 1 };
        match self.probe.ask(question(Table::Holding)).await? {
            Answer::Silent | Answer::Nonsense(_) => self.probe.ask(question(Table::Input)).await,
            answer => Ok(answer),
        }
    }

    /// Returns the answer that units get which nobody has, when both decoys get one of the same kind.
    async fn nobody(&mut self) -> Result<Option<Answer>, ScanError> {
        let first = self.call(DECOYS[0]).await?;
        let second = self.call(DECOYS[1]).await?;
        Ok(Some(first).filter(|first| first.is_from_a_unit() && is_alike(first, &second)))
    }

    /// Leaves out units that are there in name only.
    async fn real_units(
        &mut self,
        search: Search,
        notes: &mut Vec<String>,
    ) -> Result<Vec<(u8, Answer)>, ScanError> {
        let Some(nobody) = search.nobody else { return Ok(search.found) };
        let (alike, mut real): (Vec<_>, Vec<_>) =
            search.found.into_iter().partition(|(_, answer)| is_alike(answer, &nobody));
        self.probe.observer.begins("telling units apart", None);
        let mut has_own_values = false;
        for (unit, answer) in alike.iter().take(MOST_ALIKE) {
            match self.differs_from_nobody(*unit, &nobody).await? {
                Some(true) => {
                    real.push((*unit, answer.clone()));
                    has_own_values = true;
                }
                Some(false) => {
                    notes.push(format!(
                        "the device answers for every unit id in the same way: it is listed once, as unit {unit}"
                    ));
                    real.push((*unit, answer.clone()));
                    return Ok(real);
                }
                None => {}
            }
        }
        let refusal = described(&nobody);
        if !has_own_values && real.is_empty() {
            notes.push(format!("every unit id gets the same answer, and no value ({refusal})"));
            real.extend(alike.into_iter().next());
        } else {
            notes.push(format!("unit ids that nobody has get an answer too ({refusal}); they are left out"));
        }
        Ok(real)
    }

    /// Looks for a register that a unit has and asks a decoy for the same. `None`: none was found.
    async fn differs_from_nobody(&mut self, unit: u8, nobody: &Answer) -> Result<Option<bool>, ScanError> {
        if nobody.words().is_some() {
            return Ok(Some(false));
        }
        let landmarks = self.landmarks();
        for (table, address, count) in landmarks {
            let question = |unit| Question { unit, table, address, count };
            if self.probe.ask(question(unit)).await?.words().is_some() {
                return Ok(Some(self.probe.ask(question(DECOYS[0])).await?.words().is_none()));
            }
        }
        Ok(None)
    }

    /// A place in the registers of each profile's device.
    fn landmarks(&self) -> Vec<(Table, u16, u16)> {
        let mut landmarks = Vec::new();
        for profile in self.catalogue.iter() {
            let Some(map) = fitted(profile, None) else { continue };
            let state = profile.charger.as_ref().map(|charger| charger.state.point.as_str());
            let point = state.filter(|state| map.point(state).is_some());
            let point = point.or_else(|| guess::readable(&map).next().map(|(name, _)| name));
            let blocks = plan_reads(&map, point);
            landmarks.extend(blocks.first().map(|block| (block.table, block.address, block.count)));
        }
        landmarks.push((Table::Holding, SUNSPEC_BASES[0], 2));
        landmarks.sort_unstable();
        landmarks.dedup();
        landmarks
    }

    /// Returns the places where devices keep the SunSpec marker, the usual ones first.
    fn sunspec_bases(&self) -> Vec<u16> {
        let mut bases = SUNSPEC_BASES.to_vec();
        for base in
            self.catalogue.iter().filter_map(|profile| profile.modbus.as_ref()).flat_map(|m| &m.sunspec)
        {
            if !bases.contains(base) {
                bases.push(*base);
            }
        }
        bases
    }

    async fn examine(&mut self, unit: u8, answer: &Answer) -> Result<FoundUnit, ScanError> {
        let profiles = self.catalogue.iter().filter(|profile| profile.modbus.is_some()).count();
        self.probe.observer.begins(&format!("unit {unit}: what is it?"), Some(profiles as u64));
        self.probe.talk_to(&ModbusSettings::default());
        let mut identification = self.probe.identify(unit).await?;
        let bases = self.sunspec_bases();
        let walked = sunspec_walk::walk(&mut self.probe, unit, &bases).await?;
        let chain = walked.as_ref().map(|walked| &walked.chain);
        let mut guesses: Vec<(Guess, bool)> = Vec::new();
        for profile in self.catalogue.iter() {
            if let Some(map) = fitted(profile, chain) {
                self.probe.talk_to(map.settings());
                let found = guess::read(&mut self.probe, unit, &map).await?;
                let guess = guess::judge(&map, &found);
                guesses.extend(guess.map(|guess| (guess, map.settings().unit == unit)));
            }
            self.probe.observer.advanced(u64::from(profile.modbus.is_some()));
        }
        let mut guesses = guess::rank(guesses);
        guesses.truncate(MOST_GUESSES);
        let sunspec = walked.map(|walked| {
            identification.extend(walked.texts);
            walked.found
        });
        Ok(FoundUnit {
            unit,
            answered: described(answer),
            identification,
            sunspec,
            guesses,
            registers: Vec::new(),
        })
    }

    async fn registers(&mut self, unit: u8, spans: &[Span], each: u16) -> Result<ScanFindings, ScanError> {
        self.probe.talk_to(&ModbusSettings::default());
        let total = spans.iter().map(|span| u64::from(span.count())).sum();
        self.probe.observer.begins(&format!("registers of unit {unit}"), Some(total));
        let mut registers = Vec::new();
        let mut notes = Vec::new();
        let mut first_answer = None;
        let mut silent = 0;
        for &span in spans {
            let mut search = RegisterSearch::new(span, each);
            let mut position = u32::from(span.first);
            while let Some((address, count)) = search.next().filter(|_| silent < MOST_SILENT) {
                let question = Question { unit, table: search.table(), address, count };
                let answer = self.probe.ask(question).await?;
                search.take(&answer);
                self.probe.observer.advanced(u64::from(search.position() - position));
                position = search.position();
                if answer.is_from_a_unit() {
                    first_answer.get_or_insert_with(|| described(&answer));
                } else if first_answer.is_none() {
                    silent += 1;
                }
            }
            registers.push(found_registers(span, search));
        }
        let is_empty = registers.iter().all(|found| found.ranges.is_empty());
        if first_answer.is_none() {
            notes.push(format!("unit {unit} gave no answer at all; look for units first"));
        } else if is_empty && each == 1 {
            notes.push("some devices refuse to read half a value: try again with --each 2".to_owned());
        }
        let units = first_answer.map(|answered| FoundUnit {
            unit,
            answered,
            identification: Vec::new(),
            sunspec: None,
            guesses: Vec::new(),
            registers,
        });
        Ok(ScanFindings {
            requests: 0,
            answers_for_every_unit: false,
            units: units.into_iter().collect(),
            notes,
        })
    }
}

/// Fits a profile of a Modbus device to a unit; others are of no interest here.
fn fitted(profile: &Profile, chain: Option<&Chain>) -> Option<DeviceMap> {
    profile.modbus.as_ref().and_then(|_| guess::fit(profile, chain))
}

fn found_registers(span: Span, search: RegisterSearch) -> FoundRegisters {
    FoundRegisters {
        table: span.table,
        first: span.first,
        last: span.last,
        supported: !search.is_unsupported(),
        longest_read: search.longest(),
        ranges: search
            .into_runs()
            .into_iter()
            .map(|run| FoundRun { address: run.address, count: run.words.len(), words: run.words })
            .collect(),
    }
}

/// Says whether two answers tell nothing of a difference between units. Values may have changed in between.
fn is_alike(one: &Answer, other: &Answer) -> bool {
    match (one, other) {
        (Answer::Words(_), Answer::Words(_)) | (Answer::Nonsense(_), Answer::Nonsense(_)) => true,
        (one, other) => one == other,
    }
}

fn described(answer: &Answer) -> String {
    match answer {
        Answer::Words(_) => "with values".to_owned(),
        Answer::Refused(exception) => exception.to_string(),
        Answer::Silent => "not at all".to_owned(),
        Answer::Nonsense(what) => format!("what makes no sense: {what}"),
    }
}
