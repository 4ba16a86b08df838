//! What the journal knows of a charger at a moment in the past: the limit in force, the order, the state, the alarms.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use serde::Serialize;

use super::{Override, Time};
use crate::fsio;
use crate::site::Amps;

/// The schema's version since which an order says of what kind it is.
const ORDERS_HAVE_KINDS: i64 = 3;

/// A charger at a moment in the past, as far as the journal tells.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Past {
    /// The limit in force: since when, amperes, why.
    pub decision: Option<PastDecision>,
    /// The order in force.
    pub order: Option<Override>,
    /// The last word of the charger's state, and since when.
    pub state: Option<PastState>,
    /// Alarms that were raised: subject and text.
    pub alarms: Vec<PastAlarm>,
    /// What the controller had last done of itself: `started`, `reloaded`, `stopped`; and when.
    pub controller: Option<PastState>,
}

/// A limit that was in force.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PastDecision {
    /// Since when, milliseconds since the Unix epoch.
    pub since: u64,
    /// Amperes.
    pub setpoint: f64,
    /// Why, in words, when it was set.
    pub reason: String,
}

/// A state that held.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PastState {
    /// Since when, milliseconds since the Unix epoch.
    pub since: u64,
    /// The word for it.
    pub word: String,
}

/// An alarm that was raised.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PastAlarm {
    /// Since when, milliseconds since the Unix epoch.
    pub since: u64,
    /// Circuit or device that it is about.
    pub subject: String,
    /// In words.
    pub text: String,
}

/// Why the past can't be told.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// There is no journal.
    #[error("there is no journal at {0}")]
    Missing(String),
    /// It can't be read.
    #[error("the journal can't be read")]
    Sql(#[from] rusqlite::Error),
}

/// Reads what a journal knows of a charger at a moment; `related` are names of circuits whose alarms matter too. A controller may be
/// writing meanwhile.
///
/// # Errors
/// When there is no journal, or it can't be read.
pub fn past(path: &Path, charger: &str, related: &[String], at: Time) -> Result<Past, PastError> {
    if fsio::identity(path).is_none() {
        return Err(PastError::Missing(path.display().to_string()));
    }
    // the side files of a journal that is being written can't be made by a reader that may not write
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    db.busy_timeout(Duration::from_secs(1))?;
    Ok(read(&db, charger, related, at)?)
}

fn read(db: &Connection, charger: &str, related: &[String], at: Time) -> rusqlite::Result<Past> {
    let moment = i64::try_from(at.0).unwrap_or(i64::MAX);
    let ms = |value: i64| u64::try_from(value).unwrap_or(0);
    let decision = db
        .query_row(
            "SELECT at, amps, reason FROM decisions WHERE charger = ? AND at <= ? ORDER BY at DESC, id DESC LIMIT 1",
            params![charger, moment],
            |row| Ok(PastDecision { since: ms(row.get(0)?), setpoint: row.get(1)?, reason: row.get(2)? }),
        )
        .optional()?;
    // a journal that no newer controller has opened yet knows orders of one kind only
    let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let limits = if version < ORDERS_HAVE_KINDS { "" } else { "kind = 'limit' AND" };
    let order: Option<Option<Override>> = db
        .query_row(
            &format!("SELECT amps, until, who, why FROM orders WHERE {limits} charger = ? AND at <= ? ORDER BY at DESC, id DESC LIMIT 1"),
            params![charger, moment],
            |row| {
                let Some(amps) = row.get::<_, Option<f64>>(0)? else { return Ok(None) };
                Ok(Some(Override {
                    limit: Amps(amps),
                    until: row.get::<_, Option<i64>>(1)?.map(|until| Time(ms(until))),
                    who: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
                    why: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
                }))
            },
        )
        .optional()?;
    let order = order.flatten().filter(|order| order.until.is_none_or(|until| until > at));
    let state = db
        .query_row(
            "SELECT at, after FROM changes WHERE device = ? AND at <= ? ORDER BY at DESC, id DESC LIMIT 1",
            params![charger, moment],
            |row| Ok(PastState { since: ms(row.get(0)?), word: row.get(1)? }),
        )
        .optional()?;
    let controller = db
        .query_row(
            "SELECT at, what FROM life WHERE what IN ('started', 'reloaded', 'stopping', 'stopped') AND at <= ?
             ORDER BY at DESC, id DESC LIMIT 1",
            params![moment],
            |row| Ok(PastState { since: ms(row.get(0)?), word: row.get(1)? }),
        )
        .optional()?;
    let mut alarms = Vec::new();
    // the last word about each alarm until then
    let mut all = db.prepare(
        "SELECT subject, text, raised, max(at) FROM alarms WHERE at <= ? GROUP BY subject, code ORDER BY max(at)",
    )?;
    let mut rows = all.query(params![moment])?;
    while let Some(row) = rows.next()? {
        let (subject, raised): (String, bool) = (row.get(0)?, row.get(2)?);
        if raised && (subject == charger || related.contains(&subject)) {
            alarms.push(PastAlarm { since: ms(row.get(3)?), subject, text: row.get(1)? });
        }
    }
    Ok(Past { decision, order, state, alarms, controller })
}

