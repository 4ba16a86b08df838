//! `enmon demo` as a script and a person behind a pipe meet it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use enmon::control::{ChargerState, SiteStatus};
use enmon::profile::Catalogue;
use enmon::site;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A running demo, killed when it is dropped.
struct Demo {
    child: Child,
    home: TempDir,
}

impl Demo {
    fn start(arguments: &[&str]) -> Demo {
        let home = TempDir::new().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_enmon"));
        command.env_clear().env("HOME", home.path()).current_dir(home.path()).arg("demo").args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Demo { child: command.spawn().unwrap(), home }
    }

    fn lines(&mut self) -> impl Iterator<Item = String> + use<> {
        BufReader::new(self.child.stdout.take().unwrap()).lines().map(Result::unwrap)
    }

    /// Waits for its end; returns its exit code and what it said.
    fn ended(mut self) -> (Option<i32>, String) {
        let mut talk = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut talk).unwrap();
        let code = self.child.wait().unwrap().code();
        let left: Vec<_> = std::fs::read_dir(self.home.path()).unwrap().collect();
        assert!(left.is_empty(), "it leaves something behind: {left:?}");
        (code, talk)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Holds the last line against the fail-safe currents of the demo's site.
fn says_that_all_are_safe(talk: &str) {
    let text = include_str!("../templates/sites/garage.yaml");
    let loaded = site::load(text, "garage.yaml", Path::new("/"), &Catalogue::built_in());
    let chargers = loaded.unwrap_or_else(|findings| panic!("{}", findings[0])).site.chargers;
    let safe: Vec<_> = chargers.iter().map(|one| format!("{} {}", one.name, one.failsafe)).collect();
    let expected = format!("ended; every charger offers its safe current: {}", safe.join(", "));
    assert_eq!(talk.lines().last(), Some(expected.as_str()), "{talk}");
}

#[test]
fn a_script_gets_one_object_a_line() {
    let mut demo = Demo::start(&["--seconds", "5", "-o", "json"]);
    let statuses: Vec<SiteStatus> =
        demo.lines().map(|line| serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"))).collect();
    let (code, talk) = demo.ended();
    assert_eq!(code, Some(0), "{talk}");
    says_that_all_are_safe(&talk);
    assert!(statuses.len() >= 4, "{} lines", statuses.len());
    for status in &statuses {
        assert_eq!(
            (status.kind.as_str(), status.chargers.len(), status.circuits.len()),
            ("SiteStatus", 12, 3)
        );
        assert_eq!((status.meters.len(), status.breakers.len()), (1, 2));
        assert_eq!((status.solar.len(), status.cabinets.len()), (1, 1));
        for phase in status.circuits.iter().flat_map(|circuit| &circuit.phases) {
            assert!(phase.offered >= 0.0 && phase.limit > 0.0);
        }
    }
    // the devices really speak, each its protocol
    let last = statuses.last().unwrap();
    let heard: Vec<_> = last.chargers.iter().filter(|charger| charger.state.is_some()).collect();
    assert_eq!(heard.len(), 12, "{:?}", last.chargers);
    assert!(heard.iter().all(|charger| charger.age_ms.is_some_and(|age| age < 5_000)));
    assert!(last.meters[0].known && last.breakers[0].state.is_some());
    assert!(last.cabinets[0].temperature.is_some() && last.solar[0].current.is_some());
    let has_car = |state| matches!(state, Some(ChargerState::PluggedIn | ChargerState::Charging));
    assert!(heard.iter().any(|charger| has_car(charger.state)), "no car has come: {heard:?}");
}

#[test]
fn a_pipe_gets_plain_lines_and_ctrl_c_leaves_the_safe_currents() {
    let mut demo = Demo::start(&[]);
    let mut lines = demo.lines();
    let first: Vec<String> = lines.by_ref().take(20).collect();
    assert!(first.iter().all(|line| !line.contains('\u{1b}')), "{first:?}");
    for word in ["main", "row-1", "row-2", "ev12"] {
        assert!(first.iter().any(|line| line.contains(word)), "{word} in {first:#?}");
    }
    kill_process(Pid::from_child(&demo.child), Signal::INT).unwrap();
    let rest: Vec<String> = lines.collect();
    assert!(rest.iter().all(|line| !line.contains('\u{1b}')), "{rest:?}");
    let (code, talk) = demo.ended();
    assert_eq!(code, Some(0), "{talk}");
    says_that_all_are_safe(&talk);
}
