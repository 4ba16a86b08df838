//! Alerts, silences and the file of a real Alertmanager; routes beside amtool.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod alertmanager;
mod program;
#[path = "alert/routes.rs"]
mod routes;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use alertmanager::Alertmanager;
use program::Program;
use rustix::process::Signal;
use serde_json::{Value, json};

const BEGIN: &str = "# ours\nroute:\n  receiver: everybody # by default\n  group_by: [alertname, circuit]\n  routes:\n    - matchers: [severity=\"critical\"]\n      receiver: on-call\nreceivers:\n  - name: everybody\n  - name: on-call\ninhibit_rules:\n  - source_matchers: [severity=\"critical\"]\n    target_matchers: [severity=\"info\"]\n    equal: [circuit]\n";

/// Runs `enmon alert …` with the server's address.
fn alert(program: &Program, server: &Alertmanager, arguments: &[&str]) -> Output {
    let url = server.url();
    let mut all = vec!["alert"];
    all.extend(arguments);
    all.extend(["--server", &url]);
    program.with(&all).output().unwrap()
}

fn done(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&done(output)).unwrap()
}

fn refused(output: &Output, code: i32) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}\n{}", String::from_utf8_lossy(&output.stdout));
    said
}

/// Starts a server with four alerts, of which one is inhibited.
fn server_with_alerts() -> Alertmanager {
    let mut server = Alertmanager::start(BEGIN);
    let alert = |name: &str, severity: &str, circuit: &str| json!({"labels": {"alertname": name, "severity": severity, "circuit": circuit, "site": "garage"}, "startsAt": "2020-01-01T00:00:00Z"});
    server.alert(&json!([
        alert("Stale", "warning", "row-1"),
        alert("Hot", "critical", "row-2"),
        alert("Note", "info", "row-2"),
        alert("Slow", "warning", "row-2"),
    ]));
    // what is inhibited is known once the alerts have been grouped
    server.wait("sorted", |server| {
        let (_, all) = server.get("/api/v2/alerts");
        let all: Value = serde_json::from_str(&all).unwrap_or_default();
        let states: Vec<&str> = all
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|alert| alert["status"]["state"].as_str())
            .collect();
        states.len() == 4 && !states.contains(&"unprocessed") && states.contains(&"suppressed")
    });
    server
}

fn names(listed: &Value) -> Vec<&str> {
    listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["labels"]["alertname"].as_str().unwrap())
        .collect()
}

#[test]
fn alerts_are_listed_the_worst_first() {
    let (program, server) = (Program::new(), server_with_alerts());
    let listed = json(&alert(&program, &server, &["list", "-o", "json"]));
    assert_eq!(names(&listed), ["Hot", "Slow", "Stale"]);
    assert_eq!(listed["items"][0]["receivers"], json!(["on-call"]));
    assert_eq!(listed["items"][0]["startsAt"], "2020-01-01T00:00:00.000Z");
    let all = json(&alert(&program, &server, &["list", "--inhibited", "-o", "json"]));
    assert_eq!(names(&all), ["Hot", "Slow", "Stale", "Note"]);
    assert_eq!(all["items"][3]["state"], "inhibited");
    assert_eq!(all["items"][3]["inhibitedBy"], json!([all["items"][0]["fingerprint"]]));
    for (arguments, wanted) in [
        (vec!["--filter", "circuit=row-1"], vec!["Stale"]),
        (vec!["--filter", "severity=~\"crit.*|none\"", "--filter", "circuit!=row-1"], vec!["Hot"]),
        (vec!["--filter", "Slow"], vec!["Slow"]),
        (vec!["--filter", "phase=\"\",circuit=~row-1|x"], vec!["Stale"]),
        (vec!["--receiver", "on-call"], vec!["Hot"]),
        (vec!["--filter", "circuit=none"], vec![]),
    ] {
        let all: Vec<&str> = ["list", "-o", "json"].into_iter().chain(arguments.iter().copied()).collect();
        assert_eq!(names(&json(&alert(&program, &server, &all))), wanted, "{arguments:?}");
    }
    let table = done(&alert(&program, &server, &["list"]));
    assert!(table.starts_with("all of them: site=garage\n"), "{table}");
    assert!(table.contains("circuit=row-2") && table.contains("everybody"), "{table}");
    let said = refused(&alert(&program, &server, &["list", "--filter", "a b"]), 2);
    assert!(said.contains("`a b` is no matcher"), "{said}");
}

