//! The journal's tables: their versions, how entries become rows, what is deleted when, and how the memory is read back.
//!
//! Everything here works on an open connection; when to write and what to do when it fails is decided in `journal_writer`.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::{ChargingNeeds, Entry, Memory, Order, Override, Time, journal_tape};
use crate::site::{Amps, Period};

/// Marks the file as enmon's (`PRAGMA application_id`): "enmn".
const APPLICATION: i64 = 0x656e_6d6e;

/// One step for each version of the schema (`PRAGMA user_version`); steps are added, never changed.
const VERSIONS: [&str; 3] = ["
    CREATE TABLE life (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, what TEXT NOT NULL, details TEXT NOT NULL);
    CREATE TABLE decisions (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, cycle INTEGER NOT NULL, charger TEXT NOT NULL,
        amps REAL NOT NULL, reason TEXT NOT NULL);
    CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, charger TEXT NOT NULL,
        amps REAL, until INTEGER, who TEXT, why TEXT);
    CREATE TABLE changes (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, device TEXT NOT NULL, before TEXT NOT NULL,
        after TEXT NOT NULL);
    CREATE TABLE alarms (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, raised INTEGER NOT NULL, severity TEXT NOT NULL,
        subject TEXT NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL);
    CREATE TABLE memory (one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL, last_order INTEGER NOT NULL,
        chargers TEXT NOT NULL, state TEXT NOT NULL);
    CREATE INDEX life_at ON life (at);
    CREATE INDEX decisions_at ON decisions (at);
    CREATE INDEX orders_at ON orders (at);
    CREATE INDEX changes_at ON changes (at);
    CREATE INDEX alarms_at ON alarms (at);
", "
    CREATE TABLE sites (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, version TEXT NOT NULL, path TEXT NOT NULL,
        fingerprint TEXT NOT NULL, text TEXT NOT NULL);
    CREATE TABLE tape (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, site INTEGER NOT NULL, frames INTEGER NOT NULL,
        packed INTEGER NOT NULL, data BLOB NOT NULL);
    CREATE INDEX tape_at ON tape (at);
    CREATE INDEX tape_loose ON tape (id) WHERE packed = 0;
", "
    ALTER TABLE orders ADD COLUMN kind TEXT NOT NULL DEFAULT 'limit';
    ALTER TABLE orders ADD COLUMN energy REAL;
    ALTER TABLE orders ADD COLUMN departure INTEGER;
    ALTER TABLE orders ADD COLUMN had REAL;
"];

/// Tables whose rows grow old.
const AGEING: [&str; 6] = ["life", "decisions", "orders", "changes", "alarms", "tape"];

/// Rows deleted from one table at a time, so that no deletion holds up writing.
const BATCH: i64 = 500;

/// Why the tables can't be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum SchemaError {
    /// SQLite's word.
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    /// The file belongs to another program.
    #[error("it is an SQLite database of another program (application id {0:#x})")]
    Foreign(i64),
    /// The file was written by a newer enmon.
    #[error("it was written by a newer enmon (schema {found}, this one knows up to {known})")]
    Newer {
        /// Version in the file.
        found: usize,
        /// Newest version known here.
        known: usize,
    },
}

/// Sets up the connection and brings the tables to the newest version.
pub(super) fn prepare(db: &mut Connection) -> Result<(), SchemaError> {
    bring_to(db, &VERSIONS)
}

fn bring_to(db: &mut Connection, versions: &[&str]) -> Result<(), SchemaError> {
    let application: i64 = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let found: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let found = found as usize;
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION && (application != 0 || tables != 0) {
        return Err(SchemaError::Foreign(application));
    }
    if found > versions.len() {
        return Err(SchemaError::Newer { found, known: versions.len() });
    }
    if tables == 0 {
        // only works before the first table: lets deleted rows give their space back
        db.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "NORMAL")?;
    db.pragma_update(None, "journal_size_limit", 4 * 1024 * 1024)?;
    let step = db.transaction()?;
    for sql in &versions[found..] {
        step.execute_batch(sql)?;
    }
    step.pragma_update(None, "application_id", APPLICATION)?;
    step.pragma_update(None, "user_version", clip(versions.len() as u64))?;
    Ok(step.commit()?)
}

