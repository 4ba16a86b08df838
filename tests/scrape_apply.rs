//! Scrape jobs in a real Prometheus: what is applied is scraped, what is wrong or refused never breaks it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod program;
#[path = "prometheus/mod.rs"]
mod prometheus;

use std::fs;
use std::process::{Command, Output, Stdio};

use program::Program;
use prometheus::Prometheus;
use rustix::process::Signal;

const BEGIN: &str = "# ours\nglobal:\n  scrape_interval: 1s # often\n\nscrape_configs:\n  # itself\n  - job_name: self\n    static_configs:\n      - targets: [] # nothing yet\n";

/// Runs `enmon scrape …` on the server's file.
fn scrape(program: &Program, server: &Prometheus, arguments: &[&str]) -> Output {
    let target = format!("file:{}", server.file().display());
    let url = server.url();
    let mut all = vec!["scrape"];
    all.extend(arguments);
    all.extend(["--target", &target, "--yes"]);
    if arguments[0] == "apply" {
        all.extend(["--server", &url]);
    }
    program.with(&all).output().unwrap()
}

fn done(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn refused(output: &Output, code: i32) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

#[test]
fn a_job_that_is_added_and_applied_is_scraped_and_one_that_is_deleted_is_not() {
    let (program, mut server) = (Program::new(), Prometheus::start(BEGIN));
    let address = server.address();
    let shown =
        done(&scrape(&program, &server, &["add", "other", "--targets", &address, "--label", "circuit=main"]));
    assert!(shown.contains("+  - job_name: other\n"), "{shown}");
    let text = fs::read_to_string(server.file()).unwrap();
    assert!(text.starts_with(BEGIN), "{text}");
    // nothing happens to the server before it is told
    assert!(!server.configuration().contains("other"));
    let shown = done(&scrape(&program, &server, &["apply"]));
    assert!(shown.contains("(2 jobs)"), "{shown}");
    server.wait("scraped", |server| server.health("other") == ["up"]);
    let (_, answer) = server.get("/api/v1/query?query=up%7Bcircuit%3D%22main%22%7D");
    assert!(answer.contains("\"other\""), "{answer}");

    done(&scrape(&program, &server, &["delete", "other"]));
    assert_eq!(fs::read_to_string(server.file()).unwrap(), BEGIN);
    done(&scrape(&program, &server, &["apply"]));
    assert!(!server.configuration().contains("other"));
}

#[test]
fn a_bad_edit_is_refused_and_nothing_changes() {
    let (program, server) = (Program::new(), Prometheus::start(BEGIN));
    for (arguments, part) in [
        (vec!["add", "x", "--targets", "http://h:1/metrics"], "http://h:1/metrics"),
        (vec!["add", "x", "--targets", "h:1", "--interval", "5 seconds"], "5 seconds"),
        (vec!["add", "x", "--targets", "h:1", "--interval", "5s", "--timeout", "10s"], "timeout"),
        (vec!["add", "x", "--targets", "h:1", "--tls-ca", "missing.pem"], "missing.pem"),
        (vec!["add", "self", "--targets", "h:1"], "already"),
        (vec!["edit", "slef", "--interval", "5s"], "did you mean `self`"),
        (vec!["delete", "other"], "no job `other`"),
    ] {
        let said = refused(&scrape(&program, &server, &arguments), 3);
        assert!(said.contains(part), "{arguments:?}\n{said}");
        assert_eq!(fs::read_to_string(server.file()).unwrap(), BEGIN);
    }
    // a file that somebody broke by hand does not reach the server
    let broken = BEGIN.replace("scrape_interval", "scrap_interval");
    fs::write(server.file(), &broken).unwrap();
    let said = refused(&scrape(&program, &server, &["apply"]), 3);
    assert!(said.contains("did you mean `scrape_interval`") && said.contains("prometheus.yml:3:3"), "{said}");
    assert!(server.configuration().contains("job_name: self"));
    assert_eq!(fs::read_to_string(server.file()).unwrap(), broken);
}

#[test]
fn files_that_were_missing_before_hold_up_no_edit() {
    let (program, server) = (Program::new(), Prometheus::start(BEGIN));
    let begin = format!("rule_files: ['elsewhere.rules']\n{BEGIN}");
    fs::write(server.file(), &begin).unwrap();
    let edit = scrape(&program, &server, &["edit", "self", "--interval", "5s"]);
    assert!(done(&edit).contains("elsewhere.rules"));
    let edited = fs::read_to_string(server.file()).unwrap();
    assert!(edited.contains("scrape_interval: 5s"), "{edited}");

    // what the edit itself brings in must be there, unless it is said that it lies elsewhere
    let new = ["add", "x", "--targets", "h:1", "--tls-ca", "missing.pem"];
    let said = refused(&scrape(&program, &server, &new), 3);
    assert!(said.contains("missing.pem") && said.contains("--files-elsewhere"), "{said}");
    assert_eq!(fs::read_to_string(server.file()).unwrap(), edited);
    done(&scrape(&program, &server, &[&new[..], &["--files-elsewhere"]].concat()));

    let said = refused(&scrape(&program, &server, &["check"]), 3);
    assert!(said.contains("Prometheus would refuse"), "{said}");
    done(&scrape(&program, &server, &["check", "--files-elsewhere"]));
    refused(&scrape(&program, &server, &["apply", "--dry-run"]), 3);
    done(&scrape(&program, &server, &["apply", "--dry-run", "--files-elsewhere"]));
}

#[test]
fn files_of_another_kind_or_coding_are_called_so() {
    let (program, server) = (Program::new(), Prometheus::start(BEGIN));
    let manifest =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: hall, name: p}\ndata: {a.yml: b}\n";
    for (text, part) in [
        (manifest.as_bytes(), "--target configmap:hall/p"),
        (b"groups: []\n", "enmon rule check"),
        (b"scrape_configs:\n{% for h in hosts %}\n- job_name: a\n{% endfor %}\n", "render it first"),
        (b"global: {}\n# caf\xe9\n", "line 2 is not UTF-8"),
    ] {
        fs::write(server.file(), text).unwrap();
        let output = scrape(&program, &server, &["check"]);
        let said = refused(&output, 3) + &String::from_utf8_lossy(&output.stdout);
        assert!(said.contains(part) && !said.contains("unknown-key"), "{part}: {said}");
        assert!(!said.contains("name it with --target"), "{said}");
    }
}

