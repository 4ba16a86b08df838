//! The main job on devices that nobody here wrote: `enmon control run` on four chargers and a meter served by pymodbus.
//!
//! The peer writes down every limit when it has taken effect, with what all chargers offer then, and every change of the base load; the
//! record is held against the limits from its first to its last line.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod flows;
mod modbus;

use std::time::Duration;

use enmon::control::SiteStatus;
use serde_json::Value;

use flows::controller::{Controller, charger, setpoints};
use flows::home::Home;
use flows::layout::{Layout, Ports};
use flows::{SAMPLE, about};
use modbus::peer::{Peer, mbpoll};

const CHARGERS: [&str; 4] = ["ev1", "ev2", "ev3", "ev4"];
/// The controller's interval here.
const INTERVAL: Duration = Duration::from_millis(400);
/// Limits of the main circuit and of the row.
const MAIN: f64 = 63.0;
const ROW: f64 = 40.0;

/// Says whether every charger has been told so much, and offers it.
fn all_have(status: &SiteStatus, amps: f64) -> bool {
    CHARGERS.iter().all(|name| {
        let charger = charger(status, name);
        about(charger.setpoint, amps) && charger.offered.is_some_and(|offered| about(offered, amps))
    })
}

/// What the record says was offered and drawn since a moment.
#[derive(Debug, Default)]
struct Record {
    base: f64,
    offered: f64,
    /// Since when the main circuit could carry more than its limit.
    over_since: Option<f64>,
    /// The longest time for which it could, in seconds.
    longest: f64,
    lines: usize,
}

impl Record {
    /// Takes a line in. The row's limit holds at any moment: nothing but chargers draws there.
    fn take(&mut self, line: &Value) {
        self.lines += 1;
        let at = line["at"].as_f64().unwrap();
        let amps = |value: &Value| value.as_f64().unwrap();
        match line["event"].as_str().unwrap() {
            "base" => self.base = amps(&line["amperes"][0]),
            "limit" => {
                self.offered = line["offered"].as_array().unwrap().iter().map(amps).sum();
                let told = amps(&line["milliamperes"]);
                assert!(told == 0.0 || told >= 6000.0, "between 0 and 6 A: {line}");
            }
            other => panic!("{other}: nobody's watchdog runs out"),
        }
        assert!(self.offered <= ROW + 1e-6, "the row: {line}");
        let over = self.base + self.offered > MAIN + 1e-6;
        if let Some(since) = self.over_since {
            self.longest = self.longest.max(at - since);
        }
        self.over_since = over.then(|| self.over_since.unwrap_or(at));
    }
}

/// Reads the record up to the next change of the base load, which it lets the peer make.
fn read_on(site: &mut Peer, base: u32, record: &mut Record) {
    site.tell(&format!("base {base} {base} {base}"));
    loop {
        let line = site.next();
        let is_base = line["event"] == "base";
        if is_base {
            assert_eq!(record.over_since, None, "before the jump to {base} A: {record:?}");
        }
        record.take(&line);
        if is_base {
            assert_eq!(line["amperes"][0], f64::from(base));
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn chargers_of_others_are_kept_under_the_limits() {
    let mut site = Peer::start("site.py", &["--chargers", "4", "--max", "32", "--failsafe", "6"]);
    let ready = site.next();
    let port = |value: &Value| u16::try_from(value.as_u64().unwrap()).unwrap();
    let mut ports = Ports::from([("main-meter".to_owned(), port(&ready["meter"]))]);
    ports.extend(
        CHARGERS
            .iter()
            .zip(ready["chargers"].as_array().unwrap())
            .map(|(name, at)| ((*name).to_owned(), port(at))),
    );
    let mut record = Record { offered: 24.0, ..Record::default() };
    read_on(&mut site, 10, &mut record);

    let home = Home::with_site(&Layout { interval: "400ms", ..Layout::default() }.text(&ports));
    let controller = Controller::start(&home).await;
    let status = controller.until("fair shares of the row", |status| all_have(status, 10.0)).await;
    assert!(charger(&status, "ev1").reason.contains("limited by row-1"), "{:?}", charger(&status, "ev1"));

    // 33 A are left for four chargers behind the main circuit; then 27 A
    for (base, share) in [(30, 8.25), (36, 6.75)] {
        read_on(&mut site, base, &mut record);
        controller.until("lower limits", |status| all_have(status, share)).await;
    }
    // 16 A are too few for all four: two take their turn, or three would be over
    read_on(&mut site, 47, &mut record);
    let two = |status: &SiteStatus| setpoints(status).iter().filter(|amps| **amps > 0.0).count() == 2;
    let status = controller.until("two have a turn", two).await;
    assert_eq!(status.chargers.iter().filter(|charger| charger.reason_code == "waits").count(), 2);

    read_on(&mut site, 5, &mut record);
    let fallen = std::time::Instant::now();
    controller.until("raised after the hold", |status| all_have(status, 10.0)).await;
    assert!(fallen.elapsed() >= Duration::from_secs(1), "after {:?}", fallen.elapsed());

    let meter = format!("modbus+tcp://127.0.0.1:{}", ports["main-meter"]);
    let theirs = mbpoll(&meter, 1, &["-t", "3:float", "-r", "6", "-c", "3"]);
    let arguments = ["modbus", "read", &meter, "--unit", "1", "input", "6", "--count", "6", "--type", "f32"];
    let ours = modbus::values(&home.json(&arguments).await);
    let theirs: Vec<f64> = theirs.iter().map(|value| value.parse().unwrap()).collect();
    assert_eq!(ours, [45.0; 3], "the base load and four chargers");
    assert_eq!(theirs, [45.0; 3]);

    controller.signal(rustix::process::Signal::TERM);
    assert_eq!(controller.ended().await.0.code(), Some(0), "{}", home.log());
    read_on(&mut site, 0, &mut record);
    assert_eq!((record.over_since, record.offered), (None, 24.0), "all are at their safe current");
    assert!(record.longest > 0.0, "nothing has jumped");
    let within = (INTERVAL + SAMPLE).as_secs_f64();
    assert!(record.longest <= within, "over the limit for {} s", record.longest);
    assert!(record.lines > 25, "{} lines", record.lines);
}
