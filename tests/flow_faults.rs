//! The controller on devices that fail: the real program against simulated devices on real sockets, one fault a test.
//!
//! The garage has a row of chargers behind 40 A; its witness has seen every offer at any moment, and holds it against the limits.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod flows;

use std::time::{Duration, Instant};

use enmon::control::SiteStatus;

use flows::controller::{Controller, alarms, charger, setpoints};
use flows::garage::Garage;
use flows::home::Home;
use flows::layout::Layout;
use flows::{INTERVAL, SAMPLE, about};

/// A third of the row's 40 A, as it can be set.
const THIRD: f64 = 13.333;

/// Says whether these chargers have been told so much, and offer it.
fn all_have(status: &SiteStatus, names: &[&str], amps: f64) -> bool {
    names.iter().all(|name| {
        let charger = charger(status, name);
        about(charger.setpoint, amps) && charger.offered.is_some_and(|offered| about(offered, amps))
    })
}

/// Plugs cars in at ev1 to ev3 of a garage and starts a controller, which gives each a third.
async fn thirds<'a>(garage: &Garage, home: &'a Home) -> Controller<'a> {
    garage.tell("base main 5");
    garage.plug(&["ev1", "ev2", "ev3"]);
    garage.mark();
    let controller = Controller::start(home).await;
    controller.until("fair shares", |status| all_have(status, &["ev1", "ev2", "ev3"], THIRD)).await;
    controller
}

async fn garage(layout: &Layout) -> (Garage, Home) {
    let garage = Garage::start(layout).await;
    let home = Home::with_site(&layout.text(&garage.ports));
    (garage, home)
}

