//! One run: devices, controller, jumps.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::big_site::{BigSite, PER_ROW, Supply};
use crate::measured::{Process, percentile, sorted};

const PROGRAM: &str = env!("CARGO_BIN_EXE_enmon");
/// Of a row's 40 A, four chargers need 24 A at the least; the jumps together take most of the rest.
const TO_TAKE: f64 = (40.0 - 6.0 * PER_ROW as f64) * 0.9;
const QUIET: Duration = Duration::from_secs(15);
const PATIENCE: Duration = Duration::from_secs(60);

/// What was measured.
#[derive(Debug, Default)]
pub struct Outcome {
    pub reactions_ms: Vec<f64>,
    pub from_jump_ms: Vec<f64>,
    pub steps_ms: Vec<f64>,
    pub observes_ms: Vec<f64>,
    pub memory_mb: f64,
    pub most_memory_mb: f64,
    pub processor_percent: f64,
    pub quiet_processor_percent: f64,
    pub devices_processor_percent: f64,
    pub open_files: usize,
    pub metrics_ms: f64,
    pub metrics_kb: f64,
    pub end_ms: f64,
}

/// Measures at a size.
pub fn run(chargers: usize, jumps: usize) -> Outcome {
    let folder = tempfile::TempDir::new().unwrap();
    let site = BigSite { chargers, supply: Supply::Plenty };
    let mut devices = Devices::start(site, folder.path());
    for charger in 0..chargers {
        devices.tell(&format!("plug ev{charger} kwh=100000 max=32 delay=0 ramp=1000"));
    }
    let mut controller = Controller::start(site, folder.path(), &devices.addresses);
    devices.settle(site);
    let mut outcome = Outcome::default();
    let (begun, used) = (Instant::now(), controller.process().processor_time());
    thread::sleep(QUIET);
    outcome.quiet_processor_percent = percent(controller.process().processor_time() - used, begun.elapsed());
    jump(site, jumps, &mut devices, &mut controller, &mut outcome);
    let process = controller.process();
    outcome.memory_mb = process.memory_mb("VmRSS");
    outcome.most_memory_mb = process.memory_mb("VmHWM");
    outcome.open_files = process.open_files();
    let truth = devices.truth();
    let main = &truth["circuits"][0];
    for phase in ["L1", "L2", "L3"] {
        let amps = |what: &str| main[what][phase].as_f64().unwrap_or(f64::NAN);
        // what is offered holds the base load
        let (offered, limit) = (amps("offered"), amps("limit"));
        assert!(offered <= limit + 0.01, "{phase}: {offered} A offered of {limit} A");
    }
    outcome.end_ms = controller.end();
    outcome
}

fn percent(used: Duration, passed: Duration) -> f64 {
    used.as_secs_f64() / passed.as_secs_f64() * 100.0
}

fn jump(
    site: BigSite,
    jumps: usize,
    devices: &mut Devices,
    controller: &mut Controller,
    outcome: &mut Outcome,
) {
    let mut chance = fastrand::Rng::with_seed(7);
    let (begun, used, devices_used) =
        (Instant::now(), controller.process().processor_time(), devices.process().processor_time());
    let mut fetched = Instant::now();
    let mut fetches = Vec::new();
    for number in 1..=jumps {
        // what was written before says nothing of this jump
        while controller.written.try_recv().is_ok() {}
        let amps = site.rows() as f64 * TO_TAKE * number as f64 / jumps as f64;
        let jumped = Instant::now();
        devices.tell(&format!("base main {amps:.2}"));
        let written = controller.all_lowered(site.chargers);
        outcome.from_jump_ms.push(written.at.duration_since(jumped).as_secs_f64() * 1000.0);
        outcome.reactions_ms.push(written.reaction_ms);
        outcome.steps_ms.push(written.step_ms);
        outcome.observes_ms.push(written.observe_ms);
        if fetched.elapsed() > Duration::from_secs(5) {
            fetched = Instant::now();
            let bytes = controller.fetch("/metrics");
            fetches.push(fetched.elapsed().as_secs_f64() * 1000.0);
            outcome.metrics_kb = bytes as f64 / 1000.0;
        }
        thread::sleep(Duration::from_millis(chance.u64(700..2_700)));
    }
    outcome.metrics_ms = if fetches.is_empty() { f64::NAN } else { percentile(&sorted(fetches), 0.5) };
    outcome.processor_percent = percent(controller.process().processor_time() - used, begun.elapsed());
    outcome.devices_processor_percent =
        percent(devices.process().processor_time() - devices_used, begun.elapsed());
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.env_clear().env("HOME", folder).current_dir(folder).args(arguments);
    command
}

/// The simulated devices.
struct Devices {
    child: Child,
    orders: ChildStdin,
    lines: Receiver<String>,
    addresses: HashMap<String, String>,
}

