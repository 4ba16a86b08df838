//! A charger that does not obey, against the real program: what it takes is taken from the others, and its breaker is opened where that is
//! not enough. People open and close breakers too.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod flows;

use std::path::Path;

use enmon::control::{BreakerState, LoadState, SiteStatus};
use rustix::process::Signal;
use serde_json::Value;

use flows::about;
use flows::controller::{Controller, alarms, charger};
use flows::garage::Garage;
use flows::home::Home;
use flows::layout::{Layout, Ports};

/// The row with a remote breaker; `rule` goes into its entry.
fn text(rule: &str, ports: &Ports) -> String {
    let layout = Layout { row: 20, failsafe: 0, ..Layout::default() };
    let port = ports.get("q-row").copied().unwrap_or(9200);
    format!(
        "{}breakers:\n  - {{name: q-row, circuit: row-1, profile: enmon-endpoint, address: \"http://127.0.0.1:{port}\"{rule}}}\n",
        layout.text(ports)
    )
}

async fn garage(rule: &str) -> (Garage, Home) {
    let garage = Garage::serve(&text(rule, &Ports::new()), Path::new("/")).await;
    let home = Home::with_site(&text(rule, &garage.ports));
    (garage, home)
}

fn position(status: &SiteStatus) -> Option<BreakerState> {
    status.breakers[0].state
}

