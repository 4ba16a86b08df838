//! The journal on a real file system, with what goes wrong there.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tempfile::TempDir;

use super::{
    Alarm, ChargerMemory, ChargingNeeds, Entry, Journal, JournalPort, Memory, Order, Override, Retention,
    Severity, State, Time,
};
use crate::site::Amps;

const LONG: Duration = Duration::from_secs(20);

fn place() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state/journal.sqlite");
    (folder, path)
}

fn open(path: &Path) -> Journal {
    Journal::open(path, Retention::default())
}

fn life(at: u64) -> Entry {
    Entry::Life { at: Time(at), what: "started", details: "site garage".into() }
}

fn order(at: u64, limit: Option<f64>) -> Entry {
    let order = limit.map(|limit| Override {
        limit: Amps(limit),
        until: Some(Time(9_000)),
        who: "ada".into(),
        why: "works on row 1".into(),
    });
    Entry::Order { at: Time(at), charger: "ev1".into(), order: Order::Limit(order) }
}

fn memory(at: u64, served: f64) -> Entry {
    let charger = ChargerMemory { served, ceiling: Some(Amps(16.0)), ..ChargerMemory::default() };
    let state = State { at: Some(Time(at)), chargers: vec![charger], ..State::default() };
    Entry::Memory { at: Time(at), chargers: vec!["ev1".into()], state: Box::new(state) }
}

/// Writes what waits; the word of the journal on it.
fn flush(journal: &mut Journal) -> Result<(), String> {
    let receipt = journal.flush();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(receipt.wait(LONG))
}

fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LONG;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "not within {LONG:?}: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn trouble(journal: &Journal) -> String {
    eventually("trouble", || journal.trouble())
}

fn recovery(journal: &Journal) {
    eventually("recovery", || journal.trouble().is_none().then_some(()));
}

fn count(path: &Path, table: &str) -> i64 {
    let db = Connection::open(path).unwrap();
    db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

fn restored(path: &Path) -> Memory {
    Journal::restore(path).expect("a memory")
}

#[test]
fn everything_becomes_a_row_that_can_be_read() {
    let (_folder, path) = place();
    let mut journal = open(&path);
    journal.record(life(1));
    let changes =
        vec![("ev1".to_owned(), 16.0, "alone".to_owned()), ("ev2".to_owned(), 0.0, "no car".to_owned())];
    journal.record(Entry::Decision { at: Time(2), cycle: 7, changes });
    journal.record(order(3, Some(6.0)));
    let states = ("Unplugged".to_owned(), "Charging".to_owned());
    journal.record(Entry::Change { at: Time(4), device: "ev1".into(), from: states.0, to: states.1 });
    let alarm = Alarm {
        severity: Severity::Critical,
        subject: "main".into(),
        code: "over-limit".into(),
        text: "main L1 is over by 3 A".into(),
    };
    journal.record(Entry::Alarm { at: Time(5), alarm, raised: true });
    journal.record(memory(6, 1.0));
    assert_eq!(flush(&mut journal), Ok(()));
    assert_eq!(journal.trouble(), None);
    for (table, rows) in
        [("life", 1), ("decisions", 2), ("orders", 1), ("changes", 1), ("alarms", 1), ("memory", 1)]
    {
        assert_eq!(count(&path, table), rows, "{table}");
    }
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o007, 0, "{mode:o}");
    assert_eq!(journal.close(), Ok(()));
    assert!(Journal::restore(&path.with_file_name("none")).is_none());
}

#[test]
fn what_a_car_needs_outlives_the_controller_beside_an_order() {
    let (_folder, path) = place();
    let mut journal = open(&path);
    journal.record(memory(1, 5.0));
    journal.record(order(2, Some(8.0)));
    let needs = ChargingNeeds { energy: Some(12.5), departure: Some(Time(70)), who: "eve".into(), had: 1.5 };
    let entry = |at, needs| Entry::Order { at: Time(at), charger: "ev1".into(), order: Order::Needs(needs) };
    journal.record(entry(3, Some(needs.clone())));
    assert_eq!(flush(&mut journal), Ok(()));
    let found = restored(&path);
    assert_eq!(found.state.chargers[0].needs, Some(needs));
    assert_eq!(
        found.state.chargers[0].order.as_ref().unwrap().limit,
        Amps(8.0),
        "one does not end the other"
    );
    journal.record(entry(4, None));
    assert_eq!(flush(&mut journal), Ok(()));
    let found = restored(&path);
    assert_eq!((&found.state.chargers[0].needs, found.state.chargers[0].order.is_some()), (&None, true));
}

