//! A folder of target files beside a real Prometheus that watches it: what is added is scraped without a reload, what is deleted is not.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod program;
#[path = "prometheus/mod.rs"]
mod prometheus;

use std::fs;
use std::path::Path;
use std::process::Output;

use program::Program;
use prometheus::Prometheus;

const WATCHES: &str = "global: {scrape_interval: 1s}\nscrape_configs:\n  - job_name: watched\n    file_sd_configs:\n      - files: [targets/*.yml, targets/*.json]\n";

fn scrape(program: &Program, folder: &Path, arguments: &[&str]) -> Output {
    let target = format!("file_sd:{}", folder.display());
    let mut all = vec!["scrape"];
    all.extend(arguments);
    all.extend(["--target", &target, "--yes"]);
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
fn a_server_that_watches_the_folder_goes_by_it_without_a_reload() {
    let program = Program::new();
    // it takes no reloads
    let folder = program.folder().join("targets");
    fs::create_dir(&folder).unwrap();
    let watches = WATCHES.replace("targets/", &format!("{}/", folder.display()));
    let mut server = Prometheus::start_with(&watches, &[]);
    let (url, address) = (server.url(), server.address());
    let run = |arguments: &[&str]| scrape(&program, &folder, arguments);
    done(&run(&["add", "self", "--targets", &address, "--label", "circuit=main"]));
    let shown = done(&run(&["apply", "--server", &url]));
    assert!(shown.contains("(1 job)"), "{shown}");
    // a target is up before its first samples can be asked for
    server.wait("scraped", |server| {
        let (_, answer) = server.get("/api/v1/query?query=up%7Bcircuit%3D%22main%22%7D");
        answer.contains("\"watched\"") && server.health("watched") == ["up"]
    });

    fs::write(folder.join("more.json"), format!("[{{\"targets\": [\"{address}\"]}}]")).unwrap();
    done(&run(&["apply", "--server", &url]));
    done(&run(&["edit", "more", "--label", "circuit=row-1"]));
    let text = fs::read_to_string(folder.join("more.json")).unwrap();
    assert!(text.contains("\"labels\": {\"circuit\": \"row-1\"}"), "{text}");
    let listed: serde_json::Value = serde_json::from_str(&done(&run(&["list", "-o", "json"]))).unwrap();
    assert_eq!(listed["items"][0]["name"], "more");
    assert_eq!(listed["items"][1]["labels"]["circuit"], "main");
    done(&run(&["delete", "self"]));
    assert!(!folder.join("self.yml").exists() && folder.join("self.yml.bak").exists());
    done(&run(&["apply", "--server", &url]));
    server.wait("not scraped any more", |server| server.health("watched").len() == 1);

    // a folder that nobody watches is told apart
    let elsewhere = program.folder().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    done(&scrape(&program, &elsewhere, &["add", "x", "--targets", "h:1"]));
    let said = refused(&scrape(&program, &elsewhere, &["apply", "--server", &url, "--wait", "1s"]), 1);
    assert!(said.contains("`h:1` of x.yml is not found") && said.contains("file_sd_configs"), "{said}");
}

#[test]
fn what_a_target_file_cannot_hold_is_refused_and_nothing_changes() {
    let program = Program::new();
    let folder = program.folder().join("targets");
    fs::create_dir(&folder).unwrap();
    let text = "# hall\n- targets: ['h:1'] # one\n";
    fs::write(folder.join("hall.yml"), text).unwrap();
    for (arguments, code, part) in [
        (&["add", "x", "--targets", "h:1", "--interval", "5s"][..], 2, "__scrape_interval__"),
        (&["edit", "hall", "--scheme", "https"], 2, "__scheme__"),
        (&["add", "x", "--kubernetes", "pod"], 2, "no discovery in Kubernetes"),
        (&["add", "--from-site"], 2, "--from-site"),
        (&["add", "../x", "--targets", "h:1"], 2, "can't be the name"),
        (&["add", "hall", "--targets", "h:1"], 3, "hall.yml already"),
        (&["add", "x"], 2, "what to scrape"),
        (&["edit", "hal", "--targets", "h:2"], 3, "did you mean `hall`"),
        (&["delete", "other"], 3, "no file `other`"),
    ] {
        let said = refused(&scrape(&program, &folder, arguments), code);
        assert!(said.contains(part), "{arguments:?}\n{said}");
    }
    let shown = done(&scrape(&program, &folder, &["edit", "hall", "--targets", "h:2", "--dry-run"]));
    assert!(shown.contains("+- targets: ['h:2'] # one"), "{shown}");
    assert_eq!(fs::read_to_string(folder.join("hall.yml")).unwrap(), text);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    fs::write(folder.join("broken.yml"), "- target: [h:1]\n").unwrap();
    let said = scrape(&program, &folder, &["check"]);
    assert!(String::from_utf8_lossy(&said.stdout).contains("did you mean `targets`"));
    refused(&said, 3);
    refused(&scrape(&program, &folder, &["apply"]), 3);
}
