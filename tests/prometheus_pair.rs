//! Two real Prometheus servers: the first sends to the second, the second is cut off, and gets what it lacks.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod program;
#[path = "prometheus/mod.rs"]
mod prometheus;
#[path = "prometheus/proxy.rs"]
mod proxy;

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use program::Program;
use prometheus::Prometheus;
use proxy::{Conduct, Proxy};
use serde_json::Value;

const RECEIVER: [&str; 2] = ["--web.enable-lifecycle", "--web.enable-remote-write-receiver"];
const WINDOW: &str = "storage:\n  tsdb:\n    out_of_order_time_window: 1h\n";

/// Each series with its samples: labels without those of the servers, times, values.
type Samples = BTreeMap<String, BTreeMap<String, String>>;

fn milliseconds() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()
}

/// Returns the moment in the form of `--until`.
fn moment(milliseconds: u128) -> String {
    enmon::runtime::rfc3339(u64::try_from(milliseconds).unwrap())
}

/// Returns the raw samples of some series up to a moment, without the label `site`.
fn samples(server: &Prometheus, selector: &str, until_ms: u128) -> Samples {
    let escaped: String = format!("{selector}[10m]").bytes().map(|byte| format!("%{byte:02X}")).collect();
    let seconds = until_ms as f64 / 1_000.0;
    let (status, body) = server.get(&format!("/api/v1/query?query={escaped}&time={seconds:.3}"));
    assert_eq!(status, 200, "{body}");
    let answer: Value = serde_json::from_str(&body).unwrap();
    let series = answer["data"]["result"].as_array().unwrap().iter().map(|series| {
        let mut labels = series["metric"].as_object().unwrap().clone();
        labels.remove("site");
        let values = series["values"].as_array().unwrap().iter();
        let values = values.map(|pair| (pair[0].to_string(), pair[1].as_str().unwrap().to_owned()));
        (Value::Object(labels).to_string(), values.collect())
    });
    series.collect()
}

fn count(samples: &Samples) -> usize {
    samples.values().map(BTreeMap::len).sum()
}

fn own(address: &str) -> String {
    format!(
        "global:\n  scrape_interval: 200ms\n  scrape_timeout: 200ms\n  external_labels: {{site: a}}\nscrape_configs:\n  - job_name: own\n    static_configs: [{{targets: ['{address}']}}]\n"
    )
}

fn remote_write(copy: &Prometheus, rules: &str) -> String {
    format!(
        "remote_write:\n  - url: {}/api/v1/write\n    queue_config: {{batch_send_deadline: 200ms}}\n    write_relabel_configs: [{rules}]\n",
        copy.url()
    )
}

fn set(server: &Prometheus, text: &str) {
    fs::write(server.file(), text).unwrap();
    let (status, body) = server.post("/-/reload", "");
    assert_eq!(status, 200, "{body}");
}

fn gaps(program: &Program, source: &Prometheus, copy: &Prometheus, more: &[&str]) -> Output {
    let (from, to) = (source.url(), copy.url());
    let mut all = vec!["prometheus", "gaps", "--from", &from, "--to", &to, "-o", "json"];
    all.extend(more);
    program.with(&all).output().unwrap()
}

fn report(output: &Output, code: i32) -> Value {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}\n{}", String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A server that sends all to another one, and was cut off from it for a while; when the gap began and ended.
struct CutOff {
    source: Prometheus,
    copy: Prometheus,
    begin: u128,
    end: u128,
}

fn cut_off(copy_configuration: &str, rules: &str) -> CutOff {
    let mut copy = Prometheus::start_with(copy_configuration, &RECEIVER);
    let mut source = Prometheus::start("");
    let scraping = own(&source.address());
    let up =
        |server: &Prometheus, at: u128| samples(server, "up", at).values().map(BTreeMap::len).sum::<usize>();
    set(&source, &format!("{scraping}{}", remote_write(&copy, rules)));
    copy.wait("being sent to", |copy| up(copy, milliseconds()) > 5);
    // the queue is gone, so what is scraped from now on is never sent
    set(&source, &scraping);
    let begin = milliseconds();
    source.wait("scraped without a copy", |source| up(source, milliseconds()) > up(source, begin) + 10);
    let end = milliseconds();
    set(&source, &format!("{scraping}{}", remote_write(&copy, rules)));
    copy.wait("being sent to again", |copy| up(copy, milliseconds()) > up(copy, end) + 5);
    CutOff { source, copy, begin, end }
}

