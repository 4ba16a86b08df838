//! What a scan has asked and what came back. A scan is a function of these answers: one that goes on starts again at the beginning and
//! finds what it asked before in here, so that it ends with the report of one that was never interrupted.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::plan::ScanPlan;
use crate::modbus::{Exception, Identify};
use crate::profile::Table;

/// How each unit is asked what it is.
pub(super) const IDENTITIES: [Identify; 2] = [Identify::Device, Identify::Server];

/// A question to a unit. All of them only read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// Unit id.
    pub unit: u8,
    /// Table.
    pub table: Table,
    /// First register or bit.
    pub address: u16,
    /// How many.
    pub count: u16,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// The words; bits as 0 and 1.
    Words(Vec<u16>),
    /// An exception.
    Refused(#[serde(serialize_with = "code", deserialize_with = "of_code")] Exception),
    /// Nothing.
    Silent,
    /// Bytes that are no answer.
    Nonsense(String),
}

fn code<S: Serializer>(exception: &Exception, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(exception.code())
}

fn of_code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Exception, D::Error> {
    u8::deserialize(deserializer).map(Exception::from_code)
}

impl Answer {
    /// Returns the words, when there are any.
    pub fn words(&self) -> Option<&[u16]> {
        match self {
            Answer::Words(words) => Some(words),
            _ => None,
        }
    }

    /// Says whether somebody is there: any answer but that of a gateway which says that there is nobody.
    pub fn is_from_a_unit(&self) -> bool {
        !matches!(
            self,
            Answer::Silent
                | Answer::Refused(
                    Exception::GatewayPathUnavailable | Exception::GatewayTargetFailedToRespond
                )
        )
    }
}

/// A question with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(flatten)]
    question: Question,
    answer: Answer,
}

/// Version of the journal's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum JournalVersion {
    #[serde(rename = "enmon/v1")]
    V1,
}

/// What the file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum JournalKind {
    ModbusScanState,
}

/// A scan's plan, and all that has been answered so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "JournalFile", into = "JournalFile")]
pub struct Journal {
    plan: ScanPlan,
    entries: Vec<Entry>,
    places: HashMap<Question, usize>,
    /// What units say that they are.
    said: BTreeMap<u8, Vec<String>>,
}

/// A journal as it is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct JournalFile {
    api_version: JournalVersion,
    kind: JournalKind,
    plan: ScanPlan,
    answers: Vec<Entry>,
    #[serde(default)]
    said: BTreeMap<u8, Vec<String>>,
}

impl From<Journal> for JournalFile {
    fn from(journal: Journal) -> Self {
        JournalFile {
            api_version: JournalVersion::V1,
            kind: JournalKind::ModbusScanState,
            plan: journal.plan,
            answers: journal.entries,
            said: journal.said,
        }
    }
}

impl TryFrom<JournalFile> for Journal {
    type Error = String;

    fn try_from(file: JournalFile) -> Result<Self, String> {
        let mut journal = Journal::new(file.plan);
        for Entry { question, answer } in file.answers {
            let fits = answer.words().is_none_or(|words| words.len() == usize::from(question.count));
            if !fits || journal.get(&question).is_some() {
                return Err(format!(
                    "the answer of unit {} for {} from {} makes no sense",
                    question.unit, question.count, question.address
                ));
            }
            journal.add(question, answer);
        }
        journal.said = file.said;
        Ok(journal)
    }
}

impl Journal {
    /// Starts a journal.
    pub fn new(plan: ScanPlan) -> Journal {
        Journal { plan, entries: Vec::new(), places: HashMap::new(), said: BTreeMap::new() }
    }

    /// Returns what is scanned.
    pub fn plan(&self) -> &ScanPlan {
        &self.plan
    }

    /// Returns how many questions have been answered.
    pub fn len(&self) -> usize {
        self.entries.len() + self.said.len() * IDENTITIES.len()
    }

    /// Says whether nothing has been answered yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn get(&self, question: &Question) -> Option<&Answer> {
        self.places.get(question).and_then(|&place| self.entries.get(place)).map(|entry| &entry.answer)
    }

    pub(super) fn said(&self, unit: u8) -> Option<&Vec<String>> {
        self.said.get(&unit)
    }

    pub(super) fn hear(&mut self, unit: u8, texts: Vec<String>) {
        self.said.insert(unit, texts);
    }

    pub(super) fn add(&mut self, question: Question, answer: Answer) {
        self.places.insert(question, self.entries.len());
        self.entries.push(Entry { question, answer });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modbus::scan::plan::ScanTask;

    #[test]
    fn a_journal_survives_being_written_down() {
        let address = "modbus+tcp://127.0.0.1:5020".parse().unwrap();
        let task = ScanTask::Units { units: vec![1, 255] };
        let mut journal = Journal::new(ScanPlan { address, task });
        let question = |unit| Question { unit, table: Table::Holding, address: 7, count: 2 };
        let answers = [
            Answer::Words(vec![1, 0xFFFF]),
            Answer::Refused(Exception::Other(0x77)),
            Answer::Silent,
            Answer::Nonsense("bytes 00".into()),
        ];
        for (unit, answer) in (1..).zip(answers.clone()) {
            journal.add(question(unit), answer);
        }
        journal.hear(2, vec!["Box".into()]);
        assert_eq!(journal.len(), 6);
        let text = serde_json::to_string(&journal).unwrap();
        let read: Journal = serde_json::from_str(&text).unwrap();
        assert_eq!(read, journal);
        assert_eq!(read.get(&question(2)), Some(&answers[1]));
        assert!(serde_json::from_str::<Journal>(&text.replace("\"count\":2", "\"count\":3")).is_err());
        assert!(serde_json::from_str::<Journal>(&text.replace("enmon/v1", "enmon/v2")).is_err());
        let twice = text.replace("\"unit\":2", "\"unit\":1");
        assert!(serde_json::from_str::<Journal>(&twice).is_err(), "one question has one answer");
    }

    #[test]
    fn an_exception_comes_from_a_unit_unless_a_gateway_says_that_there_is_none() {
        for (answer, is_there) in [
            (Answer::Words(vec![0]), true),
            (Answer::Refused(Exception::IllegalDataAddress), true),
            (Answer::Refused(Exception::ServerDeviceBusy), true),
            (Answer::Nonsense(String::new()), true),
            (Answer::Refused(Exception::GatewayPathUnavailable), false),
            (Answer::Refused(Exception::GatewayTargetFailedToRespond), false),
            (Answer::Silent, false),
        ] {
            assert_eq!(answer.is_from_a_unit(), is_there, "{answer:?}");
        }
    }
}