#[test]
fn alerts_are_silenced_and_heard_again() {
    let (program, server) = (Program::new(), server_with_alerts());
    let silence = [
        "silence",
        "circuit=row-2",
        "severity=~\"warning|none\"",
        "--for",
        "2h",
        "--comment",
        "new cable",
        "--author",
        "ada",
    ];
    let with = |more: &[&'static str]| -> Vec<&str> {
        silence.iter().copied().chain(more.iter().copied()).collect()
    };
    // nobody can be asked here, so nothing happens
    let said = refused(&alert(&program, &server, &with(&[])), 2);
    assert!(
        said.contains("--yes") && said.contains("it hits 1 alert now") && said.contains("Slow"),
        "{said}"
    );
    let shown = json(&alert(&program, &server, &with(&["--dry-run", "-o", "json"])));
    assert_eq!((shown["dryRun"].as_bool(), shown.get("id")), (Some(true), None));
    assert_eq!(shown["hits"][0]["labels"]["alertname"], "Slow");
    assert!(done(&alert(&program, &server, &["silences"])).contains("no silences"));

    let made = json(&alert(&program, &server, &with(&["--yes", "-o", "json"])));
    let id = made["id"].as_str().unwrap();
    let listed = json(&alert(&program, &server, &["silences", "-o", "json"]));
    let item = &listed["items"][0];
    assert_eq!((item["id"].as_str(), item["createdBy"].as_str()), (Some(id), Some("ada")));
    let left = item["leftSeconds"].as_i64().unwrap();
    assert!((7_000..=7_200).contains(&left), "{left}");
    // the server says the same of it as amtool
    let amtool = Command::new(alertmanager::program("amtool"))
        .args([
            "--no-version-check",
            "silence",
            "query",
            "-q",
            &format!("--alertmanager.url={}", server.url()),
        ])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&amtool.stdout).trim(), id);
    let listed = json(&alert(&program, &server, &["list", "-o", "json"]));
    assert_eq!(names(&listed), ["Hot", "Stale"]);
    let listed = json(&alert(&program, &server, &["list", "--silenced", "-o", "json"]));
    assert_eq!(names(&listed), ["Hot", "Slow", "Stale"]);
    assert_eq!(
        (&listed["items"][1]["state"], &listed["items"][1]["silencedBy"]),
        (&json!("silenced"), &json!([id]))
    );

    let said = refused(&alert(&program, &server, &["expire", id]), 2);
    assert!(said.contains("--yes") && said.contains("new cable"), "{said}");
    let said = refused(&alert(&program, &server, &["expire", "--matching", "circuit=row-1", "--yes"]), 2);
    assert!(said.contains("no silence"), "{said}");
    let shown = json(&alert(
        &program,
        &server,
        &["expire", "--matching", "circuit=row-2", "--dry-run", "-o", "json"],
    ));
    assert_eq!(shown["items"][0]["id"], id);
    assert_eq!(names(&json(&alert(&program, &server, &["list", "-o", "json"]))), ["Hot", "Stale"]);
    done(&alert(&program, &server, &["expire", id, "--yes"]));
    assert_eq!(names(&json(&alert(&program, &server, &["list", "-o", "json"]))), ["Hot", "Slow", "Stale"]);
    let said = refused(&alert(&program, &server, &["expire", id, "--yes"]), 2);
    assert!(said.contains(id), "{said}");
    assert!(done(&alert(&program, &server, &["silences"])).contains("no silences"));
    assert!(done(&alert(&program, &server, &["silences", "--expired"])).contains("new cable"));
}