impl Devices {
    fn start(site: BigSite, folder: &Path) -> Devices {
        // any free ports: these only have to differ
        let port = std::cell::Cell::new(10_000);
        let text = site.text("127.0.0.1:0", |_| {
            port.set(port.get() + 1);
            format!("modbus+tcp://127.0.0.1:{}", port.get())
        });
        fs::write(folder.join("devices.yaml"), text).unwrap();
        let flags = ["--site", "devices.yaml", "--scene", "still", "--commands", "--any-port", "-o", "json"];
        let mut child = command(folder, &["sim", "run"])
            .args(flags)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let orders = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (line_in, lines) = mpsc::channel();
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| line_in.send(line)));
        let mut devices = Devices { child, orders, lines, addresses: HashMap::new() };
        let ready = devices.answer();
        for device in ready["devices"].as_array().expect("devices") {
            let word = |key: &str| device[key].as_str().unwrap().to_owned();
            devices.addresses.insert(word("name"), word("address"));
        }
        devices
    }

    fn process(&self) -> Process {
        Process { id: self.child.id() }
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.orders, "{line}").and_then(|()| self.orders.flush()).unwrap();
    }

    fn answer(&self) -> Value {
        serde_json::from_str(&self.lines.recv_timeout(PATIENCE).expect("an answer of the devices")).unwrap()
    }

    fn truth(&mut self) -> Value {
        self.tell("truth");
        self.answer()
    }

    /// Waits until the rows are full and nothing changes any more.
    fn settle(&mut self, site: BigSite) {
        let begun = Instant::now();
        loop {
            let offered = self.truth()["circuits"][0]["offered"]["L1"].as_f64().unwrap();
            if offered >= site.main_limit() * 0.98 {
                return;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "the chargers get only {offered} A of {} A",
                site.main_limit()
            );
            thread::sleep(Duration::from_secs(1));
        }
    }
}

impl Drop for Devices {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A line of the controller's log: all limits of a cycle are written and read back.
struct Written {
    at: Instant,
    lowered: u64,
    unanswered: u64,
    reaction_ms: f64,
    step_ms: f64,
    observe_ms: f64,
}

struct Controller {
    child: Child,
    written: Receiver<Written>,
    api: String,
}

impl Controller {
    fn start(site: BigSite, folder: &Path, addresses: &HashMap<String, String>) -> Controller {
        // big_site speaks of Modbus and replaces it where a device speaks HTTP
        let text = site.text("127.0.0.1:0", |name| addresses[name].replace("http:", "modbus+tcp:"));
        fs::write(folder.join("enmon.yaml"), text).unwrap();
        let mut child = command(folder, &["control", "run", "--site", "enmon.yaml", "--log-format", "json"])
            .env("ENMON_LOG", "warn,enmon=info,enmon::control::driver=debug")
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let (written_in, written) = mpsc::channel();
        let (ready_in, ready) = mpsc::channel();
        thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                let at = Instant::now();
                let Ok(entry) = serde_json::from_str::<Value>(&line) else {
                    println!("{line}");
                    continue;
                };
                let number = |key: &str| entry[key].as_f64().unwrap_or(f64::NAN);
                let count = |key: &str| entry[key].as_u64().unwrap_or_default();
                match entry["message"].as_str() {
                    Some("limits written") => {
                        let (lowered, unanswered) = (count("lowered"), count("unanswered"));
                        let (reaction_ms, step_ms) = (number("reaction_ms"), number("step_ms"));
                        let observe_ms = number("observe_ms");
                        let heard = Written { at, lowered, unanswered, reaction_ms, step_ms, observe_ms };
                        // nobody listens any more at the end
                        let _ = written_in.send(heard);
                    }
                    Some("ready") => {
                        let _ = ready_in.send(entry["api"].as_str().unwrap_or_default().to_owned());
                    }
                    // that is what the jumps are for
                    _ if entry["code"] == "over-limit" => {}
                    _ if entry["level"] == "WARN" || entry["level"] == "ERROR" => println!("{line}"),
                    _ => {}
                }
            }
        });
        let url = ready.recv_timeout(PATIENCE).expect("the controller gets ready");
        let api = url.trim_start_matches("http://").trim_matches('"').to_owned();
        Controller { child, written, api }
    }

    fn process(&self) -> Process {
        Process { id: self.child.id() }
    }

    /// Waits until nearly all chargers have been lowered in one cycle.
    fn all_lowered(&self, chargers: usize) -> Written {
        let begun = Instant::now();
        loop {
            match self.written.recv_timeout(Duration::from_secs(10)) {
                Ok(written) if written.lowered as usize * 10 >= chargers * 9 => {
                    assert_eq!(written.unanswered, 0, "limits were still on their way a cycle later");
                    return written;
                }
                Ok(_) if begun.elapsed() < Duration::from_secs(10) => {}
                Ok(_) | Err(RecvTimeoutError::Timeout) => panic!("no answer to a jump within 10 s"),
                Err(RecvTimeoutError::Disconnected) => panic!("the controller has ended"),
            }
        }
    }

    /// Fetches a page and returns how many bytes came.
    fn fetch(&self, path: &str) -> usize {
        let mut stream = TcpStream::connect(&self.api).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.api).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..80]));
        answer.len()
    }

    /// Ends it in order and returns how long that took, in milliseconds.
    fn end(mut self) -> f64 {
        let begun = Instant::now();
        kill_process(Pid::from_raw(self.child.id() as i32).unwrap(), Signal::TERM).unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "the controller ended with {status}");
        begun.elapsed().as_secs_f64() * 1000.0
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        // it has ended by itself when all went well
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