/// Writes one entry.
pub(super) fn insert(tx: &Transaction<'_>, entry: &Entry) -> rusqlite::Result<()> {
    match entry {
        Entry::Life { at, what, details } => {
            let mut row = tx.prepare_cached("INSERT INTO life (at, what, details) VALUES (?, ?, ?)")?;
            row.execute(params![ms(*at), what, details])?;
        }
        Entry::Decision { at, cycle, changes } => {
            let mut row = tx.prepare_cached(
                "INSERT INTO decisions (at, cycle, charger, amps, reason) VALUES (?, ?, ?, ?, ?)",
            )?;
            for (charger, amps, reason) in changes {
                row.execute(params![ms(*at), clip(*cycle), charger, amps, reason])?;
            }
        }
        Entry::Order { at, charger, order } => insert_order(tx, *at, charger, order)?,
        Entry::Change { at, device, from, to } => {
            let mut row =
                tx.prepare_cached("INSERT INTO changes (at, device, before, after) VALUES (?, ?, ?, ?)")?;
            row.execute(params![ms(*at), device, from, to])?;
        }
        Entry::Alarm { at, alarm, raised } => {
            let mut row = tx.prepare_cached(
                "INSERT INTO alarms (at, raised, severity, subject, code, text) VALUES (?, ?, ?, ?, ?, ?)",
            )?;
            let severity = format!("{:?}", alarm.severity).to_lowercase();
            row.execute(params![ms(*at), raised, severity, alarm.subject, alarm.code, alarm.text])?;
        }
        Entry::Memory { at, chargers, state } => {
            let state = (**state).clone();
            remember(tx, &Memory { at: *at, chargers: chargers.clone(), state, complete: false })?;
        }
        // it needs the one before it: see `journal_tape`
        Entry::Taped(_) => {}
    }
    Ok(())
}

fn insert_order(tx: &Transaction<'_>, at: Time, charger: &str, order: &Order) -> rusqlite::Result<()> {
    let (limit, needs) = match order {
        Order::Limit(limit) => (limit.as_ref(), None),
        Order::Needs(needs) => (None, needs.as_ref()),
    };
    let mut row = tx.prepare_cached(
        "INSERT INTO orders (at, charger, kind, amps, until, who, why, energy, departure, had)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    row.execute(params![
        ms(at),
        charger,
        if matches!(order, Order::Limit(_)) { "limit" } else { "needs" },
        limit.map(|order| order.limit.0),
        limit.and_then(|order| order.until).map(ms),
        limit.map(|order| &order.who).or(needs.map(|needs| &needs.who)),
        limit.map(|order| &order.why),
        needs.and_then(|needs| needs.energy),
        needs.and_then(|needs| needs.departure).map(ms),
        needs.map(|needs| needs.had),
    ])?;
    Ok(())
}

/// Reads an order from a row of its table.
fn order_of(row: &Row<'_>) -> rusqlite::Result<Order> {
    let who = || Ok::<_, rusqlite::Error>(row.get::<_, Option<String>>("who")?.unwrap_or_default());
    let moment = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(time));
    if row.get::<_, String>("kind")? == "needs" {
        // only what was noted by the controller has this column: without it nothing is known of the car any more
        let Some(had) = row.get("had")? else { return Ok(Order::Needs(None)) };
        let (energy, departure) = (row.get("energy")?, moment("departure")?);
        return Ok(Order::Needs(Some(ChargingNeeds { energy, departure, who: who()?, had })));
    }
    let Some(amps) = row.get("amps")? else { return Ok(Order::Limit(None)) };
    let why = row.get::<_, Option<String>>("why")?.unwrap_or_default();
    Ok(Order::Limit(Some(Override { limit: Amps(amps), until: moment("until")?, who: who()?, why })))
}