#[test]
fn a_gap_is_found_and_filled_and_both_have_the_same() {
    let program = Program::new();
    let CutOff { source, copy, begin, end } =
        cut_off(WINDOW, "{source_labels: [__name__], regex: 'go_.*', action: drop}");
    let until = moment(end);
    let before = samples(&copy, "{job=\"own\"}", end);
    let wanted = samples(&source, "{job=\"own\",__name__!~\"go_.*\"}", end);
    assert!(wanted.len() > 150, "{}", wanted.len());
    assert!(count(&before) < count(&wanted));

    // the table says when
    let (from, to) = (source.url(), copy.url());
    let table = ["prometheus", "gaps", "--from", &from, "--to", &to, "--since", "10m", "--until", &until];
    let shown = program.with(&table).output().unwrap();
    assert_eq!(shown.status.code(), Some(1));
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("MISSING VALUES"), "{shown}");

    let span = ["--since", "10m", "--until", &until];
    let found = report(&gaps(&program, &source, &copy, &span), 1);
    let missing = found["missing"].as_u64().unwrap();
    assert!(missing >= (count(&wanted) - count(&before)) as u64, "{found}");
    assert_eq!((&found["different"], &found["filled"]), (&0.into(), &0.into()), "{found}");
    let from = found["ranges"][0]["from"].as_str().unwrap();
    assert!(found["ranges"].as_array().unwrap().len() == 1 && from < moment(end).as_str(), "{found}");
    // a scrape may have been under way when the queue was taken away
    assert!(*from >= *moment(begin - 2_000), "{found}");

    let mut fill = span.to_vec();
    fill.extend(["--fill", "--dry-run"]);
    let planned = report(&gaps(&program, &source, &copy, &fill), 1);
    assert_eq!((&planned["missing"], &planned["dryRun"]), (&found["missing"], &true.into()));
    assert_eq!(samples(&copy, "{job=\"own\"}", end), before);

    fill.pop();
    // nobody is there to be asked
    assert_eq!(gaps(&program, &source, &copy, &fill).status.code(), Some(2));
    assert_eq!(samples(&copy, "{job=\"own\"}", end), before);
    fill.push("--yes");
    let filled = report(&gaps(&program, &source, &copy, &fill), 0);
    assert_eq!((&filled["filled"], &filled["left"]), (&found["missing"], &0.into()), "{filled}");
    let after = samples(&copy, "{job=\"own\"}", end);
    assert_eq!(after.len(), wanted.len());
    assert!(after == wanted, "series differ");

    // a second run finds nothing
    let again = report(&gaps(&program, &source, &copy, &fill), 0);
    assert_eq!((&again["missing"], &again["filled"]), (&0.into(), &0.into()), "{again}");
    assert_eq!(again["compared"], filled["compared"]);
}

#[test]
fn markers_of_staleness_are_filled_too() {
    let program = Program::new();
    let mut copy = Prometheus::start_with(WINDOW, &RECEIVER);
    let mut source = Prometheus::start("");
    let scraping = own(&source.address());
    set(&source, &scraping);
    source.wait("scraped", |source| !samples(source, "up", milliseconds()).is_empty());
    // the target goes: its series end with a marker
    set(&source, &scraping.replace(&format!("'{}'", source.address()), ""));
    // a reload of the job ends and begins its series as well, so the target has to be gone first
    source.wait("ended", |source| {
        source.health("own").is_empty() && source.get("/api/v1/query?query=up").1.contains("\"result\":[]")
    });
    let span = ["--since", "10m", "--until", "0s", "--fill", "--yes"];
    let filled = report(&gaps(&program, &source, &copy, &span), 0);
    assert!(filled["filled"].as_u64().unwrap() > 0, "{filled}");
    // without the marker the copy would go on showing the last value for five minutes
    let mut shown = String::new();
    copy.wait("answering", |copy| {
        shown = copy.get("/api/v1/query?query=up").1;
        !shown.is_empty()
    });
    assert!(shown.contains("\"result\":[]"), "{shown}");
    assert_eq!(samples(&copy, "up", milliseconds()), samples(&source, "up", milliseconds()));
}

