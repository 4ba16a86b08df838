//! The settings of the loop, the server and the journal.

use super::Check;
use crate::site::file::{ApiEntry, ControlEntry, JournalEntry};
use crate::site::model::{ApiSettings, ControlSettings, JournalSettings};
use crate::site::{Period, Rules};

/// How long journal entries are kept when the file does not say.
const KEEP: Period = Period::from_secs(90 * 24 * 3600);
/// The shortest interval that a loop over real devices can keep.
const SHORTEST_INTERVAL: Period = Period::from_millis(50);

/// Checks the loop's settings.
pub(super) fn control(check: &mut Check<'_>, entry: &ControlEntry) -> ControlSettings {
    let at = |check: &Check<'_>, key| check.at(&["control".into(), key]);
    if entry.interval < SHORTEST_INTERVAL {
        let message = format!("an interval of {} is too short", entry.interval);
        let hint = format!("at least {SHORTEST_INTERVAL}; 1s suits most sites");
        check.error(at(check, "interval".into()), "out-of-range", message, Some(hint));
    } else if entry.stale_after.0 < entry.interval.0.saturating_mul(2) {
        let message = format!(
            "staleAfter is {}, less than two intervals of {}: values would be old before the next ones come",
            entry.stale_after, entry.interval
        );
        let key = if check.is_written(&["control".into(), "staleAfter".into()]) {
            "staleAfter"
        } else {
            "interval"
        };
        check.error(at(check, key.into()), "stale-too-soon", message, None);
    }
    ControlSettings {
        interval: entry.interval,
        stale_after: entry.stale_after,
        raise_after: entry.raise_after,
        follow_time: entry.follow_time,
        turn: entry.turn,
        reserve: entry.reserve,
        rules: Rules::default(),
    }
}

/// Checks the server's settings.
pub(super) fn api(check: &mut Check<'_>, entry: ApiEntry) -> Option<ApiSettings> {
    let span = check.at(&["api".into(), "listen".into()]);
    let Some(listen) = entry.socket_address() else {
        let message = format!("`{}` is no address to listen on", entry.listen);
        let hint = "write an IP address and a port, for example 127.0.0.1:5000 or [::]:5000";
        check.error(span, "wrong-form", message, Some(hint.into()));
        return None;
    };
    if !listen.ip().is_loopback() {
        let missing = match (&entry.tls, &entry.token_file) {
            (Some(_), Some(_)) => None,
            (None, Some(_)) => Some("`tls`"),
            (Some(_), None) => Some("`tokenFile`"),
            (None, None) => Some("`tls` and `tokenFile`"),
        };
        if let Some(missing) = missing {
            let message = format!("{listen} can be reached by others: {missing} must be given");
            let hint = "or listen on 127.0.0.1, where only this machine gets in";
            check.error(span, "api-unprotected", message, Some(hint.into()));
        }
    }
    Some(ApiSettings {
        listen,
        tls: entry.tls.map(|tls| (check.path(&tls.cert), check.path(&tls.key))),
        token_file: entry.token_file.map(|path| check.path(&path)),
    })
}

/// Checks the journal's settings.
pub(super) fn journal(check: &mut Check<'_>, entry: JournalEntry) -> JournalSettings {
    if entry.keep == Some(Period::from_millis(0)) {
        let span = check.at(&["journal".into(), "keep".into()]);
        check.error(span, "out-of-range", "a journal that keeps nothing forgets every override", None);
    }
    JournalSettings { path: entry.path.map(|path| check.path(&path)), keep: entry.keep.unwrap_or(KEEP) }
}