/// Plugs two cars in, and lets the first charger keep what it has whatever it is told.
async fn one_disobeys(garage: &Garage, controller: &Controller<'_>) {
    garage.tell("base main 5");
    garage.plug(&["ev1"]);
    let all = |status: &SiteStatus| charger(status, "ev1").offered.is_some_and(|amps| about(amps, 20.0));
    controller.until("ev1 has all of the row", all).await;
    garage.tell("fault ev1 ignore-writes");
    garage.plug(&["ev2", "ev3"]);
    let flagged = |status: &SiteStatus| alarms(status, "ev1", "limit-not-obeyed");
    controller.until("ev1 is found out", flagged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_takes_is_taken_from_the_others_and_no_breaker_opens() {
    let (garage, home) = garage(", remote: true, openOn: disobedience, after: 1s").await;
    garage.mark();
    let controller = Controller::start(&home).await;
    one_disobeys(&garage, &controller).await;
    let status = controller.status().await;
    // its 20 A are all that the row has: the others get nothing, and nothing is over the limit
    assert!(["ev2", "ev3"].iter().all(|name| charger(&status, name).setpoint == 0.0));
    assert_eq!(position(&status), Some(BreakerState::On));
    assert!(!alarms(&status, "q-row", "breaker-opens"));
    // each limit is explained, now and from the journal
    let why = home.json(&["control", "explain", "ev2"]).await;
    assert_eq!((why["kind"].as_str(), why["setpoint"].as_f64()), (Some("Explanation"), Some(0.0)));
    let decides = why["links"].as_array().unwrap().iter().filter(|link| link["decides"] == true);
    assert_eq!(decides.map(|link| link["rule"].as_str().unwrap()).collect::<Vec<_>>(), ["turn"]);
    let why = home.json(&["control", "explain", "ev1"]).await;
    assert_eq!(why["reasonCode"].as_str(), Some("disobeys"));
    controller.signal(Signal::TERM);
    controller.ended().await;
    let past = home.json(&["control", "explain", "ev1", "--at", "0s"]).await;
    assert_eq!(
        (past["kind"].as_str(), past["controller"]["word"].as_str()),
        (Some("PastExplanation"), Some("stopped"))
    );
    assert!(past["decision"]["setpoint"].as_f64().is_some_and(|amps| amps < 20.0), "{past}");
    assert!(past["alarms"].as_array().unwrap().iter().any(|alarm| alarm["subject"] == "ev1"), "{past}");
    let long_ago = home.json(&["control", "explain", "ev1", "--at", "2020-01-01T00:00:00Z"]).await;
    assert!(long_ago["decision"].is_null());
    garage.assert_within_limits();
    garage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_that_is_not_enough_its_breaker_opens_by_the_rule_and_stays_open() {
    let (garage, home) = garage(", remote: true, openOn: disobedience, after: 1s").await;
    let controller = Controller::start(&home).await;
    one_disobeys(&garage, &controller).await;
    // the base load of the row is declared as 0: with the room gone elsewhere only the breaker can help
    garage.tell("base main 50");
    controller.until("the breaker is open", |status| position(status) == Some(BreakerState::Off)).await;
    garage
        .until("no car draws", |truth| truth.chargers.iter().all(|charger| charger.drawn[0].0 == 0.0))
        .await;
    let status = controller.until("it is an alarm", |status| alarms(status, "q-row", "breaker-opened")).await;
    let alarm = status.alarms.iter().find(|alarm| alarm.code == "breaker-opened").unwrap();
    assert!(alarm.text.contains("charger ev1 takes 20.0 A and does not obey"), "{}", alarm.text);
    // it stays open until a person closes it, who must say yes
    garage.tell("fault ev1 none");
    let output = home.run(&["breaker", "close", "q-row"]).await;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let dry = home.json(&["breaker", "close", "q-row", "--dry-run"]).await;
    assert_eq!((dry["dryRun"].as_bool(), dry["before"].as_str()), (Some(true), Some("off")));
    assert_eq!(position(&controller.status().await), Some(BreakerState::Off));
    let done = home.json(&["breaker", "close", "q-row", "--yes", "--why", "it was repaired"]).await;
    assert_eq!((done["kind"].as_str(), done["after"].as_str()), (Some("BreakerChange"), Some("on")));
    let closed = |status: &SiteStatus| {
        position(status) == Some(BreakerState::On) && !alarms(status, "q-row", "breaker-opened")
    };
    controller.until("it is closed, and no alarm", closed).await;
    controller.signal(Signal::TERM);
    controller.ended().await;
    assert_eq!(journal(&home, "breaker-open"), 1, "the rule's command, once");
    assert_eq!(journal(&home, "breaker-closed"), 1);
    garage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_open_and_close_remote_breakers_only() {
    let (garage, home) = garage(", remote: true").await;
    let controller = Controller::start(&home).await;
    controller.until("it is heard", |status| position(status) == Some(BreakerState::On)).await;
    home.json(&["breaker", "open", "q-row", "--yes", "--why", "works"]).await;
    controller.until("it is open", |status| position(status) == Some(BreakerState::Off)).await;
    home.json(&["breaker", "close", "q-row", "--yes"]).await;
    controller.until("it is closed", |status| position(status) == Some(BreakerState::On)).await;
    // a breaker that takes the command and does not move is an error
    garage.tell("fault q-row ignore-writes");
    let output = home.run(&["breaker", "open", "q-row", "--yes", "-o", "json"]).await;
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert!(error.to_string().contains("stands as before"), "{error}");
    let output = home.run(&["breaker", "open", "nobody", "--yes"]).await;
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    garage.tell("fault q-row none");
    drop(controller);
    home.write_site(&text("", &garage.ports));
    let controller = Controller::start(&home).await;
    controller.until("it is heard", |status| position(status) == Some(BreakerState::On)).await;
    let output = home.run(&["breaker", "open", "q-row", "--yes"]).await;
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("remote: true"), "{output:?}");
    garage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_is_cut_when_chargers_alone_can_not_help_and_comes_back() {
    let text = |ports: &Ports| {
        let port = ports.get("q-heater").copied().unwrap_or(9300);
        format!(
            "{}breakers:\n  - {{name: q-heater, remote: true, profile: enmon-endpoint, address: \"http://127.0.0.1:{port}\"}}\n\
             loads:\n  - {{name: heater, circuit: main, breaker: q-heater, current: 16, minOn: 1s, minOff: 2s}}\n",
            Layout::default().text(ports)
        )
    };
    let garage = Garage::serve(&text(&Ports::new()), Path::new("/")).await;
    let home = Home::with_site(&text(&garage.ports));
    garage.tell("base main 20");
    garage.plug(&["ev1"]);
    let controller = Controller::start(&home).await;
    let charges = |status: &SiteStatus| charger(status, "ev1").offered.is_some_and(|amps| about(amps, 27.0));
    let status = controller.until("ev1 has what base load and heater leave", charges).await;
    assert_eq!(status.loads[0].state, LoadState::On);
    garage.tell("base main 55");
    let cut = |status: &SiteStatus| {
        status.loads[0].state != LoadState::On && position(status) == Some(BreakerState::Off)
    };
    let status = controller.until("the heater is cut", cut).await;
    assert!(alarms(&status, "heater", "load-shed"), "{:?}", status.alarms);
    assert_eq!(charger(&status, "ev1").setpoint, 0.0, "chargers give way first");
    garage.until("55 A are left", |truth| truth.circuits[0].drawn.l1.0 < 56.0).await;
    garage.tell("base main 20");
    let back = |status: &SiteStatus| {
        status.loads[0].state == LoadState::On
            && position(status) == Some(BreakerState::On)
            && charges(status)
    };
    controller.until("the heater is back, and ev1 has the rest", back).await;
    garage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charger_is_commissioned_and_what_was_learnt_is_written_with_the_comments_kept() {
    let layout = Layout::default();
    let garage = Garage::start(&layout).await;
    // ev2 is wired L2, L3, L1; the file says otherwise
    let wrong = layout.text(&garage.ports).replace("[L2, L3, L1]", "[L1, L2, L3]");
    let wrong = wrong.replace("chargers:\n", "chargers: # as the electrician said\n");
    let home = Home::with_site(&wrong);
    garage.tell("base main 5 6 7");
    let output = home.run(&["charger", "commission", "ev2", "--yes"]).await;
    assert_eq!(output.status.code(), Some(1), "no car is there: {output:?}");
    garage.tell("plug ev2 phases=1 max=16 delay=0.5 ramp=50 kwh=100");
    garage.mark();
    let seen = home.json(&["charger", "commission", "ev2", "--yes", "--dry-run"]).await;
    assert_eq!(seen["written"].as_bool(), Some(false));
    assert_eq!(std::fs::read_to_string(home.path().join("enmon.yaml")).unwrap(), wrong);
    let done = home.json(&["charger", "commission", "ev2", "--yes"]).await;
    assert_eq!((done["kind"].as_str(), done["carPhases"].as_u64()), (Some("Commissioning"), Some(1)));
    assert_eq!(done["phases"], serde_json::json!(["L2", "L3", "L1"]), "{done}");
    assert_eq!((done["step"].as_f64(), done["written"].as_bool()), (Some(0.1), Some(true)), "{done}");
    assert!(done["reactionMs"].as_u64().is_some_and(|ms| ms < 5_000), "{done}");
    let text = std::fs::read_to_string(home.path().join("enmon.yaml")).unwrap();
    assert!(text.contains("chargers: # as the electrician said\n"), "{text}");
    let line = text.lines().find(|line| line.contains("name: ev2")).unwrap();
    assert!(line.contains("phases: [L2, L3, L1]") && line.contains("step: 0.1"), "{line}");
    // it was never set higher than the others leave, and is left at its fail-safe current
    garage.assert_within_limits();
    assert!(about(garage.offers()[1], 6.0), "{:?}", garage.offers());
    let controller = Controller::start(&home).await;
    let output = home.run(&["charger", "commission", "ev2", "--yes"]).await;
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    drop(controller);
    garage.stop().await;
}

/// Counts the entries of the journal about the controller's life with this word.
fn journal(home: &Home, what: &str) -> u32 {
    let db = rusqlite::Connection::open(home.state("journal.sqlite")).unwrap();
    db.query_row("SELECT count(*) FROM life WHERE what = ?", [what], |row| row.get(0)).unwrap()
}
