//! The life of a controller over real sockets: killed and started again, stopped, given another site file, in the background.
//!
//! `control_daemon` holds the process itself to its promises; here it is what the chargers offer meanwhile.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod flows;

use std::time::Duration;

use enmon::control::SiteStatus;
use rustix::process::{Pid, Signal, kill_process};

use flows::about;
use flows::controller::{Api, Controller, charger, setpoints};
use flows::garage::Garage;
use flows::home::Home;
use flows::layout::Layout;

const ALL: [&str; 4] = ["ev1", "ev2", "ev3", "ev4"];

/// Says whether these chargers have been told so much, and offer it.
fn all_have(status: &SiteStatus, names: &[&str], amps: f64) -> bool {
    names.iter().all(|name| {
        let charger = charger(status, name);
        about(charger.setpoint, amps) && charger.offered.is_some_and(|offered| about(offered, amps))
    })
}

async fn garage(layout: &Layout) -> (Garage, Home) {
    let garage = Garage::start(layout).await;
    garage.tell("base main 5");
    garage.mark();
    let home = Home::with_site(&layout.text(&garage.ports));
    (garage, home)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_controller_comes_back_with_its_orders_and_within_the_limits() {
    let (garage, home) = garage(&Layout::default()).await;
    garage.plug(&ALL);
    let controller = Controller::start(&home).await;
    controller.until("quarters", |status| all_have(status, &ALL, 10.0)).await;
    let set = home.run(&["charger", "set-limit", "ev2", "7", "--for", "1h", "--why", "works on the cable"]);
    let set = set.await;
    assert_eq!(set.status.code(), Some(0), "{set:?}");
    let third = 11.0;
    let others = ["ev1", "ev3", "ev4"];
    let lowered = |status: &SiteStatus| all_have(status, &["ev2"], 7.0) && all_have(status, &others, third);
    let order = charger(&controller.until("ev2 is lowered", lowered).await, "ev2").order.clone();
    assert!(order.is_some());

    controller.signal(Signal::KILL);
    controller.ended().await;
    assert!(
        garage.offers().iter().sum::<f64>() > 39.0,
        "nobody has told them anything: {:?}",
        garage.offers()
    );
    garage.tell("unplug ev4");
    let controller = Controller::start(&home).await;
    let others = ["ev1", "ev3"];
    let shared = |status: &SiteStatus| all_have(status, &["ev2"], 7.0) && all_have(status, &others, 16.5);
    let status = controller.until("the order is in force, and the rest is shared", shared).await;
    assert_eq!(charger(&status, "ev2").order, order);
    assert!(charger(&status, "ev2").reason.contains("order"), "{:?}", charger(&status, "ev2"));
    let resumed = home.run(&["charger", "resume", "ev2"]).await;
    assert_eq!(resumed.status.code(), Some(0), "{resumed:?}");
    controller.until("thirds", |status| all_have(status, &["ev1", "ev2", "ev3"], 13.333)).await;
    garage.assert_within_limits();
    garage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_turns_go_on_after_a_kill() {
    // three may have the least current; without a fail-safe current nobody falls back to more than he had
    let layout = Layout { row: 18, failsafe: 0, ..Layout::default() };
    let (garage, home) = garage(&layout).await;
    // who would be first by the file comes last
    garage.plug(&["ev2", "ev3", "ev4"]);
    let controller = Controller::start(&home).await;
    let in_turn = ["ev2", "ev3", "ev4"];
    controller.until("three have their turn", |status| all_have(status, &in_turn, 6.0)).await;
    garage.plug(&["ev1"]);
    let waits = |status: &SiteStatus| charger(status, "ev1").reason_code == "waits";
    controller.until("ev1 waits", waits).await;
    // the turns are written down from time to time, and with every order
    let set = home.run(&["charger", "set-limit", "ev3", "20", "--for", "1h"]).await;
    assert_eq!(set.status.code(), Some(0), "{set:?}");
    controller.signal(Signal::KILL);
    controller.ended().await;
    let controller = Controller::start(&home).await;
    let again = controller.until("turns", |status| waits(status) && all_have(status, &in_turn, 6.0)).await;
    assert!(charger(&again, "ev1").reason.contains("waits its turn"));
    let later = again.controller.cycles + 5;
    let later = controller.until("five decisions more", |status| status.controller.cycles >= later).await;
    assert_eq!(setpoints(&later), [0.0, 6.0, 6.0, 6.0]);
    garage.assert_within_limits();
    garage.stop().await;
}

/// Stops a controller while a charger does this, and returns what the chargers offer then.
async fn stopped(fault: Option<&str>, signal: Signal) -> Vec<f64> {
    let (garage, home) = garage(&Layout::default()).await;
    garage.plug(&["ev1", "ev2", "ev3"]);
    let controller = Controller::start(&home).await;
    controller.until("thirds", |status| all_have(status, &["ev1", "ev2", "ev3"], 13.333)).await;
    if let Some(fault) = fault {
        garage.tell(fault);
    }
    controller.signal(signal);
    let (status, time) = controller.ended().await;
    let offers = garage.offers();
    assert_eq!(status.code(), Some(0), "{}", home.log());
    assert!(time < Duration::from_secs(5), "after {time:?}");
    garage.assert_within_limits();
    garage.stop().await;
    offers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_leaves_every_charger_at_its_safe_current() {
    for signal in [Signal::TERM, Signal::INT] {
        assert_eq!(stopped(None, signal).await, [6.0; 4]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_is_not_held_up_by_a_dead_charger() {
    let offers = stopped(Some("fault ev2 silent"), Signal::TERM).await;
    // ev4 offered nothing, and is not raised beside a charger of which nothing is known
    assert_eq!((offers[0], offers[2], offers[3]), (6.0, 6.0, 0.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_brings_new_limits_and_a_broken_file_changes_nothing() {
    let layout = Layout::default();
    let (garage, home) = garage(&layout).await;
    garage.plug(&ALL);
    let controller = Controller::start(&home).await;
    controller.until("quarters", |status| all_have(status, &ALL, 10.0)).await;
    let lower = Layout { row: 32, ..layout.clone() }.text(&garage.ports);
    home.write_site(&lower);
    controller.signal(Signal::HUP);
    let lowered = |status: &SiteStatus| all_have(status, &ALL, 8.0) && status.controller.reloads == 1;
    let status = controller.until("the new limit is in force", lowered).await;
    assert_eq!(status.circuits[1].phases[0].limit, 32.0);

    home.write_site(&lower.replace("circuit: row-1, phases: [L1, L2, L3]", "circuit: nowhere, phases: [L1]"));
    controller.signal(Signal::HUP);
    let refused = |status: &SiteStatus| status.controller.reload_error.is_some();
    let status = controller.until("it is refused", refused).await;
    let later = status.controller.cycles + 5;
    let status = controller.until("it goes on", |status| status.controller.cycles >= later).await;
    assert!(all_have(&status, &ALL, 8.0) && status.controller.reloads == 1, "{status:?}");
    assert!(home.log().contains("nowhere"), "{}", home.log());
    garage.assert_within_limits();

    home.write_site(&layout.text(&garage.ports));
    controller.signal(Signal::HUP);
    let status = controller.until("the old limit again", |status| all_have(status, &ALL, 10.0)).await;
    assert_eq!((status.controller.reloads, status.controller.reload_error), (2, None));
    garage.assert_within_limits();
    garage.stop().await;
}

/// Kills a process that nobody waits for, when a test fails.
struct Background(Pid);

impl Drop for Background {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = kill_process(self.0, Signal::KILL);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_controls_until_it_is_stopped() {
    let layout = Layout::default();
    let (garage, home) = garage(&layout).await;
    garage.plug(&ALL);
    let started = home.json(&["control", "run", "--daemon"]).await;
    let pid = u32::try_from(started["pid"].as_u64().unwrap()).unwrap();
    let background = Background(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap());
    let api = Api::of(&home, pid).await.expect("it is ready when its start is reported");
    api.until(|status| all_have(status, &ALL, 10.0)).await.expect("quarters");
    assert_eq!(home.json(&["control", "status"]).await["pid"], pid);
    let status = home.json(&["status"]).await;
    assert_eq!(status["chargers"][3]["state"], "charging");

    home.write_site(&Layout { row: 32, ..layout }.text(&garage.ports));
    assert_eq!(home.json(&["control", "reload"]).await["done"], true);
    api.until(|status| all_have(status, &ALL, 8.0)).await.expect("the new limit is in force");
    let stopped = home.json(&["control", "stop"]).await;
    assert_eq!(stopped["pid"], pid);
    assert_eq!(garage.offers(), [6.0; 4]);
    assert_eq!(home.run(&["control", "status"]).await.status.code(), Some(1));
    garage.assert_within_limits();
    drop(background);
    garage.stop().await;
}