#[cfg(test)]
mod tests {
    use super::super::{Alarm, ChargingNeeds, Entry, Order, Severity, journal_schema};
    use super::*;

    fn journal() -> Connection {
        let mut db = Connection::open_in_memory().unwrap();
        journal_schema::prepare(&mut db).unwrap();
        let tx = db.transaction().unwrap();
        let decision = |at, amps, reason: &str| Entry::Decision {
            at: Time(at),
            cycle: 1,
            changes: vec![
                ("ev1".into(), amps, reason.into()),
                ("ev2".into(), 32.0, "all it can take".into()),
            ],
        };
        let alarm = Alarm {
            severity: Severity::Warning,
            subject: "main".into(),
            code: "over-offered".into(),
            text: "main L1 could carry 70 A".into(),
        };
        let order =
            Override { limit: Amps(8.0), until: Some(Time(500)), who: "ada".into(), why: "works".into() };
        for entry in [
            Entry::Life { at: Time(90), what: "started", details: String::new() },
            Entry::Life { at: Time(95), what: "breaker-open", details: String::new() },
            decision(100, 16.0, "all it can take"),
            Entry::Change { at: Time(110), device: "ev1".into(), from: String::new(), to: "charging".into() },
            Entry::Order { at: Time(200), charger: "ev1".into(), order: Order::Limit(Some(order)) },
            decision(201, 8.0, "limited by order: 8 A"),
            Entry::Alarm { at: Time(250), alarm: alarm.clone(), raised: true },
            Entry::Alarm { at: Time(350), alarm, raised: false },
            Entry::Order {
                at: Time(210),
                charger: "ev1".into(),
                order: Order::Needs(Some(ChargingNeeds {
                    energy: Some(9.0),
                    departure: None,
                    who: "eve".into(),
                    had: 0.0,
                })),
            },
            Entry::Order { at: Time(400), charger: "ev1".into(), order: Order::Limit(None) },
        ] {
            journal_schema::insert(&tx, &entry).unwrap();
        }
        tx.commit().unwrap();
        db
    }

    #[test]
    fn a_journal_of_an_older_controller_can_be_asked_as_well() {
        let db = journal();
        db.execute_batch(
            "DELETE FROM orders WHERE kind <> 'limit'; ALTER TABLE orders DROP COLUMN kind; PRAGMA user_version = 2",
        )
        .unwrap();
        assert_eq!(read(&db, "ev1", &[], Time(300)).unwrap().order.unwrap().who, "ada");
    }

    #[test]
    fn each_moment_has_its_own_past() {
        let db = journal();
        let at = |at| read(&db, "ev1", &["main".to_owned()], Time(at)).unwrap();
        assert_eq!(at(50), Past::default());
        let before = at(150);
        assert_eq!(
            before.decision.as_ref().map(|decision| (decision.since, decision.setpoint)),
            Some((100, 16.0))
        );
        assert_eq!(before.state.unwrap().word, "charging");
        assert_eq!((before.order, before.alarms.len()), (None, 0));
        let during = at(300);
        assert_eq!(during.order.unwrap().who, "ada");
        assert_eq!(during.decision.unwrap().reason, "limited by order: 8 A");
        assert_eq!(during.alarms[0].text, "main L1 could carry 70 A");
        assert_eq!(during.controller.unwrap().word, "started");
        assert!(at(360).alarms.is_empty(), "it has cleared");
        assert_eq!(at(450).order, None, "it was ended");
        assert_eq!(read(&db, "ev1", &[], Time(300)).unwrap().alarms, []);
    }
}