#[test]
fn a_copy_that_takes_no_old_samples_is_left_alone_until_it_does() {
    let program = Program::new();
    let CutOff { source, copy, end, .. } = cut_off("", "");
    let until = moment(end);
    let before = samples(&copy, "{job=\"own\"}", end);
    let fill = ["--since", "10m", "--until", &until, "--fill", "--yes", "--match", "{job=\"own\"}"];
    let refused = gaps(&program, &source, &copy, &fill);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("out_of_order_time_window: 2h"), "{said}");
    let found = report(&refused, 5);
    assert_eq!((&found["tooOld"], &found["filled"]), (&found["missing"], &0.into()), "{found}");
    assert_eq!(samples(&copy, "{job=\"own\"}", end), before);
    // as the hint says
    set(&copy, "storage: {tsdb: {out_of_order_time_window: 2h}}\n");
    let filled = report(&gaps(&program, &source, &copy, &fill), 0);
    assert_eq!(filled["filled"], found["missing"], "{filled}");
    assert!(samples(&copy, "{job=\"own\"}", end) == samples(&source, "{job=\"own\"}", end));
}

#[test]
fn a_fill_that_was_killed_is_gone_on_with() {
    let program = Program::new();
    let CutOff { source, mut copy, end, .. } = cut_off(WINDOW, "");
    let until = moment(end);
    let before = count(&samples(&copy, "{job=\"own\"}", end));
    let wanted = samples(&source, "{job=\"own\"}", end);
    // one request arrives, the others stand still; the program is killed then
    let proxy = Proxy::start(copy.port(), Conduct { busy: 0, through: 1 });
    let (from, to) = (source.url(), proxy.url());
    let mut command = Command::new(env!("CARGO_BIN_EXE_enmon"));
    command.args(["prometheus", "gaps", "--from", &from, "--to", &to]).env_clear();
    command.args(["--since", "10m", "--until", &until, "--fill", "--yes"]);
    command.current_dir(program.folder()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut fill = command.spawn().unwrap();
    copy.wait("written to", |copy| count(&samples(copy, "{job=\"own\"}", end)) > before);
    copy.wait("held back", |_| proxy.writes() > 2);
    fill.kill().unwrap();
    fill.wait().unwrap();
    let half = count(&samples(&copy, "{job=\"own\"}", end));
    assert!(before < half && half < count(&wanted), "{before} {half} {}", count(&wanted));
    let span = ["--since", "10m", "--until", &until, "--fill", "--yes"];
    let filled = report(&gaps(&program, &source, &copy, &span), 0);
    assert!(filled["missing"].as_u64().unwrap() >= (count(&wanted) - half) as u64, "{filled}");
    assert!(samples(&copy, "{job=\"own\"}", end) == wanted);
}

#[test]
fn a_copy_that_is_busy_is_written_to_again() {
    let program = Program::new();
    let CutOff { source, copy, end, .. } = cut_off(WINDOW, "");
    let until = moment(end);
    let proxy = Proxy::start(copy.port(), Conduct { busy: 3, through: usize::MAX / 2 });
    let (from, to) = (source.url(), proxy.url());
    let arguments = ["prometheus", "gaps", "--from", &from, "--to", &to, "--since", "10m", "--until", &until];
    let fill = [&arguments[..], &["--fill", "--yes", "-o", "json"]].concat();
    let filled = report(&program.with(&fill).output().unwrap(), 0);
    assert_eq!((&filled["left"], &filled["filled"]), (&0.into(), &filled["missing"]), "{filled}");
    assert!(proxy.writes() > 4);
    assert!(samples(&copy, "{job=\"own\"}", end) == samples(&source, "{job=\"own\"}", end));
}

#[test]
fn servers_that_are_away_or_take_nothing_are_told_apart() {
    let program = Program::new();
    let (source, copy) = (Prometheus::start(""), Prometheus::start(""));
    let refused = gaps(&program, &source, &copy, &["--fill", "--yes"]);
    assert_eq!(refused.status.code(), Some(5));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("--web.enable-remote-write-receiver"), "{said}");
    let wrong = gaps(&program, &source, &copy, &["--match", "rate(x[5m])"]);
    assert_eq!(wrong.status.code(), Some(2));
    let (from, to) = (source.url(), copy.url());
    drop(copy);
    let arguments = ["prometheus", "gaps", "--from", &from, "--to", &to];
    let away = program.with(&arguments).output().unwrap();
    assert_eq!(away.status.code(), Some(4));
    let said = String::from_utf8_lossy(&away.stderr).into_owned();
    assert!(said.contains("--to") && said.contains(&to), "{said}");
}

