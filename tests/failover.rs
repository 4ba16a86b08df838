//! A name that moves in a real name server when a real Prometheus hangs, and comes back only as it was said to.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod name_server;
mod program;
#[path = "prometheus/mod.rs"]
mod prometheus;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use name_server::{NameServer, SECRET, key};
use program::Program;
use prometheus::Prometheus;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

const LONGEST: Duration = Duration::from_secs(60);
const NAME: &str = "metrics.example.org";
const HALL: Ipv4Addr = Ipv4Addr::new(127, 0, 1, 1);
const CLOUD: Ipv4Addr = Ipv4Addr::new(127, 0, 1, 2);

/// Two places with a Prometheus each, a witness, a name server, and the program.
struct Stage {
    program: Program,
    names: NameServer,
    hall: Prometheus,
    cloud: Prometheus,
    witness: Option<TcpListener>,
    witness_address: String,
}

impl Stage {
    fn new(more: &str) -> Stage {
        let names = NameServer::start("metrics IN A 127.0.1.1\n");
        let (hall, cloud) = (Prometheus::start(""), Prometheus::start(""));
        let witness = TcpListener::bind("127.0.0.1:0").unwrap();
        let witness_address = witness.local_addr().unwrap().to_string();
        let stage =
            Stage { program: Program::new(), names, hall, cloud, witness: Some(witness), witness_address };
        stage.write_key("key.conf", &key("enmon", SECRET), 0o600);
        stage.write_site(more, "key.conf");
        stage
    }