/// Writes the memory in place of the one before. All orders written so far count as part of it.
pub(super) fn remember(tx: &Transaction<'_>, memory: &Memory) -> rusqlite::Result<()> {
    let as_text = |error| rusqlite::Error::ToSqlConversionFailure(Box::new(error));
    let chargers = serde_json::to_string(&memory.chargers).map_err(as_text)?;
    let state = serde_json::to_string(&memory.state).map_err(as_text)?;
    let mut row = tx.prepare_cached(
        "INSERT OR REPLACE INTO memory (one, at, last_order, chargers, state)
         VALUES (1, ?, (SELECT coalesce(max(id), 0) FROM orders), ?, ?)",
    )?;
    row.execute(params![ms(memory.at), chargers, state])?;
    Ok(())
}

/// Reads the memory, with the orders that were given after it was written.
pub(super) fn recall(db: &Connection) -> Result<Option<Memory>, RecallError> {
    let row = db
        .query_row("SELECT at, last_order, chargers, state FROM memory", [], |row| {
            let texts: (String, String) = (row.get(2)?, row.get(3)?);
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, texts))
        })
        .optional()?;
    let (mut memory, last_order) = match row {
        Some((at, last_order, (chargers, state))) => {
            let state = serde_json::from_str(&state)?;
            let chargers = serde_json::from_str(&chargers)?;
            (Memory { at: time(at), chargers, state, complete: false }, last_order)
        }
        None => (Memory::default(), 0),
    };
    let mut later = db.prepare("SELECT * FROM orders WHERE id > ? ORDER BY id")?;
    let mut orders = later.query([last_order])?;
    while let Some(row) = orders.next()? {
        memory.apply_order(time(row.get("at")?), &row.get::<_, String>("charger")?, &order_of(row)?);
    }
    let last_word: Option<String> =
        db.query_row("SELECT what FROM life ORDER BY id DESC LIMIT 1", [], |row| row.get(0)).optional()?;
    let anything = memory != Memory::default();
    memory.complete = last_word.as_deref() == Some("stopped");
    Ok(anything.then_some(memory))
}

/// Why the memory can't be read back.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecallError {
    /// SQLite's word.
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    /// The texts in it mean nothing.
    #[error("the memory in it can't be understood")]
    Text(#[from] serde_json::Error),
}

/// Deletes some rows older than `keep`, and when the file is larger than `max_bytes` the oldest of the tape, then of the decisions; returns
/// whether there may be more. Orders that the memory does not hold yet stay.
pub(super) fn forget(
    tx: &Transaction<'_>,
    now: Time,
    keep: Period,
    max_bytes: u64,
) -> rusqlite::Result<bool> {
    let mut more = false;
    for table in AGEING {
        let held = if table == "orders" {
            "AND id <= (SELECT coalesce(max(last_order), 0) FROM memory)"
        } else {
            ""
        };
        let deleted = tx
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE at < ? {held} ORDER BY at LIMIT ?)"
            ))?
            .execute(params![ms(now - keep), BATCH])?;
        more |= deleted >= BATCH as usize;
    }
    if used_bytes(tx)? > max_bytes {
        if journal_tape::forget_oldest(tx)? {
            return Ok(true);
        }
        let deleted = tx
            .prepare_cached(
                "DELETE FROM decisions WHERE id IN (SELECT id FROM decisions ORDER BY id LIMIT ?)",
            )?
            .execute([4 * BATCH])?;
        more |= deleted > 0;
    }
    Ok(more)
}

/// Returns how much of the file is in use.
pub(super) fn used_bytes(db: &Connection) -> rusqlite::Result<u64> {
    let value = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let pages = value("page_count")? - value("freelist_count")?;
    Ok(u64::try_from(pages * value("page_size")?).unwrap_or(0))
}

/// SQLite knows signed integers only; no clock gets that far.
pub(super) fn ms(at: Time) -> i64 {
    clip(at.0)
}

