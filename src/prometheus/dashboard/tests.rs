//! Pages: the same every time, right for PromQL, made of metrics and runbooks that exist.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::queries::{Intervals, queries, substituted, variables};
use super::*;
use crate::profile::Catalogue;
use crate::promql;
use crate::site;

fn garage() -> Site {
    let text = include_str!("../../../templates/sites/garage.yaml");
    site::load(text, "garage.yaml", Path::new("/"), &Catalogue::built_in()).unwrap().site
}

fn everything() -> PageSettings {
    PageSettings {
        labels: vec![("site".into(), "a \"b\" \\".into())],
        has_standby: true,
        has_sensors: true,
        ..PageSettings::default()
    }
}

fn intervals() -> Intervals {
    Intervals { step: "5s".into(), rate: "1m".into() }
}

fn repository(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn every_expression_is_right_with_values_in_place_of_variables() {
    for (page, settings) in
        PageName::ALL.into_iter().flat_map(|page| [(page, PageSettings::default()), (page, everything())])
    {
        let dashboard = dashboard(page, &garage(), &settings);
        let names: Vec<&str> = variables(&dashboard).into_iter().map(|variable| variable.name).collect();
        let values: BTreeMap<&str, &str> = names.iter().map(|name| (*name, "a\\ \"b\"")).collect();
        for variable in variables(&dashboard) {
            promql::parse(&variable.selector)
                .unwrap_or_else(|error| panic!("{}: {error}", variable.selector));
        }
        for query in queries(&dashboard) {
            let expr = substituted(&query.expr, &values, &intervals());
            promql::parse(&expr).unwrap_or_else(|error| panic!("{expr}: {error}"));
            assert!(!expr.contains('$'), "{expr}");
            assert!(query.variables.len() <= 1, "the check puts in one variable: {expr}");
        }
    }
}

/// Returns the names in the first cells of the tables of docs/metrics.md.
fn documented() -> BTreeSet<String> {
    let text = std::fs::read_to_string(repository("docs/metrics.md")).unwrap();
    let cells = text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    cells.map(str::to_owned).collect()
}

#[test]
fn own_metrics_are_those_that_the_controller_has() {
    let known = documented();
    assert!(known.len() > 40, "docs/metrics.md has tables");
    for page in [PageName::Site, PageName::Chargers, PageName::Controller] {
        for query in queries(&dashboard(page, &garage(), &everything())) {
            for word in query.expr.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')) {
                let is_metric = ["enmon_", "ev_", "equipment_", "solar_", "esp8266_"]
                    .iter()
                    .any(|start| word.starts_with(start));
                assert!(!is_metric || known.contains(word), "{word} in {}", query.expr);
            }
        }
    }
}

#[test]
fn runbooks_exist_and_are_named_or_linked() {
    let linked = PageSettings { runbooks: Some("https://wiki/runbooks/".into()), ..everything() };
    let mut found = 0;
    for page in PageName::ALL {
        let text = dashboard(page, &garage(), &everything()).json();
        for part in text.split("docs/runbooks/").skip(1) {
            let name = part.split(".md").next().unwrap();
            assert!(repository(&format!("docs/runbooks/{name}.md")).is_file(), "{name}");
            found += 1;
        }
        let text = dashboard(page, &garage(), &linked).json();
        assert!(!text.contains("docs/runbooks/"));
        assert!(!text.contains("runbooks//"));
    }
    assert!(found > 30, "{found}");
}

#[test]
fn uids_stay_and_are_apart() {
    let mut seen = BTreeSet::new();
    for name in
        ["garage", "a-very-long-name-of-a-site-1", "a-very-long-name-of-a-site-2", "Hof Süd", "Hof Sud"]
    {
        for page in PageName::ALL {
            let uid = uid(name, page);
            assert!(uid.len() <= 40, "{uid}");
            assert!(
                uid.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter)),
                "{uid}"
            );
            assert!(seen.insert(uid));
        }
    }
    assert_eq!(uid("garage", PageName::Chargers), "enmon-garage-chg");
}

#[test]
fn panels_do_not_overlap_and_have_numbers_of_their_own() {
    for page in PageName::ALL {
        let panels = dashboard(page, &garage(), &everything()).panels;
        let mut taken = BTreeSet::new();
        let ids: BTreeSet<u32> = panels.iter().map(|panel| panel.id).collect();
        assert_eq!(ids.len(), panels.len());
        for panel in &panels {
            let at = panel.grid_pos;
            assert!(at.w > 0 && at.h > 0 && at.x + at.w <= 24, "{}: {at:?}", panel.title);
            for square in (at.x..at.x + at.w).flat_map(|x| (at.y..at.y + at.h).map(move |y| (x, y))) {
                assert!(taken.insert(square), "{} lies on another panel", panel.title);
            }
        }
    }
}

#[test]
fn the_chargers_page_is_as_the_reference_wants_it() {
    let dashboard = dashboard(PageName::Chargers, &garage(), &PageSettings::default());
    let rows: Vec<&str> =
        dashboard.panels.iter().filter(|panel| panel.kind == "row").map(|row| row.title.as_str()).collect();
    assert_eq!(rows, ["Charger $charger", "Device $device", "Sun"]);
    let gauges: Vec<&Panel> = dashboard.panels.iter().filter(|panel| panel.kind == "gauge").collect();
    assert_eq!(gauges.len(), 3);
    for gauge in gauges {
        let steps = &gauge.field_config.as_ref().unwrap().defaults.thresholds.steps;
        let steps: Vec<_> = steps.iter().map(|step| (step.value, step.color)).collect();
        assert_eq!(steps, [(None, "green"), (Some(80.0), "yellow"), (Some(100.0), "red")]);
    }
    let bars = dashboard.panels.iter().find(|panel| panel.kind == "barchart").unwrap();
    let exprs: Vec<&str> = bars.targets.iter().map(|query| query.expr.as_str()).collect();
    assert_eq!(exprs[0], "max_over_time(equipment_current_phase_a_amplitude{device=\"$device\"}[1m])");
    assert_eq!(exprs.len(), 3);
}

#[test]
fn variables_are_put_in_as_texts_in_quotes_need_it() {
    let values = BTreeMap::from([("a", "x\"y\\"), ("ab", "z")]);
    assert_eq!(
        substituted("m{l=\"$a\",k=\"$ab\"}[$__rate_interval:$__interval] $c $", &values, &intervals()),
        "m{l=\"x\\\"y\\\\\",k=\"z\"}[1m:5s] $c $"
    );
}