/// A charger that can't be talked to: it counts with what it could offer, the others go on, and it gets its share when it is back.
async fn cannot_be_talked_to(fault: &str) {
    let (garage, home) = garage(&Layout::default()).await;
    let controller = thirds(&garage, &home).await;
    garage.tell(&format!("fault ev1 {fault}"));
    let status = controller
        .until("it is taken to be silent", |status| charger(status, "ev1").reason_code == "silent")
        .await;
    assert!(alarms(&status, "ev1", "device-silent"), "{:?}", status.alarms);
    let silent = charger(&status, "ev1");
    assert!(silent.state.is_none(), "{silent:?}");
    assert!(silent.reason.contains("counts with 13.3"), "{silent:?}");
    // what ev2 gives back goes to ev3, and not what ev1 may still be offering
    garage.tell("unplug ev2");
    let rest = 40.0 - THIRD;
    let status = controller.until("ev3 has the rest", |status| all_have(status, &["ev3"], rest)).await;
    let silent = charger(&status, "ev1");
    assert!(silent.reason_code == "silent" && silent.fault.is_some(), "{silent:?}");
    garage.tell("fault ev1 none");
    let halves = |status: &SiteStatus| all_have(status, &["ev1", "ev3"], 20.0);
    let status = controller.until("both have a half", halves).await;
    assert!(!alarms(&status, "ev1", "device-silent") && charger(&status, "ev1").fault.is_none());
    garage.assert_within_limits();
    garage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charger_goes_silent_and_comes_back() {
    cannot_be_talked_to("silent").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charger_resets_its_connections_and_comes_back() {
    cannot_be_talked_to("reset").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charger_answers_with_exceptions_and_comes_back() {
    cannot_be_talked_to("exception").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charger_answers_with_garbage_and_comes_back() {
    cannot_be_talked_to("garbage").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charger_answers_too_slowly_and_comes_back() {
    cannot_be_talked_to("slow 3000").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn current_goes_to_others_only_after_a_slow_charger_has_given_it_back() {
    // nothing but what the slow one may be offering holds the others back
    let (garage, home) = garage(&Layout { raise_after: "0s", ..Layout::default() }).await;
    let controller = thirds(&garage, &home).await;
    garage.tell("fault ev1 slow 300");
    garage.plug(&["ev4"]);
    let quarters = |status: &SiteStatus| all_have(status, &["ev1", "ev2", "ev3", "ev4"], 10.0);
    let status = controller.until("quarters", quarters).await;
    assert!(!alarms(&status, "ev1", "device-silent"), "{:?}", status.alarms);
    garage.tell("fault ev1 none");
    garage.tell("unplug ev4");
    controller.until("thirds again", |status| all_have(status, &["ev1", "ev2", "ev3"], THIRD)).await;
    garage.assert_within_limits();
    garage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn others_pay_for_a_charger_that_ignores_its_limit() {
    let (garage, home) = garage(&Layout::default()).await;
    let controller = thirds(&garage, &home).await;
    garage.tell("fault ev1 ignore-writes");
    garage.plug(&["ev4"]);
    let flagged = |status: &SiteStatus| alarms(status, "ev1", "limit-not-obeyed");
    let status = controller.until("it is flagged", flagged).await;
    assert_eq!(charger(&status, "ev1").reason_code, "disobeys");
    // it takes 13.3 A; three others share what is left
    let paid = (40.0 - THIRD) / 3.0;
    let status =
        controller.until("the others pay", |status| all_have(status, &["ev2", "ev3", "ev4"], paid)).await;
    assert!(about(charger(&status, "ev1").offered.unwrap(), THIRD), "{:?}", charger(&status, "ev1"));
    garage.tell("fault ev1 none");
    let quarters = |status: &SiteStatus| all_have(status, &["ev1", "ev2", "ev3", "ev4"], 10.0);
    let status = controller.until("it obeys again", quarters).await;
    assert!(!flagged(&status));
    garage.assert_within_limits();
    garage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jump_is_answered_in_time_beside_a_charger_that_ignores_its_limit() {
    let (garage, home) = garage(&Layout { chargers: 3, ..Layout::default() }).await;
    let controller = thirds(&garage, &home).await;
    garage.tell("fault ev1 ignore-writes");
    garage.assert_within_limits();
    // 27 A are left; ev1 goes on with 13.3 of them
    garage.tell("base main 36");
    let paid = (27.0 - THIRD) / 2.0;
    controller.until("the others pay", |status| all_have(status, &["ev2", "ev3"], paid)).await;
    garage.assert_answered_in_time(1);
    garage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_charger_that_is_off_at_the_start_holds_nobody_up() {
    let layout = Layout { watchdog: "3s", ..Layout::default() };
    let garage = Garage::start(&layout).await;
    garage.tell("base main 5");
    garage.plug(&["ev1", "ev2", "ev3", "ev4"]);
    garage.mark();
    // its port is taken, and nobody listens there yet
    let switch = tokio::net::TcpSocket::new_v4().unwrap();
    switch.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let mut ports = garage.ports.clone();
    let behind = ports.insert("ev1".into(), switch.local_addr().unwrap().port()).unwrap();
    let home = Home::with_site(&layout.text(&ports));
    let started = Instant::now();
    let controller = Controller::start(&home).await;
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    let status = controller.status().await;
    let off = charger(&status, "ev1");
    assert_eq!((off.state, off.age_ms, off.reason_code.as_str()), (None, None, "silent"), "{off:?}");
    // it may be offering all it has until its watchdog must have brought it down to 6 A
    let rest = 34.0 / 3.0;
    controller.until("the rest is shared", |status| all_have(status, &["ev2", "ev3", "ev4"], rest)).await;
    let listener = switch.listen(16).unwrap();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let mut far = tokio::net::TcpStream::connect(("127.0.0.1", behind)).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut near, &mut far).await });
        }
    });
    let quarters = |status: &SiteStatus| all_have(status, &["ev1", "ev2", "ev3", "ev4"], 10.0);
    controller.until("it is switched on", quarters).await;
    garage.assert_within_limits();
    garage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_silent_meter_chargers_get_their_failsafe_current() {
    let (garage, home) = garage(&Layout::default()).await;
    let controller = thirds(&garage, &home).await;
    garage.tell("fault main-meter silent");
    let silent_since = Instant::now();
    garage.until("all are down", |truth| truth.chargers.iter().all(|one| one.offered.0 <= 6.0)).await;
    let within = Duration::from_secs(1) + INTERVAL + SAMPLE;
    assert!(silent_since.elapsed() <= within, "after {:?}", silent_since.elapsed());
    let status =
        controller.until("the meter is unknown", |status| alarms(status, "main", "meter-unknown")).await;
    assert!(status.circuits[0].meter_unknown && !status.meters[0].known);
    assert!(charger(&status, "ev1").reason.contains("meter main-meter unknown"), "{status:?}");
    // what the file declares as the worst fits beside the fail-safe currents
    garage.tell("base main 35");
    garage.plug(&["ev4"]);
    controller
        .until("all have the least", |status| all_have(status, &["ev1", "ev2", "ev3", "ev4"], 6.0))
        .await;
    garage.tell("fault main-meter none");
    let raised = |status: &SiteStatus| all_have(status, &["ev1", "ev2", "ev3", "ev4"], 7.0);
    let status = controller.until("what the meter leaves is shared", raised).await;
    assert!(!status.circuits[0].meter_unknown);
    garage.assert_within_limits();
    garage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_load_that_jumps_is_answered_and_its_fall_is_used_after_the_hold() {
    let (garage, home) = garage(&Layout { chargers: 3, ..Layout::default() }).await;
    let controller = thirds(&garage, &home).await;
    garage.assert_within_limits();
    garage.tell("base main 42");
    controller.until("a third of 21 A", |status| all_have(status, &["ev1", "ev2", "ev3"], 7.0)).await;
    garage.assert_answered_in_time(0);
    garage.mark();
    garage.tell("base main 5");
    let fallen = Instant::now();
    controller.until("raised", |status| all_have(status, &["ev1", "ev2", "ev3"], THIRD)).await;
    assert!(fallen.elapsed() >= Duration::from_secs(1), "after {:?}", fallen.elapsed());
    garage.assert_within_limits();
    garage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_chargers_do_not_delay_the_others() {
    let (garage, home) = garage(&Layout::default()).await;
    let controller = thirds(&garage, &home).await;
    for fault in ["fault ev1 silent", "fault ev4 slow 30000"] {
        garage.tell(fault);
    }
    let dead =
        |status: &SiteStatus| ["ev1", "ev4"].iter().all(|name| charger(status, name).reason_code == "silent");
    let before = controller.until("two are dead", dead).await;
    let later = before.controller.cycles + 10;
    let mut ages = Vec::new();
    let after = loop {
        let status = controller.status().await;
        ages.extend(["ev2", "ev3"].map(|name| charger(&status, name).age_ms.unwrap()));
        ages.push(status.meters[0].age_ms.unwrap());
        if status.controller.cycles >= later {
            break status;
        }
        tokio::task::yield_now().await;
    };
    let cycles = after.controller.cycles - before.controller.cycles;
    let per_cycle = Duration::from_millis(after.at - before.at).as_secs_f64() / cycles as f64;
    assert!(per_cycle < 1.3 * INTERVAL.as_secs_f64(), "{per_cycle} s a cycle");
    let oldest = ages.into_iter().max().unwrap();
    assert!(u128::from(oldest) < INTERVAL.as_millis(), "a value was {oldest} ms old");
    // a jump is answered in time all the same, by those who can hear
    garage.assert_within_limits();
    garage.tell("base main 35");
    controller.until("who can pay pays", |status| setpoints(status)[1..3].iter().sum::<f64>() < 15.0).await;
    garage.assert_answered_in_time(0);
    garage.stop().await;
}