#[test]
fn what_only_newer_servers_take_is_refused_for_an_older_one() {
    let (program, server) = (Program::new(), Prometheus::start(BEGIN));
    done(&scrape(&program, &server, &["add", "x", "--targets", "h:1", "--label", "older=b"]));
    // an option takes no such name, a person's editor does
    let wanted = fs::read_to_string(server.file()).unwrap().replace("older: b", "0a: b");
    fs::write(server.file(), &wanted).unwrap();
    assert!(done(&scrape(&program, &server, &["check"])).contains("label name since Prometheus 3.0 only"));
    let (_, version) = server.get("/api/v1/status/buildinfo");
    assert!(version.contains("\"version\":\"2."), "this test is about a server before 3.0: {version}");
    let said = refused(&scrape(&program, &server, &["apply"]), 3);
    assert!(said.contains("`0a`"), "{said}");
    assert_eq!(fs::read_to_string(server.file()).unwrap(), wanted);
    assert!(!server.configuration().contains("0a"));
}

#[test]
fn a_server_that_refuses_gets_the_old_text_back() {
    let (program, server) = (Program::new(), Prometheus::start(BEGIN));
    done(&scrape(&program, &server, &["apply"]));
    done(&scrape(&program, &server, &["add", "more", "--targets", "127.0.0.1:1"]));
    // right for us, and not for this server: a rule file that it can't read
    let wanted = fs::read_to_string(server.file()).unwrap();
    let refused_text = format!("{wanted}rule_files:\n  - rules.yml\n");
    fs::write(server.file(), &refused_text).unwrap();
    fs::create_dir(server.folder().join("rules.yml")).unwrap();
    let output = scrape(&program, &server, &["apply"]);
    let said = refused(&output, 5);
    assert!(said.contains("failed to reload config") && said.contains("prometheus.yml.applied"), "{said}");
    assert_eq!(fs::read_to_string(server.file()).unwrap(), BEGIN);
    let kept = fs::read_to_string(server.folder().join("prometheus.yml.refused")).unwrap();
    assert_eq!(kept, refused_text);
    let (_, metrics) = server.get("/metrics");
    assert!(
        metrics.contains("\nprometheus_config_last_reload_successful 1\n"),
        "the server goes by the old text"
    );
    assert!(!server.configuration().contains("more"));
}

