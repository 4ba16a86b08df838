//! The life of `enmon control run` as a process: daemon mode, the lock, signals, reloads, the service manager, a kill.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Nobody listens on the discard port; a controller must live with devices that are off.
const SITE: &str = "apiVersion: enmon/v1
kind: Site
name: garage
circuits:
  - {name: main, limit: 63, baseLoad: 10}
chargers:
  - {name: ev1, circuit: main, phases: [L1, L2, L3], max: 32, failsafe: 6, profile: abb-terra-ac, address: \"modbus+tcp://127.0.0.1:9\"}
control: {interval: 100ms}
api: {listen: \"127.0.0.1:0\"}
";

/// A home of its own with a site file; whatever still runs at the end is killed.
struct Home {
    folder: TempDir,
}

impl Home {
    fn new() -> Self {
        let home = Home { folder: TempDir::new().unwrap() };
        home.write_site(SITE);
        home
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn state(&self, name: &str) -> PathBuf {
        self.path().join(".local/state/enmon/garage").join(name)
    }

    fn write_site(&self, text: &str) {
        fs::write(self.path().join("enmon.yaml"), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_enmon"));
        command.env_clear().env("HOME", self.path()).current_dir(self.path()).arg("control").args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().unwrap()
    }

    /// Starts a controller in the foreground and waits until it says that it is ready.
    fn foreground(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Child {
        let mut command = self.command(&["run", "--log-file", "run.log"]);
        command.args(arguments).envs(settings.iter().copied());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        eventually("the controller is ready", || {
            assert!(child.try_wait().unwrap().is_none(), "ended: {}", self.log("run.log"));
            self.log("run.log").contains("ready")
        });
        child
    }

    fn log(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_default()
    }

    fn pid(&self) -> Option<Pid> {
        Pid::from_raw(fs::read_to_string(self.state("controller.pid")).ok()?.trim().parse().ok()?)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // the pid file is emptied at an orderly end, so this only meets what a failed test left
        if std::thread::panicking()
            && let Some(pid) = self.pid()
        {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "not within 20 s: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Says whether a process has ended; one that nobody has waited for (in a container without init) counts.
fn has_ended(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    stat.map_or(true, |stat| stat.contains(") Z "))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no JSON: {output:?}"))
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), signal).unwrap();
}

#[test]
fn a_daemon_lives_apart_and_is_steered_by_name() {
    let home = Home::new();
    let idle = home.run(&["status"]);
    assert_eq!(idle.status.code(), Some(1), "{idle:?}");
    assert_eq!(text(&idle.stdout), "garage: not running\n");

    let started = home.run(&["run", "--daemon", "-o", "json"]);
    assert_eq!(started.status.code(), Some(0), "{started:?}");
    let started = json(&started);
    assert_eq!(started["kind"], "ControllerStart");
    let pid = Pid::from_raw(i32::try_from(started["pid"].as_i64().unwrap()).unwrap()).unwrap();
    assert_eq!(home.pid(), Some(pid));
    assert_eq!(rustix::process::getsid(Some(pid)).unwrap(), pid, "it leads a session of its own");
    let log = started["logFile"].as_str().unwrap();
    assert_eq!(Path::new(log), home.state("controller.log"));
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(log).unwrap().permissions());
    assert_eq!(mode & 0o007, 0, "{mode:o}");

    let running = home.run(&["status", "-o", "json"]);
    assert_eq!(running.status.code(), Some(0), "{running:?}");
    let running = json(&running);
    assert_eq!((&running["running"], &running["site"]), (&true.into(), &"garage".into()));
    assert_eq!(running["pid"], started["pid"]);

    let second = home.run(&["run"]);
    assert_eq!(second.status.code(), Some(5), "{second:?}");
    let refusal = format!("already running, pid {}", pid.as_raw_nonzero());
    assert!(text(&second.stderr).contains(&refusal), "{second:?}");
    let second = home.run(&["run", "--daemon"]);
    assert_eq!(second.status.code(), Some(5), "the child's exit code reaches the caller: {second:?}");
    assert!(text(&second.stderr).contains(&refusal), "{second:?}");

    // the site file may have been broken since
    home.write_site("kind: [");
    let stopped = home.run(&["stop"]);
    assert_eq!(stopped.status.code(), Some(0), "{stopped:?}");
    assert_eq!(text(&stopped.stdout), format!("garage: stopped, pid was {}\n", pid.as_raw_nonzero()));
    eventually("the process is gone", || has_ended(pid));
    home.write_site(SITE);
    assert_eq!(home.run(&["status"]).status.code(), Some(1));
    let again = home.run(&["stop"]);
    assert_eq!((again.status.code(), text(&again.stdout)), (Some(0), "garage: not running\n".into()));
    assert_eq!(home.pid(), None, "an orderly end empties the pid file");
}

#[test]
fn a_failed_start_is_told_to_the_caller() {
    let home = Home::new();
    home.write_site(&SITE.replace("max: 32", "max: 5"));
    let invalid = home.run(&["run", "--daemon"]);
    assert_eq!(invalid.status.code(), Some(3), "{invalid:?}");
    assert!(text(&invalid.stderr).contains("enmon.yaml"), "{invalid:?}");

    home.write_site(&SITE.replace("limit: 63", "limit: 12"));
    let unproven = home.run(&["run", "--daemon"]);
    assert_eq!(unproven.status.code(), Some(3), "{unproven:?}");
    assert!(text(&unproven.stderr).contains("--accept-unproven"), "{unproven:?}");

    // only the child meets this one: its pid file can't be written
    home.write_site(SITE);
    let failed = home.run(&["run", "--daemon", "--pid-file", "/dev/null/pid"]);
    assert_eq!(failed.status.code(), Some(1), "{failed:?}");
    assert!(text(&failed.stderr).contains("/dev/null/pid"), "{failed:?}");
    assert_eq!(home.run(&["status"]).status.code(), Some(1));

    // no controller is ready so soon; it does not run on behind the caller's back
    let late = home.run(&["run", "--daemon", "--ready-timeout", "0s"]);
    assert_eq!(late.status.code(), Some(1), "{late:?}");
    assert!(text(&late.stderr).contains("was told to stop"), "{late:?}");
    let words = text(&late.stderr);
    let pid = words.split("(pid ").nth(1).and_then(|rest| rest.split(')').next()).unwrap();
    let pid = Pid::from_raw(pid.parse().unwrap()).unwrap();
    eventually("the late child is gone", || has_ended(pid));
}

#[test]
fn signals_stop_in_order() {
    for word in [Signal::TERM, Signal::INT] {
        let home = Home::new();
        let mut child = home.foreground(&["--pid-file", "copy.pid"], &[]);
        assert_eq!(home.log("copy.pid").trim(), child.id().to_string());
        signal(&child, word);
        assert_eq!(child.wait().unwrap().code(), Some(0), "{}", home.log("run.log"));
        assert!(!home.path().join("copy.pid").exists());
        assert!(!home.state("runtime.json").exists());
    }
}

#[test]
fn a_reload_tells_what_came_of_it() {
    let home = Home::new();
    let mut child = home.foreground(&[], &[]);
    let done = home.run(&["reload"]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");

    home.write_site(&SITE.replace("circuit: main", "circuit: nowhere"));
    for _ in 0..3 {
        let refused = home.run(&["reload"]);
        assert_eq!(refused.status.code(), Some(3), "{refused:?}");
        assert!(text(&refused.stderr).contains("nowhere"), "{refused:?}");
        assert!(text(&refused.stderr).contains("stays in force"), "{refused:?}");
    }
    home.write_site(&SITE.replace("name: garage", "name: cellar"));
    let other = home.run(&["reload"]);
    assert_eq!(other.status.code(), Some(3), "{other:?}");

    home.write_site(&SITE.replace("limit: 63", "limit: 50"));
    let done = home.run(&["reload"]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    signal(&child, Signal::TERM);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(home.run(&["reload"]).status.code(), Some(1), "nobody is there to reload");
}

#[test]
fn the_place_of_a_killed_controller_is_taken_over() {
    let home = Home::new();
    let mut child = home.foreground(&[], &[]);
    signal(&child, Signal::KILL);
    child.wait().unwrap();
    assert_eq!(home.pid().map(|pid| pid.as_raw_nonzero().get()), i32::try_from(child.id()).ok());
    assert_eq!(home.run(&["status"]).status.code(), Some(1), "a pid file without a lock is nobody");
    fs::remove_file(home.path().join("run.log")).unwrap();
    let mut child = home.foreground(&[], &[]);
    assert!(home.log("run.log").contains("did not come to an orderly end"), "{}", home.log("run.log"));
    signal(&child, Signal::TERM);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn the_service_manager_hears_of_everything() {
    let home = Home::new();
    let socket = home.path().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let hear = |wanted: &str| -> String {
        let mut buffer = [0; 1024];
        let mut heard = Vec::new();
        loop {
            let length = manager.recv(&mut buffer).unwrap_or_else(|_| panic!("no {wanted}, only {heard:?}"));
            let words = text(&buffer[..length]);
            if words.starts_with(wanted) {
                return words;
            }
            heard.push(words);
        }
    };
    let settings = [("NOTIFY_SOCKET", socket.to_str().unwrap()), ("WATCHDOG_USEC", "200000")];
    let mut child = home.foreground(&[], &settings);
    assert!(hear("READY=1").contains("STATUS=garage: 1 chargers"));
    for _ in 0..3 {
        hear("WATCHDOG=1");
    }
    signal(&child, Signal::HUP);
    assert!(hear("RELOADING=1").contains("MONOTONIC_USEC="));
    hear("READY=1");
    signal(&child, Signal::TERM);
    hear("STOPPING=1");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_log_for_programs_is_json() {
    let home = Home::new();
    let mut child = home.foreground(&["--log-format", "json"], &[("NO_COLOR", "1")]);
    signal(&child, Signal::TERM);
    child.wait().unwrap();
    for line in home.log("run.log").lines() {
        let object: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        assert!(object["timestamp"].as_str().unwrap().ends_with('Z'), "{line}");
    }
}

#[test]
fn the_unit_file_is_understood_by_systemd() {
    let home = Home::new();
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/systemd/enmon@.service");
    // systemd insists on a program that is there
    let unit =
        fs::read_to_string(template).unwrap().replace("/usr/local/bin/enmon", env!("CARGO_BIN_EXE_enmon"));
    let path = home.path().join("enmon@garage.service");
    fs::write(&path, unit).unwrap();
    let checked = Command::new("systemd-analyze").arg("verify").arg("--man=no").arg(&path).output();
    let checked =
        checked.unwrap_or_else(|_| panic!("systemd-analyze is missing; run: apt-get install systemd"));
    assert!(checked.status.success(), "{}", text(&checked.stderr));
    let complaints: Vec<String> =
        text(&checked.stderr).lines().filter(|line| line.contains("enmon@")).map(String::from).collect();
    assert!(complaints.is_empty(), "{complaints:?}");
}
