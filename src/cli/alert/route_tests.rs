//! `enmon alert route-test --tests`: a file of labels and the receivers that are to get them.

use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::route_test::{mute, receivers, same};
use crate::cli::Context;
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::prometheus::alerts::{Hit, Labels, Moment, RouteTree};
use crate::ui::{Cell, Column, Report, Table, Tone};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TestFile {
    tests: Vec<RouteTest>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RouteTest {
    name: Option<String>,
    labels: Labels,
    at: Option<String>,
    receivers: Vec<String>,
    muted: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TestsReport {
    api_version: &'static str,
    kind: &'static str,
    file: String,
    passed: bool,
    items: Vec<TestItem>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TestItem {
    name: String,
    passed: bool,
    receivers: Vec<String>,
    expected: Vec<String>,
    /// Receivers all of whose routes are mute at that time.
    muted: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_muted: Option<Vec<String>>,
}

pub(super) fn run(path: &Path, tree: &RouteTree, now: Moment, file: &str, context: &Context) -> Result<()> {
    let text = fsio::read_text(path)
        .map_err(|error| Error::from_source(Kind::Invalid, "the tests can't be read", &error))?;
    let tests: TestFile = serde_saphyr::from_str(&text).map_err(|error| {
        Error::from_source(Kind::Invalid, format!("{} is no file of tests", path.display()), &error)
            .hint("see the example in: enmon alert route-test --help")
    })?;
    if tests.tests.is_empty() {
        return Err(Error::new(Kind::Invalid, format!("{} has no tests", path.display())));
    }
    let items = tests.tests.into_iter().map(|test| tried(test, tree, now)).collect::<Result<Vec<_>>>()?;
    let failed = items.iter().filter(|item| !item.passed).count();
    let report = TestsReport {
        api_version: "enmon/v1",
        kind: "AlertRouteTests",
        file: file.to_owned(),
        passed: failed == 0,
        items,
    };
    context.ui.print(&report)?;
    match failed {
        0 => Ok(()),
        1 => Err(Error::new(Kind::Failed, "1 test has failed")),
        many => Err(Error::new(Kind::Failed, format!("{many} tests have failed"))),
    }
}

fn tried(test: RouteTest, tree: &RouteTree, now: Moment) -> Result<TestItem> {
    let at = match &test.at {
        Some(text) => text.parse().map_err(|error| {
            Error::from_source(Kind::Invalid, "a test has a time that can't be read", &error)
        })?,
        None => now,
    };
    let words: Vec<String> = test.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let hits = tree.hits(&test.labels);
    let receivers = receivers(&hits);
    let is_mute = |receiver: &String| {
        let mut routes =
            hits.iter().filter_map(Hit::route).filter(|route| route.options.receiver == *receiver);
        routes.all(|route| mute(tree, route, at).0 == Some(true))
    };
    let muted: Vec<String> = receivers.iter().filter(|receiver| is_mute(receiver)).cloned().collect();
    let passed = same(&receivers, &test.receivers)
        && test.muted.as_ref().is_none_or(|expected| same(&muted, expected));
    Ok(TestItem {
        name: test.name.unwrap_or_else(|| words.join(" ")),
        passed,
        receivers,
        expected: test.receivers,
        muted,
        expected_muted: test.muted,
    })
}

impl Report for TestsReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = Table::new([
            Column::name("test"),
            Column::text("outcome"),
            Column::text("receivers"),
            Column::text("expected"),
            Column::text("mute"),
        ]);
        for item in &self.items {
            let outcome = if item.passed {
                Cell::new("passed").tone(Tone::Good)
            } else {
                Cell::new("failed").tone(Tone::Bad)
            };
            let muted = match &item.expected_muted {
                Some(expected) if !same(expected, &item.muted) => {
                    format!("{} (expected: {})", item.muted.join(" "), expected.join(" "))
                }
                _ => item.muted.join(" "),
            };
            table.row([
                Cell::new(&item.name),
                outcome,
                Cell::new(item.receivers.join(" ")),
                Cell::new(item.expected.join(" ")),
                Cell::new(muted),
            ]);
        }
        table.render(out)
    }
}