#[test]
fn nobody_silences_everything_by_chance() {
    let (program, server) = (Program::new(), server_with_alerts());
    for matchers in [vec!["alertname=~\".+\""], vec!["severity!=none"], vec!["site=~.*", "alertname!=\"\""]] {
        let mut all = vec!["silence"];
        all.extend(&matchers);
        all.extend(["--for", "1h", "--comment", "x", "--yes"]);
        let said = refused(&alert(&program, &server, &all), 2);
        assert!(said.contains("--everything"), "{said}");
        assert_eq!(server.get("/api/v2/silences").1.trim(), "[]");
    }
    let all = ["silence", "alertname=~\".+\"", "--for", "1h", "--comment", "x", "--yes", "--everything"];
    done(&alert(&program, &server, &all));
    assert!(done(&alert(&program, &server, &["list"])).contains("no alerts"));
    // what Alertmanager itself refuses
    let said = refused(
        &alert(&program, &server, &["silence", "phase=", "--for", "1h", "--comment", "x", "--yes"]),
        5,
    );
    assert!(said.contains("empty string"), "{said}");
}

#[test]
fn the_site_file_says_where_it_is() {
    let (program, server) = (Program::new(), server_with_alerts());
    let token = program.folder().join("token");
    fs::write(&token, "very-secret\n").unwrap();
    fs::set_permissions(&token, fs::Permissions::from_mode(0o600)).unwrap();
    let site = format!(
        "alertmanager: {{url: \"{}\", tokenFile: token, config: \"file:{}\"}}\n",
        server.url(),
        server.file().display()
    );
    fs::write(program.folder().join("enmon.yaml"), site).unwrap();
    assert_eq!(
        names(&json(&program.with(&["alert", "list", "-o", "json"]).output().unwrap())),
        ["Hot", "Slow", "Stale"]
    );
    done(&program.with(&["alert", "config", "check"]).output().unwrap());
    done(&program.with(&["alert", "config", "apply"]).output().unwrap());
    let url = server.url();
    drop(server);
    let said = refused(&program.with(&["alert", "list"]).output().unwrap(), 4);
    assert!(
        said.contains(&format!("no Alertmanager answers at {url}")) && !said.contains("very-secret"),
        "{said}"
    );
}

/// Runs `enmon alert config apply` on the server's file.
fn apply(program: &Program, server: &Alertmanager) -> Output {
    let file = server.file();
    alert(program, server, &["config", "apply", file.to_str().unwrap()])
}

#[test]
fn a_file_that_is_applied_is_what_the_server_goes_by() {
    let (program, server) = (Program::new(), Alertmanager::start(BEGIN));
    let file = server.file();
    let changed = BEGIN.replace("receiver: on-call\n", "receiver: on-call\n      group_wait: 7s\n");
    fs::write(&file, &changed).unwrap();
    let shown = done(&alert(&program, &server, &["config", "apply", file.to_str().unwrap(), "--dry-run"]));
    assert!(shown.contains("nothing was changed") && shown.contains("0.25"), "{shown}");
    assert!(!server.configuration().contains("group_wait: 7s"));
    let shown = done(&apply(&program, &server));
    assert!(shown.contains("(2 receivers, 2 routes)"), "{shown}");
    assert!(server.configuration().contains("group_wait: 7s"));
    let kept = server.folder().join("alertmanager.yml.applied");
    assert_eq!(fs::read_to_string(kept).unwrap(), changed);
    // again, with only a comment changed
    fs::write(&file, format!("{changed}# the end\n")).unwrap();
    done(&apply(&program, &server));
}

