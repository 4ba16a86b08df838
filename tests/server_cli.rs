//! `enmon status`, `charger` and `breaker` as a person and a script use them: the real program against a real control server.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod program;
mod server_site;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use enmon::control::Order;
use program::Program;
use serde_json::{Value, json};
use server_site::{AT, TOKEN, TestSite, certificate_files, settings, start, start_with, status};
use tempfile::TempDir;

/// A site file that leads to a test site, in a folder with its token.
struct SiteFile {
    folder: TempDir,
    path: PathBuf,
}

fn site_file(address: std::net::SocketAddr, more: &str) -> SiteFile {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("enmon.yaml");
    let text = format!(
        "name: garage\ncontrol: {{interval: 100ms}}\napi: {{listen: \"{address}\", tokenFile: token{more}}}\n"
    );
    std::fs::write(&path, text).unwrap();
    enmon::fsio::write_atomically(&folder.path().join("token"), format!("{TOKEN}\n").as_bytes(), 0o600)
        .unwrap();
    SiteFile { folder, path }
}

/// What the program said.
#[derive(Debug)]
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Said {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

async fn enmon(file: &SiteFile, arguments: &str) -> Said {
    let arguments: Vec<String> = arguments.split(' ').map(str::to_owned).collect();
    let path = file.path.clone();
    let work = tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let program = Program::new();
        let mut command = program.with(&arguments);
        let output = command.env("ENMON_SITE", path).env("USER", "ada").output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    });
    work.await.unwrap()
}

async fn site() -> (TestSite, SiteFile) {
    let site = start().await;
    let file = site_file(site.address, "");
    (site, file)
}

#[tokio::test]
async fn status_is_shown_to_people_and_scripts() {
    let (_site, file) = site().await;
    let table = enmon(&file, "status").await;
    assert_eq!(table.code, 0, "{table:?}");
    // how long ago the made-up decision was is another on each run
    let body = table.out.split_once('\n').unwrap().1;
    insta::assert_snapshot!(body);
    assert!(table.out.starts_with("garage  running, 60 decisions, the last "), "{}", table.out);
    let json = enmon(&file, "status -o json").await;
    assert_eq!(json.json(), serde_json::to_value(status()).unwrap());
    let yaml = enmon(&file, "status -o yaml").await;
    assert!(yaml.out.contains("kind: SiteStatus"), "{yaml:?}");
}

#[tokio::test]
async fn chargers_and_breakers_are_listed_and_shown() {
    let (_site, file) = site().await;
    insta::assert_snapshot!(enmon(&file, "charger list").await.out);
    insta::assert_snapshot!(enmon(&file, "charger show ev1").await.out);
    insta::assert_snapshot!(enmon(&file, "breaker list").await.out);
    assert_eq!(enmon(&file, "charger list -o json").await.json()["kind"], "ChargerList");
    assert_eq!(enmon(&file, "charger show silent -o json").await.json()["state"], Value::Null);
    assert_eq!(enmon(&file, "breaker show q1 -o json").await.json()["overload"], true);
    let unknown = enmon(&file, "breaker show q9").await;
    assert_eq!((unknown.code, unknown.out.as_str()), (5, ""));
    assert!(
        unknown.err.contains("no breaker is named `q9`") && unknown.err.contains("enmon breaker list"),
        "{unknown:?}"
    );
}

#[tokio::test]
async fn orders_are_given_seen_first_and_ended() {
    let (site, file) = site().await;
    let tried = enmon(&file, "charger set-limit ev1 10 --for 2h --why cable --dry-run -o json").await;
    assert_eq!(tried.json()["dryRun"], true, "{tried:?}");
    assert!(site.orders.lock().unwrap().is_empty(), "a dry run gave an order");
    let given = enmon(&file, "charger set-limit ev1 10A --for 2h --why cable -o json").await;
    let after = json!({"limit": 10.0, "until": AT + 500 + 7_200_000, "who": "ada", "why": "cable"});
    assert_eq!(given.json()["after"], after, "{given:?}");
    assert_eq!(given.json()["before"], Value::Null);
    assert_eq!(site.orders.lock().unwrap().len(), 1);
    let paused = enmon(&file, "charger pause ev1").await;
    assert_eq!(
        paused.out,
        "ev1: paused, ordered by ada\n  before: at most 10 A for 2h1s more, ordered by ada: cable\n"
    );
    let ended = enmon(&file, "charger resume ev1").await;
    assert_eq!(ended.out, "ev1: no order\n  before: paused, ordered by ada\n");
    assert_eq!(site.orders.lock().unwrap().last().unwrap(), &("ev1".to_owned(), Order::Limit(None)));
    let much = enmon(&file, "charger set-limit ev1 63").await;
    assert!(much.code == 0 && much.err.contains("never offers more than 32 A"), "{much:?}");
}