    fn write_key(&self, name: &str, text: &str, mode: u32) {
        let path = self.program.folder().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn write_site(&self, more: &str, key_file: &str) {
        let text = format!(
            "apiVersion: enmon/v1
kind: Site
name: garage
circuits:
  - {{name: main, limit: 40}}
failover:
  name: {NAME}
  every: 200ms
  failAfter: 2
  failFor: 300ms
  recoverAfter: 3
  dwell: 1s
  movesPerHour: 20
  witness: [\"{}\"]
{more}
  places:
    - name: hall
      addresses: [127.0.1.1]
      checks: [{{kind: prometheus, url: \"{}\", maxLatency: 2s}}]
    - name: cloud
      addresses: [127.0.1.2]
      checks:
        - {{kind: prometheus, url: \"{}\", maxLatency: 2s}}
        - {{kind: tcp, address: \"{}\"}}
  mover: {{kind: dns, server: \"{}\", zone: example.org, keyFile: {key_file}, ttl: 5s}}
",
            self.witness_address,
            self.hall.url(),
            self.cloud.url(),
            self.cloud.address(),
            self.names.address()
        );
        fs::write(self.program.folder().join("enmon.yaml"), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        // a loop that should have been refused would go on
        self.program.with(&[&["site"], arguments].concat()).timeout(LONGEST).output().unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["-o", "json"]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn refused(&self, arguments: &[&str], code: i32, words: &[&str]) {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(!said.contains(SECRET), "{said}");
        for word in words {
            assert!(said.contains(word), "{word:?} is not in: {said}");
        }
    }

    fn at(&self) -> Vec<Ipv4Addr> {
        self.names.addresses(NAME)
    }

    fn wait_at(&mut self, address: Ipv4Addr) {
        self.names.wait(&format!("{NAME} at {address}"), |names| names.addresses(NAME) == [address]);
    }

    /// Returns what the program remembers.
    fn memory(&self) -> Value {
        let path = self.program.folder().join(".local/state/enmon/garage/failover.json");
        let document: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        document["memory"].clone()
    }

    /// Returns when the last round was that is remembered.
    fn round_at(&self) -> u64 {
        self.memory()["roundAtMs"].as_u64().unwrap()
    }

    /// Waits until so many rounds more were made.
    fn wait_rounds(&self, count: usize) {
        let begun = Instant::now();
        for _ in 0..count {
            let last = self.round_at();
            while self.round_at() == last {
                assert!(begun.elapsed() < LONGEST, "no more rounds");
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }

    fn rebind_witness(&mut self) {
        self.witness = Some(TcpListener::bind(&self.witness_address).unwrap());
    }
}

/// The program's loop, with what it says.
struct Loop {
    child: Child,
    events: Receiver<Value>,
}

impl Loop {
    fn start(stage: &Stage) -> Loop {
        let program: PathBuf = env!("CARGO_BIN_EXE_enmon").into();
        let mut child = std::process::Command::new(program)
            .env_clear()
            .env("HOME", stage.program.folder())
            .current_dir(stage.program.folder())
            .args(["site", "failover", "--run", "-o", "json"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, events) = channel();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = send.send(serde_json::from_str(&line).unwrap());
            }
        });
        Loop { child, events }
    }

    /// Waits for an event that is so.
    fn until(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let left = LONGEST.checked_sub(begun.elapsed()).unwrap_or_else(|| panic!("not {what}"));
            let event = self.events.recv_timeout(left).unwrap_or_else(|_| panic!("not {what}"));
            if is_so(&event) {
                return event;
            }
        }
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_name_follows_health_and_stays_when_the_checker_is_cut_off() {
    let mut stage = Stage::new("  failback: auto");
    let mut watch = Loop::start(&stage);
    watch.until("both well", |event| event["healthy"] == serde_json::json!(["hall", "cloud"]));
    assert_eq!(stage.at(), [HALL]);
    // a second loop would count every round twice
    stage.refused(&["failover", "--run"], 5, &["watched already"]);

    // a server that hangs: connections are taken, answers never come
    stage.hall.signal(Signal::STOP);
    let moved = watch.until("moved", |event| event["event"] == "moved");
    assert_eq!((moved["place"].as_str(), moved["to"].as_str()), (Some("hall"), Some("cloud")));
    assert_eq!(stage.at(), [CLOUD]);

    stage.hall.signal(Signal::CONT);
    let back = watch.until("moved back", |event| event["event"] == "moved");
    assert_eq!(back["to"], "hall");
    assert_eq!(stage.at(), [HALL]);

    // no witness answers: what looks like a failure may be one's own
    stage.witness = None;
    watch.until("cut off", |event| event["reason"].as_str().unwrap_or_default().contains("cut off"));
    stage.hall.signal(Signal::STOP);
    stage.wait_rounds(6);
    assert_eq!(stage.at(), [HALL]);
    stage.rebind_witness();
    stage.wait_at(CLOUD);

    // moved by hand while the loop is at work, it is left there
    stage.hall.signal(Signal::CONT);
    watch.until("moved back", |event| event["event"] == "moved" && event["to"] == "hall");
    stage.json(&["failover", "--to", "cloud", "--yes"]);
    assert_eq!(stage.at(), [CLOUD]);
    watch.until("left there", |event| {
        event["reason"].as_str().unwrap_or_default().contains("a person decides")
    });
    stage.wait_rounds(10);
    assert_eq!(stage.at(), [CLOUD]);

    kill_process(Pid::from_raw(watch.child.id() as i32).unwrap(), Signal::TERM).unwrap();
    watch.until("stopped", |event| event["event"] == "stopped");
    assert!(watch.child.wait().unwrap().success());
}

#[test]
fn rounds_of_a_timer_add_up_and_a_person_lets_it_go_back() {
    let mut stage = Stage::new("");
    let status = stage.json(&["status"]);
    assert_eq!((status["place"].as_str(), status["quorum"].as_bool()), (Some("hall"), Some(true)));
    assert_eq!(status["decision"]["action"], "stay");
    assert!(status["places"][0]["checks"][0]["latencyMs"].as_f64().unwrap() > 0.0);
    let shown = String::from_utf8(stage.run(&["status"]).stdout).unwrap();
    assert!(shown.contains("metrics.example.org points to hall (127.0.1.1)"), "{shown}");

    // the rules move it when it has failed often enough and for long enough; a dry run says so and changes nothing
    stage.hall.signal(Signal::STOP);
    let first = stage.json(&["failover", "--yes"]);
    assert_eq!(first["to"], Value::Null);
    assert!(first["reason"].as_str().unwrap().contains("not for long enough"), "{first}");
    let dry = stage.json(&["failover", "--dry-run"]);
    assert_eq!((dry["to"].as_str(), dry["dryRun"].as_bool()), (Some("cloud"), Some(true)));
    assert!(dry["plan"].to_string().contains("+ metrics.example.org. 5 IN A 127.0.1.2"), "{dry}");
    assert_eq!(stage.at(), [HALL]);
    stage.refused(&["failover"], 2, &["--yes"]);
    assert_eq!(stage.at(), [HALL]);
    let second = stage.json(&["failover", "--yes"]);
    assert_eq!(second["to"], "cloud", "{second}");
    assert_eq!(stage.at(), [CLOUD]);

    // back by hand: not to a bad place, unless one insists
    stage.refused(
        &["failover", "--to", "hall", "--yes"],
        5,
        &["hall is not healthy", "no answer", "--force"],
    );
    assert_eq!(stage.at(), [CLOUD]);
    stage.refused(&["failover", "--to", "roof", "--yes"], 2, &["hall, cloud"]);
    stage.json(&["failover", "--to", "hall", "--force", "--yes"]);
    assert_eq!(stage.at(), [HALL]);
    stage.json(&["failover", "--to", "cloud", "--yes"]);
    stage.hall.signal(Signal::CONT);
    for _ in 0..6 {
        let report = stage.json(&["failover", "--yes"]);
        assert_eq!(report["to"], Value::Null, "a person decides: {report}");
    }
    assert_eq!(stage.at(), [CLOUD]);
    stage.json(&["failover", "--to", "hall", "--yes"]);
    assert_eq!(stage.at(), [HALL]);
    let again = stage.json(&["failover", "--to", "hall", "--yes"]);
    assert_eq!(again["reason"], "it points there already");
    stage.witness = None;
    stage.refused(&["failover", "--to", "cloud", "--yes"], 5, &["cut off"]);
}

#[test]
fn a_server_that_does_not_take_the_move_is_understood() {
    let stage = Stage::new("");
    let other = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";
    let to_cloud = ["failover", "--to", "cloud", "--yes"];
    let cases: [(&str, u32, i32, &[&str]); 4] = [
        (&key("enmon", other), 0o600, 5, &["does not accept the key `enmon`", "BadSig"]),
        (&key("stranger", SECRET), 0o600, 5, &["does not accept the key `stranger`", "BadKey"]),
        (&key("enmon", SECRET), 0o644, 3, &["others may read it", "chmod 600"]),
        ("no key", 0o600, 3, &["tsig-keygen"]),
    ];
    for (text, mode, code, words) in cases {
        stage.write_key("other.conf", text, mode);
        stage.write_site("", "other.conf");
        stage.refused(&to_cloud, code, words);
        assert_eq!(stage.at(), [HALL]);
    }
    // a move that was not made does not count as one
    assert_eq!(stage.memory()["movesMs"], serde_json::json!([]));
    // the key is good, but not for that name, or that zone
    stage.write_site("", "key.conf");
    let path = stage.program.folder().join("enmon.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let other_name = text
        .replace("127.0.1.1]", "127.0.9.9]")
        .replace("name: metrics.example.org", "name: other.example.org");
    fs::write(&path, &other_name).unwrap();
    stage.refused(&to_cloud, 5, &["may not change other.example.org", "update-policy"]);
    fs::write(&path, text.replace("example.org", "nowhere.org")).unwrap();
    stage.refused(&to_cloud, 5, &["refuses"]);
    // something that is no place of ours is left alone
    fs::write(&path, text.replace("127.0.1.1]", "127.0.1.9]")).unwrap();
    let report = stage.json(&["failover", "--yes"]);
    assert!(
        report["reason"].as_str().unwrap().contains("127.0.1.1, which is none of the places"),
        "{report}"
    );
    // and a server that is not there
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    fs::write(&path, text.replace(&stage.names.address(), &gone)).unwrap();
    stage.refused(&to_cloud, 4, &[&gone]);
    stage.refused(&["failover", "--yes"], 4, &[&gone]);
    assert_eq!(stage.at(), [HALL]);
}

#[tokio::test]
async fn a_change_of_somebody_else_is_noticed_by_the_server() {
    use enmon::failover::{DnsMover, Mover, MoverError};
    let names = NameServer::start("metrics IN A 127.0.1.1\nmetrics IN A 127.0.1.3\nmetrics IN AAAA ::1\n");
    let path = names.folder().join("key");
    fs::write(&path, key("enmon", SECRET)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let mover =
        DnsMover::new(NAME, &names.address(), "example.org", &path, 5, Some(names.address())).unwrap();
    let list = |addresses: &[&str]| addresses.iter().map(ToString::to_string).collect::<Vec<String>>();
    let now = mover.where_now().await.unwrap();
    assert_eq!(now, list(&["127.0.1.1", "127.0.1.3", "::1"]));
    // each of these was so a moment ago, as far as the caller knows
    for stale in [
        &["127.0.1.1"][..],
        &[],
        &["127.0.1.1", "127.0.1.3"],
        &["127.0.1.1", "127.0.1.9", "::1"],
        &["a.example.org"],
    ] {
        let outcome = mover.move_to(&list(stale), &list(&["127.0.1.2"])).await;
        assert_eq!(outcome, Err(MoverError::Changed("metrics.example.org.".into())), "{stale:?}");
        assert_eq!(mover.where_now().await.unwrap(), now);
    }
    // to another family, to an alias and back, and from nothing
    let steps = [&["127.0.1.2", "::2"][..], &["::3"], &["other.example.org."], &["127.0.1.2", "127.0.1.4"]];
    let mut at = now;
    for step in steps {
        mover.move_to(&at, &list(step)).await.unwrap();
        at = list(step);
        assert_eq!(mover.where_now().await.unwrap(), at);
        assert_eq!(mover.seen_by_clients().await.unwrap(), Some(at.clone()));
    }
    assert_eq!(names.addresses(NAME), [CLOUD, Ipv4Addr::new(127, 0, 1, 4)]);
}

/// Answers one update as it is told: nothing, or "done" without a signature.
async fn forger(answers: bool) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let length = stream.read_u16().await.unwrap();
        let mut update = vec![0; usize::from(length)];
        stream.read_exact(&mut update).await.unwrap();
        if answers {
            // the id, then: an answer to an update, no error, nothing in it (RFC 2136, 3.8)
            let answer = [update[0], update[1], 0x80 | update[2] & 0x78, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            stream.write_u16(answer.len() as u16).await.unwrap();
            stream.write_all(&answer).await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn an_answer_that_is_not_signed_or_does_not_come_is_no_yes() {
    use enmon::failover::{DnsMover, Mover, MoverError};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    fs::write(&path, key("enmon", SECRET)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    for answers in [true, false] {
        let server = forger(answers).await;
        let mover = DnsMover::new(NAME, &server, "example.org", &path, 5, None).unwrap();
        let outcome = mover.move_to(&["127.0.1.1".to_owned()], &["127.0.1.2".to_owned()]).await;
        assert!(matches!(outcome, Err(MoverError::Unsure { .. })), "{answers}: {outcome:?}");
    }
    // nor does one that has the zone from hearsay say where the name points
    let server = forger(true).await;
    let mover = DnsMover::new(NAME, &server, "example.org", &path, 5, None).unwrap();
    let error = mover.where_now().await.unwrap_err().to_string();
    assert!(error.contains("does not keep the zone example.org. itself"), "{error}");
}

#[tokio::test]
async fn each_kind_of_check_says_why_a_place_is_bad() {
    use axum::Router;
    use axum::http::StatusCode;
    use axum::response::Redirect;
    use axum::routing::get;
    use enmon::failover::Probe;
    let app = Router::new()
        .route("/-/ready", get(|| async { StatusCode::SERVICE_UNAVAILABLE }))
        .route("/readyz", get(|| async { "ready" }))
        .route("/api/health", get(|| async { "{\"database\": \"failing\"}" }))
        .route("/good/api/health", get(|| async { "{\"database\": \"ok\"}" }))
        .route("/page/api/health", get(|| async { "<html>" }))
        .route("/away", get(|| async { Redirect::temporary("/readyz") }))
        .route("/silent", get(std::future::pending::<()>));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = |path: &str| format!("http://{address}{path}");
    let cases = [
        (serde_json::json!({"kind": "http", "url": url("/readyz")}), None),
        (serde_json::json!({"kind": "http", "url": url("/readyz"), "contains": "read"}), None),
        (
            serde_json::json!({"kind": "http", "url": url("/readyz"), "contains": "steady"}),
            Some("does not contain"),
        ),
        (serde_json::json!({"kind": "http", "url": url("/readyz"), "status": 204}), Some("HTTP status 200")),
        (serde_json::json!({"kind": "http", "url": url("/-/ready"), "status": 503}), None),
        (serde_json::json!({"kind": "http", "url": url("/away")}), Some("HTTP status 307")),
        (
            serde_json::json!({"kind": "http", "url": url("/silent"), "maxLatency": "200ms"}),
            Some("within 200 ms"),
        ),
        (serde_json::json!({"kind": "http", "url": format!("http://{gone}/")}), Some("refused")),
        (serde_json::json!({"kind": "prometheus", "url": url("")}), Some("HTTP status 503")),
        (serde_json::json!({"kind": "enmon", "url": url("/")}), None),
        (serde_json::json!({"kind": "grafana", "url": url("")}), Some("database is \"failing\"")),
        (serde_json::json!({"kind": "grafana", "url": url("/good")}), None),
        (serde_json::json!({"kind": "grafana", "url": url("/page")}), Some("no Grafana")),
        (serde_json::json!({"kind": "tcp", "address": address.to_string()}), None),
        (serde_json::json!({"kind": "tcp", "address": gone.to_string()}), Some("refused")),
    ];
    for (entry, expected) in cases {
        let probe =
            Probe::new(&serde_json::from_value(entry.clone()).unwrap(), std::path::Path::new("/")).unwrap();
        let report = probe.ask().await;
        let failure = report.failure.clone().unwrap_or_default();
        assert_eq!(report.is_well(), expected.is_none(), "{entry}: {failure}");
        assert!(failure.contains(expected.unwrap_or_default()), "{entry}: {failure}");
        assert!(report.latency_ms.is_some() || !report.is_well(), "{entry}");
    }
}
