//! The policy: tariffs that rise in time, expectations for chargers that there are, a meter that can see the surplus.

use super::Check;
use super::circuits::Tree;
use crate::document::{Span, Step, nearest};
use crate::site::Period;
use crate::site::model::{Meter, MeterId};
use crate::site::policy::{Expectation, PolicyEntry, PolicySettings, SunSettings, minute_of_day};

/// Cars need some seconds to follow, and every start wears a contactor.
const SHORTEST_DELAY: Period = Period::from_secs(10);
const LONGEST_DELAY: Period = Period::from_secs(3600);

/// Checks the policy's settings.
pub(super) fn policy(
    check: &mut Check<'_>,
    entry: &PolicyEntry,
    chargers: usize,
    (tree, meters): (&Tree, &[Option<Meter>]),
) -> PolicySettings {
    PolicySettings {
        deadline: entry.deadline,
        price: entry.price,
        sun: sun(check, entry, (tree, meters)),
        tariff: tariff(check, entry),
        expected: expected(check, entry, chargers),
    }
}

fn sun(
    check: &mut Check<'_>,
    entry: &PolicyEntry,
    (tree, meters): (&Tree, &[Option<Meter>]),
) -> Option<SunSettings> {
    let surplus = &entry.surplus;
    if entry.solar <= 0.0 {
        let is_written = |key| check.is_written(&["policy".into(), Step::Key(key)]);
        // a weight that is wrong has been reported
        if is_written("surplus") && !is_written("solar") {
            let span = check.source.key_span(&["policy".into(), "surplus".into()]);
            let message = "`surplus` has no use: the sun has no weight";
            check.warning(span, "no-use", message, Some("write `solar: 1` beside it".into()));
        }
        return None;
    }
    let delays = [
        ("startAfter", surplus.start_after),
        ("stopAfter", surplus.stop_after),
        ("switchEvery", surplus.switch_every.min(LONGEST_DELAY)),
    ];
    for (key, delay) in delays {
        if !(SHORTEST_DELAY..=LONGEST_DELAY).contains(&delay) {
            let span = check.at(&["policy".into(), "surplus".into(), Step::Key(key)]);
            let message = format!("a delay of {delay} is not between {SHORTEST_DELAY} and {LONGEST_DELAY}");
            check.error(span, "out-of-range", message, None);
        }
    }
    if !entry.expected.is_empty() && entry.deadline <= 0.0 && entry.price <= 0.0 {
        let span = check.source.key_span(&["policy".into(), "expected".into()]);
        let message = "`expected` has no use: with the sun alone cars wait for it beyond any departure";
        check.warning(span, "no-use", message, Some("give `deadline` a weight".into()));
    }
    let (meter, span) = grid_meter(check, entry, tree)?;
    let Meter { name, device, .. } = meters.get(meter.0)?.as_ref()?;
    if check.facts_of(&device.profile).is_some_and(|facts| !facts.signed) {
        let message = format!(
            "`{name}` can't tell import from export: its profile `{}` has no signed power",
            device.profile
        );
        let hint =
            "take a meter whose profile has `power` or `powers`; without a sign, export looks like import";
        check.error(span, "no-sign", message, Some(hint.into()));
    }
    Some(SunSettings {
        weight: entry.solar,
        meter,
        start_after: surplus.start_after,
        stop_after: surplus.stop_after,
        grid_share: surplus.grid_share,
        switch_every: surplus.switch_every,
    })
}

/// Finds the meter that sees the grid, and where to say something about it.
fn grid_meter(check: &mut Check<'_>, entry: &PolicyEntry, tree: &Tree) -> Option<(MeterId, Span)> {
    if let Some(name) = &entry.surplus.meter {
        let span = check.at(&["policy".into(), "surplus".into(), "meter".into()]);
        let found = check.resolve("meters", name);
        if found.is_none() {
            let names = check.names.get("meters").into_iter().flat_map(|names| names.keys().copied());
            let hint = nearest(name, names).map(|meant| format!("did you mean `{meant}`?"));
            check.error(span, "unknown-name", format!("no meter is called `{name}`"), hint);
        }
        return found.map(|meter| (MeterId(meter), span));
    }
    let span = check.at(&["policy".into(), "solar".into()]);
    // a circuit with a mistake of its own may be the one
    let circuits: Option<Vec<_>> = tree.circuits.iter().map(Option::as_ref).collect();
    let roots: Vec<_> = circuits?.into_iter().filter(|circuit| circuit.parent.is_none()).collect();
    let metered: Vec<MeterId> = roots.iter().filter_map(|circuit| circuit.meter).collect();
    let root = roots.first().map(|circuit| circuit.name.clone());
    match (metered[..].first(), roots.len()) {
        (Some(&meter), 1) => Some((meter, span)),
        (_, 0) => None,
        (None, _) => {
            let message = "cars are to follow the sun, but no meter sees the grid";
            let hint = root.map(|name| format!("give `{name}` a `meter`, or name one in `surplus.meter`"));
            check.error(span, "no-grid-meter", message, hint);
            None
        }
        (Some(_), count) => {
            let message = format!("{count} circuits have no parent: which meter sees the grid?");
            let hint = "name it in `policy.surplus.meter`";
            check.error(span, "no-grid-meter", message, Some(hint.into()));
            None
        }
    }
}

fn tariff(check: &mut Check<'_>, entry: &PolicyEntry) -> Vec<(u16, f64)> {
    if entry.price > 0.0 && !check.is_written(&["policy".into(), "tariff".into()]) {
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
            let names = check.names.get("chargers").into_iter().flat_map(|names| names.keys().copied());
            let hint = nearest(&entry.charger, names).map(|meant| format!("did you mean `{meant}`?"));
            check.error(span, "unknown-name", format!("no charger is called `{}`", entry.charger), hint);
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
