//! A day of the real controller on simulated devices, recorded and replayed: bit by bit the same, and not when the record was changed.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod flows;

use flows::controller::{Controller, charger};
use flows::garage::Garage;
use flows::home::Home;
use flows::layout::Layout;
use flows::{about, look_for};
use rusqlite::Connection;
use rustix::process::Signal;
use serde_json::Value;

const ALL: [&str; 4] = ["ev1", "ev2", "ev3", "ev4"];

/// Lets a controller live through cars, an order, a silent charger, a reload, a kill and a stop; returns its home.
async fn recorded_day() -> Home {
    let layout = Layout::default();
    let garage = Garage::start(&layout).await;
    garage.tell("base main 5");
    let text = layout.text(&garage.ports);
    let home = Home::with_site(&text);
    garage.plug(&ALL[..3]);
    let controller = Controller::start(&home).await;
    let offers = |name: &'static str, amps: f64| {
        move |status: &enmon::control::SiteStatus| about(charger(status, name).setpoint, amps)
    };
    controller.until("thirds", offers("ev1", 13.333)).await;
    let set = home.run(&["charger", "set-limit", "ev2", "7", "--for", "1h"]).await;
    assert_eq!(set.status.code(), Some(0), "{set:?}");
    controller.until("an order", offers("ev2", 7.0)).await;
    garage.tell("fault ev3 silent");
    controller.until("silence", |status| charger(status, "ev3").reason_code == "silent").await;
    garage.tell("fault ev3 none");
    home.write_site(&Layout { row: 32, ..layout.clone() }.text(&garage.ports));
    controller.signal(Signal::HUP);
    controller.until("a reload", |status| status.controller.reloads == 1).await;
    controller.until("after the reload", |status| charger(status, "ev3").reason_code != "silent").await;
    // what SIGKILL finds on its way into the journal is lost: up to a quarter of a second
    let journal = Connection::open(home.state("journal.sqlite")).unwrap();
    let decided_with = || journal.query_row("SELECT count(DISTINCT site) FROM tape", [], |row| row.get(0));
    look_for(async || (decided_with() == Ok(2)).then_some(())).await.expect("decisions after the reload");
    drop(journal);
    controller.signal(Signal::KILL);
    controller.ended().await;
    home.write_site(&text);
    let controller = Controller::start(&home).await;
    garage.plug(&["ev4"]);
    controller.until("everybody", |status| charger(status, "ev4").setpoint > 5.0).await;
    controller.signal(Signal::TERM);
    controller.ended().await;
    garage.stop().await;
    home
}

async fn replay(home: &Home, more: &[&str]) -> (Option<i32>, Value, String) {
    let journal = home.state("journal.sqlite");
    let output =
        home.run(&[&["control", "replay", journal.to_str().unwrap(), "-o", "json"], more].concat()).await;
    let report = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code(), report, String::from_utf8_lossy(&output.stderr).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_day_is_replayed_bit_by_bit_and_a_changed_record_is_noticed() {
    let home = recorded_day().await;
    let (code, report, errors) = replay(&home, &["--price", "0.3"]).await;
    assert_eq!(code, Some(0), "{report:#}{errors}");
    assert_eq!((&report["identical"], &report["differing"]), (&true.into(), &0.into()));
    assert!(report["decisions"].as_u64().unwrap() > 15, "{report:#}");
    assert_eq!(report["skipped"], 0);
    let energy = report["recorded"]["energyKwh"].as_f64().unwrap();
    assert!(energy > 0.0, "{report:#}");
    assert!((report["recorded"]["cost"].as_f64().unwrap() - 0.3 * energy).abs() < 1e-9);
    assert_eq!(report["siteFiles"].as_array().unwrap().len(), 2, "{report:#}");

    // the same file by name is no what-if unless another one was in force as well
    let wide = home.path().join("wide.yaml");
    let text = std::fs::read_to_string(home.path().join("enmon.yaml")).unwrap();
    std::fs::write(&wide, text.replace("limit: 40", "limit: 60")).unwrap();
    let (code, report, errors) = replay(&home, &["--site", wide.to_str().unwrap()]).await;
    assert_eq!(code, Some(0), "{report:#}{errors}");
    let imagined = report["whatIf"]["outcome"]["energyKwh"].as_f64().unwrap();
    assert!(imagined > energy, "a wider row gives more: {report:#}");

    // somebody makes the row a little smaller after the fact
    let journal = Connection::open(home.state("journal.sqlite")).unwrap();
    let changed =
        journal.execute("UPDATE sites SET text = replace(text, 'limit: 40', 'limit: 39')", []).unwrap();
    assert!(changed > 0);
    drop(journal);
    let (code, report, errors) = replay(&home, &[]).await;
    assert_eq!(code, Some(1), "{report:#}{errors}");
    let first = &report["firstDifference"];
    assert!(first["charger"].as_str().is_some_and(|name| ALL.contains(&name)), "{report:#}");
    let (recorded, replayed) = (first["recorded"].as_f64().unwrap(), first["replayed"].as_f64().unwrap());
    assert!(recorded > replayed, "{report:#}");
    assert!(errors.contains("was") && errors.contains("A now"), "{errors}");
}
