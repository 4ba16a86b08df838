//! Without a controller: what `check --online`, `charger … --direct` and `control plan` say and do.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]
#![allow(dead_code, reason = "the controller of the other flows is not needed here")]

mod flows;

use std::fs;

use flows::about;
use flows::controller::Controller;
use flows::garage::Garage;
use flows::home::Home;
use flows::layout::Layout;

async fn garage() -> (Garage, Home) {
    let layout = Layout::default();
    let garage = Garage::start(&layout).await;
    let home = Home::with_site(&layout.text(&garage.ports));
    (garage, home)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_online_asks_every_device_and_says_who_is_silent() {
    let (garage, home) = garage().await;
    let report = home.json(&["check", "--online"]).await;
    let devices = report["devices"].as_array().unwrap();
    assert_eq!(devices.len(), 5);
    assert!(devices.iter().all(|device| device["fault"].is_null()), "{devices:?}");
    garage.tell("fault ev2 reset");
    let output = home.run(&["check", "--online", "-o", "json"]).await;
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let silent: Vec<_> =
        report["devices"].as_array().unwrap().iter().filter(|device| !device["fault"].is_null()).collect();
    assert_eq!(silent.len(), 1);
    assert_eq!(silent[0]["name"], "ev2");
    garage.tell("fault ev2 none");
    garage.tell("fault ev2 exception");
    let output = home.run(&["check", "--online"]).await;
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    garage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_set_directly_only_where_no_controller_would_write_its_own() {
    let (garage, home) = garage().await;
    let dry = home.json(&["charger", "set-limit", "ev1", "12", "--direct", "--dry-run"]).await;
    assert_eq!((dry["dryRun"].as_bool(), dry["after"].as_f64()), (Some(true), Some(12.0)));
    assert!(!about(garage.offers()[0], 12.0), "a dry run writes nothing");
    let set = home.json(&["charger", "set-limit", "ev1", "12", "--direct"]).await;
    assert_eq!(set["after"].as_f64(), Some(12.0));
    assert!(about(garage.offers()[0], 12.0), "{:?}", garage.offers());
    let shown = home.json(&["charger", "show", "ev1", "--direct"]).await;
    assert_eq!(shown["items"][0]["offered"].as_f64(), Some(12.0));
    for (arguments, code) in [
        (["charger", "set-limit", "ev1", "40", "--direct"].as_slice(), 2),
        (&["charger", "set-limit", "nobody", "10", "--direct"], 2),
        (&["charger", "resume", "ev1", "--direct"], 2),
    ] {
        assert_eq!(home.run(arguments).await.status.code(), Some(code), "{arguments:?}");
    }
    garage.tell("fault ev1 ignore-writes");
    let output = home.run(&["charger", "set-limit", "ev1", "20", "--direct"]).await;
    assert_eq!(output.status.code(), Some(5), "a limit that is ignored is no success: {output:?}");
    garage.tell("fault ev1 none");
    let controller = Controller::start(&home).await;
    let output = home.run(&["charger", "set-limit", "ev1", "10", "--direct"]).await;
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("a controller runs"));
    drop(controller);
    garage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_made_of_a_snapshot_or_a_status_and_touches_nothing() {
    // no device listens at any of these addresses
    let home = Home::with_site(&Layout::default().text(&Default::default()));
    let snapshot = home.path().join("snapshot.json");
    let car = r#"{"state": "charging", "offered": 6, "drawn": [6, 6, 6]}"#;
    let text = format!(
        r#"{{"meters": {{"main-meter": {{"currents": [30, 30, 30]}}}},
            "chargers": {{"ev1": {car}, "ev2": {car}, "ev3": {{"state": "unplugged", "offered": 0}},
                          "ev4": {{"state": "unplugged", "offered": 0}}}}}}"#
    );
    fs::write(&snapshot, text).unwrap();
    let plan = home.json(&["control", "plan", "--snapshot", "snapshot.json"]).await;
    let charger = |index: usize| plan["chargers"][index].clone();
    // 40 A of the row for two: the main circuit has 63 − (30 − 12) = 45 A for them
    assert_eq!(charger(0)["target"].as_f64(), Some(20.0), "{plan}");
    assert_eq!(charger(0)["setpoint"].as_f64(), Some(6.0), "more comes after the hold");
    assert_eq!(charger(0)["reasonCode"], "holds");
    assert_eq!(charger(2)["reason"], "no car");
    for (text, place) in [
        (r#"{"chargers": {"ev9": {"state": "charging", "offered": 6}}}"#, "no charger `ev9`"),
        ("{\"chargers\":\n {\"ev1\": {\"state\": \"flying\", \"offered\": 6}}}", "snapshot.json:2:"),
        ("{", "snapshot.json:1:1"),
    ] {
        fs::write(&snapshot, text).unwrap();
        let output = home.run(&["control", "plan", "--snapshot", "snapshot.json"]).await;
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(place), "{output:?}");
    }
}