/// Runs `enmon prometheus replicate` on the file of a server.
fn replicate(program: &Program, source: &Prometheus, more: &[&str]) -> Output {
    let from = format!("file:{}", source.file().display());
    let mut all = vec!["prometheus", "replicate", "--from", &from];
    all.extend(more);
    program.with(&all).output().unwrap()
}

fn reload(server: &Prometheus) {
    let (status, body) = server.post("/-/reload", "");
    assert_eq!(status, 200, "{body}");
}

#[test]
fn a_server_is_set_up_to_send_and_not_to_send_again() {
    let program = Program::new();
    let begin = "# ours\nglobal:\n  scrape_interval: 1s # often\n\nscrape_configs: [] # none yet\n";
    let mut copy = Prometheus::start_with("# theirs\n", &RECEIVER);
    let source = Prometheus::start(begin);
    let (to, to_config) = (copy.url(), format!("file:{}", copy.file().display()));
    let both = ["--to", &to, "--to-config", &to_config];
    let shown = replicate(&program, &source, &[&both[..], &["--dry-run"]].concat());
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(
        shown.contains("+      max_samples_per_send: 1000") && shown.contains("nothing was written"),
        "{shown}"
    );
    assert!(shown.contains("it lacks: storage.tsdb.out_of_order_time_window: 24h"), "{shown}");
    assert_eq!(fs::read_to_string(source.file()).unwrap(), begin);

    let done = report(&replicate(&program, &source, &[&both[..], &["-o", "json"]].concat()), 0);
    assert_eq!((&done["files"][0]["changed"], &done["files"][1]["changed"]), (&true.into(), &true.into()));
    let written = fs::read_to_string(source.file()).unwrap();
    assert!(written.contains("scrape_interval: 1s # often\n  external_labels:\n    site: a\n"), "{written}");
    reload(&source);
    reload(&copy);
    assert!(copy.configuration().contains("out_of_order_time_window: 1d"), "{}", copy.configuration());
    // a second time nothing changes, and the copy lacks nothing
    let again = report(&replicate(&program, &source, &[&both[..], &["-o", "json"]].concat()), 0);
    assert_eq!(
        (&again["files"][0]["changed"], &again["files"][1]["changed"]),
        (&false.into(), &false.into())
    );
    assert_eq!(again["lacks"], serde_json::json!([]), "{again}");
    assert_eq!(fs::read_to_string(source.file()).unwrap(), written);

    // what is scraped from now on arrives
    let target = format!("targets: ['{}']", source.address());
    let scraping = format!("scrape_configs: [{{job_name: own, static_configs: [{{{target}}}]}}]");
    set(&source, &written.replace("scrape_configs: []", &scraping));
    copy.wait("being sent to", |copy| copy.get("/api/v1/query?query=up").1.contains("\"site\":\"a\""));
    let status = |more: &[&str], code: i32| {
        let from = source.url();
        let mut all = vec!["prometheus", "status", "--from", &from, "--to", &to, "-o", "json"];
        all.extend(more);
        report(&program.with(&all).output().unwrap(), code)
    };
    let shown = status(&[], 0);
    assert!(shown["queue"]["behindSeconds"].as_f64().unwrap() <= 120.0, "{shown}");
    assert_eq!((&shown["takesSamples"], &shown["outOfOrderWindowSeconds"]), (&true.into(), &86_400.into()));

    let taken_back = replicate(&program, &source, &["--to", &to, "--remove", "--yes", "-o", "json"]);
    assert_eq!(report(&taken_back, 0)["files"][0]["changed"], true);
    let text = fs::read_to_string(source.file()).unwrap();
    assert!(!text.contains("remote_write"), "{text}");
    reload(&source);
    assert_eq!(status(&[], 1).get("queue"), None);
    let nothing = replicate(&program, &source, &["--to", &to, "--remove", "--yes", "-o", "json"]);
    assert_eq!(report(&nothing, 0)["files"][0]["changed"], false);
}

#[test]
fn a_file_that_the_server_would_refuse_is_not_written() {
    let program = Program::new();
    let source = Prometheus::start("");
    let refused = replicate(&program, &source, &["--to", "http://127.0.0.1:1", "--tls-ca", "missing.pem"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(3), "{said}");
    assert!(said.contains("missing.pem") && said.contains("nothing was written"), "{said}");
    assert_eq!(fs::read_to_string(source.file()).unwrap(), "");
    let wrong = replicate(&program, &source, &["--to", "b:9090"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", String::from_utf8_lossy(&wrong.stderr));
}