#[test]
fn an_order_outlives_a_memory_that_was_written_before_it() {
    let (_folder, path) = place();
    let mut journal = open(&path);
    journal.record(memory(1, 5.0));
    assert_eq!(flush(&mut journal), Ok(()));
    journal.record(order(2, Some(8.0)));
    assert_eq!(flush(&mut journal), Ok(()));
    let found = restored(&path);
    assert_eq!(found.state.chargers[0].order.as_ref().unwrap().limit, Amps(8.0));
    assert_eq!(found.state.chargers[0].served, 5.0);
    assert!(!found.complete);

    journal.record(order(3, None));
    assert_eq!(flush(&mut journal), Ok(()));
    assert_eq!(restored(&path).state.chargers[0].order, None);

    journal.record(memory(4, 6.0));
    journal.record(Entry::Life { at: Time(5), what: "stopped", details: String::new() });
    assert_eq!(journal.close(), Ok(()));
    let found = restored(&path);
    assert!(found.complete);
    assert_eq!((found.at, found.state.chargers[0].served), (Time(4), 6.0));
    assert_eq!(found.state.chargers[0].order, None, "the order was part of an older memory");
}

#[test]
fn a_locked_file_is_said_and_outwaited() {
    let (_folder, path) = place();
    let mut journal = open(&path);
    journal.record(life(1));
    assert_eq!(flush(&mut journal), Ok(()));

    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let begun = Instant::now();
    for at in 0..100 {
        journal.record(life(at));
    }
    assert!(begun.elapsed() < Duration::from_millis(500), "recording took {:?}", begun.elapsed());
    assert!(flush(&mut journal).unwrap_err().contains("locked by another program"));
    assert!(trouble(&journal).contains("locked by another program"), "{:?}", journal.trouble());
    other.execute_batch("COMMIT").unwrap();
    recovery(&journal);
    assert_eq!(flush(&mut journal), Ok(()));
    assert_eq!(count(&path, "life"), 101, "nothing is lost");
}

#[test]
fn too_much_for_too_long_is_dropped_and_the_gap_is_written_down() {
    let (_folder, path) = place();
    let mut journal = open(&path);
    journal.record(life(1));
    assert_eq!(flush(&mut journal), Ok(()));
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    journal.record(life(2));
    trouble(&journal);
    for at in 3..5_000 {
        journal.record(life(at));
    }
    assert!(trouble(&journal).contains("dropped"), "{:?}", journal.trouble());
    other.execute_batch("COMMIT").unwrap();
    recovery(&journal);
    assert_eq!(flush(&mut journal), Ok(()));
    let details: String = Connection::open(&path)
        .unwrap()
        .query_row("SELECT details FROM life WHERE what = 'journal-gap'", [], |row| row.get(0))
        .unwrap();
    let dropped: i64 = details.split(' ').next().unwrap().parse().unwrap();
    assert!(dropped > 2_000, "{details}");
    assert_eq!(count(&path, "life"), 4_999 - dropped + 1);
}

#[test]
fn a_deleted_file_is_begun_anew_with_the_memory() {
    let (_folder, path) = place();
    let mut journal = open(&path);
    journal.record(memory(1, 42.0));
    journal.record(order(2, Some(8.0)));
    assert_eq!(flush(&mut journal), Ok(()));
    std::fs::remove_file(&path).unwrap();
    journal.record(life(3));
    assert_eq!(flush(&mut journal), Ok(()));
    let found = restored(&path);
    assert_eq!(found.state.chargers[0].served, 42.0);
    assert_eq!(found.state.chargers[0].order.as_ref().unwrap().limit, Amps(8.0));

    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    journal.record(life(4));
    assert_eq!(flush(&mut journal), Ok(()));
    assert_eq!(restored(&path).state.chargers[0].served, 42.0);
}

#[test]
fn a_folder_that_can_not_be_written_is_said_and_outwaited() {
    let folder = TempDir::new().unwrap();
    // root may write everywhere, but not below a file
    let blocker = folder.path().join("state");
    std::fs::write(&blocker, "in the way").unwrap();
    let path = blocker.join("journal.sqlite");
    let mut journal = open(&path);
    journal.record(order(1, Some(6.0)));
    let why = trouble(&journal);
    assert!(
        why.contains("state") && why.to_lowercase().contains("exists") || why.contains("directory"),
        "{why}"
    );
    assert!(flush(&mut journal).is_err());
    assert!(journal.close().is_err(), "what is lost is said at the end too");
    assert!(Journal::restore(&path).is_none());

    let mut journal = open(&path);
    journal.record(order(1, Some(6.0)));
    trouble(&journal);
    std::fs::remove_file(&blocker).unwrap();
    recovery(&journal);
    assert_eq!(flush(&mut journal), Ok(()));
    assert_eq!(count(&path, "orders"), 1);
}

