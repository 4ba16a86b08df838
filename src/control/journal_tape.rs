//! The tape in the journal's file: which rows it becomes, when they are packed, and how they are read back.
//!
//! A frame is written as a row of its own, so that a kill loses none. When the next reel begins, the rows of the last one become one
//! packed row, a tenth of their size.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, params};

use super::Time;
use super::journal_schema::{clip, ms, time};
use super::tape::{Frame, Recorder, SiteText, Taped, pack, unpack};
use crate::site::Period;

/// Rows that are deleted at a time when the file is too large: an hour or less.
const TOO_LARGE: i64 = 12;

/// Why a tape can't be played.
#[derive(Debug, thiserror::Error)]
pub enum TapeError {
    /// SQLite's word.
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    /// The file is no journal, or one without a tape.
    #[error("it is no journal, or one without recorded decisions")]
    NoTape,
    /// A row can't be understood.
    #[error("row {row} of the tape is damaged: {what}")]
    Damaged {
        /// Its number.
        row: i64,
        /// What is wrong.
        what: String,
    },
}

/// A site file that was in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedSite {
    /// Its number on the tape.
    pub id: i64,
    /// When it was first seen.
    pub at: Time,
    /// Version of the enmon that recorded.
    pub version: String,
    /// Path and text.
    pub file: SiteText,
}

/// Writes a decision onto the tape.
pub(super) fn insert(tx: &Transaction<'_>, taped: &Taped, recorder: &mut Recorder) -> rusqlite::Result<()> {
    let as_sql = |error| rusqlite::Error::ToSqlConversionFailure(Box::new(error));
    let record = recorder.record(taped).map_err(as_sql)?;
    let site = if record.is_key {
        pack_loose(tx)?;
        site_id(tx, taped)?
    } else {
        tx.query_row("SELECT site FROM tape ORDER BY id DESC LIMIT 1", [], |row| row.get(0))?
    };
    let mut row =
        tx.prepare_cached("INSERT INTO tape (at, site, frames, packed, data) VALUES (?, ?, 1, 0, ?)")?;
    row.execute(params![ms(taped.decision.at), site, record.data])?;
    Ok(())
}

/// Returns the number of the site file in force; it is written when it is new.
fn site_id(tx: &Transaction<'_>, taped: &Taped) -> rusqlite::Result<i64> {
    let (file, version) = (&taped.file, env!("CARGO_PKG_VERSION"));
    let fingerprint = file.fingerprint();
    let known = tx
        .prepare_cached(
            "SELECT id FROM sites WHERE fingerprint = ? AND text = ? AND path = ? AND version = ?",
        )?
        .query_row(params![fingerprint, file.text, file.path, version], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    let mut row =
        tx.prepare_cached("INSERT INTO sites (at, version, path, fingerprint, text) VALUES (?, ?, ?, ?, ?)")?;
    row.insert(params![ms(taped.decision.at), version, file.path, fingerprint, file.text])
}

/// Packs the rows that lie about, also those that an earlier controller left when it was killed.
fn pack_loose(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut loose = tx.prepare_cached("SELECT id, site, data FROM tape WHERE packed = 0 ORDER BY id")?;
    let rows = loose.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let rows: Vec<(i64, i64, Vec<u8>)> = rows.collect::<Result<_, _>>()?;
    for reel in rows.chunk_by(|a, b| a.1 == b.1) {
        let (Some(first), Some(last)) = (reel.first(), reel.last()) else { continue };
        let block = pack(reel.iter().map(|(_, _, data)| data.as_slice()));
        tx.prepare_cached("UPDATE tape SET packed = 1, frames = ?, data = ? WHERE id = ?")?
            .execute(params![clip(reel.len() as u64), block, first.0])?;
        tx.prepare_cached("DELETE FROM tape WHERE id > ? AND id <= ?")?.execute([first.0, last.0])?;
    }
    Ok(())
}

/// Deletes the oldest rows of the tape; returns whether there were any.
pub(super) fn forget_oldest(tx: &Transaction<'_>) -> rusqlite::Result<bool> {
    let deleted = tx
        .prepare_cached("DELETE FROM tape WHERE id IN (SELECT id FROM tape ORDER BY id LIMIT ?)")?
        .execute([TOO_LARGE])?;
    tx.prepare_cached("DELETE FROM sites WHERE id NOT IN (SELECT site FROM tape)")?.execute([])?;
    Ok(deleted > 0)
}

/// A recorded tape, opened to be played. The controller that writes it is not disturbed.
#[derive(Debug)]
pub struct Tape {
    db: Connection,
}

impl Tape {
    /// Opens the tape of a journal.
    ///
    /// # Errors
    /// When the file can't be opened, or has no tape.
    pub fn open(path: &Path) -> Result<Tape, TapeError> {
        let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        db.busy_timeout(std::time::Duration::from_secs(5))?;
        let tables: i64 =
            db.query_row("SELECT count(*) FROM sqlite_schema WHERE name IN ('tape', 'sites')", [], |row| {
                row.get(0)
            })?;
        if tables == 2 { Ok(Tape { db }) } else { Err(TapeError::NoTape) }
    }

    /// Returns the site files that were in force, oldest first.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn sites(&self) -> Result<Vec<RecordedSite>, TapeError> {
        let mut rows = self.db.prepare("SELECT id, at, version, path, text FROM sites ORDER BY id")?;
        let sites = rows.query_map([], |row| {
            let file = SiteText { path: row.get(3)?, text: row.get(4)? };
            Ok(RecordedSite { id: row.get(0)?, at: time(row.get(1)?), version: row.get(2)?, file })
        })?;
        Ok(sites.collect::<Result<_, _>>()?)
    }

    /// Hands out the frames of the last so long a time, or all, oldest first, each with the number of its site file. They begin with a whole
    /// reel, so there may be a little more.
    ///
    /// # Errors
    /// When the file can't be read, or is damaged; also what `take` says.
    pub fn play<E: From<TapeError>>(
        &self,
        last: Option<Period>,
        mut take: impl FnMut(i64, Frame) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = TapeError::Sql;
        let newest: Option<i64> =
            self.db.query_row("SELECT max(at) FROM tape", [], |row| row.get(0)).map_err(sql)?;
        let since = match (newest, last) {
            (Some(newest), Some(last)) => ms(time(newest) - last),
            _ => 0,
        };
        let mut rows = self
            .db
            .prepare(
                "SELECT id, site, packed, data FROM tape WHERE id >= coalesce((SELECT max(id) FROM tape WHERE at <= ?
                 AND packed = 1), 0) ORDER BY id",
            )
            .map_err(sql)?;
        let mut rows = rows.query([since]).map_err(sql)?;
        while let Some(row) = rows.next().map_err(sql)? {
            let (id, site): (i64, i64) = (row.get(0).map_err(sql)?, row.get(1).map_err(sql)?);
            let data: Vec<u8> = row.get(3).map_err(sql)?;
            let damaged = |what: String| TapeError::Damaged { row: id, what };
            let frames = if row.get(2).map_err(sql)? {
                unpack(&data).ok_or_else(|| damaged("it can't be unpacked".into()))?
            } else {
                vec![data]
            };
            for frame in frames {
                let frame = Frame::read(&frame).map_err(|error| damaged(error.to_string()))?;
                take(site, frame)?;
            }
        }
        Ok(())
    }
}
