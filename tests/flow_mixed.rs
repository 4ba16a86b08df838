//! The controller on a mixed site: one device of every Modbus profile, on every way that Modbus takes, through faults.
//!
//! The witness of the simulation has seen every offer at any moment, and holds it against the limits.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod flows;

use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use enmon::control::SiteStatus;
use enmon::profile::Catalogue;
use enmon::sim::SimHandle;
use rustix::process::Signal;
use tokio::task::JoinHandle;

use flows::about;
use flows::controller::{Controller, alarms, charger};
use flows::garage::Garage;
use flows::home::Home;
use flows::mixed::{
    FAIR, MIXED_INTERVAL, POSTS, Post, SAFE, STALE_AFTER, all_fair, is_fair, mixed, obeys, offer, profiles,
    shared,
};

/// Looks at every step for a charger that falls back, until it is asked.
struct Watch {
    ended: Arc<AtomicBool>,
    fallen: JoinHandle<Vec<String>>,
}

impl Watch {
    fn begin(handle: SimHandle) -> Watch {
        let ended = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&ended);
        let fallen = tokio::spawn(async move {
            let mut fallen = Vec::new();
            let look = handle.until(|truth| {
                let down = truth.chargers.iter().filter(|one| one.fallen_back);
                fallen.extend(down.map(|one| format!("{} at {} ms", one.name, truth.at_ms)));
                end.load(Ordering::Relaxed)
            });
            look.await;
            fallen
        });
        Watch { ended, fallen }
    }

    async fn assert_none_fell(self) {
        self.ended.store(true, Ordering::Relaxed);
        let fallen = self.fallen.await.unwrap();
        assert!(fallen.is_empty(), "watchdogs bit: {fallen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_modbus_profile_is_on_the_site_and_the_site_is_proven_safe() {
    let catalogue = Catalogue::built_in();
    let known =
        catalogue.iter().filter(|profile| profile.modbus.is_some()).map(|profile| profile.name.as_str());
    assert_eq!(profiles().into_iter().collect::<Vec<_>>(), known.collect::<Vec<_>>());
    let (garage, home) = mixed().await;
    let checked = home.json(&["check"]).await;
    assert_eq!(checked["proof"]["proven"], true, "{checked}");
    let online = home.json(&["check", "--online"]).await;
    assert_eq!(online["devices"].as_array().unwrap().len(), POSTS.len() + 5, "{online}");
    garage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_share_what_one_leaves_goes_to_others_and_no_watchdog_bites() {
    let (garage, home) = mixed().await;
    let controller = shared(&garage, &home).await;
    let watch = Watch::begin(garage.handle());
    let began = Instant::now();
    // one after the other leaves and comes back, a whole row at once: limits, pauses and their ends of every kind
    for half in [0, 1] {
        let (away, here) = (Post::half(half), Post::half(1 - half));
        for post in &away {
            garage.tell(&format!("unplug {}", post.name));
        }
        let paused = |status: &SiteStatus| {
            let truth = garage.truth();
            let is_off = |post: &&Post| offer(&truth, post.name) == 0.0 && obeys(status, &truth, post.name);
            let has_more = |post: &&Post| {
                charger(status, post.name).setpoint > FAIR + 1.0 && obeys(status, &truth, post.name)
            };
            away.iter().all(is_off) && here.iter().all(has_more)
        };
        controller.until("half of the cars have left", paused).await;
        garage.plug(&Post::names(&away));
        all_fair(&controller, &garage).await;
    }
    // the main circuit binds
    garage.assert_within_limits();
    garage.tell("base main 90");
    let tens = |status: &SiteStatus| {
        let truth = garage.truth();
        let has_ten = |post: &Post| {
            is_fair(charger(status, post.name).setpoint, 10.0) && obeys(status, &truth, post.name)
        };
        POSTS.iter().all(has_ten)
    };
    controller.until("10 A for all", tens).await;
    // twice the longest watchdog that the site has
    let long = Duration::from_secs(20);
    controller.until("nothing more happens", |status| began.elapsed() > long && tens(status)).await;
    watch.assert_none_fell().await;
    garage.stop().await;
}

/// Half of the devices can't be talked to: the others go on, nobody is asked for too much, and all come back.
async fn are_ill(half: usize, fault: &str) {
    let (garage, home) = mixed().await;
    let controller = shared(&garage, &home).await;
    let (ill, well) = (Post::half(half), Post::half(1 - half));
    for post in &ill {
        garage.tell(&format!("fault {} {fault}", post.name));
    }
    let silent = |status: &SiteStatus| {
        ill.iter().all(|post| {
            charger(status, post.name).reason_code == "silent" && alarms(status, post.name, "device-silent")
        })
    };
    let before = until_well(&controller, &well, "half are silent", silent).await;
    the_well_obey(&controller, &garage, &well).await;
    let after = controller.status().await;
    let cycles = (after.controller.cycles - before.controller.cycles) as f64;
    let per_cycle = Duration::from_millis(after.at - before.at).as_secs_f64() / cycles;
    assert!(per_cycle < 1.3 * MIXED_INTERVAL.as_secs_f64(), "{per_cycle} s a cycle");
    for post in &ill {
        garage.tell(&format!("fault {} none", post.name));
    }
    all_fair(&controller, &garage).await;
    garage.assert_within_limits();
    garage.stop().await;
}

/// One half on one site, the other half on another one at the same time.
async fn half_are_ill(fault: &str) {
    tokio::join!(are_ill(0, fault), are_ill(1, fault));
}

/// Waits for a condition, while those who are well are heard all the time.
async fn until_well(
    controller: &Controller<'_>,
    well: &[&Post],
    what: &str,
    condition: impl Fn(&SiteStatus) -> bool,
) -> SiteStatus {
    controller
        .until(what, |status| {
            for post in well {
                let age = charger(status, post.name).age_ms.map(Duration::from_millis);
                assert!(age.is_some_and(|age| age < STALE_AFTER), "{what}: {:?}", charger(status, post.name));
            }
            condition(status)
        })
        .await
}

/// One of the healthy in each row leaves: what it had goes to the others. It comes back: they give it back.
async fn the_well_obey(controller: &Controller<'_>, garage: &Garage, well: &[&Post]) {
    let leavers: Vec<&Post> =
        (1..=4).map(|row| *well.iter().find(|post| post.row == row).expect("some are well")).collect();
    for post in &leavers {
        garage.tell(&format!("unplug {}", post.name));
    }
    let leaves = |post: &Post| leavers.iter().any(|leaver| leaver.name == post.name);
    let given = |status: &SiteStatus| {
        let truth = garage.truth();
        well.iter().all(|post| {
            let setpoint = charger(status, post.name).setpoint;
            let is_right = match (leaves(post), post.row) {
                (true, _) => setpoint == 0.0,
                // what is silent behind a meter counts with what it draws and with what it could
                (false, 1 | 2) => true,
                (false, _) => setpoint > FAIR + 0.5,
            };
            is_right && obeys(status, &truth, post.name)
        })
    };
    until_well(controller, well, "those who stay have more", given).await;
    garage.plug(&Post::names(&leavers));
    let back = |status: &SiteStatus| {
        let truth = garage.truth();
        well.iter().all(|post| {
            let has_some =
                offer(&truth, post.name) >= 6.0 || charger(status, post.name).reason_code == "waits";
            has_some && obeys(status, &truth, post.name)
        })
    };
    until_well(controller, well, "they have something again", back).await;
    garage.assert_within_limits();
}

#[tokio::test(flavor = "multi_thread")]
async fn half_of_the_devices_are_silent() {
    half_are_ill("silent").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_of_the_devices_are_too_slow() {
    half_are_ill("slow 5000").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_of_the_devices_reset_their_connections() {
    half_are_ill("reset").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_of_the_devices_hang_up() {
    half_are_ill("close").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_of_the_devices_answer_with_exceptions() {
    half_are_ill("exception").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_of_the_devices_answer_with_garbage() {
    half_are_ill("garbage").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_others_pay_for_half_of_the_devices_that_take_limits_and_ignore_them() {
    tokio::join!(ignore_limits(0), ignore_limits(1));
}

/// Half of the devices take limits and do not obey them.
async fn ignore_limits(half: usize) {
    let (garage, home) = mixed().await;
    let controller = shared(&garage, &home).await;
    let (ill, well) = (Post::half(half), Post::half(1 - half));
    let leaver_of = |row| *well.iter().find(|post| post.row == row).expect("some are well");
    let leavers: Vec<&Post> = (1..=4).map(leaver_of).collect();
    for post in &leavers {
        garage.tell(&format!("unplug {}", post.name));
    }
    let raised = |status: &SiteStatus| {
        let truth = garage.truth();
        ill.iter().all(|post| offer(&truth, post.name) > FAIR + 0.5 && obeys(status, &truth, post.name))
    };
    controller.until("they have more", raised).await;
    for post in &ill {
        garage.tell(&format!("fault {} ignore-writes", post.name));
    }
    garage.plug(&Post::names(&leavers));
    let flagged = |status: &SiteStatus| {
        let truth = garage.truth();
        let is_flagged = |post: &&Post| {
            // whose watchdog hears only what is written has fallen back, or will
            let fell = post.watchdog.is_some() && offer(&truth, post.name) <= SAFE;
            fell || (alarms(status, post.name, "limit-not-obeyed")
                && charger(status, post.name).reason_code == "disobeys")
        };
        let obeyed = |post: &&Post| offer(&truth, post.name) >= 6.0 && obeys(status, &truth, post.name);
        ill.iter().all(is_flagged) && well.iter().all(obeyed)
    };
    controller.until("they are flagged, and the others pay", flagged).await;
    for post in &ill {
        garage.tell(&format!("fault {} none", post.name));
    }
    all_fair(&controller, &garage).await;
    garage.assert_within_limits();
    garage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_silent_meters_chargers_get_their_failsafe_current() {
    let (garage, home) = mixed().await;
    let controller = shared(&garage, &home).await;
    // a row's meter on the line of the main meter and one on a socket; then the main meter
    for meters in [
        vec![("row-1-meter", "row-1", "silent"), ("row-2-meter", "row-2", "reset")],
        vec![("main-meter", "main", "silent")],
    ] {
        for (meter, _, fault) in &meters {
            garage.tell(&format!("fault {meter} {fault}"));
        }
        let is_behind = |post: &Post| {
            meters.iter().any(|(_, circuit, _)| *circuit == "main" || *circuit == format!("row-{}", post.row))
        };
        let down = |status: &SiteStatus| {
            let truth = garage.truth();
            let is_known = |name: &str| !meters.iter().any(|(meter, ..)| *meter == name);
            let is_right = |post: &Post| {
                let offer = offer(&truth, post.name);
                let is_right = if is_behind(post) { about(offer, SAFE) } else { is_fair(offer, FAIR) };
                is_right && obeys(status, &truth, post.name)
            };
            meters.iter().all(|(_, circuit, _)| alarms(status, circuit, "meter-unknown"))
                && status.meters.iter().all(|meter| meter.known == is_known(&meter.name))
                && POSTS.iter().all(is_right)
        };
        controller.until("those behind them are down", down).await;
        for (meter, ..) in &meters {
            garage.tell(&format!("fault {meter} none"));
        }
        all_fair(&controller, &garage).await;
    }
    garage.assert_within_limits();
    garage.stop().await;
}

/// A port that is taken and on which nobody listens, until it is switched on.
struct Switch {
    socket: tokio::net::TcpSocket,
    behind: String,
}

impl Switch {
    /// Puts a switch before a device, and returns its address.
    fn before(address: &str) -> (Switch, String) {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let (scheme, behind) = address.split_once("://").unwrap();
        let switched = format!("{scheme}://{}", socket.local_addr().unwrap());
        (Switch { socket, behind: behind.to_owned() }, switched)
    }

    fn turn_on(self) {
        let listener = self.socket.listen(16).unwrap();
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let mut far = tokio::net::TcpStream::connect(&self.behind).await.unwrap();
                tokio::spawn(async move { tokio::io::copy_bidirectional(&mut near, &mut far).await });
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_each_kind_is_off_at_the_start_and_is_taken_in_when_it_appears() {
    let (garage, home) = mixed().await;
    let mut addresses = garage.addresses.clone();
    let mut switches = Vec::new();
    for name in ["keba-p30", "abb", "bender"] {
        let (switch, switched) = Switch::before(&addresses[name]);
        addresses.insert(name.into(), switched);
        switches.push(switch);
    }
    // adapters that are not plugged in
    let mut links = Vec::new();
    for name in ["mennekes", "abl"] {
        let (scheme, rest) =
            addresses[name].split_once("://").map(|(s, r)| (s.to_owned(), r.to_owned())).unwrap();
        let (terminal, settings) = rest
            .split_once('?')
            .map_or((rest.as_str(), String::new()), |(path, query)| (path, format!("?{query}")));
        let link = home.path().join(format!("tty-{name}"));
        addresses.insert(name.into(), format!("{scheme}://{}{settings}", link.display()));
        links.push((terminal.to_owned(), link));
    }
    // without power on lines that are there
    for name in ["heidelberg", "ev-ser", "roof"] {
        garage.tell(&format!("fault {name} silent"));
    }
    let off = ["keba-p30", "abb", "bender", "mennekes", "abl", "heidelberg", "ev-ser"];
    home.write_site(&flows::mixed::text(&addresses));
    garage.plug(&Post::names(&POSTS.iter().collect::<Vec<_>>()));
    let started = Instant::now();
    let controller = Controller::start(&home).await;
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    let rest_shares = |status: &SiteStatus| {
        let truth = garage.truth();
        let is_off = |name: &&str| charger(status, name).reason_code == "silent";
        let mut here = POSTS.iter().filter(|post| !off.contains(&post.name));
        off.iter().all(is_off)
            && here.all(|post| {
                let waits = charger(status, post.name).reason_code == "waits";
                (waits || offer(&truth, post.name) >= SAFE) && obeys(status, &truth, post.name)
            })
    };
    controller.until("the others share the rest", rest_shares).await;
    garage.assert_within_limits();
    for switch in switches {
        switch.turn_on();
    }
    for (terminal, link) in links {
        symlink(terminal, link).unwrap();
    }
    for name in ["heidelberg", "ev-ser", "roof"] {
        garage.tell(&format!("fault {name} none"));
    }
    all_fair(&controller, &garage).await;
    garage.assert_within_limits();
    garage.stop().await;
}

/// Chargers whose pause is a preset, a limit of its own, or 0 A.
const PAUSED: [&str; 9] =
    ["go-e", "alfen", "ev-ser", "keba-p30", "ev-eth", "charx-2", "abl", "mennekes", "heidelberg"];

/// Unplugs some cars and waits until their chargers are paused.
async fn pause_some(controller: &Controller<'_>, garage: &Garage) {
    for name in PAUSED {
        garage.tell(&format!("unplug {name}"));
    }
    let paused = |status: &SiteStatus| {
        let truth = garage.truth();
        POSTS.iter().all(|post| {
            (offer(&truth, post.name) == 0.0) == PAUSED.contains(&post.name)
                && obeys(status, &truth, post.name)
        })
    };
    controller.until("some are paused", paused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn watchdogs_take_over_from_a_killed_controller_and_all_are_shared_again_after_its_return() {
    let (garage, home) = mixed().await;
    let controller = shared(&garage, &home).await;
    pause_some(&controller, &garage).await;
    controller.signal(Signal::KILL);
    controller.ended().await;
    let had: Vec<f64> = garage.offers();
    let watched = |name: &str| POSTS.iter().any(|post| post.name == name && post.watchdog.is_some());
    garage
        .until("watchdogs have taken over", |truth| {
            truth.chargers.iter().zip(&had).all(|(one, had)| {
                if watched(&one.name) {
                    one.fallen_back && one.offered.0 <= SAFE
                } else {
                    about(one.offered.0, *had)
                }
            })
        })
        .await;
    garage.assert_within_limits();
    garage.plug(&PAUSED);
    let controller = Controller::start(&home).await;
    all_fair(&controller, &garage).await;
    garage.assert_within_limits();
    garage.stop().await;
}

async fn stopped(garage: &Garage, home: &Home, controller: Controller<'_>) {
    controller.signal(Signal::TERM);
    let (status, time) = controller.ended().await;
    assert_eq!(status.code(), Some(0), "{}", home.log());
    assert!(time < Duration::from_secs(6), "after {time:?}: {}", home.log());
    let offers: Vec<_> =
        garage.truth().chargers.iter().map(|one| (one.name.clone(), one.offered.0)).collect();
    assert!(offers.iter().all(|(_, amps)| about(*amps, SAFE)), "{offers:?}\n{}", home.log());
    garage.assert_within_limits();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_leaves_every_charger_at_its_failsafe_current_also_those_that_were_paused() {
    let (garage, home) = mixed().await;
    let controller = shared(&garage, &home).await;
    pause_some(&controller, &garage).await;
    stopped(&garage, &home, controller).await;
    // who was left like that is taken up again
    garage.plug(&PAUSED);
    let controller = Controller::start(&home).await;
    all_fair(&controller, &garage).await;
    garage.assert_within_limits();
    stopped(&garage, &home, controller).await;
    garage.stop().await;
}