#[test]
fn a_corrupt_file_is_moved_aside() {
    let (_folder, path) = place();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let corrupt = || {
        let names = crate::fsio::names_in(path.parent().unwrap());
        names.into_iter().filter(|name| name.contains(".corrupt-") && !name.contains("-wal")).count()
    };
    std::fs::write(&path, "this is no database, and long enough not to pass for an empty one").unwrap();
    assert!(Journal::restore(&path).is_none());
    let mut journal = open(&path);
    journal.record(memory(1, 7.0));
    assert_eq!(flush(&mut journal), Ok(()));
    assert_eq!(corrupt(), 1);

    // under the running journal, in the middle of the file
    for at in 0..2_000 {
        journal.record(life(at));
        if at % 500 == 0 {
            assert_eq!(flush(&mut journal), Ok(()));
        }
    }
    assert_eq!(flush(&mut journal), Ok(()));
    drop(journal);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100..].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let mut journal = open(&path);
    journal.record(memory(2, 8.0));
    assert_eq!(flush(&mut journal), Ok(()));
    assert_eq!(corrupt(), 2);
    assert_eq!(restored(&path).state.chargers[0].served, 8.0);
}

#[test]
fn the_file_of_another_program_is_not_touched() {
    let (_folder, path) = place();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE invoices (id INTEGER)").unwrap();
    let before = std::fs::read(&path).unwrap();
    let mut journal = open(&path);
    journal.record(life(1));
    assert!(trouble(&journal).contains("another program"), "{:?}", journal.trouble());
    drop(journal);
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn old_entries_are_deleted() {
    let (_folder, path) = place();
    let keep = crate::site::Period::from_millis(1_000);
    let mut journal = Journal::open(&path, Retention { keep, ..Retention::default() });
    for at in 0..900 {
        journal.record(life(at));
    }
    journal.record(life(10_000_000));
    assert_eq!(flush(&mut journal), Ok(()));
    eventually("only the new one is left", || (count(&path, "life") == 1).then_some(()));
}

/// Runs one of the tests below in a process of its own, with a path that tells it that it is the child.
fn child(test: &str, path: &Path) -> std::process::Command {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    let name = format!("control::journal_tests::{test}");
    command.args(["--exact", &name, "--nocapture"]).env("ENMON_TEST_JOURNAL", path);
    command
}

fn child_path() -> Option<PathBuf> {
    std::env::var_os("ENMON_TEST_JOURNAL").map(PathBuf::from)
}

#[test]
fn a_confirmed_order_outlives_sigkill() {
    if let Some(path) = child_path() {
        let mut journal = open(&path);
        journal.record(memory(1, 3.0));
        journal.record(order(2, Some(8.0)));
        assert_eq!(flush(&mut journal), Ok(()));
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL).unwrap();
    }
    let (_folder, path) = place();
    let status = child("a_confirmed_order_outlives_sigkill", &path).status().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "{status}");
    let found = restored(&path);
    assert_eq!(found.state.chargers[0].order.as_ref().unwrap().who, "ada");
    assert_eq!(found.state.chargers[0].served, 3.0);
    assert!(!found.complete);
}

#[test]
fn a_full_disk_is_said_and_outwaited() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Some(path) = child_path() else {
        let (_folder, path) = place();
        let output = child("a_full_disk_is_said_and_outwaited", &path).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        return;
    };
    // a write beyond the limit fails instead of killing the process when somebody listens for SIGXFSZ
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let kind = tokio::signal::unix::SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    let _listener = runtime.block_on(async { tokio::signal::unix::signal(kind) }).unwrap();
    let room = |bytes: Option<u64>| {
        let maximum = getrlimit(Resource::Fsize).maximum;
        setrlimit(Resource::Fsize, Rlimit { current: bytes, maximum }).unwrap();
    };

    let mut journal = open(&path);
    journal.record(memory(1, 3.0));
    assert_eq!(flush(&mut journal), Ok(()));
    let used = std::fs::metadata(path.with_file_name("journal.sqlite-wal")).unwrap().len();
    room(Some(used + 3 * 4096));
    let mut written = 1;
    let refusal = loop {
        written += 1;
        journal.record(Entry::Life { at: Time(written), what: "started", details: "x".repeat(4_000) });
        if let Err(refusal) = flush(&mut journal) {
            break refusal;
        }
        assert!(written < 100, "the limit was never met");
    };
    assert!(refusal.contains("journal.sqlite"), "{refusal}");
    let begun = Instant::now();
    journal.record(order(500, Some(6.0)));
    assert!(begun.elapsed() < Duration::from_millis(100));
    trouble(&journal);
    room(None);
    recovery(&journal);
    assert_eq!(flush(&mut journal), Ok(()));
    assert_eq!(count(&path, "orders"), 1);
    assert_eq!(count(&path, "life"), i64::try_from(written).unwrap() - 1, "nothing is lost");
}