#[test]
fn a_text_that_was_written_and_not_loaded_is_loaded_by_the_next_run() {
    let (program, mut server) = (Program::new(), Prometheus::start(BEGIN));
    let address = server.address();
    done(&scrape(&program, &server, &["add", "other", "--targets", &address]));
    // the server stands still, so the order to reload waits; the program is killed meanwhile
    server.signal(Signal::STOP);
    let target = format!("file:{}", server.file().display());
    let mut command = Command::new(env!("CARGO_BIN_EXE_enmon"));
    command.args(["scrape", "apply", "--target", &target, "--server", &server.url()]).env_clear();
    let mut apply =
        command.current_dir(program.folder()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    server.wait_for_connection();
    apply.kill().unwrap();
    apply.wait().unwrap();
    server.signal(Signal::CONT);
    done(&scrape(&program, &server, &["apply"]));
    server.wait("scraped", |server| server.health("other") == ["up"]);
}

#[test]
fn a_good_file_is_not_taken_back_for_another_that_is_refused() {
    let begin = format!("{BEGIN}rule_files:\n  - rules/*.yml\n");
    let (program, server) = (Program::new(), Prometheus::start(&begin));
    done(&scrape(&program, &server, &["add", "more", "--targets", "127.0.0.1:1"]));
    done(&scrape(&program, &server, &["apply"]));
    let applied = fs::read_to_string(server.file()).unwrap();
    // what was before the last edit is at hand, and the server refuses: because of something else
    assert_eq!(fs::read_to_string(server.folder().join("prometheus.yml.bak")).unwrap(), begin);
    fs::create_dir_all(server.folder().join("rules/folder.yml")).unwrap();
    let said = refused(&scrape(&program, &server, &["apply"]), 5);
    assert!(said.contains("stays as it is"), "{said}");
    assert_eq!(fs::read_to_string(server.file()).unwrap(), applied);
}

#[test]
fn servers_that_are_away_or_take_no_orders_are_told_apart() {
    let program = Program::new();
    let server = Prometheus::start_with(BEGIN, &[]);
    let said = refused(&scrape(&program, &server, &["apply"]), 5);
    assert!(said.contains("--web.enable-lifecycle"), "{said}");
    let (file, url) = (server.file(), server.url());
    let text = fs::read_to_string(&file).unwrap();
    let kept = tempfile::tempdir().unwrap();
    let copy = kept.path().join("prometheus.yml");
    fs::write(&copy, &text).unwrap();
    drop(server);
    let target = format!("file:{}", copy.display());
    let output = program.with(&["scrape", "apply", "--target", &target, "--server", &url]).output().unwrap();
    let said = refused(&output, 4);
    assert!(said.contains("no Prometheus answers"), "{said}");
    assert_eq!(fs::read_to_string(&copy).unwrap(), text);
}

#[test]
fn a_job_is_changed_in_an_editor() {
    let (program, server) = (Program::new(), Prometheus::start(BEGIN));
    let target = format!("file:{}", server.file().display());
    let edit = |editor: &str| {
        let mut command = program.with(&["scrape", "edit", "self", "--target", &target]);
        command.env("EDITOR", editor).env("PATH", "/usr/bin:/bin").output().unwrap()
    };
    done(&edit("sed -i 's/self/myself/'"));
    assert_eq!(fs::read_to_string(server.file()).unwrap(), BEGIN.replace("self\n", "myself\n"));
    fs::write(server.file(), BEGIN).unwrap();
    let said = refused(&edit("sed -i 's/job_name/jobname/'"), 3);
    assert!(said.contains("job_name") && said.contains("nothing was written"), "{said}");
    let said = refused(&edit("false"), 1);
    assert!(said.contains("the editor has failed"), "{said}");
    assert_eq!(fs::read_to_string(server.file()).unwrap(), BEGIN);
}

#[test]
fn jobs_are_listed_with_their_lines() {
    let program = Program::new();
    let text = format!(
        "{BEGIN}\n  - job_name: two # second\n    scheme: https\n    static_configs: [{{targets: [a:1, b:2]}}]\n"
    );
    fs::write(program.folder().join("p.yml"), text).unwrap();
    let listed =
        done(&program.with(&["scrape", "list", "--target", "file:p.yml", "-o", "json"]).output().unwrap());
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let lines: Vec<(&str, u64)> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| (job["name"].as_str().unwrap(), job["line"].as_u64().unwrap()))
        .collect();
    assert_eq!(lines, [("self", 7), ("two", 11)]);
    assert_eq!(listed["items"][1]["targets"], serde_json::json!(["a:1", "b:2"]));
}

/// A job of each kind that an edit could harm.
const TOUCHY: &str = "scrape_configs:
  - job_name: pods
    kubernetes_sd_configs: [{role: pod, namespaces: {names: [a]}}]
    relabel_configs: [{source_labels: [x], action: drop}]
  - job_name: listed
    scrape_timeout: 25s # slow
    bearer_token_file: old-token
    static_configs:
      - targets: [a:1]
        labels: &shared {dc: one, job: x}
      - targets: [b:1]
        labels: {dc: two, job: a, site: s}
  - job_name: merged
    static_configs:
      - targets: [c:1]
        labels: {<<: *shared, site: s}
";
const TWICE: &str = "scrape_configs:\n  - job_name: a\n    static_configs: [{targets: [a:1]}]\n  - job_name: a\n    static_configs: [{targets: [b:1]}]\n";

