//! The policy: tariffs that rise in time, expectations for chargers that there are.

use super::Check;
use crate::site::document::Step;
use crate::site::policy::{Expectation, PolicyEntry, PolicySettings, minute_of_day};

/// Checks the policy's settings.
pub(super) fn policy(check: &mut Check<'_>, entry: &PolicyEntry, chargers: usize) -> PolicySettings {
    PolicySettings {
        deadline: entry.deadline,
        price: entry.price,
        tariff: tariff(check, entry),
        expected: expected(check, entry, chargers),
    }
}

fn tariff(check: &mut Check<'_>, entry: &PolicyEntry) -> Vec<(u16, f64)> {
    if entry.price > 0.0 && entry.tariff.is_empty() {
        let span = check.at(&["policy".into(), "price".into()]);
        let hint = "write the prices of a day under `policy.tariff`";
        check.error(span, "no-tariff", "prices have a weight, but there are none", Some(hint.into()));
    }
    let mut tariff: Vec<(u16, f64)> = Vec::with_capacity(entry.tariff.len());
    for (index, price) in entry.tariff.iter().enumerate() {
        let Some(minute) = minute_of_day(&price.from) else { continue };
        if tariff.last().is_some_and(|last| last.0 >= minute) {
            let span = check.at(&["policy".into(), "tariff".into(), Step::At(index), "from".into()]);
            let message = format!("`{}` is not later than the entry before it", price.from);
            check.error(span, "wrong-order", message, None);
        }
        tariff.push((minute, price.price));
    }
    tariff
}

fn expected(check: &mut Check<'_>, entry: &PolicyEntry, chargers: usize) -> Vec<Expectation> {
    let mut expected = vec![Expectation::default(); chargers];
    let mut named = vec![false; chargers];
    for (index, entry) in entry.expected.iter().enumerate() {
        let span = check.at(&["policy".into(), "expected".into(), Step::At(index), "charger".into()]);
        let Some(charger) = check.resolve("chargers", &entry.charger) else {
            check.error(span, "unknown-name", format!("no charger is called `{}`", entry.charger), None);
            continue;
        };
        if std::mem::replace(&mut named[charger], true) {
            check.error(span, "duplicate-name", format!("`{}` is listed twice", entry.charger), None);
        }
        let ready_by = entry.ready_by.as_deref().and_then(minute_of_day);
        expected[charger] = Expectation { energy: entry.energy, ready_by };
    }
    expected
}