pub(super) fn clip(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn time(ms: i64) -> Time {
    Time(u64::try_from(ms).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> Connection {
        let mut db = Connection::open_in_memory().unwrap();
        prepare(&mut db).unwrap();
        db
    }

    fn life(at: u64) -> Entry {
        Entry::Life { at: Time(at), what: "started", details: String::new() }
    }

    fn count(db: &Connection, table: &str) -> i64 {
        db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn an_older_file_is_brought_forward_and_keeps_its_rows() {
        let mut db = opened();
        let tx = db.transaction().unwrap();
        insert(&tx, &life(1)).unwrap();
        tx.commit().unwrap();
        let newer = [&VERSIONS[..], &["ALTER TABLE life ADD COLUMN who TEXT"]].concat();
        bring_to(&mut db, &newer).unwrap();
        assert_eq!(count(&db, "life"), 1);
        assert!(db.prepare("SELECT who FROM life").is_ok());
        // a second time changes nothing
        bring_to(&mut db, &newer).unwrap();
        let error = prepare(&mut db).unwrap_err();
        assert!(matches!(error, SchemaError::Newer { found: 4, known: 3 }), "{error}");
    }

    #[test]
    fn a_failed_step_leaves_the_old_version() {
        let mut db = opened();
        let twice = "CREATE TABLE extra (a INTEGER); CREATE TABLE life (a INTEGER)";
        let broken = [&VERSIONS[..], &[twice]].concat();
        assert!(bring_to(&mut db, &broken).is_err());
        assert!(db.prepare("SELECT a FROM extra").is_err());
        prepare(&mut db).unwrap();
    }

    #[test]
    fn the_database_of_another_program_is_left_alone() {
        let mut db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE invoices (id INTEGER)").unwrap();
        assert!(matches!(prepare(&mut db), Err(SchemaError::Foreign(0))));
        assert_eq!(count(&db, "sqlite_schema"), 1);
    }

    #[test]
    fn old_rows_go_in_batches_and_orders_in_force_stay() {
        let mut db = opened();
        let tx = db.transaction().unwrap();
        for at in 0..1200 {
            insert(&tx, &life(at)).unwrap();
        }
        let order = |charger: &str| Entry::Order {
            at: Time(1),
            charger: charger.into(),
            order: Order::Limit(Some(Override {
                limit: Amps(6.0),
                until: None,
                who: "a".into(),
                why: "b".into(),
            })),
        };
        insert(&tx, &order("in-memory")).unwrap();
        remember(&tx, &Memory { at: Time(2), chargers: vec!["x".into()], ..Memory::default() }).unwrap();
        insert(&tx, &order("later")).unwrap();
        let mut rounds = 1;
        while forget(&tx, Time(2000), Period::from_millis(1000), u64::MAX).unwrap() {
            rounds += 1;
        }
        tx.commit().unwrap();
        assert_eq!((rounds, count(&db, "life")), (3, 200));
        let left: String =
            db.query_row("SELECT group_concat(charger) FROM orders", [], |row| row.get(0)).unwrap();
        assert_eq!(left, "later");
        assert_eq!(recall(&db).unwrap().unwrap().chargers, ["x", "later"]);
    }

    #[test]
    fn a_file_that_is_too_large_loses_its_oldest_decisions() {
        let mut db = opened();
        let tx = db.transaction().unwrap();
        for cycle in 0..20_000 {
            let changes =
                vec![("ev1".to_owned(), 6.0, "limited by main L1: 63 A, 12 chargers share".to_owned())];
            insert(&tx, &Entry::Decision { at: Time(cycle), cycle, changes }).unwrap();
        }
        let bound = used_bytes(&tx).unwrap() / 2;
        while forget(&tx, Time(20_000), Period::from_secs(3600), bound).unwrap() {}
        assert!(used_bytes(&tx).unwrap() <= bound);
        let newest: i64 = tx.query_row("SELECT max(cycle) FROM decisions", [], |row| row.get(0)).unwrap();
        assert_eq!(newest, 19_999);
        let left = count(&tx, "decisions");
        assert!((4_000..=12_000).contains(&left), "{left}");
    }
}