fn on_file(program: &Program, arguments: &[&str]) -> Output {
    let all = [&["scrape"], arguments, &["--target", "file:p.yml", "--yes"]].concat();
    program.with(&all).output().unwrap()
}

#[test]
fn what_an_option_would_destroy_or_silence_is_refused_with_a_way_out() {
    let program = Program::new();
    for token in ["old-token", "new-token"] {
        fs::write(program.folder().join(token), "t").unwrap();
    }
    let file = program.folder().join("p.yml");
    fs::write(&file, TOUCHY).unwrap();
    for (arguments, code, parts) in [
        (
            &["edit", "pods", "--kubernetes", "node"][..],
            2,
            &["`relabel_configs` of its own", "enmon scrape add"][..],
        ),
        (&["edit", "listed", "--kubernetes", "pod"], 2, &["it lists targets", "enmon scrape edit listed"]),
        (&["edit", "listed", "--targets", "c:1"], 2, &["in 2 places", "--label sets a label of all"]),
        (&["edit", "listed", "--label", "9a=b"], 2, &["`9a` can't be the name", "Prometheus 3"]),
        (&["edit", "listed", "--label", "=b"], 2, &["`` can't be the name"]),
        (&["edit", "merged", "--label", "dc=three"], 2, &["`dc` comes from what `<<` merges in"]),
        (&["edit", "listed", "--interval", "10s"], 3, &["which is 10s", "--timeout 10s"]),
        (&["add", "k2", "--kubernetes", "pod", "--label", "a=b"], 2, &["relabel_configs", "--targets"]),
    ] {
        let said = refused(&on_file(&program, arguments), code);
        assert!(parts.iter().all(|part| said.contains(part)), "{arguments:?}\n{said}");
        assert!(!said.contains("edit k2"), "{said}");
        assert_eq!(fs::read_to_string(&file).unwrap(), TOUCHY, "{arguments:?}");
    }
    // what is so already stays
    for arguments in [&["edit", "pods", "--kubernetes", "pod"][..], &["edit", "merged", "--label", "dc=one"]]
    {
        assert!(done(&on_file(&program, arguments)).contains("is so already"), "{arguments:?}");
        assert_eq!(fs::read_to_string(&file).unwrap(), TOUCHY, "{arguments:?}");
    }
    fs::write(&file, TWICE).unwrap();
    for arguments in [&["edit", "a", "--path", "/m"][..], &["delete", "a"]] {
        let said = refused(&on_file(&program, arguments), 3);
        assert!(said.contains("2 jobs `a`") && said.contains("lines 2 and 4"), "{said}");
        assert_eq!(fs::read_to_string(&file).unwrap(), TWICE);
    }
}

#[test]
fn options_go_into_each_group_and_take_the_place_of_old_fields_in_silence_when_asked() {
    let program = Program::new();
    for token in ["old-token", "new-token"] {
        fs::write(program.folder().join(token), "t").unwrap();
    }
    let file = program.folder().join("p.yml");
    // labels that others share can't be changed for one of them
    let text = TOUCHY.replace("&shared ", "").replace("<<: *shared, ", "");
    fs::write(&file, &text).unwrap();
    let listed = || -> serde_json::Value {
        serde_json::from_str(&done(&on_file(&program, &["list", "-o", "json"]))).unwrap()
    };
    let before = &listed()["items"][1];
    assert_eq!(before["labels"], serde_json::json!({}));
    assert_eq!(
        before["groups"],
        serde_json::json!([
            {"targets": ["a:1"], "labels": {"dc": "one", "job": "x"}},
            {"targets": ["b:1"], "labels": {"dc": "two", "job": "a", "site": "s"}},
        ])
    );
    let shown = done(&on_file(&program, &["list"]));
    assert!(shown.contains("dc=one,two job=x,a site=\"\",s"), "{shown}");
    // nothing is said, also not what was written; a dry run has nothing else to say
    let edit =
        &["edit", "listed", "--label", "row=1", "--label", "site=", "--bearer-file", "new-token", "-q"];
    assert!(done(&on_file(&program, &[&edit[..], &["--dry-run"]].concat())).contains("+"));
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    assert_eq!(done(&on_file(&program, edit)), "");
    let text = fs::read_to_string(&file).unwrap();
    assert!(!text.contains("old-token") && text.contains("credentials_file: new-token"), "{text}");
    assert!(text.contains("scrape_timeout: 25s # slow"), "{text}");
    let groups = &listed()["items"][1]["groups"];
    assert_eq!(groups[0]["labels"], serde_json::json!({"dc": "one", "job": "x", "row": "1"}));
    assert_eq!(groups[1]["labels"], serde_json::json!({"dc": "two", "job": "a", "row": "1"}));
}