#[tokio::test]
async fn what_a_car_needs_is_told_seen_first_and_forgotten() {
    let (site, file) = site().await;
    let tried = enmon(&file, "charger needs ev1 --energy 20kWh --departs-in 3h --dry-run -o json").await;
    assert_eq!(
        (&tried.json()["dryRun"], &tried.json()["after"]["energy"]),
        (&json!(true), &json!(20.0)),
        "{tried:?}"
    );
    assert!(site.orders.lock().unwrap().is_empty(), "a dry run told something");
    let told = enmon(&file, "charger needs ev1 --energy 20kWh --departs-in 3h").await;
    assert_eq!(told.out, "ev1: 20 kWh, leaves in 3h, said ada\n  before: nothing was said\n", "{told:?}");
    let shown = enmon(&file, "charger show ev1").await;
    assert!(shown.out.contains("20 kWh, leaves in 3h, said ada"), "{shown:?}");
    // AT is 13:33 UTC on a day in 2026
    let at = enmon(&file, "charger needs ev1 --departs-at 13:40 -o json").await;
    let departure = at.json()["after"]["departure"].as_u64().unwrap();
    assert_eq!((departure % 86_400_000, departure > AT), ((13 * 60 + 40) * 60_000, true), "{at:?}");
    assert!(departure - AT < 86_400_000);
    let cleared = enmon(&file, "charger needs ev1 --clear").await;
    assert!(cleared.out.starts_with("ev1: nothing was said\n"), "{cleared:?}");
    assert_eq!(site.orders.lock().unwrap().last().unwrap(), &("ev1".to_owned(), Order::Needs(None)));
    for (flags, code, text) in [
        ("ev1", 2, "--energy"),
        ("ev1 --energy=-3", 2, "kWh"),
        ("ev1 --departs-at 25:00", 2, "17:30"),
        ("ev1 --clear --energy 3", 2, "cannot be used with"),
        ("silent --energy 3", 5, "no policy that plans"),
        ("ev1 --energy 3 --direct", 2, "--direct"),
    ] {
        let refused = enmon(&file, &format!("charger needs {flags}")).await;
        assert!(refused.code == code && refused.err.contains(text), "{flags}: {refused:?}");
    }
}

#[tokio::test]
async fn what_can_not_be_ordered_is_refused() {
    let (site, file) = site().await;
    assert_eq!(enmon(&file, "charger set-limit ev1 5").await.code, 2);
    let unknown = enmon(&file, "charger pause nobody").await;
    assert_eq!(unknown.code, 5, "{unknown:?}");
    std::fs::remove_file(file.folder.path().join("token")).unwrap();
    let unarmed = enmon(&file, "charger pause ev1").await;
    assert!(unarmed.code == 3 && unarmed.err.contains("token"), "{unarmed:?}");
    enmon::fsio::write_atomically(&file.folder.path().join("token"), b"another-token-0123", 0o600).unwrap();
    let wrong = enmon(&file, "charger pause ev1").await;
    assert!(wrong.code == 5 && wrong.err.contains("no valid token"), "{wrong:?}");
    assert!(!wrong.err.contains("another-token"), "the token shows: {wrong:?}");
    assert!(site.orders.lock().unwrap().is_empty());
}

#[tokio::test]
async fn without_a_controller_the_next_step_is_named() {
    let (site, file) = site().await;
    site.stop.cancel();
    site.task.await.unwrap();
    for arguments in ["status", "charger list", "charger pause ev1", "breaker list", "status --watch"] {
        let said = enmon(&file, arguments).await;
        assert_eq!((said.code, said.out.as_str()), (4, ""), "{arguments}: {said:?}");
        assert!(said.err.contains("hint: start it: enmon control run --site "), "{said:?}");
    }
    let starting = start_with(settings(), None).await.unwrap();
    let said = enmon(&site_file(starting.address, ""), "status").await;
    assert!(said.code == 4 && said.err.contains("no decision has been made yet"), "{said:?}");
}

#[tokio::test]
async fn the_sites_own_certificate_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = certificate_files(folder.path());
    let secure = server_site::start_with(
        enmon::server::ServerSettings { tls: Some((cert.clone(), key)), ..settings() },
        Some(status()),
    );
    let site = secure.await.unwrap();
    let file = site_file(site.address, &format!(", tls: {{cert: {}, key: unread.pem}}", cert.display()));
    assert_eq!(enmon(&file, "charger pause ev1").await.code, 0);
    let elsewhere = tempfile::tempdir().unwrap();
    let (other, _) = certificate_files(elsewhere.path());
    let wary = site_file(site.address, &format!(", tls: {{cert: {}, key: unread.pem}}", other.display()));
    let said = enmon(&wary, "charger pause ev1").await;
    assert_eq!(said.code, 4, "{said:?}");
    assert_eq!(site.orders.lock().unwrap().len(), 1, "the order went to a stranger");
}

#[tokio::test]
async fn a_watch_gives_a_line_for_each_decision_and_ends_with_its_reader() {
    let (site, file) = site().await;
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("enmon"))
        .env_clear()
        .env("ENMON_SITE", &file.path)
        .args(["status", "--watch", "-o", "json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = child.stdout.take().unwrap();
    let publish = Arc::clone(&site.status);
    let reader = tokio::task::spawn_blocking(move || {
        let mut ats = Vec::new();
        for line in BufReader::new(lines).lines().take(3) {
            let status: Value = serde_json::from_str(&line.unwrap()).unwrap();
            let at = status["at"].as_u64().unwrap();
            ats.push(at);
            // the next one comes when this one has been seen
            let mut newer = server_site::status();
            newer.at = at + 1;
            publish.send_replace(Some(Arc::new(newer)));
        }
        ats
    });
    assert_eq!(reader.await.unwrap(), [AT, AT + 1, AT + 2]);
    // the pipe is closed now; another decision makes the program see it
    let deadline = Instant::now() + Duration::from_secs(10);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("the program goes on although nobody reads");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