#[test]
fn a_file_with_mistakes_does_not_reach_the_server() {
    let (program, server) = (Program::new(), Alertmanager::start(BEGIN));
    let broken = BEGIN.replace("receiver: on-call", "receiver: on-cal");
    fs::write(server.file(), &broken).unwrap();
    let said = refused(&apply(&program, &server), 3);
    assert!(said.contains("did you mean `on-call`") && said.contains("alertmanager.yml:7:17"), "{said}");
    assert_eq!(fs::read_to_string(server.file()).unwrap(), broken);
    // a field of a later server
    fs::write(server.file(), format!("{BEGIN}tracing: {{endpoint: \"h:1\"}}\n")).unwrap();
    let said = refused(&apply(&program, &server), 3);
    assert!(said.contains("the server is 0.25"), "{said}");
    let file = server.file();
    done(&alert(&program, &server, &["config", "check", file.to_str().unwrap()]));
    assert!(server.is_content());
    assert_eq!(server.get("/metrics").1.matches("alertmanager_config_last_reload_successful 1").count(), 1);
}

#[test]
fn a_server_that_refuses_gets_the_old_text_back() {
    let (program, server) = (Program::new(), Alertmanager::start(BEGIN));
    done(&apply(&program, &server));
    // right for us, and not for this server: a file of templates that it can't read
    let wanted = format!("{BEGIN}templates: [broken.tmpl]\n");
    fs::write(server.folder().join("broken.tmpl"), "{{ define \"x\" }}{{ end").unwrap();
    fs::write(server.file(), &wanted).unwrap();
    let said = refused(&apply(&program, &server), 5);
    assert!(said.contains("failed to reload config") && said.contains("alertmanager.yml.applied"), "{said}");
    assert_eq!(fs::read_to_string(server.file()).unwrap(), BEGIN);
    assert_eq!(fs::read_to_string(server.folder().join("alertmanager.yml.refused")).unwrap(), wanted);
    assert!(server.is_content(), "the server goes by the old text");
    assert!(!server.configuration().contains("broken.tmpl"));
}

#[test]
fn a_server_that_reads_another_file_is_found_out() {
    let (program, server) = (Program::new(), Alertmanager::start(BEGIN));
    let other = program.folder().join("other.yml");
    for (text, part) in [
        (
            BEGIN.replace("receiver: on-call\n", "receiver: on-call\n      repeat_interval: 1h\n"),
            "repeat_interval",
        ),
        // the same but for what the server does not show
        (format!("# another\n{BEGIN}"), "another text"),
    ] {
        fs::write(&other, &text).unwrap();
        let output = alert(&program, &server, &["config", "apply", other.to_str().unwrap(), "--wait", "1s"]);
        let said = refused(&output, 1);
        assert!(said.contains("does not go by this file") && said.contains(part), "{said}");
        assert_eq!(fs::read_to_string(&other).unwrap(), text);
    }
}

#[test]
fn a_text_that_was_written_and_not_loaded_is_loaded_by_the_next_run() {
    let (program, server) = (Program::new(), Alertmanager::start(BEGIN));
    fs::write(
        server.file(),
        BEGIN.replace("name: everybody", "name: all").replace("receiver: everybody", "receiver: all"),
    )
    .unwrap();
    // the server stands still, so what is asked of it waits; the program is killed meanwhile
    server.signal(Signal::STOP);
    let file = server.file();
    let mut command = Command::new(env!("CARGO_BIN_EXE_enmon"));
    command.args(["alert", "config", "apply", file.to_str().unwrap(), "--server", &server.url()]).env_clear();
    let mut run =
        command.current_dir(program.folder()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    server.wait_for_connection();
    run.kill().unwrap();
    run.wait().unwrap();
    server.signal(Signal::CONT);
    assert!(!server.configuration().contains("receiver: all"));
    done(&apply(&program, &server));
    assert!(server.configuration().contains("receiver: all"));
}
